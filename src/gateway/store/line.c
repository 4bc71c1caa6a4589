/* Rows in short, for people: a number's line has no more than they see in a table. */
#include "common/base/clock.h"
#include "gateway/store/row.h"
#include "gateway/store/tx.h"

#include "common/base/banned.h"

#define TOGETHER 500 /* keys in one statement, where a statement is a round trip */

/* clang-format off */
#define LINE                                                                                                 \
    "select r.telephone_number, r.releasing, r.account, r.provisioning_status, r.custom_sip_header"          \
    ", r.operator_connect_enabled, r.phone_mobile_enabled, r.direct_routing_enabled, r.zoom_enabled"         \
    ", r.call_protection_enabled, r.operator_connect_assignment_status, r.phone_mobile_assignment_status"
#define WITH_PROVENANCE PROVENANCE_COLUMNS(COLUMN_OF_R) ", r.configuration_at"
#define FROM            " from number r where "
static const struct sql_text lines_by_number = {
    .text = LINE WITH_PROVENANCE FROM "r.telephone_number = ?",
    .postgres = LINE WITH_PROVENANCE FROM "r.telephone_number = any(?::bigint[]) order by 1"};
static const struct sql_text lines_after = {.text =
    LINE FROM "r.telephone_number > ? order by r.telephone_number limit ?"};
static const struct sql_text lines_of_account_after = {.text =
    LINE FROM "r.account = ? and r.telephone_number > ? order by r.telephone_number limit ?"};

#define ACCOUNT_LINE                                                                                         \
    "select r.name, r.configuration_at, coalesce((select sum(c.numbers) from number_count c"                 \
    " where c.account = r.name), 0)" PROVENANCE_COLUMNS(COLUMN_OF_R) " from account r where "
static const struct sql_text account_lines_by_name = {
    .text = ACCOUNT_LINE "r.name = ?",
    .postgres = ACCOUNT_LINE "r.name = any(?::text[]) order by 1"};
/* clang-format on */

/* In the order of the columns. */
static const enum service services[] = {SERVICE_OPERATOR_CONNECT, SERVICE_PHONE_MOBILE,
                                        SERVICE_DIRECT_ROUTING, SERVICE_ZOOM, SERVICE_CALL_PROTECTION};

static enum assignment_status both(enum assignment_status a, enum assignment_status b)
{
    if (a == ASSIGNMENT_ASSIGNED || b == ASSIGNMENT_ASSIGNED) {
        return ASSIGNMENT_ASSIGNED;
    }
    return a != ASSIGNMENT_ABSENT ? a : b;
}

/* mem NULL: texts are borrowed until the next step. The row's provenance is left to read. */
static struct number_line read_line(struct sql_stmt *stmt, struct arena *mem, bool *ret_hidden)
{
    struct number_line line = {.telephone_number = sql_read_i64(stmt), .changed_at = CLOCK_ABSENT};
    *ret_hidden = sql_read_bool(stmt);
    line.account_name = mem != NULL ? sql_read_text(stmt, mem) : sql_peek_text(stmt);
    line.provisioning_status = (enum provisioning_status)sql_read_i64(stmt);
    line.custom_sip_header = mem != NULL ? sql_read_text(stmt, mem) : sql_peek_text(stmt);
    for (size_t i = 0; i < ARRAY_LEN(services); i++) {
        line.services |= sql_read_bool(stmt) ? 1U << services[i] : 0;
    }
    enum assignment_status operator_connect = (enum assignment_status)sql_read_i64(stmt);
    line.assignment_status = both(operator_connect, (enum assignment_status)sql_read_i64(stmt));
    return line;
}

/* ---- by key ---- */

/* The rows of a statement that is bound, into the places of their numbers. */
static enum rc take_lines(struct sql_stmt *stmt, struct arena *mem, const int64_t *telephone_numbers,
                          size_t count, struct number_line *ret, struct err *err)
{
    bool row = true, hidden;
    size_t at = 0;
    enum rc rc;
    while ((rc = sql_step(stmt, &row, err)) == RC_OK && row) {
        struct number_line line = read_line(stmt, mem, &hidden);
        row_read_provenance(stmt, mem, &line.provenance);
        line.changed_at = row_read_wall(stmt);
        while (telephone_numbers[at] < line.telephone_number) {
            at++;
            ensure(at < count);
        }
        if (!hidden) {
            ret[at] = line;
        }
    }
    return rc == RC_OK ? row_end(mem, err) : rc;
}

/* The keys of one statement: SQLite takes one, PostgreSQL an array. */
static enum rc find_lines(struct sql_stmt *stmt, struct arena *mem, const int64_t *telephone_numbers,
                          size_t count, bool together, struct number_line *ret, struct err *err)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        sql_bind_i64(stmt, telephone_numbers[i]);
        rc = together ? sql_add_row(stmt, err) : RC_OK;
    }
    return rc == RC_OK ? take_lines(stmt, mem, telephone_numbers, count, ret, err) : rc;
}

