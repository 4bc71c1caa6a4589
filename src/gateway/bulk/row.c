/* A row beside the headings. The number begins as the defaults are; a part is copied, or made, when the first
 * cell with text goes into it, so a service without any is absent. What a part requires is asked once all cells
 * are read. */
#include <stdio.h>

#include "gateway/bulk/quote.h"
#include "gateway/bulk/table.h"

#include "common/base/banned.h"

struct row {
    const struct table *table;
    struct err_list *findings;
    struct arena *mem;
    char *own[BULK_PARTS_MAX]; /* parts of this row; NULL: as in the defaults */
    uint64_t set;              /* columns whose cell had text */
    uint64_t empty_text;       /* columns whose cell was "" */
    struct bulk_range *range;
    bool suspicious; /* not all is ASCII */
};

/* ---- parts ---- */

static const char *default_part(const struct table *table, size_t part)
{
    const struct bulk_part *p = &table->columns.parts[part];
    const char *up = part == 0 ? NULL : default_part(table, p->up);
    return part == 0    ? (const char *)table->defaults
           : up == NULL ? NULL
                        : *(const char *const *)(up + p->offset);
}

/* NULL: the arena is full. */
static char *own_part(struct row *row, size_t part)
{
    const struct bulk_part *p = &row->table->columns.parts[part];
    if (row->own[part] != NULL) {
        return row->own[part];
    }
    char *up = own_part(row, p->up);
    char *own = up == NULL ? NULL : arena_alloc(row->mem, p->schema->size);
    const char *before = default_part(row->table, part);
    if (own == NULL) {
        return NULL;
    }
    if (before != NULL) {
        memcpy(own, before, p->schema->size);
    }
    *(char **)(up + p->offset) = own;
    return row->own[part] = own;
}

/* ---- cells ---- */

static bool is_ascii(struct str text)
{
    unsigned char high = 0;
    bool nul = false;
    for (size_t i = 0; i < text.n; i++) {
        high |= (unsigned char)text.p[i];
        nul |= text.p[i] == '\0';
    }
    return high < 0x80 && !nul;
}

bool table__check_text(struct str text, struct str name, struct err_list *findings)
{
    for (struct str rest = text; rest.n > 0;) {
        size_t length = str_utf8_length(rest);
        if (length == 0) {
            err_list_add(findings, "InvalidEncoding", name,
                         "the byte 0x%02X is not UTF-8; save the file as \"CSV UTF-8\"",
                         (unsigned char)rest.p[0]);
            return false;
        }
        if (rest.p[0] == '\0') {
            err_list_add(findings, "InvalidEncoding", name, "holds a NUL byte; this is no text");
            return false;
        }
        rest = str_slice(rest, length, rest.n);
    }
    return true;
}

/* What the writer's spreadsheet mode puts before a cell that a spreadsheet would take for a formula. */
static struct str without_apostrophe(struct str text)
{
    size_t at = 0;
    while (at < text.n && text.p[at] == '\'') {
        at++;
    }
    bool guard = at > 0 && at < text.n && str_find(STR("=+-@\t\r"), text.p[at]) >= 0;
    return guard ? str_slice(text, 1, text.n) : text;
}

static void read_number(struct row *row, const struct bulk_column *column, struct str text, void *ret)
{
    struct err err = {0};
    if (bulk_range_parse(text, row->table->plus_optional, row->range, &err) == RC_OK) {
        *(int64_t *)ret = row->range->first;
    } else {
        err_list_add(row->findings, err.code, column->heading, "%s", err.msg);
    }
}

static size_t separators_in(struct str text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        n += text.p[i] == ';';
    }
    return n;
}

static void read_list(struct row *row, const struct bulk_column *column, struct str text,
                      struct text_list *ret)
{
    size_t max = field_length_max(column->field);
    size_t room = separators_in(text) + 1 < max ? separators_in(text) + 1 : max;
    struct str *items = arena_alloc_array(row->mem, room, sizeof *items);
    size_t count = 0;
    struct csv_cell item;
    while (items != NULL && csv__cell(&text, ';', row->mem, &item)) {
        if (item.fault != CSV_FINE) {
            err_list_add(row->findings, "InvalidQuotes", column->heading,
                         "item %zu of the list: a quote must be its first and its last character", count + 1);
            return;
        }
        if (item.text.n == 0 && !item.quoted) {
            continue; /* "a;b;" and "a;;b" */
        }
        if (count == max) {
            err_list_add(row->findings, "TooMany", column->heading, "more than %zu values", max);
            return;
        }
        (void)model_read_text(column->field, item.text, column->heading, &items[count++], row->findings);
    }
    *ret = (struct text_list){items, count};
}

