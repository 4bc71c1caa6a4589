/* Accounts, and how many numbers they have. */
#include "gateway/store/list.h"

#include "common/base/banned.h"

/* clang-format off */
#define SERVICE_COLUMNS(X, service) X(service##_enabled) X(service##_sync_enabled)
/* In the order of enum service. */
#define ACCOUNT_COLUMNS(X)                                                                                   \
    X(provisioning_status) X(provisioning_errors) X(correlation_id) X(teams_tenant_id)                       \
    SERVICE_COLUMNS(X, operator_connect) SERVICE_COLUMNS(X, phone_mobile)                                    \
    SERVICE_COLUMNS(X, direct_routing) SERVICE_COLUMNS(X, zoom) SERVICE_COLUMNS(X, call_protection)          \
    X(call_screening) X(subdomain) X(region1_token) X(region2_token) X(subdomain_status)                     \
    REVISION_COLUMNS(X) PROVENANCE_COLUMNS(X)
/* The last two are never read back. */
#define WRITTEN_COLUMNS(X) ACCOUNT_COLUMNS(X) X(teams_tenant_key) X(subdomain_key)

/* Several shards of one account make one row; an account without numbers may have none. */
#define SELECT_ACCOUNT                                                                                       \
    "select r.name, r.name" ACCOUNT_COLUMNS(COLUMN_OF_R)                                                     \
    ", coalesce(sum(c.operator_connect), 0), coalesce(sum(c.phone_mobile), 0)"                               \
    ", coalesce(sum(c.direct_routing), 0), coalesce(sum(c.zoom), 0), coalesce(sum(c.call_protection), 0)"    \
    ", coalesce(max(c.changed_at), 0)"                                                                       \
    " from account r left join number_count c on c.account = r.name"
#define INSERT_ACCOUNT                                                                                       \
    "insert into account (name" WRITTEN_COLUMNS(COLUMN) ") values (?" WRITTEN_COLUMNS(COLUMN_PARAM) ")"
#define ADD(column) ", " #column " = number_count." #column " + excluded." #column

/* A row that is locked cannot be grouped. */
#define SELECT_TO_LOCK                                                                                       \
    "select r.name, r.name" ACCOUNT_COLUMNS(COLUMN_OF_R)                                                     \
    ", c.operator_connect, c.phone_mobile, c.direct_routing, c.zoom, c.call_protection, c.changed_at"        \
    " from account r, lateral (select coalesce(sum(operator_connect), 0) operator_connect"                   \
    ", coalesce(sum(phone_mobile), 0) phone_mobile, coalesce(sum(direct_routing), 0) direct_routing"         \
    ", coalesce(sum(zoom), 0) zoom, coalesce(sum(call_protection), 0) call_protection"                       \
    ", coalesce(max(changed_at), 0) changed_at from number_count where account = r.name) c where r.name = ?"

static const struct sql_text by_name[] = {
    [REPO_READ] = {.text = SELECT_ACCOUNT " where r.name = ? group by r.name"},
    [REPO_SHARE] = {.text = SELECT_TO_LOCK " for share of r"},
    [REPO_UPDATE] = {.text = SELECT_TO_LOCK " for update of r"},
};
static const struct sql_text insert = {.text = INSERT_ACCOUNT};
static const struct sql_text replace = {.text =
    INSERT_ACCOUNT " on conflict (name) do update set name = excluded.name" WRITTEN_COLUMNS(COLUMN_SET)};
static const struct sql_text remove_account = {.text = "delete from account where name = ?"};
static const struct sql_text remove_counts = {.text = "delete from number_count where account = ?"};
static const struct sql_text by_subdomain = {.text = "select name from account where subdomain_key = ?"};
static const struct sql_text by_tenant = {.text = "select name from account where teams_tenant_key = ? and name > ? order by name limit ?"};
static const struct sql_text count_all = {.text = "select count(*) from account"};
static const struct sql_text counts_of = {.text =
    "select coalesce(sum(numbers), 0), coalesce(sum(operator_connect), 0), coalesce(sum(phone_mobile), 0)"
    ", coalesce(sum(direct_routing), 0), coalesce(sum(zoom), 0), coalesce(sum(call_protection), 0)"
    " from number_count where account = ?"};
