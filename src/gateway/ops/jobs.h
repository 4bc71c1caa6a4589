/* /numgate/v1/jobs: bulk changes of numbers, for people and for programs. A job is given its numbers as a list with ranges, as a filter, or
 * as a file; its rows are found and judged (previewing, previewed), and applied when that is asked for (queued, applying, done). Each row
 * stands alone, and one whose number is not as the preview saw it is refused. The work is leased (gateway/work): any node does it, and
 * goes on where another one died. It is done with the rights of whoever asked for it, and audited under that name with the way "job".
 *
 *   jobs_give.c     a new job
 *   jobs_model.c    what is said and taken
 *   jobs_source.c   rows from what was given
 *   jobs_judge.c    rows against what is stored
 *   jobs_run.c      the work, by the job's state
 *   jobs_result.c   the result as CSV
 *
 * docs/jobs.md has the rules in words, docs/adr/0012 the reasons. Threads: the engine's own; everything declared here may be called on any. */
#pragma once
#include "common/base/metric.h"
#include "gateway/api/route.h"

struct domain_facts;
struct jobs;
struct repo;

extern const struct route_table ops_jobs_routes;

struct jobs_config {
    struct repo *repo; /* these outlive it */
    const struct domain_facts *facts;
    struct metrics *metrics; /* may be NULL */
};
MUST_USE enum rc jobs_start(const struct jobs_config *config, struct jobs **ret, struct err *err);
void jobs_stop(struct jobs *jobs); /* waits for slices under way; NULL is fine */
/* A committed change has made work of these kinds due (repo_job.touched). Cheap. */
void jobs_wake(struct jobs *jobs, unsigned outbox_kinds);
