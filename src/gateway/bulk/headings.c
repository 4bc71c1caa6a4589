#include "gateway/bulk/quote.h"
#include "gateway/bulk/table.h"

#include "common/base/banned.h"

#define HEADING_MAX 96

static const struct number no_defaults;

void table__init(struct table *table, const struct number *defaults, bool plus_optional)
{
    bulk_columns_init(&table->columns);
    table->headings = 0;
    table->present = 0;
    table->number_column = 0;
    table->separator = ',';
    table->defaults = defaults != NULL ? defaults : &no_defaults;
    table->plus_optional = plus_optional;
    for (size_t i = 0; i < table->columns.count; i++) {
        if (table->columns.of[i].field->type == FIELD_E164) {
            table->number_column = i;
        }
    }
}

/* The first row is no heading but a number: the commonest way to begin a file wrongly. */
static bool looks_like_number(struct str text)
{
    struct str digits = str_starts(text, STR("+")) ? str_slice(text, 1, text.n) : text;
    return digits.n > 0 && digits.p[0] >= '0' && digits.p[0] <= '9';
}

/* A heading as the place of a finding: not longer than any that exists. */
static struct str place_of(struct str name)
{
    size_t n = name.n < HEADING_MAX ? name.n : HEADING_MAX;
    while (n > 0 && n < name.n && ((unsigned char)name.p[n] & 0xC0) == 0x80) {
        n--; /* not in the middle of a character */
    }
    return str_slice(name, 0, n);
}

static void unknown(const struct table *table, struct str name, struct err_list *findings)
{
    char shown[BULK_QUOTE_MAX];
    int meant = bulk_column_nearest(&table->columns, name);
    bulk__quote(name, shown);
    if (looks_like_number(name)) {
        err_list_add(findings, "MissingHeading", STR("telephoneNumber"),
                     "the first row holds %s where headings are expected; for a list of numbers put the "
                     "heading " BULK_HEADING_LIST " above it",
                     shown);
    } else if (meant >= 0) {
        err_list_add(findings, "UnknownHeading", place_of(name),
                     "there is no heading %s; did you mean %" STR_FMT "?", shown,
                     STR_ARG(table->columns.of[meant].heading));
    } else {
        err_list_add(findings, "UnknownHeading", place_of(name), "there is no heading %s", shown);
    }
}

static void add_heading(struct table *table, size_t at, const struct csv_cell *cell,
                        struct err_list *findings)
{
    struct str name = str_trim(cell->text);
    table->of[at] = TABLE_BLANK;
    if (name.n == 0 || !table__check_text(name, STR(""), findings)) {
        return;
    }
    if (cell->fault != CSV_FINE) {
        err_list_add(findings, "InvalidQuotes", place_of(name),
                     "a quote must be the first and the last of its cell");
        return;
    }
    if (str_eq_ci(name, STR(BULK_HEADING_REJECTED))) {
        table->of[at] = TABLE_IGNORED;
        return;
    }
    if (str_eq_ci(name, STR(BULK_HEADING_LIST))) {
        table->of[at] = (int8_t)table->number_column;
    } else {
        table->of[at] = (int8_t)bulk_column_find(&table->columns, name);
    }
    if (table->of[at] < 0) {
        unknown(table, name, findings);
        return;
    }
    uint64_t bit = UINT64_C(1) << table->of[at];
    if (table->present & bit) {
        err_list_add(findings, "DuplicateHeading", table->columns.of[table->of[at]].heading,
                     "the heading is there twice");
    }
    table->present |= bit;
}

/* A column whose part has one in use must be there if it is required, and no default fills it. */
static void check_missing(const struct table *table, struct err_list *findings)
{
    const struct bulk_columns *columns = &table->columns;
    uint64_t used = 1; /* parts: the number itself is always in use */
    for (size_t i = 0; i < columns->count; i++) {
        for (size_t part = columns->of[i].part; (table->present >> i & 1) && part > 0;
             part = columns->parts[part].up) {
            used |= UINT64_C(1) << part;
        }
    }
    for (size_t i = 0; i < columns->count; i++) {
        const struct bulk_column *column = &columns->of[i];
        bool asked = (column->field->flags & FIELD_REQUIRED) && (used >> column->part & 1);
        if (asked && !(table->present >> i & 1) && !bulk_value_given(columns, column, table->defaults)) {
            err_list_add(findings, "MissingHeading", column->heading, "the heading is missing");
        }
    }
}

static bool lists_numbers(struct str text, char separator, struct arena *mem, size_t *ret_named)
{
    struct csv_cell cell;
    bool found = false;
    *ret_named = 0;
    while (csv__cell(&text, separator, mem, &cell)) {
        struct str name = str_trim(cell.text);
        *ret_named += name.n > 0 && !str_eq_ci(name, STR(BULK_HEADING_REJECTED));
        found |= str_eq_ci(name, STR(BULK_HEADING_LIST));
    }
    return found;
}

static void read_headings(struct table *table, struct str text, struct err_list *findings)
{
    struct csv_cell cell;
    struct str rest = text;
    size_t named = 0;
    if (lists_numbers(text, table->separator, findings->mem, &named) && named > 1) {
        err_list_add(findings, "UnknownHeading", STR(BULK_HEADING_LIST),
                     "the heading " BULK_HEADING_LIST
                     " is for a file without other columns; beside them it is %" STR_FMT,
                     STR_ARG(table->columns.of[table->number_column].heading));
    }
    while (csv__cell(&rest, table->separator, findings->mem, &cell)) {
        if (table->headings == LIMIT_BULK_COLUMNS) {
            err_list_add(findings, "TooManyHeadings", STR(""), "more than %d columns", LIMIT_BULK_COLUMNS);
            return;
        }
        add_heading(table, table->headings++, &cell, findings);
    }
    if (findings->count == 0 || table->present != 0) { /* else nothing here is a heading, and that was said */
        check_missing(table, findings);
    }
}

enum rc table__headings(struct table *table, struct str text, struct arena *mem, struct err *err)
{
    struct err_list *findings = arena_new_of(mem, struct err_list);
    if (findings == NULL) {
        return err_set(err, RC_LIMIT, NULL, "no memory to read the headings");
    }
    err_list_init(findings, mem, LIMIT_DETAILS);
    table->separator = csv__separator(text);
    read_headings(table, text, findings);
    return arena_failed(mem) ? err_set(err, RC_LIMIT, NULL, "no memory to read the headings")
                             : err_from_list(err, RC_INVALID, findings);
}
