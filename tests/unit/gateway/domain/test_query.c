#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "gateway/domain/query.h"

#define LEAF(json, how, kind)                                                                                \
    {                                                                                                        \
        .op = (how), .path = {json, sizeof(json) - 1}, .value = {.type = (kind) }                            \
    }
#define BOTH(how, a, b)                                                                                      \
    {                                                                                                        \
        .op = (how), .left = (a), .right = (b)                                                               \
    }

static const struct query_node number_eq = LEAF("telephoneNumber", QUERY_EQ, QUERY_INT);
static const struct query_node number_gt = LEAF("telephoneNumber", QUERY_GT, QUERY_INT);
static const struct query_node number_null = LEAF("telephoneNumber", QUERY_EQ, QUERY_NULL);
static const struct query_node account_eq = LEAF("accountName", QUERY_EQ, QUERY_TEXT);
static const struct query_node account_starts = LEAF("accountName", QUERY_STARTS, QUERY_TEXT);
static const struct query_node name_eq = LEAF("name", QUERY_EQ, QUERY_TEXT);
static const struct query_node tenant_eq = LEAF("tenantId", QUERY_EQ, QUERY_TEXT);
static const struct query_node id_eq = LEAF("id", QUERY_EQ, QUERY_TEXT);
static const struct query_node enabled =
    LEAF("serviceDetails/teamsDirectRouting/enabled", QUERY_EQ, QUERY_BOOL);
static const struct query_node enabled_and_number = BOTH(QUERY_AND, &enabled, &number_eq);
static const struct query_node deep = BOTH(QUERY_AND, &enabled_and_number, &account_starts);
static const struct query_node enabled_and_account = BOTH(QUERY_AND, &enabled, &account_eq);
static const struct query_node number_or_enabled = BOTH(QUERY_OR, &number_eq, &enabled);
static const struct query_node two_numbers = BOTH(QUERY_OR, &number_eq, &number_eq);
static const struct query_node or_within = BOTH(QUERY_AND, &number_or_enabled, &number_eq);
static const struct query_node or_only_within = BOTH(QUERY_AND, &number_or_enabled, &enabled);
static const struct query_node not_number = {.op = QUERY_NOT, .left = &number_eq};

static void test_query_bound_to__finds_eq_in_a_conjunction_at_the_top(void **state)
{
    (void)state;
    static const struct {
        const struct query_node *filter;
        const struct query_node *bound; /* to telephoneNumber */
    } cases[] = {
        {NULL, NULL},        {&number_eq, &number_eq},   {&deep, &number_eq},  {&or_within, &number_eq},
        {&number_gt, NULL},  {&number_null, NULL}, /* binds to nothing there is */
        {&not_number, NULL}, {&number_or_enabled, NULL}, {&two_numbers, NULL}, {&or_only_within, NULL},
        {&account_eq, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (query_bound_to(cases[i].filter, STR("telephoneNumber")) != cases[i].bound) {
            fail_msg("case %zu", i);
        }
    }
    assert_null(query_bound_to(&number_eq, STR_NONE));
}

static void test_query_may_scan__passes_only_what_is_bound(void **state)
{
    (void)state;
    static const struct {
        struct list_query query;
        const struct schema *schema;
        bool scans;
    } cases[] = {
        {{.filter = NULL}, &schema_number, false},
        {{.filter = NULL, .count = true}, &schema_number, false}, /* counted by counters */
        {{.skip = 1000}, &schema_number, false},
        {{.skip = 1001}, &schema_number, true},
        {{.filter = &number_eq, .skip = 1001}, &schema_number, true},
        {{.filter = &number_eq}, &schema_number, false},
        {{.filter = &number_eq, .count = true}, &schema_number, false},
        {{.filter = &deep}, &schema_number, false},
        {{.filter = &or_within}, &schema_number, false},
        {{.filter = &account_eq}, &schema_number, false},
        {{.filter = &enabled_and_account}, &schema_number, false},
        {{.filter = &enabled_and_account, .count = true}, &schema_number, true},
        {{.filter = &enabled, .account = STR("a")}, &schema_number, false},
        {{.filter = &enabled, .account = STR("a"), .count = true}, &schema_number, true},
        {{.filter = &enabled}, &schema_number, true},
        {{.filter = &account_starts}, &schema_number, true},
        {{.filter = &number_gt}, &schema_number, true},
        {{.filter = &not_number}, &schema_number, true},
        {{.filter = &number_or_enabled}, &schema_number, true},
        {{.filter = &name_eq}, &schema_account, false},
        {{.filter = &enabled}, &schema_account, true},
        {{.filter = &account_eq}, &schema_account, true}, /* no such key of accounts */
        {{.filter = &tenant_eq}, &schema_rfi, false},
        {{.filter = &account_eq}, &schema_rfi, true},
        {{.filter = &id_eq}, &schema_civic_address, false},
        {{.filter = &tenant_eq, .account = STR("a")}, &schema_civic_address, false},
        {{.filter = &id_eq}, &schema_error_response, true}, /* a list of nothing we know */
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (query_may_scan(&cases[i].query, cases[i].schema) != cases[i].scans) {
            fail_msg("case %zu", i);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_query_bound_to__finds_eq_in_a_conjunction_at_the_top),
        cmocka_unit_test(test_query_may_scan__passes_only_what_is_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
