/* An account whose sync was switched, or whose enterprise changed its consent, has the status pending. All its numbers are gone
 * through in slices; afterwards each says for itself what is to be done, and the account is settled. A crash in between begins anew. */
#include "gateway/sync/room.h"

#include "common/base/banned.h"

struct going {
    struct sync *sync;
    struct str name;
    struct stand stand;
    int64_t after;
    int64_t revision;    /* of the account's configuration, when it was begun */
    bool unsettled_only; /* nothing is asked for any more: only those that wait, or failed, are touched */
    struct {             /* of the transaction, which may run more than once */
        int64_t after;
        bool more;
    } next;
};

static enum rc no_room(struct err *err)
{
    return err_set(err, RC_LIMIT, NULL, "out of memory for a slice of numbers");
}

/* ---- what becomes of a number ---- */

static bool failed_for_consent(const struct number *number)
{
    const struct wire_error *errors = number->provisioning_errors.items;
    return number->provisioning_status == PROVISIONING_FAILED && number->provisioning_errors.count == 1 &&
           consent_is_reason(errors[0].code);
}

/* rows[s]: what the back end has of it for each service; NULL: nothing. */
static enum provisioning_status status_of(const struct stand *stand, const struct number *number,
                                          const struct acquired *const rows[SERVICE_COUNT])
{
    bool asked = false, missing = false;
    for (enum service s = 0; s < SERVICE_COUNT; s++) {
        if (stand->syncs[s] && number_enables(number, s)) {
            asked = true;
            missing = missing || rows[s] == NULL || rows[s]->state != ACQUIRED_HELD ||
                      rows[s]->revision != number->revision.configuration;
        }
    }
    if (!asked) {
        return PROVISIONING_SYNCED;
    }
    if (number->provisioning_status == PROVISIONING_FAILED && !failed_for_consent(number)) {
        return PROVISIONING_FAILED;
    }
    return missing ? PROVISIONING_PENDING : PROVISIONING_SYNCED;
}

struct slice {
    const struct number *numbers;
    size_t count;
    int64_t *keys;
    const struct acquired **rows[SERVICE_COUNT]; /* NULL: not asked for */
};

static enum rc read_acquired(const struct going *going, struct repo_tx *tx, struct arena *mem,
                             struct slice *slice, struct err *err)
{
    slice->keys = arena_alloc_array(mem, slice->count, sizeof *slice->keys);
    if (slice->keys == NULL) {
        return no_room(err);
    }
    for (size_t i = 0; i < slice->count; i++) {
        slice->keys[i] = slice->numbers[i].telephone_number;
    }
    enum rc rc = RC_OK;
    for (enum service s = 0; rc == RC_OK && s < SERVICE_COUNT; s++) {
        slice->rows[s] = NULL;
        if (going->stand.syncs[s]) {
            slice->rows[s] = arena_alloc_array(mem, slice->count, sizeof *slice->rows[s]);
            rc = slice->rows[s] != NULL ? repo_acquired_find(tx, mem, s, slice->keys, slice->count, REPO_READ,
                                                             slice->rows[s], err)
                                        : no_room(err);
        }
    }
    return rc;
}

static enum provisioning_status status_in(const struct going *going, const struct slice *slice, size_t i)
{
    const struct acquired *rows[SERVICE_COUNT] = {0};
    for (enum service s = 0; s < SERVICE_COUNT; s++) {
        rows[s] = slice->rows[s] != NULL ? slice->rows[s][i] : NULL;
    }
    return status_of(&going->stand, &slice->numbers[i], rows);
}

/* Those whose status is another one by now, locked. The others need no lock: what clients write of them meanwhile is decided under the
 * same account. */
static enum rc lock_others(const struct going *going, struct repo_tx *tx, struct arena *mem,
                           struct slice *slice, struct err *err)
{
    enum rc rc = read_acquired(going, tx, mem, slice, err);
    struct number *others = arena_alloc_array(mem, slice->count, sizeof *others);
    struct number_page listed = {others, 0}, locked = {0};
    if (rc != RC_OK || others == NULL) {
        return rc != RC_OK ? rc : no_room(err);
    }
    for (size_t i = 0; i < slice->count; i++) {
        if (status_in(going, slice, i) != slice->numbers[i].provisioning_status) {
            others[listed.count++] = slice->numbers[i];
        }
    }
    rc = listed.count > 0 ? numbers_lock(tx, mem, &listed, &locked, err) : RC_OK;
    *slice = (struct slice){.numbers = locked.items, .count = locked.count};
    return rc;
}

static enum rc settle_slice(const struct going *going, struct repo_tx *tx, struct arena *mem,
                            const struct slice *slice, struct err *err)
{
    const struct change change = sync__change(going->sync, tx, mem);
    struct number_news *news = arena_alloc_array(mem, slice->count, sizeof *news);
    size_t count = 0;
    if (news == NULL) {
        return no_room(err);
    }
    for (size_t i = 0; i < slice->count; i++) {
        enum provisioning_status status = status_in(going, slice, i);
        if (status != slice->numbers[i].provisioning_status) {
            news[count++] = (struct number_news){.before = &slice->numbers[i], .status = status};
        }
    }
    return numbers_heard(&change, going->name, news, count, err);
}

