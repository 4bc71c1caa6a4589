/* Many clients at once that do everything a client may do, and much it should not; every reply they wait for must be the right
 * one, and every exchange must end exactly once. Meant for the sanitizer builds. HTTP_SOAK_SECONDS makes it longer. */
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/banned.h"

enum { CLIENTS = 12, REQUESTS = 400, PIPELINE_MAX = 9 };

static struct rig rig;
static struct rig *const r = &rig;

struct soaker {
    pthread_t thread;
    uint64_t seed;
    struct mono until;
    struct client c;
    bool tls;
    unsigned right, wrong, aborts;
};

static unsigned dice(struct soaker *s, unsigned sides)
{
    s->seed ^= s->seed << 13;
    s->seed ^= s->seed >> 7;
    s->seed ^= s->seed << 17;
    return (unsigned)(s->seed >> 33) % sides;
}

/* One request, and the body its answer must have. */
static void request_put(struct soaker *s, struct buf *out, char *wanted, size_t wanted_max)
{
    static const char *const get_paths[] = {"/hello", "/later"};
    static const char *const put_paths[] = {"/echo", "/gate"};
    unsigned kind = dice(s, 4), number = dice(s, 1000000);
    if (kind < 2) {
        buf_printf(out, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", get_paths[kind]);
        snprintf(wanted, wanted_max, "%s", kind == 0 ? "hello" : "waited");
        return;
    }
    const char *path = put_paths[dice(s, 2)];
    snprintf(wanted, wanted_max, "%06u", number);
    if (kind == 2) {
        buf_printf(out, "PUT %s HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\n%06u", path, number);
    } else {
        buf_printf(out,
                   "PUT %s HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
                   "chunked\r\n\r\n2\r\n%.2s\r\n4;x\r\n%.4s\r\n0\r\n\r\n",
                   path, wanted, wanted + 2);
    }
}

/* In one write, or in two or three. */
static bool send_split(struct soaker *s, struct str bytes)
{
    for (unsigned cuts = dice(s, 3); cuts > 0 && bytes.n > 1; cuts--) {
        size_t n = 1 + dice(s, (unsigned)bytes.n - 1);
        if (!client_send(&s->c, bytes.p, n)) {
            return false;
        }
        bytes = str_slice(bytes, n, bytes.n);
    }
    return client_send(&s->c, bytes.p, bytes.n);
}

/* Goes away in the middle: resets, closes, or ends its direction after a part. */
static void abort_somewhere(struct soaker *s, struct str bytes)
{
    bool fine = send_split(s, str_slice(bytes, 0, dice(s, (unsigned)bytes.n + 1)));
    unsigned how = dice(s, 3);
    if (how == 0 && fine) {
        client_half_close(&s->c);
        while (client_answer(&s->c, false).status != 0) {
        }
    }
    if (how == 1) {
        client_reset(&s->c);
    } else {
        client_close(&s->c);
    }
    s->aborts++;
}

static void round_run(struct soaker *s)
{
    char wanted[PIPELINE_MAX][16];
    struct buf out;
    unsigned n = dice(s, 2) == 0 ? 1 : 2 + dice(s, PIPELINE_MAX - 1);
    if (s->c.fd < 0) {
        client_open(&s->c, r, s->tls);
    }
    buf_init(&out, 1 << 16);
    for (unsigned i = 0; i < n; i++) {
        request_put(s, &out, wanted[i], sizeof wanted[i]);
    }
    if (dice(s, 8) == 0) {
        abort_somewhere(s, buf_str(&out));
        n = 0;
    } else {
        (void)send_split(s, buf_str(&out)); /* a failure shows in the answers */
    }
    for (unsigned i = 0; i < n; i++) {
        struct answer a = client_answer(&s->c, false);
        bool right = a.status == 200 && strcmp(a.body, wanted[i]) == 0;
        s->right += right;
        s->wrong += !right;
    }
    buf_clear(&out);
}

static void *soaker_main(void *arg)
{
    struct soaker *s = arg;
    while ((s->right < REQUESTS / CLIENTS || clock_mono().ms < s->until.ms) && s->wrong == 0) {
        round_run(s);
    }
    if (s->c.fd >= 0) {
        client_close(&s->c);
    }
    return NULL;
}

static void test_server__survives_everything_at_once(void **state UNUSED)
{
    struct soaker soakers[CLIENTS];
    const char *seconds = getenv("HTTP_SOAK_SECONDS");
    struct mono until = mono_after(clock_mono(), seconds != NULL ? 1000 * strtol(seconds, NULL, 10) : 0);
    unsigned right = 0, wrong = 0, aborts = 0;
    rig_start(r, NULL);
    for (unsigned i = 0; i < CLIENTS; i++) {
        soakers[i] = (struct soaker){
            .seed = 0x9e3779b97f4a7c15u * (i + 1), .until = until, .c = {.fd = -1}, .tls = i % 2};
        assert_int_equal(pthread_create(&soakers[i].thread, NULL, soaker_main, &soakers[i]), 0);
    }
    for (unsigned i = 0; i < CLIENTS; i++) {
        pthread_join(soakers[i].thread, NULL);
        right += soakers[i].right;
        wrong += soakers[i].wrong;
        aborts += soakers[i].aborts;
    }
    rig_stop(r);
    print_message("%u right, %u wrong, %u clients gone in between\n", right, wrong, aborts);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_server__survives_everything_at_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
