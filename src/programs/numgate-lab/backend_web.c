#include "programs/numgate-lab/backend_web.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/base/clock.h"
#include "common/json/read.h"
#include "programs/numgate-lab/backend_call.h"
#include "programs/numgate-lab/backend_stale.h"
#include "programs/numgate-lab/bearer.h"
#include "programs/numgate-lab/directory.h"

#include "common/base/banned.h"

#define BASE_SEGMENTS 2 /* backend, v1 */
#define MESSAGE_MAX   300
#define REPEAT_MAX    200 /* of what came from outside and is said again */
#define HEADERS_MAX   6

/* ---- errors ---- */

static const struct {
    int status;
    const char *code;
} errors[CALL_ERRORS] = {
    [CALL_BAD_REQUEST] = {400, "BadRequest"},
    [CALL_UNAUTHORIZED] = {401, "Unauthorized"},
    [CALL_MISSING_ROLE] = {403, "MissingRole"},
    [CALL_NOT_REGISTERED] = {403, "ApplicationNotRegistered"},
    [CALL_TENANT_NOT_FOUND] = {404, "TenantNotFound"},
    [CALL_NUMBER_NOT_FOUND] = {404, "NumberNotFound"},
    [CALL_JOB_NOT_FOUND] = {404, "JobNotFound"},
    [CALL_PATH_NOT_FOUND] = {404, "NotFound"},
    [CALL_METHOD] = {405, "MethodNotAllowed"},
    [CALL_IN_OPERATION] = {409, "NumberInOperation"},
    [CALL_MARK_GONE] = {410, "MarkGone"},
    [CALL_KEY_REUSED] = {422, "IdempotencyKeyReused"},
    [CALL_TOO_MANY] = {429, "TooManyRequests"},
    [CALL_INTERNAL] = {500, "InternalError"},
    [CALL_UNAVAILABLE] = {503, "ServiceUnavailable"},
};

static void write_error(struct json_out *out, const char *code, struct str message,
                        const struct err_list *details)
{
    json_object_begin(out);
    json_str_member(out, "code", str_of(code));
    json_str_member(out, "message", message);
    if (details != NULL) {
        json_name(out, STR("details"));
        json_array_begin(out);
        for (const struct err_item *item = details->first; item != NULL; item = item->next) {
            json_object_begin(out);
            json_str_member(out, "code", str_of(item->code));
            json_str_member(out, "message", item->msg);
            json_str_member(out, "target", item->field);
            json_object_end(out);
        }
        json_array_end(out);
    }
    json_object_end(out);
}

void call_refuse_list(struct call *call, enum call_error error, const char *message,
                      const struct err_list *details)
{
    struct json_out out;
    call->code = errors[error].code;
    call_begin(call, &out);
    write_error(&out, call->code, str_of(message), details);
    call_end(call, errors[error].status);
}

void call_refuse(struct call *call, enum call_error error, const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args); /* cut where it is too long */
    va_end(args);
    call_refuse_list(call, error, message, NULL);
}

void backend_refuse_unread(int status, const char *reason, struct buf *out)
{
    struct json_out json;
    json_out_init(&json, out);
    write_error(&json, status < 500 ? "BadRequest" : "ServiceUnavailable", str_of(reason), NULL);
}

void call_begin(struct call *call, struct json_out *out)
{
    buf_reset(&call->body);
    json_out_init(out, &call->body);
}

void call_end(struct call *call, int status)
{
    call->status = status;
}

struct arena *call_arena(const struct call *call)
{
    return http_arena(call->visit->x);
}

struct str call_segment(const struct call *call, size_t index)
{
    return visit_segment(call->visit, BASE_SEGMENTS + index);
}

/* ---- answers ---- */

static size_t put_headers(const struct call *call, struct http_header headers[HEADERS_MAX])
{
    size_t n = 0;
    headers[n++] = (struct http_header){STR("Content-Type"), STR("application/json; charset=utf-8")};
    headers[n++] = (struct http_header){STR("Cache-Control"), STR("no-store")};
    headers[n++] = (struct http_header){STR("x-ms-request-id"), str_of(call->visit->trace_id)};
    if (!str_absent(call->location)) {
        headers[n++] = (struct http_header){STR("Location"), call->location};
    }
    if (call->status == 405) {
        headers[n++] = (struct http_header){STR("Allow"), call->visit->allow};
    }
    if (call->status == 401) {
        headers[n++] = (struct http_header){STR("WWW-Authenticate"), STR("Bearer realm=\"numgate-lab\"")};
    }
    if (call->retry_after_s > 0) {
        struct str seconds = arena_printf(call_arena(call), "%lld", (long long)call->retry_after_s);
        headers[n++] = (struct http_header){STR("Retry-After"), seconds};
    }
    return n;
}

