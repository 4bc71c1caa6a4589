/* A probe thread begins a probe each interval, adds the result to its region's row and wakes the decider. The decider looks at the rows
 * after each result, and reads the record each interval and again before a change. It alone changes the record. The observer asks every
 * server each interval, and after a change at once, whether it serves what the primary does; it decides nothing.
 *
 * So a region that is slow delays no other probe, and a DNS server that is away delays neither probes nor, unless it is the primary,
 * decisions. */
#include "programs/numgate-failover/watch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "programs/numgate-failover/probe.h"
#include "programs/numgate-failover/record.h"

#include "common/base/banned.h"

#define STEP_BYTES_MAX (512 * 1024)

static const struct metric_family family_probes = {.name = "numgate_failover_probes_total",
                                                   .type = METRIC_COUNTER,
                                                   .help = "Probes of a region, by what came of them.",
                                                   .labels = {"region", "result"}};
static const struct metric_family family_healthy = {
    .name = "numgate_failover_region_healthy",
    .type = METRIC_GAUGE,
    .help = "1: the region's last probes were good, as many in a row as are wanted.",
    .labels = {"region"}};
static const struct metric_family family_current = {.name = "numgate_failover_region_current",
                                                    .type = METRIC_GAUGE,
                                                    .help = "1: the record names this region.",
                                                    .labels = {"region"}};
static const struct metric_family family_verdict = {.name = "numgate_failover_verdict",
                                                    .type = METRIC_GAUGE,
                                                    .help = "1: this is what is to be done about the record.",
                                                    .labels = {"verdict"}};
static const struct metric_family family_serves = {
    .name = "numgate_failover_server_serves",
    .type = METRIC_GAUGE,
    .help = "1: the server answers with the record that the primary has.",
    .labels = {"server"}};
static const struct metric_family family_changes = {.name = "numgate_failover_changes_total",
                                                    .type = METRIC_COUNTER,
                                                    .help = "Changes of the record that were made.",
                                                    .labels = {"kind"}};
static const struct metric_family family_refused = {
    .name = "numgate_failover_updates_failed_total",
    .type = METRIC_COUNTER,
    .help = "Changes that were refused, or of which nobody knows.",
    .labels = {"reason"}};
static const struct metric_family family_changed = {
    .name = "numgate_failover_last_change_time_seconds",
    .type = METRIC_GAUGE,
    .help = "When this program last changed the record, in seconds since 1970; 0: not since its start."};

/* What was last told of the record. */
struct told {
    bool any, update_failed;
    struct decision decision;
    struct record_view view;
    char text[RECORD_TEXT_MAX];
};

struct prober {
    struct watch *watch;
    size_t region;
    pthread_t thread;
    bool any; /* it has probed; `last` is what came of it */
    enum probe_result last;
};

struct watch {
    const struct site *site;
    struct metrics *metrics;
    struct fetch *fetch;
    _Atomic(const char *) unready; /* why; NULL: it is ready */
    /* The probers' threads: */
    struct prober probers[REGIONS_MAX];
    size_t prober_count;
    /* The decider's own: */
    pthread_t decider;
    bool deciding;
    struct arena *mem; /* of one step */
    struct record record;
    struct record_view read; /* the last one that could be read */
    struct told told;
    /* The observer's own: */
    pthread_t observer;
    bool observing;
    bool behind[RESOLVE_SERVERS_MAX]; /* servers that have another record */
    /* Guarded by the lock: */
    pthread_mutex_t lock;
    pthread_cond_t changed; /* on the monotonic clock */
    struct region_state regions[REGIONS_MAX];
    bool probed;    /* there are results that the decider has not looked at */
    bool rewritten; /* the record, since the observer asked */
    bool stopping;
};

/* ---- waiting ---- */

