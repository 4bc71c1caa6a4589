/* /numgate/v1/dns: the DNS of Direct Routing customers, seen (dns_read.h, dns_view.h) and steered. What is steered goes through the store,
 * as that of the synchronization does (sync.h); who did it is in the log (dns_control). Name servers are asked on threads of their own,
 * never on a loop. */
#pragma once
#include "common/base/err.h"
#include "gateway/api/route.h"

struct dns;
struct offload;

extern const struct route_table ops_dns_routes;

/* What its handlers need, in struct ops. All NULL where no DNS is configured. */
struct ops_dns {
    struct dns *dns;
    struct offload *questions; /* about one customer */
    struct offload *plans;     /* of a whole zone, which needs much memory: one at a time */
};
MUST_USE enum rc ops_dns_start(struct dns *dns, struct ops_dns *ret, struct err *err);
void ops_dns_stop(struct ops_dns *ops_dns); /* after the server has drained, before dns_stop() */
