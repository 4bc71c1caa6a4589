/* Addresses: who counts as the caller behind a proxy, and who may call. Values that never change once made.
 */
#pragma once
#include "common/base/net.h"

struct access {
    struct cidr_list allow;   /* empty: loopback only */
    struct cidr_list portal;  /* the same, for the portal's own listeners */
    struct cidr_list proxies; /* whose X-Forwarded-For counts */
};

MUST_USE enum rc access_init(struct access *access, struct str allow, struct str portal_allow,
                             struct str trusted_proxies, struct err *err);
void access_clear(struct access *access);
bool access_allows(const struct cidr_list *allow, const struct net_addr *address);
/* As auth_caller_address() says. Every entry of every line must be an address, with or without a port.
 * Where all of them are listed proxies the peer is the caller. */
MUST_USE enum rc access_caller(const struct access *access, const struct net_addr *peer,
                               const struct str *forwarded, size_t forwarded_count, struct net_addr *ret,
                               struct err *err);
