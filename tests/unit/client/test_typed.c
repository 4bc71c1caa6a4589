/* The structs of numgate.h against the model's field tables: nothing of the contract is lost on the way in or out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "client/client.h"
#include "gateway/model/schema.h"

#define ERRORS                                                                                               \
    "\"serviceProvisioningStatus\":\"failed\",\"serviceProvisioningErrors\":[{\"code\":\"c\",\"message\":"   \
    "\"m\",\"target\":\"t\"},{\"code\":\"d\",\"message\":\"n\"}]"
#define ACCOUNT                                                                                              \
    "{" ERRORS ",\"name\":\"Contoso\",\"correlationId\":\"77\",\"serviceDetails\":{\"teamsTenantId\":"       \
    "\"a1de0000-0000-4000-8000-000000000001\",\"teamsOperatorConnect\":{\"syncEnabled\":true,\"enabled\":"   \
    "true,\"numberCount\":7},\"teamsDirectRouting\":{\"syncEnabled\":false,\"enabled\":true,"                \
    "\"numberCount\":5000000000,\"configuration\":{\"callScreening\":true,\"subdomain\":\"con\","            \
    "\"subdomainTokens\":{\"region1Token\":\"r1\",\"region2Token\":\"r2\"}},\"subdomainStatus\":"            \
    "\"provisioned\"},\"teamsPhoneMobile\":{\"syncEnabled\":false,\"enabled\":false,\"numberCount\":0},"     \
    "\"zoomPhoneCloudPeering\":{\"syncEnabled\":false,\"enabled\":true,\"numberCount\":0},"                  \
    "\"azureOperatorCallProtection\":{\"enabled\":true,\"numberCount\":0}}}"
#define NUMBER                                                                                               \
    "{" ERRORS ",\"telephoneNumber\":\"+441632960001\",\"accountName\":\"Contoso\",\"serviceDetails\":{"     \
    "\"teamsOperatorConnect\":{\"enabled\":true,\"assignmentStatus\":\"assigned\",\"configuration\":{"       \
    "\"usage\":\"CallingUserAssignment\",\"choosableCapabilities\":[\"x\",\"y\"],\"acquiredCapabilities\":"  \
    "[\"z\"],\"availableCapabilities\":[\"v\"],\"additionalUsages\":[\"u\"],\"civicAddressId\":\"ca\","      \
    "\"locationId\":\"lo\",\"allowTenantAddressUpdate\":true,\"displayedCountryCode\":\"GB\"}},"             \
    "\"teamsDirectRouting\":{\"enabled\":true},\"teamsPhoneMobile\":{\"enabled\":false,"                     \
    "\"configuration\":{\"usage\":\"CallingUserAssignment\",\"choosableCapabilities\":[],"                   \
    "\"allowTenantAddressUpdate\":false}},\"zoomPhoneCloudPeering\":{\"enabled\":true},"                     \
    "\"azureOperatorCallProtection\":{\"enabled\":false}},\"configuration\":{\"customSipHeader\":\"h\"}}"
#define RFI                                                                                                  \
    "{" ERRORS                                                                                               \
    ",\"id\":\"i\",\"tenantId\":\"a1de0000-0000-4000-8000-000000000001\",\"accountName\":\"Contoso\","       \
    "\"productContext\":\"teams\",\"operatorId\":\"o\",\"status\":\"active\",\"consentedOn\":"               \
    "\"2026-01-15T09:30:00.000Z\",\"lastModifiedOn\":\"1970-01-01T00:00:00.001Z\","                          \
    "\"consentedCountries\":[\"DE\"],\"contacts\":[{\"fullName\":\"F\",\"email\":\"e\",\"telephoneNumber\":" \
    "\"1\",\"companyName\":\"C\",\"companySize\":\"s\"}],\"customerRelationship\":{\"status\":"              \
    "\"ConsentAcknowledged\",\"lastModifiedOn\":\"1970-01-01T00:00:00.002Z\",\"comment\":\"k\"}}"

struct room {
    struct numgate_reply reply;
    struct numgate_error error;
    struct arena *mem;
    struct buf out;
};

static int given_room(void **state)
{
    struct room *room = calloc(1, sizeof(*room));
    room->mem = room->reply.mem = arena_new(16 << 20);
    room->reply.reply.status = 200;
    buf_init(&room->out, 1 << 20);
    *state = room;
    return room->mem == NULL;
}

static int drop_room(void **state)
{
    struct room *room = *state;
    arena_free(room->mem);
    buf_clear(&room->out);
    free(room);
    return 0;
}

/* What the model makes of a resource: the body of a request for it. */
static struct str settable(struct room *room, const struct schema *schema, struct str text)
{
    const struct json *json;
    struct json_out out;
    struct buf buf;
    void *value = arena_alloc_array(room->mem, 1, schema->size);
    assert_int_equal(json_parse(text, room->mem, &json, NULL), RC_OK);
    assert_int_equal(model_load(schema, json, room->mem, value, NULL), RC_OK);
    buf_init(&buf, 1 << 20);
    json_out_init(&out, &buf);
    model_write_settable(schema, value, &out);
    struct str settable = arena_str(room->mem, buf_str(&buf));
    buf_clear(&buf);
    return settable;
}

