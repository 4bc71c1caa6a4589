#include "common/base/random.h"

#include <errno.h>
#include <pthread.h>
#include <sys/random.h>

#include "common/base/compiler.h"

#include "common/base/banned.h"

#define POOL_BYTES 1024

/* Random bytes drawn ahead, for identifiers only: secrets are drawn when they are needed. */
static _Thread_local struct {
    uint8_t bytes[POOL_BYTES];
    size_t left;
} pool;

static pthread_once_t fork_guard = PTHREAD_ONCE_INIT;

void random_bytes(void *bytes, size_t n)
{
    uint8_t *at = bytes;
    while (n > 0) {
        ssize_t got = getrandom(at, n, 0);
        ensure(got >= 0 || errno == EINTR); /* there is no sane way on without */
        at += got > 0 ? got : 0;
        n -= got > 0 ? (size_t)got : 0;
    }
}

uint64_t random_u64(void)
{
    uint64_t value = 0;
    random_bytes(&value, sizeof value);
    return value;
}

/* In a forked child, on its only thread: it must not draw what its parent will draw. */
static void forget_pool(void)
{
    pool.left = 0;
}

static void guard_against_fork(void)
{
    (void)pthread_atfork(NULL, NULL,
                         forget_pool); /* fails only without memory, and no program of ours forks */
}

static const uint8_t *pool_take(size_t n)
{
    if (pool.left < n) {
        (void)pthread_once(&fork_guard, guard_against_fork);
        random_bytes(pool.bytes, sizeof pool.bytes);
        pool.left = sizeof pool.bytes;
    }
    pool.left -= n;
    return pool.bytes + pool.left;
}

struct str random_uuid(char text[UUID_TEXT_MAX])
{
    static const char hex[] = "0123456789abcdef";
    uint8_t b[16];
    size_t at = 0;
    memcpy(b, pool_take(sizeof b), sizeof b);
    b[6] = (b[6] & 0x0F) | 0x40; /* version 4 */
    b[8] = (b[8] & 0x3F) | 0x80; /* variant of RFC 9562 */
    for (size_t i = 0; i < sizeof b; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            text[at++] = '-';
        }
        text[at++] = hex[b[i] >> 4];
        text[at++] = hex[b[i] & 15];
    }
    text[at] = '\0';
    return (struct str){text, at};
}
