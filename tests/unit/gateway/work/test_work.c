/* The engine with a test kind, on SQLite. Two nodes are two engines on one store: what one knows of the other is in the
 * store alone, as between machines. */
#include "../store/helper.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/metric.h"
#include "gateway/work/work.h"

#define WAIT_MS           30000
#define RUNS_MAX          1000
#define LEASE_MS          900 /* of tests in which one is lost */
#define LEASE_FOR_EVER_MS 600000

/* ---- the test kind: what it saw, and what it does ---- */

struct seen_run {
    char key[16], lease[16], node[8];
    int64_t generation, attempt, seq;
    enum rc wrote; /* what work_write said */
    bool lost, ended;
};

struct desk {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct seen_run runs[RUNS_MAX];
    size_t count, ended;
    bool together; /* two runs under one lease at one time */
    size_t let;    /* runs that may go on: those below */
    enum rc (*act)(struct desk *desk, struct work_run *run, struct seen_run *seen, struct err *err);
};

static void change(struct desk *desk)
{
    pthread_cond_broadcast(&desk->changed);
    pthread_mutex_unlock(&desk->mutex);
}

static struct timespec in_ms(int64_t ms)
{
    int64_t at = clock_mono().ms + ms;
    return (struct timespec){at / 1000, at % 1000 * 1000000};
}

static void text_of(char *ret, size_t size, struct str s)
{
    snprintf(ret, size, "%" STR_FMT, STR_ARG(s));
}

static struct seen_run *begin(struct desk *desk, struct work_run *run)
{
    pthread_mutex_lock(&desk->mutex);
    ensure(desk->count < RUNS_MAX); /* not on the thread of the test */
    struct seen_run *seen = &desk->runs[desk->count++];
    text_of(seen->key, sizeof seen->key, work_item(run)->key);
    text_of(seen->lease, sizeof seen->lease, work_lease(run)->name);
    text_of(seen->node, sizeof seen->node, work_lease(run)->owner);
    seen->generation = work_lease(run)->generation;
    seen->attempt = work_item(run)->attempt;
    seen->seq = work_item(run)->seq;
    for (struct seen_run *other = desk->runs; other < seen; other++) {
        desk->together = desk->together || (!other->ended && strcmp(other->lease, seen->lease) == 0);
    }
    change(desk);
    return seen;
}

static enum rc desk_run(struct work_run *run, void *arg, struct err *err)
{
    struct desk *desk = arg;
    struct seen_run *seen = begin(desk, run);
    enum rc rc = desk->act != NULL ? desk->act(desk, run, seen, err) : RC_OK;
    pthread_mutex_lock(&desk->mutex);
    seen->lost = work_lost(run);
    seen->ended = true;
    desk->ended++;
    change(desk);
    return rc;
}

/* "t1-x" is worked on under "t1". */
static enum rc desk_lease(struct repo_tx *tx, struct arena *mem, struct str key, struct str *ret,
                          struct err *err)
{
    ptrdiff_t dash = str_find(key, '-');
    (void)tx;
    (void)err;
    *ret = arena_str(mem, dash >= 0 ? str_slice(key, 0, (size_t)dash) : key);
    return RC_OK;
}

/* Waits until the test lets this run go on, or it shall end. */
static bool is_let(struct desk *desk, const struct work_run *run, const struct seen_run *seen)
{
    size_t place = (size_t)(seen - desk->runs);
    bool stopping = false;
    pthread_mutex_lock(&desk->mutex);
    while (place >= desk->let && !(stopping = run != NULL && work_stopping(run))) {
        struct timespec soon = in_ms(20);
        pthread_cond_timedwait(&desk->changed, &desk->mutex, &soon);
    }
    pthread_mutex_unlock(&desk->mutex);
    return !stopping;
}

static void let(struct desk *desk, size_t count)
{
    pthread_mutex_lock(&desk->mutex);
    desk->let = count;
    change(desk);
}

