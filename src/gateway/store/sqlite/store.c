/* Opening and closing, and the doors into the store. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
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

#define PATH_BYTES_MAX 4096

/* ---- whose file it is ---- */

/* The real path, so that two links to one file meet in one lock. The file itself need not exist yet, its
 * folder must. */
static enum rc path_resolve(struct str path, char ret[PATH_BYTES_MAX], struct err *err)
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
static enum rc lock_take(const char *path, int *ret_fd, struct err *err)
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

static uint64_t or_default(uint64_t value, uint64_t fallback)
{
    return value != 0 ? value : fallback;
}

static void config_complete(struct store_config *config)
{
    config->scan_seconds = (uint32_t)or_default(config->scan_seconds, 5);
    config->write_queue = (uint32_t)or_default(config->write_queue, 4096);
    config->list_queue = (uint32_t)or_default(config->list_queue, 1024);
    config->scan_queue = (uint32_t)or_default(config->scan_queue, 16);
    config->wal_bytes_max = or_default(config->wal_bytes_max, 64 * 1024 * 1024);
    config->test.busy_ms = (uint32_t)or_default(config->test.busy_ms, 5000);
    config->test.tick_ms = (uint32_t)or_default(config->test.tick_ms, 1000);
    config->test.slice = (uint32_t)or_default(config->test.slice, 20000);
}

static enum rc database_open(struct repo *repo, struct err *err)
{
    const struct store_config *config = &repo->config;
    struct sql_options options = {.writer = true,
                                  .no_sync = config->test.no_sync,
                                  .vfs = config->test.vfs,
                                  .busy_ms = config->test.busy_ms,
                                  .wal_bytes_max = config->wal_bytes_max};
    enum rc rc = sqlite_connect(repo->path, &options, &repo->writer.sql, err);
    if (rc == RC_OK) {
        rc = migrate(repo->writer.sql, migrations_sqlite, err);
    }
    return rc == RC_OK ? revision_load(repo->writer.sql, &repo->writer.revisions, err) : rc;
}

static bool threads_start(struct repo *repo)
{
    bool started = writer_start(&repo->writer, repo) && reader_start(&repo->scan_reader, repo, &repo->scans);
    for (unsigned i = 0; i < LIST_READERS; i++) {
        started = started && reader_start(&repo->list_readers[i], repo, &repo->lists);
    }
    return started;
}

/* Signals are for the program's own threads. */
static enum rc threads_start_quiet(struct repo *repo, struct err *err)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = threads_start(repo);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started ? RC_OK : err_set(err, RC_INTERNAL, NULL, "the store's threads cannot be started");
}

static enum rc parts_make(struct repo *repo, struct err *err)
{
    const struct store_config *config = &repo->config;
    repo->loops = mem_alloc_array(config->loops, sizeof *repo->loops);
    bool made = (repo->loops != NULL || config->loops == 0) &&
                rate_ring_init(&repo->rate, config->requests_per_minute, 60000) &&
                pthread_mutex_init(&repo->rate_mutex, NULL) == 0 &&
                queue_init(&repo->writer.queue, config->write_queue, false) &&
                queue_init(&repo->lists, config->list_queue, false) &&
                queue_init(&repo->scans, config->scan_queue, true);
    if (!made) {
        return err_set(err, RC_INTERNAL, NULL, "out of memory");
    }
    for (unsigned i = 0; i < config->loops; i++) {
        repo->loops[i].repo = repo;
    }
    store_metrics_init(&repo->metrics, repo);
    return RC_OK;
}

