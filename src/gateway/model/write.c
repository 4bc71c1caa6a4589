/* Writing: one walk over a struct beside its field table, straight into the output. */
#include "common/base/limits.h"
#include "gateway/model/schema.h"

#include "common/base/banned.h"

static void write_strings(const struct text_list *list, struct json_out *out)
{
    json_array_begin(out);
    for (size_t i = 0; i < list->count; i++) {
        json_put_str(out, list->items[i]);
    }
    json_array_end(out);
}

static void write_object(const struct schema *schema, const void *value, unsigned left_out,
                         struct json_out *out);

static void write_parts(const struct schema *schema, const struct part_list *list, unsigned left_out,
                        struct json_out *out)
{
    json_array_begin(out);
    for (size_t i = 0; i < list->count; i++) {
        write_object(schema, (const char *)list->items + i * schema->size, left_out, out);
    }
    json_array_end(out);
}

bool model_absent(const struct field *field, const void *value)
{
    switch (field->type) {
    case FIELD_STRING:
        return str_absent(*(const struct str *)value);
    case FIELD_DATE:
        return ((const struct wall *)value)->ms == CLOCK_ABSENT.ms;
    case FIELD_ENUM:
        return *(const int *)value == 0;
    case FIELD_STRINGS:
        return ((const struct text_list *)value)->items == NULL;
    case FIELD_JSON:
    case FIELD_PART:
        return *(const void *const *)value == NULL;
    case FIELD_PARTS:
        return ((const struct part_list *)value)->items == NULL;
    case FIELD_INT64:
        return field->flags & FIELD_MAYBE && *(const int64_t *)value < 0;
    case FIELD_E164:
        return field->flags & FIELD_MAYBE && *(const int64_t *)value == 0;
    case FIELD_BOOL:
        break;
    }
    return false;
}

/* What stands for an absent value in a field that replies always have. */
static void write_nothing(const struct field *field, struct json_out *out)
{
    switch (field->type) {
    case FIELD_ENUM:
        ensure(field->absent_as > 0);
        json_put_str(out, str_of(field->names[field->absent_as - 1]));
        break;
    case FIELD_STRINGS:
    case FIELD_PARTS:
        json_array_begin(out);
        json_array_end(out);
        break;
    case FIELD_PART:
        json_object_begin(out);
        json_object_end(out);
        break;
    default:
        json_put_str(out, STR(""));
    }
}

static void write_value(const struct field *field, const void *value, unsigned left_out, struct json_out *out)
{
    char text[CLOCK_TEXT_MAX > E164_TEXT_MAX ? CLOCK_TEXT_MAX : E164_TEXT_MAX];
    switch (field->type) {
    case FIELD_STRING:
        json_put_str(out, *(const struct str *)value);
        break;
    case FIELD_BOOL:
        json_put_bool(out, *(const bool *)value);
        break;
    case FIELD_INT64:
        json_put_i64(out, *(const int64_t *)value);
        break;
    case FIELD_DATE:
        json_put_str(out, clock_rfc3339(*(const struct wall *)value, text));
        break;
    case FIELD_E164:
        json_put_str(out, model_e164_text(*(const int64_t *)value, text));
        break;
    case FIELD_ENUM:
        json_put_str(out, str_of(field->names[*(const int *)value - 1]));
        break;
    case FIELD_STRINGS:
        write_strings(value, out);
        break;
    case FIELD_PART:
        write_object(field->schema, *(const void *const *)value, left_out, out);
        break;
    case FIELD_PARTS:
        write_parts(field->schema, value, left_out, out);
        break;
    case FIELD_JSON:
        json_put_value(out, *(const struct json *const *)value);
        break;
    }
}

/* left_out: fields with one of these flags are not written. */
static void write_object(const struct schema *schema, const void *value, unsigned left_out,
                         struct json_out *out)
{
    json_object_begin(out);
    for (const struct field *f = schema->fields; f < schema->fields + schema->field_count; f++) {
        const void *at = (const char *)value + f->offset;
        bool absent = model_absent(f, at);
        if (f->flags & left_out) {
            continue;
        }
        if (absent && !(f->flags & (FIELD_REQUIRED | FIELD_ALWAYS))) {
            continue;
        }
        json_name(out, (struct str){f->name, f->name_length});
        if (absent) {
            write_nothing(f, out);
        } else {
            write_value(f, at, left_out, out);
        }
    }
    json_object_end(out);
}

void model_write(const struct schema *schema, const void *value, struct json_out *out)
{
    write_object(schema, value, 0, out);
}

void model_write_settable(const struct schema *schema, const void *value, struct json_out *out)
{
    write_object(schema, value, FIELD_READ_ONLY, out);
}

struct str model_json(const struct schema *schema, const void *value, struct arena *mem)
{
    struct buf buf;
    struct json_out out;
    buf_init(&buf, LIMIT_REPLY);
    json_out_init(&out, &buf);
    model_write(schema, value, &out);
    struct str json = buf_failed(&buf) ? STR_NONE : arena_str(mem, buf_str(&buf));
    buf_clear(&buf);
    return json;
}
