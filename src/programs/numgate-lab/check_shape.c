#include "programs/numgate-lab/check_shape.h"

#include "common/base/clock.h"
#include "programs/numgate-lab/backend_facts.h"

#include "common/base/banned.h"

enum kind { TEXT, UUID, TIME, NUMBER, FLAG, WORD, TEXTS, OBJECT, OBJECTS };
enum { REQUIRED = 1, NULLABLE = 2 };

struct field {
    const char *name;
    enum kind kind;
    unsigned flags;
    const struct shape *of;   /* of OBJECT and OBJECTS */
    const char *const *words; /* of WORD */
};
struct shape {
    const struct field *fields; /* ends with a row without name */
};

static const char *const consent_statuses[] = {"Active", "Suspended", "Removed", NULL};
static const char *const validation_statuses[] = {"NotValidated", "Validated", NULL};
static const char *const services[] = {"teamsOperatorConnect", "teamsPhoneMobile", NULL};
static const char *const entry_statuses[] = {"Pending", "Success", "Error", NULL};
static const char *const job_types[] = {"Upload", "Release", NULL};
static const char *const job_statuses[] = {"NotStarted",        "InProgress", "Complete",
                                           "PartiallyComplete", "Failed",     NULL};

#define FIELDS(...) ((const struct field[]){__VA_ARGS__, {0}})

static const struct shape error_detail = {
    FIELDS({"code", TEXT, REQUIRED}, {"message", TEXT, REQUIRED}, {"target", TEXT})};
const struct shape shape_error = {
    FIELDS({"code", TEXT, REQUIRED}, {"message", TEXT, REQUIRED}, {"details", OBJECTS, 0, &error_detail})};

static const struct shape contact = {FIELDS({"fullName", TEXT}, {"email", TEXT}, {"phoneNumber", TEXT},
                                            {"companyName", TEXT}, {"companySize", TEXT})};
static const struct shape relationship = {
    FIELDS({"status", TEXT}, {"comment", TEXT}, {"lastModifiedOn", TIME})};
const struct shape shape_consent = {
    FIELDS({"id", UUID, REQUIRED}, {"tenantId", UUID, REQUIRED}, {"productContext", TEXT},
           {"operatorId", UUID, NULLABLE}, {"status", WORD, REQUIRED, NULL, consent_statuses},
           {"consentedOn", TIME}, {"lastModifiedOn", TIME}, {"consentedCountries", TEXTS},
           {"contacts", OBJECTS, NULLABLE, &contact}, {"customerRelationship", OBJECT, 0, &relationship})};
const struct shape shape_consent_page = {
    FIELDS({"value", OBJECTS, REQUIRED, &shape_consent}, {"more", FLAG, REQUIRED})};

static const struct shape usage = {FIELDS({"name", TEXT, REQUIRED}, {"offerTypes", TEXTS},
                                          {"usage", TEXT, REQUIRED}, {"mandatoryCapabilities", TEXTS},
                                          {"choosableCapabilities", TEXTS},
                                          {"supportsTollFree", FLAG, REQUIRED})};
const struct shape shape_usage_list = {FIELDS({"value", OBJECTS, REQUIRED, &usage})};
const struct shape shape_capabilities = {FIELDS({"availableCapabilities", TEXTS, REQUIRED})};

static const struct shape location = {FIELDS({"id", TEXT, REQUIRED}, {"civicAddressId", TEXT, REQUIRED},
                                             {"description", TEXT}, {"additionalInfo", TEXT},
                                             {"isDefault", FLAG}, {"elin", TEXT})};
static const struct shape address = {FIELDS(
    {"id", TEXT, REQUIRED}, {"defaultLocationId", TEXT, REQUIRED}, {"country", TEXT}, {"houseNumber", TEXT},
    {"houseNumberSuffix", TEXT}, {"preDirectional", TEXT}, {"streetName", TEXT}, {"streetSuffix", TEXT},
    {"postDirectional", TEXT}, {"stateOrProvince", TEXT}, {"countyOrDistrict", TEXT}, {"cityOrTown", TEXT},
    {"cityOrTownAlias", TEXT}, {"postalOrZipCode", TEXT}, {"description", TEXT}, {"companyName", TEXT},
    {"companyId", TEXT}, {"validationStatus", WORD, 0, NULL, validation_statuses}, {"tenantId", UUID},
    {"partnerId", TEXT}, {"locations", OBJECTS, 0, &location}, {"latitude", TEXT}, {"longitude", TEXT})};
const struct shape shape_address_page = {
    FIELDS({"value", OBJECTS, REQUIRED, &address}, {"more", FLAG, REQUIRED})};

