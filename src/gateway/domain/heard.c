#include "gateway/domain/heard.h"

#include "common/base/limits.h"
#include "gateway/domain/backend.h"
#include "gateway/domain/room.h"

#include "common/base/banned.h"

/* ---- numbers ---- */

static const struct number_service *service_as_known(const struct change *change,
                                                     const struct number_service *before,
                                                     const struct backend_number *known)
{
    struct number_service *service = arena_new_of(change->mem, struct number_service);
    struct number_teams_config *config = arena_new_of(change->mem, struct number_teams_config);
    if (service == NULL || config == NULL) {
        return before;
    }
    *service = *before;
    service->assignment_status = known->assignment_status;
    if (before->configuration != NULL) {
        *config = *before->configuration;
        config->acquired_capabilities = known->settings.acquired_capabilities;
        config->available_capabilities = known->settings.available_capabilities;
        service->configuration = config;
    }
    return service;
}

static const struct number_services *services_as_known(const struct change *change,
                                                       const struct number_news *news)
{
    const struct number_services *before = news->before->services;
    if (news->known == NULL || before == NULL || before->of[news->service] == NULL) {
        return before;
    }
    struct number_services *services = arena_new_of(change->mem, struct number_services);
    if (services == NULL) {
        return before;
    }
    *services = *before;
    services->of[news->service] = service_as_known(change, before->of[news->service], news->known);
    return services;
}

static struct part_list error_list(const struct change *change, const struct wire_error *error)
{
    struct wire_error *copy = arena_new_of(change->mem, struct wire_error);
    if (copy == NULL) {
        return (struct part_list){0};
    }
    *copy = *error;
    return (struct part_list){copy, 1};
}

static struct number *number_as_heard(const struct change *change, const struct number_news *news)
{
    struct number *number = arena_new_of(change->mem, struct number);
    if (number == NULL) {
        return NULL;
    }
    *number = *news->before;
    number->releasing = false;
    number->services = services_as_known(change, news);
    if (news->status != PROVISIONING_ABSENT) {
        number->provisioning_status = news->status;
        number->provisioning_errors =
            news->status == PROVISIONING_FAILED ? error_list(change, &news->error) : (struct part_list){0};
    }
    return number;
}

static bool is_assigned(const struct number *number, enum service service)
{
    const struct number_service *part = number->services != NULL ? number->services->of[service] : NULL;
    return part != NULL && part->assignment_status == ASSIGNMENT_ASSIGNED;
}

enum rc numbers_heard(const struct change *change, struct str account, const struct number_news *news,
                      size_t count, struct err *err)
{
    struct record *records = arena_alloc_array(change->mem, count, sizeof *records);
    struct record_set set = {.kind = AUDIT_NUMBER, .account = account, .records = records, .heard = true};
    if (records == NULL) {
        return change__no_room(err);
    }
    for (size_t i = 0; i < count; i++) {
        const struct number *before = news[i].before;
        struct number *after = number_as_heard(change, &news[i]);
        if (after == NULL) {
            return change__no_room(err);
        }
        if (before->releasing && news[i].status == PROVISIONING_ABSENT) {
            continue; /* nobody sees it */
        }
        records[set.count++] =
            (struct record){.before = before->releasing ? NULL : before,
                            .after = after,
                            .returns = before->releasing,
                            .silent = !before->releasing && is_assigned(before, news[i].service) ==
                                                                is_assigned(after, news[i].service)};
    }
    return set.count > 0 ? change__write(change, &set, err) : RC_OK;
}

enum rc numbers_lock_keys(struct repo_tx *tx, struct arena *mem, struct str account,
                          const int64_t *telephone_numbers, size_t count, struct number_page *ret,
                          struct err *err)
{
    const struct number **found = arena_alloc_array(mem, count, sizeof *found);
    struct number *numbers = arena_alloc_array(mem, count, sizeof *numbers);
    if (found == NULL || numbers == NULL) {
        return err_set(err, RC_LIMIT, NULL, "out of memory for numbers");
    }
    enum rc rc = repo_numbers_find(tx, mem, telephone_numbers, count, REPO_UPDATE, found, err);
    size_t kept = 0;
    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        if (found[i] != NULL && !found[i]->releasing && str_eq(found[i]->account_name, account)) {
            numbers[kept++] = *found[i];
        }
    }
    *ret = (struct number_page){numbers, kept};
    return rc;
}

enum rc numbers_lock(struct repo_tx *tx, struct arena *mem, const struct number_page *listed,
                     struct number_page *ret, struct err *err)
{
    int64_t *keys = arena_alloc_array(mem, listed->count, sizeof *keys);
    if (keys == NULL) {
        return err_set(err, RC_LIMIT, NULL, "out of memory for numbers");
    }
    for (size_t i = 0; i < listed->count; i++) {
        keys[i] = listed->items[i].telephone_number;
    }
    struct str account = listed->count > 0 ? listed->items[0].account_name : STR_NONE;
    return numbers_lock_keys(tx, mem, account, keys, listed->count, ret, err);
}

