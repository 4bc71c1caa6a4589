#include "common/base/conceal.h"

#include "common/base/banned.h"

#define CREDENTIAL_BYTES_MIN 16 /* shorter ones are words: "Basic authentication failed" */

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Of a word that may be a credential, but for the '=' at the end of one. */
static size_t word_length(struct str s)
{
    size_t n = 0;
    while (n < s.n && (is_alphanumeric(s.p[n]) || (s.p[n] != '\0' && strchr("-._~+/", s.p[n]) != NULL))) {
        n++;
    }
    return n;
}

/* Where in the word a JWT begins, whose header is JSON in base64url; the word's length: nowhere. */
static size_t find_jwt(struct str word)
{
    for (size_t at = 0; at < word.n; at++) {
        bool begins = at == 0 || !is_alphanumeric(word.p[at - 1]);
        if (begins && str_starts(str_slice(word, at, word.n), STR("eyJ"))) {
            return at;
        }
    }
    return word.n;
}

void conceal_credentials(char *text, size_t n)
{
    bool announced = false; /* the last word was a scheme, and nothing but punctuation came since */
    for (size_t at = 0, length; at<n; at += length> 0 ? length : 1) {
        const struct str rest = {text + at, n - at};
        length = word_length(rest);
        if (length == 0) {
            announced = announced && strchr(" :\"'", text[at]) != NULL;
            continue;
        }
        const struct str word = str_slice(rest, 0, length);
        size_t from = announced ? 0 : find_jwt(word);
        if (length - from >= CREDENTIAL_BYTES_MIN) {
            memset(text + at + from, '*', length - from);
        }
        announced = str_eq_ci(word, STR("Bearer")) || str_eq_ci(word, STR("Basic"));
    }
}

void conceal_secret(char *text, size_t n, struct str secret)
{
    const char *end = text + n;
    char *found = text;
    while (!str_empty(secret) && (found = memmem(found, (size_t)(end - found), secret.p, secret.n)) != NULL) {
        memset(found, '*', secret.n);
        found += secret.n;
    }
}
