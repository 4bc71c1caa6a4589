/* How the sync is, read in a transaction. */
#pragma once
#include "gateway/domain/repo.h"
#include "gateway/ops/sync_model.h"

/* The kinds of work that sync has, by the names the metrics have. */
struct sync_kind {
    enum outbox_kind kind;
    const char *name;
};
extern const struct sync_kind sync_kinds[];
extern const size_t sync_kind_count;

/* CLOCK_ABSENT: there is nothing to do. */
struct wall sync_next_try(const struct outbox_state *state);
MUST_USE enum rc sync_read_kind(struct repo_tx *tx, struct arena *mem, const struct sync_kind *kind,
                                struct sync_kind_status *ret, struct err *err);
MUST_USE enum rc sync_read_status(struct repo_tx *tx, struct arena *mem, struct sync_status *ret,
                                  struct err *err);
/* With orders and sweep. RC_NOT_FOUND "AccountNotFound": there is no such account, and nothing is left of it. */
MUST_USE enum rc sync_read_account(struct repo_tx *tx, struct arena *mem, struct str name,
                                   struct sync_account *ret, struct err *err);
/* Accounts that are synchronized, or have work, by name; items are struct sync_account. A page may be short, and have more. */
MUST_USE enum rc sync_list_accounts(struct repo_tx *tx, struct arena *mem, const struct list_query *query,
                                    struct list_page *ret, struct err *err);
/* By service and number; items are struct sync_orphan. */
bool sync_orphans_cursor_ok(struct cursor after);
MUST_USE enum rc sync_list_orphans(struct repo_tx *tx, struct arena *mem, const struct list_query *query,
                                   struct list_page *ret, struct err *err);
