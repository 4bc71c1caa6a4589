/* What the handlers of jobs share. */
#pragma once
#include "gateway/api/call.h"

/* Bits 1 << enum number_job_state. */
#define JOBS_OPEN                                                                                            \
    (1U << NUMBER_JOB_PREVIEWING | 1U << NUMBER_JOB_PREVIEWED | 1U << NUMBER_JOB_QUEUED |                    \
     1U << NUMBER_JOB_APPLYING)
#define JOBS_ENDED (1U << NUMBER_JOB_DONE | 1U << NUMBER_JOB_CANCELLED | 1U << NUMBER_JOB_FAILED)

enum rc jobs_no_room(struct err *err);
enum rc jobs_bad_field(struct err *err, const char *code, const char *field,
                       const char *message); /* RC_INVALID */
/* RC_DENIED "RoleRequired": what the job does is not the caller's to do. */
enum rc jobs_check_role(const struct call *call, enum number_job_kind kind, struct err *err);
/* The job becomes call->result, a struct jobs_view. */
enum rc jobs_show(struct call *call, const struct number_job *job, struct err *err);
