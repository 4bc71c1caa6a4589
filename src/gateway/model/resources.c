/* The field tables of every model of the contract. The order of the rows is the order of the members in replies. */
#include "common/base/limits.h"
#include "gateway/model/pattern.h"
#include "gateway/model/rows.h"

#include "common/base/banned.h"

#define ACCOUNT_NAME LENGTH(1, 100), .pattern = &pattern_account_name
#define TOKEN        LENGTH(1, 100), .pattern = &pattern_token

const char *const provisioning_status[] = {"pending", "synced", "failed", NULL};
static const char *const subdomain_status[] = {"provisioned", "notProvisioned", "inconsistent", NULL};
const char *const assignment_status[] = {"assigned", "unassigned", NULL};
static const char *const consent_status[] = {"active", "suspended", "removed", NULL};
static const char *const validation_status[] = {"notValidated", "validated", NULL};

/* ---- errors ---- */

static const struct schema schema_inner_error, schema_error; /* both hold themselves */

static const struct field inner_error_fields[] = {
    TEXT(inner_error, code, "code", .doc = "A narrower code than that of the error around it."),
    PART(inner_error, innererror, "innererror", inner_error, schema_inner_error,
         .doc = "A narrower cause still."),
};
static const struct schema schema_inner_error =
    SCHEMA("Azure.Core.Foundations.InnerError", inner_error, inner_error_fields,
           "The cause of an error, from outside in.");

static const struct field error_fields[] = {
    TEXT(wire_error, code, "code", REQUIRED, .doc = "The word that programs go by."),
    TEXT(wire_error, message, "message", REQUIRED, .doc = "One sentence for people; its wording may change."),
    TEXT(wire_error, target, "target",
         .doc = "What in the request the error is about, such as numbers[7].telephoneNumber."),
    PARTS(wire_error, details, "details", schema_error,
          .doc = "The single findings, where there are several."),
    PART(wire_error, innererror, "innererror", inner_error, schema_inner_error,
         .doc = "The cause, where it lies elsewhere."),
};
static const struct schema schema_error =
    SCHEMA("Azure.Core.Foundations.Error", wire_error, error_fields, "What went wrong.");

static const struct field error_response_fields[] = {
    PART(error_response, error, "error", wire_error, schema_error, REQUIRED, .doc = "What went wrong."),
};
const struct schema schema_error_response =
    SCHEMA("Azure.Core.Foundations.ErrorResponse", error_response, error_response_fields,
           "The body of every answer that is not a success.");

#define PROVISIONING(owner)                                                                                  \
    WORD(owner, provisioning_status, "serviceProvisioningStatus", provisioning_status, READ_ONLY,            \
         .doc = "Whether what is stored here has reached the services' back ends."),                         \
        PARTS(owner, provisioning_errors, "serviceProvisioningErrors", schema_error, READ_ONLY_ALWAYS,       \
              .doc = "Why it has not, when the status is failed.")

/* ---- accounts ---- */

static const struct field subdomain_tokens_fields[] = {
    TEXT(subdomain_tokens, region1, "region1Token", REQUIRED, TOKEN,
         .doc =
             "The value Microsoft 365 wants to see in DNS for the customer's subdomain of the first region."),
    TEXT(subdomain_tokens, region2, "region2Token", REQUIRED, TOKEN,
         .doc = "The same for the second region."),
};
static const struct schema schema_subdomain_tokens =
    SCHEMA("TeamsDirectRoutingSubdomainTokens", subdomain_tokens, subdomain_tokens_fields,
           "The tokens that prove the customer's two subdomains to Microsoft 365.");

