/* Families in the order of their first use, each with a list of series; both lists only grow, under the
 * mutex. What a series counts is atomic, so adding needs no lock. A histogram's cells count each bucket
 * alone; the text format wants them summed. */
#include "common/base/metric.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "common/base/mem.h"

#include "common/base/banned.h"

/* Labels are bounded by their callers (route templates, reasons); this is the stop for a bug there. */
#define SERIES_MAX 4096

static const double seconds_bounds[] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                        0.25,  0.5,    1,     2.5,  5,     10,   0};

struct metric {
    struct metric *next;
    struct family *family;
    char *values[METRIC_LABELS_MAX];
    _Atomic int64_t value;     /* counter, gauge */
    _Atomic int64_t sum_micro; /* histogram: millionths, since there is no atomic addition of doubles */
    _Atomic int64_t cells[];   /* histogram: one for each bound, and one above them all */
};

struct family {
    struct family *next;
    const struct metric_family *row;
    const double *bounds;
    size_t bound_count; /* 0 unless a histogram */
    size_t label_count;
    size_t series_count;
    struct metric *first;
    struct metric **tail;
};

struct metrics {
    pthread_mutex_t lock; /* guards both lists */
    struct family *first;
    struct family **tail;
};

struct metrics *metrics_new(void)
{
    struct metrics *metrics = mem_alloc(sizeof *metrics);
    if (metrics == NULL) {
        return NULL;
    }
    (void)pthread_mutex_init(&metrics->lock, NULL); /* cannot fail with default attributes */
    metrics->tail = &metrics->first;
    return metrics;
}

static void metric_free(struct metric *metric)
{
    for (size_t i = 0; metric != NULL && i < METRIC_LABELS_MAX; i++) {
        mem_free(metric->values[i]);
    }
    mem_free(metric);
}

void metrics_free(struct metrics *metrics)
{
    if (metrics == NULL) {
        return;
    }
    while (metrics->first != NULL) {
        struct family *family = metrics->first;
        metrics->first = family->next;
        while (family->first != NULL) {
            struct metric *metric = family->first;
            family->first = metric->next;
            metric_free(metric);
        }
        mem_free(family);
    }
    (void)pthread_mutex_destroy(&metrics->lock); /* nobody holds it */
    mem_free(metrics);
}

static struct family *family_new(const struct metric_family *row)
{
    struct family *family = mem_alloc(sizeof *family);
    if (family == NULL) {
        return NULL;
    }
    family->row = row;
    family->tail = &family->first;
    family->bounds = row->bounds != NULL ? row->bounds : seconds_bounds;
    while (row->type == METRIC_HISTOGRAM && family->bounds[family->bound_count] != 0) {
        family->bound_count++;
    }
    while (family->label_count < METRIC_LABELS_MAX && row->labels[family->label_count] != NULL) {
        family->label_count++;
    }
    return family;
}

static struct family *family_get(struct metrics *metrics, const struct metric_family *row)
{
    struct family *family = metrics->first;
    while (family != NULL && family->row != row && strcmp(family->row->name, row->name) != 0) {
        family = family->next;
    }
    if (family == NULL && (family = family_new(row)) != NULL) {
        *metrics->tail = family;
        metrics->tail = &family->next;
    }
    return family;
}

static bool has_values(const struct metric *metric, const char *const *values)
{
    for (size_t i = 0; i < metric->family->label_count; i++) {
        if (strcmp(metric->values[i], values[i]) != 0) {
            return false;
        }
    }
    return true;
}

static struct metric *metric_new(struct family *family, const char *const *values)
{
    struct metric *metric = mem_alloc(sizeof *metric + (family->bound_count + 1) * sizeof metric->cells[0]);
    if (metric == NULL) {
        return NULL;
    }
    metric->family = family;
    for (size_t i = 0; i < family->label_count; i++) {
        metric->values[i] = mem_dup(values[i], strlen(values[i]));
        if (metric->values[i] == NULL) {
            metric_free(metric);
            return NULL;
        }
    }
    return metric;
}

static struct metric *series_get(struct family *family, const char *const *values)
{
    struct metric *metric = family->first;
    while (metric != NULL && !has_values(metric, values)) {
        metric = metric->next;
    }
    if (metric == NULL && family->series_count < SERIES_MAX &&
        (metric = metric_new(family, values)) != NULL) {
        family->series_count++;
        *family->tail = metric;
        family->tail = &metric->next;
    }
    return metric;
}

struct metric *metrics_series(struct metrics *metrics, const struct metric_family *row,
                              const char *const *values)
{
    if (metrics == NULL) {
        return NULL;
    }
    (void)pthread_mutex_lock(&metrics->lock); /* cannot fail: default attributes, held briefly */
    struct family *family = family_get(metrics, row);
    struct metric *metric = family != NULL ? series_get(family, values) : NULL;
    (void)pthread_mutex_unlock(&metrics->lock);
    return metric;
}

