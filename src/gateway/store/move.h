/* Moving a whole store: into a backup, out of one, from one database into another.
 *
 * A backup is a SQLite file with numgate's schema, whichever store it was made of. Everything is copied by one list of tables
 * (tables.h), in key order, inside one transaction of the target: what fails or is interrupted leaves an empty target, which the next
 * run takes. A comparison reads both sides again before that transaction is committed, so what differs is never there.
 *
 * The calls block, on the caller's thread, and open connections of their own; a running store is not disturbed: a backup of it reads
 * one snapshot. They are for one thread at a time each, and any number of them may run. */
#pragma once
#include "common/base/err.h"
#include "gateway/store/store.h"

#define MOVE_TABLES_MAX 32
#define MOVE_DIGEST_MAX 65

/* Revisions that a restore leaves out, because somebody may have seen them: more than ten years of 3,000 a second, and room for
 * thousands of restores below the 2^53 that JSON numbers end at. */
#define MOVE_JUMP (1LL << 40)

struct move_progress {
    const char *doing; /* "copy", "compare", "check" */
    const char *table; /* empty: none */
    const char *unit;  /* of the two: "rows", "KiB" */
    int64_t done, all; /* over all tables */
};

struct move_table {
    const char *name; /* static */
    int64_t rows;
    char sha256[MOVE_DIGEST_MAX]; /* of its rows, as both sides have them; empty: not compared */
};
struct move_report {
    struct move_table tables[MOVE_TABLES_MAX];
    size_t count;
};

struct move_options {
    /* Called often. False: stop, undo, and answer RC_BUSY. May be NULL. */
    bool (*watch)(void *arg, const struct move_progress *progress);
    void *watch_arg;
    /* SHA-256 of the pieces; common/crypto, which this room does not know. Needed for `compare`. */
    void (*sha256)(const struct str *pieces, size_t n, uint8_t ret[32]);
    bool compare; /* read both sides again, row by row, before the target is committed */
};

/* From a store that nobody uses to an empty one that nobody uses. RC_CONFLICT: somebody does, or the target holds rows. */
MUST_USE enum rc store_move(const struct store_config *from, const struct store_config *to,
                            const struct move_options *options, struct move_report *ret, struct err *err);
/* From a backup to an empty store that nobody uses. Revisions go on MOVE_JUMP later. A backup of an older version is brought up to
 * this program's schema, the file itself is not changed. */
MUST_USE enum rc store_restore(const char *file, const struct store_config *to,
                               const struct move_options *options, struct move_report *ret, struct err *err);
/* Makes `file`, which must not be there. `live`: the calling process runs a store on it; else nobody may (SQLite; PostgreSQL does not
 * care). What is copied is one state of the store: everything acknowledged before the call, and nothing in part. */
MUST_USE enum rc store_backup(const struct store_config *from, bool live, const char *file,
                              const struct move_options *options, struct move_report *ret, struct err *err);
/* Whether a backup is whole: SQLite's own check, the schema, and what must be true of any state of a store. */
MUST_USE enum rc store_check_backup(const char *file, const struct move_options *options,
                                    struct move_report *ret, struct err *err);
