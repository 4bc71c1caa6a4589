/* Names are <front>.<base>, and the ownership record of such a one is at <front>._numgate.<base>; with zones of their own for the regions
 * at <front>._numgate.<region's name>, so that both are in one zone. The base domain itself has an empty front. */
#include "gateway/dns/place.h"

#include <stdio.h>

#include "common/base/banned.h"

#define BRANCH     "_numgate"
#define HERITAGE   "heritage=numgate"
#define SRV_FRONT  "_sip._tls"
#define SRV_WEIGHT "10 10"

/* ---- names ---- */

static struct str below(struct arena *mem, struct str front, struct str domain)
{
    return str_empty(front) ? domain
                            : arena_printf(mem, "%" STR_FMT ".%" STR_FMT, STR_ARG(front), STR_ARG(domain));
}

static struct str base_of(const struct dns_facts *facts, struct arena *mem)
{
    return arena_lower(mem, facts->base_domain);
}

static struct str region_name(const struct dns_facts *facts, unsigned region, struct arena *mem)
{
    return arena_printf(mem, "1r%u.%" STR_FMT, region + 1, STR_ARG(base_of(facts, mem)));
}

/* Where the branch of ownership records hangs. */
static struct str branch_of(const struct dns_facts *facts, unsigned region, struct arena *mem)
{
    struct str domain = facts->split_zones ? region_name(facts, region, mem) : base_of(facts, mem);
    return below(mem, STR(BRANCH), domain);
}

/* What is in front of `domain`; the whole of it gives "". Absent: it is not below. */
static struct str front_of(struct str name, struct str domain)
{
    if (!rr_below(name, domain)) {
        return STR_NONE;
    }
    return name.n == domain.n ? str_slice(name, 0, 0) : str_slice(name, 0, name.n - domain.n - 1);
}

static void name_place(const struct dns_facts *facts, struct arena *mem, struct str front, unsigned region,
                       struct dns_place *place)
{
    struct str branch = branch_of(facts, region, mem);
    struct str domain = facts->split_zones ? region_name(facts, region, mem) : base_of(facts, mem);
    place->region = region;
    place->name = below(mem, front, domain);
    place->ownership = below(mem, front, branch);
}

struct str dns_label_of(const struct dns_facts *facts, struct str name)
{
    for (unsigned region = 0; region < facts->region_count; region++) {
        char text[RR_NAME_MAX + 1];
        int n = snprintf(text, sizeof text, "1r%u.%" STR_FMT, region + 1, STR_ARG(facts->base_domain));
        struct str front =
            n > 0 && (size_t)n < sizeof text ? front_of(name, (struct str){text, (size_t)n}) : STR_NONE;
        if (!str_empty(front) && str_find(front, '.') < 0) {
            return front;
        }
    }
    return STR_NONE;
}

/* ---- what is wanted ---- */

static void want(struct dns_place *place, enum rr_type type, struct str data)
{
    if (!str_empty(data)) {
        place->wanted[place->wanted_count++] =
            (struct rr){.name = place->name, .type = type, .ttl_s = DNS_TTL_S, .data = data};
    }
}

void dns_customer_places(const struct dns_facts *facts, const struct dns_customer *customer, bool wanted,
                         struct arena *mem, struct dns_place ret[DNS_REGIONS])
{
    struct str label = arena_lower(mem, customer->label);
    for (unsigned region = 0; region < facts->region_count; region++) {
        struct dns_place *place = &ret[region];
        struct str front =
            facts->split_zones ? label : arena_printf(mem, "%" STR_FMT ".1r%u", STR_ARG(label), region + 1);
        *place = (struct dns_place){.account = customer->account};
        name_place(facts, mem, front, region, place);
        if (wanted) {
            want(place, RR_TXT, customer->tokens[region]);
            want(place, RR_A, facts->regions[region].signalling_address);
        }
    }
}

static struct dns_place *own_place(const struct dns_facts *facts, struct arena *mem, const char *front,
                                   unsigned region, struct dns_place *place)
{
    *place = (struct dns_place){.shared = true};
    name_place(facts, mem, str_of(front), region, place);
    return place;
}

static struct dns_place *regional_place(const struct dns_facts *facts, struct arena *mem, unsigned region,
                                        struct dns_place *place)
{
    struct str front = facts->split_zones ? STR("") : arena_printf(mem, "1r%u", region + 1);
    *place = (struct dns_place){.shared = true};
    name_place(facts, mem, front, region, place);
    return place;
}

static size_t network_places(const struct dns_facts *facts, unsigned region, struct arena *mem,
                             struct dns_place *ret)
{
    const struct dns_region *r = &facts->regions[region];
    char front[32];
    if (str_empty(r->network_address) || facts->split_zones) {
        return 0;
    }
    snprintf(front, sizeof front, "r%u", region + 1);
    want(own_place(facts, mem, arena_cstr(mem, str_of(front)), region, &ret[0]), RR_A, r->network_address);
    snprintf(front, sizeof front, SRV_FRONT ".r%u", region + 1);
    want(own_place(facts, mem, arena_cstr(mem, str_of(front)), region, &ret[1]), RR_SRV,
         arena_printf(mem, SRV_WEIGHT " %lld %" STR_FMT, (long long)r->network_port, STR_ARG(ret[0].name)));
    return 2;
}

