/* What servers say of places, each asked itself. Blocks; knows no store. */
#pragma once
#include "common/base/clock.h"
#include "gateway/dns/place.h"
#include "gateway/model/model.h"

#define DNS_SERVERS_MAX 8

struct dns_servers {
    struct net_addr items[DNS_SERVERS_MAX];
    size_t count;
};

/* What stands at the places at this server; with their ownership, or without (then that list is empty). known[i]: it answered all of
 * place i's questions, and as one that has the zone. RC_OK when at least one is known. RC_DENIED: it answers, but as one that has none of
 * their zones. RC_BUSY: it does not answer. The message says why. */
MUST_USE enum rc dns_look(const struct net_addr *server, const struct dns_place *places, size_t count,
                          bool ownership, struct mono deadline, struct arena *mem, struct dns_presence *ret,
                          bool *known, struct err *err);

/* A customer's places as all servers have them. */
struct dns_verdict {
    enum subdomain_status status; /* SUBDOMAIN_ABSENT: no server said anything */
    size_t answered;              /* servers that did, for all regions */
    struct net_addr odd;          /* the first that does not serve what is wanted */
    struct str odd_name;          /* and the name it was asked for; absent: all are right */
};
/* `places` are `regions` for each of `customers`. Servers that do not answer are left out: what the others serve is what Microsoft 365
 * and Teams see. Each has timeout_ms. RC_BUSY: not one answered. */
MUST_USE enum rc dns_judge(const struct dns_servers *servers, const struct dns_place *places,
                           size_t customers, size_t regions, uint32_t timeout_ms, struct arena *mem,
                           struct dns_verdict *ret, struct err *err);
