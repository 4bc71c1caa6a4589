#include "common/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <cmocka.h>

#include "common/base/compiler.h"
#include "common/base/rate.h"

static void test_clock__writes_both_wire_forms(void **state UNUSED)
{
    static const struct {
        int64_t ms;
        const char *rfc3339;
        const char *imf;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z", "Thu, 01 Jan 1970 00:00:00 GMT"},
        {951782400123, "2000-02-29T00:00:00.123Z", "Tue, 29 Feb 2000 00:00:00 GMT"},
        {1795463458123, "2026-11-23T19:50:58.123Z", "Mon, 23 Nov 2026 19:50:58 GMT"},
        {4107542399999, "2100-02-28T23:59:59.999Z", "Sun, 28 Feb 2100 23:59:59 GMT"},
        {4107542400000, "2100-03-01T00:00:00.000Z", "Mon, 01 Mar 2100 00:00:00 GMT"},
        {253402300799999, "9999-12-31T23:59:59.999Z", "Fri, 31 Dec 9999 23:59:59 GMT"},
        {INT64_MAX, "9999-12-31T23:59:59.999Z", "Fri, 31 Dec 9999 23:59:59 GMT"},
        {-1, "1970-01-01T00:00:00.000Z", "Thu, 01 Jan 1970 00:00:00 GMT"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[CLOCK_TEXT_MAX];
        print_message("case %zu\n", i);
        assert_true(str_eq(clock_rfc3339((struct wall){cases[i].ms}, text), str_of(cases[i].rfc3339)));
        assert_string_equal(text, cases[i].rfc3339);
        assert_true(str_eq(clock_imf((struct wall){cases[i].ms}, text), str_of(cases[i].imf)));
    }
}

/* Every 40 days and a bit, against the C library's calendar. */
static void test_clock__agrees_with_the_c_library(void **state UNUSED)
{
    for (int64_t s = 0; s < 253402300799; s += 40 * 86400 + 12345) {
        char ours[CLOCK_TEXT_MAX];
        char theirs[CLOCK_TEXT_MAX];
        time_t t = (time_t)s;
        struct tm tm;
        struct wall back = {-1};
        (void)clock_imf((struct wall){s * 1000}, ours);
        (void)strftime(theirs, sizeof theirs, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&t, &tm));
        assert_string_equal(ours, theirs);
        assert_true(clock_parse_imf(str_of(ours), &back));
        assert_int_equal(back.ms, s * 1000);
    }
}

static void test_clock__reads_rfc3339(void **state UNUSED)
{
    static const struct {
        const char *text;
        int64_t ms; /* -1: refused */
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-11-23T19:50:58Z", 1795463458000},
        {"2026-11-23t19:50:58z", 1795463458000},
        {"2026-11-23T19:50:58.1Z", 1795463458100},
        {"2026-11-23T19:50:58.123999999Z", 1795463458123},
        {"2026-11-23T20:50:58.123+01:00", 1795463458123},
        {"2026-11-23T14:20:58-05:30", 1795463458000},
        {"2026-11-23T19:50:58-00:00", 1795463458000},
        {"2016-12-31T23:59:60Z", 1483228800000},
        {"1970-01-01T00:00:00+01:00", -1}, /* before 1970 */
        {"1969-12-31T23:59:59Z", -1},
        {"2026-02-29T00:00:00Z", -1},
        {"2024-02-29T00:00:00Z", 1709164800000},
        {"2100-02-29T00:00:00Z", -1},
        {"2026-13-01T00:00:00Z", -1},
        {"2026-00-01T00:00:00Z", -1},
        {"2026-01-00T00:00:00Z", -1},
        {"2026-01-01T24:00:00Z", -1},
        {"2026-01-01T00:60:00Z", -1},
        {"2026-01-01T00:00:60Z", -1},
        {"2026-01-01 00:00:00Z", -1},
        {"2026-01-01T00:00:00", -1},
        {"2026-01-01T00:00:00.Z", -1},
        {"2026-01-01T00:00:00.1234567890Z", -1},
        {"2026-01-01T00:00:00+0100", -1},
        {"2026-01-01T00:00:00+24:00", -1},
        {"2026-01-01T00:00:00Zx", -1},
        {"2026-01-01T00:00Z", -1},
        {"", -1},
        {"+026-01-01T00:00:00Z", -1},
        {"10000-01-01T00:00:00Z", -1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct wall t = {-1};
        bool ok = clock_parse_rfc3339(str_of(cases[i].text), &t);
        if (ok != (cases[i].ms >= 0) || t.ms != cases[i].ms) {
            fail_msg("case %zu (%s): %d %lld", i, cases[i].text, ok, (long long)t.ms);
        }
    }
}

static void test_clock__reads_imf_fixdate_only_in_its_exact_form(void **state UNUSED)
{
    static const char *const bad[] = {
        "Tue, 23 Nov 2026 19:50:58 GMT", /* it was a Monday */
        "mon, 23 Nov 2026 19:50:58 GMT", "Mon, 3 Nov 2026 19:50:58 GMT",   "Mon, 23 Nov 2026 19:50:58 UTC",
        "Mon, 23 Nov 2026 19:50:58",     "Monday, 23-Nov-26 19:50:58 GMT", "Mon Nov 23 19:50:58 2026",
        "Mon, 31 Nov 2026 19:50:58 GMT", "Mon, 23 Nov 2026 19:50:58 GMT ", "Mon, 23 Nov 2026 19:50:58 GM",
        "Mon, 23 Xxx 2026 19:50:58 GMT", "Mon,  23 Nov 2026 19:50:58 GMT", "",
    };
    struct wall t = {0};
    assert_true(clock_parse_imf(STR("Mon, 23 Nov 2026 19:50:58 GMT"), &t));
    assert_int_equal(t.ms, 1795463458000);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (clock_parse_imf(str_of(bad[i]), &t)) {
            fail_msg("case %zu (%s)", i, bad[i]);
        }
    }
}

