/* Opening and closing, and the doors into the store on SQLite. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "gateway/store/migrate.h"
#include "gateway/store/sqlite/sqlite.h"

#include "common/base/banned.h"

/* ---- whose file it is ---- */

/* The real path, so that two links to one file meet in one lock. The file itself need not exist yet, its
 * folder must. */
enum rc sqlite_path_resolve(struct str path, char ret[PATH_BYTES_MAX], struct err *err)
{
    char given[PATH_BYTES_MAX - 16], folder[PATH_BYTES_MAX];
    if (path.n == 0 || path.n >= sizeof given || memchr(path.p, '\0', path.n) != NULL) {
        return err_set(err, RC_INVALID, NULL,
                       "the database needs a path: sqlite:/var/lib/numgate/numgate.db");
    }
    snprintf(given, sizeof given, "%" STR_FMT, STR_ARG(path));
    if (realpath(given, ret) != NULL) {
        return RC_OK;
    }
    char *slash = strrchr(given, '/');
    const char *name = slash != NULL ? slash + 1 : given;
    if (*name == '\0') {
        return err_set(err, RC_INVALID, NULL, "%s is a folder, not a database", given);
    }
    char parent[PATH_BYTES_MAX];
    snprintf(parent, sizeof parent, "%.*s", slash != NULL ? (int)(slash - given) + 1 : 2,
             slash != NULL ? given : "./");
    if (realpath(parent, folder) == NULL) {
        return err_set(err, RC_INVALID, NULL, "the folder %s cannot be used: %s", parent, strerror(errno));
    }
    int n = snprintf(ret, PATH_BYTES_MAX, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, name);
    return n < PATH_BYTES_MAX - 16 ? RC_OK
                                   : err_set(err, RC_INVALID, NULL, "the path of the database is too long");
}

static enum rc lock_refused(const char *lock_path, int fd, struct err *err)
{
    char owner[64] = "";
    ssize_t n = pread(fd, owner, sizeof owner - 1, 0);
    owner[n > 0 ? strcspn(owner, "\n") : 0] = '\0';
    return err_set(err, RC_CONFLICT, NULL, "the database is in use by %s (%s is locked)",
                   owner[0] != '\0' ? owner : "another process", lock_path);
}

/* Taken before SQLite opens anything and held to the end; ends with the process however that ends. Only
 * SQLite opens the database file itself: closing another descriptor of it would drop SQLite's own locks. */
enum rc sqlite_lock_take(const char *path, int *ret_fd, struct err *err)
{
    char lock_path[PATH_BYTES_MAX + 16];
    snprintf(lock_path, sizeof lock_path, "%s.lock", path);
    int fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        return err_set(err, RC_INVALID, NULL, "%s cannot be opened: %s", lock_path, strerror(errno));
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        enum rc rc = lock_refused(lock_path, fd, err);
        close(fd);
        return rc;
    }
    char owner[32];
    int n = snprintf(owner, sizeof owner, "process %ld\n", (long)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, owner, (size_t)n, 0) != n) {
        LOG(LOG_DEBUG, "lock_owner_not_written",
            log_cstr("path", lock_path)); /* only the message of the next one suffers */
    }
    *ret_fd = fd;
    return RC_OK;
}

/* ---- parts ---- */

/* Versions before 3.51.3, but for two backports, can lose data when two connections reset and checkpoint the
 * WAL at once. Here one connection does both, so the warning is for those who would let another process at
 * the file. */
static void announce(void)
{
    int version = sqlite3_libversion_number(), series = version / 1000, patch = version % 1000;
    bool fixed = version >= 3051003 || (series == 3050 && patch >= 7) || (series == 3044 && patch >= 6);
    LOG(LOG_INFO, "store_sqlite", log_cstr("version", sqlite3_libversion()));
    if (!fixed) {
        LOG(LOG_WARNING, "store_sqlite_wal_reset_bug", log_cstr("version", sqlite3_libversion()),
            log_cstr("advice", "no other process may open the database file while this one runs"));
    }
}

