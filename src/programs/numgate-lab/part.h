/* The parts of a program's state that a test suite can put back: each is a row with three functions. Both the lab and its proxy have a
 * table of them, and one set of commands talks to either:
 *
 *      POST /lab/reset       every part as it was when the program started
 *      GET  /lab/snapshot    {"parts": {"faults": ..., "keys": ...}}; may hold secrets
 *      POST /lab/restore     a snapshot; parts that it does not name stay as they are
 *
 * A restore looks at all parts before it changes one. Which threads may call is the affair of the parts. */
#pragma once
#include "common/base/err.h"
#include "common/json/write.h"

#define PARTS_TEXT_MAX (4 * 1024 * 1024) /* of a snapshot */

struct arena;
struct json;

struct part {
    const char *name;
    void *arg;
    MUST_USE enum rc (*reset)(void *arg, struct err *err);
    void (*snapshot)(void *arg, struct json_out *out); /* one value */
    /* What snapshot() wrote. `apply` false: only says whether it could be. */
    MUST_USE enum rc (*restore)(void *arg, const struct json *value, bool apply, struct err *err);
};
/* For a part that a snapshot does not keep: an empty object, and the check that it is one. */
void part_snapshot_empty(void *arg, struct json_out *out);
MUST_USE enum rc part_check_empty(const struct json *value, struct err *err);

struct parts {
    const struct part *rows;
    size_t count;
};

MUST_USE enum rc parts_reset(const struct parts *parts, struct err *err);
void parts_snapshot(const struct parts *parts, struct buf *out);
/* RC_INVALID: not a snapshot, or not one of this program; nothing was changed. */
MUST_USE enum rc parts_restore(const struct parts *parts, struct str text, struct arena *mem,
                               struct err *err);
