/* A call over several attempts: each line of the table in session.h, against a peer that answers by a script. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "common/crypto/certificate_make.h"
#include "common/fetch/session.h"
#include "common/jose/jose.h"
#include "common/json/read.h"
#include "peer.h"

#define SOON_MS    10000 /* far more than anything here takes */
#define SCRIPT_MAX 8

#define OK_REPLY           "HTTP/1.1 200 Fine\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
#define STATUS(line, more) "HTTP/1.1 " line "\r\n" more "Content-Length: 2\r\nConnection: close\r\n\r\n{}"
#define TOKEN(text, seconds)                                                                                 \
    "HTTP/1.1 200 Fine\r\nConnection: close\r\n\r\n{\"access_token\":\"" text                                \
    "\",\"token_type\":\"Bearer\","                                                                          \
    "\"expires_in\":" seconds "}"

struct room {
    struct arena *mem;
    struct arena *heard_mem; /* the peer's thread's */
    struct peer peer;
    struct session *session;
    struct session_config config;
    const char *script[SCRIPT_MAX]; /* raw answers, "" closes; the last one again and again */
    const char *token_reply;
    struct str token_request; /* the last one */
    size_t answered, tokens;
    struct str heard[SCRIPT_MAX];
    /* what the log was told */
    unsigned events;
    char reasons[SCRIPT_MAX][200];
    int64_t waits_ms[SCRIPT_MAX];
    bool cancel_at_event;
};

static void answer(void *arg, struct str request, struct buf *out)
{
    struct room *room = arg;
    if (str_starts(request, STR("POST /token "))) {
        room->tokens++;
        room->token_request = arena_str(room->heard_mem, request);
        buf_put_str(out, str_of(room->token_reply));
        return;
    }
    size_t at = room->answered;
    if (at < SCRIPT_MAX) {
        room->heard[at] = arena_str(room->heard_mem, request);
    }
    while (at > 0 && (at >= SCRIPT_MAX || room->script[at] == NULL)) {
        at--;
    }
    room->answered++;
    buf_put_str(out, str_of(room->script[at]));
}

static void listen_in(void *arg, const struct session_event *event)
{
    struct room *room = arg;
    if (room->events < SCRIPT_MAX) {
        snprintf(room->reasons[room->events], sizeof(room->reasons[0]), "%" STR_FMT, STR_ARG(event->reason));
        room->waits_ms[room->events] = event->wait_ms;
    }
    room->events++;
    if (room->cancel_at_event) {
        session_cancel(room->session);
    }
}

static int given_room(void **state)
{
    struct room *room = calloc(1, sizeof(*room));
    room->mem = arena_new(64 << 20);
    room->heard_mem = arena_new(1 << 20);
    room->peer = (struct peer){.answer = answer, .arg = room};
    *state = room;
    if (!peer_start(&room->peer)) {
        return 1;
    }
    room->config = (struct session_config){
        .base_url = arena_printf(room->mem, "http://127.0.0.1:%u", room->peer.port),
        .attempt_ms = SOON_MS,
        .retry_wait_ms = 1,
        .token = {.ready = STR("a-token")},
        .log = listen_in,
        .log_arg = room,
    };
    return 0;
}

static int drop_room(void **state)
{
    struct room *room = *state;
    session_free(room->session);
    peer_stop(&room->peer);
    arena_free(room->mem);
    arena_free(room->heard_mem);
    free(room);
    return 0;
}

static void given_session(struct room *room)
{
    assert_int_equal(session_new(&room->config, &room->session, NULL), RC_OK);
}

static enum rc call_within(struct room *room, int64_t deadline_ms, struct session_result *ret,
                           struct err *err)
{
    struct fetch_header id = {STR("Repeatability-Request-ID"), STR("0f0f0f0f-0000-4000-8000-000000000001")};
    struct session_request request = {
        .method = STR("PUT"),
        .path = STR("/accounts/a"),
        .body = STR("{\"name\":\"a\"}"),
        .content_type = STR("application/json"),
        .headers = &id,
        .header_count = 1,
        .deadline = mono_after(clock_mono(), deadline_ms),
    };
    return session_call(room->session, &request, room->mem, ret, err);
}

