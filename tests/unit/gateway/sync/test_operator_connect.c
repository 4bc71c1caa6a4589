/* The HTTPS side of a back end, against a peer that answers by a script: what goes out, what comes back, what each failure becomes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../../common/fetch/peer.h"
#include "common/base/limits.h"
#include "gateway/sync/operator_connect.h"

#define SOON_MS    10000 /* far more than anything here takes */
#define SCRIPT_MAX 8
#define TENANT     "0f0f0f0f-0000-4000-8000-00000000000a"
#define OTHER      "0f0f0f0f-0000-4000-8000-00000000000b"
#define ORDER      "1f0f0f0f-0000-4000-8000-000000000001"
#define NUMBER(digits)                                                                                       \
    "{'telephoneNumber':'+" digits "','service':'teamsOperatorConnect','tenantId':'" TENANT                  \
    "','usage':'CallingUserAssignment'}"
#define JOB(status, entries)                                                                                 \
    "{'jobId':'j 1','status':'" status "','idempotencyKey':'" ORDER "','entries':[" entries "]}"

struct room {
    struct arena *mem, *heard_mem; /* the latter the peer's thread's */
    struct peer peer;
    pthread_mutex_t lock; /* what `answer` writes, on several threads */
    struct operator_connect *oc;
    const struct backend *backend;
    struct operator_connect_config config;
    /* Bodies of a 200 (' for "), or, with "HTTP/", raw; the last one again and again. */
    _Atomic(const char *) script[SCRIPT_MAX];
    struct str heard[SCRIPT_MAX];
    atomic_size_t answered, tokens;
    _Atomic(const char *) token_reply; /* NULL: a token */
    bool count;                        /* answer only when two are there */
    atomic_int under_way, most;
};

