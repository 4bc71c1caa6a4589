/* The one thread that writes. It takes what is queued, up to 64 jobs, and commits them together; with nothing
 * else queued a job is committed at once. Each job is a part of its own, so a refused one leaves the others
 * alone.
 *
 * What can go wrong, and what then is true:
 *  - a job fails: its part is undone, the group goes on;
 *  - a failure ends the whole transaction (SQLITE_FULL, an I/O error before the commit), or the commit is
 * refused: nothing of the group happened, every job runs again in a transaction of its own;
 *  - the database is locked by another process: all are refused with RC_BUSY;
 *  - an I/O error at the commit, at an fsync or in a checkpoint: what is on the disk is unknown. The jobs are
 * RC_UNCERTAIN, everything else is refused, and the process ends. */
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "gateway/store/sqlite/sqlite.h"

#include "common/base/banned.h"

static const char is_full[] = "there is no room left for the database";
static const char is_locked[] = "the database is locked by another process";
static const char has_failed[] = "the database has failed";

/* ---- one job ---- */

static enum rc verdict_set(struct verdict *verdict, enum rc rc)
{
    verdict->rc = rc;
    if (rc == RC_BUSY && verdict->err.retry_after_ms == 0) {
        verdict->err.retry_after_ms = RETRY_SOON_MS;
    }
    return rc;
}

static enum rc run_part(struct writer *writer, struct repo_job *job, struct err *err)
{
    int64_t reserved = writer->revisions.reserved;
    struct repo_tx tx = {
        .sql = &writer->connection->sql, .mem = job->mem, .kind = job->kind, .revisions = &writer->revisions};
    arena_rewind(job->mem, job->store.mark);
    sqlite_part_begin(writer->connection);
    enum rc rc = job->run(&tx, job, err);
    job->touched = rc == RC_OK ? tx.touched : 0;
    if (rc == RC_OK) {
        return sqlite_part_keep(writer->connection, err);
    }
    writer->revisions.reserved = reserved; /* what it wrote ahead is undone with it */
    sqlite_part_undo(writer->connection);
    return rc;
}

static void run_job(struct writer *writer, size_t i)
{
    struct verdict *verdict = &writer->verdicts[i];
    err_clear(&verdict->err);
    if (store_job_expired(writer->jobs[i], &verdict->err)) {
        verdict->rc = RC_BUSY;
        return;
    }
    verdict_set(verdict, run_part(writer, writer->jobs[i], &verdict->err));
}

/* ---- one transaction ---- */

enum outcome {
    COMMITTED, /* the verdicts hold */
    LOCKED,    /* could not begin; err says why */
    UNDONE,    /* nothing happened */
    UNKNOWN,   /* the commit may have happened; the process must end */
};

static enum rc run_all(struct writer *writer, size_t from, size_t to, struct err *err)
{
    enum rc rc = revision_reserve(&writer->connection->sql, &writer->revisions, err);
    for (size_t i = from; rc == RC_OK && i < to; i++) {
        run_job(writer, i);
        if (!sql_in_transaction(&writer->connection->sql)) {
            *err = writer->verdicts[i].err;
            return writer->verdicts[i].rc == RC_OK ? RC_INTERNAL : writer->verdicts[i].rc;
        }
    }
    return rc;
}

static enum outcome transaction(struct writer *writer, size_t from, size_t to, enum rc *ret, struct err *err)
{
    *ret = sql_begin_write(&writer->connection->sql, err);
    if (*ret != RC_OK) {
        return writer->connection->sync_failed ? UNKNOWN : LOCKED;
    }
    int64_t reserved = writer->revisions.reserved;
    *ret = run_all(writer, from, to, err);
    if (*ret == RC_OK) {
        *ret = sql_commit(&writer->connection->sql, err);
    } else {
        sql_rollback(&writer->connection->sql);
    }
    if (*ret == RC_OK) {
        return COMMITTED;
    }
    writer->revisions.reserved = reserved;
    return *ret == RC_UNCERTAIN || writer->connection->sync_failed ? UNKNOWN : UNDONE;
}

/* ---- the group ---- */

static void refuse(struct writer *writer, size_t from, size_t to, enum rc rc, const struct err *err)
{
    for (size_t i = from; i < to; i++) {
        writer->verdicts[i].err = *err;
        verdict_set(&writer->verdicts[i], rc);
    }
}

/* Jobs that were refused for reasons of their own stay refused. */
static void doubt(struct writer *writer, size_t from, size_t to, const struct err *err)
{
    for (size_t i = from; i < to; i++) {
        if (writer->verdicts[i].rc == RC_OK) {
            writer->verdicts[i] = (struct verdict){RC_UNCERTAIN, *err};
        }
    }
}

/* Each job by itself, as far as that goes. */
static enum outcome run_alone(struct writer *writer, size_t count, struct err *err)
{
    enum outcome outcome = COMMITTED;
    metric_add(writer->store->metrics.groups_split, 1);
    for (size_t i = 0; i < count; i++) {
        enum rc rc;
        outcome = transaction(writer, i, i + 1, &rc, err);
        if (outcome == UNKNOWN) {
            doubt(writer, i, i + 1, err);
            refuse(writer, i + 1, count, RC_BUSY, err);
            return UNKNOWN;
        }
        if (outcome == LOCKED) {
            refuse(writer, i, count, rc, err);
            return LOCKED;
        }
        if (outcome == UNDONE) {
            refuse(writer, i, i + 1, rc, err);
        }
    }
    return outcome;
}

