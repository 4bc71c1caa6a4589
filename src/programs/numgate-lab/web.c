#include "programs/numgate-lab/web.h"

#include "common/base/log.h"
#include "programs/numgate-lab/authorize.h"
#include "programs/numgate-lab/backend_control.h"
#include "programs/numgate-lab/backend_web.h"
#include "programs/numgate-lab/control.h"
#include "programs/numgate-lab/cors.h"
#include "programs/numgate-lab/directory.h"
#include "programs/numgate-lab/discovery.h"
#include "programs/numgate-lab/grant.h"
#include "programs/numgate-lab/logout.h"
#include "programs/numgate-lab/m365_web.h"
#include "programs/numgate-lab/users_control.h"
#include "programs/numgate-lab/visit.h"

#include "common/base/banned.h"

#define REFUSED_BODY_MAX 8192

#define BACKEND_CONTROL(method, path, verb)                                                                  \
    {                                                                                                        \
        method, "/lab/backend/" path, backend_control_##verb, .takes_body = true, .control = true            \
    }

/* Each twice: for clients with a token, and from loopback without. */
#define M365(method, path, verb)                                                                             \
    {method, "/m365/{tenantId}/v1.0/domains" path, m365_serve_##verb, FAULT_DOMAINS, .takes_body = true},    \
    {                                                                                                        \
        method, "/lab/m365/{tenantId}/domains" path, m365_serve_##verb, FAULT_DOMAINS, .takes_body = true,   \
                                                                                       .control = true       \
    }

/* First fit wins, so fixed paths stand before those with a tenant. GET implies HEAD. */
static const struct route routes[] = {
    {HTTP_POST, "/lab/rotate-keys", control_serve_rotate, .takes_body = true, .control = true},
    {HTTP_POST, "/lab/faults", control_serve_fault_add, .takes_body = true, .control = true},
    {HTTP_GET, "/lab/faults", control_serve_faults, .control = true},
    {HTTP_DELETE, "/lab/faults", control_serve_faults_clear, .control = true},
    {HTTP_GET, "/lab/users", control_serve_users, .control = true},
    {HTTP_POST, "/lab/users/revoke", control_serve_users_revoke, .takes_body = true, .control = true},
    BACKEND_CONTROL(HTTP_PUT, "consents/{tenantId}", consent_put),
    BACKEND_CONTROL(HTTP_DELETE, "consents/{tenantId}", consent_drop),
    BACKEND_CONTROL(HTTP_PUT, "tenants/{tenantId}/addresses/{id}", address_put),
    BACKEND_CONTROL(HTTP_DELETE, "tenants/{tenantId}/addresses/{id}", address_drop),
    BACKEND_CONTROL(HTTP_PUT, "numbers/{telephoneNumber}", number_put),
    BACKEND_CONTROL(HTTP_POST, "numbers/{telephoneNumber}", number_assign),
    BACKEND_CONTROL(HTTP_DELETE, "numbers/{telephoneNumber}", number_drop),
    BACKEND_CONTROL(HTTP_GET, "switches", switches),
    BACKEND_CONTROL(HTTP_PUT, "switches", switches_put),
    BACKEND_CONTROL(HTTP_GET, "applications", applications),
    BACKEND_CONTROL(HTTP_PUT, "applications/{clientId}", application_put),
    BACKEND_CONTROL(HTTP_DELETE, "applications/{clientId}", application_drop),
    BACKEND_CONTROL(HTTP_GET, "faults", faults),
    BACKEND_CONTROL(HTTP_POST, "faults", fault_add),
    BACKEND_CONTROL(HTTP_DELETE, "faults", faults_clear),
    BACKEND_CONTROL(HTTP_GET, "statistics", statistics),
    BACKEND_CONTROL(HTTP_DELETE, "statistics", statistics_clear),
    BACKEND_CONTROL(HTTP_GET, "history", history),
    M365(HTTP_GET, "", list),
    M365(HTTP_POST, "", add),
    M365(HTTP_GET, "/{fqdn}", get),
    M365(HTTP_DELETE, "/{fqdn}", drop),
    M365(HTTP_GET, "/{fqdn}/verificationDnsRecords", records),
    M365(HTTP_POST, "/{fqdn}/verify", verify),
    {HTTP_GET, "/lab/m365/{tenantId}/domains/{fqdn}/trunk", m365_serve_trunk, FAULT_DOMAINS, .control = true},
    {HTTP_POST, "/lab/scenario", backend_control_scenario, .takes_body = true, .takes_much = true,
     .control = true},
    {HTTP_POST, "/lab/reset", control_serve_reset, .takes_body = true, .control = true},
    {HTTP_GET, "/lab/snapshot", control_serve_snapshot, .control = true},
    {HTTP_POST, "/lab/restore", control_serve_restore, .takes_body = true, .takes_much = true,
     .control = true},
    {HTTP_GET, "/common/discovery/instance", discovery_serve_instance, FAULT_DISCOVERY, .flavour = 1},
    {HTTP_GET, "/{tenant}/v2.0/.well-known/openid-configuration", discovery_serve_configuration,
     FAULT_DISCOVERY, .cors = true, .flavour = 2},
    {HTTP_GET, "/{tenant}/.well-known/openid-configuration", discovery_serve_configuration, FAULT_DISCOVERY,
     .flavour = 1},
    {HTTP_GET, "/{tenant}/discovery/v2.0/keys", discovery_serve_keys, FAULT_KEYS, .cors = true, .flavour = 2},
    {HTTP_GET, "/{tenant}/discovery/keys", discovery_serve_keys, FAULT_KEYS, .flavour = 1},
    {HTTP_POST, "/{tenant}/oauth2/v2.0/token", grant_serve, FAULT_TOKEN, .takes_body = true, .cors = true,
     .flavour = 2},
    {HTTP_GET, "/{tenant}/oauth2/v2.0/authorize", authorize_serve, FAULT_AUTHORIZE, .flavour = 2},
    {HTTP_POST, "/{tenant}/oauth2/v2.0/authorize", authorize_serve, FAULT_AUTHORIZE, .takes_body = true,
     .flavour = 2},
    {HTTP_GET, "/{tenant}/oauth2/v2.0/logout", logout_serve, FAULT_LOGOUT, .flavour = 2},
    {HTTP_POST, "/{tenant}/oauth2/v2.0/logout", logout_serve, FAULT_LOGOUT, .takes_body = true, .flavour = 2},
    {HTTP_POST, "/{tenant}/oauth2/token", grant_serve, FAULT_TOKEN, .takes_body = true, .flavour = 1},
};

static bool path_fits(const struct route *route, const struct http_request *request)
{
    struct str pattern = str_of(route->path + 1);
    struct str part;
    size_t i = 0;
    for (; str_split(&pattern, '/', &part); i++) {
        if (i == request->segment_count || str_empty(request->segments[i])) {
            return false;
        }
        if (part.p[0] != '{' && !str_eq(part, request->segments[i])) {
            return false;
        }
    }
    return i == request->segment_count && request->path_state == HTTP_PATH_OK;
}

static bool method_fits(const struct route *route, enum http_method method)
{
    return route->method == method || (route->method == HTTP_GET && method == HTTP_HEAD);
}

/* A browser that asks before it sends is at the route it would send to. */
static const struct route *find_route(const struct http_request *request)
{
    bool options = request->method == HTTP_OPTIONS;
    for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
        bool fits = options ? routes[i].cors : method_fits(&routes[i], request->method);
        if (fits && path_fits(&routes[i], request)) {
            return &routes[i];
        }
    }
    return NULL;
}