static void put_body(struct buf *out, const char *body)
{
    char *text = strdup(body);
    for (char *c = text; *c != '\0'; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    peer_put(out, 200, "application/json", str_of(text));
    free(text);
}

static void answer_token(struct room *room, struct buf *out)
{
    char text[200];
    room->tokens++;
    (void)snprintf(text, sizeof text, "{'access_token':'token-%zu','token_type':'Bearer','expires_in':3600}",
                   room->tokens);
    if (room->token_reply != NULL) {
        buf_put_str(out, str_of(room->token_reply));
    } else {
        put_body(out, text);
    }
}

/* On several threads at once. */
static void count_in(struct room *room, struct buf *out)
{
    int now = atomic_fetch_add(&room->under_way, 1) + 1;
    for (int most = atomic_load(&room->most); now > most;) {
        if (atomic_compare_exchange_weak(&room->most, &most, now)) {
            break;
        }
    }
    while (atomic_load(&room->most) < 2 && peer_wait(&room->peer, -1, 1)) {
    }
    atomic_fetch_sub(&room->under_way, 1);
    put_body(out, "{'value':[],'more':false}");
}

static void answer_by_script(struct room *room, struct str request, struct buf *out)
{
    if (str_starts(request, STR("POST /token "))) {
        answer_token(room, out);
        return;
    }
    size_t at = room->answered++;
    if (at < SCRIPT_MAX) {
        room->heard[at] = arena_str(room->heard_mem, request);
    }
    while (at > 0 && (at >= SCRIPT_MAX || room->script[at] == NULL)) {
        at--;
    }
    const char *reply = room->script[at];
    if (str_starts(str_of(reply), STR("HTTP/")) || reply[0] == '\0') {
        buf_put_str(out, str_of(reply));
    } else {
        put_body(out, reply);
    }
}

static void answer(void *arg, struct str request, struct buf *out)
{
    struct room *room = arg;
    if (room->count && !str_starts(request, STR("POST /token "))) {
        count_in(room, out);
        return;
    }
    pthread_mutex_lock(&room->lock);
    answer_by_script(room, request, out);
    pthread_mutex_unlock(&room->lock);
}

static int given_room(void **state)
{
    struct room *room = calloc(1, sizeof *room);
    pthread_mutex_init(&room->lock, NULL);
    room->mem = arena_new(256 << 20);
    room->heard_mem = arena_new(64 << 20);
    room->peer = (struct peer){.answer = answer, .arg = room};
    *state = room;
    return !peer_start(&room->peer);
}

static int drop_room(void **state)
{
    struct room *room = *state;
    operator_connect_free(room->oc);
    peer_stop(&room->peer);
    arena_free(room->mem);
    arena_free(room->heard_mem);
    free(room);
    return 0;
}

static void given_config(struct room *room)
{
    room->config = (struct operator_connect_config){
        .base_url = arena_printf(room->mem, "http://127.0.0.1:%u/api/v1/", room->peer.port),
        .token = {.url = arena_printf(room->mem, "http://127.0.0.1:%u/token", room->peer.port),
                  .client_id = STR("numgate"),
                  .client_secret = STR("quiet"),
                  .scope = STR("api://backend/.default")},
        .timeout_ms = SOON_MS,
        .concurrency = 2,
        .batch = 200,
        .keep_ms = OPERATOR_CONNECT_KEEP_MS,
    };
}

static void connect_to(struct room *room)
{
    assert_int_equal(operator_connect_new(&room->config, &room->oc, NULL), RC_OK);
    room->backend = operator_connect_backend(room->oc);
}

static const struct backend *given_backend(struct room *room)
{
    given_config(room);
    connect_to(room);
    return room->backend;
}

static void assert_text(struct str text, const char *expected)
{
    if (!str_eq(text, str_of(expected))) {
        fail_msg("\"%.*s\" instead of \"%s\"", STR_ARG(text), expected);
    }
}

static struct str first_line(struct str request)
{
    struct str line;
    (void)str_split(&request, '\r', &line);
    return line;
}

static struct str body_of(struct str request)
{
    const char *end = memmem(request.p, request.n, "\r\n\r\n", 4);
    return end != NULL ? str_slice(request, (size_t)(end - request.p) + 4, request.n) : STR_NONE;
}

static struct backend_order an_order(const struct backend_number *numbers, size_t count)
{
    return (struct backend_order){.id = STR(ORDER),
                                  .service = SERVICE_OPERATOR_CONNECT,
                                  .tenant_id = STR(TENANT),
                                  .numbers = numbers,
                                  .count = count};
}

/* ---- what goes out and comes back ---- */

static void test_consents__become_requests_for_information(void **state)
{
    struct room *room = *state;
    const struct backend *backend = given_backend(room);
    struct backend_consents page;
    room->script[0] =
        "{'value':[{'id':'" ORDER "','tenantId':'" TENANT
        "','tenantOrigin':'Office365','productContext':'teams',"
        "'operatorId':null,'status':'Active','consentedOn':'2021-12-21T13:50:02.727194312Z','"
        "consentedCountries':"
        "['GB','UK'],'contacts':[{'fullName':'A','phoneNumber':'+44','companySize':'L250_U999'}],"
        "'customerRelationship':{'status':'AgreementSigned','comment':null,'lastModifiedOn':'2022-01-01T00:"
        "00:00Z'}},"
        "{'id':'" ORDER "','tenantId':'" OTHER "','status':'SUSPENDED','contacts':null}],'more':true}";
    assert_int_equal(backend->consents(backend->arg, STR_NONE, room->mem, &page, NULL), RC_OK);
    assert_text(first_line(room->heard[0]),
                "GET /api/v1/consents?productContext=teams&maxpagesize=200 HTTP/1.1");
    assert_true(str_contains(room->heard[0], STR("\r\nAuthorization: Bearer token-1\r\n")));
    assert_true(str_contains(room->heard[0], STR("\r\nUser-Agent: numgate/" NUMGATE_VERSION "\r\n")));
    assert_int_equal(page.count, 2);
    assert_true(page.more);
    const struct rfi *rfi = &page.items[0];
    const struct contact *contact = rfi->contacts.items;
    assert_int_equal(rfi->status, CONSENT_ACTIVE);
    assert_int_equal(rfi->consented_on.ms, INT64_C(1640094602727));
    assert_int_equal(rfi->last_modified_on.ms, CLOCK_ABSENT.ms);
    assert_int_equal(rfi->consented_countries.count, 2);
    assert_true(str_absent(rfi->operator_id) && str_absent(rfi->customer_relationship->comment));
    assert_text(contact->telephone_number, "+44");
    assert_text(contact->email, "-"); /* the contract wants one */
    assert_text(rfi->customer_relationship->status, "AgreementSigned");
    assert_int_equal(page.items[1].status, CONSENT_SUSPENDED);
    assert_null(page.items[1].contacts.items);
    room->script[1] = "{'value':[],'more':false}";
    assert_int_equal(
        backend->consents(backend->arg, STR("0F0F0F0F-0000-4000-8000-00000000000B"), room->mem, &page, NULL),
        RC_OK);
    assert_text(first_line(room->heard[1]),
                "GET /api/v1/consents?productContext=teams&after=" OTHER "&maxpagesize=200 HTTP/1.1");
    assert_int_equal(page.count, 0);
    assert_int_equal(room->tokens, 1);
}

static void test_relationship__is_put(void **state)
{
    struct room *room = *state;
    const struct backend *backend = given_backend(room);
    struct customer_relationship said = {.status = STR("ConsentDeclined"), .comment = STR("no \"capacity\"")};
    room->script[0] = "{'id':'" ORDER "','tenantId':'" TENANT "','status':'active'}";
    assert_int_equal(backend->set_relationship(backend->arg, STR(TENANT), &said, room->mem, NULL), RC_OK);
    assert_text(first_line(room->heard[0]), "PUT /api/v1/consents/" TENANT "/customerRelationship HTTP/1.1");
    assert_true(str_contains(room->heard[0], STR("\r\nContent-Type: application/json\r\n")));
    assert_text(body_of(room->heard[0]),
                "{\"status\":\"ConsentDeclined\",\"comment\":\"no \\\"capacity\\\"\"}");
    said.comment = STR_NONE;
    assert_int_equal(backend->set_relationship(backend->arg, STR(TENANT), &said, room->mem, NULL), RC_OK);
    assert_text(body_of(room->heard[1]), "{\"status\":\"ConsentDeclined\"}");
    struct err err;
    room->script[2] = "{'id':'" ORDER "','tenantId':'" OTHER "','status':'active'}";
    assert_int_equal(backend->set_relationship(backend->arg, STR(TENANT), &said, room->mem, &err),
                     RC_UNCERTAIN);
    assert_string_equal(err.code, "BackendAnswerInvalid");
}

static void test_order__of_an_upload_sends_settings(void **state)
{
    struct room *room = *state;
    const struct backend *backend = given_backend(room);
    static const struct str capability = {"InboundCalling", 14};
    const struct backend_number numbers[] = {
        {.telephone_number = 441632960000,
         .settings = {.usage = STR("CallingUserAssignment"),
                      .choosable_capabilities = {&capability, 1},
                      .acquired_capabilities = {&capability, 1},
                      .civic_address_id = STR("a"),
                      .location_id = STR("l"),
                      .allow_tenant_address_update = true,
                      .displayed_country_code = STR("GB")}},
        {.telephone_number = 441632960001, .settings = {.usage = STR("ConferenceAssignment")}},
    };
    struct backend_order order = an_order(numbers, 2);
    struct backend_job job;
    room->script[0] = JOB("InProgress", "{'telephoneNumber':'+441632960000','status':'Pending'}");
    assert_int_equal(backend->order(backend->arg, &order, room->mem, &job, NULL), RC_OK);
    assert_text(first_line(room->heard[0]), "POST /api/v1/tenants/" TENANT "/numbers/upload HTTP/1.1");
    assert_true(str_contains(room->heard[0], STR("\r\nIdempotency-Key: " ORDER "\r\n")));
    assert_text(
        body_of(room->heard[0]),
        "{\"service\":\"teamsOperatorConnect\",\"numbers\":[{\"telephoneNumber\":\"+441632960000\",\"usage\":"
        "\"CallingUserAssignment\",\"choosableCapabilities\":[\"InboundCalling\"],\"civicAddressId\":\"a\","
        "\"locationId\":\"l\",\"allowTenantAddressUpdate\":true,\"displayedCountryCode\":\"GB\"},"
        "{\"telephoneNumber\":\"+441632960001\",\"usage\":\"ConferenceAssignment\","
        "\"allowTenantAddressUpdate\":false}]}");
    assert_text(job.id, "j 1");
    assert_false(job.ended);
    assert_int_equal(job.entries[0].state, BACKEND_ENTRY_OPEN);
}

static void test_order__of_a_release_sends_numbers(void **state)
{
    struct room *room = *state;
    const struct backend *backend = given_backend(room);
    const struct backend_number numbers[] = {{.telephone_number = 441632960000}, {.telephone_number = 12}};
    struct backend_order order = an_order(numbers, 2);
    struct backend_job job;
    order.kind = BACKEND_RELEASE;
    order.service = SERVICE_PHONE_MOBILE;
    room->script[0] = JOB("Complete", "");
    assert_int_equal(backend->order(backend->arg, &order, room->mem, &job, NULL), RC_OK);
    assert_text(first_line(room->heard[0]), "POST /api/v1/tenants/" TENANT "/numbers/release HTTP/1.1");
    assert_text(body_of(room->heard[0]),
                "{\"service\":\"teamsPhoneMobile\",\"telephoneNumbers\":[\"+441632960000\",\"+12\"]}");
    assert_true(job.ended);
    assert_int_equal(job.count, 0);
}

static void test_job__has_a_result_for_each_number(void **state)
{
    struct room *room = *state;
    const struct backend *backend = given_backend(room);
    struct backend_job job;
    char long_message[3000];
    memset(long_message, 'x', sizeof long_message - 1);
    long_message[sizeof long_message - 1] = '\0';
    struct str body = arena_printf(
        room->mem,
        JOB("partiallycomplete", "{'telephoneNumber':'+441632960000','status':'Success','number':" NUMBER(
                                     "441632960000") "},"
                                                     "{'telephoneNumber':'+441632960001','status':'Error','"
                                                     "errorCode':'UnknownUsage','errorMessage':'%s'},"
                                                     "{'telephoneNumber':'+441632960002','status':'error'},{'"
                                                     "telephoneNumber':'+441632960003','status':"
                                                     "'PENDING'}"),
        long_message);
    room->script[0] = body.p;
    assert_int_equal(backend->job(backend->arg, STR("j 1"), room->mem, &job, NULL), RC_OK);
    assert_text(first_line(room->heard[0]), "GET /api/v1/jobs/j%201 HTTP/1.1");
    assert_true(job.ended);
    assert_int_equal(job.count, 4);
    assert_int_equal(job.entries[0].state, BACKEND_ENTRY_DONE);
    assert_int_equal(job.entries[0].number->telephone_number, 441632960000);
    assert_int_equal(job.entries[1].state, BACKEND_ENTRY_REFUSED);
    assert_text(job.entries[1].code, "UnknownUsage");
    assert_int_equal(job.entries[1].message.n, LIMIT_TEXT);
    assert_null(job.entries[1].number);
    assert_text(job.entries[2].code, "Unspecified");
    assert_int_equal(job.entries[3].state, BACKEND_ENTRY_OPEN);
}

static void test_job_of_order__is_found_or_never_was(void **state)
{
    struct room *room = *state;
    const struct backend *backend = given_backend(room);
    struct backend_job job;
    struct err err;
    room->script[0] = "{'value':[" JOB("Failed", "") "]}";
    assert_int_equal(backend->job_of_order(backend->arg, STR(ORDER), room->mem, &job, NULL), RC_OK);
    assert_text(first_line(room->heard[0]), "GET /api/v1/jobs?idempotencyKey=" ORDER " HTTP/1.1");
    assert_true(job.ended);
    room->script[1] = "{'value':[]}";
    assert_int_equal(backend->job_of_order(backend->arg, STR(ORDER), room->mem, &job, &err), RC_NOT_FOUND);
    assert_string_equal(err.code, "BackendNotFound");
    room->script[2] = "{'value':[" JOB("Failed", "") "]}";
    assert_int_equal(backend->job_of_order(backend->arg, STR(TENANT), room->mem, &job, &err), RC_BUSY);
    assert_string_equal(err.code, "BackendAnswerInvalid");
}

static void test_numbers__are_read_by_page(void **state)
{
    struct room *room = *state;
    const struct backend *backend = given_backend(room);
    struct backend_numbers page;
    room->script[0] =
        "{'value':[{'telephoneNumber':'+441632960000','service':'TEAMSOPERATORCONNECT','tenantId':'" TENANT
        "','usage':'u','additionalUsages':['v'],'acquiredCapabilities':['a','b'],'availableCapabilities':[],"
        "'assignmentStatus':'UserAssigned','acquiredNumberStatus':'Active','isoCountryCode':'GB'}," NUMBER(
            "441632960001") "],'more':true}";
    assert_int_equal(
        backend->numbers(backend->arg, SERVICE_OPERATOR_CONNECT, STR(TENANT), 0, room->mem, &page, NULL),
        RC_OK);
    assert_text(first_line(room->heard[0]), "GET /api/v1/numbers?tenantId=" TENANT
                                            "&service=teamsOperatorConnect&maxpagesize=200 HTTP/1.1");
    assert_int_equal(page.count, 2);
    assert_true(page.more);
    assert_int_equal(page.items[0].assignment_status, ASSIGNMENT_ASSIGNED);
    assert_int_equal(page.items[0].settings.acquired_capabilities.count, 2);
    assert_non_null(page.items[0].settings.available_capabilities.items);
    assert_int_equal(page.items[0].service, SERVICE_OPERATOR_CONNECT);
    assert_int_equal(page.items[1].assignment_status, ASSIGNMENT_UNASSIGNED);
    assert_null(page.items[1].settings.available_capabilities.items);
    room->script[1] = "{'value':[],'more':false}";
    assert_int_equal(backend->numbers(backend->arg, SERVICE_PHONE_MOBILE, STR(TENANT), 441632960001,
                                      room->mem, &page, NULL),
                     RC_OK);
    assert_text(first_line(room->heard[1]),
                "GET /api/v1/numbers?tenantId=" TENANT
                "&service=teamsPhoneMobile&after=%2B441632960001&maxpagesize=200 HTTP/1.1");
}

static void test_number__is_read_by_itself(void **state)
{
    struct room *room = *state;
    const struct backend *backend = given_backend(room);
    struct backend_number number;
    struct err err;
    room->script[0] = NUMBER("441632960000");
    assert_int_equal(
        backend->number(backend->arg, SERVICE_OPERATOR_CONNECT, 441632960000, room->mem, &number, NULL),
        RC_OK);
    assert_text(first_line(room->heard[0]),
                "GET /api/v1/numbers/%2B441632960000?service=teamsOperatorConnect HTTP/1.1");
    assert_text(number.tenant_id, TENANT);
    assert_int_equal(
        backend->number(backend->arg, SERVICE_OPERATOR_CONNECT, 441632960001, room->mem, &number, &err),
        RC_BUSY);
    assert_int_equal(
        backend->number(backend->arg, SERVICE_PHONE_MOBILE, 441632960000, room->mem, &number, &err), RC_BUSY);
}

#define MARK_GONE                                                                                            \
    "HTTP/1.1 410 Gone\r\nConnection: close\r\n\r\n{\"code\":\"MarkGone\",\"message\":\"too old\"}"
#define NOT_OFFERED "HTTP/1.1 404 No\r\nConnection: close\r\n\r\n{\"code\":\"NotOffered\",\"message\":\"no\"}"
static void test_changes__have_a_mark(void **state)
{
    struct room *room = *state;
    const struct backend *backend = given_backend(room);
    struct backend_changes page;
    struct err err;
    room->script[0] = "{'value':[],'more':false,'mark':'m/1'}";
    assert_int_equal(backend->changes(backend->arg, STR_NONE, room->mem, &page, NULL), RC_OK);
    assert_text(first_line(room->heard[0]), "GET /api/v1/changes?maxpagesize=200 HTTP/1.1");
    assert_text(page.mark, "m/1");
    room->script[1] = "{'value':[" NUMBER("12") "],'more':true,'mark':'m2'}";
    assert_int_equal(backend->changes(backend->arg, STR("m/1"), room->mem, &page, NULL), RC_OK);
    assert_text(first_line(room->heard[1]), "GET /api/v1/changes?mark=m%2F1&maxpagesize=200 HTTP/1.1");
    assert_int_equal(page.count, 1);
    assert_true(page.more);
    room->script[2] = MARK_GONE;
    assert_int_equal(backend->changes(backend->arg, STR("m2"), room->mem, &page, &err), RC_NOT_FOUND);
    assert_string_equal(err.code, "BackendMarkGone");
    room->script[3] = NOT_OFFERED;
    assert_int_equal(backend->changes(backend->arg, STR("m2"), room->mem, &page, &err), RC_OK);
    assert_true(str_absent(page.mark) && page.count == 0 && !page.more);
}

static void test_addresses__bring_their_places(void **state)
{
    struct room *room = *state;
    const struct backend *backend = given_backend(room);
    struct backend_addresses page;
    room->script[0] =
        "{'value':[{'id':'a1','country':'GB','defaultLocationId':'l1','validationStatus':'Validated',"
        "'displayAddress':'x','locations':[{'id':'l1','civicAddressId':'a1','isDefault':true,'elin':null}]}],"
        "'more':false}";
    assert_int_equal(backend->addresses(backend->arg, STR(TENANT), STR("A0"), room->mem, &page, NULL), RC_OK);
    assert_text(first_line(room->heard[0]),
                "GET /api/v1/tenants/" TENANT "/civicAddresses?after=a0&maxpagesize=50 HTTP/1.1");
    assert_int_equal(page.count, 1);
    assert_int_equal(page.items[0].validation_status, VALIDATION_VALIDATED);
    const struct location *location = page.items[0].locations.items;
    assert_true(location->is_default);
}

static void test_plans__are_kept_for_a_while(void **state)
{
    struct room *room = *state;
    const struct backend *backend = given_backend(room);
    struct capability_plans plans = {0};
    room->script[0] = "{'value':[{'name':'p','usage':'CallingUserAssignment','supportsTollFree':false,"
                      "'mandatoryCapabilities':['UserAssignment'],'offerTypes':['Calling']}]}";
    for (int i = 0; i < 3; i++) {
        plans = (struct capability_plans){0};
        assert_int_equal(backend->capability_plans(backend->arg, STR(TENANT), room->mem, &plans, NULL),
                         RC_OK);
        assert_int_equal(plans.plans.count, 1);
        const struct capability_plan *plan = plans.plans.items;
        assert_text(plan->mandatory_capabilities.items[0], "UserAssignment");
    }
    assert_text(first_line(room->heard[0]), "GET /api/v1/tenants/" TENANT "/usages HTTP/1.1");
    assert_int_equal(room->answered, 1);
    assert_int_equal(backend->capability_plans(backend->arg, STR(OTHER), room->mem, &plans, NULL), RC_OK);
    assert_int_equal(room->answered, 2);
}

static void test_cache__forgets(void **state)
{
    struct room *room = *state;
    given_config(room);
    room->config.keep_ms = 0;
    connect_to(room);
    struct capability_plans plans;
    room->script[0] = "{'value':[]}";
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            room->backend->capability_plans(room->backend->arg, STR(TENANT), room->mem, &plans, NULL), RC_OK);
    }
    assert_int_equal(room->answered, 2);
}

