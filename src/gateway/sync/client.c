#include "gateway/sync/client.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>

#include "common/base/conceal.h"
#include "common/base/limits.h"
#include "common/base/mem.h"
#include "common/fetch/fetch.h"
#include "gateway/sync/wire.h"

#include "common/base/banned.h"

#define CONFIG_BYTES_MAX 8192
#define SECRET_BYTES_MAX (160 * 1024) /* a token of 64 KiB, and the header with it */

struct client {
    struct arena *mem; /* of the configuration */
    struct str base_url, ca_file;
    int64_t timeout_ms;
    struct fetch *fetch;

    pthread_mutex_t token_lock; /* guards the source and its generation */
    struct token_source *tokens;
    uint64_t generation; /* how many tokens were dropped */

    pthread_mutex_t gate_lock; /* guards running and stopped */
    pthread_cond_t gate;
    unsigned running, running_max;
    bool stopped;
};

static enum rc recode(struct err *err, enum rc rc, const char *code)
{
    if (err != NULL) {
        err->rc = rc;
        err->code = code;
    }
    return rc;
}

/* ---- a place among those under way ---- */

static enum rc enter(struct client *client, struct mono deadline, struct err *err)
{
    const struct timespec until = {deadline.ms / 1000, deadline.ms % 1000 * 1000000};
    int waited = 0;
    pthread_mutex_lock(&client->gate_lock);
    while (!client->stopped && client->running == client->running_max && waited != ETIMEDOUT) {
        waited = pthread_cond_timedwait(&client->gate, &client->gate_lock, &until);
    }
    bool stopped = client->stopped, full = client->running == client->running_max;
    client->running += !stopped && !full;
    pthread_mutex_unlock(&client->gate_lock);
    if (stopped) {
        return err_set(err, RC_BUSY, "BackendUnavailable", "shutting down");
    }
    return full ? err_set(err, RC_BUSY, "BackendUnavailable", "%u calls are under way, none ended in time",
                          client->running_max)
                : RC_OK;
}

static void leave(struct client *client)
{
    pthread_mutex_lock(&client->gate_lock);
    client->running--;
    pthread_cond_signal(&client->gate);
    pthread_mutex_unlock(&client->gate_lock);
}

/* ---- the token ---- */

/* *ret: the Authorization header, in `secret`. */
static enum rc take_token(struct client *client, struct mono deadline, struct arena *secret, struct str *ret,
                          uint64_t *ret_generation, struct err *err)
{
    struct str token;
    pthread_mutex_lock(&client->token_lock);
    enum rc rc = token_take(client->tokens, client->fetch, deadline, &token, err);
    if (rc == RC_OK) {
        *ret = arena_printf(secret, "Bearer %" STR_FMT, STR_ARG(token));
        *ret_generation = client->generation;
    }
    pthread_mutex_unlock(&client->token_lock);
    if (rc == RC_OK) {
        return arena_failed(secret) ? err_set(err, RC_BUSY, "BackendUnavailable", "the token is too long")
                                    : RC_OK;
    }
    return rc == RC_DENIED ? recode(err, rc, "BackendDenied") : recode(err, RC_BUSY, "BackendUnavailable");
}

/* One of many calls that were refused with the same token does it. */
static void drop_token(struct client *client, uint64_t generation)
{
    pthread_mutex_lock(&client->token_lock);
    if (client->generation == generation) {
        (void)token_drop(client->tokens); /* there is always another one to ask for */
        client->generation++;
    }
    pthread_mutex_unlock(&client->token_lock);
}

/* ---- the answer ---- */

enum rc client_not_understood(const struct client_request *request, const char *why, struct err *err)
{
    return err_set(err, request->changes ? RC_UNCERTAIN : RC_BUSY, "BackendAnswerInvalid",
                   "%" STR_FMT " %" STR_FMT ": the answer is not understood: %s", STR_ARG(request->method),
                   STR_ARG(request->path), why);
}

static enum rc unanswered(const struct client_request *request, enum rc rc, struct err *err)
{
    switch (rc) {
    case RC_LIMIT:
        return client_not_understood(request, "it is too long", err);
    case RC_INVALID: /* nothing that could be sent */
        return recode(err, rc, "BackendRefused");
    case RC_UNCERTAIN:
        return recode(err, rc, "BackendUncertain");
    default: /* a certificate that is not trusted, too: nothing was sent */
        return recode(err, RC_BUSY, "BackendUnavailable");
    }
}

