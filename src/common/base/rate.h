/* A ring of admission times: at most `limit` in any window, exactly. Not thread-safe; callers lock. */
#pragma once
#include "common/base/clock.h"

struct rate_ring {
    int64_t *at_ms;
    uint32_t limit;
    uint32_t next;
    int64_t window_ms;
};

bool rate_ring_init(struct rate_ring *ring, uint32_t limit,
                    int64_t window_ms); /* limit 0 = admits everything */
void rate_ring_clear(struct rate_ring *ring);
uint32_t rate_ring_used(const struct rate_ring *ring,
                        struct mono now); /* slots of the window that ends now */
/* Takes a slot. False: full; *ret_wait_ms (at least 1) is the time until the next one is free. */
bool rate_ring_take(struct rate_ring *ring, struct mono now, int64_t *ret_wait_ms);
