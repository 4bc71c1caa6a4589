#include "world.h"

#define CONTOSO(details)  "{'name':'contoso','serviceDetails':{" details "}}"
#define OC(enabled, sync) "'teamsOperatorConnect':{'enabled':" enabled ",'syncEnabled':" sync "}"
#define PM(enabled, sync) "'teamsPhoneMobile':{'enabled':" enabled ",'syncEnabled':" sync "}"
#define ZOOM              "'zoomPhoneCloudPeering':{'enabled':true,'syncEnabled':false}"
#define TENANT            "'teamsTenantId':'AAAAAAAA-0000-4000-8000-00000000000A'"
#define TENANT_LOWER      "'teamsTenantId':'aaaaaaaa-0000-4000-8000-00000000000a'"
#define TENANT_OTHER      "'teamsTenantId':'bbbbbbbb-0000-4000-8000-00000000000b'"
#define DR(label, token1, screening)                                                                         \
    "'teamsDirectRouting':{'enabled':true,'syncEnabled':false,'configuration':{'callScreening':" screening   \
    ",'subdomain':'" label "','subdomainTokens':{'region1Token':'" token1 "','region2Token':'two'}}}"
#define NUMBER(n, details)                                                                                   \
    "{'telephoneNumber':'" n "','accountName':'contoso','serviceDetails':{" details "}}"

static const struct account_service *service_of(const struct account *account, enum service service)
{
    assert_non_null(account);
    assert_non_null(account->services->of[service]);
    return account->services->of[service];
}

/* ---- create and replace ---- */

static void test_account_put__creates_then_replaces(void **state)
{
    struct world *w = *state;
    struct outcome first = put_account(w, "{'name':'contoso','correlationId':'a'}");
    assert_says(first, "");
    assert_true(first.created);
    struct outcome second = put_account(w, CONTOSO(ZOOM));
    assert_says(second, "");
    assert_false(second.created);
    const struct account *now = read_account(w, "contoso");
    assert_true(str_absent(now->correlation_id));
    assert_true(account_enables(now, SERVICE_ZOOM));
    assert_true(now->revision.configuration > first.account->revision.configuration);
    assert_int_equal(now->revision.configuration, second.account->revision.configuration);
    assert_int_equal(now->revision.configuration_at.ms, w->now.ms);
}

static void test_account_put__takes_names_that_differ_in_letter_case_as_two(void **state)
{
    struct world *w = *state;
    assert_true(put_account(w, "{'name':'contoso'}").created);
    assert_true(put_account(w, "{'name':'Contoso'}").created);
}

static void test_account_put__keeps_the_revision_when_nothing_changes(void **state)
{
    struct world *w = *state;
    struct outcome first = put_account(w, CONTOSO(TENANT "," DR("label", "one", "true")));
    w->now.ms += 5000;
    struct outcome second = put_account(w, CONTOSO(TENANT "," DR("label", "one", "true")));
    assert_says(second, "");
    assert_false(second.created);
    assert_int_equal(second.account->revision.configuration, first.account->revision.configuration);
    assert_int_equal(second.account->revision.configuration_at.ms,
                     first.account->revision.configuration_at.ms);
    assert_int_equal(audit_count(w), 1);
    assert_int_equal(outbox_seq(w, OUTBOX_DNS, "contoso"), 1);
}

static void test_account_put__never_repeats_a_revision_of_a_deleted_one(void **state)
{
    struct world *w = *state;
    struct outcome first = put_account(w, "{'name':'contoso'}");
    assert_says(delete_account(w, "contoso", false), "");
    struct outcome second = put_account(w, "{'name':'contoso'}");
    assert_true(second.created);
    assert_true(second.account->revision.configuration > first.account->revision.configuration);
}

