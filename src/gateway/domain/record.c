#include "common/base/limits.h"
#include "gateway/domain/room.h"

#include "common/base/banned.h"

/* ---- the kinds of resources ---- */

struct kind {
    const struct schema *schema;
    size_t revision, status, errors, provenance; /* offsets */
    bool has_status, has_provenance;
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
    int64_t *removed = arena_alloc_array(change->mem, 2 * set->count, sizeof *removed);
    int64_t *hidden = removed != NULL ? removed + set->count : NULL;
    size_t written_count = 0, created_count = 0, removed_count = 0, hidden_count = 0;
    if (written == NULL || removed == NULL) {
        return change__no_room(err);
    }
    for (const struct record *r = set->records; r < set->records + set->count; r++) {
        if (r->after == NULL && r->stays) {
            hidden[hidden_count++] = ((const struct number *)r->before)->telephone_number;
        } else if (r->after == NULL) {
            removed[removed_count++] = ((const struct number *)r->before)->telephone_number;
        } else if (r->before == NULL && !r->returns) {
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
    return rc == RC_OK ? repo_numbers_hide(change->tx, hidden, hidden_count, err) : rc;
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
        const struct civic_address *before = r->before;
        if (r->after == NULL) {
            rc = repo_civic_address_remove(change->tx, before->account_name, before->id, err);
        } else if (!r->same) {
            rc = repo_civic_address_write(change->tx, r->after, err);
        }
    }
    return rc;
}

#define PROVENANCE_OF(type) .provenance = offsetof(struct type, provenance), .has_provenance = true
#define STATUS_OF(type)                                                                                      \
    .revision = offsetof(struct type, revision), .status = offsetof(struct type, provisioning_status),       \
    .errors = offsetof(struct type, provisioning_errors), .has_status = true
static const struct kind kinds[] = {
    [AUDIT_ACCOUNT] = {&schema_account, STATUS_OF(account), PROVENANCE_OF(account), .key = account_key,
                       .store = store_accounts},
    [AUDIT_NUMBER] = {&schema_number, STATUS_OF(number), PROVENANCE_OF(number), .key = number_key,
                      .store = store_numbers},
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

/* Its status is another one, and no audit row will tell how: there is nothing to compare. */
static bool is_plainly_other(const struct kind *kind, const struct record *record)
{
    return record->silent && kind->has_status && record->before != NULL && record->after != NULL &&
           memcmp((const char *)record->before + kind->status, (const char *)record->after + kind->status,
                  sizeof(enum provisioning_status)) != 0;
}

static void compare(const struct change *change, const struct kind *kind, bool heard, struct record *record)
{
    if (is_plainly_other(kind, record)) {
        record->same = false;
        return;
    }
    if (record->before != NULL) {
        record->before_json = model_json(kind->schema, record->before, change->mem);
    }
    if (!heard && was_heard(kind, record)) {
        settle_status(change, kind, record);
    }
    record->same = record->after != NULL && reads_the_same(change, kind, record);
}

bool change__is_same(const struct change *change, enum audit_kind kind, const void *before, void *after)
{
    struct record record = {.before = before, .after = after};
    compare(change, &kinds[kind], true, &record);
    return record.same;
}

/* What a client writes is configuration, and its status is decided anew with it: both parts move. Of what was found out the status
 * part moves alone. One value does for all resources of a change, since none of them has had it before. */
static void stamp(const struct change *change, const struct kind *kind, bool heard, struct record *record,
                  int64_t value)
{
    struct revision revision = {value, value, change->now, change->now};
    if (record->after == NULL) {
        return;
    }
    const void *before = record->before != NULL ? (const char *)record->before + kind->revision : NULL;
    if (before != NULL && heard) {
        memcpy(&revision, before, sizeof revision);
        revision.status = value;
        revision.status_at = change->now;
    }
    memcpy((char *)record->after + kind->revision, record->same ? before : &revision, sizeof revision);
}

/* Of what was found out, and of what is the same, nobody else is the author. */
static void sign(const struct change *change, const struct kind *kind, bool heard, struct record *record)
{
    if (!kind->has_provenance || record->after == NULL) {
        return;
    }
    const struct actor *actor = change->actor;
    struct str name = str_absent(actor->name) ? actor->client_id : actor->name;
    struct provenance provenance = {1 + (int)actor->way, str_utf8_cut(name, LIMIT_PERSON)};
    if (record->before != NULL && (heard || record->same)) {
        memcpy(&provenance, (const char *)record->before + kind->provenance, sizeof provenance);
    } else if (heard) {
        return; /* one that is seen again keeps what its row says */
    }
    memcpy((char *)record->after + kind->provenance, &provenance, sizeof provenance);
}

static enum rc stamp_all(const struct change *change, const struct kind *kind, const struct record_set *set,
                         bool changed, struct err *err)
{
    int64_t value = 0;
    enum rc rc = changed ? repo_revision_next(change->tx, &value, err) : RC_OK;
    for (size_t i = 0; rc == RC_OK && i < set->count; i++) {
        stamp(change, kind, set->heard, &set->records[i], value);
        sign(change, kind, set->heard, &set->records[i]);
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

struct audit_row change__audit_row(const struct change *change, enum audit_kind kind,
                                   enum audit_action action, struct str account, struct str key)
{
    const struct actor *actor = change->actor;
    char text[NET_TEXT_MAX];
    return (struct audit_row){
        .at = change->now,
        .action = action,
        .kind = kind,
        .account = account,
        .key = key,
        .way = actor->way,
        .caller = actor->caller,
        .name = actor->name,
        .from = actor->from.family != 0 ? arena_str(change->mem, net_text(&actor->from, text)) : STR_NONE,
        .operation_id = str_absent(change->operation_id) ? actor->request_id : change->operation_id,
        .request_id = actor->request_id,
        .client_request_id = actor->client_request_id,
    };
}

static struct audit_row audit_row_of(const struct change *change, const struct record_set *set,
                                     const struct record *record)
{
    const void *resource = record->after != NULL ? record->after : record->before;
    enum audit_action action = record->before == NULL  ? AUDIT_CREATE
                               : record->after == NULL ? AUDIT_DELETE
                                                       : AUDIT_REPLACE;
    struct audit_row row = change__audit_row(change, set->kind, action, set->account,
                                             kinds[set->kind].key(resource, change->mem));
    row.before = record->before_json;
    row.after = record->after_json;
    return row;
}

static enum rc write_audit(const struct change *change, const struct record_set *set, struct err *err)
{
    struct audit_row *rows = arena_alloc_array(change->mem, set->count, sizeof *rows);
    size_t count = 0;
    for (size_t i = 0; rows != NULL && i < set->count; i++) {
        if (!set->records[i].same && !set->records[i].silent) {
            rows[count++] = audit_row_of(change, set, &set->records[i]);
        }
    }
    if (arena_failed(change->mem)) {
        return change__no_room(err);
    }
    return count > 0 ? repo_audit_add(change->tx, rows, count, err) : RC_OK;
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
        compare(change, kind, set->heard, &set->records[i]);
        changed = changed || !set->records[i].same;
    }
    if (arena_failed(change->mem)) {
        return change__no_room(err);
    }
    enum rc rc = stamp_all(change, kind, set, changed, err);
    return rc == RC_OK && changed ? write_rows(change, set, err) : rc;
}
