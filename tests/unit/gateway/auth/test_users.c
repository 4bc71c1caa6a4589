#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "common/base/compiler.h"
#include "gateway/auth/users.h"

static void test_users_admit__gives_each_user_a_limit_of_their_own(void **state)
{
    (void)state;
    struct users *users = users_new(3);
    struct mono now = {1000};
    int64_t wait_ms = 0;
    for (int i = 0; i < 3; i++) {
        assert_true(users_admit(users, STR("a"), now, &wait_ms));
        now.ms += 10;
    }
    assert_false(users_admit(users, STR("a"), now, &wait_ms));
    assert_int_equal(wait_ms, 60000 - 30);
    assert_true(users_admit(users, STR("b"), now, &wait_ms));
    assert_false(users_admit(users, STR("a"), (struct mono){1000 + 59999}, &wait_ms));
    assert_int_equal(wait_ms, 1);
    assert_true(users_admit(users, STR("a"), (struct mono){1000 + 60000}, &wait_ms));
    users_free(users);
}

static void test_users_admit__lets_all_through_when_off(void **state)
{
    (void)state;
    struct users *users = users_new(0);
    int64_t wait_ms;
    for (int i = 0; i < 1000; i++) {
        assert_true(users_admit(users, STR("a"), (struct mono){1}, &wait_ms));
    }
    users_free(users);
}

static void test_users_set_limit__starts_afresh_only_when_it_changes(void **state)
{
    (void)state;
    struct users *users = users_new(1);
    struct mono now = {1000};
    int64_t wait_ms;
    assert_true(users_admit(users, STR("a"), now, &wait_ms));
    users_set_limit(users, 1);
    assert_false(users_admit(users, STR("a"), now, &wait_ms));
    users_set_limit(users, 2);
    assert_true(users_admit(users, STR("a"), now, &wait_ms));
    assert_true(users_admit(users, STR("a"), now, &wait_ms));
    assert_false(users_admit(users, STR("a"), now, &wait_ms));
    users_free(users);
}

static struct str name_of(size_t i, char text[20])
{
    return (struct str){text, (size_t)snprintf(text, 20, "user-%zu", i)};
}

static void test_users__forgets_the_one_not_heard_of_for_longest(void **state)
{
    (void)state;
    uint32_t limit = 1 << 18; /* so large that few users fit */
    size_t max = users_max(limit);
    assert_int_equal(max, 16);
    struct users *users = users_new(limit);
    char text[20];
    int64_t wait_ms;
    for (uint32_t i = 0; i < limit; i++) {
        assert_true(users_admit(users, name_of(0, text), (struct mono){1000}, &wait_ms));
        assert_true(users_admit(users, name_of(1, text), (struct mono){1000}, &wait_ms));
    }
    for (size_t i = 2; i < max; i++) {
        assert_true(users_admit(users, name_of(i, text), (struct mono){1000}, &wait_ms));
    }
    assert_false(users_admit(users, name_of(0, text), (struct mono){1000},
                             &wait_ms)); /* heard of again: user 1 is the oldest now */
    assert_true(users_admit(users, STR("one too many"), (struct mono){1000}, &wait_ms));
    assert_false(users_admit(users, name_of(0, text), (struct mono){1000}, &wait_ms));
    assert_true(users_admit(users, name_of(1, text), (struct mono){1000}, &wait_ms));
    users_free(users);
}

static void test_users_max__bounds_memory_and_number(void **state)
{
    (void)state;
    static const struct {
        uint32_t limit;
        size_t max;
    } cases[] = {{0, 10000},  {1, 10000},  {419, 10000},    {420, 9986},
                 {600, 6990}, {60000, 69}, {UINT32_MAX, 16}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (users_max(cases[i].limit) != cases[i].max) {
            fail_msg("case %zu: %zu", i, users_max(cases[i].limit));
        }
    }
}

static void test_users__survives_many_users(void **state)
{
    (void)state;
    struct users *users = users_new(2);
    char text[20];
    int64_t wait_ms;
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < 15000; i++) {
            assert_true(users_admit(users, name_of(i, text), (struct mono){1000}, &wait_ms));
        }
    }
    users_free(users);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_users_admit__gives_each_user_a_limit_of_their_own),
        cmocka_unit_test(test_users_admit__lets_all_through_when_off),
        cmocka_unit_test(test_users_set_limit__starts_afresh_only_when_it_changes),
        cmocka_unit_test(test_users__forgets_the_one_not_heard_of_for_longest),
        cmocka_unit_test(test_users_max__bounds_memory_and_number),
        cmocka_unit_test(test_users__survives_many_users),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