static void test_clock__can_be_set_by_tests(void **state UNUSED)
{
    clock_test_set_wall((struct wall){1000});
    int64_t ms = clock_wall().ms;
    assert_true(ms >= 1000 && ms < 61000);
    struct mono a = clock_mono();
    assert_true(clock_mono().ms >= a.ms);
    assert_int_equal(mono_left_ms(mono_after(a, 5), a), 5);
    assert_int_equal(mono_left_ms(a, mono_after(a, 5)), 0);
    assert_true(clock_mono_us() / 1000 >= a.ms);
}

static void test_rate__admits_no_more_than_the_limit_in_any_window(void **state UNUSED)
{
    struct rate_ring ring;
    int64_t wait_ms = -1;
    assert_true(rate_ring_init(&ring, 3, 60000));
    assert_true(rate_ring_take(&ring, (struct mono){0}, &wait_ms));
    assert_true(rate_ring_take(&ring, (struct mono){100}, &wait_ms));
    assert_true(rate_ring_take(&ring, (struct mono){59000}, &wait_ms));
    assert_false(rate_ring_take(&ring, (struct mono){59999}, &wait_ms));
    assert_int_equal(wait_ms, 1);
    assert_true(rate_ring_take(&ring, (struct mono){60000}, &wait_ms)); /* refusals took no slot */
    assert_false(rate_ring_take(&ring, (struct mono){60000}, &wait_ms));
    assert_int_equal(wait_ms, 100);
    assert_true(rate_ring_take(&ring, (struct mono){200000}, &wait_ms));
    rate_ring_clear(&ring);
}

static void test_rate__limit_zero_admits_everything(void **state UNUSED)
{
    struct rate_ring ring;
    int64_t wait_ms = -1;
    assert_true(rate_ring_init(&ring, 0, 60000));
    for (int i = 0; i < 1000; i++) {
        assert_true(rate_ring_take(&ring, (struct mono){0}, &wait_ms));
    }
    rate_ring_clear(&ring);
}

static void test_rate__tells_how_many_of_the_window_are_used(void **state)
{
    (void)state;
    struct rate_ring ring;
    int64_t wait_ms;
    assert_true(rate_ring_init(&ring, 3, 1000));
    assert_int_equal(rate_ring_used(&ring, (struct mono){5000}), 0);
    for (int64_t at = 5000; at <= 5200; at += 100) {
        assert_true(rate_ring_take(&ring, (struct mono){at}, &wait_ms));
    }
    assert_int_equal(rate_ring_used(&ring, (struct mono){5999}), 3);
    assert_int_equal(rate_ring_used(&ring, (struct mono){6000}), 2);
    assert_int_equal(rate_ring_used(&ring, (struct mono){6200}), 0);
    rate_ring_clear(&ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clock__writes_both_wire_forms),
        cmocka_unit_test(test_clock__agrees_with_the_c_library),
        cmocka_unit_test(test_clock__reads_rfc3339),
        cmocka_unit_test(test_clock__reads_imf_fixdate_only_in_its_exact_form),
        cmocka_unit_test(test_clock__can_be_set_by_tests),
        cmocka_unit_test(test_rate__admits_no_more_than_the_limit_in_any_window),
        cmocka_unit_test(test_rate__tells_how_many_of_the_window_are_used),
        cmocka_unit_test(test_rate__limit_zero_admits_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
