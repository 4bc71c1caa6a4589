#include "programs/numgate-lab/backend_facts.h"

#include <stdio.h>

#include "common/base/compiler.h"

#include "common/base/banned.h"

/* ---- telephone numbers ---- */

bool tn_parse(struct str text, int64_t *ret)
{
    struct str digits = str_slice(text, 1, text.n);
    bool fits =
        str_starts(text, STR("+")) && digits.n >= 2 && digits.n <= TN_DIGITS_MAX && digits.p[0] != '0';
    return fits && str_to_i64(digits, 1, INT64_MAX, ret);
}

void tn_put(struct json_out *out, int64_t tn)
{
    char text[TN_DIGITS_MAX + 6];
    int n = snprintf(text, sizeof text, "+%lld", (long long)tn);
    json_put_str(out, (struct str){text, (size_t)n});
}

/* Does the number begin with these digits? */
static bool begins_with(int64_t tn, int64_t prefix)
{
    while (tn > prefix) {
        tn /= 10;
    }
    return tn == prefix;
}

/* ---- plans ---- */

/* What an operator is given is known inside the programme only; these three are the lab's choice. */
static const struct plan plans[] = {
    {"Calling for users",
     "CallingUserAssignment",
     "Calling",
     {"UserAssignment", "Office365"},
     {"InboundCalling", "OutboundCalling", "Mobile"},
     false},
    {"Voice applications",
     "FirstPartyAppAssignment",
     "Calling",
     {"FirstPartyAppAssignment", "Office365"},
     {"InboundCalling", "OutboundCalling"},
     true},
    {"Conference bridges",
     "ConferenceAssignment",
     "AudioConferencing",
     {"ConferenceAssignment", "Office365"},
     {"InboundCalling", "OutboundCalling"},
     true},
};

const struct plan *plan_find(struct str usage)
{
    for (size_t i = 0; i < ARRAY_LEN(plans); i++) {
        if (str_eq(str_of(plans[i].usage), usage)) {
            return &plans[i];
        }
    }
    return NULL;
}

bool plan_offers(const struct plan *plan, struct str capability)
{
    for (size_t i = 0; plan->choosable[i] != NULL; i++) {
        if (str_eq(str_of(plan->choosable[i]), capability)) {
            return true;
        }
    }
    return false;
}

static void put_words(struct json_out *out, const char *name, const char *const *words)
{
    json_name(out, str_of(name));
    json_array_begin(out);
    for (; *words != NULL; words++) {
        json_put_str(out, str_of(*words));
    }
    json_array_end(out);
}

void plans_write(struct json_out *out)
{
    json_array_begin(out);
    for (size_t i = 0; i < ARRAY_LEN(plans); i++) {
        json_object_begin(out);
        json_str_member(out, "name", str_of(plans[i].name));
        put_words(out, "offerTypes", (const char *const[]){plans[i].offer_type, NULL});
        json_str_member(out, "usage", str_of(plans[i].usage));
        put_words(out, "mandatoryCapabilities", plans[i].mandatory);
        put_words(out, "choosableCapabilities", plans[i].choosable);
        json_bool_member(out, "supportsTollFree", plans[i].supports_toll_free);
        json_object_end(out);
    }
    json_array_end(out);
}

/* ---- countries ---- */