static void test_account_put__answers_with_number_counts(void **state)
{
    struct world *w = *state;
    assert_says(put_account(w, CONTOSO(ZOOM)), "");
    assert_says(put_number(w, NUMBER("+15550001", "'zoomPhoneCloudPeering':{'enabled':true}")), "");
    struct outcome out = put_account(w, "{'name':'contoso','correlationId':'x','serviceDetails':{" ZOOM "}}");
    assert_says(out, "");
    assert_int_equal(service_of(out.account, SERVICE_ZOOM)->number_count, 1);
    assert_int_equal(service_of(read_account(w, "contoso"), SERVICE_ZOOM)->number_count, 1);
}

/* ---- rules ---- */

static void test_account_put__needs_a_tenant_to_sync(void **state)
{
    static const struct {
        const char *json, *says;
    } cases[] = {
        {CONTOSO(OC("true", "true")), "invalid TenantRequired serviceDetails.teamsTenantId"},
        {CONTOSO(PM("true", "true")), "invalid TenantRequired serviceDetails.teamsTenantId"},
        {CONTOSO("'teamsTenantId':''," OC("true", "true")),
         "invalid TenantRequired serviceDetails.teamsTenantId"},
        {CONTOSO(OC("true", "false")), ""},
        {CONTOSO(OC("false", "true")), ""},
        {CONTOSO(TENANT "," OC("true", "true")), ""},
        {CONTOSO("'teamsTenantId':'any text'," PM("true", "true")), ""},
        {CONTOSO("'zoomPhoneCloudPeering':{'enabled':true,'syncEnabled':true}"), ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_case_says(put_account(*state, cases[i].json), cases[i].says, i);
    }
}

static void test_account_put__refuses_to_disable_a_service_in_use(void **state)
{
    struct world *w = *state;
    assert_says(put_account(w, CONTOSO(ZOOM "," OC("true", "false"))), "");
    assert_says(put_number(w, NUMBER("+15550001", "'zoomPhoneCloudPeering':{'enabled':true}")), "");
    assert_says(put_account(w, CONTOSO(OC("true", "false"))),
                "conflict ServiceInUse serviceDetails.zoomPhoneCloudPeering.enabled");
    assert_says(put_account(w, CONTOSO("'zoomPhoneCloudPeering':{'enabled':false,'syncEnabled':false}")),
                "conflict ServiceInUse serviceDetails.zoomPhoneCloudPeering.enabled");
    assert_says(put_account(w, "{'name':'contoso'}"),
                "conflict ServiceInUse serviceDetails.zoomPhoneCloudPeering.enabled");
    assert_true(account_enables(read_account(w, "contoso"), SERVICE_OPERATOR_CONNECT));
    /* the other service has no numbers */
    assert_says(put_account(w, CONTOSO(ZOOM)), "");
    /* the number stays, but parked */
    assert_says(put_number(w, NUMBER("+15550001", "")), "");
    assert_says(put_account(w, "{'name':'contoso'}"), "");
}

static void test_account_put__refuses_another_tenant_while_teams_numbers_exist(void **state)
{
    struct world *w = *state;
    assert_says(put_account(w, CONTOSO(TENANT "," ZOOM "," OC("true", "false"))), "");
    assert_says(put_number(w, NUMBER("+15550001", "'zoomPhoneCloudPeering':{'enabled':true}")), "");
    assert_says(put_account(w, CONTOSO(TENANT_OTHER "," ZOOM "," OC("true", "false"))), "");
    assert_says(put_account(w, CONTOSO(TENANT "," ZOOM "," OC("true", "false"))), "");
    assert_says(put_number(w, NUMBER("+15550002", "'teamsOperatorConnect':{'enabled':true}")), "");
    assert_says(put_account(w, CONTOSO(TENANT_OTHER "," ZOOM "," OC("true", "false"))),
                "conflict TenantInUse serviceDetails.teamsTenantId");
    assert_says(put_account(w, CONTOSO(ZOOM "," OC("true", "false"))),
                "conflict TenantInUse serviceDetails.teamsTenantId");
    /* another way to write the same one */
    assert_says(put_account(w, CONTOSO(TENANT_LOWER "," ZOOM "," OC("true", "false"))), "");
    assert_true(str_eq(read_account(w, "contoso")->services->teams_tenant_id,
                       STR("aaaaaaaa-0000-4000-8000-00000000000a")));
    assert_says(delete_number(w, "contoso", 15550002), "");
    assert_says(put_account(w, CONTOSO(TENANT_OTHER "," ZOOM "," OC("true", "false"))), "");
}

static void test_account_put__refuses_a_first_tenant_while_teams_numbers_exist(void **state)
{
    struct world *w = *state;
    assert_says(put_account(w, CONTOSO(PM("true", "false"))), "");
    assert_says(put_number(w, NUMBER("+15550001", "'teamsPhoneMobile':{'enabled':true}")), "");
    assert_says(put_account(w, CONTOSO(TENANT "," PM("true", "false"))),
                "conflict TenantInUse serviceDetails.teamsTenantId");
}

static void test_account_put__refuses_a_subdomain_that_is_taken(void **state)
{
    struct world *w = *state;
    static const char says[] =
        "conflict SubdomainInUse serviceDetails.teamsDirectRouting.configuration.subdomain";
    assert_says(put_account(w, CONTOSO(DR("Label", "one", "true"))), "");
    assert_says(put_account(w, "{'name':'other','serviceDetails':{" DR("Label", "one", "true") "}}"), says);
    assert_says(put_account(w, "{'name':'other','serviceDetails':{" DR("lABEL", "one", "true") "}}"), says);
    assert_says(put_account(w, "{'name':'other','serviceDetails':{" DR("label2", "one", "true") "}}"), "");
    assert_says(put_account(w, "{'name':'other','serviceDetails':{" DR("label", "one", "true") "}}"), says);
    /* its own, written another way */
    assert_says(put_account(w, CONTOSO(DR("label", "one", "true"))), "");
    /* free once the holder has another */
    assert_says(put_account(w, CONTOSO(DR("label3", "one", "true"))), "");
    assert_says(put_account(w, "{'name':'other','serviceDetails':{" DR("label", "one", "true") "}}"), "");
    assert_says(delete_account(w, "other", false), "");
    assert_says(put_account(w, CONTOSO(DR("LABEL", "one", "true"))), "");
}

static void test_account_put__refuses_a_full_name_over_48_characters(void **state)
{
    static const char says[] =
        "invalid SubdomainTooLong serviceDetails.teamsDirectRouting.configuration.subdomain";
    struct world *w = *state;
    w->facts.base_domain = STR("0123456789012345.commsgw.example1"); /* 33: leaves room for 10 */
    assert_says(put_account(w, CONTOSO(DR("0123456789", "one", "true"))), "");
    w->facts.base_domain = STR("0123456789012345.commsgw.example12");
    assert_says(put_account(w, CONTOSO(DR("012345678", "one", "true"))), "");
    assert_says(put_account(w, CONTOSO(DR("0123456789", "one", "true"))), says);
    assert_true(
        str_eq(service_of(read_account(w, "contoso"), SERVICE_DIRECT_ROUTING)->configuration->subdomain,
               STR("012345678")));
}

static void test_account_put__names_all_findings_and_400_before_409(void **state)
{
    struct world *w = *state;
    assert_says(put_account(w, CONTOSO(TENANT "," ZOOM "," OC("true", "false"))), "");
    assert_says(put_account(w, "{'name':'other','serviceDetails':{" DR("label", "one", "true") "}}"), "");
    assert_says(
        put_number(
            w, NUMBER("+15550001",
                      "'zoomPhoneCloudPeering':{'enabled':true},'teamsOperatorConnect':{'enabled':true}")),
        "");
    assert_says(put_account(w, CONTOSO(DR("label", "one", "true"))),
                "conflict ServiceInUse serviceDetails.teamsOperatorConnect.enabled, "
                "ServiceInUse serviceDetails.zoomPhoneCloudPeering.enabled, "
                "TenantInUse serviceDetails.teamsTenantId, "
                "SubdomainInUse serviceDetails.teamsDirectRouting.configuration.subdomain");
    w->facts.base_domain = STR("a-very-long-base-domain.that-leaves-no.room.example");
    assert_says(put_account(w, CONTOSO(PM("true", "true") "," DR("label", "one", "true"))),
                "invalid TenantRequired serviceDetails.teamsTenantId, "
                "SubdomainTooLong serviceDetails.teamsDirectRouting.configuration.subdomain");
}

/* ---- status ---- */

static void test_account_put__says_how_the_sync_stands(void **state)
{
    static const struct {
        const char *details;
        bool backend;
        enum provisioning_status status;
    } cases[] = {
        {CONTOSO(TENANT), true, PROVISIONING_SYNCED},
        {CONTOSO(TENANT "," OC("true", "false")), true, PROVISIONING_SYNCED},
        {CONTOSO(TENANT "," OC("false", "true")), true, PROVISIONING_SYNCED},
        {CONTOSO(TENANT ",'zoomPhoneCloudPeering':{'enabled':true,'syncEnabled':true}"), true,
         PROVISIONING_SYNCED},
        {CONTOSO(TENANT "," OC("true", "true")), true, PROVISIONING_PENDING},
        {CONTOSO(TENANT "," PM("true", "true")), true, PROVISIONING_PENDING},
        {CONTOSO(TENANT "," OC("true", "true")), false, PROVISIONING_FAILED},
        {CONTOSO(TENANT "," OC("true", "false")), false, PROVISIONING_SYNCED},
    };
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        w->facts.backend_configured = cases[i].backend;
        struct outcome out = put_account(w, cases[i].details);
        assert_case_says(out, "", i);
        const struct account *account = read_account(w, "contoso");
        if (out.account->provisioning_status != cases[i].status ||
            account->provisioning_status != cases[i].status) {
            fail_msg("case %zu: status %d and %d instead of %d", i, (int)out.account->provisioning_status,
                     (int)account->provisioning_status, (int)cases[i].status);
        }
        assert_int_equal(account->provisioning_errors.count, cases[i].status == PROVISIONING_FAILED);
    }
}

