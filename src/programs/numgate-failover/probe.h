/* Asks a region's API whether it is ready, the way a client would reach it there: at the region's own address, with the record's name
 * in TLS and Host, its certificate verified, on a new connection. 200 is healthy, and nothing else is.
 *
 * Threads: any; a probe blocks up to [failover] timeout_seconds. */
#pragma once
#include "common/fetch/fetch.h"
#include "programs/numgate-failover/settings.h"

enum probe_result {
    PROBE_HEALTHY,
    PROBE_NOT_READY,   /* 503: it says so itself */
    PROBE_STATUS,      /* another answer */
    PROBE_CERTIFICATE, /* not trusted, run out, or for another name */
    PROBE_TIMEOUT,
    PROBE_UNREACHABLE, /* refused, reset, no TLS */
};
#define PROBE_RESULTS (PROBE_UNREACHABLE + 1)

struct probe {
    enum probe_result result;
    char reason[200]; /* empty when healthy */
    struct mono began;
    int64_t took_ms;
};

void probe_region(const struct site *site, size_t region, struct fetch *fetch, struct probe *ret);
/* Every region once and at the same time; ret has room for each. */
MUST_USE enum rc probe_regions(const struct site *site, struct fetch *fetch, struct probe *ret,
                               struct err *err);

const char *probe_result_text(enum probe_result result); /* "not_ready" */
