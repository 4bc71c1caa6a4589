#include "world.h"

#include "common/base/limits.h"

#define N1 15550001
#define NUMBER(details)                                                                                      \
    "{'telephoneNumber':'+15550001','accountName':'contoso','serviceDetails':{" details "}}"
#define OC     "'teamsOperatorConnect':{'enabled':true}"
#define ZOOM   "'zoomPhoneCloudPeering':{'enabled':true}"
#define TENANT "'teamsTenantId':'aaaaaaaa-0000-4000-8000-00000000000a'"
#define OC_ACCOUNT(name, sync)                                                                               \
    "{'name':'" name "','serviceDetails':{" TENANT                                                           \
    ",'teamsOperatorConnect':{'enabled':true,'syncEnabled':" sync                                            \
    "},'teamsPhoneMobile':{'enabled':true,'syncEnabled':false},'zoomPhoneCloudPeering':{'enabled':true,"     \
    "'syncEnabled':false}}}"

static struct world *with_account(void **state, const char *sync)
{
    struct world *w = *state;
    assert_says(put_account(w, strcmp(sync, "true") == 0 ? OC_ACCOUNT("contoso", "true")
                                                         : OC_ACCOUNT("contoso", "false")),
                "");
    return w;
}

static enum assignment_status assignment(struct world *w)
{
    const struct number *number = read_number(w, N1);
    assert_non_null(number);
    return number->services->of[SERVICE_OPERATOR_CONNECT]->assignment_status;
}

/* ---- put ---- */

static void test_number_put__creates_then_replaces(void **state)
{
    struct world *w = with_account(state, "false");
    struct outcome first =
        put_number(w, "{'telephoneNumber':'+15550001','accountName':'contoso','serviceDetails':{" ZOOM
                      "},'configuration':{'customSipHeader':'head-er_1'}}");
    assert_says(first, "");
    assert_true(first.created);
    assert_true(str_eq(read_number(w, N1)->configuration->custom_sip_header, STR("head-er_1")));
    assert_true(number_enables(read_number(w, N1), SERVICE_ZOOM));
    struct outcome second = put_number(w, NUMBER(OC));
    assert_says(second, "");
    assert_false(second.created);
    const struct number *now = read_number(w, N1);
    assert_null(now->configuration);
    assert_false(number_enables(now, SERVICE_ZOOM));
    assert_true(now->revision.configuration > first.number->revision.configuration);
    assert_int_equal(now->revision.configuration, second.number->revision.configuration);
}

static void test_number_put__keeps_the_revision_when_nothing_changes(void **state)
{
    static const char full[] = NUMBER(
        "'teamsOperatorConnect':{'enabled':true,'assignmentStatus':'unassigned','configuration':{'usage':'u',"
        "'choosableCapabilities':[],'additionalUsages':['a','b'],'civicAddressId':'','"
        "allowTenantAddressUpdate':true}},"
        "'teamsPhoneMobile':{'enabled':false}");
    struct world *w = with_account(state, "false");
    struct outcome first = put_number(w, full);
    assert_says(first, "");
    w->now.ms += 5000;
    struct outcome second = put_number(w, full);
    assert_says(second, "");
    assert_int_equal(second.number->revision.configuration, first.number->revision.configuration);
    assert_int_equal(second.number->revision.configuration_at.ms, first.number->revision.configuration_at.ms);
    assert_int_equal(audit_count(w), 2); /* account and number */
    assert_int_equal(read_counts(w, "contoso").all, 1);
}

/* Who writes the same again has changed nothing, and what is found out is nobody's change. */
static void test_number_put__says_who_changed_it_last(void **state)
{
    struct world *w = with_account(state, "false");
    assert_says(put_number(w, NUMBER(OC)), "");
    assert_int_equal(read_number(w, N1)->provenance.way, 1 + ACTOR_API);
    assert_true(str_eq(read_number(w, N1)->provenance.name, STR("bss")));
    w->actor.way = ACTOR_PORTAL;
    w->actor.name = STR("Ada Admin");
    assert_says(put_number(w, NUMBER(OC)), "");
    assert_true(str_eq(read_number(w, N1)->provenance.name, STR("bss")));
    assert_says(put_number(w, NUMBER(ZOOM)), "");
    assert_int_equal(read_number(w, N1)->provenance.way, 1 + ACTOR_PORTAL);
    assert_true(str_eq(read_number(w, N1)->provenance.name, STR("Ada Admin")));
    w->actor.name = STR_NONE;
    w->actor.client_id = STR("client-id");
    assert_says(put_number(w, NUMBER(OC)), "");
    assert_true(str_eq(read_number(w, N1)->provenance.name, STR("client-id")));
    given_number_status(w, N1, PROVISIONING_FAILED);
    assert_int_equal(read_number(w, N1)->provenance.way, 1 + ACTOR_PORTAL);
}

