#include "programs/numgate-failover/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/base/file.h"

#define MEM_MAX (1 << 20)

struct fixture {
    char folder[64], config[128], key[128];
    struct arena *mem;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct err err;
    if (f == NULL) {
        return -1;
    }
    (void)snprintf(f->folder, sizeof f->folder, "/tmp/test_settings.XXXXXX");
    if (mkdtemp(f->folder) == NULL) {
        return -1;
    }
    (void)snprintf(f->config, sizeof f->config, "%s/conf", f->folder);
    (void)snprintf(f->key, sizeof f->key, "%s/key", f->folder);
    f->mem = arena_new_secret(MEM_MAX);
    *state = f;
    return file_write(f->key, STR("hmac-sha256:watcher:c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IQ==\n"), 0600,
                      &err) == RC_OK
               ? 0
               : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    int left = unlink(f->config) | unlink(f->key) | rmdir(f->folder);
    arena_free(f->mem);
    free(f);
    return left;
}

/* Loads what is good, with further lines behind it; sections may be opened again. */
static enum rc load(struct fixture *f, const char *more, struct site *ret, struct err *err)
{
    static const char good[] =
        "[failover]\nbase_domain = Example.net\n"
        "[region.1]\naddress = 192.0.2.1:443\n[region.b]\naddress = 198.51.100.1:8443\n"
        "[dns]\nzone = example.NET\nservers = 192.0.2.53, 198.51.100.53:5353\nkey_file = ";
    struct str text = arena_printf(f->mem, "%s%s\n%s", good, f->key, more);
    *err = (struct err){0};
    assert_int_equal(file_write(f->config, text, 0600, err), RC_OK);
    return site_load(f->config, f->mem, ret, err);
}

static void test_site__is_what_the_file_says(void **state)
{
    struct site site;
    struct err err;
    assert_int_equal(load(*state, "", &site, &err), RC_OK);
    assert_true(str_eq(site.name, STR("provapi.example.net")));
    assert_true(str_eq(site.zone, STR("example.net")));
    assert_int_equal(site.rules.region_count, 2);
    assert_true(str_eq(site.regions[0].url, STR("https://provapi.example.net:443/numgate/v1/ready")));
    assert_true(str_eq(site.regions[1].url, STR("https://provapi.example.net:8443/numgate/v1/ready")));
    assert_true(str_eq(site.regions[1].name, STR("b")));
    assert_true(str_eq(site.regions[1].address, STR("198.51.100.1")));
    assert_int_equal(site.servers.count, 2);
    assert_int_equal(site.servers.items[0].port, 53);
    assert_int_equal(site.primary, 0);
    assert_true(str_eq(site.key.name, STR("watcher")));
}

static void test_site__has_the_defaults_of_the_documents(void **state)
{
    struct site site;
    struct err err;
    assert_int_equal(load(*state, "", &site, &err), RC_OK);
    assert_int_equal(site.settings.failover.interval_ms, 10000);
    assert_int_equal(site.settings.failover.timeout_ms, 5000);
    assert_int_equal(site.settings.failover.ttl_s, 60);
    assert_false(site.settings.failover.dry_run);
    assert_int_equal(site.rules.failures, 3);
    assert_int_equal(site.rules.successes, 3);
    assert_int_equal(site.rules.preferred, 0);
    assert_false(site.rules.automatic);
    assert_int_equal(site.rules.failback_after_ms, 600000);
    assert_int_equal(site.rules.fresh_ms, 30000);
}

static void test_site__takes_what_is_given(void **state)
{
    struct site site;
    struct err err;
    const char *more = "[failover]\nname = api.sub.example.net\npreferred = b\ninterval_seconds = 0.2\n"
                       "timeout_seconds = 0.2\nfailback = automatic\nfailback_after_seconds = 1.5\n"
                       "[dns]\nprimary = 198.51.100.53:5353\n";
    assert_int_equal(load(*state, more, &site, &err), RC_OK);
    assert_true(str_eq(site.name, STR("api.sub.example.net")));
    assert_int_equal(site.rules.preferred, 1);
    assert_true(site.rules.automatic);
    assert_int_equal(site.rules.failback_after_ms, 1500);
    assert_int_equal(site.primary, 1);
    assert_int_equal(site.servers.count, 2);
    assert_int_equal(load(*state, "[dns]\nprimary = 203.0.113.53\n", &site, &err), RC_OK);
    assert_int_equal(site.primary, 2); /* one more server, which is asked like the others */
    assert_int_equal(site.servers.count, 3);
}

