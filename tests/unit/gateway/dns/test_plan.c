/* Plans by example, and as a property: of random zones, in which records of ours are missing or left over and foreign ones stand
 * everywhere, and random sets of what is wanted. NUMGATE_TEST_SEED repeats a run; the seed is printed when one fails. */
#include "memory_zone.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/random.h"
#include "gateway/dns/plan.h"

#define ROOM   (64UL * 1024 * 1024)
#define ROUNDS 1500
#define LABELS 12
#define PLACES (DNS_STATIC_PLACES + LABELS * DNS_REGIONS)

static const struct dns_facts ordinary = {
    .base_domain = STR("example.net"),
    .owner = STR("one"),
    .regions = {{.signalling_address = STR("192.0.2.1")}, {.signalling_address = STR("192.0.2.2")}},
    .region_count = 2};

struct wanted {
    struct dns_place places[PLACES];
    size_t count;
};

struct fixture {
    struct arena *mem;
    struct memory_zone zone, before;
    struct wanted wanted;
    uint64_t seed, random;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->mem = arena_new(ROOM);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    arena_free(f->mem);
    free(f);
    return 0;
}

static struct dns_plan plan_of(const struct dns_facts *facts, const struct wanted *wanted,
                               const struct memory_zone *zone, struct arena *mem)
{
    struct rr_list records = zone_list(zone);
    struct dns_plan plan;
    assert_int_equal(dns_plan_make(facts, wanted->places, wanted->count, &records, mem, &plan, NULL), RC_OK);
    return plan;
}

static void want_customer(const struct dns_facts *facts, struct wanted *wanted, struct arena *mem,
                          struct str label, struct str token)
{
    const struct dns_customer customer = {.account = label, .label = label, .tokens = {token, token}};
    dns_customer_places(facts, &customer, true, mem, &wanted->places[wanted->count]);
    wanted->count += facts->region_count;
}

/* How many prerequisites were not met. */
static size_t apply(struct memory_zone *zone, const struct dns_plan *plan)
{
    size_t refused = 0;
    for (size_t i = 0; i < plan->count; i++) {
        const struct dns_plan_item *item = &plan->items[i];
        refused += item->step == DNS_STEP_CHANGE && !zone_apply(zone, &item->place, &item->change);
    }
    return refused;
}

/* ---- examples ---- */

static void want_many(struct fixture *f, size_t from, size_t to)
{
    f->wanted.count = 0;
    for (size_t i = from; i < to; i++) {
        want_customer(&ordinary, &f->wanted, f->mem, arena_printf(f->mem, "c%zu", i), STR("MS=ms1"));
    }
}

static void test_plan__of_an_empty_zone_adds_all(void **state)
{
    struct fixture *f = *state;
    want_many(f, 0, 3);
    struct dns_plan plan = plan_of(&ordinary, &f->wanted, &f->zone, f->mem);
    assert_int_equal(plan.count, 6);
    assert_int_equal(plan.changes, 6);
    assert_int_equal(plan.ours, 0);
    assert_int_equal(plan.orphans, 0);
    assert_false(plan.confirm);
    assert_int_equal(apply(&f->zone, &plan), 0);
    assert_int_equal(f->zone.count, 18);
    plan = plan_of(&ordinary, &f->wanted, &f->zone, f->mem);
    assert_int_equal(plan.count, 0);
    assert_int_equal(plan.ours, 18);
}

static void test_plan__of_nothing_is_nothing(void **state)
{
    struct fixture *f = *state;
    struct dns_plan plan = plan_of(&ordinary, &f->wanted, &f->zone, f->mem);
    assert_int_equal(plan.count, 0);
    assert_false(plan.confirm);
}

