#include "gateway/bulk/write.h"

#include "common/base/limits.h"
#include "gateway/bulk/csv.h"

#include "common/base/banned.h"

void bulk_writer_init(struct bulk_writer *writer, enum bulk_format format)
{
    bulk_columns_init(&writer->columns);
    writer->chosen = UINT64_MAX;
    writer->json = format == BULK_JSON_LINES;
    writer->spreadsheet = false;
}

/* A cell that begins so already, behind apostrophes of its own, gets one more in both modes: the reader takes one
 * off. */
static bool needs_apostrophe(const struct bulk_writer *writer, struct str text)
{
    size_t at = 0;
    while (at < text.n && text.p[at] == '\'') {
        at++;
    }
    return at < text.n && (at > 0 || writer->spreadsheet) && str_find(STR("=+-@\t\r"), text.p[at]) >= 0;
}

void bulk_write_text(const struct bulk_writer *writer, struct str text, struct buf *out)
{
    if (!needs_apostrophe(writer, text)) {
        csv__put(out, text, ',');
        return;
    }
    struct buf guarded;
    buf_init(&guarded, text.n + 1);
    buf_put_char(&guarded, '\'');
    buf_put_str(&guarded, text);
    csv__put(out, buf_str(&guarded), ',');
    out->failed = out->failed || buf_failed(&guarded);
    buf_clear(&guarded);
}

static void put_list(const struct bulk_writer *writer, const struct text_list *list, struct buf *out)
{
    struct buf cell;
    buf_init(&cell, LIMIT_BULK_ROW);
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0) {
            buf_put_char(&cell, ';');
        }
        csv__put(&cell, list->items[i], ';');
    }
    if (cell.n > 0) {
        bulk_write_text(writer, buf_str(&cell), out);
    }
    out->failed = out->failed || buf_failed(&cell);
    buf_clear(&cell);
}

static void put_cell(const struct bulk_writer *writer, const struct bulk_column *column,
                     const struct number *number, struct buf *out)
{
    char text[E164_TEXT_MAX];
    const struct field *field = column->field;
    const void *value = bulk_value(&writer->columns, column, number);
    if (value == NULL || !bulk_value_given(&writer->columns, column, number)) {
        return;
    }
    switch (field->type) {
    case FIELD_STRING: {
        struct str s = *(const struct str *)value;
        if (s.n > 0 || (field->flags & FIELD_REQUIRED)) { /* else empty says the same as absent */
            bulk_write_text(writer, s, out);
        }
        break;
    }
    case FIELD_BOOL:
        buf_put_str(out, *(const bool *)value ? STR("true") : STR("false"));
        break;
    case FIELD_E164:
        bulk_write_text(writer, model_e164_text(*(const int64_t *)value, text), out);
        break;
    case FIELD_ENUM:
        bulk_write_text(writer, str_of(field->names[*(const int *)value - 1]), out);
        break;
    case FIELD_STRINGS:
        put_list(writer, value, out);
        break;
    default:
        ensure(!"a column of a number holds a text, a list, a boolean, a number or a word");
    }
}

/* The separator comes before every chosen column but the first. */
static bool next_column(const struct bulk_writer *writer, size_t i, bool *first, struct buf *out)
{
    if (!(writer->chosen >> i & 1)) {
        return false;
    }
    if (!*first) {
        buf_put_char(out, ',');
    }
    *first = false;
    return true;
}

void bulk_write_headings(const struct bulk_writer *writer, struct buf *out)
{
    bool first = true;
    for (size_t i = 0; i < writer->columns.count && !writer->json; i++) {
        if (next_column(writer, i, &first, out)) {
            buf_put_str(out, writer->columns.of[i].heading);
        }
    }
    if (!writer->json) {
        buf_put_char(out, '\n');
    }
}

void bulk_write_number(const struct bulk_writer *writer, const struct number *number, struct buf *out)
{
    bool first = true;
    if (writer->json) {
        struct json_out json;
        json_out_init(&json, out);
        model_write_settable(&schema_number, number, &json);
    }
    for (size_t i = 0; i < writer->columns.count && !writer->json; i++) {
        if (next_column(writer, i, &first, out)) {
            put_cell(writer, &writer->columns.of[i], number, out);
        }
    }
    buf_put_char(out, '\n');
}