static void test_account_put__says_why_it_failed(void **state)
{
    struct world *w = *state;
    assert_says(put_account(w, CONTOSO(TENANT "," PM("true", "true"))), "");
    const struct account *account = read_account(w, "contoso");
    const struct wire_error *error = account->provisioning_errors.items;
    assert_int_equal(account->provisioning_errors.count, 1);
    assert_true(str_eq(error->code, STR("BackendNotConfigured")));
    assert_true(str_eq(error->target, STR("serviceDetails.teamsPhoneMobile")));
    assert_true(error->message.n > 0);
}

static void test_account_put__keeps_what_the_back_end_said_when_nothing_changes(void **state)
{
    struct world *w = *state;
    w->facts.backend_configured = true;
    assert_says(put_account(w, CONTOSO(TENANT "," OC("true", "true"))), "");
    given_account_status(w, "contoso", PROVISIONING_SYNCED, SUBDOMAIN_ABSENT);
    assert_says(put_account(w, CONTOSO(TENANT "," OC("true", "true"))), "");
    assert_int_equal(read_account(w, "contoso")->provisioning_status, PROVISIONING_SYNCED);
    assert_int_equal(audit_count(w), 1);
    /* a change is told again */
    assert_says(put_account(w, CONTOSO(TENANT "," OC("true", "true") "," ZOOM)), "");
    assert_int_equal(read_account(w, "contoso")->provisioning_status, PROVISIONING_PENDING);
}

