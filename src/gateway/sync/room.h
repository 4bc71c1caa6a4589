/* What the files of this room share; nobody else includes it. */
#pragma once
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "gateway/domain/backend.h"
#include "gateway/domain/heard.h"
#include "gateway/sync/order.h"
#include "gateway/sync/sync.h"
#include "gateway/work/work.h"

#define SYNC_ORDERS      24    /* of one account open at a time: some are asked for, some wait to be */
#define ORDER_VALUES_MAX 4000  /* JSON values of an order, which a run that finds it reads again */
#define SYNC_CALLS       8     /* of one account under way at a time */
#define SYNC_SLICE       500   /* numbers that are gone through in one transaction */
#define SYNC_RUN_MS      10000 /* after which a run makes way for the tenant's other work */
#define SYNC_NAP_MS      60    /* a job that may end within this is waited for */
#define SYNC_ADDRESS_MS  (15 * 60 * 1000) /* how often a tenant's addresses are read */
#define SYNC_MISSING_SHARE                                                                                   \
    20 /* one in so many numbers of an account, and no more, are uploaded again by themselves */
#define SYNC_MISSING_LEAST  10 /* but so many always */
#define SYNC_KINDS          4
#define SYNC_ORDERS_COUNTED 10000 /* for the metric, and no more */

enum sync_count { SYNC_UPLOADED, SYNC_RELEASED, SYNC_REFUSED, SYNC_AGAIN, SYNC_COUNTS };

/* Somebody who waits for the relationship of a tenant; on the waiter's stack. */
struct waiter {
    struct str tenant_id;
    bool over;
    struct waiter *next;
};

struct sync {
    struct sync_config config;
    struct actor actor;
    struct work_kind kinds[SYNC_KINDS];
    struct work *work;
    pthread_mutex_t mutex; /* guards waiters and ending */
    pthread_cond_t ended;
    struct waiter *waiters; /* for relationships */
    bool ending;            /* nobody need wait any more */
    pthread_t keeper;
    sem_t stopping;    /* posted once */
    atomic_uint wakes; /* for accounts */
    struct metric *counts[SYNC_COUNTS];
    struct metric *last_success; /* seconds since 1970 */
    struct metric *orders_open;
};

struct change sync__change(const struct sync *sync, struct repo_tx *tx, struct arena *mem);
/* The lease of a tenant's work: "sync/<tenant id in lower case>". */
struct str sync__lease_of(struct arena *mem, struct str tenant_id);

/* How the account stands to the back end, as a transaction read it. */
struct stand {
    const struct account *account; /* NULL: it is gone */
    struct str tenant_id;          /* empty: none */
    bool syncs[SERVICE_COUNT];
    bool any; /* of them */
};
/* Locks the account (shared), as whoever writes its numbers does. */
MUST_USE enum rc sync__stand(struct repo_tx *tx, struct arena *mem, struct str name, struct stand *ret,
                             struct err *err);
/* All accounts of the tenant, ascending, `limit` names at a time; `fn` is called outside of any transaction. RC_BUSY: the run is to end. */
MUST_USE enum rc sync__each_accounts(struct work_run *run, struct str tenant_id, size_t limit,
                                     enum rc (*fn)(struct text_list names, void *arg, struct err *err),
                                     void *arg, struct err *err);
/* A key that outlives the arena's rewinding: in `room`. Absent, as before, or when it does not fit, which no name and no tenant id does. */
struct str sync__keep(struct str text, char *room, size_t size);
/* As work_write, for an account's run: the lease of its claim must be the one that the account's work is done under now. After a change
 * of the tenant it is not, and another run may be at the same account. sync__is_others: nothing was written, and this one must end.
 * `stand`: the account's, in the arena of the transaction. */
typedef enum rc sync__fn(struct repo_tx *tx, struct arena *mem, const struct stand *stand, void *arg,
                         struct err *err);
MUST_USE enum rc sync__write(struct work_run *run, sync__fn *fn, void *arg, struct err *err);
bool sync__is_others(enum rc rc, const struct err *err);
/* account.c: goes through all numbers of an account that asks for it (its status is pending), so that their own statuses say what is
 * to be done, or is no longer asked for. */
MUST_USE enum rc account__go_through(struct sync *sync, struct work_run *run, struct err *err);

