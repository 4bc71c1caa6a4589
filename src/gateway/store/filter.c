/* Absent equals null, and conditions have two values only: each comparison is written so that it is never
 * NULL, so `not` can be the SQL one. Only at the top, outside every `not`, may NULL stand for false: there a
 * plain `=` can use an index.
 *
 *      eq null   c is null                        ne null   c is not null
 *      eq v      coalesce(c = ?, false)           ne v      (c is null or c <> ?)
 *      gt ...    coalesce(c > ?, false)           gt null   false
 *      startswith  substr(c, 1, length(v)) = v    contains  instr(c, v) > 0        (LIKE has wildcards and
 * folds case) */
#include "gateway/store/filter.h"

#include "gateway/store/row.h"

#include "common/base/banned.h"

static const char *const operators[] = {
    [QUERY_EQ] = "=",  [QUERY_NE] = "<>", [QUERY_GT] = ">",
    [QUERY_GE] = ">=", [QUERY_LT] = "<",  [QUERY_LE] = "<=",
};

static const struct column *column_of(const struct column *columns, struct str path)
{
    while (columns->path != NULL && !str_eq(str_of(columns->path), path)) {
        columns++;
    }
    return columns->path != NULL ? columns : NULL;
}

/* Enums are stored as numbers and compared by name. */
static void write_enum(struct buf *sql, const struct column *column, const char *const *names)
{
    buf_printf(sql, "case %s", column->sql);
    for (int i = 0; names[i] != NULL; i++) {
        buf_printf(sql, " when %d then '%s'", i + 1, names[i]);
    }
    buf_put_str(sql, STR(" end"));
}

static void write_column(struct buf *sql, const struct column *column, const struct query_node *node)
{
    bool as_text = node->op == QUERY_STARTS || node->op == QUERY_CONTAINS;
    if (node->field->type == FIELD_ENUM) {
        write_enum(sql, column, node->field->names);
    } else if (node->field->type == FIELD_E164 && as_text) {
        buf_printf(sql, "'+' || %s", column->sql);
    } else {
        buf_put_str(sql, str_of(column->sql));
    }
}

static void write_value(struct filter *filter, const struct column *column, const struct query_node *node)
{
    if (filter->count == ARRAY_LEN(filter->values)) {
        filter->rc = RC_INVALID;
        return;
    }
    filter->values[filter->count++] = node;
    filter->any_case[filter->count - 1] = column->any_case;
    buf_put_char(filter->sql, '?');
}

static void write_null_test(struct filter *filter, const struct column *column, enum query_op op)
{
    if (op == QUERY_EQ || op == QUERY_NE) {
        buf_printf(filter->sql, "(%s) is%s null", column->sql, op == QUERY_NE ? " not" : "");
    } else {
        buf_put_str(filter->sql, STR("false"));
    }
}

static void write_text_test(struct filter *filter, const struct column *column, const struct query_node *node)
{
    buf_put_str(filter->sql, node->op == QUERY_STARTS ? STR("coalesce(substr(") : STR("coalesce(instr("));
    write_column(filter->sql, column, node);
    if (node->op == QUERY_STARTS) {
        buf_put_str(filter->sql, STR(", 1, length("));
        write_value(filter, column, node);
        buf_put_str(filter->sql, STR(")) = "));
        write_value(filter, column, node);
        buf_put_str(filter->sql, STR(", false)"));
    } else {
        buf_put_str(filter->sql, STR(", "));
        write_value(filter, column, node);
        buf_put_str(filter->sql, STR(") > 0, false)"));
    }
}

static void write_order_test(struct filter *filter, const struct column *column,
                             const struct query_node *node, bool negated)
{
    bool or_null = node->op == QUERY_NE, guard = negated && !or_null;
    buf_put_str(filter->sql, guard ? STR("coalesce(") : STR("("));
    if (or_null) {
        buf_printf(filter->sql, "(%s) is null or ", column->sql);
    }
    write_column(filter->sql, column, node);
    buf_printf(filter->sql, " %s ", operators[node->op]);
    write_value(filter, column, node);
    buf_put_str(filter->sql, guard ? STR(", false)") : STR(")"));
}

static bool value_fits(const struct query_node *node)
{
    bool as_text = node->op == QUERY_STARTS || node->op == QUERY_CONTAINS;
    switch (node->field->type) {
    case FIELD_BOOL:
        return node->value.type == QUERY_BOOL && !as_text;
    case FIELD_INT64:
    case FIELD_DATE:
        return node->value.type == QUERY_INT && !as_text;
    case FIELD_E164:
        return node->value.type == (as_text ? QUERY_TEXT : QUERY_INT);
    case FIELD_STRING:
    case FIELD_ENUM:
        return node->value.type == QUERY_TEXT;
    default:
        return false;
    }
}

static void write_comparison(struct filter *filter, const struct query_node *node, bool negated)
{
    const struct column *column = column_of(filter->columns, node->path);
    if (column == NULL || node->field == NULL) {
        filter->rc = RC_INVALID;
    } else if (node->value.type == QUERY_NULL) {
        write_null_test(filter, column, node->op);
    } else if (!value_fits(node)) {
        filter->rc = RC_INVALID;
    } else if (node->op == QUERY_STARTS || node->op == QUERY_CONTAINS) {
        write_text_test(filter, column, node);
    } else {
        write_order_test(filter, column, node, negated);
    }
}

static void write_node(struct filter *filter, const struct query_node *node, bool negated)
{
    switch (node->op) {
    case QUERY_AND:
    case QUERY_OR:
        buf_put_char(filter->sql, '(');
        write_node(filter, node->left, negated);
        buf_put_str(filter->sql, node->op == QUERY_AND ? STR(" and ") : STR(" or "));
        write_node(filter, node->right, negated);
        buf_put_char(filter->sql, ')');
        break;
    case QUERY_NOT:
        buf_put_str(filter->sql, STR("(not "));
        write_node(filter, node->left, true);
        buf_put_char(filter->sql, ')');
        break;
    default:
        write_comparison(filter, node, negated);
    }
}

enum rc filter_write(const struct query_node *node, const struct column *columns, struct buf *sql,
                     struct filter *ret, struct err *err)
{
    *ret = (struct filter){.sql = sql, .columns = columns, .rc = RC_OK};
    write_node(ret, node, false);
    return ret->rc == RC_OK
               ? RC_OK
               : err_set(err, ret->rc, "InvalidFilter", "the filter compares what cannot be compared");
}

void filter_bind(const struct filter *filter, struct arena *mem, struct sql_stmt *stmt)
{
    for (size_t i = 0; i < filter->count; i++) {
        const struct query_node *node = filter->values[i];
        switch (node->value.type) {
        case QUERY_BOOL:
            sql_bind_bool(stmt, node->value.flag);
            break;
        case QUERY_INT:
            sql_bind_i64(stmt, node->value.number);
            break;
        case QUERY_TEXT:
        case QUERY_NULL: /* has no place in the text */
            sql_bind_text(stmt, filter->any_case[i] ? arena_lower(mem, node->value.text) : node->value.text);
            break;
        }
    }
}
