#include "programs/numgate/table.h"

#include <stdio.h>

#include "common/json/write.h"

#include "common/base/banned.h"

#define LINE_MAX_BYTES ((size_t)64 * 1024 * 1024)
#define INDENT         2

/* ---- values as text ---- */

static void put_safe(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        bool control =
            c < 0x20 || c == 0x7f || (c == 0xc2 && i + 1 < text.n && (unsigned char)text.p[i + 1] < 0xa0);
        buf_put_char(out, control ? '?' : text.p[i]);
        i += control && c == 0xc2;
    }
}

static void put_scalar(struct buf *out, const struct json *value)
{
    switch (json_type(value)) {
    case JSON_STRING:
        put_safe(out, json_string(value));
        break;
    case JSON_BOOL:
        buf_put_str(out, json_bool(value) ? STR("true") : STR("false"));
        break;
    case JSON_INT:
        buf_put_i64(out, json_int(value));
        break;
    case JSON_REAL:
        buf_printf(out, "%.17g", json_double(value));
        break;
    default:
        break;
    }
}

static void put_services(struct buf *out, const struct json *details)
{
    const char *comma = "";
    for (struct json_iter it = json_iter(details); json_next(&it);) {
        if (json_bool(json_get(it.value, STR("enabled")))) {
            buf_printf(out, "%s%" STR_FMT, comma, STR_ARG(it.name));
            comma = ", ";
        }
    }
}

static int64_t sum_of_counts(const struct json *details)
{
    int64_t sum = 0;
    for (struct json_iter it = json_iter(details); json_next(&it);) {
        sum += json_int(json_get(it.value, STR("numberCount")));
    }
    return sum;
}

static void put_joined(struct buf *out, const struct json *list)
{
    for (size_t i = 0; i < json_count(list); i++) {
        buf_put_str(out, i > 0 ? STR(", ") : STR(""));
        put_scalar(out, json_at(list, i));
    }
}

static void put_records(struct buf *out, const struct json *list)
{
    for (size_t i = 0; i < json_count(list); i++) {
        const struct json *record = json_at(list, i);
        buf_put_str(out, i > 0 ? STR(", ") : STR(""));
        put_safe(out, json_string(json_get(record, STR("type"))));
        buf_put_char(out, ' ');
        put_safe(out, json_string(json_get(record, STR("data"))));
    }
}

static struct str cell_text(const struct column *column, const struct json *item, struct arena *mem)
{
    struct buf out;
    const struct json *value =
        column->pointer[0] == '\0' ? item : json_pointer(item, str_of(column->pointer));
    buf_init(&out, LINE_MAX_BYTES);
    if (value != NULL) {
        switch (column->kind) {
        case COLUMN_TEXT:
            put_scalar(&out, value);
            break;
        case COLUMN_SERVICES:
            put_services(&out, value);
            break;
        case COLUMN_COUNT:
            buf_put_i64(&out, sum_of_counts(value));
            break;
        case COLUMN_JOINED:
            put_joined(&out, value);
            break;
        case COLUMN_BOUNDED:
            put_scalar(&out, json_get(value, STR("count")));
            buf_put_str(&out, json_bool(json_get(value, STR("truncated"))) ? STR("+") : STR(""));
            break;
        case COLUMN_RECORDS:
            put_records(&out, value);
            break;
        }
    }
    struct str text = buf_failed(&out) ? STR_NONE : arena_str(mem, buf_str(&out));
    buf_clear(&out);
    return text;
}

/* ---- tables ---- */

void table_init(struct table *table, const struct column *columns, bool json, int64_t rows_max)
{
    *table = (struct table){.columns = columns, .json = json, .rows_max = rows_max};
}

static size_t column_count(const struct table *table)
{
    size_t count = 0;
    while (table->columns[count].heading != NULL) {
        count++;
    }
    return count;
}

/* Characters, not bytes (RFC 3629: a byte 10xxxxxx begins none). */
static size_t width_of(struct str text)
{
    size_t width = 0;
    for (size_t i = 0; i < text.n; i++) {
        width += ((unsigned char)text.p[i] & 0xc0) != 0x80;
    }
    return width;
}

static void print_cell(struct str text, size_t width, bool last)
{
    fwrite(text.p != NULL ? text.p : "", 1, text.n, stdout);
    for (size_t used = width_of(text); !last && used < width + 2; used++) {
        putchar(' ');
    }
}

