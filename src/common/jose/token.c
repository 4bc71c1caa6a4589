/* Compact JWS (RFC 7515 section 7.1): BASE64URL(header) "." BASE64URL(payload) "." BASE64URL(signature).
 *
 * cjose would take more than we do: names twice in the header, padded base64, extensions named in `crit` that
 * it does not know, `b64: false`, any algorithm that suits the key, tokens of any size. So all of that is
 * refused here, before it is called, and what is left can only be read in one way. */
#include "common/jose/key.h"

#include "common/base/limits.h"
#include "common/json/read.h"

#include "common/base/banned.h"

static const struct {
    const char *name, *text;
} faults[JOSE_FAULT_COUNT] = {
    [JOSE_OK] = {"none", "the token is in order"},
    [JOSE_TOO_LONG] = {"size", "the token is longer than 16 KiB"},
    [JOSE_NOT_COMPACT] = {"form", "the token is not a compact JWS of three parts"},
    [JOSE_NOT_BASE64URL] = {"base64", "a part of the token is not unpadded base64url"},
    [JOSE_BAD_HEADER] = {"header", "the token's header is not one JSON object with each name once"},
    [JOSE_BAD_ALG] = {"alg", "the token's alg is none of RS256, PS256, ES256"},
    [JOSE_BAD_KID] = {"kid", "the token's header has no kid that is a text"},
    [JOSE_BAD_TYP] = {"typ", "the token's typ is neither JWT nor at+jwt"},
    [JOSE_EXTENSION] = {"extension",
                        "the token's header has crit, b64 or zip, which are not understood here"},
    [JOSE_KEY_MISFIT] = {"key", "the token's alg does not fit the key its kid names"},
    [JOSE_BAD_SIGNATURE] = {"signature", "the token's signature is not valid"},
};

const char *jose_fault_name(enum jose_fault fault)
{
    return (size_t)fault < ARRAY_LEN(faults) ? faults[fault].name : "unknown";
}

const char *jose_fault_text(enum jose_fault fault)
{
    return (size_t)fault < ARRAY_LEN(faults) ? faults[fault].text : "the token is refused";
}

/* RFC 7515 section 4.1.9: a media type, so letter case does not count and "application/" may be left out. */
static bool typ_is_known(struct str typ)
{
    struct str prefix = STR("application/");
    if (str_eq_ci(str_slice(typ, 0, prefix.n), prefix)) {
        typ = str_slice(typ, prefix.n, typ.n);
    }
    return str_eq_ci(typ, STR("JWT")) || str_eq_ci(typ, STR("at+jwt"));
}

static bool has_extension(const struct json *header)
{
    return json_get(header, STR("crit")) != NULL || json_get(header, STR("b64")) != NULL ||
           json_get(header, STR("zip")) != NULL;
}

static enum jose_fault read_header(const struct json *header, struct jose_token *token)
{
    if (!jose_alg_parse(json_string(json_get(header, STR("alg"))), &token->alg)) {
        return JOSE_BAD_ALG;
    }
    if (has_extension(header)) {
        return JOSE_EXTENSION;
    }
    const struct json *typ = json_get(header, STR("typ"));
    if (typ != NULL && !typ_is_known(json_string(typ))) {
        return JOSE_BAD_TYP;
    }
    const struct json *kid = json_get(header, STR("kid"));
    token->kid = json_string(kid);
    if (kid != NULL && str_empty(token->kid)) {
        return JOSE_BAD_KID;
    }
    token->header = header;
    return JOSE_OK;
}

/* An absent signature is an empty part here, so that a token with alg "none" is told so. */
static bool split(struct str text, struct str part[3])
{
    size_t count = 0;
    for (ptrdiff_t dot; count < 2 && (dot = str_find(text, '.')) >= 0; count++) {
        part[count] = str_slice(text, 0, (size_t)dot);
        text = str_slice(text, (size_t)dot + 1, text.n);
    }
    part[2] = text;
    return count == 2 && str_find(text, '.') < 0 && part[0].n > 0 && part[1].n > 0;
}

