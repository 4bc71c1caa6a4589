/* Numbers. One that is being released is still there, but not for anybody who asks here. */
#include "common/base/limits.h"
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
    SYNCED_COLUMNS(X, operator_connect) SYNCED_COLUMNS(X, phone_mobile) REVISION_COLUMNS(X) PROVENANCE_COLUMNS(X)
#define NUMBER_COLUMNS(X) X(account, text) CHANGING_COLUMNS(X)

/* Those with few columns go first. */
static const enum service plain[] = {SERVICE_DIRECT_ROUTING, SERVICE_ZOOM, SERVICE_CALL_PROTECTION};
static const enum service synced[] = {SERVICE_OPERATOR_CONNECT, SERVICE_PHONE_MOBILE};

#define SELECT_NUMBER "select r.telephone_number, r.telephone_number, r.releasing" NUMBER_COLUMNS(COLUMN_OF_R) " from number r"

#define BY_NUMBER  SELECT_NUMBER " where r.telephone_number = ?"
#define BY_NUMBERS SELECT_NUMBER " where r.telephone_number = any(?::bigint[]) order by 1"
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
/* Its status is nobody's business any more, and keeps it out of the index of those that are not settled. */
static const struct sql_text hide_numbers = {
    .text = "update number set releasing = 1, provisioning_status = null where telephone_number = ?",
    .postgres = "update number set releasing = 1, provisioning_status = null where telephone_number = any(?::bigint[])"};
#define HIDDEN " and releasing = 1 and not exists (select 1 from acquired_number q where q.service in (0, 1)"                    \
    " and q.telephone_number = number.telephone_number)"
static const struct sql_text drop_hidden = {
    .text = "delete from number where telephone_number = ?" HIDDEN,
    .postgres = "delete from number where telephone_number = any(?::bigint[])" HIDDEN};
/* The first condition is the index's own, word for word. */
#define UNSETTLED " where r.account = ? and r.provisioning_status in (1, 3) and r.provisioning_status = ? and r.releasing = 0"
#define PENDING(service, enabled)                                                                            \
    SELECT_NUMBER UNSETTLED " and r." enabled "_enabled = 1 and not exists (select 1 from acquired_number q" \
    " where q.service = " service " and q.telephone_number = r.telephone_number and (q.order_id is not null" \
    " or q.state in (3, 4) or (q.state = 2 and q.revision = r.configuration_revision)))"                     \
    " and r.telephone_number > ? order by r.telephone_number limit ?"
/* By lock, in their order. */
#define PENDING_TEXTS(...)                                                                                   \
    {[REPO_READ] = {.text = PENDING(__VA_ARGS__)}, [REPO_UPDATE] = {.text = PENDING(__VA_ARGS__) " for update of r"}}
static const struct sql_text pending_numbers[][REPO_UPDATE + 1] = {
    [SERVICE_OPERATOR_CONNECT] = PENDING_TEXTS("0", "operator_connect"),
    [SERVICE_PHONE_MOBILE] = PENDING_TEXTS("1", "phone_mobile"),
};
static const struct sql_text unsettled_numbers = {.text =
    SELECT_NUMBER UNSETTLED " and r.telephone_number > ? order by r.telephone_number limit ?"};
static const struct sql_text unsettled_count = {.text =
    "select count(*) from (select 1 from number r" UNSETTLED " limit ?) n"};
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
    number->releasing = sql_read_bool(stmt);
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
    row_read_provenance(stmt, mem, &number->provenance);
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

/* A statement that was prepared while the table was small goes through all of it, for each of the keys, until the server has new
 * statistics: a minute or more. Many keys are worth a plan of their own. */
static enum rc prepare_together(struct repo_tx *tx, size_t count, enum repo_lock lock, struct sql_stmt **ret,
                                struct err *err)
{
    const struct sql_text *text = &by_numbers[lock];
    return count > LIMIT_BATCH && lock == REPO_READ ? sql_compile(tx->sql, str_of(text->text), ret, err)
                                                    : sql_prepare(tx->sql, text, ret, err);
}

