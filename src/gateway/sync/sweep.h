/* How far the sweep of a tenant has come, kept in a job row of kind "sweep" whose key is the tenant. A sweep sees every number of the
 * tenant that the back end has, service by service; one page a run, spread over the day, or all at once when somebody asks. */
#pragma once
#include "gateway/domain/repo.h"

enum sweep_mode {
    SWEEP_ROLLING, /* by itself: repairs by the rules, and leaves too much for a person */
    SWEEP_PLAN,    /* somebody asked: look at everything now, and write nothing */
    SWEEP_REPAIR,  /* somebody has seen the plan: repair all of it now */
};

/* What the last whole sweep found. */
struct sweep_result {
    struct wall at; /* CLOCK_ABSENT: there was none */
    enum sweep_mode mode;
    int64_t seen, changed, missing, orphans;
};

struct sweep {
    enum sweep_mode mode;
    enum service service;
    int64_t after;        /* everything up to this number has been seen */
    int64_t pages;        /* of this one so far */
    int64_t pages_before; /* of the one before: they set the pace */
    int64_t seen, changed, missing, orphans;
    struct wall page_at;      /* when the last page was written down; CLOCK_ABSENT: never, as these */
    struct wall addresses_at; /* when all addresses were */
    struct sweep_result last;
};

/* RC_OK with a fresh one where there is none. */
MUST_USE enum rc sweep_read(struct repo_tx *tx, struct arena *mem, struct str tenant_key, enum repo_lock lock,
                            struct sweep *ret, struct err *err);
MUST_USE enum rc sweep_write(struct repo_tx *tx, struct arena *mem, struct str tenant_key,
                             const struct sweep *sweep, struct err *err);
MUST_USE enum rc sweep_forget(struct repo_tx *tx, struct arena *mem, struct str tenant_key, struct err *err);
/* Begins anew in this mode, at once. */
MUST_USE enum rc sweep_ask(struct repo_tx *tx, struct arena *mem, struct str tenant_key, enum sweep_mode mode,
                           struct err *err);
const char *sweep_mode_name(enum sweep_mode mode); /* "rolling", "plan", "repair" */

/* Why an account was paused by a sweep: kept until it is resumed. */
struct sweep_pause {
    int64_t missing, of; /* numbers that the back end does not have, of those it should */
};
MUST_USE enum rc sweep_pause_find(struct repo_tx *tx, struct arena *mem, struct str account,
                                  struct sweep_pause *ret, struct err *err); /* RC_NOT_FOUND */
MUST_USE enum rc sweep_pause_clear(struct repo_tx *tx, struct arena *mem, struct str account,
                                   struct err *err);