static const struct sql_text counts_add = {.text =
    "insert into number_count"
    " (account, shard, numbers, operator_connect, phone_mobile, direct_routing, zoom, call_protection, changed_at)"
    " values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (account, shard) do update set changed_at = excluded.changed_at"
    ADD(numbers) ADD(operator_connect) ADD(phone_mobile) ADD(direct_routing) ADD(zoom) ADD(call_protection)};
/* clang-format on */

/* ---- read ---- */

static void read_services(struct sql_stmt *stmt, struct arena *mem, struct account_services *ret,
                          struct account_service *of[])
{
    for (int i = 0; i < SERVICE_COUNT; i++) {
        of[i] = NULL;
        if (sql_is_null(stmt)) {
            sql_skip(stmt, 2);
            continue;
        }
        bool enabled = sql_read_bool(stmt), sync_enabled = sql_read_bool(stmt);
        struct account_service *service = arena_new_of(mem, struct account_service);
        if (service != NULL) {
            *service = (struct account_service){.enabled = enabled, .sync_enabled = sync_enabled};
        }
        ret->of[i] = of[i] = service;
    }
}

static const struct direct_routing_config *read_config(struct sql_stmt *stmt, struct arena *mem)
{
    if (sql_is_null(stmt)) {
        sql_skip(stmt, 4);
        return NULL;
    }
    struct direct_routing_config *config = arena_new_of(mem, struct direct_routing_config);
    struct subdomain_tokens *tokens = arena_new_of(mem, struct subdomain_tokens);
    if (config == NULL || tokens == NULL) {
        sql_skip(stmt, 4);
        return NULL;
    }
    config->call_screening = sql_read_bool(stmt);
    config->subdomain = sql_read_text(stmt, mem);
    tokens->region1 = sql_read_text(stmt, mem);
    tokens->region2 = sql_read_text(stmt, mem);
    config->tokens = tokens;
    return config;
}

static void read_direct_routing(struct sql_stmt *stmt, struct arena *mem, struct account_service *service)
{
    const struct direct_routing_config *config = read_config(stmt, mem);
    enum subdomain_status status = (enum subdomain_status)sql_read_i64(stmt);
    if (service != NULL) {
        service->configuration = config;
        service->subdomain_status = status;
    }
}

static void read_account(struct sql_stmt *stmt, struct arena *mem, void *item)
{
    struct account *account = item;
    struct account_services *services = arena_new_of(mem, struct account_services);
    struct account_service *of[SERVICE_COUNT];
    if (services == NULL) {
        return;
    }
    account->services = services;
    account->name = sql_read_text(stmt, mem);
    account->provisioning_status = (enum provisioning_status)sql_read_i64(stmt);
    row_read_parts(stmt, mem, &schema_account, STR("serviceProvisioningErrors"),
                   &account->provisioning_errors);
    account->correlation_id = sql_read_text(stmt, mem);
    services->teams_tenant_id = sql_read_text(stmt, mem);
    read_services(stmt, mem, services, of);
    read_direct_routing(stmt, mem, of[SERVICE_DIRECT_ROUTING]);
    row_read_revision(stmt, &account->revision);
    row_read_provenance(stmt, mem, &account->provenance);
    for (int i = 0; i < SERVICE_COUNT; i++) {
        int64_t number_count = sql_read_i64(stmt);
        if (of[i] != NULL) {
            of[i]->number_count = number_count;
        }
    }
    int64_t counted_at = sql_read_i64(stmt); /* a reply that shows other counts is a later one */
    if (counted_at > account->revision.status_at.ms) {
        account->revision.status_at.ms = counted_at;
    }
}

/* Where SQLite's one writer reads, nothing can change under it: there is no lock to take. */
enum rc repo_account_find(struct repo_tx *tx, struct arena *mem, struct str name, enum repo_lock lock,
                          const struct account **ret, struct err *err)
{
    lock = tx_lock(tx, lock);
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    struct account *account = arena_new_of(mem, struct account);
    enum rc rc = account != NULL ? sql_prepare(tx->sql, &by_name[lock], &stmt, err) : row_end(mem, err);
    if (rc != RC_OK) {
        return rc;
    }
    bool row;
    sql_bind_text(stmt, name);
    sql_send(stmt);
    if (lock == REPO_UPDATE) {
        revision_ask(tx);
    }
    rc = sql_step(stmt, &row, err);
    if (rc != RC_OK || !row) {
        return rc != RC_OK ? rc : RC_NOT_FOUND;
    }
    sql_skip(stmt, 1);
    read_account(stmt, mem, account);
    *ret = account;
    return row_end(mem, err);
}