static enum http_fault wire_fault(enum mishap kind)
{
    switch (kind) {
    case MISHAP_RESET_BEFORE:
    case MISHAP_RESET_AFTER:
        return HTTP_FAULT_RESET;
    case MISHAP_CUT:
        return HTTP_FAULT_CUT;
    default:
        return HTTP_FAULT_NONE;
    }
}

static void send_answer(struct http_exchange *x)
{
    struct visit *visit = http_user(x);
    struct call *call = visit->call;
    struct http_header headers[HEADERS_MAX];
    ensure(!buf_failed(&call->body));
    struct http_reply reply = {
        .status = call->status,
        .headers = headers,
        .header_count = put_headers(call, headers),
        .body = buf_str(&call->body),
        .fault = wire_fault(call->fault.kind),
    };
    http_reply(x, &reply);
    buf_clear(&call->body);
}

static void end_wait(struct later_job *job)
{
    struct visit *visit = (struct visit *)(void *)((char *)job - offsetof(struct visit, job));
    http_resume(visit->ticket);
}

/* The ticket is noted before the job can run. */
static void wait_for(struct visit *visit, int64_t ms, http_next *next)
{
    visit->ticket = http_suspend(visit->x, next);
    visit->job = (struct later_job){.at = mono_after(clock_mono(), ms), .run = end_wait};
    later_submit(visit->lab->later, &visit->job);
}

static void answer(struct call *call)
{
    if (call->fault.kind == MISHAP_LATE) {
        wait_for(call->visit, call->fault.ms, send_answer);
        return;
    }
    send_answer(call->visit->x);
}

/* ---- who calls ---- */

static bool is_registered(struct backend *backend, struct str application)
{
    bool found = false;
    pthread_mutex_lock(&backend->lock);
    const struct json *list = backend->model.applications == NULL ? NULL : backend->model.applications->json;
    for (size_t i = 0; i < json_count(list) && !found; i++) {
        found = str_eq_ci(json_string(json_at(list, i)), application);
    }
    pthread_mutex_unlock(&backend->lock);
    return found;
}

/* False: refused. */
static bool pass_token(struct call *call)
{
    const struct json *claims;
    const char *wrong =
        bearer_check(call->visit, BACKEND_APPLICATION,
                     "the token is for another audience; the back end is " BACKEND_APPLICATION, &claims);
    if (wrong != NULL) {
        call_refuse(call, CALL_UNAUTHORIZED, "%s", wrong);
        return false;
    }
    struct str application = str_slice(bearer_client(claims), 0, REPEAT_MAX);
    call->visit->client = directory_client(call->visit->lab->directory, application);
    if (!is_registered(call->backend, application)) {
        call_refuse(call, CALL_NOT_REGISTERED, "the application %" STR_FMT " is not registered",
                    STR_ARG(application));
        return false;
    }
    if (!bearer_has_role(claims, call->row->roles, ARRAY_LEN(call->row->roles))) {
        call_refuse(call, CALL_MISSING_ROLE, "the token lacks the role %s", call->row->roles[0]);
        return false;
    }
    return true;
}

/* ---- faults and throttle ---- */

static bool pass_fault(struct call *call)
{
    switch (call->fault.kind) {
    case MISHAP_RESET_BEFORE:
        call_refuse(call, CALL_UNAVAILABLE, "a fault, as it was asked for");
        return false;
    case MISHAP_STATUS:
        call_refuse(call, call->fault.status == 503 ? CALL_UNAVAILABLE : CALL_INTERNAL,
                    "a fault, as it was asked for");
        call->status = (int)call->fault.status;
        call->retry_after_s = call->fault.retry_after_s;
        return false;
    case MISHAP_THROTTLE:
        call_refuse(call, CALL_TOO_MANY, "a fault, as it was asked for");
        call->retry_after_s = call->fault.retry_after_s;
        return false;
    case MISHAP_UNAUTHORIZED:
        call_refuse(call, CALL_UNAUTHORIZED, "a fault, as it was asked for");
        return false;
    default:
        return true;
    }
}

static bool pass_throttle(struct call *call)
{
    int64_t wait_ms = 0;
    pthread_mutex_lock(&call->backend->lock);
    bool free_slot = rate_ring_take(&call->backend->throttle, clock_mono(), &wait_ms);
    pthread_mutex_unlock(&call->backend->lock);
    if (!free_slot) {
        call_refuse(call, CALL_TOO_MANY, "over the limit of calls; ask again in %lld ms", (long long)wait_ms);
        call->retry_after_s = (wait_ms + 999) / 1000;
    }
    return free_slot;
}

/* ---- the way of a call ---- */

/* An answer from before stands for this one; else this one is kept for later. */
static void exchange_stale(struct call *call)
{
    const struct http_request *request = http_request(call->visit->x);
    struct map *answers = &call->backend->answers;
    const struct stale *old = NULL;
    if (call->fault.kind == MISHAP_STALE) {
        old = stale_find(answers, request->method_text, request->target);
    }
    if (old == NULL) {
        stale_keep(answers, request->method_text, request->target, call->status, buf_str(&call->body));
        return;
    }
    buf_reset(&call->body);
    buf_put_str(&call->body, old->body);
    call->status = old->status;
    call->stale = true;
}

