#include "gateway/auth/issuers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/random.h"
#include "common/base/url.h"
#include "common/fetch/fetch.h"
#include "common/json/read.h"

#include "common/base/banned.h"

#define CONFIG_BYTES_MAX (4 * 1024 * 1024)
#define DOCUMENT_BYTES_MAX                                                                                   \
    (16 * 1024 * 1024) /* a parsed discovery document; its text is at most LIMIT_FETCH_REPLY */
#define ENDPOINTS_BYTES_MAX (64 * 1024) /* what is kept of it */
#define DISCOVERY_PATH      "/.well-known/openid-configuration"

const struct issuers_times issuers_times_default = {
    .refresh_ms = 3600 * 1000,
    .backoff_min_ms = 1000,
    .backoff_max_ms = 60 * 1000,
    .stale_ms = 24 * 3600 * 1000,
    .kid_ms = 30 * 1000,
    .wait_ms = 5 * 1000,
    .round_ms = 10 * 1000,
};

static const struct metric_family family_keys = {
    "numgate_issuer_keys", METRIC_GAUGE, "Usable signing keys of an issuer.", {"issuer"}, NULL};
static const struct metric_family family_fetched = {"numgate_issuer_keys_fetched_timestamp_seconds",
                                                    METRIC_GAUGE,
                                                    "When an issuer's keys were last fetched.",
                                                    {"issuer"},
                                                    NULL};
static const struct metric_family family_rounds = {"numgate_issuer_fetches_total",
                                                   METRIC_COUNTER,
                                                   "Attempts to fetch an issuer's keys.",
                                                   {"issuer", "result"},
                                                   NULL};

/* Keys that were fetched together; shared by the issuer and by whoever verifies with them just now. */
struct key_set {
    atomic_size_t refs;
    struct jose_keys *keys;
};

/* What is kept of a discovery document. */
struct discovery {
    struct arena *mem; /* it lives there itself */
    struct auth_endpoints endpoints;
};

struct issuer {
    struct issuers *all;
    const struct auth_issuer *rules;
    struct str discovery_url;
    const char *not_ready; /* what issuers_ready() says */
    atomic_uint_fast64_t generation;
    struct metric *keys_metric, *fetched_metric, *ok_metric, *failed_metric;

    /* guarded by the lock */
    struct discovery *known; /* NULL until there was one; its keys may be gone */
    struct key_set *set;
    bool fetching;
    unsigned failures;       /* rounds since the last good one */
    struct mono fetched_at;  /* with set */
    struct mono due_at;      /* of the next round, while not fetching */
    struct mono asked_until; /* until then an unknown key starts no round */
    struct auth_waiter *waiters;

    /* of the round under way: keeper first, then fetch's thread */
    struct mono round_deadline;
    struct discovery *round_found;
};

struct issuers {
    atomic_size_t refs; /* the owner's, and one a round */
    struct arena *mem;
    struct issuers_times times;
    struct fetch *fetch;
    bool test_target;
    pthread_t keeper;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stopping;
    struct auth_waiter *unsure; /* wait to learn whose token they have */
    struct issuer *items;
    size_t count;
};

/* ---- discovery documents ---- */

static void discovery_free(struct discovery *discovery)
{
    if (discovery != NULL) {
        arena_free(discovery->mem);
    }
}

/* A browser is told of it, so it is held against what a browser may be sent to. */
static struct str endpoint(const struct json *document, const char *name, struct arena *mem)
{
    struct str url = json_string(json_get(document, str_of(name))), origin;
    struct err err;
    bool good = url_origin(url, &origin) && fetch_url_check(url, &err) == RC_OK;
    return good ? arena_str(mem, url) : STR_NONE;
}

