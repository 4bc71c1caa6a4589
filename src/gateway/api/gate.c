/* A request's way: head → address → token → rate limit → route → role → api-version → query and headers →
 * body → fields → job → answer. Each step passes on, refuses through call_fail(), or waits and goes on later
 * on the same loop. */
#include "gateway/api/gate.h"

#include <stdio.h>

#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/base/random.h"
#include "gateway/api/call.h"
#include "gateway/api/condition.h"
#include "gateway/api/job.h"
#include "gateway/api/observe.h"
#include "gateway/api/page.h"
#include "gateway/api/path.h"
#include "gateway/api/query.h"

#include "common/base/banned.h"

static void refuse(struct call *call, const char *reason, enum rc rc, const struct err *err)
{
    observe_refusal(call->api, reason);
    call_fail(call, rc, err);
}

/* ---- address ---- */

static size_t forwarded_values(struct call *call, struct str values[], size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < call->request->header_count && n < max; i++) {
        if (str_eq_ci(call->request->headers[i].name, STR("X-Forwarded-For"))) {
            values[n++] = call->request->headers[i].value;
        }
    }
    return n;
}

static bool gate_address(struct call *call)
{
    struct err err = {0};
    struct str forwarded[LIMIT_HEADER_COUNT];
    size_t count = forwarded_values(call, forwarded, LIMIT_HEADER_COUNT);
    struct auth *auth = api_settings(call->api)->auth;
    enum rc rc = auth_caller_address(auth, &call->request->peer, forwarded, count, &call->actor.from, &err);
    if (rc != RC_OK) {
        err.code = "InvalidForwardedFor";
        refuse(call, "forwarded-for", rc, &err);
        return false;
    }
    if (!auth_address_allowed(auth, call->door == API_DOOR_PORTAL, &call->actor.from)) {
        char text[NET_TEXT_MAX];
        rc = err_set(&err, RC_DENIED, "AddressNotAllowed", "requests from %" STR_FMT " are not accepted",
                     STR_ARG(net_text(&call->actor.from, text)));
        refuse(call, "address", rc, &err);
        return false;
    }
    return true;
}

/* ---- route, role, version ---- */

static bool gate_route(struct call *call)
{
    if (call->route != NULL) {
        return true;
    }
    struct err err = {0};
    if (call->match.allowed == 0) {
        call_fail(call,
                  err_set(&err, RC_NOT_FOUND, "NotFound", "there is no such path; paths are case-sensitive"),
                  &err);
    } else if (call->request->method == HTTP_OTHER) {
        call_fail(call, err_set(&err, RC_INVALID, "NotImplemented", "this method is not known here"), &err);
    } else {
        call_fail(call,
                  err_set(&err, RC_INVALID, "MethodNotAllowed", "the resource does not have the method %s",
                          http_method_name(call->request->method)),
                  &err);
    }
    return false;
}

static bool gate_role(struct call *call)
{
    if (call->route->flags & ROUTE_PUBLIC || call->actor.roles & call->route->roles) {
        return true;
    }
    struct err err = {0};
    enum rc rc = err_set(&err, RC_DENIED, "RoleRequired", "this needs the role %s",
                         auth_role_name((enum role)call->route->roles, call->actor.is_user));
    refuse(call, "role", rc, &err);
    return false;
}

static enum rc check_version(struct call *call, struct err *err)
{
    struct str version = call_query(call, "api-version");
    if (str_empty(version)) {
        (void)err_set(err, RC_INVALID, "MissingApiVersionParameter",
                      "the query parameter api-version is required; supported: %s", api_versions[0]);
        err_field(err, "api-version");
        return RC_INVALID;
    }
    for (size_t i = 0; api_versions[i] != NULL; i++) {
        if (str_eq(version, str_of(api_versions[i]))) {
            return RC_OK;
        }
    }
    (void)err_set(err, RC_INVALID, "UnsupportedApiVersionValue",
                  "api-version \"%" STR_FMT "\" is not supported; supported: %s",
                  (int)(version.n > 40 ? 40 : version.n), version.p, api_versions[0]);
    err_field(err, "api-version");
    return RC_INVALID;
}

/* ---- query parameters ---- */

static enum rc bad_param(struct err *err, struct str name, const char *what)
{
    int n = (int)(name.n > 64 ? 64 : name.n);
    (void)err_set(err, RC_INVALID, "InvalidQueryParameter", "the query parameter \"%.*s\" %s", n, name.p,
                  what);
    err_field(err, "%.*s", n, name.p);
    return RC_INVALID;
}

