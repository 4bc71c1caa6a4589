#include "programs/numgate-lab/control.h"

#include "common/json/read.h"
#include "programs/numgate-lab/keyring.h"
#include "programs/numgate-lab/visit.h"

#include "common/base/banned.h"

/* Work that makes keys or writes files, done by the timer's thread. Lives in the exchange's arena, which the ticket keeps. */
struct slow_work {
    struct later_job job; /* first, so that the job is the work */
    struct visit *visit;
    enum rc (*make)(struct slow_work *work);
    void (*done)(struct visit *visit);
    bool forget;
    struct fault fault;
    enum rc rc;
    struct err err;
};

static void run_slow(struct later_job *job)
{
    struct slow_work *work = (struct slow_work *)(void *)job;
    work->rc = work->make(work);
    http_resume(work->visit->ticket);
}

static void refuse(struct visit *visit, enum refusal refusal, const struct err *err)
{
    visit_refuse(visit, refusal, arena_str(http_arena(visit->x), str_of(err->msg)));
}

static void finish_slow(struct http_exchange *x)
{
    struct visit *visit = http_user(x);
    struct slow_work *work = (struct slow_work *)(void *)visit->slow;
    if (work->rc == RC_OK) {
        work->done(visit);
    } else {
        refuse(visit,
               work->rc == RC_LIMIT     ? REFUSAL_CONTROL_FULL
               : work->rc == RC_INVALID ? REFUSAL_CONTROL
                                        : REFUSAL_INTERNAL,
               &work->err);
    }
}

static void start_slow(struct visit *visit, const struct slow_work *order)
{
    struct slow_work *work = arena_new_of(http_arena(visit->x), struct slow_work);
    if (work == NULL) {
        visit_refuse(visit, REFUSAL_INTERNAL, STR_NONE);
        return;
    }
    *work = *order;
    work->job = (struct later_job){.at = clock_mono(), .run = run_slow};
    work->visit = visit;
    visit->slow = work;
    visit->ticket = http_suspend(visit->x, finish_slow);
    later_submit(visit->lab->later, &work->job);
}

static void reply_faults(struct visit *visit, int status)
{
    struct json_out out;
    struct buf body;
    buf_init(&body, VISIT_REPLY_MAX);
    json_out_init(&out, &body);
    json_object_begin(&out);
    json_name(&out, STR("faults"));
    faults_write(visit->lab->faults, &out);
    json_object_end(&out);
    visit_reply(visit, status, &body);
}

/* ---- keys ---- */

static enum rc rotate(struct slow_work *work)
{
    return keyring_rotate(work->visit->lab->keyring, work->forget, &work->err);
}

static void reply_keys(struct visit *visit)
{
    struct buf body;
    buf_init(&body, VISIT_REPLY_MAX);
    keyring_publish(visit->lab->keyring, &body);
    visit_reply(visit, 200, &body);
}

void control_serve_rotate(struct visit *visit)
{
    const struct json *body = visit_body(visit);
    if (body == NULL) {
        return;
    }
    const struct json *forget = json_get(body, STR("forget"));
    bool fits = json_type(body) == JSON_OBJECT && json_count(body) == (forget != NULL) &&
                (forget == NULL || json_type(forget) == JSON_BOOL);
    if (!fits) {
        visit_refuse(visit, REFUSAL_CONTROL, STR("the body is {} or {\"forget\": true}"));
        return;
    }
    start_slow(visit, &(struct slow_work){.make = rotate, .done = reply_keys, .forget = json_bool(forget)});
}

/* ---- faults ---- */

static enum rc add_fault(struct slow_work *work)
{
    struct lab *lab = work->visit->lab;
    enum rc rc =
        work->fault.kind == FAULT_WRONG_KEY ? keyring_hire_impostors(lab->keyring, &work->err) : RC_OK;
    return rc == RC_OK ? faults_add(lab->faults, &work->fault, &work->err) : rc;
}

static void reply_added(struct visit *visit)
{
    reply_faults(visit, 201);
}

void control_serve_fault_add(struct visit *visit)
{
    struct slow_work order = {.make = add_fault, .done = reply_added};
    const struct json *body = visit_body(visit);
    struct err err;
    if (body == NULL) {
        return;
    }
    if (fault_read(body, &order.fault, &err) != RC_OK) {
        refuse(visit, REFUSAL_CONTROL, &err);
        return;
    }
    start_slow(visit, &order);
}

void control_serve_faults(struct visit *visit)
{
    reply_faults(visit, 200);
}

void control_serve_faults_clear(struct visit *visit)
{
    faults_clear(visit->lab->faults);
    reply_faults(visit, 200);
}

/* ---- the whole state ---- */

static enum rc reset(struct slow_work *work)
{
    return parts_reset(&work->visit->lab->parts, &work->err);
}

static enum rc restore(struct slow_work *work)
{
    struct visit *visit = work->visit;
    struct lab *lab = visit->lab;
    enum rc rc = parts_restore(&lab->parts, http_request(visit->x)->body, http_arena(visit->x), &work->err);
    return rc == RC_OK && faults_have(lab->faults, FAULT_WRONG_KEY)
               ? keyring_hire_impostors(lab->keyring, &work->err)
               : rc;
}

static void reply_done(struct visit *visit)
{
    struct buf body;
    buf_init(&body, VISIT_REPLY_MAX);
    buf_put_str(&body, STR("{}"));
    visit_reply(visit, 200, &body);
}

void control_serve_reset(struct visit *visit)
{
    start_slow(visit, &(struct slow_work){.make = reset, .done = reply_done});
}

void control_serve_restore(struct visit *visit)
{
    start_slow(visit, &(struct slow_work){.make = restore, .done = reply_done});
}

void control_serve_snapshot(struct visit *visit)
{
    struct buf body;
    buf_init(&body, PARTS_TEXT_MAX);
    parts_snapshot(&visit->lab->parts, &body);
    visit_reply(visit, 200, &body);
}
