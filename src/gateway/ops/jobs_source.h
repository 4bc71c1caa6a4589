/* The numbers of a job, one row each, from what it was given: a list with ranges, a file, or a filter. Read in pieces, so that neither a
 * file nor a hundred thousand matches of a filter are ever in memory at once, and again from the start after an interruption: a list and a
 * file give the same rows each time, and those that are there already are passed over. Rows that are wrong by themselves come refused;
 * all others are still to be judged. For the engine's threads; each function may wait for the store. */
#pragma once
#include "gateway/domain/repo.h"

struct job_source;
struct work;

/* Behind job->counts.rows rows, or behind job->place of a filter. The job outlives it. */
MUST_USE enum rc job_source_open(struct work *work, const struct number_job *job, struct job_source **ret,
                                 struct err *err);
void job_source_free(struct job_source *source); /* NULL is fine */

/* Further rows, at most `limit` and perhaps fewer, in mem; *ret_end: there are no further ones. RC_INVALID and RC_LIMIT with a code: what
 * it was given cannot be read on, ever. */
MUST_USE enum rc job_source_next(struct job_source *source, struct arena *mem, size_t limit,
                                 struct number_job_rows *ret, bool *ret_end, struct err *err);
int64_t job_source_place(const struct job_source *source);    /* for job->place */
uint64_t job_source_columns(const struct job_source *source); /* for job->columns */
