#include "gateway/ops/dns_view.h"

#include "common/base/banned.h"

#define PLAN_ITEMS_MAX 1000
#define PLAN_BYTES_MAX (2 * 1024 * 1024) /* of the items' text */

struct str dns_view_status_name(enum subdomain_status status)
{
    const struct field *field =
        schema_field_at(&schema_account, STR("serviceDetails/teamsDirectRouting/subdomainStatus"));
    return str_of(field->names[(status == SUBDOMAIN_ABSENT ? SUBDOMAIN_NOT_PROVISIONED : status) - 1]);
}

/* ---- records ---- */

static struct part_list records_of(const struct rr *records, size_t count, struct arena *mem)
{
    struct dns_view_record *items = arena_alloc_array(mem, count, sizeof *items);
    for (size_t i = 0; items != NULL && i < count; i++) {
        items[i] = (struct dns_view_record){.name = arena_str(mem, records[i].name),
                                            .type = str_of(rr_type_text(records[i].type)),
                                            .ttl = records[i].ttl_s,
                                            .data = arena_str(mem, records[i].data)};
    }
    return (struct part_list){items, items != NULL ? count : 0};
}

/* ---- one customer ---- */

static struct part_list servers_of(const struct dns_region_report *region, struct arena *mem)
{
    struct dns_view_server *items = arena_alloc_array(mem, region->server_count, sizeof *items);
    for (size_t i = 0; items != NULL && i < region->server_count; i++) {
        const struct dns_server_report *server = &region->servers[i];
        char text[NET_TEXT_MAX];
        items[i] =
            (struct dns_view_server){.server = arena_str(mem, net_text_port(&server->server, text)),
                                     .why = arena_str(mem, server->why),
                                     .answered = server->known,
                                     .matches = server->known && server->served == DNS_SERVED_RIGHT,
                                     .found = records_of(server->found.items, server->found.count, mem)};
    }
    return (struct part_list){items, items != NULL ? region->server_count : 0};
}

static const struct dns_view_certificate *certificate_of(const struct dns_region_report *region,
                                                         struct arena *mem)
{
    bool configured = region->certificate_read || !str_absent(region->certificate_why);
    struct dns_view_certificate *certificate =
        configured ? arena_new_of(mem, struct dns_view_certificate) : NULL;
    if (certificate != NULL) {
        *certificate = (struct dns_view_certificate){
            .covers = region->covered,
            .until = region->certificate_read ? region->certificate_until : CLOCK_ABSENT,
            .why = arena_str(mem, region->certificate_why)};
    }
    return certificate;
}

struct part_list dns_view_regions(const struct dns_report *report, struct arena *mem)
{
    struct dns_view_region *items = arena_alloc_array(mem, report->region_count, sizeof *items);
    for (size_t i = 0; items != NULL && i < report->region_count; i++) {
        const struct dns_region_report *region = &report->regions[i];
        items[i] = (struct dns_view_region){.region = (int64_t)i + 1,
                                            .name = arena_str(mem, region->place.name),
                                            .ownership = arena_str(mem, region->place.ownership),
                                            .records = records_of(region->records, region->record_count, mem),
                                            .servers = servers_of(region, mem),
                                            .certificate = certificate_of(region, mem)};
    }
    return (struct part_list){items, items != NULL ? report->region_count : 0};
}

/* ---- the plan ---- */

static bool removes(const struct dns_plan_item *item)
{
    return item->step == DNS_STEP_CHANGE && item->place.wanted_count == 0;
}

static const char *action_of(const struct dns_plan_item *item)
{
    switch (item->step) {
    case DNS_STEP_CHANGE:
        return removes(item) ? "remove" : "change";
    case DNS_STEP_FOREIGN:
        return "blocked";
    case DNS_STEP_NONE:
        break;
    }
    return "none";
}

static struct dns_view_plan_item item_of(const struct dns_plan_item *item, struct arena *mem)
{
    const struct dns_change *change = &item->change;
    bool done = item->step == DNS_STEP_CHANGE;
    return (struct dns_view_plan_item){
        .action = str_of(action_of(item)),
        .name = arena_str(mem, item->place.name),
        .account = arena_str(mem, item->place.account),
        .add = records_of(change->add.items, done ? change->add.count : 0, mem),
        .remove = records_of(change->remove.items, done ? change->remove.count : 0, mem),
        .foreign = records_of(change->foreign.items, change->foreign.count, mem)};
}

/* What is removed comes first: somebody has to agree to it. */
static void put_items(const struct dns_plan *plan, struct arena *mem, struct dns_view_plan *ret)
{
    size_t max = plan->count < PLAN_ITEMS_MAX ? plan->count : PLAN_ITEMS_MAX, count = 0;
    size_t begun = arena_bytes(mem);
    struct dns_view_plan_item *items = arena_alloc_array(mem, max, sizeof *items);
    for (int removing = 1; items != NULL && removing >= 0; removing--) {
        for (size_t i = 0; i < plan->count; i++) {
            if (removes(&plan->items[i]) != (removing == 1)) {
                continue;
            }
            if (count == max || arena_bytes(mem) - begun > PLAN_BYTES_MAX) {
                ret->truncated = true;
                break;
            }
            items[count++] = item_of(&plan->items[i], mem);
        }
    }
    ret->items = (struct part_list){items, count};
}

void dns_view_plan_of(const struct dns_plan *plan, struct arena *mem, struct dns_view_plan *ret)
{
    *ret = (struct dns_view_plan){.changes = (int64_t)plan->changes,
                                  .orphans = (int64_t)plan->orphans,
                                  .ours = (int64_t)plan->ours,
                                  .removed = (int64_t)plan->removed,
                                  .removed_percent =
                                      plan->ours > 0 ? (int64_t)(plan->removed * 100 / plan->ours) : 0,
                                  .confirm = plan->confirm};
    for (size_t i = 0; i < plan->count; i++) {
        ret->foreign += (int64_t)plan->items[i].change.foreign.count;
    }
    put_items(plan, mem, ret);
}
