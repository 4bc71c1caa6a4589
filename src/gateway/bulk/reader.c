/* Pulling: bytes -> row of text -> numbers.
 *
 * A row that lies within one piece of input is used where it is; one that is cut is gathered in `carry`. Each row
 * has the arena to itself. A range stays behind the row it came from and gives a number at a time. */
#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/json/read.h"
#include "gateway/bulk/bulk.h"
#include "gateway/bulk/table.h"

#include "common/base/banned.h"

#define BOM       "\xEF\xBB\xBF"
#define BOM_BYTES 3

struct bulk_reader {
    struct bulk_options options;
    struct table table;
    struct arena *mem;     /* of one row */
    struct arena *heading; /* of the headings, and of what stopped the reader */
    struct str heading_text;

    struct str in; /* what was fed and is not used up */
    bool ended;    /* no more will come */
    enum bulk_format format;
    const char
        *blank_to; /* of `in`, while the format is being guessed: there is nothing but blanks before it */
    size_t bom;    /* bytes of the mark that were seen; BOM_BYTES: it is behind us, or there is none */

    struct csv_scan scan;
    struct buf carry;  /* the row so far, where it was cut */
    size_t bytes;      /* of the row so far */
    uint64_t row_line; /* where it began */
    bool too_long;
    bool headings_read;

    struct number number;
    struct bulk_range range;      /* of this row */
    uint32_t range_at;            /* how much of it was given */
    struct arena_mark range_mark; /* what the row takes; what one number of it takes goes with the next */
    uint64_t numbers;
    struct bulk_row row;

    enum bulk_step last; /* BULK_END and BULK_STOPPED stay */
    struct err why;
};

struct bulk_reader *bulk_reader_new(const struct bulk_options *options)
{
    struct bulk_reader *r = mem_alloc(sizeof *r);
    if (r == NULL) {
        return NULL;
    }
    r->options = *options;
    r->options.numbers_max = options->numbers_max != 0 ? options->numbers_max : LIMIT_BULK_NUMBERS;
    r->format = options->format;
    r->scan.line = 1;
    r->row_line = 1;
    buf_init(&r->carry, LIMIT_BULK_ROW + 1);
    table__init(&r->table, options->defaults, options->plus_optional);
    r->mem = arena_new(LIMIT_BULK_MEMORY);
    r->heading = arena_new(LIMIT_BULK_MEMORY);
    if (r->mem == NULL || r->heading == NULL) {
        bulk_reader_free(r);
        return NULL;
    }
    return r;
}

void bulk_reader_free(struct bulk_reader *r)
{
    if (r != NULL) {
        buf_clear(&r->carry);
        arena_free(r->mem);
        arena_free(r->heading);
        mem_free(r);
    }
}

void bulk_reader_freep(struct bulk_reader **r)
{
    bulk_reader_free(*r);
}

void bulk_feed(struct bulk_reader *r, struct str bytes)
{
    r->in = bytes;
    r->blank_to = NULL;
}

void bulk_end(struct bulk_reader *r)
{
    r->ended = true;
}

struct str bulk_heading_text(const struct bulk_reader *r)
{
    return r->heading_text;
}

char bulk_separator(const struct bulk_reader *r)
{
    return r->table.separator;
}

/* ---- bytes to rows of text ---- */

static enum bulk_step stop_for_memory(struct bulk_reader *r)
{
    (void)err_set(&r->why, RC_LIMIT, NULL, "no memory to read row %llu", (unsigned long long)r->row.row);
    return BULK_STOPPED;
}

static enum bulk_step stop_for_quote(struct bulk_reader *r)
{
    (void)err_set(&r->why, RC_INVALID, "UnclosedQuote",
                  "the quote that opens a cell in line %llu (row %llu) is never closed",
                  (unsigned long long)r->scan.quoted_line, (unsigned long long)r->row.row);
    return BULK_STOPPED;
}

