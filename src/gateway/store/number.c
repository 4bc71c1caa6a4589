/* Numbers. One that is being released is still there, but not for anybody who asks here. */
#include "gateway/store/list.h"

#include "common/base/banned.h"

enum parts { HAS_SERVICES = 1 << 0, HAS_CONFIGURATION = 1 << 1 };

/* clang-format off */
#define SYNCED_COLUMNS(X, service)                                                                           \
    X(service##_enabled, bigint) X(service##_assignment_status, bigint)                                      \
    X(service##_allow_tenant_address_update, bigint) X(service##_usage, text)                                \
    X(service##_choosable_capabilities, text) X(service##_acquired_capabilities, text)                       \
    X(service##_available_capabilities, text) X(service##_additional_usages, text)                           \
    X(service##_civic_address_id, text) X(service##_location_id, text) X(service##_displayed_country_code, text)
#define CONFIG_COLUMN_COUNT 9 /* of these: from allow_tenant_address_update on */
/* The account of a number never changes, so replacing one leaves the index over accounts alone. */
#define CHANGING_COLUMNS(X)                                                                                  \
    X(parts, bigint) X(provisioning_status, bigint) X(provisioning_errors, text) X(custom_sip_header, text)  \
    X(direct_routing_enabled, bigint) X(zoom_enabled, bigint) X(call_protection_enabled, bigint)             \
    SYNCED_COLUMNS(X, operator_connect) SYNCED_COLUMNS(X, phone_mobile) REVISION_COLUMNS(X)
#define NUMBER_COLUMNS(X) X(account, text) CHANGING_COLUMNS(X)

/* Those with few columns go first. */
static const enum service plain[] = {SERVICE_DIRECT_ROUTING, SERVICE_ZOOM, SERVICE_CALL_PROTECTION};
static const enum service synced[] = {SERVICE_OPERATOR_CONNECT, SERVICE_PHONE_MOBILE};

#define SELECT_NUMBER "select r.telephone_number, r.telephone_number" NUMBER_COLUMNS(COLUMN_OF_R) " from number r"

#define BY_NUMBER  SELECT_NUMBER " where r.telephone_number = ? and r.releasing = 0"
#define BY_NUMBERS SELECT_NUMBER " where r.telephone_number = any(?::bigint[]) and r.releasing = 0 order by 1"
#define INSERT_NUMBER "insert into number (telephone_number" NUMBER_COLUMNS(COLUMN) ")"
#define ONE_ROW     " values (?" NUMBER_COLUMNS(COLUMN_PARAM) ")"
#define MANY_ROWS   " select * from unnest(?::bigint[]" NUMBER_COLUMNS(COLUMN_ARRAY) ")"
#define OR_REPLACE  " on conflict (telephone_number) do update set releasing = 0" CHANGING_COLUMNS(COLUMN_SET)

static const struct sql_text by_number[] = {
    [REPO_READ] = {.text = BY_NUMBER},
    [REPO_SHARE] = {.text = BY_NUMBER " for share"},
    [REPO_UPDATE] = {.text = BY_NUMBER " for update"},
};
/* Locked in their order. */
static const struct sql_text by_numbers[] = {
    [REPO_READ] = {.text = BY_NUMBERS},
    [REPO_SHARE] = {.text = BY_NUMBERS " for share"},
    [REPO_UPDATE] = {.text = BY_NUMBERS " for update"},
};
static const struct sql_text insert_number = {.text = INSERT_NUMBER ONE_ROW};
static const struct sql_text insert_numbers = {.text = INSERT_NUMBER ONE_ROW, .postgres = INSERT_NUMBER MANY_ROWS};
static const struct sql_text replace_number = {.text = INSERT_NUMBER ONE_ROW OR_REPLACE};
static const struct sql_text replace_numbers = {.text = INSERT_NUMBER ONE_ROW OR_REPLACE,
                                                .postgres = INSERT_NUMBER MANY_ROWS OR_REPLACE};
static const struct sql_text remove_numbers = {
    .text = "delete from number where telephone_number = ? and releasing = 0",
    .postgres = "delete from number where telephone_number = any(?::bigint[]) and releasing = 0"};
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

/* The number of the row; NULL: no room. */
static const struct number *take_number(struct sql_stmt *stmt, struct arena *mem)
{
    struct number *number = arena_new_of(mem, struct number);
    if (number != NULL) {
        sql_skip(stmt, 1);
        read_number(stmt, mem, number);
    }
    return number;
}

static enum rc find_one(struct sql_stmt *stmt, struct repo_tx *tx, struct arena *mem,
                        int64_t telephone_number, const struct number **ret, struct err *err)
{
    bool row;
    sql_bind_i64(stmt, telephone_number);
    sql_send(stmt);
    revision_ask(tx); /* travels along; where there is one writer there is nothing to ask */
    enum rc rc = sql_step(stmt, &row, err);
    *ret = rc == RC_OK && row ? take_number(stmt, mem) : NULL;
    return rc == RC_OK ? row_end(mem, err) : rc;
}

/* A prepared statement in a loop: the fast way where there is no round trip to save. */
static enum rc find_each(struct repo_tx *tx, struct arena *mem, const int64_t *telephone_numbers,
                         size_t count, enum repo_lock lock, const struct number **ret, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &by_number[lock], &stmt, err);
    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        rc = find_one(stmt, tx, mem, telephone_numbers[i], &ret[i], err);
        sql_again(stmt);
    }
    return rc;
}

/* What is found comes in the same order, with gaps. */
static enum rc find_together(struct repo_tx *tx, struct arena *mem, const int64_t *telephone_numbers,
                             size_t count, enum repo_lock lock, const struct number **ret, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &by_numbers[lock], &stmt, err);
    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        ret[i] = NULL;
        sql_bind_i64(stmt, telephone_numbers[i]);
        rc = sql_add_row(stmt, err);
    }
    if (rc == RC_OK) {
        sql_send(stmt);
        revision_ask(tx);
    }
    bool row = true;
    for (size_t i = 0; rc == RC_OK && (rc = sql_step(stmt, &row, err)) == RC_OK && row; i++) {
        const struct number *number = take_number(stmt, mem);
        while (number != NULL && telephone_numbers[i] < number->telephone_number) {
            i++;
        }
        ret[i] = number;
        rc = row_end(mem, err);
    }
    return rc;
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

enum rc repo_numbers_find(struct repo_tx *tx, struct arena *mem, const int64_t *telephone_numbers,
                          size_t count, enum repo_lock lock, const struct number **ret, struct err *err)
{
    bool together = tx->shared && count > 1;
    return (together ? find_together : find_each)(tx, mem, telephone_numbers, count, tx_lock(tx, lock), ret,
                                                  err);
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

static const struct sql_text *write_text(size_t count, bool exist)
{
    if (exist) {
        return count > 1 ? &replace_numbers : &replace_number;
    }
    return count > 1 ? &insert_numbers : &insert_number;
}

enum rc repo_numbers_write(struct repo_tx *tx, const struct number *const *numbers, size_t count, bool exist,
                           struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, write_text(count, exist), &stmt, err);
    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        bind_number(stmt, tx->mem, numbers[i]);
        rc = row_end(tx->mem, err);
        if (rc == RC_OK) {
            rc = count > 1 ? sql_add_row(stmt, err) : sql_run(stmt, err);
        }
    }
    return rc == RC_OK && count > 1 ? sql_run_rows(stmt, err) : rc;
}

enum rc repo_numbers_remove(struct repo_tx *tx, const int64_t *telephone_numbers, size_t count,
                            struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &remove_numbers, &stmt, err);
    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        sql_bind_i64(stmt, telephone_numbers[i]);
        rc = sql_add_row(stmt, err);
    }
    return rc == RC_OK ? sql_run_rows(stmt, err) : rc;
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
