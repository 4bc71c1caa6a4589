/* Jobs that wait for a thread of the store. For drivers alone. */
#pragma once
#include <pthread.h>

#include "common/base/metric.h"
#include "gateway/domain/repo.h"

struct job_queue {
    pthread_mutex_t mutex; /* guards all of it */
    pthread_cond_t filled;
    struct repo_job *first, **last;
    size_t count, count_max;
    bool closed;
    struct str last_caller; /* fair queues: whose job was taken last; points into a buffer of its own */
    bool fair;
    char caller_text[256];
    struct metric *length, *refused;
};
bool queue_init(struct job_queue *queue, size_t count_max, bool fair);
void queue_clear(struct job_queue *queue);
bool queue_put(struct job_queue *queue, struct repo_job *job);           /* false: full or closed */
void queue_put_or_refuse(struct job_queue *queue, struct repo_job *job); /* then it is done(RC_BUSY) */
/* Up to `max` jobs, linked by store.next. Waits for the first one, at most wait_ms (0: for ever); NULL when
 * there is none. *ret_closed: and none will come. */
struct repo_job *queue_take(struct job_queue *queue, size_t max, uint32_t wait_ms, bool *ret_closed);
bool queue_empty(struct job_queue *queue);
void queue_close(struct job_queue *queue); /* what is in it can still be taken */
