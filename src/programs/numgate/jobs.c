#include "programs/numgate/jobs.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "gateway/bulk/bulk.h"
#include "programs/numgate/output.h"
#include "programs/numgate/resources.h"
#include "programs/numgate/talk.h"

#include "common/base/banned.h"

#define ASK_MS    250 /* between two questions how far a job is */
#define SHOWN_MAX 20  /* bad rows that are shown */

/* ---- the end of what was asked for ---- */

static int conclude(const struct numgate_job *job)
{
    const struct numgate_problem *error = job->error;
    const struct numgate_job_counts *counts = job->counts;
    if (error != NULL) {
        return cli_fail(EXIT_OTHER, "the job failed: %s: %s", error->code, error->message);
    }
    if (strcmp(job->state, "cancelled") == 0) {
        return cli_fail(EXIT_CONFLICT, "the job was cancelled");
    }
    if (strcmp(job->state, "done") == 0 && counts->failed > 0) {
        return cli_fail(EXIT_SOME_FAILED,
                        "%" PRId64 " of %" PRId64
                        " rows failed; \"numgate job rows %s --outcome failed\" says why",
                        counts->failed, job->rows, job->id);
    }
    if (strcmp(job->state, "previewed") == 0 && counts->refused > 0) {
        return cli_fail(EXIT_SOME_FAILED,
                        "%" PRId64 " of %" PRId64
                        " rows are refused; \"numgate job rows %s --verdict refused\" says why",
                        counts->refused, job->rows, job->id);
    }
    return EXIT_OK;
}

static bool is_under_way(const char *state)
{
    return strcmp(state, "previewing") == 0 || strcmp(state, "queued") == 0 || strcmp(state, "applying") == 0;
}

static void show_progress(struct cli *cli, const struct numgate_job *job)
{
    int64_t done = job->counts->applied + job->counts->failed;
    bool previewing = strcmp(job->state, "previewing") == 0;
    bar_show(&cli->bar,
             previewing ? &(struct bar_state){"previewing", "", "rows", job->rows, 0}
                        : &(struct bar_state){"applying", "", "numbers", done, done + job->counts->pending});
}

/* The job of an answer. */
static enum numgate_status job_of(struct numgate_reply *reply, const struct numgate_job **ret,
                                  struct numgate_error *error)
{
    size_t count;
    enum numgate_status status = numgate_reply_jobs(reply, ret, &count, error);
    bool whole =
        status == NUMGATE_OK && (*ret)->id != NULL && (*ret)->state != NULL && (*ret)->counts != NULL;
    if (status == NUMGATE_OK && !whole) {
        snprintf(error->message, sizeof(error->message), "the answer is not as the contract has it");
    }
    return whole ? NUMGATE_OK : status == NUMGATE_OK ? NUMGATE_OTHER : status;
}

/* The wait is over, the job is not. id NULL: it is not known. */
static int tell_left(int code, const char *why, const char *id)
{
    return id != NULL
               ? cli_fail(code, "%sthe job is %s and goes on in the server: numgate job show %s", why, id, id)
               : cli_fail(code, "%sthe job goes on in the server: numgate job list", why);
}

/* *reply becomes the last answer. */
static int await(struct cli *cli, struct numgate_reply **reply)
{
    struct numgate_error error = {0};
    const struct numgate_job *job = NULL;
    enum numgate_status status = job_of(*reply, &job, &error);
    const char *id = status == NUMGATE_OK ? arena_cstr(cli->mem, str_of(job->id)) : NULL;
    bar_init(&cli->bar, "numgate");
    cli->bar.silent = cli->arguments.quiet;
    while (status == NUMGATE_OK && is_under_way(job->state) && !cli_interrupted()) {
        struct numgate_reply *next = NULL;
        show_progress(cli, job);
        talk_nap(ASK_MS);
        status = numgate_get_job(cli->numgate, job->id, NULL, &next, &error);
        status = status == NUMGATE_OK ? job_of(next, &job, &error) : status;
        numgate_reply_free(*reply);
        *reply = next;
    }
    bar_end(&cli->bar);
    if (cli_interrupted()) {
        return tell_left(EXIT_OTHER, "interrupted; ", id);
    }
    if (status != NUMGATE_OK) {
        talk_explain_read(&error);
        return tell_left((int)talk_exit_code(status), "", id);
    }
    return EXIT_OK;
}

