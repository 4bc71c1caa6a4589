#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../../common/fetch/peer.h"
#include "common/base/log.h"
#include "common/fetch/fetch.h"
#include "common/jose/jose.h"
#include "gateway/auth/assemble.h"

#define SOON_MS 20000        /* far more than anything here takes */
#define NOW     2000000000LL /* seconds; tests set the clock to it */
#define GOOD_DISCOVERY                                                                                       \
    "{\"issuer\":\"http://127.0.0.1:PORT/t/v2.0\",\"jwks_uri\":\"http://127.0.0.1:PORT/keys\"}"
#define TID "72f988bf-86f1-41af-91ab-2d7cd011db47"

/* An issuer on loopback: what it answers may be changed at any time. */
struct issuer {
    struct peer peer;
    pthread_mutex_t lock; /* guards what follows */
    const struct jose_key *published[4];
    size_t published_count;
    const char *discovery; /* document; "PORT" stands for the port */
    const char *key_set;   /* NULL: the published keys */
    int status;
    atomic_int key_fetches;
};

/* Writes text with the port for each "PORT". */
static void put_with_port(struct buf *out, struct str text, uint16_t port)
{
    const char *at;
    while ((at = memmem(text.p, text.n, "PORT", 4)) != NULL) {
        size_t n = (size_t)(at - text.p);
        buf_printf(out, "%" STR_FMT "%u", STR_ARG(str_slice(text, 0, n)), port);
        text = str_slice(text, n + 4, text.n);
    }
    buf_put_str(out, text);
}

static void answer(void *arg, struct str request, struct buf *out)
{
    struct issuer *issuer = arg;
    struct buf body;
    buf_init(&body, 1 << 20);
    pthread_mutex_lock(&issuer->lock);
    if (str_starts(request, STR("GET /t/v2.0/.well-known/openid-configuration "))) {
        put_with_port(&body, str_of(issuer->discovery), issuer->peer.port);
    } else if (issuer->key_set != NULL) {
        buf_put_str(&body, str_of(issuer->key_set));
    } else {
        jose_keys_put(issuer->published, issuer->published_count, &body);
    }
    if (str_starts(request, STR("GET /keys "))) {
        atomic_fetch_add(&issuer->key_fetches, 1);
    }
    peer_put(out, issuer->status, "application/json", buf_str(&body));
    pthread_mutex_unlock(&issuer->lock);
    buf_clear(&body);
}

static void publish(struct issuer *issuer, const struct jose_key *a, const struct jose_key *b)
{
    pthread_mutex_lock(&issuer->lock);
    issuer->published[0] = a;
    issuer->published[1] = b;
    issuer->published_count = b != NULL ? 2 : 1;
    pthread_mutex_unlock(&issuer->lock);
}

static void set_status(struct issuer *issuer, int status)
{
    pthread_mutex_lock(&issuer->lock);
    issuer->status = status;
    pthread_mutex_unlock(&issuer->lock);
}

struct room {
    struct arena *mem;
    struct fetch *fetch;
    struct metrics *metrics;
    struct auth *auth;
    struct jose_key **keys; /* ES256, ES256, RS256: the group's */
    struct issuer issuer;
    struct auth_issuer rules[2];
    struct auth_config config;
    struct issuers_times times;
};

static const struct str audience[] = {{"api://numgate", 13}};
static const struct str also[] = {{"https://sts.windows.net/" TID "/", 61}};
static const struct str tenant[] = {{TID, 36}};

static int given_keys(void **state)
{
    static struct jose_key *keys[3];
    log_setup("test", LOG_ERROR, LOG_TEXT);
    *state = keys;
    return jose_key_new(JOSE_ES256, STR("key-a"), &keys[0], NULL) != RC_OK ||
           jose_key_new(JOSE_ES256, STR("key-b"), &keys[1], NULL) != RC_OK ||
           jose_key_new(JOSE_RS256, STR("key-r"), &keys[2], NULL) != RC_OK;
}

static int drop_keys(void **state)
{
    struct jose_key **keys = *state;
    for (int i = 0; i < 3; i++) {
        jose_key_free(keys[i]);
    }
    return 0;
}

static int given_room(void **state)
{
    struct room *room = calloc(1, sizeof(*room));
    room->keys = *state;
    room->mem = arena_new(64 << 20);
    room->metrics = metrics_new();
    pthread_mutex_init(&room->issuer.lock, NULL);
    room->issuer.status = 200;
    room->issuer.discovery = GOOD_DISCOVERY;
    room->issuer.peer = (struct peer){.answer = answer, .arg = &room->issuer};
    publish(&room->issuer, room->keys[0], room->keys[2]);
    clock_test_set_wall((struct wall){NOW * 1000});
    bool started = peer_start(&room->issuer.peer) && fetch_new(&room->fetch, NULL) == RC_OK;
    room->times = issuers_times_default;
    room->rules[0] = (struct auth_issuer){
        .name = STR("lab"),
        .authority = arena_printf(room->mem, "http://127.0.0.1:%u/t/v2.0", room->issuer.peer.port),
        .audiences = audience,
        .audience_count = 1,
        .issuers_also = also,
        .issuers_also_count = 1,
    };
    room->config = (struct auth_config){.issuers = room->rules, .issuer_count = 1};
    *state = room;
    return !started;
}

