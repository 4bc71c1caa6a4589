/* What the back end has, as far as is known. */
#include "gateway/store/list.h"

#include "common/base/banned.h"

/* clang-format off */
#define ACQUIRED_COLUMNS(X)                                                                                  \
    X(account, text) X(tenant_id, text) X(tenant_key, text) X(state, bigint) X(revision, bigint) X(order_id, text)
#define SELECT "select r.service, r.telephone_number" ACQUIRED_COLUMNS(COLUMN_OF_R) " from acquired_number r"
#define INSERT "insert into acquired_number (service, telephone_number" ACQUIRED_COLUMNS(COLUMN) ")"

#define BY_NUMBER  SELECT " where r.service = ? and r.telephone_number = ?"
/* One by one in their order, by the key's index: whatever PostgreSQL knows or does not know of the table, it reads nothing else. */
#define BY_NUMBERS(lock) "select r.* from unnest(?::bigint[], ?::bigint[]) k (service, telephone_number), lateral (" SELECT \
    " where r.service = k.service and r.telephone_number = k.telephone_number offset 0" lock ") r order by r.telephone_number"
static const struct sql_text by_numbers[] = {
    [REPO_READ] = {.text = BY_NUMBER, .postgres = BY_NUMBERS("")},
    [REPO_SHARE] = {.text = BY_NUMBER, .postgres = BY_NUMBERS(" for share of r")},
    [REPO_UPDATE] = {.text = BY_NUMBER, .postgres = BY_NUMBERS(" for update of r")},
};
static const struct sql_text write_rows = {
    .text = INSERT " values (?, ?" ACQUIRED_COLUMNS(COLUMN_PARAM) ")"
            " on conflict (service, telephone_number) do update set service = excluded.service" ACQUIRED_COLUMNS(COLUMN_SET),
    .postgres = INSERT " select * from unnest(?::bigint[], ?::bigint[]" ACQUIRED_COLUMNS(COLUMN_ARRAY) ")"
                " on conflict (service, telephone_number) do update set service = excluded.service" ACQUIRED_COLUMNS(COLUMN_SET)};
static const struct sql_text remove_rows = {
    .text = "delete from acquired_number where service = ? and telephone_number = ?",
    .postgres = "delete from acquired_number r using unnest(?::bigint[], ?::bigint[]) k (service, telephone_number)"
                " where r.service = k.service and r.telephone_number = k.telephone_number"};

/* The index's own condition, word for word: without it SQLite reads the whole table. */
#define ODD " where r.state in (3, 4, 5, 6) and r.state = "
#define LEAVING SELECT ODD "3 and r.account = ? and r.order_id is null and r.service = ? and r.revision > ? and r.telephone_number > ?"             \
    " order by r.telephone_number limit ?"
static const struct sql_text leaving[] = {[REPO_READ] = {.text = LEAVING}, [REPO_UPDATE] = {.text = LEAVING " for update of r"}};
/* -2: ACQUIRED_REFUSED; 0: ACQUIRED_OUTDATED. */
static const struct sql_text retry_refused = {.text =
    "update acquired_number set revision = 0 where (service, telephone_number) in"
    " (select r.service, r.telephone_number from acquired_number r" ODD "3 and r.account = ? and r.revision = -2 limit ?)"};
static const struct sql_text odd_of_account = {.text =
    SELECT ODD "? and r.account = ? and (r.service, r.telephone_number) > (?, ?)"
           " order by r.service, r.telephone_number limit ?"};
static const struct sql_text orphans = {.text =
    SELECT ODD "6 and r.account is null and (r.service, r.telephone_number) > (?, ?)"
           " order by r.service, r.telephone_number limit ?"};
static const struct sql_text odd_count = {.text =
    "select count(*) from (select 1 from acquired_number r" ODD "? and r.account = ? limit ?) n"};
static const struct sql_text orphan_count = {.text =
    "select count(*) from (select 1 from acquired_number r" ODD "6 and r.account is null limit ?) n"};
static const struct sql_text of_tenant = {.text =
    SELECT " where r.tenant_key = ? and r.service = ? and r.telephone_number > ? order by r.telephone_number limit ?"};
static const struct sql_text tenant_of_account = {.text =
    "select r.tenant_id from acquired_number r" ODD "? and r.account = ? limit 1"};
