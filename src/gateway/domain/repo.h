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
#include "gateway/model/jobs.h"
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
    /* Once, after the durable commit or the refusal. On any thread, and for SQLite point reads before repo_submit returns. `touched`
     * holds the kinds of outbox rows (bits 1 << enum outbox_kind) that a committed write has made due. */
    void (*done)(struct repo_job *job, enum rc rc, const struct err *err);
    unsigned touched;
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

/* How many slots of the last minute are used, as far as is known now, in any transaction; -1: there is no limit. */
MUST_USE enum rc repo_rate_used(struct repo *repo, struct repo_tx *tx, int64_t *ret, struct err *err);

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

/* By number, whichever account holds it. One that is being released is not found. */
MUST_USE enum rc repo_number_find(struct repo_tx *tx, struct arena *mem, int64_t telephone_number,
                                  enum repo_lock lock, const struct number **ret, struct err *err);
/* Many at once, ascending and without duplicates; ret[i] is NULL where there is none. Those that are being released are among them. */
MUST_USE enum rc repo_numbers_find(struct repo_tx *tx, struct arena *mem, const int64_t *telephone_numbers,
                                   size_t count, enum repo_lock lock, const struct number **ret,
                                   struct err *err);
/* Inserts those that are not there, or replaces those that are, ascending; what was being released is there for everybody again. A
 * replaced one stays with its account, whatever is written: to move it, remove it first. */
MUST_USE enum rc repo_numbers_write(struct repo_tx *tx, const struct number *const *numbers, size_t count,
                                    bool exist, struct err *err);
MUST_USE enum rc repo_numbers_remove(struct repo_tx *tx, const int64_t *telephone_numbers, size_t count,
                                     struct err *err);

/* Hides them until the back end has released them; and ends those hidden ones of which the back end has nothing any more. */
MUST_USE enum rc repo_numbers_hide(struct repo_tx *tx, const int64_t *telephone_numbers, size_t count,
                                   struct err *err);
MUST_USE enum rc repo_numbers_drop_hidden(struct repo_tx *tx, const int64_t *telephone_numbers, size_t count,
                                          struct err *err);

MUST_USE enum rc repo_rfi_find(
    struct repo_tx *tx, struct arena *mem, struct str tenant_id, enum repo_lock lock, const struct rfi **ret,
    struct err *err); /* accountName is filled in: the first account on that tenant */
MUST_USE enum rc repo_rfi_write(struct repo_tx *tx, const struct rfi *rfi, struct err *err);
MUST_USE enum rc repo_civic_address_find(struct repo_tx *tx, struct arena *mem, struct str account,
                                         struct str id, const struct civic_address **ret, struct err *err);
MUST_USE enum rc repo_civic_address_write(struct repo_tx *tx, const struct civic_address *address,
                                          struct err *err);
