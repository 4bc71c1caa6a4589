/* What a job's state asks for, done in slices: each is a transaction behind the fence that begins with the job's row, so whoever cancels
 * the job comes before a slice or after it.
 *
 *   previewing   rows are read from what was given, judged in a read, and written with their verdicts; then: previewed
 *   queued       rows that shall be tried again become pending; then as applying
 *   applying     pending rows are applied, those of one account in a slice; the outcome of each is written by the transaction that
 *                changes its number, so no row is done twice or lost; without any left: done
 *   others       nothing, until the job is too old, or there are too many later ones: its rows go, then itself
 *
 * After TURN_MS a run ends and is due again, behind others that wait. */
#include "gateway/ops/jobs_run.h"

#include "common/base/limits.h"
#include "common/base/log.h"
#include "gateway/domain/change.h"
#include "gateway/ops/jobs_call.h"
#include "gateway/ops/jobs_judge.h"
#include "gateway/ops/jobs_model.h"
#include "gateway/ops/jobs_source.h"

#include "common/base/banned.h"

#define TURN_MS      2000
#define LOOK_MS      (24 * 3600 * 1000) /* how often a job that rests is looked at */
#define KEEP_MS      (30LL * 24 * 3600 * 1000)
#define PREVIEW_ROWS 500
#define APPLY_ROWS   200 /* other writers wait for a slice */
#define SWEEP_ROWS   1000
#define TRIES        3

/* When the job is looked at again. */
enum next { NEXT_LATER, NEXT_NOW, NEXT_NEVER };

struct turn {
    struct work_run *run;
    const struct jobs_engine *engine;
    struct arena *mem;
    struct str id;
    const struct number_job *job; /* as it was seen last */
    struct mono until;
};

static bool is_over(const struct turn *turn)
{
    return work_stopping(turn->run) || clock_mono().ms >= turn->until.ms;
}

static struct change change_of(const struct turn *turn, struct repo_tx *tx, struct arena *mem,
                               const struct number_job *job)
{
    return (struct change){tx, mem, &job->actor, clock_wall(), turn->engine->facts, job->id};
}

/* ---- the job's row ---- */

struct seen_job {
    const struct turn *turn;
    enum repo_lock lock;
    const struct number_job *job;
};

static enum rc see_job(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct seen_job *seen = arg;
    return repo_number_job_find(tx, mem, seen->turn->id, seen->lock, &seen->job, err);
}

static enum rc read_job(struct turn *turn, struct err *err)
{
    struct seen_job seen = {.turn = turn};
    enum rc rc = work_read(turn->run, see_job, &seen, err);
    turn->job = rc == RC_OK ? seen.job : NULL;
    return rc;
}

/* A slice that is written: `job` is a copy of the row, locked; *ret_done when the state is not the one it is for. */
static enum rc lock_job(const struct turn *turn, struct repo_tx *tx, struct arena *mem, unsigned states,
                        struct number_job *ret, bool *ret_done, struct err *err)
{
    const struct number_job *job = NULL;
    enum rc rc = repo_number_job_find(tx, mem, turn->id, REPO_UPDATE, &job, err);
    if (rc == RC_OK) {
        *ret = *job;
        *ret_done = !(states & 1U << job->state);
    }
    return rc;
}

static void end_job(struct number_job *job, enum number_job_state state)
{
    job->state = state;
    job->ended_at = clock_wall();
}

static void tell(const struct number_job *job)
{
    LOG(LOG_NOTICE, "number_job", log_str("job_id", job->id),
        log_cstr("kind", number_job_kind[job->kind - 1]), log_cstr("state", number_job_state[job->state - 1]),
        log_str("caller", job->actor.caller), log_str("name", job->actor.name),
        log_i64("rows", job->counts.rows), log_i64("applied", job->counts.applied),
        log_i64("failed", job->counts.failed), log_str("code", job->error_code));
}

/* ---- failing as a whole ---- */

struct failure {
    const struct turn *turn;
    const struct err *why;
    struct number_job job;
    bool done;
};

#define STATES_AT_WORK (1U << NUMBER_JOB_PREVIEWING | 1U << NUMBER_JOB_QUEUED | 1U << NUMBER_JOB_APPLYING)

