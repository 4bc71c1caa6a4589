/* A filter as SQL: every field is a column or an expression over columns, every value is bound. For the
 * store's own files alone. */
#pragma once
#include "common/base/buf.h"
#include "common/base/limits.h"
#include "gateway/domain/query.h"
#include "gateway/store/sql.h"

/* Which SQL stands for a field. The table is called r. */
struct column {
    const char *path; /* "serviceDetails/teamsTenantId"; NULL ends */
    const char *sql;
    bool any_case; /* a UUID: `sql` is in lower case, and so is what it is compared with */
};

struct filter {
    struct buf *sql;
    const struct column *columns;
    size_t count; /* values to be bound, in the order of their `?` */
    const struct query_node *values[2 * LIMIT_FILTER_NODES]; /* some are bound twice */
    bool any_case[2 * LIMIT_FILTER_NODES];                   /* of values */
    enum rc rc;                                              /* the first failure */
};

/* Appends the condition. RC_INVALID "InvalidFilter" when it names what is no column or compares what cannot
 * be compared. */
MUST_USE enum rc filter_write(const struct query_node *node, const struct column *columns, struct buf *sql,
                              struct filter *ret, struct err *err);
/* Lower-case copies of what is compared in any letter case go into mem. */
void filter_bind(const struct filter *filter, struct arena *mem, struct sql_stmt *stmt);
