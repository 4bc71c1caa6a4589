/* Memory of one request or one job: allocated piece by piece, given back all at once.
 * An arena has a ceiling in bytes. Past it an allocation returns NULL and the arena remembers (arena_failed); callers
 * that build many small things test once at the end. Not thread-safe: one owner at a time. */
#pragma once
#include "common/base/compiler.h"
#include "common/base/str.h"

struct arena;

struct arena_mark {
    void *chunk;
    size_t used;
    void *defer;
    size_t total;
};

struct arena *arena_new(size_t bytes_max);
struct arena *arena_new_secret(size_t bytes_max); /* what is given back is wiped first */
void arena_free(struct arena *arena);             /* runs what was deferred; NULL is fine */
void arena_freep(struct arena **arena);

/* Zeroed memory, aligned for any type. NULL when the ceiling is reached. size 0 gives a valid pointer. */
void *arena_alloc(struct arena *arena, size_t size);
void *arena_alloc_array(struct arena *arena, size_t count, size_t size); /* checks the product */
#define arena_new_of(arena, type) ((type *)arena_alloc((arena), sizeof(type)))

struct str arena_str(struct arena *arena, struct str s); /* a copy, NUL behind it; absent stays absent */
struct str arena_lower(struct arena *mem, struct str s); /* ASCII letters only; absent stays absent */
char *arena_cstr(struct arena *arena, struct str s); /* the same as a C string; stops nothing at inner NULs */
PRINTF_LIKE(2, 3) struct str arena_printf(struct arena *arena, const char *format, ...);

/* Calls fn(arg) when the arena is freed, reset or rewound past here; last registered runs first.
 * False: the arena is full, nothing was registered and the caller calls fn itself. */
bool arena_defer(struct arena *arena, void (*fn)(void *), void *arg);

struct arena_mark arena_mark(const struct arena *arena);
void arena_rewind(struct arena *arena,
                  struct arena_mark mark); /* gives back what came after the mark; failed stays */
void arena_reset(struct arena *arena);     /* gives back everything, keeps one chunk, clears failed */
bool arena_failed(const struct arena *arena);
size_t arena_bytes(const struct arena *arena); /* handed out so far */
