/* Life cycle and dispatcher. */
#include "gateway/work/work.h"

#include <signal.h>

#include "common/base/limits.h"
#include "common/base/mem.h"
#include "gateway/work/room.h"

#include "common/base/banned.h"

/* clang-format off */
static const struct metric_family outcomes_family = {
    "numgate_work_items_total", METRIC_COUNTER, "Items that were worked on, by what became of them.", {"kind", "result"}};
static const struct metric_family running_family = {
    "numgate_work_running", METRIC_GAUGE, "Items being worked on by this node.", {"kind"}};
static const struct metric_family oldest_family = {
    "numgate_work_oldest_due_milliseconds", METRIC_GAUGE,
    "How long the oldest item has been due, on whichever node, when this one last looked.", {"kind"}};
/* clang-format on */

/* ---- the dispatcher ---- */

void work__wait_until(struct work *work, int64_t ms)
{
    const struct timespec at = {ms / 1000, ms % 1000 * 1000000};
    (void)pthread_cond_timedwait(&work->changed, &work->mutex, &at); /* late or early: callers look again */
}

static bool can_poll(const struct lane *lane)
{
    return lane->idle > 0 && lane->backlog_count == 0 && !lane->poll.pending &&
           !atomic_load(&lane->work->stopping);
}

/* Does the first thing whose time has come, and says so; else *next_ms is when to come back at the latest. */
static bool lane_tend(struct lane *lane, int64_t now_ms, int64_t *next_ms)
{
    for (struct work_run *run = lane->runs; run < lane->runs + lane->run_count; run++) {
        if (!run->held || run->writing || run->renewal.pending) {
            continue;
        }
        if (run->renew_ms <= now_ms) {
            work__renew(run);
            return true;
        }
        *next_ms = run->renew_ms < *next_ms ? run->renew_ms : *next_ms;
    }
    if (!can_poll(lane)) {
        return false;
    }
    if (lane->poll_ms <= now_ms) {
        work__poll(lane);
        return true;
    }
    *next_ms = lane->poll_ms < *next_ms ? lane->poll_ms : *next_ms;
    return false;
}

static bool tend(struct work *work, int64_t *next_ms)
{
    const atomic_bool *frozen = work->config.test.frozen;
    int64_t now_ms = clock_mono().ms;
    *next_ms = now_ms + work->config.poll_ms;
    if (frozen != NULL && atomic_load(frozen)) {
        return false;
    }
    for (struct lane *lane = work->lanes; lane < work->lanes + work->config.kind_count; lane++) {
        if (lane_tend(lane, now_ms, next_ms)) {
            return true;
        }
    }
    return false;
}

static bool poll_pending(const struct work *work)
{
    for (size_t i = 0; i < work->config.kind_count; i++) {
        if (work->lanes[i].poll.pending) {
            return true;
        }
    }
    return false;
}

/* Goes on renewing until the last worker has ended. */
static void *dispatcher_main(void *arg)
{
    struct work *work = arg;
    int64_t next_ms;
    pthread_mutex_lock(&work->mutex);
    while (!work->workers_ended || poll_pending(work)) {
        if (!tend(work, &next_ms)) { /* when it did something the mutex was open: look again */
            work__wait_until(work, next_ms);
        }
    }
    pthread_mutex_unlock(&work->mutex);
    return NULL;
}

/* ---- life cycle ---- */

static bool run_init(struct work_run *run, struct lane *lane)
{
    run->lane = lane;
    run->renewal.run = run;
    run->mem = arena_new(LIMIT_REQUEST_ARENA);
    run->renewal.job.mem = arena_new(64 * 1024);
    return run->mem != NULL && run->renewal.job.mem != NULL;
}

static void lane_metrics(struct lane *lane, struct metrics *metrics)
{
    static const char *const results[] = {[OUTCOME_DONE] = "done",
                                          [OUTCOME_AGAIN] = "again",
                                          [OUTCOME_FAILED] = "failed",
                                          [OUTCOME_STOPPED] = "stopped",
                                          [OUTCOME_LOST] = "lost"};
    const char *values[] = {lane->kind->name, NULL, NULL};
    if (metrics == NULL) {
        return;
    }
    lane->running = metrics_series(metrics, &running_family, values);
    lane->oldest = metrics_series(metrics, &oldest_family, values);
    for (size_t i = 0; i < ARRAY_LEN(results); i++) {
        values[1] = results[i];
        lane->outcomes[i] = metrics_series(metrics, &outcomes_family, values);
    }
}

static bool lane_init(struct lane *lane, struct work *work, const struct work_kind *kind)
{
    lane->work = work;
    lane->kind = kind;
    lane->run_count = kind->workers != 0 ? kind->workers : 1;
    lane->poll.lane = lane;
    lane->due_ms = INT64_MAX;
    pthread_cond_init(&lane->filled, NULL);
    lane->poll.job.mem = arena_new(LIMIT_REQUEST_ARENA);
    lane->runs = mem_alloc_array(lane->run_count, sizeof *lane->runs);
    bool made = lane->runs != NULL && lane->poll.job.mem != NULL;
    for (unsigned i = 0; made && i < lane->run_count; i++) {
        made = run_init(&lane->runs[i], lane);
    }
    lane_metrics(lane, work->config.metrics);
    return made;
}

