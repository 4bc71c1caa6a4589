#include "given.h"

#define NUMBER "'telephoneNumber':'+14255550100','accountName':'contoso'"
#define DIRECT_ROUTING(config)                                                                               \
    "{'name':'contoso','serviceDetails':{'teamsDirectRouting':{'syncEnabled':false,'enabled':true,'"         \
    "configuration':" config "}}}"
#define TOKENS "'subdomainTokens':{'region1Token':'MS=ms1','region2Token':'MS=ms2'}"
#define HUNDRED                                                                                              \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define UMLAUTS                                                                                              \
    "ääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääää" /* 100 */
#define UMLAUTS_1000 UMLAUTS UMLAUTS UMLAUTS UMLAUTS UMLAUTS UMLAUTS UMLAUTS UMLAUTS UMLAUTS UMLAUTS

struct read_case {
    const struct schema *schema;
    const char *json;
    const char *findings; /* "": accepted */
};

static enum rc read_json(struct arena *mem, const struct schema *schema, const char *json, void **ret,
                         struct err *err)
{
    *ret = arena_alloc(mem, schema->size);
    return model_read(schema, given_json(mem, json), mem, *ret, err);
}

static void check_cases(struct arena *mem, const struct read_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct err err = {0};
        void *value;
        enum rc rc = read_json(mem, cases[i].schema, cases[i].json, &value, &err);
        const char *findings = rc == RC_OK ? "" : findings_of(mem, &err);
        if (strcmp(findings, cases[i].findings) != 0 || (rc != RC_OK && rc != RC_INVALID)) {
            fail_msg("case %zu: \"%s\" instead of \"%s\" for %s", i, findings, cases[i].findings,
                     cases[i].json);
        }
    }
}

static void test_model_read__judges_accounts(void **state)
{
    static const struct read_case cases[] = {
        {&schema_account, "{'name':'contoso'}", ""},
        {&schema_account, "{}", "MissingField name"},
        {&schema_account, "[]", "InvalidJson"},
        {&schema_account, "'name'", "InvalidJson"},
        {&schema_account, "null", "InvalidJson"},
        {&schema_account, "{'name':null}", "InvalidType name"},
        {&schema_account, "{'name':1}", "InvalidType name"},
        {&schema_account, "{'name':''}", "InvalidValue name"},
        {&schema_account, "{'name':'a b'}", "InvalidValue name"},
        {&schema_account, "{'name':'" HUNDRED "'}", ""},
        {&schema_account, "{'name':'" HUNDRED "a'}", "TooLong name"},
        {&schema_account, "{'name':'a','correlationId':null}", "InvalidType correlationId"},
        {&schema_account, "{'name':'a','correlationId':''}", ""},
        {&schema_account, "{'name':'a','correlationId':'" UMLAUTS_1000 "'}",
         ""}, /* characters count, not bytes */
        {&schema_account, "{'name':'a','correlationId':'" UMLAUTS_1000 UMLAUTS "'}", "TooLong correlationId"},
        {&schema_account, "{'name':'a','Name':'a'}", "UnknownField Name"},
        {&schema_account, "{'name':'a','serviceDetails':[]}", "InvalidType serviceDetails"},
        {&schema_account, "{'name':'a','serviceDetails':{}}", ""},
        {&schema_account, "{'name':'a','serviceDetails':{'zoomPhoneCloudPeering':{}}}",
         "MissingField serviceDetails.zoomPhoneCloudPeering.syncEnabled, "
         "MissingField serviceDetails.zoomPhoneCloudPeering.enabled"},
        {&schema_account, "{'name':'a','serviceDetails':{'azureOperatorCallProtection':{'enabled':true}}}",
         ""},
        {&schema_account,
         "{'name':'a','serviceDetails':{'azureOperatorCallProtection':{'enabled':true,'syncEnabled':true}}}",
         "UnknownField serviceDetails.azureOperatorCallProtection.syncEnabled"},
        {&schema_account,
         "{'name':'a','serviceDetails':{'teamsPhoneMobile':{'enabled':1,'syncEnabled':'true'}}}",
         "InvalidType serviceDetails.teamsPhoneMobile.enabled, InvalidType "
         "serviceDetails.teamsPhoneMobile.syncEnabled"},
        {&schema_account,
         DIRECT_ROUTING("{'callScreening':true,'subdomain':'contoso','"
                        "subdomainTokens':{}}"),
         "MissingField serviceDetails.teamsDirectRouting.configuration.subdomainTokens.region1Token, "
         "MissingField serviceDetails.teamsDirectRouting.configuration.subdomainTokens.region2Token"},
        {&schema_account, DIRECT_ROUTING("{'callScreening':true,'subdomain':'a234567890'," TOKENS "}"), ""},
        {&schema_account, DIRECT_ROUTING("{'callScreening':true,'subdomain':'a2345678901'," TOKENS "}"),
         "TooLong serviceDetails.teamsDirectRouting.configuration.subdomain"},
        {&schema_account, DIRECT_ROUTING("{'subdomain':'a.b'," TOKENS "}"),
         "InvalidValue serviceDetails.teamsDirectRouting.configuration.subdomain, "
         "MissingField serviceDetails.teamsDirectRouting.configuration.callScreening"},
    };
    check_cases(*state, cases, ARRAY_LEN(cases));
}

