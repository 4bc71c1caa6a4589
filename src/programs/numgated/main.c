/* numgated: the command line, and nothing else. */
#include <stdio.h>

#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/crypto/certificate.h"
#include "gateway/ops/ops.h"
#include "gateway/ops/portal_files.h"
#include "programs/numgated/reset.h"
#include "programs/numgated/seed.h"
#include "programs/numgated/serve.h"
#include "programs/numgated/settings.h"
#include "programs/numgated/transfer.h"

#include "common/base/banned.h"

#define DEFAULT_CONFIG "/etc/numgate/numgated.conf"
#define EXIT_USAGE     2

struct arguments {
    const char *config; /* never NULL when a command runs */
    bool config_given;
    const char *operands[2];
    int count;
    const char *from, *to, *password_file;
    bool json, verify;
};

/* Flags that not every command takes: a bit each, in `commands`. */
enum flag {
    FLAG_FROM = 1 << 0,
    FLAG_TO = 1 << 1,
    FLAG_PASSWORD_FILE = 1 << 2,
    FLAG_JSON = 1 << 3,
    FLAG_VERIFY = 1 << 4
};
static const struct {
    const char *name, *value; /* NULL: it has none */
    size_t offset;            /* in struct arguments */
    unsigned bit;             /* 0: for every command */
    const char *help;
} flags[] = {
    {"--config", "FILE", offsetof(struct arguments, config), 0,
     "the configuration; " DEFAULT_CONFIG " unless given"},
    {"--from", "URL", offsetof(struct arguments, from), FLAG_FROM,
     "the store to move, such as sqlite:/var/lib/numgate/numgate.db"},
    {"--to", "URL", offsetof(struct arguments, to), FLAG_TO,
     "the empty store to move to, such as postgresql://numgate@host/numgate"},
    {"--password-file", "FILE", offsetof(struct arguments, password_file), FLAG_PASSWORD_FILE,
     "holds the password for PostgreSQL"},
    {"--verify", NULL, offsetof(struct arguments, verify), FLAG_VERIFY,
     "check the backup; where it is restored, compare row by row"},
    {"--json", NULL, offsetof(struct arguments, json), FLAG_JSON, "print a JSON object for each table"},
};

static int print_and_clear(struct buf *out)
{
    bool ok = !buf_failed(out) && fwrite(out->p, 1, out->n, stdout) == out->n && fflush(stdout) == 0;
    buf_clear(out);
    return ok ? 0 : 1;
}

static int print_generated(void (*write)(const struct config_schema *schema, struct buf *out))
{
    struct buf out;
    buf_init(&out, LIMIT_REPLY);
    write(&settings_schema, &out);
    return print_and_clear(&out);
}

static int run_openapi(const struct arguments *arguments)
{
    (void)arguments;
    struct buf out;
    buf_init(&out, LIMIT_REPLY);
    ops_openapi(&out);
    return print_and_clear(&out);
}

static int run_example_config(const struct arguments *arguments)
{
    (void)arguments;
    return print_generated(config_write_sample);
}

static int run_options(const struct arguments *arguments)
{
    (void)arguments;
    return print_generated(config_write_markdown);
}

static void print_findings(const struct err *err)
{
    const struct err_item *item = err->details != NULL ? err->details->first : NULL;
    if (item == NULL) {
        fprintf(stderr, "%s%s%s\n", err->field, err->field[0] != '\0' ? ": " : "", err->msg);
    }
    for (; item != NULL; item = item->next) {
        fprintf(stderr, "%" STR_FMT ": %" STR_FMT "\n", STR_ARG(item->field), STR_ARG(item->msg));
    }
}

static enum rc check_portal_files(const struct settings *settings, struct err *err)
{
    struct portal_files *files = NULL;
    enum rc rc =
        settings_have_portal(settings) ? portal_files_read(settings->portal.files.p, &files, err) : RC_OK;
    portal_files_free(files);
    return rc;
}

