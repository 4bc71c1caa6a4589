/* What became of an order, number by number. What is written of a number holds for the configuration that was sent: one that was
 * changed meanwhile stays pending and is sent again. */
#include "gateway/sync/room.h"

#include "common/base/banned.h"

#define MUST_LEAVE (-1) /* revision of a row that leaves because its settings could not be changed */

/* What a code of the back end asks for. Those that are not here are for a person. */
enum cure { CURE_PERSON, CURE_LATER, CURE_RELEASE_FIRST, CURE_NONE_NEEDED };
static const struct {
    struct str code;
    enum cure cure;
} cures[] = {
    {STR("InternalError"), CURE_LATER},
    {STR("Throttled"), CURE_LATER},
    {STR("NumberInOperation"), CURE_LATER},
    {STR("UnableToRetrievePartnerInfo"), CURE_LATER},
    {STR("UpdateNotPossible"), CURE_RELEASE_FIRST},
    {STR("NumberNotFound"), CURE_NONE_NEEDED}, /* of a release */
};

static enum cure cure_of(struct str code)
{
    for (size_t i = 0; i < ARRAY_LEN(cures); i++) {
        if (str_eq(cures[i].code, code)) {
            return cures[i].cure;
        }
    }
    return CURE_PERSON;
}

struct settling {
    struct sync *sync;
    struct repo_tx *tx;
    struct arena *mem;
    const struct order *order;
    struct outcome *outcome;
    struct str account;
    const struct stand *stand;
    const struct rfi *rfi; /* of the tenant, for a refusal; NULL: there is none */
    int64_t *keys;
    const struct number **numbers;
    const struct acquired **rows;
    const struct acquired **others; /* of the other service, for numbers that have both */
    /* What is to be written. */
    struct acquired *written;
    int64_t *removed, *dropped;
    struct number_news *news;
    size_t written_count, removed_count, dropped_count, news_count;
};

/* ---- small questions ---- */

static const struct number *visible(const struct number *number)
{
    return number != NULL && !number->releasing ? number : NULL;
}

/* One that was nobody's when it was ordered (an orphan) may be another account's by now. */
static bool is_anothers(const struct settling *s, const struct number *number)
{
    return number != NULL && !str_eq(number->account_name, s->account);
}

/* The number as it is now asks for what the row is about. */
static bool is_wanted(const struct settling *s, const struct number *number)
{
    return visible(number) != NULL && s->stand->account != NULL && !is_anothers(s, number) &&
           number_syncs(s->stand->account, number, s->order->sent.service);
}

static bool is_held_too(const struct settling *s, size_t i)
{
    enum service other =
        s->order->sent.service == SERVICE_OPERATOR_CONNECT ? SERVICE_PHONE_MOBILE : SERVICE_OPERATOR_CONNECT;
    const struct acquired *row = s->others[i];
    return !number_syncs(s->stand->account, s->numbers[i], other) ||
           (row != NULL && row->state == ACQUIRED_HELD && str_absent(row->order) &&
            row->revision == s->numbers[i]->revision.configuration);
}

/* An account that came again under its name may not have the service any more. */
static bool may_return(const struct settling *s, const struct number *number)
{
    bool may = s->stand->account != NULL;
    for (enum service service = 0; may && service < SERVICE_COUNT; service++) {
        may = !number_enables(number, service) || account_enables(s->stand->account, service);
    }
    return may;
}

/* ---- what is written ---- */

static void keep(struct settling *s, size_t i, enum acquired_state state, int64_t revision)
{
    struct acquired row = *s->rows[i];
    row.state = state;
    row.revision = revision;
    row.order = STR_NONE;
    s->written[s->written_count++] = row;
}

static void forget(struct settling *s, size_t i)
{
    s->removed[s->removed_count++] = s->keys[i];
}

static struct number_news *tell(struct settling *s, size_t i, enum provisioning_status status,
                                const struct backend_number *known)
{
    struct number_news *news = &s->news[s->news_count++];
    *news = (struct number_news){
        .before = s->numbers[i], .status = status, .service = s->order->sent.service, .known = known};
    return news;
}

static void tell_failure(struct settling *s, size_t i, const struct backend_number *known)
{
    const struct backend_entry *entry = &s->outcome->entries[i];
    struct number_news *news = tell(s, i, PROVISIONING_FAILED, known);
    news->error = (struct wire_error){
        .code = !str_empty(entry->code) ? entry->code : STR("BackendRefused"),
        .message = entry->message,
        .target = arena_printf(s->mem, "serviceDetails.%s", service_json_name(s->order->sent.service))};
    s->outcome->counts[SYNC_REFUSED]++;
}

static void order_again(struct settling *s)
{
    s->outcome->counts[SYNC_AGAIN]++;
}

/* ---- uploads ---- */

