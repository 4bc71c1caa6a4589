/* Names to addresses, asked of DNS servers that are named, with an absolute deadline. Nothing is remembered between two calls: whoever
 * looks a name up again wants to know what it is now. Hides ldns.
 *
 * IP literals, "localhost" (RFC 6761 section 6.3) and, with the machine's own servers, the lines of /etc/hosts are answered without a
 * server. Search domains are not used: a name is meant as it is written.
 *
 * Threads: values only; any thread. */
#pragma once
#include "common/base/clock.h"
#include "common/base/net.h"

#define RESOLVE_SERVERS_MAX   8
#define RESOLVE_ADDRESSES_MAX 16
#define RESOLVE_TRY_MS        2000 /* one server, one question; then the next server */

struct resolve_servers {
    struct net_addr items[RESOLVE_SERVERS_MAX];
    size_t count; /* 0: the machine's own, of /etc/resolv.conf, read anew for each call */
};

struct resolve_answer {
    struct net_addr
        addresses[RESOLVE_ADDRESSES_MAX]; /* without ports; IPv4 first, in the order of the answer */
    size_t count;                         /* at least 1 */
    uint32_t ttl_s;                       /* the shortest; 0 for what no server was asked about */
};

/* "192.0.2.1, 192.0.2.2:5353, [2001:db8::1]:53": port 53 where there is none. */
MUST_USE enum rc resolve_servers_parse(struct str text, struct resolve_servers *ret, struct err *err);

/* The machine's own, of /etc/resolv.conf. RC_NOT_FOUND: it names none. */
MUST_USE enum rc resolve_servers_own(struct resolve_servers *ret, struct err *err);

/* A and AAAA records, CNAMEs followed (RFC 1034 section 3.6.2). RC_INVALID: not a name. RC_NOT_FOUND: a server says that there is no such
 * name, or no address for it. RC_BUSY: no server answered, or none had an answer. */
MUST_USE enum rc resolve_host(const struct resolve_servers *servers, struct str host, struct mono deadline,
                              struct resolve_answer *ret, struct err *err);
