/* Client assertions: a JWT the client signed instead of sending a secret (RFC 7523, "private_key_jwt"). iss
 * and sub are the client, aud is the token endpoint, exp is needed and at most a day ahead.
 *
 * Microsoft's libraries send one assertion again and again until it is nearly over, and Entra ID lets them.
 * So a jti counts once only for clients whose row says "assertion_once": true. Those are remembered until
 * they end, in bounded memory. Any thread. */
#pragma once
#include "common/base/arena.h"
#include "common/base/clock.h"
#include "programs/numgate-lab/directory.h"
#include "programs/numgate-lab/part.h"
#include "programs/numgate-lab/refusal.h"

#define ASSERTION_SKEW_S     300
#define ASSERTION_LIFE_MAX_S 86400
#define ASSERTIONS_MAX       32768 /* remembered at a time */

struct assertions;
struct json;

struct assertions *assertions_new(void);
void assertions_free(struct assertions *assertions); /* NULL is fine */

/* "assertions": what is remembered, {"digest": seconds since 1970 until which}. */
struct part assertions_part(struct assertions *assertions);

/* Read, not yet to be believed. */
struct assertion {
    struct jose_token token;
    const struct json *claims;
    struct str subject; /* absent: none */
};
MUST_USE enum refusal assertion_read(struct str text, struct arena *mem, struct assertion *ret);
/* `audiences`: any of them is good. REFUSAL_NONE: it is the client. */
MUST_USE enum refusal assertion_check(struct assertions *assertions, const struct assertion *assertion,
                                      const struct client *client, const struct str *audiences,
                                      size_t audience_count, struct wall now);