enum rc repo_lines_find(struct repo_tx *tx, struct arena *mem, const int64_t *telephone_numbers, size_t count,
                        struct number_line *ret, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    size_t step = tx->shared ? TOGETHER : 1;
    enum rc rc = sql_prepare(tx->sql, &lines_by_number, &stmt, err);
    for (size_t at = 0; rc == RC_OK && at < count; at += step) {
        size_t n = count - at < step ? count - at : step;
        memset(ret + at, 0, n * sizeof *ret);
        rc = find_lines(stmt, mem, telephone_numbers + at, n, tx->shared, ret + at, err);
        sql_again(stmt);
    }
    return rc;
}

/* ---- in order ---- */

struct walker {
    struct repo_tx *tx;
    const struct line_walk *walk;
    int64_t end_us;
    int64_t last;
    bool ended; /* by `take` */
};

static enum rc walk_rows(struct walker *walker, struct sql_stmt *stmt, uint32_t *ret_rows, struct err *err)
{
    bool row = true, hidden;
    enum rc rc = RC_OK;
    while (!walker->ended && (rc = sql_step(stmt, &row, err)) == RC_OK && row) {
        struct number_line line = read_line(stmt, NULL, &hidden);
        if (!hidden && !walker->walk->take(walker->walk->arg, &line)) {
            walker->ended = true;
            return RC_OK;
        }
        walker->last = line.telephone_number;
        (*ret_rows)++;
    }
    return rc;
}

static enum rc walk_from(struct walker *walker, uint32_t *ret_rows, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    bool by_account = !str_absent(walker->walk->account);
    enum rc rc =
        sql_prepare(walker->tx->sql, by_account ? &lines_of_account_after : &lines_after, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    if (by_account) {
        sql_bind_text(stmt, walker->walk->account);
    }
    sql_bind_i64(stmt, walker->last);
    sql_bind_i64(stmt, walker->tx->slice);
    return walk_rows(walker, stmt, ret_rows, err);
}

/* One slice in one snapshot. */
static enum rc walk_slice(struct walker *walker, uint32_t *ret_rows, struct err *err)
{
    *ret_rows = 0;
    enum rc rc = sql_begin_read(walker->tx->sql, walker->tx->scan_end_us, err);
    if (rc == RC_OK) {
        rc = walk_from(walker, ret_rows, err);
        sql_end_read(walker->tx->sql);
    }
    return rc;
}

enum rc repo_lines_walk(struct repo_tx *tx, const struct line_walk *walk, bool *ret_more, int64_t *ret_last,
                        struct err *err)
{
    struct walker walker = {.tx = tx, .walk = walk, .end_us = tx->scan_end_us, .last = walk->after};
    ensure(tx->kind == REPO_SCAN);
    if (walk->end_us != 0 && walk->end_us < walker.end_us) {
        walker.end_us = walk->end_us;
    }
    bool more = true;
    while (more && !walker.ended) {
        uint32_t rows;
        enum rc rc = walk_slice(&walker, &rows, err);
        if (rc == RC_BUSY && walker.last != walk->after) {
            break; /* the time is up in the middle of a slice; what was taken is good */
        }
        if (rc != RC_OK) {
            return rc;
        }
        more = walker.ended || rows == tx->slice;
        if (clock_mono_us() >= walker.end_us) {
            break;
        }
    }
    *ret_more = more;
    *ret_last = walker.last;
    return RC_OK;
}

/* ---- accounts ---- */

static enum rc take_accounts(struct sql_stmt *stmt, struct arena *mem, struct account_line *ret,
                             size_t *ret_count, struct err *err)
{
    bool row = true;
    enum rc rc;
    while ((rc = sql_step(stmt, &row, err)) == RC_OK && row) {
        struct account_line *line = &ret[(*ret_count)++];
        line->name = sql_read_text(stmt, mem);
        line->changed_at = row_read_wall(stmt);
        line->numbers = sql_read_i64(stmt);
        row_read_provenance(stmt, mem, &line->provenance);
    }
    return rc == RC_OK ? row_end(mem, err) : rc;
}

enum rc repo_account_lines_find(struct repo_tx *tx, struct arena *mem, const struct str *names, size_t count,
                                struct account_line *ret, size_t *ret_count, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &account_lines_by_name, &stmt, err);
    *ret_count = 0;
    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        sql_bind_text(stmt, names[i]);
        if (tx->shared) {
            rc = sql_add_row(stmt, err);
        } else {
            rc = take_accounts(stmt, mem, ret, ret_count, err);
            sql_again(stmt);
        }
    }
    return rc == RC_OK && tx->shared && count > 0 ? take_accounts(stmt, mem, ret, ret_count, err) : rc;
}
