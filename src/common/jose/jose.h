/* Signed tokens and the keys that sign them: compact JWS (RFC 7515), JSON Web Keys (RFC 7517), three
 * algorithms (RFC 7518).
 *
 * This room decides what a well-formed token and a usable key are, makes signatures and checks them. What the
 * claims mean is its callers' business. It is strict where the RFCs leave room: a token is read by
 * jose_parse() before cjose sees it, and what could be understood in two ways is refused. Keys inside a token
 * (`jwk`, `jku`, `x5u`, `x5c`) are never looked at.
 *
 * Hides cjose. Keys and key sets never change once made and may be shared by threads. Everything else is
 * plain values. */
#pragma once
#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/err.h"

struct json;
struct jose_key;
struct jose_keys;

/* ---- algorithms ---- */

enum jose_alg {
    JOSE_ALG_NONE, /* not stated; never a signature's */
    JOSE_RS256,
    JOSE_PS256,
    JOSE_ES256,
};
const char *jose_alg_name(enum jose_alg alg);             /* "RS256"; "" for JOSE_ALG_NONE */
bool jose_alg_parse(struct str name, enum jose_alg *ret); /* exact letter case */

/* ---- bytes ---- */

/* RFC 4648 section 5 without padding. Strict: no padding, no other character, the unused last bits are zero.
 */
void jose_base64url_put(struct buf *out, struct str bytes);
bool jose_base64url_decode(struct str text, struct arena *mem,
                           struct str *ret_bytes); /* "" gives "", present */

#define JOSE_SHA256_BYTES 32
void jose_sha256(struct str bytes, uint8_t ret[JOSE_SHA256_BYTES]);

/* ---- keys ---- */

enum jose_key_type { JOSE_KEY_RSA, JOSE_KEY_P256 };

/* A new private key that signs with `alg`: RSA of 2048 bits for RS256 and PS256, P-256 for ES256. Without a
 * kid its thumbprint (RFC 7638) is its kid. */
MUST_USE enum rc jose_key_new(enum jose_alg alg, struct str kid, struct jose_key **ret, struct err *err);
/* One JWK as JSON text, public or private. Refused: no kty of ours, RSA under 2048 or over 8192 bits, an even
 * or tiny exponent, curves other than P-256, points off the curve, an `alg` of others or one that does not
 * fit, `use` other than "sig". */
MUST_USE enum rc jose_key_load(struct str json, struct jose_key **ret, struct err *err);
/* The first private key of a PEM text, by the same rules; without a kid. */
MUST_USE enum rc jose_key_load_pem(struct str pem, struct jose_key **ret, struct err *err);
/* Appends the thumbprint of the first certificate of a PEM text, as `x5t#S256` has it; nothing when it holds none. */
void jose_thumbprint_put(struct str pem, struct buf *out);
/* The JWK that jose_key_load() reads, private parts included: a secret. RC_INVALID for a key that has no
 * private part. */
MUST_USE enum rc jose_key_save(const struct jose_key *key, struct buf *out, struct err *err);
void jose_key_free(struct jose_key *key);
void jose_key_freep(struct jose_key **key);

struct str jose_key_kid(
    const struct jose_key *key); /* absent when a loaded key has none; lives as long as the key */
enum jose_alg jose_key_alg(const struct jose_key *key); /* the one it is bound to, or JOSE_ALG_NONE */
enum jose_key_type jose_key_type(const struct jose_key *key);
bool jose_key_is_private(const struct jose_key *key);
bool jose_key_fits(const struct jose_key *key,
                   enum jose_alg alg); /* by type, and by its own `alg` where it has one */

/* ---- key sets ---- */

/* {"keys":[...]} with the public parts only; each key with kty, kid, use "sig", and alg where it is bound to
 * one. */
void jose_keys_put(const struct jose_key *const *keys, size_t count, struct buf *out);

/* A JWK Set. Keys that cannot be used here are skipped, not an error: issuers publish keys for others as
 * well. Over LIMIT_KEYS members, not JSON, or no "keys" array: RC_INVALID. */
MUST_USE enum rc jose_keys_parse(struct str json, struct jose_keys **ret, struct err *err);
void jose_keys_free(struct jose_keys *keys);
void jose_keys_freep(struct jose_keys **keys);
size_t jose_keys_count(const struct jose_keys *keys);
const struct jose_key *jose_keys_at(const struct jose_keys *keys,
                                    size_t index); /* lives as long as the set */
const struct jose_key *jose_keys_find(const struct jose_keys *keys,
                                      struct str kid); /* NULL: none. Keys without kid are skipped */
size_t jose_keys_skipped(const struct jose_keys *keys);
/* Why the last skipped key was skipped ("RSA key of 1024 bits, at least 2048 are needed"); "" when none was.
 */
const char *jose_keys_skipped_why(const struct jose_keys *keys);

/* ---- tokens ---- */

struct jose_header {
    enum jose_alg alg; /* JOSE_ALG_NONE: the key's own */
    struct str kid;    /* absent: the key's own */
    struct str typ;    /* absent: none is written */
    struct str x5t;    /* `x5t#S256`; absent: none is written */
};
/* Appends header.payload.signature. RC_INVALID for a public key or an algorithm that does not fit the key. */
MUST_USE enum rc jose_sign(const struct jose_key *key, const struct jose_header *header, struct str payload,
                           struct buf *out, struct err *err);

/* Why a token is refused. Names are metric labels; texts are safe to send to whoever brought the token. */
enum jose_fault {
    JOSE_OK,
    JOSE_TOO_LONG,      /* over LIMIT_TOKEN */
    JOSE_NOT_COMPACT,   /* not three non-empty parts */
    JOSE_NOT_BASE64URL, /* padding and stray bits are this too */
    JOSE_BAD_HEADER,    /* not one JSON object, or a name twice in it */
    JOSE_BAD_ALG,       /* absent, none, or not one of ours */
    JOSE_BAD_KID,       /* not a string, or an empty one; absence is the caller's to judge */
    JOSE_BAD_TYP,   /* neither absent nor "JWT" nor "at+jwt" (any letter case, "application/" may stand before
                       it) */
    JOSE_EXTENSION, /* crit, b64 or zip */
    JOSE_KEY_MISFIT, /* the algorithm does not fit the key */
    JOSE_BAD_SIGNATURE,
    JOSE_FAULT_COUNT,
};
const char *jose_fault_name(enum jose_fault fault); /* "signature" */
const char *jose_fault_text(enum jose_fault fault); /* "the token's signature is not valid" */

struct jose_token {
    struct str text; /* borrowed from the caller */
    enum jose_alg alg;
    struct str kid;            /* absent: none */
    const struct json *header; /* all of it, for members such as x5t */
    struct str payload;        /* decoded bytes, not yet to be believed */
};
/* Splits and reads a compact token; nothing is verified yet. Everything returned lives in `mem`. */
MUST_USE enum jose_fault jose_parse(struct str text, struct arena *mem, struct jose_token *ret);
/* Checks the signature of a parsed token with the algorithm its header names, which must fit the key. */
MUST_USE enum jose_fault jose_verify(const struct jose_token *token, const struct jose_key *key);