/* clang-format on */

static struct acquired *read_one(struct sql_stmt *stmt, struct arena *mem, struct acquired *ret)
{
    ret->service = (enum service)sql_read_i64(stmt);
    ret->telephone_number = sql_read_i64(stmt);
    ret->account = sql_read_text(stmt, mem);
    ret->tenant_id = sql_read_text(stmt, mem);
    sql_skip(stmt, 1);
    ret->state = (enum acquired_state)sql_read_i64(stmt);
    ret->revision = sql_read_i64(stmt);
    ret->order = sql_read_text(stmt, mem);
    return ret;
}

/* ---- by number ---- */

static enum rc find_each(struct sql_stmt *stmt, struct arena *mem, enum service service,
                         const int64_t *telephone_numbers, size_t count, const struct acquired **ret,
                         struct err *err)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        bool row;
        sql_bind_i64(stmt, service);
        sql_bind_i64(stmt, telephone_numbers[i]);
        rc = sql_step(stmt, &row, err);
        struct acquired *one = rc == RC_OK && row ? arena_new_of(mem, struct acquired) : NULL;
        ret[i] = one != NULL ? read_one(stmt, mem, one) : NULL;
        rc = rc == RC_OK ? row_end(mem, err) : rc;
        sql_again(stmt);
    }
    return rc;
}

/* What is found comes in the same order, with gaps. */
static enum rc find_together(struct sql_stmt *stmt, struct arena *mem, enum service service,
                             const int64_t *telephone_numbers, size_t count, const struct acquired **ret,
                             struct err *err)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        ret[i] = NULL;
        sql_bind_i64(stmt, service);
        sql_bind_i64(stmt, telephone_numbers[i]);
        rc = sql_add_row(stmt, err);
    }
    bool row = true;
    for (size_t i = 0; rc == RC_OK && (rc = sql_step(stmt, &row, err)) == RC_OK && row;) {
        struct acquired *one = arena_new_of(mem, struct acquired);
        if (one == NULL) {
            return row_end(mem, err);
        }
        read_one(stmt, mem, one);
        while (telephone_numbers[i] < one->telephone_number) {
            i++;
        }
        ret[i++] = one;
        rc = row_end(mem, err);
    }
    return rc;
}

enum rc repo_acquired_find(struct repo_tx *tx, struct arena *mem, enum service service,
                           const int64_t *telephone_numbers, size_t count, enum repo_lock lock,
                           const struct acquired **ret, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = count > 0 ? sql_prepare(tx->sql, &by_numbers[tx_lock(tx, lock)], &stmt, err) : RC_OK;
    if (rc != RC_OK || count == 0) {
        return rc;
    }
    return (tx->shared ? find_together : find_each)(stmt, mem, service, telephone_numbers, count, ret, err);
}

enum rc repo_acquired_write(struct repo_tx *tx, const struct acquired *rows, size_t count, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = count > 0 ? sql_prepare(tx->sql, &write_rows, &stmt, err) : RC_OK;
    for (const struct acquired *r = rows; rc == RC_OK && r < rows + count; r++) {
        sql_bind_i64(stmt, r->service);
        sql_bind_i64(stmt, r->telephone_number);
        sql_bind_text(stmt, r->account);
        sql_bind_text(stmt, r->tenant_id);
        sql_bind_text(stmt, arena_lower(tx->mem, r->tenant_id));
        sql_bind_i64(stmt, r->state);
        sql_bind_i64(stmt, r->revision);
        sql_bind_text(stmt, r->order);
        rc = row_end(tx->mem, err);
        rc = rc == RC_OK ? sql_add_row(stmt, err) : rc;
    }
    return rc == RC_OK && count > 0 ? sql_run_rows(stmt, err) : rc;
}

enum rc repo_acquired_remove(struct repo_tx *tx, enum service service, const int64_t *telephone_numbers,
                             size_t count, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = count > 0 ? sql_prepare(tx->sql, &remove_rows, &stmt, err) : RC_OK;
    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        sql_bind_i64(stmt, service);
        sql_bind_i64(stmt, telephone_numbers[i]);
        rc = sql_add_row(stmt, err);
    }
    return rc == RC_OK && count > 0 ? sql_run_rows(stmt, err) : rc;
}

/* ---- lists ---- */

