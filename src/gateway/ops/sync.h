/* /numgate/v1/sync: the synchronization with the back end, seen (sync_read.h) and steered. What is steered goes through the store, so it
 * does not matter which node is asked, nor which one does the work. Who did it is in the log (sync_control), and of orphans that are
 * released in the audit. */
#pragma once
#include "gateway/api/route.h"
#include "gateway/ops/sync_read.h"

extern const struct route_table ops_sync_routes;

/* For whoever steers other kinds of work: pauses them as a whole, or goes on; tries again what waits after a failure, up to a limit. */
MUST_USE enum rc kinds_pause(struct repo_tx *tx, const struct sync_kind *kinds, size_t count, bool paused,
                             struct err *err);
MUST_USE enum rc kinds_retry(struct repo_tx *tx, const struct sync_kind *kinds, size_t count,
                             struct sync_done *ret, struct err *err);
