/* Names to addresses, against DNS servers of the test's own, which answer from a table over UDP (RFC 1035 section 4). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/resolve/resolve.h"

#define SOON_MS    10000
#define PACKET_MAX 512
#define TYPE_A     1
#define TYPE_AAAA  28

enum fault { FINE, SILENT, WRONG_ID, GARBAGE };

struct name {
    const char *name;
    int rcode, a, aaaa; /* how many records of each */
    uint32_t ttl_s;
    enum fault fault;
};
static const struct name names[] = {
    {"one.test", 0, 1, 0, 60, FINE},        {"both.test", 0, 2, 1, 30, FINE},
    {"six.test", 0, 0, 2, 9, FINE},         {"many.test", 0, 20, 0, 5, FINE},
    {"none.test", 0, 0, 0, 0, FINE},        {"gone.test", 3, 0, 0, 0, FINE},
    {"broken.test", 2, 0, 0, 0, FINE},      {"silent.test", 0, 0, 0, 0, SILENT},
    {"forged.test", 0, 1, 0, 60, WRONG_ID}, {"garbage.test", 0, 0, 0, 0, GARBAGE},
};

struct server {
    int socket, stop[2];
    struct net_addr at;
    bool refuses; /* SERVFAIL, whatever it is asked */
    atomic_int asked;
    pthread_t thread;
};

/* The name of the question, with dots; the type behind it. */
static size_t read_question(const uint8_t *packet, size_t n, char *name, unsigned *type)
{
    size_t at = 12, out = 0;
    while (at < n && packet[at] != 0 && at + packet[at] < n) {
        out += out > 0 ? (name[out] = '.', 1) : 0;
        memcpy(name + out, packet + at + 1, packet[at]);
        out += packet[at];
        at += 1 + (size_t)packet[at];
    }
    name[out] = '\0';
    *type = (unsigned)packet[at + 1] << 8 | packet[at + 2];
    return at + 5;
}

static size_t put_record(uint8_t *packet, size_t at, unsigned type, uint32_t ttl_s, uint8_t nth)
{
    size_t bytes = type == TYPE_A ? 4 : 16;
    const uint8_t head[] = {
        0xc0, 12, 0, (uint8_t)type, 0, 1, 0, 0, (uint8_t)(ttl_s >> 8), (uint8_t)ttl_s, 0, (uint8_t)bytes};
    memcpy(packet + at, head, sizeof(head));
    memset(packet + at + sizeof(head), 0, bytes);
    packet[at + sizeof(head)] = type == TYPE_A ? 192 : 0xfd;
    packet[at + sizeof(head) + bytes - 1] = nth;
    return at + sizeof(head) + bytes;
}

static size_t make_answer(const struct server *server, uint8_t *packet, size_t n)
{
    char text[PACKET_MAX];
    unsigned type;
    size_t at = read_question(packet, n, text, &type);
    const struct name *row = &names[0];
    while (row < names + ARRAY_LEN(names) && strcasecmp(row->name, text) != 0) {
        row++;
    }
    bool known = row < names + ARRAY_LEN(names);
    int count = !known || server->refuses ? 0 : type == TYPE_A ? row->a : row->aaaa;
    packet[0] ^= known && row->fault == WRONG_ID ? 1 : 0;
    packet[2] = 0x81;
    packet[3] = (uint8_t)(0x80 | (server->refuses ? 2 : known ? row->rcode : 3));
    packet[7] = (uint8_t)count;
    memset(packet + 8, 0, 4); /* no authority; the question's EDNS goes */
    for (int i = 0; i < count; i++) {
        at = put_record(packet, at, type, row->ttl_s, (uint8_t)(i + 1));
    }
    return known && row->fault == SILENT ? 0 : known && row->fault == GARBAGE ? 5 : at;
}

