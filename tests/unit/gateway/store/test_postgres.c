/* What only the PostgreSQL driver can get wrong: lost connections and commits, several nodes, a server that is away. Needs the server that
 * NUMGATE_TEST_POSTGRES names, by address and port, and empties its database. */
#include "helper.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "gateway/store/postgres/postgres.h"
#include "proxy.h"

/* ---- the server, seen from beside the store ---- */

#define URL_MAX 400
static const char *url; /* NUMGATE_TEST_POSTGRES */
static struct {
    char user[64], host[64], port[16], database[64];
} where;

static void url_take(void)
{
    const struct {
        const char *keyword;
        char *to;
        size_t size;
    } wanted[] = {{"user", where.user, sizeof where.user},
                  {"host", where.host, sizeof where.host},
                  {"port", where.port, sizeof where.port},
                  {"dbname", where.database, sizeof where.database}};
    PQconninfoOption *options = PQconninfoParse(url, NULL);
    for (const PQconninfoOption *o = options; o != NULL && o->keyword != NULL; o++) {
        for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
            if (strcmp(o->keyword, wanted[i].keyword) == 0 && o->val != NULL) {
                snprintf(wanted[i].to, wanted[i].size, "%s", o->val);
            }
        }
    }
    PQconninfoFree(options);
}

static void url_of(char text[URL_MAX], const char *host, unsigned port, const char *database)
{
    snprintf(text, URL_MAX, "postgresql://%s@%s:%u/%s", where.user, host, port, database);
}

static uint16_t where_port(void)
{
    uint64_t port = 5432;
    assert_true(str_to_u64(str_of(where.port), UINT16_MAX, &port));
    return (uint16_t)port;
}

static PGconn *beside(void)
{
    PGconn *conn = PQconnectdb(url);
    if (PQstatus(conn) != CONNECTION_OK) {
        fail_msg("%s", PQerrorMessage(conn));
    }
    return conn;
}

static bool try_on(PGconn *conn, const char *sql)
{
    PGresult *result = PQexec(conn, sql);
    bool done = PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK;
    PQclear(result);
    return done;
}

static void on(PGconn *conn, const char *sql)
{
    if (!try_on(conn, sql)) {
        fail_msg("%s: %s", sql, PQerrorMessage(conn));
    }
}

static int64_t ask(PGconn *conn, const char *sql)
{
    PGresult *result = PQexec(conn, sql);
    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1) {
        fail_msg("%s: %s", sql, PQerrorMessage(conn));
    }
    int64_t value = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    return value;
}

static void run_beside(const char *sql)
{
    PGconn *conn = beside();
    on(conn, sql);
    PQfinish(conn);
}

static int64_t ask_beside(const char *sql)
{
    PGconn *conn = beside();
    int64_t value = ask(conn, sql);
    PQfinish(conn);
    return value;
}

static void kill_all(void)
{
    run_beside("select pg_terminate_backend(pid) from pg_stat_activity"
               " where application_name = 'numgated' and datname = current_database()");
}

static int empty_database(void **state)
{
    (void)state;
    run_beside("set client_min_messages = error; drop schema public cascade; create schema public");
    return 0;
}

/* ---- stores ---- */

static struct store_config config_of(const char *store_url)
{
    return (struct store_config){
        .url = str_of(store_url), .loops = 1, .connections = 3, .test = {.tick_ms = 100}};
}

static struct repo *open_with(struct store_config config)
{
    struct repo *repo = NULL;
    struct err err;
    if (store_open(&config, &repo, &err) != RC_OK) {
        fail_msg("%s", err.msg);
    }
    return repo;
}

static struct repo *open_plain(void)
{
    return open_with(config_of(url));
}

static struct repo *open_behind(struct proxy *proxy)
{
    char text[URL_MAX];
    proxy_start(proxy, where_port());
    url_of(text, "127.0.0.1", proxy->port, where.database);
    return open_with(config_of(text));
}

static void submit_until(struct step *step, struct repo *repo, enum repo_kind kind, int64_t ms, step_fn *fn,
                         void *arg)
{
    *step = (struct step){.job = {.deadline = mono_after(clock_mono(), ms)}};
    step_submit(step, repo, kind, fn, arg);
}

static bool eventually(bool (*holds)(void *arg), void *arg, int64_t ms)
{
    struct mono end = mono_after(clock_mono(), ms);
    while (!holds(arg)) {
        if (clock_mono().ms >= end.ms) {
            return false;
        }
        (void)poll(NULL, 0, 5);
    }
    return true;
}

static bool is_ready(void *arg)
{
    const char *why;
    return repo_ready(arg, &why);
}

static bool is_not_ready(void *arg)
{
    return !is_ready(arg);
}

/* ---- jobs ---- */

static enum rc add_numbers(struct repo_tx *tx, struct arena *mem, int64_t from, size_t count, bool exist,
                           struct err *err)
{
    const struct number **numbers = arena_alloc_array(mem, count, sizeof *numbers);
    const struct number_counts delta = {.all = (int64_t)count};
    for (size_t i = 0; i < count; i++) {
        numbers[i] = number_of(mem, from + (int64_t)i, "a");
    }
    enum rc rc = repo_numbers_write(tx, numbers, count, exist, err);
    return rc == RC_OK ? repo_number_counts_add(tx, STR("a"), &delta, clock_wall(), err) : rc;
}

static enum rc add_one(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    return add_numbers(tx, mem, *(int64_t *)arg, 1, true, err);
}

/* As the domain does it: looks, and makes what is not there. */
static enum rc make_one(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct number *found;
    enum rc rc = repo_number_find(tx, mem, *(int64_t *)arg, REPO_UPDATE, &found, err);
    return rc == RC_NOT_FOUND ? add_numbers(tx, mem, *(int64_t *)arg, 1, false, err) : rc;
}

static enum rc refuse_at_once(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)tx;
    (void)mem;
    (void)arg;
    return err_set(err, RC_INVALID, NULL, "no");
}

static const struct account_services no_services = {0};

static enum rc put_account(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct account account = {.name = STR("a"), .services = &no_services, .correlation_id = STR("0")};
    (void)mem;
    return repo_account_write(tx, &account, *(bool *)arg, err);
}