static void test_account_put__tries_again_after_a_failure(void **state)
{
    struct world *w = *state;
    assert_says(put_account(w, CONTOSO(TENANT "," OC("true", "true"))), "");
    assert_int_equal(read_account(w, "contoso")->provisioning_status, PROVISIONING_FAILED);
    assert_says(put_account(w, CONTOSO(TENANT "," OC("true", "true"))), "");
    assert_int_equal(audit_count(w), 1);
    w->facts.backend_configured = true;
    assert_says(put_account(w, CONTOSO(TENANT "," OC("true", "true"))), "");
    const struct account *account = read_account(w, "contoso");
    assert_int_equal(account->provisioning_status, PROVISIONING_PENDING);
    assert_int_equal(account->provisioning_errors.count, 0);
    assert_int_equal(outbox_seq(w, OUTBOX_SYNC, "contoso"), 2);
}

static void test_account_put__keeps_the_subdomain_status_while_label_and_tokens_stay(void **state)
{
    static const struct {
        const char *details;
        enum subdomain_status status;
    } cases[] = {
        {CONTOSO(DR("label", "one", "true")), SUBDOMAIN_PROVISIONED},
        {CONTOSO(DR("label", "one", "false")), SUBDOMAIN_PROVISIONED},
        {CONTOSO(TENANT "," DR("Label", "one", "true")), SUBDOMAIN_PROVISIONED},
        {CONTOSO(DR("label2", "one", "true")), SUBDOMAIN_NOT_PROVISIONED},
        {CONTOSO(DR("label", "another", "true")), SUBDOMAIN_NOT_PROVISIONED},
        {CONTOSO(
             "'teamsDirectRouting':{'enabled':true,'syncEnabled':false,'configuration':{'callScreening':true,"
             "'subdomain':'label','subdomainTokens':{'region1Token':'one','region2Token':'another'}}}"),
         SUBDOMAIN_NOT_PROVISIONED},
        {CONTOSO("'teamsDirectRouting':{'enabled':true,'syncEnabled':false}"), SUBDOMAIN_NOT_PROVISIONED},
    };
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_case_says(put_account(w, CONTOSO(DR("label", "one", "true"))), "", i);
        given_account_status(w, "contoso", PROVISIONING_SYNCED, SUBDOMAIN_PROVISIONED);
        assert_case_says(put_account(w, cases[i].details), "", i);
        enum subdomain_status status =
            service_of(read_account(w, "contoso"), SERVICE_DIRECT_ROUTING)->subdomain_status;
        if (status != cases[i].status) {
            fail_msg("case %zu: %d instead of %d", i, (int)status, (int)cases[i].status);
        }
        assert_says(delete_account(w, "contoso", false), "");
    }
}

