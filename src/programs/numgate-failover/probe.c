#include "programs/numgate-failover/probe.h"

#include <pthread.h>
#include <stdio.h>

#include "common/base/banned.h"

#define REPLY_BYTES_MAX  (16 * 1024)
#define TIMEOUT_SLACK_MS 10 /* a transfer may end that much before its deadline */

const char *probe_result_text(enum probe_result result)
{
    static const char *const words[] = {
        [PROBE_HEALTHY] = "healthy", [PROBE_NOT_READY] = "not_ready",
        [PROBE_STATUS] = "status",   [PROBE_CERTIFICATE] = "certificate",
        [PROBE_TIMEOUT] = "timeout", [PROBE_UNREACHABLE] = "unreachable",
    };
    return words[result];
}

static void judge_status(int status, struct probe *ret)
{
    ret->result = status == 200 ? PROBE_HEALTHY : status == 503 ? PROBE_NOT_READY : PROBE_STATUS;
    if (status != 200) {
        (void)snprintf(ret->reason, sizeof ret->reason, "it answers %d%s", status,
                       status == 503 ? ", so it is not ready" : "");
    }
}

/* The message begins with the URL, which whoever reads it knows. */
static void judge_failure(const struct site_region *region, enum rc rc, const struct err *err,
                          int64_t timeout_ms, struct probe *ret)
{
    struct str why = str_of(err->msg);
    ret->result = rc == RC_DENIED                                 ? PROBE_CERTIFICATE
                  : ret->took_ms >= timeout_ms - TIMEOUT_SLACK_MS ? PROBE_TIMEOUT
                                                                  : PROBE_UNREACHABLE;
    if (str_starts(why, region->url)) {
        why = str_slice(why, region->url.n + 2, why.n);
    }
    (void)snprintf(ret->reason, sizeof ret->reason, "%" STR_FMT, STR_ARG(why));
}

void probe_region(const struct site *site, size_t index, struct fetch *fetch, struct probe *ret)
{
    const struct site_region *region = &site->regions[index];
    const struct fetch_header headers[] = {{STR("Connection"), STR("close")}};
    int64_t timeout_ms = site->settings.failover.timeout_ms;
    CLEANUP(arena_freep) struct arena *mem = arena_new(4 * REPLY_BYTES_MAX);
    struct fetch_reply reply;
    struct err err = {0};
    *ret = (struct probe){.began = clock_mono()};
    const struct fetch_request request = {
        .url = region->url,
        .address = region->address,
        .fresh = true,
        .headers = headers,
        .header_count = ARRAY_LEN(headers),
        .ca_file = site->settings.failover.ca_file,
        .deadline = mono_after(ret->began, timeout_ms),
        .reply_bytes_max = REPLY_BYTES_MAX,
    };
    enum rc rc = fetch_wait(fetch, &request, mem, &reply, &err);
    ret->took_ms = clock_mono().ms - ret->began.ms;
    if (rc == RC_OK) {
        judge_status(reply.status, ret);
    } else {
        judge_failure(region, rc, &err, timeout_ms, ret);
    }
}

struct errand {
    const struct site *site;
    size_t region;
    struct fetch *fetch;
    struct probe *ret;
    pthread_t thread;
};

static void *run_errand(void *arg)
{
    const struct errand *errand = arg;
    probe_region(errand->site, errand->region, errand->fetch, errand->ret);
    return NULL;
}

enum rc probe_regions(const struct site *site, struct fetch *fetch, struct probe *ret, struct err *err)
{
    struct errand errands[REGIONS_MAX];
    size_t begun = 0, count = site->rules.region_count;
    for (; begun < count; begun++) {
        errands[begun] = (struct errand){.site = site, .region = begun, .fetch = fetch, .ret = &ret[begun]};
        if (pthread_create(&errands[begun].thread, NULL, run_errand, &errands[begun]) != 0) {
            break;
        }
    }
    for (size_t i = 0; i < begun; i++) {
        pthread_join(errands[i].thread, NULL);
    }
    return begun == count ? RC_OK : err_set(err, RC_LIMIT, NULL, "no thread for a probe");
}
