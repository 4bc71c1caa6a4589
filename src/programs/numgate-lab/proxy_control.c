#include "programs/numgate-lab/proxy_control.h"

#include "common/json/read.h"
#include "programs/numgate-lab/part.h"
#include "programs/numgate-lab/proxy.h"

#include "common/base/banned.h"

#define REPLY_MAX PARTS_TEXT_MAX

/* ---- parts ---- */

static enum rc rules_reset(void *arg, struct err *err)
{
    struct proxy *proxy = arg;
    if (proxy->scenario != NULL) {
        return rules_replace(proxy->rules, proxy->scenario, true, err);
    }
    rules_clear(proxy->rules);
    return RC_OK;
}

static void rules_snapshot(void *arg, struct json_out *out)
{
    rules_write(((struct proxy *)arg)->rules, out);
}

static enum rc rules_restore(void *arg, const struct json *value, bool apply, struct err *err)
{
    return rules_replace(((struct proxy *)arg)->rules, value, apply, err);
}

static enum rc listener_reset(void *arg, struct err *err UNUSED)
{
    proxy_open(arg);
    return RC_OK;
}

static void listener_write(void *arg, struct json_out *out)
{
    json_object_begin(out);
    json_bool_member(out, "open", !atomic_load(&((struct proxy *)arg)->dead));
    json_object_end(out);
}

/* {"open": false, "ms": 5000} */
static enum rc listener_set(void *arg, const struct json *value, bool apply, struct err *err)
{
    const struct json *open = json_get(value, STR("open")), *ms = json_get(value, STR("ms"));
    size_t known = (size_t)(open != NULL) + (size_t)(ms != NULL);
    if (json_type(value) != JSON_OBJECT || open == NULL || json_type(open) != JSON_BOOL ||
        json_count(value) != known) {
        return err_set(err, RC_INVALID, NULL,
                       "expected is {\"open\": true} or {\"open\": false, \"ms\": 5000}");
    }
    bool fits = ms == NULL || (json_type(ms) == JSON_INT && json_int(ms) >= 1 && json_int(ms) <= RULE_MS_MAX);
    if (!fits || (json_bool(open) && ms != NULL)) {
        return err_set(err, RC_INVALID, NULL,
                       "\"ms\" must be an integer from 1 to %d, and goes with \"open\": false", RULE_MS_MAX);
    }
    if (apply && json_bool(open)) {
        proxy_open(arg);
    } else if (apply) {
        proxy_close(arg, ms != NULL ? json_int(ms) : 0);
    }
    return RC_OK;
}

/* ---- requests that came by ---- */

static void text_member(struct json_out *out, const char *name, const char *text)
{
    json_str_member(out, name, *text != '\0' ? str_of(text) : STR_NONE);
}

static void visit_write(const struct proxy_visit *visit, struct json_out *out)
{
    char time[CLOCK_TEXT_MAX];
    json_object_begin(out);
    json_i64_member(out, "number", visit->number);
    json_str_member(out, "at", clock_rfc3339(visit->at, time));
    json_i64_member(out, "connection", visit->connection);
    text_member(out, "method", visit->method);
    text_member(out, "target", visit->target);
    text_member(out, "repeatabilityRequestId", visit->request_id);
    text_member(out, "repeatabilityFirstSent", visit->first_sent);
    if (visit->kind != RULE_NOTHING) {
        text_member(out, "rule", visit->rule);
        text_member(out, "fault", rule_kind_name(visit->kind));
    }
    json_bool_member(out, "passedOn", visit->passed_on);
    json_i64_member(out, "serverStatus", visit->server_status);
    json_i64_member(out, "status", visit->status);
    json_object_end(out);
}

static void requests_write(void *arg, struct json_out *out)
{
    struct proxy *proxy = arg;
    json_object_begin(out);
    json_name(out, STR("requests"));
    json_array_begin(out);
    for (size_t i = 0; i < PROXY_HISTORY_MAX; i++) { /* the one behind the newest is the oldest */
        const struct proxy_visit *visit =
            &proxy->history[((size_t)proxy->visit_count + i) % PROXY_HISTORY_MAX];
        if (visit->number != 0) {
            visit_write(visit, out);
        }
    }
    json_array_end(out);
    json_object_end(out);
}

