#include "programs/numgate-lab/discovery.h"

#include "common/json/write.h"
#include "programs/numgate-lab/directory.h"
#include "programs/numgate-lab/issuer.h"
#include "programs/numgate-lab/keyring.h"
#include "programs/numgate-lab/visit.h"

#include "common/base/banned.h"

static void put_list(struct json_out *out, const char *name, const char *const *values)
{
    json_name(out, str_of(name));
    json_array_begin(out);
    for (; *values != NULL; values++) {
        json_put_str(out, str_of(*values));
    }
    json_array_end(out);
}

/* A member whose value is made of pieces. */
static void put_built(struct json_out *out, const char *name, struct buf *value)
{
    json_str_member(out, name, buf_str(value));
    buf_reset(value);
}

/* {tenantid} is what Entra ID itself answers where the tenant depends on who comes. */
static void put_addresses(const struct visit *visit, struct str tenant, struct str issuer_tenant,
                          struct json_out *out)
{
    int64_t version = visit->route->flavour;
    const struct lab *lab = visit->lab;
    const char *v2 = version == 1 ? "" : "v2.0/";
    struct buf url;
    buf_init(&url, 4096);
    issuer_put(lab, version, issuer_tenant, &url);
    put_built(out, "issuer", &url);
    issuer_put_token_endpoint(lab, version, tenant, &url);
    put_built(out, "token_endpoint", &url);
    buf_printf(&url, "%" STR_FMT "/%" STR_FMT "/oauth2/%sauthorize", STR_ARG(lab->base), STR_ARG(tenant), v2);
    put_built(out, "authorization_endpoint", &url);
    if (version == 2) {
        buf_printf(&url, "%" STR_FMT "/%" STR_FMT "/oauth2/v2.0/logout", STR_ARG(lab->base), STR_ARG(tenant));
        put_built(out, "end_session_endpoint", &url);
    }
    buf_printf(&url, "%" STR_FMT "/%" STR_FMT "/discovery/%skeys", STR_ARG(lab->base), STR_ARG(tenant), v2);
    put_built(out, "jwks_uri", &url);
    buf_clear(&url);
}

/* People sign in at the v2 endpoints only. */
static void put_grants(struct json_out *out, bool people)
{
    put_list(out, "token_endpoint_auth_methods_supported",
             (const char *const[]){"client_secret_post", "client_secret_basic", "private_key_jwt",
                                   people ? "none" : NULL, NULL});
    put_list(out, "grant_types_supported",
             (const char *const[]){"client_credentials", people ? "authorization_code" : NULL,
                                   "refresh_token", NULL});
    put_list(out, "response_modes_supported", (const char *const[]){"query", "fragment", NULL});
    if (people) {
        put_list(out, "code_challenge_methods_supported", (const char *const[]){"S256", NULL});
        put_list(out, "prompt_values_supported",
                 (const char *const[]){"none", "login", "select_account", "consent", NULL});
    }
}

static void put_abilities(struct json_out *out)
{
    put_list(out, "token_endpoint_auth_signing_alg_values_supported",
             (const char *const[]){"RS256", "PS256", "ES256", NULL});
    put_list(out, "response_types_supported", (const char *const[]){"code", NULL});
    put_list(out, "subject_types_supported", (const char *const[]){"pairwise", NULL});
    put_list(out, "id_token_signing_alg_values_supported",
             (const char *const[]){"RS256", "PS256", "ES256", NULL});
    put_list(out, "scopes_supported",
             (const char *const[]){"openid", "profile", "email", "offline_access", NULL});
    put_list(out, "claims_supported",
             (const char *const[]){"sub", "iss", "aud", "exp", "iat", "nbf", "tid", "oid", "sid", "nonce",
                                   "name", "preferred_username", "roles", "ver", NULL});
}

