#include "world.h"

#define TENANT       "AAAAAAAA-0000-4000-8000-00000000000A"
#define TENANT_LOWER "aaaaaaaa-0000-4000-8000-00000000000a"
#define SEED                                                                                                 \
    "{'id':'rfi-1','tenantId':'" TENANT "','productContext':'teams','operatorId':'op','status':'active',"    \
    "'consentedOn':'2024-01-02T03:04:05.000Z','lastModifiedOn':'2024-01-02T03:04:05.000Z',"                  \
    "'consentedCountries':['US','UK'],'contacts':[{'fullName':'A','email':'a@contoso.example'}]}"
#define RELATION(members) "{'customerRelationship':{" members "}}"

static struct world *with_rfi(void **state)
{
    struct world *w = *state;
    w->actor.way = ACTOR_COMMAND;
    assert_says(seed_rfi(w, SEED), "");
    w->actor.way = ACTOR_API;
    return w;
}

static const struct customer_relationship *relationship(struct world *w)
{
    const struct rfi *rfi = read_rfi(w, TENANT);
    assert_non_null(rfi);
    return rfi->customer_relationship;
}

/* ---- patch ---- */

static void test_rfi_patch__of_an_unknown_tenant_is_refused(void **state)
{
    assert_says(patch_rfi(*state, TENANT, RELATION("'status':'ConsentAcknowledged'")),
                "not found RequestForInformationNotFound");
}

static void test_rfi_patch__finds_the_tenant_in_any_letter_case(void **state)
{
    struct world *w = with_rfi(state);
    struct outcome out = patch_rfi(w, TENANT_LOWER, RELATION("'status':'ConsentAcknowledged'"));
    assert_says(out, "");
    assert_true(str_eq(out.rfi->tenant_id, STR(TENANT)));
    assert_true(str_eq(relationship(w)->status, STR("ConsentAcknowledged")));
}

static void test_rfi_patch__merges(void **state)
{
    struct world *w = with_rfi(state);
    assert_says(patch_rfi(w, TENANT, RELATION("'status':'InDiscussion','comment':'called'")), "");
    assert_int_equal(relationship(w)->last_modified_on.ms, w->now.ms);
    w->now.ms += 5000;
    assert_says(patch_rfi(w, TENANT, RELATION("'status':'OptedOut'")), "");
    assert_true(str_eq(relationship(w)->comment, STR("called")));
    assert_int_equal(relationship(w)->last_modified_on.ms, w->now.ms);
    assert_says(patch_rfi(w, TENANT, RELATION("'comment':null")), "");
    assert_true(str_absent(relationship(w)->comment));
    assert_true(str_eq(relationship(w)->status, STR("OptedOut")));
    assert_says(patch_rfi(w, TENANT, "{'customerRelationship':null}"), "");
    assert_null(relationship(w));
}

static void test_rfi_patch__changes_nothing_else(void **state)
{
    struct world *w = with_rfi(state);
    assert_says(patch_rfi(w, TENANT,
                          "{'id':'other','status':'removed','customerRelationship':{'status':'x',"
                          "'lastModifiedOn':'2001-01-01T00:00:00Z'}}"),
                "");
    const struct rfi *rfi = read_rfi(w, TENANT);
    assert_true(str_eq(rfi->id, STR("rfi-1")));
    assert_int_equal(rfi->status, CONSENT_ACTIVE);
    assert_int_equal(rfi->consented_countries.count, 2);
    assert_int_equal(rfi->customer_relationship->last_modified_on.ms, w->now.ms);
    assert_says(patch_rfi(w, TENANT, RELATION("'status':5")),
                "invalid InvalidType customerRelationship.status");
}

