#include "programs/numgate-lab/backend_change.h"

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/json/write.h"
#include "programs/numgate-lab/backend_facts.h"
#include "programs/numgate-lab/backend_record.h"

#include "common/base/banned.h"

#define WORD_BYTES_MAX  60
#define SETTINGS_MEMORY ((size_t)256 * 1024)
#define APPLICATION_MAX 200
#define RECORD_NUMBERS  5000

static enum rc wrong(struct err *err, const char *what)
{
    return err_set(err, RC_INVALID, NULL, "%s", what);
}

static enum rc tenant_made(struct backend *backend, struct str id, struct tenant_state **ret, struct err *err)
{
    struct map_key key;
    if (!map_key_of_uuid(id, &key)) {
        return wrong(err, "the tenant id must be a UUID");
    }
    if (map_get(&backend->model.tenants, key) == NULL && backend->model.tenants.count >= TENANTS_MAX) {
        return err_set(err, RC_LIMIT, NULL, "there are %d tenants already", TENANTS_MAX);
    }
    *ret = model_tenant_made(&backend->model, key);
    return RC_OK;
}

static enum rc tenant_known(struct backend *backend, struct str id, struct tenant_state **ret,
                            struct err *err)
{
    *ret = model_tenant(&backend->model, id);
    return *ret != NULL ? RC_OK : err_set(err, RC_NOT_FOUND, NULL, "there is no such tenant");
}

/* ---- documents with what is missing filled in ---- */

/* An object being put together from a body, what was there before, and standard values. */
struct draft {
    struct json_out out;
    struct buf text;
    const struct json *body, *before; /* before: NULL when there was none */
};

static void draft_begin(struct draft *draft, const struct json *body, const struct document *before)
{
    *draft = (struct draft){.body = body, .before = before == NULL ? NULL : before->json};
    buf_init(&draft->text, DOCUMENT_MAX);
    json_out_init(&draft->out, &draft->text);
    json_object_begin(&draft->out);
}

static bool is_among(struct str name, const char *const *names)
{
    while (*names != NULL && !str_eq(str_of(*names), name)) {
        names++;
    }
    return *names != NULL;
}

/* Copies the members of the body, and those of before that the body does not name; not those in `ours`. */
static void draft_copy(struct draft *draft, const char *const *ours)
{
    for (struct json_iter it = json_iter(draft->body); json_next(&it);) {
        if (!is_among(it.name, ours)) {
            json_name(&draft->out, it.name);
            json_put_value(&draft->out, it.value);
        }
    }
    for (struct json_iter it = json_iter(draft->before); json_next(&it);) {
        if (!is_among(it.name, ours) && json_get(draft->body, it.name) == NULL) {
            json_name(&draft->out, it.name);
            json_put_value(&draft->out, it.value);
        }
    }
}

static bool draft_lacks(const struct draft *draft, const char *name)
{
    return json_get(draft->body, str_of(name)) == NULL && json_get(draft->before, str_of(name)) == NULL;
}

static void draft_default(struct draft *draft, const char *name, struct str value)
{
    if (draft_lacks(draft, name)) {
        json_str_member(&draft->out, name, value);
    }
}

static enum rc draft_end(struct draft *draft, struct document **ret, struct err *err)
{
    json_object_end(&draft->out);
    enum rc rc = buf_failed(&draft->text) ? err_set(err, RC_LIMIT, NULL, "over %d bytes", DOCUMENT_MAX)
                                          : document_new(buf_str(&draft->text), ret, err);
    buf_clear(&draft->text);
    return rc;
}

/* ---- consents ---- */

