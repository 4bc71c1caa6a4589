/* One piece of a job's work: see jobs_run.c for what it does when. */
#pragma once
#include "gateway/work/work.h"

struct domain_facts;

struct jobs_engine {
    struct work *work;
    const struct domain_facts *facts;
};
enum rc jobs_run(struct work_run *run, void *engine, struct err *err);
