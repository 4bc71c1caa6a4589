/* A worker: takes what a poll found, claims it, lets its kind do it, settles it. */
#include "gateway/work/room.h"

#include "common/base/conceal.h"
#include "common/base/log.h"
#include "gateway/work/backoff.h"

#include "common/base/banned.h"

/* ---- what run functions call ---- */

const struct outbox_item *work_item(const struct work_run *run)
{
    return &run->item;
}

const struct lease *work_lease(const struct work_run *run)
{
    return &run->lease;
}

struct arena *work_mem(struct work_run *run)
{
    return run->mem;
}

bool work_lost(const struct work_run *run)
{
    return atomic_load(&run->lost) || clock_mono().ms >= atomic_load(&run->valid_ms);
}

bool work_stopping(const struct work_run *run)
{
    return atomic_load(&run->lane->work->stopping) || atomic_load(&run->paused) || work_lost(run);
}

enum rc work_read(struct work_run *run, work__fn *fn, void *arg, struct err *err)
{
    return work__call(run->lane->work, REPO_LIST, run->mem, NULL, NULL, fn, arg, err);
}

/* Renewals and what the run writes take turns: a node that falls silent leaves one transaction that has the lease's row, not another one
 * behind it. A renewal that is due goes first, however many writes there are. */
static void write_begins(struct work_run *run)
{
    struct work *work = run->lane->work;
    const atomic_bool *frozen = work->config.test.frozen;
    pthread_mutex_lock(&work->mutex);
    if (!run->renewal.pending && run->renew_ms <= clock_mono().ms &&
        (frozen == NULL || !atomic_load(frozen))) {
        work__renew(run);
    }
    while (run->renewal.pending) {
        pthread_cond_wait(&work->changed, &work->mutex);
    }
    run->writing = true;
    pthread_mutex_unlock(&work->mutex);
}

static void write_ends(struct work_run *run)
{
    struct work *work = run->lane->work;
    pthread_mutex_lock(&work->mutex);
    run->writing = false;
    pthread_cond_broadcast(&work->changed); /* a renewal may have become due */
    pthread_mutex_unlock(&work->mutex);
}

enum rc work_write(struct work_run *run, work__fn *fn, void *arg, struct err *err)
{
    bool lost = false;
    write_begins(run);
    enum rc rc = work__call(run->lane->work, REPO_WRITE, run->mem, &run->lease, &lost, fn, arg, err);
    write_ends(run);
    if (lost) {
        atomic_store(&run->lost, true);
    }
    return rc;
}

void work_again_in(struct work_run *run, uint32_t delay_ms)
{
    run->again = true;
    run->again_ms = delay_ms < WORK_AGAIN_MAX_MS ? delay_ms : WORK_AGAIN_MAX_MS;
}

void work_poll_in(struct work_run *run, uint32_t delay_ms)
{
    work_again_in(run, delay_ms);
    run->polls = true;
}

void work_idle(struct work_run *run)
{
    run->idle = true;
}

void work_forget(struct work_run *run)
{
    run->forgotten = true;
}

/* ---- keeping the lease ---- */

static enum rc renewal_run(struct repo_tx *tx, struct repo_job *job, struct err *err)
{
    struct renewal *renewal = (struct renewal *)(void *)job;
    const struct work_run *run = renewal->run;
    enum rc rc = repo_lease_renew(tx, &run->lease, run->lane->work->config.lease_ms, err);
    return rc == RC_OK ? repo_outbox_paused(tx, run->item.kind, run->item.key, &renewal->paused, err) : rc;
}