/* A whole call with a script; the answer's status, which must come at the nth attempt. */
static void expect(struct room *room, int status, unsigned attempts)
{
    struct session_result result;
    struct err err = {0};
    given_session(room);
    assert_int_equal(call_within(room, SOON_MS, &result, &err), RC_OK);
    assert_int_equal(result.reply.status, status);
    assert_int_equal(result.attempts, attempts);
    assert_int_equal(room->events, attempts);
    assert_string_equal(room->reasons[attempts - 1], "");
}

static void test_call__takes_an_answer_that_is_final(void **state)
{
    static const struct {
        const char *reply;
        int status;
    } finals[] = {{OK_REPLY, 200},
                  {STATUS("404 No", ""), 404},
                  {STATUS("409 No", ""), 409},
                  {STATUS("501 No", ""), 501},
                  {STATUS("401 No", ""), 401}}; /* the token is a ready one */
    struct room *room = *state;
    given_session(room);
    for (size_t i = 0; i < ARRAY_LEN(finals); i++) {
        struct session_result result;
        room->script[0] = finals[i].reply;
        assert_int_equal(call_within(room, SOON_MS, &result, NULL), RC_OK);
        assert_int_equal(result.reply.status, finals[i].status);
        assert_int_equal(result.attempts, 1);
    }
}

static void asks_again_after(void **state, const char *first, const char *reason)
{
    struct room *room = *state;
    room->script[0] = first;
    room->script[1] = OK_REPLY;
    expect(room, 200, 2);
    if (strstr(room->reasons[0], reason) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", room->reasons[0], reason);
    }
    assert_true(str_contains(room->heard[0], STR("Authorization: Bearer a-token\r\n")));
    assert_int_equal(str_cmp(room->heard[0], room->heard[1]), 0);
}

static void test_call__asks_again_after_429(void **state)
{
    asks_again_after(state, STATUS("429 Slow", "Retry-After: 0\r\n"), "429");
}

static void test_call__asks_again_after_429_with_a_date(void **state)
{
    asks_again_after(state, STATUS("429 Slow", "Retry-After: Mon, 23 Nov 2020 19:50:58 GMT\r\n"), "429");
}

static void test_call__asks_again_after_429_without_a_time(void **state)
{
    asks_again_after(state, STATUS("429 Slow", ""), "429");
}

static void test_call__asks_again_after_503(void **state)
{
    asks_again_after(state, STATUS("503 Away", ""), "failure");
}

static void test_call__asks_again_after_503_with_a_time(void **state)
{
    asks_again_after(state, STATUS("503 Away", "Retry-After: 0\r\n"), "503");
}

static void test_call__asks_again_after_500(void **state)
{
    asks_again_after(state, STATUS("500 Broken", ""), "failure");
}

#define BODY(line, body) "HTTP/1.1 " line "\r\nConnection: close\r\n\r\n" body

static void test_call__says_what_the_server_says_of_a_failure(void **state)
{
    asks_again_after(state,
                     BODY("503 Away", "{\"error\":{\"code\":\"Away\",\"message\":\"no\\u001b way\","
                                      "\"innererror\":{\"code\":\"Dns\"}}}"),
                     "status 503: Dns: no  way");
}

static void test_call__says_the_code_where_there_is_no_inner_one(void **state)
{
    asks_again_after(state, BODY("429 Slow\r\nRetry-After: 0", "{\"error\":{\"code\":\"TooMany\"}}"),
                     "status 429: TooMany");
}

static void test_call__says_the_status_of_a_failure_that_says_nothing(void **state)
{
    asks_again_after(state, BODY("502 Bad", "{\"error\":\"away\"}"), "status 502: a failure of the server");
}

static void test_call__cuts_what_a_server_says_at_length(void **state)
{
    struct room *room = *state;
    char reply[2000];
    snprintf(reply, sizeof(reply),
             BODY("500 Bad", "{\"error\":{\"code\":\"%0500d\",\"message\":\"%0700d\"}}"), 0, 0);
    room->script[0] = reply;
    room->script[1] = OK_REPLY;
    expect(room, 200, 2);
    assert_true(strlen(room->reasons[0]) > 100);
}