static void *serve(void *arg)
{
    struct server *server = arg;
    uint8_t packet[2 * PACKET_MAX];
    struct pollfd fds[2] = {{.fd = server->stop[0], .events = POLLIN},
                            {.fd = server->socket, .events = POLLIN}};
    while (poll(fds, 2, -1) > 0 && fds[0].revents == 0) {
        struct sockaddr_storage from;
        socklen_t size = sizeof(from);
        ssize_t n = recvfrom(server->socket, packet, PACKET_MAX, 0, (struct sockaddr *)&from, &size);
        atomic_fetch_add(&server->asked, 1);
        size_t bytes = n > 16 ? make_answer(server, packet, (size_t)n) : 0;
        if (bytes > 0) {
            (void)sendto(server->socket, packet, bytes, 0, (struct sockaddr *)&from, size);
        }
    }
    return NULL;
}

static void server_start(struct server *server)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(at);
    server->socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server->socket, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(getsockname(server->socket, (struct sockaddr *)&at, &size), 0);
    assert_int_equal(pipe(server->stop), 0);
    net_from_sockaddr((struct sockaddr *)&at, &server->at);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void server_stop(struct server *server)
{
    close(server->stop[1]);
    pthread_join(server->thread, NULL);
    close(server->stop[0]);
    close(server->socket);
}

struct room {
    struct server bad, good;
    struct resolve_servers both, only_good;
    struct resolve_answer answer;
    struct err err;
};

static int given_room(void **state)
{
    struct room *room = calloc(1, sizeof(*room));
    room->bad.refuses = true;
    server_start(&room->bad);
    server_start(&room->good);
    room->both = (struct resolve_servers){.items = {room->bad.at, room->good.at}, .count = 2};
    room->only_good = (struct resolve_servers){.items = {room->good.at}, .count = 1};
    *state = room;
    return 0;
}

static int drop_room(void **state)
{
    struct room *room = *state;
    server_stop(&room->bad);
    server_stop(&room->good);
    free(room);
    return 0;
}

static enum rc look_up(struct room *room, const char *name)
{
    room->err = (struct err){0};
    return resolve_host(&room->only_good, str_of(name), mono_after(clock_mono(), SOON_MS), &room->answer,
                        &room->err);
}

static void expect_first(const struct room *room, const char *address)
{
    char text[NET_TEXT_MAX];
    struct str found = net_text(&room->answer.addresses[0], text);
    assert_int_equal(found.n, strlen(address));
    assert_memory_equal(found.p, address, found.n);
}

static void test_host__gives_what_the_server_has(void **state)
{
    struct room *room = *state;
    assert_int_equal(look_up(room, "one.test"), RC_OK);
    assert_int_equal(room->answer.count, 1);
    assert_int_equal(room->answer.ttl_s, 60);
    expect_first(room, "192.0.0.1");
    assert_int_equal(look_up(room, "ONE.test."), RC_OK);
}

static void test_host__gives_both_families_ipv4_first(void **state)
{
    struct room *room = *state;
    assert_int_equal(look_up(room, "both.test"), RC_OK);
    assert_int_equal(room->answer.count, 3);
    expect_first(room, "192.0.0.1");
    assert_int_equal(room->answer.addresses[2].family, 6);
    assert_int_equal(look_up(room, "six.test"), RC_OK);
    assert_int_equal(room->answer.count, 2);
    expect_first(room, "fd00::1");
}

static void test_host__takes_no_more_than_it_has_room_for(void **state)
{
    struct room *room = *state;
    assert_int_equal(look_up(room, "many.test"), RC_OK);
    assert_int_equal(room->answer.count, RESOLVE_ADDRESSES_MAX);
}

static void test_host__that_is_not_there_is_not_found(void **state)
{
    struct room *room = *state;
    assert_int_equal(look_up(room, "gone.test"), RC_NOT_FOUND);
    assert_non_null(strstr(room->err.msg, "gone.test"));
    assert_int_equal(look_up(room, "none.test"), RC_NOT_FOUND);
}

static void test_host__is_busy_without_an_answer_that_says_anything(void **state)
{
    static const char *const cases[] = {"broken.test", "garbage.test"};
    struct room *room = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(look_up(room, cases[i]), RC_BUSY);
    }
}

