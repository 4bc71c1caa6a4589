/* Parts of a state that are put back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/arena.h"
#include "common/json/read.h"
#include "programs/numgate-lab/part.h"

#include "common/base/banned.h"

static enum rc reset(void *arg, struct err *err UNUSED)
{
    *(int64_t *)arg = 0;
    return RC_OK;
}

static void snapshot(void *arg, struct json_out *out)
{
    json_put_i64(out, *(int64_t *)arg);
}

static enum rc restore(void *arg, const struct json *value, bool apply, struct err *err)
{
    if (json_type(value) != JSON_INT) {
        return err_set(err, RC_INVALID, NULL, "no number");
    }
    *(int64_t *)arg = apply ? json_int(value) : *(int64_t *)arg;
    return RC_OK;
}

static void test_parts__come_back(void **state UNUSED)
{
    int64_t a = 1, b = 2;
    const struct part rows[] = {{"a", &a, reset, snapshot, restore}, {"b", &b, reset, snapshot, restore}};
    const struct parts parts = {rows, ARRAY_LEN(rows)};
    struct arena *mem = arena_new(100000);
    struct buf text;
    buf_init(&text, 1000);
    parts_snapshot(&parts, &text);
    assert_true(str_eq(buf_str(&text), STR("{\"parts\":{\"a\":1,\"b\":2}}")));
    assert_int_equal(parts_reset(&parts, NULL), RC_OK);
    assert_true(a == 0 && b == 0);
    assert_int_equal(parts_restore(&parts, STR("{\"parts\":{\"b\":7}}"), mem, NULL), RC_OK);
    assert_true(a == 0 && b == 7);
    assert_int_equal(parts_restore(&parts, buf_str(&text), mem, NULL), RC_OK);
    assert_true(a == 1 && b == 2);
    buf_clear(&text);
    arena_free(mem);
}

static void test_parts_restore__changes_nothing_when_it_refuses(void **state UNUSED)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "empty"},
        {"[]", "a snapshot is expected"},
        {"{}", "a snapshot is expected"},
        {"{\"parts\":[]}", "a snapshot is expected"},
        {"{\"parts\":{},\"more\":1}", "a snapshot is expected"},
        {"{\"parts\":{\"a\":5,\"c\":6}}", "no part \"c\""},
        {"{\"parts\":{\"a\":5,\"b\":\"x\"}}", "parts.b: no number"},
    };
    int64_t a = 1, b = 2;
    const struct part rows[] = {{"a", &a, reset, snapshot, restore}, {"b", &b, reset, snapshot, restore}};
    const struct parts parts = {rows, ARRAY_LEN(rows)};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        struct arena *mem = arena_new(100000);
        enum rc rc = parts_restore(&parts, str_of(cases[i].text), mem, &err);
        if (rc != RC_INVALID || strstr(err.msg, cases[i].says) == NULL || a != 1 || b != 2) {
            fail_msg("case %zu: %s", i, err.msg);
        }
        arena_free(mem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts__come_back),
        cmocka_unit_test(test_parts_restore__changes_nothing_when_it_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
