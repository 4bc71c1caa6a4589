/* A publication becomes one part of a message for each zone, and parts are put together up to UPDATE_BYTES_MAX and DNS_CUSTOMERS_MAX. A message is
 * all or nothing, so when one is refused for a prerequisite each of its publications is looked at and sent by itself: the one that is to blame
 * then stands alone. */
#include "gateway/dns/publisher.h"

#include "common/base/metric.h"
#include "common/resolve/ask.h"
#include "common/resolve/update.h"

#include "common/base/banned.h"

struct sending {
    struct dns_updating *updating;
    struct arena *mem;
    struct err *err;
};

static struct mono deadline_of(const struct sending *sending)
{
    return mono_after(clock_mono(), sending->updating->timeout_ms);
}

/* ---- zones ---- */

static enum rc find_zone(struct dns_updating *updating, unsigned region, struct arena *mem, struct str *ret,
                         struct err *err)
{
    struct rr soa;
    struct str name = arena_printf(mem, "1r%u.%" STR_FMT, region + 1, STR_ARG(updating->facts->base_domain));
    enum rc rc =
        ask_zone(&updating->primary, name, mono_after(clock_mono(), updating->timeout_ms), mem, &soa, err);
    if (rc == RC_NOT_FOUND) {
        return err_set(err, RC_CONFLICT, "DnsNotOurZone", "the primary server has no zone for %" STR_FMT,
                       STR_ARG(name));
    }
    if (rc == RC_OK) {
        *ret = soa.name;
    }
    return rc;
}

static void remember(struct dns_updating *updating, const struct str *found)
{
    for (unsigned r = 0; r < updating->facts->region_count; r++) {
        memcpy(updating->zone_texts[r], found[r].p, found[r].n);
        updating->zones[r] = (struct str){updating->zone_texts[r], found[r].n};
    }
    updating->found = true;
}

enum rc dns_find_zones(struct dns_updating *updating, struct arena *mem, struct err *err)
{
    struct str found[DNS_REGIONS];
    updating->found = false;
    for (unsigned r = 0; r < updating->facts->region_count; r++) {
        enum rc rc = find_zone(updating, r, mem, &found[r], err);
        if (rc != RC_OK) {
            return rc;
        }
        if (!str_empty(updating->configured[r]) && !str_eq_ci(updating->configured[r], found[r])) {
            return err_set(err, RC_CONFLICT, "DnsNotOurZone",
                           "1r%u.%" STR_FMT " is in the zone %" STR_FMT
                           " at the primary server, not in %" STR_FMT,
                           r + 1, STR_ARG(updating->facts->base_domain), STR_ARG(found[r]),
                           STR_ARG(updating->configured[r]));
        }
        if (!updating->facts->split_zones && !rr_below(updating->facts->base_domain, found[r])) {
            return err_set(err, RC_CONFLICT, "DnsZones",
                           "%" STR_FMT " is a zone of its own, so the records of ownership below %" STR_FMT
                           " are not in it; split_zones = yes accepts that",
                           STR_ARG(found[r]), STR_ARG(updating->facts->base_domain));
        }
        if (!str_eq_ci(found[r], found[0]) && !updating->facts->split_zones) {
            return err_set(err, RC_CONFLICT, "DnsZones",
                           "the regions are in two zones, %" STR_FMT " and %" STR_FMT
                           ", so a change is not made in one message; split_zones = yes accepts that",
                           STR_ARG(found[0]), STR_ARG(found[r]));
        }
    }
    remember(updating, found);
    return RC_OK;
}

static unsigned zone_of(const struct dns_updating *updating, const struct dns_place *place)
{
    return updating->facts->split_zones ? place->region : 0;
}

static unsigned zone_count(const struct dns_updating *updating)
{
    return updating->facts->split_zones ? (unsigned)updating->facts->region_count : 1;
}

/* ---- parts of messages ---- */

static void write_prerequisites(struct update *update, const struct dns_place *place,
                                const struct dns_change *change)
{
    for (size_t i = 0; i < change->require.count; i++) {
        update_require(update, &change->require.items[i]);
    }
    if (change->require.count > 0) {
        return;
    }
    update_require_unused(update, place->ownership);
    if (!place->shared) {
        update_require_unused(update, place->name);
    }
    for (size_t i = 0; place->shared && i < change->add.count; i++) {
        const struct rr *rr = &change->add.items[i];
        if (rr->type != RR_TXT) {
            update_require_none(update, rr->name, rr->type);
        }
    }
}

