#include "common/config/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/base/file.h"
#include "common/base/limits.h"

enum level { QUIET, NORMAL, LOUD };

struct issuer {
    struct str name;
    struct str authority;
    struct config_list audience;
};

struct settings {
    struct {
        struct str base_domain;
        bool single;
    } deployment;
    struct {
        struct config_list listen;
        struct str public_url;
        struct str tls_key;
        struct str secret;
    } server;
    int64_t connections, wait_ms;
    enum level level;
    struct issuer *issuers;
    size_t issuer_count;
};

static enum rc no_spaces(struct str value, struct err *err)
{
    return str_find(value, ' ') < 0 ? RC_OK : err_set(err, RC_INVALID, NULL, "must have no blanks");
}

static const struct config_option deployment_options[] = {
    {"base_domain", CONFIG_STRING, offsetof(struct settings, deployment.base_domain), .required = true,
     .max = 20, .example = "example.net", .check = no_spaces, .doc = "The domain."},
    {"single_region", CONFIG_BOOL, offsetof(struct settings, deployment.single), "no",
     .doc = "One region only."},
};
static const struct config_option server_options[] = {
    {"listen", CONFIG_LIST, offsetof(struct settings, server.listen), "https://127.0.0.1:8443",
     .check = no_spaces, .doc = "Where to listen | several."},
    {"public_url", CONFIG_STRING, offsetof(struct settings, server.public_url), "https://x",
     .reloadable = true,
     .doc = "What clients see, in a text that is long enough to be broken into two lines of the sample file "
            "at least, we hope."},
    {"tls_key", CONFIG_PATH, offsetof(struct settings, server.tls_key), .doc = "The key."},
    {"secret_file", CONFIG_SECRET, offsetof(struct settings, server.secret), .doc = "A secret."},
};
static const struct config_option limits_options[] = {
    {"connections", CONFIG_INT, offsetof(struct settings, connections), "100", 1, 1000, "connections",
     .reloadable = true, .doc = "How many."},
    {"wait_seconds", CONFIG_SECONDS, offsetof(struct settings, wait_ms), "1.5", 50, 60000, .reloadable = true,
     .doc = "How long."},
};
static const char *const level_words[] = {"quiet", "normal", "loud", NULL};
static const struct config_option log_options[] = {
    {"level", CONFIG_ENUM, offsetof(struct settings, level), "normal", .words = level_words,
     .reloadable = true, .doc = "How loud."},
};
static const struct config_option issuer_options[] = {
    {"authority", CONFIG_STRING, offsetof(struct issuer, authority), .required = true,
     .example = "https://login.example", .doc = "Whom to trust."},
    {"audience", CONFIG_LIST, offsetof(struct issuer, audience), "api", .doc = "For whom."},
};

/* The options of [deployment] and the like count from the program's struct: their sections stand at offset 0.
 */
static const struct config_section sections[] = {
    {"deployment", "What it is.", deployment_options, ARRAY_LEN(deployment_options)},
    {"server", "Listening.", server_options, ARRAY_LEN(server_options)},
    {"limits", "Limits.", limits_options, ARRAY_LEN(limits_options)},
    {"log", "Logging.", log_options, ARRAY_LEN(log_options)},
    {"issuer", "Issuers.", issuer_options, ARRAY_LEN(issuer_options), offsetof(struct settings, issuers),
     true, sizeof(struct issuer), offsetof(struct settings, issuer_count), offsetof(struct issuer, name), 3,
     "entra"},
};
static const struct config_schema schema = {sections, ARRAY_LEN(sections), sizeof(struct settings)};

static int mem_open(void **state)
{
    *state = arena_new_secret(8 << 20);
    return *state == NULL;
}

static int mem_close(void **state)
{
    arena_free(*state);
    return 0;
}

static struct settings load(void **state, const char *text)
{
    struct settings settings;
    struct err err = {0};
    if (config_load_text(&schema, "t.conf", str_of(text), *state, &settings, &err) != RC_OK) {
        fail_msg("%s: %s", err.field, err.msg);
    }
    return settings;
}

static void test_config__fills_in_defaults(void **state)
{
    struct settings s = load(state, "[deployment]\nbase_domain = example.net");
    assert_true(str_eq(s.deployment.base_domain, STR("example.net")));
    assert_false(s.deployment.single);
    assert_int_equal(s.server.listen.count, 1);
    assert_true(str_eq(s.server.listen.items[0], STR("https://127.0.0.1:8443")));
    assert_true(str_eq(s.server.public_url, STR("https://x")));
    assert_true(str_absent(s.server.tls_key));
    assert_int_equal(s.connections, 100);
    assert_int_equal(s.wait_ms, 1500);
    assert_int_equal(s.level, NORMAL);
    assert_int_equal(s.issuer_count, 0);
}

