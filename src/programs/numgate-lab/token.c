#include "programs/numgate-lab/token.h"

#include "common/base/random.h"
#include "common/json/write.h"
#include "programs/numgate-lab/issuer.h"
#include "programs/numgate-lab/keyring.h"

#include "common/base/banned.h"

#define CLAIMS_MAX (64 * 1024)
#define BACKDATED_S                                                                                          \
    300 /* Entra ID's tokens begin five minutes before they are asked for, for clocks that are behind */
#define OVER_SINCE_S 600 /* of expired tokens; more than any skew */

static void put_issuer(const struct lab *lab, const char *name, const struct client *client,
                       struct json_out *out)
{
    struct buf issuer;
    buf_init(&issuer, 4096);
    issuer_put(lab, client->token_version, client->tenant->id, &issuer);
    json_str_member(out, name, buf_str(&issuer));
    buf_clear(&issuer);
}

/* An expired token was good once, like any other: its time is moved as a whole. */
static void put_times(const struct token_order *order, struct json_out *out)
{
    int64_t life_s = order->client->token_seconds;
    int64_t now_s = order->now.ms / 1000 - (order->expired ? life_s + OVER_SINCE_S : 0);
    json_i64_member(out, "iat", now_s - BACKDATED_S);
    json_i64_member(out, "nbf", now_s - BACKDATED_S);
    json_i64_member(out, "exp", now_s + life_s);
}

/* Entra ID leaves the claim out when there are none. */
static void put_roles(const struct client *client, struct json_out *out)
{
    if (client->role_count == 0) {
        return;
    }
    json_name(out, STR("roles"));
    json_array_begin(out);
    for (size_t i = 0; i < client->role_count; i++) {
        json_put_str(out, client->roles[i]);
    }
    json_array_end(out);
}

/* A name that no other token has. */
static void put_uti(struct json_out *out)
{
    uint8_t bytes[16];
    struct buf text;
    random_bytes(bytes, sizeof bytes);
    buf_init(&text, 64);
    jose_base64url_put(&text, (struct str){(const char *)bytes, sizeof bytes});
    json_str_member(out, "uti", buf_str(&text));
    buf_clear(&text);
}

static void put_v1(const struct lab *lab, const struct token_order *order, struct json_out *out)
{
    json_str_member(out, "aud", order->identifier);
    json_str_member(out, "appid", order->client->client_id);
    json_str_member(out, "appidacr", order->proof == TOKEN_BY_KEY ? STR("2") : STR("1"));
    put_issuer(lab, "idp", order->client, out);
    json_str_member(out, "ver", STR("1.0"));
}

static void put_v2(const struct token_order *order, struct json_out *out)
{
    json_str_member(out, "aud", order->resource->app_id);
    json_str_member(out, "azp", order->client->client_id);
    json_str_member(out, "azpacr", order->proof == TOKEN_BY_KEY ? STR("2") : STR("1"));
    json_str_member(out, "ver", STR("2.0"));
}

static void put_claims(const struct lab *lab, const struct token_order *order, struct buf *claims)
{
    const struct client *client = order->client;
    struct json_out out;
    json_out_init(&out, claims);
    json_object_begin(&out);
    put_issuer(lab, "iss", client, &out);
    put_times(order, &out);
    if (client->token_version == 1) {
        put_v1(lab, order, &out);
    } else {
        put_v2(order, &out);
    }
    json_str_member(&out, "oid", client->object_id);
    put_roles(client, &out);
    json_str_member(&out, "sub", client->object_id);
    json_str_member(&out, "tid", client->tenant->id);
    put_uti(&out);
    json_object_end(&out);
}

enum rc token_issue(const struct lab *lab, const struct token_order *order, struct buf *out, struct err *err)
{
    enum keyring_signer signer = order->wrong_key ? KEYRING_IMPOSTOR : KEYRING_CURRENT;
    struct buf claims;
    buf_init(&claims, CLAIMS_MAX);
    put_claims(lab, order, &claims);
    enum rc rc = buf_failed(&claims)
                     ? err_set(err, RC_LIMIT, NULL, "the client's roles do not fit into a token")
                     : keyring_sign(lab->keyring, order->client->alg, signer, buf_str(&claims), out, err);
    buf_clear(&claims);
    return rc;
}