static void expect_same(struct str found, struct str expected)
{
    if (!str_eq(found, expected)) {
        fail_msg("%" STR_FMT "\nis not %" STR_FMT, STR_ARG(found), STR_ARG(expected));
    }
}

static void test_account__goes_in_and_out(void **state)
{
    struct room *room = *state;
    const struct numgate_account *account;
    size_t count;
    room->reply.reply.body = STR(ACCOUNT);
    assert_int_equal(numgate_reply_accounts(&room->reply, &account, &count, &room->error), NUMGATE_OK);
    assert_int_equal(count, 1);
    assert_string_equal(account->name, "Contoso");
    assert_string_equal(account->provisioning_status, "failed");
    assert_int_equal(account->provisioning_errors.count, 2);
    assert_string_equal(account->provisioning_errors.items[0].target, "t");
    assert_null(account->provisioning_errors.items[1].target);
    assert_int_equal(account->services->teams_operator_connect->number_count, 7);
    assert_int_equal(account->services->teams_direct_routing->number_count, 5000000000);
    assert_string_equal(account->services->teams_direct_routing->subdomain_status, "provisioned");
    account_json(account, &room->out);
    expect_same(buf_str(&room->out), settable(room, &schema_account, STR(ACCOUNT)));
}

static void test_number__goes_in_and_out(void **state)
{
    struct room *room = *state;
    const struct numgate_number *number;
    size_t count;
    room->reply.reply.body = STR(NUMBER);
    assert_int_equal(numgate_reply_numbers(&room->reply, &number, &count, &room->error), NUMGATE_OK);
    assert_int_equal(count, 1);
    const struct numgate_teams_number *teams = number->services->teams_operator_connect->configuration;
    assert_string_equal(number->telephone_number, "+441632960001");
    assert_string_equal(teams->acquired_capabilities.items[0], "z");
    assert_string_equal(teams->available_capabilities.items[0], "v");
    number_json(number, &room->out);
    expect_same(buf_str(&room->out), settable(room, &schema_number, STR(NUMBER)));
}

