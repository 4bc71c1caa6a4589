/* What needs somebody to look at it. Each kind is one statement with the same columns; it reads the rows of an index that holds nothing
 * else, and of these no more than are asked for. The conditions of such indexes are written word for word. */
#include "gateway/store/row.h"
#include "gateway/store/tx.h"

#include "common/base/banned.h"

#define LIMITS_MAX 5

/* clang-format off */
/* account, tenant, count, code, message, errors (JSON), since */
#define ACCOUNT_FAILED                                                                                       \
    "select r.name, r.teams_tenant_id, null, null, null, r.provisioning_errors, r.status_at from account r"  \
    " where r.provisioning_status = 3 order by r.name limit ?"

/* From account to account, however many numbers each has that failed. */
#define NEXT_FAILED "select min(r.account) from number r where r.provisioning_status = 3"
#define OF_FAILED   " from number n where n.account = f.account and n.provisioning_status = 3"
#define NUMBERS_FAILED                                                                                       \
    "with recursive failed (account) as (" NEXT_FAILED " union all"                                          \
    " select (" NEXT_FAILED " and r.account > f.account) from failed f where f.account is not null)"         \
    " select f.account, null, (select count(*) from (select 1" OF_FAILED " limit 10000) c), null, null"      \
    ", (select n.provisioning_errors" OF_FAILED " order by n.telephone_number limit 1), null"                \
    " from failed f where f.account is not null limit ?"

/* The key of a kind is an account's name, a tenant, or neither. */
#define FAILING(kind, account, tenant)                                                                       \
    "select * from (select " account " account, " tenant " tenant, null, o.error_code, o.error_message"      \
    ", null, o.failing_since since from outbox o where o.kind = " kind " and o.failing_since is not null"    \
    " order by o.failing_since, o.key limit ?) o" kind
#define SYNC_FAILING                                                                                         \
    FAILING("0", "o.key", "null") " union all " FAILING("2", "null", "o.key") " union all "                  \
    FAILING("3", "null", "o.key") " union all " FAILING("4", "null", "null") " order by 7 limit ?"

/* What the zone fails with concerns all of them, so it comes first. */
#define DNS_NOT_SEEN                                                                                         \
    FAILING("5", "null", "null") " union all select * from (select r.account, null, null"                    \
    ", coalesce(r.problem_code, case r.status when 2 then 'notProvisioned' else 'inconsistent' end)"         \
    ", r.problem_message, null, cast(null as bigint) from subdomain r where r.state = 1 and r.status in (2, 3)"              \
    " and (r.region1_token <> '' or r.region2_token <> '') order by r.label limit ?) s"

#define SYNC_PAUSED                                                                                          \
    "select nullif(p.key, ''), null, null, null, null, null, null from pause p where p.kind = 0"             \
    " order by p.key limit ?"

#define TOKENS_MISSING                                                                                       \
    "select r.name, r.teams_tenant_id, null, null, null, null, r.configuration_at from account r"            \
    " where r.direct_routing_enabled = 1 and r.region1_token is null and r.region2_token is null"            \
    " order by r.name limit ?"

#define NEW_RFIS                                                                                             \
    " from (select n.tenant_key, n.tenant_id, n.consented_on from rfi n where n.status = 1"                  \
    " and n.relationship_status is null order by n.tenant_key limit 10000) r"                                \
    " where not exists (select 1 from account a where a.teams_tenant_key = r.tenant_key)"
#define REQUEST_NEW                                                                                          \
    "select null, r.tenant_id, null, null, null, null, r.consented_on" NEW_RFIS " order by r.tenant_key limit ?"

static const struct {
    struct sql_text text;
    unsigned limits; /* how often the limit is bound */
} kinds[ATTENTION_END] = {
    [ATTENTION_ACCOUNT_FAILED] = {{.text = ACCOUNT_FAILED}, 1},
    [ATTENTION_SYNC_FAILING] = {{.text = SYNC_FAILING}, LIMITS_MAX},
    [ATTENTION_NUMBERS_FAILED] = {{.text = NUMBERS_FAILED}, 1},
    [ATTENTION_DNS_NOT_SEEN] = {{.text = DNS_NOT_SEEN}, 2},
    [ATTENTION_SYNC_PAUSED] = {{.text = SYNC_PAUSED}, 1},
    [ATTENTION_TOKENS_MISSING] = {{.text = TOKENS_MISSING}, 1},
    [ATTENTION_REQUEST_NEW] = {{.text = REQUEST_NEW}, 1},
};

#define UP_TO(rows) "(select count(*) from (select 1 " rows " limit ?) n)"
static const struct sql_text overview_counts = {.text =
    "select " UP_TO("from account") ", " UP_TO("from account r where r.provisioning_status = 3")
    ", (select coalesce(sum(numbers), 0) from number_count), " UP_TO("from rfi") ", " UP_TO(NEW_RFIS)};
/* clang-format on */

static struct attention read_row(struct sql_stmt *stmt, struct arena *mem)
{
    struct part_list errors = {0};
    struct attention row = {.account_name = sql_read_text(stmt, mem), .count = -1};
    row.tenant_id = sql_read_text(stmt, mem);
    if (sql_is_null(stmt)) {
        sql_skip(stmt, 1);
    } else {
        row.count = sql_read_i64(stmt);
    }
    row.code = sql_read_text(stmt, mem);
    row.message = sql_read_text(stmt, mem);
    row_read_parts(stmt, mem, &schema_number, STR("serviceProvisioningErrors"), &errors);
    row.since = row_read_wall(stmt);
    if (errors.count > 0) {
        const struct wire_error *first = errors.items;
        row.code = first->code;
        row.message = first->message;
    }
    return row;
}

enum rc repo_attention_list(struct repo_tx *tx, struct arena *mem, enum attention_kind kind, size_t limit,
                            struct attention_list *ret, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    struct attention *items = arena_alloc_array(mem, limit, sizeof *items);
    enum rc rc = items != NULL ? sql_prepare(tx->sql, &kinds[kind].text, &stmt, err) : row_end(mem, err);
    if (rc != RC_OK) {
        return rc;
    }
    for (unsigned i = 0; i < kinds[kind].limits; i++) {
        sql_bind_i64(stmt, (int64_t)limit);
    }
    size_t count = 0;
    bool row = true;
    while (count < limit && (rc = sql_step(stmt, &row, err)) == RC_OK && row) {
        items[count++] = read_row(stmt, mem);
    }
    *ret = (struct attention_list){items, count};
    return rc == RC_OK ? row_end(mem, err) : rc;
}

enum rc repo_overview_counts(struct repo_tx *tx, int64_t limit, struct overview_counts *ret, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    bool row = false;
    enum rc rc = sql_prepare(tx->sql, &overview_counts, &stmt, err);
    for (int i = 0; rc == RC_OK && i < 4; i++) {
        sql_bind_i64(stmt, limit);
    }
    rc = rc == RC_OK ? sql_step(stmt, &row, err) : rc;
    if (rc == RC_OK) {
        ensure(row);
        ret->accounts = sql_read_i64(stmt);
        ret->accounts_failed = sql_read_i64(stmt);
        ret->numbers = sql_read_i64(stmt);
        ret->rfis = sql_read_i64(stmt);
        ret->rfis_new = sql_read_i64(stmt);
    }
    return rc;
}
