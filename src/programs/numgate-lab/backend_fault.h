/* Faults of the back end on demand: rows that say what goes wrong with which operation, how often. A call takes the first row that fits
 * and fires; it takes one at most. Rows end with the process. Any thread. */
#pragma once
#include "common/base/err.h"
#include "common/json/write.h"

#define BACKEND_FAULTS_MAX 256

enum operation {
    OP_NONE,
    OP_LIST_CONSENTS,
    OP_GET_CONSENT,
    OP_SET_RELATIONSHIP,
    OP_LIST_USAGES,
    OP_AVAILABLE_CAPABILITIES,
    OP_LIST_ADDRESSES,
    OP_LIST_NUMBERS,
    OP_GET_NUMBER,
    OP_LIST_CHANGES,
    OP_UPLOAD,
    OP_RELEASE,
    OP_FIND_JOB,
    OP_GET_JOB,
    OPERATIONS,
};
extern const char *const operation_names[OPERATIONS]; /* as in docs/backend-api.yaml */

enum mishap {
    MISHAP_NONE,
    MISHAP_DELAY,        /* the call waits `ms`, then its work is done, whether or not anybody waits for it */
    MISHAP_LATE,         /* the work is done, the answer comes `ms` later */
    MISHAP_STATUS,       /* nothing is done: `status`, with Retry-After when there is `retryAfter` */
    MISHAP_THROTTLE,     /* likewise 429 */
    MISHAP_UNAUTHORIZED, /* likewise 401 */
    MISHAP_RESET_BEFORE, /* nothing is done, the connection is reset */
    MISHAP_RESET_AFTER,  /* the work is done, the connection is reset */
    MISHAP_CUT,          /* the work is done, half of the answer is sent */
    MISHAP_LOST_JOB, /* the job is answered, then nobody knows it; `done`: its work is done all the same */
    MISHAP_STALE,    /* the work is done; an answer to the same request from before is given again */
    MISHAPS,
};
struct backend_fault {
    enum operation operation; /* OP_NONE: any */
    enum mishap kind;
    int64_t times;   /* how often still */
    int64_t every;   /* each so many-th call that fits */
    int64_t percent; /* then with this probability */
    int64_t seed;
    int64_t ms, status, retry_after_s;
    bool done;
    uint64_t random; /* its own */
    int64_t seen;
};

struct json;
struct backend_faults;

struct backend_faults *backend_faults_new(void);
void backend_faults_free(struct backend_faults *faults); /* NULL is fine */
/* {"operation": "uploadNumbers" or "*", "kind": ..., "times": 1, "every": 1, "percent": 100, "seed": 1, "ms", "status", "retryAfter", "done"} */
MUST_USE enum rc backend_fault_read(const struct json *value, struct backend_fault *ret, struct err *err);
MUST_USE enum rc backend_faults_add(struct backend_faults *faults, const struct backend_fault *fault,
                                    struct err *err);
struct backend_fault backend_faults_take(struct backend_faults *faults, enum operation operation);
void backend_faults_clear(struct backend_faults *faults);
void backend_faults_write(struct backend_faults *faults,
                          struct json_out *out); /* what is not used up, an array */
const char *mishap_name(enum mishap kind);
