/* Facts about certificate files: until when, for which names, and whether a key fits. Nothing here judges
 * trust. Hides OpenSSL. Pure functions over files. */
#pragma once
#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/err.h"

/* The first certificate of a PEM file, which is the server's own; those behind it are its issuers. */
struct crypto_certificate {
    struct wall not_before;
    struct wall not_after;
    struct str subject;      /* "CN=provapi.example.net,O=Example", RFC 2253, for people */
    const struct str *names; /* subject alternative names: DNS names as they stand, IP addresses as text */
    size_t name_count;
};

/* Everything read lives in the arena. RC_INVALID: unreadable, or no certificate; the message names the file.
 */
MUST_USE enum rc crypto_certificate_read(const char *path, struct arena *mem, struct crypto_certificate *ret,
                                         struct err *err);

/* Would a TLS client that asked for `host` be satisfied (RFC 9525)? Letter case does not count; "*" stands
 * for exactly one whole label at the left; the subject's common name is not looked at. A host that itself
 * begins with "*." asks whether the certificate covers all names of that form. */
bool crypto_certificate_covers(const struct crypto_certificate *certificate, struct str host);

/* RC_OK when both files can be read and the key is the certificate's. The key file must not be open to others
 * (file_read_secret) and has no passphrase. */
MUST_USE enum rc crypto_key_fits(const char *certificate_path, const char *key_path, struct err *err);
