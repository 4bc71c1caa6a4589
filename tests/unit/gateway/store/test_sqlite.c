/* What is true of the SQLite driver alone: groups, failures, locks, crashes, migrations. */
#include "helper.h"

#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "fault_vfs.h"
#include "gateway/store/filter.h"
#include "gateway/store/migrate.h"
#include "gateway/store/tx.h"

struct fixture {
    struct folder folder;
    struct store_config config;
    struct repo *repo;
    struct err err;
};

static enum rc open_again(struct fixture *f)
{
    err_clear(&f->err);
    return store_open(&f->config, &f->repo, &f->err);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    folder_make(&f->folder);
    f->config = (struct store_config){
        .url = str_of(f->folder.url), .loops = 1, .test = {.busy_ms = 50, .tick_ms = 20}};
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    store_close(f->repo);
    folder_remove(&f->folder);
    free(f);
    return 0;
}

static void must_open(struct fixture *f)
{
    if (open_again(f) != RC_OK) {
        fail_msg("%s", f->err.msg);
    }
}

static void must_close(struct fixture *f)
{
    store_close(f->repo);
    f->repo = NULL;
}

/* Waits until a condition holds, or fails the test after 20 s. */
#define AWAIT(condition)                                                                                     \
    do {                                                                                                     \
        struct mono until_ = mono_after(clock_mono(), 20000);                                                \
        while (!(condition)) {                                                                               \
            assert_true(clock_mono().ms < until_.ms);                                                        \
            usleep(2000);                                                                                    \
        }                                                                                                    \
    } while (0)

static enum rc run_script(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)mem;
    return sql_script(tx->sql, arg, err);
}

static enum rc read_one(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    struct {
        const char *text;
        int64_t value;
    } *query = arg;
    bool row = false;
    (void)mem;
    enum rc rc = sql_compile(tx->sql, str_of(query->text), &stmt, err);
    if (rc == RC_OK && (rc = sql_step(stmt, &row, err)) == RC_OK && row) {
        query->value = sql_read_i64(stmt);
    }
    return rc;
}

static int64_t query(struct repo *repo, const char *text)
{
    struct {
        const char *text;
        int64_t value;
    } query = {text, -1};
    assert_int_equal(in_store(repo, REPO_POINT, read_one, &query), RC_OK);
    return query.value;
}

/* ---- opening ---- */

static void test_open__refuses_what_it_does_not_know(void **state)
{
    struct fixture *f = *state;
    static const char *const urls[] = {"",        "postgresql://h/db",           "/var/lib/x.db",
                                       "sqlite:", "sqlite:/nowhere/at/all/x.db", "sqlite:/tmp/"};
    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        f->config.url = str_of(urls[i]);
        if (open_again(f) == RC_OK || f->err.msg[0] == '\0') {
            fail_msg("case %zu", i);
        }
    }
}

static void test_open__refuses_a_second_owner_and_says_who_is_the_first(void **state)
{
    struct fixture *f = *state;
    struct repo *second = NULL;
    char owner[64], link[128], url[160];
    must_open(f);
    snprintf(owner, sizeof owner, "process %ld", (long)getpid());
    assert_int_equal(store_open(&f->config, &second, &f->err), RC_CONFLICT);
    assert_non_null(strstr(f->err.msg, owner));
    snprintf(link, sizeof link, "%s/link.db", f->folder.path); /* by another name it is the same file */
    snprintf(url, sizeof url, "sqlite:%s", link);
    assert_int_equal(symlink(f->folder.file, link), 0);
    f->config.url = str_of(url);
    assert_int_equal(store_open(&f->config, &second, &f->err), RC_CONFLICT);
    must_close(f);
    must_open(f); /* free again, by the link too */
}

static void test_open__refuses_a_file_that_is_no_database(void **state)
{
    struct fixture *f = *state;
    FILE *file = fopen(f->folder.file, "w");
    for (int i = 0; i < 1000; i++) {
        fputs("this is no database", file);
    }
    fclose(file);
    assert_int_not_equal(open_again(f), RC_OK);
    assert_non_null(strstr(f->err.msg, "not a database"));
}

static void test_close__moves_the_wal_into_the_database(void **state)
{
    struct fixture *f = *state;
    char wal[160];
    snprintf(wal, sizeof wal, "%s-wal", f->folder.file);
    must_open(f);
    assert_int_equal(put_numbers(f->repo, "a", 1, 1), RC_OK);
    assert_true(has_number(f->repo, 1));
    assert_int_equal(access(wal, F_OK), 0);
    must_close(f);
    assert_int_equal(access(wal, F_OK), -1);
    must_open(f);
    assert_true(has_number(f->repo, 1));
}

/* ---- migrations ---- */

static void by_shell(struct fixture *f, const char *text)
{
    sqlite3 *db;
    char *message = NULL;
    assert_int_equal(sqlite3_open(f->folder.file, &db), SQLITE_OK);
    if (sqlite3_exec(db, text, NULL, NULL, &message) != SQLITE_OK) {
        fail_msg("%s: %s", text, message);
    }
    sqlite3_close(db);
}

