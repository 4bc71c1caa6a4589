/* One call to a back end: a place among those under way, a token, a request, and what its answer means. Knows statuses and the error
 * body of docs/backend-api.yaml, no other body. Inside sync only.
 *
 * Threads: client_call() on any number of threads; client_stop() from any. Two locks, none held while a back end is waited for but that
 * of the token, which is held while a new one is asked for. */
#pragma once
#include "gateway/sync/operator_connect.h"

struct client;

struct client_request {
    struct str method, path; /* path and query behind the base URL, from '/' */
    struct str body;         /* JSON; absent: none */
    struct str key;          /* Idempotency-Key; absent: none */
    bool changes;            /* whether it is done without an answer matters: RC_UNCERTAIN */
    struct mono deadline;    /* of client_deadline() */
};

MUST_USE enum rc client_new(const struct operator_connect_config *config, struct client **ret,
                            struct err *err);
void client_free(struct client *client); /* no call is under way; NULL is fine */
void client_stop(struct client *client);
struct mono client_deadline(const struct client *client); /* of a call that begins now */

/* RC_OK: it was answered 200 or 202, with *ret. Else as domain/backend.h says. What is returned lives in `mem`. */
MUST_USE enum rc client_call(struct client *client, const struct client_request *request, struct arena *mem,
                             struct str *ret, struct err *err);
/* The answer is none that docs/backend-api.yaml knows: `why`. */
enum rc client_not_understood(const struct client_request *request, const char *why, struct err *err);
