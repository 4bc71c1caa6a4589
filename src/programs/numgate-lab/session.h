/* Who is signed in in which browser. A browser holds a cookie of random bytes, of which only a digest is kept
 * here. A session ends SESSION_SECONDS after its user signed in, by a sign-out, or when it is the oldest of
 * SESSIONS_MAX and another begins. Sessions are no part of a snapshot: a reset and a restore end them all.
 * Any thread. */
#pragma once
#include "common/base/clock.h"
#include "common/base/random.h"
#include "programs/numgate-lab/part.h"

#define SESSIONS_MAX       1000
#define SESSION_SECONDS    86400
#define SESSION_COOKIE_MAX 44 /* 32 bytes in base64url, and a NUL */

struct user;
struct sessions;

struct session {
    const struct user *user;
    char id[UUID_TEXT_MAX]; /* `sid` of its tokens: no secret */
};

struct sessions *sessions_new(void);
void sessions_free(struct sessions *sessions); /* NULL is fine */
struct part sessions_part(struct sessions *sessions);

bool sessions_find(struct sessions *sessions, struct str cookie, struct mono now, struct session *ret);
void sessions_begin(struct sessions *sessions, const struct user *user, struct mono now, struct session *ret,
                    char ret_cookie[SESSION_COOKIE_MAX]);
/* Its user signed in once more: it lasts as long as a new one. */
void sessions_renew(struct sessions *sessions, struct str id, struct mono now);
void sessions_end(struct sessions *sessions, struct str id);                /* nothing when there is none */
size_t sessions_end_of(struct sessions *sessions, const struct user *user); /* how many ended */
