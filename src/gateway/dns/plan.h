/* What it takes to make a whole zone as it is wanted: the difference between the places that shall be and the records that are there.
 * Pure. After what it says is done the zone holds what is wanted and, untouched, everything foreign. */
#pragma once
#include "gateway/dns/place.h"

#define DNS_PLAN_REMOVED_PERCENT 30 /* of our records: more are removed only when somebody confirms it */

struct dns_plan_item {
    struct dns_place place;
    struct dns_presence presence; /* that the change is for */
    enum dns_step step;           /* DNS_STEP_FOREIGN: this place or another one of its account is blocked */
    struct dns_change change;
};
struct dns_plan {
    const struct dns_plan_item
        *items; /* that change, that are foreign, or beside which foreign records stand */
    size_t count;
    size_t changes; /* of them */
    size_t orphans; /* of the changes: ours, at a place where nothing is wanted any more */
    size_t ours;    /* records of ours that are there, ownership records too */
    size_t removed; /* of them, by places at which nothing is wanted */
    bool confirm;   /* removed are more than DNS_PLAN_REMOVED_PERCENT of ours */
};
/* `places`: all that are wanted, in any order. `zone`: all its records (of two zones: of both). RC_LIMIT: no room in mem. */
MUST_USE enum rc dns_plan_make(const struct dns_facts *facts, const struct dns_place *places, size_t count,
                               const struct rr_list *zone, struct arena *mem, struct dns_plan *ret,
                               struct err *err);
