/* The limit of each portal user: at most so many requests in any minute, kept in this node's memory. Bounded:
 * when there are more users than fit, the one not heard of for longest is forgotten. Thread-safe: one lock,
 * held for a look-up. */
#pragma once
#include "common/base/clock.h"
#include "common/base/str.h"

struct users;

struct users *users_new(uint32_t requests_per_minute); /* 0: no limit. NULL: no memory */
void users_free(struct users *users);
/* Another limit starts everybody afresh; the same changes nothing. */
void users_set_limit(struct users *users, uint32_t requests_per_minute);
/* False: *ret_wait_ms (at least 1) until the next one is free. Without memory for a new user the request is
 * let through. */
bool users_admit(struct users *users, struct str user, struct mono now, int64_t *ret_wait_ms);
/* How many users are remembered at most under this limit: memory is bounded, so fewer when each needs more.
 */
size_t users_max(uint32_t requests_per_minute);
