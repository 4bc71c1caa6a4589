/* One call: headers, one id for all its attempts, and what its answer means. */
#include <stdio.h>
#include <stdlib.h>

#include "client/client.h"
#include "common/base/limits.h"
#include "common/base/mem.h"
#include "common/base/random.h"
#include "common/json/read.h"

#include "common/base/banned.h"

#define REPLY_BYTES_MAX (16 * 1024 * 1024)
#define EVENT_TEXT_MAX  512

struct outgoing {
    struct fetch_header headers[8];
    size_t count;
    char id[UUID_TEXT_MAX], client_request_id[UUID_TEXT_MAX], date[CLOCK_TEXT_MAX];
};

static void add(struct outgoing *out, struct str name, struct str value)
{
    if (!str_absent(value)) {
        out->headers[out->count++] = (struct fetch_header){name, value};
    }
}

static bool is_write(struct str method)
{
    return !str_eq(method, STR("GET")) && !str_eq(method, STR("HEAD"));
}

/* POST and PUT, PATCH and DELETE alike: the contract makes them all repeatable. */
static void add_headers(struct outgoing *out, struct str method, const struct numgate_call *call)
{
    add(out, STR("Accept"), STR("application/json, text/csv"));
    add(out, STR("x-ms-client-request-id"), random_uuid(out->client_request_id));
    add(out, STR("If-Match"), str_of(call->if_match));
    add(out, STR("If-None-Match"), str_of(call->if_none_match));
    if (is_write(method)) {
        bool given = call->request_id != NULL;
        struct wall sent = clock_wall();
        if (given) {
            sent.ms = (int64_t)call->first_sent * 1000;
        }
        add(out, STR("Repeatability-Request-ID"), given ? str_of(call->request_id) : random_uuid(out->id));
        add(out, STR("Repeatability-First-Sent"), clock_imf(sent, out->date));
    }
}

void tell_attempt(void *arg, const struct session_event *event)
{
    const struct numgate *numgate = arg;
    char method[16], path[EVENT_TEXT_MAX], address[64], reason[EVENT_TEXT_MAX];
    snprintf(method, sizeof(method), "%" STR_FMT, STR_ARG(event->request->method));
    snprintf(path, sizeof(path), "%" STR_FMT, STR_ARG(event->request->path));
    snprintf(address, sizeof(address), "%" STR_FMT, STR_ARG(event->address));
    snprintf(reason, sizeof(reason), "%" STR_FMT, STR_ARG(event->reason));
    numgate->log(numgate->log_arg, &(struct numgate_event){
                                       .method = method,
                                       .path = path,
                                       .client_request_id = numgate->request_id,
                                       .address = address,
                                       .attempt = event->attempt,
                                       .http_status = event->status,
                                       .reason = reason,
                                       .took_ms = (uint64_t)event->took_ms,
                                       .wait_ms = (uint64_t)event->wait_ms,
                                   });
}

/* ---- what the answer means ---- */

static enum numgate_status status_of(int http_status)
{
    static const struct {
        int from, to;
        enum numgate_status status;
    } table[] = {{200, 299, NUMGATE_OK},        {304, 304, NUMGATE_NOT_MODIFIED},
                 {401, 401, NUMGATE_AUTH},      {403, 403, NUMGATE_AUTH},
                 {404, 404, NUMGATE_NOT_FOUND}, {409, 409, NUMGATE_CONFLICT},
                 {412, 412, NUMGATE_CONFLICT},  {429, 429, NUMGATE_RATE_LIMITED},
                 {400, 499, NUMGATE_INVALID},   {500, 599, NUMGATE_UNAVAILABLE}};
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        if (http_status >= table[i].from && http_status <= table[i].to) {
            return table[i].status;
        }
    }
    return NUMGATE_OTHER;
}

static void copy_text(char *ret, size_t size, struct str text)
{
    snprintf(ret, size, "%" STR_FMT, STR_ARG(text));
}

/* The envelope {"error": {...}}; a proxy in between may send anything. */
static void read_error(const struct numgate_reply *reply, struct numgate_error *error)
{
    const struct fetch_reply *answer = &reply->reply;
    struct arena *mem = arena_new(16 * answer->body.n + 65536);
    const struct json *root = NULL;
    if (mem != NULL && json_parse(answer->body, mem, &root, NULL) == RC_OK) {
        copy_text(error->code, sizeof(error->code), json_string(json_pointer(root, STR("/error/code"))));
        copy_text(error->target, sizeof(error->target),
                  json_string(json_pointer(root, STR("/error/target"))));
        copy_text(error->message, sizeof(error->message),
                  json_string(json_pointer(root, STR("/error/message"))));
    }
    if (error->message[0] == '\0') {
        snprintf(error->message, sizeof(error->message), "status %d", answer->status);
    }
    arena_free(mem);
}