/* What the path would have allowed: "GET, HEAD, POST"; empty when nothing is there. */
static struct str allowed(const struct http_request *request, struct arena *mem)
{
    static const char *const names[] = {
        [HTTP_GET] = "GET, HEAD", [HTTP_POST] = "POST", [HTTP_PUT] = "PUT", [HTTP_DELETE] = "DELETE"};
    struct str list = STR("");
    for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
        if (path_fits(&routes[i], request)) {
            list = arena_printf(mem, "%" STR_FMT "%s%s", STR_ARG(list), str_empty(list) ? "" : ", ",
                                names[routes[i].method]);
        }
    }
    return list;
}

static void refuse_route(struct visit *visit)
{
    const struct http_request *request = http_request(visit->x);
    visit->allow = allowed(request, http_arena(visit->x));
    if (str_absent(visit->allow) || str_empty(visit->allow)) {
        visit_refuse(visit, REFUSAL_PATH_UNKNOWN, STR_NONE);
        return;
    }
    visit_refuse(visit, REFUSAL_METHOD, request->method_text);
}

static void serve(struct http_exchange *x)
{
    struct visit *visit = http_user(x);
    if (http_request(x)->body.n > VISIT_BODY_MAX && !visit->route->takes_much) {
        visit_refuse_status(visit, REFUSAL_ENGINE, 413, STR("body-length"));
        return;
    }
    visit->route->serve(visit);
}

