/* The back end's state in memory: tenants with their consent, addresses and numbers; jobs; the switches. Knows no rule and no file: it
 * keeps what it is told and finds it again. A number is found by service and digits, and in order within its tenant. Guarded by the lock
 * of struct backend. */
#pragma once
#include "common/base/arena.h"
#include "common/base/err.h"
#include "common/json/read.h"
#include "common/json/write.h"
#include "programs/numgate-lab/backend_map.h"

#define TENANTS_MAX      100000
#define NUMBERS_MAX      5000000
#define ADDRESSES_MAX    100000 /* of one tenant */
#define DOCUMENT_MAX     (256 * 1024)
#define LIST_MAX         50 /* members of a list in a number's settings */
#define APPLICATIONS_MAX 1000

/* Is it there, and of this type? */
static inline bool json_is(const struct json *value, enum json_type type)
{
    return value != NULL && json_type(value) == type;
}

/* A JSON value that is kept as it came: consents and addresses are read by people, not by rules. */
struct document {
    struct arena *mem;
    const struct json *json;
};
MUST_USE enum rc document_new(struct str text, struct document **ret, struct err *err);
MUST_USE enum rc document_copy(const struct json *value, struct document **ret, struct err *err);
void document_free(struct document *document); /* NULL is fine */

enum service { SERVICE_OPERATOR_CONNECT, SERVICE_PHONE_MOBILE, SERVICES };
bool service_parse(struct str name, enum service *ret);
struct str service_name(enum service service);

/* What an operator says of a number. Equal ones are one object, which lives until the model is reset. */
struct settings {
    struct str usage;
    const struct str *additional, *choices;
    size_t additional_count, choice_count;
    struct str civic_address, location, displayed_country; /* absent: not given */
    bool allow_update;
};
/* Reads the members of Settings from an object that may have others as well. RC_INVALID names the member. */
MUST_USE enum rc settings_read(const struct json *object, struct arena *mem, struct settings *ret,
                               struct err *err);
void settings_write(const struct settings *settings, struct json_out *out); /* as members */

struct tenant_state {
    struct map_key id;
    struct document *consent;  /* NULL: none */
    struct map addresses;      /* struct document, by UUID */
    struct map held[SERVICES]; /* struct number, by digits */
};

struct number {
    int64_t tn;
    struct tenant_state *tenant;
    const struct settings *settings;
    int64_t acquired_ms;
    const char *assignment, *status; /* kept words, see model_word() */
    enum service service;
};

enum effect {
    EFFECT_NONE,
    EFFECT_ADDED,
    EFFECT_UPDATED,
    EFFECT_UNCHANGED,
    EFFECT_RELEASED,
    EFFECT_ABSENT,
    EFFECTS
};
extern const char *const effect_names[EFFECTS];

struct entry {
    int64_t tn;
    const struct settings *settings; /* of an upload */
    int finding;                     /* enum finding: 0 while nothing speaks against it */
    enum effect effect;
};

enum job_kind { JOB_UPLOAD, JOB_RELEASE };
struct job {
    struct map_key id, order;
    char body_hash[65];
    struct tenant_state *tenant;
    enum service service;
    enum job_kind kind;
    int64_t created_ms, start_ms, due_ms; /* wall clock */
    int64_t completed_ms;                 /* 0: not yet */
    bool forgotten;                       /* a fault: nobody can ask for it any more */
    bool undone;                          /* and its work is never done */
    struct entry *entries;
    size_t count;
};

struct switches {
    int64_t call_ms, start_ms, job_ms; /* how long a call takes, a job waits, a job works */
    bool hold;                         /* jobs do not end */
    int64_t throttle_calls;            /* 0: no limit */
    int64_t throttle_window_ms;
};
extern const struct switches switches_preset;

#define CHANGES_KEPT 100000
struct change {
    int64_t tn;
    enum service service;
};

struct model {
    struct map tenants;   /* struct tenant_state */
    struct map numbers;   /* struct number, by digits and service */
    struct map jobs;      /* struct job, by id */
    struct map orders;    /* struct job, by Idempotency-Key; forgotten ones are not here */
    struct map busy;      /* struct job that has not ended, by digits and service */
    struct job **history; /* all jobs as they came */
    size_t history_count, history_cap;
    struct job **open; /* those that have not ended, as they came */
    size_t open_count, open_cap;
    struct document *applications; /* ids that may call, a JSON array */
    struct switches switches;
    struct arena *pool;     /* of settings and words */
    struct map pooled;      /* by digest */
    struct change *changes; /* a ring: the change with sequence s is at s % CHANGES_KEPT */
    uint64_t change_count;
};

void model_init(struct model *model);
void model_clear(struct model *model); /* model_init() may follow */

struct tenant_state *model_tenant(const struct model *model, struct str uuid); /* NULL: unknown */
struct tenant_state *model_tenant_made(struct model *model,
                                       struct map_key id); /* made when it is not there */
void model_put_consent(struct tenant_state *tenant,
                       struct document *consent); /* takes it over; NULL: none any more */
void model_put_address(struct tenant_state *tenant, struct map_key id,
                       struct document *address); /* likewise */

const struct settings *model_settings(struct model *model,
                                      const struct settings *settings); /* the one that is equal */
const char *model_word(struct model *model, struct str word); /* kept until the reset; NULL for absent */

struct number *model_number(const struct model *model, enum service service,
                            int64_t tn); /* NULL: nobody holds it */
/* Puts in, or replaces what is there under the same service and digits, whoever holds it. */
struct number *model_put_number(struct model *model, const struct number *number);
void model_drop_number(struct model *model, struct number *number);
void model_note_change(struct model *model, const struct number *number);

struct job *model_add_job(struct model *model, struct job *job); /* takes it over */
struct job *model_busy(const struct model *model, enum service service, int64_t tn);
void model_end_job(struct model *model, struct job *job); /* it is not open any more */
void job_free(struct job *job);

struct map_key number_key(enum service service, int64_t tn);
