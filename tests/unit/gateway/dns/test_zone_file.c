/* The file as it is written, byte for byte but for its serial. That name servers take it is tested with them (tests/dns). */
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"
#include "common/base/file.h"

#define FILE_MAX 100000

static const struct dns_name_server name_servers[] = {{STR("ns1.example.net"), STR("192.0.2.53")},
                                                      {STR("ns2.example.net"), STR("2001:db8::53")},
                                                      {STR("ns.example.org"), STR_NONE}};

struct file_bench {
    struct bench b;
    struct dns *other; /* a second node */
    char paths[2][100];
};

static int setup(void **state)
{
    struct file_bench *fb = calloc(1, sizeof *fb);
    if (bench_make(&fb->b) != 0) {
        return -1;
    }
    for (size_t i = 0; i < ARRAY_LEN(fb->paths); i++) {
        snprintf(fb->paths[i], sizeof fb->paths[i], "%s/zone%zu", fb->b.w->dir, i);
    }
    fb->b.config.publisher = DNS_PUBLISH_ZONE_FILE;
    fb->b.config.facts.txt = STR("MS=base");
    fb->b.config.facts.regions[0].network_address = STR("198.51.100.1");
    fb->b.config.facts.regions[0].network_port = 5061;
    fb->b.config.zone_file = (struct dns_zone_file){.path = str_of(fb->paths[0]),
                                                    .zone = STR("example.net"),
                                                    .name_servers = name_servers,
                                                    .name_server_count = ARRAY_LEN(name_servers)};
    *state = fb;
    return 0;
}

static int teardown(void **state)
{
    struct file_bench *fb = *state;
    dns_stop(fb->other);
    stop(&fb->b);
    for (size_t i = 0; i < ARRAY_LEN(fb->paths); i++) {
        (void)unlink(fb->paths[i]);
    }
    int failed = bench_drop(&fb->b);
    free(fb);
    return failed;
}

static struct str text_of(struct file_bench *fb, size_t which)
{
    struct str text = STR_NONE;
    enum rc rc = file_read(fb->paths[which], FILE_MAX, fb->b.w->mem, &text, NULL);
    return rc == RC_OK ? text : STR_NONE;
}

static bool has_serial(struct file_bench *fb, size_t which, uint32_t serial)
{
    return str_contains(text_of(fb, which),
                        arena_printf(fb->b.w->mem, " hostmaster.example.net. %u ", serial));
}

/* When nothing is left to be done. */
static void await_written(struct file_bench *fb, size_t which)
{
    await(work_count(&fb->b) == 0);
    await(has_serial(fb, which, serial_of(&fb->b)));
}

static void assert_text(struct file_bench *fb, size_t which, const char *customers)
{
    struct str text = text_of(fb, which);
    struct str wanted = arena_printf(
        fb->b.w->mem,
        "; Written by numgated; changes made here are lost.\n"
        "example.net.\t300\tIN\tSOA\tns1.example.net. hostmaster.example.net. %u 3600 600 1209600 60\n"
        "example.net.\t300\tIN\tNS\tns1.example.net.\n"
        "provapi.example.net.\t300\tIN\tNS\tns1.example.net.\n"
        "ns1.example.net.\t300\tIN\tA\t192.0.2.53\n"
        "example.net.\t300\tIN\tNS\tns2.example.net.\n"
        "provapi.example.net.\t300\tIN\tNS\tns2.example.net.\n"
        "ns2.example.net.\t300\tIN\tAAAA\t2001:db8::53\n"
        "example.net.\t300\tIN\tNS\tns.example.org.\n"
        "provapi.example.net.\t300\tIN\tNS\tns.example.org.\n"
        "_numgate.example.net.\t300\tIN\tTXT\t\"heritage=numgate,owner=one,txt=MS=base\"\n"
        "example.net.\t300\tIN\tTXT\t\"MS=base\"\n"
        "1r1._numgate.example.net.\t300\tIN\tTXT\t\"heritage=numgate,owner=one,a=192.0.2.1\"\n"
        "1r1.example.net.\t300\tIN\tA\t192.0.2.1\n"
        "r1._numgate.example.net.\t300\tIN\tTXT\t\"heritage=numgate,owner=one,a=198.51.100.1\"\n"
        "r1.example.net.\t300\tIN\tA\t198.51.100.1\n"
        "_sip._tls.r1._numgate.example.net.\t300\tIN\tTXT\t\"heritage=numgate,owner=one,srv=10 10 5061 "
        "r1.example.net\"\n"
        "_sip._tls.r1.example.net.\t300\tIN\tSRV\t10 10 5061 r1.example.net.\n"
        "1r2._numgate.example.net.\t300\tIN\tTXT\t\"heritage=numgate,owner=one,a=192.0.2.2\"\n"
        "1r2.example.net.\t300\tIN\tA\t192.0.2.2\n"
        "%s",
        serial_of(&fb->b), customers);
    if (!str_eq(text, wanted)) {
        fail_msg("\n%" STR_FMT "\ninstead of\n%" STR_FMT, STR_ARG(text), STR_ARG(wanted));
    }
}

