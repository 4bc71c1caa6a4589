/* An account's numbers. A run keeps some orders open and the back end busy with them: it plans (what is open already, and new orders for
 * what is missing), sends orders and asks for them, several at a time, and writes down what came of each as it ends, while the others go
 * on. It ends when nothing is left, or when all that is left is for the back end to do. An order's memory is that of the plan that made
 * it, which goes with the last of its orders. */
#include <time.h>

#include "gateway/sync/look.h"
#include "gateway/sync/room.h"
#include "gateway/sync/step.h"

#include "common/base/banned.h"

/* A plan for fewer orders is not worth its transaction while there is anything else to do. */
#define ROOM_LEAST (SYNC_ORDERS / 4)
/* Nor does a plan make more than can be sent at once: the back end is at work while the next one is made. */
#define ROOM_MOST SYNC_CALLS
/* Of the orders of a plan: those that a run finds open are read into it as JSON, of up to 250 bytes a value, and their text. */
#define ROUND_BYTES ((size_t)SYNC_ORDERS * (ORDER_VALUES_MAX * 250 + 512 * 1024))
/* How long a run waits without looking whether it shall stop; with room for more, whether there is more. */
#define LOOK_MS 500
#define WAKE_MS 25

/* The memory of a plan, in itself. */
struct round {
    struct arena *mem;
    struct arena_mark empty;
    size_t open; /* orders */
};

struct slot {
    struct order order;  /* first */
    struct round *round; /* NULL: the slot is free */
    bool under_way;      /* a step is at it */
};

struct outward {
    struct sync *sync;
    struct work_run *run;
    struct mono end;
    struct steps *steps;
    struct slot slots[SYNC_ORDERS];
    size_t open, under_way;
    struct round *round; /* of the plan that is being made */
    struct plan plan;
    struct order *settling;
    struct outcome outcome;
    struct plan_bounds bounds;
    int64_t uploaded[SERVICE_COUNT],
        released[SERVICE_COUNT]; /* the last numbers that were ordered in this run */
    bool asked;                  /* the back end, for anything */
    bool left;                   /* there is something to plan, as far as this run knows */
    unsigned wakes;              /* sync->wakes at the last plan ... */
    struct mono wake;            /* ... and from when on one counts */
    bool again;                  /* something must be ordered again, later */
    bool stuck;                  /* ... and of its order nothing was done: it is no use to go on */
};

/* ---- transactions ---- */

static enum rc make_plan(struct repo_tx *tx, struct arena *mem, const struct stand *stand, void *arg,
                         struct err *err)
{
    struct outward *o = arg;
    (void)mem; /* it is given back before the orders are */
    arena_rewind(o->round->mem, o->round->empty);
    return plan__make(o->sync, tx, o->round->mem, work_item(o->run)->key, stand, &o->bounds, &o->plan, err);
}

static enum rc settle(struct repo_tx *tx, struct arena *mem, const struct stand *stand, void *arg,
                      struct err *err)
{
    struct outward *o = arg;
    return settle__order(o->sync, tx, mem, work_item(o->run)->key, stand, o->settling, &o->outcome, err);
}

/* So that whoever goes on knows whom to ask, and when. */
static enum rc save_orders(struct repo_tx *tx, struct arena *mem, const struct stand *stand UNUSED, void *arg,
                           struct err *err)
{
    struct outward *o = arg;
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < SYNC_ORDERS; i++) {
        rc = o->slots[i].round != NULL ? order_save(tx, mem, &o->slots[i].order, err) : RC_OK;
    }
    return rc;
}

/* ---- results ---- */

static enum rc no_room(struct err *err)
{
    return err_set(err, RC_LIMIT, NULL, "out of memory for the results of an order");
}

/* What is to be ordered again waits for the next run; numbers behind it do not. */
static void note_outcome(struct outward *o, const struct order *order)
{
    const int64_t *counts = o->outcome.counts;
    for (size_t i = 0; i < SYNC_COUNTS; i++) {
        metric_add(o->sync->counts[i], counts[i]);
    }
    o->left = o->left || o->outcome.finished < order->sent.count;
    if (counts[SYNC_AGAIN] > 0) {
        o->again = true;
        o->stuck = o->stuck || counts[SYNC_AGAIN] == (int64_t)order->sent.count;
    }
}

