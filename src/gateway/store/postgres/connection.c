/* struct sql over a link. Statements are cached by the address of their row and prepared on the server at their first use. Numbers travel
 * as text, whose type the server infers from the place; text travels as it is, with its length; rows travel as one array literal a
 * parameter. Answers come as text.
 *
 * The first statement of a transaction that writes is preceded by the transaction's operation row. It is a plain insert: whoever settles
 * a commit whose answer was lost inserts the same row, and of the two only one can ever be committed. */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/base/mem.h"
#include "gateway/store/postgres/postgres.h"

#include "common/base/banned.h"

#define NUMBER_TEXT_MAX 24
#define READ_MS_MIN     100
#define ROWS_BYTES_MAX  (256 * 1024 * 1024) /* of one parameter; a request's limits are far below */

enum state { IDLE, SENT, ANSWERED };

struct postgres_stmt {
    struct sql_stmt stmt; /* first */
    struct postgres_connection *connection;
    const struct sql_text *text; /* NULL: made for one use */
    char *sql;                   /* with $1, $2, ... */
    char name[16];               /* on the server */
    bool prepared, writes;
    int parameters, bound;
    const char **values;
    int *lengths, *formats;
    char (*numbers)[NUMBER_TEXT_MAX];
    struct buf *arrays; /* of each parameter: "{1,2" so far; NULL: no rows */
    size_t rows;
    bool in_use;
    enum state state;
    PGresult *result;
    int row, column;
    int64_t changed;
};

static struct postgres_connection *link_of(struct sql *sql)
{
    return (struct postgres_connection *)(void *)sql;
}

static struct postgres_stmt *of(struct sql_stmt *stmt)
{
    return (struct postgres_stmt *)(void *)stmt;
}

/* ---- a statement is made ---- */

static size_t slot_of(const struct postgres_connection *c, const struct sql_text *text)
{
    size_t slot = ((uintptr_t)text >> 4) * 0x9E3779B97F4A7C15ull >> 32;
    for (size_t tried = 0; tried < SQL_CACHE_SLOTS; tried++, slot++) {
        const struct postgres_stmt *there = c->cache[slot % SQL_CACHE_SLOTS];
        if (there == NULL || there->text == text) {
            return slot % SQL_CACHE_SLOTS;
        }
    }
    ensure(!"room in the statement cache");
    return 0;
}

/* `?` becomes $1, $2, ..., outside of quotes. The copy is the caller's. */
static char *number_parameters(struct str text, int *ret_count)
{
    struct buf sql;
    bool quoted = false;
    int count = 0;
    buf_init(&sql, 4 * text.n + 1);
    for (size_t i = 0; i < text.n; i++) {
        quoted = quoted != (text.p[i] == '\'');
        if (text.p[i] == '?' && !quoted) {
            buf_printf(&sql, "$%d", ++count);
        } else {
            buf_put_char(&sql, text.p[i]);
        }
    }
    char *copy = buf_failed(&sql) ? NULL : mem_dup(buf_str(&sql).p, buf_str(&sql).n);
    buf_clear(&sql);
    *ret_count = count;
    return copy;
}

static void arrays_free(struct postgres_stmt *stmt)
{
    for (int i = 0; stmt->arrays != NULL && i < stmt->parameters; i++) {
        buf_clear(&stmt->arrays[i]);
    }
    mem_free(TAKE(stmt->arrays));
    stmt->rows = 0;
}

static void stmt_free(struct postgres_stmt *stmt)
{
    if (stmt == NULL) {
        return;
    }
    PQclear(stmt->result);
    arrays_free(stmt);
    mem_free(stmt->sql);
    mem_free(stmt->values);
    mem_free(stmt->lengths);
    mem_free(stmt->formats);
    mem_free(stmt->numbers);
    mem_free(stmt);
}

static bool stmt_fill(struct postgres_stmt *stmt, struct str text)
{
    stmt->sql = number_parameters(text, &stmt->parameters);
    size_t room = (size_t)stmt->parameters + 1;
    stmt->values = mem_alloc_array(room, sizeof *stmt->values);
    stmt->lengths = mem_alloc_array(room, sizeof *stmt->lengths);
    stmt->formats = mem_alloc_array(room, sizeof *stmt->formats);
    stmt->numbers = mem_alloc_array(room, sizeof *stmt->numbers);
    return stmt->sql != NULL && stmt->values != NULL && stmt->lengths != NULL && stmt->formats != NULL &&
           stmt->numbers != NULL;
}

