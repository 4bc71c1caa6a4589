/* Number jobs, what they were given, and their rows. Rows are written by the holder of the job's lease alone. */
#include "gateway/store/list.h"

#include "common/base/banned.h"

/* clang-format off */
#define FIXED_COLUMNS(X) X(number) X(kind) X(source)
#define CHANGING_COLUMNS(X)                                                                                  \
    X(state) X(account) X(filter) X(settings) X(columns) X(caller) X(tenant) X(client_id) X(object_id)       \
    X(name) X(roles) X(is_user) X(source_address) X(request_id) X(client_request_id) X(created_at)           \
    X(started_at) X(ended_at) X(place) X(retrying) X(count_rows) X(count_new) X(count_changed)               \
    X(count_same) X(count_delete) X(count_refused) X(count_applied) X(count_failed) X(count_pending)         \
    X(error_code) X(error_message)
#define JOB_COLUMNS(X) FIXED_COLUMNS(X) CHANGING_COLUMNS(X)
#define COLUMN_ASSIGN(name) ", " #name " = ?"
#define SELECT_JOB "select r.number, r.id" JOB_COLUMNS(COLUMN_OF_R) " from number_job r"
#define BY_ID      SELECT_JOB " where r.id = ?"

static const struct sql_text job_insert = {.text =
    "insert into number_job (id" JOB_COLUMNS(COLUMN) ") values (?" JOB_COLUMNS(COLUMN_PARAM) ")"};
static const struct sql_text job_update = {.text =
    "update number_job set id = id" CHANGING_COLUMNS(COLUMN_ASSIGN) " where id = ?"};
static const struct sql_text job_by_id[] = {
    [REPO_READ] = {.text = BY_ID},
    [REPO_SHARE] = {.text = BY_ID " for share"},
    [REPO_UPDATE] = {.text = BY_ID " for update"},
};
static const struct sql_text job_delete = {.text = "delete from number_job where id = ?"};
static const struct sql_text jobs_count = {
    .text = "select count(*) from number_job where caller = ? and number > ? and (1 << state) & ? <> 0",
    .postgres = "select count(*) from number_job where caller = ? and number > ? and (1::bigint << state::int) & ? <> 0"};
#define BEHIND " order by number desc limit 1 offset ?"
static const struct sql_text jobs_surplus = {
    .text = "select id from number_job where caller = ? and (1 << state) & ? <> 0" BEHIND,
    .postgres = "select id from number_job where caller = ? and (1::bigint << state::int) & ? <> 0" BEHIND};

static const struct sql_text input_insert = {.text = "insert into number_job_input (job, part, text) values (?, ?, ?)"};
static const struct sql_text input_read = {.text = "select text from number_job_input where job = ? and part = ?"};
static const struct sql_text input_delete = {.text = "delete from number_job_input where job = ?"};

#define ROW_COLUMNS(X)                                                                                       \
    X(place, bigint) X(file_row, bigint) X(telephone_number, bigint) X(text, text) X(account, text)          \
    X(verdict, bigint) X(outcome, bigint) X(seen, bigint) X(code, text) X(message, text) X(target, text)     \
    X(wanted, text)
#define INSERT_ROW "insert into number_job_row (job" ROW_COLUMNS(COLUMN) ")"
static const struct sql_text rows_insert = {
    .text = INSERT_ROW " values (?" ROW_COLUMNS(COLUMN_PARAM) ")",
    .postgres = INSERT_ROW " select * from unnest(?::bigint[]" ROW_COLUMNS(COLUMN_ARRAY) ")"};
#define SELECT_ROW "select r.place" ROW_COLUMNS(COLUMN_OF_R) " from number_job_row r"
static const struct sql_text rows_pending = {.text =
    SELECT_ROW " where r.job = ? and r.outcome = 1 order by r.account, r.telephone_number limit ?"};
