/* The structs of numgate.h to and from JSON: shape.h. Answers are read leniently: what is not known here is passed over, since servers may
 * learn more. */
#include <stdio.h>

#include "client/client.h"
#include "client/shape.h"
#include "common/base/limits.h"
#include "gateway/model/schema.h"

#include "common/base/banned.h"

#define TREE_BYTES ((size_t)256 * 1024 * 1024)

static const struct member problem_members[] = {{"code", AT(numgate_problem, code), NULL},
                                                {"message", AT(numgate_problem, message), NULL},
                                                {"target", AT(numgate_problem, target), NULL}};
const struct shape problem_shape = SHAPE(numgate_problem, problem_members);

#define PROVISIONING(type)                                                                                   \
    {"serviceProvisioningStatus", AT(type, provisioning_status), NULL},                                      \
    {                                                                                                        \
        "serviceProvisioningErrors", AT(type, provisioning_errors), &problem_shape                           \
    }
#define SERVICES(type, shape)                                                                                \
    {"teamsOperatorConnect", AT(type, teams_operator_connect), shape},                                       \
        {"teamsPhoneMobile", AT(type, teams_phone_mobile), shape},                                           \
        {"teamsDirectRouting", AT(type, teams_direct_routing), shape},                                       \
        {"zoomPhoneCloudPeering", AT(type, zoom_phone_cloud_peering), shape},                                \
    {                                                                                                        \
        "azureOperatorCallProtection", AT(type, azure_operator_call_protection), shape                       \
    }

/* ---- accounts ---- */

static const struct member tokens_members[] = {{"region1Token", AT(numgate_subdomain_tokens, region1), NULL},
                                               {"region2Token", AT(numgate_subdomain_tokens, region2), NULL}};
static const struct shape tokens_shape = SHAPE(numgate_subdomain_tokens, tokens_members);
static const struct member direct_routing_members[] = {
    {"callScreening", AT(numgate_direct_routing, call_screening), NULL},
    {"subdomain", AT(numgate_direct_routing, subdomain), NULL},
    {"subdomainTokens", AT(numgate_direct_routing, tokens), &tokens_shape}};
static const struct shape direct_routing_shape = SHAPE(numgate_direct_routing, direct_routing_members);
static const struct member account_service_members[] = {
    {"enabled", AT(numgate_account_service, enabled), NULL},
    {"syncEnabled", AT(numgate_account_service, sync_enabled), NULL},
    {"numberCount", AT(numgate_account_service, number_count), NULL},
    {"configuration", AT(numgate_account_service, configuration), &direct_routing_shape},
    {"subdomainStatus", AT(numgate_account_service, subdomain_status), NULL}};
static const struct shape account_service_shape = SHAPE(numgate_account_service, account_service_members);
static const struct member account_services_members[] = {
    {"teamsTenantId", AT(numgate_account_services, teams_tenant_id), NULL},
    SERVICES(numgate_account_services, &account_service_shape)};
static const struct shape account_services_shape = SHAPE(numgate_account_services, account_services_members);
static const struct member account_members[] = {
    {"name", AT(numgate_account, name), NULL},
    {"correlationId", AT(numgate_account, correlation_id), NULL},
    {"serviceDetails", AT(numgate_account, services), &account_services_shape},
    PROVISIONING(numgate_account)};
static const struct shape account_shape = SHAPE(numgate_account, account_members);

/* ---- numbers ---- */

static const struct member teams_number_members[] = {
    {"usage", AT(numgate_teams_number, usage), NULL},
    {"choosableCapabilities", AT(numgate_teams_number, choosable_capabilities), NULL},
    {"acquiredCapabilities", AT(numgate_teams_number, acquired_capabilities), NULL},
    {"availableCapabilities", AT(numgate_teams_number, available_capabilities), NULL},
    {"additionalUsages", AT(numgate_teams_number, additional_usages), NULL},
    {"civicAddressId", AT(numgate_teams_number, civic_address_id), NULL},
    {"locationId", AT(numgate_teams_number, location_id), NULL},
    {"allowTenantAddressUpdate", AT(numgate_teams_number, allow_tenant_address_update), NULL},
    {"displayedCountryCode", AT(numgate_teams_number, displayed_country_code), NULL}};