static void test_call__asks_again_after_a_closed_connection(void **state)
{
    asks_again_after(state, "", "");
}

static void test_call__asks_again_after_a_cut_body(void **state)
{
    asks_again_after(state, "HTTP/1.1 200 Fine\r\nContent-Length: 20\r\nConnection: close\r\n\r\n{}", "");
}

static void test_call__waits_as_long_as_it_is_told(void **state)
{
    struct room *room = *state;
    struct session_result result;
    struct err err = {0};
    room->script[0] = STATUS("429 Slow", "Retry-After: 77\r\n");
    given_session(room);
    assert_int_equal(call_within(room, 5000, &result, &err), RC_BUSY);
    assert_int_equal(room->waits_ms[0], 77000);
    assert_string_equal(room->reasons[0], ""); /* none comes */
    assert_int_equal(result.reply.status, 429);
    assert_false(result.cancelled);
    assert_non_null(strstr(err.msg, "deadline"));
}

static void test_call__ends_at_its_deadline_with_the_last_answer(void **state)
{
    struct room *room = *state;
    struct session_result result;
    struct err err = {0};
    room->script[0] = STATUS("500 Broken", "");
    room->config.retry_wait_ms = 5;
    given_session(room);
    assert_int_equal(call_within(room, 1000, &result, &err), RC_BUSY);
    assert_true(result.attempts > 1);
    assert_int_equal(result.reply.status, 500);
    assert_int_equal(result.attempts, room->events);
}

static void test_call__gives_up_an_attempt_that_hangs(void **state)
{
    struct room *room = *state;
    struct session_result result;
    room->script[0] = OK_REPLY;
    room->config.attempt_ms = 20;
    atomic_store(&room->peer.hold, true);
    given_session(room);
    assert_int_equal(call_within(room, 1000, &result, NULL), RC_BUSY);
    assert_int_equal(result.reply.status, 0);
    assert_true(result.attempts > 1);
    atomic_store(&room->peer.hold, false);
}

static void test_call__reports_a_server_that_is_not_there(void **state)
{
    struct room *room = *state;
    struct session_result result;
    room->config.base_url = STR("http://127.0.0.1:1");
    given_session(room);
    assert_int_equal(call_within(room, 30, &result, NULL), RC_BUSY);
    assert_int_equal(result.reply.status, 0);
}

static void test_cancel__ends_a_wait(void **state)
{
    struct room *room = *state;
    struct session_result result;
    room->script[0] = STATUS("500 Broken", "");
    room->config.retry_wait_ms = 60000;
    room->cancel_at_event = true;
    given_session(room);
    assert_int_equal(call_within(room, 600000, &result, NULL), RC_BUSY);
    assert_true(result.cancelled);
    assert_int_equal(call_within(room, SOON_MS, &result, NULL), RC_BUSY); /* and every later one */
    assert_true(result.cancelled);
    assert_int_equal(result.attempts, 0);
}

static void *cancel_when_heard(void *arg)
{
    struct room *room = arg;
    while (atomic_load(&room->peer.requests) == 0) {
        sched_yield();
    }
    session_cancel(room->session);
    return NULL;
}

static void test_cancel__ends_a_request(void **state)
{
    struct room *room = *state;
    struct session_result result;
    pthread_t thread;
    room->script[0] = OK_REPLY;
    room->config.retry_wait_ms = 60000;
    atomic_store(&room->peer.hold, true);
    given_session(room);
    assert_int_equal(pthread_create(&thread, NULL, cancel_when_heard, room), 0);
    assert_int_equal(call_within(room, 600000, &result, NULL), RC_BUSY);
    assert_true(result.cancelled);
    pthread_join(thread, NULL);
    atomic_store(&room->peer.hold, false);
}

