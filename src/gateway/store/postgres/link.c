/* Commands and their answers. libpq is never waited for: its socket is polled up to the deadline, and a server that did not answer by
 * then has lost this connection. Answers come in the order of the commands; a failure makes the server skip all that was sent up to the
 * next sync. Answers of a transaction that is over may still be on their way when the next one begins: they change nothing in it. */
#include <errno.h>
#include <poll.h>

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
    {"23505", RC_CONFLICT, NULL, NULL,
     .again = true}, /* somebody was faster: the next run sees what he did */
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
        c->rc = err_set(&c->err, f->rc, f->code, "database: %.*s (%s)", (int)strcspn(message, "\n"), message,
                        state);
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

bool link_wait(const PGconn *conn, short events, struct mono deadline)
{
    struct pollfd fd = {.fd = PQsocket(conn), .events = events};
    if (fd.fd < 0) {
        return false;
    }
    for (;;) {
        int64_t left_ms = mono_left_ms(deadline, clock_mono());
        int n = poll(&fd, 1, left_ms < INT32_MAX ? (int)left_ms : INT32_MAX);
        if (n >= 0 || errno != EINTR) {
            return n > 0;
        }
    }
}

/* True when PQgetResult will not block. */
static bool await_answer(struct postgres_connection *c)
{
    while (PQisBusy(c->conn)) {
        int flush = PQflush(c->conn);
        bool ready =
            flush >= 0 && link_wait(c->conn, (short)(POLLIN | (flush > 0 ? POLLOUT : 0)), c->deadline);
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

/* The i-th of those that are not answered yet, the oldest first. */
static struct pending *pending_at(struct postgres_connection *c, unsigned i)
{
    return &c->pending[(c->first + i) % PENDING_MAX];
}

bool link_sent(struct postgres_connection *c, enum command command, struct postgres_stmt *stmt, int sent)
{
    if (sent != 1) {
        (void)link_lost(c, "the connection to the database was lost");
        return false;
    }
    ensure(c->count < PENDING_MAX);
    *pending_at(c, c->count++) = (struct pending){command, stmt, false};
    c->unsynced = command != COMMAND_SYNC;
    return true;
}

bool link_send_text(struct postgres_connection *c, enum command command, const char *text)
{
    return !c->lost &&
           link_sent(c, command, NULL, PQsendQueryParams(c->conn, text, 0, NULL, NULL, NULL, NULL, 0));
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

static void take_failure(struct postgres_connection *c, const struct pending *pending, const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    bool lost = state == NULL || (pending->past && failure_of(state)->lost);
    if (lost) {
        (void)link_lost(c, "the connection to the database was lost");
    } else if (!pending->past) {
        c->committing =
            c->committing && pending->command == COMMAND_COMMIT; /* else the server skips the commit */
        (void)link_failed(c, state, PQresultErrorMessage(result));
    }
}

static void take_result(struct postgres_connection *c, const struct pending *pending, PGresult *result)
{
    switch (PQresultStatus(result)) {
    case PGRES_BAD_RESPONSE:
    case PGRES_FATAL_ERROR:
        take_failure(c, pending, result);
        break;
    case PGRES_COMMAND_OK:
        c->committed = c->committed ||
                       (pending->command == COMMAND_COMMIT && strcmp(PQcmdStatus(result), "COMMIT") == 0);
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
    const struct pending pending = *pending_at(c, 0);
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

static bool is_pending(struct postgres_connection *c, const struct postgres_stmt *stmt)
{
    for (unsigned i = 0; i < c->count; i++) {
        if (pending_at(c, i)->stmt == stmt && pending_at(c, i)->command == COMMAND_QUERY) {
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
        struct pending *pending = pending_at(c, i);
        if (pending->stmt == stmt && pending->command == COMMAND_QUERY) {
            pending->stmt = NULL;
        }
    }
}

void link_renew(struct postgres_connection *c, struct mono deadline)
{
    for (unsigned i = 0; i < c->count; i++) {
        pending_at(c, i)->past = true;
    }
    c->rc = RC_OK;
    c->again = c->marked = c->committing = c->committed = false;
    c->deadline = deadline;
    if (c->count > PENDING_MAX / 2) {
        link_collect(c, NULL);
    }
    if (c->lost) { /* between two transactions */
        (void)link_lost(c, "the connection to the database was lost");
    }
}

/* ---- several statements in one text: outside of the pipeline ---- */

bool link_run_text(struct postgres_connection *c, const char *text, link_row_fn *fn, void *arg)
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
    if (c->rc != RC_OK) {
        return link_result(c, err);
    }
    bool left = PQexitPipelineMode(c->conn) == 1;
    if (left) {
        (void)link_run_text(c, text, NULL, NULL);
    }
    if (!left || (!c->lost && PQenterPipelineMode(c->conn) != 1)) {
        (void)link_lost(c, "the connection to the database cannot be used");
    }
    return link_result(c, err);
}
