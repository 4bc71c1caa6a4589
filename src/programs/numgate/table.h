/* JSON for people and for programs: aligned columns, a resource line by line, JSON as it came. What a server sent cannot steer a terminal:
 * control characters become '?'. */
#pragma once
#include "common/json/read.h"

enum column_kind {
    COLUMN_TEXT,     /* the value at a JSON pointer */
    COLUMN_SERVICES, /* the services of serviceDetails that are enabled */
    COLUMN_COUNT,    /* their numberCount, together */
    COLUMN_JOINED,   /* the strings of an array */
    COLUMN_BOUNDED,  /* {"count", "truncated"}: "12", "1000+" */
    COLUMN_RECORDS   /* an array of DNS records: "TXT MS=ms1, A 192.0.2.1" */
};
struct column {
    const char *heading; /* NULL ends */
    const char *pointer;
    enum column_kind kind;
};

#define TABLE_COLUMNS_MAX 9
struct table {
    const struct column *columns;
    size_t widths[TABLE_COLUMNS_MAX]; /* characters; those of the first page */
    bool begun;
    bool json; /* a line for each object instead */
    int64_t rows, rows_max;
};

void table_init(struct table *table, const struct column *columns, bool json, int64_t rows_max);
/* Rows of one page; false: no more are wanted. */
bool table_print(struct table *table, const struct json *items, struct arena *mem);

/* Lines as they are; there need not be a newline at the end. */
void print_text(struct str text);
void print_json_line(const struct json *value);
/* "name: value" a line, parts indented. */
void print_resource(const struct json *value);
