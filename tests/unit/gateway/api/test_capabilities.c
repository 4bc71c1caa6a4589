/* The capability queries with a back end: a real server and a real pool, an application that goes straight to the handler. */
#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "gateway/api/call.h"
#include "gateway/api/offload.h"
#include "gateway/domain/backend.h"

struct rig {
    struct api *api;
    struct offload *offload;
    struct backend backend;
    struct http_app app;
    struct http_server *server;
    struct account account;
    struct account_services services;
    const char *operation;
    enum rc rc; /* what the back end says */
    const char *code;
    uint32_t retry_after_ms;
    pthread_t asked_on;
};

static enum rc plans(void *arg, struct str tenant_id, struct arena *mem, struct capability_plans *ret,
                     struct err *err)
{
    struct rig *rig = arg;
    rig->asked_on = pthread_self();
    if (rig->rc != RC_OK) {
        (void)err_set(err, rig->rc, rig->code, "the back end is away");
        err->retry_after_ms = rig->retry_after_ms;
        return rig->rc;
    }
    struct capability_plan *plan = arena_new_of(mem, struct capability_plan);
    *plan =
        (struct capability_plan){.name = arena_str(mem, tenant_id), .usage = STR("CallingUserAssignment")};
    ret->plans = (struct part_list){plan, 1};
    return RC_OK;
}

static enum rc capabilities(void *arg, struct str tenant_id, const struct identifier_batch *numbers,
                            struct arena *mem, struct available_capabilities *ret, struct err *err)
{
    (void)arg, (void)tenant_id, (void)mem, (void)err;
    static const struct str words[] = {{"InboundCalling", 14}, {"OutboundCalling", 15}};
    ret->capabilities = (struct text_list){words, numbers->numbers.count};
    return RC_OK;
}

static const struct route *route_of(const char *operation)
{
    for (size_t i = 0; i < api_routes.count; i++) {
        if (strcmp(api_routes.routes[i].operation, operation) == 0) {
            return &api_routes.routes[i];
        }
    }
    return NULL;
}

/* What the gates and the transaction would have left. */
static void head(void *arg, struct http_exchange *x)
{
    static const struct number_identifier numbers[] = {{441632960000}};
    static const struct identifier_batch batch = {{numbers, 1}};
    struct rig *rig = arg;
    struct call *call = arena_new_of(http_arena(x), struct call);
    call->api = rig->api;
    call->x = x;
    call->request = http_request(x);
    call->mem = http_arena(x);
    call->request_id = STR("r");
    call->route = route_of(rig->operation);
    call->input = (void *)(uintptr_t)&batch;
    call->last_modified = CLOCK_ABSENT;
    call->status = 200;
    call->user = &rig->account;
    http_set_user(x, call);
    call->route->answer(call);
}

static void start(struct rig *rig, bool with_backend)
{
    *rig = (struct rig){.operation = "Accounts_getTeamsCapabilityPlans"};
    rig->backend =
        (struct backend){.arg = rig, .capability_plans = plans, .available_capabilities = capabilities};
    rig->services.teams_tenant_id = STR("a-tenant");
    rig->account.services = &rig->services;
    assert_int_equal(offload_new(2, 8, &rig->offload, NULL), RC_OK);
    const struct api_config api = {.tables = {&api_routes, NULL},
                                   .backend = with_backend ? &rig->backend : NULL,
                                   .offload = rig->offload,
                                   .loops = 1};
    assert_int_equal(api_new(&api, &rig->api, NULL), RC_OK);
    rig->app = (struct http_app){.arg = rig, .head = head};
    struct http_listen listen = {.app = &rig->app};
    assert_true(net_parse(STR("127.0.0.1"), &listen.addr));
    struct http_config config = {.listen = &listen, .listen_count = 1, .threads = 1, .name = "test"};
    http_limits_default(&config.limits);
    assert_int_equal(http_server_new(&config, &rig->server, NULL), RC_OK);
    assert_int_equal(http_server_start(rig->server, NULL), RC_OK);
}

static void stop(struct rig *rig)
{
    (void)http_server_drain(rig->server);
    offload_free(rig->offload);
    http_server_free(rig->server);
    api_free(rig->api);
}

/* The whole reply; the server closes behind it. */
static void ask(struct rig *rig, char *reply, size_t size)
{
    static const char request[] = "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(http_server_port(rig->server, 0))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
    assert_int_equal(write(fd, request, sizeof request - 1), sizeof request - 1);
    size_t n = 0;
    for (ssize_t got; n < size - 1 && (got = read(fd, reply + n, size - 1 - n)) > 0; n += (size_t)got) {
    }
    reply[n] = '\0';
    close(fd);
}

static void test_capabilities__come_from_the_backend_on_a_thread_of_the_pool(void **state)
{
    (void)state;
    struct rig rig;
    char reply[4096];
    start(&rig, true);
    ask(&rig, reply, sizeof reply);
    assert_non_null(strstr(reply, "HTTP/1.1 200 "));
    assert_non_null(strstr(reply, "{\"capabilityPlans\":[{\"name\":\"a-tenant\""));
    assert_false(pthread_equal(rig.asked_on, pthread_self()));
    rig.operation = "Accounts_getTeamsAvailableCapabilities";
    ask(&rig, reply, sizeof reply);
    assert_non_null(strstr(reply, "{\"availableCapabilities\":[\"InboundCalling\"]}"));
    stop(&rig);
}