static enum rc add_account(struct repo *repo)
{
    bool exists = false;
    return in_store(repo, REPO_WRITE, put_account, &exists);
}

static const char counted[] = "select coalesce(sum(numbers), 0) from number_count where account = 'a'";
static const char there[] = "select count(*) from number";

static void assert_numbers(int64_t count)
{
    assert_int_equal(ask_beside(there), count);
    assert_int_equal(ask_beside(counted), count);
}

/* ---- a connection alone ---- */

struct link {
    struct server server;
    struct postgres_connection *c;
    struct sql *sql;
};

static void link_up(struct link *link)
{
    struct err err;
    *link = (struct link){0};
    assert_int_equal(server_init(&link->server, str_of(url), STR_NONE, &err), RC_OK);
    struct mono deadline = mono_after(clock_mono(), 20000);
    if (postgres_connect(&link->server, deadline, &link->c, &err) != RC_OK) {
        fail_msg("%s", err.msg);
    }
    link->sql = &link->c->sql;
    postgres_ready(link->c, deadline);
}

static void link_down(struct link *link)
{
    postgres_close(link->c);
    server_clear(&link->server);
}

static struct sql_stmt *compiled(struct link *link, const char *text)
{
    struct sql_stmt *stmt = NULL;
    assert_int_equal(sql_compile(link->sql, str_of(text), &stmt, NULL), RC_OK);
    return stmt;
}

static enum rc run_text(struct link *link, const char *text)
{
    struct sql_stmt *stmt = compiled(link, text);
    enum rc rc = sql_run(stmt, NULL);
    sql_done(stmt);
    return rc;
}

static enum rc ask_text(struct link *link, const char *text, int64_t *ret)
{
    struct sql_stmt *stmt = compiled(link, text);
    bool row = false;
    enum rc rc = sql_step(stmt, &row, NULL);
    *ret = rc == RC_OK && row ? sql_read_i64(stmt) : -1;
    sql_done(stmt);
    return rc;
}

static void test_rows__come_back_as_they_were(void **state)
{
    static const char *const texts[] = {
        "",
        "plain",
        "NULL",
        "null",
        "\"",
        "\\",
        "\\\"",
        "{}",
        "{a,b}",
        ",",
        "a,b",
        "'",
        "''; drop table t; --",
        " x ",
        "\t\r\n",
        "$1",
        "?",
        "\\x41",
        "\\N",
        "{",
        "}",
        "\xc3\xa4\xe2\x82\xac\xf0\x9f\x93\x9e",
        "\x7f",
        "\x01",
        "\"\"\"",
        "\\\\\\",
        NULL,
    };
    struct link link;
    struct err err;
    (void)state;
    link_up(&link);
    assert_int_equal(run_text(&link, "create temp table t (n bigint, x text)"), RC_OK);
    struct sql_stmt *insert = compiled(&link, "insert into t select * from unnest(?::bigint[], ?::text[])");
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        sql_bind_i64(insert, (int64_t)i);
        sql_bind_text(insert, str_of(texts[i]));
        assert_int_equal(sql_add_row(insert, &err), RC_OK);
    }
    assert_int_equal(sql_run_rows(insert, &err), RC_OK);
    assert_int_equal(sql_changed(insert), ARRAY_LEN(texts));
    sql_done(insert);
    struct sql_stmt *read = compiled(&link, "select n, x from t order by n");
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        bool row;
        assert_int_equal(sql_step(read, &row, &err), RC_OK);
        assert_true(row);
        assert_int_equal(sql_read_i64(read), i);
        struct str text = sql_peek_text(read);
        if (str_absent(text) != (texts[i] == NULL) || !str_eq(text, str_of(texts[i]))) {
            fail_msg("row %zu is '%" STR_FMT "'", i, STR_ARG(text));
        }
    }
    sql_done(read);
    link_down(&link);
}

static void test_rows__of_none_do_nothing(void **state)
{
    struct link link;
    (void)state;
    link_up(&link);
    struct sql_stmt *insert = compiled(&link, "insert into nowhere select * from unnest(?::bigint[])");
    assert_int_equal(sql_run_rows(insert, NULL), RC_OK);
    sql_done(insert);
    link_down(&link);
}

static void test_text__with_a_nul_or_no_utf8_is_refused(void **state)
{
    static const struct str texts[] = {STR("a\0b"), STR("\0"), STR("\xff"), STR("\xc3")};
    struct link link;
    (void)state;
    link_up(&link);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        bool row;
        struct sql_stmt *one = compiled(&link, "select ?::text");
        sql_bind_text(one, texts[i]);
        assert_int_equal(sql_step(one, &row, NULL), RC_INVALID);
        sql_done(one);
        postgres_ready(link.c, link.c->deadline);
        struct sql_stmt *rows = compiled(&link, "select * from unnest(?::text[])");
        sql_bind_text(rows, texts[i]);
        enum rc rc = sql_add_row(rows, NULL);
        rc = rc == RC_OK ? sql_step(rows, &row, NULL) : rc;
        assert_int_equal(rc, RC_INVALID);
        sql_done(rows);
        postgres_ready(link.c, link.c->deadline);
    }
    assert_false(link.c->lost);
    link_down(&link);
}

/* All are sent before the first answer is taken: the buffers of both sides are full long before. */
static void test_pipeline__takes_large_statements_with_large_answers(void **state)
{
    enum { SIZE = 4 * 1024 * 1024, COUNT = 8 };
    struct link link;
    struct sql_stmt *stmts[COUNT];
    (void)state;
    link_up(&link);
    char *text = malloc(SIZE);
    memset(text, 'x', SIZE);
    for (int i = 0; i < COUNT; i++) {
        stmts[i] = compiled(&link, "select ?::text");
        sql_bind_text(stmts[i], (struct str){text, SIZE});
        sql_send(stmts[i]);
    }
    for (int i = 0; i < COUNT; i++) {
        bool row;
        assert_int_equal(sql_step(stmts[i], &row, NULL), RC_OK);
        assert_int_equal(sql_peek_text(stmts[i]).n, SIZE);
        sql_done(stmts[i]);
    }
    free(text);
    link_down(&link);
}