static int drop_room(void **state)
{
    struct room *room = *state;
    *state = room->keys;
    auth_free(room->auth);
    peer_stop(&room->issuer.peer);
    fetch_free(room->fetch);
    metrics_free(room->metrics);
    pthread_mutex_destroy(&room->issuer.lock);
    arena_free(room->mem);
    free(room);
    return 0;
}

static void begin(struct room *room)
{
    struct err err = {0};
    if (auth__new(&room->config, &room->times, room->fetch, room->metrics, &room->auth, &err) != RC_OK) {
        fail_msg("%s", err.msg);
    }
}

#define WAIT_FOR(condition)                                                                                  \
    do {                                                                                                     \
        struct mono until_ = mono_after(clock_mono(), SOON_MS);                                              \
        while (!(condition) && mono_left_ms(until_, clock_mono()) > 0) {                                     \
            (void)poll(NULL, 0, 1);                                                                          \
        }                                                                                                    \
        assert_true(condition);                                                                              \
    } while (0)

static bool is_ready(struct room *room)
{
    return auth_ready(room->auth, NULL);
}

static void begin_ready(struct room *room)
{
    begin(room);
    WAIT_FOR(is_ready(room));
}

static int64_t metric_of(struct room *room, const char *series)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    metrics_write(room->metrics, &text);
    struct str rest = buf_str(&text), line;
    int64_t value = -1;
    while (str_split(&rest, '\n', &line)) {
        if (str_starts(line, str_of(series)) && line.n > strlen(series)) {
            (void)str_to_i64(str_slice(line, strlen(series) + 1, line.n), 0, INT64_MAX, &value);
        }
    }
    buf_clear(&text);
    return value;
}

static int64_t checks(struct room *room, const char *result)
{
    return metric_of(room, arena_printf(room->mem, "numgate_token_checks_total{result=\"%s\"}", result).p);
}

static struct str sign(struct room *room, const struct jose_key *key, struct jose_header header,
                       const char *claims)
{
    struct buf text;
    buf_init(&text, 1 << 16);
    assert_int_equal(jose_sign(key, &header, str_of(claims), &text, NULL), RC_OK);
    struct str token = arena_str(room->mem, buf_str(&text));
    buf_clear(&text);
    return token;
}

/* A good token of the issuer, signed with `key`; `rest` are further claims, with a comma in front. */
static struct str token_with(struct room *room, const struct jose_key *key, const char *rest)
{
    struct str claims = arena_printf(
        room->mem,
        "{\"iss\":\"http://127.0.0.1:%u/t/v2.0\",\"aud\":\"api://numgate\",\"exp\":%lld,\"azp\":\"bss\","
        "\"roles\":[\"ProvisioningAPI.Read\"]%s}",
        room->issuer.peer.port, NOW + 3600, rest);
    return sign(room, key, (struct jose_header){.typ = STR("JWT")}, claims.p);
}

struct waiter {
    struct auth_waiter base;
    atomic_int calls;
};

static void ready(struct auth_waiter *base)
{
    atomic_fetch_add(&((struct waiter *)base)->calls, 1);
}

/* As a request does it: wait once, then ask again without waiting. */
static enum rc check(struct room *room, struct str token, struct actor *actor, struct err *err)
{
    struct waiter waiter = {.base.ready = ready};
    enum rc rc = auth_token_check(room->auth, token, room->mem, &waiter.base, actor, err);
    if (rc != RC_BUSY) {
        assert_int_equal(atomic_load(&waiter.calls), 0);
        return rc;
    }
    WAIT_FOR(atomic_load(&waiter.calls) > 0);
    assert_int_equal(atomic_load(&waiter.calls), 1);
    return auth_token_check(room->auth, token, room->mem, NULL, actor, err);
}

static enum rc verdict(struct room *room, struct str token)
{
    struct actor actor = {0};
    return check(room, token, &actor, NULL);
}

/* ---- tokens ---- */

static void test_token_check__takes_tokens_of_both_versions(void **state)
{
    struct room *room = *state;
    begin(room); /* and waits for the keys itself */
    struct actor actor = {.request_id = STR("kept")};
    assert_int_equal(
        check(room, token_with(room, room->keys[0], ",\"tid\":\"" TID "\",\"oid\":\"o\""), &actor, NULL),
        RC_OK);
    assert_true(str_eq(actor.caller, STR(TID "/bss")));
    assert_int_equal(actor.roles, ROLE_READ);
    assert_true(str_eq(actor.request_id, STR("kept")));
    const char *v1 =
        "{\"iss\":\"https://sts.windows.net/" TID "/\",\"aud\":\"api://numgate\",\"tid\":\"" TID
        "\",\"exp\":2000003600,\"ver\":\"1.0\",\"appid\":\"bss\",\"roles\":[\"ProvisioningAPI.Admin\"]}";
    assert_int_equal(check(room, sign(room, room->keys[2], (struct jose_header){0}, v1), &actor, NULL),
                     RC_OK);
    assert_true(str_eq(actor.caller, STR(TID "/bss")));
    assert_int_equal(actor.roles, ROLE_READ | ROLE_WRITE | ROLE_DELETE | ROLE_ADMIN);
}

