/* What is built before anything is sent; the messages themselves go to real servers in tests/dns. */
#include "common/resolve/update.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static const struct rr address = {{"a.example.net", 13}, RR_A, 60, {"192.0.2.1", 9}};
static const struct rr text = {{"a.example.net", 13}, RR_TXT, 60, {"MS=ms1", 6}};

#define MESSAGE_BYTES (12 + 13 + 4) /* head; example.net, type, class */
#define RECORD_BYTES  (15 + 10)     /* a.example.net; type, class, TTL, length */

/* Nobody listens there. */
static enum rc send_nowhere(const struct update *update, struct err *err)
{
    const struct net_addr server = {.bytes = {127, 0, 0, 1}, .port = 1, .family = 4};
    const struct tsig_key key = {STR("key"), STR("c2VjcmV0")};
    struct update_result result;
    return update_send(update, &server, &key, mono_after(clock_mono(), 10000), &result, err);
}

static void test_update__counts_its_bytes(void **state UNUSED)
{
    CLEANUP(arena_freep) struct arena *mem = arena_new(4096);
    struct update update, other;
    update_init(&update, mem, STR("example.net"));
    assert_int_equal(update.bytes, MESSAGE_BYTES);
    update_require_unused(&update, address.name);
    update_require_none(&update, address.name, RR_TXT);
    assert_int_equal(update.bytes, MESSAGE_BYTES + 2 * RECORD_BYTES);
    update_init(&other, mem, STR("example.net"));
    update_require(&other, &text);
    update_add(&other, &address);
    update_delete(&other, &text);
    assert_int_equal(other.bytes, MESSAGE_BYTES + 3 * RECORD_BYTES + 7 + 4 + 7);
    size_t both = update_bytes_with(&update, &other);
    update_append(&update, &other);
    assert_int_equal(update.bytes, both);
    assert_int_equal(both, MESSAGE_BYTES + 5 * RECORD_BYTES + 18);
    assert_false(update.failed);
}

static void test_update__remembers_what_is_no_record(void **state UNUSED)
{
    const struct rr bad_name = {STR("a..b"), RR_A, 60, STR("192.0.2.1")};
    const struct rr bad_data = {STR("a.example.net"), RR_A, 60, STR("192.0.2")};
    CLEANUP(arena_freep) struct arena *mem = arena_new(4096);
    struct update update, other;
    struct err err;
    update_init(&update, mem, STR("example.net"));
    update_add(&update, &bad_name);
    assert_int_equal(send_nowhere(&update, &err), RC_INVALID);
    assert_string_equal(err.code, "DnsMessage");
    update_init(&update, mem, STR("example.net"));
    update_delete(&update, &bad_data);
    update_add(&update, &address); /* what comes later does not mend it */
    assert_int_equal(send_nowhere(&update, &err), RC_INVALID);
    update_init(&other, mem, STR("example.net"));
    update_append(&other, &update);
    assert_int_equal(send_nowhere(&other, &err), RC_INVALID);
    update_init(&update, mem, STR("example..net"));
    assert_int_equal(send_nowhere(&update, &err), RC_INVALID);
    update_init(&update, mem, STR("example.net"));
    update_require_unused(&update, STR(""));
    assert_int_equal(send_nowhere(&update, &err), RC_INVALID);
}

static void test_update__remembers_that_there_was_no_room(void **state UNUSED)
{
    CLEANUP(arena_freep) struct arena *mem = arena_new(2048);
    struct update update;
    update_init(&update, mem, STR("example.net"));
    for (size_t i = 0; i < 100; i++) {
        update_add(&update, &address);
    }
    assert_true(update.failed);
    assert_int_equal(send_nowhere(&update, NULL), RC_INVALID);
}

static void test_update__is_bounded(void **state UNUSED)
{
    CLEANUP(arena_freep) struct arena *mem = arena_new(1024 * 1024);
    struct update update;
    struct err err;
    update_init(&update, mem, STR("example.net"));
    while (update.bytes + RECORD_BYTES + 4 <= UPDATE_BYTES_MAX) {
        update_add(&update, &address);
    }
    assert_int_equal(send_nowhere(&update, &err), RC_BUSY);
    assert_string_equal(err.code, "DnsUnreachable");
    update_add(&update, &address);
    assert_int_equal(send_nowhere(&update, &err), RC_LIMIT);
    assert_string_equal(err.code, "DnsMessage");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_update__counts_its_bytes),
        cmocka_unit_test(test_update__remembers_what_is_no_record),
        cmocka_unit_test(test_update__remembers_that_there_was_no_room),
        cmocka_unit_test(test_update__is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
