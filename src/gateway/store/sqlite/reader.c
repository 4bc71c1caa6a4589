/* Reads: on a thread of the store's, or on the caller's event loop. Each has a read-only connection of its
 * own. */
#include "common/base/clock.h"
#include "common/base/mem.h"
#include "gateway/store/sqlite/sqlite.h"

#include "common/base/banned.h"

/* A reader meets a lock only while SQLite recovers or another process holds the file; an event loop cannot
 * wait for that. */
static enum rc connect_reader(struct reader *reader, struct err *err)
{
    struct sql_options options = {
        .vfs = reader->store->config.test.vfs, .busy_ms = 250, .begun_us = &reader->begun_us};
    return sqlite_connect(reader->store->path, &options, &reader->connection, err);
}

/* When the budget of a scan is used up: early enough before the deadline that the short page is still wanted. */
static int64_t scan_end_us(const struct sqlite_store *store, const struct repo_job *job)
{
    int64_t budget_ms = (int64_t)store->config.scan_seconds * 1000;
    int64_t left_ms = mono_left_ms(job->deadline, clock_mono()) * 3 / 4;
    return clock_mono_us() + (left_ms < budget_ms ? left_ms : budget_ms) * 1000;
}

/* A scan takes a snapshot for each slice, by itself (list.c). */
static enum rc run_scan(struct sqlite_store *store, struct repo_tx *tx, struct repo_job *job, struct err *err)
{
    tx->scan_end_us = scan_end_us(store, job);
    tx->slice = store->config.test.slice;
    enum rc rc = job->run(tx, job, err);
    const struct sqlite_connection *connection = (void *)tx->sql;
    ensure(!connection->begun && connection->in_use == 0);
    return rc;
}

static enum rc run_snapshot(struct repo_tx *tx, struct repo_job *job, struct err *err)
{
    enum rc rc = sql_begin_read(tx->sql, 0, err);
    if (rc == RC_OK) {
        rc = job->run(tx, job, err);
        sql_end_read(tx->sql);
    }
    return rc;
}

static enum rc run(struct reader *reader, struct repo_job *job, struct err *err)
{
    struct sqlite_store *store = reader->store;
    if (atomic_load_explicit(&store->failed, memory_order_relaxed)) {
        return err_set(err, RC_BUSY, NULL, "the database has failed");
    }
    if (store_job_expired(job, err)) {
        return RC_BUSY;
    }
    enum rc rc = reader->connection == NULL ? connect_reader(reader, err) : RC_OK;
    if (rc != RC_OK) {
        return rc;
    }
    arena_rewind(job->mem, job->store.mark);
    struct repo_tx tx = {.sql = &reader->connection->sql, .mem = job->mem, .kind = job->kind};
    return job->kind == REPO_SCAN ? run_scan(store, &tx, job, err) : run_snapshot(&tx, job, err);
}

void reader_run(struct reader *reader, struct repo_job *job)
{
    struct err err;
    err_clear(&err);
    enum rc rc = run(reader, job, &err);
    if (rc == RC_BUSY) {
        err.retry_after_ms = err.retry_after_ms != 0 ? err.retry_after_ms : RETRY_SOON_MS;
        metric_add(reader->store->metrics.reads_refused, 1);
    }
    job->done(job, rc, &err);
}

static void *reader_main(void *arg)
{
    struct reader *reader = arg;
    for (bool closed = false; !closed;) {
        struct repo_job *job = queue_take(reader->queue, 1, 0, &closed);
        if (job != NULL) {
            reader_run(reader, job);
        }
    }
    return NULL;
}

bool reader_start(struct reader *reader, struct sqlite_store *store, struct job_queue *queue)
{
    reader->store = store;
    reader->queue = queue;
    reader->started = pthread_create(&reader->thread, NULL, reader_main, reader) == 0;
    return reader->started;
}

void reader_stop(struct reader *reader)
{
    if (reader->started) {
        pthread_join(reader->thread, NULL);
    }
    sqlite_close(TAKE(reader->connection));
}
