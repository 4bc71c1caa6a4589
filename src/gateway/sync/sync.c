#include "gateway/sync/room.h"

#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#include "common/base/limits.h"
#include "common/base/mem.h"

#include "common/base/banned.h"

#define RETRY_MS      1000 /* the first pause after a failure */
#define LEASE_MS      4000 /* an account waits at most so long for a node that died */
#define CLOCKED_BYTES 65536
#define OTHERS        "OtherTenant"
#define KEEP_S        10

static const struct metric_family family_numbers = {
    .name = "numgate_sync_numbers_total",
    .type = METRIC_COUNTER,
    .help =
        "Numbers that orders to the back end ended for: uploaded, released, refused, to be ordered again.",
    .labels = {"result"}};
static const struct metric_family family_success = {
    .name = "numgate_sync_last_success_time_seconds",
    .type = METRIC_GAUGE,
    .help = "When the back end last did what it was asked, in seconds since 1970; 0: not since the start."};

static const struct metric_family family_orders = {
    .name = "numgate_sync_orders_open",
    .type = METRIC_GAUGE,
    .help =
        "Orders that the back end has not ended, of all nodes, when this one last counted; at most 10,000."};

static const char *const count_names[] = {[SYNC_UPLOADED] = "uploaded",
                                          [SYNC_RELEASED] = "released",
                                          [SYNC_REFUSED] = "refused",
                                          [SYNC_AGAIN] = "again"};

struct change sync__change(const struct sync *sync, struct repo_tx *tx, struct arena *mem)
{
    return (struct change){
        .tx = tx, .mem = mem, .actor = &sync->actor, .now = clock_wall(), .facts = sync->config.facts};
}

struct str sync__lease_of(struct arena *mem, struct str tenant_id)
{
    struct str key = arena_lower(mem, tenant_id);
    return str_absent(key) ? STR_NONE : arena_printf(mem, "sync/%" STR_FMT, STR_ARG(key));
}

enum rc sync__stand(struct repo_tx *tx, struct arena *mem, struct str name, struct stand *ret,
                    struct err *err)
{
    const struct account *account = NULL;
    *ret = (struct stand){.tenant_id = STR("")};
    enum rc rc = repo_account_find(tx, mem, name, REPO_SHARE, &account, err);
    if (rc != RC_OK) {
        return rc == RC_NOT_FOUND ? RC_OK : rc;
    }
    ret->account = account;
    ret->tenant_id = account->services->teams_tenant_id;
    for (enum service s = 0; s < SERVICE_COUNT; s++) {
        ret->syncs[s] = account_syncs(account, s);
        ret->any = ret->any || ret->syncs[s];
    }
    return RC_OK;
}

struct naming {
    struct str tenant_id, after;
    size_t limit;
    struct text_list names;
};

static enum rc read_names(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct naming *n = arg;
    return repo_accounts_of_tenant(tx, mem, n->tenant_id, n->after, n->limit, &n->names, err);
}

struct str sync__keep(struct str text, char *room, size_t size)
{
    if (str_absent(text) || text.n > size) {
        return STR_NONE;
    }
    memmove(room, text.p, text.n);
    return (struct str){room, text.n};
}

enum rc sync__each_accounts(struct work_run *run, struct str tenant_id, size_t limit,
                            enum rc (*fn)(struct text_list names, void *arg, struct err *err), void *arg,
                            struct err *err)
{
    char last[LIMIT_TEXT];
    struct naming naming = {.tenant_id = tenant_id, .limit = limit};
    bool more = true;
    enum rc rc = RC_OK;
    while (rc == RC_OK && more) {
        struct arena_mark mark = arena_mark(work_mem(run));
        rc = work_stopping(run) ? err_set(err, RC_BUSY, NULL, "stopping")
                                : work_read(run, read_names, &naming, err);
        rc = rc == RC_OK ? fn(naming.names, arg, err) : rc;
        more = rc == RC_OK && naming.names.count == limit;
        naming.after = more ? sync__keep(naming.names.items[limit - 1], last, sizeof last) : STR_NONE;
        arena_rewind(work_mem(run), mark);
    }
    return rc;
}

/* ---- leases ---- */