static void test_number_put__cuts_a_long_name_between_characters(void **state)
{
    struct world *w = with_account(state, "false");
    char name[LIMIT_PERSON + 2];
    memset(name, 'a', sizeof name);
    memcpy(name + LIMIT_PERSON - 1, "\xc3\xa4", 2); /* one character, half of it too much */
    w->actor.name = (struct str){name, sizeof name};
    assert_says(put_number(w, NUMBER(OC)), "");
    assert_int_equal(read_number(w, N1)->provenance.name.n, LIMIT_PERSON - 1);
    assert_true(str_is_utf8(read_number(w, N1)->provenance.name));
}

static void test_number_put__needs_the_account(void **state)
{
    struct world *w = *state;
    assert_says(put_number(w, NUMBER("")), "not found AccountNotFound");
    assert_null(read_number(w, N1));
    assert_says(put_account(w, "{'name':'Contoso'}"), "");
    assert_says(put_number(w, NUMBER("")), "not found AccountNotFound");
    assert_says(put_account(w, "{'name':'contoso'}"), "");
    assert_says(put_number(w, NUMBER("")), "");
}

static void test_number_put__needs_the_service_enabled_on_the_account(void **state)
{
    static const struct {
        const char *json, *says;
    } cases[] = {
        {NUMBER("'teamsDirectRouting':{'enabled':true}"),
         "invalid ServiceNotEnabled serviceDetails.teamsDirectRouting.enabled"},
        {NUMBER("'teamsDirectRouting':{'enabled':true},'azureOperatorCallProtection':{'enabled':true}"),
         "invalid ServiceNotEnabled serviceDetails.teamsDirectRouting.enabled, "
         "ServiceNotEnabled serviceDetails.azureOperatorCallProtection.enabled"},
        {NUMBER("'teamsDirectRouting':{'enabled':false}"), ""},
        {NUMBER(""), ""},
        {NUMBER(ZOOM "," OC), ""},
    };
    struct world *w = with_account(state, "false");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_case_says(put_number(w, cases[i].json), cases[i].says, i);
    }
}

static void test_number_put__counts_a_disabled_service_of_the_account_as_missing(void **state)
{
    struct world *w = *state;
    assert_says(put_account(w, "{'name':'contoso','serviceDetails':{'zoomPhoneCloudPeering':{'enabled':false,"
                               "'syncEnabled':false}}}"),
                "");
    assert_says(put_number(w, NUMBER(ZOOM)),
                "invalid ServiceNotEnabled serviceDetails.zoomPhoneCloudPeering.enabled");
}

static void test_number_put__refuses_a_number_of_another_account(void **state)
{
    struct world *w = with_account(state, "false");
    assert_says(put_account(w, "{'name':'other'}"), "");
    assert_says(put_number(w, NUMBER(ZOOM)), "");
    struct outcome out =
        put_number(w, "{'telephoneNumber':'+15550001','accountName':'other','serviceDetails':{}}");
    assert_says(out, "conflict NumberInUse telephoneNumber");
    assert_true(str_eq(read_number(w, N1)->account_name, STR("contoso")));
    /* what is wrong whatever is stored comes first */
    assert_says(
        put_number(w, "{'telephoneNumber':'+15550001','accountName':'other','serviceDetails':{" ZOOM "}}"),
        "invalid ServiceNotEnabled serviceDetails.zoomPhoneCloudPeering.enabled");
    assert_says(delete_number(w, "contoso", N1), "");
    assert_says(put_number(w, "{'telephoneNumber':'+15550001','accountName':'other','serviceDetails':{}}"),
                "");
}

