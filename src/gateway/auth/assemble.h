/* Inside of this room: auth_new() with other times, for tests that cannot wait for an hour. */
#pragma once
#include "gateway/auth/auth.h"
#include "gateway/auth/issuers.h"

MUST_USE enum rc auth__new(const struct auth_config *config, const struct issuers_times *times,
                           struct fetch *fetch, struct metrics *metrics, struct auth **ret, struct err *err);
