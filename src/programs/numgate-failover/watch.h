/* The watcher at work: a thread for each region that probes it, and one that reads the record, decides and writes.
 *
 * What is decided is decided upon the record as it was read a moment ago, never upon what this program wrote once: it keeps no state, so
 * it may be killed at any time, and several may run.
 *
 * Each thing is logged when it becomes so, and not again while it stays so. */
#pragma once
#include "common/base/metric.h"
#include "programs/numgate-failover/settings.h"

struct watch;

/* Starts the threads. `site` and `metrics` must outlive it. */
MUST_USE enum rc watch_start(const struct site *site, struct metrics *metrics, struct watch **ret,
                             struct err *err);
void watch_stop(struct watch *watch); /* ends what is under way; NULL is fine */
/* Could it do now what it is for? Any thread. False: *ret_why is static text. */
bool watch_ready(const struct watch *watch, const char **ret_why);
