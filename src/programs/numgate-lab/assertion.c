#include "programs/numgate-lab/assertion.h"

#include <pthread.h>
#include <stdio.h>

#include "common/base/mem.h"
#include "common/json/read.h"

#include "common/base/banned.h"

/* Open addressing with linear probing, at most half full; the key is the digest of client and jti. */
#define SLOTS (2 * ASSERTIONS_MAX)

#define TIME_MAX_S 253402300800 /* the year 10000 */

struct memory_slot {
    uint8_t digest[CRYPTO_SHA256_BYTES];
    int64_t end_s; /* 0: free */
};

struct assertions {
    pthread_mutex_t lock;      /* guards the slots */
    struct memory_slot *slots; /* NULL until the first one must be remembered */
    size_t count;
};

struct assertions *assertions_new(void)
{
    struct assertions *assertions = mem_alloc(sizeof *assertions);
    pthread_mutex_init(&assertions->lock, NULL);
    return assertions;
}

void assertions_free(struct assertions *assertions)
{
    if (assertions != NULL) {
        pthread_mutex_destroy(&assertions->lock);
        mem_free(assertions->slots);
        mem_free(assertions);
    }
}

/* ---- memory ---- */

/* The slot that holds the digest, or the free one where it would go. */
static struct memory_slot *find_slot(struct memory_slot *slots, const uint8_t digest[CRYPTO_SHA256_BYTES])
{
    uint32_t start;
    memcpy(&start, digest, sizeof start);
    for (size_t i = start % SLOTS;; i = (i + 1) % SLOTS) {
        if (slots[i].end_s == 0 || memcmp(slots[i].digest, digest, CRYPTO_SHA256_BYTES) == 0) {
            return &slots[i];
        }
    }
}

/* Forgets what has ended by putting the rest into a new table. */
static void forget_ended(struct assertions *assertions, int64_t now_s)
{
    struct memory_slot *slots = mem_alloc_array(SLOTS, sizeof *slots);
    size_t count = 0;
    for (size_t i = 0; assertions->slots != NULL && i < SLOTS; i++) {
        if (assertions->slots[i].end_s > now_s) {
            *find_slot(slots, assertions->slots[i].digest) = assertions->slots[i];
            count++;
        }
    }
    mem_free(assertions->slots);
    assertions->slots = slots;
    assertions->count = count;
}

static enum refusal remember_digest(struct assertions *assertions, const uint8_t digest[CRYPTO_SHA256_BYTES],
                                    int64_t end_s, int64_t now_s)
{
    if (assertions->slots == NULL || assertions->count == ASSERTIONS_MAX) {
        forget_ended(assertions, now_s);
    }
    struct memory_slot *slot = find_slot(assertions->slots, digest);
    if (slot->end_s > now_s) {
        return REFUSAL_ASSERTION_REPLAYED;
    }
    if (slot->end_s == 0 && assertions->count == ASSERTIONS_MAX) {
        return REFUSAL_ASSERTIONS_FULL;
    }
    assertions->count += slot->end_s == 0;
    memcpy(slot->digest, digest, CRYPTO_SHA256_BYTES);
    slot->end_s = end_s;
    return REFUSAL_NONE;
}

static enum refusal remember(struct assertions *assertions, const struct client *client, struct str jti,
                             int64_t end_s, int64_t now_s)
{
    uint8_t digest[CRYPTO_SHA256_BYTES];
    const struct str key[] = {client->client_id, {"\0", 1}, jti};
    if (str_absent(jti) || str_empty(jti)) {
        return REFUSAL_ASSERTION_REPLAYED;
    }
    crypto_sha256(key, ARRAY_LEN(key), digest);
    pthread_mutex_lock(&assertions->lock);
    enum refusal refusal = remember_digest(assertions, digest, end_s, now_s);
    pthread_mutex_unlock(&assertions->lock);
    return refusal;
}

/* ---- checks ---- */

static struct str claim(const struct assertion *assertion, const char *name)
{
    return json_string(json_get(assertion->claims, str_of(name)));
}

/* Seconds since 1970. Fractions are allowed (RFC 7519 section 2), and msal for Python sends them. False:
 * there, but no time. */
static bool time_claim(const struct assertion *assertion, const char *name, int64_t preset, int64_t *ret)
{
    const struct json *value = json_get(assertion->claims, str_of(name));
    if (value == NULL) {
        *ret = preset;
        return true;
    }
    double seconds = json_double(value);
    bool fits = seconds > 0 && seconds < (double)TIME_MAX_S;
    *ret = fits ? (int64_t)seconds : 0;
    return fits;
}

static bool is_audience(struct str text, const struct str *audiences, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!str_absent(text) && str_eq_ci(audiences[i], text)) {
            return true;
        }
    }
    return false;
}

/* `aud` may be a list of several (RFC 7519 section 4.1.3). */
static bool audience_fits(const struct assertion *assertion, const struct str *audiences, size_t count)
{
    const struct json *aud = json_get(assertion->claims, STR("aud"));
    if (is_audience(json_string(aud), audiences, count)) {
        return true;
    }
    for (size_t i = 0; aud != NULL && json_type(aud) == JSON_ARRAY && i < json_count(aud); i++) {
        if (is_audience(json_string(json_at(aud, i)), audiences, count)) {
            return true;
        }
    }
    return false;
}