/* ---- fixture ---- */

struct fixture {
    struct folder folder;
    struct repo *repo;
    struct metrics *metrics;
    struct desk desk;
    struct work_kind kind;
    struct work *works[2];
    atomic_bool frozen[2];
};

static int set_up(void **state)
{
    static struct fixture f; /* large */
    f = (struct fixture){.metrics = metrics_new()};
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&f.desk.changed, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&f.desk.mutex, NULL);
    folder_make(&f.folder);
    struct store_config config = {
        .url = str_of(f.folder.url), .loops = 1, .test = {.no_sync = true, .busy_ms = 1}};
    struct err err;
    if (store_open(&config, &f.repo, &err) != RC_OK) {
        fail_msg("%s", err.msg);
    }
    f.kind = (struct work_kind){.name = "desk",
                                .outbox = OUTBOX_SYNC,
                                .workers = 3,
                                .lease = desk_lease,
                                .run = desk_run,
                                .arg = &f.desk,
                                .backoff_ms = 10,
                                .backoff_max_ms = 50};
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    let(&f->desk, RUNS_MAX);
    work_free(f->works[0]);
    work_free(f->works[1]);
    store_close(f->repo);
    folder_remove(&f->folder);
    metrics_free(f->metrics);
    pthread_cond_destroy(&f->desk.changed);
    pthread_mutex_destroy(&f->desk.mutex);
    return 0;
}

static void start(struct fixture *f, int node, uint32_t lease_ms, uint32_t poll_ms)
{
    struct work_config config = {.repo = f->repo,
                                 .kinds = &f->kind,
                                 .kind_count = 1,
                                 .metrics = node == 0 ? f->metrics : NULL,
                                 .lease_ms = lease_ms,
                                 .poll_ms = poll_ms,
                                 .node = node == 0 ? STR("A") : STR("B"),
                                 .test = {.frozen = &f->frozen[node]}};
    struct err err;
    assert_int_equal(work_new(&config, &f->works[node], &err), RC_OK);
}

static enum rc run_touch(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)mem;
    return repo_outbox_touch(tx, OUTBOX_SYNC, str_of(arg), err);
}

static void touch(struct fixture *f, const char *key)
{
    assert_int_equal(in_store(f->repo, REPO_WRITE, run_touch, (void *)(uintptr_t)key), RC_OK);
}

static size_t begun(struct fixture *f)
{
    pthread_mutex_lock(&f->desk.mutex);
    size_t count = f->desk.count;
    pthread_mutex_unlock(&f->desk.mutex);
    return count;
}

/* Until `count` runs have begun, or ended. */
static void await(struct fixture *f, const size_t *counter, size_t count)
{
    struct timespec end = in_ms(WAIT_MS);
    int rc = 0;
    pthread_mutex_lock(&f->desk.mutex);
    while (*counter < count && rc == 0) {
        rc = pthread_cond_timedwait(&f->desk.changed, &f->desk.mutex, &end);
    }
    size_t have = *counter;
    pthread_mutex_unlock(&f->desk.mutex);
    if (have < count) {
        fail_msg("%zu of %zu runs", have, count);
    }
}

/* Whether there is a row that does not rest is asked behind the repositories' back. */
static bool has_work(struct fixture *f, const char *key)
{
    sqlite3 *db;
    sqlite3_stmt *stmt;
    assert_int_equal(sqlite3_open_v2(f->folder.file, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db, "select 1 from outbox where key = ? and not_before < 9e18", -1, &stmt, NULL),
        SQLITE_OK);
    sqlite3_bind_text(stmt, 1, key, -1, SQLITE_STATIC);
    bool exists = sqlite3_step(stmt) == SQLITE_ROW;
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return exists;
}

static void await_rest(struct fixture *f, const char *key)
{
    struct mono end = mono_after(clock_mono(), WAIT_MS);
    while (has_work(f, key)) {
        if (clock_mono().ms > end.ms) {
            fail_msg("%s has work still", key);
        }
    }
}

