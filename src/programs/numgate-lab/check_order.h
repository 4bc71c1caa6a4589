/* What the cases of the conformance test are made of: questions with the answer that is expected, and orders up to their end. All of it lives in
 * check->mem. */
#pragma once
#include "programs/numgate-lab/check.h"

#define PATH(check, ...) arena_printf((check)->mem, __VA_ARGS__)

/* Asks for something that is there, and for something that must be refused with this status and code. */
MUST_USE enum rc check_get(struct check *check, struct str path, const struct shape *shape,
                           const struct json **ret, struct err *err);
MUST_USE enum rc check_refused(struct check *check, const struct talk_request *request, int status,
                               const char *code, struct err *err);
MUST_USE enum rc check_get_refused(struct check *check, struct str path, int status, const char *code,
                                   struct err *err);

struct check_order {
    bool release;
    const int64_t *numbers;
    size_t count;
    const char *bad_usage; /* of the last number; NULL: none */
    struct str key;
};
struct str check_new_key(const struct check *check);
struct str check_order_body(const struct check *check, const struct check_order *order);
MUST_USE enum rc check_send_order(struct check *check, const struct check_order *order,
                                  struct talk_reply *ret, struct err *err);
bool check_has_ended(const struct json *job);
MUST_USE enum rc check_await_job(struct check *check, const struct json *job, const struct json **ret,
                                 struct err *err);                     /* until it has ended */
const struct json *check_entry_of(const struct json *job, int64_t tn); /* NULL: none */
/* Every number has one entry, all say how they ended, and the job's status follows from them. */
MUST_USE enum rc check_ended_well(const struct check_order *order, const struct json *job, struct err *err);
/* All of that, of an order of which every number is done. */
MUST_USE enum rc check_run_good_order(struct check *check, const struct check_order *order,
                                      const struct json **ret, struct err *err);

struct str check_number_path(const struct check *check, int64_t tn, const char *plus);
MUST_USE enum rc check_get_number(struct check *check, int64_t tn, const struct json **ret,
                                  struct err *err); /* *ret NULL: nobody holds it */
