#include "programs/numgate-lab/backend_jobs.h"

#include "common/base/mem.h"
#include "programs/numgate-lab/backend_facts.h"
#include "programs/numgate-lab/backend_record.h"
#include "programs/numgate-lab/backend_rules.h"

#include "common/base/banned.h"

/* ---- beginning ---- */

void jobs_accept(struct model *model, struct job *job, struct wall now, struct json_out *records)
{
    for (size_t i = 0; i < job->count; i++) {
        bool busy = model_busy(model, job->service, job->entries[i].tn) != NULL;
        job->entries[i].finding = busy ? FINDING_NUMBER_IN_OPERATION : FINDING_NONE;
    }
    job->created_ms = now.ms;
    job->start_ms = now.ms + model->switches.start_ms;
    job->due_ms = job->start_ms + model->switches.job_ms;
    if (job->forgotten) { /* nobody can wait for it */
        job->start_ms = job->due_ms = now.ms;
    }
    record_job(records, model_add_job(model, job));
}

/* ---- ending ---- */

/* What a job did, to be recorded. */
struct done {
    const struct number **put;
    int64_t *dropped;
    size_t put_count, dropped_count;
};

static void upload_one(struct model *model, const struct job *job, struct entry *entry, struct wall now,
                       struct done *done)
{
    struct number *held = model_number(model, job->service, entry->tn);
    if (held != NULL && held->settings == entry->settings) {
        entry->effect = EFFECT_UNCHANGED;
        return;
    }
    struct number number = {.tn = entry->tn,
                            .tenant = job->tenant,
                            .acquired_ms = now.ms,
                            .assignment = model_word(model, STR("Unassigned")),
                            .status = model_word(model, STR("Active")),
                            .service = job->service};
    entry->effect = EFFECT_ADDED;
    if (held != NULL) {
        number = *held;
        entry->effect = EFFECT_UPDATED;
    }
    number.settings = entry->settings;
    done->put[done->put_count++] = model_put_number(model, &number);
}

static void release_one(struct model *model, const struct job *job, struct entry *entry, struct done *done)
{
    struct number *held = model_number(model, job->service, entry->tn);
    if (held == NULL || held->tenant != job->tenant) {
        entry->effect = EFFECT_ABSENT;
        return;
    }
    entry->effect = EFFECT_RELEASED;
    done->dropped[done->dropped_count++] = held->tn;
    model_drop_number(model, held);
}

static void end_entry(struct model *model, const struct job *job, struct entry *entry, struct wall now,
                      struct done *done)
{
    if (entry->finding != FINDING_NONE) {
        return;
    }
    bool upload = job->kind == JOB_UPLOAD;
    entry->finding =
        upload ? (int)rules_judge_upload(model, job, entry) : (int)rules_judge_release(model, job, entry);
    if (entry->finding != FINDING_NONE) {
        return;
    }
    if (upload) {
        upload_one(model, job, entry, now, done);
    } else {
        release_one(model, job, entry, done);
    }
}

static void end_job(struct model *model, struct job *job, struct wall now, struct json_out *records)
{
    struct done done = {
        .put = mem_alloc_array(job->count + 1, sizeof(struct number *)),
        .dropped = mem_alloc_array(job->count + 1, sizeof(int64_t)),
    };
    model_end_job(model, job);
    for (size_t i = 0; i < job->count; i++) {
        end_entry(model, job, &job->entries[i], now, &done);
    }
    job->completed_ms = now.ms;
    record_numbers(records, done.put, done.put_count);
    if (done.dropped_count > 0) {
        record_no_numbers(records, job->service, done.dropped, done.dropped_count);
    }
    record_job(records, job);
    mem_free(done.put);
    mem_free(done.dropped);
}

static struct job *first_due(const struct model *model, struct wall now)
{
    struct job *first = NULL;
    for (size_t i = 0; i < model->open_count && !model->switches.hold; i++) {
        struct job *job = model->open[i];
        if (job->due_ms <= now.ms && (first == NULL || job->due_ms < first->due_ms)) {
            first = job;
        }
    }
    return first;
}

bool jobs_are_due(const struct model *model, struct wall now)
{
    return first_due(model, now) != NULL;
}

