/* A call is a loop of attempts. Each ends in a verdict: over, or what to do before the next one (struct verdict); one place waits. */
#include "common/fetch/session.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/base/conceal.h"
#include "common/base/mem.h"
#include "common/json/read.h"

#include "common/base/banned.h"

#define CONFIG_BYTES_MAX 65536
#define ERROR_BYTES_MAX  65536 /* of an answer's body that may say why */
#define CAUSE_MAX        300   /* of that, what is shown */
#define HEADERS_MAX      16
#define MINUTE_MS        60000

/* The last requests of a minute. */
struct pace {
    uint32_t limit;   /* 0: none is known */
    int64_t *sent_ms; /* a ring of SESSION_PACE_MAX */
    size_t at, count;
};

struct session {
    struct arena *mem;
    struct session_config config;
    struct str host;
    struct fetch *fetch;
    struct token_source *tokens;
    struct pace pace;
    struct net_addr address; /* where it goes; family 0: to be looked up */
    size_t turn;             /* which of several addresses */
    bool fresh;              /* the next connection is a new one */
    pthread_mutex_t mutex;   /* guards cancelled */
    pthread_cond_t changed;
    bool cancelled;
};

/* What follows an attempt. */
struct verdict {
    bool over;
    enum rc rc; /* of the call, where it is over, or where the deadline ends it */
    int64_t wait_ms;
    bool elsewhere; /* look the name up, on a new connection */
    char reason[400];
};

/* ---- pacing ---- */

static size_t pace_in_last_minute(struct pace *pace, int64_t now_ms)
{
    while (pace->count > 0) {
        size_t oldest = (pace->at + SESSION_PACE_MAX - pace->count) % SESSION_PACE_MAX;
        if (pace->sent_ms[oldest] + MINUTE_MS > now_ms) {
            break;
        }
        pace->count--;
    }
    return pace->count;
}

static int64_t pace_wait_ms(struct pace *pace, int64_t now_ms)
{
    size_t sent = pace_in_last_minute(pace, now_ms);
    if (pace->limit == 0 || sent < pace->limit) {
        return 0;
    }
    size_t leaves = (pace->at + SESSION_PACE_MAX - pace->limit) % SESSION_PACE_MAX;
    return pace->sent_ms[leaves] + MINUTE_MS - now_ms + 1;
}

static void pace_note(struct pace *pace, int64_t now_ms)
{
    pace->sent_ms[pace->at] = now_ms;
    pace->at = (pace->at + 1) % SESSION_PACE_MAX;
    pace->count += pace->count < SESSION_PACE_MAX;
}

/* The request that met the limit is one of those that were sent, and none of those that passed. */
static void pace_learn(struct pace *pace, int64_t now_ms)
{
    size_t passed = pace_in_last_minute(pace, now_ms);
    passed -= passed > 0;
    if (passed > 0 && (pace->limit == 0 || passed < pace->limit)) {
        pace->limit = (uint32_t)passed;
    }
    pace->count -= pace->count > 0;
    pace->at = (pace->at + SESSION_PACE_MAX - 1) % SESSION_PACE_MAX;
}

/* ---- waiting ---- */

static bool is_cancelled(struct session *session)
{
    pthread_mutex_lock(&session->mutex);
    bool cancelled = session->cancelled;
    pthread_mutex_unlock(&session->mutex);
    return cancelled;
}

/* False: cancelled. */
static bool rest(struct session *session, int64_t ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    int64_t ns = at.tv_nsec + ms % 1000 * 1000000;
    at.tv_sec += (time_t)(ms / 1000 + ns / 1000000000);
    at.tv_nsec = (long)(ns % 1000000000);
    pthread_mutex_lock(&session->mutex);
    int waited = 0;
    while (waited == 0 && !session->cancelled) {
        waited = pthread_cond_timedwait(&session->changed, &session->mutex, &at);
    }
    bool cancelled = session->cancelled;
    pthread_mutex_unlock(&session->mutex);
    return !cancelled;
}

void session_cancel(struct session *session)
{
    pthread_mutex_lock(&session->mutex);
    session->cancelled = true;
    pthread_cond_broadcast(&session->changed);
    pthread_mutex_unlock(&session->mutex);
    fetch_cancel(session->fetch);
}

/* ---- one attempt ---- */

