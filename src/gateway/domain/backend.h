/* What a back end (Operator Connect, Teams Phone Mobile) must offer to the API: the two capability queries. There is none until
 * one is configured; then `backend` is NULL and the queries answer 501 BackendNotConfigured.
 * Calls block and belong on a worker, never on an event loop or in a transaction. */
#pragma once
#include "common/base/arena.h"
#include "common/base/err.h"
#include "gateway/model/model.h"

struct backend {
    void *arg;
    enum rc (*capability_plans)(void *arg, struct str tenant_id, struct arena *mem,
                                struct capability_plans *ret, struct err *err);
    enum rc (*available_capabilities)(void *arg, struct str tenant_id, const struct identifier_batch *numbers,
                                      struct arena *mem, struct available_capabilities *ret, struct err *err);
};