static struct postgres_stmt *stmt_new(struct postgres_connection *c, struct str text, struct err *err)
{
    struct postgres_stmt *stmt = mem_alloc(sizeof *stmt);
    if (stmt == NULL || !stmt_fill(stmt, text)) {
        stmt_free(stmt);
        err_set(err, RC_INTERNAL, NULL, "out of memory");
        return NULL;
    }
    stmt->stmt.sql = &c->sql;
    stmt->connection = c;
    stmt->writes = !str_starts(text, STR("select"));
    return stmt;
}

static struct sql_stmt *stmt_begin(struct postgres_stmt *stmt)
{
    ensure(!stmt->in_use);
    stmt->in_use = true;
    stmt->connection->in_use++;
    stmt->bound = 0;
    return &stmt->stmt;
}

static enum rc driver_prepare(struct sql *sql, const struct sql_text *text, struct sql_stmt **ret,
                              struct err *err)
{
    struct postgres_connection *c = link_of(sql);
    struct postgres_stmt **slot = &c->cache[slot_of(c, text)];
    if (*slot == NULL) {
        *slot = stmt_new(c, str_of(text->postgres != NULL ? text->postgres : text->text), err);
        if (*slot == NULL) {
            return RC_INTERNAL;
        }
        (*slot)->text = text;
        snprintf((*slot)->name, sizeof(*slot)->name, "s%u", ++c->names);
    }
    *ret = stmt_begin(*slot);
    return RC_OK;
}

static enum rc driver_compile(struct sql *sql, struct str text, struct sql_stmt **ret, struct err *err)
{
    struct postgres_stmt *stmt = stmt_new(link_of(sql), text, err);
    if (stmt == NULL) {
        return RC_INTERNAL;
    }
    *ret = stmt_begin(stmt);
    return RC_OK;
}

static void driver_again(struct sql_stmt *base)
{
    struct postgres_stmt *stmt = of(base);
    if (stmt->state == SENT) {
        link_forget(stmt->connection, stmt);
    }
    PQclear(TAKE(stmt->result));
    arrays_free(stmt);
    stmt->state = IDLE;
    stmt->bound = 0;
}

static void driver_done(struct sql_stmt *base)
{
    struct postgres_stmt *stmt = of(base);
    driver_again(base);
    link_forget(stmt->connection, stmt); /* of runs before the last one */
    stmt->in_use = false;
    stmt->connection->in_use--;
    if (stmt->text == NULL) {
        stmt_free(stmt);
    }
}

/* ---- bind ---- */

static void bind_value(struct sql_stmt *base, const char *value, size_t length, int format)
{
    struct postgres_stmt *stmt = of(base);
    ensure(stmt->bound < stmt->parameters);
    stmt->values[stmt->bound] = value;
    stmt->lengths[stmt->bound] = (int)length;
    stmt->formats[stmt->bound] = format;
    stmt->bound++;
}

static void driver_bind_i64(struct sql_stmt *base, int64_t value)
{
    struct postgres_stmt *stmt = of(base);
    ensure(stmt->bound < stmt->parameters);
    char *text = stmt->numbers[stmt->bound];
    int n = snprintf(text, NUMBER_TEXT_MAX, "%lld", (long long)value);
    bind_value(base, text, (size_t)n, 0);
}

static void driver_bind_text(struct sql_stmt *base, struct str value)
{
    bind_value(base, value.p, value.n, 1);
}

static void driver_bind_blob(struct sql_stmt *base, const void *bytes, size_t n)
{
    bind_value(base, bytes, n, 1);
}

static void driver_bind_null(struct sql_stmt *base)
{
    bind_value(base, NULL, 0, 0);
}

/* ---- rows ---- */

static void put_quoted(struct buf *array, const char *text, size_t n)
{
    buf_put_char(array, '"');
    for (size_t from = 0, at = 0; at <= n; at++) {
        if (at == n || text[at] == '"' || text[at] == '\\') {
            buf_put(array, text + from, at - from);
            from = at;
            if (at < n) {
                buf_put_char(array, '\\');
            }
        }
    }
    buf_put_char(array, '"');
}

static void put_element(struct buf *array, const char *value, size_t n, bool is_text)
{
    buf_put_char(array, array->n == 0 ? '{' : ',');
    if (value == NULL) {
        buf_put_str(array, STR("NULL"));
    } else if (is_text) {
        put_quoted(array, value, n);
    } else {
        buf_put(array, value, n);
    }
}

