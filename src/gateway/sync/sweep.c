/* Repairs by written rules (docs/sync.md): what the operator owns moves outward, what the enterprise owns inward. By itself a sweep
 * never releases and never adopts; what only the back end has is noted as an orphan, and what it lost is uploaded again only when
 * that is little, after everything was seen. */
#include "gateway/sync/room.h"
#include "gateway/sync/sweep.h"

#include "common/base/banned.h"

struct sweeping {
    struct sync *sync;
    struct work_run *run;
    struct str tenant; /* lower case */
    struct sweep sweep;
    struct text_list names; /* of some of its accounts */
    bool syncs[SERVICE_COUNT], any;
    struct backend_numbers page;
    struct sweep next; /* of the transaction, which may run more than once */
    bool part;         /* ... which took a part of the page, up to next.after */
    bool asked;        /* ... which found that somebody asked for another mode meanwhile: `next` is that */
};

static enum rc no_room(struct err *err)
{
    return err_set(err, RC_LIMIT, NULL, "out of memory for a sweep");
}

/* ---- what is known ---- */

static enum rc read_row(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct sweeping *s = arg;
    return sweep_read(tx, mem, s->tenant, REPO_READ, &s->sweep, err);
}

static enum rc read_stands(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct sweeping *s = arg;
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < s->names.count; i++) {
        struct arena_mark mark = arena_mark(mem);
        struct stand stand;
        rc = sync__stand(tx, mem, s->names.items[i], &stand, err);
        for (enum service service = 0; rc == RC_OK && service < SERVICE_COUNT; service++) {
            s->syncs[service] = s->syncs[service] || stand.syncs[service];
            s->any = s->any || stand.syncs[service];
        }
        arena_rewind(mem, mark);
    }
    return rc;
}

static enum rc read_accounts(struct text_list names, void *arg, struct err *err)
{
    struct sweeping *s = arg;
    s->names = names;
    return work_read(s->run, read_stands, s, err);
}

/* Which services the tenant's accounts sync, all of them together. */
static enum rc read_state(struct sweeping *s, struct err *err)
{
    enum rc rc = work_read(s->run, read_row, s, err);
    return rc == RC_OK ? sync__each_accounts(s->run, s->tenant, SYNC_SLICE, read_accounts, s, err) : rc;
}

/* ---- addresses ---- */

static enum rc note_addresses(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct sweeping *s = arg;
    struct sweep sweep;
    enum rc rc = sweep_read(tx, mem, s->tenant, REPO_UPDATE, &sweep, err);
    sweep.addresses_at = s->sweep.addresses_at;
    return rc == RC_OK ? sweep_write(tx, mem, s->tenant, &sweep, err) : rc;
}

static enum rc sweep_addresses(struct sweeping *s, struct err *err)
{
    enum rc rc = addresses__hear(s->sync, s->run, s->tenant, err);
    if (rc == RC_OK) {
        s->sweep.addresses_at = clock_wall();
        rc = work_write(s->run, note_addresses, s, err);
    }
    return rc;
}

/* ---- a page of numbers ---- */

/* Where the page ends: nothing of it, and of ours within its range, lies behind this. */
static int64_t page_end(const struct backend_numbers *page)
{
    return page->more ? page->items[page->count - 1].telephone_number : INT64_MAX;
}

static bool can_be_missing(const struct sweeping *s, const struct acquired *row)
{
    bool held = row->state == ACQUIRED_MISSING || (row->state == ACQUIRED_HELD && str_absent(row->order));
    return (held || row->state == ACQUIRED_ORPHAN) && sync__in_page(&s->page, row->telephone_number) == NULL;
}

/* Rows that are locked, and still missing. */
static enum rc write_missing(struct sweeping *s, struct repo_tx *tx, struct arena *mem,
                             const struct acquired *const *rows, size_t count, struct err *err)
{
    struct acquired *missing = arena_alloc_array(mem, count, sizeof *missing);
    int64_t *gone = arena_alloc_array(mem, count, sizeof *gone);
    size_t missing_count = 0, gone_count = 0;
    if (missing == NULL || gone == NULL) {
        return no_room(err);
    }
    for (size_t i = 0; i < count; i++) {
        if (rows[i] == NULL || !can_be_missing(s, rows[i])) {
            continue;
        }
        if (rows[i]->state == ACQUIRED_ORPHAN) {
            gone[gone_count++] = rows[i]->telephone_number;
        } else {
            missing[missing_count] = *rows[i];
            missing[missing_count++].state = ACQUIRED_MISSING;
        }
    }
    s->next.missing += (int64_t)missing_count;
    if (s->next.mode == SWEEP_PLAN) {
        return RC_OK;
    }
    enum rc rc = repo_acquired_write(tx, missing, missing_count, err);
    return rc == RC_OK ? repo_acquired_remove(tx, s->next.service, gone, gone_count, err) : rc;
}

