/* GET /numgate/v1/jobs/{jobId}/result: what became of every row, as CSV that a spreadsheet cannot take for formulas. A result that is too
 * large for one reply goes on at the address that the Link header gives, without headings. */
#pragma once
#include "common/base/err.h"

struct call;
struct number_job;
struct repo_tx;

extern const char *const result_params[]; /* after: the place of the last row before */
enum rc result_check(struct call *call, struct err *err);
/* The job is call->result. */
enum rc result_read(struct call *call, struct repo_tx *tx, const struct number_job *job, struct err *err);
void result_answer(struct call *call);
