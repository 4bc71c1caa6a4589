#include "common/base/escape.h"

#include "common/base/banned.h"

/* Bytes that are copied as they are, whatever stands beside them. */
static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

static size_t plain_run(struct str s)
{
    size_t n = 0;
    while (n < s.n && is_plain((unsigned char)s.p[n])) {
        n++;
    }
    return n;
}

static void put_escape(struct buf *out, unsigned c)
{
    static const char hex[] = "0123456789abcdef";
    static const char letters[256] = {
        ['"'] = '"', ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't',
    };
    if (letters[c] != 0) {
        buf_put(out, (char[]){'\\', letters[c]}, 2);
        return;
    }
    buf_put(out, (char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
}

/* Writes the character that s begins with, which is not plain, and returns its bytes. */
static size_t put_special(struct buf *out, struct str s)
{
    const unsigned char *b = (const unsigned char *)s.p;
    size_t length = str_utf8_length(s);
    if (length == 0) {
        buf_put(out, "\xEF\xBF\xBD", 3);
        return 1;
    }
    if (length == 1) {
        put_escape(out, b[0]);
    } else if (b[0] == 0xC2 && b[1] < 0xA0) {
        put_escape(out, b[1]);
    } else {
        buf_put(out, s.p, length);
    }
    return length;
}

void escape_json(struct buf *out, struct str text)
{
    while (text.n > 0) {
        size_t n = plain_run(text);
        buf_put(out, text.p, n);
        text = str_slice(text, n, text.n);
        if (text.n > 0) {
            text = str_slice(text, put_special(out, text), text.n);
        }
    }
}
