/* Dynamic update (RFC 2136): one message, all or nothing, over TCP, signed (RFC 8945). Hides ldns.
 *
 *     update_init(&u, mem, STR("example.net"));
 *     update_require_unused(&u, name);          prerequisites, RFC 2136 section 2.4
 *     update_add(&u, &rr);                      changes, section 2.5
 *     rc = update_send(&u, &server, &key, deadline, &result, err);
 *
 * Building does not fail: what does not fit, or is no name, is remembered and update_send says so. Lists are kept in `mem`; what they
 * name is borrowed until the message is sent.
 *
 * NOERROR says that the server took the message, not that it serves what was asked for (a CNAME in the way is skipped in silence,
 * section 3.4.2.2): whoever sends reads back.
 *
 * Threads: one owner. */
#pragma once
#include "common/base/clock.h"
#include "common/resolve/rr.h"

#define UPDATE_BYTES_MAX (16 * 1024) /* of a message without its signature; ldns aborts above 64 KB */

struct update_item;
struct update {
    struct arena *mem;
    struct str zone;
    struct update_item *first, *last;
    size_t bytes; /* of the message, counted without name compression, so never too few */
    bool failed;  /* no room in mem, or not a name, or not data of its type */
};

void update_init(struct update *update, struct arena *mem, struct str zone);
/* Prerequisites. */
void update_require_unused(struct update *update, struct str name); /* no record of any type */
void update_require_none(struct update *update, struct str name, enum rr_type type); /* no such RRset */
/* The RRset of that name and type is exactly these records (section 2.4.2): all of one name and type, in as many calls. */
void update_require(struct update *update, const struct rr *rr);
/* Changes, in this order. */
void update_add(struct update *update, const struct rr *rr);
void update_delete(struct update *update, const struct rr *rr); /* that very record; the TTL does not count */

/* How many bytes `update` would have if `other`'s items were behind its own. */
size_t update_bytes_with(const struct update *update, const struct update *other);
void update_append(struct update *update, const struct update *other);

struct update_result {
    unsigned rcode;          /* enum rr_rcode */
    unsigned tsig_error;     /* RFC 8945 section 3: 16 BADSIG, 17 BADKEY, 18 BADTIME; 0 */
    struct wall server_time; /* with BADTIME: what the server takes the time to be, else 0 */
};
/* RC_OK: the server did it. RC_CONFLICT: a prerequisite was not met (result->rcode: YXDOMAIN, YXRRSET, NXRRSET); nothing was done.
 * RC_DENIED: it refused us (REFUSED, NOTAUTH, NOTZONE, NOTIMP, FORMERR, a TSIG error); nothing was done. RC_BUSY: nothing was sent, or
 * it answered SERVFAIL. RC_UNCERTAIN: it was sent and no answer came that can be believed: read before sending again. RC_INVALID: what
 * was built is no message. RC_LIMIT: it is larger than UPDATE_BYTES_MAX.
 *
 * An answer is believed when its id, its opcode and its signature are right, the signature is by this key and algorithm, and its time
 * is within its fudge of ours; an unsigned NOTAUTH is reported as RC_DENIED, since nothing depends on it: a server cannot sign with a
 * key that it does not take, and Knot signs nothing about a zone it does not have (DnsNotOurZone).
 *
 * err->code is one of DnsUnreachable, DnsNoAnswer, DnsBadAnswer, DnsRefused, DnsKeyRefused, DnsClock, DnsNotOurZone, DnsPrerequisite,
 * DnsServerFailure, DnsMessage. */
MUST_USE enum rc update_send(const struct update *update, const struct net_addr *server,
                             const struct tsig_key *key, struct mono deadline, struct update_result *result,
                             struct err *err);