static enum rc write_failure(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct failure *f = arg;
    enum rc rc = lock_job(f->turn, tx, mem, STATES_AT_WORK, &f->job, &f->done, err);
    if (rc != RC_OK || f->done) {
        return rc;
    }
    end_job(&f->job, NUMBER_JOB_FAILED);
    f->job.error_code = str_of(f->why->code != NULL ? f->why->code : "InternalError");
    f->job.error_message = arena_str(mem, str_of(f->why->msg));
    return repo_number_job_write(tx, &f->job, err);
}

static enum rc fail_job(struct turn *turn, const struct err *why, struct err *err)
{
    struct failure f = {.turn = turn, .why = why};
    enum rc rc = work_write(turn->run, write_failure, &f, err);
    if (rc == RC_OK && !f.done) {
        tell(&f.job);
    }
    return rc;
}

/* ---- the preview ---- */

struct preview {
    struct turn *turn;
    struct job_source *source;
    struct number_job_rows rows;
    bool end;  /* these are the last rows */
    bool done; /* the job is not being previewed any more */
    struct number_job job;
};

static enum rc judge_slice(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct preview *p = arg;
    const struct number_job *job = p->turn->job;
    const struct change change = change_of(p->turn, tx, mem, job);
    struct number_job_row *rows = arena_alloc_array(mem, p->rows.count, sizeof *rows); /* may run again */
    if (rows == NULL) {
        return err_set(err, RC_LIMIT, NULL, "the rows need more memory than there is");
    }
    if (p->rows.count > 0) {
        memcpy(rows, p->rows.items, p->rows.count * sizeof *rows);
    }
    enum rc rc = jobs_judge(&change, job, rows, p->rows.count, err);
    if (rc == RC_OK) {
        p->rows.items = rows;
    }
    return rc;
}

static enum rc write_slice(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct preview *p = arg;
    enum rc rc = lock_job(p->turn, tx, mem, 1U << NUMBER_JOB_PREVIEWING, &p->job, &p->done, err);
    if (rc != RC_OK || p->done) {
        return rc;
    }
    for (size_t i = 0; i < p->rows.count; i++) {
        p->rows.items[i].place = p->job.counts.rows + 1 + (int64_t)i;
    }
    jobs_count(&p->job.counts, p->rows.items, p->rows.count);
    p->job.place = job_source_place(p->source);
    p->job.columns = job_source_columns(p->source);
    p->job.state = p->end ? NUMBER_JOB_PREVIEWED : NUMBER_JOB_PREVIEWING;
    rc = repo_number_job_rows_add(tx, p->job.number, p->rows.items, p->rows.count, err);
    return rc == RC_OK ? repo_number_job_write(tx, &p->job, err) : rc;
}

static enum rc check_size(int64_t rows, struct err *err)
{
    return rows <= LIMIT_JOB_NUMBERS
               ? RC_OK
               : err_set(err, RC_INVALID, "TooManyRows",
                         "there are more than %d numbers; ask for fewer at a time", LIMIT_JOB_NUMBERS);
}

/* `rows`: what was written so far; raised. */
static enum rc preview_slice(struct preview *p, int64_t *rows, struct err *err)
{
    enum rc rc = job_source_next(p->source, p->turn->mem, PREVIEW_ROWS, &p->rows, &p->end, err);
    if (rc == RC_OK) {
        rc = check_size(*rows + (int64_t)p->rows.count, err);
    }
    if (rc == RC_OK) {
        rc = work_read(p->turn->run, judge_slice, p, err);
    }
    if (rc == RC_OK) {
        rc = work_write(p->turn->run, write_slice, p, err);
    }
    if (rc == RC_OK) {
        *rows += (int64_t)p->rows.count;
    }
    return rc;
}

static enum rc preview_all(struct preview *p, struct err *err)
{
    struct arena_mark mark = arena_mark(p->turn->mem);
    int64_t rows = p->turn->job->counts.rows;
    enum rc rc = RC_OK;
    while (rc == RC_OK && !p->end && !p->done && !is_over(p->turn)) {
        arena_rewind(p->turn->mem, mark);
        rc = preview_slice(p, &rows, err);
    }
    if (rc == RC_OK && p->end && !p->done) {
        tell(&p->job);
    }
    return rc;
}

