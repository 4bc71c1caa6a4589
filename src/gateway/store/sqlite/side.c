/* A SQLite file as one end of a move. A store is opened as a daemon would, with its lock, but read-only where it is the source; a backup
 * is a single file in rollback mode, which any number may read and nobody needs to lock. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "gateway/store/copy.h"
#include "gateway/store/side.h"
#include "gateway/store/sqlite/sqlite.h"

#include "common/base/banned.h"

#define BUSY_MS        5000
#define WAL_BYTES_MAX  (64ULL * 1024 * 1024)
#define PROGRESS_STEPS 20000 /* of SQLite's machine between two looks: some milliseconds */

struct sqlite_side {
    struct side side; /* first */
    struct sqlite_connection *connection;
    char path[PATH_BYTES_MAX];
    int lock_fd;
    bool made;                /* by us: it was not there */
    _Atomic int64_t begun_us; /* which the connection wants to note somewhere */
};

static struct sqlite_side *of(struct side *side)
{
    return (struct sqlite_side *)(void *)side;
}

/* ---- what it may be ---- */

/* The head of the file (https://sqlite.org/fileformat.html 1.3): what it is, in which mode, and how long it must be. SQLite itself takes
 * a last page that was cut short for one that ends in zeros. */
#define HEAD_BYTES      100
#define HEAD_PAGE_BYTES 16 /* 2 bytes; 1 stands for 65536 */
#define HEAD_MODE       18 /* 1: rollback journal, 2: WAL */
#define HEAD_PAGES      28 /* 4 bytes */

static uint32_t big_endian(const uint8_t *p, unsigned bytes)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < bytes; i++) {
        value = value << 8 | p[i];
    }
    return value;
}

static bool read_head(const char *path, uint8_t head[HEAD_BYTES], int64_t *ret_bytes, struct err *err)
{
    struct stat about;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        (void)err_set(err, RC_INVALID, NULL, "%s cannot be read: %s", path, strerror(errno));
        return false;
    }
    bool whole = fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && read(fd, head, HEAD_BYTES) == HEAD_BYTES;
    close(fd);
    if (!whole || memcmp(head, "SQLite format 3", 16) != 0) {
        (void)err_set(err, RC_INVALID, NULL, "%s is no backup: it is not a SQLite database", path);
        return false;
    }
    *ret_bytes = about.st_size;
    return true;
}

static enum rc check_header(const char *path, struct err *err)
{
    uint8_t head[HEAD_BYTES];
    int64_t bytes = 0;
    if (!read_head(path, head, &bytes, err)) {
        return RC_INVALID;
    }
    if (head[HEAD_MODE] != 1) {
        return err_set(err, RC_INVALID, NULL,
                       "%s is no backup but a store's own file; move it with migrate-store --from sqlite:%s",
                       path, path);
    }
    uint32_t page_bytes = big_endian(head + HEAD_PAGE_BYTES, 2);
    int64_t wanted = (int64_t)big_endian(head + HEAD_PAGES, 4) * (page_bytes == 1 ? 65536 : page_bytes);
    return bytes == wanted ? RC_OK
                           : err_set(err, RC_INVALID, NULL, "%s is not whole: it has %lld bytes of %lld",
                                     path, (long long)bytes, (long long)wanted);
}

static enum rc check_there(const char *path, struct err *err)
{
    return access(path, R_OK) == 0
               ? RC_OK
               : err_set(err, RC_INVALID, NULL, "%s cannot be read: %s", path, strerror(errno));
}

/* ---- open and close ---- */

/* What root makes in a daemon's folder is made for the daemon: files of root's would keep it from its own database. One that has further
 * names, or was somebody's already, is left alone. */
static void give_to_folder(const struct sqlite_side *side, int fd)
{
    char folder[PATH_BYTES_MAX];
    struct stat about, parent;
    if (geteuid() != 0 || fstat(fd, &about) != 0 || about.st_uid != 0 || about.st_nlink != 1) {
        return;
    }
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(side->path, '/') - side->path) + 1, side->path);
    if (stat(folder, &parent) == 0 && fchown(fd, parent.st_uid, parent.st_gid) != 0) {
        LOG(LOG_DEBUG, "owner_not_changed",
            log_cstr("path", side->path)); /* the daemon will say that it may not open it */
    }
}

/* Empty, and for nobody else to read: SQLite would take the mode that the umask leaves. */
static enum rc make_file(struct sqlite_side *side, struct err *err)
{
    int fd = open(side->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return errno == EEXIST
                   ? RC_OK
                   : err_set(err, RC_INVALID, NULL, "%s cannot be made: %s", side->path, strerror(errno));
    }
    side->made = true;
    give_to_folder(side, fd);
    close(fd);
    return RC_OK;
}

static enum rc lock_file(struct sqlite_side *side, struct err *err)
{
    enum rc rc = sqlite_lock_take(side->path, &side->lock_fd, err);
    if (rc == RC_OK) {
        give_to_folder(side, side->lock_fd);
    }
    return rc;
}

static enum rc connect_side(struct sqlite_side *side, enum side_role role, struct err *err)
{
    bool writer = role == SIDE_TARGET || role == SIDE_NEW;
    const struct sql_options options = {
        .writer = writer, .busy_ms = BUSY_MS, .wal_bytes_max = WAL_BYTES_MAX, .begun_us = &side->begun_us};
    enum rc rc = sqlite_connect(side->path, &options, &side->connection, err);
    if (rc != RC_OK) {
        err_context(err, "%s", side->path);
        return rc;
    }
    side->side.sql = &side->connection->sql;
    return RC_OK;
}

