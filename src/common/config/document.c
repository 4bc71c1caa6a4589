/* The two texts for people: a sample file and the options page. */
#include "common/config/config.h"

#include "common/base/banned.h"

#define WIDTH 100 /* of comments in the sample */

/* The words of the text as comment lines. */
static void put_comment(struct buf *out, const char *text)
{
    struct str rest = str_of(text);
    struct str word;
    size_t column = 0;
    while (str_split(&rest, ' ', &word)) {
        if (column == 0 || column + 1 + word.n > WIDTH) {
            buf_put_str(out, column == 0 ? STR("#") : STR("\n#"));
            column = 1;
        }
        buf_put_char(out, ' ');
        buf_put_str(out, word);
        column += 1 + word.n;
    }
    buf_put_str(out, column > 0 ? STR("\n") : STR(""));
}

/* "number of seconds, 1 to 3600"; the shape of the value. */
static void put_kind(struct buf *out, const struct config_option *option)
{
    static const char *const kinds[] = {
        [CONFIG_STRING] = "text",
        [CONFIG_INT] = "number",
        [CONFIG_SECONDS] = "seconds",
        [CONFIG_BOOL] = "yes or no",
        [CONFIG_ENUM] = "one of",
        [CONFIG_LIST] = "list, comma separated",
        [CONFIG_PATH] = "absolute path",
        [CONFIG_SECRET] = "file that holds the secret (absolute path, or the name of a systemd credential)",
    };
    buf_put_str(out, str_of(kinds[option->type]));
    if (option->type == CONFIG_INT) {
        buf_printf(out, "%s%s, %lld to %lld", option->unit != NULL ? " of " : "",
                   option->unit != NULL ? option->unit : "", (long long)option->min, (long long)option->max);
    }
    if (option->type == CONFIG_SECONDS) {
        buf_printf(out, ", %g to %g", (double)option->min / 1000, (double)option->max / 1000);
    }
    for (size_t i = 0; option->type == CONFIG_ENUM && option->words[i] != NULL; i++) {
        buf_printf(out, "%s %s", i > 0 ? "," : "", option->words[i]);
    }
}

static bool has_default(const struct config_option *option)
{
    return option->standard != NULL && option->standard[0] != '\0';
}

static const char *shown_value(const struct config_option *option)
{
    if (has_default(option)) {
        return option->standard;
    }
    return option->example != NULL ? option->example : "";
}

static void sample_option(const struct config_section *section, const struct config_option *option,
                          struct buf *out)
{
    const char *value = shown_value(option);
    bool live = option->required && !section->repeated; /* else the file could not be loaded as it is */
    put_comment(out, option->doc);
    buf_put_str(out, STR("# ("));
    put_kind(out, option);
    buf_put_str(out, option->required ? STR("; must be given)\n") : STR(")\n"));
    buf_printf(out, "%s%s =%s%s\n\n", live ? "" : "#", option->name, *value != '\0' ? " " : "", value);
}

void config_write_sample(const struct config_schema *schema, struct buf *out)
{
    for (size_t i = 0; i < schema->section_count; i++) {
        const struct config_section *section = &schema->sections[i];
        put_comment(out, section->doc);
        if (section->repeated) {
            buf_printf(out, "#[%s.%s]\n\n", section->name, section->example);
        } else {
            buf_printf(out, "[%s]\n\n", section->name);
        }
        for (size_t j = 0; j < section->option_count; j++) {
            sample_option(section, &section->options[j], out);
        }
    }
}

/* Within a table cell a bar must be escaped. */
static void put_cell(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        buf_put_str(out, *text == '|' ? STR("\\") : STR(""));
        buf_put_char(out, *text);
    }
}

static void markdown_option(const struct config_option *option, struct buf *out)
{
    buf_printf(out, "| `%s` | ", option->name);
    put_kind(out, option);
    if (option->required) {
        buf_put_str(out, STR(" | must be given"));
    } else if (has_default(option)) {
        buf_put_str(out, STR(" | `"));
        put_cell(out, option->standard);
        buf_put_char(out, '`');
    } else {
        buf_put_str(out, STR(" | none"));
    }
    buf_put_str(out, option->reloadable ? STR(" | yes | ") : STR(" | no | "));
    put_cell(out, option->doc);
    buf_put_str(out, STR(" |\n"));
}

void config_write_markdown(const struct config_schema *schema, struct buf *out)
{
    for (size_t i = 0; i < schema->section_count; i++) {
        const struct config_section *section = &schema->sections[i];
        buf_printf(out, "%s## [%s%s]\n\n%s\n\n", i > 0 ? "\n" : "", section->name,
                   section->repeated ? ".NAME" : "", section->doc);
        buf_put_str(out, STR("| Option | Value | Default | Reload | Meaning |\n|---|---|---|---|---|\n"));
        for (size_t j = 0; j < section->option_count; j++) {
            markdown_option(&section->options[j], out);
        }
    }
}
