/* How far an import came, beside its file: FILE.numgate-journal. The first line names account, size and time of the file, each later one
 * the row up to which every row is settled: sent and confirmed, or rejected. A line is on the disk before the next batch is sent; the
 * journal goes when the import is done. */
#pragma once
#include <stdint.h>
#include <sys/stat.h>

#include "common/base/err.h"

struct journal {
    int fd; /* -1: none is kept */
    char path[4096];
};

/* Whether an earlier import of this file was begun and not ended, and the row it came to. RC_INVALID: it was of another file or account. */
MUST_USE enum rc journal_read(const char *file, struct str account, const struct stat *stat, bool *ret_found,
                              uint64_t *ret_row, struct err *err);
/* Begins anew, or goes on with what is there. */
MUST_USE enum rc journal_open(struct journal *journal, const char *file, struct str account,
                              const struct stat *stat, bool go_on, struct err *err);
MUST_USE enum rc journal_settle(struct journal *journal, uint64_t row, struct err *err);
void journal_close(struct journal *journal, bool done); /* done: it is removed */
