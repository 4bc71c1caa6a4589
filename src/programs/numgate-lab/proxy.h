/* The proxy: takes requests with TLS, passes each on to one server and its answer back, and lets its rules get in the way.
 *
 * What it passes on is what it got: method, target byte for byte, headers (Host with them) and body; but for what belongs to one connection (RFC 9110 section 7.6.1), and a chunked body travels on with its length.
 * Date is the proxy's. A server that does not answer is 502.
 *
 * Threads: one event loop, on which everything here runs but the ends of delays and of requests to the server, which only wake
 * it. So the rules need no lock. */
#pragma once
#include <stdatomic.h>

#include "common/http/http.h"
#include "programs/numgate-lab/rule.h"

#define PROXY_BODY_MAX    (8 * 1024 * 1024) /* of a request and of an answer */
#define PROXY_ANSWER_MS   120000            /* the server has as long */
#define PROXY_HISTORY_MAX 256

struct fetch;
struct json;
struct later;

/* A request that came by, for those who want to see what a client really did. */
struct proxy_visit {
    int64_t number; /* from 1 */
    struct wall at;
    uint16_t connection; /* the client's port */
    char method[RULE_METHOD_MAX + 1];
    char target[RULE_PATH_MAX + 1]; /* its beginning */
    char request_id[64], first_sent[64];
    char rule[RULE_NAME_MAX + 1];
    enum rule_kind kind;
    bool passed_on;
    int64_t server_status; /* of the server's answer; 0: there was none */
    int64_t status;        /* what the client was sent; 0: nothing */
};

struct proxy {
    struct rules *rules;
    struct fetch *fetch;
    struct later *later;
    struct http_server *server; /* whose listener 0 is the proxy's */
    struct str target, ca_file; /* the URL of the server, without a path; its CA, or empty */
    atomic_uint turn;           /* of opening and closing: a timer of an earlier one does nothing */
    atomic_bool dead;
    const struct json *scenario; /* the rules it starts with; NULL: none */
    int64_t visit_count;
    struct proxy_visit history[PROXY_HISTORY_MAX]; /* a ring; number n is at (n - 1) % PROXY_HISTORY_MAX */
};

struct http_app proxy_app(struct proxy *proxy);
/* ms over 0: opens again by itself after them. On the loop. */
void proxy_close(struct proxy *proxy, int64_t ms);
void proxy_open(struct proxy *proxy);
void proxy_forget(struct proxy *proxy); /* the requests so far */