static int print_job(struct cli *cli, const struct numgate_reply *reply)
{
    const struct json *value = NULL;
    int code = talk_read(reply, cli->mem, &value);
    return code == EXIT_OK ? print_answer(cli, value, STR_NONE) : code;
}

/* Takes the reply. */
static int finish(struct cli *cli, enum numgate_status status, struct numgate_reply *reply,
                  const struct numgate_error *error)
{
    const struct numgate_job *job = NULL;
    struct numgate_error ignored;
    int code = (int)talk_exit_code(status);
    bool wait = cli->arguments.wait;
    if (status != NUMGATE_OK) {
        talk_explain(error);
    } else if (wait) {
        code = await(cli, &reply);
    }
    code = code == EXIT_OK ? print_job(cli, reply) : code;
    if (code == EXIT_OK && wait && job_of(reply, &job, &ignored) == NUMGATE_OK) {
        code = conclude(job);
    }
    numgate_reply_free(reply);
    return code;
}

/* ---- rows ---- */

struct rows {
    struct cli *cli;
    const char *file; /* for messages */
    bool listing;     /* their numbers are kept, and all else does not count */
    uint64_t last;
    int64_t rows, bad;
    size_t count;        /* of good numbers */
    const char **listed; /* of each row its number, or its range */
    size_t listed_count;
};

static void tell_bad(struct rows *rows, const struct bulk_row *row)
{
    if (rows->bad > SHOWN_MAX || !(rows->listing || rows->cli->arguments.dry_run)) {
        return;
    }
    const struct err_item *item = row->findings != NULL ? row->findings->first : NULL;
    for (; item != NULL; item = item->next) {
        bar_end(&rows->cli->bar);
        fprintf(stderr, "numgate: row %" PRIu64 ": %" STR_FMT "%s%" STR_FMT "\n", row->row,
                STR_ARG(item->field), item->field.n > 0 ? ": " : "", STR_ARG(item->msg));
    }
}

/* A range is one row with many numbers. */
static int take_row(struct rows *rows, const struct bulk_row *row)
{
    bool begins = row->row != rows->last;
    rows->rows += begins;
    rows->last = row->row;
    if (rows->rows > LIMIT_UPLOAD_ROWS) {
        return cli_fail(EXIT_USAGE, "%s has more than %d rows, which is as many as a job takes; divide it",
                        rows->file, LIMIT_UPLOAD_ROWS);
    }
    if (row->number == NULL) {
        rows->bad++;
        tell_bad(rows, row);
    } else {
        if (rows->listing && begins) {
            char text[BULK_RANGE_TEXT_MAX];
            rows->listed[rows->listed_count++] =
                arena_cstr(rows->cli->mem, bulk_range_text(row->range, text));
        }
        rows->count++;
    }
    bar_show(&rows->cli->bar, &(struct bar_state){"checking", "", "rows", rows->rows, 0});
    return cli_interrupted() ? cli_fail(EXIT_OTHER, "interrupted; nothing was sent") : EXIT_OK;
}

static int tell_stopped(const struct rows *rows, const struct err *err)
{
    if (err->rc != RC_LIMIT) {
        (void)cli_fail_err(err);
        return cli_fail(EXIT_USAGE, "%s is no file of numbers; nothing was sent", rows->file);
    }
    return err->code == NULL
               ? cli_fail(EXIT_OTHER, "%s: %s; nothing was sent", rows->file, err->msg)
               : cli_fail(EXIT_USAGE, "%s: %s, which is as many as a job takes; divide it; nothing was sent",
                          rows->file, err->msg);
}

static int read_rows(struct rows *rows, struct bulk_reader *reader, struct str text)
{
    bool fed = false;
    for (;;) {
        const struct bulk_row *row = NULL;
        struct err err = {0};
        int code = EXIT_OK;
        switch (bulk_next(reader, &row, &err)) {
        case BULK_NEED_BYTES:
            if (fed) {
                bulk_end(reader);
            } else {
                bulk_feed(reader, text);
            }
            fed = true;
            break;
        case BULK_ROW:
            code = take_row(rows, row);
            break;
        case BULK_STOPPED:
            return tell_stopped(rows, &err);
        case BULK_END:
            return rows->rows > 0 ? EXIT_OK : cli_fail(EXIT_USAGE, "%s has no rows", rows->file);
        }
        if (code != EXIT_OK) {
            return code;
        }
    }
}

