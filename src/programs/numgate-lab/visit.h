/* One request to the lab, from its route to its log line: the fault it drew, how it answers. Lives in the
 * arena of the exchange. */
#pragma once
#include "common/base/buf.h"
#include "common/base/random.h"
#include "common/http/http.h"
#include "programs/numgate-lab/fault.h"
#include "programs/numgate-lab/lab.h"
#include "programs/numgate-lab/later.h"
#include "programs/numgate-lab/refusal.h"

#define VISIT_REPLY_MAX (64 * 1024)

struct client;
struct visit;

struct route {
    enum http_method method;
    const char *path; /* "/{tenant}/oauth2/v2.0/token"; {...} stands for any one segment */
    void (*serve)(struct visit *visit);
    enum fault_endpoint faults;
    bool takes_body;
    bool control;    /* from loopback only */
    int64_t flavour; /* 1 or 2: the version of Entra's endpoints; else 0 */
};

struct visit {
    struct lab *lab;
    struct http_exchange *x;
    const struct route *route; /* NULL: nothing is there */
    struct fault fault;
    struct later_job job; /* for whoever suspends it */
    struct http_ticket *ticket;
    void *slow;                  /* of control.c */
    const struct client *client; /* NULL: not known; for the log */
    enum refusal refusal;
    struct str allow; /* with 405: the methods of the path */
    bool used_basic;  /* authenticated by header: 401 must name the scheme (RFC 6749 section 5.2) */
    char trace_id[UUID_TEXT_MAX];
};

struct str visit_segment(const struct visit *visit, size_t index);
struct str visit_query(const struct visit *visit, const char *name); /* decoded; absent */

/* Answers with a JSON text, which is freed. The fault of the visit has its way. */
void visit_reply(struct visit *visit, int status, struct buf *json);
/* Answers with an error. `detail` may be absent; it is quoted, so it may come from outside. */
void visit_refuse(struct visit *visit, enum refusal refusal, struct str detail);
void visit_refuse_status(struct visit *visit, enum refusal refusal, int status, struct str detail);
/* The same body for a reply that somebody else sends. */
void visit_write_error(const char *trace_id, struct str correlation_id, enum refusal refusal,
                       struct str detail, struct buf *out);
