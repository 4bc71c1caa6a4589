#include "gateway/store/move.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/base/random.h"
#include "gateway/store/check.h"
#include "gateway/store/copy.h"

#include "common/base/banned.h"

#define CATALOG_BYTES_MAX (1024 * 1024)
#define MIGRATIONS_MAX    256
#define PATH_BYTES_MAX    4096

/* clang-format off */
/* What is counted, and is made larger; side_driver.revision_block revisions each. */
static const struct sql_text revision_get = {
    .text = "select value from setting where name = 'revision'",
    .postgres = "select case when is_called then last_value + 1 else last_value end from revision"};
static const struct sql_text revision_raise = {
    .text = "update setting set value = max(value, ?) where name = 'revision'",
    .postgres = "select setval('revision', greatest(?, (select last_value + 1 from revision)), false)"};
/* clang-format on */

/* ---- schemas ---- */

/* The target gets the schema the source has, and is brought up to date when the rows are in it. */
static enum rc schema_follow(struct side *from, struct side *to, struct err *err)
{
    struct migration until[MIGRATIONS_MAX] = {0};
    int source = 0, target = 0;
    enum rc rc = migrate_version(from->sql, from->driver->migrations, &source, err);
    if (rc == RC_OK && source == 0) {
        rc = err_set(err, RC_INVALID, NULL, "there is no store in it: it holds no tables");
    }
    if (rc != RC_OK) {
        err_context(err, "the source");
        return rc;
    }
    ensure(source < MIGRATIONS_MAX);
    memcpy(until, to->driver->migrations, (size_t)source * sizeof *until);
    rc = migrate_version(to->sql, to->driver->migrations, &target, err);
    if (rc == RC_OK && target > source) {
        rc = err_set(err, RC_CONFLICT, NULL,
                     "its schema is newer (%d) than the one of the source (%d): an empty database without "
                     "any tables will do",
                     target, source);
    }
    rc = rc == RC_OK ? migrate(to->sql, until, err) : rc;
    if (rc != RC_OK) {
        err_context(err, "the target");
    }
    return rc;
}

/* ---- is it empty ---- */

static enum rc check_empty(struct side *to, const struct tables *tables, struct err *err)
{
    for (size_t i = 0; i < tables->count; i++) {
        const struct table_row *row = tables->items[i].row;
        char sql[100];
        int64_t rows = 0;
        snprintf(sql, sizeof sql, "select count(*) from %s", row->name);
        enum rc rc = (row->flags & TABLE_UPKEEP) != 0 ? RC_OK : side_number(to, str_of(sql), &rows, err);
        if (rc != RC_OK) {
            return rc;
        }
        if (rows > 0) {
            return err_set(err, RC_CONFLICT, NULL,
                           "the target is not empty: table %s has %lld rows. Nothing was changed; name an "
                           "empty database",
                           row->name, (long long)rows);
        }
    }
    return RC_OK;
}

static enum rc clear_upkeep(struct side *to, const struct tables *tables, struct err *err)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < tables->count; i++) {
        struct buf sql;
        buf_init(&sql, 1000);
        buf_printf(&sql, "delete from %s", tables->items[i].row->name);
        table_put_only(&tables->items[i], "where", &sql);
        if ((tables->items[i].row->flags & TABLE_UPKEEP) != 0) {
            rc = side_run(to, buf_str(&sql), err);
        }
        buf_clear(&sql);
    }
    return rc;
}

/* ---- revisions ---- */

/* No revision below what the source may have handed out is handed out by the target. */
static enum rc revision_follow(struct side *from, struct side *to, int64_t jump, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *get = NULL;
    CLEANUP(sql_donep) struct sql_stmt *raise = NULL;
    bool row = false;
    enum rc rc = sql_prepare(from->sql, &revision_get, &get, err);
    rc = rc == RC_OK ? sql_step(get, &row, err) : rc;
    if (rc == RC_OK && !row) {
        rc = err_set(err, RC_INVALID, NULL, "the revision counter is missing in the source");
    }
    rc = rc == RC_OK ? sql_prepare(to->sql, &revision_raise, &raise, err) : rc;
    if (rc != RC_OK) {
        return rc;
    }
    int64_t next = sql_read_i64(get) * from->driver->revision_block + jump,
            block = to->driver->revision_block;
    sql_bind_i64(raise, (next + block - 1) / block);
    return sql_step(raise, &row, err);
}

