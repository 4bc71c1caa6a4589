#include "programs/numgate-lab/grant.h"

#include "common/base/log.h"
#include "common/json/write.h"
#include "programs/numgate-lab/assertion.h"
#include "programs/numgate-lab/form.h"
#include "programs/numgate-lab/issuer.h"
#include "programs/numgate-lab/token.h"
#include "programs/numgate-lab/visit.h"

#include "common/base/banned.h"

#define TOKEN_MAX (96 * 1024)

static const struct str jwt_bearer = {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer", 54};

/* One request, filled by one gate after the other. */
struct grant {
    struct visit *visit;
    struct arena *mem;
    struct form form;
    const struct tenant *tenant; /* NULL: the client's own */
    struct str client_id;
    struct str secret;         /* absent: none was sent */
    struct str assertion_text; /* absent: none was sent */
    struct assertion assertion;
    struct token_order order;
    struct str detail; /* what the refusal quotes */
};

static enum refusal refuse(struct grant *grant, enum refusal refusal, struct str detail)
{
    grant->detail = detail;
    return refusal;
}

static bool is_form(struct str content_type)
{
    struct str type = {"", 0};
    (void)str_split(&content_type, ';', &type); /* parameters such as charset are not looked at */
    return str_eq_ci(str_trim(type), STR("application/x-www-form-urlencoded"));
}

static enum refusal read_form(struct grant *grant)
{
    static const char *const once[] = {
        "grant_type", "client_id",        "client_secret", "client_assertion_type",
        "scope",      "client_assertion", "resource"};
    const struct http_request *request = http_request(grant->visit->x);
    struct str type = http_header(request, "content-type");
    struct err err;
    if (!is_form(type)) {
        return refuse(grant, REFUSAL_NOT_A_FORM, type);
    }
    if (form_parse(request->body, grant->mem, &grant->form, &err) != RC_OK) {
        return refuse(grant, REFUSAL_BAD_FORM, arena_str(grant->mem, str_of(err.msg)));
    }
    for (size_t i = 0; i < ARRAY_LEN(once); i++) {
        if (form_count(&grant->form, once[i]) > 1) {
            return refuse(grant, REFUSAL_REPEATED_FIELD, str_of(once[i]));
        }
    }
    return REFUSAL_NONE;
}

static enum refusal find_tenant(struct grant *grant)
{
    struct str asked = visit_segment(grant->visit, 0);
    grant->tenant = directory_tenant(grant->visit->lab->directory, asked);
    if (grant->tenant == NULL && !issuer_is_shared(asked)) {
        return refuse(grant, REFUSAL_TENANT_UNKNOWN, asked);
    }
    return REFUSAL_NONE;
}

static enum refusal check_grant_type(struct grant *grant)
{
    struct str type = form_get(&grant->form, "grant_type");
    if (str_absent(type) || str_empty(type)) {
        return refuse(grant, REFUSAL_FIELD_MISSING, STR("grant_type"));
    }
    return str_eq(type, STR("client_credentials")) ? REFUSAL_NONE : refuse(grant, REFUSAL_GRANT_TYPE, type);
}

/* An empty field is none: some libraries send client_secret= beside an assertion. */
static struct str field(const struct grant *grant, const char *name)
{
    struct str value = form_get(&grant->form, name);
    return str_empty(value) ? STR_NONE : value;
}

static enum refusal read_basic(struct grant *grant)
{
    struct str header = http_header(http_request(grant->visit->x), "authorization");
    struct str id, secret;
    if (str_absent(header)) {
        return REFUSAL_NONE;
    }
    grant->visit->used_basic = true;
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
    struct str type = field(grant, "client_assertion_type");
    if (str_absent(grant->assertion_text)) {
        return REFUSAL_NONE;
    }
    if (!str_absent(grant->secret)) {
        return REFUSAL_CREDENTIALS_TWICE;
    }
    if (!str_eq(type, jwt_bearer)) {
        return refuse(grant, REFUSAL_ASSERTION_TYPE, type);
    }
    enum refusal refusal = assertion_read(grant->assertion_text, grant->mem, &grant->assertion);
    if (refusal == REFUSAL_NONE && str_absent(grant->client_id)) {
        grant->client_id = grant->assertion.subject;
    }
    return refusal;
}

static enum refusal read_credentials(struct grant *grant)
{
    grant->client_id = field(grant, "client_id");
    grant->secret = field(grant, "client_secret");
    grant->assertion_text = field(grant, "client_assertion");
    enum refusal refusal = read_basic(grant);
    return refusal == REFUSAL_NONE ? read_assertion(grant) : refusal;
}

static enum refusal find_client(struct grant *grant)
{
    if (str_absent(grant->client_id)) {
        return refuse(grant, REFUSAL_FIELD_MISSING, STR("client_id"));
    }
    const struct client *client = directory_client(grant->visit->lab->directory, grant->client_id);
    if (client == NULL || (grant->tenant != NULL && client->tenant != grant->tenant)) {
        return refuse(grant, REFUSAL_CLIENT_UNKNOWN, grant->client_id);
    }
    grant->order.client = client;
    grant->visit->client = client;
    return REFUSAL_NONE;
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
        return refuse(grant, REFUSAL_FIELD_MISSING, str_of(name));
    }
    if (!v1 && (!str_ends(asked, all) || str_find(asked, ' ') >= 0)) {
        return refuse(grant, REFUSAL_SCOPE_FORM, asked);
    }
    struct str identifier = v1 ? asked : str_slice(asked, 0, asked.n - all.n);
    grant->order.resource =
        directory_resource(grant->visit->lab->directory, identifier, &grant->order.identifier);
    return grant->order.resource != NULL ? REFUSAL_NONE : refuse(grant, REFUSAL_RESOURCE_UNKNOWN, identifier);
}

