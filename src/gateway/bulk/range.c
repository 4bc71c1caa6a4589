#include "gateway/bulk/range.h"

#include <stdio.h>

#include "common/base/limits.h"
#include "gateway/bulk/quote.h"
#include "gateway/model/schema.h"

#include "common/base/banned.h"

#define DIGITS_MAX 15 /* of an E.164 number */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool all_digits(struct str s)
{
    uint64_t value;
    return str_to_u64(s, UINT64_MAX, &value);
}

/* ---- what is no number ---- */

static size_t digits_at(struct str s, size_t at)
{
    size_t from = at;
    while (at < s.n && is_digit(s.p[at])) {
        at++;
    }
    return at - from;
}

/* 4.41633E+11, in some languages 4,41633E+11. */
static bool is_scientific(struct str s)
{
    size_t at = s.n > 0 && s.p[0] == '+';
    size_t n = digits_at(s, at);
    at += n;
    if (at < s.n && (s.p[at] == '.' || s.p[at] == ',')) {
        at++;
        at += digits_at(s, at);
    }
    if (n == 0 || at >= s.n || (s.p[at] | 0x20) != 'e') {
        return false;
    }
    at++;
    at += at < s.n && (s.p[at] == '+' || s.p[at] == '-');
    return at < s.n && at + digits_at(s, at) == s.n;
}

static bool is_national(struct str s)
{
    return s.n > 0 && s.p[0] == '0' && all_digits(s);
}

static bool is_without_plus(struct str s)
{
    int64_t number;
    char text[DIGITS_MAX + 1] = "+";
    if (s.n > DIGITS_MAX) {
        return false;
    }
    memcpy(text + 1, s.p, s.n);
    return model_e164_parse((struct str){text, s.n + 1}, &number);
}

static bool is_formula(struct str s)
{
    return s.n > 0 && (s.p[0] == '=' || s.p[0] == '@');
}

static bool is_error(struct str s)
{
    return s.n > 1 && s.p[0] == '#';
}

static bool is_punctuated(struct str s)
{
    size_t digits = 0;
    for (size_t i = 0; i < s.n; i++) {
        digits += is_digit(s.p[i]);
        if (!is_digit(s.p[i]) && str_find(STR("+ -./()\t"), s.p[i]) < 0) {
            return false;
        }
    }
    return digits > 0 && digits + 1 < s.n;
}

static const struct damage {
    bool (*found)(struct str text);
    const char *code, *words;
} damages[] = {
    {is_scientific, "LostDigits",
     "is what a spreadsheet makes of a long number, and digits are lost; format the column as text and put "
     "the numbers in again"},
    {is_without_plus, "MissingPlus",
     "has lost its leading + (spreadsheets drop it); format the column as text, or allow numbers without +"},
    {is_national, "NationalNumber", "begins with 0; write + and the country code instead"},
    {is_error, "SpreadsheetError", "is an error of the spreadsheet, not a number"},
    {is_formula, "Formula", "is a formula; save the values instead"},
    {is_punctuated, "Punctuation", "holds blanks or punctuation; write + and digits only"},
};

static enum rc refuse_number(struct str text, struct err *err)
{
    char shown[BULK_QUOTE_MAX];
    bulk__quote(text, shown);
    for (const struct damage *d = damages; d < damages + ARRAY_LEN(damages); d++) {
        if (d->found(text)) {
            return err_set(err, RC_INVALID, d->code, "%s %s", shown, d->words);
        }
    }
    return err_set(err, RC_INVALID, "InvalidValue",
                   "%s is no number: it must be + and 2 to 15 digits, the first of them not 0", shown);
}

/* ---- braces ---- */

struct braces {
    struct str before, low, high, after;
};

static enum rc refuse_range(struct err *err, const char *why)
{
    return err_set(err, RC_INVALID, "InvalidRange", "%s; a range is written like +4416329600{00-99}", why);
}

static enum rc split(struct str text, struct braces *ret, struct err *err)
{
    ptrdiff_t open = str_find(text, '{');
    ptrdiff_t close = str_find(text, '}');
    if (open < 0 || close < open) {
        return refuse_range(err, open < 0 || close >= 0 ? "} comes without {" : "{ is not closed");
    }
    struct str inside = str_slice(text, (size_t)open + 1, (size_t)close);
    ret->before = str_slice(text, 0, (size_t)open);
    ret->after = str_slice(text, (size_t)close + 1, text.n);
    if (str_find(ret->after, '{') >= 0 || str_find(ret->after, '}') >= 0 || str_find(inside, '{') >= 0) {
        return refuse_range(err, "only one pair of braces is possible");
    }
    ptrdiff_t dash = str_find(inside, '-');
    if (dash < 0) {
        return refuse_range(err, "between the braces there must be two ends with - between them");
    }
    ret->low = str_slice(inside, 0, (size_t)dash);
    ret->high = str_slice(inside, (size_t)dash + 1, inside.n);
    return RC_OK;
}

