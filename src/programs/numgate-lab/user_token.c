#include "programs/numgate-lab/user_token.h"

#include "common/json/write.h"
#include "programs/numgate-lab/signin.h"
#include "programs/numgate-lab/user.h"

#include "common/base/banned.h"

/* Another text for each pair of client and user, so that clients cannot compare notes. */
static void put_pairwise(const struct token_order *order, struct json_out *out)
{
    uint8_t digest[CRYPTO_SHA256_BYTES];
    const struct str key[] = {order->client->client_id, {"\0", 1}, order->signin->user->object_id};
    CLEANUP(buf_clear) struct buf text;
    crypto_sha256(key, ARRAY_LEN(key), digest);
    buf_init(&text, 64);
    jose_base64url_put(&text, (struct str){(const char *)digest, sizeof digest});
    json_str_member(out, "sub", buf_str(&text));
}

static void put_names(const struct token_order *order, const char *login_claim, struct json_out *out)
{
    CLEANUP(buf_clear) struct buf login;
    buf_init(&login, 2048);
    user_put_login(order->signin->user, order->client->tenant, &login);
    json_str_member(out, "name", order->signin->user->display_name);
    json_str_member(out, login_claim, buf_str(&login));
}

void user_token_put_person(const struct token_order *order, struct json_out *out)
{
    const struct signin *signin = order->signin;
    put_names(order, order->client->token_version == 1 ? "unique_name" : "preferred_username", out);
    json_str_member(out, "oid", signin->user->object_id);
    put_pairwise(order, out);
    json_str_member(out, "scp", str_of(signin->scp));
    json_str_member(out, "sid", str_of(signin->session_id));
}

static void put_realm_roles(const struct user *user, struct json_out *out)
{
    json_name(out, STR("realm_access"));
    json_object_begin(out);
    json_name(out, STR("roles"));
    json_array_begin(out);
    json_put_str(out, STR("offline_access"));
    for (size_t i = 0; i < user->role_count; i++) {
        json_put_str(out, user->roles[i]);
    }
    json_put_str(out, STR("uma_authorization"));
    json_array_end(out);
    json_object_end(out);
}

void user_token_put_keycloak(const struct lab *lab, const struct token_order *order, struct json_out *out)
{
    const struct signin *signin = order->signin;
    const struct str audiences[] = {order->resource->app_id, STR("account")};
    token__put_issuer(lab, 2, "iss", order->client, out);
    token__put_times(order, out);
    token__put_id(out, "jti");
    token__put_list(out, "aud", audiences, ARRAY_LEN(audiences));
    json_str_member(out, "sub", signin->user->object_id);
    json_str_member(out, "typ", STR("Bearer"));
    json_str_member(out, "azp", order->client->client_id);
    json_str_member(out, "sid", str_of(signin->session_id));
    put_realm_roles(signin->user, out);
    json_str_member(out, "scope", STR("openid profile email"));
    put_names(order, "preferred_username", out);
}

static void put_id_claims(const struct lab *lab, const struct token_order *order, bool renewed,
                          struct json_out *out)
{
    const struct signin *signin = order->signin;
    token__put_issuer(lab, 2, "iss", order->client, out);
    token__put_times(order, out);
    json_str_member(out, "aud", order->client->client_id);
    json_i64_member(out, "auth_time", signin->since.ms / 1000);
    if (!renewed && signin->nonce[0] != '\0') {
        json_str_member(out, "nonce", str_of(signin->nonce));
    }
    put_names(order, "preferred_username", out);
    json_str_member(out, "sid", str_of(signin->session_id));
    if (order->client->shape == TOKEN_KEYCLOAK) {
        json_str_member(out, "sub", signin->user->object_id);
        return;
    }
    json_str_member(out, "oid", signin->user->object_id);
    put_pairwise(order, out);
    json_str_member(out, "tid", order->client->tenant->id);
    token__put_id(out, "uti");
    json_str_member(out, "ver", STR("2.0"));
}

enum rc user_token_issue_id(const struct lab *lab, const struct token_order *order, bool renewed,
                            struct buf *out, struct err *err)
{
    struct json_out json;
    struct buf claims;
    buf_init(&claims, TOKEN_CLAIMS_MAX);
    json_out_init(&json, &claims);
    json_object_begin(&json);
    put_id_claims(lab, order, renewed, &json);
    json_object_end(&json);
    return token__sign(lab, order, &claims, out, err);
}
