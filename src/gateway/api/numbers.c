#include "gateway/api/handlers.h"
#include "gateway/api/page.h"

#include "common/base/banned.h"

enum rc numbers_list_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    if (!str_absent(call->account_name)) {
        const struct account *account = NULL;
        enum rc rc = call_account(call, tx, &account, err);
        if (rc != RC_OK) {
            return rc;
        }
    }
    struct list_query query = list_params_query(&call->list, call->account_name);
    return repo_numbers_list(tx, call->mem, &query, &call->page, err);
}

/* The number of the URL, if it is this account's. */
static enum rc find_number(struct call *call, struct repo_tx *tx, const struct number **ret, struct err *err)
{
    enum rc rc = repo_number_find(tx, call->mem, call->telephone_number, REPO_READ, ret, err);
    return rc == RC_OK && !str_eq((*ret)->account_name, call->account_name) ? RC_NOT_FOUND : rc;
}

enum rc number_get_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct number *number = NULL;
    enum rc rc = find_number(call, tx, &number, err);
    if (rc == RC_OK) {
        call->result = number;
        return call_judge_read(call, revision_etag(&number->revision), &number->revision, err);
    }
    const struct account *account = NULL;
    rc = rc == RC_NOT_FOUND ? call_account(call, tx, &account, err) : rc;
    if (rc != RC_OK) {
        return rc;
    }
    return err_set(err, RC_NOT_FOUND, "NumberNotFound", "the account has no number +%lld",
                   (long long)call->telephone_number);
}

enum rc number_put_check(struct call *call, struct err *err)
{
    const struct number *number = call->input;
    if (number->telephone_number != call->telephone_number) {
        (void)err_set(err, RC_INVALID, "TelephoneNumberMismatch",
                      "telephoneNumber is +%lld, but the URL names +%lld",
                      (long long)number->telephone_number, (long long)call->telephone_number);
        err_field(err, "telephoneNumber");
        return RC_INVALID;
    }
    if (!str_eq(number->account_name, call->account_name)) {
        (void)err_set(err, RC_INVALID, "AccountNameMismatch",
                      "accountName is \"%" STR_FMT "\", but the URL names \"%" STR_FMT "\"",
                      STR_ARG(number->account_name), STR_ARG(call->account_name));
        err_field(err, "accountName");
        return RC_INVALID;
    }
    return RC_OK;
}

enum rc number_put_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct change change = call_change(call, tx);
    const struct number *number = NULL;
    enum rc rc = number_put(&change, call->input, &call->condition, &number, &call->created, err);
    if (rc == RC_OK) {
        call->result = number;
        call_set_version(call, revision_etag(&number->revision), &number->revision);
    }
    return rc;
}

enum rc number_put_replay(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct number *number = NULL;
    enum rc rc = find_number(call, tx, &number, err);
    if (rc == RC_OK) {
        call->result = number;
        call_set_version(call, revision_etag(&number->revision), &number->revision);
    }
    return rc == RC_NOT_FOUND ? RC_OK : rc;
}

enum rc number_delete_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct change change = call_change(call, tx);
    return number_delete(&change, call->account_name, call->telephone_number, &call->condition, err);
}

/* ---- batches ---- */

/* The list of pointers as one array, which is what a part_list holds. */
static enum rc set_batch_result(struct call *call, const struct number *const *numbers, size_t count,
                                struct err *err)
{
    struct number_batch *batch = arena_new_of(call->mem, struct number_batch);
    struct number *items = arena_alloc_array(call->mem, count, sizeof *items);
    if (batch == NULL || items == NULL) {
        return err_set(err, RC_LIMIT, NULL, "the batch needs more memory than one request may have");
    }
    for (size_t i = 0; i < count; i++) {
        items[i] = *numbers[i];
    }
    batch->numbers = (struct part_list){items, count};
    call->result = batch;
    return RC_OK;
}

enum rc numbers_put_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct change change = call_change(call, tx);
    const struct number_batch *batch = call->input;
    const struct number **numbers = NULL;
    enum rc rc = numbers_put(&change, call->account_name, batch, &numbers, err);
    return rc == RC_OK ? set_batch_result(call, numbers, batch->numbers.count, err) : rc;
}

/* Each number as it is now; one that is gone, or another account's by now, as it was sent. */
enum rc numbers_put_replay(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct number_batch *batch = call->input;
    const struct number *sent = batch->numbers.items;
    const struct number **numbers = arena_alloc_array(call->mem, batch->numbers.count + 1, sizeof *numbers);
    if (numbers == NULL) {
        return err_set(err, RC_LIMIT, NULL, "the batch needs more memory than one request may have");
    }
    for (size_t i = 0; i < batch->numbers.count; i++) {
        const struct number *now = NULL;
        enum rc rc = repo_number_find(tx, call->mem, sent[i].telephone_number, REPO_READ, &now, err);
        if (rc != RC_OK && rc != RC_NOT_FOUND) {
            return rc;
        }
        bool ours = rc == RC_OK && str_eq(now->account_name, call->account_name);
        numbers[i] = ours ? now : &sent[i];
    }
    return set_batch_result(call, numbers, batch->numbers.count, err);
}

enum rc numbers_delete_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct change change = call_change(call, tx);
    return numbers_delete(&change, call->account_name, call->input, err);
}
