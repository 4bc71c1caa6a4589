/* A PostgreSQL database as one end of a move. Nothing can keep a daemon from it as a lock keeps one from a file, so whoever needs it for
 * itself looks who else is connected. */
#include "common/base/clock.h"
#include "common/base/mem.h"
#include "gateway/store/postgres/postgres.h"
#include "gateway/store/side.h"

#include "common/base/banned.h"

#define OPEN_MS   30000
#define LINGER_MS 600000 /* for the answer to any one statement: the largest make an index over everything */
#define LIVE_MS   20000 /* the same where a daemon may have to end meanwhile: counting is the longest it does */
#define LEAVE_MS  2000 /* a daemon that ended just now may still hold its sessions */

struct postgres_side {
    struct side side; /* first */
    struct server server;
    struct postgres_connection *connection;
    int64_t linger_ms;
};

static struct postgres_side *of(struct side *side)
{
    return (struct postgres_side *)(void *)side;
}

static void driver_linger(struct side *base)
{
    of(base)->connection->deadline = mono_after(clock_mono(), of(base)->linger_ms);
}

/* ---- who else ---- */

static const char take_alone[] =
    "select case when pg_try_advisory_lock(" POSTGRES_LOCK_STORE ") then 1 else 0 end";
static const char wait_a_little[] = "select 1 from pg_sleep(0.1)";

/* Every session holds the lock shared from its beginning on, this one too: nobody can connect until this one ends. */
static enum rc be_alone(struct side *side, struct err *err)
{
    struct mono end = mono_after(clock_mono(), LEAVE_MS);
    int64_t alone = 0, slept;
    for (;;) {
        enum rc rc = side_number(side, str_of(take_alone), &alone, err);
        if (rc != RC_OK || alone != 0) {
            return rc;
        }
        if (clock_mono().ms > end.ms) {
            return err_set(
                err, RC_CONFLICT, NULL,
                "a numgated is connected to the database, or it is being moved: stop every node first");
        }
        rc = side_number(side, str_of(wait_a_little), &slept, err);
        if (rc != RC_OK) {
            return rc;
        }
    }
}

/* ---- open and close ---- */

static void driver_close(struct side *base, bool keep UNUSED)
{
    struct postgres_side *side = of(base);
    postgres_close(TAKE(side->connection));
    server_clear(&side->server);
    mem_free(side);
}

/* Whatever the server allows others, a move takes as long as it takes. */
static enum rc prepare_session(struct side *side, struct err *err)
{
    driver_linger(side);
    enum rc rc =
        sql_script(side->sql, "set statement_timeout = 0; set idle_in_transaction_session_timeout = 0", err);
    return rc == RC_OK && of(side)->server.to_be_moved ? be_alone(side, err) : rc;
}

static enum rc driver_open(const struct store_config *config, enum side_role role, struct side **ret,
                           struct err *err)
{
    struct postgres_side *side = mem_alloc(sizeof *side);
    if (side == NULL) {
        return err_set(err, RC_INTERNAL, NULL, "out of memory");
    }
    side->side.driver = &postgres_side;
    side->linger_ms = role == SIDE_LIVE ? LIVE_MS : LINGER_MS;
    enum rc rc = server_init(&side->server, config->url, config->password, err);
    side->server.to_be_moved = role == SIDE_STORE || role == SIDE_TARGET;
    rc = rc == RC_OK
             ? postgres_connect(&side->server, mono_after(clock_mono(), OPEN_MS), &side->connection, err)
             : rc;
    if (rc == RC_OK) {
        side->side.sql = &side->connection->sql;
        rc = prepare_session(&side->side, err);
    }
    if (rc != RC_OK) {
        driver_close(&side->side, false);
        return rc;
    }
    *ret = &side->side;
    return RC_OK;
}

const struct side_driver postgres_side = {
    .scheme = "postgresql:",
    .migrations = migrations_postgres,
    .revision_block = SEQUENCE_BLOCK,
    .arrays = true,
    .hex = {"encode(", ", 'hex')"},
    .open = driver_open,
    .close = driver_close,
    .linger = driver_linger,
};
