/* The outbox: what somebody should look at, when, what became of it, and what nobody should look at for now.
 *
 * A row whose work is done stays with a due time that never comes, so what a run came to is written by the one statement that settles it,
 * and the next touch changes a row instead of adding one. */
#include "gateway/store/clock.h"
#include "gateway/store/list.h"

#include "common/base/banned.h"

/* clang-format off */
#define NEVER "9223372036854775807" /* the due time of a row that rests */

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

#define SET_IDLE(now) "failures = 0, failing_since = null, error_code = null, error_message = null"
#define SET_WELL(now) SET_IDLE(now) ", succeeded_at = " now
#define SET_OPEN(now) "succeeded_at = case when failures = 0 then " now " else succeeded_at end"
#define SET_FAILED(now)                                                                                      \
    "failures = failures + 1, failing_since = coalesce(failing_since, " now "), error_code = ?, error_message = ?"

#define AS_SEEN " where kind = ? and key = ? and seq = ? and not_before = ?"
#define SETTLE(set, now, number)                                                                             \
    "update outbox set attempt = ?, not_before = coalesce(" now " + " number ", " NEVER "), " set(now) AS_SEEN
#define SETTLE_BOTH(set)                                                                                     \
    {.text = SETTLE(set, NOW_SQLITE, "?"), .postgres = SETTLE(set, NOW_POSTGRES, "?::bigint")}
static const struct sql_text outbox_settle[] = {[OUTBOX_WELL] = SETTLE_BOTH(SET_WELL),
                                                [OUTBOX_IDLE] = SETTLE_BOTH(SET_IDLE),
                                                [OUTBOX_OPEN] = SETTLE_BOTH(SET_OPEN),
                                                [OUTBOX_FAILED] = SETTLE_BOTH(SET_FAILED)};
static const struct sql_text outbox_delete = {.text = "delete from outbox" AS_SEEN};

/* Touched while it was worked on: it is due, but behind the others that are. */
#define REQUEUE(set, now, most)                                                                              \
    "update outbox set not_before = " most "(not_before, " now "), " set(now) " where kind = ? and key = ?"
#define REQUEUE_BOTH(set)                                                                                    \
    {.text = REQUEUE(set, NOW_SQLITE, "max"), .postgres = REQUEUE(set, NOW_POSTGRES, "greatest")}
static const struct sql_text outbox_requeue[] = {[OUTBOX_WELL] = REQUEUE_BOTH(SET_WELL),
                                                 [OUTBOX_IDLE] = REQUEUE_BOTH(SET_IDLE),
                                                 [OUTBOX_OPEN] = REQUEUE_BOTH(SET_OPEN),
                                                 [OUTBOX_FAILED] = REQUEUE_BOTH(SET_FAILED)};

#define STATE(now)                                                                                           \
    "select o.key, o.attempt, o.not_before - " now ", o.not_before = " NEVER ", exists (select 1 from pause p" \
    " where p.kind = o.kind and p.key in ('', o.key)), o.failures, o.failing_since, o.error_code"            \
    ", o.error_message, o.succeeded_at from outbox o where o.kind = ?"
#define STATE_ONE(now)  STATE(now) " and o.key = ?"
#define STATE_LIST(now) STATE(now) " and o.key > ? order by o.key limit ?"
#define STATE_FAILING(now) STATE(now) " and o.failing_since is not null order by o.failing_since, o.key limit 1"
static const struct sql_text outbox_state = {.text = STATE_ONE(NOW_SQLITE), .postgres = STATE_ONE(NOW_POSTGRES_STABLE)};
static const struct sql_text outbox_states = {.text = STATE_LIST(NOW_SQLITE), .postgres = STATE_LIST(NOW_POSTGRES_STABLE)};
static const struct sql_text outbox_failing = {.text = STATE_FAILING(NOW_SQLITE), .postgres = STATE_FAILING(NOW_POSTGRES_STABLE)};
static const struct sql_text outbox_succeeded = {.text =
    "select succeeded_at from outbox where kind = ? and succeeded_at is not null order by succeeded_at desc limit 1"};
/* Of the first ones by their time, so that no more is read than that. */
#define COUNTS(now)                                                                                          \
    "select count(*), coalesce(sum(case when n.not_before <= " now " then 1 else 0 end), 0)"                 \
    ", coalesce(sum(case when n.failures > 0 then 1 else 0 end), 0) from (select o.not_before, o.failures"   \
    " from outbox o where o.kind = ? and o.not_before < " NEVER " order by o.not_before, o.key limit ?) n"
static const struct sql_text outbox_counts = {.text = COUNTS(NOW_SQLITE), .postgres = COUNTS(NOW_POSTGRES_STABLE)};
#define RETRY(now, least)                                                                                    \
    "update outbox set seq = seq + 1, attempt = 0, not_before = " least "(not_before, " now ")"              \
    " where kind = ? and attempt > 0 and key in"                                                             \
    " (select o.key from outbox o where o.kind = ? and o.failing_since is not null and o.attempt > 0"        \
    " order by o.failing_since, o.key limit ?)"
