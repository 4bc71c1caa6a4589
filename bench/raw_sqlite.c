/* What SQLite alone can do: the same rows as the daemon writes for the same requests, in a bare loop, with
 * its schema and pragmas.
 *
 *   raw_sqlite load DB NUMBERS ACCOUNTS      fills the tables of a database that numgated has made (no audit
 * rows) raw_sqlite put DB SECONDS NUMBERS        replaces random numbers, 64 a transaction; prints numbers a
 * second raw_sqlite batch DB SECONDS NUMBERS      replaces 100 neighbours a transaction; prints batches a
 * second
 *
 * A replaced number is two rows: the number itself, and its audit row with before and after. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FIRST_NUMBER 441600000000LL
#define GROUP        64
#define BATCH        100

static const char insert_number[] =
    "insert into number (telephone_number, account, parts, provisioning_status, zoom_enabled, "
    "custom_sip_header, "
    "configuration_revision, status_revision, configuration_at, status_at) values (?1, ?2, 3, 2, 1, ?3, ?4, "
    "?4, ?5, ?5) "
    "on conflict (telephone_number) do update set parts = excluded.parts, "
    "provisioning_status = excluded.provisioning_status, zoom_enabled = excluded.zoom_enabled, "
    "custom_sip_header = excluded.custom_sip_header, configuration_revision = "
    "excluded.configuration_revision, "
    "status_revision = excluded.status_revision, configuration_at = excluded.configuration_at, status_at = "
    "excluded.status_at";
static const char insert_audit[] = "insert into audit (at, action, kind, account, key, way, caller, source, "
                                   "operation_id, request_id, before, after) "
                                   "values (?1, 1, 1, ?2, ?3, 0, ?4, '127.0.0.1', ?5, ?5, ?6, ?7)";

static sqlite3 *db;
static unsigned long long state = 88172645463325252ULL;

static unsigned long long next_random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* As often as the daemon does: after 4,000 more pages. */
static int wal_pages, checkpointed_pages;

static int note_pages(void *arg, sqlite3 *which, const char *name, int pages)
{
    (void)arg, (void)which, (void)name;
    wal_pages = pages;
    return SQLITE_OK;
}

static void must(int code, int wanted)
{
    if (code != wanted) {
        fprintf(stderr, "raw_sqlite: %s\n", sqlite3_errmsg(db));
        exit(1);
    }
}

