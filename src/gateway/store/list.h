/* Lists of any kind of row: keyset paging, filter, count, and the slices of a scan. For the store's own files
 * alone. */
#pragma once
#include "gateway/store/filter.h"
#include "gateway/store/row.h"
#include "gateway/store/tx.h"

/* One kind of list. Its SELECT gives the key first, then what `read` reads. The table is called r. */
struct list_kind {
    const char *select;  /* "select r.name, ... from account r" */
    const char *from;    /* "account r": to count, and to find the end of a slice */
    const char *key;     /* "r.name" */
    const char *visible; /* a condition on every row, or NULL */
    const char *account; /* what query.account is compared with; NULL: the list knows no account */
    const char *group;   /* "group by ...", or NULL */
    const struct sql_text *count_all;     /* where no filter is; NULL: count the rows */
    const struct sql_text *count_account; /* the same for query.account */
    const struct column *columns;
    size_t item_size;
    bool key_is_number;
    /* Fills a zeroed item; what does not fit is seen in the arena. */
    void (*read)(struct sql_stmt *stmt, struct arena *mem, void *item);
};

/* A condition besides filter and account, with its values. */
struct list_extra {
    const char *sql; /* NULL: none */
    void (*bind)(const void *arg, struct sql_stmt *stmt);
    const void *arg;
};

/* What is added up over rows: expressions such as "count(*), coalesce(sum(r.x), 0)". */
struct list_sums {
    const char *sql;
    size_t count;
};

/* In a job of kind REPO_SCAN: the sums over account and filter of the query. *ret_truncated: the time was up before the last row. */
MUST_USE enum rc list_sum(struct repo_tx *tx, struct arena *mem, const struct list_kind *kind,
                          const struct list_sums *sums, const struct list_query *query, int64_t *ret,
                          bool *ret_truncated, struct err *err);

MUST_USE enum rc list_read(struct repo_tx *tx, struct arena *mem, const struct list_kind *kind,
                           const struct list_extra *extra, const struct list_query *query,
                           struct list_page *ret, struct err *err);
