#include "programs/numgate-lab/backend_control.h"

#include "common/json/read.h"
#include "programs/numgate-lab/backend_change.h"
#include "programs/numgate-lab/backend_facts.h"
#include "programs/numgate-lab/backend_record.h"
#include "programs/numgate-lab/backend_rules.h"
#include "programs/numgate-lab/scenario.h"
#include "programs/numgate-lab/visit.h"

#include "common/base/banned.h"

#define SEGMENT_KEY   3 /* /lab/backend/consents/{tenantId} */
#define SEGMENT_UNDER 5 /* /lab/backend/tenants/{tenantId}/addresses/{id} */
#define HISTORY_PAGE  5000
#define REPLY_MAX     ((size_t)8 << 20)

static void refuse(struct visit *visit, enum rc rc, const struct err *err)
{
    enum refusal refusal = rc == RC_NOT_FOUND  ? REFUSAL_CONTROL_ABSENT
                           : rc == RC_LIMIT    ? REFUSAL_CONTROL_FULL
                           : rc == RC_INTERNAL ? REFUSAL_INTERNAL
                                               : REFUSAL_CONTROL;
    visit_refuse(visit, refusal, arena_str(http_arena(visit->x), str_of(err->msg)));
}

/* Ends a change: kept and answered, or refused. */
static void end_change(struct visit *visit, enum rc rc, struct err *err)
{
    enum rc kept = backend_leave(visit->lab->backend, rc == RC_OK ? err : NULL);
    rc = rc == RC_OK ? kept : rc;
    if (rc != RC_OK) {
        refuse(visit, rc, err);
        return;
    }
    struct buf body;
    buf_init(&body, VISIT_REPLY_MAX);
    buf_put_str(&body, STR("{\"done\":true}"));
    visit_reply(visit, 200, &body);
}

/* ---- consents and addresses ---- */

void backend_control_consent_put(struct visit *visit)
{
    struct backend *backend = visit->lab->backend;
    const struct json *body = visit_body(visit);
    struct err err;
    if (body != NULL) {
        (void)backend_enter(backend);
        end_change(visit, change_consent(backend, visit_segment(visit, SEGMENT_KEY), body, &err), &err);
    }
}

void backend_control_consent_drop(struct visit *visit)
{
    struct backend *backend = visit->lab->backend;
    struct err err;
    (void)backend_enter(backend);
    end_change(visit, change_no_consent(backend, visit_segment(visit, SEGMENT_KEY), &err), &err);
}

void backend_control_address_put(struct visit *visit)
{
    struct backend *backend = visit->lab->backend;
    const struct json *body = visit_body(visit);
    struct err err;
    if (body != NULL) {
        (void)backend_enter(backend);
        enum rc rc = change_address(backend, visit_segment(visit, SEGMENT_KEY),
                                    visit_segment(visit, SEGMENT_UNDER), body, &err);
        end_change(visit, rc, &err);
    }
}

void backend_control_address_drop(struct visit *visit)
{
    struct backend *backend = visit->lab->backend;
    struct err err;
    (void)backend_enter(backend);
    enum rc rc = change_no_address(backend, visit_segment(visit, SEGMENT_KEY),
                                   visit_segment(visit, SEGMENT_UNDER), &err);
    end_change(visit, rc, &err);
}

/* ---- numbers ---- */

static bool number_of(struct visit *visit, int64_t *ret)
{
    bool fits = tn_parse(visit_segment(visit, SEGMENT_KEY), ret);
    if (!fits) {
        visit_refuse(visit, REFUSAL_CONTROL, STR("the path must end in a telephone number with its +"));
    }
    return fits;
}

void backend_control_number_put(struct visit *visit)
{
    struct backend *backend = visit->lab->backend;
    const struct json *body;
    struct err err;
    int64_t tn;
    if (!number_of(visit, &tn) || (body = visit_body(visit)) == NULL) {
        return;
    }
    (void)backend_enter(backend);
    struct str tenant = json_string(json_get(body, STR("tenantId")));
    end_change(visit, change_numbers(backend, tenant, tn, 1, body, &err), &err);
}

void backend_control_number_assign(struct visit *visit)
{
    struct backend *backend = visit->lab->backend;
    const struct json *body;
    struct err err;
    int64_t tn;
    if (!number_of(visit, &tn) || (body = visit_body(visit)) == NULL) {
        return;
    }
    (void)backend_enter(backend);
    end_change(visit, change_assignment(backend, tn, body, &err), &err);
}

