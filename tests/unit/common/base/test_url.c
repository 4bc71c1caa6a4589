#include "common/base/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "common/base/compiler.h"

static void test_url_origin__is_what_a_browser_may_be_sent_to(void **state UNUSED)
{
    static const struct {
        const char *url;
        const char *origin; /* NULL: refused */
    } cases[] = {
        {"https://login.example.net/tenant/v2.0", "https://login.example.net"},
        {"https://login.example.net", "https://login.example.net"},
        {"https://login.example.net?x=/y", "https://login.example.net"},
        {"https://Login.example.net:8443/", "https://Login.example.net:8443"},
        {"https://192.0.2.1:8443/", "https://192.0.2.1:8443"},
        {"https://[2001:db8::1]:8443/", "https://[2001:db8::1]:8443"},
        {"https://[2001:db8::1]/", "https://[2001:db8::1]"},
        {"http://localhost:8080/x", "http://localhost:8080"},
        {"http://127.0.0.1/x", "http://127.0.0.1"},
        {"http://127.9.9.9:80/x", "http://127.9.9.9:80"},
        {"http://[::1]:80/x", "http://[::1]:80"},
        {"http://[::1]/x", "http://[::1]"},
        {"http://example.net/", NULL},
        {"http://192.0.2.1/", NULL},
        {"http://[2001:db8::1]/", NULL},
        {"http://localhost.example.net/", NULL},
        {"ftp://example.net/", NULL},
        {"//example.net/", NULL},
        {"https://", NULL},
        {"https:///x", NULL},
        {"https://:443/", NULL},
        {"https://example.net:/", NULL},
        {"https://example.net:0/", NULL},
        {"https://example.net:65536/", NULL},
        {"https://example.net:44:3/", NULL},
        {"https://user@example.net/", NULL},
        {"https://example.net; script-src *", NULL},
        {"https://example.net,https://other.example", NULL},
        {"https://*.example.net/", NULL},
        {"https://[::1", NULL},
        {"https://[::1]x/", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str origin = STR_NONE;
        bool ok = url_origin(str_of(cases[i].url), &origin);
        if (ok != (cases[i].origin != NULL) || !str_eq(origin, str_of(cases[i].origin))) {
            fail_msg("case %zu (%s): %" STR_FMT, i, cases[i].url, STR_ARG(origin));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_url_origin__is_what_a_browser_may_be_sent_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
