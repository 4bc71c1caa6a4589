/* Customer subdomains as they are published, and the serial of the zone they make. */
#include "gateway/store/list.h"

#include "common/base/banned.h"

/* clang-format off */
#define SUBDOMAIN_COLUMNS(X)                                                                                 \
    X(account) X(region1_token) X(region2_token) X(state) X(status) X(problem_code) X(problem_message) X(checked_at)
#define SELECT "select r.label" SUBDOMAIN_COLUMNS(COLUMN_OF_R) " from subdomain r"

static const struct sql_text by_label = {.text = SELECT " where r.label = ?"};
static const struct sql_text of_account = {.text = SELECT " where r.account = ? order by r.label"};
static const struct sql_text from_label = {.text = SELECT " where r.label > ? order by r.label limit ?"};
static const struct sql_text write_row = {.text =
    "insert into subdomain (label" SUBDOMAIN_COLUMNS(COLUMN) ") values (?" SUBDOMAIN_COLUMNS(COLUMN_PARAM) ")"
    " on conflict (label) do update set label = excluded.label" SUBDOMAIN_COLUMNS(COLUMN_SET)};
static const struct sql_text remove_row = {.text = "delete from subdomain where label = ?"};
static const struct sql_text counts_all = {.text =
    "select state, status, count(*), count(problem_code) from subdomain group by state, status"};
static const struct sql_text unpublished = {.text =
    "select a.name from account a where a.name > ? and a.subdomain_key is not null and a.direct_routing_enabled = 1 and not exists"
    " (select 1 from subdomain r where r.label = a.subdomain_key and r.account = a.name and r.state = 1) order by a.name limit ?"};
static const struct sql_text serial_read = {.text = "select value from setting where name = 'zone_serial'"};
static const struct sql_text serial_raise = {
    .text = "insert into setting (name, value) values ('zone_serial', ?)"
            " on conflict (name) do update set value = max(setting.value + 1, excluded.value)",
    .postgres = "insert into setting (name, value) values ('zone_serial', ?)"
                " on conflict (name) do update set value = greatest(setting.value + 1, excluded.value)"};
/* Nothing is changed, and nothing returned, where it is the same. */
static const struct sql_text facts_write = {.text =
    "insert into setting (name, value) values ('zone_facts', ?)"
    " on conflict (name) do update set value = excluded.value where setting.value <> excluded.value"};
/* clang-format on */

static void read_row(struct sql_stmt *stmt, struct arena *mem, struct subdomain *ret)
{
    *ret = (struct subdomain){.label = sql_read_text(stmt, mem)};
    ret->account = sql_read_text(stmt, mem);
    ret->tokens[0] = sql_read_text(stmt, mem);
    ret->tokens[1] = sql_read_text(stmt, mem);
    ret->state = (enum subdomain_state)sql_read_i64(stmt);
    ret->status = (enum subdomain_status)sql_read_i64(stmt);
    ret->problem_code = sql_read_text(stmt, mem);
    ret->problem_message = sql_read_text(stmt, mem);
    ret->checked_at = row_read_wall(stmt);
}

