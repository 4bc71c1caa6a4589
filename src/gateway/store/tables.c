#include "gateway/store/tables.h"

#include "common/base/buf.h"

#include "common/base/banned.h"

/* `migration` is compared instead, the counter of revisions set (move.c), and a rate limit is of the last minute. */
const struct table_row table_rows[] = {
    {"account", 0, NULL},
    {"number", 0, NULL},
    {"number_count", 0, NULL},
    {"rfi", 0, NULL},
    {"civic_address", 0, NULL},
    {"acquired_number", 0, NULL},
    {"subdomain", 0, NULL},
    {"operation", 0, NULL},
    {"audit", 0, NULL},
    {"outbox", 0, NULL},
    {"lease", TABLE_UPKEEP, NULL},
    {"job", 0, NULL},
    {"number_job", 0, NULL},
    {"number_job_input", 0, NULL},
    {"number_job_row", 0, NULL},
    {"pause", 0, NULL},
    {"setting", TABLE_UPKEEP, "name <> 'revision'"},
    {"migration", TABLE_LEFT, NULL},
    {"rate_slot", TABLE_LEFT, NULL},
    {0},
};

/* clang-format off */
static const struct sql_text table_names = {
    .text = "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by 1",
    .postgres = "select table_name::text from information_schema.tables where table_schema = current_schema() order by 1"};
/* name, type, place in the primary key from 1, or 0 */
static const struct sql_text table_fields = {
    .text = "select name, type, pk from pragma_table_info(?) order by cid",
    .postgres =
        "select c.column_name::text, c.data_type::text, coalesce((select k.ordinal_position"
        " from information_schema.key_column_usage k join information_schema.table_constraints t"
        " on t.constraint_schema = k.constraint_schema and t.constraint_name = k.constraint_name and t.table_name = k.table_name"
        " where t.constraint_type = 'PRIMARY KEY' and k.table_schema = c.table_schema and k.table_name = c.table_name"
        " and k.column_name = c.column_name), 0)::bigint"
        " from information_schema.columns c where c.table_schema = current_schema() and c.table_name::text = ?"
        " order by c.ordinal_position"};
/* clang-format on */

static const struct {
    struct str type;
    enum field_kind kind;
} kinds[] = {{STR("integer"), FIELD_NUMBER},
             {STR("bigint"), FIELD_NUMBER},
             {STR("text"), FIELD_TEXT},
             {STR("blob"), FIELD_BLOB},
             {STR("bytea"), FIELD_BLOB}};

const struct table_row *table_row_of(struct str name)
{
    const struct table_row *row = table_rows;
    while (row->name != NULL && !str_eq(name, str_of(row->name))) {
        row++;
    }
    return row->name != NULL ? row : NULL;
}

void table_put_only(const struct table *table, const char *word, struct buf *sql)
{
    if (table->row->only != NULL) {
        buf_printf(sql, " %s %s", word, table->row->only);
    }
}

static bool kind_of(struct str type, enum field_kind *ret)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (str_eq_ci(type, kinds[i].type)) {
            *ret = kinds[i].kind;
            return true;
        }
    }
    return false;
}

static enum rc field_add(struct table *table, struct sql_stmt *stmt, struct arena *mem, struct err *err)
{
    if (table->field_count == TABLE_FIELDS_MAX) {
        return err_set(err, RC_INTERNAL, NULL, "table %s has too many columns", table->row->name);
    }
    struct table_field *field = &table->fields[table->field_count];
    field->name = sql_read_text(stmt, mem);
    struct str type = sql_peek_text(stmt);
    if (!kind_of(type, &field->kind)) {
        return err_set(err, RC_INTERNAL, NULL,
                       "column %" STR_FMT " of table %s is of a type that cannot be copied: %" STR_FMT,
                       STR_ARG(field->name), table->row->name, STR_ARG(type));
    }
    int64_t place = sql_read_i64(stmt);
    if (place > TABLE_KEYS_MAX || (place > 0 && field->kind == FIELD_BLOB)) {
        return err_set(err, RC_INTERNAL, NULL, "the key of table %s cannot be read in order",
                       table->row->name);
    }
    if (place > 0) {
        table->keys[place - 1] = table->field_count;
        table->key_count++;
    }
    table->field_count++;
    return RC_OK;
}

static enum rc fields_read(struct side *side, struct table *table, struct arena *mem, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    bool row = true;
    enum rc rc = sql_prepare(side->sql, &table_fields, &stmt, err);
    if (rc != RC_OK) {
        return rc;
    }
    sql_bind_text(stmt, str_of(table->row->name));
    while ((rc = sql_step(stmt, &row, err)) == RC_OK && row) {
        rc = field_add(table, stmt, mem, err);
        if (rc != RC_OK) {
            return rc;
        }
    }
    if (rc == RC_OK && table->key_count == 0) {
        rc = err_set(err, RC_INTERNAL, NULL, "table %s has no primary key", table->row->name);
    }
    return rc;
}

/* Which rows of the list the database has; one name more is a table somebody forgot. */
static enum rc names_read(struct side *side, bool *there, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    bool row = true;
    enum rc rc = sql_prepare(side->sql, &table_names, &stmt, err);
    while (rc == RC_OK && (rc = sql_step(stmt, &row, err)) == RC_OK && row) {
        struct str name = sql_peek_text(stmt);
        const struct table_row *known = table_row_of(name);
        if (known == NULL) {
            return err_set(err, RC_INTERNAL, NULL,
                           "table %" STR_FMT " is in no list: it would be left behind", STR_ARG(name));
        }
        there[known - table_rows] = true;
    }
    return rc;
}

enum rc tables_read(struct side *side, struct arena *mem, struct tables *ret, struct err *err)
{
    bool there[ARRAY_LEN(table_rows)] = {false};
    *ret = (struct tables){.count = 0};
    enum rc rc = names_read(side, there, err);
    for (const struct table_row *row = table_rows; rc == RC_OK && row->name != NULL; row++) {
        if (there[row - table_rows] && (row->flags & TABLE_LEFT) == 0) {
            ensure(ret->count < MOVE_TABLES_MAX);
            struct table *table = &ret->items[ret->count++];
            table->row = row;
            rc = fields_read(side, table, mem, err);
        }
    }
    return rc == RC_OK && arena_failed(mem) ? err_set(err, RC_INTERNAL, NULL, "the schema is too large") : rc;
}

static bool table_matches(const struct table *a, const struct table *b)
{
    bool same = a->row == b->row && a->field_count == b->field_count && a->key_count == b->key_count;
    for (unsigned i = 0; same && i < a->field_count; i++) {
        same = str_eq(a->fields[i].name, b->fields[i].name) && a->fields[i].kind == b->fields[i].kind;
    }
    for (unsigned i = 0; same && i < a->key_count; i++) {
        same = a->keys[i] == b->keys[i];
    }
    return same;
}

enum rc tables_match(const struct tables *a, const struct tables *b, struct err *err)
{
    if (a->count != b->count) {
        return err_set(err, RC_INTERNAL, NULL, "the two schemas have %zu and %zu tables", a->count, b->count);
    }
    for (size_t i = 0; i < a->count; i++) {
        if (!table_matches(&a->items[i], &b->items[i])) {
            return err_set(err, RC_INTERNAL, NULL, "table %s differs in the two schemas",
                           a->items[i].row->name);
        }
    }
    return RC_OK;
}