/* ---- who shall look ---- */

static void test_account_put__tells_sync_and_dns_before_and_after(void **state)
{
    struct world *w = *state;
    assert_says(put_account(w, "{'name':'contoso'}"), "");
    assert_int_equal(outbox_seq(w, OUTBOX_SYNC, "contoso"), 0);
    assert_int_equal(outbox_seq(w, OUTBOX_DNS, "contoso"), 0);
    assert_says(put_account(w, CONTOSO(TENANT "," OC("true", "true"))), "");
    assert_int_equal(outbox_seq(w, OUTBOX_SYNC, "contoso"), 1);
    assert_int_equal(outbox_seq(w, OUTBOX_DNS, "contoso"), 0);
    assert_says(put_account(w, CONTOSO(DR("label", "one", "true"))), "");
    assert_int_equal(outbox_seq(w, OUTBOX_SYNC, "contoso"), 2);
    assert_int_equal(outbox_seq(w, OUTBOX_DNS, "contoso"), 1);
    assert_says(put_account(w, "{'name':'contoso'}"), "");
    assert_int_equal(outbox_seq(w, OUTBOX_SYNC, "contoso"), 2);
    assert_int_equal(outbox_seq(w, OUTBOX_DNS, "contoso"), 2);
}

static void test_account__leaves_an_audit_row_for_each_change(void **state)
{
    struct world *w = *state;
    assert_says(put_account(w, "{'name':'contoso'}"), "");
    const struct audit_row *row = audit_newest(w);
    assert_int_equal(row->action, AUDIT_CREATE);
    assert_int_equal(row->kind, AUDIT_ACCOUNT);
    assert_true(str_absent(row->before));
    assert_true(str_contains(row->after, STR("\"name\":\"contoso\"")));
    assert_true(str_eq(row->account, STR("contoso")) && str_eq(row->key, STR("contoso")));
    assert_true(str_eq(row->caller, STR("tenant/client")) && str_eq(row->name, STR("bss")));
    assert_true(str_eq(row->from, STR("192.0.2.7")) && str_eq(row->operation_id, STR("operation-1")));
    assert_true(str_eq(row->request_id, STR("request-1")) && str_eq(row->client_request_id, STR("client-1")));
    assert_int_equal(row->at.ms, w->now.ms);
    assert_says(put_account(w, CONTOSO(ZOOM)), "");
    row = audit_newest(w);
    assert_int_equal(row->action, AUDIT_REPLACE);
    assert_false(str_contains(row->before, STR("zoom")));
    assert_true(str_contains(row->after, STR("zoom")));
    assert_says(delete_account(w, "contoso", false), "");
    row = audit_newest(w);
    assert_int_equal(row->action, AUDIT_DELETE);
    assert_true(str_contains(row->before, STR("zoom")));
    assert_true(str_absent(row->after));
    assert_int_equal(audit_count(w), 3);
}

