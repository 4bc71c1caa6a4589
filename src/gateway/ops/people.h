/* What people look for, under /numgate/v1/, role Read: numbers:lookup (a pasted list), numbers:blocks, numbers:consequences,
 * accounts:lookup, and overview (overview.h). The same things
 * as the contract's lists, but in the words and the shape in which a person reads them, and with who changed them last. */
#pragma once
#include "gateway/api/route.h"
#include "gateway/ops/people_model.h"

extern const struct route_table ops_people_routes;
