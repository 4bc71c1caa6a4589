#include "world.h"

#define TENANT  "aaaaaaaa-0000-4000-8000-00000000000a"
#define TENANT2 "bbbbbbbb-0000-4000-8000-00000000000b"
#define ACCOUNT(tenant, oc, oc_sync, tpm, zoom)                                                              \
    "{'name':'contoso','serviceDetails':{'teamsTenantId':'" tenant "','teamsOperatorConnect':{'enabled':" oc \
    ",'syncEnabled':" oc_sync "},'teamsPhoneMobile':{'enabled':" tpm                                         \
    ",'syncEnabled':false},'zoomPhoneCloudPeering':{'enabled':" zoom ",'syncEnabled':false}}}"
#define SYNCED   ACCOUNT(TENANT, "true", "true", "true", "true")
#define UNSYNCED ACCOUNT(TENANT, "true", "false", "true", "true")
#define NO_OC    ACCOUNT(TENANT, "false", "false", "true", "true")

#define NUMBER(number, details, more)                                                                        \
    "{'telephoneNumber':'+" number "','accountName':'contoso','serviceDetails':{" details "}" more "}"
#define OC     "'teamsOperatorConnect':{'enabled':true}"
#define OC_OFF "'teamsOperatorConnect':{'enabled':false}"
#define TPM    "'teamsPhoneMobile':{'enabled':true}"
#define ZOOM   "'zoomPhoneCloudPeering':{'enabled':true}"
#define HEADER ",'configuration':{'customSipHeader':'x'}"
#define OC_IS  "15550001" /* has Operator Connect */
#define ZOOMED "15550002" /* has Zoom alone */

#define REFUSED "denied ApiRequiredAfterLaunch "
#define ENABLED "serviceDetails.teamsOperatorConnect.enabled"

/* What a program made before; then a person comes. */
static struct world *given(void **state, const char *account)
{
    struct world *w = *state;
    w->facts.backend_configured = true;
    if (account != NULL) {
        assert_says(put_account(w, account), "");
        assert_says(put_number(w, NUMBER(ZOOMED, ZOOM, "")), "");
    }
    w->actor.is_user = true;
    w->actor.way = ACTOR_PORTAL;
    w->facts.launched[SERVICE_OPERATOR_CONNECT] = true;
    return w;
}

static struct world *given_number(void **state, const char *account)
{
    struct world *w = *state;
    assert_says(put_account(w, account), "");
    assert_says(put_number(w, NUMBER(OC_IS, OC, "")), "");
    w->actor.is_user = true;
    w->facts.launched[SERVICE_OPERATOR_CONNECT] = true;
    return w;
}

/* ---- accounts ---- */

