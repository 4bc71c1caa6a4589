#include "gateway/ops/jobs_judge.h"

#include <stdlib.h>

#include "common/base/limits.h"
#include "gateway/bulk/columns.h"

#include "common/base/banned.h"

#define MESSAGE_MAX 200 /* bytes: a hundred thousand of them are to be kept */

/* A row, and what is known of its number. */
struct judged {
    struct number_job_row *row;
    const struct number
        *current; /* NULL: there is none, or another account's where only one account is meant */
    const struct number *wanted; /* NULL: it shall go */
};
struct judging {
    const struct change *change;
    const struct number_job *job;
    const struct json *settings; /* NULL: there are none */
    struct bulk_columns columns;
    struct judged *items; /* those to be looked at, ascending by number */
    size_t count;
};

static enum rc no_room(struct err *err)
{
    return err_set(err, RC_LIMIT, NULL, "the rows need more memory than there is");
}

/* ---- what a row says ---- */

static struct str cut(struct arena *mem, const char *text)
{
    size_t n = 0, step;
    while ((step = str_utf8_length(str_of(text + n))) > 0 && n + step <= MESSAGE_MAX) {
        n += step;
    }
    return arena_str(mem, (struct str){text, n});
}

static void explain(struct number_job_row *row, struct arena *mem, const char *code, const struct err *err)
{
    row->code = str_of(code);
    row->message = cut(mem, err->msg);
    row->target = err->field[0] != '\0' ? arena_str(mem, str_of(err->field)) : STR_NONE;
}

static void refuse(struct number_job_row *row, struct arena *mem, const struct err *err)
{
    row->verdict = NUMBER_ROW_REFUSED;
    row->outcome = 0;
    explain(row, mem, err->code != NULL ? err->code : "InvalidRequest", err);
}

static void fail(struct number_job_row *row, struct arena *mem, const struct err *err)
{
    row->outcome = NUMBER_ROW_FAILED;
    explain(row, mem, err->code != NULL ? err->code : "InvalidRequest", err);
}

void jobs_count(struct number_job_counts *counts, const struct number_job_row *rows, size_t count)
{
    int64_t *const of[] = {[NUMBER_ROW_NEW] = &counts->new,
                           [NUMBER_ROW_CHANGED] = &counts->changed,
                           [NUMBER_ROW_SAME] = &counts->same,
                           [NUMBER_ROW_DELETE] = &counts->deleted,
                           [NUMBER_ROW_REFUSED] = &counts->refused};
    for (size_t i = 0; i < count; i++) {
        ++*of[rows[i].verdict];
        counts->pending += rows[i].outcome == NUMBER_ROW_PENDING;
    }
    counts->rows += (int64_t)count;
}

/* ---- the number as it shall be ---- */

/* Of create what the settings say is all that it gets; a change is merged into what is there. */
static enum rc settings_wanted(const struct judging *j, const struct judged *item, struct number *ret,
                               struct err *err)
{
    static const struct number_services parked; /* which a number must have */
    const struct number_job_row *row = item->row;
    bool merged = j->job->kind == NUMBER_JOB_CHANGE && item->current != NULL;
    *ret = merged ? *item->current
                  : (struct number){.telephone_number = row->telephone_number,
                                    .account_name = row->account,
                                    .services = &parked};
    return j->settings != NULL ? model_merge(&schema_number, j->settings, j->change->mem, ret, err) : RC_OK;
}

static enum rc filed_wanted(const struct judging *j, const struct judged *item, struct number *ret,
                            struct err *err)
{
    const struct json *json = NULL;
    enum rc rc = json_parse(item->row->wanted, j->change->mem, &json, err);
    return rc == RC_OK ? model_read(&schema_number, json, j->change->mem, ret, err) : rc;
}

static enum rc make_wanted(const struct judging *j, struct judged *item, struct err *err)
{
    if (j->job->kind == NUMBER_JOB_DELETE) {
        return RC_OK;
    }
    struct number *wanted = arena_new_of(j->change->mem, struct number);
    if (wanted == NULL) {
        return no_room(err);
    }
    item->wanted = wanted;
    return (str_absent(item->row->wanted) ? settings_wanted : filed_wanted)(j, item, wanted, err);
}

/* ---- what is there ---- */

static int by_number(const void *a, const void *b)
{
    const struct judged *x = a, *y = b;
    return x->row->telephone_number < y->row->telephone_number
               ? -1
               : x->row->telephone_number > y->row->telephone_number;
}

static int by_account(const void *a, const void *b)
{
    const struct judged *x = a, *y = b;
    int order = str_cmp(x->row->account, y->row->account);
    return order != 0 ? order : by_number(a, b);
}