/* Of ours, those that the back end does not have. */
static enum rc find_missing(struct sweeping *s, struct repo_tx *tx, struct arena *mem,
                            const struct acquired_list *ours, int64_t upto, struct err *err)
{
    int64_t *keys = arena_alloc_array(mem, ours->count, sizeof *keys);
    const struct acquired **rows = arena_alloc_array(mem, ours->count, sizeof *rows);
    size_t count = 0;
    if (keys == NULL || rows == NULL) {
        return no_room(err);
    }
    for (size_t i = 0; i < ours->count && ours->items[i].telephone_number <= upto; i++) {
        if (can_be_missing(s, &ours->items[i])) {
            keys[count++] = ours->items[i].telephone_number;
        }
    }
    enum rc rc = repo_acquired_find(tx, mem, s->next.service, keys, count, REPO_UPDATE, rows, err);
    return rc == RC_OK ? write_missing(s, tx, mem, rows, count, err) : rc;
}

/* What of the page lies behind everything that has been seen, up to here. */
static struct backend_numbers part_of(const struct sweeping *s, int64_t upto)
{
    const struct backend_numbers *page = &s->page;
    size_t from = 0, to = 0;
    while (from < page->count && page->items[from].telephone_number <= s->next.after) {
        from++;
    }
    for (to = from; to < page->count && page->items[to].telephone_number <= upto;) {
        to++;
    }
    return (struct backend_numbers){page->items + from, to - from, false};
}

static void move_on(struct sweeping *s, int64_t upto)
{
    s->next.after = upto;
    s->part = upto < page_end(&s->page);
    if (s->part) {
        return;
    }
    s->next.pages++;
    s->next.page_at = clock_wall();
    if (s->page.more) {
        return;
    }
    s->next.after = 0;
    do {
        s->next.service++;
    } while (s->next.service < SERVICE_COUNT && !s->syncs[s->next.service]);
}

static bool is_whole(const struct sweep *sweep)
{
    return sweep->service >= SERVICE_COUNT;
}

/* ---- what is written ---- */

static enum rc begin_write(struct sweeping *s, struct repo_tx *tx, struct arena *mem, struct err *err)
{
    enum rc rc = sweep_read(tx, mem, s->tenant, REPO_UPDATE, &s->next, err);
    s->asked = rc == RC_OK && s->next.mode != s->sweep.mode;
    if (rc == RC_OK && !s->asked) {
        s->next = s->sweep;
    }
    return rc;
}

