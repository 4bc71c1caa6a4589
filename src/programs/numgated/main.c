/* numgated: the command line, and nothing else. */
#include <stdio.h>

#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/crypto/certificate.h"
#include "gateway/ops/ops.h"
#include "programs/numgated/seed.h"
#include "programs/numgated/serve.h"
#include "programs/numgated/settings.h"

#include "common/base/banned.h"

#define DEFAULT_CONFIG "/etc/numgate/numgated.conf"
#define EXIT_USAGE     2

struct arguments {
    const char *config;
    const char *operands[2];
    int count;
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

static int run_serve(const struct arguments *arguments)
{
    return serve(arguments->config);
}

static const struct {
    const char *name;
    int (*run)(const struct arguments *arguments);
    int operands_max;
    const char *help;
} commands[] = {
    {"serve", run_serve, 0, "run the daemon (also when no command is given)"},
    {"check-config", run_check_config, 1, "read a configuration file and say what is wrong with it"},
    {"example-config", run_example_config, 0, "print a configuration file with every option"},
    {"options", run_options, 0, "print the options as Markdown"},
    {"openapi", run_openapi, 0, "print the OpenAPI document, as served at /openapi.json"},
    {"seed", run_seed, 1, "load requests for information and civic addresses into a test target"},
};

static void print_help(FILE *to)
{
    fputs("numgated " NUMGATE_VERSION ", a Provisioning API for telephone numbers in Teams and Zoom\n\n"
          "usage: numgated [--config FILE] [COMMAND] [FILE]\n\n",
          to);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        fprintf(to, "  %-16s%s\n", commands[i].name, commands[i].help);
    }
    fputs("\n  --config FILE   the configuration; " DEFAULT_CONFIG " unless given\n"
          "  --version       print the version\n"
          "  --help          print this\n\n"
          "examples:\n"
          "  numgated example-config > numgated.conf\n"
          "  numgated check-config numgated.conf\n"
          "  numgated --config numgated.conf\n",
          to);
}

static int usage(const char *what, const char *which)
{
    fprintf(stderr, "numgated: %s \"%s\"; see numgated --help\n", what, which);
    return EXIT_USAGE;
}

static int run_command(const char *name, const struct arguments *arguments)
{
    struct str typed = str_of(name);
    const char *nearest = NULL;
    unsigned best = 4;
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (str_eq(typed, str_of(commands[i].name))) {
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

int main(int argc, char **argv)
{
    struct arguments arguments = {.config = DEFAULT_CONFIG};
    const char *command = NULL;
    mem_abort_when_exhausted();
    log_setup("numgated", LOG_INFO, LOG_AUTO);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "--version") == 0) {
            argv[i][2] == 'h' ? print_help(stdout) : (void)puts("numgated " NUMGATE_VERSION);
            return 0;
        }
        if (strcmp(argv[i], "--config") == 0) {
            if (i + 1 == argc) {
                return usage("a file is missing behind", argv[i]);
            }
            arguments.config = argv[++i];
        } else if (argv[i][0] == '-') {
            return usage("there is no flag", argv[i]);
        } else if (command == NULL) {
            command = argv[i];
        } else if (arguments.count < (int)ARRAY_LEN(arguments.operands)) {
            arguments.operands[arguments.count++] = argv[i];
        } else {
            return usage("one argument too many:", argv[i]);
        }
    }
    return run_command(command != NULL ? command : "serve", &arguments);
}
