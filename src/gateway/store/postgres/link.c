/* A connection to the server. libpq is never waited for: its socket is polled up to the deadline, and a server that did not answer by
 * then has lost this connection. Answers come in the order of the commands; a failure inside a transaction makes the server skip all
 * that was sent up to the next sync. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include "common/base/clock.h"
#include "gateway/store/postgres/postgres.h"

#include "common/base/banned.h"

/* ---- failures ---- */

static const struct failure {
    const char *state; /* SQLSTATE, or how it begins */
    enum rc rc;
    const char *code, *msg; /* msg NULL: what the server says */
    bool again, lost;
} failures[] = {
    {"40001", RC_BUSY, NULL, "the change met another one", .again = true},
    {"40P01", RC_BUSY, NULL, "the change met another one", .again = true},
    {"23505", RC_CONFLICT, NULL, NULL, .again = true}, /* somebody was faster: the next run sees what he did */
    {"23", RC_CONFLICT, NULL, NULL},
    {"0A000", RC_BUSY, NULL, "the schema has changed", .again = true, .lost = true}, /* a cached plan */
    {"26000", RC_BUSY, NULL, "a statement is not prepared", .again = true, .lost = true},
    {"25006", RC_BUSY, NULL, "the database takes no writes: it is a standby", .again = true, .lost = true},
    {"22021", RC_INVALID, NULL, "the text holds bytes that cannot be stored"},
    {"22P05", RC_INVALID, NULL, "the text holds characters that cannot be stored"},
    {"53100", RC_BUSY, STORE_FULL, "there is no room left for the database"},
    {"53", RC_BUSY, NULL, "the database is short of resources", .lost = true},
    {"54", RC_LIMIT, NULL, NULL},
    {"55P03", RC_BUSY, NULL, "the rows are locked by somebody else"},
    {"57014", RC_BUSY, NULL, "the read took too long"},
    {"57P", RC_BUSY, NULL, "the database ends or begins", .again = true, .lost = true},
    {"25P03", RC_BUSY, NULL, "the transaction was idle for too long", .again = true, .lost = true},
    {"08", RC_BUSY, NULL, "the connection to the database was lost", .again = true, .lost = true},
    {"", RC_INTERNAL, NULL, NULL},
};

static const struct failure *failure_of(const char *state)
{
    const struct failure *f = failures;
    while (strncmp(state, f->state, strlen(f->state)) != 0) {
        f++;
    }
    return f;
}

/* The first one counts: the others follow from it. */
enum rc link_failed(struct postgres_connection *c, const char *state, const char *message)
{
    const struct failure *f = failure_of(state);
    c->lost = c->lost || f->lost;
    if (c->rc != RC_OK) {
        return c->rc;
    }
    err_clear(&c->err);
    if (f->msg != NULL) {
        c->rc = err_set(&c->err, f->rc, f->code, "%s", f->msg);
    } else {
        c->rc = err_set(&c->err, f->rc, f->code, "database: %.*s (%s)", (int)strcspn(message, "\n"), message, state);
    }
    c->err.retry_after_ms = f->rc == RC_BUSY ? RETRY_SOON_MS : 0;
    c->again = f->again;
    return c->rc;
}

enum rc link_lost(struct postgres_connection *c, const char *why)
{
    c->lost = true;
    if (c->rc == RC_OK) {
        err_clear(&c->err);
        c->rc = err_set(&c->err, RC_BUSY, NULL, "%s", why);
        c->err.retry_after_ms = RETRY_SOON_MS;
        c->again = true;
    }
    return c->rc;
}

enum rc link_result(const struct postgres_connection *c, struct err *err)
{
    if (c->rc != RC_OK && err != NULL) {
        *err = c->err;
    }
    return c->rc;
}

/* ---- waiting ---- */

static bool wait_socket(const PGconn *conn, short events, struct mono deadline)
{
    struct pollfd fd = {.fd = PQsocket(conn), .events = events};
    for (;;) {
        int64_t left_ms = mono_left_ms(deadline, clock_mono());
        int n = fd.fd < 0 ? -1 : poll(&fd, 1, left_ms < INT32_MAX ? (int)left_ms : INT32_MAX);
        if (n > 0) {
            return true;
        }
        if (n == 0 || errno != EINTR) {
            return false;
        }
    }
}

/* True when PQgetResult will not block. */
static bool await_answer(struct postgres_connection *c)
{
    while (PQisBusy(c->conn)) {
        int flush = PQflush(c->conn);
        bool ready = flush >= 0 && wait_socket(c->conn, (short)(POLLIN | (flush > 0 ? POLLOUT : 0)), c->deadline);
        if (!ready) {
            (void)link_lost(c, "the database did not answer in time");
            return false;
        }
        if (PQconsumeInput(c->conn) == 0) {
            (void)link_lost(c, "the connection to the database was lost");
            return false;
        }
    }
    return true;
}

/* ---- commands and answers ---- */

