#include "common/json/read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "common/base/limits.h"

static int mem_open(void **state)
{
    *state = arena_new(1 << 20);
    return *state == NULL;
}

static int mem_close(void **state)
{
    arena_free(*state);
    return 0;
}

static const struct json *parse(void **state, const char *text)
{
    const struct json *value = NULL;
    struct err err = {0};
    if (json_parse(str_of(text), *state, &value, &err) != RC_OK) {
        fail_msg("%s: %s", text, err.msg);
    }
    return value;
}

static void test_json__reads_every_type(void **state)
{
    const struct json *v =
        parse(state, "{\"n\":null,\"t\":true,\"f\":false,\"i\":-9223372036854775808,\"r\":1.5,"
                     "\"s\":\"a\\u00e9\\ud83d\\ude00\\n\",\"a\":[1,2],\"o\":{}}");
    assert_int_equal(json_type(v), JSON_OBJECT);
    assert_int_equal(json_type(json_get(v, STR("n"))), JSON_NULL);
    assert_true(json_bool(json_get(v, STR("t"))));
    assert_int_equal(json_type(json_get(v, STR("f"))), JSON_BOOL);
    assert_false(json_bool(json_get(v, STR("f"))));
    assert_true(json_int(json_get(v, STR("i"))) == INT64_MIN);
    assert_int_equal(json_type(json_get(v, STR("r"))), JSON_REAL);
    assert_true(str_eq(json_string(json_get(v, STR("s"))), STR("a\xC3\xA9\xF0\x9F\x98\x80\n")));
    assert_int_equal(json_count(json_get(v, STR("a"))), 2);
    assert_int_equal(json_int(json_at(json_get(v, STR("a")), 1)), 2);
    assert_null(json_at(json_get(v, STR("a")), 2));
    assert_int_equal(json_count(json_get(v, STR("o"))), 0);
    assert_null(json_get(v, STR("missing")));
    assert_string_equal(json_type_name(JSON_INT), "integer");
}

static void test_json__questions_of_the_wrong_type_have_empty_answers(void **state)
{
    const struct json *v = parse(state, "[1]");
    assert_true(str_absent(json_string(v)));
    assert_int_equal(json_int(v), 0);
    assert_false(json_bool(v));
    assert_null(json_get(v, STR("a")));
    assert_null(json_at(json_at(v, 0), 0));
    assert_true(str_absent(json_string(NULL)));
    assert_int_equal(json_count(NULL), 0);
    assert_null(json_get(NULL, STR("a")));
    struct json_iter it = json_iter(v);
    assert_false(json_next(&it));
}

static void test_json__any_value_may_be_the_document(void **state)
{
    assert_int_equal(json_int(parse(state, " 7\n")), 7);
    assert_true(str_eq(json_string(parse(state, "\"\"")), STR("")));
    assert_int_equal(json_type(parse(state, "null")), JSON_NULL);
}

static void test_json__walks_members_in_the_order_of_the_text(void **state)
{
    struct json_iter it =
        json_iter(parse(state, "{\"z\":1,\"a\":2,\"m\":3,\"\":4,\"b\":5,\"y\":6,\"c\":7,\"x\":8,\"d\":9}"));
    char names[32] = "";
    int64_t count = 0;
    while (json_next(&it)) {
        strncat(names, it.name.p, it.name.n);
        assert_int_equal(json_int(it.value), ++count);
    }
    assert_string_equal(names, "zambycxd");
    assert_int_equal(count, 9);
}

static void test_json__refuses_what_is_not_strictly_json(void **state)
{
#define TEXT(literal)                                                                                        \
    {                                                                                                        \
        "" literal, sizeof(literal) - 1                                                                      \
    }
    static const struct str bad[] = {
        TEXT(""),
        TEXT(" "),
        TEXT("{"),
        TEXT("{\"a\":1"),
        TEXT("{\"a\":1,}"),
        TEXT("[1,]"),
        TEXT("[1 2]"),
        TEXT("{'a':1}"),
        TEXT("{a:1}"),
        TEXT("{\"a\":1,\"a\":2}"),
        TEXT("{\"a\":{\"b\":1,\"\\u0062\":2}}"), /* the same name, escaped */
        TEXT("{\"a\":1}x"),
        TEXT("{}{}"),
        TEXT("\"\xFF\""),
        TEXT("\"\xC0\xAF\""),
        TEXT("\"\xED\xA0\x80\""),
        TEXT("\"\\ud800\""),
        TEXT("\"\\udc00\\ud800\""),
        TEXT("\"a\0b\""),
        TEXT("\"\\u0000\""),
        TEXT("{\"\\u0000\":1}"),
        TEXT("{}\0"),
        TEXT("\0"),
        TEXT("\"a\nb\""),
        TEXT("\"\\x\""),
        TEXT("\"abc"),
        TEXT("\"abc\\"),
        TEXT("01"),
        TEXT("+1"),
        TEXT(".5"),
        TEXT("1."),
        TEXT("1e"),
        TEXT("1e999"),
        TEXT("9223372036854775808"),
        TEXT("-9223372036854775809"),
        TEXT("99999999999999999999999999"),
        TEXT("NaN"),
        TEXT("Infinity"),
        TEXT("True"),
        TEXT("nul"),
        TEXT("// c\n1"),
        TEXT("\xEF\xBB\xBF{}"),
        TEXT("]"),
        TEXT("]]]]]["),
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        const struct json *value = NULL;
        struct err err = {0};
        enum rc rc = json_parse(bad[i], *state, &value, &err);
        if (rc != RC_INVALID || value != NULL || err.code == NULL || strcmp(err.code, "InvalidJson") != 0) {
            fail_msg("case %zu (%" STR_FMT "): %s %s", i, STR_ARG(bad[i]), rc_name(rc), err.msg);
        }
    }
}

