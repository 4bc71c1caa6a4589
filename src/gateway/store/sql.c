/* The doors of sql.h: each leads to the connection's driver. */
#include "gateway/store/driver.h"

#include "common/base/banned.h"

/* ---- statements ---- */

enum rc sql_prepare(struct sql *sql, const struct sql_text *text, struct sql_stmt **ret, struct err *err)
{
    return sql->driver->prepare(sql, text, ret, err);
}

enum rc sql_compile(struct sql *sql, struct str text, struct sql_stmt **ret, struct err *err)
{
    return sql->driver->compile(sql, text, ret, err);
}

void sql_done(struct sql_stmt *stmt)
{
    if (stmt != NULL) {
        stmt->sql->driver->done(stmt);
    }
}

void sql_donep(struct sql_stmt **stmt)
{
    sql_done(*stmt);
}

void sql_again(struct sql_stmt *stmt)
{
    stmt->sql->driver->again(stmt);
}

/* ---- bind ---- */

void sql_bind_i64(struct sql_stmt *stmt, int64_t value)
{
    stmt->sql->driver->bind_i64(stmt, value);
}

void sql_bind_bool(struct sql_stmt *stmt, bool value)
{
    sql_bind_i64(stmt, value);
}

void sql_bind_text(struct sql_stmt *stmt, struct str value)
{
    if (str_absent(value)) {
        sql_bind_null(stmt);
    } else {
        stmt->sql->driver->bind_text(stmt, value);
    }
}

void sql_bind_blob(struct sql_stmt *stmt, const void *bytes, size_t n)
{
    stmt->sql->driver->bind_blob(stmt, bytes, n);
}

void sql_bind_null(struct sql_stmt *stmt)
{
    stmt->sql->driver->bind_null(stmt);
}

void sql_bind_nulls(struct sql_stmt *stmt, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        sql_bind_null(stmt);
    }
}

/* ---- run and read ---- */

void sql_send(struct sql_stmt *stmt)
{
    stmt->sql->driver->send(stmt);
}

enum rc sql_step(struct sql_stmt *stmt, bool *ret_row, struct err *err)
{
    return stmt->sql->driver->step(stmt, ret_row, err);
}

enum rc sql_run(struct sql_stmt *stmt, struct err *err)
{
    return stmt->sql->driver->run(stmt, err);
}

enum rc sql_add_row(struct sql_stmt *stmt, struct err *err)
{
    return stmt->sql->driver->add_row(stmt, err);
}

enum rc sql_run_rows(struct sql_stmt *stmt, struct err *err)
{
    return stmt->sql->driver->run_rows(stmt, err);
}

int64_t sql_changed(struct sql_stmt *stmt)
{
    return stmt->sql->driver->changed(stmt);
}

bool sql_is_null(struct sql_stmt *stmt)
{
    return stmt->sql->driver->is_null(stmt);
}

void sql_skip(struct sql_stmt *stmt, unsigned columns)
{
    stmt->sql->driver->skip(stmt, columns);
}

int64_t sql_read_i64(struct sql_stmt *stmt)
{
    return stmt->sql->driver->read_i64(stmt);
}

bool sql_read_bool(struct sql_stmt *stmt)
{
    return sql_read_i64(stmt) != 0;
}

struct str sql_peek_text(struct sql_stmt *stmt)
{
    return stmt->sql->driver->peek_text(stmt);
}

struct str sql_read_text(struct sql_stmt *stmt, struct arena *mem)
{
    return arena_str(mem, sql_peek_text(stmt));
}

void sql_read_blob(struct sql_stmt *stmt, void *bytes, size_t n)
{
    stmt->sql->driver->read_blob(stmt, bytes, n);
}

enum rc sql_script(struct sql *sql, const char *text, struct err *err)
{
    return sql->driver->script(sql, text, err);
}

/* ---- transactions ---- */

enum rc sql_begin_read(struct sql *sql, int64_t end_us, struct err *err)
{
    return sql->driver->begin_read(sql, end_us, err);
}

void sql_end_read(struct sql *sql)
{
    sql->driver->end_read(sql);
}

enum rc sql_begin_write(struct sql *sql, struct err *err)
{
    return sql->driver->begin_write(sql, err);
}

enum rc sql_commit(struct sql *sql, struct err *err)
{
    return sql->driver->commit(sql, err);
}

void sql_rollback(struct sql *sql)
{
    sql->driver->rollback(sql);
}

bool sql_in_transaction(const struct sql *sql)
{
    return sql->driver->in_transaction(sql);
}
