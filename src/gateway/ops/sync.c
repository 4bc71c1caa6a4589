#include "gateway/ops/sync.h"

#include "common/base/limits.h"
#include "common/base/log.h"
#include "gateway/api/call.h"
#include "gateway/api/page.h"
#include "gateway/domain/steer.h"
#include "gateway/ops/sync_read.h"
#include "gateway/sync/sweep.h"

#include "common/base/banned.h"

#define RETRY_NUMBERS 1000 /* in one transaction */
#define RETRY_ITEMS   1000

static enum rc no_room(struct err *err)
{
    return err_set(err, RC_LIMIT, NULL, "the request needs more memory than one may have");
}

static enum rc check_configured(struct call *call, struct err *err)
{
    return api_facts(call->api)->backend_configured
               ? RC_OK
               : err_set(err, RC_INVALID, "BackendNotConfigured",
                         "no back end is configured that could be synchronized with");
}

/* ---- reads ---- */

static enum rc status_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    struct sync_status *status = arena_new_of(call->mem, struct sync_status);
    if (status == NULL) {
        return no_room(err);
    }
    *status = (struct sync_status){.configured = api_facts(call->api)->backend_configured};
    call->result = status;
    return sync_read_status(tx, call->mem, status, err);
}

static enum rc accounts_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct list_query query = list_params_query(&call->list, STR_NONE);
    return sync_list_accounts(tx, call->mem, &query, &call->page, err);
}

static enum rc account_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    struct sync_account *account = arena_new_of(call->mem, struct sync_account);
    call->result = account;
    return account != NULL ? sync_read_account(tx, call->mem, call->account_name, account, err)
                           : no_room(err);
}

static enum rc orphans_check(struct call *call, struct err *err)
{
    if (sync_orphans_cursor_ok(call->list.after)) {
        return RC_OK;
    }
    err_set(err, RC_INVALID, "InvalidQueryParameter",
            "the query parameter continuation must be the one of a nextLink");
    err_field(err, "continuation");
    return RC_INVALID;
}

static enum rc orphans_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct list_query query = list_params_query(&call->list, STR_NONE);
    return sync_list_orphans(tx, call->mem, &query, &call->page, err);
}

static void answer_result(struct call *call)
{
    call_reply_json(call, call->status, call->route->output, call->result);
}

/* ---- control: what was done, and by whom ---- */

static void log_control(struct call *call, int64_t count)
{
    LOG(LOG_NOTICE, "sync_control", log_str("request_id", call->request_id),
        log_cstr("operation", call->route->operation), log_str("account", call->account_name),
        log_i64("count", count), log_str("caller", call->actor.caller), log_str("name", call->actor.name));
}

static void answer_done(struct call *call)
{
    const struct sync_done *done = call->result;
    log_control(call, done->count);
    answer_result(call);
}

static void answer_account(struct call *call)
{
    log_control(call, 1);
    answer_result(call);
}

static void answer_nothing(struct call *call)
{
    log_control(call, 1);
    call_reply_empty(call, call->status);
}

static enum rc set_done(struct call *call, struct sync_done done, struct err *err)
{
    struct sync_done *copy = arena_new_of(call->mem, struct sync_done);
    if (copy == NULL) {
        return no_room(err);
    }
    *copy = done;
    call->result = copy;
    return RC_OK;
}

/* ---- control of everything ---- */

enum rc kinds_pause(struct repo_tx *tx, const struct sync_kind *kinds, size_t count, bool paused,
                    struct err *err)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        rc = repo_outbox_pause(tx, kinds[i].kind, STR(""), paused, err);
    }
    return rc;
}

enum rc kinds_retry(struct repo_tx *tx, const struct sync_kind *kinds, size_t count, struct sync_done *ret,
                    struct err *err)
{
    enum rc rc = RC_OK;
    *ret = (struct sync_done){0};
    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        int64_t retried = 0;
        rc = repo_outbox_retry(tx, kinds[i].kind, RETRY_ITEMS, &retried, err);
        ret->count += retried;
        ret->more = ret->more || retried == RETRY_ITEMS;
    }
    return rc;
}

