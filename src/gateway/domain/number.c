/* Numbers, one and many: one number is a batch of one, whose findings name its fields without "numbers[i].".
 *
 * A batch keeps its items twice: as they came, for findings and answers, and ascending, as they are locked,
 * read and written. */
#include <stdlib.h>

#include "gateway/domain/room.h"

#include "common/base/banned.h"

struct item {
    int64_t telephone_number;
    size_t index;               /* in the batch as it came */
    const struct number *input; /* NULL in a delete */
    const struct number *before;
    const struct number *hidden; /* being released, instead of before */
    bool twice;                  /* an earlier item has the same number */
    struct number *after;
};

struct batch {
    const struct change *change;
    const struct account *account;
    bool single;
    struct item *items;
    struct item **ascending;
    size_t count;
    struct err_list *findings;
};

/* ---- making a batch ---- */

static int compare_items(const void *a, const void *b)
{
    const struct item *x = *(struct item *const *)a, *y = *(struct item *const *)b;
    if (x->telephone_number != y->telephone_number) {
        return x->telephone_number < y->telephone_number ? -1 : 1;
    }
    return x->index < y->index ? -1 : x->index > y->index;
}

/* Items are zeroed but for their index; sort_batch when they have their numbers. */
static enum rc batch_init(struct batch *batch, const struct change *change, size_t count, struct err *err)
{
    batch->change = change;
    batch->count = count;
    batch->items = arena_alloc_array(change->mem, count, sizeof *batch->items);
    batch->ascending = arena_alloc_array(change->mem, count, sizeof(struct item *));
    batch->findings = change__findings(change);
    if (batch->items == NULL || batch->ascending == NULL || batch->findings == NULL) {
        return change__no_room(err);
    }
    for (size_t i = 0; i < count; i++) {
        batch->items[i].index = i;
        batch->ascending[i] = &batch->items[i];
    }
    return RC_OK;
}

static void sort_batch(struct batch *batch)
{
    qsort(batch->ascending, batch->count, sizeof(struct item *), compare_items);
    for (size_t i = 1; i < batch->count; i++) {
        batch->ascending[i]->twice =
            batch->ascending[i]->telephone_number == batch->ascending[i - 1]->telephone_number;
    }
}

static enum rc batch_of_numbers(struct batch *batch, const struct change *change,
                                const struct number *numbers, size_t count, struct err *err)
{
    enum rc rc = batch_init(batch, change, count, err);
    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        batch->items[i].input = &numbers[i];
        batch->items[i].telephone_number = numbers[i].telephone_number;
    }
    if (rc == RC_OK) {
        sort_batch(batch);
    }
    return rc;
}

static enum rc batch_of_identifiers(struct batch *batch, const struct change *change,
                                    const struct number_identifier *ids, size_t count, struct err *err)
{
    enum rc rc = batch_init(batch, change, count, err);
    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        batch->items[i].telephone_number = ids[i].telephone_number;
    }
    if (rc == RC_OK) {
        sort_batch(batch);
    }
    return rc;
}

/* Locks and reads what is there. No number may be in the batch twice. */
static enum rc find_before(struct batch *batch, struct err *err)
{
    struct arena *mem = batch->change->mem;
    int64_t *keys = arena_alloc_array(mem, batch->count, sizeof *keys);
    const struct number **found = arena_alloc_array(mem, batch->count, sizeof *found);
    if (keys == NULL || found == NULL) {
        return change__no_room(err);
    }
    if (batch->count == 0) {
        return RC_OK;
    }
    for (size_t i = 0; i < batch->count; i++) {
        keys[i] = batch->ascending[i]->telephone_number;
    }
    enum rc rc = repo_numbers_find(batch->change->tx, mem, keys, batch->count, REPO_UPDATE, found, err);
    for (size_t i = 0; rc == RC_OK && i < batch->count; i++) {
        bool hidden = found[i] != NULL && found[i]->releasing;
        batch->ascending[i]->before = hidden ? NULL : found[i];
        batch->ascending[i]->hidden = hidden ? found[i] : NULL;
    }
    return rc;
}

