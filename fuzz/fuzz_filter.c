/* The text of a filter, over the fields of numbers and of accounts. What is accepted has a tree of bounded size. */
#include <stddef.h>
#include <stdint.h>

#include "common/base/limits.h"
#include "gateway/api/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t count_nodes(const struct query_node *node)
{
    return node == NULL ? 0 : 1 + count_nodes(node->left) + count_nodes(node->right);
}

static void parse_over(const struct schema *schema, struct str text)
{
    struct arena *mem = arena_new(1024 * 1024);
    struct err err = {0};
    const struct query_node *filter = NULL;
    enum rc rc = filter_parse(text, schema, mem, &filter, &err);
    if (rc == RC_OK) {
        size_t nodes = count_nodes(filter);
        ensure(nodes > 0 && nodes <= LIMIT_FILTER_NODES);
        struct list_query query = {.filter = filter, .limit = 1};
        (void)query_may_scan(&query, schema);
    } else {
        ensure(rc == RC_INVALID && strcmp(err.code, "InvalidFilter") == 0);
    }
    arena_free(mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    parse_over(&schema_number, text);
    parse_over(&schema_account, text);
    return 0;
}
