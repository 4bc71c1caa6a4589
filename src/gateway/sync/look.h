/* What became of numbers that a job says nothing of, judged by what the back end has. For this room's files alone; outside of any
 * transaction. */
#pragma once
#include "gateway/sync/room.h"

struct look {
    const struct backend *backend;
    struct work_run *run;
    const struct backend_order *order;
    bool singly; /* no pages any more */
    bool read;   /* there is a page: of numbers behind `after` */
    int64_t after;
    struct backend_numbers page;
    size_t told; /* numbers it was asked for */
};

/* count: how many of the order's numbers will be looked at. Ascending ones are read fastest. */
void look_init(struct look *look, const struct backend *backend, struct work_run *run,
               const struct backend_order *order, size_t count);
/* An upload that cannot be seen is to be done again. RC_BUSY, too, when the run is to end. */
MUST_USE enum rc look_at(struct look *look, const struct backend_number *wanted, struct backend_entry *ret,
                         struct err *err);