static void renewal_done(struct repo_job *job, enum rc rc, const struct err *err)
{
    struct renewal *renewal = (struct renewal *)(void *)job;
    struct work_run *run = renewal->run;
    struct work *work = run->lane->work;
    const uint32_t lease_ms = work->config.lease_ms;
    (void)err; /* the store says why it is away */
    pthread_mutex_lock(&work->mutex);
    renewal->pending = false;
    if (rc == RC_OK) {
        atomic_store(&run->valid_ms, renewal->sent_ms + lease_ms);
        atomic_store(&run->paused, renewal->paused);
        run->renew_ms = renewal->sent_ms + lease_ms / 3;
    } else if (rc == RC_CONFLICT || work_lost(run)) {
        atomic_store(&run->lost, true);
        run->renew_ms = INT64_MAX;
    } else {
        run->renew_ms = clock_mono().ms + lease_ms / 15 + 1;
    }
    pthread_cond_broadcast(&work->changed);
    pthread_mutex_unlock(&work->mutex);
}

void work__renew(struct work_run *run)
{
    struct work *work = run->lane->work;
    struct renewal *renewal = &run->renewal;
    renewal->pending = true;
    renewal->sent_ms = clock_mono().ms;
    renewal->job.kind = REPO_WRITE;
    renewal->job.deadline = (struct mono){atomic_load(&run->valid_ms)};
    renewal->job.op = (struct op_id){work_node(work), random_uuid(renewal->op_id)};
    renewal->job.run = renewal_run;
    renewal->job.done = renewal_done;
    pthread_mutex_unlock(&work->mutex);
    repo_submit(work->config.repo, &renewal->job);
    pthread_mutex_lock(&work->mutex);
}

static void hold(struct work_run *run, int64_t sent_ms)
{
    struct work *work = run->lane->work;
    atomic_store(&run->valid_ms, sent_ms + work->config.lease_ms);
    atomic_store(&run->lost, false);
    atomic_store(&run->paused, false);
    pthread_mutex_lock(&work->mutex);
    run->held = true;
    run->renew_ms = sent_ms + work->config.lease_ms / 3;
    metric_add(run->lane->running, 1);
    pthread_cond_broadcast(&work->changed); /* the dispatcher sleeps until then at most */
    pthread_mutex_unlock(&work->mutex);
}

/* A renewal under way still looks at the lease. */
static void let_go(struct work_run *run)
{
    struct work *work = run->lane->work;
    pthread_mutex_lock(&work->mutex);
    run->held = false;
    metric_add(run->lane->running, -1);
    while (run->renewal.pending) {
        pthread_cond_wait(&work->changed, &work->mutex);
    }
    pthread_mutex_unlock(&work->mutex);
}

/* ---- claim ---- */

/* The row is read behind the claim: until the lease was ours, somebody else could have settled it. */
static enum rc claim(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct work_run *run = arg;
    const struct work *work = run->lane->work;
    struct lease lease = {.owner = work_node(work)};
    enum rc rc = work__lease_name(run->lane->kind, tx, mem, run->key, &lease.name, err);
    if (rc == RC_OK) {
        rc = repo_lease_claim(tx, lease.name, lease.owner, work->config.lease_ms, &lease.generation, err);
    }
    if (rc == RC_OK) {
        rc = repo_outbox_find_due(tx, mem, run->lane->kind->outbox, run->key, &run->item, err);
    }
    run->lease = lease;
    return rc;
}

/* ---- settle ---- */

struct settlement {
    const struct work_run *run;
    enum outcome outcome;
    enum outbox_news news; /* when it ended well */
    int64_t delay_ms;
    struct str code, message; /* of a failure */
};

static enum rc settle(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct settlement *s = arg;
    const struct outbox_item *item = &s->run->item;
    const struct lease *lease = &s->run->lease;
    enum rc rc = RC_OK;
    (void)mem;
    if (s->outcome == OUTCOME_DONE) {
        rc = (s->run->forgotten ? repo_outbox_forget : repo_outbox_done)(tx, lease, item, s->news, err);
    } else if (s->outcome == OUTCOME_AGAIN) {
        rc = repo_outbox_defer(tx, lease, item, s->news, s->delay_ms, err);
    } else if (s->outcome == OUTCOME_FAILED) {
        rc = repo_outbox_fail(tx, lease, item, s->delay_ms, s->code, s->message, err);
    }
    return rc == RC_OK ? repo_lease_release(tx, lease, err) : rc;
}

