/* Growing output text with a stated maximum. Errors are sticky: past the maximum, or out of memory, further puts do
 * nothing and buf_failed() says so; callers append freely and test once at the end. Not thread-safe. */
#pragma once
#include <stdarg.h>

#include "common/base/compiler.h"
#include "common/base/str.h"

struct buf {
    char *p;
    size_t n;
    size_t cap;
    size_t max;
    bool failed;
};

void buf_init(struct buf *buf, size_t bytes_max); /* allocates nothing yet */
void buf_clear(struct buf *buf);                  /* frees; the buf may be used again with the same maximum */
void buf_reset(struct buf *buf);                  /* empties, keeps the memory, clears failed */
bool buf_failed(const struct buf *buf);

void buf_put(struct buf *buf, const void *bytes, size_t n);
void buf_put_str(struct buf *buf, struct str s);
void buf_put_char(struct buf *buf, char c);
void buf_put_i64(struct buf *buf, int64_t value);
PRINTF_LIKE(2, 3) void buf_printf(struct buf *buf, const char *format, ...);
/* Room for n more bytes at the end, to be filled by the caller, who then adds to buf->n. NULL when failed. */
char *buf_reserve(struct buf *buf, size_t n);
void buf_consume(struct buf *buf, size_t n); /* drops n bytes from the front */

static inline struct str buf_str(const struct buf *buf)
{
    return (struct str){buf->p != NULL ? buf->p : "", buf->n};
}
