/* What the files of this room share; nobody else includes it. work.c: life cycle and dispatcher; poll.c: finding what is due;
 * run.c: a worker, and what run functions call; call.c: a transaction that is waited for. */
#pragma once
#include <pthread.h>

#include "common/base/random.h"
#include "gateway/work/work.h"

#define WORK_SCAN_PAGE 256 /* due rows read at a time */
#define WORK_SCAN_MAX                                                                                        \
    1024                  /* looked at in one poll: beyond them nothing is found while all of them are held */
#define WORK_FOUND_MAX 32 /* found by one poll */
#define WORK_WAIT_MS   10000 /* a transaction of ours that has not begun by then fails */

struct lane;

/* A renewal under way. Not waited for: the dispatcher has more to do. */
struct renewal {
    struct repo_job job; /* first */
    struct work_run *run;
    char op_id[UUID_TEXT_MAX];
    int64_t sent_ms; /* the lease holds that long from here, whenever the store got to it */
    bool paused;     /* what the transaction saw */
    bool pending;    /* guarded by the engine's mutex */
};

/* A worker: a thread, and the item it is at. */
struct work_run {
    struct lane *lane;
    pthread_t thread;
    bool started;
    struct arena *mem;
    struct str key; /* what it was given */
    struct outbox_item item;
    struct lease lease; /* item and lease do not change while it is held */
    bool again, polls, idle, forgotten;
    uint32_t again_ms;
    atomic_bool lost, paused;
    _Atomic int64_t valid_ms; /* by our clock the lease has run out then */
    bool held;                /* guarded by the engine's mutex, as are the next two */
    bool writing;             /* a transaction of ours has the lease's row */
    int64_t renew_ms;
    struct renewal renewal;
};

struct poll {
    struct repo_job job; /* first */
    struct lane *lane;
    struct str *found; /* keys, in job.mem; no two with one lease */
    size_t found_count;
    int64_t oldest_ms;
    bool pending; /* guarded by the engine's mutex */
};

enum outcome { OUTCOME_DONE, OUTCOME_AGAIN, OUTCOME_FAILED, OUTCOME_STOPPED, OUTCOME_LOST, OUTCOME_COUNT };

/* A kind at work. Its state is guarded by the engine's mutex. */
struct lane {
    struct work *work;
    const struct work_kind *kind;
    struct work_run *runs;
    unsigned run_count, idle;
    struct poll poll;
    const struct str *backlog; /* found, not taken; in the poll's arena */
    size_t backlog_count;
    pthread_cond_t filled; /* there is a backlog, or the engine stops: the lane's idle workers wait for it */
    int64_t poll_ms;       /* when to poll next */
    int64_t due_ms; /* when the first of what was put off here is due again; INT64_MAX: none is known */
    struct metric *outcomes[OUTCOME_COUNT], *running, *oldest;
};

struct work {
    struct work_config config;
    char node[UUID_TEXT_MAX];
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* anything did; a handful of threads wait for it */
    atomic_bool stopping;   /* set under the mutex */
    bool workers_ended;
    pthread_t dispatcher;
    bool dispatcher_started;
    struct lane *lanes;
};

void work__wait_until(struct work *work, int64_t ms); /* the mutex is held; clock_mono() */

/* call.c */
typedef enum rc work__fn(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err);
/* lease NULL: not fenced. *ret_lost, which may be NULL, tells the fence's refusal from the function's. */
MUST_USE enum rc work__call(struct work *work, enum repo_kind kind, struct arena *mem,
                            const struct lease *lease, bool *ret_lost, work__fn *fn, void *arg,
                            struct err *err);

/* poll.c */
MUST_USE enum rc work__lease_name(const struct work_kind *kind, struct repo_tx *tx, struct arena *mem,
                                  struct str key, struct str *ret, struct err *err);
void work__poll(struct lane *lane); /* the mutex is held; let go of meanwhile */

/* run.c */
void *work__worker(void *run);
void work__renew(struct work_run *run); /* as work__poll */