static enum rc driver_add_row(struct sql_stmt *base, struct err *err)
{
    struct postgres_stmt *stmt = of(base);
    ensure(stmt->bound == stmt->parameters);
    stmt->bound = 0;
    if (stmt->arrays == NULL) {
        stmt->arrays = mem_alloc_array((size_t)stmt->parameters, sizeof *stmt->arrays);
        if (stmt->arrays == NULL) {
            return err_set(err, RC_INTERNAL, NULL, "out of memory");
        }
        for (int i = 0; i < stmt->parameters; i++) {
            buf_init(&stmt->arrays[i], ROWS_BYTES_MAX);
        }
    }
    stmt->rows++;
    for (int i = 0; i < stmt->parameters; i++) {
        bool is_text = stmt->formats[i] == 1 && stmt->values[i] != NULL;
        if (is_text && memchr(stmt->values[i], '\0', (size_t)stmt->lengths[i]) != NULL) {
            (void)link_failed(stmt->connection, "22021", ""); /* would end the literal */
            return link_result(stmt->connection, err);
        }
        put_element(&stmt->arrays[i], stmt->values[i], (size_t)stmt->lengths[i], is_text);
    }
    return RC_OK;
}

/* Binds the arrays. */
static bool rows_bind(struct postgres_stmt *stmt)
{
    for (int i = 0; i < stmt->parameters; i++) {
        buf_put_char(&stmt->arrays[i], '}');
        buf_put_char(&stmt->arrays[i], '\0');
        if (buf_failed(&stmt->arrays[i])) {
            return false;
        }
        bind_value(&stmt->stmt, stmt->arrays[i].p, stmt->arrays[i].n - 1, 0);
    }
    return true;
}

/* ---- send and take ---- */

/* The operation row: of a transaction that does its work, or of one that settles what became of it. */
enum mark { MARK_DONE, MARK_SETTLED };

static const struct sql_text mark_write = {
    .text =
        "insert into operation (caller, id, fingerprint, first_sent, status, etag_configuration, etag_status)"
        " values ('', ?, '', ?, ?, 0, 0)"};

static int send_prepared(struct postgres_stmt *stmt)
{
    PGconn *conn = stmt->connection->conn;
    if (!stmt->prepared) {
        stmt->prepared = true; /* until the server says that it is not */
        if (!link_sent(stmt->connection, COMMAND_PREPARE, stmt,
                       PQsendPrepare(conn, stmt->name, stmt->sql, 0, NULL))) {
            return 0;
        }
    }
    return PQsendQueryPrepared(conn, stmt->name, stmt->parameters, stmt->values, stmt->lengths, stmt->formats,
                               0);
}

static bool send_mark(struct postgres_connection *c, const char *operation_id, enum mark mark)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    if (driver_prepare(&c->sql, &mark_write, &stmt, &c->err) != RC_OK) {
        (void)link_failed(c, "53200", "no memory for the operation's row");
        return false;
    }
    sql_bind_text(stmt, str_of(operation_id));
    sql_bind_i64(stmt, clock_wall().ms - OPERATION_AGE_MS + OWN_OPERATION_MS);
    sql_bind_i64(stmt, mark);
    return link_sent(c, COMMAND_QUERY, of(stmt), send_prepared(of(stmt)));
}

static void mark_operation(struct postgres_connection *c)
{
    if (c->writing && !c->marked && !c->lost && *c->operation_id != '\0') {
        c->marked = send_mark(c, c->operation_id, MARK_DONE);
    }
}

static int send_once(struct postgres_stmt *stmt)
{
    return PQsendQueryParams(stmt->connection->conn, stmt->sql, stmt->parameters, NULL, stmt->values,
                             stmt->lengths, stmt->formats, 0);
}

static void driver_send(struct sql_stmt *base)
{
    struct postgres_stmt *stmt = of(base);
    struct postgres_connection *c = stmt->connection;
    if (stmt->rows > 0 && !rows_bind(stmt)) {
        (void)link_failed(c, "54000", "the rows are too large");
    }
    ensure(stmt->bound == stmt->parameters || c->rc != RC_OK);
    if (c->count > PENDING_MAX - 8) {
        link_collect(c, NULL);
    }
    if (stmt->writes) {
        mark_operation(c);
    }
    stmt->state = SENT;
    if (!c->lost && c->rc == RC_OK) {
        (void)link_sent(c, COMMAND_QUERY, stmt, stmt->text != NULL ? send_prepared(stmt) : send_once(stmt));
    }
}

void stmt_answered(struct postgres_stmt *stmt, enum command command, PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    if (command == COMMAND_PREPARE) {
        stmt->prepared = status == PGRES_COMMAND_OK;
    } else if (status == PGRES_TUPLES_OK) {
        PQclear(stmt->result);
        stmt->result = TAKE(result);
        stmt->row = -1;
    } else if (status == PGRES_COMMAND_OK) {
        stmt->changed = strtoll(PQcmdTuples(result), NULL, 10);
    }
    PQclear(result);
}

