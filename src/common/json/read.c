/* A scan of our own goes first: it refuses nesting and numbers of values that would make jansson recurse deep
 * or build a tree many times the size of the text. Then jansson, which is strict, parses; its tree goes when
 * the arena does. A struct json is a json_t, so nothing is copied. */
#include "common/json/read.h"

#include <stdio.h>

#include "common/base/limits.h"

/* jansson calls some of its own things by our names; ours stay, and its are renamed while its header is read.
 * Its function json_string is therefore out of reach here, which a reader never needs. */
#define json_type    jansson_type
#define json_string  jansson_string
#define JSON_OBJECT  JANSSON_OBJECT
#define JSON_ARRAY   JANSSON_ARRAY
#define JSON_STRING  JANSSON_STRING
#define JSON_INTEGER JANSSON_INTEGER
#define JSON_REAL    JANSSON_REAL
#define JSON_TRUE    JANSSON_TRUE
#define JSON_FALSE   JANSSON_FALSE
#define JSON_NULL    JANSSON_NULL
#include <jansson.h>
#undef json_type
#undef json_string
#undef JSON_OBJECT
#undef JSON_ARRAY
#undef JSON_STRING
#undef JSON_REAL
#undef JSON_NULL

#include "common/base/banned.h"

/* jansson takes no const, and changes nothing in what is called here. */
static json_t *node(const struct json *value)
{
    return (json_t *)(uintptr_t)value;
}

static const struct json *value_of(const json_t *n)
{
    return (const struct json *)n;
}

static enum rc refuse_at(struct err *err, struct str text, size_t at, const char *why)
{
    unsigned line = 1;
    size_t line_start = 0;
    for (size_t i = 0; i < at; i++) {
        if (text.p[i] == '\n') {
            line++;
            line_start = i + 1;
        }
    }
    return err_set(err, RC_INVALID, "InvalidJson", "line %u, column %zu: %s", line, at - line_start + 1, why);
}

/* The index behind the string that begins at `at`, or the end of the text. */
static size_t skip_string(struct str text, size_t at)
{
    for (at++; at < text.n && text.p[at] != '"'; at++) {
        at += text.p[at] == '\\';
    }
    return at + 1 < text.n ? at + 1 : text.n;
}

/* Counts openings and commas, each of which brings at most one value; whether they fit together is jansson's
 * business. */
static enum rc scan(struct str text, struct err *err)
{
    size_t depth = 0;
    size_t values = 1;
    for (size_t at = 0; at < text.n;) {
        char c = text.p[at];
        if (c == '"') {
            at = skip_string(text, at);
            continue;
        }
        depth += c == '[' || c == '{';
        depth -= (c == ']' || c == '}') && depth > 0;
        values += c == '[' || c == '{' || c == ',';
        if (depth > LIMIT_JSON_DEPTH) {
            return refuse_at(err, text, at, "nested too deeply");
        }
        if (values > LIMIT_JSON_VALUES) {
            return refuse_at(err, text, at, "too many values");
        }
        at++;
    }
    return RC_OK;
}

/* jansson ends its messages with "near '<text>'", which may be anything the client sent, a secret too: cut
 * off. */
static enum rc refuse_by(struct err *err, const json_error_t *why)
{
    const char *near = strstr(why->text, " near ");
    size_t n = near != NULL ? (size_t)(near - why->text) : strnlen(why->text, sizeof why->text);
    if (json_error_code(why) == json_error_out_of_memory) {
        return err_set(err, RC_LIMIT, NULL, "no memory for a JSON document");
    }
    return err_set(err, RC_INVALID, "InvalidJson", "line %d, column %d: %.*s", why->line, why->column, (int)n,
                   why->text);
}

static void release(void *root)
{
    json_decref(root);
}

enum rc json_parse(struct str text, struct arena *mem, const struct json **ret, struct err *err)
{
    json_error_t why;
    if (str_empty(text)) {
        return err_set(err, RC_INVALID, "InvalidJson", "the document is empty");
    }
    enum rc rc = scan(text, err);
    if (rc != RC_OK) {
        return rc;
    }
    json_t *root = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    if (root == NULL) {
        return refuse_by(err, &why);
    }
    if (!arena_defer(mem, release, root)) {
        json_decref(root);
        return err_set(err, RC_LIMIT, NULL, "no memory for a JSON document");
    }
    *ret = value_of(root);
    return RC_OK;
}

