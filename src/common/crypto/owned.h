/* OpenSSL's objects: as local owners (CLEANUP), and read from PEM. For this room's files alone. */
#pragma once
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "common/base/compiler.h"
#include "common/base/str.h"

static inline void x509_freep(X509 **x509)
{
    X509_free(*x509);
}

static inline void key_freep(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

static inline void bio_freep(BIO **bio)
{
    BIO_free_all(*bio);
}

static inline void bn_freep(BIGNUM **number) /* it may be part of a key */
{
    BN_clear_free(*number);
}

/* Without it OpenSSL would ask the terminal. */
static inline int pem_no_passphrase(char *text UNUSED, int size UNUSED, int writing UNUSED, void *arg UNUSED)
{
    return -1;
}

/* Both NULL: there is none, or OpenSSL's queue says what is wrong with it. */
static inline X509 *pem_certificate(struct str pem)
{
    CLEANUP(bio_freep) BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
    return bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, pem_no_passphrase, NULL);
}

static inline EVP_PKEY *pem_key(struct str pem)
{
    CLEANUP(bio_freep) BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
    return bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, pem_no_passphrase, NULL);
}
