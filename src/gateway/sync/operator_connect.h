/* A back end (domain/backend.h) over HTTPS, as docs/backend-api.yaml says, with a token of the client credentials grant.
 *
 *      what came                                what the call gives     err->code
 *      200, 202 as documented                   RC_OK
 *      the same, but not as documented          RC_BUSY, RC_UNCERTAIN   BackendAnswerInvalid
 *      429; 503 with Retry-After                RC_BUSY                 BackendThrottled, BackendUnavailable
 *      no token; nobody there; no trust         RC_BUSY                 BackendUnavailable
 *      no answer, cut off                       RC_BUSY, RC_UNCERTAIN   BackendUnavailable, BackendUncertain
 *      any other 5xx                            RC_BUSY, RC_UNCERTAIN   BackendFailed
 *      401 after a new token; 403; the issuer   RC_DENIED               BackendDenied
 *      refuses
 *      404, 410                                 RC_NOT_FOUND            BackendNotFound, BackendMarkGone
 *      400, 422                                 RC_INVALID              BackendRefused
 *      409                                      RC_CONFLICT             BackendConflict
 *
 * Of two results the second is that of order() and set_relationship(), which may have been done. 400, 404, 409, 410 and 422 count only
 * with the documented error body, since any server on the way may say them; its details, or where it has none the error itself, are
 * err->details. Nothing is asked again but after a first 401, and
 * a read whose kept connection ended before a byte of the answer came.
 *
 * At most `concurrency` calls are under way; others wait, up to their own deadline. Answers about capabilities are kept for a while.
 * Threads: any. An arena that is passed in should have room for LIMIT_BACKEND_REPLY twice. */
#pragma once
#include "common/fetch/token.h"
#include "gateway/domain/backend.h"

struct operator_connect;

struct operator_connect_config {
    struct str base_url, ca_file; /* an empty ca_file: the machine's certificates */
    struct token_config token;
    int64_t timeout_ms; /* of a call, all in all */
    unsigned concurrency;
    size_t batch;    /* at most LIMIT_BACKEND_BATCH */
    int64_t keep_ms; /* answers about capabilities */
};
#define OPERATOR_CONNECT_KEEP_MS 60000

/* Copies the configuration. */
MUST_USE enum rc operator_connect_new(const struct operator_connect_config *config,
                                      struct operator_connect **ret, struct err *err);
const struct backend *operator_connect_backend(const struct operator_connect *oc); /* as long as `oc` */
/* Every later call gives RC_BUSY, and every one under way ends soon, as if its answer had not come. From any thread. */
void operator_connect_stop(struct operator_connect *oc);
void operator_connect_free(struct operator_connect *oc); /* no call is under way; NULL is fine */

/* https://host[:port][/path], or http:// to loopback, without a query. */
MUST_USE enum rc operator_connect_url_check(struct str url, struct err *err);