static enum rc driver_step(struct sql_stmt *base, bool *ret_row, struct err *err)
{
    struct postgres_stmt *stmt = of(base);
    struct postgres_connection *c = stmt->connection;
    if (stmt->state == IDLE) {
        driver_send(base);
    }
    if (stmt->state == SENT) {
        link_collect(c, stmt);
        stmt->state = ANSWERED;
    }
    if (c->rc != RC_OK) {
        return link_result(c, err);
    }
    stmt->column = 0;
    *ret_row = stmt->result != NULL && ++stmt->row < PQntuples(stmt->result);
    return RC_OK;
}

/* The answer is taken when something else needs one, at the latest by the commit. Without a transaction that is now. */
static enum rc driver_run(struct sql_stmt *base, struct err *err)
{
    struct postgres_stmt *stmt = of(base);
    struct postgres_connection *c = stmt->connection;
    stmt->changed = -1;
    driver_send(base);
    if (!c->writing) {
        link_collect(c, NULL);
    }
    arrays_free(stmt);
    stmt->state = IDLE;
    stmt->bound = 0;
    return link_result(c, err);
}

static enum rc driver_run_rows(struct sql_stmt *base, struct err *err)
{
    return of(base)->rows > 0 ? driver_run(base, err) : link_result(of(base)->connection, err);
}

static int64_t driver_changed(struct sql_stmt *base)
{
    struct postgres_stmt *stmt = of(base);
    link_collect(stmt->connection, stmt);
    return stmt->connection->rc == RC_OK ? stmt->changed : -1;
}

/* ---- read ---- */

static bool driver_is_null(struct sql_stmt *base)
{
    const struct postgres_stmt *stmt = of(base);
    return PQgetisnull(stmt->result, stmt->row, stmt->column) != 0;
}

static void driver_skip(struct sql_stmt *base, unsigned columns)
{
    of(base)->column += (int)columns;
}

static struct str driver_peek_text(struct sql_stmt *base)
{
    struct postgres_stmt *stmt = of(base);
    int column = stmt->column++;
    if (PQgetisnull(stmt->result, stmt->row, column)) {
        return STR_NONE;
    }
    return (struct str){PQgetvalue(stmt->result, stmt->row, column),
                        (size_t)PQgetlength(stmt->result, stmt->row, column)};
}

static int64_t driver_read_i64(struct sql_stmt *base)
{
    struct str text = driver_peek_text(base);
    return str_absent(text) ? 0 : str_eq(text, STR("t")) ? 1 : strtoll(text.p, NULL, 10);
}

static void driver_read_blob(struct sql_stmt *base, void *bytes, size_t n)
{
    struct str text = driver_peek_text(base); /* \x and hex digits */
    if (text.n != 2 * n + 2 || !str_to_hex(str_slice(text, 2, text.n), bytes, n)) {
        memset(bytes, 0, n);
    }
}

static enum rc driver_script(struct sql *sql, const char *text, struct err *err)
{
    struct postgres_connection *c = link_of(sql);
    mark_operation(c);
    return link_script(c, text, err);
}

/* ---- transactions ---- */

void postgres_ready(struct postgres_connection *c, struct mono deadline)
{
    ensure(!c->writing && !c->reading);
    link_renew(c, deadline);
}

/* One snapshot for all statements. The server ends a statement that takes too long; a server that does not is left. A little time is
 * always granted, so that a reader whose time is up gets on all the same. */
static enum rc driver_begin_read(struct sql *sql, int64_t end_us, struct err *err)
{
    struct postgres_connection *c = link_of(sql);
    postgres_ready(c, c->deadline);
    (void)link_send_text(c, COMMAND_CONTROL, "begin isolation level repeatable read, read only");
    if (end_us != 0) {
        int64_t left_ms = (end_us - clock_mono_us()) / 1000;
        char text[64];
        snprintf(text, sizeof text, "set local statement_timeout = %lld",
                 (long long)(left_ms > READ_MS_MIN ? left_ms : READ_MS_MIN));
        (void)link_send_text(c, COMMAND_CONTROL, text);
    }
    c->reading = true;
    return link_result(c, err);
}

/* Sent and not waited for: the next one who needs an answer takes this one too. A sync stands before it, else the server would skip it
 * together with what failed. */
static void driver_rollback(struct sql *sql)
{
    struct postgres_connection *c = link_of(sql);
    ensure(c->in_use == 0);
    link_push_out(c);
    (void)link_send_text(c, COMMAND_CONTROL, "rollback");
    link_push_out(c);
    c->reading = c->writing = false;
}

