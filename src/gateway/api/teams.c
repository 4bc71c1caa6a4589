/* What comes from Teams: requests for information, civic addresses, capabilities. */
#include "common/base/log.h"
#include "gateway/api/handlers.h"
#include "gateway/api/offload.h"
#include "gateway/api/page.h"
#include "gateway/domain/backend.h"

#include "common/base/banned.h"

static enum rc need_account(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct account *account = NULL;
    return call_account(call, tx, &account, err);
}

enum rc civic_addresses_list_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    enum rc rc = need_account(call, tx, err);
    if (rc != RC_OK) {
        return rc;
    }
    struct list_query query = list_params_query(&call->list, call->account_name);
    return repo_civic_addresses_list(tx, call->mem, &query, &call->page, err);
}

enum rc civic_address_get_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct civic_address *address = NULL;
    enum rc rc = repo_civic_address_find(tx, call->mem, call->account_name, call->key, &address, err);
    if (rc == RC_NOT_FOUND) {
        rc = need_account(call, tx, err);
        return rc != RC_OK ? rc
                           : err_set(err, RC_NOT_FOUND, "CivicAddressNotFound",
                                     "the account has no such civic address");
    }
    if (rc != RC_OK) {
        return rc;
    }
    call->result = address;
    return call_judge_read(call, revision_etag(&address->revision), &address->revision, err);
}

enum rc rfis_list_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    struct list_query query = list_params_query(&call->list, STR_NONE);
    return repo_rfis_list(tx, call->mem, &query, &call->page, err);
}

static enum rc find_rfi(struct call *call, struct repo_tx *tx, const struct rfi **ret, struct err *err)
{
    enum rc rc = repo_rfi_find(tx, call->mem, call->key, REPO_READ, ret, err);
    if (rc == RC_NOT_FOUND) {
        return err_set(err, rc, "RequestForInformationNotFound",
                       "there is no request for information of this tenant");
    }
    return rc;
}

enum rc rfi_get_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct rfi *rfi = NULL;
    enum rc rc = find_rfi(call, tx, &rfi, err);
    if (rc != RC_OK) {
        return rc;
    }
    call->result = rfi;
    return call_judge_read(call, revision_etag(&rfi->revision), &rfi->revision, err);
}

static void set_rfi(struct call *call, const struct rfi *rfi)
{
    call->result = rfi;
    call_set_version(call, revision_etag(&rfi->revision), &rfi->revision);
}

enum rc rfi_patch_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct change change = call_change(call, tx);
    const struct rfi *rfi = NULL;
    enum rc rc = rfi_patch(&change, call->key, call->body, &call->condition, &rfi, err);
    if (rc == RC_OK) {
        set_rfi(call, rfi);
    }
    return rc;
}

enum rc rfi_patch_replay(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct rfi *rfi = NULL;
    enum rc rc = find_rfi(call, tx, &rfi, err);
    if (rc == RC_OK) {
        set_rfi(call, rfi);
    }
    return rc;
}

/* ---- the answer to a patch ---- */

#define RELATIONSHIP_WAIT_MS 2000

struct relationship_wait {
    struct offload_job job;
    struct call *call;
    struct str tenant_id;
    struct mono until;
};

static void wait_for_backend(struct offload_job *job)
{
    struct relationship_wait *wait = (struct relationship_wait *)job;
    const struct api_config *settings = api_settings(wait->call->api);
    settings->await_relationship(settings->await_arg, wait->tenant_id, wait->until);
    pending_done(&wait->call->pending);
}

static enum rc read_again(struct repo_tx *tx, struct repo_job *job, struct err *err)
{
    struct call *call = (struct call *)((char *)job - offsetof(struct call, job));
    return rfi_patch_replay(call, tx, err);
}

static void was_read_again(struct repo_job *job, enum rc rc, const struct err *err)
{
    struct call *call = (struct call *)((char *)job - offsetof(struct call, job));
    (void)rc, (void)err; /* then the answer is what was committed */
    pending_done(&call->pending);
}

static void after_reading(struct http_exchange *x)
{
    answer_resource(http_user(x));
}

static void after_waiting(struct http_exchange *x)
{
    struct call *call = http_user(x);
    call->job.kind = REPO_POINT;
    call->job.run = read_again;
    call->job.done = was_read_again;
    pending_begin(&call->pending);
    repo_submit(api_settings(call->api)->repo, &call->job);
    pending_wait(call, after_reading);
}

