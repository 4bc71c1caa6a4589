#include "gateway/api/job.h"

#include "common/base/limits.h"
#include "gateway/api/call.h"
#include "gateway/api/condition.h"
#include "gateway/api/page.h"

#include "common/base/banned.h"

/* ---- the body ---- */

/* "application/json; charset=utf-8" is application/json; any other charset is not understood. */
static bool media_type_is(struct str value, struct str type)
{
    struct str rest = value, part;
    (void)str_split(&rest, ';', &part);
    if (!str_eq_ci(str_trim(part), type)) {
        return false;
    }
    while (str_split(&rest, ';', &part)) {
        part = str_trim(part);
        bool charset = part.n > 8 && str_eq_ci(str_slice(part, 0, 8), STR("charset="));
        struct str name = str_slice(part, 8, part.n);
        if (charset && !str_eq_ci(name, STR("utf-8")) && !str_eq_ci(name, STR("\"utf-8\""))) {
            return false;
        }
    }
    return true;
}

/* By the flags of the route; the last row is of all others. */
static const struct body_type {
    unsigned flags;
    struct str first, second;
    const char *words;
} body_types[] = {
    {ROUTE_MERGE, STR("application/json"), STR("application/merge-patch+json"),
     "application/merge-patch+json"},
    {ROUTE_FILE, STR("text/csv"), STR("application/x-ndjson"), "text/csv or application/x-ndjson"},
    {0, STR("application/json"), STR_NONE, "application/json"},
};

static enum rc check_media_type(struct call *call, struct err *err)
{
    struct str type = http_header(call->request, "Content-Type");
    struct str coding = http_header(call->request, "Content-Encoding");
    const struct body_type *body_type = body_types;
    while (body_type->flags != 0 && !(call->route->flags & body_type->flags)) {
        body_type++;
    }
    bool type_ok = str_absent(type) || media_type_is(type, body_type->first) ||
                   (!str_absent(body_type->second) && media_type_is(type, body_type->second));
    if (type_ok && (str_absent(coding) || str_eq_ci(coding, STR("identity")))) {
        return RC_OK;
    }
    const char *wanted = body_type->words;
    (void)err_set(err, RC_INVALID, "UnsupportedMediaType",
                  "the body must be %s in UTF-8, without a content coding", wanted);
    err_field(err, type_ok ? "Content-Encoding" : "Content-Type");
    return RC_INVALID;
}