static enum rc repo_open(struct repo *repo, struct str path, struct err *err)
{
    char real[PATH_BYTES_MAX];
    enum rc rc = path_resolve(path, real, err);
    if (rc == RC_OK) {
        rc = lock_take(real, &repo->lock_fd, err);
    }
    if (rc == RC_OK) {
        rc = parts_make(repo, err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    repo->path = mem_dup(real, strlen(real));
    rc = repo->path != NULL ? database_open(repo, err) : err_set(err, RC_INTERNAL, NULL, "out of memory");
    if (rc != RC_OK) {
        err_context(err, "%s", real);
        return rc;
    }
    return threads_start_quiet(repo, err);
}

enum rc store_open(const struct store_config *config, struct repo **ret, struct err *err)
{
    static const struct str scheme = {"sqlite:", 7};
    if (!str_starts(config->url, scheme)) {
        return err_set(err, RC_INVALID, NULL,
                       "store url must be sqlite:PATH; this program has no other database");
    }
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS,
                         0); /* a global lock less; refused when SQLite runs already, with this set */
    struct repo *repo = mem_alloc(sizeof *repo);
    if (repo == NULL) {
        return err_set(err, RC_INTERNAL, NULL, "out of memory");
    }
    repo->config = *config;
    repo->config.url = STR_NONE; /* the caller's text */
    repo->lock_fd = -1;
    config_complete(&repo->config);
    enum rc rc = repo_open(repo, str_slice(config->url, scheme.n, config->url.n), err);
    if (rc != RC_OK) {
        store_close(repo);
        return rc;
    }
    announce();
    *ret = repo;
    return RC_OK;
}

static void queue_shut(struct job_queue *queue)
{
    if (queue->last != NULL) { /* else it was never made */
        queue_close(queue);
    }
}

/* The writer is last: the connection that closes last moves the WAL into the database and removes it. */
void store_close(struct repo *repo)
{
    if (repo == NULL) {
        return;
    }
    queue_shut(&repo->lists);
    queue_shut(&repo->scans);
    for (unsigned i = 0; i < LIST_READERS; i++) {
        reader_stop(&repo->list_readers[i]);
    }
    reader_stop(&repo->scan_reader);
    for (unsigned i = 0; repo->loops != NULL && i < repo->config.loops; i++) {
        reader_stop(&repo->loops[i]);
    }
    writer_stop(&repo->writer);
    queue_clear(&repo->writer.queue);
    queue_clear(&repo->lists);
    queue_clear(&repo->scans);
    rate_ring_clear(&repo->rate);
    if (repo->lock_fd >= 0) {
        close(repo->lock_fd);
    }
    mem_free(repo->loops);
    mem_free(repo->path);
    mem_free(repo);
}

/* ---- the doors ---- */

static void queue_or_refuse(struct job_queue *queue, struct repo_job *job)
{
    if (queue_put(queue, job)) {
        return;
    }
    struct err err;
    err_set(&err, RC_BUSY, NULL, "too many requests are waiting for the database");
    err.retry_after_ms = RETRY_SOON_MS;
    job->done(job, RC_BUSY, &err);
}

void repo_submit(struct repo *repo, struct repo_job *job)
{
    job->store.mark = arena_mark(job->mem);
    switch (job->kind) {
    case REPO_POINT:
        ensure(job->loop < repo->config.loops);
        reader_run(&repo->loops[job->loop], job);
        break;
    case REPO_LIST:
        queue_or_refuse(&repo->lists, job);
        break;
    case REPO_SCAN:
        queue_or_refuse(&repo->scans, job);
        break;
    case REPO_WRITE:
        queue_or_refuse(&repo->writer.queue, job);
        break;
    }
}

bool repo_ready(struct repo *repo, const char **ret_why)
{
    const char *why = atomic_load(&repo->not_ready);
    if (why != NULL) {
        *ret_why = why;
    }
    return why == NULL;
}

void repo_admit(struct repo *repo, struct admission *admission)
{
    int64_t wait_ms = 0;
    pthread_mutex_lock(&repo->rate_mutex);
    bool granted = rate_ring_take(&repo->rate, clock_mono(), &wait_ms);
    pthread_mutex_unlock(&repo->rate_mutex);
    admission->done(admission, granted, (uint32_t)wait_ms);
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

void store_set_rate(struct repo *repo, uint32_t requests_per_minute)
{
    struct rate_ring ring;
    if (!rate_ring_init(&ring, requests_per_minute, 60000)) {
        return; /* out of memory: the old limit stays */
    }
    pthread_mutex_lock(&repo->rate_mutex);
    ring_move(&ring, &repo->rate);
    struct rate_ring old = repo->rate;
    repo->rate = ring;
    pthread_mutex_unlock(&repo->rate_mutex);
    rate_ring_clear(&old);
}
