/* The stand-in for an Operator Connect back end: one of the parts the lab is made of. docs/backend-api.yaml says what it serves, under
 * /backend/v1; backend_web.h serves it, backend_control.h steers it, both through what is here.
 *
 * Threads: any. One lock guards all of it; whoever looks holds it between backend_enter() and backend_leave(). */
#pragma once
#include <pthread.h>

#include "common/base/rate.h"
#include "programs/numgate-lab/backend_fault.h"
#include "programs/numgate-lab/backend_journal.h"
#include "programs/numgate-lab/backend_model.h"

#define BACKEND_APPLICATION                                                                                  \
    "eb63d611-525e-4a31-abd7-0cb33f679599" /* the application id of Operator Connect: the audience of its tokens */

struct directory;

/* Counted since the start, or since it was asked to begin again. */
struct backend_counts {
    int64_t calls[OPERATIONS];
    int64_t open, open_max; /* calls at once */
};

struct backend {
    pthread_mutex_t lock;
    struct model model;
    struct journal *journal;
    struct rate_ring throttle;
    struct backend_counts counts;
    struct map answers;            /* of backend_stale.c */
    struct backend_faults *faults; /* guards itself */
    const struct directory *directory;
    uint64_t epoch; /* of the marks of listChanges: a restart begins a new one */
};

/* Opens DIR/backend.jsonl, or keeps nothing where `dir` is NULL. *ret_found: there was a state; else everybody in the directory who holds
 * one of the back end's roles is registered. */
MUST_USE enum rc backend_open(const char *dir, const struct directory *directory, struct backend **ret,
                              bool *ret_found, struct err *err);
void backend_free(struct backend *backend); /* NULL is fine */

/* Takes the lock and ends the jobs that are due. */
struct model *backend_enter(struct backend *backend);
struct json_out *backend_records(struct backend *backend); /* for records of what is changed meanwhile */
/* Keeps what was recorded and gives the lock back. */
MUST_USE enum rc backend_leave(struct backend *backend, struct err *err);
void backend_leave_read(
    struct backend *backend); /* after a look; what cannot be kept of jobs that ended is logged */
void backend_apply_switches(struct backend *backend); /* after they were changed, within the lock */

/* The state as a whole. It begins again: no tenants, no faults, no counts. */
MUST_USE enum rc backend_reset(struct backend *backend, struct err *err);
void backend_write(struct backend *backend, struct json_out *out);         /* a JSON array */
MUST_USE enum rc backend_check(const struct json *state, struct err *err); /* could it be read? */
MUST_USE enum rc backend_read(struct backend *backend, const struct json *state,
                              struct err *err); /* on failure it is as after a reset */