static enum rc all_pause_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    (void)call;
    return kinds_pause(tx, sync_kinds, sync_kind_count, true, err);
}

static enum rc all_resume_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    (void)call;
    return kinds_pause(tx, sync_kinds, sync_kind_count, false, err);
}

static enum rc all_retry_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    struct sync_done done;
    enum rc rc = kinds_retry(tx, sync_kinds, sync_kind_count, &done, err);
    return rc == RC_OK ? set_done(call, done, err) : rc;
}

/* ---- control of an account ---- */

static enum rc retry_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct change change = call_change(call, tx);
    struct steer_result result;
    enum rc rc = account_retry(&change, call->account_name, RETRY_NUMBERS, &result, err);
    return rc == RC_OK ? set_done(call, (struct sync_done){result.count, result.more}, err) : rc;
}

/* Also one that is gone, while its numbers leave. */
static enum rc need_work(struct call *call, struct repo_tx *tx, struct err *err)
{
    struct outbox_state state;
    const struct account *account;
    enum rc rc = repo_outbox_find(tx, call->mem, OUTBOX_SYNC, call->account_name, &state, err);
    return rc == RC_NOT_FOUND || (rc == RC_OK && state.rests) ? call_account(call, tx, &account, err) : rc;
}

static enum rc pause_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    enum rc rc = need_work(call, tx, err);
    return rc == RC_OK ? repo_outbox_pause(tx, OUTBOX_SYNC, call->account_name, true, err) : rc;
}

static enum rc resume(struct call *call, struct repo_tx *tx, struct err *err)
{
    enum rc rc = sweep_pause_clear(tx, call->mem, call->account_name, err);
    if (rc == RC_OK) {
        rc = repo_outbox_pause(tx, OUTBOX_SYNC, call->account_name, false, err);
    }
    return rc == RC_OK ? repo_outbox_touch(tx, OUTBOX_SYNC, call->account_name, err) : rc;
}

static enum rc resume_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    enum rc rc = need_work(call, tx, err);
    return rc == RC_OK ? resume(call, tx, err) : rc;
}

static enum rc need_sync(struct call *call, struct repo_tx *tx, struct str *ret_tenant_key, struct err *err)
{
    const struct account *account;
    enum rc rc = call_account(call, tx, &account, err);
    if (rc != RC_OK) {
        return rc;
    }
    if (!account_syncs(account, SERVICE_OPERATOR_CONNECT) && !account_syncs(account, SERVICE_PHONE_MOBILE)) {
        return err_set(err, RC_CONFLICT, NULL,
                       "the account synchronizes no service: set syncEnabled of one that is enabled first");
    }
    *ret_tenant_key = arena_lower(call->mem, account->services->teams_tenant_id);
    return str_absent(*ret_tenant_key) ? no_room(err) : RC_OK;
}

static enum rc reconcile_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct sync_reconcile *input = call->input;
    struct str key;
    enum rc rc = need_sync(call, tx, &key, err);
    if (rc == RC_OK && input->apply) {
        const struct change change = call_change(call, tx);
        rc = launch_judge_repair(&change, key, err);
    }
    if (rc == RC_OK && input->apply) {
        rc = resume(call, tx, err);
    }
    if (rc == RC_OK) {
        rc = sweep_ask(tx, call->mem, key, input->apply ? SWEEP_REPAIR : SWEEP_PLAN, err);
    }
    return rc == RC_OK ? account_run(call, tx, err) : rc;
}

static enum rc release_check(struct call *call, struct err *err)
{
    const struct sync_numbers *input = call->input;
    struct err_list *findings = arena_new_of(call->mem, struct err_list); /* err points into it */
    enum rc rc = check_configured(call, err);
    int64_t *numbers = arena_alloc_array(call->mem, input->telephone_numbers.count, sizeof *numbers);
    if (rc != RC_OK || numbers == NULL || findings == NULL) {
        return rc != RC_OK ? rc : no_room(err);
    }
    err_list_init(findings, call->mem, LIMIT_DETAILS);
    for (size_t i = 0; i < input->telephone_numbers.count; i++) {
        if (!model_e164_parse(input->telephone_numbers.items[i], &numbers[i])) {
            err_list_add(findings, "InvalidValue", arena_printf(call->mem, "telephoneNumbers[%zu]", i),
                         "the value must be a telephone number such as +441632960000");
        }
    }
    call->user = numbers;
    return err_from_list(err, RC_INVALID, findings);
}