static void serve(struct http_exchange *x)
{
    struct visit *visit = http_user(x);
    struct call *call = visit->call;
    struct err err;
    struct model *model = backend_enter(call->backend);
    call->row->serve(call, model);
    ensure(call->status != 0);
    exchange_stale(call);
    if (backend_leave(call->backend, &err) != RC_OK) {
        call_refuse(call, CALL_INTERNAL, "the state could not be kept: %s", err.msg);
    }
    answer(call);
}

static void go_on(struct http_exchange *x)
{
    struct visit *visit = http_user(x);
    struct call *call = visit->call;
    if (!pass_fault(call) || !pass_throttle(call) || !pass_token(call)) {
        answer(call);
        return;
    }
    struct str query = http_request(x)->query;
    if (form_parse(str_absent(query) ? STR("") : query, call_arena(call), &call->query, NULL) != RC_OK) {
        call_refuse(call, CALL_BAD_REQUEST, "the query cannot be read");
        answer(call);
        return;
    }
    if (call->row->takes_body) {
        http_read_body(x, serve);
        return;
    }
    serve(x);
}

static bool path_fits(const struct call_row *row, const struct http_request *request)
{
    struct str pattern = str_of(row->path + 1);
    struct str part;
    size_t i = BASE_SEGMENTS;
    for (; str_split(&pattern, '/', &part); i++) {
        if (i >= request->segment_count || str_empty(request->segments[i])) {
            return false;
        }
        if (part.p[0] != '{' && !str_eq(part, request->segments[i])) {
            return false;
        }
    }
    return i == request->segment_count && request->path_state == HTTP_PATH_OK;
}

static bool method_fits(const struct call_row *row, enum http_method method)
{
    return row->method == method || (row->method == HTTP_GET && method == HTTP_HEAD);
}

static void find_row(struct call *call)
{
    const struct http_request *request = http_request(call->visit->x);
    for (size_t i = 0; i < call_row_count; i++) {
        if (!path_fits(&call_rows[i], request)) {
            continue;
        }
        if (method_fits(&call_rows[i], request->method)) {
            call->row = &call_rows[i];
            return;
        }
        call->visit->allow = call_rows[i].method == HTTP_GET    ? STR("GET, HEAD")
                             : call_rows[i].method == HTTP_POST ? STR("POST")
                                                                : STR("PUT");
    }
}

static void count_in(struct call *call, int64_t *ret_call_ms)
{
    struct backend *backend = call->backend;
    pthread_mutex_lock(&backend->lock);
    backend->counts.calls[call->row->operation]++;
    backend->counts.open++;
    if (backend->counts.open > backend->counts.open_max) {
        backend->counts.open_max = backend->counts.open;
    }
    *ret_call_ms = backend->model.switches.call_ms;
    pthread_mutex_unlock(&backend->lock);
}

bool backend_owns(const struct http_request *request)
{
    return request->segment_count >= BASE_SEGMENTS && str_eq(request->segments[0], STR("backend")) &&
           str_eq(request->segments[1], STR("v1"));
}

void backend_head(struct visit *visit)
{
    struct call *call = arena_new_of(http_arena(visit->x), struct call);
    int64_t wait_ms;
    ensure(call != NULL); /* the arena is new and holds far more */
    *call = (struct call){.visit = visit, .backend = visit->lab->backend};
    buf_init(&call->body, CALL_REPLY_MAX);
    visit->call = call;
    find_row(call);
    if (call->row == NULL) {
        bool there = !str_absent(visit->allow);
        call_refuse(call, there ? CALL_METHOD : CALL_PATH_NOT_FOUND,
                    there ? "the method does not fit" : "there is nothing here");
        answer(call);
        return;
    }
    count_in(call, &wait_ms);
    call->fault = backend_faults_take(call->backend->faults, call->row->operation);
    wait_ms += call->fault.kind == MISHAP_DELAY ? call->fault.ms : 0;
    if (wait_ms > 0) {
        wait_for(visit, wait_ms, go_on);
        return;
    }
    go_on(visit->x);
}

void backend_finished(struct visit *visit)
{
    struct call *call = visit->call;
    if (call == NULL) {
        return;
    }
    buf_clear(&call->body); /* of an answer that never was sent */
    if (call->row != NULL) {
        pthread_mutex_lock(&call->backend->lock);
        call->backend->counts.open--;
        pthread_mutex_unlock(&call->backend->lock);
    }
}

const char *backend_error_code(const struct visit *visit)
{
    return visit->call == NULL ? NULL : visit->call->code;
}

const char *backend_fault_name(const struct visit *visit)
{
    return visit->call == NULL || visit->call->fault.kind == MISHAP_NONE
               ? NULL
               : mishap_name(visit->call->fault.kind);
}