static void test_plan__names_foreign_records_and_leaves_them(void **state)
{
    struct fixture *f = *state;
    const struct rr theirs = {.name = STR("c0.1r1.example.net"), .type = RR_AAAA, .data = STR("2001:db8::1")};
    want_many(f, 0, 2);
    zone_add(&f->zone, &theirs);
    struct dns_plan plan = plan_of(&ordinary, &f->wanted, &f->zone, f->mem);
    assert_int_equal(plan.count, 4);
    assert_int_equal(plan.changes, 2); /* of the other customer */
    assert_int_equal(plan.items[0].step, DNS_STEP_FOREIGN);
    assert_true(rr_same(&plan.items[0].change.foreign.items[0], &theirs));
    assert_int_equal(plan.items[1].step, DNS_STEP_FOREIGN);
    assert_int_equal(plan.items[1].change.foreign.count, 0);
    assert_int_equal(plan.items[2].step, DNS_STEP_CHANGE);
    assert_int_equal(plan.items[3].step, DNS_STEP_CHANGE);
}

static void test_plan__takes_back_orphans_with_what_they_list(void **state)
{
    struct fixture *f = *state;
    want_many(f, 0, 5);
    struct dns_plan plan = plan_of(&ordinary, &f->wanted, &f->zone, f->mem);
    assert_int_equal(apply(&f->zone, &plan), 0);
    want_many(f, 1, 5);
    plan = plan_of(&ordinary, &f->wanted, &f->zone, f->mem);
    assert_int_equal(plan.changes, 2);
    assert_int_equal(plan.orphans, 2);
    assert_int_equal(plan.removed, 6);
    assert_int_equal(plan.ours, 30);
    assert_int_equal(apply(&f->zone, &plan), 0);
    assert_int_equal(f->zone.count, 24);
}

/* 20 places of 3 records: of 30 in a hundred nobody is asked, of more somebody is. */
static void test_plan__that_removes_much_is_to_be_confirmed(void **state)
{
    struct fixture *f = *state;
    want_many(f, 0, 10);
    struct dns_plan plan = plan_of(&ordinary, &f->wanted, &f->zone, f->mem);
    assert_int_equal(apply(&f->zone, &plan), 0);
    for (size_t kept = 0; kept <= 10; kept++) {
        want_many(f, 0, kept);
        plan = plan_of(&ordinary, &f->wanted, &f->zone, f->mem);
        assert_int_equal(plan.ours, 60);
        assert_int_equal(plan.removed, 60 - 6 * kept);
        assert_int_equal(plan.confirm, kept < 7);
    }
    want_many(f, 0, 7);
    const struct rr lost = {.name = STR("c0.1r1.example.net"), .type = RR_TXT, .data = STR("MS=ms1")};
    zone_delete(&f->zone, &lost); /* 18 of 59 */
    plan = plan_of(&ordinary, &f->wanted, &f->zone, f->mem);
    assert_int_equal(plan.ours, 59);
    assert_true(plan.confirm);
}

/* A token that changes replaces a record, and takes away nothing. */
static void test_plan__that_replaces_much_is_not(void **state)
{
    struct fixture *f = *state;
    want_many(f, 0, 10);
    struct dns_plan plan = plan_of(&ordinary, &f->wanted, &f->zone, f->mem);
    assert_int_equal(apply(&f->zone, &plan), 0);
    struct dns_facts moved = ordinary;
    moved.regions[0].signalling_address = STR("203.0.113.7");
    f->wanted.count = 0;
    for (size_t i = 0; i < 10; i++) {
        want_customer(&moved, &f->wanted, f->mem, arena_printf(f->mem, "c%zu", i), STR("MS=ms2"));
    }
    plan = plan_of(&moved, &f->wanted, &f->zone, f->mem);
    assert_int_equal(plan.changes, 20);
    assert_false(plan.confirm);
    assert_int_equal(apply(&f->zone, &plan), 0);
    assert_int_equal(plan_of(&moved, &f->wanted, &f->zone, f->mem).count, 0);
}

