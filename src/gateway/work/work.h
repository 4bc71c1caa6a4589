/* Leased work. An engine looks at what the outbox says is due, claims the lease that the work is done under, calls the
 * kind's run function, and writes down what became of it. Any number of nodes run one each on one store; which of them
 * does a piece of work does not matter, and at most one at a time does it. Nothing is kept in memory that matters: a
 * node that dies leaves a lease that runs out, and another one looks at the same row again. Control (retry now: touch;
 * pause, resume) goes through the store, so it can come in anywhere.
 *
 * It knows no SQL and not which store it is (domain/repo.h is all it asks), no HTTP, and none of its kinds.
 *
 * The life of an item:
 *   due     its row is due and not paused, its lease is free: a poll of any node finds it
 *   claimed one transaction takes the lease and reads the row again; the others look elsewhere
 *   running on a worker thread, outside of any transaction; the engine renews the lease at a third of its time. What the
 *           run writes, it writes with work_write, whose transaction begins with the fence
 *   settled one transaction lets the row rest or puts it off, if nobody touched it meanwhile, and gives the lease back
 * A holder that could not renew is told so (work_lost), but the fence is what counts: one that was stopped and wakes up
 * late is refused, whatever it believes.
 *
 * Threads: one dispatcher, which polls and renews and never waits for the store, and `workers` threads a kind, so that a
 * slow kind cannot hold up another. All functions may be called on any thread; those that take a struct work_run only
 * on the thread its run function was called on. One mutex guards the engine; it is never held across a call into
 * the store or a kind. */
#pragma once
#include <stdatomic.h>

#include "common/base/metric.h"
#include "gateway/domain/repo.h"

struct work;
struct work_run; /* one item, from its claim until it is settled */

#define WORK_AGAIN_MAX_MS                                                                                    \
    (24 * 3600 * 1000) /* nothing is put off for longer, whatever a peer's Retry-After says */

/* A row; the table outlives the engine. */
struct work_kind {
    const char *name; /* in metrics, log lines and, without `lease`, in lease names */
    enum outbox_kind outbox;
    unsigned workers;        /* items at a time on this node; 0 = 1 */
    uint32_t backoff_ms;     /* the first pause after a failure, doubled with each further one; 0 = 1000 */
    uint32_t backoff_max_ms; /* 0 = 300000 */
    /* The lease that a key is worked on under, for example of its tenant; keys with one lease are never worked on at the
     * same time. In a transaction. Must name one for every key, even for one whose account is gone; fails only as
     * storage does. NULL: each key has its own. */
    enum rc (*lease)(struct repo_tx *tx, struct arena *mem, struct str key, struct str *ret, struct err *err);
    /* Does the work; outside of any transaction, may block, must look at work_stopping() at least every second or so. It
     * may be called again for what it did already, so it finds out first what is wanted and what is there.
     * RC_OK: done; its row rests, unless somebody touched it meanwhile, or work_again_in was called.
     * Else it failed: put off by the back-off, or by err->retry_after_ms if that is longer, counted in
     * item->attempt, and err's code and message are in the row for whoever asks any node, without what looks like a credential.
     * One that ends because of work_stopping() is not put off. */
    enum rc (*run)(struct work_run *run, void *arg, struct err *err);
    void *arg;
};

struct work_config {
    struct repo *repo; /* outlives the engine */
    const struct work_kind *kinds;
    size_t kind_count;
    struct metrics *metrics; /* may be NULL; outlives the engine */
    uint32_t lease_ms;       /* 0 = 15000: how long after its death a node's work stays with it */
    uint32_t poll_ms;        /* 0 = 1000 */
    struct str node; /* who the leases belong to; absent: a random UUID. Never the same on two engines */
    struct {         /* for tests alone */
        const atomic_bool *frozen; /* while it is true nothing is polled and nothing renewed; NULL: never */
    } test;
};

/* *ret is there before the first run, so that a kind can call on it; NULL on failure. */
MUST_USE enum rc work_new(const struct work_config *config, struct work **ret, struct err *err);
/* Tells the runs to end: what they meet from now on is no failure of theirs. Before whatever they call on is stopped; any thread. */
void work_end(struct work *work);
/* Does that, waits for them and gives their leases back, so that other nodes go on at once. NULL is fine. */
void work_free(struct work *work);

/* Of these kinds (bits 1 << enum outbox_kind) something may be due: look now, not at the next poll. After the commit; cheap. */
void work_wake(struct work *work, unsigned outbox_kinds);
struct str work_node(const struct work *work);

/* Runs `fn` as a transaction of the store and waits for it: for those who hold no lease, on a thread of their own (not a POINT read,
 * which belongs to the event loops). What it touches is looked at now. */
MUST_USE enum rc work_call(struct work *work, enum repo_kind kind, struct arena *mem,
                           enum rc (*fn)(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err),
                           void *arg, struct err *err);

/* ---- for run functions ---- */

const struct outbox_item *work_item(const struct work_run *run);
const struct lease *work_lease(const struct work_run *run);
struct arena *work_mem(struct work_run *run); /* given back when the item is settled; LIMIT_REQUEST_ARENA */

/* End soon: the engine stops, the item was paused, or the lease is lost. */
bool work_stopping(const struct work_run *run);
/* Somebody else may be at it by now. */
bool work_lost(const struct work_run *run);

/* Run `fn` as a transaction of the store and wait for it; results are best put into `mem`, which is work_mem(). It may be
 * called again, so it touches tx, mem and arg only. RC_BUSY and RC_UNCERTAIN are best answered by failing with them. */
MUST_USE enum rc work_read(struct work_run *run,
                           enum rc (*fn)(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err),
                           void *arg, struct err *err);
/* A write, behind the fence. RC_CONFLICT with work_lost(): refused, nothing was written. A kind whose lease covers many keys
 * may settle others of them here, too (repo_outbox_due, repo_outbox_done). */
MUST_USE enum rc work_write(struct work_run *run,
                            enum rc (*fn)(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err),
                            void *arg, struct err *err);

/* The row stays and is due again then, without a failure being counted: to poll what goes on elsewhere, or for a slow
 * schedule. A touch makes it due sooner. Counts when the run returns RC_OK; the last call holds. */
void work_again_in(struct work_run *run, uint32_t delay_ms);
/* The same to ask for what was begun elsewhere: earlier failures stay counted, so that the next one is put off for longer. */
void work_poll_in(struct work_run *run, uint32_t delay_ms);
/* Nothing was to be done: a run that ends well is no success then, since it says nothing of whoever the work is done with. */
void work_idle(struct work_run *run);
/* The key names nothing any more, so that nobody will ask what became of it: when the run ends well its row goes. */
void work_forget(struct work_run *run);
