/* What the enterprises do, found out by the clock: consents (consents.c), and numbers that have changed (changes.c). */
#include "gateway/sync/room.h"

#include "common/base/banned.h"

static enum rc count_orders(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)mem;
    return repo_jobs_open_count(tx, STR(ORDER_KIND), SYNC_ORDERS_COUNTED, arg, err);
}

/* For the metric alone; this is what runs as often as somebody may want to look. */
static void note_orders(struct sync *sync, struct work_run *run)
{
    int64_t count = 0;
    if (work_read(run, count_orders, &count, NULL) == RC_OK) {
        metric_set(sync->orders_open, count);
    }
}

enum rc inward__run(struct work_run *run, void *arg, struct err *err)
{
    struct sync *sync = arg;
    bool consents = str_eq(work_item(run)->key, STR(INWARD_CONSENTS)), more = false;
    if (consents) {
        note_orders(sync, run);
    }
    enum rc rc = (consents ? consents__hear : changes__hear)(sync, run, &more, err);
    if (rc == RC_OK) {
        metric_set(sync->last_success, clock_wall().ms / 1000);
        work_again_in(run, more ? 0 : sync->config.poll_ms);
    }
    return rc;
}
