#include "common/base/net.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

#include "common/base/mem.h"

#include "common/base/banned.h"

#define CIDRS_MAX 10000

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

static size_t addr_bytes(const struct net_addr *addr)
{
    return addr->family == 4 ? 4 : 16;
}

static struct net_addr addr_of_4(const void *bytes, uint16_t port)
{
    struct net_addr addr = {.family = 4, .port = port};
    memcpy(addr.bytes, bytes, 4);
    return addr;
}

static struct net_addr addr_of_6(const uint8_t *bytes, uint16_t port)
{
    struct net_addr addr = {.family = 6, .port = port};
    if (memcmp(bytes, mapped_prefix, sizeof mapped_prefix) == 0) {
        return addr_of_4(bytes + 12, port);
    }
    memcpy(addr.bytes, bytes, 16);
    return addr;
}

/* *ret_mapped: it was written as an IPv4-mapped address. */
static bool parse_any(struct str text, struct net_addr *ret, bool *ret_mapped)
{
    char copy[NET_TEXT_MAX];
    uint8_t bytes[16];
    if (text.n == 0 || text.n >= sizeof copy || str_find(text, '\0') >= 0) {
        return false;
    }
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    *ret_mapped = false;
    if (inet_pton(AF_INET, copy, bytes) == 1) {
        *ret = addr_of_4(bytes, 0);
        return true;
    }
    if (inet_pton(AF_INET6, copy, bytes) == 1) {
        *ret = addr_of_6(bytes, 0);
        *ret_mapped = ret->family == 4;
        return true;
    }
    return false;
}

bool net_parse(struct str text, struct net_addr *ret)
{
    bool mapped = false;
    return parse_any(text, ret, &mapped);
}

bool net_parse_port(struct str text, struct net_addr *ret)
{
    struct net_addr addr;
    uint64_t port = 0;
    size_t colon = text.n;
    while (colon > 0 && text.p[colon - 1] != ':') {
        colon--;
    }
    if (colon == 0 || !str_to_u64(str_slice(text, colon, text.n), UINT16_MAX, &port)) {
        return false;
    }
    struct str host = str_slice(text, 0, colon - 1);
    bool bracketed = str_starts(host, STR("[")) && str_ends(host, STR("]"));
    host = bracketed ? str_slice(host, 1, host.n - 1) : host;
    bool looks_6 = str_find(host, ':') >= 0;
    if (bracketed != looks_6 || !net_parse(host, &addr)) { /* "::1:80" could be read in two ways */
        return false;
    }
    addr.port = (uint16_t)port;
    *ret = addr;
    return true;
}

struct str net_text(const struct net_addr *addr, char text[NET_TEXT_MAX])
{
    if (addr->family == 0 ||
        inet_ntop(addr->family == 4 ? AF_INET : AF_INET6, addr->bytes, text, NET_TEXT_MAX) == NULL) {
        (void)snprintf(text, NET_TEXT_MAX, "none");
    }
    return str_of(text);
}

struct str net_text_port(const struct net_addr *addr, char text[NET_TEXT_MAX])
{
    char host[NET_TEXT_MAX];
    struct str bare = net_text(addr, host);
    int n = addr->family == 6 ? snprintf(text, NET_TEXT_MAX, "[%" STR_FMT "]:%u", STR_ARG(bare), addr->port)
                              : snprintf(text, NET_TEXT_MAX, "%" STR_FMT ":%u", STR_ARG(bare), addr->port);
    return (struct str){text, (size_t)n};
}

bool net_eq(const struct net_addr *a, const struct net_addr *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, addr_bytes(a)) == 0;
}

bool net_is_loopback(const struct net_addr *addr)
{
    static const struct net_addr one = {.family = 6, .bytes = {[15] = 1}};
    return addr->family == 4 ? addr->bytes[0] == 127 : net_eq(addr, &one);
}

void net_from_sockaddr(const struct sockaddr *sa, struct net_addr *ret)
{
    struct sockaddr_in in4;
    struct sockaddr_in6 in6;
    *ret = (struct net_addr){0};
    if (sa->sa_family == AF_INET) {
        memcpy(&in4, sa, sizeof in4);
        *ret = addr_of_4(&in4.sin_addr, ntohs(in4.sin_port));
    } else if (sa->sa_family == AF_INET6) {
        memcpy(&in6, sa, sizeof in6);
        *ret = addr_of_6(in6.sin6_addr.s6_addr, ntohs(in6.sin6_port));
    }
}