/* The single findings; where there are none, the error as a whole is one. */
static const struct err_list *details_of(const struct wire_error *said, struct arena *mem)
{
    struct err_list *list = arena_new_of(mem, struct err_list);
    const struct wire_error *items = said->details.count > 0 ? said->details.items : said;
    size_t count = said->details.count > 0 ? said->details.count : 1;
    if (list == NULL) {
        return NULL;
    }
    err_list_init(list, mem, count);
    for (size_t i = 0; i < count; i++) {
        const char *code = arena_cstr(mem, items[i].code);
        if (code != NULL) {
            err_list_add(list, code, items[i].target, "%" STR_FMT, STR_ARG(items[i].message));
        }
    }
    return list;
}

/* What is refused as it is, in a row for each status. */
static const struct refusal {
    int status;
    enum rc rc;
    const char *code;
} refusals[] = {
    {400, RC_INVALID, "BackendRefused"},   {404, RC_NOT_FOUND, "BackendNotFound"},
    {409, RC_CONFLICT, "BackendConflict"}, {410, RC_NOT_FOUND, "BackendMarkGone"},
    {422, RC_INVALID, "BackendRefused"},
};

/* Any server on the way may say 404; only an answer in the words of the document counts as the back end's. */
static enum rc refused(const struct client_request *request, const struct refusal *row,
                       const struct fetch_reply *reply, struct arena *mem, struct err *err)
{
    struct wire_error said;
    struct err why = {0};
    if (wire_read_error(reply->body, mem, &said, &why) != RC_OK) {
        char text[sizeof why.msg];
        memcpy(text, why.msg, sizeof text);
        (void)err_set(&why, RC_INVALID, NULL, "status %d, and the body is %s", row->status, text);
        return client_not_understood(request, why.msg, err);
    }
    (void)err_set(err, row->rc, row->code, "%" STR_FMT ": %" STR_FMT, STR_ARG(said.code),
                  STR_ARG(said.message));
    const struct err_list *details = details_of(&said, mem);
    if (err != NULL && details != NULL) {
        err->details = details;
        err_field(err, "%" STR_FMT, STR_ARG(details->first != NULL ? details->first->field : STR_NONE));
    }
    return row->rc;
}

/* The peer's own words where it has any, for answers whose status says enough. */
static const char *said_in(const struct fetch_reply *reply, struct arena *mem)
{
    struct wire_error said;
    if (wire_read_error(reply->body, mem, &said, NULL) != RC_OK) {
        return "";
    }
    struct str text =
        arena_printf(mem, ": %" STR_FMT ": %" STR_FMT, STR_ARG(said.code), STR_ARG(said.message));
    return str_absent(text) ? "" : text.p;
}

static enum rc later(const struct fetch_reply *reply, int64_t wait_ms, struct arena *mem, struct err *err)
{
    (void)err_set(err, RC_BUSY, reply->status == 429 ? "BackendThrottled" : "BackendUnavailable",
                  "the back end answers status %d%s", reply->status, said_in(reply, mem));
    if (err != NULL) {
        err->retry_after_ms = (uint32_t)wait_ms;
    }
    return RC_BUSY;
}

static enum rc judge(const struct client_request *request, const struct fetch_reply *reply, struct arena *mem,
                     struct str *ret, struct err *err)
{
    int status = reply->status;
    int64_t wait_ms = 0;
    char why[32];
    if (status == 200 || status == 202) {
        *ret = reply->body;
        return str_absent(reply->body) ? client_not_understood(request, "it needs too much memory", err)
                                       : RC_OK;
    }
    bool told = fetch_retry_after(reply, &wait_ms);
    if (status == 429 || (status == 503 && told)) {
        return later(reply, wait_ms, mem, err);
    }
    if (status == 401 || status == 403) {
        return err_set(err, RC_DENIED, "BackendDenied", "the back end answers status %d%s", status,
                       said_in(reply, mem));
    }
    if (status >= 500) {
        return err_set(err, request->changes ? RC_UNCERTAIN : RC_BUSY, "BackendFailed",
                       "the back end answers status %d%s", status, said_in(reply, mem));
    }
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        if (refusals[i].status == status) {
            return refused(request, &refusals[i], reply, mem, err);
        }
    }
    (void)snprintf(why, sizeof why, "status %d", status);
    return client_not_understood(request, why, err);
}

/* ---- the call ---- */

static enum rc send_request(struct client *client, const struct client_request *request, struct str token,
                            struct arena *secret, struct arena *mem, struct fetch_reply *ret, struct err *err)
{
    struct fetch_header headers[] = {{STR("Authorization"), token}, {STR("Idempotency-Key"), request->key}};
    const struct fetch_request sent = {
        .method = request->method,
        .url =
            arena_printf(secret, "%" STR_FMT "%" STR_FMT, STR_ARG(client->base_url), STR_ARG(request->path)),
        .body = request->body,
        .content_type = STR("application/json"),
        .headers = headers,
        .header_count = str_absent(request->key) ? 1 : 2,
        .ca_file = client->ca_file,
        .deadline = request->deadline,
        .reply_bytes_max = LIMIT_BACKEND_REPLY,
        .tell_uncertain = request->changes,
    };
    enum rc rc = fetch_wait(client->fetch, &sent, mem, ret, err);
    return rc == RC_OK ? RC_OK : unanswered(request, rc, err);
}