static enum rc check_consent(const struct json *body, struct err *err)
{
    static const char *const statuses[] = {"Active", "Suspended", "Removed", NULL};
    const struct json *status = json_get(body, STR("status")),
                      *countries = json_get(body, STR("consentedCountries"));
    if (!json_is(body, JSON_OBJECT)) {
        return wrong(err, "a consent is a JSON object");
    }
    if (status != NULL && (!json_is(status, JSON_STRING) || !is_among(json_string(status), statuses))) {
        return wrong(err, "\"status\" must be Active, Suspended or Removed");
    }
    bool fits = countries == NULL || json_is(countries, JSON_ARRAY);
    for (size_t i = 0; fits && i < json_count(countries); i++) {
        fits = json_string(json_at(countries, i)).n == 2;
    }
    return fits ? RC_OK : wrong(err, "\"consentedCountries\" must be an array of codes of two letters");
}

enum rc change_consent(struct backend *backend, struct str tenant_id, const struct json *body,
                       struct err *err)
{
    static const char *const ours[] = {"tenantId", "lastModifiedOn", NULL};
    char tenant_text[UUID_TEXT_MAX], id[UUID_TEXT_MAX], time[CLOCK_TEXT_MAX];
    struct str now = clock_rfc3339(clock_wall(), time);
    struct tenant_state *tenant = NULL;
    struct document *fresh;
    struct draft draft;
    if (check_consent(body, err) != RC_OK || tenant_made(backend, tenant_id, &tenant, err) != RC_OK) {
        return RC_INVALID;
    }
    draft_begin(&draft, body, tenant->consent);
    draft_default(&draft, "id", random_uuid(id));
    json_str_member(&draft.out, "tenantId", map_key_uuid(tenant->id, tenant_text));
    draft_default(&draft, "productContext", STR("teams"));
    draft_default(&draft, "status", STR("Active"));
    draft_default(&draft, "consentedOn", now);
    draft_copy(&draft, ours);
    if (draft_lacks(&draft, "consentedCountries")) {
        json_name(&draft.out, STR("consentedCountries"));
        json_array_begin(&draft.out);
        json_array_end(&draft.out);
    }
    json_str_member(&draft.out, "lastModifiedOn", now);
    enum rc rc = draft_end(&draft, &fresh, err);
    if (rc == RC_OK) {
        model_put_consent(tenant, fresh);
        record_consent(backend_records(backend), tenant);
    }
    return rc;
}

enum rc change_no_consent(struct backend *backend, struct str tenant_id, struct err *err)
{
    struct tenant_state *tenant;
    enum rc rc = tenant_known(backend, tenant_id, &tenant, err);
    if (rc == RC_OK) {
        model_put_consent(tenant, NULL);
        record_consent(backend_records(backend), tenant);
    }
    return rc;
}

/* ---- addresses ---- */

static void put_default_location(struct json_out *out, struct str id)
{
    json_name(out, STR("locations"));
    json_array_begin(out);
    json_object_begin(out);
    json_str_member(out, "id", id);
    json_str_member(out, "civicAddressId", id);
    json_bool_member(out, "isDefault", true);
    json_object_end(out);
    json_array_end(out);
}

static enum rc check_address(const struct json *body, struct err *err)
{
    const struct json *locations = json_get(body, STR("locations"));
    if (!json_is(body, JSON_OBJECT)) {
        return wrong(err, "an address is a JSON object");
    }
    bool fits = locations == NULL || json_is(locations, JSON_ARRAY);
    for (size_t i = 0; fits && i < json_count(locations); i++) {
        fits = json_is(json_get(json_at(locations, i), STR("id")), JSON_STRING) &&
               json_is(json_get(json_at(locations, i), STR("civicAddressId")), JSON_STRING);
    }
    return fits ? RC_OK : wrong(err, "\"locations\" must be an array of objects with id and civicAddressId");
}