static const struct shape teams_number_shape = SHAPE(numgate_teams_number, teams_number_members);
static const struct member number_service_members[] = {
    {"enabled", AT(numgate_number_service, enabled), NULL},
    {"assignmentStatus", AT(numgate_number_service, assignment_status), NULL},
    {"configuration", AT(numgate_number_service, configuration), &teams_number_shape}};
static const struct shape number_service_shape = SHAPE(numgate_number_service, number_service_members);
static const struct member number_services_members[] = {
    SERVICES(numgate_number_services, &number_service_shape)};
static const struct shape number_services_shape = SHAPE(numgate_number_services, number_services_members);
static const struct member number_configuration_members[] = {
    {"customSipHeader", AT(numgate_number_configuration, custom_sip_header), NULL}};
static const struct shape number_configuration_shape =
    SHAPE(numgate_number_configuration, number_configuration_members);
static const struct member number_members[] = {
    {"telephoneNumber", AT(numgate_number, telephone_number), NULL},
    {"accountName", AT(numgate_number, account_name), NULL},
    {"serviceDetails", AT(numgate_number, services), &number_services_shape},
    {"configuration", AT(numgate_number, configuration), &number_configuration_shape},
    PROVISIONING(numgate_number)};
static const struct shape number_shape = SHAPE(numgate_number, number_members);

/* ---- requests for information ---- */

static const struct member contact_members[] = {
    {"fullName", AT(numgate_contact, full_name), NULL},
    {"email", AT(numgate_contact, email), NULL},
    {"telephoneNumber", AT(numgate_contact, telephone_number), NULL},
    {"companyName", AT(numgate_contact, company_name), NULL},
    {"companySize", AT(numgate_contact, company_size), NULL}};
static const struct shape contact_shape = SHAPE(numgate_contact, contact_members);
static const struct member relationship_members[] = {
    {"status", AT(numgate_relationship, status), NULL},
    {"comment", AT(numgate_relationship, comment), NULL},
    {"lastModifiedOn", AT(numgate_relationship, last_modified_on), NULL}};
static const struct shape relationship_shape = SHAPE(numgate_relationship, relationship_members);
static const struct member rfi_members[] = {
    {"id", AT(numgate_rfi, id), NULL},
    {"tenantId", AT(numgate_rfi, tenant_id), NULL},
    {"accountName", AT(numgate_rfi, account_name), NULL},
    {"productContext", AT(numgate_rfi, product_context), NULL},
    {"operatorId", AT(numgate_rfi, operator_id), NULL},
    {"status", AT(numgate_rfi, status), NULL},
    {"consentedOn", AT(numgate_rfi, consented_on), NULL},
    {"lastModifiedOn", AT(numgate_rfi, last_modified_on), NULL},
    {"consentedCountries", AT(numgate_rfi, consented_countries), NULL},
    {"contacts", AT(numgate_rfi, contacts), &contact_shape},
    {"customerRelationship", AT(numgate_rfi, relationship), &relationship_shape},
    PROVISIONING(numgate_rfi)};
static const struct shape rfi_shape = SHAPE(numgate_rfi, rfi_members);

/* ---- addresses and plans ---- */

static const struct member location_members[] = {
    {"id", AT(numgate_location, id), NULL},
    {"civicAddressId", AT(numgate_location, civic_address_id), NULL},
    {"description", AT(numgate_location, description), NULL},
    {"additionalInfo", AT(numgate_location, additional_info), NULL},
    {"elin", AT(numgate_location, elin), NULL},
    {"isDefault", AT(numgate_location, is_default), NULL}};
