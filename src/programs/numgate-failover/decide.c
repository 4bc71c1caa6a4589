#include "programs/numgate-failover/decide.h"

#include <limits.h>

#include "common/base/banned.h"

#define NO_REGION SIZE_MAX

/* ---- rows ---- */

static enum region_health health_of(const struct region_state *region, const struct decide_rules *rules)
{
    if (region->good && region->count >= rules->successes) {
        return HEALTH_UP;
    }
    return !region->good && region->count >= rules->failures ? HEALTH_DOWN : region->health;
}

bool region_probed(struct region_state *region, const struct decide_rules *rules, bool good, struct mono at)
{
    bool continues =
        region->count > 0 && region->good == good && at.ms - region->latest.ms <= rules->fresh_ms;
    if (!continues) {
        region->good = good;
        region->count = 0;
        region->since = at;
    }
    region->count += region->count < UINT_MAX;
    region->latest = at;
    enum region_health before = region->health;
    region->health = health_of(region, rules);
    return region->health != before;
}

static bool is_fresh(const struct region_state *region, const struct decide_rules *rules, struct mono now)
{
    return region->count > 0 && now.ms - region->latest.ms <= rules->fresh_ms;
}

static bool is_down(const struct region_state *region, const struct decide_rules *rules, struct mono now)
{
    return is_fresh(region, rules, now) && !region->good && region->count >= rules->failures;
}

/* It may be given the record. */
static bool is_fit(const struct region_state *region, const struct decide_rules *rules, struct mono now)
{
    return is_fresh(region, rules, now) && region->good && region->count >= rules->successes;
}

static bool may_become_fit(const struct region_state *region, const struct decide_rules *rules,
                           struct mono now)
{
    return !is_fresh(region, rules, now) || region->good;
}

/* ---- the decision ---- */

/* The preferred one if it is fit, else the first that is. */
static size_t choose(const struct decide_rules *rules, const struct region_state *regions, size_t except,
                     struct mono now)
{
    size_t found = NO_REGION;
    for (size_t i = 0; i < rules->region_count; i++) {
        bool better = found == NO_REGION || i == rules->preferred;
        if (i != except && better && is_fit(&regions[i], rules, now)) {
            found = i;
        }
    }
    return found;
}

static struct decision no_change(const struct decide_rules *rules, const struct region_state *regions,
                                 size_t except, struct mono now)
{
    for (size_t i = 0; i < rules->region_count; i++) {
        if (i != except && may_become_fit(&regions[i], rules, now)) {
            return (struct decision){.verdict = VERDICT_WAIT};
        }
    }
    return (struct decision){.verdict = VERDICT_NOBODY};
}

static bool is_time_to_fail_back(const struct decide_rules *rules, const struct region_state *regions,
                                 struct record_view record, struct mono now)
{
    const struct region_state *preferred = &regions[rules->preferred];
    int64_t since_ms = preferred->since.ms > record.since.ms ? preferred->since.ms : record.since.ms;
    return rules->automatic && record.region != rules->preferred && is_fit(preferred, rules, now) &&
           now.ms - since_ms >= rules->failback_after_ms;
}

static struct decision decide_current(const struct decide_rules *rules, const struct region_state *regions,
                                      struct record_view record, struct mono now)
{
    if (is_down(&regions[record.region], rules, now)) {
        size_t target = choose(rules, regions, record.region, now);
        return target != NO_REGION ? (struct decision){VERDICT_FAILOVER, target}
                                   : no_change(rules, regions, record.region, now);
    }
    if (is_time_to_fail_back(rules, regions, record, now)) {
        return (struct decision){VERDICT_FAILBACK, rules->preferred};
    }
    return (struct decision){.verdict = VERDICT_KEEP};
}

/* Another region than the preferred one only where the latter is down, and not where its answer alone is late. */
static struct decision decide_none(const struct decide_rules *rules, const struct region_state *regions,
                                   struct mono now)
{
    size_t target = choose(rules, regions, NO_REGION, now);
    bool settled = target == rules->preferred || is_down(&regions[rules->preferred], rules, now);
    return target != NO_REGION && settled ? (struct decision){VERDICT_CREATE, target}
                                          : no_change(rules, regions, NO_REGION, now);
}

struct decision decide(const struct decide_rules *rules, const struct region_state *regions,
                       struct record_view record, struct mono now)
{
    switch (record.kind) {
    case RECORD_UNREAD:
        break;
    case RECORD_FOREIGN:
        return (struct decision){.verdict = VERDICT_FOREIGN};
    case RECORD_NONE:
        return decide_none(rules, regions, now);
    case RECORD_REGION:
        return decide_current(rules, regions, record, now);
    }
    return (struct decision){.verdict = VERDICT_UNREAD};
}

/* ---- words ---- */

const char *verdict_text(enum verdict verdict)
{
    static const char *const words[] = {
        [VERDICT_UNREAD] = "unread",     [VERDICT_FOREIGN] = "foreign",   [VERDICT_KEEP] = "keep",
        [VERDICT_WAIT] = "wait",         [VERDICT_NOBODY] = "nobody",     [VERDICT_CREATE] = "create",
        [VERDICT_FAILOVER] = "failover", [VERDICT_FAILBACK] = "failback",
    };
    return words[verdict];
}

const char *health_text(enum region_health health)
{
    static const char *const words[] = {
        [HEALTH_UNKNOWN] = "unknown", [HEALTH_UP] = "up", [HEALTH_DOWN] = "down"};
    return words[health];
}

const char *record_kind_text(enum record_kind kind)
{
    static const char *const words[] = {[RECORD_UNREAD] = "unread",
                                        [RECORD_NONE] = "none",
                                        [RECORD_REGION] = "region",
                                        [RECORD_FOREIGN] = "foreign"};
    return words[kind];
}
