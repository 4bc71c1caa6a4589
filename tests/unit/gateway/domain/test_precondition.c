#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "gateway/domain/precondition.h"

static int given_arena(void **state)
{
    *state = arena_new(1 << 20);
    return *state == NULL;
}

static int drop_arena(void **state)
{
    arena_free(*state);
    return 0;
}

static void test_etag_list_parse__takes_what_rfc_9110_allows(void **state)
{
    static const struct {
        const char *value;
        int count; /* -1: refused, -2: any */
        struct etag first;
    } cases[] = {
        {"*", -2, {0}},
        {" * ", -2, {0}},
        {"\"17.42\"", 1, {17, 42, false}},
        {"W/\"17.42\"", 1, {17, 42, false}},
        {"\"1.2\", \"3.4\"", 2, {1, 2, false}},
        {"\"1.2\",W/\"3.4\" ,\t\"x\"", 3, {1, 2, false}},
        {",, \"1.2\" ,,", 1, {1, 2, false}},
        {"\"18446744073709551615.0\"", 1, {UINT64_MAX, 0, false}},
        {"\"18446744073709551616.0\"", 1, {.foreign = true}},
        {"\"\"", 1, {.foreign = true}},
        {"\"xyzzy\"", 1, {.foreign = true}},
        {"\"a,b\"", 1, {.foreign = true}},
        {"\"W/x\"", 1, {.foreign = true}},
        {"\"\xc3\xa9!\"", 1, {.foreign = true}},
        {"\"1\"", 1, {.foreign = true}},
        {"\"1.\"", 1, {.foreign = true}},
        {"\".1\"", 1, {.foreign = true}},
        {"\"01.2\"", 1, {.foreign = true}},
        {"\"1.2.3\"", 1, {.foreign = true}},
        {"\"-1.2\"", 1, {.foreign = true}},
        {"", -1, {0}},
        {"  ", -1, {0}},
        {",", -1, {0}},
        {"1.2", -1, {0}},
        {"\"1.2", -1, {0}},
        {"1.2\"", -1, {0}},
        {"\"", -1, {0}},
        {"W/", -1, {0}},
        {"W/1.2", -1, {0}},
        {"w/\"1.2\"", -1, {0}},
        {"W/ \"1.2\"", -1, {0}},
        {"\"1 2\"", -1, {0}},
        {"\"1\x7f\"", -1, {0}},
        {"\"1\t\"", -1, {0}},
        {"\"1.2\" \"3.4\"", -1, {0}},
        {"\"1.2\"\"3.4\"", -1, {0}},
        {"\"1.2\";", -1, {0}},
        {"*, \"1.2\"", -1, {0}},
        {"\"1.2\", *", -1, {0}},
        {"**", -1, {0}},
        {"'1.2'", -1, {0}},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct etag_list list = {0};
        struct err err = {0};
        enum rc rc = etag_list_parse(str_of(cases[i].value), *state, &list, &err);
        int count = rc == RC_INVALID ? -1 : list.any ? -2 : (int)list.count;
        struct etag first = count > 0 ? list.items[0] : (struct etag){0};
        if (count != cases[i].count || first.foreign != cases[i].first.foreign ||
            (!first.foreign && (first.configuration != cases[i].first.configuration ||
                                first.status != cases[i].first.status))) {
            fail_msg("case %zu: %s gave %d", i, cases[i].value, count);
        }
        assert_true(rc == RC_OK || strcmp(err.code, "InvalidHeader") == 0);
    }
}

static void test_etag_list_parse__takes_a_whole_header_block_of_tags(void **state)
{
    char value[32 * 1024];
    struct etag_list list;
    size_t n = 0;
    for (; n + 3 <= sizeof value; n += 3) {
        memcpy(value + n, "\"\",", 3);
    }
    assert_int_equal(etag_list_parse((struct str){value, n}, *state, &list, NULL), RC_OK);
    assert_int_equal(list.count, n / 3);
}

