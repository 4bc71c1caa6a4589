/* The tables there are, and what is done with each when a store moves. Columns and keys come from the database's own catalog, so a
 * column that a migration adds is copied without a change here; a table that it adds must be added to the list, and a test says so. */
#pragma once
#include "common/base/arena.h"
#include "gateway/store/side.h"

enum table_flags {
    TABLE_LEFT = 1 << 0, /* not copied */
    TABLE_UPKEEP =
        1 << 1, /* a daemon without a single client writes it: its rows do not count, they are replaced */
};
struct table_row {
    const char *name;
    unsigned flags;
    const char *only; /* which of its rows; NULL: all */
};
extern const struct table_row table_rows[];            /* a NULL name ends */
const struct table_row *table_row_of(struct str name); /* NULL: not in the list */

#define TABLE_FIELDS_MAX 64
#define TABLE_KEYS_MAX   4
enum field_kind { FIELD_NUMBER, FIELD_TEXT, FIELD_BLOB };
struct table_field {
    struct str name;
    enum field_kind kind;
};
struct table {
    const struct table_row *row;
    struct table_field fields[TABLE_FIELDS_MAX];
    unsigned field_count;
    unsigned keys[TABLE_KEYS_MAX]; /* places in `fields` */
    unsigned key_count;
};
struct tables {
    struct table items[MOVE_TABLES_MAX]; /* those that are copied, in the order of the list */
    size_t count;
};

/* What the database has. RC_INTERNAL: a table that is not in the list, or one that cannot be copied. */
MUST_USE enum rc tables_read(struct side *side, struct arena *mem, struct tables *ret, struct err *err);
/* RC_INTERNAL: the two differ in more than their database. */
MUST_USE enum rc tables_match(const struct tables *a, const struct tables *b, struct err *err);
/* The condition of its rows, with `word` ("where", "and") before it; nothing where all are meant. */
void table_put_only(const struct table *table, const char *word, struct buf *sql);