/* ---- a move ---- */

struct move {
    struct side *from, *to;
    const struct move_options *options;
    int64_t jump;
    struct arena *mem;
    struct tables source, target;
};

static enum rc copy_and_compare(struct move *move, struct move_report *ret, struct err *err)
{
    struct pass pass = {
        .options = move->options, .from = move->from, .to = move->to, .tables = &move->source, .report = ret};
    enum rc rc = check_empty(move->to, &move->target, err);
    rc = rc == RC_OK ? pass_count(&pass, err) : rc;
    rc = rc == RC_OK ? clear_upkeep(move->to, &move->target, err) : rc;
    rc = rc == RC_OK ? pass_copy(&pass, err) : rc;
    rc = rc == RC_OK ? revision_follow(move->from, move->to, move->jump, err) : rc;
    return rc == RC_OK && move->options->compare ? pass_compare(&pass, err) : rc;
}

static enum rc commit(struct side *to, struct err *err)
{
    to->driver->linger(to);
    enum rc rc = sql_commit(to->sql, err);
    if (rc == RC_UNCERTAIN) {
        err_context(err, "whether the copy is there is unknown; run it again: it is refused where it is");
    }
    return rc;
}

/* All of it in one transaction of the target, from one snapshot of the source. */
static enum rc transaction(struct move *move, struct move_report *ret, struct err *err)
{
    enum rc rc = sql_begin_write(move->to->sql, err);
    if (rc != RC_OK) {
        return rc;
    }
    move->to->driver->linger(move->to);
    rc = copy_and_compare(move, ret, err);
    if (rc != RC_OK) {
        sql_rollback(move->to->sql);
        return rc;
    }
    return commit(move->to, err);
}

static enum rc run(struct move *move, struct move_report *ret, struct err *err)
{
    enum rc rc = schema_follow(move->from, move->to, err);
    rc = rc == RC_OK ? tables_read(move->from, move->mem, &move->source, err) : rc;
    rc = rc == RC_OK ? tables_read(move->to, move->mem, &move->target, err) : rc;
    rc = rc == RC_OK ? tables_match(&move->source, &move->target, err) : rc;
    return rc == RC_OK ? transaction(move, ret, err) : rc;
}

/* From a side to a side, both open. */
static enum rc move_all(struct side *from, struct side *to, const struct move_options *options, int64_t jump,
                        struct move_report *ret, struct err *err)
{
    CLEANUP(arena_freep) struct arena *mem = arena_new(CATALOG_BYTES_MAX);
    struct move *move = arena_new_of(mem, struct move);
    if (move == NULL) {
        return err_set(err, RC_INTERNAL, NULL, "out of memory");
    }
    *move = (struct move){.from = from, .to = to, .options = options, .jump = jump, .mem = mem};
    from->driver->linger(from);
    to->driver->linger(to);
    enum rc rc = sql_begin_read(from->sql, 0, err);
    if (rc != RC_OK) {
        return rc;
    }
    from->driver->linger(from);
    rc = run(move, ret, err);
    sql_end_read(from->sql);
    to->driver->linger(to);
    return rc == RC_OK ? migrate(to->sql, to->driver->migrations, err) : rc;
}

static enum rc move_between(const struct store_config *from_config, enum side_role role,
                            const struct store_config *to_config, const struct move_options *options,
                            int64_t jump, struct move_report *ret, struct err *err)
{
    struct side *from = NULL, *to = NULL;
    enum rc rc = side_open(from_config, role, &from, err);
    if (rc != RC_OK) {
        err_context(err, "the source");
        return rc;
    }
    rc = side_open(to_config, SIDE_TARGET, &to, err);
    if (rc != RC_OK) {
        err_context(err, "the target");
    }
    rc = rc == RC_OK ? move_all(from, to, options, jump, ret, err) : rc;
    side_close(to, rc == RC_OK || rc == RC_UNCERTAIN);
    side_close(from, true);
    return rc;
}

enum rc store_move(const struct store_config *from, const struct store_config *to,
                   const struct move_options *options, struct move_report *ret, struct err *err)
{
    return move_between(from, SIDE_STORE, to, options, 0, ret, err);
}

