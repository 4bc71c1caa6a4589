/* A list is one SELECT in key order that begins after the last key of the page before. A scan runs the same
 * SELECT over one slice of keys after the other, each with a snapshot of its own, so that it never keeps the
 * WAL from being reset, and stops between two of them when its time is used up; what it has so far is a short
 * page. */
#include "gateway/store/list.h"

#include "common/base/clock.h"
#include "common/base/limits.h"

#include "common/base/banned.h"

#define SQL_BYTES_MAX (64 * 1024)

struct list {
    struct repo_tx *tx;
    struct arena *mem;
    const struct list_kind *kind;
    const struct list_extra *extra;
    const struct list_query *query;
    char *items;
    size_t count, room;
    size_t bytes_before; /* of the arena */
    struct cursor at;    /* everything up to here has been seen */
    struct cursor last;  /* key of the last item */
    uint64_t skip;       /* matches still to be skipped */
    bool more;
    const struct list_sums *sums;
};

/* Rows after one key and up to another; either may be open. */
struct range {
    struct cursor after, upto;
};

enum what { WHAT_ITEMS, WHAT_COUNT, WHAT_SUMS, WHAT_SLICE_END };

/* ---- the statement ---- */

static void and_key(const struct list *list, struct buf *sql, const struct cursor *key, const char *ascending,
                    const char *descending)
{
    if (key->set) {
        buf_printf(sql, " and %s %s ?", list->kind->key, list->query->newest_first ? descending : ascending);
    }
}

static enum rc and_filter(const struct list *list, struct buf *sql, struct filter *filter, struct err *err)
{
    filter->count = 0;
    if (list->query->filter == NULL) {
        return RC_OK;
    }
    buf_put_str(sql, STR(" and "));
    return filter_write(list->query->filter, list->kind->columns, sql, filter, err);
}

static bool by_account(const struct list *list)
{
    return list->kind->account != NULL && !str_absent(list->query->account);
}

static enum rc write_where(const struct list *list, enum what what, const struct range *range,
                           struct buf *sql, struct filter *filter, struct err *err)
{
    buf_put_str(sql, STR(" where true"));
    if (by_account(list)) {
        buf_printf(sql, " and %s = ?", list->kind->account);
    }
    and_key(list, sql, &range->after, ">", "<");
    and_key(list, sql, &range->upto, "<=", ">=");
    filter->count = 0;
    if (what == WHAT_SLICE_END) {
        return RC_OK;
    }
    if (list->kind->visible != NULL) {
        buf_printf(sql, " and %s", list->kind->visible);
    }
    if (list->extra != NULL && list->extra->sql != NULL) {
        buf_put_str(sql, str_of(list->extra->sql));
    }
    return and_filter(list, sql, filter, err);
}

static enum rc write_sql(const struct list *list, enum what what, const struct range *range, struct buf *sql,
                         struct filter *filter, struct err *err)
{
    const struct list_kind *kind = list->kind;
    if (what == WHAT_ITEMS) {
        buf_put_str(sql, str_of(kind->select));
    } else {
        const char *wanted = what == WHAT_COUNT  ? "count(*)"
                             : what == WHAT_SUMS ? list->sums->sql
                                                 : kind->key;
        buf_printf(sql, "select %s from %s", wanted, kind->from);
    }
    enum rc rc = write_where(list, what, range, sql, filter, err);
    if (rc != RC_OK) {
        return rc;
    }
    if (what == WHAT_ITEMS && kind->group != NULL) {
        buf_printf(sql, " %s", kind->group);
    }
    if (what == WHAT_ITEMS || what == WHAT_SLICE_END) {
        buf_printf(sql, " order by %s%s limit ? offset ?", kind->key,
                   list->query->newest_first ? " desc" : "");
    }
    return buf_failed(sql) ? err_set(err, RC_LIMIT, NULL, "the filter is too large") : RC_OK;
}