static void begin(struct table *table, const struct str *cells, size_t rows, size_t columns)
{
    for (size_t column = 0; column < columns; column++) {
        size_t width = strlen(table->columns[column].heading);
        for (size_t row = 0; row < rows; row++) {
            size_t length = width_of(cells[row * columns + column]);
            width = length > width ? length : width;
        }
        table->widths[column] = width;
        print_cell(str_of(table->columns[column].heading), width, column + 1 == columns);
    }
    putchar('\n');
    table->begun = true;
}

static void print_rows(struct table *table, const struct json *items, size_t rows, struct arena *mem)
{
    size_t columns = column_count(table);
    struct str *cells = arena_alloc_array(mem, rows * columns + 1, sizeof(*cells));
    if (cells == NULL) {
        return;
    }
    for (size_t i = 0; i < rows * columns; i++) {
        cells[i] = cell_text(&table->columns[i % columns], json_at(items, i / columns), mem);
    }
    if (!table->begun) {
        begin(table, cells, rows, columns);
    }
    for (size_t i = 0; i < rows * columns; i++) {
        bool last = i % columns + 1 == columns;
        print_cell(cells[i], table->widths[i % columns], last);
        if (last) {
            putchar('\n');
        }
    }
}

bool table_print(struct table *table, const struct json *items, struct arena *mem)
{
    int64_t rows = (int64_t)json_count(items);
    if (table->rows_max > 0 && rows > table->rows_max - table->rows) {
        rows = table->rows_max - table->rows;
    }
    table->rows += rows;
    for (int64_t i = 0; table->json && i < rows; i++) {
        print_json_line(json_at(items, (size_t)i));
    }
    if (!table->json) {
        print_rows(table, items, (size_t)rows, mem);
    }
    return table->rows_max == 0 || table->rows < table->rows_max;
}

/* ---- whole resources ---- */

void print_text(struct str text)
{
    struct buf out;
    struct str line;
    text = str_ends(text, STR("\n")) ? str_slice(text, 0, text.n - 1) : text;
    buf_init(&out, LINE_MAX_BYTES);
    while (str_split(&text, '\n', &line)) {
        put_safe(&out, line);
        buf_put_char(&out, '\n');
    }
    if (out.n == 0) {
        buf_put_char(&out, '\n');
    }
    fwrite(out.p, 1, buf_failed(&out) ? 0 : out.n, stdout);
    buf_clear(&out);
}

void print_json_line(const struct json *value)
{
    struct buf line;
    struct json_out out;
    buf_init(&line, LINE_MAX_BYTES);
    json_out_init(&out, &line);
    json_put_value(&out, value);
    buf_put_char(&line, '\n');
    fwrite(line.p, 1, buf_failed(&line) ? 0 : line.n, stdout);
    buf_clear(&line);
}

static bool is_scalar(const struct json *value)
{
    return json_type(value) != JSON_OBJECT && json_type(value) != JSON_ARRAY;
}

static void print_member(struct str name, const struct json *value, int depth);

/* Depth is bounded by the parser (LIMIT_JSON_DEPTH). */
static void print_members(const struct json *value, int depth) // NOLINT(misc-no-recursion)
{
    for (struct json_iter it = json_iter(value); json_next(&it);) {
        print_member(it.name, it.value, depth);
    }
    for (size_t i = 0; json_type(value) == JSON_ARRAY && i < json_count(value); i++) {
        print_member(STR("-"), json_at(value, i), depth);
    }
}

static void print_member(struct str name, const struct json *value, int depth) // NOLINT(misc-no-recursion)
{
    struct buf text;
    buf_init(&text, LINE_MAX_BYTES);
    bool scalars = json_type(value) == JSON_ARRAY && (json_count(value) == 0 || is_scalar(json_at(value, 0)));
    if (scalars) {
        put_joined(&text, value);
    } else if (is_scalar(value)) {
        put_scalar(&text, value);
    }
    bool item = str_eq(name, STR("-"));
    printf("%*s%" STR_FMT "%s%s%" STR_FMT "\n", depth * INDENT, "", STR_ARG(name), item ? "" : ":",
           text.n > 0 ? " " : "", STR_ARG(buf_str(&text)));
    buf_clear(&text);
    if (!scalars) {
        print_members(value, depth + 1);
    }
}

void print_resource(const struct json *value)
{
    print_members(value, 0);
}
