#include "gateway/ops/sync_read.h"

#include "common/base/limits.h"
#include "gateway/domain/change.h"
#include "gateway/sync/order.h"
#include "gateway/sync/sweep.h"

#include "common/base/banned.h"

#define COUNT_MAX      10000 /* of one thing, unless in a list */
#define COUNT_LIST_MAX 1000
#define ORDERS_MAX     16

const struct sync_kind sync_kinds[] = {
    {OUTBOX_SYNC, "sync"}, {OUTBOX_RFI, "relationship"}, {OUTBOX_SWEEP, "sweep"}, {OUTBOX_INWARD, "inward"}};
const size_t sync_kind_count = ARRAY_LEN(sync_kinds);

static enum rc no_room(struct err *err)
{
    return err_set(err, RC_LIMIT, NULL, "the request needs more memory than one may have");
}

/* One more than the limit was asked for. */
static const struct sync_count *make_count(struct arena *mem, int64_t found, int64_t limit)
{
    struct sync_count *count = arena_new_of(mem, struct sync_count);
    if (count != NULL) {
        *count = (struct sync_count){found > limit ? limit : found, found > limit};
    }
    return count;
}

static struct wall in_ms(int64_t wait_ms)
{
    return (struct wall){clock_wall().ms + wait_ms};
}

/* ---- what fails ---- */

static const struct sync_error *last_error(struct arena *mem, const struct outbox_failure *failure)
{
    struct sync_error *error =
        failure->count > 0 && !str_absent(failure->code) ? arena_new_of(mem, struct sync_error) : NULL;
    if (error != NULL) {
        *error = (struct sync_error){failure->code, failure->message};
    }
    return error;
}

struct wall sync_next_try(const struct outbox_state *state)
{
    return state->rests ? CLOCK_ABSENT : in_ms(state->wait_ms);
}

static const struct sync_failing *make_failing(struct arena *mem, const struct outbox_state *state)
{
    struct sync_failing *failing = state != NULL ? arena_new_of(mem, struct sync_failing) : NULL;
    if (failing != NULL) {
        *failing = (struct sync_failing){.item = state->key,
                                         .attempt = state->failure.count,
                                         .failing_since = state->failure.since,
                                         .next_try_at = sync_next_try(state),
                                         .last_error = last_error(mem, &state->failure)};
    }
    return failing;
}

/* ---- the whole ---- */

enum rc sync_read_kind(struct repo_tx *tx, struct arena *mem, const struct sync_kind *kind,
                       struct sync_kind_status *ret, struct err *err)
{
    struct outbox_counts counts = {.succeeded_at = CLOCK_ABSENT};
    enum rc rc = repo_outbox_counts(tx, mem, kind->kind, COUNT_MAX, &counts, err);
    *ret = (struct sync_kind_status){.kind = str_of(kind->name),
                                     .depth = counts.rows,
                                     .due = counts.due,
                                     .failing = counts.failing,
                                     .paused_keys = counts.paused,
                                     .truncated = counts.rows == COUNT_MAX || counts.paused == COUNT_MAX,
                                     .oldest_due_at =
                                         counts.oldest_ms >= 0 ? in_ms(-counts.oldest_ms) : CLOCK_ABSENT,
                                     .last_success_at = counts.succeeded_at,
                                     .failing_longest = make_failing(mem, counts.failing_longest)};
    return rc == RC_OK ? repo_outbox_paused(tx, kind->kind, STR(""), &ret->paused, err) : rc;
}

enum rc sync_read_status(struct repo_tx *tx, struct arena *mem, struct sync_status *ret, struct err *err)
{
    struct sync_kind_status *kinds = arena_alloc_array(mem, sync_kind_count, sizeof *kinds);
    enum rc rc = kinds != NULL ? RC_OK : no_room(err);
    int64_t orders = 0, orphans = 0;
    ret->last_success_at = CLOCK_ABSENT;
    for (size_t i = 0; rc == RC_OK && i < sync_kind_count; i++) {
        rc = sync_read_kind(tx, mem, &sync_kinds[i], &kinds[i], err);
        bool later = kinds[i].last_success_at.ms > ret->last_success_at.ms; /* CLOCK_ABSENT is before all */
        ret->last_success_at = later ? kinds[i].last_success_at : ret->last_success_at;
    }
    if (rc == RC_OK) {
        rc = repo_jobs_open_count(tx, STR(ORDER_KIND), COUNT_MAX + 1, &orders, err);
    }
    if (rc == RC_OK) {
        rc = repo_acquired_odd_count(tx, ACQUIRED_ORPHAN, STR_NONE, COUNT_MAX + 1, &orphans, err);
    }
    ret->kinds = (struct part_list){kinds, sync_kind_count};
    ret->orders = make_count(mem, orders, COUNT_MAX);
    ret->orphans = make_count(mem, orphans, COUNT_MAX);
    return rc == RC_OK && arena_failed(mem) ? no_room(err) : rc;
}

