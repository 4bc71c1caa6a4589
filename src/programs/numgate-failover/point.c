#include <stdio.h>
#include <time.h>

#include "programs/numgate-failover/command.h"
#include "programs/numgate-failover/probe.h"
#include "programs/numgate-failover/record.h"

#include "common/base/banned.h"

#define MEMORY_MAX   (8 * 1024 * 1024)
#define READ_BACK_MS 5000 /* for a server to serve it */
#define PAUSE_MS     100  /* between two questions to one that does not yet */

struct pointing {
    const struct site *site;
    size_t region;
    bool force;
    struct arena *mem;
    struct record record; /* as the primary has it */
};

/* ---- may it be? ---- */

static int check_region(const struct pointing *pointing)
{
    struct fetch *fetch;
    struct probe probe;
    struct err err = {0};
    struct str name = pointing->site->regions[pointing->region].name;
    if (fetch_new(&fetch, &err) != RC_OK) {
        return complain("%s", err.msg);
    }
    probe_region(pointing->site, pointing->region, fetch, &probe);
    fetch_free(fetch);
    if (probe.result == PROBE_HEALTHY) {
        return 0;
    }
    int code = complain("region %" STR_FMT " is not healthy: %s%s", STR_ARG(name), probe.reason,
                        pointing->force ? "" : "; --force points there nevertheless");
    return pointing->force ? 0 : code;
}

static int check_record(struct pointing *pointing)
{
    const struct record *record = &pointing->record;
    record_read(pointing->site, pointing->site->primary, pointing->mem, &pointing->record);
    if (record->view.kind == RECORD_UNREAD) {
        return complain("the record cannot be read: %s", record->text);
    }
    if (record->view.kind == RECORD_FOREIGN && !pointing->force) {
        return complain(
            "the record is %s, which is no region's address: somebody made it by hand. --force replaces "
            "addresses",
            record->text);
    }
    return 0;
}

/* ---- the change ---- */

static bool serves(const struct pointing *pointing, size_t server)
{
    struct record there;
    struct arena_mark mark = arena_mark(pointing->mem);
    record_read(pointing->site, server, pointing->mem, &there);
    arena_rewind(pointing->mem, mark);
    return record_names(&there, pointing->region);
}

static bool comes_to_serve(const struct pointing *pointing, size_t server)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000};
    struct mono deadline = mono_after(clock_mono(), READ_BACK_MS);
    bool there = serves(pointing, server);
    while (!there && mono_left_ms(deadline, clock_mono()) > 0) {
        (void)nanosleep(&pause, NULL); /* woken early, it asks early */
        there = serves(pointing, server);
    }
    return there;
}

/* Secondaries are told by the primary, and take a moment. */
static int read_back(const struct pointing *pointing)
{
    const struct site *site = pointing->site;
    int code = 0;
    for (size_t i = 0; i < site->servers.count; i++) {
        char text[NET_TEXT_MAX];
        struct str server = net_text_port(&site->servers.items[i], text);
        bool there = comes_to_serve(pointing, i);
        printf("%" STR_FMT ": %s\n", STR_ARG(server), there ? "serves it" : "does not serve it yet");
        code = there ? code : 1;
    }
    return code;
}

static int write_record(struct pointing *pointing)
{
    const struct site *site = pointing->site;
    const struct site_region *region = &site->regions[pointing->region];
    struct err err = {0};
    if (record_names(&pointing->record, pointing->region)) {
        printf("%" STR_FMT " is %s already\n", STR_ARG(site->name), pointing->record.text);
        return read_back(pointing);
    }
    bool dry = site->settings.failover.dry_run;
    printf("%" STR_FMT ": %s -> %" STR_FMT "%s\n", STR_ARG(site->name), pointing->record.text,
           STR_ARG(region->address), dry ? " (dry run: nothing is written)" : "");
    if (dry) {
        return 0;
    }
    enum rc rc = record_change(site, &pointing->record, pointing->region, pointing->mem, &err);
    if (rc == RC_CONFLICT) {
        return complain("the record is not %s any more: somebody was faster. Look again",
                        pointing->record.text);
    }
    return rc == RC_OK || rc == RC_UNCERTAIN ? read_back(pointing) : complain("%s", err.msg);
}

int point(const struct site *site, const char *region, bool force)
{
    CLEANUP(arena_freep) struct arena *mem = arena_new(MEMORY_MAX);
    struct pointing pointing = {
        .site = site, .region = site_find_region(site, str_of(region)), .force = force, .mem = mem};
    if (pointing.region == site->rules.region_count) {
        complain("there is no section [region.%s]", region);
        return EXIT_USAGE;
    }
    int code = check_region(&pointing);
    code = code == 0 ? check_record(&pointing) : code;
    return code == 0 ? write_record(&pointing) : code;
}