/* Settles all verdicts of the group. */
static enum outcome run_group(struct writer *writer, size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        writer->verdicts[i].rc = RC_OK;
    }
    enum rc rc;
    enum outcome outcome = transaction(writer, 0, count, &rc, err);
    if (outcome == UNKNOWN) {
        doubt(writer, 0, count, err);
    } else if (outcome == UNDONE && count > 1) {
        return run_alone(writer, count, err);
    } else if (outcome != COMMITTED) {
        refuse(writer, 0, count, rc, err);
    }
    return outcome;
}

static size_t group_take(struct writer *writer, bool *ret_closed)
{
    struct repo_job *job =
        queue_take(&writer->queue, GROUP_JOBS_MAX, writer->store->config.test.tick_ms, ret_closed);
    size_t count = 0;
    for (; job != NULL; job = job->store.next) {
        writer->jobs[count++] = job;
    }
    return count;
}

/* All at once, after the commit: the loops then wake once for many. A job is its owner's again as soon as it
 * is done. */
static void group_answer(struct writer *writer, size_t count)
{
    const struct store_config *config = &writer->store->config;
    if (config->burst != NULL) {
        config->burst(config->burst_arg, true);
    }
    for (size_t i = 0; i < count; i++) {
        writer->jobs[i]->done(writer->jobs[i], writer->verdicts[i].rc, &writer->verdicts[i].err);
    }
    if (config->burst != NULL) {
        config->burst(config->burst_arg, false);
    }
}

static bool is_full_err(const struct err *err)
{
    return err->code != NULL && strcmp(err->code, STORE_FULL) == 0;
}

static void note_trouble(struct writer *writer, size_t count, enum outcome outcome)
{
    struct sqlite_store *store = writer->store;
    int64_t full = 0;
    for (size_t i = 0; i < count; i++) {
        full += writer->verdicts[i].rc == RC_BUSY && is_full_err(&writer->verdicts[i].err);
    }
    metric_add(store->metrics.refused_full, full);
    metric_add(store->metrics.refused_locked, outcome == LOCKED ? (int64_t)count : 0);
    atomic_store(&store->not_ready, full > 0 ? is_full : outcome == LOCKED ? is_locked : NULL);
}

static void give_up(struct writer *writer, const struct err *err)
{
    struct sqlite_store *store = writer->store;
    atomic_store(&store->not_ready, has_failed);
    atomic_store(&store->failed, true);
    if (store->config.fatal != NULL) {
        store->config.fatal(store->config.fatal_arg, err->msg);
        return;
    }
    LOG(LOG_ERROR, "store_failed", log_cstr("why", err->msg));
    _exit(70);
}

static void work(struct writer *writer, size_t count)
{
    struct err err;
    err_clear(&err);
    struct sqlite_metrics *metrics = &writer->store->metrics;
    int64_t begun_us = clock_mono_us();
    enum outcome outcome = run_group(writer, count, &err);
    metric_observe(metrics->group_jobs, (double)count);
    metric_observe(metrics->commit_seconds, (double)(clock_mono_us() - begun_us) / 1e6);
    note_trouble(writer, count, outcome);
    if (outcome == UNKNOWN) {
        atomic_store(&writer->store->failed, true); /* before anybody can come back with the next request */
    }
    group_answer(writer, count);
    if (outcome == UNKNOWN || writer_tidy(writer, &err) == RC_UNCERTAIN) {
        give_up(writer, &err);
    }
}

static void refuse_failed(struct writer *writer, size_t count)
{
    struct err err;
    err_set(&err, RC_BUSY, NULL, "%s", has_failed);
    refuse(writer, 0, count, RC_BUSY, &err);
    group_answer(writer, count);
}

static void idle(struct writer *writer)
{
    struct err err;
    err_clear(&err);
    enum rc rc = writer_idle(writer, &err);
    if (rc == RC_UNCERTAIN) {
        give_up(writer, &err);
        return;
    }
    const char *why = rc == RC_OK         ? NULL
                      : is_full_err(&err) ? is_full
                      : rc == RC_BUSY     ? is_locked
                                          : has_failed;
    atomic_store(&writer->store->not_ready, why);
}

static void *writer_main(void *arg)
{
    struct writer *writer = arg;
    for (bool closed = false; !closed;) {
        size_t count = group_take(writer, &closed);
        bool failed = atomic_load(&writer->store->failed);
        if (count > 0) {
            (failed ? refuse_failed : work)(writer, count);
        } else if (!closed && !failed) {
            idle(writer);
        }
    }
    return NULL;
}

bool writer_start(struct writer *writer, struct sqlite_store *store)
{
    writer->store = store;
    writer->started = pthread_create(&writer->thread, NULL, writer_main, writer) == 0;
    return writer->started;
}

void writer_stop(struct writer *writer)
{
    if (writer->started) {
        queue_close(&writer->queue);
        pthread_join(writer->thread, NULL);
    }
    sqlite_close(TAKE(writer->connection));
}
