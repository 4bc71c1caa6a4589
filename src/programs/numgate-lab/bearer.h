/* The token that a call carries, checked as the lab's own resources check it: signed by the lab, of one of its tenants, for this
 * resource, valid now. What it may do is the caller's affair. */
#pragma once
#include "common/base/str.h"

struct json;
struct visit;

/* NULL and the claims (in the arena of the exchange), or what is wrong with the token. `resource`: its application id; a token may
 * name it by one of the identifiers it has in the clients file. `other`: what is said of a token for another audience. */
const char *bearer_check(const struct visit *visit, const char *resource, const char *other,
                         const struct json **ret_claims);
struct str bearer_client(
    const struct json *claims); /* the client id, which v1 and v2 tokens name differently */
/* One of the roles is enough; NULLs in the list are passed over. */
bool bearer_has_role(const struct json *claims, const char *const *roles, size_t count);
