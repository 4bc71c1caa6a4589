/* What tokens say about people: id_tokens (OpenID Connect Core section 2), and access tokens as Entra ID and as Keycloak make them.
 *
 *      Entra ID   roles is a list; tid, oid, scp; sub is another one at each client
 *      Keycloak   roles are in realm_access.roles, among some of its own; neither tid nor oid; sub is the user; aud is a list */
#pragma once
#include "programs/numgate-lab/token.h"

struct json_out;

void user_token_put_person(const struct token_order *order,
                           struct json_out *out); /* for Entra's access token */
void user_token_put_keycloak(const struct lab *lab, const struct token_order *order, struct json_out *out);
/* Without the nonce when `renewed` (OpenID Connect Core section 12.2). */
MUST_USE enum rc user_token_issue_id(const struct lab *lab, const struct token_order *order, bool renewed,
                                     struct buf *out, struct err *err);