static void uploaded(struct settling *s, size_t i)
{
    const struct number *number = s->numbers[i];
    const struct backend_number *known = s->outcome->entries[i].number;
    bool leaving = s->rows[i]->state == ACQUIRED_LEAVING;
    s->outcome->counts[SYNC_UPLOADED]++;
    keep(s, i, leaving ? ACQUIRED_LEAVING : ACQUIRED_HELD, s->order->revisions[i]);
    if (visible(number) == NULL || is_anothers(s, number)) {
        return;
    }
    bool current = is_wanted(s, number) && number->provisioning_status == PROVISIONING_PENDING &&
                   number->revision.configuration == s->order->revisions[i] && is_held_too(s, i);
    s->outcome->finished += current;
    tell(s, i, current ? PROVISIONING_SYNCED : PROVISIONING_ABSENT, known);
}

/* A refusal for want of a consent that is there by now is an old one, or what is known here of the consent is: later both are clear. */
static enum cure upload_cure(const struct settling *s, size_t i)
{
    const struct backend_number *sent = &s->order->sent.numbers[i];
    struct str code = s->outcome->entries[i].code;
    bool outdated = consent_is_reason(code) &&
                    consent_check(s->rfi, sent->telephone_number, &sent->settings, NULL) == RC_OK;
    return outdated ? CURE_LATER : cure_of(code);
}

static void upload_refused(struct settling *s, size_t i)
{
    const struct acquired *row = s->rows[i];
    const struct number *number = visible(s->numbers[i]);
    enum cure cure = upload_cure(s, i);
    if (cure == CURE_RELEASE_FIRST && row->state != ACQUIRED_LEAVING) {
        keep(s, i, ACQUIRED_LEAVING, MUST_LEAVE);
        return;
    }
    if (row->state == ACQUIRED_NEW) {
        forget(s, i);
    } else {
        keep(s, i, row->state, row->revision);
    }
    if (cure == CURE_LATER) {
        order_again(s);
    } else if (is_wanted(s, number) && row->state != ACQUIRED_LEAVING &&
               number->revision.configuration == s->order->revisions[i]) {
        tell_failure(s, i, NULL);
    }
}

/* ---- releases ---- */

static void released(struct settling *s, size_t i)
{
    const struct number *number = s->numbers[i];
    s->outcome->counts[SYNC_RELEASED]++;
    forget(s, i);
    if (is_anothers(s, number)) {
        return;
    }
    if (number != NULL && number->releasing) {
        s->outcome->finished++;
        s->dropped[s->dropped_count++] = s->keys[i];
    } else if (number != NULL && !is_wanted(s, number) &&
               number->provisioning_status == PROVISIONING_FAILED) {
        tell(s, i, PROVISIONING_SYNCED, NULL); /* it had failed because of what is gone now */
    }
}

/* What the refusal says of it, where the back end does not say more. */
static const struct backend_number *as_assigned(struct settling *s, size_t i)
{
    const struct backend_entry *entry = &s->outcome->entries[i];
    enum service service = s->order->sent.service;
    const struct number_services *services = s->numbers[i]->services;
    const struct number_service *part = services != NULL ? services->of[service] : NULL;
    if (entry->number != NULL || !str_eq(entry->code, STR("NumberAssigned"))) {
        return entry->number;
    }
    struct backend_number *known = arena_new_of(s->mem, struct backend_number);
    if (known != NULL) {
        known->assignment_status = ASSIGNMENT_ASSIGNED;
        if (part != NULL && part->configuration != NULL) {
            known->settings = *part->configuration;
        }
    }
    return known;
}

/* While its account does not ask for sync, nobody waits for it: it is left at that until sync is on, or somebody asks. */
static void release_later(struct settling *s, size_t i)
{
    if (s->stand->account != NULL && !s->stand->syncs[s->order->sent.service]) {
        keep(s, i, ACQUIRED_LEAVING, ACQUIRED_REFUSED);
    } else {
        keep(s, i, ACQUIRED_LEAVING, s->rows[i]->revision);
        order_again(s);
    }
}

static void release_refused(struct settling *s, size_t i)
{
    const struct number *number = s->numbers[i];
    const struct acquired *row = s->rows[i];
    bool later = cure_of(s->outcome->entries[i].code) == CURE_LATER;
    if (number == NULL || is_anothers(s, number)) {
        forget(s, i); /* an orphan, released by command */
    } else if (is_wanted(s, number) && (later || row->revision != MUST_LEAVE)) {
        keep(s, i, ACQUIRED_HELD, ACQUIRED_OUTDATED); /* it came back meanwhile: its upload says how it is */
    } else if (later) {
        keep(s, i, ACQUIRED_LEAVING, row->revision);
        order_again(s);
    } else if (is_wanted(s, number)) {
        keep(s, i, ACQUIRED_HELD, ACQUIRED_OUTDATED);
        tell_failure(s, i, as_assigned(s, i));
    } else if (number->releasing && may_return(s, number)) {
        keep(s, i, ACQUIRED_HELD, number->revision.configuration);
        tell_failure(s, i, as_assigned(s, i));
    } else {
        release_later(s, i);
        if (!number->releasing) {
            tell_failure(s, i, as_assigned(s, i));
        }
    }
}