static void set_cell(struct row *row, size_t index, struct str text)
{
    const struct bulk_column *column = &row->table->columns.of[index];
    char *part = own_part(row, column->part);
    row->set |= UINT64_C(1) << index;
    if (part == NULL) {
        return;
    }
    void *value = part + column->field->offset;
    if (column->field->type == FIELD_E164) {
        read_number(row, column, text, value);
    } else if (column->field->type == FIELD_STRINGS) {
        read_list(row, column, text, value);
    } else {
        (void)model_read_text(column->field, text, column->heading, value, row->findings);
    }
}

/* A, B, ... Z, AA: as spreadsheets name what has no heading. */
static struct str column_letters(size_t at, char name[16])
{
    char letters[8];
    size_t n = sizeof letters;
    letters[--n] = '\0';
    for (at++; at > 0 && n > 0; at = (at - 1) / 26) {
        letters[--n] = (char)('A' + (at - 1) % 26);
    }
    int length = snprintf(name, 16, "column %s", letters + n);
    return (struct str){name, (size_t)length};
}

static void no_heading(struct row *row, size_t at)
{
    char name[16];
    if (at >= row->table->headings) {
        err_list_add(
            row->findings, "TooManyCells", column_letters(at, name),
            "the row has more cells than there are headings (a separator inside a cell must be quoted)");
    } else {
        err_list_add(row->findings, "TooManyCells", column_letters(at, name), "the column has no heading");
    }
}

static void add_cell(struct row *row, size_t at, const struct csv_cell *cell)
{
    int index = at < row->table->headings ? row->table->of[at] : TABLE_BLANK;
    if (index == TABLE_IGNORED) {
        return;
    }
    if (cell->text.n == 0 && cell->fault == CSV_FINE) {
        row->empty_text |= index >= 0 && cell->quoted ? UINT64_C(1) << index : 0;
        return;
    }
    if (index < 0) {
        no_heading(row, at);
        return;
    }
    struct str heading = row->table->columns.of[index].heading;
    if (cell->fault != CSV_FINE) {
        row->set |= UINT64_C(1) << index;
        err_list_add(row->findings, "InvalidQuotes", heading,
                     cell->fault == CSV_TEXT_AFTER_QUOTE ? "text follows the closing quote"
                                                         : "a blank stands before the opening quote");
        return;
    }
    if (row->suspicious && !table__check_text(cell->text, heading, row->findings)) {
        row->set |= UINT64_C(1) << index;
        return;
    }
    set_cell(row, (size_t)index, without_apostrophe(cell->text));
}

/* ---- what is required ---- */

static const struct str no_item; /* what a list without items points to: it is not absent */

static void check_column(struct row *row, size_t index)
{
    const struct bulk_column *column = &row->table->columns.of[index];
    char *part = row->own[column->part];
    uint64_t bit = UINT64_C(1) << index;
    if (part == NULL || !(column->field->flags & FIELD_REQUIRED) ||
        !(row->table->present & ~row->set & bit) ||
        bulk_value_given(&row->table->columns, column, row->table->defaults)) {
        return;
    }
    if (column->field->type == FIELD_STRINGS) { /* nothing in the cell is no item */
        *(struct text_list *)(part + column->field->offset) = (struct text_list){&no_item, 0};
    } else if (column->field->type == FIELD_STRING && (row->empty_text & bit)) {
        (void)model_read_text(column->field, STR(""), column->heading, part + column->field->offset,
                              row->findings);
    } else {
        err_list_add(row->findings, "MissingField", column->heading, "required, but the cell is empty");
    }
}

static void finish(struct row *row)
{
    const struct bulk_columns *columns = &row->table->columns;
    for (size_t part = 1; part < columns->part_count; part++) {
        if (columns->parts[part].required && row->own[columns->parts[part].up] != NULL) {
            (void)own_part(row, part);
        }
    }
    for (size_t i = 0; i < columns->count; i++) {
        check_column(row, i);
    }
}

void table__row(const struct table *table, struct str text, struct number *ret, struct bulk_range *ret_range,
                struct err_list *findings)
{
    struct row row = {.table = table, .findings = findings, .mem = findings->mem, .range = ret_range};
    struct csv_cell cell;
    row.own[0] = (char *)ret;
    row.suspicious = !is_ascii(text);
    *ret = *table->defaults;
    for (size_t at = 0; csv__cell(&text, table->separator, findings->mem, &cell); at++) {
        add_cell(&row, at, &cell);
    }
    finish(&row);
}