static void test_model_read__judges_numbers(void **state)
{
    static const struct read_case cases[] = {
        {&schema_number, "{" NUMBER ",'serviceDetails':{}}", ""},
        {&schema_number, "{" NUMBER "}", "MissingField serviceDetails"},
        {&schema_number, "{'telephoneNumber':14255550100,'accountName':'a','serviceDetails':{}}",
         "InvalidType telephoneNumber"},
        {&schema_number, "{'telephoneNumber':'+1','accountName':'a','serviceDetails':{}}",
         "InvalidValue telephoneNumber"},
        {&schema_number, "{'telephoneNumber':'+1234567890123456','accountName':'a','serviceDetails':{}}",
         "InvalidValue telephoneNumber"},
        {&schema_number, "{'telephoneNumber':'+123456789012345','accountName':'a','serviceDetails':{}}", ""},
        {&schema_number,
         "{" NUMBER
         ",'serviceDetails':{'teamsDirectRouting':{'enabled':true,'assignmentStatus':'assigned'}}}",
         "UnknownField serviceDetails.teamsDirectRouting.assignmentStatus"},
        {&schema_number,
         "{" NUMBER
         ",'serviceDetails':{'teamsOperatorConnect':{'enabled':true,'assignmentStatus':'assigned'}}}",
         ""},
        {&schema_number,
         "{" NUMBER
         ",'serviceDetails':{'teamsOperatorConnect':{'enabled':true,'assignmentStatus':'Assigned'}}}",
         "InvalidValue serviceDetails.teamsOperatorConnect.assignmentStatus"},
        {&schema_number,
         "{" NUMBER ",'serviceDetails':{'teamsPhoneMobile':{'enabled':true,'configuration':{'usage':'u'}}}}",
         "MissingField serviceDetails.teamsPhoneMobile.configuration.choosableCapabilities"},
        {&schema_number,
         "{" NUMBER ",'serviceDetails':{'teamsPhoneMobile':{'enabled':true,'configuration':{'usage':'u',"
         "'choosableCapabilities':['a',1,null]}}}}",
         "InvalidType serviceDetails.teamsPhoneMobile.configuration.choosableCapabilities[1], "
         "InvalidType serviceDetails.teamsPhoneMobile.configuration.choosableCapabilities[2]"},
        {&schema_number,
         "{" NUMBER ",'serviceDetails':{'teamsPhoneMobile':{'enabled':true,'configuration':{'usage':'u',"
         "'choosableCapabilities':['" UMLAUTS_1000 "', '" UMLAUTS_1000 UMLAUTS "']}}}}",
         "TooLong serviceDetails.teamsPhoneMobile.configuration.choosableCapabilities[1]"},
        {&schema_number, "{" NUMBER ",'serviceDetails':{},'configuration':{}}", ""},
        {&schema_number, "{" NUMBER ",'serviceDetails':{},'configuration':{'customSipHeader':'a=b'}}",
         "InvalidValue configuration.customSipHeader"},
        {&schema_number, "{" NUMBER ",'serviceDetails':{},'configuration':{'customSipHeader':''}}",
         "InvalidValue configuration.customSipHeader"},
    };
    check_cases(*state, cases, ARRAY_LEN(cases));
}