static void test_token_check__lets_a_good_token_without_our_roles_through_as_nobody(void **state)
{
    struct room *room = *state;
    begin_ready(room);
    struct actor actor = {0};
    struct str claims = arena_printf(
        room->mem,
        "{\"iss\":\"http://127.0.0.1:%u/t/v2.0\",\"aud\":\"api://numgate\",\"exp\":2000003600,\"azp\":\"x\"}",
        room->issuer.peer.port);
    assert_int_equal(check(room, sign(room, room->keys[0], (struct jose_header){0}, claims.p), &actor, NULL),
                     RC_OK);
    assert_int_equal(actor.roles, 0);
}

static struct str with_header(struct room *room, struct str token, const char *header)
{
    struct buf text;
    buf_init(&text, 1 << 16);
    jose_base64url_put(&text, str_of(header));
    buf_put_str(&text, str_slice(token, (size_t)str_find(token, '.'), token.n));
    struct str changed = arena_str(room->mem, buf_str(&text));
    buf_clear(&text);
    return changed;
}

/* The same token with another role in its claims. */
static struct str with_other_payload(struct room *room, struct str token)
{
    char *text = arena_cstr(room->mem, token);
    size_t at = (size_t)str_find(token, '.') + 1;
    struct str payload, rest = str_slice(token, at, token.n);
    assert_true(str_split(&rest, '.', &payload));
    struct str bytes;
    assert_true(jose_base64url_decode(payload, room->mem, &bytes));
    char *changed = arena_cstr(room->mem, bytes);
    char *role = strstr(changed, "ProvisioningAPI.Read");
    assert_non_null(role);
    memcpy(role, "ProvisioningAPI.Reat", 20);
    struct buf again;
    buf_init(&again, 1 << 16);
    jose_base64url_put(&again, (struct str){changed, bytes.n});
    assert_int_equal(again.n, payload.n);
    memcpy(text + at, again.p, again.n);
    buf_clear(&again);
    return (struct str){text, token.n};
}

