#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "gateway/api/error.h"
#include "gateway/api/path.h"
#include "gateway/api/route.h"

struct route_case {
    enum http_method method;
    const char *segments[6];
    const char *expected; /* operation, or the methods allowed, or "" for no such path */
    const char *param;    /* the first one */
};

static const struct route_case cases[] = {
    {HTTP_GET, {"accounts"}, "Accounts_list", NULL},
    {HTTP_HEAD, {"accounts"}, "Accounts_list", NULL},
    {HTTP_GET, {"Accounts"}, "", NULL},
    {HTTP_GET, {"accounts", ""}, "Accounts_get", ""},
    {HTTP_GET, {"accounts", "contoso"}, "Accounts_get", "contoso"},
    {HTTP_POST, {"accounts", "contoso"}, "GET, HEAD, PUT, DELETE", NULL},
    {HTTP_POST, {"accounts", "contoso:deleteNumbers"}, "Accounts_deleteNumbers", "contoso"},
    {HTTP_POST, {"accounts", "contoso:deletenumbers"}, "", NULL},
    {HTTP_POST, {"accounts", ":deleteNumbers"}, "", NULL},
    {HTTP_GET, {"accounts", "contoso:deleteNumbers"}, "POST", NULL},
    {HTTP_GET, {"accounts", "contoso:"}, "", NULL},
    {HTTP_GET, {"accounts", "contoso", "numbers"}, "Accounts_listNumbers", "contoso"},
    {HTTP_GET, {"accounts", "a:b", "numbers"}, "Accounts_listNumbers", "a:b"},
    {HTTP_PUT, {"accounts", "contoso", "numbers", "+4416"}, "Accounts_createOrReplaceNumber", "contoso"},
    {HTTP_PATCH, {"accounts", "contoso", "numbers", "+4416"}, "GET, HEAD, PUT, DELETE", NULL},
    {HTTP_GET, {"accounts", "contoso", "numbers", "+4416", "x"}, "", NULL},
    {HTTP_GET, {"numbers"}, "listNumbers", NULL},
    {HTTP_DELETE, {"numbers"}, "GET, HEAD", NULL},
    {HTTP_PATCH,
     {"teamsRequestsForInformation", "t"},
     "TeamsRequestsForInformation_createOrUpdateRequestForInformation",
     "t"},
    {HTTP_OTHER, {"numbers"}, "GET, HEAD", NULL},
    {HTTP_GET, {NULL}, "", NULL},
};

static struct str outcome(const struct route_match *match, struct arena *mem)
{
    return match->route != NULL ? str_of(match->route->operation) : route_allow_text(match->allowed, mem);
}

static void test_route_find__knows_every_path_and_no_other(void **state)
{
    (void)state;
    struct arena *mem = arena_new(64 * 1024);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str segments[6];
        size_t count = 0;
        for (; count < 6 && cases[i].segments[count] != NULL; count++) {
            segments[count] = str_of(cases[i].segments[count]);
        }
        const struct http_request request = {
            .method = cases[i].method, .segments = segments, .segment_count = count};
        struct route_match match;
        route_find(&api_routes, 1, &request, &match);
        if (!str_eq(outcome(&match, mem), str_of(cases[i].expected))) {
            fail_msg("case %zu: %s", i, outcome(&match, mem).p);
        }
        if (cases[i].param != NULL) {
            assert_true(str_eq(match.params[0], str_of(cases[i].param)));
        }
    }
    arena_free(mem);
}

static void test_route_find__takes_any_tail_and_the_later_row(void **state)
{
    (void)state;
    static const struct route rows[] = {
        {.method = HTTP_GET, .path = "/portal/{*}", .operation = "tail"},
        {.method = HTTP_GET, .path = "/portal/config.json", .operation = "exact"},
    };
    static const struct {
        const char *segments[4];
        const char *operation; /* NULL: none */
    } tails[] = {
        {{"portal"}, NULL},
        {{"portal", ""}, "tail"},
        {{"portal", "a", "b"}, "tail"},
        {{"portal", "config.json"}, "exact"},
        {{"portal", "config.json", ""}, "tail"},
        {{"portals", "a"}, NULL},
    };
    const struct route_table table = {rows, ARRAY_LEN(rows)};
    for (size_t i = 0; i < ARRAY_LEN(tails); i++) {
        struct str segments[4];
        size_t count = 0;
        for (; count < 4 && tails[i].segments[count] != NULL; count++) {
            segments[count] = str_of(tails[i].segments[count]);
        }
        const struct http_request request = {
            .method = HTTP_GET, .segments = segments, .segment_count = count};
        struct route_match match;
        route_find(&table, 1, &request, &match);
        const char *found = match.route != NULL ? match.route->operation : NULL;
        if (!str_eq(str_of(found), str_of(tails[i].operation)) ||
            match.open != str_eq(segments[0], STR("portal")) || (match.open && match.counted)) {
            fail_msg("case %zu: %s", i, found);
        }
    }
}

static void test_route_find__finds_nothing_where_no_path_can_be(void **state)
{
    (void)state;
    struct str segment = STR("accounts");
    const struct http_request request = {
        .method = HTTP_GET, .segments = &segment, .segment_count = 1, .path_state = HTTP_PATH_NONE};
    struct route_match match;
    route_find(&api_routes, 1, &request, &match);
    assert_null(match.route);
    assert_int_equal(match.allowed, 0);
    assert_true(match.counted);
}

static void test_routes__each_row_is_complete(void **state)
{
    (void)state;
    assert_int_equal(api_routes.count, 18);
    for (size_t i = 0; i < api_routes.count; i++) {
        const struct route *route = &api_routes.routes[i];
        assert_non_null(route->operation);
        assert_non_null(route->summary);
        assert_non_null(route->answer);
        assert_true(route->roles != 0 && route->statuses[0] != 0);
        assert_true(!(route->flags & ROUTE_REPEATABLE) || route->kind != REPO_WRITE ||
                    route->output == NULL || route->replay != NULL);
    }
}

static void test_error_rows__have_unique_codes_and_fitting_statuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < error_row_count; i++) {
        assert_ptr_equal(error_row_by_code(error_rows[i].code), &error_rows[i]);
        assert_in_range(error_rows[i].status, 400, 599);
        assert_true(error_rows[i].text[strlen(error_rows[i].text) - 1] == '.');
    }
    for (enum rc rc = RC_INVALID; rc <= RC_INTERNAL; rc++) {
        assert_int_equal(error_row_of(rc, NULL)->rc, rc);
    }
    struct err unknown = {.rc = RC_INVALID, .code = "NoSuchCode"};
    assert_int_equal(error_row_of(RC_INVALID, &unknown)->status, 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_route_find__knows_every_path_and_no_other),
        cmocka_unit_test(test_route_find__takes_any_tail_and_the_later_row),
        cmocka_unit_test(test_route_find__finds_nothing_where_no_path_can_be),
        cmocka_unit_test(test_routes__each_row_is_complete),
        cmocka_unit_test(test_error_rows__have_unique_codes_and_fitting_statuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
