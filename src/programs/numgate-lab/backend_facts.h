/* What the back end knows without any state: capability plans, country codes, toll-free numbers, capabilities of numbers. */
#pragma once
#include "common/base/str.h"
#include "common/json/write.h"

#define TN_DIGITS_MAX 15 /* E.164 */
#define TN_MAX        999999999999999

/* "+442079460000" as a number. False: not +, a digit from 1 to 9, and at most 14 more digits. */
bool tn_parse(struct str text, int64_t *ret);
void tn_put(struct json_out *out, int64_t tn); /* as a JSON string */

struct plan {
    const char *name, *usage, *offer_type;
    const char *mandatory[4], *choosable[4]; /* NULL behind the last */
    bool supports_toll_free;
};
const struct plan *plan_find(struct str usage); /* NULL: none */
bool plan_offers(const struct plan *plan, struct str capability);
void plans_write(struct json_out *out); /* an array */

/* ISO 3166 alpha-2 of a number by its country code, and its area code where several countries share one; "" when the code is nobody's or
 * of no country. */
const char *country_of(int64_t tn);
bool country_is_known(struct str iso); /* some number can be of it; letter case does not count, UK is GB */
bool country_is(struct str iso, const char *country);
bool tn_is_toll_free(int64_t tn);
bool tn_is_american_toll_free(int64_t tn); /* of the North American plan: of no single country */

/* Members acquiredCapabilities and availableCapabilities. */
void capabilities_write_acquired(struct json_out *out, bool toll_free, const struct str *usages,
                                 size_t usage_count, const struct str *choices, size_t choice_count);
void capabilities_write_available(struct json_out *out, bool any_toll_free, bool all_toll_free);
