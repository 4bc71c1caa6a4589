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

#define VISIT_REPLY_MAX   (64 * 1024)
#define VISIT_BODY_MAX    (64 * 1024)
#define VISIT_HEADERS_MAX 8 /* beside those every answer has */

struct call;
struct client;
struct visit;

struct route {
    enum http_method method;
    const char *path; /* "/{tenant}/oauth2/v2.0/token"; {...} stands for any one segment */
    void (*serve)(struct visit *visit);
    enum fault_endpoint faults;
    bool takes_body;
    bool takes_much; /* a body over VISIT_BODY_MAX */
    bool control;    /* from loopback only */
    bool cors;       /* scripts of redirect URIs' origins may ask, see cors.h */
    int64_t flavour; /* 1 or 2: the version of Entra's endpoints; else 0 */
};

struct json;
struct visit {
    struct lab *lab;
    struct http_exchange *x;
    const struct route *route; /* NULL: nothing is there */
    struct fault fault;
    struct later_job job; /* for whoever suspends it */
    struct http_ticket *ticket;
    void *slow;                  /* of control.c and m365_web.c */
    struct call *call;           /* of backend_web.c; NULL: no call of the back end */
    const struct client *client; /* NULL: not known; for the log */
    enum refusal refusal;
    struct str allow;      /* with 405: the methods of the path */
    const char *challenge; /* with 401: the scheme (RFC 6749 section 5.2, RFC 6750 section 3); NULL: none */
    const char *code;      /* of an error in Graph's shape, for the log */
    char trace_id[UUID_TEXT_MAX];
};

struct str visit_segment(const struct visit *visit, size_t index);
struct str visit_query(const struct visit *visit, const char *name); /* decoded; absent */

/* The body of a control's request as JSON; no body is an empty object. NULL: it was refused. */
const struct json *visit_body(struct visit *visit);

/* What the caller calls this request, if it is a UUID; else our own name for it. */
struct str visit_correlation_id(const struct visit *visit);

/* Answers with a body, which is freed, and the headers every answer has beside these (VISIT_HEADERS_MAX at most). */
void visit_send(struct visit *visit, int status, const struct http_header *headers, size_t count,
                struct buf *body);
/* Answers with a JSON text, which is freed. The fault of the visit has its way. */
void visit_reply(struct visit *visit, int status, struct buf *json);
/* Answers with an error. `detail` may be absent; it is quoted, so it may come from outside. */
void visit_refuse(struct visit *visit, enum refusal refusal, struct str detail);
void visit_refuse_status(struct visit *visit, enum refusal refusal, int status, struct str detail);
/* "AADSTS50011: text: 'detail'. Trace ID: ..." */
void visit_put_description(const struct visit *visit, enum refusal refusal, struct str detail,
                           struct buf *out);
/* The same body for a reply that somebody else sends. */
void visit_write_error(const char *trace_id, struct str correlation_id, enum refusal refusal,
                       struct str detail, struct buf *out);