/* E.164 country codes, with area codes where countries share one. Of all rows that a number begins with the longest counts. */
static const struct {
    int64_t prefix;
    const char *iso;
} countries[] = {
    {1, "US"},      {1204, "CA"}, {1226, "CA"}, {1236, "CA"}, {1242, "BS"},    {1246, "BB"},   {1249, "CA"},
    {1250, "CA"},   {1257, "CA"}, {1263, "CA"}, {1264, "AI"}, {1268, "AG"},    {1284, "VG"},   {1289, "CA"},
    {1306, "CA"},   {1340, "VI"}, {1343, "CA"}, {1345, "KY"}, {1354, "CA"},    {1365, "CA"},   {1367, "CA"},
    {1368, "CA"},   {1382, "CA"}, {1403, "CA"}, {1416, "CA"}, {1418, "CA"},    {1428, "CA"},   {1431, "CA"},
    {1437, "CA"},   {1438, "CA"}, {1441, "BM"}, {1450, "CA"}, {1468, "CA"},    {1473, "GD"},   {1474, "CA"},
    {1506, "CA"},   {1514, "CA"}, {1519, "CA"}, {1548, "CA"}, {1579, "CA"},    {1581, "CA"},   {1584, "CA"},
    {1587, "CA"},   {1604, "CA"}, {1613, "CA"}, {1639, "CA"}, {1647, "CA"},    {1649, "TC"},   {1658, "JM"},
    {1664, "MS"},   {1670, "MP"}, {1671, "GU"}, {1672, "CA"}, {1683, "CA"},    {1684, "AS"},   {1705, "CA"},
    {1709, "CA"},   {1721, "SX"}, {1742, "CA"}, {1753, "CA"}, {1758, "LC"},    {1767, "DM"},   {1778, "CA"},
    {1780, "CA"},   {1782, "CA"}, {1784, "VC"}, {1787, "PR"}, {1807, "CA"},    {1809, "DO"},   {1819, "CA"},
    {1825, "CA"},   {1829, "DO"}, {1849, "DO"}, {1867, "CA"}, {1868, "TT"},    {1869, "KN"},   {1873, "CA"},
    {1876, "JM"},   {1879, "CA"}, {1902, "CA"}, {1905, "CA"}, {1939, "PR"},    {1942, "CA"},   {20, "EG"},
    {211, "SS"},    {212, "MA"},  {213, "DZ"},  {216, "TN"},  {218, "LY"},     {220, "GM"},    {221, "SN"},
    {222, "MR"},    {223, "ML"},  {224, "GN"},  {225, "CI"},  {226, "BF"},     {227, "NE"},    {228, "TG"},
    {229, "BJ"},    {230, "MU"},  {231, "LR"},  {232, "SL"},  {233, "GH"},     {234, "NG"},    {235, "TD"},
    {236, "CF"},    {237, "CM"},  {238, "CV"},  {239, "ST"},  {240, "GQ"},     {241, "GA"},    {242, "CG"},
    {243, "CD"},    {244, "AO"},  {245, "GW"},  {246, "IO"},  {248, "SC"},     {249, "SD"},    {250, "RW"},
    {251, "ET"},    {252, "SO"},  {253, "DJ"},  {254, "KE"},  {255, "TZ"},     {256, "UG"},    {257, "BI"},
    {258, "MZ"},    {260, "ZM"},  {261, "MG"},  {262, "RE"},  {262269, "YT"},  {262639, "YT"}, {263, "ZW"},
    {264, "NA"},    {265, "MW"},  {266, "LS"},  {267, "BW"},  {268, "SZ"},     {269, "KM"},    {27, "ZA"},
    {290, "SH"},    {291, "ER"},  {297, "AW"},  {298, "FO"},  {299, "GL"},     {30, "GR"},     {31, "NL"},
    {32, "BE"},     {33, "FR"},   {34, "ES"},   {350, "GI"},  {351, "PT"},     {352, "LU"},    {353, "IE"},
    {354, "IS"},    {355, "AL"},  {356, "MT"},  {357, "CY"},  {358, "FI"},     {359, "BG"},    {36, "HU"},
    {370, "LT"},    {371, "LV"},  {372, "EE"},  {373, "MD"},  {374, "AM"},     {375, "BY"},    {376, "AD"},
    {377, "MC"},    {378, "SM"},  {380, "UA"},  {381, "RS"},  {382, "ME"},     {383, "XK"},    {385, "HR"},
    {386, "SI"},    {387, "BA"},  {389, "MK"},  {39, "IT"},   {3906698, "VA"}, {40, "RO"},     {41, "CH"},
    {420, "CZ"},    {421, "SK"},  {423, "LI"},  {43, "AT"},   {44, "GB"},      {441481, "GG"}, {441534, "JE"},
    {441624, "IM"}, {45, "DK"},   {46, "SE"},   {47, "NO"},   {48, "PL"},      {49, "DE"},     {500, "FK"},
    {501, "BZ"},    {502, "GT"},  {503, "SV"},  {504, "HN"},  {505, "NI"},     {506, "CR"},    {507, "PA"},
    {508, "PM"},    {509, "HT"},  {51, "PE"},   {52, "MX"},   {53, "CU"},      {54, "AR"},     {55, "BR"},
    {56, "CL"},     {57, "CO"},   {58, "VE"},   {590, "GP"},  {591, "BO"},     {592, "GY"},    {593, "EC"},
    {594, "GF"},    {595, "PY"},  {596, "MQ"},  {597, "SR"},  {598, "UY"},     {599, "BQ"},    {5999, "CW"},
    {60, "MY"},     {61, "AU"},   {62, "ID"},   {63, "PH"},   {64, "NZ"},      {65, "SG"},     {66, "TH"},
    {670, "TL"},    {672, "NF"},  {673, "BN"},  {674, "NR"},  {675, "PG"},     {676, "TO"},    {677, "SB"},
    {678, "VU"},    {679, "FJ"},  {680, "PW"},  {681, "WF"},  {682, "CK"},     {683, "NU"},    {685, "WS"},
    {686, "KI"},    {687, "NC"},  {688, "TV"},  {689, "PF"},  {690, "TK"},     {691, "FM"},    {692, "MH"},
    {7, "RU"},      {76, "KZ"},   {77, "KZ"},   {81, "JP"},   {82, "KR"},      {84, "VN"},     {850, "KP"},
    {852, "HK"},    {853, "MO"},  {855, "KH"},  {856, "LA"},  {86, "CN"},      {880, "BD"},    {886, "TW"},
    {90, "TR"},     {91, "IN"},   {92, "PK"},   {93, "AF"},   {94, "LK"},      {95, "MM"},     {960, "MV"},
    {961, "LB"},    {962, "JO"},  {963, "SY"},  {964, "IQ"},  {965, "KW"},     {966, "SA"},    {967, "YE"},
    {968, "OM"},    {970, "PS"},  {971, "AE"},  {972, "IL"},  {973, "BH"},     {974, "QA"},    {975, "BT"},
    {976, "MN"},    {977, "NP"},  {98, "IR"},   {992, "TJ"},  {993, "TM"},     {994, "AZ"},    {995, "GE"},
    {996, "KG"},    {998, "UZ"},
};

