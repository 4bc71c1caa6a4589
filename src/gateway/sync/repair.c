/* The end of a sweep: what the back end lost is uploaded again. By itself only where that is little; otherwise a person must look. */
#include "gateway/sync/room.h"
#include "gateway/sync/sweep.h"

#include "common/base/banned.h"

struct repair {
    struct sync *sync;
    struct work_run *run;
    bool any;               /* however many are missing */
    struct text_list names; /* of some of the accounts */
    size_t next;            /* to be looked at */
    struct str account;
    bool goes; /* of the transaction: there is something to upload again */
};

/* Those of the list that are of the first one's service. */
static enum rc upload_again(const struct repair *r, struct repo_tx *tx, struct arena *mem,
                            const struct acquired_list *list, struct err *err)
{
    const struct change change = sync__change(r->sync, tx, mem);
    int64_t *keys = arena_alloc_array(mem, list->count, sizeof *keys);
    struct number_news *news = arena_alloc_array(mem, list->count, sizeof *news);
    enum service service = list->items[0].service;
    struct number_page numbers = {0};
    size_t count = 0, news_count = 0;
    if (keys == NULL || news == NULL) {
        return err_set(err, RC_LIMIT, NULL, "out of memory for a repair");
    }
    while (count < list->count && list->items[count].service == service) {
        keys[count] = list->items[count].telephone_number;
        count++;
    }
    enum rc rc = numbers_lock_keys(tx, mem, r->account, keys, count, &numbers, err);
    for (size_t i = 0; rc == RC_OK && i < numbers.count; i++) {
        if (numbers.items[i].provisioning_status != PROVISIONING_FAILED) {
            news[news_count++] = (struct number_news){
                .before = &numbers.items[i], .status = PROVISIONING_PENDING, .service = service};
        }
    }
    if (rc == RC_OK) {
        rc = numbers_heard(&change, r->account, news, news_count, err);
    }
    return rc == RC_OK ? repo_acquired_remove(tx, service, keys, count, err) : rc;
}

/* Little enough to be an accident at the other side and not a mistake at ours. */
static bool is_little(int64_t missing, int64_t of)
{
    return missing <= SYNC_MISSING_LEAST || missing * SYNC_MISSING_SHARE < of;
}

/* Whether it is to be repaired, or paused. */
static enum rc judge_account(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct repair *r = arg;
    struct number_counts counts = {0};
    struct stand stand;
    int64_t missing = 0;
    r->goes = false;
    enum rc rc = sync__stand(tx, mem, r->account, &stand, err);
    if (rc == RC_OK && stand.any) {
        rc = repo_acquired_odd_count(tx, ACQUIRED_MISSING, r->account, INT64_MAX, &missing, err);
    }
    if (rc != RC_OK || missing == 0) {
        return rc;
    }
    rc = repo_number_counts(tx, r->account, &counts, err);
    int64_t of = counts.of[SERVICE_OPERATOR_CONNECT] + counts.of[SERVICE_PHONE_MOBILE];
    if (rc == RC_OK && !r->any && !is_little(missing, of)) {
        return sweep__pause(tx, mem, r->account, &(struct sweep_pause){missing, of}, err);
    }
    r->goes = rc == RC_OK;
    return rc;
}

static enum rc repair_slice(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct repair *r = arg;
    struct stand stand;
    struct acquired_list list = {0};
    r->goes = false;
    enum rc rc = sync__stand(tx, mem, r->account, &stand, err);
    if (rc != RC_OK || !stand.any) {
        return rc;
    }
    rc = repo_acquired_odd(tx, mem, ACQUIRED_MISSING, r->account, NULL, SYNC_SLICE, &list, err);
    if (rc != RC_OK || list.count == 0) {
        return rc;
    }
    r->goes = true;
    rc = upload_again(r, tx, mem, &list, err);
    return rc == RC_OK ? repo_outbox_touch(tx, OUTBOX_SYNC, r->account, err) : rc;
}

/* Slice by slice: it may be all that the account has. What is left after a crash the next run finds. */
static enum rc repair_account(struct repair *r, struct err *err)
{
    struct work_run *run = r->run;
    enum rc rc = work_write(run, judge_account, r, err);
    while (rc == RC_OK && r->goes) {
        struct arena_mark mark = arena_mark(work_mem(run));
        rc = work_stopping(run) ? err_set(err, RC_BUSY, NULL, "stopping")
                                : work_write(run, repair_slice, r, err);
        arena_rewind(work_mem(run), mark);
    }
    return rc;
}

/* Few accounts miss anything: only these are written to. */
static enum rc look_for_missing(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct repair *r = arg;
    int64_t missing = 0;
    enum rc rc = RC_OK;
    (void)mem;
    while (rc == RC_OK && missing == 0 && r->next < r->names.count) {
        r->account = r->names.items[r->next++];
        rc = repo_acquired_odd_count(tx, ACQUIRED_MISSING, r->account, 1, &missing, err);
    }
    r->goes = missing > 0;
    return rc;
}

static enum rc repair_some(struct text_list names, void *arg, struct err *err)
{
    struct repair *r = arg;
    enum rc rc = RC_OK;
    r->names = names;
    r->next = 0;
    do {
        rc = work_read(r->run, look_for_missing, r, err);
        rc = rc == RC_OK && r->goes ? repair_account(r, err) : rc;
    } while (rc == RC_OK && r->next < names.count);
    return rc;
}

enum rc repair__accounts(struct sync *sync, struct work_run *run, struct str tenant_id, bool any,
                         struct err *err)
{
    struct repair r = {.sync = sync, .run = run, .any = any};
    return sync__each_accounts(run, tenant_id, SYNC_SLICE, repair_some, &r, err);
}
