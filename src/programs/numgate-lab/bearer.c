#include "programs/numgate-lab/bearer.h"

#include "common/base/clock.h"
#include "common/json/read.h"
#include "programs/numgate-lab/directory.h"
#include "programs/numgate-lab/issuer.h"
#include "programs/numgate-lab/keyring.h"
#include "programs/numgate-lab/visit.h"

#include "common/base/banned.h"

#define ISSUER_MAX 4096

/* The audience is the resource's application id, or one of the identifiers it has in the clients file. */
static bool is_for(const struct lab *lab, const char *resource, const struct json *audience)
{
    struct str identifier;
    const struct resource *found = directory_resource(lab->directory, json_string(audience), &identifier);
    return found != NULL && str_eq_ci(found->app_id, str_of(resource));
}

static bool is_from_us(const struct lab *lab, const struct json *claims)
{
    struct str tenant = json_string(json_get(claims, STR("tid")));
    struct str issuer = json_string(json_get(claims, STR("iss")));
    bool found = false;
    for (int64_t version = 1; version <= 2 && directory_tenant(lab->directory, tenant) != NULL; version++) {
        struct buf expected;
        buf_init(&expected, ISSUER_MAX);
        issuer_put(lab, version, tenant, &expected);
        found = found || str_eq(issuer, buf_str(&expected));
        buf_clear(&expected);
    }
    return found;
}

static const char *check_claims(const struct lab *lab, const struct json *claims, const char *resource,
                                const char *other)
{
    int64_t now_s = clock_wall().ms / 1000;
    if (json_type(claims) != JSON_OBJECT) {
        return "the token has no claims";
    }
    if (!is_from_us(lab, claims)) {
        return "the token is of another issuer";
    }
    if (!is_for(lab, resource, json_get(claims, STR("aud")))) {
        return other;
    }
    if (json_int(json_get(claims, STR("exp"))) <= now_s) {
        return "the token has expired";
    }
    return json_int(json_get(claims, STR("nbf"))) > now_s ? "the token is not valid yet" : NULL;
}

const char *bearer_check(const struct visit *visit, const char *resource, const char *other,
                         const struct json **ret_claims)
{
    const struct lab *lab = visit->lab;
    struct arena *mem = http_arena(visit->x);
    struct str header = http_header(http_request(visit->x), "authorization");
    struct jose_token token;
    if (!str_eq_ci(str_slice(header, 0, 7), STR("Bearer "))) {
        return "a bearer token is needed";
    }
    enum jose_fault fault = jose_parse(str_trim(str_slice(header, 7, header.n)), mem, &token);
    if (fault == JOSE_OK) {
        fault = keyring_verify(lab->keyring, &token);
    }
    if (fault != JOSE_OK) {
        return jose_fault_text(fault);
    }
    if (json_parse(token.payload, mem, ret_claims, NULL) != RC_OK) {
        return "the claims of the token cannot be read";
    }
    return check_claims(lab, *ret_claims, resource, other);
}

struct str bearer_client(const struct json *claims)
{
    const struct json *azp = json_get(claims, STR("azp"));
    return json_string(azp != NULL ? azp : json_get(claims, STR("appid")));
}

bool bearer_has_role(const struct json *claims, const char *const *roles, size_t count)
{
    const struct json *held = json_get(claims, STR("roles"));
    for (size_t i = 0; i < json_count(held); i++) {
        for (size_t k = 0; k < count; k++) {
            if (roles[k] != NULL && str_eq(json_string(json_at(held, i)), str_of(roles[k]))) {
                return true;
            }
        }
    }
    return false;
}
