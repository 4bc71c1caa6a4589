/* Counters, gauges and histograms for Prometheus (text format 0.0.4).
 * Families are rows in a table that each room brings; a series is a family with its label values. Look a series up
 * once and keep the pointer: adding to it is one atomic operation. Thread-safe. */
#pragma once
#include "common/base/buf.h"

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

#define METRIC_LABELS_MAX 4
struct metric_family {
    const char *name; /* "numgate_requests_total" */
    enum metric_type type;
    const char *help;
    const char *labels[METRIC_LABELS_MAX]; /* names; NULL ends */
    const double *bounds; /* histogram: upper bounds, ascending, ends with a 0; NULL = default seconds */
};

struct metrics;
struct metric;

struct metrics *metrics_new(void);
void metrics_free(struct metrics *metrics);
/* The series of `family` (a row that outlives the metrics) with these label values (copied); made at the first call. */
struct metric *metrics_series(struct metrics *metrics, const struct metric_family *family,
                              const char *const *values);
void metric_add(struct metric *metric,
                int64_t n); /* all three take NULL and do nothing: rooms run without metrics */
void metric_set(struct metric *metric, int64_t value);
void metric_observe(struct metric *metric, double value);
int64_t metric_value(const struct metric *metric);
void metrics_write(struct metrics *metrics, struct buf *out);