static void test_rfi_patch__needs_a_comment_to_turn_an_enterprise_away(void **state)
{
    static const char says[] = "invalid CommentRequired customerRelationship.comment";
    static const struct {
        const char *json, *says;
    } cases[] = {
        {RELATION("'status':'ConsentDeclined'"), says},
        {RELATION("'status':'ContractTerminated'"), says},
        {RELATION("'status':'ConsentDeclined','comment':''"), says},
        {RELATION("'status':'ConsentDeclined','comment':' '"), says},
        {RELATION("'status':'ConsentAcknowledged'"), ""},
        {RELATION("'status':'anything'"), ""},
        {RELATION("'comment':'only this'"), ""},
        {RELATION("'status':'ConsentDeclined'"), ""}, /* there is a comment by now */
        {RELATION("'comment':null"), says},
        {RELATION("'status':'ContractTerminated','comment':'moved away'"), ""},
    };
    struct world *w = with_rfi(state);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_case_says(patch_rfi(w, TENANT, cases[i].json), cases[i].says, i);
    }
}

static void test_rfi_patch__needs_the_back_end(void **state)
{
    struct world *w = with_rfi(state);
    assert_int_equal(read_rfi(w, TENANT)->provisioning_status, PROVISIONING_SYNCED);
    assert_says(patch_rfi(w, TENANT, RELATION("'status':'a'")), "");
    const struct rfi *rfi = read_rfi(w, TENANT);
    assert_int_equal(rfi->provisioning_status, PROVISIONING_FAILED);
    assert_int_equal(rfi->provisioning_errors.count, 1);
    assert_true(str_eq(((const struct wire_error *)rfi->provisioning_errors.items)->code,
                       STR("BackendNotConfigured")));
    w->facts.backend_configured = true;
    assert_says(patch_rfi(w, TENANT, RELATION("'status':'a'")), "");
    assert_int_equal(read_rfi(w, TENANT)->provisioning_status, PROVISIONING_PENDING);
    assert_int_equal(read_rfi(w, TENANT)->provisioning_errors.count, 0);
    assert_int_equal(outbox_seq(w, OUTBOX_RFI, TENANT), 2);
}

static void test_rfi_patch__keeps_the_revision_when_nothing_changes(void **state)
{
    struct world *w = with_rfi(state);
    int64_t revision = read_rfi(w, TENANT)->revision.configuration;
    size_t rows = audit_count(w);
    assert_says(patch_rfi(w, TENANT, "{}"), "");
    assert_int_equal(read_rfi(w, TENANT)->revision.configuration, revision);
    assert_int_equal(read_rfi(w, TENANT)->provisioning_status, PROVISIONING_SYNCED);
    assert_int_equal(audit_count(w), rows);
    assert_says(patch_rfi(w, TENANT, RELATION("'status':'a','comment':'b'")), "");
    w->now.ms += 5000;
    revision = read_rfi(w, TENANT)->revision.configuration;
    struct outcome out = patch_rfi(w, TENANT, RELATION("'comment':'b'"));
    assert_says(out, "");
    assert_int_equal(out.rfi->revision.configuration, revision);
    assert_int_equal(relationship(w)->last_modified_on.ms, w->now.ms - 5000);
    assert_int_equal(audit_count(w), rows + 1);
}

static void test_rfi_patch__judges_preconditions(void **state)
{
    struct world *w = with_rfi(state);
    struct precondition none = if_none_match_any();
    struct precondition mine = if_match(w, revision_etag(&read_rfi(w, TENANT)->revision));
    w->pre = &none;
    assert_says(patch_rfi(w, TENANT, RELATION("'status':'a'")), "conflict PreconditionFailed");
    w->pre = &mine;
    assert_says(patch_rfi(w, TENANT, RELATION("'status':'a'")), "");
    w->pre = &mine;
    assert_says(patch_rfi(w, TENANT, RELATION("'status':'b'")), "conflict PreconditionFailed");
}

static void test_rfi_patch__leaves_an_audit_row(void **state)
{
    struct world *w = with_rfi(state);
    assert_says(patch_rfi(w, TENANT, RELATION("'status':'a'")), "");
    const struct audit_row *row = audit_newest(w);
    assert_int_equal(row->kind, AUDIT_RFI);
    assert_int_equal(row->action, AUDIT_REPLACE);
    assert_true(str_absent(row->account));
    assert_true(str_eq(row->key, STR(TENANT)));
    assert_true(str_contains(row->after, STR("\"status\":\"a\"")) &&
                !str_contains(row->before, STR("\"status\":\"a\"")));
}