static enum rc read_params(struct call *call, struct err *err)
{
    struct str rest = call->request->query, name, value;
    enum rc rc;
    while (query_next(&rest, call->mem, &name, &value, &rc)) {
        if (rc != RC_OK) {
            return bad_param(err, STR("?"), "is not UTF-8 text in percent encoding");
        }
        if (!str_absent(call_query(call, arena_cstr(call->mem, name)))) {
            return bad_param(err, name, "is there more than once");
        }
        if (call->param_count == CALL_PARAMS_MAX) {
            return bad_param(err, name, "is one too many");
        }
        call->params[call->param_count++] = (struct call_param){name, value};
    }
    return RC_OK;
}

static bool route_knows_param(const struct route *route, struct str name)
{
    for (size_t i = 0; route->query != NULL && route->query[i] != NULL; i++) {
        if (str_eq(str_of(route->query[i]), name)) {
            return true;
        }
    }
    return str_eq(name, STR("api-version"));
}

static bool takes_list_param(const struct route *route, struct str name)
{
    bool of_paged = str_eq(name, STR("maxpagesize")) || str_eq(name, STR("continuation"));
    return route->flags & ROUTE_LIST || (route->flags & ROUTE_PAGED && of_paged);
}

static enum rc check_param(struct call *call, struct call_param param, struct err *err)
{
    if (route_knows_param(call->route, param.name)) {
        return RC_OK;
    }
    if (call->route->flags & ROUTE_DELETE_NUMBERS && str_eq(param.name, STR("deleteNumbers"))) {
        call->delete_numbers = str_eq(param.value, STR("true"));
        bool ok = call->delete_numbers || str_eq(param.value, STR("false"));
        return ok ? RC_OK : bad_param(err, param.name, "must be true or false");
    }
    enum rc rc = takes_list_param(call->route, param.name)
                     ? list_param_read(call, param.name, param.value, err)
                     : RC_NOT_FOUND;
    return rc == RC_NOT_FOUND ? bad_param(err, param.name, "is not known here") : rc;
}

static enum rc check_params(struct call *call, struct err *err)
{
    list_params_default(&call->list);
    for (size_t i = 0; i < call->param_count; i++) {
        enum rc rc = check_param(call, call->params[i], err);
        if (rc != RC_OK) {
            return rc;
        }
    }
    return RC_OK;
}

/* ---- path parameters ---- */

static enum rc check_path_param(struct call *call, struct str name, struct str value, struct err *err)
{
    const struct path_param *param = path_param_find(name);
    if (param == NULL || param->read(call, value)) {
        return RC_OK;
    }
    (void)err_set(err, RC_INVALID, "InvalidPathParameter", "%s in the path must be %s", param->name.p,
                  param->form);
    err_field(err, "%s", param->name.p);
    return RC_INVALID;
}

/* The names between braces in the route's template, in order, with the values that the router found. */
static enum rc check_path(struct call *call, struct err *err)
{
    struct str rest = str_of(call->route->path), part;
    size_t i = 0;
    enum rc rc = RC_OK;
    (void)str_split(&rest, '{', &part);
    while (rc == RC_OK && str_split(&rest, '{', &part)) {
        ptrdiff_t end = str_find(part, '}');
        rc = check_path_param(call, str_slice(part, 0, (size_t)end), call->match.params[i++], err);
    }
    return rc;
}

/* Everything that can be read before the body, in its order. */
static enum rc check_syntax(struct call *call, struct err *err)
{
    unsigned flags = call->route->flags;
    enum rc rc = flags & ROUTE_PORTAL ? RC_OK : read_params(call, err);
    if (rc == RC_OK && flags & ROUTE_CONTRACT) {
        rc = check_version(call, err);
    }
    if (rc == RC_OK && !(flags & ROUTE_PUBLIC)) {
        rc = check_params(call, err);
    }
    if (rc == RC_OK) {
        rc = check_path(call, err);
    }
    if (rc == RC_OK && flags & ROUTE_REPEATABLE) {
        rc = repeat_read(call, err);
    }
    if (rc == RC_OK && flags & ROUTE_CONDITIONS) {
        rc = condition_read(call, err);
    }
    return rc;
}

static void after_limit(struct call *call)
{
    if (!gate_route(call) || !gate_role(call)) {
        return;
    }
    struct err err = {0};
    enum rc rc = check_syntax(call, &err);
    if (rc != RC_OK) {
        call_fail(call, rc, &err);
        return;
    }
    if (call->route->flags & ROUTE_FILE) {
        http_body_max(call->x, LIMIT_UPLOAD);
    }
    http_read_body(call->x, job_body_complete);
}

