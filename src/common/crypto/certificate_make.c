#include "common/crypto/certificate_make.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "common/base/net.h"
#include "common/crypto/owned.h"

#include "common/base/banned.h"

#define SERIAL_BYTES    16
#define NAMES_MAX       100
#define COMMON_NAME_MAX 64    /* RFC 5280 ub-common-name */
#define NAMES_TEXT_MAX  32768 /* "DNS:a,IP:b" */

/* OpenSSL's oldest reason joins the message; its queue is left empty. */
static enum rc fail(struct err *err, enum rc rc, const char *what)
{
    const char *reason = ERR_reason_error_string(ERR_peek_error());
    ERR_clear_error();
    return err_set(err, rc, NULL, "%s%s%s", what, reason != NULL ? ": " : "", reason != NULL ? reason : "");
}

/* ---- reading ---- */

/* ---- writing ---- */

static bool put_bio(BIO *bio, struct buf *out)
{
    char *text = NULL;
    long n = BIO_get_mem_data(bio, &text);
    buf_put(out, text, n > 0 ? (size_t)n : 0);
    return n > 0 && !buf_failed(out);
}

static bool put_certificate(X509 *x509, struct buf *out)
{
    CLEANUP(bio_freep) BIO *bio = BIO_new(BIO_s_mem());
    return bio != NULL && PEM_write_bio_X509(bio, x509) == 1 && put_bio(bio, out);
}

static bool put_key(EVP_PKEY *key, struct buf *out)
{
    CLEANUP(bio_freep) BIO *bio = BIO_new(BIO_s_secmem());
    return bio != NULL && PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1 &&
           put_bio(bio, out);
}

/* ---- making ---- */

static bool set_serial(X509 *x509)
{
    unsigned char bytes[SERIAL_BYTES];
    CLEANUP(bn_freep) BIGNUM *serial = NULL;
    if (RAND_bytes(bytes, sizeof bytes) != 1) {
        return false;
    }
    bytes[0] = (bytes[0] & 0x7F) | 0x40; /* positive, and never shorter */
    serial = BN_bin2bn(bytes, sizeof bytes, NULL);
    return serial != NULL && BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(x509)) != NULL;
}

/* Valid from five minutes ago, for clocks that are a little behind. */
static bool set_times(X509 *x509, unsigned days)
{
    return X509_gmtime_adj(X509_getm_notBefore(x509), -300) != NULL &&
           X509_time_adj_ex(X509_getm_notAfter(x509), (int)days, 0, NULL) != NULL;
}

static bool set_subject(X509 *x509, struct str common_name)
{
    X509_NAME *name = X509_get_subject_name(x509);
    int n = (int)(common_name.n > COMMON_NAME_MAX ? COMMON_NAME_MAX : common_name.n);
    return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)common_name.p, n, -1,
                                      0) == 1;
}

