#include "programs/numgate-lab/proxy.h"

#include <stdio.h>

#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/random.h"
#include "common/fetch/fetch.h"
#include "common/json/write.h"
#include "programs/numgate-lab/later.h"

#include "common/base/banned.h"

#define ERROR_BODY_MAX 8192

/* One request on its way. Lives in the exchange's arena, which belongs to whoever has the ticket. */
struct passage {
    struct proxy *proxy;
    struct http_exchange *x;
    struct http_ticket *ticket;
    struct later_job job;
    http_next *next;         /* after a delay */
    const struct rule *rule; /* that strikes; NULL: none */
    int64_t number;          /* of its visit */
    enum rc rc;              /* what became of it at the server */
    struct fetch_reply reply;
    struct err err;
};

/* NULL: so many came since that it is forgotten. */
static struct proxy_visit *visit_of(const struct passage *passage)
{
    struct proxy_visit *visit = &passage->proxy->history[(passage->number - 1) % PROXY_HISTORY_MAX];
    return visit->number == passage->number ? visit : NULL;
}

/* ---- opening and closing ---- */

struct opening {
    struct later_job job; /* first, so that the job is the opening */
    struct proxy *proxy;
    unsigned turn;
};

static void open_again(struct later_job *job)
{
    struct opening *opening = (struct opening *)(void *)job;
    struct proxy *proxy = opening->proxy;
    if (atomic_load(&proxy->turn) == opening->turn) {
        atomic_store(&proxy->dead, false);
        http_server_listen(proxy->server, 0, true);
    }
    mem_free(opening);
}

void proxy_close(struct proxy *proxy, int64_t ms)
{
    unsigned turn = atomic_fetch_add(&proxy->turn, 1) + 1;
    atomic_store(&proxy->dead, true);
    http_server_listen(proxy->server, 0, false);
    if (ms > 0) {
        struct opening *opening = mem_alloc(sizeof *opening);
        *opening = (struct opening){
            .job = {.at = mono_after(clock_mono(), ms), .run = open_again}, .proxy = proxy, .turn = turn};
        later_submit(proxy->later, &opening->job);
    }
}

void proxy_open(struct proxy *proxy)
{
    atomic_fetch_add(&proxy->turn, 1);
    atomic_store(&proxy->dead, false);
    http_server_listen(proxy->server, 0, true);
}

/* The numbers go on: a request that is under way does not find the entry of another one. */
void proxy_forget(struct proxy *proxy)
{
    memset(proxy->history, 0, sizeof proxy->history);
}

/* ---- answers of our own ---- */

static const char *code_of(int64_t status)
{
    static const struct {
        int64_t status;
        const char *code;
    } codes[] = {{429, "TooManyRequests"}, {500, "InternalError"},      {501, "NotImplemented"},
                 {502, "BadGateway"},      {503, "ServiceUnavailable"}, {504, "GatewayTimeout"}};
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        if (codes[i].status == status) {
            return codes[i].code;
        }
    }
    return "FaultOnDemand";
}

/* The API's envelope. */
static struct str error_body(const char *code, struct str message, struct arena *mem)
{
    CLEANUP(buf_clear) struct buf body;
    struct json_out out;
    buf_init(&body, ERROR_BODY_MAX);
    json_out_init(&out, &body);
    json_object_begin(&out);
    json_name(&out, STR("error"));
    json_object_begin(&out);
    json_str_member(&out, "code", str_of(code));
    json_str_member(&out, "message", message);
    json_object_end(&out);
    json_object_end(&out);
    return arena_str(mem, buf_str(&body));
}

