#include "common/base/net.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static void test_net__reads_addresses(void **state UNUSED)
{
    static const struct {
        const char *text;
        const char *shown; /* NULL: refused */
    } cases[] = {
        {"192.0.2.1", "192.0.2.1"},
        {"2001:DB8::1", "2001:db8::1"},
        {"::", "::"},
        {"::ffff:192.0.2.1", "192.0.2.1"}, /* IPv4-mapped is IPv4 */
        {"::ffff:c000:201", "192.0.2.1"},
        {"192.0.2.256", NULL},
        {"192.0.2", NULL},
        {"192.0.02.1", NULL},
        {"0x7f.0.0.1", NULL},
        {" 192.0.2.1", NULL},
        {"fe80::1%eth0", NULL},
        {"[::1]", NULL},
        {"localhost", NULL},
        {"", NULL},
        {"1:2:3:4:5:6:7:8:9", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct net_addr addr = {0};
        char text[NET_TEXT_MAX];
        bool ok = net_parse(str_of(cases[i].text), &addr);
        if (ok != (cases[i].shown != NULL) ||
            (ok && !str_eq(net_text(&addr, text), str_of(cases[i].shown)))) {
            fail_msg("case %zu (%s)", i, cases[i].text);
        }
    }
    struct net_addr addr;
    assert_false(net_parse((struct str){"192.0.2.1\0x", 11}, &addr));
}

static void test_net__reads_ports(void **state UNUSED)
{
    static const struct {
        const char *text;
        const char *shown;
    } cases[] = {
        {"192.0.2.1:80", "192.0.2.1:80"},
        {"[2001:db8::1]:65535", "[2001:db8::1]:65535"},
        {"[::ffff:192.0.2.1]:1", "192.0.2.1:1"},
        {"127.0.0.1:0", "127.0.0.1:0"},
        {"2001:db8::1:80", NULL},
        {"[192.0.2.1]:80", NULL},
        {"192.0.2.1", NULL},
        {"192.0.2.1:", NULL},
        {"192.0.2.1:65536", NULL},
        {"192.0.2.1:+8", NULL},
        {":80", NULL},
        {"[::1]80", NULL},
        {"[]:80", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct net_addr addr = {0};
        char text[NET_TEXT_MAX];
        bool ok = net_parse_port(str_of(cases[i].text), &addr);
        if (ok != (cases[i].shown != NULL) ||
            (ok && !str_eq(net_text_port(&addr, text), str_of(cases[i].shown)))) {
            fail_msg("case %zu (%s)", i, cases[i].text);
        }
    }
}

static void test_net__survives_the_socket_form(void **state UNUSED)
{
    static const char *const texts[] = {"192.0.2.1:80", "[2001:db8::1]:443"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct net_addr a, b;
        struct sockaddr_storage sa;
        assert_true(net_parse_port(str_of(texts[i]), &a));
        assert_true(net_to_sockaddr(&a, &sa) > 0);
        net_from_sockaddr((const struct sockaddr *)&sa, &b);
        assert_true(net_eq(&a, &b));
        assert_int_equal(a.port, b.port);
    }
    struct net_addr none;
    net_from_sockaddr(&(struct sockaddr){.sa_family = AF_UNIX}, &none);
    assert_int_equal(none.family, 0);
    assert_false(net_is_loopback(&none));
}

static bool is_loopback(const char *text)
{
    struct net_addr addr;
    return net_parse(str_of(text), &addr) && net_is_loopback(&addr);
}

static void test_net__knows_loopback(void **state UNUSED)
{
    assert_true(is_loopback("127.0.0.1"));
    assert_true(is_loopback("127.255.255.255"));
    assert_true(is_loopback("::1"));
    assert_true(is_loopback("::ffff:127.0.0.1"));
    assert_false(is_loopback("128.0.0.1"));
    assert_false(is_loopback("::2"));
    assert_false(is_loopback("0.0.0.0"));
}

static void test_net__buckets_ipv6_by_64(void **state UNUSED)
{
    struct net_addr a, b, c;
    assert_true(net_parse_port(STR("[2001:db8:1:2::1]:5"), &a));
    assert_true(net_parse(STR("2001:db8:1:2:ffff::"), &b));
    assert_true(net_parse(STR("2001:db8:1:3::1"), &c));
    a = net_bucket(&a);
    b = net_bucket(&b);
    c = net_bucket(&c);
    assert_true(net_eq(&a, &b));
    assert_int_equal(a.port, 0);
    assert_false(net_eq(&a, &c));
    assert_true(net_parse(STR("192.0.2.1"), &a) && net_parse(STR("192.0.2.2"), &b));
    a = net_bucket(&a);
    b = net_bucket(&b);
    assert_false(net_eq(&a, &b));
}

static void test_cidr__matches_its_networks(void **state UNUSED)
{
    static const struct {
        const char *list;
        const char *addr;
        bool has;
    } cases[] = {
        {"192.0.2.0/24, 2001:db8::/32", "192.0.2.255", true},
        {"192.0.2.0/24, 2001:db8::/32", "192.0.3.0", false},
        {"192.0.2.0/24, 2001:db8::/32", "2001:db8:ffff::1", true},
        {"192.0.2.0/24, 2001:db8::/32", "2001:db9::1", false},
        {"192.0.2.128/25", "192.0.2.127", false},
        {"192.0.2.128/25", "192.0.2.128", true},
        {"192.0.2.7", "192.0.2.7", true},
        {"192.0.2.7", "192.0.2.6", false},
        {"192.0.2.7/32", "::ffff:192.0.2.7", true},
        {"::ffff:192.0.2.0/120", "192.0.2.9", true},
        {"::ffff:192.0.2.9", "192.0.2.9", true},
        {"0.0.0.0/0", "203.0.113.9", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"::/0", "192.0.2.1", false},
        {"2001:db8::8000:0/113", "2001:db8::8000:1", true},
        {"2001:db8::8000:0/113", "2001:db8::1", false},
        {"", "192.0.2.1", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct cidr_list list;
        struct net_addr addr;
        struct err err = {0};
        assert_true(net_parse(str_of(cases[i].addr), &addr));
        if (cidr_list_parse(str_of(cases[i].list), &list, &err) != RC_OK) {
            fail_msg("case %zu: %s", i, err.msg);
        }
        if (cidr_list_has(&list, &addr) != cases[i].has) {
            fail_msg("case %zu (%s in %s)", i, cases[i].addr, cases[i].list);
        }
        cidr_list_clear(&list);
    }
}

static void test_cidr__refuses_with_a_reason(void **state UNUSED)
{
    static const struct {
        const char *list;
        const char *reason;
    } cases[] = {
        {"192.0.2.1/24", "192.0.2.0/24"},   {"2001:db8::1/32", "2001:db8::/32"},
        {"192.0.2.0/33", "prefix length"},  {"192.0.2.0/", "prefix length"},
        {"192.0.2.0/-1", "prefix length"},  {"192.0.2.0/24/24", "prefix length"},
        {"::ffff:0:0/95", "wider"},         {"192.0.2.0/24,,10.0.0.0/8", "no IP address"},
        {"192.0.2.0/24,", "no IP address"}, {"example.net", "no IP address"},
        {"192.0.2.0 /24", "no IP address"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct cidr_list list = {0};
        struct err err = {0};
        if (cidr_list_parse(str_of(cases[i].list), &list, &err) != RC_INVALID ||
            strstr(err.msg, cases[i].reason) == NULL) {
            fail_msg("case %zu (%s): %s", i, cases[i].list, err.msg);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_net__reads_addresses),
        cmocka_unit_test(test_net__reads_ports),
        cmocka_unit_test(test_net__survives_the_socket_form),
        cmocka_unit_test(test_net__knows_loopback),
        cmocka_unit_test(test_net__buckets_ipv6_by_64),
        cmocka_unit_test(test_cidr__matches_its_networks),
        cmocka_unit_test(test_cidr__refuses_with_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