static enum rc run_find_lease(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct lease *lease = arg;
    return repo_lease_find(tx, mem, lease->name, lease, err);
}

static bool lease_is_free(struct fixture *f, const char *name)
{
    struct lease lease = {.name = str_of(name)};
    enum rc rc = in_store(f->repo, REPO_LIST, run_find_lease, &lease);
    assert_true(rc == RC_OK || rc == RC_NOT_FOUND);
    return rc == RC_NOT_FOUND || lease.left_ms <= 0;
}

static int64_t items(struct fixture *f, const char *result)
{
    char line[128];
    struct buf text;
    buf_init(&text, 1024 * 1024);
    metrics_write(f->metrics, &text);
    buf_put_char(&text, '\0');
    snprintf(line, sizeof line, "numgate_work_items_total{kind=\"desk\",result=\"%s\"} ", result);
    const char *at = strstr(text.p, line);
    int64_t value = at != NULL ? strtoll(at + strlen(line), NULL, 10) : -1;
    buf_clear(&text);
    return value;
}

static void await_items(struct fixture *f, const char *result, int64_t count)
{
    struct mono end = mono_after(clock_mono(), WAIT_MS);
    while (items(f, result) < count) {
        if (clock_mono().ms > end.ms) {
            fail_msg("%s: %lld of %lld", result, (long long)items(f, result), (long long)count);
        }
    }
}

/* ---- the way of an item ---- */

static void test_work__does_what_is_due_and_then_no_more(void **state)
{
    struct fixture *f = *state;
    start(f, 0, 0, 5);
    touch(f, "t1-a");
    await_rest(f, "t1-a");
    await_items(f, "done", 1);
    touch(f, "t1-b");
    await_rest(f, "t1-b");
    await_items(f, "done", 2);
    assert_int_equal(begun(f), 2);
    assert_string_equal(f->desk.runs[0].key, "t1-a");
    assert_string_equal(f->desk.runs[0].lease, "t1");
    assert_int_equal(f->desk.runs[1].generation, 2); /* the lease was given back and claimed again */
    assert_true(lease_is_free(f, "t1"));
}

static void test_work__looks_at_once_when_woken(void **state)
{
    struct fixture *f = *state;
    start(f, 0, 0, 24 * 3600 * 1000);
    touch(f, "a");
    work_wake(f->works[0], ~0U);
    await_rest(f, "a");
    touch(f, "b");
    work_wake(f->works[0], ~0U);
    await_rest(f, "b");
}

static enum rc act_wait(struct desk *desk, struct work_run *run, struct seen_run *seen, struct err *err)
{
    return is_let(desk, run, seen) ? RC_OK : err_set(err, RC_BUSY, NULL, "told to end");
}

static void test_work__write_during_the_work_is_not_lost(void **state)
{
    struct fixture *f = *state;
    f->desk.act = act_wait;
    start(f, 0, 0, 5);
    touch(f, "a");
    await(f, &f->desk.count, 1);
    touch(f, "a");
    let(&f->desk, RUNS_MAX);
    await_rest(f, "a");
    assert_int_equal(begun(f), 2);
    assert_int_equal(f->desk.runs[1].seq, f->desk.runs[0].seq + 1);
    assert_false(f->desk.together);
}

static enum rc act_fail_twice(struct desk *desk, struct work_run *run, struct seen_run *seen, struct err *err)
{
    (void)desk;
    (void)run;
    return seen->attempt < 2 ? err_set(err, RC_BUSY, NULL, "not now") : RC_OK;
}

static void test_work__failure_backs_off_and_comes_again(void **state)
{
    struct fixture *f = *state;
    f->desk.act = act_fail_twice;
    start(f, 0, 0, 5);
    touch(f, "a");
    await_rest(f, "a");
    await_items(f, "done", 1);
    assert_int_equal(begun(f), 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(f->desk.runs[i].attempt, i);
    }
    assert_int_equal(items(f, "failed"), 2);
}

