#include "gateway/domain/room.h"

#include "common/base/banned.h"

/* ---- the kinds of resources ---- */

struct kind {
    const struct schema *schema;
    size_t revision, status, errors; /* offsets */
    bool has_status;
    struct str (*key)(const void *resource, struct arena *mem);
    /* Writes and removes the rows of those that are not the same. */
    enum rc (*store)(const struct change *change, const struct record_set *set, struct err *err);
};

static struct str account_key(const void *resource, struct arena *mem UNUSED)
{
    return ((const struct account *)resource)->name;
}

static struct str number_key(const void *resource, struct arena *mem)
{
    char text[E164_TEXT_MAX];
    return arena_str(mem, model_e164_text(((const struct number *)resource)->telephone_number, text));
}

static struct str rfi_key(const void *resource, struct arena *mem UNUSED)
{
    return ((const struct rfi *)resource)->tenant_id;
}

static struct str civic_address_key(const void *resource, struct arena *mem UNUSED)
{
    return ((const struct civic_address *)resource)->id;
}

static enum rc store_accounts(const struct change *change, const struct record_set *set, struct err *err)
{
    enum rc rc = RC_OK;
    for (const struct record *r = set->records; rc == RC_OK && r < set->records + set->count; r++) {
        if (r->after == NULL) {
            rc = repo_account_remove(change->tx, ((const struct account *)r->before)->name, err);
        } else if (!r->same) {
            rc = repo_account_write(change->tx, r->after, r->before != NULL, err);
        }
    }
    return rc;
}

static enum rc store_numbers(const struct change *change, const struct record_set *set, struct err *err)
{
    const struct number **written = arena_alloc_array(change->mem, 2 * set->count, sizeof *written);
    const struct number **created = written != NULL ? written + set->count : NULL;
    int64_t *removed = arena_alloc_array(change->mem, set->count, sizeof *removed);
    size_t written_count = 0, created_count = 0, removed_count = 0;
    if (written == NULL || removed == NULL) {
        return change__no_room(err);
    }
    for (const struct record *r = set->records; r < set->records + set->count; r++) {
        if (r->after == NULL) {
            removed[removed_count++] = ((const struct number *)r->before)->telephone_number;
        } else if (r->before == NULL) {
            created[created_count++] = r->after;
        } else if (!r->same) {
            written[written_count++] = r->after;
        }
    }
    enum rc rc =
        written_count > 0 ? repo_numbers_write(change->tx, written, written_count, true, err) : RC_OK;
    if (rc == RC_OK && created_count > 0) {
        rc = repo_numbers_write(change->tx, created, created_count, false, err);
    }
    if (rc == RC_OK && removed_count > 0) {
        rc = repo_numbers_remove(change->tx, removed, removed_count, err);
    }
    return rc;
}

static enum rc store_rfis(const struct change *change, const struct record_set *set, struct err *err)
{
    enum rc rc = RC_OK;
    for (const struct record *r = set->records; rc == RC_OK && r < set->records + set->count; r++) {
        rc = r->same ? RC_OK : repo_rfi_write(change->tx, r->after, err);
    }
    return rc;
}

static enum rc store_civic_addresses(const struct change *change, const struct record_set *set,
                                     struct err *err)
{
    enum rc rc = RC_OK;
    for (const struct record *r = set->records; rc == RC_OK && r < set->records + set->count; r++) {
        rc = r->same ? RC_OK : repo_civic_address_write(change->tx, r->after, err);
    }
    return rc;
}

#define STATUS_OF(type)                                                                                      \
    .revision = offsetof(struct type, revision), .status = offsetof(struct type, provisioning_status),       \
    .errors = offsetof(struct type, provisioning_errors), .has_status = true
static const struct kind kinds[] = {
    [AUDIT_ACCOUNT] = {&schema_account, STATUS_OF(account), .key = account_key, .store = store_accounts},
    [AUDIT_NUMBER] = {&schema_number, STATUS_OF(number), .key = number_key, .store = store_numbers},
    [AUDIT_RFI] = {&schema_rfi, STATUS_OF(rfi), .key = rfi_key, .store = store_rfis},
    [AUDIT_CIVIC_ADDRESS] = {&schema_civic_address, .revision = offsetof(struct civic_address, revision),
                             .key = civic_address_key, .store = store_civic_addresses},
};

/* ---- what changes ---- */

static enum provisioning_status *status_in(const struct kind *kind, void *resource)
{
    return (void *)((char *)resource + kind->status);
}

static struct part_list *errors_in(const struct kind *kind, void *resource)
{
    return (void *)((char *)resource + kind->errors);
}

/* Whether the status of before still holds if all else is the same. A failed one does not: writing it again
 * is how a client asks for another try. */
static bool was_heard(const struct kind *kind, const struct record *record)
{
    if (!kind->has_status || record->before == NULL || record->after == NULL) {
        return false;
    }
    const void *before = (const char *)record->before + kind->status;
    return *status_in(kind, record->after) == PROVISIONING_PENDING &&
           *(const enum provisioning_status *)before != PROVISIONING_FAILED;
}

/* Two resources are the same when they read the same. */
static bool reads_the_same(const struct change *change, const struct kind *kind, struct record *record)
{
    record->after_json = model_json(kind->schema, record->after, change->mem);
    return record->before != NULL && str_eq(record->before_json, record->after_json);
}

