/* Command line flags from a table: "--name value" and "--name=value". The rows feed parser and help. */
#pragma once
#include <stdio.h>

#include "common/base/err.h"
#include "common/base/log.h"

struct flag {
    const char *name;  /* "--listen" */
    const char *value; /* how help calls it: "URL" */
    const char *doc;   /* one line */
    enum rc (*set)(void *options, const char *value, struct err *err);
};

/* Every argument must be a flag. RC_INVALID: unknown (the nearest is named), no value, or refused by `set`.
 */
MUST_USE enum rc flags_parse(const struct flag *flags, size_t flag_count, int argc, char **argv,
                             void *options, struct err *err);
/* The words of --log-level and --log-format, of common/base/log.h. */
MUST_USE enum rc flags_log_level(const char *value, enum log_level *ret, struct err *err);
MUST_USE enum rc flags_log_format(const char *value, enum log_format *ret, struct err *err);
void flags_print(const struct flag *flags, size_t flag_count, FILE *out);
