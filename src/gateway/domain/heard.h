/* What is found out from a back end, as changes: the status of what clients wrote, and what the enterprises own. Every one ends in the
 * same way as the changes clients make (room.h), but for two things: the configuration part of the revision stays, so no client's
 * If-Match breaks, and what goes its usual way leaves no audit row: a status, and that a number which was just uploaded is unassigned.
 *
 * The actor of `change` is ACTOR_SYNC's. Inside a transaction, behind the fence of the caller's lease. */
#pragma once
#include "gateway/domain/change.h"

struct backend_number;

struct number_news {
    const struct number *before;     /* as it was read in this transaction, locked */
    enum provisioning_status status; /* PROVISIONING_ABSENT: as it was */
    struct wire_error error;         /* of PROVISIONING_FAILED */
    enum service service;
    const struct backend_number *known; /* what the back end says of this service; NULL: nothing */
};
/* Ascending, all of the account. One that is being released and gets a status is there for everybody again. */
MUST_USE enum rc numbers_heard(const struct change *change, struct str account,
                               const struct number_news *news, size_t count, struct err *err);

/* Numbers of a list as they are now, locked: between the list and the lock a client may have been there. Those that are gone, hidden or
 * another account's are left out. Behind the account's lock, as locks are taken. */
MUST_USE enum rc numbers_lock(struct repo_tx *tx, struct arena *mem, const struct number_page *listed,
                              struct number_page *ret, struct err *err);
/* The same, by their keys: ascending. */
MUST_USE enum rc numbers_lock_keys(struct repo_tx *tx, struct arena *mem, struct str account,
                                   const int64_t *telephone_numbers, size_t count, struct number_page *ret,
                                   struct err *err);

/* With `error` when it failed, else NULL. */
MUST_USE enum rc account_heard(const struct change *change, const struct account *account,
                               enum provisioning_status status, const struct wire_error *error,
                               struct err *err);
/* The worker is to go through the account's numbers again: consents or sync have changed, or a person asks. */
MUST_USE enum rc account_look_again(const struct change *change, struct str name, struct err *err);

/* A consent as the back end has it. The relationship is the operator's: ours goes out again where the two differ. *ret_other: it allows
 * something else than before, so the tenant's accounts are to be looked at again, each; they may be very many. */
MUST_USE enum rc rfi_heard(const struct change *change, const struct rfi *heard, bool *ret_other,
                           struct err *err);
/* Whether rfi_heard would write anything. Needs no more than a read. */
MUST_USE enum rc rfi_is_news(const struct change *change, const struct rfi *heard, bool *ret,
                             struct err *err);
/* The relationship was sent, or refused (`error`). Nothing happens when it has changed meanwhile. */
MUST_USE enum rc rfi_settled(const struct change *change, struct str tenant_id,
                             const struct customer_relationship *sent, const struct wire_error *error,
                             struct err *err);

/* A page of the addresses of a tenant, ascending by id. */
struct address_page {
    const struct civic_address *items;
    size_t count;
    struct str after; /* the last id before it, in lower case; absent: it is the first */
    bool last;        /* nothing comes behind it */
};
/* Addresses of the account within the page's range that are not in it are gone. */
MUST_USE enum rc civic_addresses_heard(const struct change *change, struct str account,
                                       const struct address_page *page, struct err *err);

/* RC_CONFLICT ConsentRequired: the enterprise lets nobody send it numbers. rfi NULL: there is none. */
MUST_USE enum rc consent_active(const struct rfi *rfi, struct err *err);
/* Why the back end would not take the number for this tenant; RC_OK: nothing speaks against it. RC_CONFLICT with the code
 * ConsentRequired or CountryNotConsented, and what is missing. */
MUST_USE enum rc consent_check(const struct rfi *rfi, int64_t telephone_number,
                               const struct number_teams_config *settings, struct err *err);
/* A refusal that another consent heals. */
bool consent_is_reason(struct str code);

/* What is to be published for the account; NULL: nothing, since it has no Direct Routing, or not enabled. */
const struct direct_routing_config *account_subdomain(const struct account *account);
/* What servers say of the account's subdomain, as it was published: nothing happens when the account asks for other records by now. */
MUST_USE enum rc subdomain_heard(const struct change *change, const struct subdomain *published,
                                 enum subdomain_status status, struct err *err);
