/* Faults on demand: a list of rows that say what goes wrong at which endpoint, how often. A request takes the
 * first row of its endpoint that is not used up; it takes one at most. Any thread. */
#pragma once
#include "common/base/err.h"
#include "common/json/write.h"
#include "programs/numgate-lab/part.h"

#define FAULTS_MAX         64
#define FAULT_TIMES_MAX    1000000
#define FAULT_DELAY_MS_MAX 300000

enum fault_endpoint {
    FAULT_NOWHERE,
    FAULT_TOKEN,
    FAULT_KEYS,
    FAULT_DISCOVERY,
    FAULT_DOMAINS,
    FAULT_AUTHORIZE,
    FAULT_LOGOUT
};
enum fault_kind {
    FAULT_NONE,
    FAULT_DELAY,     /* the right answer, `ms` later */
    FAULT_STATUS,    /* an error of this status instead */
    FAULT_WRONG_KEY, /* a token under the right kid, signed by a key that nobody publishes */
    FAULT_EXPIRED,   /* a token that ended ten minutes ago, while expires_in promises an hour */
    FAULT_RESET,     /* the work is done, then the connection is reset and nothing is answered */
    FAULT_CUT,       /* the work is done, half of the answer is sent, then a reset */
};
struct fault {
    enum fault_endpoint endpoint;
    enum fault_kind kind;
    int64_t times; /* how often still */
    int64_t ms;
    int64_t status;
};

struct json;
struct faults;

struct faults *faults_new(void);
void faults_free(struct faults *faults); /* NULL is fine */
/* Reads {"endpoint":..., "kind":..., "times":1, "ms":..., "status":...}. RC_INVALID names what is wrong. */
MUST_USE enum rc fault_read(const struct json *value, struct fault *ret, struct err *err);
MUST_USE enum rc faults_add(struct faults *faults, const struct fault *fault,
                            struct err *err); /* RC_LIMIT when full */
struct fault faults_take(struct faults *faults,
                         enum fault_endpoint endpoint); /* kind FAULT_NONE: nothing goes wrong */
void faults_clear(struct faults *faults);
void faults_write(struct faults *faults, struct json_out *out); /* what is not used up, as an array */
bool faults_have(struct faults *faults, enum fault_kind kind);
struct part faults_part(struct faults *faults); /* "faults": the array of faults_write() */
const char *fault_kind_name(enum fault_kind kind);