static const struct sql_text insert_t = {.text = "insert into t (n) values (?)"};

static void test_pipeline__takes_any_number_of_statements(void **state)
{
    struct link link;
    struct err err;
    int64_t count;
    (void)state;
    link_up(&link);
    assert_int_equal(run_text(&link, "create table t (n bigint primary key)"), RC_OK);
    assert_int_equal(sql_begin_write(link.sql, &err), RC_OK);
    struct sql_stmt *insert = NULL;
    assert_int_equal(sql_prepare(link.sql, &insert_t, &insert, &err), RC_OK);
    for (int64_t i = 0; i < 3 * PENDING_MAX; i++) {
        sql_bind_i64(insert, i);
        assert_int_equal(sql_run(insert, &err), RC_OK);
    }
    assert_int_equal(sql_changed(insert), 1);
    sql_done(insert);
    assert_int_equal(sql_commit(link.sql, &err), RC_OK);
    assert_int_equal(ask_text(&link, "select count(*) from t", &count), RC_OK);
    assert_int_equal(count, 3 * PENDING_MAX);
    link_down(&link);
}

/* Its preparation was skipped by the server together with it. */
static void test_statement__skipped_behind_a_failure_can_be_used_later(void **state)
{
    struct link link;
    struct err err;
    (void)state;
    link_up(&link);
    assert_int_equal(run_text(&link, "create table t (n bigint primary key)"), RC_OK);
    for (int i = 0; i < 2; i++) {
        struct sql_stmt *insert = NULL;
        bool fails = i == 0;
        assert_int_equal(sql_begin_write(link.sql, &err), RC_OK);
        assert_int_equal(
            run_text(&link, fails ? "insert into nowhere values (1)" : "insert into t values (7)"), RC_OK);
        assert_int_equal(sql_prepare(link.sql, &insert_t, &insert, &err), RC_OK);
        sql_bind_i64(insert, 1);
        assert_int_equal(sql_run(insert, &err), RC_OK);
        sql_done(insert);
        assert_int_equal(sql_commit(link.sql, &err), fails ? RC_INTERNAL : RC_OK);
        assert_false(link.c->lost);
    }
    link_down(&link);
}

/* The failure of a statement nobody waited for. */
static void test_rollback__leaves_nothing_to_the_next_transaction(void **state)
{
    struct link link;
    struct err err;
    int64_t one;
    (void)state;
    link_up(&link);
    assert_int_equal(sql_begin_write(link.sql, &err), RC_OK);
    assert_int_equal(run_text(&link, "insert into nowhere values (1)"), RC_OK);
    sql_rollback(link.sql);
    assert_int_equal(sql_begin_write(link.sql, &err), RC_OK);
    assert_int_equal(ask_text(&link, "select 1", &one), RC_OK);
    assert_int_equal(sql_commit(link.sql, &err), RC_OK);
    link_down(&link);
}

static void test_connection__lost_between_two_reads_finds_nothing_absent(void **state)
{
    struct link link;
    struct err err;
    int64_t value;
    (void)state;
    link_up(&link);
    assert_int_equal(sql_begin_read(link.sql, 0, &err), RC_OK);
    assert_int_equal(ask_text(&link, "select 1", &value), RC_OK);
    int64_t pid = 0;
    assert_int_equal(ask_text(&link, "select pg_backend_pid()", &pid), RC_OK);
    char sql[64];
    snprintf(sql, sizeof sql, "select pg_terminate_backend(%lld, 5000)", (long long)pid);
    run_beside(sql);
    for (int i = 0; i < 3; i++) {
        sql_end_read(link.sql);
        (void)!sql_begin_read(link.sql, 0, &err);
        assert_int_equal(ask_text(&link, "select 1", &value), RC_BUSY);
    }
    sql_end_read(link.sql);
    assert_true(link.c->lost);
    link_down(&link);
}

/* ---- settling ---- */

static enum rc settle(struct link *link, const char *id, enum settled *ret)
{
    postgres_ready(link->c, mono_after(clock_mono(), 10000));
    return postgres_settle(link->c, id, ret, NULL);
}

#define A_MARK(id)                                                                                           \
    "insert into operation (caller, id, fingerprint, first_sent, status, etag_configuration, etag_status)"   \
    " values ('', '" id "', '', 4000000000000, 0, 0, 0)"

static void test_settle__tells_the_commit_from_its_own_row(void **state)
{
    struct link link;
    enum settled settled = SETTLED_OPEN;
    (void)state;
    store_close(open_plain());
    link_up(&link);
    run_beside(A_MARK("done"));
    assert_int_equal(settle(&link, "done", &settled), RC_OK);
    assert_int_equal(settled, SETTLED_COMMITTED);
    for (int i = 0; i < 2; i++) { /* again: as if the first answer had been lost */
        assert_int_equal(settle(&link, "never", &settled), RC_OK);
        assert_int_equal(settled, SETTLED_UNDONE);
    }
    link_down(&link);
}

static void test_settle__does_not_wait_for_an_open_commit(void **state)
{
    struct link link;
    enum settled settled = SETTLED_OPEN;
    (void)state;
    store_close(open_plain());
    link_up(&link);
    PGconn *other = beside();
    on(other, "begin; " A_MARK("open"));
    int64_t begun = clock_mono().ms;
    assert_int_equal(settle(&link, "open", &settled), RC_BUSY);
    assert_true(clock_mono().ms - begun < 5000);
    on(other, "commit");
    assert_int_equal(settle(&link, "open", &settled), RC_OK);
    assert_int_equal(settled, SETTLED_COMMITTED);
    PQfinish(other);
    link_down(&link);
}

/* ---- commits that are cut ---- */

