#include "common/base/metric.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static const double bounds[] = {0.5, 1, 10, 0};
static const struct metric_family requests = {
    "t_requests_total", METRIC_COUNTER, "Requests\nby \\route.", {"route", "status"}, NULL};
static const struct metric_family open_now = {"t_open", METRIC_GAUGE, "Open.", {NULL}, NULL};
static const struct metric_family seconds = {"t_seconds", METRIC_HISTOGRAM, "How long.", {"route"}, bounds};

static void test_metric__writes_the_text_format(void **state UNUSED)
{
    struct metrics *metrics = metrics_new();
    struct buf out;
    buf_init(&out, 10000);
    metric_add(metrics_series(metrics, &requests, (const char *[]){"/a\"\\\n", "200"}), 2);
    metric_add(metrics_series(metrics, &requests, (const char *[]){"/a\"\\\n", "200"}), 1);
    metric_add(metrics_series(metrics, &requests, (const char *[]){"/b", "404"}), 1);
    metric_set(metrics_series(metrics, &open_now, NULL), -3);
    struct metric *h = metrics_series(metrics, &seconds, (const char *[]){"/a"});
    metric_observe(h, 0.5); /* a bound belongs to its own bucket */
    metric_observe(h, 0.75);
    metric_observe(h, 99);
    metrics_write(metrics, &out);
    buf_put_char(&out, '\0');
    assert_string_equal(out.p, "# HELP t_requests_total Requests\\nby \\\\route.\n"
                               "# TYPE t_requests_total counter\n"
                               "t_requests_total{route=\"/a\\\"\\\\\\n\",status=\"200\"} 3\n"
                               "t_requests_total{route=\"/b\",status=\"404\"} 1\n"
                               "# HELP t_open Open.\n"
                               "# TYPE t_open gauge\n"
                               "t_open -3\n"
                               "# HELP t_seconds How long.\n"
                               "# TYPE t_seconds histogram\n"
                               "t_seconds_bucket{route=\"/a\",le=\"0.5\"} 1\n"
                               "t_seconds_bucket{route=\"/a\",le=\"1\"} 2\n"
                               "t_seconds_bucket{route=\"/a\",le=\"10\"} 2\n"
                               "t_seconds_bucket{route=\"/a\",le=\"+Inf\"} 3\n"
                               "t_seconds_sum{route=\"/a\"} 100.250000\n"
                               "t_seconds_count{route=\"/a\"} 3\n");
    assert_int_equal(metric_value(h), 3);
    buf_clear(&out);
    metrics_free(metrics);
}

static void test_metric__rooms_run_without(void **state UNUSED)
{
    struct metric *none = metrics_series(NULL, &requests, NULL);
    assert_null(none);
    metric_add(none, 1);
    metric_set(none, 1);
    metric_observe(none, 1);
    assert_int_equal(metric_value(none), 0);
    metrics_free(NULL);
}

static void test_metric__has_a_stop_for_endless_labels(void **state UNUSED)
{
    struct metrics *metrics = metrics_new();
    char label[16];
    struct metric *last = NULL;
    for (int i = 0; i < 4097; i++) {
        (void)snprintf(label, sizeof label, "%d", i);
        last = metrics_series(metrics, &seconds, (const char *[]){label});
    }
    assert_null(last);
    metrics_free(metrics);
}

static void *add_many(void *arg)
{
    for (int i = 0; i < 1000; i++) {
        metric_add(metrics_series(arg, &requests, (const char *[]){"/a", "200"}), 1);
        metric_observe(metrics_series(arg, &seconds, (const char *[]){"/a"}), 0.25);
    }
    return NULL;
}

static void test_metric__loses_nothing_between_threads(void **state UNUSED)
{
    struct metrics *metrics = metrics_new();
    pthread_t threads[4];
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, add_many, metrics), 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(metric_value(metrics_series(metrics, &requests, (const char *[]){"/a", "200"})), 4000);
    assert_int_equal(metric_value(metrics_series(metrics, &seconds, (const char *[]){"/a"})), 4000);
    metrics_free(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_metric__writes_the_text_format),
        cmocka_unit_test(test_metric__rooms_run_without),
        cmocka_unit_test(test_metric__has_a_stop_for_endless_labels),
        cmocka_unit_test(test_metric__loses_nothing_between_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
