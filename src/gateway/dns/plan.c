/* The zone's records are sorted by name once; what is at a place is then a slice of them. Ownership records that no wanted place has are of
 * orphans. */
#include "gateway/dns/plan.h"

#include <stdlib.h>

#include "common/base/banned.h"

struct planning {
    const struct dns_facts *facts;
    struct arena *mem;
    struct rr *zone; /* by name */
    size_t zone_count;
    struct str *claimed; /* ownership names of the wanted places, sorted */
    size_t claimed_count;
    struct dns_plan_item *items;
    struct dns_plan *plan;
};

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const struct rr *)a)->name, ((const struct rr *)b)->name);
}

static int by_text(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static struct rr_list slice_of(const struct planning *planning, struct str name)
{
    size_t low = 0, high = planning->zone_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_cmp(planning->zone[middle].name, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    size_t end = low;
    while (end < planning->zone_count && str_eq(planning->zone[end].name, name)) {
        end++;
    }
    return (struct rr_list){&planning->zone[low], end - low};
}

/* A record of any type makes a customer's name one that is in use. */
static bool is_kept_at(const struct dns_place *place, enum rr_type type)
{
    if (!place->shared || type == RR_CNAME) {
        return true;
    }
    if (place->wanted_count == 0) {
        return type == RR_A || type == RR_TXT || type == RR_SRV;
    }
    for (size_t i = 0; i < place->wanted_count; i++) {
        if (place->wanted[i].type == type) {
            return true;
        }
    }
    return false;
}

/* Of a slice, what matters to the place. */
static struct rr_list kept(const struct planning *planning, const struct dns_place *place,
                           struct rr_list slice)
{
    struct rr *items = arena_alloc_array(planning->mem, slice.count, sizeof *items);
    size_t count = 0;
    for (size_t i = 0; items != NULL && i < slice.count; i++) {
        if (is_kept_at(place, slice.items[i].type)) {
            items[count++] = slice.items[i];
        }
    }
    return (struct rr_list){items, count};
}

static size_t count_ours(const struct planning *planning, const struct dns_place *place,
                         const struct dns_presence *presence)
{
    const struct dns_place nowhere = {
        .name = place->name, .ownership = place->ownership, .shared = place->shared};
    struct dns_change change;
    size_t there = 0;
    (void)dns_step(planning->facts, &nowhere, presence, planning->mem,
                   &change); /* would remove all that is ours */
    for (size_t i = 0; i < change.remove.count; i++) {
        for (size_t j = 0; j < presence->at_name.count; j++) {
            there += rr_same(&change.remove.items[i], &presence->at_name.items[j]);
        }
        there += str_eq(change.remove.items[i].name, place->ownership);
    }
    return there;
}

static void plan_place(struct planning *planning, const struct dns_place *place)
{
    struct dns_plan *plan = planning->plan;
    struct dns_plan_item *item = &planning->items[plan->count];
    const struct dns_presence presence = {kept(planning, place, slice_of(planning, place->name)),
                                          slice_of(planning, place->ownership)};
    size_t ours = count_ours(planning, place, &presence);
    *item = (struct dns_plan_item){.place = *place, .presence = presence};
    item->step = dns_step(planning->facts, place, &presence, planning->mem, &item->change);
    plan->ours += ours;
    plan->changes += item->step == DNS_STEP_CHANGE;
    plan->removed += place->wanted_count == 0 ? ours : 0;
    plan->count += item->step != DNS_STEP_NONE || item->change.foreign.count > 0;
}

/* Sorted accounts of the items that are blocked. */
static size_t blocked_accounts(const struct dns_plan *plan, const struct dns_plan_item *items,
                               struct str *ret)
{
    size_t count = 0;
    for (size_t i = 0; i < plan->count; i++) {
        if (items[i].step == DNS_STEP_FOREIGN && !str_absent(items[i].place.account)) {
            ret[count++] = items[i].place.account;
        }
    }
    qsort(ret, count, sizeof *ret, by_text);
    return count;
}

/* A customer is published whole or not at all: what is in the way at one region stops the other as well. */
static void block_whole(struct planning *planning)
{
    struct dns_plan *plan = planning->plan;
    struct str *blocked = arena_alloc_array(planning->mem, plan->count, sizeof *blocked);
    size_t count = blocked != NULL ? blocked_accounts(plan, planning->items, blocked) : 0;
    for (size_t i = 0; count > 0 && i < plan->count; i++) {
        struct dns_plan_item *item = &planning->items[i];
        if (item->step == DNS_STEP_CHANGE &&
            bsearch(&item->place.account, blocked, count, sizeof *blocked, by_text) != NULL) {
            item->step = DNS_STEP_FOREIGN;
            plan->changes--;
        }
    }
}

static bool is_claimed(const struct planning *planning, struct str ownership)
{
    return bsearch(&ownership, planning->claimed, planning->claimed_count, sizeof ownership, by_text) != NULL;
}

static void plan_orphans(struct planning *planning)
{
    struct str before = STR_NONE;
    for (size_t i = 0; i < planning->zone_count; i++) {
        struct dns_place place;
        const struct rr *rr = &planning->zone[i];
        bool orphan = dns_place_of_ownership(planning->facts, rr, planning->mem, &place) &&
                      !is_claimed(planning, place.ownership) && !str_eq(before, place.ownership);
        if (orphan) {
            size_t changes = planning->plan->changes;
            plan_place(planning, &place);
            planning->plan->orphans += planning->plan->changes - changes;
            before = place.ownership;
        }
    }
}

/* As many orphans there may be. */
static size_t count_owned(const struct dns_facts *facts, const struct rr_list *zone)
{
    size_t count = 0;
    for (size_t i = 0; i < zone->count; i++) {
        count += zone->items[i].type == RR_TXT && dns_is_ours(facts, zone->items[i].data);
    }
    return count;
}

static bool planning_init(struct planning *planning, const struct dns_place *places, size_t count,
                          const struct rr_list *zone)
{
    struct arena *mem = planning->mem;
    planning->zone = arena_alloc_array(mem, zone->count, sizeof *planning->zone);
    planning->claimed = arena_alloc_array(mem, count, sizeof *planning->claimed);
    planning->items =
        arena_alloc_array(mem, count + count_owned(planning->facts, zone) + 1, sizeof *planning->items);
    if (planning->zone == NULL || planning->claimed == NULL || planning->items == NULL) {
        return false;
    }
    if (zone->count > 0) {
        memcpy(planning->zone, zone->items, zone->count * sizeof *planning->zone);
    }
    for (size_t i = 0; i < count; i++) {
        planning->claimed[i] = places[i].ownership;
    }
    planning->zone_count = zone->count;
    planning->claimed_count = count;
    qsort(planning->zone, zone->count, sizeof *planning->zone, by_name);
    qsort(planning->claimed, count, sizeof *planning->claimed, by_text);
    return true;
}

enum rc dns_plan_make(const struct dns_facts *facts, const struct dns_place *places, size_t count,
                      const struct rr_list *zone, struct arena *mem, struct dns_plan *ret, struct err *err)
{
    struct planning planning = {.facts = facts, .mem = mem, .plan = ret};
    *ret = (struct dns_plan){0};
    if (planning_init(&planning, places, count, zone)) {
        for (size_t i = 0; i < count; i++) {
            plan_place(&planning, &places[i]);
        }
        block_whole(&planning);
        plan_orphans(&planning);
    }
    ret->items = planning.items;
    ret->confirm = ret->removed * 100 > ret->ours * DNS_PLAN_REMOVED_PERCENT;
    return arena_failed(mem) ? err_set(err, RC_LIMIT, NULL, "out of memory for a plan of %zu places", count)
                             : RC_OK;
}
