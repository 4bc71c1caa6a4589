#include <stdio.h>

#include "common/base/escape.h"
#include "common/base/limits.h"
#include "programs/numgate-failover/command.h"
#include "programs/numgate-failover/probe.h"
#include "programs/numgate-failover/record.h"

#include "common/base/banned.h"

#define MEMORY_MAX (8 * 1024 * 1024)

struct report {
    const struct site *site;
    struct probe probes[REGIONS_MAX];
    struct record records[RESOLVE_SERVERS_MAX];
};

static const struct record *primary_of(const struct report *report)
{
    return &report->records[report->site->primary];
}

/* The record names a region that is healthy, and every server says the same. */
static bool is_well(const struct report *report)
{
    const struct record *primary = primary_of(report);
    bool well =
        primary->view.kind == RECORD_REGION && report->probes[primary->view.region].result == PROBE_HEALTHY;
    for (size_t i = 0; i < report->site->servers.count; i++) {
        well = well && record_names(&report->records[i], primary->view.region);
    }
    return well;
}

static enum rc look(const struct site *site, struct arena *mem, struct report *ret, struct err *err)
{
    struct fetch *fetch;
    ret->site = site;
    enum rc rc = fetch_new(&fetch, err);
    if (rc != RC_OK) {
        return rc;
    }
    rc = probe_regions(site, fetch, ret->probes, err);
    fetch_free(fetch);
    for (size_t i = 0; rc == RC_OK && i < site->servers.count; i++) {
        record_read(site, i, mem, &ret->records[i]);
    }
    return rc;
}

/* ---- for people ---- */

static void print_regions(const struct report *report, struct buf *out)
{
    buf_printf(out, "%-12s %-22s %s\n", "REGION", "ADDRESS", "STATE");
    for (size_t i = 0; i < report->site->rules.region_count; i++) {
        const struct probe *probe = &report->probes[i];
        const struct site_region *region = &report->site->regions[i];
        char text[NET_TEXT_MAX];
        struct str address = net_text_port(&region->addr, text);
        buf_printf(out, "%-12.*s %-22.*s %-12s ", STR_ARG(region->name), STR_ARG(address),
                   probe_result_text(probe->result));
        buf_printf(out, probe->reason[0] != '\0' ? "%s\n" : "%s%lld ms\n", probe->reason,
                   (long long)probe->took_ms);
    }
}

static void print_servers(const struct report *report, struct buf *out)
{
    buf_printf(out, "\n%-35s %s\n", "SERVER", "RECORD");
    for (size_t i = 0; i < report->site->servers.count; i++) {
        const struct record *record = &report->records[i];
        char text[NET_TEXT_MAX];
        struct str server = net_text_port(&report->site->servers.items[i], text);
        buf_printf(out, "%-25.*s %-9s %s%s", STR_ARG(server), i == report->site->primary ? "primary" : "",
                   record->view.kind == RECORD_UNREAD ? "cannot be read: " : "", record->text);
        if (record->view.kind == RECORD_REGION) {
            buf_printf(out, " = region %" STR_FMT, STR_ARG(report->site->regions[record->view.region].name));
        } else if (record->view.kind == RECORD_FOREIGN) {
            buf_printf(out, " (of no region, so it is left alone)");
        }
        buf_put_char(out, '\n');
    }
}

static void print_table(const struct report *report, struct buf *out)
{
    buf_printf(out, "%" STR_FMT "\n\n", STR_ARG(report->site->name));
    print_regions(report, out);
    print_servers(report, out);
}

/* ---- for programs ---- */

static void put_member(struct buf *out, const char *name, struct str value)
{
    buf_printf(out, "\"%s\":\"", name);
    escape_json(out, value);
    buf_put_char(out, '"');
}

static void put_region(const struct report *report, size_t i, struct buf *out)
{
    const struct probe *probe = &report->probes[i];
    const struct site_region *region = &report->site->regions[i];
    char text[NET_TEXT_MAX];
    buf_put_char(out, '{');
    put_member(out, "region", region->name);
    buf_put_char(out, ',');
    put_member(out, "address", net_text_port(&region->addr, text));
    buf_printf(out, ",\"healthy\":%s,", probe->result == PROBE_HEALTHY ? "true" : "false");
    put_member(out, "result", str_of(probe_result_text(probe->result)));
    buf_put_char(out, ',');
    put_member(out, "reason", str_of(probe->reason));
    buf_printf(out, ",\"tookMilliseconds\":%lld}", (long long)probe->took_ms);
}

static void put_server(const struct report *report, size_t i, struct buf *out)
{
    const struct record *record = &report->records[i];
    char text[NET_TEXT_MAX];
    buf_put_char(out, '{');
    put_member(out, "server", net_text_port(&report->site->servers.items[i], text));
    buf_printf(out, ",\"primary\":%s,", i == report->site->primary ? "true" : "false");
    put_member(out, "kind", str_of(record_kind_text(record->view.kind)));
    buf_put_char(out, ',');
    put_member(out, "record", str_of(record->text));
    if (record->view.kind == RECORD_REGION) {
        buf_put_char(out, ',');
        put_member(out, "region", report->site->regions[record->view.region].name);
    }
    buf_put_char(out, '}');
}

static void print_json(const struct report *report, struct buf *out)
{
    buf_put_char(out, '{');
    put_member(out, "name", report->site->name);
    buf_printf(out, ",\"well\":%s,\"regions\":[", is_well(report) ? "true" : "false");
    for (size_t i = 0; i < report->site->rules.region_count; i++) {
        buf_put_str(out, i > 0 ? STR(",") : STR(""));
        put_region(report, i, out);
    }
    buf_put_str(out, STR("],\"servers\":["));
    for (size_t i = 0; i < report->site->servers.count; i++) {
        buf_put_str(out, i > 0 ? STR(",") : STR(""));
        put_server(report, i, out);
    }
    buf_put_str(out, STR("]}\n"));
}

int status(const struct site *site, bool json)
{
    struct err err = {0};
    struct report report;
    CLEANUP(arena_freep) struct arena *mem = arena_new(MEMORY_MAX);
    CLEANUP(buf_clear) struct buf out;
    buf_init(&out, LIMIT_REPLY);
    if (look(site, mem, &report, &err) != RC_OK) {
        return complain("%s", err.msg);
    }
    (json ? print_json : print_table)(&report, &out);
    bool printed = !buf_failed(&out) && fwrite(out.p, 1, out.n, stdout) == out.n && fflush(stdout) == 0;
    return printed && is_well(&report) ? 0 : 1;
}
