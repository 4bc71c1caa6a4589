#include "gateway/store/copy.h"

#include <stdio.h>

#include "gateway/store/cursor.h"

#include "common/base/banned.h"

#define SQL_BYTES_MAX (64 * 1024)
#define BLOBS_MAX     (16 * 1024 * 1024) /* of one row */
#define FLUSH_ROWS    4096
#define FLUSH_BYTES   (4 * 1024 * 1024)
#define TELL_ROWS     4096 /* the second pass says this often where it is */

enum rc move_watch(const struct move_options *options, const struct move_progress *progress, struct err *err)
{
    return options->watch == NULL || options->watch(options->watch_arg, progress)
               ? RC_OK
               : err_set(err, RC_BUSY, NULL, "stopped; what was copied is undone");
}

static enum rc tell(const struct pass *pass, const char *doing, const struct table *table, struct err *err)
{
    pass->from->driver->linger(pass->from);
    pass->to->driver->linger(pass->to);
    return move_watch(pass->options,
                      &(struct move_progress){doing, table->row->name, "rows", pass->done, pass->all}, err);
}

/* A database that cannot be read says so without saying which one it is. */
static enum rc of_source(enum rc rc, struct err *err)
{
    if (rc != RC_OK) {
        err_context(err, "the source");
    }
    return rc;
}

enum rc pass_count(struct pass *pass, struct err *err)
{
    enum rc rc = RC_OK;
    *pass->report = (struct move_report){.count = pass->tables->count};
    for (size_t i = 0; rc == RC_OK && i < pass->tables->count; i++) {
        const struct table *table = &pass->tables->items[i];
        struct buf sql;
        buf_init(&sql, SQL_BYTES_MAX);
        buf_printf(&sql, "select count(*) from %s", table->row->name);
        table_put_only(table, "where", &sql);
        pass->report->tables[i].name = table->row->name;
        pass->from->driver->linger(pass->from);
        rc = of_source(side_number(pass->from, buf_str(&sql), &pass->report->tables[i].rows, err), err);
        buf_clear(&sql);
        pass->all += pass->report->tables[i].rows;
    }
    pass->all *= pass->options->compare ? 2 : 1;
    return rc;
}

/* ---- copy ---- */

static const char *const array_types[] = {
    [FIELD_NUMBER] = "bigint[]", [FIELD_TEXT] = "text[]", [FIELD_BLOB] = "text[]"};

/* SQLite: values (?, ?). PostgreSQL: select "a", decode("b", 'hex') from unnest(?::bigint[], ?::text[]) as rows ("a", "b"). */
static void put_insert(const struct table *table, bool arrays, struct buf *sql)
{
    buf_printf(sql, "insert into %s (", table->row->name);
    cursor_put_fields(table, sql);
    buf_put_str(sql, arrays ? STR(") select ") : STR(") values ("));
    for (unsigned i = 0; i < table->field_count; i++) {
        const struct table_field *field = &table->fields[i];
        const char *comma = i > 0 ? ", " : "";
        if (!arrays) {
            buf_printf(sql, "%s?", comma);
        } else {
            buf_printf(sql,
                       field->kind == FIELD_BLOB ? "%sdecode(\"%" STR_FMT "\", 'hex')" : "%s\"%" STR_FMT "\"",
                       comma, STR_ARG(field->name));
        }
    }
    for (unsigned i = 0; arrays && i < table->field_count; i++) {
        buf_printf(sql, "%s?::%s", i > 0 ? ", " : " from unnest(", array_types[table->fields[i].kind]);
    }
    buf_put_str(sql, arrays ? STR(") as rows (") : STR(""));
    if (arrays) {
        cursor_put_fields(table, sql);
    }
    buf_put_char(sql, ')');
}

static enum rc insert_make(struct pass *pass, const struct table *table, struct sql_stmt **ret,
                           struct err *err)
{
    struct buf sql;
    buf_init(&sql, SQL_BYTES_MAX);
    put_insert(table, pass->to->driver->arrays, &sql);
    enum rc rc = buf_failed(&sql) ? err_set(err, RC_INTERNAL, NULL, "the statement is too long")
                                  : sql_compile(pass->to->sql, buf_str(&sql), ret, err);
    buf_clear(&sql);
    return rc;
}

/* Where rows travel as arrays a blob is its digits; else its bytes, kept in `blobs` until the row has been taken. */
static void bind_blob(struct sql_stmt *insert, struct str digits, bool arrays, struct buf *blobs)
{
    char *bytes = arrays ? NULL : buf_reserve(blobs, digits.n / 2);
    if (bytes == NULL) {
        sql_bind_text(insert, digits);
        return;
    }
    (void)str_to_hex(digits, (uint8_t *)bytes, digits.n / 2); /* the database wrote them */
    blobs->n += digits.n / 2;
    sql_bind_blob(insert, bytes, digits.n / 2);
}