static void test_site__refuses_what_does_not_fit_together(void **state)
{
    static const struct {
        const char *more, *reason;
    } cases[] = {
        {"[failover]\ninterval_seconds = 2\ntimeout_seconds = 2.001\n", "timeout_seconds is longer"},
        {"[failover]\nname = provapi.example.org\n", "is not in [dns] zone = example.net"},
        {"[failover]\npreferred = 2\n", "there is no section [region.2]"},
        {"[failover]\nbase_domain = example..net\n", "must be a domain name"},
        {"[failover]\nfailures = 0\n", "from 1 to 1000"},
        {"[region.c]\naddress = 192.0.2.1:8443\n", "[region.1] and [region.c] have the same address"},
        {"[region.c]\naddress = [2001:db8::1]:443\n", "must be an IPv4 address with a port"},
        {"[region.c]\naddress = 192.0.2.3\n", "must be an IPv4 address with a port"},
        {"[region.c]\n", "address must be given"},
        {"[dns]\nservers = ns.example.net\n", "is no address of a name server"},
        {"[dns]\nprimary = 192.0.2.53, 192.0.2.54\n", "primary is one address"},
        {"[dns]\nservers = 192.0.2.1, 192.0.2.2, 192.0.2.3, 192.0.2.4, 192.0.2.5, 192.0.2.6, 192.0.2.7, "
         "192.0.2.8\n"
         "primary = 192.0.2.9\n",
         "at most 8 servers"},
        {"[admin]\nlisten = http://192.0.2.1:9445\n", "loopback"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct site site = {.primary = 99};
        struct err err;
        enum rc rc = load(*state, cases[i].more, &site, &err);
        if (rc != RC_INVALID || strstr(err.msg, cases[i].reason) == NULL || site.primary != 99) {
            fail_msg("case %zu: %s: %s", i, rc_name(rc), err.msg);
        }
    }
}

static void test_site__needs_two_regions(void **state)
{
    struct fixture *f = *state;
    struct site site;
    struct err err = {0};
    struct str text =
        arena_printf(f->mem,
                     "[failover]\nbase_domain = a.example\n[region.1]\naddress = 192.0.2.1:443\n"
                     "[dns]\nzone = a.example\nservers = 192.0.2.53\nkey_file = %s\n",
                     f->key);
    assert_int_equal(file_write(f->config, text, 0600, &err), RC_OK);
    assert_int_equal(site_load(f->config, f->mem, &site, &err), RC_INVALID);
    assert_non_null(strstr(err.msg, "at least two"));
}

static void test_site__shows_nothing_of_a_key_that_is_none(void **state)
{
    struct fixture *f = *state;
    struct site site;
    struct err err = {0};
    assert_int_equal(file_write(f->key, STR("hmac-md5:watcher:aHVudGVyMg=="), 0600, &err), RC_OK);
    assert_int_equal(load(f, "", &site, &err), RC_INVALID);
    assert_non_null(strstr(err.msg, "key_file"));
    assert_null(strstr(err.msg, "aHVudGVyMg"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_site__is_what_the_file_says, setup, teardown),
        cmocka_unit_test_setup_teardown(test_site__has_the_defaults_of_the_documents, setup, teardown),
        cmocka_unit_test_setup_teardown(test_site__takes_what_is_given, setup, teardown),
        cmocka_unit_test_setup_teardown(test_site__refuses_what_does_not_fit_together, setup, teardown),
        cmocka_unit_test_setup_teardown(test_site__needs_two_regions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_site__shows_nothing_of_a_key_that_is_none, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
