/* Questions to one server that is named. Many at once, so that a check of thousands of names takes round trips by the window and not by
 * the name. Asked is a server that has the zone, for what it serves and nothing from anybody's cache; a resolver may be asked too, since
 * recursion is desired, and its answers are not authoritative. Hides ldns.
 *
 * An answer belongs to a question when its id and its question are the ones that were sent and it comes from the server (RFC 5452
 * section 9.1); anything else is dropped. By UDP with EDNS; a truncated answer is asked for again by TCP.
 *
 * Threads: values only; any thread. Blocks up to the deadline. */
#pragma once
#include "common/base/clock.h"
#include "common/resolve/rr.h"

#define ASK_WINDOW 64  /* questions that are under way to a server at a time */
#define ASK_TRY_MS 800 /* until a question is sent once more; three times in all */

struct question {
    struct str name;
    enum rr_type type;
};
struct answer {
    bool came;            /* else nothing below means anything: it did not answer within the deadline */
    unsigned rcode;       /* enum rr_rcode, or another */
    bool authoritative;   /* the AA bit: said by a server that has the zone */
    struct rr_list found; /* of the name and type that were asked for, or CNAMEs of that name */
};
/* ret[i] answers questions[i]; results live in `mem`. RC_BUSY: not one answer came (err->code is DnsUnreachable, with the reason in the
 * message, or DnsNoAnswer); then ret is filled in too. A server that is silent for as long as a question is tried is given up, deadline
 * or not. RC_INVALID: a name is none. RC_LIMIT: no room in mem. */
MUST_USE enum rc ask(const struct net_addr *server, const struct question *questions, size_t count,
                     struct mono deadline, struct arena *mem, struct answer *ret, struct err *err);

/* Which zone of the server a name is in: the owner of the SOA in the answer, or in the authority section of a "no" (RFC 2308 section
 * 2). RC_NOT_FOUND: the server has no zone for it (it refused, or was not authoritative). *ret_soa is the SOA record. */
MUST_USE enum rc ask_zone(const struct net_addr *server, struct str name, struct mono deadline,
                          struct arena *mem, struct rr *ret_soa, struct err *err);

/* The whole zone by AXFR (RFC 5936), signed with `key` unless it is NULL: then each message of the answer must be, as Knot and BIND
 * sign them. Its SOA record comes first, and once; records of types that enum rr_type does not name are left out. RC_DENIED: the
 * server refused (err->code DnsRefused, DnsKeyRefused, DnsClock), or a signature does not hold (DnsBadAnswer). RC_BUSY: it was not
 * reached, broke off (DnsUnreachable, DnsNoAnswer), has trouble of its own (DnsServerFailure), or sent something else (DnsBadAnswer).
 * RC_LIMIT: more than fits into mem. */
MUST_USE enum rc ask_transfer(const struct net_addr *server, struct str zone, const struct tsig_key *key,
                              struct mono deadline, struct arena *mem, struct rr_list *ret, struct err *err);
