#include "gateway/domain/steer.h"

#include <stdlib.h>

#include "common/base/limits.h"
#include "gateway/domain/heard.h"
#include "gateway/domain/room.h"

#include "common/base/banned.h"

#define PAGES_MAX 10 /* of failed numbers that are looked at in one transaction */

/* ---- try again ---- */

static bool asks_for_sync(const struct account *account, const struct number *number)
{
    return number_syncs(account, number, SERVICE_OPERATOR_CONNECT) ||
           number_syncs(account, number, SERVICE_PHONE_MOBILE);
}

/* Whoever no longer asks for sync is left to the worker. */
static enum rc retry_page(const struct change *change, const struct account *account,
                          const struct number_page *page, size_t room, size_t *ret_count, struct err *err)
{
    struct number_page now = {0};
    struct number_news *news = arena_alloc_array(change->mem, page->count, sizeof *news);
    size_t count = 0;
    enum rc rc = news != NULL ? numbers_lock(change->tx, change->mem, page, &now, err) : change__no_room(err);
    for (size_t i = 0; rc == RC_OK && i < now.count && count < room; i++) {
        if (now.items[i].provisioning_status == PROVISIONING_FAILED &&
            asks_for_sync(account, &now.items[i])) {
            news[count++] = (struct number_news){.before = &now.items[i], .status = PROVISIONING_PENDING};
        }
    }
    *ret_count = count;
    return rc == RC_OK ? numbers_heard(change, account->name, news, count, err) : rc;
}

static enum rc retry_numbers(const struct change *change, const struct account *account, size_t limit,
                             struct steer_result *ret, struct err *err)
{
    int64_t after = 0;
    size_t left = limit;
    struct number_page page = {.count = limit};
    enum rc rc = RC_OK;
    for (int i = 0; rc == RC_OK && left > 0 && page.count == limit && i < PAGES_MAX; i++) {
        size_t count = 0;
        rc = repo_numbers_unsettled(change->tx, change->mem, account->name, PROVISIONING_FAILED, after, limit,
                                    &page, err);
        if (rc == RC_OK && page.count > 0) {
            after = page.items[page.count - 1].telephone_number;
            rc = retry_page(change, account, &page, left, &count, err);
        }
        left -= count;
    }
    ret->count = (int64_t)(limit - left);
    ret->more = left == 0;
    return rc;
}

/* Refused while the account did not ask for sync. */
static enum rc retry_releases(const struct change *change, struct str account, size_t limit,
                              struct steer_result *ret, struct err *err)
{
    int64_t count = 0;
    enum rc rc = repo_acquired_retry(change->tx, account, (int64_t)limit, &count, err);
    ret->count += count;
    ret->more = ret->more || count == (int64_t)limit;
    return rc;
}

/* What is put off after failures, of the account's tenant. */
static enum rc touch_failing(const struct change *change, enum outbox_kind kind, struct str key,
                             struct err *err)
{
    struct outbox_state state = {0};
    enum rc rc = repo_outbox_find(change->tx, change->mem, kind, key, &state, err);
    if (rc != RC_OK || state.attempt == 0) {
        return rc == RC_NOT_FOUND ? RC_OK : rc;
    }
    return repo_outbox_touch(change->tx, kind, key, err);
}

static enum rc touch_tenant(const struct change *change, struct str tenant_id, struct err *err)
{
    if (str_empty(tenant_id)) {
        return RC_OK;
    }
    const struct rfi *rfi = NULL;
    enum rc rc = touch_failing(change, OUTBOX_SWEEP, arena_lower(change->mem, tenant_id), err);
    if (rc == RC_OK) {
        rc = repo_rfi_find(change->tx, change->mem, tenant_id, REPO_READ, &rfi, err);
    }
    if (rc == RC_OK) {
        rc = touch_failing(change, OUTBOX_RFI, rfi->tenant_id, err); /* as it is stored */
    }
    return rc == RC_NOT_FOUND ? RC_OK : rc;
}

/* Of one that is gone: its numbers may still leave. */
static enum rc retry_gone(const struct change *change, struct str name, struct err *err)
{
    struct outbox_state state = {0};
    enum rc rc = repo_outbox_find(change->tx, change->mem, OUTBOX_SYNC, name, &state, err);
    if (rc == RC_NOT_FOUND || (rc == RC_OK && state.rests)) {
        return err_set(err, RC_NOT_FOUND, "AccountNotFound", "there is no account \"%" STR_FMT "\"",
                       STR_ARG(name));
    }
    return rc == RC_OK ? repo_outbox_touch(change->tx, OUTBOX_SYNC, name, err) : rc;
}

