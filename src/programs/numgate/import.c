#include "programs/numgate/import.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "gateway/bulk/bulk.h"
#include "programs/numgate/batch.h"
#include "programs/numgate/journal.h"
#include "programs/numgate/known.h"
#include "programs/numgate/names.h"
#include "programs/numgate/rejects.h"
#include "programs/numgate/resources.h"
#include "programs/numgate/talk.h"

#include "common/base/banned.h"

#define CHUNK_BYTES  ((size_t)256 * 1024)
#define BATCH_MEMORY ((size_t)8 * 1024 * 1024)
#define LINE_BYTES   ((size_t)16 * 1024 * 1024) /* of an account */
#define DELETE_LIMIT 30                         /* percent of an account's numbers */
#define SHOWN_MAX    20                         /* bad rows that are shown */
#define REASON_BYTES 1000

struct import {
    struct cli *cli;
    const char *account, *file; /* the name, for messages and the files beside it */
    bool standard_input;
    int fd;
    struct stat stat; /* of the first reading; the second must find the same */
    struct number defaults;
    struct known_set known;
    struct bulk_seen *seen;
    struct bulk_reader *reader;
    char *chunk;
    /* what the first reading found */
    int64_t fresh, changed, same, bad;
    int64_t rows;
    bool resumed; /* an earlier run of the same import has got as far as sending */
    uint64_t resumed_row;
    /* sending */
    int64_t written, deleted;
    struct batch batch;
    struct journal journal;
    struct rejects rejects;
};

/* ---- reading ---- */

static int open_file(struct import *import, const char *file)
{
    import->standard_input = strcmp(file, "-") == 0;
    import->file = import->standard_input ? "standard input" : file;
    import->fd = import->standard_input ? open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)
                                        : open(file, O_RDONLY | O_CLOEXEC);
    if (import->fd < 0) {
        return cli_fail(EXIT_USAGE, "%s: %s", import->standard_input ? "/tmp" : file, strerror(errno));
    }
    ssize_t got = 1;
    while (import->standard_input && (got = read(STDIN_FILENO, import->chunk, CHUNK_BYTES)) > 0) {
        if (write(import->fd, import->chunk, (size_t)got) != got) {
            return cli_fail(EXIT_OTHER, "standard input cannot be kept in /tmp: %s", strerror(errno));
        }
    }
    if (got < 0 || fstat(import->fd, &import->stat) != 0) {
        return cli_fail(EXIT_OTHER, "%s: %s", import->file, strerror(errno));
    }
    return S_ISREG(import->stat.st_mode)
               ? EXIT_OK
               : cli_fail(EXIT_USAGE, "%s is not a file; a pipe comes in by -", file);
}

static int format_of(const struct arguments *arguments, enum bulk_format *ret)
{
    const char *format = arguments->format;
    *ret = format == NULL ? BULK_GUESS : strcmp(format, "jsonl") == 0 ? BULK_JSON_LINES : BULK_CSV;
    return format == NULL || strcmp(format, "jsonl") == 0 || strcmp(format, "csv") == 0
               ? EXIT_OK
               : cli_fail(EXIT_USAGE, "--format is csv or jsonl");
}

static int begin_reading(struct import *import)
{
    struct bulk_options options = {.defaults = &import->defaults,
                                   .plus_optional = import->cli->arguments.plus_optional};
    int code = format_of(&import->cli->arguments, &options.format);
    bulk_reader_freep(&import->reader);
    bulk_seen_free(import->seen);
    import->seen = bulk_seen_new(LIMIT_BULK_NUMBERS);
    options.seen = import->seen;
    import->reader = bulk_reader_new(&options);
    if (code == EXIT_OK &&
        (import->seen == NULL || import->reader == NULL || lseek(import->fd, 0, SEEK_SET) != 0)) {
        code = cli_fail(EXIT_OTHER, "%s cannot be read: %s", import->file, strerror(errno));
    }
    return code;
}

