#include "common/json/write.h"

#include <stdio.h>

#include "common/base/escape.h"
#include "common/json/read.h"

#include "common/base/banned.h"

void json_out_init(struct json_out *out, struct buf *buf)
{
    *out = (struct json_out){.buf = buf};
}

/* Before a value, or the name of one: the comma that is due. */
static void item_begin(struct json_out *out)
{
    uint64_t bit = (uint64_t)1 << out->depth;
    if (out->after_name) {
        out->after_name = false;
        return;
    }
    if ((out->has_item & bit) != 0) {
        buf_put_char(out->buf, ',');
    }
    out->has_item |= bit;
}

static void begin(struct json_out *out, char c)
{
    item_begin(out);
    buf_put_char(out->buf, c);
    out->depth++;
    ensure(out->depth < 64);
    out->has_item &= ~((uint64_t)1 << out->depth);
}

static void end(struct json_out *out, char c)
{
    ensure(out->depth > 0 && !out->after_name);
    out->depth--;
    buf_put_char(out->buf, c);
}

void json_object_begin(struct json_out *out)
{
    begin(out, '{');
}

void json_object_end(struct json_out *out)
{
    end(out, '}');
}

void json_array_begin(struct json_out *out)
{
    begin(out, '[');
}

void json_array_end(struct json_out *out)
{
    end(out, ']');
}

static void put_quoted(struct buf *buf, struct str text)
{
    buf_put_char(buf, '"');
    escape_json(buf, text);
    buf_put_char(buf, '"');
}

void json_name(struct json_out *out, struct str name)
{
    ensure(out->depth > 0 && !out->after_name);
    item_begin(out);
    put_quoted(out->buf, name);
    buf_put_char(out->buf, ':');
    out->after_name = true;
}

void json_put_str(struct json_out *out, struct str value)
{
    if (str_absent(value)) {
        json_put_null(out);
        return;
    }
    item_begin(out);
    put_quoted(out->buf, value);
}

void json_put_i64(struct json_out *out, int64_t value)
{
    item_begin(out);
    buf_put_i64(out->buf, value);
}

void json_put_bool(struct json_out *out, bool value)
{
    json_put_raw(out, value ? STR("true") : STR("false"));
}

void json_put_null(struct json_out *out)
{
    json_put_raw(out, STR("null"));
}

void json_put_raw(struct json_out *out, struct str json)
{
    item_begin(out);
    buf_put_str(out->buf, json);
}

void json_str_member(struct json_out *out, const char *name, struct str value)
{
    if (str_absent(value)) {
        return;
    }
    json_name(out, str_of(name));
    json_put_str(out, value);
}

void json_i64_member(struct json_out *out, const char *name, int64_t value)
{
    json_name(out, str_of(name));
    json_put_i64(out, value);
}

void json_bool_member(struct json_out *out, const char *name, bool value)
{
    json_name(out, str_of(name));
    json_put_bool(out, value);
}

/* Depth is bounded by the parser (LIMIT_JSON_DEPTH). */
void json_put_value(struct json_out *out, const struct json *value) // NOLINT(misc-no-recursion)
{
    char real[40];
    switch (value == NULL ? JSON_NULL : json_type(value)) {
    case JSON_NULL:
        json_put_null(out);
        break;
    case JSON_BOOL:
        json_put_bool(out, json_bool(value));
        break;
    case JSON_INT:
        json_put_i64(out, json_int(value));
        break;
    case JSON_REAL:
        snprintf(real, sizeof(real), "%.17g", json_double(value));
        json_put_raw(out, str_of(real));
        break;
    case JSON_STRING:
        json_put_str(out, json_string(value));
        break;
    case JSON_ARRAY:
        json_array_begin(out);
        for (size_t i = 0; i < json_count(value); i++) {
            json_put_value(out, json_at(value, i));
        }
        json_array_end(out);
        break;
    case JSON_OBJECT:
        json_object_begin(out);
        for (struct json_iter it = json_iter(value); json_next(&it);) {
            json_name(out, it.name);
            json_put_value(out, it.value);
        }
        json_object_end(out);
        break;
    }
}
