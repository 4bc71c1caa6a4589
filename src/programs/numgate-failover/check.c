/* One line for each thing that must be right, and with each that is not, what would make it so. */
#include <stdarg.h>
#include <stdio.h>

#include "common/resolve/ask.h"
#include "programs/numgate-failover/command.h"
#include "programs/numgate-failover/probe.h"
#include "programs/numgate-failover/record.h"

#include "common/base/banned.h"

#define MEMORY_MAX (8 * 1024 * 1024)

struct checking {
    const struct site *site;
    struct arena *mem;
    struct record record; /* as the primary has it */
    int code;
};

PRINTF_LIKE(4, 5)
static void report(struct checking *checking, bool ok, const char *what, const char *format, ...)
{
    va_list args;
    printf("%-6s %-14s ", ok ? "ok" : "FAILED", what);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    checking->code = ok ? checking->code : 1;
}

static struct str server_text(const struct site *site, size_t i, char text[NET_TEXT_MAX])
{
    return net_text_port(&site->servers.items[i], text);
}

static void check_servers(struct checking *checking)
{
    const struct site *site = checking->site;
    for (size_t i = 0; i < site->servers.count; i++) {
        struct record record;
        char text[NET_TEXT_MAX];
        struct str name = server_text(site, i, text);
        record_read(site, i, checking->mem, &record);
        bool ok = record.view.kind != RECORD_UNREAD;
        report(checking, ok, "server", "%" STR_FMT ": %s%s", STR_ARG(name), record.text,
               ok ? ""
                  : "; is it an authoritative server of the zone, and do UDP and TCP reach it on this port "
                    "from here?");
        checking->record = i == site->primary ? record : checking->record;
    }
}

static void check_zone(struct checking *checking)
{
    const struct site *site = checking->site;
    struct err err = {0};
    struct rr soa;
    char text[NET_TEXT_MAX];
    struct str primary = server_text(site, site->primary, text);
    struct mono deadline = mono_after(clock_mono(), site->settings.failover.timeout_ms);
    enum rc rc =
        ask_zone(&site->servers.items[site->primary], site->name, deadline, checking->mem, &soa, &err);
    if (rc != RC_OK) {
        report(checking, false, "zone", "%s; [dns] primary must be the server that has the zone", err.msg);
        return;
    }
    bool ok = str_eq_ci(soa.name, site->zone);
    report(checking, ok, "zone", "%" STR_FMT " has %" STR_FMT " in zone %" STR_FMT "%s", STR_ARG(primary),
           STR_ARG(site->name), STR_ARG(soa.name), ok ? "" : "; [dns] zone must be that");
}

/* A longer TTL than the one that would be written makes the promise of [failover] ttl untrue until the first change. */
static void check_region_record(struct checking *checking)
{
    const struct record *record = &checking->record;
    const struct site *site = checking->site;
    long long ttl_s = record->found.items[0].ttl_s, wanted_s = site->settings.failover.ttl_s;
    report(checking, ttl_s <= wanted_s, "record", "%s, region %" STR_FMT ", TTL %lld%s", record->text,
           STR_ARG(site->regions[record->view.region].name), ttl_s,
           ttl_s <= wanted_s ? "" : ", longer than [failover] ttl; give it that TTL at the server");
}

static void check_record(struct checking *checking)
{
    const struct record *record = &checking->record;
    if (record->view.kind == RECORD_REGION) {
        check_region_record(checking);
    } else if (record->view.kind == RECORD_NONE) {
        report(checking, true, "record", "there is none; it is made once a region is healthy");
    } else if (record->view.kind == RECORD_FOREIGN) {
        report(checking, false, "record",
               "%s: of no region, so it is left alone; numgate-failover point --force replaces addresses",
               record->text);
    }
}

