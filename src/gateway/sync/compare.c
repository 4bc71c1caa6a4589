#include "gateway/sync/room.h"

#include "common/base/banned.h"

static bool holds(struct text_list list, struct str text)
{
    for (size_t i = 0; i < list.count; i++) {
        if (str_eq(list.items[i], text)) {
            return true;
        }
    }
    return false;
}

/* As sets: the order means nothing. */
static bool same_set(struct text_list a, struct text_list b)
{
    bool same = true;
    for (size_t i = 0; same && i < a.count; i++) {
        same = holds(b, a.items[i]);
    }
    for (size_t i = 0; same && i < b.count; i++) {
        same = holds(a, b.items[i]);
    }
    return same;
}

/* A back end that does not tell a setting cannot contradict ours. */
static bool agrees(struct str theirs, struct str ours)
{
    return str_absent(theirs) || str_eq_ci(theirs, ours);
}

bool sync__same_settings(const struct number_teams_config *theirs, const struct number_teams_config *ours)
{
    bool choosable = theirs->choosable_capabilities.items == NULL ||
                     same_set(theirs->choosable_capabilities, ours->choosable_capabilities);
    bool usages = theirs->additional_usages.items == NULL ||
                  same_set(theirs->additional_usages, ours->additional_usages);
    return choosable && usages && str_eq(theirs->usage, ours->usage) &&
           theirs->allow_tenant_address_update == ours->allow_tenant_address_update &&
           agrees(theirs->civic_address_id, ours->civic_address_id) &&
           agrees(theirs->location_id, ours->location_id) &&
           agrees(theirs->displayed_country_code, ours->displayed_country_code);
}

const struct backend_number *sync__in_page(const struct backend_numbers *page, int64_t telephone_number)
{
    size_t low = 0, high = page->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (page->items[middle].telephone_number < telephone_number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool found = low < page->count && page->items[low].telephone_number == telephone_number;
    return found ? &page->items[low] : NULL;
}
