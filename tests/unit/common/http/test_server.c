/* The server over loopback, plain and with TLS. */
#include "support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/limits.h"
#include "common/base/mem.h"

#include "common/base/banned.h"

#define HELLO          "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n"
#define WAIT           "GET /wait HTTP/1.1\r\nHost: h\r\n\r\n"
#define SENT_BYTES     ((size_t)4 * 1024 * 1024)
#define BOTH_WAYS(tls) for (int tls = 0; tls < 2; tls++)

static struct rig rig;
static struct rig *const r = &rig;

static void expect_answer(const struct answer *a, int status, const char *body)
{
    if (a->status != status || strcmp(a->body, body) != 0) {
        fail_msg("answer %d \"%s\", wanted %d \"%s\"\n%s", a->status, a->body, status, body, a->head);
    }
}

static void ask(struct client *c, const char *text, int status, const char *body)
{
    struct answer a = client_ask(c, text);
    expect_answer(&a, status, body);
}

/* ---- replies ---- */

static void test_server__keeps_the_connection_and_answers_in_order(void **state UNUSED)
{
    BOTH_WAYS(tls)
    {
        struct client c;
        rig_start(r, NULL);
        client_open(&c, r, tls);
        ask(&c, HELLO, 200, "hello");
        ask(&c, "PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\none", 200, "one");
        client_say(&c, "PUT /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
                       "chunked\r\n\r\n2\r\ntw\r\n1\r\no\r\n0\r\n\r\n"
                       "GET /later HTTP/1.1\r\nHost: h\r\n\r\n" HELLO
                       "GET /later HTTP/1.1\r\nHost: h\r\n\r\n" HELLO);
        static const char *const wanted[] = {"two", "waited", "hello", "waited", "hello"};
        for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
            struct answer a = client_answer(&c, false);
            expect_answer(&a, 200, wanted[i]);
            assert_false(answer_has(&a, "Connection:"));
            assert_true(answer_has(&a, "\r\nDate: "));
        }
        client_close(&c);
        rig_stop(r);
    }
}

static void test_server__answers_hundreds_of_pipelined_requests(void **state UNUSED)
{
    BOTH_WAYS(tls)
    {
        enum { N = 700 };
        struct client c;
        struct buf all;
        rig_start(r, NULL);
        client_open(&c, r, tls);
        buf_init(&all, 1 << 20);
        for (int i = 0; i < N; i++) {
            buf_printf(&all, "PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n%05d", i);
        }
        assert_true(client_send(&c, all.p, all.n));
        for (int i = 0; i < N; i++) {
            struct answer a = client_answer(&c, false);
            char number[8];
            snprintf(number, sizeof number, "%05d", i);
            expect_answer(&a, 200, number);
        }
        buf_clear(&all);
        client_close(&c);
        rig_stop(r);
    }
}

