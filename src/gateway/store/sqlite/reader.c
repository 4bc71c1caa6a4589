/* Reads: on a thread of the store's, or on the caller's event loop. Each has a read-only connection of its
 * own. */
#include "common/base/clock.h"
#include "common/base/mem.h"
#include "gateway/store/sqlite/sqlite.h"

#include "common/base/banned.h"

bool job_expired(const struct repo_job *job, struct err *err)
{
    if (clock_mono().ms < job->deadline.ms) {
        return false;
    }
    err_set(err, RC_BUSY, NULL, "the request waited too long");
    err->retry_after_ms = RETRY_SOON_MS;
    return true;
}

/* A reader meets a lock only while SQLite recovers or another process holds the file; an event loop cannot
 * wait for that. */
static enum rc connect_reader(struct reader *reader, struct err *err)
{
    struct sql_options options = {
        .vfs = reader->repo->config.test.vfs, .busy_ms = 250, .begun_us = &reader->begun_us};
    return sqlite_connect(reader->repo->path, &options, &reader->sql, err);
}

/* When the budget of a scan is used up: early enough before the deadline that the short page is still wanted. */
static int64_t scan_end_us(const struct repo *repo, const struct repo_job *job)
{
    int64_t budget_ms = (int64_t)repo->config.scan_seconds * 1000;
    int64_t left_ms = mono_left_ms(job->deadline, clock_mono()) * 3 / 4;
    return clock_mono_us() + (left_ms < budget_ms ? left_ms : budget_ms) * 1000;
}

/* A scan takes a snapshot for each slice, by itself (list.c). */
static enum rc run_scan(struct repo *repo, struct repo_tx *tx, struct repo_job *job, struct err *err)
{
    tx->scan_end_us = scan_end_us(repo, job);
    tx->slice = repo->config.test.slice;
    enum rc rc = job->run(tx, job, err);
    ensure(!tx->sql->begun && tx->sql->in_use == 0);
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
    struct repo *repo = reader->repo;
    if (atomic_load_explicit(&repo->failed, memory_order_relaxed)) {
        return err_set(err, RC_BUSY, NULL, "the database has failed");
    }
    if (job_expired(job, err)) {
        return RC_BUSY;
    }
    enum rc rc = reader->sql == NULL ? connect_reader(reader, err) : RC_OK;
    if (rc != RC_OK) {
        return rc;
    }
    arena_rewind(job->mem, job->store.mark);
    struct repo_tx tx = {.sql = reader->sql, .mem = job->mem, .kind = job->kind};
    return job->kind == REPO_SCAN ? run_scan(repo, &tx, job, err) : run_snapshot(&tx, job, err);
}

void reader_run(struct reader *reader, struct repo_job *job)
{
    struct err err;
    err_clear(&err);
    enum rc rc = run(reader, job, &err);
    if (rc == RC_BUSY) {
        err.retry_after_ms = err.retry_after_ms != 0 ? err.retry_after_ms : RETRY_SOON_MS;
        metric_add(reader->repo->metrics.reads_refused, 1);
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

bool reader_start(struct reader *reader, struct repo *repo, struct job_queue *queue)
{
    reader->repo = repo;
    reader->queue = queue;
    reader->started = pthread_create(&reader->thread, NULL, reader_main, reader) == 0;
    return reader->started;
}

void reader_stop(struct reader *reader)
{
    if (reader->started) {
        pthread_join(reader->thread, NULL);
    }
    sqlite_close(TAKE(reader->sql));
}