static void test_model_read__judges_batches(void **state)
{
    static const struct read_case cases[] = {
        {&schema_number_batch, "{'numbers':[]}", ""},
        {&schema_number_batch, "{}", "MissingField numbers"},
        {&schema_number_batch, "{'numbers':{}}", "InvalidType numbers"},
        {&schema_number_batch, "{'numbers':[1,{" NUMBER "}]}",
         "InvalidType numbers[0], MissingField numbers[1].serviceDetails"},
        {&schema_number_batch,
         "{'numbers':[{" NUMBER ",'serviceDetails':{'teamsDirectRouting':{'enabled':'yes'}}}]}",
         "InvalidType numbers[0].serviceDetails.teamsDirectRouting.enabled"},
        {&schema_identifier_batch, "{'numbers':[{'telephoneNumber':'+12'},{'telephoneNumber':'12'}]}",
         "InvalidValue numbers[1].telephoneNumber"},
        {&schema_rfi_patch, "{'customerRelationship':{'status':'x','comment':'y','lastModifiedOn':7}}", ""},
        {&schema_rfi_patch, "{'tenantId':'x'}", "UnknownField tenantId"},
    };
    check_cases(*state, cases, ARRAY_LEN(cases));
}

/* {'numbers':[{...},{...}]} with `count` identifiers. */
static const char *identifiers(struct arena *mem, size_t count)
{
    struct buf buf;
    buf_init(&buf, LIMIT_BODY);
    buf_printf(&buf, "{'numbers':[");
    for (size_t i = 0; i < count; i++) {
        buf_printf(&buf, "%s{'telephoneNumber':'+1425%07zu'}", i > 0 ? "," : "", i);
    }
    buf_printf(&buf, "]}");
    const char *text = arena_cstr(mem, buf_str(&buf));
    buf_clear(&buf);
    return text;
}

static void test_model_read__limits_lists(void **state)
{
    struct read_case cases[] = {
        {&schema_identifier_batch, identifiers(*state, LIMIT_BATCH), ""},
        {&schema_identifier_batch, identifiers(*state, LIMIT_BATCH + 1), "TooMany numbers"},
        {&schema_identifiers, identifiers(*state, LIMIT_CAPABILITY_NUMBERS), ""},
        {&schema_identifiers, identifiers(*state, LIMIT_CAPABILITY_NUMBERS + 1), "TooMany numbers"},
    };
    check_cases(*state, cases, ARRAY_LEN(cases));
}

static void test_model_read__ignores_read_only_fields_whatever_they_hold(void **state)
{
    struct err err = {0};
    void *value;
    assert_int_equal(
        read_json(
            *state, &schema_account,
            "{'name':'a','serviceProvisioningStatus':7,'serviceProvisioningErrors':null,'serviceDetails':"
            "{'teamsDirectRouting':{'syncEnabled':true,'enabled':true,'numberCount':'many',"
            "'subdomainStatus':'provisioned'}}}",
            &value, &err),
        RC_OK);
    const struct account *account = value;
    const struct account_service *service = account->services->of[SERVICE_DIRECT_ROUTING];
    assert_int_equal(account->provisioning_status, PROVISIONING_ABSENT);
    assert_null(account->provisioning_errors.items);
    assert_int_equal(service->number_count, 0);
    assert_int_equal(service->subdomain_status, SUBDOMAIN_ABSENT);
}

