/* The commands reset, snapshot and restore: they ask a lab, or a proxy, that runs elsewhere (part.h says what is asked). And how a command
 * asks one at all. */
#pragma once
#include <stdio.h>

#include "common/base/arena.h"
#include "common/base/err.h"

/* Whom to ask; the first member of a command's options, so that the setters below fit its table of flags. */
struct remote_target {
    const char *url, *ca;
};
void remote_target_init(struct remote_target *target); /* from the environment */
MUST_USE enum rc remote_set_url(void *options, const char *value, struct err *err);
MUST_USE enum rc remote_set_ca(void *options, const char *value, struct err *err);
#define REMOTE_URL_DOC                                                                                       \
    "the lab, or the --control of a proxy; standard $NUMGATE_AUTHORITY, else https://127.0.0.1:8444"
#define REMOTE_CA_DOC "CA of its certificate (PEM); standard $NUMGATE_CA, else the machine's own"

/* `body` absent: none. An answer of 2xx is RC_OK; else RC_CONFLICT, and the message is what the answer says. */
MUST_USE enum rc remote_ask(const struct remote_target *target, struct str method, struct str path,
                            struct str body, struct arena *mem, struct str *ret, struct err *err);

struct remote_command;

const struct remote_command *remote_find(struct str name); /* NULL: none of them */
/* The arguments behind the command. RC_INVALID: they are wrong; anything else: it could not be done. */
MUST_USE enum rc remote_run(const struct remote_command *command, int argc, char **argv, struct err *err);
void remote_print_flags(FILE *out);
