/* Open addressing, linear probing, a power of two of slots. A number of 0 is an empty slot: no telephone number
 * is 0. Keys and rows stand in two arrays so that no padding is paid for. */
#include "gateway/bulk/seen.h"

#include "common/base/mem.h"
#include "common/base/random.h"

#include "common/base/banned.h"

#define SLOTS_FIRST 1024

struct bulk_seen {
    int64_t *numbers;
    uint32_t *rows;
    size_t slots, count, count_max;
    uint64_t key;
};

static bool tables_new(struct bulk_seen *seen, size_t slots)
{
    int64_t *numbers = mem_alloc_array(slots, sizeof *numbers);
    uint32_t *rows = mem_alloc_array(slots, sizeof *rows);
    if (numbers == NULL || rows == NULL) {
        mem_free(numbers);
        mem_free(rows);
        return false;
    }
    seen->numbers = numbers;
    seen->rows = rows;
    seen->slots = slots;
    return true;
}

struct bulk_seen *bulk_seen_new(size_t numbers_max)
{
    struct bulk_seen *seen = mem_alloc(sizeof *seen);
    if (seen == NULL || !tables_new(seen, SLOTS_FIRST)) {
        mem_free(seen);
        return NULL;
    }
    seen->count_max = numbers_max;
    seen->key = random_u64();
    return seen;
}

void bulk_seen_free(struct bulk_seen *seen)
{
    if (seen != NULL) {
        mem_free(seen->numbers);
        mem_free(seen->rows);
        mem_free(seen);
    }
}

/* The finalizer of MurmurHash3: every bit of the number reaches every bit of the slot. */
static size_t slot_of(const struct bulk_seen *seen, int64_t number)
{
    uint64_t h = (uint64_t)number ^ seen->key;
    h = (h ^ h >> 33) * UINT64_C(0xff51afd7ed558ccd);
    h = (h ^ h >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    size_t slot = (size_t)(h ^ h >> 33) & (seen->slots - 1);
    while (seen->numbers[slot] != 0 && seen->numbers[slot] != number) {
        slot = (slot + 1) & (seen->slots - 1);
    }
    return slot;
}

static bool grow(struct bulk_seen *seen)
{
    struct bulk_seen old = *seen;
    if (!tables_new(seen, 2 * old.slots)) {
        return false;
    }
    for (size_t i = 0; i < old.slots; i++) {
        if (old.numbers[i] != 0) {
            size_t slot = slot_of(seen, old.numbers[i]);
            seen->numbers[slot] = old.numbers[i];
            seen->rows[slot] = old.rows[i];
        }
    }
    mem_free(old.numbers);
    mem_free(old.rows);
    return true;
}

enum rc bulk_seen_add(struct bulk_seen *seen, int64_t number, uint64_t row, uint64_t *ret_row)
{
    size_t slot = slot_of(seen, number);
    if (seen->numbers[slot] != 0) {
        *ret_row = seen->rows[slot];
        return RC_CONFLICT;
    }
    if (seen->count >= seen->count_max) {
        return RC_BUSY;
    }
    if (seen->count + 1 > seen->slots / 8 * 7) {
        if (!grow(seen)) {
            return RC_LIMIT;
        }
        slot = slot_of(seen, number);
    }
    seen->numbers[slot] = number;
    seen->rows[slot] = row < UINT32_MAX ? (uint32_t)row : UINT32_MAX;
    seen->count++;
    return RC_OK;
}
