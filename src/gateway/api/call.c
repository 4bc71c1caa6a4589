#include "gateway/api/call.h"

#include <stdio.h>

#include "common/base/limits.h"
#include "common/base/log.h"
#include "gateway/api/page.h"

#include "common/base/banned.h"

/* ---- waiting ---- */

enum { PENDING_OPEN, PENDING_DONE, PENDING_WAITING };

void pending_begin(struct pending *pending)
{
    atomic_store_explicit(&pending->state, PENDING_OPEN, memory_order_relaxed);
}

void pending_done(struct pending *pending)
{
    if (atomic_exchange_explicit(&pending->state, PENDING_DONE, memory_order_acq_rel) == PENDING_WAITING) {
        http_resume(pending->ticket);
    }
}

void pending_wait(struct call *call, http_next *next)
{
    struct pending *pending = &call->pending;
    if (atomic_load_explicit(&pending->state, memory_order_acquire) == PENDING_DONE) {
        next(call->x);
        return;
    }
    struct http_ticket *ticket = http_suspend(call->x, next);
    pending->ticket = ticket;
    if (atomic_exchange_explicit(&pending->state, PENDING_WAITING, memory_order_acq_rel) == PENDING_DONE) {
        http_resume(ticket);
    }
}

/* ---- what handlers ask ---- */

struct str call_query(struct call *call, const char *name)
{
    for (size_t i = 0; i < call->param_count; i++) {
        if (str_eq(call->params[i].name, str_of(name))) {
            return call->params[i].value;
        }
    }
    return STR_NONE;
}

enum rc call_account(struct call *call, struct repo_tx *tx, const struct account **ret, struct err *err)
{
    enum rc rc = repo_account_find(tx, call->mem, call->account_name, REPO_READ, ret, err);
    if (rc == RC_NOT_FOUND) {
        return err_set(err, rc, "AccountNotFound", "there is no account \"%" STR_FMT "\"",
                       STR_ARG(call->account_name));
    }
    return rc;
}

void call_set_version(struct call *call, struct etag etag, const struct revision *revision)
{
    call->etag = etag;
    call->has_etag = true;
    call->last_modified = revision_last_modified(revision);
}

enum rc call_judge_read(struct call *call, struct etag etag, const struct revision *revision, struct err *err)
{
    call_set_version(call, etag, revision);
    switch (precondition_judge(&call->condition, etag, revision, true)) {
    case PRECONDITION_NOT_MODIFIED:
        call->not_modified = true;
        return RC_OK;
    case PRECONDITION_FAILED:
        return err_set(err, RC_CONFLICT, "PreconditionFailed",
                       "the resource has changed, or never was, what the precondition asks");
    default:
        return RC_OK;
    }
}

/* ---- replies ---- */

void call_header(struct call *call, const char *name, struct str value)
{
    ensure(call->header_count < CALL_HEADERS_MAX);
    call->headers[call->header_count++] = (struct http_header){str_of(name), value};
}

static void put_version_headers(struct call *call)
{
    if (call->has_etag) {
        char text[ETAG_TEXT_MAX];
        call_header(call, "ETag", arena_str(call->mem, etag_text(call->etag, text)));
    }
    if (call->last_modified.ms > 0) {
        char text[CLOCK_TEXT_MAX];
        call_header(call, "Last-Modified", arena_str(call->mem, clock_imf(call->last_modified, text)));
    }
}

static void put_common_headers(struct call *call)
{
    call_header(call, "x-ms-request-id", call->request_id);
    if (!str_absent(call->client_request_id)) {
        call_header(call, "x-ms-client-request-id", call->client_request_id);
    }
    if (call->repeat.asked) {
        call_header(call, "Repeatability-Result", call->repeat.accepted ? STR("accepted") : STR("rejected"));
    }
}

static void send_reply(struct call *call, int status, struct str body)
{
    call->status = status;
    put_common_headers(call);
    const struct http_reply reply = {
        .status = status, .headers = call->headers, .header_count = call->header_count, .body = body};
    http_reply(call->x, &reply);
}

void call_reply_buf(struct call *call, int status, struct buf *out)
{
    if (buf_failed(out)) {
        struct err err;
        call_fail(call, err_set(&err, RC_INTERNAL, NULL, "the reply is larger than %d bytes", LIMIT_REPLY),
                  &err);
        return;
    }
    call_header(call, "Content-Type", STR("application/json"));
    send_reply(call, status, buf_str(out));
}

static void put_retry_after(struct call *call, uint32_t ms)
{
    uint32_t seconds = ms / 1000 + (ms % 1000 != 0);
    call_header(call, "Retry-After", arena_printf(call->mem, "%u", seconds == 0 ? 1 : seconds));
}

static void put_error_headers(struct call *call, const struct error_row *row, const struct err *err)
{
    call_header(call, "x-ms-error-code", str_of(row->code));
    if (row->status == 429 || row->status == 503) {
        put_retry_after(call, err != NULL ? err->retry_after_ms : 0);
    }
    if (row->status == 401) {
        bool missing = strcmp(row->code, "MissingToken") == 0;
        call_header(call, "WWW-Authenticate",
                    missing ? STR("Bearer") : STR("Bearer error=\"invalid_token\""));
    }
    if (row->status == 405) {
        call_header(call, "Allow", route_allow_text(call->match.allowed, call->mem));
    }
}

void call_fail(struct call *call, enum rc rc, const struct err *err)
{
    const struct error_row *row = error_row_of(rc, err);
    call->error_code = row->code;
    if (row->rc == RC_INTERNAL || row->rc == RC_UNCERTAIN) {
        LOG(LOG_ERROR, "request_failed", log_str("request_id", call->request_id), log_cstr("code", row->code),
            log_cstr("error", err != NULL ? err->msg : rc_name(rc)));
    }
    call->header_count = 0;
    put_error_headers(call, row, err);
    struct buf *out = api_out(call->api, http_loop(call->x));
    error_write(row, err, out);
    call_reply_buf(call, row->status, out);
}

void call_reply_json(struct call *call, int status, const struct schema *schema, const void *value)
{
    struct buf *out = api_out(call->api, http_loop(call->x));
    struct json_out json;
    json_out_init(&json, out);
    model_write(schema, value, &json);
    put_version_headers(call);
    call_reply_buf(call, status, out);
}

void call_reply_text(struct call *call, int status, const char *content_type, struct str body)
{
    call_header(call, "Content-Type", str_of(content_type));
    send_reply(call, status, body);
}

void call_reply_empty(struct call *call, int status)
{
    put_version_headers(call);
    send_reply(call, status, STR(""));
}

void call_reply_page(struct call *call)
{
    struct buf *out = api_out(call->api, http_loop(call->x));
    const struct schema *schema = call->route->output;
    struct json_out json;
    json_out_init(&json, out);
    json_object_begin(&json);
    json_name(&json, STR("value"));
    json_array_begin(&json);
    const char *item = call->page.items.items;
    for (size_t i = 0; i < call->page.items.count; i++, item += schema->size) {
        model_write(schema, item, &json);
    }
    json_array_end(&json);
    json_str_member(&json, "nextLink", next_link(call));
    json_object_end(&json);
    if (call->list.count && call->page.count >= 0) {
        call_header(call, "x-ms-record-count", arena_printf(call->mem, "%lld", (long long)call->page.count));
    }
    call_reply_buf(call, 200, out);
}
