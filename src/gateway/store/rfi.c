/* Requests for information. Whose account one belongs to is not stored: it is the first by name on that
 * tenant. */
#include "gateway/store/list.h"

#include "common/base/banned.h"

#define HAS_RELATIONSHIP 1

/* clang-format off */
#define RFI_COLUMNS(X)                                                                                       \
    X(tenant_id) X(parts) X(provisioning_status) X(provisioning_errors) X(id) X(product_context)             \
    X(operator_id) X(status) X(consented_on) X(last_modified_on) X(consented_countries) X(contacts)          \
    X(relationship_status) X(relationship_last_modified_on) X(relationship_comment) REVISION_COLUMNS(X)
#define ACCOUNT_NAME "(select min(a.name) from account a where a.teams_tenant_key = r.tenant_key)"
#define SELECT_RFI   "select r.tenant_key" RFI_COLUMNS(COLUMN_OF_R) ", " ACCOUNT_NAME " from rfi r"

#define BY_TENANT SELECT_RFI " where r.tenant_key = ?"
static const struct sql_text by_tenant[] = {
    [REPO_READ] = {.text = BY_TENANT},
    [REPO_SHARE] = {.text = BY_TENANT " for share of r"},
    [REPO_UPDATE] = {.text = BY_TENANT " for update of r"},
};
static const struct sql_text write_rfi = {.text =
    "insert into rfi (tenant_key" RFI_COLUMNS(COLUMN) ") values (?" RFI_COLUMNS(COLUMN_PARAM) ")"
    " on conflict (tenant_key) do update set tenant_key = excluded.tenant_key" RFI_COLUMNS(COLUMN_SET)};
static const struct sql_text count_all = {.text = "select count(*) from rfi"};
/* clang-format on */

static const struct customer_relationship *read_relationship(struct sql_stmt *stmt, struct arena *mem,
                                                             bool there)
{
    struct customer_relationship *relationship =
        there ? arena_new_of(mem, struct customer_relationship) : NULL;
    if (relationship == NULL) {
        sql_skip(stmt, 3);
        return NULL;
    }
    relationship->status = sql_read_text(stmt, mem);
    relationship->last_modified_on = row_read_wall(stmt);
    relationship->comment = sql_read_text(stmt, mem);
    return relationship;
}

static void read_rfi(struct sql_stmt *stmt, struct arena *mem, void *item)
{
    struct rfi *rfi = item;
    rfi->tenant_id = sql_read_text(stmt, mem);
    int64_t parts = sql_read_i64(stmt);
    rfi->provisioning_status = (enum provisioning_status)sql_read_i64(stmt);
    row_read_parts(stmt, mem, &schema_rfi, STR("serviceProvisioningErrors"), &rfi->provisioning_errors);
    rfi->id = sql_read_text(stmt, mem);
    rfi->product_context = sql_read_text(stmt, mem);
    rfi->operator_id = sql_read_text(stmt, mem);
    rfi->status = (enum consent_status)sql_read_i64(stmt);
    rfi->consented_on = row_read_wall(stmt);
    rfi->last_modified_on = row_read_wall(stmt);
    row_read_texts(stmt, mem, &rfi->consented_countries);
    row_read_parts(stmt, mem, &schema_rfi, STR("contacts"), &rfi->contacts);
    rfi->customer_relationship = read_relationship(stmt, mem, parts & HAS_RELATIONSHIP);
    row_read_revision(stmt, &rfi->revision);
    rfi->account_name = sql_read_text(stmt, mem);
}

enum rc repo_rfi_find(struct repo_tx *tx, struct arena *mem, struct str tenant_id, enum repo_lock lock,
                      const struct rfi **ret, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    struct rfi *rfi = arena_new_of(mem, struct rfi);
    enum rc rc =
        rfi != NULL ? sql_prepare(tx->sql, &by_tenant[tx_lock(tx, lock)], &stmt, err) : row_end(mem, err);
    if (rc != RC_OK) {
        return rc;
    }
    bool row;
    sql_bind_text(stmt, arena_lower(mem, tenant_id));
    rc = sql_step(stmt, &row, err);
    if (rc != RC_OK || !row) {
        return rc != RC_OK ? rc : RC_NOT_FOUND;
    }
    sql_skip(stmt, 1);
    read_rfi(stmt, mem, rfi);
    *ret = rfi;
    return row_end(mem, err);
}

static void bind_relationship(struct sql_stmt *stmt, const struct customer_relationship *relationship)
{
    if (relationship == NULL) {
        sql_bind_nulls(stmt, 3);
        return;
    }
    sql_bind_text(stmt, relationship->status);
    row_bind_wall(stmt, relationship->last_modified_on);
    sql_bind_text(stmt, relationship->comment);
}

static void bind_rfi(struct sql_stmt *stmt, struct arena *mem, const struct rfi *rfi)
{
    sql_bind_text(stmt, arena_lower(mem, rfi->tenant_id));
    sql_bind_text(stmt, rfi->tenant_id);
    sql_bind_i64(stmt, rfi->customer_relationship != NULL ? HAS_RELATIONSHIP : 0);
    row_bind_enum(stmt, (int)rfi->provisioning_status);
    row_bind_parts(stmt, mem, &schema_rfi, STR("serviceProvisioningErrors"), rfi->provisioning_errors);
    sql_bind_text(stmt, rfi->id);
    sql_bind_text(stmt, rfi->product_context);
    sql_bind_text(stmt, rfi->operator_id);
    row_bind_enum(stmt, (int)rfi->status);
    row_bind_wall(stmt, rfi->consented_on);
    row_bind_wall(stmt, rfi->last_modified_on);
    row_bind_texts(stmt, mem, rfi->consented_countries);
    row_bind_parts(stmt, mem, &schema_rfi, STR("contacts"), rfi->contacts);
    bind_relationship(stmt, rfi->customer_relationship);
    row_bind_revision(stmt, &rfi->revision);
}

enum rc repo_rfi_write(struct repo_tx *tx, const struct rfi *rfi, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &write_rfi, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    bind_rfi(stmt, tx->mem, rfi);
    rc = row_end(tx->mem, err);
    return rc == RC_OK ? sql_run(stmt, err) : rc;
}

const struct column rfi_columns[] = {
    {"tenantId", "r.tenant_key", true},
    {"serviceProvisioningStatus", "r.provisioning_status", false},
    {"id", "lower(r.id)", true},
    {"accountName", ACCOUNT_NAME, false},
    {"productContext", "r.product_context", false},
    {"operatorId", "lower(r.operator_id)", true},
    {"status", "r.status", false},
    {"consentedOn", "r.consented_on", false},
    {"lastModifiedOn", "r.last_modified_on", false},
    {"customerRelationship/status", "r.relationship_status", false},
    {"customerRelationship/lastModifiedOn", "r.relationship_last_modified_on", false},
    {"customerRelationship/comment", "r.relationship_comment", false},
    {0},
};

static const struct list_kind rfis = {
    .select = SELECT_RFI,
    .from = "rfi r",
    .key = "r.tenant_key",
    .account = ACCOUNT_NAME,
    .count_all = &count_all,
    .columns = rfi_columns,
    .item_size = sizeof(struct rfi),
    .read = read_rfi,
};

enum rc repo_rfis_list(struct repo_tx *tx, struct arena *mem, const struct list_query *query,
                       struct list_page *ret, struct err *err)
{
    return list_read(tx, mem, &rfis, NULL, query, ret, err);
}
