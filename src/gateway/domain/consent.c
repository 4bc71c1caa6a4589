/* Whether the enterprise's consent covers a number. */
#include "gateway/domain/heard.h"
#include "gateway/model/country.h"

#include "common/base/banned.h"

#define CONSENT_REQUIRED "ConsentRequired"
#define NOT_CONSENTED    "CountryNotConsented"

bool consent_is_reason(struct str code)
{
    return str_eq(code, STR(CONSENT_REQUIRED)) || str_eq(code, STR(NOT_CONSENTED));
}

/* A number whose code no country has is the back end's to judge. */
static bool covers(const struct rfi *rfi, struct str countries)
{
    for (size_t i = 0; i < rfi->consented_countries.count; i++) {
        if (model_country_in(rfi->consented_countries.items[i], countries)) {
            return true;
        }
    }
    return str_empty(countries);
}

enum rc consent_active(const struct rfi *rfi, struct err *err)
{
    static const char *const states[] = {
        [CONSENT_ABSENT] = "not active", [CONSENT_SUSPENDED] = "suspended", [CONSENT_REMOVED] = "removed"};
    if (rfi == NULL) {
        return err_set(err, RC_CONFLICT, CONSENT_REQUIRED,
                       "there is no consent of this tenant: the enterprise has not chosen this operator yet");
    }
    if (rfi->status != CONSENT_ACTIVE) {
        return err_set(err, RC_CONFLICT, CONSENT_REQUIRED, "the consent of the enterprise is %s",
                       states[rfi->status]);
    }
    return RC_OK;
}

enum rc consent_check(const struct rfi *rfi, int64_t telephone_number,
                      const struct number_teams_config *settings, struct err *err)
{
    enum rc rc = consent_active(rfi, err);
    if (rc != RC_OK) {
        return rc;
    }
    struct str displayed = settings != NULL ? settings->displayed_country_code : STR_NONE;
    struct str countries = !str_empty(displayed) ? displayed : model_countries_of(telephone_number);
    if (!covers(rfi, countries)) {
        return err_set(err, RC_CONFLICT, NOT_CONSENTED,
                       "the consent of the enterprise does not cover %" STR_FMT, STR_ARG(countries));
    }
    return RC_OK;
}
