#include "programs/numgate-lab/flags.h"

#include "common/base/banned.h"

#define NEAR_MAX 4 /* edits; farther away is another word */

static const struct flag *find(const struct flag *flags, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(str_of(flags[i].name), name)) {
            return &flags[i];
        }
    }
    return NULL;
}

static enum rc refuse_unknown(const struct flag *flags, size_t count, struct str name, struct err *err)
{
    const struct flag *best = NULL;
    unsigned distance = NEAR_MAX + 1;
    for (size_t i = 0; i < count; i++) {
        unsigned d = str_distance(str_of(flags[i].name), name);
        if (d < distance) {
            distance = d;
            best = &flags[i];
        }
    }
    return err_set(err, RC_INVALID, NULL, "unknown argument \"%" STR_FMT "\"%s%s%s",
                   STR_ARG(str_slice(name, 0, 100)), best != NULL ? ", did you mean " : "",
                   best != NULL ? best->name : "", best != NULL ? "?" : "");
}

enum rc flags_parse(const struct flag *flags, size_t flag_count, int argc, char **argv, void *options,
                    struct err *err)
{
    for (int i = 0; i < argc; i++) {
        const char *equals = strchr(argv[i], '=');
        struct str name = {argv[i], equals != NULL ? (size_t)(equals - argv[i]) : strlen(argv[i])};
        const struct flag *flag = find(flags, flag_count, name);
        if (flag == NULL) {
            return refuse_unknown(flags, flag_count, name, err);
        }
        const char *value = equals != NULL ? equals + 1 : argv[++i];
        if (value == NULL || *value == '\0') {
            return err_set(err, RC_INVALID, NULL, "%s needs a value: %s", flag->name, flag->value);
        }
        if (flag->set(options, value, err) != RC_OK) {
            err_context(err, "%s", flag->name);
            return RC_INVALID;
        }
    }
    return RC_OK;
}

/* Which of the words it is. RC_INVALID: none. */
static enum rc find_word(const char *const *words, const char *value, unsigned *ret, struct err *err)
{
    for (unsigned i = 0; words[i] != NULL; i++) {
        if (str_eq(str_of(words[i]), str_of(value))) {
            *ret = i;
            return RC_OK;
        }
    }
    return err_set(err, RC_INVALID, NULL, "\"%s\" is none of the words allowed", value);
}

enum rc flags_log_level(const char *value, enum log_level *ret, struct err *err)
{
    unsigned index = 0;
    enum rc rc = find_word(log_level_words, value, &index, err);
    *ret = rc == RC_OK ? (enum log_level)index : *ret;
    return rc;
}

enum rc flags_log_format(const char *value, enum log_format *ret, struct err *err)
{
    unsigned index = 0;
    enum rc rc = find_word(log_format_words, value, &index, err);
    *ret = rc == RC_OK ? (enum log_format)index : *ret;
    return rc;
}

void flags_print(const struct flag *flags, size_t flag_count, FILE *out)
{
    for (size_t i = 0; i < flag_count; i++) {
        char left[64];
        (void)snprintf(left, sizeof left, "%s %s", flags[i].name, flags[i].value);
        (void)fprintf(out, "  %-22s  %s\n", left, flags[i].doc);
    }
}
