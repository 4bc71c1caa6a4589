/* Leases, outbox, pause and jobs, the same on every driver. Times are the database's, so what takes time is waited for:
 * a lease of a millisecond is asked for until it is free. */
#include "conformance.h"

#include "common/base/clock.h"

#define LONG_MS 600000

/* One question to the repositories, and its answer. */
struct ask {
    struct lease lease;
    int64_t duration_ms, generation;
    enum outbox_kind kind;
    struct str key;
    struct outbox_item item;
    enum outbox_news news;
    int64_t delay_ms;
    const char *code;
    struct outbox_state state;
    bool flag;
    struct job_row job;
};

static enum rc claim(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct ask *ask = arg;
    (void)mem;
    return repo_lease_claim(tx, ask->lease.name, ask->lease.owner, ask->duration_ms, &ask->lease.generation,
                            err);
}

static enum rc renew(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct ask *ask = arg;
    (void)mem;
    return repo_lease_renew(tx, &ask->lease, ask->duration_ms, err);
}

static enum rc fence(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)mem;
    return repo_lease_fence(tx, &((struct ask *)arg)->lease, err);
}

static enum rc release(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)mem;
    return repo_lease_release(tx, &((struct ask *)arg)->lease, err);
}

static enum rc written(struct repo *repo, step_fn *fn, struct ask *ask)
{
    return in_store(repo, REPO_WRITE, fn, ask);
}

static struct ask claimed(struct repo *repo, const char *name, const char *owner, int64_t duration_ms)
{
    struct ask ask = {.lease = {.name = str_of(name), .owner = str_of(owner)}, .duration_ms = duration_ms};
    enum rc rc;
    struct mono end = mono_after(clock_mono(), 30000);
    while ((rc = written(repo, claim, &ask)) == RC_CONFLICT && clock_mono().ms < end.ms) {
    }
    assert_int_equal(rc, RC_OK);
    ask.duration_ms = LONG_MS;
    return ask;
}

/* ---- leases ---- */

static enum rc check_lease(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct ask *ask = arg;
    struct lease found = {0};
    enum rc rc = repo_lease_find(tx, mem, ask->lease.name, &found, err);
    if (rc == RC_OK) {
        assert_int_equal(found.generation, ask->lease.generation);
        assert_int_equal(str_absent(found.owner), ask->flag);
        assert_true(ask->flag || str_eq(found.owner, ask->lease.owner));
        assert_int_equal(found.left_ms <= 0, ask->flag);
        assert_true(found.left_ms <= LONG_MS);
    }
    return rc;
}

void lease__is_held_by_one_until_it_is_released(struct repo *repo)
{
    struct ask nobody = {.lease = {.name = STR("t")}};
    assert_int_equal(in_store(repo, REPO_LIST, check_lease, &nobody), RC_NOT_FOUND);
    struct ask a = claimed(repo, "t", "a", LONG_MS), b = a, again = a;
    assert_int_equal(a.lease.generation, 1);
    assert_int_equal(in_store(repo, REPO_LIST, check_lease, &a), RC_OK);
    b.lease.owner = STR("b");
    assert_int_equal(written(repo, claim, &b), RC_CONFLICT);
    assert_int_equal(written(repo, claim, &again), RC_CONFLICT); /* its own holder has it already, too */
    assert_int_equal(written(repo, release, &b), RC_CONFLICT);
    assert_int_equal(written(repo, fence, &b), RC_CONFLICT);
    assert_int_equal(written(repo, fence, &a), RC_OK);
    assert_int_equal(written(repo, release, &a), RC_OK);
    a.flag = true;
    assert_int_equal(in_store(repo, REPO_LIST, check_lease, &a), RC_OK);
    assert_int_equal(written(repo, fence, &a), RC_CONFLICT);
    assert_int_equal(written(repo, release, &a), RC_CONFLICT);
    assert_int_equal(written(repo, claim, &b), RC_OK);
    assert_int_equal(b.lease.generation, 2);
    assert_int_equal(claimed(repo, "u", "a", LONG_MS).lease.generation,
                     1); /* another name is another lease */
}