static int run_check_config(const struct arguments *arguments)
{
    const char *path = arguments->count > 0 ? arguments->operands[0] : arguments->config;
    struct settings settings;
    struct err err = {0};
    struct arena *mem = arena_new(LIMIT_REPLY);
    enum rc rc = settings_load(path, mem, &settings, &err);
    if (rc == RC_OK && !str_empty(settings.server.tls_certificate)) {
        rc = crypto_key_fits(settings.server.tls_certificate.p, settings.server.tls_key.p, &err);
    }
    if (rc == RC_OK) {
        rc = check_portal_files(&settings, &err);
    }
    if (rc == RC_OK) {
        printf("%s: good\n", path);
    } else {
        print_findings(&err);
    }
    arena_free(mem);
    return rc == RC_OK ? 0 : 1;
}

static int run_seed(const struct arguments *arguments)
{
    if (arguments->count != 1) {
        fprintf(stderr, "numgated seed needs one file; see numgated --help\n");
        return EXIT_USAGE;
    }
    return seed(arguments->config, arguments->operands[0]);
}

static int usage(const char *what, const char *which)
{
    fprintf(stderr, "numgated: %s \"%s\"; see numgated --help\n", what, which);
    return EXIT_USAGE;
}

static int run_backup(const struct arguments *arguments)
{
    return arguments->count == 1 ? backup(arguments->config, arguments->operands[0], arguments->json)
                                 : usage("a file is missing behind", "backup");
}

static int run_restore(const struct arguments *arguments)
{
    if (arguments->count != 1) {
        return usage("a file is missing behind", "restore");
    }
    bool only_checked = arguments->verify && !arguments->config_given && arguments->to == NULL;
    const struct restore_request request = {
        .file = arguments->operands[0],
        .to = arguments->to,
        .config_path = only_checked ? NULL : arguments->config,
        .password_file = arguments->password_file,
        .verify = arguments->verify,
        .json = arguments->json,
    };
    return restore(&request);
}

static int run_reset(const struct arguments *arguments)
{
    return reset(arguments->config);
}

static int run_migrate_store(const struct arguments *arguments)
{
    if (arguments->from == NULL || arguments->to == NULL) {
        return usage("migrate-store needs", arguments->from == NULL ? "--from" : "--to");
    }
    return migrate_store(arguments->from, arguments->to, arguments->password_file, arguments->json);
}

static int run_serve(const struct arguments *arguments)
{
    return serve(arguments->config);
}

static const struct {
    const char *name;
    int (*run)(const struct arguments *arguments);
    int operands_max;
    unsigned flags;
    const char *help;
} commands[] = {
    {"serve", run_serve, 0, 0, "run the daemon (also when no command is given)"},
    {"check-config", run_check_config, 1, 0, "read a configuration file and say what is wrong with it"},
    {"example-config", run_example_config, 0, 0, "print a configuration file with every option"},
    {"options", run_options, 0, 0, "print the options as Markdown"},
    {"openapi", run_openapi, 0, 0, "print the OpenAPI document, as served at /openapi.json"},
    {"seed", run_seed, 1, 0, "load requests for information and civic addresses into a test target"},
    {"reset", run_reset, 0, 0, "empty the store of a test target, while the daemon runs or does not"},
    {"backup", run_backup, 1, FLAG_JSON, "copy the store into a new file, while the daemon runs"},
    {"restore", run_restore, 1, FLAG_TO | FLAG_PASSWORD_FILE | FLAG_VERIFY | FLAG_JSON,
     "copy a backup into an empty store; with --verify alone: only check it"},
    {"migrate-store", run_migrate_store, 0, FLAG_FROM | FLAG_TO | FLAG_PASSWORD_FILE | FLAG_JSON,
     "move a store into another database, compared row by row"},
};

