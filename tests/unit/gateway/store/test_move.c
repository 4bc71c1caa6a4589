/* Whole stores that move: SQLite to SQLite. What PostgreSQL adds is in tests/move. */
#include "helper.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/crypto/digest.h"
#include "gateway/store/migrate.h"
#include "gateway/store/move.h"
#include "gateway/store/tables.h"

struct world {
    struct folder folder;
    char to_file[96], to_url[112], backup[96];
    struct store_config from, to;
    struct move_report report;
    struct err err;
};

static const struct move_options plain = {.sha256 = crypto_sha256},
                                 compared = {.sha256 = crypto_sha256, .compare = true};

static void fill_store(const char *url)
{
    const struct store_config config = {.url = str_of(url), .loops = 1};
    struct repo *repo = NULL;
    assert_int_equal(store_open(&config, &repo, NULL), RC_OK);
    assert_int_equal(put_numbers(repo, "alder", 4930900000, 300), RC_OK);
    store_close(repo);
}

static void execute(const char *file, const char *sql)
{
    sqlite3 *db;
    char *why = NULL;
    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK) {
        fail_msg("%s: %s", sql, why);
    }
    sqlite3_close(db);
}

static int64_t ask(const char *file, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *stmt;
    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return value;
}

/* What a text can hold that quoting could break, an empty blob, one with every byte, nulls, the ends of numbers. */
static const char odd_rows[] =
    "insert into account (name, configuration_revision, status_revision, configuration_at, status_at)"
    " values ('alder', 1, 1, 0, 0);"
    "insert into operation values ('', 'a', x'', -9223372036854775807, 1, 9223372036854775807, 0);"
    "insert into operation values ('\"{},\\NULL', 'b', x'00ff5c7d22', 1, 1, 1, 1);"
    "insert into subdomain values ('-odd_', 'alder', '', 'MS=', 2, 0, null, '', -9223372036854775807);"
    "insert into setting values ('zone_serial', 4000000000), ('zone_facts', 9223372036854775807);"
    "insert into audit (id, at, action, kind, key, way, before, after)"
    " values (7, 1, 0, 1, 'k', 0, '', '\xc3\xa4\xe2\x82\xac\xf0\x9f\x93\x9e \\\" '' \n\t{1,2} ? $1');";

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    folder_make(&world->folder);
    snprintf(world->to_file, sizeof world->to_file, "%s/link.db", world->folder.path);
    snprintf(world->to_url, sizeof world->to_url, "sqlite:%s", world->to_file);
    snprintf(world->backup, sizeof world->backup, "%s/backup", world->folder.path);
    fill_store(world->folder.url);
    execute(world->folder.file, odd_rows);
    world->from.url = str_of(world->folder.url);
    world->to.url = str_of(world->to_url);
    *state = world;
    return 0;
}

static void remove_all(const char *file)
{
    static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
    char name[160];
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        snprintf(name, sizeof name, "%s%s", file, ends[i]);
        unlink(name);
    }
}

static int tear_down(void **state)
{
    struct world *world = *state;
    remove_all(world->to_file);
    remove_all(world->backup);
    folder_remove(&world->folder);
    bool is_left = access(world->folder.path, F_OK) == 0; /* with something in it that nobody expected */
    free(world);
    return is_left ? -1 : 0;
}

static void expect(struct world *world, enum rc rc, enum rc wanted, const char *part)
{
    if (rc != wanted || (rc != RC_OK && strstr(world->err.msg, part) == NULL)) {
        fail_msg("%s (%s), expected %s with \"%s\"", rc_name(rc), world->err.msg, rc_name(wanted), part);
    }
}

static enum rc move(struct world *world, const struct move_options *options)
{
    err_clear(&world->err);
    return store_move(&world->from, &world->to, options, &world->report, &world->err);
}

static int64_t rows_of(const struct world *world, const char *table)
{
    for (size_t i = 0; i < world->report.count; i++) {
        if (strcmp(world->report.tables[i].name, table) == 0) {
            return world->report.tables[i].rows;
        }
    }
    fail_msg("table %s is not in the report", table);
    return -1;
}

