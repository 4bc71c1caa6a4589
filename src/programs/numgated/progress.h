/* How far a long command is, for people on standard error, and what it did, on standard output. On a terminal a bar, else a line now
 * and then. */
#pragma once
#include <signal.h>

#include "common/base/bar.h"
#include "gateway/store/move.h"

struct progress {
    const char *command;
    struct bar bar;
    char who[64];
};
void progress_init(struct progress *progress, const char *command);
/* Before work that progress_watch() looks at: SIGINT and SIGTERM wait until it does. */
void progress_hold_signals(void);
/* A move_options.watch: false once one of them came. */
bool progress_watch(void *arg, const struct move_progress *now);
void progress_show(struct progress *progress, const struct move_progress *now);
void progress_end(struct progress *progress); /* the bar goes; before anything else is printed */

/* A line for each table: for people, or JSON. */
void report_print(const struct move_report *report, bool json);
/* "numgated COMMAND: why"; the exit status. */
int command_failed(const char *command, const struct err *err);