/* ---- accounts ---- */

enum rc account_heard(const struct change *change, const struct account *account,
                      enum provisioning_status status, const struct wire_error *error, struct err *err)
{
    struct account after = *account;
    struct record record = {.before = account, .after = &after, .silent = true};
    struct record_set set = {
        .kind = AUDIT_ACCOUNT, .account = account->name, .records = &record, .count = 1, .heard = true};
    after.provisioning_status = status;
    after.provisioning_errors = error != NULL ? error_list(change, error) : (struct part_list){0};
    return change__write(change, &set, err);
}

static bool syncs_anything(const struct account *account)
{
    return account_syncs(account, SERVICE_OPERATOR_CONNECT) || account_syncs(account, SERVICE_PHONE_MOBILE);
}

enum rc account_look_again(const struct change *change, struct str name, struct err *err)
{
    const struct account *account = NULL;
    enum rc rc = repo_account_find(change->tx, change->mem, name, REPO_UPDATE, &account, err);
    if (rc != RC_OK || !syncs_anything(account)) {
        return rc == RC_NOT_FOUND ? RC_OK : rc;
    }
    rc = account_heard(change, account, PROVISIONING_PENDING, NULL, err);
    if (rc == RC_OK) {
        rc = repo_outbox_touch(change->tx, OUTBOX_SYNC, name, err);
    }
    return rc == RC_OK ? account__touch_sweep(change, account->services->teams_tenant_id, err) : rc;
}

/* ---- requests for information ---- */

static bool same_texts(struct text_list a, struct text_list b)
{
    if (a.count != b.count) {
        return false;
    }
    for (size_t i = 0; i < a.count; i++) {
        if (!str_eq(a.items[i], b.items[i])) {
            return false;
        }
    }
    return true;
}

static bool same_words(const struct customer_relationship *a, const struct customer_relationship *b)
{
    return a != NULL && b != NULL && str_eq(a->status, b->status) && str_eq(a->comment, b->comment);
}

/* The consent as it shall be stored: theirs, with our relationship. */
static struct rfi merge_consent(const struct rfi *before, const struct rfi *heard, bool *ret_send)
{
    struct rfi after = *heard;
    *ret_send = false;
    if (before == NULL) {
        after.provisioning_status = PROVISIONING_SYNCED;
        return after;
    }
    after.tenant_id = before->tenant_id;
    after.account_name = before->account_name;
    after.provisioning_status = before->provisioning_status;
    after.provisioning_errors = before->provisioning_errors;
    after.revision = before->revision;
    if (before->customer_relationship == NULL) {
        return after;
    }
    after.customer_relationship = before->customer_relationship;
    if (before->provisioning_status == PROVISIONING_SYNCED && heard->customer_relationship != NULL &&
        !same_words(before->customer_relationship, heard->customer_relationship)) {
        after.provisioning_status = PROVISIONING_PENDING;
        *ret_send = true;
    }
    return after;
}

enum rc rfi_is_news(const struct change *change, const struct rfi *heard, bool *ret, struct err *err)
{
    const struct rfi *before = NULL;
    bool send;
    enum rc rc = repo_rfi_find(change->tx, change->mem, heard->tenant_id, REPO_READ, &before, err);
    if (rc == RC_OK) {
        struct rfi after = merge_consent(before, heard, &send);
        *ret = !change__is_same(change, AUDIT_RFI, before, &after);
    } else if (rc == RC_NOT_FOUND) {
        *ret = true;
        rc = RC_OK;
    }
    return rc == RC_OK && arena_failed(change->mem) ? change__no_room(err) : rc;
}

enum rc rfi_heard(const struct change *change, const struct rfi *heard, bool *ret_other, struct err *err)
{
    const struct rfi *before = NULL;
    bool send = false;
    enum rc rc = repo_rfi_find(change->tx, change->mem, heard->tenant_id, REPO_UPDATE, &before, err);
    if (rc != RC_OK && rc != RC_NOT_FOUND) {
        return rc;
    }
    struct rfi after = merge_consent(before, heard, &send);
    struct record record = {.before = before, .after = &after};
    struct record_set set = {.kind = AUDIT_RFI,
                             .records = &record,
                             .count = 1,
                             .touch = send ? 1U << OUTBOX_RFI : 0,
                             .touch_key = after.tenant_id,
                             .heard = true};
    rc = change__write(change, &set, err);
    if (rc == RC_OK) {
        *ret_other = before == NULL || before->status != after.status ||
                     !same_texts(before->consented_countries, after.consented_countries);
    }
    return rc;
}

