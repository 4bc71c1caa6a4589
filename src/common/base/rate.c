/* at_ms holds the times of the last `limit` admissions, `next` being the oldest: one more fits exactly when
 * the oldest is a whole window ago. */
#include "common/base/rate.h"

#include "common/base/mem.h"

#define NEVER INT64_MIN

bool rate_ring_init(struct rate_ring *ring, uint32_t limit, int64_t window_ms)
{
    *ring = (struct rate_ring){.limit = limit, .window_ms = window_ms};
    ring->at_ms = limit > 0 ? mem_alloc_array(limit, sizeof *ring->at_ms) : NULL;
    if (limit > 0 && ring->at_ms == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < limit; i++) {
        ring->at_ms[i] = NEVER;
    }
    return true;
}

void rate_ring_clear(struct rate_ring *ring)
{
    mem_free(ring->at_ms);
    *ring = (struct rate_ring){0};
}

uint32_t rate_ring_used(const struct rate_ring *ring, struct mono now)
{
    uint32_t used = 0;
    for (uint32_t i = 0; i < ring->limit; i++) {
        used += ring->at_ms[i] != NEVER && now.ms - ring->at_ms[i] < ring->window_ms;
    }
    return used;
}

bool rate_ring_take(struct rate_ring *ring, struct mono now, int64_t *ret_wait_ms)
{
    if (ring->limit == 0) {
        return true;
    }
    int64_t oldest = ring->at_ms[ring->next];
    if (oldest != NEVER && now.ms - oldest < ring->window_ms) {
        *ret_wait_ms = oldest + ring->window_ms - now.ms;
        return false;
    }
    ring->at_ms[ring->next] = now.ms;
    ring->next = (ring->next + 1) % ring->limit;
    return true;
}
