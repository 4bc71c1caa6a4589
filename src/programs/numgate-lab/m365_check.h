/* What Microsoft 365 finds in the DNS: the text record that proves a domain, and whether a name can be a trunk. The name servers are asked
 * one after the other until one has an answer. As a resolver does (RFC 2308 section 5), a "no" of a server that has the zone is remembered
 * for as long as its SOA says, so whoever asks too early has to wait; an answer by way of a resolver is not, since that one remembers it
 * itself.
 *
 * Threads: any. Blocks up to M365_CHECK_MS. */
#pragma once
#include "common/resolve/resolve.h"
#include "programs/numgate-lab/m365.h"

#define M365_CHECK_MS      4000
#define M365_ADDRESSES_MAX 8

struct m365_dns;

struct m365_dns *m365_dns_new(const struct resolve_servers *servers); /* none: the machine's own */
void m365_dns_free(struct m365_dns *dns);                             /* NULL is fine */
void m365_dns_forget(struct m365_dns *dns);                           /* every "no" */

/* RC_OK: the token is there. RC_NOT_FOUND: it is not; the message says what is there instead. RC_BUSY: no server had an answer. */
MUST_USE enum rc m365_check_token(struct m365_dns *dns, const struct m365_domain *domain, struct arena *mem,
                                  struct err *err);

/* A trunk's name has exactly one A record, no AAAA record and no CNAME. */
struct m365_trunk {
    struct str addresses[M365_ADDRESSES_MAX]; /* of the A records, in the arena */
    size_t address_count;
    bool has_ipv6;
    struct str alias; /* of the CNAME; absent: none */
};
/* RC_BUSY: no server had an answer. */
MUST_USE enum rc m365_check_trunk(struct m365_dns *dns, struct str name, struct arena *mem,
                                  struct m365_trunk *ret, struct err *err);
