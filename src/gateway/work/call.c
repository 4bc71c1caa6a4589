/* A transaction that is waited for. Run functions have a thread of their own, so they may. */
#include <errno.h>
#include <semaphore.h>

#include "gateway/work/room.h"

#include "common/base/banned.h"

struct call {
    struct repo_job job; /* first: a job is its call */
    work__fn *fn;
    void *arg;
    const struct lease *lease;
    bool lost;
    enum rc rc;
    struct err *err;
    char op_id[UUID_TEXT_MAX];
    sem_t finished;
};

static enum rc call_run(struct repo_tx *tx, struct repo_job *job, struct err *err)
{
    struct call *call = (struct call *)(void *)job;
    enum rc rc = call->lease != NULL ? repo_lease_fence(tx, call->lease, err) : RC_OK;
    call->lost = rc == RC_CONFLICT;
    return rc == RC_OK ? call->fn(tx, job->mem, call->arg, err) : rc;
}

static void call_done(struct repo_job *job, enum rc rc, const struct err *err)
{
    struct call *call = (struct call *)(void *)job;
    call->rc = rc;
    if (rc != RC_OK && call->err != NULL) {
        *call->err = *err;
    }
    sem_post(&call->finished);
}

enum rc work__call(struct work *work, enum repo_kind kind, struct arena *mem, const struct lease *lease,
                   bool *ret_lost, work__fn *fn, void *arg, struct err *err)
{
    struct call call = {.fn = fn, .arg = arg, .lease = lease, .err = err};
    call.job = (struct repo_job){.kind = kind,
                                 .deadline = mono_after(clock_mono(), WORK_WAIT_MS),
                                 .op = {work_node(work), random_uuid(call.op_id)},
                                 .mem = mem,
                                 .run = call_run,
                                 .done = call_done};
    sem_init(&call.finished, 0, 0);
    repo_submit(work->config.repo, &call.job);
    while (sem_wait(&call.finished) != 0 && errno == EINTR) {
    }
    sem_destroy(&call.finished);
    if (call.rc == RC_OK && call.job.touched != 0) {
        work_wake(work, call.job.touched); /* one kind's work may be what another waits for */
    }
    if (ret_lost != NULL) {
        *ret_lost = call.lost && call.rc == RC_CONFLICT;
    }
    return call.rc;
}

enum rc work_call(struct work *work, enum repo_kind kind, struct arena *mem, work__fn *fn, void *arg,
                  struct err *err)
{
    ensure(kind != REPO_POINT);
    return work__call(work, kind, mem, NULL, NULL, fn, arg, err);
}