static const struct shape location_shape = SHAPE(numgate_location, location_members);
static const struct member address_members[] = {
    {"id", AT(numgate_address, id), NULL},
    {"country", AT(numgate_address, country), NULL},
    {"houseNumber", AT(numgate_address, house_number), NULL},
    {"houseNumberSuffix", AT(numgate_address, house_number_suffix), NULL},
    {"preDirectional", AT(numgate_address, pre_directional), NULL},
    {"streetName", AT(numgate_address, street_name), NULL},
    {"streetSuffix", AT(numgate_address, street_suffix), NULL},
    {"postDirectional", AT(numgate_address, post_directional), NULL},
    {"stateOrProvince", AT(numgate_address, state_or_province), NULL},
    {"countyOrDistrict", AT(numgate_address, county_or_district), NULL},
    {"cityOrTown", AT(numgate_address, city_or_town), NULL},
    {"cityOrTownAlias", AT(numgate_address, city_or_town_alias), NULL},
    {"postalOrZipCode", AT(numgate_address, postal_or_zip_code), NULL},
    {"description", AT(numgate_address, description), NULL},
    {"companyName", AT(numgate_address, company_name), NULL},
    {"companyId", AT(numgate_address, company_id), NULL},
    {"defaultLocationId", AT(numgate_address, default_location_id), NULL},
    {"validationStatus", AT(numgate_address, validation_status), NULL},
    {"tenantId", AT(numgate_address, tenant_id), NULL},
    {"partnerId", AT(numgate_address, partner_id), NULL},
    {"latitude", AT(numgate_address, latitude), NULL},
    {"longitude", AT(numgate_address, longitude), NULL},
    {"locations", AT(numgate_address, locations), &location_shape}};
static const struct shape address_shape = SHAPE(numgate_address, address_members);
static const struct member plan_members[] = {
    {"name", AT(numgate_plan, name), NULL},
    {"usage", AT(numgate_plan, usage), NULL},
    {"offerTypes", AT(numgate_plan, offer_types), NULL},
    {"mandatoryCapabilities", AT(numgate_plan, mandatory_capabilities), NULL},
    {"choosableCapabilities", AT(numgate_plan, choosable_capabilities), NULL},
    {"supportsTollFree", AT(numgate_plan, supports_toll_free), NULL}};
static const struct shape plan_shape = SHAPE(numgate_plan, plan_members);

/* ---- reading ---- */

struct reading {
    struct arena *mem;
    const char *wrong; /* the field whose value is of another type; NULL: none so far */
};

static void read_object(struct reading *reading, const struct schema *schema, const struct shape *shape,
                        const struct json *json, void *ret);

/* Room for the items of a JSON array; NULL with nothing in it, or where there is no memory. */
static void *room_for(struct reading *reading, const struct json *array, size_t size)
{
    return json_count(array) > 0 ? arena_alloc_array(reading->mem, json_count(array), size) : NULL;
}

static void read_texts(struct reading *reading, const struct field *field, const struct json *array,
                       struct numgate_texts *ret)
{
    const char **items = room_for(reading, array, sizeof(*items));
    for (size_t i = 0; items != NULL && i < json_count(array); i++) {
        const struct json *item = json_at(array, i);
        if (json_type(item) != JSON_STRING) {
            reading->wrong = field->name;
        }
        items[i] = arena_cstr(reading->mem, json_string(item));
    }
    *ret = (struct numgate_texts){items, items != NULL ? json_count(array) : 0};
}

static void read_parts(struct reading *reading, const struct field *field, const struct shape *shape,
                       const struct json *array, struct parts *ret)
{
    char *items = room_for(reading, array, shape->size);
    for (size_t i = 0; items != NULL && i < json_count(array); i++) {
        read_object(reading, field->schema, shape, json_at(array, i), items + i * shape->size);
    }
    *ret = (struct parts){items, items != NULL ? json_count(array) : 0};
}

static void read_part(struct reading *reading, const struct field *field, const struct shape *shape,
                      const struct json *object, const void **ret)
{
    void *part = arena_alloc_array(reading->mem, 1, shape->size);
    if (part != NULL) {
        read_object(reading, field->schema, shape, object, part);
    }
    *ret = part;
}