static void test_token_check__says_why_it_refuses(void **state)
{
    struct room *room = *state;
    begin_ready(room);
    struct str good = token_with(room, room->keys[0], "");
    struct jose_key *stranger;
    assert_int_equal(jose_key_new(JOSE_ES256, STR("key-a"), &stranger, NULL), RC_OK);
    char huge[20000];
    memset(huge, 'A', sizeof(huge));
    const char *elsewhere =
        "{\"iss\":\"https://elsewhere.example/\",\"aud\":\"api://numgate\",\"exp\":2000003600,\"azp\":\"x\"}";
    const struct {
        struct str token;
        const char *reason;
    } cases[] = {
        {{huge, sizeof(huge)}, "size"},
        {STR(""), "form"},
        {STR("Bearer"), "form"},
        {with_header(room, good, "{\"alg\":\"none\",\"kid\":\"key-a\"}"), "alg"},
        {with_header(room, good, "{\"alg\":\"HS256\",\"kid\":\"key-r\"}"), "alg"},
        {with_header(room, good, "{\"alg\":\"RS384\",\"kid\":\"key-r\"}"), "alg"},
        {with_header(room, good, "{\"alg\":\"ES256\",\"kid\":\"key-a\",\"crit\":[\"exp\"]}"), "extension"},
        {with_header(room, good, "{\"alg\":\"ES256\",\"kid\":\"key-a\",\"b64\":false}"), "extension"},
        {with_header(room, good, "{\"alg\":\"ES256\",\"kid\":\"key-a\",\"zip\":\"DEF\"}"), "extension"},
        {with_header(room, good, "{\"alg\":\"ES256\",\"alg\":\"ES256\",\"kid\":\"key-a\"}"), "header"},
        {with_header(room, good, "{\"alg\":\"ES256\"}"), "kid"},
        {with_header(room, good, "{\"alg\":\"ES256\",\"kid\":\"key-a\",\"typ\":\"JOSE\"}"), "typ"},
        {with_header(room, good, "{\"alg\":\"RS256\",\"kid\":\"key-a\"}"), "key"},
        {with_header(room, good, "{\"alg\":\"PS256\",\"kid\":\"key-r\"}"),
         "key"}, /* the key is bound to RS256 */
        {with_header(room, good, "{\"alg\":\"RS256\",\"kid\":\"key-r\"}"), "signature"},
        {with_header(
             room, good,
             "{\"alg\":\"ES256\",\"kid\":\"key-a\",\"jwk\":{},\"jku\":\"http://127.0.0.1:1/\",\"x5u\":\"\"}"),
         "signature"},
        {str_slice(good, 0, good.n - 2), "signature"},
        {arena_printf(room->mem, "%" STR_FMT "==", STR_ARG(good)), "base64"},
        {with_other_payload(room, good), "signature"},
        {token_with(room, stranger, ""), "signature"},
        {token_with(room, room->keys[0], ",\"azp\":\"bss\""), "claims"},
        {sign(room, room->keys[0], (struct jose_header){0}, elsewhere), "issuer"},
        {token_with(room, room->keys[0], ",\"nbf\":2000000061"), "not-yet"},
        {sign(room, room->keys[0], (struct jose_header){0}, "[]"), "claims"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct actor actor = {0};
        struct err err = {0};
        int64_t before = checks(room, cases[i].reason);
        enum rc rc = check(room, cases[i].token, &actor, &err);
        if (rc != RC_DENIED || checks(room, cases[i].reason) != before + 1 || err.msg[0] == '\0' ||
            actor.roles != 0) {
            fail_msg("case %zu (%s): %s, %s", i, cases[i].reason, rc_name(rc), err.msg);
        }
        assert_null(strstr(err.msg, "eyJ"));
    }
    assert_int_equal(verdict(room, good), RC_OK);
    assert_int_equal(atomic_load(&room->issuer.key_fetches), 1); /* none of these made us fetch */
    jose_key_free(stranger);
}

static void test_token_check__expires_at_the_end_of_the_skew(void **state)
{
    struct room *room = *state;
    begin_ready(room);
    struct str token = token_with(room, room->keys[0], "");
    clock_test_set_wall((struct wall){(NOW + 3600 + 59) * 1000});
    assert_int_equal(verdict(room, token), RC_OK);
    clock_test_set_wall((struct wall){(NOW + 3600 + 60) * 1000});
    assert_int_equal(verdict(room, token), RC_DENIED);
    assert_int_equal(checks(room, "expired"), 1);
}

static void test_token_check__remembers_what_it_verified(void **state)
{
    struct room *room = *state;
    begin_ready(room);
    struct str token = token_with(room, room->keys[0], ",\"sub\":\"s\"");
    struct actor first = {0}, again = {0};
    assert_int_equal(check(room, token, &first, NULL), RC_OK);
    assert_int_equal(check(room, token, &again, NULL), RC_OK);
    assert_int_equal(checks(room, "verified"), 1);
    assert_int_equal(checks(room, "cached"), 1);
    assert_true(str_eq(first.caller, again.caller) && str_eq(first.object_id, again.object_id) &&
                first.roles == again.roles);
    struct str bad = token_with(room, room->keys[1], "");
    (void)verdict(room, bad);
    (void)verdict(room, bad);
    assert_int_equal(checks(room, "cached"), 1);
}

static void test_token_check__forgets_a_token_when_it_expires(void **state)
{
    struct room *room = *state;
    begin_ready(room);
    struct str token = token_with(room, room->keys[0], "");
    clock_test_set_wall(
        (struct wall){(NOW + 3600) * 1000 - 20}); /* 20 ms before its end; good for the skew's 60 s more */
    WAIT_FOR(verdict(room, token) == RC_OK && checks(room, "verified") >= 2);
}

/* ---- keys ---- */

static void test_keys__follow_a_rotation_and_are_asked_for_once(void **state)
{
    struct room *room = *state;
    begin_ready(room);
    struct str by_a = token_with(room, room->keys[0], ""), by_b = token_with(room, room->keys[1], "");
    assert_int_equal(verdict(room, by_a), RC_OK);
    publish(&room->issuer, room->keys[1], NULL);
    assert_int_equal(verdict(room, by_a), RC_OK); /* cached, and its key is still here */
    assert_int_equal(verdict(room, by_b), RC_OK); /* an unknown key: fetched again while the request waits */
    assert_int_equal(atomic_load(&room->issuer.key_fetches), 2);
    assert_int_equal(verdict(room, by_a), RC_DENIED); /* its key is gone, and what was remembered with it */
    assert_int_equal(verdict(room, token_with(room, room->keys[2], "")), RC_DENIED);
    assert_int_equal(checks(room, "unknown-key"), 2);
    assert_int_equal(atomic_load(&room->issuer.key_fetches), 2); /* at most once in 30 s */
}

static void test_keys__are_asked_for_again_after_a_while(void **state)
{
    struct room *room = *state;
    room->times.kid_ms = 1;
    begin_ready(room);
    struct str token = token_with(room, room->keys[1], "");
    WAIT_FOR(verdict(room, token) != RC_OK && atomic_load(&room->issuer.key_fetches) >= 4);
}

static void test_keys__unknown_key_while_the_issuer_is_away_is_busy(void **state)
{
    struct room *room = *state;
    begin_ready(room);
    set_status(&room->issuer, 500);
    struct str known = token_with(room, room->keys[0], ""), unknown = token_with(room, room->keys[1], "");
    assert_int_equal(verdict(room, unknown), RC_BUSY);
    assert_int_equal(verdict(room, unknown), RC_BUSY);
    assert_int_equal(verdict(room, known), RC_OK); /* stale, but good */
}

static void test_keys__are_refreshed_in_the_background(void **state)
{
    struct room *room = *state;
    room->times.refresh_ms = 5;
    begin_ready(room);
    publish(&room->issuer, room->keys[1], NULL);
    struct str by_a = token_with(room, room->keys[0], ""), by_b = token_with(room, room->keys[1], "");
    WAIT_FOR(verdict(room, by_b) == RC_OK && verdict(room, by_a) == RC_DENIED);
    assert_true(atomic_load(&room->issuer.key_fetches) >= 2);
}

static void test_keys__come_when_the_issuer_does(void **state)
{
    struct room *room = *state;
    room->times.backoff_min_ms = 5;
    room->times.backoff_max_ms = 20;
    room->times.wait_ms = 30;
    peer_stop(&room->issuer.peer);
    begin(room);
    struct str token = token_with(room, room->keys[0], "");
    struct actor actor = {0};
    struct err err = {0};
    assert_int_equal(check(room, token, &actor, &err), RC_BUSY);
    assert_true(err.msg[0] != '\0');
    const char *why = NULL;
    assert_false(auth_ready(room->auth, &why));
    assert_non_null(strstr(why, "lab"));
    WAIT_FOR(metric_of(room, "numgate_issuer_fetches_total{issuer=\"lab\",result=\"failed\"}") >= 3);
    assert_true(peer_start(&room->issuer.peer));
    WAIT_FOR(is_ready(room));
    assert_int_equal(verdict(room, token), RC_OK);
    assert_int_equal(metric_of(room, "numgate_issuer_keys{issuer=\"lab\"}"), 2);
}

static void test_keys__are_dropped_when_too_old(void **state)
{
    struct room *room = *state;
    room->times.refresh_ms = 20;
    room->times.backoff_min_ms = room->times.backoff_max_ms = 10;
    room->times.stale_ms = 400;
    room->times.wait_ms = 5;
    begin_ready(room);
    set_status(&room->issuer, 503);
    struct str token = token_with(room, room->keys[0], "");
    WAIT_FOR(metric_of(room, "numgate_issuer_fetches_total{issuer=\"lab\",result=\"failed\"}") >= 2);
    if (is_ready(room)) {
        assert_int_not_equal(verdict(room, token), RC_DENIED); /* used while stale */
    }
    WAIT_FOR(!is_ready(room));
    assert_int_equal(verdict(room, token), RC_BUSY); /* what was remembered went with the keys */
    set_status(&room->issuer, 200);
    WAIT_FOR(is_ready(room));
    assert_int_equal(verdict(room, token), RC_OK);
}

static void test_keys__backs_off(void **state)
{
    struct room *room = *state;
    room->times.backoff_min_ms = 4;
    room->times.backoff_max_ms = 64;
    set_status(&room->issuer, 500);
    struct mono start = clock_mono();
    begin(room);
    WAIT_FOR(metric_of(room, "numgate_issuer_fetches_total{issuer=\"lab\",result=\"failed\"}") >= 6);
    /* 4 + 8 + 16 + 32 + 64, each at most a tenth shorter */
    assert_true(clock_mono().ms - start.ms >= 124 * 9 / 10 - 5);
}

static void test_waiter__is_called_when_keys_take_too_long(void **state)
{
    struct room *room = *state;
    room->times.wait_ms = 30;
    atomic_store(&room->issuer.peer.hold, true);
    begin(room);
    struct str token = token_with(room, room->keys[0], "");
    assert_int_equal(verdict(room, token), RC_BUSY);
    assert_int_equal(checks(room, "no-keys"), 1);
    atomic_store(&room->issuer.peer.hold, false);
    WAIT_FOR(is_ready(room));
    assert_int_equal(verdict(room, token), RC_OK);
}

static void test_free__calls_who_waits(void **state)
{
    struct room *room = *state;
    atomic_store(&room->issuer.peer.hold, true);
    begin(room);
    struct waiter waiters[20] = {0};
    struct str token = token_with(room, room->keys[0], "");
    for (size_t i = 0; i < ARRAY_LEN(waiters); i++) {
        struct actor actor;
        waiters[i].base.ready = ready;
        assert_int_equal(auth_token_check(room->auth, token, room->mem, &waiters[i].base, &actor, NULL),
                         RC_BUSY);
    }
    auth_free(TAKE(room->auth));
    for (size_t i = 0; i < ARRAY_LEN(waiters); i++) {
        assert_int_equal(atomic_load(&waiters[i].calls), 1);
    }
    atomic_store(&room->issuer.peer.hold, false); /* the round that is under way ends later, unheard */
}

static void test_discovery__is_refused(void **state)
{
    struct room *room = *state;
    static const struct {
        const char *document, *key_set;
    } cases[] = {
        {"{\"issuer\":\"http://127.0.0.1:PORT/t/v2.0\",\"jwks_uri\":\"http://127.0.0.1:PORT/"
         "keys\",\"numgate_lab\":true}",
         NULL},
        {"{\"issuer\":\"http://127.0.0.1:PORT/t/v2.0\",\"jwks_uri\":\"http://127.0.0.1:PORT/"
         "keys\",\"numgate_lab\":1}",
         NULL},
        {"{\"issuer\":\"https://login.example:PORT/{tenantid}/v2.0\",\"jwks_uri\":\"http://127.0.0.1:PORT/"
         "keys\"}",
         NULL},
        {"{\"issuer\":\"http://127.0.0.1:PORT/t/v2.0\",\"jwks_uri\":\"http://192.0.2.1:PORT/keys\"}", NULL},
        {"{\"issuer\":\"http://127.0.0.1:PORT/t/v2.0\",\"jwks_uri\":\"file:///etc/passwd?PORT\"}", NULL},
        {"{\"issuer\":\"http://127.0.0.1:PORT/t/v2.0\",\"port\":PORT}", NULL},
        {"{\"port\":PORT,\"jwks_uri\":\"http://127.0.0.1:PORT/keys\"}", NULL},
        {"{\"issuer\":[\"http://127.0.0.1:PORT/t/v2.0\"],\"jwks_uri\":\"http://127.0.0.1:PORT/keys\"}", NULL},
        {"{\"issuer\":\"aPORT\",\"issuer\":\"b\",\"jwks_uri\":\"http://127.0.0.1:PORT/keys\"}", NULL},
        {"<html>PORT PORT</html>", NULL},
        {GOOD_DISCOVERY, "{\"keys\":[]}"},
        {GOOD_DISCOVERY, "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\",\"kid\":\"key-a\"}]}"},
        {GOOD_DISCOVERY, "not JSON"},
    };
    room->times.backoff_min_ms = room->times.backoff_max_ms = 1;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        pthread_mutex_lock(&room->issuer.lock);
        room->issuer.discovery = cases[i].document;
        room->issuer.key_set = cases[i].key_set;
        pthread_mutex_unlock(&room->issuer.lock);
        begin(room);
        int64_t before = metric_of(room, "numgate_issuer_fetches_total{issuer=\"lab\",result=\"failed\"}");
        WAIT_FOR(metric_of(room, "numgate_issuer_fetches_total{issuer=\"lab\",result=\"failed\"}") >=
                 before + 2);
        if (is_ready(room)) {
            fail_msg("case %zu", i);
        }
        auth_free(TAKE(room->auth));
    }
}