enum rc rfi_settled(const struct change *change, struct str tenant_id,
                    const struct customer_relationship *sent, const struct wire_error *error, struct err *err)
{
    const struct rfi *before = NULL;
    enum rc rc = repo_rfi_find(change->tx, change->mem, tenant_id, REPO_UPDATE, &before, err);
    if (rc != RC_OK || !same_words(before->customer_relationship, sent)) {
        return rc == RC_NOT_FOUND ? RC_OK : rc;
    }
    struct rfi after = *before;
    struct record record = {.before = before, .after = &after, .silent = true};
    struct record_set set = {.kind = AUDIT_RFI, .records = &record, .count = 1, .heard = true};
    after.provisioning_status = error != NULL ? PROVISIONING_FAILED : PROVISIONING_SYNCED;
    after.provisioning_errors = error != NULL ? error_list(change, error) : (struct part_list){0};
    return change__write(change, &set, err);
}

/* ---- civic addresses ---- */

/* Where the page has it; page->count: nowhere. */
static size_t place_in(const struct address_page *page, struct str id)
{
    size_t i = 0;
    while (i < page->count && !str_eq_ci(page->items[i].id, id)) {
        i++;
    }
    return i;
}

static enum rc write_address(const struct change *change, struct str account,
                             const struct civic_address *before, const struct civic_address *heard,
                             struct err *err)
{
    struct civic_address after = heard != NULL ? *heard : (struct civic_address){0};
    after.account_name = account;
    struct record record = {.before = before, .after = heard != NULL ? &after : NULL};
    struct record_set set = {
        .kind = AUDIT_CIVIC_ADDRESS, .account = account, .records = &record, .count = 1, .heard = true};
    return change__write(change, &set, err);
}

/* What is stored, as far as the page tells of it. *ret_within: what is stored behind these may be, too. */
static enum rc write_stored(const struct change *change, struct str account, const struct address_page *page,
                            const struct list_page *stored, bool *known, bool *ret_within, struct err *err)
{
    const struct civic_address *rows = stored->items.items;
    struct str last = page->last ? STR_NONE : arena_lower(change->mem, page->items[page->count - 1].id);
    enum rc rc = RC_OK;
    *ret_within = stored->more;
    for (size_t i = 0; rc == RC_OK && i < stored->items.count; i++) {
        if (!page->last && str_cmp(arena_lower(change->mem, rows[i].id), last) > 0) {
            *ret_within = false;
            break;
        }
        size_t at = place_in(page, rows[i].id);
        bool there = at < page->count;
        if (there) {
            known[at] = true;
        }
        rc = write_address(change, account, &rows[i], there ? &page->items[at] : NULL, err);
    }
    return rc;
}

/* A page of ours at a time; known[i]: the page's was among them. */
static enum rc compare_stored(const struct change *change, struct str account,
                              const struct address_page *page, bool *known, struct err *err)
{
    char last[LIMIT_TEXT];
    struct list_query query = {.account = account,
                               .limit = LIMIT_PAGE,
                               .after = {.set = !str_absent(page->after), .text = page->after}};
    bool within = page->last || page->count > 0;
    enum rc rc = RC_OK;
    while (rc == RC_OK && within) {
        struct arena_mark mark = arena_mark(change->mem);
        struct list_page stored = {.count = -1};
        rc = repo_civic_addresses_list(change->tx, change->mem, &query, &stored, err);
        rc = rc == RC_OK ? write_stored(change, account, page, &stored, known, &within, err) : rc;
        if (rc == RC_OK && within) {
            ensure(stored.last.text.n <= sizeof last);
            memcpy(last, stored.last.text.p, stored.last.text.n);
            query.after = (struct cursor){.set = true, .text = {last, stored.last.text.n}};
        }
        arena_rewind(change->mem, mark);
    }
    return rc;
}

enum rc civic_addresses_heard(const struct change *change, struct str account,
                              const struct address_page *page, struct err *err)
{
    const struct account *holder = NULL;
    bool *known = arena_alloc_array(change->mem, page->count, sizeof *known);
    if (known == NULL) {
        return change__no_room(err);
    }
    enum rc rc = repo_account_find(change->tx, change->mem, account, REPO_SHARE, &holder, err);
    if (rc == RC_OK) {
        rc = compare_stored(change, account, page, known, err);
    }
    for (size_t i = 0; rc == RC_OK && i < page->count; i++) {
        rc = known[i] ? RC_OK : write_address(change, account, NULL, &page->items[i], err);
    }
    return rc == RC_NOT_FOUND ? RC_OK : rc;
}