static void settle_status(const struct change *change, const struct kind *kind, struct record *record)
{
    enum provisioning_status status = *status_in(kind, record->after);
    struct part_list errors = *errors_in(kind, record->after);
    memcpy(status_in(kind, record->after), (const char *)record->before + kind->status, sizeof status);
    memcpy(errors_in(kind, record->after), (const char *)record->before + kind->errors, sizeof errors);
    if (!reads_the_same(change, kind, record)) {
        *status_in(kind, record->after) = status;
        *errors_in(kind, record->after) = errors;
    }
}

static void compare(const struct change *change, const struct kind *kind, struct record *record)
{
    if (record->before != NULL) {
        record->before_json = model_json(kind->schema, record->before, change->mem);
    }
    if (was_heard(kind, record)) {
        settle_status(change, kind, record);
    }
    record->same = record->after != NULL && reads_the_same(change, kind, record);
}

/* What a client writes is configuration, and its status is decided anew with it: both parts move. One value
 * does for all resources of a change, since none of them has had it before. */
static void stamp(const struct change *change, const struct kind *kind, struct record *record, int64_t value)
{
    const struct revision revision = {value, value, change->now, change->now};
    if (record->after == NULL) {
        return;
    }
    const void *from = record->same ? (const char *)record->before + kind->revision : (const void *)&revision;
    memcpy((char *)record->after + kind->revision, from, sizeof revision);
}

static enum rc stamp_all(const struct change *change, const struct kind *kind, const struct record_set *set,
                         bool changed, struct err *err)
{
    int64_t value = 0;
    enum rc rc = changed ? repo_revision_next(change->tx, &value, err) : RC_OK;
    for (size_t i = 0; rc == RC_OK && i < set->count; i++) {
        stamp(change, kind, &set->records[i], value);
    }
    return rc;
}

/* ---- counters ---- */

static void count(struct number_counts *counts, const struct number *number, int64_t sign)
{
    if (number == NULL) {
        return;
    }
    counts->all += sign;
    for (int s = 0; s < SERVICE_COUNT; s++) {
        counts->of[s] += number_enables(number, s) ? sign : 0;
    }
}

static bool has_counts(const struct number_counts *counts)
{
    static const struct number_counts none;
    return memcmp(counts, &none, sizeof none) != 0;
}

static enum rc write_counts(const struct change *change, const struct record_set *set, struct err *err)
{
    struct number_counts delta = {0};
    if (set->kind != AUDIT_NUMBER) {
        return RC_OK;
    }
    for (const struct record *r = set->records; r < set->records + set->count; r++) {
        count(&delta, r->before, -1);
        count(&delta, r->after, +1);
    }
    return has_counts(&delta) ? repo_number_counts_add(change->tx, set->account, &delta, change->now, err)
                              : RC_OK;
}

/* ---- audit and outbox ---- */

static struct audit_row audit_row_of(const struct change *change, const struct record_set *set,
                                     const struct record *record, struct str from)
{
    const struct actor *actor = change->actor;
    const void *resource = record->after != NULL ? record->after : record->before;
    return (struct audit_row){
        .at = change->now,
        .action = record->before == NULL  ? AUDIT_CREATE
                  : record->after == NULL ? AUDIT_DELETE
                                          : AUDIT_REPLACE,
        .kind = set->kind,
        .account = set->account,
        .key = kinds[set->kind].key(resource, change->mem),
        .way = actor->way,
        .caller = actor->caller,
        .name = actor->name,
        .from = from,
        .operation_id = str_absent(change->operation_id) ? actor->request_id : change->operation_id,
        .request_id = actor->request_id,
        .client_request_id = actor->client_request_id,
        .before = record->before_json,
        .after = record->after_json,
    };
}

static enum rc write_audit(const struct change *change, const struct record_set *set, struct err *err)
{
    char text[NET_TEXT_MAX];
    struct str from = change->actor->from.family != 0 ? net_text(&change->actor->from, text) : STR_NONE;
    struct audit_row *rows = arena_alloc_array(change->mem, set->count, sizeof *rows);
    size_t count = 0;
    for (size_t i = 0; rows != NULL && i < set->count; i++) {
        if (!set->records[i].same) {
            rows[count++] = audit_row_of(change, set, &set->records[i], from);
        }
    }
    return arena_failed(change->mem) ? change__no_room(err) : repo_audit_add(change->tx, rows, count, err);
}

static enum rc touch_outbox(const struct change *change, const struct record_set *set, struct err *err)
{
    enum rc rc = RC_OK;
    for (enum outbox_kind kind = 0; rc == RC_OK && kind < OUTBOX_KIND_COUNT; kind++) {
        if (set->touch & (1U << kind)) {
            rc = repo_outbox_touch(change->tx, kind, set->touch_key, err);
        }
    }
    return rc;
}

/* ---- the one way ---- */

static enum rc write_rows(const struct change *change, const struct record_set *set, struct err *err)
{
    enum rc rc = kinds[set->kind].store(change, set, err);
    if (rc == RC_OK) {
        rc = write_counts(change, set, err);
    }
    if (rc == RC_OK) {
        rc = write_audit(change, set, err);
    }
    return rc == RC_OK ? touch_outbox(change, set, err) : rc;
}

enum rc change__write(const struct change *change, const struct record_set *set, struct err *err)
{
    const struct kind *kind = &kinds[set->kind];
    bool changed = false;
    for (size_t i = 0; i < set->count; i++) {
        compare(change, kind, &set->records[i]);
        changed = changed || !set->records[i].same;
    }
    if (arena_failed(change->mem)) {
        return change__no_room(err);
    }
    enum rc rc = stamp_all(change, kind, set, changed, err);
    return rc == RC_OK && changed ? write_rows(change, set, err) : rc;
}