enum rc account_retry(const struct change *change, struct str name, size_t limit, struct steer_result *ret,
                      struct err *err)
{
    const struct account *account = NULL;
    *ret = (struct steer_result){0};
    enum rc rc = repo_account_find(change->tx, change->mem, name, REPO_UPDATE, &account, err);
    if (rc == RC_NOT_FOUND) {
        return retry_gone(change, name, err);
    }
    if (rc == RC_OK && account->provisioning_status == PROVISIONING_FAILED) {
        rc = account_look_again(change, name, err);
    }
    if (rc == RC_OK) {
        rc = retry_numbers(change, account, limit, ret, err);
    }
    if (rc == RC_OK) {
        rc = retry_releases(change, name, limit, ret, err);
    }
    if (rc == RC_OK) {
        rc = repo_outbox_touch(change->tx, OUTBOX_SYNC, name, err);
    }
    return rc == RC_OK ? touch_tenant(change, account->services->teams_tenant_id, err) : rc;
}

/* ---- orphans ---- */

struct asked_for {
    int64_t telephone_number;
    size_t at; /* in the request */
};

struct releasing {
    const struct change *change;
    const struct account *account;
    struct asked_for *asked; /* ascending */
    int64_t *keys;           /* the same, and each once */
    const struct number **numbers;
    const struct acquired **rows[SERVICE_COUNT]; /* of services that have a back end */
    size_t count;
};

static int by_number(const void *a, const void *b)
{
    const struct asked_for *x = a, *y = b;
    return x->telephone_number < y->telephone_number   ? -1
           : x->telephone_number > y->telephone_number ? 1
           : x->at < y->at                             ? -1
                                                       : x->at > y->at;
}

static struct str field_of(const struct releasing *r, size_t i)
{
    return arena_printf(r->change->mem, "telephoneNumbers[%zu]", r->asked[i].at);
}

static enum rc sort_keys(struct releasing *r, const int64_t *telephone_numbers, struct err *err)
{
    struct arena *mem = r->change->mem;
    struct err_list *findings = change__findings(r->change);
    r->asked = arena_alloc_array(mem, r->count, sizeof *r->asked);
    r->keys = arena_alloc_array(mem, r->count, sizeof *r->keys);
    r->numbers = arena_alloc_array(mem, r->count, sizeof *r->numbers);
    if (r->asked == NULL || r->keys == NULL || r->numbers == NULL || findings == NULL) {
        return change__no_room(err);
    }
    for (size_t i = 0; i < r->count; i++) {
        r->asked[i] = (struct asked_for){telephone_numbers[i], i};
    }
    qsort(r->asked, r->count, sizeof *r->asked, by_number);
    for (size_t i = 0; i < r->count; i++) {
        r->keys[i] = r->asked[i].telephone_number;
        if (i > 0 && r->keys[i] == r->keys[i - 1]) {
            err_list_add(findings, "DuplicateNumber", field_of(r, i), "the number is there more than once");
        }
    }
    return err_from_list(err, RC_INVALID, findings);
}

static enum rc read_rows(struct releasing *r, struct err *err)
{
    const struct change *change = r->change;
    enum rc rc = repo_numbers_find(change->tx, change->mem, r->keys, r->count, REPO_UPDATE, r->numbers, err);
    for (enum service s = 0; rc == RC_OK && s < SERVICE_COUNT; s++) {
        if (service_is_synced(s)) {
            r->rows[s] = arena_alloc_array(change->mem, r->count, sizeof *r->rows[s]);
            rc = r->rows[s] != NULL ? repo_acquired_find(change->tx, change->mem, s, r->keys, r->count,
                                                         REPO_UPDATE, r->rows[s], err)
                                    : change__no_room(err);
        }
    }
    return rc;
}

static bool is_orphan(const struct releasing *r, enum service service, size_t i)
{
    const struct acquired *row = r->rows[service] != NULL ? r->rows[service][i] : NULL;
    return row != NULL && row->state == ACQUIRED_ORPHAN &&
           str_eq_ci(row->tenant_id, r->account->services->teams_tenant_id);
}

static bool is_any_orphan(const struct releasing *r, size_t i)
{
    bool any = false;
    for (enum service s = 0; s < SERVICE_COUNT; s++) {
        any = any || is_orphan(r, s, i);
    }
    return any;
}

