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
};

struct record_set {
    enum audit_kind kind;
    struct str account;     /* absent for an RFI */
    struct record *records; /* ascending by key */
    size_t count;
    unsigned touch;       /* bits 1 << enum outbox_kind: who shall look when anything changed */
    struct str touch_key; /* of their outbox rows */
};

MUST_USE enum rc change__write(const struct change *change, const struct record_set *set, struct err *err);

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
/* The account asks that the back end of this service be told. */
bool account__syncs(const struct account *account, enum service service);
/* The same of a number of that account. */
bool number__syncs(const struct account *account, const struct number *number, enum service service);
bool number__is_synced(const struct account *account, const struct number *number);
/* A back end said last that it is in use: it must not go. */
bool number__is_assigned(const struct account *account, const struct number *number);
void number__assigned_finding(struct err_list *findings, const struct number *number, struct str field);
