#include "common/base/clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "common/base/banned.h"

#define DAY_SECONDS 86400

/* What tests moved the wall clock by, in ms. */
static _Atomic int64_t wall_offset_ms;

static const char day_names[7][4] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
static const char month_names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static int64_t read_ns(clockid_t clock)
{
    struct timespec t = {0};
    (void)clock_gettime(clock, &t); /* fails only for clocks that do not exist */
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

struct wall clock_wall(void)
{
    return (struct wall){read_ns(CLOCK_REALTIME) / 1000000 + atomic_load(&wall_offset_ms)};
}

struct mono clock_mono(void)
{
    return (struct mono){read_ns(CLOCK_MONOTONIC) / 1000000};
}

int64_t clock_mono_us(void)
{
    return read_ns(CLOCK_MONOTONIC) / 1000;
}

void clock_test_set_wall(struct wall wall)
{
    atomic_store(&wall_offset_ms, wall.ms - read_ns(CLOCK_REALTIME) / 1000000);
}

/* Calendar time, UTC, proleptic Gregorian. */
struct civil {
    int year, month, day; /* month and day from 1 */
    int hour, minute, second, ms;
    int weekday; /* 0 = Monday */
};

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int month_days(int year, int month)
{
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days before 1 January of the year, counted from the year 1. */
static int64_t days_before_year(int year)
{
    int64_t y = year - 1;
    return y * 365 + y / 4 - y / 100 + y / 400;
}

static int64_t days_from_civil(int year, int month, int day)
{
    int64_t days = days_before_year(year) - days_before_year(1970) + day - 1;
    for (int m = 1; m < month; m++) {
        days += month_days(year, m);
    }
    return days;
}

/* Times before 1970 and after 9999 are shown as the nearest that can be. */
static struct civil civil_from_wall(struct wall t)
{
    const int64_t last = days_from_civil(10000, 1, 1) * DAY_SECONDS * 1000 - 1;
    int64_t ms = t.ms < 0 ? 0 : t.ms > last ? last : t.ms;
    int64_t days = ms / 1000 / DAY_SECONDS;
    int rest = (int)(ms / 1000 % DAY_SECONDS);
    struct civil c = {
        .hour = rest / 3600, .minute = rest / 60 % 60, .second = rest % 60, .ms = (int)(ms % 1000)};
    c.weekday = (int)((days + 3) % 7); /* day 0 was a Thursday */
    c.year = 1970 + (int)(days / 366); /* never too late; at most a few years early */
    while (days_from_civil(c.year + 1, 1, 1) <= days) {
        c.year++;
    }
    days -= days_from_civil(c.year, 1, 1);
    for (c.month = 1; days >= month_days(c.year, c.month); c.month++) {
        days -= month_days(c.year, c.month);
    }
    c.day = (int)days + 1;
    return c;
}

static struct wall wall_from_civil(const struct civil *c)
{
    int64_t days = days_from_civil(c->year, c->month, c->day);
    return (struct wall){(days * DAY_SECONDS + c->hour * 3600 + c->minute * 60 + c->second) * 1000 + c->ms};
}

struct str clock_rfc3339(struct wall t, char text[CLOCK_TEXT_MAX])
{
    struct civil c = civil_from_wall(t);
    int n = snprintf(text, CLOCK_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", c.year, c.month, c.day,
                     c.hour, c.minute, c.second, c.ms);
    return (struct str){text, (size_t)n};
}

struct str clock_imf(struct wall t, char text[CLOCK_TEXT_MAX])
{
    struct civil c = civil_from_wall(t);
    int n = snprintf(text, CLOCK_TEXT_MAX, "%s, %02d %s %04d %02d:%02d:%02d GMT", day_names[c.weekday], c.day,
                     month_names[c.month - 1], c.year, c.hour, c.minute, c.second);
    return (struct str){text, (size_t)n};
}

/* A cursor over the text that keeps its first error: everything is read, `ok` is tested once at the end. */
struct cursor {
    struct str rest;
    bool ok;
};

static struct str take(struct cursor *c, size_t n)
{
    struct str part = str_slice(c->rest, 0, n);
    c->ok = c->ok && part.n == n;
    c->rest = str_slice(c->rest, n, c->rest.n);
    return part;
}

static int take_digits(struct cursor *c, size_t count, int min, int max)
{
    uint64_t value = 0;
    c->ok = str_to_u64(take(c, count), (uint64_t)max, &value) && value >= (uint64_t)min && c->ok;
    return c->ok ? (int)value : min;
}

static void take_text(struct cursor *c, struct str text)
{
    c->ok = str_eq_ci(take(c, text.n), text) && c->ok;
}

static void take_exactly(struct cursor *c, struct str text)
{
    c->ok = str_eq(take(c, text.n), text) && c->ok;
}

static int take_name(struct cursor *c, const char (*names)[4], int count)
{
    struct str name = take(c, 3);
    for (int i = 0; i < count; i++) {
        if (str_eq(name, str_of(names[i]))) {
            return i;
        }
    }
    c->ok = false;
    return 0;
}

/* "hh:mm:ss". A leap second is read as the second after it. */
static void take_time(struct cursor *c, struct civil *ret)
{
    ret->hour = take_digits(c, 2, 0, 23);
    take_exactly(c, STR(":"));
    ret->minute = take_digits(c, 2, 0, 59);
    take_exactly(c, STR(":"));
    ret->second = take_digits(c, 2, 0, ret->minute == 59 ? 60 : 59);
}

/* ".123456789", or nothing. Cut to milliseconds. */
static int take_fraction_ms(struct cursor *c)
{
    size_t digits = 0;
    int ms = 0;
    if (!str_starts(c->rest, STR("."))) {
        return 0;
    }
    take_exactly(c, STR("."));
    while (digits < c->rest.n && c->rest.p[digits] >= '0' && c->rest.p[digits] <= '9') {
        digits++;
    }
    c->ok = c->ok && digits >= 1 && digits <= 9;
    struct str fraction = take(c, digits);
    for (size_t i = 0; i < 3; i++) {
        ms = ms * 10 + (i < fraction.n ? fraction.p[i] - '0' : 0);
    }
    return ms;
}

/* "Z" or "+hh:mm". */
static int64_t take_offset_ms(struct cursor *c)
{
    if (str_eq_ci(c->rest, STR("Z"))) {
        take_text(c, STR("Z"));
        return 0;
    }
    int sign = str_starts(c->rest, STR("-")) ? -1 : 1;
    take_exactly(c, sign < 0 ? STR("-") : STR("+"));
    int hours = take_digits(c, 2, 0, 23);
    take_exactly(c, STR(":"));
    int minutes = take_digits(c, 2, 0, 59);
    return (int64_t)sign * (hours * 60 + minutes) * 60000;
}

static bool finish(const struct cursor *c, const struct civil *civil, int64_t offset_ms, struct wall *ret)
{
    if (!c->ok || c->rest.n > 0 || civil->day > month_days(civil->year, civil->month)) {
        return false;
    }
    struct wall t = wall_from_civil(civil);
    t.ms -= offset_ms;
    if (t.ms < 0) {
        return false;
    }
    *ret = t;
    return true;
}

bool clock_parse_rfc3339(struct str s, struct wall *ret)
{
    struct cursor c = {s, true};
    struct civil civil = {0};
    civil.year = take_digits(&c, 4, 1970, 9999);
    take_exactly(&c, STR("-"));
    civil.month = take_digits(&c, 2, 1, 12);
    take_exactly(&c, STR("-"));
    civil.day = take_digits(&c, 2, 1, 31);
    take_text(&c, STR("T"));
    take_time(&c, &civil);
    civil.ms = take_fraction_ms(&c);
    int64_t offset_ms = take_offset_ms(&c);
    return finish(&c, &civil, offset_ms, ret);
}

bool clock_parse_imf(struct str s, struct wall *ret)
{
    struct cursor c = {s, true};
    struct civil civil = {0};
    civil.weekday = take_name(&c, day_names, 7);
    take_exactly(&c, STR(", "));
    civil.day = take_digits(&c, 2, 1, 31);
    take_exactly(&c, STR(" "));
    civil.month = take_name(&c, month_names, 12) + 1;
    take_exactly(&c, STR(" "));
    civil.year = take_digits(&c, 4, 1970, 9999);
    take_exactly(&c, STR(" "));
    take_time(&c, &civil);
    take_exactly(&c, STR(" GMT"));
    if (c.ok && (days_from_civil(civil.year, civil.month, civil.day) + 3) % 7 != civil.weekday) {
        return false;
    }
    return finish(&c, &civil, 0, ret);
}
