#include "gateway/sync/step.h"

#include <errno.h>
#include <pthread.h>

#include "common/base/limits.h"
#include "common/base/mem.h"

#include "common/base/banned.h"

struct entry {
    struct step step; /* first */
    struct entry *next;
};

struct steps {
    const struct backend *backend;
    unsigned threads_max;
    pthread_mutex_t mutex;                        /* guards what follows */
    pthread_cond_t came;                          /* something ended, or a thread has */
    struct entry *asked, *sent, *running, *ended; /* to be made: a job asked for, an order sent; made */
    unsigned threads;
};

/* ---- one order ---- */

static bool is_final(enum rc rc)
{
    return rc == RC_INVALID || rc == RC_NOT_FOUND;
}

/* RC_NOT_FOUND: the order never arrived. */
static enum rc find_job(const struct backend *backend, struct step *step)
{
    return backend->job_of_order(backend->arg, step->order->sent.id, step->mem, &step->job, &step->why);
}

static enum rc ask_job(const struct backend *backend, struct step *step)
{
    enum rc rc = backend->job(backend->arg, step->order->job_id, step->mem, &step->job, &step->why);
    return rc == RC_NOT_FOUND ? find_job(backend, step) : rc;
}

static enum rc send_order(const struct backend *backend, struct step *step)
{
    step->order->doubt = true;
    return backend->order(backend->arg, &step->order->sent, step->mem, &step->job, &step->why);
}

/* After a doubt it is asked for before it is sent again. */
static void step_make(const struct backend *backend, struct step *step)
{
    bool taken = !str_empty(step->order->job_id);
    bool sent = false;
    enum rc rc = taken ? ask_job(backend, step) : step->order->doubt ? find_job(backend, step) : RC_NOT_FOUND;
    if (rc == RC_NOT_FOUND && !taken) {
        sent = true;
        rc = send_order(backend, step);
    }
    step->rc = rc;
    if (rc == RC_OK) {
        step->result = step->job.ended ? STEP_ENDED : STEP_RUNS;
    } else if (rc == RC_NOT_FOUND && taken) {
        step->result = STEP_LOST;
    } else {
        step->result = sent && is_final(rc) ? STEP_REFUSED : STEP_FAILED;
    }
}

/* ---- all of them ---- */

static void append(struct entry **list, struct entry *entry)
{
    while (*list != NULL) {
        list = &(*list)->next;
    }
    entry->next = NULL;
    *list = entry;
}

static struct entry *take(struct entry **list)
{
    struct entry *entry = *list;
    if (entry != NULL) {
        *list = entry->next;
    }
    return entry;
}

/* Until nothing waits for its turn. */
static void *make_steps(void *arg)
{
    struct steps *steps = arg;
    struct entry *entry;
    pthread_mutex_lock(&steps->mutex);
    while ((entry = take(steps->asked != NULL ? &steps->asked : &steps->sent)) != NULL) {
        pthread_mutex_unlock(&steps->mutex);
        step_make(steps->backend, &entry->step);
        pthread_mutex_lock(&steps->mutex);
        append(entry->step.result == STEP_RUNS ? &steps->running : &steps->ended, entry);
        pthread_cond_signal(&steps->came);
    }
    steps->threads--;
    pthread_cond_signal(&steps->came);
    pthread_mutex_unlock(&steps->mutex);
    return NULL;
}

/* False: there are enough of them, or none can be had. */
static bool start_thread(struct steps *steps)
{
    pthread_t thread;
    pthread_mutex_lock(&steps->mutex);
    bool wanted = steps->threads < steps->threads_max;
    steps->threads += wanted;
    pthread_mutex_unlock(&steps->mutex);
    if (!wanted) {
        return true;
    }
    if (pthread_create(&thread, NULL, make_steps, steps) == 0) {
        pthread_detach(thread); /* steps_free waits for it */
        return true;
    }
    return false;
}

enum rc steps_new(const struct backend *backend, unsigned at_a_time, struct steps **ret, struct err *err)
{
    struct steps *steps = mem_alloc(sizeof *steps);
    if (steps == NULL) {
        return err_set(err, RC_LIMIT, NULL, "out of memory");
    }
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC); /* that of struct mono */
    pthread_cond_init(&steps->came, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&steps->mutex, NULL);
    steps->backend = backend;
    steps->threads_max = at_a_time;
    *ret = steps;
    return RC_OK;
}

void steps_free(struct steps *steps)
{
    if (steps == NULL) {
        return;
    }
    pthread_mutex_lock(&steps->mutex);
    while (steps->threads > 0) {
        pthread_cond_wait(&steps->came, &steps->mutex);
    }
    pthread_mutex_unlock(&steps->mutex);
    ensure(steps->asked == NULL && steps->sent == NULL && steps->running == NULL && steps->ended == NULL);
    pthread_cond_destroy(&steps->came);
    pthread_mutex_destroy(&steps->mutex);
    mem_free(steps);
}

enum rc steps_begin(struct steps *steps, struct order *order, struct err *err)
{
    struct arena *mem = arena_new(LIMIT_REQUEST_ARENA);
    struct entry *entry = mem != NULL ? arena_new_of(mem, struct entry) : NULL;
    if (entry == NULL) {
        arena_free(mem);
        return err_set(err, RC_LIMIT, NULL, "out of memory for an answer of the back end");
    }
    entry->step = (struct step){.order = order, .mem = mem};
    pthread_mutex_lock(&steps->mutex);
    append(str_empty(order->job_id) ? &steps->sent : &steps->asked, entry);
    pthread_mutex_unlock(&steps->mutex);
    if (!start_thread(steps)) {
        (void)make_steps(steps); /* then it is made here */
    }
    return RC_OK;
}

struct step *steps_next(struct steps *steps, struct mono until)
{
    const struct timespec at = {until.ms / 1000, until.ms % 1000 * 1000000};
    int waited = 0;
    pthread_mutex_lock(&steps->mutex);
    while (steps->running == NULL && steps->ended == NULL && waited != ETIMEDOUT) {
        waited = pthread_cond_timedwait(&steps->came, &steps->mutex, &at);
    }
    struct entry *entry = take(steps->running != NULL ? &steps->running : &steps->ended);
    pthread_mutex_unlock(&steps->mutex);
    return entry != NULL ? &entry->step : NULL;
}

void steps_stop(struct steps *steps)
{
    struct entry *entry;
    pthread_mutex_lock(&steps->mutex);
    while ((entry = take(steps->asked != NULL ? &steps->asked : &steps->sent)) != NULL) {
        entry->step.result = STEP_UNMADE;
        append(&steps->ended, entry);
    }
    pthread_mutex_unlock(&steps->mutex);
}

void step_free(struct step *step)
{
    arena_free(step->mem);
}