static void test_pace__given_holds_the_next_request_back(void **state)
{
    struct room *room = *state;
    struct session_result result;
    struct err err = {0};
    room->script[0] = OK_REPLY;
    room->config.requests_per_minute = 2;
    given_session(room);
    assert_int_equal(call_within(room, SOON_MS, &result, NULL), RC_OK);
    assert_int_equal(call_within(room, SOON_MS, &result, NULL), RC_OK);
    assert_int_equal(call_within(room, 30, &result, &err), RC_BUSY);
    assert_int_equal(result.attempts, 0);
    assert_non_null(strstr(err.msg, "rate limit"));
    assert_int_equal(room->answered, 2);
}

static void test_pace__is_learned_from_the_first_429(void **state)
{
    struct room *room = *state;
    struct session_result result;
    room->script[0] = room->script[1] = room->script[2] = OK_REPLY;
    room->script[3] = STATUS("429 Slow", "Retry-After: 0\r\n");
    given_session(room);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(call_within(room, SOON_MS, &result, NULL), RC_OK);
    }
    assert_int_equal(call_within(room, SOON_MS, &result, NULL), RC_BUSY);
    assert_int_equal(room->answered, 4); /* the fourth learned it; no fifth was sent */
}

/* ---- tokens ---- */

static void given_client(struct room *room, const char *reply)
{
    room->token_reply = reply;
    room->config.token =
        (struct token_config){.url = arena_printf(room->mem, "http://127.0.0.1:%u/token", room->peer.port),
                              .client_id = STR("bss"),
                              .client_secret = STR("hush-hush"),
                              .scope = STR("api://x/.default")};
}

static void test_token__is_kept_while_it_lives(void **state)
{
    struct room *room = *state;
    struct session_result result;
    room->script[0] = OK_REPLY;
    given_client(room, TOKEN("t1", "3600"));
    given_session(room);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(call_within(room, SOON_MS, &result, NULL), RC_OK);
    }
    assert_int_equal(room->tokens, 1);
    assert_true(str_contains(room->heard[2], STR("Authorization: Bearer t1\r\n")));
}

static void test_token__that_ended_is_renewed(void **state)
{
    struct room *room = *state;
    struct session_result result;
    room->script[0] = OK_REPLY;
    given_client(room, TOKEN("t1", "0"));
    given_session(room);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(call_within(room, SOON_MS, &result, NULL), RC_OK);
    }
    assert_int_equal(room->tokens, 3);
}

static void test_token__that_is_refused_is_renewed_once(void **state)
{
    struct room *room = *state;
    room->script[0] = STATUS("401 Who", "");
    given_client(room, TOKEN("t1", "3600"));
    expect(room, 401, 2);
    assert_int_equal(room->tokens, 2);
}

static void expect_no_token(struct room *room, const char *reply, enum rc rc, const char *says)
{
    struct session_result result;
    struct err err = {0};
    given_client(room, reply);
    given_session(room);
    assert_int_equal(call_within(room, 1000, &result, &err), rc);
    if (strstr(err.msg, says) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", err.msg, says);
    }
    assert_null(strstr(err.msg, "hush-hush"));
    assert_int_equal(room->answered, 0);
}

static void test_token__that_is_denied_ends_the_call(void **state)
{
    expect_no_token(*state,
                    "HTTP/1.1 401 No\r\nConnection: "
                    "close\r\n\r\n{\"error\":\"invalid_client\",\"error_description\":\"wrong "
                    "secret\"}",
                    RC_DENIED, "invalid_client, wrong secret");
}

static void test_token__may_come_later_when_the_issuer_is_broken(void **state)
{
    expect_no_token(*state, STATUS("500 Broken", ""), RC_BUSY, "status 500");
}

static void test_token__may_come_later_when_the_answer_is_garbage(void **state)
{
    expect_no_token(*state, "HTTP/1.1 200 Fine\r\nConnection: close\r\n\r\n<html>", RC_BUSY, "no JSON");
}

static void test_token__must_be_a_bearer_token(void **state)
{
    expect_no_token(
        *state,
        "HTTP/1.1 200 Fine\r\nConnection: close\r\n\r\n{\"access_token\":\"x\",\"token_type\":\"mac\"}",
        RC_BUSY, "no Bearer token");
}

/* ---- a signed assertion in a secret's place (RFC 7523) ---- */