static void test_plan__never_touches_provapi(void **state)
{
    struct fixture *f = *state;
    const struct rr there = {.name = STR("provapi.example.net"), .type = RR_A, .data = STR("192.0.2.1")};
    zone_add(&f->zone, &there);
    assert_int_equal(plan_of(&ordinary, &f->wanted, &f->zone, f->mem).count, 0);
}

static void test_plan__says_when_there_is_no_room(void **state)
{
    struct fixture *f = *state;
    struct arena *small = arena_new(2000);
    struct rr_list records = zone_list(&f->zone);
    struct dns_plan plan;
    want_many(f, 0, 10);
    assert_int_equal(
        dns_plan_make(&ordinary, f->wanted.places, f->wanted.count, &records, small, &plan, NULL), RC_LIMIT);
    arena_free(small);
}

/* ---- random zones ---- */

static size_t below(struct fixture *f, size_t n) /* xorshift64 */
{
    f->random ^= f->random << 13;
    f->random ^= f->random >> 7;
    f->random ^= f->random << 17;
    return (size_t)(f->random >> 11) % n;
}

static struct str a_label(struct fixture *f)
{
    return arena_printf(f->mem, "l%zu", below(f, LABELS));
}

static struct str a_token(struct fixture *f)
{
    return arena_printf(f->mem, "MS=ms%zu", below(f, 3));
}

static struct dns_facts some_facts(struct fixture *f)
{
    struct dns_facts facts = ordinary;
    facts.split_zones = below(f, 4) == 0;
    facts.region_count = 1 + below(f, 2);
    facts.txt = below(f, 2) == 0 ? STR("MS=base") : STR_NONE;
    facts.regions[0].txt = below(f, 2) == 0 ? a_token(f) : STR_NONE;
    facts.regions[0].network_address = below(f, 2) == 0 ? STR("198.51.100.1") : STR_NONE;
    facts.regions[0].network_port = 5061;
    return facts;
}

static void want_some(struct fixture *f, const struct dns_facts *facts)
{
    f->wanted.count = dns_static_places(facts, f->mem, f->wanted.places);
    for (size_t i = 0; i < LABELS; i++) {
        if (below(f, 2) == 0) {
            want_customer(facts, &f->wanted, f->mem, arena_printf(f->mem, "l%zu", i), a_token(f));
        }
    }
}

/* Some name at which something of ours could be, or just any. */
static struct str a_name(struct fixture *f, const struct dns_facts *facts, bool *ret_ownership)
{
    const struct dns_customer customer = {.label = a_label(f)};
    struct dns_place places[DNS_STATIC_PLACES];
    *ret_ownership = below(f, 3) == 0;
    switch (below(f, 4)) {
    case 0:
        return below(f, 2) == 0 ? STR("provapi.example.net") : STR("www.example.net");
    case 1: {
        const struct dns_place *place = &places[below(f, dns_static_places(facts, f->mem, places))];
        return *ret_ownership ? place->ownership : place->name;
    }
    default:
        dns_customer_places(facts, &customer, false, f->mem, places);
        size_t region = below(f, facts->region_count);
        return *ret_ownership ? places[region].ownership : places[region].name;
    }
}

static struct rr a_record(struct fixture *f, struct str name, bool ownership)
{
    static const struct {
        enum rr_type type;
        struct str data;
    } some[] = {{RR_TXT, STR("v=spf1 -all")},
                {RR_A, STR("203.0.113.1")},
                {RR_A, STR("192.0.2.1")},
                {RR_AAAA, STR("2001:db8::1")},
                {RR_NS, STR("ns.test")},
                {RR_CNAME, STR("a.test")},
                {RR_SRV, STR("0 0 1 a.test")},
                {RR_TXT, STR("MS=ms1")},
                {RR_TXT, STR("heritage=numgate,owner=two,a=192.0.2.1")}};
    size_t which = below(f, ARRAY_LEN(some) + 1);
    if (which == ARRAY_LEN(some) || (ownership && below(f, 2) == 0)) {
        return (struct rr){.name = name,
                           .type = RR_TXT,
                           .data =
                               arena_printf(f->mem, "heritage=numgate,owner=one,txt=MS=ms%zu,a=192.0.2.%zu",
                                            below(f, 4), below(f, 3))};
    }
    return (struct rr){.name = name, .type = some[which].type, .data = some[which].data};
}