static bool time_fits(const struct assertion *assertion, int64_t now_s, int64_t *ret_end_s)
{
    int64_t nbf = 0, iat = 0, exp = 0;
    bool readable = time_claim(assertion, "exp", 0, &exp) && time_claim(assertion, "nbf", now_s, &nbf) &&
                    time_claim(assertion, "iat", now_s, &iat);
    *ret_end_s = readable && exp > 0 ? exp + ASSERTION_SKEW_S : 0;
    return *ret_end_s > now_s && exp <= now_s + ASSERTION_LIFE_MAX_S && nbf <= now_s + ASSERTION_SKEW_S &&
           iat <= now_s + ASSERTION_SKEW_S;
}

static bool signature_fits(const struct assertion *assertion, const struct client *client)
{
    for (size_t i = 0; i < client->key_count; i++) {
        if (jose_verify(&assertion->token, client->keys[i]) == JOSE_OK) {
            return true;
        }
    }
    return false;
}

enum refusal assertion_read(struct str text, struct arena *mem, struct assertion *ret)
{
    struct assertion assertion;
    if (jose_parse(text, mem, &assertion.token) != JOSE_OK ||
        json_parse(assertion.token.payload, mem, &assertion.claims, NULL) != RC_OK) {
        return REFUSAL_ASSERTION_MALFORMED;
    }
    if (json_type(assertion.claims) != JSON_OBJECT) {
        return REFUSAL_ASSERTION_MALFORMED;
    }
    assertion.subject = claim(&assertion, "sub");
    *ret = assertion;
    return REFUSAL_NONE;
}

/* The signature before the rest, so that nobody without the key learns what else is wrong. */
enum refusal assertion_check(struct assertions *assertions, const struct assertion *assertion,
                             const struct client *client, const struct str *audiences, size_t audience_count,
                             struct wall now)
{
    int64_t end_s;
    int64_t now_s = now.ms / 1000;
    if (!signature_fits(assertion, client)) {
        return REFUSAL_ASSERTION_SIGNATURE;
    }
    if (!str_eq_ci(claim(assertion, "iss"), client->client_id) ||
        !str_eq_ci(assertion->subject, client->client_id)) {
        return REFUSAL_ASSERTION_SUBJECT;
    }
    if (!audience_fits(assertion, audiences, audience_count)) {
        return REFUSAL_ASSERTION_AUDIENCE;
    }
    if (!time_fits(assertion, now_s, &end_s)) {
        return REFUSAL_ASSERTION_TIME;
    }
    return client->assertion_once ? remember(assertions, client, claim(assertion, "jti"), end_s, now_s)
                                  : REFUSAL_NONE;
}

/* ---- as a part of the lab's state ---- */

static enum rc part_reset(void *arg, struct err *err UNUSED)
{
    struct assertions *assertions = arg;
    pthread_mutex_lock(&assertions->lock);
    mem_free(TAKE(assertions->slots));
    assertions->count = 0;
    pthread_mutex_unlock(&assertions->lock);
    return RC_OK;
}

static void write_slot(const struct memory_slot *slot, struct json_out *out)
{
    char digest[2 * CRYPTO_SHA256_BYTES + 1];
    for (size_t i = 0; i < CRYPTO_SHA256_BYTES; i++) {
        (void)snprintf(digest + 2 * i, 3, "%02x", slot->digest[i]);
    }
    json_i64_member(out, digest, slot->end_s);
}

static void part_snapshot(void *arg, struct json_out *out)
{
    struct assertions *assertions = arg;
    json_object_begin(out);
    pthread_mutex_lock(&assertions->lock);
    for (size_t i = 0; assertions->slots != NULL && i < SLOTS; i++) {
        if (assertions->slots[i].end_s != 0) {
            write_slot(&assertions->slots[i], out);
        }
    }
    pthread_mutex_unlock(&assertions->lock);
    json_object_end(out);
}

static enum rc read_slot(struct str name, const struct json *value, struct memory_slot *ret, struct err *err)
{
    ret->end_s = json_int(value);
    bool fits = str_to_hex(name, ret->digest, sizeof ret->digest) && json_type(value) == JSON_INT &&
                ret->end_s > 0 && ret->end_s < TIME_MAX_S;
    return fits ? RC_OK : err_set(err, RC_INVALID, NULL, "expected is {\"SHA-256\": seconds since 1970}");
}

static enum rc part_restore(void *arg, const struct json *value, bool apply, struct err *err)
{
    struct assertions *assertions = arg;
    struct memory_slot slot;
    if (json_type(value) != JSON_OBJECT || json_count(value) > ASSERTIONS_MAX) {
        return err_set(err, RC_INVALID, NULL, "an object of at most %d members is expected", ASSERTIONS_MAX);
    }
    for (struct json_iter it = json_iter(value); json_next(&it);) {
        if (read_slot(it.name, it.value, &slot, err) != RC_OK) {
            return RC_INVALID;
        }
    }
    if (!apply) {
        return RC_OK;
    }
    (void)part_reset(assertions, NULL); /* always RC_OK */
    pthread_mutex_lock(&assertions->lock);
    for (struct json_iter it = json_iter(value); json_next(&it);) {
        (void)read_slot(it.name, it.value, &slot, NULL);               /* looked at above */
        (void)remember_digest(assertions, slot.digest, slot.end_s, 0); /* there is room for as many */
    }
    pthread_mutex_unlock(&assertions->lock);
    return RC_OK;
}

struct part assertions_part(struct assertions *assertions)
{
    return (struct part){"assertions", assertions, part_reset, part_snapshot, part_restore};
}
