/* What storage must offer: jobs with a transaction, and the rows the rules work on. gateway/store implements it; nothing here
 * knows which database that is, and nothing here knows HTTP.
 *
 * Threads. repo_submit() may be called on any thread; `run` is called on a thread of the store's choosing (for a SQLite point read:
 * the caller's own), `done` on any. A struct repo_tx belongs to its run. Everything a repo_ function returns lives in the arena
 * it is given. RC_NOT_FOUND is an answer, not a fault. Any rc may also be RC_BUSY (not now: 503 with Retry-After),
 * RC_UNCERTAIN or RC_INTERNAL; the caller hands them up unchanged. */
#pragma once
#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "gateway/domain/actor.h"
#include "gateway/domain/query.h"
#include "gateway/model/model.h"

struct repo;
struct repo_tx;

/* ---- jobs ---- */

enum repo_kind {
    REPO_POINT, /* a few rows by key; short enough for an event loop */
    REPO_LIST,  /* a page by key or account */
    REPO_SCAN,  /* may read the whole table: the scan thread, sliced, one a caller at a time */
    REPO_WRITE, /* durable when done is called with RC_OK */
};

struct op_id {
    struct str caller; /* actor.caller */
    struct str id;     /* Repeatability-Request-ID, or one of ours */
};

struct repo_job {
    enum repo_kind kind;
    unsigned loop;        /* of the event loop that submits; the store has a connection for each */
    struct mono deadline; /* a job not begun by then is done(RC_BUSY) */
    struct op_id op;
    struct arena *mem; /* rewound to its mark before each run */
    /* May run again after a failure that was not its own: touches tx and mem only. Anything but RC_OK rolls back. */
    enum rc (*run)(struct repo_tx *tx, struct repo_job *job, struct err *err);
    /* Once, after the durable commit or the refusal. On any thread, and for SQLite point reads before repo_submit returns. */
    void (*done)(struct repo_job *job, enum rc rc, const struct err *err);
    struct { /* the store's own while the job is with it */
        struct repo_job *next;
        struct arena_mark mark;
        int64_t submitted_us;
    } store;
};
void repo_submit(
    struct repo *repo,
    struct repo_job *job); /* never blocks, except for a SQLite point read; queue full: done(RC_BUSY) */

/* A slot of the rate limit (over all nodes where the store is shared). RC_LIMIT: none is free before retry_after_ms;
 * RC_BUSY: nobody can tell, the store does not answer. On any thread, and perhaps before repo_admit returns. */
struct admission {
    void (*done)(struct admission *admission, enum rc rc, uint32_t retry_after_ms);
    struct admission *next; /* the store's own while it is with it */
    struct mono deadline;   /* after which an answer is of no use: RC_BUSY */
};
void repo_admit(struct repo *repo, struct admission *admission);

/* Ready: the store answers and takes writes. Otherwise *ret_why says why not (static text). Any thread, never blocks. */
bool repo_ready(struct repo *repo, const char **ret_why);

/* ---- rows; only inside run ---- */

enum repo_lock { REPO_READ, REPO_SHARE, REPO_UPDATE }; /* what SQLite's single writer has anyway */

MUST_USE enum rc repo_revision_next(struct repo_tx *tx, int64_t *ret, struct err *err);

MUST_USE enum rc repo_account_find(struct repo_tx *tx, struct arena *mem, struct str name,
                                   enum repo_lock lock, const struct account **ret, struct err *err);
MUST_USE enum rc repo_account_write(struct repo_tx *tx, const struct account *account, bool exists,
                                    struct err *err);
MUST_USE enum rc repo_account_remove(struct repo_tx *tx, struct str name, struct err *err);
/* The account whose subdomain label this is, letter case aside. RC_NOT_FOUND: free. */
MUST_USE enum rc repo_account_by_subdomain(struct repo_tx *tx, struct arena *mem, struct str label,
                                           struct str *ret_name, struct err *err);
/* Numbers of the account, and of those with each service enabled. From counters, never scanned. */
struct number_counts {
    int64_t all, of[SERVICE_COUNT];
};
MUST_USE enum rc repo_number_counts(struct repo_tx *tx, struct str account, struct number_counts *ret,
                                    struct err *err);
MUST_USE enum rc repo_number_counts_add(struct repo_tx *tx, struct str account,
                                        const struct number_counts *delta, struct wall at, struct err *err);

/* By number, whichever account holds it. */
MUST_USE enum rc repo_number_find(struct repo_tx *tx, struct arena *mem, int64_t telephone_number,
                                  enum repo_lock lock, const struct number **ret, struct err *err);
/* Many at once, ascending and without duplicates; ret[i] is NULL where there is none. */
MUST_USE enum rc repo_numbers_find(struct repo_tx *tx, struct arena *mem, const int64_t *telephone_numbers,
                                   size_t count, enum repo_lock lock, const struct number **ret,
                                   struct err *err);