static void test_model_read__puts_each_value_in_its_place(void **state)
{
    struct err err = {0};
    void *value;
    assert_int_equal(
        read_json(
            *state, &schema_number,
            "{" NUMBER ",'serviceDetails':{'teamsOperatorConnect':{'enabled':true,'assignmentStatus':"
            "'unassigned','configuration':{'usage':'CallingUserAssignment','choosableCapabilities':"
            "['InboundCalling','OutboundCalling'],'additionalUsages':[],'civicAddressId':'c','locationId':"
            "'l','allowTenantAddressUpdate':true,'displayedCountryCode':'DE'}},'teamsDirectRouting':"
            "{'enabled':true},'zoomPhoneCloudPeering':{'enabled':false}},'configuration':"
            "{'customSipHeader':'h'}}",
            &value, &err),
        RC_OK);
    const struct number *number = value;
    const struct number_service *service = number->services->of[SERVICE_OPERATOR_CONNECT];
    const struct number_teams_config *config = service->configuration;
    assert_int_equal(number->telephone_number, 14255550100);
    assert_true(str_eq(number->account_name, STR("contoso")));
    assert_int_equal(service->assignment_status, ASSIGNMENT_UNASSIGNED);
    assert_int_equal(config->choosable_capabilities.count, 2);
    assert_true(str_eq(config->choosable_capabilities.items[1], STR("OutboundCalling")));
    assert_non_null(config->additional_usages.items); /* empty, not absent */
    assert_int_equal(config->additional_usages.count, 0);
    assert_null(config->acquired_capabilities.items);
    assert_true(config->allow_tenant_address_update);
    assert_true(str_eq(config->location_id, STR("l")));
    assert_true(number_enables(number, SERVICE_OPERATOR_CONNECT));
    assert_true(number_enables(number, SERVICE_DIRECT_ROUTING));
    assert_false(number_enables(number, SERVICE_ZOOM));
    assert_false(number_enables(number, SERVICE_PHONE_MOBILE));
    assert_true(str_eq(number->configuration->custom_sip_header, STR("h")));
}

