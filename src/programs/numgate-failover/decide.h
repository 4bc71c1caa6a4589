/* What is to be done about the record: a function of what the probes saw, what the record says and the time. It probes nothing,
 * asks nobody and changes nothing, so that every case can be tested.
 *
 * A region's probes are counted as a row: how many came in succession with the same result, and since when. A row ends with another
 * result, and with a pause: a watcher that was stopped for a while begins anew instead of acting on what it saw before.
 *
 * The two rules that hold whatever happens:
 *   - the record is taken from a region only while that region's last `failures` probes have failed;
 *   - the record is given to a region only while that region's last `successes` probes have been good.
 *
 * Threads: values only. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "common/base/clock.h"

#define REGIONS_MAX 8

struct decide_rules {
    size_t region_count, preferred; /* preferred: where the record belongs when all is well */
    unsigned failures, successes;   /* in a row; both over 0 */
    bool automatic;                 /* failback */
    /* For how long the preferred region must have been healthy, and the record another's: so that a watcher which sees the preferred region
     * does not at once undo what one did that does not. */
    int64_t failback_after_ms;
    int64_t fresh_ms; /* what is older is not known any more */
};

enum region_health {
    HEALTH_UNKNOWN, /* from the start until a row is long enough for one of the others */
    HEALTH_UP,      /* entered by `successes` good probes in a row */
    HEALTH_DOWN     /* entered by `failures` bad ones */
};
struct region_state {
    enum region_health health; /* what is reported: it does not follow a single probe */
    bool good;                 /* the result that the row is of */
    unsigned count;            /* its length; 0: not probed yet */
    struct mono since, latest; /* when its first and its latest probe began */
};

/* A probe that began at `at` was answered, or was not. True: the region's health is another one now. */
bool region_probed(struct region_state *region, const struct decide_rules *rules, bool good, struct mono at);

enum record_kind {
    RECORD_UNREAD, /* no server said, or it said nonsense */
    RECORD_NONE,   /* the name has no address */
    RECORD_REGION, /* exactly one, that of a region */
    RECORD_FOREIGN /* anything else: another address, several, an alias */
};
struct record_view {
    enum record_kind kind;
    size_t region;     /* with RECORD_REGION */
    struct mono since; /* when it was first read like this */
};

enum verdict {
    VERDICT_UNREAD,  /* nothing can be decided */
    VERDICT_FOREIGN, /* somebody's hand made it, and it is theirs */
    VERDICT_KEEP,    /* the record's region is not down */
    VERDICT_WAIT,    /* it is, or there is no record; no other is fit yet, but one may become so */
    VERDICT_NOBODY,  /* the same, and no other region answers */
    VERDICT_CREATE,  /* from here on: `target` is what the record shall name. There is none */
    VERDICT_FAILOVER,
    VERDICT_FAILBACK
};
#define VERDICT_COUNT (VERDICT_FAILBACK + 1)

struct decision {
    enum verdict verdict;
    size_t target; /* with the last three */
};
struct decision decide(const struct decide_rules *rules, const struct region_state *regions,
                       struct record_view record, struct mono now);
static inline bool decision_changes(struct decision decision)
{
    return decision.verdict >= VERDICT_CREATE;
}

const char *verdict_text(enum verdict verdict);      /* "failover" */
const char *health_text(enum region_health health);  /* "up" */
const char *record_kind_text(enum record_kind kind); /* "region" */
