#include "gateway/store/check.h"

#include "common/base/mem.h"
#include "gateway/store/copy.h"

#include "common/base/banned.h"

#define CATALOG_BYTES_MAX (1024 * 1024)

/* What is true of every state of a store: each statement answers the first thing that is not as it says. They know the tables of the
 * first version, and hold for all. */
/* clang-format off */
#define REVISIONS_OF(table) \
    " union all select max(configuration_revision), '" table "' from " table \
    " union all select max(status_revision), '" table "' from " table
static const struct rule {
    const char *what, *broken_by;
} rules[] = {
    {"the file is damaged", "select * from pragma_integrity_check(1) where integrity_check <> 'ok'"},
    {"a number belongs to no account",
     "select '+' || telephone_number from number where releasing = 0 and account not in (select name from account) limit 1"},
    {"the numbers of an account are not as many as are counted",
     "select account from (select account, 1 n, coalesce(operator_connect_enabled, 0) o, coalesce(phone_mobile_enabled, 0) p,"
     " coalesce(direct_routing_enabled, 0) d, coalesce(zoom_enabled, 0) z, coalesce(call_protection_enabled, 0) c"
     " from number where releasing = 0 union all select account, -numbers, -operator_connect, -phone_mobile, -direct_routing,"
     " -zoom, -call_protection from number_count) group by account"
     " having sum(n) <> 0 or sum(o) <> 0 or sum(p) <> 0 or sum(d) <> 0 or sum(z) <> 0 or sum(c) <> 0 limit 1"},
    {"a revision is ahead of the counter",
     "select of from (select max(id) revision, 'audit' of from audit" REVISIONS_OF("account") REVISIONS_OF("number")
     REVISIONS_OF("rfi") REVISIONS_OF("civic_address")
     ") where revision >= coalesce((select value from setting where name = 'revision'), 0) limit 1"},
};
/* clang-format on */

static enum rc rule_check(struct side *side, const struct rule *rule, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    bool row = false;
    enum rc rc = sql_compile(side->sql, str_of(rule->broken_by), &stmt, err);
    rc = rc == RC_OK ? sql_step(stmt, &row, err) : rc;
    if (rc == RC_OK && row) {
        struct str which = sql_peek_text(stmt);
        rc = err_set(err, RC_INTERNAL, NULL, "%s: %" STR_FMT, rule->what, STR_ARG(which));
    }
    return rc;
}

static enum rc check_schema(struct side *side, struct err *err)
{
    int version = 0;
    enum rc rc = migrate_version(side->sql, side->driver->migrations, &version, err);
    return rc == RC_OK && version == 0
               ? err_set(err, RC_INVALID, NULL, "there is no store in it: it holds no tables")
               : rc;
}

static enum rc count(struct side *side, const struct move_options *options, struct move_report *ret,
                     struct err *err)
{
    CLEANUP(arena_freep) struct arena *mem = arena_new(CATALOG_BYTES_MAX);
    struct tables *tables = arena_new_of(mem, struct tables);
    if (tables == NULL) {
        return err_set(err, RC_INTERNAL, NULL, "out of memory");
    }
    struct pass pass = {.options = options, .from = side, .tables = tables, .report = ret};
    enum rc rc = tables_read(side, mem, tables, err);
    return rc == RC_OK ? pass_count(&pass, err) : rc;
}

static enum rc check_all(struct side *side, const struct move_options *options, bool deep,
                         struct move_report *ret, struct err *err)
{
    enum rc rc = check_schema(side, err);
    for (size_t i = 0; deep && rc == RC_OK && i < ARRAY_LEN(rules); i++) {
        rc = move_watch(options, &(struct move_progress){"check", "", "steps", (int64_t)i, ARRAY_LEN(rules)},
                        err);
        rc = rc == RC_OK ? rule_check(side, &rules[i], err) : rc;
    }
    return rc == RC_OK ? count(side, options, ret, err) : rc;
}

static enum rc check(const char *file, const struct move_options *options, bool deep, struct move_report *ret,
                     struct err *err)
{
    const struct store_config config = {.url = str_of(file)};
    struct side *side = NULL;
    enum rc rc = side_open(&config, SIDE_BACKUP, &side, err);
    if (rc != RC_OK) {
        return rc;
    }
    rc = sql_begin_read(side->sql, 0, err);
    if (rc == RC_OK) {
        side->driver->linger(side);
        rc = check_all(side, options, deep, ret, err);
        sql_end_read(side->sql);
    }
    if (rc != RC_OK) {
        err_context(err, "%s", file);
    }
    side_close(side, true);
    return rc;
}

enum rc check_counts(const char *file, struct move_report *ret, struct err *err)
{
    return check(file, &(struct move_options){0}, false, ret, err);
}

enum rc store_check_backup(const char *file, const struct move_options *options, struct move_report *ret,
                           struct err *err)
{
    return check(file, options, true, ret, err);
}