void lease__that_expired_goes_to_the_next_and_refuses_the_late_one(struct repo *repo)
{
    struct ask a = claimed(repo, "t", "a", 1), b = claimed(repo, "t", "b", LONG_MS);
    assert_int_equal(b.lease.generation, 2);
    assert_int_equal(written(repo, fence, &a), RC_CONFLICT);
    assert_int_equal(written(repo, renew, &a), RC_CONFLICT);
    assert_int_equal(written(repo, release, &a), RC_CONFLICT);
    assert_int_equal(written(repo, fence, &b), RC_OK);
    struct ask same_owner = b; /* a generation of one's own that is over is no better */
    same_owner.lease.generation = 1;
    assert_int_equal(written(repo, fence, &same_owner), RC_CONFLICT);
}

void lease__that_expired_is_lost_even_if_nobody_took_it(struct repo *repo)
{
    struct ask a = claimed(repo, "t", "a", 1);
    struct mono end = mono_after(clock_mono(), 30000);
    while (written(repo, fence, &a) == RC_OK && clock_mono().ms < end.ms) {
    }
    assert_int_equal(written(repo, fence, &a), RC_CONFLICT);
    assert_int_equal(written(repo, renew, &a), RC_CONFLICT);
}

void lease__is_renewed_by_its_holder_alone(struct repo *repo)
{
    struct ask a = claimed(repo, "t", "a", 20000), b = a, long_after = a;
    b.lease.owner = STR("b");
    assert_int_equal(written(repo, renew, &b), RC_CONFLICT);
    assert_int_equal(written(repo, renew, &a), RC_OK);
    long_after.duration_ms = 1; /* renewing sets the time, it adds none */
    assert_int_equal(written(repo, renew, &long_after), RC_OK);
    assert_int_equal(claimed(repo, "t", "b", LONG_MS).lease.generation, 2);
}

static enum rc touch_then_fence(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    enum rc rc = repo_outbox_touch(tx, OUTBOX_DNS, STR("a"), err);
    return rc == RC_OK ? fence(tx, mem, arg, err) : rc;
}

static enum rc find_due(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct ask *ask = arg;
    enum rc rc = repo_outbox_find_due(tx, mem, ask->kind, ask->key, &ask->item, err);
    ask->item.key = ask->key; /* the other is the arena's */
    return rc;
}

void fence__undoes_what_a_late_holder_wrote(struct repo *repo)
{
    struct ask a = claimed(repo, "t", "a", 1), b = claimed(repo, "t", "b", LONG_MS);
    struct ask row = {.kind = OUTBOX_DNS, .key = STR("a")};
    assert_int_equal(written(repo, touch_then_fence, &a), RC_CONFLICT);
    assert_int_equal(in_store(repo, REPO_LIST, find_due, &row), RC_NOT_FOUND);
    assert_int_equal(written(repo, touch_then_fence, &b), RC_OK);
    assert_int_equal(in_store(repo, REPO_LIST, find_due, &row), RC_OK);
}

/* ---- outbox ---- */

static enum rc touch(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct ask *ask = arg;
    (void)mem;
    return repo_outbox_touch(tx, ask->kind, ask->key, err);
}

static enum rc done(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct ask *ask = arg;
    (void)mem;
    return repo_outbox_done(tx, &ask->lease, &ask->item, ask->news, err);
}

static enum rc forget(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct ask *ask = arg;
    (void)mem;
    return repo_outbox_forget(tx, &ask->lease, &ask->item, ask->news, err);
}

static enum rc defer(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct ask *ask = arg;
    (void)mem;
    return repo_outbox_defer(tx, &ask->lease, &ask->item, ask->news, ask->delay_ms, err);
}

static enum rc fail_it(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct ask *ask = arg;
    (void)mem;
    return repo_outbox_fail(tx, &ask->lease, &ask->item, ask->delay_ms, str_of(ask->code),
                            STR("since it is so"), err);
}

