/* After a launch the programme demands that its part of the data comes through the operator's own systems, by the API: people read it, and
 * change the rest. */
#include "gateway/domain/room.h"

#include "common/base/banned.h"

#define CODE          "ApiRequiredAfterLaunch"
#define LOOK_ACCOUNTS 100 /* of a tenant, at a time */

bool launch_binds(const struct domain_facts *facts, const struct actor *actor, enum service service)
{
    return actor->is_user && facts->launched[service];
}

static bool enables(const struct account *account, enum service service)
{
    return account != NULL && account_enables(account, service);
}

static bool syncs(const struct account *account, enum service service)
{
    return account != NULL && account_syncs(account, service);
}

/* The member of the service that differs, or NULL. */
static const char *changed_member(const struct account *before, const struct account *after,
                                  enum service service)
{
    return enables(before, service) != enables(after, service) ? "enabled"
           : syncs(before, service) != syncs(after, service)   ? "syncEnabled"
                                                               : NULL;
}

void launch__judge_account(const struct change *change, const struct account *before,
                           const struct account *after, struct err_list *findings)
{
    for (enum service s = 0; s < SERVICE_COUNT; s++) {
        const char *member =
            launch_binds(change->facts, change->actor, s) ? changed_member(before, after, s) : NULL;
        if (member != NULL) {
            err_list_add(findings, CODE,
                         arena_printf(change->mem, "serviceDetails.%s.%s", service_json_name(s), member),
                         "%s is launched: accounts get and lose it, and its synchronization, through the API",
                         service_json_name(s));
        }
    }
}

bool launch__binds_number(const struct change *change, const struct account *account,
                          const struct number *before, const struct number *after, enum service *ret)
{
    for (enum service s = 0; s < SERVICE_COUNT; s++) {
        bool had = before != NULL && number_syncs(account, before, s);
        bool has = after != NULL && number_syncs(account, after, s);
        if ((had || has) && launch_binds(change->facts, change->actor, s)) {
            *ret = s;
            return true;
        }
    }
    return false;
}

static struct str status_of(const struct customer_relationship *relationship)
{
    return relationship != NULL ? relationship->status : STR_NONE;
}

enum rc launch__judge_relationship(const struct change *change, const struct customer_relationship *before,
                                   const struct customer_relationship *after, struct err *err)
{
    bool bound = launch_binds(change->facts, change->actor, SERVICE_OPERATOR_CONNECT) ||
                 launch_binds(change->facts, change->actor, SERVICE_PHONE_MOBILE);
    if (!bound || str_eq(status_of(before), status_of(after))) {
        return RC_OK;
    }
    (void)err_set(err, RC_DENIED, CODE,
                  "the programme is launched: the status of a customer relationship is set through the API");
    err_field(err, "customerRelationship.status");
    return RC_DENIED;
}

/* A service that is launched and that the account synchronizes. */
static bool is_bound(const struct change *change, const struct account *account, enum service *ret)
{
    for (enum service s = 0; s < SERVICE_COUNT; s++) {
        if (account_syncs(account, s) && launch_binds(change->facts, change->actor, s)) {
            *ret = s;
            return true;
        }
    }
    return false;
}

static enum rc judge_accounts(const struct change *change, const struct text_list *names, struct err *err)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < names->count; i++) {
        const struct account *account = NULL;
        enum service service;
        rc = repo_account_find(change->tx, change->mem, names->items[i], REPO_READ, &account, err);
        if (rc == RC_OK && is_bound(change, account, &service)) {
            rc = err_set(err, RC_DENIED, CODE,
                         "%s is launched: what the account \"%" STR_FMT
                         "\" has of it is repaired through the API",
                         service_json_name(service), STR_ARG(names->items[i]));
            err_field(err, "apply");
        }
        rc = rc == RC_NOT_FOUND ? RC_OK : rc; /* it went meanwhile */
    }
    return rc;
}

static bool binds_any(const struct change *change)
{
    bool any = false;
    for (enum service s = 0; s < SERVICE_COUNT; s++) {
        any = any || launch_binds(change->facts, change->actor, s);
    }
    return any;
}

enum rc launch_judge_repair(const struct change *change, struct str tenant_id, struct err *err)
{
    struct text_list names = {.count = LOOK_ACCOUNTS};
    struct str after = STR_NONE;
    enum rc rc = RC_OK;
    while (rc == RC_OK && names.count == LOOK_ACCOUNTS && binds_any(change)) {
        rc = repo_accounts_of_tenant(change->tx, change->mem, tenant_id, after, LOOK_ACCOUNTS, &names, err);
        if (rc == RC_OK && names.count > 0) {
            after = names.items[names.count - 1];
            rc = judge_accounts(change, &names, err);
        }
    }
    return rc;
}