/* The next address of the name; another one than before where there is one. */
static enum rc look_up(struct session *session, struct mono deadline, struct err *err)
{
    struct resolve_answer answer;
    enum rc rc = resolve_host(&session->config.servers, session->host, deadline, &answer, err);
    if (rc == RC_OK) {
        session->address = answer.addresses[session->turn % answer.count];
    }
    return rc == RC_NOT_FOUND ? RC_BUSY : rc; /* it may come back */
}

static enum rc send_request(struct session *session, const struct session_request *request, struct str token,
                            struct mono deadline, struct arena *mem, struct fetch_reply *ret, struct err *err)
{
    struct fetch_header headers[HEADERS_MAX + 2];
    char address[NET_TEXT_MAX];
    size_t count = 0;
    for (; count < request->header_count; count++) {
        headers[count] = request->headers[count];
    }
    headers[count++] =
        (struct fetch_header){STR("Authorization"), arena_printf(mem, "Bearer %" STR_FMT, STR_ARG(token))};
    if (!str_empty(session->config.user_agent)) {
        headers[count++] = (struct fetch_header){STR("User-Agent"), session->config.user_agent};
    }
    struct fetch_request sent = {
        .method = request->method,
        .url = arena_printf(mem, "%" STR_FMT "%" STR_FMT, STR_ARG(session->config.base_url),
                            STR_ARG(request->path)),
        .address = net_text(&session->address, address),
        .fresh = session->fresh,
        .body = request->body,
        .content_type = request->content_type,
        .headers = headers,
        .header_count = count,
        .ca_file = session->config.ca_file,
        .deadline = deadline,
        .reply_bytes_max = request->reply_bytes_max,
    };
    if (arena_failed(mem)) {
        return err_set(err, RC_LIMIT, NULL, "out of memory");
    }
    pace_note(&session->pace, clock_mono().ms);
    enum rc rc = fetch_wait(session->fetch, &sent, mem, ret, err);
    session->fresh = rc != RC_OK;
    return rc;
}

static enum rc attempt(struct session *session, const struct session_request *request, struct arena *mem,
                       struct session_result *ret, struct err *err)
{
    struct mono deadline = mono_after(clock_mono(), session->config.attempt_ms);
    struct str token;
    deadline = deadline.ms < request->deadline.ms ? deadline : request->deadline;
    ret->reply = (struct fetch_reply){0};
    enum rc rc = token_take(session->tokens, session->fetch, deadline, &token, err);
    if (rc == RC_OK && session->address.family == 0) {
        rc = look_up(session, deadline, err);
    }
    return rc == RC_OK ? send_request(session, request, token, deadline, mem, &ret->reply, err) : rc;
}

/* ---- what follows ---- */

static void verdict_again(struct verdict *verdict, int64_t wait_ms, const char *reason)
{
    verdict->wait_ms = wait_ms;
    verdict->rc = RC_BUSY;
    snprintf(verdict->reason, sizeof(verdict->reason), "%s", reason);
}

static struct str text_at(const struct json *root, struct str pointer)
{
    return json_string(json_pointer(root, pointer));
}

/* One line that fits, without what a terminal would obey. */
static void copy_cause(const struct json *root, char ret[CAUSE_MAX])
{
    struct str inner = text_at(root, STR("/error/innererror/code"));
    struct str code = str_empty(inner) ? text_at(root, STR("/error/code")) : inner;
    struct str said = text_at(root, STR("/error/message"));
    code = str_utf8_cut(code, CAUSE_MAX / 4);
    said = str_utf8_cut(said, CAUSE_MAX - CAUSE_MAX / 4 - 3);
    snprintf(ret, CAUSE_MAX, "%" STR_FMT "%s%" STR_FMT, STR_ARG(code),
             str_empty(code) || str_empty(said) ? "" : ": ", STR_ARG(said));
    for (char *at = ret; *at != '\0'; at++) {
        *at = (unsigned char)*at < ' ' || *at == 0x7F ? ' ' : *at;
    }
    conceal_credentials(ret, strlen(ret));
}

/* What the body says, {"error": {"code", "message", "innererror": {"code"}}}. False: nothing, since a proxy in between may send anything. */
static bool read_cause(struct str body, char ret[CAUSE_MAX])
{
    ret[0] = '\0';
    if (str_empty(body) || body.n > ERROR_BYTES_MAX) {
        return false;
    }
    CLEANUP(arena_freep) struct arena *mem = arena_new(16 * body.n + ERROR_BYTES_MAX);
    const struct json *root = NULL;
    if (mem != NULL && json_parse(body, mem, &root, NULL) == RC_OK) {
        copy_cause(root, ret);
    }
    return ret[0] != '\0';
}

