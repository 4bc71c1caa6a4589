/* Access tokens with the claims Entra ID puts into them, version 1.0 and 2.0, for applications and for people; for people in
 * Keycloak's shape, too (user_token.h). */
#pragma once
#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "programs/numgate-lab/directory.h"
#include "programs/numgate-lab/lab.h"

#define TOKEN_CLAIMS_MAX (64 * 1024)

/* How the client showed who it is; the numbers are those of the claims appidacr and azpacr. */
enum token_proof { TOKEN_BY_NOTHING = 0, TOKEN_BY_SECRET = 1, TOKEN_BY_KEY = 2 };

struct signin;

struct token_order {
    const struct client *client;
    const struct resource *resource;
    struct str identifier; /* by which the resource was asked for: the audience of v1 tokens */
    enum token_proof proof;
    const struct signin *signin; /* whose token it is; NULL: the client's own */
    struct wall now;
    bool expired;   /* fault: it is over already */
    bool wrong_key; /* fault: signed by the impostor */
};
MUST_USE enum rc token_issue(const struct lab *lab, const struct token_order *order, struct buf *out,
                             struct err *err);

/* For the files that put tokens together. */
struct json_out;
void token__put_issuer(const struct lab *lab, int64_t version, const char *name, const struct client *client,
                       struct json_out *out);
void token__put_times(const struct token_order *order, struct json_out *out);
void token__put_id(struct json_out *out, const char *name); /* one that no other token has */
void token__put_list(struct json_out *out, const char *name, const struct str *values, size_t count);
MUST_USE enum rc token__sign(const struct lab *lab, const struct token_order *order, struct buf *claims,
                             struct buf *out, struct err *err); /* empties `claims` */
