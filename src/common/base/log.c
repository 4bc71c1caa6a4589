#include "common/base/log.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/escape.h"

#include "common/base/banned.h"

#define LINE_MAX_BYTES (32 * 1024) /* fields that would go past it are left out */
#define TEXT_MAX_BYTES 2048        /* of one field; the rest is cut and marked */

/* The sink. `json` and `program` are written before threads start. */
static struct {
    _Atomic enum log_level level;
    bool json;
    const char *program;
} sink = {.level = LOG_INFO};

const char *const log_level_words[] = {
    [LOG_ERROR] = "error", [LOG_WARNING] = "warning", [LOG_NOTICE] = "notice",
    [LOG_INFO] = "info",   [LOG_DEBUG] = "debug",     NULL,
};
const char *const log_format_words[] = {[LOG_AUTO] = "auto", [LOG_JSON] = "json", [LOG_TEXT] = "text", NULL};

void log_setup(const char *program, enum log_level level, enum log_format format)
{
    sink.program = program;
    sink.json = format == LOG_AUTO ? !isatty(STDERR_FILENO) : format == LOG_JSON;
    log_set_level(level);
}

void log_set_level(enum log_level level)
{
    atomic_store_explicit(&sink.level, level, memory_order_relaxed);
}

bool log_wants(enum log_level level)
{
    return level <= atomic_load_explicit(&sink.level, memory_order_relaxed);
}

static void put_quoted(struct buf *line, struct str text)
{
    bool cut = text.n > TEXT_MAX_BYTES;
    buf_put_char(line, '"');
    escape_json(line, str_slice(text, 0, TEXT_MAX_BYTES));
    buf_put_str(line, cut ? STR("...") : STR(""));
    buf_put_char(line, '"');
}

/* May stand in a text line without quotes: nothing a reader could take for the next field. */
static bool is_bare_word(struct str text)
{
    static const char others[] = "._:/@+,-%~*[]{}";
    if (text.n == 0 || text.n > TEXT_MAX_BYTES) {
        return false;
    }
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (c == '\0' || memchr(others, c, sizeof others - 1) == NULL)) {
            return false;
        }
    }
    return true;
}

static void put_text(struct buf *line, struct str text)
{
    if (!sink.json && is_bare_word(text)) {
        buf_put_str(line, text);
        return;
    }
    put_quoted(line, text);
}

static void put_ms(struct buf *line, int64_t us)
{
    int64_t size = us < 0 ? -us : us;
    buf_printf(line, "%s%lld.%03d", us < 0 ? "-" : "", (long long)(size / 1000), (int)(size % 1000));
}

static void put_value(struct buf *line, const struct log_field *field)
{
    switch (field->type) {
    case LOG_FIELD_STR:
        put_text(line, field->str);
        break;
    case LOG_FIELD_I64:
        buf_put_i64(line, field->i64);
        break;
    case LOG_FIELD_BOOL:
        buf_put_str(line, field->i64 != 0 ? STR("true") : STR("false"));
        break;
    case LOG_FIELD_MS:
        put_ms(line, field->i64);
        break;
    }
}

static void put_field(struct buf *line, const struct log_field *field)
{
    size_t before = line->n;
    if (field->type == LOG_FIELD_STR && str_absent(field->str)) {
        return;
    }
    buf_put_str(line, sink.json ? STR(",\"") : STR(" "));
    buf_put_str(line, str_of(field->name));
    buf_put_str(line, sink.json ? STR("\":") : STR("="));
    put_value(line, field);
    if (buf_failed(line) || line->n > LINE_MAX_BYTES - 2) { /* the end of the line must fit */
        line->n = before;
        line->failed = false;
    }
}

static void put_head(struct buf *line, enum log_level level, const char *event)
{
    char text[CLOCK_TEXT_MAX];
    struct str time = clock_rfc3339(clock_wall(), text);
    if (!sink.json) {
        buf_printf(line, "%" STR_FMT " %s %s", STR_ARG(time), log_level_words[level], event);
        return;
    }
    buf_printf(line, "{\"time\":\"%" STR_FMT "\",\"level\":\"%s\",\"event\":\"%s\"", STR_ARG(time),
               log_level_words[level], event);
    put_field(line, &(struct log_field){"program", LOG_FIELD_STR, str_of(sink.program), 0});
}

/* One write is one line, also when several programs share the pipe; only a full pipe of a slow reader splits
 * it. */
static void write_all(struct str line)
{
    while (line.n > 0) {
        ssize_t n = write(STDERR_FILENO, line.p, line.n);
        if (n < 0 && errno != EINTR) {
            return; /* nowhere left to say it */
        }
        line = str_slice(line, n > 0 ? (size_t)n : 0, line.n);
    }
}

void log_write(enum log_level level, const char *event, const struct log_field *fields)
{
    int saved_errno = errno;
    struct buf line;
    buf_init(&line, LINE_MAX_BYTES);
    put_head(&line, level, event);
    for (const struct log_field *field = fields; field->name != NULL; field++) {
        put_field(&line, field);
    }
    buf_put_str(&line, sink.json ? STR("}\n") : STR("\n"));
    write_all(buf_str(&line));
    buf_clear(&line);
    errno = saved_errno;
}

void log_err(const char *event, const struct err *err)
{
    const struct err_item *item = err->details != NULL ? err->details->first : NULL;
    if (item == NULL) {
        LOG(LOG_ERROR, event, log_cstr("where", err->field), log_cstr("error", err->msg));
    }
    for (; item != NULL; item = item->next) {
        LOG(LOG_ERROR, event, log_str("where", item->field), log_str("error", item->msg));
    }
}
