/* Looks whether the server is there and takes writes, each second and at once when somebody failed; deletes what is too old. While the
 * server is away nobody else tries to reach it. Several nodes may delete at the same time: each skips the rows that another one has. */
#include <stdio.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "gateway/store/postgres/postgres.h"

#include "common/base/banned.h"

#define PURGE_PAUSE_MS 60000

static const struct sql_text standby = {.text = "select pg_is_in_recovery()"};

const char *health_text(enum health health)
{
    static const char *const texts[] = {[HEALTHY] = NULL,
                                        [AWAY] = "the database cannot be reached",
                                        [FULL] = "there is no room left for the database"};
    return texts[health];
}

/* ---- is it there ---- */

static enum rc ask_standby(struct sql *sql, bool *ret_standby, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_prepare(sql, &standby, &stmt, err);
    bool row = false;
    if (rc == RC_OK) {
        rc = sql_step(stmt, &row, err);
    }
    if (rc == RC_OK && row) {
        *ret_standby = sql_read_bool(stmt);
    }
    return rc;
}

/* Whether a write passes again where a disk was full. */
static enum rc probe(struct sql *sql, struct err *err)
{
    enum rc rc = sql_begin_write(sql, err);
    if (rc == RC_OK) {
        rc = sql_script(sql,
                        "insert into setting (name, value) values ('probe', 1)"
                        " on conflict (name) do update set value = setting.value + 1",
                        err);
    }
    if (rc == RC_OK) {
        return sql_commit(sql, err);
    }
    sql_rollback(sql);
    return rc;
}

static enum rc look(struct postgres_store *store, struct postgres_connection **connection, struct err *err)
{
    struct mono deadline = mono_after(clock_mono(), PING_MS_MAX);
    bool is_standby = false;
    enum rc rc = store_connection(store, connection, deadline, err);
    if (rc == RC_OK) {
        postgres_ready(*connection, deadline);
        (*connection)->operation_id = "";
        rc = ask_standby(&(*connection)->sql, &is_standby, err);
    }
    if (rc == RC_OK && is_standby) {
        rc = err_set(err, RC_BUSY, NULL, "the server is a standby and takes no writes");
    }
    return rc == RC_OK && atomic_load(&store->health) == FULL ? probe(&(*connection)->sql, err) : rc;
}

static enum health health_of(enum rc rc, const struct err *err)
{
    bool full = err->code != NULL && strcmp(err->code, STORE_FULL) == 0;
    return rc == RC_OK ? HEALTHY : full ? FULL : AWAY;
}

/* Once for each reason: "cannot be reached" may become "is a primary of the past", and whoever is called at night must read that. */
static void note(struct postgres_store *store, enum health health, const struct err *err)
{
    struct upkeep *upkeep = &store->upkeep;
    atomic_store(&store->health, health);
    if (health != HEALTHY && strcmp(upkeep->reason, err->msg) != 0) {
        LOG(LOG_ERROR, "database_away", log_cstr("error", err->msg));
        snprintf(upkeep->reason, sizeof(upkeep->reason), "%s", err->msg);
    } else if (health == HEALTHY && upkeep->reason[0] != '\0') {
        LOG(LOG_NOTICE, "database_back", log_i64("timeline", atomic_load(&store->server.timeline_max)));
        upkeep->reason[0] = '\0';
    }
}

/* What waits would only find out by itself, after those who wait for an answer that does not come. */
static void refuse_waiting(struct postgres_store *store, struct job_queue *queue)
{
    bool closed;
    struct repo_job *job = queue_empty(queue) ? NULL : queue_take(queue, SIZE_MAX, 1, &closed);
    while (job != NULL) {
        struct repo_job *next = job->store.next;
        worker_refuse(store, job);
        job = next;
    }
}

static void refuse_all_waiting(struct postgres_store *store)
{
    refuse_waiting(store, &store->reads);
    refuse_waiting(store, &store->writes);
    refuse_waiting(store, &store->scans);
}

/* ---- what is too old ---- */

static enum rc purge_slice(struct postgres_store *store, struct sql *sql, bool *ret_more, struct err *err)
{
    bool more_operations = false, more_audit = false;
    enum rc rc = sql_begin_write(sql, err);
    if (rc == RC_OK) {
        rc = operation_purge(sql, &more_operations, err);
    }
    if (rc == RC_OK && store->config.keep_days > 0) {
        rc = audit_purge(sql, store->config.keep_days, &more_audit, err);
    }
    if (rc != RC_OK) {
        sql_rollback(sql);
        return rc;
    }
    *ret_more = more_operations || more_audit;
    return sql_commit(sql, err);
}

