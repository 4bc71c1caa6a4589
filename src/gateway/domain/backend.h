/* What a back end (Operator Connect, Teams Phone Mobile) must offer. gateway/sync implements it over HTTPS; the engine that moves
 * accounts and numbers, and the API's capability queries, call it and know nothing of the wire.
 * Where none is configured there is no struct backend, and the queries answer 501 BackendNotConfigured.
 *
 * Numbers are moved by orders. An order has an id of ours, which goes out as idempotency key: the same order sent again is not done
 * twice. The back end takes it as a job, which ends later, with a result for each number. A tenant's number belongs to one service.
 *
 * Every function blocks, up to a deadline of the back end's own configuration, and may be called on any thread, but never on an event
 * loop and never in a transaction. What it returns lives in `mem`. How it fails:
 *   RC_BUSY       not now, and nothing was done: throttled, or unreachable before a byte was sent; err->retry_after_ms when it said when
 *   RC_UNCERTAIN  it was sent and no answer came, or 5xx: it may have been done. Ask before sending again
 *   RC_DENIED     credentials, role or application id are refused: a person must look
 *   RC_NOT_FOUND  there is no such tenant, job, order or number
 *   RC_CONFLICT   refused, as it is now; an order: all its numbers are in others that have not ended, so the same one is sent later
 *   RC_INVALID    refused for good, as it is; err->details has what is said of single numbers, `field` their "+44..."
 * err->code is static text of this interface ("BackendThrottled", ...); what the peer said is in err->msg. */
#pragma once
#include "common/base/arena.h"
#include "common/base/err.h"
#include "gateway/model/model.h"

/* A number as the back end has it, or shall have it. */
struct backend_number {
    int64_t telephone_number;
    enum service service;
    struct str tenant_id;
    enum assignment_status assignment_status; /* its word; not sent */
    struct number_teams_config settings; /* acquired_ and available_capabilities are its word; not sent */
};

/* A page, ascending by number; `more`: ask again behind the last one. */
struct backend_numbers {
    const struct backend_number *items;
    size_t count;
    bool more;
};

/* What has changed of any tenant since the mark; ask again with `mark`, at once when `more`. */
struct backend_changes {
    const struct backend_number *items;
    size_t count;
    bool more;
    struct str mark; /* absent: the back end keeps no track of changes */
};

enum backend_order_kind { BACKEND_UPLOAD, BACKEND_RELEASE };

struct backend_order {
    struct str id; /* a UUID of ours */
    enum backend_order_kind kind;
    enum service service;
    struct str tenant_id;
    const struct backend_number *numbers; /* of a release only telephone_number is used */
    size_t count;                         /* at most backend.batch */
};

enum backend_entry_state { BACKEND_ENTRY_OPEN, BACKEND_ENTRY_DONE, BACKEND_ENTRY_REFUSED };

struct backend_entry {
    int64_t telephone_number;
    enum backend_entry_state state;
    struct str code, message;            /* of a refusal; the peer's words */
    const struct backend_number *number; /* as it is now; NULL when it did not say */
};

struct backend_job {
    struct str id; /* the back end's */
    bool ended;
    const struct backend_entry *entries;
    size_t count;
};

struct backend_consents { /* a page, ascending by tenant id */
    const struct rfi *items;
    size_t count;
    bool more;
};

struct backend_addresses { /* a page, ascending by id; account_name is not filled in */
    const struct civic_address *items;
    size_t count;
    bool more;
};

struct backend {
    void *arg;
    size_t batch; /* numbers in an order, at most */

    /* What clients ask about; short answers may come from a cache. */
    enum rc (*capability_plans)(void *arg, struct str tenant_id, struct arena *mem,
                                struct capability_plans *ret, struct err *err);
    enum rc (*available_capabilities)(void *arg, struct str tenant_id, const struct identifier_batch *numbers,
                                      struct arena *mem, struct available_capabilities *ret, struct err *err);

    /* Outward. */
    enum rc (*order)(void *arg, const struct backend_order *order, struct arena *mem, struct backend_job *ret,
                     struct err *err);
    enum rc (*job)(void *arg, struct str job_id, struct arena *mem, struct backend_job *ret, struct err *err);
    /* RC_NOT_FOUND: the order never arrived. */
    enum rc (*job_of_order)(void *arg, struct str order_id, struct arena *mem, struct backend_job *ret,
                            struct err *err);
    enum rc (*set_relationship)(void *arg, struct str tenant_id,
                                const struct customer_relationship *relationship, struct arena *mem,
                                struct err *err);

    /* Inward. `after` absent or 0: from the first. */
    enum rc (*consents)(void *arg, struct str after, struct arena *mem, struct backend_consents *ret,
                        struct err *err);
    enum rc (*numbers)(void *arg, enum service service, struct str tenant_id, int64_t after,
                       struct arena *mem, struct backend_numbers *ret, struct err *err);
    /* RC_NOT_FOUND: nobody holds it. */
    enum rc (*number)(void *arg, enum service service, int64_t telephone_number, struct arena *mem,
                      struct backend_number *ret, struct err *err);
    /* `mark` absent: from now on. */
    enum rc (*changes)(void *arg, struct str mark, struct arena *mem, struct backend_changes *ret,
                       struct err *err);
    enum rc (*addresses)(void *arg, struct str tenant_id, struct str after, struct arena *mem,
                         struct backend_addresses *ret, struct err *err);
};