enum rc change_address(struct backend *backend, struct str tenant_id, struct str address_id,
                       const struct json *body, struct err *err)
{
    static const char *const ours[] = {"tenantId", "id", NULL};
    char tenant_text[UUID_TEXT_MAX], id_text[UUID_TEXT_MAX];
    struct tenant_state *tenant = NULL;
    struct document *fresh;
    struct map_key key;
    struct draft draft;
    if (!map_key_of_uuid(address_id, &key)) {
        return wrong(err, "the id of an address must be a UUID");
    }
    if (check_address(body, err) != RC_OK || tenant_made(backend, tenant_id, &tenant, err) != RC_OK) {
        return RC_INVALID;
    }
    if (tenant->addresses.count >= ADDRESSES_MAX) {
        return err_set(err, RC_LIMIT, NULL, "the tenant has %d addresses already", ADDRESSES_MAX);
    }
    struct str id = map_key_uuid(key, id_text);
    draft_begin(&draft, body, map_get(&tenant->addresses, key));
    json_str_member(&draft.out, "id", id);
    json_str_member(&draft.out, "tenantId", map_key_uuid(tenant->id, tenant_text));
    draft_default(&draft, "defaultLocationId", id);
    draft_default(&draft, "validationStatus", STR("Validated"));
    draft_copy(&draft, ours);
    if (draft_lacks(&draft, "locations")) {
        put_default_location(&draft.out, id);
    }
    enum rc rc = draft_end(&draft, &fresh, err);
    if (rc == RC_OK) {
        model_put_address(tenant, key, fresh);
        record_address(backend_records(backend), tenant, key);
    }
    return rc;
}

enum rc change_no_address(struct backend *backend, struct str tenant_id, struct str address_id,
                          struct err *err)
{
    struct tenant_state *tenant;
    struct map_key key;
    enum rc rc = tenant_known(backend, tenant_id, &tenant, err);
    if (rc == RC_OK && (!map_key_of_uuid(address_id, &key) || map_get(&tenant->addresses, key) == NULL)) {
        rc = err_set(err, RC_NOT_FOUND, NULL, "the tenant has no such address");
    }
    if (rc == RC_OK) {
        model_put_address(tenant, key, NULL);
        record_address(backend_records(backend), tenant, key);
    }
    return rc;
}

/* ---- numbers ---- */

/* Absent: not given. */
static enum rc read_word(const struct json *body, const char *name, struct str *ret, struct err *err)
{
    const struct json *value = json_get(body, str_of(name));
    struct str word = json_string(value);
    bool fits =
        value == NULL || json_is(value, JSON_NULL) ||
        (!str_absent(word) && word.n > 0 && word.n <= WORD_BYTES_MAX && word.p[0] >= 'A' && word.p[0] <= 'Z');
    if (!fits) {
        return err_set(err, RC_INVALID, NULL, "\"%s\" must be a word such as Unassigned or UserAssigned",
                       name);
    }
    *ret = word;
    return RC_OK;
}

static enum rc read_service(const struct json *body, enum service *ret, struct err *err)
{
    const struct json *value = json_get(body, STR("service"));
    bool known = value != NULL && json_is(value, JSON_STRING) && service_parse(json_string(value), ret);
    return known ? RC_OK : wrong(err, "\"service\" must be teamsOperatorConnect or teamsPhoneMobile");
}

static enum rc read_states(struct model *model, const struct json *body, struct number *number,
                           struct err *err)
{
    struct str assignment, status;
    enum rc rc = read_word(body, "assignmentStatus", &assignment, err);
    if (rc == RC_OK) {
        rc = read_word(body, "acquiredNumberStatus", &status, err);
    }
    if (rc == RC_OK) {
        number->assignment = model_word(model, str_absent(assignment) ? STR("Unassigned") : assignment);
        number->status = model_word(model, str_absent(status) ? STR("Active") : status);
    }
    return rc;
}

static void put_numbers(struct backend *backend, struct number *number, int64_t count)
{
    const struct number **put = mem_alloc_array(RECORD_NUMBERS, sizeof *put);
    size_t n = 0;
    for (int64_t i = 0; i < count; i++, number->tn++) {
        put[n++] = model_put_number(&backend->model, number);
        if (n == RECORD_NUMBERS) {
            record_numbers(backend_records(backend), put, n);
            n = 0;
        }
    }
    record_numbers(backend_records(backend), put, n);
    mem_free(put);
}

