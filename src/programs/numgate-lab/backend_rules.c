#include "programs/numgate-lab/backend_rules.h"

#include "programs/numgate-lab/backend_facts.h"

#include "common/base/banned.h"

static const struct finding_row rows[FINDINGS] = {
    [FINDING_NONE] = {"", ""},
    [FINDING_NUMBER_IN_OPERATION] = {"NumberInOperation", "The number is in another job that has not ended"},
    [FINDING_CONSENT_REQUIRED] = {"ConsentRequired", "The tenant has no active consent"},
    [FINDING_UNKNOWN_COUNTRY_CODE] = {"UnknownCountryCode", "The number belongs to no country that is known"},
    [FINDING_UNABLE_TO_MATCH_GEOGRAPHY] =
        {"UnableToMatchGeographyEntry", "A toll-free number of several countries needs displayedCountryCode"},
    [FINDING_COUNTRY_NOT_CONSENTED] = {"CountryNotConsented",
                                       "The consent does not cover the country of the number"},
    [FINDING_HELD_BY_OTHER_TENANT] = {"NumberHeldByOtherTenant", "Another tenant holds the number"},
    [FINDING_UNKNOWN_USAGE] = {"UnknownUsage", "No capability plan of the tenant has this usage"},
    [FINDING_CAPABILITY_NOT_IN_PLAN] = {"CapabilityNotInPlan",
                                        "A capability cannot be chosen with this usage"},
    [FINDING_TOLL_FREE_NOT_SUPPORTED] = {"TollFreeNotSupported", "The usage does not take toll-free numbers"},
    [FINDING_ADDRESS_REQUIRED] =
        {"AddressRequired", "An address or a location is needed unless the tenant may update the address"},
    [FINDING_NO_LOCATION] = {"UnableToRetrieveLocation", "The tenant has no such address or location"},
    [FINDING_NO_DEFAULT_LOCATION] = {"UnableToRetrieveDefaultLocation",
                                     "The address has no default location"},
    [FINDING_UPDATE_NOT_POSSIBLE] = {"UpdateNotPossible",
                                     "The usage of a number cannot be changed while it is held"},
    [FINDING_NUMBER_ASSIGNED] = {"NumberAssigned", "The number is assigned and cannot be released"},
    [FINDING_INTERNAL_ERROR] = {"InternalError", "Something went wrong; it may pass later"},
};

const struct finding_row *finding_row(enum finding finding)
{
    ensure(finding < FINDINGS);
    return &rows[finding];
}

enum finding finding_of_code(struct str code)
{
    for (size_t i = 1; i < FINDINGS; i++) {
        if (str_eq(str_of(rows[i].code), code)) {
            return (enum finding)i;
        }
    }
    return FINDING_NONE;
}

/* One entry under judgement. */
struct case_ {
    const struct model *model;
    const struct job *job;
    int64_t tn;
    const struct settings *settings;
    const struct number *held; /* by whomever, for the job's service; NULL: by nobody */
};

bool number_is_assigned(const struct number *number)
{
    return number->assignment != NULL && !str_eq(str_of(number->assignment), STR("Unassigned"));
}

static bool lacks_consent(const struct case_ *c)
{
    const struct document *consent = c->job->tenant->consent;
    return consent == NULL || !str_eq(json_string(json_get(consent->json, STR("status"))), STR("Active"));
}

/* Of such a number the country is what the operator says; else what the digits say. */
static bool is_without_country(const struct case_ *c)
{
    return tn_is_american_toll_free(c->tn) || (tn_is_toll_free(c->tn) && country_of(c->tn)[0] == '\0');
}

static bool country_unknown(const struct case_ *c)
{
    struct str displayed = c->settings->displayed_country;
    if (!str_absent(displayed) && !country_is_known(displayed)) {
        return true;
    }
    return !is_without_country(c) && country_of(c->tn)[0] == '\0';
}

static bool country_not_displayed(const struct case_ *c)
{
    return is_without_country(c) && str_absent(c->settings->displayed_country);
}

static bool country_not_consented(const struct case_ *c)
{
    const struct json *countries = json_get(c->job->tenant->consent->json, STR("consentedCountries"));
    for (size_t i = 0; i < json_count(countries); i++) {
        struct str country = json_string(json_at(countries, i));
        bool same = is_without_country(c) ? str_eq_ci(country, c->settings->displayed_country)
                                          : country_is(country, country_of(c->tn));
        if (same) {
            return false;
        }
    }
    return true;
}

/* A tenant may hold one number for both services; two tenants cannot share one. */
static bool held_elsewhere(const struct case_ *c)
{
    for (enum service service = 0; service < SERVICES; service++) {
        const struct number *number = model_number(c->model, service, c->tn);
        if (number != NULL && number->tenant != c->job->tenant) {
            return true;
        }
    }
    return false;
}

static bool usage_unknown(const struct case_ *c)
{
    bool known = plan_find(c->settings->usage) != NULL;
    for (size_t i = 0; i < c->settings->additional_count; i++) {
        known = known && plan_find(c->settings->additional[i]) != NULL;
    }
    return !known;
}

