#include "programs/numgate-lab/signin.h"

#include <pthread.h>

#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/jose/jose.h"
#include "common/json/read.h"
#include "programs/numgate-lab/directory.h"

#include "common/base/banned.h"

#define NAME_BYTES     15
#define NAME_SIZE      20 /* the same in base64url */
#define SECRET_BYTES   33
#define VERIFIER_MIN   43 /* RFC 7636 section 4.1 */
#define VERIFIER_MAX   128
#define MS_OF(seconds) ((seconds)*1000)

enum state { FREE, CODE, LIVE, ENDED };

struct row {
    enum state state;
    char name[NAME_SIZE];
    uint8_t current[CRYPTO_SHA256_BYTES]; /* of the code or refresh token that may be used next */
    uint64_t number;                      /* rows are numbered as they begin */
    struct mono code_end, end;
    struct signin signin;
};

struct signins {
    pthread_mutex_t lock; /* guards all of it */
    uint64_t count;       /* that ever began */
    struct row rows[SIGNINS_MAX];
};

struct signins *signins_new(void)
{
    struct signins *signins = mem_alloc(sizeof *signins);
    pthread_mutex_init(&signins->lock, NULL);
    return signins;
}

void signins_free(struct signins *signins)
{
    if (signins != NULL) {
        pthread_mutex_destroy(&signins->lock);
        mem_free(signins);
    }
}

/* ---- secrets ---- */

static struct str bytes_of(const uint8_t digest[CRYPTO_SHA256_BYTES])
{
    return (struct str){(const char *)digest, CRYPTO_SHA256_BYTES};
}

static void put_random(size_t bytes, char *ret, size_t size)
{
    uint8_t random[SECRET_BYTES];
    CLEANUP(buf_clear) struct buf text;
    random_bytes(random, bytes);
    buf_init(&text, SIGNIN_SECRET_MAX);
    jose_base64url_put(&text, (struct str){(const char *)random, bytes});
    ensure(text.n == size);
    memcpy(ret, text.p, size);
    mem_wipe(random, sizeof random);
}

/* A new secret of the row, which the old one is no longer. */
static void make_secret(struct row *row, char ret[SIGNIN_SECRET_MAX])
{
    memcpy(ret, row->name, NAME_SIZE);
    put_random(SECRET_BYTES, ret + NAME_SIZE, SIGNIN_SECRET_MAX - 1 - NAME_SIZE);
    ret[SIGNIN_SECRET_MAX - 1] = '\0';
    struct str text = str_of(ret);
    crypto_sha256(&text, 1, row->current);
}

static bool is_current(const struct row *row, struct str secret)
{
    uint8_t digest[CRYPTO_SHA256_BYTES];
    crypto_sha256(&secret, 1, digest);
    return crypto_equal(bytes_of(digest), bytes_of(row->current));
}

/* RFC 7636 section 4.6. */
static bool verifier_fits(const struct row *row, struct str verifier)
{
    uint8_t digest[CRYPTO_SHA256_BYTES];
    CLEANUP(buf_clear) struct buf text;
    buf_init(&text, SIGNIN_CHALLENGE_SIZE + 1);
    crypto_sha256(&verifier, 1, digest);
    jose_base64url_put(&text, bytes_of(digest));
    return verifier.n >= VERIFIER_MIN && verifier.n <= VERIFIER_MAX &&
           crypto_equal(buf_str(&text), str_of(row->signin.challenge));
}

/* ---- rows ---- */

/* What is over may be forgotten; what was revoked is remembered to its end while there is room. */
static bool is_over(const struct row *row, struct mono now)
{
    return row->state == FREE || (row->state == CODE && mono_left_ms(row->code_end, now) == 0) ||
           mono_left_ms(row->end, now) == 0;
}

static struct row *make_room(struct signins *signins, struct mono now)
{
    struct row *oldest = &signins->rows[0];
    for (size_t i = 0; i < SIGNINS_MAX; i++) {
        struct row *row = &signins->rows[i];
        if (row->state == FREE) {
            return row;
        }
        bool better =
            is_over(row, now) != is_over(oldest, now) ? is_over(row, now) : row->number < oldest->number;
        oldest = better ? row : oldest;
    }
    return oldest;
}

static struct row *find(struct signins *signins, struct str secret)
{
    struct str name = str_slice(secret, 0, NAME_SIZE);
    for (size_t i = 0; i < SIGNINS_MAX && secret.n == SIGNIN_SECRET_MAX - 1; i++) {
        struct row *row = &signins->rows[i];
        if (row->state != FREE && str_eq((struct str){row->name, NAME_SIZE}, name)) {
            return row;
        }
    }
    return NULL;
}