/* ---- rules ---- */

static struct str field_path(const struct batch *batch, const struct item *item, const char *field)
{
    if (batch->single) {
        return str_of(field);
    }
    return arena_printf(batch->change->mem, "numbers[%zu].%s", item->index, field);
}

/* The item's number as it is in the account of the batch, or NULL. */
static const struct number *ours_before(const struct batch *batch, const struct item *item)
{
    return item->before != NULL && str_eq(item->before->account_name, batch->account->name) ? item->before
                                                                                            : NULL;
}

static void check_twice(struct batch *batch, const struct item *item)
{
    if (item->twice) {
        err_list_add(batch->findings, "DuplicateNumber", field_path(batch, item, "telephoneNumber"),
                     "+%lld is in the batch more than once", (long long)item->telephone_number);
    }
}

static void check_account_name(struct batch *batch, const struct item *item)
{
    if (!str_eq(item->input->account_name, batch->account->name)) {
        err_list_add(batch->findings, "AccountNameMismatch", field_path(batch, item, "accountName"),
                     "accountName is \"%" STR_FMT "\", but the URL names \"%" STR_FMT "\"",
                     STR_ARG(item->input->account_name), STR_ARG(batch->account->name));
    }
}

static void check_services(struct batch *batch, const struct item *item)
{
    for (enum service s = 0; s < SERVICE_COUNT; s++) {
        if (number_enables(item->input, s) && !account_enables(batch->account, s)) {
            struct str field =
                arena_printf(batch->change->mem, "serviceDetails.%s.enabled", service_json_name(s));
            err_list_add(batch->findings, "ServiceNotEnabled",
                         field_path(batch, item, field.p != NULL ? field.p : ""),
                         "account \"%" STR_FMT "\" has not enabled %s", STR_ARG(batch->account->name),
                         service_json_name(s));
        }
    }
}

static void check_holder(struct batch *batch, const struct item *item)
{
    if (item->before != NULL && ours_before(batch, item) == NULL) {
        err_list_add(batch->findings, "NumberInUse", field_path(batch, item, "telephoneNumber"),
                     "+%lld belongs to account \"%" STR_FMT "\"", (long long)item->telephone_number,
                     STR_ARG(item->before->account_name));
    }
}

static void check_released(struct batch *batch, const struct item *item)
{
    if (item->hidden != NULL && !str_eq(item->hidden->account_name, batch->account->name)) {
        err_list_add(batch->findings, "NumberReleasing", field_path(batch, item, "telephoneNumber"),
                     "+%lld was deleted from account \"%" STR_FMT
                     "\", and the back end has not released it yet; try again later",
                     (long long)item->telephone_number, STR_ARG(item->hidden->account_name));
    }
}

/* To disable a service is to release the number there. */
static void check_assigned_service(struct batch *batch, const struct item *item)
{
    const struct number *before = ours_before(batch, item);
    for (enum service s = 0; before != NULL && s < SERVICE_COUNT; s++) {
        if (number_syncs(batch->account, before, s) && !number_enables(item->input, s) &&
            before->services->of[s]->assignment_status == ASSIGNMENT_ASSIGNED) {
            number__assigned_finding(batch->findings, before, field_path(batch, item, "telephoneNumber"));
            return;
        }
    }
}

static void check_assigned(struct batch *batch, const struct item *item)
{
    const struct number *before = ours_before(batch, item);
    if (before != NULL && number__is_assigned(batch->account, before)) {
        number__assigned_finding(batch->findings, before, field_path(batch, item, "telephoneNumber"));
    }
}

/* Another account's number stays what it is: see check_holder. */
static void check_launch(struct batch *batch, const struct item *item)
{
    enum service service;
    if (launch__binds_number(batch->change, batch->account, ours_before(batch, item), item->input,
                             &service)) {
        err_list_add(batch->findings, "ApiRequiredAfterLaunch", field_path(batch, item, "telephoneNumber"),
                     "%s is launched: +%lld, which it has or would get, is changed through the API",
                     service_json_name(service), (long long)item->telephone_number);
    }
}

