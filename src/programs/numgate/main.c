/* numgate: finds the command, opens the client, runs it. */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "programs/numgate/completion.h"
#include "programs/numgate/talk.h"

#include "common/base/banned.h"

#define MEMORY_MAX ((size_t)256 * 1024 * 1024)

static atomic_bool interrupted;

bool cli_interrupted(void)
{
    return atomic_load(&interrupted);
}

/* ---- messages ---- */

int cli_fail(enum exit_code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("numgate: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return (int)code;
}

int cli_fail_err(const struct err *err)
{
    for (const struct err_item *item = err->details != NULL ? err->details->first : NULL; item != NULL;
         item = item->next) {
        fprintf(stderr, "numgate: %" STR_FMT "%s%" STR_FMT "\n", STR_ARG(item->field),
                item->field.n > 0 ? ": " : "", STR_ARG(item->msg));
    }
    return err->details != NULL ? EXIT_USAGE
                                : cli_fail(err->rc == RC_INVALID ? EXIT_USAGE : EXIT_OTHER, "%s%s%s",
                                           err->field, err->field[0] != '\0' ? ": " : "", err->msg);
}

void cli_tell(struct cli *cli, const char *format, ...)
{
    va_list args;
    if (cli->arguments.quiet) {
        return;
    }
    bar_end(&cli->bar);
    va_start(args, format);
    fputs("numgate: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

int cli_confirm(const struct cli *cli, const char *question)
{
    char answer[16] = "";
    if (cli->arguments.yes) {
        return EXIT_OK;
    }
    if (isatty(STDIN_FILENO) != 1) {
        return cli_fail(EXIT_USAGE, "%s? Nobody is there to say so: --yes does", question);
    }
    fprintf(stderr, "%s? [y/N] ", question);
    bool yes = fgets(answer, sizeof(answer), stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y');
    return yes ? EXIT_OK : cli_fail(EXIT_USAGE, "left alone");
}

/* As head does when it has enough. */
static bool reader_left(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

int cli_flush(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout)) {
        return EXIT_OK;
    }
    return reader_left() ? EXIT_OTHER : cli_fail(EXIT_OTHER, "standard output cannot be written");
}

/* ---- signals ---- */

static void ending_signals(sigset_t *ret)
{
    sigemptyset(ret);
    sigaddset(ret, SIGINT);
    sigaddset(ret, SIGTERM);
}

/* The first one ends the call under way; who asks twice does not want to wait. */
static void *wait_for_signals(void *arg)
{
    struct cli *cli = arg;
    sigset_t signals;
    int number;
    ending_signals(&signals);
    while (sigwait(&signals, &number) == 0) {
        int state;
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
        if (atomic_exchange(&interrupted, true)) {
            _exit(128 + number);
        }
        numgate_cancel(cli->numgate);
        pthread_setcancelstate(state, NULL);
    }
    return NULL;
}

static int watch_signals(struct cli *cli, pthread_t *ret)
{
    if (pthread_create(ret, NULL, wait_for_signals, cli) != 0) {
        return cli_fail(EXIT_OTHER, "no thread can be made");
    }
    return EXIT_OK;
}

/* ---- the command ---- */

static bool fits(const struct command *command, const struct arguments *arguments)
{
    return arguments->count > 0 && strcmp(arguments->operands[0], command->noun) == 0 &&
           (command->verb == NULL ||
            (arguments->count > 1 && strcmp(arguments->operands[1], command->verb) == 0));
}

static int no_command(const struct arguments *arguments)
{
    const char *noun = arguments->operands[0], *nearest = NULL;
    unsigned best = UINT32_MAX;
    for (size_t i = 0; i < command_count; i++) {
        if (strcmp(noun, commands[i].noun) == 0) {
            fprintf(stderr, "numgate: %s ", noun);
            for (; i < command_count && strcmp(noun, commands[i].noun) == 0; i++) {
                fprintf(stderr, "%s%s", commands[i].verb,
                        i + 1 < command_count && strcmp(noun, commands[i + 1].noun) == 0 ? "|" : "\n");
            }
            return EXIT_USAGE;
        }
        nearest = is_nearer(str_of(noun), commands[i].noun, &best) ? commands[i].noun : nearest;
    }
    return cli_fail(EXIT_USAGE, "there is no command \"%s\"%s%s%s; see numgate --help", noun,
                    nearest != NULL ? "; did you mean \"" : "", nearest != NULL ? nearest : "",
                    nearest != NULL ? "\"?" : "");
}

static const struct command *find_command(const struct arguments *arguments)
{
    for (size_t i = 0; i < command_count; i++) {
        if (fits(&commands[i], arguments)) {
            return &commands[i];
        }
    }
    return NULL;
}

static int check_use(const struct cli *cli, uint64_t given)
{
    const struct command *command = cli->command;
    const char *verb = command->verb != NULL ? command->verb : "";
    for (size_t i = 0; i < flag_count; i++) {
        if ((given >> i & 1) != 0 && flags[i].bit != 0 && (flags[i].bit & command->flags) == 0) {
            return cli_fail(EXIT_USAGE, "%s %s does not take %s", command->noun, verb, flags[i].name);
        }
    }
    if (cli->arguments.count < command->operands_min || cli->arguments.count > command->operands_max) {
        return cli_fail(EXIT_USAGE, "usage: numgate %s %s%s%s", command->noun, verb,
                        verb[0] != '\0' ? " " : "", command->operands);
    }
    return EXIT_OK;
}

static int run_online(struct cli *cli)
{
    pthread_t watcher;
    sigset_t signals;
    ending_signals(&signals);
    signal(SIGPIPE, SIG_IGN);
    pthread_sigmask(SIG_BLOCK, &signals,
                    NULL); /* before the library starts its thread, which takes it over */
    int code = client_open(cli);
    code = code == EXIT_OK ? watch_signals(cli, &watcher) : code;
    if (code == EXIT_OK) {
        code = cli->command->run(cli);
        pthread_cancel(watcher);
        pthread_join(watcher, NULL);
    }
    return code;
}

static int run(struct cli *cli)
{
    struct err err = {0};
    bool texts = cli->command->run == run_completion || cli->command->run == run_manual;
    if (!texts && profile_load(&cli->arguments, cli->mem, &cli->profile, &err) != RC_OK) {
        return cli_fail_err(&err);
    }
    return cli->command->offline ? cli->command->run(cli) : run_online(cli);
}

/* "help COMMAND" is "COMMAND --help". */
static void take_help(struct arguments *arguments)
{
    if (arguments->count > 0 && strcmp(arguments->operands[0], "help") == 0) {
        arguments->help = true;
        arguments->operands++;
        arguments->count--;
    }
}

static int choose(struct cli *cli, uint64_t given)
{
    struct arguments *arguments = &cli->arguments;
    take_help(arguments);
    if (arguments->count == 0) {
        help_print(arguments->help ? stdout : stderr);
        return arguments->help ? EXIT_OK : EXIT_USAGE;
    }
    cli->command = find_command(arguments);
    if (cli->command == NULL) {
        bool shown =
            arguments->help && arguments->count == 1 && help_print_noun(arguments->operands[0], stdout);
        return shown ? EXIT_OK : no_command(arguments);
    }
    if (arguments->help) {
        help_print_command(cli->command, stdout);
        return EXIT_OK;
    }
    int words = cli->command->verb != NULL ? 2 : 1;
    arguments->operands += words;
    arguments->count -= words;
    cli->color = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == NULL && !arguments->no_color;
    int code = check_use(cli, given);
    return code == EXIT_OK ? run(cli) : code;
}

int main(int argc, char **argv)
{
    struct cli cli = {0};
    struct err err = {0};
    uint64_t given;
    mem_abort_when_exhausted();
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("numgate " NUMGATE_VERSION);
        return cli_flush();
    }
    const char **operands = mem_alloc_array((size_t)argc + 1, sizeof(*operands));
    cli.mem = arena_new_secret(MEMORY_MAX);
    int code = arguments_parse(argc, argv, operands, &cli.arguments, &given, &err) == RC_OK
                   ? choose(&cli, given)
                   : cli_fail_err(&err);
    numgate_close(cli.numgate);
    arena_free(cli.mem);
    mem_free(operands);
    return code == EXIT_OK ? cli_flush() : code; /* not every command looks */
}