static enum rc database_open(struct sqlite_store *store, struct err *err)
{
    const struct store_config *config = &store->config;
    struct sql_options options = {.writer = true,
                                  .no_sync = config->test.no_sync,
                                  .vfs = config->test.vfs,
                                  .busy_ms = config->test.busy_ms,
                                  .wal_bytes_max = config->wal_bytes_max};
    enum rc rc = sqlite_connect(store->path, &options, &store->writer.connection, err);
    if (rc == RC_OK) {
        rc = migrate(&store->writer.connection->sql, migrations_sqlite, err);
    }
    return rc == RC_OK ? revision_load(&store->writer.connection->sql, &store->writer.revisions, err) : rc;
}

static bool threads_start(void *arg)
{
    struct sqlite_store *store = arg;
    bool started =
        writer_start(&store->writer, store) && reader_start(&store->scan_reader, store, &store->scans);
    for (unsigned i = 0; i < LIST_READERS; i++) {
        started = started && reader_start(&store->list_readers[i], store, &store->lists);
    }
    return started;
}

static enum rc parts_make(struct sqlite_store *store, struct err *err)
{
    const struct store_config *config = &store->config;
    store->loops = mem_alloc_array(config->loops, sizeof *store->loops);
    bool made = (store->loops != NULL || config->loops == 0) &&
                rate_ring_init(&store->rate, config->requests_per_minute, 60000) &&
                pthread_mutex_init(&store->rate_mutex, NULL) == 0 &&
                queue_init(&store->writer.queue, config->write_queue, false) &&
                queue_init(&store->lists, config->list_queue, false) &&
                queue_init(&store->scans, config->scan_queue, true);
    if (!made) {
        return err_set(err, RC_INTERNAL, NULL, "out of memory");
    }
    for (unsigned i = 0; i < config->loops; i++) {
        store->loops[i].store = store;
    }
    sqlite_metrics_init(&store->metrics, store);
    return RC_OK;
}