static void read_time(struct reading *reading, const struct field *field, struct str text, int64_t *ret)
{
    struct wall time = {0};
    if (!clock_parse_rfc3339(text, &time)) {
        reading->wrong = field->name;
    }
    *ret = time.ms;
}

static void read_value(struct reading *reading, const struct field *field, const struct member *member,
                       const struct json *value, void *at)
{
    static const enum json_type types[] = {
        [FIELD_STRING] = JSON_STRING, [FIELD_BOOL] = JSON_BOOL,   [FIELD_INT64] = JSON_INT,
        [FIELD_DATE] = JSON_STRING,   [FIELD_E164] = JSON_STRING, [FIELD_ENUM] = JSON_STRING,
        [FIELD_STRINGS] = JSON_ARRAY, [FIELD_PART] = JSON_OBJECT, [FIELD_PARTS] = JSON_ARRAY,
        [FIELD_JSON] = JSON_OBJECT};
    if (json_type(value) != types[field->type]) {
        reading->wrong = field->name;
        return;
    }
    switch (field->type) {
    case FIELD_STRING:
    case FIELD_ENUM:
    case FIELD_E164:
        *(const char **)at = arena_cstr(reading->mem, json_string(value));
        break;
    case FIELD_BOOL:
        *(int *)at = json_bool(value);
        break;
    case FIELD_INT64:
        *(int64_t *)at = json_int(value);
        break;
    case FIELD_DATE:
        read_time(reading, field, json_string(value), at);
        break;
    case FIELD_STRINGS:
        read_texts(reading, field, value, at);
        break;
    case FIELD_PART:
        read_part(reading, field, member->shape, value, at);
        break;
    case FIELD_PARTS:
        read_parts(reading, field, member->shape, value, at);
        break;
    case FIELD_JSON:
        ensure(!"the library has no such field");
    }
}

static void read_object(struct reading *reading, const struct schema *schema, const struct shape *shape,
                        const struct json *json, void *ret)
{
    if (json_type(json) != JSON_OBJECT) {
        reading->wrong = schema->name;
        return;
    }
    for (const struct member *m = shape->members; m < shape->members + shape->count; m++) {
        const struct field *field = schema_field(schema, str_of(m->name));
        const struct json *value = json_get(json, str_of(m->name));
        if (field != NULL && value != NULL && json_type(value) != JSON_NULL) {
            read_value(reading, field, m, value, (char *)ret + m->offset);
        }
    }
}

/* Where the resources of an answer stand: of a page, of a batch, of a query for plans. NULL: it is one. */
static const struct json *list_of(const struct json *root)
{
    static const char *const names[] = {"value", "numbers", "capabilityPlans"};
    const struct json *list = NULL;
    for (size_t i = 0; i < ARRAY_LEN(names) && list == NULL; i++) {
        list = json_get(root, str_of(names[i]));
    }
    return list != NULL && json_type(list) == JSON_ARRAY ? list : NULL;
}

static enum rc read_resources(struct reading *reading, const struct schema *schema, const struct shape *shape,
                              const struct json *root, struct parts *ret, struct err *err)
{
    const struct json *list = list_of(root);
    size_t count = list != NULL ? json_count(list) : 1;
    char *items = arena_alloc_array(reading->mem, count > 0 ? count : 1, shape->size);
    for (size_t i = 0; items != NULL && i < count; i++) {
        read_object(reading, schema, shape, list != NULL ? json_at(list, i) : root, items + i * shape->size);
    }
    if (items == NULL || arena_failed(reading->mem)) {
        return err_set(err, RC_LIMIT, NULL, "out of memory");
    }
    if (reading->wrong != NULL) {
        return err_set(err, RC_INTERNAL, NULL, "the answer is not as the contract has it: %s",
                       reading->wrong);
    }
    *ret = (struct parts){items, count};
    return RC_OK;
}

