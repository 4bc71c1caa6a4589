#include "gateway/ops/jobs_give.h"

#include "common/base/limits.h"
#include "gateway/api/call.h"
#include "gateway/api/filter.h"
#include "gateway/bulk/range.h"
#include "gateway/ops/jobs_call.h"
#include "gateway/ops/jobs_judge.h"
#include "gateway/ops/jobs_model.h"

#include "common/base/banned.h"

#define PART_BYTES (256 * 1024) /* of a file, in one row of the store */

/* What a job is given, in the arena of the call. */
struct given {
    struct number_job job;
    struct str input; /* a list, one text a line; or the file */
};

static enum rc count_numbers(const struct text_list *texts, struct err *err)
{
    uint64_t count = 0;
    for (size_t i = 0; i < texts->count && count <= LIMIT_JOB_NUMBERS; i++) {
        struct bulk_range range;
        count += bulk_range_parse(texts->items[i], true, &range, NULL) == RC_OK ? range.count : 1;
    }
    return count <= LIMIT_JOB_NUMBERS
               ? RC_OK
               : jobs_bad_field(err, "TooManyRows", "telephoneNumbers",
                                "these are more than 100000 numbers; ask for fewer at a time");
}

/* A line end within a text is none: what is no number anyway is one line, too. */
static struct str lines_of(const struct text_list *texts, struct arena *mem)
{
    size_t n = 0;
    for (size_t i = 0; i < texts->count; i++) {
        n += texts->items[i].n + 1;
    }
    char *lines = arena_alloc(mem, n + 1), *at = lines;
    for (size_t i = 0; lines != NULL && i < texts->count; i++) {
        for (size_t k = 0; k < texts->items[i].n; k++) {
            *at++ = texts->items[i].p[k] == '\n' ? ' ' : texts->items[i].p[k];
        }
        *at++ = '\n';
    }
    return (struct str){lines, lines != NULL && n > 0 ? n - 1 : 0}; /* none behind the last */
}

static enum rc check_create(const struct jobs_input *input, struct err *err)
{
    if (!str_absent(input->filter)) {
        return jobs_bad_field(err, "InvalidValue", "filter",
                              "numbers that are to be created cannot be found");
    }
    if (str_absent(input->account_name)) {
        return jobs_bad_field(err, "MissingField", "accountName", "required to create numbers, but missing");
    }
    return input->telephone_numbers.count > 0 ? RC_OK
                                              : jobs_bad_field(err, "MissingField", "telephoneNumbers",
                                                               "required to create numbers, but missing");
}

static enum rc check_others(const struct jobs_input *input, struct err *err)
{
    bool listed = input->telephone_numbers.items != NULL;
    if (listed && input->telephone_numbers.count == 0) { /* not: all of the account's */
        return jobs_bad_field(err, "InvalidValue", "telephoneNumbers",
                              "the list is empty; leave it out to mean what a filter or an account has");
    }
    if (listed && !str_absent(input->filter)) {
        return jobs_bad_field(err, "InvalidValue", "filter",
                              "there are telephoneNumbers already; give one of the two");
    }
    if (!listed && str_absent(input->filter) && str_absent(input->account_name)) {
        return jobs_bad_field(err, "MissingField", "telephoneNumbers",
                              "which numbers? give telephoneNumbers, a filter or an accountName");
    }
    if (input->kind == NUMBER_JOB_CHANGE && input->number == NULL) {
        return jobs_bad_field(err, "MissingField", "number", "required to change numbers, but missing");
    }
    return input->kind == NUMBER_JOB_DELETE && input->number != NULL
               ? jobs_bad_field(err, "InvalidValue", "number", "what is deleted needs no settings")
               : RC_OK;
}

static enum rc check_filter(struct str filter, struct arena *mem, struct err *err)
{
    const struct query_node *node;
    enum rc rc = str_absent(filter) ? RC_OK : filter_parse(filter, &schema_number, mem, &node, err);
    if (rc == RC_INVALID) {
        err_field(err, "filter");
    }
    return rc;
}

static enum rc check_input(struct call *call, const struct jobs_input *input, struct err *err)
{
    enum rc rc = jobs_check_role(call, input->kind, err);
    if (rc == RC_OK) {
        rc = input->kind == NUMBER_JOB_CREATE ? check_create(input, err) : check_others(input, err);
    }
    if (rc == RC_OK && !str_absent(input->account_name) && !model_account_name_valid(input->account_name)) {
        rc = jobs_bad_field(err, "InvalidValue", "accountName",
                            "an account's name has letters, digits, _ and - only");
    }
    if (rc == RC_OK) {
        rc = check_filter(input->filter, call->mem, err);
    }
    if (rc == RC_OK && input->number != NULL) {
        rc = jobs_settings_check(input->kind, input->number, call->mem, err);
    }
    return rc == RC_OK ? count_numbers(&input->telephone_numbers, err) : rc;
}

static struct str settings_text(const struct json *settings, struct arena *mem)
{
    CLEANUP(buf_clear) struct buf out;
    struct json_out json;
    buf_init(&out, LIMIT_BODY);
    json_out_init(&json, &out);
    json_put_value(&json, settings);
    return buf_failed(&out) ? STR_NONE : arena_str(mem, buf_str(&out));
}

static struct given *new_given(struct call *call)
{
    struct given *given = arena_new_of(call->mem, struct given);
    call->user = given;
    if (given != NULL) {
        given->job = (struct number_job){.id = call->request_id,
                                         .state = NUMBER_JOB_PREVIEWING,
                                         .actor = call->actor,
                                         .created_at = clock_wall(),
                                         .started_at = CLOCK_ABSENT,
                                         .ended_at = CLOCK_ABSENT};
        given->job.actor.way = ACTOR_JOB;
    }
    return given;
}