typedef void check_item(struct batch *batch, const struct item *item);

/* In the order of the batch, all checks of an item together. */
static enum rc check_all(struct batch *batch, enum rc rc, check_item *const *checks, struct err *err)
{
    for (size_t i = 0; i < batch->count; i++) {
        for (size_t c = 0; checks[c] != NULL; c++) {
            checks[c](batch, &batch->items[i]);
        }
    }
    return err_from_list(err, rc, batch->findings);
}

static check_item *const put_invalid[] = {check_twice, check_account_name, check_services, NULL};
static check_item *const denied[] = {check_launch, NULL};
static check_item *const put_conflicts[] = {check_holder, check_released, check_assigned_service, NULL};
static check_item *const delete_invalid[] = {check_twice, NULL};
static check_item *const delete_conflicts[] = {check_assigned, NULL};

/* ---- put ---- */

/* What only a back end knows is taken from before; the client's word on assignment counts while no back end
 * is asked. */
static const struct number_teams_config *config_as_put(const struct batch *batch,
                                                       const struct number_service *input,
                                                       const struct number_service *before)
{
    const struct number_teams_config *known = before != NULL ? before->configuration : NULL;
    if (input->configuration == NULL || known == NULL) {
        return input->configuration;
    }
    struct number_teams_config *config = arena_new_of(batch->change->mem, struct number_teams_config);
    if (config != NULL) {
        *config = *input->configuration;
        config->acquired_capabilities = known->acquired_capabilities;
        config->available_capabilities = known->available_capabilities;
    }
    return config;
}

static const struct number_service *service_as_put(const struct batch *batch, const struct item *item,
                                                   enum service s)
{
    const struct number_service *input = item->input->services->of[s];
    const struct number *old = ours_before(batch, item);
    const struct number_service *before = old != NULL && old->services != NULL ? old->services->of[s] : NULL;
    if (input == NULL || !service_is_synced(s)) {
        return input;
    }
    struct number_service *service = arena_new_of(batch->change->mem, struct number_service);
    if (service != NULL) {
        *service = *input;
        service->configuration = config_as_put(batch, input, before);
        if (number_syncs(batch->account, item->input, s)) {
            service->assignment_status = before != NULL ? before->assignment_status : ASSIGNMENT_ABSENT;
        }
    }
    return service;
}

static const struct number_services *services_as_put(const struct batch *batch, const struct item *item)
{
    struct number_services *services = arena_new_of(batch->change->mem, struct number_services);
    for (enum service s = 0; services != NULL && item->input->services != NULL && s < SERVICE_COUNT; s++) {
        services->of[s] = service_as_put(batch, item, s);
    }
    return services;
}

static void set_status(const struct batch *batch, struct number *number)
{
    bool connect = number_syncs(batch->account, number, SERVICE_OPERATOR_CONNECT);
    const char *target = connect ? "serviceDetails.teamsOperatorConnect" : "serviceDetails.teamsPhoneMobile";
    struct asked asked = {number__is_synced(batch->account, number), target};
    change__set_status(batch->change, asked, &number->provisioning_status, &number->provisioning_errors);
}

/* The number as it shall be. NULL: no room. */
static struct number *number_as_put(const struct batch *batch, const struct item *item)
{
    struct number *number = arena_new_of(batch->change->mem, struct number);
    const struct number_services *services = services_as_put(batch, item);
    if (number == NULL || services == NULL) {
        return NULL;
    }
    number->telephone_number = item->telephone_number;
    number->account_name = batch->account->name;
    number->services = services;
    number->configuration = item->input->configuration;
    set_status(batch, number);
    return number;
}

/* ---- what the back end is to lose, or to keep after all ---- */

