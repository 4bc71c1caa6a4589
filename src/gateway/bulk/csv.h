/* Rows and cells of CSV (RFC 4180) as pure functions over bytes. Inside bulk only.
 *
 * A quote opens a quoted cell only as the first byte of it; in there "" is a quote, and separators and line ends
 * are text. CR, LF and CRLF end a row. Both functions go by the same rules, so a row found by the first is cut by
 * the second as it was meant. */
#pragma once
#include "common/base/arena.h"

enum csv_state {
    CSV_CELL_START,
    CSV_PLAIN,
    CSV_QUOTED,
    CSV_QUOTE_SEEN, /* in a quoted cell: its end, or the first half of "" */
    CSV_RAW,        /* quotes mean nothing: JSON Lines, and what is left of a row that is too long */
};
struct csv_scan {
    enum csv_state state;
    char separator;       /* 0: not known yet, any of , ; and tab */
    bool after_cr;        /* the last byte was a CR: an LF now belongs to it */
    uint64_t line;        /* physical line of the next byte, from 1 */
    uint64_t quoted_line; /* where the last quoted cell began */
};
/* Goes on until the row's end; *ret_ended: found, and the byte at the returned index is the CR or LF that ends it.
 * Else all of s belongs to the row and its length is returned. */
size_t csv__scan(struct csv_scan *scan, struct str s, bool *ret_ended);
char csv__separator(struct str heading); /* the one of , ; and tab that it has most of; , when it has none */

enum csv_fault { CSV_FINE, CSV_TEXT_AFTER_QUOTE, CSV_BLANK_BEFORE_QUOTE };
struct csv_cell {
    struct str
        text; /* of the row itself or, where it held "", in the arena; without blanks around it unless quoted */
    bool quoted;
    enum csv_fault fault;
};
/* Takes the next cell off *rest, which is absent after the last one. False: there was none, or the arena is full
 * (which it remembers). The items of a list in a cell are cells with ';' between them. */
bool csv__cell(struct str *rest, char separator, struct arena *mem, struct csv_cell *ret);

struct buf;
void csv__put(struct buf *out, struct str text, char separator); /* quoted if it must be */
