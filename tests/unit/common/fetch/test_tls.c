#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/base/file.h"
#include "common/crypto/certificate_make.h"
#include "common/fetch/fetch.h"
#include "common/http/http.h"

struct room {
    struct arena *mem;
    struct fetch *fetch;
    struct http_server *server;
    uint16_t tls_port, plain_port;
    char dir[32];
    struct str ca, other_ca; /* files */
};

static void answer(void *arg, struct http_exchange *x)
{
    (void)arg;
    http_reply(x, &(struct http_reply){.status = 200, .body = STR("hello")});
}

static const struct http_app app = {.head = answer};

static struct str path(struct room *room, const char *name)
{
    return arena_printf(room->mem, "%s/%s", room->dir, name);
}

static void write_pair(struct room *room, const char *name, const struct certificate_pair *pair)
{
    struct str certificate = path(room, name), key = arena_printf(room->mem, "%s/%s.key", room->dir, name);
    assert_int_equal(file_write(certificate.p, buf_str(pair->certificate), 0600, NULL), RC_OK);
    assert_int_equal(file_write(key.p, buf_str(pair->key), 0600, NULL), RC_OK);
}

/* ca, other-ca, and a server's certificate for localhost, but for no address, by ca. */
static void make_certificates(struct room *room)
{
    struct buf text[6];
    for (size_t i = 0; i < ARRAY_LEN(text); i++) {
        buf_init(&text[i], 1 << 16);
    }
    struct certificate_pair ca = {&text[0], &text[1]}, other = {&text[2], &text[3]},
                            server = {&text[4], &text[5]};
    struct str name = STR("localhost");
    assert_int_equal(certificate_make_authority(STR("test"), 2, &ca, NULL), RC_OK);
    assert_int_equal(certificate_make_authority(STR("test"), 2, &other, NULL), RC_OK);
    assert_int_equal(
        certificate_make_server(buf_str(ca.certificate), buf_str(ca.key), &name, 1, 2, &server, NULL), RC_OK);
    write_pair(room, "ca", &ca);
    write_pair(room, "other", &other);
    write_pair(room, "server", &server);
    for (size_t i = 0; i < ARRAY_LEN(text); i++) {
        buf_clear(&text[i]);
    }
}

static int given_room(void **state)
{
    static struct room room;
    room.mem = arena_new(1 << 20);
    memcpy(room.dir, "/tmp/fetch-XXXXXX", 18);
    assert_non_null(mkdtemp(room.dir));
    make_certificates(&room);
    room.ca = path(&room, "ca");
    room.other_ca = path(&room, "other");
    struct http_listen listen[2] = {{.tls = true, .app = &app}, {.app = &app}};
    assert_true(net_parse(STR("127.0.0.1"), &listen[0].addr));
    listen[1].addr = listen[0].addr;
    struct str certificate = path(&room, "server"), key = path(&room, "server.key");
    struct http_config config = {
        .listen = listen,
        .listen_count = 2,
        .threads = 1,
        .tls_certificate = certificate.p,
        .tls_key = key.p,
        .name = "test",
    };
    http_limits_default(&config.limits);
    assert_int_equal(http_server_new(&config, &room.server, NULL), RC_OK);
    assert_int_equal(http_server_start(room.server, NULL), RC_OK);
    room.tls_port = http_server_port(room.server, 0);
    room.plain_port = http_server_port(room.server, 1);
    *state = &room;
    return fetch_new(&room.fetch, NULL) != RC_OK;
}

static int drop_room(void **state)
{
    struct room *room = *state;
    fetch_free(room->fetch);
    (void)http_server_drain(room->server);
    http_server_free(room->server);
    static const char *const names[] = {"ca", "ca.key", "other", "other.key", "server", "server.key"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct str file = path(room, names[i]);
        (void)unlink(file.p);
    }
    int rc = rmdir(room->dir);
    arena_free(room->mem);
    return rc;
}

static void test_fetch__trusts_only_whom_it_is_told_to(void **state)
{
    struct room *room = *state;
    struct str nothing = path(room, "nothing");
    const struct {
        const char *scheme, *host;
        uint16_t port;
        struct str ca_file;
        enum rc rc;
    } cases[] = {
        {"https", "localhost", room->tls_port, room->ca, RC_OK},
        {"https", "localhost", room->tls_port, room->other_ca, RC_DENIED},
        {"https", "localhost", room->tls_port, STR_NONE, RC_DENIED},
        {"https", "localhost", room->tls_port, nothing, RC_DENIED},
        {"https", "127.0.0.1", room->tls_port, room->ca, RC_DENIED}, /* not a name of the certificate */
        {"https", "localhost", room->plain_port, room->ca, RC_BUSY},
        {"http", "localhost", room->plain_port, room->ca, RC_OK},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fetch_request request = {
            .url = arena_printf(room->mem, "%s://%s:%u/", cases[i].scheme, cases[i].host, cases[i].port),
            .ca_file = cases[i].ca_file,
            .deadline = mono_after(clock_mono(), 10000),
        };
        struct fetch_reply reply = {0};
        struct err err = {0};
        enum rc rc = fetch_wait(room->fetch, &request, room->mem, &reply, &err);
        bool right =
            rc == cases[i].rc && (rc != RC_OK || (reply.status == 200 && str_eq(reply.body, STR("hello"))));
        if (!right) {
            fail_msg("case %zu: %s: %s", i, rc_name(rc), err.msg);
        }
    }
}

static void test_fetch__keeps_trust_apart_on_kept_connections(void **state)
{
    struct room *room = *state;
    struct fetch_request request = {
        .url = arena_printf(room->mem, "https://localhost:%u/", room->tls_port),
        .deadline = mono_after(clock_mono(), 10000),
    };
    struct fetch_reply reply;
    for (int i = 0; i < 6; i++) {
        request.ca_file = i % 2 == 0 ? room->ca : room->other_ca;
        assert_int_equal(fetch_wait(room->fetch, &request, room->mem, &reply, NULL),
                         i % 2 == 0 ? RC_OK : RC_DENIED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fetch__trusts_only_whom_it_is_told_to),
        cmocka_unit_test(test_fetch__keeps_trust_apart_on_kept_connections),
    };
    return cmocka_run_group_tests(tests, given_room, drop_room);
}
