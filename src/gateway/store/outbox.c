/* The outbox: what somebody should look at, when, and what nobody should look at for now. */
#include "gateway/store/clock.h"
#include "gateway/store/list.h"

#include "common/base/banned.h"

/* clang-format off */
/* One that is due already keeps its place. */
#define TOUCH(now, least)                                                                                    \
    "insert into outbox (kind, key, seq, attempt, not_before) values (?, ?, 1, 0, " now ")"                  \
    " on conflict (kind, key) do update set seq = outbox.seq + 1, attempt = 0"                               \
    ", not_before = " least "(outbox.not_before, excluded.not_before)"
static const struct sql_text outbox_touch = {.text = TOUCH(NOW_SQLITE, "min"),
                                             .postgres = TOUCH(NOW_POSTGRES, "least")};

#define NOT_PAUSED " and not exists (select 1 from pause p where p.kind = o.kind and p.key in ('', o.key))"
#define DUE(now)                                                                                             \
    "select o.key, o.seq, o.attempt, o.not_before, " now " - o.not_before from outbox o"                     \
    " where o.kind = ? and (o.not_before, o.key) > (?, ?) and o.not_before <= " now NOT_PAUSED               \
    " order by o.not_before, o.key limit ?"
static const struct sql_text outbox_due = {.text = DUE(NOW_SQLITE), .postgres = DUE(NOW_POSTGRES_STABLE)};
#define DUE_ONE(now)                                                                                         \
    "select o.key, o.seq, o.attempt, o.not_before, " now " - o.not_before from outbox o"                     \
    " where o.kind = ? and o.key = ? and o.not_before <= " now NOT_PAUSED
static const struct sql_text outbox_due_one = {.text = DUE_ONE(NOW_SQLITE),
                                               .postgres = DUE_ONE(NOW_POSTGRES_STABLE)};

#define AS_SEEN " where kind = ? and key = ? and seq = ? and not_before = ?"
static const struct sql_text outbox_delete = {.text = "delete from outbox" AS_SEEN};
static const struct sql_text outbox_defer = {
    .text = "update outbox set attempt = ?, not_before = " NOW_SQLITE " + ?" AS_SEEN,
    .postgres = "update outbox set attempt = ?, not_before = " NOW_POSTGRES " + ?::bigint" AS_SEEN};

static const struct sql_text pause_add = {.text =
    "insert into pause (kind, key) values (?, ?) on conflict (kind, key) do nothing"};
static const struct sql_text pause_delete = {.text = "delete from pause where kind = ? and key = ?"};
static const struct sql_text pause_by_key = {.text =
    "select 1 from pause where kind = ? and key in ('', ?) limit 1"};
/* clang-format on */

enum rc repo_outbox_touch(struct repo_tx *tx, enum outbox_kind kind, struct str key, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &outbox_touch, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_i64(stmt, kind);
    sql_bind_text(stmt, key);
    return sql_run(stmt, err);
}

/* ---- what is due ---- */

static void read_item(struct sql_stmt *stmt, struct arena *mem, enum outbox_kind kind,
                      struct outbox_item *ret)
{
    ret->kind = kind;
    ret->key = sql_read_text(stmt, mem);
    ret->seq = sql_read_i64(stmt);
    ret->attempt = sql_read_i64(stmt);
    ret->not_before = sql_read_i64(stmt);
    ret->overdue_ms = sql_read_i64(stmt);
}

enum rc repo_outbox_due(struct repo_tx *tx, struct arena *mem, enum outbox_kind kind,
                        const struct outbox_item *after, size_t limit, struct outbox_page *ret,
                        struct err *err)
{
    struct outbox_item *items = arena_alloc_array(mem, limit, sizeof *items);
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = items != NULL ? sql_prepare(tx->sql, &outbox_due, &stmt, err) : row_end(mem, err);
    if (rc != RC_OK) {
        return rc;
    }
    size_t count = 0;
    bool row = true;
    sql_bind_i64(stmt, kind);
    sql_bind_i64(stmt, after != NULL ? after->not_before : -1);
    sql_bind_text(stmt, after != NULL ? after->key : STR(""));
    sql_bind_i64(stmt, (int64_t)limit);
    while (count < limit && (rc = sql_step(stmt, &row, err)) == RC_OK && row) {
        read_item(stmt, mem, kind, &items[count++]);
    }
    if (rc != RC_OK) {
        return rc;
    }
    *ret = (struct outbox_page){items, count};
    return row_end(mem, err);
}

enum rc repo_outbox_find_due(struct repo_tx *tx, struct arena *mem, enum outbox_kind kind, struct str key,
                             struct outbox_item *ret, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &outbox_due_one, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    bool row;
    sql_bind_i64(stmt, kind);
    sql_bind_text(stmt, key);
    rc = sql_step(stmt, &row, err);
    if (rc != RC_OK || !row) {
        return rc != RC_OK ? rc : RC_NOT_FOUND;
    }
    read_item(stmt, mem, kind, ret);
    return row_end(mem, err);
}

/* ---- what becomes of it ---- */

static void bind_as_seen(struct sql_stmt *stmt, const struct outbox_item *item)
{
    sql_bind_i64(stmt, item->kind);
    sql_bind_text(stmt, item->key);
    sql_bind_i64(stmt, item->seq);
    sql_bind_i64(stmt, item->not_before);
}

enum rc repo_outbox_done(struct repo_tx *tx, const struct lease *lease, const struct outbox_item *item,
                         struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = repo_lease_fence(tx, lease, err);
    if (rc == RC_OK) {
        rc = sql_prepare(tx->sql, &outbox_delete, &stmt, err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    bind_as_seen(stmt, item);
    return sql_run(stmt, err);
}

enum rc repo_outbox_defer(struct repo_tx *tx, const struct lease *lease, const struct outbox_item *item,
                          int64_t attempt, int64_t delay_ms, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = repo_lease_fence(tx, lease, err);
    if (rc == RC_OK) {
        rc = sql_prepare(tx->sql, &outbox_defer, &stmt, err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_i64(stmt, attempt);
    sql_bind_i64(stmt, delay_ms);
    bind_as_seen(stmt, item);
    return sql_run(stmt, err);
}

/* ---- pause ---- */

enum rc repo_outbox_pause(struct repo_tx *tx, enum outbox_kind kind, struct str key, bool paused,
                          struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, paused ? &pause_add : &pause_delete, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_i64(stmt, kind);
    sql_bind_text(stmt, key);
    return sql_run(stmt, err);
}

enum rc repo_outbox_paused(struct repo_tx *tx, enum outbox_kind kind, struct str key, bool *ret,
                           struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &pause_by_key, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    bool row;
    sql_bind_i64(stmt, kind);
    sql_bind_text(stmt, key);
    rc = sql_step(stmt, &row, err);
    if (rc == RC_OK) {
        *ret = row;
    }
    return rc;
}
