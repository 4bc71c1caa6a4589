/* Rules of the proxy: what fits, what strikes, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/json/read.h"
#include "programs/numgate-lab/rule.h"

#include "common/base/banned.h"

#define MEM_MAX ((size_t)16 * 1024 * 1024)

static struct arena *mem;
static struct rules *rules;

static int given_rules(void **state UNUSED)
{
    mem = arena_new(MEM_MAX);
    rules = rules_new();
    return 0;
}

static int drop_rules(void **state UNUSED)
{
    rules_free(rules);
    arena_free(mem);
    return 0;
}

static enum rc read_rule(const char *text, struct rule *ret, struct err *err)
{
    const struct json *value = NULL;
    assert_int_equal(json_parse(str_of(text), mem, &value, NULL), RC_OK);
    return rule_read(value, mem, ret, err);
}

static void add(const char *text)
{
    struct rule rule;
    struct err err;
    if (read_rule(text, &rule, &err) != RC_OK || rules_add(rules, &rule, &err) != RC_OK) {
        fail_msg("%s: %s", text, err.msg);
    }
}

static const struct rule *strike(const char *method, const char *path)
{
    return rules_strike(rules, str_of(method), str_of(path), mem);
}

static void test_path_fits__stars_stand_for_any_text(void **state UNUSED)
{
    static const struct {
        const char *pattern, *path;
        bool fits;
    } cases[] = {
        {"/a", "/a", true},        {"/a", "/ab", false},      {"/a", "/", false},
        {"*", "", true},           {"*", "/a/b", true},       {"/a*", "/a", true},
        {"/a*", "/a/b", true},     {"/a*", "/b", false},      {"*b", "/ab", true},
        {"*b", "/abc", false},     {"/*/c", "/a/b/c", true},  {"/*/c", "/c", false},
        {"/*b*c", "/abcbc", true}, {"/*b*c", "/abcb", false}, {"**", "x", true},
        {"a**b", "ab", true},      {"a*b*", "axbx", true},    {"*ab", "aab", true},
        {"*aab", "aaab", true},    {"*aab", "aaa", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (rule_path_fits(str_of(cases[i].pattern), str_of(cases[i].path)) != cases[i].fits) {
            fail_msg("case %zu", i);
        }
    }
}

/* Work that grows with the product of both lengths and no faster. */
static void test_path_fits__bounds_its_work(void **state UNUSED)
{
    char pattern[RULE_PATH_MAX], path[2000];
    for (size_t i = 0; i < sizeof pattern; i++) {
        pattern[i] = i % 2 == 0 ? '*' : 'a';
    }
    memset(path, 'a', sizeof path);
    path[sizeof path - 1] = 'b';
    assert_false(rule_path_fits((struct str){pattern, sizeof pattern}, (struct str){path, sizeof path}));
}

/* One letter a request: x struck, - not. */
static void test_strike__counts(void **state UNUSED)
{
    static const struct {
        const char *rule, *struck;
    } cases[] = {
        {"{\"kind\":\"reset\"}", "x-------"},
        {"{\"kind\":\"reset\",\"times\":3}", "xxx-----"},
        {"{\"kind\":\"reset\",\"times\":0}", "xxxxxxxx"},
        {"{\"kind\":\"reset\",\"skip\":2}", "--x-----"},
        {"{\"kind\":\"reset\",\"every\":3}", "--x--x--"},
        {"{\"kind\":\"reset\",\"every\":3,\"times\":1}", "--x-----"},
        {"{\"kind\":\"reset\",\"skip\":1,\"every\":2}", "--x-x-x-"},
        {"{\"kind\":\"reset\",\"skip\":1,\"times\":2}", "-xx-----"},
        {"{\"kind\":\"reset\",\"probability\":1,\"times\":0}", "xxxxxxxx"},
        {"{\"kind\":\"reset\",\"seen\":1,\"struck\":1,\"times\":2}", "x-------"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        rules_clear(rules);
        add(cases[i].rule);
        for (size_t n = 0; n < strlen(cases[i].struck); n++) {
            if ((strike("GET", "/") != NULL) != (cases[i].struck[n] == 'x')) {
                fail_msg("case %zu, request %zu", i, n);
            }
        }
    }
}

static void test_strike__looks_at_method_and_path(void **state UNUSED)
{
    add("{\"kind\":\"reset\",\"times\":0,\"method\":\"PUT\",\"path\":\"/a/*\"}");
    assert_null(strike("GET", "/a/b"));
    assert_null(strike("put", "/a/b"));
    assert_null(strike("PUT", "/b"));
    assert_non_null(strike("PUT", "/a/b"));
}

static void test_strike__takes_the_first_that_strikes(void **state UNUSED)
{
    add("{\"name\":\"a\",\"kind\":\"reset\",\"every\":2}");
    add("{\"name\":\"b\",\"kind\":\"reset\",\"times\":0}");
    const char *wanted[] = {"b", "a", "b", "a"};
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        assert_string_equal(strike("GET", "/")->name, wanted[i]);
    }
}

