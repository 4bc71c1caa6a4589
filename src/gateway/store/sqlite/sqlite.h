/* The SQLite driver's own parts: connection, readers, writer. Only files of this folder include
 * it, and they alone include sqlite3.h. */
#pragma once
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>

#include "common/base/rate.h"
#include "gateway/store/driver.h"
#include "gateway/store/queue.h"
#include "gateway/store/tx.h"

#define READER_AGE_MAX_MS 5000 /* an older snapshot is cut off: it keeps the WAL from being reset */
#define GROUP_JOBS_MAX    64   /* beyond it a larger group gains little (measured) */
#define PASSIVE_PAGES     4000 /* pages in the WAL between two passive checkpoints: 16 MB */
#define LIST_READERS      2

/* ---- connection.c: struct sql ---- */

#define SQL_CACHE_SLOTS 256 /* a power of two, well over the number of statements there are */
struct sqlite_connection {
    struct sql sql; /* first */
    sqlite3 *db;
    int64_t end_us;              /* readers: when the progress handler stops what runs; 0 = never */
    _Atomic int64_t *begun_us;   /* readers: where the age of the open snapshot is noted */
    unsigned in_use;             /* statements not given back */
    int wal_pages;               /* writer: in the WAL after the last commit */
    bool begun;                  /* between begin and commit or rollback */
    bool part_wanted, part_open; /* a savepoint is made by the first statement that writes */
    bool sync_failed;            /* an fsync failed: what is on the disk is unknown */
    struct sqlite_stmt *cache[SQL_CACHE_SLOTS];
};

struct sql_options {
    bool writer, no_sync;
    const char *vfs;
    uint32_t busy_ms;
    uint64_t wal_bytes_max;
    _Atomic int64_t *begun_us;
};
MUST_USE enum rc sqlite_connect(const char *path, const struct sql_options *options,
                                struct sqlite_connection **ret, struct err *err);
void sqlite_close(struct sqlite_connection *connection); /* NULL is fine */

/* The part of a write transaction that can be undone by itself, one at a time. Where that fails the whole
 * transaction is over. */
void sqlite_part_begin(struct sqlite_connection *connection);
MUST_USE enum rc sqlite_part_keep(struct sqlite_connection *connection, struct err *err);
void sqlite_part_undo(struct sqlite_connection *connection);

/* ---- the store ---- */

struct sqlite_metrics {
    struct metric *group_jobs, *commit_seconds, *groups_split, *wal_bytes, *oldest_reader, *reads_refused;
    struct metric *checkpoint[2][3]; /* passive, truncate; done, partly or busy, failed */
    struct metric *refused_full, *refused_locked;
};

struct reader {
    struct sqlite_store *store;
    struct job_queue *queue;              /* NULL: reads on an event loop */
    struct sqlite_connection *connection; /* made by its thread at the first job */
    _Atomic int64_t begun_us;             /* when its snapshot was taken; 0: it has none. For the metric */
    pthread_t thread;
    bool started;
};

struct verdict {
    enum rc rc;
    struct err err;
};

struct writer {
    struct sqlite_store *store;
    struct sqlite_connection *connection;
    struct job_queue queue;
    struct revision_counter revisions;
    struct repo_job *jobs[GROUP_JOBS_MAX]; /* the group */
    struct verdict verdicts[GROUP_JOBS_MAX];
    int checkpointed_pages;   /* WAL pages when the last checkpoint ran */
    int64_t truncate_next_us; /* not before */
    int64_t purge_next_us;
    bool dirty; /* the WAL holds what the database does not */
    pthread_t thread;
    bool started;
};

struct sqlite_store {
    struct repo repo; /* first */
    struct store_config config;
    char *path; /* real */
    int lock_fd;
    struct sqlite_metrics metrics;
    struct writer writer;
    struct job_queue lists, scans;
    struct reader list_readers[LIST_READERS], scan_reader;
    struct reader *loops;          /* config.loops of them */
    const char *_Atomic not_ready; /* static text, or NULL */
    atomic_bool failed;            /* after an I/O error at a commit: everything is refused */
    pthread_mutex_t rate_mutex;    /* guards rate */
    struct rate_ring rate;
};

/* store.c: whose file it is. */
#define PATH_BYTES_MAX 4096
MUST_USE enum rc sqlite_path_resolve(struct str path, char ret[PATH_BYTES_MAX], struct err *err);
MUST_USE enum rc sqlite_lock_take(const char *path, int *ret_fd, struct err *err);

/* reader.c */
void reader_run(struct reader *reader, struct repo_job *job); /* and its done() */
bool reader_start(struct reader *reader, struct sqlite_store *store, struct job_queue *queue);
void reader_stop(struct reader *reader); /* after its queue was closed */

/* writer.c */
bool writer_start(struct writer *writer, struct sqlite_store *store);
void writer_stop(struct writer *writer); /* finishes what is queued */

/* maintain.c: what the writer does besides jobs. RC_UNCERTAIN: an I/O error, the process must end. */
MUST_USE enum rc writer_tidy(struct writer *writer, struct err *err); /* after a group */
MUST_USE enum rc writer_idle(struct writer *writer, struct err *err); /* when nothing came for a while */

/* metrics.c */
void sqlite_metrics_init(struct sqlite_metrics *ret, struct sqlite_store *store);
