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

struct numgate_message {
    const char *method, *path;
    struct str body, content_type;
};

struct numgate_reply {
    struct arena *mem;
    struct fetch_reply reply; /* in mem */
};

/* call.c: numgate_request() with a body of any type; absent: none. */
enum numgate_status request_send(struct numgate *numgate, const struct numgate_message *message,
                                 const struct numgate_call *call, struct numgate_reply **ret,
                                 struct numgate_error *error);
/* operations.c: a method and a path; '*' in the pattern stands for the next part, which is encoded. */
struct operation {
    const char *method, *pattern;
    const char *parts[3];
    const char *body;           /* JSON; NULL: none */
    struct str rows, rows_type; /* instead of it; absent: none */
};
enum numgate_status operation_run(struct numgate *numgate, const struct operation *operation,
                                  const struct numgate_call *call, struct numgate_reply **ret,
                                  struct numgate_error *error);
/* Path and query of a link; absent: it has none. */
struct str link_path(struct str link);
/* typed_jobs.c: true: a Link header (RFC 8288) names what comes next, and *ret is its address; absent: it cannot be read. */
bool link_next(struct str header, struct str *ret);
/* open.c: what failed before there was an answer. */
enum numgate_status error_of(enum rc rc, const struct err *err, struct numgate_error *error);
/* typed.c: the body of a save. Of a buf that may hold one. */
void account_json(const struct numgate_account *account, struct buf *out);
void number_json(const struct numgate_number *number, struct buf *out);
struct json;
struct json_out;
void number_write(const struct numgate_number *number, struct json_out *json);
/* typed_jobs.c: the body of a new job. settings: what number_json says, read; NULL: nothing. */
void job_order_json(const struct numgate_job_order *order, const struct json *settings, struct buf *out);
/* NUMGATE_INVALID. */
enum numgate_status refuse(struct numgate_error *error, const char *message);
/* call.c: a session's log function; arg is the handle. */
void tell_attempt(void *arg, const struct session_event *event);
