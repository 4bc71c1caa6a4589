/* How the DNS is, as far as the store knows, read in a transaction. Nothing here asks a server. */
#pragma once
#include "gateway/domain/repo.h"
#include "gateway/ops/dns_model.h"
#include "gateway/ops/sync_read.h"

struct dns;

/* The kinds of work, by the names the metrics have. */
extern const struct sync_kind dns_kinds[];
extern const size_t dns_kind_count;

/* dns NULL: there is none. */
MUST_USE enum rc dns_read_status(struct repo_tx *tx, struct arena *mem, struct dns *dns,
                                 struct dns_view_status *ret, struct err *err);
/* RC_CONFLICT "DirectRoutingNotEnabled": nothing is published for it. */
MUST_USE enum rc dns_read_account(struct repo_tx *tx, struct arena *mem, const struct account *account,
                                  struct dns_view_account *ret, struct err *err);
/* By label, those that leave too; items are struct dns_view_account. */
MUST_USE enum rc dns_list_accounts(struct repo_tx *tx, struct arena *mem, const struct list_query *query,
                                   struct list_page *ret, struct err *err);
/* RC_NOT_FOUND "JobNotFound". */
MUST_USE enum rc dns_read_job(struct repo_tx *tx, struct arena *mem, struct str id, struct dns_view_job *ret,
                              struct err *err);