/* A row that is due, seen by the holder of a lease. */
static struct ask seen(struct repo *repo, const char *key)
{
    struct ask ask = claimed(repo, key, "a", LONG_MS);
    ask.kind = OUTBOX_SYNC;
    ask.key = str_of(key);
    assert_int_equal(written(repo, touch, &ask), RC_OK);
    assert_int_equal(in_store(repo, REPO_LIST, find_due, &ask), RC_OK);
    return ask;
}

static bool is_due(struct repo *repo, struct ask ask)
{
    enum rc rc = in_store(repo, REPO_LIST, find_due, &ask);
    assert_true(rc == RC_OK || rc == RC_NOT_FOUND);
    return rc == RC_OK;
}

static enum rc check_pages(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct outbox_page page;
    struct outbox_item last = {0};
    int64_t before = 0;
    size_t count = 0;
    char keys[16] = "";
    (void)arg;
    do {
        assert_int_equal(repo_outbox_due(tx, mem, OUTBOX_SYNC, count > 0 ? &last : NULL, 2, &page, err),
                         RC_OK);
        for (size_t i = 0; i < page.count; i++) {
            last = page.items[i];
            assert_int_equal(last.kind, OUTBOX_SYNC);
            assert_true(last.not_before >= before && last.overdue_ms >= 0);
            before = last.not_before;
            assert_true(count < sizeof keys && last.key.n == 1);
            keys[count++] = last.key.p[0];
        }
    } while (page.count == 2);
    assert_int_equal(count, 5);
    for (const char *key = "abcde"; *key != '\0'; key++) { /* each once */
        assert_true(strchr(keys, *key) != NULL);
    }
    assert_true(keys[0] == 'c'); /* touched first, and touched again since: it keeps its place */
    return RC_OK;
}

void outbox__lists_what_is_due_the_longest_due_first(struct repo *repo)
{
    struct ask first = {.kind = OUTBOX_SYNC, .key = STR("c")}, other = {.kind = OUTBOX_DNS, .key = STR("x")};
    assert_int_equal(written(repo, touch, &first), RC_OK);
    struct mono later = mono_after(clock_mono(), 3);
    do { /* until the clock shows another time */
        assert_int_equal(written(repo, touch, &other), RC_OK);
    } while (clock_mono().ms < later.ms);
    for (const char *key = "edbac"; *key != '\0'; key++) {
        struct ask ask = {.kind = OUTBOX_SYNC, .key = {key, 1}};
        assert_int_equal(written(repo, touch, &ask), RC_OK);
    }
    assert_int_equal(in_store(repo, REPO_LIST, check_pages, NULL), RC_OK);
}

void outbox__row_touched_during_the_work_stays(struct repo *repo)
{
    struct ask ask = seen(repo, "k");
    assert_int_equal(written(repo, touch, &ask), RC_OK);
    assert_int_equal(written(repo, done, &ask), RC_OK);
    assert_true(is_due(repo, ask));
    ask.delay_ms = LONG_MS;
    assert_int_equal(written(repo, fail_it, &ask),
                     RC_OK); /* a failure with what was old does not hold up the new */
    assert_true(is_due(repo, ask));
    assert_int_equal(written(repo, forget, &ask), RC_OK); /* nor is it forgotten */
    assert_true(is_due(repo, ask));
    assert_int_equal(in_store(repo, REPO_LIST, find_due, &ask), RC_OK);
    assert_int_equal(ask.item.attempt, 0);
    assert_int_equal(written(repo, done, &ask), RC_OK);
    assert_false(is_due(repo, ask));
}

