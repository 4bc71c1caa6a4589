#include "gateway/model/country.h"

#include "common/base/compiler.h"

#include "common/base/banned.h"

struct zone {
    int32_t code;
    struct str countries;
};

/* By code, so that a search by halves finds one; no code is the beginning of another. */
/* clang-format off */
static const struct zone zones[] = {
    {1, STR("US CA AG AI AS BB BM BS DM DO GD GU JM KN KY LC MP MS PR SX TC TT VC VG VI")},
    {7, STR("RU KZ")}, {20, STR("EG")}, {27, STR("ZA")}, {30, STR("GR")}, {31, STR("NL")}, {32, STR("BE")}, {33, STR("FR")},
    {34, STR("ES")}, {36, STR("HU")}, {39, STR("IT VA")}, {40, STR("RO")}, {41, STR("CH")}, {43, STR("AT")},
    {44, STR("GB GG IM JE")}, {45, STR("DK")}, {46, STR("SE")}, {47, STR("NO SJ")}, {48, STR("PL")}, {49, STR("DE")},
    {51, STR("PE")}, {52, STR("MX")}, {53, STR("CU")}, {54, STR("AR")}, {55, STR("BR")}, {56, STR("CL")}, {57, STR("CO")},
    {58, STR("VE")}, {60, STR("MY")}, {61, STR("AU CC CX")}, {62, STR("ID")}, {63, STR("PH")}, {64, STR("NZ")}, {65, STR("SG")},
    {66, STR("TH")}, {81, STR("JP")}, {82, STR("KR")}, {84, STR("VN")}, {86, STR("CN")}, {90, STR("TR")}, {91, STR("IN")},
    {92, STR("PK")}, {93, STR("AF")}, {94, STR("LK")}, {95, STR("MM")}, {98, STR("IR")}, {211, STR("SS")}, {212, STR("MA EH")},
    {213, STR("DZ")}, {216, STR("TN")}, {218, STR("LY")}, {220, STR("GM")}, {221, STR("SN")}, {222, STR("MR")}, {223, STR("ML")},
    {224, STR("GN")}, {225, STR("CI")}, {226, STR("BF")}, {227, STR("NE")}, {228, STR("TG")}, {229, STR("BJ")}, {230, STR("MU")},
    {231, STR("LR")}, {232, STR("SL")}, {233, STR("GH")}, {234, STR("NG")}, {235, STR("TD")}, {236, STR("CF")}, {237, STR("CM")},
    {238, STR("CV")}, {239, STR("ST")}, {240, STR("GQ")}, {241, STR("GA")}, {242, STR("CG")}, {243, STR("CD")}, {244, STR("AO")},
    {245, STR("GW")}, {246, STR("IO")}, {247, STR("AC")}, {248, STR("SC")}, {249, STR("SD")}, {250, STR("RW")}, {251, STR("ET")},
    {252, STR("SO")}, {253, STR("DJ")}, {254, STR("KE")}, {255, STR("TZ")}, {256, STR("UG")}, {257, STR("BI")}, {258, STR("MZ")},
    {260, STR("ZM")}, {261, STR("MG")}, {262, STR("RE YT")}, {263, STR("ZW")}, {264, STR("NA")}, {265, STR("MW")}, {266, STR("LS")},
    {267, STR("BW")}, {268, STR("SZ")}, {269, STR("KM")}, {290, STR("SH TA")}, {291, STR("ER")}, {297, STR("AW")}, {298, STR("FO")},
    {299, STR("GL")}, {350, STR("GI")}, {351, STR("PT")}, {352, STR("LU")}, {353, STR("IE")}, {354, STR("IS")}, {355, STR("AL")},
    {356, STR("MT")}, {357, STR("CY")}, {358, STR("FI AX")}, {359, STR("BG")}, {370, STR("LT")}, {371, STR("LV")}, {372, STR("EE")},
    {373, STR("MD")}, {374, STR("AM")}, {375, STR("BY")}, {376, STR("AD")}, {377, STR("MC")}, {378, STR("SM")}, {380, STR("UA")},
    {381, STR("RS")}, {382, STR("ME")}, {383, STR("XK")}, {385, STR("HR")}, {386, STR("SI")}, {387, STR("BA")}, {389, STR("MK")},
    {420, STR("CZ")}, {421, STR("SK")}, {423, STR("LI")}, {500, STR("FK")}, {501, STR("BZ")}, {502, STR("GT")}, {503, STR("SV")},
    {504, STR("HN")}, {505, STR("NI")}, {506, STR("CR")}, {507, STR("PA")}, {508, STR("PM")}, {509, STR("HT")},
    {590, STR("GP BL MF")}, {591, STR("BO")}, {592, STR("GY")}, {593, STR("EC")}, {594, STR("GF")}, {595, STR("PY")},
    {596, STR("MQ")}, {597, STR("SR")}, {598, STR("UY")}, {599, STR("CW BQ")}, {670, STR("TL")}, {672, STR("NF AQ")},
    {673, STR("BN")}, {674, STR("NR")}, {675, STR("PG")}, {676, STR("TO")}, {677, STR("SB")}, {678, STR("VU")}, {679, STR("FJ")},
    {680, STR("PW")}, {681, STR("WF")}, {682, STR("CK")}, {683, STR("NU")}, {685, STR("WS")}, {686, STR("KI")}, {687, STR("NC")},
    {688, STR("TV")}, {689, STR("PF")}, {690, STR("TK")}, {691, STR("FM")}, {692, STR("MH")}, {850, STR("KP")}, {852, STR("HK")},
    {853, STR("MO")}, {855, STR("KH")}, {856, STR("LA")}, {880, STR("BD")}, {886, STR("TW")}, {960, STR("MV")}, {961, STR("LB")},
    {962, STR("JO")}, {963, STR("SY")}, {964, STR("IQ")}, {965, STR("KW")}, {966, STR("SA")}, {967, STR("YE")}, {968, STR("OM")},
    {970, STR("PS")}, {971, STR("AE")}, {972, STR("IL")}, {973, STR("BH")}, {974, STR("QA")}, {975, STR("BT")}, {976, STR("MN")},
    {977, STR("NP")}, {992, STR("TJ")}, {993, STR("TM")}, {994, STR("AZ")}, {995, STR("GE")}, {996, STR("KG")}, {998, STR("UZ")},
};
/* clang-format on */

static const struct zone *zone_of(int64_t code)
{
    size_t low = 0, high = ARRAY_LEN(zones);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (zones[middle].code == code) {
            return &zones[middle];
        }
        if (zones[middle].code < code) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

struct str model_countries_of(int64_t telephone_number)
{
    for (int64_t code = telephone_number; code > 0; code /= 10) {
        const struct zone *zone = code < 1000 ? zone_of(code) : NULL;
        if (zone != NULL) {
            return zone->countries;
        }
    }
    return STR("");
}

bool model_country_in(struct str country, struct str countries)
{
    struct str wanted = str_eq_ci(country, STR("UK")) ? STR("GB") : country;
    for (size_t i = 0; wanted.n == 2 && i + 2 <= countries.n; i += 3) {
        if (str_eq_ci(wanted, str_slice(countries, i, i + 2))) {
            return true;
        }
    }
    return false;
}