/* ---- write ---- */

static void bind_services(struct sql_stmt *stmt, const struct account_services *services)
{
    for (int i = 0; i < SERVICE_COUNT; i++) {
        const struct account_service *service = services != NULL ? services->of[i] : NULL;
        if (service == NULL) {
            sql_bind_nulls(stmt, 2);
        } else {
            sql_bind_bool(stmt, service->enabled);
            sql_bind_bool(stmt, service->sync_enabled);
        }
    }
}

static void bind_direct_routing(struct sql_stmt *stmt, const struct account_service *service)
{
    const struct direct_routing_config *config = service != NULL ? service->configuration : NULL;
    if (config == NULL) {
        sql_bind_nulls(stmt, 4);
    } else {
        sql_bind_bool(stmt, config->call_screening);
        sql_bind_text(stmt, config->subdomain);
        sql_bind_text(stmt, config->tokens != NULL ? config->tokens->region1 : STR_NONE);
        sql_bind_text(stmt, config->tokens != NULL ? config->tokens->region2 : STR_NONE);
    }
    row_bind_enum(stmt, service != NULL ? (int)service->subdomain_status : 0);
}

static struct str subdomain_of(const struct account *account)
{
    const struct account_service *service =
        account->services != NULL ? account->services->of[SERVICE_DIRECT_ROUTING] : NULL;
    return service != NULL && service->configuration != NULL ? service->configuration->subdomain : STR_NONE;
}

static void bind_account(struct sql_stmt *stmt, struct arena *mem, const struct account *account)
{
    const struct account_services *services = account->services;
    struct str tenant = services != NULL ? services->teams_tenant_id : STR_NONE;
    sql_bind_text(stmt, account->name);
    row_bind_enum(stmt, (int)account->provisioning_status);
    row_bind_parts(stmt, mem, &schema_account, STR("serviceProvisioningErrors"),
                   account->provisioning_errors);
    sql_bind_text(stmt, account->correlation_id);
    sql_bind_text(stmt, tenant);
    bind_services(stmt, services);
    bind_direct_routing(stmt, services != NULL ? services->of[SERVICE_DIRECT_ROUTING] : NULL);
    row_bind_revision(stmt, &account->revision);
    row_bind_provenance(stmt, &account->provenance);
    sql_bind_text(stmt, arena_lower(mem, tenant));
    sql_bind_text(stmt, arena_lower(mem, subdomain_of(account)));
}

enum rc repo_account_write(struct repo_tx *tx, const struct account *account, bool exists, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, exists ? &replace : &insert, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    bind_account(stmt, tx->mem, account);
    rc = row_end(tx->mem, err);
    return rc == RC_OK ? sql_run(stmt, err) : rc;
}

static enum rc run_for(struct repo_tx *tx, const struct sql_text *text, struct str name, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, text, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_text(stmt, name);
    return sql_run(stmt, err);
}

enum rc repo_account_remove(struct repo_tx *tx, struct str name, struct err *err)
{
    enum rc rc = run_for(tx, &remove_account, name, err);
    return rc == RC_OK ? run_for(tx, &remove_counts, name, err) : rc;
}

enum rc repo_accounts_of_tenant(struct repo_tx *tx, struct arena *mem, struct str tenant_id, struct str after,
                                size_t limit, struct text_list *ret, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    struct str *names = arena_alloc_array(mem, limit, sizeof *names);
    enum rc rc = names != NULL ? sql_prepare(tx->sql, &by_tenant, &stmt, err) : row_end(mem, err);
    if (rc != RC_OK) {
        return rc;
    }
    size_t count = 0;
    bool row = true;
    sql_bind_text(stmt, arena_lower(mem, tenant_id));
    sql_bind_text(stmt, str_absent(after) ? STR("") : after);
    sql_bind_i64(stmt, (int64_t)limit);
    while (count < limit && (rc = sql_step(stmt, &row, err)) == RC_OK && row) {
        names[count++] = sql_read_text(stmt, mem);
    }
    if (rc != RC_OK) {
        return rc;
    }
    *ret = (struct text_list){names, count};
    return row_end(mem, err);
}

