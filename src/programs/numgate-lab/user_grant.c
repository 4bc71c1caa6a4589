#include "programs/numgate-lab/user_grant.h"

#include "common/http/http.h"
#include "programs/numgate-lab/scope.h"
#include "programs/numgate-lab/visit.h"

#include "common/base/banned.h"

static enum refusal check_is_public(struct grant *grant)
{
    bool proven = !str_absent(grant__field(grant, "client_secret")) ||
                  !str_absent(grant__field(grant, "client_assertion")) ||
                  !str_absent(http_header(http_request(grant->visit->x), "authorization"));
    if (grant->order.client->redirect_uri_count == 0) {
        return grant__refuse(grant, REFUSAL_CLIENT_NOT_PUBLIC, grant->client_id);
    }
    return proven ? REFUSAL_CLIENT_PUBLIC : REFUSAL_NONE;
}

/* It may be left out. What it says of openid and offline_access does not count: that was settled at the sign-in. Before anything is
 * used up it must name a resource; afterwards, which. */
static enum refusal read_scope(struct grant *grant)
{
    struct scope scope;
    struct str text = grant__field(grant, "scope");
    if (!str_absent(text) && !scope_read(grant->visit->lab->directory, text, &scope)) {
        return grant__refuse(grant, REFUSAL_SCOPE_USER, text);
    }
    grant->order.resource = str_absent(text) ? NULL : scope.resource;
    return REFUSAL_NONE;
}

static enum refusal need(struct grant *grant, const char *name)
{
    return str_absent(grant__field(grant, name)) ? grant__refuse(grant, REFUSAL_FIELD_MISSING, str_of(name))
                                                 : REFUSAL_NONE;
}

static enum refusal need_of_code(struct grant *grant)
{
    static const char *const names[] = {"code", "redirect_uri", "code_verifier"};
    enum refusal refusal = REFUSAL_NONE;
    for (size_t i = 0; refusal == REFUSAL_NONE && i < ARRAY_LEN(names); i++) {
        refusal = need(grant, names[i]);
    }
    return refusal;
}

static enum refusal need_of_refresh(struct grant *grant)
{
    return need(grant, "refresh_token");
}

/* What was given becomes the order of a token. */
static enum refusal settle(struct grant *grant, enum refusal refusal)
{
    const struct signin *signin = &grant->given.signin;
    if (refusal != REFUSAL_NONE) {
        return refusal;
    }
    if (grant->order.resource != NULL && grant->order.resource != signin->resource) {
        return grant__refuse(grant, REFUSAL_SCOPE_USER, grant__field(grant, "scope"));
    }
    grant->order.resource = signin->resource;
    grant->order.identifier = signin->identifier;
    grant->order.proof = TOKEN_BY_NOTHING;
    grant->order.signin = signin;
    return REFUSAL_NONE;
}

static enum refusal redeem(struct grant *grant)
{
    const struct signin_claim claim = {grant->order.client, grant__field(grant, "redirect_uri"),
                                       grant__field(grant, "code_verifier")};
    return settle(grant, signins_redeem(grant->visit->lab->signins, grant__field(grant, "code"), &claim,
                                        clock_mono(), &grant->given));
}

static enum refusal renew(struct grant *grant)
{
    grant->renewed = true;
    return settle(grant, signins_renew(grant->visit->lab->signins, grant__field(grant, "refresh_token"),
                                       grant->order.client, clock_mono(), &grant->given));
}

static enum refusal (*const code_gates[])(struct grant *) = {
    grant__find_client, check_is_public, need_of_code, read_scope, redeem,
};

static enum refusal (*const refresh_gates[])(struct grant *) = {
    grant__find_client, check_is_public, need_of_refresh, read_scope, renew,
};

enum refusal user_grant_check_code(struct grant *grant)
{
    grant->client_id = grant__field(grant, "client_id");
    return grant__pass(grant, code_gates, ARRAY_LEN(code_gates));
}

enum refusal user_grant_check_refresh(struct grant *grant)
{
    grant->client_id = grant__field(grant, "client_id");
    return grant__pass(grant, refresh_gates, ARRAY_LEN(refresh_gates));
}
