/* Leases: who may work on what, until when. */
#include "gateway/store/clock.h"
#include "gateway/store/list.h"

#include "common/base/banned.h"

/* clang-format off */
#define CLAIM(now, number)                                                                                   \
    "insert into lease (name, owner, generation, expires_at) values (?, ?, 1, " now " + " number ")"         \
    " on conflict (name) do update set owner = excluded.owner, generation = lease.generation + 1"            \
    ", expires_at = excluded.expires_at where lease.expires_at <= " now " returning generation"
static const struct sql_text lease_claim = {.text = CLAIM(NOW_SQLITE, "?"),
                                            .postgres = CLAIM(NOW_POSTGRES, "?::bigint")};

/* What makes a lease mine. */
#define MINE(now) " where name = ? and owner = ? and generation = ? and expires_at > " now
static const struct sql_text lease_renew = {
    .text = "update lease set expires_at = " NOW_SQLITE " + ?" MINE(NOW_SQLITE),
    .postgres = "update lease set expires_at = " NOW_POSTGRES " + ?::bigint" MINE(NOW_POSTGRES)};
static const struct sql_text lease_fence = {
    .text = "select 1 from lease" MINE(NOW_SQLITE),
    .postgres = "select 1 from lease" MINE(NOW_POSTGRES) " for update"};
static const struct sql_text lease_release = {
    .text = "update lease set owner = null, expires_at = 0" MINE(NOW_SQLITE),
    .postgres = "update lease set owner = null, expires_at = 0" MINE(NOW_POSTGRES)};

static const struct sql_text lease_by_name = {
    .text = "select owner, generation, expires_at - " NOW_SQLITE " from lease where name = ?",
    .postgres = "select owner, generation, expires_at - " NOW_POSTGRES " from lease where name = ?"};
/* clang-format on */

static void bind_mine(struct sql_stmt *stmt, const struct lease *lease)
{
    sql_bind_text(stmt, lease->name);
    sql_bind_text(stmt, lease->owner);
    sql_bind_i64(stmt, lease->generation);
}

static enum rc lost(struct err *err)
{
    return err_set(err, RC_CONFLICT, NULL, "the lease is lost");
}

enum rc repo_lease_claim(struct repo_tx *tx, struct str name, struct str owner, int64_t duration_ms,
                         int64_t *ret_generation, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &lease_claim, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    bool row;
    sql_bind_text(stmt, name);
    sql_bind_text(stmt, owner);
    sql_bind_i64(stmt, duration_ms);
    rc = sql_step(stmt, &row, err);
    if (rc != RC_OK) {
        return rc;
    }
    if (!row) {
        return err_set(err, RC_CONFLICT, NULL, "the lease is held");
    }
    int64_t generation = sql_read_i64(stmt);
    rc = sql_step(stmt, &row, err); /* to its end: only then is a statement that writes over */
    if (rc == RC_OK) {
        *ret_generation = generation;
    }
    return rc;
}

enum rc repo_lease_renew(struct repo_tx *tx, const struct lease *lease, int64_t duration_ms, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &lease_renew, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_i64(stmt, duration_ms);
    bind_mine(stmt, lease);
    rc = sql_run(stmt, err);
    return rc == RC_OK && sql_changed(stmt) == 0 ? lost(err) : rc;
}

enum rc repo_lease_fence(struct repo_tx *tx, const struct lease *lease, struct err *err)
{
    ensure(tx->kind == REPO_WRITE);
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &lease_fence, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    bool row;
    bind_mine(stmt, lease);
    rc = sql_step(stmt, &row, err);
    return rc == RC_OK && !row ? lost(err) : rc;
}

enum rc repo_lease_release(struct repo_tx *tx, const struct lease *lease, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &lease_release, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    bind_mine(stmt, lease);
    rc = sql_run(stmt, err);
    return rc == RC_OK && sql_changed(stmt) == 0 ? lost(err) : rc;
}

enum rc repo_lease_find(struct repo_tx *tx, struct arena *mem, struct str name, struct lease *ret,
                        struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &lease_by_name, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    bool row;
    sql_bind_text(stmt, name);
    rc = sql_step(stmt, &row, err);
    if (rc != RC_OK || !row) {
        return rc != RC_OK ? rc : RC_NOT_FOUND;
    }
    ret->name = name;
    ret->owner = sql_read_text(stmt, mem);
    ret->generation = sql_read_i64(stmt);
    ret->left_ms = sql_read_i64(stmt);
    return row_end(mem, err);
}
