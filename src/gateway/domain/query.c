#include "gateway/domain/query.h"

#include "common/base/banned.h"

#define SKIP_LARGE 1000 /* rows read and dropped that still pass as a short read */

/* By what a list can be bound: `key` names at most one of its items, `account` those of one account. */
struct bounds {
    const struct schema *schema;
    struct str key, account;
};
static const struct bounds bounds[] = {
    {&schema_account, STR("name"), STR_NONE},
    {&schema_number, STR("telephoneNumber"), STR("accountName")},
    {&schema_rfi, STR("tenantId"), STR_NONE},
    {&schema_civic_address, STR("id"), STR_NONE},
};

static const struct bounds *bounds_of(const struct schema *schema)
{
    for (size_t i = 0; i < ARRAY_LEN(bounds); i++) {
        if (bounds[i].schema == schema) {
            return &bounds[i];
        }
    }
    return NULL;
}

const struct query_node *query_bound_to(const struct query_node *filter, struct str path)
{
    if (filter == NULL || str_absent(path)) {
        return NULL;
    }
    if (filter->op == QUERY_EQ) {
        return str_eq(filter->path, path) && filter->value.type != QUERY_NULL ? filter : NULL;
    }
    if (filter->op != QUERY_AND) {
        return NULL;
    }
    const struct query_node *left = query_bound_to(filter->left, path);
    return left != NULL ? left : query_bound_to(filter->right, path);
}

bool query_may_scan(const struct list_query *query, const struct schema *schema)
{
    const struct bounds *by = bounds_of(schema);
    if (query->skip > SKIP_LARGE) {
        return true;
    }
    if (query->filter == NULL) {
        return false;
    }
    if (by != NULL && query_bound_to(query->filter, by->key) != NULL) {
        return false;
    }
    if (query->count) {
        return true;
    }
    bool one_account =
        !str_absent(query->account) || (by != NULL && query_bound_to(query->filter, by->account) != NULL);
    return !one_account;
}
