#include "common/base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/base/compiler.h"
#include "common/base/mem.h"

static void test_random__makes_version_4_uuids(void **state UNUSED)
{
    char before[UUID_TEXT_MAX] = "";
    for (int i = 0; i < 1000; i++) {
        char text[UUID_TEXT_MAX];
        struct str uuid = random_uuid(text);
        assert_true(str_is_uuid(uuid));
        assert_int_equal(text[14], '4');
        assert_non_null(strchr("89ab", text[19]));
        assert_string_not_equal(text, before);
        memcpy(before, text, sizeof text);
    }
}

static void test_random__differs_after_a_fork(void **state UNUSED)
{
    char ours[UUID_TEXT_MAX];
    char childs[UUID_TEXT_MAX] = "";
    int ends[2];
    (void)random_uuid(ours); /* the pool is filled now */
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        struct str uuid = random_uuid(childs);
        _exit(write(ends[1], uuid.p, uuid.n) == (ssize_t)uuid.n ? 0 : 1);
    }
    (void)random_uuid(ours);
    assert_int_equal(read(ends[0], childs, 36), 36);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_string_not_equal(ours, childs);
    close(ends[0]);
    close(ends[1]);
}

static void test_random__fills_all_bytes(void **state UNUSED)
{
    uint8_t seen[64] = {0};
    for (int round = 0; round < 20; round++) {
        uint8_t bytes[64] = {0};
        random_bytes(bytes, sizeof bytes);
        for (size_t i = 0; i < sizeof bytes; i++) {
            seen[i] |= bytes[i];
        }
    }
    for (size_t i = 0; i < sizeof seen; i++) {
        assert_int_not_equal(seen[i], 0);
    }
    assert_true(random_u64() != random_u64());
}

static void test_mem__gives_zeroed_memory_and_checks_products(void **state UNUSED)
{
    char *p = mem_alloc_array(3, 5);
    assert_memory_equal(p, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 15);
    mem_free(p);
    p = mem_alloc(0);
    assert_non_null(p);
    mem_free(p);
    p = mem_dup("ab", 2);
    assert_string_equal(p, "ab");
    mem_wipe(p, 2);
    assert_memory_equal(p, "\0\0", 2);
    p = mem_grow(p, 100);
    assert_non_null(p);
    mem_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random__makes_version_4_uuids),
        cmocka_unit_test(test_random__differs_after_a_fork),
        cmocka_unit_test(test_random__fills_all_bytes),
        cmocka_unit_test(test_mem__gives_zeroed_memory_and_checks_products),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
