#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "gateway/domain/actor.h"

static void test_actor_way_name__has_one_for_each(void **state)
{
    (void)state;
    assert_string_equal(actor_way_name(ACTOR_API), "api");
    assert_string_equal(actor_way_name(ACTOR_PORTAL), "portal");
    assert_string_equal(actor_way_name(ACTOR_JOB), "job");
    assert_string_equal(actor_way_name(ACTOR_SYNC), "sync");
    assert_string_equal(actor_way_name(ACTOR_COMMAND), "command");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_actor_way_name__has_one_for_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