size_t dns_static_places(const struct dns_facts *facts, struct arena *mem,
                         struct dns_place ret[DNS_STATIC_PLACES])
{
    size_t count = 0;
    if (!facts->split_zones && !str_empty(facts->txt)) {
        want(own_place(facts, mem, "", 0, &ret[count++]), RR_TXT, facts->txt);
    }
    for (unsigned region = 0; region < facts->region_count; region++) {
        struct dns_place *place = regional_place(facts, mem, region, &ret[count++]);
        want(place, RR_A, facts->regions[region].signalling_address);
        want(place, RR_TXT, facts->regions[region].txt);
        count += network_places(facts, region, mem, &ret[count]);
    }
    return count;
}

/* ---- ownership ---- */

static const struct {
    enum rr_type type;
    struct str key;
} listed[] = {{RR_A, STR("a=")}, {RR_TXT, STR("txt=")}, {RR_SRV, STR("srv=")}};

static struct str key_of(enum rr_type type)
{
    for (size_t i = 0; i < ARRAY_LEN(listed); i++) {
        if (listed[i].type == type) {
            return listed[i].key;
        }
    }
    return STR_NONE;
}

/* The account comes last: it is for people, and is what is cut where there is no room. */
static struct str ownership_text(const struct dns_facts *facts, const struct dns_place *place,
                                 struct arena *mem)
{
    struct str text = arena_printf(mem, HERITAGE ",owner=%" STR_FMT, STR_ARG(facts->owner));
    for (size_t i = 0; i < place->wanted_count; i++) {
        const struct rr *rr = &place->wanted[i];
        struct str key = key_of(rr->type);
        text = arena_printf(mem, "%" STR_FMT ",%" STR_FMT "%" STR_FMT, STR_ARG(text), STR_ARG(key),
                            STR_ARG(rr->data));
    }
    if (!str_empty(place->account)) {
        text = arena_printf(mem, "%" STR_FMT ",account=%" STR_FMT, STR_ARG(text), STR_ARG(place->account));
    }
    return str_slice(text, 0, RR_TEXT_MAX);
}

bool dns_is_ours(const struct dns_facts *facts, struct str text)
{
    struct str rest = text, part;
    bool heritage = str_split(&rest, ',', &part) && str_eq(part, STR(HERITAGE));
    return heritage && str_split(&rest, ',', &part) && str_starts(part, STR("owner=")) &&
           str_eq(str_slice(part, 6, part.n), facts->owner);
}

/* Records of ours at the place, as an ownership record lists them. */
static size_t listed_records(const struct dns_place *place, struct str text, struct rr *ret, size_t max)
{
    struct str rest = text, part;
    size_t count = 0;
    while (count < max && str_split(&rest, ',', &part)) {
        for (size_t i = 0; i < ARRAY_LEN(listed); i++) {
            if (str_starts(part, listed[i].key)) {
                ret[count++] = (struct rr){.name = place->name,
                                           .type = listed[i].type,
                                           .ttl_s = DNS_TTL_S,
                                           .data = str_slice(part, listed[i].key.n, part.n)};
                break;
            }
        }
    }
    return count;
}

size_t dns_place_records(const struct dns_facts *facts, const struct dns_place *place, struct arena *mem,
                         struct rr ret[DNS_PLACE_RECORDS + 1])
{
    size_t count = 0;
    if (place->wanted_count > 0) {
        ret[count++] = (struct rr){.name = place->ownership,
                                   .type = RR_TXT,
                                   .ttl_s = DNS_TTL_S,
                                   .data = ownership_text(facts, place, mem)};
        memcpy(&ret[count], place->wanted, place->wanted_count * sizeof *ret);
        count += place->wanted_count;
    }
    return count;
}

bool dns_place_of_ownership(const struct dns_facts *facts, const struct rr *ownership, struct arena *mem,
                            struct dns_place *ret)
{
    if (ownership->type != RR_TXT || !dns_is_ours(facts, ownership->data)) {
        return false;
    }
    for (unsigned region = 0; region < facts->region_count; region++) {
        struct str front = front_of(ownership->name, branch_of(facts, region, mem));
        if (!str_absent(front)) {
            *ret = (struct dns_place){.account = STR_NONE};
            name_place(facts, mem, front, region, ret);
            ret->shared = str_absent(dns_label_of(facts, ret->name));
            return true;
        }
    }
    return false;
}

/* ---- what is served ---- */

static bool has(const struct rr *records, size_t count, const struct rr *rr)
{
    for (size_t i = 0; i < count; i++) {
        if (rr_same(&records[i], rr)) {
            return true;
        }
    }
    return false;
}

/* Of a shared name others' TXT records do no harm. */
static bool in_the_way(const struct dns_place *place, const struct rr *rr)
{
    return !has(place->wanted, place->wanted_count, rr) && !(place->shared && rr->type == RR_TXT);
}

