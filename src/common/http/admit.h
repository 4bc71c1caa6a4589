/* How many connections are open, in all and from each address (IPv6: each /64), over all loops of a server. Thread-safe; its
 * lock is taken at accept and at close only. */
#pragma once
#include "common/base/net.h"

enum admit { ADMIT_YES, ADMIT_TOTAL_FULL, ADMIT_ADDRESS_FULL };

struct admission_book;

struct admission_book *admit__new(uint32_t total_max, uint32_t each_max);
void admit__free(struct admission_book *book);
/* `bucket` is a net_bucket(); family 0: counted in the total only. Whoever was let in leaves once, with the same bucket. */
enum admit admit__enter(struct admission_book *book, const struct net_addr *bucket);
void admit__leave(struct admission_book *book, const struct net_addr *bucket);