/* ldns keeps the sections apart, so prerequisites may come between changes. */
static void write_change(struct update *update, const struct dns_place *place,
                         const struct dns_change *change)
{
    write_prerequisites(update, place, change);
    for (size_t i = 0; i < change->remove.count; i++) {
        update_delete(update, &change->remove.items[i]);
    }
    for (size_t i = 0; i < change->add.count; i++) {
        update_add(update, &change->add.items[i]);
    }
}

static void foreign_problem(struct dns_publication *publication, const struct dns_place *place,
                            const struct dns_change *change)
{
    const struct rr *rr = change->foreign.count > 0   ? &change->foreign.items[0]
                          : change->require.count > 0 ? &change->require.items[0]
                                                      : NULL;
    publication->rc =
        err_set(&publication->problem, RC_CONFLICT, "DnsForeignRecord",
                "%" STR_FMT " holds a record that numgate did not make (%s %" STR_FMT "); remove it there",
                STR_ARG(rr != NULL ? rr->name : place->name), rr != NULL ? rr_type_text(rr->type) : "?",
                STR_ARG(rr != NULL ? rr->data : STR("")));
}

/* What is at the places of a publication. */
struct sight {
    const struct dns_presence *presence; /* NULL: nothing anywhere */
    const bool *known;                   /* of each place; NULL: all are */
};

/* The server says nothing of one name, for example since somebody delegated it: that is no reason to hold up the others. */
static void unknown_problem(struct dns_publication *publication, const struct dns_place *place)
{
    publication->rc = err_set(&publication->problem, RC_BUSY, "DnsNoAnswer",
                              "the primary server does not answer for %" STR_FMT " as one that has its zone",
                              STR_ARG(place->name));
}

/* One part for each zone. False: the publication has its rc; nothing is to be sent. */
static bool make_parts(const struct sending *sending, struct dns_publication *publication, struct sight sight,
                       struct update parts[DNS_REGIONS])
{
    const struct dns_updating *updating = sending->updating;
    bool changes = false;
    publication->rc = RC_OK;
    for (unsigned z = 0; z < zone_count(updating); z++) {
        update_init(&parts[z], sending->mem, updating->zones[z]);
    }
    for (size_t i = 0; i < publication->count; i++) {
        static const struct dns_presence nothing;
        const struct dns_place *place = &publication->places[i];
        struct dns_change change;
        if (sight.known != NULL && !sight.known[i]) {
            unknown_problem(publication, place);
            return false;
        }
        enum dns_step step =
            dns_step(updating->facts, place, sight.presence != NULL ? &sight.presence[i] : &nothing,
                     sending->mem, &change);
        if (step == DNS_STEP_FOREIGN) {
            foreign_problem(publication, place, &change);
            return false;
        }
        if (step == DNS_STEP_CHANGE) {
            write_change(&parts[zone_of(updating, place)], place, &change);
            changes = true;
        }
    }
    return changes;
}

/* ---- sending ---- */

static enum rc send_message(const struct sending *sending, const struct update *update)
{
    struct update_result result;
    if (update->first == NULL) {
        return RC_OK;
    }
    metric_add(sending->updating->messages, 1);
    return update_send(update, &sending->updating->primary, sending->updating->key, deadline_of(sending),
                       &result, sending->err);
}

static enum rc send_parts(const struct sending *sending, const struct update parts[DNS_REGIONS])
{
    enum rc rc = RC_OK;
    for (unsigned z = 0; rc == RC_OK && z < zone_count(sending->updating); z++) {
        rc = send_message(sending, &parts[z]);
    }
    return rc;
}

/* RC_DENIED: nothing is known of any of them, and *ret says so. */
static enum rc look(const struct sending *sending, const struct dns_place *places, size_t count,
                    struct sight *ret)
{
    bool *known = arena_alloc_array(sending->mem, count, sizeof *known);
    struct dns_presence *presence = arena_alloc_array(sending->mem, count, sizeof *presence);
    if (known == NULL || presence == NULL) {
        return err_set(sending->err, RC_LIMIT, NULL, "out of memory for answers");
    }
    *ret = (struct sight){presence, known};
    return dns_look(&sending->updating->primary, places, count, true, deadline_of(sending), sending->mem,
                    presence, known, sending->err);
}

/* Where one publication alone was looked at, that is its problem; where several were, it is the server's. */
static enum rc unless_alone(const struct sending *sending, enum rc rc, size_t publications)
{
    if (rc == RC_DENIED && publications == 1) {
        err_clear(sending->err);
        return RC_OK;
    }
    return rc;
}

static bool is_looked_at(const struct dns_publication *publication)
{
    return !publication->fresh && publication->seen == NULL;
}