void backend_control_number_drop(struct visit *visit)
{
    struct backend *backend = visit->lab->backend;
    struct err err;
    int64_t tn;
    if (!number_of(visit, &tn)) {
        return;
    }
    (void)backend_enter(backend);
    end_change(visit, change_no_number(backend, visit_query(visit, "service"), tn, &err), &err);
}

/* ---- switches, applications, faults ---- */

void backend_control_switches(struct visit *visit)
{
    struct backend *backend = visit->lab->backend;
    struct json_out out;
    struct buf body;
    buf_init(&body, VISIT_REPLY_MAX);
    json_out_init(&out, &body);
    switches_write(&backend_enter(backend)->switches, &out);
    backend_leave_read(backend);
    visit_reply(visit, 200, &body);
}

void backend_control_switches_put(struct visit *visit)
{
    struct backend *backend = visit->lab->backend;
    const struct json *body = visit_body(visit);
    struct err err;
    if (body != NULL) {
        (void)backend_enter(backend);
        end_change(visit, change_switches(backend, body, &err), &err);
    }
}

void backend_control_applications(struct visit *visit)
{
    struct backend *backend = visit->lab->backend;
    struct json_out out;
    struct buf body;
    buf_init(&body, REPLY_MAX);
    json_out_init(&out, &body);
    json_object_begin(&out);
    json_name(&out, STR("applications"));
    json_put_value(&out, backend_enter(backend)->applications->json);
    backend_leave_read(backend);
    json_object_end(&out);
    visit_reply(visit, 200, &body);
}

static void change_registration(struct visit *visit, bool registered)
{
    struct backend *backend = visit->lab->backend;
    struct err err;
    (void)backend_enter(backend);
    end_change(visit, change_application(backend, visit_segment(visit, SEGMENT_KEY), registered, &err), &err);
}

void backend_control_application_put(struct visit *visit)
{
    change_registration(visit, true);
}

void backend_control_application_drop(struct visit *visit)
{
    change_registration(visit, false);
}

static void reply_faults(struct visit *visit, int status)
{
    struct json_out out;
    struct buf body;
    buf_init(&body, VISIT_REPLY_MAX);
    json_out_init(&out, &body);
    json_object_begin(&out);
    json_name(&out, STR("faults"));
    backend_faults_write(visit->lab->backend->faults, &out);
    json_object_end(&out);
    visit_reply(visit, status, &body);
}

void backend_control_faults(struct visit *visit)
{
    reply_faults(visit, 200);
}

void backend_control_fault_add(struct visit *visit)
{
    struct backend_fault fault;
    const struct json *body = visit_body(visit);
    struct err err;
    if (body == NULL) {
        return;
    }
    enum rc rc = backend_fault_read(body, &fault, &err);
    if (rc == RC_OK) {
        rc = backend_faults_add(visit->lab->backend->faults, &fault, &err);
    }
    if (rc != RC_OK) {
        refuse(visit, rc, &err);
        return;
    }
    reply_faults(visit, 201);
}

void backend_control_faults_clear(struct visit *visit)
{
    backend_faults_clear(visit->lab->backend->faults);
    reply_faults(visit, 200);
}

/* ---- what happened ---- */

/* Of all jobs, however they ended. */
struct totals {
    int64_t uploads, releases, jobs_open;
    int64_t effects[EFFECTS];
};

static struct totals count_jobs(const struct model *model)
{
    struct totals totals = {.jobs_open = (int64_t)model->open_count};
    for (size_t i = 0; i < model->history_count; i++) {
        const struct job *job = model->history[i];
        totals.uploads += job->kind == JOB_UPLOAD;
        totals.releases += job->kind == JOB_RELEASE;
        for (size_t k = 0; k < job->count; k++) {
            totals.effects[job->entries[k].effect]++;
        }
    }
    return totals;
}

static void write_statistics(const struct backend *backend, struct json_out *out)
{
    const struct model *model = &backend->model;
    struct totals totals = count_jobs(model);
    json_object_begin(out);
    json_name(out, STR("calls"));
    json_object_begin(out);
    for (size_t i = OP_NONE + 1; i < OPERATIONS; i++) {
        json_i64_member(out, operation_names[i], backend->counts.calls[i]);
    }
    json_object_end(out);
    json_i64_member(out, "callsOpen", backend->counts.open);
    json_i64_member(out, "callsAtOnceMax", backend->counts.open_max);
    json_i64_member(out, "uploads", totals.uploads);
    json_i64_member(out, "releases", totals.releases);
    json_i64_member(out, "jobsOpen", totals.jobs_open);
    json_name(out, STR("entries"));
    json_object_begin(out);
    for (size_t i = EFFECT_NONE + 1; i < EFFECTS; i++) {
        json_i64_member(out, effect_names[i], totals.effects[i]);
    }
    json_object_end(out);
    json_i64_member(out, "tenants", (int64_t)model->tenants.count);
    json_i64_member(out, "numbers", (int64_t)model->numbers.count);
    json_object_end(out);
}

