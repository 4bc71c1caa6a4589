/* The two clocks, as types that cannot be mixed up, and the date formats of the wire.
 * Only this room reads the machine's clocks, so that tests can set the time. Thread-safe. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "common/base/str.h"

struct wall {
    int64_t ms; /* since 1970-01-01T00:00:00Z */
};
struct mono {
    int64_t ms; /* since some point in the past; never goes back */
};

struct wall clock_wall(void);
struct mono clock_mono(void);
int64_t clock_mono_us(void); /* microseconds of the same clock, for measuring */

static inline struct mono mono_after(struct mono t, int64_t ms)
{
    return (struct mono){t.ms + ms};
}
static inline int64_t mono_left_ms(struct mono deadline, struct mono now)
{
    return deadline.ms > now.ms ? deadline.ms - now.ms : 0;
}

/* Test-only: from now on clock_wall() reads `wall` plus the time that passes. */
void clock_test_set_wall(struct wall wall);

#define CLOCK_TEXT_MAX 40
/* "2026-11-23T19:50:58.123Z" (RFC 3339). */
struct str clock_rfc3339(struct wall t, char text[CLOCK_TEXT_MAX]);
/* "Mon, 23 Nov 2026 19:50:58 GMT" (RFC 9110, IMF-fixdate). */
struct str clock_imf(struct wall t, char text[CLOCK_TEXT_MAX]);
bool clock_parse_rfc3339(struct str s,
                         struct wall *ret); /* any offset, fractions up to 9 digits, years 1970-9999 */
bool clock_parse_imf(struct str s, struct wall *ret); /* exact form, day name checked against the date */