/* Written out once and held: seeds in files of others mean the same in each version. */
static void test_strike__chance_is_of_the_seed_alone(void **state UNUSED)
{
    char struck[33] = "";
    add("{\"kind\":\"reset\",\"probability\":0.25,\"seed\":42}");
    for (size_t i = 0; i < 32; i++) {
        struck[i] = strike("GET", "/") != NULL ? 'x' : '-';
    }
    assert_string_equal(struck, "-x--x-x---x----xx-x--x--x-------");
}

static void test_strike__copies_what_a_change_of_the_list_would_take(void **state UNUSED)
{
    add("{\"kind\":\"status\",\"status\":503,\"body\":\"text\"}");
    const struct rule *rule = strike("GET", "/");
    rules_clear(rules);
    add("{\"kind\":\"status\",\"status\":500,\"body\":\"else\"}");
    assert_int_equal(rule->status, 503);
    assert_true(str_eq(rule->body, STR("text")));
}

static void test_read__fills_in_what_was_not_said(void **state UNUSED)
{
    struct rule rule;
    assert_int_equal(read_rule("{\"kind\":\"reset\"}", &rule, NULL), RC_OK);
    assert_int_equal(rule.when, RULE_BEFORE);
    assert_int_equal(rule.times, 1);
    assert_int_equal(rule.every, 1);
    assert_int_equal(read_rule("{\"kind\":\"cut\",\"every\":2}", &rule, NULL), RC_OK);
    assert_int_equal(rule.when, RULE_AFTER);
    assert_int_equal(rule.times, 0);
    assert_int_equal(read_rule("{\"kind\":\"hang\",\"probability\":0.5}", &rule, NULL), RC_OK);
    assert_int_equal(rule.ms, RULE_HANG_MS);
    assert_int_equal(rule.times, 0);
    assert_int_equal(read_rule("{\"kind\":\"dead\"}", &rule, NULL), RC_OK);
    assert_int_equal(rule.ms, 0);
}

static void test_replace__is_all_or_nothing(void **state UNUSED)
{
    const struct json *value = NULL;
    add("{\"name\":\"old\",\"kind\":\"reset\"}");
    assert_int_equal(json_parse(STR("{\"rules\":[{\"kind\":\"cut\"},{\"kind\":\"no\"}]}"), mem, &value, NULL),
                     RC_OK);
    assert_int_equal(rules_replace(rules, value, true, NULL), RC_INVALID);
    assert_string_equal(strike("GET", "/")->name, "old");
    assert_int_equal(json_parse(STR("{\"rules\":[{\"name\":\"new\",\"kind\":\"cut\"}]}"), mem, &value, NULL),
                     RC_OK);
    assert_int_equal(rules_replace(rules, value, false, NULL), RC_OK);
    assert_null(strike("GET", "/"));
    assert_int_equal(rules_replace(rules, value, true, NULL), RC_OK);
    assert_string_equal(strike("GET", "/")->name, "new");
}

static void test_add__is_bounded(void **state UNUSED)
{
    struct rule rule;
    for (size_t i = 0; i < RULES_MAX; i++) {
        add("{\"kind\":\"reset\"}");
    }
    assert_int_equal(read_rule("{\"kind\":\"reset\"}", &rule, NULL), RC_OK);
    assert_int_equal(rules_add(rules, &rule, NULL), RC_LIMIT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, given_rules, drop_rules)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_path_fits__stars_stand_for_any_text),
        TEST(test_path_fits__bounds_its_work),
        TEST(test_strike__counts),
        TEST(test_strike__looks_at_method_and_path),
        TEST(test_strike__takes_the_first_that_strikes),
        TEST(test_strike__chance_is_of_the_seed_alone),
        TEST(test_strike__copies_what_a_change_of_the_list_would_take),
        TEST(test_read__fills_in_what_was_not_said),
        TEST(test_replace__is_all_or_nothing),
        TEST(test_add__is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