/* Only what it may have is looked for: a number of one service more or less, and one that comes back. */
static bool wish_of_put(const struct batch *batch, const struct item *item, enum service service,
                        struct acquired_wish *ret)
{
    const struct number *before = ours_before(batch, item);
    bool had = before != NULL && number_enables(before, service);
    *ret = (struct acquired_wish){item->telephone_number, number_enables(item->after, service), NULL};
    return item->hidden != NULL || (before != NULL && had != ret->wanted);
}

static enum rc wish_puts(const struct batch *batch, struct err *err)
{
    struct acquired_wish *wishes = arena_alloc_array(batch->change->mem, batch->count, sizeof *wishes);
    enum rc rc = wishes != NULL ? RC_OK : change__no_room(err);
    for (enum service s = 0; rc == RC_OK && s < SERVICE_COUNT; s++) {
        size_t count = 0;
        for (size_t i = 0; service_is_synced(s) && i < batch->count; i++) {
            count += wish_of_put(batch, batch->ascending[i], s, &wishes[count]);
        }
        rc = count > 0 ? acquired__wish(batch->change, batch->account, s, wishes, count, err) : RC_OK;
    }
    return rc;
}

/* The back end shall look when a number it is or was told about changes. */
static unsigned touch_of(const struct batch *batch, const struct number *number)
{
    return number != NULL && number__is_synced(batch->account, number) ? 1U << OUTBOX_SYNC : 0;
}

static enum rc write_puts(struct batch *batch, struct err *err)
{
    struct record *records = arena_alloc_array(batch->change->mem, batch->count, sizeof *records);
    struct record_set set = {.kind = AUDIT_NUMBER,
                             .account = batch->account->name,
                             .records = records,
                             .count = batch->count,
                             .touch_key = batch->account->name};
    for (size_t i = 0; records != NULL && i < batch->count; i++) {
        struct item *item = batch->ascending[i];
        item->after = number_as_put(batch, item);
        if (item->after == NULL) {
            return change__no_room(err);
        }
        records[i] =
            (struct record){.before = item->before, .after = item->after, .returns = item->hidden != NULL};
        set.touch |= touch_of(batch, item->before) | touch_of(batch, item->after);
    }
    if (records == NULL) {
        return change__no_room(err);
    }
    enum rc rc = wish_puts(batch, err);
    return rc == RC_OK ? change__write(batch->change, &set, err) : rc;
}

static enum rc judge_single(struct batch *batch, const struct precondition *pre, struct err *err)
{
    const struct number *number = ours_before(batch, batch->items);
    if (number == NULL) {
        return change__judge(pre, (struct etag){0}, NULL, err);
    }
    return change__judge(pre, revision_etag(&number->revision), &number->revision, err);
}

enum rc number_put(const struct change *change, const struct number *input, const struct precondition *pre,
                   const struct number **ret, bool *ret_created, struct err *err)
{
    struct batch batch = {.single = true};
    enum rc rc = account__need(change, input->account_name, REPO_SHARE, &batch.account, err);
    if (rc == RC_OK) {
        rc = batch_of_numbers(&batch, change, input, 1, err);
    }
    if (rc == RC_OK) {
        rc = find_before(&batch, err);
    }
    if (rc == RC_OK) {
        rc = judge_single(&batch, pre, err);
    }
    if (rc == RC_OK) {
        rc = check_all(&batch, RC_INVALID, put_invalid, err);
    }
    if (rc == RC_OK) {
        rc = check_all(&batch, RC_DENIED, denied, err);
    }
    if (rc == RC_OK) {
        rc = check_all(&batch, RC_CONFLICT, put_conflicts, err);
    }
    if (rc == RC_OK) {
        rc = write_puts(&batch, err);
    }
    if (rc == RC_OK) {
        *ret = batch.items[0].after;
        *ret_created = batch.items[0].before == NULL;
    }
    return rc;
}

