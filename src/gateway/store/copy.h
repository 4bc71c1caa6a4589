/* The two passes of a move over the tables: rows from one side into the other, and both sides held against each other. In
 * transactions that the caller began. */
#pragma once
#include "gateway/store/tables.h"

struct pass {
    const struct move_options *options;
    struct side *from, *to;
    const struct tables *tables;
    struct move_report *report; /* counts first, then digests */
    int64_t done, all;          /* rows; `all` includes the second pass where there is one */
};

/* How many rows there are on the `from` side, into the report. */
MUST_USE enum rc pass_count(struct pass *pass, struct err *err);
MUST_USE enum rc pass_copy(struct pass *pass, struct err *err);
/* RC_INTERNAL: something differs; the message says what. */
MUST_USE enum rc pass_compare(struct pass *pass, struct err *err);

/* RC_BUSY: whoever watches wants it to end. */
MUST_USE enum rc move_watch(const struct move_options *options, const struct move_progress *progress,
                            struct err *err);
