/* A new job: what it is given is checked on the loop, and stored as it came. Finding and judging its numbers is work (jobs_run.h). */
#pragma once
#include "common/base/err.h"

struct call;
struct repo_tx;

enum rc jobs_give_check(struct call *call, struct err *err); /* a list or a filter: struct jobs_input */
extern const char *const jobs_give_file_params[];            /* accountName */
enum rc jobs_give_file_check(struct call *call, struct err *err);
/* After either; call->result is a struct jobs_view. */
enum rc jobs_give_run(struct call *call, struct repo_tx *tx, struct err *err);