enum rc numbers_put(const struct change *change, struct str account, const struct number_batch *input,
                    const struct number ***ret, struct err *err)
{
    struct batch batch = {0};
    const struct number **answer = arena_alloc_array(change->mem, input->numbers.count, sizeof *answer);
    enum rc rc = answer != NULL ? account__need(change, account, REPO_SHARE, &batch.account, err)
                                : change__no_room(err);
    if (rc == RC_OK) {
        rc = batch_of_numbers(&batch, change, input->numbers.items, input->numbers.count, err);
    }
    if (rc == RC_OK) {
        rc = check_all(&batch, RC_INVALID, put_invalid, err);
    }
    if (rc == RC_OK) {
        rc = find_before(&batch, err);
    }
    if (rc == RC_OK) {
        rc = check_all(&batch, RC_DENIED, denied, err);
    }
    if (rc == RC_OK) {
        rc = check_all(&batch, RC_CONFLICT, put_conflicts, err);
    }
    if (rc == RC_OK) {
        rc = write_puts(&batch, err);
    }
    for (size_t i = 0; rc == RC_OK && i < batch.count; i++) {
        answer[i] = batch.items[i].after;
    }
    if (rc == RC_OK) {
        *ret = answer;
    }
    return rc;
}

/* ---- delete ---- */

enum rc numbers__leave(const struct change *change, const struct account *account, struct record *records,
                       size_t count, struct err *err)
{
    struct acquired_wish *wishes = arena_alloc_array(change->mem, count, sizeof *wishes);
    enum rc rc = wishes != NULL ? RC_OK : change__no_room(err);
    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        const struct number *before = records[i].before;
        wishes[i] = (struct acquired_wish){before->telephone_number, false, &records[i].stays};
    }
    for (enum service s = 0; rc == RC_OK && count > 0 && s < SERVICE_COUNT; s++) {
        if (service_is_synced(s)) { /* it may still leave one that the account has no more */
            rc = acquired__wish(change, account, s, wishes, count, err);
        }
    }
    return rc;
}

/* What is not there, or another account's, is left out. */
static enum rc write_deletes(struct batch *batch, struct err *err)
{
    struct record *records = arena_alloc_array(batch->change->mem, batch->count, sizeof *records);
    struct record_set set = {.kind = AUDIT_NUMBER,
                             .account = batch->account->name,
                             .records = records,
                             .touch_key = batch->account->name};
    for (size_t i = 0; records != NULL && i < batch->count; i++) {
        const struct number *before = ours_before(batch, batch->ascending[i]);
        if (before != NULL) {
            records[set.count++] = (struct record){.before = before};
            set.touch |= touch_of(batch, before);
        }
    }
    enum rc rc = records != NULL ? RC_OK : change__no_room(err);
    if (rc == RC_OK) {
        rc = numbers__leave(batch->change, batch->account, records, set.count, err);
    }
    return rc == RC_OK ? change__write(batch->change, &set, err) : rc;
}

enum rc number_delete(const struct change *change, struct str account, int64_t telephone_number,
                      const struct precondition *pre, struct err *err)
{
    struct batch batch = {.single = true};
    struct number_identifier id = {telephone_number};
    enum rc rc = repo_account_find(change->tx, change->mem, account, REPO_SHARE, &batch.account, err);
    if (rc == RC_NOT_FOUND) {
        return change__judge(pre, (struct etag){0}, NULL, err);
    }
    if (rc == RC_OK) {
        rc = batch_of_identifiers(&batch, change, &id, 1, err);
    }
    if (rc == RC_OK) {
        rc = find_before(&batch, err);
    }
    if (rc == RC_OK) {
        rc = judge_single(&batch, pre, err);
    }
    if (rc == RC_OK) {
        rc = check_all(&batch, RC_DENIED, denied, err);
    }
    if (rc == RC_OK) {
        rc = check_all(&batch, RC_CONFLICT, delete_conflicts, err);
    }
    return rc == RC_OK ? write_deletes(&batch, err) : rc;
}

