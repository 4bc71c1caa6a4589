#include "programs/numgate-lab/keyring.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/json/read.h"

#include "common/base/banned.h"

#define KEY_FILE_MAX (16 * 1024)
#define SNAPSHOT_MAX (2 * (size_t)KEYRING_ALGS * KEY_FILE_MAX)

struct slot {
    bool wanted;
    struct jose_key *current;
    struct jose_key *previous; /* NULL until the first rotation */
    struct jose_key *impostor; /* NULL until one is asked for */
};

struct keyring {
    char *dir;              /* NULL: nothing is kept */
    pthread_mutex_t change; /* held by whoever makes keys, so that rotations come one after the other */
    pthread_rwlock_t lock;  /* guards the pointers of the slots; taken after `change` */
    struct slot slots[KEYRING_ALGS];
    struct buf at_start; /* a snapshot */
};

struct path {
    char text[PATH_MAX];
};

static struct path key_path(const struct keyring *ring, enum jose_alg alg, const char *role)
{
    struct path path;
    (void)snprintf(path.text, sizeof path.text, "%s/%s.%s.jwk", ring->dir, jose_alg_name(alg), role);
    return path;
}

/* A key that was read is one that can sign; otherwise it is let go. `rc`: of the reading. */
static enum rc check_key(enum rc rc, enum jose_alg alg, struct jose_key **key, struct err *err)
{
    if (rc == RC_OK &&
        (!jose_key_fits(*key, alg) || !jose_key_is_private(*key) || str_absent(jose_key_kid(*key)))) {
        jose_key_free(*key);
        *key = NULL;
        rc = err_set(err, RC_INVALID, NULL, "not a private %s key with a kid", jose_alg_name(alg));
    }
    return rc;
}

static enum rc load_key(const struct keyring *ring, enum jose_alg alg, const char *role,
                        struct jose_key **ret, struct err *err)
{
    struct path path = key_path(ring, alg, role);
    if (access(path.text, F_OK) != 0 && errno == ENOENT) {
        return RC_NOT_FOUND;
    }
    CLEANUP(arena_freep) struct arena *mem = arena_new_secret(4 * KEY_FILE_MAX);
    struct str text;
    enum rc rc = file_read_secret(path.text, mem, &text, err);
    if (rc == RC_OK) {
        rc = jose_key_load(text, ret, err);
    }
    rc = check_key(rc, alg, ret, err);
    if (rc != RC_OK) {
        err_context(err, "%s", path.text);
    }
    return rc;
}

static enum rc save_key(const struct keyring *ring, enum jose_alg alg, const char *role,
                        const struct jose_key *key, struct err *err)
{
    struct buf text;
    buf_init(&text, KEY_FILE_MAX);
    enum rc rc = jose_key_save(key, &text, err);
    if (rc == RC_OK) {
        rc = file_write(key_path(ring, alg, role).text, buf_str(&text), 0600, err);
    }
    if (text.p != NULL) {
        mem_wipe(text.p, text.n);
    }
    buf_clear(&text);
    return rc;
}

static enum rc make_current(struct keyring *ring, enum jose_alg alg, struct err *err)
{
    struct slot *slot = &ring->slots[alg];
    enum rc rc = jose_key_new(alg, STR_NONE, &slot->current, err);
    if (rc != RC_OK || ring->dir == NULL) {
        return rc;
    }
    return save_key(ring, alg, "current", slot->current, err);
}

