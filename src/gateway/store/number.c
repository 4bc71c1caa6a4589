/* Numbers. One that is being released is still there, but not for anybody who asks here. */
#include "gateway/store/list.h"

#include "common/base/banned.h"

enum parts { HAS_SERVICES = 1 << 0, HAS_CONFIGURATION = 1 << 1 };

/* clang-format off */
#define SYNCED_COLUMNS(X, service)                                                                           \
    X(service##_enabled) X(service##_assignment_status) X(service##_allow_tenant_address_update)             \
    X(service##_usage) X(service##_choosable_capabilities) X(service##_acquired_capabilities)                \
    X(service##_available_capabilities) X(service##_additional_usages) X(service##_civic_address_id)         \
    X(service##_location_id) X(service##_displayed_country_code)
#define CONFIG_COLUMN_COUNT 9 /* of these: from allow_tenant_address_update on */
/* The account of a number never changes, so replacing one leaves the index over accounts alone. */
#define CHANGING_COLUMNS(X)                                                                                  \
    X(parts) X(provisioning_status) X(provisioning_errors) X(custom_sip_header)                              \
    X(direct_routing_enabled) X(zoom_enabled) X(call_protection_enabled)                                     \
    SYNCED_COLUMNS(X, operator_connect) SYNCED_COLUMNS(X, phone_mobile) REVISION_COLUMNS(X)
#define NUMBER_COLUMNS(X) X(account) CHANGING_COLUMNS(X)

/* Those with few columns go first. */
static const enum service plain[] = {SERVICE_DIRECT_ROUTING, SERVICE_ZOOM, SERVICE_CALL_PROTECTION};
static const enum service synced[] = {SERVICE_OPERATOR_CONNECT, SERVICE_PHONE_MOBILE};

#define SELECT_NUMBER "select r.telephone_number, r.telephone_number" NUMBER_COLUMNS(COLUMN_OF_R) " from number r"

static const struct sql_text by_number = {.text =
    SELECT_NUMBER " where r.telephone_number = ? and r.releasing = 0"};
static const struct sql_text write_number = {.text =
    "insert into number (telephone_number" NUMBER_COLUMNS(COLUMN) ") values (?" NUMBER_COLUMNS(COLUMN_PARAM) ")"
    " on conflict (telephone_number) do update set releasing = 0" CHANGING_COLUMNS(COLUMN_SET)};
static const struct sql_text remove_number = {.text =
    "delete from number where telephone_number = ? and releasing = 0"};
static const struct sql_text count_all = {.text = "select coalesce(sum(numbers), 0) from number_count"};
static const struct sql_text count_account = {.text =
    "select coalesce(sum(numbers), 0) from number_count where account = ?"};
/* clang-format on */

/* ---- read ---- */

static struct number_teams_config *read_config(struct sql_stmt *stmt, struct arena *mem)
{
    struct number_teams_config *config =
        sql_is_null(stmt) ? NULL : arena_new_of(mem, struct number_teams_config);
    if (config == NULL) {
        sql_skip(stmt, CONFIG_COLUMN_COUNT);
        return NULL;
    }
    config->allow_tenant_address_update = sql_read_bool(stmt);
    config->usage = sql_read_text(stmt, mem);
    row_read_texts(stmt, mem, &config->choosable_capabilities);
    row_read_texts(stmt, mem, &config->acquired_capabilities);
    row_read_texts(stmt, mem, &config->available_capabilities);
    row_read_texts(stmt, mem, &config->additional_usages);
    config->civic_address_id = sql_read_text(stmt, mem);
    config->location_id = sql_read_text(stmt, mem);
    config->displayed_country_code = sql_read_text(stmt, mem);
    return config;
}

static const struct number_service *read_service(struct sql_stmt *stmt, struct arena *mem, bool is_synced)
{
    struct number_service *service = sql_is_null(stmt) ? NULL : arena_new_of(mem, struct number_service);
    if (service == NULL) {
        sql_skip(stmt, is_synced ? 2 + CONFIG_COLUMN_COUNT : 1);
        return NULL;
    }
    service->enabled = sql_read_bool(stmt);
    if (is_synced) {
        service->assignment_status = (enum assignment_status)sql_read_i64(stmt);
        service->configuration = read_config(stmt, mem);
    }
    return service;
}

static const struct number_services *read_services(struct sql_stmt *stmt, struct arena *mem, bool there)
{
    struct number_services *services = there ? arena_new_of(mem, struct number_services) : NULL;
    if (services == NULL) {
        sql_skip(stmt, ARRAY_LEN(plain) + ARRAY_LEN(synced) * (2 + CONFIG_COLUMN_COUNT));
        return NULL;
    }
    for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
        services->of[plain[i]] = read_service(stmt, mem, false);
    }
    for (size_t i = 0; i < ARRAY_LEN(synced); i++) {
        services->of[synced[i]] = read_service(stmt, mem, true);
    }
    return services;
}

static void read_number(struct sql_stmt *stmt, struct arena *mem, void *item)
{
    struct number *number = item;
    number->telephone_number = sql_read_i64(stmt);
    number->account_name = sql_read_text(stmt, mem);
    int64_t parts = sql_read_i64(stmt);
    number->provisioning_status = (enum provisioning_status)sql_read_i64(stmt);
    row_read_parts(stmt, mem, &schema_number, STR("serviceProvisioningErrors"), &number->provisioning_errors);
    struct number_config *configuration =
        (parts & HAS_CONFIGURATION) ? arena_new_of(mem, struct number_config) : NULL;
    struct str custom_sip_header = sql_read_text(stmt, mem);
    if (configuration != NULL) {
        configuration->custom_sip_header = custom_sip_header;
        number->configuration = configuration;
    }
    number->services = read_services(stmt, mem, parts & HAS_SERVICES);
    row_read_revision(stmt, &number->revision);
}

/* One of several: the statement is bound, stepped and made ready again. */
static enum rc find_one(struct sql_stmt *stmt, struct arena *mem, int64_t telephone_number,
                        const struct number **ret, struct err *err)
{
    bool row;
    sql_bind_i64(stmt, telephone_number);
    enum rc rc = sql_step(stmt, &row, err);
    if (rc != RC_OK || !row) {
        *ret = NULL;
        return rc;
    }
    struct number *number = arena_new_of(mem, struct number);
    if (number != NULL) {
        sql_skip(stmt, 1);
        read_number(stmt, mem, number);
    }
    *ret = number;
    return row_end(mem, err);
}

enum rc repo_number_find(struct repo_tx *tx, struct arena *mem, int64_t telephone_number, enum repo_lock lock,
                         const struct number **ret, struct err *err)
{
    const struct number *number = NULL;
    enum rc rc = repo_numbers_find(tx, mem, &telephone_number, 1, lock, &number, err);
    if (rc == RC_OK && number == NULL) {
        return RC_NOT_FOUND;
    }
    if (rc == RC_OK) {
        *ret = number;
    }
    return rc;
}

/* On SQLite a prepared statement in a loop is the fast way: there is no round trip to save. */
enum rc repo_numbers_find(struct repo_tx *tx, struct arena *mem, const int64_t *telephone_numbers,
                          size_t count, enum repo_lock lock, const struct number **ret, struct err *err)
{
    (void)lock;
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &by_number, &stmt, err);
    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        rc = find_one(stmt, mem, telephone_numbers[i], &ret[i], err);
        sql_again(stmt);
    }
    return rc;
}

/* ---- write ---- */

static void bind_config(struct sql_stmt *stmt, struct arena *mem, const struct number_teams_config *config)
{
    if (config == NULL) {
        sql_bind_nulls(stmt, CONFIG_COLUMN_COUNT);
        return;
    }
    sql_bind_bool(stmt, config->allow_tenant_address_update);
    sql_bind_text(stmt, config->usage);
    row_bind_texts(stmt, mem, config->choosable_capabilities);
    row_bind_texts(stmt, mem, config->acquired_capabilities);
    row_bind_texts(stmt, mem, config->available_capabilities);
    row_bind_texts(stmt, mem, config->additional_usages);
    sql_bind_text(stmt, config->civic_address_id);
    sql_bind_text(stmt, config->location_id);
    sql_bind_text(stmt, config->displayed_country_code);
}

static void bind_service(struct sql_stmt *stmt, struct arena *mem, const struct number_service *service,
                         bool is_synced)
{
    if (service == NULL) {
        sql_bind_nulls(stmt, is_synced ? 2 + CONFIG_COLUMN_COUNT : 1);
        return;
    }
    sql_bind_bool(stmt, service->enabled);
    if (is_synced) {
        row_bind_enum(stmt, (int)service->assignment_status);
        bind_config(stmt, mem, service->configuration);
    }
}

static void bind_services(struct sql_stmt *stmt, struct arena *mem, const struct number_services *services)
{
    for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
        bind_service(stmt, mem, services != NULL ? services->of[plain[i]] : NULL, false);
    }
    for (size_t i = 0; i < ARRAY_LEN(synced); i++) {
        bind_service(stmt, mem, services != NULL ? services->of[synced[i]] : NULL, true);
    }
}

