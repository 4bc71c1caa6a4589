#include "world.h"

#define ITEM(n, account, details)                                                                            \
    "{'telephoneNumber':'" n "','accountName':'" account "','serviceDetails':{" details "}}"
#define PARKED(n)    ITEM(n, "contoso", "")
#define OC           "'teamsOperatorConnect':{'enabled':true}"
#define ZOOM         "'zoomPhoneCloudPeering':{'enabled':true}"
#define BATCH(items) "{'numbers':[" items "]}"
#define IDS(ids)     "{'numbers':[" ids "]}"
#define ID(n)        "{'telephoneNumber':'" n "'}"

/* contoso with Operator Connect (synced) and Zoom; other without services, holding +15559999. */
static struct world *with_accounts(void **state)
{
    struct world *w = *state;
    assert_says(
        put_account(
            w,
            "{'name':'contoso','serviceDetails':{'teamsTenantId':'t','teamsOperatorConnect':{'enabled':true,"
            "'syncEnabled':true},'zoomPhoneCloudPeering':{'enabled':true,'syncEnabled':false}}}"),
        "");
    assert_says(put_account(w, "{'name':'other'}"), "");
    assert_says(put_number(w, ITEM("+15559999", "other", "")), "");
    return w;
}

/* ---- put ---- */

static void test_numbers_put__answers_in_the_order_of_the_batch(void **state)
{
    struct world *w = with_accounts(state);
    struct outcome out =
        put_numbers(w, "contoso", BATCH(PARKED("+15550003") "," PARKED("+15550001") "," PARKED("+15550002")));
    static const int64_t wanted[] = {15550003, 15550001, 15550002};
    assert_says(out, "");
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        assert_int_equal(out.numbers[i]->telephone_number, wanted[i]);
        assert_non_null(read_number(w, wanted[i]));
    }
    assert_int_equal(read_counts(w, "contoso").all, 3);
}

static void test_numbers_put__creates_and_replaces_and_leaves_alone(void **state)
{
    struct world *w = with_accounts(state);
    struct outcome first = put_numbers(w, "contoso", BATCH(PARKED("+15550001") "," PARKED("+15550002")));
    assert_says(first, "");
    size_t rows = audit_count(w);
    struct outcome second = put_numbers(
        w, "contoso",
        BATCH(PARKED("+15550001") "," ITEM("+15550002", "contoso", ZOOM) "," PARKED("+15550003")));
    assert_says(second, "");
    assert_int_equal(second.numbers[0]->revision.configuration, first.numbers[0]->revision.configuration);
    assert_true(second.numbers[1]->revision.configuration > first.numbers[1]->revision.configuration);
    assert_int_equal(audit_count(w), rows + 2);
    assert_int_equal(audit_newest(w)->action, AUDIT_CREATE);
    struct number_counts counts = read_counts(w, "contoso");
    assert_int_equal(counts.all, 3);
    assert_int_equal(counts.of[SERVICE_ZOOM], 1);
}

static void test_numbers_put__of_nothing_is_fine(void **state)
{
    struct world *w = with_accounts(state);
    size_t rows = audit_count(w);
    assert_says(put_numbers(w, "contoso", BATCH("")), "");
    assert_says(delete_numbers(w, "contoso", IDS("")), "");
    assert_int_equal(audit_count(w), rows);
    assert_says(put_numbers(w, "nobody", BATCH("")), "not found AccountNotFound");
    assert_says(delete_numbers(w, "nobody", IDS("")), "not found AccountNotFound");
}

