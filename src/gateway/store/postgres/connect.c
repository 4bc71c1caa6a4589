/* A session on the server: which one, how it is reached, what it must be, how it is set up.
 *
 * The hosts of the URL are tried one after the other, the one that answered last first. Each has its part of the time, and a host that
 * swallows everything is left after CONNECT_TCP_MS, so that the one behind it is always reached. (libpq, given all of them, would spend
 * all the time on the first.) Names are looked up by libpq, which waits for the resolver as long as that takes. */
#include <poll.h>
#include <stdio.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "gateway/store/postgres/postgres.h"

#include "common/base/banned.h"

#define URL_BYTES_MAX  4096
#define HOST_BYTES_MAX 512

/* ---- where it is ---- */

static const char *option_of(const PQconninfoOption *options, const char *keyword)
{
    while (options->keyword != NULL && strcmp(options->keyword, keyword) != 0) {
        options++;
    }
    return options->val;
}

static char *copy_of(const char *text)
{
    return text != NULL ? mem_dup(text, strlen(text)) : NULL;
}

static unsigned list_count(const char *list)
{
    unsigned count = 1;
    for (const char *at = list; at != NULL && *at != '\0'; at++) {
        count += *at == ',';
    }
    return count;
}

/* The i-th text of a list with commas; of a list of one, that one. */
static const char *list_at(const char *list, unsigned i, char room[HOST_BYTES_MAX])
{
    struct str rest = str_of(list), part = rest;
    bool one = list_count(list) == 1;
    for (unsigned at = 0; at <= (one ? 0 : i) && str_split(&rest, ',', &part); at++) {
    }
    snprintf(room, HOST_BYTES_MAX, "%" STR_FMT, STR_ARG(part));
    return list != NULL ? room : NULL;
}

static bool has_gap(const char *list)
{
    struct str text = str_of(list);
    return text.n > 0 && (text.p[0] == ',' || str_ends(text, STR(",")) || str_contains(text, STR(",,")));
}

/* A list with gaps is left to libpq as it is: an empty text of ours would not win over it. */
static void take_hosts(struct server *server, const PQconninfoOption *options)
{
    const char *hosts = option_of(options, "host"), *addresses = option_of(options, "hostaddr");
    server->host_count = 1;
    if (!has_gap(hosts) && !has_gap(addresses)) {
        server->hosts = copy_of(hosts);
        server->addresses = copy_of(addresses);
        server->ports = copy_of(option_of(options, "port"));
        server->host_count = list_count(addresses != NULL ? addresses : hosts);
    }
}

/* What libpq says of a bad URL may quote it, and with it a password: only what stands before the quote is shown, but for the name of
 * a parameter. */
static int shown_of(const char *why)
{
    static const char unknown[] = "invalid URI query parameter:";
    return (int)strcspn(why, strncmp(why, unknown, sizeof unknown - 1) == 0 ? "\n" : "\"\n");
}

static enum rc options_parse(const char *url, PQconninfoOption **ret, struct err *err)
{
    char *why = NULL;
    *ret = PQconninfoParse(url, &why);
    if (*ret != NULL) {
        return RC_OK;
    }
    const char *text = why != NULL ? why : "out of memory";
    enum rc rc = err_set(err, RC_INVALID, NULL, "the store's url: %.*s", shown_of(text), text);
    PQfreemem(why);
    return rc;
}

/* libpq looks at them when it connects, and its word would be one of many hosts. */
static enum rc ports_check(const char *list, struct err *err)
{
    struct str rest = str_of(list), port;
    int64_t number;
    while (str_split(&rest, ',', &port)) {
        if (!str_empty(port) && !str_to_i64(port, 1, UINT16_MAX, &number)) {
            return err_set(err, RC_INVALID, NULL, "the store's url: port \"%" STR_FMT "\" is not 1 to 65535",
                           STR_ARG(port));
        }
    }
    return RC_OK;
}

static enum rc take_url(struct server *server, const char *url, struct err *err)
{
    PQconninfoOption *options;
    enum rc rc = options_parse(url, &options, err);
    if (rc != RC_OK) {
        return rc;
    }
    if (option_of(options, "password") != NULL) { /* a URL is shown in logs and files */
        rc = err_set(err, RC_INVALID, NULL,
                     "the store's url holds a password: put it into a file of its own, password_file");
    } else {
        rc = ports_check(option_of(options, "port"), err);
        server->url = copy_of(url);
        take_hosts(server, options);
    }
    PQconninfoFree(options);
    return rc;
}

