#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "common/base/limits.h"
#include "common/fetch/fetch.h"
#include "peer.h"

#define SOON_MS 10000 /* far more than anything here takes */

struct room {
    struct arena *mem;
    struct fetch *fetch;
    struct peer peer;
    struct buf heard; /* the last request; read after its reply only */
    _Atomic(const char *)
        reply; /* raw; NULL: /size/N is answered with N bytes, all else with what was heard */
};

static void answer(void *arg, struct str request, struct buf *out)
{
    struct room *room = arg;
    uint64_t n;
    struct str rest = request, path;
    (void)(str_split(&rest, ' ', &path) && str_split(&rest, ' ', &path));
    if (room->reply != NULL) {
        buf_put_str(out, str_of(room->reply));
    } else if (str_starts(path, STR("/size/")) && str_to_u64(str_slice(path, 6, path.n), 1 << 21, &n)) {
        char *body = arena_alloc(room->mem, n);
        memset(body, 'x', n);
        peer_put(out, 200, "text/plain", (struct str){body, n});
    } else {
        peer_put(out, 200, "text/plain; charset=utf-8", request);
    }
}

static int given_room(void **state)
{
    struct room *room = calloc(1, sizeof(*room));
    room->mem = arena_new(64 << 20);
    room->peer = (struct peer){.answer = answer, .arg = room};
    *state = room;
    return !peer_start(&room->peer) || fetch_new(&room->fetch, NULL) != RC_OK;
}

static int drop_room(void **state)
{
    struct room *room = *state;
    fetch_free(room->fetch);
    peer_stop(&room->peer);
    arena_free(room->mem);
    free(room);
    return 0;
}

static struct fetch_request to(struct room *room, const char *path)
{
    return (struct fetch_request){
        .url = arena_printf(room->mem, "http://127.0.0.1:%u%s", room->peer.port, path),
        .deadline = mono_after(clock_mono(), SOON_MS),
    };
}

static enum rc get(struct room *room, const char *path, struct fetch_reply *reply, struct err *err)
{
    struct fetch_request request = to(room, path);
    return fetch_wait(room->fetch, &request, room->mem, reply, err);
}

static void test_method__is_sent_as_given(void **state)
{
    struct room *room = *state;
    struct fetch_reply reply;
    struct fetch_request request = to(room, "/a");
    request.method = STR("DELETE");
    assert_int_equal(fetch_wait(room->fetch, &request, room->mem, &reply, NULL), RC_OK);
    assert_true(str_starts(reply.body, STR("DELETE /a HTTP/1.1\r\n")));
    request.method = STR("PUT");
    request.body = STR("{}");
    request.content_type = STR("application/json");
    assert_int_equal(fetch_wait(room->fetch, &request, room->mem, &reply, NULL), RC_OK);
    assert_true(str_starts(reply.body, STR("PUT /a HTTP/1.1\r\n")));
    assert_true(str_contains(reply.body, STR("Content-Length: 2\r\n")));
    request.method = STR("P T");
    assert_int_equal(fetch_wait(room->fetch, &request, room->mem, &reply, NULL), RC_INVALID);
}

static void test_head__waits_for_no_body(void **state)
{
    struct room *room = *state;
    struct fetch_reply reply;
    struct fetch_request request = to(room, "/a");
    room->reply = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n";
    request.method = STR("HEAD");
    assert_int_equal(fetch_wait(room->fetch, &request, room->mem, &reply, NULL), RC_OK);
    assert_int_equal(reply.status, 200);
    assert_int_equal(reply.body.n, 0);
    assert_true(str_eq(fetch_header_of(&reply, STR("Content-Length")), STR("500")));
}

static void test_target__is_sent_byte_for_byte(void **state)
{
    struct room *room = *state;
    struct fetch_reply reply;
    struct fetch_request request = to(room, "/not/this");
    request.target = STR("/a/../b%2f;c//?d=%7e&&#e");
    assert_int_equal(fetch_wait(room->fetch, &request, room->mem, &reply, NULL), RC_OK);
    assert_true(str_starts(reply.body, STR("GET /a/../b%2f;c//?d=%7e&&#e HTTP/1.1\r\n")));
    request.target = STR("/a b");
    assert_int_equal(fetch_wait(room->fetch, &request, room->mem, &reply, NULL), RC_INVALID);
}

