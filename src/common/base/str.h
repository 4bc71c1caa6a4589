/* Text that somebody else owns: a pointer and a length, never NUL-terminated by promise.
 * All text from outside is a struct str; C strings appear only at libc edges. A str with p == NULL is "absent",
 * which is not the same as empty (p != NULL, n == 0). Nothing here allocates. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *p;
    size_t n;
};

#define STR(literal) ((struct str){("" literal), sizeof(literal) - 1})
#define STR_NONE     ((struct str){NULL, 0})
/* For printf: printf("name %" STR_FMT "\n", STR_ARG(name)); */
#define STR_FMT    ".*s"
#define STR_ARG(s) (int)(s).n, ((s).p != NULL ? (s).p : "")

/* A borrowed view of a C string; NULL becomes STR_NONE. */
static inline struct str str_of(const char *c_string)
{
    return c_string == NULL ? STR_NONE : (struct str){c_string, strlen(c_string)};
}
static inline bool str_absent(struct str s)
{
    return s.p == NULL;
}
static inline bool str_empty(struct str s)
{
    return s.n == 0;
}
static inline bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool str_eq_ci(struct str a, struct str b); /* ASCII letters only */
int str_cmp(struct str a, struct str b);    /* byte order, as strcmp */
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
bool str_contains(struct str s, struct str part);
struct str str_slice(struct str s, size_t from, size_t to); /* clamped to s */
struct str str_trim(struct str s);                          /* blanks and tabs at both ends */
ptrdiff_t str_find(struct str s, char c);                   /* index, or -1 */
/* Takes the text before the next `sep` off the front of *rest; false when nothing is left. "a,,b" gives a, "", b. */
bool str_split(struct str *rest, char sep, struct str *ret_part);

/* Whole-string parsers: range-checked, no sign but '-' for i64, no blanks, no leading '+'. */
bool str_to_u64(struct str s, uint64_t max, uint64_t *ret);
bool str_to_i64(struct str s, int64_t min, int64_t max, int64_t *ret);
bool str_to_hex(struct str s, uint8_t *ret_bytes, size_t bytes); /* exactly 2 * bytes digits */

/* Bytes of the well-formed UTF-8 character that s begins with; 0 when there is none. */
size_t str_utf8_length(struct str s);
struct str str_utf8_cut(struct str s, size_t bytes_max); /* UTF-8; never within a character */
bool str_is_utf8(struct str s); /* RFC 3629: no overlong forms, no surrogates, no more than U+10FFFF */
bool str_is_uuid(struct str s); /* 8-4-4-4-12 hexadecimal digits, any letter case */
/* Edit distance for "did you mean"; bounded work, sizes over 64 count as far away (UINT32_MAX). */
unsigned str_distance(struct str a, struct str b);
