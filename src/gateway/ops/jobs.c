#include "gateway/ops/jobs.h"

#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "gateway/api/call.h"
#include "gateway/api/page.h"
#include "gateway/ops/jobs_call.h"
#include "gateway/ops/jobs_give.h"
#include "gateway/ops/jobs_model.h"
#include "gateway/ops/jobs_result.h"
#include "gateway/ops/jobs_run.h"

#include "common/base/banned.h"

#define PART_BYTES (256 * 1024) /* of a file, in one row of the store */
/* ---- who may ---- */

static bool is_own(const struct call *call, const struct number_job *job)
{
    return str_eq(job->actor.caller, call->actor.caller);
}

/* The job of the URL, if it is the caller's; `any`: or the caller is an administrator. */
static enum rc find_job(struct call *call, struct repo_tx *tx, enum repo_lock lock, bool any,
                        const struct number_job **ret, struct err *err)
{
    const struct number_job *job = NULL;
    struct str id = arena_lower(call->mem, call->key);
    enum rc rc = repo_number_job_find(tx, call->mem, id, lock, &job, err);
    if (rc == RC_OK && !is_own(call, job) && !(call->actor.roles & ROLE_ADMIN)) {
        rc = RC_NOT_FOUND; /* nobody learns of others' jobs */
    }
    if (rc == RC_NOT_FOUND) {
        return err_set(err, rc, "JobNotFound", "there is no such job");
    }
    if (rc == RC_OK && !any && !is_own(call, job)) {
        return err_set(err, RC_DENIED, "Forbidden", "a job runs with the rights of whoever asked for it");
    }
    if (rc == RC_OK) {
        *ret = job;
    }
    return rc;
}

static void answer_job(struct call *call)
{
    call_reply_json(call, call->status, call->route->output, call->result);
}

/* ---- reads ---- */

static enum rc list_check(struct call *call, struct err *err)
{
    return call->list.after.set && call->list.after.number < 0
               ? jobs_bad_field(err, "InvalidQueryParameter", "continuation",
                                "the query parameter continuation must be the one of a nextLink")
               : RC_OK;
}

static enum rc list_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    struct list_query query = list_params_query(&call->list, STR_NONE);
    query.newest_first = true;
    struct str caller = call->actor.roles & ROLE_ADMIN ? STR_NONE : call->actor.caller;
    enum rc rc = repo_number_jobs_list(tx, call->mem, caller, &query, &call->page, err);
    const struct number_job *jobs = call->page.items.items;
    struct jobs_view *views =
        rc == RC_OK ? arena_alloc_array(call->mem, call->page.items.count, sizeof *views) : NULL;
    for (size_t i = 0; views != NULL && i < call->page.items.count; i++) {
        if (!jobs_view_fill(&jobs[i], call->actor.caller, call->mem, &views[i])) {
            return jobs_no_room(err);
        }
    }
    call->page.items.items = views;
    return rc == RC_OK && views == NULL ? jobs_no_room(err) : rc;
}

static enum rc job_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct number_job *job = NULL;
    enum rc rc = find_job(call, tx, REPO_READ, true, &job, err);
    return rc == RC_OK ? jobs_show(call, job, err) : rc;
}

static const char *const rows_params[] = {"verdict", "outcome", NULL};

static enum rc read_word(struct call *call, const char *name, const char *const *words, int *ret,
                         struct err *err)
{
    struct str value = call_query(call, name);
    *ret = 0;
    for (int i = 0; !str_absent(value) && words[i] != NULL; i++) {
        *ret = str_eq(value, str_of(words[i])) ? i + 1 : *ret;
    }
    return str_absent(value) || *ret != 0
               ? RC_OK
               : jobs_bad_field(err, "InvalidQueryParameter", name,
                                "the query parameter has none of the words it may have");
}

struct rows_ask {
    int verdict, outcome;
};

static enum rc rows_check(struct call *call, struct err *err)
{
    struct rows_ask *ask = arena_new_of(call->mem, struct rows_ask);
    call->user = ask;
    enum rc rc = ask != NULL ? list_check(call, err) : jobs_no_room(err);
    if (rc == RC_OK) {
        rc = read_word(call, "verdict", number_job_verdict, &ask->verdict, err);
    }
    return rc == RC_OK ? read_word(call, "outcome", number_job_outcome_word, &ask->outcome, err) : rc;
}

/* What is pending in a job that was cancelled is cancelled. False: there can be none. */
static bool stored_outcome(int word, bool cancelled, enum number_job_outcome *ret)
{
    bool pending = word == NUMBER_OUTCOME_PENDING, dropped = word == NUMBER_OUTCOME_CANCELLED;
    *ret = dropped ? NUMBER_ROW_PENDING : (enum number_job_outcome)word;
    return cancelled ? !pending : !dropped;
}

