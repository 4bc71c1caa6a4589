#include "given.h"

#include "gateway/model/pattern.h"

static void test_e164_parse__takes_plus_and_2_to_15_digits(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t number; /* 0: refused */
    } cases[] = {
        {"+14255550100", 14255550100},
        {"+10", 10},
        {"+1", 0},
        {"+999999999999999", 999999999999999},
        {"+9999999999999990", 0},
        {"+0123", 0},
        {"14255550100", 0},
        {"++1425", 0},
        {"+1425a", 0},
        {"+1 425", 0},
        {"+1425\n", 0},
        {"+", 0},
        {"", 0},
        {"+١٢٣", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t number = 0;
        bool taken = model_e164_parse(str_of(cases[i].text), &number);
        if (taken != (cases[i].number != 0) || number != cases[i].number) {
            fail_msg("case %zu: \"%s\" gave %lld", i, cases[i].text, (long long)number);
        }
        assert_int_equal(pattern_e164.matches(str_of(cases[i].text)), taken);
    }
    assert_false(model_e164_parse(STR_NONE, &(int64_t){0}));
}

static void test_e164_text__gives_back_what_was_parsed(void **state)
{
    (void)state;
    static const int64_t numbers[] = {10, 14255550100, 999999999999999};
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        char text[E164_TEXT_MAX];
        int64_t back = 0;
        assert_true(model_e164_parse(model_e164_text(numbers[i], text), &back));
        assert_int_equal(back, numbers[i]);
    }
}

static void test_e164_text__fits_for_any_number(void **state)
{
    (void)state;
    char text[E164_TEXT_MAX];
    assert_true(str_eq(model_e164_text(INT64_MAX, text), STR("+9223372036854775807")));
    assert_true(str_eq(model_e164_text(0, text), STR("+0")));
    assert_true(str_eq(model_e164_text(-5, text), STR("+0")));
}

static void test_account_name_valid__takes_1_to_100_of_the_alphabet(void **state)
{
    (void)state;
    char long_name[102];
    memset(long_name, 'a', sizeof long_name);
    assert_true(model_account_name_valid(STR("a")));
    assert_true(model_account_name_valid(STR("Contoso_1-x")));
    assert_true(model_account_name_valid((struct str){long_name, 100}));
    assert_false(model_account_name_valid((struct str){long_name, 101}));
    assert_false(model_account_name_valid(STR("")));
    assert_false(model_account_name_valid(STR_NONE));
    assert_false(model_account_name_valid(STR("a b")));
    assert_false(model_account_name_valid(STR("a.b")));
    assert_false(model_account_name_valid(STR("a=")));
    assert_false(model_account_name_valid(STR("é")));
    assert_false(model_account_name_valid(STR("a\0b")));
}

static void test_pattern__decides_as_its_expression_says(void **state)
{
    (void)state;
    assert_true(pattern_token.matches(STR("MS=ms123_-")));
    assert_false(pattern_token.matches(STR("MS=ms 123")));
    assert_false(pattern_token.matches(STR("")));
    assert_true(pattern_header.matches(STR("my-header_1")));
    assert_false(pattern_header.matches(STR("a=b")));
    assert_true(pattern_uuid.matches(STR("12345678-90ab-CDEF-1234-567890abcdef")));
    assert_false(pattern_uuid.matches(STR("1234567890abCDEF1234567890abcdef")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_e164_parse__takes_plus_and_2_to_15_digits),
        cmocka_unit_test(test_e164_text__gives_back_what_was_parsed),
        cmocka_unit_test(test_e164_text__fits_for_any_number),
        cmocka_unit_test(test_account_name_valid__takes_1_to_100_of_the_alphabet),
        cmocka_unit_test(test_pattern__decides_as_its_expression_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
