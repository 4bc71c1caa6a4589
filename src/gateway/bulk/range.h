/* A range of numbers in one text: "+4416329600{00-99}" is a hundred numbers, "+441632960{0-1}00" two.
 * One pair of braces, both ends of the same width, low before high, at most LIMIT_BULK_RANGE numbers; a number
 * without braces is a range of one. Expanded one by one: a range takes no more memory than a number. */
#pragma once
#include "common/base/err.h"

struct bulk_range {
    int64_t first; /* E.164 without the '+' */
    int64_t step;
    uint32_t count; /* at least 1 */
};

/* RC_INVALID: "InvalidRange" with braces in the text; without, what makes a cell no number: "LostDigits"
 * (4.41633E+11), "MissingPlus", "Formula", "SpreadsheetError" (#REF!), "Punctuation", "NationalNumber" or
 * "InvalidValue". RC_LIMIT "RangeTooLarge". plus_optional: digits without the '+', which spreadsheets drop, are
 * taken as if it were there. */
MUST_USE enum rc bulk_range_parse(struct str text, bool plus_optional, struct bulk_range *ret,
                                  struct err *err);
#define BULK_RANGE_TEXT_MAX 48
/* As bulk_range_parse() reads it; a range of one is its number. */
struct str bulk_range_text(const struct bulk_range *range, char text[BULK_RANGE_TEXT_MAX]);
static inline int64_t bulk_range_at(const struct bulk_range *range, uint32_t index)
{
    return range->first + range->step * index;
}
