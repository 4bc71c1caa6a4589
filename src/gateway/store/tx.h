/* What a job's transaction is made of. For the store's own files alone. */
#pragma once
#include "gateway/domain/repo.h"
#include "gateway/store/filter.h"
#include "gateway/store/sql.h"

/* The store-wide counter. Values are handed out from memory.
 *
 * One writer: how far they may go is written ahead, in the transaction that uses them, so no value comes twice whatever is rolled
 * back or lost. Several writers: each transaction takes a block of a sequence, after it has locked what it will change, so that the
 * values of one resource only rise. */
struct revision_counter {
    int64_t next;
    int64_t reserved;       /* values below are free to hand out; what the open transaction wrote counts */
    struct sql_stmt *asked; /* several writers: the statement that was sent for a block */
};

#define SEQUENCE_BLOCK   1024 /* revisions behind one value of the sequence: more than most transactions take */
#define OPERATION_AGE_MS (24 * 3600 * 1000LL) /* how long what was answered is remembered */

struct repo_tx {
    struct sql *sql;
    struct arena *mem; /* the job's: what statements need until they have run */
    enum repo_kind kind;
    struct revision_counter *revisions; /* NULL: reading only */
    unsigned touched;                   /* kinds of outbox rows, for repo_job.touched */
    bool shared;                        /* others write at the same time: locks are taken */
    uint32_t shard;      /* of the counters, so that writers of one account do not wait for each other */
    int64_t scan_end_us; /* REPO_SCAN: when its time is used up */
    uint32_t slice;      /* REPO_SCAN: keys in a slice */
};

MUST_USE enum rc revision_load(struct sql *sql, struct revision_counter *ret, struct err *err);
/* One writer: makes sure that the next values need no writing. In a write transaction. */
MUST_USE enum rc revision_reserve(struct sql *sql, struct revision_counter *revisions, struct err *err);

/* Several writers: asks for a block together with the statement that locks what will be changed. */
void revision_ask(struct repo_tx *tx);
void revision_done(struct revision_counter *revisions); /* at the end of the transaction */

/* The lock that is really taken: none where there is one writer, or nothing will be written. */
static inline enum repo_lock tx_lock(const struct repo_tx *tx, enum repo_lock lock)
{
    return tx->shared && tx->kind == REPO_WRITE ? lock : REPO_READ;
}

/* Deletes some of what is too old, in a write transaction. *ret_more: there may be more. */
MUST_USE enum rc operation_purge(struct sql *sql, bool *ret_more, struct err *err);
MUST_USE enum rc audit_purge(struct sql *sql, uint32_t keep_days, bool *ret_more, struct err *err);

/* What a filter can name. */
extern const struct column account_columns[], number_columns[], rfi_columns[], civic_address_columns[];
