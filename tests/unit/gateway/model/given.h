/* What the tests of this room share: an arena a test, JSON made easy to write, findings as one line of text.
 */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "common/base/limits.h"
#include "gateway/model/schema.h"

static inline int given_arena(void **state)
{
    *state = arena_new(LIMIT_REQUEST_ARENA);
    return *state == NULL;
}

static inline int drop_arena(void **state)
{
    arena_free(*state);
    return 0;
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, given_arena, drop_arena)

/* JSON with ' for ", so that C strings stay readable. */
static inline const struct json *given_json(struct arena *mem, const char *text)
{
    const struct json *json = NULL;
    struct err err = {0};
    char *copy = arena_cstr(mem, str_of(text));
    assert_non_null(copy);
    for (char *c = copy; *c != '\0'; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    if (json_parse(str_of(copy), mem, &json, &err) != RC_OK) {
        fail_msg("the test's own JSON is bad: %s: %s", err.msg, copy);
    }
    return json;
}

/* "MissingField name, InvalidType serviceDetails.x" */
static inline const char *findings_of(struct arena *mem, const struct err *err)
{
    struct str text = STR("");
    for (const struct err_item *i = err->details != NULL ? err->details->first : NULL; i != NULL;
         i = i->next) {
        text = arena_printf(mem, "%" STR_FMT "%s%s %" STR_FMT, STR_ARG(text), text.n > 0 ? ", " : "", i->code,
                            STR_ARG(i->field));
    }
    return text.n > 0 ? arena_cstr(mem, text) : err->code != NULL ? err->code : "";
}

/* With ' for ", as the tests write it. */
static inline const char *quoted(struct arena *mem, struct str json)
{
    char *copy = arena_cstr(mem, json);
    assert_non_null(copy);
    for (char *c = copy; *c != '\0'; c++) {
        *c = *c == '"' ? '\'' : *c;
    }
    return copy;
}