/* Until `until`, or until *news, which is then taken; NULL: there is none to wait for. False: it is to end. */
static bool wait_until(struct watch *watch, struct mono until, bool *news)
{
    struct timespec at = {.tv_sec = until.ms / 1000, .tv_nsec = until.ms % 1000 * 1000000};
    pthread_mutex_lock(&watch->lock);
    while (!watch->stopping && clock_mono().ms < until.ms && (news == NULL || !*news)) {
        pthread_cond_timedwait(&watch->changed, &watch->lock, &at);
    }
    if (news != NULL) {
        *news = false;
    }
    bool go_on = !watch->stopping;
    pthread_mutex_unlock(&watch->lock);
    return go_on;
}

static void announce(struct watch *watch, bool *news)
{
    pthread_mutex_lock(&watch->lock);
    *news = true;
    pthread_cond_broadcast(&watch->changed);
    pthread_mutex_unlock(&watch->lock);
}

/* The next beginning: those that were missed are left out. */
static struct mono next_round(const struct watch *watch, struct mono begun)
{
    int64_t interval_ms = watch->site->settings.failover.interval_ms;
    struct mono next = mono_after(begun, interval_ms);
    return next.ms > clock_mono().ms ? next : clock_mono();
}

/* ---- probers ---- */

static struct metric *series(const struct watch *watch, const struct metric_family *family, struct str first,
                             const char *second)
{
    char text[NET_TEXT_MAX];
    (void)snprintf(text, sizeof text, "%" STR_FMT, STR_ARG(first));
    const char *const values[] = {text, second};
    return metrics_series(watch->metrics, family, values);
}

static void tell_probe(struct prober *prober, const struct probe *probe)
{
    bool turned = !prober->any || prober->last != probe->result;
    prober->any = true;
    prober->last = probe->result;
    LOG(turned ? LOG_INFO : LOG_DEBUG, "probe",
        log_str("region", prober->watch->site->regions[prober->region].name),
        log_cstr("result", probe_result_text(probe->result)),
        log_str("reason", probe->result == PROBE_HEALTHY ? STR_NONE : str_of(probe->reason)),
        log_us("duration_ms", probe->took_ms * 1000));
}

static void tell_health(const struct site_region *region, enum region_health health,
                        const struct probe *probe)
{
    LOG(health == HEALTH_UP ? LOG_NOTICE : LOG_ERROR, health == HEALTH_UP ? "region_up" : "region_down",
        log_str("region", region->name), log_str("address", region->address),
        log_str("reason", health == HEALTH_UP ? STR_NONE : str_of(probe->reason)));
}

static void count_probe(const struct watch *watch, size_t index, const struct probe *probe,
                        enum region_health health)
{
    struct str name = watch->site->regions[index].name;
    metric_add(series(watch, &family_probes, name, probe_result_text(probe->result)), 1);
    metric_set(series(watch, &family_healthy, name, NULL), health == HEALTH_UP);
}

static void take_result(struct prober *prober, const struct probe *probe)
{
    struct watch *watch = prober->watch;
    struct region_state *region = &watch->regions[prober->region];
    pthread_mutex_lock(&watch->lock);
    bool ending = watch->stopping; /* then the probe was cut off */
    bool turned =
        !ending && region_probed(region, &watch->site->rules, probe->result == PROBE_HEALTHY, probe->began);
    enum region_health health = region->health;
    pthread_mutex_unlock(&watch->lock);
    if (ending) {
        return;
    }
    announce(watch, &watch->probed);
    tell_probe(prober, probe);
    count_probe(watch, prober->region, probe, health);
    if (turned) {
        tell_health(&watch->site->regions[prober->region], health, probe);
    }
}

static void *run_prober(void *arg)
{
    struct prober *prober = arg;
    struct watch *watch = prober->watch;
    struct probe probe;
    do {
        probe_region(watch->site, prober->region, watch->fetch, &probe);
        take_result(prober, &probe);
    } while (wait_until(watch, next_round(watch, probe.began), NULL));
    return NULL;
}

/* ---- what is told of the record ---- */

static struct str region_name(const struct watch *watch, struct record_view view)
{
    return view.kind == RECORD_REGION ? watch->site->regions[view.region].name : STR_NONE;
}