static void test_commit__cut_anywhere_is_done_once(void **state)
{
    static const struct {
        const char *commits;
        unsigned runs;
    } table[] = {
        {"b", 2},    /* it never came */
        {"a", 1},    /* done, and not answered */
        {"n", 0},    /* either */
        {"ba", 2},   /* never came, and the settling was not answered */
        {"aa", 1},   /* done, and the settling was not answered */
        {"bbb", 2},  /* never came, nor did its first settlings */
        {"nnnn", 0}, /* anything */
    };
    struct proxy proxy;
    struct repo *repo = open_behind(&proxy);
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct step step;
        int64_t number = 100 + (int64_t)i;
        proxy.commits = table[i].commits;
        submit_until(&step, repo, REPO_WRITE, 20000, add_one, &number);
        enum rc rc = step_wait(&step);
        if (rc != RC_OK || *proxy.commits != '\0' || (table[i].runs != 0 && step.runs != table[i].runs)) {
            fail_msg("case %zu: %s after %u runs: %s", i, rc_name(rc), step.runs, step.err.msg);
        }
        step_clear(&step);
        assert_numbers((int64_t)i + 1);
    }
    store_close(repo);
    proxy_stop(&proxy);
}

#define SLOW_COMMIT(seconds)                                                                                 \
    "create function slow() returns trigger language plpgsql as"                                             \
    " 'begin perform pg_sleep(" seconds "); return null; end';"                                              \
    "create constraint trigger slow after insert on number deferrable initially deferred"                    \
    " for each row execute function slow()"

static void test_commit__still_open_at_the_deadline_is_uncertain(void **state)
{
    struct proxy proxy;
    struct repo *repo = open_behind(&proxy);
    int64_t number = 100, begun = clock_mono().ms;
    struct step step;
    (void)state;
    run_beside(SLOW_COMMIT("1.5"));
    proxy.commits = "n";
    submit_until(&step, repo, REPO_WRITE, 700, add_one, &number);
    assert_int_equal(step_wait(&step), RC_UNCERTAIN);
    assert_true(step.err.retry_after_ms > 0);
    assert_true(clock_mono().ms - begun < 1500);
    step_clear(&step);
    run_beside("drop trigger slow on number");                /* waits for the commit */
    assert_int_equal(ask_beside(there), ask_beside(counted)); /* whole, or not at all */
    store_close(repo);
    proxy_stop(&proxy);
}

static void test_commit__open_for_a_while_is_settled_when_it_ends(void **state)
{
    struct proxy proxy;
    struct repo *repo = open_behind(&proxy);
    int64_t number = 100;
    struct step step;
    (void)state;
    run_beside(SLOW_COMMIT("0.8"));
    proxy.commits = "n";
    submit_until(&step, repo, REPO_WRITE, 20000, add_one, &number);
    assert_int_equal(step_wait(&step), RC_OK);
    step_clear(&step);
    assert_numbers(1);
    store_close(repo);
    proxy_stop(&proxy);
}

/* ---- jobs that lose or meet something ---- */

static enum rc add_and_be_killed(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    unsigned *kills = arg;
    enum rc rc = add_numbers(tx, mem, 100, 1, true, err);
    const struct number *found;
    rc = rc == RC_OK ? repo_number_find(tx, mem, 100, REPO_READ, &found, err) : rc;
    if (*kills > 0) {
        --*kills;
        kill_all();
    }
    return rc;
}

static void test_job__whose_backend_is_killed_passes_all_the_same(void **state)
{
    struct repo *repo = open_plain();
    unsigned kills = 2;
    (void)state;
    assert_int_equal(in_store(repo, REPO_WRITE, add_and_be_killed, &kills), RC_OK);
    assert_int_equal(kills, 0);
    assert_numbers(1);
    kill_all(); /* while nobody works */
    assert_true(has_number(repo, 100));
    assert_false(has_number(repo, 101));
    store_close(repo);
}

static void test_jobs__that_refuse_at_once_leave_nothing_behind(void **state)
{
    struct repo *repo = open_plain();
    (void)state;
    for (int i = 0; i < 3 * PENDING_MAX; i++) {
        assert_int_equal(in_store(repo, REPO_WRITE, refuse_at_once, NULL), RC_INVALID);
        assert_int_equal(in_store(repo, REPO_LIST, refuse_at_once, NULL), RC_INVALID);
    }
    assert_int_equal(add_account(repo), RC_OK);
    store_close(repo);
}

static void test_conflict__that_stays_is_not_tried_for_long(void **state)
{
    struct repo *repo = open_plain();
    bool exists = false;
    struct step step;
    (void)state;
    assert_int_equal(add_account(repo), RC_OK);
    submit_until(&step, repo, REPO_WRITE, 20000, put_account, &exists);
    assert_int_equal(step_wait(&step), RC_CONFLICT);
    assert_int_equal(step.runs, CONFLICT_RUNS);
    step_clear(&step);
    store_close(repo);
}

static enum rc lock_account(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct account *account;
    (void)arg;
    return repo_account_find(tx, mem, STR("a"), REPO_UPDATE, &account, err);
}

static void test_deadline__that_passes_in_a_wait_for_a_lock_is_kept(void **state)
{
    struct repo *repo = open_plain();
    struct step step;
    (void)state;
    assert_int_equal(add_account(repo), RC_OK);
    PGconn *other = beside();
    on(other, "begin; select 1 from account for update");
    int64_t begun = clock_mono().ms;
    submit_until(&step, repo, REPO_WRITE, 300, lock_account, NULL);
    assert_int_equal(step_wait(&step), RC_BUSY);
    assert_true(step.err.retry_after_ms > 0);
    assert_in_range(clock_mono().ms - begun, 300, 1500);
    step_clear(&step);
    on(other, "rollback");
    PQfinish(other);
    assert_int_equal(in_store(repo, REPO_WRITE, lock_account, NULL), RC_OK);
    assert_true(is_ready(repo));
    store_close(repo);
}

/* What a plan of releases reads while a change of the same rows is about to be committed. */
static enum rc read_leaving(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct acquired_list list = {0};
    enum rc rc = repo_acquired_leaving(tx, mem, STR("a"), 0, false, 0, 9, &list, err);
    *(size_t *)arg = list.count;
    return rc;
}

static enum rc put_leaving(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct acquired rows[] = {
        {.telephone_number = 500, .account = STR("a"), .tenant_id = STR("t"), .state = ACQUIRED_LEAVING},
        {.telephone_number = 501, .account = STR("a"), .tenant_id = STR("t"), .state = ACQUIRED_LEAVING}};
    (void)mem, (void)arg;
    return repo_acquired_write(tx, rows, ARRAY_LEN(rows), err);
}

