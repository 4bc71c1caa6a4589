#include "programs/numgate-failover/decide.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/base/compiler.h"

#define STEP_MS  1000
#define BEGIN_MS 50000
#define STEPS    7

static const struct decide_rules plain = {.region_count = 2,
                                          .failures = 2,
                                          .successes = 2,
                                          .failback_after_ms = 3 * STEP_MS,
                                          .fresh_ms = 2 * STEP_MS};

static struct mono at_step(int step)
{
    return (struct mono){BEGIN_MS + (int64_t)step * STEP_MS};
}

/* "gb-": good, bad, not probed; one character a step. */
static void probe_all(struct region_state *region, const struct decide_rules *rules, const char *results)
{
    for (int i = 0; results[i] != '\0'; i++) {
        if (results[i] != '-') {
            (void)region_probed(region, rules, results[i] == 'g', at_step(i));
        }
    }
}

/* ---- every history of two regions, against the rules said once more ---- */

struct history {
    bool good[2][STEPS];
    int count;
};

static int row_length(const struct history *h, int region, bool good)
{
    int n = 0;
    while (n < h->count && h->good[region][h->count - 1 - n] == good) {
        n++;
    }
    return n;
}

static bool down(const struct history *h, int region)
{
    return row_length(h, region, false) >= 2;
}

static bool fit(const struct history *h, int region)
{
    return row_length(h, region, true) >= 2;
}

static struct decision wait_or_nobody(bool one_answers)
{
    return (struct decision){.verdict = one_answers ? VERDICT_WAIT : VERDICT_NOBODY};
}

static struct decision expected_of_none(const struct decide_rules *rules, const struct history *h)
{
    int preferred = (int)rules->preferred, other = 1 - preferred;
    if (fit(h, preferred)) {
        return (struct decision){VERDICT_CREATE, rules->preferred};
    }
    if (down(h, preferred) && fit(h, other)) {
        return (struct decision){VERDICT_CREATE, (size_t)other};
    }
    return wait_or_nobody(row_length(h, 0, true) > 0 || row_length(h, 1, true) > 0);
}

static struct decision expected(const struct decide_rules *rules, const struct history *h,
                                struct record_view record)
{
    int current = (int)record.region, other = 1 - current;
    if (record.kind != RECORD_REGION) {
        return expected_of_none(rules, h);
    }
    if (down(h, current)) {
        return fit(h, other) ? (struct decision){VERDICT_FAILOVER, (size_t)other}
                             : wait_or_nobody(row_length(h, other, true) > 0);
    }
    if (rules->automatic && other == (int)rules->preferred && row_length(h, other, true) >= 4) {
        return (struct decision){VERDICT_FAILBACK, (size_t)other}; /* four probes are three steps apart */
    }
    return (struct decision){.verdict = VERDICT_KEEP};
}

static void compare(const struct decide_rules *rules, const struct history *h, unsigned number,
                    const struct region_state regions[2])
{
    static const struct record_view records[] = {
        {.kind = RECORD_NONE}, {.kind = RECORD_REGION}, {.kind = RECORD_REGION, .region = 1}};
    for (size_t i = 0; i < ARRAY_LEN(records); i++) {
        struct decision want = expected(rules, h, records[i]);
        struct decision got = decide(rules, regions, records[i], at_step(h->count - 1));
        if (want.verdict != got.verdict || (decision_changes(want) && want.target != got.target)) {
            fail_msg("history %x of %d steps, record %zu, preferred %zu: %s %zu, not %s %zu", number,
                     h->count, i, rules->preferred, verdict_text(got.verdict), got.target,
                     verdict_text(want.verdict), want.target);
        }
    }
}

static void run_history(const struct decide_rules *rules, unsigned number)
{
    struct region_state regions[2] = {0};
    struct history h = {.count = 0};
    for (int step = 0; step < STEPS; step++) {
        for (int region = 0; region < 2; region++) {
            bool good = (number >> (2 * step + region) & 1) != 0;
            h.good[region][step] = good;
            (void)region_probed(&regions[region], rules, good, at_step(step));
        }
        h.count = step + 1;
        compare(rules, &h, number, regions);
    }
}

static void test_decide__is_the_rules_for_every_history(void **state UNUSED)
{
    for (unsigned variant = 0; variant < 4; variant++) {
        struct decide_rules rules = plain;
        rules.automatic = (variant & 1) != 0;
        rules.preferred = variant >> 1;
        for (unsigned number = 0; number < 1U << (2 * STEPS); number++) {
            run_history(&rules, number);
        }
    }
}

/* ---- single cases ---- */

