#include "common/crypto/jwk.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "common/base/mem.h"
#include "common/crypto/owned.h"

#include "common/base/banned.h"

#define NUMBER_BYTES_MAX 1024

/* A member of a key: its name, where OpenSSL keeps it, and its bytes: as many as it takes, or exactly so many
 * (RFC 7518 section 6.2.1.2). */
struct member {
    const char *name, *param;
    int width;
};

static const struct member rsa_public[] = {
    {"n", OSSL_PKEY_PARAM_RSA_N, 0}, {"e", OSSL_PKEY_PARAM_RSA_E, 0}, {0}};
static const struct member rsa_private[] = {{"d", OSSL_PKEY_PARAM_RSA_D, 0},
                                            {"p", OSSL_PKEY_PARAM_RSA_FACTOR1, 0},
                                            {"q", OSSL_PKEY_PARAM_RSA_FACTOR2, 0},
                                            {"dp", OSSL_PKEY_PARAM_RSA_EXPONENT1, 0},
                                            {"dq", OSSL_PKEY_PARAM_RSA_EXPONENT2, 0},
                                            {"qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1, 0},
                                            {0}};
static const struct member p256_public[] = {
    {"x", OSSL_PKEY_PARAM_EC_PUB_X, 32}, {"y", OSSL_PKEY_PARAM_EC_PUB_Y, 32}, {0}};
static const struct member p256_private[] = {{"d", OSSL_PKEY_PARAM_PRIV_KEY, 32}, {0}};

static enum rc fail(struct err *err, const char *what)
{
    const char *reason = ERR_reason_error_string(ERR_peek_error());
    ERR_clear_error();
    return err_set(err, RC_INVALID, NULL, "%s%s%s", what, reason != NULL ? ": " : "",
                   reason != NULL ? reason : "");
}

/* ---- writing ---- */

static void put_base64url(struct buf *out, const unsigned char *bytes, int n)
{
    unsigned char text[(NUMBER_BYTES_MAX + 2) / 3 * 4 + 1];
    int length = EVP_EncodeBlock(text, bytes, n);
    for (int i = 0; i < length && text[i] != '='; i++) {
        buf_put_char(out, text[i] == '+' ? '-' : text[i] == '/' ? '_' : (char)text[i]);
    }
    mem_wipe(text, sizeof(text));
}

static bool put_member(struct buf *out, const EVP_PKEY *key, const struct member *member)
{
    unsigned char bytes[NUMBER_BYTES_MAX];
    CLEANUP(bn_freep) BIGNUM *number = NULL;
    if (EVP_PKEY_get_bn_param(key, member->param, &number) != 1 || BN_num_bytes(number) > NUMBER_BYTES_MAX) {
        return false;
    }
    int n = member->width > 0 ? BN_bn2binpad(number, bytes, member->width) : BN_bn2bin(number, bytes);
    buf_printf(out, ",\"%s\":\"", member->name);
    put_base64url(out, bytes, n > 0 ? n : 0);
    buf_put_char(out, '"');
    mem_wipe(bytes, sizeof(bytes));
    return n > 0;
}

static bool put_members(struct buf *out, const EVP_PKEY *key, const struct member *members)
{
    while (members->name != NULL && put_member(out, key, members)) {
        members++;
    }
    return members->name == NULL;
}

static bool is_p256(const EVP_PKEY *key)
{
    char group[32];
    size_t n;
    return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
           EVP_PKEY_get_group_name(key, group, sizeof group, &n) == 1 &&
           str_eq(str_of(group), STR("prime256v1"));
}

static enum rc put_key(struct buf *out, const EVP_PKEY *key, bool private, struct err *err)
{
    bool rsa = EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA;
    if (!rsa && !is_p256(key)) {
        return fail(err, "the key is neither RSA nor P-256");
    }
    buf_put_str(out, rsa ? STR("{\"kty\":\"RSA\"") : STR("{\"kty\":\"EC\",\"crv\":\"P-256\""));
    bool put = put_members(out, key, rsa ? rsa_public : p256_public) &&
               (!private || put_members(out, key, rsa ? rsa_private : p256_private));
    buf_put_char(out, '}');
    return put && !buf_failed(out) ? RC_OK : fail(err, "the key cannot be written");
}

enum rc jwk_of_certificate(struct str pem, struct buf *out, struct err *err)
{
    CLEANUP(x509_freep) X509 *x509 = pem_certificate(pem);
    const EVP_PKEY *key = x509 == NULL ? NULL : X509_get0_pubkey(x509);
    return key == NULL ? fail(err, "no certificate in PEM form") : put_key(out, key, false, err);
}

enum rc jwk_of_private_key(struct str pem, struct buf *out, struct err *err)
{
    CLEANUP(key_freep) EVP_PKEY *key = pem_key(pem);
    return key == NULL ? fail(err, "no private key in PEM form, or one with a passphrase")
                       : put_key(out, key, true, err);
}

bool jwk_certificate_thumbprint(struct str pem, uint8_t ret[JWK_THUMBPRINT_BYTES])
{
    unsigned n = 0;
    CLEANUP(x509_freep) X509 *x509 = pem_certificate(pem);
    bool made = x509 != NULL && X509_digest(x509, EVP_sha256(), ret, &n) == 1 && n == JWK_THUMBPRINT_BYTES;
    ERR_clear_error();
    return made;
}