static enum rc read_input(struct call *call, struct err *err)
{
    bool file = call->route->flags & ROUTE_FILE;
    if (call->route->input == NULL && !file) {
        return RC_OK;
    }
    if (str_empty(call->request->body)) {
        return err_set(err, RC_INVALID, "MissingBody", "the request needs a %s", file ? "file" : "JSON body");
    }
    enum rc rc = check_media_type(call, err);
    if (rc == RC_OK && file) {
        return RC_OK;
    }
    if (rc == RC_OK) {
        rc = json_parse(call->request->body, call->mem, &call->body, err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    call->input = arena_alloc(call->mem, call->route->input->size);
    if (call->input == NULL) {
        return err_set(err, RC_LIMIT, NULL, "the request needs more memory than one may have");
    }
    if (call->route->flags &
        ROUTE_MERGE) { /* for its findings; what it is merged into is known in the transaction */
        return model_merge(call->route->output, call->body, call->mem, call->input, err);
    }
    return model_read(call->route->input, call->body, call->mem, call->input, err);
}

/* ---- the job ---- */

static enum rc find_replay(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct operation *before = NULL;
    enum rc rc = repo_operation_find(tx, call->mem, &call->job.op, &before, err);
    if (rc == RC_NOT_FOUND) {
        return RC_OK;
    }
    if (rc != RC_OK) {
        return rc;
    }
    if (memcmp(before->fingerprint, call->repeat.fingerprint, sizeof before->fingerprint) != 0) {
        (void)err_set(err, RC_INVALID, "RepeatabilityRejected",
                      "this Repeatability-Request-ID was used for another request");
        err_field(err, "Repeatability-Request-ID");
        return RC_INVALID;
    }
    call->repeat.replay = before;
    return RC_OK;
}

static int success_status(const struct call *call)
{
    if (call->repeat.replay != NULL) {
        return call->repeat.replay->status;
    }
    return call->created && call->route->statuses[1] != 0 ? call->route->statuses[1]
                                                          : call->route->statuses[0];
}

static enum rc remember(struct call *call, struct repo_tx *tx, struct err *err)
{
    struct operation operation = {
        .op = call->job.op, .first_sent = call->repeat.first_sent, .status = success_status(call)};
    memcpy(operation.fingerprint, call->repeat.fingerprint, sizeof operation.fingerprint);
    if (call->has_etag) {
        operation.etag.configuration = call->etag.configuration;
        operation.etag.status = call->etag.status;
    }
    return repo_operation_add(tx, &operation, err);
}

/* Answers with body and ETag of now, or, where the resource is gone, with what was sent and the ETag of then.
 */
static enum rc run_replay(struct call *call, struct repo_tx *tx, struct err *err)
{
    enum rc rc = call->route->replay != NULL ? call->route->replay(call, tx, err) : RC_OK;
    if (rc == RC_OK && call->result == NULL) {
        const struct operation *before = call->repeat.replay;
        call->result = call->input;
        call->has_etag = before->etag.configuration != 0;
        call->etag = (struct etag){before->etag.configuration, before->etag.status, false};
    }
    return rc;
}

/* May run again: starts from what the gates left. */
static enum rc run_job(struct repo_tx *tx, struct repo_job *job, struct err *err)
{
    struct call *call = (struct call *)((char *)job - offsetof(struct call, job));
    call->result = NULL;
    call->created = call->not_modified = call->has_etag = false;
    call->last_modified = CLOCK_ABSENT;
    call->repeat.replay = NULL;
    call->page = (struct list_page){.count = -1};
    if (!call->repeat.accepted ||
        call->route->kind != REPO_WRITE) { /* what changes nothing is simply done again */
        return call->route->run(call, tx, err);
    }
    enum rc rc = find_replay(call, tx, err);
    if (rc != RC_OK) {
        return rc;
    }
    if (call->repeat.replay != NULL) {
        return run_replay(call, tx, err);
    }
    rc = call->route->run(call, tx, err);
    return rc == RC_OK ? remember(call, tx, err) : rc;
}

static void job_done(struct repo_job *job, enum rc rc, const struct err *err)
{
    struct call *call = (struct call *)((char *)job - offsetof(struct call, job));
    const struct api_config *settings = api_settings(call->api);
    call->rc = rc;
    if (rc != RC_OK && err != NULL) {
        call->err = *err;
    }
    if (rc == RC_OK && job->touched != 0 && settings->touched != NULL) {
        settings->touched(settings->touched_arg, job->touched);
    }
    pending_done(&call->pending);
}

static void answer(struct call *call)
{
    call->status = success_status(call);
    call->route->answer(call);
}

static void after_job(struct http_exchange *x)
{
    struct call *call = http_user(x);
    if (call->rc != RC_OK) {
        bool another = call->err.code != NULL && strcmp(call->err.code, "RepeatabilityRejected") == 0;
        call->repeat.accepted = call->repeat.accepted && !another;
        call_fail(call, call->rc, &call->err);
        return;
    }
    answer(call);
}

static enum repo_kind kind_of(struct call *call)
{
    if (call->may_scan) {
        return REPO_SCAN;
    }
    if (call->route->kind != REPO_LIST || !(call->route->flags & ROUTE_LIST)) {
        return call->route->kind;
    }
    struct list_query query = list_params_query(&call->list, call->account_name);
    return query_may_scan(&query, call->route->output) ? REPO_SCAN : REPO_LIST;
}

static void submit(struct call *call)
{
    if (call->repeat.accepted) {
        repeat_fingerprint(call);
    }
    call->job = (struct repo_job){
        .kind = kind_of(call),
        .loop = http_loop(call->x),
        .deadline = call->request->deadline,
        .op = {call->actor.caller, call->repeat.accepted ? call->repeat.id : call->request_id},
        .mem = call->mem,
        .run = run_job,
        .done = job_done,
    };
    pending_begin(&call->pending);
    repo_submit(api_settings(call->api)->repo, &call->job);
    pending_wait(call, after_job);
}

void job_body_complete(struct http_exchange *x)
{
    struct call *call = http_user(x);
    struct err err = {0};
    enum rc rc = read_input(call, &err);
    if (rc == RC_OK && call->route->check != NULL) {
        rc = call->route->check(call, &err);
    }
    if (rc != RC_OK) {
        call_fail(call, rc, &err);
        return;
    }
    if (call->route->run != NULL) {
        submit(call);
        return;
    }
    answer(call);
}