/* Rows one by one; *ret NULL: the end. */
static int next_row(struct import *import, const struct bulk_row **ret)
{
    struct err err = {0};
    for (;;) {
        enum bulk_step step = bulk_next(import->reader, ret, &err);
        if (step == BULK_ROW) {
            return EXIT_OK;
        }
        *ret = NULL;
        if (step == BULK_STOPPED) {
            (void)cli_fail_err(&err);
            return cli_fail(EXIT_USAGE, "%s cannot be read on: %s", import->file, err.msg);
        }
        if (step == BULK_END) {
            return EXIT_OK;
        }
        ssize_t got = read(import->fd, import->chunk, CHUNK_BYTES);
        if (got < 0) {
            return cli_fail(EXIT_OTHER, "%s: %s", import->file, strerror(errno));
        }
        if (got == 0) {
            bulk_end(import->reader);
        } else {
            bulk_feed(import->reader, (struct str){import->chunk, (size_t)got});
        }
    }
}

/* ---- what a row is ---- */

enum row_verdict { ROW_BAD, ROW_NEW, ROW_CHANGED, ROW_SAME };

static enum row_verdict judge(struct import *import, const struct bulk_row *row)
{
    if (row->number == NULL || !str_eq(row->number->account_name, str_of(import->account))) {
        return ROW_BAD;
    }
    struct known *known = known_find(&import->known, row->number->telephone_number);
    if (known == NULL) {
        return ROW_NEW;
    }
    known->in_file = true;
    return bulk_fingerprint_same(known->now, bulk_fingerprint(&import->known.columns, row->number))
               ? ROW_SAME
               : ROW_CHANGED;
}

static void reasons_of(const struct import *import, const struct bulk_row *row, char *ret, size_t size)
{
    struct buf text;
    buf_init(&text, REASON_BYTES);
    if (row->number != NULL) {
        buf_printf(&text, "accountName: this is an import into %s", import->account);
    }
    const struct err_item *item = row->findings != NULL ? row->findings->first : NULL;
    for (; item != NULL; item = item->next) {
        buf_printf(&text, "%s%" STR_FMT "%s%" STR_FMT, text.n > 0 ? "; " : "", STR_ARG(item->field),
                   item->field.n > 0 ? ": " : "", STR_ARG(item->msg));
    }
    snprintf(ret, size, "%" STR_FMT, STR_ARG(buf_str(&text)));
    buf_clear(&text);
}

/* ---- rows that are not taken ---- */

static int open_rejects(struct import *import)
{
    const char *given = import->cli->arguments.rejects;
    char path[sizeof(import->rejects.path)];
    snprintf(path, sizeof(path), "%s%s", given != NULL ? given : import->file,
             given != NULL ? "" : ".rejected");
    return given == NULL && import->standard_input ? EXIT_OK
                                                   : rejects_open(&import->rejects, path, &import->stat);
}

static void tell_bad(const struct import *import, int64_t nth, uint64_t row, const char *reason)
{
    if (nth <= SHOWN_MAX) {
        fprintf(stderr, "numgate: row %llu: %s\n", (unsigned long long)row, reason);
    } else if (nth == SHOWN_MAX + 1) {
        fprintf(stderr, "numgate: further bad rows are %s%s\n",
                import->rejects.path[0] != '\0' ? "in " : "not shown", import->rejects.path);
    }
}

static void reject_item(void *arg, const struct batch_item *item, const char *reason)
{
    struct import *import = arg;
    bar_end(&import->cli->bar);
    tell_bad(import, import->bad + import->batch.rejected, item->row, reason);
    rejects_write(&import->rejects, import->reader, item->row, item->text, reason);
}

/* ---- first reading: the plan ---- */

