/* numgate: what its files share. A command is a row of commands.c; main.c finds it, opens the client and runs it.
 *
 * Standard output has what was asked for: tables for people, with --json one JSON object a line. Everything else, such as progress and what
 * went wrong, goes to standard error. */
#pragma once
#include <numgate.h>

#include "common/base/arena.h"
#include "common/base/bar.h"
#include "common/base/err.h"
#include "programs/numgate/arguments.h"
#include "programs/numgate/profile.h"

enum exit_code {
    EXIT_OK,
    EXIT_OTHER,
    EXIT_USAGE,
    EXIT_NOT_FOUND,
    EXIT_AUTH,
    EXIT_CONFLICT,
    EXIT_RATE_LIMITED,
    EXIT_UNAVAILABLE,
    EXIT_SOME_FAILED
};

struct column;

struct command {
    const char *noun, *verb; /* verb NULL: the noun alone */
    const char *operands;    /* as help shows them: "ACCOUNT NUMBER..." */
    int operands_min, operands_max;
    unsigned flags; /* which of the flags that not every command takes */
    int (*run)(struct cli *cli);
    const char *summary; /* one line */
    const char *more;    /* whole sentences for the manual; NULL: none */
    bool offline;        /* needs no server */
    /* For the runs of resources.c: */
    const char *method, *path; /* {0} is the first operand, percent-encoded */
    const struct column *columns;
};

struct cli {
    const struct command *command;
    struct arguments arguments;
    struct profile profile;
    struct numgate *numgate; /* NULL for commands that are offline */
    struct arena *mem;       /* for as long as the program runs */
    bool color;              /* standard output is a terminal that may have colours */
    struct bar bar;          /* of the work under way; cli_tell() takes it away before it speaks */
    char told[512];          /* why the call under way waits, as it was said last; empty: it does not */
    int told_status;         /* with which status */
    int64_t told_ms;         /* when */
};

extern const struct command commands[];
extern const size_t command_count;

/* SIGINT or SIGTERM came: the call under way has ended, and the command should. */
bool cli_interrupted(void);

/* "numgate: ..." on standard error; the exit code. */
PRINTF_LIKE(2, 3) int cli_fail(enum exit_code code, const char *format, ...);
int cli_fail_err(const struct err *err);
/* Something worth knowing, unless --quiet. */
PRINTF_LIKE(2, 3) void cli_tell(struct cli *cli, const char *format, ...);
/* With --yes, or a "y" typed at a terminal. Else the exit code is EXIT_USAGE, and why was said. */
int cli_confirm(const struct cli *cli, const char *question);
int cli_flush(
    void); /* standard output: EXIT_OK, or EXIT_OTHER when it cannot be written, silently when nobody reads it any more */