/* What is found comes in the same order, with gaps. */
static enum rc find_together(struct repo_tx *tx, struct arena *mem, const int64_t *telephone_numbers,
                             size_t count, enum repo_lock lock, const struct number **ret, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = prepare_together(tx, count, lock, &stmt, err);
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
    if (rc == RC_OK && (number == NULL || number->releasing)) {
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
    row_bind_provenance(stmt, &number->provenance);
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

/* A statement whose only parameter is a number, for each. */
static enum rc run_each(struct repo_tx *tx, const struct sql_text *text, const int64_t *telephone_numbers,
                        size_t count, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = count > 0 ? sql_prepare(tx->sql, text, &stmt, err) : RC_OK;
    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        sql_bind_i64(stmt, telephone_numbers[i]);
        rc = sql_add_row(stmt, err);
    }
    return rc == RC_OK && count > 0 ? sql_run_rows(stmt, err) : rc;
}

enum rc repo_numbers_remove(struct repo_tx *tx, const int64_t *telephone_numbers, size_t count,
                            struct err *err)
{
    return run_each(tx, &remove_numbers, telephone_numbers, count, err);
}

enum rc repo_numbers_hide(struct repo_tx *tx, const int64_t *telephone_numbers, size_t count, struct err *err)
{
    return run_each(tx, &hide_numbers, telephone_numbers, count, err);
}

enum rc repo_numbers_drop_hidden(struct repo_tx *tx, const int64_t *telephone_numbers, size_t count,
                                 struct err *err)
{
    return run_each(tx, &drop_hidden, telephone_numbers, count, err);
}

/* ---- not settled ---- */

static void bind_unsettled(struct sql_stmt *stmt, struct str account, enum provisioning_status status)
{
    sql_bind_text(stmt, account);
    sql_bind_i64(stmt, status);
}

/* The rest of the parameters is bound: the limit is the last. */
static enum rc read_page(struct sql_stmt *stmt, struct arena *mem, size_t limit, struct number_page *ret,
                         struct err *err)
{
    struct number *numbers = arena_alloc_array(mem, limit, sizeof *numbers);
    size_t count = 0;
    bool row = true;
    enum rc rc = numbers != NULL ? RC_OK : row_end(mem, err);
    sql_bind_i64(stmt, (int64_t)limit);
    while (rc == RC_OK && count < limit && (rc = sql_step(stmt, &row, err)) == RC_OK && row) {
        sql_skip(stmt, 1);
        read_number(stmt, mem, &numbers[count++]);
        rc = row_end(mem, err);
    }
    if (rc == RC_OK) {
        *ret = (struct number_page){numbers, count};
    }
    return rc;
}

enum rc repo_numbers_pending(struct repo_tx *tx, struct arena *mem, struct str account, enum service service,
                             int64_t after, size_t limit, struct number_page *ret, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    ensure(service_is_synced(service));
    enum rc rc = sql_prepare(tx->sql, &pending_numbers[service][tx_lock(tx, REPO_UPDATE)], &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    bind_unsettled(stmt, account, PROVISIONING_PENDING);
    sql_bind_i64(stmt, after);
    return read_page(stmt, mem, limit, ret, err);
}

enum rc repo_numbers_unsettled(struct repo_tx *tx, struct arena *mem, struct str account,
                               enum provisioning_status status, int64_t after, size_t limit,
                               struct number_page *ret, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &unsettled_numbers, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    bind_unsettled(stmt, account, status);
    sql_bind_i64(stmt, after);
    return read_page(stmt, mem, limit, ret, err);
}

enum rc repo_numbers_unsettled_count(struct repo_tx *tx, struct str account, enum provisioning_status status,
                                     int64_t limit, int64_t *ret, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    bool row = false;
    enum rc rc = sql_prepare(tx->sql, &unsettled_count, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    bind_unsettled(stmt, account, status);
    sql_bind_i64(stmt, limit);
    rc = sql_step(stmt, &row, err);
    if (rc == RC_OK) {
        *ret = row ? sql_read_i64(stmt) : 0;
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

/* ---- what a delete would meet ---- */

/* clang-format off */
#define SYNCS(service)    "(a." service "_enabled = 1 and a." service "_sync_enabled = 1 and r." service "_enabled = 1)"
#define ASSIGNED(service) "(" SYNCS(service) " and r." service "_assignment_status = 1)"
#define SUM_IF(condition) "coalesce(sum(case when " condition " then 1 else 0 end), 0)"
static const struct list_sums tally_sums = {
    "count(*), " SUM_IF(ASSIGNED("operator_connect") " or " ASSIGNED("phone_mobile")) ", "
    SUM_IF(SYNCS("operator_connect")) ", " SUM_IF(SYNCS("phone_mobile")), 4};
/* clang-format on */
_Static_assert(ASSIGNMENT_ASSIGNED == 1, "the number in tally_sums");

static const struct list_kind tally_kind = {
    .from = "number r left join account a on a.name = r.account",
    .key = "r.telephone_number",
    .visible = "r.releasing = 0",
    .account = "r.account",
    .columns = number_columns,
    .key_is_number = true,
};

enum rc repo_numbers_tally(struct repo_tx *tx, struct arena *mem, const struct list_query *query,
                           struct number_tally *ret, struct err *err)
{
    int64_t sums[4];
    bool truncated;
    enum rc rc = list_sum(tx, mem, &tally_kind, &tally_sums, query, sums, &truncated, err);
    if (rc == RC_OK) {
        *ret = (struct number_tally){.count = sums[0], .assigned = sums[1], .truncated = truncated};
        ret->synced[SERVICE_OPERATOR_CONNECT] = sums[2];
        ret->synced[SERVICE_PHONE_MOBILE] = sums[3];
    }
    return rc;
}