/* plan.c: makes orders for what the account has to be uploaded or released. A number that no consent covers fails here. In a write
 * transaction; what it returns lives in `mem`. */
struct plan {
    struct order orders[SYNC_ORDERS];
    size_t count;
    bool any;      /* the account synchronizes something; else only what is leaving is left of it */
    bool full;     /* there was no room for more, whether there is more or not */
    size_t failed; /* numbers that failed here */
    bool cut; /* they were so many, or so large, that the rest is left to the next plan, for want of memory */
};
struct plan_bounds {
    size_t room;    /* with so many orders, those found open among them, none is made any more */
    bool read_open; /* those that are open already are part of the plan */
    int64_t after[SERVICE_COUNT]; /* uploads: numbers behind this one first */
    /* What a run does not order once more. */
    bool only_behind;                /* uploads: those before it */
    int64_t released[SERVICE_COUNT]; /* releases: up to this one */
};
MUST_USE enum rc plan__make(struct sync *sync, struct repo_tx *tx, struct arena *mem, struct str account,
                            const struct stand *stand, const struct plan_bounds *bounds, struct plan *plan,
                            struct err *err);

/* settle.c: writes down what became of an order, and ends it. */
struct outcome {
    const struct backend_entry *entries; /* one for each number of the order, in its order */
    int64_t counts[SYNC_COUNTS];         /* set: numbers by what became of them; SYNC_AGAIN is for later */
    size_t finished;                     /* set: numbers that nothing is left to be ordered for */
};
MUST_USE enum rc settle__order(struct sync *sync, struct repo_tx *tx, struct arena *mem, struct str account,
                               const struct stand *stand, const struct order *order, struct outcome *outcome,
                               struct err *err);

/* The run functions of the kinds. */
enum rc outward__run(struct work_run *run, void *arg, struct err *err);
enum rc relationship__run(struct work_run *run, void *arg, struct err *err);
enum rc inward__run(struct work_run *run, void *arg, struct err *err);
enum rc sweep__run(struct work_run *run, void *arg, struct err *err);

/* compare.c: the settings are the same, as far as the back end tells them. */
bool sync__same_settings(const struct number_teams_config *theirs, const struct number_teams_config *ours);
/* NULL: it is not in the page. */
const struct backend_number *sync__in_page(const struct backend_numbers *page, int64_t telephone_number);

/* numbers.c: what the back end says of numbers of one tenant and service, ascending, as far as it is news to us. */
struct tally {
    int64_t seen, same, changed, missing, orphans; /* changed: their settings, not by us */
    bool look_only;                                /* count, and write nothing */
};
MUST_USE enum rc numbers__hear(struct sync *sync, struct repo_tx *tx, struct arena *mem,
                               const struct backend_number *numbers, size_t count, struct tally *tally,
                               struct err *err);

/* What is to be asked for by the clock. */
#define INWARD_CONSENTS "consents"
#define INWARD_CHANGES  "changes"
/* consents.c and changes.c: *ret_more: there is more than one run takes. */
MUST_USE enum rc consents__hear(struct sync *sync, struct work_run *run, bool *ret_more, struct err *err);
MUST_USE enum rc changes__hear(struct sync *sync, struct work_run *run, bool *ret_more, struct err *err);

/* mark.c: how far something has come, a text kept in a job row; absent: it is at its beginning. */
MUST_USE enum rc mark__of(const struct job_row *row, struct arena *mem, struct str *ret, struct err *err);
/* keys: id, kind and key of the row. */
MUST_USE enum rc mark__write(struct repo_tx *tx, struct arena *mem, const struct job_row *keys,
                             struct str mark, struct err *err);

/* addresses.c: the tenant's emergency addresses, all of them, for all of its accounts. */
MUST_USE enum rc addresses__hear(struct sync *sync, struct work_run *run, struct str tenant_id,
                                 struct err *err);
/* repair.c: the end of a sweep: uploads again what the tenant's accounts miss, whatever the share (`any`), or else pauses those that miss
 * much. */
MUST_USE enum rc repair__accounts(struct sync *sync, struct work_run *run, struct str tenant_id, bool any,
                                  struct err *err);

/* sweep_row.c: pauses the account, and keeps why. */
struct sweep_pause;
MUST_USE enum rc sweep__pause(struct repo_tx *tx, struct arena *mem, struct str account,
                              const struct sweep_pause *pause, struct err *err);