/* Inserts those that are not there, or replaces those that are, ascending. A replaced one stays with its account, whatever is
 * written: to move it, remove it first. */
MUST_USE enum rc repo_numbers_write(struct repo_tx *tx, const struct number *const *numbers, size_t count,
                                    bool exist, struct err *err);
MUST_USE enum rc repo_numbers_remove(struct repo_tx *tx, const int64_t *telephone_numbers, size_t count,
                                     struct err *err);

MUST_USE enum rc repo_rfi_find(
    struct repo_tx *tx, struct arena *mem, struct str tenant_id, enum repo_lock lock, const struct rfi **ret,
    struct err *err); /* accountName is filled in: the first account on that tenant */
MUST_USE enum rc repo_rfi_write(struct repo_tx *tx, const struct rfi *rfi, struct err *err);
MUST_USE enum rc repo_civic_address_find(struct repo_tx *tx, struct arena *mem, struct str account,
                                         struct str id, const struct civic_address **ret, struct err *err);
MUST_USE enum rc repo_civic_address_write(struct repo_tx *tx, const struct civic_address *address,
                                          struct err *err);
MUST_USE enum rc repo_civic_addresses_remove(struct repo_tx *tx, struct str account, struct err *err);

/* Lists: items are struct account, number, rfi, civic_address, audit_row. In a job of kind REPO_SCAN they read in slices, each with a
 * snapshot of its own, and may come back short. */
MUST_USE enum rc repo_accounts_list(struct repo_tx *tx, struct arena *mem, const struct list_query *query,
                                    struct list_page *ret, struct err *err);
MUST_USE enum rc repo_numbers_list(struct repo_tx *tx, struct arena *mem, const struct list_query *query,
                                   struct list_page *ret, struct err *err);
MUST_USE enum rc repo_rfis_list(struct repo_tx *tx, struct arena *mem, const struct list_query *query,
                                struct list_page *ret, struct err *err);
MUST_USE enum rc repo_civic_addresses_list(struct repo_tx *tx, struct arena *mem,
                                           const struct list_query *query, struct list_page *ret,
                                           struct err *err);

/* Repeatability: what was done under an operation id. */
struct operation {
    struct op_id op;
    uint8_t fingerprint[32]; /* SHA-256 of what makes a request the same request */
    struct wall first_sent;
    int status;           /* HTTP status that was answered; 2xx always */
    struct etag_of_then { /* the ETag that was answered; 0 and 0: none */
        uint64_t configuration, status;
    } etag;
};
MUST_USE enum rc repo_operation_find(struct repo_tx *tx, struct arena *mem, const struct op_id *op,
                                     const struct operation **ret, struct err *err);
MUST_USE enum rc repo_operation_add(struct repo_tx *tx, const struct operation *operation, struct err *err);

enum audit_kind { AUDIT_ACCOUNT, AUDIT_NUMBER, AUDIT_RFI, AUDIT_CIVIC_ADDRESS };
enum audit_action { AUDIT_CREATE, AUDIT_REPLACE, AUDIT_DELETE };
struct audit_row {
    int64_t id; /* given by the store, ascending */
    struct wall at;
    enum audit_action action;
    enum audit_kind kind;
    struct str account; /* absent for an RFI */
    struct str key;     /* account name, "+4930...", tenant id, civic address id */
    enum actor_way way;
    struct str caller, name, from, operation_id, request_id, client_request_id;
    struct str before, after; /* JSON, or absent */
};
MUST_USE enum rc repo_audit_add(struct repo_tx *tx, const struct audit_row *rows, size_t count,
                                struct err *err);
/* query.account, and filters by the caller: kind, key, since, until, way; newest first or oldest first. */
struct audit_query {
    struct list_query page;
    bool by_kind;
    enum audit_kind kind;
    struct str key, caller, request_id;
    struct wall since, until; /* CLOCK_ABSENT: open */
};
MUST_USE enum rc repo_audit_list(struct repo_tx *tx, struct arena *mem, const struct audit_query *query,
                                 struct list_page *ret, struct err *err);

/* ---- work that any node may do (gateway/work); times are the database's, whatever the nodes' clocks say ---- */

/* A lease is a committed row, never a lock that is held across a call. Each claim raises its generation, the
 * fencing token: what a holder writes, it writes in a transaction that asks repo_lease_fence first, so one that
 * was late, for whatever reason, is refused. A lease that has expired is lost, even if nobody took it. Rows stay
 * when they are released, so that a generation never comes back. */
struct lease {
    struct str name;
    struct str owner; /* absent: free */
    int64_t generation;
    int64_t left_ms; /* until it expires; repo_lease_find alone fills it in */
};
/* RC_CONFLICT: held, by whomever. */
MUST_USE enum rc repo_lease_claim(struct repo_tx *tx, struct str name, struct str owner, int64_t duration_ms,
                                  int64_t *ret_generation, struct err *err);