/* What a peer says of a request may repeat its header. Without memory for a copy it has said nothing. */
static void conceal(struct fetch_reply *reply, struct str authorization, struct arena *mem)
{
    const struct str token = str_slice(authorization, STR("Bearer ").n, authorization.n);
    char *body = arena_alloc(mem, reply->body.n + 1);
    if (body == NULL) {
        reply->body = STR("");
        return;
    }
    memcpy(body, reply->body.p, reply->body.n + 1);
    conceal_secret(body, reply->body.n, token);
    conceal_credentials(body, reply->body.n);
    reply->body.p = body;
}

/* A token may have been taken back before its time, so that a first 401 says nothing. */
static enum rc talk(struct client *client, const struct client_request *request, struct arena *mem,
                    struct str *ret, struct err *err)
{
    for (bool again = false;; again = true) {
        CLEANUP(arena_freep) struct arena *secret = arena_new_secret(SECRET_BYTES_MAX);
        struct fetch_reply reply;
        struct str token;
        uint64_t generation;
        if (secret == NULL) {
            return err_set(err, RC_BUSY, "BackendUnavailable", "out of memory");
        }
        enum rc rc = take_token(client, request->deadline, secret, &token, &generation, err);
        rc = rc == RC_OK ? send_request(client, request, token, secret, mem, &reply, err) : rc;
        if (rc != RC_OK) {
            return rc;
        }
        if (reply.status >= 400 && !str_absent(reply.body)) {
            conceal(&reply, token, mem);
        }
        if (reply.status != 401 || again) {
            return judge(request, &reply, mem, ret, err);
        }
        drop_token(client, generation);
    }
}

enum rc client_call(struct client *client, const struct client_request *request, struct arena *mem,
                    struct str *ret, struct err *err)
{
    enum rc rc = enter(client, request->deadline, err);
    if (rc != RC_OK) {
        return rc;
    }
    rc = talk(client, request, mem, ret, err);
    leave(client);
    return rc;
}

struct mono client_deadline(const struct client *client)
{
    return mono_after(clock_mono(), client->timeout_ms);
}

/* ---- open and close ---- */

static void make_locks(struct client *client)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&client->gate, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&client->gate_lock, NULL);
    pthread_mutex_init(&client->token_lock, NULL);
}

static enum rc set_up(struct client *client, const struct operator_connect_config *config, struct err *err)
{
    struct str url = config->base_url;
    while (str_ends(url, STR("/"))) {
        url = str_slice(url, 0, url.n - 1);
    }
    enum rc rc = operator_connect_url_check(url, err);
    if (rc != RC_OK) {
        return rc;
    }
    client->mem = arena_new(CONFIG_BYTES_MAX);
    if (client->mem == NULL) {
        return err_set(err, RC_LIMIT, NULL, "out of memory");
    }
    client->base_url = arena_str(client->mem, url);
    client->ca_file = arena_str(client->mem, config->ca_file);
    client->timeout_ms = config->timeout_ms;
    client->running_max = config->concurrency;
    if (arena_failed(client->mem)) {
        return err_set(err, RC_LIMIT, NULL, "the configuration is longer than %d bytes", CONFIG_BYTES_MAX);
    }
    rc = token_source_new(&config->token, &client->tokens, err);
    return rc == RC_OK ? fetch_new(&client->fetch, err) : rc;
}

enum rc client_new(const struct operator_connect_config *config, struct client **ret, struct err *err)
{
    ensure(config->timeout_ms > 0 && config->concurrency > 0);
    struct client *client = mem_alloc(sizeof *client);
    if (client == NULL) {
        return err_set(err, RC_LIMIT, NULL, "out of memory");
    }
    make_locks(client);
    enum rc rc = set_up(client, config, err);
    if (rc != RC_OK) {
        client_free(client);
        return rc;
    }
    *ret = client;
    return RC_OK;
}

void client_stop(struct client *client)
{
    pthread_mutex_lock(&client->gate_lock);
    client->stopped = true;
    pthread_cond_broadcast(&client->gate);
    pthread_mutex_unlock(&client->gate_lock);
    fetch_stop(client->fetch);
}

void client_free(struct client *client)
{
    if (client == NULL) {
        return;
    }
    fetch_free(client->fetch);
    token_source_free(client->tokens);
    pthread_cond_destroy(&client->gate);
    pthread_mutex_destroy(&client->gate_lock);
    pthread_mutex_destroy(&client->token_lock);
    arena_free(client->mem);
    mem_free(client);
}