void outbox__row_that_went_and_came_back_is_another(struct repo *repo)
{
    struct ask old = seen(repo, "k"), now = old;
    struct mono later = mono_after(clock_mono(), 3);
    assert_int_equal(written(repo, forget, &old), RC_OK);
    while (clock_mono().ms < later.ms) {
        assert_int_equal(written(repo, fence, &old), RC_OK);
    }
    assert_int_equal(written(repo, touch, &now), RC_OK);
    assert_int_equal(in_store(repo, REPO_LIST, find_due, &now), RC_OK);
    assert_int_equal(now.item.seq, old.item.seq);
    assert_int_equal(written(repo, done, &old), RC_OK);
    assert_true(is_due(repo, now));
}

void outbox__put_off_is_not_due_until_it_is_touched(struct repo *repo)
{
    struct ask ask = seen(repo, "k");
    ask.item.attempt = 2;
    ask.delay_ms = LONG_MS;
    assert_int_equal(written(repo, fail_it, &ask), RC_OK);
    assert_false(is_due(repo, ask));
    assert_int_equal(written(repo, touch, &ask), RC_OK);
    assert_int_equal(in_store(repo, REPO_LIST, find_due, &ask), RC_OK);
    assert_int_equal(ask.item.attempt, 0);
}

void outbox__put_off_is_due_again_in_time(struct repo *repo)
{
    struct ask ask = seen(repo, "k");
    ask.item.attempt = 2;
    ask.delay_ms = 5;
    assert_int_equal(written(repo, fail_it, &ask), RC_OK);
    struct mono end = mono_after(clock_mono(), 30000);
    while (!is_due(repo, ask) && clock_mono().ms < end.ms) {
    }
    assert_int_equal(in_store(repo, REPO_LIST, find_due, &ask), RC_OK);
    assert_int_equal(ask.item.attempt, 3);
}

void outbox__is_settled_under_the_lease_alone(struct repo *repo)
{
    struct ask late = seen(repo, "k");
    assert_int_equal(written(repo, release, &late), RC_OK);
    assert_int_equal(written(repo, done, &late), RC_CONFLICT);
    late.delay_ms = LONG_MS;
    assert_int_equal(written(repo, defer, &late), RC_CONFLICT);
    assert_int_equal(written(repo, fail_it, &late), RC_CONFLICT);
    assert_int_equal(written(repo, forget, &late), RC_CONFLICT);
    assert_true(is_due(repo, late));
}

/* ---- what became of it ---- */

static enum rc read_state(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct ask *ask = arg;
    enum rc rc = repo_outbox_find(tx, mem, ask->kind, ask->key, &ask->state, err);
    if (rc == RC_OK && ask->state.failure.count > 0) { /* texts are the arena's */
        assert_true(str_eq(ask->state.failure.code, str_of(ask->code)));
        assert_true(str_eq(ask->state.failure.message, STR("since it is so")));
    } else if (rc == RC_OK) {
        assert_true(str_absent(ask->state.failure.code) && str_absent(ask->state.failure.message));
        assert_true(ask->state.failure.since.ms == CLOCK_ABSENT.ms);
    }
    return rc;
}

static struct outbox_state state_of(struct repo *repo, struct ask *ask)
{
    assert_int_equal(in_store(repo, REPO_LIST, read_state, ask), RC_OK);
    return ask->state;
}

static void run_again(struct repo *repo, struct ask *ask)
{
    assert_int_equal(written(repo, touch, ask), RC_OK);
    assert_int_equal(in_store(repo, REPO_LIST, find_due, ask), RC_OK);
}

static bool is_now(struct wall t)
{
    int64_t past_ms = clock_wall().ms - t.ms; /* the database is on this machine */
    return past_ms > -60000 && past_ms < 60000;
}

