/* How wanted places come to stand in the DNS. What a publisher must do, and the two there are. A publisher knows no store and no
 * account: it gets places, and says what became of them.
 *
 * Threads: one at a time. */
#pragma once
#include "common/base/clock.h"
#include "gateway/dns/look.h"

/* What belongs together: all places of a customer, old label and new, or those of the deployment. It is published whole or not at all. */
struct dns_publication {
    const struct dns_place *places;
    size_t count;
    /* Nothing was ever published at these names, as far as is known: so they need not be looked at first. */
    bool fresh;
    /* What was at the places when this was decided: where something else is by now, nothing is done (RC_CONFLICT). NULL: what is there
     * now counts. */
    const struct dns_presence *seen;
    /* out: RC_OK; RC_CONFLICT: foreign records are in the way; RC_BUSY: the server does not say what is there; else as it said. The
     * problem has code and message; its field is absent. */
    enum rc rc;
    struct err problem;
};

struct dns_publisher {
    /* RC_OK: each publication has its own rc. Anything else: nothing of what has no rc of its own was done, or in doubt (RC_UNCERTAIN:
     * the next try looks first, so `fresh` must be false then). */
    enum rc (*publish)(void *arg, struct dns_publication *publications, size_t count, struct arena *mem,
                       struct err *err);
    void *arg;
};

/* ---- update.c: RFC 2136 to a primary server ---- */

#define DNS_CUSTOMERS_MAX 50 /* in one message */

struct dns_updating {
    const struct dns_facts *facts;
    struct net_addr primary;
    const struct tsig_key *key;
    struct str configured[DNS_REGIONS]; /* the zone of each region; empty: whatever the primary has */
    uint32_t timeout_ms;                /* of a call */
    struct metric *messages;            /* counts those that were sent; may be NULL */
    /* dns_find_zones fills these in: */
    bool found;
    struct str zones[DNS_REGIONS];
    char zone_texts[DNS_REGIONS][RR_NAME_MAX + 1];
};
/* `updating` outlives it. */
struct dns_publisher dns_update_publisher(struct dns_updating *updating);
/* The apex of each region's zone as the primary has it, compared with what the configuration says; before the first publication. RC_CONFLICT DnsZones: the regions are
 * in two zones and split_zones is no; DnsNotOurZone: it has none of them, or another than is configured. */
MUST_USE enum rc dns_find_zones(struct dns_updating *updating, struct arena *mem, struct err *err);