static void test_migrate__refuses_what_is_not_its_own(void **state)
{
    struct fixture *f = *state;
    const struct {
        const char *change, *says;
    } table[] = {
        {"insert into migration values (999, 'future', 'x', 0)", "newer"},
        {"delete from migration where number = 999; update migration set checksum = 'y' where number = 1",
         "not the one"},
        {"delete from migration where number = 1", "missing"},
        {"drop table migration", "another program"},
    };
    must_open(f);
    must_close(f);
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        by_shell(f, table[i].change);
        if (open_again(f) != RC_INVALID || strstr(f->err.msg, table[i].says) == NULL) {
            fail_msg("case %zu: %s", i, f->err.msg);
        }
    }
}

static void test_migrate__is_done_once(void **state)
{
    struct fixture *f = *state;
    must_open(f);
    int64_t at = query(f->repo, "select sum(applied_at) from migration");
    must_close(f);
    must_open(f);
    assert_int_equal(query(f->repo, "select sum(applied_at) from migration"), at);
    assert_true(migrations_sqlite[0].number == 1);
}

/* ---- groups ---- */

static enum rc put_one(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct number *number = number_of(mem, *(int64_t *)arg, "a");
    struct audit_row audit = {.at = {1}, .account = STR("a"), .key = STR("k")};
    enum rc rc = repo_numbers_write(tx, &number, 1, true, err);
    return rc == RC_OK ? repo_audit_add(tx, &audit, 1, err) : rc;
}

/* A number with so much text that the pages run out. */
static enum rc put_large(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct number *number = number_of(mem, *(int64_t *)arg, "a");
    char *text = arena_alloc(mem, 300000);
    memset(text, 'x', 300000);
    number->configuration = &(struct number_config){{text, 300000}};
    const struct number *row = number;
    return repo_numbers_write(tx, &row, 1, true, err);
}

static enum rc break_constraint(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)mem;
    (void)arg;
    enum rc rc = sql_script(tx->sql, "insert into setting (name, value) values ('here', 1)", err);
    assert_int_equal(rc, RC_OK);
    return sql_script(tx->sql, "insert into setting (name, value) values ('here', 2)", err);
}

static const struct {
    step_fn *fn;
    enum rc rc;
} mixed[] = {
    {put_one, RC_OK}, {put_one, RC_OK},     {break_constraint, RC_CONFLICT},
    {put_one, RC_OK}, {put_large, RC_BUSY}, {put_one, RC_OK},
};

static void test_group__survives_jobs_that_fail(void **state)
{
    struct fixture *f = *state;
    struct gate gate;
    struct step steps[ARRAY_LEN(mixed)] = {0};
    int64_t keys[ARRAY_LEN(mixed)];
    must_open(f);
    char limit[] = "pragma max_page_count = 60";
    assert_int_equal(in_store(f->repo, REPO_WRITE, run_script, limit), RC_OK);
    gate_close(&gate, f->repo);
    for (size_t i = 0; i < ARRAY_LEN(mixed); i++) {
        keys[i] = 100 + (int64_t)i;
        step_submit(&steps[i], f->repo, REPO_WRITE, mixed[i].fn, &keys[i]);
    }
    gate_open(&gate);
    for (size_t i = 0; i < ARRAY_LEN(mixed); i++) {
        if (step_wait(&steps[i]) != mixed[i].rc) {
            fail_msg("job %zu: %s %s", i, rc_name(steps[i].rc), steps[i].err.msg);
        }
        if (i < 4 && steps[i].runs != 2) { /* in the group, then alone */
            fail_msg("job %zu ran %u times", i, steps[i].runs);
        }
        if (has_number(f->repo, keys[i]) != (mixed[i].fn == put_one)) {
            fail_msg("job %zu: %s %s", i, rc_name(steps[i].rc), steps[i].err.msg);
        }
    }
    assert_string_equal(steps[4].err.code, STORE_FULL);
    assert_true(steps[4].err.retry_after_ms > 0);
    assert_int_equal(query(f->repo, "select count(*) from audit"), 4);
    assert_int_equal(query(f->repo, "select count(*) from setting where name = 'here'"), 0);
    for (size_t i = 0; i < ARRAY_LEN(mixed); i++) {
        step_clear(&steps[i]);
    }
}

static bool is_ready(struct repo *repo)
{
    const char *why = NULL;
    bool ready = repo_ready(repo, &why);
    assert_true(ready || why != NULL);
    return ready;
}

static void test_full__is_survived_without_a_restart(void **state)
{
    struct fixture *f = *state;
    char few[] = "pragma max_page_count = 60", many[] = "pragma max_page_count = 100000";
    int64_t key = 7;
    f->config.test.tick_ms = 60000; /* nobody else finds out that it is well again */
    must_open(f);
    assert_true(is_ready(f->repo));
    assert_int_equal(in_store(f->repo, REPO_WRITE, run_script, few), RC_OK);
    assert_int_equal(in_store(f->repo, REPO_WRITE, put_large, &key), RC_BUSY);
    assert_false(is_ready(f->repo));
    assert_int_equal(in_store(f->repo, REPO_WRITE, run_script, many), RC_OK);
    assert_true(is_ready(f->repo));
    assert_int_equal(in_store(f->repo, REPO_WRITE, put_large, &key), RC_OK);
    assert_true(has_number(f->repo, key));
}