static void count_row(struct import *import, const struct bulk_row *row)
{
    int64_t *const counts[] = {[ROW_BAD] = &import->bad,
                               [ROW_NEW] = &import->fresh,
                               [ROW_CHANGED] = &import->changed,
                               [ROW_SAME] = &import->same};
    char reason[REASON_BYTES];
    enum row_verdict verdict = judge(import, row);
    import->rows++;
    ++*counts[verdict];
    if (verdict == ROW_BAD) {
        reasons_of(import, row, reason, sizeof(reason));
        tell_bad(import, import->bad, row->row, reason);
        if (!import->resumed) { /* else the run before has written them */
            rejects_write(&import->rejects, import->reader, row->row, row->text, reason);
        }
    }
}

static int plan(struct import *import)
{
    const struct bulk_row *row = NULL;
    int code = begin_reading(import);
    bar_init(&import->cli->bar, "numgate");
    import->cli->bar.silent = import->cli->arguments.quiet;
    while (code == EXIT_OK && (code = next_row(import, &row)) == EXIT_OK && row != NULL) {
        count_row(import, row);
        bar_show(&import->cli->bar, &(struct bar_state){"checking", "", "rows", import->rows, 0});
        code = cli_interrupted() ? cli_fail(EXIT_OTHER, "interrupted; nothing was sent") : EXIT_OK;
    }
    bar_end(&import->cli->bar);
    return code;
}

static int64_t missing_count(const struct import *import)
{
    int64_t missing = 0;
    for (size_t i = 0; i < import->known.slot_count; i++) {
        missing += import->known.slots[i].number != 0 && !import->known.slots[i].in_file;
    }
    return missing;
}

static int read_delete_limit(const struct cli *cli, uint64_t *ret)
{
    const char *given = cli->arguments.delete_limit;
    *ret = DELETE_LIMIT;
    return given == NULL || str_to_u64(str_of(given), 100, ret)
               ? EXIT_OK
               : cli_fail(EXIT_USAGE, "--delete-limit is a percentage from 0 to 100");
}

static int check_deletes(const struct import *import, int64_t missing, uint64_t limit)
{
    char question[200];
    if (missing * 100 > (int64_t)limit * (int64_t)import->known.count) {
        return cli_fail(EXIT_CONFLICT,
                        "%lld of the %zu numbers of %s would be deleted, which is over %llu %%; "
                        "--delete-limit allows more",
                        (long long)missing, import->known.count, import->account, (unsigned long long)limit);
    }
    snprintf(question, sizeof(question), "delete %lld numbers of %s that are not in the file",
             (long long)missing, import->account);
    return missing == 0 || import->cli->arguments.dry_run ? EXIT_OK : cli_confirm(import->cli, question);
}

static void tell_plan(const struct import *import, int64_t missing)
{
    const struct arguments *arguments = &import->cli->arguments;
    cli_tell(import->cli, "%s: %lld new, %lld changed, %lld the same, %lld bad%s", import->account,
             (long long)import->fresh, (long long)import->changed, (long long)import->same,
             (long long)import->bad, arguments->dry_run ? "; nothing was sent" : "");
    if (arguments->delete_missing) {
        cli_tell(import->cli, "%s: %lld to delete", import->account, (long long)missing);
    }
    if (arguments->delete_missing && import->bad > 0) {
        cli_tell(import->cli,
                 "nothing is deleted while rows are bad: one of them may be a number that seems to "
                 "be missing");
    }
}

/* What was planned, and what became of it. */
static void tell_result(const struct import *import, int64_t missing)
{
    const struct {
        const char *name;
        int64_t count;
    } counts[] = {{"new", import->fresh},       {"changed", import->changed},
                  {"same", import->same},       {"bad", import->bad},
                  {"missing", missing},         {"written", import->written},
                  {"deleted", import->deleted}, {"rejected", import->bad + import->batch.rejected}};
    printf("{\"account\":\"%s\"", import->account);
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        printf(",\"%s\":%lld", counts[i].name, (long long)counts[i].count);
    }
    printf("}\n");
}

/* ---- second reading: sending ---- */

