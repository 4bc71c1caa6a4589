#include "programs/numgate-lab/app_grant.h"

#include "programs/numgate-lab/issuer.h"
#include "programs/numgate-lab/visit.h"

#include "common/base/banned.h"

static const struct str jwt_bearer = {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer", 54};

static enum refusal read_basic(struct grant *grant)
{
    struct str header = http_header(http_request(grant->visit->x), "authorization");
    struct str id, secret;
    if (str_absent(header)) {
        return REFUSAL_NONE;
    }
    grant->visit->challenge = "Basic realm=\"numgate-lab\"";
    if (!form_basic(header, grant->mem, &id, &secret)) {
        return REFUSAL_CREDENTIAL_MISSING;
    }
    if (!str_absent(grant->secret) || !str_absent(grant->assertion_text) ||
        (!str_absent(grant->client_id) && !str_eq_ci(grant->client_id, id))) {
        return REFUSAL_CREDENTIALS_TWICE;
    }
    grant->client_id = id;
    grant->secret = secret;
    return REFUSAL_NONE;
}

/* A client that sends an assertion need not send its client_id (RFC 7521 section 4.2). */
static enum refusal read_assertion(struct grant *grant)
{
    struct str type = grant__field(grant, "client_assertion_type");
    if (str_absent(grant->assertion_text)) {
        return REFUSAL_NONE;
    }
    if (!str_absent(grant->secret)) {
        return REFUSAL_CREDENTIALS_TWICE;
    }
    if (!str_eq(type, jwt_bearer)) {
        return grant__refuse(grant, REFUSAL_ASSERTION_TYPE, type);
    }
    enum refusal refusal = assertion_read(grant->assertion_text, grant->mem, &grant->assertion);
    if (refusal == REFUSAL_NONE && str_absent(grant->client_id)) {
        grant->client_id = grant->assertion.subject;
    }
    return refusal;
}

static enum refusal read_credentials(struct grant *grant)
{
    grant->client_id = grant__field(grant, "client_id");
    grant->secret = grant__field(grant, "client_secret");
    grant->assertion_text = grant__field(grant, "client_assertion");
    enum refusal refusal = read_basic(grant);
    return refusal == REFUSAL_NONE ? read_assertion(grant) : refusal;
}

/* The endpoint as this request named it, and as the discovery document does. */
static enum refusal check_assertion(struct grant *grant)
{
    const struct visit *visit = grant->visit;
    const struct client *client = grant->order.client;
    struct buf urls[2];
    struct str audiences[2];
    const struct str tenants[] = {visit_segment(visit, 0), client->tenant->id};
    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        buf_init(&urls[i], 4096);
        issuer_put_token_endpoint(visit->lab, visit->route->flavour, tenants[i], &urls[i]);
        audiences[i] = buf_str(&urls[i]);
    }
    enum refusal refusal = assertion_check(visit->lab->assertions, &grant->assertion, client, audiences,
                                           ARRAY_LEN(audiences), grant->order.now);
    buf_clear(&urls[0]);
    buf_clear(&urls[1]);
    return refusal;
}

static enum refusal authenticate(struct grant *grant)
{
    if (!str_absent(grant->assertion_text)) {
        grant->order.proof = TOKEN_BY_KEY;
        return check_assertion(grant);
    }
    if (str_absent(grant->secret)) {
        return REFUSAL_CREDENTIAL_MISSING;
    }
    grant->order.proof = TOKEN_BY_SECRET;
    return client_has_secret(grant->order.client, grant->secret) ? REFUSAL_NONE : REFUSAL_SECRET_WRONG;
}

/* v2: scope=<identifier>/.default; v1: resource=<identifier>. */
static enum refusal find_resource(struct grant *grant)
{
    static const struct str all = {"/.default", 9};
    bool v1 = grant->visit->route->flavour == 1;
    const char *name = v1 ? "resource" : "scope";
    struct str asked = str_trim(form_get(&grant->form, name));
    if (str_absent(asked) || str_empty(asked)) {
        return grant__refuse(grant, REFUSAL_FIELD_MISSING, str_of(name));
    }
    if (!v1 && (!str_ends(asked, all) || str_find(asked, ' ') >= 0)) {
        return grant__refuse(grant, REFUSAL_SCOPE_FORM, asked);
    }
    struct str identifier = v1 ? asked : str_slice(asked, 0, asked.n - all.n);
    grant->order.resource =
        directory_resource(grant->visit->lab->directory, identifier, &grant->order.identifier);
    return grant->order.resource != NULL ? REFUSAL_NONE
                                         : grant__refuse(grant, REFUSAL_RESOURCE_UNKNOWN, identifier);
}

/* In this order, which is Entra ID's as far as clients can tell. */
static enum refusal (*const gates[])(struct grant *) = {
    read_credentials,
    grant__find_client,
    authenticate,
    find_resource,
};

enum refusal app_grant_check(struct grant *grant)
{
    return grant__pass(grant, gates, ARRAY_LEN(gates));
}
