#include "common/config/inside.h"

#include <stdlib.h>

#include "common/base/file.h"

#include "common/base/banned.h"

static enum rc refuse(struct err *err, const char *what)
{
    return err_set(err, RC_INVALID, NULL, "%s", what);
}

static enum rc no_memory(struct err *err)
{
    return err_set(err, RC_LIMIT, NULL, "no memory for the configuration");
}

static enum rc check(const struct config_option *option, struct str value, struct err *err)
{
    if (option->max != 0 && (value.n > (uint64_t)option->max || value.n < (uint64_t)option->min)) {
        return err_set(err, RC_INVALID, NULL, "must have %lld to %lld bytes", (long long)option->min,
                       (long long)option->max);
    }
    return option->check != NULL ? option->check(value, err) : RC_OK;
}

static enum rc convert_string(const struct config_option *option, struct str text, struct arena *mem,
                              struct str *ret, struct err *err)
{
    if (text.n == 0) {
        *ret = STR_NONE;
        return RC_OK;
    }
    *ret = arena_str(mem, text);
    return str_absent(*ret) ? no_memory(err) : check(option, text, err);
}

static enum rc convert_int(const struct config_option *option, struct str text, int64_t *ret, struct err *err)
{
    if (!str_to_i64(text, option->min, option->max, ret)) {
        return err_set(err, RC_INVALID, NULL, "must be a whole number from %lld to %lld%s%s",
                       (long long)option->min, (long long)option->max, option->unit != NULL ? ", in " : "",
                       option->unit != NULL ? option->unit : "");
    }
    return RC_OK;
}

/* "2.05" is 2050 ms: the decimals are filled up to three. */
static bool seconds_to_ms(const struct config_option *option, struct str text, int64_t *ret)
{
    struct str whole, decimals = text;
    bool point = str_find(text, '.') >= 0;
    uint64_t seconds, ms = 0;
    if (!str_split(&decimals, '.', &whole) || !str_to_u64(whole, (uint64_t)option->max / 1000, &seconds) ||
        (point && (decimals.n > 3 || !str_to_u64(decimals, 999, &ms)))) {
        return false;
    }
    for (size_t i = decimals.n; point && i < 3; i++) {
        ms *= 10;
    }
    *ret = (int64_t)(seconds * 1000 + ms);
    return *ret >= option->min && *ret <= option->max;
}

static enum rc convert_seconds(const struct config_option *option, struct str text, int64_t *ret,
                               struct err *err)
{
    if (!seconds_to_ms(option, text, ret)) {
        return err_set(err, RC_INVALID, NULL, "must be a number of seconds from %g to %g, such as 10 or 0.25",
                       (double)option->min / 1000, (double)option->max / 1000);
    }
    return RC_OK;
}

static enum rc convert_bool(struct str text, bool *ret, struct err *err)
{
    bool yes = str_eq(text, STR("yes"));
    if (!yes && !str_eq(text, STR("no"))) {
        return refuse(err, "must be yes or no");
    }
    *ret = yes;
    return RC_OK;
}

static enum rc refuse_word(const struct config_option *option, struct err *err)
{
    struct buf words;
    buf_init(&words, sizeof err->msg);
    for (size_t i = 0; option->words[i] != NULL; i++) {
        buf_printf(&words, "%s%s", i > 0 ? ", " : "", option->words[i]);
    }
    enum rc rc = err_set(err, RC_INVALID, NULL, "must be one of %" STR_FMT, STR_ARG(buf_str(&words)));
    buf_clear(&words);
    return rc;
}

static enum rc convert_enum(const struct config_option *option, struct str text, int *ret, struct err *err)
{
    for (int i = 0; option->words[i] != NULL; i++) {
        if (str_eq(text, str_of(option->words[i]))) {
            *ret = i;
            return RC_OK;
        }
    }
    return refuse_word(option, err);
}

static size_t count_items(struct str text)
{
    size_t count = 1;
    for (size_t i = 0; i < text.n; i++) {
        count += text.p[i] == ',';
    }
    return text.n == 0 ? 0 : count;
}