static void test_cache__keeps_no_failure(void **state)
{
    struct room *room = *state;
    const struct backend *backend = given_backend(room);
    struct capability_plans plans;
    room->script[0] = "{'value':7}";
    room->script[1] = "HTTP/1.1 500 No\r\nConnection: close\r\n\r\n";
    room->script[2] = "{'value':[]}";
    assert_int_equal(backend->capability_plans(backend->arg, STR(TENANT), room->mem, &plans, NULL), RC_BUSY);
    assert_int_equal(backend->capability_plans(backend->arg, STR(TENANT), room->mem, &plans, NULL), RC_BUSY);
    assert_int_equal(backend->capability_plans(backend->arg, STR(TENANT), room->mem, &plans, NULL), RC_OK);
}

/* A question takes a hundred; what all have in common is the answer to more. */
static void test_capabilities__of_many_numbers_are_what_all_have(void **state)
{
    struct room *room = *state;
    const struct backend *backend = given_backend(room);
    struct number_identifier items[150];
    struct available_capabilities capabilities;
    for (size_t i = 0; i < ARRAY_LEN(items); i++) {
        items[i].telephone_number = 441632960000 + (int64_t)i;
    }
    const struct identifier_batch batch = {{items, ARRAY_LEN(items)}};
    room->script[0] = "{'availableCapabilities':['a','b','c']}";
    room->script[1] = "{'availableCapabilities':['c','d','a']}";
    for (int i = 0; i < 2; i++) {
        assert_int_equal(backend->available_capabilities(backend->arg, STR(TENANT), &batch, room->mem,
                                                         &capabilities, NULL),
                         RC_OK);
        assert_int_equal(capabilities.capabilities.count, 2);
        assert_text(capabilities.capabilities.items[0], "a");
        assert_text(capabilities.capabilities.items[1], "c");
    }
    assert_int_equal(room->answered, 2);
    assert_text(first_line(room->heard[0]),
                "POST /api/v1/tenants/" TENANT "/numbers/availableCapabilities HTTP/1.1");
    assert_true(str_starts(body_of(room->heard[0]), STR("{\"telephoneNumbers\":[\"+441632960000\",")));
    assert_true(str_ends(body_of(room->heard[0]), STR(",\"+441632960099\"]}")));
    assert_true(str_ends(body_of(room->heard[1]), STR(",\"+441632960149\"]}")));
    const struct identifier_batch one = {{items, 1}};
    room->script[2] = "{'availableCapabilities':['z']}";
    assert_int_equal(
        backend->available_capabilities(backend->arg, STR(TENANT), &one, room->mem, &capabilities, NULL),
        RC_OK);
    assert_text(body_of(room->heard[2]), "{\"telephoneNumbers\":[\"+441632960000\"]}");
    assert_int_equal(capabilities.capabilities.count, 1);
}

