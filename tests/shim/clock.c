/* A wall clock that is wrong, for tests. Preloaded into a program, it adds NUMGATE_CLOCK_SECONDS to what the clock says; the monotonic
 * clock is left alone. libfaketime does more and does not get along with jemalloc, which BIND is linked with: jemalloc asks for the time
 * while libfaketime, which allocates, is still looking for the real clock. Nothing here allocates. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long offset(void)
{
    const char *text = getenv("NUMGATE_CLOCK_SECONDS");
    return text != NULL ? strtol(text, NULL, 10) : 0;
}

__attribute__((visibility("default"))) int clock_gettime(clockid_t clock, struct timespec *ret)
{
    int status = (int)syscall(SYS_clock_gettime, clock, ret);
    if (status == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        ret->tv_sec += offset();
    }
    return status;
}

__attribute__((visibility("default"))) int gettimeofday(struct timeval *ret, void *zone)
{
    struct timespec now;
    (void)zone;
    int status = clock_gettime(CLOCK_REALTIME, &now);
    *ret = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
    return status;
}

__attribute__((visibility("default"))) time_t time(time_t *ret)
{
    struct timespec now;
    time_t seconds = clock_gettime(CLOCK_REALTIME, &now) == 0 ? now.tv_sec : -1;
    if (ret != NULL) {
        *ret = seconds;
    }
    return seconds;
}
