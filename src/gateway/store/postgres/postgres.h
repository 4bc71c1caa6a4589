/* The PostgreSQL driver's own parts. Only files of this folder include it, and they alone include libpq.
 *
 *      connect.c     a session: which host, what the server must be, how it is set up
 *      link.c        commands and their answers in order, waited for with a deadline
 *      connection.c  struct sql over a link: statements, rows as arrays, transactions
 *      worker.c      threads that run jobs, each on a connection of its own; what is run again, what is settled
 *      rate.c        the rate limit over all nodes
 *      upkeep.c      is the server there, and what is too old goes
 *      store.c       opening, closing, the doors
 *      side.c        a connection for moving the whole store
 *
 * Statements travel in libpq's pipeline mode: what needs no answer at once (begin, writes) waits for the next statement that does, and
 * goes out with it in one packet. */
#pragma once
#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>

#include "gateway/store/driver.h"
#include "gateway/store/queue.h"
#include "gateway/store/tx.h"

#define CONNECT_MS_MAX 5000 /* for one attempt, all hosts of the URL together */
#define CONNECT_TCP_MS                                                                                       \
    700 /* of these until a host takes the connection: one that is back is reached within a second */
#define PING_MS_MAX     3000 /* an idle server that takes longer is away */
#define AWAY_PAUSE_MS   250  /* between two attempts to reach it */
#define SETTLE_LOCK_MS  250  /* how long an open commit is waited for before it is called open */
#define SETTLE_PAUSE_MS 50   /* between two attempts to settle it */
#define RUNS_MAX        20   /* of a job whose transaction meets others */
#define CONFLICT_RUNS   4    /* of one that finds a key taken: by then it is its own doing */
#define OWN_OPERATION_MS                                                                                     \
    (10 * 60 * 1000LL) /* how long the row of an operation without an id of the client's is kept */
#define SHARDS 32      /* of an account's counters */

/* ---- connect.c: the server, as all connections of the store see it ---- */

struct server {
    char *url;                       /* without a password */
    char *password;                  /* or NULL */
    char *hosts, *addresses, *ports; /* lists with commas, as in the URL; NULL: libpq's default */
    unsigned host_count;
    bool
        to_be_moved; /* a session does not mind that somebody moves the store: it will wait for its turn to */
    _Atomic unsigned host_first; /* the one that answered last */
    _Atomic int64_t
        timeline_max; /* the highest seen: a server with a lower one is an old primary somebody forgot */
};

struct postgres_connection;
/* RC_INVALID: not a URL, with a password in it, or a port that is none. server_clear is due in any case. */
MUST_USE enum rc server_init(struct server *server, struct str url, struct str password, struct err *err);
void server_clear(struct server *server);
MUST_USE enum rc server_url_check(struct str url, struct err *err); /* by itself */
MUST_USE enum rc link_open(struct server *server, struct mono deadline, struct postgres_connection *c,
                           struct err *err);
void link_close(struct postgres_connection *c);

/* ---- link.c ---- */

struct postgres_stmt;
enum command { COMMAND_PREPARE, COMMAND_QUERY, COMMAND_CONTROL, COMMAND_COMMIT, COMMAND_SYNC };
struct pending {
    enum command command;
    struct postgres_stmt *stmt; /* whose answer it is; NULL: nobody's */
    bool past;                  /* of a transaction that is over: its failure is nobody's */
};
#define PENDING_MAX     256
#define SQL_CACHE_SLOTS 256 /* a power of two, well over the number of statements there are */

struct postgres_connection {
    struct sql sql; /* first */
    PGconn *conn;
    struct mono deadline;                /* of everything that is waited for */
    int64_t timeline;                    /* of the server when it was connected; 0: it does not tell */
    struct pending pending[PENDING_MAX]; /* sent and not answered yet, a ring */
    unsigned first, count;
    bool unsynced; /* something was sent since the last sync */
    enum rc rc;    /* the first failure since the transaction began: all that follows has it */
    struct err err;
    bool again;      /* it may pass when everything is run once more */
    bool lost;       /* of no further use */
    bool writing;    /* between begin_write and commit or rollback */
    bool reading;    /* between begin_read and end_read */
    bool marked;     /* the operation row was sent, so there is something to commit */
    bool committing; /* the commit was sent, and nothing has kept the server from running it */
    bool committed;
    const char *operation_id; /* of the transaction; borrowed until it ends; empty: none */
    bool has_slots;  /* the rate limit's alone: slots are made, and commits do not wait for the disk */
    unsigned in_use; /* statements not given back */
    unsigned names;  /* of prepared statements so far */
    struct postgres_stmt *cache[SQL_CACHE_SLOTS];
};

/* Forgets the failures of what is over. A connection that is lost stays lost: c->rc says so. */
void link_renew(struct postgres_connection *c, struct mono deadline);
bool link_wait(const PGconn *conn, short events,
               struct mono deadline); /* for its socket. False: not by then */