/* ---- an account ---- */

static const char *status_name(enum provisioning_status status)
{
    const struct field *field = schema_field(&schema_account, STR("serviceProvisioningStatus"));
    return status != PROVISIONING_ABSENT ? field->names[status - 1] : NULL;
}

static void put_account(struct arena *mem, const struct account *account, struct sync_account *ret)
{
    struct str *services = arena_alloc_array(mem, SERVICE_COUNT, sizeof *services);
    size_t count = 0;
    for (enum service s = 0; services != NULL && s < SERVICE_COUNT; s++) {
        if (account_syncs(account, s)) {
            services[count++] = str_of(service_json_name(s));
        }
    }
    ret->services = (struct text_list){services, count};
    ret->tenant_id = account->services->teams_tenant_id;
    ret->status = str_of(status_name(account->provisioning_status));
}

static enum rc read_counts(struct repo_tx *tx, struct arena *mem, int64_t limit, struct sync_account *ret,
                           struct err *err)
{
    int64_t pending = 0, failed = 0, leaving = 0;
    enum rc rc = repo_numbers_unsettled_count(tx, ret->name, PROVISIONING_PENDING, limit + 1, &pending, err);
    if (rc == RC_OK) {
        rc = repo_numbers_unsettled_count(tx, ret->name, PROVISIONING_FAILED, limit + 1, &failed, err);
    }
    if (rc == RC_OK) {
        rc = repo_acquired_odd_count(tx, ACQUIRED_LEAVING, ret->name, limit + 1, &leaving, err);
    }
    ret->pending = make_count(mem, pending, limit);
    ret->failed = make_count(mem, failed, limit);
    ret->leaving = make_count(mem, leaving, limit);
    return rc == RC_OK && arena_failed(mem) ? no_room(err) : rc;
}

static enum rc read_pause(struct repo_tx *tx, struct arena *mem, struct sync_account *ret, struct err *err)
{
    struct sweep_pause pause;
    enum rc rc = repo_outbox_paused(tx, OUTBOX_SYNC, ret->name, &ret->paused, err);
    if (rc != RC_OK || !ret->paused) {
        return rc;
    }
    rc = sweep_pause_find(tx, mem, ret->name, &pause, err);
    if (rc != RC_OK) {
        return rc == RC_NOT_FOUND ? RC_OK : rc;
    }
    struct sync_pause_reason *reason = arena_new_of(mem, struct sync_pause_reason);
    if (reason == NULL) {
        return no_room(err);
    }
    *reason = (struct sync_pause_reason){pause.missing, pause.of};
    ret->pause_reason = reason;
    return RC_OK;
}

/* account NULL: it is gone. state NULL: nothing was ever done. */
static enum rc fill_account(struct repo_tx *tx, struct arena *mem, const struct account *account,
                            const struct outbox_state *state, int64_t limit, struct sync_account *ret,
                            struct err *err)
{
    const struct outbox_state none = {
        .rests = true, .failure.since = CLOCK_ABSENT, .succeeded_at = CLOCK_ABSENT};
    state = state != NULL ? state : &none;
    *ret = (struct sync_account){.name = account != NULL ? account->name : state->key,
                                 .deleted = account == NULL,
                                 .attempt = state->failure.count,
                                 .next_try_at = sync_next_try(state),
                                 .failing_since = state->failure.since,
                                 .last_success_at = state->succeeded_at,
                                 .last_error = last_error(mem, &state->failure)};
    if (account != NULL) {
        put_account(mem, account, ret);
    }
    enum rc rc = read_counts(tx, mem, limit, ret, err);
    return rc == RC_OK ? read_pause(tx, mem, ret, err) : rc;
}

/* ---- what one account has beyond that ---- */

