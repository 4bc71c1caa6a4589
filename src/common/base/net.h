/* Addresses and lists of networks. IPv4-mapped IPv6 addresses are IPv4 from the moment they are made. Pure values. */
#pragma once
#include <sys/socket.h>

#include "common/base/err.h"

struct net_addr {
    uint8_t bytes[16]; /* the first 4 for IPv4 */
    uint16_t port;     /* host order; 0 = none */
    uint8_t family;    /* 4, 6, or 0 = none */
};

#define NET_TEXT_MAX 64
bool net_parse(struct str text, struct net_addr *ret);      /* "192.0.2.1", "2001:db8::1"; no port, no zone */
bool net_parse_port(struct str text, struct net_addr *ret); /* "192.0.2.1:80", "[2001:db8::1]:80" */
struct str net_text(const struct net_addr *addr, char text[NET_TEXT_MAX]);      /* without the port */
struct str net_text_port(const struct net_addr *addr, char text[NET_TEXT_MAX]); /* with the port */
bool net_eq(const struct net_addr *a, const struct net_addr *b);                /* ports are not compared */
bool net_is_loopback(const struct net_addr *addr);                              /* 127.0.0.0/8, ::1 */
void net_from_sockaddr(const struct sockaddr *sa, struct net_addr *ret);
socklen_t net_to_sockaddr(const struct net_addr *addr, struct sockaddr_storage *ret);
/* What connections are counted by: the address itself, for IPv6 its /64. */
struct net_addr net_bucket(const struct net_addr *addr);

struct cidr {
    struct net_addr net;
    uint8_t bits;
};
struct cidr_list {
    struct cidr *items;
    size_t count;
};
/* "192.0.2.0/24, 2001:db8::/32, 192.0.2.7"; a bare address is a whole one. Host bits set are refused, naming the right
 * network. The list is the caller's to clear. */
MUST_USE enum rc cidr_list_parse(struct str text, struct cidr_list *ret, struct err *err);
void cidr_list_clear(struct cidr_list *list);
bool cidr_list_has(const struct cidr_list *list, const struct net_addr *addr);