const char *country_of(int64_t tn)
{
    const char *best = "";
    int64_t longest = 0;
    if (begins_with(tn, 800)) {
        return best; /* international freephone */
    }
    for (size_t i = 0; i < ARRAY_LEN(countries); i++) {
        if (countries[i].prefix > longest && begins_with(tn, countries[i].prefix)) {
            longest = countries[i].prefix;
            best = countries[i].iso;
        }
    }
    return best;
}

static struct str plain_name(struct str iso)
{
    return str_eq_ci(iso, STR("UK")) ? STR("GB") : iso;
}

bool country_is(struct str iso, const char *country)
{
    return str_eq_ci(plain_name(iso), str_of(country));
}

bool country_is_known(struct str iso)
{
    for (size_t i = 0; i < ARRAY_LEN(countries); i++) {
        if (country_is(iso, countries[i].iso)) {
            return true;
        }
    }
    return false;
}

/* ---- toll-free ---- */

static const int64_t american_toll_free[] = {1800, 1833, 1844, 1855, 1866, 1877, 1888};
static const int64_t other_toll_free[] = {
    800,   2780,  31800, 32800, 33800, 33805, 34900, 351800, 358800, 3680,   39800,   41800,
    43800, 44800, 44808, 4580,  4620,  47800, 48800, 49800,  52800,  55800,  611800,  62800,
    64800, 65800, 81120, 81800, 8280,  86400, 86800, 90800,  911800, 971800, 9721800,
};

static bool begins_with_any(int64_t tn, const int64_t *prefixes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (begins_with(tn, prefixes[i])) {
            return true;
        }
    }
    return false;
}

bool tn_is_american_toll_free(int64_t tn)
{
    return begins_with_any(tn, american_toll_free, ARRAY_LEN(american_toll_free));
}

bool tn_is_toll_free(int64_t tn)
{
    return tn_is_american_toll_free(tn) || begins_with_any(tn, other_toll_free, ARRAY_LEN(other_toll_free));
}

/* ---- capabilities ---- */

static void put_assignments(struct json_out *out, const struct str *usages, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct plan *plan = plan_find(usages[i]);
        for (size_t k = 0; plan != NULL && plan->mandatory[k] != NULL; k++) {
            if (!str_eq(str_of(plan->mandatory[k]), STR("Office365"))) {
                json_put_str(out, str_of(plan->mandatory[k]));
            }
        }
    }
}

/* Without a choice a number can call and be called. The order is that of numbers seen: toll-free ones begin with what they are for. */
void capabilities_write_acquired(struct json_out *out, bool toll_free, const struct str *usages,
                                 size_t usage_count, const struct str *choices, size_t choice_count)
{
    json_name(out, STR("acquiredCapabilities"));
    json_array_begin(out);
    if (toll_free) {
        json_put_str(out, STR("TollFree"));
        put_assignments(out, usages, usage_count);
    }
    json_put_str(out, STR("Office365"));
    for (size_t i = 0; i < choice_count; i++) {
        json_put_str(out, choices[i]);
    }
    if (choice_count == 0) {
        json_put_str(out, STR("InboundCalling"));
        json_put_str(out, STR("OutboundCalling"));
    }
    if (!toll_free) {
        put_assignments(out, usages, usage_count);
    }
    json_array_end(out);
}

/* Of several numbers: what all of them could have. */
void capabilities_write_available(struct json_out *out, bool any_toll_free, bool all_toll_free)
{
    static const char *const geographic[] = {"FirstPartyAppAssignment",
                                             "Office365",
                                             "InboundCalling",
                                             "OutboundCalling",
                                             "UserAssignment",
                                             "Mobile",
                                             NULL};
    static const char *const toll_free[] = {"TollFree",       "FirstPartyAppAssignment", "Office365",
                                            "InboundCalling", "OutboundCalling",         NULL};
    static const char *const common[] = {"FirstPartyAppAssignment", "Office365", "InboundCalling",
                                         "OutboundCalling", NULL};
    put_words(out, "availableCapabilities", !any_toll_free ? geographic : all_toll_free ? toll_free : common);
}
