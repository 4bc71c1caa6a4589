#include "gateway/api/offload.h"

#include <pthread.h>

#include "common/base/mem.h"

#include "common/base/banned.h"

struct offload {
    pthread_mutex_t lock; /* guards all below but threads */
    pthread_cond_t wake;
    struct offload_job *first, **tail;
    unsigned queued, queue_max;
    bool ending;
    unsigned thread_count;
    pthread_t threads[];
};

/* The next job; NULL when the pool ends and nothing is left. */
static struct offload_job *take(struct offload *offload)
{
    pthread_mutex_lock(&offload->lock);
    while (offload->first == NULL && !offload->ending) {
        pthread_cond_wait(&offload->wake, &offload->lock);
    }
    struct offload_job *job = offload->first;
    if (job != NULL) {
        offload->first = job->next;
        offload->tail = offload->first == NULL ? &offload->first : offload->tail;
        offload->queued--;
    }
    pthread_mutex_unlock(&offload->lock);
    return job;
}

static void *work(void *arg)
{
    for (struct offload_job *job; (job = take(arg)) != NULL;) {
        job->run(job);
    }
    return NULL;
}

enum rc offload_new(unsigned threads, unsigned queue_max, struct offload **ret, struct err *err)
{
    struct offload *offload = mem_alloc(sizeof *offload + threads * sizeof offload->threads[0]);
    if (offload == NULL) {
        return err_set(err, RC_INTERNAL, NULL, "out of memory");
    }
    pthread_mutex_init(&offload->lock, NULL);
    pthread_cond_init(&offload->wake, NULL);
    offload->tail = &offload->first;
    offload->queue_max = queue_max;
    for (; offload->thread_count < threads; offload->thread_count++) {
        if (pthread_create(&offload->threads[offload->thread_count], NULL, work, offload) != 0) {
            offload_free(offload);
            return err_set(err, RC_INTERNAL, NULL, "cannot start a thread");
        }
    }
    *ret = offload;
    return RC_OK;
}

void offload_free(struct offload *offload)
{
    if (offload == NULL) {
        return;
    }
    pthread_mutex_lock(&offload->lock);
    offload->ending = true;
    pthread_cond_broadcast(&offload->wake);
    pthread_mutex_unlock(&offload->lock);
    for (unsigned i = 0; i < offload->thread_count; i++) {
        pthread_join(offload->threads[i], NULL);
    }
    pthread_cond_destroy(&offload->wake);
    pthread_mutex_destroy(&offload->lock);
    mem_free(offload);
}

bool offload_submit(struct offload *offload, struct offload_job *job)
{
    pthread_mutex_lock(&offload->lock);
    bool room = offload->queued < offload->queue_max;
    if (room) {
        job->next = NULL;
        *offload->tail = job;
        offload->tail = &job->next;
        offload->queued++;
        pthread_cond_signal(&offload->wake);
    }
    pthread_mutex_unlock(&offload->lock);
    return room;
}
