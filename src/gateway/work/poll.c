/* Looking for what is due. One read transaction; what it finds is only a hint, which the claim checks again. */
#include "gateway/work/room.h"

#include "common/base/limits.h"
#include "common/base/log.h"

#include "common/base/banned.h"

enum rc work__lease_name(const struct work_kind *kind, struct repo_tx *tx, struct arena *mem, struct str key,
                         struct str *ret, struct err *err)
{
    struct str name = STR_NONE;
    if (kind->lease == NULL) {
        name = arena_printf(mem, "%s/%" STR_FMT, kind->name, STR_ARG(key));
    } else {
        enum rc rc = kind->lease(tx, mem, key, &name, err);
        if (rc != RC_OK) {
            return rc;
        }
    }
    if (str_absent(name)) {
        return err_set(err, RC_LIMIT, NULL, "out of memory for the name of a lease");
    }
    *ret = name;
    return RC_OK;
}

/* The leases of the rows looked at so far, in one poll. */
struct scan {
    struct poll *poll;
    struct repo_tx *tx;
    struct str leases[WORK_SCAN_MAX];
    size_t count;
};

static bool is_seen(const struct scan *scan, struct str lease)
{
    for (size_t i = 0; i < scan->count; i++) {
        if (str_eq(scan->leases[i], lease)) {
            return true;
        }
    }
    return false;
}

static enum rc look_at(struct scan *scan, const struct outbox_item *item, struct err *err)
{
    struct poll *poll = scan->poll;
    struct arena *mem = poll->job.mem;
    struct str name;
    enum rc rc = work__lease_name(poll->lane->kind, scan->tx, mem, item->key, &name, err);
    if (rc != RC_OK || is_seen(scan, name)) {
        return rc;
    }
    scan->leases[scan->count++] = name;
    struct lease lease;
    rc = repo_lease_find(scan->tx, mem, name, &lease, err);
    if (rc == RC_NOT_FOUND || (rc == RC_OK && lease.left_ms <= 0)) {
        poll->found[poll->found_count++] = item->key;
        return RC_OK;
    }
    return rc;
}

static enum rc look_through(struct scan *scan, struct err *err)
{
    struct poll *poll = scan->poll;
    struct outbox_page page = {.count = WORK_SCAN_PAGE};
    const struct outbox_item *last = NULL;
    enum rc rc = RC_OK;
    for (size_t seen = 0; seen < WORK_SCAN_MAX && page.count == WORK_SCAN_PAGE; seen += page.count) {
        rc = repo_outbox_due(scan->tx, poll->job.mem, poll->lane->kind->outbox, last, WORK_SCAN_PAGE, &page,
                             err);
        if (rc != RC_OK || page.count == 0) {
            return rc;
        }
        poll->oldest_ms = last == NULL ? page.items[0].overdue_ms : poll->oldest_ms;
        for (size_t i = 0; i < page.count && poll->found_count < WORK_FOUND_MAX; i++) {
            rc = look_at(scan, &page.items[i], err);
            if (rc != RC_OK) {
                return rc;
            }
        }
        if (poll->found_count == WORK_FOUND_MAX) {
            return RC_OK;
        }
        last = &page.items[page.count - 1];
    }
    return rc;
}

static enum rc poll_run(struct repo_tx *tx, struct repo_job *job, struct err *err)
{
    struct poll *poll = (struct poll *)(void *)job;
    struct scan *scan = arena_new_of(job->mem, struct scan);
    poll->found = arena_alloc_array(job->mem, WORK_FOUND_MAX, sizeof *poll->found);
    poll->found_count = 0;
    poll->oldest_ms = 0;
    if (scan == NULL || poll->found == NULL) {
        return err_set(err, RC_LIMIT, NULL, "out of memory for a poll");
    }
    scan->poll = poll;
    scan->tx = tx;
    return look_through(scan, err);
}

static void poll_done(struct repo_job *job, enum rc rc, const struct err *err)
{
    struct poll *poll = (struct poll *)(void *)job;
    struct lane *lane = poll->lane;
    struct work *work = lane->work;
    if (rc != RC_OK) { /* the store says why it is away; a kind that cannot name a lease would be a bug */
        LOG(rc == RC_BUSY ? LOG_DEBUG : LOG_WARNING, "work_poll_failed", log_cstr("kind", lane->kind->name),
            log_cstr("rc", rc_name(rc)), log_cstr("message", err->msg));
    }
    pthread_mutex_lock(&work->mutex);
    poll->pending = false;
    lane->backlog = poll->found;
    lane->backlog_count = rc == RC_OK ? poll->found_count : 0;
    if (rc == RC_OK) {
        metric_set(lane->oldest, poll->oldest_ms);
    }
    if (lane->backlog_count > 0) {
        pthread_cond_broadcast(&lane->filled);
    }
    pthread_cond_broadcast(&work->changed);
    pthread_mutex_unlock(&work->mutex);
}

void work__poll(struct lane *lane)
{
    struct work *work = lane->work;
    struct poll *poll = &lane->poll;
    int64_t now_ms = clock_mono().ms;
    poll->pending = true;
    lane->due_ms = lane->due_ms > now_ms ? lane->due_ms : INT64_MAX;
    lane->poll_ms = now_ms + work->config.poll_ms;
    lane->poll_ms = lane->due_ms < lane->poll_ms ? lane->due_ms : lane->poll_ms;
    arena_reset(poll->job.mem);
    poll->job.kind = REPO_LIST;
    poll->job.deadline = (struct mono){now_ms + WORK_WAIT_MS};
    poll->job.op.caller = work_node(work);
    poll->job.run = poll_run;
    poll->job.done = poll_done;
    pthread_mutex_unlock(&work->mutex);
    repo_submit(work->config.repo, &poll->job);
    pthread_mutex_lock(&work->mutex);
}