static void test_launch__keeps_the_programmes_part_of_an_account(void **state)
{
    static const struct {
        const char *before, *after, *says;
    } cases[] = {
        {NULL, SYNCED, REFUSED ENABLED},
        {NULL, UNSYNCED, REFUSED ENABLED},
        {NULL, NO_OC, ""},
        {NULL, "{'name':'contoso'}", ""},
        {SYNCED, SYNCED, ""},
        {SYNCED, UNSYNCED, REFUSED "serviceDetails.teamsOperatorConnect.syncEnabled"},
        {SYNCED, NO_OC, REFUSED ENABLED},
        {UNSYNCED, SYNCED, REFUSED "serviceDetails.teamsOperatorConnect.syncEnabled"},
        {NO_OC, UNSYNCED, REFUSED ENABLED},
        /* The rest is anybody's. */
        {SYNCED, ACCOUNT(TENANT, "true", "true", "false", "true"), ""},
        {UNSYNCED, ACCOUNT(TENANT2, "true", "false", "true", "true"), ""},
        /* A flag without its service asks for nothing. */
        {NO_OC, ACCOUNT(TENANT, "false", "true", "true", "true"), ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        world_teardown(state);
        world_setup(state);
        struct world *w = given(state, cases[i].before);
        assert_case_says(put_account(w, cases[i].after), cases[i].says, i);
    }
}

static void test_launch__is_of_one_service_and_of_people(void **state)
{
    struct world *w = given(state, NULL);
    w->facts.launched[SERVICE_OPERATOR_CONNECT] = false;
    assert_says(put_account(w, UNSYNCED), "");
    w->facts.launched[SERVICE_PHONE_MOBILE] = true;
    assert_says(put_account(w, ACCOUNT(TENANT, "false", "false", "true", "true")), "");
    assert_says(put_account(w, ACCOUNT(TENANT, "false", "false", "false", "true")),
                REFUSED "serviceDetails.teamsPhoneMobile.enabled");
    w->actor.is_user = false;
    assert_says(put_account(w, ACCOUNT(TENANT, "false", "false", "false", "true")), "");
}

static void test_launch__invalid_comes_before_it_and_conflicts_behind(void **state)
{
    struct world *w = given(state, SYNCED);
    assert_says(put_account(w, "{'name':'contoso','serviceDetails':{'teamsPhoneMobile':{'enabled':true,"
                               "'syncEnabled':true}}}"),
                "invalid TenantRequired serviceDetails.teamsTenantId");
    assert_says(put_account(w, ACCOUNT(TENANT, "false", "false", "true", "false")), REFUSED ENABLED);
}

static void test_launch__keeps_accounts_that_have_the_service(void **state)
{
    struct world *w = given(state, UNSYNCED);
    assert_says(delete_account(w, "contoso", true), REFUSED ENABLED);
    assert_says(delete_account(w, "contoso", false), REFUSED ENABLED);
    assert_non_null(read_account(w, "contoso"));
    assert_int_equal(read_counts(w, "contoso").all, 1);
    w->actor.is_user = false;
    assert_says(put_account(w, NO_OC), "");
    w->actor.is_user = true;
    assert_says(delete_account(w, "contoso", true), "");
    assert_says(delete_account(w, "contoso", true), "");
}

/* ---- numbers ---- */

static void test_launch__keeps_numbers_that_are_synchronized(void **state)
{
    static const struct {
        const char *json, *says;
    } cases[] = {
        {NUMBER(OC_IS, OC, HEADER), REFUSED "telephoneNumber"},
        {NUMBER(OC_IS, OC_OFF, ""), REFUSED "telephoneNumber"},
        {NUMBER(OC_IS, ZOOM, ""), REFUSED "telephoneNumber"},
        {NUMBER(ZOOMED, OC, ""), REFUSED "telephoneNumber"},
        {NUMBER("15550003", OC "," ZOOM, ""), REFUSED "telephoneNumber"},
        {NUMBER(ZOOMED, ZOOM, HEADER), ""},
        {NUMBER(ZOOMED, ZOOM "," TPM, ""), ""},
        {NUMBER("15550003", OC_OFF "," ZOOM, ""), ""},
    };
    struct world *w = given_number(state, SYNCED);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        w->actor.is_user = false;
        assert_says(put_number(w, NUMBER(ZOOMED, ZOOM, "")), "");
        w->actor.is_user = true;
        assert_case_says(put_number(w, cases[i].json), cases[i].says, i);
    }
    assert_says(delete_number(w, "contoso", 15550001), REFUSED "telephoneNumber");
    assert_says(delete_number(w, "contoso", 15550002), "");
    assert_non_null(read_number(w, 15550001));
    w->actor.is_user = false;
    assert_says(put_number(w, NUMBER(OC_IS, OC, HEADER)), "");
    assert_says(delete_number(w, "contoso", 15550001), "");
}

static void test_launch__leaves_numbers_that_are_not_synchronized(void **state)
{
    struct world *w = given_number(state, UNSYNCED);
    assert_says(put_number(w, NUMBER(OC_IS, OC, HEADER)), "");
    assert_says(put_number(w, NUMBER(ZOOMED, OC, "")), "");
    assert_says(delete_number(w, "contoso", 15550001), "");
}

