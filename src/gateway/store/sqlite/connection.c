/* struct sql over SQLite. Statements are cached by the address of their row. What can end a transaction
 * behind our back (full, I/O error) is looked for after every failure: from then on the connection runs
 * nothing until the transaction is rolled back, so no statement can ever commit on its own by accident. */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "gateway/store/sqlite/sqlite.h"

#include "common/base/banned.h"

struct sql_stmt {
    struct sql *sql;
    sqlite3_stmt *handle;
    const struct sql_text *text; /* NULL: made for one use */
    int bound, column;           /* the two cursors */
    int bind_rc;                 /* the first failure */
    bool in_use;
};

static const struct sql_text begin_read = {.text = "begin"}, begin_write = {.text = "begin immediate"};
static const struct sql_text commit = {.text = "commit"}, rollback = {.text = "rollback"};
static const struct sql_text part_begin = {.text = "savepoint part"}, part_release = {.text = "release part"};
static const struct sql_text part_rollback = {.text = "rollback to part"};

/* ---- failures ---- */

static bool is_failed_sync(int code)
{
    return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC;
}

/* The one place where SQLite's codes become ours. */
static enum rc fail(struct sql *sql, int code, struct err *err)
{
    const char *text = sql->db != NULL ? sqlite3_errmsg(sql->db) : sqlite3_errstr(code);
    enum rc rc;
    switch (code & 0xff) {
    case SQLITE_FULL:
        rc = err_set(err, RC_BUSY, STORE_FULL, "there is no room left for the database");
        break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        rc = err_set(err, RC_BUSY, NULL, "the database is locked by another process");
        break;
    case SQLITE_INTERRUPT:
        rc = err_set(err, RC_BUSY, NULL, "the read took too long");
        break;
    case SQLITE_CONSTRAINT:
        rc = err_set(err, RC_CONFLICT, NULL, "%s", text);
        break;
    case SQLITE_TOOBIG:
        rc = err_set(err, RC_LIMIT, NULL, "%s", text);
        break;
    default:
        rc = err_set(err, RC_INTERNAL, NULL, "database: %s (%d)", text, code);
    }
    if (rc == RC_BUSY && err != NULL) {
        err->retry_after_ms = RETRY_SOON_MS;
    }
    sql->sync_failed = sql->sync_failed || is_failed_sync(code);
    return rc;
}

/* ---- statements ---- */

static size_t slot_of(const struct sql *sql, const struct sql_text *text)
{
    size_t slot = ((uintptr_t)text >> 4) * 0x9E3779B97F4A7C15ull >> 32;
    for (size_t tried = 0; tried < SQL_CACHE_SLOTS; tried++, slot++) {
        const struct sql_stmt *there = sql->cache[slot % SQL_CACHE_SLOTS];
        if (there == NULL || there->text == text) {
            return slot % SQL_CACHE_SLOTS;
        }
    }
    ensure(!"room in the statement cache");
    return 0;
}

static enum rc stmt_new(struct sql *sql, struct str text, unsigned flags, struct sql_stmt **ret,
                        struct err *err)
{
    struct sql_stmt *stmt = mem_alloc(sizeof *stmt);
    if (stmt == NULL) {
        return err_set(err, RC_INTERNAL, NULL, "out of memory");
    }
    stmt->sql = sql;
    int code = sqlite3_prepare_v3(sql->db, text.p, (int)text.n, flags, &stmt->handle, NULL);
    if (code != SQLITE_OK) {
        mem_free(stmt);
        return fail(sql, code, err);
    }
    *ret = stmt;
    return RC_OK;
}

static void stmt_free(struct sql_stmt *stmt)
{
    if (stmt != NULL) {
        sqlite3_finalize(stmt->handle);
        mem_free(stmt);
    }
}

static struct sql_stmt *stmt_begin(struct sql_stmt *stmt)
{
    ensure(!stmt->in_use);
    stmt->in_use = true;
    stmt->sql->in_use++;
    stmt->bound = 0;
    stmt->bind_rc = SQLITE_OK;
    return stmt;
}

enum rc sql_prepare(struct sql *sql, const struct sql_text *text, struct sql_stmt **ret, struct err *err)
{
    struct sql_stmt **slot = &sql->cache[slot_of(sql, text)];
    if (*slot == NULL) {
        enum rc rc = stmt_new(sql, str_of(text->text), SQLITE_PREPARE_PERSISTENT, slot, err);
        if (rc != RC_OK) {
            return rc;
        }
        (*slot)->text = text;
    }
    *ret = stmt_begin(*slot);
    return RC_OK;
}

