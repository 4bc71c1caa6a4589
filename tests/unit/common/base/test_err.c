#include "common/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "common/base/arena.h"

static void test_err__says_what_failed_and_where(void **state UNUSED)
{
    struct err err = {0};
    assert_int_equal(err_set(&err, RC_CONFLICT, "NumberInUse", "held by %s", "contoso"), RC_CONFLICT);
    err_field(&err, "numbers[%d]", 7);
    err_context(&err, "while saving %s", "x");
    assert_int_equal(err.rc, RC_CONFLICT);
    assert_string_equal(err.code, "NumberInUse");
    assert_string_equal(err.field, "numbers[7]");
    assert_string_equal(err.msg, "while saving x: held by contoso");
    err_clear(&err);
    assert_int_equal(err.rc, RC_OK);
    assert_string_equal(err.msg, "");
}

static void test_err__may_be_absent(void **state UNUSED)
{
    assert_int_equal(err_set(NULL, RC_LIMIT, NULL, "x"), RC_LIMIT);
    err_context(NULL, "x");
    err_field(NULL, "x");
    err_clear(NULL);
}

static void test_err__may_quote_itself(void **state UNUSED)
{
    struct err err = {0};
    (void)err_set(&err, RC_INVALID, NULL, "inner");
    (void)err_set(&err, RC_INTERNAL, NULL, "outer: %s", err.msg);
    assert_string_equal(err.msg, "outer: inner");
}

static void test_err__cuts_long_messages_between_characters(void **state UNUSED)
{
    struct err err = {0};
    char text[600];
    for (size_t lead = 0; lead < 4; lead++) {
        size_t n = 0;
        memset(text, 'x', lead);
        for (n = lead; n + 4 < sizeof text; n += 4) {
            memcpy(text + n, "\xF0\x9F\x98\x80", 4);
        }
        text[n] = '\0';
        (void)err_set(&err, RC_INVALID, NULL, "%s", text);
        if (!str_is_utf8(str_of(err.msg)) || strlen(err.msg) < sizeof err.msg - 4) {
            fail_msg("lead %zu: %zu bytes", lead, strlen(err.msg));
        }
        err_context(&err, "y");
        if (!str_is_utf8(str_of(err.msg))) {
            fail_msg("lead %zu, with context", lead);
        }
    }
}

static void test_err_list__keeps_findings_up_to_its_maximum(void **state UNUSED)
{
    CLEANUP(arena_freep) struct arena *mem = arena_new(1 << 16);
    struct err_list list;
    struct err err = {0};
    err_list_init(&list, mem, 2);
    assert_int_equal(err_from_list(&err, RC_INVALID, &list), RC_OK);
    err_list_add(&list, "A", STR("f[0]"), "first %d", 1);
    err_list_add(&list, "B", STR_NONE, "second");
    err_list_add(&list, "C", STR_NONE, "third");
    assert_int_equal(list.count, 3);
    assert_true(str_eq(list.first->next->msg, STR("second")));
    assert_null(list.first->next->next);
    assert_int_equal(err_from_list(&err, RC_INVALID, &list), RC_INVALID);
    assert_string_equal(err.code, "A");
    assert_string_equal(err.field, "f[0]");
    assert_string_equal(err.msg, "first 1");
    assert_ptr_equal(err.details, &list);
}

static void test_rc__has_a_name_for_each(void **state UNUSED)
{
    for (enum rc rc = RC_OK; rc <= RC_INTERNAL; rc++) {
        assert_non_null(rc_name(rc));
    }
    assert_string_equal(rc_name(RC_UNCERTAIN), "uncertain");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_err__says_what_failed_and_where),
        cmocka_unit_test(test_err__may_be_absent),
        cmocka_unit_test(test_err__may_quote_itself),
        cmocka_unit_test(test_err__cuts_long_messages_between_characters),
        cmocka_unit_test(test_err_list__keeps_findings_up_to_its_maximum),
        cmocka_unit_test(test_rc__has_a_name_for_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