void metric_add(struct metric *metric, int64_t n)
{
    if (metric != NULL) {
        atomic_fetch_add_explicit(&metric->value, n, memory_order_relaxed);
    }
}

void metric_set(struct metric *metric, int64_t value)
{
    if (metric != NULL) {
        atomic_store_explicit(&metric->value, value, memory_order_relaxed);
    }
}

void metric_observe(struct metric *metric, double value)
{
    if (metric == NULL || metric->family->row->type != METRIC_HISTOGRAM) {
        return;
    }
    size_t i = 0;
    while (i < metric->family->bound_count && value > metric->family->bounds[i]) {
        i++;
    }
    atomic_fetch_add_explicit(&metric->cells[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&metric->sum_micro, (int64_t)(value * 1e6 + 0.5), memory_order_relaxed);
}

static int64_t cells_total(const struct metric *metric)
{
    int64_t total = 0;
    for (size_t i = 0; i <= metric->family->bound_count; i++) {
        total += atomic_load_explicit(&metric->cells[i], memory_order_relaxed);
    }
    return total;
}

int64_t metric_value(const struct metric *metric)
{
    if (metric == NULL) {
        return 0;
    }
    bool histogram = metric->family->row->type == METRIC_HISTOGRAM;
    return histogram ? cells_total(metric) : atomic_load_explicit(&metric->value, memory_order_relaxed);
}

/* Backslash and newline are escaped, in label values the quote too. */
static void put_escaped(struct buf *out, const char *text, bool quote)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\n') {
            buf_put(out, "\\n", 2);
            continue;
        }
        if (*c == '\\' || (quote && *c == '"')) {
            buf_put_char(out, '\\');
        }
        buf_put_char(out, *c);
    }
}

/* name_suffix{label="value",le="..."}, then a blank. `le` may be NULL. */
static void put_name(struct buf *out, const struct metric *metric, const char *suffix, const char *le)
{
    const struct family *family = metric->family;
    const char *before = "{";
    buf_printf(out, "%s%s", family->row->name, suffix);
    for (size_t i = 0; i < family->label_count; i++) {
        buf_printf(out, "%s%s=\"", before, family->row->labels[i]);
        put_escaped(out, metric->values[i], true);
        buf_put_char(out, '"');
        before = ",";
    }
    if (le != NULL) {
        buf_printf(out, "%sle=\"%s\"", before, le);
        before = ",";
    }
    buf_put_str(out, *before == ',' ? STR("} ") : STR(" "));
}

static void put_sum(struct buf *out, int64_t micro)
{
    uint64_t size = micro < 0 ? 0 - (uint64_t)micro : (uint64_t)micro;
    buf_printf(out, "%s%llu.%06llu\n", micro < 0 ? "-" : "", (unsigned long long)(size / 1000000),
               (unsigned long long)(size % 1000000));
}

static void write_histogram(struct buf *out, const struct metric *metric)
{
    const struct family *family = metric->family;
    int64_t count = 0;
    for (size_t i = 0; i <= family->bound_count; i++) {
        char le[32] = "+Inf";
        if (i < family->bound_count) {
            (void)snprintf(le, sizeof le, "%.10g", family->bounds[i]);
        }
        count += atomic_load_explicit(&metric->cells[i], memory_order_relaxed);
        put_name(out, metric, "_bucket", le);
        buf_printf(out, "%lld\n", (long long)count);
    }
    put_name(out, metric, "_sum", NULL);
    put_sum(out, atomic_load_explicit(&metric->sum_micro, memory_order_relaxed));
    put_name(out, metric, "_count", NULL); /* the same number as +Inf, whatever was added meanwhile */
    buf_printf(out, "%lld\n", (long long)count);
}

static void write_series(struct buf *out, const struct metric *metric)
{
    if (metric->family->row->type == METRIC_HISTOGRAM) {
        write_histogram(out, metric);
        return;
    }
    put_name(out, metric, "", NULL);
    buf_printf(out, "%lld\n", (long long)metric_value(metric));
}

void metrics_write(struct metrics *metrics, struct buf *out)
{
    static const char *const type_names[] = {
        [METRIC_COUNTER] = "counter", [METRIC_GAUGE] = "gauge", [METRIC_HISTOGRAM] = "histogram"};
    (void)pthread_mutex_lock(&metrics->lock);
    for (const struct family *family = metrics->first; family != NULL; family = family->next) {
        buf_printf(out, "# HELP %s ", family->row->name);
        put_escaped(out, family->row->help, false);
        buf_printf(out, "\n# TYPE %s %s\n", family->row->name, type_names[family->row->type]);
        for (const struct metric *metric = family->first; metric != NULL; metric = metric->next) {
            write_series(out, metric);
        }
    }
    (void)pthread_mutex_unlock(&metrics->lock);
}
