#include "common/jose/jose.h"

#include <assert.h>

#include "common/crypto/digest.h"

#include "common/base/banned.h"

static const struct str alg_names[] = {
    [JOSE_ALG_NONE] = {"", 0},
    [JOSE_RS256] = {"RS256", 5},
    [JOSE_PS256] = {"PS256", 5},
    [JOSE_ES256] = {"ES256", 5},
};

const char *jose_alg_name(enum jose_alg alg)
{
    return (size_t)alg < ARRAY_LEN(alg_names) ? alg_names[alg].p : "";
}

bool jose_alg_parse(struct str name, enum jose_alg *ret)
{
    for (size_t i = JOSE_RS256; i < ARRAY_LEN(alg_names); i++) {
        if (str_eq(name, alg_names[i])) {
            *ret = (enum jose_alg)i;
            return true;
        }
    }
    return false;
}

/* Base64url: four characters carry three bytes; a last group of two or three characters carries one or two
 * bytes, and its unused low bits must be zero, else two texts would mean the same bytes. A last group of one
 * character carries nothing. */

static const char digits[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void jose_base64url_put(struct buf *out, struct str bytes)
{
    const unsigned char *p = (const unsigned char *)bytes.p;
    for (size_t left = bytes.n; left > 0;) {
        size_t n = left < 3 ? left : 3;
        uint32_t group = (uint32_t)p[0] << 16 | (n > 1 ? (uint32_t)p[1] << 8 : 0) | (n > 2 ? p[2] : 0);
        char text[4] = {digits[group >> 18], digits[group >> 12 & 63], digits[group >> 6 & 63],
                        digits[group & 63]};
        buf_put(out, text, n + 1);
        p += n;
        left -= n;
    }
}

static int digit_value(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

bool jose_base64url_decode(struct str text, struct arena *mem, struct str *ret_bytes)
{
    char *bytes = text.n % 4 == 1 ? NULL : arena_alloc(mem, text.n / 4 * 3 + 3);
    if (bytes == NULL) {
        return false;
    }
    uint32_t bits = 0; /* the low `held` bits wait for their byte */
    unsigned held = 0;
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        int value = digit_value(text.p[i]);
        if (value < 0) {
            return false;
        }
        bits = (bits << 6 | (uint32_t)value) & 0xFFFF;
        held += 6;
        if (held >= 8) {
            held -= 8;
            bytes[n++] = (char)(bits >> held);
        }
    }
    if ((bits & ((1U << held) - 1)) != 0) {
        return false;
    }
    *ret_bytes = (struct str){bytes, n};
    return true;
}

void jose_sha256(struct str bytes, uint8_t ret[JOSE_SHA256_BYTES])
{
    static_assert(JOSE_SHA256_BYTES == CRYPTO_SHA256_BYTES, "one size");
    crypto_sha256(&bytes, 1, ret);
}
