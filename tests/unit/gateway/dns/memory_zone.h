/* A zone in memory that is changed as RFC 2136 says: prerequisites first, then all of the changes or none. What a primary server is to
 * the publisher, for tests of what shall be sent. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "gateway/dns/place.h"

#define MEMORY_ZONE_MAX 2000

struct memory_zone {
    struct rr records[MEMORY_ZONE_MAX]; /* names and data are borrowed */
    size_t count;
};

bool zone_has(const struct memory_zone *zone, const struct rr *rr);
/* Adding what is there does nothing, and neither does adding beside a CNAME, or a CNAME beside anything (section 3.4.2.2). */
void zone_add(struct memory_zone *zone, const struct rr *rr);
void zone_delete(struct memory_zone *zone, const struct rr *rr);
struct rr_list zone_list(const struct memory_zone *zone);

/* As a look at the server finds it: all that stands at the place, of a shared one what is of the types that are wanted there. */
struct dns_presence zone_look(const struct memory_zone *zone, const struct dns_place *place,
                              struct arena *mem);
/* The prerequisites of the change are met (place.h, dns_change.require). */
bool zone_allows(const struct memory_zone *zone, const struct dns_place *place,
                 const struct dns_change *change);
void zone_change(struct memory_zone *zone, const struct dns_change *change); /* whatever the prerequisites */
/* False: they are not met, and nothing was done. */
bool zone_apply(struct memory_zone *zone, const struct dns_place *place, const struct dns_change *change);
