/* What clients' wishes mean for what the back end has. Rows are locked behind their numbers, ascending, one service after the other. */
#include "gateway/domain/room.h"

#include "common/base/banned.h"

/* A wish is noted in the row; what is under way ends first, and the worker looks at the row again then. From another tenant, which the
 * account had before, it has to leave all the same. */
static void note_wanted(struct acquired *row, const struct account *account)
{
    bool there = str_eq_ci(row->tenant_id, account->services->teams_tenant_id);
    row->account = account->name;
    if (row->state == ACQUIRED_LEAVING && there) {
        bool uploading = !str_absent(row->order);
        row->state = uploading ? ACQUIRED_NEW : ACQUIRED_HELD;
        row->revision = ACQUIRED_OUTDATED;
    }
}

static void note_unwanted(struct acquired *row, bool syncs)
{
    bool under_way = !str_absent(row->order) || row->state == ACQUIRED_LEAVING;
    if (!syncs && !under_way) {
        row->state = ACQUIRED_NONE;
    } else if (row->state == ACQUIRED_NEW || row->state == ACQUIRED_HELD) {
        row->state = ACQUIRED_LEAVING;
    } else if (row->state == ACQUIRED_MISSING) {
        row->state = ACQUIRED_NONE;
    }
}

static bool differs(const struct acquired *a, const struct acquired *b)
{
    return a->state != b->state || a->revision != b->revision || !str_eq(a->account, b->account);
}

/* Changed rows into *ret_written, those that go into *ret_removed. */
struct sorted {
    struct acquired *written;
    int64_t *removed;
    size_t written_count, removed_count;
};

static void sort_one(const struct account *account, enum service service, const struct acquired *found,
                     const struct acquired_wish *wish, struct sorted *ret)
{
    struct acquired row = *found;
    if (found->state == ACQUIRED_ORPHAN) {
        return; /* taken over by the upload, or left alone */
    }
    if (wish->wanted) {
        note_wanted(&row, account);
    } else {
        note_unwanted(&row, account_syncs(account, service));
    }
    if (row.state == ACQUIRED_NONE) {
        ret->removed[ret->removed_count++] = row.telephone_number;
        return;
    }
    if (wish->ret_has != NULL) {
        *wish->ret_has = true;
    }
    if (differs(&row, found)) {
        ret->written[ret->written_count++] = row;
    }
}

enum rc acquired__wish(const struct change *change, const struct account *account, enum service service,
                       const struct acquired_wish *wishes, size_t count, struct err *err)
{
    struct arena *mem = change->mem;
    int64_t *numbers = arena_alloc_array(mem, 2 * count, sizeof *numbers);
    const struct acquired **found = arena_alloc_array(mem, count, sizeof *found);
    struct sorted sorted = {.written = arena_alloc_array(mem, count, sizeof *sorted.written)};
    if (numbers == NULL || found == NULL || sorted.written == NULL) {
        return change__no_room(err);
    }
    for (size_t i = 0; i < count; i++) {
        numbers[i] = wishes[i].telephone_number;
    }
    enum rc rc = repo_acquired_find(change->tx, mem, service, numbers, count, REPO_UPDATE, found, err);
    sorted.removed = numbers + count;
    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        if (found[i] != NULL) {
            sort_one(account, service, found[i], &wishes[i], &sorted);
        }
    }
    if (rc == RC_OK) {
        rc = repo_acquired_write(change->tx, sorted.written, sorted.written_count, err);
    }
    return rc == RC_OK ? repo_acquired_remove(change->tx, service, sorted.removed, sorted.removed_count, err)
                       : rc;
}
