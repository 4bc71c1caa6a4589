/* What a list is asked for: a filter, where to go on, how much. Values only; text is parsed in api, run in store. */
#pragma once
#include "common/base/arena.h"
#include "gateway/model/schema.h"

enum query_op {
    QUERY_AND,
    QUERY_OR,
    QUERY_NOT, /* left only */
    QUERY_EQ,
    QUERY_NE,
    QUERY_GT,
    QUERY_GE,
    QUERY_LT,
    QUERY_LE,
    QUERY_STARTS,
    QUERY_CONTAINS,
};

enum query_type { QUERY_NULL, QUERY_BOOL, QUERY_INT, QUERY_TEXT };

/* An absent field equals null: `ne true` matches it, `eq false` does not. Comparisons are by the field's order: numbers, dates
 * (QUERY_INT, ms since 1970) and telephone numbers (QUERY_INT, without '+') as numbers, text and enum names by bytes. */
struct query_node {
    enum query_op op;
    const struct query_node *left, *right;
    struct str path; /* of the field, "serviceDetails/teamsTenantId" */
    const struct field *field;
    struct {
        enum query_type type;
        bool flag;
        int64_t number;
        struct str text; /* for FIELD_E164 with STARTS and CONTAINS: as written, with '+' */
    } value;
};

/* The place after which a list goes on: the last key of the page before. */
struct cursor {
    bool set;
    int64_t number;  /* telephone number, audit id */
    struct str text; /* account name, tenant id, civic address id */
};

struct list_query {
    struct str account;              /* only this account's; absent = all */
    const struct query_node *filter; /* NULL = everything */
    struct cursor after;
    uint64_t skip;
    uint32_t limit;    /* items wanted, at least 1 */
    bool count;        /* count the matches of the filter, before skip and limit */
    bool newest_first; /* audit only */
};

struct list_page {
    struct part_list items;
    bool more; /* there may be further items after `last`; a page may be short, even empty, and have more */
    struct cursor last; /* of the page, or how far the scan came */
    uint64_t skip_left; /* of query.skip, when a scan ended before it was used up */
    int64_t count;      /* -1: not asked for */
};

/* True when answering may read many rows that are not answered: a filter that is bound to no key and no account, a count under a
 * filter, a large skip. */
bool query_may_scan(const struct list_query *query, const struct schema *schema);
/* The key that the filter binds the list to by `eq` in a conjunction at the top (telephoneNumber, name, accountName, ...), or NULL. */
const struct query_node *query_bound_to(const struct query_node *filter, struct str path);
