#include "common/base/conceal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "common/base/compiler.h"

static void assert_concealed(size_t place, const char *text, const char *expected)
{
    char shown[200];
    snprintf(shown, sizeof shown, "%s", text);
    conceal_credentials(shown, strlen(shown));
    if (strcmp(shown, expected) != 0) {
        fail_msg("case %zu: \"%s\" became \"%s\"", place, text, shown);
    }
}

static void test_conceal_credentials__masks_what_looks_like_one(void **state)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"", ""},
        {"the back end answers status 503", "the back end answers status 503"},
        {"Bearer abcdefghijklmnop is old", "Bearer **************** is old"},
        {"Bearer abcdefghijklmno is short", "Bearer abcdefghijklmno is short"},
        {"authorization: \"basic  QWxhZGRpbjpvcGVuIHNlc2FtZQ==\"",
         "authorization: \"basic  **************************==\""},
        {"Basic authentication failed, incomprehensibilities",
         "Basic authentication failed, incomprehensibilities"},
        {"Bearer, incomprehensibilities", "Bearer, incomprehensibilities"},
        {"{\"token\":\"eyJhbGciOiJIUzI1NiJ9.e30.c2ln\"}", "{\"token\":\"*****************************\"}"},
        {"?access_token=eyJhbGciOiJIUzI1NiJ9&x=1", "?access_token=********************&x=1"},
        {"at /v1/eyJhbGciOiJIUzI1NiJ9", "at /v1/********************"},
        {"greyJacketsAndSoOnAndOn", "greyJacketsAndSoOnAndOn"},
        {"Bearer\neyJ", "Bearer\neyJ"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_concealed(i, cases[i].text, cases[i].expected);
    }
}

static void test_conceal_secret__masks_it_wherever_it_is(void **state)
{
    char text[] = "s3cret and s3crets3cret, but not s3cre";
    (void)state;
    conceal_secret(text, strlen(text), STR(""));
    conceal_secret(text, strlen(text), STR("s3cret"));
    assert_string_equal(text, "****** and ************, but not s3cre");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conceal_credentials__masks_what_looks_like_one),
        cmocka_unit_test(test_conceal_secret__masks_it_wherever_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