static bool is_told(const struct told *told, struct decision decision, const struct record *record)
{
    return told->any && told->decision.verdict == decision.verdict && told->view.kind == record->view.kind &&
           (!decision_changes(decision) || told->decision.target == decision.target) &&
           (record->view.kind != RECORD_REGION || told->view.region == record->view.region) &&
           (record->view.kind != RECORD_FOREIGN || strcmp(told->text, record->text) == 0);
}

/* The row of each verdict: its severity, what is logged, and why the program is not ready then. */
static const struct {
    enum log_level level;
    const char *event, *unready;
} verdicts[VERDICT_COUNT] = {
    [VERDICT_UNREAD] = {LOG_ERROR, "record_unread", "the record cannot be read"},
    [VERDICT_FOREIGN] = {LOG_WARNING, "record_foreign", "the record names none of the regions"},
    [VERDICT_KEEP] = {LOG_NOTICE, "record_kept", NULL},
    [VERDICT_WAIT] = {LOG_WARNING, "record_waits", NULL},
    [VERDICT_NOBODY] = {LOG_ERROR, "nobody_healthy", "no region is healthy that the record could name"},
    [VERDICT_CREATE] = {LOG_NOTICE, "create", NULL},
    [VERDICT_FAILOVER] = {LOG_WARNING, "failover", NULL},
    [VERDICT_FAILBACK] = {LOG_NOTICE, "failback", NULL},
};

static void tell_decision(struct watch *watch, struct decision decision)
{
    const struct site *site = watch->site;
    const struct record *record = &watch->record;
    bool changes = decision_changes(decision);
    for (enum verdict i = 0; i < VERDICT_COUNT; i++) {
        metric_set(series(watch, &family_verdict, str_of(verdict_text(i)), NULL), i == decision.verdict);
    }
    atomic_store(&watch->unready, watch->told.update_failed ? "the last change of the record failed"
                                                            : verdicts[decision.verdict].unready);
    if (is_told(&watch->told, decision, record)) {
        return;
    }
    watch->told.any = true;
    watch->told.decision = decision;
    watch->told.view = record->view;
    memcpy(watch->told.text, record->text, sizeof record->text);
    LOG(verdicts[decision.verdict].level, verdicts[decision.verdict].event, log_str("name", site->name),
        log_cstr("record", record->text), log_str("region", region_name(watch, record->view)),
        log_str("target", changes ? site->regions[decision.target].name : STR_NONE),
        log_bool("dry_run", site->settings.failover.dry_run));
}

static void tell_current(const struct watch *watch)
{
    for (size_t i = 0; watch->record.view.kind != RECORD_UNREAD && i < watch->site->rules.region_count; i++) {
        metric_set(series(watch, &family_current, watch->site->regions[i].name, NULL),
                   record_names(&watch->record, i));
    }
}

/* ---- the servers ---- */

/* Since when it is what it is: reading the same again changes nothing about that, and neither does a reading that fails. */
static void keep_since(struct watch *watch)
{
    struct record_view *view = &watch->record.view;
    if (view->kind == watch->read.kind && view->region == watch->read.region) {
        view->since = watch->read.since;
    }
    watch->read = view->kind != RECORD_UNREAD ? *view : watch->read;
}

static void read_record(struct watch *watch)
{
    record_read(watch->site, watch->site->primary, watch->mem, &watch->record);
    keep_since(watch);
    tell_current(watch);
}

/* ---- changing ---- */

static void tell_failure(struct watch *watch, enum rc rc, const struct err *err)
{
    metric_add(series(watch, &family_refused, str_of(err->code != NULL ? err->code : rc_name(rc)), NULL), 1);
    if (!watch->told.update_failed) {
        LOG(LOG_ERROR, "update_failed", log_str("name", watch->site->name), log_cstr("code", err->code),
            log_cstr("error", err->msg),
            log_cstr("consequence",
                     rc == RC_UNCERTAIN ? "the record is read again, to know" : "it is tried again"));
    }
    watch->told.update_failed = true;
}

