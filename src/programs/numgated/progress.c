#include "programs/numgated/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/json/write.h"

#include "common/base/banned.h"

#define BAR_CELLS    24
#define BAR_US       100000  /* between two pictures */
#define LINE_US      2000000 /* between two lines */
#define REPORT_BYTES 1024    /* a line of it */

/* A signal that comes is asked for, between two steps: there is nothing a handler would have to do. */
static void ending_signals(sigset_t *ret)
{
    sigemptyset(ret);
    sigaddset(ret, SIGINT);
    sigaddset(ret, SIGTERM);
}

void progress_init(struct progress *progress, const char *command)
{
    *progress = (struct progress){
        .command = command, .terminal = isatty(STDERR_FILENO) == 1, .begun_us = clock_mono_us()};
    progress->told_us = progress->begun_us;
}

void progress_hold_signals(void)
{
    sigset_t signals;
    ending_signals(&signals);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

static void show_bar(struct progress *progress, const struct move_progress *now, const char *pace)
{
    char cells[BAR_CELLS + 1];
    int full = now->all > 0 ? (int)(now->done * BAR_CELLS / now->all) : 0;
    memset(cells, '-', BAR_CELLS);
    memset(cells, '#', (size_t)full);
    cells[BAR_CELLS] = '\0';
    fprintf(stderr, "\r[%s] %s %s %lld of %lld %s%s\033[K", cells, now->doing, now->table,
            (long long)now->done, (long long)now->all, now->unit, pace);
    fflush(stderr);
    progress->bar_shown = true;
}

void progress_show(struct progress *progress, const struct move_progress *now)
{
    char pace[100] = "";
    int64_t now_us = clock_mono_us(), elapsed_ms = (now_us - progress->begun_us) / 1000;
    if (now_us - progress->told_us < (progress->terminal ? BAR_US : LINE_US)) {
        return;
    }
    progress->told_us = now_us;
    if (now->done > 0 && elapsed_ms > 0) {
        double each_ms = (double)elapsed_ms / (double)now->done;
        snprintf(pace, sizeof pace, ", %.0f a second, %.0f s left", 1000 / each_ms,
                 each_ms * (double)(now->all - now->done) / 1000);
    }
    if (progress->terminal) {
        show_bar(progress, now, pace);
    } else {
        fprintf(stderr, "numgated %s: %s %s %lld of %lld %s%s\n", progress->command, now->doing, now->table,
                (long long)now->done, (long long)now->all, now->unit, pace);
    }
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
    if (progress->bar_shown) {
        fputs("\r\033[K", stderr);
        progress->bar_shown = false;
    }
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