static void test_capabilities__pass_the_backends_refusal_on(void **state)
{
    (void)state;
    struct rig rig;
    char reply[4096];
    start(&rig, true);
    rig.rc = RC_BUSY;
    ask(&rig, reply, sizeof reply);
    assert_non_null(strstr(reply, "HTTP/1.1 503 "));
    assert_non_null(strstr(reply, "Retry-After: 1\r\n"));
    assert_non_null(strstr(reply, "the back end is away"));
    assert_null(strstr(reply, "innererror"));
    stop(&rig);
}

/* Who asks us is not to blame for what goes wrong behind us, and learns what it was. */
static void test_capabilities__tell_the_cause_of_a_failure(void **state)
{
    (void)state;
    static const struct {
        enum rc rc;
        const char *code;
        uint32_t retry_after_ms;
        const char *status, *header, *error;
    } cases[] = {
        {RC_BUSY, "BackendThrottled", 7000, "503 ", "Retry-After: 7\r\n", "ServiceUnavailable"},
        {RC_BUSY, "BackendUnavailable", 0, "503 ", "Retry-After: 1\r\n", "ServiceUnavailable"},
        {RC_DENIED, "BackendDenied", 0, "503 ", "Retry-After: 1\r\n", "ServiceUnavailable"},
        {RC_UNCERTAIN, "BackendUncertain", 0, "503 ", "Retry-After: 1\r\n", "ServiceUnavailable"},
        {RC_NOT_FOUND, "BackendNotFound", 0, "404 ", "", "NotFound"},
        {RC_INVALID, "BackendRefused", 0, "400 ", "", "InvalidRequest"},
        {RC_CONFLICT, "BackendConflict", 0, "409 ", "", "Conflict"},
    };
    struct rig rig;
    start(&rig, true);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char reply[4096], expected[200];
        rig.rc = cases[i].rc;
        rig.code = cases[i].code;
        rig.retry_after_ms = cases[i].retry_after_ms;
        ask(&rig, reply, sizeof reply);
        (void)snprintf(expected, sizeof expected,
                       "{\"error\":{\"code\":\"%s\",\"message\":\"the back end is "
                       "away\",\"innererror\":{\"code\":\"%s\"}}}",
                       cases[i].error, cases[i].code);
        if (strncmp(reply + sizeof "HTTP/1.1 " - 1, cases[i].status, 4) != 0 ||
            strstr(reply, cases[i].header) == NULL || strstr(reply, expected) == NULL) {
            fail_msg("case %zu: %s", i, reply);
        }
    }
    stop(&rig);
}

static void test_capabilities__need_a_tenant(void **state)
{
    (void)state;
    struct rig rig;
    char reply[4096];
    start(&rig, true);
    rig.services.teams_tenant_id = STR_NONE;
    ask(&rig, reply, sizeof reply);
    assert_non_null(strstr(reply, "HTTP/1.1 400 "));
    assert_non_null(strstr(reply, "x-ms-error-code: TenantRequired\r\n"));
    stop(&rig);
}

static void test_capabilities__without_a_backend_are_501(void **state)
{
    (void)state;
    struct rig rig;
    char reply[4096];
    start(&rig, false);
    ask(&rig, reply, sizeof reply);
    assert_non_null(strstr(reply, "HTTP/1.1 501 "));
    assert_non_null(strstr(reply, "x-ms-error-code: BackendNotConfigured\r\n"));
    stop(&rig);
}

struct gated_job {
    struct offload_job job;
    pthread_mutex_t *gate; /* runs when it is open */
    atomic_int *done;
};

static void run_gated(struct offload_job *job)
{
    struct gated_job *gated = (struct gated_job *)job;
    pthread_mutex_lock(gated->gate);
    pthread_mutex_unlock(gated->gate);
    atomic_fetch_add(gated->done, 1);
}

static void test_offload__refuses_when_full_and_finishes_what_it_took(void **state)
{
    (void)state;
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    atomic_int done = 0;
    struct offload *offload = NULL;
    struct gated_job jobs[8];
    int taken = 0;
    assert_int_equal(offload_new(1, 3, &offload, NULL), RC_OK);
    pthread_mutex_lock(&gate);
    while (taken < 8) {
        jobs[taken] = (struct gated_job){{run_gated, NULL}, &gate, &done};
        if (!offload_submit(offload, &jobs[taken].job)) {
            break;
        }
        taken++;
    }
    assert_in_range(taken, 3, 4); /* three wait; one may run already */
    pthread_mutex_unlock(&gate);
    offload_free(offload);
    assert_int_equal(done, taken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_capabilities__come_from_the_backend_on_a_thread_of_the_pool),
        cmocka_unit_test(test_capabilities__pass_the_backends_refusal_on),
        cmocka_unit_test(test_capabilities__tell_the_cause_of_a_failure),
        cmocka_unit_test(test_capabilities__need_a_tenant),
        cmocka_unit_test(test_capabilities__without_a_backend_are_501),
        cmocka_unit_test(test_offload__refuses_when_full_and_finishes_what_it_took),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
