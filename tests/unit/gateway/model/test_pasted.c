#include "given.h"

#include "gateway/model/pasted.h"

static void test_pasted__reads_a_number_as_people_write_it(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t number; /* 0: none */
    } cases[] = {
        {"+441632960000", 441632960000},
        {"+44 1632 960000", 441632960000},
        {"+44-1632-960.000", 441632960000},
        {"+44 (0)1632 960000", 441632960000},
        {"+44(0)(0)1632960000", 4401632960000}, /* the second one is a digit */
        {"(+44) 1632/960000", 441632960000},
        {"0044 1632 960000", 441632960000},
        {"0044 (0) 1632 960000", 441632960000},
        {"00 44 1632 960000", 441632960000},
        {"tel:+441632960000", 441632960000},
        {"TEL: 0044 1632 960000", 441632960000},
        {"441632960000", 441632960000}, /* a spreadsheet took the plus away */
        {"'+441632960000", 441632960000},
        {"\"+441632960000\"", 441632960000},
        {"\xEF\xBB\xBF+44\xC2\xA0"
         "1632\xE2\x80\x91"
         "960\xE2\x80\x93"
         "000",
         441632960000},
        {"\xE2\x80\xAA+441632960000\xE2\x80\xAC", 441632960000},
        {"+12", 12},
        {"+123456789012345", 123456789012345},
        {"+1234567890123456", 0}, /* 16 digits */
        {"+123456789012345678901234567890", 0},
        {"+1", 0},
        {"01632 960000", 0}, /* without a country code */
        {"+0441632960000", 0},
        {"000441632960000", 0},
        {"++441632960000", 0},
        {"+44+1632960000", 0},
        {"+44 1632 96000O", 0},
        {"+441632960000 ext 5", 0},
        {"tel:", 0},
        {"telephoneNumber", 0},
        {"+", 0},
        {"", 0},
        {"(0)1632 960000", 0},
        {"\xE2\x80", 0},
        {"\xC2", 0},
        {"4.41633E+11", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t number = 0;
        bool ok = pasted_number(str_of(cases[i].text), &number);
        if (ok != (cases[i].number != 0) || number != cases[i].number) {
            fail_msg("case %zu, \"%s\": %d, %lld", i, cases[i].text, ok, (long long)number);
        }
    }
}

static void test_pasted__takes_no_zero_byte_for_noise(void **state)
{
    (void)state;
    int64_t number;
    assert_false(pasted_number((struct str){"+44\0", 4}, &number));
}

static void test_pasted__splits_at_line_ends_commas_semicolons_and_tabs(void **state)
{
    (void)state;
    static const char *const pieces[] = {"+44 1", "+44 2", "+44 3", "+44 4", "\"+44 5\"", "x", "+44 6"};
    struct str rest = STR(" +44 1 \r\n+44 2,+44 3;\t+44 4\n\n,\"\", \n\"+44 5\";x\r+44 6\n"), piece;
    size_t count = 0;
    while (pasted_next(&rest, &piece)) {
        assert_true(count < ARRAY_LEN(pieces));
        assert_true(str_eq(piece, str_of(pieces[count])));
        count++;
    }
    assert_int_equal(count, ARRAY_LEN(pieces));
    assert_int_equal(rest.n, 0);
}

static void test_pasted__has_nothing_in_blank_text(void **state)
{
    (void)state;
    struct str piece, empty = STR_NONE, blank = STR(" \n\t;,, \xC2\xA0\xEF\xBB\xBF");
    assert_false(pasted_next(&empty, &piece));
    assert_false(pasted_next(&blank, &piece));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pasted__reads_a_number_as_people_write_it),
        cmocka_unit_test(test_pasted__takes_no_zero_byte_for_noise),
        cmocka_unit_test(test_pasted__splits_at_line_ends_commas_semicolons_and_tabs),
        cmocka_unit_test(test_pasted__has_nothing_in_blank_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
