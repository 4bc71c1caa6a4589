#include "given.h"

static void test_model_write__has_what_replies_always_have(void **state)
{
    const struct account_service direct_routing = {.enabled = true};
    const struct account_service call_protection = {.number_count = 7};
    const struct account_services services = {
        .of = {[SERVICE_DIRECT_ROUTING] = &direct_routing, [SERVICE_CALL_PROTECTION] = &call_protection}};
    const struct account account = {
        .provisioning_status = PROVISIONING_SYNCED, .name = STR("a"), .services = &services};
    assert_string_equal(
        quoted(*state, model_json(&schema_account, &account, *state)),
        "{'serviceProvisioningStatus':'synced','serviceProvisioningErrors':[],'name':'a','serviceDetails':"
        "{'teamsDirectRouting':{'syncEnabled':false,'enabled':true,'numberCount':0,'subdomainStatus':"
        "'notProvisioned'},'azureOperatorCallProtection':{'enabled':false,'numberCount':7}}}");
}

static void test_model_write__leaves_out_what_is_absent(void **state)
{
    const struct number_teams_config config = {.usage = STR("u")};
    const struct number_service service = {.enabled = true, .configuration = &config};
    const struct number_services services = {.of = {[SERVICE_PHONE_MOBILE] = &service}};
    const struct number number = {
        .telephone_number = 14255550100, .account_name = STR("a"), .services = &services};
    assert_string_equal(
        quoted(*state, model_json(&schema_number, &number, *state)),
        "{'serviceProvisioningErrors':[],'telephoneNumber':'+14255550100','accountName':'a','serviceDetails':"
        "{'teamsPhoneMobile':{'enabled':true,'configuration':{'usage':'u','choosableCapabilities':[],"
        "'allowTenantAddressUpdate':false}}}}");
}