enum rc sql_compile(struct sql *sql, struct str text, struct sql_stmt **ret, struct err *err)
{
    struct sql_stmt *stmt = NULL;
    enum rc rc = stmt_new(sql, text, 0, &stmt, err);
    if (rc == RC_OK) {
        *ret = stmt_begin(stmt);
    }
    return rc;
}

void sql_done(struct sql_stmt *stmt)
{
    if (stmt == NULL) {
        return;
    }
    (void)sqlite3_reset(stmt->handle); /* repeats the error that sql_step told already */
    stmt->in_use = false;
    stmt->sql->in_use--;
    if (stmt->text == NULL) {
        stmt_free(stmt);
    }
}

void sql_donep(struct sql_stmt **stmt)
{
    sql_done(*stmt);
}

void sql_again(struct sql_stmt *stmt)
{
    (void)sqlite3_reset(stmt->handle); /* repeats the error that sql_step told already */
    stmt->bound = 0;
    stmt->bind_rc = SQLITE_OK;
}

/* ---- bind ---- */

static void bound(struct sql_stmt *stmt, int code)
{
    if (stmt->bind_rc == SQLITE_OK) {
        stmt->bind_rc = code;
    }
}

void sql_bind_i64(struct sql_stmt *stmt, int64_t value)
{
    bound(stmt, sqlite3_bind_int64(stmt->handle, ++stmt->bound, value));
}

void sql_bind_bool(struct sql_stmt *stmt, bool value)
{
    sql_bind_i64(stmt, value);
}

void sql_bind_text(struct sql_stmt *stmt, struct str value)
{
    bound(stmt,
          sqlite3_bind_text64(stmt->handle, ++stmt->bound, value.p, value.n, SQLITE_STATIC, SQLITE_UTF8));
}

void sql_bind_blob(struct sql_stmt *stmt, const void *bytes, size_t n)
{
    bound(stmt, sqlite3_bind_blob64(stmt->handle, ++stmt->bound, bytes, n, SQLITE_STATIC));
}

void sql_bind_null(struct sql_stmt *stmt)
{
    bound(stmt, sqlite3_bind_null(stmt->handle, ++stmt->bound));
}

void sql_bind_nulls(struct sql_stmt *stmt, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        sql_bind_null(stmt);
    }
}

/* ---- step and read ---- */

/* The savepoint of a job is made here, so that jobs which only read or refuse cost none. */
static enum rc part_open(struct sql *sql, struct err *err)
{
    struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(sql, &part_begin, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    int code = sqlite3_step(stmt->handle);
    rc = code == SQLITE_DONE ? RC_OK : fail(sql, code, err);
    sql->part_wanted = false;
    sql->part_open = rc == RC_OK;
    sql_done(stmt);
    return rc;
}

enum rc sql_step(struct sql_stmt *stmt, bool *ret_row, struct err *err)
{
    struct sql *sql = stmt->sql;
    if (stmt->bind_rc != SQLITE_OK) {
        return fail(sql, stmt->bind_rc, err);
    }
    ensure(stmt->bound == sqlite3_bind_parameter_count(stmt->handle));
    if (sql->begun && sqlite3_get_autocommit(sql->db) != 0) {
        return err_set(err, RC_BUSY, NULL, "the transaction is over after a failure");
    }
    if (sql->part_wanted && sqlite3_stmt_readonly(stmt->handle) == 0) {
        enum rc rc = part_open(sql, err);
        if (rc != RC_OK) {
            return rc;
        }
    }
    int code = sqlite3_step(stmt->handle);
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        return fail(sql, code, err);
    }
    stmt->column = 0;
    *ret_row = code == SQLITE_ROW;
    return RC_OK;
}

enum rc sql_run(struct sql_stmt *stmt, struct err *err)
{
    bool row = true;
    enum rc rc = RC_OK;
    while (rc == RC_OK && row) {
        rc = sql_step(stmt, &row, err);
    }
    sql_again(stmt);
    return rc;
}

int64_t sql_changed(const struct sql_stmt *stmt)
{
    return sqlite3_changes64(stmt->sql->db);
}

bool sql_is_null(struct sql_stmt *stmt)
{
    return sqlite3_column_type(stmt->handle, stmt->column) == SQLITE_NULL;
}

void sql_skip(struct sql_stmt *stmt, unsigned columns)
{
    stmt->column += (int)columns;
}

int64_t sql_read_i64(struct sql_stmt *stmt)
{
    return sqlite3_column_int64(stmt->handle, stmt->column++);
}

bool sql_read_bool(struct sql_stmt *stmt)
{
    return sql_read_i64(stmt) != 0;
}

