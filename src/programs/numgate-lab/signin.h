/* Sign-ins: what a person gave a client, from the code over every refresh token to its end. One row each.
 *
 *      CODE    the client holds a code, once, for code_seconds of the client
 *      LIVE    the code was redeemed. With offline access the client holds one refresh token, which the next
 *              renewal replaces
 *      ENDED   signed out, revoked, or a secret was used again; nothing it gave is good any more
 *
 * Code and refresh token are <name of the row><secret>, 20 and 44 characters of base64url, and the row keeps
 * digests only. Whoever brings the name with another secret than the current one holds something that was
 * used before, and the sign-in ends (RFC 9700 section 4.14.2). So does an attempt to redeem a code that
 * fails. All of it ends refresh_seconds of the client after the sign-in, however often it was renewed, as at
 * Entra ID for applications in a browser. Access tokens that were given live on to their own end.
 *
 * Over SIGNINS_MAX rows the oldest ends. Sign-ins are no part of a snapshot: a reset and a restore end them
 * all. Any thread. */
#pragma once
#include "common/base/clock.h"
#include "common/base/random.h"
#include "programs/numgate-lab/part.h"
#include "programs/numgate-lab/refusal.h"

#define SIGNINS_MAX           4096
#define SIGNIN_NONCE_MAX      255
#define SIGNIN_SCP_MAX        64 /* SCOPE_NAME_MAX */
#define SIGNIN_CHALLENGE_SIZE 43 /* SHA-256 in base64url */
#define SIGNIN_SECRET_MAX     65 /* text of a code or refresh token, and a NUL */

struct client;
struct resource;
struct signins;
struct user;

struct signin {
    const struct client *client;
    const struct user *user;
    const struct resource *resource;
    struct str identifier;   /* as the resource was asked for */
    struct str redirect_uri; /* one of the client's */
    char session_id[UUID_TEXT_MAX];
    struct wall since;
    bool openid, offline;
    char scp[SIGNIN_SCP_MAX + 1];
    char nonce[SIGNIN_NONCE_MAX + 1]; /* empty: none */
    char challenge[SIGNIN_CHALLENGE_SIZE + 1];
};

/* What a token reply is made of. */
struct signin_grant {
    struct signin signin;
    char refresh_token[SIGNIN_SECRET_MAX]; /* empty: none */
    int64_t left_s;                        /* until all of it ends */
};

/* What a client brings beside its code. */
struct signin_claim {
    const struct client *client;
    struct str redirect_uri;
    struct str verifier;
};

struct signins *signins_new(void);
void signins_free(struct signins *signins); /* NULL is fine */
struct part signins_part(struct signins *signins);

void signins_begin(struct signins *signins, const struct signin *signin, struct mono now,
                   char ret_code[SIGNIN_SECRET_MAX]);
MUST_USE enum refusal signins_redeem(struct signins *signins, struct str code,
                                     const struct signin_claim *claim, struct mono now,
                                     struct signin_grant *ret);
MUST_USE enum refusal signins_renew(struct signins *signins, struct str refresh_token,
                                    const struct client *client, struct mono now, struct signin_grant *ret);

/* Both: how many ended. */
size_t signins_end_session(struct signins *signins, struct str session_id);
size_t signins_end_user(struct signins *signins, const struct user *user);
