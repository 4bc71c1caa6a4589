/* What comes from Teams: requests for information, civic addresses, capabilities. */
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

static void after_backend(struct http_exchange *x)
{
    struct call *call = http_user(x);
    if (call->rc != RC_OK) {
        call_fail(call, call->rc, &call->err);
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