/* As the server will read them. */
static int check_rows(struct rows *rows, struct str text)
{
    const char *account = rows->cli->arguments.account;
    const struct number defaults = {.account_name = account != NULL ? str_of(account)
                                                    : rows->listing ? STR("any")
                                                                    : STR_NONE};
    struct bulk_seen *seen = bulk_seen_new(LIMIT_JOB_NUMBERS);
    const struct bulk_options options = {
        .defaults = &defaults, .plus_optional = true, .seen = seen, .numbers_max = LIMIT_JOB_NUMBERS};
    struct bulk_reader *reader = bulk_reader_new(&options);
    rows->listed =
        rows->listing ? arena_alloc_array(rows->cli->mem, LIMIT_UPLOAD_ROWS, sizeof(*rows->listed)) : NULL;
    bar_init(&rows->cli->bar, "numgate");
    rows->cli->bar.silent = rows->cli->arguments.quiet;
    int code = seen != NULL && reader != NULL ? read_rows(rows, reader, text)
                                              : cli_fail(EXIT_OTHER, "out of memory");
    bar_end(&rows->cli->bar);
    bulk_reader_free(reader);
    bulk_seen_free(seen);
    return code;
}

/* What is bad by itself; the preview knows more. */
static int tell_rows(const struct rows *rows)
{
    struct cli *cli = rows->cli;
    bool dry = cli->arguments.dry_run;
    if (dry && cli->arguments.json) {
        printf("{\"rows\":%" PRId64 ",\"numbers\":%zu,\"bad\":%" PRId64 "}\n", rows->rows, rows->count,
               rows->bad);
    }
    if (dry || rows->bad > 0) {
        cli_tell(cli, "%s: %" PRId64 " rows, %zu numbers, %" PRId64 " bad%s", rows->file, rows->rows,
                 rows->count, rows->bad,
                 dry             ? "; nothing was sent"
                 : rows->listing ? ""
                                 : "; the preview says which and why");
    }
    return rows->bad > 0 && (dry || rows->listing)
               ? cli_fail(EXIT_SOME_FAILED, "%s has bad rows; nothing was sent", rows->file)
               : cli_flush();
}

/* ---- asking ---- */

static int send_request(struct cli *cli, const char *json)
{
    struct numgate_reply *reply = NULL;
    struct numgate_error error;
    if (cli->arguments.dry_run) {
        cli_tell(cli, "would POST /numgate/v1/jobs");
        return EXIT_OK;
    }
    enum numgate_status status = numgate_create_job(cli->numgate, json, NULL, &reply, &error);
    return finish(cli, status, reply, &error);
}

static int send_rows(struct cli *cli, struct str text)
{
    struct numgate_reply *reply = NULL;
    struct numgate_error error;
    enum numgate_status status =
        numgate_upload_job(cli->numgate, cli->arguments.account, text.p, text.n, NULL, &reply, &error);
    return finish(cli, status, reply, &error);
}

static int send_order(struct cli *cli, const struct rows *rows, const char *settings)
{
    const struct arguments *arguments = &cli->arguments;
    const struct numgate_job_order order = {.kind = arguments->kind != NULL ? arguments->kind : "create",
                                            .account_name = arguments->account,
                                            .filter = arguments->filter,
                                            .telephone_numbers = {rows->listed, rows->listed_count},
                                            .number_json = settings};
    struct numgate_reply *reply = NULL;
    struct numgate_error error;
    enum numgate_status status = numgate_submit_job(cli->numgate, &order, NULL, &reply, &error);
    if (status == NUMGATE_INVALID && error.http_status == 0) {
        return cli_fail(EXIT_USAGE, "%s; nothing was sent", error.message);
    }
    return finish(cli, status, reply, &error);
}

static void tell_order(struct cli *cli, const char *file)
{
    const struct arguments *arguments = &cli->arguments;
    const char *kind = arguments->kind != NULL ? arguments->kind : "create";
    const char *account = arguments->account, *filter = arguments->filter;
    cli_tell(cli, "would POST /numgate/v1/jobs: %s %s%s%s%s%s", kind,
             file != NULL     ? "the numbers of "
             : filter != NULL ? "the numbers that match "
                              : "all numbers",
             file != NULL     ? file
             : filter != NULL ? filter
                              : "",
             account != NULL ? ", account " : "", account != NULL ? account : "",
             arguments->settings != NULL ? ", with settings" : "");
}