static void test_account__leaves_nothing_of_a_refused_change(void **state)
{
    struct world *w = *state;
    assert_says(put_account(w, CONTOSO(TENANT)), "");
    assert_says(put_account(w, CONTOSO(OC("true", "true"))),
                "invalid TenantRequired serviceDetails.teamsTenantId");
    assert_int_equal(audit_count(w), 1);
    assert_int_equal(outbox_seq(w, OUTBOX_SYNC, "contoso"), 0);
    assert_false(str_absent(read_account(w, "contoso")->services->teams_tenant_id));
}

/* ---- little memory ---- */

static struct outcome put_all(struct world *w)
{
    return put_account(w, CONTOSO(TENANT "," OC("true", "true") "," ZOOM "," DR("label", "one", "true")));
}

static void test_account_put__says_when_memory_is_short(void **state)
{
    struct world *w = *state;
    assert_says(put_account(w, CONTOSO(TENANT "," DR("other", "one", "true"))), "");
    check_small_arenas(w, put_all);
}

static struct outcome delete_all(struct world *w)
{
    return delete_account(w, "contoso", true);
}

static void test_account_delete__says_when_memory_is_short(void **state)
{
    struct world *w = *state;
    assert_says(put_all(w), "");
    assert_says(put_number(w, NUMBER("+15550001", "'zoomPhoneCloudPeering':{'enabled':true}")), "");
    check_small_arenas(w, delete_all);
}

/* ---- preconditions ---- */

static void test_account_put__judges_preconditions(void **state)
{
    struct world *w = *state;
    struct precondition any = if_match_any(), none = if_none_match_any();
    w->pre = &any;
    assert_says(put_account(w, "{'name':'contoso'}"), "conflict PreconditionFailed");
    w->pre = &none;
    struct outcome out = put_account(w, "{'name':'contoso'}");
    assert_says(out, "");
    w->pre = &none;
    assert_says(put_account(w, CONTOSO(ZOOM)), "conflict PreconditionFailed");
    struct precondition mine = if_match(w, account_etag(out.account));
    w->pre = &mine;
    assert_says(put_account(w, CONTOSO(ZOOM)), "");
    w->pre = &mine;
    assert_says(put_account(w, CONTOSO(TENANT)), "conflict PreconditionFailed");
    /* before the rules */
    w->pre = &mine;
    assert_says(put_account(w, CONTOSO(OC("true", "true"))), "conflict PreconditionFailed");
}

