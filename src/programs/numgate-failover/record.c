#include "programs/numgate-failover/record.h"

#include <stdio.h>

#include "common/resolve/ask.h"
#include "common/resolve/update.h"

#include "common/base/banned.h"

#define NO_REGION SIZE_MAX

/* ---- reading ---- */

static size_t region_of(const struct site *site, struct str address)
{
    for (size_t i = 0; i < site->rules.region_count; i++) {
        if (str_eq(site->regions[i].address, address)) {
            return i;
        }
    }
    return NO_REGION;
}

static void describe(struct record *record)
{
    size_t used = 0;
    (void)snprintf(record->text, sizeof record->text, "none");
    for (size_t i = 0; i < record->found.count && used < sizeof record->text; i++) {
        const struct rr *rr = &record->found.items[i];
        int n = snprintf(record->text + used, sizeof record->text - used, "%s%s%" STR_FMT, i > 0 ? ", " : "",
                         rr->type == RR_CNAME ? "alias of " : "", STR_ARG(rr->data));
        used += n > 0 ? (size_t)n : 0;
    }
}

static void view_answer(const struct site *site, const struct answer *answer, struct record *ret)
{
    ret->found = answer->found;
    describe(ret);
    if (answer->found.count == 0) {
        ret->view.kind = RECORD_NONE;
        return;
    }
    const struct rr *first = &answer->found.items[0];
    size_t region =
        answer->found.count == 1 && first->type == RR_A ? region_of(site, first->data) : NO_REGION;
    ret->view.kind = region != NO_REGION ? RECORD_REGION : RECORD_FOREIGN;
    ret->view.region = region != NO_REGION ? region : 0;
}

/* Without the server's address, which whoever reads it knows. */
static void describe_failure(const struct net_addr *server, const struct err *err, struct record *ret)
{
    char text[NET_TEXT_MAX];
    struct str where = net_text_port(server, text), why = str_of(err->msg);
    if (str_starts(why, where)) {
        why = str_slice(why, where.n, why.n);
        why = str_trim(str_starts(why, STR(":")) ? str_slice(why, 1, why.n) : why);
    }
    (void)snprintf(ret->text, sizeof ret->text, "%.*s",
                   (int)(why.n < sizeof ret->text ? why.n : sizeof ret->text - 1), why.p);
}

void record_read(const struct site *site, size_t server, struct arena *mem, struct record *ret)
{
    struct mono deadline = mono_after(clock_mono(), site->settings.failover.timeout_ms);
    const struct question question = {site->name, RR_A};
    struct answer answer;
    struct err err = {0};
    *ret = (struct record){.view = {.kind = RECORD_UNREAD, .since = clock_mono()}};
    if (ask(&site->servers.items[server], &question, 1, deadline, mem, &answer, &err) != RC_OK) {
        describe_failure(&site->servers.items[server], &err, ret);
    } else if (answer.rcode != RR_NOERROR && answer.rcode != RR_NXDOMAIN) {
        (void)snprintf(ret->text, sizeof ret->text, "it answers %s", rr_rcode_text(answer.rcode));
    } else if (!answer.authoritative) {
        (void)snprintf(ret->text, sizeof ret->text, "it does not have the zone");
    } else {
        view_answer(site, &answer, ret);
    }
}

bool record_names(const struct record *record, size_t region)
{
    return record->view.kind == RECORD_REGION && record->view.region == region;
}

/* ---- changing ---- */

static struct rr address_record(const struct site *site, size_t region)
{
    return (struct rr){.name = site->name,
                       .type = RR_A,
                       .ttl_s = (uint32_t)site->settings.failover.ttl_s,
                       .data = site->regions[region].address};
}

static void require_unchanged(const struct site *site, const struct record *from, struct update *update)
{
    if (from->found.count == 0) {
        update_require_unused(update, site->name);
    }
    for (size_t i = 0; i < from->found.count; i++) {
        update_require(update, &from->found.items[i]);
    }
}

static enum rc send_update(const struct site *site, const struct update *update, struct err *err)
{
    struct update_result result = {0};
    struct mono deadline = mono_after(clock_mono(), RECORD_CHANGE_MS);
    return update_send(update, &site->servers.items[site->primary], &site->key, deadline, &result, err);
}

enum rc record_change(const struct site *site, const struct record *from, size_t to, struct arena *mem,
                      struct err *err)
{
    struct update update;
    struct rr wanted = address_record(site, to);
    update_init(&update, mem, site->zone);
    require_unchanged(site, from, &update);
    for (size_t i = 0; i < from->found.count; i++) {
        if (from->found.items[i].type != RR_A) {
            return err_set(err, RC_INVALID, NULL, "it is an %s, which is not ours to take away", from->text);
        }
        update_delete(&update, &from->found.items[i]);
    }
    update_add(&update, &wanted);
    return send_update(site, &update, err);
}

static bool has_address(const struct record *record, struct str address)
{
    for (size_t i = 0; i < record->found.count; i++) {
        if (str_eq(record->found.items[i].data, address)) {
            return true;
        }
    }
    return false;
}

/* It takes an address away that is not there. */
enum rc record_try(const struct site *site, const struct record *from, struct arena *mem, struct err *err)
{
    struct update update;
    size_t absent = 0;
    while (absent < site->rules.region_count && has_address(from, site->regions[absent].address)) {
        absent++;
    }
    if (absent == site->rules.region_count) {
        return err_set(err, RC_NOT_FOUND, NULL, "the record has every region's address");
    }
    struct rr nothing = address_record(site, absent);
    update_init(&update, mem, site->zone);
    require_unchanged(site, from, &update);
    update_delete(&update, &nothing);
    return send_update(site, &update, err);
}
