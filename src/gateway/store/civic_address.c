/* Emergency addresses; their keys are account and id, letter case of the id aside. */
#include "gateway/store/list.h"

#include "common/base/banned.h"

/* clang-format off */
/* The texts that are nothing but text: columns and members in one order. */
#define TEXT_COLUMNS(X)                                                                                      \
    X(id) X(country) X(house_number) X(house_number_suffix) X(pre_directional) X(street_name)                \
    X(street_suffix) X(post_directional) X(state_or_province) X(county_or_district) X(city_or_town)          \
    X(city_or_town_alias) X(postal_or_zip_code) X(description) X(company_name) X(company_id)                 \
    X(default_location_id) X(tenant_id) X(partner_id) X(latitude) X(longitude)
#define ADDRESS_COLUMNS(X) X(account) TEXT_COLUMNS(X) X(validation_status) X(locations) REVISION_COLUMNS(X)
#define SELECT_ADDRESS "select r.id_key" ADDRESS_COLUMNS(COLUMN_OF_R) " from civic_address r"

static const struct sql_text by_id = {.text = SELECT_ADDRESS " where r.account = ? and r.id_key = ?"};
static const struct sql_text write_address = {.text =
    "insert into civic_address (id_key" ADDRESS_COLUMNS(COLUMN) ") values (?" ADDRESS_COLUMNS(COLUMN_PARAM) ")"
    " on conflict (account, id_key) do update set id_key = excluded.id_key" ADDRESS_COLUMNS(COLUMN_SET)};
static const struct sql_text remove_one = {.text = "delete from civic_address where account = ? and id_key = ?"};
static const struct sql_text remove_all = {.text = "delete from civic_address where account = ?"};
static const struct sql_text count_account = {.text = "select count(*) from civic_address where account = ?"};
/* clang-format on */

static void read_address(struct sql_stmt *stmt, struct arena *mem, void *item)
{
    struct civic_address *address = item;
    address->account_name = sql_read_text(stmt, mem);
#define READ(name) address->name = sql_read_text(stmt, mem);
    TEXT_COLUMNS(READ)
    address->validation_status = (enum validation_status)sql_read_i64(stmt);
    row_read_parts(stmt, mem, &schema_civic_address, STR("locations"), &address->locations);
    row_read_revision(stmt, &address->revision);
}

enum rc repo_civic_address_find(struct repo_tx *tx, struct arena *mem, struct str account, struct str id,
                                const struct civic_address **ret, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    struct civic_address *address = arena_new_of(mem, struct civic_address);
    enum rc rc = address != NULL ? sql_prepare(tx->sql, &by_id, &stmt, err) : row_end(mem, err);
    if (rc != RC_OK) {
        return rc;
    }
    bool row;
    sql_bind_text(stmt, account);
    sql_bind_text(stmt, arena_lower(mem, id));
    rc = sql_step(stmt, &row, err);
    if (rc != RC_OK || !row) {
        return rc != RC_OK ? rc : RC_NOT_FOUND;
    }
    sql_skip(stmt, 1);
    read_address(stmt, mem, address);
    *ret = address;
    return row_end(mem, err);
}

enum rc repo_civic_address_write(struct repo_tx *tx, const struct civic_address *address, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &write_address, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_text(stmt, arena_lower(tx->mem, address->id));
    sql_bind_text(stmt, address->account_name);
#define BIND(name) sql_bind_text(stmt, address->name);
    TEXT_COLUMNS(BIND)
    row_bind_enum(stmt, (int)address->validation_status);
    row_bind_parts(stmt, tx->mem, &schema_civic_address, STR("locations"), address->locations);
    row_bind_revision(stmt, &address->revision);
    rc = row_end(tx->mem, err);
    return rc == RC_OK ? sql_run(stmt, err) : rc;
}

enum rc repo_civic_address_remove(struct repo_tx *tx, struct str account, struct str id, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &remove_one, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_text(stmt, account);
    sql_bind_text(stmt, arena_lower(tx->mem, id));
    return sql_run(stmt, err);
}

enum rc repo_civic_addresses_remove(struct repo_tx *tx, struct str account, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &remove_all, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_text(stmt, account);
    return sql_run(stmt, err);
}

const struct column civic_address_columns[] = {
    {"id", "r.id_key", true},
    {"country", "r.country", false},
    {"houseNumber", "r.house_number", false},
    {"houseNumberSuffix", "r.house_number_suffix", false},
    {"preDirectional", "r.pre_directional", false},
    {"streetName", "r.street_name", false},
    {"streetSuffix", "r.street_suffix", false},
    {"postDirectional", "r.post_directional", false},
    {"stateOrProvince", "r.state_or_province", false},
    {"countyOrDistrict", "r.county_or_district", false},
    {"cityOrTown", "r.city_or_town", false},
    {"cityOrTownAlias", "r.city_or_town_alias", false},
    {"postalOrZipCode", "r.postal_or_zip_code", false},
    {"description", "r.description", false},
    {"companyName", "r.company_name", false},
    {"companyId", "lower(r.company_id)", true},
    {"defaultLocationId", "lower(r.default_location_id)", true},
    {"validationStatus", "r.validation_status", false},
    {"tenantId", "lower(r.tenant_id)", true},
    {"partnerId", "lower(r.partner_id)", true},
    {"latitude", "r.latitude", false},
    {"longitude", "r.longitude", false},
    {0},
};

static const struct list_kind addresses = {
    .select = SELECT_ADDRESS,
    .from = "civic_address r",
    .key = "r.id_key",
    .account = "r.account",
    .count_account = &count_account,
    .columns = civic_address_columns,
    .item_size = sizeof(struct civic_address),
    .read = read_address,
};

enum rc repo_civic_addresses_list(struct repo_tx *tx, struct arena *mem, const struct list_query *query,
                                  struct list_page *ret, struct err *err)
{
    return list_read(tx, mem, &addresses, NULL, query, ret, err);
}