/* As much of the page as a slice of ours goes: the back end may have lost everything, and its page be an empty one. */
static enum rc write_part(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct sweeping *s = arg;
    struct tally tally = {.look_only = s->sweep.mode == SWEEP_PLAN};
    struct acquired_list ours = {0};
    s->part = false;
    enum rc rc = begin_write(s, tx, mem, err);
    if (rc != RC_OK || s->asked) {
        return rc;
    }
    int64_t upto = page_end(&s->page);
    if (!is_whole(&s->next)) {
        rc = repo_acquired_of_tenant(tx, mem, s->tenant, s->next.service, s->next.after, SYNC_SLICE, &ours,
                                     err);
    }
    if (rc == RC_OK && ours.count == SYNC_SLICE && ours.items[ours.count - 1].telephone_number < upto) {
        upto = ours.items[ours.count - 1].telephone_number;
    }
    if (rc == RC_OK) {
        struct backend_numbers part = part_of(s, upto);
        rc = numbers__hear(s->sync, tx, mem, part.items, part.count, &tally, err);
    }
    if (rc == RC_OK) {
        rc = find_missing(s, tx, mem, &ours, upto, err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    s->next.seen += tally.seen;
    s->next.changed += tally.changed;
    s->next.orphans += tally.orphans;
    move_on(s, upto);
    return is_whole(&s->next) ? RC_OK : sweep_write(tx, mem, s->tenant, &s->next, err);
}

/* The next one begins. */
static enum rc write_end(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct sweeping *s = arg;
    const struct sweep *done = &s->sweep;
    enum rc rc = begin_write(s, tx, mem, err);
    if (rc != RC_OK || s->asked) {
        return rc;
    }
    struct sweep fresh = {
        .pages_before = done->pages, .page_at = done->page_at, .addresses_at = done->addresses_at};
    fresh.last = (struct sweep_result){.at = clock_wall(),
                                       .mode = done->mode,
                                       .seen = done->seen,
                                       .changed = done->changed,
                                       .missing = done->missing,
                                       .orphans = done->orphans};
    s->next = fresh;
    return sweep_write(tx, mem, s->tenant, &fresh, err);
}

static enum rc forget(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct sweeping *s = arg;
    return sweep_forget(tx, mem, s->tenant, err);
}

static enum rc sweep_page(struct sweeping *s, struct err *err)
{
    const struct backend *backend = s->sync->config.backend;
    while (s->sweep.service < SERVICE_COUNT && !s->syncs[s->sweep.service]) {
        s->sweep.service++;
        s->sweep.after = 0;
    }
    s->page = (struct backend_numbers){0};
    enum rc rc = is_whole(&s->sweep) ? RC_OK
                                     : backend->numbers(backend->arg, s->sweep.service, s->tenant,
                                                        s->sweep.after, work_mem(s->run), &s->page, err);
    s->page.more = s->page.more && s->page.count > 0;
    rc = rc == RC_NOT_FOUND ? RC_OK : rc; /* a tenant without a consent has no numbers */
    s->part = true;
    while (rc == RC_OK && s->part) {
        struct arena_mark mark = arena_mark(work_mem(s->run));
        rc = work_stopping(s->run) ? err_set(err, RC_BUSY, NULL, "stopping")
                                   : work_write(s->run, write_part, s, err);
        s->sweep = rc == RC_OK ? s->next : s->sweep;
        arena_rewind(work_mem(s->run), mark);
    }
    return rc;
}

/* ---- the clock ---- */

static int64_t left_ms(struct wall last, int64_t interval_ms)
{
    int64_t left = last.ms != CLOCK_ABSENT.ms ? last.ms + interval_ms - clock_wall().ms : 0;
    return left < 0 ? 0 : left < interval_ms ? left : interval_ms;
}

static int64_t addresses_in_ms(const struct sweeping *s)
{
    return left_ms(s->sweep.addresses_at, SYNC_ADDRESS_MS);
}

/* The pages of a day, as many as there were the last time, at even distances. */
static int64_t page_in_ms(const struct sweeping *s)
{
    const struct sweep *sweep = &s->sweep;
    int64_t pages = sweep->pages_before > 1 ? sweep->pages_before : 1;
    bool at_once = sweep->mode != SWEEP_ROLLING || sweep->last.at.ms == CLOCK_ABSENT.ms;
    return at_once ? 0 : left_ms(sweep->page_at, s->sync->config.sweep_ms / pages);
}

static uint32_t pause_ms(const struct sweeping *s)
{
    int64_t page = page_in_ms(s), addresses = addresses_in_ms(s);
    return (uint32_t)(page < addresses ? page : addresses);
}

/* ---- runs ---- */

static enum rc end_sweep(struct sweeping *s, struct err *err)
{
    enum rc rc = s->sweep.mode != SWEEP_PLAN
                     ? repair__accounts(s->sync, s->run, s->tenant, s->sweep.mode == SWEEP_REPAIR, err)
                     : RC_OK;
    rc = rc == RC_OK ? work_write(s->run, write_end, s, err) : rc;
    s->sweep = rc == RC_OK ? s->next : s->sweep;
    return rc;
}

/* A page, or the whole sweep where it is wanted at once. One that was asked for meanwhile is the next run's, which sees what else has changed. */
static enum rc sweep_numbers(struct sweeping *s, struct err *err)
{
    bool whole = false, goes = page_in_ms(s) == 0;
    enum rc rc = RC_OK;
    while (rc == RC_OK && goes && !whole && !work_stopping(s->run)) {
        struct arena_mark mark = arena_mark(work_mem(s->run));
        rc = sweep_page(s, err);
        arena_rewind(work_mem(s->run), mark);
        whole = rc == RC_OK && is_whole(&s->sweep);
        goes = !s->asked && page_in_ms(s) == 0;
    }
    return rc == RC_OK && whole ? end_sweep(s, err) : rc;
}

/* Addresses and numbers do not wait for each other: one that cannot be read is tried again with the next run, and the other goes on by its
 * own clock. */
enum rc sweep__run(struct work_run *run, void *arg, struct err *err)
{
    struct sweeping s = {.sync = arg, .run = run, .tenant = work_item(run)->key};
    struct err why = {0};
    enum rc rc = read_state(&s, err);
    if (rc == RC_OK && !s.any) {
        work_idle(run);
        work_forget(run);
        return work_write(run, forget, &s, err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    bool due = addresses_in_ms(&s) == 0;
    if (!due && page_in_ms(&s) != 0) {
        work_idle(run);
    }
    enum rc heard = due ? sweep_addresses(&s, &why) : RC_OK;
    rc = sweep_numbers(&s, err);
    if (rc == RC_OK && heard != RC_OK) {
        why.details = NULL; /* gone with the page */
        *err = why;
        rc = heard;
    }
    if (rc == RC_OK) {
        metric_set(s.sync->last_success, clock_wall().ms / 1000);
        work_again_in(run, pause_ms(&s));
    }
    return rc;
}
