#include <errno.h>
#include <time.h>

#include "gateway/store/queue.h"

#include "gateway/store/driver.h"

#include "common/base/banned.h"

bool queue_init(struct job_queue *queue, size_t count_max, bool fair)
{
    *queue = (struct job_queue){.count_max = count_max, .fair = fair};
    queue->last = &queue->first;
    pthread_condattr_t attr;
    if (pthread_condattr_init(&attr) != 0) {
        return false;
    }
    bool made = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
                pthread_cond_init(&queue->filled, &attr) == 0 && pthread_mutex_init(&queue->mutex, NULL) == 0;
    pthread_condattr_destroy(&attr);
    return made;
}

void queue_clear(struct job_queue *queue)
{
    if (queue->last != NULL) { /* else it was never made */
        pthread_mutex_destroy(&queue->mutex);
        pthread_cond_destroy(&queue->filled);
    }
}

bool queue_put(struct job_queue *queue, struct repo_job *job)
{
    pthread_mutex_lock(&queue->mutex);
    bool fits = !queue->closed && queue->count < queue->count_max;
    if (fits) {
        job->store.next = NULL;
        *queue->last = job;
        queue->last = &job->store.next;
        metric_set(queue->length, (int64_t)++queue->count);
        pthread_cond_signal(&queue->filled);
    }
    pthread_mutex_unlock(&queue->mutex);
    if (!fits) {
        metric_add(queue->refused, 1);
    }
    return fits;
}

/* The first job, or in a fair queue the first of another caller than the last one's, so that nobody gets two
 * turns running while somebody else waits. */
static struct repo_job **pick(struct job_queue *queue)
{
    if (queue->fair) {
        for (struct repo_job **at = &queue->first; *at != NULL; at = &(*at)->store.next) {
            if (!str_eq(str_slice((*at)->op.caller, 0, sizeof queue->caller_text), queue->last_caller)) {
                return at;
            }
        }
    }
    return &queue->first;
}

static struct repo_job *take_one(struct job_queue *queue)
{
    struct repo_job **at = pick(queue), *job = *at;
    *at = job->store.next;
    if (*at == NULL) {
        queue->last = at;
    }
    job->store.next = NULL;
    if (queue->fair) {
        struct str caller = str_slice(job->op.caller, 0, sizeof queue->caller_text);
        if (caller.n > 0) {
            memcpy(queue->caller_text, caller.p, caller.n);
        }
        queue->last_caller = (struct str){queue->caller_text, caller.n};
    }
    queue->count--;
    return job;
}

static struct timespec until(uint32_t wait_ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += wait_ms / 1000;
    at.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

static void wait_filled(struct job_queue *queue, uint32_t wait_ms)
{
    struct timespec at = until(wait_ms);
    while (queue->count == 0 && !queue->closed) {
        if (wait_ms == 0) {
            pthread_cond_wait(&queue->filled, &queue->mutex);
        } else if (pthread_cond_timedwait(&queue->filled, &queue->mutex, &at) == ETIMEDOUT) {
            return;
        }
    }
}

struct repo_job *queue_take(struct job_queue *queue, size_t max, uint32_t wait_ms, bool *ret_closed)
{
    struct repo_job *first = NULL, **last = &first;
    pthread_mutex_lock(&queue->mutex);
    wait_filled(queue, wait_ms);
    for (size_t taken = 0; taken < max && queue->count > 0; taken++) {
        *last = take_one(queue);
        last = &(*last)->store.next;
    }
    metric_set(queue->length, (int64_t)queue->count);
    *ret_closed = queue->closed && queue->count == 0;
    pthread_mutex_unlock(&queue->mutex);
    return first;
}

bool queue_empty(struct job_queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    bool empty = queue->count == 0;
    pthread_mutex_unlock(&queue->mutex);
    return empty;
}

void queue_close(struct job_queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    queue->closed = true;
    pthread_cond_broadcast(&queue->filled);
    pthread_mutex_unlock(&queue->mutex);
}

void queue_put_or_refuse(struct job_queue *queue, struct repo_job *job)
{
    if (queue_put(queue, job)) {
        return;
    }
    struct err err;
    err_set(&err, RC_BUSY, NULL, "too many requests are waiting for the database");
    err.retry_after_ms = RETRY_SOON_MS;
    job->done(job, RC_BUSY, &err);
}