static void test_config__reads_values_and_comments(void **state)
{
    struct settings s = load(state, "\xEF\xBB\xBF# c\r\n ; c\r\n[deployment] ; c\r\n"
                                    "base_domain=a;b#c ; not this\r\n"
                                    "  single_region = yes\t; nor this\r\n"
                                    "[server]\n"
                                    "listen = https://[::1]:1/a;b , http://x\n"
                                    "public_url = ; nothing\n"
                                    "tls_key = /etc/key\n"
                                    "[log]\nlevel = loud\n"
                                    "[limits]\nconnections = 1000\n");
    assert_true(str_eq(s.deployment.base_domain, STR("a;b#c")));
    assert_true(s.deployment.single);
    assert_int_equal(s.server.listen.count, 2);
    assert_true(str_eq(s.server.listen.items[0], STR("https://[::1]:1/a;b")));
    assert_true(str_eq(s.server.listen.items[1], STR("http://x")));
    assert_true(str_absent(s.server.public_url));
    assert_true(str_eq(s.server.tls_key, STR("/etc/key")));
    assert_int_equal(s.level, LOUD);
    assert_int_equal(s.connections, 1000);
}

static void test_config__reads_seconds_with_decimals(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {{"10", 10000},   {"0.05", 50},    {"0.5", 500},
                 {"2.005", 2005}, {"2.050", 2050}, {"60.000", 60000}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str text = arena_printf(*state, "[deployment]\nbase_domain = a\n[limits]\nwait_seconds = %s\n",
                                       cases[i].text);
        struct settings s = load(state, text.p);
        if (s.wait_ms != cases[i].ms) {
            fail_msg("case %zu: %lld", i, (long long)s.wait_ms);
        }
    }
}

static void test_config__later_values_replace_earlier_ones(void **state)
{
    struct settings s =
        load(state, "[deployment]\nbase_domain = a\nbase_domain = b\n[limits]\nconnections = nonsense\n"
                    "[issuer.x]\nauthority = one\naudience = a, b\n"
                    "[deployment]\nbase_domain = c\n[limits]\nconnections = 7\n"
                    "[server]\nlisten = p, q\nlisten =\n"
                    "[issuer.x]\nauthority = two\n");
    assert_true(str_eq(s.deployment.base_domain, STR("c")));
    assert_int_equal(s.connections, 7); /* what was replaced is not looked at */
    assert_int_equal(s.server.listen.count, 0);
    assert_int_equal(s.issuer_count, 1);
    assert_true(str_eq(s.issuers[0].authority, STR("two")));
    assert_int_equal(s.issuers[0].audience.count, 2);
}

static void test_config__repeated_sections_become_an_array(void **state)
{
    struct settings s = load(state, "[deployment]\nbase_domain = a\n[issuer.one]\nauthority = 1\n"
                                    "[issuer.2-_x]\nauthority = 2\naudience = p , q\n");
    assert_int_equal(s.issuer_count, 2);
    assert_true(str_eq(s.issuers[0].name, STR("one")));
    assert_true(str_eq(s.issuers[0].authority, STR("1")));
    assert_true(str_eq(s.issuers[0].audience.items[0], STR("api")));
    assert_true(str_eq(s.issuers[1].name, STR("2-_x")));
    assert_true(str_eq(s.issuers[1].audience.items[1], STR("q")));
}

#define GOOD "[deployment]\nbase_domain = a\n"