static enum rc check_ends(const struct braces *b, uint64_t *ret_count, struct err *err)
{
    uint64_t low = 0, high = 0;
    if (!str_to_u64(b->low, UINT64_MAX - 1, &low) || !str_to_u64(b->high, UINT64_MAX - 1, &high)) {
        return refuse_range(err, "both ends must be digits");
    }
    if (b->low.n != b->high.n) {
        return refuse_range(err, "both ends must have the same number of digits");
    }
    if (low > high) {
        return refuse_range(err, "the first end must not be the greater one");
    }
    unsigned long long count = high - low + 1;
    if (count > LIMIT_BULK_RANGE) {
        return err_set(err, RC_LIMIT, "RangeTooLarge", "a range of %llu numbers, at most %d are allowed",
                       count, LIMIT_BULK_RANGE);
    }
    *ret_count = count;
    return RC_OK;
}

/* The first number of the range decides for all: they have as many digits, and the same first digit or one
 * after it. */
static enum rc expand(const struct braces *b, bool plus_optional, uint64_t count, struct bulk_range *ret,
                      struct err *err)
{
    char first[1 + DIGITS_MAX];
    if (b->before.n + b->low.n + b->after.n > 1 + DIGITS_MAX) {
        return refuse_range(err, "a number has at most 15 digits");
    }
    memcpy(first, b->before.p, b->before.n);
    memcpy(first + b->before.n, b->low.p, b->low.n);
    memcpy(first + b->before.n + b->low.n, b->after.p, b->after.n);
    struct str text = {first, b->before.n + b->low.n + b->after.n};
    struct bulk_range one;
    enum rc rc = bulk_range_parse(text, plus_optional, &one, err);
    if (rc != RC_OK) {
        err_context(err, "the first number of the range");
        return rc;
    }
    *ret = (struct bulk_range){.first = one.first, .step = 1, .count = (uint32_t)count};
    for (size_t i = 0; i < b->after.n; i++) {
        ret->step *= 10;
    }
    return RC_OK;
}

enum rc bulk_range_parse(struct str text, bool plus_optional, struct bulk_range *ret, struct err *err)
{
    struct braces braces;
    uint64_t count = 0;
    int64_t number = 0;
    if (model_e164_parse(text, &number)) {
        *ret = (struct bulk_range){number, 1, 1};
        return RC_OK;
    }
    if (str_find(text, '{') < 0 && str_find(text, '}') < 0) {
        if (!plus_optional || !is_without_plus(text)) {
            return refuse_number(text, err);
        }
        *ret = (struct bulk_range){.step = 1, .count = 1};
        return str_to_i64(text, 0, INT64_MAX, &ret->first) ? RC_OK : refuse_number(text, err);
    }
    enum rc rc = split(text, &braces, err);
    rc = rc == RC_OK ? check_ends(&braces, &count, err) : rc;
    return rc == RC_OK ? expand(&braces, plus_optional, count, ret, err) : rc;
}

struct str bulk_range_text(const struct bulk_range *range, char text[BULK_RANGE_TEXT_MAX])
{
    char low[E164_TEXT_MAX], high[E164_TEXT_MAX];
    struct str first = model_e164_text(range->first, low);
    struct str last = model_e164_text(bulk_range_at(range, range->count - 1), high);
    size_t begin = 0, end = first.n;
    while (begin < first.n && first.p[begin] == last.p[begin]) {
        begin++;
    }
    if (begin == first.n) {
        memcpy(text, first.p, first.n);
        return (struct str){text, first.n};
    }
    for (int64_t step = range->step; step > 1; step /= 10) {
        end--;
    }
    int n = snprintf(text, BULK_RANGE_TEXT_MAX, "%" STR_FMT "{%" STR_FMT "-%" STR_FMT "}%" STR_FMT,
                     STR_ARG(str_slice(first, 0, begin)), STR_ARG(str_slice(first, begin, end)),
                     STR_ARG(str_slice(last, begin, end)), STR_ARG(str_slice(first, end, first.n)));
    return (struct str){text, (size_t)n};
}