enum rc numbers_delete(const struct change *change, struct str account, const struct identifier_batch *input,
                       struct err *err)
{
    struct batch batch = {0};
    enum rc rc = account__need(change, account, REPO_SHARE, &batch.account, err);
    if (rc == RC_OK) {
        rc = batch_of_identifiers(&batch, change, input->numbers.items, input->numbers.count, err);
    }
    if (rc == RC_OK) {
        rc = check_all(&batch, RC_INVALID, delete_invalid, err);
    }
    if (rc == RC_OK) {
        rc = find_before(&batch, err);
    }
    if (rc == RC_OK) {
        rc = check_all(&batch, RC_DENIED, denied, err);
    }
    if (rc == RC_OK) {
        rc = check_all(&batch, RC_CONFLICT, delete_conflicts, err);
    }
    return rc == RC_OK ? write_deletes(&batch, err) : rc;
}

/* ---- each by itself ---- */

static enum rc check_seen(const struct batch *batch, const struct item *item, int64_t seen, struct err *err)
{
    const struct number *before = ours_before(batch, item);
    if ((before != NULL ? before->revision.configuration : 0) == seen) {
        return RC_OK;
    }
    const char *what = before == NULL ? "is not there any more"
                       : seen == 0    ? "is there meanwhile"
                                      : "was changed by somebody else meanwhile";
    return err_set(err, RC_CONFLICT, "ChangedSincePreview", "+%lld %s", (long long)item->telephone_number,
                   what);
}

/* As check_all, of one item. */
static enum rc check_one(struct batch *batch, const struct item *item, enum rc rc, check_item *const *checks,
                         struct err *err)
{
    batch->findings = change__findings(batch->change);
    if (batch->findings == NULL) {
        return change__no_room(err);
    }
    for (size_t c = 0; checks[c] != NULL; c++) {
        checks[c](batch, item);
    }
    return err_from_list(err, rc, batch->findings);
}

static enum rc judge_step(struct batch *batch, const struct item *item, int64_t seen, struct err *err)
{
    enum rc rc = check_seen(batch, item, seen, err);
    if (rc == RC_OK && item->input != NULL) {
        rc = check_one(batch, item, RC_INVALID, put_invalid, err);
    }
    if (rc == RC_OK) {
        rc = check_one(batch, item, RC_DENIED, denied, err);
    }
    return rc == RC_OK ? check_one(batch, item, RC_CONFLICT,
                                   item->input != NULL ? put_conflicts : delete_conflicts, err)
                       : rc;
}

/* Only those that may be done stay in `ascending`. */
static enum rc judge_steps(struct batch *batch, struct number_step *steps, struct err *err)
{
    struct arena *mem = batch->change->mem;
    size_t kept = 0;
    for (size_t i = 0; i < batch->count; i++) {
        struct item *item = batch->ascending[i];
        struct err refusal = {0};
        enum rc rc = judge_step(batch, item, steps[item->index].seen, &refusal);
        if (rc == RC_OK) {
            batch->ascending[kept++] = item;
            continue;
        }
        struct err *copy = arena_new_of(mem, struct err);
        if (copy == NULL || rc == RC_LIMIT) {
            return change__no_room(err);
        }
        *copy = refusal;
        steps[item->index].refused = copy;
    }
    batch->count = kept;
    return RC_OK;
}

enum rc numbers_step(const struct change *change, struct str account, struct number_step *steps, size_t count,
                     bool apply, struct err *err)
{
    struct batch batch = {.single = true};
    enum rc rc = account__need(change, account, REPO_SHARE, &batch.account, err);
    if (rc == RC_OK) {
        rc = batch_init(&batch, change, count, err);
    }
    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        batch.items[i].telephone_number = steps[i].telephone_number;
        batch.items[i].input = steps[i].input;
        steps[i].refused = NULL;
    }
    if (rc != RC_OK) {
        return rc;
    }
    sort_batch(&batch);
    rc = find_before(&batch, err);
    if (rc == RC_OK) {
        rc = judge_steps(&batch, steps, err);
    }
    if (rc != RC_OK || !apply || batch.count == 0) {
        return rc;
    }
    return batch.ascending[0]->input != NULL ? write_puts(&batch, err) : write_deletes(&batch, err);
}