static void test_bare__adds_no_header(void **state)
{
    struct room *room = *state;
    struct fetch_reply reply;
    const struct fetch_header headers[] = {
        {STR("Host"), STR("h")}, {STR("X-One"), STR("")}, {STR("Accept"), STR("x/y")}};
    struct fetch_request request = to(room, "/");
    request.bare = true;
    request.headers = headers;
    request.header_count = ARRAY_LEN(headers);
    assert_int_equal(fetch_wait(room->fetch, &request, room->mem, &reply, NULL), RC_OK);
    assert_true(str_eq(reply.body, STR("GET / HTTP/1.1\r\nHost: h\r\nX-One:\r\nAccept: x/y\r\n\r\n")));
    request.body = STR("");
    request.header_count = 1;
    assert_int_equal(fetch_wait(room->fetch, &request, room->mem, &reply, NULL), RC_OK);
    assert_true(str_eq(reply.body, STR("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")));
}

static void test_headers__of_the_reply_are_given(void **state)
{
    struct room *room = *state;
    struct fetch_reply reply;
    room->reply =
        "HTTP/1.1 429 No\r\nRetry-After: 7\r\nX-One: a\r\nX-One: b\r\nX-No:\r\nContent-Length: 0\r\n\r\n";
    assert_int_equal(get(room, "/", &reply, NULL), RC_OK);
    assert_int_equal(reply.status, 429);
    assert_true(str_eq(fetch_header_of(&reply, STR("retry-after")), STR("7")));
    assert_true(str_eq(fetch_header_of(&reply, STR("X-One")), STR("b")));
    assert_true(str_absent(fetch_header_of(&reply, STR("X-Two"))));
    assert_true(str_eq(fetch_header_of(&reply, STR("X-No")), STR("")));
}

static void test_address__stands_for_the_host(void **state)
{
    struct room *room = *state;
    struct fetch_reply reply;
    struct fetch_request request = to(room, "/");
    request.url = arena_printf(room->mem, "http://localhost:%u/", room->peer.port);
    request.address = STR("127.0.0.1");
    assert_int_equal(fetch_wait(room->fetch, &request, room->mem, &reply, NULL), RC_OK);
    request.address =
        STR("127.0.0.9"); /* nobody listens there: the kept connection to another address is not used */
    assert_int_equal(fetch_wait(room->fetch, &request, room->mem, &reply, NULL), RC_BUSY);
    request.address = STR("nowhere");
    assert_int_equal(fetch_wait(room->fetch, &request, room->mem, &reply, NULL), RC_INVALID);
}

static void test_fetch__gets(void **state)
{
    struct room *room = *state;
    struct fetch_reply reply;
    assert_int_equal(get(room, "/a?b=c", &reply, NULL), RC_OK);
    assert_int_equal(reply.status, 200);
    assert_true(str_eq(reply.content_type, STR("text/plain; charset=utf-8")));
    assert_true(str_starts(reply.body, STR("GET /a?b=c HTTP/1.1\r\n")));
    assert_int_equal(reply.body.p[reply.body.n], '\0');
}

static void test_fetch__posts_forms_with_headers(void **state)
{
    struct room *room = *state;
    struct buf form;
    buf_init(&form, 1000);
    fetch_form_put(&form, "grant_type", STR("client_credentials"));
    fetch_form_put(&form, "secret", STR("a+b &=%~\xc3\xbc"));
    struct fetch_header header = {STR("Authorization"), STR("Basic abc")};
    struct fetch_request request = to(room, "/token");
    request.body = buf_str(&form);
    request.content_type = STR(FETCH_FORM);
    request.headers = &header;
    request.header_count = 1;
    struct fetch_reply reply;
    assert_int_equal(fetch_wait(room->fetch, &request, room->mem, &reply, NULL), RC_OK);
    assert_true(str_starts(reply.body, STR("POST /token HTTP/1.1\r\n")));
    assert_true(str_contains(reply.body, STR("Content-Type: " FETCH_FORM "\r\n")));
    assert_true(str_contains(reply.body, STR("Authorization: Basic abc\r\n")));
    assert_false(str_contains(reply.body, STR("Expect")));
    assert_true(
        str_ends(reply.body, STR("\r\n\r\ngrant_type=client_credentials&secret=a%2Bb%20%26%3D%25~%C3%BC")));
    buf_clear(&form);
}