/* ---- the list ---- */

static void test_tables__every_table_of_the_schema_is_listed(void **state)
{
    struct world *world = *state;
    sqlite3 *db;
    sqlite3_stmt *stmt;
    unsigned tables = 0;
    assert_int_equal(sqlite3_open(world->folder.file, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db, "select name from sqlite_master where type = 'table'", -1, &stmt, NULL),
        SQLITE_OK);
    for (; sqlite3_step(stmt) == SQLITE_ROW; tables++) {
        const char *name = (const char *)sqlite3_column_text(stmt, 0);
        if (table_row_of(str_of(name)) == NULL) {
            fail_msg(
                "table %s is not in the list of tables.c: say there what becomes of it when a store moves",
                name);
        }
    }
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    assert_true(tables > 10);
}

static void test_tables__an_unlisted_table_stops_the_move(void **state)
{
    struct world *world = *state;
    execute(world->folder.file, "create table forgotten (id integer primary key)");
    expect(world, move(world, &plain), RC_INTERNAL, "forgotten");
    assert_int_not_equal(access(world->to_file, F_OK), 0);
}

/* ---- moves ---- */

static void test_move__copies_and_compares_every_row(void **state)
{
    struct world *world = *state;
    expect(world, move(world, &compared), RC_OK, "");
    assert_int_equal(rows_of(world, "number"), 300);
    assert_int_equal(rows_of(world, "operation"), 2);
    assert_int_equal(ask(world->to_file, "select count(*) from number"), 300);
    assert_int_equal(ask(world->to_file, "select count(*) from operation where fingerprint = x'00ff5c7d22'"),
                     1);
    assert_int_equal(ask(world->to_file, "select first_sent from operation where fingerprint = x''"),
                     -INT64_MAX);
    assert_int_equal(
        ask(world->to_file, "select before = '' and account is null and length(after) = 21 from audit"), 1);
}

/* The new store's zone goes on where the old one's was. */
static void test_move__takes_subdomains_and_the_zones_serial_along(void **state)
{
    struct world *world = *state;
    expect(world, move(world, &compared), RC_OK, "");
    assert_int_equal(ask(world->to_file,
                         "select count(*) from subdomain where label = '-odd_' and account = 'alder' and"
                         " region1_token = '' and problem_code is null and problem_message = ''"),
                     1);
    assert_int_equal(ask(world->to_file, "select value from setting where name = 'zone_serial'"), 4000000000);
    assert_true(ask(world->to_file, "select value from setting where name = 'zone_facts'") == INT64_MAX);
}

static void test_move__digests_tell_tables_apart_and_not_where_they_are(void **state)
{
    struct world *world = *state;
    expect(world, move(world, &compared), RC_OK, "");
    struct move_report first = world->report;
    world->from.url = str_of(world->to_url);
    char url[120];
    snprintf(url, sizeof url, "sqlite:%s", world->backup);
    world->to.url = str_of(url);
    expect(world, move(world, &compared), RC_OK, "");
    for (size_t i = 0; i < first.count; i++) {
        assert_string_equal(first.tables[i].sha256, world->report.tables[i].sha256);
    }
    assert_string_not_equal(first.tables[0].sha256, first.tables[1].sha256);
}

static void test_move__the_target_works_and_repeats_no_revision(void **state)
{
    struct world *world = *state;
    const struct store_config config = {.url = world->to.url, .loops = 1};
    struct repo *repo = NULL;
    expect(world, move(world, &plain), RC_OK, "");
    int64_t before = ask(world->folder.file, "select value from setting where name = 'revision'");
    assert_int_equal(store_open(&config, &repo, NULL), RC_OK);
    assert_int_equal(put_numbers(repo, "alder", 4930700000, 1), RC_OK);
    assert_true(has_number(repo, 4930900299));
    store_close(repo);
    assert_true(ask(world->to_file, "select max(configuration_revision) from number") >= before);
}

