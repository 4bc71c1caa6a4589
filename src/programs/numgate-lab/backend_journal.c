#include "programs/numgate-lab/backend_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/mem.h"

#include "common/base/banned.h"

#define LINE_MAX_BYTES ((size_t)256 << 20)
#define FILE_MAX_BYTES ((size_t)2 << 30)
#define LINE_MEMORY    ((size_t)512 << 20)
#define GROWTH_MIN     ((size_t)64 << 20)

struct journal {
    char *path; /* NULL: nothing is kept */
    int fd;
    size_t bytes, bytes_at_start;
    struct buf line;
    struct json_out out;
};

static enum rc failed(const struct journal *journal, struct err *err)
{
    return err_set(err, RC_INTERNAL, NULL, "%s: %s", journal->path, strerror(errno));
}

static enum rc write_all(const struct journal *journal, int fd, struct str text, struct err *err)
{
    while (text.n > 0) {
        ssize_t n = write(fd, text.p, text.n);
        if (n < 0 && errno != EINTR) {
            return failed(journal, err);
        }
        text = str_slice(text, n > 0 ? (size_t)n : 0, text.n);
    }
    return RC_OK;
}

static enum rc read_line(struct model *model, struct str line, struct arena *mem, struct err *err)
{
    const struct json *records;
    enum rc rc = json_parse(line, mem, &records, err);
    return rc == RC_OK ? records_apply(model, records, err) : rc;
}

/* Up to the last line that is whole. */
static enum rc read_lines(FILE *file, struct model *model, struct err *err)
{
    CLEANUP(arena_freep) struct arena *mem = arena_new(LINE_MEMORY);
    char *line = NULL;
    size_t cap = 0, number = 1;
    enum rc rc = RC_OK;
    for (ssize_t n; rc == RC_OK && (n = getline(&line, &cap, file)) > 0 && line[n - 1] == '\n'; number++) {
        rc = read_line(model, (struct str){line, (size_t)n - 1}, mem, err);
        arena_reset(mem);
    }
    free(line);
    if (rc != RC_OK) {
        err_context(err, "line %zu", number - 1);
    }
    return rc;
}

static enum rc load(const struct journal *journal, struct model *model, bool *ret_found, struct err *err)
{
    FILE *file = fopen(journal->path, "re");
    *ret_found = file != NULL;
    if (file == NULL) {
        return errno == ENOENT ? RC_OK : failed(journal, err);
    }
    enum rc rc = read_lines(file, model, err);
    (void)fclose(file); /* was only read */
    if (rc != RC_OK) {
        err_context(err, "%s", journal->path);
    }
    return rc;
}

static enum rc put_in_place(struct journal *journal, const char *fresh, struct str text, struct err *err)
{
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) {
        return failed(journal, err);
    }
    enum rc rc = write_all(journal, fd, text, err);
    if (rc == RC_OK && rename(fresh, journal->path) != 0) {
        rc = failed(journal, err);
    }
    if (rc != RC_OK) {
        (void)close(fd); /* nothing of it counts */
        return rc;
    }
    if (journal->fd >= 0) {
        (void)close(journal->fd); /* that file is gone */
    }
    journal->fd = fd;
    journal->bytes = journal->bytes_at_start = text.n;
    return RC_OK;
}

enum rc journal_rewrite(struct journal *journal, const struct model *model, struct err *err)
{
    struct buf text, fresh;
    if (journal->path == NULL) {
        return RC_OK;
    }
    buf_init(&text, FILE_MAX_BYTES);
    buf_init(&fresh, 4096);
    record_lines(&text, model);
    buf_printf(&fresh, "%s.new", journal->path);
    buf_put_char(&fresh, '\0');
    enum rc rc = buf_failed(&text) || buf_failed(&fresh)
                     ? err_set(err, RC_LIMIT, NULL, "%s: the state is too large to be kept", journal->path)
                     : put_in_place(journal, fresh.p, buf_str(&text), err);
    buf_clear(&text);
    buf_clear(&fresh);
    return rc;
}

enum rc journal_open(const char *path, struct model *model, struct journal **ret, bool *ret_found,
                     struct err *err)
{
    struct journal *journal = mem_alloc(sizeof *journal);
    enum rc rc = RC_OK;
    journal->fd = -1;
    buf_init(&journal->line, LINE_MAX_BYTES);
    *ret_found = false;
    if (path != NULL) {
        journal->path = mem_dup(path, strlen(path));
        rc = load(journal, model, ret_found, err);
    }
    if (rc == RC_OK) {
        rc = journal_rewrite(journal, model, err);
    }
    if (rc != RC_OK) {
        journal_free(journal);
        return rc;
    }
    *ret = journal;
    return RC_OK;
}

void journal_free(struct journal *journal)
{
    if (journal == NULL) {
        return;
    }
    if (journal->fd >= 0) {
        (void)close(journal->fd); /* every line was written */
    }
    buf_clear(&journal->line);
    mem_free(journal->path);
    mem_free(journal);
}

struct json_out *journal_records(struct journal *journal)
{
    if (journal->line.n == 0) {
        json_out_init(&journal->out, &journal->line);
        json_array_begin(&journal->out);
    }
    return &journal->out;
}

enum rc journal_commit(struct journal *journal, const struct model *model, struct err *err)
{
    enum rc rc = RC_OK;
    if (journal->line.n == 0) {
        return RC_OK;
    }
    json_array_end(&journal->out);
    buf_put_char(&journal->line, '\n');
    if (buf_failed(&journal->line)) {
        rc = err_set(err, RC_LIMIT, NULL, "the change is too large to be kept");
    } else if (journal->path != NULL) {
        rc = write_all(journal, journal->fd, buf_str(&journal->line), err);
        journal->bytes += journal->line.n;
    }
    buf_reset(&journal->line);
    if (rc == RC_OK && journal->bytes > GROWTH_MIN + 4 * journal->bytes_at_start) {
        rc = journal_rewrite(journal, model, err);
    }
    return rc;
}
