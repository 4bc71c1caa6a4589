#include "common/base/bar.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"

#include "common/base/banned.h"

#define BAR_CELLS 24
#define BAR_US    100000  /* between two pictures */
#define LINE_US   2000000 /* between two lines */

void bar_init(struct bar *bar, const char *who)
{
    *bar = (struct bar){.who = who, .terminal = isatty(STDERR_FILENO) == 1, .begun_us = clock_mono_us()};
    bar->told_us = bar->begun_us;
}

static void draw(struct bar *bar, const struct bar_state *now, const char *pace)
{
    char cells[BAR_CELLS + 1];
    int full = now->all > 0 ? (int)(now->done * BAR_CELLS / now->all) : 0;
    full = full < 0 ? 0 : full > BAR_CELLS ? BAR_CELLS : full;
    memset(cells, '-', BAR_CELLS);
    memset(cells, '#', (size_t)full);
    cells[BAR_CELLS] = '\0';
    fprintf(stderr, "\r[%s] ", cells);
    bar->shown = true;
    fprintf(stderr, "%s %s%s%s\033[K", now->doing, now->what, now->what[0] != '\0' ? " " : "", pace);
    fflush(stderr);
}

/* "300 of 10000 rows, 120 a second, 81 s left" */
static void write_pace(const struct bar *bar, const struct bar_state *now, int64_t now_us, char *ret,
                       size_t size)
{
    int64_t elapsed_ms = (now_us - bar->begun_us) / 1000;
    char all[40] = "", left[40] = "";
    double each_ms = now->done > 0 ? (double)elapsed_ms / (double)now->done : 0;
    if (now->all > 0) {
        snprintf(all, sizeof(all), " of %lld", (long long)now->all);
    }
    if (now->all > now->done && each_ms > 0) {
        snprintf(left, sizeof(left), ", %.0f s left", each_ms * (double)(now->all - now->done) / 1000);
    }
    if (each_ms > 0) {
        snprintf(ret, size, "%lld%s %s, %.0f a second%s", (long long)now->done, all, now->unit,
                 1000 / each_ms, left);
    } else {
        snprintf(ret, size, "%lld%s %s", (long long)now->done, all, now->unit);
    }
}

void bar_show(struct bar *bar, const struct bar_state *now)
{
    char pace[160];
    int64_t now_us = clock_mono_us();
    if (bar->silent || now_us - bar->told_us < (bar->terminal ? BAR_US : LINE_US)) {
        return;
    }
    bar->told_us = now_us;
    write_pace(bar, now, now_us, pace, sizeof(pace));
    if (bar->terminal) {
        draw(bar, now, pace);
    } else {
        fprintf(stderr, "%s: %s %s%s%s\n", bar->who, now->doing, now->what, now->what[0] != '\0' ? " " : "",
                pace);
    }
}

void bar_end(struct bar *bar)
{
    if (bar->shown) {
        fputs("\r\033[K", stderr);
        bar->shown = false;
    }
}
