#include "programs/numgated/progress.h"

#include <stdio.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/json/write.h"

#include "common/base/banned.h"

#define REPORT_BYTES 1024 /* a line of it */

/* A signal that comes is asked for, between two steps: there is nothing a handler would have to do. */
static void ending_signals(sigset_t *ret)
{
    sigemptyset(ret);
    sigaddset(ret, SIGINT);
    sigaddset(ret, SIGTERM);
}

void progress_init(struct progress *progress, const char *command)
{
    progress->command = command;
    snprintf(progress->who, sizeof(progress->who), "numgated %s", command);
    bar_init(&progress->bar, progress->who);
}

void progress_hold_signals(void)
{
    sigset_t signals;
    ending_signals(&signals);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

void progress_show(struct progress *progress, const struct move_progress *now)
{
    bar_show(
        &progress->bar,
        &(struct bar_state){
            .doing = now->doing, .what = now->table, .unit = now->unit, .done = now->done, .all = now->all});
}

bool progress_watch(void *arg, const struct move_progress *now)
{
    sigset_t signals;
    const struct timespec at_once = {0};
    ending_signals(&signals);
    progress_show(arg, now);
    return sigtimedwait(&signals, NULL, &at_once) < 0;
}

void progress_end(struct progress *progress)
{
    bar_end(&progress->bar);
}

static void print_json(const struct move_table *table)
{
    struct buf line;
    struct json_out out;
    buf_init(&line, REPORT_BYTES);
    json_out_init(&out, &line);
    json_object_begin(&out);
    json_str_member(&out, "table", str_of(table->name));
    json_i64_member(&out, "rows", table->rows);
    json_str_member(&out, "sha256", table->sha256[0] != '\0' ? str_of(table->sha256) : STR_NONE);
    json_object_end(&out);
    printf("%" STR_FMT "\n", STR_ARG(buf_str(&line)));
    buf_clear(&line);
}

void report_print(const struct move_report *report, bool json)
{
    for (size_t i = 0; i < report->count; i++) {
        const struct move_table *table = &report->tables[i];
        if (json) {
            print_json(table);
        } else {
            printf("%-14s %10lld rows%s%s\n", table->name, (long long)table->rows,
                   table->sha256[0] != '\0' ? "  sha256 " : "", table->sha256);
        }
    }
}

int command_failed(const char *command, const struct err *err)
{
    fprintf(stderr, "numgated %s: %s%s%s\n", command, err->field, err->field[0] != '\0' ? ": " : "",
            err->msg);
    return 1;
}
