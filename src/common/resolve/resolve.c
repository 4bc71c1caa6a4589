/* Each server is asked by a resolver of its own: ldns keeps one port and one timeout for all servers of a resolver. A server that does not
 * answer, or answers with a failure, makes way for the next; a server that says "there is none" is believed. */
#include "common/resolve/resolve.h"

#include "common/resolve/inside.h"

#include "common/base/banned.h"

#define DNS_PORT 53

enum rc resolve_servers_parse(struct str text, struct resolve_servers *ret, struct err *err)
{
    struct str rest = text, item;
    *ret = (struct resolve_servers){0};
    while (str_split(&rest, ',', &item)) {
        struct net_addr *server = &ret->items[ret->count];
        item = str_trim(item);
        if (ret->count == RESOLVE_SERVERS_MAX) {
            return err_set(err, RC_LIMIT, NULL, "more than %d name servers", RESOLVE_SERVERS_MAX);
        }
        bool bare = net_parse(item, server);
        if (!bare && (!net_parse_port(item, server) || server->port == 0)) {
            return err_set(err, RC_INVALID, NULL, "\"%" STR_FMT "\" is no address of a name server",
                           STR_ARG(item));
        }
        server->port = bare ? DNS_PORT : server->port;
        ret->count++;
    }
    return ret->count > 0 ? RC_OK : err_set(err, RC_INVALID, NULL, "no name server is given");
}

/* ---- what ldns has ---- */

static bool addr_of_rdf(const ldns_rdf *rdf, struct net_addr *ret)
{
    size_t bytes = rdf != NULL ? ldns_rdf_size(rdf) : 0;
    if (bytes != 4 && bytes != 16) {
        return false;
    }
    *ret = (struct net_addr){.family = bytes == 4 ? 4 : 6};
    memcpy(ret->bytes, ldns_rdf_data(rdf), bytes);
    return true;
}

enum rc resolve_servers_own(struct resolve_servers *ret, struct err *err)
{
    ldns_resolver *resolver = NULL;
    *ret = (struct resolve_servers){0};
    if (ldns_resolver_new_frm_file(&resolver, NULL) != LDNS_STATUS_OK) {
        return err_set(err, RC_NOT_FOUND, NULL, "/etc/resolv.conf cannot be read");
    }
    for (size_t i = 0; i < ldns_resolver_nameserver_count(resolver) && ret->count < RESOLVE_SERVERS_MAX;
         i++) {
        if (addr_of_rdf(ldns_resolver_nameservers(resolver)[i], &ret->items[ret->count])) {
            ret->items[ret->count++].port = DNS_PORT;
        }
    }
    ldns_resolver_deep_free(resolver);
    return ret->count > 0 ? RC_OK : err_set(err, RC_NOT_FOUND, NULL, "/etc/resolv.conf names no name server");
}

/* Records of this type into the answer. */
static void take_records(const ldns_rr_list *records, ldns_rr_type type, struct resolve_answer *ret)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(records); i++) {
        const ldns_rr *rr = ldns_rr_list_rr(records, i);
        bool fits = ret->count < RESOLVE_ADDRESSES_MAX && ldns_rr_get_type(rr) == type;
        if (fits && addr_of_rdf(ldns_rr_rdf(rr, 0), &ret->addresses[ret->count])) {
            ret->ttl_s = ret->count == 0 || ldns_rr_ttl(rr) < ret->ttl_s ? ldns_rr_ttl(rr) : ret->ttl_s;
            ret->count++;
        }
    }
}

/* ---- what needs no server ---- */

static bool take_addr(struct resolve_answer *ret, struct net_addr addr)
{
    ret->addresses[ret->count++] = addr;
    return true;
}

static bool from_hosts_file(const ldns_rdf *name, struct resolve_answer *ret)
{
    ldns_rr_list *lines = ldns_get_rr_list_hosts_frm_file(NULL);
    ldns_rr_list *ours = lines != NULL ? ldns_rr_list_new() : NULL;
    for (size_t i = 0; ours != NULL && i < ldns_rr_list_rr_count(lines); i++) {
        ldns_rr *rr = ldns_rr_list_rr(lines, i);
        if (ldns_dname_compare(ldns_rr_owner(rr), name) == 0) {
            ldns_rr_list_push_rr(ours, rr);
        }
    }
    if (ours != NULL) {
        take_records(ours, LDNS_RR_TYPE_A, ret);
        take_records(ours, LDNS_RR_TYPE_AAAA, ret);
    }
    ret->ttl_s = 0;
    ldns_rr_list_free(ours); /* its records are those of `lines` */
    ldns_rr_list_deep_free(lines);
    return ret->count > 0;
}

static bool without_server(struct str host, struct resolve_answer *ret)
{
    struct net_addr addr;
    struct str bare = host.n > 2 && host.p[0] == '[' ? str_slice(host, 1, host.n - 1) : host;
    if (net_parse(bare, &addr)) {
        return take_addr(ret, addr);
    }
    if (str_eq_ci(host, STR("localhost"))) {
        return take_addr(ret, (struct net_addr){.family = 4, .bytes = {127, 0, 0, 1}});
    }
    return false;
}

/* ---- asking ---- */