/* The byte order mark goes. What only began like one comes back as the first bytes of the row. */
static bool skip_bom(struct bulk_reader *r)
{
    while (r->bom < BOM_BYTES && r->in.n > 0 && r->in.p[0] == BOM[r->bom]) {
        r->bom++;
        r->in = str_slice(r->in, 1, r->in.n);
    }
    if (r->bom < BOM_BYTES && (r->in.n > 0 || r->ended)) {
        buf_put(&r->carry, BOM, r->bom);
        r->bytes = r->bom;
        r->scan.state = r->bom > 0 ? CSV_PLAIN : CSV_CELL_START;
        r->bom = BOM_BYTES;
    }
    return r->bom == BOM_BYTES;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void guess_format(struct bulk_reader *r)
{
    size_t at = r->blank_to > r->in.p ? (size_t)(r->blank_to - r->in.p) : 0; /* many rows may be blank */
    while (r->format == BULK_GUESS && at < r->in.n && is_space(r->in.p[at])) {
        at++;
    }
    if (r->format == BULK_GUESS && at < r->in.n) {
        r->format = r->in.p[at] == '{' ? BULK_JSON_LINES : BULK_CSV;
    }
    r->blank_to = r->format == BULK_GUESS ? r->in.p + at : NULL;
    if (r->format == BULK_JSON_LINES) {
        r->scan.state = CSV_RAW;
    }
}

/* Takes what belongs to the row off the input; *ret_ended: that was all of it. */
static enum bulk_step take_bytes(struct bulk_reader *r, struct str *ret_text, bool *ret_ended)
{
    struct str piece = r->too_long ? r->in : str_slice(r->in, 0, LIMIT_BULK_ROW + 1 - r->bytes);
    size_t n = csv__scan(&r->scan, piece, ret_ended);
    *ret_text = str_slice(piece, 0, n);
    r->in = str_slice(r->in, n + *ret_ended, r->in.n);
    if (r->too_long) {
        return BULK_ROW;
    }
    r->bytes += n;
    if (r->bytes > LIMIT_BULK_ROW) {
        if (r->scan.state == CSV_QUOTED) {
            return stop_for_quote(r);
        }
        r->too_long = true;
        r->scan.state = CSV_RAW;
        return BULK_ROW;
    }
    if (!*ret_ended || r->carry.n > 0) {
        buf_put_str(&r->carry, *ret_text);
        *ret_text = buf_str(&r->carry);
    }
    return buf_failed(&r->carry) ? stop_for_memory(r) : BULK_ROW;
}

static void begin_row(struct bulk_reader *r)
{
    arena_reset(r->mem);
    buf_reset(&r->carry);
    r->bytes = 0;
    r->too_long = false;
    r->scan.state = CSV_CELL_START;
    r->row_line = r->scan.line;
    r->row.row++;
}

/* The second half of a CRLF, which may come with another piece of input than the first. */
static void skip_lf(struct bulk_reader *r)
{
    if (r->bytes == 0 && r->scan.after_cr && r->in.n > 0) {
        r->in = str_slice(r->in, r->in.p[0] == '\n', r->in.n);
        r->scan.after_cr = false;
    }
}

/* BULK_ROW: *ret is its text, good until the next row begins. The row that is being read is row.row. */
static enum bulk_step next_text(struct bulk_reader *r, struct str *ret)
{
    bool ended = false;
    if (!skip_bom(r)) {
        return BULK_NEED_BYTES;
    }
    skip_lf(r);
    if (r->bytes == 0) {
        if (r->in.n == 0) {
            return r->ended ? BULK_END : BULK_NEED_BYTES;
        }
        r->scan.separator = r->headings_read ? r->table.separator : 0;
    }
    guess_format(r);
    while (r->in.n > 0 && !ended) {
        enum bulk_step step = take_bytes(r, ret, &ended);
        if (step != BULK_ROW) {
            return step;
        }
    }
    if (ended) {
        return BULK_ROW;
    }
    if (!r->ended) {
        return BULK_NEED_BYTES;
    }
    if (r->scan.state == CSV_QUOTED) {
        return stop_for_quote(r);
    }
    *ret = buf_str(&r->carry);
    return BULK_ROW;
}

/* ---- rows of text to numbers ---- */

static bool is_blank_row(const struct bulk_reader *r, struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool nothing = c == ' ' || c == '\t' ||
                       (r->format != BULK_JSON_LINES && (c == '"' || c == r->table.separator ||
                                                         (!r->headings_read && (c == ',' || c == ';'))));
        if (!nothing) {
            return false;
        }
    }
    return true;
}