static void test_model_read__says_what_it_expected(void **state)
{
    static const struct {
        const char *json, *field, *msg;
    } cases[] = {
        {"{" NUMBER ",'serviceDetails':{'teamsDirectRouting':{'enabled':'yes'}}}",
         "serviceDetails.teamsDirectRouting.enabled", "expected a boolean, got a string"},
        {"{" NUMBER ",'serviceDetails':null}", "serviceDetails", "expected an object, got null"},
        {"{" NUMBER ",'serviceDetails':{},'acountName':'x'}", "acountName",
         "unknown field; did you mean accountName?"},
        {"{" NUMBER ",'serviceDetails':{},'colour':'x'}", "colour", "unknown field"},
        {"{" NUMBER ",'serviceDetails':{'teamsOperatorConnect':{'enabled':true,'assignmentStatus':'x'}}}",
         "serviceDetails.teamsOperatorConnect.assignmentStatus", "must be one of: assigned, unassigned"},
        {"{'telephoneNumber':'+12','accountName':'" HUNDRED "a','serviceDetails':{}}", "accountName",
         "101 characters, at most 100 are allowed"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        void *value;
        assert_int_equal(read_json(*state, &schema_number, cases[i].json, &value, &err), RC_INVALID);
        if (strcmp(err.field, cases[i].field) != 0 || strcmp(err.msg, cases[i].msg) != 0) {
            fail_msg("case %zu: %s: %s", i, err.field, err.msg);
        }
    }
}

static void test_model_read__quotes_at_most_64_bytes_of_an_unknown_name(void **state)
{
    struct err err = {0};
    void *value;
    const char *cut =
        "aääääääääääääääääääääääääääääääää"; /* 1 + 2 * 32 bytes: the last character is cut away whole */
    const char *json = arena_cstr(*state, arena_printf(*state, "{'name':'x','%sä':1}", cut));
    assert_int_equal(read_json(*state, &schema_account, json, &value, &err), RC_INVALID);
    assert_int_equal(strlen(err.field), 63);
    assert_memory_equal(err.field, cut, 63);
}

static void test_model_read__lists_100_findings_and_counts_the_rest(void **state)
{
    struct err err = {0};
    void *value;
    struct buf buf;
    buf_init(&buf, LIMIT_BODY);
    buf_printf(&buf, "{'name':'x'");
    for (int i = 0; i < 150; i++) {
        buf_printf(&buf, ",'u%d':1", i);
    }
    buf_printf(&buf, "}%c", 0);
    assert_int_equal(read_json(*state, &schema_account, buf.p, &value, &err), RC_INVALID);
    size_t listed = 0;
    for (const struct err_item *i = err.details->first; i != NULL; i = i->next) {
        listed++;
    }
    assert_int_equal(listed, LIMIT_DETAILS);
    assert_int_equal(err.details->count, 150);
    buf_clear(&buf);
}

static void test_model_read__says_when_the_arena_is_full(void **state)
{
    struct arena *small = arena_new(4096);
    const struct json *json = given_json(*state, identifiers(*state, LIMIT_CAPABILITY_NUMBERS));
    struct identifier_batch batch = {{0}};
    struct err err = {0};
    assert_int_equal(model_read(&schema_identifiers, json, small, &batch, &err), RC_LIMIT);
    arena_free(small);
}

static void test_model_read__takes_no_error(void **state)
{
    struct account account = {0};
    assert_int_equal(model_read(&schema_account, given_json(*state, "{}"), *state, &account, NULL),
                     RC_INVALID);
    assert_int_equal(model_read(&schema_account, given_json(*state, "[]"), *state, &account, NULL),
                     RC_INVALID);
}

/* ---- JSON of our own ---- */

#define TENANT "12345678-90ab-cdef-1234-567890abcdef"

static void test_model_load__reads_what_is_read_only(void **state)
{
    struct rfi rfi = {0};
    struct err err = {0};
    const struct json *json = given_json(
        *state,
        "{'serviceProvisioningStatus':'failed','serviceProvisioningErrors':[{'code':'c','message':'m'}],'"
        "tenantId':'" TENANT
        "','status':'active','consentedOn':'2024-02-29T12:00:00Z','consentedCountries':['DE','FR'],"
        "'contacts':[{'fullName':'Ada','email':'ada@example.com'}],'customerRelationship':{'status':'s'}}");
    assert_int_equal(model_load(&schema_rfi, json, *state, &rfi, &err), RC_OK);
    const struct contact *contact = rfi.contacts.items;
    const struct wire_error *error = rfi.provisioning_errors.items;
    assert_int_equal(rfi.provisioning_status, PROVISIONING_FAILED);
    assert_true(str_eq(error->message, STR("m")));
    assert_int_equal(rfi.status, CONSENT_ACTIVE);
    assert_int_equal(rfi.consented_on.ms, 1709208000000);
    assert_int_equal(rfi.last_modified_on.ms, CLOCK_ABSENT.ms);
    assert_int_equal(rfi.consented_countries.count, 2);
    assert_true(str_eq(contact->email, STR("ada@example.com")));
    assert_int_equal(rfi.customer_relationship->last_modified_on.ms, CLOCK_ABSENT.ms);
}

static void test_model_read_foreign__takes_more_than_it_knows_but_nothing_wrong(void **state)
{
#define CONSENT "'tenantId':'0f0f0f0f-0000-4000-8000-000000000001'"
    static const struct read_case cases[] = {
        {&schema_rfi, "{" CONSENT ",'tenantOrigin':'Office365','nested':{'a':[1]}}", ""},
        {&schema_rfi, "{" CONSENT ",'operatorId':null,'contacts':null,'status':null}", ""},
        {&schema_rfi, "{" CONSENT ",'contacts':[{'fullName':'a','email':'b','phone':1}]}", ""},
        {&schema_rfi, "{" CONSENT ",'contacts':[{'fullName':'a','email':null}]}",
         "MissingField contacts[0].email"},
        {&schema_rfi, "{" CONSENT ",'contacts':[null]}", "InvalidType contacts[0]"},
        {&schema_rfi, "{" CONSENT ",'status':'Gone'}", "InvalidValue status"},
        {&schema_rfi, "{'tenantId':null}", "MissingField tenantId"},
        {&schema_rfi, "{" CONSENT ",'id':7}", "InvalidType id"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        struct rfi rfi = {0};
        enum rc rc =
            model_read_foreign(cases[i].schema, given_json(*state, cases[i].json), *state, &rfi, &err);
        const char *findings = rc == RC_OK ? "" : findings_of(*state, &err);
        if (strcmp(findings, cases[i].findings) != 0) {
            fail_msg("case %zu: \"%s\"", i, findings);
        }
    }
    struct rfi rfi = {0};
    const char *json = "{" CONSENT ",'status':'ACTIVE','consentedOn':'2021-12-21T13:50:02.7271943Z'}";
    assert_int_equal(model_read_foreign(&schema_rfi, given_json(*state, json), *state, &rfi, NULL), RC_OK);
    assert_int_equal(rfi.status, CONSENT_ACTIVE);
    assert_int_equal(rfi.consented_on.ms % 1000, 727);
    assert_int_equal(rfi.last_modified_on.ms, CLOCK_ABSENT.ms);
}

static void test_model_load__checks_what_is_read_only(void **state)
{
    static const struct read_case cases[] = {
        {&schema_rfi, "{}", "MissingField tenantId"},
        {&schema_rfi, "{'tenantId':'x'}", "InvalidValue tenantId"},
        {&schema_rfi, "{'tenantId':'" TENANT "','status':'gone'}", "InvalidValue status"},
        {&schema_rfi, "{'tenantId':'" TENANT "','consentedOn':'yesterday'}", "InvalidValue consentedOn"},
        {&schema_rfi, "{'tenantId':'" TENANT "','contacts':[{'fullName':'','email':'e'}]}",
         "InvalidValue contacts[0].fullName"},
        {&schema_civic_address, "{'id':'i','locations':[{'id':'l'}]}",
         "MissingField locations[0].civicAddressId, MissingField defaultLocationId"},
        {&schema_account,
         "{'name':'a','serviceDetails':{'zoomPhoneCloudPeering':{'syncEnabled':false,'enabled':true,"
         "'numberCount':1.5}}}",
         "InvalidType serviceDetails.zoomPhoneCloudPeering.numberCount"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        void *value = arena_alloc(*state, cases[i].schema->size);
        assert_int_equal(model_load(cases[i].schema, given_json(*state, cases[i].json), *state, value, &err),
                         RC_INVALID);
        if (strcmp(findings_of(*state, &err), cases[i].findings) != 0) {
            fail_msg("case %zu: %s", i, findings_of(*state, &err));
        }
    }
}

/* ---- merge patch ---- */

static void test_model_merge__follows_rfc_7396(void **state)
{
#define ONE "'customerRelationship':{'status':'a','lastModifiedOn':'2024-02-29T12:00:00.000Z','comment':'b'}"
    static const struct {
        const char *before, *patch, *after; /* after: findings where it does not begin with '{' */
    } cases[] = {
        {"{}", "{}", "{}"},
        {"{" ONE "}", "{}", "{" ONE "}"},
        {"{" ONE "}", "{'customerRelationship':{}}", "{" ONE "}"},
        {"{" ONE "}", "{'customerRelationship':{'status':'c'}}",
         "{'customerRelationship':{'status':'c','lastModifiedOn':'2024-02-29T12:00:00.000Z','comment':'b'}}"},
        {"{" ONE "}", "{'customerRelationship':{'comment':null}}",
         "{'customerRelationship':{'status':'a','lastModifiedOn':'2024-02-29T12:00:00.000Z'}}"},
        {"{" ONE "}", "{'customerRelationship':{'lastModifiedOn':null}}",
         "{" ONE "}"}, /* read-only: ignored */
        {"{" ONE "}", "{'customerRelationship':null}", "{}"},
        {"{}", "{'customerRelationship':null}", "{}"},
        {"{}", "{'customerRelationship':{'status':'c','comment':null}}",
         "{'customerRelationship':{'status':'c'}}"},
        {"{}", "{'customerRelationship':{}}", "{'customerRelationship':{}}"},
        {"{" ONE "}", "{'customerRelationship':{'status':1}}", "InvalidType customerRelationship.status"},
        {"{" ONE "}", "{'customerRelationship':'x'}", "InvalidType customerRelationship"},
        {"{" ONE "}", "{'customerRelationship':{'state':null}}", "UnknownField customerRelationship.state"},
        {"{" ONE "}", "[]", "InvalidJson"},
    };
#undef ONE
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *mem = *state;
        struct rfi rfi = {0}, before;
        struct err err = {0};
        assert_int_equal(model_load(&schema_rfi_patch, given_json(mem, cases[i].before), mem, &rfi, &err),
                         RC_OK);
        before = rfi;
        enum rc rc = model_merge(&schema_rfi_patch, given_json(mem, cases[i].patch), mem, &rfi, &err);
        const char *after =
            rc == RC_OK ? quoted(mem, model_json(&schema_rfi_patch, &rfi, mem)) : findings_of(mem, &err);
        if (strcmp(after, cases[i].after) != 0) {
            fail_msg("case %zu: %s", i, after);
        }
        assert_true(rc == RC_OK || memcmp(&rfi, &before, sizeof rfi) == 0);
    }
}

static void test_model_merge__leaves_the_old_parts_as_they_were(void **state)
{
    const struct customer_relationship old = {STR("a"), {1000}, STR("b")};
    struct rfi rfi = {.tenant_id = STR("t"), .customer_relationship = &old};
    struct err err = {0};
    assert_int_equal(model_merge(&schema_rfi,
                                 given_json(*state, "{'customerRelationship':{'status':'c'},'tenantId':'u'}"),
                                 *state, &rfi, &err),
                     RC_OK);
    assert_true(str_eq(old.status, STR("a")));
    assert_true(str_eq(rfi.customer_relationship->status, STR("c")));
    assert_int_equal(rfi.customer_relationship->last_modified_on.ms, 1000);
    assert_true(str_eq(rfi.tenant_id, STR("t")));
}

static void test_model_merge__keeps_required_fields_and_replaces_lists(void **state)
{
    static const struct {
        const char *patch, *findings;
    } cases[] = {
        {"{'accountName':null}", "MissingField accountName"},
        {"{'serviceDetails':{'teamsOperatorConnect':{'enabled':null}}}",
         "MissingField serviceDetails.teamsOperatorConnect.enabled"},
        {"{'serviceDetails':{'teamsPhoneMobile':{}}}",
         "MissingField serviceDetails.teamsPhoneMobile.enabled"},
        {"{'serviceDetails':{'teamsOperatorConnect':{'configuration':{'choosableCapabilities':[null]}}}}",
         "InvalidType serviceDetails.teamsOperatorConnect.configuration.choosableCapabilities[0]"},
        {"{'serviceDetails':{'teamsOperatorConnect':{'configuration':{'choosableCapabilities':['x']}}}}", ""},
    };
    struct arena *mem = *state;
    struct number number = {0};
    struct err err = {0};
    const char *before =
        "{" NUMBER ",'serviceDetails':{'teamsOperatorConnect':{'enabled':true,'configuration':"
        "{'usage':'u','choosableCapabilities':['a','b']}}}}";
    assert_int_equal(model_read(&schema_number, given_json(mem, before), mem, &number, &err), RC_OK);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct number patched = number;
        enum rc rc = model_merge(&schema_number, given_json(mem, cases[i].patch), mem, &patched, &err);
        if (strcmp(rc == RC_OK ? "" : findings_of(mem, &err), cases[i].findings) != 0) {
            fail_msg("case %zu: %s", i, findings_of(mem, &err));
        }
    }
    assert_int_equal(
        number.services->of[SERVICE_OPERATOR_CONNECT]->configuration->choosable_capabilities.count, 2);
}

static void test_model_merge__takes_no_null_inside_a_new_list(void **state)
{
    struct number_batch batch = {{0}};
    struct err err = {0};
    const struct json *patch =
        given_json(*state, "{'numbers':[{" NUMBER ",'serviceDetails':{'teamsDirectRouting':null}}]}");
    assert_int_equal(model_merge(&schema_number_batch, patch, *state, &batch, &err), RC_INVALID);
    assert_string_equal(findings_of(*state, &err),
                        "InvalidType numbers[0].serviceDetails.teamsDirectRouting");
}

static void test_model_read_text__checks_a_cell_as_its_field(void **state)
{
    static const struct {
        const char *field, *text, *msg; /* "": accepted */
    } cases[] = {
        {"telephoneNumber", "+44", ""},
        {"telephoneNumber", "44", "must be '+' and 2 to 15 digits, the first of them not 0"},
        {"accountName", "a-b", ""},
        {"accountName", "", "0 characters, at least 1 are needed"},
        {"accountName", "a b", "must be letters, digits, _ and - only"},
        {"serviceDetails/zoomPhoneCloudPeering/enabled", "TRUE", ""},
        {"serviceDetails/zoomPhoneCloudPeering/enabled", "1", "must be true or false"},
        {"serviceDetails/teamsPhoneMobile/assignmentStatus", "assigned", ""},
        {"serviceDetails/teamsPhoneMobile/assignmentStatus", "x", "must be one of: assigned, unassigned"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct err_list findings;
        struct str value[2];
        err_list_init(&findings, *state, 1);
        const struct field *field = schema_field_at(&schema_number, str_of(cases[i].field));
        bool ok = model_read_text(field, str_of(cases[i].text), STR("cell"), value, &findings);
        assert_int_equal(ok, cases[i].msg[0] == '\0');
        if (!ok) {
            assert_true(str_eq(findings.first->msg, str_of(cases[i].msg)));
            assert_true(str_eq(findings.first->field, STR("cell")));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_model_read__judges_accounts),
        TEST(test_model_read__judges_numbers),
        TEST(test_model_read__judges_batches),
        TEST(test_model_read__limits_lists),
        TEST(test_model_read__ignores_read_only_fields_whatever_they_hold),
        TEST(test_model_read__puts_each_value_in_its_place),
        TEST(test_model_read__says_what_it_expected),
        TEST(test_model_read__quotes_at_most_64_bytes_of_an_unknown_name),
        TEST(test_model_read__lists_100_findings_and_counts_the_rest),
        TEST(test_model_read__says_when_the_arena_is_full),
        TEST(test_model_read__takes_no_error),
        TEST(test_model_load__reads_what_is_read_only),
        TEST(test_model_load__checks_what_is_read_only),
        TEST(test_model_read_foreign__takes_more_than_it_knows_but_nothing_wrong),
        TEST(test_model_merge__follows_rfc_7396),
        TEST(test_model_merge__leaves_the_old_parts_as_they_were),
        TEST(test_model_merge__keeps_required_fields_and_replaces_lists),
        TEST(test_model_merge__takes_no_null_inside_a_new_list),
        TEST(test_model_read_text__checks_a_cell_as_its_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
