/* How long to wait after a failure. Pure. */
#pragma once
#include <stdint.h>

/* first_ms doubled for each earlier failure, at most max_ms; of that, between a half and the whole, so that many who failed
 * together do not come back together. `random` is any number. */
uint32_t backoff_ms(uint32_t first_ms, uint32_t max_ms, int64_t attempt, uint64_t random);
