#include "gateway/ops/blocks.h"

#include "common/base/banned.h"

bool block_fold_init(struct block_fold *fold, struct arena *mem, size_t limit, int64_t before)
{
    *fold = (struct block_fold){.mem = mem, .limit = limit, .before = before};
    fold->items = arena_alloc_array(mem, limit, sizeof *fold->items);
    return fold->items != NULL;
}

static unsigned digits(int64_t number)
{
    unsigned n = 1;
    for (; number >= 10; number /= 10) {
        n++;
    }
    return n;
}

int64_t block_gap(int64_t before, int64_t from)
{
    return digits(before) == digits(from) ? from - before - 1 : -1;
}

/* A number with one digit more than its neighbour is none: +4499 and +44100 are in no row. */
static bool carries_on(const struct block_fold *fold, const struct number_line *line)
{
    const struct people_block *last = fold->count > 0 ? &fold->items[fold->count - 1] : NULL;
    return last != NULL && block_gap(last->to, line->telephone_number) == 0 &&
           fold->services == line->services && last->provisioning_status == line->provisioning_status &&
           str_eq(last->account_name, line->account_name) &&
           str_absent(last->custom_sip_header) == str_absent(line->custom_sip_header) &&
           str_eq(last->custom_sip_header, line->custom_sip_header);
}

bool block_fold_take(struct block_fold *fold, const struct number_line *line)
{
    if (carries_on(fold, line)) {
        struct people_block *last = &fold->items[fold->count - 1];
        last->to = line->telephone_number;
        last->count++;
        return true;
    }
    if (fold->count == fold->limit || arena_failed(fold->mem)) {
        return false;
    }
    int64_t before = fold->count > 0 ? fold->items[fold->count - 1].to : fold->before;
    fold->services = line->services;
    fold->items[fold->count++] = (struct people_block){
        .from = line->telephone_number,
        .to = line->telephone_number,
        .count = 1,
        .account_name = arena_str(fold->mem, line->account_name),
        .services = people_services(line->services, fold->mem),
        .provisioning_status = line->provisioning_status,
        .custom_sip_header = arena_str(fold->mem, line->custom_sip_header),
        .gap_before = before != 0 ? block_gap(before, line->telephone_number) : -1,
    };
    return !arena_failed(fold->mem);
}
