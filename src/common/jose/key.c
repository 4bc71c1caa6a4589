/* JSON Web Keys (RFC 7517, and sections 6.2 and 6.3 of RFC 7518 for their members). Members are read by our
 * strict JSON reader and handed to cjose as bytes, so that no second parser has an opinion about the text. */
#include "common/jose/key.h"

#include <stdio.h>

#include "common/base/limits.h"
#include "common/base/mem.h"
#include "common/crypto/jwk.h"
#include "common/json/read.h"
#include "common/json/write.h"

#include "common/base/banned.h"

#define RSA_BITS_MIN     2048
#define RSA_BITS_MAX     8192 /* longer ones only cost time */
#define RSA_EXPONENT_MAX 8    /* bytes */
#define P256_BYTES       32
#define KEY_ARENA_BYTES  (256 * 1024)
#define KEY_TEXT_BYTES   (64 * 1024)
#define SET_ARENA_BYTES  (16 * 1024 * 1024)

struct jose_keys {
    struct jose_key **items;
    size_t count, skipped;
    char skipped_why[sizeof((struct err){0}.msg)];
};

struct str jose_key_kid(const struct jose_key *key)
{
    return str_of(key->kid);
}

enum jose_alg jose_key_alg(const struct jose_key *key)
{
    return key->alg;
}

enum jose_key_type jose_key_type(const struct jose_key *key)
{
    return key->type;
}

bool jose_key_is_private(const struct jose_key *key)
{
    return key->is_private;
}

static bool type_fits(enum jose_key_type type, enum jose_alg alg)
{
    return type == JOSE_KEY_P256 ? alg == JOSE_ES256 : alg == JOSE_RS256 || alg == JOSE_PS256;
}

bool jose_key_fits(const struct jose_key *key, enum jose_alg alg)
{
    return type_fits(key->type, alg) && (key->alg == JOSE_ALG_NONE || key->alg == alg);
}

void jose_key_free(struct jose_key *key)
{
    if (key == NULL) {
        return;
    }
    if (key->jwk != NULL) {
        (void)cjose_jwk_release(key->jwk); /* false: others still hold it; nobody does */
    }
    mem_free(key->kid);
    mem_free(key);
}

void jose_key_freep(struct jose_key **key)
{
    jose_key_free(*key);
}

/* ---- reading ---- */

/* One member that holds bytes as base64url; absent when it is not there. */
static enum rc read_bytes(const struct json *jwk, const char *name, struct arena *mem, struct str *ret,
                          struct err *err)
{
    const struct json *member = json_get(jwk, str_of(name));
    if (member == NULL) {
        *ret = STR_NONE;
        return RC_OK;
    }
    struct str text = json_string(member);
    if (str_empty(text) || !jose_base64url_decode(text, mem, ret)) {
        return err_set(err, RC_INVALID, NULL, "the key's %s is not base64url text", name);
    }
    return RC_OK;
}

static struct str without_leading_zeros(struct str number)
{
    while (number.n > 0 && number.p[0] == '\0') {
        number = str_slice(number, 1, number.n);
    }
    return number;
}

static size_t bit_length(struct str number)
{
    if (number.n == 0) {
        return 0;
    }
    size_t top = 0;
    for (unsigned byte = (unsigned char)number.p[0]; byte != 0; byte >>= 1) {
        top++;
    }
    return (number.n - 1) * 8 + top;
}

static uint8_t *bytes_of(struct str s)
{
    union {
        const char *in;
        uint8_t *out;
    } p = {s.p}; /* cjose copies and does not write, its types do not say so */
    return p.out;
}

static enum rc check_rsa(struct str n, struct str e, struct err *err)
{
    size_t bits = bit_length(n);
    if (bits < RSA_BITS_MIN) {
        return err_set(err, RC_INVALID, NULL, "RSA key of %zu bits, at least %d are needed", bits,
                       RSA_BITS_MIN);
    }
    if (bits > RSA_BITS_MAX) {
        return err_set(err, RC_INVALID, NULL, "RSA key of %zu bits, at most %d are taken", bits,
                       RSA_BITS_MAX);
    }
    bool odd = e.n > 0 && (e.p[e.n - 1] & 1) == 1;
    if (!odd || e.n > RSA_EXPONENT_MAX || bit_length(e) < 2) {
        return err_set(err, RC_INVALID, NULL, "RSA key with an unusable public exponent");
    }
    return RC_OK;
}

