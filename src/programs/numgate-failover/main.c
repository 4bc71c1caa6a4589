/* numgate-failover: the command line, and nothing else. */
#include <stdarg.h>
#include <stdio.h>

#include "common/base/limits.h"
#include "common/base/mem.h"
#include "programs/numgate-failover/command.h"
#include "programs/numgate-failover/run.h"

#include "common/base/banned.h"

#define DEFAULT_CONFIG     "/etc/numgate-failover/numgate-failover.conf"
#define SETTINGS_BYTES_MAX (4 * 1024 * 1024)

struct arguments {
    const char *command, *config, *region;
    bool force, json;
};

enum flag_bit { FLAG_CONFIG = 1 << 0, FLAG_REGION = 1 << 1, FLAG_FORCE = 1 << 2, FLAG_JSON = 1 << 3 };
static const struct {
    const char *name, *value; /* value NULL: it has none */
    size_t offset;            /* in struct arguments */
    unsigned bit;
    const char *help;
} flags[] = {
    {"--config", "FILE", offsetof(struct arguments, config), FLAG_CONFIG,
     "the configuration; " DEFAULT_CONFIG " unless given"},
    {"--region", "NAME", offsetof(struct arguments, region), FLAG_REGION, "the region to point at"},
    {"--force", NULL, offsetof(struct arguments, force), FLAG_FORCE,
     "also at a region that is not healthy, and over addresses that somebody set by hand"},
    {"--json", NULL, offsetof(struct arguments, json), FLAG_JSON, "print a JSON object"},
};

int complain(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("numgate-failover: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return 1;
}

/* Why the configuration is refused, a line for each finding. */
static int complain_of(const struct err *err)
{
    const struct err_item *item = err->details != NULL ? err->details->first : NULL;
    if (item == NULL) {
        return complain("%s%s%s", err->field, err->field[0] != '\0' ? ": " : "", err->msg);
    }
    for (; item != NULL; item = item->next) {
        complain("%" STR_FMT ": %" STR_FMT, STR_ARG(item->field), STR_ARG(item->msg));
    }
    return 1;
}

static int usage(const char *what, const char *which)
{
    complain("%s \"%s\"; see numgate-failover --help", what, which);
    return EXIT_USAGE;
}

/* ---- commands ---- */

static int print_generated(void (*write)(const struct config_schema *schema, struct buf *out))
{
    CLEANUP(buf_clear) struct buf out;
    buf_init(&out, LIMIT_REPLY);
    write(&settings_schema, &out);
    return !buf_failed(&out) && fwrite(out.p, 1, out.n, stdout) == out.n && fflush(stdout) == 0 ? 0 : 1;
}

static int run_run(const struct arguments *arguments, const struct site *site UNUSED)
{
    return run(arguments->config);
}

static int run_status(const struct arguments *arguments, const struct site *site)
{
    return status(site, arguments->json);
}

static int run_point(const struct arguments *arguments, const struct site *site)
{
    return arguments->region != NULL ? point(site, arguments->region, arguments->force)
                                     : usage("point needs", "--region");
}

static int run_check(const struct arguments *arguments, const struct site *site UNUSED)
{
    return check(arguments->config);
}

static int run_example_config(const struct arguments *arguments UNUSED, const struct site *site UNUSED)
{
    return print_generated(config_write_sample);
}

static int run_options(const struct arguments *arguments UNUSED, const struct site *site UNUSED)
{
    return print_generated(config_write_markdown);
}

static const struct command {
    const char *name;
    int (*run)(const struct arguments *arguments, const struct site *site);
    bool wants_site;
    unsigned flags;
    const char *help;
} commands[] = {
    {"run", run_run, false, FLAG_CONFIG, "watch the regions and repoint the record, until SIGTERM"},
    {"status", run_status, true, FLAG_CONFIG | FLAG_JSON, "probe every region and ask every DNS server once"},
    {"point", run_point, true, FLAG_CONFIG | FLAG_REGION | FLAG_FORCE, "make the record name a region"},
    {"check", run_check, false, FLAG_CONFIG,
     "try configuration, servers, zone, key and regions, and change nothing"},
    {"example-config", run_example_config, false, 0, "print a configuration file with every option"},
    {"options", run_options, false, 0, "print the options as Markdown"},
};

/* One that uses the configuration. */
static int run_on_site(const struct command *command, const struct arguments *arguments)
{
    struct site site;
    struct err err = {0};
    CLEANUP(arena_freep) struct arena *mem = arena_new_secret(SETTINGS_BYTES_MAX);
    if (site_load(arguments->config, mem, &site, &err) != RC_OK) {
        return complain_of(&err);
    }
    return command->run(arguments, &site);
}

static int run_command(const struct arguments *arguments, unsigned given)
{
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (strcmp(arguments->command, commands[i].name) != 0) {
            continue;
        }
        for (size_t j = 0; j < ARRAY_LEN(flags); j++) {
            if ((given & flags[j].bit & ~commands[i].flags) != 0) {
                return usage("this command does not take", flags[j].name);
            }
        }
        return commands[i].wants_site ? run_on_site(&commands[i], arguments)
                                      : commands[i].run(arguments, NULL);
    }
    return usage("there is no command", arguments->command);
}

/* ---- arguments ---- */

static void print_help(FILE *to)
{
    fputs("numgate-failover " NUMGATE_VERSION ", watches the regions and repoints provapi.<base domain>\n\n"
          "usage: numgate-failover COMMAND [FLAG...]\n\n",
          to);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        fprintf(to, "  %-16s%s\n", commands[i].name, commands[i].help);
    }
    fputc('\n', to);
    for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
        fprintf(to, "  %-10s%-5s %s\n", flags[i].name, flags[i].value != NULL ? flags[i].value : "",
                flags[i].help);
    }
    fputs("  --version       print the version\n"
          "  --help          print this\n\n"
          "examples:\n"
          "  numgate-failover example-config > numgate-failover.conf\n"
          "  numgate-failover check --config numgate-failover.conf\n"
          "  numgate-failover status --json\n"
          "  numgate-failover point --region 1\n",
          to);
}

/* Takes a flag, and its value from the next argument. */
static int take_flag(char **argv, int argc, int *at, struct arguments *ret, unsigned *given)
{
    for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
        void *to = (char *)ret + flags[i].offset;
        if (strcmp(argv[*at], flags[i].name) != 0) {
            continue;
        }
        *given |= flags[i].bit;
        if (flags[i].value == NULL) {
            *(bool *)to = true;
            return 0;
        }
        if (*at + 1 == argc) {
            return usage("a value is missing behind", argv[*at]);
        }
        *(const char **)to = argv[++*at];
        return 0;
    }
    return usage("there is no flag", argv[*at]);
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.config = DEFAULT_CONFIG};
    unsigned given = 0;
    mem_abort_when_exhausted();
    log_setup("numgate-failover", LOG_INFO, LOG_AUTO);
    for (int i = 1; i < argc; i++) {
        int code = 0;
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "--version") == 0) {
            argv[i][2] == 'h' ? print_help(stdout) : (void)puts("numgate-failover " NUMGATE_VERSION);
            return 0;
        }
        if (argv[i][0] == '-') {
            code = take_flag(argv, argc, &i, &arguments, &given);
        } else if (arguments.command == NULL) {
            arguments.command = argv[i];
        } else {
            code = usage("one argument too many:", argv[i]);
        }
        if (code != 0) {
            return code;
        }
    }
    if (arguments.command == NULL) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    return run_command(&arguments, given);
}