static void bind_key(const struct list *list, struct sql_stmt *stmt, const struct cursor *key)
{
    if (!key->set) {
        return;
    }
    if (list->kind->key_is_number) {
        sql_bind_i64(stmt, key->number);
    } else {
        sql_bind_text(stmt, key->text);
    }
}

/* The statement with everything bound but limit and offset. */
static enum rc prepare(const struct list *list, enum what what, const struct range *range,
                       struct sql_stmt **ret, struct err *err)
{
    struct buf sql;
    struct filter filter;
    buf_init(&sql, SQL_BYTES_MAX);
    enum rc rc = write_sql(list, what, range, &sql, &filter, err);
    if (rc == RC_OK) {
        rc = sql_compile(list->tx->sql, buf_str(&sql), ret, err);
    }
    buf_clear(&sql);
    if (rc != RC_OK) {
        return rc;
    }
    if (by_account(list)) {
        sql_bind_text(*ret, list->query->account);
    }
    bind_key(list, *ret, &range->after);
    bind_key(list, *ret, &range->upto);
    if (what != WHAT_SLICE_END && list->extra != NULL && list->extra->sql != NULL) {
        list->extra->bind(list->extra->arg, *ret);
    }
    filter_bind(&filter, list->mem, *ret);
    return row_end(list->mem, err);
}

/* ---- items ---- */

static void *item_add(struct list *list)
{
    size_t size = list->kind->item_size;
    if (list->count == list->room) {
        size_t room = list->room == 0 ? 64 : list->room * 2;
        char *items =
            arena_alloc_array(list->mem, room < list->query->limit ? room : list->query->limit, size);
        if (items == NULL) {
            return NULL;
        }
        if (list->count > 0) {
            memcpy(items, list->items, list->count * size);
        }
        list->items = items;
        list->room = room < list->query->limit ? room : list->query->limit;
    }
    return list->items + list->count++ * size;
}

static struct cursor read_key(const struct list *list, struct sql_stmt *stmt)
{
    if (list->kind->key_is_number) {
        return (struct cursor){.set = true, .number = sql_read_i64(stmt)};
    }
    return (struct cursor){.set = true, .text = sql_read_text(stmt, list->mem)};
}

/* One item always fits; a few hundred large ones would be more than a reply can hold. */
static bool is_full(const struct list *list)
{
    bool large = arena_bytes(list->mem) - list->bytes_before > LIMIT_PAGE_BYTES;
    return list->count == list->query->limit || (list->count > 0 && large);
}

/* The row is an item, or says that there is more than the page takes. */
static enum rc take_row(struct list *list, struct sql_stmt *stmt, struct err *err)
{
    if (is_full(list)) {
        list->more = true;
        return RC_OK;
    }
    struct cursor key = read_key(list, stmt);
    void *item = item_add(list);
    if (item != NULL) {
        list->kind->read(stmt, list->mem, item);
    }
    list->last = key;
    return row_end(list->mem, err);
}