/* What the client is sent; the proxy's own answers have a header that says so. */
static void reply_error(struct http_exchange *x, int status, const char *code, struct str body,
                        struct str content_type, int64_t retry_after)
{
    char seconds[24], id[UUID_TEXT_MAX];
    struct http_header headers[5];
    size_t n = 0;
    headers[n++] = (struct http_header){STR("Content-Type"), content_type};
    headers[n++] = (struct http_header){STR("x-ms-error-code"), str_of(code)};
    headers[n++] = (struct http_header){STR("x-ms-request-id"), random_uuid(id)};
    headers[n++] = (struct http_header){STR("x-numgate-lab"), STR("proxy")};
    if (retry_after >= 0) {
        (void)snprintf(seconds, sizeof seconds, "%lld", (long long)retry_after);
        headers[n++] = (struct http_header){STR("Retry-After"), str_of(seconds)};
    }
    const struct http_reply reply = {.status = status, .headers = headers, .header_count = n, .body = body};
    http_reply(x, &reply);
}

static void reply_status(struct passage *passage)
{
    const struct rule *rule = passage->rule;
    const char *code = code_of(rule->status);
    bool own = str_absent(rule->body);
    struct str body =
        own ? error_body(code, STR("A fault on demand of numgate-lab."), http_arena(passage->x)) : rule->body;
    struct str type = own || rule->body_is_json ? STR("application/json") : STR("text/html; charset=utf-8");
    reply_error(passage->x, (int)rule->status, code, body, type, rule->retry_after);
}

static void reply_reset(struct http_exchange *x)
{
    const struct http_reply reply = {.status = 500, .fault = HTTP_FAULT_RESET};
    http_reply(x, &reply);
}

/* ---- headers ---- */

static bool is_among(struct str name, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (str_eq_ci(name, str_of(*names))) {
            return true;
        }
    }
    return false;
}

/* "Connection: close, X-Private" names further headers that end here. */
static bool is_listed(struct str name, struct str list)
{
    struct str part;
    while (str_split(&list, ',', &part)) {
        if (str_eq_ci(str_trim(part), name)) {
            return true;
        }
    }
    return false;
}

static bool ends_here(struct str name, struct str connection)
{
    static const char *const names[] = {"Connection", "Keep-Alive",     "Proxy-Connection",
                                        "TE",         "Trailer",        "Transfer-Encoding",
                                        "Upgrade",    "Content-Length", NULL};
    return is_among(name, names) || is_listed(name, connection);
}

static const struct fetch_header *headers_to_server(const struct http_request *request, struct arena *mem,
                                                    size_t *ret_count)
{
    struct fetch_header *headers = arena_alloc_array(mem, request->header_count + 1, sizeof *headers);
    struct str connection = http_header(request, "Connection");
    size_t n = 0;
    for (size_t i = 0; headers != NULL && i < request->header_count; i++) {
        const struct http_header *header = &request->headers[i];
        if (!ends_here(header->name, connection) && !str_eq_ci(header->name, STR("Expect"))) {
            headers[n++] = (struct fetch_header){header->name, header->value};
        }
    }
    *ret_count = n;
    return headers;
}

static const struct http_header *headers_to_client(const struct fetch_reply *reply, struct arena *mem,
                                                   size_t *ret_count)
{
    struct http_header *headers = arena_alloc_array(mem, reply->header_count + 1, sizeof *headers);
    struct str connection = fetch_header_of(reply, STR("Connection"));
    size_t n = 0;
    for (size_t i = 0; headers != NULL && i < reply->header_count; i++) {
        const struct fetch_header *header = &reply->headers[i];
        if (!ends_here(header->name, connection) && !str_eq_ci(header->name, STR("Date"))) {
            headers[n++] = (struct http_header){header->name, header->value};
        }
    }
    *ret_count = n;
    return headers;
}

/* ---- the way back ---- */

/* What HEAD would have brought: the engine looks at the length alone. */
static struct str body_to_client(const struct passage *passage)
{
    uint64_t length = 0;
    if (http_request(passage->x)->method == HTTP_HEAD) {
        struct str text = fetch_header_of(&passage->reply, STR("Content-Length"));
        return str_to_u64(text, PROXY_BODY_MAX, &length) ? (struct str){"", (size_t)length} : STR("");
    }
    return passage->reply.body;
}

static void give(struct passage *passage, enum http_fault fault)
{
    struct http_reply reply = {
        .status = passage->reply.status, .body = body_to_client(passage), .fault = fault};
    reply.headers = headers_to_client(&passage->reply, http_arena(passage->x), &reply.header_count);
    http_reply(passage->x, &reply);
}