static int flush_batch(struct import *import, uint64_t settled)
{
    struct err err = {0};
    int code = batch_send(&import->batch);
    int kept = rejects_flush(&import->rejects);
    code = code == EXIT_OK ? kept : code;
    if (code == EXIT_OK && settled > 0 && journal_settle(&import->journal, settled, &err) != RC_OK) {
        code = cli_fail_err(&err);
    }
    bar_show(&import->cli->bar,
             &(struct bar_state){"sending", "", "numbers", import->batch.sent + import->batch.rejected,
                                 import->fresh + import->changed});
    return code;
}

static int add_row(struct import *import, const struct bulk_row *row)
{
    struct batch *batch = &import->batch;
    int code = batch_is_full(batch) ? flush_batch(import, row->row - 1) : EXIT_OK;
    if (code != EXIT_OK) {
        return code;
    }
    struct buf json;
    struct json_out out;
    buf_init(&json, LIMIT_BODY);
    json_out_init(&out, &json);
    model_write_settable(&schema_number, row->number, &out);
    struct batch_item *item = &batch->items[batch->count++];
    *item = (struct batch_item){row->row, row->number->telephone_number, arena_str(batch->mem, row->text),
                                arena_str(batch->mem, buf_str(&json))};
    batch->bytes += json.n;
    buf_clear(&json);
    return cli_interrupted() ? cli_fail(EXIT_OTHER, "interrupted") : EXIT_OK;
}

static bool file_changed(const struct import *import)
{
    struct stat now;
    return fstat(import->fd, &now) != 0 || now.st_size != import->stat.st_size ||
           now.st_mtim.tv_sec != import->stat.st_mtim.tv_sec ||
           now.st_mtim.tv_nsec != import->stat.st_mtim.tv_nsec;
}

static int send_rows(struct import *import)
{
    const struct bulk_row *row = NULL;
    uint64_t last = 0;
    int code = file_changed(import)
                   ? cli_fail(EXIT_CONFLICT, "%s was changed while it was checked", import->file)
                   : begin_reading(import);
    bar_init(&import->cli->bar, "numgate");
    import->cli->bar.silent = import->cli->arguments.quiet;
    while (code == EXIT_OK && (code = next_row(import, &row)) == EXIT_OK && row != NULL) {
        enum row_verdict verdict = judge(import, row);
        last = row->row;
        if (row->row > import->resumed_row && (verdict == ROW_NEW || verdict == ROW_CHANGED)) {
            code = add_row(import, row);
        }
    }
    code = code == EXIT_OK ? flush_batch(import, last) : code;
    bar_end(&import->cli->bar);
    return code;
}

static int add_delete(struct import *import, int64_t number)
{
    char text[E164_TEXT_MAX];
    struct batch *batch = &import->batch;
    struct str e164 = model_e164_text(number, text);
    batch->items[batch->count++] = (struct batch_item){
        .number = number,
        .text = arena_str(batch->mem, e164),
        .json = arena_printf(batch->mem, "{\"telephoneNumber\":\"%" STR_FMT "\"}", STR_ARG(e164))};
    return batch_is_full(batch) ? flush_batch(import, 0) : EXIT_OK;
}

static int delete_missing(struct import *import)
{
    int code = EXIT_OK;
    import->batch.path = talk_path(import->cli->mem, "/accounts/{0}:deleteNumbers", &import->account, 1);
    for (size_t i = 0; code == EXIT_OK && i < import->known.slot_count; i++) {
        const struct known *known = &import->known.slots[i];
        if (known->number != 0 && !known->in_file) {
            code =
                cli_interrupted() ? cli_fail(EXIT_OTHER, "interrupted") : add_delete(import, known->number);
        }
    }
    return code == EXIT_OK ? flush_batch(import, 0) : code;
}

/* ---- the whole import ---- */

