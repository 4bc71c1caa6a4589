#include "common/crypto/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "common/base/banned.h"

void crypto_sha256(const struct str *pieces, size_t n, uint8_t ret[CRYPTO_SHA256_BYTES])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool done = context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;
    for (size_t i = 0; done && i < n; i++) {
        done = EVP_DigestUpdate(context, pieces[i].p, pieces[i].n) == 1;
    }
    done = done && EVP_DigestFinal_ex(context, ret, NULL) == 1;
    EVP_MD_CTX_free(context);
    ensure(done); /* only memory, or an OpenSSL without SHA-256 */
}

bool crypto_equal(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || CRYPTO_memcmp(a.p, b.p, a.n) == 0);
}