/* Of an account that is gone: the one that its numbers leave. RC_NOT_FOUND: none. */
static enum rc tenant_of(struct repo_tx *tx, struct arena *mem, struct str account, struct stand *stand,
                         struct str *ret, struct err *err)
{
    enum rc rc = sync__stand(tx, mem, account, stand, err);
    *ret = stand->tenant_id;
    return rc == RC_OK && str_empty(*ret) ? repo_acquired_tenant(tx, mem, account, ret, err) : rc;
}

static enum rc account_lease(struct repo_tx *tx, struct arena *mem, struct str key, struct str *ret,
                             struct err *err)
{
    struct stand stand;
    struct str tenant_id;
    enum rc rc = tenant_of(tx, mem, key, &stand, &tenant_id, err);
    if (rc != RC_OK && rc != RC_NOT_FOUND) {
        return rc;
    }
    *ret = rc == RC_OK ? sync__lease_of(mem, tenant_id)
                       : arena_printf(mem, "sync/account/%" STR_FMT, STR_ARG(key));
    return RC_OK;
}

struct guarded {
    struct work_run *run;
    sync__fn *fn;
    void *arg;
};

/* Without a tenant there is nothing that another could be at. */
static enum rc guarded_write(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct guarded *g = arg;
    struct stand stand;
    struct str tenant_id;
    enum rc rc = tenant_of(tx, mem, work_item(g->run)->key, &stand, &tenant_id, err);
    if (rc == RC_OK && !str_eq(sync__lease_of(mem, tenant_id), work_lease(g->run)->name)) {
        return err_set(err, RC_CONFLICT, OTHERS, "the account belongs to another tenant by now");
    }
    return rc == RC_OK || rc == RC_NOT_FOUND ? g->fn(tx, mem, &stand, g->arg, err) : rc;
}

enum rc sync__write(struct work_run *run, sync__fn *fn, void *arg, struct err *err)
{
    struct guarded guarded = {run, fn, arg};
    return work_write(run, guarded_write, &guarded, err);
}

bool sync__is_others(enum rc rc, const struct err *err)
{
    return rc == RC_CONFLICT && str_eq(str_of(err->code), STR(OTHERS));
}

static enum rc tenant_lease(struct repo_tx *tx, struct arena *mem, struct str key, struct str *ret,
                            struct err *err)
{
    (void)tx, (void)err;
    *ret = sync__lease_of(mem, key);
    return RC_OK;
}

/* ---- what is asked for by the clock ---- */

/* Their outbox rows stay for ever once they are there, unless somebody empties the store. A thread looks after them, since the store may
 * be away at the start. */
static enum rc ensure_clocked(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    static const struct str keys[] = {STR(INWARD_CONSENTS), STR(INWARD_CHANGES)};
    (void)arg;
    struct outbox_state state;
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < ARRAY_LEN(keys); i++) {
        rc = repo_outbox_find(tx, mem, OUTBOX_INWARD, keys[i], &state, err);
        rc = rc == RC_NOT_FOUND ? repo_outbox_touch(tx, OUTBOX_INWARD, keys[i], err) : rc;
    }
    return rc;
}

static void *keep_clocked(void *arg)
{
    struct sync *sync = arg;
    struct arena *mem = arena_new(CLOCKED_BYTES);
    struct timespec at;
    bool stopping = false;
    while (!stopping) {
        enum rc rc = work_call(sync->work, REPO_WRITE, mem, ensure_clocked, NULL,
                               NULL); /* the store says why it is away */
        arena_reset(mem);
        clock_gettime(CLOCK_REALTIME, &at);
        at.tv_sec += rc == RC_OK ? KEEP_S : 1;
        stopping = sem_timedwait(&sync->stopping, &at) == 0;
    }
    arena_free(mem);
    return NULL;
}

/* ---- life ---- */