const struct shape shape_number = {
    FIELDS({"telephoneNumber", NUMBER, REQUIRED}, {"service", WORD, REQUIRED, NULL, services},
           {"tenantId", UUID, REQUIRED}, {"usage", TEXT, REQUIRED}, {"additionalUsages", TEXTS},
           {"choosableCapabilities", TEXTS}, {"civicAddressId", TEXT}, {"locationId", TEXT},
           {"allowTenantAddressUpdate", FLAG}, {"displayedCountryCode", TEXT},
           {"acquiredCapabilities", TEXTS}, {"availableCapabilities", TEXTS}, {"acquiredOn", TIME},
           {"isoCountryCode", TEXT}, {"assignmentStatus", TEXT}, {"acquiredNumberStatus", TEXT})};
const struct shape shape_number_page = {
    FIELDS({"value", OBJECTS, REQUIRED, &shape_number}, {"more", FLAG, REQUIRED})};
const struct shape shape_change_page = {
    FIELDS({"value", OBJECTS, REQUIRED, &shape_number}, {"more", FLAG, REQUIRED}, {"mark", TEXT, REQUIRED})};

static const struct shape entry = {
    FIELDS({"telephoneNumber", NUMBER, REQUIRED}, {"status", WORD, REQUIRED, NULL, entry_statuses},
           {"errorCode", TEXT}, {"errorMessage", TEXT}, {"number", OBJECT, 0, &shape_number})};
const struct shape shape_job = {FIELDS({"jobId", TEXT, REQUIRED}, {"type", WORD, 0, NULL, job_types},
                                       {"status", WORD, REQUIRED, NULL, job_statuses},
                                       {"idempotencyKey", UUID}, {"createdOn", TIME}, {"completedOn", TIME},
                                       {"entries", OBJECTS, REQUIRED, &entry})};
const struct shape shape_job_list = {FIELDS({"value", OBJECTS, REQUIRED, &shape_job})};

static bool is_word(struct str text, const char *const *words)
{
    while (*words != NULL && !str_eq(str_of(*words), text)) {
        words++;
    }
    return *words != NULL;
}

static bool is_texts(const struct json *value)
{
    bool fits = json_type(value) == JSON_ARRAY;
    for (size_t i = 0; fits && i < json_count(value); i++) {
        fits = json_type(json_at(value, i)) == JSON_STRING;
    }
    return fits;
}

/* Of a value without values inside; NULL: it fits, else what it should have been. */
static const char *check_plain(const struct field *field, const struct json *value)
{
    struct str text = json_string(value);
    struct wall time;
    int64_t tn;
    switch (field->kind) {
    case TEXT:
        return !str_absent(text) ? NULL : "must be a string";
    case UUID:
        return !str_absent(text) && str_is_uuid(text) ? NULL : "must be a UUID";
    case TIME:
        return !str_absent(text) && clock_parse_rfc3339(text, &time) ? NULL : "must be an RFC 3339 time";
    case NUMBER:
        return !str_absent(text) && tn_parse(text, &tn) ? NULL : "must be a telephone number with its +";
    case FLAG:
        return json_type(value) == JSON_BOOL ? NULL : "must be true or false";
    case WORD:
        return !str_absent(text) && is_word(text, field->words) ? NULL
                                                                : "is none of the words of the document";
    case TEXTS:
        return is_texts(value) ? NULL : "must be an array of strings";
    case OBJECT:
    case OBJECTS:
        break;
    }
    return NULL;
}

static enum rc check_field(const struct field *field, const struct json *value,
                           struct err *err) // NOLINT(misc-no-recursion)
{
    if (field->kind == OBJECT) {
        return shape_check(field->of, value, err);
    }
    if (field->kind != OBJECTS) {
        const char *wrong = check_plain(field, value);
        return wrong == NULL ? RC_OK : err_set(err, RC_INVALID, NULL, "%s", wrong);
    }
    if (json_type(value) != JSON_ARRAY) {
        return err_set(err, RC_INVALID, NULL, "must be an array");
    }
    for (size_t i = 0; i < json_count(value); i++) {
        if (shape_check(field->of, json_at(value, i), err) != RC_OK) {
            err_context(err, "item %zu", i);
            return RC_INVALID;
        }
    }
    return RC_OK;
}

/* The tables end, so this does. */
enum rc shape_check(const struct shape *shape, const struct json *value,
                    struct err *err) // NOLINT(misc-no-recursion)
{
    if (value == NULL || json_type(value) != JSON_OBJECT) {
        return err_set(err, RC_INVALID, NULL, "must be an object");
    }
    for (const struct field *field = shape->fields; field->name != NULL; field++) {
        const struct json *member = json_get(value, str_of(field->name));
        bool is_null = member != NULL && json_type(member) == JSON_NULL;
        if (member == NULL && (field->flags & REQUIRED) != 0) {
            return err_set(err, RC_INVALID, NULL, "\"%s\" is missing", field->name);
        }
        if (member == NULL || (is_null && (field->flags & NULLABLE) != 0)) {
            continue;
        }
        if (check_field(field, member, err) != RC_OK) {
            err_context(err, "\"%s\"", field->name);
            return RC_INVALID;
        }
    }
    return RC_OK;
}