/* NULL: too much text. */
static struct discovery *discovery_read(const struct json *document)
{
    struct arena *mem = arena_new(ENDPOINTS_BYTES_MAX);
    struct discovery *discovery = arena_new_of(mem, struct discovery);
    if (discovery == NULL) {
        arena_free(mem);
        return NULL;
    }
    *discovery = (struct discovery){mem,
                                    {.issuer = arena_str(mem, json_string(json_get(document, STR("issuer")))),
                                     .authorization = endpoint(document, "authorization_endpoint", mem),
                                     .token = endpoint(document, "token_endpoint", mem),
                                     .end_session = endpoint(document, "end_session_endpoint", mem)}};
    if (arena_failed(mem)) {
        arena_free(mem);
        return NULL;
    }
    return discovery;
}

/* ---- keys ---- */

static void key_set_unref(struct key_set *set)
{
    if (set != NULL && atomic_fetch_sub(&set->refs, 1) == 1) {
        jose_keys_free(set->keys);
        mem_free(set);
    }
}

void key_ref_release(struct key_ref *ref)
{
    key_set_unref(ref->set);
    *ref = (struct key_ref){0};
}

/* Takes over `keys`. NULL: no memory, keys are the caller's still. */
static struct key_set *key_set_new(struct jose_keys *keys)
{
    struct key_set *set = mem_alloc(sizeof(*set));
    if (set != NULL) {
        atomic_init(&set->refs, 1);
        set->keys = keys;
    }
    return set;
}

/* The lock is held. */
static void replace_keys(struct issuer *issuer, struct key_set *set)
{
    key_set_unref(issuer->set);
    issuer->set = set;
    atomic_fetch_add(&issuer->generation, 1);
    metric_set(issuer->keys_metric, set != NULL ? (int64_t)jose_keys_count(set->keys) : 0);
}

/* ---- waiters ---- */

/* The lock is held; the caller signals. Where nothing will come in time the waiter is called at once, by the
 * keeper. */
static void wait_in(struct issuers *all, struct auth_waiter **list, struct auth_waiter *waiter,
                    bool comes_in_time)
{
    if (waiter != NULL) {
        waiter->until = mono_after(clock_mono(), comes_in_time ? all->times.wait_ms : 0);
        waiter->next = *list;
        *list = waiter;
        pthread_cond_signal(&all->changed);
    }
}

static void call_waiters(struct auth_waiter *waiter)
{
    for (struct auth_waiter *next; waiter != NULL; waiter = next) {
        next = waiter->next; /* its owner may be gone after the call */
        waiter->ready(waiter);
    }
}

/* Moves those whose time is over from *list to *late. */
static void take_late(struct auth_waiter **list, struct mono now, struct auth_waiter **late)
{
    while (*list != NULL) {
        struct auth_waiter *waiter = *list;
        if (waiter->until.ms > now.ms) {
            list = &waiter->next;
            continue;
        }
        *list = waiter->next;
        waiter->next = *late;
        *late = waiter;
    }
}

static bool any_fetching(const struct issuers *all)
{
    for (size_t i = 0; i < all->count; i++) {
        if (all->items[i].fetching) {
            return true;
        }
    }
    return false;
}

/* Those whom the end of this issuer's round concerns. The lock is held. */
static struct auth_waiter *take_waiters(struct issuer *issuer)
{
    struct auth_waiter *taken = NULL;
    struct mono everyone = {INT64_MAX};
    take_late(&issuer->waiters, everyone, &taken);
    if (!any_fetching(issuer->all)) {
        take_late(&issuer->all->unsure, everyone, &taken);
    }
    return taken;
}

/* ---- life ---- */

static void issuers_unref(struct issuers *all)
{
    if (atomic_fetch_sub(&all->refs, 1) != 1) {
        return;
    }
    for (size_t i = 0; i < all->count; i++) {
        key_set_unref(all->items[i].set);
        discovery_free(all->items[i].known);
        discovery_free(all->items[i].round_found);
    }
    pthread_cond_destroy(&all->changed);
    pthread_mutex_destroy(&all->lock);
    arena_free(all->mem);
    mem_free(all);
}

/* ---- rounds ---- */

static int64_t with_jitter(int64_t ms)
{
    return ms - ms / 10 + (int64_t)(random_u64() % (uint64_t)(ms / 5 + 1));
}