static enum rc find_current(const struct judging *j, struct err *err)
{
    struct arena *mem = j->change->mem;
    int64_t *keys = arena_alloc_array(mem, j->count, sizeof *keys);
    const struct number **found = arena_alloc_array(mem, j->count, sizeof *found);
    if (keys == NULL || found == NULL) {
        return no_room(err);
    }
    for (size_t i = 0; i < j->count; i++) {
        keys[i] = j->items[i].row->telephone_number;
    }
    enum rc rc =
        j->count > 0 ? repo_numbers_find(j->change->tx, mem, keys, j->count, REPO_READ, found, err) : RC_OK;
    for (size_t i = 0; rc == RC_OK && i < j->count; i++) {
        j->items[i].current = found[i] != NULL && !found[i]->releasing ? found[i] : NULL;
    }
    return rc;
}

static enum rc judging_init(struct judging *j, const struct change *change, const struct number_job *job,
                            size_t count, struct err *err)
{
    *j = (struct judging){.change = change, .job = job};
    bulk_columns_init(&j->columns);
    j->items = arena_alloc_array(change->mem, count, sizeof *j->items);
    if (j->items == NULL) {
        return no_room(err);
    }
    return str_absent(job->settings) ? RC_OK : json_parse(job->settings, change->mem, &j->settings, err);
}

/* ---- the preview ---- */

/* Change and delete are of numbers that are there, create is of whatever account it names. */
static bool is_missing(const struct judging *j, struct judged *item)
{
    bool elsewhere = item->current != NULL && !str_absent(j->job->account) &&
                     !str_eq(item->current->account_name, j->job->account);
    if (j->job->kind == NUMBER_JOB_CREATE) {
        item->row->account = str_empty(item->row->account) ? j->job->account : item->row->account;
        return false;
    }
    if (item->current == NULL || elsewhere) {
        item->row->account = str_absent(j->job->account) ? STR("") : j->job->account;
        return true;
    }
    item->row->account = item->current->account_name;
    return false;
}

static enum number_job_verdict verdict_of(const struct judging *j, const struct judged *item)
{
    static const enum number_job_verdict verdicts[] = {
        [BULK_NEW] = NUMBER_ROW_NEW, [BULK_CHANGED] = NUMBER_ROW_CHANGED, [BULK_SAME] = NUMBER_ROW_SAME};
    if (item->wanted == NULL) {
        return NUMBER_ROW_DELETE;
    }
    bool ours = item->current != NULL && str_eq(item->current->account_name, item->row->account);
    return verdicts[bulk_judge(&j->columns, ours ? item->current : NULL, item->wanted, NULL)];
}

/* What can be said without the rules. RC_LIMIT and the store's are all that fails. */
static enum rc judge_alone(const struct judging *j, struct judged *item, struct err *err)
{
    struct number_job_row *row = item->row;
    struct err why = {0};
    if (is_missing(j, item)) {
        err_set(&why, RC_NOT_FOUND, "NumberNotFound", "there is no such number%s",
                str_absent(j->job->account) ? "" : " in the account");
        err_field(&why, "telephoneNumber");
        refuse(row, j->change->mem, &why);
        return RC_OK;
    }
    enum rc rc = make_wanted(j, item, &why);
    if (rc == RC_INVALID) {
        refuse(row, j->change->mem, &why);
        return RC_OK;
    }
    if (rc != RC_OK) {
        return err_set(err, rc, why.code, "%s", why.msg);
    }
    bool ours = item->current != NULL && str_eq(item->current->account_name, row->account);
    row->seen = ours ? item->current->revision.configuration : 0;
    row->verdict = verdict_of(j, item);
    row->outcome = row->verdict != NUMBER_ROW_SAME ? NUMBER_ROW_PENDING : 0;
    return RC_OK;
}

/* ---- the rules, an account at a time ---- */

typedef void say_no(struct number_job_row *row, struct arena *mem, const struct err *err);

/* Each of the items, which are of one account: whoever may not is told so by `no`. */
static enum rc step_account(const struct judging *j, struct judged *items, size_t count, bool apply,
                            say_no *no, struct err *err)
{
    struct arena *mem = j->change->mem;
    struct number_step *steps = arena_alloc_array(mem, count, sizeof *steps);
    if (steps == NULL) {
        return no_room(err);
    }
    for (size_t i = 0; i < count; i++) {
        steps[i] = (struct number_step){.telephone_number = items[i].row->telephone_number,
                                        .input = items[i].wanted,
                                        .seen = items[i].row->seen};
    }
    struct err why = {0};
    enum rc rc = numbers_step(j->change, items[0].row->account, steps, count, apply, &why);
    if (rc == RC_NOT_FOUND) {
        err_field(&why, "accountName");
    } else if (rc != RC_OK) {
        return err_set(err, rc, why.code, "%s", why.msg);
    }
    for (size_t i = 0; i < count; i++) {
        if (rc == RC_NOT_FOUND || steps[i].refused != NULL) {
            no(items[i].row, mem, steps[i].refused != NULL ? steps[i].refused : &why);
        }
    }
    return arena_failed(mem) ? no_room(err) : RC_OK;
}

/* Those that are still pending, moved to the front. */
static size_t keep_pending(struct judging *j)
{
    size_t kept = 0;
    for (size_t i = 0; i < j->count; i++) {
        if (j->items[i].row->outcome == NUMBER_ROW_PENDING) {
            j->items[kept++] = j->items[i];
        }
    }
    return kept;
}