void backend_control_statistics(struct visit *visit)
{
    struct backend *backend = visit->lab->backend;
    struct json_out out;
    struct buf body;
    buf_init(&body, VISIT_REPLY_MAX);
    json_out_init(&out, &body);
    (void)backend_enter(backend);
    write_statistics(backend, &out);
    backend_leave_read(backend);
    visit_reply(visit, 200, &body);
}

void backend_control_statistics_clear(struct visit *visit)
{
    struct backend *backend = visit->lab->backend;
    (void)backend_enter(backend);
    backend->counts = (struct backend_counts){.open = backend->counts.open, .open_max = backend->counts.open};
    backend_leave_read(backend);
    backend_control_statistics(visit);
}

static void write_happened(const struct job *job, const struct entry *entry, int64_t sequence,
                           struct json_out *out)
{
    char order[UUID_TEXT_MAX], id[UUID_TEXT_MAX], tenant[UUID_TEXT_MAX];
    json_object_begin(out);
    json_i64_member(out, "sequence", sequence);
    json_name(out, STR("telephoneNumber"));
    tn_put(out, entry->tn);
    json_str_member(out, "type", job->kind == JOB_UPLOAD ? STR("Upload") : STR("Release"));
    json_str_member(out, "service", service_name(job->service));
    json_str_member(out, "tenantId", map_key_uuid(job->tenant->id, tenant));
    json_str_member(out, "order", map_key_uuid(job->order, order));
    json_str_member(out, "jobId", map_key_uuid(job->id, id));
    json_str_member(out, "effect", str_of(effect_names[entry->effect]));
    if (entry->finding != FINDING_NONE) {
        json_str_member(out, "errorCode", str_of(finding_row((enum finding)entry->finding)->code));
    }
    if (entry->settings != NULL) {
        settings_write(entry->settings, out);
    }
    json_bool_member(out, "ended", job->completed_ms != 0);
    json_object_end(out);
}

/* All entries of all orders as they came, one sequence over all; a number narrows it down. False: there is more. */
static bool write_history(const struct model *model, int64_t after, int64_t tn, struct json_out *out)
{
    int64_t sequence = 0;
    size_t written = 0;
    for (size_t i = 0; i < model->history_count; i++) {
        const struct job *job = model->history[i];
        for (size_t k = 0; k < job->count; k++) {
            bool wanted = ++sequence > after && (tn == 0 || job->entries[k].tn == tn);
            if (wanted && written == HISTORY_PAGE) {
                return false;
            }
            if (wanted) {
                write_happened(job, &job->entries[k], sequence, out);
                written++;
            }
        }
    }
    return true;
}

void backend_control_history(struct visit *visit)
{
    struct backend *backend = visit->lab->backend;
    struct str after_text = visit_query(visit, "after"), tn_text = visit_query(visit, "number");
    int64_t after = 0, tn = 0;
    struct json_out out;
    struct buf body;
    if ((!str_absent(after_text) && !str_to_i64(after_text, 0, INT64_MAX, &after)) ||
        (!str_absent(tn_text) && !tn_parse(tn_text, &tn))) {
        visit_refuse(visit, REFUSAL_CONTROL, STR("?after= is a sequence, ?number= is %2B and digits"));
        return;
    }
    buf_init(&body, REPLY_MAX);
    json_out_init(&out, &body);
    json_object_begin(&out);
    json_name(&out, STR("value"));
    json_array_begin(&out);
    bool all = write_history(backend_enter(backend), after, tn, &out);
    backend_leave_read(backend);
    json_array_end(&out);
    json_bool_member(&out, "more", !all);
    json_object_end(&out);
    visit_reply(visit, 200, &body);
}

void backend_control_scenario(struct visit *visit)
{
    const struct json *body = visit_body(visit);
    struct err err;
    if (body == NULL) {
        return;
    }
    enum rc rc = scenario_apply(visit->lab, body, &err);
    if (rc != RC_OK) {
        refuse(visit, rc, &err);
        return;
    }
    struct buf reply;
    buf_init(&reply, VISIT_REPLY_MAX);
    buf_put_str(&reply, STR("{\"done\":true}"));
    visit_reply(visit, 200, &reply);
}