static int64_t backoff_ms(const struct issuers_times *times, unsigned failures)
{
    int64_t ms = times->backoff_min_ms;
    for (unsigned i = 1; i < failures && ms < times->backoff_max_ms; i++) {
        ms *= 2;
    }
    return with_jitter(ms < times->backoff_max_ms ? ms : times->backoff_max_ms);
}

/* The last thing of a round: the issuers may be gone after it. */
static void round_end(struct issuer *issuer, int64_t next_ms)
{
    struct issuers *all = issuer->all;
    issuer->fetching = false;
    issuer->due_at = mono_after(clock_mono(), next_ms);
    struct auth_waiter *waiters = take_waiters(issuer);
    pthread_cond_signal(&all->changed);
    pthread_mutex_unlock(&all->lock);
    call_waiters(waiters);
    issuers_unref(all);
}

static void round_failed(struct issuer *issuer, const struct err *why)
{
    struct issuers *all = issuer->all;
    discovery_free(TAKE(issuer->round_found));
    pthread_mutex_lock(&all->lock);
    int64_t next_ms = backoff_ms(&all->times, ++issuer->failures);
    if (!all->stopping) {
        metric_add(issuer->failed_metric, 1);
        LOG(LOG_WARNING, "issuer_keys_failed", log_str("issuer", issuer->rules->name),
            log_cstr("error", why->msg), log_bool("keys_in_use", issuer->set != NULL),
            log_i64("again_ms", next_ms));
    }
    round_end(issuer, next_ms);
}

/* The lock is held. */
static void install(struct issuer *issuer, struct key_set *set)
{
    replace_keys(issuer, set);
    discovery_free(issuer->known);
    issuer->known = TAKE(issuer->round_found);
    issuer->fetched_at = clock_mono();
    issuer->failures = 0;
    size_t skipped = jose_keys_skipped(set->keys);
    metric_add(issuer->ok_metric, 1);
    metric_set(issuer->fetched_metric, clock_wall().ms / 1000);
    LOG(LOG_INFO, "issuer_keys", log_str("issuer", issuer->rules->name),
        log_i64("keys", (int64_t)jose_keys_count(set->keys)), log_i64("skipped", (int64_t)skipped),
        log_cstr("skipped_why", skipped > 0 ? jose_keys_skipped_why(set->keys) : NULL));
}

static void round_succeeded(struct issuer *issuer, struct key_set *set)
{
    struct issuers *all = issuer->all;
    pthread_mutex_lock(&all->lock);
    if (all->stopping) {
        key_set_unref(set); /* nobody asks any more, and the metrics may be gone */
    } else {
        install(issuer, set);
    }
    round_end(issuer, with_jitter(all->times.refresh_ms));
}

static enum rc check_reply(enum rc rc, const struct fetch_reply *reply, const struct err *fetch_err,
                           struct err *err)
{
    if (rc != RC_OK) {
        *err = *fetch_err;
        return rc;
    }
    return reply->status == 200 ? RC_OK
                                : err_set(err, RC_BUSY, NULL, "answered with status %d", reply->status);
}

static enum rc read_keys(struct str body, struct key_set **ret, struct err *err)
{
    CLEANUP(jose_keys_freep) struct jose_keys *keys = NULL;
    enum rc rc = jose_keys_parse(body, &keys, err);
    if (rc != RC_OK) {
        return rc;
    }
    if (jose_keys_count(keys) == 0) {
        return err_set(err, RC_INVALID, NULL, "no usable key (%s)", jose_keys_skipped_why(keys));
    }
    struct key_set *set = key_set_new(keys);
    if (set == NULL) {
        return err_set(err, RC_LIMIT, NULL, "out of memory");
    }
    keys = NULL; /* the set's now */
    *ret = set;
    return RC_OK;
}

