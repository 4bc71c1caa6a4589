#include "common/json/write.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "common/base/arena.h"
#include "common/json/read.h"

static void test_json_out__puts_the_commas(void **state UNUSED)
{
    struct buf buf;
    struct json_out out;
    buf_init(&buf, 1000);
    json_out_init(&out, &buf);
    json_object_begin(&out);
    json_str_member(&out, "s", STR("x"));
    json_str_member(&out, "absent", STR_NONE);
    json_i64_member(&out, "i", INT64_MIN);
    json_bool_member(&out, "b", false);
    json_name(&out, STR("a"));
    json_array_begin(&out);
    json_put_str(&out, STR_NONE);
    json_put_i64(&out, 1);
    json_object_begin(&out);
    json_object_end(&out);
    json_array_begin(&out);
    json_array_end(&out);
    json_put_bool(&out, true);
    json_array_end(&out);
    json_name(&out, STR("raw"));
    json_put_raw(&out, STR("{\"k\":1}"));
    json_name(&out, STR("n\""));
    json_put_null(&out);
    json_object_end(&out);
    buf_put_char(&buf, '\0');
    assert_string_equal(buf.p,
                        "{\"s\":\"x\",\"i\":-9223372036854775808,\"b\":false,\"a\":[null,1,{},[],true],"
                        "\"raw\":{\"k\":1},\"n\\\"\":null}");
    buf_clear(&buf);
}

/* Every byte value, alone and beside others, must come out as JSON that our own strict reader takes. */
static void test_json_out__is_always_readable(void **state UNUSED)
{
    struct arena *mem = arena_new(16 << 20);
    struct buf buf;
    buf_init(&buf, 1000);
    for (int first = 1; first < 256; first++) {
        for (int second = 1; second < 256; second += 7) {
            char text[4] = {(char)first, (char)second, 'z', '\0'};
            struct json_out out;
            const struct json *value = NULL;
            struct err err = {0};
            buf_reset(&buf);
            json_out_init(&out, &buf);
            json_put_str(&out, str_of(text));
            if (json_parse(buf_str(&buf), mem, &value, &err) != RC_OK) {
                fail_msg("%02x %02x: %s", (unsigned)first, (unsigned)second, err.msg);
            }
            if (str_is_utf8(str_of(text)) && !str_eq(json_string(value), str_of(text))) {
                fail_msg("%02x %02x changed", (unsigned)first, (unsigned)second);
            }
            arena_reset(mem);
        }
    }
    buf_clear(&buf);
    arena_free(mem);
}

static void test_json_out__a_full_buffer_is_told_once_at_the_end(void **state UNUSED)
{
    struct buf buf;
    struct json_out out;
    buf_init(&buf, 10);
    json_out_init(&out, &buf);
    json_array_begin(&out);
    for (int i = 0; i < 100; i++) {
        json_put_i64(&out, i);
    }
    json_array_end(&out);
    assert_true(buf_failed(&buf));
    assert_true(buf.n <= 10);
    buf_clear(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_out__puts_the_commas),
        cmocka_unit_test(test_json_out__is_always_readable),
        cmocka_unit_test(test_json_out__a_full_buffer_is_told_once_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