/* A slice at a time: between two of them the server is looked at. */
static void purge(struct postgres_store *store, struct postgres_connection *c)
{
    struct err err = {0};
    bool more = false;
    c->deadline = mono_after(clock_mono(), PING_MS_MAX);
    if (purge_slice(store, &c->sql, &more, &err) != RC_OK) {
        LOG(LOG_WARNING, "purge_failed", log_cstr("error", err.msg));
    }
    store->upkeep.purge_next = mono_after(clock_mono(), more ? 0 : PURGE_PAUSE_MS);
}

/* ---- the thread ---- */

static struct timespec after_ms(uint32_t ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += ms / 1000;
    at.tv_nsec += (long)(ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

/* How long until the next look, or purge. */
static uint32_t pause_ms(struct postgres_store *store)
{
    uint32_t look_ms = store->config.test.tick_ms;
    int64_t purge_ms = mono_left_ms(store->upkeep.purge_next, clock_mono());
    if (atomic_load(&store->health) != HEALTHY) {
        return AWAY_PAUSE_MS;
    }
    return purge_ms < look_ms ? (uint32_t)purge_ms : look_ms;
}

/* False: the end. */
static bool rest(struct postgres_store *store)
{
    struct upkeep *upkeep = &store->upkeep;
    struct timespec at = after_ms(pause_ms(store));
    int waited = 0;
    pthread_mutex_lock(&upkeep->mutex);
    while (waited == 0 && !upkeep->closed && !upkeep->hurry) {
        waited = pthread_cond_timedwait(&upkeep->wanted, &upkeep->mutex, &at);
    }
    upkeep->hurry = false;
    bool goes_on = !upkeep->closed;
    pthread_mutex_unlock(&upkeep->mutex);
    return goes_on;
}

static void turn(struct postgres_store *store, struct postgres_connection **connection)
{
    struct err err = {0};
    bool old = *connection != NULL;
    enum health health = health_of(look(store, connection, &err), &err);
    if (health == AWAY && old) { /* perhaps only the connection is */
        store_disconnect(store, connection);
        health = health_of(look(store, connection, &err), &err);
    }
    note(store, health, &err);
    if (health == AWAY) {
        store_disconnect(store, connection);
        refuse_all_waiting(store);
    } else if (health == HEALTHY && clock_mono().ms >= store->upkeep.purge_next.ms) {
        purge(store, *connection);
    }
}

static void *upkeep_main(void *arg)
{
    struct postgres_store *store = arg;
    struct postgres_connection *connection = NULL;
    do {
        turn(store, &connection);
    } while (rest(store));
    store_disconnect(store, &connection);
    return NULL;
}

void upkeep_hurry(struct postgres_store *store, enum health health)
{
    struct upkeep *upkeep = &store->upkeep;
    enum health healthy = HEALTHY;
    if (!atomic_compare_exchange_strong(&store->health, &healthy, health)) {
        return; /* it is being looked after */
    }
    LOG(LOG_ERROR, "database_away", log_cstr("error", health_text(health)));
    pthread_mutex_lock(&upkeep->mutex);
    upkeep->hurry = true;
    pthread_cond_signal(&upkeep->wanted);
    pthread_mutex_unlock(&upkeep->mutex);
}

static bool cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attr;
    if (pthread_condattr_init(&attr) != 0) {
        return false;
    }
    bool made = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 && pthread_cond_init(cond, &attr) == 0;
    pthread_condattr_destroy(&attr);
    return made;
}

bool upkeep_start(struct postgres_store *store)
{
    struct upkeep *upkeep = &store->upkeep;
    upkeep->started = pthread_mutex_init(&upkeep->mutex, NULL) == 0 && cond_init(&upkeep->wanted) &&
                      pthread_create(&upkeep->thread, NULL, upkeep_main, store) == 0;
    return upkeep->started;
}

void upkeep_stop(struct postgres_store *store)
{
    struct upkeep *upkeep = &store->upkeep;
    if (!upkeep->started) {
        return;
    }
    pthread_mutex_lock(&upkeep->mutex);
    upkeep->closed = true;
    pthread_cond_signal(&upkeep->wanted);
    pthread_mutex_unlock(&upkeep->mutex);
    pthread_join(upkeep->thread, NULL);
    pthread_mutex_destroy(&upkeep->mutex);
    pthread_cond_destroy(&upkeep->wanted);
}
