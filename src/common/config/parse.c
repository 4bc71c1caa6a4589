/* inih finds sections, names and values; this file hands it the lines one at a time and takes what it finds.
 *
 * Debian's inih 55 keeps its settings in variables: lines of 200 bytes would be split without a word, section
 * names cut at 49, text behind "]" skipped. So each line is looked at before inih sees it, and one that would
 * suffer is reported and kept back. inih tells no line numbers either: the reader counts, since a line is
 * handled before the next is asked for. */
#include "common/config/inside.h"

#include <ini.h>
#include <stdarg.h>
#include <stdio.h>

#include "common/base/limits.h"

#include "common/base/banned.h"

#define SECTION_NAME_MAX 48 /* inih has room for 49 */

struct reader {
    struct config__file *file;
    struct str rest;
    unsigned line;
    struct config__instance *current; /* NULL: after no header, or one that was refused */
    bool refused;                     /* the last header was: what follows it is skipped */
};

void config__finding(struct config__file *file, unsigned line, const char *format, ...)
{
    char msg[sizeof((struct err *)NULL)->msg];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(msg, sizeof msg, format, args); /* cut as every message is */
    va_end(args);
    struct str place = line > 0 ? arena_printf(file->mem, "%s:%u", file->name, line) : str_of(file->name);
    err_list_add(file->findings, "InvalidConfiguration", place, "%s", msg);
}

/* The nearest of the names seen so far: closer than a third of what was written. */
struct nearest {
    struct str wanted;
    const char *name;
    unsigned distance;
};

static void nearest_try(struct nearest *nearest, const char *name)
{
    unsigned distance = str_distance(nearest->wanted, str_of(name));
    unsigned enough = nearest->wanted.n < 6 ? 2 : (unsigned)nearest->wanted.n / 3;
    if (distance <= enough && (nearest->name == NULL || distance < nearest->distance)) {
        nearest->name = name;
        nearest->distance = distance;
    }
}

static void refuse_section(struct reader *r, struct str name)
{
    const struct config_schema *schema = r->file->schema;
    struct nearest nearest = {.wanted = name};
    for (size_t i = 0; i < schema->section_count; i++) {
        nearest_try(&nearest, schema->sections[i].name);
    }
    if (nearest.name != NULL) {
        config__finding(r->file, r->line, "there is no section [%" STR_FMT "]; did you mean [%s]?",
                        STR_ARG(name), nearest.name);
        return;
    }
    config__finding(r->file, r->line, "there is no section [%" STR_FMT "]", STR_ARG(name));
}

static const struct config_section *section_find(const struct config_schema *schema, struct str name)
{
    for (size_t i = 0; i < schema->section_count; i++) {
        if (str_eq(str_of(schema->sections[i].name), name)) {
            return &schema->sections[i];
        }
    }
    return NULL;
}

static struct config__instance *instance_find(const struct config__file *file,
                                              const struct config_section *section, struct str name,
                                              size_t *ret_count)
{
    struct config__instance *found = NULL;
    *ret_count = 0;
    for (struct config__instance *i = file->first; i != NULL; i = i->next) {
        *ret_count += i->section == section;
        found = i->section == section && str_eq(i->name, name) ? i : found;
    }
    return found;
}

static struct config__instance *instance_add(struct config__file *file, const struct config_section *section,
                                             struct str name, unsigned line)
{
    struct config__instance *instance = arena_new_of(file->mem, struct config__instance);
    struct config__given *given = arena_alloc_array(file->mem, section->option_count, sizeof *given);
    if (instance == NULL || given == NULL) {
        return NULL;
    }
    instance->section = section;
    instance->name = arena_str(file->mem, name);
    instance->line = line;
    instance->given = given;
    *file->tail = instance;
    file->tail = &instance->next;
    return instance;
}

static bool is_instance_name(struct str name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '-' && c != '_') {
            return false;
        }
    }
    return name.n > 0;
}

/* What stands between '[' and ']'. NULL: refused, and reported. */
static struct config__instance *section_open(struct reader *r, struct str header)
{
    size_t count = 0;
    ptrdiff_t dot = str_find(header, '.');
    struct str first = dot < 0 ? header : str_slice(header, 0, (size_t)dot);
    struct str name = dot < 0 ? STR_NONE : str_slice(header, (size_t)dot + 1, header.n);
    const struct config_section *section = section_find(r->file->schema, first);
    if (section == NULL) {
        refuse_section(r, first);
        return NULL;
    }
    if (section->repeated && !is_instance_name(name)) {
        config__finding(r->file, r->line, "[%s] needs a name of letters, digits, '-' and '_': [%s.%s]",
                        section->name, section->name, section->example);
        return NULL;
    }
    if (!section->repeated && dot >= 0) {
        config__finding(r->file, r->line, "there is only one section [%s], without a name", section->name);
        return NULL;
    }
    struct config__instance *instance = instance_find(r->file, section, name, &count);
    if (instance == NULL && count >= section->count_max && section->repeated) {
        config__finding(r->file, r->line, "more than %zu sections [%s.NAME]", section->count_max,
                        section->name);
        return NULL;
    }
    return instance != NULL ? instance : instance_add(r->file, section, name, r->line);
}