static enum rc judge_by_rules(struct judging *j, struct err *err)
{
    enum rc rc = RC_OK;
    size_t count = keep_pending(j);
    qsort(j->items, count, sizeof *j->items, by_account);
    for (size_t from = 0, to; rc == RC_OK && from < count; from = to) {
        for (to = from + 1; to < count && str_eq(j->items[from].row->account, j->items[to].row->account);) {
            to++;
        }
        rc = step_account(j, &j->items[from], to - from, false, refuse, err);
    }
    return rc;
}

enum rc jobs_judge(const struct change *change, const struct number_job *job, struct number_job_row *rows,
                   size_t count, struct err *err)
{
    struct judging j;
    enum rc rc = judging_init(&j, change, job, count, err);
    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        if (rows[i].verdict == 0) {
            j.items[j.count++].row = &rows[i];
        }
    }
    if (rc == RC_OK) {
        qsort(j.items, j.count, sizeof *j.items, by_number);
        rc = find_current(&j, err);
    }
    for (size_t i = 0; rc == RC_OK && i < j.count; i++) {
        rc = judge_alone(&j, &j.items[i], err);
    }
    return rc == RC_OK ? judge_by_rules(&j, err) : rc;
}

/* ---- applying ---- */

static bool is_as_seen(const struct judged *item)
{
    return item->current != NULL && item->current->revision.configuration == item->row->seen;
}

/* A change of what is not as it was seen cannot be made any more, and need not: the rules refuse it whatever it wants. */
static enum rc prepare(const struct judging *j, struct judged *item, struct err *err)
{
    static const struct number nothing;
    struct err why = {0};
    item->row->outcome = NUMBER_ROW_APPLIED;
    if (j->job->kind == NUMBER_JOB_CHANGE && !is_as_seen(item)) {
        item->wanted = &nothing;
        return RC_OK;
    }
    enum rc rc = make_wanted(j, item, &why);
    if (rc == RC_INVALID) {
        fail(item->row, j->change->mem, &why);
        return RC_OK;
    }
    return rc == RC_OK ? RC_OK : err_set(err, rc, why.code, "%s", why.msg);
}

static enum rc prepare_all(struct judging *j, struct number_job_row *rows, size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        j->items[j->count++].row = &rows[i];
    }
    enum rc rc = j->job->kind == NUMBER_JOB_CHANGE ? find_current(j, err) : RC_OK;
    size_t kept = 0;
    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        rc = prepare(j, &j->items[i], err);
        if (j->items[i].row->outcome == NUMBER_ROW_APPLIED) {
            j->items[kept++] = j->items[i];
        }
    }
    j->count = kept;
    return rc;
}

enum rc jobs_apply(const struct change *change, const struct number_job *job, struct number_job_row *rows,
                   size_t count, struct err *err)
{
    struct judging j;
    enum rc rc = judging_init(&j, change, job, count, err);
    if (rc == RC_OK) {
        rc = prepare_all(&j, rows, count, err);
    }
    return rc == RC_OK && j.count > 0 ? step_account(&j, j.items, j.count, true, fail, err) : rc;
}

/* ---- settings, when they are given ---- */

static enum rc only_numbers_own(const struct json *settings, struct err *err)
{
    static const struct str rows_own[] = {STR("telephoneNumber"), STR("accountName")};
    for (size_t i = 0; i < ARRAY_LEN(rows_own); i++) {
        if (json_get(settings, rows_own[i]) != NULL) {
            err_set(err, RC_INVALID, "UnknownField", "this is said by the job, not by its settings");
            err_field(err, "number.%" STR_FMT, STR_ARG(rows_own[i]));
            return RC_INVALID;
        }
    }
    return RC_OK;
}

enum rc jobs_settings_check(enum number_job_kind kind, const struct json *settings, struct arena *mem,
                            struct err *err)
{
    struct number blank = {.telephone_number = 1, .account_name = STR("a")};
    struct err_list *findings = arena_new_of(mem, struct err_list);
    struct err why = {0};
    enum rc rc = findings != NULL ? only_numbers_own(settings, err) : no_room(err);
    if (rc != RC_OK || model_merge(&schema_number, settings, mem, &blank, &why) == RC_OK) {
        return rc;
    }
    if (why.details == NULL) {
        return err_set(err, why.rc, why.code, "%s", why.msg);
    }
    err_list_init(findings, mem, LIMIT_DETAILS);
    for (const struct err_item *item = why.details->first; item != NULL; item = item->next) {
        if (kind == NUMBER_JOB_CREATE || strcmp(item->code, "MissingField") != 0) {
            struct str field = arena_printf(mem, "number.%" STR_FMT, STR_ARG(item->field));
            err_list_add(findings, item->code, field, "%" STR_FMT, STR_ARG(item->msg));
        }
    }
    return err_from_list(err, RC_INVALID, findings);
}
