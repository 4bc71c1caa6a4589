#include "given.h"

#define HEAD "telephoneNumber,accountName\n"
#define OC   "serviceDetails_teamsOperatorConnect_"
#define DR   "serviceDetails_teamsDirectRouting_enabled"
#define A    "+441632960000"
#define B    "+441632960001"
#define OKAY A ",contoso"
#define GOOD "2:" A " contoso"
#define UTF8 "\xC3\xA4"

struct read_case {
    struct str file;
    const char *rows;
};
#define CASE(file, rows)                                                                                     \
    {                                                                                                        \
        {("" file), sizeof(file) - 1}, rows                                                                  \
    }

static void check(const struct bulk_options *options, const struct read_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_rows_of(options, cases[i].file, cases[i].rows, i);
    }
}
#define CHECK(options, cases) check(&(options), cases, ARRAY_LEN(cases))

static const struct bulk_options plain;

static void test_read__takes_rfc4180_and_what_spreadsheets_make_of_it(void **state)
{
    (void)state;
    static const struct read_case cases[] = {
        CASE(HEAD OKAY, GOOD),
        CASE(HEAD OKAY "\n", GOOD),
        CASE("telephoneNumber,accountName\r\n" OKAY "\r\n", GOOD),
        CASE("telephoneNumber,accountName\r" OKAY "\r", GOOD),
        CASE("\xEF\xBB\xBF" HEAD OKAY, GOOD),
        CASE("\xEF\xBB\xBF\"telephoneNumber\",accountName\n" OKAY, GOOD),
        CASE("telephoneNumber;accountName\n" A ";contoso", GOOD),
        CASE("telephoneNumber\taccountName\n" A "\tcontoso", GOOD),
        CASE("accountName , TELEPHONENUMBER\ncontoso, " A " ", GOOD),
        CASE("\"telephoneNumber\",\"accountName\"\n\"" A "\",\"contoso\"", GOOD),
        CASE(HEAD OKAY ",,\n,,,\n\n", GOOD),
        CASE("telephoneNumber,accountName,,\n" OKAY ",,\n", GOOD),
        CASE(HEAD "\n\n" OKAY "\n,\n" B ",x", "4:" A " contoso | 6:" B " x"),
        CASE(HEAD "\r\n" OKAY "\r\n", "3:" A " contoso"),
        CASE("\n" HEAD OKAY, "3:" A " contoso"),
        CASE(HEAD, ""),
        CASE("telephoneNumber,accountName", ""),
        CASE("Numbers\n" A "\n", "stop MissingHeading accountName"),
    };
    CHECK(plain, cases);
}

static void test_read__names_what_is_wrong_with_headings(void **state)
{
    (void)state;
    static const struct read_case cases[] = {
        CASE("", "stop MissingHeading"),
        CASE("\n\n", "stop MissingHeading"),
        CASE("telephoneNumber\n" A, "stop MissingHeading accountName"),
        CASE("accountName\ncontoso", "stop MissingHeading telephoneNumber"),
        CASE("telefoneNumber,accountName",
             "stop UnknownHeading telefoneNumber, MissingHeading telephoneNumber"),
        CASE("colour,shape", "stop UnknownHeading colour, UnknownHeading shape"),
        CASE("telephoneNumber,accountName,accountname", "stop DuplicateHeading accountName"),
        CASE(OKAY "\n", "stop MissingHeading telephoneNumber, UnknownHeading contoso"),
        CASE("Numbers,accountName", "stop UnknownHeading Numbers"),
        CASE("telephoneNumber,accountName," OC "assignmentStatus", "stop MissingHeading " OC "enabled"),
        CASE("telephoneNumber,accountName," OC "configuration_usage",
             "stop MissingHeading " OC "enabled, MissingHeading " OC "configuration_choosableCapabilities"),
        CASE("\xFF\xFEt\0e\0", "stop InvalidEncoding"),
        CASE("\xFE\xFF\0t\0e", "stop InvalidEncoding"),
        CASE("t\0e\0l\0", "stop InvalidEncoding"),
        CASE("tele\xE4,accountName", "stop InvalidEncoding, MissingHeading telephoneNumber"),
        CASE("\"telephoneNumber\"x,accountName",
             "stop InvalidQuotes telephoneNumber, MissingHeading telephoneNumber"),
        CASE("\"telephoneNumber,accountName\n" OKAY, "stop UnclosedQuote"),
    };
    CHECK(plain, cases);
}