static void bind_number(struct sql_stmt *stmt, struct arena *mem, const struct number *number)
{
    const struct number_config *configuration = number->configuration;
    sql_bind_i64(stmt, number->telephone_number);
    sql_bind_text(stmt, number->account_name);
    sql_bind_i64(stmt, (number->services != NULL ? HAS_SERVICES : 0) |
                           (configuration != NULL ? HAS_CONFIGURATION : 0));
    row_bind_enum(stmt, (int)number->provisioning_status);
    row_bind_parts(stmt, mem, &schema_number, STR("serviceProvisioningErrors"), number->provisioning_errors);
    sql_bind_text(stmt, configuration != NULL ? configuration->custom_sip_header : STR_NONE);
    bind_services(stmt, mem, number->services);
    row_bind_revision(stmt, &number->revision);
}

enum rc repo_numbers_write(struct repo_tx *tx, const struct number *const *numbers, size_t count,
                           struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &write_number, &stmt, err);
    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        bind_number(stmt, tx->mem, numbers[i]);
        rc = row_end(tx->mem, err);
        rc = rc == RC_OK ? sql_run(stmt, err) : rc;
    }
    return rc;
}

enum rc repo_numbers_remove(struct repo_tx *tx, const int64_t *telephone_numbers, size_t count,
                            struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &remove_number, &stmt, err);
    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        sql_bind_i64(stmt, telephone_numbers[i]);
        rc = sql_run(stmt, err);
    }
    return rc;
}