static const struct field direct_routing_config_fields[] = {
    FLAG(direct_routing_config, call_screening, "callScreening", REQUIRED,
         .doc = "Whether a call is refused when its caller number does not belong to the account."),
    TEXT(direct_routing_config, subdomain, "subdomain", REQUIRED, LENGTH(1, 10),
         .pattern = &pattern_account_name,
         .doc = "The label of the customer's subdomain, the same in both regions."),
    PART(direct_routing_config, tokens, "subdomainTokens", subdomain_tokens, schema_subdomain_tokens,
         REQUIRED, .doc = "The tokens that prove the subdomains."),
};
static const struct schema schema_direct_routing_config =
    SCHEMA("TeamsDirectRoutingAccountConfig", direct_routing_config, direct_routing_config_fields,
           "How Direct Routing is set up for the account.");

#define SYNC_ENABLED                                                                                         \
    FLAG(account_service, sync_enabled, "syncEnabled", REQUIRED,                                             \
         .doc = "Whether numbers of this service are passed on to its back end.")
#define ACCOUNT_SERVICE                                                                                      \
    FLAG(account_service, enabled, "enabled", REQUIRED,                                                      \
         .doc = "Whether numbers of the account may use the service."),                                      \
        COUNT(account_service, number_count, "numberCount", READ_ONLY_ALWAYS,                                \
              .doc = "How many numbers of the account use the service.")

static const struct field synced_account_fields[] = {SYNC_ENABLED, ACCOUNT_SERVICE};
static const struct field call_protection_account_fields[] = {ACCOUNT_SERVICE};
static const struct field direct_routing_account_fields[] = {
    SYNC_ENABLED,
    ACCOUNT_SERVICE,
    PART(account_service, configuration, "configuration", direct_routing_config, schema_direct_routing_config,
         .doc = "How the service is set up; the subdomains exist only with it."),
    WORD(account_service, subdomain_status, "subdomainStatus", subdomain_status, READ_ONLY_REQUIRED,
         .absent_as = SUBDOMAIN_NOT_PROVISIONED, .doc = "Whether DNS holds what the subdomains need."),
};
static const struct schema schema_operator_connect_account =
    SCHEMA("TeamsOperatorConnectAccountDetails", account_service, synced_account_fields,
           "Operator Connect for the account.");
static const struct schema schema_phone_mobile_account =
    SCHEMA("TeamsPhoneMobileAccountDetails", account_service, synced_account_fields,
           "Teams Phone Mobile for the account.");
static const struct schema schema_zoom_account =
    SCHEMA("ZoomPhoneCloudPeeringAccountDetails", account_service, synced_account_fields,
           "Zoom Phone Cloud Peering for the account.");
static const struct schema schema_direct_routing_account =
    SCHEMA("TeamsDirectRoutingAccountDetails", account_service, direct_routing_account_fields,
           "Microsoft Teams Direct Routing for the account.");
static const struct schema schema_call_protection_account =
    SCHEMA("AzureOperatorCallProtectionAccountDetails", account_service, call_protection_account_fields,
           "Azure Operator Call Protection for the account; it has no back end to pass numbers on to.");

#define ACCOUNT_OF(service, json, described, text)                                                           \
    PART(account_services, of[service], json, account_service, described, .doc = (text))
static const struct field account_services_fields[] = {
    TEXT(account_services, teams_tenant_id, "teamsTenantId",
         .doc = "The enterprise's tenant in Microsoft 365. Cannot change while Operator Connect or Teams "
                "Phone Mobile "
                "numbers exist."),
    ACCOUNT_OF(SERVICE_OPERATOR_CONNECT, "teamsOperatorConnect", schema_operator_connect_account,
               "Operator Connect."),
    ACCOUNT_OF(SERVICE_DIRECT_ROUTING, "teamsDirectRouting", schema_direct_routing_account,
               "Teams Direct Routing."),
    ACCOUNT_OF(SERVICE_PHONE_MOBILE, "teamsPhoneMobile", schema_phone_mobile_account, "Teams Phone Mobile."),
    ACCOUNT_OF(SERVICE_ZOOM, "zoomPhoneCloudPeering", schema_zoom_account, "Zoom Phone Cloud Peering."),
    ACCOUNT_OF(SERVICE_CALL_PROTECTION, "azureOperatorCallProtection", schema_call_protection_account,
               "Azure Operator Call Protection."),
};
static const struct schema schema_account_services =
    SCHEMA("AccountServiceDetails", account_services, account_services_fields,
           "The services of an account; one that is left out is not enabled.");