/* A prerequisite that fails though it was just seen to hold is another writer's doing; the next try sees what it did. */
static enum rc publish_alone(const struct sending *sending, struct dns_publication *publication)
{
    struct update parts[DNS_REGIONS];
    struct sight sight = {.presence = publication->seen};
    enum rc rc = RC_OK;
    if (sight.presence == NULL) {
        rc = unless_alone(sending, look(sending, publication->places, publication->count, &sight), 1);
    }
    if (rc == RC_OK && make_parts(sending, publication, sight, parts)) {
        rc = send_parts(sending, parts);
        publication->rc = rc;
        if (rc == RC_CONFLICT) {
            publication->problem = *sending->err;
            rc = RC_OK;
        }
    }
    return rc;
}

/* ---- many in a message ---- */

struct packing {
    struct update messages[DNS_REGIONS];
    size_t first, count; /* publications that are in them */
};

static void pack_begin(const struct sending *sending, struct packing *packing, size_t first)
{
    *packing = (struct packing){.first = first};
    for (unsigned z = 0; z < zone_count(sending->updating); z++) {
        update_init(&packing->messages[z], sending->mem, sending->updating->zones[z]);
    }
}

static bool fits(const struct sending *sending, const struct packing *packing, const struct update *parts)
{
    bool room = packing->count < DNS_CUSTOMERS_MAX;
    for (unsigned z = 0; z < zone_count(sending->updating); z++) {
        room = room && update_bytes_with(&packing->messages[z], &parts[z]) <= UPDATE_BYTES_MAX;
    }
    return room || packing->count == 0;
}

static enum rc pack_send(const struct sending *sending, struct packing *packing,
                         struct dns_publication *publications, size_t end)
{
    enum rc rc = packing->count > 0 ? send_parts(sending, packing->messages) : RC_OK;
    for (size_t i = packing->first; rc == RC_CONFLICT && i < end; i++) {
        if (publications[i].rc == RC_OK) {
            enum rc alone = publish_alone(sending, &publications[i]);
            if (alone != RC_OK) {
                return alone;
            }
        }
    }
    if (rc == RC_CONFLICT) {
        err_clear(sending->err);
        rc = RC_OK;
    }
    pack_begin(sending, packing, end);
    return rc;
}

/* `sight` is of the places of those that are looked at, one publication behind the other. */
static enum rc publish_all(const struct sending *sending, struct dns_publication *publications, size_t count,
                           struct sight sight)
{
    struct packing packing;
    enum rc rc = RC_OK;
    pack_begin(sending, &packing, 0);
    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        struct update parts[DNS_REGIONS];
        bool looked = is_looked_at(&publications[i]);
        bool changes = make_parts(sending, &publications[i],
                                  looked ? sight : (struct sight){.presence = publications[i].seen}, parts);
        if (looked) {
            sight.presence += publications[i].count;
            sight.known += publications[i].count;
        }
        if (changes && !fits(sending, &packing, parts)) {
            rc = pack_send(sending, &packing, publications, i);
        }
        for (unsigned z = 0; changes && z < zone_count(sending->updating); z++) {
            update_append(&packing.messages[z], &parts[z]);
        }
        packing.count += changes;
    }
    return rc == RC_OK ? pack_send(sending, &packing, publications, count) : rc;
}

static enum rc look_at_all(const struct sending *sending, const struct dns_publication *publications,
                           size_t count, struct sight *ret)
{
    size_t max = 0, n = 0, looked = 0;
    for (size_t i = 0; i < count; i++) {
        looked += is_looked_at(&publications[i]);
        max += is_looked_at(&publications[i]) ? publications[i].count : 0;
    }
    struct dns_place *places = arena_alloc_array(sending->mem, max, sizeof *places);
    if (places == NULL) {
        return err_set(sending->err, RC_LIMIT, NULL, "out of memory for places");
    }
    for (size_t i = 0; i < count; i++) {
        if (is_looked_at(&publications[i])) {
            memcpy(&places[n], publications[i].places, publications[i].count * sizeof *places);
            n += publications[i].count;
        }
    }
    return n > 0 ? unless_alone(sending, look(sending, places, n, ret), looked) : RC_OK;
}

static enum rc publish(void *arg, struct dns_publication *publications, size_t count, struct arena *mem,
                       struct err *err)
{
    struct sending sending = {arg, mem, err};
    struct sight sight = {0};
    enum rc rc = look_at_all(&sending, publications, count, &sight);
    return rc == RC_OK ? publish_all(&sending, publications, count, sight) : rc;
}

struct dns_publisher dns_update_publisher(struct dns_updating *updating)
{
    return (struct dns_publisher){publish, updating};
}