static bool waits_for_lock(void *arg)
{
    return ask(arg, "select count(*) from pg_stat_activity where application_name = 'numgated'"
                    " and datname = current_database() and wait_event_type = 'Lock'") > 0;
}

static void test_plan__waits_for_a_change_of_what_leaves(void **state)
{
    static const struct {
        const char *change;
        size_t left;
    } cases[] = {
        {"begin; update acquired_number set state = 2 where telephone_number = 500", 1},
        {"begin; delete from acquired_number where telephone_number = 501", 0},
    };
    struct repo *repo = open_plain();
    PGconn *other = beside(), *watcher = beside(); /* within a transaction activity is seen as it was first */
    (void)state;
    assert_int_equal(in_store(repo, REPO_WRITE, put_leaving, NULL), RC_OK);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct step step;
        size_t found = 99;
        on(other, cases[i].change);
        submit_until(&step, repo, REPO_WRITE, 20000, read_leaving, &found);
        assert_true(eventually(waits_for_lock, watcher, 10000));
        on(other, "commit");
        assert_int_equal(step_wait(&step), RC_OK);
        step_clear(&step);
        if (found != cases[i].left) {
            fail_msg("case %zu: %zu found", i, found);
        }
    }
    PQfinish(other);
    PQfinish(watcher);
    store_close(repo);
}

static enum rc explain(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    const char *text = arg;
    bool row = true;
    enum rc rc = sql_compile(tx->sql, arena_printf(mem, "explain %s", text), &stmt, err);
    while (rc == RC_OK && (rc = sql_step(stmt, &row, err)) == RC_OK && row) {
        struct str line = sql_read_text(stmt, mem);
        if (strstr(line.p, "Sort") != NULL || strstr(line.p, "Seq Scan") != NULL) {
            fail_msg("%s: %" STR_FMT, text, STR_ARG(line));
        }
    }
    return rc;
}

/* Whatever the server knows of the tables: a store that has just been filled is read, too. */
static void test_plans__of_an_accounts_pages_sort_nothing(void **state)
{
    static char numbers[] = "select * from number r where r.account = 'a' and r.telephone_number > 5"
                            " and r.releasing = 0 order by r.telephone_number limit 5";
    static char audit[] =
        "select * from audit r where r.account = 'a' and r.id < 5000 order by r.id desc limit 5";
    struct repo *repo = open_plain();
    (void)state;
    run_beside(
        "insert into number (telephone_number, account, parts, provisioning_status, configuration_revision,"
        " status_revision, configuration_at, status_at)"
        " select i, 'a', 0, 2, 1, 1, 1, 1 from generate_series(1, 9999) i");
    run_beside("insert into audit (id, at, action, kind, account, key, way)"
               " select i, 1, 1, 1, 'a', 'a', 1 from generate_series(1, 9999) i");
    for (int analyzed = 0; analyzed < 2; analyzed++) {
        assert_int_equal(in_store(repo, REPO_LIST, explain, numbers), RC_OK);
        assert_int_equal(in_store(repo, REPO_LIST, explain, audit), RC_OK);
        run_beside("analyze number, audit");
    }
    store_close(repo);
}

struct crossing {
    int64_t first, second;
    pthread_barrier_t *meet;
    unsigned runs;
};

static enum rc cross(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct crossing *crossing = arg;
    const struct number *found;
    enum rc rc = repo_number_find(tx, mem, crossing->first, REPO_UPDATE, &found, err);
    if (crossing->runs++ == 0) {
        pthread_barrier_wait(crossing->meet);
    }
    return rc == RC_OK ? repo_number_find(tx, mem, crossing->second, REPO_UPDATE, &found, err) : rc;
}

static void test_deadlock__is_never_shown_to_the_caller(void **state)
{
    struct repo *repo = open_plain();
    struct step steps[2];
    pthread_barrier_t meet;
    (void)state;
    assert_int_equal(put_numbers(repo, "a", 100, 2), RC_OK);
    pthread_barrier_init(&meet, NULL, 2);
    struct crossing crossings[] = {{100, 101, &meet, 0}, {101, 100, &meet, 0}};
    for (int i = 0; i < 2; i++) {
        submit_until(&steps[i], repo, REPO_WRITE, 20000, cross, &crossings[i]);
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(step_wait(&steps[i]), RC_OK);
        step_clear(&steps[i]);
    }
    assert_true(crossings[0].runs + crossings[1].runs > 2);
    pthread_barrier_destroy(&meet);
    store_close(repo);
}

static void test_queue__that_is_full_refuses(void **state)
{
    struct store_config config = config_of(url);
    struct gate gates[2];
    struct step steps[3];
    int64_t numbers[] = {100, 101, 102};
    (void)state;
    config.write_queue = 2;
    struct repo *repo = open_with(config);
    for (int i = 0; i < 2; i++) { /* as many as write */
        gate_close(&gates[i], repo);
    }
    for (int i = 0; i < 3; i++) {
        submit_until(&steps[i], repo, REPO_WRITE, 20000, add_one, &numbers[i]);
    }
    assert_int_equal(step_wait(&steps[2]), RC_BUSY);
    assert_true(steps[2].err.retry_after_ms > 0);
    for (int i = 0; i < 2; i++) {
        gate_open(&gates[i]);
    }
    assert_int_equal(step_wait(&steps[0]), RC_OK);
    assert_int_equal(step_wait(&steps[1]), RC_OK);
    for (int i = 0; i < 3; i++) {
        step_clear(&steps[i]);
    }
    assert_numbers(2);
    store_close(repo);
}

/* ---- two nodes ---- */

#define JOBS 16

static void together(struct repo *const nodes[2], step_fn *fn, int64_t *args, size_t count)
{
    struct step *steps = calloc(count, sizeof *steps);
    for (size_t i = 0; i < count; i++) {
        step_submit(&steps[i], nodes[i % 2], REPO_WRITE, fn, &args[i]);
    }
    for (size_t i = 0; i < count; i++) {
        if (step_wait(&steps[i]) != RC_OK) {
            fail_msg("job %zu: %s: %s", i, rc_name(steps[i].rc), steps[i].err.msg);
        }
        step_clear(&steps[i]);
    }
    free(steps);
}

