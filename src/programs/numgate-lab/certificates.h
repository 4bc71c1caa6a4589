/* The command make-certificates: a private CA and a server certificate for trying things out. In the folder
 * it writes ca.crt, ca.key           made once; used again when they are there server.crt, server.key   made
 * anew each time, for localhost, 127.0.0.1, ::1 and every --name Keys are readable by their owner only. */
#pragma once
#include <stdio.h>

#include "common/base/err.h"

/* The arguments behind "make-certificates". RC_INVALID: wrong arguments; anything else: it could not be done.
 */
MUST_USE enum rc certificates_make(int argc, char **argv, struct err *err);
void certificates_print_flags(FILE *out);