static const struct field account_fields[] = {
    PROVISIONING(account),
    TEXT(account, name, "name", REQUIRED, ACCOUNT_NAME, .doc = "The account's name, as in the URL."),
    TEXT(account, correlation_id, "correlationId",
         .doc = "The client's own reference for the account; kept, never read."),
    PART(account, services, "serviceDetails", account_services, schema_account_services,
         .doc = "The account's services."),
};
const struct schema schema_account =
    SCHEMA("AccountResource", account, account_fields, "An enterprise and its services.");

/* ---- numbers ---- */

static const struct field number_teams_config_fields[] = {
    TEXT(number_teams_config, usage, "usage", REQUIRED,
         .doc = "What the number is for in Teams, by the name of a usage."),
    TEXTS(number_teams_config, choosable_capabilities, "choosableCapabilities", REQUIRED,
          .doc = "The capabilities asked for, out of those the plan of the usage lets choose."),
    TEXTS(number_teams_config, acquired_capabilities, "acquiredCapabilities", READ_ONLY,
          .doc = "The capabilities the number has."),
    TEXTS(number_teams_config, available_capabilities, "availableCapabilities", READ_ONLY,
          .doc = "The capabilities the number could have."),
    TEXTS(number_teams_config, additional_usages, "additionalUsages",
          .doc = "Further usages besides the main one."),
    TEXT(number_teams_config, civic_address_id, "civicAddressId",
         .doc = "The emergency address of the number."),
    TEXT(number_teams_config, location_id, "locationId", .doc = "The place within the emergency address."),
    FLAG(number_teams_config, allow_tenant_address_update, "allowTenantAddressUpdate", .flags = FIELD_ALWAYS,
         .doc = "Whether the enterprise may change the emergency address by itself."),
    TEXT(number_teams_config, displayed_country_code, "displayedCountryCode",
         .doc = "The country under which the number is shown to the enterprise."),
};
#define NUMBER_TEAMS_CONFIG(json, text) SCHEMA(json, number_teams_config, number_teams_config_fields, text)
static const struct schema schema_operator_connect_config =
    NUMBER_TEAMS_CONFIG("TeamsOperatorConnectNumberConfig", "How the number is set up in Operator Connect.");
static const struct schema schema_phone_mobile_config =
    NUMBER_TEAMS_CONFIG("TeamsPhoneMobileNumberConfig", "How the number is set up in Teams Phone Mobile.");
static const struct schema schema_common_config = /* of no operation, but among the contract's names */
    NUMBER_TEAMS_CONFIG("TeamsCommonNumberConfig",
                        "What the two Teams services with a back end have in common.");

#define NUMBER_ENABLED                                                                                       \
    FLAG(number_service, enabled, "enabled", REQUIRED,                                                       \
         .doc = "Whether the number uses the service; its account must have enabled it.")
#define NUMBER_SYNCED(described)                                                                             \
    NUMBER_ENABLED,                                                                                          \
        WORD(number_service, assignment_status, "assignmentStatus", assignment_status,                       \
             .doc = "Whether the enterprise has given the number to somebody. The back end's word goes "     \
                    "before the client's."),                                                                 \
        PART(number_service, configuration, "configuration", number_teams_config, described,                 \
             .doc = "How the number is set up there.")

static const struct field number_fields_operator_connect[] = {NUMBER_SYNCED(schema_operator_connect_config)};
static const struct field number_fields_phone_mobile[] = {NUMBER_SYNCED(schema_phone_mobile_config)};
static const struct field number_fields_plain[] = {NUMBER_ENABLED};
static const struct schema schema_operator_connect_number =
    SCHEMA("TeamsOperatorConnectNumberDetails", number_service, number_fields_operator_connect,
           "Operator Connect for the number.");
