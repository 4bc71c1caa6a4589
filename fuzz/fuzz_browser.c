/* What the portal is asked and told in text: Accept-Encoding and If-None-Match of a browser, endpoints of a discovery document. The coding
 * that is chosen is there, a tag is found only where it stands, and an origin can stand in a content security policy. */
#include <stddef.h>
#include <stdint.h>

#include "common/base/compiler.h"
#include "common/base/url.h"
#include "gateway/ops/portal_accept.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_headers(struct str text)
{
    const struct portal_file file = {.body = {[PORTAL_IDENTITY] = STR("x"), [PORTAL_GZIP] = STR("x")}};
    const struct http_header headers[] = {{STR("Accept-Encoding"), text}, {STR("If-None-Match"), text}};
    const struct http_request request = {.headers = headers, .header_count = ARRAY_LEN(headers)};
    ensure(!str_absent(file.body[portal_accept_coding(&request, &file)]));
    bool stands = str_contains(text, STR("\"tag\"")) || str_contains(text, STR("*"));
    ensure(stands || !portal_accept_has(&request, STR("\"tag\"")));
}

static void check_origin(struct str text)
{
    struct str origin;
    if (!url_origin(text, &origin)) {
        return;
    }
    ensure(origin.p == text.p && origin.n > sizeof "http://" - 1 && origin.n <= text.n);
    for (size_t i = 0; i < origin.n; i++) {
        ensure(origin.p[i] > ' ' && origin.p[i] < 0x7F && strchr(";,'\"*@", origin.p[i]) == NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    check_headers(text);
    check_origin(text);
    return 0;
}