/* What the store says of the row of a key, to whomever. */
struct question {
    const char *key;
    struct outbox_state state;
    char code[40], message[200];
};

static enum rc run_find_state(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct question *q = arg;
    enum rc rc = repo_outbox_find(tx, mem, OUTBOX_SYNC, str_of(q->key), &q->state, err);
    if (rc == RC_OK) {
        text_of(q->code, sizeof q->code, q->state.failure.code);
        text_of(q->message, sizeof q->message, q->state.failure.message);
    }
    return rc;
}

static enum rc state_of(struct fixture *f, struct question *q)
{
    return in_store(f->repo, REPO_LIST, run_find_state, q);
}

static enum rc act_fail_aloud(struct desk *desk, struct work_run *run, struct seen_run *seen, struct err *err)
{
    (void)desk;
    (void)run;
    (void)seen;
    return err_set(err, RC_BUSY, "PeerAway", "it says\n\xff\xc3\xa9 to Bearer 0123456789abcdef");
}

static void test_work__failure_has_its_cause_in_the_store(void **state)
{
    struct fixture *f = *state;
    struct question q = {.key = "a"};
    f->desk.act = act_fail_aloud;
    f->kind.backoff_ms = f->kind.backoff_max_ms = 3600 * 1000;
    start(f, 0, 0, 5);
    touch(f, "a");
    await_items(f, "failed", 1);
    assert_int_equal(state_of(f, &q), RC_OK);
    assert_string_equal(q.code, "PeerAway");
    assert_string_equal(q.message, "it says??\xc3\xa9 to Bearer ****************");
    assert_int_equal(q.state.failure.count, 1);
    assert_true(q.state.succeeded_at.ms == CLOCK_ABSENT.ms && q.state.wait_ms > 0);
    f->desk.act = NULL;
    touch(f, "a");
    await_rest(f, "a");
    assert_int_equal(state_of(f, &q), RC_OK);
    assert_true(q.state.failure.count == 0 && q.state.succeeded_at.ms != CLOCK_ABSENT.ms);
    assert_string_equal(q.code, "");
}

static enum rc act_idle(struct desk *desk, struct work_run *run, struct seen_run *seen, struct err *err)
{
    (void)desk;
    (void)seen;
    (void)err;
    work_idle(run);
    return RC_OK;
}

static void test_work__nothing_to_do_is_no_success(void **state)
{
    struct fixture *f = *state;
    struct question q = {.key = "a"};
    f->desk.act = act_idle;
    start(f, 0, 0, 5);
    touch(f, "a");
    await_rest(f, "a");
    assert_int_equal(state_of(f, &q), RC_OK);
    assert_true(q.state.rests && q.state.succeeded_at.ms == CLOCK_ABSENT.ms);
}

static enum rc act_forget(struct desk *desk, struct work_run *run, struct seen_run *seen, struct err *err)
{
    (void)desk;
    work_forget(run);
    return seen->attempt == 0 ? err_set(err, RC_BUSY, NULL, "not now") : RC_OK;
}

static void test_work__what_is_forgotten_leaves_no_row(void **state)
{
    struct fixture *f = *state;
    struct question q = {.key = "a"};
    f->desk.act = act_forget;
    start(f, 0, 0, 5);
    touch(f, "a");
    await_items(f, "done", 1);
    assert_int_equal(items(f, "failed"), 1); /* which forgot nothing */
    assert_int_equal(state_of(f, &q), RC_NOT_FOUND);
}

static enum rc act_fail_first(struct desk *desk, struct work_run *run, struct seen_run *seen, struct err *err)
{
    (void)run;
    return seen == desk->runs ? err_set(err, RC_INVALID, NULL, "refused") : RC_OK;
}