static size_t bind_row(const struct cursor *from, struct sql_stmt *insert, bool arrays, struct buf *blobs)
{
    size_t bytes = 0;
    size_t room = 0;
    for (unsigned i = 0; i < from->table->field_count; i++) {
        room += from->table->fields[i].kind == FIELD_BLOB ? from->values[i].text.n / 2 + 1 : 0;
    }
    buf_reset(blobs);
    (void)buf_reserve(blobs, room); /* all of them, so that none moves when the next one comes */
    for (unsigned i = 0; i < from->table->field_count; i++) {
        const struct value *value = &from->values[i];
        bytes += value->text.n + 8;
        if (value->null) {
            sql_bind_null(insert);
        } else if (from->table->fields[i].kind == FIELD_NUMBER) {
            sql_bind_i64(insert, value->number);
        } else if (from->table->fields[i].kind == FIELD_TEXT) {
            sql_bind_text(insert, value->text);
        } else {
            bind_blob(insert, value->text, arrays, blobs);
        }
    }
    return bytes;
}

struct fill {
    struct pass *pass;
    const struct table *table;
    struct sql_stmt *insert;
    struct buf blobs;
    unsigned rows; /* not sent yet */
    size_t bytes;
};

static enum rc fill_flush(struct fill *fill, struct err *err)
{
    if (fill->rows == 0) {
        return RC_OK;
    }
    enum rc rc = sql_run_rows(fill->insert, err);
    if (rc == RC_OK && sql_changed(fill->insert) < 0) { /* waits, so that a slow server is not flooded */
        rc = sql_run_rows(fill->insert, err);           /* says what went wrong */
    }
    fill->pass->done += fill->rows;
    fill->rows = 0;
    fill->bytes = 0;
    return rc == RC_OK ? tell(fill->pass, "copy", fill->table, err) : rc;
}

/* PostgreSQL knows no NUL in a text, and its array literals end there. */
static enum rc check_texts(const struct cursor *from, struct err *err)
{
    for (unsigned i = 0; i < from->table->field_count; i++) {
        struct str text = from->values[i].text;
        if (text.n > 0 && memchr(text.p, '\0', text.n) != NULL) {
            struct buf key;
            buf_init(&key, 2000);
            cursor_put_key(from, &key);
            (void)err_set(err, RC_INVALID, NULL,
                          "%" STR_FMT ", column %" STR_FMT ": text with a NUL cannot be stored there",
                          STR_ARG(buf_str(&key)), STR_ARG(from->table->fields[i].name));
            buf_clear(&key);
            return RC_INVALID;
        }
    }
    return RC_OK;
}

static enum rc fill_row(struct fill *fill, const struct cursor *from, struct err *err)
{
    enum rc rc = fill->pass->to->driver->arrays ? check_texts(from, err) : RC_OK;
    if (rc != RC_OK) {
        return rc;
    }
    fill->bytes += bind_row(from, fill->insert, fill->pass->to->driver->arrays, &fill->blobs);
    rc = sql_add_row(fill->insert, err);
    fill->rows++;
    return rc == RC_OK && (fill->rows >= FLUSH_ROWS || fill->bytes >= FLUSH_BYTES) ? fill_flush(fill, err)
                                                                                   : rc;
}

static enum rc copy_rows(struct fill *fill, struct cursor *from, struct err *err)
{
    bool row = true;
    enum rc rc = RC_OK;
    while (rc == RC_OK && (rc = of_source(cursor_next(from, &row, err), err)) == RC_OK && row) {
        rc = fill_row(fill, from, err);
    }
    return rc == RC_OK ? fill_flush(fill, err) : rc;
}

static enum rc copy_table(struct pass *pass, const struct table *table, struct err *err)
{
    struct fill fill = {.pass = pass, .table = table};
    struct cursor from;
    buf_init(&fill.blobs, BLOBS_MAX);
    cursor_init(&from, pass->from, table);
    enum rc rc = insert_make(pass, table, &fill.insert, err);
    rc = rc == RC_OK ? copy_rows(&fill, &from, err) : rc;
    sql_done(fill.insert);
    cursor_clear(&from);
    buf_clear(&fill.blobs);
    if (rc != RC_OK && rc != RC_BUSY) {
        err_context(err, "table %s", table->row->name);
    }
    return rc;
}

enum rc pass_copy(struct pass *pass, struct err *err)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < pass->tables->count; i++) {
        rc = copy_table(pass, &pass->tables->items[i], err);
    }
    return rc;
}

/* ---- compare ---- */

/* A row as bytes: "-" for null, "12;" for a number, "3:abc" for text and for a blob's digits. What this writes differs exactly where
 * the rows do, and its digest does not depend on the database it came from. */