static void test_reply__leaves_bodies_out_where_there_are_none(void **state UNUSED)
{
    struct client c;
    rig_start(r, NULL);
    client_open(&c, r, false);
    client_say(&c, "HEAD /hello HTTP/1.1\r\nHost: h\r\n\r\n");
    struct answer a = client_answer(&c, true);
    assert_int_equal(a.status, 200);
    assert_true(answer_has(&a, "\r\nContent-Length: 5\r\n"));
    a = client_ask(&c, "GET /204 HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(a.status, 204);
    assert_false(answer_has(&a, "Content-Length"));
    a = client_ask(&c, "GET /304 HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(a.status, 304);
    ask(&c, HELLO, 200, "hello"); /* nothing of a body came in between */
    client_close(&c);
    rig_stop(r);
}

static void test_server__closes_when_asked(void **state UNUSED)
{
    static const char *const requests[] = {
        "GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "GET /hello HTTP/1.0\r\n\r\n",
        "GET /close HTTP/1.1\r\nHost: h\r\n\r\n",
    };
    rig_start(r, NULL);
    for (size_t i = 0; i < ARRAY_LEN(requests) * 2; i++) {
        struct client c;
        client_open(&c, r, i % 2);
        struct answer a = client_ask(&c, requests[i / 2]);
        assert_int_equal(a.status, 200);
        assert_true(answer_has(&a, "\r\nConnection: close\r\n"));
        assert_true(client_ended(&c));
        client_close(&c);
    }
    rig_stop(r);
}

static void test_server__sends_a_big_reply_to_a_patient_reader(void **state UNUSED)
{
    BOTH_WAYS(tls)
    {
        struct client c;
        rig_start(r, NULL);
        client_open(&c, r, tls);
        for (int i = 0; i < 2; i++) {
            struct answer a = client_ask(&c, "GET /big HTTP/1.1\r\nHost: h\r\n\r\n");
            assert_int_equal(a.status, 200);
            assert_int_equal(a.body_n, BIG_BYTES);
        }
        ask(&c, HELLO, 200, "hello");
        client_close(&c);
        rig_await(r, &r->finished, 3);
        assert_int_equal(r->last.bytes_out, 5);
        rig_stop(r);
    }
}

static void test_server__answers_a_client_that_ended_its_direction(void **state UNUSED)
{
    BOTH_WAYS(tls)
    {
        struct client c;
        rig_start(r, NULL);
        client_open(&c, r, tls);
        client_say(&c, WAIT);
        client_half_close(&c);
        rig_await_tickets(r, 1);
        rig_resume_all(r);
        struct answer a = client_answer(&c, false);
        expect_answer(&a, 200, "waited");
        assert_true(client_ended(&c));
        client_close(&c);
        rig_stop(r);
        assert_int_equal(r->aborted, 0);
    }
}

/* ---- suspending ---- */

static void test_suspend__resumes_groups_from_another_thread(void **state UNUSED)
{
    enum { N = 50 };
    static struct client clients[N];
    rig_start(r, NULL);
    for (int i = 0; i < N; i++) {
        client_open(&clients[i], r, i % 2);
        client_say(&clients[i], WAIT);
    }
    rig_await_tickets(r, N);
    assert_false(client_readable(&clients[0], 0));
    rig_resume_all(r);
    for (int i = 0; i < N; i++) {
        struct answer a = client_answer(&clients[i], false);
        expect_answer(&a, 200, "waited");
        client_close(&clients[i]);
    }
    rig_stop(r);
}

static void test_hold__lets_the_last_release_wake(void **state UNUSED)
{
    struct client c;
    rig_start(r, NULL);
    client_open(&c, r, false);
    client_say(&c, WAIT);
    rig_await_tickets(r, 1);
    http_server_hold(r->server);
    http_server_hold(r->server);
    rig_resume_all(r);
    http_server_release(r->server);
    http_server_release(r->server);
    assert_true(client_readable(&c, 5000)); /* by itself the loop looks later */
    struct answer a = client_answer(&c, false);
    expect_answer(&a, 200, "waited");
    client_close(&c);
    rig_stop(r);
}

static void test_suspend__may_come_before_and_after_the_body(void **state UNUSED)
{
    BOTH_WAYS(tls)
    {
        struct client c;
        rig_start(r, NULL);
        client_open(&c, r, tls);
        ask(&c, "PUT /gate HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody", 200, "body");
        client_say(
            &c,
            "PUT /body-wait HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n");
        rig_await_tickets(r, 1);
        rig_resume_all(r);
        struct answer a = client_answer(&c, false);
        expect_answer(&a, 200, "body");
        client_close(&c);
        rig_stop(r);
    }
}

static void test_suspend__survives_a_client_that_goes_away(void **state UNUSED)
{
    BOTH_WAYS(tls)
    {
        struct client c;
        rig_start(r, NULL);
        client_open(&c, r, tls);
        client_say(&c, WAIT);
        rig_await_tickets(r, 1);
        client_reset(&c);
        rig_await(r, &r->finished, 1); /* seen before the ticket is back */
        assert_true(r->last.aborted);
        assert_int_equal(r->last.status, 0);
        rig_resume_all(r);
        client_open(&c, r, tls);
        ask(&c, HELLO, 200, "hello");
        client_close(&c);
        rig_stop(r);
    }
}

static void test_deadline__answers_503_and_drops_the_late_answer(void **state UNUSED)
{
    struct client c;
    rig_start(r, rig_short);
    client_open(&c, r, true);
    struct answer a = client_ask(&c, WAIT);
    expect_answer(&a, 503, "refused: request-deadline");
    assert_true(answer_has(&a, "\r\nRetry-After: 1\r\n"));
    assert_false(answer_has(&a, "Connection: close"));
    ask(&c, HELLO, 200, "hello"); /* the connection goes on while the ticket is out */
    assert_int_equal(r->ticket_count, 1);
    rig_resume_all(r);
    ask(&c, HELLO, 200, "hello");
    client_close(&c);
    rig_await(r, &r->finished, 3);
    assert_int_equal(r->by_deadline, 1);
    assert_int_equal(rig_metric(r, HTTP_METRIC_DEADLINES, "request"), 1);
    rig_stop(r);
}

/* ---- deadlines against slow clients ---- */

/* Sends `text` byte by byte, 10 ms each, again and again, until the server has something to say. Milliseconds it took. */
static int64_t drip(struct client *c, const char *text)
{
    struct mono begin = clock_mono();
    for (size_t i = 0; !client_readable(c, 10); i++) {
        assert_true(clock_mono().ms - begin.ms < 10000);
        if (c->tls != NULL) {
            (void)SSL_write(c->tls, &text[i % strlen(text)], 1);
        } else {
            (void)send(c->fd, &text[i % strlen(text)], 1, MSG_NOSIGNAL);
        }
    }
    return clock_mono().ms - begin.ms;
}

/* Not before the deadline, and soon after it; a machine under load gets some grace. */
static void expect_about(int64_t ms)
{
    assert_in_range(ms, RIG_MS - 20, RIG_MS + 2000);
}

static void test_deadline__ends_a_dripped_header_block(void **state UNUSED)
{
    BOTH_WAYS(tls)
    {
        struct client c;
        rig_start(r, rig_short);
        client_open(&c, r, tls);
        ask(&c, HELLO, 200, "hello"); /* also takes the TLS tickets out of the way */
        client_say(&c, "GET / HTTP/1.1\r\nHost: h\r\n");
        expect_about(drip(&c, "A: b\r\n"));
        struct answer a = client_answer(&c, false);
        expect_answer(&a, 408, "refused: header-deadline");
        client_close(&c);
        assert_int_equal(rig_metric(r, HTTP_METRIC_DEADLINES, "header"), 1);
        rig_stop(r);
    }
}

static void test_deadline__ends_a_dripped_body(void **state UNUSED)
{
    BOTH_WAYS(tls)
    {
        struct client c;
        rig_start(r, rig_short);
        client_open(&c, r, tls);
        ask(&c, HELLO, 200, "hello");
        client_say(&c, "PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n");
        expect_about(drip(&c, "x"));
        struct answer a = client_answer(&c, false);
        expect_answer(&a, 408, "refused: body-deadline");
        client_close(&c);
        rig_stop(r);
        assert_int_equal(r->by_deadline, 1);
    }
}

static void test_deadline__ends_a_silent_or_dripped_handshake(void **state UNUSED)
{
    for (int silent = 0; silent < 2; silent++) {
        struct client c;
        rig_start(r, rig_short);
        r->port = r->tls_port; /* a plain client on the TLS port */
        client_open(&c, r, false);
        if (silent) {
            assert_true(client_readable(&c, 5000));
        } else {
            expect_about(drip(&c, "\x16\x03\x01\x02\x02\x01")); /* the beginning of a hello */
        }
        assert_true(client_ended(&c));
        client_close(&c);
        rig_stop(r);
        assert_int_equal(r->heads, 0);
    }
}

static void test_deadline__closes_silent_and_idle_connections_without_a_word(void **state UNUSED)
{
    BOTH_WAYS(tls)
    {
        struct client c, idle;
        rig_start(r, rig_short);
        client_open(&c, r, tls);
        client_open(&idle, r, tls);
        ask(&idle, HELLO, 200, "hello");
        assert_true(client_ended(&c));
        assert_true(client_ended(&idle));
        client_close(&c);
        client_close(&idle);
        assert_int_equal(rig_metric(r, HTTP_METRIC_DEADLINES, "idle"), 1);
        rig_stop(r);
    }
}

static void test_deadline__cuts_off_a_slow_reader(void **state UNUSED)
{
    BOTH_WAYS(tls)
    {
        struct client c;
        rig_start(r, rig_short);
        client_open(&c, r, tls);
        const int small = 4096;
        (void)setsockopt(c.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
        struct mono begin = clock_mono();
        client_say(&c, "GET /big HTTP/1.1\r\nHost: h\r\n\r\n");
        for (char bytes[512]; rig_read(r, &r->finished) == 0;) { /* some progress all the time */
            (void)recv(c.fd, bytes, sizeof bytes, MSG_DONTWAIT);
            (void)poll(NULL, 0, 5);
            assert_true(clock_mono().ms - begin.ms < 10000);
        }
        expect_about(clock_mono().ms - begin.ms);
        assert_true(r->last.aborted);
        assert_true(r->last.bytes_out < BIG_BYTES);
        client_close(&c);
        rig_stop(r);
    }
}

/* ---- bodies and refusals ---- */

static void test_refusal__is_seen_by_a_client_that_is_still_sending(void **state UNUSED)
{
    static const struct {
        const char *head;
        int status;
    } cases[] = {
        {"PUT /early HTTP/1.1\r\nHost: h\r\nContent-Length: 4194304\r\n\r\n", 401},
        {"PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4194304\r\n\r\n", 413},
        {"PUT /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n400000\r\n", 413},
        {"PUT /echo HTTP/1.1\nHost: h\r\nContent-Length: 4194304\r\n\r\n", 400},
    };
    char *body = mem_alloc(SENT_BYTES);
    for (size_t i = 0; i < ARRAY_LEN(cases) * 6; i++) {
        struct client c;
        if (i == 0) {
            rig_start(r, NULL);
        }
        client_open(&c, r, i % 2);
        client_say(&c, cases[i / 6].head);
        assert_true(client_send(&c, body, SENT_BYTES)); /* all of it, before looking at the answer */
        struct answer a = client_answer(&c, false);
        assert_int_equal(a.status, cases[i / 6].status);
        assert_true(answer_has(&a, "\r\nConnection: close\r\n"));
        client_close(&c);
    }
    mem_free(body);
    rig_stop(r);
}

static void test_refusal__of_a_short_body_keeps_the_connection(void **state UNUSED)
{
    rig_start(r, NULL);
    BOTH_WAYS(tls)
    {
        struct client c;
        client_open(&c, r, tls);
        client_say(&c, "PUT /early HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n");
        struct answer a = client_answer(&c, false);
        expect_answer(&a, 401, "early");
        assert_false(answer_has(&a, "\r\nConnection: close\r\n"));
        client_say(&c, "GET /e"); /* the body, which looks like a request and is none, ... */
        client_say(&c, "vilPUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nok");
        a = client_answer(&c, false); /* ... and what is behind it */
        expect_answer(&a, 200, "ok");
        client_close(&c);
    }
    rig_stop(r);
}

static void test_refusal__does_not_skip_what_it_cannot_measure(void **state UNUSED)
{
    static const char *const heads[] = {
        "PUT /early HTTP/1.1\r\nHost: h\r\nContent-Length: 131073\r\n\r\n",
        "PUT /early HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
        "PUT /early HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n",
    };
    rig_start(r, NULL);
    for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
        struct client c;
        client_open(&c, r, false);
        struct answer a = client_ask(&c, heads[i]);
        expect_answer(&a, 401, "early");
        assert_true(answer_has(&a, "\r\nConnection: close\r\n"));
        client_close(&c);
    }
    rig_stop(r);
}

static void test_linger__ends_for_a_client_that_never_stops(void **state UNUSED)
{
    struct client c;
    char *body = mem_alloc(BIG_BYTES);
    bool open = true;
    rig_start(r, NULL);
    client_open(&c, r, false);
    client_say(&c, "PUT /early HTTP/1.1\r\nHost: h\r\nContent-Length: 999999999\r\n\r\n");
    for (size_t sent = 0; open; sent += BIG_BYTES) {
        assert_true(sent <= 4 * (size_t)LIMIT_LINGER);
        open = client_send(&c, body, BIG_BYTES);
    }
    client_close(&c);
    mem_free(body);
    rig_stop(r);
}

static void small_bodies(struct http_config *config)
{
    config->limits.body_bytes_max = 1000;
    config->limits.bodies_bytes_max = 2500;
}

/* A request with n bytes, told by Content-Length or in chunks of 300. */
static void send_body(struct client *c, const char *path, size_t n, bool chunked)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    buf_printf(&out, "PUT %s HTTP/1.1\r\nHost: h\r\n", path);
    if (!chunked) {
        buf_printf(&out, "Content-Length: %zu\r\n\r\n", n);
        memset(buf_reserve(&out, n), 'x', n);
        out.n += n;
    } else {
        buf_put_str(&out, STR("Transfer-Encoding: chunked\r\n\r\n"));
        for (size_t left = n; left > 0;) {
            size_t chunk = left < 300 ? left : 300;
            buf_printf(&out, "%zx\r\n%0*d\r\n", chunk, (int)chunk, 0);
            left -= chunk;
        }
        buf_put_str(&out, STR("0\r\n\r\n"));
    }
    assert_true(client_send(c, out.p, out.n));
    buf_clear(&out);
}

static void test_body__takes_the_maximum_and_refuses_one_more(void **state UNUSED)
{
    rig_start(r, small_bodies);
    BOTH_WAYS(tls)
    {
        for (int chunked = 0; chunked < 2; chunked++) {
            struct client c;
            client_open(&c, r, tls);
            send_body(&c, "/echo", 1000, chunked);
            struct answer a = client_answer(&c, false);
            assert_int_equal(a.status, 200);
            assert_int_equal(a.body_n, 1000);
            send_body(&c, "/echo", 1001, chunked);
            a = client_answer(&c, false);
            expect_answer(&a, 413, "refused: body-length");
            assert_true(client_ended(&c));
            client_close(&c);
        }
    }
    rig_stop(r);
}

static void test_body__is_503_when_all_together_are_too_many(void **state UNUSED)
{
    struct client holders[2], c;
    rig_start(r, small_bodies);
    for (int i = 0; i < 2; i++) {
        client_open(&holders[i], r, i);
        send_body(&holders[i], "/body-wait", 1000, false);
    }
    rig_await_tickets(r, 2);
    for (int chunked = 0; chunked < 2; chunked++) {
        client_open(&c, r, false);
        send_body(&c, "/echo", 501, chunked);
        struct answer a = client_answer(&c, false);
        expect_answer(&a, 503, "refused: bodies-full");
        assert_true(answer_has(&a, "\r\nRetry-After: 1\r\n"));
        client_close(&c);
    }
    rig_resume_all(r);
    for (int i = 0; i < 2; i++) {
        struct answer a = client_answer(&holders[i], false);
        assert_int_equal(a.body_n, 1000);
        client_close(&holders[i]);
    }
    client_open(&c, r, false);
    send_body(&c, "/echo", 1000, false); /* their room is free again */
    struct answer a = client_answer(&c, false);
    assert_int_equal(a.status, 200);
    client_close(&c);
    rig_stop(r);
}

static void test_expectation__is_met_only_when_the_body_is_wanted(void **state UNUSED)
{
    rig_start(r, NULL);
    BOTH_WAYS(tls)
    {
        struct client c;
        struct answer a;
        client_open(&c, r, tls);
        a = client_ask(&c,
                       "PUT /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
        assert_int_equal(a.status, 100);
        ask(&c, "body", 200, "body");
        client_say(&c,
                   "PUT /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nbody");
        a = client_answer(&c, false);
        a = a.status == 100 ? client_answer(&c, false) : a; /* TLS may have the body in a later read */
        expect_answer(&a, 200, "body");
        a = client_ask(&c,
                       "PUT /early HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
        expect_answer(&a, 401, "early");
        assert_true(client_ended(&c));
        client_close(&c);
        client_open(&c, r, tls);
        ask(&c, "PUT /echo HTTP/1.1\r\nHost: h\r\nExpect: more\r\nContent-Length: 4\r\n\r\n", 417,
            "refused: expectation");
        client_close(&c);
    }
    rig_stop(r);
}

static void test_body__cut_short_by_the_client_is_400(void **state UNUSED)
{
    rig_start(r, NULL);
    BOTH_WAYS(tls)
    {
        struct client c;
        client_open(&c, r, tls);
        client_say(&c, "PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbo");
        client_half_close(&c);
        struct answer a = client_answer(&c, false);
        expect_answer(&a, 400, "refused: body-truncated");
        client_close(&c);
    }
    rig_stop(r);
}

static void test_refusal__is_counted_by_its_reason(void **state UNUSED)
{
    struct client c;
    rig_start(r, NULL);
    client_open(&c, r, false);
    ask(&c, "GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n c\r\n\r\n", 400, "refused: header-folded");
    assert_true(client_ended(&c));
    client_close(&c);
    assert_int_equal(rig_metric(r, HTTP_METRIC_REFUSED, "header-folded"), 1);
    rig_stop(r);
}

static void test_fault__resets_or_cuts(void **state UNUSED)
{
    rig_start(r, NULL);
    BOTH_WAYS(tls)
    {
        struct client c;
        client_open(&c, r, tls);
        struct answer a = client_ask(&c, "GET /reset HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_int_equal(a.status, 0);
        assert_int_equal(strlen(a.head), 0);
        assert_true(a.reset);
        client_close(&c);
        client_open(&c, r, tls);
        a = client_ask(&c, "GET /cut HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_int_equal(a.status, 0);
        assert_true(answer_has(&a, "\r\nContent-Length: 10\r\n"));
        assert_string_equal(a.body, "01234");
        assert_true(a.reset);
        client_close(&c);
    }
    rig_stop(r);
    assert_int_equal(r->aborted, 4);
}

/* ---- connections ---- */

static void few_connections(struct http_config *config)
{
    static struct cidr_list exempt;
    cidr_list_clear(&exempt);
    assert_int_equal(cidr_list_parse(STR("127.0.0.9"), &exempt, NULL), RC_OK);
    config->exempt = &exempt;
    config->limits.connections = 6;
    config->limits.connections_per_address = 3;
}

/* Opens a connection that works, or sees it closed at once. */
static bool admitted(struct client *c, const char *source)
{
    assert_true(client_open_from(c, r, false, source));
    (void)client_send(c, HELLO, strlen(HELLO));
    struct answer a = client_answer(c, false);
    return a.status == 200;
}

static void test_connections__are_limited_by_address_and_in_all(void **state UNUSED)
{
    struct client c[6], extra;
    rig_start(r, few_connections);
    for (int i = 0; i < 3; i++) {
        assert_true(admitted(&c[i], "127.0.0.1"));
    }
    assert_false(admitted(&extra, "127.0.0.1")); /* counted over both loops */
    client_close(&extra);
    assert_true(admitted(&c[3], "127.0.0.2"));
    assert_true(admitted(&c[4], "127.0.0.9"));
    client_close(&c[0]);
    client_close(&c[1]);
    client_close(&c[2]);
    while (rig_metric(r, HTTP_METRIC_CONNECTIONS, NULL) > 2) {
        (void)poll(NULL, 0, 1);
    }
    for (int i = 0; i < 3; i++) {
        assert_true(admitted(&c[i], "127.0.0.9")); /* exempt: four of them with the one above */
    }
    assert_true(admitted(&c[5], "127.0.0.9"));
    assert_false(admitted(&extra, "127.0.0.9"));
    client_close(&extra);
    assert_int_equal(rig_metric(r, HTTP_METRIC_CONNECTIONS_REFUSED, "address"), 1);
    assert_int_equal(rig_metric(r, HTTP_METRIC_CONNECTIONS_REFUSED, "total"), 1);
    for (int i = 0; i < 6; i++) {
        client_close(&c[i]);
    }
    rig_stop(r);
}

static void test_accept__waits_without_spinning_when_descriptors_run_out(void **state UNUSED)
{
    struct rlimit before, few;
    struct client c;
    struct rusage at_first, later;
    rig_start(r, NULL);
    client_open(&c, r, false);
    ask(&c, HELLO, 200, "hello");
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(r->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = (rlim_t)fd + 1; /* ours is the last */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    getrusage(RUSAGE_SELF, &at_first);
    while (rig_metric(r, HTTP_METRIC_CONNECTIONS_REFUSED, "files") < 4) {
        (void)poll(NULL, 0, 5);
    }
    getrusage(RUSAGE_SELF, &later);
    ask(&c, HELLO, 200, "hello"); /* others are served meanwhile */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    long used_ms = (later.ru_utime.tv_sec - at_first.ru_utime.tv_sec + later.ru_stime.tv_sec -
                    at_first.ru_stime.tv_sec) *
                       1000 +
                   (later.ru_utime.tv_usec - at_first.ru_utime.tv_usec + later.ru_stime.tv_usec -
                    at_first.ru_stime.tv_usec) /
                       1000;
    assert_true(used_ms < 100); /* of about 300 */
    client_close(&c);
    c = (struct client){.fd = fd};
    ask(&c, HELLO, 200, "hello"); /* it was only late */
    client_close(&c);
    rig_stop(r);
}

static void test_tls__closes_quietly_on_a_plain_client(void **state UNUSED)
{
    struct client c;
    rig_start(r, NULL);
    r->port = r->tls_port;
    client_open(&c, r, false);
    client_say(&c, HELLO);
    struct answer a = client_answer(&c, false);
    assert_int_equal(a.status, 0);
    assert_int_equal(strlen(a.head), 0);
    client_close(&c);
    assert_int_equal(rig_metric(r, HTTP_METRIC_HANDSHAKES, "failed"), 1);
    rig_stop(r);
}

static const char *peer_name(struct client *c, char name[64])
{
    X509 *x = SSL_get1_peer_certificate(c->tls);
    X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, name, 64);
    X509_free(x);
    return name;
}

static void test_tls__reload_serves_the_new_certificate_and_keeps_the_old_one_when_it_is_bad(
    void **state UNUSED)
{
    struct client old, new;
    struct err err = {0};
    char name[64], other[96];
    rig_start(r, NULL);
    client_open(&old, r, true);
    assert_string_equal(peer_name(&old, name), "first");
    snprintf(other, sizeof other, "%s/other", r->folder);
    rig_certificate(r->certificate, other, "second"); /* its key is in `other` */
    assert_int_equal(http_server_reload_tls(r->server, r->certificate, r->key, &err), RC_INVALID);
    assert_non_null(strstr(err.msg, r->key));
    assert_int_equal(http_server_reload_tls(r->server, "/nonexistent", other, &err), RC_INVALID);
    assert_non_null(strstr(err.msg, "/nonexistent"));
    client_open(&new, r, true);
    assert_string_equal(peer_name(&new, name), "first");
    client_close(&new);
    assert_int_equal(http_server_reload_tls(r->server, r->certificate, other, &err), RC_OK);
    client_open(&new, r, true);
    assert_string_equal(peer_name(&new, name), "second");
    ask(&new, HELLO, 200, "hello");
    ask(&old, HELLO, 200, "hello"); /* goes on with what it has */
    client_close(&new);
    client_close(&old);
    (void)unlink(other);
    rig_stop(r);
}

static void test_tls__resumes_sessions_and_refuses_old_versions_and_strange_protocols(void **state UNUSED)
{
    struct client c;
    rig_start(r, NULL);
    client_open(&c, r, true);
    ask(&c, HELLO, 200, "hello"); /* the ticket came with it */
    SSL_SESSION *session = SSL_get1_session(c.tls);
    SSL_set_shutdown(c.tls, SSL_SENT_SHUTDOWN); /* else OpenSSL holds the session for broken */
    client_close(&c);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(r->tls_port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    c = (struct client){.fd = fd, .tls = SSL_new(r->client_tls)};
    SSL_set_fd(c.tls, fd);
    SSL_set_session(c.tls, session);
    assert_int_equal(SSL_connect(c.tls), 1);
    assert_true(SSL_session_reused(c.tls));
    SSL_SESSION_free(session);
    client_close(&c);

    SSL_CTX_set_alpn_protos(r->client_tls, (const unsigned char *)"\x02h2", 3);
    assert_false(client_open_from(&c, r, true, "127.0.0.1"));
    SSL_CTX_set_alpn_protos(r->client_tls, (const unsigned char *)"\x02h2\x08http/1.1", 12);
    assert_true(client_open_from(&c, r, true, "127.0.0.1"));
    const unsigned char *chosen;
    unsigned n;
    SSL_get0_alpn_selected(c.tls, &chosen, &n);
    assert_memory_equal(chosen, "http/1.1", 8);
    client_close(&c);

    SSL_CTX_set_max_proto_version(r->client_tls, TLS1_2_VERSION);
    assert_true(client_open_from(&c, r, true, "127.0.0.1"));
    ask(&c, HELLO, 200, "hello");
    client_close(&c);
    SSL_CTX_set_min_proto_version(r->client_tls, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(r->client_tls, TLS1_1_VERSION);
    SSL_CTX_set_security_level(r->client_tls, 0);
    assert_false(client_open_from(&c, r, true, "127.0.0.1"));
    rig_stop(r);
}

static void test_server__refuses_a_port_that_is_taken(void **state UNUSED)
{
    struct err err = {0};
    struct http_server *second = NULL;
    rig_start(r, NULL);
    struct http_listen listen = {.app = &r->app};
    assert_true(net_parse(STR("127.0.0.1"), &listen.addr));
    listen.addr.port = r->port;
    struct http_config config = {.listen = &listen, .listen_count = 1, .threads = 1, .name = "second"};
    http_limits_default(&config.limits);
    assert_int_equal(http_server_new(&config, &second, &err), RC_CONFLICT);
    assert_non_null(strstr(err.msg, "127.0.0.1:"));
    rig_stop(r);
}

static bool is_refused(uint16_t port)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool refused = connect(fd, (const struct sockaddr *)&to, sizeof to) != 0 && errno == ECONNREFUSED;
    close(fd);
    return refused;
}

static void await_refused(uint16_t port, bool refused)
{
    int64_t end = clock_mono().ms + 10000;
    while (is_refused(port) != refused) {
        assert_true(clock_mono().ms < end);
        usleep(1000);
    }
}

/* Several loops, each with a socket of its own, and several times: the port stays the same. */
static void test_listen__closes_and_opens_one_listener(void **state UNUSED)
{
    struct client kept, waiting, other;
    rig_start(r, NULL);
    for (int round = 0; round < 3; round++) {
        struct answer a;
        client_open(&kept, r, false);
        client_open(&waiting, r, false);
        client_open(&other, r, true);
        ask(&kept, HELLO, 200, "hello");
        client_say(&waiting, WAIT);
        rig_await_tickets(r, 1);
        http_server_listen(r->server, 0, false);
        await_refused(r->port, true);
        a = client_answer(&kept, false);
        assert_true(a.reset);
        a = client_answer(&waiting, false);
        assert_true(a.reset);
        ask(&other, HELLO, 200, "hello");
        rig_resume_all(r);
        http_server_listen(r->server, 0, false);
        assert_true(is_refused(r->port));
        http_server_listen(r->server, 0, true);
        await_refused(r->port, false);
        client_close(&kept);
        client_open(&kept, r, false);
        ask(&kept, HELLO, 200, "hello");
        client_close(&kept);
        client_close(&waiting);
        client_close(&other);
    }
    rig_stop(r);
}

static void test_listen__closed_drains_as_well(void **state UNUSED)
{
    rig_start(r, NULL);
    http_server_listen(r->server, 0, false);
    await_refused(r->port, true);
    assert_true(http_server_drain(r->server));
    rig_stop(r);
}

static void test_server__may_be_freed_before_it_started(void **state UNUSED)
{
    struct http_server *server = NULL;
    struct http_app app = {0};
    struct http_listen listen = {.app = &app};
    assert_true(net_parse(STR("127.0.0.1"), &listen.addr));
    struct http_config config = {.listen = &listen, .listen_count = 1, .name = "idle"};
    http_limits_default(&config.limits);
    assert_int_equal(http_server_new(&config, &server, NULL), RC_OK);
    assert_true(http_server_port(server, 0) != 0);
    http_server_free(server);
    http_server_free(NULL);
    listen.tls = true;
    assert_int_equal(http_server_new(&config, &server, NULL), RC_INVALID);
}

/* ---- drain ---- */

static void *drain_main(void *ret_clean)
{
    *(bool *)ret_clean = http_server_drain(r->server);
    return NULL;
}

static void drain_long(struct http_config *config)
{
    config->limits.drain_ms = 5000;
}

static void test_drain__answers_what_has_begun_and_closes_what_is_idle(void **state UNUSED)
{
    struct client waiting[4], begun, idle, late;
    pthread_t thread;
    bool clean = false;
    rig_start(r, drain_long);
    for (int i = 0; i < 4; i++) {
        client_open(&waiting[i], r, i % 2);
        client_say(&waiting[i], WAIT);
    }
    client_open(&begun, r, true);
    client_say(&begun, "GET /hello HT");
    client_open(&idle, r, true);
    ask(&idle, HELLO, 200, "hello");
    rig_await_tickets(r, 4);
    assert_int_equal(pthread_create(&thread, NULL, drain_main, &clean), 0);
    assert_true(client_ended(&idle));
    while (client_open_from(&late, r, false, "127.0.0.1")) { /* until new ones are refused */
        client_close(&late);
    }
    client_say(&begun, "TP/1.1\r\nHost: h\r\n\r\n");
    struct answer a = client_answer(&begun, false);
    expect_answer(&a, 200, "hello");
    assert_true(answer_has(&a, "\r\nConnection: close\r\n"));
    rig_resume_all(r);
    for (int i = 0; i < 4; i++) {
        a = client_answer(&waiting[i], false);
        expect_answer(&a, 200, "waited");
        assert_true(answer_has(&a, "\r\nConnection: close\r\n"));
        client_close(&waiting[i]);
    }
    client_close(&begun);
    client_close(&idle);
    pthread_join(thread, NULL);
    assert_true(clean);
    rig_stop(r);
}

static void drain_soon(struct http_config *config)
{
    config->limits.drain_ms = 100;
}

static void test_drain__ends_in_time_and_says_what_it_cut(void **state UNUSED)
{
    struct client c;
    rig_start(r, drain_soon);
    client_open(&c, r, true);
    client_say(&c, WAIT);
    rig_await_tickets(r, 1);
    struct mono begin = clock_mono();
    assert_false(http_server_drain(r->server));
    assert_true(clock_mono().ms - begin.ms < 2000);
    struct answer a = client_answer(&c, false);
    assert_int_equal(a.status, 0);
    client_close(&c);
    rig_stop(r); /* the ticket comes back after the loops have ended */
}

/* Clients that ask without pause, some on one connection, some on a new one each time. Whoever was connected is answered. */
struct load {
    bool tls, keep;
    unsigned answered, lost;
    pthread_t thread;
};
static atomic_bool draining;

static void *load_main(void *arg)
{
    struct load *load = arg;
    struct client c = {.fd = -1};
    for (;;) {
        if (c.fd < 0 && !client_open_from(&c, r, load->tls, "127.0.0.1")) {
            if (atomic_load(&draining)) {
                return NULL;
            }
            load->lost++;
            return NULL;
        }
        bool sent = client_send(&c, "GET /later HTTP/1.1\r\nHost: h\r\n\r\n", 32);
        struct answer a = client_answer(&c, false);
        load->lost += !sent || a.status != 200;
        load->answered += a.status == 200;
        if (!load->keep || a.status != 200 || answer_has(&a, "Connection: close")) {
            client_close(&c);
        }
    }
}

static void drain_brief(struct http_config *config)
{
    config->limits.drain_ms = 400; /* grace 100 */
}

static void test_drain__loses_no_request_under_load(void **state UNUSED)
{
    unsigned answered = 0, lost = 0;
    int rounds = getenv("HTTP_DRAIN_ROUNDS") != NULL ? (int)strtol(getenv("HTTP_DRAIN_ROUNDS"), NULL, 10) : 8;
    for (int round = 0; round < rounds; round++) {
        struct load loads[6] = {{0}};
        atomic_store(&draining, false);
        rig_start(r, drain_brief);
        for (int i = 0; i < 6; i++) {
            loads[i] = (struct load){.tls = i % 2, .keep = i < 4};
            assert_int_equal(pthread_create(&loads[i].thread, NULL, load_main, &loads[i]), 0);
        }
        rig_await(r, &r->finished, 20 + 37 * (unsigned)round % 100);
        atomic_store(&draining, true);
        bool clean = http_server_drain(r->server);
        for (int i = 0; i < 6; i++) {
            pthread_join(loads[i].thread, NULL);
            answered += loads[i].answered;
            lost += loads[i].lost;
        }
        assert_true(clean);
        rig_stop(r);
    }
    print_message("drained %d times: %u answered, %u lost\n", rounds, answered, lost);
    assert_int_equal(lost, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_server__keeps_the_connection_and_answers_in_order),
        cmocka_unit_test(test_server__answers_hundreds_of_pipelined_requests),
        cmocka_unit_test(test_reply__leaves_bodies_out_where_there_are_none),
        cmocka_unit_test(test_server__closes_when_asked),
        cmocka_unit_test(test_server__sends_a_big_reply_to_a_patient_reader),
        cmocka_unit_test(test_server__answers_a_client_that_ended_its_direction),
        cmocka_unit_test(test_suspend__resumes_groups_from_another_thread),
        cmocka_unit_test(test_hold__lets_the_last_release_wake),
        cmocka_unit_test(test_suspend__may_come_before_and_after_the_body),
        cmocka_unit_test(test_suspend__survives_a_client_that_goes_away),
        cmocka_unit_test(test_deadline__answers_503_and_drops_the_late_answer),
        cmocka_unit_test(test_deadline__ends_a_dripped_header_block),
        cmocka_unit_test(test_deadline__ends_a_dripped_body),
        cmocka_unit_test(test_deadline__ends_a_silent_or_dripped_handshake),
        cmocka_unit_test(test_deadline__closes_silent_and_idle_connections_without_a_word),
        cmocka_unit_test(test_deadline__cuts_off_a_slow_reader),
        cmocka_unit_test(test_refusal__is_seen_by_a_client_that_is_still_sending),
        cmocka_unit_test(test_refusal__of_a_short_body_keeps_the_connection),
        cmocka_unit_test(test_refusal__does_not_skip_what_it_cannot_measure),
        cmocka_unit_test(test_linger__ends_for_a_client_that_never_stops),
        cmocka_unit_test(test_body__takes_the_maximum_and_refuses_one_more),
        cmocka_unit_test(test_body__is_503_when_all_together_are_too_many),
        cmocka_unit_test(test_expectation__is_met_only_when_the_body_is_wanted),
        cmocka_unit_test(test_body__cut_short_by_the_client_is_400),
        cmocka_unit_test(test_refusal__is_counted_by_its_reason),
        cmocka_unit_test(test_fault__resets_or_cuts),
        cmocka_unit_test(test_connections__are_limited_by_address_and_in_all),
        cmocka_unit_test(test_accept__waits_without_spinning_when_descriptors_run_out),
        cmocka_unit_test(test_tls__closes_quietly_on_a_plain_client),
        cmocka_unit_test(test_tls__reload_serves_the_new_certificate_and_keeps_the_old_one_when_it_is_bad),
        cmocka_unit_test(test_tls__resumes_sessions_and_refuses_old_versions_and_strange_protocols),
        cmocka_unit_test(test_server__refuses_a_port_that_is_taken),
        cmocka_unit_test(test_listen__closes_and_opens_one_listener),
        cmocka_unit_test(test_listen__closed_drains_as_well),
        cmocka_unit_test(test_server__may_be_freed_before_it_started),
        cmocka_unit_test(test_drain__answers_what_has_begun_and_closes_what_is_idle),
        cmocka_unit_test(test_drain__ends_in_time_and_says_what_it_cut),
        cmocka_unit_test(test_drain__loses_no_request_under_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
