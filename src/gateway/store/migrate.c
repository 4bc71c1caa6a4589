#include "gateway/store/migrate.h"

#include "common/base/clock.h"

/* clang-format off */
/* Nodes that start together come one after the other. SQLite's one process has a lock of its own. */
/* Other nodes wait as long as it takes. A table that somebody reads for long is not waited for: whoever came after would wait as well. */
static const struct sql_text schema_lock = {.text = "select 1",
    .postgres = "select pg_advisory_xact_lock(7838295710452), set_config('lock_timeout', '10s', true)"};
static const struct sql_text table_count = {
    .text = "select count(*), coalesce(sum(name = 'migration'), 0) from sqlite_master where type = 'table'",
    .postgres = "select count(*), coalesce(sum((table_name = 'migration')::int), 0)"
                " from information_schema.tables where table_schema = current_schema()",
};
static const struct sql_text applied_all = {.text =
    "select number, name, checksum from migration order by number"};
static const struct sql_text applied_add = {.text =
    "insert into migration (number, name, checksum, applied_at) values (?, ?, ?, ?)"};
static const char create_table[] =
    "create table migration"
    " (number bigint not null primary key, name text not null, checksum text not null, applied_at bigint not null)";
/* clang-format on */

static enum rc schema_take(struct sql *sql, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(sql, &schema_lock, &stmt, err);
    return rc == RC_OK ? sql_run(stmt, err) : rc;
}

/* How many tables there are, and whether ours is one of them; one with tables but without ours is not ours. */
static enum rc tables_count(struct sql *sql, int64_t *ret_tables, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(sql, &table_count, &stmt, err);
    bool row = false;
    if (rc == RC_OK) {
        rc = sql_step(stmt, &row, err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    *ret_tables = sql_read_i64(stmt);
    return *ret_tables == 0 || sql_read_i64(stmt) > 0
               ? RC_OK
               : err_set(err, RC_INVALID, NULL, "the database holds tables of another program");
}

/* A new database gets the table. */
static enum rc table_ensure(struct sql *sql, struct err *err)
{
    int64_t tables = 0;
    enum rc rc = tables_count(sql, &tables, err);
    return rc == RC_OK && tables == 0 ? sql_script(sql, create_table, err) : rc;
}

static enum rc applied_check(const struct migration *migration, int64_t number, struct str checksum,
                             struct err *err)
{
    if (migration->number == 0) {
        return err_set(
            err, RC_INVALID, NULL,
            "the database has migration %lld, which this program does not know: it was used by a newer one",
            (long long)number);
    }
    if (migration->number != number) {
        return err_set(err, RC_INVALID, NULL, "migration %d is missing in the database, which has %lld",
                       migration->number, (long long)number);
    }
    if (!str_eq(checksum, str_of(migration->checksum))) {
        return err_set(err, RC_INVALID, NULL,
                       "migration %d (%s) is not the one that was applied to the database", migration->number,
                       migration->name);
    }
    return RC_OK;
}

static enum rc applied_skip(struct sql *sql, const struct migration **at, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(sql, &applied_all, &stmt, err);
    bool row = false;
    while (rc == RC_OK && (rc = sql_step(stmt, &row, err)) == RC_OK && row) {
        int64_t number = sql_read_i64(stmt);
        sql_skip(stmt, 1);
        rc = applied_check(*at, number, sql_peek_text(stmt), err);
        *at += rc == RC_OK;
    }
    return rc;
}

static enum rc apply(struct sql *sql, const struct migration *migration, struct err *err)
{
    enum rc rc = sql_script(sql, migration->text, err);
    if (rc != RC_OK) {
        return rc;
    }
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    rc = sql_prepare(sql, &applied_add, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_i64(stmt, migration->number);
    sql_bind_text(stmt, str_of(migration->name));
    sql_bind_text(stmt, str_of(migration->checksum));
    sql_bind_i64(stmt, clock_wall().ms);
    return sql_run(stmt, err);
}

static enum rc apply_all(struct sql *sql, const struct migration *migration, struct err *err)
{
    enum rc rc = schema_take(sql, err);
    if (rc == RC_OK) {
        rc = table_ensure(sql, err);
    }
    if (rc == RC_OK) {
        rc = applied_skip(sql, &migration, err);
    }
    for (; rc == RC_OK && migration->number != 0; migration++) {
        rc = apply(sql, migration, err);
        if (rc != RC_OK) {
            err_context(err, "migration %d (%s)", migration->number, migration->name);
        }
    }
    return rc;
}

/* All of them in one transaction: an upgrade is whole or not at all. */
enum rc migrate(struct sql *sql, const struct migration *migrations, struct err *err)
{
    enum rc rc = sql_begin_write(sql, err);
    if (rc != RC_OK) {
        return rc;
    }
    rc = apply_all(sql, migrations, err);
    if (rc != RC_OK) {
        sql_rollback(sql);
        return rc;
    }
    return sql_commit(sql, err);
}

enum rc migrate_version(struct sql *sql, const struct migration *migrations, int *ret, struct err *err)
{
    const struct migration *at = migrations;
    int64_t tables = 0;
    enum rc rc = tables_count(sql, &tables, err);
    rc = rc == RC_OK && tables > 0 ? applied_skip(sql, &at, err) : rc;
    if (rc == RC_OK) {
        *ret = (int)(at - migrations);
    }
    return rc;
}