static const struct sql_text outbox_retry = {.text = RETRY(NOW_SQLITE, "min"), .postgres = RETRY(NOW_POSTGRES, "least")};

static const struct sql_text pause_add = {.text =
    "insert into pause (kind, key) values (?, ?) on conflict (kind, key) do nothing"};
static const struct sql_text pause_delete = {.text = "delete from pause where kind = ? and key = ?"};
static const struct sql_text pause_count = {.text =
    "select count(*) from (select 1 from pause where kind = ? and key <> '' limit ?) n"};
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
    tx->touched |= 1U << kind;
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

struct ending {
    enum outbox_news news;
    struct str code, message; /* of a failure */
    int64_t attempt, delay_ms;
    bool rests; /* delay_ms is not looked at */
};

static void bind_news(struct sql_stmt *stmt, const struct ending *end)
{
    if (end->news == OUTBOX_FAILED) {
        sql_bind_text(stmt, end->code);
        sql_bind_text(stmt, end->message);
    }
}

/* What was to become of it did not, since it is no longer as it was seen. */
static enum rc requeue(struct repo_tx *tx, const struct outbox_item *item, const struct ending *end,
                       struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &outbox_requeue[end->news], &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    bind_news(stmt, end);
    sql_bind_i64(stmt, item->kind);
    sql_bind_text(stmt, item->key);
    return sql_run(stmt, err);
}

