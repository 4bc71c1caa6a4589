/* Log lines: an event name and typed fields, one line each, to standard error.
 * JSON for machines, text for a terminal. The sink is the program's one mutable global; it is set up once in main and
 * its level may change at any time. Library rooms stay silent above debug; the edges (request, job, main) log once.
 * A secret is never a field. Thread-safe; a line is written with one write(2). */
#pragma once
#include "common/base/compiler.h"
#include "common/base/str.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG };
enum log_format { LOG_AUTO, LOG_JSON, LOG_TEXT }; /* auto: text on a terminal, JSON elsewhere */
/* What options call them, in the order of the enums; NULL ends. */
extern const char *const log_level_words[];
extern const char *const log_format_words[];

enum log_type { LOG_FIELD_STR, LOG_FIELD_I64, LOG_FIELD_BOOL, LOG_FIELD_MS };
struct log_field {
    const char *name;
    enum log_type type;
    struct str str;
    int64_t i64;
};

static inline struct log_field log_str(const char *name, struct str value)
{
    return (struct log_field){name, LOG_FIELD_STR, value, 0};
}
static inline struct log_field log_cstr(const char *name, const char *value)
{
    return (struct log_field){name, LOG_FIELD_STR, str_of(value), 0};
}
static inline struct log_field log_i64(const char *name, int64_t value)
{
    return (struct log_field){name, LOG_FIELD_I64, STR_NONE, value};
}
static inline struct log_field log_bool(const char *name, bool value)
{
    return (struct log_field){name, LOG_FIELD_BOOL, STR_NONE, value};
}
/* Microseconds, printed as milliseconds with three decimals. */
static inline struct log_field log_us(const char *name, int64_t us)
{
    return (struct log_field){name, LOG_FIELD_MS, STR_NONE, us};
}

/* LOG(LOG_INFO, "request", log_str("request_id", id), log_i64("status", 200)); absent strings are left out. */
#define LOG(level, event, ...)                                                                               \
    do {                                                                                                     \
        if (log_wants(level)) {                                                                              \
            log_write(level, event, (struct log_field[]){__VA_ARGS__ __VA_OPT__(, )(struct log_field){0}});  \
        }                                                                                                    \
    } while (0)

void log_setup(const char *program, enum log_level level, enum log_format format);
void log_set_level(enum log_level level);
bool log_wants(enum log_level level);
void log_write(enum log_level level, const char *event,
               const struct log_field *fields); /* ends at name == NULL */
/* An error: a line for each of its findings, or one. */
struct err;
void log_err(const char *event, const struct err *err);
