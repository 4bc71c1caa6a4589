/* What /numgate/v1/jobs says and takes: plain structs and their field tables. They are no part of the contract, and here since the server
 * writes what libnumgate reads, and the other way round. */
#pragma once
#include "gateway/model/schema.h"

struct json;

enum number_job_kind { NUMBER_JOB_CREATE = 1, NUMBER_JOB_CHANGE, NUMBER_JOB_DELETE };
enum number_job_state {
    NUMBER_JOB_PREVIEWING = 1, /* its rows are being found and judged */
    NUMBER_JOB_PREVIEWED,      /* it waits to be applied; its rows are fixed */
    NUMBER_JOB_QUEUED,         /* it shall be applied */
    NUMBER_JOB_APPLYING,       /* a first slice of its rows was */
    NUMBER_JOB_DONE,           /* no row is pending */
    NUMBER_JOB_CANCELLED,      /* rows that are pending never will be anything else */
    NUMBER_JOB_FAILED          /* error says why; what was applied stays */
};

enum number_job_verdict {
    NUMBER_ROW_NEW = 1,
    NUMBER_ROW_CHANGED,
    NUMBER_ROW_SAME,
    NUMBER_ROW_DELETE,
    NUMBER_ROW_REFUSED
};

struct jobs_input {
    enum number_job_kind kind;
    struct str account_name, filter;
    struct text_list telephone_numbers;
    const struct json *number;
};

struct jobs_view_counts {
    int64_t new, changed, same, deleted, refused, applied, failed, cancelled, pending;
};
struct jobs_view_error {
    struct str code, message;
};
struct jobs_view {
    struct str id;
    enum number_job_kind kind;
    enum number_job_state state;
    struct str account_name, filter, submitted_by;
    bool own;
    struct wall created_at, started_at, ended_at;
    int64_t rows;
    const struct jobs_view_counts *counts;
    const struct jobs_view_error *error;
};

/* What became of a row, where anything is to be done about it. */
enum number_job_outcome_word {
    NUMBER_OUTCOME_PENDING = 1,
    NUMBER_OUTCOME_APPLIED,
    NUMBER_OUTCOME_FAILED,
    NUMBER_OUTCOME_CANCELLED
};
struct jobs_view_row {
    int64_t row;
    struct str telephone_number, account_name;
    enum number_job_verdict verdict;
    enum number_job_outcome_word outcome;
    struct str code, message, target;
};

extern const char *const number_job_kind[],
    *const number_job_state[], *const number_job_verdict[],
                                   *const number_job_outcome_word[]; /* the words of the enums; NULL ends */
extern const struct schema schema_jobs_input, schema_jobs_view, schema_jobs_row;
extern const struct schema *const model_jobs_schemas[]; /* every one, parts included; NULL ends */
