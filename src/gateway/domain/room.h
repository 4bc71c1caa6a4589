/* What the files of this room share; nobody else includes it.
 *
 * change__write is where every change ends: rows with a new revision, counters, audit rows, outbox rows, in
 * the order of the locks (rows ascending, counters, audit, outbox). The other helpers answer what more than
 * one rule asks. */
#pragma once
#include "gateway/domain/change.h"

/* One resource, as it was and as it shall be. */
struct record {
    const void *before; /* NULL: there was none */
    /* NULL: there shall be none. change__write gives it its revision, and settles its status: a wish for the
     * back end that was heard before (pending, or synced since) is not pending again when the client changed
     * nothing. */
    void *after;
    struct str before_json, after_json; /* change__write's own */
    bool same;                          /* nothing to write */
    bool stays;   /* a number without `after`: hidden until the back end has released it */
    bool returns; /* a number without `before`: there is a hidden row of it */
    bool silent;  /* no audit row: of a status that goes its usual way */
};

struct record_set {
    enum audit_kind kind;
    struct str account;     /* absent for an RFI */
    struct record *records; /* ascending by key */
    size_t count;
    unsigned touch;       /* bits 1 << enum outbox_kind: who shall look when anything changed */
    struct str touch_key; /* of their outbox rows */
    bool
        heard; /* found out, not asked for: the configuration part of the revision stays, and the status is taken as it is */
};

MUST_USE enum rc change__write(const struct change *change, const struct record_set *set, struct err *err);

/* change__write would write nothing, were this found out. */
bool change__is_same(const struct change *change, enum audit_kind kind, const void *before, void *after);

/* Who, from where and when, for an audit row that change__write does not make; before and after are the caller's. */
struct audit_row change__audit_row(const struct change *change, enum audit_kind kind,
                                   enum audit_action action, struct str account, struct str key);

/* RC_CONFLICT "PreconditionFailed". revision NULL: the resource does not exist. */
MUST_USE enum rc change__judge(const struct precondition *pre, struct etag etag,
                               const struct revision *revision, struct err *err);
/* A list for findings, in the arena that err->details may point into; NULL when that is full. */
struct err_list *change__findings(const struct change *change);
enum rc change__no_room(struct err *err);

/* Whether a back end is to be told of what a client has written, and by which field; static text. */
struct asked {
    bool asked;
    const char *target;
};
/* The status after that write. */
void change__set_status(const struct change *change, struct asked asked, enum provisioning_status *ret_status,
                        struct part_list *ret_errors);

/* RC_NOT_FOUND "AccountNotFound". */
MUST_USE enum rc account__need(const struct change *change, struct str name, enum repo_lock lock,
                               const struct account **ret, struct err *err);
/* What the enterprise of this tenant has in the back end is looked at from now on. */
MUST_USE enum rc account__touch_sweep(const struct change *change, struct str tenant_id, struct err *err);
bool number__is_synced(const struct account *account, const struct number *number);
/* A back end said last that it is in use: it must not go. */
bool number__is_assigned(const struct account *account, const struct number *number);
void number__assigned_finding(struct err_list *findings, const struct number *number, struct str field);

/* ---- what is the programme's after a launch (launch.c): findings ApiRequiredAfterLaunch ---- */

/* Enabling and synchronizing a launched service, creating and deleting an account that has it. NULL: there was none, there shall be none. */
void launch__judge_account(const struct change *change, const struct account *before,
                           const struct account *after, struct err_list *findings);
/* A number that a launched service has in the back end, before or after the change; NULL as above. False: it is no such one. */
bool launch__binds_number(const struct change *change, const struct account *account,
                          const struct number *before, const struct number *after, enum service *ret);
/* The status of the relationship with an enterprise, which both services share. */
MUST_USE enum rc launch__judge_relationship(const struct change *change,
                                            const struct customer_relationship *before,
                                            const struct customer_relationship *after, struct err *err);

/* ---- what the back end has (acquired.c) ---- */

/* One number of a change, for the services that the account has synced. */
struct acquired_wish {
    int64_t telephone_number;
    bool wanted; /* it shall be there, for this service */
    bool *
        ret_has; /* set to true when the back end has, or may have, something that is on its way out; may be NULL */
};
/* Ascending. Notes what shall leave, and takes that back where it is not under way yet. An account that no longer asks for sync
 * forgets instead: what the back end has stays there. Without a back end in the configuration wishes are noted all the same: it is one
 * that is away. */
MUST_USE enum rc acquired__wish(const struct change *change, const struct account *account,
                                enum service service, const struct acquired_wish *wishes, size_t count,
                                struct err *err);
/* The records of numbers that go: which of them stay hidden until the back end has released them. */
MUST_USE enum rc numbers__leave(const struct change *change, const struct account *account,
                                struct record *records, size_t count, struct err *err);