enum numgate_status read_reply(struct numgate_reply *reply, const struct schema *schema,
                               const struct shape *shape, struct parts *ret, struct numgate_error *error)
{
    struct numgate_error ignored;
    struct err err = {0};
    const struct json *root = NULL;
    struct reading reading = {.mem = reply->mem};
    error = error != NULL ? error : &ignored;
    *error = (struct numgate_error){.http_status = reply->reply.status};
    *ret = (struct parts){0};
    struct arena *mem = arena_new(TREE_BYTES);
    enum rc rc = mem != NULL ? json_parse(reply->reply.body, mem, &root, &err)
                             : err_set(&err, RC_LIMIT, NULL, "out of memory");
    rc = rc == RC_INVALID ? RC_INTERNAL : rc; /* the server's fault */
    rc = rc == RC_OK ? read_resources(&reading, schema, shape, root, ret, &err) : rc;
    arena_free(mem);
    return rc == RC_OK ? NUMGATE_OK : error_of(rc, &err, error);
}

enum numgate_status numgate_reply_accounts(struct numgate_reply *reply, const struct numgate_account **ret,
                                           size_t *ret_count, struct numgate_error *error)
{
    struct parts parts;
    enum numgate_status status = read_reply(reply, &schema_account, &account_shape, &parts, error);
    *ret = parts.items;
    *ret_count = parts.count;
    return status;
}

enum numgate_status numgate_reply_numbers(struct numgate_reply *reply, const struct numgate_number **ret,
                                          size_t *ret_count, struct numgate_error *error)
{
    struct parts parts;
    enum numgate_status status = read_reply(reply, &schema_number, &number_shape, &parts, error);
    *ret = parts.items;
    *ret_count = parts.count;
    return status;
}

enum numgate_status numgate_reply_rfis(struct numgate_reply *reply, const struct numgate_rfi **ret,
                                       size_t *ret_count, struct numgate_error *error)
{
    struct parts parts;
    enum numgate_status status = read_reply(reply, &schema_rfi, &rfi_shape, &parts, error);
    *ret = parts.items;
    *ret_count = parts.count;
    return status;
}

enum numgate_status numgate_reply_addresses(struct numgate_reply *reply, const struct numgate_address **ret,
                                            size_t *ret_count, struct numgate_error *error)
{
    struct parts parts;
    enum numgate_status status = read_reply(reply, &schema_civic_address, &address_shape, &parts, error);
    *ret = parts.items;
    *ret_count = parts.count;
    return status;
}

enum numgate_status numgate_reply_plans(struct numgate_reply *reply, const struct numgate_plan **ret,
                                        size_t *ret_count, struct numgate_error *error)
{
    const struct schema *schema = schema_field(&schema_capability_plans, STR("capabilityPlans"))->schema;
    struct parts parts;
    enum numgate_status status = read_reply(reply, schema, &plan_shape, &parts, error);
    *ret = parts.items;
    *ret_count = parts.count;
    return status;
}

/* ---- writing ---- */

static const struct member *member_of(const struct shape *shape, const char *name)
{
    for (const struct member *m = shape->members; m < shape->members + shape->count; m++) {
        if (str_eq(str_of(m->name), str_of(name))) {
            return m;
        }
    }
    return NULL;
}

static void write_texts(const struct numgate_texts *texts, struct json_out *out)
{
    json_array_begin(out);
    for (size_t i = 0; texts->items != NULL && i < texts->count; i++) {
        json_put_str(out, str_of(texts->items[i]));
    }
    json_array_end(out);
}

static void write_object(const struct schema *schema, const struct shape *shape, const void *value,
                         struct json_out *out);

/* Of what a client may set; there are no times and no lists of parts among it. What is absent is left out: the server says which of it is
 * needed. */
static void write_member(const struct field *field, const struct member *member, const void *at,
                         struct json_out *out)
{
    bool flag = field->type == FIELD_BOOL, count = field->type == FIELD_INT64;
    const struct numgate_texts *texts = field->type == FIELD_STRINGS ? at : NULL;
    bool absent = texts != NULL ? texts->items == NULL && (field->flags & FIELD_REQUIRED) == 0
                                : !flag && !count && *(const void *const *)at == NULL;
    if (absent) {
        return;
    }
    json_name(out, str_of(field->name));
    if (flag) {
        json_put_bool(out, *(const int *)at != 0);
    } else if (count) {
        json_put_i64(out, *(const int64_t *)at);
    } else if (texts != NULL) {
        write_texts(texts, out);
    } else if (field->type == FIELD_PART) {
        write_object(field->schema, member->shape, *(const void *const *)at, out);
    } else {
        json_put_str(out, str_of(*(const char *const *)at));
    }
}

