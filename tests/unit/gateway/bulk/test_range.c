#include "given.h"

#include "gateway/bulk/range.h"

struct range_case {
    const char *text;
    const char *outcome; /* "first step count", or the code */
};

static void check(const struct range_case *cases, size_t count, bool plus_optional)
{
    for (size_t i = 0; i < count; i++) {
        struct bulk_range range;
        struct err err = {0};
        char outcome[80];
        if (bulk_range_parse(str_of(cases[i].text), plus_optional, &range, &err) == RC_OK) {
            (void)snprintf(outcome, sizeof outcome, "%lld %lld %u", (long long)range.first,
                           (long long)range.step, range.count);
        } else {
            assert_true(err.msg[0] != '\0');
            (void)snprintf(outcome, sizeof outcome, "%s", err.code);
        }
        if (strcmp(outcome, cases[i].outcome) != 0) {
            fail_msg("case %zu, %s: %s instead of %s", i, cases[i].text, outcome, cases[i].outcome);
        }
    }
}

static void test_range__takes_one_pair_of_braces_with_ends_of_equal_width(void **state)
{
    (void)state;
    static const struct range_case cases[] = {
        {"+441632960000", "441632960000 1 1"},
        {"+4416329600{00-99}", "441632960000 1 100"},
        {"+441632960{0-1}00", "441632960000 100 2"},
        {"+441632960{00-00}0", "441632960000 10 1"},
        {"+{1-9}0", "10 10 9"},
        {"+{10-99}", "10 1 90"},
        {"+12345678901234{0-9}", "123456789012340 1 10"},
        {"+123456789012345{0-9}", "InvalidRange"},
        {"+{0-9}0", "InvalidValue"},
        {"+{1-9}", "InvalidValue"},
        {"+4416329600{0-99}", "InvalidRange"},
        {"+4416329600{99-00}", "InvalidRange"},
        {"+44163296{00-01}{00-01}", "InvalidRange"},
        {"+44163296{{00-01}}", "InvalidRange"},
        {"+44163296{00-01", "InvalidRange"},
        {"+44163296}00-01{", "InvalidRange"},
        {"+4416329600-01}", "InvalidRange"},
        {"+44163296{}", "InvalidRange"},
        {"+44163296{00}", "InvalidRange"},
        {"+44163296{00-}", "InvalidRange"},
        {"+44163296{-01}", "InvalidRange"},
        {"+44163296{0-1-2}", "InvalidRange"},
        {"+44163296{+0-+1}", "InvalidRange"},
        {"+44163296{0a-0b}", "InvalidRange"},
        {"+44163296{ 0-1}", "InvalidRange"},
        {"+44163296{99999999999999999999-99999999999999999999}", "InvalidRange"},
        {"+4416{00000-99999}", "441600000 1 100000"},
        {"+4416{000000-099999}", "4416000000 1 100000"},
        {"+4416{000000-100000}", "RangeTooLarge"},
        {"4416329600{00-99}", "MissingPlus"},
        {"+44 16329600{00-99}", "Punctuation"},
        {"", "InvalidValue"},
        {"+", "InvalidValue"},
        {"abc", "InvalidValue"},
        {"+4416\n", "InvalidValue"},
    };
    check(cases, ARRAY_LEN(cases), false);
}

static void test_range__takes_digits_alone_only_when_told(void **state)
{
    (void)state;
    static const struct range_case cases[] = {
        {"441632960000", "441632960000 1 1"},
        {"4416329600{00-99}", "441632960000 1 100"},
        {"12", "12 1 1"},
        {"1", "InvalidValue"},
        {"123456789012345", "123456789012345 1 1"},
        {"1234567890123456", "InvalidValue"},
        {"0441632960000", "NationalNumber"},
        {"4.4E+11", "LostDigits"},
    };
    check(cases, ARRAY_LEN(cases), true);
}

static void test_range__refuses_a_nul_in_front_of_the_braces(void **state)
{
    (void)state;
    struct bulk_range range;
    assert_int_equal(bulk_range_parse(STR("+44\0{10-99}"), false, &range, NULL), RC_INVALID);
}

static void test_range__counts_in_steps(void **state)
{
    (void)state;
    struct bulk_range range;
    assert_int_equal(bulk_range_parse(STR("+441{08-11}0"), false, &range, NULL), RC_OK);
    assert_int_equal(range.count, 4);
    assert_int_equal(bulk_range_at(&range, 0), 441080);
    assert_int_equal(bulk_range_at(&range, 3), 441110);
}

static void test_range__is_written_as_it_is_read(void **state)
{
    (void)state;
    static const char *const texts[] = {"+441632960000",     "+4416329600{00-99}", "+441632960{0-1}00",
                                        "+{1-9}0",           "+{10-99}",           "+12345678901234{0-9}",
                                        "+4416{00000-99999}"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct bulk_range range;
        char text[BULK_RANGE_TEXT_MAX];
        assert_int_equal(bulk_range_parse(str_of(texts[i]), false, &range, NULL), RC_OK);
        struct str written = bulk_range_text(&range, text);
        if (!str_eq(written, str_of(texts[i]))) {
            fail_msg("%s became %.*s", texts[i], (int)written.n, written.p);
        }
    }
    /* The ends may have digits in common, and a range of one is a number. */
    static const char *const others[][2] = {{"+44163296{00000-00099}", "+44163296000{00-99}"},
                                            {"+441632960{00-00}0", "+441632960000"},
                                            {"+44163296{010-019}00", "+4416329601{0-9}00"}};
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        struct bulk_range range;
        char text[BULK_RANGE_TEXT_MAX];
        assert_int_equal(bulk_range_parse(str_of(others[i][0]), false, &range, NULL), RC_OK);
        assert_true(str_eq(bulk_range_text(&range, text), str_of(others[i][1])));
    }
}

static void test_seen__remembers_rows_through_growth(void **state)
{
    (void)state;
    struct bulk_seen *seen = bulk_seen_new(100000);
    uint64_t row = 0;
    for (int64_t i = 1; i <= 100000; i++) {
        assert_int_equal(bulk_seen_add(seen, i * 7919, (uint64_t)i, &row), RC_OK);
    }
    for (int64_t i = 1; i <= 100000; i++) {
        assert_int_equal(bulk_seen_add(seen, i * 7919, 1, &row), RC_CONFLICT);
        assert_int_equal(row, i);
    }
    assert_int_equal(bulk_seen_add(seen, 3, 1, &row), RC_BUSY);
    bulk_seen_free(seen);
    bulk_seen_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_range__takes_one_pair_of_braces_with_ends_of_equal_width),
        cmocka_unit_test(test_range__takes_digits_alone_only_when_told),
        cmocka_unit_test(test_range__refuses_a_nul_in_front_of_the_braces),
        cmocka_unit_test(test_range__counts_in_steps),
        cmocka_unit_test(test_range__is_written_as_it_is_read),
        cmocka_unit_test(test_seen__remembers_rows_through_growth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
