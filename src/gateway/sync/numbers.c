/* What the back end says of numbers, beside what is known here: assignments and capabilities are taken over, settings that somebody changed
 * there go out again, and what nobody asked for is noted as an orphan. */
#include <stdlib.h>

#include "gateway/sync/room.h"

#include "common/base/banned.h"

static enum rc no_room(struct err *err)
{
    return err_set(err, RC_LIMIT, NULL, "out of memory for what the back end says");
}

struct hearing {
    struct sync *sync;
    struct repo_tx *tx;
    struct arena *mem;
    const struct backend_number *heard;
    size_t count;
    int64_t *keys;
    const struct acquired **rows;
    const struct number **numbers;
    struct tally *tally;
    const struct str *names; /* of the accounts they are in, ascending */
    struct stand *stands;    /* theirs, locked */
    size_t account_count;
    struct acquired *written;
    size_t written_count;
};

static bool is_ours(const struct acquired *row, const struct backend_number *heard)
{
    return row != NULL && row->state != ACQUIRED_ORPHAN && str_eq_ci(row->tenant_id, heard->tenant_id);
}

/* Somebody changed what is ours to say: it is uploaded once more. */
static bool is_changed(const struct stand *stand, const struct number *number, const struct acquired *row,
                       const struct backend_number *heard)
{
    enum service s = heard->service;
    return row->state == ACQUIRED_HELD && str_absent(row->order) && number != NULL && !number->releasing &&
           stand->account != NULL && number_syncs(stand->account, number, s) &&
           row->revision == number->revision.configuration &&
           number->provisioning_status == PROVISIONING_SYNCED &&
           number->services->of[s]->configuration != NULL &&
           !sync__same_settings(&heard->settings, number->services->of[s]->configuration);
}

static void note_row(struct hearing *h, size_t i, bool changed)
{
    struct acquired row = *h->rows[i];
    if (changed) {
        row.revision = ACQUIRED_OUTDATED;
    } else if (row.state == ACQUIRED_MISSING) {
        row.state = ACQUIRED_HELD;
    } else {
        return;
    }
    h->written[h->written_count++] = row;
}

/* Of a number that is gone, and whose end nobody noted: an older version did not, while no back end was configured. */
static bool is_left_over(const struct hearing *h, size_t i)
{
    return h->numbers[i] == NULL && h->rows[i]->state == ACQUIRED_HELD && str_absent(h->rows[i]->order);
}

/* The numbers of one account among them. */
static enum rc hear_account(struct hearing *h, struct str account, const struct stand *stand, struct err *err)
{
    const struct change change = sync__change(h->sync, h->tx, h->mem);
    struct number_news *news = arena_alloc_array(h->mem, h->count, sizeof *news);
    size_t news_count = 0;
    bool any_changed = false;
    enum rc rc = news != NULL ? RC_OK : no_room(err);
    for (size_t i = 0; rc == RC_OK && i < h->count; i++) {
        if (!is_ours(h->rows[i], &h->heard[i]) || !str_eq(h->rows[i]->account, account) ||
            is_left_over(h, i)) {
            continue;
        }
        bool changed = is_changed(stand, h->numbers[i], h->rows[i], &h->heard[i]);
        any_changed = any_changed || changed;
        h->tally->changed += changed;
        h->tally->same += !changed;
        note_row(h, i, changed);
        if (h->numbers[i] != NULL && str_eq(h->numbers[i]->account_name, account)) {
            news[news_count++] =
                (struct number_news){.before = h->numbers[i],
                                     .status = changed ? PROVISIONING_PENDING : PROVISIONING_ABSENT,
                                     .service = h->heard[i].service,
                                     .known = &h->heard[i]};
        }
    }
    if (rc == RC_OK && !h->tally->look_only) {
        rc = numbers_heard(&change, account, news, news_count, err);
    }
    return rc == RC_OK && any_changed && !h->tally->look_only
               ? repo_outbox_touch(h->tx, OUTBOX_SYNC, account, err)
               : rc;
}