static void test_fetch__hands_over_any_status_and_follows_no_redirect(void **state)
{
    struct room *room = *state;
    static const struct {
        const char *reply;
        int status;
    } cases[] = {
        {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 404},
        {"HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\nno", 500},
        {"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n", 302},
        {"HTTP/1.1 307 Found\r\nLocation: https://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 307},
        {"HTTP/1.1 204 None\r\n\r\n", 204},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 200},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fetch_reply reply = {0};
        int before = atomic_load(&room->peer.requests);
        room->reply = cases[i].reply;
        enum rc rc = get(room, "/", &reply, NULL);
        if (rc != RC_OK || reply.status != cases[i].status ||
            atomic_load(&room->peer.requests) != before + 1) {
            fail_msg("case %zu: %s, status %d", i, rc_name(rc), reply.status);
        }
    }
}

static void test_fetch__says_busy_when_the_reply_is_cut_off(void **state)
{
    struct room *room = *state;
    static const char *const replies[] = {
        "",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab",
        "SSH-2.0-OpenSSH\r\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(replies); i++) {
        struct fetch_reply reply;
        struct err err = {0};
        room->reply = replies[i];
        if (get(room, "/", &reply, &err) != RC_BUSY || err.msg[0] == '\0') {
            fail_msg("case %zu", i);
        }
    }
}

static void test_fetch__bounds_the_reply(void **state)
{
    struct room *room = *state;
    struct fetch_request request = to(room, "/size/1000");
    struct fetch_reply reply;
    request.reply_bytes_max = 1000;
    assert_int_equal(fetch_wait(room->fetch, &request, room->mem, &reply, NULL), RC_OK);
    assert_int_equal(reply.body.n, 1000);
    request.reply_bytes_max = 999;
    assert_int_equal(fetch_wait(room->fetch, &request, room->mem, &reply, NULL), RC_LIMIT);
    assert_int_equal(get(room, "/size/1048576", &reply, NULL), RC_OK);
    assert_int_equal(get(room, "/size/1048577", &reply, NULL), RC_LIMIT);
}

static void test_fetch__keeps_its_deadline(void **state)
{
    struct room *room = *state;
    struct fetch_request request = to(room, "/");
    struct fetch_reply reply;
    struct err err;
    atomic_store(&room->peer.hold, true);
    request.deadline = mono_after(clock_mono(), 50);
    assert_int_equal(fetch_wait(room->fetch, &request, room->mem, &reply, &err), RC_BUSY);
    assert_true(clock_mono().ms >= request.deadline.ms - 1);
    assert_true(clock_mono().ms < request.deadline.ms + SOON_MS / 2);
    request.deadline = clock_mono(); /* passed already */
    assert_int_equal(fetch_wait(room->fetch, &request, room->mem, &reply, &err), RC_BUSY);
    atomic_store(&room->peer.hold, false);
}

static void test_fetch__says_busy_when_nobody_listens(void **state)
{
    struct room *room = *state;
    peer_stop(&room->peer);
    struct fetch_reply reply;
    struct err err;
    assert_int_equal(get(room, "/", &reply, &err), RC_BUSY);
    assert_true(str_contains(str_of(err.msg), STR("http://127.0.0.1:")));
    assert_true(peer_start(&room->peer));
    assert_int_equal(get(room, "/", &reply, &err), RC_OK);
}

static void test_fetch__takes_no_proxy_from_the_environment(void **state)
{
    struct room *room = *state;
    static const char *const names[] = {"http_proxy",  "https_proxy", "HTTP_PROXY",
                                        "HTTPS_PROXY", "all_proxy",   "ALL_PROXY"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        setenv(names[i], "http://127.0.0.1:1", 1);
    }
    struct fetch_reply reply;
    assert_int_equal(get(room, "/", &reply, NULL), RC_OK);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        unsetenv(names[i]);
    }
}

static void test_url_check__takes_https_or_loopback(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        bool taken;
    } cases[] = {
        {"https://login.example/tenant/v2.0", true},
        {"https://login.example:8443/?a=b", true},
        {"https://192.0.2.1/", true},
        {"http://localhost:8080/x", true},
        {"http://LOCALHOST/x", true},
        {"http://127.0.0.1", true},
        {"http://127.1.2.3/", true},
        {"http://[::1]:80/", true},
        {"http://login.example/", false},
        {"http://192.0.2.1/", false},
        {"http://[2001:db8::1]/", false},
        {"http://localhost.example/", false},
        {"http://127.0.0.1.example/", false},
        {"http://127.0.0.1@evil.example/", false},
        {"http://evil.example#@127.0.0.1/", false},
        {"https://user:secret@login.example/", false},
        {"https://user@login.example/", false},
        {"https://login.example/#part", false},
        {"ftp://127.0.0.1/", false},
        {"file:///etc/passwd", false},
        {"gopher://127.0.0.1/", false},
        {"https:///", false},
        {"https://", false},
        {"login.example", false},
        {"/path", false},
        {"", false},
        {"https://login.example/a b", false},
        {"https://login.example/\r\nX: y", false},
        {"https://login.example/\xc3\xbc", false},
        {"https://login.example:99999/", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        bool taken = fetch_url_check(str_of(cases[i].url), &err) == RC_OK;
        if (taken != cases[i].taken || taken != (err.msg[0] == '\0')) {
            fail_msg("case %zu: %s: %s", i, cases[i].url, err.msg);
        }
    }
    assert_int_equal(fetch_url_check((struct str){"https://a\0b", 11}, NULL), RC_INVALID);
}