static void test_rfi__is_read(void **state)
{
    struct room *room = *state;
    const struct numgate_rfi *rfi;
    size_t count;
    room->reply.reply.body = STR("{\"value\":[" RFI "," RFI "]}");
    assert_int_equal(numgate_reply_rfis(&room->reply, &rfi, &count, &room->error), NUMGATE_OK);
    assert_int_equal(count, 2);
    const char *const texts[][2] = {{rfi[1].id, "i"},
                                    {rfi[1].tenant_id, "a1de0000-0000-4000-8000-000000000001"},
                                    {rfi[1].account_name, "Contoso"},
                                    {rfi[1].product_context, "teams"},
                                    {rfi[1].operator_id, "o"},
                                    {rfi[1].status, "active"},
                                    {rfi[1].consented_countries.items[0], "DE"},
                                    {rfi[1].contacts.items[0].full_name, "F"},
                                    {rfi[1].contacts.items[0].email, "e"},
                                    {rfi[1].contacts.items[0].telephone_number, "1"},
                                    {rfi[1].contacts.items[0].company_name, "C"},
                                    {rfi[1].contacts.items[0].company_size, "s"},
                                    {rfi[1].relationship->status, "ConsentAcknowledged"},
                                    {rfi[1].relationship->comment, "k"}};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        assert_string_equal(texts[i][0], texts[i][1]);
    }
    assert_int_equal(rfi[1].consented_on, 1768469400000);
    assert_int_equal(rfi[1].last_modified_on, 1);
    assert_int_equal(rfi[1].relationship->last_modified_on, 2);
}

#define ADDRESS                                                                                              \
    "{\"id\":\"id\",\"country\":\"country\",\"houseNumber\":\"houseNumber\",\"houseNumberSuffix\":"          \
    "\"houseNumberSuffix\",\"preDirectional\":\"preDirectional\",\"streetName\":\"streetName\","             \
    "\"streetSuffix\":\"streetSuffix\",\"postDirectional\":\"postDirectional\",\"stateOrProvince\":"         \
    "\"stateOrProvince\",\"countyOrDistrict\":\"countyOrDistrict\",\"cityOrTown\":\"cityOrTown\","           \
    "\"cityOrTownAlias\":\"cityOrTownAlias\",\"postalOrZipCode\":\"postalOrZipCode\",\"description\":"       \
    "\"description\",\"companyName\":\"companyName\",\"companyId\":\"companyId\",\"defaultLocationId\":"     \
    "\"defaultLocationId\",\"validationStatus\":\"validationStatus\",\"tenantId\":\"tenantId\","             \
    "\"partnerId\":\"partnerId\",\"latitude\":\"latitude\",\"longitude\":\"longitude\",\"locations\":[{"     \
    "\"id\":\"l\",\"civicAddressId\":\"c\",\"description\":\"d\",\"additionalInfo\":\"i\",\"isDefault\":"    \
    "true,\"elin\":\"e\"}]}"

/* Each text of it is its own name. */
static void test_address__is_read(void **state)
{
    struct room *room = *state;
    const struct numgate_address *address;
    size_t count;
    room->reply.reply.body = STR("{\"value\":[" ADDRESS "]}");
    assert_int_equal(numgate_reply_addresses(&room->reply, &address, &count, &room->error), NUMGATE_OK);
    assert_int_equal(count, 1);
    const char *const texts[][2] = {{address->id, "id"},
                                    {address->country, "country"},
                                    {address->house_number, "houseNumber"},
                                    {address->house_number_suffix, "houseNumberSuffix"},
                                    {address->pre_directional, "preDirectional"},
                                    {address->street_name, "streetName"},
                                    {address->street_suffix, "streetSuffix"},
                                    {address->post_directional, "postDirectional"},
                                    {address->state_or_province, "stateOrProvince"},
                                    {address->county_or_district, "countyOrDistrict"},
                                    {address->city_or_town, "cityOrTown"},
                                    {address->city_or_town_alias, "cityOrTownAlias"},
                                    {address->postal_or_zip_code, "postalOrZipCode"},
                                    {address->description, "description"},
                                    {address->company_name, "companyName"},
                                    {address->company_id, "companyId"},
                                    {address->default_location_id, "defaultLocationId"},
                                    {address->validation_status, "validationStatus"},
                                    {address->tenant_id, "tenantId"},
                                    {address->partner_id, "partnerId"},
                                    {address->latitude, "latitude"},
                                    {address->longitude, "longitude"}};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        assert_string_equal(texts[i][0], texts[i][1]);
    }
    const struct numgate_location *location = address->locations.items;
    assert_int_equal(address->locations.count, 1);
    assert_true(location->is_default);
    assert_string_equal(location->id, "l");
    assert_string_equal(location->civic_address_id, "c");
    assert_string_equal(location->description, "d");
    assert_string_equal(location->additional_info, "i");
    assert_string_equal(location->elin, "e");
}

