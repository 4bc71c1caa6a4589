#include "gateway/store/postgres/postgres.h"

#include "common/base/banned.h"

/* clang-format off */
enum family { CONNECTIONS, CONNECTS, RUN_AGAIN, LOST, SETTLED, QUEUE_JOBS, QUEUE_REFUSED, READS_REFUSED, COMMIT_SECONDS };
static const struct metric_family families[] = {
    [CONNECTIONS] = {"numgate_store_connections", METRIC_GAUGE, "Connections to the database."},
    [CONNECTS] = {"numgate_store_connects_total", METRIC_COUNTER, "Attempts to connect to the database.", {"result"}},
    [RUN_AGAIN] = {"numgate_store_jobs_again_total", METRIC_COUNTER,
                   "Jobs run once more because they met others or lost their connection."},
    [LOST] = {"numgate_store_connections_lost_total", METRIC_COUNTER, "Connections that ended in the middle of a job."},
    [SETTLED] = {"numgate_store_commits_settled_total", METRIC_COUNTER,
                 "Commits whose answer was lost, by what was found out.", {"result"}},
    [QUEUE_JOBS] = {"numgate_store_queue_jobs", METRIC_GAUGE, "Jobs waiting.", {"queue"}},
    [QUEUE_REFUSED] = {"numgate_store_queue_refused_total", METRIC_COUNTER,
                       "Jobs refused because their queue was full.", {"queue"}},
    [READS_REFUSED] = {"numgate_store_reads_refused_total", METRIC_COUNTER,
                       "Reads that waited or took too long, or met no database."},
    [COMMIT_SECONDS] = {"numgate_store_commit_seconds", METRIC_HISTOGRAM,
                        "From the begin of a write transaction to its durable commit."},
};
/* clang-format on */

static struct metric *series(struct postgres_store *store, enum family family, const char *value)
{
    const char *values[] = {value, NULL};
    struct metrics *metrics = store->config.metrics;
    return metrics != NULL ? metrics_series(metrics, &families[family], values) : NULL;
}

static void queue_metrics(struct postgres_store *store, struct job_queue *queue, const char *name)
{
    queue->length = series(store, QUEUE_JOBS, name);
    queue->refused = series(store, QUEUE_REFUSED, name);
}

void postgres_metrics_init(struct postgres_metrics *ret, struct postgres_store *store)
{
    static const char *const settled[] = {"committed", "undone", "open"};
    for (size_t i = 0; i < ARRAY_LEN(settled); i++) {
        ret->settled[i] = series(store, SETTLED, settled[i]);
    }
    ret->connections = series(store, CONNECTIONS, NULL);
    ret->connects = series(store, CONNECTS, "ok");
    ret->connect_failures = series(store, CONNECTS, "failed");
    ret->again = series(store, RUN_AGAIN, NULL);
    ret->lost = series(store, LOST, NULL);
    ret->reads_refused = series(store, READS_REFUSED, NULL);
    ret->commit_seconds = series(store, COMMIT_SECONDS, NULL);
    queue_metrics(store, &store->writes, "write");
    queue_metrics(store, &store->reads, "read");
    queue_metrics(store, &store->scans, "scan");
}
