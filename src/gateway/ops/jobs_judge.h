/* Rows of a job against what is stored: what would become of each, and then doing it. Each row stands alone. In a transaction. */
#pragma once
#include "gateway/domain/change.h"

/* A row whose number is not as the preview saw it is refused with this. */
#define JOBS_CHANGED "ChangedSincePreview"

/* Account, verdict, outcome, seen, code, message and target of the rows that have no verdict. Writes nothing. The change is by the job's
 * actor. */
MUST_USE enum rc jobs_judge(const struct change *change, const struct number_job *job,
                            struct number_job_row *rows, size_t count, struct err *err);
/* Does what the rows say, all of which are of one account; outcome, code, message and target say what became of each. */
MUST_USE enum rc jobs_apply(const struct change *change, const struct number_job *job,
                            struct number_job_row *rows, size_t count, struct err *err);
/* Adds rows with a verdict to the counts. */
void jobs_count(struct number_job_counts *counts, const struct number_job_row *rows, size_t count);
/* Whether `number`, as create or change has it, can be read; what it lacks of a number that is there already is no fault of a change. */
MUST_USE enum rc jobs_settings_check(enum number_job_kind kind, const struct json *settings,
                                     struct arena *mem, struct err *err);
