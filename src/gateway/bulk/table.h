/* A table's headings, and numbers made from its rows. Inside bulk only. */
#pragma once
#include "common/base/limits.h"
#include "gateway/bulk/columns.h"
#include "gateway/bulk/csv.h"
#include "gateway/bulk/range.h"

#define TABLE_BLANK   (-1)
#define TABLE_IGNORED (-2)

struct table {
    struct bulk_columns columns;
    int8_t of[LIMIT_BULK_COLUMNS]; /* column of each heading; or one of these */
    size_t headings;
    uint64_t present; /* columns that have a heading */
    size_t number_column;
    char separator;
    const struct number *defaults; /* never NULL */
    bool plus_optional;
};

void table__init(struct table *table, const struct number *defaults, bool plus_optional);
/* RC_INVALID with all findings, in mem; RC_LIMIT: no memory. */
enum rc table__headings(struct table *table, struct str text, struct arena *mem, struct err *err);
/* A row becomes a number, and the range its cell holds; what does not fit is added to the findings. Text is
 * borrowed from the row, the rest is in the findings' arena, which remembers when it was full. */
void table__row(const struct table *table, struct str text, struct number *ret, struct bulk_range *ret_range,
                struct err_list *findings);
/* Bytes that are no UTF-8, or NUL, are a finding under this name; false: there was one. */
bool table__check_text(struct str text, struct str name, struct err_list *findings);