#define CUSTOMER(account, label, token)                                                                      \
    label ".1r1._numgate.example.net.\t300\tIN\tTXT\t\"heritage=numgate,owner=one,txt=" token                \
          ",a=192.0.2.1,account=" account "\"\n" label ".1r1.example.net.\t300\tIN\tTXT\t\"" token           \
          "\"\n" label ".1r1.example.net.\t300\tIN\tA\t192.0.2.1\n" label                                    \
          ".1r2._numgate.example.net.\t300\tIN\tTXT\t\"heritage=numgate,owner=one,txt=" token                \
          ",a=192.0.2.2,account=" account "\"\n" label ".1r2.example.net.\t300\tIN\tTXT\t\"" token           \
          "\"\n" label ".1r2.example.net.\t300\tIN\tA\t192.0.2.2\n"

static void test_file__holds_the_whole_zone(void **state)
{
    struct file_bench *fb = *state;
    put_customer(&fb->b, "Fabrikam", "FAB_1", "MS=ms2");
    put_customer(&fb->b, "contoso", "contoso1", "MS=ms1");
    start(&fb->b);
    await(row_count(&fb->b) == 2);
    await_written(fb, 0);
    assert_text(fb, 0, CUSTOMER("contoso", "contoso1", "MS=ms1") CUSTOMER("Fabrikam", "fab_1", "MS=ms2"));
    struct stat st;
    assert_int_equal(stat(fb->paths[0], &st), 0);
    assert_int_equal(st.st_mode & 0777, 0644);
}

static void test_file__of_nobody_has_the_deployments_names(void **state)
{
    struct file_bench *fb = *state;
    start(&fb->b);
    await_written(fb, 0);
    assert_text(fb, 0, "");
}

static void test_file__follows_every_change_under_a_higher_serial(void **state)
{
    struct file_bench *fb = *state;
    start(&fb->b);
    put_customer(&fb->b, "contoso", "contoso1", "MS=ms1");
    await(row_count(&fb->b) == 1);
    await_written(fb, 0);
    uint32_t before = serial_of(&fb->b);
    put_customer(&fb->b, "contoso", "contoso2", "MS=ms1");
    await_written(fb, 0);
    assert_text(fb, 0, CUSTOMER("contoso", "contoso2", "MS=ms1"));
    assert_true(serial_of(&fb->b) > before);
    before = serial_of(&fb->b);
    disable_customer(&fb->b, "contoso");
    await_written(fb, 0);
    assert_text(fb, 0, "");
    assert_true(serial_of(&fb->b) > before);
}

/* What changes nothing costs no serial: secondaries transfer a zone for each. */
static void test_file__keeps_its_serial_where_nothing_changes(void **state)
{
    struct file_bench *fb = *state;
    start(&fb->b);
    put_customer(&fb->b, "contoso", "contoso1", "MS=ms1");
    await(row_count(&fb->b) == 1);
    await_written(fb, 0);
    uint32_t before = serial_of(&fb->b);
    put_customer(&fb->b, "contoso", "contoso1", "MS=ms1");
    await_written(fb, 0);
    stop(&fb->b);
    start(&fb->b);
    assert_int_equal(serial_of(&fb->b), before);
    assert_int_equal(unlink(fb->paths[0]), 0);
    stop(&fb->b);
    start(&fb->b); /* and is written all the same */
    await_written(fb, 0);
    assert_int_equal(serial_of(&fb->b), before);
}

static void test_file__of_another_configuration_has_another_serial(void **state)
{
    struct file_bench *fb = *state;
    start(&fb->b);
    await_written(fb, 0);
    uint32_t before = serial_of(&fb->b);
    stop(&fb->b);
    fb->b.config.facts.regions[1].txt = STR("MS=r2");
    start(&fb->b);
    assert_true(serial_of(&fb->b) > before);
    await_written(fb, 0);
    assert_true(str_contains(text_of(fb, 0), STR("1r2.example.net.\t300\tIN\tTXT\t\"MS=r2\"\n")));
}