MUST_USE enum rc repo_civic_address_remove(struct repo_tx *tx, struct str account, struct str id,
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

/* ---- what the back end has, as far as is known (gateway/sync) ---- */

enum acquired_state {
    ACQUIRED_NONE,
    ACQUIRED_NEW,       /* in an order to upload it, and not known to be there */
    ACQUIRED_HELD,      /* there, with the settings of `revision`; in an order: they are being changed */
    ACQUIRED_LEAVING,   /* shall be released; in an order: that upload must end first */
    ACQUIRED_RELEASING, /* in an order to release it */
    ACQUIRED_MISSING,   /* was there, and a sweep did not find it again */
    ACQUIRED_ORPHAN,    /* there, and nobody here asked for it */
};

#define ACQUIRED_OUTDATED 0 /* a revision no number has: its settings are not the ones that are there */
#define ACQUIRED_REFUSED                                                                                     \
    (-2) /* of one that is LEAVING: that was refused, and waits until somebody asks again */

/* Of one service of a number. */
struct acquired {
    enum service service;
    int64_t telephone_number;
    struct str account;   /* that asked for it; absent: an orphan's */
    struct str tenant_id; /* that has it, whatever the account's is by now */
    enum acquired_state state;
    int64_t revision; /* of the number's configuration that was uploaded last */
    struct str order; /* id of the order it is in; absent: none */
};
struct acquired_list {
    const struct acquired *items;
    size_t count;
};

/* Ascending and without duplicates; ret[i] is NULL where there is none. */
MUST_USE enum rc repo_acquired_find(struct repo_tx *tx, struct arena *mem, enum service service,
                                    const int64_t *telephone_numbers, size_t count, enum repo_lock lock,
                                    const struct acquired **ret, struct err *err);
/* Inserts or replaces. */
MUST_USE enum rc repo_acquired_write(struct repo_tx *tx, const struct acquired *rows, size_t count,
                                     struct err *err);
MUST_USE enum rc repo_acquired_remove(struct repo_tx *tx, enum service service,
                                      const int64_t *telephone_numbers, size_t count, struct err *err);
/* Those of the account that are LEAVING the service and in no order, with or without those that were refused, ascending behind `after`. In a write they are locked: of `limit` that
 * there were, some may be none any more by then, so only an empty list is the last one. */
MUST_USE enum rc repo_acquired_leaving(struct repo_tx *tx, struct arena *mem, struct str account,
                                       enum service service, bool refused, int64_t after, size_t limit,
                                       struct acquired_list *ret, struct err *err);
/* The refused ones of the account are asked for again, at most `limit` of them. */
MUST_USE enum rc repo_acquired_retry(struct repo_tx *tx, struct str account, int64_t limit,
                                     int64_t *ret_count, struct err *err);
/* LEAVING and MISSING of an account, or every ORPHAN (the account is not looked at), behind `after` (NULL: from the first). */
MUST_USE enum rc repo_acquired_odd(struct repo_tx *tx, struct arena *mem, enum acquired_state state,
                                   struct str account, const struct acquired *after, size_t limit,
                                   struct acquired_list *ret, struct err *err);
/* How many of these, but no more than `limit`. */
MUST_USE enum rc repo_acquired_odd_count(struct repo_tx *tx, enum acquired_state state, struct str account,
                                         int64_t limit, int64_t *ret, struct err *err);
MUST_USE enum rc repo_acquired_of_tenant(struct repo_tx *tx, struct arena *mem, struct str tenant_id,
                                         enum service service, int64_t after, size_t limit,
                                         struct acquired_list *ret, struct err *err);
/* The tenant of one that is LEAVING the account, or else of one that is RELEASING. RC_NOT_FOUND: none is. */
MUST_USE enum rc repo_acquired_tenant(struct repo_tx *tx, struct arena *mem, struct str account,
                                      struct str *ret, struct err *err);

struct number_page {
    const struct number *items;
    size_t count;
};
/* Numbers of the account that wait to be uploaded for this service and are in no order, ascending behind `after`; locked, in a
 * write transaction. Fewer than the limit need not be the last ones: somebody may have changed some while they were locked. */
MUST_USE enum rc repo_numbers_pending(struct repo_tx *tx, struct arena *mem, struct str account,
                                      enum service service, int64_t after, size_t limit,
                                      struct number_page *ret, struct err *err);
/* Those that are pending, or failed, ascending behind `after`. No other status can be asked for. */
MUST_USE enum rc repo_numbers_unsettled(struct repo_tx *tx, struct arena *mem, struct str account,
                                        enum provisioning_status status, int64_t after, size_t limit,
                                        struct number_page *ret, struct err *err);
/* How many, but no more than `limit`. */
MUST_USE enum rc repo_numbers_unsettled_count(struct repo_tx *tx, struct str account,
                                              enum provisioning_status status, int64_t limit, int64_t *ret,
                                              struct err *err);
/* Names of the accounts on a tenant, ascending behind `after` (absent: from the first), at most `limit`. */
MUST_USE enum rc repo_accounts_of_tenant(struct repo_tx *tx, struct arena *mem, struct str tenant_id,
                                         struct str after, size_t limit, struct text_list *ret,
                                         struct err *err);

/* ---- what people look at (gateway/ops): rows in short ---- */

/* A number without what its forms need. */
struct number_line {
    int64_t telephone_number; /* 0: there is none, or it is being released */
    struct str account_name;
    unsigned services; /* that it enables: bits 1 << enum service */
    enum provisioning_status provisioning_status;
    enum assignment_status assignment_status; /* assigned if one of its services is */
    struct str custom_sip_header;
    struct provenance provenance;
    struct wall changed_at; /* its configuration */
};
/* Many at once, ascending and without duplicates; ret has `count` members. */
MUST_USE enum rc repo_lines_find(struct repo_tx *tx, struct arena *mem, const int64_t *telephone_numbers,
                                 size_t count, struct number_line *ret, struct err *err);

/* All numbers, or an account's, ascending behind `after`, in slices as a list of kind REPO_SCAN reads them, until `take` says that it takes
 * no more, or the time is up; what was taken before is good in any case. */
struct line_walk {
    struct str account; /* absent: of all */
    int64_t after;
    int64_t end_us; /* of clock_mono_us(); 0: when the scan's time is up */
    /* false: not taken, and the walk ends. The line's texts are borrowed for the call; it has no provenance. */
    bool (*take)(void *arg, const struct number_line *line);
    void *arg;
};
/* *ret_more: it ended before the last one; *ret_last is how far it came. RC_BUSY: the time was up before the first slice. */
MUST_USE enum rc repo_lines_walk(struct repo_tx *tx, const struct line_walk *walk, bool *ret_more,
                                 int64_t *ret_last, struct err *err);

/* Numbers by what a delete of them would meet; of query its account and its filter. In a job of kind REPO_SCAN. */
struct number_tally {
    int64_t count;
    int64_t assigned;              /* in Teams, as the back end last said of those that are synchronized */
    int64_t synced[SERVICE_COUNT]; /* that a back end has, or shall have, for each service with one */
    bool truncated;                /* the time was up: there are at least so many */
};
MUST_USE enum rc repo_numbers_tally(struct repo_tx *tx, struct arena *mem, const struct list_query *query,
                                    struct number_tally *ret, struct err *err);

struct account_line {
    struct str name;
    struct provenance provenance;
    struct wall changed_at;
    int64_t numbers;
};
/* By name; those that are there. ret has room for `count`. */
MUST_USE enum rc repo_account_lines_find(struct repo_tx *tx, struct arena *mem, const struct str *names,
                                         size_t count, struct account_line *ret, size_t *ret_count,
                                         struct err *err);

/* What needs somebody to look at it, the most pressing first. */
enum attention_kind {
    ATTENTION_ABSENT,
    ATTENTION_ACCOUNT_FAILED, /* its status is failed */
    ATTENTION_SYNC_FAILING,   /* work of the synchronization whose last run failed */
    ATTENTION_NUMBERS_FAILED, /* an account's, counted up to 10,000 */
    ATTENTION_DNS_NOT_SEEN, /* a subdomain that name servers do not serve as wanted; or the zone cannot be written */
    ATTENTION_SYNC_PAUSED,    /* an account, or everything */
    ATTENTION_TOKENS_MISSING, /* Direct Routing is enabled, and nothing to publish is known */
    ATTENTION_REQUEST_NEW,    /* an active RFI that nobody has answered, on a tenant without an account */
    ATTENTION_END
};
struct attention {
    struct str account_name, tenant_id, code, message; /* each may be absent */
    int64_t count;                                     /* -1: says nothing */
    struct wall since;                                 /* CLOCK_ABSENT: nobody knows */
};
struct attention_list {
    const struct attention *items;
    size_t count;
};
/* The first `limit` of a kind; found by an index that has nothing else. */
MUST_USE enum rc repo_attention_list(struct repo_tx *tx, struct arena *mem, enum attention_kind kind,
                                     size_t limit, struct attention_list *ret, struct err *err);
/* How many there are, but of each (other than numbers, which have a counter) no more than `limit`. */
struct overview_counts {
    int64_t accounts, accounts_failed, numbers, rfis, rfis_new;
};
MUST_USE enum rc repo_overview_counts(struct repo_tx *tx, int64_t limit, struct overview_counts *ret,
                                      struct err *err);

/* ---- customer subdomains: what was published, or shall be taken back (gateway/dns) ---- */

enum subdomain_state {
    SUBDOMAIN_KEPT = 1, /* the account asks for it: these records are published, or are about to be */
    SUBDOMAIN_LEAVING   /* nobody asks for it any more; the row goes when its records have gone */
};
struct subdomain {
    struct str label; /* lower case; the key */
    struct str account;
    struct str tokens[2]; /* of the regions; empty where there is none */
    enum subdomain_state state;
    enum subdomain_status status; /* what servers say, last; SUBDOMAIN_ABSENT: not asked yet */
    struct str problem_code,
        problem_message;    /* why it is not as wanted; absent: nothing is known against it */
    struct wall checked_at; /* CLOCK_ABSENT: never */
};
struct subdomain_list {
    const struct subdomain *items;
    size_t count;
};
MUST_USE enum rc repo_subdomain_find(struct repo_tx *tx, struct arena *mem, struct str label,
                                     struct subdomain *ret, struct err *err);
/* All of an account, those that leave too; by label. */
MUST_USE enum rc repo_subdomains_of(struct repo_tx *tx, struct arena *mem, struct str account,
                                    struct subdomain_list *ret, struct err *err);
/* By label, behind `after` (absent: from the first). */
MUST_USE enum rc repo_subdomains_list(struct repo_tx *tx, struct arena *mem, struct str after, size_t limit,
                                      struct subdomain_list *ret, struct err *err);
MUST_USE enum rc repo_subdomain_write(struct repo_tx *tx, const struct subdomain *subdomain, struct err *err);
MUST_USE enum rc repo_subdomain_remove(struct repo_tx *tx, struct str label, struct err *err);
struct subdomain_counts {
    int64_t kept, leaving, problems,
        of_status[4]; /* the last: of those that are kept, by enum subdomain_status */
};
MUST_USE enum rc repo_subdomain_counts(struct repo_tx *tx, struct subdomain_counts *ret, struct err *err);
/* Names of accounts with Direct Routing enabled and a label which no row of theirs keeps, ascending, behind `after`. */
MUST_USE enum rc repo_accounts_unpublished(struct repo_tx *tx, struct arena *mem, struct str after,
                                           size_t limit, struct text_list *ret, struct err *err);
/* The serial of the zone that the rows stand for; raised in the transaction that changes them. It rises by at least 1 and is at least
 * `now` in seconds, so that a new store goes on above an old one (RFC 1982). */
MUST_USE enum rc repo_zone_serial(struct repo_tx *tx, uint32_t *ret, struct err *err);
MUST_USE enum rc repo_zone_serial_raise(struct repo_tx *tx, struct wall now, struct err *err);
/* Raises it when `facts`, a digest of what the configuration adds to the zone, is another than last time. */
MUST_USE enum rc repo_zone_facts(struct repo_tx *tx, int64_t facts, struct wall now, struct err *err);

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
 * account yet, the tenant id as it is stored; for OUTBOX_SWEEP the tenant id in lower case; for OUTBOX_INWARD what is asked for; for
 * OUTBOX_ZONE "zone"; for OUTBOX_JOB the id of a number job. Never empty.
 * When everything is done the row rests, for what it says of the last run, until it is touched or its worker forgets it. */
enum outbox_kind {
    OUTBOX_SYNC,
    OUTBOX_DNS,
    OUTBOX_RFI,
    OUTBOX_SWEEP,
    OUTBOX_INWARD,
    OUTBOX_ZONE,
    OUTBOX_JOB
};
#define OUTBOX_KIND_COUNT 7
/* Makes it due at once, whatever it failed with: the pauses after failures begin anew. Since when it fails, and why, stays. */
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
/* What became of a run, as far as whoever the work is done with is concerned. */
enum outbox_news {
    OUTBOX_WELL, /* it did what was asked of it: earlier failures are over */
    OUTBOX_IDLE, /* nothing was asked of it, since nothing was to be done: there is nothing left that fails */
    OUTBOX_OPEN, /* it has begun: earlier failures are not over yet */
    OUTBOX_FAILED /* what repo_outbox_fail says */
};
/* All under the lease (RC_CONFLICT: it is lost), and only if the row is as it was seen: one that was touched since is due from now on,
 * behind those that have waited longer, and takes over the news alone. */
/* There is nothing to do: the row rests. */
MUST_USE enum rc repo_outbox_done(struct repo_tx *tx, const struct lease *lease,
                                  const struct outbox_item *item, enum outbox_news news, struct err *err);
/* The same, of a key that names nothing any more: the row goes. */
MUST_USE enum rc repo_outbox_forget(struct repo_tx *tx, const struct lease *lease,
                                    const struct outbox_item *item, enum outbox_news news, struct err *err);
/* It goes on then. OUTBOX_OPEN keeps item->attempt, the others begin anew. */
MUST_USE enum rc repo_outbox_defer(struct repo_tx *tx, const struct lease *lease,
                                   const struct outbox_item *item, enum outbox_news news, int64_t delay_ms,
                                   struct err *err);
/* It failed, and is tried again then. Code and message are kept as they are: bounded, without secrets, UTF-8 without NUL. */
MUST_USE enum rc repo_outbox_fail(struct repo_tx *tx, const struct lease *lease,
                                  const struct outbox_item *item, int64_t delay_ms, struct str code,
                                  struct str message, struct err *err);
/* Nobody looks at what is paused; it can be touched all the same. An empty key: the whole kind. */
MUST_USE enum rc repo_outbox_pause(struct repo_tx *tx, enum outbox_kind kind, struct str key, bool paused,
                                   struct err *err);
MUST_USE enum rc repo_outbox_paused(struct repo_tx *tx, enum outbox_kind kind, struct str key, bool *ret,
                                    struct err *err);

/* For those who watch and steer: rows whether they are due or not. */
struct outbox_state {
    struct str key;
    int64_t attempt; /* failures since it was touched last */
    int64_t wait_ms; /* until it is due; 0 or less: it is, for so long */
    bool rests;      /* there is nothing to do; wait_ms says nothing */
    bool paused;     /* it, or the whole kind */
    struct outbox_failure {
        int64_t count; /* in a row, since a run went well; 0: it does not fail, and the others are absent */
        struct wall since;
        struct str code, message; /* of the last one; absent: from before they were kept */
    } failure;
    struct wall succeeded_at; /* when a run did something, and well; CLOCK_ABSENT: none did yet */
};
struct outbox_state_list {
    const struct outbox_state *items;
    size_t count;
};
/* RC_NOT_FOUND: there is nothing to do, and nothing was done. */
MUST_USE enum rc repo_outbox_find(struct repo_tx *tx, struct arena *mem, enum outbox_kind kind,
                                  struct str key, struct outbox_state *ret, struct err *err);
/* By key, behind `after` (absent: from the first); those that rest, too. */
MUST_USE enum rc repo_outbox_list(struct repo_tx *tx, struct arena *mem, enum outbox_kind kind,
                                  struct str after, size_t limit, struct outbox_state_list *ret,
                                  struct err *err);
/* Among the first `limit` rows by their time that do not rest; but for the last two, which are of all. */
struct outbox_counts {
    int64_t rows, due, failing; /* due: paused ones too; failing: their last run failed */
    int64_t paused;             /* keys that are paused by themselves, whether they have a row or not */
    int64_t oldest_ms;          /* for how long the oldest has been due that is not paused; -1: none is */
    const struct outbox_state *failing_longest; /* NULL: none fails */
    struct wall succeeded_at;                   /* the latest of all rows */
};
MUST_USE enum rc repo_outbox_counts(struct repo_tx *tx, struct arena *mem, enum outbox_kind kind,
                                    int64_t limit, struct outbox_counts *ret, struct err *err);
/* Touches those that are put off after failures, at most `limit` of them. Reads all that fail. */
MUST_USE enum rc repo_outbox_retry(struct repo_tx *tx, enum outbox_kind kind, int64_t limit,
                                   int64_t *ret_count, struct err *err);

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
/* Those of the kind that ended longer ago are removed. Reads all jobs. */
MUST_USE enum rc repo_jobs_forget(struct repo_tx *tx, struct str kind, int64_t keep_ms, struct err *err);
/* By id, behind `after` (absent: from the first). */
MUST_USE enum rc repo_jobs_open(struct repo_tx *tx, struct arena *mem, struct str kind, struct str key,
                                struct str after, size_t limit, struct job_list *ret, struct err *err);
/* Of any key; how many, but no more than `limit`. */
MUST_USE enum rc repo_jobs_open_count(struct repo_tx *tx, struct str kind, int64_t limit, int64_t *ret,
                                      struct err *err);

/* ---- number jobs: bulk changes that people ask for (gateway/ops/jobs.h) ---- */

enum number_job_source { NUMBER_JOB_LIST = 1, NUMBER_JOB_FILTER, NUMBER_JOB_FILE };
struct number_job_counts {
    int64_t rows;
    int64_t new, changed, same, deleted, refused; /* by verdict */
    int64_t applied, failed, pending;             /* of those that are new, changed or deleted */
};
struct number_job {
    struct str id; /* lower case */
    int64_t
        number; /* given by the adder, from repo_revision_next: the key of its rows, and the order of jobs */
    enum number_job_kind kind;
    enum number_job_state state;
    enum number_job_source source;
    struct str account, filter, settings;
    uint64_t columns;   /* NUMBER_JOB_FILE: bits of bulk_columns that the file has */
    struct actor actor; /* of whom it is; way is ACTOR_JOB */
    struct wall created_at, started_at, ended_at; /* CLOCK_ABSENT: not yet */
    int64_t place; /* NUMBER_JOB_FILTER: the last number that the preview saw */
    bool retrying; /* failed rows become pending before any is applied */
    struct number_job_counts counts;
    struct str error_code, error_message;
};
MUST_USE enum rc repo_number_job_add(struct repo_tx *tx, const struct number_job *job, struct err *err);
MUST_USE enum rc repo_number_job_find(struct repo_tx *tx, struct arena *mem, struct str id,
                                      enum repo_lock lock, const struct number_job **ret, struct err *err);
/* All but id, number, kind and source. RC_CONFLICT: another one of its caller is queued or applying. */
MUST_USE enum rc repo_number_job_write(struct repo_tx *tx, const struct number_job *job, struct err *err);
/* With its input; its rows must have gone. */
MUST_USE enum rc repo_number_job_remove(struct repo_tx *tx, const struct number_job *job, struct err *err);
/* Items are struct number_job, by their number; caller absent: everybody's. */
MUST_USE enum rc repo_number_jobs_list(struct repo_tx *tx, struct arena *mem, struct str caller,
                                       const struct list_query *query, struct list_page *ret,
                                       struct err *err);
/* How many of the caller behind that number are in one of these states (bits 1 << enum number_job_state). */
MUST_USE enum rc repo_number_jobs_count(struct repo_tx *tx, struct str caller, unsigned states, int64_t after,
                                        int64_t *ret, struct err *err);
/* The newest of the caller's in one of these states behind the `keep` newest. RC_NOT_FOUND: there are no more than those. */
MUST_USE enum rc repo_number_jobs_surplus(struct repo_tx *tx, struct arena *mem, struct str caller,
                                          unsigned states, int64_t keep, struct str *ret_id, struct err *err);

/* What it was given, in parts from 0: of a list one text a line, or the file. RC_NOT_FOUND: there are no further ones. */
MUST_USE enum rc repo_number_job_input_add(struct repo_tx *tx, int64_t job, int64_t part, struct str text,
                                           struct err *err);
MUST_USE enum rc repo_number_job_input_read(struct repo_tx *tx, struct arena *mem, int64_t job, int64_t part,
                                            struct str *ret, struct err *err);

enum number_job_outcome { /* 0: nothing is to be done about it */
                          NUMBER_ROW_PENDING = 1,
                          NUMBER_ROW_APPLIED,
                          NUMBER_ROW_FAILED
};
struct number_job_row {
    int64_t place;            /* from 1; the key within the job */
    int64_t file_row;         /* as people count them */
    int64_t telephone_number; /* 0: there is none to be read in `text` */
    struct str text;          /* what stood there; absent where the number says it */
    struct str account;       /* empty: it is not known */
    enum number_job_verdict verdict;
    enum number_job_outcome outcome;
    int64_t seen; /* configuration part of the revision that was judged; 0: there was no number */
    struct str code, message, target; /* why it was refused, or failed */
    struct str wanted;                /* JSON of the number; absent: the job's settings say it */
};
struct number_job_rows {
    struct number_job_row *items;
    size_t count;
};
MUST_USE enum rc repo_number_job_rows_add(struct repo_tx *tx, int64_t job, const struct number_job_row *rows,
                                          size_t count, struct err *err);
/* By account, then number. */
MUST_USE enum rc repo_number_job_rows_pending(struct repo_tx *tx, struct arena *mem, int64_t job,
                                              size_t limit, struct number_job_rows *ret, struct err *err);
/* Outcome, code, message and target of these. */
MUST_USE enum rc repo_number_job_rows_settle(struct repo_tx *tx, int64_t job,
                                             const struct number_job_row *rows, size_t count,
                                             struct err *err);
/* Failed ones become pending, but for those with this code. */
MUST_USE enum rc repo_number_job_rows_retry(struct repo_tx *tx, int64_t job, struct str but, size_t limit,
                                            int64_t *ret_count, struct err *err);
MUST_USE enum rc repo_number_job_rows_remove(struct repo_tx *tx, int64_t job, size_t limit,
                                             int64_t *ret_count, struct err *err);
struct number_job_rows_query {
    struct list_query page; /* by place; its filter and account are not looked at */
    int64_t job;
    enum number_job_verdict verdict; /* 0: any */
    enum number_job_outcome outcome; /* 0: any */
};
/* Items are struct number_job_row. */
MUST_USE enum rc repo_number_job_rows_list(struct repo_tx *tx, struct arena *mem,
                                           const struct number_job_rows_query *query, struct list_page *ret,
                                           struct err *err);
