/* Reads the rows of a table in the order of its key, some thousand at a time, so that neither side ever holds a whole table. */
#pragma once
#include "common/base/buf.h"
#include "gateway/store/tables.h"

struct value {
    bool null;
    int64_t number;
    struct str text; /* of a blob: its hexadecimal digits, lower case; borrowed until the next row */
};

struct cursor {
    struct side *side;
    const struct table *table;
    struct sql_stmt *stmt;
    struct buf keys[TABLE_KEYS_MAX]; /* of the last row: text, or the bytes of a number */
    bool begun;
    unsigned rows, taken;                  /* asked for, and had, in this batch */
    size_t bytes;                          /* of text in this batch */
    struct value values[TABLE_FIELDS_MAX]; /* the row */
};

void cursor_init(struct cursor *cursor, struct side *side, const struct table *table);
void cursor_clear(struct cursor *cursor);
MUST_USE enum rc cursor_next(struct cursor *cursor, bool *ret_row, struct err *err);
/* The key of the row, for people: "account alder", "number 4930900". */
void cursor_put_key(const struct cursor *cursor, struct buf *out);
/* "name", quoted as SQL wants it; `of` before it (an alias with its dot, or empty). */
void cursor_put_fields(const struct table *table, struct buf *sql);
