#include "gateway/domain/heard.h"

#include "gateway/domain/room.h"

#include "common/base/banned.h"

const struct direct_routing_config *account_subdomain(const struct account *account)
{
    const struct account_service *service =
        account != NULL && account->services != NULL ? account->services->of[SERVICE_DIRECT_ROUTING] : NULL;
    return service != NULL && service->enabled ? service->configuration : NULL;
}

static bool still_asked_for(const struct direct_routing_config *config, const struct subdomain *published)
{
    return config != NULL && str_eq_ci(config->subdomain, published->label) &&
           str_eq(config->tokens->region1, published->tokens[0]) &&
           str_eq(config->tokens->region2, published->tokens[1]);
}

static enum rc write_status(const struct change *change, const struct account *account,
                            enum subdomain_status status, struct err *err)
{
    struct account after = *account;
    struct account_services services = *account->services;
    struct account_service service = *services.of[SERVICE_DIRECT_ROUTING];
    struct record record = {.before = account, .after = &after, .silent = true};
    struct record_set set = {
        .kind = AUDIT_ACCOUNT, .account = account->name, .records = &record, .count = 1, .heard = true};
    service.subdomain_status = status;
    services.of[SERVICE_DIRECT_ROUTING] = &service;
    after.services = &services;
    return change__write(change, &set, err);
}

enum rc subdomain_heard(const struct change *change, const struct subdomain *published,
                        enum subdomain_status status, struct err *err)
{
    const struct account *account = NULL;
    enum rc rc = repo_account_find(change->tx, change->mem, published->account, REPO_UPDATE, &account, err);
    if (rc != RC_OK) {
        return rc == RC_NOT_FOUND ? RC_OK : rc;
    }
    const struct account_service *service = account->services->of[SERVICE_DIRECT_ROUTING];
    bool same = service == NULL || service->configuration == NULL || service->subdomain_status == status ||
                !still_asked_for(service->configuration, published);
    return same ? RC_OK : write_status(change, account, status, err);
}
