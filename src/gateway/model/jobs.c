#include "gateway/model/jobs.h"

#include "common/base/limits.h"
#include "gateway/model/rows.h"

#include "common/base/banned.h"

#define PREFIX "Numgate.Jobs."

const char *const number_job_kind[] = {"create", "change", "delete", NULL};
const char *const number_job_state[] = {"previewing", "previewed", "queued", "applying",
                                        "done",       "cancelled", "failed", NULL};
const char *const number_job_verdict[] = {"new", "changed", "same", "delete", "refused", NULL};
const char *const number_job_outcome_word[] = {"pending", "applied", "failed", "cancelled", NULL};

static const struct field input_fields[] = {
    WORD(jobs_input, kind, "kind", number_job_kind, REQUIRED,
         .doc = "create: new numbers, or other settings for those that are there; change; delete."),
    TEXT(jobs_input, account_name, "accountName", LENGTH(1, 100),
         .doc = "The account; of a change or delete it is optional, and restricts what is found."),
    TEXT(jobs_input, filter, "filter", .length_max = LIMIT_FILTER, .contract_max = true,
         .doc = "Which numbers, in the filter language of the lists; not of create."),
    TEXTS(jobs_input, telephone_numbers, "telephoneNumbers", .length_max = LIMIT_JOB_NUMBERS,
          .contract_max = true,
          .doc = "Numbers, or ranges such as +4416329600{00-99}, of up to 100,000 numbers in all."),
    RAW(jobs_input, number, "number",
        .doc = "serviceDetails and configuration as of a number: of create what each number gets, of change "
               "a merge "
               "patch (RFC 7396)."),
};
const struct schema schema_jobs_input =
    SCHEMA(PREFIX "Input", jobs_input, input_fields, "What a job shall do, and to which numbers.");

#define NUMBERS(member, json, ...)                                                                           \
    COUNT(jobs_view_counts, member, json, .flags = FIELD_REQUIRED, .doc = __VA_ARGS__)
static const struct field counts_fields[] = {
    NUMBERS(new, "new", "Rows whose number is to be created."),
    NUMBERS(changed, "changed", "Rows whose number is to be changed."),
    NUMBERS(same, "same", "Rows whose number is as it shall be."),
    NUMBERS(deleted, "delete", "Rows whose number is to be deleted."),
    NUMBERS(refused, "refused", "Rows that cannot be done."),
    NUMBERS(applied, "applied", "Of those that are new, changed or delete: done."),
    NUMBERS(failed, "failed", "Of the same: refused when they were to be applied."),
    NUMBERS(cancelled, "cancelled", "Of the same: never applied, since the job was cancelled."),
    NUMBERS(pending, "pending", "Of the same: not applied yet."),
};
static const struct schema schema_counts =
    SCHEMA(PREFIX "Counts", jobs_view_counts, counts_fields, "How many rows, by verdict and by outcome.");

static const struct field error_fields[] = {
    TEXT(jobs_view_error, code, "code", REQUIRED, .doc = "The cause in one word, such as TooManyRows."),
    TEXT(jobs_view_error, message, "message", REQUIRED, .doc = "The cause in words."),
};
static const struct schema schema_error =
    SCHEMA(PREFIX "Error", jobs_view_error, error_fields, "Why the job as a whole failed.");

static const struct field view_fields[] = {
    TEXT(jobs_view, id, "id", REQUIRED, .doc = "A UUID."),
    WORD(jobs_view, kind, "kind", number_job_kind, REQUIRED, .doc = "create, change or delete."),
    WORD(jobs_view, state, "state", number_job_state, REQUIRED,
         .doc = "previewing, previewed, queued, applying, done, cancelled or failed."),
    TEXT(jobs_view, account_name, "accountName", .doc = "The account it was asked for."),
    TEXT(jobs_view, filter, "filter", .doc = "The filter its numbers come from."),
    TEXT(jobs_view, submitted_by, "submittedBy", .doc = "Who asked for it: a name, or else an id."),
    FLAG(jobs_view, own, "own", .doc = "It is whoever asks; only they can apply it."),
    DATE(jobs_view, created_at, "createdAt", REQUIRED, .doc = "When it was asked for."),
    DATE(jobs_view, started_at, "startedAt", .doc = "When it was begun to be applied."),
    DATE(jobs_view, ended_at, "endedAt", .doc = "When it was done, cancelled, or failed."),
    COUNT(jobs_view, rows, "rows", REQUIRED, .doc = "Its rows so far; fixed when it is previewed."),
    PART(jobs_view, counts, "counts", jobs_view_counts, schema_counts, REQUIRED,
         .doc = "How many rows, by verdict and by outcome."),
    PART(jobs_view, error, "error", jobs_view_error, schema_error, .doc = "Why it failed as a whole."),
};
const struct schema schema_jobs_view =
    SCHEMA(PREFIX "Job", jobs_view, view_fields, "A bulk change of numbers: previewed, then applied.");

static const struct field row_fields[] = {
    COUNT(jobs_view_row, row, "row", REQUIRED,
          .doc =
              "As people count: of a file its row, headings being row 1; of a list its entry; else from 1."),
    TEXT(jobs_view_row, telephone_number, "telephoneNumber",
         .doc = "The number, or what stood in its place."),
    TEXT(jobs_view_row, account_name, "accountName", .doc = "The account, where it is known."),
    WORD(jobs_view_row, verdict, "verdict", number_job_verdict, REQUIRED,
         .doc = "What the preview says: new, changed, same, delete or refused."),
    WORD(jobs_view_row, outcome, "outcome", number_job_outcome_word,
         .doc = "What became of it: pending, applied, failed or cancelled; not there where nothing is to be "
                "done."),
    TEXT(jobs_view_row, code, "code", .doc = "Why it was refused, or failed, in one word."),
    TEXT(jobs_view_row, message, "message", .doc = "The same in words."),
    TEXT(jobs_view_row, target, "target", .doc = "The field that is meant."),
};
const struct schema schema_jobs_row = SCHEMA(PREFIX "Row", jobs_view_row, row_fields, "One number of a job.");

const struct schema *const model_jobs_schemas[] = {
    &schema_jobs_input, &schema_counts, &schema_error, &schema_jobs_view, &schema_jobs_row, NULL,
};