static void test_host__does_not_believe_an_answer_to_another_question(void **state)
{
    struct room *room = *state;
    enum rc rc = resolve_host(&room->only_good, STR("forged.test"), mono_after(clock_mono(), 300),
                              &room->answer, &room->err);
    assert_int_equal(rc, RC_BUSY);
}

static void test_host__ends_at_its_deadline(void **state)
{
    struct room *room = *state;
    int64_t begun_ms = clock_mono().ms;
    enum rc rc = resolve_host(&room->only_good, STR("silent.test"), mono_after(clock_mono(), 100),
                              &room->answer, &room->err);
    assert_int_equal(rc, RC_BUSY);
    assert_true(clock_mono().ms - begun_ms < RESOLVE_TRY_MS);
}

static void test_servers__are_asked_in_turn(void **state)
{
    struct room *room = *state;
    assert_int_equal(resolve_host(&room->both, STR("one.test"), mono_after(clock_mono(), SOON_MS),
                                  &room->answer, &room->err),
                     RC_OK);
    assert_true(atomic_load(&room->bad.asked) > 0);
    expect_first(room, "192.0.0.1");
}

static void test_host__needs_no_server_for_addresses_and_localhost(void **state)
{
    static const struct {
        const char *host, *address;
    } cases[] = {{"192.0.2.7", "192.0.2.7"},
                 {"2001:db8::7", "2001:db8::7"},
                 {"[2001:db8::7]", "2001:db8::7"},
                 {"LocalHost", "127.0.0.1"}};
    struct room *room = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(look_up(room, cases[i].host), RC_OK);
        expect_first(room, cases[i].address);
        assert_int_equal(room->answer.ttl_s, 0);
    }
    assert_int_equal(atomic_load(&room->good.asked), 0);
}

static void test_host__refuses_what_is_no_name(void **state)
{
    char longest[300];
    struct room *room = *state;
    memset(longest, 'a', sizeof(longest));
    longest[sizeof(longest) - 1] = '\0';
    assert_int_equal(look_up(room, ""), RC_INVALID);
    assert_int_equal(look_up(room, "a..b"), RC_INVALID);
    assert_int_equal(look_up(room, longest), RC_INVALID);
    longest[64] = '\0'; /* a label has at most 63 */
    assert_int_equal(look_up(room, longest), RC_INVALID);
}

static void test_servers__are_read_from_text(void **state)
{
    static const char *const wrong[] = {
        "",
        ",",
        "192.0.2.1,,192.0.2.2",
        "name.test",
        "192.0.2.1:0",
        "192.0.2.1:65536",
        "[2001:db8::1",
        "1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4,1.1.1.5,1.1.1.6,1.1.1.7,1.1.1.8,1.1.1.9"};
    struct resolve_servers servers;
    (void)state;
    assert_int_equal(
        resolve_servers_parse(STR("192.0.2.1, 192.0.2.2:5353 ,[2001:db8::1]:54,2001:db8::2"), &servers, NULL),
        RC_OK);
    assert_int_equal(servers.count, 4);
    assert_int_equal(servers.items[0].port, 53);
    assert_int_equal(servers.items[1].port, 5353);
    assert_int_equal(servers.items[2].port, 54);
    assert_int_equal(servers.items[3].port, 53);
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        if (resolve_servers_parse(str_of(wrong[i]), &servers, NULL) == RC_OK) {
            fail_msg("\"%s\" was taken", wrong[i]);
        }
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, given_room, drop_room)
    const struct CMUnitTest tests[] = {
        TEST(test_host__gives_what_the_server_has),
        TEST(test_host__gives_both_families_ipv4_first),
        TEST(test_host__takes_no_more_than_it_has_room_for),
        TEST(test_host__that_is_not_there_is_not_found),
        TEST(test_host__is_busy_without_an_answer_that_says_anything),
        TEST(test_host__does_not_believe_an_answer_to_another_question),
        TEST(test_host__ends_at_its_deadline),
        TEST(test_servers__are_asked_in_turn),
        TEST(test_host__needs_no_server_for_addresses_and_localhost),
        TEST(test_host__refuses_what_is_no_name),
        cmocka_unit_test(test_servers__are_read_from_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
