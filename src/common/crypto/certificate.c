#include "common/crypto/certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/base/net.h"
#include "common/crypto/owned.h"

#include "common/base/banned.h"

static void names_freep(GENERAL_NAMES **names)
{
    GENERAL_NAMES_free(*names);
}

/* OpenSSL's oldest reason as the message; its queue is left empty. */
static enum rc refuse(struct err *err, const char *path, const char *what)
{
    const char *reason = ERR_reason_error_string(ERR_peek_error());
    ERR_clear_error();
    return err_set(err, RC_INVALID, NULL, "%s: %s%s%s", path, what, reason != NULL ? ": " : "",
                   reason != NULL ? reason : "");
}

/* Without it OpenSSL would ask the terminal. */
static int no_passphrase(char *text UNUSED, int size UNUSED, int writing UNUSED, void *arg UNUSED)
{
    return -1;
}

static enum rc read_x509(const char *path, struct arena *mem, X509 **ret, struct err *err)
{
    struct str pem;
    enum rc rc = file_read(path, LIMIT_SECRET * 4, mem, &pem, err);
    if (rc != RC_OK) {
        return rc;
    }
    CLEANUP(bio_freep) BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
    X509 *x509 = bio != NULL ? PEM_read_bio_X509(bio, NULL, no_passphrase, NULL) : NULL;
    if (x509 == NULL) {
        return refuse(err, path, "holds no certificate in PEM form");
    }
    *ret = x509;
    return RC_OK;
}

static bool wall_of(const ASN1_TIME *time, struct wall *ret)
{
    int days = 0;
    int seconds = 0;
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    bool known = epoch != NULL && ASN1_TIME_diff(&days, &seconds, epoch, time) == 1;
    ASN1_TIME_free(epoch);
    ret->ms = ((int64_t)days * 86400 + seconds) * 1000;
    return known;
}

static struct str subject_of(const X509 *x509, struct arena *mem)
{
    char *text = NULL;
    CLEANUP(bio_freep) BIO *bio = BIO_new(BIO_s_mem());
    if (bio == NULL || X509_NAME_print_ex(bio, X509_get_subject_name(x509), 0, XN_FLAG_RFC2253) < 0) {
        return STR("");
    }
    long n = BIO_get_mem_data(bio, &text);
    return arena_str(mem, n > 0 ? (struct str){text, (size_t)n} : STR(""));
}

static struct str dns_name(const GENERAL_NAME *name, struct arena *mem)
{
    const ASN1_STRING *text = name->d.dNSName;
    return arena_str(
        mem, (struct str){(const char *)ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text)});
}

static struct str ip_name(const GENERAL_NAME *name, struct arena *mem)
{
    char text[NET_TEXT_MAX];
    struct net_addr addr = {0};
    int n = ASN1_STRING_length(name->d.iPAddress);
    if (n != 4 && n != 16) {
        return STR_NONE;
    }
    addr.family = n == 4 ? 4 : 6;
    memcpy(addr.bytes, ASN1_STRING_get0_data(name->d.iPAddress), (size_t)n);
    return arena_str(mem, net_text(&addr, text));
}

static enum rc read_names(const X509 *x509, struct arena *mem, struct crypto_certificate *facts,
                          struct err *err)
{
    CLEANUP(names_freep) GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
    int count = names != NULL ? sk_GENERAL_NAME_num(names) : 0;
    struct str *texts = arena_alloc_array(mem, (size_t)count, sizeof *texts);
    for (int i = 0; texts != NULL && i < count; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        struct str text = name->type == GEN_DNS     ? dns_name(name, mem)
                          : name->type == GEN_IPADD ? ip_name(name, mem)
                                                    : STR_NONE;
        if (!str_absent(text)) {
            texts[facts->name_count++] = text;
        }
    }
    facts->names = texts;
    return arena_failed(mem) ? err_set(err, RC_LIMIT, NULL, "no memory for the names of a certificate")
                             : RC_OK;
}

enum rc crypto_certificate_read(const char *path, struct arena *mem, struct crypto_certificate *ret,
                                struct err *err)
{
    CLEANUP(x509_freep) X509 *x509 = NULL;
    struct crypto_certificate facts = {0};
    enum rc rc = read_x509(path, mem, &x509, err);
    if (rc != RC_OK) {
        return rc;
    }
    if (!wall_of(X509_get0_notBefore(x509), &facts.not_before) ||
        !wall_of(X509_get0_notAfter(x509), &facts.not_after)) {
        return refuse(err, path, "has no readable validity");
    }
    facts.subject = subject_of(x509, mem);
    rc = read_names(x509, mem, &facts, err);
    if (rc != RC_OK) {
        return rc;
    }
    *ret = facts;
    return RC_OK;
}

static bool name_covers(struct str name, struct str host)
{
    ptrdiff_t dot = str_find(host, '.');
    if (str_eq_ci(name, host)) {
        return true;
    }
    if (!str_starts(name, STR("*.")) || dot <= 0 || host.p[0] == '*') {
        return false;
    }
    return str_eq_ci(str_slice(name, 1, name.n), str_slice(host, (size_t)dot, host.n));
}

bool crypto_certificate_covers(const struct crypto_certificate *certificate, struct str host)
{
    struct net_addr addr;
    bool is_address = net_parse(host, &addr);
    for (size_t i = 0; i < certificate->name_count; i++) {
        struct net_addr other;
        struct str name = certificate->names[i];
        if (is_address ? net_parse(name, &other) && net_eq(&addr, &other) : name_covers(name, host)) {
            return true;
        }
    }
    return false;
}

static enum rc read_key(const char *path, struct arena *mem, EVP_PKEY **ret, struct err *err)
{
    struct str pem;
    enum rc rc = file_read_secret(path, mem, &pem, err);
    if (rc != RC_OK) {
        return rc;
    }
    CLEANUP(bio_freep) BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
    EVP_PKEY *key = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
    if (key == NULL) {
        return refuse(err, path, "holds no private key in PEM form, or one with a passphrase");
    }
    *ret = key;
    return RC_OK;
}

enum rc crypto_key_fits(const char *certificate_path, const char *key_path, struct err *err)
{
    CLEANUP(arena_freep) struct arena *mem = arena_new_secret((size_t)1024 * 1024);
    CLEANUP(x509_freep) X509 *x509 = NULL;
    CLEANUP(key_freep) EVP_PKEY *key = NULL;
    if (mem == NULL) {
        return err_set(err, RC_LIMIT, NULL, "out of memory");
    }
    enum rc rc = read_x509(certificate_path, mem, &x509, err);
    rc = rc == RC_OK ? read_key(key_path, mem, &key, err) : rc;
    if (rc != RC_OK) {
        return rc;
    }
    if (X509_check_private_key(x509, key) != 1) {
        ERR_clear_error();
        return err_set(err, RC_INVALID, NULL, "%s is not the key of %s", key_path, certificate_path);
    }
    return RC_OK;
}
