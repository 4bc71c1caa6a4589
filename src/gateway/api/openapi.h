/* The OpenAPI 3 document of a set of routes, made from their table and the field tables of the model; nothing
 * is written by hand. */
#pragma once
#include "common/base/buf.h"
#include "gateway/api/route.h"

struct openapi_info {
    const char *title, *version, *description;
    const struct schema *const *schemas[8]; /* of routes outside of the contract; NULL ends each, and all */
};
void openapi_write(const struct openapi_info *info, const struct route_table *const *tables, struct buf *out);
