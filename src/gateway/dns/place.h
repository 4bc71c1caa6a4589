/* What shall stand in the DNS, and how one gets there from what stands there now. Pure: nothing here asks, sends or stores.
 *
 * A place is a name that records are kept at, together with the name of its ownership record: for a customer one a region,
 * `<label>.1r1.<base>` and `<label>.1r1._numgate.<base>`. The ownership record lists every record of ours at the place,
 *
 *     heritage=numgate,owner=<owner>,a=192.0.2.1,txt=MS=ms12345678,account=contoso
 *
 * so that what is ours can be told from what is not by looking at the DNS alone, whatever became of the store: it is the
 * prerequisite of every change, deletes name records that it lists, and anything else at the name is foreign and stays. It is on a
 * branch of its own since Microsoft 365 reads all TXT records at the customer's name.
 *
 * Names and rules: docs/dns.md. Everything made lives in the arena that is given, or is borrowed from the arguments. */
#pragma once
#include "common/resolve/rr.h"

#define DNS_REGIONS       2
#define DNS_TTL_S         300
#define DNS_PLACE_RECORDS 2 /* at most, without the ownership record */
#define DNS_STATIC_PLACES (1 + 3 * DNS_REGIONS)
#define DNS_OWNER_MAX     40

struct dns_region {
    struct str signalling_address; /* IPv4 that Teams sends to */
    struct str txt;                /* at 1r<n>.<base>; absent: none */
    struct str
        network_address; /* IPv4 of r<n>.<base>, for the operator's own network; absent: the name is not made */
    int64_t network_port;   /* of the SRV record _sip._tls.r<n>.<base> */
    struct str certificate; /* path; absent: not looked at */
};

/* What is known of the deployment. Immutable. */
struct dns_facts {
    struct str base_domain;
    struct str owner; /* [a-z0-9-]; another installation that writes into the same zone has another one */
    struct str txt;   /* at the base domain; absent: none */
    struct dns_region regions[DNS_REGIONS];
    size_t region_count;
    bool
        split_zones; /* each 1r<n>.<base> is a zone of its own: then the ownership branch is below it, and nothing is kept at the base */
};

struct dns_customer {
    struct str account, label;
    struct str tokens[DNS_REGIONS];
};

struct dns_place {
    struct str name, ownership; /* lower case */
    struct str account;         /* absent: the deployment's own */
    unsigned region;            /* from 0; the base domain's is 0 as well */
    bool shared; /* the name may have records of others beside ours: the deployment's own names */
    struct rr wanted[DNS_PLACE_RECORDS];
    size_t wanted_count; /* 0: nothing of ours shall be there */
};

/* One for each region. Without `wanted` for a customer that leaves. */
void dns_customer_places(const struct dns_facts *facts, const struct dns_customer *customer, bool wanted,
                         struct arena *mem, struct dns_place ret[DNS_REGIONS]);
/* The deployment's own names: 1r<n>.<base>, r<n>.<base>, _sip._tls.r<n>.<base>, <base>. */
size_t dns_static_places(const struct dns_facts *facts, struct arena *mem,
                         struct dns_place ret[DNS_STATIC_PLACES]);
/* The records of the place with its ownership record in front; at most DNS_PLACE_RECORDS + 1. */
size_t dns_place_records(const struct dns_facts *facts, const struct dns_place *place, struct arena *mem,
                         struct rr ret[DNS_PLACE_RECORDS + 1]);

/* ---- what is there ---- */

struct dns_presence {
    struct rr_list at_name;   /* of the types that are kept there, and CNAME */
    struct rr_list ownership; /* TXT at the ownership name, and whatever else is known to be there */
};

/* How a server answers for the name, beside what is wanted: all types that are wanted, with exactly the wanted records. */
enum dns_served { DNS_SERVED_RIGHT, DNS_SERVED_NOTHING, DNS_SERVED_OTHER };
enum dns_served dns_served(const struct dns_place *place, const struct rr_list *at_name);

/* ---- from one to the other ---- */

enum dns_step {
    DNS_STEP_NONE,    /* nothing is to be done: it is as wanted, but for foreign records that stand beside */
    DNS_STEP_CHANGE,  /* the change makes it so */
    DNS_STEP_FOREIGN, /* the name, or its ownership, is somebody else's: nothing is done */
};
struct dns_change {
    struct rr_list
        require; /* the ownership RRset is exactly this; none: neither name is in use (of a shared one: the ownership) */
    struct rr_list remove, add;
    struct rr_list foreign; /* stand at the name and are left alone; set for all three */
};
enum dns_step dns_step(const struct dns_facts *facts, const struct dns_place *place,
                       const struct dns_presence *presence, struct arena *mem, struct dns_change *ret);

/* Whether the text is an ownership record of this owner. */
bool dns_is_ours(const struct dns_facts *facts, struct str text);
/* The place whose ownership record this is, with nothing wanted there; false: it is none of ours, or not where one of ours would be. */
bool dns_place_of_ownership(const struct dns_facts *facts, const struct rr *ownership, struct arena *mem,
                            struct dns_place *ret);
/* Of the place's name: the label where it is a customer's, else absent. */
struct str dns_label_of(const struct dns_facts *facts, struct str name);