static void make_kinds(struct sync *sync)
{
    const struct sync_config *config = &sync->config;
    const struct work_kind kinds[SYNC_KINDS] = {
        {.name = "sync",
         .outbox = OUTBOX_SYNC,
         .workers = 2 * config->calls,
         .lease = account_lease,
         .run = outward__run},
        {.name = "relationship", .outbox = OUTBOX_RFI, .workers = 2, .run = relationship__run},
        {.name = "sweep", .outbox = OUTBOX_SWEEP, .workers = 2, .lease = tenant_lease, .run = sweep__run},
        {.name = "inward", .outbox = OUTBOX_INWARD, .workers = 1, .run = inward__run},
    };
    for (size_t i = 0; i < SYNC_KINDS; i++) {
        sync->kinds[i] = kinds[i];
        sync->kinds[i].arg = sync;
        sync->kinds[i].backoff_ms = RETRY_MS;
        sync->kinds[i].backoff_max_ms = config->retry_max_ms;
    }
}

static void make_metrics(struct sync *sync)
{
    if (sync->config.metrics == NULL) {
        return;
    }
    for (size_t i = 0; i < SYNC_COUNTS; i++) {
        const char *const labels[] = {count_names[i]};
        sync->counts[i] = metrics_series(sync->config.metrics, &family_numbers, labels);
    }
    sync->last_success = metrics_series(sync->config.metrics, &family_success, NULL);
    sync->orders_open = metrics_series(sync->config.metrics, &family_orders, NULL);
}

static void fill_defaults(struct sync_config *config)
{
    config->calls = config->calls != 0 ? config->calls : 8;
    config->poll_ms = config->poll_ms != 0 ? config->poll_ms : 30 * 1000;
    config->sweep_ms = config->sweep_ms != 0 ? config->sweep_ms : 24 * 3600 * 1000;
    config->lease_ms = config->lease_ms != 0 ? config->lease_ms : LEASE_MS;
    config->retry_max_ms = config->retry_max_ms != 0 ? config->retry_max_ms : 300 * 1000;
}

/* Waits are by the clock of struct mono. */
static void make_signals(struct sync *sync)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&sync->ended, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&sync->mutex, NULL);
    sem_init(&sync->stopping, 0, 0);
}

static void sync_free(struct sync *sync)
{
    sem_destroy(&sync->stopping);
    pthread_cond_destroy(&sync->ended);
    pthread_mutex_destroy(&sync->mutex);
    mem_free(sync);
}

enum rc sync_start(const struct sync_config *config, struct sync **ret, struct err *err)
{
    struct sync *sync = mem_alloc(sizeof *sync);
    if (sync == NULL) {
        return err_set(err, RC_LIMIT, NULL, "out of memory");
    }
    sync->config = *config;
    fill_defaults(&sync->config);
    sync->actor = (struct actor){
        .way = ACTOR_SYNC, .caller = STR("numgate/sync"), .name = STR("sync"), .request_id = STR("sync")};
    make_kinds(sync);
    make_metrics(sync);
    const struct work_config work = {.repo = config->repo,
                                     .kinds = sync->kinds,
                                     .kind_count = SYNC_KINDS,
                                     .metrics = config->metrics,
                                     .lease_ms = sync->config.lease_ms,
                                     .poll_ms = sync->config.look_ms};
    make_signals(sync);
    enum rc rc = work_new(&work, &sync->work, err);
    if (rc != RC_OK) {
        sync_free(sync);
        return rc;
    }
    if (pthread_create(&sync->keeper, NULL, keep_clocked, sync) != 0) {
        work_free(sync->work);
        sync_free(sync);
        return err_set(err, RC_INTERNAL, NULL, "no thread can be made");
    }
    *ret = sync;
    return RC_OK;
}

void sync_end(struct sync *sync)
{
    if (sync != NULL) {
        work_end(sync->work);
        pthread_mutex_lock(&sync->mutex);
        sync->ending = true;
        pthread_cond_broadcast(&sync->ended);
        pthread_mutex_unlock(&sync->mutex);
    }
}

void sync_stop(struct sync *sync)
{
    if (sync != NULL) {
        sem_post(&sync->stopping);
        pthread_join(sync->keeper, NULL);
        work_free(sync->work);
        sync_free(sync);
    }
}

void sync_wake(struct sync *sync, unsigned outbox_kinds)
{
    if (outbox_kinds & 1U << OUTBOX_SYNC) {
        atomic_fetch_add(&sync->wakes, 1); /* a run of the account, if there is one, goes on with it */
    }
    work_wake(sync->work, outbox_kinds);
}
