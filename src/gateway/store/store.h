/* Opens the database that stands behind struct repo (gateway/domain/repo.h). What it answers beyond that
 * header: RC_BUSY "StorageFull" with retry_after_ms when there is no room, RC_BUSY without a code when a
 * queue is full, the database is locked by somebody else or a read took too long, RC_UNCERTAIN when a commit
 * failed half-way.
 *
 * SQLite: one thread writes, many jobs to a transaction; lists are read by two threads, scans by one, points
 * on the caller's. One process owns the file. After an I/O error at a commit or checkpoint nothing in memory
 * can be trusted: the jobs are answered, then `fatal` is called and must end the process; the next start
 * recovers. */
#pragma once
#include "common/base/err.h"
#include "common/base/metric.h"

struct repo;

#define STORE_FULL "StorageFull"

struct store_config {
    struct str url;                               /* "sqlite:PATH" or "postgresql://..." as libpq takes it */
    struct str password;                          /* PostgreSQL; empty: none */
    uint32_t connections;                         /* PostgreSQL: for requests; 0 = 24, at least 3 */
    unsigned loops;                               /* repo_job.loop is below this */
    struct metrics *metrics;                      /* may be NULL; outlives the store */
    uint32_t requests_per_minute;                 /* repo_admit; 0 = off */
    uint32_t scan_seconds;                        /* 0 = 5 */
    uint32_t keep_days;                           /* of audit rows; 0 = for ever */
    uint32_t write_queue, list_queue, scan_queue; /* jobs waiting; 0 = 4096, 1024, 16 */
    uint64_t wal_bytes_max; /* 0 = 64 MiB; over it the WAL is truncated when there is time */
    /* NULL: log and _exit(70). On the writer's thread, after every done(): a program that wants the answers
     * to reach their clients lets its loops send them before it ends. All later jobs are refused. */
    void (*fatal)(void *arg, const char *why);
    void *fatal_arg;
    /* Optional: called before and after the done() calls of a commit group, on the writer's thread. */
    void (*burst)(void *arg, bool begins);
    void *burst_arg;
    struct {              /* switches for tests alone */
        bool no_sync;     /* synchronous=NORMAL: loses what was acknowledged when the power goes */
        const char *vfs;  /* SQLite VFS to use */
        uint32_t busy_ms; /* how long a lock of another process is waited for; 0 = 5000 */
        uint32_t tick_ms; /* how often the idle writer looks round; 0 = 1000 */
        uint32_t slice;   /* keys in a slice of a scan; 0 = 20000 */
    } test;
};

/* As it may stand in a configuration: of a known scheme, without a password, a path absolute. RC_INVALID; reaches for nothing. */
MUST_USE enum rc store_url_check(struct str url, struct err *err);
MUST_USE enum rc store_open(const struct store_config *config, struct repo **ret, struct err *err);
/* Finishes every job it has, then closes. NULL is fine. */
void store_close(struct repo *repo);
/* Empties it, for the suites of a test target: every row that clients or the world outside have caused goes; leases and what revisions are
 * counted by stay. Waits for it; never on a thread of the store or of a loop. */
MUST_USE enum rc store_reset(struct repo *repo, struct err *err);
/* Any thread; what was admitted in the last minute still counts. */
void store_set_rate(struct repo *repo, uint32_t requests_per_minute);