static void test_account_delete__judges_preconditions(void **state)
{
    struct world *w = *state;
    struct precondition any = if_match_any(), none = if_none_match_any();
    w->pre = &any;
    assert_says(delete_account(w, "contoso", false), "conflict PreconditionFailed");
    w->pre = &none;
    assert_says(delete_account(w, "contoso", false), "");
    struct outcome out = put_account(w, "{'name':'contoso'}");
    struct precondition mine = if_match(w, account_etag(out.account));
    assert_says(put_account(w, CONTOSO(ZOOM)), "");
    w->pre = &mine;
    assert_says(delete_account(w, "contoso", false), "conflict PreconditionFailed");
    w->pre = &any;
    assert_says(delete_account(w, "contoso", false), "");
}

/* ---- delete ---- */

static void test_account_delete__of_an_absent_one_is_fine(void **state)
{
    struct world *w = *state;
    assert_says(delete_account(w, "contoso", false), "");
    assert_int_equal(audit_count(w), 0);
}

static void test_account_delete__takes_numbers_only_when_asked(void **state)
{
    struct world *w = *state;
    assert_says(put_account(w, CONTOSO(ZOOM)), "");
    assert_says(put_account(w, "{'name':'other'}"), "");
    assert_says(put_number(w, NUMBER("+15550001", "'zoomPhoneCloudPeering':{'enabled':true}")), "");
    assert_says(put_number(w, NUMBER("+15550002", "")), "");
    assert_says(put_number(w, "{'telephoneNumber':'+15550003','accountName':'other','serviceDetails':{}}"),
                "");
    assert_says(seed_address(w, "contoso", "{'id':'home','defaultLocationId':'l'}"), "");
    size_t rows = audit_count(w);
    assert_says(delete_account(w, "contoso", false), "conflict AccountNotEmpty");
    assert_non_null(read_account(w, "contoso"));
    assert_says(delete_account(w, "contoso", true), "");
    assert_null(read_account(w, "contoso"));
    assert_null(read_number(w, 15550001));
    assert_null(read_number(w, 15550002));
    assert_null(read_address(w, "contoso", "home"));
    assert_non_null(read_number(w, 15550003));
    assert_int_equal(audit_count(w), rows + 3);
    assert_int_equal(read_counts(w, "contoso").all, 0);
    assert_int_equal(read_counts(w, "other").all, 1);
    /* the name starts anew */
    assert_says(put_account(w, CONTOSO(ZOOM)), "");
    assert_int_equal(service_of(read_account(w, "contoso"), SERVICE_ZOOM)->number_count, 0);
}

static void test_account_delete__refuses_parked_numbers_too(void **state)
{
    struct world *w = *state;
    assert_says(put_account(w, "{'name':'contoso'}"), "");
    assert_says(put_number(w, NUMBER("+15550001", "")), "");
    assert_says(delete_account(w, "contoso", false), "conflict AccountNotEmpty");
}

static void put_many(struct world *w, size_t first, size_t count)
{
    struct str text = STR("");
    for (size_t i = 0; i < count; i++) {
        text = arena_printf(w->mem,
                            "%" STR_FMT "%s" NUMBER("+1555%04zu", "'teamsOperatorConnect':{'enabled':true}"),
                            STR_ARG(text), i > 0 ? "," : "", first + i);
    }
    assert_says(
        put_numbers(w, "contoso",
                    arena_cstr(w->mem, arena_printf(w->mem, "{'numbers':[%" STR_FMT "]}", STR_ARG(text)))),
        "");
}