static void never(void *arg, enum rc rc, const struct fetch_reply *reply, const struct err *err)
{
    (void)arg, (void)rc, (void)reply, (void)err;
    fail_msg("done was called");
}

static void test_fetch_start__refuses_before_anything_is_sent(void **state)
{
    struct room *room = *state;
    struct fetch_request request = to(room, "/");
    struct fetch_header headers[] = {{STR("X-A"), STR("a\r\nX-B: b")},
                                     {STR("X A"), STR("a")},
                                     {STR("X:A"), STR("a")},
                                     {STR(""), STR("a")},
                                     {STR("X-A"), {"a\0b", 3}}};
    request.done = never;
    request.header_count = 1;
    for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
        request.headers = &headers[i];
        if (fetch_start(room->fetch, &request, NULL) != RC_INVALID) {
            fail_msg("case %zu", i);
        }
    }
    request.header_count = 0;
    request.url = STR("http://192.0.2.1/");
    assert_int_equal(fetch_start(room->fetch, &request, NULL), RC_INVALID);
    assert_int_equal(atomic_load(&room->peer.requests), 0);
}

struct tally {
    atomic_int ok, busy;
};

static void count(void *arg, enum rc rc, const struct fetch_reply *reply, const struct err *err)
{
    struct tally *tally = arg;
    if ((rc == RC_OK) != (reply != NULL) || (rc == RC_OK) != (err == NULL)) {
        abort();
    }
    atomic_fetch_add(rc == RC_OK ? &tally->ok : &tally->busy, 1);
}

static void test_fetch__runs_many_at_once(void **state)
{
    struct room *room = *state;
    struct tally tally = {0};
    struct fetch_request request = to(room, "/size/100");
    request.done = count;
    request.arg = &tally;
    for (int i = 0; i < 50; i++) {
        assert_int_equal(fetch_start(room->fetch, &request, NULL), RC_OK);
    }
    struct mono until = mono_after(clock_mono(), SOON_MS);
    while (atomic_load(&tally.ok) < 50 && mono_left_ms(until, clock_mono()) > 0) {
        poll(NULL, 0, 1);
    }
    assert_int_equal(atomic_load(&tally.ok), 50);
}

