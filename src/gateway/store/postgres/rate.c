/* The rate limit over all nodes: a ring of slots in the database, each with the time of its last use. An admission takes a slot whose last
 * use is a minute ago, in one statement that never waits for a lock, with the database's clock. The table is logged: an unlogged one would
 * be empty after a crash. A node that was told that all are taken until T refuses by itself until T.
 *
 * Over SLOTS_MAX a minute a slot stands for several admissions, which its node must use within a second. */
#include <stdio.h>

#include "common/base/clock.h"
#include "gateway/store/postgres/postgres.h"

#include "common/base/banned.h"

#define WINDOW_MS 60000
#define SLOTS_MAX 1000
#define HOLD_MS   1000 /* how long a slot of several admissions may be used */
#define TAKE_MAX  64   /* admissions served together */
#define ANSWER_MS 3000 /* an admission is not waited for longer */

/* clang-format off */
#define NOW_MS "(extract(epoch from clock_timestamp()) * 1000)::bigint"
static const struct sql_text slots_make = {.text =
    "insert into rate_slot (slot, at) select n, 0 from generate_series(0, ?::bigint - 1) n on conflict (slot) do nothing"};
/* The last uses move into the first slots, so that a smaller limit counts them. */
static const struct sql_text slots_order = {.text =
    "update rate_slot r set at = s.at from (select at, row_number() over (order by at desc) - 1 as slot from rate_slot) s"
    " where s.slot = r.slot and s.at <> r.at"};
/* One ms is added, since both times are cut to whole ms. A time in the future is of a clock that was wrong. */
static const struct sql_text slots_take = {.text =
    "with free as materialized (select slot from rate_slot where slot < ?"
    " and (at <= " NOW_MS " - ? or at > " NOW_MS " + ?) order by at limit ? for update skip locked)"
    " update rate_slot r set at = " NOW_MS " + 1 from free where r.slot = free.slot"};
static const struct sql_text slots_wait = {.text =
    "select coalesce(min(at), 0) + ? - " NOW_MS " from rate_slot where slot < ?"};
static const struct sql_text slots_used = {.text =
    "select count(*) from rate_slot where slot < ? and at > " NOW_MS " - ? and at <= " NOW_MS " + ?"};
/* clang-format on */

struct taker {
    struct postgres_store *store;
    struct rate *rate;
    struct postgres_connection *connection;
    struct admission *batch;
    uint32_t wanted;
};

/* ---- statements ---- */