static void test_account_delete__goes_through_many_numbers_in_slices(void **state)
{
    struct world *w = *state;
    assert_says(put_account(w, CONTOSO(TENANT "," OC("true", "true"))), "");
    for (size_t i = 0; i < 2 * LIMIT_PAGE + 100; i += 100) {
        put_many(w, i, 100);
    }
    size_t rows = audit_count(w);
    given_assigned(w, 15551099); /* in the last slice */
    assert_says(delete_account(w, "contoso", true), "conflict NumberAssigned");
    assert_int_equal(read_counts(w, "contoso").all, 2 * LIMIT_PAGE + 100);
    assert_non_null(read_number(w, 15550000));
    assert_int_equal(audit_count(w), rows);
    /* no longer the back end's business */
    assert_says(put_account(w, CONTOSO(TENANT "," OC("true", "false"))), "");
    assert_says(delete_account(w, "contoso", true), "");
    assert_null(read_number(w, 15550000));
    assert_null(read_number(w, 15551099));
    assert_int_equal(audit_count(w), rows + 1 + 2 * LIMIT_PAGE + 100 + 1);
}

static void test_account_delete__refuses_more_than_100000_numbers(void **state)
{
    struct world *w = *state;
    assert_says(put_account(w, "{'name':'contoso'}"), "");
    given_counts(w, "contoso", LIMIT_ACCOUNT_DELETE + 1);
    assert_says(delete_account(w, "contoso", false), "conflict AccountNotEmpty");
    assert_says(delete_account(w, "contoso", true), "conflict AccountTooLarge");
    given_counts(w, "contoso", -1);
    assert_says(delete_account(w, "contoso", true), "");
}

static void test_account_delete__tells_sync_and_dns(void **state)
{
    struct world *w = *state;
    assert_says(put_account(w, CONTOSO(TENANT "," OC("true", "true") "," DR("label", "one", "true"))), "");
    assert_says(delete_account(w, "contoso", false), "");
    assert_int_equal(outbox_seq(w, OUTBOX_SYNC, "contoso"), 2);
    assert_int_equal(outbox_seq(w, OUTBOX_DNS, "contoso"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_account_put__creates_then_replaces),
        TEST(test_account_put__takes_names_that_differ_in_letter_case_as_two),
        TEST(test_account_put__keeps_the_revision_when_nothing_changes),
        TEST(test_account_put__never_repeats_a_revision_of_a_deleted_one),
        TEST(test_account_put__answers_with_number_counts),
        TEST(test_account_put__needs_a_tenant_to_sync),
        TEST(test_account_put__refuses_to_disable_a_service_in_use),
        TEST(test_account_put__refuses_another_tenant_while_teams_numbers_exist),
        TEST(test_account_put__refuses_a_first_tenant_while_teams_numbers_exist),
        TEST(test_account_put__refuses_a_subdomain_that_is_taken),
        TEST(test_account_put__refuses_a_full_name_over_48_characters),
        TEST(test_account_put__names_all_findings_and_400_before_409),
        TEST(test_account_put__says_how_the_sync_stands),
        TEST(test_account_put__says_why_it_failed),
        TEST(test_account_put__keeps_what_the_back_end_said_when_nothing_changes),
        TEST(test_account_put__tries_again_after_a_failure),
        TEST(test_account_put__keeps_the_subdomain_status_while_label_and_tokens_stay),
        TEST(test_account_put__tells_sync_and_dns_before_and_after),
        TEST(test_account__leaves_an_audit_row_for_each_change),
        TEST(test_account__leaves_nothing_of_a_refused_change),
        TEST(test_account_put__says_when_memory_is_short),
        TEST(test_account_delete__says_when_memory_is_short),
        TEST(test_account_put__judges_preconditions),
        TEST(test_account_delete__judges_preconditions),
        TEST(test_account_delete__of_an_absent_one_is_fine),
        TEST(test_account_delete__takes_numbers_only_when_asked),
        TEST(test_account_delete__refuses_parked_numbers_too),
        TEST(test_account_delete__goes_through_many_numbers_in_slices),
        TEST(test_account_delete__refuses_more_than_100000_numbers),
        TEST(test_account_delete__tells_sync_and_dns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
