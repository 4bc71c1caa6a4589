#include "common/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "common/base/escape.h"

static void test_buf__grows_up_to_its_maximum(void **state UNUSED)
{
    struct buf buf;
    buf_init(&buf, 1000);
    assert_true(str_eq(buf_str(&buf), STR("")));
    for (int i = 0; i < 100; i++) {
        buf_put(&buf, "0123456789", 10);
    }
    assert_false(buf_failed(&buf));
    assert_int_equal(buf.n, 1000);
    buf_put_str(&buf, STR_NONE);
    assert_false(buf_failed(&buf));
    buf_put_char(&buf, 'x');
    assert_true(buf_failed(&buf));
    assert_int_equal(buf.n, 1000);
    buf_reset(&buf);
    buf_put_char(&buf, 'y');
    assert_true(str_eq(buf_str(&buf), STR("y")));
    buf_clear(&buf);
}

static void test_buf__failure_is_sticky(void **state UNUSED)
{
    struct buf buf;
    buf_init(&buf, 4);
    buf_put(&buf, "12345", 5);
    buf_put_char(&buf, '1');
    assert_true(buf_failed(&buf));
    assert_int_equal(buf.n, 0);
    assert_null(buf_reserve(&buf, 1));
    buf_clear(&buf);
}

static void test_buf__prints_numbers_and_formats(void **state UNUSED)
{
    struct buf buf;
    buf_init(&buf, 2000);
    buf_put_i64(&buf, INT64_MIN);
    buf_put_char(&buf, ' ');
    buf_put_i64(&buf, 0);
    buf_printf(&buf, " %s", "text");
    assert_true(str_eq(buf_str(&buf), STR("-9223372036854775808 0 text")));
    buf_reset(&buf);
    buf_printf(&buf, "%02000d", 1); /* exactly the maximum: no room for a NUL is wanted */
    assert_false(buf_failed(&buf));
    assert_int_equal(buf.n, 2000);
    buf_reset(&buf);
    buf_printf(&buf, "%02001d", 1);
    assert_true(buf_failed(&buf));
    buf_clear(&buf);
}

static void test_buf__reserves_and_consumes(void **state UNUSED)
{
    struct buf buf;
    buf_init(&buf, 100);
    assert_non_null(buf_reserve(&buf, 0));
    char *room = buf_reserve(&buf, 5);
    assert_non_null(room);
    memcpy(room, "hello", 5);
    buf.n += 5;
    buf_consume(&buf, 2);
    assert_true(str_eq(buf_str(&buf), STR("llo")));
    buf_consume(&buf, 3);
    assert_true(str_eq(buf_str(&buf), STR("")));
    assert_null(buf_reserve(&buf, 101));
    buf_clear(&buf);
}

static void test_escape__makes_text_safe(void **state UNUSED)
{
    static const struct {
        struct str text;
        const char *escaped;
    } cases[] = {
        {{"plain text", 10}, "plain text"},
        {{"", 0}, ""},
        {{"a\"b\\c/", 6}, "a\\\"b\\\\c/"},
        {{"\b\f\n\r\t", 5}, "\\b\\f\\n\\r\\t"},
        {{"\0\x1F\x7F", 3}, "\\u0000\\u001f\\u007f"},
        {{"\xC3\xA9\xE2\x82\xAC", 5}, "\xC3\xA9\xE2\x82\xAC"},
        {{"\xC2\x9B", 2}, "\\u009b"}, /* CSI, which terminals obey */
        {{"\xC2\xA0", 2}, "\xC2\xA0"},
        {{"a\xFFz", 3}, "a\xEF\xBF\xBDz"},
        {{"\xE2\x82", 2}, "\xEF\xBF\xBD\xEF\xBF\xBD"},
        {{"\xED\xA0\x80", 3}, "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf buf;
        buf_init(&buf, 100);
        escape_json(&buf, cases[i].text);
        if (!str_eq(buf_str(&buf), str_of(cases[i].escaped))) {
            fail_msg("case %zu: %" STR_FMT, i, STR_ARG(buf_str(&buf)));
        }
        buf_clear(&buf);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buf__grows_up_to_its_maximum),
        cmocka_unit_test(test_buf__failure_is_sticky),
        cmocka_unit_test(test_buf__prints_numbers_and_formats),
        cmocka_unit_test(test_buf__reserves_and_consumes),
        cmocka_unit_test(test_escape__makes_text_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
