#include "gateway/ops/jobs_source.h"

#include "common/base/limits.h"
#include "gateway/api/filter.h"
#include "gateway/bulk/bulk.h"
#include "gateway/bulk/range.h"
#include "gateway/work/work.h"

#include "common/base/banned.h"

#define TEXT_SHOWN  64  /* bytes of what is no number */
#define MESSAGE_MAX 200 /* bytes: a hundred thousand of them are to be kept */
#define SKIP_PIECE  1000
#define MATCHES_AT_ONCE                                                                                      \
    5000 /* a scan costs much to begin with; what a page may hold in bytes ends it sooner */

struct job_source {
    struct work *work;
    const struct number_job *job;
    struct arena *mem;  /* the source's own, and what was read of the filter */
    struct arena *text; /* the part of the input, or the page of matches, that is being read */
    int64_t part;       /* the next one */
    int64_t place, file_row;
    uint64_t columns;
    bool ended;
    /* a filter */
    const struct query_node *filter;
    struct list_page matches;
    size_t match_at; /* those before it were given */
    /* a list */
    struct str rest;
    struct bulk_range range;
    uint32_t range_at;
    /* a file */
    struct bulk_columns headings;
    struct number defaults;
    struct bulk_reader *reader;
    int64_t file_rows;
    /* both */
    struct bulk_seen *seen;
};

static enum rc no_memory(struct err *err)
{
    return err_set(err, RC_INTERNAL, NULL, "no memory for what the job was given");
}

/* ---- the input, a part at a time ---- */

struct part_ask {
    const struct job_source *source;
    struct str text;
};

static enum rc ask_part(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct part_ask *ask = arg;
    return repo_number_job_input_read(tx, mem, ask->source->job->number, ask->source->part, &ask->text, err);
}

/* RC_NOT_FOUND: that was the last one. What was read before is given back. */
static enum rc next_part(struct job_source *source, struct str *ret, struct err *err)
{
    struct part_ask ask = {.source = source};
    arena_reset(source->text);
    enum rc rc = work_call(source->work, REPO_LIST, source->text, ask_part, &ask, err);
    if (rc == RC_OK) {
        source->part++;
        *ret = ask.text;
    }
    return rc;
}

/* ---- rows ---- */

struct rows {
    struct number_job_rows *list;
    size_t limit;
    struct arena *mem;
    const struct job_source *source;
};

static struct number_job_row *add_row(struct rows *rows, int64_t telephone_number)
{
    struct number_job_row *row = &rows->list->items[rows->list->count++];
    *row = (struct number_job_row){.file_row = rows->source->file_row, .telephone_number = telephone_number};
    return row;
}

static struct str shortened(struct str text, size_t max, struct arena *mem)
{
    size_t n = text.n < max ? text.n : max;
    while (n > 0 && n < text.n && ((unsigned char)text.p[n] & 0xC0) == 0x80) {
        n--; /* not in the middle of a character */
    }
    return arena_str(mem, (struct str){text.p != NULL ? text.p : "", n});
}

static void refuse_row(struct rows *rows, struct number_job_row *row, struct str code, struct str message,
                       struct str target)
{
    row->verdict = NUMBER_ROW_REFUSED;
    row->code = arena_str(rows->mem, code);
    row->message = shortened(message, MESSAGE_MAX, rows->mem);
    row->target = arena_str(rows->mem, target);
}

/* ---- a list ---- */

static enum rc next_entry(struct job_source *source, struct str *ret, struct err *err)
{
    while (!str_split(&source->rest, '\n', ret)) {
        enum rc rc = next_part(source, &source->rest, err);
        if (rc != RC_OK) {
            return rc;
        }
    }
    source->file_row++;
    return RC_OK;
}

/* A number once more is refused; the first one stands. */
static enum rc add_listed(struct job_source *source, struct rows *rows, int64_t number, struct err *err)
{
    uint64_t first = 0;
    enum rc rc = bulk_seen_add(source->seen, number, (uint64_t)source->file_row, &first);
    if (rc != RC_OK && rc != RC_CONFLICT) {
        return no_memory(err);
    }
    struct number_job_row *row = add_row(rows, number);
    if (rc == RC_CONFLICT) {
        refuse_row(rows, row, STR("DuplicateNumber"),
                   arena_printf(rows->mem, "the number is in row %llu already", (unsigned long long)first),
                   STR("telephoneNumber"));
    }
    return RC_OK;
}

static void add_unreadable(struct rows *rows, struct str text, const struct err *why)
{
    struct number_job_row *row = add_row(rows, 0);
    row->text = shortened(text, TEXT_SHOWN, rows->mem);
    refuse_row(rows, row, str_of(why->code), str_of(why->msg), STR("telephoneNumber"));
}

