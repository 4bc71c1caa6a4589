/* How far long work is, on standard error: a bar on a terminal, else a line now and then. One thread at a time. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct bar {
    const char *who; /* begins each line: "numgated backup" */
    bool terminal;
    bool silent; /* shows nothing */
    bool shown;
    int64_t begun_us, told_us;
};
struct bar_state {
    const char *doing, *what; /* "copying", "number"; what may be empty */
    const char *unit;         /* "rows" */
    int64_t done, all;        /* all 0: not known */
};

void bar_init(struct bar *bar, const char *who);
/* Cheap enough for each step: most calls draw nothing. */
void bar_show(struct bar *bar, const struct bar_state *now);
void bar_end(struct bar *bar); /* the bar goes; before anything else is printed */