static enum rc driver_begin_write(struct sql *sql, struct err *err)
{
    struct postgres_connection *c = link_of(sql);
    postgres_ready(c, c->deadline);
    (void)link_send_text(c, COMMAND_CONTROL, "begin");
    c->writing = true;
    return link_result(c, err);
}

/* Writes and commit are one packet: what fails in it keeps the commit from being run. Only where the answer to the commit is lost, and
 * none before it was a failure, is it open what happened. */
static enum rc driver_commit(struct sql *sql, struct err *err)
{
    struct postgres_connection *c = link_of(sql);
    ensure(c->in_use == 0);
    if (c->rc == RC_OK && link_send_text(c, COMMAND_COMMIT, "commit")) {
        c->committing = true;
        link_collect(c, NULL);
    }
    if (c->committed) {
        c->writing = false;
        return RC_OK;
    }
    if (c->rc == RC_OK) {
        (void)link_failed(c, "25P02", "the transaction was over");
    }
    enum rc rc = link_result(c, err);
    if (c->committing && c->lost) {
        rc = err_set(err, RC_UNCERTAIN, NULL, "no answer came to the commit");
    }
    driver_rollback(sql);
    return rc;
}

static bool driver_in_transaction(const struct sql *sql)
{
    const struct postgres_connection *c = (const void *)sql;
    return (c->writing || c->reading) && c->rc == RC_OK;
}

/* ---- a commit without an answer ---- */

static const struct sql_text mark_read = {.text =
                                              "select status from operation where caller = '' and id = ?"};

/* Somebody's row is there for good: the transaction's own, or that of a settling whose own answer was lost. */
static enum rc read_mark(struct postgres_connection *c, const char *operation_id, enum settled *ret,
                         struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = driver_prepare(&c->sql, &mark_read, &stmt, err);
    bool row = false;
    if (rc == RC_OK) {
        sql_bind_text(stmt, str_of(operation_id));
        rc = sql_step(stmt, &row, err);
    }
    if (rc == RC_OK) {
        *ret = !row ? SETTLED_OPEN : sql_read_i64(stmt) == MARK_SETTLED ? SETTLED_UNDONE : SETTLED_COMMITTED;
    }
    return rc;
}

static enum rc claim_mark(struct postgres_connection *c, const char *operation_id, struct err *err)
{
    char text[64];
    snprintf(text, sizeof text, "set local lock_timeout = %d", SETTLE_LOCK_MS);
    (void)driver_begin_write(&c->sql, err); /* a failure comes out of the commit */
    (void)link_send_text(c, COMMAND_CONTROL, text);
    (void)send_mark(c, operation_id, MARK_SETTLED);
    return driver_commit(&c->sql, err);
}

enum rc postgres_settle(struct postgres_connection *c, const char *operation_id, enum settled *ret,
                        struct err *err)
{
    enum rc rc = claim_mark(c, operation_id, err);
    if (rc == RC_OK) {
        *ret = SETTLED_UNDONE;
    } else if (rc == RC_CONFLICT) {
        postgres_ready(c, c->deadline);
        rc = read_mark(c, operation_id, ret, err);
    }
    return rc;
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
    .add_row = driver_add_row,
    .run_rows = driver_run_rows,
    .changed = driver_changed,
    .is_null = driver_is_null,
    .skip = driver_skip,
    .read_i64 = driver_read_i64,
    .peek_text = driver_peek_text,
    .read_blob = driver_read_blob,
    .script = driver_script,
    .begin_read = driver_begin_read,
    .end_read = driver_rollback,
    .begin_write = driver_begin_write,
    .commit = driver_commit,
    .rollback = driver_rollback,
    .in_transaction = driver_in_transaction,
};

/* ---- open and close ---- */

enum rc postgres_connect(struct server *server, struct mono deadline, struct postgres_connection **ret,
                         struct err *err)
{
    struct postgres_connection *c = mem_alloc(sizeof *c);
    if (c == NULL) {
        return err_set(err, RC_INTERNAL, NULL, "out of memory");
    }
    c->sql.driver = &driver;
    c->operation_id = "";
    enum rc rc = link_open(server, deadline, c, err);
    if (rc != RC_OK) {
        postgres_close(c);
        return rc;
    }
    *ret = c;
    return RC_OK;
}

void postgres_close(struct postgres_connection *c)
{
    if (c == NULL) {
        return;
    }
    link_close(c);
    for (size_t i = 0; i < SQL_CACHE_SLOTS; i++) {
        stmt_free(c->cache[i]);
    }
    mem_free(c);
}