static void put_row(const struct cursor *row, struct buf *out)
{
    buf_reset(out);
    for (unsigned i = 0; i < row->table->field_count; i++) {
        const struct value *value = &row->values[i];
        if (value->null) {
            buf_put_char(out, '-');
        } else if (row->table->fields[i].kind == FIELD_NUMBER) {
            buf_put_i64(out, value->number);
            buf_put_char(out, ';');
        } else {
            buf_put_i64(out, (int64_t)value->text.n);
            buf_put_char(out, ':');
            buf_put_str(out, value->text);
        }
    }
}

static bool value_eq(const struct value *a, const struct value *b)
{
    return a->null == b->null && a->number == b->number && str_eq(a->text, b->text);
}

static enum rc say_difference(const struct cursor *from, const struct cursor *to, bool in_from, bool in_to,
                              struct err *err)
{
    struct buf key;
    buf_init(&key, 2000);
    cursor_put_key(in_from ? from : to, &key);
    unsigned field = 0;
    while (in_from && in_to && field + 1 < from->table->field_count &&
           value_eq(&from->values[field], &to->values[field])) {
        field++;
    }
    (void)err_set(err, RC_INTERNAL, NULL, "the copy differs at %" STR_FMT ": %s %" STR_FMT,
                  STR_ARG(buf_str(&key)),
                  !in_to     ? "missing in the copy"
                  : !in_from ? "not in the original"
                             : "another value in column",
                  STR_ARG(in_from && in_to ? from->table->fields[field].name : STR_NONE));
    buf_clear(&key);
    return RC_INTERNAL;
}

struct compare {
    struct pass *pass;
    struct cursor from, to;
    struct buf row, copy;
    uint8_t digest[32];
    int64_t rows;
};

/* The digest of a table: of each row with the digest so far before it. */
static void digest_add(struct compare *compare)
{
    const struct str pieces[] = {
        {(const char *)compare->digest, compare->rows > 0 ? sizeof compare->digest : 0},
        buf_str(&compare->row)};
    uint8_t digest[sizeof compare->digest];
    compare->pass->options->sha256(pieces, ARRAY_LEN(pieces), digest);
    memcpy(compare->digest, digest, sizeof digest);
    compare->rows++;
    compare->pass->done++;
}

static enum rc compare_row(struct compare *compare, bool *ret_more, struct err *err)
{
    bool in_from = false, in_to = false;
    enum rc rc = of_source(cursor_next(&compare->from, &in_from, err), err);
    rc = rc == RC_OK ? cursor_next(&compare->to, &in_to, err) : rc;
    *ret_more = in_from && in_to;
    if (rc != RC_OK || (!in_from && !in_to)) {
        return rc;
    }
    if (*ret_more) {
        put_row(&compare->from, &compare->row);
        put_row(&compare->to, &compare->copy);
        if (buf_failed(&compare->row) || buf_failed(&compare->copy)) {
            return err_set(err, RC_LIMIT, NULL, "a row of table %s is too large",
                           compare->from.table->row->name);
        }
    }
    if (!*ret_more || !str_eq(buf_str(&compare->row), buf_str(&compare->copy))) {
        return say_difference(&compare->from, &compare->to, in_from, in_to, err);
    }
    digest_add(compare);
    return RC_OK;
}

static enum rc compare_rows(struct compare *compare, const struct table *table, struct err *err)
{
    bool more = true;
    enum rc rc = RC_OK;
    while (rc == RC_OK && more) {
        rc = compare_row(compare, &more, err);
        if (rc == RC_OK && (!more || compare->rows % TELL_ROWS == 0)) {
            rc = tell(compare->pass, "compare", table, err);
        }
    }
    return rc;
}

static void put_digest(const struct compare *compare, struct move_table *ret)
{
    for (size_t i = 0; i < sizeof compare->digest; i++) {
        snprintf(ret->sha256 + 2 * i, 3, "%02x", compare->digest[i]);
    }
}

static enum rc compare_table(struct pass *pass, const struct table *table, struct move_table *ret,
                             struct err *err)
{
    struct compare compare = {.pass = pass};
    cursor_init(&compare.from, pass->from, table);
    cursor_init(&compare.to, pass->to, table);
    buf_init(&compare.row, 64 * 1024 * 1024);
    buf_init(&compare.copy, 64 * 1024 * 1024);
    pass->options->sha256(NULL, 0, compare.digest); /* of a table without rows */
    enum rc rc = compare_rows(&compare, table, err);
    if (rc == RC_OK) {
        put_digest(&compare, ret);
    }
    buf_clear(&compare.row);
    buf_clear(&compare.copy);
    cursor_clear(&compare.from);
    cursor_clear(&compare.to);
    return rc;
}

enum rc pass_compare(struct pass *pass, struct err *err)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < pass->tables->count; i++) {
        rc = compare_table(pass, &pass->tables->items[i], &pass->report->tables[i], err);
    }
    return rc;
}