static void test_lock__of_another_process_is_waited_for_and_then_survived(void **state)
{
    struct fixture *f = *state;
    sqlite3 *other;
    must_open(f);
    assert_int_equal(sqlite3_open(f->folder.file, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "begin immediate", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(put_numbers(f->repo, "a", 1, 1), RC_BUSY);
    assert_false(is_ready(f->repo));
    assert_false(has_number(f->repo, 1)); /* reading goes on */
    assert_int_equal(sqlite3_exec(other, "rollback", NULL, NULL, NULL), SQLITE_OK);
    AWAIT(is_ready(f->repo)); /* by itself */
    assert_int_equal(put_numbers(f->repo, "a", 1, 1), RC_OK);
    sqlite3_close(other);
}

static void test_queue__that_is_full_refuses(void **state)
{
    struct fixture *f = *state;
    struct gate gate;
    struct step fits = {0}, over = {0};
    int64_t keys[] = {1, 2};
    f->config.write_queue = 1;
    must_open(f);
    gate_close(&gate, f->repo);
    step_submit(&fits, f->repo, REPO_WRITE, put_one, &keys[0]);
    step_submit(&over, f->repo, REPO_WRITE, put_one, &keys[1]);
    assert_int_equal(step_wait(&over), RC_BUSY);
    assert_true(over.err.retry_after_ms > 0);
    gate_open(&gate);
    assert_int_equal(step_wait(&fits), RC_OK);
    step_clear(&fits);
    step_clear(&over);
}

static void test_close__finishes_what_is_queued(void **state)
{
    struct fixture *f = *state;
    struct gate gate;
    struct step steps[100] = {0};
    int64_t keys[100];
    must_open(f);
    gate_close(&gate, f->repo);
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        keys[i] = (int64_t)i + 1;
        step_submit(&steps[i], f->repo, REPO_WRITE, put_one, &keys[i]);
    }
    gate_open(&gate);
    must_close(f);
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        assert_int_equal(step_wait(&steps[i]), RC_OK);
        step_clear(&steps[i]);
    }
    must_open(f);
    assert_int_equal(query(f->repo, "select count(*) from number"), 100);
}

/* ---- I/O errors; each in a child, which such an error ends ---- */

#define FAULT_JOBS 3
struct outcome {
    enum rc rc[FAULT_JOBS];
    bool fired;
    bool finished; /* the child lived on, and closed */
};

static void noted(struct outcome *outcome, int fd)
{
    ssize_t n = write(fd, outcome, sizeof *outcome);
    (void)n;
}

struct fault_child {
    struct outcome outcome;
    int fd;
};

static void end_of_process(void *arg, const char *why)
{
    struct fault_child *child = arg;
    (void)why;
    child->outcome.fired = fault_vfs_fired();
    noted(&child->outcome, child->fd);
    _exit(70);
}

struct faulty_step {
    struct step step;
    struct fault_child *child;
    size_t index;
};

static enum rc put_some(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    int64_t first = *(int64_t *)arg;
    for (int64_t key = first; key < first + 3; key++) {
        const struct number *number = number_of(mem, key, "a");
        enum rc rc = repo_numbers_write(tx, &number, 1, true, err);
        if (rc != RC_OK) {
            return rc;
        }
    }
    return RC_OK;
}

static bool has_checkpointed(struct metrics *metrics)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    metrics_write(metrics, &text);
    buf_put_char(&text, '\0');
    bool done = strstr(text.p, "checkpoints_total{kind=\"passive\",result=\"done\"} 0") == NULL;
    buf_clear(&text);
    return done;
}

static void run_child(struct fixture *f, int fd, unsigned n, enum fault_kind kind, bool lasting)
{
    struct fault_child child = {.fd = fd};
    struct gate gate;
    struct step steps[FAULT_JOBS] = {0};
    int64_t keys[FAULT_JOBS];
    fault_vfs_register();
    f->config.test.vfs = "fault";
    f->config.fatal = end_of_process;
    f->config.fatal_arg = &child;
    f->config.metrics = metrics_new();
    must_open(f);
    gate_close(&gate, f->repo);
    for (int i = 0; i < FAULT_JOBS; i++) {
        child.outcome.rc[i] = RC_UNCERTAIN; /* until it is answered */
        keys[i] = 100 + i * 10;
        step_submit(&steps[i], f->repo, REPO_WRITE, put_some, &keys[i]);
    }
    fault_vfs_arm(n, kind, lasting);
    sem_post(&gate.open);
    for (int i = 0; i < FAULT_JOBS; i++) {
        child.outcome.rc[i] = step_wait(&steps[i]);
    }
    AWAIT(has_checkpointed(f->config.metrics)); /* by the idle writer; or the process ends */
    child.outcome.fired = fault_vfs_fired();
    fault_vfs_arm(0, kind, false);
    must_close(f);
    child.outcome.finished = true;
    noted(&child.outcome, fd);
    _exit(0);
}