enum rc server_init(struct server *server, struct str url, struct str password, struct err *err)
{
    char text[URL_BYTES_MAX];
    if (url.n >= sizeof text || memchr(url.p, '\0', url.n) != NULL) {
        return err_set(err, RC_INVALID, NULL, "the store's url is too long, or not a text");
    }
    if (!str_empty(password) && memchr(password.p, '\0', password.n) != NULL) {
        return err_set(err, RC_INVALID, NULL, "the password of the database holds a NUL");
    }
    server->password = str_empty(password) ? NULL : mem_dup(password.p, password.n);
    snprintf(text, sizeof text, "%" STR_FMT, STR_ARG(url));
    return take_url(server, text, err);
}

void server_clear(struct server *server)
{
    if (server->password != NULL) {
        mem_wipe(server->password, strlen(server->password));
    }
    mem_free(server->password);
    mem_free(server->url);
    mem_free(server->hosts);
    mem_free(server->addresses);
    mem_free(server->ports);
}

enum rc server_url_check(struct str url, struct err *err)
{
    struct server server = {0};
    enum rc rc = server_init(&server, url, STR_NONE, err);
    server_clear(&server);
    return rc;
}

/* ---- one host ---- */

/* What the URL says wins over what stands before it, and loses against what comes after it. TCP_USER_TIMEOUT ends a connection whose
 * host swallows what it is sent. */
static PGconn *connect_start(const struct server *server, unsigned i)
{
    char host[HOST_BYTES_MAX], address[HOST_BYTES_MAX], port_room[HOST_BYTES_MAX];
    const char *port = list_at(server->ports, i, port_room);
    port = port != NULL && *port == '\0' ? "5432" : port; /* of a host without one beside others */
    const char *const options[][2] = {
        {"application_name", "numgated"},
        {"target_session_attrs", "read-write"},
        {"gssencmode", "disable"}, /* it would wait for other servers */
        {"keepalives_idle", "5"},
        {"keepalives_interval", "2"},
        {"keepalives_count", "3"},
        {"tcp_user_timeout", "4000"},
        {"dbname", server->url},
        {"host", list_at(server->hosts, i, host)},
        {"hostaddr", list_at(server->addresses, i, address)},
        {"port", port},
        {"client_encoding", "UTF8"},
        {"password", server->password},
    };
    const char *names[ARRAY_LEN(options) + 1] = {0}, *values[ARRAY_LEN(options) + 1] = {0};
    for (size_t n = 0; n < ARRAY_LEN(options); n++) {
        names[n] = options[n][0];
        values[n] = options[n][1];
    }
    return PQconnectStartParams(names, values, 1);
}

static struct mono sooner(struct mono a, struct mono b)
{
    return a.ms < b.ms ? a : b;
}

static bool connect_poll(PGconn *conn, struct mono deadline)
{
    struct mono reached = sooner(deadline, mono_after(clock_mono(), CONNECT_TCP_MS));
    PostgresPollingStatusType status =
        PQstatus(conn) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
    while (status == PGRES_POLLING_READING || status == PGRES_POLLING_WRITING) {
        short events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        if (!link_wait(conn, events, PQstatus(conn) == CONNECTION_STARTED ? reached : deadline)) {
            return false;
        }
        status = PQconnectPoll(conn);
    }
    return status == PGRES_POLLING_OK;
}

/* ---- what it must be ---- */

/* A commit that was acknowledged is on the disk, whatever the server's default is; "off" alone would break that.
 * Between two statements of a transaction lie microseconds of ours. Where it is seconds, the network has gone, or this process sleeps: its
 * locks must not hold up the other nodes.
 * Every statement is made for one index, in whose order it reads. A bitmap, which the server prefers while it knows little of a table, is
 * sorted afterwards: an account whole for each of its pages. */
static const char set_up[] =
    "set timezone = 'UTC'; set bytea_output = hex; set jit = off; set enable_bitmapscan = off;"
    "set standard_conforming_strings = on; set client_min_messages = error;"
    "set lock_timeout = '10s'; set statement_timeout = '60s';"
    "set idle_in_transaction_session_timeout = '4s';"
    "select set_config('synchronous_commit', 'on', false)"
    " where current_setting('synchronous_commit') = 'off'";
/* The lock lasts as long as the session: a move of the whole store takes it alone (side.c). */
static const char about[] =
    "select pg_is_in_recovery() as standby, current_setting('server_encoding') as encoding,"
    " pg_try_advisory_lock_shared(" POSTGRES_LOCK_STORE ") as ours";
static const char timeline[] =
    "select ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint";
/* Notices within 2 s that we have gone, so that it lets its locks go. Since version 14, and not everywhere. */
static const char check_client[] = "set client_connection_check_interval = '2s'";

struct about {
    bool standby, unicode, ours;
};

static void note_about(void *arg, PGresult *result)
{
    struct about *seen = arg;
    if (PQnfields(result) == 3) {
        seen->standby = PQgetvalue(result, 0, 0)[0] == 't';
        seen->unicode = strcmp(PQgetvalue(result, 0, 1), "UTF8") == 0;
        seen->ours = PQgetvalue(result, 0, 2)[0] == 't';
    }
}