/* ---- failures ---- */

#define RAW(line, more, body) "HTTP/1.1 " line "\r\nConnection: close\r\n" more "\r\n" body
#define SAYS(code)            "{\"code\":\"" code "\",\"message\":\"words\"}"

static const struct failure {
    const char *reply;
    enum rc read, order;
    const char *code, *order_code; /* NULL: the same */
    uint32_t retry_after_ms;
} failures[] = {
    {RAW("429 Slow", "Retry-After: 7\r\n", ""), RC_BUSY, RC_BUSY, "BackendThrottled", NULL, 7000},
    {RAW("429 Slow", "", SAYS("TooManyRequests")), RC_BUSY, RC_BUSY, "BackendThrottled", NULL, 0},
    {RAW("503 Away", "Retry-After: 3\r\n", ""), RC_BUSY, RC_BUSY, "BackendUnavailable", NULL, 3000},
    {RAW("503 Away", "", ""), RC_BUSY, RC_UNCERTAIN, "BackendFailed", NULL, 0},
    {RAW("500 No", "", SAYS("InternalError")), RC_BUSY, RC_UNCERTAIN, "BackendFailed", NULL, 0},
    {RAW("502 No", "", "<html>"), RC_BUSY, RC_UNCERTAIN, "BackendFailed", NULL, 0},
    {"", RC_BUSY, RC_UNCERTAIN, "BackendUnavailable", "BackendUncertain", 0},
    {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", RC_BUSY, RC_UNCERTAIN, "BackendUnavailable",
     "BackendUncertain", 0},
    {RAW("401 Who", "", ""), RC_DENIED, RC_DENIED, "BackendDenied", NULL, 0},
    {RAW("403 No", "", SAYS("MissingRole")), RC_DENIED, RC_DENIED, "BackendDenied", NULL, 0},
    {RAW("404 No", "", SAYS("TenantNotFound")), RC_NOT_FOUND, RC_NOT_FOUND, "BackendNotFound", NULL, 0},
    {RAW("404 No", "", "<html>"), RC_BUSY, RC_UNCERTAIN, "BackendAnswerInvalid", NULL, 0},
    {RAW("404 No", "", "{\"message\":\"x\"}"), RC_BUSY, RC_UNCERTAIN, "BackendAnswerInvalid", NULL, 0},
    {RAW("400 No", "", SAYS("BadRequest")), RC_INVALID, RC_INVALID, "BackendRefused", NULL, 0},
    {RAW("422 No", "", SAYS("IdempotencyKeyReused")), RC_INVALID, RC_INVALID, "BackendRefused", NULL, 0},
    {RAW("409 No", "", SAYS("NumberInOperation")), RC_CONFLICT, RC_CONFLICT, "BackendConflict", NULL, 0},
    {RAW("302 Over there", "Location: /x\r\n", ""), RC_BUSY, RC_UNCERTAIN, "BackendAnswerInvalid", NULL, 0},
    {RAW("204 None", "", ""), RC_BUSY, RC_UNCERTAIN, "BackendAnswerInvalid", NULL, 0},
    {RAW("405 No", "", SAYS("X")), RC_BUSY, RC_UNCERTAIN, "BackendAnswerInvalid", NULL, 0},
    {RAW("200 OK", "", ""), RC_BUSY, RC_UNCERTAIN, "BackendAnswerInvalid", NULL, 0},
    {RAW("200 OK", "", "<html>"), RC_BUSY, RC_UNCERTAIN, "BackendAnswerInvalid", NULL, 0},
    {RAW("200 OK", "", "[]"), RC_BUSY, RC_UNCERTAIN, "BackendAnswerInvalid", NULL, 0},
};