static void test_json__says_where_and_quotes_nothing(void **state)
{
    const struct json *value = NULL;
    struct err err = {0};
    assert_int_equal(json_parse(STR("{\n \"secret\": hunter2\n}"), *state, &value, &err), RC_INVALID);
    assert_non_null(strstr(err.msg, "line 2"));
    assert_null(strstr(err.msg, "hunter2"));
}

static struct str nested(struct arena *mem, size_t depth, const char *open, const char *close)
{
    struct str text = STR("");
    for (size_t i = 0; i < depth; i++) {
        text = arena_printf(mem, "%s%" STR_FMT "%s", open, STR_ARG(text), close);
    }
    return text;
}

static void test_json__limits_nesting(void **state)
{
    const struct json *value = NULL;
    struct err err = {0};
    assert_int_equal(json_parse(nested(*state, LIMIT_JSON_DEPTH, "[", "]"), *state, &value, &err), RC_OK);
    assert_int_equal(json_parse(nested(*state, LIMIT_JSON_DEPTH + 1, "[", "]"), *state, &value, &err),
                     RC_INVALID);
    assert_string_equal(err.msg, "line 1, column 17: nested too deeply");
    assert_int_equal(
        json_parse(nested(*state, LIMIT_JSON_DEPTH + 1, "[1,{\"\":", "}]"), *state, &value, &err),
        RC_INVALID);
    assert_int_equal(json_parse(STR("\"[[[[[[[[[[[[[[[[[[[[[\\\"[[[[[[\""), *state, &value, &err), RC_OK);
}

static void test_json__limits_the_number_of_values(void **state)
{
    size_t n = 2 * (LIMIT_JSON_VALUES + 1);
    char *text = arena_alloc(*state, n + 8);
    const struct json *value = NULL;
    struct err err = {0};
    size_t at = 0;
    text[at++] = '[';
    for (size_t i = 0; i < LIMIT_JSON_VALUES - 1; i++) {
        text[at++] = '1';
        text[at++] = ',';
    }
    text[at - 1] = ']';
    assert_int_equal(json_parse((struct str){text, at}, *state, &value, &err), RC_OK);
    assert_int_equal(json_count(value), LIMIT_JSON_VALUES - 1);
    memcpy(text + at - 1, ",1,1]", 5);
    assert_int_equal(json_parse((struct str){text, at + 4}, *state, &value, &err), RC_INVALID);
    assert_non_null(strstr(err.msg, "too many values"));
}

static void test_json__follows_pointers(void **state)
{
    const struct json *v =
        parse(state, "{\"a\":{\"b\":[10,11]},\"x/y\":1,\"m~n\":2,\"\":3,\"0\":4,\"~1\":5}");
    static const struct {
        const char *pointer;
        int64_t value; /* 0: nothing there */
    } cases[] = {
        {"/a/b/0", 10}, {"/a/b/1", 11}, {"/a/b/2", 0},   {"/a/b/01", 0},  {"/a/b/-", 0},
        {"/a/b/-1", 0}, {"/a/b/+1", 0}, {"/x~1y", 1},    {"/m~0n", 2},    {"/", 3},
        {"/0", 4},      {"/~01", 5},    {"/m~n", 0},     {"/m~", 0},      {"a", 0},
        {"/a/b/c", 0},  {"/x/y", 0},    {"/a/b/0/0", 0}, {"/missing", 0}, {"//", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct json *found = json_pointer(v, str_of(cases[i].pointer));
        if ((found != NULL) != (cases[i].value != 0) || json_int(found) != cases[i].value) {
            fail_msg("case %zu (%s)", i, cases[i].pointer);
        }
    }
    assert_ptr_equal(json_pointer(v, STR("")), v);
}

static void test_json__says_so_when_the_arena_is_full(void **state UNUSED)
{
    CLEANUP(arena_freep) struct arena *full = arena_new(8);
    const struct json *value = NULL;
    struct err err = {0};
    assert_int_equal(json_parse(STR("{\"a\":[1]}"), full, &value, &err), RC_LIMIT);
    assert_null(value);
}

int main(void)
{
#define WITH_MEM(test) cmocka_unit_test_setup_teardown(test, mem_open, mem_close)
    const struct CMUnitTest tests[] = {
        WITH_MEM(test_json__reads_every_type),
        WITH_MEM(test_json__questions_of_the_wrong_type_have_empty_answers),
        WITH_MEM(test_json__any_value_may_be_the_document),
        WITH_MEM(test_json__walks_members_in_the_order_of_the_text),
        WITH_MEM(test_json__refuses_what_is_not_strictly_json),
        WITH_MEM(test_json__says_where_and_quotes_nothing),
        WITH_MEM(test_json__limits_nesting),
        WITH_MEM(test_json__limits_the_number_of_values),
        WITH_MEM(test_json__follows_pointers),
        WITH_MEM(test_json__says_so_when_the_arena_is_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