static void test_plan__is_read(void **state)
{
    struct room *room = *state;
    const struct numgate_plan *plan;
    size_t count;
    room->reply.reply.body = STR("{\"capabilityPlans\":[{\"name\":\"n\",\"offerTypes\":[\"o\"],\"usage\":"
                                 "\"u\",\"mandatoryCapabilities\":[\"m\"],"
                                 "\"choosableCapabilities\":[\"c\",\"d\"],\"supportsTollFree\":true}]}");
    assert_int_equal(numgate_reply_plans(&room->reply, &plan, &count, &room->error), NUMGATE_OK);
    assert_int_equal(count, 1);
    assert_string_equal(plan->name, "n");
    assert_string_equal(plan->usage, "u");
    assert_string_equal(plan->offer_types.items[0], "o");
    assert_string_equal(plan->mandatory_capabilities.items[0], "m");
    assert_string_equal(plan->choosable_capabilities.items[1], "d");
    assert_true(plan->supports_toll_free);
}

#define RECORD(data) "{\"name\":\"n\",\"type\":\"A\",\"ttl\":300,\"data\":\"" data "\"}"

static void test_dns_account__is_read(void **state)
{
    struct room *room = *state;
    const struct numgate_dns_account *account;
    size_t count;
    room->reply.reply.body = STR(
        "{\"account\":\"a\",\"subdomain\":\"s\",\"subdomainStatus\":\"inconsistent\",\"leaving\":false,"
        "\"problem\":{\"code\":\"DnsNotServed\",\"message\":\"m\"},\"checkedAt\":\"1970-01-01T00:00:01Z\","
        "\"attempt\":3,\"paused\":true,\"regions\":[{\"region\":1,\"name\":\"s.1r1\",\"ownershipName\":\"o\","
        "\"records\":[" RECORD(
            "192.0.2.1") "],\"servers\":[{\"server\":\"192.0.2.53:53\",\"answered\":true,"
                         "\"matches\":false,\"found\":[" RECORD("192.0.2.8") "," RECORD(
                             "192.0.2.9") "]}],\"certificate\":{"
                                          "\"covers\":true,\"until\":\"1970-01-01T00:00:02Z\"}}]}");
    assert_int_equal(numgate_reply_dns_accounts(&room->reply, &account, &count, &room->error), NUMGATE_OK);
    assert_int_equal(count, 1);
    assert_string_equal(account->account, "a");
    assert_string_equal(account->subdomain, "s");
    assert_string_equal(account->subdomain_status, "inconsistent");
    assert_true(!account->leaving && account->paused);
    assert_string_equal(account->problem->code, "DnsNotServed");
    assert_string_equal(account->problem->message, "m");
    assert_int_equal(account->checked_at, 1000);
    assert_int_equal(account->next_try_at, 0);
    assert_int_equal(account->attempt, 3);
    assert_int_equal(account->regions.count, 1);
    const struct numgate_dns_region *region = account->regions.items;
    assert_int_equal(region->region, 1);
    assert_string_equal(region->name, "s.1r1");
    assert_string_equal(region->ownership_name, "o");
    assert_string_equal(region->records.items[0].data, "192.0.2.1");
    assert_int_equal(region->records.items[0].ttl, 300);
    const struct numgate_dns_server *server = region->servers.items;
    assert_true(server->answered && !server->matches && server->why == NULL);
    assert_string_equal(server->server, "192.0.2.53:53");
    assert_int_equal(server->found.count, 2);
    assert_string_equal(server->found.items[1].data, "192.0.2.9");
    assert_true(region->certificate->covers && region->certificate->until == 2000);
}