static void test_launch__refuses_a_batch_as_a_whole(void **state)
{
    struct world *w = given_number(state, SYNCED);
    assert_says(put_numbers(w, "contoso",
                            "{'numbers':[" NUMBER("15550004", ZOOM, "") "," NUMBER(
                                OC_IS, OC, HEADER) "," NUMBER("15550005", OC, "") "]}"),
                REFUSED "numbers[1].telephoneNumber, ApiRequiredAfterLaunch numbers[2].telephoneNumber");
    assert_null(read_number(w, 15550004));
    assert_says(put_numbers(w, "contoso", "{'numbers':[" NUMBER("15550004", ZOOM, "") "]}"), "");
    assert_says(delete_numbers(w, "contoso",
                               "{'numbers':[{'telephoneNumber':'+15550004'},{'telephoneNumber':'+" OC_IS
                               "'}]}"),
                REFUSED "numbers[1].telephoneNumber");
    assert_non_null(read_number(w, 15550004));
    assert_says(delete_numbers(w, "contoso", "{'numbers':[{'telephoneNumber':'+15550004'}]}"), "");
}

/* A service that is not launched does not shield its numbers; they may have both. */
static void test_launch__of_either_service_keeps_a_number(void **state)
{
    struct world *w = given_number(state, SYNCED);
    w->facts.launched[SERVICE_OPERATOR_CONNECT] = false;
    w->facts.launched[SERVICE_PHONE_MOBILE] = true;
    assert_says(put_number(w, NUMBER(OC_IS, OC "," TPM, "")), ""); /* TPM is not synchronized */
    w->actor.is_user = false;
    assert_says(
        put_account(w, "{'name':'contoso','serviceDetails':{'teamsTenantId':'" TENANT
                       "','teamsOperatorConnect':{'enabled':true,'syncEnabled':true},'teamsPhoneMobile':{"
                       "'enabled':true,'syncEnabled':true}}}"),
        "");
    w->actor.is_user = true;
    assert_says(put_number(w, NUMBER(OC_IS, OC, "")), REFUSED "telephoneNumber");
}

/* ---- requests for information ---- */

#define RFI                                                                                                  \
    "{'id':'rfi-1','tenantId':'" TENANT "','productContext':'teams','operatorId':'op','status':'active',"    \
    "'consentedOn':'2024-01-02T03:04:05.000Z','lastModifiedOn':'2024-01-02T03:04:05.000Z',"                  \
    "'consentedCountries':['US'],'contacts':[]}"
#define RELATION(members) "{'customerRelationship':{" members "}}"

static void test_launch__keeps_the_status_of_a_relationship(void **state)
{
    static const char refused[] = REFUSED "customerRelationship.status";
    struct world *w = *state;
    assert_says(seed_rfi(w, RFI), "");
    assert_says(patch_rfi(w, TENANT, RELATION("'status':'InDiscussion'")), "");
    w->actor.is_user = true;
    assert_says(patch_rfi(w, TENANT, RELATION("'status':'ConsentAcknowledged'")), "");
    for (enum service s = SERVICE_OPERATOR_CONNECT; s <= SERVICE_PHONE_MOBILE; s++) {
        w->facts.launched[SERVICE_OPERATOR_CONNECT] = s == SERVICE_OPERATOR_CONNECT;
        w->facts.launched[SERVICE_PHONE_MOBILE] = s == SERVICE_PHONE_MOBILE;
        assert_says(patch_rfi(w, TENANT, RELATION("'status':'InDiscussion'")), refused);
        assert_says(patch_rfi(w, TENANT, "{'customerRelationship':null}"), refused);
        assert_says(patch_rfi(w, TENANT, RELATION("'status':'ConsentAcknowledged','comment':'called'")), "");
    }
    assert_says(patch_rfi(w, TENANT, RELATION("'status':'ConsentDeclined','comment':''")),
                "invalid CommentRequired customerRelationship.comment");
    w->actor.is_user = false;
    assert_says(patch_rfi(w, TENANT, RELATION("'status':'InDiscussion'")), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_launch__keeps_the_programmes_part_of_an_account),
        TEST(test_launch__is_of_one_service_and_of_people),
        TEST(test_launch__invalid_comes_before_it_and_conflicts_behind),
        TEST(test_launch__keeps_accounts_that_have_the_service),
        TEST(test_launch__keeps_numbers_that_are_synchronized),
        TEST(test_launch__leaves_numbers_that_are_not_synchronized),
        TEST(test_launch__refuses_a_batch_as_a_whole),
        TEST(test_launch__of_either_service_keeps_a_number),
        TEST(test_launch__keeps_the_status_of_a_relationship),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