static int read_journal(struct import *import)
{
    struct err err = {0};
    if (!import->cli->arguments.resume) {
        return EXIT_OK;
    }
    if (import->standard_input) {
        return cli_fail(EXIT_USAGE, "standard input cannot be resumed");
    }
    enum rc rc = journal_read(import->file, str_of(import->account), &import->stat, &import->resumed,
                              &import->resumed_row, &err);
    import->rejects.go_on = import->resumed;
    return rc == RC_OK ? EXIT_OK : cli_fail_err(&err);
}

static int begin_journal(struct import *import)
{
    struct err err = {0};
    if (import->resumed_row > 0) {
        cli_tell(import->cli, "going on after row %llu", (unsigned long long)import->resumed_row);
    }
    enum rc rc = import->standard_input
                     ? RC_OK
                     : journal_open(&import->journal, import->file, str_of(import->account), &import->stat,
                                    import->resumed, &err);
    return rc == RC_OK ? EXIT_OK : cli_fail_err(&err);
}

static int send_all(struct import *import, int64_t missing)
{
    int code = rejects_flush(&import->rejects); /* whoever goes on finds the bad rows there */
    code = code == EXIT_OK ? begin_journal(import) : code;
    import->batch.mem = arena_new(BATCH_MEMORY);
    code = code == EXIT_OK && import->batch.mem != NULL ? send_rows(import) : code;
    import->written = import->batch.sent;
    if (code == EXIT_OK && missing > 0 && import->batch.rejected == 0) {
        code = delete_missing(import);
    }
    import->deleted = import->batch.sent - import->written;
    bool ended = code == EXIT_OK || code == EXIT_SOME_FAILED, kept = import->journal.fd >= 0 && !ended;
    journal_close(&import->journal, ended);
    cli_tell(import->cli, "%s: %lld written, %lld deleted, %lld rejected%s%s", import->account,
             (long long)import->written, (long long)import->deleted,
             (long long)import->bad + (long long)import->batch.rejected,
             import->rejects.begun ? ", which are in " : "",
             import->rejects.begun ? import->rejects.path : "");
    if (kept) {
        cli_tell(import->cli, "the same command with --resume goes on");
    }
    return code != EXIT_OK ? code : import->bad + import->batch.rejected > 0 ? EXIT_SOME_FAILED : EXIT_OK;
}

/* Nothing is written, nobody asked, before all that can be known is. */
static int begin_import(struct import *import, const char *file, uint64_t *ret_delete_limit)
{
    struct cli *cli = import->cli;
    const char *numbers = talk_path(cli->mem, "/accounts/{0}/numbers", &import->account, 1);
    int code = read_delete_limit(cli, ret_delete_limit);
    code = code == EXIT_OK ? open_file(import, file) : code;
    code = code == EXIT_OK ? read_journal(import) : code;
    code = code == EXIT_OK && !cli->arguments.dry_run ? open_rejects(import) : code;
    code = code == EXIT_OK ? known_load(cli, numbers, &import->known) : code;
    return code == EXIT_OK ? plan(import) : code;
}

static int carry_out(struct import *import, int64_t missing, uint64_t delete_limit)
{
    const struct arguments *arguments = &import->cli->arguments;
    int64_t deletes = import->bad > 0 ? 0 : missing;
    int code = deletes > 0 ? check_deletes(import, deletes, delete_limit) : EXIT_OK;
    if (code != EXIT_OK) {
        return code;
    }
    if (arguments->dry_run) {
        return import->bad > 0 ? EXIT_SOME_FAILED : EXIT_OK;
    }
    if (arguments->atomic && import->bad > 0) {
        return cli_fail(EXIT_SOME_FAILED, "nothing was sent, as --atomic asks");
    }
    return send_all(import, deletes);
}

static int import_numbers(struct import *import, const char *file)
{
    const struct arguments *arguments = &import->cli->arguments;
    uint64_t delete_limit;
    int code = begin_import(import, file, &delete_limit);
    if (code != EXIT_OK) {
        return code;
    }
    int64_t missing = arguments->delete_missing ? missing_count(import) : 0;
    tell_plan(import, missing);
    code = carry_out(import, missing, delete_limit);
    if (arguments->json) {
        tell_result(import, missing);
    }
    return code;
}