static void test_dns_letters__plan_and_job_are_read(void **state)
{
    struct room *room = *state;
    const struct numgate_dns_letter *letters;
    const struct numgate_dns_plan *plan;
    const struct numgate_dns_job *job;
    size_t count;
    room->reply.reply.body =
        STR("{\"value\":[{\"account\":\"a\",\"subdomain\":\"s\",\"stage\":\"wait\",\"names\":[\"x\",\"y\"],"
            "\"subject\":\"u\",\"text\":\"t\\n\"}]}");
    assert_int_equal(numgate_reply_dns_letters(&room->reply, &letters, &count, &room->error), NUMGATE_OK);
    assert_int_equal(count, 1);
    assert_string_equal(letters->stage, "wait");
    assert_string_equal(letters->names.items[1], "y");
    assert_string_equal(letters->text, "t\n");
    room->reply.reply.body = STR(
        "{\"changes\":2,\"orphans\":1,\"foreign\":0,\"ours\":7,\"removed\":3,\"removedPercent\":42,"
        "\"confirm\":true,\"items\":[{\"action\":\"remove\",\"name\":\"n\",\"add\":[],\"remove\":[" RECORD(
            "192.0.2.1") "],\"foreign\":[]}],\"truncated\":false}");
    assert_int_equal(numgate_reply_dns_plan(&room->reply, &plan, &room->error), NUMGATE_OK);
    assert_int_equal(plan->removed_percent, 42);
    assert_true(plan->confirm && !plan->truncated && plan->items.count == 1);
    assert_string_equal(plan->items.items->action, "remove");
    assert_int_equal(plan->items.items->remove.count, 1);
    assert_int_equal(plan->items.items->add.count, 0);
    room->reply.reply.body =
        STR("{\"id\":\"i\",\"state\":\"failed\",\"confirm\":false,\"attempt\":0,\"paused\":false,\"result\":{"
            "\"changes\":0,\"orphans\":0,\"removed\":3,\"ours\":7},\"problem\":{\"code\":\"c\",\"message\":"
            "\"m\"}}");
    assert_int_equal(numgate_reply_dns_job(&room->reply, &job, &room->error), NUMGATE_OK);
    assert_string_equal(job->state, "failed");
    assert_int_equal(job->result->removed, 3);
    assert_string_equal(job->problem->code, "c");
    room->reply.reply.body = STR("{\"id\":7}");
    assert_int_equal(numgate_reply_dns_job(&room->reply, &job, &room->error), NUMGATE_OTHER);
    assert_null(job);
}

#define JOB                                                                                                  \
    "{\"id\":\"i\",\"kind\":\"create\",\"state\":\"failed\",\"accountName\":\"a\",\"filter\":\"f\","         \
    "\"submittedBy\":"                                                                                       \
    "\"s\",\"createdAt\":\"1970-01-01T00:00:01Z\",\"startedAt\":\"1970-01-01T00:00:02Z\",\"endedAt\":"       \
    "\"1970-01-01T00:00:03Z\",\"rows\":10,\"counts\":{\"new\":1,\"changed\":2,\"same\":3,\"delete\":4,"      \
    "\"refused\":"                                                                                           \
    "5,\"applied\":6,\"failed\":7,\"cancelled\":8,\"pending\":9},\"error\":{\"code\":\"TooManyRows\","       \
    "\"message\":"                                                                                           \
    "\"m\"},\"own\":true}"

