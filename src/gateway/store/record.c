/* What is kept with every change: the revision it has, the operation it answered, its audit row. */
#include "gateway/store/list.h"

#include "common/base/clock.h"

#include "common/base/banned.h"

#define REVISION_BLOCK   100000 /* how far is written ahead */
#define REVISION_RESERVE 20000  /* left over at the start of a group: more than a usual one needs */

#define PURGE_ROWS 500 /* in one go */

/* ---- revisions ---- */

static const struct sql_text revision_read = {.text = "select value from setting where name = 'revision'"};
static const struct sql_text revision_write = {.text =
                                                   "update setting set value = ? where name = 'revision'"};
static const struct sql_text revision_block = {
    .text = "select nextval('revision')"}; /* where there are several writers */

/* What was written ahead and not used up is lost: the counter may jump, but never goes back. */
enum rc revision_load(struct sql *sql, struct revision_counter *ret, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(sql, &revision_read, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    bool row;
    rc = sql_step(stmt, &row, err);
    if (rc == RC_OK && !row) {
        return err_set(err, RC_INTERNAL, NULL, "the revision counter is missing in the database");
    }
    if (rc == RC_OK) {
        ret->next = ret->reserved = sql_read_i64(stmt);
    }
    return rc;
}

static enum rc write_ahead(struct sql *sql, struct revision_counter *revisions, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(sql, &revision_write, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    int64_t reserved = revisions->next + REVISION_BLOCK;
    sql_bind_i64(stmt, reserved);
    rc = sql_run(stmt, err);
    if (rc == RC_OK) {
        revisions->reserved = reserved;
    }
    return rc;
}

enum rc revision_reserve(struct sql *sql, struct revision_counter *revisions, struct err *err)
{
    return revisions->reserved - revisions->next < REVISION_RESERVE ? write_ahead(sql, revisions, err)
                                                                    : RC_OK;
}

void revision_ask(struct repo_tx *tx)
{
    struct revision_counter *revisions = tx->revisions;
    bool wanted =
        tx->shared && revisions != NULL && revisions->asked == NULL && revisions->next >= revisions->reserved;
    if (wanted && sql_prepare(tx->sql, &revision_block, &revisions->asked, NULL) ==
                      RC_OK) { /* else it is asked for when needed */
        sql_send(revisions->asked);
    }
}

void revision_done(struct revision_counter *revisions)
{
    sql_done(TAKE(revisions->asked));
    *revisions = (struct revision_counter){0};
}

static enum rc take_block(struct repo_tx *tx, struct err *err)
{
    struct revision_counter *revisions = tx->revisions;
    enum rc rc = RC_OK;
    bool row = false;
    if (revisions->asked == NULL) {
        rc = sql_prepare(tx->sql, &revision_block, &revisions->asked, err);
    }
    if (rc == RC_OK) {
        rc = sql_step(revisions->asked, &row, err);
    }
    if (rc == RC_OK) {
        revisions->next = (row ? sql_read_i64(revisions->asked) : 0) * SEQUENCE_BLOCK;
        revisions->reserved = revisions->next + SEQUENCE_BLOCK;
    }
    sql_done(TAKE(revisions->asked));
    return rc;
}

enum rc repo_revision_next(struct repo_tx *tx, int64_t *ret, struct err *err)
{
    ensure(tx->revisions != NULL);
    /* Beyond, not only at it: what a part that failed wrote ahead is undone, what it took is not. */
    if (tx->revisions->next >= tx->revisions->reserved) {
        enum rc rc = tx->shared ? take_block(tx, err) : write_ahead(tx->sql, tx->revisions, err);
        if (rc != RC_OK) {
            return rc;
        }
    }
    *ret = tx->revisions->next++;
    return RC_OK;
}

/* ---- operations ---- */

/* clang-format off */
static const struct sql_text operation_by_id = {.text =
    "select fingerprint, first_sent, status, etag_configuration, etag_status from operation"
    " where caller = ? and id = ? and first_sent >= ?"};
#define INSERT_OPERATION                                                                                     \
    "insert into operation (caller, id, fingerprint, first_sent, status, etag_configuration, etag_status)"   \
    " values (?, ?, ?, ?, ?, ?, ?)"
/* One that is too old is as good as gone, whether it was deleted yet or not. */
static const struct sql_text operation_forget = {.text =
    "delete from operation where caller = ? and id = ? and first_sent < ?"};
static const struct sql_text operation_insert = {.text = INSERT_OPERATION};
#define OLD_OPERATIONS "delete from operation where (caller, id) in (select caller, id from operation where first_sent < ? limit ?"
static const struct sql_text operation_delete = {.text = OLD_OPERATIONS ")",
                                                 .postgres = OLD_OPERATIONS " for update skip locked)"};
/* clang-format on */

static int64_t operation_oldest(void)
{
    return clock_wall().ms - OPERATION_AGE_MS;
}

static struct operation *read_operation(struct sql_stmt *stmt, struct arena *mem, const struct op_id *op)
{
    struct operation *operation = arena_new_of(mem, struct operation);
    if (operation != NULL) {
        operation->op = *op;
        sql_read_blob(stmt, operation->fingerprint, sizeof operation->fingerprint);
        operation->first_sent.ms = sql_read_i64(stmt);
        operation->status = (int)sql_read_i64(stmt);
        operation->etag.configuration = (uint64_t)sql_read_i64(stmt);
        operation->etag.status = (uint64_t)sql_read_i64(stmt);
    }
    return operation;
}

enum rc repo_operation_find(struct repo_tx *tx, struct arena *mem, const struct op_id *op,
                            const struct operation **ret, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &operation_by_id, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    bool row;
    sql_bind_text(stmt, op->caller);
    sql_bind_text(stmt, op->id);
    sql_bind_i64(stmt, operation_oldest());
    rc = sql_step(stmt, &row, err);
    if (rc != RC_OK || !row) {
        return rc != RC_OK ? rc : RC_NOT_FOUND;
    }
    *ret = read_operation(stmt, mem, op);
    return row_end(mem, err);
}

static enum rc forget_old(struct repo_tx *tx, const struct op_id *op, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &operation_forget, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_text(stmt, op->caller);
    sql_bind_text(stmt, op->id);
    sql_bind_i64(stmt, operation_oldest());
    return sql_run(stmt, err);
}

/* A plain insert: a twin that was faster makes it fail, at the latest at the commit, and everything of this run with it. */
enum rc repo_operation_add(struct repo_tx *tx, const struct operation *operation, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = forget_old(tx, &operation->op, err);
    if (rc == RC_OK) {
        rc = sql_prepare(tx->sql, &operation_insert, &stmt, err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_text(stmt, operation->op.caller);
    sql_bind_text(stmt, operation->op.id);
    sql_bind_blob(stmt, operation->fingerprint, sizeof operation->fingerprint);
    sql_bind_i64(stmt, operation->first_sent.ms);
    sql_bind_i64(stmt, operation->status);
    sql_bind_i64(stmt, (int64_t)operation->etag.configuration);
    sql_bind_i64(stmt, (int64_t)operation->etag.status);
    return sql_run(stmt, err);
}

static enum rc purge(struct sql_stmt *stmt, bool *ret_more, struct err *err)
{
    enum rc rc = sql_run(stmt, err);
    if (rc == RC_OK) {
        *ret_more = sql_changed(stmt) == PURGE_ROWS;
    }
    return rc;
}

enum rc operation_purge(struct sql *sql, bool *ret_more, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(sql, &operation_delete, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_i64(stmt, operation_oldest());
    sql_bind_i64(stmt, PURGE_ROWS);
    return purge(stmt, ret_more, err);
}

/* ---- audit ---- */

/* clang-format off */
#define AUDIT_COLUMNS(X)                                                                                     \
    X(at, bigint) X(action, bigint) X(kind, bigint) X(account, text) X(key, text) X(way, bigint) X(caller, text) \
    X(name, text) X(source, text) X(operation_id, text) X(request_id, text) X(client_request_id, text)       \
    X(before, text) X(after, text)

#define INSERT_AUDIT "insert into audit (id" AUDIT_COLUMNS(COLUMN) ")"
static const struct sql_text audit_insert = {.text = INSERT_AUDIT " values (?" AUDIT_COLUMNS(COLUMN_PARAM) ")"};
static const struct sql_text audit_insert_rows = {
    .text = INSERT_AUDIT " values (?" AUDIT_COLUMNS(COLUMN_PARAM) ")",
    .postgres = INSERT_AUDIT " select * from unnest(?::bigint[]" AUDIT_COLUMNS(COLUMN_ARRAY) ")"};
/* The oldest rows are the lowest ids, so there is no need for an index on the time. */
static const struct sql_text audit_delete = {.text =
    "delete from audit where id in"
    " (select id from (select id, at from audit order by id limit ?) oldest where at < ?)"};
/* clang-format on */

static void bind_audit(struct sql_stmt *stmt, int64_t id, const struct audit_row *row)
{
    sql_bind_i64(stmt, id);
    sql_bind_i64(stmt, row->at.ms);
    sql_bind_i64(stmt, row->action);
    sql_bind_i64(stmt, row->kind);
    sql_bind_text(stmt, row->account);
    sql_bind_text(stmt, row->key);
    sql_bind_i64(stmt, row->way);
    sql_bind_text(stmt, row->caller);
    sql_bind_text(stmt, row->name);
    sql_bind_text(stmt, row->from);
    sql_bind_text(stmt, row->operation_id);
    sql_bind_text(stmt, row->request_id);
    sql_bind_text(stmt, row->client_request_id);
    sql_bind_text(stmt, row->before);
    sql_bind_text(stmt, row->after);
}

/* Any ascending number will do as an id, and a revision never comes back when the last rows are deleted. */
enum rc repo_audit_add(struct repo_tx *tx, const struct audit_row *rows, size_t count, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    int64_t id;
    enum rc rc = sql_prepare(tx->sql, count > 1 ? &audit_insert_rows : &audit_insert, &stmt, err);
    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        rc = repo_revision_next(tx, &id, err);
        if (rc == RC_OK) {
            bind_audit(stmt, id, &rows[i]);
            rc = count > 1 ? sql_add_row(stmt, err) : sql_run(stmt, err);
        }
    }
    return rc == RC_OK && count > 1 ? sql_run_rows(stmt, err) : rc;
}

enum rc audit_purge(struct sql *sql, uint32_t keep_days, bool *ret_more, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(sql, &audit_delete, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_i64(stmt, PURGE_ROWS);
    sql_bind_i64(stmt, clock_wall().ms - (int64_t)keep_days * 24 * 3600 * 1000);
    return purge(stmt, ret_more, err);
}

static void read_audit(struct sql_stmt *stmt, struct arena *mem, void *item)
{
    struct audit_row *row = item;
    row->id = sql_read_i64(stmt);
    row->at.ms = sql_read_i64(stmt);
    row->action = (enum audit_action)sql_read_i64(stmt);
    row->kind = (enum audit_kind)sql_read_i64(stmt);
    row->account = sql_read_text(stmt, mem);
    row->key = sql_read_text(stmt, mem);
    row->way = (enum actor_way)sql_read_i64(stmt);
    row->caller = sql_read_text(stmt, mem);
    row->name = sql_read_text(stmt, mem);
    row->from = sql_read_text(stmt, mem);
    row->operation_id = sql_read_text(stmt, mem);
    row->request_id = sql_read_text(stmt, mem);
    row->client_request_id = sql_read_text(stmt, mem);
    row->before = sql_read_text(stmt, mem);
    row->after = sql_read_text(stmt, mem);
}

static const struct list_kind audit_kind = {
    .select = "select r.id, r.id" AUDIT_COLUMNS(COLUMN_OF_R) " from audit r",
    .from = "audit r",
    .key = "r.id",
    .account = "r.account",
    .item_size = sizeof(struct audit_row),
    .key_is_number = true,
    .read = read_audit,
};

static void audit_condition(const struct audit_query *query, struct buf *sql)
{
    buf_put_str(sql, query->by_kind ? STR(" and r.kind = ?") : STR(""));
    buf_put_str(sql, !str_absent(query->key) ? STR(" and r.key = ?") : STR(""));
    buf_put_str(sql, !str_absent(query->caller) ? STR(" and r.caller = ?") : STR(""));
    buf_put_str(sql, !str_absent(query->request_id) ? STR(" and r.request_id = ?") : STR(""));
    buf_put_str(sql, query->since.ms != CLOCK_ABSENT.ms ? STR(" and r.at >= ?") : STR(""));
    buf_put_str(sql, query->until.ms != CLOCK_ABSENT.ms ? STR(" and r.at < ?") : STR(""));
}

static void bind_if_there(struct sql_stmt *stmt, struct str value)
{
    if (!str_absent(value)) {
        sql_bind_text(stmt, value);
    }
}

static void audit_bind(const void *arg, struct sql_stmt *stmt)
{
    const struct audit_query *query = arg;
    if (query->by_kind) {
        sql_bind_i64(stmt, query->kind);
    }
    bind_if_there(stmt, query->key);
    bind_if_there(stmt, query->caller);
    bind_if_there(stmt, query->request_id);
    if (query->since.ms != CLOCK_ABSENT.ms) {
        sql_bind_i64(stmt, query->since.ms);
    }
    if (query->until.ms != CLOCK_ABSENT.ms) {
        sql_bind_i64(stmt, query->until.ms);
    }
}

enum rc repo_audit_list(struct repo_tx *tx, struct arena *mem, const struct audit_query *query,
                        struct list_page *ret, struct err *err)
{
    struct buf sql;
    buf_init(&sql, 1024);
    audit_condition(query, &sql);
    struct str condition = arena_str(mem, buf_str(&sql));
    buf_clear(&sql);
    if (str_absent(condition)) {
        return row_end(mem, err);
    }
    struct list_extra extra = {condition.n > 0 ? condition.p : NULL, audit_bind, query};
    return list_read(tx, mem, &audit_kind, &extra, &query->page, ret, err);
}