/* For the reason: what the server says, else what its status means. */
static void verdict_failed(struct verdict *verdict, int64_t wait_ms, const struct fetch_reply *reply,
                           const char *meaning)
{
    char cause[CAUSE_MAX], reason[sizeof(verdict->reason)];
    snprintf(reason, sizeof(reason), "status %d: %s", reply->status,
             read_cause(reply->body, cause) ? cause : meaning);
    verdict_again(verdict, wait_ms, reason);
}

static void judge_answer(struct session *session, const struct fetch_reply *reply, bool first_refusal,
                         struct verdict *verdict)
{
    int64_t told_ms = session->config.retry_wait_ms;
    if (reply->status == 429) {
        pace_learn(&session->pace, clock_mono().ms);
        (void)fetch_retry_after(reply, &told_ms);
        verdict_failed(verdict, told_ms, reply, "over the rate limit");
    } else if (reply->status == 401 && first_refusal && token_drop(session->tokens)) {
        verdict_again(verdict, 0, "status 401: with a new token");
    } else if (reply->status == 503 && fetch_retry_after(reply, &told_ms)) {
        verdict_failed(verdict, told_ms, reply, "not now");
        verdict->elsewhere = true;
    } else if (reply->status >= 500 && reply->status != 501) {
        verdict_failed(verdict, session->config.retry_wait_ms, reply, "a failure of the server");
        verdict->elsewhere = true;
    } else {
        verdict->over = true;
    }
}

static struct verdict judge(struct session *session, enum rc rc, const struct session_result *result,
                            bool first_refusal, const struct err *err)
{
    struct verdict verdict = {.rc = rc};
    if (rc == RC_OK) {
        judge_answer(session, &result->reply, first_refusal, &verdict);
    } else if (rc == RC_BUSY) {
        verdict_again(&verdict, session->config.retry_wait_ms, err->msg);
        verdict.elsewhere = true;
    } else {
        verdict.over = true;
    }
    return verdict;
}

static int64_t wait_ms_until_next(struct session *session, const struct verdict *verdict)
{
    int64_t paced_ms = pace_wait_ms(&session->pace, clock_mono().ms);
    return verdict->wait_ms > paced_ms ? verdict->wait_ms : paced_ms;
}

/* An attempt after which none comes, whatever the verdict: it was cancelled, or the wait is longer than the time that is left. */
static bool is_last(struct session *session, const struct session_request *request,
                    const struct verdict *verdict)
{
    return verdict->over || is_cancelled(session) ||
           wait_ms_until_next(session, verdict) >= mono_left_ms(request->deadline, clock_mono());
}

static void tell(struct session *session, const struct session_request *request,
                 const struct session_result *result, const struct verdict *verdict, int64_t took_ms)
{
    char address[NET_TEXT_MAX];
    struct session_event event = {
        .request = request,
        .address = session->address.family != 0 ? net_text(&session->address, address) : STR(""),
        .attempt = result->attempts,
        .status = result->reply.status,
        .reason = str_of(is_last(session, request, verdict) ? "" : verdict->reason),
        .took_ms = took_ms,
        .wait_ms = verdict->wait_ms,
    };
    if (session->config.log != NULL) {
        session->config.log(session->config.log_arg, &event);
    }
}

static enum rc end_busy(struct session_result *ret, bool cancelled, const char *reason, struct err *err)
{
    ret->cancelled = cancelled;
    return cancelled ? err_set(err, RC_BUSY, NULL, "cancelled")
                     : err_set(err, RC_BUSY, NULL, "the deadline passed after %u attempt%s: %s",
                               ret->attempts, ret->attempts == 1 ? "" : "s", reason);
}

/* False: the call ends here. */
static bool wait_for(struct session *session, int64_t wait_ms, struct mono deadline)
{
    int64_t left_ms = mono_left_ms(deadline, clock_mono());
    return wait_ms < left_ms && (wait_ms == 0 || rest(session, wait_ms));
}

