#include "gateway/api/query.h"

#include <stdio.h>

#include "common/base/buf.h"

#include "common/base/banned.h"

/* One character of the raw text; *at moves past it. False when its escape is malformed. */
static bool decode_one(struct str raw, size_t *at, uint8_t *ret)
{
    char c = raw.p[(*at)++];
    if (c != '%') {
        *ret = c == '+' ? ' ' : (uint8_t)c;
        return true;
    }
    *at += 2;
    return *at <= raw.n && str_to_hex(str_slice(raw, *at - 2, *at), ret, 1);
}

static bool decode(struct str raw, struct arena *mem, struct str *ret)
{
    char *out = arena_alloc(mem, raw.n + 1);
    size_t n = 0;
    for (size_t at = 0; out != NULL && at < raw.n;) {
        uint8_t c;
        if (!decode_one(raw, &at, &c) || c < 0x20 || c == 0x7f) {
            return false;
        }
        out[n++] = (char)c;
    }
    *ret = (struct str){out, n};
    return out != NULL && str_is_utf8(*ret);
}

bool query_next(struct str *rest, struct arena *mem, struct str *ret_name, struct str *ret_value,
                enum rc *ret_rc)
{
    struct str pair;
    do {
        if (!str_split(rest, '&', &pair)) {
            return false;
        }
    } while (str_empty(pair));
    ptrdiff_t equals = str_find(pair, '=');
    struct str name = equals < 0 ? pair : str_slice(pair, 0, (size_t)equals);
    struct str value = equals < 0 ? STR("") : str_slice(pair, (size_t)equals + 1, pair.n);
    *ret_rc = decode(name, mem, ret_name) && decode(value, mem, ret_value) ? RC_OK : RC_INVALID;
    return true;
}

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

struct str query_escape(struct str text, struct arena *mem)
{
    static const char digits[] = "0123456789ABCDEF";
    char *out = arena_alloc_array(mem, text.n + 1, 3);
    size_t n = 0;
    for (size_t i = 0; out != NULL && i < text.n; i++) {
        if (is_unreserved(text.p[i])) {
            out[n++] = text.p[i];
            continue;
        }
        out[n++] = '%';
        out[n++] = digits[(uint8_t)text.p[i] >> 4];
        out[n++] = digits[(uint8_t)text.p[i] & 15];
    }
    return (struct str){out, n};
}
