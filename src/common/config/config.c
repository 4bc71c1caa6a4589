/* Two steps: the file is taken apart into texts (parse.c), of which the last one given for an option counts;
 * then each option of each section gets its value, from that text or from its default (value.c). */
#include "common/config/config.h"

#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/config/inside.h"

#include "common/base/banned.h"

#define FINDINGS_MAX 100

static const char *place_of(const struct config__instance *instance, struct arena *mem)
{
    const char *section = instance->section->name;
    struct str place = str_absent(instance->name)
                           ? arena_printf(mem, "[%s]", section)
                           : arena_printf(mem, "[%s.%" STR_FMT "]", section, STR_ARG(instance->name));
    return str_absent(place) ? section : place.p;
}

static void fill_option(struct config__file *file, const struct config__instance *instance, size_t index,
                        char *values)
{
    const struct config_option *option = &instance->section->options[index];
    const struct config__given *given = &instance->given[index];
    struct str text = given->line > 0 ? given->text : str_of(option->standard);
    struct err err = {0};
    bool missing = given->line == 0 || (given->text.n == 0);
    if (option->required && missing) {
        config__finding(file, given->line > 0 ? given->line : instance->line, "%s %s must be given",
                        place_of(instance, file->mem), option->name);
        return;
    }
    if (str_absent(text)) {
        return; /* no default: the field stays zero, which is absent, empty, 0 or no */
    }
    if (config__convert(option, text, file->mem, values + option->offset, &err) != RC_OK) {
        config__finding(file, given->line, "%s %s %s", place_of(instance, file->mem), option->name, err.msg);
    }
}

static void fill_instance(struct config__file *file, const struct config__instance *instance, char *values)
{
    for (size_t i = 0; i < instance->section->option_count; i++) {
        fill_option(file, instance, i, values);
    }
}

static void fill_repeated(struct config__file *file, const struct config_section *section, char *values)
{
    size_t count = 0;
    for (const struct config__instance *i = file->first; i != NULL; i = i->next) {
        count += i->section == section;
    }
    char *items = arena_alloc_array(file->mem, count, section->item_bytes);
    if (items == NULL) {
        return;
    }
    memcpy(values + section->offset, &items, sizeof items);
    memcpy(values + section->count_offset, &count, sizeof count);
    for (const struct config__instance *i = file->first; i != NULL; i = i->next) {
        if (i->section == section) {
            memcpy(items + section->name_offset, &i->name, sizeof i->name);
            fill_instance(file, i, items);
            items += section->item_bytes;
        }
    }
}

static void fill(struct config__file *file, char *values)
{
    for (const struct config__instance *i = file->first; i != NULL; i = i->next) {
        if (!i->section->repeated) {
            fill_instance(file, i, values + i->section->offset);
        }
    }
    for (size_t i = 0; i < file->schema->section_count; i++) {
        if (file->schema->sections[i].repeated) {
            fill_repeated(file, &file->schema->sections[i], values);
        }
    }
}

static enum rc no_memory(struct err *err)
{
    return err_set(err, RC_LIMIT, NULL, "no memory for the configuration");
}

enum rc config_load_text(const struct config_schema *schema, const char *name, struct str text,
                         struct arena *mem, void *ret, struct err *err)
{
    struct err_list *findings = arena_new_of(mem, struct err_list);
    char *values = arena_alloc(mem, schema->bytes);
    if (findings == NULL || values == NULL) {
        return no_memory(err);
    }
    err_list_init(findings, mem, FINDINGS_MAX);
    struct config__file file = {.schema = schema, .mem = mem, .name = name, .findings = findings};
    config__file_parse(&file, text);
    if (arena_failed(mem)) {
        return no_memory(err); /* also instances that are not whole: not to be filled */
    }
    fill(&file, values);
    if (arena_failed(mem)) {
        return no_memory(err);
    }
    if (findings->count > 0) {
        return err_from_list(err, RC_INVALID, findings);
    }
    memcpy(ret, values, schema->bytes);
    return RC_OK;
}

enum rc config_load(const struct config_schema *schema, const char *path, struct arena *mem, void *ret,
                    struct err *err)
{
    struct str text;
    enum rc rc = file_read(path, LIMIT_CONFIG_FILE, mem, &text, err);
    if (rc != RC_OK) {
        return rc;
    }
    return config_load_text(schema, path, text, mem, ret, err);
}

static void name_change(struct buf *names, const char *section, struct str name, const char *option)
{
    buf_put_str(names, names->n > 0 ? STR(", ") : STR(""));
    buf_printf(names, "[%s%s%" STR_FMT "]", section, str_absent(name) ? "" : ".", STR_ARG(name));
    if (option != NULL) {
        buf_printf(names, " %s", option);
    }
}

static void compare(const struct config_section *section, struct str name, const char *before,
                    const char *after, struct buf *names)
{
    for (size_t i = 0; i < section->option_count; i++) {
        const struct config_option *option = &section->options[i];
        if (!option->reloadable && !config__same(option, before + option->offset, after + option->offset)) {
            name_change(names, section->name, name, option->name);
        }
    }
}

/* The structs of a repeated section. */
static size_t items_of(const struct config_section *section, const char *values, const char **ret_items)
{
    size_t count = 0;
    memcpy(ret_items, values + section->offset, sizeof *ret_items);
    memcpy(&count, values + section->count_offset, sizeof count);
    return count;
}

/* One that came, went or stands elsewhere counts as a change of the section itself, unless all of its options
 * are reloadable. */
static void compare_repeated(const struct config_section *section, const char *before, const char *after,
                             struct buf *names)
{
    const char *old = NULL;
    const char *new = NULL;
    size_t old_count = items_of(section, before, &old);
    size_t new_count = items_of(section, after, &new);
    bool fixed = false;
    for (size_t i = 0; i < section->option_count; i++) {
        fixed = fixed || !section->options[i].reloadable;
    }
    if (!fixed) {
        return;
    }
    if (old_count != new_count) {
        name_change(names, section->name, STR("*"), NULL);
        return;
    }
    for (size_t i = 0; i < old_count; i++, old += section->item_bytes, new += section->item_bytes) {
        struct str old_name;
        struct str new_name;
        memcpy(&old_name, old + section->name_offset, sizeof old_name);
        memcpy(&new_name, new + section->name_offset, sizeof new_name);
        if (!str_eq(old_name, new_name)) {
            name_change(names, section->name, new_name, NULL);
            continue;
        }
        compare(section, new_name, old, new, names);
    }
}

bool config_fixed_changes(const struct config_schema *schema, const void *before, const void *after,
                          struct buf *ret_names)
{
    for (size_t i = 0; i < schema->section_count; i++) {
        const struct config_section *section = &schema->sections[i];
        if (section->repeated) {
            compare_repeated(section, before, after, ret_names);
        } else {
            compare(section, STR_NONE, (const char *)before + section->offset,
                    (const char *)after + section->offset, ret_names);
        }
    }
    return ret_names->n > 0;
}