void outbox__failure_is_kept_with_its_cause_until_a_run_goes_well(struct repo *repo)
{
    struct ask ask = seen(repo, "k");
    ask.delay_ms = LONG_MS;
    ask.code = "First";
    assert_int_equal(written(repo, fail_it, &ask), RC_OK);
    struct outbox_state first = state_of(repo, &ask);
    assert_int_equal(first.failure.count, 1);
    assert_true(is_now(first.failure.since) && first.succeeded_at.ms == CLOCK_ABSENT.ms);
    run_again(repo, &ask); /* a touch begins the pauses anew, and mends nothing */
    assert_int_equal(state_of(repo, &ask).attempt, 0);
    assert_int_equal(state_of(repo, &ask).failure.count, 1);
    ask.code = "Second";
    assert_int_equal(written(repo, fail_it, &ask), RC_OK);
    struct outbox_state second = state_of(repo, &ask);
    assert_int_equal(second.attempt, 1);
    assert_int_equal(second.failure.count, 2);
    assert_int_equal(second.failure.since.ms, first.failure.since.ms);
    run_again(repo, &ask);
    assert_int_equal(written(repo, defer, &ask), RC_OK);
    assert_int_equal(state_of(repo, &ask).failure.count, 0);
    assert_true(is_now(ask.state.succeeded_at) && !ask.state.rests && ask.state.wait_ms > 0);
}

void outbox__nothing_to_do_ends_a_failure_and_is_no_success(struct repo *repo)
{
    struct ask ask = seen(repo, "k");
    ask.delay_ms = LONG_MS;
    ask.code = "Some";
    assert_int_equal(written(repo, fail_it, &ask), RC_OK);
    run_again(repo, &ask);
    ask.news = OUTBOX_IDLE;
    assert_int_equal(written(repo, defer, &ask), RC_OK);
    assert_int_equal(state_of(repo, &ask).failure.count, 0);
    assert_int_equal(ask.state.succeeded_at.ms, CLOCK_ABSENT.ms);
    run_again(repo, &ask);
    assert_int_equal(written(repo, done, &ask), RC_OK);
    assert_true(state_of(repo, &ask).rests && ask.state.succeeded_at.ms == CLOCK_ABSENT.ms);
}

void outbox__waiting_for_what_was_begun_ends_no_failure(struct repo *repo)
{
    struct ask ask = seen(repo, "k");
    ask.news = OUTBOX_OPEN;
    assert_int_equal(written(repo, defer, &ask), RC_OK);
    struct wall well = state_of(repo, &ask).succeeded_at;
    assert_true(is_now(well));
    run_again(repo, &ask);
    ask.item.attempt = 4;
    ask.code = "Some";
    assert_int_equal(written(repo, fail_it, &ask), RC_OK);
    assert_int_equal(state_of(repo, &ask).succeeded_at.ms, well.ms);
    while (in_store(repo, REPO_LIST, find_due, &ask) == RC_NOT_FOUND) {
    }
    assert_int_equal(written(repo, defer, &ask), RC_OK);
    assert_int_equal(state_of(repo, &ask).attempt, 5);
    assert_int_equal(ask.state.failure.count, 1);
    assert_int_equal(ask.state.succeeded_at.ms, well.ms);
}

void outbox__row_touched_during_the_work_takes_over_what_became_of_it(struct repo *repo)
{
    struct ask ask = seen(repo, "k");
    ask.delay_ms = LONG_MS;
    ask.code = "Some";
    assert_int_equal(written(repo, touch, &ask), RC_OK);
    assert_int_equal(written(repo, fail_it, &ask), RC_OK);
    assert_int_equal(state_of(repo, &ask).failure.count, 1);
    assert_true(ask.state.attempt == 0 && ask.state.wait_ms <= 0);
    assert_int_equal(written(repo, done, &ask), RC_OK); /* still of the old row */
    assert_int_equal(state_of(repo, &ask).failure.count, 0);
    assert_true(ask.state.wait_ms <= 0 && !ask.state.rests && is_now(ask.state.succeeded_at));
}

void outbox__row_whose_work_is_done_rests_until_it_is_touched(struct repo *repo)
{
    struct ask ask = seen(repo, "k"), old = ask;
    assert_int_equal(written(repo, done, &ask), RC_OK);
    assert_true(state_of(repo, &ask).rests && is_now(ask.state.succeeded_at));
    assert_false(is_due(repo, ask));
    run_again(repo, &ask);
    assert_false(state_of(repo, &ask).rests);
    assert_int_equal(written(repo, forget, &old), RC_OK); /* it was touched since */
    assert_int_equal(in_store(repo, REPO_LIST, find_due, &ask), RC_OK);
    assert_int_equal(written(repo, forget, &ask), RC_OK);
    assert_int_equal(in_store(repo, REPO_LIST, read_state, &ask), RC_NOT_FOUND);
}