static void test_numbers_put__names_every_failing_item(void **state)
{
    static const struct {
        const char *batch, *says;
    } cases[] = {
        {BATCH(PARKED("+15550001") "," PARKED("+15550001")),
         "invalid DuplicateNumber numbers[1].telephoneNumber"},
        {BATCH(PARKED("+15550002") "," PARKED("+15550001") "," PARKED("+15550002") "," PARKED("+15550002")),
         "invalid DuplicateNumber numbers[2].telephoneNumber, DuplicateNumber numbers[3].telephoneNumber"},
        {BATCH(PARKED("+15550001") "," ITEM("+15550002", "Contoso", "")),
         "invalid AccountNameMismatch numbers[1].accountName"},
        {BATCH(ITEM("+15550001", "contoso", "'teamsDirectRouting':{'enabled':true}") "," PARKED("+15550002")),
         "invalid ServiceNotEnabled numbers[0].serviceDetails.teamsDirectRouting.enabled"},
        {BATCH(PARKED("+15550001") "," PARKED("+15559999")),
         "conflict NumberInUse numbers[1].telephoneNumber"},
        {BATCH(PARKED("+15559999") "," ITEM("+15550001", "other",
                                            "'azureOperatorCallProtection':{'enabled':true}")),
         "invalid AccountNameMismatch numbers[1].accountName, "
         "ServiceNotEnabled numbers[1].serviceDetails.azureOperatorCallProtection.enabled"},
        {BATCH(PARKED("+15550001") "," PARKED("+15550002")), ""},
    };
    struct world *w = with_accounts(state);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_case_says(put_numbers(w, "contoso", cases[i].batch), cases[i].says, i);
        if ((read_number(w, 15550001) != NULL) != (cases[i].says[0] == '\0')) {
            fail_msg("case %zu: not all or nothing", i);
        }
    }
    assert_true(str_eq(read_number(w, 15559999)->account_name, STR("other")));
}

static void test_numbers_put__needs_the_account(void **state)
{
    assert_says(put_numbers(*state, "contoso", BATCH(PARKED("+15550001"))), "not found AccountNotFound");
}

static void test_numbers_put__takes_a_hundred(void **state)
{
    struct world *w = with_accounts(state);
    struct str text = STR("");
    for (int i = LIMIT_BATCH; i > 0; i--) {
        text = arena_printf(w->mem, "%" STR_FMT "%s" ITEM("+1555%04d", "contoso", OC), STR_ARG(text),
                            text.n > 0 ? "," : "", i);
    }
    struct outcome out = put_numbers(
        w, "contoso", arena_cstr(w->mem, arena_printf(w->mem, "{'numbers':[%" STR_FMT "]}", STR_ARG(text))));
    assert_says(out, "");
    assert_int_equal(read_counts(w, "contoso").of[SERVICE_OPERATOR_CONNECT], LIMIT_BATCH);
    assert_int_equal(out.numbers[0]->telephone_number, 15550100);
    assert_int_equal(outbox_seq(w, OUTBOX_SYNC, "contoso"), 2); /* account, batch */
}

static void test_numbers_put__decides_the_status_of_each(void **state)
{
    struct world *w = with_accounts(state);
    struct outcome out = put_numbers(
        w, "contoso", BATCH(ITEM("+15550001", "contoso", OC) "," ITEM("+15550002", "contoso", ZOOM)));
    assert_says(out, "");
    assert_int_equal(out.numbers[0]->provisioning_status, PROVISIONING_FAILED);
    assert_int_equal(out.numbers[1]->provisioning_status, PROVISIONING_SYNCED);
    w->facts.backend_configured = true;
    out = put_numbers(w, "contoso",
                      BATCH(ITEM("+15550001", "contoso", OC) "," ITEM("+15550002", "contoso", ZOOM)));
    assert_int_equal(out.numbers[0]->provisioning_status, PROVISIONING_PENDING);
    assert_int_equal(out.numbers[1]->provisioning_status, PROVISIONING_SYNCED);
}

static struct outcome put_two(struct world *w)
{
    return put_numbers(w, "contoso",
                       BATCH(ITEM("+15550002", "contoso", OC) "," ITEM(
                           "+15550001", "contoso",
                           "'teamsOperatorConnect':{'enabled':true,"
                           "'configuration':{'usage':'v','choosableCapabilities':['b']}}")));
}

static void test_numbers_put__says_when_memory_is_short(void **state)
{
    struct world *w = with_accounts(state);
    assert_says(put_numbers(w, "contoso",
                            BATCH(PARKED("+15550002") "," ITEM(
                                "+15550001", "contoso",
                                "'teamsOperatorConnect':{'enabled':true,"
                                "'configuration':{'usage':'u','choosableCapabilities':['a']}}"))),
                "");
    check_small_arenas(w, put_two);
}

