/* An ordered map from 128 bits to a pointer: telephone numbers and UUIDs are such keys. Sorted chunks under a sorted list of
 * chunks: looking up is two binary searches, putting in moves at most a chunk, going on from a key costs nothing. Holds a
 * million entries in 32 MB. The values are the caller's. One thread at a time. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/random.h"
#include "common/base/str.h"

struct map_key {
    uint64_t hi, lo;
};

struct map_chunk;
struct map { /* zeroed is empty */
    struct map_chunk **chunks;
    size_t chunk_count, chunk_cap;
    size_t count;
};

void map_clear(struct map *map);
void *map_get(const struct map *map, struct map_key key);        /* NULL: none */
void *map_put(struct map *map, struct map_key key, void *value); /* what was there before, or NULL */
void *map_drop(struct map *map, struct map_key key);             /* what was there, or NULL */

/* struct map_at at = map_first(map); while ((value = map_next(map, &at)) != NULL) ...; nothing may be changed meanwhile. */
struct map_at {
    size_t chunk, entry;
    struct map_key key; /* of what map_next() gave */
};
struct map_at map_first(const struct map *map);
struct map_at map_behind(const struct map *map, struct map_key key); /* what comes after the key */
void *map_next(const struct map *map, struct map_at *at);

/* A UUID in text, in any letter case, as a key and back (lower case): their orders are the same. */
bool map_key_of_uuid(struct str uuid, struct map_key *ret);
struct str map_key_uuid(struct map_key key, char text[UUID_TEXT_MAX]);
