/* What the operator says of an enterprise's request: sent until the back end has it, or refuses it. */
#include <time.h>

#include "gateway/sync/room.h"

#include "common/base/banned.h"

struct relationship {
    struct sync *sync;
    struct work_run *run;
    const struct rfi *rfi; /* NULL: there is none */
    const struct err *why; /* of a refusal */
};

static enum rc read_rfi(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct relationship *r = arg;
    r->rfi = NULL;
    enum rc rc = repo_rfi_find(tx, mem, work_item(r->run)->key, REPO_READ, &r->rfi, err);
    return rc == RC_NOT_FOUND ? RC_OK : rc;
}

static enum rc write_end(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct relationship *r = arg;
    const struct change change = sync__change(r->sync, tx, mem);
    struct wire_error error = {.target = STR("customerRelationship")};
    if (r->why != NULL) {
        error.code = str_of(r->why->code != NULL ? r->why->code : "BackendRefused");
        error.message = arena_str(mem, str_of(r->why->msg));
    }
    return rfi_settled(&change, r->rfi->tenant_id, r->rfi->customer_relationship,
                       r->why != NULL ? &error : NULL, err);
}

/* ---- those who wait ---- */

void sync_await_relationship(struct sync *sync, struct str tenant_id, struct mono until)
{
    struct waiter waiter = {.tenant_id = tenant_id, .next = NULL};
    struct timespec at = {.tv_sec = until.ms / 1000, .tv_nsec = until.ms % 1000 * 1000000};
    int waited = 0;
    pthread_mutex_lock(&sync->mutex);
    waiter.next = sync->waiters;
    sync->waiters = &waiter; /* cppcheck-suppress autoVariables ; it leaves the list before it ends */
    work_wake(sync->work, 1U << OUTBOX_RFI);
    while (!waiter.over && !sync->ending && waited == 0) {
        waited = pthread_cond_timedwait(&sync->ended, &sync->mutex, &at);
    }
    for (struct waiter **at_waiter = &sync->waiters; *at_waiter != NULL; at_waiter = &(*at_waiter)->next) {
        if (*at_waiter == &waiter) {
            *at_waiter = waiter.next;
            break;
        }
    }
    pthread_mutex_unlock(&sync->mutex);
}

static void tell_waiters(struct sync *sync, struct str tenant_id)
{
    pthread_mutex_lock(&sync->mutex);
    for (struct waiter *w = sync->waiters; w != NULL; w = w->next) {
        w->over = w->over || str_eq_ci(w->tenant_id, tenant_id);
    }
    pthread_cond_broadcast(&sync->ended);
    pthread_mutex_unlock(&sync->mutex);
}

static enum rc send_relationship(struct work_run *run, struct sync *sync, struct err *err)
{
    struct relationship r = {.sync = sync, .run = run};
    const struct backend *backend = sync->config.backend;
    struct err why = {0};
    enum rc rc = work_read(run, read_rfi, &r, err);
    if (rc != RC_OK || r.rfi == NULL || r.rfi->provisioning_status != PROVISIONING_PENDING ||
        r.rfi->customer_relationship == NULL) {
        work_idle(run);
        return rc;
    }
    rc = backend->set_relationship(backend->arg, r.rfi->tenant_id, r.rfi->customer_relationship,
                                   work_mem(run), &why);
    if (rc == RC_OK || rc == RC_INVALID || rc == RC_CONFLICT || rc == RC_NOT_FOUND) {
        r.why = rc == RC_OK ? NULL : &why;
        return work_write(run, write_end, &r, err);
    }
    if (err != NULL) {
        *err = why;
    }
    return rc;
}

enum rc relationship__run(struct work_run *run, void *arg, struct err *err)
{
    enum rc rc = send_relationship(run, arg, err);
    tell_waiters(arg, work_item(run)->key);
    return rc;
}
