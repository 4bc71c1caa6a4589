#include "gateway/api/filter.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/base/limits.h"

#include "common/base/banned.h"

struct parser {
    struct str text;
    size_t at;
    size_t nodes;
    unsigned depth;
    const struct schema *schema;
    struct arena *mem;
    struct err *err;
};

static enum rc parse_or(struct parser *p, const struct query_node **ret);

PRINTF_LIKE(2, 3) static enum rc fail(struct parser *p, const char *format, ...)
{
    char what[200];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(what, sizeof what, format, args);
    va_end(args);
    (void)err_set(p->err, RC_INVALID, "InvalidFilter", "the filter has an error at position %zu: %s",
                  p->at + 1, what);
    err_field(p->err, "filter");
    return RC_INVALID;
}

static void skip_blanks(struct parser *p)
{
    while (p->at < p->text.n && (p->text.p[p->at] == ' ' || p->text.p[p->at] == '\t')) {
        p->at++;
    }
}

static bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
           c == '_' || c == '-' || c == ':' || c == '.' || c == '+';
}

/* The next run of word characters, not yet taken. */
static struct str peek_word(struct parser *p)
{
    skip_blanks(p);
    size_t end = p->at;
    while (end < p->text.n && is_word_char(p->text.p[end])) {
        end++;
    }
    return str_slice(p->text, p->at, end);
}

static bool take_word(struct parser *p, struct str word)
{
    if (!str_eq(peek_word(p), word)) {
        return false;
    }
    p->at += word.n;
    return true;
}

static bool take_char(struct parser *p, char c)
{
    skip_blanks(p);
    if (p->at >= p->text.n || p->text.p[p->at] != c) {
        return false;
    }
    p->at++;
    return true;
}

static struct query_node *new_node(struct parser *p, enum query_op op)
{
    if (++p->nodes > LIMIT_FILTER_NODES) {
        return NULL;
    }
    struct query_node *node = arena_new_of(p->mem, struct query_node);
    if (node != NULL) {
        node->op = op;
    }
    return node;
}

static enum rc too_large(struct parser *p)
{
    return fail(p, "it has more than %d conditions and operators", LIMIT_FILTER_NODES);
}

static enum rc parse_field(struct parser *p, struct query_node *node)
{
    struct str word = peek_word(p);
    if (str_empty(word)) {
        return fail(p, "the name of a field is missing");
    }
    node->field = schema_field_at(p->schema, word);
    if (node->field == NULL) {
        return fail(p, "there is no field \"%" STR_FMT "\" that a filter can name",
                    (int)(word.n > 80 ? 80 : word.n), word.p);
    }
    node->path = arena_str(p->mem, word);
    p->at += word.n;
    return RC_OK;
}

/* 'O''Brien' without its outer quotes, '' made one. */
static enum rc parse_string(struct parser *p, struct str *ret)
{
    size_t start = p->at;
    if (!take_char(p, '\'')) {
        return fail(p, "a text in single quotes is missing");
    }
    char *text = arena_alloc(p->mem, p->text.n + 1);
    size_t n = 0;
    while (text != NULL && p->at < p->text.n) {
        char c = p->text.p[p->at++];
        if (c == '\'') {
            if (p->at >= p->text.n || p->text.p[p->at] != '\'') {
                *ret = (struct str){text, n};
                return RC_OK;
            }
            p->at++;
        }
        text[n++] = c;
    }
    p->at = start;
    return fail(p, "the text has no closing quote");
}

/* The word or text that stands for a value. */
static enum rc parse_literal(struct parser *p, struct str *ret, bool *ret_quoted)
{
    skip_blanks(p);
    *ret_quoted = p->at < p->text.n && p->text.p[p->at] == '\'';
    if (*ret_quoted) {
        return parse_string(p, ret);
    }
    *ret = peek_word(p);
    if (str_empty(*ret)) {
        return fail(p, "a value is missing");
    }
    p->at += ret->n;
    return RC_OK;
}

