#include "given.h"

#include "gateway/bulk/columns.h"

#define HEAD "telephoneNumber,accountName,"
#define OC   "serviceDetails_teamsOperatorConnect_"
#define PM   "serviceDetails_teamsPhoneMobile_"
#define CONFIG(service)                                                                                      \
    service "enabled," service "assignmentStatus," service "configuration_usage," service                    \
            "configuration_choosableCapabilities," service "configuration_additionalUsages," service         \
            "configuration_civicAddressId," service "configuration_locationId," service                      \
            "configuration_allowTenantAddressUpdate," service "configuration_displayedCountryCode"

/* The headings of the public documentation, in its order, one table a service. */
static const char *const documented[] = {
    HEAD CONFIG(OC) ",configuration_customSipHeader",
    HEAD CONFIG(PM),
    HEAD "serviceDetails_teamsDirectRouting_enabled,configuration_customSipHeader",
    HEAD "serviceDetails_zoomPhoneCloudPeering_enabled,configuration_customSipHeader",
    HEAD "serviceDetails_azureOperatorCallProtection_enabled",
};

static void test_columns__are_the_documented_ones_in_their_order(void **state)
{
    (void)state;
    struct bulk_columns columns;
    uint64_t known = 0;
    bulk_columns_init(&columns);
    for (size_t i = 0; i < ARRAY_LEN(documented); i++) {
        struct str rest = str_of(documented[i]), heading;
        int last = -1;
        while (str_split(&rest, ',', &heading)) {
            int at = bulk_column_find(&columns, heading);
            if (at <= last || !str_eq(columns.of[at].heading, heading)) {
                fail_msg("table %zu: %" STR_FMT, i, STR_ARG(heading));
            }
            known |= UINT64_C(1) << at;
            last = at;
        }
    }
    assert_int_equal(known, (UINT64_C(1) << columns.count) - 1); /* and there is no other */
}

static void test_columns__find_the_nearest(void **state)
{
    (void)state;
    struct bulk_columns columns;
    bulk_columns_init(&columns);
    assert_int_equal(bulk_column_nearest(&columns, STR("accountNam")), 1);
    assert_int_equal(bulk_column_nearest(&columns, STR("ACCOUNT_NAME")), 1);
    assert_int_equal(bulk_column_nearest(&columns, STR("colour")), -1);
    assert_int_equal(bulk_column_nearest(&columns, STR("x")), -1);
    assert_int_equal(bulk_column_nearest(&columns, STR("")), -1);
}

/* ---- round trips ---- */

struct echo {
    struct bulk_writer writer;
    struct buf out;
};

/* read, then write; a finding is a failure */
static void echo(struct echo *echo, enum bulk_format format, struct str file)
{
    static const struct bulk_options options;
    struct bulk_reader *reader = bulk_reader_new(&options);
    const struct bulk_row *row = NULL;
    struct err err = {0};
    enum bulk_step step;
    bool spreadsheet = echo->writer.spreadsheet;
    bulk_writer_init(&echo->writer, format);
    echo->writer.spreadsheet = spreadsheet;
    buf_init(&echo->out, 64 * 1024);
    bulk_write_headings(&echo->writer, &echo->out);
    bulk_feed(reader, file);
    bulk_end(reader);
    while ((step = bulk_next(reader, &row, &err)) == BULK_ROW) {
        if (row->number == NULL) {
            fail_msg("row %d: %" STR_FMT, (int)row->row, STR_ARG(row->findings->first->msg));
        }
        bulk_write_number(&echo->writer, row->number, &echo->out);
    }
    if (step != BULK_END) {
        fail_msg("%s", err.msg);
    }
    bulk_reader_free(reader);
}

static const char *const numbers[] = {
    "{'telephoneNumber':'+441632960000','accountName':'contoso','serviceDetails':{}}",
    "{'telephoneNumber':'+441632960001','accountName':'-contoso','serviceDetails':{'teamsDirectRouting':"
    "{'enabled':false},'zoomPhoneCloudPeering':{'enabled':true}},'configuration':{'customSipHeader':'-x'}}",
    "{'telephoneNumber':'+441632960002','accountName':'contoso','serviceDetails':{'teamsOperatorConnect':"
    "{'enabled':true,'assignmentStatus':'assigned','configuration':{'usage':'','choosableCapabilities':[],"
    "'allowTenantAddressUpdate':true}}}}",
    "{'telephoneNumber':'+441632960003','accountName':'contoso','serviceDetails':{'teamsPhoneMobile':"
    "{'enabled':true,'configuration':{'usage':'=1+1','choosableCapabilities':['a','b;c','','d\\'e',' "
    "f','-g'],"
    "'additionalUsages':['-x',''],'civicAddressId':'\\u00e4,\\n\\r\\nx','locationId':'\\u0027=x',"
    "'allowTenantAddressUpdate':false,'displayedCountryCode':' GB '}}}}",
};

