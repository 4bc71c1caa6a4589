/* Whole files, with a maximum. */
#pragma once
#include "common/base/arena.h"
#include "common/base/err.h"

/* Reads all of a regular file into the arena. Over bytes_max, or unreadable: RC_INVALID, the message names file and cause. */
MUST_USE enum rc file_read(const char *path, size_t bytes_max, struct arena *mem, struct str *ret,
                           struct err *err);
/* The same for a secret: refuses a file that others may read, takes one trailing newline off. */
MUST_USE enum rc file_read_secret(const char *path, struct arena *mem, struct str *ret, struct err *err);
/* Writes to a temporary beside it, fsync, rename, fsync of the folder: the old file or the new, never a part. */
MUST_USE enum rc file_write(const char *path, struct str content, unsigned mode, struct err *err);
