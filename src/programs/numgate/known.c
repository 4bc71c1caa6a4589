#include "programs/numgate/known.h"

#include "common/base/mem.h"
#include "programs/numgate/talk.h"

#include "common/base/banned.h"

#define SLOTS_MIN 1024

struct loading {
    struct known_set *set;
    struct cli *cli;
};

static size_t slot_of(const struct known_set *set, int64_t number)
{
    size_t at = (size_t)((uint64_t)number * UINT64_C(0x9e3779b97f4a7c15) >> 20) % set->slot_count;
    while (set->slots[at].number != 0 && set->slots[at].number != number) {
        at = (at + 1) % set->slot_count;
    }
    return at;
}

static void grow(struct known_set *set)
{
    struct known_set bigger = *set;
    bigger.slot_count = set->slot_count == 0 ? SLOTS_MIN : 2 * set->slot_count;
    bigger.slots = mem_alloc_array(bigger.slot_count, sizeof(*bigger.slots));
    for (size_t i = 0; i < set->slot_count; i++) {
        if (set->slots[i].number != 0) {
            bigger.slots[slot_of(&bigger, set->slots[i].number)] = set->slots[i];
        }
    }
    mem_free(set->slots);
    set->slots = bigger.slots;
    set->slot_count = bigger.slot_count;
}

static int take_page(void *arg, const struct json *items, struct arena *mem)
{
    struct loading *loading = arg;
    struct known_set *set = loading->set;
    for (size_t i = 0; i < json_count(items); i++) {
        struct number number = {0};
        struct err err = {0};
        if (model_load(&schema_number, json_at(items, i), mem, &number, &err) != RC_OK) {
            return cli_fail(EXIT_OTHER, "the server sent a number that is not understood: %s: %s", err.field,
                            err.msg);
        }
        if (4 * set->count >= 3 * set->slot_count) {
            grow(set);
        }
        struct known *known = &set->slots[slot_of(set, number.telephone_number)];
        set->count += known->number == 0;
        *known = (struct known){number.telephone_number, bulk_fingerprint(&set->columns, &number), false};
    }
    bar_show(&loading->cli->bar,
             &(struct bar_state){"reading what is there", "", "numbers", (int64_t)set->count, 0});
    return cli_interrupted() ? cli_fail(EXIT_OTHER, "interrupted; nothing was sent") : EXIT_OK;
}

int known_load(struct cli *cli, const char *numbers_path, struct known_set *ret)
{
    struct loading loading = {.set = ret, .cli = cli};
    *ret = (struct known_set){0};
    bulk_columns_init(&ret->columns);
    grow(ret);
    bar_init(&cli->bar, "numgate");
    cli->bar.silent = cli->arguments.quiet;
    int code =
        talk_pages(cli, talk_parameter(cli->mem, numbers_path, "maxpagesize", "500"), take_page, &loading);
    bar_end(&cli->bar);
    return code;
}

void known_free(struct known_set *set)
{
    mem_free(set->slots);
    *set = (struct known_set){0};
}

struct known *known_find(const struct known_set *set, int64_t number)
{
    struct known *known = &set->slots[slot_of(set, number)];
    return known->number != 0 ? known : NULL;
}