static void test_work__touch_ends_the_back_off(void **state)
{
    struct fixture *f = *state;
    f->desk.act = act_fail_first;
    f->kind.backoff_ms = f->kind.backoff_max_ms = 3600 * 1000;
    start(f, 0, 0, 5);
    touch(f, "a");
    await_items(f, "failed", 1);
    assert_true(has_work(f, "a"));
    touch(f, "b"); /* comes to its turn, the other does not */
    await_rest(f, "b");
    assert_int_equal(begun(f), 2);
    touch(f, "a");
    await_rest(f, "a");
    assert_int_equal(begun(f), 3);
    assert_int_equal(f->desk.runs[2].attempt, 0);
}

static enum rc act_retry_after(struct desk *desk, struct work_run *run, struct seen_run *seen,
                               struct err *err)
{
    enum rc rc = act_fail_first(desk, run, seen, err);
    if (rc != RC_OK) {
        err->retry_after_ms = 3600 * 1000;
    }
    return rc;
}

static void test_work__peer_that_says_when_is_not_asked_before(void **state)
{
    struct fixture *f = *state;
    f->desk.act = act_retry_after;
    start(f, 0, 0, 5);
    touch(f, "a");
    await_items(f, "failed", 1);
    for (int i = 0; i < 20; i++) { /* far longer than the back-off alone */
        touch(f, "b");
        await_rest(f, "b");
    }
    assert_int_equal(begun(f), 21);
    assert_true(has_work(f, "a"));
}

static enum rc act_again(struct desk *desk, struct work_run *run, struct seen_run *seen, struct err *err)
{
    (void)err;
    if (seen - desk->runs < 2) {
        work_again_in(run, 5);
    }
    return RC_OK;
}

static void test_work__again_is_no_failure(void **state)
{
    struct fixture *f = *state;
    f->desk.act = act_again;
    start(f, 0, 0, 5);
    touch(f, "a");
    await_rest(f, "a");
    await_items(f, "done", 1);
    assert_int_equal(begun(f), 3);
    assert_int_equal(f->desk.runs[2].attempt, 0);
    assert_int_equal(items(f, "again"), 2);
    assert_int_equal(items(f, "failed"), 0);
}

/* ---- leases ---- */

static void test_work__keeps_its_lease_as_long_as_it_works(void **state)
{
    struct fixture *f = *state;
    f->desk.act = act_wait;
    start(f, 0, LEASE_MS, 10);
    touch(f, "a");
    await(f, &f->desk.count, 1);
    start(f, 1, LEASE_MS, 10);
    struct mono later = mono_after(clock_mono(), 2 * LEASE_MS);
    while (clock_mono().ms < later.ms) {
        assert_false(lease_is_free(f, "a"));
    }
    let(&f->desk, RUNS_MAX);
    await_rest(f, "a");
    assert_int_equal(begun(f), 1);
    assert_false(f->desk.runs[0].lost);
}

static enum rc write_nothing(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)tx, (void)mem, (void)arg, (void)err;
    return RC_OK;
}

/* Far longer than the lease lasts, and one write after the other. */
static enum rc act_write(struct desk *desk, struct work_run *run, struct seen_run *seen, struct err *err)
{
    struct mono end = mono_after(clock_mono(), 3 * LEASE_MS);
    enum rc rc = RC_OK;
    (void)desk;
    while (rc == RC_OK && clock_mono().ms < end.ms) {
        rc = work_write(run, write_nothing, NULL, err);
    }
    seen->lost = work_lost(run);
    return rc;
}

static void test_work__keeps_its_lease_however_much_it_writes(void **state)
{
    struct fixture *f = *state;
    f->desk.act = act_write;
    start(f, 0, LEASE_MS, 10);
    touch(f, "a");
    await_rest(f, "a");
    assert_int_equal(begun(f), 1);
    assert_false(f->desk.runs[0].lost);
}

struct stranger {
    struct lease lease;
    int64_t duration_ms;
};

