/* `numgate-lab proxy`: its flags, its start and its end. */
#pragma once
#include <stdio.h>

#include "common/base/err.h"

/* The arguments behind "proxy". RC_INVALID: they are wrong. Returns when it was told to end. */
MUST_USE enum rc proxy_run(int argc, char **argv, struct err *err);
void proxy_print_help(FILE *out);
