#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "gateway/ops/blocks.h"

#define ZOOM    (1U << SERVICE_ZOOM)
#define ROUTING (1U << SERVICE_DIRECT_ROUTING)

static struct number_line line(int64_t number)
{
    return (struct number_line){.telephone_number = number,
                                .account_name = STR("contoso"),
                                .services = ZOOM,
                                .provisioning_status = PROVISIONING_SYNCED};
}

static int given_arena(void **state)
{
    *state = arena_new(1024 * 1024);
    return *state == NULL;
}

static int drop_arena(void **state)
{
    arena_free(*state);
    return 0;
}

/* "from-to(gap) ..." of the lines. */
static void fold(struct arena *mem, size_t limit, int64_t before, const struct number_line *lines,
                 size_t count, size_t *ret_taken, char *ret, size_t size)
{
    struct block_fold fold;
    size_t n = 0;
    assert_true(block_fold_init(&fold, mem, limit, before));
    for (*ret_taken = 0; *ret_taken < count && block_fold_take(&fold, &lines[*ret_taken]);) {
        ++*ret_taken;
    }
    ret[0] = '\0';
    for (size_t i = 0; i < fold.count; i++) {
        const struct people_block *block = &fold.items[i];
        assert_int_equal(block->count, block->to - block->from + 1);
        n += (size_t)snprintf(ret + n, size - n, "%s%lld-%lld(%lld)", i > 0 ? " " : "",
                              (long long)block->from, (long long)block->to, (long long)block->gap_before);
    }
}

static void test_block__joins_neighbours_and_counts_gaps(void **state)
{
    static const struct {
        int64_t numbers[8], before;
        const char *blocks;
    } cases[] = {
        {{0}, 0, ""},
        {{100}, 0, "100-100(-1)"},
        {{100, 101, 102}, 0, "100-102(-1)"},
        {{100, 101, 103, 104, 110}, 0, "100-101(-1) 103-104(1) 110-110(5)"},
        {{100, 101}, 99, "100-101(-1)"}, /* of two digits: in no row with these */
        {{101, 102}, 100, "101-102(0)"}, /* carries on what the page before ended with */
        {{105}, 100, "105-105(4)"},
        {{98, 99, 100, 101}, 0, "98-99(-1) 100-101(-1)"},
        {{123456789012344, 123456789012345}, 0, "123456789012344-123456789012345(-1)"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct number_line lines[8];
        char text[256];
        size_t count = 0, taken;
        for (; count < 8 && cases[i].numbers[count] != 0; count++) {
            lines[count] = line(cases[i].numbers[count]);
        }
        fold(*state, 8, cases[i].before, lines, count, &taken, text, sizeof text);
        if (strcmp(text, cases[i].blocks) != 0 || taken != count) {
            fail_msg("case %zu: %s", i, text);
        }
    }
}

/* The line in the middle differs in one thing. */
static void test_block__ends_where_a_setting_changes(void **state)
{
    struct number_line lines[] = {line(100), line(101), line(102)};
    const struct number_line plain = lines[1];
    char text[256];
    size_t taken;
    static const char split[] = "100-100(-1) 101-101(0) 102-102(0)";
    for (int i = 0; i < 5; i++) {
        lines[1] = plain;
        switch (i) {
        case 0:
            lines[1].account_name = STR("Contoso");
            break;
        case 1:
            lines[1].services = ZOOM | ROUTING;
            break;
        case 2:
            lines[1].provisioning_status = PROVISIONING_FAILED;
            break;
        case 3:
            lines[1].custom_sip_header = STR("h");
            break;
        default:
            lines[1].custom_sip_header = STR("");
        }
        fold(*state, 8, 0, lines, 3, &taken, text, sizeof text);
        if (strcmp(text, split) != 0) {
            fail_msg("case %d: %s", i, text);
        }
    }
    lines[1] = plain;
    lines[1].assignment_status = ASSIGNMENT_ASSIGNED; /* no setting */
    lines[1].changed_at = (struct wall){5};
    fold(*state, 8, 0, lines, 3, &taken, text, sizeof text);
    assert_string_equal(text, "100-102(-1)");
}

static void test_block__stops_before_one_more_than_the_limit(void **state)
{
    const struct number_line lines[] = {line(100), line(102), line(103), line(105)};
    char text[256];
    size_t taken;
    fold(*state, 2, 0, lines, 4, &taken, text, sizeof text);
    assert_int_equal(taken, 3);
    assert_string_equal(text, "100-100(-1) 102-103(1)");
}

static void test_block__has_texts_of_its_own(void **state)
{
    struct block_fold blocks;
    char name[] = "contoso";
    struct number_line first = line(100);
    first.account_name = (struct str){name, 7};
    assert_true(block_fold_init(&blocks, *state, 2, 0));
    assert_true(block_fold_take(&blocks, &first));
    name[0] = 'X';
    assert_true(str_eq(blocks.items[0].account_name, STR("contoso")));
    assert_int_equal(blocks.items[0].services.count, 1);
    assert_true(str_eq(blocks.items[0].services.items[0], STR("zoomPhoneCloudPeering")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_block__joins_neighbours_and_counts_gaps, given_arena,
                                        drop_arena),
        cmocka_unit_test_setup_teardown(test_block__ends_where_a_setting_changes, given_arena, drop_arena),
        cmocka_unit_test_setup_teardown(test_block__stops_before_one_more_than_the_limit, given_arena,
                                        drop_arena),
        cmocka_unit_test_setup_teardown(test_block__has_texts_of_its_own, given_arena, drop_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