enum dns_served dns_served(const struct dns_place *place, const struct rr_list *at_name)
{
    size_t right = 0, wrong = 0;
    for (size_t i = 0; i < place->wanted_count; i++) {
        right += has(at_name->items, at_name->count, &place->wanted[i]);
    }
    for (size_t i = 0; i < at_name->count; i++) {
        wrong += in_the_way(place, &at_name->items[i]);
    }
    bool nothing = place->shared ? right == 0 && wrong == 0 : at_name->count == 0;
    return right == place->wanted_count && wrong == 0 ? DNS_SERVED_RIGHT
           : nothing                                  ? DNS_SERVED_NOTHING
                                                      : DNS_SERVED_OTHER;
}

/* ---- steps ---- */

struct step {
    const struct dns_facts *facts;
    const struct dns_place *place;
    const struct dns_presence *presence;
    struct arena *mem;
    struct rr *ours; /* what ownership records list, and they themselves */
    size_t our_count;
};

#define LISTED_MAX 16

static struct rr_list list_new(struct arena *mem, size_t max, struct rr **ret_items)
{
    *ret_items = arena_alloc_array(mem, max, sizeof **ret_items);
    return (struct rr_list){*ret_items, 0};
}

/* The records of ours that are there, as far as ownership goes. */
static bool find_ours(struct step *step)
{
    const struct rr_list *ownership = &step->presence->ownership;
    step->ours = arena_alloc_array(step->mem, LISTED_MAX, sizeof *step->ours);
    for (size_t i = 0; step->ours != NULL && i < ownership->count; i++) {
        const struct rr *rr = &ownership->items[i];
        if (dns_is_ours(step->facts, rr->data) && step->our_count < LISTED_MAX) {
            step->ours[step->our_count++] = *rr;
            step->our_count += listed_records(step->place, rr->data, &step->ours[step->our_count],
                                              LISTED_MAX - step->our_count);
        }
    }
    return step->our_count > 0;
}

/* At a name without ownership everything is somebody else's, also what happens to be as wanted. */
static bool is_foreign(const struct step *step, const struct rr *rr)
{
    bool can_be_ours = step->our_count > 0 || step->place->shared;
    return !can_be_ours || (in_the_way(step->place, rr) && !has(step->ours, step->our_count, rr));
}

static void find_foreign(const struct step *step, struct dns_change *ret)
{
    const struct rr_list *at_name = &step->presence->at_name;
    struct rr *items;
    ret->foreign = list_new(step->mem, at_name->count, &items);
    for (size_t i = 0; items != NULL && i < at_name->count; i++) {
        if (is_foreign(step, &at_name->items[i])) {
            items[ret->foreign.count++] = at_name->items[i];
        }
    }
}

/* Nothing of ours is there yet: is there room for it? */
static bool is_free(const struct step *step, const struct dns_change *change)
{
    if (step->presence->ownership.count > 0) {
        return false; /* another owner's */
    }
    return step->place->shared ? change->foreign.count == 0 : step->presence->at_name.count == 0;
}

/* Beside a CNAME a server adds nothing, and does not say so (RFC 2136 section 3.4.2.2). */
static bool is_alias(const struct rr_list *records)
{
    for (size_t i = 0; i < records->count; i++) {
        if (records->items[i].type == RR_CNAME) {
            return true;
        }
    }
    return false;
}

static bool is_there(const struct step *step, const struct rr *rr)
{
    const struct dns_presence *presence = step->presence;
    return has(presence->at_name.items, presence->at_name.count, rr) ||
           has(presence->ownership.items, presence->ownership.count, rr);
}

static void find_changes(const struct step *step, struct dns_change *ret)
{
    struct rr wanted[DNS_PLACE_RECORDS + 1], *adds, *removes;
    size_t count = dns_place_records(step->facts, step->place, step->mem, wanted);
    ret->add = list_new(step->mem, count, &adds);
    ret->remove = list_new(step->mem, step->our_count, &removes);
    for (size_t i = 0; adds != NULL && i < count; i++) {
        if (!is_there(step, &wanted[i])) {
            adds[ret->add.count++] = wanted[i];
        }
    }
    for (size_t i = 0; removes != NULL && i < step->our_count; i++) {
        if (!has(wanted, count, &step->ours[i])) {
            removes[ret->remove.count++] = step->ours[i];
        }
    }
}

enum dns_step dns_step(const struct dns_facts *facts, const struct dns_place *place,
                       const struct dns_presence *presence, struct arena *mem, struct dns_change *ret)
{
    struct step step = {.facts = facts, .place = place, .presence = presence, .mem = mem};
    *ret = (struct dns_change){.require = presence->ownership};
    bool ours = find_ours(&step);
    find_foreign(&step, ret);
    if (place->wanted_count == 0 && !ours) {
        return DNS_STEP_NONE;
    }
    if (place->wanted_count > 0 && (is_alias(&ret->foreign) || (!ours && !is_free(&step, ret)))) {
        return DNS_STEP_FOREIGN;
    }
    find_changes(&step, ret);
    return ret->add.count + ret->remove.count > 0 ? DNS_STEP_CHANGE : DNS_STEP_NONE;
}
