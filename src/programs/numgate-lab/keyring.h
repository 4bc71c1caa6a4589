/* The keys that sign the lab's tokens, one for each algorithm some client uses, and what of them is
 * published.
 *
 * Of each algorithm there is the current key, which signs, and after a rotation the previous one, which is
 * only published. With a state folder they are files, <dir>/RS256.current.jwk and <dir>/RS256.previous.jwk
 * (JSON Web Keys, secret), so that tokens outlive a restart. An impostor is a key that is never published: it
 * signs under the name of the current one, for tests of verifiers.
 *
 * Threads: everything may be called from any thread. Signing takes about a millisecond (RSA), making keys a
 * tenth of a second. */
#pragma once
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/jose/jose.h"
#include "programs/numgate-lab/part.h"

#define KEYRING_ALGS (JOSE_ES256 + 1) /* size of arrays indexed by enum jose_alg */

struct keyring;

/* Loads or makes the keys of the wanted algorithms. Without `state_dir` (NULL) they end with the program. */
MUST_USE enum rc keyring_open(const char *state_dir, const bool wanted[KEYRING_ALGS], struct keyring **ret,
                              struct err *err);
void keyring_free(struct keyring *ring); /* NULL is fine */

enum keyring_signer { KEYRING_CURRENT, KEYRING_IMPOSTOR };
MUST_USE enum rc keyring_sign(struct keyring *ring, enum jose_alg alg, enum keyring_signer signer,
                              struct str payload, struct buf *out, struct err *err);
/* Is it signed by one of the published keys? Else why not. */
MUST_USE enum jose_fault keyring_verify(struct keyring *ring, const struct jose_token *token);
void keyring_publish(struct keyring *ring, struct buf *out); /* a JWK Set; current keys first */

/* New current keys for all algorithms. The old are published on, or, with `forget`, dropped at once. */
MUST_USE enum rc keyring_rotate(struct keyring *ring, bool forget, struct err *err);
/* "keys": {"RS256": {"current": JWK, "previous": JWK}}, private. A reset brings back those of the start. */
struct part keyring_part(struct keyring *ring);
/* Makes the impostors where there are none yet; before it KEYRING_IMPOSTOR is RC_NOT_FOUND. */
MUST_USE enum rc keyring_hire_impostors(struct keyring *ring, struct err *err);
