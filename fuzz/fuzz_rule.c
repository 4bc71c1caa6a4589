/* A scenario of numgate-lab's proxy. What is accepted is written and read again as the same, and can be looked at for requests. */
#include <stddef.h>
#include <stdint.h>

#include "common/json/read.h"
#include "programs/numgate-lab/rule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool take(struct rules *rules, struct str text, struct arena *mem)
{
    const struct json *value = NULL;
    return json_parse(text, mem, &value, NULL) == RC_OK && rules_replace(rules, value, true, NULL) == RC_OK;
}

static void put(const struct rules *rules, struct buf *ret)
{
    struct json_out out;
    buf_init(ret, RULES_TEXT_MAX);
    json_out_init(&out, ret);
    rules_write(rules, &out);
    ensure(!buf_failed(ret));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *mem = arena_new(4 * (size_t)RULES_TEXT_MAX);
    struct rules *rules = rules_new();
    struct buf first, second;
    if (take(rules, (struct str){(const char *)data, size}, mem)) {
        put(rules, &first);
        ensure(take(rules, buf_str(&first), mem));
        put(rules, &second);
        ensure(str_eq(buf_str(&first), buf_str(&second)));
        for (int i = 0; i < 10; i++) {
            (void)rules_strike(rules, STR("GET"), STR("/accounts/a/numbers"), mem);
        }
        buf_clear(&first);
        buf_clear(&second);
    }
    rules_free(rules);
    arena_free(mem);
    return 0;
}