static enum rc open_slot(struct keyring *ring, enum jose_alg alg, struct err *err)
{
    struct slot *slot = &ring->slots[alg];
    if (ring->dir == NULL) {
        return make_current(ring, alg, err);
    }
    enum rc rc = load_key(ring, alg, "current", &slot->current, err);
    if (rc == RC_NOT_FOUND) {
        return make_current(ring, alg, err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    rc = load_key(ring, alg, "previous", &slot->previous, err);
    return rc == RC_NOT_FOUND ? RC_OK : rc;
}

static enum rc make_dir(const char *dir, struct err *err)
{
    if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
        return err_set(err, RC_INVALID, NULL, "%s: %s", dir, strerror(errno));
    }
    return RC_OK;
}

static void put_key(struct json_out *out, const char *role, const struct jose_key *key)
{
    struct buf text;
    buf_init(&text, KEY_FILE_MAX);
    if (key != NULL && jose_key_save(key, &text, NULL) == RC_OK) {
        json_name(out, str_of(role));
        json_put_raw(out, buf_str(&text));
        mem_wipe(text.p, text.n);
    }
    buf_clear(&text);
}

static void part_snapshot(void *arg, struct json_out *out)
{
    struct keyring *ring = arg;
    json_object_begin(out);
    pthread_rwlock_rdlock(&ring->lock);
    for (enum jose_alg alg = JOSE_RS256; alg < KEYRING_ALGS; alg++) {
        if (ring->slots[alg].wanted) {
            json_name(out, str_of(jose_alg_name(alg)));
            json_object_begin(out);
            put_key(out, "current", ring->slots[alg].current);
            put_key(out, "previous", ring->slots[alg].previous);
            json_object_end(out);
        }
    }
    pthread_rwlock_unlock(&ring->lock);
    json_object_end(out);
}

static void remember_start(struct keyring *ring)
{
    struct json_out out;
    buf_init(&ring->at_start, SNAPSHOT_MAX);
    json_out_init(&out, &ring->at_start);
    part_snapshot(ring, &out);
}

static void keyring_freep(struct keyring **ring)
{
    keyring_free(*ring);
}

enum rc keyring_open(const char *state_dir, const bool wanted[KEYRING_ALGS], struct keyring **ret,
                     struct err *err)
{
    if (state_dir != NULL && make_dir(state_dir, err) != RC_OK) {
        return RC_INVALID;
    }
    CLEANUP(keyring_freep) struct keyring *ring = mem_alloc(sizeof *ring);
    ring->dir = state_dir == NULL ? NULL : mem_dup(state_dir, strlen(state_dir));
    pthread_mutex_init(&ring->change, NULL);
    pthread_rwlock_init(&ring->lock, NULL);
    for (enum jose_alg alg = JOSE_RS256; alg < KEYRING_ALGS; alg++) {
        ring->slots[alg].wanted = wanted[alg];
        enum rc rc = wanted[alg] ? open_slot(ring, alg, err) : RC_OK;
        if (rc != RC_OK) {
            return rc;
        }
    }
    remember_start(ring);
    *ret = TAKE(ring);
    return RC_OK;
}

void keyring_free(struct keyring *ring)
{
    if (ring == NULL) {
        return;
    }
    for (size_t i = 0; i < KEYRING_ALGS; i++) {
        jose_key_free(ring->slots[i].current);
        jose_key_free(ring->slots[i].previous);
        jose_key_free(ring->slots[i].impostor);
    }
    if (ring->at_start.p != NULL) {
        mem_wipe(ring->at_start.p, ring->at_start.n);
    }
    buf_clear(&ring->at_start);
    pthread_rwlock_destroy(&ring->lock);
    pthread_mutex_destroy(&ring->change);
    mem_free(ring->dir);
    mem_free(ring);
}

enum rc keyring_sign(struct keyring *ring, enum jose_alg alg, enum keyring_signer signer, struct str payload,
                     struct buf *out, struct err *err)
{
    enum rc rc = RC_NOT_FOUND;
    pthread_rwlock_rdlock(&ring->lock);
    const struct slot *slot = &ring->slots[alg];
    const struct jose_key *key = signer == KEYRING_IMPOSTOR ? slot->impostor : slot->current;
    if (key != NULL) {
        struct jose_header header = {.alg = alg, .kid = jose_key_kid(slot->current), .typ = STR("JWT")};
        rc = jose_sign(key, &header, payload, out, err);
    }
    pthread_rwlock_unlock(&ring->lock);
    return rc;
}

static bool is_called(const struct jose_key *key, struct str kid)
{
    return key != NULL && str_eq(jose_key_kid(key), kid);
}

enum jose_fault keyring_verify(struct keyring *ring, const struct jose_token *token)
{
    enum jose_fault fault = JOSE_BAD_KID;
    pthread_rwlock_rdlock(&ring->lock);
    for (size_t i = 0; i < KEYRING_ALGS && fault == JOSE_BAD_KID; i++) {
        const struct slot *slot = &ring->slots[i];
        if (is_called(slot->current, token->kid)) {
            fault = jose_verify(token, slot->current);
        } else if (is_called(slot->previous, token->kid)) {
            fault = jose_verify(token, slot->previous);
        }
    }
    pthread_rwlock_unlock(&ring->lock);
    return fault;
}

void keyring_publish(struct keyring *ring, struct buf *out)
{
    const struct jose_key *keys[2 * KEYRING_ALGS];
    size_t count = 0;
    pthread_rwlock_rdlock(&ring->lock);
    for (size_t i = 0; i < KEYRING_ALGS; i++) {
        if (ring->slots[i].current != NULL) {
            keys[count++] = ring->slots[i].current;
        }
    }
    for (size_t i = 0; i < KEYRING_ALGS; i++) {
        if (ring->slots[i].previous != NULL) {
            keys[count++] = ring->slots[i].previous;
        }
    }
    jose_keys_put(keys, count, out);
    pthread_rwlock_unlock(&ring->lock);
}

/* The files first: a crash in between leaves a state that opens. */
static enum rc keep_rotation(const struct keyring *ring, enum jose_alg alg, const struct jose_key *fresh,
                             bool forget, struct err *err)
{
    if (ring->dir == NULL) {
        return RC_OK;
    }
    enum rc rc = RC_OK;
    if (forget) {
        (void)unlink(key_path(ring, alg, "previous").text); /* there may be none */
    } else {
        rc = save_key(ring, alg, "previous", ring->slots[alg].current, err);
    }
    return rc == RC_OK ? save_key(ring, alg, "current", fresh, err) : rc;
}

static void put_in_place(struct keyring *ring, struct slot *slot, struct jose_key *fresh, bool forget)
{
    pthread_rwlock_wrlock(&ring->lock);
    struct jose_key *gone[] = {slot->previous, forget ? slot->current : NULL};
    slot->previous = forget ? NULL : slot->current;
    slot->current = fresh;
    pthread_rwlock_unlock(&ring->lock);
    jose_key_free(gone[0]);
    jose_key_free(gone[1]);
}

static enum rc rotate_slot(struct keyring *ring, enum jose_alg alg, bool forget, struct err *err)
{
    CLEANUP(jose_key_freep) struct jose_key *fresh = NULL;
    enum rc rc = jose_key_new(alg, STR_NONE, &fresh, err);
    if (rc == RC_OK) {
        rc = keep_rotation(ring, alg, fresh, forget, err);
    }
    if (rc == RC_OK) {
        put_in_place(ring, &ring->slots[alg], TAKE(fresh), forget);
    }
    return rc;
}

enum rc keyring_rotate(struct keyring *ring, bool forget, struct err *err)
{
    enum rc rc = RC_OK;
    pthread_mutex_lock(&ring->change);
    for (enum jose_alg alg = JOSE_RS256; alg < KEYRING_ALGS && rc == RC_OK; alg++) {
        rc = ring->slots[alg].wanted ? rotate_slot(ring, alg, forget, err) : RC_OK;
    }
    pthread_mutex_unlock(&ring->change);
    return rc;
}

static enum rc hire_impostor(struct keyring *ring, enum jose_alg alg, struct err *err)
{
    struct slot *slot = &ring->slots[alg];
    struct jose_key *key;
    if (!slot->wanted || slot->impostor != NULL) {
        return RC_OK;
    }
    enum rc rc = jose_key_new(alg, STR_NONE, &key, err);
    if (rc == RC_OK) {
        pthread_rwlock_wrlock(&ring->lock);
        slot->impostor = key;
        pthread_rwlock_unlock(&ring->lock);
    }
    return rc;
}

enum rc keyring_hire_impostors(struct keyring *ring, struct err *err)
{
    enum rc rc = RC_OK;
    pthread_mutex_lock(&ring->change);
    for (enum jose_alg alg = JOSE_RS256; alg < KEYRING_ALGS && rc == RC_OK; alg++) {
        rc = hire_impostor(ring, alg, err);
    }
    pthread_mutex_unlock(&ring->change);
    return rc;
}

/* ---- as a part of the lab's state ---- */

/* NULL: the member is absent. */
static enum rc read_key(const struct json *pair, const char *role, enum jose_alg alg, struct jose_key **ret,
                        struct err *err)
{
    struct json_out out;
    struct buf text;
    const struct json *value = json_get(pair, str_of(role));
    if (value == NULL) {
        return RC_OK;
    }
    buf_init(&text, KEY_FILE_MAX);
    json_out_init(&out, &text);
    json_put_value(&out, value);
    enum rc rc = check_key(jose_key_load(buf_str(&text), ret, err), alg, ret, err);
    if (text.p != NULL) {
        mem_wipe(text.p, text.n);
    }
    buf_clear(&text);
    return rc;
}

static enum rc read_pair(const struct json *value, enum jose_alg alg, struct slot *ret, struct err *err)
{
    size_t members = (size_t)(json_get(value, STR("current")) != NULL) +
                     (size_t)(json_get(value, STR("previous")) != NULL);
    if (json_type(value) != JSON_OBJECT || json_get(value, STR("current")) == NULL ||
        json_count(value) != members) {
        return err_set(err, RC_INVALID, NULL, "expected is {\"current\": JWK, \"previous\": JWK}");
    }
    enum rc rc = read_key(value, "current", alg, &ret->current, err);
    return rc == RC_OK ? read_key(value, "previous", alg, &ret->previous, err) : rc;
}

static bool same_key(const struct jose_key *a, const struct jose_key *b)
{
    return a == NULL || b == NULL ? a == b : str_eq(jose_key_kid(a), jose_key_kid(b));
}

/* What is taken over is not the caller's any more. */
static enum rc take_over(struct keyring *ring, enum jose_alg alg, struct slot *pair, struct err *err)
{
    struct slot *slot = &ring->slots[alg];
    if (same_key(slot->current, pair->current) && same_key(slot->previous, pair->previous)) {
        return RC_OK;
    }
    enum rc rc = RC_OK;
    if (ring->dir != NULL && pair->previous == NULL) {
        (void)unlink(key_path(ring, alg, "previous").text); /* there may be none */
    } else if (ring->dir != NULL) {
        rc = save_key(ring, alg, "previous", pair->previous, err);
    }
    rc = rc == RC_OK && ring->dir != NULL ? save_key(ring, alg, "current", pair->current, err) : rc;
    if (rc == RC_OK) {
        pthread_rwlock_wrlock(&ring->lock);
        struct slot before = *slot;
        slot->current = pair->current;
        slot->previous = pair->previous;
        pthread_rwlock_unlock(&ring->lock);
        pair->current = before.current;
        pair->previous = before.previous;
    }
    return rc;
}

static enum rc restore_pair(struct keyring *ring, struct str name, const struct json *value, bool apply,
                            struct err *err)
{
    enum jose_alg alg;
    struct slot pair = {0};
    if (!jose_alg_parse(name, &alg) || !ring->slots[alg].wanted) {
        return err_set(err, RC_INVALID, NULL, "no client of this lab uses \"%" STR_FMT "\"",
                       STR_ARG(str_slice(name, 0, 40)));
    }
    enum rc rc = read_pair(value, alg, &pair, err);
    if (rc == RC_OK && apply) {
        rc = take_over(ring, alg, &pair, err);
    }
    jose_key_free(pair.current);
    jose_key_free(pair.previous);
    return rc;
}

static enum rc part_restore(void *arg, const struct json *value, bool apply, struct err *err)
{
    struct keyring *ring = arg;
    enum rc rc = RC_OK;
    if (json_type(value) != JSON_OBJECT) {
        return err_set(err, RC_INVALID, NULL, "an object of keys by algorithm is expected");
    }
    pthread_mutex_lock(&ring->change);
    for (struct json_iter it = json_iter(value); rc == RC_OK && json_next(&it);) {
        rc = restore_pair(ring, it.name, it.value, apply, err);
    }
    pthread_mutex_unlock(&ring->change);
    return rc;
}

static enum rc part_reset(void *arg, struct err *err)
{
    struct keyring *ring = arg;
    const struct json *value;
    CLEANUP(arena_freep) struct arena *mem = arena_new_secret(4 * SNAPSHOT_MAX);
    enum rc rc = json_parse(buf_str(&ring->at_start), mem, &value, err);
    return rc == RC_OK ? part_restore(ring, value, true, err) : rc;
}

struct part keyring_part(struct keyring *ring)
{
    return (struct part){"keys", ring, part_reset, part_snapshot, part_restore};
}
