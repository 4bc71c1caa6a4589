/* struct sql over SQLite. Statements are cached by the address of their row. What can end a transaction
 * behind our back (full, I/O error) is looked for after every failure: from then on the connection runs
 * nothing until the transaction is rolled back, so no statement can ever commit on its own by accident. */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "gateway/store/sqlite/sqlite.h"

#include "common/base/banned.h"

struct sqlite_stmt {
    struct sql_stmt stmt; /* first */
    struct sqlite_connection *connection;
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
static enum rc fail(struct sqlite_connection *connection, int code, struct err *err)
{
    const char *text = connection->db != NULL ? sqlite3_errmsg(connection->db) : sqlite3_errstr(code);
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
    connection->sync_failed = connection->sync_failed || is_failed_sync(code);
    return rc;
}

/* ---- statements ---- */

static size_t slot_of(const struct sqlite_connection *connection, const struct sql_text *text)
{
    size_t slot = ((uintptr_t)text >> 4) * 0x9E3779B97F4A7C15ull >> 32;
    for (size_t tried = 0; tried < SQL_CACHE_SLOTS; tried++, slot++) {
        const struct sqlite_stmt *there = connection->cache[slot % SQL_CACHE_SLOTS];
        if (there == NULL || there->text == text) {
            return slot % SQL_CACHE_SLOTS;
        }
    }
    ensure(!"room in the statement cache");
    return 0;
}

static enum rc stmt_new(struct sqlite_connection *connection, struct str text, unsigned flags,
                        struct sqlite_stmt **ret, struct err *err)
{
    struct sqlite_stmt *stmt = mem_alloc(sizeof *stmt);
    if (stmt == NULL) {
        return err_set(err, RC_INTERNAL, NULL, "out of memory");
    }
    stmt->stmt.sql = &connection->sql;
    stmt->connection = connection;
    int code = sqlite3_prepare_v3(connection->db, text.p, (int)text.n, flags, &stmt->handle, NULL);
    if (code != SQLITE_OK) {
        mem_free(stmt);
        return fail(connection, code, err);
    }
    *ret = stmt;
    return RC_OK;
}

static void stmt_free(struct sqlite_stmt *stmt)
{
    if (stmt != NULL) {
        sqlite3_finalize(stmt->handle);
        mem_free(stmt);
    }
}

static struct sqlite_stmt *stmt_begin(struct sqlite_stmt *stmt)
{
    ensure(!stmt->in_use);
    stmt->in_use = true;
    stmt->connection->in_use++;
    stmt->bound = 0;
    stmt->bind_rc = SQLITE_OK;
    return stmt;
}

static enum rc prepare(struct sqlite_connection *connection, const struct sql_text *text,
                       struct sqlite_stmt **ret, struct err *err)
{
    struct sqlite_stmt **slot = &connection->cache[slot_of(connection, text)];
    if (*slot == NULL) {
        enum rc rc = stmt_new(connection, str_of(text->text), SQLITE_PREPARE_PERSISTENT, slot, err);
        if (rc != RC_OK) {
            return rc;
        }
        (*slot)->text = text;
    }
    *ret = stmt_begin(*slot);
    return RC_OK;
}

static enum rc driver_prepare(struct sql *base, const struct sql_text *text, struct sql_stmt **ret,
                              struct err *err)
{
    struct sqlite_stmt *stmt = NULL;
    enum rc rc = prepare((void *)base, text, &stmt, err);
    *ret = rc == RC_OK ? &stmt->stmt : NULL;
    return rc;
}

static enum rc driver_compile(struct sql *base, struct str text, struct sql_stmt **ret, struct err *err)
{
    struct sqlite_connection *connection = (void *)base;
    struct sqlite_stmt *stmt = NULL;
    enum rc rc = stmt_new(connection, text, 0, &stmt, err);
    if (rc == RC_OK) {
        *ret = &stmt_begin(stmt)->stmt;
    }
    return rc;
}

static void driver_done(struct sql_stmt *base)
{
    struct sqlite_stmt *stmt = (void *)base;
    (void)sqlite3_reset(stmt->handle); /* repeats the error that sql_step told already */
    stmt->in_use = false;
    stmt->connection->in_use--;
    if (stmt->text == NULL) {
        stmt_free(stmt);
    }
}

static void driver_again(struct sql_stmt *base)
{
    struct sqlite_stmt *stmt = (void *)base;
    (void)sqlite3_reset(stmt->handle); /* repeats the error that sql_step told already */
    stmt->bound = 0;
    stmt->bind_rc = SQLITE_OK;
}

/* ---- bind ---- */

static void bound(struct sqlite_stmt *stmt, int code)
{
    if (stmt->bind_rc == SQLITE_OK) {
        stmt->bind_rc = code;
    }
}

static void driver_bind_i64(struct sql_stmt *base, int64_t value)
{
    struct sqlite_stmt *stmt = (void *)base;
    bound(stmt, sqlite3_bind_int64(stmt->handle, ++stmt->bound, value));
}

static void driver_bind_text(struct sql_stmt *base, struct str value)
{
    struct sqlite_stmt *stmt = (void *)base;
    bound(stmt,
          sqlite3_bind_text64(stmt->handle, ++stmt->bound, value.p, value.n, SQLITE_STATIC, SQLITE_UTF8));
}

static void driver_bind_blob(struct sql_stmt *base, const void *bytes, size_t n)
{
    struct sqlite_stmt *stmt = (void *)base;
    bound(stmt, sqlite3_bind_blob64(stmt->handle, ++stmt->bound, bytes, n, SQLITE_STATIC));
}

static void driver_bind_null(struct sql_stmt *base)
{
    struct sqlite_stmt *stmt = (void *)base;
    bound(stmt, sqlite3_bind_null(stmt->handle, ++stmt->bound));
}

/* ---- step and read ---- */

/* The savepoint of a job is made here, so that jobs which only read or refuse cost none. */
static enum rc part_open(struct sqlite_connection *connection, struct err *err)
{
    struct sqlite_stmt *stmt = NULL;
    enum rc rc = prepare(connection, &part_begin, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    int code = sqlite3_step(stmt->handle);
    rc = code == SQLITE_DONE ? RC_OK : fail(connection, code, err);
    connection->part_wanted = false;
    connection->part_open = rc == RC_OK;
    driver_done(&stmt->stmt);
    return rc;
}

static enum rc driver_step(struct sql_stmt *base, bool *ret_row, struct err *err)
{
    struct sqlite_stmt *stmt = (void *)base;
    struct sqlite_connection *connection = stmt->connection;
    if (stmt->bind_rc != SQLITE_OK) {
        return fail(connection, stmt->bind_rc, err);
    }
    ensure(stmt->bound == sqlite3_bind_parameter_count(stmt->handle));
    if (connection->begun && sqlite3_get_autocommit(connection->db) != 0) {
        return err_set(err, RC_BUSY, NULL, "the transaction is over after a failure");
    }
    if (connection->part_wanted && sqlite3_stmt_readonly(stmt->handle) == 0) {
        enum rc rc = part_open(connection, err);
        if (rc != RC_OK) {
            return rc;
        }
    }
    int code = sqlite3_step(stmt->handle);
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        return fail(connection, code, err);
    }
    stmt->column = 0;
    *ret_row = code == SQLITE_ROW;
    return RC_OK;
}

static enum rc driver_run(struct sql_stmt *base, struct err *err)
{
    bool row = true;
    enum rc rc = RC_OK;
    while (rc == RC_OK && row) {
        rc = driver_step(base, &row, err);
    }
    driver_again(base);
    return rc;
}

/* There is no way to save: a row is run at once. */
static enum rc driver_run_rows(struct sql_stmt *base UNUSED, struct err *err UNUSED)
{
    return RC_OK;
}

static void driver_send(struct sql_stmt *base UNUSED)
{
}

static int64_t driver_changed(struct sql_stmt *base)
{
    struct sqlite_stmt *stmt = (void *)base;
    return sqlite3_changes64(stmt->connection->db);
}

static bool driver_is_null(struct sql_stmt *base)
{
    struct sqlite_stmt *stmt = (void *)base;
    return sqlite3_column_type(stmt->handle, stmt->column) == SQLITE_NULL;
}

static void driver_skip(struct sql_stmt *base, unsigned columns)
{
    struct sqlite_stmt *stmt = (void *)base;
    stmt->column += (int)columns;
}

static int64_t driver_read_i64(struct sql_stmt *base)
{
    struct sqlite_stmt *stmt = (void *)base;
    return sqlite3_column_int64(stmt->handle, stmt->column++);
}

static struct str driver_peek_text(struct sql_stmt *base)
{
    struct sqlite_stmt *stmt = (void *)base;
    int column = stmt->column++;
    const void *text = sqlite3_column_text(stmt->handle, column);
    return (struct str){text, text != NULL ? (size_t)sqlite3_column_bytes(stmt->handle, column) : 0};
}

static void driver_read_blob(struct sql_stmt *base, void *bytes, size_t n)
{
    struct sqlite_stmt *stmt = (void *)base;
    int column = stmt->column++;
    const void *blob = sqlite3_column_blob(stmt->handle, column);
    if (blob != NULL && (size_t)sqlite3_column_bytes(stmt->handle, column) == n) {
        memcpy(bytes, blob, n);
    } else {
        memset(bytes, 0, n);
    }
}

static enum rc driver_script(struct sql *base, const char *text, struct err *err)
{
    struct sqlite_connection *connection = (void *)base;
    enum rc rc = connection->part_wanted ? part_open(connection, err) : RC_OK;
    if (rc != RC_OK) {
        return rc;
    }
    int code = sqlite3_exec(connection->db, text, NULL, NULL, NULL);
    return code == SQLITE_OK ? RC_OK : fail(connection, code, err);
}

/* ---- transactions ---- */

/* Runs a statement that begins or ends something; says SQLite's own code. */
static int control(struct sqlite_connection *connection, const struct sql_text *text)
{
    struct sqlite_stmt *stmt = NULL;
    if (prepare(connection, text, &stmt, NULL) != RC_OK) {
        return sqlite3_extended_errcode(connection->db);
    }
    int code = sqlite3_step(stmt->handle);
    driver_done(&stmt->stmt);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static enum rc driver_begin_read(struct sql *base, int64_t end_us, struct err *err)
{
    struct sqlite_connection *connection = (void *)base;
    ensure(!connection->begun);
    int64_t now_us = clock_mono_us(), oldest_us = now_us + READER_AGE_MAX_MS * 1000;
    connection->end_us = end_us != 0 && end_us < oldest_us ? end_us : oldest_us;
    int code = control(connection, &begin_read);
    if (code != SQLITE_OK) {
        return fail(connection, code, err);
    }
    connection->begun = true;
    atomic_store_explicit(connection->begun_us, now_us, memory_order_relaxed);
    return RC_OK;
}

/* A snapshot that stayed open would make later reads stale, so this is stated in every build. */
static void driver_end_read(struct sql *base)
{
    struct sqlite_connection *connection = (void *)base;
    connection->end_us = 0;
    ensure(connection->in_use == 0);
    if (control(connection, &commit) != SQLITE_OK) {
        (void)control(connection, &rollback); /* fails only where there is no transaction any more */
    }
    connection->begun = false;
    atomic_store_explicit(connection->begun_us, 0, memory_order_relaxed);
    ensure(sqlite3_txn_state(connection->db, NULL) == SQLITE_TXN_NONE);
}

static enum rc driver_begin_write(struct sql *base, struct err *err)
{
    struct sqlite_connection *connection = (void *)base;
    ensure(!connection->begun);
    int code = control(connection, &begin_write);
    if (code != SQLITE_OK) {
        return fail(connection, code, err);
    }
    connection->begun = true;
    return RC_OK;
}

static bool driver_in_transaction(const struct sql *base)
{
    const struct sqlite_connection *connection = (const void *)base;
    return connection->begun && sqlite3_get_autocommit(connection->db) == 0;
}

static void driver_rollback(struct sql *base)
{
    struct sqlite_connection *connection = (void *)base;
    ensure(connection->in_use == 0);
    if (sqlite3_get_autocommit(connection->db) == 0) {
        (void)control(connection, &rollback); /* what fails here has ended the transaction too */
    }
    connection->begun = connection->part_wanted = connection->part_open = false;
}

/* An I/O error leaves open whether the commit record reached the disk: a restart may bring the rows back. */
static enum rc driver_commit(struct sql *base, struct err *err)
{
    struct sqlite_connection *connection = (void *)base;
    ensure(connection->in_use == 0);
    if (!driver_in_transaction(&connection->sql)) {
        driver_rollback(&connection->sql);
        return err_set(err, RC_BUSY, NULL, "the transaction is over after a failure");
    }
    int code = control(connection, &commit);
    if (code == SQLITE_OK) {
        connection->begun = false;
        return RC_OK;
    }
    enum rc rc = fail(connection, code, err);
    if ((code & 0xff) == SQLITE_IOERR) {
        rc = err_set(err, RC_UNCERTAIN, NULL, "I/O error while committing: %s (%d)", sqlite3_errstr(code),
                     code);
    }
    driver_rollback(&connection->sql);
    return rc;
}

void sqlite_part_begin(struct sqlite_connection *connection)
{
    ensure(!connection->part_open);
    connection->part_wanted = true;
}

static int part_end(struct sqlite_connection *connection, bool undo)
{
    int code = SQLITE_OK;
    if (connection->part_open && driver_in_transaction(&connection->sql)) {
        code = undo ? control(connection, &part_rollback) : SQLITE_OK;
        code = code == SQLITE_OK ? control(connection, &part_release) : code;
    }
    connection->part_wanted = connection->part_open = false;
    return code;
}

enum rc sqlite_part_keep(struct sqlite_connection *connection, struct err *err)
{
    int code = part_end(connection, false);
    return code == SQLITE_OK ? RC_OK : fail(connection, code, err);
}

void sqlite_part_undo(struct sqlite_connection *connection)
{
    if (part_end(connection, true) != SQLITE_OK && driver_in_transaction(&connection->sql)) {
        (void)control(connection, &rollback); /* what fails here has ended the transaction too */
    }
}

static const struct sql_driver driver = {
    .prepare = driver_prepare,
    .compile = driver_compile,
    .done = driver_done,
    .again = driver_again,
    .bind_i64 = driver_bind_i64,
    .bind_text = driver_bind_text,
    .bind_blob = driver_bind_blob,
    .bind_null = driver_bind_null,
    .send = driver_send,
    .step = driver_step,
    .run = driver_run,
    .add_row = driver_run,
    .run_rows = driver_run_rows,
    .changed = driver_changed,
    .is_null = driver_is_null,
    .skip = driver_skip,
    .read_i64 = driver_read_i64,
    .peek_text = driver_peek_text,
    .read_blob = driver_read_blob,
    .script = driver_script,
    .begin_read = driver_begin_read,
    .end_read = driver_end_read,
    .begin_write = driver_begin_write,
    .commit = driver_commit,
    .rollback = driver_rollback,
    .in_transaction = driver_in_transaction,
};

/* ---- open and close ---- */

static int on_progress(void *arg)
{
    const struct sqlite_connection *connection = arg;
    return connection->end_us != 0 && clock_mono_us() > connection->end_us;
}

static int on_commit(void *arg, sqlite3 *db, const char *name, int wal_pages)
{
    struct sqlite_connection *connection = arg;
    (void)db;
    (void)name;
    connection->wal_pages = wal_pages;
    return SQLITE_OK;
}

static enum rc set_up_reader(struct sqlite_connection *connection, struct err *err)
{
    sqlite3_progress_handler(connection->db, 1000, on_progress, connection);
    (void)sqlite3_db_config(connection->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1,
                            NULL); /* cannot fail on an open handle */
    return driver_script(&connection->sql,
                         "pragma query_only = 1;"
                         "pragma mmap_size = 1099511627776;" /* capped by SQLite's own maximum */
                         "pragma cache_size = -2000;"
                         "pragma temp_store = memory;",
                         err);
}

static enum rc journal_check(struct sqlite_connection *connection, struct err *err)
{
    static const struct sql_text wal = {.text = "pragma journal_mode = wal"};
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(&connection->sql, &wal, &stmt, err);
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
static enum rc set_up_writer(struct sqlite_connection *connection, const struct sql_options *options,
                             struct err *err)
{
    enum rc rc = journal_check(connection, err);
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
    rc = driver_script(&connection->sql, pragmas, err);
    sqlite3_wal_hook(connection->db, on_commit, connection);
    return rc;
}

enum rc sqlite_connect(const char *path, const struct sql_options *options, struct sqlite_connection **ret,
                       struct err *err)
{
    struct sqlite_connection *connection = mem_alloc(sizeof *connection);
    if (connection == NULL) {
        return err_set(err, RC_INTERNAL, NULL, "out of memory");
    }
    connection->sql.driver = &driver;
    connection->begun_us = options->begun_us;
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                (options->writer ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY);
    int code = sqlite3_open_v2(path, &connection->db, flags, options->vfs);
    enum rc rc = RC_OK;
    if (code != SQLITE_OK) {
        rc = fail(connection, code, err);
    } else {
        (void)sqlite3_busy_timeout(connection->db, (int)options->busy_ms); /* cannot fail on an open handle */
        rc = options->writer ? set_up_writer(connection, options, err) : set_up_reader(connection, err);
    }
    if (rc != RC_OK) {
        sqlite_close(connection);
        return rc;
    }
    *ret = connection;
    return RC_OK;
}

void sqlite_close(struct sqlite_connection *connection)
{
    if (connection == NULL) {
        return;
    }
    for (size_t i = 0; i < SQL_CACHE_SLOTS; i++) {
        stmt_free(connection->cache[i]);
    }
    (void)sqlite3_close(connection->db); /* fails only with statements left, and there are none */
    mem_free(connection);
}