static enum rc store_begin(struct sqlite_store *store, struct str path, struct err *err)
{
    char real[PATH_BYTES_MAX];
    enum rc rc = sqlite_path_resolve(path, real, err);
    if (rc == RC_OK) {
        rc = sqlite_lock_take(real, &store->lock_fd, err);
    }
    if (rc == RC_OK) {
        rc = parts_make(store, err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    store->path = mem_dup(real, strlen(real));
    rc = store->path != NULL ? database_open(store, err) : err_set(err, RC_INTERNAL, NULL, "out of memory");
    if (rc != RC_OK) {
        err_context(err, "%s", real);
        return rc;
    }
    return store_threads_start(threads_start, store)
               ? RC_OK
               : err_set(err, RC_INTERNAL, NULL, "the store's threads cannot be started");
}

static void queue_shut(struct job_queue *queue)
{
    if (queue->last != NULL) { /* else it was never made */
        queue_close(queue);
    }
}

/* The writer is last: the connection that closes last moves the WAL into the database and removes it. */
static void driver_close(struct repo *repo)
{
    struct sqlite_store *store = (void *)repo;
    queue_shut(&store->lists);
    queue_shut(&store->scans);
    for (unsigned i = 0; i < LIST_READERS; i++) {
        reader_stop(&store->list_readers[i]);
    }
    reader_stop(&store->scan_reader);
    for (unsigned i = 0; store->loops != NULL && i < store->config.loops; i++) {
        reader_stop(&store->loops[i]);
    }
    writer_stop(&store->writer);
    queue_clear(&store->writer.queue);
    queue_clear(&store->lists);
    queue_clear(&store->scans);
    rate_ring_clear(&store->rate);
    if (store->lock_fd >= 0) {
        close(store->lock_fd);
    }
    mem_free(store->loops);
    mem_free(store->path);
    mem_free(store);
}

static enum rc driver_open(const struct store_config *config, struct repo **ret, struct err *err)
{
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS,
                         0); /* a global lock less; refused when SQLite runs already, with this set */
    struct sqlite_store *store = mem_alloc(sizeof *store);
    if (store == NULL) {
        return err_set(err, RC_INTERNAL, NULL, "out of memory");
    }
    store->repo.driver = &sqlite_driver;
    store->config = store_config_complete(config);
    store->config.url = STR_NONE; /* the caller's text */
    store->lock_fd = -1;
    enum rc rc = store_begin(store, str_slice(config->url, strlen(sqlite_driver.scheme), config->url.n), err);
    if (rc != RC_OK) {
        driver_close(&store->repo);
        return rc;
    }
    announce();
    *ret = &store->repo;
    return RC_OK;
}

/* ---- the doors ---- */

static void driver_submit(struct repo *repo, struct repo_job *job)
{
    struct sqlite_store *store = (void *)repo;
    switch (job->kind) {
    case REPO_POINT:
        ensure(job->loop < store->config.loops);
        reader_run(&store->loops[job->loop], job);
        break;
    case REPO_LIST:
        queue_put_or_refuse(&store->lists, job);
        break;
    case REPO_SCAN:
        queue_put_or_refuse(&store->scans, job);
        break;
    case REPO_WRITE:
        queue_put_or_refuse(&store->writer.queue, job);
        break;
    }
}

static bool driver_ready(struct repo *repo, const char **ret_why)
{
    struct sqlite_store *store = (void *)repo;
    const char *why = atomic_load(&store->not_ready);
    if (why != NULL) {
        *ret_why = why;
    }
    return why == NULL;
}

static void driver_admit(struct repo *repo, struct admission *admission)
{
    struct sqlite_store *store = (void *)repo;
    int64_t wait_ms = 0;
    pthread_mutex_lock(&store->rate_mutex);
    bool granted = rate_ring_take(&store->rate, clock_mono(), &wait_ms);
    pthread_mutex_unlock(&store->rate_mutex);
    admission->done(admission, granted ? RC_OK : RC_LIMIT, (uint32_t)wait_ms);
}

static enum rc driver_rate_used(struct repo *repo, struct repo_tx *tx UNUSED, int64_t *ret,
                                struct err *err UNUSED)
{
    struct sqlite_store *store = (void *)repo;
    pthread_mutex_lock(&store->rate_mutex);
    *ret = store->rate.limit > 0 ? (int64_t)rate_ring_used(&store->rate, clock_mono()) : -1;
    pthread_mutex_unlock(&store->rate_mutex);
    return RC_OK;
}

/* Admissions of the last minute move over, oldest first; into a smaller ring the latest. */
static void ring_move(struct rate_ring *to, const struct rate_ring *from)
{
    int64_t ignored;
    for (uint32_t i = from->limit > to->limit ? from->limit - to->limit : 0; i < from->limit; i++) {
        int64_t at_ms = from->at_ms[(from->next + i) % from->limit];
        if (at_ms != INT64_MIN) {
            (void)rate_ring_take(to, (struct mono){at_ms}, &ignored); /* fits: these are times in order */
        }
    }
}

/* A daemon's working folder is nobody's choice. */
static enum rc driver_check(struct str url, struct err *err)
{
    return str_starts(url, STR("sqlite:/"))
               ? RC_OK
               : err_set(err, RC_INVALID, NULL,
                         "the database needs an absolute path: sqlite:/var/lib/numgate/numgate.db");
}

static void driver_set_rate(struct repo *repo, uint32_t requests_per_minute)
{
    struct sqlite_store *store = (void *)repo;
    struct rate_ring ring;
    if (!rate_ring_init(&ring, requests_per_minute, 60000)) {
        return; /* out of memory: the old limit stays */
    }
    pthread_mutex_lock(&store->rate_mutex);
    ring_move(&ring, &store->rate);
    struct rate_ring old = store->rate;
    store->rate = ring;
    pthread_mutex_unlock(&store->rate_mutex);
    rate_ring_clear(&old);
}

const struct repo_driver sqlite_driver = {
    .scheme = "sqlite:",
    .check = driver_check,
    .open = driver_open,
    .close = driver_close,
    .submit = driver_submit,
    .admit = driver_admit,
    .ready = driver_ready,
    .rate_used = driver_rate_used,
    .set_rate = driver_set_rate,
};