static void test_number_put__keeps_the_counters(void **state)
{
    struct world *w = with_account(state, "false");
    assert_says(put_number(w, NUMBER(ZOOM)), "");
    struct number_counts counts = read_counts(w, "contoso");
    assert_int_equal(counts.all, 1);
    assert_int_equal(counts.of[SERVICE_ZOOM], 1);
    assert_says(put_number(w, NUMBER(OC)), "");
    counts = read_counts(w, "contoso");
    assert_int_equal(counts.all, 1);
    assert_int_equal(counts.of[SERVICE_ZOOM], 0);
    assert_int_equal(counts.of[SERVICE_OPERATOR_CONNECT], 1);
    assert_says(put_number(w, NUMBER("")), "");
    counts = read_counts(w, "contoso");
    assert_int_equal(counts.all, 1);
    assert_int_equal(counts.of[SERVICE_OPERATOR_CONNECT], 0);
    assert_says(delete_number(w, "contoso", N1), "");
    assert_int_equal(read_counts(w, "contoso").all, 0);
}

static void test_number_put__leaves_an_audit_row(void **state)
{
    struct world *w = with_account(state, "false");
    assert_says(put_number(w, NUMBER(ZOOM)), "");
    const struct audit_row *row = audit_newest(w);
    assert_int_equal(row->kind, AUDIT_NUMBER);
    assert_int_equal(row->action, AUDIT_CREATE);
    assert_true(str_eq(row->account, STR("contoso")));
    assert_true(str_eq(row->key, STR("+15550001")));
    assert_says(put_number(w, NUMBER("")), "");
    row = audit_newest(w);
    assert_int_equal(row->action, AUDIT_REPLACE);
    assert_true(str_contains(row->before, STR("zoom")) && !str_contains(row->after, STR("zoom")));
}

/* ---- status ---- */

static void test_number_put__says_how_the_sync_stands(void **state)
{
    static const struct {
        const char *sync, *json;
        bool backend;
        enum provisioning_status status;
    } cases[] = {
        {"false", NUMBER(OC), true, PROVISIONING_SYNCED},
        {"true", NUMBER(ZOOM), true, PROVISIONING_SYNCED},
        {"true", NUMBER(""), true, PROVISIONING_SYNCED},
        {"true", NUMBER("'teamsOperatorConnect':{'enabled':false}"), true, PROVISIONING_SYNCED},
        {"true", NUMBER("'teamsPhoneMobile':{'enabled':true}"), true, PROVISIONING_SYNCED},
        {"true", NUMBER(OC), true, PROVISIONING_PENDING},
        {"true", NUMBER(OC "," ZOOM), false, PROVISIONING_FAILED},
        {"false", NUMBER(OC), false, PROVISIONING_SYNCED},
    };
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        w->facts.backend_configured = cases[i].backend;
        (void)with_account(state, cases[i].sync);
        assert_case_says(put_number(w, cases[i].json), "", i);
        const struct number *number = read_number(w, N1);
        if (number->provisioning_status != cases[i].status) {
            fail_msg("case %zu: %d instead of %d", i, (int)number->provisioning_status, (int)cases[i].status);
        }
        assert_int_equal(number->provisioning_errors.count, cases[i].status == PROVISIONING_FAILED);
        assert_says(delete_number(w, "contoso", N1), "");
    }
}

static void test_number_put__says_why_it_failed(void **state)
{
    struct world *w = with_account(state, "true");
    assert_says(put_number(w, NUMBER(OC)), "");
    const struct wire_error *error = read_number(w, N1)->provisioning_errors.items;
    assert_non_null(error);
    assert_true(str_eq(error->code, STR("BackendNotConfigured")));
    assert_true(str_eq(error->target, STR("serviceDetails.teamsOperatorConnect")));
}

static void test_number_put__keeps_what_the_back_end_said_when_nothing_changes(void **state)
{
    struct world *w = *state;
    w->facts.backend_configured = true;
    (void)with_account(state, "true");
    assert_says(put_number(w, NUMBER(OC)), "");
    given_number_status(w, N1, PROVISIONING_SYNCED);
    assert_says(put_number(w, NUMBER(OC)), "");
    assert_int_equal(read_number(w, N1)->provisioning_status, PROVISIONING_SYNCED);
    assert_says(put_number(w, NUMBER(OC "," ZOOM)), "");
    assert_int_equal(read_number(w, N1)->provisioning_status, PROVISIONING_PENDING);
    given_number_status(w, N1, PROVISIONING_FAILED);
    assert_says(put_number(w, NUMBER(OC "," ZOOM)), "");
    assert_int_equal(read_number(w, N1)->provisioning_status, PROVISIONING_PENDING);
}

