#include "gateway/ops/portal_accept.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static const struct portal_file all_codings = {.body = {{"x", 1}, {"x", 1}, {"x", 1}}};
static const struct portal_file no_brotli = {.body = {{"x", 1}, {"x", 1}, {NULL, 0}}};

static void test_portal_accept__takes_the_coding_that_is_liked_best(void **state UNUSED)
{
    static const struct {
        const char *lines[2];
        enum portal_coding of_all, without_brotli;
    } cases[] = {
        {{NULL}, PORTAL_IDENTITY, PORTAL_IDENTITY},
        {{""}, PORTAL_IDENTITY, PORTAL_IDENTITY},
        {{"gzip, deflate, br"}, PORTAL_BROTLI, PORTAL_GZIP},
        {{"gzip", "br;q=0.9"}, PORTAL_GZIP, PORTAL_GZIP},
        {{"gzip;q=0.5", "br;q=0.6"}, PORTAL_BROTLI, PORTAL_GZIP},
        {{"gzip;q=0.501, br;q=0.500"}, PORTAL_GZIP, PORTAL_GZIP},
        {{"gzip;q=0"}, PORTAL_IDENTITY, PORTAL_IDENTITY},
        {{"gzip;q=0.001"}, PORTAL_GZIP, PORTAL_GZIP},
        {{"gzip;q=0.0001"}, PORTAL_IDENTITY, PORTAL_IDENTITY},
        {{"gzip;q=1.001"}, PORTAL_IDENTITY, PORTAL_IDENTITY},
        {{"gzip;q="}, PORTAL_IDENTITY, PORTAL_IDENTITY},
        {{"gzip;Q=1"}, PORTAL_GZIP, PORTAL_GZIP},
        {{"br;q=0, *"}, PORTAL_GZIP, PORTAL_GZIP},
        {{"*;q=0.2, identity;q=0.3"}, PORTAL_IDENTITY, PORTAL_IDENTITY},
        {{"identity;q=0, *;q=0"}, PORTAL_IDENTITY, PORTAL_IDENTITY},
        {{"gzipped"}, PORTAL_IDENTITY, PORTAL_IDENTITY},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct http_header headers[2];
        size_t n = 0;
        for (; n < 2 && cases[i].lines[n] != NULL; n++) {
            headers[n] = (struct http_header){STR("accept-encoding"), str_of(cases[i].lines[n])};
        }
        const struct http_request request = {.headers = headers, .header_count = n};
        if (portal_accept_coding(&request, &all_codings) != cases[i].of_all ||
            portal_accept_coding(&request, &no_brotli) != cases[i].without_brotli) {
            fail_msg("case %zu", i);
        }
    }
}

static void test_portal_accept__finds_a_tag_in_the_list(void **state UNUSED)
{
    static const struct {
        const char *value;
        bool has;
    } cases[] = {
        {"\"a\"", true},  {"\"b\", \"a\"", true}, {"W/\"a\"", true}, {"*", true},
        {"\"b\"", false}, {"a", false},           {"", false},       {"\"a\"x", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct http_header header = {STR("If-None-Match"), str_of(cases[i].value)};
        const struct http_request request = {.headers = &header, .header_count = 1};
        if (portal_accept_has(&request, STR("\"a\"")) != cases[i].has) {
            fail_msg("case %zu (%s)", i, cases[i].value);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_portal_accept__takes_the_coding_that_is_liked_best),
        cmocka_unit_test(test_portal_accept__finds_a_tag_in_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
