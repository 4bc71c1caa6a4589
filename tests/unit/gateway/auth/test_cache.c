#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "gateway/auth/cache.h"

struct room {
    struct arena *mem;
    struct cache *cache;
};

static int given_room(void **state)
{
    static struct room room;
    room.mem = arena_new(16 << 20);
    room.cache = cache_new();
    *state = &room;
    return room.cache == NULL;
}

static int drop_room(void **state)
{
    struct room *room = *state;
    cache_free(room->cache);
    arena_free(room->mem);
    return 0;
}

static const struct actor somebody = {
    .way = ACTOR_PORTAL,
    .caller = {"t/c/o", 5},
    .tenant = {"t", 1},
    .client_id = {"c", 1},
    .object_id = {"o", 1},
    .roles = ROLE_READ | ROLE_WRITE,
    .is_user = true,
};

static void put(struct room *room, const char *token, int64_t until_ms)
{
    struct cache_key key = cache_key(str_of(token));
    cache_put(room->cache, &key, (struct mono){until_ms}, (struct cache_origin){3, 7}, &somebody);
}

static bool find(struct room *room, const char *token, int64_t now_ms, struct actor *ret)
{
    struct cache_key key = cache_key(str_of(token));
    struct cache_origin origin;
    bool found = cache_find(room->cache, &key, (struct mono){now_ms}, room->mem, ret, &origin);
    assert_true(!found || (origin.issuer == 3 && origin.generation == 7));
    return found;
}

static void test_cache_find__gives_back_what_a_token_says_and_no_more(void **state)
{
    struct room *room = *state;
    struct actor actor = {.request_id = STR("r"), .from = {.family = 4}};
    put(room, "token", 1000);
    assert_true(find(room, "token", 999, &actor));
    assert_true(str_eq(actor.caller, STR("t/c/o")) && str_eq(actor.tenant, STR("t")) &&
                str_eq(actor.object_id, STR("o")));
    assert_true(str_eq(actor.client_id, STR("c")) && str_absent(actor.name));
    assert_int_equal(actor.roles, ROLE_READ | ROLE_WRITE);
    assert_int_equal(actor.way, ACTOR_PORTAL);
    assert_true(actor.is_user);
    assert_true(str_eq(actor.request_id, STR("r")) && actor.from.family == 4);
    assert_false(find(room, "Token", 999, &actor));
}

static void test_cache_find__ends_at_its_time(void **state)
{
    struct room *room = *state;
    struct actor actor = {0};
    put(room, "token", 1000);
    assert_true(find(room, "token", 999, &actor));
    assert_false(find(room, "token", 1000, &actor));
    put(room, "token", 2000); /* the same place, not a second one */
    assert_true(find(room, "token", 1999, &actor));
}

static void test_cache__is_bounded(void **state)
{
    struct room *room = *state;
    char text[32];
    struct actor actor = {0};
    size_t found = 0, tokens = 4 * CACHE_ENTRIES;
    for (size_t i = 0; i < tokens; i++) {
        snprintf(text, sizeof(text), "token-%zu", i);
        put(room, text, 1000 + (int64_t)i);
        assert_true(find(room, text, 0, &actor));
    }
    for (size_t i = 0; i < tokens; i++) {
        snprintf(text, sizeof(text), "token-%zu", i);
        found += find(room, text, 0, &actor);
        arena_reset(room->mem);
    }
    assert_int_equal(found, CACHE_ENTRIES);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, given_room, drop_room)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_cache_find__gives_back_what_a_token_says_and_no_more),
        TEST(test_cache_find__ends_at_its_time),
        TEST(test_cache__is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