static enum rc load_rsa(const struct json *jwk, struct arena *mem, struct jose_key *key, struct err *err)
{
    enum { N, E, D, P, Q, DP, DQ, QI, COUNT };
    static const char *const names[COUNT] = {"n", "e", "d", "p", "q", "dp", "dq", "qi"};
    struct str part[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        enum rc rc = read_bytes(jwk, names[i], mem, &part[i], err);
        if (rc != RC_OK) {
            return rc;
        }
        part[i] = without_leading_zeros(part[i]);
    }
    enum rc rc = check_rsa(part[N], part[E], err);
    if (rc != RC_OK) {
        return rc;
    }
    key->type = JOSE_KEY_RSA;
    key->is_private = !str_absent(part[D]);
    for (size_t i = P; i < COUNT; i++) {
        if (key->is_private && str_absent(part[i])) {
            return err_set(err, RC_INVALID, NULL, "private RSA key without %s", names[i]);
        }
    }
    cjose_jwk_rsa_keyspec spec = {
        .n = bytes_of(part[N]),
        .nlen = part[N].n,
        .e = bytes_of(part[E]),
        .elen = part[E].n,
    };
    if (key->is_private) {
        spec.d = bytes_of(part[D]), spec.dlen = part[D].n;
        spec.p = bytes_of(part[P]), spec.plen = part[P].n;
        spec.q = bytes_of(part[Q]), spec.qlen = part[Q].n;
        spec.dp = bytes_of(part[DP]), spec.dplen = part[DP].n;
        spec.dq = bytes_of(part[DQ]), spec.dqlen = part[DQ].n;
        spec.qi = bytes_of(part[QI]), spec.qilen = part[QI].n;
    }
    key->jwk = cjose_jwk_create_RSA_spec(&spec, NULL);
    for (size_t i = D; i < COUNT; i++) {
        mem_wipe(bytes_of(part[i]), part[i].n);
    }
    return key->jwk != NULL ? RC_OK : err_set(err, RC_INVALID, NULL, "not a usable RSA key");
}

static enum rc load_ec(const struct json *jwk, struct arena *mem, struct jose_key *key, struct err *err)
{
    if (!str_eq(json_string(json_get(jwk, STR("crv"))), STR("P-256"))) {
        return err_set(err, RC_INVALID, NULL, "elliptic curve key that is not on P-256");
    }
    enum { X, Y, D, COUNT };
    static const char *const names[COUNT] = {"x", "y", "d"};
    struct str part[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        enum rc rc = read_bytes(jwk, names[i], mem, &part[i], err);
        if (rc != RC_OK) {
            return rc;
        }
        bool may_be_absent = i == D;
        if (part[i].n != P256_BYTES && !(may_be_absent && str_absent(part[i]))) {
            return err_set(err, RC_INVALID, NULL, "P-256 key whose %s is not 32 bytes", names[i]);
        }
    }
    key->type = JOSE_KEY_P256;
    key->is_private = !str_absent(part[D]);
    cjose_jwk_ec_keyspec spec = {
        .crv = CJOSE_JWK_EC_P_256,
        .x = bytes_of(part[X]),
        .xlen = part[X].n,
        .y = bytes_of(part[Y]),
        .ylen = part[Y].n,
        .d = bytes_of(part[D]),
        .dlen = part[D].n,
    };
    key->jwk = cjose_jwk_create_EC_spec(&spec, NULL);
    mem_wipe(bytes_of(part[D]), part[D].n);
    return key->jwk != NULL ? RC_OK : err_set(err, RC_INVALID, NULL, "not a usable P-256 key");
}

static bool ops_allow(const struct json *ops, struct str wanted)
{
    for (size_t i = 0; i < json_count(ops); i++) {
        if (str_eq(json_string(json_at(ops, i)), wanted)) {
            return true;
        }
    }
    return ops == NULL;
}

