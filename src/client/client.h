/* What the files of libnumgate share. The public manual is numgate.h. */
#pragma once
#include <numgate.h>

#include "common/base/arena.h"
#include "common/fetch/session.h"

struct numgate {
    struct session *session;
    int64_t deadline_ms;
    void (*log)(void *arg, const struct numgate_event *event);
    void *log_arg;
    const char *request_id; /* of the call under way */
};

struct numgate_reply {
    struct arena *mem;
    struct fetch_reply reply; /* in mem */
};

/* open.c: what failed before there was an answer. */
enum numgate_status error_of(enum rc rc, const struct err *err, struct numgate_error *error);
/* call.c: a session's log function; arg is the handle. */
void tell_attempt(void *arg, const struct session_event *event);