bool link_sent(struct postgres_connection *c, enum command command, struct postgres_stmt *stmt, int sent)
{
    if (sent != 1) {
        (void)link_lost(c, "the connection to the database was lost");
        return false;
    }
    ensure(c->count < PENDING_MAX);
    c->pending[(c->first + c->count++) % PENDING_MAX] = (struct pending){command, stmt};
    c->unsynced = command != COMMAND_SYNC;
    return true;
}

bool link_send_text(struct postgres_connection *c, enum command command, const char *text)
{
    return !c->lost && link_sent(c, command, NULL, PQsendQueryParams(c->conn, text, 0, NULL, NULL, NULL, NULL, 0));
}

void link_push_out(struct postgres_connection *c)
{
    if (!c->lost && c->unsynced) {
        (void)link_sent(c, COMMAND_SYNC, NULL, PQpipelineSync(c->conn));
    }
    if (!c->lost && PQflush(c->conn) < 0) {
        (void)link_lost(c, "the connection to the database was lost");
    }
}

static void take_result(struct postgres_connection *c, const struct pending *pending, PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    switch (PQresultStatus(result)) {
    case PGRES_FATAL_ERROR:
        (void)link_failed(c, state != NULL ? state : "08", PQresultErrorMessage(result));
        break;
    case PGRES_COMMAND_OK:
        c->committed = c->committed || (pending->command == COMMAND_COMMIT && strcmp(PQcmdStatus(result), "COMMIT") == 0);
        break;
    default:
        break;
    }
    if (pending->stmt != NULL) {
        stmt_answered(pending->stmt, pending->command, result);
    } else {
        PQclear(result);
    }
}

/* All answers to the oldest command. */
static void collect_one(struct postgres_connection *c)
{
    const struct pending pending = c->pending[c->first];
    for (bool more = true; more && await_answer(c);) {
        PGresult *result = PQgetResult(c->conn);
        bool synced = result != NULL && PQresultStatus(result) == PGRES_PIPELINE_SYNC;
        more = result != NULL && !synced;
        if (synced) {
            PQclear(result);
        } else if (result != NULL) {
            take_result(c, &pending, result);
        }
    }
    c->first = (c->first + 1) % PENDING_MAX;
    c->count--;
}

static bool is_pending(const struct postgres_connection *c, const struct postgres_stmt *stmt)
{
    for (unsigned i = 0; i < c->count; i++) {
        const struct pending *pending = &c->pending[(c->first + i) % PENDING_MAX];
        if (pending->stmt == stmt && pending->command == COMMAND_QUERY) {
            return true;
        }
    }
    return false;
}

void link_collect(struct postgres_connection *c, const struct postgres_stmt *stmt)
{
    link_push_out(c);
    while (!c->lost && c->count > 0 && (stmt == NULL || is_pending(c, stmt))) {
        collect_one(c);
    }
}

void link_forget(struct postgres_connection *c, const struct postgres_stmt *stmt)
{
    for (unsigned i = 0; i < c->count; i++) {
        struct pending *pending = &c->pending[(c->first + i) % PENDING_MAX];
        if (pending->stmt == stmt && pending->command == COMMAND_QUERY) {
            pending->stmt = NULL;
        }
    }
}

/* ---- several statements in one text: outside of the pipeline ---- */

typedef void row_fn(void *arg, PGresult *result);

static bool run_script(struct postgres_connection *c, const char *text, row_fn *fn, void *arg)
{
    if (PQsendQuery(c->conn, text) != 1) {
        (void)link_lost(c, "the connection to the database was lost");
        return false;
    }
    while (await_answer(c)) {
        PGresult *result = PQgetResult(c->conn);
        if (result == NULL) {
            break;
        }
        if (fn != NULL && PQresultStatus(result) == PGRES_TUPLES_OK) {
            fn(arg, result);
        }
        take_result(c, &(struct pending){.command = COMMAND_CONTROL}, result);
    }
    return c->rc == RC_OK;
}

enum rc link_script(struct postgres_connection *c, const char *text, struct err *err)
{
    link_collect(c, NULL);
    if (c->rc == RC_OK && !c->lost && PQexitPipelineMode(c->conn) == 1) {
        (void)run_script(c, text, NULL, NULL);
        if (!c->lost && PQenterPipelineMode(c->conn) != 1) {
            (void)link_lost(c, "the connection to the database cannot be used");
        }
    }
    return link_result(c, err);
}

/* ---- connecting ---- */

static bool connect_poll(PGconn *conn, struct mono deadline)
{
    for (PostgresPollingStatusType status = PGRES_POLLING_WRITING; status != PGRES_POLLING_OK;
         status = PQconnectPoll(conn)) {
        short events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        if (status == PGRES_POLLING_FAILED || !wait_socket(conn, events, deadline)) {
            return false;
        }
    }
    return true;
}

/* What the URL says wins over what stands before it, and loses against what comes after it. TCP_USER_TIMEOUT ends the attempt on a host
 * that swallows everything, so that the next one is tried. */