static enum rc settle(struct repo_tx *tx, const struct lease *lease, const struct outbox_item *item,
                      const struct ending *end, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = repo_lease_fence(tx, lease, err);
    if (rc == RC_OK) {
        rc = sql_prepare(tx->sql, &outbox_settle[end->news], &stmt, err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_i64(stmt, end->attempt);
    if (end->rests) {
        sql_bind_null(stmt);
    } else {
        sql_bind_i64(stmt, end->delay_ms);
    }
    bind_news(stmt, end);
    bind_as_seen(stmt, item);
    rc = sql_run(stmt, err);
    return rc == RC_OK && sql_changed(stmt) == 0 ? requeue(tx, item, end, err) : rc;
}

enum rc repo_outbox_done(struct repo_tx *tx, const struct lease *lease, const struct outbox_item *item,
                         enum outbox_news news, struct err *err)
{
    return settle(tx, lease, item, &(struct ending){.news = news, .rests = true}, err);
}

enum rc repo_outbox_forget(struct repo_tx *tx, const struct lease *lease, const struct outbox_item *item,
                           enum outbox_news news, struct err *err)
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
    rc = sql_run(stmt, err);
    return rc == RC_OK && sql_changed(stmt) == 0 ? requeue(tx, item, &(struct ending){.news = news}, err)
                                                 : rc;
}

enum rc repo_outbox_defer(struct repo_tx *tx, const struct lease *lease, const struct outbox_item *item,
                          enum outbox_news news, int64_t delay_ms, struct err *err)
{
    int64_t attempt = news == OUTBOX_OPEN ? item->attempt : 0;
    return settle(tx, lease, item, &(struct ending){.news = news, .attempt = attempt, .delay_ms = delay_ms},
                  err);
}

enum rc repo_outbox_fail(struct repo_tx *tx, const struct lease *lease, const struct outbox_item *item,
                         int64_t delay_ms, struct str code, struct str message, struct err *err)
{
    return settle(tx, lease, item,
                  &(struct ending){.news = OUTBOX_FAILED,
                                   .code = code,
                                   .message = message,
                                   .attempt = item->attempt + 1,
                                   .delay_ms = delay_ms},
                  err);
}

/* ---- for those who watch ---- */

static struct wall read_time(struct sql_stmt *stmt)
{
    bool absent = sql_is_null(stmt);
    int64_t ms = sql_read_i64(stmt);
    return absent ? CLOCK_ABSENT : (struct wall){ms};
}

static void read_state(struct sql_stmt *stmt, struct arena *mem, struct outbox_state *ret)
{
    ret->key = sql_read_text(stmt, mem);
    ret->attempt = sql_read_i64(stmt);
    ret->wait_ms = sql_read_i64(stmt);
    ret->rests = sql_read_bool(stmt);
    ret->paused = sql_read_bool(stmt);
    ret->failure.count = sql_read_i64(stmt);
    ret->failure.since = read_time(stmt);
    ret->failure.code = sql_read_text(stmt, mem);
    ret->failure.message = sql_read_text(stmt, mem);
    ret->succeeded_at = read_time(stmt);
}

enum rc repo_outbox_find(struct repo_tx *tx, struct arena *mem, enum outbox_kind kind, struct str key,
                         struct outbox_state *ret, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    bool row = false;
    enum rc rc = sql_prepare(tx->sql, &outbox_state, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_i64(stmt, kind);
    sql_bind_text(stmt, key);
    rc = sql_step(stmt, &row, err);
    if (rc != RC_OK || !row) {
        return rc != RC_OK ? rc : RC_NOT_FOUND;
    }
    read_state(stmt, mem, ret);
    return row_end(mem, err);
}

enum rc repo_outbox_list(struct repo_tx *tx, struct arena *mem, enum outbox_kind kind, struct str after,
                         size_t limit, struct outbox_state_list *ret, struct err *err)
{
    struct outbox_state *items = arena_alloc_array(mem, limit, sizeof *items);
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = items != NULL ? sql_prepare(tx->sql, &outbox_states, &stmt, err) : row_end(mem, err);
    if (rc != RC_OK) {
        return rc;
    }
    size_t count = 0;
    bool row = true;
    sql_bind_i64(stmt, kind);
    sql_bind_text(stmt, !str_absent(after) ? after : STR(""));
    sql_bind_i64(stmt, (int64_t)limit);
    while (count < limit && (rc = sql_step(stmt, &row, err)) == RC_OK && row) {
        read_state(stmt, mem, &items[count++]);
    }
    if (rc != RC_OK) {
        return rc;
    }
    *ret = (struct outbox_state_list){items, count};
    return row_end(mem, err);
}

static enum rc count_paused(struct repo_tx *tx, enum outbox_kind kind, int64_t limit, int64_t *ret,
                            struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    bool row = false;
    enum rc rc = sql_prepare(tx->sql, &pause_count, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_i64(stmt, kind);
    sql_bind_i64(stmt, limit);
    rc = sql_step(stmt, &row, err);
    *ret = rc == RC_OK && row ? sql_read_i64(stmt) : 0;
    return rc;
}

static enum rc count_rows(struct repo_tx *tx, enum outbox_kind kind, int64_t limit, struct outbox_counts *ret,
                          struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    bool row = false;
    enum rc rc = sql_prepare(tx->sql, &outbox_counts, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_i64(stmt, kind);
    sql_bind_i64(stmt, limit);
    rc = sql_step(stmt, &row, err);
    if (rc == RC_OK && row) {
        ret->rows = sql_read_i64(stmt);
        ret->due = sql_read_i64(stmt);
        ret->failing = sql_read_i64(stmt);
    }
    return rc;
}

static enum rc find_failing(struct repo_tx *tx, struct arena *mem, enum outbox_kind kind,
                            const struct outbox_state **ret, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    bool row = false;
    enum rc rc = sql_prepare(tx->sql, &outbox_failing, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_i64(stmt, kind);
    rc = sql_step(stmt, &row, err);
    if (rc != RC_OK || !row) {
        return rc;
    }
    struct outbox_state *state = arena_new_of(mem, struct outbox_state);
    if (state != NULL) {
        read_state(stmt, mem, state);
        *ret = state;
    }
    return row_end(mem, err);
}

static enum rc last_success(struct repo_tx *tx, enum outbox_kind kind, struct wall *ret, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    bool row = false;
    enum rc rc = sql_prepare(tx->sql, &outbox_succeeded, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_i64(stmt, kind);
    rc = sql_step(stmt, &row, err);
    if (rc == RC_OK && row) {
        *ret = read_time(stmt);
    }
    return rc;
}

enum rc repo_outbox_counts(struct repo_tx *tx, struct arena *mem, enum outbox_kind kind, int64_t limit,
                           struct outbox_counts *ret, struct err *err)
{
    struct outbox_counts counts = {.oldest_ms = -1, .succeeded_at = CLOCK_ABSENT};
    struct outbox_page oldest = {0};
    enum rc rc = count_rows(tx, kind, limit, &counts, err);
    if (rc == RC_OK) {
        rc = count_paused(tx, kind, limit, &counts.paused, err);
    }
    if (rc == RC_OK) {
        rc = repo_outbox_due(tx, mem, kind, NULL, 1, &oldest, err);
    }
    if (rc == RC_OK) {
        rc = find_failing(tx, mem, kind, &counts.failing_longest, err);
    }
    if (rc == RC_OK) {
        rc = last_success(tx, kind, &counts.succeeded_at, err);
    }
    if (rc == RC_OK) {
        counts.oldest_ms = oldest.count > 0 ? oldest.items[0].overdue_ms : -1;
        *ret = counts;
    }
    return rc;
}

enum rc repo_outbox_retry(struct repo_tx *tx, enum outbox_kind kind, int64_t limit, int64_t *ret_count,
                          struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &outbox_retry, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_i64(stmt, kind);
    sql_bind_i64(stmt, kind);
    sql_bind_i64(stmt, limit);
    rc = sql_run(stmt, err);
    if (rc == RC_OK) {
        *ret_count = sql_changed(stmt);
    }
    return rc;
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