static bool is_enum_name(const struct field *field, struct str text)
{
    for (size_t i = 0; field->names[i] != NULL; i++) {
        if (str_eq(str_of(field->names[i]), text)) {
            return true;
        }
    }
    return false;
}

static enum rc bool_value(struct parser *p, struct query_node *node, struct str text, bool quoted)
{
    node->value.type = QUERY_BOOL;
    node->value.flag = str_eq(text, STR("true"));
    if (quoted || (!node->value.flag && !str_eq(text, STR("false")))) {
        return fail(p, "the field compares with true, false or null");
    }
    if (node->op != QUERY_EQ && node->op != QUERY_NE) {
        return fail(p, "true and false compare by eq and ne only");
    }
    return RC_OK;
}

static enum rc number_value(struct parser *p, struct query_node *node, struct str text, bool quoted)
{
    node->value.type = QUERY_INT;
    if (quoted || !str_to_i64(text, INT64_MIN, INT64_MAX, &node->value.number)) {
        return fail(p, "the field compares with an integer");
    }
    return RC_OK;
}

static enum rc date_value(struct parser *p, struct query_node *node, struct str text)
{
    struct wall at;
    if (!clock_parse_rfc3339(text, &at)) {
        return fail(p, "the field compares with a date such as 2026-01-31T00:00:00Z");
    }
    node->value.type = QUERY_INT;
    node->value.number = at.ms;
    return RC_OK;
}

/* A '+' that a client did not escape has become a blank in the query string. */
static struct str with_plus(struct parser *p, struct str text)
{
    bool lost = !str_empty(text) && text.p[0] == ' ';
    return lost ? arena_printf(p->mem, "+%" STR_FMT, STR_ARG(str_slice(text, 1, text.n))) : text;
}

static enum rc e164_value(struct parser *p, struct query_node *node, struct str text)
{
    text = with_plus(p, text);
    node->value.type = QUERY_INT;
    node->value.text = text;
    if (!model_e164_parse(text, &node->value.number)) {
        return fail(p, "the field compares with a telephone number such as '+441632960000'");
    }
    return RC_OK;
}

static enum rc text_value(struct parser *p, struct query_node *node, struct str text, bool quoted)
{
    if (!quoted) {
        return fail(p, "the field compares with a text in single quotes");
    }
    if (node->field->type == FIELD_ENUM && !is_enum_name(node->field, text)) {
        return fail(p, "the field never has the value '%" STR_FMT "'", (int)(text.n > 40 ? 40 : text.n),
                    text.p);
    }
    node->value.type = QUERY_TEXT;
    node->value.text = text;
    return RC_OK;
}

static enum rc parse_value(struct parser *p, struct query_node *node)
{
    struct str text;
    bool quoted;
    enum rc rc = parse_literal(p, &text, &quoted);
    if (rc != RC_OK) {
        return rc;
    }
    if (!quoted && str_eq(text, STR("null"))) {
        node->value.type = QUERY_NULL;
        return node->op == QUERY_EQ || node->op == QUERY_NE ? RC_OK
                                                            : fail(p, "null compares by eq and ne only");
    }
    switch (node->field->type) {
    case FIELD_BOOL:
        return bool_value(p, node, text, quoted);
    case FIELD_INT64:
        return number_value(p, node, text, quoted);
    case FIELD_DATE:
        return date_value(p, node, text);
    case FIELD_E164:
        return e164_value(p, node, text);
    default:
        return text_value(p, node, text, quoted);
    }
}

static enum rc parse_comparison(struct parser *p, const struct query_node **ret)
{
    static const struct {
        struct str word;
        enum query_op op;
    } operators[] = {{STR("eq"), QUERY_EQ}, {STR("ne"), QUERY_NE}, {STR("gt"), QUERY_GT},
                     {STR("ge"), QUERY_GE}, {STR("lt"), QUERY_LT}, {STR("le"), QUERY_LE}};
    struct query_node *node = new_node(p, QUERY_EQ);
    if (node == NULL) {
        return too_large(p);
    }
    enum rc rc = parse_field(p, node);
    if (rc != RC_OK) {
        return rc;
    }
    for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
        if (take_word(p, operators[i].word)) {
            node->op = operators[i].op;
            *ret = node;
            return parse_value(p, node);
        }
    }
    return fail(p, "one of eq, ne, gt, ge, lt, le is expected here");
}