void jobs_settle(struct model *model, struct wall now, struct json_out *records)
{
    for (struct job *job = first_due(model, now); job != NULL; job = first_due(model, now)) {
        end_job(model, job, now, records);
    }
}

/* ---- telling ---- */

static size_t refused(const struct job *job)
{
    size_t count = 0;
    for (size_t i = 0; i < job->count; i++) {
        count += job->entries[i].finding != FINDING_NONE;
    }
    return count;
}

const char *job_status(const struct job *job, struct wall now)
{
    if (job->completed_ms == 0) {
        return now.ms < job->start_ms ? "NotStarted" : "InProgress";
    }
    size_t bad = refused(job);
    return bad == 0 ? "Complete" : bad < job->count ? "PartiallyComplete" : "Failed";
}

static void put_time(struct json_out *out, const char *name, int64_t ms)
{
    char text[CLOCK_TEXT_MAX];
    json_str_member(out, name, clock_rfc3339((struct wall){ms}, text));
}

static void put_capabilities(const struct number *number, struct json_out *out)
{
    const struct settings *s = number->settings;
    struct str usages[1 + LIST_MAX] = {s->usage};
    bool toll_free = tn_is_toll_free(number->tn);
    for (size_t i = 0; i < s->additional_count; i++) {
        usages[1 + i] = s->additional[i];
    }
    capabilities_write_acquired(out, toll_free, usages, 1 + s->additional_count, s->choices, s->choice_count);
    capabilities_write_available(out, toll_free, toll_free);
}

void number_write(const struct number *number, struct json_out *out)
{
    char tenant[UUID_TEXT_MAX];
    const char *country = country_of(number->tn);
    json_object_begin(out);
    json_name(out, STR("telephoneNumber"));
    tn_put(out, number->tn);
    json_str_member(out, "service", service_name(number->service));
    json_str_member(out, "tenantId", map_key_uuid(number->tenant->id, tenant));
    settings_write(number->settings, out);
    put_capabilities(number, out);
    put_time(out, "acquiredOn", number->acquired_ms);
    json_str_member(out, "isoCountryCode",
                    country[0] != '\0' && !tn_is_american_toll_free(number->tn)
                        ? str_of(country)
                        : number->settings->displayed_country);
    json_str_member(out, "assignmentStatus", str_of(number->assignment));
    json_str_member(out, "acquiredNumberStatus", str_of(number->status));
    json_object_end(out);
}

static void put_entry(const struct model *model, const struct job *job, const struct entry *entry,
                      struct json_out *out)
{
    const struct number *number = model_number(model, job->service, entry->tn);
    const struct finding_row *row = finding_row((enum finding)entry->finding);
    bool ended = job->completed_ms != 0;
    bool refusal = ended && entry->finding != FINDING_NONE;
    json_object_begin(out);
    json_name(out, STR("telephoneNumber"));
    tn_put(out, entry->tn);
    json_str_member(out, "status", !ended ? STR("Pending") : refusal ? STR("Error") : STR("Success"));
    if (refusal) {
        json_str_member(out, "errorCode", str_of(row->code));
        json_str_member(out, "errorMessage", str_of(row->message));
    }
    if (ended && !refusal && job->kind == JOB_UPLOAD && number != NULL && number->tenant == job->tenant) {
        json_name(out, STR("number"));
        number_write(number, out);
    }
    json_object_end(out);
}

void job_write(const struct model *model, const struct job *job, struct wall now, struct json_out *out)
{
    char id[UUID_TEXT_MAX], order[UUID_TEXT_MAX];
    json_object_begin(out);
    json_str_member(out, "jobId", map_key_uuid(job->id, id));
    json_str_member(out, "type", job->kind == JOB_UPLOAD ? STR("Upload") : STR("Release"));
    json_str_member(out, "status", str_of(job_status(job, now)));
    json_str_member(out, "idempotencyKey", map_key_uuid(job->order, order));
    put_time(out, "createdOn", job->created_ms);
    if (job->completed_ms != 0) {
        put_time(out, "completedOn", job->completed_ms);
    }
    json_name(out, STR("entries"));
    json_array_begin(out);
    for (size_t i = 0; i < job->count; i++) {
        put_entry(model, job, &job->entries[i], out);
    }
    json_array_end(out);
    json_object_end(out);
}