static struct outcome fault_run(struct fixture *f, unsigned n, enum fault_kind kind, bool lasting)
{
    int fds[2], status;
    struct outcome outcome = {0};
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        run_child(f, fds[1], n, kind, lasting);
    }
    close(fds[1]);
    assert_int_equal(read(fds[0], &outcome, sizeof outcome), sizeof outcome);
    close(fds[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), outcome.finished ? 0 : 70);
    return outcome;
}

/* Whole or absent; there when answered OK, absent when refused; open only when answered so. */
static void check_outcome(struct fixture *f, const struct outcome *outcome, unsigned n)
{
    must_open(f);
    for (int i = 0; i < FAULT_JOBS; i++) {
        int there = 0;
        for (int64_t key = 100 + i * 10; key < 103 + i * 10; key++) {
            there += has_number(f->repo, key);
        }
        bool fits = outcome->rc[i] == RC_OK          ? there == 3
                    : outcome->rc[i] == RC_UNCERTAIN ? there == 0 || there == 3
                                                     : there == 0;
        if (!fits) {
            fail_msg("fault %u: job %d was answered %s and has %d of 3 rows", n, i, rc_name(outcome->rc[i]),
                     there);
        }
    }
    assert_int_equal(put_numbers(f->repo, "a", 500, 3), RC_OK);
    must_close(f);
}

static void start_anew(struct fixture *f)
{
    folder_remove(&f->folder);
    folder_make(&f->folder);
    f->config = (struct store_config){
        .url = str_of(f->folder.url), .loops = 1, .test = {.busy_ms = 50, .tick_ms = 20}};
    must_open(f); /* the schema is there before faults begin */
    must_close(f);
}

static void each_fault(struct fixture *f, enum fault_kind kind, bool lasting, unsigned *ret_ended,
                       unsigned *ret_survived)
{
    struct outcome outcome = {.fired = true};
    for (unsigned n = 1; n < 100; n++) {
        start_anew(f);
        outcome = fault_run(f, n, kind, lasting);
        check_outcome(f, &outcome, n);
        if (outcome.finished) {
            (*ret_survived)++;
        } else {
            (*ret_ended)++;
        }
        if (!outcome.fired) {
            return; /* past the last write of group and checkpoint */
        }
    }
    fail_msg("the faults never end");
}

static void test_io_error__ends_the_process_and_loses_nothing(void **state)
{
    unsigned ended = 0, survived = 0;
    each_fault(*state, FAULT_IOERR, false, &ended, &survived);
    assert_true(ended >= 6); /* writing and syncing the WAL, writing and syncing the database */
    each_fault(*state, FAULT_IOERR, true, &ended, &survived);
}

static void test_full_disk__is_survived_and_loses_nothing(void **state)
{
    unsigned ended = 0, survived = 0;
    each_fault(*state, FAULT_FULL, false, &ended, &survived);
    assert_true(survived > ended);
}

/* ---- crashes ---- */

struct acked {
    int64_t key, revision;
};

static enum rc put_acked(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct acked *acked = arg;
    struct number *number = number_of(mem, acked->key, "a");
    enum rc rc = repo_revision_next(tx, &acked->revision, err);
    number->revision.configuration = acked->revision;
    const struct number *row = number;
    return rc == RC_OK ? repo_numbers_write(tx, &row, 1, true, err) : rc;
}

/* An account with very many numbers is deleted, and the last of them must not go. */
static enum rc take_many_and_fail(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    int64_t revision;
    (void)mem;
    (void)arg;
    for (int i = 0; i < 150000; i++) {
        assert_int_equal(repo_revision_next(tx, &revision, err), RC_OK);
    }
    assert_int_equal(sql_script(tx->sql, "delete from number", err), RC_OK);
    return err_set(err, RC_CONFLICT, NULL, "one is assigned");
}

static void test_revisions__are_not_repeated_after_one_that_took_many_was_undone(void **state)
{
    struct fixture *f = *state;
    struct gate gate;
    struct step undone = {0}, kept = {0};
    struct acked first = {.key = 1}, next = {.key = 2};
    must_open(f);
    gate_close(&gate, f->repo);
    step_submit(&undone, f->repo, REPO_WRITE, take_many_and_fail, NULL);
    step_submit(&kept, f->repo, REPO_WRITE, put_acked, &first);
    gate_open(&gate);
    assert_int_equal(step_wait(&undone), RC_CONFLICT);
    assert_int_equal(step_wait(&kept), RC_OK);
    step_clear(&undone);
    step_clear(&kept);
    must_close(f);
    must_open(f);
    assert_int_equal(in_store(f->repo, REPO_WRITE, put_acked, &next), RC_OK);
    assert_true(next.revision > first.revision);
}

