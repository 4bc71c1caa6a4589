/* The strict JSON reader: whatever it accepts is walked, and its strings written and read back must be the
 * same. */
#include <stddef.h>
#include <stdint.h>

#include "common/base/limits.h"
#include "common/json/read.h"
#include "common/json/write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_string(struct str text, struct arena *mem)
{
    const struct json *again = NULL;
    struct json_out out;
    struct buf buf;
    buf_init(&buf, 8 * (size_t)LIMIT_BODY);
    json_out_init(&out, &buf);
    json_put_str(&out, text);
    ensure(str_is_utf8(text) && str_find(text, '\0') < 0);
    ensure(json_parse(buf_str(&buf), mem, &again, NULL) == RC_OK && str_eq(json_string(again), text));
    buf_clear(&buf);
}

/* The depth is that of the document, which the reader bounds. */
static void walk(const struct json *value, struct arena *mem, unsigned depth)
{
    ensure(depth <= LIMIT_JSON_DEPTH);
    if (json_type(value) == JSON_STRING) {
        check_string(json_string(value), mem);
    }
    for (size_t i = 0; json_type(value) == JSON_ARRAY && i < json_count(value); i++) {
        walk(json_at(value, i), mem, depth + 1);
    }
    for (struct json_iter it = json_iter(value); json_next(&it);) {
        ensure(json_get(value, it.name) == it.value);
        walk(it.value, mem, depth + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct json *value = NULL;
    struct arena *mem = arena_new(LIMIT_REQUEST_ARENA);
    if (json_parse((struct str){(const char *)data, size}, mem, &value, NULL) == RC_OK) {
        walk(value, mem, 0);
    }
    arena_free(mem);
    return 0;
}
