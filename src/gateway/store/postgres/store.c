/* Opening and closing, and the doors into the store on PostgreSQL. A third of the connections is for points and lists, the others are for
 * writes, so that commits which wait for a standby never keep reads from being answered; two more are for scans, one for the rate limit,
 * one for upkeep. */
#include <stdio.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/random.h"
#include "gateway/store/migrate.h"
#include "gateway/store/postgres/postgres.h"

#include "common/base/banned.h"

#define SCANNERS 2
#define OPEN_MS  30000 /* for connecting, with all nodes starting at once */
#define UPGRADE_MS                                                                                           \
    (24 * 3600 * 1000) /* an index of a large table takes its time, and other nodes wait for it */

/* ---- parts ---- */

static enum rc upgrade(struct postgres_connection *c, int version, struct err *err)
{
    if (version > 0) {
        LOG(LOG_NOTICE, "store_upgrade", log_i64("from_migration", version));
    }
    postgres_ready(c, mono_after(clock_mono(), UPGRADE_MS));
    enum rc rc = sql_script(&c->sql, "set statement_timeout = 0; set lock_timeout = 0", err);
    return rc == RC_OK ? migrate(&c->sql, migrations_postgres, err) : rc;
}

static enum rc schema_ensure(struct postgres_store *store, struct err *err)
{
    struct postgres_connection *c = NULL;
    struct mono deadline = mono_after(clock_mono(), OPEN_MS);
    int version = 0;
    enum rc rc = postgres_connect(&store->server, deadline, &c, err);
    if (rc == RC_OK) {
        LOG(LOG_INFO, "store_postgresql", log_i64("version", PQserverVersion(c->conn)),
            log_i64("timeline", c->timeline), log_cstr("host", PQhost(c->conn)),
            log_cstr("database", PQdb(c->conn)));
        postgres_ready(c, deadline);
        rc = migrate_version(&c->sql, migrations_postgres, &version, err);
    }
    if (rc == RC_OK && migrations_postgres[version].number != 0) {
        rc = upgrade(c, version, err);
    }
    postgres_close(c);
    return rc;
}

static enum rc parts_make(struct postgres_store *store, struct err *err)
{
    const struct store_config *config = &store->config;
    unsigned readers = config->connections / 3 > 0 ? config->connections / 3 : 1;
    unsigned writers = config->connections > readers ? config->connections - readers : 1;
    store->worker_count = readers + writers + SCANNERS;
    store->workers = mem_alloc_array(store->worker_count, sizeof *store->workers);
    if (store->workers == NULL || !queue_init(&store->reads, config->list_queue, false) ||
        !queue_init(&store->writes, config->write_queue, false) ||
        !queue_init(&store->scans, config->scan_queue, true)) {
        return err_set(err, RC_INTERNAL, NULL, "out of memory");
    }
    for (unsigned i = 0; i < store->worker_count; i++) {
        store->workers[i].store = store;
        store->workers[i].queue = i < readers             ? &store->reads
                                  : i < readers + writers ? &store->writes
                                                          : &store->scans;
        store->workers[i].shard = (uint32_t)(random_u64() % SHARDS);
    }
    snprintf(store->node, sizeof store->node, "%016llx", (unsigned long long)random_u64());
    postgres_metrics_init(&store->metrics, store);
    return RC_OK;
}

static bool threads_start(void *arg)
{
    struct postgres_store *store = arg;
    bool started = upkeep_start(store) && rate_start(store);
    for (unsigned i = 0; started && i < store->worker_count; i++) {
        started = worker_start(&store->workers[i]);
    }
    return started;
}

static void driver_close(struct repo *repo)
{
    struct postgres_store *store = (void *)repo;
    struct job_queue *const queues[] = {&store->reads, &store->writes, &store->scans};
    for (size_t i = 0; i < ARRAY_LEN(queues); i++) {
        if (queues[i]->last != NULL) { /* else it was never made */
            queue_close(queues[i]);
        }
    }
    for (unsigned i = 0; i < store->worker_count && store->workers != NULL; i++) {
        worker_stop(&store->workers[i]);
    }
    rate_stop(store);
    upkeep_stop(store);
    for (size_t i = 0; i < ARRAY_LEN(queues); i++) {
        queue_clear(queues[i]);
    }
    server_clear(&store->server);
    mem_free(store->workers);
    mem_free(store);
}

static enum rc driver_open(const struct store_config *config, struct repo **ret, struct err *err)
{
    struct postgres_store *store = mem_alloc(sizeof *store);
    if (store == NULL) {
        return err_set(err, RC_INTERNAL, NULL, "out of memory");
    }
    store->repo.driver = &postgres_driver;
    store->config = store_config_complete(config);
    store->config.url = store->config.password = STR_NONE; /* the caller's texts */
    enum rc rc = server_init(&store->server, config->url, config->password, err);
    rc = rc == RC_OK ? parts_make(store, err) : rc;
    rc = rc == RC_OK ? schema_ensure(store, err) : rc;
    if (rc == RC_OK && !store_threads_start(threads_start, store)) {
        rc = err_set(err, RC_INTERNAL, NULL, "the store's threads cannot be started");
    }
    if (rc != RC_OK) {
        driver_close(&store->repo);
        return rc;
    }
    *ret = &store->repo;
    return RC_OK;
}

/* ---- the doors ---- */

static void driver_submit(struct repo *repo, struct repo_job *job)
{
    struct postgres_store *store = (void *)repo;
    struct job_queue *queue = job->kind == REPO_WRITE  ? &store->writes
                              : job->kind == REPO_SCAN ? &store->scans
                                                       : &store->reads;
    queue_put_or_refuse(queue, job);
}

static void driver_admit(struct repo *repo, struct admission *admission)
{
    rate_admit((void *)repo, admission);
}

static bool driver_ready(struct repo *repo, const char **ret_why)
{
    struct postgres_store *store = (void *)repo;
    const char *why = health_text(atomic_load(&store->health));
    if (why != NULL) {
        *ret_why = why;
    }
    return why == NULL;
}

static enum rc driver_rate_used(struct repo *repo, struct repo_tx *tx, int64_t *ret, struct err *err)
{
    return rate_used((void *)repo, tx->sql, ret, err);
}

static void driver_set_rate(struct repo *repo, uint32_t requests_per_minute)
{
    rate_set((void *)repo, requests_per_minute);
}

const struct repo_driver postgres_driver = {
    .scheme = "postgresql:",
    .check = server_url_check,
    .open = driver_open,
    .close = driver_close,
    .submit = driver_submit,
    .admit = driver_admit,
    .ready = driver_ready,
    .rate_used = driver_rate_used,
    .set_rate = driver_set_rate,
};
