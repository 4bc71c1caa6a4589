#include "programs/numgate-lab/token.h"

#include "common/base/random.h"
#include "common/json/write.h"
#include "programs/numgate-lab/issuer.h"
#include "programs/numgate-lab/keyring.h"
#include "programs/numgate-lab/signin.h"
#include "programs/numgate-lab/user.h"
#include "programs/numgate-lab/user_token.h"

#include "common/base/banned.h"

#define BACKDATED_S                                                                                          \
    300 /* Entra ID's tokens begin five minutes before they are asked for, for clocks that are behind */
#define OVER_SINCE_S 600 /* of expired tokens; more than any skew */

void token__put_issuer(const struct lab *lab, int64_t version, const char *name, const struct client *client,
                       struct json_out *out)
{
    struct buf issuer;
    buf_init(&issuer, 4096);
    issuer_put(lab, version, client->tenant->id, &issuer);
    json_str_member(out, name, buf_str(&issuer));
    buf_clear(&issuer);
}

/* An expired token was good once, like any other: its time is moved as a whole. */
void token__put_times(const struct token_order *order, struct json_out *out)
{
    int64_t life_s = order->client->token_seconds;
    int64_t now_s = order->now.ms / 1000 - (order->expired ? life_s + OVER_SINCE_S : 0);
    json_i64_member(out, "iat", now_s - BACKDATED_S);
    json_i64_member(out, "nbf", now_s - BACKDATED_S);
    json_i64_member(out, "exp", now_s + life_s);
}

void token__put_list(struct json_out *out, const char *name, const struct str *values, size_t count)
{
    json_name(out, str_of(name));
    json_array_begin(out);
    for (size_t i = 0; i < count; i++) {
        json_put_str(out, values[i]);
    }
    json_array_end(out);
}

/* Entra ID leaves the claim out when there are none. */
static void put_roles(const struct token_order *order, struct json_out *out)
{
    const struct user *user = order->signin != NULL ? order->signin->user : NULL;
    size_t count = user != NULL ? user->role_count : order->client->role_count;
    if (count > 0) {
        token__put_list(out, "roles", user != NULL ? user->roles : order->client->roles, count);
    }
}

void token__put_id(struct json_out *out, const char *name)
{
    uint8_t bytes[16];
    struct buf text;
    random_bytes(bytes, sizeof bytes);
    buf_init(&text, 64);
    jose_base64url_put(&text, (struct str){(const char *)bytes, sizeof bytes});
    json_str_member(out, name, buf_str(&text));
    buf_clear(&text);
}

static struct str proof_text(const struct token_order *order)
{
    static const char *const texts[] = {
        [TOKEN_BY_NOTHING] = "0", [TOKEN_BY_SECRET] = "1", [TOKEN_BY_KEY] = "2"};
    return str_of(texts[order->proof]);
}

static void put_v1(const struct lab *lab, const struct token_order *order, struct json_out *out)
{
    json_str_member(out, "aud", order->identifier);
    json_str_member(out, "appid", order->client->client_id);
    json_str_member(out, "appidacr", proof_text(order));
    token__put_issuer(lab, 1, "idp", order->client, out);
    json_str_member(out, "ver", STR("1.0"));
}

static void put_v2(const struct token_order *order, struct json_out *out)
{
    json_str_member(out, "aud", order->resource->app_id);
    json_str_member(out, "azp", order->client->client_id);
    json_str_member(out, "azpacr", proof_text(order));
    json_str_member(out, "ver", STR("2.0"));
}

static void put_claims(const struct lab *lab, const struct token_order *order, struct json_out *out)
{
    const struct client *client = order->client;
    token__put_issuer(lab, client->token_version, "iss", client, out);
    token__put_times(order, out);
    if (client->token_version == 1) {
        put_v1(lab, order, out);
    } else {
        put_v2(order, out);
    }
    if (order->signin != NULL) {
        user_token_put_person(order, out);
    } else {
        json_str_member(out, "oid", client->object_id);
        json_str_member(out, "sub", client->object_id);
    }
    put_roles(order, out);
    json_str_member(out, "tid", client->tenant->id);
    token__put_id(out, "uti");
}

enum rc token__sign(const struct lab *lab, const struct token_order *order, struct buf *claims,
                    struct buf *out, struct err *err)
{
    enum keyring_signer signer = order->wrong_key ? KEYRING_IMPOSTOR : KEYRING_CURRENT;
    enum rc rc = buf_failed(claims)
                     ? err_set(err, RC_LIMIT, NULL, "the claims do not fit into a token")
                     : keyring_sign(lab->keyring, order->client->alg, signer, buf_str(claims), out, err);
    buf_clear(claims);
    return rc;
}

enum rc token_issue(const struct lab *lab, const struct token_order *order, struct buf *out, struct err *err)
{
    struct json_out json;
    struct buf claims;
    buf_init(&claims, TOKEN_CLAIMS_MAX);
    json_out_init(&json, &claims);
    json_object_begin(&json);
    if (order->signin != NULL && order->client->shape == TOKEN_KEYCLOAK) {
        user_token_put_keycloak(lab, order, &json);
    } else {
        put_claims(lab, order, &json);
    }
    json_object_end(&json);
    return token__sign(lab, order, &claims, out, err);
}
