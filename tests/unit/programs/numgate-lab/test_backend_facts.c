#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/compiler.h"
#include "programs/numgate-lab/backend_facts.h"

static void test_tn__is_a_plus_and_2_to_15_digits(void **state UNUSED)
{
    static const struct {
        const char *text;
        int64_t tn; /* 0: none */
    } cases[] = {
        {"+10", 10},
        {"+442079460000", 442079460000},
        {"+999999999999999", 999999999999999},
        {"", 0},
        {"+", 0},
        {"+1", 0},
        {"44", 0},
        {"+0442079460000", 0},
        {"+9999999999999999", 0},
        {"+44 20", 0},
        {"+-44", 0},
        {"+44x", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t tn = 0;
        bool fits = tn_parse(str_of(cases[i].text), &tn);
        if (fits != (cases[i].tn != 0) || tn != cases[i].tn) {
            fail_msg("case %zu", i);
        }
    }
}

static void test_country__is_that_of_the_longest_code(void **state UNUSED)
{
    static const struct {
        int64_t tn;
        const char *iso;
    } cases[] = {
        {442079460000, "GB"}, {441534500000, "JE"}, {441481500000, "GG"}, {12125550100, "US"},
        {14165550100, "CA"},  {18765550100, "JM"},  {4930555010, "DE"},   {35312345678, "IE"},
        {79991234567, "RU"},  {77771234567, "KZ"},  {5999123456, "CW"},   {390669812345, "VA"},
        {390612345678, "IT"}, {80012345678, ""},    {999123456, ""},      {21012345, ""},
        {882123456, ""},      {10, "US"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (!str_eq(str_of(country_of(cases[i].tn)), str_of(cases[i].iso))) {
            fail_msg("case %zu: %s", i, country_of(cases[i].tn));
        }
    }
}

static void test_country__is_known_by_its_letters(void **state UNUSED)
{
    assert_true(country_is_known(STR("GB")));
    assert_true(country_is_known(STR("uk")));
    assert_true(country_is_known(STR("ca")));
    assert_false(country_is_known(STR("XX")));
    assert_false(country_is_known(STR("")));
    assert_true(country_is(STR("UK"), "GB"));
    assert_false(country_is(STR("US"), "GB"));
}

static void test_toll_free__is_known_by_its_first_digits(void **state UNUSED)
{
    static const struct {
        int64_t tn;
        bool toll_free, american;
    } cases[] = {
        {18005550100, true, true},    {18335550100, true, true},
        {18885550100, true, true},    {18225550100, false, false},
        {448001234567, true, false},  {448081570000, true, false},
        {443081570000, false, false}, {498001234567, true, false},
        {4980812345, false, false},   {80012345678, true, false},
        {611800123456, true, false},  {3531800123456, false, false},
        {35318001234, false, false},  /* cannot be told from Dublin */ {35311234567, false, false},
        {18, false, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (tn_is_toll_free(cases[i].tn) != cases[i].toll_free ||
            tn_is_american_toll_free(cases[i].tn) != cases[i].american) {
            fail_msg("case %zu", i);
        }
    }
}

static void test_plan__offers_what_can_be_chosen(void **state UNUSED)
{
    const struct plan *users = plan_find(STR("CallingUserAssignment"));
    assert_non_null(users);
    assert_true(plan_offers(users, STR("Mobile")));
    assert_false(plan_offers(users, STR("Office365")));
    assert_false(plan_offers(plan_find(STR("ConferenceAssignment")), STR("Mobile")));
    assert_null(plan_find(STR("Calling for users")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tn__is_a_plus_and_2_to_15_digits),
        cmocka_unit_test(test_country__is_that_of_the_longest_code),
        cmocka_unit_test(test_country__is_known_by_its_letters),
        cmocka_unit_test(test_toll_free__is_known_by_its_first_digits),
        cmocka_unit_test(test_plan__offers_what_can_be_chosen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