static enum rc read_something(struct room *room, struct err *err)
{
    struct backend_numbers page;
    return room->backend->numbers(room->backend->arg, SERVICE_OPERATOR_CONNECT, STR(TENANT), 0, room->mem,
                                  &page, err);
}

static enum rc order_something(struct room *room, struct err *err)
{
    static const struct backend_number number = {.telephone_number = 441632960000};
    struct backend_order order = an_order(&number, 1);
    struct backend_job job;
    return room->backend->order(room->backend->arg, &order, room->mem, &job, err);
}

static void test_failures__are_what_the_interface_says(void **state)
{
    struct room *room = *state;
    (void)given_backend(room);
    for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
        const struct failure *failure = &failures[i];
        struct err read = {0}, order = {0};
        room->script[0] = failure->reply;
        enum rc read_rc = read_something(room, &read), order_rc = order_something(room, &order);
        const char *order_code = failure->order_code != NULL ? failure->order_code : failure->code;
        if (read_rc != failure->read || order_rc != failure->order || read.rc != read_rc ||
            order.rc != order_rc || read.retry_after_ms != failure->retry_after_ms ||
            order.retry_after_ms != failure->retry_after_ms || read.code == NULL ||
            strcmp(read.code, failure->code) != 0 || order.code == NULL ||
            strcmp(order.code, order_code) != 0 || read.msg[0] == '\0') {
            fail_msg("case %zu: %s %s, %s %s: %s", i, rc_name(read_rc), read.code, rc_name(order_rc),
                     order.code, read.msg);
        }
        assert_int_equal(order_something(room, NULL), failure->order); /* nobody asks why */
    }
}

