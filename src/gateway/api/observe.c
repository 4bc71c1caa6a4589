#include "gateway/api/observe.h"

#include <stdio.h>

#include "common/base/log.h"
#include "common/base/mem.h"

#include "common/base/banned.h"

static const struct metric_family family_requests = {
    .name = "numgate_requests_total",
    .type = METRIC_COUNTER,
    .help = "Requests answered, by route template, method and status.",
    .labels = {"route", "method", "status"},
};
static const struct metric_family family_seconds = {
    .name = "numgate_request_seconds",
    .type = METRIC_HISTOGRAM,
    .help = "Time from the request's header block to the end of its reply.",
    .labels = {"route"},
};
static const struct metric_family family_refusals = {
    .name = "numgate_refusals_total",
    .type = METRIC_COUNTER,
    .help = "Requests refused before their handler, by reason.",
    .labels = {"reason"},
};

/* Series that every request touches are looked up once and kept; the table is small and filled as statuses
 * are seen. */
#define STATUS_SLOTS 24
struct status_series {
    _Atomic(struct metric *) metric;
    atomic_int status;
};
struct route_series {
    const struct route *route;
    struct metric *seconds;
    struct status_series by_status[STATUS_SLOTS];
};
struct observe {
    struct metrics *metrics;
    struct route_series *routes; /* the last one stands for "no route" */
    size_t count;
};

static const char no_route[] = "(none)";

struct observe *observe_new(struct metrics *metrics, const struct route_table *const *tables)
{
    struct observe *observe = mem_alloc(sizeof *observe);
    size_t count = 1;
    for (size_t t = 0; tables[t] != NULL; t++) {
        count += tables[t]->count;
    }
    observe->metrics = metrics;
    observe->routes = mem_alloc_array(count, sizeof *observe->routes);
    for (size_t t = 0; tables[t] != NULL; t++) {
        for (size_t i = 0; i < tables[t]->count; i++) {
            observe->routes[observe->count++].route = &tables[t]->routes[i];
        }
    }
    observe->count++;
    for (size_t i = 0; metrics != NULL && i < observe->count; i++) {
        const struct route *route = observe->routes[i].route;
        const char *const labels[] = {route != NULL ? route->path : no_route};
        observe->routes[i].seconds = metrics_series(metrics, &family_seconds, labels);
    }
    return observe;
}

void observe_free(struct observe *observe)
{
    if (observe != NULL) {
        mem_free(observe->routes);
        mem_free(observe);
    }
}

static struct route_series *series_of(struct observe *observe, const struct route *route)
{
    size_t i = 0;
    while (i + 1 < observe->count && observe->routes[i].route != route) {
        i++;
    }
    return &observe->routes[i];
}

static struct metric *make_request_series(struct observe *observe, const struct call *call, int status)
{
    char text[16];
    (void)snprintf(text, sizeof text, "%d", status);
    const char *const labels[] = {call->route != NULL ? call->route->path : no_route,
                                  http_method_name(call->request->method), text};
    return metrics_series(observe->metrics, &family_requests, labels);
}

/* HEAD and GET share a route but not a label, so only the route's own method is kept. */
static struct metric *request_series(struct observe *observe, struct route_series *series,
                                     const struct call *call, int status)
{
    struct status_series *slot = &series->by_status[(unsigned)status % STATUS_SLOTS];
    bool cached = call->route != NULL && call->route->method == call->request->method;
    if (cached && atomic_load_explicit(&slot->status, memory_order_acquire) == status) {
        return atomic_load_explicit(&slot->metric, memory_order_relaxed);
    }
    struct metric *metric = make_request_series(observe, call, status);
    int empty = 0;
    if (cached && atomic_compare_exchange_strong(&slot->status, &empty, -1)) {
        atomic_store_explicit(&slot->metric, metric, memory_order_relaxed);
        atomic_store_explicit(&slot->status, status, memory_order_release);
    }
    return metric;
}

void observe_refusal(struct api *api, const char *reason)
{
    struct observe *observe = api_observe(api);
    if (observe->metrics != NULL) {
        const char *const labels[] = {reason};
        metric_add(metrics_series(observe->metrics, &family_refusals, labels), 1);
    }
}

void observe_engine_refusal(struct api *api, struct call *call, const struct error_row *row,
                            const char *reason)
{
    observe_refusal(api, reason);
    if (call != NULL) {
        call->status = row->status;
        call->error_code = row->code;
    }
}

/* The portal's pages come back from the issuer with a code in their query, which is nobody else's to know. */
static struct str target_of(const struct call *call)
{
    return call->match.open ? call->request->path : call->request->target;
}

static void log_request(const struct call *call, const struct http_outcome *outcome)
{
    char from[NET_TEXT_MAX];
    LOG(LOG_INFO, "request", log_str("request_id", call->request_id),
        log_str("client_request_id", call->client_request_id),
        log_str("from", net_text(&call->actor.from, from)), log_str("client", call->actor.client_id),
        log_str("user", call->actor.object_id), log_str("method", call->request->method_text),
        log_str("target", target_of(call)), log_cstr("route", call->route != NULL ? call->route->path : NULL),
        log_i64("status", outcome->status), log_cstr("code", call->error_code),
        log_i64("bytes", (int64_t)outcome->bytes_out), log_us("duration_ms", outcome->duration_us),
        log_bool("aborted", outcome->aborted));
}

void observe_finished(struct api *api, struct http_exchange *x, const struct http_outcome *outcome)
{
    struct observe *observe = api_observe(api);
    const struct call *call = http_user(x);
    if (call == NULL) {
        return;
    }
    if (observe->metrics != NULL) {
        struct route_series *series = series_of(observe, call->route);
        metric_add(request_series(observe, series, call, outcome->status), 1);
        metric_observe(series->seconds, (double)outcome->duration_us / 1e6);
    }
    log_request(call, outcome);
}
