/* What asynchronous work remembers between its steps. */
#include "gateway/store/clock.h"
#include "gateway/store/list.h"

#include "common/base/banned.h"

/* clang-format off */
#define ADD(now, number)                                                                                     \
    "insert into job (id, kind, key, state, input, progress, attempt, not_before, created_at, updated_at)"   \
    " values (?, ?, ?, ?, ?, ?, ?, " now " + " number ", " now ", " now ") on conflict (id) do nothing"
static const struct sql_text job_add = {.text = ADD(NOW_SQLITE, "?"), .postgres = ADD(NOW_POSTGRES, "?::bigint")};

#define WRITE(now, number)                                                                                   \
    "update job set state = ?, progress = ?, attempt = ?, not_before = " now " + " number                    \
    ", updated_at = " now " where id = ?"
static const struct sql_text job_write = {.text = WRITE(NOW_SQLITE, "?"),
                                          .postgres = WRITE(NOW_POSTGRES, "?::bigint")};
#define ENDED(now, number) "delete from job where kind = ? and state <> 0 and updated_at < " now " - " number
static const struct sql_text jobs_ended_delete = {.text = ENDED(NOW_SQLITE, "?"),
                                                  .postgres = ENDED(NOW_POSTGRES_STABLE, "?::bigint")};
static const struct sql_text job_delete = {.text = "delete from job where id = ?"};

#define SELECT(now)                                                                                          \
    "select id, kind, key, state, input, progress, attempt, not_before - " now ", created_at, updated_at"    \
    " from job"
#define BY_ID " where id = ?"
static const struct sql_text job_by_id[] = {
    [REPO_READ] = {.text = SELECT(NOW_SQLITE) BY_ID, .postgres = SELECT(NOW_POSTGRES) BY_ID},
    [REPO_SHARE] = {.text = SELECT(NOW_SQLITE) BY_ID, .postgres = SELECT(NOW_POSTGRES) BY_ID " for share"},
    [REPO_UPDATE] = {.text = SELECT(NOW_SQLITE) BY_ID, .postgres = SELECT(NOW_POSTGRES) BY_ID " for update"},
};
#define OPEN " where kind = ? and key = ? and state = 0 and id > ? order by id limit ?"
static const struct sql_text jobs_open_count = {.text =
    "select count(*) from (select 1 from job where kind = ? and state = 0 limit ?) n"};
static const struct sql_text jobs_open = {.text = SELECT(NOW_SQLITE) OPEN, .postgres = SELECT(NOW_POSTGRES) OPEN};
/* clang-format on */

enum rc repo_job_add(struct repo_tx *tx, const struct job_row *job, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &job_add, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_text(stmt, job->id);
    sql_bind_text(stmt, job->kind);
    sql_bind_text(stmt, job->key);
    sql_bind_i64(stmt, job->state);
    sql_bind_text(stmt, job->input);
    sql_bind_text(stmt, job->progress);
    sql_bind_i64(stmt, job->attempt);
    sql_bind_i64(stmt, job->wait_ms);
    rc = sql_run(stmt, err);
    if (rc == RC_OK && sql_changed(stmt) == 0) {
        return err_set(err, RC_CONFLICT, NULL, "the job is there already");
    }
    return rc;
}

enum rc repo_job_write(struct repo_tx *tx, const struct job_row *job, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &job_write, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_i64(stmt, job->state);
    sql_bind_text(stmt, job->progress);
    sql_bind_i64(stmt, job->attempt);
    sql_bind_i64(stmt, job->wait_ms);
    sql_bind_text(stmt, job->id);
    rc = sql_run(stmt, err);
    return rc == RC_OK && sql_changed(stmt) == 0 ? RC_NOT_FOUND : rc;
}

enum rc repo_job_remove(struct repo_tx *tx, struct str id, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &job_delete, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_text(stmt, id);
    return sql_run(stmt, err);
}

enum rc repo_jobs_forget(struct repo_tx *tx, struct str kind, int64_t keep_ms, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(tx->sql, &jobs_ended_delete, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_text(stmt, kind);
    sql_bind_i64(stmt, keep_ms);
    return sql_run(stmt, err);
}

static void read_job(struct sql_stmt *stmt, struct arena *mem, struct job_row *ret)
{
    ret->id = sql_read_text(stmt, mem);
    ret->kind = sql_read_text(stmt, mem);
    ret->key = sql_read_text(stmt, mem);
    ret->state = (enum job_state)sql_read_i64(stmt);
    ret->input = sql_read_text(stmt, mem);
    ret->progress = sql_read_text(stmt, mem);
    ret->attempt = sql_read_i64(stmt);
    ret->wait_ms = sql_read_i64(stmt);
    ret->created_at.ms = sql_read_i64(stmt);
    ret->updated_at.ms = sql_read_i64(stmt);
}

enum rc repo_job_find(struct repo_tx *tx, struct arena *mem, struct str id, enum repo_lock lock,
                      const struct job_row **ret, struct err *err)
{
    struct job_row *job = arena_new_of(mem, struct job_row);
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = job != NULL ? sql_prepare(tx->sql, &job_by_id[lock], &stmt, err) : row_end(mem, err);
    if (rc != RC_OK) {
        return rc;
    }
    bool row;
    sql_bind_text(stmt, id);
    rc = sql_step(stmt, &row, err);
    if (rc != RC_OK || !row) {
        return rc != RC_OK ? rc : RC_NOT_FOUND;
    }
    read_job(stmt, mem, job);
    *ret = job;
    return row_end(mem, err);
}

enum rc repo_jobs_open(struct repo_tx *tx, struct arena *mem, struct str kind, struct str key,
                       struct str after, size_t limit, struct job_list *ret, struct err *err)
{
    struct job_row *jobs = arena_alloc_array(mem, limit, sizeof *jobs);
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = jobs != NULL ? sql_prepare(tx->sql, &jobs_open, &stmt, err) : row_end(mem, err);
    if (rc != RC_OK) {
        return rc;
    }
    size_t count = 0;
    bool row = true;
    sql_bind_text(stmt, kind);
    sql_bind_text(stmt, key);
    sql_bind_text(stmt, !str_absent(after) ? after : STR(""));
    sql_bind_i64(stmt, (int64_t)limit);
    while (count < limit && (rc = sql_step(stmt, &row, err)) == RC_OK && row) {
        read_job(stmt, mem, &jobs[count++]);
    }
    if (rc != RC_OK) {
        return rc;
    }
    *ret = (struct job_list){jobs, count};
    return row_end(mem, err);
}

enum rc repo_jobs_open_count(struct repo_tx *tx, struct str kind, int64_t limit, int64_t *ret,
                             struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    bool row = false;
    enum rc rc = sql_prepare(tx->sql, &jobs_open_count, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_text(stmt, kind);
    sql_bind_i64(stmt, limit);
    rc = sql_step(stmt, &row, err);
    if (rc == RC_OK) {
        *ret = row ? sql_read_i64(stmt) : 0;
    }
    return rc;
}