/* What an earlier publication left, less some of it, and what others put in. */
static void fill_zone(struct fixture *f, const struct dns_facts *facts)
{
    f->zone.count = 0;
    want_some(f, facts);
    struct dns_plan plan = plan_of(facts, &f->wanted, &f->zone, f->mem);
    assert_int_equal(apply(&f->zone, &plan), 0);
    for (size_t i = below(f, 8); i > 0 && f->zone.count > 0; i--) {
        f->zone.records[below(f, f->zone.count)] = f->zone.records[f->zone.count - 1];
        f->zone.count--;
    }
    for (size_t i = below(f, 30); i > 0; i--) {
        bool ownership;
        struct str name = a_name(f, facts, &ownership);
        const struct rr rr = a_record(f, name, ownership);
        zone_add(&f->zone, &rr);
    }
}

/* ---- properties ---- */

/* An ownership text has this record in its list. */
static bool is_listed(struct arena *mem, struct str text, const struct rr *rr)
{
    const char *key = rr->type == RR_A ? "a" : rr->type == RR_TXT ? "txt" : rr->type == RR_SRV ? "srv" : "?";
    struct str entry = arena_printf(mem, ",%s=%" STR_FMT ",", key, STR_ARG(rr->data));
    return str_contains(arena_printf(mem, "%" STR_FMT ",", STR_ARG(text)), entry);
}

static bool is_ours(const struct dns_facts *facts, const struct memory_zone *zone, const struct rr *rr,
                    struct arena *mem)
{
    for (size_t i = 0; i < zone->count; i++) {
        const struct rr *ownership = &zone->records[i];
        struct dns_place place;
        bool about = str_starts(ownership->data, STR("heritage=numgate,owner=one,")) &&
                     dns_place_of_ownership(facts, ownership, mem, &place);
        if (about &&
            (ownership == rr || (str_eq(place.name, rr->name) && is_listed(mem, ownership->data, rr)))) {
            return true;
        }
    }
    return false;
}

/* What must be there when the plan is done: everything foreign; at places that are somebody else's what was there; at all others what is
 * wanted. */
static void expect(const struct dns_facts *facts, struct fixture *f, const struct dns_plan *plan,
                   struct memory_zone *ret)
{
    ret->count = 0;
    for (size_t i = 0; i < f->before.count; i++) {
        if (!is_ours(facts, &f->before, &f->before.records[i], f->mem)) {
            zone_add(ret, &f->before.records[i]);
        }
    }
    for (size_t i = 0; i < f->wanted.count; i++) {
        const struct dns_place *place = &f->wanted.places[i];
        struct rr records[DNS_PLACE_RECORDS + 1];
        bool foreign = false;
        for (size_t k = 0; k < plan->count; k++) {
            foreign = foreign || (plan->items[k].step == DNS_STEP_FOREIGN &&
                                  str_eq(plan->items[k].place.ownership, place->ownership));
        }
        for (size_t k = 0; foreign && k < f->before.count; k++) {
            const struct rr *rr = &f->before.records[k];
            if (str_eq(rr->name, place->name) || str_eq(rr->name, place->ownership)) {
                zone_add(ret, rr);
            }
        }
        size_t count = foreign ? 0 : dns_place_records(facts, place, f->mem, records);
        for (size_t k = 0; k < count; k++) {
            zone_add(ret, &records[k]);
        }
    }
}