static int import_account_numbers(struct cli *cli, const char *account, const char *file)
{
    struct import import = {
        .cli = cli, .account = account, .fd = -1, .journal = {.fd = -1}, .chunk = mem_alloc(CHUNK_BYTES)};
    import.defaults.account_name = str_of(account);
    import.batch =
        (struct batch){.cli = cli,
                       .account = account,
                       .whole = cli->arguments.atomic,
                       .reject = reject_item,
                       .arg = &import,
                       .path = talk_path(cli->mem, "/accounts/{0}:createOrUpdateNumbers", &account, 1)};
    /* batch.arg is this frame's; nothing keeps it. */
    import.batch.arg = &import;
    int code = import_numbers(&import, file);
    int kept = rejects_close(&import.rejects);
    code = code == EXIT_OK || code == EXIT_SOME_FAILED ? (kept != EXIT_OK ? kept : code) : code;
    if (import.fd >= 0) {
        close(import.fd);
    }
    bulk_reader_freep(&import.reader);
    bulk_seen_free(import.seen);
    known_free(&import.known);
    arena_free(import.batch.mem);
    mem_free(import.chunk);
    return code;
}

int run_number_import(struct cli *cli)
{
    return import_account_numbers(cli, cli->arguments.operands[0], cli->arguments.operands[1]);
}

/* ---- accounts: JSON Lines ---- */

struct account_import {
    struct cli *cli;
    struct names *names; /* those of the rows so far */
    int64_t row, fresh, changed, same, bad, written;
};

static bool same_account(const struct account *a, const struct account *b, struct arena *mem)
{
    struct str texts[2];
    const struct account *accounts[2] = {a, b};
    for (int i = 0; i < 2; i++) {
        struct buf buf;
        struct json_out out;
        buf_init(&buf, LIMIT_BODY);
        json_out_init(&out, &buf);
        model_write_settable(&schema_account, accounts[i], &out);
        texts[i] = arena_str(mem, buf_str(&buf));
        buf_clear(&buf);
    }
    return str_eq(texts[0], texts[1]);
}

static int bad_account(struct account_import *import, const struct err *err)
{
    import->bad++;
    (void)cli_fail(EXIT_OTHER, "row %lld: %s%s%s", (long long)import->row, err->field,
                   err->field[0] != '\0' ? ": " : "", err->msg);
    return EXIT_OK;
}

/* As it is on the server; *ret_found false: it is not there. */
static int read_account(struct cli *cli, const char *path, struct arena *mem, struct account *ret,
                        bool *ret_found)
{
    struct numgate_reply *reply = NULL;
    struct numgate_error error;
    struct err err = {0};
    const struct json *json = NULL;
    enum numgate_status status = numgate_request(cli->numgate, "GET", path, NULL, NULL, &reply, &error);
    *ret_found = status == NUMGATE_OK;
    int code = status == NUMGATE_NOT_FOUND ? EXIT_OK : talk_exit_code(status);
    if (code != EXIT_OK) {
        talk_explain(&error);
    } else if (*ret_found && (json_parse(arena_str(mem, str_of(numgate_reply_body(reply, NULL))), mem, &json,
                                         &err) != RC_OK ||
                              model_load(&schema_account, json, mem, ret, &err) != RC_OK)) {
        code = cli_fail(EXIT_OTHER, "the server sent an account that is not understood: %s: %s", err.field,
                        err.msg);
    }
    numgate_reply_free(reply);
    return code;
}

