/* What a person asks of the sync by hand, beyond what clients can say: try again what failed, and give back what the back end has and
 * nobody here asked for. Everything holds for a transaction that is the caller's. */
#pragma once
#include "gateway/domain/change.h"

struct steer_result {
    int64_t count; /* numbers it was done for */
    bool more;     /* there are others: ask again */
};

/* Numbers of the account that failed are pending again, at most `limit` of them, and so many releases that were refused while sync was
 * off are tried again; a failed account is gone through again, and all of its work is due now. RC_NOT_FOUND "AccountNotFound": and nothing is left of one that was deleted. */
MUST_USE enum rc account_retry(const struct change *change, struct str name, size_t limit,
                               struct steer_result *ret, struct err *err);
/* Orphans of the account's tenant are ordered to be released, for all services that they are there for. All or nothing; findings name
 * "telephoneNumbers[i]". RC_INVALID InvalidValue (not an orphan of that tenant), DuplicateNumber; RC_DENIED
 * ApiRequiredAfterLaunch (it is there for a launched service, and a person asks); RC_CONFLICT NumberInUse (an account has it, which can
 * delete it); RC_NOT_FOUND AccountNotFound. */
MUST_USE enum rc orphans_release(const struct change *change, struct str name,
                                 const int64_t *telephone_numbers, size_t count, struct err *err);
