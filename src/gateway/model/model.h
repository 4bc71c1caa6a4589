/* The resources of the contract as plain structs. Values only: no state, no rules that need state, no I/O.
 *
 * A pointer to a part that is NULL, a struct str whose p is NULL, a list whose items are NULL and an enum
 * that is 0 mean "absent". Everything a struct points to lives in the arena it was read into. The tables in
 * model/schema.h say for every field its JSON name, type, limits and access; reading, checking, writing, the
 * OpenAPI document and the filter are fed by them. Source: the contract's models (api-version
 * 2024-02-29-preview). */
#pragma once
#include "common/base/clock.h"
#include "common/base/str.h"

enum service {
    SERVICE_OPERATOR_CONNECT,
    SERVICE_PHONE_MOBILE,
    SERVICE_DIRECT_ROUTING,
    SERVICE_ZOOM,
    SERVICE_CALL_PROTECTION,
    SERVICE_COUNT
};

enum provisioning_status {
    PROVISIONING_ABSENT,
    PROVISIONING_PENDING,
    PROVISIONING_SYNCED,
    PROVISIONING_FAILED
};
enum subdomain_status {
    SUBDOMAIN_ABSENT,
    SUBDOMAIN_PROVISIONED,
    SUBDOMAIN_NOT_PROVISIONED,
    SUBDOMAIN_INCONSISTENT
};
enum assignment_status { ASSIGNMENT_ABSENT, ASSIGNMENT_ASSIGNED, ASSIGNMENT_UNASSIGNED };
enum consent_status { CONSENT_ABSENT, CONSENT_ACTIVE, CONSENT_SUSPENDED, CONSENT_REMOVED };
enum validation_status { VALIDATION_ABSENT, VALIDATION_NOT_VALIDATED, VALIDATION_VALIDATED };

struct text_list {
    const struct str *items;
    size_t count;
};

/* A list of parts; what they are is said by the field's schema. */
struct part_list {
    const void *items;
    size_t count;
};

/* serviceProvisioningErrors[], and error.details[]. */
struct inner_error {
    struct str code;
    const struct inner_error *innererror;
};
struct wire_error {
    struct str code, message, target;
    struct part_list details; /* struct wire_error */
    const struct inner_error *innererror;
};
struct error_response {
    const struct wire_error *error;
};

/* Two numbers of one store-wide counter that never goes back: when the configuration (what clients write) and
 * the status (what numgate finds out) last changed. They make the ETag; see domain/precondition.h. */
struct revision {
    int64_t configuration, status;
    struct wall configuration_at, status_at;
};

/* Who changed the configuration last, for people; never in the contract's own JSON. When it was is revision.configuration_at. */
struct provenance {
    int way;         /* 1 + enum actor_way (domain/actor.h); 0: from before this was kept */
    struct str name; /* or the client id; at most LIMIT_PERSON bytes; may be absent */
};

struct subdomain_tokens {
    struct str region1, region2;
};
struct direct_routing_config {
    bool call_screening;
    struct str subdomain;
    const struct subdomain_tokens *tokens; /* required: never NULL once read */
};
/* One shape for the five services of an account; the last two are Direct Routing's alone, Call Protection has
 * no sync. */
struct account_service {
    bool sync_enabled, enabled;
    int64_t number_count;
    const struct direct_routing_config *configuration;
    enum subdomain_status subdomain_status;
};
struct account_services {
    struct str teams_tenant_id;
    const struct account_service *of[SERVICE_COUNT];
};
struct account {
    enum provisioning_status provisioning_status;
    struct part_list provisioning_errors; /* struct wire_error */
    struct str name;
    struct str correlation_id;
    const struct account_services *services; /* NULL only as input; the store always gives one */
    struct revision revision;
    struct provenance provenance;
};

/* Operator Connect and Teams Phone Mobile. */
struct number_teams_config {
    struct str usage;
    struct text_list choosable_capabilities, acquired_capabilities, available_capabilities, additional_usages;
    struct str civic_address_id, location_id;
    bool allow_tenant_address_update;
    struct str displayed_country_code;
};
struct number_service {
    bool enabled;
    enum assignment_status assignment_status;
    const struct number_teams_config *configuration;
};
struct number_services {
    const struct number_service *of[SERVICE_COUNT];
};
struct number_config {
    struct str custom_sip_header;
};
struct number {
    enum provisioning_status provisioning_status;
    struct part_list provisioning_errors; /* struct wire_error */
    int64_t telephone_number;             /* E.164 without the '+' */
    struct str account_name;
    const struct number_services *services;
    const struct number_config *configuration;
    struct revision revision;
    struct provenance provenance;
    bool releasing; /* not on the wire: deleted here, and still to be released by the back end */
};

struct number_identifier {
    int64_t telephone_number;
};

struct contact {
    struct str full_name, email, telephone_number, company_name, company_size;
};
struct customer_relationship {
    struct str status;
    struct wall last_modified_on; /* CLOCK_ABSENT when absent */
    struct str comment;
};
struct rfi {
    enum provisioning_status provisioning_status;
    struct part_list provisioning_errors; /* struct wire_error */
    struct str id, tenant_id, account_name, product_context, operator_id;
    enum consent_status status;
    struct wall consented_on, last_modified_on; /* CLOCK_ABSENT when absent */
    struct text_list consented_countries;
    struct part_list contacts; /* struct contact */
    const struct customer_relationship *customer_relationship;
    struct revision revision;
};
#define CLOCK_ABSENT ((struct wall){INT64_MIN})

struct location {
    struct str id, civic_address_id, description, additional_info;
    bool is_default;
    struct str elin;
};
struct civic_address {
    struct str account_name; /* not on the wire: the account it belongs to */
    struct str id, country, house_number, house_number_suffix, pre_directional, street_name, street_suffix,
        post_directional, state_or_province, county_or_district, city_or_town, city_or_town_alias,
        postal_or_zip_code, description, company_name, company_id, default_location_id;
    enum validation_status validation_status;
    struct str tenant_id, partner_id;
    struct part_list locations; /* struct location */
    struct str latitude, longitude;
    struct revision revision;
};

struct capability_plan {
    struct str name;
    struct text_list offer_types;
    struct str usage;
    struct text_list mandatory_capabilities, choosable_capabilities;
    bool supports_toll_free;
};

/* Bodies of the POST actions; the lists hold what the name says. */
struct number_batch {
    struct part_list numbers; /* struct number */
};
struct identifier_batch {
    struct part_list numbers; /* struct number_identifier */
};
struct capability_plans {
    struct part_list plans; /* struct capability_plan */
};
struct available_capabilities {
    struct text_list capabilities;
};

const char *service_json_name(enum service service); /* "teamsOperatorConnect" */
/* Operator Connect and Teams Phone Mobile: the services with a back end of ours. */
static inline bool service_is_synced(enum service service)
{
    return service == SERVICE_OPERATOR_CONNECT || service == SERVICE_PHONE_MOBILE;
}
bool account_enables(const struct account *account, enum service service);
bool number_enables(const struct number *number, enum service service);