static const struct sql_text rows_settle = {
    .text = "update number_job_row set outcome = ?, code = ?, message = ?, target = ? where job = ? and place = ?",
    .postgres = "update number_job_row r set outcome = s.outcome, code = s.code, message = s.message, target = s.target"
                " from unnest(?::bigint[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::bigint[])"
                " as s (outcome, code, message, target, job, place) where r.job = s.job and r.place = s.place"};
#define SOME(condition) " where job = ? and place in (select place from number_job_row where job = ?" condition " limit ?)"
static const struct sql_text rows_retry = {.text =
    "update number_job_row set outcome = 1, code = null, message = null, target = null"
    SOME(" and outcome = 3 and code <> ?")};
static const struct sql_text rows_delete = {.text = "delete from number_job_row" SOME("")};
/* clang-format on */

/* ---- jobs ---- */

static void bind_counts(struct sql_stmt *stmt, const struct number_job_counts *counts)
{
    sql_bind_i64(stmt, counts->rows);
    sql_bind_i64(stmt, counts->new);
    sql_bind_i64(stmt, counts->changed);
    sql_bind_i64(stmt, counts->same);
    sql_bind_i64(stmt, counts->deleted);
    sql_bind_i64(stmt, counts->refused);
    sql_bind_i64(stmt, counts->applied);
    sql_bind_i64(stmt, counts->failed);
    sql_bind_i64(stmt, counts->pending);
}

static void bind_actor(struct sql_stmt *stmt, struct arena *mem, const struct actor *actor)
{
    char text[NET_TEXT_MAX];
    sql_bind_text(stmt, actor->caller);
    sql_bind_text(stmt, actor->tenant);
    sql_bind_text(stmt, actor->client_id);
    sql_bind_text(stmt, actor->object_id);
    sql_bind_text(stmt, actor->name);
    sql_bind_i64(stmt, actor->roles);
    sql_bind_bool(stmt, actor->is_user);
    sql_bind_text(stmt, actor->from.family != 0 ? arena_str(mem, net_text(&actor->from, text)) : STR_NONE);
    sql_bind_text(stmt, actor->request_id);
    sql_bind_text(stmt, actor->client_request_id);
}

static void bind_changing(struct sql_stmt *stmt, struct arena *mem, const struct number_job *job)
{
    sql_bind_i64(stmt, job->state);
    sql_bind_text(stmt, job->account);
    sql_bind_text(stmt, job->filter);
    sql_bind_text(stmt, job->settings);
    sql_bind_i64(stmt, (int64_t)job->columns);
    bind_actor(stmt, mem, &job->actor);
    row_bind_wall(stmt, job->created_at);
    row_bind_wall(stmt, job->started_at);
    row_bind_wall(stmt, job->ended_at);
    sql_bind_i64(stmt, job->place);
    sql_bind_bool(stmt, job->retrying);
    bind_counts(stmt, &job->counts);
    sql_bind_text(stmt, job->error_code);
    sql_bind_text(stmt, job->error_message);
}

static void read_counts(struct sql_stmt *stmt, struct number_job_counts *ret)
{
    ret->rows = sql_read_i64(stmt);
    ret->new = sql_read_i64(stmt);
    ret->changed = sql_read_i64(stmt);
    ret->same = sql_read_i64(stmt);
    ret->deleted = sql_read_i64(stmt);
    ret->refused = sql_read_i64(stmt);
    ret->applied = sql_read_i64(stmt);
    ret->failed = sql_read_i64(stmt);
    ret->pending = sql_read_i64(stmt);
}

static void read_actor(struct sql_stmt *stmt, struct arena *mem, struct actor *ret)
{
    ret->way = ACTOR_JOB;
    ret->caller = sql_read_text(stmt, mem);
    ret->tenant = sql_read_text(stmt, mem);
    ret->client_id = sql_read_text(stmt, mem);
    ret->object_id = sql_read_text(stmt, mem);
    ret->name = sql_read_text(stmt, mem);
    ret->roles = (unsigned)sql_read_i64(stmt);
    ret->is_user = sql_read_bool(stmt);
    struct str from = sql_read_text(stmt, mem);
    if (str_absent(from) || !net_parse(from, &ret->from)) {
        ret->from = (struct net_addr){0};
    }
    ret->request_id = sql_read_text(stmt, mem);
    ret->client_request_id = sql_read_text(stmt, mem);
}