static enum rc convert_list(const struct config_option *option, struct str text, struct arena *mem,
                            struct config_list *ret, struct err *err)
{
    size_t count = count_items(text);
    struct str *items = arena_alloc_array(mem, count, sizeof *items);
    struct str rest = arena_str(mem, text);
    if (items == NULL || str_absent(rest)) {
        return no_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        (void)str_split(&rest, ',', &items[i]); /* there are count parts */
        items[i] = str_trim(items[i]);
        if (items[i].n == 0) {
            return refuse(err, "has an empty item between its commas");
        }
        enum rc rc = check(option, items[i], err);
        if (rc != RC_OK) {
            return rc;
        }
    }
    *ret = (struct config_list){items, count};
    return RC_OK;
}

static enum rc convert_path(const struct config_option *option, struct str text, struct arena *mem,
                            struct str *ret, struct err *err)
{
    if (text.n > 0 && text.p[0] != '/') {
        return refuse(err, "must be an absolute path");
    }
    return convert_string(option, text, mem, ret, err);
}

/* Where the secret lies: systemd puts credentials into a folder of its own (systemd.exec(5),
 * LoadCredential=). */
static enum rc secret_path(struct str text, struct arena *mem, struct str *ret, struct err *err)
{
    if (str_find(text, '/') >= 0) {
        *ret = arena_str(mem, text);
        return str_starts(text, STR("/"))
                   ? RC_OK
                   : refuse(err, "must be an absolute path, or the name of a credential");
    }
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    if (folder == NULL) {
        return refuse(
            err,
            "names a credential, but the service manager has passed none (an absolute path works anywhere)");
    }
    *ret = arena_printf(mem, "%s/%" STR_FMT, folder, STR_ARG(text));
    return RC_OK;
}

static enum rc convert_secret(const struct config_option *option, struct str text, struct arena *mem,
                              struct str *ret, struct err *err)
{
    struct str path;
    if (text.n == 0) {
        *ret = STR_NONE;
        return RC_OK;
    }
    enum rc rc = secret_path(text, mem, &path, err);
    if (rc != RC_OK) {
        return rc;
    }
    rc = str_absent(path) ? no_memory(err) : file_read_secret(path.p, mem, ret, err);
    if (rc == RC_OK && ret->n == 0) {
        return refuse(err, "names an empty file");
    }
    return rc == RC_OK ? check(option, *ret, err) : rc;
}

enum rc config__convert(const struct config_option *option, struct str text, struct arena *mem, void *field,
                        struct err *err)
{
    switch (option->type) {
    case CONFIG_STRING:
        return convert_string(option, text, mem, field, err);
    case CONFIG_INT:
        return convert_int(option, text, field, err);
    case CONFIG_SECONDS:
        return convert_seconds(option, text, field, err);
    case CONFIG_BOOL:
        return convert_bool(text, field, err);
    case CONFIG_ENUM:
        return convert_enum(option, text, field, err);
    case CONFIG_LIST:
        return convert_list(option, text, mem, field, err);
    case CONFIG_PATH:
        return convert_path(option, text, mem, field, err);
    case CONFIG_SECRET:
        return convert_secret(option, text, mem, field, err);
    }
    return err_set(err, RC_INTERNAL, NULL, "option %s has no type", option->name);
}

static bool same_text(const struct str *a, const struct str *b)
{
    return str_absent(*a) == str_absent(*b) && str_eq(*a, *b);
}

static bool same_list(const struct config_list *a, const struct config_list *b)
{
    for (size_t i = 0; a->count == b->count && i < a->count; i++) {
        if (!str_eq(a->items[i], b->items[i])) {
            return false;
        }
    }
    return a->count == b->count;
}

bool config__same(const struct config_option *option, const void *a, const void *b)
{
    switch (option->type) {
    case CONFIG_INT:
    case CONFIG_SECONDS:
        return *(const int64_t *)a == *(const int64_t *)b;
    case CONFIG_BOOL:
        return *(const bool *)a == *(const bool *)b;
    case CONFIG_ENUM:
        return *(const int *)a == *(const int *)b;
    case CONFIG_LIST:
        return same_list(a, b);
    case CONFIG_STRING:
    case CONFIG_PATH:
    case CONFIG_SECRET:
        break;
    }
    return same_text(a, b);
}