/* What went wrong after the first byte went out is told apart from what went wrong before. */
static void test_fetch__tells_what_may_have_been_sent(void **state)
{
    struct room *room = *state;
    static const struct {
        const char *reply;
        bool listens, hold, asked;
        enum rc rc;
    } cases[] = {
        {"", true, false, true, RC_UNCERTAIN},
        {"", true, false, false, RC_BUSY},
        {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", true, false, true, RC_UNCERTAIN},
        {"SSH-2.0-OpenSSH\r\n", true, false, true, RC_UNCERTAIN},
        {"", true, true, true, RC_UNCERTAIN}, /* the deadline */
        {"", false, false, true, RC_BUSY},
        {"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", true, false, true, RC_OK},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fetch_reply reply;
        struct err err = {0};
        struct fetch_request request = to(room, "/");
        request.body = STR("{}");
        request.content_type = STR("application/json");
        request.tell_uncertain = cases[i].asked;
        if (!cases[i].listens) {
            peer_stop(&room->peer);
        }
        if (cases[i].hold) {
            request.deadline = mono_after(clock_mono(), 100);
        }
        room->reply = cases[i].reply;
        atomic_store(&room->peer.hold, cases[i].hold);
        enum rc rc = fetch_wait(room->fetch, &request, room->mem, &reply, &err);
        atomic_store(&room->peer.hold, false);
        if (!cases[i].listens) {
            assert_true(peer_start(&room->peer));
        }
        if (rc != cases[i].rc) {
            fail_msg("case %zu: %s: %s", i, rc_name(rc), err.msg);
        }
    }
}

/* Where a kept connection ends before a byte of the answer came, libcurl would send the request again by itself. */
static void test_fetch__sends_once_what_must_not_be_done_twice(void **state)
{
    struct room *room = *state;
    struct fetch_reply reply;
    struct fetch_request request = to(room, "/");
    request.body = STR("{}");
    request.content_type = STR("application/json");
    room->peer.keep = true;
    for (int once = 0; once < 2; once++) {
        int before = atomic_load(&room->peer.requests);
        room->reply = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        assert_int_equal(fetch_wait(room->fetch, &request, room->mem, &reply, NULL), RC_OK);
        room->reply = "";
        request.tell_uncertain = once;
        assert_int_equal(fetch_wait(room->fetch, &request, room->mem, &reply, NULL),
                         once ? RC_UNCERTAIN : RC_BUSY);
        assert_int_equal(atomic_load(&room->peer.requests), before + (once ? 2 : 3));
    }
}

static void test_retry_after__is_seconds_or_a_date(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool read;
        int64_t ms;
    } cases[] = {
        {"0", true, 0},
        {"7", true, 7000},
        {"86400", true, 86400000},
        {"4000000000", true, 86400000}, /* a day will do */
        {"Mon, 23 Nov 2020 19:50:58 GMT", true, 0},
        {"-1", false, 0},
        {"1.5", false, 0},
        {"soon", false, 0},
        {"", false, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fetch_header header = {STR("retry-after"), str_of(cases[i].text)};
        struct fetch_reply reply = {.headers = &header, .header_count = 1};
        int64_t ms = -1;
        if (fetch_retry_after(&reply, &ms) != cases[i].read || ms != (cases[i].read ? cases[i].ms : -1)) {
            fail_msg("case %zu: %lld", i, (long long)ms);
        }
    }
    struct fetch_reply without = {0};
    assert_false(fetch_retry_after(&without, &(int64_t){0}));
}

static void test_fetch_stop__ends_what_is_under_way_and_refuses_what_comes(void **state)
{
    struct room *room = *state;
    struct tally tally = {0};
    struct fetch_request request = to(room, "/");
    atomic_store(&room->peer.hold, true);
    request.done = count;
    request.arg = &tally;
    assert_int_equal(fetch_start(room->fetch, &request, NULL), RC_OK);
    fetch_stop(room->fetch);
    assert_int_equal(fetch_start(room->fetch, &request, NULL), RC_BUSY);
    fetch_stop(room->fetch);
    fetch_free(TAKE(room->fetch));
    assert_int_equal(atomic_load(&tally.busy), 1);
}

static void test_fetch_free__ends_what_is_under_way(void **state)
{
    struct room *room = *state;
    struct tally tally = {0};
    struct fetch_request request = to(room, "/");
    atomic_store(&room->peer.hold, true);
    request.done = count;
    request.arg = &tally;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(fetch_start(room->fetch, &request, NULL), RC_OK);
    }
    fetch_free(TAKE(room->fetch));
    assert_int_equal(atomic_load(&tally.busy), 10);
    assert_int_equal(atomic_load(&tally.ok), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, given_room, drop_room)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_method__is_sent_as_given),
        TEST(test_head__waits_for_no_body),
        TEST(test_target__is_sent_byte_for_byte),
        TEST(test_bare__adds_no_header),
        TEST(test_headers__of_the_reply_are_given),
        TEST(test_address__stands_for_the_host),
        TEST(test_fetch__gets),
        TEST(test_fetch__posts_forms_with_headers),
        TEST(test_fetch__hands_over_any_status_and_follows_no_redirect),
        TEST(test_fetch__says_busy_when_the_reply_is_cut_off),
        TEST(test_fetch__bounds_the_reply),
        TEST(test_fetch__keeps_its_deadline),
        TEST(test_fetch__says_busy_when_nobody_listens),
        TEST(test_fetch__takes_no_proxy_from_the_environment),
        TEST(test_url_check__takes_https_or_loopback),
        TEST(test_fetch_start__refuses_before_anything_is_sent),
        TEST(test_fetch__runs_many_at_once),
        TEST(test_fetch__tells_what_may_have_been_sent),
        TEST(test_fetch__sends_once_what_must_not_be_done_twice),
        TEST(test_retry_after__is_seconds_or_a_date),
        TEST(test_fetch_stop__ends_what_is_under_way_and_refuses_what_comes),
        TEST(test_fetch_free__ends_what_is_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
