/* The routes: one row each, and every row feeds the router, the gates, the OpenAPI document and the tests.
 *
 * Another room brings a table of its own (ops does) and gets the same gates. Paths are templates:
 * "/accounts/{accountName}",
 * "/accounts/{accountName}:deleteNumbers". Segments compare byte by byte; a parameter never holds a ':' where
 * an action could stand. "{*}" at the end stands for one segment or more, whatever they are. Of two rows that a path fits, the later one
 * has it. */
#pragma once
#include "common/http/http.h"
#include "gateway/domain/actor.h"
#include "gateway/domain/repo.h"
#include "gateway/model/schema.h"

struct call;

enum route_flags {
    ROUTE_PUBLIC = 1 << 0,         /* passes the address list only: no token, no limit */
    ROUTE_CONTRACT = 1 << 1,       /* of the public contract: needs api-version, counts for the rate limit */
    ROUTE_LIST = 1 << 2,           /* top, skip, maxpagesize, filter, countRecords */
    ROUTE_CONDITIONS = 1 << 3,     /* the four preconditions */
    ROUTE_REPEATABLE = 1 << 4,     /* Repeatability-Request-ID, Repeatability-First-Sent */
    ROUTE_MERGE = 1 << 5,          /* the body is a merge patch */
    ROUTE_DELETE_NUMBERS = 1 << 6, /* knows deleteNumbers */
    ROUTE_PAGED = 1 << 7,          /* of the list parameters, maxpagesize and continuation only */
    ROUTE_PORTAL = 1 << 8,         /* of the portal's files: its query is the page's own and not looked at */
    ROUTE_FILE = 1 << 9, /* the body is a file of numbers of up to LIMIT_UPLOAD bytes, for `check` to take */
};

#define ROUTE_PARAMS_MAX 2
#define ROUTE_QUERY_MAX  12

struct route {
    enum http_method method;
    const char *path;
    const char *operation; /* the contract's operationId; for ours a name of the same form */
    unsigned roles;        /* one of these is needed; 0 with ROUTE_PUBLIC */
    unsigned flags;
    enum repo_kind kind;         /* when `run` is there */
    const struct schema *input;  /* of the body, or NULL */
    const struct schema *output; /* of the body, or of the items of a list; or NULL */
    const char *const *query;    /* further query parameters it knows; NULL ends; or NULL */
    int statuses[2];             /* of success; with two, the second is the one of a creation */
    /* All may be NULL. `check`: the fields of path, query and body against each other, on the loop. `run`:
     * inside the transaction. `answer`: fills the reply, on the loop. Without `run`, `answer` follows
     * `check`. */
    enum rc (*check)(struct call *call, struct err *err);
    enum rc (*run)(struct call *call, struct repo_tx *tx, struct err *err);
    /* Of a repeatable route: fills `result` for a request that was done before; it stays NULL where the
     * resource is gone. */
    enum rc (*replay)(struct call *call, struct repo_tx *tx, struct err *err);
    void (*answer)(struct call *call);
    const char *summary;
};

struct route_table {
    const struct route *routes;
    size_t count;
};

struct route_match {
    const struct route *route; /* NULL: see allowed */
    unsigned allowed;          /* bit per enum http_method that this path has; 0: no such path */
    bool open;                 /* below /portal, where no token is asked for, whatever is there */
    bool counted;              /* counts for the rate limit, also when there is no such route */
    struct str params[ROUTE_PARAMS_MAX];
};
/* HEAD finds GET. */
void route_find(const struct route_table *tables, size_t table_count, const struct http_request *request,
                struct route_match *ret);
struct str route_allow_text(unsigned allowed, struct arena *mem); /* "GET, HEAD, PUT" */
const char *http_method_name(enum http_method method);

extern const struct route_table api_routes; /* the 18 operations */
extern const char *const api_versions[];    /* NULL ends */