static enum rc pause_it(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct ask *ask = arg;
    (void)mem;
    return repo_outbox_pause(tx, ask->kind, ask->key, ask->flag, err);
}

static enum rc read_paused(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct ask *ask = arg;
    struct outbox_page page;
    (void)mem;
    assert_int_equal(repo_outbox_due(tx, mem, ask->kind, NULL, 9, &page, err), RC_OK);
    ask->generation = (int64_t)page.count;
    return repo_outbox_paused(tx, ask->kind, ask->key, &ask->flag, err);
}

static void assert_paused(struct repo *repo, struct ask ask, bool paused, int64_t due)
{
    assert_int_equal(in_store(repo, REPO_LIST, read_paused, &ask), RC_OK);
    assert_int_equal(ask.flag, paused);
    assert_int_equal(ask.generation, due);
    assert_int_equal(is_due(repo, ask), !paused);
}

void pause__hides_a_key_or_a_kind_until_it_ends(struct repo *repo)
{
    struct ask a = seen(repo, "a"), b = seen(repo, "b"),
               all = {.kind = OUTBOX_SYNC, .key = STR(""), .flag = true};
    a.flag = true;
    assert_int_equal(written(repo, pause_it, &a), RC_OK);
    assert_int_equal(written(repo, pause_it, &a), RC_OK); /* again: nothing more */
    assert_paused(repo, a, true, 1);
    assert_paused(repo, b, false, 1);
    assert_int_equal(written(repo, touch, &a), RC_OK); /* is remembered */
    assert_int_equal(written(repo, pause_it, &all), RC_OK);
    assert_paused(repo, a, true, 0);
    assert_paused(repo, b, true, 0);
    all.flag = a.flag = false;
    assert_int_equal(written(repo, pause_it, &all), RC_OK);
    assert_paused(repo, a, true, 1);
    assert_int_equal(written(repo, pause_it, &a), RC_OK);
    assert_paused(repo, a, false, 2);
    struct ask dns = {.kind = OUTBOX_DNS, .key = STR("a")};
    assert_int_equal(written(repo, touch, &dns), RC_OK);
    a.flag = true;
    assert_int_equal(written(repo, pause_it, &a), RC_OK);
    assert_paused(repo, dns, false, 1); /* another kind is another matter */
}

/* ---- jobs ---- */

static enum rc add_job(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)mem;
    return repo_job_add(tx, &((struct ask *)arg)->job, err);
}

static enum rc write_job_fenced(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct ask *ask = arg;
    enum rc rc = fence(tx, mem, arg, err);
    return rc == RC_OK ? repo_job_write(tx, &ask->job, err) : rc;
}

static enum rc remove_job(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)mem;
    return repo_job_remove(tx, ((struct ask *)arg)->job.id, err);
}

static enum rc check_job(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct ask *ask = arg;
    const struct job_row *want = &ask->job, *found = NULL;
    enum rc rc = repo_job_find(tx, mem, want->id, REPO_UPDATE, &found, err);
    if (rc != RC_OK) {
        return rc;
    }
    assert_true(str_eq(found->id, want->id) && str_eq(found->kind, want->kind) &&
                str_eq(found->key, want->key));
    assert_true(str_eq(found->input, want->input) && str_absent(found->input) == str_absent(want->input));
    assert_true(str_eq(found->progress, want->progress) &&
                str_absent(found->progress) == str_absent(want->progress));
    assert_int_equal(found->state, want->state);
    assert_int_equal(found->attempt, want->attempt);
    assert_true(found->wait_ms <= want->wait_ms && found->wait_ms > want->wait_ms - 60000);
    assert_true(found->created_at.ms > 1600000000000 && found->updated_at.ms >= found->created_at.ms);
    return RC_OK;
}