static enum rc read_items(struct list *list, const struct range *range, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = prepare(list, WHAT_ITEMS, range, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_i64(stmt, (int64_t)list->query->limit + 1 - (int64_t)list->count);
    sql_bind_i64(stmt, list->skip < INT64_MAX ? (int64_t)list->skip : INT64_MAX);
    bool row = true;
    while ((rc = sql_step(stmt, &row, err)) == RC_OK && row) {
        list->skip = 0;
        rc = take_row(list, stmt, err);
        if (rc != RC_OK || list->more) {
            return rc;
        }
    }
    return rc;
}

/* ---- counts ---- */

static enum rc read_number(struct sql_stmt *stmt, int64_t *ret, struct err *err)
{
    bool row;
    enum rc rc = sql_step(stmt, &row, err);
    if (rc == RC_OK) {
        *ret = row ? sql_read_i64(stmt) : 0;
    }
    return rc;
}

static enum rc count_range(const struct list *list, const struct range *range, int64_t *ret, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = prepare(list, WHAT_COUNT, range, &stmt, err);
    return rc == RC_OK ? read_number(stmt, ret, err) : rc;
}

static bool has_counter(const struct list *list)
{
    return list->query->filter == NULL && (list->extra == NULL || list->extra->sql == NULL) &&
           (by_account(list) ? list->kind->count_account : list->kind->count_all) != NULL;
}

static enum rc count_kept(const struct list *list, int64_t *ret, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    const struct list_kind *kind = list->kind;
    enum rc rc =
        sql_prepare(list->tx->sql, by_account(list) ? kind->count_account : kind->count_all, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    if (by_account(list)) {
        sql_bind_text(stmt, list->query->account);
    }
    return read_number(stmt, ret, err);
}

/* ---- scans ---- */

static bool out_of_time(const struct list *list)
{
    return clock_mono_us() >= list->tx->scan_end_us;
}

/* The key that ends the slice after `after`. Not set: it is the last one. */
static enum rc slice_end(const struct list *list, const struct cursor *after, struct cursor *ret,
                         struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = prepare(list, WHAT_SLICE_END, &(struct range){.after = *after}, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_i64(stmt, 1);
    sql_bind_i64(stmt, (int64_t)list->tx->slice - 1);
    bool row;
    rc = sql_step(stmt, &row, err);
    if (rc == RC_OK) {
        *ret = row ? read_key(list, stmt) : (struct cursor){0};
    }
    return rc;
}

/* A whole slice may be skipped unread; it is counted first. */
static enum rc slice_items(struct list *list, const struct range *range, struct err *err)
{
    int64_t matches = 0;
    if (list->skip > 0) {
        enum rc rc = count_range(list, range, &matches, err);
        if (rc != RC_OK) {
            return rc;
        }
        if ((uint64_t)matches <= list->skip) {
            list->skip -= (uint64_t)matches;
            return RC_OK;
        }
    }
    return read_items(list, range, err);
}

typedef enum rc slice_fn(struct list *list, const struct range *range, void *arg, struct err *err);

/* One slice in one snapshot. *ret_end not set: it was the last one. */
static enum rc slice(struct list *list, const struct cursor *after, slice_fn *fn, void *arg,
                     struct cursor *ret_end, struct err *err)
{
    enum rc rc = sql_begin_read(list->tx->sql, list->tx->scan_end_us, err);
    if (rc != RC_OK) {
        return rc;
    }
    struct range range = {.after = *after};
    rc = slice_end(list, after, &range.upto, err);
    if (rc == RC_OK) {
        rc = fn(list, &range, arg, err);
    }
    sql_end_read(list->tx->sql);
    if (rc == RC_OK) {
        *ret_end = range.upto;
    }
    return rc;
}

static enum rc do_items(struct list *list, const struct range *range, void *arg, struct err *err)
{
    (void)arg;
    return slice_items(list, range, err);
}

static enum rc do_count(struct list *list, const struct range *range, void *arg, struct err *err)
{
    int64_t matches = 0, *total = arg;
    enum rc rc = count_range(list, range, &matches, err);
    *total += matches;
    return rc;
}

static bool same_place(const struct cursor *a, const struct cursor *b)
{
    return a->set == b->set && a->number == b->number && str_eq(a->text, b->text);
}

/* Time is up in the middle of a slice: the items so far are the page. Without any progress the client would
 * come back for ever. */
static enum rc cut_short(struct list *list, size_t count_before, struct err *err)
{
    if (list->count > count_before) {
        list->at = list->last;
    } else if (same_place(&list->at, &list->query->after)) {
        return err_set(err, RC_BUSY, NULL, "the scan took too long");
    }
    list->more = true;
    return RC_OK;
}

static enum rc scan_items(struct list *list, struct err *err)
{
    for (;;) {
        struct cursor end = {0};
        size_t count_before = list->count;
        enum rc rc = slice(list, &list->at, do_items, NULL, &end, err);
        if (rc == RC_BUSY) {
            return cut_short(list, count_before, err);
        }
        if (rc != RC_OK) {
            return rc;
        }
        if (list->more || !end.set) {
            list->at = list->last;
            return RC_OK;
        }
        list->at = end;
        if (out_of_time(list)) {
            list->more = true;
            return RC_OK;
        }
    }
}

static enum rc scan_count(struct list *list, int64_t *ret, struct err *err)
{
    struct cursor after = {0}, end = {.set = true};
    int64_t total = 0;
    while (end.set) {
        enum rc rc = slice(list, &after, do_count, &total, &end, err);
        if (rc == RC_OK && end.set && out_of_time(list)) {
            rc = err_set(err, RC_BUSY, NULL, "counting took too long");
        }
        if (rc != RC_OK) {
            return rc;
        }
        after = end;
    }
    *ret = total;
    return RC_OK;
}

/* ---- sums ---- */

static enum rc do_sums(struct list *list, const struct range *range, void *arg, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    int64_t *totals = arg;
    bool row = false;
    enum rc rc = prepare(list, WHAT_SUMS, range, &stmt, err);
    rc = rc == RC_OK ? sql_step(stmt, &row, err) : rc;
    for (size_t i = 0; rc == RC_OK && row && i < list->sums->count; i++) {
        totals[i] += sql_read_i64(stmt);
    }
    return rc;
}

enum rc list_sum(struct repo_tx *tx, struct arena *mem, const struct list_kind *kind,
                 const struct list_sums *sums, const struct list_query *query, int64_t *ret,
                 bool *ret_truncated, struct err *err)
{
    struct list list = {.tx = tx, .mem = mem, .kind = kind, .query = query, .sums = sums};
    struct cursor after = {0}, end = {.set = true};
    ensure(tx->kind == REPO_SCAN);
    memset(ret, 0, sums->count * sizeof *ret);
    for (*ret_truncated = false; end.set && !*ret_truncated; after = end) {
        enum rc rc = slice(&list, &after, do_sums, ret, &end, err);
        if (rc != RC_OK && (rc != RC_BUSY || !after.set)) {
            return rc;
        }
        *ret_truncated = rc == RC_BUSY || (end.set && out_of_time(&list));
    }
    return RC_OK;
}

/* ---- a page ---- */

static enum rc read_page(struct list *list, struct err *err)
{
    if (list->tx->kind == REPO_SCAN) {
        return scan_items(list, err);
    }
    enum rc rc = read_items(list, &(struct range){.after = list->at}, err);
    list->at = list->last;
    return rc;
}

static enum rc read_count(struct list *list, int64_t *ret, struct err *err)
{
    if (has_counter(list)) {
        return count_kept(list, ret, err);
    }
    return list->tx->kind == REPO_SCAN ? scan_count(list, ret, err)
                                       : count_range(list, &(struct range){0}, ret, err);
}

enum rc list_read(struct repo_tx *tx, struct arena *mem, const struct list_kind *kind,
                  const struct list_extra *extra, const struct list_query *query, struct list_page *ret,
                  struct err *err)
{
    struct list list = {.tx = tx,
                        .mem = mem,
                        .kind = kind,
                        .extra = extra,
                        .query = query,
                        .bytes_before = arena_bytes(mem),
                        .at = query->after,
                        .last = query->after,
                        .skip = query->skip};
    int64_t count = -1;
    enum rc rc = read_page(&list, err);
    if (rc == RC_OK && query->count) {
        rc = read_count(&list, &count, err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    *ret = (struct list_page){.items = {list.items, list.count},
                              .more = list.more,
                              .last = list.at,
                              .skip_left = list.more ? list.skip : 0,
                              .count = count};
    return RC_OK;
}