static void write_until_killed(struct fixture *f, int fd, int64_t key)
{
    if (open_again(f) != RC_OK) {
        _exit(1);
    }
    for (;; key++) {
        struct acked acked = {.key = key};
        if (in_store(f->repo, REPO_WRITE, put_acked, &acked) != RC_OK ||
            write(fd, &acked, sizeof acked) != sizeof acked) {
            _exit(1);
        }
    }
}

static int64_t kill_round(struct fixture *f, int64_t first_key, int64_t last_revision, int64_t *ret_count)
{
    int fds[2];
    struct acked acked;
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(fds[0]);
        write_until_killed(f, fds[1], first_key);
    }
    close(fds[1]);
    for (int64_t i = 0; read(fds[0], &acked, sizeof acked) == sizeof acked; i++) {
        assert_true(acked.revision > last_revision);
        last_revision = acked.revision;
        *ret_count = i + 1;
        if (i == 100) {
            kill(pid, SIGKILL); /* what it still wrote to the pipe counts */
        }
    }
    close(fds[0]);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return last_revision;
}

static void test_kill__loses_no_acknowledged_write_and_repeats_no_revision(void **state)
{
    struct fixture *f = *state;
    int64_t last_revision = 0;
    for (int64_t round = 0; round < 4; round++) {
        int64_t count = 0, first_key = 1 + round * 100000;
        last_revision = kill_round(f, first_key, last_revision, &count);
        assert_true(count > 100);
        must_open(f); /* the lock went with its owner */
        for (int64_t key = first_key; key < first_key + count; key++) {
            assert_true(has_number(f->repo, key));
        }
        assert_true(query(f->repo, "select max(configuration_revision) from number") >= last_revision);
        struct acked next = {.key = first_key + 90000};
        assert_int_equal(in_store(f->repo, REPO_WRITE, put_acked, &next), RC_OK);
        assert_true(
            next.revision >
            query(f->repo,
                  "select max(configuration_revision) from number where telephone_number % 100000 < 90000"));
        last_revision = next.revision;
        must_close(f);
    }
}

/* ---- reading ---- */

static enum rc scan_all(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct query_node node = {.op = QUERY_CONTAINS,
                              .path = STR("accountName"),
                              .value = {.type = QUERY_TEXT, .text = STR("nobody")}};
    node.field = schema_field_at(&schema_number, node.path);
    struct list_query query = {.limit = 10, .filter = &node, .count = true};
    struct list_page page;
    (void)arg;
    return repo_numbers_list(tx, mem, &query, &page, err);
}

static void test_scans__do_not_hold_up_point_reads(void **state)
{
    struct fixture *f = *state;
    struct step scans[4] = {0};
    int64_t worst_us = 0;
    f->config.test.slice = 50; /* makes them slow */
    must_open(f);
    assert_int_equal(put_numbers(f->repo, "a", 1, 20000), RC_OK);
    for (size_t i = 0; i < ARRAY_LEN(scans); i++) {
        step_submit(&scans[i], f->repo, REPO_SCAN, scan_all, NULL);
    }
    for (int64_t key = 1; key <= 500; key++) {
        int64_t begun_us = clock_mono_us();
        assert_true(has_number(f->repo, key));
        int64_t us = clock_mono_us() - begun_us;
        worst_us = us > worst_us ? us : worst_us;
    }
    assert_int_equal(put_numbers(f->repo, "b", 50000, 1), RC_OK);
    for (size_t i = 0; i < ARRAY_LEN(scans); i++) {
        assert_int_equal(step_wait(&scans[i]), RC_OK);
        step_clear(&scans[i]);
    }
    assert_true(worst_us < 1000000);
}

struct turn {
    int *order, place;
    sem_t *gate;
};

static enum rc take_turn(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct turn *turn = arg;
    (void)tx;
    (void)mem;
    (void)err;
    if (turn->gate != NULL) {
        sem_wait(turn->gate);
    }
    turn->place = (*turn->order)++;
    return RC_OK;
}

static void test_scans__of_one_caller_wait_for_those_of_others(void **state)
{
    struct fixture *f = *state;
    int order = 0;
    sem_t gate;
    sem_init(&gate, 0, 0);
    struct turn turns[] = {{&order, 0, &gate}, {&order, 0, NULL}, {&order, 0, NULL}, {&order, 0, NULL}};
    static const struct str callers[] = {STR("a"), STR("a"), STR("a"), STR("b")};
    struct step steps[4] = {0};
    must_open(f);
    for (int i = 0; i < 4; i++) {
        steps[i].job.op.caller = callers[i];
        step_submit(&steps[i], f->repo, REPO_SCAN, take_turn, &turns[i]);
    }
    sem_post(&gate);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(step_wait(&steps[i]), RC_OK);
        step_clear(&steps[i]);
    }
    assert_int_equal(turns[3].place, 1);
    sem_destroy(&gate);
}

