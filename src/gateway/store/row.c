#include "gateway/store/row.h"

#include "common/base/limits.h"
#include "common/json/read.h"
#include "common/json/write.h"

#include "common/base/banned.h"

void row_bind_revision(struct sql_stmt *stmt, const struct revision *revision)
{
    sql_bind_i64(stmt, revision->configuration);
    sql_bind_i64(stmt, revision->status);
    sql_bind_i64(stmt, revision->configuration_at.ms);
    sql_bind_i64(stmt, revision->status_at.ms);
}

void row_bind_provenance(struct sql_stmt *stmt, const struct provenance *provenance)
{
    row_bind_enum(stmt, provenance->way);
    sql_bind_text(stmt, provenance->name);
}

void row_read_provenance(struct sql_stmt *stmt, struct arena *mem, struct provenance *ret)
{
    ret->way = (int)sql_read_i64(stmt);
    ret->name = sql_read_text(stmt, mem);
}

void row_read_revision(struct sql_stmt *stmt, struct revision *ret)
{
    ret->configuration = sql_read_i64(stmt);
    ret->status = sql_read_i64(stmt);
    ret->configuration_at.ms = sql_read_i64(stmt);
    ret->status_at.ms = sql_read_i64(stmt);
}

void row_bind_enum(struct sql_stmt *stmt, int value)
{
    if (value == 0) {
        sql_bind_null(stmt);
    } else {
        sql_bind_i64(stmt, value);
    }
}

void row_bind_wall(struct sql_stmt *stmt, struct wall t)
{
    if (t.ms == CLOCK_ABSENT.ms) {
        sql_bind_null(stmt);
    } else {
        sql_bind_i64(stmt, t.ms);
    }
}

struct wall row_read_wall(struct sql_stmt *stmt)
{
    bool absent = sql_is_null(stmt);
    int64_t ms = sql_read_i64(stmt);
    return absent ? CLOCK_ABSENT : (struct wall){ms};
}

/* ---- lists ---- */

/* Takes what was written over into mem. What does not fit marks the arena as failed, by asking it for too
 * much. */
static struct str taken(struct buf *buf, struct arena *mem)
{
    struct str text =
        buf_failed(buf) ? (struct str){arena_alloc(mem, SIZE_MAX / 2), 0} : arena_str(mem, buf_str(buf));
    buf_clear(buf);
    return text;
}

void row_bind_texts(struct sql_stmt *stmt, struct arena *mem, struct text_list list)
{
    if (list.items == NULL) {
        sql_bind_null(stmt);
        return;
    }
    struct buf buf;
    struct json_out out;
    buf_init(&buf, LIMIT_REPLY);
    json_out_init(&out, &buf);
    json_array_begin(&out);
    for (size_t i = 0; i < list.count; i++) {
        json_put_str(&out, list.items[i]);
    }
    json_array_end(&out);
    sql_bind_text(stmt, taken(&buf, mem));
}

void row_bind_parts(struct sql_stmt *stmt, struct arena *mem, const struct schema *owner, struct str name,
                    struct part_list list)
{
    if (list.items == NULL) {
        sql_bind_null(stmt);
        return;
    }
    const struct schema *schema = schema_field(owner, name)->schema;
    struct buf buf;
    struct json_out out;
    buf_init(&buf, LIMIT_REPLY);
    json_out_init(&out, &buf);
    json_array_begin(&out);
    for (size_t i = 0; i < list.count; i++) {
        model_write(schema, (const char *)list.items + i * schema->size, &out);
    }
    json_array_end(&out);
    sql_bind_text(stmt, taken(&buf, mem));
}

static const struct json *array_read(struct sql_stmt *stmt, struct arena *mem)
{
    const struct json *array = NULL;
    struct str text = sql_read_text(stmt, mem);
    if (str_absent(text) || json_parse(text, mem, &array, NULL) != RC_OK) {
        return NULL; /* what this program wrote parses */
    }
    return array;
}

void row_read_texts(struct sql_stmt *stmt, struct arena *mem, struct text_list *ret)
{
    const struct json *array = array_read(stmt, mem);
    *ret = (struct text_list){NULL, 0};
    if (array == NULL) {
        return;
    }
    struct str *items = arena_alloc_array(mem, json_count(array), sizeof *items);
    if (items == NULL) {
        return;
    }
    for (size_t i = 0; i < json_count(array); i++) {
        items[i] = json_string(json_at(array, i));
    }
    *ret = (struct text_list){items, json_count(array)};
}

static struct part_list parts_read(const struct schema *schema, const struct json *array, struct arena *mem);

/* Takes what is there. model_load would refuse a row that a stricter release no longer likes; here it was
 * accepted once. */
static void part_read(const struct schema *schema, const struct json *json, struct arena *mem, void *ret)
{
    for (const struct field *f = schema->fields; f < schema->fields + schema->field_count; f++) {
        const struct json *value = json_get(json, (struct str){f->name, f->name_length});
        void *at = (char *)ret + f->offset;
        if (value == NULL) {
            continue;
        }
        if (f->type == FIELD_STRING) {
            *(struct str *)at = json_string(value);
        } else if (f->type == FIELD_BOOL) {
            *(bool *)at = json_bool(value);
        } else if (f->type == FIELD_PARTS) {
            *(struct part_list *)at = parts_read(f->schema, value, mem);
        } else if (f->type == FIELD_PART) {
            void *part = arena_alloc(mem, f->schema->size);
            *(void **)at = part;
            if (part != NULL) {
                part_read(f->schema, value, mem, part);
            }
        } else {
            ensure(!"a field type of parts in lists");
        }
    }
}

static struct part_list parts_read(const struct schema *schema, const struct json *array, struct arena *mem)
{
    char *items = arena_alloc_array(mem, json_count(array), schema->size);
    if (items == NULL) {
        return (struct part_list){NULL, 0};
    }
    for (size_t i = 0; i < json_count(array); i++) {
        part_read(schema, json_at(array, i), mem, items + i * schema->size);
    }
    return (struct part_list){items, json_count(array)};
}

void row_read_parts(struct sql_stmt *stmt, struct arena *mem, const struct schema *owner, struct str name,
                    struct part_list *ret)
{
    const struct json *array = array_read(stmt, mem);
    *ret = array != NULL ? parts_read(schema_field(owner, name)->schema, array, mem)
                         : (struct part_list){NULL, 0};
}

/* ---- ends ---- */

enum rc row_end(const struct arena *mem, struct err *err)
{
    return arena_failed(mem) ? err_set(err, RC_LIMIT, NULL, "the answer is too large") : RC_OK;
}