static struct err_list *new_findings(struct bulk_reader *r)
{
    struct err_list *findings = arena_new_of(r->mem, struct err_list);
    if (findings != NULL) {
        err_list_init(findings, r->mem, LIMIT_DETAILS);
    }
    return findings;
}

/* The model speaks of a line of the document, which here is always 1. */
static struct str json_message(const struct err *err)
{
    struct str msg = str_of(err->msg);
    struct str prefix = STR("line 1, ");
    return str_starts(msg, prefix) ? str_slice(msg, prefix.n, msg.n) : msg;
}

static enum rc read_json(struct bulk_reader *r, struct str text, struct err_list **findings)
{
    const struct json *json = NULL;
    struct err err = {0};
    if (!table__check_text(text, STR(""), *findings)) {
        return RC_OK;
    }
    enum rc rc = json_parse(text, r->mem, &json, &err);
    rc = rc == RC_OK ? model_read(&schema_number, json, r->mem, &r->number, &err) : rc;
    if (rc != RC_INVALID) {
        r->range = (struct bulk_range){r->number.telephone_number, 1, 1};
        return rc;
    }
    for (const struct err_item *i = err.details != NULL ? err.details->first : NULL; i != NULL; i = i->next) {
        err_list_add(*findings, i->code, i->field, "%" STR_FMT, STR_ARG(i->msg));
    }
    if (err.details == NULL) {
        err_list_add(*findings, err.code, STR(""), "%" STR_FMT, STR_ARG(json_message(&err)));
    }
    return RC_OK;
}

/* Doubles cannot be told from here on. */
static enum bulk_step stop_for_count(struct bulk_reader *r)
{
    (void)err_set(&r->why, RC_LIMIT, "TooManyNumbers", "more numbers than can be checked for doubles");
    return BULK_STOPPED;
}

static enum bulk_step give_number(struct bulk_reader *r);

static enum bulk_step give_findings(struct bulk_reader *r, const struct err_list *findings)
{
    r->row.number = NULL;
    r->row.range = NULL;
    r->row.findings = findings;
    return BULK_ROW;
}

static enum bulk_step read_row(struct bulk_reader *r, struct str text)
{
    struct err_list *findings = new_findings(r);
    r->row.text = text;
    r->row.line = r->row_line;
    r->range.count = r->range_at = 0;
    memset(&r->number, 0, sizeof r->number);
    if (findings == NULL) {
        return stop_for_memory(r);
    }
    if (r->too_long) {
        r->row.text = STR_NONE;
        err_list_add(findings, "TooLong", STR(""), "the row has more than %d bytes", LIMIT_BULK_ROW);
    } else if (r->format == BULK_JSON_LINES) {
        if (read_json(r, text, &findings) != RC_OK) {
            return stop_for_memory(r);
        }
    } else {
        table__row(&r->table, text, &r->number, &r->range, findings);
    }
    if (arena_failed(r->mem)) {
        return stop_for_memory(r);
    }
    if (findings->count == 0) {
        r->range_mark = arena_mark(r->mem);
        return give_number(r);
    }
    r->range.count = 0;
    return give_findings(r, findings);
}

/* ---- a number of the row ---- */

static enum bulk_step refuse_double(struct bulk_reader *r, uint64_t first_row)
{
    char text[E164_TEXT_MAX];
    struct err_list *findings = new_findings(r);
    if (findings == NULL) {
        return stop_for_memory(r);
    }
    struct str name = r->table.columns.of[r->table.number_column].heading;
    err_list_add(findings, "DuplicateNumber", name, "%" STR_FMT " is in row %llu already",
                 STR_ARG(model_e164_text(r->number.telephone_number, text)), (unsigned long long)first_row);
    return arena_failed(r->mem) ? stop_for_memory(r) : give_findings(r, findings);
}

