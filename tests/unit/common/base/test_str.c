#include "common/base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "common/base/compiler.h"

static void test_str__compares_ascii_letters_without_case(void **state UNUSED)
{
    assert_true(str_eq_ci(STR("Content-Type"), STR("content-tYPE")));
    assert_false(str_eq_ci(STR("a"), STR("ab")));
    assert_false(str_eq_ci(STR("@"), STR("`"))); /* differ by the same bit as letters do */
    assert_false(str_eq_ci(STR("\xC3\x84"), STR("\xC3\xA4")));
}

static void test_str__orders_by_bytes_then_length(void **state UNUSED)
{
    assert_true(str_cmp(STR("a"), STR("b")) < 0);
    assert_true(str_cmp(STR("ab"), STR("a")) > 0);
    assert_true(str_cmp(STR("a\xFF"), STR("az")) > 0);
    assert_int_equal(str_cmp(STR_NONE, STR("")), 0);
}

static void test_str__finds_parts(void **state UNUSED)
{
    assert_true(str_starts(STR("abc"), STR("ab")));
    assert_true(str_starts(STR("abc"), STR("")));
    assert_false(str_starts(STR("ab"), STR("abc")));
    assert_true(str_ends(STR("abc"), STR("bc")));
    assert_false(str_ends(STR("bc"), STR("abc")));
    assert_true(str_contains(STR("abc"), STR("b")));
    assert_false(str_contains(STR(""), STR("b")));
    assert_int_equal(str_find(STR("a:b"), ':'), 1);
    assert_int_equal(str_find(STR_NONE, ':'), -1);
}

static void test_str__slices_within_the_text_only(void **state UNUSED)
{
    assert_true(str_eq(str_slice(STR("abc"), 1, 99), STR("bc")));
    assert_true(str_eq(str_slice(STR("abc"), 5, 2), STR("")));
    assert_true(str_absent(str_slice(STR_NONE, 0, 1)));
    assert_true(str_eq(str_trim(STR(" \ta b\t ")), STR("a b")));
    assert_true(str_eq(str_trim(STR("  ")), STR("")));
}

static void test_str__splits_into_every_part(void **state UNUSED)
{
    static const struct {
        const char *text;
        const char *parts[4];
    } cases[] = {
        {"a,,b", {"a", "", "b", NULL}},
        {"a,", {"a", "", NULL}},
        {"", {"", NULL}},
        {",", {"", "", NULL}},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str rest = str_of(cases[i].text);
        struct str part;
        size_t n = 0;
        for (; str_split(&rest, ',', &part); n++) {
            if (cases[i].parts[n] == NULL || !str_eq(part, str_of(cases[i].parts[n]))) {
                fail_msg("case %zu part %zu: \"%" STR_FMT "\"", i, n, STR_ARG(part));
            }
        }
        assert_null(cases[i].parts[n]);
    }
}