static void note_timeline(void *arg, PGresult *result)
{
    int64_t *seen = arg;
    if (!str_to_i64(str_of(PQgetvalue(result, 0, 0)), 0, INT64_MAX, seen)) {
        *seen = 0;
    }
}

/* What a server may refuse without harm. */
static void try_script(struct postgres_connection *c, const char *text, link_row_fn *fn, void *arg)
{
    if (!link_run_text(c, text, fn, arg) && PQtransactionStatus(c->conn) == PQTRANS_IDLE) {
        c->rc = RC_OK;
        c->again = c->lost = false;
    }
}

static enum rc check_server(const struct server *server, struct postgres_connection *c,
                            const struct about *seen)
{
    if (PQserverVersion(c->conn) < 130000) {
        return err_set(&c->err, RC_INVALID, NULL, "PostgreSQL %d is too old: 13 is needed, or newer",
                       PQserverVersion(c->conn) / 10000);
    }
    if (!seen->unicode) {
        return err_set(&c->err, RC_INVALID, NULL, "the database must have the encoding UTF8");
    }
    if (seen->standby) {
        return err_set(&c->err, RC_BUSY, NULL, "the server is a standby and takes no writes");
    }
    return seen->ours || server->to_be_moved
               ? RC_OK
               : err_set(&c->err, RC_BUSY, NULL, "the database is being moved or filled");
}

static enum rc check_timeline(struct server *server, struct postgres_connection *c)
{
    int64_t highest = atomic_load(&server->timeline_max);
    while (c->timeline > highest &&
           !atomic_compare_exchange_weak(&server->timeline_max, &highest, c->timeline)) {
    }
    if (c->timeline != 0 && c->timeline < highest) {
        return err_set(&c->err, RC_BUSY, NULL,
                       "the server is a primary of the past: timeline %lld, after %lld was seen",
                       (long long)c->timeline, (long long)highest);
    }
    return RC_OK;
}

static void ignore_notice(void *arg UNUSED, const char *message UNUSED)
{
}

static enum rc session_begin(struct server *server, struct postgres_connection *c)
{
    struct about seen = {0};
    PQsetNoticeProcessor(c->conn, ignore_notice, NULL);
    if (PQsetnonblocking(c->conn, 1) != 0) {
        return link_lost(c, "the connection to the database cannot be used");
    }
    if (!link_run_text(c, set_up, NULL, NULL) || !link_run_text(c, about, note_about, &seen)) {
        return c->rc;
    }
    c->rc = check_server(server, c, &seen);
    if (c->rc != RC_OK) {
        return c->rc;
    }
    try_script(c, timeline, note_timeline, &c->timeline);
    if (!c->lost && PQserverVersion(c->conn) >= 140000) {
        try_script(c, check_client, NULL, NULL);
    }
    if (!c->lost && PQenterPipelineMode(c->conn) != 1) {
        return link_lost(c, "the connection to the database cannot be used");
    }
    return c->lost ? c->rc : (c->rc = check_timeline(server, c));
}

/* ---- a session ---- */

static enum rc open_failed(struct postgres_connection *c)
{
    const char *why = PQstatus(c->conn) == CONNECTION_BAD ? PQerrorMessage(c->conn) : "no answer in time";
    return err_set(&c->err, RC_BUSY, NULL, "the database cannot be reached: %.*s", (int)strcspn(why, "\n"),
                   why);
}

static enum rc open_one(struct server *server, unsigned i, struct postgres_connection *c)
{
    link_close(c);
    c->lost = c->again = false;
    c->timeline = 0;
    c->rc = RC_OK;
    c->conn = connect_start(server, i);
    if (c->conn == NULL) {
        return c->rc = err_set(&c->err, RC_INTERNAL, NULL, "out of memory");
    }
    if (!connect_poll(c->conn, c->deadline)) {
        return c->rc = open_failed(c);
    }
    return session_begin(server, c);
}

enum rc link_open(struct server *server, struct mono deadline, struct postgres_connection *c, struct err *err)
{
    struct mono end = sooner(deadline, mono_after(clock_mono(), CONNECT_MS_MAX));
    unsigned first = atomic_load(&server->host_first);
    enum rc rc = RC_BUSY;
    for (unsigned tried = 0; rc == RC_BUSY && tried < server->host_count; tried++) {
        unsigned host = (first + tried) % server->host_count;
        c->deadline =
            mono_after(clock_mono(), mono_left_ms(end, clock_mono()) / (server->host_count - tried));
        rc = open_one(server, host, c);
        if (rc == RC_OK) {
            atomic_store(&server->host_first, host);
        }
    }
    c->err.retry_after_ms = rc == RC_BUSY ? RETRY_SOON_MS : 0;
    return link_result(c, err);
}

void link_close(struct postgres_connection *c)
{
    PQfinish(c->conn);
    c->conn = NULL;
}
