#include "gateway/work/backoff.h"

#include "common/base/banned.h"

uint32_t backoff_ms(uint32_t first_ms, uint32_t max_ms, int64_t attempt, uint64_t random)
{
    unsigned doublings = attempt < 0 ? 0 : attempt > 31 ? 31 : (unsigned)attempt;
    uint64_t whole = (uint64_t)first_ms << doublings;
    whole = whole < max_ms ? whole : max_ms;
    return (uint32_t)(whole - random % (whole / 2 + 1));
}
