/* Threads that run jobs, each on a connection of its own. A job is run once more when its transaction met another one (a deadlock, a row
 * that somebody else created meanwhile) or its connection was lost before the commit was sent: nothing of it has happened then.
 *
 * A commit whose answer was lost is settled on a new connection by inserting the operation row once more. It is there already: the commit
 * has happened. It could be inserted: the commit never will. It is locked: the commit is still open, for instance because a standby does
 * not answer; then nobody can know yet, and the caller is told so. */
#include <poll.h>
#include <stdio.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/random.h"
#include "gateway/store/postgres/postgres.h"

#include "common/base/banned.h"

/* ---- connections ---- */

static enum rc refuse(struct err *err)
{
    (void)err_set(err, RC_BUSY, NULL, "%s", health_text(AWAY));
    err->retry_after_ms = RETRY_SOON_MS;
    return RC_BUSY;
}

static bool is_away(struct postgres_store *store)
{
    return atomic_load(&store->health) == AWAY;
}

/* Lost in a moment when nobody waited for an answer, or of another time: another server was promoted since. */
static bool is_stale(struct postgres_store *store, const struct postgres_connection *c)
{
    return c->lost || (c->timeline != 0 && c->timeline < atomic_load(&store->server.timeline_max));
}

enum rc store_connection(struct postgres_store *store, struct postgres_connection **connection,
                         struct mono deadline, struct err *err)
{
    if (*connection != NULL && is_stale(store, *connection)) {
        store_disconnect(store, connection);
    }
    if (*connection != NULL) {
        return RC_OK;
    }
    enum rc rc = postgres_connect(&store->server, deadline, connection, err);
    metric_add(rc == RC_OK ? store->metrics.connects : store->metrics.connect_failures, 1);
    metric_add(store->metrics.connections, rc == RC_OK);
    if (rc != RC_OK &&
        clock_mono().ms < deadline.ms) { /* else it may be there, and there was no time for it */
        upkeep_hurry(store, AWAY);
    }
    return rc;
}

void store_disconnect(struct postgres_store *store, struct postgres_connection **connection)
{
    if (*connection != NULL) {
        metric_add(store->metrics.connections, -1);
        postgres_close(TAKE(*connection));
    }
}

/* At once: the server keeps the locks of a connection until it is closed. */
static void drop_lost(struct worker *worker)
{
    if (worker->connection != NULL && worker->connection->lost) {
        metric_add(worker->store->metrics.lost, 1);
        store_disconnect(worker->store, &worker->connection);
    }
}

/* ---- one run ---- */

static int64_t scan_end_us(const struct postgres_store *store, const struct repo_job *job)
{
    int64_t budget_ms = (int64_t)store->config.scan_seconds * 1000;
    int64_t left_ms = mono_left_ms(job->deadline, clock_mono()) * 3 / 4;
    return clock_mono_us() + (left_ms < budget_ms ? left_ms : budget_ms) * 1000;
}

static enum rc run_write(struct worker *worker, struct repo_tx *tx, struct repo_job *job, struct err *err)
{
    struct postgres_store *store = worker->store;
    snprintf(worker->operation_id, sizeof worker->operation_id, "%s-%012llx", store->node,
             (unsigned long long)atomic_fetch_add(&store->operations, 1));
    worker->connection->operation_id = worker->operation_id;
    tx->revisions = &worker->revisions;
    int64_t begun_us = clock_mono_us();
    enum rc rc = sql_begin_write(tx->sql, err);
    if (rc == RC_OK) {
        rc = job->run(tx, job, err);
    }
    job->touched = rc == RC_OK ? tx->touched : 0;
    revision_done(&worker->revisions);
    if (rc == RC_OK) {
        rc = sql_commit(tx->sql, err);
        metric_observe(store->metrics.commit_seconds, (double)(clock_mono_us() - begun_us) / 1e6);
    } else {
        sql_rollback(tx->sql);
    }
    return rc;
}

static enum rc run_list(struct repo_tx *tx, struct repo_job *job, struct err *err)
{
    enum rc rc = sql_begin_read(tx->sql, 0, err);
    if (rc == RC_OK) {
        rc = job->run(tx, job, err);
    }
    sql_end_read(tx->sql);
    return rc;
}

static enum rc run_once(struct worker *worker, struct repo_job *job, struct err *err)
{
    struct repo_tx tx = {.sql = &worker->connection->sql,
                         .mem = job->mem,
                         .kind = job->kind,
                         .shared = true,
                         .shard = worker->shard};
    arena_rewind(job->mem, job->store.mark);
    postgres_ready(worker->connection, job->deadline);
    switch (job->kind) {
    case REPO_WRITE:
        return run_write(worker, &tx, job, err);
    case REPO_LIST:
        return run_list(&tx, job, err);
    case REPO_SCAN:
        tx.scan_end_us = scan_end_us(worker->store, job);
        tx.slice = worker->store->config.test.slice;
        return job->run(&tx, job, err);
    case REPO_POINT:
        break;
    }
    return job->run(&tx, job, err); /* each statement sees what is committed */
}