static bool lanes_init(struct work *work)
{
    work->lanes = mem_alloc_array(work->config.kind_count, sizeof *work->lanes);
    bool made = work->lanes != NULL;
    for (size_t i = 0; made && i < work->config.kind_count; i++) {
        made = lane_init(&work->lanes[i], work, &work->config.kinds[i]);
    }
    return made;
}

static void locks_init(struct work *work)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC); /* what clock_mono() reads */
    pthread_cond_init(&work->changed, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&work->mutex, NULL);
}

static bool threads_start(struct work *work)
{
    work->dispatcher_started = pthread_create(&work->dispatcher, NULL, dispatcher_main, work) == 0;
    bool started = work->dispatcher_started;
    for (size_t i = 0; i < work->config.kind_count; i++) {
        struct lane *lane = &work->lanes[i];
        for (unsigned j = 0; started && j < lane->run_count; j++) {
            started = pthread_create(&lane->runs[j].thread, NULL, work__worker, &lane->runs[j]) == 0;
            lane->runs[j].started = started;
        }
    }
    return started;
}

/* Signals are for the program's own threads. */
static bool threads_start_quiet(struct work *work)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = threads_start(work);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

enum rc work_new(const struct work_config *config, struct work **ret, struct err *err)
{
    struct work *work = mem_alloc(sizeof *work);
    if (work == NULL) {
        return err_set(err, RC_INTERNAL, NULL, "out of memory");
    }
    work->config = *config;
    work->config.lease_ms = config->lease_ms != 0 ? config->lease_ms : 15000;
    work->config.poll_ms = config->poll_ms != 0 ? config->poll_ms : 1000;
    if (str_empty(config->node)) {
        work->config.node = random_uuid(work->node);
    }
    locks_init(work);
    *ret = work;
    if (!lanes_init(work) || !threads_start_quiet(work)) {
        *ret = NULL;
        work_free(work);
        return err_set(err, RC_INTERNAL, NULL, "the work engine cannot be started");
    }
    return RC_OK;
}

void work_end(struct work *work)
{
    pthread_mutex_lock(&work->mutex);
    atomic_store(&work->stopping, true);
    pthread_cond_broadcast(&work->changed);
    for (size_t i = 0; work->lanes != NULL && i < work->config.kind_count; i++) {
        if (work->lanes[i].work != NULL) { /* made */
            pthread_cond_broadcast(&work->lanes[i].filled);
        }
    }
    pthread_mutex_unlock(&work->mutex);
}

static void threads_stop(struct work *work)
{
    work_end(work);
    for (size_t i = 0; work->lanes != NULL && i < work->config.kind_count; i++) {
        for (unsigned j = 0; work->lanes[i].runs != NULL && j < work->lanes[i].run_count; j++) {
            if (work->lanes[i].runs[j].started) {
                pthread_join(work->lanes[i].runs[j].thread, NULL);
            }
        }
    }
    pthread_mutex_lock(&work->mutex);
    work->workers_ended = true;
    pthread_cond_broadcast(&work->changed);
    pthread_mutex_unlock(&work->mutex);
    if (work->dispatcher_started) {
        pthread_join(work->dispatcher, NULL);
    }
}

static void lane_clear(struct lane *lane)
{
    for (unsigned i = 0; lane->runs != NULL && i < lane->run_count; i++) {
        arena_free(lane->runs[i].mem);
        arena_free(lane->runs[i].renewal.job.mem);
    }
    mem_free(lane->runs);
    arena_free(lane->poll.job.mem);
    if (lane->work != NULL) { /* made */
        pthread_cond_destroy(&lane->filled);
    }
}

void work_free(struct work *work)
{
    if (work == NULL) {
        return;
    }
    threads_stop(work);
    for (size_t i = 0; work->lanes != NULL && i < work->config.kind_count; i++) {
        lane_clear(&work->lanes[i]);
    }
    mem_free(work->lanes);
    pthread_cond_destroy(&work->changed);
    pthread_mutex_destroy(&work->mutex);
    mem_free(work);
}

void work_wake(struct work *work, unsigned outbox_kinds)
{
    pthread_mutex_lock(&work->mutex);
    for (struct lane *lane = work->lanes; lane < work->lanes + work->config.kind_count; lane++) {
        lane->poll_ms = (outbox_kinds & (1U << lane->kind->outbox)) ? 0 : lane->poll_ms;
    }
    pthread_cond_broadcast(&work->changed);
    pthread_mutex_unlock(&work->mutex);
}

struct str work_node(const struct work *work)
{
    return work->config.node;
}
