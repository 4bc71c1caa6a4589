/* A set-associative table: the digest names a set of WAYS entries, and any of them may hold it. A digest is
 * as good as random, so its first bytes are the hash. */
#include "gateway/auth/cache.h"

#include <pthread.h>

#include "common/base/mem.h"

#include "common/base/banned.h"

#define PARTS 16
#define WAYS  4
#define SETS  (CACHE_ENTRIES / PARTS / WAYS)

#define TEXTS 5
struct entry {
    struct cache_key key;
    struct mono until; /* 0: empty */
    struct cache_origin origin;
    struct actor actor; /* its texts lie in `text` */
    char *text;
    size_t text_bytes;
};

struct part {
    pthread_mutex_t lock; /* guards the sets */
    struct entry sets[SETS][WAYS];
};

struct cache {
    struct part parts[PARTS];
};

struct cache *cache_new(void)
{
    struct cache *cache = mem_alloc(sizeof(*cache));
    for (size_t i = 0; cache != NULL && i < PARTS; i++) {
        pthread_mutex_init(&cache->parts[i].lock, NULL);
    }
    return cache;
}

void cache_free(struct cache *cache)
{
    if (cache == NULL) {
        return;
    }
    for (size_t i = 0; i < PARTS; i++) {
        struct entry *entries = cache->parts[i].sets[0];
        for (size_t j = 0; j < SETS * WAYS; j++) {
            mem_free(entries[j].text);
        }
        pthread_mutex_destroy(&cache->parts[i].lock);
    }
    mem_free(cache);
}

struct cache_key cache_key(struct str token)
{
    struct cache_key key;
    jose_sha256(token, key.digest);
    return key;
}

static struct part *part_of(struct cache *cache, const struct cache_key *key)
{
    return &cache->parts[key->digest[0] % PARTS];
}

static struct entry *set_of(struct part *part, const struct cache_key *key)
{
    return part->sets[(key->digest[1] | (size_t)key->digest[2] << 8) % SETS];
}

/* The texts of an actor that a token gives; absent ones stay absent. */
static void texts_of(struct actor *actor, struct str *texts[TEXTS])
{
    texts[0] = &actor->caller;
    texts[1] = &actor->tenant;
    texts[2] = &actor->client_id;
    texts[3] = &actor->object_id;
    texts[4] = &actor->name;
}

/* Copies the texts one behind the other to `to` and lets the actor point there. */
static void move_texts(struct actor *actor, char *to)
{
    struct str *texts[TEXTS];
    texts_of(actor, texts);
    for (size_t i = 0; i < TEXTS; i++) {
        if (!str_absent(*texts[i])) {
            memcpy(to, texts[i]->p, texts[i]->n);
            texts[i]->p = to;
            to += texts[i]->n;
        }
    }
}

static size_t texts_bytes(struct actor actor)
{
    struct str *texts[TEXTS];
    size_t bytes = 0;
    texts_of(&actor, texts);
    for (size_t i = 0; i < TEXTS; i++) {
        bytes += texts[i]->n;
    }
    return bytes;
}

static void take_from(struct actor *to, const struct actor *from)
{
    to->way = from->way;
    to->roles = from->roles;
    to->is_user = from->is_user;
    to->caller = from->caller;
    to->tenant = from->tenant;
    to->client_id = from->client_id;
    to->object_id = from->object_id;
    to->name = from->name;
}

static bool copy_out(const struct entry *entry, struct arena *mem, struct actor *ret)
{
    char *text = arena_alloc(mem, entry->text_bytes);
    if (text == NULL) {
        return false;
    }
    take_from(ret, &entry->actor);
    move_texts(ret, text);
    return true;
}

bool cache_find(struct cache *cache, const struct cache_key *key, struct mono now, struct arena *mem,
                struct actor *ret, struct cache_origin *ret_origin)
{
    struct part *part = part_of(cache, key);
    struct entry *set = set_of(part, key);
    bool found = false;
    pthread_mutex_lock(&part->lock);
    for (size_t i = 0; i < WAYS && !found; i++) {
        bool same =
            set[i].until.ms > now.ms && memcmp(set[i].key.digest, key->digest, sizeof(key->digest)) == 0;
        if (same && copy_out(&set[i], mem, ret)) {
            *ret_origin = set[i].origin;
            found = true;
        }
    }
    pthread_mutex_unlock(&part->lock);
    return found;
}

/* The entry of the same token, else the one that would die first, which an empty one always does. */
static struct entry *choose(struct entry *set, const struct cache_key *key)
{
    struct entry *chosen = &set[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (memcmp(set[i].key.digest, key->digest, sizeof(key->digest)) == 0) {
            return &set[i];
        }
        if (set[i].until.ms < chosen->until.ms) {
            chosen = &set[i];
        }
    }
    return chosen;
}

void cache_put(struct cache *cache, const struct cache_key *key, struct mono until,
               struct cache_origin origin, const struct actor *actor)
{
    struct entry fresh = {.key = *key, .until = until, .origin = origin};
    take_from(&fresh.actor, actor);
    fresh.text_bytes = texts_bytes(fresh.actor);
    fresh.text = mem_alloc(fresh.text_bytes);
    if (fresh.text == NULL) {
        return;
    }
    move_texts(&fresh.actor, fresh.text);
    struct part *part = part_of(cache, key);
    pthread_mutex_lock(&part->lock);
    struct entry *place = choose(set_of(part, key), key);
    char *old = place->text;
    *place = fresh;
    pthread_mutex_unlock(&part->lock);
    mem_free(old);
}