socklen_t net_to_sockaddr(const struct net_addr *addr, struct sockaddr_storage *ret)
{
    memset(ret, 0, sizeof *ret);
    if (addr->family == 4) {
        struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_port = htons(addr->port)};
        memcpy(&in4.sin_addr, addr->bytes, 4);
        memcpy(ret, &in4, sizeof in4);
        return sizeof in4;
    }
    ensure(addr->family == 6);
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(addr->port)};
    memcpy(&in6.sin6_addr, addr->bytes, 16);
    memcpy(ret, &in6, sizeof in6);
    return sizeof in6;
}

struct net_addr net_bucket(const struct net_addr *addr)
{
    struct net_addr bucket = *addr;
    bucket.port = 0;
    if (addr->family == 6) {
        memset(bucket.bytes + 8, 0, 8);
    }
    return bucket;
}

/* The first `bits` bits of addr, the others zero. */
static struct net_addr masked(const struct net_addr *addr, unsigned bits)
{
    struct net_addr net = {.family = addr->family};
    memcpy(net.bytes, addr->bytes, bits / 8);
    if (bits % 8 != 0) {
        net.bytes[bits / 8] = addr->bytes[bits / 8] & (uint8_t)(0xFF << (8 - bits % 8));
    }
    return net;
}

static enum rc refuse_cidr(struct err *err, struct str text, const char *why)
{
    return err_set(err, RC_INVALID, NULL, "\"%" STR_FMT "\" %s", STR_ARG(text), why);
}

static enum rc cidr_parse(struct str text, struct cidr *ret, struct err *err)
{
    char right[NET_TEXT_MAX];
    struct net_addr addr;
    bool mapped = false;
    ptrdiff_t slash = str_find(text, '/');
    if (!parse_any(slash < 0 ? text : str_slice(text, 0, (size_t)slash), &addr, &mapped)) {
        return refuse_cidr(err, text, "is no IP address or network");
    }
    unsigned all = addr.family == 4 ? 32 : 128;
    uint64_t bits = mapped ? 128 : all;
    if (slash >= 0 && !str_to_u64(str_slice(text, (size_t)slash + 1, text.n), bits, &bits)) {
        return refuse_cidr(err, text, "has no valid prefix length");
    }
    if (mapped && bits < 96) {
        return refuse_cidr(err, text, "is wider than the IPv4-mapped addresses");
    }
    bits = mapped ? bits - 96 : bits;
    struct net_addr net = masked(&addr, (unsigned)bits);
    if (!net_eq(&net, &addr)) {
        (void)net_text(&net, right);
        return err_set(err, RC_INVALID, NULL,
                       "\"%" STR_FMT "\" has bits set after its prefix; the network is %s/%u", STR_ARG(text),
                       right, (unsigned)bits);
    }
    *ret = (struct cidr){net, (uint8_t)bits};
    return RC_OK;
}

static bool list_add(struct cidr_list *list, struct cidr cidr)
{
    if ((list->count & (list->count - 1)) == 0) { /* 0 and each power of 2: time to double */
        struct cidr *items = mem_grow(list->items, (list->count == 0 ? 1 : 2 * list->count) * sizeof *items);
        if (items == NULL) {
            return false;
        }
        list->items = items;
    }
    list->items[list->count++] = cidr;
    return true;
}

static enum rc parse_items(struct str text, struct cidr_list *list, struct err *err)
{
    struct str part;
    struct cidr cidr;
    while (str_split(&text, ',', &part)) {
        enum rc rc = cidr_parse(str_trim(part), &cidr, err);
        if (rc != RC_OK) {
            return rc;
        }
        if (list->count == CIDRS_MAX) {
            return err_set(err, RC_LIMIT, NULL, "more than %d networks", CIDRS_MAX);
        }
        if (!list_add(list, cidr)) {
            return err_set(err, RC_LIMIT, NULL, "out of memory");
        }
    }
    return RC_OK;
}

enum rc cidr_list_parse(struct str text, struct cidr_list *ret, struct err *err)
{
    struct cidr_list list = {0};
    text = str_trim(text);
    enum rc rc = text.n == 0 ? RC_OK : parse_items(text, &list, err);
    if (rc != RC_OK) {
        cidr_list_clear(&list);
        return rc;
    }
    *ret = list;
    return RC_OK;
}

void cidr_list_clear(struct cidr_list *list)
{
    mem_free(list->items);
    *list = (struct cidr_list){0};
}

bool cidr_list_has(const struct cidr_list *list, const struct net_addr *addr)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct cidr *cidr = &list->items[i];
        if (cidr->net.family != addr->family) {
            continue;
        }
        struct net_addr net = masked(addr, cidr->bits);
        if (net_eq(&net, &cidr->net)) {
            return true;
        }
    }
    return false;
}