static void tell_change(struct watch *watch, struct decision decision, const char *from)
{
    const struct site *site = watch->site;
    watch->told.update_failed = false;
    metric_add(series(watch, &family_changes, str_of(verdict_text(decision.verdict)), NULL), 1);
    metric_set(metrics_series(watch->metrics, &family_changed, NULL), clock_wall().ms / 1000);
    LOG(LOG_NOTICE, "changed", log_str("name", site->name), log_cstr("kind", verdict_text(decision.verdict)),
        log_cstr("from", from), log_str("to", site->regions[decision.target].address),
        log_str("region", site->regions[decision.target].name));
}

/* Somebody else was faster: what is there now is read, and the next step decides anew. */
static void tell_overtaken(const struct watch *watch, const char *from)
{
    metric_add(series(watch, &family_refused, STR("DnsPrerequisite"), NULL), 1);
    LOG(LOG_NOTICE, "overtaken", log_str("name", watch->site->name), log_cstr("from", from),
        log_cstr("record", watch->record.text));
}

/* Whatever the server said, the record is what it serves. */
static void change(struct watch *watch, struct decision decision)
{
    char from[RECORD_TEXT_MAX];
    struct err err = {0};
    memcpy(from, watch->record.text, sizeof from);
    enum rc rc = record_change(watch->site, &watch->record, decision.target, watch->mem, &err);
    read_record(watch);
    if (record_names(&watch->record, decision.target) && (rc == RC_OK || rc == RC_UNCERTAIN)) {
        tell_change(watch, decision, from);
    } else if (rc == RC_CONFLICT && strcmp(from, watch->record.text) != 0) {
        tell_overtaken(watch, from);
    } else {
        rc = rc != RC_OK ? rc
                         : err_set(&err, RC_INTERNAL, "DnsNotServed",
                                   "the server took the change and serves %s", watch->record.text);
        tell_failure(watch, rc, &err);
    }
    announce(watch, &watch->rewritten);
}

/* ---- the decider ---- */

static struct decision decide_now(struct watch *watch)
{
    struct region_state regions[REGIONS_MAX];
    pthread_mutex_lock(&watch->lock);
    memcpy(regions, watch->regions, sizeof regions);
    pthread_mutex_unlock(&watch->lock);
    return decide(&watch->site->rules, regions, watch->record.view, clock_mono());
}

static void step(struct watch *watch, bool round)
{
    arena_reset(watch->mem);
    if (round) {
        read_record(watch);
    }
    struct decision decision = decide_now(watch);
    if (decision_changes(decision) && !round) {
        read_record(watch);
        decision = decide_now(watch);
    }
    if (!decision_changes(decision)) {
        watch->told.update_failed = false;
    }
    tell_decision(watch, decision);
    if (decision_changes(decision) && !watch->site->settings.failover.dry_run) {
        change(watch, decision);
        tell_decision(watch, decide_now(watch));
    }
}

static void *run_decider(void *arg)
{
    struct watch *watch = arg;
    struct mono due = clock_mono();
    do {
        bool round = clock_mono().ms >= due.ms;
        due = round ? next_round(watch, clock_mono()) : due;
        step(watch, round);
    } while (wait_until(watch, due, &watch->probed));
    return NULL;
}

/* ---- the observer ---- */

static void compare_server(struct watch *watch, size_t server, const struct record *primary,
                           struct arena *mem)
{
    char text[NET_TEXT_MAX];
    struct record there;
    struct str name = net_text_port(&watch->site->servers.items[server], text);
    record_read(watch->site, server, mem, &there);
    bool serves = there.view.kind == primary->view.kind && strcmp(there.text, primary->text) == 0;
    metric_set(series(watch, &family_serves, name, NULL), serves);
    if (serves == watch->behind[server]) {
        LOG(serves ? LOG_NOTICE : LOG_WARNING, serves ? "server_serves" : "server_behind",
            log_str("server", name), log_cstr("record", there.text), log_cstr("primary", primary->text));
    }
    watch->behind[server] = !serves;
}

