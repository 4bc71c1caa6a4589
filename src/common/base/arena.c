/* A bump allocator over a list of chunks. Small blocks come from the newest chunk, whose size doubles from 4
 * KiB up to 64 KiB; a block that would waste much of a chunk gets one of its own, in a second list, so that
 * the small one goes on being filled. Each chunk remembers how much had been handed out when it was born:
 * rewinding to a mark drops the chunks born after it. Under AddressSanitizer what is not handed out is
 * poisoned, so a use after a rewind is caught. */
#include "common/base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include "common/base/mem.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n)   ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

#include "common/base/banned.h"

#define ALIGNMENT     _Alignof(max_align_t)
#define CHUNK_FIRST   ((size_t)4096)
#define CHUNK_LARGEST ((size_t)64 * 1024)

struct chunk {
    struct chunk *next; /* older */
    size_t born;        /* arena->total when it was made */
    size_t size;
    size_t used;
    _Alignas(max_align_t) char bytes[];
};

struct defer {
    struct defer *next; /* registered before this one */
    void (*fn)(void *);
    void *arg;
};

struct arena {
    struct chunk *small; /* the newest is being filled */
    struct chunk *big;   /* one block each */
    struct defer *defers;
    size_t next_size; /* of the next small chunk, its header included */
    size_t total;
    size_t max;
    bool failed;
    bool secret;
};

struct arena *arena_new(size_t bytes_max)
{
    struct arena *arena = mem_alloc(sizeof *arena);
    if (arena == NULL) {
        return NULL;
    }
    arena->max = bytes_max;
    arena->next_size = CHUNK_FIRST;
    return arena;
}

struct arena *arena_new_secret(size_t bytes_max)
{
    struct arena *arena = arena_new(bytes_max);
    if (arena != NULL) {
        arena->secret = true;
    }
    return arena;
}

static bool chunk_push(struct chunk **list, size_t size, size_t born)
{
    struct chunk *chunk = mem_grow(NULL, sizeof *chunk + size); /* not zeroed: blocks are, one by one */
    if (chunk == NULL) {
        return false;
    }
    *chunk = (struct chunk){.next = *list, .born = born, .size = size};
    ASAN_POISON_MEMORY_REGION(chunk->bytes, size);
    *list = chunk;
    return true;
}

/* Takes everything after the first `used` bytes back. */
static void chunk_shrink(const struct arena *arena, struct chunk *chunk, size_t used)
{
    ASAN_UNPOISON_MEMORY_REGION(chunk->bytes, chunk->used);
    if (arena->secret) {
        mem_wipe(chunk->bytes + used, chunk->used - used);
    }
    chunk->used = used;
    ASAN_POISON_MEMORY_REGION(chunk->bytes + used, chunk->size - used);
}

static void chunk_pop(const struct arena *arena, struct chunk **list)
{
    struct chunk *chunk = *list;
    *list = chunk->next;
    chunk_shrink(arena, chunk, 0);
    mem_free(chunk);
}

static void chunks_drop_after(const struct arena *arena, struct chunk **list, size_t total)
{
    while (*list != NULL && (*list)->born >= total) {
        chunk_pop(arena, list);
    }
}

/* The chunk that has room for n more bytes, n being a multiple of the alignment. */
static struct chunk *chunk_for(struct arena *arena, size_t n)
{
    if (arena->small != NULL && arena->small->size - arena->small->used >= n) {
        return arena->small;
    }
    if (n > arena->next_size / 4) {
        return chunk_push(&arena->big, n, arena->total) ? arena->big : NULL;
    }
    if (!chunk_push(&arena->small, arena->next_size - sizeof(struct chunk), arena->total)) {
        return NULL;
    }
    arena->next_size = arena->next_size < CHUNK_LARGEST ? 2 * arena->next_size : CHUNK_LARGEST;
    return arena->small;
}

static void *fail(struct arena *arena)
{
    arena->failed = true;
    return NULL;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (size > arena->max) { /* also keeps the rounding below from overflowing */
        return fail(arena);
    }
    size_t n = size == 0 ? ALIGNMENT : (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    if (n < size || n > arena->max - arena->total) {
        return fail(arena);
    }
    struct chunk *chunk = chunk_for(arena, n);
    if (chunk == NULL) {
        return fail(arena);
    }
    char *block = chunk->bytes + chunk->used;
    chunk->used += n;
    arena->total += n;
    ASAN_UNPOISON_MEMORY_REGION(block, size);
    return memset(block, 0, size);
}

void *arena_alloc_array(struct arena *arena, size_t count, size_t size)
{
    size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        return fail(arena);
    }
    return arena_alloc(arena, bytes);
}

