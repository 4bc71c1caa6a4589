/* Calls of a back end under test, one after the other: with a token, patient with 429 and 503, and no answer that is no JSON or does not have its
 * shape gets through. */
#pragma once
#include "common/fetch/fetch.h"
#include "common/fetch/token.h"
#include "programs/numgate-lab/check_shape.h"

struct talk_config {
    struct str url; /* without a '/' at the end */
    struct token_config token;
    int64_t call_ms;
};

struct talk;
MUST_USE enum rc talk_new(const struct talk_config *config, struct talk **ret, struct err *err);
void talk_free(struct talk *talk); /* NULL is fine */

enum talk_token { TALK_TOKEN, TALK_NO_TOKEN, TALK_BAD_TOKEN };
struct talk_request {
    const char *method;
    struct str path; /* and query */
    struct str body; /* absent: none */
    struct str key;  /* Idempotency-Key; absent: none */
    enum talk_token token;
};
struct talk_reply {
    int status;
    const struct json *json;
    struct str code;     /* of an error; absent in another answer */
    struct str location; /* absent: none */
};
/* RC_OK: an answer of the expected status, `good`, with that shape, or an error, 4xx or 5xx, with the shape of errors. Else what is wrong with it. The
 * answer lives in `mem`. */
MUST_USE enum rc talk_call(struct talk *talk, const struct talk_request *request, int good,
                           const struct shape *shape, struct arena *mem, struct talk_reply *ret,
                           struct err *err);
