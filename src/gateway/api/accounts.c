#include "gateway/api/handlers.h"
#include "gateway/api/page.h"

#include "common/base/banned.h"

void answer_resource(struct call *call)
{
    if (call->not_modified) {
        call_reply_empty(call, 304);
        return;
    }
    call_reply_json(call, call->status, call->route->output, call->result);
}

void answer_page(struct call *call)
{
    call_reply_page(call);
}

void answer_nothing(struct call *call)
{
    call_reply_empty(call, call->status);
}

enum rc accounts_list_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    struct list_query query = list_params_query(&call->list, STR_NONE);
    return repo_accounts_list(tx, call->mem, &query, &call->page, err);
}

enum rc account_get_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct account *account = NULL;
    enum rc rc = call_account(call, tx, &account, err);
    if (rc != RC_OK) {
        return rc;
    }
    call->result = account;
    return call_judge_read(call, account_etag(account), &account->revision, err);
}

enum rc account_put_check(struct call *call, struct err *err)
{
    const struct account *account = call->input;
    if (str_eq(account->name, call->account_name)) {
        return RC_OK;
    }
    (void)err_set(err, RC_INVALID, "NameMismatch",
                  "name is \"%" STR_FMT "\", but the URL names \"%" STR_FMT "\"", STR_ARG(account->name),
                  STR_ARG(call->account_name));
    err_field(err, "name");
    return RC_INVALID;
}

enum rc account_put_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct change change = call_change(call, tx);
    const struct account *account = NULL;
    enum rc rc = account_put(&change, call->input, &call->condition, &account, &call->created, err);
    if (rc == RC_OK) {
        call->result = account;
        call_set_version(call, account_etag(account), &account->revision);
    }
    return rc;
}

enum rc account_put_replay(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct account *account = NULL;
    enum rc rc = repo_account_find(tx, call->mem, call->account_name, REPO_READ, &account, err);
    if (rc == RC_OK) {
        call->result = account;
        call_set_version(call, account_etag(account), &account->revision);
    }
    return rc == RC_NOT_FOUND ? RC_OK : rc;
}

enum rc account_delete_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct change change = call_change(call, tx);
    return account_delete(&change, call->account_name, call->delete_numbers, &call->condition, err);
}
