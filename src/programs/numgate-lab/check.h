/* The conformance test of back ends: numgate-lab check-backend. check_cases.c is the list of what is asked; check_backend.c reads flags, runs the
 * list and tells how it went. It uploads and releases the numbers it was given and nothing else, and leaves none of them behind. */
#pragma once
#include <stdio.h>

#include "common/base/random.h"
#include "programs/numgate-lab/check_talk.h"

#define CHECK_NUMBERS_MIN 2
#define CHECK_NUMBERS_MAX 20

struct check {
    struct talk *talk;
    struct arena *mem; /* of the case under way */
    struct str tenant;
    struct str service;
    struct str settings;                /* members of an upload, JSON text of an object */
    struct str usage;                   /* of these */
    int64_t numbers[CHECK_NUMBERS_MAX]; /* ascending */
    size_t count;
    int64_t job_ms;            /* how long a job may take */
    struct str relationship;   /* absent: it is not changed */
    char order[UUID_TEXT_MAX]; /* the key of the first upload */
    char job[128];             /* its job */
    char mark[256];            /* of changes, from before it; empty: not offered */
};

/* RC_OK: it holds. RC_NOT_FOUND: it could not be asked here, err says why. Else err says what is wrong. */
typedef enum rc case_fn(struct check *check, struct err *err);
struct check_case {
    const char *name;
    case_fn *run;
    bool needs_numbers; /* not asked where the numbers are not free */
};
extern const struct check_case check_cases[];
extern const size_t check_case_count;
case_fn
    check_free_numbers; /* the case after which numbers may be used; also how they are given back at the end */

MUST_USE int check_backend(int argc,
                           char **argv); /* the exit code: 0 it conforms, 1 it does not, 2 wrong arguments */
void check_print_flags(FILE *out);