/* What the key says it is for: `use`, `key_ops`, `alg`. */
static enum rc load_purpose(const struct json *jwk, struct jose_key *key, struct err *err)
{
    const struct json *use = json_get(jwk, STR("use"));
    const struct json *ops = json_get(jwk, STR("key_ops"));
    const struct json *alg = json_get(jwk, STR("alg"));
    if (use != NULL && !str_eq(json_string(use), STR("sig"))) {
        return err_set(err, RC_INVALID, NULL, "key that is not for signatures");
    }
    if (!ops_allow(ops, STR("verify")) && !ops_allow(ops, STR("sign"))) {
        return err_set(err, RC_INVALID, NULL, "key that is not for signatures");
    }
    if (alg != NULL && (!jose_alg_parse(json_string(alg), &key->alg) || !type_fits(key->type, key->alg))) {
        return err_set(err, RC_INVALID, NULL, "key for another algorithm");
    }
    return RC_OK;
}

static enum rc load_kid(const struct json *jwk, struct jose_key *key, struct err *err)
{
    const struct json *member = json_get(jwk, STR("kid"));
    if (member == NULL) {
        return RC_OK;
    }
    struct str kid = json_string(member);
    if (str_empty(kid)) {
        return err_set(err, RC_INVALID, NULL, "key whose kid is not a text");
    }
    key->kid = mem_dup(kid.p, kid.n);
    return key->kid != NULL ? RC_OK : err_set(err, RC_LIMIT, NULL, "out of memory");
}

static enum rc load(const struct json *jwk, struct arena *mem, struct jose_key **ret, struct err *err)
{
    CLEANUP(jose_key_freep) struct jose_key *key = mem_alloc(sizeof(*key));
    if (key == NULL) {
        return err_set(err, RC_LIMIT, NULL, "out of memory");
    }
    struct str kty = json_string(json_get(jwk, STR("kty")));
    enum rc rc = str_eq(kty, STR("RSA"))  ? load_rsa(jwk, mem, key, err)
                 : str_eq(kty, STR("EC")) ? load_ec(jwk, mem, key, err)
                                          : err_set(err, RC_INVALID, NULL, "key that is neither RSA nor EC");
    if (rc != RC_OK || (rc = load_purpose(jwk, key, err)) != RC_OK ||
        (rc = load_kid(jwk, key, err)) != RC_OK) {
        return rc;
    }
    *ret = TAKE(key);
    return RC_OK;
}

enum rc jose_key_load(struct str json, struct jose_key **ret, struct err *err)
{
    CLEANUP(arena_freep) struct arena *mem = arena_new_secret(KEY_ARENA_BYTES);
    const struct json *jwk;
    enum rc rc =
        mem != NULL ? json_parse(json, mem, &jwk, err) : err_set(err, RC_LIMIT, NULL, "out of memory");
    return rc != RC_OK ? rc : load(jwk, mem, ret, err);
}

enum rc jose_key_load_pem(struct str pem, struct jose_key **ret, struct err *err)
{
    struct buf jwk;
    buf_init(&jwk, KEY_TEXT_BYTES);
    enum rc rc = jwk_of_private_key(pem, &jwk, err);
    rc = rc == RC_OK ? jose_key_load(buf_str(&jwk), ret, err) : rc;
    if (jwk.p != NULL) {
        mem_wipe(jwk.p, jwk.n);
    }
    buf_clear(&jwk);
    return rc;
}

void jose_thumbprint_put(struct str pem, struct buf *out)
{
    uint8_t digest[JWK_THUMBPRINT_BYTES];
    if (jwk_certificate_thumbprint(pem, digest)) {
        jose_base64url_put(out, (struct str){(const char *)digest, sizeof(digest)});
    }
}

/* ---- writing ---- */