static enum rc release_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct change change = call_change(call, tx);
    const struct sync_numbers *input = call->input;
    size_t count = input->telephone_numbers.count;
    enum rc rc = orphans_release(&change, call->account_name, call->user, count, err);
    return rc == RC_OK ? set_done(call, (struct sync_done){.count = (int64_t)count}, err) : rc;
}

/* ---- routes ---- */

#define SYNC    "/numgate/v1/sync"
#define ACCOUNT SYNC "/accounts/{accountName}"
#define READ(path_, operation_, output_)                                                                     \
    .method = HTTP_GET, .path = (path_), .operation = "NumgateSync_" operation_, .roles = ROLE_READ,         \
    .kind = REPO_LIST, .output = &(output_), .statuses = {200}
#define CONTROL(path_, operation_, status_, check_)                                                          \
    .method = HTTP_POST, .path = (path_), .operation = "NumgateSync_" operation_, .roles = ROLE_ADMIN,       \
    .kind = REPO_WRITE, .statuses = {status_}, .check = (check_)

/* clang-format off */
static const struct route routes[] = {
    {READ(SYNC, "status", schema_sync_status), .run = status_run, .answer = answer_result,
     .summary = "The synchronization with the back end: kinds of work, and what is open"},
    {READ(SYNC "/accounts", "accounts", schema_sync_account), .flags = ROUTE_PAGED, .run = accounts_run,
     .answer = call_reply_page, .summary = "The accounts that are synchronized, or have work left"},
    {READ(ACCOUNT, "account", schema_sync_account), .run = account_run, .answer = answer_result,
     .summary = "An account: its numbers on their way, open orders, failures, pause, and the last sweep"},
    {READ(SYNC "/orphans", "orphans", schema_sync_orphan), .flags = ROUTE_PAGED, .run = orphans_run,
     .answer = call_reply_page, .summary = "The numbers that only the back end has", .check = orphans_check},
    {CONTROL(SYNC ":pause", "pauseAll", 204, check_configured), .run = all_pause_run, .answer = answer_nothing,
     .summary = "Pause everything"},
    {CONTROL(SYNC ":resume", "resumeAll", 204, check_configured), .run = all_resume_run, .answer = answer_nothing,
     .summary = "Go on with everything; accounts that are paused by themselves stay so"},
    {CONTROL(SYNC ":retry", "retryAll", 200, check_configured), .output = &schema_sync_done, .run = all_retry_run,
     .answer = answer_done, .summary = "Try now whatever waits after a failure"},
    {CONTROL(ACCOUNT ":retry", "retry", 200, check_configured), .output = &schema_sync_done, .run = retry_run,
     .answer = answer_done,
     .summary = "Make numbers that failed pending again, 1,000 at a time, and try all of the account's work now"},
    {CONTROL(ACCOUNT ":pause", "pause", 204, check_configured), .run = pause_run, .answer = answer_nothing,
     .summary = "Pause an account's work"},
    {CONTROL(ACCOUNT ":resume", "resume", 204, check_configured), .run = resume_run, .answer = answer_nothing,
     .summary = "Go on with an account, whoever paused it"},
    {CONTROL(ACCOUNT ":reconcile", "reconcile", 202, check_configured), .input = &schema_sync_reconcile,
     .output = &schema_sync_account, .run = reconcile_run, .answer = answer_account,
     .summary = "Compare everything of the account's tenant now, and repair it when apply is true"},
    {CONTROL(ACCOUNT ":releaseOrphans", "releaseOrphans", 202, release_check), .input = &schema_sync_numbers,
     .output = &schema_sync_done, .run = release_run, .answer = answer_done,
     .summary = "Release numbers of the account's tenant that only the back end has"},
};
/* clang-format on */

const struct route_table ops_sync_routes = {routes, ARRAY_LEN(routes)};