static void nodes_open(struct repo *nodes[2])
{
    struct store_config config = config_of(url);
    config.connections = 12;
    nodes[0] = open_with(config);
    nodes[1] = open_with(config);
}

static void nodes_close(struct repo *const nodes[2])
{
    store_close(nodes[0]);
    store_close(nodes[1]);
}

static void test_nodes__make_a_number_once(void **state)
{
    struct repo *nodes[2];
    (void)state;
    nodes_open(nodes);
    for (int64_t round = 0; round < 10; round++) {
        int64_t same[4];
        for (size_t i = 0; i < ARRAY_LEN(same); i++) {
            same[i] = 100 + round;
        }
        together(nodes, make_one, same, ARRAY_LEN(same));
        assert_numbers(round + 1);
    }
    nodes_close(nodes);
}

static void test_counters__of_many_writers_add_up(void **state)
{
    struct repo *nodes[2];
    int64_t numbers[10 * JOBS];
    (void)state;
    nodes_open(nodes);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        numbers[i] = 100 + (int64_t)i;
    }
    together(nodes, add_one, numbers, ARRAY_LEN(numbers));
    assert_numbers(ARRAY_LEN(numbers));
    assert_in_range(ask_beside("select count(*) from number_count"), 2, SHARDS);
    nodes_close(nodes);
}

/* Reads, counts up, writes, as with If-Match. */
static enum rc count_up(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct account *found;
    char text[24];
    int64_t value = 0;
    (void)arg;
    enum rc rc = repo_account_find(tx, mem, STR("a"), REPO_UPDATE, &found, err);
    if (rc != RC_OK) {
        return rc;
    }
    assert_true(str_to_i64(found->correlation_id, 0, INT64_MAX, &value));
    snprintf(text, sizeof text, "%lld", (long long)value + 1);
    struct account account = *found;
    account.correlation_id = str_of(text);
    return repo_account_write(tx, &account, true, err);
}

static void test_nodes__that_read_and_write_lose_nothing(void **state)
{
    struct repo *nodes[2];
    int64_t unused[10 * JOBS] = {0};
    (void)state;
    nodes_open(nodes);
    assert_int_equal(add_account(nodes[0]), RC_OK);
    together(nodes, count_up, unused, ARRAY_LEN(unused));
    assert_int_equal(ask_beside("select correlation_id::bigint from account"), ARRAY_LEN(unused));
    nodes_close(nodes);
}

static void *open_on_thread(void *arg)
{
    struct repo **repo = arg;
    struct store_config config = config_of(url);
    struct err err;
    if (store_open(&config, repo, &err) != RC_OK) {
        print_error("%s\n", err.msg);
    }
    return NULL;
}

static void test_nodes__that_start_together_migrate_once(void **state)
{
    struct repo *nodes[4] = {0};
    pthread_t threads[4];
    (void)state;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, open_on_thread, &nodes[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_non_null(nodes[i]);
        store_close(nodes[i]);
    }
    assert_int_equal(ask_beside("select count(*) from migration where number = 1"), 1);
}

/* ---- what is refused ---- */

static void assert_refused(const char *store_url, enum rc rc, const char *part)
{
    struct store_config config = config_of(store_url);
    struct repo *repo = NULL;
    struct err err;
    assert_int_equal(store_open(&config, &repo, &err), rc);
    assert_null(repo);
    if (!str_contains(str_of(err.msg), str_of(part)) || str_contains(str_of(err.msg), STR("s3cret"))) {
        fail_msg("%s: %s", store_url, err.msg);
    }
}

/* Of a database of the version before, with what was in it. */
static void test_store__upgrades_what_an_older_version_left(void **state)
{
    (void)state;
    store_close(open_plain());
    run_beside(
        "drop index number_account; create index number_account on number (account);"
        "drop index audit_account; create index audit_account on audit (account);"
        "delete from migration where number = 8;"
        "insert into number (telephone_number, account, parts, provisioning_status, configuration_revision,"
        " status_revision, configuration_at, status_at) values (5, 'a', 0, 2, 1, 1, 1, 1)");
    store_close(open_plain());
    assert_int_equal(
        ask_beside("select count(*) from pg_indexes where indexname in ('number_account', 'audit_account')"
                   " and indexdef like '%(account, %)'"),
        2);
    assert_int_equal(ask_beside("select count(*) from migration where number = 8"), 1);
    assert_int_equal(ask_beside("select count(*) from number"), 1);
}

static void test_store__refuses_a_url_it_cannot_use(void **state)
{
    (void)state;
    assert_refused("postgresql://u:s3cret@127.0.0.1/d", RC_INVALID, "password");
    assert_refused("postgresql://u@127.0.0.1/d?password=s3cret", RC_INVALID, "password");
    assert_refused("postgresql://u:s3cret%zz@127.0.0.1/d", RC_INVALID, "url");
    assert_refused("postgresql://127.0.0.1/d?s3cret", RC_INVALID, "url");
    assert_refused("postgresql://127.0.0.1/d?nonsense=s3cret", RC_INVALID, "url");
    assert_refused("postgresql://127.0.0.1:1/d", RC_BUSY, "cannot be reached");
}

static void test_store__refuses_tables_of_another_program(void **state)
{
    (void)state;
    run_beside("create table theirs (n bigint)");
    assert_refused(url, RC_INVALID, "another program");
    assert_int_equal(
        ask_beside("select count(*) from information_schema.tables where table_schema = 'public'"), 1);
}

static void test_store__refuses_a_database_without_unicode(void **state)
{
    char text[URL_MAX], name[96], sql[512];
    PGconn *conn = beside();
    (void)state;
    snprintf(name, sizeof name, "%s_ascii", where.database);
    snprintf(sql, sizeof sql, "drop database if exists \"%s\"", name);
    on(conn, sql);
    snprintf(sql, sizeof sql,
             "create database \"%s\" encoding 'SQL_ASCII' template template0 lc_collate 'C' lc_ctype 'C'",
             name);
    on(conn, sql);
    url_of(text, where.host, where_port(), name);
    assert_refused(text, RC_INVALID, "UTF8");
    snprintf(sql, sizeof sql, "drop database \"%s\" with (force)", name);
    on(conn, sql);
    PQfinish(conn);
}

