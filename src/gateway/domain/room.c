#include "gateway/domain/room.h"

#include "common/base/limits.h"

#include "common/base/banned.h"

enum rc change__no_room(struct err *err)
{
    return err_set(err, RC_LIMIT, NULL, "the request needs more memory than one may have");
}

struct err_list *change__findings(const struct change *change)
{
    struct err_list *findings = arena_new_of(change->mem, struct err_list);
    if (findings != NULL) {
        err_list_init(findings, change->mem, LIMIT_DETAILS);
    }
    return findings;
}

enum rc change__judge(const struct precondition *pre, struct etag etag, const struct revision *revision,
                      struct err *err)
{
    if (revision == NULL) {
        return precondition_judge_absent(pre) == PRECONDITION_PASSED
                   ? RC_OK
                   : err_set(err, RC_CONFLICT, "PreconditionFailed",
                             "the request asks for a resource that does not exist");
    }
    return precondition_judge(pre, etag, revision, false) == PRECONDITION_PASSED
               ? RC_OK
               : err_set(err, RC_CONFLICT, "PreconditionFailed",
                         "the resource is not in the state the request asks for");
}

/* ---- status ---- */

void change__set_status(const struct change *change, struct asked asked, enum provisioning_status *ret_status,
                        struct part_list *ret_errors)
{
    *ret_errors = (struct part_list){0};
    *ret_status = asked.asked ? PROVISIONING_PENDING : PROVISIONING_SYNCED;
    if (!asked.asked || change->facts->backend_configured) {
        return;
    }
    struct wire_error *error = arena_new_of(change->mem, struct wire_error); /* NULL: change__write refuses */
    if (error != NULL) {
        *error = (struct wire_error){
            .code = STR("BackendNotConfigured"),
            .message = STR("no back end for Operator Connect or Teams Phone Mobile is configured"),
            .target = str_of(asked.target),
        };
        *ret_errors = (struct part_list){error, 1};
    }
    *ret_status = PROVISIONING_FAILED;
}

/* ---- what accounts and numbers are asked ---- */

enum rc account__need(const struct change *change, struct str name, enum repo_lock lock,
                      const struct account **ret, struct err *err)
{
    enum rc rc = repo_account_find(change->tx, change->mem, name, lock, ret, err);
    if (rc != RC_NOT_FOUND) {
        return rc;
    }
    return err_set(err, rc, "AccountNotFound", "there is no account \"%" STR_FMT "\"", STR_ARG(name));
}

bool account_syncs(const struct account *account, enum service service)
{
    return service_is_synced(service) && account_enables(account, service) &&
           account->services->of[service]->sync_enabled;
}

bool number_syncs(const struct account *account, const struct number *number, enum service service)
{
    return account_syncs(account, service) && number_enables(number, service);
}

bool number__is_synced(const struct account *account, const struct number *number)
{
    for (enum service s = 0; s < SERVICE_COUNT; s++) {
        if (number_syncs(account, number, s)) {
            return true;
        }
    }
    return false;
}

bool number__is_assigned(const struct account *account, const struct number *number)
{
    for (enum service s = 0; s < SERVICE_COUNT; s++) {
        if (number_syncs(account, number, s) &&
            number->services->of[s]->assignment_status == ASSIGNMENT_ASSIGNED) {
            return true;
        }
    }
    return false;
}

void number__assigned_finding(struct err_list *findings, const struct number *number, struct str field)
{
    err_list_add(findings, "NumberAssigned", field,
                 "+%lld is assigned to a user or application in the back end; unassign it there first",
                 (long long)number->telephone_number);
}