void signins_begin(struct signins *signins, const struct signin *signin, struct mono now,
                   char ret_code[SIGNIN_SECRET_MAX])
{
    pthread_mutex_lock(&signins->lock);
    struct row *row = make_room(signins, now);
    *row = (struct row){
        .state = CODE,
        .number = ++signins->count,
        .code_end = mono_after(now, MS_OF(signin->client->code_seconds)),
        .end = mono_after(now, MS_OF(signin->client->refresh_seconds)),
        .signin = *signin,
    };
    put_random(NAME_BYTES, row->name, NAME_SIZE);
    make_secret(row, ret_code);
    pthread_mutex_unlock(&signins->lock);
}

/* What the client gets now, and with offline access what it renews with next. */
static void grant(struct row *row, struct mono now, struct signin_grant *ret)
{
    row->state = LIVE;
    *ret = (struct signin_grant){.signin = row->signin, .left_s = mono_left_ms(row->end, now) / 1000};
    if (row->signin.offline) {
        make_secret(row, ret->refresh_token);
    }
}

static enum refusal check_code(const struct row *row, struct str code, const struct signin_claim *claim,
                               struct mono now)
{
    if (row->state == ENDED) {
        return REFUSAL_SIGNIN_ENDED;
    }
    if (row->state != CODE || !is_current(row, code)) {
        return REFUSAL_CODE_USED;
    }
    if (row->signin.client != claim->client) {
        return REFUSAL_GRANT_OF_OTHER;
    }
    if (mono_left_ms(row->code_end, now) == 0) {
        return REFUSAL_CODE_EXPIRED;
    }
    if (!str_eq(row->signin.redirect_uri, claim->redirect_uri)) {
        return REFUSAL_CODE_REDIRECT;
    }
    return verifier_fits(row, claim->verifier) ? REFUSAL_NONE : REFUSAL_VERIFIER_WRONG;
}

enum refusal signins_redeem(struct signins *signins, struct str code, const struct signin_claim *claim,
                            struct mono now, struct signin_grant *ret)
{
    pthread_mutex_lock(&signins->lock);
    struct row *row = find(signins, code);
    enum refusal refusal = row == NULL ? REFUSAL_CODE_UNKNOWN : check_code(row, code, claim, now);
    if (refusal == REFUSAL_NONE) {
        grant(row, now, ret);
    } else if (row != NULL) {
        row->state = ENDED;
    }
    pthread_mutex_unlock(&signins->lock);
    return refusal;
}

static enum refusal check_refresh(const struct row *row, struct str token, const struct client *client,
                                  struct mono now)
{
    if (row->signin.client != client) {
        return REFUSAL_GRANT_OF_OTHER;
    }
    if (mono_left_ms(row->end, now) == 0) {
        return REFUSAL_REFRESH_EXPIRED;
    }
    if (row->state == ENDED) {
        return REFUSAL_SIGNIN_ENDED;
    }
    return row->state == LIVE && row->signin.offline && is_current(row, token) ? REFUSAL_NONE
                                                                               : REFUSAL_REFRESH_USED;
}

enum refusal signins_renew(struct signins *signins, struct str token, const struct client *client,
                           struct mono now, struct signin_grant *ret)
{
    pthread_mutex_lock(&signins->lock);
    struct row *row = find(signins, token);
    enum refusal refusal = row == NULL ? REFUSAL_REFRESH_UNKNOWN : check_refresh(row, token, client, now);
    if (refusal == REFUSAL_NONE) {
        grant(row, now, ret);
    } else if (refusal == REFUSAL_REFRESH_USED) {
        row->state = ENDED;
    }
    pthread_mutex_unlock(&signins->lock);
    return refusal;
}

/* Those of the user (NULL: nobody) and those of the session (absent: none). */
static size_t end_all(struct signins *signins, const struct user *user, struct str session_id)
{
    size_t count = 0;
    pthread_mutex_lock(&signins->lock);
    for (size_t i = 0; i < SIGNINS_MAX; i++) {
        struct row *row = &signins->rows[i];
        bool meant = row->signin.user == user || str_eq(str_of(row->signin.session_id), session_id);
        if ((row->state == CODE || row->state == LIVE) && meant) {
            row->state = ENDED;
            count++;
        }
    }
    pthread_mutex_unlock(&signins->lock);
    return count;
}

size_t signins_end_session(struct signins *signins, struct str session_id)
{
    return end_all(signins, NULL, session_id);
}

size_t signins_end_user(struct signins *signins, const struct user *user)
{
    return end_all(signins, user, STR_NONE);
}

/* ---- as a part of the lab's state ---- */

static enum rc part_reset(void *arg, struct err *err UNUSED)
{
    struct signins *signins = arg;
    pthread_mutex_lock(&signins->lock);
    memset(signins->rows, 0, sizeof signins->rows);
    pthread_mutex_unlock(&signins->lock);
    return RC_OK;
}

static enum rc part_restore(void *arg, const struct json *value, bool apply, struct err *err)
{
    enum rc rc = part_check_empty(value, err);
    return rc == RC_OK && apply ? part_reset(arg, err) : rc;
}

struct part signins_part(struct signins *signins)
{
    return (struct part){"sign-ins", signins, part_reset, part_snapshot_empty, part_restore};
}
