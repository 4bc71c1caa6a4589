#include "gateway/ops/jobs_model.h"

#include "common/base/banned.h"

static struct str submitter(const struct actor *actor)
{
    return !str_absent(actor->name)        ? actor->name
           : !str_absent(actor->client_id) ? actor->client_id
                                           : actor->caller;
}

bool jobs_view_fill(const struct number_job *job, struct str caller, struct arena *mem, struct jobs_view *ret)
{
    struct jobs_view_counts *counts = arena_new_of(mem, struct jobs_view_counts);
    struct jobs_view_error *error = arena_new_of(mem, struct jobs_view_error);
    if (counts == NULL || error == NULL) {
        return false;
    }
    const struct number_job_counts *of = &job->counts;
    bool cancelled = job->state == NUMBER_JOB_CANCELLED || job->state == NUMBER_JOB_FAILED;
    *counts = (struct jobs_view_counts){.new = of->new,
                                        .changed = of->changed,
                                        .same = of->same,
                                        .deleted = of->deleted,
                                        .refused = of->refused,
                                        .applied = of->applied,
                                        .failed = of->failed,
                                        .cancelled = cancelled ? of->pending : 0,
                                        .pending = cancelled ? 0 : of->pending};
    *error = (struct jobs_view_error){job->error_code, job->error_message};
    *ret = (struct jobs_view){.id = job->id,
                              .kind = job->kind,
                              .state = job->state,
                              .account_name = job->account,
                              .filter = job->filter,
                              .submitted_by = submitter(&job->actor),
                              .own = str_eq(job->actor.caller, caller),
                              .created_at = job->created_at,
                              .started_at = job->started_at,
                              .ended_at = job->ended_at,
                              .rows = of->rows,
                              .counts = counts,
                              .error = str_absent(job->error_code) ? NULL : error};
    return true;
}

enum number_job_outcome_word jobs_outcome(const struct number_job_row *row, bool cancelled)
{
    return row->outcome == NUMBER_ROW_PENDING && cancelled ? NUMBER_OUTCOME_CANCELLED
                                                           : (enum number_job_outcome_word)row->outcome;
}

bool jobs_view_fill_row(const struct number_job_row *row, bool cancelled, struct arena *mem,
                        struct jobs_view_row *ret)
{
    char number[E164_TEXT_MAX];
    *ret = (struct jobs_view_row){
        .row = row->file_row,
        .telephone_number = row->telephone_number != 0
                                ? arena_str(mem, model_e164_text(row->telephone_number, number))
                                : row->text,
        .account_name = str_empty(row->account) ? STR_NONE : row->account,
        .verdict = row->verdict,
        .outcome = jobs_outcome(row, cancelled),
        .code = row->code,
        .message = row->message,
        .target = row->target,
    };
    return !arena_failed(mem);
}
