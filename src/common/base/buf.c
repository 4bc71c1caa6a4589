#include "common/base/buf.h"

#include <stdio.h>

#include "common/base/mem.h"

#include "common/base/banned.h"

#define FIRST_SIZE 256

void buf_init(struct buf *buf, size_t bytes_max)
{
    *buf = (struct buf){.max = bytes_max};
}

void buf_clear(struct buf *buf)
{
    mem_free(buf->p);
    buf_init(buf, buf->max);
}

void buf_reset(struct buf *buf)
{
    buf->n = 0;
    buf->failed = false;
}

bool buf_failed(const struct buf *buf)
{
    return buf->failed;
}

/* Doubles until `size` bytes fit, which are no more than the maximum. */
static bool grow_to(struct buf *buf, size_t size)
{
    size_t cap = buf->cap > FIRST_SIZE / 2 ? buf->cap : FIRST_SIZE / 2;
    while (cap < size && cap <= buf->max / 2) {
        cap *= 2;
    }
    cap = cap < size ? buf->max : cap;
    char *p = mem_grow(buf->p, cap);
    if (p == NULL) {
        return false;
    }
    buf->p = p;
    buf->cap = cap;
    return true;
}

char *buf_reserve(struct buf *buf, size_t n)
{
    if (buf->failed) {
        return NULL;
    }
    if (n > buf->max - buf->n || (n > buf->cap - buf->n && !grow_to(buf, buf->n + n))) {
        buf->failed = true;
        return NULL;
    }
    if (buf->p == NULL && !grow_to(buf, 1)) { /* n == 0 gives a valid pointer too */
        buf->failed = true;
        return NULL;
    }
    return buf->p + buf->n;
}

void buf_put(struct buf *buf, const void *bytes, size_t n)
{
    if (n == 0) {
        return;
    }
    char *room = buf_reserve(buf, n);
    if (room != NULL) {
        memcpy(room, bytes, n);
        buf->n += n;
    }
}

void buf_put_str(struct buf *buf, struct str s)
{
    buf_put(buf, s.p, s.n);
}

void buf_put_char(struct buf *buf, char c)
{
    buf_put(buf, &c, 1);
}

void buf_put_i64(struct buf *buf, int64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (value < 0) {
        digits[--at] = '-';
    }
    buf_put(buf, digits + at, sizeof digits - at);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    char first_try[512];
    va_list args;
    va_list again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(first_try, sizeof first_try, format, args);
    if (n < 0) {
        buf->failed = true;
    } else if ((size_t)n < sizeof first_try) {
        buf_put(buf, first_try, (size_t)n);
    } else {
        /* vsnprintf wants room for a NUL, which would count against the maximum: it goes to a block of its
         * own. */
        char *text = mem_alloc((size_t)n + 1);
        buf->failed = buf->failed || text == NULL;
        if (text != NULL && vsnprintf(text, (size_t)n + 1, format, again) == n) {
            buf_put(buf, text, (size_t)n);
        }
        mem_free(text);
    }
    va_end(again);
    va_end(args);
}

void buf_consume(struct buf *buf, size_t n)
{
    ensure(n <= buf->n);
    buf->n -= n;
    if (n > 0 && buf->n > 0) {
        memmove(buf->p, buf->p + n, buf->n);
    }
}
