/* The changes a client can make, each with every rule that needs state. Every one ends in one function
 * (room.h) that writes the rows with their revision, counters, audit rows and outbox rows, so that none can
 * be forgotten; all of it happens in the transaction it is given, or none.
 *
 * Input is valid by itself already (model_read): these functions judge it against what is stored. They run
 * inside repo_job.run, may run again, touch the transaction and the arena only. Nothing here knows HTTP: the
 * names in err->code are rows of the error table in api/error.c. Findings of several fields come together in
 * err->details; those that no state can heal (RC_INVALID) come before those that another change could
 * (RC_CONFLICT). Any function may also fail with RC_LIMIT (the arena is full) and with what storage answers.
 * ApiRequiredAfterLaunch (RC_DENIED, any of them) is judged between the two, see launch_binds().
 * Source of the rules: docs/compatibility.md.
 *
 * A write that changes nothing succeeds, keeps the revision (so the ETag), and leaves no audit and no outbox
 * row. */
#pragma once
#include "gateway/domain/precondition.h"
#include "gateway/domain/repo.h"

/* What a change function needs besides its subject. */
struct change {
    struct repo_tx *tx;
    struct arena *mem;
    const struct actor *actor;
    struct wall now;
    const struct domain_facts *facts;
    struct str operation_id; /* for the audit rows: what the repeatability record is kept by; absent:
                                actor->request_id */
};

/* What the rules must know of the deployment. Immutable. */
struct domain_facts {
    struct str base_domain;
    bool single_region;
    bool backend_configured; /* for Operator Connect and Teams Phone Mobile */
    bool launched
        [SERVICE_COUNT]; /* of these two: customers use it, so people may no longer change what is the programme's by hand */
};

/* The service is launched, and the actor is a person (a portal user, or a job of one): what the programme has of it is not theirs to
 * change. */
bool launch_binds(const struct domain_facts *facts, const struct actor *actor, enum service service);
/* Everything that the back end has of a tenant shall be made as it is here, whatever the share. RC_DENIED ApiRequiredAfterLaunch: an
 * account of the tenant synchronizes a launched service. */
MUST_USE enum rc launch_judge_repair(const struct change *change, struct str tenant_id, struct err *err);

/* The account asks that the back end of this service be told; and the same of a number of that account. */
bool account_syncs(const struct account *account, enum service service);
bool number_syncs(const struct account *account, const struct number *number, enum service service);

/* ---- what clients do; RC_CONFLICT "PreconditionFailed" (412) when `pre` is not met, which may be NULL ----
 */

/* ServiceInUse, TenantInUse, SubdomainInUse; TenantRequired, SubdomainTooLong. Read-only fields of the input
 * are not looked at. */
MUST_USE enum rc account_put(const struct change *change, const struct account *input,
                             const struct precondition *pre, const struct account **ret, bool *ret_created,
                             struct err *err);
/* Absent: RC_OK. AccountNotEmpty, AccountTooLarge, NumberAssigned. Numbers and civic addresses go with it. */
MUST_USE enum rc account_delete(const struct change *change, struct str name, bool delete_numbers,
                                const struct precondition *pre, struct err *err);

/* The account is input->account_name. AccountNotFound, NumberInUse, ServiceNotEnabled. A number of another
 * account counts as absent for the precondition. */
MUST_USE enum rc number_put(const struct change *change, const struct number *input,
                            const struct precondition *pre, const struct number **ret, bool *ret_created,
                            struct err *err);
/* Absent, or another account's: RC_OK and nothing happens. NumberAssigned. */
MUST_USE enum rc number_delete(const struct change *change, struct str account, int64_t telephone_number,
                               const struct precondition *pre, struct err *err);
/* All or nothing; *ret has batch->numbers.count members in the order of the batch. Findings name
 * "numbers[i].field". As number_put, and DuplicateNumber, AccountNameMismatch. */
MUST_USE enum rc numbers_put(const struct change *change, struct str account,
                             const struct number_batch *batch, const struct number ***ret, struct err *err);
/* As number_delete, and AccountNotFound, DuplicateNumber. */
MUST_USE enum rc numbers_delete(const struct change *change, struct str account,
                                const struct identifier_batch *batch, struct err *err);

/* Many numbers of one account, each by itself: what one is refused leaves the others alone. All rules of number_put and number_delete. */
struct number_step {
    int64_t telephone_number;
    const struct number *input; /* what it shall be; NULL: it shall go. All of a call or none */
    int64_t
        seen; /* the configuration part of the revision it must still have; 0: there must be none of this account */
    const struct err
        *refused; /* filled in; NULL: it was not. "ChangedSincePreview": it is not as it was seen */
};
/* No number twice. `apply` false: they are judged only. AccountNotFound. */
MUST_USE enum rc numbers_step(const struct change *change, struct str account, struct number_step *steps,
                              size_t count, bool apply, struct err *err);

/* A merge patch (schema_rfi) of the customer relationship; the rest of an RFI is not the client's.
 * RequestForInformationNotFound, CommentRequired. */
MUST_USE enum rc rfi_patch(const struct change *change, struct str tenant_id, const struct json *patch,
                           const struct precondition *pre, const struct rfi **ret, struct err *err);

/* ---- what comes from elsewhere (numgated seed): created or replaced as given, read-only fields too ---- */

MUST_USE enum rc rfi_seed(const struct change *change, const struct rfi *input, struct err *err);
/* AccountNotFound. */
MUST_USE enum rc civic_address_seed(const struct change *change, const struct civic_address *input,
                                    struct err *err);
