#include "programs/numgate-lab/check_talk.h"

#include <time.h>

#include "common/base/mem.h"

#include "common/base/banned.h"

#define ATTEMPTS       5
#define WAIT_S_MAX     10
#define REPLY_MAX      ((size_t)8 << 20)
#define BEARER_MAX     (64 * 1024)
#define BAD_TOKEN      "eyJhbGciOiJSUzI1NiJ9.e30.AAAA"
#define BODY_SHOWN_MAX 120

struct talk {
    struct talk_config config;
    struct fetch *fetch;
    struct token_source *tokens;
};

enum rc talk_new(const struct talk_config *config, struct talk **ret, struct err *err)
{
    struct talk *talk = mem_alloc(sizeof *talk);
    talk->config = *config;
    enum rc rc = fetch_url_check(config->url, err);
    if (rc == RC_OK) {
        rc = fetch_new(&talk->fetch, err);
    }
    if (rc == RC_OK) {
        rc = token_source_new(&config->token, &talk->tokens, err);
    }
    if (rc != RC_OK) {
        talk_free(talk);
        return rc;
    }
    *ret = talk;
    return RC_OK;
}

void talk_free(struct talk *talk)
{
    if (talk != NULL) {
        token_source_free(talk->tokens);
        fetch_free(talk->fetch);
        mem_free(talk);
    }
}

/* The value of Authorization; empty: none. */
static enum rc authorize(struct talk *talk, enum talk_token kind, struct mono deadline, struct buf *out,
                         struct err *err)
{
    struct str token = STR(BAD_TOKEN);
    if (kind == TALK_NO_TOKEN) {
        return RC_OK;
    }
    if (kind == TALK_TOKEN) {
        enum rc rc = token_take(talk->tokens, talk->fetch, deadline, &token, err);
        if (rc != RC_OK) {
            err_context(err, "no token");
            return rc;
        }
    }
    buf_put_str(out, STR("Bearer "));
    buf_put_str(out, token);
    return RC_OK;
}

static enum rc ask(struct talk *talk, const struct talk_request *request, struct arena *mem,
                   struct fetch_reply *ret, struct err *err)
{
    struct fetch_header headers[2];
    size_t count = 0;
    struct buf bearer;
    struct mono deadline = mono_after(clock_mono(), talk->config.call_ms);
    buf_init(&bearer, BEARER_MAX);
    enum rc rc = authorize(talk, request->token, deadline, &bearer, err);
    if (bearer.n > 0) {
        headers[count++] = (struct fetch_header){STR("Authorization"), buf_str(&bearer)};
    }
    if (!str_absent(request->key)) {
        headers[count++] = (struct fetch_header){STR("Idempotency-Key"), request->key};
    }
    struct str url =
        arena_printf(mem, "%" STR_FMT "%" STR_FMT, STR_ARG(talk->config.url), STR_ARG(request->path));
    const struct fetch_request order = {
        .method = str_of(request->method),
        .url = url,
        .body = request->body,
        .content_type = STR("application/json"),
        .headers = headers,
        .header_count = count,
        .ca_file = talk->config.token.ca_file,
        .deadline = deadline,
        .reply_bytes_max = REPLY_MAX,
    };
    if (rc == RC_OK) {
        rc = fetch_wait(talk->fetch, &order, mem, ret, err);
    }
    if (bearer.p != NULL) {
        mem_wipe(bearer.p, bearer.n);
    }
    buf_clear(&bearer);
    return rc;
}

/* Seconds to wait before it is asked again; 0: the answer counts. */
static int64_t asks_for_patience(const struct fetch_reply *reply)
{
    int64_t seconds;
    if (reply->status != 429 && reply->status != 503) {
        return 0;
    }
    struct str header = fetch_header_of(reply, STR("Retry-After"));
    return !str_absent(header) && str_to_i64(header, 1, WAIT_S_MAX, &seconds) ? seconds : 0;
}

static enum rc ask_patiently(struct talk *talk, const struct talk_request *request, struct arena *mem,
                             struct fetch_reply *ret, struct err *err)
{
    enum rc rc = RC_OK;
    for (unsigned attempt = 1; attempt <= ATTEMPTS; attempt++) {
        rc = ask(talk, request, mem, ret, err);
        int64_t wait_s = rc == RC_OK ? asks_for_patience(ret) : 0;
        if (wait_s == 0) {
            break;
        }
        (void)nanosleep(&(struct timespec){.tv_sec = wait_s}, NULL); /* woken early, it asks early */
    }
    return rc;
}

static enum rc check_reply(const struct fetch_reply *reply, int good, const struct shape *shape,
                           struct arena *mem, struct talk_reply *ret, struct err *err)
{
    struct talk_reply answer = {.status = reply->status, .location = fetch_header_of(reply, STR("Location"))};
    bool is_error = reply->status >= 400 && reply->status <= 599;
    if (reply->status != good && !is_error) {
        return err_set(err, RC_INVALID, NULL, "answered %d instead of %d", reply->status, good);
    }
    if (!str_starts(reply->content_type, STR("application/json"))) {
        return err_set(err, RC_INVALID, NULL, "%d is of type \"%" STR_FMT "\", not application/json",
                       reply->status, STR_ARG(str_slice(reply->content_type, 0, BODY_SHOWN_MAX)));
    }
    if (json_parse(reply->body, mem, &answer.json, err) != RC_OK) {
        err_context(err, "the body of %d", reply->status);
        return RC_INVALID;
    }
    if (shape_check(is_error ? &shape_error : shape, answer.json, err) != RC_OK) {
        err_context(err, "the body of %d", reply->status);
        return RC_INVALID;
    }
    answer.code = is_error ? json_string(json_get(answer.json, STR("code"))) : STR_NONE;
    *ret = answer;
    return RC_OK;
}

enum rc talk_call(struct talk *talk, const struct talk_request *request, int good, const struct shape *shape,
                  struct arena *mem, struct talk_reply *ret, struct err *err)
{
    struct fetch_reply reply;
    enum rc rc = ask_patiently(talk, request, mem, &reply, err);
    if (rc == RC_OK) {
        rc = check_reply(&reply, good, shape, mem, ret, err);
    }
    if (rc != RC_OK) {
        err_context(err, "%s %" STR_FMT, request->method,
                    STR_ARG(str_slice(request->path, 0, BODY_SHOWN_MAX)));
    }
    return rc;
}