static void run(const char *sql)
{
    must(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static void checkpoint_if_due(void)
{
    if (wal_pages < checkpointed_pages) {
        checkpointed_pages = 0; /* the WAL began anew */
    }
    if (wal_pages - checkpointed_pages >= 4000) {
        run("pragma wal_checkpoint(passive)");
        checkpointed_pages = wal_pages;
    }
}

static sqlite3_stmt *prepare(const char *sql)
{
    sqlite3_stmt *stmt;
    must(sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL), SQLITE_OK);
    return stmt;
}

static void bind_text(sqlite3_stmt *stmt, int at, const char *text)
{
    sqlite3_bind_text(stmt, at, text, -1, SQLITE_STATIC);
}

static void step(sqlite3_stmt *stmt)
{
    must(sqlite3_step(stmt), SQLITE_DONE);
    sqlite3_reset(stmt);
}

static void put_number(sqlite3_stmt *stmt, long long number, const char *account, const char *header,
                       long long revision)
{
    sqlite3_bind_int64(stmt, 1, number);
    bind_text(stmt, 2, account);
    bind_text(stmt, 3, header);
    sqlite3_bind_int64(stmt, 4, revision);
    sqlite3_bind_int64(stmt, 5, 1790000000000LL);
    step(stmt);
}

static void put_audit(sqlite3_stmt *stmt, long long number, const char *account, const char *header)
{
    char key[32], before[400], after[400], id[48];
    snprintf(key, sizeof key, "+%lld", number);
    snprintf(id, sizeof id, "%08llx-0000-4000-8000-%012llx", next_random() & 0xffffffff,
             next_random() & 0xffffffffffff);
    static const char json[] =
        "{\"serviceProvisioningStatus\":\"synced\",\"serviceProvisioningErrors\":[],\"telephoneNumber\":\"%"
        "s\","
        "\"accountName\":\"%s\",\"serviceDetails\":{\"zoomPhoneCloudPeering\":{\"enabled\":true}},"
        "\"configuration\":{\"customSipHeader\":\"%s\"}}";
    snprintf(before, sizeof before, json, key, account, "before");
    snprintf(after, sizeof after, json, key, account, header);
    sqlite3_bind_int64(stmt, 1, 1790000000000LL);
    bind_text(stmt, 2, account);
    bind_text(stmt, 3, key);
    bind_text(stmt, 4, "192addae-18c6-406a-86c9-b72a410020a0/7827fd00-295b-4cfb-ad04-585dba745558");
    bind_text(stmt, 5, id);
    bind_text(stmt, 6, before);
    bind_text(stmt, 7, after);
    step(stmt);
}

static void load(long long numbers, long long accounts)
{
    sqlite3_stmt *number = prepare(insert_number);
    char account[32], sql[300];
    run("begin");
    for (long long i = 0; i < accounts; i++) {
        long long count = numbers / accounts;
        snprintf(sql, sizeof sql,
                 "insert into account (name, provisioning_status, zoom_enabled, zoom_sync_enabled, "
                 "configuration_revision, "
                 "status_revision, configuration_at, status_at) values ('account%lld', 2, 1, 0, 1, 1, "
                 "1790000000000, 1790000000000)",
                 i);
        run(sql);
        snprintf(sql, sizeof sql,
                 "insert into number_count values ('account%lld', 0, %lld, 0, 0, 0, %lld, 0, 1790000000000)",
                 i, count, count);
        run(sql);
    }
    for (long long i = 0; i < numbers; i++) {
        snprintf(account, sizeof account, "account%lld", i * accounts / numbers);
        put_number(number, FIRST_NUMBER + i, account, "loaded", 1);
    }
    run("commit");
}

/* `together` numbers a transaction: neighbours, or random ones. */
static double replace(double seconds, long long numbers, int together, int neighbours)
{
    sqlite3_stmt *number = prepare(insert_number), *audit = prepare(insert_audit);
    char account[32], header[32];
    long long transactions = 0;
    double begun = now(), passed;
    do {
        long long first = (long long)(next_random() % (unsigned long long)(numbers - together));
        run("begin immediate");
        for (int i = 0; i < together; i++) {
            long long at = neighbours ? first + i : (long long)(next_random() % (unsigned long long)numbers);
            snprintf(account, sizeof account, "account%lld", at * 1000 / numbers);
            snprintf(header, sizeof header, "h%llu", next_random() % 1000000);
            put_number(number, FIRST_NUMBER + at, account, header, 1000 + transactions);
            put_audit(audit, FIRST_NUMBER + at, account, header);
        }
        run("commit");
        transactions++;
        checkpoint_if_due();
        passed = now() - begun;
    } while (passed < seconds);
    return (double)transactions / passed;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: raw_sqlite load DB NUMBERS ACCOUNTS | put DB SECONDS NUMBERS | batch DB "
                        "SECONDS NUMBERS\n");
        return 2;
    }
    must(sqlite3_open(argv[2], &db), SQLITE_OK);
    run("pragma journal_mode = wal");
    run("pragma synchronous = full");
    run("pragma wal_autocheckpoint = 0");
    sqlite3_wal_hook(db, note_pages, NULL);
    run("pragma cache_size = -32000");
    run("pragma mmap_size = 1099511627776");
    run("pragma journal_size_limit = 67108864");
    run("pragma temp_store = memory");
    if (strcmp(argv[1], "load") == 0) {
        load(atoll(argv[3]), atoll(argv[4]));
    } else if (strcmp(argv[1], "put") == 0) {
        printf("%.1f\n", GROUP * replace(atof(argv[3]), atoll(argv[4]), GROUP, 0));
    } else {
        printf("%.1f\n", replace(atof(argv[3]), atoll(argv[4]), BATCH, 1));
    }
    must(sqlite3_close_v2(db), SQLITE_OK);
    return 0;
}
