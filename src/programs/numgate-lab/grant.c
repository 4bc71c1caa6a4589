#include "programs/numgate-lab/grant.h"

#include "common/base/log.h"
#include "common/json/write.h"
#include "programs/numgate-lab/app_grant.h"
#include "programs/numgate-lab/issuer.h"
#include "programs/numgate-lab/user_grant.h"
#include "programs/numgate-lab/user_token.h"
#include "programs/numgate-lab/visit.h"

#include "common/base/banned.h"

#define TOKEN_MAX (96 * 1024)

static const struct grant_kind {
    struct str type;
    bool v2_only;
    enum refusal (*check)(struct grant *grant); /* leaves the order of the token in the grant */
} kinds[] = {
    {{"client_credentials", 18}, false, app_grant_check},
    {{"authorization_code", 18}, true, user_grant_check_code},
    {{"refresh_token", 13}, true, user_grant_check_refresh},
};

enum refusal grant__refuse(struct grant *grant, enum refusal refusal, struct str detail)
{
    grant->detail = detail;
    return refusal;
}

enum refusal grant__pass(struct grant *grant, enum refusal (*const *gates)(struct grant *), size_t count)
{
    for (size_t i = 0; i < count; i++) {
        enum refusal refusal = gates[i](grant);
        if (refusal != REFUSAL_NONE) {
            return refusal;
        }
    }
    return REFUSAL_NONE;
}

/* Some libraries send client_secret= beside an assertion. */
struct str grant__field(const struct grant *grant, const char *name)
{
    struct str value = form_get(&grant->form, name);
    return str_empty(value) ? STR_NONE : value;
}

static enum refusal read_form(struct grant *grant)
{
    static const char *const once[] = {
        "grant_type",    "client_id",        "client_secret", "client_assertion_type",
        "scope",         "client_assertion", "resource",      "code",
        "code_verifier", "redirect_uri",     "refresh_token"};
    const struct http_request *request = http_request(grant->visit->x);
    struct str type = http_header(request, "content-type");
    struct err err;
    if (!form_is_sent(type)) {
        return grant__refuse(grant, REFUSAL_NOT_A_FORM, type);
    }
    if (form_parse(request->body, grant->mem, &grant->form, &err) != RC_OK) {
        return grant__refuse(grant, REFUSAL_BAD_FORM, arena_str(grant->mem, str_of(err.msg)));
    }
    for (size_t i = 0; i < ARRAY_LEN(once); i++) {
        if (form_count(&grant->form, once[i]) > 1) {
            return grant__refuse(grant, REFUSAL_REPEATED_FIELD, str_of(once[i]));
        }
    }
    return REFUSAL_NONE;
}

static enum refusal find_tenant(struct grant *grant)
{
    struct str asked = visit_segment(grant->visit, 0);
    grant->tenant = directory_tenant(grant->visit->lab->directory, asked);
    if (grant->tenant == NULL && !issuer_is_shared(asked)) {
        return grant__refuse(grant, REFUSAL_TENANT_UNKNOWN, asked);
    }
    return REFUSAL_NONE;
}

static enum refusal find_kind(struct grant *grant)
{
    struct str type = grant__field(grant, "grant_type");
    if (str_absent(type)) {
        return grant__refuse(grant, REFUSAL_FIELD_MISSING, STR("grant_type"));
    }
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        bool served = !kinds[i].v2_only || grant->visit->route->flavour == 2;
        if (served && str_eq(type, kinds[i].type)) {
            return kinds[i].check(grant);
        }
    }
    return grant__refuse(grant, REFUSAL_GRANT_TYPE, type);
}

enum refusal grant__find_client(struct grant *grant)
{
    if (str_absent(grant->client_id)) {
        return grant__refuse(grant, REFUSAL_FIELD_MISSING, STR("client_id"));
    }
    const struct client *client = directory_client(grant->visit->lab->directory, grant->client_id);
    if (client == NULL || (grant->tenant != NULL && client->tenant != grant->tenant)) {
        return grant__refuse(grant, REFUSAL_CLIENT_UNKNOWN, grant->client_id);
    }
    grant->order.client = client;
    grant->visit->client = client;
    return REFUSAL_NONE;
}

static enum refusal (*const gates[])(struct grant *) = {read_form, find_tenant, find_kind};

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

static void put_signin(const struct grant *grant, struct str id_token, struct json_out *out)
{
    const struct signin_grant *given = &grant->given;
    CLEANUP(buf_clear) struct buf scope;
    buf_init(&scope, 4096);
    buf_printf(&scope, "%s%" STR_FMT "/%s", given->signin.openid ? "openid profile " : "",
               STR_ARG(given->signin.identifier), given->signin.scp);
    json_str_member(out, "scope", buf_str(&scope));
    if (given->refresh_token[0] != '\0') {
        json_str_member(out, "refresh_token", str_of(given->refresh_token));
        json_i64_member(out, "refresh_token_expires_in", given->left_s);
    }
    if (!str_empty(id_token)) {
        json_str_member(out, "id_token", id_token);
    }
}

static void reply(struct grant *grant, struct str token, struct str id_token)
{
    struct json_out out;
    struct buf body;
    buf_init(&body, 2 * TOKEN_MAX + 4096);
    json_out_init(&out, &body);
    json_object_begin(&out);
    json_str_member(&out, "token_type", STR("Bearer"));
    if (grant->visit->route->flavour == 1) {
        put_life_v1(&grant->order, &out);
    } else {
        put_life(&grant->order, &out);
    }
    json_str_member(&out, "access_token", token);
    if (grant->order.signin != NULL) {
        put_signin(grant, id_token, &out);
    }
    json_object_end(&out);
    visit_reply(grant->visit, 200, &body);
}

static enum rc issue_both(struct grant *grant, struct buf *token, struct buf *id_token, struct err *err)
{
    const struct lab *lab = grant->visit->lab;
    enum rc rc = token_issue(lab, &grant->order, token, err);
    return rc == RC_OK && grant->order.signin != NULL && grant->order.signin->openid
               ? user_token_issue_id(lab, &grant->order, grant->renewed, id_token, err)
               : rc;
}

static void issue(struct grant *grant)
{
    struct visit *visit = grant->visit;
    CLEANUP(buf_clear) struct buf token;
    CLEANUP(buf_clear) struct buf id_token;
    struct err err;
    grant->order.expired = visit->fault.kind == FAULT_EXPIRED;
    grant->order.wrong_key = visit->fault.kind == FAULT_WRONG_KEY;
    buf_init(&token, TOKEN_MAX);
    buf_init(&id_token, TOKEN_MAX);
    if (issue_both(grant, &token, &id_token, &err) == RC_OK) {
        reply(grant, buf_str(&token), buf_str(&id_token));
        return;
    }
    LOG(LOG_ERROR, "token_not_issued", log_cstr("message", err.msg), log_cstr("request_id", visit->trace_id));
    visit_refuse(visit, REFUSAL_INTERNAL, STR_NONE);
}

void grant_serve(struct visit *visit)
{
    struct grant grant = {.visit = visit, .mem = http_arena(visit->x), .order = {.now = clock_wall()}};
    enum refusal refusal = grant__pass(&grant, gates, ARRAY_LEN(gates));
    if (refusal != REFUSAL_NONE) {
        visit_refuse(visit, refusal, grant.detail);
        return;
    }
    issue(&grant);
}
