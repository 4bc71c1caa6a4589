#include "gateway/bulk/csv.h"

#include "common/base/buf.h"

#include "common/base/banned.h"

static bool separates(const struct csv_scan *scan, char c)
{
    return scan->separator != 0 ? c == scan->separator : c == ',' || c == ';' || c == '\t';
}

/* The state after a byte that does not end the row. */
static enum csv_state step(struct csv_scan *scan, char c)
{
    switch (scan->state) {
    case CSV_QUOTED:
        return c == '"' ? CSV_QUOTE_SEEN : CSV_QUOTED;
    case CSV_QUOTE_SEEN:
        if (c == '"') {
            return CSV_QUOTED;
        }
        break;
    case CSV_CELL_START:
        if (c == '"') {
            scan->quoted_line = scan->line;
            return CSV_QUOTED;
        }
        break;
    case CSV_PLAIN:
        break;
    case CSV_RAW:
        return CSV_RAW;
    }
    return separates(scan, c) ? CSV_CELL_START : CSV_PLAIN;
}

size_t csv__scan(struct csv_scan *scan, struct str s, bool *ret_ended)
{
    *ret_ended = false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool end = c == '\n' || c == '\r';
        scan->line += end && !(c == '\n' && scan->after_cr);
        scan->after_cr = c == '\r';
        if (end && scan->state != CSV_QUOTED) {
            *ret_ended = true;
            return i;
        }
        scan->state = step(scan, c);
    }
    return s.n;
}

char csv__separator(struct str heading)
{
    static const char separators[] = {',', ';', '\t'};
    size_t counts[sizeof separators] = {0};
    size_t best = 0;
    bool quoted = false;
    for (size_t i = 0; i < heading.n; i++) {
        quoted ^= heading.p[i] == '"';
        for (size_t k = 0; k < sizeof separators && !quoted; k++) {
            counts[k] += heading.p[i] == separators[k];
        }
    }
    for (size_t k = 1; k < sizeof separators; k++) {
        best = counts[k] > counts[best] ? k : best;
    }
    return separators[best];
}

/* ---- cells ---- */

static struct str take(struct str *rest, char separator)
{
    struct str part = STR("");
    (void)str_split(rest, separator, &part); /* the caller has seen that there is one */
    return part;
}

/* "" becomes ". */
static struct str unquoted(struct str inside, struct arena *mem)
{
    char *copy = arena_alloc(mem, inside.n);
    size_t n = 0;
    for (size_t i = 0; copy != NULL && i < inside.n; i++) {
        copy[n++] = inside.p[i];
        i += inside.p[i] == '"';
    }
    return copy == NULL ? STR_NONE : (struct str){copy, n};
}

/* *rest begins behind the opening quote. */
static bool quoted_cell(struct str *rest, char separator, struct arena *mem, struct csv_cell *ret)
{
    size_t end = 0;
    size_t doubled = 0;
    while (end < rest->n && (rest->p[end] != '"' || (end + 1 < rest->n && rest->p[end + 1] == '"'))) {
        bool quote = rest->p[end] == '"';
        doubled += quote;
        end += 1 + quote;
    }
    struct str inside = str_slice(*rest, 0, end);
    *rest = str_slice(*rest, end + 1, rest->n);
    struct str after = str_trim(take(rest, separator));
    ret->quoted = true;
    ret->fault = after.n > 0 ? CSV_TEXT_AFTER_QUOTE : CSV_FINE;
    ret->text = doubled > 0 ? unquoted(inside, mem) : inside;
    return !str_absent(ret->text);
}

bool csv__cell(struct str *rest, char separator, struct arena *mem, struct csv_cell *ret)
{
    *ret = (struct csv_cell){.text = STR("")};
    if (str_absent(*rest)) {
        return false;
    }
    if (rest->n > 0 && rest->p[0] == '"') {
        *rest = str_slice(*rest, 1, rest->n);
        return quoted_cell(rest, separator, mem, ret);
    }
    ret->text = str_trim(take(rest, separator));
    bool quote = ret->text.n > 0 && ret->text.p[0] == '"';
    ret->fault = quote ? CSV_BLANK_BEFORE_QUOTE : CSV_FINE;
    return true;
}

/* ---- writing ---- */

static bool needs_quotes(struct str text, char separator)
{
    if (str_trim(text).n != text.n || text.n == 0) {
        return true;
    }
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '"' || c == separator || c == '\n' || c == '\r') {
            return true;
        }
    }
    return false;
}

void csv__put(struct buf *out, struct str text, char separator)
{
    if (!needs_quotes(text, separator)) {
        buf_put_str(out, text);
        return;
    }
    buf_put_char(out, '"');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"') {
            buf_put_char(out, '"');
        }
        buf_put_char(out, text.p[i]);
    }
    buf_put_char(out, '"');
}