char *arena_cstr(struct arena *arena, struct str s)
{
    char *copy = s.n < SIZE_MAX ? arena_alloc(arena, s.n + 1) : fail(arena);
    if (copy != NULL && s.n > 0) {
        memcpy(copy, s.p, s.n);
    }
    return copy;
}

struct str arena_str(struct arena *arena, struct str s)
{
    if (str_absent(s)) {
        return STR_NONE;
    }
    const char *copy = arena_cstr(arena, s);
    return copy != NULL ? (struct str){copy, s.n} : STR_NONE;
}

struct str arena_printf(struct arena *arena, const char *format, ...)
{
    char first_try[256];
    va_list args;
    va_list again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(first_try, sizeof first_try, format, args);
    char *text = n < 0 ? fail(arena) : arena_alloc(arena, (size_t)n + 1);
    if (text != NULL && (size_t)n < sizeof first_try) {
        memcpy(text, first_try, (size_t)n);
    } else if (text != NULL) {
        (void)vsnprintf(text, (size_t)n + 1, format, again); /* its length is known to be n */
    }
    va_end(again);
    va_end(args);
    return text != NULL ? (struct str){text, (size_t)n} : STR_NONE;
}

bool arena_defer(struct arena *arena, void (*fn)(void *), void *arg)
{
    struct defer *defer = arena_new_of(arena, struct defer);
    if (defer == NULL) {
        return false;
    }
    *defer = (struct defer){arena->defers, fn, arg};
    arena->defers = defer;
    return true;
}

struct arena_mark arena_mark(const struct arena *arena)
{
    return (struct arena_mark){
        .chunk = arena->small,
        .used = arena->small != NULL ? arena->small->used : 0,
        .defer = arena->defers,
        .total = arena->total,
    };
}

static void run_defers_after(struct arena *arena, const struct defer *last)
{
    while (arena->defers != last) {
        struct defer *defer = arena->defers;
        ensure(defer != NULL); /* else the mark is of another arena, or of a time already rewound */
        arena->defers = defer->next;
        defer->fn(defer->arg);
    }
}

void arena_rewind(struct arena *arena, struct arena_mark mark)
{
    run_defers_after(arena, mark.defer);
    chunks_drop_after(arena, &arena->big, mark.total);
    while (arena->small != mark.chunk) {
        ensure(arena->small != NULL);
        chunk_pop(arena, &arena->small);
    }
    if (arena->small != NULL) {
        chunk_shrink(arena, arena->small, mark.used);
    }
    arena->total = mark.total;
}

void arena_reset(struct arena *arena)
{
    run_defers_after(arena, NULL);
    struct chunk *kept = arena->small; /* only now: a deferred function may have allocated */
    if (kept != NULL) {
        chunks_drop_after(arena, &kept->next, 0);
        chunk_shrink(arena, kept, 0);
        kept->born = 0;
    }
    chunks_drop_after(arena, &arena->big, 0);
    arena->total = 0;
    arena->failed = false;
}

void arena_free(struct arena *arena)
{
    if (arena == NULL) {
        return;
    }
    run_defers_after(arena, NULL);
    chunks_drop_after(arena, &arena->big, 0);
    chunks_drop_after(arena, &arena->small, 0);
    mem_free(arena);
}

void arena_freep(struct arena **arena)
{
    arena_free(*arena);
}

bool arena_failed(const struct arena *arena)
{
    return arena->failed;
}

size_t arena_bytes(const struct arena *arena)
{
    return arena->total;
}

struct str arena_lower(struct arena *mem, struct str s)
{
    char *lower = str_absent(s) ? NULL : arena_cstr(mem, s);
    for (size_t i = 0; lower != NULL && i < s.n; i++) {
        lower[i] = (char)(lower[i] >= 'A' && lower[i] <= 'Z' ? lower[i] + 'a' - 'A' : lower[i]);
    }
    return (struct str){lower, lower != NULL ? s.n : 0};
}