/* ---- a server that is away ---- */

static void test_server__that_is_away_costs_nobody_time_and_is_found_again(void **state)
{
    enum { COUNT = 200 };
    struct proxy proxy;
    struct repo *repo = open_behind(&proxy);
    struct step *steps = calloc(COUNT, sizeof *steps);
    int64_t number = 100;
    (void)state;
    proxy_set(&proxy, PROXY_REFUSE);
    int64_t begun = clock_mono().ms;
    for (int i = 0; i < COUNT; i++) {
        step_submit(&steps[i], repo, i % 2 == 0 ? REPO_WRITE : REPO_LIST, add_one, &number);
    }
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(step_wait(&steps[i]), RC_BUSY);
        assert_true(steps[i].err.retry_after_ms > 0);
        step_clear(&steps[i]);
    }
    assert_true(clock_mono().ms - begun < 3000);
    assert_true(eventually(is_not_ready, repo, 3000));
    proxy_set(&proxy, PROXY_PASS);
    assert_true(eventually(is_ready, repo, 1000));
    assert_int_equal(in_store(repo, REPO_WRITE, add_one, &number), RC_OK);
    free(steps);
    store_close(repo);
    proxy_stop(&proxy);
}

/* Neither a refusal nor an answer: what waits is refused as soon as that is seen, and closing does not wait for it. */
static void test_server__that_swallows_everything_is_away(void **state)
{
    enum { COUNT = 20 };
    struct proxy proxy;
    struct repo *repo = open_behind(&proxy);
    struct step steps[COUNT];
    int64_t number = 100;
    (void)state;
    proxy_set(&proxy, PROXY_SWALLOW);
    int64_t begun = clock_mono().ms;
    for (int i = 0; i < COUNT; i++) {
        submit_until(&steps[i], repo, REPO_WRITE, 6000, add_one, &number);
    }
    for (int i = COUNT - 1; i >= 0; i--) {
        enum rc rc = step_wait(&steps[i]);
        assert_true(rc == RC_BUSY || (rc == RC_UNCERTAIN && i < 2)); /* two had begun */
        assert_true(i < 2 || clock_mono().ms - begun < 5000);
        step_clear(&steps[i]);
    }
    begun = clock_mono().ms;
    store_close(repo);
    assert_true(clock_mono().ms - begun < 5000);
    proxy_stop(&proxy);
}

static void test_server__behind_a_host_that_swallows_is_reached(void **state)
{
    struct proxy proxy;
    char text[URL_MAX];
    (void)state;
    proxy_start(&proxy, where_port());
    proxy_set(&proxy, PROXY_SWALLOW);
    snprintf(text, sizeof text, "postgresql://%s@127.0.0.1:%u,%s:%s/%s", where.user, proxy.port, where.host,
             where.port, where.database);
    int64_t begun = clock_mono().ms;
    struct repo *repo = open_with(config_of(text));
    assert_int_equal(add_account(repo), RC_OK); /* on a connection of its own, at once */
    assert_true(clock_mono().ms - begun < CONNECT_MS_MAX);
    store_close(repo);
    proxy_stop(&proxy);
}

static void test_server__of_several_hosts_is_found_however_they_are_written(void **state)
{
    static const struct {
        const char *url;
        unsigned count;
    } table[] = {
        {"postgresql:///d", 1},
        {"postgresql://a/d", 1},
        {"postgresql://a,b/d", 2},
        {"postgresql://a:1,b,c:3/d", 3},
        {"postgresql:///d?host=a,b&port=7", 2},
        {"postgresql:///d?hostaddr=127.0.0.1,127.0.0.2,::1", 3},
        {"postgresql:///d?host=a,,c", 1}, /* libpq's own affair */
    };
    char text[URL_MAX];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct server server = {0};
        assert_int_equal(server_init(&server, str_of(table[i].url), STR_NONE, NULL), RC_OK);
        assert_int_equal(server.host_count, table[i].count);
        server_clear(&server);
    }
    snprintf(text, sizeof text, "postgresql://%s@127.0.0.1:1,127.0.0.1:2,%s:%s/%s", where.user, where.host,
             where.port, where.database);
    store_close(open_with(config_of(text)));
    snprintf(text, sizeof text, "postgresql://%s@/%s?hostaddr=%s&port=%s", where.user, where.database,
             where.host, where.port);
    store_close(open_with(config_of(text)));
}