static enum rc run_claim(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct stranger *s = arg;
    (void)mem;
    return repo_lease_claim(tx, s->lease.name, s->lease.owner, s->duration_ms, &s->lease.generation, err);
}

static enum rc run_release(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)mem;
    return repo_lease_release(tx, &((struct stranger *)arg)->lease, err);
}

static void test_work__passes_by_what_another_node_holds(void **state)
{
    struct fixture *f = *state;
    struct stranger stranger = {{.name = STR("t1"), .owner = STR("X")}, LEASE_FOR_EVER_MS};
    char key[16];
    assert_int_equal(in_store(f->repo, REPO_WRITE, run_claim, &stranger), RC_OK);
    for (int i = 0; i < 300; i++) { /* more than a page */
        snprintf(key, sizeof key, "t1-%d", i);
        touch(f, key);
    }
    start(f, 0, 0, 5);
    touch(f, "t2-a");
    await_rest(f, "t2-a");
    assert_int_equal(begun(f), 1);
    assert_int_equal(in_store(f->repo, REPO_WRITE, run_release, &stranger), RC_OK);
    await_items(f, "done", 301);
    assert_int_equal(begun(f), 301);
    assert_false(f->desk.together);
}

static void test_work__many_held_leases_do_not_hide_a_free_one(void **state)
{
    struct fixture *f = *state;
    char key[16];
    for (int i = 0; i < 40; i++) { /* more than one poll finds */
        snprintf(key, sizeof key, "u%d", i);
        struct stranger stranger = {{.name = str_of(key), .owner = STR("X")}, LEASE_FOR_EVER_MS};
        assert_int_equal(in_store(f->repo, REPO_WRITE, run_claim, &stranger), RC_OK);
        touch(f, key);
    }
    touch(f, "t2");
    start(f, 0, 0, 24 * 3600 * 1000); /* polls once */
    await_rest(f, "t2");
    assert_int_equal(begun(f), 1);
}

static void test_work__dead_holder_is_followed_by_another(void **state)
{
    struct fixture *f = *state;
    struct stranger dead = {{.name = STR("t1"), .owner = STR("X")}, LEASE_MS};
    assert_int_equal(in_store(f->repo, REPO_WRITE, run_claim, &dead), RC_OK);
    touch(f, "t1-a");
    start(f, 0, LEASE_MS, 10);
    await_rest(f, "t1-a");
    assert_int_equal(begun(f), 1);
    assert_int_equal(f->desk.runs[0].generation, 2);
}

static void test_work__two_nodes_do_each_item_once_and_one_at_a_time(void **state)
{
    struct fixture *f = *state;
    char key[16];
    start(f, 0, 0, 3);
    start(f, 1, 0, 3);
    for (int i = 0; i < 120; i++) {
        snprintf(key, sizeof key, "t%d-%d", i % 5, i);
        touch(f, key);
        work_wake(f->works[i % 2], ~0U);
    }
    for (int i = 0; i < 120; i++) {
        snprintf(key, sizeof key, "t%d-%d", i % 5, i);
        await_rest(f, key);
    }
    assert_int_equal(begun(f), 120);
    assert_false(f->desk.together);
}

/* A job that says how far which generation came. */
static enum rc add_job(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)mem;
    (void)arg;
    struct job_row job = {.id = STR("progress"), .kind = STR("desk"), .key = STR("a")};
    return repo_job_add(tx, &job, err);
}

static enum rc write_progress(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct lease *lease = work_lease(arg);
    struct job_row job = {.id = STR("progress")};
    job.progress =
        arena_printf(mem, "%" STR_FMT " %lld", STR_ARG(lease->owner), (long long)lease->generation);
    return repo_job_write(tx, &job, err);
}

static enum rc act_progress(struct desk *desk, struct work_run *run, struct seen_run *seen, struct err *err)
{
    (void)is_let(desk, NULL, seen);
    seen->wrote = work_write(run, write_progress, run, err);
    return seen->wrote;
}