static void test_failure__nobody_there_is_nothing_done(void **state)
{
    struct room *room = *state;
    struct err err;
    (void)given_backend(room);
    room->script[0] = JOB("Complete", "");
    assert_int_equal(order_something(room, NULL), RC_OK); /* there is a token now */
    peer_stop(&room->peer);
    assert_int_equal(order_something(room, &err), RC_BUSY);
    assert_string_equal(err.code, "BackendUnavailable");
    assert_true(peer_start(&room->peer));
    assert_int_equal(order_something(room, NULL), RC_OK);
}

static void test_failure__names_what_was_wrong(void **state)
{
    struct room *room = *state;
    (void)given_backend(room);
    static const struct {
        const char *reply, *message;
    } cases[] = {
        {"{'value':[{'telephoneNumber':'0163'}],'more':false}", "value[0].telephoneNumber: must be '+'"},
        {"{'value':[" NUMBER("12") "]}", "more: required, but missing"},
        {"{'value':[" NUMBER("13") "," NUMBER("12") "],'more':false}", "value[1] is not in ascending order"},
        {"{'value':[" NUMBER("12") "," NUMBER("12") "],'more':false}", "value[1] is not in ascending order"},
        {"{'value':[{'telephoneNumber':'+12','service':'teamsPhoneMobile','tenantId':'" TENANT
         "','usage':'u'}],'more':false}",
         "another tenant or service"},
        {"{'value':[{'telephoneNumber':'+12','service':'teamsOperatorConnect','tenantId':'" OTHER
         "','usage':'u'}],'more':false}",
         "another tenant or service"},
        {"{'value':[{'telephoneNumber':'+12','service':'zoom','tenantId':'x','usage':'u'}],'more':false}",
         "service: must be one of"},
        {"{'value':[],'more':true}", "an empty page says that there is more"},
        {"{'value':[", "no JSON: line 1"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        room->script[0] = cases[i].reply;
        enum rc rc = read_something(room, &err);
        if (rc != RC_BUSY || !str_contains(str_of(err.msg), str_of(cases[i].message))) {
            fail_msg("case %zu: %s: %s", i, rc_name(rc), err.msg);
        }
    }
}

static void test_refusal__names_single_numbers(void **state)
{
    struct room *room = *state;
    struct err err;
    (void)given_backend(room);
    room->script[0] =
        RAW("400 No", "",
            "{\"code\":\"BadRequest\",\"message\":\"two are wrong\",\"details\":["
            "{\"code\":\"UnknownUsage\",\"message\":\"no such\",\"target\":\"+12\"},"
            "{\"code\":\"CapabilityNotInPlan\",\"message\":\"not in it\",\"target\":\"+13\"}]}");
    assert_int_equal(order_something(room, &err), RC_INVALID);
    assert_string_equal(err.msg, "BadRequest: two are wrong");
    assert_int_equal(err.details->count, 2);
    assert_string_equal(err.details->first->code, "UnknownUsage");
    assert_text(err.details->first->next->field, "+13");
    assert_string_equal(err.field, "+12");
    room->script[0] = RAW("400 No", "", SAYS("UnknownUsage")); /* the error itself is the detail */
    assert_int_equal(order_something(room, &err), RC_INVALID);
    assert_int_equal(err.details->count, 1);
    assert_string_equal(err.details->first->code, "UnknownUsage");
    assert_string_equal(err.field, "");
}

static void test_reply__is_bounded(void **state)
{
    struct room *room = *state;
    struct err err;
    (void)given_backend(room);
    struct buf reply;
    buf_init(&reply, 2 * (size_t)LIMIT_BACKEND_REPLY);
    buf_put_str(&reply, STR("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"));
    size_t head = reply.n;
    while (reply.n < head + LIMIT_BACKEND_REPLY) {
        buf_put_char(&reply, ' ');
    }
    buf_put_str(&reply, STR("x"));
    buf_put_char(&reply, '\0');
    room->script[0] = reply.p;
    assert_int_equal(order_something(room, &err), RC_UNCERTAIN);
    assert_true(str_contains(str_of(err.msg), STR("too long")));
    buf_clear(&reply);
}

static void test_tenant__that_is_no_uuid_is_not_asked_for(void **state)
{
    struct room *room = *state;
    const struct backend *backend = given_backend(room);
    static const char *const tenants[] = {"..", "contoso", "", "0f0f0f0f-0000-4000-8000-00000000000a/..",
                                          NULL};
    struct err err;
    struct capability_plans plans;
    struct backend_addresses addresses;
    for (size_t i = 0; i < ARRAY_LEN(tenants); i++) {
        struct str tenant = str_of(tenants[i]);
        assert_int_equal(backend->capability_plans(backend->arg, tenant, room->mem, &plans, &err),
                         RC_NOT_FOUND);
        assert_int_equal(backend->addresses(backend->arg, tenant, STR_NONE, room->mem, &addresses, &err),
                         RC_NOT_FOUND);
    }
    assert_int_equal(room->answered, 0);
    assert_int_equal(room->tokens, 0);
}

/* ---- tokens ---- */

static void test_token__is_renewed_once_after_a_401(void **state)
{
    struct room *room = *state;
    struct err err;
    (void)given_backend(room);
    room->script[0] = RAW("401 Who", "", SAYS("Unauthorized"));
    room->script[1] = JOB("Complete", "");
    assert_int_equal(order_something(room, NULL), RC_OK);
    assert_true(str_contains(room->heard[0], STR("Bearer token-1\r\n")));
    assert_true(str_contains(room->heard[1], STR("Bearer token-2\r\n")));
    assert_int_equal(order_something(room, NULL), RC_OK);
    assert_int_equal(room->tokens, 2);
    room->script[3] = RAW("401 Who", "", SAYS("Unauthorized"));
    assert_int_equal(order_something(room, &err), RC_DENIED);
    assert_true(str_contains(str_of(err.msg), STR("Unauthorized: words")));
    assert_int_equal(room->answered, 5);
}

static void test_token__that_is_not_given_is_denied_or_later(void **state)
{
    struct room *room = *state;
    static const struct {
        const char *reply;
        enum rc rc;
        const char *code;
    } cases[] = {
        {RAW("401 Who", "", "{\"error\":\"invalid_client\"}"), RC_DENIED, "BackendDenied"},
        {RAW("400 Who", "", "{\"error\":\"invalid_scope\"}"), RC_DENIED, "BackendDenied"},
        {RAW("503 Away", "", ""), RC_BUSY, "BackendUnavailable"},
        {RAW("200 OK", "", "{}"), RC_BUSY, "BackendUnavailable"},
        {"", RC_BUSY, "BackendUnavailable"},
    };
    (void)given_backend(room);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        room->token_reply = cases[i].reply;
        enum rc rc = order_something(room, &err);
        if (rc != cases[i].rc || strcmp(err.code, cases[i].code) != 0 || strstr(err.msg, "quiet") != NULL) {
            fail_msg("case %zu: %s %s: %s", i, rc_name(rc), err.code, err.msg);
        }
    }
    assert_int_equal(room->answered, 0);
}