/* *counted: where it was counted before it was refused. */
static int put_account(struct account_import *import, const char *path, struct str body, int64_t *counted)
{
    struct cli *cli = import->cli;
    struct numgate_error error;
    enum numgate_status status = numgate_request(cli->numgate, "PUT", path, body.p, NULL, NULL, &error);
    if (status == NUMGATE_INVALID || status == NUMGATE_CONFLICT) {
        import->bad++;
        --*counted;
        (void)cli_fail(EXIT_OTHER, "row %lld: %s: %s", (long long)import->row, error.code, error.message);
        return cli->arguments.atomic ? EXIT_SOME_FAILED : EXIT_OK;
    }
    if (status != NUMGATE_OK) {
        talk_explain(&error);
    }
    import->written += status == NUMGATE_OK;
    return talk_exit_code(status);
}

/* What the row wants; an account stands in a file once, since of two rows only the last would be true. */
static enum rc read_row(struct account_import *import, struct str line, struct arena *mem,
                        struct account *ret, struct err *err)
{
    const struct json *json = NULL;
    if (json_parse(line, mem, &json, err) != RC_OK ||
        model_read(&schema_account, json, mem, ret, err) != RC_OK) {
        return RC_INVALID;
    }
    uint64_t first = names_add(import->names, ret->name, (uint64_t)import->row);
    return first == 0 ? RC_OK
                      : err_set(err, RC_INVALID, NULL, "name: %" STR_FMT " is in row %llu already",
                                STR_ARG(ret->name), (unsigned long long)first);
}

static int import_account(struct account_import *import, struct str line, bool send, struct arena *mem)
{
    static const struct account_services none; /* what an account has that says nothing of services */
    struct account wanted = {0}, current = {0};
    struct err err = {0};
    bool found = false;
    if (read_row(import, line, mem, &wanted, &err) != RC_OK) {
        return bad_account(import, &err);
    }
    wanted.services = wanted.services != NULL ? wanted.services : &none;
    const char *name = arena_cstr(mem, wanted.name);
    const char *path = talk_path(mem, "/accounts/{0}", &name, 1);
    int code = read_account(import->cli, path, mem, &current, &found);
    bool same = found && same_account(&current, &wanted, mem);
    if (code != EXIT_OK || same) {
        import->same += same;
        return code;
    }
    int64_t *counted = found ? &import->changed : &import->fresh;
    ++*counted;
    return send ? put_account(import, path, line, counted) : EXIT_OK;
}

static int import_lines(struct account_import *import, FILE *in, bool send)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    int code = EXIT_OK;
    struct arena *mem = arena_new(LINE_BYTES);
    while (mem != NULL && code == EXIT_OK && (n = getline(&line, &room, in)) >= 0) {
        struct str text =
            arena_str(mem, str_trim((struct str){line, (size_t)(n > 0 && line[n - 1] == '\n' ? n - 1 : n)}));
        import->row++;
        text = import->row == 1 ? after_byte_order_mark(text) : text;
        code = cli_interrupted() ? cli_fail(EXIT_OTHER, "interrupted after row %lld", (long long)import->row)
                                 : EXIT_OK;
        code = code == EXIT_OK && text.n > 0 ? import_account(import, text, send, mem) : code;
        arena_reset(mem);
    }
    free(line); // NOLINT: getline's
    arena_free(mem);
    return code;
}

/* --atomic: all rows are read before the first one is sent. */
static int check_lines(struct account_import *import, FILE *in)
{
    if (fseek(in, 0, SEEK_SET) != 0) {
        return cli_fail(EXIT_USAGE, "--atomic reads the accounts twice, so they must be in a file");
    }
    int code = import_lines(import, in, false);
    if (code == EXIT_OK && import->bad > 0) {
        return cli_fail(EXIT_SOME_FAILED, "nothing was sent, as --atomic asks");
    }
    rewind(in);
    names_free(import->names);
    *import = (struct account_import){.cli = import->cli, .names = import->names};
    return code;
}