static void write_file(struct file_bench *fb, const char *text)
{
    assert_int_equal(file_write(fb->paths[0], str_of(text), 0644, NULL), RC_OK);
}

/* The store was restored from an old copy: nobody would take a zone with its serial for a new one. */
static void test_file__that_is_newer_than_the_store_is_followed_by_a_newer_one(void **state)
{
    struct file_bench *fb = *state;
    put_customer(&fb->b, "contoso", "contoso1", "MS=ms1");
    write_file(
        fb, "; Written by numgated; changes made here are lost.\n"
            "example.net.\t300\tIN\tSOA\tns1.example.net. h.example.net. 4000000000 3600 600 1209600 60\n");
    start(&fb->b);
    await(row_count(&fb->b) == 1);
    await_written(fb, 0);
    assert_in_range(serial_of(&fb->b), 4000000001, 4000000005);
    assert_text(fb, 0, CUSTOMER("contoso", "contoso1", "MS=ms1"));
}

static void test_file__that_is_none_of_ours_is_replaced(void **state)
{
    static const char *const texts[] = {
        "", "\tSOA\t", "$ORIGIN example.net.\n@ SOA a b (9000000000 1 1 1 1)\n",
        "x\t300\tIN\tSOA\ta. b. 99999999999 1 1 1 1\n", "x\t300\tIN\tSOA\ta. b. 7 1 1 1 1"};
    struct file_bench *fb = *state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        write_file(fb, texts[i]);
        start(&fb->b);
        await_written(fb, 0);
        assert_text(fb, 0, "");
        assert_true(serial_of(&fb->b) < 4000000000);
        stop(&fb->b);
    }
}

static void test_files__of_two_nodes_are_the_same(void **state)
{
    struct file_bench *fb = *state;
    struct dns_config config = fb->b.config;
    config.zone_file.path = str_of(fb->paths[1]);
    start(&fb->b);
    assert_int_equal(dns_start(&config, &fb->other, NULL), RC_OK);
    for (size_t i = 0; i < 5; i++) {
        const char *name = arena_cstr(fb->b.w->mem, arena_printf(fb->b.w->mem, "c%zu", i));
        put_customer(&fb->b, name, name, "MS=ms1");
    }
    await(row_count(&fb->b) == 5);
    await_written(fb, 0);
    await_written(fb, 1);
    assert_true(str_eq(text_of(fb, 0), text_of(fb, 1)));
    assert_true(str_contains(text_of(fb, 1), STR("\nc4.1r2.example.net.")));
}

static void test_file__that_cannot_be_written_is_the_customers_problem(void **state)
{
    struct file_bench *fb = *state;
    char path[120];
    snprintf(path, sizeof path, "%s/missing/zone", fb->b.w->dir);
    fb->b.config.zone_file.path = str_of(path);
    assert_int_equal(dns_start(&fb->b.config, &fb->b.dns, NULL), RC_OK); /* its first look fails */
    put_customer(&fb->b, "contoso", "contoso1", "MS=ms1");
    await(str_eq(row_of(&fb->b, "contoso1").problem_code, STR("DnsZoneFile")));
    assert_true(work_count(&fb->b) == 1);
    struct str folder = arena_printf(fb->b.w->mem, "%s/missing", fb->b.w->dir);
    assert_int_equal(mkdir(arena_cstr(fb->b.w->mem, folder), 0700), 0);
    await(work_count(&fb->b) == 0);
    assert_true(str_absent(row_of(&fb->b, "contoso1").problem_code));
    stop(&fb->b);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(arena_cstr(fb->b.w->mem, folder)), 0);
}

#undef TEST
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_file__holds_the_whole_zone),
        TEST(test_file__of_nobody_has_the_deployments_names),
        TEST(test_file__follows_every_change_under_a_higher_serial),
        TEST(test_file__keeps_its_serial_where_nothing_changes),
        TEST(test_file__of_another_configuration_has_another_serial),
        TEST(test_file__that_is_newer_than_the_store_is_followed_by_a_newer_one),
        TEST(test_file__that_is_none_of_ours_is_replaced),
        TEST(test_files__of_two_nodes_are_the_same),
        TEST(test_file__that_cannot_be_written_is_the_customers_problem),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
