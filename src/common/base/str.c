#include "common/base/str.h"

#define DISTANCE_MAX 64 /* longer texts are no typing mistakes of each other */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool str_eq_ci(struct str a, struct str b)
{
    if (a.n != b.n) {
        return false;
    }
    for (size_t i = 0; i < a.n; i++) {
        if (lower(a.p[i]) != lower(b.p[i])) {
            return false;
        }
    }
    return true;
}

int str_cmp(struct str a, struct str b)
{
    size_t common = a.n < b.n ? a.n : b.n;
    int order = common > 0 ? memcmp(a.p, b.p, common) : 0;
    if (order != 0) {
        return order;
    }
    return (a.n > b.n) - (a.n < b.n);
}

bool str_starts(struct str s, struct str prefix)
{
    return s.n >= prefix.n && str_eq(str_slice(s, 0, prefix.n), prefix);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.n >= suffix.n && str_eq(str_slice(s, s.n - suffix.n, s.n), suffix);
}

bool str_contains(struct str s, struct str part)
{
    if (part.n == 0) {
        return true;
    }
    return s.n >= part.n && memmem(s.p, s.n, part.p, part.n) != NULL;
}

struct str str_slice(struct str s, size_t from, size_t to)
{
    to = to > s.n ? s.n : to;
    from = from > to ? to : from;
    return s.p == NULL ? s : (struct str){s.p + from, to - from};
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct str str_trim(struct str s)
{
    size_t from = 0;
    size_t to = s.n;
    while (from < to && is_blank(s.p[from])) {
        from++;
    }
    while (to > from && is_blank(s.p[to - 1])) {
        to--;
    }
    return str_slice(s, from, to);
}

ptrdiff_t str_find(struct str s, char c)
{
    const char *at = s.n > 0 ? memchr(s.p, c, s.n) : NULL;
    return at != NULL ? at - s.p : -1;
}

/* The rest becomes absent after its last part, so that "a," gives "a" and then "". */
bool str_split(struct str *rest, char sep, struct str *ret_part)
{
    if (str_absent(*rest)) {
        return false;
    }
    ptrdiff_t at = str_find(*rest, sep);
    if (at < 0) {
        *ret_part = *rest;
        *rest = STR_NONE;
        return true;
    }
    *ret_part = str_slice(*rest, 0, (size_t)at);
    *rest = str_slice(*rest, (size_t)at + 1, rest->n);
    return true;
}

bool str_to_u64(struct str s, uint64_t max, uint64_t *ret)
{
    uint64_t value = 0;
    if (s.n == 0) {
        return false;
    }
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') {
            return false;
        }
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(s.p[i] - '0'), &value)) {
            return false;
        }
    }
    if (value > max) {
        return false;
    }
    *ret = value;
    return true;
}

bool str_to_i64(struct str s, int64_t min, int64_t max, int64_t *ret)
{
    bool negative = s.n > 0 && s.p[0] == '-';
    uint64_t size = 0;
    if (!str_to_u64(negative ? str_slice(s, 1, s.n) : s, (uint64_t)INT64_MAX + negative, &size)) {
        return false;
    }
    int64_t value = (int64_t)(negative ? 0 - size : size);
    if (value < min || value > max) {
        return false;
    }
    *ret = value;
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool str_to_hex(struct str s, uint8_t *ret_bytes, size_t bytes)
{
    if (s.n / 2 != bytes || s.n % 2 != 0) {
        return false;
    }
    for (size_t i = 0; i < s.n; i++) {
        if (hex_digit(s.p[i]) < 0) {
            return false;
        }
    }
    for (size_t i = 0; i < bytes; i++) {
        ret_bytes[i] = (uint8_t)(hex_digit(s.p[2 * i]) << 4 | hex_digit(s.p[2 * i + 1]));
    }
    return true;
}

bool str_is_uuid(struct str s)
{
    if (s.n != 36) {
        return false;
    }
    for (size_t i = 0; i < s.n; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? s.p[i] != '-' : hex_digit(s.p[i]) < 0) {
            return false;
        }
    }
    return true;
}

/* RFC 3629 section 4, one row of its grammar per test: the second byte's range depends on the first. */
size_t str_utf8_length(struct str s)
{
    if (s.n == 0) {
        return 0;
    }
    const uint8_t *b = (const uint8_t *)s.p;
    if (b[0] < 0x80) {
        return 1;
    }
    size_t length = b[0] >= 0xF0 ? 4 : b[0] >= 0xE0 ? 3 : 2;
    if (b[0] < 0xC2 || b[0] > 0xF4 || s.n < length) {
        return 0;
    }
    uint8_t low = b[0] == 0xE0 ? 0xA0 : b[0] == 0xF0 ? 0x90 : 0x80;
    uint8_t high = b[0] == 0xED ? 0x9F : b[0] == 0xF4 ? 0x8F : 0xBF;
    if (b[1] < low || b[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < length; i++) {
        if (b[i] < 0x80 || b[i] > 0xBF) {
            return 0;
        }
    }
    return length;
}

struct str str_utf8_cut(struct str s, size_t bytes_max)
{
    size_t n = s.n < bytes_max ? s.n : bytes_max;
    while (n > 0 && n < s.n && ((uint8_t)s.p[n] & 0xC0) == 0x80) {
        n--; /* a continuation byte: back to where its character begins */
    }
    return (struct str){s.p, n};
}

bool str_is_utf8(struct str s)
{
    while (s.n > 0) {
        size_t length = str_utf8_length(s);
        if (length == 0) {
            return false;
        }
        s = str_slice(s, length, s.n);
    }
    return true;
}

static unsigned min_of_3(unsigned a, unsigned b, unsigned c)
{
    unsigned least = a < b ? a : b;
    return least < c ? least : c;
}

/* Levenshtein's recurrence with one row kept: row[j] is the distance from the first i bytes of a to the first
 * j of b. */
unsigned str_distance(struct str a, struct str b)
{
    unsigned row[DISTANCE_MAX + 1];
    if (a.n > DISTANCE_MAX || b.n > DISTANCE_MAX) {
        return UINT32_MAX;
    }
    for (unsigned j = 0; j <= b.n; j++) {
        row[j] = j;
    }
    for (unsigned i = 1; i <= a.n; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= b.n; j++) {
            unsigned replaced = diagonal + (a.p[i - 1] != b.p[j - 1]);
            diagonal = row[j];
            row[j] = min_of_3(row[j] + 1, row[j - 1] + 1, replaced);
        }
    }
    return row[b.n];
}