static void on_keys(void *arg, enum rc rc, const struct fetch_reply *reply, const struct err *fetch_err)
{
    struct issuer *issuer = arg;
    struct key_set *set = NULL;
    struct err err;
    rc = check_reply(rc, reply, fetch_err, &err);
    if (rc != RC_OK || read_keys(reply->body, &set, &err) != RC_OK) {
        err_context(&err, "key set");
        round_failed(issuer, &err);
        return;
    }
    round_succeeded(issuer, set);
}

static enum rc start(struct issuer *issuer, struct str url, fetch_done *done, struct err *err)
{
    struct fetch_request request = {
        .url = url,
        .ca_file = issuer->rules->ca_file,
        .deadline = issuer->round_deadline,
        .done = done,
        .arg = issuer,
    };
    return fetch_start(issuer->all->fetch, &request, err);
}

/* Anything but an absent or false `numgate_lab` announces the lab. */
static bool is_lab(const struct json *document)
{
    const struct json *lab = json_get(document, STR("numgate_lab"));
    return lab != NULL && (json_type(lab) != JSON_BOOL || json_bool(lab));
}

static enum rc check_discovery(const struct issuer *issuer, const struct json *document, struct err *err)
{
    struct str name = json_string(json_get(document, STR("issuer")));
    if (str_empty(name) || str_empty(json_string(json_get(document, STR("jwks_uri"))))) {
        return err_set(err, RC_INVALID, NULL, "no issuer or no jwks_uri in it");
    }
    if (is_lab(document) && !issuer->all->test_target) {
        return err_set(err, RC_DENIED, NULL,
                       "this is numgate-lab, which is accepted with [deployment] test_target = yes only");
    }
    if (str_contains(name, STR(TOKEN_TENANT_TEMPLATE)) && issuer->rules->tenant_count == 0) {
        return err_set(err, RC_DENIED, NULL, "it is for any tenant, so tenants = is needed");
    }
    return RC_OK;
}

/* Reads the discovery document and starts the second fetch. */
static enum rc discovered(struct issuer *issuer, struct str body, struct err *err)
{
    CLEANUP(arena_freep) struct arena *mem = arena_new(DOCUMENT_BYTES_MAX);
    const struct json *document;
    enum rc rc = json_parse(body, mem, &document, err);
    if (rc != RC_OK || (rc = check_discovery(issuer, document, err)) != RC_OK) {
        return rc;
    }
    discovery_free(issuer->round_found);
    issuer->round_found = discovery_read(document);
    if (issuer->round_found == NULL) {
        return err_set(err, RC_LIMIT, NULL, "out of memory, or its endpoints are too long");
    }
    return start(issuer, json_string(json_get(document, STR("jwks_uri"))), on_keys, err);
}

static void on_discovery(void *arg, enum rc rc, const struct fetch_reply *reply, const struct err *fetch_err)
{
    struct issuer *issuer = arg;
    struct err err;
    rc = check_reply(rc, reply, fetch_err, &err);
    if (rc != RC_OK || discovered(issuer, reply->body, &err) != RC_OK) {
        err_context(&err, "discovery document");
        round_failed(issuer, &err);
    }
}

static void round_begin(struct issuer *issuer)
{
    struct err err;
    atomic_fetch_add(&issuer->all->refs, 1);
    issuer->round_deadline = mono_after(clock_mono(), issuer->all->times.round_ms);
    if (start(issuer, issuer->discovery_url, on_discovery, &err) != RC_OK) {
        round_failed(issuer, &err);
    }
}

/* ---- keeper ---- */

static void drop_stale(struct issuer *issuer, struct mono now)
{
    if (issuer->set != NULL && now.ms >= mono_after(issuer->fetched_at, issuer->all->times.stale_ms).ms) {
        LOG(LOG_ERROR, "issuer_keys_dropped", log_str("issuer", issuer->rules->name),
            log_i64("failures", issuer->failures));
        replace_keys(issuer, NULL);
    }
}

static struct issuer *take_due(struct issuers *all, struct mono now)
{
    for (size_t i = 0; i < all->count; i++) {
        struct issuer *issuer = &all->items[i];
        if (!issuer->fetching && issuer->due_at.ms <= now.ms) {
            issuer->fetching = true;
            return issuer;
        }
    }
    return NULL;
}