static struct outcome patch_it(struct world *w)
{
    return patch_rfi(w, TENANT, RELATION("'status':'a'"));
}

static void test_rfi_patch__says_when_memory_is_short(void **state)
{
    check_small_arenas(with_rfi(state), patch_it);
}

/* ---- seed ---- */

static void test_rfi_seed__creates_and_replaces(void **state)
{
    struct world *w = with_rfi(state);
    const struct audit_row *row = audit_newest(w);
    assert_int_equal(row->action, AUDIT_CREATE);
    assert_int_equal(row->way, ACTOR_COMMAND);
    assert_says(seed_rfi(w, SEED), "");
    assert_int_equal(audit_count(w), 1);
    assert_says(
        seed_rfi(w, "{'tenantId':'" TENANT "','status':'suspended','serviceProvisioningStatus':'pending'}"),
        "");
    assert_int_equal(audit_count(w), 2);
    assert_int_equal(read_rfi(w, TENANT)->status, CONSENT_SUSPENDED);
    assert_int_equal(read_rfi(w, TENANT)->provisioning_status, PROVISIONING_PENDING);
}

static void test_rfi_seed__shows_the_account_of_its_tenant(void **state)
{
    struct world *w = with_rfi(state);
    assert_true(str_absent(read_rfi(w, TENANT)->account_name));
    assert_says(put_account(w, "{'name':'contoso','serviceDetails':{'teamsTenantId':'" TENANT_LOWER "'}}"),
                "");
    assert_true(str_eq(read_rfi(w, TENANT)->account_name, STR("contoso")));
    size_t rows = audit_count(w);
    assert_says(seed_rfi(w, SEED), "");
    assert_int_equal(audit_count(w), rows);
}

static void test_civic_address_seed__needs_the_account(void **state)
{
    static const char home[] =
        "{'id':'Home','country':'US','defaultLocationId':'l','validationStatus':'validated',"
        "'locations':[{'id':'l','civicAddressId':'home','isDefault':true}]}";
    struct world *w = *state;
    assert_says(seed_address(w, "contoso", home), "not found AccountNotFound");
    assert_says(put_account(w, "{'name':'contoso'}"), "");
    assert_says(seed_address(w, "contoso", home), "");
    const struct audit_row *row = audit_newest(w);
    assert_int_equal(row->kind, AUDIT_CIVIC_ADDRESS);
    assert_int_equal(row->action, AUDIT_CREATE);
    assert_true(str_eq(row->account, STR("contoso")) && str_eq(row->key, STR("Home")));
    const struct civic_address *address = read_address(w, "contoso", "home");
    assert_non_null(address);
    assert_true(address->revision.configuration > 0);
    assert_int_equal(address->locations.count, 1);
    assert_says(seed_address(w, "contoso", home), "");
    assert_int_equal(audit_count(w), 2);
    assert_says(seed_address(w, "contoso", "{'id':'Home','country':'DE','defaultLocationId':'l'}"), "");
    assert_int_equal(audit_newest(w)->action, AUDIT_REPLACE);
    assert_true(str_eq(read_address(w, "contoso", "Home")->country, STR("DE")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_rfi_patch__of_an_unknown_tenant_is_refused),
        TEST(test_rfi_patch__finds_the_tenant_in_any_letter_case),
        TEST(test_rfi_patch__merges),
        TEST(test_rfi_patch__changes_nothing_else),
        TEST(test_rfi_patch__needs_a_comment_to_turn_an_enterprise_away),
        TEST(test_rfi_patch__needs_the_back_end),
        TEST(test_rfi_patch__keeps_the_revision_when_nothing_changes),
        TEST(test_rfi_patch__judges_preconditions),
        TEST(test_rfi_patch__leaves_an_audit_row),
        TEST(test_rfi_patch__says_when_memory_is_short),
        TEST(test_rfi_seed__creates_and_replaces),
        TEST(test_rfi_seed__shows_the_account_of_its_tenant),
        TEST(test_civic_address_seed__needs_the_account),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