static enum rc note_scan_end(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)mem;
    (void)err;
    *(int64_t *)arg = tx->scan_end_us;
    return RC_OK;
}

static void test_scan__ends_before_its_deadline(void **state)
{
    struct fixture *f = *state;
    int64_t end_us = 0;
    struct mono deadline = mono_after(clock_mono(), 2000); /* its budget alone would be 5 s */
    struct step step = {.job = {.deadline = deadline}};
    must_open(f);
    step_submit(&step, f->repo, REPO_SCAN, note_scan_end, &end_us);
    assert_int_equal(step_wait(&step), RC_OK);
    step_clear(&step);
    assert_true(end_us > 0 && end_us < deadline.ms * 1000);
}

static enum rc endless(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    bool row;
    (void)mem;
    (void)arg;
    enum rc rc = sql_begin_read(tx->sql, clock_mono_us() + 20000, err);
    assert_int_equal(rc, RC_OK);
    rc = sql_compile(
        tx->sql, STR("with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n"),
        &stmt, err);
    assert_int_equal(rc, RC_OK);
    rc = sql_step(stmt, &row, err);
    sql_done(TAKE(stmt));
    sql_end_read(tx->sql);
    return rc;
}

static void test_read__that_takes_too_long_is_stopped(void **state)
{
    struct fixture *f = *state;
    must_open(f);
    assert_int_equal(in_store(f->repo, REPO_SCAN, endless, NULL), RC_BUSY);
}

static enum rc write_on_reader(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)mem;
    (void)arg;
    return sql_script(tx->sql, "delete from setting", err);
}

static void test_read__cannot_write(void **state)
{
    struct fixture *f = *state;
    must_open(f);
    assert_int_equal(in_store(f->repo, REPO_POINT, write_on_reader, NULL), RC_INTERNAL);
    assert_int_equal(in_store(f->repo, REPO_LIST, write_on_reader, NULL), RC_INTERNAL);
}

static void test_read__sees_what_was_acknowledged_before(void **state)
{
    struct fixture *f = *state;
    must_open(f);
    for (int64_t key = 1; key <= 300; key++) {
        assert_int_equal(put_numbers(f->repo, "a", key, 1), RC_OK);
        assert_true(has_number(f->repo, key));
    }
}

/* The plan of a query, as one text. */
struct plan {
    const char *text;
    char plan[500];
};

static enum rc explain(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    struct plan *plan = arg;
    bool row = true;
    enum rc rc = sql_compile(tx->sql, arena_printf(mem, "explain query plan %s", plan->text), &stmt, err);
    while (rc == RC_OK && (rc = sql_step(stmt, &row, err)) == RC_OK && row) {
        sql_skip(stmt, 3);
        struct str detail = sql_peek_text(stmt);
        size_t n = strlen(plan->plan);
        snprintf(plan->plan + n, sizeof plan->plan - n, "%" STR_FMT "; ", STR_ARG(detail));
    }
    return rc;
}

static void test_plans__use_keys_and_indexes(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *text, *uses;
    } table[] = {
        {"select * from number r where true and r.account = 'a' and r.telephone_number > 5 and r.releasing = "
         "0"
         " order by r.telephone_number limit 5",
         "USING INDEX number_account (account=? AND rowid>?)"},
        {"select * from number r where true and r.releasing = 0 and (r.account = 'a') order by "
         "r.telephone_number limit 5",
         "USING INDEX number_account (account=?)"},
        {"select * from number r where true and r.releasing = 0 and (r.telephone_number = 5) order by "
         "r.telephone_number",
         "USING INTEGER PRIMARY KEY (rowid=?)"},
        {"select * from account r where true and (r.teams_tenant_key = lower('A')) order by r.name",
         "USING INDEX account_tenant (teams_tenant_key=?)"},
        {"select name from account where subdomain_key = 'x'", "account_subdomain (subdomain_key=?)"},
        {"select * from audit r where true and r.account = 'a' and r.id < 5 order by r.id desc",
         "USING INDEX audit_account (account=? AND rowid<?)"},
        {"delete from operation where (caller, id) in (select caller, id from operation where first_sent < 5 "
         "limit 9)",
         "operation_first_sent (first_sent<?)"},
    };
    must_open(f);
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct plan plan = {.text = table[i].text};
        assert_int_equal(in_store(f->repo, REPO_POINT, explain, &plan), RC_OK);
        if (strstr(plan.plan, table[i].uses) == NULL || strstr(plan.plan, "B-TREE FOR ORDER") != NULL) {
            fail_msg("case %zu: %s", i, plan.plan);
        }
    }
}

/* ---- what a question costs ---- */

#define HELD_ROWS 2000
#define STEPS_MAX 400 /* of SQLite's machine, for a statement that finds a row or two by an index */

static _Thread_local int most_steps; /* of a statement of this thread, since it was cleared */

static int note_steps(unsigned type, void *context, void *stmt, void *ns)
{
    (void)type, (void)context, (void)ns;
    int steps = sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_VM_STEP, 1);
    most_steps = steps > most_steps ? steps : most_steps;
    return 0;
}

