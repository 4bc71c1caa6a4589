/* One call of the back end's interface: who makes it, what it is answered. Lives in the arena of its exchange. */
#pragma once
#include "programs/numgate-lab/backend.h"
#include "programs/numgate-lab/form.h"
#include "programs/numgate-lab/visit.h"

#define CALL_REPLY_MAX ((size_t)8 << 20)

struct call_row;

struct call {
    struct visit *visit;
    struct backend *backend;
    const struct call_row *row;
    struct backend_fault fault;
    struct form query;
    int status; /* 0: not answered yet */
    struct buf body;
    struct str location;   /* absent: none */
    int64_t retry_after_s; /* 0: none */
    const char *code;      /* of an error, for the log */
    bool stale;            /* the answer is one from before */
};

struct call_row {
    enum operation operation;
    enum http_method method;
    const char *path;     /* below /backend/v1; {...} stands for any one segment */
    const char *roles[2]; /* one of them is needed */
    bool takes_body;
    /* Within the lock: answers by call_begin() and call_end(), or call_refuse(). */
    void (*serve)(struct call *call, struct model *model);
};

/* What a call can be refused with: a row is status and code. */
enum call_error {
    CALL_BAD_REQUEST,
    CALL_UNAUTHORIZED,
    CALL_MISSING_ROLE,
    CALL_NOT_REGISTERED,
    CALL_TENANT_NOT_FOUND,
    CALL_NUMBER_NOT_FOUND,
    CALL_JOB_NOT_FOUND,
    CALL_PATH_NOT_FOUND,
    CALL_METHOD,
    CALL_IN_OPERATION,
    CALL_MARK_GONE,
    CALL_KEY_REUSED,
    CALL_TOO_MANY,
    CALL_INTERNAL,
    CALL_UNAVAILABLE,
    CALL_ERRORS,
};
PRINTF_LIKE(3, 4) void call_refuse(struct call *call, enum call_error error, const char *format, ...);
void call_refuse_list(struct call *call, enum call_error error, const char *message,
                      const struct err_list *details);

/* The body of an answer: call_begin(), what the operation writes, call_end(). */
void call_begin(struct call *call, struct json_out *out);
void call_end(struct call *call, int status);

struct arena *call_arena(const struct call *call);
struct str call_segment(const struct call *call, size_t index); /* of the path below /backend/v1 */
extern const struct call_row call_rows[];
extern const size_t call_row_count;