static bool offered(const struct settings *settings, struct str capability)
{
    bool found = plan_offers(plan_find(settings->usage), capability);
    for (size_t i = 0; i < settings->additional_count && !found; i++) {
        found = plan_offers(plan_find(settings->additional[i]), capability);
    }
    return found;
}

static bool capability_not_in_plan(const struct case_ *c)
{
    for (size_t i = 0; i < c->settings->choice_count; i++) {
        if (!offered(c->settings, c->settings->choices[i])) {
            return true;
        }
    }
    return false;
}

static bool toll_free_not_supported(const struct case_ *c)
{
    bool supported = plan_find(c->settings->usage)->supports_toll_free;
    for (size_t i = 0; i < c->settings->additional_count; i++) {
        supported = supported && plan_find(c->settings->additional[i])->supports_toll_free;
    }
    return tn_is_toll_free(c->tn) && !supported;
}

static bool address_missing(const struct case_ *c)
{
    const struct settings *s = c->settings;
    return str_eq(s->usage, STR("CallingUserAssignment")) && str_absent(s->civic_address) &&
           str_absent(s->location) && !s->allow_update;
}

static bool has_location(const struct json *address, struct str location)
{
    const struct json *locations = json_get(address, STR("locations"));
    for (size_t i = 0; i < json_count(locations); i++) {
        if (str_eq_ci(json_string(json_get(json_at(locations, i), STR("id"))), location)) {
            return true;
        }
    }
    return false;
}

static const struct json *address_of(const struct case_ *c)
{
    struct map_key id;
    const struct document *address =
        map_key_of_uuid(c->settings->civic_address, &id) ? map_get(&c->job->tenant->addresses, id) : NULL;
    return address == NULL ? NULL : address->json;
}

static bool any_has_location(const struct map *addresses, struct str location)
{
    const struct document *address;
    for (struct map_at at = map_first(addresses); (address = map_next(addresses, &at)) != NULL;) {
        if (has_location(address->json, location)) {
            return true;
        }
    }
    return false;
}

static bool location_unknown(const struct case_ *c)
{
    const struct settings *s = c->settings;
    if (!str_absent(s->civic_address)) {
        const struct json *address = address_of(c);
        return address == NULL || (!str_absent(s->location) && !has_location(address, s->location));
    }
    return !str_absent(s->location) && !any_has_location(&c->job->tenant->addresses, s->location);
}

static bool default_location_unknown(const struct case_ *c)
{
    const struct json *address = address_of(c);
    return address != NULL && str_absent(c->settings->location) &&
           !has_location(address, json_string(json_get(address, STR("defaultLocationId"))));
}

static bool update_not_possible(const struct case_ *c)
{
    return c->held != NULL && !str_eq(c->held->settings->usage, c->settings->usage);
}

static bool assigned(const struct case_ *c)
{
    return c->held != NULL && c->held->tenant == c->job->tenant && number_is_assigned(c->held);
}

struct rule {
    bool (*speaks_against)(const struct case_ *c);
    enum finding finding;
};

/* Each relies on those before it: from the country on there is a consent, from the capability on the usages are known. */
static const struct rule upload_rules[] = {
    {lacks_consent, FINDING_CONSENT_REQUIRED},
    {country_unknown, FINDING_UNKNOWN_COUNTRY_CODE},
    {country_not_displayed, FINDING_UNABLE_TO_MATCH_GEOGRAPHY},
    {country_not_consented, FINDING_COUNTRY_NOT_CONSENTED},
    {held_elsewhere, FINDING_HELD_BY_OTHER_TENANT},
    {usage_unknown, FINDING_UNKNOWN_USAGE},
    {capability_not_in_plan, FINDING_CAPABILITY_NOT_IN_PLAN},
    {toll_free_not_supported, FINDING_TOLL_FREE_NOT_SUPPORTED},
    {address_missing, FINDING_ADDRESS_REQUIRED},
    {location_unknown, FINDING_NO_LOCATION},
    {default_location_unknown, FINDING_NO_DEFAULT_LOCATION},
    {update_not_possible, FINDING_UPDATE_NOT_POSSIBLE},
};
static const struct rule release_rules[] = {
    {assigned, FINDING_NUMBER_ASSIGNED},
};

static enum finding judge(const struct rule *rules, size_t count, const struct model *model,
                          const struct job *job, const struct entry *entry)
{
    const struct case_ c = {model, job, entry->tn, entry->settings,
                            model_number(model, job->service, entry->tn)};
    for (size_t i = 0; i < count; i++) {
        if (rules[i].speaks_against(&c)) {
            return rules[i].finding;
        }
    }
    return FINDING_NONE;
}

enum finding rules_judge_upload(const struct model *model, const struct job *job, const struct entry *entry)
{
    return judge(upload_rules, ARRAY_LEN(upload_rules), model, job, entry);
}

enum finding rules_judge_release(const struct model *model, const struct job *job, const struct entry *entry)
{
    return judge(release_rules, ARRAY_LEN(release_rules), model, job, entry);
}
