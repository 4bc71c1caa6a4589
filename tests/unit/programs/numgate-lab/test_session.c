/* Sessions of browsers: found by their cookie, until they end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "programs/numgate-lab/session.h"
#include "programs/numgate-lab/user.h"

#include "common/base/banned.h"

static const struct user ada = {.name = {"ada", 3}}, noel = {.name = {"noel", 4}};
static const struct mono began = {1000000};

static struct mono after_s(int64_t seconds, int64_t ms)
{
    return mono_after(began, seconds * 1000 + ms);
}

static void test_find__by_the_cookie_alone(void **state UNUSED)
{
    struct sessions *sessions = sessions_new();
    struct session made, found;
    char cookie[SESSION_COOKIE_MAX];
    assert_false(sessions_find(sessions, STR_NONE, began, &found));
    sessions_begin(sessions, &ada, began, &made, cookie);
    assert_true(sessions_find(sessions, str_of(cookie), began, &found));
    assert_true(found.user == &ada && str_eq(str_of(found.id), str_of(made.id)));
    assert_false(sessions_find(sessions, STR_NONE, began, &found));
    assert_false(sessions_find(sessions, STR(""), began, &found));
    assert_false(sessions_find(sessions, str_of(made.id), began, &found));
    cookie[0] = cookie[0] == 'A' ? 'B' : 'A';
    assert_false(sessions_find(sessions, str_of(cookie), began, &found));
    sessions_free(sessions);
}

static void test_session__ends_in_time_unless_renewed(void **state UNUSED)
{
    struct sessions *sessions = sessions_new();
    struct session session;
    char cookie[SESSION_COOKIE_MAX];
    sessions_begin(sessions, &ada, began, &session, cookie);
    assert_true(sessions_find(sessions, str_of(cookie), after_s(SESSION_SECONDS, -1), &session));
    assert_false(sessions_find(sessions, str_of(cookie), after_s(SESSION_SECONDS, 0), &session));
    sessions_renew(sessions, str_of(session.id), after_s(SESSION_SECONDS, -1));
    assert_true(sessions_find(sessions, str_of(cookie), after_s(SESSION_SECONDS, 0), &session));
    assert_false(sessions_find(sessions, str_of(cookie), after_s(2 * SESSION_SECONDS, -1), &session));
    sessions_free(sessions);
}

static void test_end__is_of_one_session_or_one_user(void **state UNUSED)
{
    struct sessions *sessions = sessions_new();
    struct session one, two, found;
    char cookie_one[SESSION_COOKIE_MAX], cookie_two[SESSION_COOKIE_MAX];
    sessions_begin(sessions, &ada, began, &one, cookie_one);
    sessions_begin(sessions, &ada, began, &two, cookie_two);
    sessions_end(sessions, str_of(one.id));
    assert_false(sessions_find(sessions, str_of(cookie_one), began, &found));
    assert_true(sessions_find(sessions, str_of(cookie_two), began, &found));
    assert_int_equal(sessions_end_of(sessions, &noel), 0);
    assert_int_equal(sessions_end_of(sessions, &ada), 1);
    assert_false(sessions_find(sessions, str_of(cookie_two), began, &found));
    sessions_free(sessions);
}

static void test_begin__ends_the_oldest_when_there_is_no_room(void **state UNUSED)
{
    struct sessions *sessions = sessions_new();
    struct session session;
    char first[SESSION_COOKIE_MAX], second[SESSION_COOKIE_MAX], more[SESSION_COOKIE_MAX];
    sessions_begin(sessions, &ada, began, &session, first);
    for (int64_t i = 1; i < SESSIONS_MAX; i++) {
        sessions_begin(sessions, &noel, after_s(0, i), &session, i == 1 ? second : more);
    }
    assert_true(sessions_find(sessions, str_of(first), after_s(1, 0), &session));
    sessions_begin(sessions, &noel, after_s(1, 0), &session, more);
    assert_false(sessions_find(sessions, str_of(first), after_s(1, 0), &session));
    assert_true(sessions_find(sessions, str_of(second), after_s(1, 0), &session));
    assert_true(sessions_find(sessions, str_of(more), after_s(1, 0), &session));
    sessions_free(sessions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find__by_the_cookie_alone),
        cmocka_unit_test(test_session__ends_in_time_unless_renewed),
        cmocka_unit_test(test_end__is_of_one_session_or_one_user),
        cmocka_unit_test(test_begin__ends_the_oldest_when_there_is_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