/* What was given can be wrong for ever. */
static bool is_final(enum rc rc, const struct err *err)
{
    return rc == RC_INVALID && err->code != NULL;
}

static enum rc preview(struct turn *turn, enum next *ret, struct err *err)
{
    struct preview p = {.turn = turn};
    struct err why = {0};
    enum rc rc = job_source_open(turn->engine->work, turn->job, &p.source, &why);
    if (rc == RC_OK) {
        rc = preview_all(&p, &why);
    }
    job_source_free(p.source);
    *ret = p.end || p.done ? NEXT_LATER : NEXT_NOW;
    if (is_final(rc, &why)) {
        *ret = NEXT_LATER;
        return fail_job(turn, &why, err);
    }
    if (rc != RC_OK && err != NULL) {
        *err = why;
    }
    return rc;
}

/* ---- applying ---- */

struct applying {
    struct turn *turn;
    bool done;
    struct number_job job;
};

static enum rc retry_slice(struct applying *a, struct repo_tx *tx, struct err *err)
{
    int64_t count = 0;
    enum rc rc = repo_number_job_rows_retry(tx, a->job.number, STR(JOBS_CHANGED), SWEEP_ROWS, &count, err);
    a->job.counts.failed -= count;
    a->job.counts.pending += count;
    a->job.retrying = count == SWEEP_ROWS;
    return rc;
}

static void count_outcomes(struct number_job_counts *counts, const struct number_job_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool applied = rows[i].outcome == NUMBER_ROW_APPLIED;
        counts->applied += applied;
        counts->failed += !applied;
    }
    counts->pending -= (int64_t)count;
}

static size_t of_one_account(const struct number_job_rows *rows)
{
    size_t n = 0;
    while (n < rows->count && str_eq(rows->items[n].account, rows->items[0].account)) {
        n++;
    }
    return n;
}

static enum rc apply_rows(struct applying *a, struct repo_tx *tx, struct arena *mem, struct err *err)
{
    struct number_job_rows rows = {0};
    const struct change change = change_of(a->turn, tx, mem, &a->job);
    enum rc rc = repo_number_job_rows_pending(tx, mem, a->job.number, APPLY_ROWS, &rows, err);
    size_t count = rc == RC_OK ? of_one_account(&rows) : 0;
    if (rc == RC_OK && count == 0) {
        end_job(&a->job, NUMBER_JOB_DONE);
        a->done = true;
        return RC_OK;
    }
    if (rc == RC_OK) {
        rc = jobs_apply(&change, &a->job, rows.items, count, err);
    }
    if (rc == RC_OK) {
        rc = repo_number_job_rows_settle(tx, a->job.number, rows.items, count, err);
    }
    count_outcomes(&a->job.counts, rows.items, rc == RC_OK ? count : 0);
    return rc;
}

static enum rc apply_slice(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct applying *a = arg;
    unsigned states = 1U << NUMBER_JOB_QUEUED | 1U << NUMBER_JOB_APPLYING;
    enum rc rc = lock_job(a->turn, tx, mem, states, &a->job, &a->done, err);
    if (rc != RC_OK || a->done) {
        return rc;
    }
    a->job.state = NUMBER_JOB_APPLYING;
    if (a->job.started_at.ms == CLOCK_ABSENT.ms) {
        a->job.started_at = clock_wall();
    }
    rc = a->job.retrying ? retry_slice(a, tx, err) : apply_rows(a, tx, mem, err);
    return rc == RC_OK ? repo_number_job_write(tx, &a->job, err) : rc;
}

static enum rc apply(struct turn *turn, enum next *ret, struct err *err)
{
    struct applying a = {.turn = turn};
    struct arena_mark mark = arena_mark(turn->mem);
    enum rc rc = RC_OK;
    while (rc == RC_OK && !a.done && !is_over(turn)) {
        arena_rewind(turn->mem, mark);
        rc = work_write(turn->run, apply_slice, &a, err);
    }
    if (rc == RC_OK && a.done && a.job.state == NUMBER_JOB_DONE) {
        tell(&a.job);
    }
    *ret = a.done ? NEXT_LATER : NEXT_NOW;
    return rc;
}