static enum rc settle_with(struct outward *o, struct order *order, const struct backend_entry *entries,
                           struct err *err)
{
    o->settling = order;
    o->outcome = (struct outcome){.entries = entries};
    enum rc rc = sync__write(o->run, settle, o, err);
    if (rc == RC_OK) {
        order->ended = true;
        note_outcome(o, order);
        metric_set(o->sync->last_success, clock_wall().ms / 1000);
    }
    return rc;
}

static const struct backend_entry *entry_of(const struct backend_job *job, int64_t telephone_number)
{
    for (size_t i = 0; i < job->count; i++) {
        if (job->entries[i].telephone_number == telephone_number) {
            return &job->entries[i];
        }
    }
    return NULL;
}

/* The job's entries in the order of the order's numbers; job NULL: nobody knows of it any more. */
static enum rc settle_job(struct outward *o, struct order *order, const struct backend_job *job,
                          struct err *err)
{
    const struct backend_order *sent = &order->sent;
    struct backend_entry *entries = arena_alloc_array(work_mem(o->run), sent->count, sizeof *entries);
    struct look look;
    size_t unknown = 0;
    if (entries == NULL) {
        return no_room(err);
    }
    for (size_t i = 0; i < sent->count; i++) {
        const struct backend_entry *entry =
            job != NULL ? entry_of(job, sent->numbers[i].telephone_number) : NULL;
        entries[i] = entry != NULL ? *entry : (struct backend_entry){.state = BACKEND_ENTRY_OPEN};
        unknown += entries[i].state == BACKEND_ENTRY_OPEN;
    }
    look_init(&look, o->sync->config.backend, o->run, sent, unknown);
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < sent->count; i++) {
        if (entries[i].state == BACKEND_ENTRY_OPEN) {
            rc = look_at(&look, &sent->numbers[i], &entries[i], err);
        }
    }
    return rc == RC_OK ? settle_with(o, order, entries, err) : rc;
}

static const struct err_item *finding_of(const struct err *why, int64_t telephone_number)
{
    char text[E164_TEXT_MAX];
    struct str number = model_e164_text(telephone_number, text);
    const struct err_item *item = why->details != NULL ? why->details->first : NULL;
    while (item != NULL && !str_eq(item->field, number)) {
        item = item->next;
    }
    return item;
}

/* The whole order was refused. Where single numbers were named, the others are ordered again without them. */
static enum rc settle_refusal(struct outward *o, struct order *order, const struct err *why, struct err *err)
{
    struct arena *mem = work_mem(o->run);
    struct backend_entry *entries = arena_alloc_array(mem, order->sent.count, sizeof *entries);
    const struct err_item *first = why->details != NULL ? why->details->first : NULL;
    struct str code = str_of(first != NULL ? first->code : why->code);
    bool named = false;
    if (entries == NULL) {
        return no_room(err);
    }
    for (size_t i = 0; i < order->sent.count; i++) {
        named = named || finding_of(why, order->sent.numbers[i].telephone_number) != NULL;
    }
    for (size_t i = 0; i < order->sent.count; i++) {
        const struct err_item *item = finding_of(why, order->sent.numbers[i].telephone_number);
        entries[i] =
            (struct backend_entry){.telephone_number = order->sent.numbers[i].telephone_number,
                                   .state = BACKEND_ENTRY_REFUSED,
                                   .code = item != NULL ? str_of(item->code)
                                           : named      ? STR("InternalError")
                                                        : code,
                                   .message = item != NULL ? item->msg : arena_str(mem, str_of(why->msg))};
    }
    return settle_with(o, order, entries, err);
}

/* ---- slots ---- */

static struct round *round_new(void)
{
    struct arena *mem = arena_new(ROUND_BYTES);
    struct round *round = mem != NULL ? arena_new_of(mem, struct round) : NULL;
    if (round == NULL) {
        arena_free(mem);
        return NULL;
    }
    *round = (struct round){.mem = mem, .empty = arena_mark(mem)};
    return round;
}

static void round_leave(struct round *round)
{
    if (round->open == 0) {
        arena_free(round->mem);
    }
}

static struct slot *free_slot(struct outward *o)
{
    struct slot *slot = o->slots;
    while (slot->round != NULL) {
        slot++;
    }
    return slot;
}

static void slot_fill(struct outward *o, const struct order *order)
{
    const struct backend_order *sent = &order->sent;
    int64_t last = sent->numbers[sent->count - 1].telephone_number;
    *free_slot(o) = (struct slot){.order = *order, .round = o->round};
    o->round->open++;
    o->open++;
    int64_t *noted = sent->kind == BACKEND_UPLOAD ? o->uploaded : o->released;
    if (last > noted[sent->service]) {
        noted[sent->service] = last;
    }
}

