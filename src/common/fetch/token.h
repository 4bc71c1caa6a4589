/* A token for a client, by the client credentials grant (RFC 6749 section 4.4), kept until shortly before its end. The client shows who it
 * is by its secret, or by an assertion that it signs with its private key (RFC 7523 section 2.2).
 *
 * Threads: one at a time. The secret and the token are wiped when they go. */
#pragma once
#include "common/fetch/fetch.h"

struct token_config {
    struct str url, client_id, client_secret, scope; /* an empty scope is not sent */
    struct str
        key_pem; /* instead of a secret: a private key, and beside it the certificate that the issuer knows it by, if it does */
    struct str key_id; /* the key's `kid` at the issuer; empty: none is sent */
    struct str ca_file;
    struct str ready; /* a token from elsewhere: never asked for, never renewed; the rest is not used */
};

struct token_source;
/* Copies the configuration. RC_INVALID: the URL, the client id or the key is missing or wrong. */
MUST_USE enum rc token_source_new(const struct token_config *config, struct token_source **ret,
                                  struct err *err);
void token_source_free(struct token_source *source); /* NULL is fine */

/* The kept one, or a new one; borrowed until the next call. RC_DENIED: the issuer refuses, and why; RC_BUSY: it cannot be reached, is
 * over its load or broken: later. */
MUST_USE enum rc token_take(struct token_source *source, struct fetch *fetch, struct mono deadline,
                            struct str *ret, struct err *err);
/* It was refused: the next call gets a new one. False: it is a ready one, and there is no other. */
bool token_drop(struct token_source *source);
