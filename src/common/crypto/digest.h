/* Digests and comparisons that give no time away. Hides OpenSSL. Thread-safe. */
#pragma once
#include "common/base/compiler.h"
#include "common/base/str.h"

#define CRYPTO_SHA256_BYTES 32

/* SHA-256 of the pieces, one after the other as if they were one text. Never fails. */
void crypto_sha256(const struct str *pieces, size_t n, uint8_t ret[CRYPTO_SHA256_BYTES]);

/* Equal bytes? The time depends on the lengths only, never on where the two differ: for secrets. */
bool crypto_equal(struct str a, struct str b);