static void test_discovery__of_the_lab_is_for_test_targets(void **state)
{
    struct room *room = *state;
    room->issuer.discovery = "{\"issuer\":\"http://127.0.0.1:PORT/t/v2.0\",\"jwks_uri\":\"http://"
                             "127.0.0.1:PORT/keys\",\"numgate_lab\":true}";
    room->config.test_target = true;
    begin_ready(room);
    assert_int_equal(verdict(room, token_with(room, room->keys[0], "")), RC_OK);
}

static void test_endpoints__are_those_that_a_browser_may_be_sent_to(void **state)
{
    struct room *room = *state;
    struct auth_endpoints endpoints;
    room->issuer.discovery =
        "{\"issuer\":\"http://127.0.0.1:PORT/t/v2.0\",\"jwks_uri\":\"http://127.0.0.1:PORT/keys\","
        "\"authorization_endpoint\":\"https://login.example/a?x=1\",\"token_endpoint\":\"http://[::1]:80/t\","
        "\"end_session_endpoint\":\"http://login.example/out\"}";
    set_status(&room->issuer, 500);
    begin(room);
    assert_int_equal(auth_endpoints(room->auth, STR("lab"), room->mem, &endpoints, NULL), RC_BUSY);
    assert_int_equal(auth_endpoints(room->auth, STR("Lab"), room->mem, &endpoints, NULL), RC_NOT_FOUND);
    auth_free(TAKE(room->auth));
    set_status(&room->issuer, 200);
    begin_ready(room);
    assert_int_equal(auth_endpoints(room->auth, STR("lab"), room->mem, &endpoints, NULL), RC_OK);
    assert_true(str_ends(endpoints.issuer, STR("/t/v2.0")));
    assert_true(str_eq(endpoints.authorization, STR("https://login.example/a?x=1")));
    assert_true(str_eq(endpoints.token, STR("http://[::1]:80/t")));
    assert_true(str_absent(endpoints.end_session)); /* neither TLS nor loopback */
}