static void sooner(struct mono *t, struct mono other)
{
    *t = other.ms < t->ms ? other : *t;
}

static void sooner_of_list(struct mono *t, const struct auth_waiter *list)
{
    for (; list != NULL; list = list->next) {
        sooner(t, list->until);
    }
}

static struct mono next_event(const struct issuers *all, struct mono now)
{
    struct mono next = mono_after(now, 60 * 1000);
    sooner_of_list(&next, all->unsure);
    for (size_t i = 0; i < all->count; i++) {
        const struct issuer *issuer = &all->items[i];
        sooner_of_list(&next, issuer->waiters);
        if (!issuer->fetching) {
            sooner(&next, issuer->due_at);
        }
        if (issuer->set != NULL) {
            sooner(&next, mono_after(issuer->fetched_at, all->times.stale_ms));
        }
    }
    return next;
}

static struct auth_waiter *take_all_late(struct issuers *all, struct mono now)
{
    struct auth_waiter *late = NULL;
    take_late(&all->unsure, now, &late);
    for (size_t i = 0; i < all->count; i++) {
        take_late(&all->items[i].waiters, now, &late);
    }
    return late;
}

/* One thing that is due now, done without the lock. False: there was none. */
static bool keep_once(struct issuers *all, struct mono now)
{
    for (size_t i = 0; i < all->count; i++) {
        drop_stale(&all->items[i], now);
    }
    struct auth_waiter *late = take_all_late(all, now);
    struct issuer *due = take_due(all, now);
    if (late == NULL && due == NULL) {
        return false;
    }
    pthread_mutex_unlock(&all->lock);
    call_waiters(late);
    if (due != NULL) {
        round_begin(due);
    }
    pthread_mutex_lock(&all->lock);
    return true;
}

static void *keep(void *arg)
{
    struct issuers *all = arg;
    pthread_mutex_lock(&all->lock);
    while (!all->stopping) {
        struct mono now = clock_mono();
        if (!keep_once(all, now)) {
            struct mono next = next_event(all, now);
            struct timespec until = {next.ms / 1000, next.ms % 1000 * 1000000};
            pthread_cond_timedwait(&all->changed, &all->lock, &until);
        }
    }
    pthread_mutex_unlock(&all->lock);
    return NULL;
}

/* ---- making ---- */

static const struct str *copy_list(struct arena *mem, const struct str *list, size_t count)
{
    struct str *copy = arena_alloc_array(mem, count, sizeof(*copy));
    for (size_t i = 0; copy != NULL && i < count; i++) {
        copy[i] = arena_str(mem, list[i]);
    }
    return copy;
}

static struct auth_issuer *copy_rules(struct arena *mem, const struct auth_issuer *from)
{
    struct auth_issuer *to = arena_new_of(mem, struct auth_issuer);
    if (to == NULL) {
        return NULL;
    }
    *to = *from;
    to->name = arena_str(mem, from->name);
    to->authority = arena_str(mem, from->authority);
    to->ca_file = arena_str(mem, from->ca_file);
    to->roles_claim = arena_str(mem, from->roles_claim);
    to->audiences = copy_list(mem, from->audiences, from->audience_count);
    to->issuers_also = copy_list(mem, from->issuers_also, from->issuers_also_count);
    to->tenants = copy_list(mem, from->tenants, from->tenant_count);
    return to;
}

static struct metric *series(struct metrics *metrics, const struct metric_family *family, const char *issuer,
                             const char *result)
{
    return metrics != NULL ? metrics_series(metrics, family, (const char *const[]){issuer, result}) : NULL;
}

