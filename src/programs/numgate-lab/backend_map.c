#include "programs/numgate-lab/backend_map.h"

#include <stdio.h>

#include "common/base/compiler.h"
#include "common/base/mem.h"

#include "common/base/banned.h"

#define CHUNK_ENTRIES 256

struct map_entry {
    struct map_key key;
    void *value;
};
struct map_chunk {
    size_t count; /* never 0 */
    struct map_entry entries[CHUNK_ENTRIES];
};

static bool is_less(struct map_key a, struct map_key b)
{
    return a.hi != b.hi ? a.hi < b.hi : a.lo < b.lo;
}

static bool is_same(struct map_key a, struct map_key b)
{
    return a.hi == b.hi && a.lo == b.lo;
}

void map_clear(struct map *map)
{
    for (size_t i = 0; i < map->chunk_count; i++) {
        mem_free(map->chunks[i]);
    }
    mem_free(map->chunks);
    *map = (struct map){0};
}

/* The last chunk that does not begin behind the key; the first where all do. */
static size_t find_chunk(const struct map *map, struct map_key key)
{
    size_t low = 0, high = map->chunk_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (is_less(key, map->chunks[middle]->entries[0].key)) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low == 0 ? 0 : low - 1;
}

/* The first entry that is not before the key. */
static size_t find_entry(const struct map_chunk *chunk, struct map_key key)
{
    size_t low = 0, high = chunk->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (is_less(chunk->entries[middle].key, key)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct map_entry *find(const struct map *map, struct map_key key)
{
    if (map->count == 0) {
        return NULL;
    }
    struct map_chunk *chunk = map->chunks[find_chunk(map, key)];
    size_t i = find_entry(chunk, key);
    return i < chunk->count && is_same(chunk->entries[i].key, key) ? &chunk->entries[i] : NULL;
}

void *map_get(const struct map *map, struct map_key key)
{
    const struct map_entry *entry = find(map, key);
    return entry == NULL ? NULL : entry->value;
}

static void insert_chunk(struct map *map, size_t at, struct map_chunk *chunk)
{
    if (map->chunk_count == map->chunk_cap) {
        map->chunk_cap = map->chunk_cap == 0 ? 16 : map->chunk_cap * 2;
        map->chunks = mem_grow(map->chunks, map->chunk_cap * sizeof(struct map_chunk *));
    }
    memmove(&map->chunks[at + 1], &map->chunks[at], (map->chunk_count - at) * sizeof(struct map_chunk *));
    map->chunks[at] = chunk;
    map->chunk_count++;
}

/* A full chunk becomes two. At the very end the new one stays empty for the moment: keys that come in order fill chunks. */
static size_t split(struct map *map, size_t at, struct map_key key)
{
    struct map_chunk *full = map->chunks[at], *fresh = mem_alloc(sizeof *fresh);
    bool at_end = at + 1 == map->chunk_count && is_less(full->entries[full->count - 1].key, key);
    size_t keep = at_end ? full->count : full->count / 2;
    fresh->count = full->count - keep;
    memcpy(fresh->entries, &full->entries[keep], fresh->count * sizeof fresh->entries[0]);
    full->count = keep;
    insert_chunk(map, at + 1, fresh);
    return at_end || !is_less(key, fresh->entries[0].key) ? at + 1 : at;
}

void *map_put(struct map *map, struct map_key key, void *value)
{
    struct map_entry *there = find(map, key);
    if (there != NULL) {
        void *old = there->value;
        there->value = value;
        return old;
    }
    if (map->chunk_count == 0) {
        insert_chunk(map, 0, mem_alloc(sizeof(struct map_chunk)));
    }
    size_t at = find_chunk(map, key);
    if (map->chunks[at]->count == CHUNK_ENTRIES) {
        at = split(map, at, key);
    }
    struct map_chunk *chunk = map->chunks[at];
    size_t i = find_entry(chunk, key);
    memmove(&chunk->entries[i + 1], &chunk->entries[i], (chunk->count - i) * sizeof chunk->entries[0]);
    chunk->entries[i] = (struct map_entry){key, value};
    chunk->count++;
    map->count++;
    return NULL;
}

void *map_drop(struct map *map, struct map_key key)
{
    struct map_entry *there = find(map, key);
    if (there == NULL) {
        return NULL;
    }
    void *old = there->value;
    size_t at = find_chunk(map, key);
    struct map_chunk *chunk = map->chunks[at];
    size_t i = (size_t)(there - chunk->entries);
    chunk->count--;
    map->count--;
    memmove(&chunk->entries[i], &chunk->entries[i + 1], (chunk->count - i) * sizeof chunk->entries[0]);
    if (chunk->count == 0) {
        mem_free(chunk);
        map->chunk_count--;
        memmove(&map->chunks[at], &map->chunks[at + 1], (map->chunk_count - at) * sizeof(struct map_chunk *));
    }
    return old;
}

struct map_at map_first(const struct map *map UNUSED)
{
    return (struct map_at){0};
}

struct map_at map_behind(const struct map *map, struct map_key key)
{
    struct map_at at = {0};
    if (map->count > 0) {
        at.chunk = find_chunk(map, key);
        at.entry = find_entry(map->chunks[at.chunk], key);
        const struct map_chunk *chunk = map->chunks[at.chunk];
        at.entry += at.entry < chunk->count && is_same(chunk->entries[at.entry].key, key);
    }
    return at;
}

void *map_next(const struct map *map, struct map_at *at)
{
    if (at->chunk < map->chunk_count && at->entry == map->chunks[at->chunk]->count) {
        at->chunk++;
        at->entry = 0;
    }
    if (at->chunk >= map->chunk_count) {
        return NULL;
    }
    const struct map_entry *entry = &map->chunks[at->chunk]->entries[at->entry++];
    at->key = entry->key;
    return entry->value;
}

bool map_key_of_uuid(struct str uuid, struct map_key *ret)
{
    uint64_t halves[2] = {0};
    unsigned digits = 0;
    if (!str_is_uuid(uuid)) {
        return false;
    }
    for (size_t i = 0; i < uuid.n; i++) {
        char c = uuid.p[i];
        if (c != '-') {
            unsigned digit = c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a' + 10);
            halves[digits / 16] = halves[digits / 16] << 4 | digit;
            digits++;
        }
    }
    *ret = (struct map_key){halves[0], halves[1]};
    return true;
}

struct str map_key_uuid(struct map_key key, char text[UUID_TEXT_MAX])
{
    (void)snprintf(text, UUID_TEXT_MAX, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(key.hi >> 32),
                   (unsigned)(key.hi >> 16 & 0xFFFF), (unsigned)(key.hi & 0xFFFF), (unsigned)(key.lo >> 48),
                   (unsigned long long)(key.lo & 0xFFFFFFFFFFFFULL));
    return (struct str){text, UUID_TEXT_MAX - 1};
}