static void test_discovery__for_any_tenant_takes_the_listed_ones(void **state)
{
    struct room *room = *state;
    room->issuer.discovery =
        "{\"issuer\":\"https://login.example/{tenantid}/v2.0\",\"jwks_uri\":\"http://127.0.0.1:PORT/keys\"}";
    room->rules[0].tenants = tenant;
    room->rules[0].tenant_count = 1;
    begin_ready(room);
    static const struct {
        const char *iss, *tid;
        enum rc rc;
    } cases[] = {
        {"https://login.example/" TID "/v2.0", TID, RC_OK},
        {"https://login.example/" TID "/v2.0", "other", RC_DENIED},
        {"https://login.example/other/v2.0", "other", RC_DENIED},
        {"https://login.example/other/v2.0", TID, RC_DENIED},
        {"https://login.example/{tenantid}/v2.0", TID, RC_DENIED},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str claims = arena_printf(
            room->mem,
            "{\"iss\":\"%s\",\"tid\":\"%s\",\"aud\":\"api://numgate\",\"exp\":2000003600,\"azp\":\"c\"}",
            cases[i].iss, cases[i].tid);
        if (verdict(room, sign(room, room->keys[0], (struct jose_header){0}, claims.p)) != cases[i].rc) {
            fail_msg("case %zu", i);
        }
    }
}