static const struct schema schema_phone_mobile_number =
    SCHEMA("TeamsPhoneMobileNumberDetails", number_service, number_fields_phone_mobile,
           "Teams Phone Mobile for the number.");
static const struct schema schema_direct_routing_number = SCHEMA(
    "TeamsDirectRoutingNumberDetails", number_service, number_fields_plain, "Direct Routing for the number.");
static const struct schema schema_zoom_number =
    SCHEMA("ZoomPhoneCloudPeeringNumberDetails", number_service, number_fields_plain,
           "Zoom Phone Cloud Peering for the number.");
static const struct schema schema_call_protection_number =
    SCHEMA("AzureOperatorCallProtectionNumberDetails", number_service, number_fields_plain,
           "Azure Operator Call Protection for the number.");

#define NUMBER_OF(service, json, described, text)                                                            \
    PART(number_services, of[service], json, number_service, described, .doc = (text))
static const struct field number_services_fields[] = {
    NUMBER_OF(SERVICE_OPERATOR_CONNECT, "teamsOperatorConnect", schema_operator_connect_number,
              "Operator Connect."),
    NUMBER_OF(SERVICE_DIRECT_ROUTING, "teamsDirectRouting", schema_direct_routing_number,
              "Teams Direct Routing."),
    NUMBER_OF(SERVICE_PHONE_MOBILE, "teamsPhoneMobile", schema_phone_mobile_number, "Teams Phone Mobile."),
    NUMBER_OF(SERVICE_ZOOM, "zoomPhoneCloudPeering", schema_zoom_number, "Zoom Phone Cloud Peering."),
    NUMBER_OF(SERVICE_CALL_PROTECTION, "azureOperatorCallProtection", schema_call_protection_number,
              "Azure Operator Call Protection."),
};
static const struct schema schema_number_services =
    SCHEMA("NumberServiceDetails", number_services, number_services_fields,
           "The services of a number; one that is left out is not used.");

static const struct field number_config_fields[] = {
    TEXT(number_config, custom_sip_header, "customSipHeader", LENGTH(1, 100), .pattern = &pattern_header,
         .doc = "What the gateway puts into the operator's own SIP header on calls of this number."),
};
static const struct schema schema_number_config =
    SCHEMA("NumberConfiguration", number_config, number_config_fields,
           "What holds for the number whatever its services.");

static const struct field number_fields[] = {
    PROVISIONING(number),
    E164(number, telephone_number, "telephoneNumber", REQUIRED, LENGTH(1, 16), .pattern = &pattern_e164,
         .doc = "The number in E.164 form with its plus sign, as in the URL."),
    TEXT(number, account_name, "accountName", REQUIRED, ACCOUNT_NAME,
         .doc = "The account that holds the number."),
    PART(number, services, "serviceDetails", number_services, schema_number_services, REQUIRED,
         .doc = "The number's services."),
    PART(number, configuration, "configuration", number_config, schema_number_config,
         .doc = "What holds for the number whatever its services."),
};
const struct schema schema_number =
    SCHEMA("NumberResource", number, number_fields, "A telephone number and its services.");

/* ---- bodies of the actions on an account ---- */

static const struct field number_batch_fields[] = {
    PARTS(number_batch, numbers, "numbers", schema_number, REQUIRED, LENGTH(0, LIMIT_BATCH),
          .doc = "The numbers to create or replace; all of them or none."),
};
const struct schema schema_number_batch =
    SCHEMA("BatchNumbers", number_batch, number_batch_fields, "Numbers of one account.");

static const struct field number_identifier_fields[] = {
    E164(number_identifier, telephone_number, "telephoneNumber", REQUIRED, LENGTH(3, 16),
         .pattern = &pattern_e164, .doc = "The number in E.164 form with its plus sign."),
};
static const struct schema schema_number_identifier =
    SCHEMA("NumberIdentifier", number_identifier, number_identifier_fields, "Names a number.");

