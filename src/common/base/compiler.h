/* What the compiler can check for us, and the two ownership macros. */
#pragma once
#include <stddef.h>

#define MUST_USE                 __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
#define UNUSED                   __attribute__((unused))
#define ARRAY_LEN(a)             (sizeof(a) / sizeof((a)[0]))

/* CLEANUP(stmt_freep) struct stmt *s = ...; frees on every way out. return TAKE(s); hands it over instead. */
#define CLEANUP(freep) __attribute__((cleanup(freep)))
#define TAKE(p)                                                                                              \
    ({                                                                                                       \
        __typeof__(p) taken_ = (p);                                                                          \
        (p) = NULL;                                                                                          \
        taken_;                                                                                              \
    })

/* States what only a bug of ours could break; stays on in release. Input never gets here. */
#define ensure(condition) ((condition) ? (void)0 : ensure_failed(#condition, __FILE__, __LINE__))
_Noreturn void ensure_failed(const char *condition, const char *file, int line);
