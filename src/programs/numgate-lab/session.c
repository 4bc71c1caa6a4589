#include "programs/numgate-lab/session.h"

#include <pthread.h>

#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/jose/jose.h"
#include "common/json/read.h"

#include "common/base/banned.h"

struct row {
    struct session session; /* user NULL: free */
    uint8_t cookie_sha256[CRYPTO_SHA256_BYTES];
    struct mono end;
};

struct sessions {
    pthread_mutex_t lock; /* guards the rows */
    struct row rows[SESSIONS_MAX];
};

struct sessions *sessions_new(void)
{
    struct sessions *sessions = mem_alloc(sizeof *sessions);
    pthread_mutex_init(&sessions->lock, NULL);
    return sessions;
}

void sessions_free(struct sessions *sessions)
{
    if (sessions != NULL) {
        pthread_mutex_destroy(&sessions->lock);
        mem_free(sessions);
    }
}

static bool is_live(const struct row *row, struct mono now)
{
    return row->session.user != NULL && mono_left_ms(row->end, now) > 0;
}

static bool holds(const struct row *row, const uint8_t digest[CRYPTO_SHA256_BYTES])
{
    return crypto_equal((struct str){(const char *)row->cookie_sha256, CRYPTO_SHA256_BYTES},
                        (struct str){(const char *)digest, CRYPTO_SHA256_BYTES});
}

bool sessions_find(struct sessions *sessions, struct str cookie, struct mono now, struct session *ret)
{
    uint8_t digest[CRYPTO_SHA256_BYTES];
    bool found = false;
    crypto_sha256(&cookie, 1, digest);
    pthread_mutex_lock(&sessions->lock);
    for (size_t i = 0; i < SESSIONS_MAX && !found; i++) {
        const struct row *row = &sessions->rows[i];
        found = is_live(row, now) && holds(row, digest);
        if (found) {
            *ret = row->session;
        }
    }
    pthread_mutex_unlock(&sessions->lock);
    return found;
}

/* A free row, or the one that would end first. */
static struct row *make_room(struct sessions *sessions, struct mono now)
{
    struct row *oldest = &sessions->rows[0];
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct row *row = &sessions->rows[i];
        if (!is_live(row, now)) {
            return row;
        }
        oldest = row->end.ms < oldest->end.ms ? row : oldest;
    }
    return oldest;
}

static void make_cookie(char ret[SESSION_COOKIE_MAX])
{
    uint8_t bytes[32];
    CLEANUP(buf_clear) struct buf text;
    random_bytes(bytes, sizeof bytes);
    buf_init(&text, SESSION_COOKIE_MAX);
    jose_base64url_put(&text, (struct str){(const char *)bytes, sizeof bytes});
    ensure(text.n == SESSION_COOKIE_MAX - 1);
    memcpy(ret, text.p, text.n);
    ret[text.n] = '\0';
}

void sessions_begin(struct sessions *sessions, const struct user *user, struct mono now, struct session *ret,
                    char ret_cookie[SESSION_COOKIE_MAX])
{
    struct row row = {.session = {.user = user}, .end = mono_after(now, SESSION_SECONDS * 1000LL)};
    (void)random_uuid(row.session.id);
    make_cookie(ret_cookie);
    struct str cookie = str_of(ret_cookie);
    crypto_sha256(&cookie, 1, row.cookie_sha256);
    *ret = row.session;
    pthread_mutex_lock(&sessions->lock);
    *make_room(sessions, now) = row;
    pthread_mutex_unlock(&sessions->lock);
}

void sessions_renew(struct sessions *sessions, struct str id, struct mono now)
{
    pthread_mutex_lock(&sessions->lock);
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct row *row = &sessions->rows[i];
        if (is_live(row, now) && str_eq(str_of(row->session.id), id)) {
            row->end = mono_after(now, SESSION_SECONDS * 1000LL);
        }
    }
    pthread_mutex_unlock(&sessions->lock);
}

static bool is_of(const struct session *session, const struct user *user, struct str id)
{
    return session->user != NULL && (session->user == user || str_eq(str_of(session->id), id));
}

/* Those of the user (NULL: nobody) and the one of the id (absent: none). */
static size_t end_all(struct sessions *sessions, const struct user *user, struct str id)
{
    size_t count = 0;
    pthread_mutex_lock(&sessions->lock);
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct row *row = &sessions->rows[i];
        if (is_of(&row->session, user, id)) {
            *row = (struct row){0};
            count++;
        }
    }
    pthread_mutex_unlock(&sessions->lock);
    return count;
}

void sessions_end(struct sessions *sessions, struct str id)
{
    (void)end_all(sessions, NULL, id);
}

size_t sessions_end_of(struct sessions *sessions, const struct user *user)
{
    return end_all(sessions, user, STR_NONE);
}

/* ---- as a part of the lab's state ---- */

static enum rc part_reset(void *arg, struct err *err UNUSED)
{
    struct sessions *sessions = arg;
    pthread_mutex_lock(&sessions->lock);
    memset(sessions->rows, 0, sizeof sessions->rows);
    pthread_mutex_unlock(&sessions->lock);
    return RC_OK;
}

static enum rc part_restore(void *arg, const struct json *value, bool apply, struct err *err)
{
    enum rc rc = part_check_empty(value, err);
    return rc == RC_OK && apply ? part_reset(arg, err) : rc;
}

struct part sessions_part(struct sessions *sessions)
{
    return (struct part){"sessions", sessions, part_reset, part_snapshot_empty, part_restore};
}