static enum rc show_rows(struct call *call, bool cancelled, struct err *err)
{
    size_t count = call->page.items.count;
    const struct number_job_row *rows = call->page.items.items;
    struct jobs_view_row *views = arena_alloc_array(call->mem, count, sizeof *views);
    for (size_t i = 0; views != NULL && i < count; i++) {
        if (!jobs_view_fill_row(&rows[i], cancelled, call->mem, &views[i])) {
            return jobs_no_room(err);
        }
    }
    call->page.items.items = views;
    return views != NULL ? RC_OK : jobs_no_room(err);
}

static enum rc rows_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct rows_ask *ask = call->user;
    const struct number_job *job = NULL;
    struct number_job_rows_query query = {.page = list_params_query(&call->list, STR_NONE),
                                          .verdict = (enum number_job_verdict)ask->verdict};
    enum rc rc = find_job(call, tx, REPO_READ, true, &job, err);
    if (rc != RC_OK) {
        return rc;
    }
    bool cancelled = job->state == NUMBER_JOB_CANCELLED || job->state == NUMBER_JOB_FAILED;
    query.job = job->number;
    query.page.after.set = true; /* from place 1 on, without a look at other jobs' */
    if (stored_outcome(ask->outcome, cancelled, &query.outcome)) {
        rc = repo_number_job_rows_list(tx, call->mem, &query, &call->page, err);
    }
    return rc == RC_OK ? show_rows(call, cancelled, err) : rc;
}

static enum rc result_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct number_job *job = NULL;
    enum rc rc = find_job(call, tx, REPO_READ, true, &job, err);
    return rc == RC_OK ? result_read(call, tx, job, err) : rc;
}

/* ---- control ---- */

static enum rc wrong_state(const struct number_job *job, const char *verb, struct err *err)
{
    return err_set(err, RC_CONFLICT, "JobState", "a job that is %s cannot be %s",
                   number_job_state[job->state - 1], verb);
}

static enum rc need_alone(const struct call *call, struct repo_tx *tx, struct err *err)
{
    int64_t running = 0;
    unsigned states = 1U << NUMBER_JOB_QUEUED | 1U << NUMBER_JOB_APPLYING;
    enum rc rc = repo_number_jobs_count(tx, call->actor.caller, states, 0, &running, err);
    return rc != RC_OK || running == 0
               ? rc
               : err_set(err, RC_CONFLICT, "JobRunning",
                         "another job of yours is being applied; wait for its end, or cancel it");
}

/* With the rights of now: they were asked for when the job was given, and are again. */
static enum rc queue_job(struct call *call, struct repo_tx *tx, struct number_job *job, struct err *err)
{
    enum rc rc = jobs_check_role(call, job->kind, err);
    if (rc == RC_OK) {
        rc = need_alone(call, tx, err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    job->state = NUMBER_JOB_QUEUED;
    job->ended_at = CLOCK_ABSENT;
    job->actor = call->actor;
    job->actor.way = ACTOR_JOB;
    rc = repo_number_job_write(tx, job, err);
    if (rc == RC_OK) {
        rc = repo_outbox_touch(tx, OUTBOX_JOB, job->id, err);
    }
    return rc == RC_OK ? jobs_show(call, job, err) : rc;
}

static enum rc apply_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct number_job *job = NULL;
    enum rc rc = find_job(call, tx, REPO_UPDATE, false, &job, err);
    if (rc != RC_OK) {
        return rc;
    }
    if (job->state != NUMBER_JOB_PREVIEWED) {
        return wrong_state(job, "applied", err);
    }
    struct number_job next = *job;
    return queue_job(call, tx, &next, err);
}

static enum rc retry_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct number_job *job = NULL;
    enum rc rc = find_job(call, tx, REPO_UPDATE, false, &job, err);
    if (rc != RC_OK) {
        return rc;
    }
    if (job->state != NUMBER_JOB_DONE) {
        return wrong_state(job, "retried", err);
    }
    struct number_job next = *job;
    next.retrying = true;
    return queue_job(call, tx, &next, err);
}

