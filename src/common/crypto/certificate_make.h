/* Makes certificates for trying things out: a private authority and what it signs, all ECDSA P-256. Not for production authorities: no revocation, no serial
 * register. Hides OpenSSL. Pure functions over PEM text; private keys are written as unencrypted PKCS #8. */
#pragma once
#include "common/base/buf.h"
#include "common/base/err.h"

struct certificate_pair {
    struct buf *certificate; /* PEM is appended */
    struct buf *key;         /* PEM is appended: a secret */
};

/* A self-signed authority that may only sign server and client certificates, not further authorities. */
MUST_USE enum rc certificate_make_authority(struct str common_name, unsigned days,
                                            const struct certificate_pair *ret, struct err *err);

/* A TLS server certificate for `names` (DNS names, "*." in front is fine, or addresses); names[0] is its
 * common name too. */
MUST_USE enum rc certificate_make_server(struct str authority_pem, struct str authority_key_pem,
                                         const struct str *names, size_t name_count, unsigned days,
                                         const struct certificate_pair *ret, struct err *err);
