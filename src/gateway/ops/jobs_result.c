#include "gateway/ops/jobs_result.h"

#include "common/base/limits.h"
#include "gateway/api/call.h"
#include "gateway/bulk/write.h"
#include "gateway/ops/jobs_model.h"

#include "common/base/banned.h"

#define ROWS_AT_ONCE 500

const char *const result_params[] = {"after", NULL};

struct result {
    struct str text;
    int64_t last; /* the place of the last row; 0: there are no further ones */
};

static enum rc no_room(struct err *err)
{
    return err_set(err, RC_LIMIT, NULL, "the request needs more memory than one may have");
}

enum rc result_check(struct call *call, struct err *err)
{
    int64_t *after_place = arena_new_of(call->mem, int64_t);
    struct str after = call_query(call, "after");
    call->user = after_place;
    if (after_place == NULL) {
        return no_room(err);
    }
    if (str_absent(after) || str_to_i64(after, 1, INT64_MAX, after_place)) {
        return RC_OK;
    }
    err_set(err, RC_INVALID, "InvalidQueryParameter", "the query parameter after must be the one of a Link");
    err_field(err, "after");
    return RC_INVALID;
}

/* ---- cells ---- */

static struct str word_of(const char *const *words, int value)
{
    return value > 0 ? str_of(words[value - 1]) : STR("");
}

/* Of a row that could not be read all that is known is what stood there; its text stands where the number would. */
static enum rc put_input(const struct bulk_writer *writer, const struct number_job_row *row,
                         struct arena *mem, struct buf *out, struct err *err)
{
    const struct json *json = NULL;
    struct number number = {.telephone_number = row->telephone_number, .account_name = row->account};
    if (row->telephone_number == 0) {
        bulk_write_text(writer, row->text, out);
        for (uint64_t more = writer->chosen & (writer->chosen - 1); more != 0; more &= more - 1) {
            buf_put_char(out, ',');
        }
        return RC_OK;
    }
    enum rc rc = RC_OK;
    if (!str_absent(row->wanted)) {
        rc = json_parse(row->wanted, mem, &json, err);
        rc = rc == RC_OK ? model_read(&schema_number, json, mem, &number, err) : rc;
    }
    if (rc == RC_OK) {
        bulk_write_number(writer, &number, out);
        out->n -= !buf_failed(out); /* the line goes on */
    }
    return rc;
}

static enum rc put_row(const struct bulk_writer *writer, const struct number_job_row *row, bool cancelled,
                       struct arena *mem, struct buf *out, struct err *err)
{
    enum rc rc = put_input(writer, row, mem, out, err);
    buf_put_char(out, ',');
    bulk_write_text(writer, word_of(number_job_verdict, (int)row->verdict), out);
    buf_put_char(out, ',');
    bulk_write_text(writer, word_of(number_job_outcome_word, (int)jobs_outcome(row, cancelled)), out);
    buf_put_char(out, ',');
    bulk_write_text(writer, row->code, out);
    buf_put_char(out, ',');
    bulk_write_text(writer, row->message, out);
    buf_put_char(out, '\n');
    return rc;
}

/* Columns of the file that it was; of anything else, number and account. */
static void choose_columns(struct bulk_writer *writer, const struct number_job *job)
{
    bulk_writer_init(writer, BULK_CSV);
    uint64_t always = UINT64_C(1) << bulk_column_find(&writer->columns, STR("telephoneNumber")) |
                      UINT64_C(1) << bulk_column_find(&writer->columns, STR("accountName"));
    writer->chosen = (job->columns | always) & ((UINT64_C(1) << writer->columns.count) - 1);
    writer->spreadsheet = true;
}

static void put_headings(const struct bulk_writer *writer, struct buf *out)
{
    bulk_write_headings(writer, out);
    out->n -= !buf_failed(out);
    buf_put_str(out, STR(",verdict,outcome,code,message\n"));
}

/* ---- rows ---- */

static enum rc put_rows(struct repo_tx *tx, struct arena *mem, const struct bulk_writer *writer,
                        const struct number_job *job, int64_t after, struct buf *out, int64_t *ret_last,
                        struct err *err)
{
    struct number_job_rows_query query = {
        .job = job->number, .page = {.limit = ROWS_AT_ONCE, .after = {.set = true, .number = after}}};
    bool cancelled = job->state == NUMBER_JOB_CANCELLED || job->state == NUMBER_JOB_FAILED;
    struct list_page page = {.more = true};
    struct arena_mark mark = arena_mark(mem);
    enum rc rc = RC_OK;
    while (rc == RC_OK && page.more && out->n < LIMIT_JOB_RESULT) {
        arena_rewind(mem, mark);
        rc = repo_number_job_rows_list(tx, mem, &query, &page, err);
        const struct number_job_row *rows = page.items.items;
        for (size_t i = 0; rc == RC_OK && i < page.items.count; i++) {
            rc = put_row(writer, &rows[i], cancelled, mem, out, err);
        }
        query.page.after = page.last;
    }
    arena_rewind(mem, mark);
    *ret_last = rc == RC_OK && page.more ? query.page.after.number : 0;
    return rc;
}

enum rc result_read(struct call *call, struct repo_tx *tx, const struct number_job *job, struct err *err)
{
    struct result *result = arena_new_of(call->mem, struct result);
    int64_t after = *(const int64_t *)call->user;
    CLEANUP(buf_clear) struct buf out;
    struct bulk_writer writer;
    buf_init(&out, LIMIT_REPLY);
    call->result = result;
    if (result == NULL) {
        return no_room(err);
    }
    choose_columns(&writer, job);
    if (after == 0) {
        put_headings(&writer, &out);
    }
    enum rc rc = put_rows(tx, call->mem, &writer, job, after, &out, &result->last, err);
    if (rc != RC_OK) {
        return rc;
    }
    result->text = buf_failed(&out) ? STR_NONE : arena_str(call->mem, buf_str(&out));
    return !str_absent(result->text) ? RC_OK
                                     : err_set(err, RC_LIMIT, NULL, "the result is larger than it may be");
}

void result_answer(struct call *call)
{
    const struct result *result = call->result;
    if (result->last != 0) {
        call_header(call, "Link",
                    arena_printf(call->mem, "<%" STR_FMT "?after=%lld>; rel=\"next\"",
                                 STR_ARG(call->request->path), (long long)result->last));
    }
    call_header(call, "Content-Disposition", STR("attachment; filename=\"numgate-job.csv\""));
    call_reply_text(call, 200, "text/csv; charset=utf-8", result->text);
}