static enum rc cancel_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct number_job *job = NULL;
    enum rc rc = find_job(call, tx, REPO_UPDATE, true, &job, err);
    if (rc == RC_OK) {
        rc = jobs_check_role(call, job->kind, err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    if (JOBS_ENDED & 1U << job->state) {
        return wrong_state(job, "cancelled", err);
    }
    struct number_job next = *job;
    next.state = NUMBER_JOB_CANCELLED;
    next.ended_at = clock_wall();
    rc = repo_number_job_write(tx, &next, err);
    return rc == RC_OK ? jobs_show(call, &next, err) : rc;
}

static void answer_controlled(struct call *call)
{
    const struct jobs_view *view = call->result;
    LOG(LOG_NOTICE, "number_job_control", log_str("request_id", call->request_id),
        log_cstr("operation", call->route->operation), log_str("job_id", view->id),
        log_cstr("state", number_job_state[view->state - 1]), log_str("caller", call->actor.caller),
        log_str("name", call->actor.name));
    answer_job(call);
}

/* ---- routes ---- */

#define JOBS     "/numgate/v1/jobs"
#define JOB      JOBS "/{jobId}"
#define ANY_ROLE (ROLE_READ | ROLE_WRITE | ROLE_DELETE) /* which one it takes is a matter of the job's kind */
#define READ(path_, operation_)                                                                              \
    .method = HTTP_GET, .path = (path_), .operation = "NumgateJobs_" operation_, .roles = ROLE_READ,         \
    .kind = REPO_LIST, .statuses = {200}
#define GIVE(path_, operation_, roles_, check_)                                                              \
    .method = HTTP_POST, .path = (path_), .operation = "NumgateJobs_" operation_, .roles = (roles_),         \
    .kind = REPO_WRITE, .output = &schema_jobs_view, .statuses = {201}, .check = (check_),                   \
    .run = jobs_give_run, .answer = answer_controlled
#define CONTROL(path_, operation_, run_)                                                                     \
    .method = HTTP_POST, .path = (path_), .operation = "NumgateJobs_" operation_, .roles = ANY_ROLE,         \
    .kind = REPO_WRITE, .output = &schema_jobs_view, .statuses = {202}, .run = (run_),                       \
    .answer = answer_controlled

/* clang-format off */
static const struct route routes[] = {
    {GIVE(JOBS, "create", ANY_ROLE, jobs_give_check), .input = &schema_jobs_input,
     .summary = "Create, change or delete many numbers: a job, which is previewed first"},
    {GIVE(JOBS ":upload", "upload", ROLE_WRITE, jobs_give_file_check), .flags = ROUTE_FILE, .query = jobs_give_file_params,
     .summary = "Create numbers from a file, CSV or JSON Lines, of up to 10,000 rows and 8 MiB: a job, which is previewed first"},
    {READ(JOBS, "list"), .flags = ROUTE_PAGED, .output = &schema_jobs_view, .check = list_check, .run = list_run,
     .answer = call_reply_page, .summary = "The caller's jobs, newest first; an administrator sees everybody's"},
    {READ(JOB, "job"), .output = &schema_jobs_view, .run = job_run, .answer = answer_job,
     .summary = "A job: its state, and how many rows are how far"},
    {READ(JOB "/rows", "rows"), .flags = ROUTE_PAGED, .output = &schema_jobs_row, .query = rows_params, .check = rows_check,
     .run = rows_run, .answer = call_reply_page,
     .summary = "Its numbers, each with the preview's verdict and what became of it; by verdict and outcome"},
    {READ(JOB "/result", "result"), .query = result_params, .check = result_check, .run = result_run, .answer = result_answer,
     .summary = "The same as CSV; where there is more, a Link header says where it goes on"},
    {CONTROL(JOB ":apply", "apply", apply_run), .summary = "Apply a job that was previewed; one at a time for each caller"},
    {CONTROL(JOB ":cancel", "cancel", cancel_run), .summary = "Cancel a job; what was applied stays"},
    {CONTROL(JOB ":retry", "retry", retry_run),
     .summary = "Try the failed rows of a job that is done again, but for those that were changed since its preview"},
};
/* clang-format on */

const struct route_table ops_jobs_routes = {routes, ARRAY_LEN(routes)};

/* ---- life ---- */

#define WORKERS  2
#define LEASES   64U
#define LEASE_MS 5000 /* how long a job stands still when its node died */

struct jobs {
    struct jobs_engine engine;
    struct work_kind kind;
};

/* Leases stay for ever, so there is not one for each job; two jobs that share one take turns. Keys are UUIDs. */
static enum rc lease_of(struct repo_tx *tx, struct arena *mem, struct str key, struct str *ret,
                        struct err *err)
{
    uint8_t byte = 0;
    (void)tx;
    (void)str_to_hex(str_slice(key, 0, 2), &byte, 1);
    *ret = arena_printf(mem, "job/%u", byte % LEASES);
    return str_absent(*ret) ? jobs_no_room(err) : RC_OK;
}

enum rc jobs_start(const struct jobs_config *config, struct jobs **ret, struct err *err)
{
    struct jobs *jobs = mem_alloc(sizeof *jobs);
    if (jobs == NULL) {
        return err_set(err, RC_LIMIT, NULL, "out of memory");
    }
    *jobs = (struct jobs){.engine.facts = config->facts};
    jobs->kind = (struct work_kind){.name = "job",
                                    .outbox = OUTBOX_JOB,
                                    .workers = WORKERS,
                                    .lease = lease_of,
                                    .run = jobs_run,
                                    .arg = &jobs->engine};
    const struct work_config work = {.repo = config->repo,
                                     .kinds = &jobs->kind,
                                     .kind_count = 1,
                                     .metrics = config->metrics,
                                     .lease_ms = LEASE_MS};
    enum rc rc = work_new(&work, &jobs->engine.work, err);
    if (rc != RC_OK) {
        mem_free(jobs);
        return rc;
    }
    *ret = jobs;
    return RC_OK;
}

void jobs_stop(struct jobs *jobs)
{
    if (jobs != NULL) {
        work_free(jobs->engine.work);
        mem_free(jobs);
    }
}

void jobs_wake(struct jobs *jobs, unsigned outbox_kinds)
{
    work_wake(jobs->engine.work, outbox_kinds);
}
