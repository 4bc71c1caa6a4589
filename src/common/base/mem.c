#include "common/base/mem.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the process decided once, in main; a library never sets it. */
static atomic_bool abort_when_exhausted;

void mem_abort_when_exhausted(void)
{
    atomic_store(&abort_when_exhausted, true);
}

static void *checked(void *p, size_t size)
{
    if (p == NULL && atomic_load(&abort_when_exhausted)) {
        fprintf(stderr, "out of memory (%zu bytes wanted)\n", size);
        abort();
    }
    return p;
}

void *mem_alloc(size_t size)
{
    return mem_alloc_array(1, size);
}

void *mem_alloc_array(size_t count, size_t size)
{
    bool nothing = count == 0 || size == 0; /* calloc(0) may answer NULL, which here means failure */
    return checked(nothing ? calloc(1, 1) : calloc(count, size), size);
}

void *mem_grow(void *p, size_t size)
{
    return checked(realloc(p, size == 0 ? 1 : size), size);
}

char *mem_dup(const char *p, size_t n)
{
    char *copy = n < SIZE_MAX ? mem_alloc(n + 1) : NULL;
    if (copy != NULL && n > 0) {
        memcpy(copy, p, n);
    }
    return copy;
}

void mem_free(void *p)
{
    free(p);
}

void mem_wipe(void *p, size_t n)
{
    if (n > 0) {
        explicit_bzero(p, n);
    }
}
