/* The synchronization of a numgate server with its back end, and what commands for other work of the server share with it. */
#pragma once
#include <stdint.h>

struct cli;
struct json;

/* The kinds of work as a table. */
void print_work(struct cli *cli, const struct json *kinds);
/* And what of them has failed for longest, if anything. */
void print_failing(struct cli *cli, const struct json *kinds);
/* POSTs to `path`, again and again until the server says that there is no more; adds up what it counts. An exit code. */
int retry_all(struct cli *cli, const char *path, int64_t *count);

int run_sync_status(struct cli *cli);
int run_sync_retry(struct cli *cli);
int run_sync_pause(struct cli *cli); /* and resume: the command's method is the action */
int run_sync_reconcile(struct cli *cli);
int run_sync_release(struct cli *cli);
