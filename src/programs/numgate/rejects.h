/* The file of the rows that an import did not take, with their reasons: FILE.rejected, or what --rejects names. It can be mended and imported
 * in its turn, and what somebody has mended is lost to nobody: a file that was there is replaced by the first row that is rejected, and
 * otherwise left as it is. Nothing is removed that this run has not made; what is no regular file, such as /dev/stderr, is written to. */
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include "common/base/str.h"

struct bulk_reader;

struct rejects {
    FILE *out; /* NULL: none is kept */
    char path[4096];
    bool created; /* by this run */
    bool go_on;   /* rows are added to those of the run before */
    bool begun;   /* a row of this run is in it */
    uint64_t row; /* the last one in it: a range is written once */
};

/* The exit code. `input` is what is being imported: it must be another file. */
int rejects_open(struct rejects *rejects, const char *path, const struct stat *input);
/* CSV: the reason stands in a first column, which an import passes over. `reader` knows the headings. */
void rejects_write(struct rejects *rejects, const struct bulk_reader *reader, uint64_t row, struct str text,
                   const char *reason);
int rejects_flush(struct rejects *rejects); /* the exit code: there may be no room for it */
int rejects_close(struct rejects *rejects); /* an empty one of this run does not stay */