static void *run_observer(void *arg)
{
    struct watch *watch = arg;
    CLEANUP(arena_freep) struct arena *mem = arena_new(STEP_BYTES_MAX);
    struct record primary;
    struct mono begun;
    do {
        begun = clock_mono();
        arena_reset(mem);
        record_read(watch->site, watch->site->primary, mem, &primary);
        for (size_t i = 0; i < watch->site->servers.count && primary.view.kind != RECORD_UNREAD; i++) {
            if (i != watch->site->primary) {
                compare_server(watch, i, &primary, mem);
            }
        }
    } while (wait_until(watch, next_round(watch, begun), &watch->rewritten));
    return NULL;
}

/* ---- life ---- */

static void init_lock(struct watch *watch)
{
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic); /* these cannot fail on Linux */
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&watch->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    (void)pthread_mutex_init(&watch->lock, NULL);
}

/* Every series from the start, so that what never happened reads 0. */
static void make_series(struct watch *watch)
{
    for (size_t i = 0; i < watch->site->rules.region_count; i++) {
        struct str name = watch->site->regions[i].name;
        (void)series(watch, &family_healthy, name, NULL);
        (void)series(watch, &family_current, name, NULL);
        for (enum probe_result result = 0; result < PROBE_RESULTS; result++) {
            (void)series(watch, &family_probes, name, probe_result_text(result));
        }
    }
    for (enum verdict verdict = VERDICT_CREATE; verdict < VERDICT_COUNT; verdict++) {
        (void)series(watch, &family_changes, str_of(verdict_text(verdict)), NULL);
    }
    (void)metrics_series(watch->metrics, &family_changed, NULL);
}

static enum rc start_threads(struct watch *watch, struct err *err)
{
    for (size_t i = 0; i < watch->site->rules.region_count; i++) {
        struct prober *prober = &watch->probers[i];
        *prober = (struct prober){.watch = watch, .region = i};
        if (pthread_create(&prober->thread, NULL, run_prober, prober) != 0) {
            return err_set(err, RC_LIMIT, NULL, "no thread for the probes");
        }
        watch->prober_count++;
    }
    watch->observing = pthread_create(&watch->observer, NULL, run_observer, watch) == 0;
    watch->deciding = watch->observing && pthread_create(&watch->decider, NULL, run_decider, watch) == 0;
    return watch->deciding ? RC_OK : err_set(err, RC_LIMIT, NULL, "no thread for the decisions");
}

enum rc watch_start(const struct site *site, struct metrics *metrics, struct watch **ret, struct err *err)
{
    struct watch *watch = mem_alloc(sizeof *watch);
    *watch = (struct watch){.site = site,
                            .metrics = metrics,
                            .unready = "the record was not read yet",
                            .mem = arena_new(STEP_BYTES_MAX)};
    init_lock(watch);
    make_series(watch);
    enum rc rc = fetch_new(&watch->fetch, err);
    rc = rc == RC_OK ? start_threads(watch, err) : rc;
    if (rc != RC_OK) {
        watch_stop(watch);
        return rc;
    }
    *ret = watch;
    return RC_OK;
}

void watch_stop(struct watch *watch)
{
    if (watch == NULL) {
        return;
    }
    pthread_mutex_lock(&watch->lock);
    watch->stopping = true;
    pthread_cond_broadcast(&watch->changed);
    pthread_mutex_unlock(&watch->lock);
    if (watch->fetch != NULL) {
        fetch_stop(watch->fetch); /* ends the probes under way */
    }
    for (size_t i = 0; i < watch->prober_count; i++) {
        pthread_join(watch->probers[i].thread, NULL);
    }
    if (watch->observing) {
        pthread_join(watch->observer, NULL);
    }
    if (watch->deciding) {
        pthread_join(watch->decider, NULL);
    }
    fetch_free(watch->fetch);
    arena_free(watch->mem);
    (void)pthread_cond_destroy(&watch->changed);
    (void)pthread_mutex_destroy(&watch->lock);
    mem_free(watch);
}

bool watch_ready(const struct watch *watch, const char **ret_why)
{
    const char *why = atomic_load(&watch->unready);
    if (why != NULL) {
        *ret_why = why;
    }
    return why == NULL;
}