static bool add_extension(X509 *x509, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, x509, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    bool added = extension != NULL && X509_add_ext(x509, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

static X509 *new_certificate(EVP_PKEY *key, struct str common_name, unsigned days)
{
    CLEANUP(x509_freep) X509 *x509 = X509_new();
    bool made = x509 != NULL && X509_set_version(x509, X509_VERSION_3) == 1 && set_serial(x509) &&
                set_times(x509, days) && set_subject(x509, common_name) && X509_set_pubkey(x509, key) == 1;
    return made ? TAKE(x509) : NULL;
}

static bool finish_authority(X509 *x509, EVP_PKEY *key)
{
    return X509_set_issuer_name(x509, X509_get_subject_name(x509)) == 1 &&
           add_extension(x509, x509, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
           add_extension(x509, x509, NID_key_usage, "critical,keyCertSign,cRLSign") &&
           add_extension(x509, x509, NID_subject_key_identifier, "hash") &&
           X509_sign(x509, key, EVP_sha256()) > 0;
}

static bool finish_server(X509 *x509, const char *names, X509 *issuer, EVP_PKEY *issuer_key)
{
    return X509_set_issuer_name(x509, X509_get_subject_name(issuer)) == 1 &&
           add_extension(x509, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(x509, issuer, NID_key_usage, "critical,digitalSignature") &&
           add_extension(x509, issuer, NID_ext_key_usage, "serverAuth") &&
           add_extension(x509, issuer, NID_subject_key_identifier, "hash") &&
           add_extension(x509, issuer, NID_authority_key_identifier, "keyid:always") &&
           add_extension(x509, issuer, NID_subject_alt_name, names) &&
           X509_sign(x509, issuer_key, EVP_sha256()) > 0;
}

static bool put_pair(X509 *x509, EVP_PKEY *key, const struct certificate_pair *out)
{
    return put_certificate(x509, out->certificate) && put_key(key, out->key);
}

enum rc certificate_make_authority(struct str common_name, unsigned days, const struct certificate_pair *ret,
                                   struct err *err)
{
    CLEANUP(key_freep) EVP_PKEY *key = EVP_EC_gen("P-256");
    CLEANUP(x509_freep) X509 *x509 = key == NULL ? NULL : new_certificate(key, common_name, days);
    if (x509 == NULL || !finish_authority(x509, key) || !put_pair(x509, key, ret)) {
        return fail(err, RC_INTERNAL, "cannot make the authority");
    }
    return RC_OK;
}

/* ---- subject alternative names ---- */

/* OpenSSL reads the list as text, so nothing may be in a name that means something there. */
static bool is_dns_name(struct str name)
{
    size_t from = str_starts(name, STR("*.")) ? 2 : 0;
    if (name.n <= from || name.n > 253) {
        return false;
    }
    for (size_t i = from; i < name.n; i++) {
        char c = name.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '-' && c != '.' && c != '_') {
            return false;
        }
    }
    return true;
}

static enum rc put_names(const struct str *names, size_t count, struct buf *out, struct err *err)
{
    if (count == 0 || count > NAMES_MAX) {
        return err_set(err, RC_INVALID, NULL, "a server certificate needs 1 to %d names", NAMES_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        struct net_addr addr;
        bool is_address = net_parse(names[i], &addr);
        if (!is_address && !is_dns_name(names[i])) {
            return err_set(err, RC_INVALID, NULL, "\"%" STR_FMT "\" is neither a DNS name nor an address",
                           STR_ARG(str_slice(names[i], 0, 100)));
        }
        buf_printf(out, "%s%s:%" STR_FMT, i > 0 ? "," : "", is_address ? "IP" : "DNS", STR_ARG(names[i]));
    }
    buf_put_char(out, '\0');
    return buf_failed(out) ? err_set(err, RC_LIMIT, NULL, "the names are too long") : RC_OK;
}

static enum rc sign_server(X509 *issuer, EVP_PKEY *issuer_key, struct str common_name, const char *names,
                           unsigned days, const struct certificate_pair *ret, struct err *err)
{
    CLEANUP(key_freep) EVP_PKEY *key = EVP_EC_gen("P-256");
    CLEANUP(x509_freep) X509 *x509 = key == NULL ? NULL : new_certificate(key, common_name, days);
    if (x509 == NULL || !finish_server(x509, names, issuer, issuer_key) || !put_pair(x509, key, ret)) {
        return fail(err, RC_INTERNAL, "cannot make the server certificate");
    }
    return RC_OK;
}

enum rc certificate_make_server(struct str authority_pem, struct str authority_key_pem,
                                const struct str *names, size_t name_count, unsigned days,
                                const struct certificate_pair *ret, struct err *err)
{
    CLEANUP(x509_freep) X509 *issuer = pem_certificate(authority_pem);
    CLEANUP(key_freep) EVP_PKEY *issuer_key = pem_key(authority_key_pem);
    if (issuer == NULL || issuer_key == NULL) {
        return fail(err, RC_INVALID, "certificate or key of the authority is not PEM");
    }
    if (X509_check_private_key(issuer, issuer_key) != 1) {
        return fail(err, RC_INVALID, "the key is not that of the authority");
    }
    struct buf text;
    buf_init(&text, NAMES_TEXT_MAX);
    enum rc rc = put_names(names, name_count, &text, err);
    if (rc == RC_OK) {
        rc = sign_server(issuer, issuer_key, names[0], text.p, days, ret, err);
    }
    buf_clear(&text);
    return rc;
}