static int64_t failure_delay_ms(const struct work_run *run, const struct err *err)
{
    const struct work_kind *kind = run->lane->kind;
    int64_t delay_ms = backoff_ms(kind->backoff_ms != 0 ? kind->backoff_ms : 1000,
                                  kind->backoff_max_ms != 0 ? kind->backoff_max_ms : 300000,
                                  run->item.attempt, random_u64());
    delay_ms = err->retry_after_ms > delay_ms ? err->retry_after_ms : delay_ms;
    return delay_ms < WORK_AGAIN_MAX_MS ? delay_ms : WORK_AGAIN_MAX_MS;
}

/* Of an err that has none: the store's, mostly. */
static const char *code_of(enum rc rc, const struct err *err)
{
    if (err->code != NULL) {
        return err->code;
    }
    return rc == RC_BUSY || rc == RC_UNCERTAIN ? "ServiceUnavailable" : "InternalError";
}

static struct settlement judge(const struct work_run *run, enum rc rc, const struct err *err)
{
    if (rc == RC_OK && !run->again) {
        return (struct settlement){
            .run = run, .outcome = OUTCOME_DONE, .news = run->idle ? OUTBOX_IDLE : OUTBOX_WELL};
    }
    if (rc == RC_OK) {
        enum outbox_news news = run->polls ? OUTBOX_OPEN : run->idle ? OUTBOX_IDLE : OUTBOX_WELL;
        return (struct settlement){
            .run = run, .outcome = OUTCOME_AGAIN, .news = news, .delay_ms = run->again_ms};
    }
    if (work_stopping(run)) {
        return (struct settlement){.run = run, .outcome = OUTCOME_STOPPED};
    }
    return (struct settlement){.run = run,
                               .outcome = OUTCOME_FAILED,
                               .delay_ms = failure_delay_ms(run, err),
                               .code = str_of(code_of(rc, err)),
                               .message = str_of(err->msg)};
}

static void wait_for_store(struct work *work)
{
    int64_t until_ms = clock_mono().ms + work->config.poll_ms;
    pthread_mutex_lock(&work->mutex);
    while (!atomic_load(&work->stopping) && clock_mono().ms < until_ms) {
        work__wait_until(work, until_ms);
    }
    pthread_mutex_unlock(&work->mutex);
}

/* Tried until the lease has run out: from then on the row belongs to whoever claims it next. */
static enum outcome settle_all(struct work_run *run, struct settlement *s)
{
    struct work *work = run->lane->work;
    for (;;) {
        bool stopping = atomic_load(&work->stopping);
        write_begins(run);
        enum rc rc = work__call(work, REPO_WRITE, run->mem, NULL, NULL, settle, s, NULL);
        write_ends(run);
        if (rc == RC_OK) {
            return s->outcome;
        }
        if ((rc != RC_BUSY && rc != RC_UNCERTAIN) || stopping || work_lost(run)) {
            return OUTCOME_LOST;
        }
        wait_for_store(work);
    }
}

static void tell(const struct work_run *run, enum outcome outcome, const struct settlement *s, enum rc rc,
                 const struct err *err, int64_t took_us)
{
    static const char *const events[] = {[OUTCOME_DONE] = "work_done",
                                         [OUTCOME_AGAIN] = "work_again",
                                         [OUTCOME_FAILED] = "work_failed",
                                         [OUTCOME_STOPPED] = "work_stopped",
                                         [OUTCOME_LOST] = "work_lost"};
    enum log_level level = outcome == OUTCOME_FAILED ? LOG_WARNING
                           : outcome == OUTCOME_LOST ? LOG_NOTICE
                                                     : LOG_DEBUG;
    metric_add(run->lane->outcomes[outcome], 1);
    LOG(level, events[outcome], log_cstr("kind", run->lane->kind->name), log_str("key", run->item.key),
        log_str("lease", run->lease.name), log_i64("generation", run->lease.generation),
        log_i64("attempt", run->item.attempt), log_cstr("rc", rc_name(rc)), log_str("code", s->code),
        log_str("message", rc != RC_OK ? str_of(err->msg) : STR_NONE), log_i64("next_in_ms", s->delay_ms),
        log_us("duration_ms", took_us));
}

