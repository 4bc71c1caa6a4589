#include "gateway/store/sqlite/sqlite.h"

#include "common/base/banned.h"

static const double group_bounds[] = {1, 2, 4, 8, 16, 32, 64, 0};

/* clang-format off */
enum family { GROUP_JOBS, COMMIT_SECONDS, GROUPS_SPLIT, QUEUE_JOBS, QUEUE_REFUSED, WAL_BYTES, OLDEST_READER,
              READS_REFUSED, CHECKPOINTS, WRITES_REFUSED };
static const struct metric_family families[] = {
    [GROUP_JOBS] = {"numgate_store_group_jobs", METRIC_HISTOGRAM,
                    "Write jobs committed together.", .bounds = group_bounds},
    [COMMIT_SECONDS] = {"numgate_store_commit_seconds", METRIC_HISTOGRAM,
                        "From taking a group of write jobs to its durable commit."},
    [GROUPS_SPLIT] = {"numgate_store_groups_split_total", METRIC_COUNTER,
                      "Groups that failed and whose jobs ran again one by one."},
    [QUEUE_JOBS] = {"numgate_store_queue_jobs", METRIC_GAUGE, "Jobs waiting.", {"queue"}},
    [QUEUE_REFUSED] = {"numgate_store_queue_refused_total", METRIC_COUNTER,
                       "Jobs refused because their queue was full.", {"queue"}},
    [WAL_BYTES] = {"numgate_store_wal_bytes", METRIC_GAUGE, "Write-ahead log in use after the last commit."},
    [OLDEST_READER] = {"numgate_store_oldest_reader_milliseconds", METRIC_GAUGE,
                       "Age of the oldest open snapshot when the writer last looked."},
    [READS_REFUSED] = {"numgate_store_reads_refused_total", METRIC_COUNTER,
                       "Reads that waited or took too long, or met a lock."},
    [CHECKPOINTS] = {"numgate_store_checkpoints_total", METRIC_COUNTER, "Checkpoints by kind and result.",
                     {"kind", "result"}},
    [WRITES_REFUSED] = {"numgate_store_writes_refused_total", METRIC_COUNTER, "Write jobs the database did not take.",
                        {"reason"}},
};
/* clang-format on */

static struct metric *series(struct sqlite_store *store, enum family family, const char *first,
                             const char *second)
{
    const char *values[] = {first, second, NULL};
    struct metrics *metrics = store->config.metrics;
    return metrics != NULL ? metrics_series(metrics, &families[family], values) : NULL;
}

static void queue_metrics(struct sqlite_store *store, struct job_queue *queue, const char *name)
{
    queue->length = series(store, QUEUE_JOBS, name, NULL);
    queue->refused = series(store, QUEUE_REFUSED, name, NULL);
}

static void checkpoint_metrics(struct sqlite_store *store, struct metric *ret[3], const char *kind)
{
    static const char *const results[] = {"done", "partly", "failed"};
    for (size_t i = 0; i < ARRAY_LEN(results); i++) {
        ret[i] = series(store, CHECKPOINTS, kind, results[i]);
    }
}

void sqlite_metrics_init(struct sqlite_metrics *ret, struct sqlite_store *store)
{
    ret->group_jobs = series(store, GROUP_JOBS, NULL, NULL);
    ret->commit_seconds = series(store, COMMIT_SECONDS, NULL, NULL);
    ret->groups_split = series(store, GROUPS_SPLIT, NULL, NULL);
    ret->wal_bytes = series(store, WAL_BYTES, NULL, NULL);
    ret->oldest_reader = series(store, OLDEST_READER, NULL, NULL);
    ret->reads_refused = series(store, READS_REFUSED, NULL, NULL);
    ret->refused_full = series(store, WRITES_REFUSED, "full", NULL);
    ret->refused_locked = series(store, WRITES_REFUSED, "locked", NULL);
    checkpoint_metrics(store, ret->checkpoint[0], "passive");
    checkpoint_metrics(store, ret->checkpoint[1], "truncate");
    queue_metrics(store, &store->writer.queue, "write");
    queue_metrics(store, &store->lists, "list");
    queue_metrics(store, &store->scans, "scan");
}