static enum numgate_status conclude(enum rc rc, const struct session_result *result,
                                    struct numgate_reply *reply, const struct err *err,
                                    struct numgate_error *error)
{
    bool answered = result->reply.status != 0;
    error->attempts = result->attempts;
    error->http_status = result->reply.status;
    reply->reply = result->reply;
    if (answered) {
        copy_text(error->request_id, sizeof(error->request_id),
                  fetch_header_of(&reply->reply, STR("x-ms-request-id")));
    }
    if (result->cancelled || rc != RC_OK) {
        (void)error_of(rc, err, error);
        error->status = result->cancelled           ? NUMGATE_CANCELLED
                        : answered && rc == RC_BUSY ? status_of(error->http_status)
                                                    : error->status;
        return error->status;
    }
    error->status = status_of(error->http_status);
    if (error->status != NUMGATE_OK && error->status != NUMGATE_NOT_MODIFIED) {
        read_error(reply, error);
    }
    return error->status;
}

/* ---- the call ---- */

/* With the api-version, where it has none. */
static struct str complete_path(struct arena *mem, struct str path)
{
    bool own = str_starts(path, STR("/numgate/"));
    if (own || str_contains(path, STR("api-version="))) {
        return path;
    }
    return arena_printf(mem, "%" STR_FMT "%capi-version=" NUMGATE_API_VERSION, STR_ARG(path),
                        str_find(path, '?') < 0 ? '?' : '&');
}

static enum rc make_call(struct numgate *numgate, const struct numgate_message *message,
                         const struct numgate_call *call, struct arena *mem, struct session_result *result,
                         struct err *err)
{
    struct outgoing out = {0};
    add_headers(&out, str_of(message->method), call);
    numgate->request_id = out.client_request_id;
    struct session_request request = {
        .method = str_of(message->method),
        .path = complete_path(mem, str_of(message->path)),
        .body = message->body,
        .content_type = message->content_type,
        .headers = out.headers,
        .header_count = out.count,
        .deadline = mono_after(clock_mono(), call->deadline_ms != 0 && call->deadline_ms < INT32_MAX
                                                 ? (int64_t)call->deadline_ms
                                                 : numgate->deadline_ms),
        .reply_bytes_max = REPLY_BYTES_MAX,
    };
    if (arena_failed(mem)) {
        return err_set(err, RC_LIMIT, NULL, "out of memory");
    }
    enum rc rc = session_call(numgate->session, &request, mem, result, err);
    numgate->request_id = NULL;
    return rc;
}

enum numgate_status request_send(struct numgate *numgate, const struct numgate_message *message,
                                 const struct numgate_call *call, struct numgate_reply **ret_reply,
                                 struct numgate_error *error)
{
    static const struct numgate_call nothing;
    struct numgate_error ignored;
    struct session_result result = {0};
    struct err err = {0};
    error = error != NULL ? error : &ignored;
    *error = (struct numgate_error){0};
    if (ret_reply != NULL) {
        *ret_reply = NULL;
    }
    struct numgate_reply *reply = mem_alloc(sizeof(*reply));
    if (reply == NULL || (reply->mem = arena_new(4 * (size_t)REPLY_BYTES_MAX)) == NULL) {
        mem_free(reply);
        (void)err_set(&err, RC_LIMIT, NULL, "out of memory");
        return error_of(RC_LIMIT, &err, error);
    }
    enum rc rc = message->path[0] != '/'
                     ? err_set(&err, RC_INVALID, NULL, "a path begins with '/'")
                     : make_call(numgate, message, call != NULL ? call : &nothing, reply->mem, &result, &err);
    enum numgate_status status = conclude(rc, &result, reply, &err, error);
    if (ret_reply != NULL && result.reply.status != 0) {
        *ret_reply = TAKE(reply);
    }
    numgate_reply_free(reply);
    return status;
}

enum numgate_status numgate_request(struct numgate *numgate, const char *method, const char *path,
                                    const char *body, const struct numgate_call *call,
                                    struct numgate_reply **ret_reply, struct numgate_error *error)
{
    const struct numgate_message message = {method, path, str_of(body), STR("application/json")};
    return request_send(numgate, &message, call, ret_reply, error);
}

/* ---- the answer ---- */

void numgate_reply_free(struct numgate_reply *reply)
{
    if (reply != NULL) {
        arena_free(reply->mem);
        mem_free(reply);
    }
}

int numgate_reply_status(const struct numgate_reply *reply)
{
    return reply->reply.status;
}

const char *numgate_reply_body(const struct numgate_reply *reply, size_t *ret_bytes)
{
    if (ret_bytes != NULL) {
        *ret_bytes = reply->reply.body.n;
    }
    return reply->reply.body.p;
}

const char *numgate_reply_header(const struct numgate_reply *reply, const char *name)
{
    return fetch_header_of(&reply->reply, str_of(name)).p;
}