/* Numbers with the settings of their rows come as the file; numbers alone as a list. */
static int create_from_flags(struct cli *cli)
{
    const struct arguments *arguments = &cli->arguments;
    const char *file = arguments->file, *settings = NULL;
    bool creates = arguments->kind == NULL || strcmp(arguments->kind, "create") == 0;
    struct rows rows = {.cli = cli,
                        .file = file != NULL && strcmp(file, "-") == 0 ? "standard input" : file,
                        .listing = !creates || arguments->settings != NULL};
    struct str text = STR_NONE;
    int code = file != NULL ? read_file(cli, file, LIMIT_UPLOAD, &text) : EXIT_OK;
    code = code == EXIT_OK && file != NULL ? check_rows(&rows, text) : code;
    code = code == EXIT_OK && file != NULL ? tell_rows(&rows) : code;
    if (code == EXIT_OK && arguments->settings != NULL) {
        code = read_json_file(cli, arguments->settings, &settings);
    }
    if (code == EXIT_OK && arguments->dry_run) {
        tell_order(cli, rows.file);
    }
    if (code != EXIT_OK || arguments->dry_run) {
        return code;
    }
    return file != NULL && !rows.listing ? send_rows(cli, text) : send_order(cli, &rows, settings);
}

int run_job_create(struct cli *cli)
{
    const struct arguments *arguments = &cli->arguments;
    const char *json = NULL;
    bool told = arguments->file != NULL || arguments->kind != NULL || arguments->account != NULL ||
                arguments->filter != NULL || arguments->settings != NULL;
    if (told == (arguments->count > 0)) {
        return cli_fail(EXIT_USAGE, "job create takes a FILE with the whole request, or --file, --kind, "
                                    "--account, --filter and --settings");
    }
    if (arguments->file != NULL && arguments->filter != NULL) {
        return cli_fail(EXIT_USAGE, "numbers come from --file or from --filter, not from both");
    }
    if (arguments->kind != NULL && strcmp(arguments->kind, "change") == 0 && arguments->settings == NULL) {
        return cli_fail(EXIT_USAGE, "a change needs --settings: what each number gets");
    }
    if (told) {
        return create_from_flags(cli);
    }
    int code = read_json_file(cli, arguments->operands[0], &json);
    return code == EXIT_OK ? send_request(cli, json) : code;
}

/* ---- steering ---- */

int run_job_control(struct cli *cli)
{
    static const struct {
        const char *method;
        enum numgate_status (*call)(struct numgate *, const char *, const struct numgate_call *,
                                    struct numgate_reply **, struct numgate_error *);
    } calls[] = {{"apply", numgate_apply_job}, {"cancel", numgate_cancel_job}, {"retry", numgate_retry_job}};
    struct numgate_reply *reply = NULL;
    struct numgate_error error = {0};
    enum numgate_status status = NUMGATE_OTHER;
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        if (strcmp(calls[i].method, cli->command->method) == 0) {
            status = calls[i].call(cli->numgate, cli->arguments.operands[0], NULL, &reply, &error);
        }
    }
    return finish(cli, status, reply, &error);
}

/* ---- the result ---- */

struct result {
    struct output output;
    int64_t bytes;
    int code;
};

static int write_part(void *arg, const char *bytes, size_t count)
{
    struct result *result = arg;
    result->code = output_write(&result->output, (struct str){bytes, count});
    result->bytes += (int64_t)count;
    output_tell(&result->output, "KiB", result->bytes / 1024);
    return result->code;
}

int run_job_result(struct cli *cli)
{
    struct result result = {0};
    struct numgate_error error;
    int code = output_open(cli, cli->arguments.output, &result.output);
    if (code != EXIT_OK) {
        return code;
    }
    enum numgate_status status =
        numgate_read_job_result(cli->numgate, cli->arguments.operands[0], NULL, write_part, &result, &error);
    code = result.code != EXIT_OK ? result.code : (int)talk_exit_code(status);
    if (result.code == EXIT_OK && code != EXIT_OK) {
        bar_end(&cli->bar);
        talk_explain_read(&error);
    }
    return output_close(&result.output, code);
}