static enum rc run_with(struct sql *sql, const struct sql_text *text, const int64_t *values, size_t count,
                        int64_t *ret_changed, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(sql, text, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    for (size_t i = 0; i < count; i++) {
        sql_bind_i64(stmt, values[i]);
    }
    rc = sql_run(stmt, err);
    *ret_changed = rc == RC_OK ? sql_changed(stmt) : 0;
    return rc;
}

static int64_t slots_of(const struct rate *rate)
{
    return rate->prepared_limit / rate->block;
}

static int64_t window_ms(const struct rate *rate)
{
    return WINDOW_MS + (rate->block > 1 ? HOLD_MS : 0);
}

/* On each new connection: the server may be another one than before. */
static enum rc prepare_slots(struct rate *rate, struct postgres_connection *c, uint32_t limit,
                             struct err *err)
{
    struct sql *sql = &c->sql;
    int64_t ignored, slots;
    if (c->has_slots && rate->prepared_limit == limit) {
        return RC_OK;
    }
    rate->prepared_limit = limit;
    rate->block = (limit + SLOTS_MAX - 1) / SLOTS_MAX;
    rate->left = 0;
    slots = slots_of(rate);
    enum rc rc = sql_script(sql, "set synchronous_commit = off", err); /* a crash may admit a few more */
    rc = rc == RC_OK ? run_with(sql, &slots_make, &slots, 1, &ignored, err) : rc;
    if (rc == RC_OK) {
        rc = sql_begin_write(sql, err);
        rc = rc == RC_OK ? sql_script(sql, "lock table rate_slot in exclusive mode", err) : rc;
        rc = rc == RC_OK ? run_with(sql, &slots_order, NULL, 0, &ignored, err) : rc;
        if (rc == RC_OK) {
            rc = sql_commit(sql, err);
        } else {
            sql_rollback(sql);
        }
    }
    c->has_slots = rc == RC_OK;
    return rc;
}

static enum rc ask_wait(const struct rate *rate, struct sql *sql, int64_t *ret_ms, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(sql, &slots_wait, &stmt, err);
    bool row = false;
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_i64(stmt, window_ms(rate));
    sql_bind_i64(stmt, slots_of(rate));
    rc = sql_step(stmt, &row, err);
    *ret_ms = rc == RC_OK && row ? sql_read_i64(stmt) : 0;
    *ret_ms = *ret_ms > window_ms(rate) ? window_ms(rate) : *ret_ms; /* without the ms that was added */
    return rc;
}

/* How many of `wanted` may pass. Fewer: *ret_wait_ms is when the next slot is free; at most 0 when it was locked just now. */
static enum rc take_slots(struct rate *rate, struct sql *sql, uint32_t wanted, uint32_t *ret_granted,
                          int64_t *ret_wait_ms, struct err *err)
{
    bool fresh = clock_mono().ms < rate->left_until.ms;
    uint32_t left = fresh ? rate->left : 0;
    int64_t taken = 0;
    if (left < wanted) {
        const int64_t values[] = {slots_of(rate), window_ms(rate), WINDOW_MS,
                                  (wanted - left + rate->block - 1) / rate->block};
        rate->left_until = mono_after(clock_mono(), HOLD_MS); /* from before it was taken */
        enum rc rc = run_with(sql, &slots_take, values, ARRAY_LEN(values), &taken, err);
        if (rc != RC_OK) {
            return rc;
        }
    }
    uint32_t have = left + (uint32_t)taken * rate->block;
    *ret_granted = have < wanted ? have : wanted;
    rate->left = have - *ret_granted;
    return *ret_granted < wanted ? ask_wait(rate, sql, ret_wait_ms, err) : RC_OK;
}

/* ---- the thread ---- */

static struct admission *batch_next(struct taker *taker)
{
    struct admission *admission = taker->batch;
    taker->batch = admission->next;
    taker->wanted--;
    return admission;
}

static void answer(struct taker *taker, uint32_t count, enum rc rc, uint32_t retry_after_ms)
{
    for (uint32_t i = 0; i < count && taker->batch != NULL; i++) {
        struct admission *admission = batch_next(taker);
        admission->done(admission, rc, retry_after_ms);
    }
}

static void refuse_all(struct taker *taker, int64_t wait_ms)
{
    struct rate *rate = taker->rate;
    pthread_mutex_lock(&rate->mutex);
    if (rate->limit == rate->prepared_limit) { /* else it was changed meanwhile */
        rate->full_until = mono_after(clock_mono(), wait_ms);
    }
    pthread_mutex_unlock(&rate->mutex);
    answer(taker, taker->wanted, RC_LIMIT, (uint32_t)wait_ms);
}

static enum rc serve_on(struct taker *taker, uint32_t limit, struct err *err)
{
    struct sql *sql = &taker->connection->sql;
    postgres_ready(taker->connection, mono_after(clock_mono(), ANSWER_MS));
    enum rc rc = prepare_slots(taker->rate, taker->connection, limit, err);
    while (rc == RC_OK && taker->batch != NULL) {
        uint32_t granted = 0;
        int64_t wait_ms = 0;
        rc = take_slots(taker->rate, sql, taker->wanted, &granted, &wait_ms, err);
        if (rc == RC_OK) {
            answer(taker, granted, RC_OK, 0);
        }
        if (rc == RC_OK && taker->batch != NULL && wait_ms > 0) {
            refuse_all(taker, wait_ms);
        }
    }
    return rc;
}

static void serve(struct taker *taker, uint32_t limit)
{
    struct postgres_store *store = taker->store;
    struct err err = {0};
    enum rc rc = RC_OK;
    for (unsigned tries = 0; taker->batch != NULL && tries < 2;
         tries++) { /* a lost connection may be an old one */
        rc = store_connection(store, &taker->connection, mono_after(clock_mono(), ANSWER_MS), &err);
        rc = rc == RC_OK ? serve_on(taker, limit, &err) : rc;
        if (taker->connection != NULL && rc != RC_OK) {
            store_disconnect(store, &taker->connection);
        }
    }
    answer(taker, taker->wanted, RC_BUSY, RETRY_SOON_MS);
}

/* Waits for admissions. False: none will come. */
static bool batch_take(struct taker *taker, uint32_t *ret_limit)
{
    struct rate *rate = taker->rate;
    pthread_mutex_lock(&rate->mutex);
    while (rate->first == NULL && !rate->closed) {
        pthread_cond_wait(&rate->filled, &rate->mutex);
    }
    struct admission **last = &taker->batch;
    for (taker->wanted = 0; taker->wanted < TAKE_MAX && rate->first != NULL; taker->wanted++) {
        *last = rate->first;
        last = &rate->first->next;
        rate->first = rate->first->next;
    }
    *last = NULL;
    if (rate->first == NULL) {
        rate->last = &rate->first;
    }
    *ret_limit = rate->limit;
    pthread_mutex_unlock(&rate->mutex);
    return taker->batch != NULL;
}

/* What waited longer than anybody waits for it must not take a slot. */
static void drop_expired(struct taker *taker)
{
    struct mono now = clock_mono();
    for (struct admission **at = &taker->batch; *at != NULL;) {
        struct admission *admission = *at;
        if (now.ms < admission->deadline.ms) {
            at = &admission->next;
            continue;
        }
        *at = admission->next;
        taker->wanted--;
        admission->done(admission, RC_BUSY, RETRY_SOON_MS);
    }
}

static void *rate_main(void *arg)
{
    struct postgres_store *store = arg;
    struct taker taker = {.store = store, .rate = &store->rate};
    uint32_t limit;
    while (batch_take(&taker, &limit)) {
        drop_expired(&taker);
        if (limit == 0) {
            answer(&taker, taker.wanted, RC_OK, 0);
        } else if (taker.connection == NULL && atomic_load(&store->health) == AWAY) {
            answer(&taker, taker.wanted, RC_BUSY, RETRY_SOON_MS);
        } else {
            serve(&taker, limit);
        }
    }
    store_disconnect(store, &taker.connection);
    return NULL;
}

/* ---- the doors ---- */

void rate_admit(struct postgres_store *store, struct admission *admission)
{
    struct rate *rate = &store->rate;
    pthread_mutex_lock(&rate->mutex);
    int64_t wait_ms = mono_left_ms(rate->full_until, clock_mono());
    bool open = rate->limit == 0 || rate->closed;
    bool queued = !open && wait_ms == 0;
    if (queued) {
        admission->next = NULL;
        *rate->last = admission;
        rate->last = &admission->next;
        pthread_cond_signal(&rate->filled);
    }
    pthread_mutex_unlock(&rate->mutex);
    if (!queued) {
        admission->done(admission, open ? RC_OK : RC_LIMIT, open ? 0 : (uint32_t)wait_ms);
    }
}

/* Of all nodes; a slot that stands for several admissions counts as all of them. */
enum rc rate_used(struct postgres_store *store, struct sql *sql, int64_t *ret, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    struct rate *rate = &store->rate;
    pthread_mutex_lock(&rate->mutex);
    const uint32_t limit = rate->limit;
    pthread_mutex_unlock(&rate->mutex);
    const int64_t block = (limit + SLOTS_MAX - 1) / SLOTS_MAX;
    bool row = false;
    if (limit == 0) {
        *ret = -1;
        return RC_OK;
    }
    enum rc rc = sql_prepare(sql, &slots_used, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_i64(stmt, limit / block);
    sql_bind_i64(stmt, WINDOW_MS);
    sql_bind_i64(stmt, WINDOW_MS);
    rc = sql_step(stmt, &row, err);
    *ret = rc == RC_OK && row ? sql_read_i64(stmt) * block : 0;
    return rc;
}

void rate_set(struct postgres_store *store, uint32_t requests_per_minute)
{
    struct rate *rate = &store->rate;
    pthread_mutex_lock(&rate->mutex);
    rate->full_until = rate->limit == requests_per_minute ? rate->full_until : (struct mono){0};
    rate->limit = requests_per_minute;
    pthread_mutex_unlock(&rate->mutex);
}

bool rate_start(struct postgres_store *store)
{
    struct rate *rate = &store->rate;
    rate->last = &rate->first;
    rate->limit = store->config.requests_per_minute;
    rate->block = 1;
    rate->started = pthread_mutex_init(&rate->mutex, NULL) == 0 &&
                    pthread_cond_init(&rate->filled, NULL) == 0 &&
                    pthread_create(&rate->thread, NULL, rate_main, store) == 0;
    return rate->started;
}

void rate_stop(struct postgres_store *store)
{
    struct rate *rate = &store->rate;
    if (!rate->started) {
        return;
    }
    pthread_mutex_lock(&rate->mutex);
    rate->closed = true;
    pthread_cond_signal(&rate->filled);
    pthread_mutex_unlock(&rate->mutex);
    pthread_join(rate->thread, NULL);
    pthread_mutex_destroy(&rate->mutex);
    pthread_cond_destroy(&rate->filled);
}