static PGconn *connect_start(const struct server *server)
{
    char url[4096];
    snprintf(url, sizeof url, "%" STR_FMT, STR_ARG(server->url));
    const char *const names[] = {"application_name",  "keepalives_idle", "keepalives_interval", "keepalives_count",
                                 "tcp_user_timeout",  "dbname",          "client_encoding",     "password",
                                 NULL};
    const char *const values[] = {"numgated", "5", "2", "3", "4000", url, "UTF8", server->password, NULL};
    return PQconnectStartParams(names, values, 1);
}

static void ignore_notice(void *arg UNUSED, const char *message UNUSED)
{
}

/* A commit that was acknowledged is on the disk, whatever the server's default is; "off" alone would break that. */
static const char set_up[] = "set timezone = 'UTC'; set bytea_output = hex; set jit = off;"
                             "set standard_conforming_strings = on; set client_min_messages = error;"
                             "set lock_timeout = '10s'; set statement_timeout = '60s';"
                             "set idle_in_transaction_session_timeout = '30s';"
                             "select set_config('synchronous_commit', 'on', false)"
                             " where current_setting('synchronous_commit') = 'off'";
static const char about[] = "select pg_is_in_recovery() as standby, current_setting('server_encoding') as encoding";
static const char timeline[] = "select ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint";
/* Notices within 2 s that we have gone, so that it lets its locks go. Since version 14, and not everywhere. */
static const char check_client[] = "set client_connection_check_interval = '2s'";

struct about {
    bool standby, unicode;
};

static void note_about(void *arg, PGresult *result)
{
    struct about *seen = arg;
    seen->standby = PQgetvalue(result, 0, 0)[0] == 't';
    seen->unicode = strcmp(PQgetvalue(result, 0, 1), "UTF8") == 0;
}

static void note_timeline(void *arg, PGresult *result)
{
    int64_t *seen = arg;
    if (!str_to_i64(str_of(PQgetvalue(result, 0, 0)), 0, INT64_MAX, seen)) {
        *seen = 0;
    }
}

/* What a server may refuse without harm. */
static void try_script(struct postgres_connection *c, const char *text, row_fn *fn, void *arg)
{
    if (!run_script(c, text, fn, arg) && !c->lost) {
        c->rc = RC_OK;
        c->again = false;
    }
}

static enum rc check_timeline(struct server *server, struct postgres_connection *c)
{
    int64_t highest = atomic_load(&server->timeline_max);
    while (c->timeline > highest && !atomic_compare_exchange_weak(&server->timeline_max, &highest, c->timeline)) {
    }
    if (c->timeline != 0 && c->timeline < highest) {
        err_clear(&c->err);
        c->rc = err_set(&c->err, RC_BUSY, NULL, "the server is a primary of the past: timeline %lld, after %lld was seen",
                        (long long)c->timeline, (long long)highest);
    }
    return c->rc;
}

static enum rc session_begin(struct server *server, struct postgres_connection *c)
{
    struct about seen = {0};
    PQsetNoticeProcessor(c->conn, ignore_notice, NULL);
    if (PQsetnonblocking(c->conn, 1) != 0 || !run_script(c, set_up, NULL, NULL) ||
        !run_script(c, about, note_about, &seen)) {
        return link_lost(c, "the connection to the database was lost");
    }
    if (PQserverVersion(c->conn) < 130000) {
        return c->rc = err_set(&c->err, RC_INVALID, NULL, "PostgreSQL %d is too old: 13 is needed, or newer",
                               PQserverVersion(c->conn) / 10000);
    }
    if (!seen.unicode) {
        return c->rc = err_set(&c->err, RC_INVALID, NULL, "the database must have the encoding UTF8");
    }
    if (seen.standby) {
        return c->rc = err_set(&c->err, RC_BUSY, NULL, "the server is a standby and takes no writes");
    }
    try_script(c, timeline, note_timeline, &c->timeline);
    if (PQserverVersion(c->conn) >= 140000) {
        try_script(c, check_client, NULL, NULL);
    }
    if (!c->lost && PQenterPipelineMode(c->conn) != 1) {
        return link_lost(c, "the connection to the database cannot be used");
    }
    return c->lost ? c->rc : check_timeline(server, c);
}

enum rc link_open(struct server *server, struct mono deadline, struct postgres_connection *c, struct err *err)
{
    struct mono soonest = mono_after(clock_mono(), CONNECT_MS_MAX);
    c->deadline = soonest.ms < deadline.ms ? soonest : deadline;
    c->conn = connect_start(server);
    if (c->conn == NULL) {
        return err_set(err, RC_INTERNAL, NULL, "out of memory");
    }
    if (PQstatus(c->conn) == CONNECTION_BAD || !connect_poll(c->conn, c->deadline)) {
        const char *why = PQerrorMessage(c->conn);
        (void)err_set(err, RC_BUSY, NULL, "the database cannot be reached: %.*s", (int)strcspn(why, "\n"),
                      *why != '\0' ? why : "no answer in time");
        if (err != NULL) {
            err->retry_after_ms = RETRY_SOON_MS;
        }
        return RC_BUSY;
    }
    (void)session_begin(server, c);
    return link_result(c, err);
}

void link_close(struct postgres_connection *c)
{
    PQfinish(c->conn);
    c->conn = NULL;
}