static enum rc read_all(struct sql_stmt *stmt, struct arena *mem, size_t limit, struct acquired_list *ret,
                        struct err *err)
{
    struct acquired *rows = arena_alloc_array(mem, limit, sizeof *rows);
    size_t count = 0;
    bool row = true;
    enum rc rc = rows != NULL ? RC_OK : row_end(mem, err);
    sql_bind_i64(stmt, (int64_t)limit);
    while (rc == RC_OK && count < limit && (rc = sql_step(stmt, &row, err)) == RC_OK && row) {
        read_one(stmt, mem, &rows[count++]);
    }
    if (rc != RC_OK) {
        return rc;
    }
    *ret = (struct acquired_list){rows, count};
    return row_end(mem, err);
}

enum rc repo_acquired_leaving(struct repo_tx *tx, struct arena *mem, struct str account, enum service service,
                              bool refused, int64_t after, size_t limit, struct acquired_list *ret,
                              struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &leaving[tx_lock(tx, REPO_UPDATE)], &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_text(stmt, account);
    sql_bind_i64(stmt, service);
    sql_bind_i64(stmt, refused ? INT64_MIN : ACQUIRED_REFUSED);
    sql_bind_i64(stmt, after);
    return read_all(stmt, mem, limit, ret, err);
}

enum rc repo_acquired_retry(struct repo_tx *tx, struct str account, int64_t limit, int64_t *ret_count,
                            struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &retry_refused, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_text(stmt, account);
    sql_bind_i64(stmt, limit);
    rc = sql_run(stmt, err);
    if (rc == RC_OK) {
        *ret_count = sql_changed(stmt);
    }
    return rc;
}

enum rc repo_acquired_odd(struct repo_tx *tx, struct arena *mem, enum acquired_state state,
                          struct str account, const struct acquired *after, size_t limit,
                          struct acquired_list *ret, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    bool orphan = state == ACQUIRED_ORPHAN;
    enum rc rc = sql_prepare(tx->sql, orphan ? &orphans : &odd_of_account, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    if (!orphan) {
        sql_bind_i64(stmt, state);
        sql_bind_text(stmt, account);
    }
    sql_bind_i64(stmt, after != NULL ? (int64_t)after->service : -1);
    sql_bind_i64(stmt, after != NULL ? after->telephone_number : 0);
    return read_all(stmt, mem, limit, ret, err);
}

enum rc repo_acquired_odd_count(struct repo_tx *tx, enum acquired_state state, struct str account,
                                int64_t limit, int64_t *ret, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    bool orphan = state == ACQUIRED_ORPHAN, row = false;
    enum rc rc = sql_prepare(tx->sql, orphan ? &orphan_count : &odd_count, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    if (!orphan) {
        sql_bind_i64(stmt, state);
        sql_bind_text(stmt, account);
    }
    sql_bind_i64(stmt, limit);
    rc = sql_step(stmt, &row, err);
    if (rc == RC_OK) {
        *ret = row ? sql_read_i64(stmt) : 0;
    }
    return rc;
}

enum rc repo_acquired_of_tenant(struct repo_tx *tx, struct arena *mem, struct str tenant_id,
                                enum service service, int64_t after, size_t limit, struct acquired_list *ret,
                                struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &of_tenant, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_text(stmt, arena_lower(mem, tenant_id));
    sql_bind_i64(stmt, service);
    sql_bind_i64(stmt, after);
    return read_all(stmt, mem, limit, ret, err);
}

enum rc repo_acquired_tenant(struct repo_tx *tx, struct arena *mem, struct str account, struct str *ret,
                             struct err *err)
{
    static const enum acquired_state going[] = {ACQUIRED_LEAVING, ACQUIRED_RELEASING};
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &tenant_of_account, &stmt, err);
    bool row = false;
    for (size_t i = 0; rc == RC_OK && !row && i < ARRAY_LEN(going); i++) {
        sql_again(stmt);
        sql_bind_i64(stmt, going[i]);
        sql_bind_text(stmt, account);
        rc = sql_step(stmt, &row, err);
    }
    if (rc != RC_OK || !row) {
        return rc != RC_OK ? rc : RC_NOT_FOUND;
    }
    *ret = sql_read_text(stmt, mem);
    return row_end(mem, err);
}
