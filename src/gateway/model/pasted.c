#include "gateway/model/pasted.h"

#include "gateway/model/schema.h"

#include "common/base/banned.h"

/* Characters that mean nothing: one byte, or `lead` and a last byte of the range. */
static const char plain_noise[] = " .-()/'\"";
static const struct {
    struct str lead;
    uint8_t from, to;
} noise[] = {
    {STR("\xC2"), 0xA0, 0xA0},     /* no-break space */
    {STR("\xC2"), 0xAD, 0xAD},     /* soft hyphen */
    {STR("\xE2\x80"), 0x80, 0x95}, /* spaces, joiners, marks of direction, hyphens, dashes */
    {STR("\xE2\x80"), 0x98, 0x9F}, /* quotes */
    {STR("\xE2\x80"), 0xAA, 0xAF}, /* marks of direction, narrow no-break space */
    {STR("\xE2\x81"), 0x9F, 0xA9}, /* word joiner, isolates */
    {STR("\xE2\x88"), 0x92, 0x92}, /* minus */
    {STR("\xEF\xBB"), 0xBF, 0xBF}, /* byte order mark */
};

/* Bytes of the meaningless character at the front; 0: it means something, or there is none. */
static size_t noise_length(struct str s)
{
    if (s.n == 0) {
        return 0;
    }
    if (s.p[0] != '\0' && strchr(plain_noise, s.p[0]) != NULL) {
        return 1;
    }
    for (size_t i = 0; i < ARRAY_LEN(noise); i++) {
        size_t n = noise[i].lead.n;
        if (s.n > n && str_starts(s, noise[i].lead) && (uint8_t)s.p[n] >= noise[i].from &&
            (uint8_t)s.p[n] <= noise[i].to) {
            return n + 1;
        }
    }
    return 0;
}

static struct str skip_noise(struct str s)
{
    size_t n;
    while ((n = noise_length(s)) > 0) {
        s = str_slice(s, n, s.n);
    }
    return s;
}

static bool is_separator(char c)
{
    return c == '\n' || c == '\r' || c == '\t' || c == ',' || c == ';';
}

bool pasted_next(struct str *rest, struct str *ret_piece)
{
    while (rest->n > 0) {
        size_t n = 0;
        while (n < rest->n && !is_separator(rest->p[n])) {
            n++;
        }
        *ret_piece = str_trim(str_slice(*rest, 0, n));
        *rest = str_slice(*rest, n < rest->n ? n + 1 : n, rest->n);
        if (skip_noise(*ret_piece).n > 0) {
            return true;
        }
    }
    return false;
}

/* "tel:" and one of "+" and "00", with noise between them. *ret_marked: there was the latter. */
static struct str skip_prefix(struct str s, bool *ret_marked)
{
    s = skip_noise(s);
    if (s.n >= 4 && str_eq_ci(str_slice(s, 0, 4), STR("tel:"))) {
        s = skip_noise(str_slice(s, 4, s.n));
    }
    *ret_marked = str_starts(s, STR("+")) || str_starts(s, STR("00"));
    return *ret_marked ? str_slice(s, s.p[0] == '+' ? 1 : 2, s.n) : s;
}

bool pasted_number(struct str piece, int64_t *ret)
{
    char digits[E164_TEXT_MAX] = "+";
    size_t count = 1;
    bool marked, national = false;
    for (struct str s = skip_prefix(piece, &marked); s.n > 0;) {
        size_t n = noise_length(s);
        if (marked && !national && count > 1 && str_starts(s, STR("(0)"))) {
            national = true;
            n = 3;
        } else if (n == 0) {
            if (s.p[0] < '0' || s.p[0] > '9' || count == sizeof digits) {
                return false;
            }
            digits[count++] = s.p[0];
            n = 1;
        }
        s = str_slice(s, n, s.n);
    }
    return model_e164_parse((struct str){digits, count}, ret);
}