static void test_read__lists_all_findings_of_a_row(void **state)
{
    (void)state;
    static const struct read_case cases[] = {
        CASE(HEAD ",contoso", "2:MissingField telephoneNumber"),
        CASE(HEAD A, "2:MissingField accountName"),
        CASE(HEAD A ",a b", "2:InvalidValue accountName"),
        CASE(HEAD "x,a b", "2:InvalidValue telephoneNumber, InvalidValue accountName"),
        CASE(HEAD OKAY ",x", "2:TooManyCells column C"),
        CASE("telephoneNumber,accountName,\n" OKAY ",x", "2:TooManyCells column C"),
        CASE(HEAD A ",\"con\"x", "2:InvalidQuotes accountName"),
        CASE(HEAD A ", \"contoso\"", "2:InvalidQuotes accountName"),
        CASE(HEAD A ",con\xE4\n" OKAY, "2:InvalidEncoding accountName | 3:" A " contoso"),
        CASE(HEAD A ",con\0so", "2:InvalidEncoding accountName"),
        CASE(HEAD OKAY "\n" B ",\"x\n" OKAY, GOOD " | stop UnclosedQuote"),
        CASE(HEAD A ",\"a\r\nb\"\n" B ",x", "2:InvalidValue accountName | 3:4:" B " x"),
        CASE(HEAD A ",\"\"", "2:InvalidValue accountName"),
        CASE("telephoneNumber,accountName," DR "\n" OKAY ",TRUE", GOOD),
        CASE("telephoneNumber,accountName," DR "\n" OKAY ",false", GOOD),
        CASE("telephoneNumber,accountName," DR "\n" OKAY ",", GOOD),
        CASE("telephoneNumber,accountName," DR "\n" OKAY ",Yes", "2:InvalidValue " DR),
        CASE("telephoneNumber,accountName," DR "\n" OKAY ",1", "2:InvalidValue " DR),
        CASE("telephoneNumber,accountName,configuration_customSipHeader\n" OKAY ",a b",
             "2:InvalidValue configuration_customSipHeader"),
        CASE("telephoneNumber,accountName," OC "enabled," OC "assignmentStatus\n" OKAY ",,assigned",
             "2:MissingField " OC "enabled"),
        CASE("telephoneNumber,accountName," OC "enabled," OC "assignmentStatus\n" OKAY ",true,Assigned",
             "2:InvalidValue " OC "assignmentStatus"),
    };
    CHECK(plain, cases);
}

static void test_read__names_what_a_spreadsheet_did_to_a_number(void **state)
{
    (void)state;
    static const struct read_case cases[] = {
        CASE(HEAD "4.41633E+11,contoso", "2:LostDigits telephoneNumber"),
        CASE(HEAD "\"4,41633E+11\",contoso", "2:LostDigits telephoneNumber"),
        CASE(HEAD "4E11,contoso", "2:LostDigits telephoneNumber"),
        CASE(HEAD "441632960000,contoso", "2:MissingPlus telephoneNumber"),
        CASE(HEAD "4416329600{00-01},contoso", "2:MissingPlus telephoneNumber"),
        CASE(HEAD "01632960000,contoso", "2:NationalNumber telephoneNumber"),
        CASE(HEAD "00441632960000,contoso", "2:NationalNumber telephoneNumber"),
        CASE(HEAD "+44 1632 960000,contoso", "2:Punctuation telephoneNumber"),
        CASE(HEAD "=A1,contoso", "2:Formula telephoneNumber"),
        CASE(HEAD "#REF!,contoso", "2:SpreadsheetError telephoneNumber"),
        CASE(HEAD "'" OKAY, GOOD),
        CASE(HEAD "''" OKAY, "2:InvalidValue telephoneNumber"),
        CASE(HEAD "'441632960000,contoso", "2:InvalidValue telephoneNumber"),
        CASE(HEAD "'" A ",'-contoso", "2:" A " -contoso"),
    };
    CHECK(plain, cases);
    static const struct bulk_options option = {.plus_optional = true};
    static const struct read_case taken[] = {
        CASE(HEAD "441632960000,contoso", GOOD),
        CASE(HEAD "4416329600{00-01},x", "2:" A " x | 2:" B " x"),
        CASE(HEAD "01632960000,contoso", "2:NationalNumber telephoneNumber"),
        CASE(HEAD "4.41633E+11,contoso", "2:LostDigits telephoneNumber"),
    };
    CHECK(option, taken);
}

