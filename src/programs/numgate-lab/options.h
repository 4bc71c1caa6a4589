/* What the lab was started with. */
#pragma once
#include <stdio.h>

#include "common/base/err.h"
#include "common/base/log.h"
#include "common/base/net.h"
#include "common/resolve/resolve.h"

#define OPTIONS_PORTAL_URIS_MAX 16

struct options {
    struct net_addr listen;
    const char *certificate;
    const char *key;
    const char *clients;
    const char *state;                   /* NULL: nothing is kept */
    const char *scenario;                /* NULL: the back end begins empty */
    const char *public_url;              /* NULL: made from `listen` */
    struct resolve_servers name_servers; /* for the domain check; none: the machine's own */
    const char *portal_redirect_uris[OPTIONS_PORTAL_URIS_MAX];
    size_t portal_redirect_uri_count;
    unsigned threads; /* 0: one a core */
    enum log_level log_level;
    enum log_format log_format;
};

/* The arguments behind the program's name. Text is borrowed from argv. RC_INVALID: what is wrong, for people.
 */
MUST_USE enum rc options_parse(int argc, char **argv, struct options *ret, struct err *err);
void options_print_help(FILE *out);