static void test_decide__verdicts(void **state UNUSED)
{
    static const struct {
        const char *one, *two, *three;
        enum record_kind kind;
        size_t region;
        enum verdict verdict;
        size_t target;
    } cases[] = {
        {"gg", "gg", "gg", RECORD_UNREAD, 0, VERDICT_UNREAD, 0},
        {"bb", "gg", "gg", RECORD_UNREAD, 0, VERDICT_UNREAD, 0},
        {"bb", "gg", "gg", RECORD_FOREIGN, 0, VERDICT_FOREIGN, 0},
        {"", "", "", RECORD_REGION, 0, VERDICT_KEEP, 0},
        {"", "", "", RECORD_NONE, 0, VERDICT_WAIT, 0},
        {"--", "gg", "gg", RECORD_NONE, 0, VERDICT_WAIT, 0}, /* the preferred one was not heard yet */
        {"-b", "gg", "gg", RECORD_NONE, 0, VERDICT_WAIT, 0},
        {"bb", "-g", "gg", RECORD_NONE, 0, VERDICT_CREATE, 2},
        {"gg", "gg", "gg", RECORD_NONE, 0, VERDICT_CREATE, 0},
        {"bb", "bb", "bb", RECORD_NONE, 0, VERDICT_NOBODY, 0},
        {"bb", "gg", "gg", RECORD_REGION, 0, VERDICT_FAILOVER, 1}, /* the first that is fit */
        {"bb", "bg", "gg", RECORD_REGION, 0, VERDICT_FAILOVER, 2},
        {"bb", "bb", "-g", RECORD_REGION, 0, VERDICT_WAIT, 0},
        {"bb", "bb", "--", RECORD_REGION, 0, VERDICT_WAIT, 0},
        {"bb", "gb", "gb", RECORD_REGION, 0, VERDICT_NOBODY, 0},
        {"gb", "gg", "gg", RECORD_REGION, 0, VERDICT_KEEP, 0},     /* once is not twice */
        {"bbg", "ggg", "ggg", RECORD_REGION, 0, VERDICT_KEEP, 0},  /* down before, but it answers */
        {"gg", "bb", "gg", RECORD_REGION, 1, VERDICT_FAILOVER, 0}, /* the preferred one, without a wait */
        {"gg", "gg", "bb", RECORD_REGION, 2, VERDICT_FAILOVER, 0},
        {"ggg", "ggg", "ggg", RECORD_REGION, 1, VERDICT_KEEP, 0},
        {"gggg", "gggg", "gggg", RECORD_REGION, 1, VERDICT_FAILBACK, 0},
        {"gggg", "bggb", "gggg", RECORD_REGION, 1, VERDICT_FAILBACK, 0},
        {"bggg", "gggg", "gggg", RECORD_REGION, 1, VERDICT_KEEP, 0},
        {"gggb", "gggg", "gggg", RECORD_REGION, 1, VERDICT_KEEP, 0},
        {"gggg", "gggg", "gggg", RECORD_REGION, 0, VERDICT_KEEP, 0},
    };
    struct decide_rules rules = plain;
    rules.region_count = 3;
    rules.automatic = true;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct region_state regions[3] = {0};
        probe_all(&regions[0], &rules, cases[i].one);
        probe_all(&regions[1], &rules, cases[i].two);
        probe_all(&regions[2], &rules, cases[i].three);
        struct record_view record = {.kind = cases[i].kind, .region = cases[i].region};
        int last = (int)strlen(cases[i].one) - 1;
        struct decision got = decide(&rules, regions, record, at_step(last));
        if (got.verdict != cases[i].verdict || (decision_changes(got) && got.target != cases[i].target)) {
            fail_msg("case %zu: %s %zu", i, verdict_text(got.verdict), got.target);
        }
    }
}

static void test_decide__acts_on_nothing_that_is_old(void **state UNUSED)
{
    static const struct record_view on_one = {.kind = RECORD_REGION};
    struct region_state regions[2] = {0};
    probe_all(&regions[0], &plain, "bb");
    probe_all(&regions[1], &plain, "gg");
    struct mono last = at_step(1);
    assert_int_equal(decide(&plain, regions, on_one, mono_after(last, plain.fresh_ms)).verdict,
                     VERDICT_FAILOVER);
    assert_int_equal(decide(&plain, regions, on_one, mono_after(last, plain.fresh_ms + 1)).verdict,
                     VERDICT_KEEP);
    probe_all(&regions[0], &plain, "--b"); /* heard of region 1 again, but not of region 2 */
    assert_int_equal(decide(&plain, regions, on_one, mono_after(last, plain.fresh_ms + 1)).verdict,
                     VERDICT_WAIT);
}