static void test_number_put__tells_sync_while_a_synced_service_is_involved(void **state)
{
    struct world *w = with_account(state, "true"); /* 1 */
    assert_says(put_number(w, NUMBER(ZOOM)), "");
    assert_int_equal(outbox_seq(w, OUTBOX_SYNC, "contoso"), 1);
    assert_says(put_number(w, NUMBER(OC)), "");
    assert_int_equal(outbox_seq(w, OUTBOX_SYNC, "contoso"), 2);
    assert_says(put_number(w, NUMBER(OC)), ""); /* nothing new */
    assert_int_equal(outbox_seq(w, OUTBOX_SYNC, "contoso"), 2);
    assert_says(put_number(w, NUMBER(ZOOM)), "");
    assert_int_equal(outbox_seq(w, OUTBOX_SYNC, "contoso"), 3);
    assert_says(delete_number(w, "contoso", N1), "");
    assert_int_equal(outbox_seq(w, OUTBOX_SYNC, "contoso"), 3);
    assert_int_equal(outbox_seq(w, OUTBOX_DNS, "contoso"), 0);
}

/* ---- assignment ---- */

#define OC_STATUS(status) "'teamsOperatorConnect':{'enabled':true,'assignmentStatus':'" status "'}"

static void test_number_put__takes_the_clients_assignment_while_not_synced(void **state)
{
    struct world *w = with_account(state, "false");
    assert_says(put_number(w, NUMBER(OC_STATUS("assigned"))), "");
    assert_int_equal(assignment(w), ASSIGNMENT_ASSIGNED);
    assert_says(put_number(w, NUMBER(OC_STATUS("unassigned"))), "");
    assert_int_equal(assignment(w), ASSIGNMENT_UNASSIGNED);
    assert_says(put_number(w, NUMBER(OC)), "");
    assert_int_equal(assignment(w), ASSIGNMENT_ABSENT);
    /* nobody but the client said so */
    assert_says(put_number(w, NUMBER(OC_STATUS("assigned"))), "");
    assert_says(delete_number(w, "contoso", N1), "");
}

static void test_number_put__takes_the_back_ends_assignment_while_synced(void **state)
{
    struct world *w = with_account(state, "true");
    assert_says(put_number(w, NUMBER(OC_STATUS("assigned"))), "");
    assert_int_equal(assignment(w), ASSIGNMENT_ABSENT);
    assert_says(delete_number(w, "contoso", N1), "");
    assert_says(put_number(w, NUMBER(OC)), "");
    given_assigned(w, N1);
    assert_says(put_number(w, NUMBER(OC_STATUS("unassigned") "," ZOOM)), "");
    assert_int_equal(assignment(w), ASSIGNMENT_ASSIGNED);
}

static void test_number_put__keeps_what_only_the_back_end_knows(void **state)
{
    struct world *w = with_account(state, "true");
    static const char one[] = NUMBER("'teamsOperatorConnect':{'enabled':true,'configuration':{'usage':'u','"
                                     "choosableCapabilities':['a']}}");
    static const char two[] = NUMBER(
        "'teamsOperatorConnect':{'enabled':true,'configuration':{'usage':'v','choosableCapabilities':[],"
        "'acquiredCapabilities':['Invented']}}");
    assert_says(put_number(w, one), "");
    given_assigned(w, N1);
    assert_says(put_number(w, two), "");
    const struct number_teams_config *config =
        read_number(w, N1)->services->of[SERVICE_OPERATOR_CONNECT]->configuration;
    assert_true(str_eq(config->usage, STR("v")));
    assert_int_equal(config->choosable_capabilities.count, 0);
    assert_int_equal(config->acquired_capabilities.count, 1);
    assert_true(str_eq(config->acquired_capabilities.items[0], STR("UserAssignment")));
}

/* ---- preconditions ---- */

