/* Emptying a store. A table goes with the others unless daemons keep it for themselves (tables.h): leases and the counter of revisions
 * stay, so a holder of a lease from before is still fenced off, and no ETag comes twice. */
#include <semaphore.h>

#include "common/base/buf.h"
#include "common/base/random.h"
#include "gateway/store/store.h"
#include "gateway/store/tables.h"
#include "gateway/store/tx.h"

#include "common/base/banned.h"

#define DEADLINE_MS   60000
#define SQL_BYTES_MAX 2000

struct reset_job {
    struct repo_job job; /* first, so that the job is the reset */
    sem_t ended;
    enum rc rc;
    struct err err;
};

static enum rc run_text(struct repo_tx *tx, struct str text, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_compile(tx->sql, text, &stmt, err);
    return rc == RC_OK ? sql_run(stmt, err) : rc;
}

/* Where others write at the same time all tables are locked and emptied by one statement. */
static enum rc truncate_all(struct repo_tx *tx, struct err *err)
{
    CLEANUP(buf_clear) struct buf sql;
    buf_init(&sql, SQL_BYTES_MAX);
    for (const struct table_row *row = table_rows; row->name != NULL; row++) {
        if (row->flags == 0) {
            buf_printf(&sql, "%s %s", sql.n == 0 ? "truncate" : ",", row->name);
        }
    }
    ensure(!buf_failed(&sql));
    return run_text(tx, buf_str(&sql), err);
}

static enum rc delete_all(struct repo_tx *tx, struct err *err)
{
    enum rc rc = RC_OK;
    for (const struct table_row *row = table_rows; row->name != NULL && rc == RC_OK; row++) {
        CLEANUP(buf_clear) struct buf sql;
        buf_init(&sql, SQL_BYTES_MAX);
        buf_printf(&sql, "delete from %s", row->name);
        rc = row->flags == 0 ? run_text(tx, buf_str(&sql), err) : RC_OK;
    }
    return rc;
}

/* The zone has lost its customers, and who writes it looks at the serial alone. */
static enum rc raise_serial(struct repo_tx *tx, struct err *err)
{
    uint32_t serial = 0;
    enum rc rc = repo_zone_serial(tx, &serial, err);
    return rc == RC_OK && serial > 0 ? repo_zone_serial_raise(tx, clock_wall(), err) : rc;
}

static enum rc run(struct repo_tx *tx, struct repo_job *job, struct err *err)
{
    (void)job;
    enum rc rc = tx->shared ? truncate_all(tx, err) : delete_all(tx, err);
    return rc == RC_OK ? raise_serial(tx, err) : rc;
}

static void done(struct repo_job *job, enum rc rc, const struct err *err)
{
    struct reset_job *reset = (struct reset_job *)job;
    reset->rc = rc;
    if (err != NULL) {
        reset->err = *err;
    }
    sem_post(&reset->ended);
}

enum rc store_reset(struct repo *repo, struct err *err)
{
    char id[UUID_TEXT_MAX];
    struct arena *mem = arena_new(SQL_BYTES_MAX);
    struct reset_job reset = {.job = {.kind = REPO_WRITE,
                                      .deadline = mono_after(clock_mono(), DEADLINE_MS),
                                      .op = {STR("reset"), random_uuid(id)},
                                      .mem = mem,
                                      .run = run,
                                      .done = done}};
    sem_init(&reset.ended, 0, 0);
    repo_submit(repo, &reset.job);
    while (sem_wait(&reset.ended) != 0) {
    }
    sem_destroy(&reset.ended);
    arena_free(mem);
    if (reset.rc != RC_OK && err != NULL) {
        *err = reset.err;
    }
    return reset.rc;
}
