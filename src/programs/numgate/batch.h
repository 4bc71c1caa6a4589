/* Numbers on their way: up to 100 make a request. A request that is refused is taken apart: the numbers that the answer names go, or, where
 * it names none, its halves are tried, until each bad number is known. */
#pragma once
#include "programs/numgate/cli.h"

struct batch_item {
    uint64_t row;
    int64_t number;
    struct str text; /* the row, for the rejects */
    struct str json; /* the number, for the request */
};

struct batch {
    struct cli *cli;
    const char *account;
    const char *path; /* of the action */
    bool whole;       /* a refusal ends it, nothing is taken apart */
    void (*reject)(void *arg, const struct batch_item *item, const char *reason);
    void *arg;
    struct batch_item items[100];
    size_t count;
    size_t bytes; /* of their JSON */
    struct arena *mem;
    int64_t sent, rejected;
};

bool batch_is_full(const struct batch *batch);
/* Sends and empties it. EXIT_OK though rows were rejected; else nothing more can be sent, and why was said. */
int batch_send(struct batch *batch);