/* Usually another node was faster, or the store is away; the next poll will see. */
static void tell_unclaimed(const struct work_run *run, enum rc rc, const struct err *err)
{
    bool usual = rc == RC_CONFLICT || rc == RC_NOT_FOUND || rc == RC_BUSY || rc == RC_UNCERTAIN;
    LOG(usual ? LOG_DEBUG : LOG_WARNING, "work_not_claimed", log_cstr("kind", run->lane->kind->name),
        log_str("key", run->key), log_cstr("rc", rc_name(rc)), log_cstr("message", err->msg));
}

/* ---- the worker ---- */

/* So that what is put off for less than the time between two polls is not found late. */
static void remember_due(struct lane *lane, int64_t due_ms)
{
    pthread_mutex_lock(&lane->work->mutex);
    lane->due_ms = due_ms < lane->due_ms ? due_ms : lane->due_ms;
    pthread_mutex_unlock(&lane->work->mutex);
}

/* The message goes into the log and the store, and may hold what a peer said. */
static void make_presentable(struct err *err)
{
    conceal_credentials(err->msg, strlen(err->msg));
    for (char *p = err->msg; *p != '\0';) {
        size_t length = str_utf8_length(str_of(p));
        bool readable = length > 0 && (unsigned char)*p >= 0x20 && *p != 0x7F;
        *p = readable ? *p : '?';
        p += readable ? length : 1;
    }
}

static bool work_on(struct work_run *run)
{
    struct work *work = run->lane->work;
    struct err err;
    err_clear(&err);
    int64_t sent_ms = clock_mono().ms, begun_us = clock_mono_us();
    enum rc rc = work__call(work, REPO_WRITE, run->mem, NULL, NULL, claim, run, &err);
    if (rc != RC_OK) {
        tell_unclaimed(run, rc, &err);
        return false;
    }
    hold(run, sent_ms);
    run->again = run->polls = run->idle = run->forgotten = false;
    rc = run->lane->kind->run(run, run->lane->kind->arg, &err);
    make_presentable(&err);
    struct settlement s = judge(run, rc, &err);
    enum outcome outcome = settle_all(run, &s);
    let_go(run);
    if (outcome == OUTCOME_AGAIN || outcome == OUTCOME_FAILED) {
        remember_due(run->lane, clock_mono().ms + s.delay_ms + 1);
    }
    tell(run, outcome, &s, rc, &err, clock_mono_us() - begun_us);
    return outcome != OUTCOME_LOST;
}

static bool take(struct work_run *run)
{
    struct lane *lane = run->lane;
    struct work *work = lane->work;
    arena_reset(run->mem);
    pthread_mutex_lock(&work->mutex);
    lane->idle++;
    pthread_cond_broadcast(&work->changed);
    while (lane->backlog_count == 0 && !atomic_load(&work->stopping)) {
        pthread_cond_wait(&lane->filled, &work->mutex);
    }
    lane->idle--;
    bool taken = !atomic_load(&work->stopping);
    if (taken) {
        run->key = arena_str(run->mem, *lane->backlog++);
        lane->backlog_count--;
    }
    pthread_mutex_unlock(&work->mutex);
    return taken;
}

/* What was settled may have made way for another item, so there is no need to wait for the poll's time. After anything else
 * there is: it would be found again at once. */
void *work__worker(void *arg)
{
    struct work_run *run = arg;
    while (take(run)) {
        if (work_on(run)) {
            pthread_mutex_lock(&run->lane->work->mutex);
            run->lane->poll_ms = 0;
            pthread_mutex_unlock(&run->lane->work->mutex);
        }
    }
    return NULL;
}
