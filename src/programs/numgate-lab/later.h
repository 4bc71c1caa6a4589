/* Things to do at a time: one thread that runs jobs when they are due. Delayed replies wait here, and so does
 * work that is too slow for an event loop (making keys). Jobs are the caller's memory until they have run, so
 * nothing here allocates and nothing needs a limit of its own. */
#pragma once
#include "common/base/clock.h"
#include "common/base/err.h"

struct later;

struct later_job {
    struct mono at;
    void (*run)(struct later_job *job); /* on the thread of the timer; must not wait for another job */
    struct later_job *next;             /* the timer's own */
};

MUST_USE enum rc later_new(struct later **ret, struct err *err);
void later_submit(struct later *later, struct later_job *job); /* any thread */
void later_hurry(struct later *later); /* from now on everything is due at once (shutdown) */
void later_free(struct later *later);  /* runs what is left; NULL is fine */
