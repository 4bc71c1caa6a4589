#include "programs/numgate/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/banned.h"

#define HEAD_MAX       512
#define LINE_MAX_BYTES 64

static void path_of(const char *file, char *ret, size_t size)
{
    snprintf(ret, size, "%s.numgate-journal", file);
}

static void head_of(struct str account, const struct stat *stat, char *ret, size_t size)
{
    snprintf(ret, size, "numgate import 1 %" STR_FMT " %lld %lld.%09ld\n", STR_ARG(account),
             (long long)stat->st_size, (long long)stat->st_mtim.tv_sec, stat->st_mtim.tv_nsec);
}

/* The last whole line; a line that was being written when the power went does not count. */
static uint64_t last_row(FILE *in)
{
    char line[LINE_MAX_BYTES];
    uint64_t row = 0, value;
    while (fgets(line, sizeof(line), in) != NULL) {
        struct str text = str_of(line);
        if (str_ends(text, STR("\n")) && str_to_u64(str_slice(text, 0, text.n - 1), UINT64_MAX, &value)) {
            row = value;
        }
    }
    return row;
}

enum rc journal_read(const char *file, struct str account, const struct stat *stat, bool *ret_found,
                     uint64_t *ret_row, struct err *err)
{
    char path[4096], head[HEAD_MAX], found[HEAD_MAX] = "";
    path_of(file, path, sizeof(path));
    head_of(account, stat, head, sizeof(head));
    *ret_row = 0;
    *ret_found = false;
    FILE *in = fopen(path, "re");
    if (in == NULL) {
        return errno == ENOENT ? RC_OK : err_set(err, RC_INVALID, NULL, "%s: %s", path, strerror(errno));
    }
    bool same = fgets(found, sizeof(found), in) != NULL && strcmp(found, head) == 0;
    *ret_row = same ? last_row(in) : 0;
    fclose(in);
    *ret_found = same;
    return same
               ? RC_OK
               : err_set(err, RC_INVALID, NULL,
                         "%s is of another account, or %s was changed since; without --resume it begins anew",
                         path, file);
}

static enum rc append(struct journal *journal, const char *line, struct err *err)
{
    size_t n = strlen(line);
    if (write(journal->fd, line, n) != (ssize_t)n || fdatasync(journal->fd) != 0) {
        return err_set(err, RC_INTERNAL, NULL, "%s: %s", journal->path, strerror(errno));
    }
    return RC_OK;
}

enum rc journal_open(struct journal *journal, const char *file, struct str account, const struct stat *stat,
                     bool go_on, struct err *err)
{
    char head[HEAD_MAX];
    path_of(file, journal->path, sizeof(journal->path));
    head_of(account, stat, head, sizeof(head));
    journal->fd =
        open(journal->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (go_on ? 0 : O_TRUNC), 0600);
    if (journal->fd < 0) {
        return err_set(err, RC_INVALID, NULL, "%s: %s", journal->path, strerror(errno));
    }
    return go_on ? RC_OK : append(journal, head, err);
}

enum rc journal_settle(struct journal *journal, uint64_t row, struct err *err)
{
    char line[LINE_MAX_BYTES];
    snprintf(line, sizeof(line), "%llu\n", (unsigned long long)row);
    return journal->fd < 0 ? RC_OK : append(journal, line, err);
}

void journal_close(struct journal *journal, bool done)
{
    if (journal->fd >= 0) {
        close(journal->fd);
        journal->fd = -1;
        if (done) {
            unlink(journal->path);
        }
    }
}