enum json_type json_type(const struct json *value)
{
    switch (json_typeof(node(value))) {
    case JANSSON_OBJECT:
        return JSON_OBJECT;
    case JANSSON_ARRAY:
        return JSON_ARRAY;
    case JANSSON_STRING:
        return JSON_STRING;
    case JANSSON_INTEGER:
        return JSON_INT;
    case JANSSON_REAL:
        return JSON_REAL;
    case JANSSON_TRUE:
    case JANSSON_FALSE:
        return JSON_BOOL;
    case JANSSON_NULL:
        break;
    }
    return JSON_NULL;
}

const char *json_type_name(enum json_type type)
{
    static const char *const names[] = {
        [JSON_NULL] = "null",     [JSON_BOOL] = "boolean", [JSON_INT] = "integer",   [JSON_REAL] = "number",
        [JSON_STRING] = "string", [JSON_ARRAY] = "array",  [JSON_OBJECT] = "object",
    };
    return names[type];
}

static bool is_a(const struct json *value, enum json_type type)
{
    return value != NULL && json_type(value) == type;
}

struct str json_string(const struct json *value)
{
    if (!is_a(value, JSON_STRING)) {
        return STR_NONE;
    }
    return (struct str){json_string_value(node(value)), json_string_length(node(value))};
}

int64_t json_int(const struct json *value)
{
    return is_a(value, JSON_INT) ? json_integer_value(node(value)) : 0;
}

double json_double(const struct json *value)
{
    return value != NULL ? json_number_value(node(value)) : 0;
}

bool json_bool(const struct json *value)
{
    return value != NULL && json_typeof(node(value)) == JANSSON_TRUE;
}

size_t json_count(const struct json *value)
{
    if (is_a(value, JSON_ARRAY)) {
        return json_array_size(node(value));
    }
    return is_a(value, JSON_OBJECT) ? json_object_size(node(value)) : 0;
}

const struct json *json_at(const struct json *array, size_t index)
{
    return array != NULL ? value_of(json_array_get(node(array), index)) : NULL;
}

const struct json *json_get(const struct json *object, struct str name)
{
    bool askable = is_a(object, JSON_OBJECT) && !str_absent(name);
    return askable ? value_of(json_object_getn(node(object), name.p, name.n)) : NULL;
}

struct json_iter json_iter(const struct json *object)
{
    void *first = is_a(object, JSON_OBJECT) ? json_object_iter(node(object)) : NULL;
    return (struct json_iter){.object = object, .at = first};
}

bool json_next(struct json_iter *it)
{
    if (it->at == NULL) {
        return false;
    }
    it->name = (struct str){json_object_iter_key(it->at), json_object_iter_key_len(it->at)};
    it->value = value_of(json_object_iter_value(it->at));
    it->at = json_object_iter_next(node(it->object), it->at);
    return true;
}

/* RFC 6901 section 4: "~1" is '/', "~0" is '~'. False: another escape, or longer than any name we look for.
 */
static bool unescape(struct str token, char *out, size_t size, struct str *ret)
{
    size_t n = 0;
    if (token.n > size) {
        return false;
    }
    for (size_t i = 0; i < token.n; i++) {
        char c = token.p[i];
        if (c == '~') {
            i++;
            if (i == token.n || (token.p[i] != '0' && token.p[i] != '1')) {
                return false;
            }
            c = token.p[i] == '0' ? '~' : '/';
        }
        out[n++] = c;
    }
    *ret = (struct str){out, n};
    return true;
}

static const struct json *step(const struct json *value, struct str token)
{
    char text[256];
    struct str name;
    uint64_t index = 0;
    if (is_a(value, JSON_OBJECT)) {
        return unescape(token, text, sizeof text, &name) ? json_get(value, name) : NULL;
    }
    bool leading_zero = token.n > 1 && token.p[0] == '0';
    if (!is_a(value, JSON_ARRAY) || leading_zero || !str_to_u64(token, SIZE_MAX, &index)) {
        return NULL;
    }
    return json_at(value, index);
}

const struct json *json_pointer(const struct json *value, struct str pointer)
{
    struct str token;
    if (pointer.n == 0) {
        return value;
    }
    if (pointer.p[0] != '/') {
        return NULL;
    }
    pointer = str_slice(pointer, 1, pointer.n);
    while (value != NULL && str_split(&pointer, '/', &token)) {
        value = step(value, token);
    }
    return value;
}
