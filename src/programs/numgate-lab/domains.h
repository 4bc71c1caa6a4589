/* The command domains: what a customer's administrator does in Microsoft 365, done at a lab that runs elsewhere (m365_web.h). */
#pragma once
#include <stdio.h>

#include "common/base/err.h"

/* The arguments behind the command. RC_INVALID: they are wrong; anything else: it could not be done. */
MUST_USE enum rc domains_run(int argc, char **argv, struct err *err);
void domains_print_flags(FILE *out);