/* In this order, which is Entra ID's as far as clients can tell. */
static enum refusal (*const gates[])(struct grant *) = {
    read_form, find_tenant, check_grant_type, read_credentials, find_client, authenticate, find_resource,
};

/* The v1 endpoint writes all numbers as strings. */
static void put_life(const struct token_order *order, struct json_out *out)
{
    const int64_t life_s = order->client->token_seconds;
    json_i64_member(out, "expires_in", life_s);
    json_i64_member(out, "ext_expires_in", life_s);
}

static void put_number_text(struct json_out *out, const char *name, int64_t number)
{
    struct buf text;
    buf_init(&text, 32);
    buf_put_i64(&text, number);
    json_str_member(out, name, buf_str(&text));
    buf_clear(&text);
}

static void put_life_v1(const struct token_order *order, struct json_out *out)
{
    const int64_t life_s = order->client->token_seconds;
    put_number_text(out, "expires_in", life_s);
    put_number_text(out, "ext_expires_in", life_s);
    put_number_text(out, "not_before", order->now.ms / 1000);
    put_number_text(out, "expires_on", order->now.ms / 1000 + life_s);
    json_str_member(out, "resource", order->identifier);
}

static void reply(struct grant *grant, struct str token)
{
    struct json_out out;
    struct buf body;
    buf_init(&body, TOKEN_MAX + 4096);
    json_out_init(&out, &body);
    json_object_begin(&out);
    json_str_member(&out, "token_type", STR("Bearer"));
    if (grant->visit->route->flavour == 1) {
        put_life_v1(&grant->order, &out);
    } else {
        put_life(&grant->order, &out);
    }
    json_str_member(&out, "access_token", token);
    json_object_end(&out);
    visit_reply(grant->visit, 200, &body);
}

static void issue(struct grant *grant)
{
    struct visit *visit = grant->visit;
    struct buf token;
    struct err err;
    grant->order.expired = visit->fault.kind == FAULT_EXPIRED;
    grant->order.wrong_key = visit->fault.kind == FAULT_WRONG_KEY;
    buf_init(&token, TOKEN_MAX);
    if (token_issue(visit->lab, &grant->order, &token, &err) == RC_OK) {
        reply(grant, buf_str(&token));
    } else {
        LOG(LOG_ERROR, "token_not_issued", log_cstr("message", err.msg),
            log_cstr("request_id", visit->trace_id));
        visit_refuse(visit, REFUSAL_INTERNAL, STR_NONE);
    }
    buf_clear(&token);
}

void grant_serve(struct visit *visit)
{
    struct grant grant = {.visit = visit, .mem = http_arena(visit->x), .order = {.now = clock_wall()}};
    for (size_t i = 0; i < ARRAY_LEN(gates); i++) {
        enum refusal refusal = gates[i](&grant);
        if (refusal != REFUSAL_NONE) {
            visit_refuse(visit, refusal, grant.detail);
            return;
        }
    }
    issue(&grant);
}
