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

enum settled { COMMITTED, UNDONE, OPEN };

static const char is_away[] = "the database cannot be reached";
static const char is_full[] = "there is no room left for the database";

/* ---- connections ---- */

static enum rc refuse(struct err *err, const char *why)
{
    enum rc rc = err_set(err, RC_BUSY, NULL, "%s", why);
    if (err != NULL) {
        err->retry_after_ms = RETRY_SOON_MS;
    }
    return rc;
}

enum rc store_connection(struct postgres_store *store, struct postgres_connection **connection, struct mono deadline,
                         struct err *err)
{
    if (*connection != NULL && (*connection)->timeline < atomic_load(&store->server.timeline_max) &&
        (*connection)->timeline != 0) {
        store_disconnect(store, connection); /* another server was promoted */
    }
    if (*connection != NULL) {
        return RC_OK;
    }
    struct err why = {0};
    enum rc rc = postgres_connect(&store->server, deadline, connection, &why);
    metric_add(rc == RC_OK ? store->metrics.connects : store->metrics.connect_failures, 1);
    if (rc == RC_OK) {
        metric_add(store->metrics.connections, 1);
        return RC_OK;
    }
    upkeep_hurry(store, is_away);
    if (err != NULL) {
        *err = why;
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
    struct repo_tx tx = {
        .sql = &worker->connection->sql, .mem = job->mem, .kind = job->kind, .shared = true, .shard = worker->shard};
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

static enum settled settle_on(struct postgres_connection *c, const char *operation_id, bool *ret_known)
{
    struct err err;
    char lock[64];
    snprintf(lock, sizeof lock, "set local lock_timeout = %d", SETTLE_LOCK_MS);
    c->operation_id = operation_id;
    enum rc rc = sql_begin_write(&c->sql, &err);
    if (rc == RC_OK) {
        rc = sql_script(&c->sql, lock, &err); /* writes the row first */
    }
    rc = rc == RC_OK ? sql_commit(&c->sql, &err) : rc;
    if (rc != RC_OK && c->writing) {
        sql_rollback(&c->sql);
    }
    *ret_known = rc == RC_OK || rc == RC_CONFLICT;
    return rc == RC_OK ? UNDONE : rc == RC_CONFLICT ? COMMITTED : OPEN;
}

static void pause_ms(int ms)
{
    (void)poll(NULL, 0, ms);
}

static enum settled settle(struct worker *worker, struct mono deadline)
{
    struct postgres_store *store = worker->store;
    enum settled settled = OPEN;
    bool known = false;
    char operation_id[sizeof worker->operation_id];
    memcpy(operation_id, worker->operation_id, sizeof operation_id);
    store_disconnect(store, &worker->connection);
    while (!known && clock_mono().ms < deadline.ms) {
        if (store_connection(store, &worker->connection, deadline, NULL) == RC_OK) {
            postgres_ready(worker->connection, deadline);
            settled = settle_on(worker->connection, operation_id, &known);
        }
        if (!known) {
            store_disconnect(store, &worker->connection);
            pause_ms(SETTLE_LOCK_MS);
        }
    }
    metric_add(store->metrics.settled[settled], 1);
    LOG(LOG_WARNING, "commit_settled", log_cstr("operation", operation_id),
        log_cstr("result", settled == COMMITTED ? "committed" : settled == UNDONE ? "undone" : "open"));
    return settled;
}

/* ---- a job ---- */

/* Whether the job shall be run once more after this failure. */
static bool runs_again(struct worker *worker, const struct repo_job *job, enum rc *rc, struct err *err)
{
    struct postgres_connection *c = worker->connection;
    struct postgres_store *store = worker->store;
    bool again = *rc != RC_OK && c->again && c->rc != RC_OK;
    if (*rc == RC_UNCERTAIN && c->marked) {
        enum settled settled = settle(worker, job->deadline);
        if (settled == COMMITTED) {
            *rc = RC_OK;
            err_clear(err);
        }
        return settled == UNDONE;
    }
    if (c->lost) {
        metric_add(store->metrics.lost, 1);
        store_disconnect(store, &worker->connection);
    }
    if (*rc == RC_BUSY && err->code != NULL && strcmp(err->code, STORE_FULL) == 0) {
        atomic_store(&store->full, true);
        upkeep_hurry(store, is_full);
    }
    metric_add(store->metrics.again, again);
    return again;
}

/* Then upkeep alone tries to reach it. */
static bool is_gone(struct postgres_store *store)
{
    return atomic_load(&store->not_ready) != NULL && !atomic_load(&store->full);
}

static enum rc run(struct worker *worker, struct repo_job *job, struct err *err)
{
    enum rc rc = RC_BUSY;
    for (unsigned runs = 0; runs < RUNS_MAX; runs++) {
        err_clear(err);
        if (store_job_expired(job, err)) {
            return RC_BUSY;
        }
        if (worker->connection == NULL && is_gone(worker->store)) {
            return refuse(err, is_away);
        }
        rc = store_connection(worker->store, &worker->connection, job->deadline, err);
        if (rc != RC_OK) {
            return rc == RC_BUSY ? rc : refuse(err, is_away);
        }
        rc = run_once(worker, job, err);
        if (rc == RC_OK || !runs_again(worker, job, &rc, err)) {
            return rc;
        }
        pause_ms((int)(random_u64() % (1 + 2 * runs)));
    }
    return rc;
}

static void run_job(struct worker *worker, struct repo_job *job)
{
    struct err err;
    err_clear(&err);
    enum rc rc = run(worker, job, &err);
    if (rc == RC_BUSY || rc == RC_UNCERTAIN) {
        err.retry_after_ms = err.retry_after_ms != 0 ? err.retry_after_ms : RETRY_SOON_MS;
    }
    if (rc == RC_BUSY && job->kind != REPO_WRITE) {
        metric_add(worker->store->metrics.reads_refused, 1);
    }
    job->done(job, rc, &err);
}

static void *worker_main(void *arg)
{
    struct worker *worker = arg;
    for (bool closed = false; !closed;) {
        struct repo_job *job = queue_take(worker->queue, 1, 0, &closed);
        if (job != NULL) {
            run_job(worker, job);
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