static void test_config__refuses_with_place_and_reason(void **state)
{
    static const struct {
        const char *text;
        const char *field;
        const char *reason;
    } cases[] = {
        {"", "t.conf", "[deployment] base_domain must be given"},
        {"[deployment]\nbase_domain =\n", "t.conf:2", "[deployment] base_domain must be given"},
        {"[deployment]\nbase_domain = a b\n", "t.conf:2", "[deployment] base_domain must have no blanks"},
        {"[deployment]\nbase_domain = 123456789012345678901\n", "t.conf:2", "must have 0 to 20 bytes"},
        {GOOD "base_domian = b\n", "t.conf:3", "did you mean \"base_domain\"?"},
        {GOOD "connections = 5\n", "t.conf:3", "it belongs to [limits]"},
        {GOOD "completely_else = 5\n", "t.conf:3", "[deployment] has no option \"completely_else\""},
        {GOOD "[sever]\nlisten = x\n", "t.conf:3", "did you mean [server]?"},
        {GOOD "[zzzzzz]\n", "t.conf:3", "there is no section [zzzzzz]"},
        {GOOD "[]\n", "t.conf:3", "there is no section []"},
        {GOOD "[server\n", "t.conf:3", "written as [name]"},
        {GOOD "[server] x\n", "t.conf:3", "written as [name]"},
        {GOOD "[server.x]\n", "t.conf:3", "only one section [server]"},
        {GOOD "[issuer]\nauthority = x\n", "t.conf:3", "needs a name"},
        {GOOD "[issuer.]\n", "t.conf:3", "needs a name"},
        {GOOD "[issuer.a b]\n", "t.conf:3", "needs a name"},
        {GOOD "[issuer.a]\n", "t.conf:3", "[issuer.a] authority must be given"},
        {GOOD "[issuer.a]\nauthority=x\n[issuer.b]\nauthority=x\n[issuer.c]\nauthority=x\n[issuer.d]"
              "\nauthority=x\n",
         "t.conf:9", "more than 3 sections [issuer.NAME]"},
        {GOOD "[issuer.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]\n", "t.conf:3",
         "longer than"},
        {"base_domain = a\n" GOOD, "t.conf:1", "before the first section"},
        {GOOD "nonsense\n", "t.conf:3", "written as name = value"},
        {GOOD "single_region = true\n", "t.conf:3", "must be yes or no"},
        {GOOD "single_region =\n", "t.conf:3", "must be yes or no"},
        {GOOD "[limits]\nconnections = 0\n", "t.conf:4",
         "must be a whole number from 1 to 1000, in connections"},
        {GOOD "[limits]\nconnections = 1001\n", "t.conf:4", "must be a whole number"},
        {GOOD "[limits]\nconnections = 10s\n", "t.conf:4", "must be a whole number"},
        {GOOD "[limits]\nconnections =\n", "t.conf:4", "must be a whole number"},
        {GOOD "[limits]\nwait_seconds =\n", "t.conf:4", "must be a number of seconds from 0.05 to 60"},
        {GOOD "[limits]\nwait_seconds = 0.049\n", "t.conf:4", "must be a number of seconds"},
        {GOOD "[limits]\nwait_seconds = 60.001\n", "t.conf:4", "must be a number of seconds"},
        {GOOD "[limits]\nwait_seconds = 1.0001\n", "t.conf:4", "must be a number of seconds"},
        {GOOD "[limits]\nwait_seconds = 1.\n", "t.conf:4", "must be a number of seconds"},
        {GOOD "[limits]\nwait_seconds = .5\n", "t.conf:4", "must be a number of seconds"},
        {GOOD "[limits]\nwait_seconds = 1.-5\n", "t.conf:4", "must be a number of seconds"},
        {GOOD "[log]\nlevel = info\n", "t.conf:4", "must be one of quiet, normal, loud"},
        {GOOD "[server]\nlisten = a,,b\n", "t.conf:4", "empty item"},
        {GOOD "[server]\nlisten = a,b c\n", "t.conf:4", "must have no blanks"},
        {GOOD "[server]\ntls_key = etc/key\n", "t.conf:4", "must be an absolute path"},
        {GOOD "[server]\nsecret_file = /nonexistent\n", "t.conf:4", "No such file"},
        {GOOD "[server]\nsecret_file = ./x\n", "t.conf:4", "must be an absolute path, or"},
        {GOOD "[server]\nsecret_file = name\n", "t.conf:4", "names a credential"},
        {GOOD "single_region = \x01\n", "t.conf:3", "control character"},
        {GOOD "single_region = \xFF\n", "t.conf:3", "not UTF-8"},
    };
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct settings s = {.connections = -1};
        struct err err = {0};
        enum rc rc = config_load_text(&schema, "t.conf", str_of(cases[i].text), *state, &s, &err);
        if (rc != RC_INVALID || strcmp(err.field, cases[i].field) != 0 ||
            strstr(err.msg, cases[i].reason) == NULL || err.details->count != 1 || s.connections != -1) {
            fail_msg("case %zu: %s %s: %s (%zu)", i, rc_name(rc), err.field, err.msg,
                     err.details != NULL ? err.details->count : 0);
        }
    }
}

