/* One request on its way through the gates, the transaction and back. Lives in the arena of its exchange.
 *
 * Everything here is touched by one thread at a time: the exchange's loop, or, while a ticket is out, the
 * store's thread that runs the job. Handlers (struct route) read what the gates have put in, and fill
 * `result` in run and the reply in answer. */
#pragma once
#include <stdatomic.h>

#include "gateway/api/api.h"
#include "gateway/api/error.h"
#include "gateway/api/route.h"
#include "gateway/auth/auth.h"
#include "gateway/domain/change.h"

struct list_params {
    uint32_t page; /* items of this page */
    bool has_top;
    uint64_t top; /* items that may still come, this page included */
    uint64_t skip;
    struct cursor after;
    bool count;
    struct str filter_text;
    const struct query_node *filter;
};

struct repeat {
    bool asked;
    bool accepted; /* for Repeatability-Result; false with asked: rejected */
    struct str id;
    struct wall first_sent;
    uint8_t fingerprint[32];
    const struct operation *replay; /* this request was done before */
};

/* Lets one thing be waited for that may be there already, or come from another thread. */
struct pending {
    atomic_int state;
    struct http_ticket *ticket;
};

struct call_param {
    struct str name, value; /* decoded */
};

#define CALL_HEADERS_MAX 16
#define CALL_PARAMS_MAX  24
struct call {
    struct api *api;
    enum api_door door;
    struct http_exchange *x;
    const struct http_request *request;
    struct arena *mem;
    struct route_match match;
    const struct route *route; /* NULL: none matched */
    struct actor actor;
    struct str request_id, client_request_id;

    /* what the gates read */
    struct str account_name;
    int64_t telephone_number;
    struct str key; /* tenantId, civicAddressId or jobId of the path */
    struct list_params list;
    bool delete_numbers;
    struct call_param params[CALL_PARAMS_MAX];
    size_t param_count;
    struct precondition condition;
    struct repeat repeat;
    const struct json *body;
    void *input; /* of route->input, as model_read left it */

    /* the job */
    bool may_scan; /* set by check: run may read far more rows than it answers */
    struct pending pending;
    struct auth_waiter waiter;
    bool waited_for_keys;
    struct admission admission;
    enum rc granted;
    uint32_t retry_after_ms;
    struct repo_job job;
    enum rc rc;
    struct err err;

    /* what run leaves for answer */
    const void *result; /* of route->output */
    struct list_page page;
    bool created;
    bool not_modified;
    struct etag etag;
    bool has_etag;
    struct wall last_modified; /* CLOCK_ABSENT: none */
    const void *user;          /* the handler's own */

    /* the reply */
    int status;
    const char *error_code;
    struct http_header headers[CALL_HEADERS_MAX];
    size_t header_count;
};

static inline struct change call_change(struct call *call, struct repo_tx *tx)
{
    return (struct change){tx, call->mem, &call->actor, clock_wall(), api_facts(call->api), call->job.op.id};
}

void call_header(struct call *call, const char *name,
                 struct str value); /* value lives in the arena, or is static */
/* The query parameter of that name, percent-decoded; absent when it is not there. Names were checked by the
 * gates. */
struct str call_query(struct call *call, const char *name);

/* Replies, once each, on the loop. */
void call_fail(struct call *call, enum rc rc, const struct err *err);
void call_reply_json(struct call *call, int status, const struct schema *schema, const void *value);
void call_reply_text(struct call *call, int status, const char *content_type, struct str body);
/* JSON that the handler has written into api_out(). */
void call_reply_buf(struct call *call, int status, struct buf *out);
void call_reply_empty(struct call *call, int status);
/* {"value":[...],"nextLink":...} from call->page. */
void call_reply_page(struct call *call);

/* pending_begin before the asynchronous call, pending_done in its callback (any thread), pending_wait after
 * it: goes on with `next` at once when done was called already, else when it is. */
void pending_begin(struct pending *pending);
void pending_done(struct pending *pending);
void pending_wait(struct call *call, http_next *next);

/* The account of the URL. RC_NOT_FOUND "AccountNotFound". */
MUST_USE enum rc call_account(struct call *call, struct repo_tx *tx, const struct account **ret,
                              struct err *err);
/* Judges the preconditions of a read: fills etag, last_modified and not_modified. RC_CONFLICT
 * "PreconditionFailed". */
MUST_USE enum rc call_judge_read(struct call *call, struct etag etag, const struct revision *revision,
                                 struct err *err);
/* Fills etag and last_modified for the answer of a write. */
void call_set_version(struct call *call, struct etag etag, const struct revision *revision);
