/* Orders as they are kept: a job row of kind "order", whose key is the account. It is committed before the back end hears of it, with
 * everything that is sent, so that the very same order can be sent again after a doubt; its id is the idempotency key. */
#pragma once
#include "gateway/domain/backend.h"
#include "gateway/domain/repo.h"

#define ORDER_KIND     "order"
#define ORDER_POLL_MS  50 /* until a job is first asked for; doubled with each time */
#define ORDER_POLL_MAX 30000

struct order {
    struct backend_order sent;
    const int64_t *revisions; /* of sent.numbers' configurations */
    struct str job_id;        /* the back end's; absent: it is not known whether the order arrived */
    bool doubt;               /* may have been sent */
    int64_t polls;            /* how often the job was asked for */
    struct mono due;          /* when it is asked for next */
    bool ended;               /* settled: its row is gone */
    struct wall created_at;   /* of one that orders_open read */
};

/* Text goes into `mem`. RC_LIMIT: it does not fit. */
MUST_USE enum rc order_add(struct repo_tx *tx, struct arena *mem, struct str account,
                           const struct order *order, struct err *err);
/* What of it has changed since: the job's id, and when to ask. */
MUST_USE enum rc order_save(struct repo_tx *tx, struct arena *mem, const struct order *order,
                            struct err *err);
/* Those of the account that have not ended, at most `limit`. RC_INTERNAL: a row that this program did not write. */
MUST_USE enum rc orders_open(struct repo_tx *tx, struct arena *mem, struct str account, size_t limit,
                             struct order *ret, size_t *ret_count, struct err *err);
void order_poll_later(struct order *order);