/* ---- old ones go ---- */

struct removal {
    const struct turn *turn;
    bool kept, gone;
};

static enum rc is_surplus(struct repo_tx *tx, const struct number_job *job, bool *ret, struct err *err)
{
    int64_t later = 0;
    if (!(JOBS_ENDED & 1U << job->state)) {
        return RC_OK;
    }
    enum rc rc = repo_number_jobs_count(tx, job->actor.caller, JOBS_ENDED, job->number, &later, err);
    *ret = later >= LIMIT_JOBS_ENDED;
    return rc;
}

static enum rc removal_slice(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct removal *r = arg;
    struct number_job job;
    bool surplus = false;
    int64_t count = 0;
    enum rc rc = lock_job(r->turn, tx, mem, JOBS_ENDED | 1U << NUMBER_JOB_PREVIEWED, &job, &r->kept, err);
    if (rc == RC_OK && !r->kept) {
        rc = is_surplus(tx, &job, &surplus, err);
    }
    if (rc != RC_OK || r->kept) {
        return rc;
    }
    int64_t since_ms = job.ended_at.ms != CLOCK_ABSENT.ms ? job.ended_at.ms : job.created_at.ms;
    r->kept = !surplus && clock_wall().ms - since_ms < KEEP_MS;
    if (!r->kept) {
        rc = repo_number_job_rows_remove(tx, job.number, SWEEP_ROWS, &count, err);
    }
    r->gone = rc == RC_OK && !r->kept && count < SWEEP_ROWS;
    return r->gone ? repo_number_job_remove(tx, &job, err) : rc;
}

static enum rc keep_or_remove(struct turn *turn, enum next *ret, struct err *err)
{
    struct removal r = {.turn = turn};
    struct arena_mark mark = arena_mark(turn->mem);
    enum rc rc = RC_OK;
    while (rc == RC_OK && !r.kept && !r.gone && !is_over(turn)) {
        arena_rewind(turn->mem, mark);
        rc = work_write(turn->run, removal_slice, &r, err);
    }
    *ret = r.gone ? NEXT_NEVER : r.kept ? NEXT_LATER : NEXT_NOW;
    return rc;
}

/* ---- a run ---- */

/* What is at fault in the store passes; what fails again and again is ours. */
static enum rc give_up(struct turn *turn, enum rc rc, struct err *err)
{
    bool passes = rc == RC_BUSY || rc == RC_UNCERTAIN || work_stopping(turn->run);
    if (passes || work_item(turn->run)->attempt + 1 < TRIES || err == NULL) {
        return rc;
    }
    struct err why = *err;
    return fail_job(turn, &why, NULL) == RC_OK ? RC_OK : rc;
}

static enum rc do_turn(struct turn *turn, struct err *err)
{
    enum next next = NEXT_LATER;
    bool at_work = STATES_AT_WORK & 1U << turn->job->state;
    enum rc rc = (turn->job->state == NUMBER_JOB_PREVIEWING ? preview
                  : at_work                                 ? apply
                                                            : keep_or_remove)(turn, &next, err);
    if (rc != RC_OK && at_work) {
        rc = give_up(turn, rc, err);
    }
    if (rc == RC_OK && next == NEXT_NEVER) {
        work_forget(turn->run);
    } else if (rc == RC_OK) {
        work_again_in(turn->run, next == NEXT_NOW ? 0 : LOOK_MS);
    }
    return rc;
}

enum rc jobs_run(struct work_run *run, void *engine, struct err *err)
{
    struct turn turn = {.run = run,
                        .engine = engine,
                        .mem = work_mem(run),
                        .id = work_item(run)->key,
                        .until = mono_after(clock_mono(), TURN_MS)};
    enum rc rc = read_job(&turn, err);
    if (rc == RC_NOT_FOUND) {
        work_forget(run);
        return RC_OK;
    }
    return rc == RC_OK ? do_turn(&turn, err) : rc;
}