static ldns_resolver *resolver_to(const struct net_addr *server, int64_t wait_ms)
{
    struct timeval wait = {.tv_sec = wait_ms / 1000, .tv_usec = wait_ms % 1000 * 1000};
    ldns_resolver *resolver = ldns_resolver_new();
    ldns_rdf *address = ldns_rdf_new_frm_data(server->family == 4 ? LDNS_RDF_TYPE_A : LDNS_RDF_TYPE_AAAA,
                                              server->family == 4 ? 4 : 16, server->bytes);
    bool made = resolver != NULL && address != NULL &&
                ldns_resolver_push_nameserver(resolver, address) == LDNS_STATUS_OK;
    ldns_rdf_deep_free(address);
    if (!made) {
        ldns_resolver_deep_free(resolver);
        return NULL;
    }
    ldns_resolver_set_port(resolver, server->port);
    ldns_resolver_set_timeout(resolver, wait);
    ldns_resolver_set_retry(resolver, 1);
    ldns_resolver_set_recursive(resolver, true);
    ldns_resolver_set_edns_udp_size(resolver, DNS_EDNS_BYTES);
    ldns_resolver_set_igntc(resolver, false); /* a truncated answer is asked for again by TCP */
    return resolver;
}

/* NULL: no answer to this question. ldns takes whatever comes back. */
static ldns_pkt *exchange(ldns_resolver *resolver, const ldns_rdf *name, ldns_rr_type type)
{
    ldns_pkt *query = NULL, *reply = NULL;
    ldns_status status =
        ldns_resolver_prepare_query_pkt(&query, resolver, name, type, LDNS_RR_CLASS_IN, LDNS_RD);
    if (status == LDNS_STATUS_OK) {
        status = ldns_resolver_send_pkt(&reply, resolver, query);
    }
    if (status != LDNS_STATUS_OK || reply == NULL || !message__answers(reply, query)) {
        ldns_pkt_free(reply);
        reply = NULL;
    }
    ldns_pkt_free(query);
    return reply;
}

/* RC_OK: an answer was taken, perhaps of no record. RC_NOT_FOUND: there is no such name. RC_BUSY: no answer that says anything. */
static enum rc ask(const struct net_addr *server, const ldns_rdf *name, ldns_rr_type type, int64_t wait_ms,
                   struct resolve_answer *ret)
{
    ldns_resolver *resolver = resolver_to(server, wait_ms);
    ldns_pkt *reply = resolver != NULL ? exchange(resolver, name, type) : NULL;
    enum rc rc = RC_BUSY;
    if (reply != NULL) {
        ldns_pkt_rcode code = ldns_pkt_get_rcode(reply);
        rc = code == LDNS_RCODE_NOERROR ? RC_OK : code == LDNS_RCODE_NXDOMAIN ? RC_NOT_FOUND : RC_BUSY;
    }
    if (rc == RC_OK) {
        take_records(ldns_pkt_answer(reply), type, ret);
    }
    ldns_pkt_free(reply);
    ldns_resolver_deep_free(resolver);
    return rc;
}

static enum rc ask_server(const struct net_addr *server, const ldns_rdf *name, struct mono deadline,
                          struct resolve_answer *ret)
{
    static const ldns_rr_type types[] = {LDNS_RR_TYPE_A, LDNS_RR_TYPE_AAAA};
    *ret = (struct resolve_answer){0};
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        int64_t left_ms = mono_left_ms(deadline, clock_mono());
        enum rc rc = left_ms > 0 ? ask(server, name, types[i],
                                       left_ms < RESOLVE_TRY_MS ? left_ms : RESOLVE_TRY_MS, ret)
                                 : RC_BUSY;
        if (rc != RC_OK) {
            return ret->count > 0 ? RC_OK : rc; /* half an answer is one */
        }
    }
    return ret->count > 0 ? RC_OK : RC_NOT_FOUND;
}

static enum rc ask_servers(const struct resolve_servers *servers, const ldns_rdf *name, struct mono deadline,
                           struct resolve_answer *ret)
{
    enum rc rc = RC_BUSY;
    for (unsigned round = 0; round < 2 && rc == RC_BUSY; round++) { /* UDP loses things */
        for (size_t i = 0; i < servers->count && rc == RC_BUSY; i++) {
            rc = ask_server(&servers->items[i], name, deadline, ret);
        }
    }
    return rc;
}

enum rc resolve_host(const struct resolve_servers *servers, struct str host, struct mono deadline,
                     struct resolve_answer *ret, struct err *err)
{
    char text[RR_NAME_MAX + 1];
    *ret = (struct resolve_answer){0};
    if (without_server(host, ret)) {
        return RC_OK;
    }
    if (host.n == 0 || host.n > RR_NAME_MAX || memchr(host.p, 0, host.n) != NULL) {
        return err_set(err, RC_INVALID, NULL, "a host name has 1 to %d characters", RR_NAME_MAX);
    }
    memcpy(text, host.p, host.n);
    text[host.n] = '\0';
    ldns_rdf *name = ldns_dname_new_frm_str(text);
    if (name == NULL) {
        return err_set(err, RC_INVALID, NULL, "\"%s\" is not a host name", text);
    }
    struct resolve_servers own;
    const struct resolve_servers *asked = servers->count > 0 ? servers : &own;
    enum rc rc = RC_OK;
    if (servers->count > 0 || !from_hosts_file(name, ret)) {
        bool known = servers->count > 0 || resolve_servers_own(&own, NULL) == RC_OK;
        rc = known ? ask_servers(asked, name, deadline, ret) : RC_BUSY;
    }
    ldns_rdf_deep_free(name);
    return rc == RC_OK          ? RC_OK
           : rc == RC_NOT_FOUND ? err_set(err, rc, NULL, "no server knows an address of %s", text)
                                : err_set(err, rc, NULL, "no name server answers for %s", text);
}