static void test_issuers__one_that_is_away_does_not_hold_up_the_other(void **state)
{
    struct room *room = *state;
    room->times.wait_ms = 5;
    room->rules[1] = room->rules[0];
    room->rules[1].name = STR("away");
    room->rules[1].authority = STR("http://127.0.0.1:1/t");
    room->rules[1].issuers_also_count = 0;
    room->config.issuer_count = 2;
    begin(room);
    struct str good = token_with(room, room->keys[0], "");
    WAIT_FOR(verdict(room, good) == RC_OK);
    const char *why = NULL;
    assert_false(auth_ready(room->auth, &why));
    assert_non_null(strstr(why, "away"));
    /* whose token this is cannot be told before the other has been heard */
    const char *elsewhere =
        "{\"iss\":\"https://elsewhere.example/\",\"aud\":\"api://numgate\",\"exp\":2000003600,\"azp\":\"x\"}";
    assert_int_equal(verdict(room, sign(room, room->keys[0], (struct jose_header){0}, elsewhere)), RC_BUSY);
}

/* ---- threads ---- */

struct storm {
    struct room *room;
    struct str tokens[3];
    atomic_bool stop;
    atomic_int bad, checked;
};

static void *storm(void *arg)
{
    struct storm *storm = arg;
    struct arena *mem = arena_new(1 << 20);
    for (unsigned i = 0; !atomic_load(&storm->stop); i++) {
        struct actor actor = {0};
        enum rc rc = auth_token_check(storm->room->auth, storm->tokens[i % 3], mem, NULL, &actor, NULL);
        bool right =
            rc == RC_OK ? actor.roles == ROLE_READ && str_ends(actor.caller, STR("/bss")) : i % 3 != 2;
        atomic_fetch_add(right ? &storm->checked : &storm->bad, 1);
        arena_reset(mem);
    }
    arena_free(mem);
    return NULL;
}

static void test_token_check__holds_while_keys_rotate_under_many_threads(void **state)
{
    struct room *room = *state;
    room->times.refresh_ms = 2;
    room->times.kid_ms = 1;
    begin_ready(room);
    struct storm all = {.room = room};
    for (size_t i = 0; i < 3; i++) {
        all.tokens[i] = token_with(room, room->keys[i], "");
    }
    pthread_t threads[4];
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, storm, &all), 0);
    }
    for (int i = 1; i < 30; i++) {
        publish(&room->issuer, room->keys[i % 2], room->keys[2]); /* key-r stays, a and b take turns */
        int fetched = atomic_load(&room->issuer.key_fetches);
        WAIT_FOR(atomic_load(&room->issuer.key_fetches) > fetched);
    }
    atomic_store(&all.stop, true);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(atomic_load(&all.bad), 0);
    assert_true(atomic_load(&all.checked) > 0);
}

/* ---- configuration ---- */