static int watch_steps(sqlite3 *db, const char **ret_why, const void *api)
{
    (void)ret_why, (void)api;
    return sqlite3_trace_v2(db, SQLITE_TRACE_PROFILE, note_steps, NULL);
}

/* All at rest but one of each kind. */
static enum rc put_acquired(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    static const enum acquired_state odd[] = {ACQUIRED_LEAVING, ACQUIRED_RELEASING, ACQUIRED_MISSING,
                                              ACQUIRED_ORPHAN};
    struct acquired *rows = arena_alloc_array(mem, HELD_ROWS, sizeof *rows);
    (void)arg;
    for (int i = 0; i < HELD_ROWS; i++) {
        bool is_odd = i >= HELD_ROWS - (int)ARRAY_LEN(odd);
        rows[i] = (struct acquired){.telephone_number = 1000 + i,
                                    .account = STR("a"),
                                    .tenant_id = STR("t"),
                                    .state = is_odd ? odd[HELD_ROWS - 1 - i] : ACQUIRED_HELD,
                                    .revision = 1};
        rows[i].account = rows[i].state == ACQUIRED_ORPHAN      ? STR_NONE
                          : rows[i].state == ACQUIRED_RELEASING ? STR("r")
                                                                : rows[i].account;
    }
    return repo_acquired_write(tx, rows, HELD_ROWS, err);
}

static enum rc ask_leaving(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct acquired_list list;
    enum rc rc = repo_acquired_leaving(tx, mem, STR("a"), 0, false, 0, 9, &list, err);
    *(int64_t *)arg = (int64_t)list.count;
    return rc;
}

static enum rc ask_missing(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct acquired_list list;
    enum rc rc = repo_acquired_odd(tx, mem, ACQUIRED_MISSING, STR("a"), NULL, 9, &list, err);
    *(int64_t *)arg = (int64_t)list.count;
    return rc;
}

static enum rc ask_orphans(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct acquired_list list;
    enum rc rc = repo_acquired_odd(tx, mem, ACQUIRED_ORPHAN, STR_NONE, NULL, 9, &list, err);
    *(int64_t *)arg = (int64_t)list.count;
    return rc;
}

static enum rc ask_count(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)mem;
    return repo_acquired_odd_count(tx, ACQUIRED_LEAVING, STR("a"), 9, arg, err);
}

static enum rc ask_orphan_count(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)mem;
    return repo_acquired_odd_count(tx, ACQUIRED_ORPHAN, STR_NONE, 9, arg, err);
}

static enum rc ask_tenant(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct str tenant;
    *(int64_t *)arg = 1;
    return repo_acquired_tenant(tx, mem, STR("a"), &tenant, err);
}

static enum rc ask_tenant_of_release(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct str tenant;
    *(int64_t *)arg = 1;
    return repo_acquired_tenant(tx, mem, STR("r"), &tenant, err);
}

static void test_odd_numbers__are_found_without_reading_those_at_rest(void **state)
{
    static step_fn *const questions[] = {ask_leaving,      ask_missing, ask_orphans,          ask_count,
                                         ask_orphan_count, ask_tenant,  ask_tenant_of_release};
    struct fixture *f = *state;
    void (*watch)(void) = (void (*)(void))watch_steps;
    assert_int_equal(sqlite3_auto_extension(watch), SQLITE_OK);
    must_open(f);
    assert_int_equal(in_store(f->repo, REPO_WRITE, put_acquired, NULL), RC_OK);
    for (size_t i = 0; i < ARRAY_LEN(questions); i++) {
        int64_t found = 0;
        most_steps = 0;
        assert_int_equal(in_store(f->repo, REPO_POINT, questions[i], &found), RC_OK); /* on this thread */
        assert_int_equal(found, 1);
        if (most_steps == 0 || most_steps > STEPS_MAX) {
            fail_msg("question %zu took %d steps", i, most_steps);
        }
    }
    (void)sqlite3_cancel_auto_extension(watch);
}

/* ---- housekeeping ---- */

static off_t wal_size(struct fixture *f)
{
    char wal[160];
    struct stat st;
    snprintf(wal, sizeof wal, "%s-wal", f->folder.file);
    return stat(wal, &st) == 0 ? st.st_size : 0;
}

static void test_wal__is_truncated_when_it_has_grown(void **state)
{
    struct fixture *f = *state;
    f->config.wal_bytes_max = 100000;
    must_open(f);
    assert_int_equal(put_numbers(f->repo, "a", 1, 20000), RC_OK);
    AWAIT(wal_size(f) == 0);
    assert_true(has_number(f->repo, 20000));
}

static enum rc hold(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct number *number;
    sem_t *sems = arg;
    enum rc rc = repo_number_find(tx, mem, 1, REPO_READ, &number, err); /* the snapshot is taken */
    sem_post(&sems[0]);
    sem_wait(&sems[1]);
    return rc;
}

