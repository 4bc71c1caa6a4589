/* Every error that can leave on the wire: one table. A row gives the code that programs read, its HTTP status
 * and what it means; the sentence itself comes from whoever found the fault (struct err). docs and tests are
 * made from the table. */
#pragma once
#include "common/base/buf.h"
#include "common/base/err.h"

struct error_row {
    const char *code;
    enum rc rc; /* the class; with err->code == NULL the first row of the class is taken */
    int status;
    const char *text; /* what it means, and the sentence when none was given */
};

extern const struct error_row error_rows[];
extern const size_t error_row_count;

const struct error_row *error_row_by_code(const char *code); /* NULL: no such row */
/* The row for a failure. A code that has no row, which would be a bug, becomes InternalError. */
const struct error_row *error_row_of(enum rc rc, const struct err *err);
/* {"error":{"code","message","target"?,"details"?,"innererror"?}} */
void error_write(const struct error_row *row, const struct err *err, struct buf *out);