static enum rc open_path(struct sqlite_side *side, struct str url, enum side_role role, struct err *err)
{
    bool is_file = role == SIDE_BACKUP || role == SIDE_NEW;
    struct str path = is_file ? url : str_slice(url, strlen(sqlite_side.scheme), url.n);
    enum rc rc = sqlite_path_resolve(path, side->path, err);
    if (rc == RC_OK && role == SIDE_BACKUP) {
        rc = check_header(side->path, err);
    }
    if (rc == RC_OK && role != SIDE_TARGET) {
        rc = check_there(side->path, err);
    }
    if (rc == RC_OK && (role == SIDE_STORE || role == SIDE_SHARED || role == SIDE_TARGET)) {
        rc = lock_file(side, err);
    }
    if (rc == RC_OK && role == SIDE_TARGET) {
        rc = make_file(side, err);
    }
    return rc == RC_OK ? connect_side(side, role, err) : rc;
}

static void remove_file(const struct sqlite_side *side)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        char name[PATH_BYTES_MAX + 8];
        snprintf(name, sizeof name, "%s%s", side->path, ends[i]);
        (void)unlink(name); /* the last two are there after a failure only */
    }
}

/* The lock's file stays: a name that comes and goes would be two locks. */
static void driver_close(struct side *base, bool keep)
{
    struct sqlite_side *side = of(base);
    sqlite_close(TAKE(side->connection));
    if (!keep && side->made) {
        remove_file(side);
    }
    if (side->lock_fd >= 0) {
        close(side->lock_fd);
    }
    mem_free(side);
}

static enum rc driver_open(const struct store_config *config, enum side_role role, struct side **ret,
                           struct err *err)
{
    struct sqlite_side *side = mem_alloc(sizeof *side);
    if (side == NULL) {
        return err_set(err, RC_INTERNAL, NULL, "out of memory");
    }
    side->side.driver = &sqlite_side;
    side->lock_fd = -1;
    enum rc rc = open_path(side, config->url, role, err);
    if (rc != RC_OK) {
        driver_close(&side->side, false);
        return rc;
    }
    *ret = &side->side;
    return RC_OK;
}

/* A reader's snapshot is cut off when it is old; this one may be. */
static void driver_linger(struct side *base)
{
    of(base)->connection->end_us = 0;
}

/* ---- a backup ---- */

struct snapshot {
    struct sqlite_side *side;
    const char *file;
    const struct move_options *options;
    int64_t all_kib;
    bool stopped;
};

/* On SQLite's machine, while it copies. */
static int on_step(void *arg)
{
    struct snapshot *snapshot = arg;
    struct stat about;
    int64_t done_kib = stat(snapshot->file, &about) == 0 ? (int64_t)about.st_size / 1024 : 0;
    const struct move_progress progress = {
        "copy", "", "KiB", done_kib < snapshot->all_kib ? done_kib : snapshot->all_kib, snapshot->all_kib};
    snapshot->stopped = move_watch(snapshot->options, &progress, NULL) != RC_OK;
    return snapshot->stopped;
}

static enum rc snapshot_failed(const struct snapshot *snapshot, int code, struct err *err)
{
    if (snapshot->stopped) {
        return err_set(err, RC_BUSY, NULL, "stopped; what was copied is removed");
    }
    if ((code & 0xff) == SQLITE_FULL) {
        return err_set(err, RC_BUSY, STORE_FULL, "there is no room left for the backup");
    }
    return err_set(err, RC_INTERNAL, NULL, "the database cannot be copied: %s", sqlite3_errstr(code));
}

/* VACUUM INTO reads one snapshot, so writers go on; it does not take a transaction that is open already, and it writes a database, if
 * only another one, so the connection must not be told that it only reads. */
static int vacuum_into(sqlite3 *db, const char *file)
{
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_exec(db, "pragma query_only = 0", NULL, NULL, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_prepare_v2(db, "vacuum into ?", -1, &stmt, NULL);
    }
    if (code == SQLITE_OK) {
        code = sqlite3_bind_text(stmt, 1, file, -1, SQLITE_STATIC);
    }
    if (code == SQLITE_OK) {
        code = sqlite3_step(stmt);
    }
    (void)sqlite3_finalize(stmt); /* repeats the step's error */
    return code;
}

static enum rc driver_snapshot(struct side *base, const char *file, const struct move_options *options,
                               struct err *err)
{
    struct snapshot snapshot = {.side = of(base), .file = file, .options = options};
    sqlite3 *db = snapshot.side->connection->db;
    enum rc rc = side_number(
        base, STR("select page_count * page_size / 1024 from pragma_page_count, pragma_page_size"),
        &snapshot.all_kib, err);
    if (rc != RC_OK) {
        return rc;
    }
    sqlite3_progress_handler(db, PROGRESS_STEPS, on_step, &snapshot);
    int code = vacuum_into(db, file);
    sqlite3_progress_handler(db, 0, NULL, NULL);
    return code == SQLITE_DONE ? RC_OK : snapshot_failed(&snapshot, code, err);
}

/* Out of WAL mode: one file, which says in its header that it is a backup. */
static enum rc driver_seal(struct side *base, struct err *err)
{
    return sql_script(base->sql, "pragma journal_mode = delete", err);
}

const struct side_driver sqlite_side = {
    .scheme = "sqlite:",
    .migrations = migrations_sqlite,
    .revision_block = 1,
    .hex = {"lower(hex(", "))"},
    .open = driver_open,
    .close = driver_close,
    .linger = driver_linger,
    .snapshot = driver_snapshot,
    .seal = driver_seal,
};
