/* One token: its strict reading, and what its claims must say. Pure functions, nothing is fetched, locked or
 * remembered here.
 *
 * The order of a check: token_parse() reads header and claims without believing them; the issuer that `iss`
 * names is found by token_is_from(); token_check() holds the claims against that issuer's rules and fills the
 * actor; only then the key is looked for and the signature verified, and nothing of the actor is used before
 * that. So a token that could never pass makes nobody fetch keys.
 *
 * Entra ID v1 (`iss` https://sts.windows.net/<tid>/, `appid`), v2 (`azp`) and Keycloak (`azp`, `client_id`,
 * no `tid`) are all read. */
#pragma once
#include "common/jose/jose.h"
#include "gateway/auth/auth.h"

/* Why a token is refused; what jose says, then what we say. Names are metric labels, texts are sent with 401.
 */
enum token_fault {
    TOKEN_OK = JOSE_OK,
    TOKEN_BAD_CLAIMS = JOSE_FAULT_COUNT, /* not one JSON object, a name twice, or a claim of the wrong type */
    TOKEN_UNKNOWN_ISSUER,
    TOKEN_WRONG_AUDIENCE,
    TOKEN_NO_EXPIRY,
    TOKEN_EXPIRED,
    TOKEN_NOT_YET, /* nbf or iat is ahead of us */
    TOKEN_WRONG_TENANT,
    TOKEN_NO_CLIENT,
    TOKEN_NO_USER, /* roles of a user, but no oid and no sub */
    TOKEN_UNKNOWN_KEY,
    TOKEN_FAULT_COUNT,
};
const char *token_fault_name(enum token_fault fault);
const char *token_fault_text(enum token_fault fault);

#define TOKEN_SKEW_MS         60000 /* how far an issuer's clock may be from ours */
#define TOKEN_TENANT_TEMPLATE "{tenantid}"

struct token {
    struct jose_token jose;
    const struct json *claims;
    struct str iss;
    struct str tid; /* absent: none */
};

/* Reads all of it strictly; `kid` must be there. Everything lives in `mem` or in `text`. */
MUST_USE enum token_fault token_parse(struct str text, struct arena *mem, struct token *ret);

/* Is `iss` this issuer? A pattern with {tenantid} stands for the token's own `tid`. */
bool token_is_from(const struct token *token, struct str pattern);

/* Audience, times, tenant, client, roles. Fills way, caller, tenant, client_id, object_id, name, roles and
 * is_user of *ret_actor, and the time after which the token is no longer good (without skew). */
MUST_USE enum token_fault token_check(const struct token *token, const struct auth_issuer *rules,
                                      struct wall now, struct arena *mem, struct actor *ret_actor,
                                      struct wall *ret_expires);