/* "[name]" and behind it nothing but a comment. */
static void take_header(struct reader *r, struct str line)
{
    ptrdiff_t close = str_find(line, ']');
    struct str behind = close < 0 ? STR_NONE : str_trim(str_slice(line, (size_t)close + 1, line.n));
    r->current = NULL;
    r->refused = true;
    if (close < 0 || (behind.n > 0 && behind.p[0] != ';' && behind.p[0] != '#')) {
        config__finding(r->file, r->line, "a section is written as [name], alone on its line");
        return;
    }
    if (close - 1 > SECTION_NAME_MAX) {
        config__finding(r->file, r->line, "the name of the section is longer than %d bytes",
                        SECTION_NAME_MAX);
        return;
    }
    r->current = section_open(r, str_slice(line, 1, (size_t)close));
    r->refused = r->current == NULL;
}

static bool has_control_byte(struct str line)
{
    for (size_t i = 0; i < line.n; i++) {
        unsigned char c = (unsigned char)line.p[i];
        if ((c < 0x20 && c != '\t') || c == 0x7F) {
            return true;
        }
    }
    return false;
}

/* NULL when inih may have the line, else what is wrong with it. */
static const char *line_fault(struct str line)
{
    if (line.n > LIMIT_CONFIG_LINE) {
        return "the line is too long";
    }
    if (has_control_byte(line)) {
        return "the line holds a control character";
    }
    return str_is_utf8(line) ? NULL : "the line is not UTF-8";
}

static bool next_line(struct reader *r, struct str *ret)
{
    if (r->rest.n == 0 || !str_split(&r->rest, '\n', ret)) {
        return false;
    }
    r->line++;
    if (str_ends(*ret, STR("\r"))) {
        ret->n--;
    }
    if (r->line == 1 && str_starts(*ret, STR("\xEF\xBB\xBF"))) {
        *ret = str_slice(*ret, 3, ret->n);
    }
    *ret = str_trim(*ret);
    return true;
}

/* inih's fgets: the next line that holds an option. Headers are dealt with on the way. */
static char *give_line(char *out, int size, void *arg)
{
    struct reader *r = arg;
    struct str line;
    while (next_line(r, &line)) {
        const char *fault = line_fault(line);
        if (fault != NULL) {
            config__finding(r->file, r->line, "%s", fault);
        } else if (str_starts(line, STR("["))) {
            take_header(r, line);
        } else if (line.n > 0 && !r->refused) {
            ensure(line.n < (size_t)size);
            memcpy(out, line.p, line.n);
            out[line.n] = '\0';
            return out;
        }
    }
    return NULL;
}

static void refuse_option(struct reader *r, const struct config_section *section, struct str name)
{
    const struct config_schema *schema = r->file->schema;
    struct nearest nearest = {.wanted = name};
    for (size_t i = 0; i < section->option_count; i++) {
        nearest_try(&nearest, section->options[i].name);
    }
    if (nearest.name != NULL) {
        config__finding(r->file, r->line, "[%s] has no option \"%" STR_FMT "\"; did you mean \"%s\"?",
                        section->name, STR_ARG(name), nearest.name);
        return;
    }
    for (size_t i = 0; i < schema->section_count; i++) {
        for (size_t j = 0; j < schema->sections[i].option_count; j++) {
            if (str_eq(name, str_of(schema->sections[i].options[j].name))) {
                config__finding(r->file, r->line, "[%s] has no option \"%" STR_FMT "\"; it belongs to [%s]",
                                section->name, STR_ARG(name), schema->sections[i].name);
                return;
            }
        }
    }
    config__finding(r->file, r->line, "[%s] has no option \"%" STR_FMT "\"", section->name, STR_ARG(name));
}

/* inih's handler. It always answers 1, "go on": findings are kept here. */
static int take_option(void *arg, const char *section_name UNUSED, const char *name_text, const char *value)
{
    struct reader *r = arg;
    struct str name = str_of(name_text);
    if (value == NULL) {
        config__finding(r->file, r->line, "an option is written as name = value");
        return 1;
    }
    if (r->current == NULL) {
        config__finding(r->file, r->line, "\"%" STR_FMT "\" stands before the first section", STR_ARG(name));
        return 1;
    }
    const struct config_section *section = r->current->section;
    for (size_t i = 0; i < section->option_count; i++) {
        if (str_eq(name, str_of(section->options[i].name))) {
            r->current->given[i] = (struct config__given){arena_str(r->file->mem, str_of(value)), r->line};
            return 1;
        }
    }
    refuse_option(r, section, name);
    return 1;
}

static void set_up_inih(void)
{
    ini_allow_multiline = false;
    ini_allow_inline_comments = true;
    ini_allow_no_value = true; /* reported by the handler, which knows the line */
    ini_stop_on_first_error = false;
    ini_use_stack = false;
    ini_allow_realloc = false;
    ini_max_line = LIMIT_CONFIG_LINE + 3; /* it counts "\r\n" and NUL */
    ini_initial_alloc = LIMIT_CONFIG_LINE + 3;
}

void config__file_parse(struct config__file *file, struct str text)
{
    struct reader r = {.file = file, .rest = text};
    file->tail = &file->first;
    for (size_t i = 0; i < file->schema->section_count; i++) {
        if (!file->schema->sections[i].repeated) {
            (void)instance_add(file, &file->schema->sections[i], STR_NONE,
                               0); /* the arena tells at the end */
        }
    }
    set_up_inih();
    if (ini_parse_stream(give_line, &r, take_option, &r) != 0) {
        config__finding(file, 0,
                        "cannot be read as a configuration file"); /* no memory: all else was caught before */
    }
}