static void test_config_check__names_what_is_wrong(void **state)
{
    struct room *room = *state;
    static const struct str empty[] = {{"", 0}};
    static const struct str any[] = {{"https://sts.windows.net/{tenantid}/", 35}};
    struct auth_issuer good = room->rules[0];
    struct {
        const char *words;
        struct auth_issuer issuer;
        const char *allow;
    } cases[] = {
        {NULL, good, ""},
        {"[access] allow", good, "192.0.2.1/24"},
        {"[issuer.lab]: authority", good, ""},
        {"[issuer.lab]: audience", good, ""},
        {"[issuer.lab]: audience", good, ""},
        {"tenants is needed", good, ""},
        {"roles_claim", good, ""},
        {"roles_claim", good, ""},
        {"ca_file", good, ""},
        {"no empty entries", good, ""},
    };
    cases[2].issuer.authority = STR("http://login.example/t");
    cases[3].issuer.audience_count = 0;
    cases[4].issuer.audiences = empty;
    cases[5].issuer.issuers_also = any;
    cases[6].issuer.roles_claim = STR("roles");
    cases[7].issuer.roles_claim = STR("/a~2");
    cases[8].issuer.ca_file = STR("/nonexistent/ca.pem");
    cases[9].issuer.tenants = empty, cases[9].issuer.tenant_count = 1;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct auth_config config = {
            .issuers = &cases[i].issuer, .issuer_count = 1, .allow = str_of(cases[i].allow)};
        struct err err = {0};
        enum rc rc = auth_config_check(&config, &err);
        bool right = cases[i].words == NULL ? rc == RC_OK
                                            : rc == RC_INVALID && strstr(err.msg, cases[i].words) != NULL;
        if (!right) {
            fail_msg("case %zu: %s: %s", i, rc_name(rc), err.msg);
        }
    }
    room->config.user_requests_per_minute = 60001;
    assert_int_equal(auth_config_check(&room->config, NULL), RC_INVALID);
    assert_int_equal(auth_new(&room->config, room->fetch, NULL, &room->auth, NULL), RC_INVALID);
    assert_null(room->auth);
}

static void test_reload__keeps_the_old_lists_when_the_new_are_wrong(void **state)
{
    struct room *room = *state;
    begin(room);
    struct net_addr loopback, proxy, other, caller;
    assert_true(net_parse(STR("127.0.0.1"), &loopback) && net_parse(STR("10.0.0.1"), &proxy) &&
                net_parse(STR("192.0.2.1"), &other));
    assert_true(auth_address_allowed(room->auth, false, &loopback));
    assert_false(auth_address_allowed(room->auth, false, &other));
    room->config.allow = STR("192.0.2.0/24");
    room->config.trusted_proxies = STR("10.0.0.1");
    assert_int_equal(auth_reload(room->auth, &room->config, NULL), RC_OK);
    assert_false(auth_address_allowed(room->auth, false, &loopback));
    assert_true(auth_address_allowed(room->auth, false, &other));
    struct str forwarded = STR("192.0.2.1");
    assert_int_equal(auth_caller_address(room->auth, &proxy, &forwarded, 1, &caller, NULL), RC_OK);
    assert_true(net_eq(&caller, &other));
    struct err err;
    room->config.allow = STR("192.0.2.1/24");
    assert_int_equal(auth_reload(room->auth, &room->config, &err), RC_INVALID);
    assert_non_null(strstr(err.msg, "192.0.2.0/24"));
    assert_true(auth_address_allowed(room->auth, false, &other));
}

static void test_user_admit__counts_each_user(void **state)
{
    struct room *room = *state;
    room->config.user_requests_per_minute = 2;
    begin(room);
    struct actor a = {.caller = STR("t/p/a")}, b = {.caller = STR("t/p/b")};
    uint32_t wait_ms = 0;
    assert_true(auth_user_admit(room->auth, &a, &wait_ms));
    assert_true(auth_user_admit(room->auth, &a, &wait_ms));
    assert_false(auth_user_admit(room->auth, &a, &wait_ms));
    assert_in_range(wait_ms, 1, 60000);
    assert_true(auth_user_admit(room->auth, &b, &wait_ms));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, given_room, drop_room)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_token_check__takes_tokens_of_both_versions),
        TEST(test_token_check__lets_a_good_token_without_our_roles_through_as_nobody),
        TEST(test_token_check__says_why_it_refuses),
        TEST(test_token_check__expires_at_the_end_of_the_skew),
        TEST(test_token_check__remembers_what_it_verified),
        TEST(test_token_check__forgets_a_token_when_it_expires),
        TEST(test_keys__follow_a_rotation_and_are_asked_for_once),
        TEST(test_keys__are_asked_for_again_after_a_while),
        TEST(test_keys__unknown_key_while_the_issuer_is_away_is_busy),
        TEST(test_keys__are_refreshed_in_the_background),
        TEST(test_keys__come_when_the_issuer_does),
        TEST(test_keys__are_dropped_when_too_old),
        TEST(test_keys__backs_off),
        TEST(test_waiter__is_called_when_keys_take_too_long),
        TEST(test_free__calls_who_waits),
        TEST(test_discovery__is_refused),
        TEST(test_discovery__of_the_lab_is_for_test_targets),
        TEST(test_endpoints__are_those_that_a_browser_may_be_sent_to),
        TEST(test_discovery__for_any_tenant_takes_the_listed_ones),
        TEST(test_issuers__one_that_is_away_does_not_hold_up_the_other),
        TEST(test_token_check__holds_while_keys_rotate_under_many_threads),
        TEST(test_config_check__names_what_is_wrong),
        TEST(test_reload__keeps_the_old_lists_when_the_new_are_wrong),
        TEST(test_user_admit__counts_each_user),
    };
    return cmocka_run_group_tests(tests, given_keys, drop_keys);
}