struct str sql_peek_text(struct sql_stmt *stmt)
{
    int column = stmt->column++;
    const void *text = sqlite3_column_text(stmt->handle, column);
    return (struct str){text, text != NULL ? (size_t)sqlite3_column_bytes(stmt->handle, column) : 0};
}

struct str sql_read_text(struct sql_stmt *stmt, struct arena *mem)
{
    return arena_str(mem, sql_peek_text(stmt));
}

void sql_read_blob(struct sql_stmt *stmt, void *bytes, size_t n)
{
    int column = stmt->column++;
    const void *blob = sqlite3_column_blob(stmt->handle, column);
    if (blob != NULL && (size_t)sqlite3_column_bytes(stmt->handle, column) == n) {
        memcpy(bytes, blob, n);
    } else {
        memset(bytes, 0, n);
    }
}

enum rc sql_script(struct sql *sql, const char *text, struct err *err)
{
    enum rc rc = sql->part_wanted ? part_open(sql, err) : RC_OK;
    if (rc != RC_OK) {
        return rc;
    }
    int code = sqlite3_exec(sql->db, text, NULL, NULL, NULL);
    return code == SQLITE_OK ? RC_OK : fail(sql, code, err);
}

/* ---- transactions ---- */

/* Runs a statement that begins or ends something; says SQLite's own code. */
static int control(struct sql *sql, const struct sql_text *text)
{
    struct sql_stmt *stmt = NULL;
    if (sql_prepare(sql, text, &stmt, NULL) != RC_OK) {
        return sqlite3_extended_errcode(sql->db);
    }
    int code = sqlite3_step(stmt->handle);
    sql_done(stmt);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

enum rc sql_begin_read(struct sql *sql, int64_t end_us, struct err *err)
{
    ensure(!sql->begun);
    int64_t now_us = clock_mono_us(), oldest_us = now_us + READER_AGE_MAX_MS * 1000;
    sql->end_us = end_us != 0 && end_us < oldest_us ? end_us : oldest_us;
    int code = control(sql, &begin_read);
    if (code != SQLITE_OK) {
        return fail(sql, code, err);
    }
    sql->begun = true;
    atomic_store_explicit(sql->begun_us, now_us, memory_order_relaxed);
    return RC_OK;
}

/* A snapshot that stayed open would make later reads stale, so this is stated in every build. */
void sql_end_read(struct sql *sql)
{
    sql->end_us = 0;
    ensure(sql->in_use == 0);
    if (control(sql, &commit) != SQLITE_OK) {
        (void)control(sql, &rollback); /* fails only where there is no transaction any more */
    }
    sql->begun = false;
    atomic_store_explicit(sql->begun_us, 0, memory_order_relaxed);
    ensure(sqlite3_txn_state(sql->db, NULL) == SQLITE_TXN_NONE);
}

enum rc sql_begin_write(struct sql *sql, struct err *err)
{
    ensure(!sql->begun);
    int code = control(sql, &begin_write);
    if (code != SQLITE_OK) {
        return fail(sql, code, err);
    }
    sql->begun = true;
    return RC_OK;
}

bool sql_in_transaction(const struct sql *sql)
{
    return sql->begun && sqlite3_get_autocommit(sql->db) == 0;
}

void sql_rollback(struct sql *sql)
{
    ensure(sql->in_use == 0);
    if (sqlite3_get_autocommit(sql->db) == 0) {
        (void)control(sql, &rollback); /* what fails here has ended the transaction too */
    }
    sql->begun = sql->part_wanted = sql->part_open = false;
}

/* An I/O error leaves open whether the commit record reached the disk: a restart may bring the rows back. */
enum rc sql_commit(struct sql *sql, struct err *err)
{
    ensure(sql->in_use == 0);
    if (!sql_in_transaction(sql)) {
        sql_rollback(sql);
        return err_set(err, RC_BUSY, NULL, "the transaction is over after a failure");
    }
    int code = control(sql, &commit);
    if (code == SQLITE_OK) {
        sql->begun = false;
        return RC_OK;
    }
    enum rc rc = fail(sql, code, err);
    if ((code & 0xff) == SQLITE_IOERR) {
        rc = err_set(err, RC_UNCERTAIN, NULL, "I/O error while committing: %s (%d)", sqlite3_errstr(code),
                     code);
    }
    sql_rollback(sql);
    return rc;
}

void sql_part_begin(struct sql *sql)
{
    ensure(!sql->part_open);
    sql->part_wanted = true;
}

static int part_end(struct sql *sql, bool undo)
{
    int code = SQLITE_OK;
    if (sql->part_open && sql_in_transaction(sql)) {
        code = undo ? control(sql, &part_rollback) : SQLITE_OK;
        code = code == SQLITE_OK ? control(sql, &part_release) : code;
    }
    sql->part_wanted = sql->part_open = false;
    return code;
}

enum rc sql_part_keep(struct sql *sql, struct err *err)
{
    int code = part_end(sql, false);
    return code == SQLITE_OK ? RC_OK : fail(sql, code, err);
}

void sql_part_undo(struct sql *sql)
{
    if (part_end(sql, true) != SQLITE_OK && sql_in_transaction(sql)) {
        (void)control(sql, &rollback); /* what fails here has ended the transaction too */
    }
}

/* ---- open and close ---- */

static int on_progress(void *arg)
{
    const struct sql *sql = arg;
    return sql->end_us != 0 && clock_mono_us() > sql->end_us;
}

static int on_commit(void *arg, sqlite3 *db, const char *name, int wal_pages)
{
    struct sql *sql = arg;
    (void)db;
    (void)name;
    sql->wal_pages = wal_pages;
    return SQLITE_OK;
}

static enum rc set_up_reader(struct sql *sql, struct err *err)
{
    sqlite3_progress_handler(sql->db, 1000, on_progress, sql);
    (void)sqlite3_db_config(sql->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1,
                            NULL); /* cannot fail on an open handle */
    return sql_script(sql,
                      "pragma query_only = 1;"
                      "pragma mmap_size = 1099511627776;" /* capped by SQLite's own maximum */
                      "pragma cache_size = -2000;"
                      "pragma temp_store = memory;",
                      err);
}

static enum rc journal_check(struct sql *sql, struct err *err)
{
    static const struct sql_text wal = {.text = "pragma journal_mode = wal"};
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(sql, &wal, &stmt, err);
    bool row = false, is_wal = false;
    if (rc == RC_OK) {
        rc = sql_step(stmt, &row, err);
    }
    if (rc == RC_OK) {
        is_wal = row && str_eq(sql_peek_text(stmt), STR("wal"));
        rc = sql_run(stmt, err); /* "wal" was the intention: the last step commits it, and may fail */
    }
    if (rc == RC_OK && !is_wal) {
        rc = err_set(err, RC_INVALID, NULL, "the file system does not allow a write-ahead log");
    }
    return rc;
}

/* The WAL hook comes after wal_autocheckpoint, which would take its place. */
static enum rc set_up_writer(struct sql *sql, const struct sql_options *options, struct err *err)
{
    enum rc rc = journal_check(sql, err);
    if (rc != RC_OK) {
        return rc;
    }
    char pragmas[300];
    snprintf(pragmas, sizeof pragmas,
             "pragma synchronous = %s;"
             "pragma wal_autocheckpoint = 0;"
             "pragma journal_size_limit = %llu;"
             "pragma cache_size = -32000;"
             "pragma mmap_size = 1099511627776;"
             "pragma temp_store = memory;"
             "pragma trusted_schema = 0;",
             options->no_sync ? "normal" : "full", (unsigned long long)options->wal_bytes_max);
    rc = sql_script(sql, pragmas, err);
    sqlite3_wal_hook(sql->db, on_commit, sql);
    return rc;
}

enum rc sqlite_connect(const char *path, const struct sql_options *options, struct sql **ret, struct err *err)
{
    struct sql *sql = mem_alloc(sizeof *sql);
    if (sql == NULL) {
        return err_set(err, RC_INTERNAL, NULL, "out of memory");
    }
    sql->begun_us = options->begun_us;
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                (options->writer ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY);
    int code = sqlite3_open_v2(path, &sql->db, flags, options->vfs);
    enum rc rc = RC_OK;
    if (code != SQLITE_OK) {
        rc = fail(sql, code, err);
    } else {
        (void)sqlite3_busy_timeout(sql->db, (int)options->busy_ms); /* cannot fail on an open handle */
        rc = options->writer ? set_up_writer(sql, options, err) : set_up_reader(sql, err);
    }
    if (rc != RC_OK) {
        sqlite_close(sql);
        return rc;
    }
    *ret = sql;
    return RC_OK;
}

void sqlite_close(struct sql *sql)
{
    if (sql == NULL) {
        return;
    }
    for (size_t i = 0; i < SQL_CACHE_SLOTS; i++) {
        stmt_free(sql->cache[i]);
    }
    (void)sqlite3_close(sql->db); /* fails only with statements left, and there are none */
    mem_free(sql);
}