static void test_number_put__judges_preconditions(void **state)
{
    struct world *w = with_account(state, "false");
    struct precondition any = if_match_any(), none = if_none_match_any();
    w->pre = &any;
    assert_says(put_number(w, NUMBER("")), "conflict PreconditionFailed");
    w->pre = &none;
    struct outcome out = put_number(w, NUMBER(""));
    assert_says(out, "");
    struct precondition mine = if_match(w, revision_etag(&out.number->revision));
    w->pre = &none;
    assert_says(put_number(w, NUMBER(ZOOM)), "conflict PreconditionFailed");
    w->pre = &mine;
    assert_says(put_number(w, NUMBER(ZOOM)), "");
    w->pre = &mine;
    assert_says(put_number(w, NUMBER("")), "conflict PreconditionFailed");
    w->pre = &mine;
    assert_says(delete_number(w, "contoso", N1), "conflict PreconditionFailed");
    w->pre = &any;
    assert_says(delete_number(w, "contoso", N1), "");
    w->pre = &any;
    assert_says(delete_number(w, "contoso", N1), "conflict PreconditionFailed");
    w->pre = &any;
    assert_says(delete_number(w, "nobody", N1), "conflict PreconditionFailed");
}

static void test_number_put__takes_another_accounts_number_as_absent_for_preconditions(void **state)
{
    struct world *w = with_account(state, "false");
    struct precondition any = if_match_any(), none = if_none_match_any();
    assert_says(put_account(w, "{'name':'other'}"), "");
    assert_says(put_number(w, NUMBER("")), "");
    w->pre = &any;
    assert_says(put_number(w, "{'telephoneNumber':'+15550001','accountName':'other','serviceDetails':{}}"),
                "conflict PreconditionFailed");
    w->pre = &none;
    assert_says(put_number(w, "{'telephoneNumber':'+15550001','accountName':'other','serviceDetails':{}}"),
                "conflict NumberInUse telephoneNumber");
    w->pre = &any;
    assert_says(delete_number(w, "other", N1), "conflict PreconditionFailed");
}

/* ---- delete ---- */

static void test_number_delete__of_what_is_not_there_is_fine(void **state)
{
    struct world *w = with_account(state, "false");
    assert_says(put_account(w, "{'name':'other'}"), "");
    assert_says(put_number(w, NUMBER("")), "");
    size_t rows = audit_count(w);
    assert_says(delete_number(w, "contoso", 15550002), "");
    assert_says(delete_number(w, "other", N1), "");
    assert_says(delete_number(w, "nobody", N1), "");
    assert_non_null(read_number(w, N1));
    assert_int_equal(audit_count(w), rows);
    assert_says(delete_number(w, "contoso", N1), "");
    assert_null(read_number(w, N1));
    assert_int_equal(audit_count(w), rows + 1);
    assert_int_equal(audit_newest(w)->action, AUDIT_DELETE);
}

static void test_number_delete__refuses_an_assigned_one_only_while_synced(void **state)
{
    struct world *w = with_account(state, "true");
    assert_says(put_number(w, NUMBER(OC)), "");
    given_assigned(w, N1);
    assert_says(delete_number(w, "contoso", N1), "conflict NumberAssigned telephoneNumber");
    assert_non_null(read_number(w, N1));
    (void)with_account(state, "false");
    assert_says(delete_number(w, "contoso", N1), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_number_put__creates_then_replaces),
        TEST(test_number_put__keeps_the_revision_when_nothing_changes),
        TEST(test_number_put__says_who_changed_it_last),
        TEST(test_number_put__cuts_a_long_name_between_characters),
        TEST(test_number_put__needs_the_account),
        TEST(test_number_put__needs_the_service_enabled_on_the_account),
        TEST(test_number_put__counts_a_disabled_service_of_the_account_as_missing),
        TEST(test_number_put__refuses_a_number_of_another_account),
        TEST(test_number_put__keeps_the_counters),
        TEST(test_number_put__leaves_an_audit_row),
        TEST(test_number_put__says_how_the_sync_stands),
        TEST(test_number_put__says_why_it_failed),
        TEST(test_number_put__keeps_what_the_back_end_said_when_nothing_changes),
        TEST(test_number_put__tells_sync_while_a_synced_service_is_involved),
        TEST(test_number_put__takes_the_clients_assignment_while_not_synced),
        TEST(test_number_put__takes_the_back_ends_assignment_while_synced),
        TEST(test_number_put__keeps_what_only_the_back_end_knows),
        TEST(test_number_put__judges_preconditions),
        TEST(test_number_put__takes_another_accounts_number_as_absent_for_preconditions),
        TEST(test_number_delete__of_what_is_not_there_is_fine),
        TEST(test_number_delete__refuses_an_assigned_one_only_while_synced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
