/* Rows of numbers out of a file, each with a verdict: the one parser for server and command line.
 *
 * Bytes are fed in pieces of any size, rows are pulled out; how the file is cut into pieces changes nothing, and
 * memory does not grow with it (one row, at most LIMIT_BULK_ROW, and LIMIT_BULK_MEMORY made from it; a set of
 * numbers seen is the caller's, see seen.h). No I/O, no state of numbers: what an import would change is judged by
 * columns.h. Nothing here aborts: out of memory is BULK_STOPPED with RC_LIMIT. One thread at a time.
 *
 * CSV: a row of headings (columns.h), in any order and letter case, then one row a number. Separator , ; or tab, as
 * the headings have it. Lines end with LF, CRLF or CR; UTF-8, with or without byte order mark; quotes as in
 * RFC 4180. Several values in a cell stand with ; between them and are quoted like cells themselves where they
 * need it. What has no column, or an empty cell, comes from the defaults;
 * without them it is absent; "" in quotes is an empty text where a text must be. A row
 * may be short: the cells it lacks are empty. Rows without any text are skipped, but counted. An apostrophe before
 * = + - @, tab or CR, which the writer's spreadsheet mode puts there, is dropped. The cell of the number may hold a
 * range (range.h) and then gives several rows of the same row number. The single heading "Numbers" makes a list of
 * numbers. A column "Rejected" is passed over.
 *
 * JSON Lines: one object a line, as in the API (no ranges, no defaults). */
#pragma once
#include "common/base/err.h"
#include "gateway/bulk/columns.h"
#include "gateway/bulk/range.h"
#include "gateway/bulk/seen.h"

enum bulk_format {
    BULK_GUESS, /* JSON Lines if the first byte that is no blank is a {, else CSV */
    BULK_CSV,
    BULK_JSON_LINES,
};
struct bulk_options {
    enum bulk_format format;
    const struct number *defaults; /* what a row does not say; NULL: nothing. Lives as long as the reader */
    bool plus_optional;            /* numbers that lost their + are taken */
    struct bulk_seen *seen; /* doubles are findings ("DuplicateNumber"); NULL: they are not looked for. Only
                             * rows that are good go into it. The caller's */
    uint64_t numbers_max;   /* 0: LIMIT_BULK_NUMBERS */
};

enum bulk_step {
    BULK_NEED_BYTES, /* all that was fed is used up: feed more, or end */
    BULK_ROW,        /* *ret is a number, or a row with findings */
    BULK_END,
    BULK_STOPPED, /* the file cannot be read on, and err says why; RC_INVALID: what is wrong with it (headings: all
                   * of it in err->details), RC_LIMIT: too large, or no memory */
};

/* Lives until the next call for the same reader. */
struct bulk_row {
    uint64_t row;                /* as a spreadsheet counts: the headings are row 1 */
    uint64_t line;               /* where it begins in the file; cells may hold line ends */
    struct str text;             /* as it stood in the file, without its line end */
    const struct number *number; /* NULL: there are findings */
    const struct bulk_range
        *range; /* that the number is of, all of it in this row; NULL: there are findings */
    const struct err_list
        *findings; /* all of the row (up to LIMIT_DETAILS); NULL when it is good. `field` is the
                                      * heading, for JSON the path, "column N" where there is no heading */
};
/* Codes of findings: those of model_read ("InvalidValue", "MissingField", "TooLong", "TooMany", "UnknownField",
 * "InvalidType", "InvalidJson"), those of a range (range.h), and "DuplicateNumber", "InvalidEncoding",
 * "InvalidQuotes", "TooManyCells". Of a file that stops: "UnknownHeading", "DuplicateHeading", "MissingHeading",
 * "TooManyHeadings", "InvalidEncoding", "InvalidQuotes", "UnclosedQuote", "TooLong", "TooManyNumbers"; no code:
 * no memory. */

struct bulk_reader;

struct bulk_reader *bulk_reader_new(const struct bulk_options *options); /* NULL: no memory */
void bulk_reader_free(struct bulk_reader *reader);                       /* NULL is fine */
void bulk_reader_freep(struct bulk_reader **reader);

/* After BULK_NEED_BYTES, or first of all. The bytes are borrowed until BULK_NEED_BYTES comes again. */
void bulk_feed(struct bulk_reader *reader, struct str bytes);
void bulk_end(struct bulk_reader *reader); /* no more bytes will come */
/* Once it was BULK_END or BULK_STOPPED it stays that. err->details lives as long as the reader. */
enum bulk_step bulk_next(struct bulk_reader *reader, const struct bulk_row **ret, struct err *err);

/* What is known once the first row was given: for a file of the rejected rows. */
struct str bulk_heading_text(const struct bulk_reader *reader); /* absent for JSON Lines */
char bulk_separator(const struct bulk_reader *reader);