/* With " for '. */
static struct str as_json(struct buf *buf)
{
    buf_init(buf, 64 * 1024);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        for (const char *c = numbers[i]; *c != '\0'; c++) {
            buf_put_char(buf, *c == '\'' ? '"' : *c);
        }
        buf_put_char(buf, '\n');
    }
    return buf_str(buf);
}

static void check_round_trip(bool spreadsheet)
{
    struct buf json;
    struct echo first = {0}, second = {0}, table = {0}, again = {0}, back = {0};
    table.writer.spreadsheet = again.writer.spreadsheet = spreadsheet;
    echo(&first, BULK_JSON_LINES, as_json(&json));
    echo(&second, BULK_JSON_LINES, buf_str(&first.out));
    assert_true(str_eq(buf_str(&first.out), buf_str(&second.out)));
    echo(&table, BULK_CSV, buf_str(&first.out));
    echo(&again, BULK_CSV, buf_str(&table.out));
    assert_true(str_eq(buf_str(&table.out), buf_str(&again.out)));
    echo(&back, BULK_JSON_LINES, buf_str(&again.out));
    buf_put_char(&back.out, '\0');
    buf_put_char(&first.out, '\0');
    assert_string_equal(back.out.p, first.out.p);
    buf_clear(&json);
    buf_clear(&first.out);
    buf_clear(&second.out);
    buf_clear(&table.out);
    buf_clear(&again.out);
    buf_clear(&back.out);
}

static void test_write__comes_back_the_same(void **state)
{
    (void)state;
    check_round_trip(false);
}

static void test_write__comes_back_the_same_from_a_spreadsheet(void **state)
{
    (void)state;
    check_round_trip(true);
}

static void write_one(bool spreadsheet, uint64_t chosen, const struct number *number, const char *expected)
{
    struct bulk_writer writer;
    struct buf out;
    buf_init(&out, 4096);
    bulk_writer_init(&writer, BULK_CSV);
    writer.chosen = chosen;
    writer.spreadsheet = spreadsheet;
    bulk_write_number(&writer, number, &out);
    buf_put_char(&out, '\0');
    assert_string_equal(out.p, expected);
    buf_clear(&out);
}