/* ---- slices ---- */

static enum rc list_all(struct going *going, struct repo_tx *tx, struct arena *mem, struct slice *ret,
                        struct err *err)
{
    struct list_query query = {.account = going->name,
                               .limit = SYNC_SLICE,
                               .after = {.set = going->after > 0, .number = going->after}};
    struct list_page page = {.count = -1};
    enum rc rc = repo_numbers_list(tx, mem, &query, &page, err);
    if (rc == RC_OK) {
        *ret = (struct slice){.numbers = page.items.items, .count = page.items.count};
        going->next.more = page.more;
        going->next.after = page.last.number;
    }
    return rc;
}

static enum rc list_unsettled(struct going *going, struct repo_tx *tx, struct arena *mem, struct slice *ret,
                              struct err *err)
{
    struct number_page page = {0};
    enum rc rc =
        repo_numbers_unsettled(tx, mem, going->name, PROVISIONING_PENDING, 0, SYNC_SLICE, &page, err);
    if (rc == RC_OK && page.count == 0) {
        rc = repo_numbers_unsettled(tx, mem, going->name, PROVISIONING_FAILED, 0, SYNC_SLICE, &page, err);
    }
    *ret = (struct slice){.numbers = page.items, .count = page.count};
    going->next.more = page.count > 0;
    return rc;
}

static enum rc go_on(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct going *going = arg;
    struct slice slice = {0};
    going->next.more = false;
    enum rc rc = sync__stand(tx, mem, going->name, &going->stand, err);
    if (rc != RC_OK || going->stand.account == NULL ||
        going->stand.account->revision.configuration != going->revision) {
        return rc; /* another writer was there, and has touched the account: it is looked at again */
    }
    rc = (going->unsettled_only ? list_unsettled : list_all)(going, tx, mem, &slice, err);
    rc = rc == RC_OK && slice.count > 0 ? lock_others(going, tx, mem, &slice, err) : rc;
    if (rc != RC_OK || slice.count == 0) {
        return rc;
    }
    rc = read_acquired(going, tx, mem, &slice, err);
    return rc == RC_OK ? settle_slice(going, tx, mem, &slice, err) : rc;
}

/* ---- the account itself ---- */

static enum rc settle_account(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct going *going = arg;
    const struct change change = sync__change(going->sync, tx, mem);
    const struct account *account = NULL;
    const struct rfi *rfi = NULL;
    enum rc rc = repo_account_find(tx, mem, going->name, REPO_UPDATE, &account, err);
    if (rc == RC_NOT_FOUND) {
        return RC_OK;
    }
    if (rc != RC_OK || account->provisioning_status != PROVISIONING_PENDING ||
        account->revision.configuration != going->revision) {
        return rc;
    }
    rc = repo_rfi_find(tx, mem, account->services->teams_tenant_id, REPO_READ, &rfi, err);
    if (rc != RC_OK && rc != RC_NOT_FOUND) {
        return rc;
    }
    struct err why = {0};
    struct wire_error error = {.target = STR("serviceDetails.teamsTenantId")};
    if (consent_active(rfi, &why) == RC_OK) {
        return account_heard(&change, account, PROVISIONING_SYNCED, NULL, err);
    }
    error.code = str_of(why.code);
    error.message = arena_str(mem, str_of(why.msg));
    return account_heard(&change, account, PROVISIONING_FAILED, &error, err);
}

static enum rc begin(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct going *going = arg;
    const struct account *account = NULL;
    enum rc rc = sync__stand(tx, mem, going->name, &going->stand, err);
    account = going->stand.account;
    going->next.more = rc == RC_OK && account != NULL &&
                       (!going->stand.any || account->provisioning_status == PROVISIONING_PENDING);
    going->unsettled_only = rc == RC_OK && !going->stand.any;
    going->revision = rc == RC_OK && account != NULL ? account->revision.configuration : 0;
    return rc;
}

enum rc account__go_through(struct sync *sync, struct work_run *run, struct err *err)
{
    struct going going = {.sync = sync, .name = work_item(run)->key};
    enum rc rc = work_read(run, begin, &going, err);
    bool begun = going.next.more && going.stand.any;
    while (rc == RC_OK && going.next.more) {
        struct arena_mark mark = arena_mark(work_mem(run));
        going.after = going.next.after;
        rc = work_stopping(run) ? err_set(err, RC_BUSY, NULL, "stopping")
                                : work_write(run, go_on, &going, err);
        arena_rewind(work_mem(run), mark);
    }
    return rc == RC_OK && begun ? work_write(run, settle_account, &going, err) : rc;
}
