/* Scopes of people's sign-ins, redirect URIs and their origins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "programs/numgate-lab/scope.h"

#include "common/base/banned.h"

static const struct str identifiers[] = {{"https://api.example", 19}, {"api://numgate/v1", 16}};
static struct resource resources[] = {
    {.app_id = {"8502a0ec-c76d-412f-836c-398018e2312b", 36},
     .identifiers = identifiers,
     .identifier_count = 2},
    {.app_id = {"eb63d611-525e-4a31-abd7-0cb33f679599", 36}},
};
static const struct directory directory = {.resources = resources, .resource_count = 2};

static void test_scope__names_one_resource(void **state UNUSED)
{
    static const struct {
        const char *text, *scp; /* scp NULL: refused */
        bool openid, offline;
    } cases[] = {
        {"openid profile offline_access https://api.example/.default", "user_impersonation", true, true},
        {"https://api.example/Numbers.Read", "Numbers.Read", false, false},
        {"  api://numgate/v1/.default   email ", "user_impersonation", false, false},
        {"openid 8502a0ec-c76d-412f-836c-398018e2312b/.default", "user_impersonation", true, false},
        {"openid", NULL, false, false},
        {"", NULL, false, false},
        {"openid phone https://api.example/.default", NULL, false, false},
        {"https://api.example", NULL, false, false},
        {"https://api.example/", NULL, false, false},
        {"https://api.example//.default", NULL, false, false},
        {"https://other.example/.default", NULL, false, false},
        {"/.default", NULL, false, false},
        {"https://api.example/a b/c", NULL, false, false},
        {"https://api.example/a\"b", NULL, false, false},
        {"https://api.example/.default https://api.example/.default", NULL, false, false},
        {"https://api.example/.default eb63d611-525e-4a31-abd7-0cb33f679599/.default", NULL, false, false},
        {"https://api.example/0123456789012345678901234567890123456789012345678901234567890123",
         "0123456789012345678901234567890123456789012345678901234567890123", false, false},
        {"https://api.example/01234567890123456789012345678901234567890123456789012345678901234", NULL, false,
         false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct scope scope;
        bool fits = scope_read(&directory, str_of(cases[i].text), &scope);
        bool right = fits == (cases[i].scp != NULL) &&
                     (!fits || (str_eq(scope.scp, str_of(cases[i].scp)) && scope.openid == cases[i].openid &&
                                scope.offline == cases[i].offline));
        if (!right) {
            fail_msg("case %zu: %s", i, cases[i].text);
        }
    }
}

static void test_redirect_uri__is_one_that_a_code_may_go_to(void **state UNUSED)
{
    static const struct {
        const char *uri;
        bool fits;
    } cases[] = {
        {"https://portal.example/", true},
        {"https://portal.example", true},
        {"https://127.0.0.1:8443/p?a=b", true},
        {"http://localhost:5173/", true},
        {"http://127.0.0.1/", true},
        {"http://[::1]:80/", true},
        {"http://portal.example/", false},
        {"https://user@portal.example/", false},
        {"https://portal.example/#x", false},
        {"https:///x", false},
        {"javascript:alert(1)", false},
        {"portal.example", false},
        {"https://portal.example/a b", false},
        {"https://portal.example/\"", false},
        {"https://portal.example/;x", false},
        {"", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if ((redirect_uri_check(str_of(cases[i].uri), NULL) == RC_OK) != cases[i].fits) {
            fail_msg("case %zu: %s", i, cases[i].uri);
        }
    }
}

static void test_origin__is_what_comes_before_the_path(void **state UNUSED)
{
    static const struct {
        const char *uri, *origin;
    } cases[] = {
        {"https://portal.example/a/b", "https://portal.example"},
        {"https://portal.example", "https://portal.example"},
        {"https://portal.example?a=/", "https://portal.example"},
        {"http://[::1]:8443/", "http://[::1]:8443"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (!str_eq(uri_origin(str_of(cases[i].uri)), str_of(cases[i].origin))) {
            fail_msg("case %zu: %s", i, cases[i].uri);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scope__names_one_resource),
        cmocka_unit_test(test_redirect_uri__is_one_that_a_code_may_go_to),
        cmocka_unit_test(test_origin__is_what_comes_before_the_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