enum rc change_numbers(struct backend *backend, struct str tenant, int64_t first, int64_t count,
                       const struct json *body, struct err *err)
{
    CLEANUP(arena_freep) struct arena *mem = arena_new(SETTINGS_MEMORY);
    struct number number = {.tn = first, .acquired_ms = clock_wall().ms};
    struct settings settings;
    if (first + count - 1 > TN_MAX) {
        return wrong(err, "a telephone number has at most 15 digits");
    }
    if (backend->model.numbers.count + (size_t)count > NUMBERS_MAX) {
        return err_set(err, RC_LIMIT, NULL, "there may be %d numbers", NUMBERS_MAX);
    }
    enum rc rc = read_service(body, &number.service, err);
    if (rc == RC_OK) {
        rc = settings_read(body, mem, &settings, err);
    }
    if (rc == RC_OK) {
        rc = read_states(&backend->model, body, &number, err);
    }
    if (rc == RC_OK) {
        rc = tenant_made(backend, tenant, &number.tenant, err);
    }
    if (rc == RC_OK) {
        number.settings = model_settings(&backend->model, &settings);
        put_numbers(backend, &number, count);
    }
    return rc;
}

enum rc change_assignment(struct backend *backend, int64_t tn, const struct json *body, struct err *err)
{
    struct str assignment;
    enum service service;
    enum rc rc = read_service(body, &service, err);
    if (rc == RC_OK) {
        rc = read_word(body, "assignmentStatus", &assignment, err);
    }
    if (rc == RC_OK && str_absent(assignment)) {
        rc = wrong(err, "\"assignmentStatus\" is needed, such as UserAssigned or Unassigned");
    }
    if (rc != RC_OK) {
        return rc;
    }
    struct number *number = model_number(&backend->model, service, tn);
    if (number == NULL) {
        return err_set(err, RC_NOT_FOUND, NULL, "nobody holds the number");
    }
    number->assignment = model_word(&backend->model, assignment);
    model_note_change(&backend->model, number);
    record_numbers(backend_records(backend), (const struct number *const[]){number}, 1);
    return RC_OK;
}

enum rc change_no_number(struct backend *backend, struct str service_text, int64_t tn, struct err *err)
{
    enum service service;
    if (str_absent(service_text) || !service_parse(service_text, &service)) {
        return wrong(err, "?service= must be teamsOperatorConnect or teamsPhoneMobile");
    }
    struct number *number = model_number(&backend->model, service, tn);
    if (number == NULL) {
        return err_set(err, RC_NOT_FOUND, NULL, "nobody holds the number");
    }
    model_drop_number(&backend->model, number);
    record_no_numbers(backend_records(backend), service, &tn, 1);
    return RC_OK;
}

/* ---- the operator's own ---- */

enum rc change_application(struct backend *backend, struct str id, bool registered, struct err *err)
{
    const struct json *before = backend->model.applications->json;
    struct document *fresh;
    struct json_out out;
    struct buf text;
    if (id.n > APPLICATION_MAX || json_count(before) >= APPLICATIONS_MAX) {
        return err_set(err, RC_LIMIT, NULL, "there may be %d applications", APPLICATIONS_MAX);
    }
    buf_init(&text, DOCUMENT_MAX);
    json_out_init(&out, &text);
    json_array_begin(&out);
    for (size_t i = 0; i < json_count(before); i++) {
        if (!str_eq_ci(json_string(json_at(before, i)), id)) {
            json_put_str(&out, json_string(json_at(before, i)));
        }
    }
    if (registered) {
        json_put_str(&out, id);
    }
    json_array_end(&out);
    enum rc rc = document_new(buf_str(&text), &fresh, err);
    buf_clear(&text);
    if (rc == RC_OK) {
        document_free(backend->model.applications);
        backend->model.applications = fresh;
        record_applications(backend_records(backend), fresh);
    }
    return rc;
}

enum rc change_switches(struct backend *backend, const struct json *body, struct err *err)
{
    enum rc rc = switches_read(body, &backend->model.switches, err);
    if (rc == RC_OK) {
        backend_apply_switches(backend);
        record_switches(backend_records(backend), &backend->model.switches);
    }
    return rc;
}
