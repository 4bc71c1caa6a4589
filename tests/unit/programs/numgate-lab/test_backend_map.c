#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/compiler.h"
#include "programs/numgate-lab/backend_map.h"

#define KEYS  5000
#define STEPS 60000

/* Values are never looked into, so any address will do. */
static char values[KEYS + 1];

static struct map_key key_of(size_t i)
{
    return (struct map_key){i / 100, i % 100};
}

static void test_map__empty_has_nothing(void **state UNUSED)
{
    struct map map = {0};
    struct map_at at = map_first(&map);
    assert_null(map_get(&map, key_of(1)));
    assert_null(map_drop(&map, key_of(1)));
    assert_null(map_next(&map, &at));
    at = map_behind(&map, key_of(1));
    assert_null(map_next(&map, &at));
    map_clear(&map);
}

static void test_map__put_replaces_and_tells_what_was_there(void **state UNUSED)
{
    struct map map = {0};
    assert_null(map_put(&map, key_of(1), &values[1]));
    assert_ptr_equal(map_put(&map, key_of(1), &values[2]), &values[1]);
    assert_int_equal(map.count, 1);
    assert_ptr_equal(map_drop(&map, key_of(1)), &values[2]);
    assert_int_equal(map.count, 0);
    map_clear(&map);
}

/* All entries in order, and each "behind" goes on where it should. */
static void check_whole(const struct map *map, const bool *there)
{
    struct map_at at = map_first(map);
    size_t count = 0;
    for (size_t i = 0; i < KEYS; i++) {
        assert_ptr_equal(map_get(map, key_of(i)), there[i] ? &values[i] : NULL);
        if (there[i]) {
            assert_ptr_equal(map_next(map, &at), &values[i]);
            count++;
        }
    }
    assert_null(map_next(map, &at));
    assert_int_equal(map->count, count);
    for (size_t i = 0; i < KEYS; i += 37) {
        size_t next = i + 1;
        while (next < KEYS && !there[next]) {
            next++;
        }
        at = map_behind(map, key_of(i));
        assert_ptr_equal(map_next(map, &at), next < KEYS ? &values[next] : NULL);
    }
}

static void test_map__does_as_an_array_does(void **state UNUSED)
{
    static bool there[KEYS];
    struct map map = {0};
    uint64_t random = 1;
    for (size_t step = 0; step < STEPS; step++) {
        random = random * 6364136223846793005U + 1442695040888963407U;
        size_t i = (size_t)(random >> 33) % KEYS;
        bool put = step < STEPS / 2 ? random >> 62 != 0 : random >> 62 == 0; /* it grows, then it shrinks */
        void *old = put ? map_put(&map, key_of(i), &values[i]) : map_drop(&map, key_of(i));
        assert_ptr_equal(old, there[i] ? &values[i] : NULL);
        there[i] = put;
        if (step % 5000 == 0) {
            check_whole(&map, there);
        }
    }
    check_whole(&map, there);
    map_clear(&map);
}

static void test_map__takes_keys_in_order_and_backwards(void **state UNUSED)
{
    static bool there[KEYS];
    struct map up = {0}, down = {0};
    for (size_t i = 0; i < KEYS; i++) {
        (void)map_put(&up, key_of(i), &values[i]);
        (void)map_put(&down, key_of(KEYS - 1 - i), &values[KEYS - 1 - i]);
        there[i] = true;
    }
    check_whole(&up, there);
    check_whole(&down, there);
    for (size_t i = 0; i < KEYS; i++) {
        assert_ptr_equal(map_drop(&up, key_of(i)), &values[i]);
    }
    assert_int_equal(up.count, 0);
    map_clear(&up);
    map_clear(&down);
}

static void test_key__of_a_uuid_is_ordered_as_its_text(void **state UNUSED)
{
    static const char *const uuids[] = {
        "00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-00000000000f",
        "0f000000-0000-4000-8000-000000000001", "a1de0000-0000-4000-8000-000000000001",
        "ffffffff-ffff-ffff-ffff-ffffffffffff"};
    struct map map = {0};
    struct map_key key;
    char text[UUID_TEXT_MAX];
    for (size_t i = ARRAY_LEN(uuids); i-- > 0;) {
        assert_true(map_key_of_uuid(str_of(uuids[i]), &key));
        assert_string_equal(map_key_uuid(key, text).p, uuids[i]);
        (void)map_put(&map, key, &values[i]);
    }
    struct map_at at = map_first(&map);
    for (size_t i = 0; i < ARRAY_LEN(uuids); i++) {
        assert_ptr_equal(map_next(&map, &at), &values[i]);
    }
    assert_true(map_key_of_uuid(STR("A1DE0000-0000-4000-8000-000000000001"), &key));
    assert_ptr_equal(map_get(&map, key), &values[3]);
    assert_false(map_key_of_uuid(STR("a1de0000"), &key));
    assert_false(map_key_of_uuid(STR_NONE, &key));
    map_clear(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_map__empty_has_nothing),
        cmocka_unit_test(test_map__put_replaces_and_tells_what_was_there),
        cmocka_unit_test(test_map__does_as_an_array_does),
        cmocka_unit_test(test_map__takes_keys_in_order_and_backwards),
        cmocka_unit_test(test_key__of_a_uuid_is_ordered_as_its_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