static void test_etag_text__reads_back(void **state)
{
    static const struct etag etags[] = {{0, 0, false}, {1, 2, false}, {UINT64_MAX, UINT64_MAX, false}};
    for (size_t i = 0; i < ARRAY_LEN(etags); i++) {
        char text[ETAG_TEXT_MAX];
        struct etag_list list;
        assert_int_equal(etag_list_parse(etag_text(etags[i], text), *state, &list, NULL), RC_OK);
        assert_int_equal(list.count, 1);
        assert_false(list.items[0].foreign);
        assert_true(list.items[0].configuration == etags[i].configuration &&
                    list.items[0].status == etags[i].status);
    }
}

static struct etag etag_with(const int64_t counts[SERVICE_COUNT], int64_t status)
{
    struct account_service services[SERVICE_COUNT];
    struct account_services all = {.teams_tenant_id = STR_NONE};
    for (int i = 0; i < SERVICE_COUNT; i++) {
        services[i] = (struct account_service){.number_count = counts[i]};
        all.of[i] = &services[i];
    }
    return account_etag(
        &(struct account){.services = &all, .revision = {.configuration = 7, .status = status}});
}

static void test_account_etag__changes_with_any_count_and_status(void **state)
{
    (void)state;
    static const int64_t base[SERVICE_COUNT] = {5, 5, 5, 5, 5};
    struct etag before = etag_with(base, 9);
    assert_true(etag_with(base, 9).status == before.status);
    assert_false(etag_with(base, 10).status == before.status);
    assert_true(etag_with(base, 10).configuration == 7);
    for (int i = 0; i < SERVICE_COUNT; i++) {
        int64_t counts[SERVICE_COUNT];
        memcpy(counts, base, sizeof counts);
        counts[i]++;
        assert_false(etag_with(counts, 9).status == before.status);
        counts[(i + 1) % SERVICE_COUNT]--; /* a number that went from one service to the next */
        assert_false(etag_with(counts, 9).status == before.status);
    }
}

static void test_account_etag__needs_no_services(void **state)
{
    (void)state;
    const struct account_services none = {.teams_tenant_id = STR_NONE};
    const struct account with = {.services = &none, .revision = {.configuration = 1, .status = 2}};
    const struct account without = {.revision = {.configuration = 1, .status = 2}};
    assert_true(account_etag(&without).configuration == 1);
    assert_true(account_etag(&with).configuration == 1);
}

/* The resource of the tests: configuration 5 of 10.9 s, status 8 of 20.2 s. */
static const struct revision revision = {5, 8, {10900}, {20200}};

static const struct etag same_tag[] = {{5, 8, false}}, same_configuration[] = {{5, 7, false}},
                         other_tag[] = {{4, 8, false}}, foreign_tag[] = {{5, 8, true}},
                         two_tags[] = {{4, 8, false}, {5, 8, false}};
#define TAGS(tags)                                                                                           \
    {                                                                                                        \
        .items = (tags), .count = ARRAY_LEN(tags)                                                            \
    }
#define ANY                                                                                                  \
    {                                                                                                        \
        .any = true                                                                                          \
    }
#define MATCH(list)         .has_match = true, .match = list
#define NONE_MATCH(list)    .has_none_match = true, .none_match = list
#define UNMODIFIED(seconds) .has_unmodified = true, .unmodified_since = {(seconds)*1000}
#define MODIFIED(seconds)   .has_modified = true, .modified_since = {(seconds)*1000}

#define PASSED       PRECONDITION_PASSED
#define FAILED       PRECONDITION_FAILED
#define NOT_MODIFIED PRECONDITION_NOT_MODIFIED