static void go_on(struct http_exchange *x)
{
    struct visit *visit = http_user(x);
    if (visit->fault.kind == FAULT_STATUS) {
        visit_refuse_status(visit, REFUSAL_ON_DEMAND, (int)visit->fault.status, STR_NONE);
        return;
    }
    if (visit->route->takes_body) {
        http_read_body(x, serve);
        return;
    }
    serve(x);
}

static void end_delay(struct later_job *job)
{
    struct visit *visit = (struct visit *)(void *)((char *)job - offsetof(struct visit, job));
    http_resume(visit->ticket);
}

/* The ticket is noted before the job can run. */
static void start_delay(struct visit *visit)
{
    visit->ticket = http_suspend(visit->x, go_on);
    visit->job = (struct later_job){.at = mono_after(clock_mono(), visit->fault.ms), .run = end_delay};
    later_submit(visit->lab->later, &visit->job);
}

static void head(void *arg, struct http_exchange *x)
{
    struct lab *lab = arg;
    const struct http_request *request = http_request(x);
    struct visit *visit = arena_new_of(http_arena(x), struct visit);
    ensure(visit != NULL); /* the arena is new and holds far more */
    *visit = (struct visit){.lab = lab, .x = x, .route = find_route(request)};
    (void)random_uuid(visit->trace_id);
    http_set_user(x, visit);
    if (backend_owns(request)) {
        backend_head(visit);
        return;
    }
    if (cors_is_preflight(visit)) {
        cors_serve_preflight(visit);
        return;
    }
    if (visit->route == NULL || request->method == HTTP_OPTIONS) {
        refuse_route(visit);
        return;
    }
    if (visit->route->control && !net_is_loopback(&request->peer)) {
        visit_refuse(visit, REFUSAL_NOT_LOOPBACK, STR_NONE);
        return;
    }
    visit->fault = faults_take(lab->faults, visit->route->faults);
    if (visit->fault.kind == FAULT_DELAY) {
        start_delay(visit);
        return;
    }
    go_on(x);
}

/* The engine's own refusals have the same body as ours. */
static void refused(void *arg UNUSED, struct http_exchange *x, const char *reason, struct arena *mem,
                    struct http_reply *reply)
{
    static const struct http_header json = {{"Content-Type", 12}, {"application/json; charset=utf-8", 31}};
    char id[UUID_TEXT_MAX];
    struct buf body;
    buf_init(&body, REFUSED_BODY_MAX);
    (void)random_uuid(id);
    if (x != NULL && backend_owns(http_request(x))) {
        backend_refuse_unread(reply->status, reason, &body);
    } else {
        visit_write_error(id, str_of(id), REFUSAL_ENGINE, str_of(reason), &body);
    }
    reply->headers = &json;
    reply->header_count = 1;
    reply->body = arena_str(mem, buf_str(&body));
    buf_clear(&body);
}

/* What the clients file calls it, for the log. */
static struct str client_of(const struct visit *visit)
{
    return visit == NULL || visit->client == NULL ? STR_NONE : client_label(visit->client);
}

/* Of an error that is not in Entra ID's form. */
static const char *code_of(const struct visit *visit)
{
    return visit == NULL ? NULL : visit->code != NULL ? visit->code : backend_error_code(visit);
}

/* One line a request. The query is left out: somebody's secret may have strayed there. */
static void finished(void *arg UNUSED, struct http_exchange *x, const struct http_outcome *outcome)
{
    const struct http_request *request = http_request(x);
    struct visit *visit = http_user(x);
    char peer[NET_TEXT_MAX];
    bool refusal = visit != NULL && visit->refusal != REFUSAL_NONE;
    const char *fault = visit == NULL                     ? NULL
                        : visit->call != NULL             ? backend_fault_name(visit)
                        : visit->fault.kind != FAULT_NONE ? fault_kind_name(visit->fault.kind)
                                                          : NULL;
    LOG(LOG_INFO, "request", log_str("request_id", visit != NULL ? str_of(visit->trace_id) : STR_NONE),
        log_str("method", request->method_text), log_str("path", request->path),
        log_i64("status", outcome->status), log_us("duration_ms", outcome->duration_us),
        log_str("client", client_of(visit)),
        log_cstr("refusal", refusal ? refusal_row(visit->refusal)->text : NULL),
        log_cstr("code", code_of(visit)), log_cstr("fault", fault), log_bool("aborted", outcome->aborted),
        log_str("peer", net_text(&request->peer, peer)));
    if (visit != NULL) {
        backend_finished(visit);
    }
}

struct http_app web_app(struct lab *lab)
{
    return (struct http_app){.arg = lab, .head = head, .refused = refused, .finished = finished};
}
