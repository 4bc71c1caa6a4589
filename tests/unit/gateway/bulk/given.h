/* What the tests of this room share: a file read in pieces of any size, its rows as one text. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "common/base/buf.h"
#include "common/base/limits.h"
#include "gateway/bulk/bulk.h"
#include "gateway/bulk/write.h"

/* A row: "2:+4416... contoso" or "2:MissingField accountName, ..."; between rows " | ". What ended it: nothing, or
 * "stop CODE, CODE ...". */
static inline void show_findings(struct buf *out, const struct err_list *list)
{
    for (const struct err_item *i = list->first; i != NULL; i = i->next) {
        buf_printf(out, "%s%s%s%" STR_FMT, i == list->first ? "" : ", ", i->code, i->field.n > 0 ? " " : "",
                   STR_ARG(i->field));
    }
}

static inline void show_row(struct buf *out, const struct bulk_row *row)
{
    char text[E164_TEXT_MAX];
    buf_printf(out, "%s%llu:", out->n > 0 ? " | " : "", (unsigned long long)row->row);
    if (row->line != row->row) {
        buf_printf(out, "%llu:", (unsigned long long)row->line);
    }
    if (row->number == NULL) {
        assert_true(row->findings != NULL && row->findings->count > 0);
        show_findings(out, row->findings);
        return;
    }
    assert_null(row->findings);
    buf_printf(out, "%" STR_FMT, STR_ARG(model_e164_text(row->number->telephone_number, text)));
    if (row->number->account_name.n > 0) {
        buf_printf(out, " %" STR_FMT, STR_ARG(row->number->account_name));
    }
}

static inline void show_stop(struct buf *out, const struct err *err)
{
    buf_printf(out, "%sstop ", out->n > 0 ? " | " : "");
    if (err->details != NULL) {
        show_findings(out, err->details);
    } else {
        buf_printf(out, "%s", err->code != NULL ? err->code : rc_name(err->rc));
    }
}

static inline void read_pieces(const struct bulk_options *options, struct str file, size_t piece,
                               void (*fn)(struct buf *out, const struct bulk_row *row), struct buf *out)
{
    struct bulk_reader *reader = bulk_reader_new(options);
    const struct bulk_row *row = NULL;
    struct err err = {0};
    enum bulk_step step;
    assert_non_null(reader);
    while ((step = bulk_next(reader, &row, &err)) != BULK_END && step != BULK_STOPPED) {
        if (step == BULK_ROW) {
            fn(out, row);
        } else if (file.n == 0) {
            bulk_end(reader);
        } else {
            bulk_feed(reader, str_slice(file, 0, piece));
            file = str_slice(file, piece, file.n);
        }
    }
    if (step == BULK_STOPPED) {
        show_stop(out, &err);
    }
    assert_int_equal(bulk_next(reader, &row, NULL), step);
    bulk_reader_free(reader);
}

/* The rows of a file, read whole, byte by byte, and cut at every byte: always the same. */
static inline void assert_rows_of(const struct bulk_options *options, struct str file, const char *expected,
                                  size_t index)
{
    for (size_t cut = 0; cut <= file.n; cut++) {
        struct buf out;
        size_t piece = cut == 0 ? (file.n > 0 ? file.n : 1) : cut;
        buf_init(&out, 1024 * 1024);
        read_pieces(options, file, piece, show_row, &out);
        buf_put_char(&out, '\0');
        assert_false(buf_failed(&out));
        if (strcmp(out.p, expected) != 0) {
            fail_msg("case %zu in pieces of %zu: \"%s\" instead of \"%s\" for %" STR_FMT, index, piece, out.p,
                     expected, STR_ARG(file));
        }
        buf_clear(&out);
    }
}