static enum rc read_list(struct job_source *source, struct rows *rows, struct err *err)
{
    while (rows->list->count < rows->limit) {
        struct str text;
        struct err why = {0};
        if (source->range_at < source->range.count) {
            int64_t number = bulk_range_at(&source->range, source->range_at++);
            enum rc rc = add_listed(source, rows, number, err);
            if (rc != RC_OK) {
                return rc;
            }
            continue;
        }
        enum rc rc = next_entry(source, &text, err);
        if (rc != RC_OK) {
            source->ended = rc == RC_NOT_FOUND;
            return source->ended ? RC_OK : rc;
        }
        source->range_at = 0;
        if (bulk_range_parse(text, true, &source->range, &why) != RC_OK) {
            source->range = (struct bulk_range){0};
            add_unreadable(rows, text, &why);
        }
    }
    return RC_OK;
}

/* ---- a file ---- */

static void note_columns(struct job_source *source)
{
    struct str headings = bulk_heading_text(source->reader), heading;
    char separator = bulk_separator(source->reader);
    source->columns = str_absent(headings) ? UINT64_MAX : 0;
    while (!str_absent(headings) && str_split(&headings, separator, &heading)) {
        int column = bulk_column_find(&source->headings, heading);
        source->columns |= column >= 0 ? UINT64_C(1) << column : 0;
    }
}

static struct str settable_json(const struct number *number, struct arena *mem)
{
    CLEANUP(buf_clear) struct buf out;
    struct json_out json;
    buf_init(&out, LIMIT_BODY);
    json_out_init(&json, &out);
    model_write_settable(&schema_number, number, &json);
    return buf_failed(&out) ? STR_NONE : arena_str(mem, buf_str(&out));
}

/* Of a row with findings the reader gives no number; 0: nor can one be told from its text, without a look at quotes. */
static int64_t told_number(const struct job_source *source, struct str text)
{
    struct str headings = bulk_heading_text(source->reader), heading, cell;
    char separator = bulk_separator(source->reader);
    struct bulk_range range;
    while (!str_absent(headings) && str_split(&headings, separator, &heading) &&
           str_split(&text, separator, &cell)) {
        int column = bulk_column_find(&source->headings, heading);
        if (column >= 0 && source->headings.of[column].field->type == FIELD_E164) {
            bool one = bulk_range_parse(cell, true, &range, NULL) == RC_OK && range.count == 1;
            return one ? range.first : 0;
        }
    }
    return 0;
}

static void add_filed(struct rows *rows, const struct bulk_row *found)
{
    if (found->number != NULL) {
        struct number_job_row *row = add_row(rows, found->number->telephone_number);
        row->account = arena_str(rows->mem, found->number->account_name);
        row->wanted = settable_json(found->number, rows->mem);
        return;
    }
    const struct err_item *why = found->findings->first;
    struct number_job_row *row = add_row(rows, told_number(rows->source, found->text));
    row->text = shortened(found->text, TEXT_SHOWN, rows->mem);
    refuse_row(rows, row, str_of(why->code), why->msg, why->field);
}

static enum rc count_row(struct job_source *source, const struct bulk_row *found, struct err *err)
{
    source->file_rows += (int64_t)found->row != source->file_row;
    source->file_row = (int64_t)found->row;
    return source->file_rows <= LIMIT_UPLOAD_ROWS
               ? RC_OK
               : err_set(err, RC_INVALID, "TooManyRows", "the file has more than %d rows", LIMIT_UPLOAD_ROWS);
}

static enum rc feed(struct job_source *source, struct err *err)
{
    struct str text;
    enum rc rc = next_part(source, &text, err);
    if (rc == RC_NOT_FOUND) {
        bulk_end(source->reader);
        return RC_OK;
    }
    if (rc == RC_OK) {
        bulk_feed(source->reader, text);
    }
    return rc;
}

static enum rc stopped(const struct err *why, struct err *err)
{
    if (why->code == NULL) {
        return no_memory(err);
    }
    return err_set(err, RC_INVALID, why->code, "%s", why->msg);
}

static enum rc read_file(struct job_source *source, struct rows *rows, struct err *err)
{
    enum rc rc = RC_OK;
    while (rc == RC_OK && rows->list->count < rows->limit) {
        const struct bulk_row *found = NULL;
        struct err why = {0};
        switch (bulk_next(source->reader, &found, &why)) {
        case BULK_NEED_BYTES:
            rc = feed(source, err);
            break;
        case BULK_ROW:
            rc = count_row(source, found, err);
            if (rc == RC_OK) {
                add_filed(rows, found);
            }
            break;
        case BULK_END:
            note_columns(source);
            source->ended = true;
            return RC_OK;
        case BULK_STOPPED:
            return stopped(&why, err);
        }
    }
    return rc;
}

/* ---- a filter ---- */

static enum rc ask_matches(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct job_source *source = arg;
    const struct list_query query = {.account = source->job->account,
                                     .filter = source->filter,
                                     .after = {.set = source->place > 0, .number = source->place},
                                     .limit = MATCHES_AT_ONCE};
    return repo_numbers_list(tx, mem, &query, &source->matches, err);
}

/* A page may be short, even empty, and there may be more: a scan has its time. */
static enum rc next_matches(struct job_source *source, struct err *err)
{
    arena_reset(source->text);
    source->match_at = 0;
    source->matches = (struct list_page){0};
    return work_call(source->work, REPO_SCAN, source->text, ask_matches, source, err);
}