/* startswith(field,'text'), contains(field,'text'); the word was taken. */
static enum rc parse_function(struct parser *p, enum query_op op, const struct query_node **ret)
{
    struct query_node *node = new_node(p, op);
    if (node == NULL) {
        return too_large(p);
    }
    if (!take_char(p, '(')) {
        return fail(p, "( is expected here");
    }
    enum rc rc = parse_field(p, node);
    if (rc != RC_OK) {
        return rc;
    }
    if (node->field->type != FIELD_STRING && node->field->type != FIELD_ENUM &&
        node->field->type != FIELD_E164) {
        return fail(p, "startswith and contains need a text field");
    }
    if (!take_char(p, ',')) {
        return fail(p, ", is expected here");
    }
    node->value.type = QUERY_TEXT;
    rc = parse_string(p, &node->value.text);
    if (rc != RC_OK) {
        return rc;
    }
    if (node->field->type == FIELD_E164) {
        node->value.text = with_plus(p, node->value.text);
    }
    *ret = node;
    return take_char(p, ')') ? RC_OK : fail(p, ") is expected here");
}

static enum rc parse_group(struct parser *p, const struct query_node **ret)
{
    enum rc rc = parse_or(p, ret);
    if (rc != RC_OK) {
        return rc;
    }
    return take_char(p, ')') ? RC_OK : fail(p, ") is expected here");
}

static enum rc parse_unary(struct parser *p, const struct query_node **ret)
{
    if (take_word(p, STR("not"))) {
        struct query_node *node = new_node(p, QUERY_NOT);
        if (node == NULL || p->depth >= LIMIT_FILTER_NODES) {
            return too_large(p);
        }
        *ret = node;
        p->depth++;
        enum rc rc = parse_unary(p, &node->left);
        p->depth--;
        return rc;
    }
    if (take_char(p, '(')) {
        return parse_group(p, ret);
    }
    if (take_word(p, STR("startswith"))) {
        return parse_function(p, QUERY_STARTS, ret);
    }
    if (take_word(p, STR("contains"))) {
        return parse_function(p, QUERY_CONTAINS, ret);
    }
    return parse_comparison(p, ret);
}

/* left { word right }, folded to the left. */
static enum rc parse_chain(struct parser *p, struct str word, enum query_op op,
                           enum rc (*parse_part)(struct parser *, const struct query_node **),
                           const struct query_node **ret)
{
    enum rc rc = parse_part(p, ret);
    while (rc == RC_OK && take_word(p, word)) {
        struct query_node *node = new_node(p, op);
        if (node == NULL) {
            return too_large(p);
        }
        node->left = *ret;
        *ret = node;
        rc = parse_part(p, &node->right);
    }
    return rc;
}

static enum rc parse_and(struct parser *p, const struct query_node **ret)
{
    return parse_chain(p, STR("and"), QUERY_AND, parse_unary, ret);
}

static enum rc parse_or(struct parser *p, const struct query_node **ret)
{
    if (++p->depth > LIMIT_FILTER_NODES) {
        return too_large(p);
    }
    enum rc rc = parse_chain(p, STR("or"), QUERY_OR, parse_and, ret);
    p->depth--;
    return rc;
}

enum rc filter_parse(struct str text, const struct schema *schema, struct arena *mem,
                     const struct query_node **ret, struct err *err)
{
    struct parser p = {.text = text, .schema = schema, .mem = mem, .err = err};
    if (text.n > LIMIT_FILTER) {
        return fail(&p, "it is longer than %d bytes", LIMIT_FILTER);
    }
    const struct query_node *root = NULL;
    enum rc rc = parse_or(&p, &root);
    if (rc != RC_OK) {
        return rc;
    }
    skip_blanks(&p);
    if (p.at < text.n) {
        return fail(&p, "nothing more is expected here");
    }
    *ret = root;
    return RC_OK;
}
