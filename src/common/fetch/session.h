/* Calls of one HTTP API that may be away, slow or full: a token is added, and a call is made again as often as it may help, until its
 * deadline.
 *
 *      what came                               what follows
 *      429, 503 with Retry-After               the wait it names, then again
 *      no connection, no answer, cut off, 5xx  retry_wait_ms, the name is looked up again, a new connection, again
 *      401                                     once: a new token, again at once
 *      anything else, 501 too                  the answer
 *
 * The same bytes are sent each time. A write must carry an id by which its server knows that it was done already.
 *
 * Pacing: with a limit of N a minute no request is sent while N lie within the last 60 seconds. Without one, N becomes what had passed in
 * the minute before the first 429.
 *
 * Threads: one call at a time; session_cancel() from any. */
#pragma once
#include "common/fetch/fetch.h"
#include "common/fetch/token.h"
#include "common/resolve/resolve.h"

struct session;

struct session_event { /* of one attempt; valid during the callback */
    const struct session_request *request;
    struct str address; /* where it went; empty: not known */
    unsigned attempt;   /* from 1 */
    int status;         /* 0: no answer */
    struct str reason;  /* why there will be another one; empty: this was the last */
    int64_t took_ms, wait_ms;
};

struct session_config {
    struct str base_url; /* https://host[:port], without a path */
    struct resolve_servers servers;
    struct str ca_file, user_agent;
    int64_t attempt_ms, retry_wait_ms; /* both over 0 */
    uint32_t requests_per_minute;      /* 0: learned; at most SESSION_PACE_MAX */
    struct token_config token;
    void (*log)(void *arg, const struct session_event *event); /* may be NULL */
    void *log_arg;
};
#define SESSION_PACE_MAX 10000

struct session_request {
    struct str method, path; /* path and query, from '/' */
    struct str body, content_type;
    const struct fetch_header *headers; /* but Authorization */
    size_t header_count;
    struct mono deadline;
    size_t reply_bytes_max; /* 0: LIMIT_FETCH_REPLY */
};

struct session_result {
    struct fetch_reply reply; /* the last answer; status 0: there was none */
    unsigned attempts;
    bool cancelled;
};

MUST_USE enum rc session_new(const struct session_config *config, struct session **ret, struct err *err);
void session_free(struct session *session); /* NULL is fine */
/* RC_OK: *ret has the answer, whatever its status but 429 and 5xx (501 is one). RC_BUSY: the deadline passed, or it was cancelled; the last
 * answer is in *ret. RC_DENIED: no token, or the server's certificate is not trusted. The reply lives in `mem`. */
MUST_USE enum rc session_call(struct session *session, const struct session_request *request,
                              struct arena *mem, struct session_result *ret, struct err *err);
void session_cancel(struct session *session); /* the call under way and all later ones */