static void assert_within(const struct fixture *f, const struct memory_zone *a, const struct memory_zone *b,
                          const char *what)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct rr *rr = &a->records[i];
        if (!zone_has(b, rr)) {
            fail_msg("seed %llu: %s: %" STR_FMT " %s %" STR_FMT, (unsigned long long)f->seed, what,
                     STR_ARG(rr->name), rr_type_text(rr->type), STR_ARG(rr->data));
        }
    }
}

/* Changed behind the plan's back at the place, the zone refuses it. */
static void assert_refused_when_changed(struct fixture *f, const struct dns_plan_item *item)
{
    const struct dns_change *change = &item->change;
    struct memory_zone *zone = arena_new_of(f->mem, struct memory_zone);
    struct rr other = {
        .name = item->place.ownership, .type = RR_TXT, .data = STR("heritage=numgate,owner=x")};
    assert_non_null(zone);
    *zone = f->before;
    assert_true(zone_allows(zone, &item->place, change));
    zone_add(zone, &other);
    assert_false(zone_allows(zone, &item->place, change));
    *zone = f->before;
    if (change->require.count > 0) {
        zone_delete(zone, &change->require.items[below(f, change->require.count)]);
    } else {
        other.name = item->place.name;
        other.type = item->place.shared ? change->add.items[change->add.count - 1].type : RR_AAAA;
        other.data = STR("-");
        zone_add(zone, &other);
    }
    if (!item->place.shared || other.type != RR_TXT || change->require.count > 0) {
        assert_false(zone_allows(zone, &item->place, change));
    }
}

static void check_round(struct fixture *f)
{
    const struct dns_facts facts = some_facts(f);
    struct memory_zone *expected = arena_new_of(f->mem, struct memory_zone);
    assert_non_null(expected);
    fill_zone(f, &facts);
    f->before = f->zone;
    want_some(f, &facts);
    struct dns_plan plan = plan_of(&facts, &f->wanted, &f->before, f->mem);
    expect(&facts, f, &plan, expected);
    for (size_t i = 0; i < plan.count; i++) {
        if (plan.items[i].step == DNS_STEP_CHANGE) {
            struct arena_mark mark = arena_mark(f->mem);
            assert_refused_when_changed(f, &plan.items[i]);
            arena_rewind(f->mem, mark);
        }
    }
    if (apply(&f->zone, &plan) != 0) {
        fail_msg("seed %llu: a prerequisite is not met", (unsigned long long)f->seed);
    }
    assert_within(f, expected, &f->zone, "is missing");
    assert_within(f, &f->zone, expected, "should not be there");
    plan = plan_of(&facts, &f->wanted, &f->zone, f->mem);
    if (plan.changes != 0) {
        fail_msg("seed %llu: %zu changes are left", (unsigned long long)f->seed, plan.changes);
    }
}

static uint64_t first_seed(void)
{
    const char *given = getenv("NUMGATE_TEST_SEED");
    return given != NULL ? strtoull(given, NULL, 10) : random_u64() >> 1;
}

static void test_plan__leads_to_what_is_wanted_and_touches_nothing_foreign(void **state)
{
    struct fixture *f = *state;
    uint64_t seed = first_seed();
    for (size_t round = 0; round < ROUNDS; round++) {
        f->seed = seed + round;
        f->random = (f->seed + 1) * 0x9e3779b97f4a7c15;
        check_round(f);
        arena_reset(f->mem);
    }
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_plan__of_an_empty_zone_adds_all),
        TEST(test_plan__of_nothing_is_nothing),
        TEST(test_plan__names_foreign_records_and_leaves_them),
        TEST(test_plan__takes_back_orphans_with_what_they_list),
        TEST(test_plan__that_removes_much_is_to_be_confirmed),
        TEST(test_plan__that_replaces_much_is_not),
        TEST(test_plan__never_touches_provapi),
        TEST(test_plan__says_when_there_is_no_room),
        TEST(test_plan__leads_to_what_is_wanted_and_touches_nothing_foreign),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