/* ---- list ---- */

/* clang-format off */
#define SYNCED(path, service)                                                                                \
    {"serviceDetails/" path "/enabled", "r." #service "_enabled", false},                                    \
    {"serviceDetails/" path "/assignmentStatus", "r." #service "_assignment_status", false},                 \
    {"serviceDetails/" path "/configuration/usage", "r." #service "_usage", false},                          \
    {"serviceDetails/" path "/configuration/civicAddressId", "lower(r." #service "_civic_address_id)", true}, \
    {"serviceDetails/" path "/configuration/locationId", "lower(r." #service "_location_id)", true},         \
    {"serviceDetails/" path "/configuration/allowTenantAddressUpdate",                                       \
     "r." #service "_allow_tenant_address_update", false},                                                   \
    {"serviceDetails/" path "/configuration/displayedCountryCode", "r." #service "_displayed_country_code", false}

const struct column number_columns[] = {
    {"telephoneNumber", "r.telephone_number", false},
    {"accountName", "r.account", false},
    {"serviceProvisioningStatus", "r.provisioning_status", false},
    {"configuration/customSipHeader", "r.custom_sip_header", false},
    {"serviceDetails/teamsDirectRouting/enabled", "r.direct_routing_enabled", false},
    {"serviceDetails/zoomPhoneCloudPeering/enabled", "r.zoom_enabled", false},
    {"serviceDetails/azureOperatorCallProtection/enabled", "r.call_protection_enabled", false},
    SYNCED("teamsOperatorConnect", operator_connect),
    SYNCED("teamsPhoneMobile", phone_mobile),
    {0},
};
/* clang-format on */

static const struct list_kind numbers_kind = {
    .select = SELECT_NUMBER,
    .from = "number r",
    .key = "r.telephone_number",
    .visible = "r.releasing = 0",
    .account = "r.account",
    .count_all = &count_all,
    .count_account = &count_account,
    .columns = number_columns,
    .item_size = sizeof(struct number),
    .key_is_number = true,
    .read = read_number,
};

enum rc repo_numbers_list(struct repo_tx *tx, struct arena *mem, const struct list_query *query,
                          struct list_page *ret, struct err *err)
{
    return list_read(tx, mem, &numbers_kind, NULL, query, ret, err);
}