/* ---- rate limit ---- */

static void too_many(struct call *call, uint32_t retry_after_ms)
{
    struct err err = {.retry_after_ms = retry_after_ms};
    const uint32_t seconds = retry_after_ms / 1000 + (retry_after_ms % 1000 != 0);
    enum rc rc =
        err_set(&err, RC_LIMIT, "TooManyRequests",
                "the rate limit is reached; the next request is free in %u s", seconds == 0 ? 1 : seconds);
    err.retry_after_ms = retry_after_ms;
    refuse(call, "rate-limit", rc, &err);
}

static void admission_done(struct admission *admission, enum rc rc, uint32_t retry_after_ms)
{
    struct call *call = (struct call *)((char *)admission - offsetof(struct call, admission));
    call->granted = rc;
    call->retry_after_ms = retry_after_ms;
    pending_done(&call->pending);
}

static void after_admission(struct http_exchange *x)
{
    struct call *call = http_user(x);
    if (call->granted == RC_OK) {
        after_limit(call);
    } else if (call->granted == RC_LIMIT) {
        too_many(call, call->retry_after_ms);
    } else {
        struct err err = {0};
        enum rc rc = err_set(&err, call->granted, NULL, "the database does not answer");
        err.retry_after_ms = call->retry_after_ms;
        refuse(call, "store", rc, &err);
    }
}

static void gate_limit(struct call *call)
{
    const struct api_config *settings = api_settings(call->api);
    if (!call->match.counted) {
        after_limit(call);
        return;
    }
    if (call->actor.is_user) {
        uint32_t retry_after_ms = 0;
        if (!auth_user_admit(settings->auth, &call->actor, &retry_after_ms)) {
            too_many(call, retry_after_ms);
            return;
        }
        after_limit(call);
        return;
    }
    call->admission = (struct admission){.done = admission_done, .deadline = call->request->deadline};
    pending_begin(&call->pending);
    repo_admit(settings->repo, &call->admission);
    pending_wait(call, after_admission);
}

/* ---- token ---- */

static void gate_token(struct http_exchange *x);

static void keys_ready(struct auth_waiter *waiter)
{
    struct call *call = (struct call *)((char *)waiter - offsetof(struct call, waiter));
    pending_done(&call->pending);
}

/* The token of "Authorization: Bearer <token>"; RC_DENIED when there is none, or more than one. */
static enum rc bearer_token(struct call *call, struct str *ret, struct err *err)
{
    struct str value = http_header(call->request, "Authorization");
    if (str_absent(value)) {
        return err_set(err, RC_DENIED, "MissingToken",
                       "the request has no Authorization header with a bearer token");
    }
    if (http_header_count(call->request, "Authorization") > 1) {
        return err_set(err, RC_DENIED, "InvalidToken", "there is more than one Authorization header");
    }
    if (value.n < 8 || !str_eq_ci(str_slice(value, 0, 7), STR("Bearer "))) {
        return err_set(err, RC_DENIED, "MissingToken", "the Authorization header holds no bearer token");
    }
    *ret = str_trim(str_slice(value, 7, value.n));
    return RC_OK;
}

static void token_result(struct call *call, enum rc rc, struct err *err)
{
    if (rc == RC_DENIED || rc == RC_BUSY) {
        err->code = err->code != NULL ? err->code : rc == RC_BUSY ? "KeysUnavailable" : "InvalidToken";
        refuse(call, rc == RC_BUSY ? "keys" : "token", rc, err);
        return;
    }
    if (rc != RC_OK) {
        call_fail(call, rc, err);
        return;
    }
    if (call->actor.roles == 0) {
        rc = err_set(err, RC_DENIED, "RoleRequired", "the token holds none of the ProvisioningAPI roles");
        refuse(call, "no-role", rc, err);
        return;
    }
    if (call->door == API_DOOR_PORTAL && !call->actor.is_user) {
        rc = err_set(err, RC_DENIED, "UserTokenRequired",
                     "this listener is for people: the token is an application's");
        refuse(call, "no-user", rc, err);
        return;
    }
    gate_limit(call);
}