/* `place` is behind what was given, so that an interruption loses nothing. */
static enum rc read_matches(struct job_source *source, struct rows *rows, struct err *err)
{
    enum rc rc = source->match_at < source->matches.items.count ? RC_OK : next_matches(source, err);
    if (rc != RC_OK) {
        return rc;
    }
    const struct list_page *page = &source->matches;
    const struct number *numbers = page->items.items;
    while (source->match_at < page->items.count && rows->list->count < rows->limit) {
        source->file_row++;
        source->place = numbers[source->match_at++].telephone_number;
        add_row(rows, source->place);
    }
    if (source->match_at == page->items.count) {
        source->place = page->last.set ? page->last.number : source->place;
        source->ended = !page->more;
    }
    return RC_OK;
}

/* ---- all ---- */

static enum rc read_rows(struct job_source *source, struct rows *rows, struct err *err)
{
    switch (source->job->source) {
    case NUMBER_JOB_LIST:
        return read_list(source, rows, err);
    case NUMBER_JOB_FILE:
        return read_file(source, rows, err);
    default:
        return read_matches(source, rows, err);
    }
}

enum rc job_source_next(struct job_source *source, struct arena *mem, size_t limit,
                        struct number_job_rows *ret, bool *ret_end, struct err *err)
{
    struct number_job_rows list = {arena_alloc_array(mem, limit, sizeof *list.items), 0};
    struct rows rows = {&list, limit, mem, source};
    enum rc rc = list.items != NULL ? RC_OK : no_memory(err);
    if (rc == RC_OK && !source->ended) {
        rc = read_rows(source, &rows, err);
    }
    if (rc == RC_OK && arena_failed(mem)) {
        rc = no_memory(err);
    }
    if (rc == RC_OK) {
        *ret = list;
        *ret_end = source->ended;
    }
    return rc;
}

int64_t job_source_place(const struct job_source *source)
{
    return source->place;
}

uint64_t job_source_columns(const struct job_source *source)
{
    return source->columns;
}

/* Those rows that are there already. */
static enum rc skip_rows(struct job_source *source, struct err *err)
{
    CLEANUP(arena_freep) struct arena *mem = arena_new(LIMIT_REQUEST_ARENA);
    int64_t left = source->job->counts.rows;
    bool end = mem == NULL;
    enum rc rc = mem != NULL ? RC_OK : no_memory(err);
    while (rc == RC_OK && left > 0 && !end) {
        struct number_job_rows rows;
        arena_reset(mem);
        rc = job_source_next(source, mem, left < SKIP_PIECE ? (size_t)left : SKIP_PIECE, &rows, &end, err);
        left -= rc == RC_OK ? (int64_t)rows.count : 0;
    }
    return rc;
}

static enum rc open_file(struct job_source *source, struct err *err)
{
    source->defaults = (struct number){.account_name = source->job->account};
    bulk_columns_init(&source->headings);
    const struct bulk_options options = {.defaults = &source->defaults,
                                         .plus_optional = true,
                                         .seen = source->seen,
                                         .numbers_max = LIMIT_JOB_NUMBERS};
    source->reader = bulk_reader_new(&options);
    return source->reader != NULL ? RC_OK : no_memory(err);
}

static enum rc open_given(struct job_source *source, struct err *err)
{
    const struct number_job *job = source->job;
    if (job->source == NUMBER_JOB_FILTER) {
        source->place = job->place;
        source->file_row = job->counts.rows;
        return str_absent(job->filter)
                   ? RC_OK
                   : filter_parse(job->filter, &schema_number, source->mem, &source->filter, err);
    }
    source->seen = bulk_seen_new(LIMIT_JOB_NUMBERS);
    enum rc rc = source->seen != NULL ? RC_OK : no_memory(err);
    if (rc == RC_OK && job->source == NUMBER_JOB_FILE) {
        rc = open_file(source, err);
    }
    return rc == RC_OK ? skip_rows(source, err) : rc;
}

enum rc job_source_open(struct work *work, const struct number_job *job, struct job_source **ret,
                        struct err *err)
{
    struct arena *mem = arena_new(LIMIT_BODY);
    struct job_source *source = mem != NULL ? arena_new_of(mem, struct job_source) : NULL;
    if (source == NULL) {
        arena_free(mem);
        return no_memory(err);
    }
    *source = (struct job_source){.work = work, .job = job, .mem = mem, .text = arena_new(LIMIT_UPLOAD)};
    enum rc rc = source->text != NULL ? open_given(source, err) : no_memory(err);
    if (rc != RC_OK) {
        job_source_free(source);
        return rc;
    }
    *ret = source;
    return RC_OK;
}

void job_source_free(struct job_source *source)
{
    if (source != NULL) {
        bulk_reader_free(source->reader);
        bulk_seen_free(source->seen);
        arena_free(source->text);
        arena_free(source->mem);
    }
}