enum jose_fault jose_parse(struct str text, struct arena *mem, struct jose_token *ret)
{
    if (text.n > LIMIT_TOKEN) {
        return JOSE_TOO_LONG;
    }
    struct str part[3], bytes[3];
    if (!split(text, part)) {
        return JOSE_NOT_COMPACT;
    }
    for (size_t i = 0; i < 3; i++) {
        if (!jose_base64url_decode(part[i], mem, &bytes[i])) {
            return JOSE_NOT_BASE64URL;
        }
    }
    const struct json *header;
    if (json_parse(bytes[0], mem, &header, NULL) != RC_OK || json_type(header) != JSON_OBJECT) {
        return JOSE_BAD_HEADER;
    }
    struct jose_token token = {.text = text, .payload = bytes[1]};
    enum jose_fault fault = read_header(header, &token);
    if (fault == JOSE_OK) {
        *ret = token;
    }
    return fault;
}

enum jose_fault jose_verify(const struct jose_token *token, const struct jose_key *key)
{
    if (!jose_key_fits(key, token->alg)) {
        return JOSE_KEY_MISFIT;
    }
    cjose_jws_t *jws = cjose_jws_import(token->text.p, token->text.n, NULL);
    bool valid = jws != NULL && cjose_jws_verify(jws, key->jwk, NULL);
    cjose_jws_release(jws);
    return valid ? JOSE_OK : JOSE_BAD_SIGNATURE;
}

/* ---- signing ---- */

static bool set_text(cjose_header_t *header, const char *name, struct str value, struct arena *mem)
{
    if (str_absent(value)) {
        return true;
    }
    const char *text = arena_cstr(mem, value);
    return text != NULL && cjose_header_set(header, name, text, NULL);
}

static cjose_jws_t *sign(const struct jose_key *key, enum jose_alg alg, const struct jose_header *fields,
                         struct str payload)
{
    CLEANUP(arena_freep) struct arena *mem = arena_new(LIMIT_TOKEN);
    cjose_header_t *header = mem != NULL ? cjose_header_new(NULL) : NULL;
    if (header == NULL) {
        return NULL;
    }
    struct str kid = str_absent(fields->kid) ? jose_key_kid(key) : fields->kid;
    bool filled = set_text(header, "alg", str_of(jose_alg_name(alg)), mem) &&
                  set_text(header, "kid", kid, mem) && set_text(header, "typ", fields->typ, mem) &&
                  set_text(header, "x5t#S256", fields->x5t, mem);
    cjose_jws_t *jws =
        filled ? cjose_jws_sign(key->jwk, header, (const uint8_t *)payload.p, payload.n, NULL) : NULL;
    cjose_header_release(header);
    return jws;
}

enum rc jose_sign(const struct jose_key *key, const struct jose_header *header, struct str payload,
                  struct buf *out, struct err *err)
{
    enum jose_alg alg = header->alg;
    if (alg == JOSE_ALG_NONE) {
        alg = key->alg != JOSE_ALG_NONE ? key->alg : key->type == JOSE_KEY_P256 ? JOSE_ES256 : JOSE_RS256;
    }
    if (!key->is_private || !jose_key_fits(key, alg)) {
        return err_set(err, RC_INVALID, NULL, "the key cannot sign with %s", jose_alg_name(alg));
    }
    cjose_jws_t *jws = sign(key, alg, header, payload);
    const char *text;
    if (jws == NULL || !cjose_jws_export(jws, &text, NULL)) {
        cjose_jws_release(jws);
        return err_set(err, RC_INTERNAL, NULL, "the token could not be signed");
    }
    buf_put_str(out, str_of(text)); /* the text is the jws' own */
    cjose_jws_release(jws);
    return buf_failed(out) ? err_set(err, RC_LIMIT, NULL, "the token does not fit the buffer") : RC_OK;
}
