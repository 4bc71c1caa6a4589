/* What the tests of the rules share: a real store in a directory of its own, and each verb as one job in it.
 * JSON is written with ' for
 * ". What a verb gives back lives until the test ends. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "common/base/limits.h"
#include "gateway/domain/change.h"

struct world {
    char dir[64], path[80];
    struct repo *repo;
    struct arena *mem;
    /* what the next verb is done with */
    struct actor actor;
    struct domain_facts facts;
    struct wall now;
    const struct precondition *pre;
    struct arena *job_mem; /* for the jobs alone; NULL: mem */
};

struct outcome {
    enum rc rc;
    const char *says; /* "" for RC_OK; "conflict NumberInUse numbers[1].telephoneNumber, ..." */
    struct err err;
    bool created;
    const struct account *account;
    const struct number *number;
    const struct number **numbers;
    const struct rfi *rfi;
};

int world_setup(void **state);
int world_teardown(void **state);
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, world_setup, world_teardown)

/* The verbs. */
struct outcome put_account(struct world *w, const char *json);
struct outcome delete_account(struct world *w, const char *name, bool delete_numbers);
struct outcome put_number(struct world *w, const char *json);
struct outcome delete_number(struct world *w, const char *account, int64_t number);
struct outcome put_numbers(struct world *w, const char *account, const char *json);
struct outcome delete_numbers(struct world *w, const char *account, const char *json);
struct outcome patch_rfi(struct world *w, const char *tenant, const char *json);
struct outcome seed_rfi(struct world *w, const char *json);
struct outcome seed_address(struct world *w, const char *account, const char *json);

/* Fails the test, naming the case, unless the outcome says this. */
#define assert_says(outcome, text)             assert_says_at((outcome), (text), 0, __FILE__, __LINE__)
#define assert_case_says(outcome, text, index) assert_says_at((outcome), (text), (index), __FILE__, __LINE__)
void assert_says_at(struct outcome outcome, const char *text, size_t index, const char *file, int line);

/* What is there. NULL: nothing. */
const struct account *read_account(struct world *w, const char *name);
const struct number *read_number(struct world *w, int64_t number);
const struct rfi *read_rfi(struct world *w, const char *tenant);
const struct civic_address *read_address(struct world *w, const char *account, const char *id);
struct number_counts read_counts(struct world *w, const char *account);
struct list_page read_audit(struct world *w); /* newest first */
size_t audit_count(struct world *w);
const struct audit_row *audit_newest(struct world *w);
int64_t outbox_seq(struct world *w, enum outbox_kind kind, const char *key); /* 0: there is nothing to do */

/* What a back end would have said. Assigned: for Operator Connect; acquired capabilities too where there is a
 * configuration. */
void given_assigned(struct world *w, int64_t number);
void given_account_status(struct world *w, const char *name, enum provisioning_status status,
                          enum subdomain_status subdomain);
void given_number_status(struct world *w, int64_t number, enum provisioning_status status);
/* The account gets so many numbers without services, from +1000... on, without their rows: for limits. */
void given_counts(struct world *w, const char *account, int64_t numbers);

/* Does it again and again in arenas that grow a little each time, until there is room for it. Fails the test
 * unless every answer before says so and leaves nothing behind. */
void check_small_arenas(struct world *w, struct outcome (*act)(struct world *w));

struct precondition if_match(struct world *w, struct etag etag);
struct precondition if_match_any(void);
struct precondition if_none_match_any(void);