static void gate_token(struct http_exchange *x)
{
    struct call *call = http_user(x);
    struct err err = {0};
    struct str token = STR_NONE;
    enum rc rc = bearer_token(call, &token, &err);
    if (rc != RC_OK) {
        token_result(call, rc, &err);
        return;
    }
    struct auth_waiter *waiter = call->waited_for_keys ? NULL : &call->waiter;
    call->waiter.ready = keys_ready;
    pending_begin(&call->pending);
    rc = auth_token_check(api_settings(call->api)->auth, token, call->mem, waiter, &call->actor, &err);
    if (rc == RC_BUSY && waiter != NULL) {
        call->waited_for_keys = true;
        pending_wait(call, gate_token);
        return;
    }
    token_result(call, rc, &err);
}

/* ---- in and out ---- */

static struct str echo_of(const struct http_request *request)
{
    struct str id = http_header(request, "x-ms-client-request-id");
    return id.n > 0 && id.n <= 128 ? id : STR_NONE;
}

static struct call *call_new(const struct gate_door *door, struct http_exchange *x)
{
    struct call *call = arena_new_of(http_arena(x), struct call);
    ensure(call != NULL); /* the first piece of the arena */
    char id[UUID_TEXT_MAX];
    call->api = door->api;
    call->door = door->door;
    call->x = x;
    call->request = http_request(x);
    call->mem = http_arena(x);
    call->last_modified = CLOCK_ABSENT;
    call->request_id = arena_str(call->mem, random_uuid(id));
    call->client_request_id = echo_of(call->request);
    call->actor.request_id = call->request_id;
    call->actor.client_request_id = call->client_request_id;
    http_set_user(x, call);
    return call;
}

/* Fills match and route. */
static void find_route(struct call *call)
{
    const struct api_config *settings = api_settings(call->api);
    size_t tables = 0;
    struct route_table all[ARRAY_LEN(settings->tables)];
    for (; tables < ARRAY_LEN(settings->tables) && settings->tables[tables] != NULL; tables++) {
        all[tables] = *settings->tables[tables];
    }
    route_find(all, tables, call->request, &call->match);
    if (call->match.open && call->door == API_DOOR_API) { /* it has a listener of its own */
        call->match.route = NULL;
        call->match.allowed = 0;
    }
    call->route = call->match.route;
}

void gate_head(void *door, struct http_exchange *x)
{
    struct call *call = call_new(door, x);
    find_route(call);
    if (!gate_address(call)) {
        return;
    }
    if (call->match.open || (call->route != NULL && call->route->flags & ROUTE_PUBLIC)) {
        after_limit(call);
        return;
    }
    gate_token(x);
}

/* What the engine refuses, in the words of the contract. Retry-After of its 503 is the engine's own. */
static const char *code_of_status(int status)
{
    static const struct {
        int status;
        const char *code;
    } codes[] = {{400, "MalformedRequest"}, {408, "RequestTimeout"},     {413, "RequestTooLarge"},
                 {414, "UriTooLong"},       {417, "ExpectationFailed"},  {431, "HeadersTooLarge"},
                 {501, "NotImplemented"},   {503, "ServiceUnavailable"}, {505, "HttpVersionNotSupported"}};
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        if (codes[i].status == status) {
            return codes[i].code;
        }
    }
    return "MalformedRequest";
}

void gate_refused(void *door, struct http_exchange *x, const char *reason, struct arena *mem,
                  struct http_reply *reply)
{
    struct call *call = x != NULL ? http_user(x) : NULL;
    const struct error_row *row = error_row_by_code(code_of_status(reply->status));
    struct err err = {0};
    (void)err_set(&err, row->rc, row->code, "%s (%s)", row->text, reason);
    struct buf out;
    buf_init(&out, 4096);
    error_write(row, &err, &out);
    struct http_header *headers = arena_alloc_array(mem, 4, sizeof *headers);
    size_t n = 0;
    char id[UUID_TEXT_MAX];
    headers[n++] = (struct http_header){STR("Content-Type"), STR("application/json")};
    headers[n++] = (struct http_header){STR("x-ms-error-code"), str_of(row->code)};
    headers[n++] = (struct http_header){STR("x-ms-request-id"),
                                        call != NULL ? call->request_id : arena_str(mem, random_uuid(id))};
    if (call != NULL && !str_absent(call->client_request_id)) {
        headers[n++] = (struct http_header){STR("x-ms-client-request-id"), call->client_request_id};
    }
    reply->headers = headers;
    reply->header_count = n;
    reply->body = arena_str(mem, buf_str(&out));
    buf_clear(&out);
    observe_engine_refusal(((const struct gate_door *)door)->api, call, row, reason);
}

void gate_finished(void *door, struct http_exchange *x, const struct http_outcome *outcome)
{
    observe_finished(((const struct gate_door *)door)->api, x, outcome);
}