static void test_str__reads_numbers_whole_and_in_range(void **state UNUSED)
{
    static const struct {
        const char *text;
        int64_t min, max, value;
        bool ok;
    } cases[] = {
        {"0", 0, 9, 0, true},
        {"9", 0, 9, 9, true},
        {"10", 0, 9, 0, false},
        {"007", 0, 9, 7, true},
        {"-1", -1, 9, -1, true},
        {"-2", -1, 9, 0, false},
        {"", 0, 9, 0, false},
        {"-", -9, 9, 0, false},
        {"+1", 0, 9, 0, false},
        {" 1", 0, 9, 0, false},
        {"1 ", 0, 9, 0, false},
        {"1x", 0, 99, 0, false},
        {"--1", -9, 9, 0, false},
        {"9223372036854775807", INT64_MIN, INT64_MAX, INT64_MAX, true},
        {"9223372036854775808", INT64_MIN, INT64_MAX, 0, false},
        {"-9223372036854775808", INT64_MIN, INT64_MAX, INT64_MIN, true},
        {"-9223372036854775809", INT64_MIN, INT64_MAX, 0, false},
        {"99999999999999999999999", INT64_MIN, INT64_MAX, 0, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t value = 77;
        bool ok = str_to_i64(str_of(cases[i].text), cases[i].min, cases[i].max, &value);
        if (ok != cases[i].ok || value != (ok ? cases[i].value : 77)) {
            fail_msg("case %zu (%s): %d %lld", i, cases[i].text, ok, (long long)value);
        }
    }
    uint64_t big = 0;
    assert_true(str_to_u64(STR("18446744073709551615"), UINT64_MAX, &big));
    assert_true(big == UINT64_MAX);
    assert_false(str_to_u64(STR("18446744073709551616"), UINT64_MAX, &big));
}

static void test_str__reads_hexadecimal_of_the_exact_length(void **state UNUSED)
{
    uint8_t bytes[2] = {0};
    assert_true(str_to_hex(STR("a0Ff"), bytes, 2));
    assert_int_equal(bytes[0], 0xA0);
    assert_int_equal(bytes[1], 0xFF);
    assert_false(str_to_hex(STR("a0F"), bytes, 2));
    assert_false(str_to_hex(STR("a0Fg"), bytes, 2));
    assert_false(str_to_hex(STR("a0Ff00"), bytes, 2));
}

static void test_str__knows_well_formed_utf8(void **state UNUSED)
{
    static const struct {
        struct str text;
        bool ok;
    } cases[] = {
        {{"", 0}, true},
        {{"a\0b", 3}, true},
        {{"\xC3\xA9", 2}, true},
        {{"\xE2\x82\xAC", 3}, true},
        {{"\xF0\x9F\x98\x80", 4}, true},
        {{"\xF4\x8F\xBF\xBF", 4}, true},  /* U+10FFFF */
        {{"\xF4\x90\x80\x80", 4}, false}, /* above it */
        {{"\xED\x9F\xBF", 3}, true},      /* U+D7FF */
        {{"\xED\xA0\x80", 3}, false},     /* a surrogate */
        {{"\xEE\x80\x80", 3}, true},      /* U+E000 */
        {{"\xC0\xAF", 2}, false},         /* overlong */
        {{"\xC1\xBF", 2}, false},
        {{"\xE0\x9F\xBF", 3}, false},
        {{"\xF0\x8F\xBF\xBF", 4}, false},
        {{"\x80", 1}, false},     /* a continuation alone */
        {{"\xE2\x82", 2}, false}, /* cut */
        {{"\xC3(", 2}, false},
        {{"\xFF", 1}, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (str_is_utf8(cases[i].text) != cases[i].ok) {
            fail_msg("case %zu", i);
        }
    }
}

static void test_str__knows_uuids(void **state UNUSED)
{
    assert_true(str_is_uuid(STR("123e4567-E89B-12d3-a456-426614174000")));
    assert_false(str_is_uuid(STR("123e4567-e89b-12d3-a456-42661417400")));
    assert_false(str_is_uuid(STR("123e4567-e89b-12d3-a456-42661417400g")));
    assert_false(str_is_uuid(STR("123e4567ae89b-12d3-a456-426614174000")));
    assert_false(str_is_uuid(STR("{23e4567-e89b-12d3-a456-42661417400}")));
}

static void test_str__measures_typing_mistakes(void **state UNUSED)
{
    char longer[70] = {0};
    memset(longer, 'a', 65);
    assert_int_equal(str_distance(STR("listen"), STR("listen")), 0);
    assert_int_equal(str_distance(STR("listne"), STR("listen")), 2);
    assert_int_equal(str_distance(STR(""), STR("abc")), 3);
    assert_int_equal(str_distance(STR("kitten"), STR("sitting")), 3);
    assert_int_equal(str_distance(str_of(longer), STR("a")), UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_str__compares_ascii_letters_without_case),
        cmocka_unit_test(test_str__orders_by_bytes_then_length),
        cmocka_unit_test(test_str__finds_parts),
        cmocka_unit_test(test_str__slices_within_the_text_only),
        cmocka_unit_test(test_str__splits_into_every_part),
        cmocka_unit_test(test_str__reads_numbers_whole_and_in_range),
        cmocka_unit_test(test_str__reads_hexadecimal_of_the_exact_length),
        cmocka_unit_test(test_str__knows_well_formed_utf8),
        cmocka_unit_test(test_str__knows_uuids),
        cmocka_unit_test(test_str__measures_typing_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