static void slot_clear(struct outward *o, struct slot *slot)
{
    struct round *round = TAKE(slot->round);
    o->open--;
    round->open--;
    round_leave(round);
}

/* ---- what is to be done next ---- */

static bool is_due(const struct slot *slot)
{
    return slot->round != NULL && !slot->under_way &&
           (str_empty(slot->order.job_id) || mono_left_ms(slot->order.due, clock_mono()) == 0);
}

/* Until the first of the orders that nothing is done about is to be asked for; -1: there is none. */
static int64_t wait_ms(const struct outward *o)
{
    int64_t least = -1;
    for (const struct slot *slot = o->slots; slot < o->slots + SYNC_ORDERS; slot++) {
        int64_t left = mono_left_ms(slot->order.due, clock_mono());
        if (slot->round != NULL && !slot->under_way && (least < 0 || left < least)) {
            least = left;
        }
    }
    return least;
}

/* ---- plan, begin, take ---- */

/* Clients of this node have written something since the last plan; what those of others write is for the next run. */
static bool was_woken(const struct outward *o)
{
    return atomic_load(&o->sync->wakes) != o->wakes && mono_left_ms(o->wake, clock_mono()) == 0;
}

static bool may_plan(const struct outward *o)
{
    size_t room = SYNC_ORDERS - o->open;
    return (o->left || was_woken(o)) && (room >= ROOM_LEAST || (room > 0 && o->under_way == 0));
}

static enum rc plan(struct outward *o, struct err *err)
{
    o->round = round_new();
    if (o->round == NULL) {
        return no_room(err);
    }
    memcpy(o->bounds.after, o->uploaded, sizeof o->uploaded);
    if (o->again) { /* the run goes on behind what it ordered already */
        memcpy(o->bounds.released, o->released, sizeof o->released);
        o->bounds.only_behind = true;
    }
    size_t room = SYNC_ORDERS - o->open;
    o->bounds.room = room < ROOM_MOST ? room : ROOM_MOST;
    o->wakes = atomic_load(&o->sync->wakes);
    enum rc rc = sync__write(o->run, make_plan, o, err);
    if (rc == RC_OK) {
        for (size_t i = 0; i < o->plan.count; i++) {
            slot_fill(o, &o->plan.orders[i]);
        }
        o->bounds.read_open = false;
        o->left = o->plan.cut || o->plan.full;
        metric_add(o->sync->counts[SYNC_REFUSED], (int64_t)o->plan.failed);
    }
    round_leave(TAKE(o->round));
    o->wake = mono_after(clock_mono(), WAKE_MS);
    return rc;
}

static enum rc begin_due(struct outward *o, struct err *err)
{
    enum rc rc = RC_OK;
    for (struct slot *slot = o->slots; rc == RC_OK && slot < o->slots + SYNC_ORDERS; slot++) {
        if (is_due(slot)) {
            o->asked = true;
            rc = steps_begin(o->steps, &slot->order, err);
            slot->under_way = rc == RC_OK;
            o->under_way += rc == RC_OK;
        }
    }
    return rc;
}

/* What the back end said of an order is written down. */
static enum rc write_step(struct outward *o, struct slot *slot, struct step *step, struct err *err)
{
    switch (step->result) {
    case STEP_RUNS:
        if (!str_eq(slot->order.job_id, step->job.id)) {
            slot->order.job_id = arena_str(slot->round->mem, step->job.id);
        }
        order_poll_later(&slot->order);
        return RC_OK;
    case STEP_ENDED:
        return settle_job(o, &slot->order, &step->job, err);
    case STEP_LOST:
        return settle_job(o, &slot->order, NULL, err);
    case STEP_REFUSED:
        return settle_refusal(o, &slot->order, &step->why, err);
    case STEP_UNMADE:
        return RC_OK;
    case STEP_FAILED:
        break;
    }
    if (err != NULL) {
        *err = step->why;
        err->details = NULL; /* they go with the step */
    }
    return step->rc;
}

static enum rc take_step(struct outward *o, struct step *step, struct err *err)
{
    struct slot *slot = (struct slot *)(void *)step->order; /* an order is the first of its slot */
    slot->under_way = false;
    o->under_way--;
    enum rc rc = write_step(o, slot, step, err);
    step_free(step);
    if (slot->order.ended) {
        slot_clear(o, slot);
    }
    return rc;
}