enum rc session_call(struct session *session, const struct session_request *request, struct arena *mem,
                     struct session_result *ret, struct err *err)
{
    struct verdict verdict = {.reason = "the rate limit of this client"};
    struct err last = {0};
    bool refused = false;
    *ret = (struct session_result){0};
    ensure(request->header_count <= HEADERS_MAX);
    for (;;) {
        if (!wait_for(session, wait_ms_until_next(session, &verdict), request->deadline) ||
            is_cancelled(session)) {
            return end_busy(ret, is_cancelled(session), verdict.reason, err);
        }
        int64_t begun_ms = clock_mono().ms;
        ret->attempts++;
        struct verdict before = verdict;
        struct fetch_reply answered = ret->reply;
        enum rc rc = attempt(session, request, mem, ret, &last);
        verdict = judge(session, rc, ret, !refused, &last);
        refused = refused || ret->reply.status == 401;
        tell(session, request, ret, &verdict, clock_mono().ms - begun_ms);
        if (verdict.over) {
            if (rc != RC_OK && err != NULL) {
                *err = last;
            }
            return rc;
        }
        /* An attempt cut short by the end of the call says nothing of the peer; the one before it did. */
        if (rc == RC_BUSY && ret->attempts > 1 && mono_left_ms(request->deadline, clock_mono()) <= 0) {
            verdict = before;
            ret->reply = answered;
        }
        if (verdict.elsewhere) {
            session->address.family = 0;
            session->fresh = true;
            session->turn++;
        }
    }
}

/* ---- open and close ---- */

/* https://host[:port]; the URL has been checked. */
static struct str host_of(struct str url)
{
    ptrdiff_t scheme = str_find(url, ':');
    struct str host = str_slice(url, (size_t)scheme + 3, url.n);
    if (host.n > 0 && host.p[0] == '[') {
        return str_slice(host, 1, (size_t)str_find(host, ']'));
    }
    ptrdiff_t port = str_find(host, ':');
    return port < 0 ? host : str_slice(host, 0, (size_t)port);
}

static enum rc copy_config(struct session *session, const struct session_config *config, struct err *err)
{
    struct str url = config->base_url;
    while (str_ends(url, STR("/"))) {
        url = str_slice(url, 0, url.n - 1);
    }
    enum rc rc = fetch_url_check(url, err);
    if (rc != RC_OK) {
        err_context(err, "the base URL");
        return rc;
    }
    rc = fetch_ca_check(config->ca_file, err);
    if (rc != RC_OK) {
        err_context(err, "the trusted certificates");
        return rc;
    }
    session->config = *config;
    session->config.base_url = arena_str(session->mem, url);
    session->config.ca_file = arena_str(session->mem, config->ca_file);
    session->config.user_agent = arena_str(session->mem, config->user_agent);
    session->config.token = (struct token_config){0};
    if (arena_failed(session->mem)) {
        return err_set(err, RC_LIMIT, NULL, "the configuration is longer than %d bytes", CONFIG_BYTES_MAX);
    }
    session->host = host_of(session->config.base_url);
    if (str_find(url, '?') >= 0 || str_contains(str_slice(url, 8, url.n), STR("/"))) {
        return err_set(err, RC_INVALID, NULL, "the base URL ends behind its host and port");
    }
    session->pace.limit = config->requests_per_minute;
    return RC_OK;
}

static void make_signals(struct session *session)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&session->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&session->mutex, NULL);
}

enum rc session_new(const struct session_config *config, struct session **ret, struct err *err)
{
    struct session *session = mem_alloc(sizeof(*session));
    if (session == NULL) {
        return err_set(err, RC_LIMIT, NULL, "out of memory");
    }
    make_signals(session);
    session->mem = arena_new(CONFIG_BYTES_MAX);
    session->pace.sent_ms = mem_alloc_array(SESSION_PACE_MAX, sizeof(*session->pace.sent_ms));
    enum rc rc = session->mem != NULL && session->pace.sent_ms != NULL
                     ? copy_config(session, config, err)
                     : err_set(err, RC_LIMIT, NULL, "out of memory");
    rc = rc == RC_OK ? token_source_new(&config->token, &session->tokens, err) : rc;
    rc = rc == RC_OK ? fetch_new(&session->fetch, err) : rc;
    if (rc != RC_OK) {
        session_free(session);
        return rc;
    }
    *ret = session;
    return RC_OK;
}

void session_free(struct session *session)
{
    if (session == NULL) {
        return;
    }
    fetch_free(session->fetch);
    token_source_free(session->tokens);
    pthread_cond_destroy(&session->changed);
    pthread_mutex_destroy(&session->mutex);
    arena_free(session->mem);
    mem_free(session->pace.sent_ms);
    mem_free(session);
}