static void test_move__refuses_a_target_with_rows(void **state)
{
    struct world *world = *state;
    fill_store(world->to_url);
    expect(world, move(world, &plain), RC_CONFLICT, "not empty: table number has 300 rows");
    assert_int_equal(ask(world->to_file, "select count(*) from operation where caller <> ''"), 0);
}

static void test_move__takes_a_target_that_a_daemon_made_and_nobody_used(void **state)
{
    struct world *world = *state;
    const struct store_config config = {.url = world->to.url, .loops = 1};
    struct repo *repo = NULL;
    assert_int_equal(store_open(&config, &repo, NULL), RC_OK);
    store_close(repo);
    execute(world->to_file, "insert into setting values ('probe', 3)");
    expect(world, move(world, &compared), RC_OK, "");
    assert_int_equal(ask(world->to_file, "select count(*) from setting where name = 'probe'"), 0);
}

static void test_move__refuses_while_a_store_is_open(void **state)
{
    struct world *world = *state;
    struct store_config config = {.url = world->from.url, .loops = 1};
    struct repo *repo = NULL;
    assert_int_equal(store_open(&config, &repo, NULL), RC_OK);
    expect(world, move(world, &plain), RC_CONFLICT, "in use by process");
    store_close(repo);
    config.url = world->to.url;
    assert_int_equal(store_open(&config, &repo, NULL), RC_OK);
    expect(world, move(world, &plain), RC_CONFLICT, "in use by process");
    store_close(repo);
}

static void test_move__refuses_a_source_that_is_not_there(void **state)
{
    struct world *world = *state;
    char url[160];
    snprintf(url, sizeof url, "sqlite:%s/nothing.db", world->folder.path);
    world->from.url = str_of(url);
    expect(world, move(world, &plain), RC_INVALID, "No such file");
    assert_int_not_equal(access(world->to_file, F_OK), 0);
    world->from.url = STR("mysql://x");
    expect(world, move(world, &plain), RC_INVALID, "is no store");
}

static void test_move__refuses_a_newer_schema(void **state)
{
    struct world *world = *state;
    execute(world->folder.file, "insert into migration values (99, 'later', 'x', 0)");
    expect(world, move(world, &plain), RC_INVALID, "newer");
    assert_int_not_equal(access(world->to_file, F_OK), 0);
}

/* As a version before this one left it. */
static void test_move__brings_an_older_schema_up_to_date(void **state)
{
    struct world *world = *state;
    char applied[300];
    remove_all(world->folder.file);
    execute(world->folder.file,
            "create table migration (number bigint not null primary key, name text not null,"
            " checksum text not null, applied_at bigint not null)");
    execute(world->folder.file, migrations_sqlite[0].text);
    snprintf(applied, sizeof applied, "insert into migration values (1, '%s', '%s', 0)",
             migrations_sqlite[0].name, migrations_sqlite[0].checksum);
    execute(world->folder.file, applied);
    execute(world->folder.file, "insert into outbox values (0, 'alder', 5)");
    expect(world, move(world, &compared), RC_OK, "");
    const struct migration *last = migrations_sqlite;
    while (last[1].number != 0) {
        last++;
    }
    assert_int_equal(ask(world->to_file, "select max(number) from migration"), last->number);
    assert_int_equal(ask(world->to_file, "select seq from outbox"), 5);
}

static bool stop_at(void *arg, const struct move_progress *progress)
{
    return strcmp(progress->doing, arg) != 0;
}

static void test_move__stopped_half_way_leaves_nothing_and_can_be_run_again(void **state)
{
    struct world *world = *state;
    static char stages[2][8] = {"copy", "compare"};
    for (size_t i = 0; i < ARRAY_LEN(stages); i++) {
        struct move_options options = compared;
        options.watch = stop_at;
        options.watch_arg = stages[i];
        expect(world, move(world, &options), RC_BUSY, "stopped");
        assert_int_not_equal(access(world->to_file, F_OK), 0);
    }
    expect(world, move(world, &compared), RC_OK, "");
}