/* A watcher that sees both regions does not undo at once what one did that sees one. */
static void test_decide__fails_back_when_the_record_was_elsewhere_for_long_enough(void **state UNUSED)
{
    struct decide_rules rules = plain;
    struct region_state regions[2] = {0};
    rules.automatic = true;
    probe_all(&regions[0], &rules, "ggggggggg");
    probe_all(&regions[1], &rules, "ggggggggg");
    for (int moved = 0; moved <= 8; moved++) {
        struct record_view record = {RECORD_REGION, 1, at_step(moved)};
        enum verdict verdict = decide(&rules, regions, record, at_step(8)).verdict;
        if (verdict != (moved <= 5 ? VERDICT_FAILBACK : VERDICT_KEEP)) {
            fail_msg("moved at step %d: %s", moved, verdict_text(verdict));
        }
    }
}

static void test_row__ends_with_a_pause(void **state UNUSED)
{
    struct region_state region = {0};
    (void)region_probed(&region, &plain, true, (struct mono){0});
    (void)region_probed(&region, &plain, true, (struct mono){plain.fresh_ms});
    assert_int_equal(region.count, 2);
    assert_int_equal(region.since.ms, 0);
    (void)region_probed(&region, &plain, true, (struct mono){2 * plain.fresh_ms + 1});
    assert_int_equal(region.count, 1);
    assert_int_equal(region.since.ms, 2 * plain.fresh_ms + 1);
    assert_int_equal(region.health, HEALTH_UP); /* what is reported stays until something else is known */
}

static void test_health__changes_with_a_whole_row(void **state UNUSED)
{
    static const struct {
        bool good, changed;
        enum region_health health;
    } steps[] = {
        {true, false, HEALTH_UNKNOWN}, {false, false, HEALTH_UNKNOWN}, {false, true, HEALTH_DOWN},
        {false, false, HEALTH_DOWN},   {true, false, HEALTH_DOWN},     {false, false, HEALTH_DOWN},
        {true, false, HEALTH_DOWN},    {true, true, HEALTH_UP},        {false, false, HEALTH_UP},
        {true, false, HEALTH_UP},      {false, false, HEALTH_UP},      {false, true, HEALTH_DOWN},
    };
    struct region_state region = {0};
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        bool changed = region_probed(&region, &plain, steps[i].good, at_step((int)i));
        if (changed != steps[i].changed || region.health != steps[i].health) {
            fail_msg("step %zu: %s", i, health_text(region.health));
        }
    }
}

/* ---- the record follows the decisions ---- */

/* How often the record moves while region 1 repeats a pattern and region 2 is well. */
static unsigned moves(const struct decide_rules *rules, const char *pattern, int steps)
{
    struct region_state regions[2] = {0};
    struct record_view record = {.kind = RECORD_REGION};
    unsigned count = 0;
    for (int i = 0; i < steps; i++) {
        (void)region_probed(&regions[0], rules, pattern[(size_t)i % strlen(pattern)] == 'g', at_step(i));
        (void)region_probed(&regions[1], rules, true, at_step(i));
        struct decision decision = decide(rules, regions, record, at_step(i));
        if (decision_changes(decision)) {
            record = (struct record_view){RECORD_REGION, decision.target, at_step(i)};
            count++;
        }
    }
    return count;
}

static void test_decide__a_region_that_flaps_does_not_flap_the_record(void **state UNUSED)
{
    static const struct {
        const char *pattern;
        bool automatic;
        unsigned moves;
    } cases[] = {
        {"bg", true, 0},     {"bgg", true, 0},     {"bbg", true, 1},    {"bbggg", true, 1},
        {"bbggg", false, 1}, {"bbgggg", false, 1}, {"bbgggg", true, 40} /* well for failback_after each time */
    };
    struct decide_rules rules = plain;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        rules.automatic = cases[i].automatic;
        unsigned got = moves(&rules, cases[i].pattern, 20 * (int)strlen(cases[i].pattern));
        if (got != cases[i].moves) {
            fail_msg("case %zu: %u moves", i, got);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decide__is_the_rules_for_every_history),
        cmocka_unit_test(test_decide__verdicts),
        cmocka_unit_test(test_decide__acts_on_nothing_that_is_old),
        cmocka_unit_test(test_decide__fails_back_when_the_record_was_elsewhere_for_long_enough),
        cmocka_unit_test(test_row__ends_with_a_pause),
        cmocka_unit_test(test_health__changes_with_a_whole_row),
        cmocka_unit_test(test_decide__a_region_that_flaps_does_not_flap_the_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