/* There for a service that is launched, so that people leave it where it is. */
static void judge_launch(const struct releasing *r, size_t i, struct err_list *denied)
{
    for (enum service s = 0; s < SERVICE_COUNT; s++) {
        if (is_orphan(r, s, i) && launch_binds(r->change->facts, r->change->actor, s)) {
            err_list_add(denied, "ApiRequiredAfterLaunch", field_of(r, i),
                         "%s is launched: a number that it has is released through the API",
                         service_json_name(s));
        }
    }
}

static enum rc judge(const struct releasing *r, struct err *err)
{
    struct err_list *invalid = change__findings(r->change), *denied = change__findings(r->change),
                    *in_use = change__findings(r->change);
    if (invalid == NULL || denied == NULL || in_use == NULL) {
        return change__no_room(err);
    }
    for (size_t i = 0; i < r->count; i++) {
        judge_launch(r, i, denied);
        if (!is_any_orphan(r, i)) {
            err_list_add(invalid, "InvalidValue", field_of(r, i),
                         "the number is no orphan of the account's tenant");
        } else if (r->numbers[i] != NULL) {
            err_list_add(in_use, "NumberInUse", field_of(r, i),
                         "the account \"%" STR_FMT "\" has the number; delete it there",
                         STR_ARG(r->numbers[i]->account_name));
        }
    }
    enum rc rc = err_from_list(err, RC_INVALID, invalid);
    rc = rc == RC_OK ? err_from_list(err, RC_DENIED, denied) : rc;
    return rc == RC_OK ? err_from_list(err, RC_CONFLICT, in_use) : rc;
}

/* The row goes to the account, on its way out. */
static enum rc leave(const struct releasing *r, enum service service, struct err *err)
{
    struct acquired *written = arena_alloc_array(r->change->mem, r->count, sizeof *written);
    size_t count = 0;
    if (written == NULL) {
        return change__no_room(err);
    }
    for (size_t i = 0; i < r->count; i++) {
        if (is_orphan(r, service, i)) {
            written[count] = *r->rows[service][i];
            written[count].account = r->account->name;
            written[count++].state = ACQUIRED_LEAVING;
        }
    }
    return repo_acquired_write(r->change->tx, written, count, err);
}

/* The resource of an orphan, as far as it is known. */
static struct str orphan_json(const struct releasing *r, size_t i)
{
    static const struct number_service there = {.enabled = true};
    struct number_services services = {0};
    struct number number = {
        .telephone_number = r->keys[i], .account_name = r->account->name, .services = &services};
    for (enum service s = 0; s < SERVICE_COUNT; s++) {
        services.of[s] = is_orphan(r, s, i) ? &there : NULL;
    }
    return model_json(&schema_number, &number, r->change->mem);
}

static enum rc write_audit(const struct releasing *r, struct err *err)
{
    const struct change *change = r->change;
    struct audit_row *rows = arena_alloc_array(change->mem, r->count, sizeof *rows);
    for (size_t i = 0; rows != NULL && i < r->count; i++) {
        char text[E164_TEXT_MAX];
        struct str key = arena_str(change->mem, model_e164_text(r->keys[i], text));
        rows[i] = change__audit_row(change, AUDIT_NUMBER, AUDIT_DELETE, r->account->name, key);
        rows[i].before = orphan_json(r, i);
    }
    return arena_failed(change->mem) ? change__no_room(err) : repo_audit_add(change->tx, rows, r->count, err);
}

enum rc orphans_release(const struct change *change, struct str name, const int64_t *telephone_numbers,
                        size_t count, struct err *err)
{
    struct releasing r = {.change = change, .count = count};
    enum rc rc = account__need(change, name, REPO_SHARE, &r.account, err);
    if (rc == RC_OK) {
        rc = sort_keys(&r, telephone_numbers, err);
    }
    if (rc == RC_OK) {
        rc = read_rows(&r, err);
    }
    if (rc == RC_OK) {
        rc = judge(&r, err);
    }
    for (enum service s = 0; rc == RC_OK && s < SERVICE_COUNT; s++) {
        rc = service_is_synced(s) ? leave(&r, s, err) : RC_OK;
    }
    if (rc == RC_OK) {
        rc = write_audit(&r, err);
    }
    return rc == RC_OK ? repo_outbox_touch(change->tx, OUTBOX_SYNC, name, err) : rc;
}
