/* The doors of store.h and of gateway/domain/repo.h: which driver it is, the URL says. */
#include <signal.h>

#include "common/base/clock.h"
#include "gateway/store/driver.h"

#include "common/base/banned.h"

static const struct repo_driver *const drivers[] = {&sqlite_driver, &postgres_driver};

static uint64_t or_default(uint64_t value, uint64_t fallback)
{
    return value != 0 ? value : fallback;
}

struct store_config store_config_complete(const struct store_config *config)
{
    struct store_config ret = *config;
    ret.scan_seconds = (uint32_t)or_default(config->scan_seconds, 5);
    ret.connections = (uint32_t)or_default(config->connections, 24);
    ret.write_queue = (uint32_t)or_default(config->write_queue, 4096);
    ret.list_queue = (uint32_t)or_default(config->list_queue, 1024);
    ret.scan_queue = (uint32_t)or_default(config->scan_queue, 16);
    ret.wal_bytes_max = or_default(config->wal_bytes_max, 64 * 1024 * 1024);
    ret.test.busy_ms = (uint32_t)or_default(config->test.busy_ms, 5000);
    ret.test.tick_ms = (uint32_t)or_default(config->test.tick_ms, 1000);
    ret.test.slice = (uint32_t)or_default(config->test.slice, 20000);
    return ret;
}

bool store_job_expired(const struct repo_job *job, struct err *err)
{
    if (clock_mono().ms < job->deadline.ms) {
        return false;
    }
    err_set(err, RC_BUSY, NULL, "the request waited too long");
    err->retry_after_ms = RETRY_SOON_MS;
    return true;
}

bool store_threads_start(bool (*start)(void *arg), void *arg)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = start(arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

static enum rc driver_of(struct str url, const struct repo_driver **ret, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(drivers); i++) {
        if (str_starts(url, str_of(drivers[i]->scheme))) {
            *ret = drivers[i];
            return RC_OK;
        }
    }
    return err_set(err, RC_INVALID, NULL,
                   "the store's url must be sqlite:PATH or postgresql://HOST/DATABASE");
}

enum rc store_url_check(struct str url, struct err *err)
{
    const struct repo_driver *driver;
    enum rc rc = driver_of(url, &driver, err);
    return rc == RC_OK ? driver->check(url, err) : rc;
}

enum rc store_open(const struct store_config *config, struct repo **ret, struct err *err)
{
    const struct repo_driver *driver;
    enum rc rc = driver_of(config->url, &driver, err);
    return rc == RC_OK ? driver->open(config, ret, err) : rc;
}

void store_close(struct repo *repo)
{
    if (repo != NULL) {
        repo->driver->close(repo);
    }
}

void store_set_rate(struct repo *repo, uint32_t requests_per_minute)
{
    repo->driver->set_rate(repo, requests_per_minute);
}

void repo_submit(struct repo *repo, struct repo_job *job)
{
    job->store.mark = arena_mark(job->mem);
    repo->driver->submit(repo, job);
}

enum rc repo_rate_used(struct repo *repo, struct repo_tx *tx, int64_t *ret, struct err *err)
{
    return repo->driver->rate_used(repo, tx, ret, err);
}

void repo_admit(struct repo *repo, struct admission *admission)
{
    repo->driver->admit(repo, admission);
}

bool repo_ready(struct repo *repo, const char **ret_why)
{
    return repo->driver->ready(repo, ret_why);
}
