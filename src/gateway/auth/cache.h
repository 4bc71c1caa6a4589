/* Tokens that were verified a moment ago, so that a client that sends the same one with each request costs a
 * digest and not a signature check. Bounded; holds digests, never tokens. Only good tokens are kept: a
 * refusal is worked out anew each time. Thread-safe: the entries are in parts, each with its own lock, held
 * for the time of one copy. */
#pragma once
#include "common/base/clock.h"
#include "common/jose/jose.h"
#include "gateway/domain/actor.h"

#define CACHE_ENTRIES 4096

struct cache;

struct cache_key {
    uint8_t digest[JOSE_SHA256_BYTES]; /* of the whole token */
};
/* What an entry depends on: it is dead when its issuer has had other keys since. */
struct cache_origin {
    size_t issuer;
    uint64_t generation;
};

struct cache *cache_new(void); /* NULL: no memory */
void cache_free(struct cache *cache);
struct cache_key cache_key(struct str token);
/* False: not there, or `until` passed. Fills the same members of *ret as token_check(), copied into `mem`. */
bool cache_find(struct cache *cache, const struct cache_key *key, struct mono now, struct arena *mem,
                struct actor *ret, struct cache_origin *ret_origin);
/* Replaces the oldest of the few entries that may share its place. Without memory nothing is kept. */
void cache_put(struct cache *cache, const struct cache_key *key, struct mono until,
               struct cache_origin origin, const struct actor *actor);