static void test_jobs__and_their_rows_are_read(void **state)
{
    struct room *room = *state;
    const struct numgate_job *job;
    const struct numgate_job_row *row;
    size_t count;
    room->reply.reply.body = STR("{\"value\":[" JOB "," JOB "]}");
    assert_int_equal(numgate_reply_jobs(&room->reply, &job, &count, &room->error), NUMGATE_OK);
    assert_int_equal(count, 2);
    room->reply.reply.body = STR(JOB);
    assert_int_equal(numgate_reply_jobs(&room->reply, &job, &count, &room->error), NUMGATE_OK);
    assert_int_equal(count, 1);
    const char *const texts[][2] = {{job->id, "i"},
                                    {job->kind, "create"},
                                    {job->state, "failed"},
                                    {job->account_name, "a"},
                                    {job->filter, "f"},
                                    {job->submitted_by, "s"},
                                    {job->error->code, "TooManyRows"},
                                    {job->error->message, "m"}};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        assert_string_equal(texts[i][0], texts[i][1]);
    }
    assert_true(job->own);
    assert_true(job->created_at == 1000 && job->started_at == 2000 && job->ended_at == 3000);
    const struct numgate_job_counts *counts = job->counts;
    const int64_t numbers[] = {counts->create,  counts->change,  counts->same,   counts->remove,
                               counts->refused, counts->applied, counts->failed, counts->cancelled,
                               counts->pending, job->rows};
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        assert_int_equal(numbers[i], i + 1);
    }
    room->reply.reply.body =
        STR("{\"value\":[{\"row\":7,\"telephoneNumber\":\"n\",\"accountName\":\"a\",\"verdict\":"
            "\"refused\",\"code\":\"c\",\"message\":\"m\",\"target\":\"t\"}]}");
    assert_int_equal(numgate_reply_job_rows(&room->reply, &row, &count, &room->error), NUMGATE_OK);
    assert_true(count == 1 && row->row == 7 && row->outcome == NULL);
    assert_string_equal(row->telephone_number, "n");
    assert_string_equal(row->account_name, "a");
    assert_string_equal(row->verdict, "refused");
    assert_string_equal(row->code, "c");
    assert_string_equal(row->message, "m");
    assert_string_equal(row->target, "t");
    room->reply.reply.body = STR("{\"id\":7}");
    assert_int_equal(numgate_reply_jobs(&room->reply, &job, &count, &room->error), NUMGATE_OTHER);
    assert_null(job);
}

static void test_job_order__is_a_body(void **state)
{
    static const char *const numbers[] = {"+441632960000", "+4416329601{00-99}"};
    struct numgate_number_service zoom = {.enabled = 1};
    struct numgate_number_services services = {.zoom_phone_cloud_peering = &zoom};
    const struct numgate_number number = {
        .telephone_number = "+1", .account_name = "b", .services = &services};
    const struct {
        struct numgate_job_order order;
        const char *body;
    } cases[] = {
        {{.kind = "delete", .filter = "f"}, "{\"kind\":\"delete\",\"filter\":\"f\"}"},
        {{.kind = "create", .account_name = "a", .telephone_numbers = {numbers, 2}, .number = &number},
         "{\"kind\":\"create\",\"accountName\":\"a\",\"telephoneNumbers\":[\"+441632960000\","
         "\"+4416329601{00-99}\"],\"number\":{\"serviceDetails\":{\"zoomPhoneCloudPeering\":{\"enabled\":"
         "true}}}}"},
        {{0}, "{}"},
    };
    struct room *room = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        buf_reset(&room->out);
        job_order_json(&cases[i].order, NULL, &room->out);
        expect_same(buf_str(&room->out), str_of(cases[i].body));
    }
}

static void test_job__that_cannot_be_sent_is_refused(void **state)
{
    struct room *room = *state;
    struct numgate_number number = {0};
    struct numgate_reply *reply = &room->reply;
    const struct numgate_job_order both = {.kind = "change", .number = &number, .number_json = "{}"};
    const struct numgate_job_order broken = {.kind = "change", .number_json = "{"};
    const struct numgate_job_order by_struct = {.kind = "change", .number = &number};
    const struct numgate_job_order no_settings = {.kind = "change", .account_name = "a"};
    assert_int_equal(numgate_submit_job(NULL, &both, NULL, &reply, &room->error), NUMGATE_INVALID);
    assert_null(reply);
    assert_non_null(strstr(room->error.message, "not in both"));
    assert_int_equal(numgate_submit_job(NULL, &broken, NULL, NULL, &room->error), NUMGATE_INVALID);
    assert_non_null(strstr(room->error.message, "number_json: "));
    assert_int_equal(numgate_submit_job(NULL, &by_struct, NULL, NULL, &room->error), NUMGATE_INVALID);
    assert_non_null(strstr(room->error.message, "in number_json"));
    assert_int_equal(numgate_submit_job(NULL, &no_settings, NULL, NULL, &room->error), NUMGATE_INVALID);
    assert_non_null(strstr(room->error.message, "in number_json"));
    assert_int_equal(numgate_upload_job(NULL, NULL, "", (size_t)8 * 1024 * 1024 + 1, NULL, NULL, NULL),
                     NUMGATE_INVALID);
}