static void given_key(struct room *room, struct buf *certificate, struct buf *key)
{
    struct certificate_pair pair = {certificate, key};
    buf_init(certificate, 65536);
    buf_init(key, 65536);
    assert_int_equal(certificate_make_authority(STR("bss"), 1, &pair, NULL), RC_OK);
    given_client(room, TOKEN("t1", "0"));
    room->script[0] = OK_REPLY;
    room->config.token.client_secret = STR_NONE;
}

/* The value of a form's field; what is asked for here has nothing in it that a form encodes. */
static struct str field_of(struct str form, struct str before)
{
    for (size_t i = 0; i + before.n < form.n; i++) {
        struct str rest = str_slice(form, i, form.n);
        if (str_starts(rest, before)) {
            rest = str_slice(rest, before.n, rest.n);
            ptrdiff_t end = str_find(rest, '&');
            return str_slice(rest, 0, end < 0 ? rest.n : (size_t)end);
        }
    }
    return STR_NONE;
}

/* The assertion that came with the last request for a token, checked against the key. */
static const struct json *heard_assertion(struct room *room, struct str pem, struct jose_token *ret)
{
    struct jose_key *key;
    const struct json *claims;
    assert_true(str_contains(room->token_request, STR("client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3A"
                                                      "client-assertion-type%3Ajwt-bearer&")));
    assert_false(str_contains(room->token_request, STR("client_secret")));
    assert_int_equal(jose_parse(field_of(room->token_request, STR("client_assertion=")), room->mem, ret),
                     JOSE_OK);
    assert_int_equal(jose_key_load_pem(pem, &key, NULL), RC_OK);
    assert_int_equal(jose_verify(ret, key), JOSE_OK);
    jose_key_free(key);
    assert_int_equal(json_parse(ret->payload, room->mem, &claims, NULL), RC_OK);
    return claims;
}

static void test_key__signs_an_assertion_of_its_own_for_each_token(void **state)
{
    struct room *room = *state;
    struct buf certificate, key;
    struct session_result result;
    struct jose_token token;
    given_key(room, &certificate, &key);
    room->config.token.key_pem = buf_str(&key);
    given_session(room);
    assert_int_equal(call_within(room, SOON_MS, &result, NULL), RC_OK);
    const struct json *first = heard_assertion(room, buf_str(&key), &token);
    int64_t now_s = clock_wall().ms / 1000;
    assert_true(str_eq(json_string(json_get(first, STR("iss"))), STR("bss")));
    assert_true(str_eq(json_string(json_get(first, STR("sub"))), STR("bss")));
    assert_true(str_eq(json_string(json_get(first, STR("aud"))), room->config.token.url));
    assert_in_range(json_int(json_get(first, STR("exp"))), now_s + 1, now_s + 300);
    assert_int_equal(json_count(token.header), 2); /* alg and typ: nothing was said of kid or certificate */
    assert_int_equal(call_within(room, SOON_MS, &result, NULL), RC_OK);
    const struct json *second = heard_assertion(room, buf_str(&key), &token);
    assert_false(str_eq(json_string(json_get(first, STR("jti"))), json_string(json_get(second, STR("jti")))));
    buf_clear(&certificate);
    buf_clear(&key);
}

static void test_key__says_its_id_and_its_certificate(void **state)
{
    struct room *room = *state;
    struct buf certificate, key, thumbprint;
    struct session_result result;
    struct jose_token token;
    given_key(room, &certificate, &key);
    buf_init(&thumbprint, 64);
    jose_thumbprint_put(buf_str(&certificate), &thumbprint);
    assert_int_equal(thumbprint.n, 43);
    room->config.token.key_id = STR("2026-11");
    room->config.token.key_pem = arena_printf(room->mem, "%" STR_FMT "%" STR_FMT,
                                              STR_ARG(buf_str(&certificate)), STR_ARG(buf_str(&key)));
    given_session(room);
    assert_int_equal(call_within(room, SOON_MS, &result, NULL), RC_OK);
    (void)heard_assertion(room, buf_str(&key), &token);
    assert_true(str_eq(token.kid, STR("2026-11")));
    assert_true(str_eq(json_string(json_get(token.header, STR("x5t#S256"))), buf_str(&thumbprint)));
    buf_clear(&certificate);
    buf_clear(&key);
    buf_clear(&thumbprint);
}