/* A target that keeps something else than it was given. */
static void test_move__finds_what_differs_and_undoes_it(void **state)
{
    static const struct {
        const char *trigger, *found;
    } cases[] = {
        {"create trigger spoil after insert on audit begin update audit set before = 'x' where id = new.id; "
         "end",
         "differs at audit 7: another value in column before"},
        {"create trigger spoil after insert on number begin delete from number where telephone_number = "
         "4930900299; end",
         "differs at number 4930900299: missing in the copy"},
        {"create trigger spoil after insert on audit begin insert into rfi (tenant_key, tenant_id, parts, "
         "configuration_revision, status_revision, configuration_at, status_at)"
         " values ('x', 'x', 0, 1, 1, 1, 1); end",
         "not in the original"},
    };
    struct world *world = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct store_config config = {.url = world->to.url, .loops = 1};
        struct repo *repo = NULL;
        remove_all(world->to_file);
        assert_int_equal(store_open(&config, &repo, NULL), RC_OK);
        store_close(repo);
        execute(world->to_file, cases[i].trigger);
        enum rc rc = move(world, &compared);
        if (rc != RC_INTERNAL || strstr(world->err.msg, cases[i].found) == NULL) {
            fail_msg("case %zu: %s %s", i, rc_name(rc), world->err.msg);
        }
        assert_int_equal(ask(world->to_file, "select count(*) from number"), 0);
    }
}

/* ---- backup and restore ---- */

static enum rc back_up(struct world *world, bool live)
{
    err_clear(&world->err);
    return store_backup(&world->from, live, world->backup, &plain, &world->report, &world->err);
}

static enum rc check_backup(struct world *world)
{
    err_clear(&world->err);
    return store_check_backup(world->backup, &plain, &world->report, &world->err);
}

static enum rc restore(struct world *world, const struct move_options *options)
{
    err_clear(&world->err);
    return store_restore(world->backup, &world->to, options, &world->report, &world->err);
}

static void test_backup__of_a_store_at_rest_is_whole(void **state)
{
    struct world *world = *state;
    expect(world, back_up(world, false), RC_OK, "");
    assert_int_equal(rows_of(world, "number"), 300);
    expect(world, check_backup(world), RC_OK, "");
}

static void test_backup__of_a_live_store(void **state)
{
    struct world *world = *state;
    const struct store_config config = {.url = world->from.url, .loops = 1};
    struct repo *repo = NULL;
    assert_int_equal(store_open(&config, &repo, NULL), RC_OK);
    assert_int_equal(put_numbers(repo, "birch", 4930500000, 10), RC_OK);
    expect(world, back_up(world, false), RC_CONFLICT, "in use by process");
    expect(world, back_up(world, true), RC_OK, "");
    assert_int_equal(put_numbers(repo, "birch", 4930600000, 10), RC_OK); /* it goes on */
    store_close(repo);
    assert_int_equal(rows_of(world, "number"), 310);
}

static void test_backup__replaces_nothing(void **state)
{
    struct world *world = *state;
    expect(world, back_up(world, false), RC_OK, "");
    int64_t numbers = ask(world->backup, "select count(*) from number");
    expect(world, back_up(world, false), RC_CONFLICT, "is there already");
    assert_int_equal(ask(world->backup, "select count(*) from number"), numbers);
}

static void test_restore__goes_on_with_later_revisions(void **state)
{
    struct world *world = *state;
    expect(world, back_up(world, false), RC_OK, "");
    int64_t before = ask(world->backup, "select value from setting where name = 'revision'");
    expect(world, restore(world, &compared), RC_OK, "");
    assert_int_equal(ask(world->to_file, "select value from setting where name = 'revision'"),
                     before + MOVE_JUMP);
    expect(world, restore(world, &compared), RC_CONFLICT, "not empty");
}