/* ---- many at once, and the end ---- */

struct caller {
    struct room *room;
    bool orders;
    struct arena *mem;
    enum rc rc;
    struct err err;
    pthread_t thread;
};

static void *call(void *arg)
{
    struct caller *caller = arg;
    const struct backend *backend = caller->room->backend;
    static const struct backend_number number = {.telephone_number = 441632960000};
    struct backend_order order = an_order(&number, 1);
    struct backend_job job;
    struct backend_consents page;
    caller->rc = caller->orders ? backend->order(backend->arg, &order, caller->mem, &job, &caller->err)
                                : backend->consents(backend->arg, STR_NONE, caller->mem, &page, &caller->err);
    return NULL;
}

static void start_callers(struct room *room, struct caller *callers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        callers[i].room = room;
        callers[i].mem = arena_new(64 << 20);
        assert_int_equal(pthread_create(&callers[i].thread, NULL, call, &callers[i]), 0);
    }
}

static void join_callers(struct caller *callers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        pthread_join(callers[i].thread, NULL);
        arena_free(callers[i].mem);
    }
}

static void test_calls__are_as_many_at_once_as_configured(void **state)
{
    struct room *room = *state;
    struct caller callers[10] = {0};
    room->peer.many = true;
    room->count = true;
    (void)given_backend(room);
    start_callers(room, callers, ARRAY_LEN(callers));
    join_callers(callers, ARRAY_LEN(callers));
    for (size_t i = 0; i < ARRAY_LEN(callers); i++) {
        assert_int_equal(callers[i].rc, RC_OK);
    }
    assert_int_equal(atomic_load(&room->most), 2);
    assert_int_equal(room->tokens, 1);
}

