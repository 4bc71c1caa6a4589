/* Requests for information, and the civic addresses: what comes from the enterprises. Of all this a client
 * writes the customer relationship alone. */
#include "gateway/domain/room.h"

#include "common/base/banned.h"

/* Statuses by which the operator turns an enterprise away; they are told why. */
static const char *const needs_comment[] = {"ConsentDeclined", "ContractTerminated"};

static enum rc check_comment(const struct customer_relationship *relationship, struct err *err)
{
    if (relationship == NULL || !str_empty(str_trim(relationship->comment))) {
        return RC_OK;
    }
    for (size_t i = 0; i < ARRAY_LEN(needs_comment); i++) {
        if (str_eq(relationship->status, str_of(needs_comment[i]))) {
            (void)err_set(err, RC_INVALID, "CommentRequired", "status %s needs a comment", needs_comment[i]);
            err_field(err, "customerRelationship.comment");
            return RC_INVALID;
        }
    }
    return RC_OK;
}

static bool same_relationship(const struct customer_relationship *a, const struct customer_relationship *b)
{
    if (a == NULL || b == NULL) {
        return a == b;
    }
    bool same_presence =
        str_absent(a->status) == str_absent(b->status) && str_absent(a->comment) == str_absent(b->comment);
    return same_presence && str_eq(a->status, b->status) && str_eq(a->comment, b->comment);
}

/* Its time is ours, whatever the client sent; it moves when the rest does. */
static enum rc date_relationship(const struct change *change, const struct rfi *before, struct rfi *after,
                                 struct err *err)
{
    if (after->customer_relationship == NULL ||
        same_relationship(before->customer_relationship, after->customer_relationship)) {
        return RC_OK;
    }
    struct customer_relationship *dated = arena_new_of(change->mem, struct customer_relationship);
    if (dated == NULL) {
        return change__no_room(err);
    }
    *dated = *after->customer_relationship;
    dated->last_modified_on = change->now;
    after->customer_relationship = dated;
    return RC_OK;
}

static enum rc write_rfi(const struct change *change, const struct rfi *before, struct rfi *after,
                         unsigned touch, struct err *err)
{
    struct record record = {.before = before, .after = after};
    struct record_set set = {
        .kind = AUDIT_RFI, .records = &record, .count = 1, .touch = touch, .touch_key = after->tenant_id};
    return change__write(change, &set, err);
}

/* *ret_after is a copy of what is stored, to be changed. */
static enum rc find_rfi(const struct change *change, struct str tenant_id, const struct precondition *pre,
                        const struct rfi **ret_before, struct rfi **ret_after, struct err *err)
{
    enum rc rc = repo_rfi_find(change->tx, change->mem, tenant_id, REPO_UPDATE, ret_before, err);
    if (rc == RC_NOT_FOUND) {
        return err_set(err, rc, "RequestForInformationNotFound",
                       "there is no request for information of this tenant");
    }
    if (rc == RC_OK) {
        rc = change__judge(pre, revision_etag(&(*ret_before)->revision), &(*ret_before)->revision, err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    *ret_after = arena_new_of(change->mem, struct rfi);
    if (*ret_after == NULL) {
        return change__no_room(err);
    }
    **ret_after = **ret_before;
    return RC_OK;
}

enum rc rfi_patch(const struct change *change, struct str tenant_id, const struct json *patch,
                  const struct precondition *pre, const struct rfi **ret, struct err *err)
{
    const struct rfi *before = NULL;
    struct rfi *after = NULL;
    enum rc rc = find_rfi(change, tenant_id, pre, &before, &after, err);
    if (rc == RC_OK) {
        rc = model_merge(&schema_rfi, patch, change->mem, after, err);
    }
    if (rc == RC_OK) {
        rc = check_comment(after->customer_relationship, err);
    }
    if (rc == RC_OK) {
        rc = launch__judge_relationship(change, before->customer_relationship, after->customer_relationship,
                                        err);
    }
    if (rc == RC_OK) {
        rc = date_relationship(change, before, after, err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    if (same_relationship(before->customer_relationship, after->customer_relationship) &&
        before->provisioning_status != PROVISIONING_FAILED) {
        *ret = before;
        return RC_OK;
    }
    change__set_status(change, (struct asked){true, "customerRelationship"}, &after->provisioning_status,
                       &after->provisioning_errors);
    rc = write_rfi(change, before, after, 1U << OUTBOX_RFI, err);
    if (rc == RC_OK) {
        *ret = after;
    }
    return rc;
}

/* ---- seed ---- */

enum rc rfi_seed(const struct change *change, const struct rfi *input, struct err *err)
{
    const struct rfi *before = NULL;
    struct rfi after = *input;
    enum rc rc = repo_rfi_find(change->tx, change->mem, input->tenant_id, REPO_UPDATE, &before, err);
    if (rc != RC_OK && rc != RC_NOT_FOUND) {
        return rc;
    }
    after.account_name =
        before != NULL ? before->account_name : STR_NONE; /* storage finds it, nobody writes it */
    if (after.provisioning_status == PROVISIONING_ABSENT) {
        after.provisioning_status = PROVISIONING_SYNCED;
    }
    return write_rfi(change, before, &after, 0, err);
}

enum rc civic_address_seed(const struct change *change, const struct civic_address *input, struct err *err)
{
    const struct account *account = NULL;
    const struct civic_address *before = NULL;
    struct civic_address after = *input;
    enum rc rc = account__need(change, input->account_name, REPO_SHARE, &account, err);
    if (rc == RC_OK) {
        rc = repo_civic_address_find(change->tx, change->mem, input->account_name, input->id, &before, err);
    }
    if (rc != RC_OK && !(rc == RC_NOT_FOUND && account != NULL)) {
        return rc;
    }
    struct record record = {.before = before, .after = &after};
    struct record_set set = {
        .kind = AUDIT_CIVIC_ADDRESS, .account = input->account_name, .records = &record, .count = 1};
    return change__write(change, &set, err);
}