enum rc repo_account_by_subdomain(struct repo_tx *tx, struct arena *mem, struct str label,
                                  struct str *ret_name, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &by_subdomain, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    bool row;
    sql_bind_text(stmt, arena_lower(mem, label));
    rc = sql_step(stmt, &row, err);
    if (rc != RC_OK || !row) {
        return rc != RC_OK ? rc : RC_NOT_FOUND;
    }
    *ret_name = sql_read_text(stmt, mem);
    return row_end(mem, err);
}

/* ---- counters ---- */

enum rc repo_number_counts(struct repo_tx *tx, struct str account, struct number_counts *ret, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &counts_of, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    bool row;
    sql_bind_text(stmt, account);
    rc = sql_step(stmt, &row, err);
    if (rc != RC_OK) {
        return rc;
    }
    ret->all = sql_read_i64(stmt);
    for (int i = 0; i < SERVICE_COUNT; i++) {
        ret->of[i] = sql_read_i64(stmt);
    }
    return RC_OK;
}

enum rc repo_number_counts_add(struct repo_tx *tx, struct str account, const struct number_counts *delta,
                               struct wall at, struct err *err)
{
    static const struct number_counts nothing;
    if (memcmp(delta, &nothing, sizeof nothing) == 0) {
        return RC_OK;
    }
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &counts_add, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_text(stmt, account);
    sql_bind_i64(stmt, tx->shard);
    sql_bind_i64(stmt, delta->all);
    for (int i = 0; i < SERVICE_COUNT; i++) {
        sql_bind_i64(stmt, delta->of[i]);
    }
    sql_bind_i64(stmt, at.ms);
    return sql_run(stmt, err);
}

/* ---- list ---- */

/* clang-format off */
#define COUNT_OF(service)                                                                                    \
    "case when r." #service "_enabled is not null then"                                                      \
    " (select coalesce(sum(c." #service "), 0) from number_count c where c.account = r.name) end"
#define SERVICE(path, service)                                                                               \
    {"serviceDetails/" path "/enabled", "r." #service "_enabled", false},                                    \
    {"serviceDetails/" path "/numberCount", COUNT_OF(service), false}
#define SYNC(path, service) {"serviceDetails/" path "/syncEnabled", "r." #service "_sync_enabled", false}
#define DIRECT_ROUTING "serviceDetails/teamsDirectRouting/"

const struct column account_columns[] = {
    {"name", "r.name", false},
    {"serviceProvisioningStatus", "r.provisioning_status", false},
    {"correlationId", "r.correlation_id", false},
    {"serviceDetails/teamsTenantId", "r.teams_tenant_key", true},
    SERVICE("teamsOperatorConnect", operator_connect),
    SYNC("teamsOperatorConnect", operator_connect),
    SERVICE("teamsPhoneMobile", phone_mobile),
    SYNC("teamsPhoneMobile", phone_mobile),
    SERVICE("teamsDirectRouting", direct_routing),
    SYNC("teamsDirectRouting", direct_routing),
    SERVICE("zoomPhoneCloudPeering", zoom),
    SYNC("zoomPhoneCloudPeering", zoom),
    SERVICE("azureOperatorCallProtection", call_protection),
    {DIRECT_ROUTING "configuration/callScreening", "r.call_screening", false},
    {DIRECT_ROUTING "configuration/subdomain", "r.subdomain", false},
    {DIRECT_ROUTING "configuration/subdomainTokens/region1Token", "r.region1_token", false},
    {DIRECT_ROUTING "configuration/subdomainTokens/region2Token", "r.region2_token", false},
    {DIRECT_ROUTING "subdomainStatus", /* before any check: notProvisioned */
     "case when r.direct_routing_enabled is not null then coalesce(r.subdomain_status, 2) end", false},
    {0},
};
/* clang-format on */
_Static_assert(SUBDOMAIN_NOT_PROVISIONED == 2, "the number in account_columns");

static const struct list_kind accounts = {
    .select = SELECT_ACCOUNT,
    .from = "account r",
    .key = "r.name",
    .group = "group by r.name",
    .account = "r.name",
    .count_all = &count_all,
    .columns = account_columns,
    .item_size = sizeof(struct account),
    .read = read_account,
};

enum rc repo_accounts_list(struct repo_tx *tx, struct arena *mem, const struct list_query *query,
                           struct list_page *ret, struct err *err)
{
    return list_read(tx, mem, &accounts, NULL, query, ret, err);
}