static void issuer_init(struct issuer *issuer, struct issuers *all, const struct auth_issuer *rules,
                        struct metrics *metrics)
{
    struct str authority = rules->authority;
    while (str_ends(authority, STR("/"))) {
        authority = str_slice(authority, 0, authority.n - 1);
    }
    issuer->all = all;
    issuer->rules = copy_rules(all->mem, rules);
    issuer->discovery_url = arena_printf(all->mem, "%" STR_FMT DISCOVERY_PATH, STR_ARG(authority));
    issuer->not_ready = arena_printf(all->mem, "no keys of issuer %" STR_FMT " yet", STR_ARG(rules->name)).p;
    issuer->due_at = clock_mono();
    const char *name = arena_cstr(all->mem, rules->name);
    issuer->keys_metric = series(metrics, &family_keys, name, NULL);
    issuer->fetched_metric = series(metrics, &family_fetched, name, NULL);
    issuer->ok_metric = series(metrics, &family_rounds, name, "ok");
    issuer->failed_metric = series(metrics, &family_rounds, name, "failed");
}

static struct issuers *make(const struct auth_config *config, const struct issuers_times *times,
                            struct fetch *fetch, struct metrics *metrics)
{
    struct issuers *all = mem_alloc(sizeof(*all));
    if (all == NULL || (all->mem = arena_new(CONFIG_BYTES_MAX)) == NULL) {
        mem_free(all);
        return NULL;
    }
    atomic_init(&all->refs, 1);
    all->times = *times;
    all->fetch = fetch;
    all->test_target = config->test_target;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC); /* what clock_mono() reads */
    pthread_cond_init(&all->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&all->lock, NULL);
    all->items = arena_alloc_array(all->mem, config->issuer_count, sizeof(*all->items));
    all->count = all->items != NULL ? config->issuer_count : 0;
    for (size_t i = 0; i < all->count; i++) {
        issuer_init(&all->items[i], all, &config->issuers[i], metrics);
    }
    return all;
}

enum rc issuers_new(const struct auth_config *config, const struct issuers_times *times, struct fetch *fetch,
                    struct metrics *metrics, struct issuers **ret, struct err *err)
{
    struct issuers *all = make(config, times, fetch, metrics);
    if (all == NULL || arena_failed(all->mem)) {
        if (all != NULL) {
            issuers_unref(all);
        }
        return err_set(err, RC_LIMIT, NULL, "no memory for the issuers");
    }
    if (pthread_create(&all->keeper, NULL, keep, all) != 0) {
        issuers_unref(all);
        return err_set(err, RC_LIMIT, NULL, "no thread for the issuers' keys");
    }
    (void)pthread_setname_np(all->keeper, "keeper"); /* a name for debuggers; nothing depends on it */
    *ret = all;
    return RC_OK;
}

void issuers_free(struct issuers *all)
{
    if (all == NULL) {
        return;
    }
    pthread_mutex_lock(&all->lock);
    all->stopping = true;
    pthread_cond_signal(&all->changed);
    pthread_mutex_unlock(&all->lock);
    pthread_join(all->keeper, NULL);
    pthread_mutex_lock(&all->lock);
    struct auth_waiter *waiters = take_all_late(all, (struct mono){INT64_MAX});
    pthread_mutex_unlock(&all->lock);
    call_waiters(waiters);
    issuers_unref(all);
}

/* ---- questions ---- */

bool issuers_ready(struct issuers *all, const char **ret_why)
{
    const char *why = NULL;
    pthread_mutex_lock(&all->lock);
    for (size_t i = 0; i < all->count && why == NULL; i++) {
        why = all->items[i].set == NULL ? all->items[i].not_ready : NULL;
    }
    pthread_mutex_unlock(&all->lock);
    if (why != NULL && ret_why != NULL) {
        *ret_why = why;
    }
    return why == NULL;
}

static const struct issuer *by_section(const struct issuers *all, struct str name)
{
    for (size_t i = 0; i < all->count; i++) {
        if (str_eq(all->items[i].rules->name, name)) {
            return &all->items[i];
        }
    }
    return NULL;
}

