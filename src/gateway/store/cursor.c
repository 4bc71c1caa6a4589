#include "gateway/store/cursor.h"

#include "common/base/banned.h"

#define ROWS_FIRST    64
#define ROWS_MAX      4096
#define BATCH_BYTES   (4 * 1024 * 1024) /* of text in a batch; the next one is smaller when it was more */
#define KEY_BYTES_MAX (1024 * 1024)
#define SQL_BYTES_MAX (64 * 1024)

void cursor_init(struct cursor *cursor, struct side *side, const struct table *table)
{
    *cursor = (struct cursor){.side = side, .table = table, .rows = ROWS_FIRST};
    for (unsigned i = 0; i < table->key_count; i++) {
        buf_init(&cursor->keys[i], KEY_BYTES_MAX);
    }
}

void cursor_clear(struct cursor *cursor)
{
    sql_done(TAKE(cursor->stmt));
    for (unsigned i = 0; cursor->table != NULL && i < cursor->table->key_count; i++) {
        buf_clear(&cursor->keys[i]);
    }
}

/* ---- the statement ---- */

static void put_name(struct buf *sql, const char *before, struct str name)
{
    buf_printf(sql, "%s\"%" STR_FMT "\"", before, STR_ARG(name));
}

void cursor_put_fields(const struct table *table, struct buf *sql)
{
    for (unsigned i = 0; i < table->field_count; i++) {
        put_name(sql, i > 0 ? ", " : "", table->fields[i].name);
    }
}

static void put_values(const struct cursor *cursor, struct buf *sql)
{
    const struct side_driver *driver = cursor->side->driver;
    for (unsigned i = 0; i < cursor->table->field_count; i++) {
        const struct table_field *field = &cursor->table->fields[i];
        buf_put_str(sql, i > 0 ? STR(", ") : STR(""));
        buf_put_str(sql, str_of(field->kind == FIELD_BLOB ? driver->hex.before : ""));
        put_name(sql, "", field->name);
        buf_put_str(sql, str_of(field->kind == FIELD_BLOB ? driver->hex.after : ""));
    }
}

static void put_key_names(const struct table *table, struct buf *sql)
{
    for (unsigned i = 0; i < table->key_count; i++) {
        put_name(sql, i > 0 ? ", " : "", table->fields[table->keys[i]].name);
    }
}

/* select ... from t [where only] [and (k1, k2) > (?, ?)] order by k1, k2 limit n */
static void put_select(const struct cursor *cursor, struct buf *sql)
{
    const struct table *table = cursor->table;
    buf_put_str(sql, STR("select "));
    put_values(cursor, sql);
    buf_printf(sql, " from %s", table->row->name);
    table_put_only(table, "where", sql);
    if (cursor->begun) {
        buf_put_str(sql, table->row->only != NULL ? STR(" and (") : STR(" where ("));
        put_key_names(table, sql);
        buf_put_str(sql, STR(") > ("));
        for (unsigned i = 0; i < table->key_count; i++) {
            buf_put_str(sql, i > 0 ? STR(", ?") : STR("?"));
        }
        buf_put_char(sql, ')');
    }
    buf_put_str(sql, STR(" order by "));
    put_key_names(table, sql);
    buf_printf(sql, " limit %u", cursor->rows);
}

static void bind_keys(struct cursor *cursor)
{
    for (unsigned i = 0; cursor->begun && i < cursor->table->key_count; i++) {
        int64_t number = 0;
        if (cursor->table->fields[cursor->table->keys[i]].kind == FIELD_TEXT) {
            sql_bind_text(cursor->stmt, buf_str(&cursor->keys[i]));
        } else {
            memcpy(&number, cursor->keys[i].p, sizeof number);
            sql_bind_i64(cursor->stmt, number);
        }
    }
}

/* ---- batches ---- */

static unsigned rows_next(const struct cursor *cursor)
{
    if (cursor->bytes > BATCH_BYTES) {
        return cursor->rows > 1 ? cursor->rows / 2 : 1;
    }
    return cursor->bytes < BATCH_BYTES / 4 && cursor->rows < ROWS_MAX ? cursor->rows * 2 : cursor->rows;
}

static enum rc batch_begin(struct cursor *cursor, struct err *err)
{
    struct buf sql;
    buf_init(&sql, SQL_BYTES_MAX);
    if (cursor->begun) {
        cursor->rows = rows_next(cursor);
    }
    cursor->side->driver->linger(cursor->side);
    put_select(cursor, &sql);
    enum rc rc = buf_failed(&sql) ? err_set(err, RC_INTERNAL, NULL, "the statement is too long")
                                  : sql_compile(cursor->side->sql, buf_str(&sql), &cursor->stmt, err);
    buf_clear(&sql);
    if (rc == RC_OK) {
        bind_keys(cursor);
        cursor->taken = 0;
        cursor->bytes = 0;
    }
    return rc;
}

static enum rc keep_key(struct cursor *cursor, struct err *err)
{
    cursor->begun = true;
    for (unsigned i = 0; i < cursor->table->key_count; i++) {
        const struct value *value = &cursor->values[cursor->table->keys[i]];
        bool is_text = cursor->table->fields[cursor->table->keys[i]].kind == FIELD_TEXT;
        buf_reset(&cursor->keys[i]);
        if (is_text) {
            buf_put_str(&cursor->keys[i], value->text);
        } else {
            buf_put(&cursor->keys[i], &value->number, sizeof value->number);
        }
        if (buf_failed(&cursor->keys[i])) {
            return err_set(err, RC_LIMIT, NULL, "a key is too long");
        }
    }
    return RC_OK;
}

static void read_row(struct cursor *cursor)
{
    for (unsigned i = 0; i < cursor->table->field_count; i++) {
        struct value *value = &cursor->values[i];
        *value = (struct value){.null = sql_is_null(cursor->stmt)};
        if (value->null) {
            sql_skip(cursor->stmt, 1);
        } else if (cursor->table->fields[i].kind == FIELD_NUMBER) {
            value->number = sql_read_i64(cursor->stmt);
        } else {
            value->text = sql_peek_text(cursor->stmt);
            value->text = str_absent(value->text) ? STR("") : value->text;
            cursor->bytes += value->text.n;
        }
    }
}

enum rc cursor_next(struct cursor *cursor, bool *ret_row, struct err *err)
{
    for (;;) {
        bool row = false;
        enum rc rc = cursor->stmt == NULL ? batch_begin(cursor, err) : RC_OK;
        rc = rc == RC_OK ? sql_step(cursor->stmt, &row, err) : rc;
        if (rc != RC_OK) {
            err_context(err, "reading table %s", cursor->table->row->name);
            return rc;
        }
        if (row) {
            cursor->taken++;
            *ret_row = true;
            read_row(cursor);
            return cursor->taken == cursor->rows ? keep_key(cursor, err) : RC_OK;
        }
        sql_done(TAKE(cursor->stmt));
        if (cursor->taken < cursor->rows) {
            *ret_row = false;
            return RC_OK;
        }
    }
}

void cursor_put_key(const struct cursor *cursor, struct buf *out)
{
    buf_put_str(out, str_of(cursor->table->row->name));
    for (unsigned i = 0; i < cursor->table->key_count; i++) {
        const struct value *value = &cursor->values[cursor->table->keys[i]];
        if (cursor->table->fields[cursor->table->keys[i]].kind == FIELD_NUMBER) {
            buf_printf(out, " %lld", (long long)value->number);
        } else {
            buf_printf(out, " \"%.*s\"", (int)(value->text.n < 100 ? value->text.n : 100), value->text.p);
        }
    }
}
