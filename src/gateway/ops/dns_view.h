/* What gateway/dns finds, as /numgate/v1/dns says it: copied into `mem`, so that it outlives what it was made from. Pure. */
#pragma once
#include "gateway/dns/dns.h"
#include "gateway/model/dns.h"

struct str dns_view_status_name(enum subdomain_status status); /* SUBDOMAIN_ABSENT is notProvisioned */
struct part_list dns_view_regions(const struct dns_report *report, struct arena *mem);
void dns_view_plan_of(const struct dns_plan *plan, struct arena *mem, struct dns_view_plan *ret);
