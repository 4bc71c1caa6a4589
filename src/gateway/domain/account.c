/* Accounts. What may be put is a table of rules; a delete takes the numbers along in slices, so that 100,000
 * of them need little memory. */
#include "common/base/limits.h"
#include "gateway/domain/room.h"

#include "common/base/banned.h"

#define TENANT_FIELD    "serviceDetails.teamsTenantId"
#define SUBDOMAIN_FIELD "serviceDetails.teamsDirectRouting.configuration.subdomain"

static const struct account_services no_services;

/* An account about to be put. */
struct put {
    const struct change *change;
    const struct account *input;  /* services never NULL */
    const struct account *before; /* NULL: there was none */
    struct number_counts counts;  /* of its numbers now */
    struct err_list *findings;
};

struct rule {
    const char *code;
    enum rc rc;
    /* Adds findings; fails only with what storage answers. */
    enum rc (*check)(const struct put *put, const struct rule *rule, struct err *err);
};

/* ---- small questions ---- */

static const struct direct_routing_config *routing_of(const struct account *account)
{
    const struct account_service *service =
        account != NULL ? account->services->of[SERVICE_DIRECT_ROUTING] : NULL;
    return service != NULL ? service->configuration : NULL;
}

static struct str subdomain_of(const struct account *account)
{
    const struct direct_routing_config *routing = routing_of(account);
    return routing != NULL ? routing->subdomain : STR_NONE;
}

static int64_t teams_numbers(const struct number_counts *counts)
{
    return counts->of[SERVICE_OPERATOR_CONNECT] + counts->of[SERVICE_PHONE_MOBILE];
}

/* The first service that asks a back end, or SERVICE_COUNT. */
static enum service synced_service(const struct account *account)
{
    enum service service = 0;
    while (service < SERVICE_COUNT && !account_syncs(account, service)) {
        service++;
    }
    return service;
}

/* Who shall look at an account that was or is like this. */
static unsigned touch_of(const struct account *account)
{
    unsigned sync = synced_service(account) < SERVICE_COUNT ? 1U << OUTBOX_SYNC : 0;
    unsigned dns = account->services->of[SERVICE_DIRECT_ROUTING] != NULL ? 1U << OUTBOX_DNS : 0;
    return sync | dns;
}

/* ---- rules ---- */

static enum rc tenant_required(const struct put *put, const struct rule *rule, struct err *err UNUSED)
{
    enum service service = synced_service(put->input);
    if (service < SERVICE_COUNT && str_empty(put->input->services->teams_tenant_id)) {
        err_list_add(put->findings, rule->code, STR(TENANT_FIELD),
                     "%s.syncEnabled is true, which needs the tenant", service_json_name(service));
    }
    return RC_OK;
}

static enum rc subdomain_short_enough(const struct put *put, const struct rule *rule, struct err *err UNUSED)
{
    struct str label = subdomain_of(put->input), base = put->change->facts->base_domain;
    size_t length = label.n + sizeof(".1r1.") - 1 + base.n;
    if (!str_absent(label) && length > LIMIT_CUSTOMER_DOMAIN) {
        err_list_add(put->findings, rule->code, STR(SUBDOMAIN_FIELD),
                     "%" STR_FMT ".1r1.%" STR_FMT " has %zu characters, at most %d are allowed",
                     STR_ARG(label), STR_ARG(base), length, LIMIT_CUSTOMER_DOMAIN);
    }
    return RC_OK;
}

static enum rc services_unused(const struct put *put, const struct rule *rule, struct err *err UNUSED)
{
    for (enum service s = 0; s < SERVICE_COUNT; s++) {
        if (put->counts.of[s] > 0 && !account_enables(put->input, s)) {
            struct str field =
                arena_printf(put->change->mem, "serviceDetails.%s.enabled", service_json_name(s));
            err_list_add(put->findings, rule->code, field, "%lld numbers use %s; change or delete them first",
                         (long long)put->counts.of[s], service_json_name(s));
        }
    }
    return RC_OK;
}