static void test_read__fills_what_a_row_leaves_out_from_the_defaults(void **state)
{
    (void)state;
    static const struct number_service service = {.enabled = true};
    static const struct number_services services = {.of[SERVICE_DIRECT_ROUTING] = &service};
    static const struct number defaults = {.account_name = {"dflt", 4}, .services = &services};
    static const struct bulk_options options = {.defaults = &defaults};
    static const struct read_case cases[] = {
        CASE("Numbers\n" A "\n" B "\n", "2:" A " dflt | 3:" B " dflt"),
        CASE("Rejected,Numbers\n\"a, \"\"b\"\"\"," A "\n," B "\n", "2:" A " dflt | 3:" B " dflt"),
        CASE("rejected,Rejected,telephoneNumber\nx,y," A "\n", "2:" A " dflt"),
        CASE("numbers,\n" A ",\n", "2:" A " dflt"),
        CASE("telephoneNumber,accountName\n" A "\n" B ",x", "2:" A " dflt | 3:" B " x"),
        CASE("telephoneNumber," OC "enabled\n" A ",true", "2:" A " dflt"),
    };
    CHECK(options, cases);
}

static void test_read__expands_a_range_in_a_cell(void **state)
{
    (void)state;
    static const struct read_case cases[] = {
        CASE(HEAD "+44163296000{0-1},x\n" B ",y", "2:" A " x | 2:" B " x | 3:" B " y"),
        CASE(HEAD "+44163296000{1-0},x", "2:InvalidRange telephoneNumber"),
        CASE(HEAD "+44163296000{0-1},a b", "2:InvalidValue accountName"),
    };
    CHECK(plain, cases);
}

static void test_read__finds_doubles_among_good_rows(void **state)
{
    (void)state;
    struct bulk_options options = {.seen = bulk_seen_new(3)};
    struct buf out;
    buf_init(&out, 4096);
    read_pieces(&options, STR(HEAD A ",a b\n" OKAY "\n+44163296000{0-1},x\n"), 4096, show_row, &out);
    read_pieces(&options, STR("{\"telephoneNumber\":\"" B "\"}\n" HEAD), 4096, show_row, &out);
    read_pieces(&options, STR(HEAD "+44163296000{4-9},x\n"), 4096, show_row, &out);
    buf_put_char(&out, '\0');
    assert_string_equal(
        out.p, "2:InvalidValue accountName | 3:" A " contoso | 4:DuplicateNumber telephoneNumber | "
               "4:" B " x | 1:MissingField accountName, MissingField serviceDetails | 2:InvalidJson | "
               "2:+441632960004 x | stop TooManyNumbers");
    buf_clear(&out);
    bulk_seen_free(options.seen);
}

#define JSON "{\"telephoneNumber\":\"" A "\",\"accountName\":\"contoso\",\"serviceDetails\":{}}"

static void test_read__reads_json_lines(void **state)
{
    (void)state;
    static const struct read_case cases[] = {
        CASE(JSON, "1:" A " contoso"),
        CASE("\xEF\xBB\xBF\n \r\n" JSON "\r\n" JSON "\r", "3:" A " contoso | 4:" A " contoso"),
        CASE(JSON "\n[]\n{\"a\":1,\"b\":\",\"}\n" JSON,
             "1:" A
             " contoso | 2:InvalidJson | 3:UnknownField a, UnknownField b, MissingField telephoneNumber, "
             "MissingField accountName, MissingField serviceDetails | 4:" A " contoso"),
        CASE("{\"telephoneNumber\":\"+44163296000{0-1}\",\"accountName\":\"x\",\"serviceDetails\":{\"zoom\":{"
             "}}}",
             "1:InvalidValue telephoneNumber, UnknownField serviceDetails.zoom"),
        CASE("{\"\xE4\":1}", "1:InvalidEncoding"),
        CASE("{", "1:InvalidJson"),
    };
    CHECK(plain, cases);
    static const struct bulk_options json = {.format = BULK_JSON_LINES};
    static const struct read_case forced[] = {CASE("", ""), CASE("a,b", "1:InvalidJson")};
    CHECK(json, forced);
    static const struct bulk_options csv = {.format = BULK_CSV};
    static const struct read_case not_guessed[] = {CASE("{}", "stop UnknownHeading {}")};
    CHECK(csv, not_guessed);
}

static void read_long(size_t bytes, const char *before, const char *after, const char *expected)
{
    struct buf file, out;
    buf_init(&file, 4 * LIMIT_BULK_ROW);
    buf_init(&out, 4096);
    buf_put_str(&file, str_of(before));
    for (size_t i = 0; i < bytes; i++) {
        buf_put_char(&file, 'x');
    }
    buf_put_str(&file, str_of(after));
    static const size_t pieces[] = {SIZE_MAX / 2, 1000, LIMIT_BULK_ROW, LIMIT_BULK_ROW + 1};
    for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
        buf_reset(&out);
        read_pieces(&plain, buf_str(&file), pieces[i], show_row, &out);
        buf_put_char(&out, '\0');
        assert_string_equal(out.p, expected);
    }
    buf_clear(&file);
    buf_clear(&out);
}