/* The row is the first of its account's. */
static bool is_first(const struct hearing *h, size_t i)
{
    bool first = is_ours(h->rows[i], &h->heard[i]);
    for (size_t k = 0; first && k < i; k++) {
        first = !is_ours(h->rows[k], &h->heard[k]) || !str_eq(h->rows[k]->account, h->rows[i]->account);
    }
    return first;
}

static int by_text(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* Accounts are locked before their numbers, as clients do. Whose they are a look without a lock says; a number that has come to another
 * account since is left to the next sweep, as everything is that goes on meanwhile. */
static enum rc lock_accounts(struct hearing *h, struct err *err)
{
    struct str *names = arena_alloc_array(h->mem, h->count, sizeof *names);
    size_t count = 0;
    if (names == NULL) {
        return no_room(err);
    }
    enum rc rc =
        repo_acquired_find(h->tx, h->mem, h->heard->service, h->keys, h->count, REPO_READ, h->rows, err);
    for (size_t i = 0; rc == RC_OK && i < h->count; i++) {
        if (is_first(h, i)) {
            names[count++] = h->rows[i]->account;
        }
    }
    qsort(names, count, sizeof *names, by_text);
    h->stands = arena_alloc_array(h->mem, count, sizeof *h->stands);
    rc = rc == RC_OK && h->stands == NULL ? no_room(err) : rc;
    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        rc = sync__stand(h->tx, h->mem, names[i], &h->stands[i], err);
    }
    h->names = names;
    h->account_count = count;
    return rc;
}

static enum rc hear_accounts(struct hearing *h, struct err *err)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < h->account_count; i++) {
        rc = hear_account(h, h->names[i], &h->stands[i], err);
    }
    return rc;
}

static void note_orphans(struct hearing *h)
{
    for (size_t i = 0; i < h->count; i++) {
        const struct backend_number *heard = &h->heard[i];
        bool noted = h->rows[i] != NULL && h->rows[i]->state == ACQUIRED_ORPHAN;
        bool nobodys = h->rows[i] == NULL || (is_ours(h->rows[i], heard) && is_left_over(h, i));
        h->tally->orphans += noted || nobodys;
        if (nobodys) {
            h->written[h->written_count++] = (struct acquired){.service = heard->service,
                                                               .telephone_number = heard->telephone_number,
                                                               .tenant_id = heard->tenant_id,
                                                               .state = ACQUIRED_ORPHAN};
        }
    }
}

enum rc numbers__hear(struct sync *sync, struct repo_tx *tx, struct arena *mem,
                      const struct backend_number *numbers, size_t count, struct tally *tally,
                      struct err *err)
{
    struct hearing h = {.sync = sync, .tx = tx, .mem = mem, .heard = numbers, .count = count, .tally = tally};
    h.keys = arena_alloc_array(mem, count, sizeof *h.keys);
    h.rows = arena_alloc_array(mem, count, sizeof *h.rows);
    h.numbers = arena_alloc_array(mem, count, sizeof *h.numbers);
    h.written = arena_alloc_array(mem, count, sizeof *h.written);
    if (arena_failed(mem)) {
        return no_room(err);
    }
    if (count == 0) {
        return RC_OK;
    }
    for (size_t i = 0; i < count; i++) {
        h.keys[i] = numbers[i].telephone_number;
    }
    tally->seen += (int64_t)count;
    enum rc rc = lock_accounts(&h, err);
    if (rc == RC_OK) {
        rc = repo_numbers_find(tx, mem, h.keys, count, REPO_UPDATE, h.numbers, err);
    }
    if (rc == RC_OK) {
        rc = repo_acquired_find(tx, mem, numbers->service, h.keys, count, REPO_UPDATE, h.rows, err);
    }
    if (rc == RC_OK) {
        rc = hear_accounts(&h, err);
    }
    if (rc == RC_OK) {
        note_orphans(&h);
    }
    return rc == RC_OK && !tally->look_only ? repo_acquired_write(tx, h.written, h.written_count, err) : rc;
}