static void test_config__refuses_nul(void **state)
{
    struct settings s;
    struct err err = {0};
    assert_int_equal(config_load_text(&schema, "t.conf", STR(GOOD "x\0y = 1\n"), *state, &s, &err),
                     RC_INVALID);
    assert_non_null(strstr(err.msg, "control character"));
}

static void test_config__reports_every_finding(void **state)
{
    struct settings s;
    struct err err = {0};
    const char *text = "[limits]\nconnections = x\n[log]\nlevle = 1\n[nowhere]\nskipped = 1\nskipped "
                       "too\n[server\nskipped = 1\n";
    static const char *const fields[] = {"t.conf:4", "t.conf:5", "t.conf:8", "t.conf", "t.conf:2"};
    assert_int_equal(config_load_text(&schema, "t.conf", str_of(text), *state, &s, &err), RC_INVALID);
    assert_int_equal(err.details->count, ARRAY_LEN(fields));
    const struct err_item *item = err.details->first;
    for (size_t i = 0; i < ARRAY_LEN(fields); i++, item = item->next) {
        if (!str_eq(item->field, str_of(fields[i]))) {
            fail_msg("finding %zu at %" STR_FMT, i, STR_ARG(item->field));
        }
    }
}

static void test_config__takes_long_lines_whole_or_not_at_all(void **state)
{
    static const char start[] = GOOD "[server]\nlisten = ";
    static const char name[] = "listen = ";
    for (size_t extra = 0; extra < 2; extra++) {
        size_t n = LIMIT_CONFIG_LINE - (sizeof name - 1) + extra;
        struct str text = arena_printf(*state, "%s%0*d\n[log]\nlevel = loud\n", start, (int)n, 1);
        struct settings s;
        struct err err = {0};
        enum rc rc = config_load_text(&schema, "t.conf", text, *state, &s, &err);
        if (extra == 0) {
            assert_int_equal(rc, RC_OK);
            assert_int_equal(s.server.listen.items[0].n, n);
            assert_int_equal(s.level, LOUD);
        } else {
            assert_int_equal(rc, RC_INVALID);
            assert_string_equal(err.field, "t.conf:4");
            assert_non_null(strstr(err.msg, "too long"));
        }
    }
}

static void test_config__reads_files_and_secrets(void **state)
{
    char folder[] = "/tmp/test_config.XXXXXX";
    char path[128];
    char secret[128];
    struct settings s;
    struct err err = {0};
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/conf", folder);
    (void)snprintf(secret, sizeof secret, "%s/token", folder);
    assert_int_equal(file_write(secret, STR("hunter2\n"), 0600, &err), RC_OK);
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
    assert_int_equal(file_write(path, STR(GOOD "[server]\nsecret_file = token\n"), 0644, &err), RC_OK);
    assert_int_equal(config_load(&schema, path, *state, &s, &err), RC_OK);
    assert_true(str_eq(s.server.secret, STR("hunter2")));
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
    assert_int_equal(file_write(secret, STR("\n"), 0600, &err), RC_OK);
    struct str text = arena_printf(*state, GOOD "[server]\nsecret_file = %s\n", secret);
    assert_int_equal(config_load_text(&schema, "t.conf", text, *state, &s, &err), RC_INVALID);
    assert_non_null(strstr(err.msg, "empty file"));
    assert_int_equal(config_load(&schema, "/nonexistent.conf", *state, &s, &err), RC_INVALID);
    assert_int_equal(truncate(path, LIMIT_CONFIG_FILE + 1), 0);
    assert_int_equal(config_load(&schema, path, *state, &s, &err), RC_INVALID);
    assert_non_null(strstr(err.msg, "larger than"));
    assert_int_equal(unlink(path) | unlink(secret) | rmdir(folder), 0);
}

static void test_config__says_so_when_the_arena_is_full(void **state UNUSED)
{
    for (size_t bytes = 0; bytes < 4000; bytes += 16) {
        CLEANUP(arena_freep) struct arena *mem = arena_new(bytes);
        struct settings s;
        struct err err = {0};
        enum rc rc = config_load_text(&schema, "t.conf", STR(GOOD "[issuer.a]\nauthority = x\nx = y\n"), mem,
                                      &s, &err);
        if (rc != RC_LIMIT && rc != RC_INVALID) {
            fail_msg("%zu bytes: %s", bytes, rc_name(rc));
        }
    }
}