/* NULL: nothing to wait for, or nobody to wait with. */
static struct relationship_wait *wait_of(struct call *call)
{
    const struct rfi *rfi = call->result;
    bool waits = api_settings(call->api)->await_relationship != NULL && rfi != NULL &&
                 rfi->provisioning_status == PROVISIONING_PENDING;
    struct relationship_wait *wait = waits ? arena_new_of(call->mem, struct relationship_wait) : NULL;
    if (wait != NULL) {
        struct mono until = mono_after(clock_mono(), RELATIONSHIP_WAIT_MS);
        struct mono latest = mono_after(call->request->deadline, -RELATIONSHIP_WAIT_MS);
        *wait = (struct relationship_wait){.job = {wait_for_backend, NULL}, .call = call};
        wait->tenant_id = rfi->tenant_id;
        wait->until = until.ms < latest.ms ? until : latest;
    }
    return wait;
}

void answer_rfi(struct call *call)
{
    struct relationship_wait *wait = wait_of(call);
    if (wait != NULL) {
        pending_begin(&call->pending);
        if (offload_submit(api_settings(call->api)->waiters, &wait->job)) {
            pending_wait(call, after_waiting);
            return;
        }
    }
    answer_resource(call);
}

/* ---- capability queries ---- */

/* Both look the account up first, so that a wrong name is told apart from a missing back end. */
enum rc capability_query_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct account *account = NULL;
    enum rc rc = call_account(call, tx, &account, err);
    call->user = account;
    return rc;
}

/* The call to the back end, on a thread of its own while the exchange waits. */
struct capability_call {
    struct offload_job job;
    struct call *call;
    struct str tenant_id;
    enum rc (*ask)(struct call *call, struct str tenant_id, struct err *err);
};

static void ask_backend(struct offload_job *job)
{
    struct capability_call *ask = (struct capability_call *)job;
    ask->call->rc = ask->ask(ask->call, ask->tenant_id, &ask->call->err);
    pending_done(&ask->call->pending);
}

/* What the back end refuses is the client's to know. All else is a failure behind us, bad credentials too, and passes. */
static void fail_as_backend(struct call *call)
{
    enum rc rc = call->rc;
    struct err err = call->err;
    if (rc != RC_INVALID && rc != RC_CONFLICT && rc != RC_NOT_FOUND) {
        rc = RC_BUSY;
        LOG(LOG_WARNING, "backend_failed", log_str("request_id", call->request_id),
            log_cstr("code", err.code != NULL ? err.code : rc_name(call->rc)), log_cstr("error", err.msg));
    }
    err.rc = rc;
    err.inner = err.code;
    err.code = NULL;
    call_fail(call, rc, &err);
}

static void after_backend(struct http_exchange *x)
{
    struct call *call = http_user(x);
    if (call->rc != RC_OK) {
        fail_as_backend(call);
        return;
    }
    call_reply_json(call, call->status, call->route->output, call->result);
}

static void query_backend(struct call *call, enum rc (*ask)(struct call *, struct str, struct err *))
{
    struct err err = {0};
    if (api_settings(call->api)->backend == NULL) {
        call_fail(call,
                  err_set(&err, RC_INVALID, "BackendNotConfigured",
                          "no back end for Operator Connect or Teams Phone Mobile is configured"),
                  &err);
        return;
    }
    const struct account *account = call->user;
    if (str_empty(account->services->teams_tenant_id)) {
        call_fail(call,
                  err_set(&err, RC_INVALID, "TenantRequired",
                          "the account has no serviceDetails.teamsTenantId, by which the back end knows it"),
                  &err);
        return;
    }
    struct capability_call *job = arena_new_of(call->mem, struct capability_call);
    *job = (struct capability_call){{ask_backend, NULL}, call, account->services->teams_tenant_id, ask};
    pending_begin(&call->pending);
    if (!offload_submit(api_settings(call->api)->offload, &job->job)) {
        call_fail(call, err_set(&err, RC_BUSY, NULL, "too many queries to the back end are waiting"), &err);
        return;
    }
    pending_wait(call, after_backend);
}

static enum rc ask_plans(struct call *call, struct str tenant_id, struct err *err)
{
    const struct backend *backend = api_settings(call->api)->backend;
    struct capability_plans *plans = arena_new_of(call->mem, struct capability_plans);
    call->result = plans;
    return backend->capability_plans(backend->arg, tenant_id, call->mem, plans, err);
}

static enum rc ask_capabilities(struct call *call, struct str tenant_id, struct err *err)
{
    const struct backend *backend = api_settings(call->api)->backend;
    struct available_capabilities *capabilities = arena_new_of(call->mem, struct available_capabilities);
    call->result = capabilities;
    return backend->available_capabilities(backend->arg, tenant_id, call->input, call->mem, capabilities,
                                           err);
}

void answer_capability_plans(struct call *call)
{
    query_backend(call, ask_plans);
}

void answer_available_capabilities(struct call *call)
{
    query_backend(call, ask_capabilities);
}
