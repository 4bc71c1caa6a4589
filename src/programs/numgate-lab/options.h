/* What the lab was started with. */
#pragma once
#include <stdio.h>

#include "common/base/err.h"
#include "common/base/log.h"
#include "common/base/net.h"

struct options {
    struct net_addr listen;
    const char *certificate;
    const char *key;
    const char *clients;
    const char *state;      /* NULL: nothing is kept */
    const char *public_url; /* NULL: made from `listen` */
    unsigned threads;       /* 0: one a core */
    enum log_level log_level;
    enum log_format log_format;
};

/* The arguments behind the program's name. Text is borrowed from argv. RC_INVALID: what is wrong, for people.
 */
MUST_USE enum rc options_parse(int argc, char **argv, struct options *ret, struct err *err);
void options_print_help(FILE *out);
