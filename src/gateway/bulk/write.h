/* Numbers out as a table or as JSON Lines, in such a form that the reader of bulk.h makes the same numbers of it, and
 * those the same bytes again. Only what a client may set is written. Commas, lines end with LF. */
#pragma once
#include "gateway/bulk/bulk.h"

struct buf;

struct bulk_writer {
    struct bulk_columns columns;
    uint64_t chosen; /* columns that are written (bit i: columns.of[i]) */
    bool json;       /* JSON Lines, always with all fields */
    bool
        spreadsheet; /* an apostrophe goes before a cell that begins with = + - @, tab or CR, so that a spreadsheet takes
                       * it for text and not for a formula */
};

/* All columns, CSV unless the format is BULK_JSON_LINES. Not copied afterwards. */
void bulk_writer_init(struct bulk_writer *writer, enum bulk_format format);
/* Failures are the buf's, which the caller empties as it likes. */
void bulk_write_headings(const struct bulk_writer *writer, struct buf *out); /* nothing for JSON Lines */
/* One cell of a text that is no column of a number, without a separator. */
void bulk_write_text(const struct bulk_writer *writer, struct str text, struct buf *out);
void bulk_write_number(const struct bulk_writer *writer, const struct number *number, struct buf *out);