/* ---- the run ---- */

static void nap(int64_t ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&t, NULL); /* a signal only makes it shorter */
}

/* For a step to end, at most until there is something else to do. */
static enum rc await_step(struct outward *o, struct err *err)
{
    int64_t wait = wait_ms(o), most = SYNC_ORDERS - o->open >= ROOM_LEAST ? WAKE_MS : LOOK_MS;
    struct step *step =
        steps_next(o->steps, mono_after(clock_mono(), wait >= 0 && wait < most ? wait : most));
    return step != NULL ? take_step(o, step, err) : RC_OK;
}

/* One thing of those that are to be done; *ret_more: there may be others. */
static enum rc go_on(struct outward *o, bool *ret_more, struct err *err)
{
    enum rc rc = begin_due(o, err);
    if (rc != RC_OK || may_plan(o)) {
        return rc == RC_OK ? plan(o, err) : rc;
    }
    if (o->under_way > 0) {
        return await_step(o, err);
    }
    int64_t wait = wait_ms(o);
    *ret_more = wait >= 0 && wait <= SYNC_NAP_MS;
    if (*ret_more) {
        nap(wait);
    }
    return RC_OK;
}

/* Steps that have begun come to their end whatever happens. One that fails does not keep the others from being written down; its error is the
 * first one's. An order that is open is saved, on failure, too: one that was taken is not sent again. */
static enum rc wind_up(struct outward *o, enum rc rc, struct err *err)
{
    steps_stop(o->steps);
    while (o->under_way > 0) {
        struct step *step = steps_next(o->steps, mono_after(clock_mono(), LOOK_MS));
        enum rc taken = step != NULL ? take_step(o, step, rc == RC_OK ? err : NULL) : RC_OK;
        rc = rc == RC_OK ? taken : rc;
    }
    if (o->open > 0) {
        enum rc saved = sync__write(o->run, save_orders, o, rc == RC_OK ? err : NULL);
        rc = rc == RC_OK ? saved : rc;
    }
    return rc;
}

/* *ret_more: it was cut short, and is to go on at once. */
static enum rc run_orders(struct outward *o, bool *ret_more, struct err *err)
{
    enum rc rc = steps_new(o->sync->config.backend, SYNC_CALLS, &o->steps, err);
    if (rc != RC_OK) {
        return rc;
    }
    *ret_more = true;
    while (rc == RC_OK && *ret_more && !o->stuck && mono_left_ms(o->end, clock_mono()) > 0) {
        struct arena_mark mark = arena_mark(work_mem(o->run));
        rc = work_stopping(o->run) ? err_set(err, RC_BUSY, NULL, "stopping") : go_on(o, ret_more, err);
        arena_rewind(work_mem(o->run), mark);
    }
    *ret_more = *ret_more && !o->stuck;
    return wind_up(o, rc, err);
}

static void close_up(struct outward *o)
{
    for (struct slot *slot = o->slots; slot < o->slots + SYNC_ORDERS; slot++) {
        if (slot->round != NULL) {
            slot_clear(o, slot);
        }
    }
    steps_free(o->steps);
}

enum rc outward__run(struct work_run *run, void *arg, struct err *err)
{
    struct outward o = {.sync = arg,
                        .run = run,
                        .end = mono_after(clock_mono(), SYNC_RUN_MS),
                        .bounds.read_open = true,
                        .left = true};
    bool more = false;
    enum rc rc = account__go_through(arg, run, err);
    rc = rc == RC_OK ? run_orders(&o, &more, err) : rc;
    int64_t wait = wait_ms(&o);
    close_up(&o);
    if (rc == RC_OK && !o.asked) {
        work_idle(run);
    }
    if (sync__is_others(rc, err)) {
        rc = RC_OK; /* whoever claims it next goes on with its orders, under the right lease */
        work_poll_in(run, 0);
    } else if (rc == RC_OK && more) {
        work_poll_in(run, 0);
    } else if (rc == RC_OK && wait >= 0) {
        work_poll_in(run, (uint32_t)wait);
    } else if (rc == RC_OK && o.again) {
        rc = err_set(err, RC_BUSY, "BackendIncomplete", "the back end could not do some of it");
    } else if (rc == RC_OK && !o.plan.any) {
        work_forget(run);
    }
    return rc;
}