enum rc issuers_endpoints(struct issuers *all, struct str name, struct arena *mem, struct auth_endpoints *ret,
                          struct err *err)
{
    const struct issuer *issuer = by_section(all, name);
    if (issuer == NULL) {
        return err_set(err, RC_NOT_FOUND, NULL, "there is no issuer \"%" STR_FMT "\"", STR_ARG(name));
    }
    pthread_mutex_lock(&all->lock);
    bool known = issuer->known != NULL;
    if (known) {
        const struct auth_endpoints *says = &issuer->known->endpoints;
        *ret = (struct auth_endpoints){arena_str(mem, says->issuer), arena_str(mem, says->authorization),
                                       arena_str(mem, says->token), arena_str(mem, says->end_session)};
    }
    pthread_mutex_unlock(&all->lock);
    return known ? RC_OK
                 : err_set(err, RC_BUSY, NULL, "the discovery document of the issuer was not read yet");
}

const struct auth_issuer *issuers_rules(const struct issuers *all, size_t index)
{
    return all->items[index].rules;
}

uint64_t issuers_generation(const struct issuers *all, size_t index)
{
    return atomic_load(&all->items[index].generation);
}

static bool issuer_is(const struct issuer *issuer, const struct token *token)
{
    const struct auth_issuer *rules = issuer->rules;
    for (size_t i = 0; i < rules->issuers_also_count; i++) {
        if (token_is_from(token, rules->issuers_also[i])) {
            return true;
        }
    }
    return issuer->known != NULL && token_is_from(token, issuer->known->endpoints.issuer);
}

/* Will a round of this issuer end before a request that begins to wait now would give up? */
static bool comes_in_time(const struct issuer *issuer)
{
    return issuer->fetching || issuer->due_at.ms <= mono_after(clock_mono(), issuer->all->times.wait_ms).ms;
}

enum rc issuers_find(struct issuers *all, const struct token *token, struct auth_waiter *waiter, size_t *ret)
{
    enum rc rc = RC_NOT_FOUND;
    bool in_time = false;
    pthread_mutex_lock(&all->lock);
    for (size_t i = 0; i < all->count && rc != RC_OK; i++) {
        const struct issuer *issuer = &all->items[i];
        if (issuer_is(issuer, token)) {
            *ret = i;
            rc = RC_OK;
        } else if (issuer->known == NULL) {
            in_time |= comes_in_time(issuer);
            rc = RC_BUSY;
        }
    }
    if (rc == RC_BUSY) {
        wait_in(all, &all->unsure, waiter, in_time);
    }
    pthread_mutex_unlock(&all->lock);
    return rc;
}

/* A key that is not in the set may be new: look once, not more often than kid_ms. The lock is held. */
static enum rc ask_again(struct issuer *issuer, struct auth_waiter *waiter)
{
    struct issuers *all = issuer->all;
    struct mono now = clock_mono();
    bool asked = now.ms < issuer->asked_until.ms;
    if (asked && !issuer->fetching) {
        if (issuer->due_at.ms > now.ms && issuer->failures == 0) {
            return RC_NOT_FOUND;
        }
    } else if (!asked) {
        issuer->asked_until = mono_after(now, all->times.kid_ms);
        issuer->due_at = issuer->fetching ? issuer->due_at : now;
    }
    wait_in(all, &issuer->waiters, waiter, comes_in_time(issuer));
    pthread_cond_signal(&all->changed);
    return RC_BUSY;
}

enum rc issuers_key(struct issuers *all, size_t index, struct str kid, struct auth_waiter *waiter,
                    struct key_ref *ret)
{
    struct issuer *issuer = &all->items[index];
    enum rc rc = RC_BUSY;
    pthread_mutex_lock(&all->lock);
    const struct jose_key *key = issuer->set != NULL ? jose_keys_find(issuer->set->keys, kid) : NULL;
    if (key != NULL) {
        atomic_fetch_add(&issuer->set->refs, 1);
        *ret = (struct key_ref){key, issuer->set, issuers_generation(all, index)};
        rc = RC_OK;
    } else if (issuer->set != NULL) {
        rc = ask_again(issuer, waiter);
    } else {
        wait_in(all, &issuer->waiters, waiter, comes_in_time(issuer));
    }
    pthread_mutex_unlock(&all->lock);
    return rc;
}