static void test_call__waits_for_its_turn_no_longer_than_its_deadline(void **state)
{
    struct room *room = *state;
    struct caller callers[3] = {0};
    given_config(room);
    room->config.timeout_ms = 100;
    room->config.concurrency = 1;
    connect_to(room);
    atomic_store(&room->peer.hold, true);
    start_callers(room, callers, ARRAY_LEN(callers));
    join_callers(callers, ARRAY_LEN(callers));
    atomic_store(&room->peer.hold, false);
    for (size_t i = 0; i < ARRAY_LEN(callers); i++) {
        assert_int_equal(callers[i].rc, RC_BUSY);
    }
}

static void test_stop__ends_what_is_under_way_and_refuses_what_comes(void **state)
{
    struct room *room = *state;
    struct caller callers[3] = {{.orders = true}, {.orders = true}, {.orders = true}};
    given_config(room);
    room->config.timeout_ms = 600000;
    room->peer.many = true;
    room->script[0] = JOB("Complete", "");
    connect_to(room);
    assert_int_equal(order_something(room, NULL), RC_OK);
    int before = atomic_load(&room->peer.requests);
    atomic_store(&room->peer.hold, true);
    start_callers(room, callers, ARRAY_LEN(callers)); /* two are sent, one waits for its turn */
    while (atomic_load(&room->peer.requests) < before + 2) {
        (void)poll(NULL, 0, 1);
    }
    operator_connect_stop(room->oc);
    join_callers(callers, ARRAY_LEN(callers));
    int uncertain = 0, busy = 0;
    for (size_t i = 0; i < ARRAY_LEN(callers); i++) {
        uncertain += callers[i].rc == RC_UNCERTAIN;
        busy += callers[i].rc == RC_BUSY;
    }
    assert_int_equal(uncertain, 2);
    assert_int_equal(busy, 1);
    assert_int_equal(order_something(room, NULL), RC_BUSY);
    assert_int_equal(read_something(room, NULL), RC_BUSY);
}

static void test_new__refuses_what_cannot_work(void **state)
{
    struct room *room = *state;
    struct err err;
    struct operator_connect *oc = NULL;
    static const char *const urls[] = {"", "http://192.0.2.1/", "https://adapter.example/?a=b",
                                       "ftp://127.0.0.1/"};
    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        given_config(room);
        room->config.base_url = str_of(urls[i]);
        assert_int_equal(operator_connect_new(&room->config, &oc, &err), RC_INVALID);
    }
    given_config(room);
    room->config.token.client_id = STR_NONE;
    assert_int_equal(operator_connect_new(&room->config, &oc, &err), RC_INVALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, given_room, drop_room)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_consents__become_requests_for_information),
        TEST(test_relationship__is_put),
        TEST(test_order__of_an_upload_sends_settings),
        TEST(test_order__of_a_release_sends_numbers),
        TEST(test_job__has_a_result_for_each_number),
        TEST(test_job_of_order__is_found_or_never_was),
        TEST(test_numbers__are_read_by_page),
        TEST(test_number__is_read_by_itself),
        TEST(test_changes__have_a_mark),
        TEST(test_addresses__bring_their_places),
        TEST(test_plans__are_kept_for_a_while),
        TEST(test_cache__forgets),
        TEST(test_cache__keeps_no_failure),
        TEST(test_capabilities__of_many_numbers_are_what_all_have),
        TEST(test_failures__are_what_the_interface_says),
        TEST(test_failure__nobody_there_is_nothing_done),
        TEST(test_failure__names_what_was_wrong),
        TEST(test_refusal__names_single_numbers),
        TEST(test_reply__is_bounded),
        TEST(test_tenant__that_is_no_uuid_is_not_asked_for),
        TEST(test_token__is_renewed_once_after_a_401),
        TEST(test_token__that_is_not_given_is_denied_or_later),
        TEST(test_calls__are_as_many_at_once_as_configured),
        TEST(test_call__waits_for_its_turn_no_longer_than_its_deadline),
        TEST(test_stop__ends_what_is_under_way_and_refuses_what_comes),
        TEST(test_new__refuses_what_cannot_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