static void read_job(struct sql_stmt *stmt, struct arena *mem, void *item)
{
    struct number_job *job = item;
    job->id = sql_read_text(stmt, mem);
    job->number = sql_read_i64(stmt);
    job->kind = (enum number_job_kind)sql_read_i64(stmt);
    job->source = (enum number_job_source)sql_read_i64(stmt);
    job->state = (enum number_job_state)sql_read_i64(stmt);
    job->account = sql_read_text(stmt, mem);
    job->filter = sql_read_text(stmt, mem);
    job->settings = sql_read_text(stmt, mem);
    job->columns = (uint64_t)sql_read_i64(stmt);
    read_actor(stmt, mem, &job->actor);
    job->created_at = row_read_wall(stmt);
    job->started_at = row_read_wall(stmt);
    job->ended_at = row_read_wall(stmt);
    job->place = sql_read_i64(stmt);
    job->retrying = sql_read_bool(stmt);
    read_counts(stmt, &job->counts);
    job->error_code = sql_read_text(stmt, mem);
    job->error_message = sql_read_text(stmt, mem);
}

enum rc repo_number_job_add(struct repo_tx *tx, const struct number_job *job, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &job_insert, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_text(stmt, job->id);
    sql_bind_i64(stmt, job->number);
    sql_bind_i64(stmt, job->kind);
    sql_bind_i64(stmt, job->source);
    bind_changing(stmt, tx->mem, job);
    rc = row_end(tx->mem, err);
    return rc == RC_OK ? sql_run(stmt, err) : rc;
}

enum rc repo_number_job_write(struct repo_tx *tx, const struct number_job *job, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &job_update, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    bind_changing(stmt, tx->mem, job);
    sql_bind_text(stmt, job->id);
    rc = row_end(tx->mem, err);
    return rc == RC_OK ? sql_run(stmt, err) : rc;
}

enum rc repo_number_job_find(struct repo_tx *tx, struct arena *mem, struct str id, enum repo_lock lock,
                             const struct number_job **ret, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    struct number_job *job = arena_new_of(mem, struct number_job);
    enum rc rc =
        job != NULL ? sql_prepare(tx->sql, &job_by_id[tx_lock(tx, lock)], &stmt, err) : row_end(mem, err);
    if (rc != RC_OK) {
        return rc;
    }
    bool row;
    sql_bind_text(stmt, id);
    rc = sql_step(stmt, &row, err);
    if (rc != RC_OK || !row) {
        return rc != RC_OK ? rc : RC_NOT_FOUND;
    }
    sql_skip(stmt, 1);
    read_job(stmt, mem, job);
    *ret = job;
    return row_end(mem, err);
}

/* A statement whose only parameter is a number or a text. */
static enum rc run_of(struct repo_tx *tx, const struct sql_text *text, struct str id, int64_t number,
                      struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, text, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    if (!str_absent(id)) {
        sql_bind_text(stmt, id);
    } else {
        sql_bind_i64(stmt, number);
    }
    return sql_run(stmt, err);
}

enum rc repo_number_job_remove(struct repo_tx *tx, const struct number_job *job, struct err *err)
{
    enum rc rc = run_of(tx, &input_delete, STR_NONE, job->number, err);
    return rc == RC_OK ? run_of(tx, &job_delete, job->id, 0, err) : rc;
}

static const struct list_kind jobs_kind = {
    .select = SELECT_JOB,
    .from = "number_job r",
    .key = "r.number",
    .account = "r.caller",
    .item_size = sizeof(struct number_job),
    .key_is_number = true,
    .read = read_job,
};

enum rc repo_number_jobs_list(struct repo_tx *tx, struct arena *mem, struct str caller,
                              const struct list_query *query, struct list_page *ret, struct err *err)
{
    struct list_query of_caller = *query;
    of_caller.account = caller;
    return list_read(tx, mem, &jobs_kind, NULL, &of_caller, ret, err);
}