static void write_object(const struct schema *schema, const struct shape *shape, const void *value,
                         struct json_out *out)
{
    json_object_begin(out);
    for (const struct field *f = schema->fields; f < schema->fields + schema->field_count; f++) {
        const struct member *member = member_of(shape, f->name);
        if (member != NULL && (f->flags & FIELD_READ_ONLY) == 0) {
            write_member(f, member, (const char *)value + member->offset, out);
        }
    }
    json_object_end(out);
}

void account_json(const struct numgate_account *account, struct buf *out)
{
    struct json_out json;
    json_out_init(&json, out);
    write_object(&schema_account, &account_shape, account, &json);
}

void number_write(const struct numgate_number *number, struct json_out *json)
{
    write_object(&schema_number, &number_shape, number, json);
}

void number_json(const struct numgate_number *number, struct buf *out)
{
    struct json_out json;
    json_out_init(&json, out);
    number_write(number, &json);
}

enum numgate_status refuse(struct numgate_error *error, const char *message)
{
    struct numgate_error ignored;
    error = error != NULL ? error : &ignored;
    *error = (struct numgate_error){.status = NUMGATE_INVALID};
    snprintf(error->message, sizeof(error->message), "%s", message);
    return NUMGATE_INVALID;
}

enum numgate_status numgate_save_account(struct numgate *numgate, const struct numgate_account *account,
                                         const struct numgate_call *call, struct numgate_reply **ret,
                                         struct numgate_error *error)
{
    CLEANUP(buf_clear) struct buf body;
    buf_init(&body, LIMIT_BODY);
    if (ret != NULL) {
        *ret = NULL;
    }
    account_json(account, &body);
    buf_put_char(&body, '\0');
    return account->name == NULL ? refuse(error, "an account has a name")
           : buf_failed(&body)   ? refuse(error, "the account is too long")
                                 : numgate_put_account(numgate, account->name, body.p, call, ret, error);
}

enum numgate_status numgate_save_number(struct numgate *numgate, const struct numgate_number *number,
                                        const struct numgate_call *call, struct numgate_reply **ret,
                                        struct numgate_error *error)
{
    CLEANUP(buf_clear) struct buf body;
    buf_init(&body, LIMIT_BODY);
    if (ret != NULL) {
        *ret = NULL;
    }
    number_json(number, &body);
    buf_put_char(&body, '\0');
    if (number->account_name == NULL || number->telephone_number == NULL) {
        return refuse(error, "a number has an account and its telephone number");
    }
    return buf_failed(&body) ? refuse(error, "the number is too long")
                             : numgate_put_number(numgate, number->account_name, number->telephone_number,
                                                  body.p, call, ret, error);
}

enum numgate_status numgate_save_numbers(struct numgate *numgate, const char *account,
                                         const struct numgate_number *numbers, size_t count,
                                         const struct numgate_call *call, struct numgate_reply **ret,
                                         struct numgate_error *error)
{
    CLEANUP(buf_clear) struct buf body;
    buf_init(&body, LIMIT_BODY);
    if (ret != NULL) {
        *ret = NULL;
    }
    buf_put_str(&body, STR("{\"numbers\":["));
    for (size_t i = 0; i < count; i++) {
        buf_put_str(&body, i > 0 ? STR(",") : STR(""));
        number_json(&numbers[i], &body);
    }
    buf_put(&body, "]}", sizeof("]}"));
    return buf_failed(&body) ? refuse(error, "the numbers are too long for one batch")
                             : numgate_put_numbers(numgate, account, body.p, call, ret, error);
}