/* What cjose would write of the key, as a document of ours. */
static const struct json *as_json(const struct jose_key *key, bool private, struct arena *mem)
{
    char *text = cjose_jwk_to_json(key->jwk, private, NULL);
    if (text == NULL) {
        return NULL;
    }
    const struct json *jwk = NULL;
    enum rc rc = json_parse(str_of(text), mem, &jwk, NULL);
    mem_wipe(text, strlen(text));
    cjose_get_dealloc()(text);
    return rc == RC_OK ? jwk : NULL;
}

/* The order of RFC 7638 first: alphabetical within each key type, so that the thumbprint is the same walk. */
static const char *const public_names[] = {"crv", "e", "kty", "n", "x", "y"};
static const char *const private_names[] = {"d", "p", "q", "dp", "dq", "qi"};

static void put_members(struct json_out *out, const struct json *jwk, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        json_str_member(out, names[i], json_string(json_get(jwk, str_of(names[i]))));
    }
}

static void put_key(struct json_out *out, const struct jose_key *key, const struct json *jwk, bool private)
{
    json_object_begin(out);
    put_members(out, jwk, public_names, ARRAY_LEN(public_names));
    json_str_member(out, "kid", jose_key_kid(key));
    json_str_member(out, "use", STR("sig"));
    json_str_member(out, "alg", key->alg == JOSE_ALG_NONE ? STR_NONE : str_of(jose_alg_name(key->alg)));
    if (private) {
        put_members(out, jwk, private_names, ARRAY_LEN(private_names));
    }
    json_object_end(out);
}

enum rc jose_key_save(const struct jose_key *key, struct buf *out, struct err *err)
{
    if (!key->is_private) {
        return err_set(err, RC_INVALID, NULL, "the key has no private part");
    }
    CLEANUP(arena_freep) struct arena *mem = arena_new(KEY_ARENA_BYTES);
    const struct json *jwk = as_json(key, true, mem);
    if (jwk == NULL) {
        return err_set(err, RC_INTERNAL, NULL, "the key cannot be written");
    }
    struct json_out json;
    json_out_init(&json, out);
    put_key(&json, key, jwk, true);
    return buf_failed(out) ? err_set(err, RC_LIMIT, NULL, "the key does not fit the buffer") : RC_OK;
}

void jose_keys_put(const struct jose_key *const *keys, size_t count, struct buf *out)
{
    CLEANUP(arena_freep) struct arena *mem = arena_new(KEY_ARENA_BYTES);
    struct json_out json;
    json_out_init(&json, out);
    json_object_begin(&json);
    json_name(&json, STR("keys"));
    json_array_begin(&json);
    for (size_t i = 0; i < count; i++) {
        struct arena_mark mark = arena_mark(mem);
        const struct json *jwk = as_json(keys[i], false, mem);
        out->failed |= jwk == NULL;
        put_key(&json, keys[i], jwk, false);
        arena_rewind(mem, mark);
    }
    json_array_end(&json);
    json_object_end(&json);
}

/* ---- making ---- */

/* RFC 7638: SHA-256 of the required members in alphabetical order, as base64url. */
static char *thumbprint(const struct jose_key *key)
{
    CLEANUP(arena_freep) struct arena *mem = arena_new(KEY_ARENA_BYTES);
    CLEANUP(buf_clear) struct buf text;
    buf_init(&text, KEY_TEXT_BYTES);
    struct json_out json;
    json_out_init(&json, &text);
    json_object_begin(&json);
    put_members(&json, as_json(key, false, mem), public_names, ARRAY_LEN(public_names));
    json_object_end(&json);
    uint8_t digest[JOSE_SHA256_BYTES];
    jose_sha256(buf_str(&text), digest);
    buf_reset(&text);
    jose_base64url_put(&text, (struct str){(const char *)digest, sizeof(digest)});
    return buf_failed(&text) ? NULL : mem_dup(text.p, text.n);
}

