#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "gateway/auth/access.h"

static struct net_addr address(const char *text)
{
    struct net_addr addr;
    if (!net_parse(str_of(text), &addr)) {
        fail_msg("%s", text);
    }
    return addr;
}

static void test_access_allows__ends_where_the_network_ends(void **state)
{
    (void)state;
    static const struct {
        const char *allow, *address;
        bool allowed;
    } cases[] = {
        {"192.0.2.0/24", "192.0.2.0", true},
        {"192.0.2.0/24", "192.0.2.255", true},
        {"192.0.2.0/24", "192.0.1.255", false},
        {"192.0.2.0/24", "192.0.3.0", false},
        {"192.0.2.128/25", "192.0.2.127", false},
        {"192.0.2.128/25", "192.0.2.128", true},
        {"192.0.2.7", "192.0.2.7", true},
        {"192.0.2.7", "192.0.2.6", false},
        {"192.0.2.7/32, 198.51.100.0/31", "198.51.100.1", true},
        {"192.0.2.7/32, 198.51.100.0/31", "198.51.100.2", false},
        {"192.0.2.0/24", "::ffff:192.0.2.9", true},
        {"192.0.2.0/24", "::ffff:192.0.3.9", false},
        {"192.0.2.0/24", "::192.0.2.9", false},
        {"0.0.0.0/0", "203.0.113.1", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"::/0", "2001:db8::1", true},
        {"::/0", "203.0.113.1", false},
        {"2001:db8::/33", "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff", true},
        {"2001:db8::/33", "2001:db8:8000::", false},
        {"2001:db8::7", "2001:db8::7", true},
        {"2001:db8::7", "2001:db8::8", false},
        {"", "127.0.0.1", true},
        {"", "127.255.255.255", true},
        {"", "::1", true},
        {"", "::ffff:127.0.0.1", true},
        {"", "128.0.0.0", false},
        {"", "192.0.2.1", false},
        {"", "::2", false},
        {"192.0.2.0/24", "127.0.0.1", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct access access;
        struct net_addr addr = address(cases[i].address);
        assert_int_equal(access_init(&access, str_of(cases[i].allow), STR_NONE, STR_NONE, NULL), RC_OK);
        if (access_allows(&access.allow, &addr) != cases[i].allowed) {
            fail_msg("case %zu: %s in %s", i, cases[i].address, cases[i].allow);
        }
        access_clear(&access);
    }
}

static void test_access_init__says_which_option_is_wrong(void **state)
{
    (void)state;
    struct access access;
    struct err err;
    assert_int_equal(access_init(&access, STR("192.0.2.1/24"), STR_NONE, STR_NONE, &err), RC_INVALID);
    assert_true(str_starts(str_of(err.msg), STR("[access] allow: ")));
    assert_int_equal(access_init(&access, STR("192.0.2.0/24"), STR_NONE, STR("proxy.example"), &err),
                     RC_INVALID);
    assert_true(str_starts(str_of(err.msg), STR("[server] trusted_proxies: ")));
}

static void test_access_caller__is_the_last_that_is_no_listed_proxy(void **state)
{
    (void)state;
    static const struct {
        const char *peer;
        const char *lines[3];
        const char *caller; /* NULL: malformed */
    } cases[] = {
        {"203.0.113.9", {NULL}, "203.0.113.9"},
        {"203.0.113.9", {"198.51.100.1"}, "203.0.113.9"}, /* not a listed proxy: nobody listens to it */
        {"203.0.113.9", {"rubbish"}, "203.0.113.9"},
        {"10.0.0.1", {NULL}, "10.0.0.1"},
        {"10.0.0.1", {"198.51.100.1"}, "198.51.100.1"},
        {"::ffff:10.0.0.1", {"198.51.100.1"}, "198.51.100.1"},
        {"10.0.0.1", {"198.51.100.1, 198.51.100.2"}, "198.51.100.2"},
        {"10.0.0.1", {"198.51.100.1,10.0.0.2"}, "198.51.100.1"},
        {"10.0.0.1", {"127.0.0.1, 198.51.100.1 ,\t10.0.0.2, 10.0.0.3"}, "198.51.100.1"},
        {"10.0.0.1", {"198.51.100.1", "198.51.100.2"}, "198.51.100.2"},
        {"10.0.0.1", {"198.51.100.1", "10.0.0.2"}, "198.51.100.1"},
        {"10.0.0.1", {"10.0.0.2"}, "10.0.0.1"},
        {"10.0.0.1", {"198.51.100.1:4711"}, "198.51.100.1"},
        {"10.0.0.1", {"[2001:db8::1]:4711"}, "2001:db8::1"},
        {"10.0.0.1", {"2001:db8::1"}, "2001:db8::1"},
        {"10.0.0.1", {"::ffff:198.51.100.1"}, "198.51.100.1"},
        {"2001:db8:1::1", {"198.51.100.1"}, "198.51.100.1"},
        {"10.0.0.1", {""}, NULL},
        {"10.0.0.1", {"unknown"}, NULL},
        {"10.0.0.1", {"unknown, 198.51.100.1"}, NULL},
        {"10.0.0.1", {"198.51.100.1,"}, NULL},
        {"10.0.0.1", {"198.51.100.1,,198.51.100.2"}, NULL},
        {"10.0.0.1", {"198.51.100.1 198.51.100.2"}, NULL},
        {"10.0.0.1", {"198.51.100.256"}, NULL},
        {"10.0.0.1", {"198.51.100.1/32"}, NULL},
        {"10.0.0.1", {"\"198.51.100.1\""}, NULL},
        {"10.0.0.1", {"for=198.51.100.1"}, NULL},
        {"10.0.0.1", {"198.51.100.1", "rubbish"}, NULL},
        {"10.0.0.1", {"rubbish", "198.51.100.1"}, NULL},
    };
    struct access access;
    assert_int_equal(access_init(&access, STR_NONE, STR_NONE, STR("10.0.0.0/24, 2001:db8:1::/48"), NULL),
                     RC_OK);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct net_addr peer = address(cases[i].peer), caller;
        struct str lines[3];
        size_t count = 0;
        for (; count < 3 && cases[i].lines[count] != NULL; count++) {
            lines[count] = str_of(cases[i].lines[count]);
        }
        enum rc rc = access_caller(&access, &peer, lines, count, &caller, NULL);
        if (rc != (cases[i].caller != NULL ? RC_OK : RC_INVALID)) {
            fail_msg("case %zu: %s", i, rc_name(rc));
        }
        if (cases[i].caller != NULL) {
            struct net_addr wanted = address(cases[i].caller);
            char text[NET_TEXT_MAX];
            if (!net_eq(&caller, &wanted)) {
                fail_msg("case %zu: %" STR_FMT, i, STR_ARG(net_text(&caller, text)));
            }
        }
    }
    access_clear(&access);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_access_allows__ends_where_the_network_ends),
        cmocka_unit_test(test_access_init__says_which_option_is_wrong),
        cmocka_unit_test(test_access_caller__is_the_last_that_is_no_listed_proxy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
