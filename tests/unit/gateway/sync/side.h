/* The other side: a back end in memory, for tests of the engine. It keeps the promises of domain/backend.h, and breaks them on demand.
 * Any thread; tests change it between two looks. */
#pragma once
#include <pthread.h>
#include <stdatomic.h>

#include "gateway/domain/backend.h"
#include "gateway/model/schema.h"

#define SIDE_NUMBERS   20000
#define SIDE_JOBS      400
#define SIDE_ADDRESSES 10100

enum side_fault {
    SIDE_WELL,
    SIDE_BUSY,    /* nothing was done */
    SIDE_DEAF,    /* no answer, and nothing was done */
    SIDE_MUTE,    /* no answer, but it was done */
    SIDE_REFUSES, /* the whole order is wrong */
};

struct side_number {
    struct backend_number number;
    unsigned uploads; /* orders that brought it here or changed it */
};

struct side_job {
    struct backend_order order; /* copied */
    struct str id;
    bool done;
    struct backend_entry *entries;
};

struct side {
    pthread_mutex_t mutex;
    struct arena *mem;
    struct backend backend;
    struct side_number numbers[SIDE_NUMBERS];
    size_t number_count;
    struct side_job jobs[SIDE_JOBS];
    size_t job_count;
    struct rfi consents[8];
    size_t consent_count;
    struct civic_address addresses[SIDE_ADDRESSES]; /* ascending */
    size_t address_count;
    struct customer_relationship relationship; /* the last one that was set */
    atomic_uint relationships;                 /* how often */
    /* on demand */
    bool hold;    /* jobs do not end */
    int64_t held; /* nor does the one with this number */
    bool gated;   /* orders arrive, and wait with their answer: side_open */
    pthread_cond_t opened;
    unsigned waiting;              /* of them */
    bool no_addresses, no_numbers; /* nobody can read them */
    enum side_fault fault;         /* of orders and relationships */
    unsigned fault_times;
    int64_t refused; /* this number is refused with refused_code, refused_times */
    const char *refused_code;
    unsigned refused_times;
    bool loses_jobs;                         /* nobody knows of jobs any more; what they did stays */
    bool forgets_entries;                    /* jobs end without a word on their numbers */
    unsigned look_ms;                        /* that it takes to tell of a number */
    atomic_uint calls, orders;               /* that arrived */
    atomic_uint looks;                       /* at single numbers */
    atomic_uint number_pages, address_pages; /* that were asked for */
};

struct side *side_new(void);
void side_free(struct side *side);
void side_lock(struct side *side);
void side_unlock(struct side *side);
void side_open(struct side *side);

void side_consent(struct side *side, const char *tenant, enum consent_status status, const char *country);
/* NULL: it is not there. The caller holds the lock. */
struct side_number *side_find(struct side *side, enum service service, int64_t telephone_number);
void side_assign(struct side *side, int64_t telephone_number, bool assigned);
void side_put(struct side *side, const char *tenant, int64_t telephone_number, const char *usage);
void side_drop(struct side *side, int64_t telephone_number);
bool side_has(struct side *side, const char *tenant, int64_t telephone_number);