static void give_as_it_is(struct http_exchange *x)
{
    give(http_user(x), HTTP_FAULT_NONE);
}

static void wait_for(struct passage *passage, http_next *next);

static void strike_after(struct passage *passage)
{
    switch (passage->rule->kind) {
    case RULE_DELAY:
        wait_for(passage, give_as_it_is);
        return;
    case RULE_HANG:
        wait_for(passage, reply_reset);
        return;
    case RULE_STATUS:
        reply_status(passage);
        return;
    case RULE_CUT:
        give(passage, HTTP_FAULT_CUT);
        return;
    case RULE_DEAD:
        proxy_close(passage->proxy, passage->rule->ms);
        break;
    default:
        break;
    }
    reply_reset(passage->x);
}

static void answered(struct http_exchange *x)
{
    struct passage *passage = http_user(x);
    if (passage->rc == RC_OK && arena_failed(http_arena(x))) {
        passage->rc = err_set(&passage->err, RC_LIMIT, NULL, "the answer is too long");
    }
    if (passage->rc != RC_OK) {
        struct str why = str_of(passage->err.msg);
        reply_error(x, 502, "BadGateway", error_body("BadGateway", why, http_arena(x)),
                    STR("application/json"), RULE_RETRY_AFTER_NO);
        return;
    }
    struct proxy_visit *visit = visit_of(passage);
    if (visit != NULL) {
        visit->server_status = passage->reply.status;
    }
    if (passage->rule != NULL && passage->rule->when == RULE_AFTER) {
        strike_after(passage);
        return;
    }
    give(passage, HTTP_FAULT_NONE);
}

/* ---- the way there ---- */

/* On fetch's thread; the arena is the ticket's holder's, and that is us. */
static void take_answer(void *arg, enum rc rc, const struct fetch_reply *reply, const struct err *err)
{
    struct passage *passage = arg;
    passage->rc = rc;
    if (rc == RC_OK) {
        fetch_reply_copy(http_arena(passage->x), reply, &passage->reply);
    } else {
        passage->err = *err;
    }
    http_resume(passage->ticket);
}

/* A body of no bytes is one, if its length was sent. */
static struct str body_to_server(const struct http_request *request)
{
    bool none = !request->has_body && http_header_count(request, "Content-Length") == 0;
    return none ? STR_NONE : request->body;
}

static void pass_on(struct http_exchange *x)
{
    struct passage *passage = http_user(x);
    const struct http_request *request = http_request(x);
    struct fetch_request order = {
        .method = request->method_text,
        .url = passage->proxy->target,
        .target = request->target,
        .bare = true,
        .body = body_to_server(request),
        .ca_file = passage->proxy->ca_file,
        .deadline = mono_after(clock_mono(), PROXY_ANSWER_MS),
        .reply_bytes_max = PROXY_BODY_MAX,
        .done = take_answer,
        .arg = passage,
    };
    order.headers = headers_to_server(request, http_arena(x), &order.header_count);
    struct proxy_visit *visit = visit_of(passage);
    if (visit != NULL) {
        visit->passed_on = true;
    }
    struct err err;
    passage->ticket = http_suspend(x, answered); /* with fetch_start() the passage is another thread's */
    enum rc rc = fetch_start(passage->proxy->fetch, &order, &err);
    if (rc != RC_OK) {
        passage->rc = rc;
        passage->err = err;
        http_resume(passage->ticket);
    }
}

static void begin(struct http_exchange *x)
{
    http_read_body(x, pass_on);
}

/* ---- faults ---- */

static void end_wait(struct later_job *job)
{
    struct passage *passage = (struct passage *)(void *)((char *)job - offsetof(struct passage, job));
    http_resume(passage->ticket);
}

/* The ticket is noted before the job can run. */
static void wait_for(struct passage *passage, http_next *next)
{
    passage->ticket = http_suspend(passage->x, next);
    passage->job = (struct later_job){.at = mono_after(clock_mono(), passage->rule->ms), .run = end_wait};
    later_submit(passage->proxy->later, &passage->job);
}