static void tell_accounts(const struct account_import *import)
{
    struct cli *cli = import->cli;
    cli_tell(cli, "accounts: %lld new, %lld changed, %lld the same, %lld bad%s", (long long)import->fresh,
             (long long)import->changed, (long long)import->same, (long long)import->bad,
             cli->arguments.dry_run ? "; nothing was sent" : "");
    if (cli->arguments.json) {
        printf(
            "{\"new\":%lld,\"changed\":%lld,\"same\":%lld,\"bad\":%lld,\"written\":%lld,\"rejected\":%lld}\n",
            (long long)import->fresh, (long long)import->changed, (long long)import->same,
            (long long)import->bad, (long long)import->written, (long long)import->bad);
    }
}

static int import_accounts(struct cli *cli, const char *file, struct names *names)
{
    struct account_import import = {.cli = cli, .names = names};
    bool standard_input = strcmp(file, "-") == 0;
    FILE *in = standard_input ? stdin : fopen(file, "re");
    if (in == NULL) {
        return cli_fail(EXIT_USAGE, "%s: %s", file, strerror(errno));
    }
    bool send = !cli->arguments.dry_run;
    int code = send && cli->arguments.atomic ? check_lines(&import, in) : EXIT_OK;
    code = code == EXIT_OK ? import_lines(&import, in, send) : code;
    if (!standard_input) {
        fclose(in);
    }
    tell_accounts(&import);
    return code != EXIT_OK ? code : import.bad > 0 ? EXIT_SOME_FAILED : EXIT_OK;
}

int run_account_import(struct cli *cli)
{
    struct names names = {0};
    int code = import_accounts(cli, cli->arguments.operands[0], &names);
    names_free(&names);
    return code;
}

/* ---- a folder ---- */

/* What one account's file ended with need not stop the others. */
static bool concerns_one(int code)
{
    return code == EXIT_OK || code == EXIT_SOME_FAILED || code == EXIT_NOT_FOUND || code == EXIT_USAGE;
}

/* A file of an account that accounts.jsonl does not have is none of this export: it may be an earlier one's. */
static int import_file(struct cli *cli, const char *folder, struct str file, const struct names *names)
{
    struct str account = str_slice(file, 0, file.n - 4);
    const char *path = arena_printf(cli->mem, "%s/%" STR_FMT, folder, STR_ARG(file)).p;
    return names_row(names, account) != 0
               ? import_account_numbers(cli, arena_cstr(cli->mem, account), path)
               : cli_fail(EXIT_NOT_FOUND,
                          "%s is passed over: no row of accounts.jsonl is of account \"%" STR_FMT "\"", path,
                          STR_ARG(account));
}

static int import_folder(struct cli *cli, const char *folder, const struct names *names)
{
    struct dirent **entries;
    int worst = EXIT_OK, count = scandir(folder, &entries, NULL, alphasort);
    if (count < 0) {
        return cli_fail(EXIT_USAGE, "%s: %s", folder, strerror(errno));
    }
    for (int i = 0; i < count; i++) {
        struct str name = str_of(entries[i]->d_name);
        if (str_ends(name, STR(".csv")) && concerns_one(worst)) {
            int code = import_file(cli, folder, name, names);
            worst = code != EXIT_OK ? code : worst;
        }
        free(entries[i]); // NOLINT: scandir's
    }
    free(entries); // NOLINT: scandir's
    return worst;
}

int run_import_all(struct cli *cli)
{
    const char *folder = cli->arguments.operands[0];
    struct names names = {0};
    if (!cli->arguments.all) {
        return cli_fail(EXIT_USAGE, "usage: numgate import --all DIR");
    }
    int code = import_accounts(cli, arena_printf(cli->mem, "%s/accounts.jsonl", folder).p, &names);
    if (code == EXIT_OK || (code == EXIT_SOME_FAILED && !cli->arguments.atomic)) {
        int numbers = import_folder(cli, arena_printf(cli->mem, "%s/numbers", folder).p, &names);
        code = numbers != EXIT_OK ? numbers : code;
    }
    names_free(&names);
    return code;
}
