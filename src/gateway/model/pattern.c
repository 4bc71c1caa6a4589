#include "gateway/model/pattern.h"

#include "common/base/banned.h"

#define ACCOUNT_NAME_MAX 100
#define E164_DIGITS_MIN  2
#define E164_DIGITS_MAX  15 /* ITU-T E.164, so an int64_t always holds one */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || is_digit(c) || c == '_' || c == '-';
}

static bool name_matches(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!is_name_char(s.p[i])) {
            return false;
        }
    }
    return s.n > 0;
}

static bool token_matches(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!is_name_char(s.p[i]) && s.p[i] != '=') {
            return false;
        }
    }
    return s.n > 0;
}

static bool e164_matches(struct str s)
{
    int64_t number;
    return model_e164_parse(s, &number);
}

const struct pattern pattern_account_name = {"^([A-Za-z0-9_-]+)$", "letters, digits, _ and - only",
                                             name_matches};
const struct pattern pattern_header = {"^([A-Za-z0-9_-])+$", "letters, digits, _ and - only", name_matches};
const struct pattern pattern_token = {"^([A-Za-z0-9=_-]+)$", "letters, digits, _, = and - only",
                                      token_matches};
const struct pattern pattern_e164 = {"^\\+[1-9]\\d+$", "a number with + and digits only", e164_matches};
const struct pattern pattern_uuid = {
    "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$", "a UUID", str_is_uuid};

bool model_account_name_valid(struct str s)
{
    return s.n <= ACCOUNT_NAME_MAX && name_matches(s);
}

bool model_e164_parse(struct str s, int64_t *ret)
{
    if (s.n < 1 + E164_DIGITS_MIN || s.n > 1 + E164_DIGITS_MAX || s.p[0] != '+' || s.p[1] == '0') {
        return false;
    }
    int64_t number = 0;
    for (size_t i = 1; i < s.n; i++) {
        if (!is_digit(s.p[i])) {
            return false;
        }
        number = number * 10 + (s.p[i] - '0');
    }
    *ret = number;
    return true;
}

struct str model_e164_text(int64_t number, char text[E164_TEXT_MAX])
{
    size_t at = E164_TEXT_MAX;
    uint64_t rest = number > 0 ? (uint64_t)number : 0;
    do {
        text[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    text[--at] = '+';
    return (struct str){text + at, E164_TEXT_MAX - at};
}
