#include "gateway/bulk/quote.h"

#include "common/base/banned.h"

#define CUT "..."

/* A character the terminal would obey (C0, DEL, and C1 as UTF-8), or no character at all. */
static bool unfit(struct str s, size_t length)
{
    const unsigned char *b = (const unsigned char *)s.p;
    return length == 0 || (length == 1 && (b[0] < 0x20 || b[0] == 0x7F)) ||
           (length == 2 && b[0] == 0xC2 && b[1] < 0xA0);
}

void bulk__quote(struct str text, char quoted[BULK_QUOTE_MAX])
{
    const size_t room = BULK_QUOTE_MAX - sizeof CUT - 1; /* the closing quote */
    size_t n = 0;
    quoted[n++] = '"';
    while (text.n > 0) {
        size_t length = str_utf8_length(text);
        bool bad = unfit(text, length);
        if (n + (bad ? 1 : length) > room) {
            memcpy(quoted + n, CUT, sizeof CUT - 1);
            n += sizeof CUT - 1;
            break;
        }
        memcpy(quoted + n, bad ? "?" : text.p, bad ? 1 : length);
        n += bad ? 1 : length;
        text = str_slice(text, length == 0 ? 1 : length, text.n);
    }
    quoted[n++] = '"';
    quoted[n] = '\0';
}
