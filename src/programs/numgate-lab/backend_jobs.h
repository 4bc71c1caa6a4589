/* Orders become jobs, and jobs come to their end. Nothing runs by itself: whoever looks at the back end first ends what is due, in the order
 * of the times at which it was due, so that what is seen is as if it had been done then. */
#pragma once
#include "common/base/clock.h"
#include "common/json/write.h"
#include "programs/numgate-lab/backend_model.h"

#define JOB_ENTRIES_MAX 1000

/* Takes the order over as a job that begins now. Numbers that are in another open job are refused for themselves. Times are those of the
 * switches. The record goes to `records`. */
void jobs_accept(struct model *model, struct job *job, struct wall now, struct json_out *records);
/* Ends what is due, unless jobs are held. True: something ended, its records were written. */
bool jobs_are_due(const struct model *model, struct wall now);
void jobs_settle(struct model *model, struct wall now, struct json_out *records);

const char *job_status(const struct job *job, struct wall now); /* "InProgress" */
/* A job as it is told, with the numbers of its entries as they are now. */
void job_write(const struct model *model, const struct job *job, struct wall now, struct json_out *out);
void number_write(const struct number *number, struct json_out *out);
