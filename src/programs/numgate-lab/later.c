#include "programs/numgate-lab/later.h"

#include <pthread.h>
#include <time.h>

#include "common/base/mem.h"

#include "common/base/banned.h"

struct later {
    pthread_t thread;
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t changed;
    struct later_job *first; /* by time, equal times in order of arrival */
    struct later_job *last;
    bool hurry;
    bool stop;
};

/* Most jobs belong at the end: delays are alike. */
static void insert(struct later *later, struct later_job *job)
{
    struct later_job **at = &later->first;
    if (later->last != NULL && later->last->at.ms <= job->at.ms) {
        at = &later->last->next;
    }
    while (*at != NULL && (*at)->at.ms <= job->at.ms) {
        at = &(*at)->next;
    }
    job->next = *at;
    *at = job;
    if (job->next == NULL) {
        later->last = job;
    }
}

static struct later_job *take_first(struct later *later)
{
    struct later_job *job = later->first;
    later->first = job->next;
    if (later->first == NULL) {
        later->last = NULL;
    }
    return job;
}

static void wait_for_change(struct later *later)
{
    if (later->first == NULL) {
        (void)pthread_cond_wait(&later->changed, &later->lock);
        return;
    }
    int64_t ms = later->first->at.ms;
    struct timespec until = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000};
    (void)pthread_cond_timedwait(&later->changed, &later->lock,
                                 &until); /* time-out and wake-up are looked at alike */
}

static bool is_due(const struct later *later)
{
    return later->first != NULL && (later->hurry || later->first->at.ms <= clock_mono().ms);
}

static void *work(void *arg)
{
    struct later *later = arg;
    pthread_mutex_lock(&later->lock);
    while (!later->stop || later->first != NULL) {
        if (!is_due(later)) {
            wait_for_change(later);
            continue;
        }
        struct later_job *job = take_first(later);
        pthread_mutex_unlock(&later->lock);
        job->run(job);
        pthread_mutex_lock(&later->lock);
    }
    pthread_mutex_unlock(&later->lock);
    return NULL;
}

enum rc later_new(struct later **ret, struct err *err)
{
    struct later *later = mem_alloc(sizeof *later);
    pthread_condattr_t attr;
    pthread_mutex_init(&later->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&later->changed, &attr);
    pthread_condattr_destroy(&attr);
    if (pthread_create(&later->thread, NULL, work, later) != 0) {
        mem_free(later);
        return err_set(err, RC_INTERNAL, NULL, "cannot start the timer thread");
    }
    *ret = later;
    return RC_OK;
}

void later_submit(struct later *later, struct later_job *job)
{
    pthread_mutex_lock(&later->lock);
    insert(later, job);
    pthread_cond_signal(&later->changed);
    pthread_mutex_unlock(&later->lock);
}

void later_hurry(struct later *later)
{
    pthread_mutex_lock(&later->lock);
    later->hurry = true;
    pthread_cond_signal(&later->changed);
    pthread_mutex_unlock(&later->lock);
}

void later_free(struct later *later)
{
    if (later == NULL) {
        return;
    }
    pthread_mutex_lock(&later->lock);
    later->hurry = later->stop = true;
    pthread_cond_signal(&later->changed);
    pthread_mutex_unlock(&later->lock);
    pthread_join(later->thread, NULL);
    pthread_cond_destroy(&later->changed);
    pthread_mutex_destroy(&later->lock);
    mem_free(later);
}
