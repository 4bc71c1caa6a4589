#include "common/base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "common/base/compiler.h"

static void test_arena__gives_zeroed_and_aligned_memory(void **state UNUSED)
{
    struct arena *arena = arena_new(1 << 20);
    for (size_t size = 0; size < 300; size++) {
        char *p = arena_alloc(arena, size);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++) {
            assert_int_equal(p[i], 0);
        }
        memset(p, 0xAA, size);
    }
    arena_free(arena);
}

static void test_arena__stops_at_its_ceiling_and_remembers(void **state UNUSED)
{
    struct arena *arena = arena_new(1000);
    assert_non_null(arena_alloc(arena, 900));
    assert_false(arena_failed(arena));
    assert_null(arena_alloc(arena, 200));
    assert_true(arena_failed(arena));
    assert_non_null(arena_alloc(arena, 16)); /* what fits still fits */
    arena_reset(arena);
    assert_false(arena_failed(arena));
    assert_non_null(arena_alloc(arena, 900));
    arena_free(arena);
}

static void test_arena__refuses_sizes_that_overflow(void **state UNUSED)
{
    struct arena *arena = arena_new(SIZE_MAX);
    assert_null(arena_alloc(arena, SIZE_MAX));
    assert_null(arena_alloc_array(arena, SIZE_MAX / 2, 3));
    assert_true(arena_failed(arena));
    assert_non_null(arena_alloc_array(arena, 0, 8));
    arena_free(arena);
}

static void test_arena__copies_text(void **state UNUSED)
{
    struct arena *arena = arena_new(1 << 20);
    struct str copy = arena_str(arena, STR("abc"));
    assert_true(str_eq(copy, STR("abc")));
    assert_int_equal(copy.p[3], 0);
    assert_true(str_absent(arena_str(arena, STR_NONE)));
    assert_false(str_absent(arena_str(arena, STR(""))));
    assert_string_equal(arena_cstr(arena, STR_NONE), "");
    assert_true(str_eq(arena_printf(arena, "%s-%d", "x", 7), STR("x-7")));
    struct str longer = arena_printf(arena, "%0600d", 1);
    assert_int_equal(longer.n, 600);
    assert_int_equal(longer.p[599], '1');
    assert_int_equal(longer.p[600], 0);
    arena_free(arena);
}

struct trace {
    char text[16];
    size_t n;
};
struct note {
    struct trace *trace;
    char letter;
};

static void write_note(void *arg)
{
    struct note *note = arg;
    note->trace->text[note->trace->n++] = note->letter;
}

static void test_arena__runs_deferred_calls_last_first(void **state UNUSED)
{
    struct trace trace = {0};
    struct note a = {&trace, 'a'}, b = {&trace, 'b'}, c = {&trace, 'c'};
    struct arena *arena = arena_new(1 << 20);
    assert_true(arena_defer(arena, write_note, &a));
    struct arena_mark mark = arena_mark(arena);
    assert_true(arena_defer(arena, write_note, &b));
    assert_true(arena_defer(arena, write_note, &c));
    arena_rewind(arena, mark);
    assert_string_equal(trace.text, "cb");
    arena_free(arena);
    assert_string_equal(trace.text, "cba");
}

static void test_arena__reset_runs_deferred_calls_once(void **state UNUSED)
{
    struct trace trace = {0};
    struct note a = {&trace, 'a'};
    struct arena *arena = arena_new(1 << 20);
    assert_true(arena_defer(arena, write_note, &a));
    arena_reset(arena);
    arena_reset(arena);
    arena_free(arena);
    assert_string_equal(trace.text, "a");
}

static void test_arena__does_not_defer_when_full(void **state UNUSED)
{
    struct trace trace = {0};
    struct note a = {&trace, 'a'};
    struct arena *arena = arena_new(16);
    assert_false(arena_defer(arena, write_note, &a));
    arena_free(arena);
    assert_string_equal(trace.text, "");
}

/* Marks at every point of a mix of small and big blocks; what came before a mark must survive the rewind to
 * it. */
static void test_arena__rewinds_to_any_mark(void **state UNUSED)
{
    enum { BLOCKS = 60 };
    for (size_t keep = 0; keep <= BLOCKS; keep++) {
        struct arena *arena = arena_new(64 << 20);
        struct arena_mark mark = arena_mark(arena);
        char *blocks[BLOCKS];
        size_t sizes[BLOCKS];
        for (size_t round = 0; round < 3; round++) {
            for (size_t i = round == 0 ? 0 : keep; i < BLOCKS; i++) {
                if (i == keep && round == 0) {
                    mark = arena_mark(arena);
                }
                sizes[i] = i % 7 == 3 ? 20000 * (i % 5) + 1 : 100 * (i % 9) + 1;
                blocks[i] = arena_alloc(arena, sizes[i]);
                assert_non_null(blocks[i]);
                memset(blocks[i], (int)i, sizes[i]);
            }
            if (keep < BLOCKS) {
                arena_rewind(arena, mark);
                assert_int_equal(arena_bytes(arena), mark.total);
            }
            for (size_t i = 0; i < keep; i++) {
                assert_int_equal(blocks[i][0], (char)i);
                assert_int_equal(blocks[i][sizes[i] - 1], (char)i);
            }
        }
        arena_free(arena);
    }
}

static void test_arena__wipes_secrets(void **state UNUSED)
{
    struct arena *arena = arena_new_secret(4096);
    char *secret = arena_cstr(arena, STR("hunter2"));
    arena_reset(arena);
    const char *again = arena_alloc(arena, 8);
    assert_ptr_equal(secret, again);
    assert_memory_equal(again, "\0\0\0\0\0\0\0", 8);
    arena_free(arena);
    arena_free(NULL);
}

static void test_arena__rewinds_to_a_mark_made_right_after_a_reset(void **state UNUSED)
{
    struct arena *arena = arena_new(1 << 20);
    assert_non_null(arena_alloc(arena, 100));
    arena_reset(arena);
    struct arena_mark mark = arena_mark(arena);
    for (int i = 0; i < 100; i++) {
        assert_non_null(arena_alloc(arena, 1000));
    }
    arena_rewind(arena, mark);
    assert_int_equal(arena_bytes(arena), 0);
    assert_non_null(arena_alloc(arena, 100));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena__rewinds_to_a_mark_made_right_after_a_reset),
        cmocka_unit_test(test_arena__gives_zeroed_and_aligned_memory),
        cmocka_unit_test(test_arena__stops_at_its_ceiling_and_remembers),
        cmocka_unit_test(test_arena__refuses_sizes_that_overflow),
        cmocka_unit_test(test_arena__copies_text),
        cmocka_unit_test(test_arena__runs_deferred_calls_last_first),
        cmocka_unit_test(test_arena__reset_runs_deferred_calls_once),
        cmocka_unit_test(test_arena__does_not_defer_when_full),
        cmocka_unit_test(test_arena__rewinds_to_any_mark),
        cmocka_unit_test(test_arena__wipes_secrets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