static void test_write__defuses_formulas_for_spreadsheets(void **state)
{
    (void)state;
    static const struct {
        const char *name, *plain, *spreadsheet;
    } cases[] = {
        {"a", "a", "a"},
        {"=a", "=a", "'=a"},
        {"+a", "+a", "'+a"},
        {"-a", "-a", "'-a"},
        {"@a", "@a", "'@a"},
        {"'=a", "''=a", "''=a"},
        {"'a", "'a", "'a"},
        {"a=", "a=", "a="},
        {"=,", "\"=,\"", "\"'=,\""},
        {"\ta", "\"\ta\"", "'\ta"},
        {"\"=a", "\"\"\"=a\"", "\"\"\"=a\""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct number number = {.telephone_number = 441632960000, .account_name = str_of(cases[i].name)};
        char line[64];
        (void)snprintf(line, sizeof line, "+441632960000,%s\n", cases[i].plain);
        write_one(false, 3, &number, line);
        (void)snprintf(line, sizeof line, "'+441632960000,%s\n", cases[i].spreadsheet);
        write_one(true, 3, &number, line);
    }
}

static void test_write__tells_of_a_full_buffer(void **state)
{
    (void)state;
    struct bulk_writer writer;
    struct number number = {.telephone_number = 441632960000, .account_name = STR("=a")};
    bulk_writer_init(&writer, BULK_CSV);
    writer.spreadsheet = true;
    for (size_t max = 0; max < 18; max++) {
        struct buf out;
        buf_init(&out, max);
        writer.chosen = 3;
        bulk_write_number(&writer, &number, &out);
        assert_true(buf_failed(&out));
        buf_clear(&out);
    }
}

/* ---- verdicts ---- */

static void test_judge__compares_what_a_client_may_set(void **state)
{
    (void)state;
    struct bulk_columns columns;
    static const struct str none[1];
    const struct number_teams_config config = {.usage = STR("u"), .acquired_capabilities = {none, 1}};
    const struct number_teams_config same_config = {.usage = STR("u"), .additional_usages = {none, 0}};
    const struct number_service service = {true, ASSIGNMENT_ASSIGNED, &config};
    const struct number_service same_service = {true, ASSIGNMENT_ABSENT, &same_config};
    const struct number_service off = {.enabled = false};
    const struct number_services services = {.of[SERVICE_OPERATOR_CONNECT] = &service};
    const struct number_services same_services = {
        .of = {[SERVICE_OPERATOR_CONNECT] = &same_service, [SERVICE_ZOOM] = &off}};
    const struct number_config header = {.custom_sip_header = STR("h")};
    const struct number now = {.telephone_number = 44,
                               .account_name = STR("a"),
                               .services = &services,
                               .provisioning_status = PROVISIONING_SYNCED};
    struct number wanted = {.telephone_number = 44, .account_name = STR("a"), .services = &same_services};
    uint64_t differ = 99;
    bulk_columns_init(&columns);
    assert_int_equal(bulk_judge(&columns, NULL, &wanted, &differ), BULK_NEW);
    assert_int_equal(differ, 0);
    assert_int_equal(bulk_judge(&columns, &now, &wanted, NULL), BULK_SAME);
    wanted.account_name = STR("b");
    wanted.configuration = &header;
    assert_int_equal(bulk_judge(&columns, &now, &wanted, &differ), BULK_CHANGED);
    assert_int_equal(differ, UINT64_C(2) | UINT64_C(1) << bulk_column_find(
                                               &columns, STR("configuration_customSipHeader")));
    wanted.services = NULL;
    assert_int_equal(__builtin_popcountll(bulk_differences(&columns, &now, &wanted)), 4);
}

/* Every pair of these: the short way says what the long one says. */
static void test_fingerprint__says_what_judge_says(void **state)
{
    (void)state;
    static const struct str one[] = {{"x", 1}, {"y", 1}}, other[] = {{"xy", 2}};
    const struct number_teams_config configs[] = {
        {0},
        {.usage = STR("u")},
        {.usage = STR("")},
        {.usage = STR("u"), .choosable_capabilities = {one, 2}},
        {.usage = STR("u"), .choosable_capabilities = {one, 1}},
        {.usage = STR("u"), .choosable_capabilities = {other, 1}},
        {.usage = STR("u"), .additional_usages = {one, 2}},
        {.usage = STR("u"), .allow_tenant_address_update = true},
    };
    static const enum assignment_status statuses[] = {ASSIGNMENT_ABSENT, ASSIGNMENT_ASSIGNED,
                                                      ASSIGNMENT_UNASSIGNED};
    struct number_service services[ARRAY_LEN(configs) * ARRAY_LEN(statuses) * 2];
    struct number_services details[ARRAY_LEN(services)];
    struct number given[ARRAY_LEN(services)];
    struct bulk_columns columns;
    bulk_columns_init(&columns);
    for (size_t i = 0; i < ARRAY_LEN(services); i++) {
        services[i] = (struct number_service){i % 2 == 1, statuses[i / 2 % 3], &configs[i / 6]};
        details[i] = (struct number_services){0};
        details[i].of[i / 6 % 2 == 0 ? SERVICE_OPERATOR_CONNECT : SERVICE_PHONE_MOBILE] = &services[i];
        given[i] = (struct number){.telephone_number = 44, .account_name = STR("a"), .services = &details[i]};
    }
    for (size_t i = 0; i < ARRAY_LEN(services) * ARRAY_LEN(services); i++) {
        const struct number *now = &given[i % ARRAY_LEN(services)], *wanted = &given[i / ARRAY_LEN(services)];
        bool same = bulk_judge(&columns, now, wanted, NULL) == BULK_SAME;
        if (bulk_fingerprint_same(bulk_fingerprint(&columns, now), bulk_fingerprint(&columns, wanted)) !=
            same) {
            fail_msg("pair %zu: judge says %s", i, same ? "the same" : "changed");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns__are_the_documented_ones_in_their_order),
        cmocka_unit_test(test_columns__find_the_nearest),
        cmocka_unit_test(test_write__comes_back_the_same),
        cmocka_unit_test(test_write__comes_back_the_same_from_a_spreadsheet),
        cmocka_unit_test(test_write__defuses_formulas_for_spreadsheets),
        cmocka_unit_test(test_write__tells_of_a_full_buffer),
        cmocka_unit_test(test_judge__compares_what_a_client_may_set),
        cmocka_unit_test(test_fingerprint__says_what_judge_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