static const struct field identifier_batch_fields[] = {
    PARTS(identifier_batch, numbers, "numbers", schema_number_identifier, REQUIRED, LENGTH(0, LIMIT_BATCH),
          .doc = "The numbers to delete; all of them or none."),
};
const struct schema schema_identifier_batch =
    SCHEMA("BatchNumbersDelete", identifier_batch, identifier_batch_fields, "Names numbers to delete.");

static const struct field identifiers_fields[] = {
    PARTS(identifier_batch, numbers, "numbers", schema_number_identifier, REQUIRED,
          .length_max = LIMIT_CAPABILITY_NUMBERS, .doc = "The numbers asked about."),
};
const struct schema schema_identifiers =
    SCHEMA("NumberIdentifiers", identifier_batch, identifiers_fields, "Names numbers to ask about.");

static const struct field available_capabilities_fields[] = {
    TEXTS(available_capabilities, capabilities, "availableCapabilities", READ_ONLY_REQUIRED,
          .doc = "The capabilities that all the numbers asked about could have."),
};
const struct schema schema_available_capabilities =
    SCHEMA("TeamsAvailableCapabilities", available_capabilities, available_capabilities_fields,
           "What numbers could be used for.");

static const struct field capability_plan_fields[] = {
    TEXT(capability_plan, name, "name", READ_ONLY_REQUIRED, .doc = "The plan's name."),
    TEXTS(capability_plan, offer_types, "offerTypes", READ_ONLY,
          .doc = "What the operator offers under the plan."),
    TEXT(capability_plan, usage, "usage", READ_ONLY_REQUIRED,
         .doc = "The usage of numbers that the plan is about."),
    TEXTS(capability_plan, mandatory_capabilities, "mandatoryCapabilities", READ_ONLY,
          .doc = "What every number of the usage has."),
    TEXTS(capability_plan, choosable_capabilities, "choosableCapabilities", READ_ONLY,
          .doc = "What may be asked for in addition."),
    FLAG(capability_plan, supports_toll_free, "supportsTollFree", READ_ONLY_REQUIRED,
         .doc = "Whether toll-free numbers may have the usage."),
};
const struct schema schema_capability_plan =
    SCHEMA("TeamsCapabilityPlan", capability_plan, capability_plan_fields,
           "The capabilities that come with a usage.");

static const struct field capability_plans_fields[] = {
    PARTS(capability_plans, plans, "capabilityPlans", schema_capability_plan, READ_ONLY_REQUIRED,
          .doc = "The plans open to the account."),
};
const struct schema schema_capability_plans = SCHEMA(
    "TeamsCapabilityPlans", capability_plans, capability_plans_fields, "The plans open to an account.");

/* ---- emergency addresses ---- */

static const struct field location_fields[] = {
    TEXT(location, id, "id", READ_ONLY_REQUIRED, NOT_EMPTY, .doc = "The place's identifier."),
    TEXT(location, civic_address_id, "civicAddressId", READ_ONLY_REQUIRED, NOT_EMPTY,
         .doc = "The address it is in."),
    TEXT(location, description, "description", READ_ONLY, .doc = "Where in the building."),
    TEXT(location, additional_info, "additionalInfo", READ_ONLY, .doc = "More about the place."),
    FLAG(location, is_default, "isDefault", READ_ONLY_ALWAYS,
         .doc = "Whether it stands for the whole address."),
    TEXT(location, elin, "elin", READ_ONLY, .doc = "The emergency location identification number."),
};
static const struct schema schema_location =
    SCHEMA("Location", location, location_fields, "A place within an emergency address.");