static struct outcome put_wrong(struct world *w)
{
    struct outcome out = put_numbers(
        w, "contoso",
        BATCH(PARKED("+15550001") "," ITEM("+15550001", "Contoso", "'teamsDirectRouting':{'enabled':true}")));
    if (out.rc == RC_INVALID) {
        out.rc = out.err.details != NULL && out.err.details->count == 3 ? RC_OK : RC_LIMIT;
    }
    return out;
}

static void test_numbers_put__never_passes_for_lack_of_memory(void **state)
{
    struct world *w = with_accounts(state);
    check_small_arenas(w, put_wrong);
    assert_null(read_number(w, 15550001));
}

/* ---- delete ---- */

static void test_numbers_delete__takes_only_what_is_the_accounts(void **state)
{
    struct world *w = with_accounts(state);
    assert_says(
        put_numbers(w, "contoso", BATCH(PARKED("+15550001") "," PARKED("+15550002") "," PARKED("+15550003"))),
        "");
    size_t rows = audit_count(w);
    assert_says(
        delete_numbers(w, "contoso",
                       IDS(ID("+15550003") "," ID("+15559999") "," ID("+15550001") "," ID("+15558888"))),
        "");
    assert_null(read_number(w, 15550001));
    assert_non_null(read_number(w, 15550002));
    assert_null(read_number(w, 15550003));
    assert_non_null(read_number(w, 15559999));
    assert_int_equal(audit_count(w), rows + 2);
    assert_int_equal(read_counts(w, "contoso").all, 1);
    assert_int_equal(read_counts(w, "other").all, 1);
}

static void test_numbers_delete__refuses_a_number_twice(void **state)
{
    struct world *w = with_accounts(state);
    assert_says(put_numbers(w, "contoso", BATCH(PARKED("+15550001"))), "");
    assert_says(delete_numbers(w, "contoso", IDS(ID("+15550001") "," ID("+15550001"))),
                "invalid DuplicateNumber numbers[1].telephoneNumber");
    assert_non_null(read_number(w, 15550001));
}

static void test_numbers_delete__refuses_assigned_ones_and_deletes_nothing(void **state)
{
    struct world *w = with_accounts(state);
    assert_says(put_numbers(w, "contoso",
                            BATCH(ITEM("+15550001", "contoso", OC) "," ITEM(
                                "+15550002", "contoso", OC) "," ITEM("+15550003", "contoso", OC))),
                "");
    given_assigned(w, 15550001);
    given_assigned(w, 15550003);
    assert_says(
        delete_numbers(w, "contoso", IDS(ID("+15550003") "," ID("+15550002") "," ID("+15550001"))),
        "conflict NumberAssigned numbers[0].telephoneNumber, NumberAssigned numbers[2].telephoneNumber");
    assert_int_equal(read_counts(w, "contoso").all, 3);
    assert_non_null(read_number(w, 15550002));
    int64_t told = outbox_seq(w, OUTBOX_SYNC, "contoso");
    assert_says(delete_numbers(w, "contoso", IDS(ID("+15550002"))), "");
    assert_int_equal(outbox_seq(w, OUTBOX_SYNC, "contoso"), told + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_numbers_put__answers_in_the_order_of_the_batch),
        TEST(test_numbers_put__creates_and_replaces_and_leaves_alone),
        TEST(test_numbers_put__of_nothing_is_fine),
        TEST(test_numbers_put__names_every_failing_item),
        TEST(test_numbers_put__needs_the_account),
        TEST(test_numbers_put__takes_a_hundred),
        TEST(test_numbers_put__decides_the_status_of_each),
        TEST(test_numbers_put__says_when_memory_is_short),
        TEST(test_numbers_put__never_passes_for_lack_of_memory),
        TEST(test_numbers_delete__takes_only_what_is_the_accounts),
        TEST(test_numbers_delete__refuses_a_number_twice),
        TEST(test_numbers_delete__refuses_assigned_ones_and_deletes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