/* ---- a request ---- */

struct order {
    struct proxy *proxy;
    const struct route *route;
};

/* `parts` points into it. */
struct part_table {
    struct part rows[2];
    struct parts parts;
};

static void part_table_init(struct part_table *table, struct proxy *proxy)
{
    const struct part rows[] = {
        {"rules", proxy, rules_reset, rules_snapshot, rules_restore},
        {"listener", proxy, listener_reset, listener_write, listener_set},
    };
    memcpy(table->rows, rows, sizeof rows);
    table->parts = (struct parts){table->rows, ARRAY_LEN(table->rows)};
}

static void reply_text(struct http_exchange *x, int status, struct str body, struct str allow)
{
    const struct http_header headers[] = {{STR("Content-Type"), STR("application/json; charset=utf-8")},
                                          {STR("Cache-Control"), STR("no-store")},
                                          {STR("Allow"), allow}};
    const struct http_reply reply = {
        .status = status, .headers = headers, .header_count = str_absent(allow) ? 2 : 3, .body = body};
    http_reply(x, &reply);
}

static void reply_part(struct http_exchange *x, struct proxy *proxy, int status,
                       void (*write)(void *arg, struct json_out *out))
{
    CLEANUP(buf_clear) struct buf body;
    struct json_out out;
    buf_init(&body, REPLY_MAX);
    json_out_init(&out, &body);
    write(proxy, &out);
    reply_text(x, status, buf_str(&body), STR_NONE);
}

static void put_error(struct buf *body, const char *code, struct str message)
{
    struct json_out out;
    json_out_init(&out, body);
    json_object_begin(&out);
    json_name(&out, STR("error"));
    json_object_begin(&out);
    json_str_member(&out, "code", str_of(code));
    json_str_member(&out, "message", message);
    json_object_end(&out);
    json_object_end(&out);
}

static void refuse(struct http_exchange *x, const struct err *err)
{
    CLEANUP(buf_clear) struct buf body;
    bool taken = err->rc == RC_LIMIT || err->rc == RC_CONFLICT;
    buf_init(&body, REPLY_MAX);
    put_error(&body, taken ? "Conflict" : "InvalidRequest", str_of(err->msg));
    reply_text(x, taken ? 409 : 400, buf_str(&body), STR_NONE);
}

/* The body as JSON; no body is an empty object. NULL: refused. */
static const struct json *read_body(struct http_exchange *x)
{
    const struct json *value;
    struct str body = http_request(x)->body;
    struct err err;
    if (json_parse(str_empty(body) ? STR("{}") : body, http_arena(x), &value, &err) != RC_OK) {
        refuse(x, &err);
        return NULL;
    }
    return value;
}

static void serve_rules(struct http_exchange *x, struct proxy *proxy)
{
    reply_part(x, proxy, 200, rules_snapshot);
}

static void serve_rule_add(struct http_exchange *x, struct proxy *proxy)
{
    struct rule rule;
    struct err err;
    const struct json *body = read_body(x);
    if (body == NULL) {
        return;
    }
    enum rc rc = rule_read(body, http_arena(x), &rule, &err);
    rc = rc == RC_OK ? rules_add(proxy->rules, &rule, &err) : rc;
    rc == RC_OK ? reply_part(x, proxy, 201, rules_snapshot) : refuse(x, &err);
}

static void serve_rules_put(struct http_exchange *x, struct proxy *proxy)
{
    struct err err;
    const struct json *body = read_body(x);
    if (body != NULL) {
        enum rc rc = rules_replace(proxy->rules, body, true, &err);
        rc == RC_OK ? reply_part(x, proxy, 200, rules_snapshot) : refuse(x, &err);
    }
}

static void serve_rules_clear(struct http_exchange *x, struct proxy *proxy)
{
    rules_clear(proxy->rules);
    serve_rules(x, proxy);
}

static void serve_listener(struct http_exchange *x, struct proxy *proxy)
{
    reply_part(x, proxy, 200, listener_write);
}

static void serve_listener_set(struct http_exchange *x, struct proxy *proxy)
{
    struct err err;
    const struct json *body = read_body(x);
    if (body != NULL) {
        enum rc rc = listener_set(proxy, body, true, &err);
        rc == RC_OK ? serve_listener(x, proxy) : refuse(x, &err);
    }
}