static void test_key__that_cannot_sign_is_refused(void **state)
{
    struct room *room = *state;
    struct buf certificate, key;
    given_key(room, &certificate, &key);
    const struct str texts[] = {STR("secret"), buf_str(&certificate), str_slice(buf_str(&key), 0, key.n / 2)};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct err err = {0};
        room->config.token.key_pem = texts[i];
        assert_int_equal(session_new(&room->config, &room->session, &err), RC_INVALID);
        assert_non_null(strstr(err.msg, "no private key in PEM form"));
    }
    buf_clear(&certificate);
    buf_clear(&key);
}

/* ---- configurations ---- */

static void test_new__refuses_what_cannot_work(void **state)
{
    static const char *const urls[] = {"",
                                       "provapi.example.net",
                                       "http://example.net",
                                       "ftp://example.net",
                                       "https://example.net/path",
                                       "https://u:p@example.net",
                                       "https://example.net?q"};
    struct room *room = *state;
    struct err err;
    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        room->config.base_url = str_of(urls[i]);
        err = (struct err){0};
        if (session_new(&room->config, &room->session, &err) != RC_INVALID) {
            fail_msg("%s was taken", urls[i]);
        }
        assert_string_not_equal(err.msg, "");
    }
    room->config.base_url = STR("https://example.net/");
    given_session(room);
}

static void test_new__needs_a_client(void **state)
{
    struct room *room = *state;
    given_client(room, "");
    room->config.token.client_id = STR_NONE;
    assert_int_equal(session_new(&room->config, &room->session, NULL), RC_INVALID);
    given_client(room, "");
    room->config.token.url = STR("http://example.net/token");
    assert_int_equal(session_new(&room->config, &room->session, NULL), RC_INVALID);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, given_room, drop_room)
    const struct CMUnitTest tests[] = {
        TEST(test_call__takes_an_answer_that_is_final),
        TEST(test_call__asks_again_after_429),
        TEST(test_call__asks_again_after_429_with_a_date),
        TEST(test_call__asks_again_after_429_without_a_time),
        TEST(test_call__asks_again_after_503),
        TEST(test_call__asks_again_after_503_with_a_time),
        TEST(test_call__asks_again_after_500),
        TEST(test_call__says_what_the_server_says_of_a_failure),
        TEST(test_call__says_the_code_where_there_is_no_inner_one),
        TEST(test_call__says_the_status_of_a_failure_that_says_nothing),
        TEST(test_call__cuts_what_a_server_says_at_length),
        TEST(test_call__asks_again_after_a_closed_connection),
        TEST(test_call__asks_again_after_a_cut_body),
        TEST(test_call__waits_as_long_as_it_is_told),
        TEST(test_call__ends_at_its_deadline_with_the_last_answer),
        TEST(test_call__gives_up_an_attempt_that_hangs),
        TEST(test_call__reports_a_server_that_is_not_there),
        TEST(test_cancel__ends_a_wait),
        TEST(test_cancel__ends_a_request),
        TEST(test_pace__given_holds_the_next_request_back),
        TEST(test_pace__is_learned_from_the_first_429),
        TEST(test_token__is_kept_while_it_lives),
        TEST(test_token__that_ended_is_renewed),
        TEST(test_token__that_is_refused_is_renewed_once),
        TEST(test_token__that_is_denied_ends_the_call),
        TEST(test_token__may_come_later_when_the_issuer_is_broken),
        TEST(test_token__may_come_later_when_the_answer_is_garbage),
        TEST(test_token__must_be_a_bearer_token),
        TEST(test_key__signs_an_assertion_of_its_own_for_each_token),
        TEST(test_key__says_its_id_and_its_certificate),
        TEST(test_key__that_cannot_sign_is_refused),
        TEST(test_new__refuses_what_cannot_work),
        TEST(test_new__needs_a_client),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