static enum bulk_step give_number(struct bulk_reader *r)
{
    uint64_t first_row = 0;
    arena_rewind(r->mem, r->range_mark);
    r->number.telephone_number = bulk_range_at(&r->range, r->range_at++);
    if (r->numbers++ >= r->options.numbers_max) {
        (void)err_set(&r->why, RC_LIMIT, "TooManyNumbers", "more than %llu numbers",
                      (unsigned long long)r->options.numbers_max);
        return BULK_STOPPED;
    }
    if (r->options.seen != NULL) {
        enum rc rc = bulk_seen_add(r->options.seen, r->number.telephone_number, r->row.row, &first_row);
        if (rc != RC_OK) {
            return rc == RC_CONFLICT ? refuse_double(r, first_row)
                   : rc == RC_BUSY   ? stop_for_count(r)
                                     : stop_for_memory(r);
        }
    }
    r->row.number = &r->number;
    r->row.range = &r->range;
    r->row.findings = NULL;
    return BULK_ROW;
}

/* ---- the first row ---- */

static bool is_utf16(struct str text)
{
    static const struct str marks[] = {{"\xFF\xFE", 2}, {"\xFE\xFF", 2}};
    return str_starts(text, marks[0]) || str_starts(text, marks[1]) ||
           (text.n > 1 && (text.p[0] == '\0' || text.p[1] == '\0'));
}

static enum bulk_step check_encoding(struct bulk_reader *r, struct str text)
{
    if (!is_utf16(text)) {
        return BULK_ROW;
    }
    (void)err_set(&r->why, RC_INVALID, "InvalidEncoding",
                  "the file is UTF-16 (\"Unicode text\"); save it as \"CSV UTF-8\"");
    return BULK_STOPPED;
}

static enum bulk_step read_headings(struct bulk_reader *r, struct str text)
{
    if (r->too_long) {
        (void)err_set(&r->why, RC_INVALID, "TooLong", "the headings have more than %d bytes", LIMIT_BULK_ROW);
        return BULK_STOPPED;
    }
    r->heading_text = arena_str(r->heading, text);
    if (table__headings(&r->table, r->heading_text, r->heading, &r->why) != RC_OK) {
        return BULK_STOPPED;
    }
    r->headings_read = true;
    return BULK_NEED_BYTES;
}

/* BULK_NEED_BYTES here: that row gave nothing, go on. */
static enum bulk_step use_text(struct bulk_reader *r, struct str text)
{
    if (r->row.row == 1 && check_encoding(r, text) == BULK_STOPPED) {
        return BULK_STOPPED;
    }
    if (!r->too_long && is_blank_row(r, text)) {
        return BULK_NEED_BYTES;
    }
    if (r->format != BULK_JSON_LINES && !r->headings_read) {
        return read_headings(r, text);
    }
    return read_row(r, text);
}

static enum bulk_step advance(struct bulk_reader *r)
{
    struct str text = STR_NONE;
    if (r->range_at < r->range.count) {
        return give_number(r);
    }
    for (;;) {
        if (r->last != BULK_NEED_BYTES || r->row.row == 0) { /* the row before this is done with */
            begin_row(r);
        }
        r->last = BULK_NEED_BYTES;
        enum bulk_step step = next_text(r, &text);
        if (step == BULK_END && r->format != BULK_JSON_LINES && !r->headings_read) {
            (void)err_set(&r->why, RC_INVALID, "MissingHeading", "the file is empty: there are no headings");
            return BULK_STOPPED;
        }
        if (step != BULK_ROW) {
            return step;
        }
        step = use_text(r, text);
        if (step != BULK_NEED_BYTES) {
            return step;
        }
        r->last = BULK_ROW;
    }
}

enum bulk_step bulk_next(struct bulk_reader *r, const struct bulk_row **ret, struct err *err)
{
    if (r->last != BULK_END && r->last != BULK_STOPPED) {
        r->last = advance(r);
    }
    if (r->last == BULK_ROW) {
        *ret = &r->row;
    }
    if (r->last == BULK_STOPPED && err != NULL) {
        *err = r->why;
    }
    return r->last;
}