/* ---- a commit without an answer ---- */

static void pause_ms(int ms)
{
    (void)poll(NULL, 0, ms);
}

static bool try_settle(struct worker *worker, const char *operation_id, struct mono deadline,
                       enum settled *ret)
{
    struct err ignored;
    bool there = !is_away(worker->store) &&
                 store_connection(worker->store, &worker->connection, deadline, &ignored) == RC_OK;
    if (there) {
        postgres_ready(worker->connection, deadline);
    }
    return there && postgres_settle(worker->connection, operation_id, ret, &ignored) == RC_OK;
}

static enum settled settle(struct worker *worker, struct mono deadline)
{
    static const char *const results[] = {
        [SETTLED_COMMITTED] = "committed", [SETTLED_UNDONE] = "undone", [SETTLED_OPEN] = "open"};
    enum settled settled = SETTLED_OPEN;
    bool known = false;
    drop_lost(worker);
    while (!known && clock_mono().ms < deadline.ms) {
        known = try_settle(worker, worker->operation_id, deadline, &settled);
        if (!known) {
            pause_ms(SETTLE_PAUSE_MS);
        }
    }
    metric_add(worker->store->metrics.settled[settled], 1);
    LOG(LOG_WARNING, "commit_settled", log_cstr("operation", worker->operation_id),
        log_cstr("result", results[settled]));
    return settled;
}

/* ---- a job ---- */

/* Of a commit in doubt: whether the job shall be run once more. */
static bool undone(struct worker *worker, const struct repo_job *job, enum rc *rc, struct err *err)
{
    enum settled settled = settle(worker, job->deadline);
    if (settled == SETTLED_COMMITTED) {
        *rc = RC_OK;
        err_clear(err);
    }
    return settled == SETTLED_UNDONE;
}

/* A key that is taken again and again is no race: the job means it. */
static bool met_another(const struct postgres_connection *c, enum rc rc, unsigned runs)
{
    return c->rc != RC_OK && c->again && (rc != RC_CONFLICT || runs + 1 < CONFLICT_RUNS);
}

/* Whether the job shall be run once more after this failure. */
static bool runs_again(struct worker *worker, const struct repo_job *job, unsigned runs, enum rc *rc,
                       struct err *err)
{
    const struct postgres_connection *c = worker->connection;
    struct postgres_store *store = worker->store;
    if (*rc == RC_UNCERTAIN && c->marked) {
        return undone(worker, job, rc, err);
    }
    bool again = met_another(c, *rc, runs);
    metric_add(store->metrics.again, again);
    if (*rc == RC_BUSY && err->code != NULL && strcmp(err->code, STORE_FULL) == 0) {
        upkeep_hurry(store, FULL);
    }
    return again;
}

static enum rc run(struct worker *worker, struct repo_job *job, struct err *err)
{
    enum rc rc = RC_BUSY;
    for (unsigned runs = 0; runs < RUNS_MAX; runs++) {
        err_clear(err);
        if (store_job_expired(job, err)) {
            return RC_BUSY;
        }
        if (worker->connection == NULL && is_away(worker->store)) {
            return refuse(err);
        }
        rc = store_connection(worker->store, &worker->connection, job->deadline, err);
        if (rc != RC_OK) {
            return rc == RC_BUSY ? rc : refuse(err);
        }
        rc = run_once(worker, job, err);
        bool again = rc != RC_OK && runs_again(worker, job, runs, &rc, err);
        drop_lost(worker);
        if (!again) {
            return rc;
        }
        pause_ms((int)(random_u64() % (1 + 2 * runs)));
    }
    return rc;
}

static void answer(struct postgres_store *store, struct repo_job *job, enum rc rc, struct err *err)
{
    if ((rc == RC_BUSY || rc == RC_UNCERTAIN) && err->retry_after_ms == 0) {
        err->retry_after_ms = RETRY_SOON_MS;
    }
    metric_add(store->metrics.reads_refused, rc == RC_BUSY && job->kind != REPO_WRITE);
    job->done(job, rc, err);
}

void worker_refuse(struct postgres_store *store, struct repo_job *job)
{
    struct err err;
    answer(store, job, refuse(&err), &err);
}

static void *worker_main(void *arg)
{
    struct worker *worker = arg;
    for (bool closed = false; !closed;) {
        struct repo_job *job = queue_take(worker->queue, 1, 0, &closed);
        if (job != NULL) {
            struct err err;
            enum rc rc = run(worker, job, &err);
            answer(worker->store, job, rc, &err);
        }
    }
    return NULL;
}

bool worker_start(struct worker *worker)
{
    worker->started = pthread_create(&worker->thread, NULL, worker_main, worker) == 0;
    return worker->started;
}

void worker_stop(struct worker *worker)
{
    if (worker->started) {
        pthread_join(worker->thread, NULL);
    }
    store_disconnect(worker->store, &worker->connection);
}