static void test_precondition_judge__follows_rfc_9110(void **state)
{
    (void)state;
    static const struct {
        struct precondition pre;
        enum precondition_verdict reading, writing, absent;
    } cases[] = {
        {{0}, PASSED, PASSED, PASSED},
        {{MATCH(ANY)}, PASSED, PASSED, FAILED},
        {{MATCH(TAGS(same_tag))}, PASSED, PASSED, FAILED},
        {{MATCH(TAGS(same_configuration))}, PASSED, PASSED, FAILED}, /* a status that flips breaks no write */
        {{MATCH(TAGS(two_tags))}, PASSED, PASSED, FAILED},
        {{MATCH(TAGS(other_tag))}, FAILED, FAILED, FAILED},
        {{MATCH(TAGS(foreign_tag))}, FAILED, FAILED, FAILED},
        {{NONE_MATCH(ANY)}, NOT_MODIFIED, FAILED, PASSED},
        {{NONE_MATCH(TAGS(same_tag))}, NOT_MODIFIED, FAILED, PASSED},
        {{NONE_MATCH(TAGS(two_tags))}, NOT_MODIFIED, FAILED, PASSED},
        {{NONE_MATCH(TAGS(same_configuration))}, PASSED, PASSED, PASSED},
        {{NONE_MATCH(TAGS(foreign_tag))}, PASSED, PASSED, PASSED},
        {{UNMODIFIED(9)}, FAILED, FAILED, FAILED},
        {{UNMODIFIED(10)}, PASSED, PASSED, FAILED}, /* the same second, and the status' time does not count */
        {{UNMODIFIED(11)}, PASSED, PASSED, FAILED},
        {{MODIFIED(19)}, PASSED, PASSED, PASSED},
        {{MODIFIED(20)}, NOT_MODIFIED, PASSED, PASSED},
        {{MODIFIED(21)}, NOT_MODIFIED, PASSED, PASSED},
        /* If-Match silences If-Unmodified-Since, If-None-Match silences If-Modified-Since */
        {{MATCH(TAGS(same_tag)), UNMODIFIED(9)}, PASSED, PASSED, FAILED},
        {{MATCH(TAGS(other_tag)), UNMODIFIED(11)}, FAILED, FAILED, FAILED},
        {{NONE_MATCH(TAGS(other_tag)), MODIFIED(21)}, PASSED, PASSED, PASSED},
        {{NONE_MATCH(TAGS(same_tag)), MODIFIED(19)}, NOT_MODIFIED, FAILED, PASSED},
        /* the first pair is judged before the second */
        {{MATCH(TAGS(other_tag)), NONE_MATCH(TAGS(same_tag))}, FAILED, FAILED, FAILED},
        {{MATCH(TAGS(same_tag)), NONE_MATCH(TAGS(same_tag))}, NOT_MODIFIED, FAILED, FAILED},
        {{UNMODIFIED(9), MODIFIED(21)}, FAILED, FAILED, FAILED},
        {{UNMODIFIED(11), MODIFIED(21)}, NOT_MODIFIED, PASSED, FAILED},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct etag etag = revision_etag(&revision);
        enum precondition_verdict reading = precondition_judge(&cases[i].pre, etag, &revision, true);
        enum precondition_verdict writing = precondition_judge(&cases[i].pre, etag, &revision, false);
        enum precondition_verdict absent = precondition_judge_absent(&cases[i].pre);
        if (reading != cases[i].reading || writing != cases[i].writing || absent != cases[i].absent) {
            fail_msg("case %zu: %d %d %d", i, reading, writing, absent);
        }
    }
}

static void test_precondition_judge__passes_without_one(void **state)
{
    (void)state;
    assert_int_equal(precondition_judge(NULL, revision_etag(&revision), &revision, true), PASSED);
    assert_int_equal(precondition_judge_absent(NULL), PASSED);
}

static void test_revision_last_modified__is_the_later_time(void **state)
{
    (void)state;
    const struct revision configured_later = {9, 8, {300}, {200}};
    assert_int_equal(revision_last_modified(&revision).ms, 20200);
    assert_int_equal(revision_last_modified(&configured_later).ms, 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_etag_list_parse__takes_what_rfc_9110_allows, given_arena,
                                        drop_arena),
        cmocka_unit_test_setup_teardown(test_etag_list_parse__takes_a_whole_header_block_of_tags, given_arena,
                                        drop_arena),
        cmocka_unit_test_setup_teardown(test_etag_text__reads_back, given_arena, drop_arena),
        cmocka_unit_test(test_account_etag__changes_with_any_count_and_status),
        cmocka_unit_test(test_account_etag__needs_no_services),
        cmocka_unit_test(test_precondition_judge__follows_rfc_9110),
        cmocka_unit_test(test_precondition_judge__passes_without_one),
        cmocka_unit_test(test_revision_last_modified__is_the_later_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