/* Even where the tree of it would take more memory than there is for one. */
static void test_job__with_settings_over_1_mib_is_refused(void **state)
{
    struct room *room = *state;
    const size_t most = (size_t)1024 * 1024;
    char *text = malloc(most + 2);
    memset(text, '[', most + 1);
    text[most + 1] = '\0';
    const struct numgate_job_order order = {.kind = "change", .account_name = "a", .number_json = text};
    assert_int_equal(numgate_submit_job(NULL, &order, NULL, NULL, &room->error), NUMGATE_INVALID);
    assert_non_null(strstr(room->error.message, "1 MiB"));
    text[most] = '\0';
    assert_int_equal(numgate_submit_job(NULL, &order, NULL, NULL, &room->error), NUMGATE_INVALID);
    assert_non_null(strstr(room->error.message, "number_json: "));
    free(text);
}

static void test_link__says_what_comes_next(void **state)
{
    (void)state;
    static const struct {
        const char *header, *address; /* NULL: nothing comes; "": something, nobody knows where */
    } cases[] = {
        {"</a?b=1>; rel=\"next\"", "/a?b=1"},
        {"</a>; rel=next", "/a"},
        {"</a>;REL = Next ;title=x", "/a"},
        {"</a>; title=\"a, \\\"b; rel=next\"; rel=\"prev next\"", "/a"},
        {"</a,b;c>; rel=prev, </d>; rel=next", "/d"},
        {"</a>; rel=\"next\", </b>; rel=\"last\"", "/a"},
        {"<a>; rel=next", "a"},
        {"/a; rel=next", ""},
        {"<>; rel=next", ""},
        {"; rel=next", ""},
        {"</a>; rel=\"prev\"", NULL},
        {"</a>; rel=\"nextone\"", NULL},
        {"</a>; title=\"rel=next\"", NULL},
        {"</a?rel=next>", NULL},
        {"</a>", NULL},
        {"<; rel=next", NULL},
        {"\"\\", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str address = STR("x");
        bool found = link_next(str_of(cases[i].header), &address);
        if (found != (cases[i].address != NULL) ||
            !str_eq(address, found ? str_of(cases[i].address) : STR(""))) {
            fail_msg("%s: %d, %.*s", cases[i].header, found, (int)address.n, address.p);
        }
    }
    assert_true(str_eq(link_path(STR("/a?b=c://d/e")), STR("/a?b=c://d/e")));
    assert_true(str_eq(link_path(STR("https://x/a")), STR("/a")));
    assert_true(str_empty(link_path(STR("?after=7"))));
}

static void test_lists__of_pages_and_batches_are_read(void **state)
{
    static const struct {
        const char *body;
        size_t count;
    } cases[] = {{"{\"value\":[]}", 0},
                 {"{\"value\":[" NUMBER "],\"nextLink\":\"x\"}", 1},
                 {"{\"numbers\":[" NUMBER "," NUMBER "," NUMBER "]}", 3}};
    struct room *room = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct numgate_number *numbers;
        size_t count;
        room->reply.reply.body = str_of(cases[i].body);
        assert_int_equal(numgate_reply_numbers(&room->reply, &numbers, &count, NULL), NUMGATE_OK);
        assert_int_equal(count, cases[i].count);
        assert_true(count == 0 || str_eq(str_of(numbers[count - 1].account_name), STR("Contoso")));
    }
}