void discovery_serve_configuration(struct visit *visit)
{
    struct str asked = visit_segment(visit, 0);
    const struct tenant *tenant = directory_tenant(visit->lab->directory, asked);
    struct json_out out;
    struct buf body;
    if (tenant == NULL && !issuer_is_shared(asked)) {
        visit_refuse(visit, REFUSAL_TENANT_UNKNOWN, asked);
        return;
    }
    buf_init(&body, VISIT_REPLY_MAX);
    json_out_init(&out, &body);
    json_object_begin(&out);
    put_addresses(visit, tenant != NULL ? tenant->id : asked, tenant != NULL ? tenant->id : STR("{tenantid}"),
                  &out);
    put_grants(&out, visit->route->flavour == 2);
    put_abilities(&out);
    json_bool_member(&out, "request_uri_parameter_supported", false);
    json_bool_member(&out, "numgate_lab", true);
    json_object_end(&out);
    visit_reply(visit, 200, &body);
}

/* All tenants share the keys, as they do at Entra ID. */
void discovery_serve_keys(struct visit *visit)
{
    struct str asked = visit_segment(visit, 0);
    struct buf body;
    if (directory_tenant(visit->lab->directory, asked) == NULL && !issuer_is_shared(asked)) {
        visit_refuse(visit, REFUSAL_TENANT_UNKNOWN, asked);
        return;
    }
    buf_init(&body, VISIT_REPLY_MAX);
    keyring_publish(visit->lab->keyring, &body);
    visit_reply(visit, 200, &body);
}

static void put_instance(const struct lab *lab, struct str tenant, struct json_out *out)
{
    struct str host = str_slice(lab->base, strlen("https://"), lab->base.n);
    struct buf url;
    buf_init(&url, 4096);
    buf_printf(&url, "%" STR_FMT "/%" STR_FMT "/v2.0/.well-known/openid-configuration", STR_ARG(lab->base),
               STR_ARG(tenant));
    json_object_begin(out);
    put_built(out, "tenant_discovery_endpoint", &url);
    json_str_member(out, "api-version", STR("1.1"));
    json_name(out, STR("metadata"));
    json_array_begin(out);
    json_object_begin(out);
    json_str_member(out, "preferred_network", host);
    json_str_member(out, "preferred_cache", host);
    json_name(out, STR("aliases"));
    json_array_begin(out);
    json_put_str(out, host);
    json_array_end(out);
    json_object_end(out);
    json_array_end(out);
    json_object_end(out);
    buf_clear(&url);
}

/* The path of an address on our host; absent when it is on another. The port may be missing: msal for Python
 * leaves it out. */
static struct str path_here(const struct lab *lab, struct str url)
{
    struct str base = lab->base;
    if (str_starts(url, base)) {
        return str_slice(url, base.n, url.n);
    }
    size_t port = base.n;
    while (port > 0 && base.p[port - 1] >= '0' && base.p[port - 1] <= '9') {
        port--;
    }
    struct str host = str_slice(base, 0, port > 0 ? port - 1 : 0);
    bool has_port = port > strlen("https:") && base.p[port - 1] == ':';
    return has_port && str_starts(url, host) ? str_slice(url, host.n, url.n) : STR_NONE;
}

/* The caller asks whether an authorization endpoint belongs to this cloud, and where its tenant is described.
 */
void discovery_serve_instance(struct visit *visit)
{
    struct str endpoint = visit_query(visit, "authorization_endpoint");
    struct str path = path_here(visit->lab, endpoint);
    struct str rest = str_slice(path, 1, path.n);
    struct str tenant;
    struct json_out out;
    struct buf body;
    if (!str_starts(path, STR("/")) || !str_split(&rest, '/', &tenant) || str_empty(tenant)) {
        visit_refuse(visit, REFUSAL_INSTANCE_UNKNOWN, endpoint);
        return;
    }
    buf_init(&body, VISIT_REPLY_MAX);
    json_out_init(&out, &body);
    put_instance(visit->lab, tenant, &out);
    visit_reply(visit, 200, &body);
}