#define ADDRESS(member, json, text) TEXT(civic_address, member, json, READ_ONLY, .doc = (text))
static const struct field civic_address_fields[] = {
    TEXT(civic_address, id, "id", READ_ONLY_REQUIRED, NOT_EMPTY, .doc = "The address's identifier."),
    ADDRESS(country, "country", "The country."),
    ADDRESS(house_number, "houseNumber", "The house number."),
    ADDRESS(house_number_suffix, "houseNumberSuffix", "What follows the house number."),
    ADDRESS(pre_directional, "preDirectional", "The direction in front of the street's name."),
    ADDRESS(street_name, "streetName", "The street."),
    ADDRESS(street_suffix, "streetSuffix", "The kind of street."),
    ADDRESS(post_directional, "postDirectional", "The direction behind the street's name."),
    ADDRESS(state_or_province, "stateOrProvince", "The state or province."),
    ADDRESS(county_or_district, "countyOrDistrict", "The county or district."),
    ADDRESS(city_or_town, "cityOrTown", "The city or town."),
    ADDRESS(city_or_town_alias, "cityOrTownAlias", "Another name of the city or town."),
    ADDRESS(postal_or_zip_code, "postalOrZipCode", "The postal code."),
    ADDRESS(description, "description", "The enterprise's words for the address."),
    ADDRESS(company_name, "companyName", "The company at the address."),
    ADDRESS(company_id, "companyId", "The company's identifier."),
    TEXT(civic_address, default_location_id, "defaultLocationId", READ_ONLY_REQUIRED, NOT_EMPTY,
         .doc = "The place that stands for the whole address."),
    WORD(civic_address, validation_status, "validationStatus", validation_status, READ_ONLY,
         .doc = "Whether the address was found to exist."),
    ADDRESS(tenant_id, "tenantId", "The enterprise's tenant."),
    ADDRESS(partner_id, "partnerId", "The operator's identifier."),
    PARTS(civic_address, locations, "locations", schema_location, READ_ONLY, .length_max = LIMIT_LOCATIONS,
          .doc = "The places within the address."),
    ADDRESS(latitude, "latitude", "Degrees north."),
    ADDRESS(longitude, "longitude", "Degrees east."),
};
const struct schema schema_civic_address =
    SCHEMA("TeamsCivicAddressResource", civic_address, civic_address_fields,
           "An emergency address of an enterprise.");

/* ---- requests for information ---- */

static const struct field contact_fields[] = {
    TEXT(contact, full_name, "fullName", READ_ONLY_REQUIRED, NOT_EMPTY, .doc = "The person's name."),
    TEXT(contact, email, "email", READ_ONLY_REQUIRED, NOT_EMPTY, .doc = "The person's mail address."),
    TEXT(contact, telephone_number, "telephoneNumber", READ_ONLY,
         .doc = "The person's telephone number, as written there."),
    TEXT(contact, company_name, "companyName", READ_ONLY, .doc = "The company."),
    TEXT(contact, company_size, "companySize", READ_ONLY, .doc = "How large the company is."),
};
static const struct schema schema_contact =
    SCHEMA("ContactDetails", contact, contact_fields, "A person to talk to at the enterprise.");

static const struct field customer_relationship_fields[] = {
    TEXT(customer_relationship, status, "status",
         .doc = "How far operator and enterprise have come, such as ConsentAcknowledged."),
    DATE(customer_relationship, last_modified_on, "lastModifiedOn", READ_ONLY,
         .doc = "When it last changed."),
    TEXT(customer_relationship, comment, "comment",
         .doc = "Why; needed when the operator declines or ends it."),
};
const struct schema schema_customer_relationship =
    SCHEMA("CustomerRelationship", customer_relationship, customer_relationship_fields,
           "What the operator tells the enterprise about their relationship.");

#define CUSTOMER_RELATIONSHIP                                                                                \
    PART(rfi, customer_relationship, "customerRelationship", customer_relationship,                          \
         schema_customer_relationship, .doc = "The operator's side of the relationship.")

