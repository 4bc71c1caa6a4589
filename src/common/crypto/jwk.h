/* Keys in PEM form as JSON Web Keys (RFC 7517), RSA or P-256, without a kid. Hides OpenSSL. Pure functions over text. */
#pragma once
#include "common/base/buf.h"
#include "common/base/err.h"

/* The public key of the first certificate in `pem`. */
MUST_USE enum rc jwk_of_certificate(struct str pem, struct buf *out, struct err *err);
/* The first private key in `pem`, with its private members: a secret. RC_INVALID for one with a passphrase too. */
MUST_USE enum rc jwk_of_private_key(struct str pem, struct buf *out, struct err *err);

#define JWK_THUMBPRINT_BYTES 32
/* SHA-256 of the first certificate in `pem` (x5t#S256, RFC 7515 section 4.1.8). False: it holds none. */
bool jwk_certificate_thumbprint(struct str pem, uint8_t ret[JWK_THUMBPRINT_BYTES]);