static void serve_requests(struct http_exchange *x, struct proxy *proxy)
{
    reply_part(x, proxy, 200, requests_write);
}

static void serve_requests_clear(struct http_exchange *x, struct proxy *proxy)
{
    proxy_forget(proxy);
    serve_requests(x, proxy);
}

static void serve_reset(struct http_exchange *x, struct proxy *proxy)
{
    struct part_table table;
    struct err err;
    part_table_init(&table, proxy);
    proxy_forget(proxy);
    enum rc rc = parts_reset(&table.parts, &err);
    rc == RC_OK ? reply_text(x, 200, STR("{}"), STR_NONE) : refuse(x, &err);
}

static void serve_snapshot(struct http_exchange *x, struct proxy *proxy)
{
    CLEANUP(buf_clear) struct buf body;
    struct part_table table;
    part_table_init(&table, proxy);
    buf_init(&body, REPLY_MAX);
    parts_snapshot(&table.parts, &body);
    reply_text(x, 200, buf_str(&body), STR_NONE);
}

static void serve_restore(struct http_exchange *x, struct proxy *proxy)
{
    struct part_table table;
    struct err err;
    part_table_init(&table, proxy);
    enum rc rc = parts_restore(&table.parts, http_request(x)->body, http_arena(x), &err);
    rc == RC_OK ? reply_text(x, 200, STR("{}"), STR_NONE) : refuse(x, &err);
}

/* ---- routes ---- */

static const struct route {
    enum http_method method;
    struct str path;
    void (*serve)(struct http_exchange *x, struct proxy *proxy);
} routes[] = {
    {HTTP_GET, STR("/lab/rules"), serve_rules},
    {HTTP_POST, STR("/lab/rules"), serve_rule_add},
    {HTTP_PUT, STR("/lab/rules"), serve_rules_put},
    {HTTP_DELETE, STR("/lab/rules"), serve_rules_clear},
    {HTTP_GET, STR("/lab/listener"), serve_listener},
    {HTTP_POST, STR("/lab/listener"), serve_listener_set},
    {HTTP_GET, STR("/lab/requests"), serve_requests},
    {HTTP_DELETE, STR("/lab/requests"), serve_requests_clear},
    {HTTP_POST, STR("/lab/reset"), serve_reset},
    {HTTP_GET, STR("/lab/snapshot"), serve_snapshot},
    {HTTP_POST, STR("/lab/restore"), serve_restore},
};

static void serve(struct http_exchange *x)
{
    const struct order *order = http_user(x);
    order->route->serve(x, order->proxy);
}

static void refuse_route(struct http_exchange *x)
{
    static const char *const names[] = {
        [HTTP_GET] = "GET", [HTTP_POST] = "POST", [HTTP_PUT] = "PUT", [HTTP_DELETE] = "DELETE"};
    CLEANUP(buf_clear) struct buf body;
    struct str allow = STR("");
    for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
        if (str_eq(routes[i].path, http_request(x)->path)) {
            allow = arena_printf(http_arena(x), "%" STR_FMT "%s%s", STR_ARG(allow),
                                 str_empty(allow) ? "" : ", ", names[routes[i].method]);
        }
    }
    buf_init(&body, REPLY_MAX);
    bool known = !str_empty(allow);
    put_error(&body, known ? "MethodNotAllowed" : "NotFound",
              known ? STR("Another method is needed here.")
                    : STR("There is nothing here; see numgate-lab --help."));
    reply_text(x, known ? 405 : 404, buf_str(&body), known ? allow : STR_NONE);
}

static void head(void *arg, struct http_exchange *x)
{
    const struct http_request *request = http_request(x);
    for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
        if (routes[i].method == request->method && str_eq(routes[i].path, request->path)) {
            struct order *order = arena_new_of(http_arena(x), struct order);
            ensure(order != NULL); /* the arena is new and holds far more */
            *order = (struct order){arg, &routes[i]};
            http_set_user(x, order);
            http_read_body(x, serve);
            return;
        }
    }
    refuse_route(x);
}

struct http_app proxy_control_app(struct proxy *proxy)
{
    return (struct http_app){.arg = proxy, .head = head};
}