/* These three look at name, owner and generation. RC_CONFLICT: it is lost. */
MUST_USE enum rc repo_lease_renew(struct repo_tx *tx, const struct lease *lease, int64_t duration_ms,
                                  struct err *err);
/* Nobody else can claim it until this transaction ends. Comes before all other locks of the transaction. */
MUST_USE enum rc repo_lease_fence(struct repo_tx *tx, const struct lease *lease, struct err *err);
MUST_USE enum rc repo_lease_release(struct repo_tx *tx, const struct lease *lease, struct err *err);
/* RC_NOT_FOUND: nobody ever held it. left_ms is at most 0 when it can be claimed. */
MUST_USE enum rc repo_lease_find(struct repo_tx *tx, struct arena *mem, struct str name, struct lease *ret,
                                 struct err *err);

/* "Look at this": one row a kind and key, its sequence rises. The key is an account's name; for OUTBOX_RFI, whose tenant may have no
 * account yet, the tenant id as it is stored. Never empty. */
enum outbox_kind { OUTBOX_SYNC, OUTBOX_DNS, OUTBOX_RFI };
#define OUTBOX_KIND_COUNT 3
/* Makes it due at once and forgets its failures. */
MUST_USE enum rc repo_outbox_touch(struct repo_tx *tx, enum outbox_kind kind, struct str key,
                                   struct err *err);

/* A row as it was seen. Sequence and due time together are unlike those of any other state of the row: a touch
 * raises the one, and a row that went and came back has a later other. */
struct outbox_item {
    enum outbox_kind kind;
    struct str key;
    int64_t seq;
    int64_t attempt; /* failures since it was touched last */
    int64_t not_before;
    int64_t overdue_ms;
};
struct outbox_page {
    const struct outbox_item *items;
    size_t count;
};
/* Rows that are due and not paused, the longest due first; `after` is the last one of the page before, or NULL. */
MUST_USE enum rc repo_outbox_due(struct repo_tx *tx, struct arena *mem, enum outbox_kind kind,
                                 const struct outbox_item *after, size_t limit, struct outbox_page *ret,
                                 struct err *err);
/* RC_NOT_FOUND: there is none, or it is not due, or paused. */
MUST_USE enum rc repo_outbox_find_due(struct repo_tx *tx, struct arena *mem, enum outbox_kind kind,
                                      struct str key, struct outbox_item *ret, struct err *err);
/* Both under the lease (RC_CONFLICT: it is lost), and only if the row is as it was seen: one that was touched since
 * stays, and stays due. */
MUST_USE enum rc repo_outbox_done(struct repo_tx *tx, const struct lease *lease,
                                  const struct outbox_item *item, struct err *err);
MUST_USE enum rc repo_outbox_defer(struct repo_tx *tx, const struct lease *lease,
                                   const struct outbox_item *item, int64_t attempt, int64_t delay_ms,
                                   struct err *err);
/* Nobody looks at what is paused; it can be touched all the same. An empty key: the whole kind. */
MUST_USE enum rc repo_outbox_pause(struct repo_tx *tx, enum outbox_kind kind, struct str key, bool paused,
                                   struct err *err);
MUST_USE enum rc repo_outbox_paused(struct repo_tx *tx, enum outbox_kind kind, struct str key, bool *ret,
                                    struct err *err);

/* What asynchronous work must remember between its steps (a struct repo_job, above, is a transaction and not this).
 * It is added before the step it describes, and its progress is written under the lease. */
enum job_state { JOB_OPEN, JOB_DONE, JOB_FAILED };
struct job_row {
    struct str id;   /* the adder's; may go out as an idempotency key */
    struct str kind; /* "upload"; with the key: what belongs together */
    struct str key;
    enum job_state state;
    struct str input, progress; /* JSON, or absent */
    int64_t attempt;
    int64_t wait_ms;                    /* from now until it shall be looked at again; 0 or less: now */
    struct wall created_at, updated_at; /* given by the store */
};
struct job_list {
    const struct job_row *jobs;
    size_t count;
};
/* RC_CONFLICT: the id is taken. */
MUST_USE enum rc repo_job_add(struct repo_tx *tx, const struct job_row *job, struct err *err);
MUST_USE enum rc repo_job_find(struct repo_tx *tx, struct arena *mem, struct str id, enum repo_lock lock,
                               const struct job_row **ret, struct err *err);
/* State, progress, attempt and wait_ms of the row with that id. RC_NOT_FOUND. */
MUST_USE enum rc repo_job_write(struct repo_tx *tx, const struct job_row *job, struct err *err);
MUST_USE enum rc repo_job_remove(struct repo_tx *tx, struct str id, struct err *err);
/* By id, behind `after` (absent: from the first). */
MUST_USE enum rc repo_jobs_open(struct repo_tx *tx, struct arena *mem, struct str kind, struct str key,
                                struct str after, size_t limit, struct job_list *ret, struct err *err);