static void test_config__sample_shows_every_option_and_loads(void **state)
{
    struct buf out;
    struct settings s;
    struct err err = {0};
    buf_init(&out, 1 << 16);
    config_write_sample(&schema, &out);
    if (config_load_text(&schema, "sample", buf_str(&out), *state, &s, &err) != RC_OK) {
        fail_msg("%s: %s", err.field, err.msg);
    }
    assert_true(str_eq(s.deployment.base_domain, STR("example.net")));
    assert_true(str_contains(
        buf_str(&out),
        STR("# Limits.\n[limits]\n\n# How many.\n# (number of connections, 1 to 1000)\n"
            "#connections = 100\n\n# How long.\n# (seconds, 0.05 to 60)\n#wait_seconds = 1.5\n")));
    assert_true(str_contains(buf_str(&out), STR("#[issuer.entra]\n")));
    assert_true(str_contains(buf_str(&out), STR("#authority = https://login.example\n")));
    assert_true(str_contains(buf_str(&out), STR("# (one of quiet, normal, loud)\n#level = normal\n")));
    struct str rest = buf_str(&out);
    struct str line;
    while (str_split(&rest, '\n', &line)) {
        assert_true(line.n <= 101);
    }
    buf_clear(&out);
}

static void test_config__markdown_has_a_table_for_each_section(void **state UNUSED)
{
    struct buf out;
    buf_init(&out, 1 << 16);
    config_write_markdown(&schema, &out);
    struct str page = buf_str(&out);
    assert_true(str_starts(
        page, STR("## [deployment]\n\nWhat it is.\n\n| Option | Value | Default | Reload | Meaning |\n"
                  "|---|---|---|---|---|\n| `base_domain` | text | must be given | no | The domain. |\n")));
    assert_true(str_contains(page, STR("| `listen` | list, comma separated | `https://127.0.0.1:8443` | no | "
                                       "Where to listen \\| several. |\n")));
    assert_true(str_contains(page, STR("\n## [issuer.NAME]\n")));
    buf_clear(&out);
}

static void test_config__names_changes_that_a_reload_cannot_take_over(void **state)
{
    static const struct {
        const char *before, *after, *names;
    } cases[] = {
        {GOOD, GOOD, ""},
        {GOOD, GOOD "[limits]\nconnections = 5\n[log]\nlevel = loud\n[server]\npublic_url = y\n", ""},
        {GOOD, "[deployment]\nbase_domain = b\nsingle_region = yes\n",
         "[deployment] base_domain, [deployment] single_region"},
        {GOOD, GOOD "[server]\nlisten = a, b\n", "[server] listen"},
        {GOOD, GOOD "[server]\ntls_key = /k\n", "[server] tls_key"},
        {GOOD, GOOD "[issuer.a]\nauthority = x\n", "[issuer.*]"},
        {GOOD "[issuer.a]\nauthority = x\n", GOOD "[issuer.b]\nauthority = x\n", "[issuer.b]"},
        {GOOD "[issuer.a]\nauthority = x\n", GOOD "[issuer.a]\nauthority = y\n", "[issuer.a] authority"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct settings before = load(state, cases[i].before);
        struct settings after = load(state, cases[i].after);
        struct buf names;
        buf_init(&names, 1000);
        bool changed = config_fixed_changes(&schema, &before, &after, &names);
        if (changed != (*cases[i].names != '\0') || !str_eq(buf_str(&names), str_of(cases[i].names))) {
            fail_msg("case %zu: %" STR_FMT, i, STR_ARG(buf_str(&names)));
        }
        buf_clear(&names);
    }
}

int main(void)
{
#define WITH_MEM(test) cmocka_unit_test_setup_teardown(test, mem_open, mem_close)
    const struct CMUnitTest tests[] = {
        WITH_MEM(test_config__fills_in_defaults),
        WITH_MEM(test_config__reads_values_and_comments),
        WITH_MEM(test_config__reads_seconds_with_decimals),
        WITH_MEM(test_config__later_values_replace_earlier_ones),
        WITH_MEM(test_config__repeated_sections_become_an_array),
        WITH_MEM(test_config__refuses_with_place_and_reason),
        WITH_MEM(test_config__refuses_nul),
        WITH_MEM(test_config__reports_every_finding),
        WITH_MEM(test_config__takes_long_lines_whole_or_not_at_all),
        WITH_MEM(test_config__reads_files_and_secrets),
        WITH_MEM(test_config__says_so_when_the_arena_is_full),
        WITH_MEM(test_config__sample_shows_every_option_and_loads),
        WITH_MEM(test_config__markdown_has_a_table_for_each_section),
        WITH_MEM(test_config__names_changes_that_a_reload_cannot_take_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
