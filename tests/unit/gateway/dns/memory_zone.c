#include "memory_zone.h"

static bool list_has(struct rr_list list, const struct rr *rr)
{
    for (size_t i = 0; i < list.count; i++) {
        if (rr_same(&list.items[i], rr)) {
            return true;
        }
    }
    return false;
}

bool zone_has(const struct memory_zone *zone, const struct rr *rr)
{
    return list_has(zone_list(zone), rr);
}

struct rr_list zone_list(const struct memory_zone *zone)
{
    return (struct rr_list){zone->records, zone->count};
}

void zone_add(struct memory_zone *zone, const struct rr *rr)
{
    for (size_t i = 0; i < zone->count; i++) {
        const struct rr *there = &zone->records[i];
        bool together = str_eq_ci(there->name, rr->name);
        if (rr_same(there, rr) || (together && (there->type == RR_CNAME || rr->type == RR_CNAME))) {
            return;
        }
    }
    assert_true(zone->count < MEMORY_ZONE_MAX);
    zone->records[zone->count++] = *rr;
}

void zone_delete(struct memory_zone *zone, const struct rr *rr)
{
    size_t count = 0;
    for (size_t i = 0; i < zone->count; i++) {
        if (!rr_same(&zone->records[i], rr)) {
            zone->records[count++] = zone->records[i];
        }
    }
    zone->count = count;
}

/* ---- looking ---- */

static bool is_asked_for(const struct dns_place *place, enum rr_type type)
{
    bool asked = !place->shared || place->wanted_count == 0 || type == RR_CNAME;
    for (size_t i = 0; i < place->wanted_count; i++) {
        asked = asked || place->wanted[i].type == type;
    }
    return asked;
}

static struct rr_list records_at(const struct memory_zone *zone, struct str name,
                                 const struct dns_place *place, struct arena *mem)
{
    struct rr *items = arena_alloc_array(mem, zone->count, sizeof *items);
    size_t count = 0;
    for (size_t i = 0; i < zone->count; i++) {
        const struct rr *rr = &zone->records[i];
        if (str_eq_ci(rr->name, name) && (place == NULL || is_asked_for(place, rr->type))) {
            items[count++] = *rr;
        }
    }
    return (struct rr_list){items, count};
}

struct dns_presence zone_look(const struct memory_zone *zone, const struct dns_place *place,
                              struct arena *mem)
{
    return (struct dns_presence){records_at(zone, place->name, place, mem),
                                 records_at(zone, place->ownership, NULL, mem)};
}

/* ---- changing ---- */

static bool is_used(const struct memory_zone *zone, struct str name, enum rr_type type) /* 0: of any type */
{
    for (size_t i = 0; i < zone->count; i++) {
        if (str_eq_ci(zone->records[i].name, name) && (type == 0 || zone->records[i].type == type)) {
            return true;
        }
    }
    return false;
}

/* Each RRset that is required is there with exactly these records (section 2.4.2). */
static bool has_exactly(const struct memory_zone *zone, struct rr_list require)
{
    for (size_t i = 0; i < require.count; i++) {
        if (!zone_has(zone, &require.items[i])) {
            return false;
        }
        for (size_t j = 0; j < zone->count; j++) {
            const struct rr *rr = &zone->records[j];
            bool of_rrset = rr->type == require.items[i].type && str_eq_ci(rr->name, require.items[i].name);
            if (of_rrset && !list_has(require, rr)) {
                return false;
            }
        }
    }
    return true;
}

bool zone_allows(const struct memory_zone *zone, const struct dns_place *place,
                 const struct dns_change *change)
{
    if (change->require.count > 0) {
        return has_exactly(zone, change->require);
    }
    bool used = is_used(zone, place->ownership, 0) || (!place->shared && is_used(zone, place->name, 0));
    for (size_t i = 0; place->shared && i < change->add.count; i++) {
        const struct rr *rr = &change->add.items[i];
        used = used || (rr->type != RR_TXT && is_used(zone, rr->name, rr->type));
    }
    return !used;
}

void zone_change(struct memory_zone *zone, const struct dns_change *change)
{
    for (size_t i = 0; i < change->remove.count; i++) {
        zone_delete(zone, &change->remove.items[i]);
    }
    for (size_t i = 0; i < change->add.count; i++) {
        zone_add(zone, &change->add.items[i]);
    }
}

bool zone_apply(struct memory_zone *zone, const struct dns_place *place, const struct dns_change *change)
{
    bool allowed = zone_allows(zone, place, change);
    if (allowed) {
        zone_change(zone, change);
    }
    return allowed;
}