enum rc repo_subdomain_find(struct repo_tx *tx, struct arena *mem, struct str label, struct subdomain *ret,
                            struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    bool row;
    enum rc rc = sql_prepare(tx->sql, &by_label, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_text(stmt, label);
    rc = sql_step(stmt, &row, err);
    if (rc != RC_OK || !row) {
        return rc != RC_OK ? rc : RC_NOT_FOUND;
    }
    read_row(stmt, mem, ret);
    return row_end(mem, err);
}

/* Rows are few (of an account) or limited (a page), so a list grows by doubling in the arena. */
static enum rc read_rows(struct sql_stmt *stmt, struct arena *mem, struct subdomain_list *ret,
                         struct err *err)
{
    struct subdomain *items = NULL;
    size_t count = 0, room = 0;
    bool row;
    enum rc rc;
    while ((rc = sql_step(stmt, &row, err)) == RC_OK && row) {
        if (count == room) {
            room = room == 0 ? 4 : 2 * room;
            struct subdomain *more = arena_alloc_array(mem, room, sizeof *more);
            if (more == NULL) {
                return row_end(mem, err);
            }
            if (count > 0) {
                memcpy(more, items, count * sizeof *more);
            }
            items = more;
        }
        read_row(stmt, mem, &items[count++]);
    }
    *ret = (struct subdomain_list){items, count};
    return rc == RC_OK ? row_end(mem, err) : rc;
}

enum rc repo_subdomains_of(struct repo_tx *tx, struct arena *mem, struct str account,
                           struct subdomain_list *ret, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &of_account, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_text(stmt, account);
    return read_rows(stmt, mem, ret, err);
}

enum rc repo_subdomains_list(struct repo_tx *tx, struct arena *mem, struct str after, size_t limit,
                             struct subdomain_list *ret, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &from_label, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_text(stmt, str_absent(after) ? STR("") : after);
    sql_bind_i64(stmt, (int64_t)limit);
    return read_rows(stmt, mem, ret, err);
}

enum rc repo_subdomain_write(struct repo_tx *tx, const struct subdomain *subdomain, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &write_row, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_text(stmt, subdomain->label);
    sql_bind_text(stmt, subdomain->account);
    sql_bind_text(stmt, str_absent(subdomain->tokens[0]) ? STR("") : subdomain->tokens[0]);
    sql_bind_text(stmt, str_absent(subdomain->tokens[1]) ? STR("") : subdomain->tokens[1]);
    sql_bind_i64(stmt, subdomain->state);
    sql_bind_i64(stmt, subdomain->status);
    sql_bind_text(stmt, subdomain->problem_code);
    sql_bind_text(stmt, subdomain->problem_message);
    row_bind_wall(stmt, subdomain->checked_at);
    return sql_run(stmt, err);
}

enum rc repo_subdomain_remove(struct repo_tx *tx, struct str label, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &remove_row, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_text(stmt, label);
    return sql_run(stmt, err);
}

enum rc repo_subdomain_counts(struct repo_tx *tx, struct subdomain_counts *ret, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    bool row = true;
    enum rc rc = sql_prepare(tx->sql, &counts_all, &stmt, err);
    *ret = (struct subdomain_counts){0};
    while (rc == RC_OK && (rc = sql_step(stmt, &row, err)) == RC_OK && row) {
        int64_t state = sql_read_i64(stmt), status = sql_read_i64(stmt), count = sql_read_i64(stmt);
        ret->problems += sql_read_i64(stmt);
        if (state == SUBDOMAIN_LEAVING) {
            ret->leaving += count;
        } else {
            ret->kept += count;
            ret->of_status[status & 3] += count;
        }
    }
    return rc;
}

enum rc repo_accounts_unpublished(struct repo_tx *tx, struct arena *mem, struct str after, size_t limit,
                                  struct text_list *ret, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    struct str *names = arena_alloc_array(mem, limit, sizeof *names);
    size_t count = 0;
    bool row = true;
    enum rc rc = names != NULL ? sql_prepare(tx->sql, &unpublished, &stmt, err) : row_end(mem, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_text(stmt, str_absent(after) ? STR("") : after);
    sql_bind_i64(stmt, (int64_t)limit);
    while ((rc = sql_step(stmt, &row, err)) == RC_OK && row && count < limit) {
        names[count++] = sql_read_text(stmt, mem);
    }
    *ret = (struct text_list){names, count};
    return rc == RC_OK ? row_end(mem, err) : rc;
}

/* ---- the zone's serial ---- */

enum rc repo_zone_serial(struct repo_tx *tx, uint32_t *ret, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    bool row;
    enum rc rc = sql_prepare(tx->sql, &serial_read, &stmt, err);
    if (rc == RC_OK) {
        rc = sql_step(stmt, &row, err);
    }
    if (rc == RC_OK) {
        *ret = row ? (uint32_t)sql_read_i64(stmt) : 0;
    }
    return rc;
}

enum rc repo_zone_serial_raise(struct repo_tx *tx, struct wall now, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &serial_raise, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_i64(stmt, now.ms / 1000);
    return sql_run(stmt, err);
}

enum rc repo_zone_facts(struct repo_tx *tx, int64_t facts, struct wall now, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &facts_write, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_i64(stmt, facts);
    rc = sql_run(stmt, err);
    return rc == RC_OK && sql_changed(stmt) > 0 ? repo_zone_serial_raise(tx, now, err) : rc;
}
