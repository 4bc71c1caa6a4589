#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "gateway/ops/overview.h"

/* By enum attention_kind; the first place is none. */
static void test_share__shows_all_or_some_of_each_kind(void **state)
{
    (void)state;
    static const struct {
        size_t found[ATTENTION_END], shown[ATTENTION_END];
        bool truncated;
    } cases[] = {
        {{0}, {0}, false},
        {{0, 50}, {0, 50}, false},
        {{0, 51}, {0, 50}, true},
        {{0, 51, 51}, {0, 43, 7}, true},
        {{0, 1, 51, 1}, {0, 1, 48, 1}, true},
        {{0, 10, 10, 10, 10, 10, 0, 0}, {0, 10, 10, 10, 10, 10, 0, 0}, false},
        {{0, 51, 51, 51, 51, 51, 51, 51}, {0, 8, 7, 7, 7, 7, 7, 7}, true},
        {{0, 0, 0, 0, 0, 0, 0, 51}, {0, 0, 0, 0, 0, 0, 0, 50}, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t shown[ATTENTION_END] = {0}, sum = 0;
        bool truncated = overview_share(cases[i].found, shown);
        for (size_t kind = 1; kind < ATTENTION_END; kind++) {
            sum += shown[kind];
            if (shown[kind] != cases[i].shown[kind]) {
                fail_msg("case %zu, kind %zu: %zu", i, kind, shown[kind]);
            }
        }
        assert_true(sum <= OVERVIEW_ITEMS);
        assert_int_equal(truncated, cases[i].truncated);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_share__shows_all_or_some_of_each_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