enum rc repo_number_jobs_count(struct repo_tx *tx, struct str caller, unsigned states, int64_t after,
                               int64_t *ret, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    bool row;
    enum rc rc = sql_prepare(tx->sql, &jobs_count, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_text(stmt, caller);
    sql_bind_i64(stmt, after);
    sql_bind_i64(stmt, states);
    rc = sql_step(stmt, &row, err);
    if (rc == RC_OK) {
        *ret = row ? sql_read_i64(stmt) : 0;
    }
    return rc;
}

enum rc repo_number_jobs_surplus(struct repo_tx *tx, struct arena *mem, struct str caller, unsigned states,
                                 int64_t keep, struct str *ret_id, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    bool row;
    enum rc rc = sql_prepare(tx->sql, &jobs_surplus, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_text(stmt, caller);
    sql_bind_i64(stmt, states);
    sql_bind_i64(stmt, keep);
    rc = sql_step(stmt, &row, err);
    if (rc != RC_OK || !row) {
        return rc != RC_OK ? rc : RC_NOT_FOUND;
    }
    *ret_id = sql_read_text(stmt, mem);
    return row_end(mem, err);
}

/* ---- input ---- */

enum rc repo_number_job_input_add(struct repo_tx *tx, int64_t job, int64_t part, struct str text,
                                  struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &input_insert, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_i64(stmt, job);
    sql_bind_i64(stmt, part);
    sql_bind_text(stmt, text);
    return sql_run(stmt, err);
}

enum rc repo_number_job_input_read(struct repo_tx *tx, struct arena *mem, int64_t job, int64_t part,
                                   struct str *ret, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    bool row;
    enum rc rc = sql_prepare(tx->sql, &input_read, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_i64(stmt, job);
    sql_bind_i64(stmt, part);
    rc = sql_step(stmt, &row, err);
    if (rc != RC_OK || !row) {
        return rc != RC_OK ? rc : RC_NOT_FOUND;
    }
    *ret = sql_read_text(stmt, mem);
    return row_end(mem, err);
}

/* ---- rows ---- */

static void bind_row(struct sql_stmt *stmt, int64_t job, const struct number_job_row *row)
{
    sql_bind_i64(stmt, job);
    sql_bind_i64(stmt, row->place);
    sql_bind_i64(stmt, row->file_row);
    sql_bind_i64(stmt, row->telephone_number);
    sql_bind_text(stmt, row->text);
    sql_bind_text(stmt, str_absent(row->account) ? STR("") : row->account);
    sql_bind_i64(stmt, row->verdict);
    sql_bind_i64(stmt, row->outcome);
    sql_bind_i64(stmt, row->seen);
    sql_bind_text(stmt, row->code);
    sql_bind_text(stmt, row->message);
    sql_bind_text(stmt, row->target);
    sql_bind_text(stmt, row->wanted);
}

static void read_row(struct sql_stmt *stmt, struct arena *mem, void *item)
{
    struct number_job_row *row = item;
    row->place = sql_read_i64(stmt);
    row->file_row = sql_read_i64(stmt);
    row->telephone_number = sql_read_i64(stmt);
    row->text = sql_read_text(stmt, mem);
    row->account = sql_read_text(stmt, mem);
    row->verdict = (enum number_job_verdict)sql_read_i64(stmt);
    row->outcome = (enum number_job_outcome)sql_read_i64(stmt);
    row->seen = sql_read_i64(stmt);
    row->code = sql_read_text(stmt, mem);
    row->message = sql_read_text(stmt, mem);
    row->target = sql_read_text(stmt, mem);
    row->wanted = sql_read_text(stmt, mem);
}

enum rc repo_number_job_rows_add(struct repo_tx *tx, int64_t job, const struct number_job_row *rows,
                                 size_t count, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = count > 0 ? sql_prepare(tx->sql, &rows_insert, &stmt, err) : RC_OK;
    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        bind_row(stmt, job, &rows[i]);
        rc = sql_add_row(stmt, err);
    }
    return rc == RC_OK && count > 0 ? sql_run_rows(stmt, err) : rc;
}

enum rc repo_number_job_rows_pending(struct repo_tx *tx, struct arena *mem, int64_t job, size_t limit,
                                     struct number_job_rows *ret, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    struct number_job_row *rows = arena_alloc_array(mem, limit, sizeof *rows);
    size_t count = 0;
    bool row = true;
    enum rc rc = rows != NULL ? sql_prepare(tx->sql, &rows_pending, &stmt, err) : row_end(mem, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_i64(stmt, job);
    sql_bind_i64(stmt, (int64_t)limit);
    while (count < limit && (rc = sql_step(stmt, &row, err)) == RC_OK && row) {
        sql_skip(stmt, 1);
        read_row(stmt, mem, &rows[count++]);
    }
    if (rc != RC_OK) {
        return rc;
    }
    *ret = (struct number_job_rows){rows, count};
    return row_end(mem, err);
}

enum rc repo_number_job_rows_settle(struct repo_tx *tx, int64_t job, const struct number_job_row *rows,
                                    size_t count, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = count > 0 ? sql_prepare(tx->sql, &rows_settle, &stmt, err) : RC_OK;
    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        sql_bind_i64(stmt, rows[i].outcome);
        sql_bind_text(stmt, rows[i].code);
        sql_bind_text(stmt, rows[i].message);
        sql_bind_text(stmt, rows[i].target);
        sql_bind_i64(stmt, job);
        sql_bind_i64(stmt, rows[i].place);
        rc = sql_add_row(stmt, err);
    }
    return rc == RC_OK && count > 0 ? sql_run_rows(stmt, err) : rc;
}

/* Some of the job's rows; `but` absent: the statement knows no code. */
static enum rc run_some(struct repo_tx *tx, const struct sql_text *text, int64_t job, struct str but,
                        size_t limit, int64_t *ret_count, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, text, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_i64(stmt, job);
    sql_bind_i64(stmt, job);
    if (!str_absent(but)) {
        sql_bind_text(stmt, but);
    }
    sql_bind_i64(stmt, (int64_t)limit);
    rc = sql_run(stmt, err);
    if (rc == RC_OK) {
        *ret_count = sql_changed(stmt);
    }
    return rc;
}

enum rc repo_number_job_rows_retry(struct repo_tx *tx, int64_t job, struct str but, size_t limit,
                                   int64_t *ret_count, struct err *err)
{
    return run_some(tx, &rows_retry, job, but, limit, ret_count, err);
}

enum rc repo_number_job_rows_remove(struct repo_tx *tx, int64_t job, size_t limit, int64_t *ret_count,
                                    struct err *err)
{
    return run_some(tx, &rows_delete, job, STR_NONE, limit, ret_count, err);
}

static const struct list_kind rows_kind = {
    .select = SELECT_ROW,
    .from = "number_job_row r",
    .key = "r.place",
    .item_size = sizeof(struct number_job_row),
    .key_is_number = true,
    .read = read_row,
};

static void bind_rows_query(const void *arg, struct sql_stmt *stmt)
{
    const struct number_job_rows_query *query = arg;
    sql_bind_i64(stmt, query->job);
    sql_bind_i64(stmt, query->verdict);
    sql_bind_i64(stmt, query->verdict);
    sql_bind_i64(stmt, query->outcome);
    sql_bind_i64(stmt, query->outcome);
}

enum rc repo_number_job_rows_list(struct repo_tx *tx, struct arena *mem,
                                  const struct number_job_rows_query *query, struct list_page *ret,
                                  struct err *err)
{
    const struct list_extra extra = {" and r.job = ? and (cast(? as bigint) = 0 or r.verdict = ?)"
                                     " and (cast(? as bigint) = 0 or r.outcome = ?)",
                                     bind_rows_query, query};
    return list_read(tx, mem, &rows_kind, &extra, &query->page, ret, err);
}