static const struct field rfi_fields[] = {
    PROVISIONING(rfi),
    TEXT(rfi, id, "id", READ_ONLY, .doc = "The request's identifier."),
    TEXT(rfi, tenant_id, "tenantId", READ_ONLY_REQUIRED, LENGTH(1, 36), .pattern = &pattern_uuid,
         .doc = "The enterprise's tenant, as in the URL."),
    TEXT(rfi, account_name, "accountName", READ_ONLY,
         .doc = "The account on that tenant; the first by name where there are several."),
    TEXT(rfi, product_context, "productContext", READ_ONLY, .doc = "The product the request is about."),
    TEXT(rfi, operator_id, "operatorId", READ_ONLY, .doc = "The operator's identifier."),
    WORD(rfi, status, "status", consent_status, READ_ONLY, .doc = "Whether the enterprise's consent holds."),
    DATE(rfi, consented_on, "consentedOn", READ_ONLY, .doc = "When the enterprise gave its consent."),
    DATE(rfi, last_modified_on, "lastModifiedOn", READ_ONLY, .doc = "When the request last changed."),
    TEXTS(rfi, consented_countries, "consentedCountries", READ_ONLY, .length_max = LIMIT_COUNTRIES,
          .doc = "The countries the consent covers."),
    PARTS(rfi, contacts, "contacts", schema_contact, READ_ONLY, .doc = "Whom to talk to."),
    CUSTOMER_RELATIONSHIP,
};
const struct schema schema_rfi = SCHEMA("RequestForInformationResource", rfi, rfi_fields,
                                        "An enterprise's wish, made in Teams, to be served by the operator.");

static const struct field rfi_patch_fields[] = {CUSTOMER_RELATIONSHIP};
const struct schema schema_rfi_patch = SCHEMA("RequestForInformationResourceCreateOrUpdate", rfi,
                                              rfi_patch_fields, "What of a request can be changed.");

const struct schema *const schemas[] = {
    &schema_account,
    &schema_account_services,
    &schema_operator_connect_account,
    &schema_direct_routing_account,
    &schema_direct_routing_config,
    &schema_subdomain_tokens,
    &schema_phone_mobile_account,
    &schema_zoom_account,
    &schema_call_protection_account,
    &schema_number,
    &schema_number_services,
    &schema_operator_connect_number,
    &schema_operator_connect_config,
    &schema_direct_routing_number,
    &schema_phone_mobile_number,
    &schema_phone_mobile_config,
    &schema_common_config,
    &schema_zoom_number,
    &schema_call_protection_number,
    &schema_number_config,
    &schema_number_batch,
    &schema_identifier_batch,
    &schema_identifiers,
    &schema_number_identifier,
    &schema_available_capabilities,
    &schema_capability_plans,
    &schema_capability_plan,
    &schema_civic_address,
    &schema_location,
    &schema_rfi,
    &schema_rfi_patch,
    &schema_contact,
    &schema_customer_relationship,
    &schema_error_response,
    &schema_error,
    &schema_inner_error,
    NULL,
};

/* ---- small questions ---- */

static const char *const service_names[SERVICE_COUNT] = {
    [SERVICE_OPERATOR_CONNECT] = "teamsOperatorConnect",       [SERVICE_PHONE_MOBILE] = "teamsPhoneMobile",
    [SERVICE_DIRECT_ROUTING] = "teamsDirectRouting",           [SERVICE_ZOOM] = "zoomPhoneCloudPeering",
    [SERVICE_CALL_PROTECTION] = "azureOperatorCallProtection",
};

const char *service_json_name(enum service service)
{
    ensure((unsigned)service < SERVICE_COUNT);
    return service_names[service];
}

bool account_enables(const struct account *account, enum service service)
{
    return account->services != NULL && account->services->of[service] != NULL &&
           account->services->of[service]->enabled;
}

bool number_enables(const struct number *number, enum service service)
{
    return number->services != NULL && number->services->of[service] != NULL &&
           number->services->of[service]->enabled;
}