static void test_read__refuses_a_row_over_the_limit_and_goes_on(void **state)
{
    (void)state;
    const size_t rest = sizeof(A ",") - 1;
    read_long(LIMIT_BULK_ROW - rest, HEAD A ",", "\n" B ",x", "2:TooLong accountName | 3:" B " x");
    read_long(LIMIT_BULK_ROW - rest + 1, HEAD A ",", "\n" B ",x", "2:TooLong | 3:" B " x");
    read_long(2 * LIMIT_BULK_ROW, HEAD A ",", ",\"\n" B ",x", "2:TooLong | 3:" B " x");
    read_long(LIMIT_BULK_ROW, HEAD A ",\"", "\"\n" B ",x", "stop UnclosedQuote");
    read_long(LIMIT_BULK_ROW, "", "",
              "stop UnknownHeading xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
              "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    read_long(LIMIT_BULK_ROW + 1, "", "", "stop TooLong");
}

static void test_read__stops_at_the_most_numbers(void **state)
{
    (void)state;
    static const struct bulk_options options = {.numbers_max = 2};
    static const struct read_case cases[] = {
        CASE(HEAD "+44163296000{0-1},x", "2:" A " x | 2:" B " x"),
        CASE(HEAD "+44163296000{0-2},x", "2:" A " x | 2:" B " x | stop TooManyNumbers"),
    };
    CHECK(options, cases);
}

static void test_read__bounds_the_headings(void **state)
{
    (void)state;
    struct buf file, out;
    buf_init(&out, 4096);
    buf_init(&file, 4096);
    buf_put_str(&file, STR("telephoneNumber,accountName"));
    for (size_t i = 2; i < LIMIT_BULK_COLUMNS; i++) {
        buf_put_char(&file, ',');
    }
    read_pieces(&plain, buf_str(&file), 4096, show_row, &out);
    assert_int_equal(out.n, 0);
    buf_put_char(&file, ',');
    read_pieces(&plain, buf_str(&file), 4096, show_row, &out);
    buf_put_char(&out, '\0');
    assert_string_equal(out.p, "stop TooManyHeadings");
    buf_clear(&file);
    buf_clear(&out);
}

static void stop_messages(const char *file, struct err *ret)
{
    struct bulk_reader *reader = bulk_reader_new(&plain);
    const struct bulk_row *row;
    bulk_feed(reader, str_of(file));
    bulk_end(reader);
    while (bulk_next(reader, &row, ret) == BULK_ROW) {
    }
    ret->details = NULL;
    bulk_reader_free(reader);
}

static void test_read__words_are_for_people(void **state)
{
    (void)state;
    struct err err = {0};
    stop_messages("telephoneNumber,acountName\n", &err);
    assert_string_equal(err.msg, "there is no heading \"acountName\"; did you mean accountName?");
    stop_messages("telephoneNumber,accountName,serviceDetails_teamsOperatorConnect_configuration_usages\n",
                  &err);
    assert_non_null(strstr(err.msg, "did you mean serviceDetails_teamsOperatorConnect_configuration_usage?"));
    stop_messages(HEAD OKAY "\n\n" A ",\"\nx\n", &err);
    assert_string_equal(err.msg, "the quote that opens a cell in line 4 (row 4) is never closed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read__takes_rfc4180_and_what_spreadsheets_make_of_it),
        cmocka_unit_test(test_read__names_what_is_wrong_with_headings),
        cmocka_unit_test(test_read__lists_all_findings_of_a_row),
        cmocka_unit_test(test_read__names_what_a_spreadsheet_did_to_a_number),
        cmocka_unit_test(test_read__fills_what_a_row_leaves_out_from_the_defaults),
        cmocka_unit_test(test_read__expands_a_range_in_a_cell),
        cmocka_unit_test(test_read__finds_doubles_among_good_rows),
        cmocka_unit_test(test_read__reads_json_lines),
        cmocka_unit_test(test_read__refuses_a_row_over_the_limit_and_goes_on),
        cmocka_unit_test(test_read__stops_at_the_most_numbers),
        cmocka_unit_test(test_read__bounds_the_headings),
        cmocka_unit_test(test_read__words_are_for_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