static void test_restore__refuses_what_is_no_backup(void **state)
{
    struct world *world = *state;
    expect(world, restore(world, &plain), RC_INVALID, "No such file");
    FILE *file = fopen(world->backup, "w");
    fputs("a text that is no database, and is longer than a header", file);
    fclose(file);
    expect(world, restore(world, &plain), RC_INVALID, "not a SQLite database");
    assert_int_equal(truncate(world->backup, 0), 0);
    expect(world, restore(world, &plain), RC_INVALID, "not a SQLite database");
    unlink(world->backup);
    execute(world->backup, "create table other (n integer)");
    expect(world, restore(world, &plain), RC_INVALID, "another program");
    snprintf(world->backup, sizeof world->backup, "%s", world->folder.file);
    expect(world, restore(world, &plain), RC_INVALID, "a store's own file");
    assert_int_not_equal(access(world->to_file, F_OK), 0);
    remove_all(world->folder.file);
    snprintf(world->backup, sizeof world->backup, "%s/backup", world->folder.path);
}

static void test_check__finds_what_cannot_be(void **state)
{
    static const struct {
        const char *sql, *found;
    } cases[] = {
        {"delete from account", "belongs to no account: +4930900000"},
        {"delete from number where telephone_number = 4930900007", "not as many as are counted: alder"},
        {"update number_count set zoom = 1", "not as many as are counted: alder"},
        {"update setting set value = 3 where name = 'revision'", "ahead of the counter"},
        {"update number set releasing = 1 where telephone_number = 4930900007",
         "not as many as are counted: alder"},
        {"insert into migration values (99, 'later', 'x', 0)", "newer"},
        {"create table forgotten (id integer primary key)", "forgotten"},
    };
    struct world *world = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        remove_all(world->backup);
        expect(world, back_up(world, false), RC_OK, "");
        expect(world, check_backup(world), RC_OK, "");
        execute(world->backup, cases[i].sql);
        enum rc rc = check_backup(world);
        if (rc == RC_OK || strstr(world->err.msg, cases[i].found) == NULL) {
            fail_msg("case %zu: %s %s", i, rc_name(rc), world->err.msg);
        }
    }
}

static void test_check__finds_a_damaged_page(void **state)
{
    struct world *world = *state;
    expect(world, back_up(world, false), RC_OK, "");
    int64_t page = ask(world->backup, "select rootpage from sqlite_master where name = 'number'");
    FILE *file = fopen(world->backup, "r+");
    assert_int_equal(fseek(file, (long)(page - 1) * 4096 + 8, SEEK_SET), 0);
    fputs("damage that no page survives", file);
    fclose(file);
    assert_int_not_equal(check_backup(world), RC_OK);
    assert_int_not_equal(restore(world, &plain), RC_OK);
    assert_int_not_equal(access(world->to_file, F_OK), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_tables__every_table_of_the_schema_is_listed),
        CASE(test_tables__an_unlisted_table_stops_the_move),
        CASE(test_move__copies_and_compares_every_row),
        CASE(test_move__takes_subdomains_and_the_zones_serial_along),
        CASE(test_move__digests_tell_tables_apart_and_not_where_they_are),
        CASE(test_move__the_target_works_and_repeats_no_revision),
        CASE(test_move__refuses_a_target_with_rows),
        CASE(test_move__takes_a_target_that_a_daemon_made_and_nobody_used),
        CASE(test_move__refuses_while_a_store_is_open),
        CASE(test_move__refuses_a_source_that_is_not_there),
        CASE(test_move__refuses_a_newer_schema),
        CASE(test_move__brings_an_older_schema_up_to_date),
        CASE(test_move__stopped_half_way_leaves_nothing_and_can_be_run_again),
        CASE(test_move__finds_what_differs_and_undoes_it),
        CASE(test_backup__of_a_store_at_rest_is_whole),
        CASE(test_backup__of_a_live_store),
        CASE(test_backup__replaces_nothing),
        CASE(test_restore__goes_on_with_later_revisions),
        CASE(test_restore__refuses_what_is_no_backup),
        CASE(test_check__finds_what_cannot_be),
        CASE(test_check__finds_a_damaged_page),
    };
    log_set_level(LOG_ERROR);
    return cmocka_run_group_tests_name("store_move", tests, NULL, NULL);
}