static const struct job_row a_job = {.id = STR("id-1"),
                                     .kind = STR("upload"),
                                     .key = STR("k"),
                                     .input = STR("{\"a\":[1,\"\xc3\xa9\"]}"),
                                     .wait_ms = 70000};

void job__comes_back_as_it_was(struct repo *repo)
{
    struct ask ask = {.job = a_job};
    assert_int_equal(in_store(repo, REPO_WRITE, check_job, &ask), RC_NOT_FOUND);
    assert_int_equal(written(repo, add_job, &ask), RC_OK);
    assert_int_equal(written(repo, add_job, &ask), RC_CONFLICT);
    assert_int_equal(in_store(repo, REPO_WRITE, check_job, &ask), RC_OK);
    assert_int_equal(written(repo, remove_job, &ask), RC_OK);
    assert_int_equal(in_store(repo, REPO_WRITE, check_job, &ask), RC_NOT_FOUND);
}

void job__progress_is_written_under_the_fence_alone(struct repo *repo)
{
    struct ask late = claimed(repo, "k", "a", 1), holder = claimed(repo, "k", "b", LONG_MS);
    late.job = holder.job = a_job;
    assert_int_equal(written(repo, add_job, &holder), RC_OK);
    holder.job.progress = STR("{\"step\":2}");
    holder.job.attempt = 4;
    holder.job.wait_ms = 0;
    assert_int_equal(written(repo, write_job_fenced, &holder), RC_OK);
    late.job.progress = STR("{\"step\":1}");
    assert_int_equal(written(repo, write_job_fenced, &late), RC_CONFLICT);
    assert_int_equal(in_store(repo, REPO_WRITE, check_job, &holder), RC_OK);
    holder.job.id = STR("id-2");
    assert_int_equal(written(repo, write_job_fenced, &holder), RC_NOT_FOUND);
}

static enum rc check_open(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct job_list list;
    (void)arg;
    assert_int_equal(repo_jobs_open(tx, mem, STR("upload"), STR("k"), STR_NONE, 2, &list, err), RC_OK);
    assert_int_equal(list.count, 2);
    assert_true(str_eq(list.jobs[0].id, STR("1")) && str_eq(list.jobs[1].id, STR("2")));
    assert_int_equal(repo_jobs_open(tx, mem, STR("upload"), STR("k"), STR("2"), 2, &list, err), RC_OK);
    assert_int_equal(list.count, 1);
    assert_true(str_eq(list.jobs[0].id, STR("5"))); /* 3 is done, 4 another's */
    return RC_OK;
}

void jobs_open__go_on_after_the_last(struct repo *repo)
{
    static const struct {
        const char *id, *key;
        enum job_state state;
    } rows[] = {{"5", "k", JOB_OPEN}, {"1", "k", JOB_OPEN}, {"3", "k", JOB_DONE},
                {"4", "l", JOB_OPEN}, {"2", "k", JOB_OPEN}, {"6", "k", JOB_FAILED}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct ask ask = {.job = a_job};
        ask.job.id = str_of(rows[i].id);
        ask.job.key = str_of(rows[i].key);
        ask.job.state = rows[i].state;
        assert_int_equal(written(repo, add_job, &ask), RC_OK);
    }
    assert_int_equal(in_store(repo, REPO_LIST, check_open, NULL), RC_OK);
}

/* ---- reset ---- */

void reset__leaves_leases_and_their_generations(struct repo *repo)
{
    struct ask holder = claimed(repo, "w", "one", LONG_MS);
    assert_int_equal(store_reset(repo, NULL), RC_OK);
    assert_int_equal(written(repo, fence, &holder), RC_OK);
    assert_int_equal(written(repo, release, &holder), RC_OK);
    assert_true(claimed(repo, "w", "two", LONG_MS).lease.generation > holder.lease.generation);
}
