#include "common/base/err.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/base/arena.h"

#include "common/base/banned.h"

static const char *const rc_names[] = {
    [RC_OK] = "ok",
    [RC_INVALID] = "invalid",
    [RC_NOT_FOUND] = "not found",
    [RC_CONFLICT] = "conflict",
    [RC_DENIED] = "denied",
    [RC_LIMIT] = "limit",
    [RC_BUSY] = "busy",
    [RC_UNCERTAIN] = "uncertain",
    [RC_INTERNAL] = "internal",
};

const char *rc_name(enum rc rc)
{
    return (size_t)rc < ARRAY_LEN(rc_names) ? rc_names[rc] : "unknown";
}

/* vsnprintf may have cut a character in two: drops its first half. */
static void drop_half_character(char *text, size_t size)
{
    size_t n = strnlen(text, size);
    size_t at = n;
    if (n + 1 < size) {
        return; /* not cut */
    }
    while (at > 0 && n - at < 3 && ((unsigned char)text[at - 1] & 0xC0) == 0x80) {
        at--;
    }
    if (at > 0 && (unsigned char)text[at - 1] >= 0xC0 &&
        str_utf8_length((struct str){text + at - 1, n - at + 1}) == 0) {
        text[at - 1] = '\0';
    }
}

PRINTF_LIKE(3, 0) static void format_into(char *text, size_t size, const char *format, va_list args)
{
    (void)vsnprintf(text, size, format, args); /* a longer text is cut, which is what the size is for */
    drop_half_character(text, size);
}

enum rc err_set(struct err *err, enum rc rc, const char *code, const char *format, ...)
{
    if (err == NULL) {
        return rc;
    }
    va_list args;
    char msg[sizeof err->msg]; /* apart: the arguments may point into err->msg */
    va_start(args, format);
    format_into(msg, sizeof msg, format, args);
    va_end(args);
    *err = (struct err){.rc = rc, .code = code};
    memcpy(err->msg, msg, sizeof msg);
    return rc;
}

void err_context(struct err *err, const char *format, ...)
{
    if (err == NULL) {
        return;
    }
    char context[sizeof err->msg];
    char both[2 * sizeof err->msg + 2];
    va_list args;
    va_start(args, format);
    format_into(context, sizeof context, format, args);
    va_end(args);
    (void)snprintf(both, sizeof both, "%s: %s", context, err->msg);
    memcpy(err->msg, both, sizeof err->msg - 1); /* cut as every message is */
    drop_half_character(err->msg, sizeof err->msg);
}

void err_field(struct err *err, const char *format, ...)
{
    if (err == NULL) {
        return;
    }
    char field[sizeof err->field];
    va_list args;
    va_start(args, format);
    format_into(field, sizeof field, format, args);
    va_end(args);
    memcpy(err->field, field, sizeof field);
}

void err_clear(struct err *err)
{
    if (err != NULL) {
        *err = (struct err){.rc = RC_OK};
    }
}

void err_list_init(struct err_list *list, struct arena *mem, size_t count_max)
{
    *list = (struct err_list){.mem = mem, .count_max = count_max};
    list->tail = &list->first;
}

void err_list_add(struct err_list *list, const char *code, struct str field, const char *format, ...)
{
    char msg[sizeof((struct err *)NULL)->msg];
    va_list args;
    if (list->count++ >= list->count_max) {
        return;
    }
    struct err_item *item = arena_new_of(list->mem, struct err_item);
    if (item == NULL) {
        return; /* counted all the same, and arena_failed() tells */
    }
    va_start(args, format);
    format_into(msg, sizeof msg, format, args);
    va_end(args);
    item->code = code;
    item->field = arena_str(list->mem, field);
    item->msg = arena_str(list->mem, str_of(msg));
    *list->tail = item;
    list->tail = &item->next;
}

enum rc err_from_list(struct err *err, enum rc rc, const struct err_list *list)
{
    if (list->count == 0) {
        return RC_OK;
    }
    const struct err_item *first = list->first;
    if (first == NULL) {
        return err_set(err, rc, NULL, "%zu findings, and no memory to list them", list->count);
    }
    (void)err_set(err, rc, first->code, "%" STR_FMT, STR_ARG(first->msg));
    err_field(err, "%" STR_FMT, STR_ARG(first->field));
    if (err != NULL) {
        err->details = list;
    }
    return rc;
}