/* A tenant given for the first time is a change, too. */
static enum rc tenant_unused(const struct put *put, const struct rule *rule, struct err *err UNUSED)
{
    if (put->before == NULL || teams_numbers(&put->counts) == 0) {
        return RC_OK;
    }
    if (!str_eq_ci(put->before->services->teams_tenant_id, put->input->services->teams_tenant_id)) {
        err_list_add(put->findings, rule->code, STR(TENANT_FIELD),
                     "the tenant cannot change while %lld numbers use Operator Connect or Teams Phone Mobile",
                     (long long)teams_numbers(&put->counts));
    }
    return RC_OK;
}

static enum rc subdomain_free(const struct put *put, const struct rule *rule, struct err *err)
{
    struct str label = subdomain_of(put->input), holder;
    if (str_absent(label) || str_eq_ci(label, subdomain_of(put->before))) {
        return RC_OK;
    }
    enum rc rc = repo_account_by_subdomain(put->change->tx, put->change->mem, label, &holder, err);
    if (rc == RC_OK) {
        err_list_add(put->findings, rule->code, STR(SUBDOMAIN_FIELD),
                     "account \"%" STR_FMT "\" uses this subdomain", STR_ARG(holder));
    }
    return rc == RC_NOT_FOUND ? RC_OK : rc;
}

static enum rc launch_kept(const struct put *put, const struct rule *rule UNUSED, struct err *err UNUSED)
{
    launch__judge_account(put->change, put->before, put->input, put->findings);
    return RC_OK;
}

/* Those that no state can heal come first; findings of the others are then not looked for. */
static const struct rule rules[] = {
    {"TenantRequired", RC_INVALID, tenant_required},
    {"SubdomainTooLong", RC_INVALID, subdomain_short_enough},
    {"ApiRequiredAfterLaunch", RC_DENIED, launch_kept},
    {"ServiceInUse", RC_CONFLICT, services_unused},
    {"TenantInUse", RC_CONFLICT, tenant_unused},
    {"SubdomainInUse", RC_CONFLICT, subdomain_free},
};

static enum rc check_rules(const struct put *put, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        enum rc rc = rules[i].check(put, &rules[i], err);
        if (rc != RC_OK) {
            return rc;
        }
        bool last_of_its_rc = i + 1 == ARRAY_LEN(rules) || rules[i + 1].rc != rules[i].rc;
        if (last_of_its_rc && put->findings->count > 0) {
            return err_from_list(err, rules[i].rc, put->findings);
        }
    }
    return RC_OK;
}

/* ---- put ---- */

static bool same_records(const struct direct_routing_config *a, const struct direct_routing_config *b)
{
    if (a == NULL || b == NULL) {
        return a == b;
    }
    return str_eq_ci(a->subdomain, b->subdomain) && str_eq(a->tokens->region1, b->tokens->region1) &&
           str_eq(a->tokens->region2, b->tokens->region2);
}

/* What was found out about the DNS records holds as long as the same ones are wanted. */
static enum subdomain_status subdomain_status(const struct put *put)
{
    const struct account_service *before =
        put->before != NULL ? put->before->services->of[SERVICE_DIRECT_ROUTING] : NULL;
    bool kept = before != NULL && same_records(before->configuration, routing_of(put->input));
    return kept && before->subdomain_status != SUBDOMAIN_ABSENT ? before->subdomain_status
                                                                : SUBDOMAIN_NOT_PROVISIONED;
}

static const struct account_service *service_as_put(const struct put *put, enum service s)
{
    const struct account_service *input = put->input->services->of[s];
    struct account_service *service =
        input != NULL ? arena_new_of(put->change->mem, struct account_service) : NULL;
    if (service != NULL) {
        *service = *input;
        service->number_count = put->counts.of[s];
        service->subdomain_status = s == SERVICE_DIRECT_ROUTING ? subdomain_status(put) : SUBDOMAIN_ABSENT;
    }
    return service;
}