static void test_model_write__writes_required_fields_of_an_empty_struct(void **state)
{
    static const struct {
        const struct schema *schema;
        const char *json;
    } cases[] = {
        {&schema_error_response, "{'error':{}}"},
        {&schema_capability_plans, "{'capabilityPlans':[]}"},
        {&schema_available_capabilities, "{'availableCapabilities':[]}"},
        {&schema_identifier_batch, "{'numbers':[]}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        void *value = arena_alloc(*state, cases[i].schema->size);
        assert_string_equal(quoted(*state, model_json(cases[i].schema, value, *state)), cases[i].json);
    }
}

static void test_model_write__writes_errors_with_their_causes(void **state)
{
    const struct inner_error inner = {STR("i"), NULL};
    const struct wire_error detail = {.code = STR("d"), .message = STR("\"\n"), .target = STR("t")};
    const struct wire_error error = {STR("c"), STR("m"), STR_NONE, {&detail, 1}, &inner};
    const struct error_response response = {&error};
    assert_string_equal(
        quoted(*state, model_json(&schema_error_response, &response, *state)),
        "{'error':{'code':'c','message':'m','details':[{'code':'d','message':'\\'\\n','target':'t'}],"
        "'innererror':{'code':'i'}}}");
}

#define COMMON                                                                                               \
    "'serviceProvisioningStatus':'pending','serviceProvisioningErrors':[{'code':'c','message':'m','target':" \
    "'t'}]"
#define CONFIG                                                                                               \
    "{'usage':'u','choosableCapabilities':['a','b'],'acquiredCapabilities':[],'availableCapabilities':['c']" \
    ","                                                                                                      \
    "'additionalUsages':['d'],'civicAddressId':'e','locationId':'f','allowTenantAddressUpdate':true,"        \
    "'displayedCountryCode':'DE'}"

/* Every field of every resource, so that a row that reads or writes the wrong member is found. */
static void test_model_write__gives_back_every_field_that_was_loaded(void **state)
{
    static const struct {
        const struct schema *schema;
        const char *json;
    } cases[] = {
        {&schema_account,
         "{" COMMON ",'name':'n','correlationId':'c','serviceDetails':{'teamsTenantId':'t',"
         "'teamsOperatorConnect':{'syncEnabled':true,'enabled':false,'numberCount':1},"
         "'teamsDirectRouting':{'syncEnabled':false,'enabled':true,'numberCount':2,'configuration':"
         "{'callScreening':true,'subdomain':'s','subdomainTokens':{'region1Token':'MS=1','region2Token':"
         "'MS=2'}},'subdomainStatus':'inconsistent'},"
         "'teamsPhoneMobile':{'syncEnabled':true,'enabled':true,'numberCount':3},"
         "'zoomPhoneCloudPeering':{'syncEnabled':false,'enabled':false,'numberCount':4},"
         "'azureOperatorCallProtection':{'enabled':true,'numberCount':9223372036854775807}}}"},
        {&schema_number,
         "{" COMMON ",'telephoneNumber':'+14255550100','accountName':'n','serviceDetails':{"
         "'teamsOperatorConnect':{'enabled':true,'assignmentStatus':'assigned','configuration':" CONFIG "},"
         "'teamsDirectRouting':{'enabled':false},"
         "'teamsPhoneMobile':{'enabled':false,'assignmentStatus':'unassigned','configuration':" CONFIG "},"
         "'zoomPhoneCloudPeering':{'enabled':true},'azureOperatorCallProtection':{'enabled':true}},"
         "'configuration':{'customSipHeader':'h'}}"},
        {&schema_rfi,
         "{" COMMON ",'id':'i','tenantId':'12345678-90ab-CDEF-1234-567890abcdef','accountName':'n',"
         "'productContext':'teams','operatorId':'o','status':'suspended','consentedOn':'2024-02-29T12:00:00."
         "000Z',"
         "'lastModifiedOn':'2024-02-29T12:00:00.123Z','consentedCountries':['DE'],'contacts':[{'fullName':'f'"
         ","
         "'email':'e','telephoneNumber':'+49 "
         "30','companyName':'c','companySize':'s'}],'customerRelationship':"
         "{'status':'s','lastModifiedOn':'2024-02-29T12:00:00.000Z','comment':'ü'}}"},
        {&schema_civic_address, "{'id':'1','country':'2','houseNumber':'3','houseNumberSuffix':'4','"
                                "preDirectional':'5','streetName':'6',"
                                "'streetSuffix':'7','postDirectional':'8','stateOrProvince':'9','"
                                "countyOrDistrict':'10','cityOrTown':'11',"
                                "'cityOrTownAlias':'12','postalOrZipCode':'13','description':'14','"
                                "companyName':'15','companyId':'16',"
                                "'defaultLocationId':'17','validationStatus':'notValidated','tenantId':'18','"
                                "partnerId':'19','locations':[{'id':'l',"
                                "'civicAddressId':'1','description':'d','additionalInfo':'a','isDefault':"
                                "true,'elin':'e'}],'latitude':'20',"
                                "'longitude':'21'}"},
        {&schema_capability_plans,
         "{'capabilityPlans':[{'name':'n','offerTypes':['o'],'usage':'u','mandatoryCapabilities':['m'],"
         "'choosableCapabilities':['c'],'supportsTollFree':true}]}"},
        {&schema_available_capabilities, "{'availableCapabilities':['a','b']}"},
        {&schema_identifiers,
         "{'numbers':[{'telephoneNumber':'+12'},{'telephoneNumber':'+123456789012345'}]}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        void *value = arena_alloc(*state, cases[i].schema->size);
        if (model_load(cases[i].schema, given_json(*state, cases[i].json), *state, value, &err) != RC_OK) {
            fail_msg("case %zu: %s: %s", i, err.field, err.msg);
        }
        assert_string_equal(quoted(*state, model_json(cases[i].schema, value, *state)), cases[i].json);
    }
}

static void test_service_json_name__is_the_field_of_the_service(void **state)
{
    (void)state;
    const struct schema *of_account = schema_field(&schema_account, STR("serviceDetails"))->schema;
    const struct schema *of_number = schema_field(&schema_number, STR("serviceDetails"))->schema;
    for (int i = 0; i < SERVICE_COUNT; i++) {
        struct str name = str_of(service_json_name((enum service)i));
        assert_int_equal(schema_field(of_account, name)->offset, offsetof(struct account_services, of[i]));
        assert_int_equal(schema_field(of_number, name)->offset, offsetof(struct number_services, of[i]));
    }
}

static void test_account_enables__is_false_where_nothing_is(void **state)
{
    (void)state;
    const struct account_service on = {.enabled = true}, off = {.enabled = false};
    const struct account_services services = {.of = {[SERVICE_ZOOM] = &on, [SERVICE_PHONE_MOBILE] = &off}};
    const struct account with = {.services = &services}, without = {.services = NULL};
    const struct number no_number_services = {.services = NULL};
    assert_true(account_enables(&with, SERVICE_ZOOM));
    assert_false(account_enables(&with, SERVICE_PHONE_MOBILE));
    assert_false(account_enables(&with, SERVICE_DIRECT_ROUTING));
    assert_false(account_enables(&without, SERVICE_ZOOM));
    assert_false(number_enables(&no_number_services, SERVICE_ZOOM));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_model_write__has_what_replies_always_have),
        TEST(test_model_write__leaves_out_what_is_absent),
        TEST(test_model_write__writes_required_fields_of_an_empty_struct),
        TEST(test_model_write__writes_errors_with_their_causes),
        TEST(test_model_write__gives_back_every_field_that_was_loaded),
        TEST(test_service_json_name__is_the_field_of_the_service),
        TEST(test_account_enables__is_false_where_nothing_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
