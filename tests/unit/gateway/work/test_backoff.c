#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/base/compiler.h"
#include "gateway/work/backoff.h"

static void test_backoff__doubles_up_to_its_ceiling(void **state)
{
    static const struct {
        uint32_t first, max;
        int64_t attempt;
        uint32_t longest;
    } table[] = {
        {1000, 300000, 0, 1000},
        {1000, 300000, 1, 2000},
        {1000, 300000, 8, 256000},
        {1000, 300000, 9, 300000},
        {1000, 300000, 1000000, 300000},
        {1000, 300000, -1, 1000},
        {5000, 1000, 0, 1000},
        {UINT32_MAX, UINT32_MAX, INT64_MAX, UINT32_MAX},
        {1, 1, 0, 1},
        {0, 0, 3, 0},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        uint32_t longest = backoff_ms(table[i].first, table[i].max, table[i].attempt, 0);
        if (longest != table[i].longest) {
            fail_msg("case %zu: %u", i, longest);
        }
    }
}

static void test_backoff__is_spread_over_its_upper_half(void **state)
{
    uint32_t least = UINT32_MAX, most = 0;
    (void)state;
    for (uint64_t random = 0; random < 2000; random++) {
        uint32_t ms = backoff_ms(1000, 300000, 0, random);
        least = ms < least ? ms : least;
        most = ms > most ? ms : most;
    }
    assert_int_equal(least, 500);
    assert_int_equal(most, 1000);
    assert_true(backoff_ms(1000, 300000, 0, UINT64_MAX) >= 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_backoff__doubles_up_to_its_ceiling),
        cmocka_unit_test(test_backoff__is_spread_over_its_upper_half),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