/* The account as it shall be. NULL: no room. */
static struct account *account_as_put(const struct put *put)
{
    struct account *account = arena_new_of(put->change->mem, struct account);
    struct account_services *services = arena_new_of(put->change->mem, struct account_services);
    if (account == NULL || services == NULL) {
        return NULL;
    }
    services->teams_tenant_id = put->input->services->teams_tenant_id;
    for (enum service s = 0; s < SERVICE_COUNT; s++) {
        services->of[s] = service_as_put(put, s);
    }
    account->name = put->input->name;
    account->correlation_id = put->input->correlation_id;
    account->services = services;
    enum service synced = synced_service(account);
    bool asked = synced < SERVICE_COUNT;
    const char *target = synced == SERVICE_PHONE_MOBILE ? "serviceDetails.teamsPhoneMobile"
                                                        : "serviceDetails.teamsOperatorConnect";
    change__set_status(put->change, (struct asked){asked, target}, &account->provisioning_status,
                       &account->provisioning_errors);
    return account;
}

enum rc account__touch_sweep(const struct change *change, struct str tenant_id, struct err *err)
{
    struct str key = arena_lower(change->mem, tenant_id);
    return str_absent(key) ? change__no_room(err) : repo_outbox_touch(change->tx, OUTBOX_SWEEP, key, err);
}

/* Releases that wait until somebody asks for sync: without the account they go on by themselves. */
static enum rc touch_leaving(const struct change *change, struct str name, struct err *err)
{
    struct str tenant_id;
    enum rc rc = repo_acquired_tenant(change->tx, change->mem, name, &tenant_id, err);
    return rc == RC_OK          ? repo_outbox_touch(change->tx, OUTBOX_SYNC, name, err)
           : rc == RC_NOT_FOUND ? RC_OK
                                : rc;
}

static enum rc write_account(const struct change *change, const struct account *before, struct account *after,
                             struct err *err)
{
    struct str name = before != NULL ? before->name : after->name;
    struct record record = {.before = before, .after = after};
    struct record_set set = {
        .kind = AUDIT_ACCOUNT, .account = name, .records = &record, .count = 1, .touch_key = name};
    set.touch = (before != NULL ? touch_of(before) : 0) | (after != NULL ? touch_of(after) : 0);
    enum rc rc = change__write(change, &set, err);
    bool sweep = after != NULL && change->facts->backend_configured && synced_service(after) < SERVICE_COUNT;
    return rc == RC_OK && sweep && !record.same
               ? account__touch_sweep(change, after->services->teams_tenant_id, err)
               : rc;
}

static enum rc find_before(struct put *put, const struct precondition *pre, struct err *err)
{
    const struct change *change = put->change;
    enum rc rc = repo_account_find(change->tx, change->mem, put->input->name, REPO_UPDATE, &put->before, err);
    if (rc == RC_NOT_FOUND) {
        return change__judge(pre, (struct etag){0}, NULL, err);
    }
    if (rc == RC_OK) {
        rc = repo_number_counts(change->tx, put->input->name, &put->counts, err);
    }
    return rc == RC_OK ? change__judge(pre, account_etag(put->before), &put->before->revision, err) : rc;
}