static enum rc read_orders(struct repo_tx *tx, struct arena *mem, struct sync_account *ret, struct err *err)
{
    struct order *open = arena_alloc_array(mem, ORDERS_MAX, sizeof *open);
    struct sync_order *orders = arena_alloc_array(mem, ORDERS_MAX, sizeof *orders);
    size_t count = 0;
    enum rc rc = open != NULL && orders != NULL
                     ? orders_open(tx, mem, ret->name, ORDERS_MAX, open, &count, err)
                     : no_room(err);
    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        const struct backend_order *sent = &open[i].sent;
        orders[i] = (struct sync_order){.id = sent->id,
                                        .kind = sent->kind == BACKEND_UPLOAD ? STR("upload") : STR("release"),
                                        .service = str_of(service_json_name(sent->service)),
                                        .job_id = open[i].job_id,
                                        .count = (int64_t)sent->count,
                                        .asked = open[i].polls,
                                        .created_at = open[i].created_at};
    }
    ret->orders = (struct part_list){orders, rc == RC_OK ? count : 0};
    return rc;
}

static const struct sync_sweep_result *last_result(struct arena *mem, const struct sweep_result *last)
{
    struct sync_sweep_result *result =
        last->at.ms != CLOCK_ABSENT.ms ? arena_new_of(mem, struct sync_sweep_result) : NULL;
    if (result != NULL) {
        *result = (struct sync_sweep_result){.mode = str_of(sweep_mode_name(last->mode)),
                                             .at = last->at,
                                             .seen = last->seen,
                                             .changed = last->changed,
                                             .missing = last->missing,
                                             .orphans = last->orphans};
    }
    return result;
}

/* Absent where nothing was ever swept, and nothing is going to be. */
static enum rc read_sweep(struct repo_tx *tx, struct arena *mem, struct sync_account *ret, struct err *err)
{
    struct sweep sweep;
    struct outbox_state state = {0};
    struct str key = arena_lower(mem, ret->tenant_id);
    if (str_empty(key)) {
        return RC_OK;
    }
    enum rc rc = sweep_read(tx, mem, key, REPO_READ, &sweep, err);
    if (rc == RC_OK) {
        rc = repo_outbox_find(tx, mem, OUTBOX_SWEEP, key, &state, err);
    }
    if (rc != RC_OK) {
        return rc == RC_NOT_FOUND ? RC_OK : rc;
    }
    struct sync_sweep *now = arena_new_of(mem, struct sync_sweep);
    if (now == NULL) {
        return no_room(err);
    }
    *now = (struct sync_sweep){.mode = str_of(sweep_mode_name(sweep.mode)),
                               .pages = sweep.pages,
                               .seen = sweep.seen,
                               .changed = sweep.changed,
                               .missing = sweep.missing,
                               .orphans = sweep.orphans,
                               .attempt = state.failure.count,
                               .next_try_at = sync_next_try(&state),
                               .failing_since = state.failure.since,
                               .last_success_at = state.succeeded_at,
                               .last_error = last_error(mem, &state.failure),
                               .last = last_result(mem, &sweep.last)};
    ret->sweep = now;
    return arena_failed(mem) ? no_room(err) : RC_OK;
}

enum rc sync_read_account(struct repo_tx *tx, struct arena *mem, struct str name, struct sync_account *ret,
                          struct err *err)
{
    const struct account *account = NULL;
    struct outbox_state state = {0};
    enum rc rc = repo_account_find(tx, mem, name, REPO_READ, &account, err);
    if (rc != RC_OK && rc != RC_NOT_FOUND) {
        return rc;
    }
    enum rc found = repo_outbox_find(tx, mem, OUTBOX_SYNC, name, &state, err);
    if (found != RC_OK && found != RC_NOT_FOUND) {
        return found;
    }
    if (rc == RC_NOT_FOUND && (found == RC_NOT_FOUND || state.rests)) {
        return err_set(err, RC_NOT_FOUND, "AccountNotFound", "there is no account \"%" STR_FMT "\"",
                       STR_ARG(name));
    }
    rc = fill_account(tx, mem, account, found == RC_OK ? &state : NULL, COUNT_MAX, ret, err);
    if (rc == RC_OK) {
        rc = read_orders(tx, mem, ret, err);
    }
    return rc == RC_OK ? read_sweep(tx, mem, ret, err) : rc;
}

/* ---- lists ---- */

/* Two ascending lists become one: accounts, and rows of work, whose accounts may be gone. */
struct merge {
    const struct account *accounts;
    const struct outbox_state *states;
    size_t account_count, state_count, account_at, state_at;
    struct str account_end, state_end; /* nothing is known behind it; absent: there is nothing behind it */
};

static bool is_within(struct str a, struct str end)
{
    return str_absent(end) || str_cmp(a, end) <= 0;
}

