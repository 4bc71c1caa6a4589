/* Checkpoints, and what the idle writer tidies up. All checkpoints are the writer's: SQLite before 3.51.3 can
 * lose data when one connection resets the WAL while another one checkpoints. */
#include "common/base/clock.h"
#include "gateway/store/sqlite/sqlite.h"

#include "common/base/banned.h"

#define PURGE_PAUSE_US    (60 * 1000000) /* between two looks for what is too old */
#define TRUNCATE_PAUSE_US 1000000        /* after one that met a reader */

enum { DONE, PARTLY, FAILED };

/* BUSY is normal (a reader holds a snapshot) and never waited for. */
static enum rc checkpoint(struct writer *writer, int mode, struct err *err)
{
    struct sqlite_connection *connection = writer->connection;
    struct metric **metric = writer->store->metrics.checkpoint[mode == SQLITE_CHECKPOINT_TRUNCATE];
    int wal_pages = 0, moved = 0;
    (void)sqlite3_busy_timeout(connection->db, 0); /* cannot fail on an open handle */
    int code = sqlite3_wal_checkpoint_v2(connection->db, NULL, mode, &wal_pages, &moved);
    (void)sqlite3_busy_timeout(connection->db, (int)writer->store->config.test.busy_ms);
    if ((code & 0xff) == SQLITE_IOERR) {
        metric_add(metric[FAILED], 1);
        return err_set(err, RC_UNCERTAIN, NULL, "I/O error in a checkpoint: %s (%d)", sqlite3_errstr(code),
                       code);
    }
    bool whole = code == SQLITE_OK && wal_pages == moved;
    metric_add(metric[whole ? DONE : code == SQLITE_OK || code == SQLITE_BUSY ? PARTLY : FAILED], 1);
    writer->dirty = !whole;
    writer->checkpointed_pages = connection->wal_pages;
    if (whole && mode == SQLITE_CHECKPOINT_TRUNCATE) {
        connection->wal_pages = writer->checkpointed_pages = 0;
    }
    return RC_OK;
}

static uint64_t wal_bytes(const struct writer *writer)
{
    return (uint64_t)writer->connection->wal_pages * 4096;
}

static bool truncate_due(const struct writer *writer)
{
    return wal_bytes(writer) > writer->store->config.wal_bytes_max &&
           clock_mono_us() >= writer->truncate_next_us;
}

static void note_oldest(const struct reader *reader, int64_t *oldest_us)
{
    int64_t begun_us = atomic_load_explicit(&reader->begun_us, memory_order_relaxed);
    if (begun_us != 0 && begun_us < *oldest_us) {
        *oldest_us = begun_us;
    }
}

static void note_state(struct writer *writer)
{
    const struct sqlite_store *store = writer->store;
    int64_t now_us = clock_mono_us(), oldest_us = now_us;
    for (unsigned i = 0; i < store->config.loops; i++) {
        note_oldest(&store->loops[i], &oldest_us);
    }
    for (unsigned i = 0; i < LIST_READERS; i++) {
        note_oldest(&store->list_readers[i], &oldest_us);
    }
    note_oldest(&store->scan_reader, &oldest_us);
    metric_set(store->metrics.oldest_reader, (now_us - oldest_us) / 1000);
    metric_set(store->metrics.wal_bytes, (int64_t)wal_bytes(writer));
}

/* Rows that are too old go in slices, one commit each, so that a job which comes meanwhile waits for one
 * slice at most. */
static enum rc purge_slice(struct writer *writer, bool *ret_more, struct err *err)
{
    bool more_operations = false, more_audit = false;
    enum rc rc = sql_begin_write(&writer->connection->sql, err);
    if (rc != RC_OK) {
        return rc;
    }
    rc = operation_purge(&writer->connection->sql, &more_operations, err);
    if (rc == RC_OK && writer->store->config.keep_days > 0) {
        rc = audit_purge(&writer->connection->sql, writer->store->config.keep_days, &more_audit, err);
    }
    if (rc != RC_OK) {
        sql_rollback(&writer->connection->sql);
        return rc;
    }
    *ret_more = more_operations || more_audit;
    return sql_commit(&writer->connection->sql, err);
}

static enum rc purge(struct writer *writer, struct err *err)
{
    bool more = true;
    enum rc rc = RC_OK;
    while (rc == RC_OK && more && queue_empty(&writer->queue)) {
        rc = purge_slice(writer, &more, err);
    }
    writer->purge_next_us = clock_mono_us() + (more ? 0 : PURGE_PAUSE_US);
    return rc;
}

static enum rc checkpoint_if_due(struct writer *writer, struct err *err)
{
    int pages = writer->connection->wal_pages;
    note_state(writer);
    writer->dirty = true;
    if (pages < writer->checkpointed_pages) {
        writer->checkpointed_pages = 0; /* the WAL began anew */
    }
    if (truncate_due(writer) && queue_empty(&writer->queue)) {
        writer->truncate_next_us = clock_mono_us() + TRUNCATE_PAUSE_US;
        return checkpoint(writer, SQLITE_CHECKPOINT_TRUNCATE, err);
    }
    return pages - writer->checkpointed_pages >= PASSIVE_PAGES
               ? checkpoint(writer, SQLITE_CHECKPOINT_PASSIVE, err)
               : RC_OK;
}

/* A busy writer is never idle for a whole tick, so what is too old goes in any gap. What fails here will be
 * tried again. */
enum rc writer_tidy(struct writer *writer, struct err *err)
{
    enum rc rc = checkpoint_if_due(writer, err);
    if (rc == RC_OK && clock_mono_us() >= writer->purge_next_us && queue_empty(&writer->queue)) {
        rc = purge(writer, err);
    }
    return rc != RC_OK && writer->connection->sync_failed ? RC_UNCERTAIN : rc;
}

/* Tries whether a write passes again: a node that is taken out because it cannot write gets none to find out
 * by. */
static enum rc probe(struct writer *writer, struct err *err)
{
    enum rc rc = sql_begin_write(&writer->connection->sql, err);
    if (rc != RC_OK) {
        return rc;
    }
    rc = sql_script(&writer->connection->sql,
                    "insert into setting (name, value) values ('probe', 1)"
                    " on conflict (name) do update set value = value + 1",
                    err);
    if (rc != RC_OK) {
        sql_rollback(&writer->connection->sql);
        return rc;
    }
    return sql_commit(&writer->connection->sql, err);
}

enum rc writer_idle(struct writer *writer, struct err *err)
{
    enum rc rc = atomic_load(&writer->store->not_ready) != NULL ? probe(writer, err) : RC_OK;
    if (rc == RC_OK && clock_mono_us() >= writer->purge_next_us) {
        rc = purge(writer, err);
    }
    if (rc == RC_OK && truncate_due(writer)) {
        rc = checkpoint(writer, SQLITE_CHECKPOINT_TRUNCATE, err);
    } else if (rc == RC_OK && writer->dirty) {
        rc = checkpoint(writer, SQLITE_CHECKPOINT_PASSIVE, err);
    }
    note_state(writer);
    return rc != RC_OK && writer->connection->sync_failed ? RC_UNCERTAIN : rc;
}