static void test_wal__waits_for_readers_but_writers_do_not(void **state)
{
    struct fixture *f = *state;
    struct step reader = {0};
    sem_t sems[2];
    sem_init(&sems[0], 0, 0);
    sem_init(&sems[1], 0, 0);
    f->config.wal_bytes_max = 100000;
    must_open(f);
    assert_int_equal(put_numbers(f->repo, "a", 1, 1), RC_OK);
    step_submit(&reader, f->repo, REPO_LIST, hold, sems);
    sem_wait(&sems[0]);
    for (int64_t i = 0; i < 5; i++) {
        assert_int_equal(put_numbers(f->repo, "a", 1 + i * 2000, 2000), RC_OK);
    }
    assert_true(wal_size(f) > 0);
    sem_post(&sems[1]);
    assert_int_equal(step_wait(&reader), RC_OK);
    step_clear(&reader);
    AWAIT(wal_size(f) == 0);
    sem_destroy(&sems[0]);
    sem_destroy(&sems[1]);
}

static enum rc add_old(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct wall now = clock_wall();
    enum rc rc = RC_OK;
    (void)arg;
    for (int i = 0; rc == RC_OK && i < 1200; i++) {
        struct operation operation = {
            .op = {STR("c"), arena_printf(mem, "%d", i)}, .first_sent = now, .status = 200};
        struct audit_row audit = {.at = now, .key = STR("k")};
        operation.first_sent.ms -= i < 1100 ? 25 * 3600 * 1000 : 0;
        audit.at.ms -= i < 1100 ? (int64_t)8 * 24 * 3600 * 1000 : 0;
        rc = repo_operation_add(tx, &operation, err);
        rc = rc == RC_OK ? repo_audit_add(tx, &audit, 1, err) : rc;
    }
    return rc;
}

static void test_purge__takes_what_is_too_old(void **state)
{
    struct fixture *f = *state;
    f->config.keep_days = 7;
    must_open(f);
    must_close(f);
    f->config.test.tick_ms = 60000;
    must_open(f);
    assert_int_equal(in_store(f->repo, REPO_WRITE, add_old, NULL), RC_OK);
    must_close(f);
    f->config.test.tick_ms = 10;
    must_open(f);
    AWAIT(query(f->repo, "select count(*) from operation") == 100);
    AWAIT(query(f->repo, "select count(*) from audit") == 100);
}

static void test_metrics__are_kept(void **state)
{
    struct fixture *f = *state;
    struct buf text;
    buf_init(&text, 1 << 20);
    f->config.metrics = metrics_new();
    must_open(f);
    assert_int_equal(put_numbers(f->repo, "a", 1, 10), RC_OK);
    must_close(f);
    metrics_write(f->config.metrics, &text);
    buf_put_char(&text, '\0');
    assert_non_null(strstr(text.p, "numgate_store_group_jobs_count 1"));
    assert_non_null(strstr(text.p, "numgate_store_queue_jobs{queue=\"write\"} 0"));
    assert_non_null(strstr(text.p, "numgate_store_commit_seconds_count 1"));
    buf_clear(&text);
    metrics_free(f->config.metrics);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    log_set_level(LOG_ERROR);
    const struct CMUnitTest tests[] = {
        TEST(test_io_error__ends_the_process_and_loses_nothing),
        TEST(test_full_disk__is_survived_and_loses_nothing),
        TEST(test_kill__loses_no_acknowledged_write_and_repeats_no_revision),
        TEST(test_revisions__are_not_repeated_after_one_that_took_many_was_undone),
        TEST(test_open__refuses_what_it_does_not_know),
        TEST(test_open__refuses_a_second_owner_and_says_who_is_the_first),
        TEST(test_open__refuses_a_file_that_is_no_database),
        TEST(test_close__moves_the_wal_into_the_database),
        TEST(test_migrate__refuses_what_is_not_its_own),
        TEST(test_migrate__is_done_once),
        TEST(test_group__survives_jobs_that_fail),
        TEST(test_full__is_survived_without_a_restart),
        TEST(test_lock__of_another_process_is_waited_for_and_then_survived),
        TEST(test_queue__that_is_full_refuses),
        TEST(test_close__finishes_what_is_queued),
        TEST(test_scans__do_not_hold_up_point_reads),
        TEST(test_scans__of_one_caller_wait_for_those_of_others),
        TEST(test_scan__ends_before_its_deadline),
        TEST(test_read__that_takes_too_long_is_stopped),
        TEST(test_read__cannot_write),
        TEST(test_read__sees_what_was_acknowledged_before),
        TEST(test_plans__use_keys_and_indexes),
        TEST(test_odd_numbers__are_found_without_reading_those_at_rest),
        TEST(test_wal__is_truncated_when_it_has_grown),
        TEST(test_wal__waits_for_readers_but_writers_do_not),
        TEST(test_purge__takes_what_is_too_old),
        TEST(test_metrics__are_kept),
    };
    return cmocka_run_group_tests_name("store_sqlite", tests, NULL, NULL);
}