/* False: the connection is lost, which c->rc says. */
bool link_sent(struct postgres_connection *c, enum command command, struct postgres_stmt *stmt, int sent);
bool link_send_text(struct postgres_connection *c, enum command command, const char *text);
void link_push_out(struct postgres_connection *c); /* does not wait */
/* Takes answers until nothing is pending, or `stmt` (if any) has its own. */
void link_collect(struct postgres_connection *c, const struct postgres_stmt *stmt);
void link_forget(struct postgres_connection *c,
                 const struct postgres_stmt *stmt); /* nobody wants its answers any more */
/* Several statements in one text, which libpq takes outside of pipeline mode only; link_run_text is already there. */
typedef void link_row_fn(void *arg, PGresult *result);
bool link_run_text(struct postgres_connection *c, const char *text, link_row_fn *fn, void *arg);
enum rc link_script(struct postgres_connection *c, const char *text, struct err *err);
enum rc link_failed(struct postgres_connection *c, const char *state, const char *message);
enum rc link_lost(struct postgres_connection *c, const char *why);
enum rc link_result(const struct postgres_connection *c,
                    struct err *err); /* what the transaction's state is */
/* connection.c: an answer has come. Takes the result over. */
void stmt_answered(struct postgres_stmt *stmt, enum command command, PGresult *result);

/* ---- connection.c ---- */

MUST_USE enum rc postgres_connect(struct server *server, struct mono deadline,
                                  struct postgres_connection **ret, struct err *err);
void postgres_close(struct postgres_connection *c); /* NULL is fine */
/* A job without a transaction begins: failures of the one before are forgotten. */
void postgres_ready(struct postgres_connection *c, struct mono deadline);
/* What became of the transaction with this operation id. From then on it can no longer commit, unless it is still open (RC_BUSY). */
enum settled { SETTLED_COMMITTED, SETTLED_UNDONE, SETTLED_OPEN };
MUST_USE enum rc postgres_settle(struct postgres_connection *c, const char *operation_id, enum settled *ret,
                                 struct err *err);

/* ---- the store ---- */

struct postgres_metrics {
    struct metric *connections, *connects, *connect_failures, *again, *lost;
    struct metric *settled[SETTLED_OPEN + 1];
    struct metric *reads_refused, *commit_seconds;
};

struct worker {
    struct postgres_store *store;
    struct job_queue *queue;
    struct postgres_connection *connection;
    struct revision_counter revisions;
    char operation_id[48];
    uint32_t shard;
    pthread_t thread;
    bool started;
};

struct rate {
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t filled;
    struct admission *first, **last;
    uint32_t limit;
    struct mono full_until; /* all slots of all nodes are taken until then */
    bool closed;
    uint32_t prepared_limit; /* what follows is the thread's own */
    uint32_t block, left;    /* admissions a slot stands for; those left of the last one taken */
    struct mono left_until;
    pthread_t thread;
    bool started;
};

struct upkeep {
    pthread_mutex_t mutex; /* guards closed */
    pthread_cond_t wanted;
    bool closed, hurry;
    struct mono purge_next;
    char reason[sizeof(
        ((struct err *)NULL)->msg)]; /* why it is away, as last logged; empty: it is not. The thread's own */
    pthread_t thread;
    bool started;
};

#define POSTGRES_LOCK_STORE                                                                                  \
    "7838295710453" /* an advisory lock: shared by who uses the store, alone for who moves it */

enum health {
    HEALTHY,
    AWAY, /* upkeep alone tries to reach it; who has no connection is refused */
    FULL, /* reads pass; writes are tried, and upkeep tries one of its own */
};

struct postgres_store {
    struct repo repo; /* first */
    struct store_config config;
    struct server server;
    struct postgres_metrics metrics;
    struct job_queue reads, writes, scans;
    struct worker *workers;
    unsigned worker_count;
    struct rate rate;
    struct upkeep upkeep;
    _Atomic enum health health;
    char node[20]; /* random: begins the ids of its operations */
    _Atomic uint64_t operations;
};

/* store.c: where it is, checked. What was set is cleared by whoever set it. */

/* worker.c */
bool worker_start(struct worker *worker);
void worker_stop(struct worker *worker);                                /* after its queue was closed */
void worker_refuse(struct postgres_store *store, struct repo_job *job); /* the server is away */
/* Makes the connection if there is none. RC_BUSY: the server cannot be reached. */
MUST_USE enum rc store_connection(struct postgres_store *store, struct postgres_connection **connection,
                                  struct mono deadline, struct err *err);
void store_disconnect(struct postgres_store *store, struct postgres_connection **connection);

/* rate.c */
bool rate_start(struct postgres_store *store);
void rate_stop(struct postgres_store *store);
void rate_admit(struct postgres_store *store, struct admission *admission);
MUST_USE enum rc rate_used(struct postgres_store *store, struct sql *sql, int64_t *ret, struct err *err);
void rate_set(struct postgres_store *store, uint32_t requests_per_minute);

/* upkeep.c */
bool upkeep_start(struct postgres_store *store);
void upkeep_stop(struct postgres_store *store);
void upkeep_hurry(struct postgres_store *store, enum health health); /* something failed: look now */
const char *health_text(enum health health);                         /* NULL: healthy */

/* metrics.c */
void postgres_metrics_init(struct postgres_metrics *ret, struct postgres_store *store);