enum rc account_put(const struct change *change, const struct account *input, const struct precondition *pre,
                    const struct account **ret, bool *ret_created, struct err *err)
{
    struct account complete = *input;
    complete.services = input->services != NULL ? input->services : &no_services;
    struct put put = {.change = change, .input = &complete, .findings = change__findings(change)};
    if (put.findings == NULL) {
        return change__no_room(err);
    }
    enum rc rc = find_before(&put, pre, err);
    if (rc == RC_OK) {
        rc = check_rules(&put, err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    struct account *after = account_as_put(&put);
    if (after == NULL) {
        return change__no_room(err);
    }
    rc = write_account(change, put.before, after, err);
    if (rc == RC_OK) {
        *ret = after;
        *ret_created = put.before == NULL;
    }
    return rc;
}

/* ---- delete ---- */

static enum rc may_delete(const struct number_counts *counts, bool delete_numbers, struct err *err)
{
    if (counts->all > 0 && !delete_numbers) {
        return err_set(err, RC_CONFLICT, "AccountNotEmpty",
                       "the account has %lld numbers; delete them first, or ask with deleteNumbers=true",
                       (long long)counts->all);
    }
    if (counts->all > LIMIT_ACCOUNT_DELETE) {
        return err_set(err, RC_CONFLICT, "AccountTooLarge",
                       "the account has %lld numbers, at most %d go with it; delete numbers first",
                       (long long)counts->all, LIMIT_ACCOUNT_DELETE);
    }
    return RC_OK;
}

static enum rc launch_allows_delete(const struct change *change, const struct account *account,
                                    struct err *err)
{
    struct err_list *findings = change__findings(change);
    if (findings == NULL) {
        return change__no_room(err);
    }
    launch__judge_account(change, account, NULL, findings);
    return err_from_list(err, RC_DENIED, findings);
}

static enum rc none_assigned(const struct change *change, const struct account *account,
                             const struct list_page *page, struct err *err)
{
    const struct number *numbers = page->items.items;
    struct err_list *findings = change__findings(change);
    if (findings == NULL) {
        return change__no_room(err);
    }
    for (size_t i = 0; i < page->items.count; i++) {
        if (number__is_assigned(account, &numbers[i])) {
            number__assigned_finding(findings, &numbers[i], STR_NONE);
        }
    }
    return err_from_list(err, RC_CONFLICT, findings);
}

static enum rc remove_slice(const struct change *change, const struct account *account,
                            const struct list_page *page, struct err *err)
{
    const struct number *numbers = page->items.items;
    struct record *records = arena_alloc_array(change->mem, page->items.count, sizeof *records);
    enum rc rc = none_assigned(change, account, page, err);
    if (rc != RC_OK || records == NULL) {
        return rc != RC_OK ? rc : change__no_room(err);
    }
    for (size_t i = 0; i < page->items.count; i++) {
        records[i].before = &numbers[i];
    }
    struct record_set set = {
        .kind = AUDIT_NUMBER, .account = account->name, .records = records, .count = page->items.count};
    rc = numbers__leave(change, account, records, set.count, err);
    return rc == RC_OK ? change__write(change, &set, err) : rc;
}

/* An assigned one in a later slice undoes the earlier slices with the rest of the transaction. */
static enum rc remove_numbers(const struct change *change, const struct account *account, struct err *err)
{
    struct list_query query = {.account = account->name, .limit = LIMIT_PAGE};
    struct list_page page = {.more = true};
    enum rc rc = RC_OK;
    while (rc == RC_OK && page.more) {
        struct arena_mark mark = arena_mark(change->mem);
        page = (struct list_page){.count = -1};
        rc = repo_numbers_list(change->tx, change->mem, &query, &page, err);
        query.after = (struct cursor){.set = true, .number = page.last.number};
        if (rc == RC_OK && page.items.count > 0) {
            rc = remove_slice(change, account, &page, err);
        }
        if (rc == RC_OK) {
            arena_rewind(change->mem, mark); /* not on failure: the findings are there */
        }
    }
    return rc;
}

static enum rc remove_account(const struct change *change, const struct account *account, struct err *err)
{
    enum rc rc = remove_numbers(change, account, err);
    if (rc == RC_OK) {
        /* They are the enterprise's, mirrored: not audited. */
        rc = repo_civic_addresses_remove(change->tx, account->name, err);
    }
    if (rc == RC_OK) {
        rc = write_account(change, account, NULL, err);
    }
    return rc == RC_OK ? touch_leaving(change, account->name, err) : rc;
}

enum rc account_delete(const struct change *change, struct str name, bool delete_numbers,
                       const struct precondition *pre, struct err *err)
{
    const struct account *account = NULL;
    struct number_counts counts = {0};
    enum rc rc = repo_account_find(change->tx, change->mem, name, REPO_UPDATE, &account, err);
    if (rc == RC_NOT_FOUND) {
        return change__judge(pre, (struct etag){0}, NULL, err);
    }
    if (rc == RC_OK) {
        rc = change__judge(pre, account_etag(account), &account->revision, err);
    }
    if (rc == RC_OK) {
        rc = launch_allows_delete(change, account, err);
    }
    if (rc == RC_OK) {
        rc = repo_number_counts(change->tx, name, &counts, err);
    }
    if (rc == RC_OK) {
        rc = may_delete(&counts, delete_numbers, err);
    }
    return rc == RC_OK ? remove_account(change, account, err) : rc;
}