static void test_answers__that_know_more_are_read_and_wrong_ones_are_refused(void **state)
{
    static const struct {
        const char *body, *says; /* NULL: it is read */
    } cases[] = {{"{\"name\":\"a\",\"colour\":{\"x\":[1]},\"serviceProvisioningStatus\":\"resting\"}", NULL},
                 {"{\"name\":\"a\",\"correlationId\":null,\"serviceDetails\":{}}", NULL},
                 {"{\"name\":7}", "name"},
                 {"{\"value\":[7]}", "AccountResource"},
                 {"[]", "AccountResource"},
                 {"{\"serviceDetails\":{\"zoomPhoneCloudPeering\":{\"enabled\":\"yes\"}}}", "enabled"},
                 {"{\"serviceDetails\":{\"zoomPhoneCloudPeering\":{\"numberCount\":1.5}}}", "numberCount"},
                 {"<html>", "line 1"},
                 {"", ""}};
    struct room *room = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct numgate_account *accounts;
        size_t count;
        room->reply.reply.body = str_of(cases[i].body);
        enum numgate_status status = numgate_reply_accounts(&room->reply, &accounts, &count, &room->error);
        if (cases[i].says == NULL) {
            assert_int_equal(status, NUMGATE_OK);
            assert_string_equal(accounts[0].name, "a");
            assert_null(accounts[0].correlation_id);
        } else if (status != NUMGATE_OTHER || strstr(room->error.message, cases[i].says) == NULL) {
            fail_msg("case %zu: %d, \"%s\"", i, status, room->error.message);
        }
    }
}

static void test_empty__structs_are_bodies_too(void **state)
{
    struct room *room = *state;
    account_json(&(struct numgate_account){.name = "a"}, &room->out);
    expect_same(buf_str(&room->out), STR("{\"name\":\"a\"}"));
    buf_reset(&room->out);
    struct numgate_number_service zoom = {.enabled = 1,
                                          .assignment_status = "assigned"}; /* which it has not */
    struct numgate_number_services services = {.zoom_phone_cloud_peering = &zoom};
    number_json(&(struct numgate_number){.telephone_number = "+1", .services = &services}, &room->out);
    expect_same(buf_str(&room->out), STR("{\"telephoneNumber\":\"+1\",\"serviceDetails\":{"
                                         "\"zoomPhoneCloudPeering\":{\"enabled\":true}}}"));
}

static void test_save__needs_the_names(void **state)
{
    struct room *room = *state;
    assert_int_equal(numgate_save_account(NULL, &(struct numgate_account){0}, NULL, NULL, &room->error),
                     NUMGATE_INVALID);
    assert_non_null(strstr(room->error.message, "name"));
    assert_int_equal(
        numgate_save_number(NULL, &(struct numgate_number){.account_name = "a"}, NULL, NULL, &room->error),
        NUMGATE_INVALID);
    assert_non_null(strstr(room->error.message, "telephone number"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, given_room, drop_room)
    const struct CMUnitTest tests[] = {
        TEST(test_account__goes_in_and_out),
        TEST(test_number__goes_in_and_out),
        TEST(test_rfi__is_read),
        TEST(test_address__is_read),
        TEST(test_plan__is_read),
        TEST(test_dns_account__is_read),
        TEST(test_dns_letters__plan_and_job_are_read),
        TEST(test_jobs__and_their_rows_are_read),
        TEST(test_job_order__is_a_body),
        TEST(test_job__that_cannot_be_sent_is_refused),
        TEST(test_job__with_settings_over_1_mib_is_refused),
        TEST(test_link__says_what_comes_next),
        TEST(test_lists__of_pages_and_batches_are_read),
        TEST(test_answers__that_know_more_are_read_and_wrong_ones_are_refused),
        TEST(test_empty__structs_are_bodies_too),
        TEST(test_save__needs_the_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