static const char *cure_of_update(const struct err *err)
{
    static const struct {
        const char *code, *cure;
    } cures[] = {
        {"DnsKeyRefused", "name, algorithm (hmac-sha256) and secret must be the server's, and it must allow "
                          "the key to update this record"},
        {"DnsClock", "set this machine's clock, or the server's"},
        {"DnsRefused", "the server must allow this key to update this record"},
        {"DnsNotOurZone", "the server must be the zone's primary, and allow this key to update this record"},
        {"DnsUnreachable", "does TCP reach it on this port from here?"},
        {"DnsNoAnswer", "does TCP reach it on this port from here?"},
        {"DnsPrerequisite", "the name has records of another type, or changed just now"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cures); i++) {
        if (err->code != NULL && strcmp(err->code, cures[i].code) == 0) {
            return cures[i].cure;
        }
    }
    return "see the server's log";
}

static void check_key(struct checking *checking)
{
    const struct site *site = checking->site;
    struct err err = {0};
    if (checking->record.view.kind == RECORD_UNREAD) {
        report(checking, false, "key", "not tried: the record could not be read from the primary");
        return;
    }
    enum rc rc = record_try(site, &checking->record, checking->mem, &err);
    if (rc == RC_OK || rc == RC_NOT_FOUND) {
        report(checking, true, "key",
               rc == RC_OK ? "%" STR_FMT " may change the record" : "%" STR_FMT " was not tried",
               STR_ARG(site->key.name));
        return;
    }
    report(checking, false, "key", "%" STR_FMT ": %s; %s", STR_ARG(site->key.name), err.msg,
           cure_of_update(&err));
}

static const char *cure_of_probe(enum probe_result result)
{
    static const char *const cures[] = {
        [PROBE_NOT_READY] = "its own /ready on the admin port says why",
        [PROBE_STATUS] = "is it numgated that listens there, and is this machine in its [access] allow?",
        [PROBE_CERTIFICATE] =
            "its certificate must be for the record's name and from a CA of [failover] ca_file",
        [PROBE_TIMEOUT] = "does TCP reach it from here?",
        [PROBE_UNREACHABLE] = "does numgated run, and listen on this address with TLS?",
    };
    return cures[result];
}

static void check_regions(struct checking *checking)
{
    const struct site *site = checking->site;
    struct probe probes[REGIONS_MAX];
    struct fetch *fetch;
    struct err err = {0};
    enum rc rc = fetch_new(&fetch, &err);
    if (rc == RC_OK) {
        rc = probe_regions(site, fetch, probes, &err);
        fetch_free(fetch);
    }
    if (rc != RC_OK) {
        report(checking, false, "region", "%s", err.msg);
        return;
    }
    for (size_t i = 0; i < site->rules.region_count; i++) {
        bool ok = probes[i].result == PROBE_HEALTHY;
        report(checking, ok, "region", "%" STR_FMT ", %" STR_FMT ": %s%s%s", STR_ARG(site->regions[i].name),
               STR_ARG(site->settings.regions[i].address),
               ok ? "ready, with a good certificate" : probes[i].reason, ok ? "" : "; ",
               ok ? "" : cure_of_probe(probes[i].result));
    }
}

static void check_site(struct checking *checking)
{
    check_servers(checking);
    check_zone(checking);
    check_record(checking);
    check_key(checking);
    check_regions(checking);
}

/* The messages of these say what is wanted. */
static void report_findings(struct checking *checking, const struct err *err)
{
    const struct err_item *item = err->details != NULL ? err->details->first : NULL;
    if (item == NULL) {
        report(checking, false, "configuration", "%s%s%s", err->field, err->field[0] != '\0' ? ": " : "",
               err->msg);
    }
    for (; item != NULL; item = item->next) {
        report(checking, false, "configuration", "%" STR_FMT ": %" STR_FMT, STR_ARG(item->field),
               STR_ARG(item->msg));
    }
}

int check(const char *config_path)
{
    CLEANUP(arena_freep) struct arena *mem = arena_new_secret(MEMORY_MAX);
    struct site site;
    struct err err = {0};
    struct checking checking = {.site = &site, .mem = mem};
    if (site_load(config_path, mem, &site, &err) != RC_OK) {
        report_findings(&checking, &err);
    } else {
        report(&checking, true, "configuration", "%s", config_path);
        check_site(&checking);
    }
    return fflush(stdout) == 0 ? checking.code : 1;
}