static void settle_one(struct settling *s, size_t i)
{
    bool done = s->outcome->entries[i].state == BACKEND_ENTRY_DONE;
    if (s->rows[i] == NULL || !str_eq(s->rows[i]->order, s->order->sent.id)) {
        return; /* another order has it by now: a late answer */
    }
    if (s->order->sent.kind == BACKEND_UPLOAD) {
        (done ? uploaded : upload_refused)(s, i);
    } else {
        bool gone = done || cure_of(s->outcome->entries[i].code) == CURE_NONE_NEEDED;
        (gone ? released : release_refused)(s, i);
    }
}

/* Who waited for a number to be free looks again: nothing else would tell. */
static enum rc touch_others(const struct settling *s, struct err *err)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < s->order->sent.count; i++) {
        if (is_anothers(s, s->numbers[i])) {
            rc = repo_outbox_touch(s->tx, OUTBOX_SYNC, s->numbers[i]->account_name, err);
        }
    }
    return rc;
}

/* ---- the transaction ---- */

static enum rc make_room(struct settling *s, struct err *err)
{
    size_t count = s->order->sent.count;
    s->keys = arena_alloc_array(s->mem, 3 * count, sizeof *s->keys);
    s->numbers = arena_alloc_array(s->mem, count, sizeof *s->numbers);
    s->rows = arena_alloc_array(s->mem, count, sizeof *s->rows);
    s->others = arena_alloc_array(s->mem, count, sizeof *s->others);
    s->written = arena_alloc_array(s->mem, count, sizeof *s->written);
    s->news = arena_alloc_array(s->mem, count, sizeof *s->news);
    if (arena_failed(s->mem)) {
        return err_set(err, RC_LIMIT, NULL, "out of memory for the results of an order");
    }
    s->removed = s->keys + count;
    s->dropped = s->removed + count;
    for (size_t i = 0; i < count; i++) {
        s->keys[i] = s->order->sent.numbers[i].telephone_number;
    }
    return RC_OK;
}

static bool is_refused(const struct settling *s)
{
    bool refused = false;
    for (size_t i = 0; i < s->order->sent.count; i++) {
        refused = refused || s->outcome->entries[i].state != BACKEND_ENTRY_DONE;
    }
    return refused;
}

static enum rc read_rows(struct settling *s, struct err *err)
{
    enum service service = s->order->sent.service;
    size_t count = s->order->sent.count;
    enum rc rc = RC_OK;
    if (is_refused(s)) {
        rc = repo_rfi_find(s->tx, s->mem, s->order->sent.tenant_id, REPO_READ, &s->rfi, err);
        rc = rc == RC_NOT_FOUND ? RC_OK : rc;
    }
    if (rc == RC_OK) {
        rc = repo_numbers_find(s->tx, s->mem, s->keys, count, REPO_UPDATE, s->numbers, err);
    }
    for (enum service other = 0; rc == RC_OK && other < SERVICE_COUNT; other++) {
        if (other == service) {
            rc = repo_acquired_find(s->tx, s->mem, other, s->keys, count, REPO_UPDATE, s->rows, err);
        } else if (s->stand->syncs[other]) {
            rc = repo_acquired_find(s->tx, s->mem, other, s->keys, count, REPO_UPDATE, s->others, err);
        }
    }
    return rc;
}

static enum rc write_rows(struct settling *s, struct err *err)
{
    const struct change change = sync__change(s->sync, s->tx, s->mem);
    enum rc rc = repo_acquired_write(s->tx, s->written, s->written_count, err);
    if (rc == RC_OK) {
        rc = repo_acquired_remove(s->tx, s->order->sent.service, s->removed, s->removed_count, err);
    }
    if (rc == RC_OK) {
        rc = numbers_heard(&change, s->account, s->news, s->news_count, err);
    }
    if (rc == RC_OK) {
        rc = repo_numbers_drop_hidden(s->tx, s->dropped, s->dropped_count, err);
    }
    if (rc == RC_OK) {
        rc = touch_others(s, err);
    }
    return rc == RC_OK ? repo_job_remove(s->tx, s->order->sent.id, err) : rc;
}

enum rc settle__order(struct sync *sync, struct repo_tx *tx, struct arena *mem, struct str account,
                      const struct stand *stand, const struct order *order, struct outcome *outcome,
                      struct err *err)
{
    struct settling s = {.sync = sync,
                         .tx = tx,
                         .mem = mem,
                         .order = order,
                         .outcome = outcome,
                         .account = account,
                         .stand = stand};
    memset(outcome->counts, 0, sizeof outcome->counts);
    outcome->finished = 0;
    enum rc rc = make_room(&s, err);
    if (rc == RC_OK) {
        rc = read_rows(&s, err);
    }
    for (size_t i = 0; rc == RC_OK && i < order->sent.count; i++) {
        settle_one(&s, i);
    }
    return rc == RC_OK ? write_rows(&s, err) : rc;
}
