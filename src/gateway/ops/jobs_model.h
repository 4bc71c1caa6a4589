/* What /numgate/v1/jobs says, out of what is stored; the structs are in model/jobs.h. */
#pragma once
#include "gateway/domain/repo.h"

/* In mem; false: there is no room in it. */
bool jobs_view_fill(const struct number_job *job, struct str caller, struct arena *mem,
                    struct jobs_view *ret);
/* `cancelled`: of a job that is; what is pending there never will be anything else. */
bool jobs_view_fill_row(const struct number_job_row *row, bool cancelled, struct arena *mem,
                        struct jobs_view_row *ret);
/* The outcome that people see. */
enum number_job_outcome_word jobs_outcome(const struct number_job_row *row, bool cancelled);
