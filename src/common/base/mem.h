/* The allocator of ours that every room calls. It returns NULL, or, after mem_abort_when_exhausted(), says so and ends the
 * process: a daemon has nothing better to do, a library must not. Thread-safe. */
#pragma once
#include <stddef.h>

void mem_abort_when_exhausted(void); /* once, in main */
void *mem_alloc(size_t size);        /* zeroed */
void *mem_alloc_array(size_t count, size_t size);
void *mem_grow(void *p, size_t size);   /* realloc; the old block stays on failure */
char *mem_dup(const char *p, size_t n); /* NUL behind it */
void mem_free(void *p);
void mem_wipe(void *p, size_t n); /* not optimized away */