static void strike_before(struct passage *passage)
{
    switch (passage->rule->kind) {
    case RULE_DELAY:
        wait_for(passage, begin);
        return;
    case RULE_HANG:
        wait_for(passage, reply_reset);
        return;
    case RULE_STATUS:
        reply_status(passage);
        return;
    case RULE_DEAD:
        proxy_close(passage->proxy, passage->rule->ms);
        break;
    default:
        break;
    }
    reply_reset(passage->x);
}

static void copy_text(char *to, size_t size, struct str text)
{
    size_t n = text.n < size - 1 ? text.n : size - 1;
    if (n > 0) {
        memcpy(to, text.p, n);
    }
    to[n] = '\0';
}

static void note_visit(struct passage *passage)
{
    const struct http_request *request = http_request(passage->x);
    struct proxy *proxy = passage->proxy;
    passage->number = ++proxy->visit_count;
    struct proxy_visit *visit = &proxy->history[(passage->number - 1) % PROXY_HISTORY_MAX];
    *visit = (struct proxy_visit){
        .number = passage->number, .at = request->received, .connection = request->peer.port};
    copy_text(visit->method, sizeof visit->method, request->method_text);
    copy_text(visit->target, sizeof visit->target, request->target);
    copy_text(visit->request_id, sizeof visit->request_id, http_header(request, "Repeatability-Request-ID"));
    copy_text(visit->first_sent, sizeof visit->first_sent, http_header(request, "Repeatability-First-Sent"));
    if (passage->rule != NULL) {
        visit->kind = passage->rule->kind;
        copy_text(visit->rule, sizeof visit->rule, str_of(passage->rule->name));
    }
}

static void head(void *arg, struct http_exchange *x)
{
    struct proxy *proxy = arg;
    const struct http_request *request = http_request(x);
    struct passage *passage = arena_new_of(http_arena(x), struct passage);
    ensure(passage != NULL); /* the arena is new and holds far more */
    *passage = (struct passage){.proxy = proxy, .x = x};
    passage->rule = rules_strike(proxy->rules, request->method_text, request->path, http_arena(x));
    note_visit(passage);
    http_set_user(x, passage);
    if (passage->rule != NULL && passage->rule->when == RULE_BEFORE) {
        strike_before(passage);
        return;
    }
    begin(x);
}

/* The engine's own refusals have the API's envelope. */
static void refused(void *arg UNUSED, struct http_exchange *x UNUSED, const char *reason, struct arena *mem,
                    struct http_reply *reply)
{
    static const struct http_header headers[] = {{{"Content-Type", 12}, {"application/json", 16}},
                                                 {{"x-numgate-lab", 13}, {"proxy", 5}}};
    reply->headers = headers;
    reply->header_count = ARRAY_LEN(headers);
    reply->body = error_body("InvalidRequest", str_of(reason), mem);
}

/* One line a request. The query is left out: somebody's secret may have strayed there. */
static void finished(void *arg UNUSED, struct http_exchange *x, const struct http_outcome *outcome)
{
    const struct http_request *request = http_request(x);
    const struct passage *passage = http_user(x);
    const struct rule *rule = passage != NULL ? passage->rule : NULL;
    struct proxy_visit *visit = passage != NULL ? visit_of(passage) : NULL;
    bool reset = outcome->aborted && (rule == NULL || rule->kind != RULE_CUT);
    if (visit != NULL) {
        visit->status = reset ? 0 : outcome->status;
    }
    LOG(LOG_INFO, "request", log_str("method", request->method_text), log_str("path", request->path),
        log_i64("status", reset ? 0 : outcome->status), log_us("duration_ms", outcome->duration_us),
        log_cstr("rule", rule != NULL && rule->name[0] != '\0' ? rule->name : NULL),
        log_cstr("fault", rule != NULL ? rule_kind_name(rule->kind) : NULL),
        log_bool("aborted", outcome->aborted));
}

struct http_app proxy_app(struct proxy *proxy)
{
    return (struct http_app){.arg = proxy, .head = head, .refused = refused, .finished = finished};
}
