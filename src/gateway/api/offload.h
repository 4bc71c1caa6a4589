/* A bounded pool of threads for handlers that call another system. A full queue is an answer: the caller says
 * 503. */
#pragma once
#include "common/base/err.h"

struct offload;
struct offload_job {
    void (*run)(struct offload_job *job); /* on a pool thread; may block up to the job's own deadline */
    struct offload_job *next;             /* the pool's own */
};

MUST_USE enum rc offload_new(unsigned threads, unsigned queue_max, struct offload **ret, struct err *err);
void offload_free(struct offload *offload);                            /* runs what is queued, then joins */
bool offload_submit(struct offload *offload, struct offload_job *job); /* false: the queue is full */