/* The next name of both, with what they say of it; false: there is none as far as they reach. */
static bool merge_next(struct merge *m, const struct account **ret_account,
                       const struct outbox_state **ret_state, struct str *ret_name)
{
    const struct account *account = m->account_at < m->account_count ? &m->accounts[m->account_at] : NULL;
    const struct outbox_state *state = m->state_at < m->state_count ? &m->states[m->state_at] : NULL;
    if (account == NULL && state == NULL) {
        return false;
    }
    int order = account == NULL ? 1 : state == NULL ? -1 : str_cmp(account->name, state->key);
    struct str name = order <= 0 ? account->name : state->key;
    if (!is_within(name, m->account_end) || !is_within(name, m->state_end)) {
        return false;
    }
    *ret_account = order <= 0 ? account : NULL;
    *ret_state = order >= 0 ? state : NULL;
    *ret_name = name;
    m->account_at += order <= 0;
    m->state_at += order >= 0;
    return true;
}

static bool syncs_anything(const struct account *account)
{
    return account_syncs(account, SERVICE_OPERATOR_CONNECT) || account_syncs(account, SERVICE_PHONE_MOBILE);
}

static enum rc read_both(struct repo_tx *tx, struct arena *mem, const struct list_query *query,
                         struct merge *ret, struct err *err)
{
    struct list_page page = {.count = -1};
    struct outbox_state_list states = {0};
    enum rc rc = repo_accounts_list(tx, mem, query, &page, err);
    if (rc == RC_OK) {
        rc = repo_outbox_list(tx, mem, OUTBOX_SYNC, query->after.set ? query->after.text : STR_NONE,
                              query->limit, &states, err);
    }
    *ret = (struct merge){.accounts = page.items.items,
                          .states = states.items,
                          .account_count = page.items.count,
                          .state_count = states.count};
    if (rc == RC_OK && page.more) {
        ret->account_end = page.last.text;
    }
    if (rc == RC_OK && states.count == query->limit) {
        ret->state_end = states.items[states.count - 1].key;
    }
    return rc;
}

enum rc sync_list_accounts(struct repo_tx *tx, struct arena *mem, const struct list_query *query,
                           struct list_page *ret, struct err *err)
{
    struct merge m = {0};
    struct sync_account *items = arena_alloc_array(mem, query->limit, sizeof *items);
    const struct account *account;
    const struct outbox_state *state;
    struct str name = STR_NONE;
    size_t count = 0;
    enum rc rc = items != NULL ? read_both(tx, mem, query, &m, err) : no_room(err);
    while (rc == RC_OK && count < query->limit && merge_next(&m, &account, &state, &name)) {
        bool works = state != NULL && !state->rests;
        if (works || (account != NULL && syncs_anything(account))) {
            rc = fill_account(tx, mem, account, state, COUNT_LIST_MAX, &items[count++], err);
        }
    }
    if (rc == RC_OK) {
        bool rest = m.account_at < m.account_count || m.state_at < m.state_count;
        *ret = (struct list_page){.items = {items, count},
                                  .more = rest || !str_absent(m.account_end) || !str_absent(m.state_end),
                                  .last = {.set = true, .text = name},
                                  .count = -1};
    }
    return rc;
}

/* The cursor's number is service and number as one. */
#define SERVICE_STEP INT64_C(10000000000000000)

bool sync_orphans_cursor_ok(struct cursor after)
{
    return !after.set || (after.number >= 0 && after.number < SERVICE_COUNT * SERVICE_STEP);
}

enum rc sync_list_orphans(struct repo_tx *tx, struct arena *mem, const struct list_query *query,
                          struct list_page *ret, struct err *err)
{
    const struct acquired after = {.service = (enum service)(query->after.number / SERVICE_STEP),
                                   .telephone_number = query->after.number % SERVICE_STEP};
    struct acquired_list list = {0};
    struct sync_orphan *items = arena_alloc_array(mem, query->limit, sizeof *items);
    enum rc rc = items != NULL ? repo_acquired_odd(tx, mem, ACQUIRED_ORPHAN, STR_NONE,
                                                   query->after.set ? &after : NULL, query->limit, &list, err)
                               : no_room(err);
    for (size_t i = 0; rc == RC_OK && i < list.count; i++) {
        items[i] = (struct sync_orphan){.telephone_number = list.items[i].telephone_number,
                                        .service = str_of(service_json_name(list.items[i].service)),
                                        .tenant_id = list.items[i].tenant_id};
    }
    *ret = (struct list_page){
        .items = {items, rc == RC_OK ? list.count : 0}, .more = list.count == query->limit, .count = -1};
    if (rc == RC_OK && list.count > 0) {
        const struct acquired *last = &list.items[list.count - 1];
        ret->last = (struct cursor){.set = true,
                                    .number = (int64_t)last->service * SERVICE_STEP + last->telephone_number};
    }
    return rc;
}