static enum rc check_progress(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct job_row *job;
    enum rc rc = repo_job_find(tx, mem, STR("progress"), REPO_READ, &job, err);
    assert_int_equal(rc, RC_OK);
    assert_true(str_eq(job->progress, str_of(arg)));
    return rc;
}

static void test_work__late_result_of_a_frozen_node_is_refused(void **state)
{
    struct fixture *f = *state;
    f->desk.act = act_progress;
    assert_int_equal(in_store(f->repo, REPO_WRITE, add_job, NULL), RC_OK);
    start(f, 0, LEASE_MS, 10);
    touch(f, "a");
    await(f, &f->desk.count, 1);
    atomic_store(&f->frozen[0], true);
    start(f, 1, LEASE_MS, 10);
    await(f, &f->desk.count, 2); /* B took over while A is at it still */
    assert_string_equal(f->desk.runs[1].node, "B");
    assert_int_equal(f->desk.runs[1].generation, 2);
    let(&f->desk, 1); /* A wakes up, B is not done yet */
    await(f, &f->desk.ended, 1);
    assert_int_equal(f->desk.runs[0].wrote, RC_CONFLICT);
    assert_true(f->desk.runs[0].lost);
    await_items(f, "lost", 1);
    assert_true(has_work(f, "a"));
    let(&f->desk, RUNS_MAX);
    await_rest(f, "a");
    assert_int_equal(f->desk.runs[1].wrote, RC_OK);
    assert_int_equal(in_store(f->repo, REPO_LIST, check_progress, (char[]){"B 2"}), RC_OK);
    assert_int_equal(begun(f), 2);
}

static enum rc act_until_stopped(struct desk *desk, struct work_run *run, struct seen_run *seen,
                                 struct err *err)
{
    bool stopped = !is_let(desk, run, seen);
    return stopped ? err_set(err, RC_BUSY, NULL, "told to end") : RC_OK;
}

static void test_work__stop_in_the_middle_gives_the_lease_back(void **state)
{
    struct fixture *f = *state;
    f->desk.act = act_until_stopped;
    start(f, 0, 0, 5);
    touch(f, "a");
    await(f, &f->desk.count, 1);
    assert_false(lease_is_free(f, "a"));
    int64_t before = clock_mono().ms;
    work_free(TAKE(f->works[0]));
    assert_true(clock_mono().ms - before < 10000);
    assert_true(lease_is_free(f, "a"));
    assert_true(has_work(f, "a"));
    assert_int_equal(items(f, "stopped"), 1);
    let(&f->desk, RUNS_MAX);
    start(f, 1, 0, 5); /* nothing is put off */
    await_rest(f, "a");
    assert_int_equal(f->desk.runs[1].attempt, 0);
}

/* As of a call on something that is stopped before the engine is. */
static void test_work__failure_after_the_end_is_none(void **state)
{
    struct fixture *f = *state;
    f->desk.act = act_until_stopped;
    start(f, 0, 0, 5);
    touch(f, "a");
    await(f, &f->desk.count, 1);
    work_end(f->works[0]);
    await_items(f, "stopped", 1);
    touch(f, "b");
    work_free(TAKE(f->works[0]));
    assert_int_equal(begun(f), 1);
    assert_int_equal(items(f, "failed"), 0);
    let(&f->desk, RUNS_MAX);
    start(f, 1, 0, 5);
    await_rest(f, "a");
    await_rest(f, "b");
    assert_int_equal(f->desk.runs[1].attempt, 0);
}

/* ---- pause ---- */

struct pause {
    struct str key;
    bool paused;
};

static enum rc run_pause(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct pause *pause = arg;
    (void)mem;
    return repo_outbox_pause(tx, OUTBOX_SYNC, pause->key, pause->paused, err);
}

static void set_paused(struct fixture *f, const char *key, bool paused)
{
    struct pause pause = {str_of(key), paused};
    assert_int_equal(in_store(f->repo, REPO_WRITE, run_pause, &pause), RC_OK);
}

