/* GET /numgate/v1/overview: what needs a person, and how much of everything there is. Nothing here reads more than it tells of, but for
 * counts, which end at a limit. */
#pragma once
#include "gateway/api/route.h"
#include "gateway/ops/people_model.h"

#define OVERVIEW_ITEMS 50

/* How many of each kind are shown, of those found: all if there is room; else each kind has a share, and the first ones what is left.
 * true: some are not shown. Both are by enum attention_kind. */
bool overview_share(const size_t found[ATTENTION_END], size_t shown[ATTENTION_END]);

enum rc overview_run(struct call *call, struct repo_tx *tx, struct err *err);
