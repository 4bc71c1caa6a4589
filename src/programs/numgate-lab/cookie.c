#include "programs/numgate-lab/cookie.h"

#include "common/http/http.h"

#include "common/base/banned.h"

#define NAME       "__Host-numgate-lab"
#define ATTRIBUTES "; Path=/; Secure; HttpOnly; SameSite=Lax"

static struct str find_pair(struct str header)
{
    struct str pair;
    while (str_split(&header, ';', &pair)) {
        pair = str_trim(pair);
        if (str_starts(pair, STR(NAME "="))) {
            return str_slice(pair, strlen(NAME "="), pair.n);
        }
    }
    return STR_NONE;
}

/* HTTP/2 proxies may have split the header. */
struct str cookie_of(const struct http_request *request)
{
    for (size_t i = 0; i < request->header_count; i++) {
        const struct http_header *header = &request->headers[i];
        struct str value = str_eq_ci(header->name, STR("cookie")) ? find_pair(header->value) : STR_NONE;
        if (!str_absent(value)) {
            return value;
        }
    }
    return STR_NONE;
}

struct str cookie_setting(struct arena *mem, const char *value)
{
    return arena_printf(mem, NAME "=%s" ATTRIBUTES, value);
}

struct str cookie_clearing(void)
{
    return STR(NAME "=; Max-Age=0" ATTRIBUTES);
}