static void test_work__pause_ends_a_run_and_holds_until_resumed(void **state)
{
    struct fixture *f = *state;
    f->desk.act = act_until_stopped;
    start(f, 0, 3000, 5); /* looks at the pause every second */
    touch(f, "a");
    await(f, &f->desk.count, 1);
    set_paused(f, "a", true);
    await(f, &f->desk.ended, 1);
    await_items(f, "stopped", 1);
    let(&f->desk, RUNS_MAX);
    touch(f, "a"); /* does not end it */
    touch(f, "b");
    await_rest(f, "b");
    assert_int_equal(begun(f), 2);
    set_paused(f, "a", false);
    await_rest(f, "a");
    assert_int_equal(begun(f), 3);
    assert_int_equal(f->desk.runs[2].attempt, 0);
}

static void test_work__pause_of_the_kind_holds_all(void **state)
{
    struct fixture *f = *state;
    set_paused(f, "", true);
    touch(f, "a");
    touch(f, "b");
    start(f, 0, 0, 5);
    struct mono later = mono_after(clock_mono(), 100);
    while (clock_mono().ms < later.ms) {
        assert_true(has_work(f, "a") && has_work(f, "b"));
    }
    set_paused(f, "", false);
    await_rest(f, "a");
    await_rest(f, "b");
    assert_int_equal(begun(f), 2);
}

/* ---- the store is away ---- */

static void test_work__goes_on_by_itself_when_the_store_is_back(void **state)
{
    struct fixture *f = *state;
    sqlite3 *db;
    f->desk.act = act_wait;
    start(f, 0, 0, 5);
    touch(f, "a");
    touch(f, "b");
    await(f, &f->desk.count, 2);
    assert_int_equal(sqlite3_open(f->folder.file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "begin immediate", NULL, NULL, NULL), SQLITE_OK);
    let(&f->desk, RUNS_MAX); /* they end and cannot be settled */
    await(f, &f->desk.ended, 2);
    struct mono later = mono_after(clock_mono(), 100);
    while (clock_mono().ms < later.ms) {
        assert_true(has_work(f, "a") && has_work(f, "b"));
    }
    assert_int_equal(sqlite3_exec(db, "commit", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    await_rest(f, "a");
    await_rest(f, "b");
    await_items(f, "done", 2); /* settled late, not done twice */
    touch(f, "c");
    await_rest(f, "c");
    assert_int_equal(begun(f), 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_work__does_what_is_due_and_then_no_more),
        TEST(test_work__looks_at_once_when_woken),
        TEST(test_work__write_during_the_work_is_not_lost),
        TEST(test_work__failure_backs_off_and_comes_again),
        TEST(test_work__failure_has_its_cause_in_the_store),
        TEST(test_work__nothing_to_do_is_no_success),
        TEST(test_work__what_is_forgotten_leaves_no_row),
        TEST(test_work__touch_ends_the_back_off),
        TEST(test_work__peer_that_says_when_is_not_asked_before),
        TEST(test_work__again_is_no_failure),
        TEST(test_work__keeps_its_lease_as_long_as_it_works),
        TEST(test_work__keeps_its_lease_however_much_it_writes),
        TEST(test_work__passes_by_what_another_node_holds),
        TEST(test_work__many_held_leases_do_not_hide_a_free_one),
        TEST(test_work__dead_holder_is_followed_by_another),
        TEST(test_work__two_nodes_do_each_item_once_and_one_at_a_time),
        TEST(test_work__late_result_of_a_frozen_node_is_refused),
        TEST(test_work__stop_in_the_middle_gives_the_lease_back),
        TEST(test_work__failure_after_the_end_is_none),
        TEST(test_work__pause_ends_a_run_and_holds_until_resumed),
        TEST(test_work__pause_of_the_kind_holds_all),
        TEST(test_work__goes_on_by_itself_when_the_store_is_back),
    };
    log_set_level(LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
