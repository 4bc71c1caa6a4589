/* Strict JSON reader: RFC 8259 with nothing forgiven. Refused: duplicate names, invalid UTF-8, lone surrogates, NUL in strings
 * ("\u0000" too), integers beyond 64 bits, nesting deeper than LIMIT_JSON_DEPTH, more values than
 * LIMIT_JSON_VALUES, anything after the value.
 * A parsed document lives until its arena ends; all text in it is borrowed from there. Hides jansson. One thread at a time. */
#pragma once
#include "common/base/arena.h"
#include "common/base/err.h"

struct json; /* one value of a document */

enum json_type { JSON_NULL, JSON_BOOL, JSON_INT, JSON_REAL, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* RC_INVALID "InvalidJson" with line and column, RC_LIMIT when the arena is full. */
MUST_USE enum rc json_parse(struct str text, struct arena *mem, const struct json **ret, struct err *err);

enum json_type json_type(const struct json *value);
const char *json_type_name(enum json_type type);  /* "string", "integer", ... for messages */
struct str json_string(const struct json *value); /* absent when it is none */
int64_t json_int(const struct json *value);       /* 0 when it is none */
double json_double(const struct json *value);     /* of an integer too; 0 when it is no number */
bool json_bool(const struct json *value);
size_t json_count(const struct json *value); /* of an array or object; else 0 */
const struct json *json_at(const struct json *array, size_t index);
const struct json *json_get(const struct json *object, struct str name); /* NULL: absent */

/* for (struct json_iter it = json_iter(object); json_next(&it);) it.name, it.value; in the order of the text. */
struct json_iter {
    const struct json *object;
    void *at;
    struct str name;
    const struct json *value;
};
struct json_iter json_iter(const struct json *object);
bool json_next(struct json_iter *it);

/* RFC 6901: "" is the whole document, "/realm_access/roles" a member of a member. NULL: absent. */
const struct json *json_pointer(const struct json *value, struct str pointer);