static void print_help(FILE *to)
{
    fputs("numgated " NUMGATE_VERSION ", a Provisioning API for telephone numbers in Teams and Zoom\n\n"
          "usage: numgated [--config FILE] [COMMAND] [FILE]\n\n",
          to);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        fprintf(to, "  %-16s%s\n", commands[i].name, commands[i].help);
    }
    fputc('\n', to);
    for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
        fprintf(to, "  %-16s%-5s %s\n", flags[i].name, flags[i].value != NULL ? flags[i].value : "",
                flags[i].help);
    }
    fputs("  --version             print the version\n"
          "  --help                print this\n\n"
          "examples:\n"
          "  numgated example-config > numgated.conf\n"
          "  numgated check-config numgated.conf\n"
          "  numgated --config numgated.conf\n"
          "  numgated backup /var/lib/numgate/monday.backup\n"
          "  numgated restore --verify /var/lib/numgate/monday.backup\n",
          to);
}

/* The name of a flag that was given and is none of the command's; NULL: there is none. */
static const char *flag_too_many(const struct arguments *arguments, unsigned allowed)
{
    for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
        const void *at = (const char *)arguments + flags[i].offset;
        bool given = flags[i].value != NULL ? *(const char *const *)at != NULL : *(const bool *)at;
        if (given && flags[i].bit != 0 && (flags[i].bit & allowed) == 0) {
            return flags[i].name;
        }
    }
    return NULL;
}

static int run_command(const char *name, const struct arguments *arguments)
{
    struct str typed = str_of(name);
    const char *nearest = NULL;
    unsigned best = 4;
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (str_eq(typed, str_of(commands[i].name))) {
            const char *flag = flag_too_many(arguments, commands[i].flags);
            if (flag != NULL) {
                return usage("this command does not take", flag);
            }
            bool fits = arguments->count <= commands[i].operands_max;
            return fits ? commands[i].run(arguments) : usage("too many arguments for", name);
        }
        unsigned distance = str_distance(typed, str_of(commands[i].name));
        nearest = distance < best ? commands[i].name : nearest;
        best = distance < best ? distance : best;
    }
    fprintf(stderr, "numgated: there is no command \"%s\"%s%s%s; see numgated --help\n", name,
            nearest != NULL ? "; did you mean \"" : "", nearest != NULL ? nearest : "",
            nearest != NULL ? "\"?" : "");
    return EXIT_USAGE;
}

/* Takes a flag, and its value from the next argument. */
static int take_flag(char **argv, int argc, int *at, struct arguments *ret)
{
    for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
        void *to = (char *)ret + flags[i].offset;
        if (strcmp(argv[*at], flags[i].name) != 0) {
            continue;
        }
        if (flags[i].value == NULL) {
            *(bool *)to = true;
            return 0;
        }
        if (*at + 1 == argc) {
            return usage(strcmp(flags[i].value, "FILE") == 0 ? "a file is missing behind"
                                                             : "a URL is missing behind",
                         argv[*at]);
        }
        *(const char **)to = argv[++*at];
        return 0;
    }
    return usage("there is no flag", argv[*at]);
}

static int take_operand(const char *operand, const char **command, struct arguments *ret)
{
    if (*command == NULL) {
        *command = operand;
        return 0;
    }
    if (ret->count == (int)ARRAY_LEN(ret->operands)) {
        return usage("one argument too many:", operand);
    }
    ret->operands[ret->count++] = operand;
    return 0;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {0};
    const char *command = NULL;
    mem_abort_when_exhausted();
    log_setup("numgated", LOG_INFO, LOG_AUTO);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "--version") == 0) {
            argv[i][2] == 'h' ? print_help(stdout) : (void)puts("numgated " NUMGATE_VERSION);
            return 0;
        }
        int status = argv[i][0] == '-' ? take_flag(argv, argc, &i, &arguments)
                                       : take_operand(argv[i], &command, &arguments);
        if (status != 0) {
            return status;
        }
    }
    arguments.config_given = arguments.config != NULL;
    arguments.config = arguments.config_given ? arguments.config : DEFAULT_CONFIG;
    return run_command(command != NULL ? command : "serve", &arguments);
}
