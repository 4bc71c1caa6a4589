/* Counting connections by address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "common/http/admit.h"

#include "common/base/banned.h"

static struct net_addr bucket_of(const char *text)
{
    struct net_addr addr;
    assert_true(net_parse(str_of(text), &addr));
    return net_bucket(&addr);
}

static enum admit enter(struct admission_book *book, const char *text)
{
    struct net_addr bucket = bucket_of(text);
    return admit__enter(book, &bucket);
}

static void leave(struct admission_book *book, const char *text)
{
    struct net_addr bucket = bucket_of(text);
    admit__leave(book, &bucket);
}

static void test_admit__counts_an_ipv6_network_as_one(void **state UNUSED)
{
    struct admission_book *book = admit__new(10, 2);
    assert_int_equal(enter(book, "2001:db8:0:1::1"), ADMIT_YES);
    assert_int_equal(enter(book, "2001:db8:0:1:ffff::2"), ADMIT_YES);
    assert_int_equal(enter(book, "2001:db8:0:1::3"), ADMIT_ADDRESS_FULL);
    assert_int_equal(enter(book, "2001:db8:0:2::3"), ADMIT_YES);
    leave(book, "2001:db8:0:1::9");
    assert_int_equal(enter(book, "2001:db8:0:1::3"), ADMIT_YES);
    admit__free(book);
}

static void test_admit__counts_a_mapped_address_as_ipv4(void **state UNUSED)
{
    struct admission_book *book = admit__new(10, 1);
    assert_int_equal(enter(book, "192.0.2.1"), ADMIT_YES);
    assert_int_equal(enter(book, "::ffff:192.0.2.1"), ADMIT_ADDRESS_FULL);
    assert_int_equal(enter(book, "192.0.2.2"), ADMIT_YES);
    admit__free(book);
}

static void test_admit__refuses_over_the_total_and_forgets_who_left(void **state UNUSED)
{
    enum { TOTAL = 1000 };
    struct admission_book *book = admit__new(TOTAL, 1);
    char text[32];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < TOTAL; i++) {
            snprintf(text, sizeof text, "10.%d.%d.1", i / 256, i % 256);
            assert_int_equal(enter(book, text), ADMIT_YES);
        }
        assert_int_equal(enter(book, "192.0.2.1"), ADMIT_TOTAL_FULL);
        for (int i = 0; i < TOTAL; i++) {
            snprintf(text, sizeof text, "10.%d.%d.1", i / 256, i % 256);
            leave(book, text);
        }
    }
    admit__free(book);
}

static void test_admit__counts_the_exempt_in_the_total_only(void **state UNUSED)
{
    struct admission_book *book = admit__new(3, 1);
    const struct net_addr exempt = {0};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(admit__enter(book, &exempt), ADMIT_YES);
    }
    assert_int_equal(admit__enter(book, &exempt), ADMIT_TOTAL_FULL);
    admit__leave(book, &exempt);
    assert_int_equal(enter(book, "192.0.2.1"), ADMIT_YES);
    admit__free(book);
    admit__free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_admit__counts_an_ipv6_network_as_one),
        cmocka_unit_test(test_admit__counts_a_mapped_address_as_ipv4),
        cmocka_unit_test(test_admit__refuses_over_the_total_and_forgets_who_left),
        cmocka_unit_test(test_admit__counts_the_exempt_in_the_total_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