static void test_url__that_cannot_be_used_is_refused_before_anything_is_opened(void **state)
{
    static const struct {
        const char *url, *says; /* NULL: good */
    } table[] = {
        {"postgresql://a:1,b,c:65535/d?sslmode=require", NULL},
        {"sqlite:/a", NULL},
        {"sqlite:", "absolute path"},
        {"sqlite:a.db", "absolute path"},
        {"mysql://a/d", "must be sqlite:PATH or postgresql:"},
        {"postgresql://u:hunter2@a/d", "holds a password"},
        {"postgresql:///d?password=hunter2", "holds a password"},
        {"postgresql://a/d?sslmod=require", "\"sslmod\""},
        {"postgresql://a/d?hunter2", "missing key/value separator"},
        {"postgresql://u:hunter2@[::1/d", "url: "},
        {"postgresql://a:0/d", "port \"0\""},
        {"postgresql://a:65536/d", "port \"65536\""},
        {"postgresql://a:1,b:x/d", "port \"x\""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct err err;
        enum rc rc = store_url_check(str_of(table[i].url), &err);
        assert_int_equal(rc, table[i].says == NULL ? RC_OK : RC_INVALID);
        if (table[i].says != NULL) {
            assert_non_null(strstr(err.msg, table[i].says));
            assert_null(strstr(err.msg, "hunter2"));
        }
    }
}

/* ---- the rate limit ---- */

struct admitted {
    struct admission admission; /* first */
    enum rc rc;
    uint32_t retry_after_ms;
    sem_t finished;
};

static void on_admitted(struct admission *admission, enum rc rc, uint32_t retry_after_ms)
{
    struct admitted *admitted = (struct admitted *)(void *)admission;
    admitted->rc = rc;
    admitted->retry_after_ms = retry_after_ms;
    sem_post(&admitted->finished);
}

/* How many of `count` requests to both nodes at once may pass. */
static unsigned admit(struct repo *const nodes[2], size_t count)
{
    struct admitted *all = calloc(count, sizeof *all);
    unsigned passed = 0;
    for (size_t i = 0; i < count; i++) {
        all[i].admission =
            (struct admission){.done = on_admitted, .deadline = mono_after(clock_mono(), 20000)};
        sem_init(&all[i].finished, 0, 0);
        repo_admit(nodes[i % 2], &all[i].admission);
    }
    for (size_t i = 0; i < count; i++) {
        while (sem_wait(&all[i].finished) != 0) {
        }
        assert_true(all[i].rc == RC_OK || (all[i].rc == RC_LIMIT && all[i].retry_after_ms > 0));
        passed += all[i].rc == RC_OK;
        sem_destroy(&all[i].finished);
    }
    free(all);
    return passed;
}

static void set_rates(struct repo *const nodes[2], uint32_t limit)
{
    store_set_rate(nodes[0], limit);
    store_set_rate(nodes[1], limit);
}

static void test_rate__is_one_for_all_nodes(void **state)
{
    struct repo *nodes[2];
    (void)state;
    nodes_open(nodes);
    set_rates(nodes, 10);
    assert_int_equal(admit(nodes, 4), 4);
    assert_int_equal(admit(nodes, 40), 6);
    set_rates(nodes, 15); /* what was admitted counts */
    assert_int_equal(admit(nodes, 40), 5);
    set_rates(nodes, 12);
    assert_int_equal(admit(nodes, 40), 0);
    set_rates(nodes, 16);
    assert_int_equal(admit(nodes, 40), 1);
    nodes_close(nodes);
}

static void test_rate__that_is_full_is_refused_without_the_server(void **state)
{
    struct repo *nodes[2];
    (void)state;
    nodes_open(nodes);
    set_rates(nodes, 3);
    assert_int_equal(admit(nodes, 8), 3);
    PGconn *other = beside();
    on(other, "begin; lock table rate_slot");
    int64_t begun = clock_mono().ms;
    assert_int_equal(admit(nodes, 100), 0);
    assert_true(clock_mono().ms - begun < 1000);
    PQfinish(other);
    nodes_close(nodes);
}

/* A slot is then good for three, and what is left of one is lost after a second: never more, and not much less. */
static void test_rate__over_a_thousand_is_never_exceeded(void **state)
{
    struct repo *nodes[2];
    (void)state;
    nodes_open(nodes);
    set_rates(nodes, 2400);
    unsigned passed = 0;
    for (int i = 0; i < 5; i++) {
        passed += admit(nodes, 600);
    }
    assert_in_range(passed, 2000, 2400);
    nodes_close(nodes);
}

/* ---- */

#define CASE(test) cmocka_unit_test_setup(test, empty_database)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_rows__come_back_as_they_were),
        CASE(test_rows__of_none_do_nothing),
        CASE(test_text__with_a_nul_or_no_utf8_is_refused),
        CASE(test_pipeline__takes_large_statements_with_large_answers),
        CASE(test_pipeline__takes_any_number_of_statements),
        CASE(test_statement__skipped_behind_a_failure_can_be_used_later),
        CASE(test_rollback__leaves_nothing_to_the_next_transaction),
        CASE(test_connection__lost_between_two_reads_finds_nothing_absent),
        CASE(test_settle__tells_the_commit_from_its_own_row),
        CASE(test_settle__does_not_wait_for_an_open_commit),
        CASE(test_commit__cut_anywhere_is_done_once),
        CASE(test_commit__still_open_at_the_deadline_is_uncertain),
        CASE(test_commit__open_for_a_while_is_settled_when_it_ends),
        CASE(test_job__whose_backend_is_killed_passes_all_the_same),
        CASE(test_jobs__that_refuse_at_once_leave_nothing_behind),
        CASE(test_conflict__that_stays_is_not_tried_for_long),
        CASE(test_deadline__that_passes_in_a_wait_for_a_lock_is_kept),
        CASE(test_plan__waits_for_a_change_of_what_leaves),
        CASE(test_plans__of_an_accounts_pages_sort_nothing),
        CASE(test_deadlock__is_never_shown_to_the_caller),
        CASE(test_queue__that_is_full_refuses),
        CASE(test_nodes__make_a_number_once),
        CASE(test_counters__of_many_writers_add_up),
        CASE(test_nodes__that_read_and_write_lose_nothing),
        CASE(test_nodes__that_start_together_migrate_once),
        CASE(test_store__upgrades_what_an_older_version_left),
        CASE(test_store__refuses_a_url_it_cannot_use),
        CASE(test_store__refuses_tables_of_another_program),
        CASE(test_store__refuses_a_database_without_unicode),
        CASE(test_server__that_is_away_costs_nobody_time_and_is_found_again),
        CASE(test_server__that_swallows_everything_is_away),
        CASE(test_server__behind_a_host_that_swallows_is_reached),
        CASE(test_server__of_several_hosts_is_found_however_they_are_written),
        CASE(test_url__that_cannot_be_used_is_refused_before_anything_is_opened),
        CASE(test_rate__is_one_for_all_nodes),
        CASE(test_rate__that_is_full_is_refused_without_the_server),
        CASE(test_rate__over_a_thousand_is_never_exceeded),
    };
    url = getenv("NUMGATE_TEST_POSTGRES");
    if (url == NULL) {
        fprintf(stderr, "NUMGATE_TEST_POSTGRES is not set\n");
        return 77;
    }
    url_take();
    log_set_level(LOG_ERROR);
    cmocka_set_test_filter(getenv("NUMGATE_TEST_ONLY")); /* a pattern; NULL: all */
    return cmocka_run_group_tests_name("store_postgres", tests, NULL, NULL);
}
