/* One step of an order: it is sent, or asked for. Steps of several orders are made at the same time, as many as a run may have, each on
 * a thread; the next ones begin by themselves, whatever the run is busy with. What came of them is taken and written down one after the
 * other, as they end (outward.c). For this room's files alone.
 *
 * Threads: all functions on the thread of the run. Until its step was taken an order is not touched. */
#pragma once
#include "gateway/sync/order.h"

struct steps;

enum step_result {
    STEP_RUNS,    /* the job has not ended: step->job has its id */
    STEP_ENDED,   /* step->job has the results */
    STEP_LOST,    /* the back end took it once, and knows nothing of it any more */
    STEP_REFUSED, /* for good, as it is: step->why */
    STEP_FAILED,  /* not now: step->rc, step->why */
    STEP_UNMADE,  /* steps_stop came before it */
};

struct step {
    struct order *order;
    struct arena *mem; /* what the back end said, and the step itself */
    enum step_result result;
    struct backend_job job;
    enum rc rc;
    struct err why;
};

MUST_USE enum rc steps_new(const struct backend *backend, unsigned at_a_time, struct steps **ret,
                           struct err *err);
void steps_free(struct steps *steps); /* all were taken; NULL is fine */

/* It begins when its turn comes: those that are asked for, then those that are sent. RC_LIMIT: nothing was done. */
MUST_USE enum rc steps_begin(struct steps *steps, struct order *order, struct err *err);
/* One that was made, which is the caller's; NULL: none was by then. Those whose job runs go first: there is nothing to write down, and
 * the back end is to be kept busy. */
struct step *steps_next(struct steps *steps, struct mono until);
/* What has not begun is not made any more. */
void steps_stop(struct steps *steps);
void step_free(struct step *step);
