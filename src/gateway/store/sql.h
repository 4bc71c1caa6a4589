/* A connection to the database, as the repositories see it: prepare, bind, step, read. The one header behind
 * which a driver hides.
 *
 * Statements are constant rows (struct sql_text) and are prepared once for each connection. Parameters are
 * written `?` and bound in order, columns are read in order: both sides keep a cursor, so no index can be
 * wrong unnoticed. Text compares by bytes. The SQL function instr(text, part) exists in every dialect. A
 * connection belongs to one thread at a time.
 *
 *     CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
 *     rc = sql_prepare(sql, &account_by_name, &stmt, err);
 *     ...
 *     sql_bind_text(stmt, name);
 *     rc = sql_step(stmt, &row, err); */
#pragma once
#include "common/base/arena.h"
#include "common/base/err.h"

struct sql;
struct sql_stmt;

struct sql_text {
    const char *text;
    const char *postgres; /* where the dialects differ; else NULL */
};

/* ---- statements ---- */

/* The statement stays the connection's; sql_done gives it back. It cannot be asked for twice at a time. */
MUST_USE enum rc sql_prepare(struct sql *sql, const struct sql_text *text, struct sql_stmt **ret,
                             struct err *err);
/* A text made at run time, for one use. */
MUST_USE enum rc sql_compile(struct sql *sql, struct str text, struct sql_stmt **ret, struct err *err);
void sql_done(struct sql_stmt *stmt); /* NULL is fine */
void sql_donep(struct sql_stmt **stmt);

void sql_again(struct sql_stmt *stmt); /* makes it ready to be bound and run once more */

/* Text and blobs are borrowed until the statement is done. Failures are sticky and come out of the next
 * sql_step. */
void sql_bind_i64(struct sql_stmt *stmt, int64_t value);
void sql_bind_bool(struct sql_stmt *stmt, bool value);
void sql_bind_text(struct sql_stmt *stmt, struct str value); /* absent is null */
void sql_bind_blob(struct sql_stmt *stmt, const void *bytes, size_t n);
void sql_bind_null(struct sql_stmt *stmt);
void sql_bind_nulls(struct sql_stmt *stmt, unsigned count);

/* Where the database is far away: sends a bound statement now and takes its answer at the first sql_step, so that several travel
 * together. Otherwise it does nothing. */
void sql_send(struct sql_stmt *stmt);
/* *ret_row false: no further row. RC_CONFLICT: a constraint; RC_BUSY: locked, full ("StorageFull") or over
 * its time. */
MUST_USE enum rc sql_step(struct sql_stmt *stmt, bool *ret_row, struct err *err);
/* Runs a statement without rows, and makes it ready to be bound again. A failure may come out later, at the next sql_step,
 * sql_changed or sql_commit, where the database is far away. */
MUST_USE enum rc sql_run(struct sql_stmt *stmt, struct err *err);
/* Many rows at once: all parameters of a row are bound, then sql_add_row, and so on; sql_run_rows ends it.
 * SQLite runs the statement for each row; on PostgreSQL each parameter travels as one array of all rows, so its text says
 * `select * from unnest(?::bigint[], ?::text[])`. No blobs. */
MUST_USE enum rc sql_add_row(struct sql_stmt *stmt, struct err *err);
MUST_USE enum rc sql_run_rows(struct sql_stmt *stmt, struct err *err);
int64_t sql_changed(
    struct sql_stmt *stmt); /* rows the last sql_run inserted, updated or deleted; -1: it failed */

bool sql_is_null(struct sql_stmt *stmt); /* the column that is read next; does not move on */
void sql_skip(struct sql_stmt *stmt, unsigned columns);
int64_t sql_read_i64(struct sql_stmt *stmt); /* null is 0 */
bool sql_read_bool(struct sql_stmt *stmt);
struct str sql_read_text(struct sql_stmt *stmt, struct arena *mem); /* a copy; null is absent */
struct str sql_peek_text(struct sql_stmt *stmt);                    /* borrowed until the next step */
void sql_read_blob(struct sql_stmt *stmt, void *bytes, size_t n);   /* exactly n bytes, else zeroed */

/* Several statements in one text, without parameters: migrations. */
MUST_USE enum rc sql_script(struct sql *sql, const char *text, struct err *err);

/* ---- transactions ---- */

/* A snapshot for reading. It is cut off (RC_BUSY) when it is older than the longest a reader may live, or
 * past end_us of clock_mono_us(); 0: no end of its own. */
MUST_USE enum rc sql_begin_read(struct sql *sql, int64_t end_us, struct err *err);
void sql_end_read(struct sql *sql);
MUST_USE enum rc sql_begin_write(struct sql *sql, struct err *err);
/* RC_UNCERTAIN: it may or may not be there. Any other failure: nothing happened, and the transaction is over.
 */
MUST_USE enum rc sql_commit(struct sql *sql, struct err *err);
void sql_rollback(struct sql *sql);
bool sql_in_transaction(const struct sql *sql); /* false too after a failure that ended it */
