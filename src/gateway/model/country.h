/* The countries a telephone number can be of, by its country code (ITU-T E.164). One code may stand for several: the countries of
 * North America share 1, for example; which of them a number is of is not told here. */
#pragma once
#include "common/base/str.h"

/* ISO 3166 codes with blanks between them ("GB GG IM JE"), static; empty: no country has this code. */
struct str model_countries_of(int64_t telephone_number);
/* "GB" is in "GB GG IM JE", letter case aside; "UK" stands for GB. */
bool model_country_in(struct str country, struct str countries);
