/* Keeps the DNS as the accounts with Direct Routing want it, and says how it stands. Level-triggered: a piece of leased work (gateway/work)
 * reads which labels and tokens are wanted now, compares them with what stands in the DNS, moves that, and asks every authoritative
 * server what it serves. docs/dns.md has the rules in words.
 *
 *   place.c         what shall stand where, and the step from what stands there now (pure)
 *   plan.c          the same for a whole zone (pure)
 *   look.c          what servers say
 *   update.c        publishes by dynamic updates to a primary
 *   zone_file.c     publishes by writing a zone file on each node
 *   customers.c     the work: accounts that changed
 *   zone.c          the work: the deployment's own names, the slow check of all customers, what is asked for by hand
 *   report.c        how one account stands, for people
 *
 * What was published is in the table `subdomain`, so a label that an account has left is not forgotten. `provapi.<base>` is none of these
 * names: numgate-failover alone writes it.
 *
 * Threads: its own (two engines' and a keeper); everything declared here may be called on any. */
#pragma once
#include "common/base/metric.h"
#include "gateway/dns/plan.h"
#include "gateway/dns/publisher.h"
#include "gateway/domain/repo.h"

struct domain_facts;
struct dns;

enum dns_publisher_kind { DNS_PUBLISH_NONE, DNS_PUBLISH_ZONE_FILE, DNS_PUBLISH_UPDATE };

struct dns_name_server {
    struct str name;
    struct str address; /* absent: the name is in another zone */
};
/* What a zone file holds besides the places. */
struct dns_zone_file {
    struct str path;
    struct str zone;                            /* its apex; the base domain is in it */
    const struct dns_name_server *name_servers; /* at least one: NS records, and the first is the SOA's */
    size_t name_server_count;
    struct str hostmaster; /* as a domain name; absent: hostmaster.<zone> */
};

struct dns_config {
    struct repo *repo; /* these outlive it */
    const struct domain_facts *domain;
    struct metrics *metrics; /* may be NULL */
    struct dns_facts facts;
    enum dns_publisher_kind publisher;
    struct dns_servers servers;         /* authoritative ones that are asked; without any the primary */
    struct net_addr primary;            /* DNS_PUBLISH_UPDATE */
    struct tsig_key key;                /* the same */
    struct str zones[DNS_REGIONS];      /* the same; empty: whatever the primary has */
    struct dns_zone_file zone_file;     /* DNS_PUBLISH_ZONE_FILE */
    uint32_t timeout_ms;                /* of one call to one server; 0 = 5 s */
    uint32_t check_ms;                  /* how often all customers are looked at; 0 = 1 h */
    uint32_t retry_max_ms;              /* the longest pause while something is not as wanted; 0 = 5 min */
    uint32_t look_ms;                   /* how often work is looked for without being told of it; 0 = 1 s */
    uint32_t lease_ms;                  /* how long after its death a node's work stays with it; 0 = 4 s */
    struct {                            /* for tests alone */
        struct dns_publisher publisher; /* instead of the one above; publish NULL: that one */
    } test;
};

MUST_USE enum rc dns_start(const struct dns_config *config, struct dns **ret, struct err *err);
void dns_stop(struct dns *dns); /* waits for calls under way; NULL is fine */
/* A committed change has made work of these kinds due (repo_job.touched). Cheap. */
void dns_wake(struct dns *dns, unsigned outbox_kinds);
const struct dns_config *dns_config_of(const struct dns *dns);
/* The zones that are written, as far as they are known: those of the primary once it was asked. Never blocks; text in mem. */
struct text_list dns_zones(struct dns *dns, struct arena *mem);

#define DNS_ZONE_KEY  "zone"      /* of its OUTBOX_ZONE row: touch it to have everything looked at */
#define DNS_JOB_APPLY "dns-apply" /* kind of a job row with DNS_ZONE_KEY */
/* The row's input: whether more than DNS_PLAN_REMOVED_PERCENT may go. */
static inline struct str dns_apply_input(bool confirmed)
{
    return confirmed ? STR("{\"confirm\":true}") : STR("{\"confirm\":false}");
}
static inline bool dns_apply_confirmed(struct str input)
{
    return str_eq(input, dns_apply_input(true));
}

/* ---- how one customer stands; blocks ---- */

struct dns_server_report {
    struct net_addr server;
    bool known; /* else: why not */
    struct str why;
    struct rr_list found; /* TXT, A and CNAME at the name */
    enum dns_served served;
};
struct dns_region_report {
    struct dns_place place;
    struct rr records[DNS_PLACE_RECORDS + 1]; /* the ownership record first */
    size_t record_count;
    struct dns_server_report servers[DNS_SERVERS_MAX];
    size_t server_count;
    bool certificate_read; /* else: why not, or absent when none is configured */
    struct str certificate_why;
    bool covered; /* the certificate covers the name */
    struct wall certificate_until;
};
struct dns_report {
    struct dns_region_report regions[DNS_REGIONS];
    size_t region_count;
};
/* Servers that say nothing by the deadline are among those that are not known. */
MUST_USE enum rc dns_report_make(const struct dns_config *config, const struct dns_customer *customer,
                                 struct mono deadline, struct arena *mem, struct dns_report *ret,
                                 struct err *err);

/* ---- the whole zone; blocks ---- */

/* By transfer from the primary. RC_CONFLICT DnsNoTransfer: the publisher is no `update`, so there is nothing to compare. */
MUST_USE enum rc dns_plan_read(struct dns *dns, struct arena *mem, struct dns_plan *ret, struct err *err);