enum rc jobs_give_check(struct call *call, struct err *err)
{
    const struct jobs_input *input = call->input;
    enum rc rc = check_input(call, input, err);
    if (rc != RC_OK) {
        return rc;
    }
    struct given *given = new_given(call);
    if (given == NULL) {
        return jobs_no_room(err);
    }
    bool listed = input->telephone_numbers.count > 0;
    given->job.kind = input->kind;
    given->job.source = listed ? NUMBER_JOB_LIST : NUMBER_JOB_FILTER;
    given->job.account = input->account_name;
    given->job.filter = input->filter;
    given->job.settings = input->number != NULL ? settings_text(input->number, call->mem) : STR_NONE;
    given->input = listed ? lines_of(&input->telephone_numbers, call->mem) : STR("");
    return arena_failed(call->mem) ? jobs_no_room(err) : RC_OK;
}

const char *const jobs_give_file_params[] = {"accountName", NULL};

static enum rc check_text(struct str text, struct err *err)
{
    size_t at = 0, step;
    while (at < text.n && text.p[at] != '\0' && (step = str_utf8_length(str_slice(text, at, text.n))) > 0) {
        at += step;
    }
    return at == text.n ? RC_OK
                        : err_set(err, RC_INVALID, "InvalidEncoding",
                                  "the file is not UTF-8 text at byte %zu; save it as UTF-8", at + 1);
}

enum rc jobs_give_file_check(struct call *call, struct err *err)
{
    struct str account = call_query(call, "accountName");
    enum rc rc = RC_OK;
    if (!str_absent(account) && !model_account_name_valid(account)) {
        rc = jobs_bad_field(err, "InvalidQueryParameter", "accountName",
                            "an account's name has letters, digits, _ and - only");
    }
    if (rc == RC_OK) {
        rc = check_text(call->request->body, err);
    }
    struct given *given = rc == RC_OK ? new_given(call) : NULL;
    if (given == NULL) {
        return rc != RC_OK ? rc : jobs_no_room(err);
    }
    given->job.kind = NUMBER_JOB_CREATE;
    given->job.source = NUMBER_JOB_FILE;
    given->job.account = account;
    given->input = call->request->body;
    return RC_OK;
}

static enum rc need_account(struct call *call, struct repo_tx *tx, struct str name, struct err *err)
{
    const struct account *account = NULL;
    call->account_name = name;
    enum rc rc = str_absent(name) ? RC_OK : call_account(call, tx, &account, err);
    if (rc == RC_NOT_FOUND) {
        err_field(err, "accountName");
    }
    return rc;
}

static enum rc need_place(const struct call *call, struct repo_tx *tx, struct err *err)
{
    int64_t open = 0;
    enum rc rc = repo_number_jobs_count(tx, call->actor.caller, JOBS_OPEN, 0, &open, err);
    return rc != RC_OK || open < LIMIT_JOBS_OPEN
               ? rc
               : err_set(err, RC_CONFLICT, "TooManyJobs",
                         "there are %d jobs that have not ended; apply or cancel some", LIMIT_JOBS_OPEN);
}

/* One goes for each that comes. */
static enum rc drop_surplus(const struct call *call, struct repo_tx *tx, struct err *err)
{
    struct str id;
    enum rc rc =
        repo_number_jobs_surplus(tx, call->mem, call->actor.caller, JOBS_ENDED, LIMIT_JOBS_ENDED, &id, err);
    return rc == RC_OK ? repo_outbox_touch(tx, OUTBOX_JOB, id, err) : rc == RC_NOT_FOUND ? RC_OK : rc;
}

/* Cut between two characters. */
static struct str next_part(struct str *rest)
{
    size_t n = rest->n < PART_BYTES ? rest->n : PART_BYTES;
    while (n > 0 && n < rest->n && ((unsigned char)rest->p[n] & 0xC0) == 0x80) {
        n--;
    }
    struct str part = {rest->p, n};
    *rest = str_slice(*rest, n, rest->n);
    return part;
}

static enum rc add_input(struct repo_tx *tx, const struct given *given, struct err *err)
{
    struct str rest = given->input;
    enum rc rc = RC_OK;
    if (given->job.source == NUMBER_JOB_LIST) { /* its lines are not cut */
        return repo_number_job_input_add(tx, given->job.number, 0, rest, err);
    }
    for (int64_t part = 0; rc == RC_OK && rest.n > 0; part++) {
        rc = repo_number_job_input_add(tx, given->job.number, part, next_part(&rest), err);
    }
    return rc;
}

static enum rc add_job(struct call *call, struct repo_tx *tx, struct given *given, struct err *err)
{
    enum rc rc = repo_revision_next(tx, &given->job.number, err);
    if (rc == RC_OK) {
        rc = repo_number_job_add(tx, &given->job, err);
    }
    if (rc == RC_OK) {
        rc = add_input(tx, given, err);
    }
    if (rc == RC_OK) {
        rc = repo_outbox_touch(tx, OUTBOX_JOB, given->job.id, err);
    }
    if (rc == RC_OK) {
        rc = drop_surplus(call, tx, err);
    }
    return rc == RC_OK ? jobs_show(call, &given->job, err) : rc;
}

enum rc jobs_give_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    struct given given = *(const struct given *)call->user; /* may run again */
    enum rc rc = need_account(call, tx, given.job.account, err);
    if (rc == RC_OK) {
        rc = need_place(call, tx, err);
    }
    return rc == RC_OK ? add_job(call, tx, &given, err) : rc;
}