enum rc store_restore(const char *file, const struct store_config *to, const struct move_options *options,
                      struct move_report *ret, struct err *err)
{
    const struct store_config from = {.url = str_of(file)};
    return move_between(&from, SIDE_BACKUP, to, options, MOVE_JUMP, ret, err);
}

/* ---- a backup ---- */

struct backup {
    char folder[PATH_BYTES_MAX], part[PATH_BYTES_MAX + 16];
    const char *file;
};

/* Its folder and the name beside it that it has until it is whole. */
static enum rc backup_name(struct backup *backup, const char *file, struct err *err)
{
    const char *slash = strrchr(file, '/');
    if (strlen(file) >= PATH_BYTES_MAX - 20 || *file == '\0' || (slash != NULL && slash[1] == '\0')) {
        return err_set(err, RC_INVALID, NULL, "\"%.200s\" is no name of a file", file);
    }
    backup->file = file;
    snprintf(backup->folder, sizeof backup->folder, "%.*s", slash != NULL ? (int)(slash - file) + 1 : 1,
             slash != NULL ? file : ".");
    snprintf(backup->part, sizeof backup->part, "%s.part-%06x", file, (unsigned)(random_u64() & 0xffffff));
    return access(file, F_OK) != 0
               ? RC_OK
               : err_set(err, RC_CONFLICT, NULL, "%s is there already: a backup replaces nothing", file);
}

static enum rc part_make(const struct backup *backup, struct err *err)
{
    int fd = open(backup->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return err_set(err, RC_INVALID, NULL, "%s cannot be made by user %ld: %s", backup->file,
                       (long)geteuid(), strerror(errno));
    }
    close(fd);
    return RC_OK;
}

static void part_remove(const struct backup *backup)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        char name[sizeof backup->part + 16];
        snprintf(name, sizeof name, "%s%s", backup->part, ends[i]);
        (void)unlink(name); /* most are not there */
    }
}

static bool sync_path(const char *path, int flags)
{
    int fd = open(path, flags | O_RDONLY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    int saved = errno;
    if (fd >= 0) {
        close(fd);
    }
    errno = saved;
    return synced;
}

/* Durable, whole, and under its name, in this order. link() rather than rename(): it replaces nothing. */
static enum rc part_keep(const struct backup *backup, struct err *err)
{
    bool kept = sync_path(backup->part, 0) && link(backup->part, backup->file) == 0;
    if (!kept || !sync_path(backup->folder, O_DIRECTORY)) {
        int saved = errno;
        if (kept) {
            (void)unlink(
                backup->file); /* whether it stays there is unknown, so it must not look as if it did */
        }
        return err_set(err, RC_INTERNAL, NULL, "%s cannot be kept: %s", backup->file, strerror(saved));
    }
    return RC_OK;
}

static enum rc copy_into(struct side *from, const char *part, const struct move_options *options,
                         struct err *err)
{
    const struct store_config config = {.url = str_of(part)};
    struct move_report report;
    struct side *to = NULL;
    enum rc rc = side_open(&config, SIDE_NEW, &to, err);
    rc = rc == RC_OK ? move_all(from, to, options, 0, &report, err) : rc;
    rc = rc == RC_OK ? to->driver->seal(to, err) : rc;
    side_close(to, true);
    return rc;
}

static enum rc part_fill(const struct store_config *from_config, bool live, const char *part,
                         const struct move_options *options, struct err *err)
{
    struct side *from = NULL;
    enum rc rc = side_open(from_config, live ? SIDE_LIVE : SIDE_SHARED, &from, err);
    if (rc != RC_OK) {
        return rc;
    }
    from->driver->linger(from);
    rc = from->driver->snapshot != NULL ? from->driver->snapshot(from, part, options, err)
                                        : copy_into(from, part, options, err);
    side_close(from, true);
    return rc;
}

enum rc store_backup(const struct store_config *from, bool live, const char *file,
                     const struct move_options *options, struct move_report *ret, struct err *err)
{
    struct backup backup;
    enum rc rc = backup_name(&backup, file, err);
    rc = rc == RC_OK ? part_make(&backup, err) : rc;
    if (rc != RC_OK) {
        return rc;
    }
    rc = part_fill(from, live, backup.part, options, err);
    rc = rc == RC_OK ? check_counts(backup.part, ret, err) : rc;
    rc = rc == RC_OK ? part_keep(&backup, err) : rc;
    part_remove(&backup);
    return rc;
}