enum rc jose_key_new(enum jose_alg alg, struct str kid, struct jose_key **ret, struct err *err)
{
    if (alg == JOSE_ALG_NONE) {
        return err_set(err, RC_INVALID, NULL, "a new key needs its algorithm");
    }
    CLEANUP(jose_key_freep) struct jose_key *key = mem_alloc(sizeof(*key));
    if (key == NULL) {
        return err_set(err, RC_LIMIT, NULL, "out of memory");
    }
    static const uint8_t exponent[] = {1, 0, 1}; /* 65537 */
    key->type = alg == JOSE_ES256 ? JOSE_KEY_P256 : JOSE_KEY_RSA;
    key->alg = alg;
    key->is_private = true;
    key->jwk = alg == JOSE_ES256
                   ? cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, NULL)
                   : cjose_jwk_create_RSA_random(RSA_BITS_MIN, exponent, sizeof(exponent), NULL);
    if (key->jwk == NULL) {
        return err_set(err, RC_INTERNAL, NULL, "a key could not be made");
    }
    key->kid = str_empty(kid) ? thumbprint(key) : mem_dup(kid.p, kid.n);
    if (key->kid == NULL) {
        return err_set(err, RC_LIMIT, NULL, "out of memory");
    }
    *ret = TAKE(key);
    return RC_OK;
}

/* ---- sets ---- */

static void skip(struct jose_keys *keys, const char *why)
{
    keys->skipped++;
    snprintf(keys->skipped_why, sizeof(keys->skipped_why), "%s", why);
}

static void add_key(struct jose_keys *keys, const struct json *jwk, struct arena *mem)
{
    struct err err;
    struct jose_key *key = NULL;
    if (load(jwk, mem, &key, &err) != RC_OK) {
        skip(keys, err.msg);
    } else if (key->kid == NULL) {
        skip(keys, "key without a kid");
        jose_key_free(key);
    } else if (jose_keys_find(keys, jose_key_kid(key)) != NULL) {
        skip(keys, "second key with the same kid");
        jose_key_free(key);
    } else {
        keys->items[keys->count++] = key;
    }
}

enum rc jose_keys_parse(struct str json, struct jose_keys **ret, struct err *err)
{
    CLEANUP(arena_freep) struct arena *mem = arena_new(SET_ARENA_BYTES);
    const struct json *document;
    enum rc rc = json_parse(json, mem, &document, err);
    if (rc != RC_OK) {
        return rc;
    }
    const struct json *members = json_get(document, STR("keys"));
    if (members == NULL || json_type(members) != JSON_ARRAY) {
        return err_set(err, RC_INVALID, NULL, "a key set has an array named keys");
    }
    if (json_count(members) > LIMIT_KEYS) {
        return err_set(err, RC_INVALID, NULL, "a key set of %zu keys, at most %d are taken",
                       json_count(members), LIMIT_KEYS);
    }
    CLEANUP(jose_keys_freep) struct jose_keys *keys = mem_alloc(sizeof(*keys));
    if (keys == NULL ||
        (keys->items = mem_alloc_array(json_count(members) + 1, sizeof(keys->items[0]))) == NULL) {
        return err_set(err, RC_LIMIT, NULL, "out of memory");
    }
    for (size_t i = 0; i < json_count(members); i++) {
        add_key(keys, json_at(members, i), mem);
    }
    *ret = TAKE(keys);
    return RC_OK;
}

void jose_keys_free(struct jose_keys *keys)
{
    if (keys == NULL) {
        return;
    }
    for (size_t i = 0; i < keys->count; i++) {
        jose_key_free(keys->items[i]);
    }
    mem_free(keys->items);
    mem_free(keys);
}

void jose_keys_freep(struct jose_keys **keys)
{
    jose_keys_free(*keys);
}

size_t jose_keys_count(const struct jose_keys *keys)
{
    return keys->count;
}

const struct jose_key *jose_keys_at(const struct jose_keys *keys, size_t index)
{
    return index < keys->count ? keys->items[index] : NULL;
}

const struct jose_key *jose_keys_find(const struct jose_keys *keys, struct str kid)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (str_eq(jose_key_kid(keys->items[i]), kid)) {
            return keys->items[i];
        }
    }
    return NULL;
}

size_t jose_keys_skipped(const struct jose_keys *keys)
{
    return keys->skipped;
}

const char *jose_keys_skipped_why(const struct jose_keys *keys)
{
    return keys->skipped_why;
}
