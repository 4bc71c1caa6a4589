/* The fields of docs/backend-api.yaml as tables, read by the walk of model/schema.h: what the tables do not name is skipped, null is
 * absent. What belongs to the answer as a whole (order of a page, whose numbers they are) is checked behind it.
 *
 * Where model and wire have the same names, the model's own table is used. Limits of single texts are the model's, so that what was
 * read can be stored; what the peer says in words may be longer and is cut. */
#include "gateway/sync/wire.h"

#include "common/base/limits.h"
#include "gateway/model/pattern.h"
#include "gateway/model/rows.h"

#include "common/base/banned.h"

#define JOB_ID_MAX  100 /* also of the document */
#define MARK_MAX    200
#define WORDS_MAX   65536 /* characters of a message */
#define ENTRIES_MAX 1000  /* of a job, and details of an error */
#define UUID        LENGTH(36, 36), .pattern = &pattern_uuid

/* ---- the tables ---- */

enum wire_service { WIRE_OPERATOR_CONNECT = 1, WIRE_PHONE_MOBILE }; /* 1 + enum service */
enum wire_job_status {
    WIRE_NOT_STARTED = 1,
    WIRE_IN_PROGRESS,
    WIRE_COMPLETE,
    WIRE_PARTIALLY_COMPLETE,
    WIRE_FAILED
};
enum wire_entry_status { WIRE_PENDING = 1, WIRE_SUCCESS, WIRE_ERROR };

static const char *const wire_service[] = {"teamsOperatorConnect", "teamsPhoneMobile", NULL};
static const char *const wire_job_status[] = {"NotStarted",        "InProgress", "Complete",
                                              "PartiallyComplete", "Failed",     NULL};
static const char *const wire_entry_status[] = {"Pending", "Success", "Error", NULL};
static const char *const consent_status[] = {"Active", "Suspended", "Removed", NULL};

struct wire_number {
    struct backend_number of;
    enum wire_service service;
    struct str assignment;
};
struct wire_page { /* of anything; `value` is a part_list of what its schema says */
    struct part_list value;
    bool more;
    struct str mark;
};
struct wire_entry {
    int64_t telephone_number;
    enum wire_entry_status status;
    struct str code, message;
    const struct wire_number *number;
};
struct wire_job {
    struct str id, key;
    enum wire_job_status status;
    struct part_list entries;
};

/* An id goes into a path, where dots alone would lead elsewhere. */
static bool job_id_matches(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7F) {
            return false;
        }
    }
    return !str_eq(s, STR(".")) && !str_eq(s, STR(".."));
}
static const struct pattern pattern_job_id = {"^[^\\x00-\\x1f\\x7f]+$", "text without control characters",
                                              job_id_matches};

static const struct field number_fields[] = {
    E164(wire_number, of.telephone_number, "telephoneNumber", REQUIRED),
    WORD(wire_number, service, "service", wire_service, READ_ONLY_REQUIRED),
    TEXT(wire_number, of.tenant_id, "tenantId", READ_ONLY_REQUIRED, UUID),
    TEXT(wire_number, of.settings.usage, "usage", REQUIRED),
    TEXTS(wire_number, of.settings.additional_usages, "additionalUsages"),
    TEXTS(wire_number, of.settings.choosable_capabilities, "choosableCapabilities"),
    TEXT(wire_number, of.settings.civic_address_id, "civicAddressId"),
    TEXT(wire_number, of.settings.location_id, "locationId"),
    FLAG(wire_number, of.settings.allow_tenant_address_update, "allowTenantAddressUpdate"),
    TEXT(wire_number, of.settings.displayed_country_code, "displayedCountryCode"),
    TEXTS(wire_number, of.settings.acquired_capabilities, "acquiredCapabilities", READ_ONLY),
    TEXTS(wire_number, of.settings.available_capabilities, "availableCapabilities", READ_ONLY),
    TEXT(wire_number, assignment, "assignmentStatus", READ_ONLY),
};
static const struct schema schema_wire_number = SCHEMA("Number", wire_number, number_fields, NULL);

static const struct field contact_fields[] = {
    TEXT(contact, full_name, "fullName"),           TEXT(contact, email, "email"),
    TEXT(contact, telephone_number, "phoneNumber"), TEXT(contact, company_name, "companyName"),
    TEXT(contact, company_size, "companySize"),
};
static const struct schema schema_wire_contact = SCHEMA("Contact", contact, contact_fields, NULL);

static const struct field consent_fields[] = {
    TEXT(rfi, id, "id", REQUIRED, UUID),
    TEXT(rfi, tenant_id, "tenantId", REQUIRED, UUID),
    TEXT(rfi, product_context, "productContext"),
    TEXT(rfi, operator_id, "operatorId"),
    WORD(rfi, status, "status", consent_status, REQUIRED),
    DATE(rfi, consented_on, "consentedOn"),
    DATE(rfi, last_modified_on, "lastModifiedOn"),
    TEXTS(rfi, consented_countries, "consentedCountries", .length_max = LIMIT_COUNTRIES),
    PARTS(rfi, contacts, "contacts", schema_wire_contact),
    PART(rfi, customer_relationship, "customerRelationship", customer_relationship,
         schema_customer_relationship),
};
static const struct schema schema_wire_consent = SCHEMA("Consent", rfi, consent_fields, NULL);

#define PAGE(described)                                                                                      \
    PARTS(wire_page, value, "value", described, REQUIRED, .length_max = LIMIT_PAGE),                         \
        FLAG(wire_page, more, "more", REQUIRED)
static const struct field consent_page_fields[] = {PAGE(schema_wire_consent)};
static const struct field address_page_fields[] = {PAGE(schema_civic_address)};
static const struct field number_page_fields[] = {PAGE(schema_wire_number)};
static const struct field change_page_fields[] = {
    PAGE(schema_wire_number), TEXT(wire_page, mark, "mark", REQUIRED, LENGTH(1, MARK_MAX))};
static const struct field usage_list_fields[] = {
    PARTS(wire_page, value, "value", schema_capability_plan, REQUIRED, .length_max = LIMIT_PAGE)};
static const struct schema schema_consent_page = SCHEMA("ConsentPage", wire_page, consent_page_fields, NULL);
static const struct schema schema_address_page =
    SCHEMA("CivicAddressPage", wire_page, address_page_fields, NULL);
static const struct schema schema_number_page = SCHEMA("NumberPage", wire_page, number_page_fields, NULL);
static const struct schema schema_change_page = SCHEMA("ChangePage", wire_page, change_page_fields, NULL);
static const struct schema schema_usage_list = SCHEMA("UsageList", wire_page, usage_list_fields, NULL);

static const struct field capabilities_fields[] = {
    TEXTS(available_capabilities, capabilities, "availableCapabilities", REQUIRED)};
static const struct schema schema_capabilities =
    SCHEMA("AvailableCapabilities", available_capabilities, capabilities_fields, NULL);

static const struct field entry_fields[] = {
    E164(wire_entry, telephone_number, "telephoneNumber", REQUIRED),
    WORD(wire_entry, status, "status", wire_entry_status, REQUIRED),
    TEXT(wire_entry, code, "errorCode", .length_max = WORDS_MAX),
    TEXT(wire_entry, message, "errorMessage", .length_max = WORDS_MAX),
    PART(wire_entry, number, "number", wire_number, schema_wire_number),
};
static const struct schema schema_entry = SCHEMA("JobEntry", wire_entry, entry_fields, NULL);

static const struct field job_fields[] = {
    TEXT(wire_job, id, "jobId", REQUIRED, LENGTH(1, JOB_ID_MAX), .pattern = &pattern_job_id),
    WORD(wire_job, status, "status", wire_job_status, REQUIRED),
    TEXT(wire_job, key, "idempotencyKey"),
    PARTS(wire_job, entries, "entries", schema_entry, REQUIRED, .length_max = ENTRIES_MAX),
};
static const struct schema schema_job = SCHEMA("Job", wire_job, job_fields, NULL);
static const struct field job_list_fields[] = {
    PARTS(wire_page, value, "value", schema_job, REQUIRED, .length_max = 1)};
static const struct schema schema_job_list = SCHEMA("JobList", wire_page, job_list_fields, NULL);

#define SAID(member, json, ...) TEXT(wire_error, member, json, .length_max = WORDS_MAX, __VA_ARGS__)
static const struct field detail_fields[] = {SAID(code, "code", REQUIRED), SAID(message, "message"),
                                             SAID(target, "target")};
static const struct schema schema_detail = SCHEMA("ErrorDetail", wire_error, detail_fields, NULL);
static const struct field error_fields[] = {
    SAID(code, "code", REQUIRED, .length_min = 1), SAID(message, "message", REQUIRED),
    PARTS(wire_error, details, "details", schema_detail, .length_max = ENTRIES_MAX)};
static const struct schema schema_wire_error = SCHEMA("Error", wire_error, error_fields, NULL);

/* ---- reading ---- */

static enum rc read_body(const struct schema *schema, struct str body, struct arena *mem, void *ret,
                         struct err *err)
{
    const struct json *json = NULL;
    struct err why = {0};
    enum rc rc = json_parse(body, mem, &json, &why);
    if (rc != RC_OK) {
        return err_set(err, RC_INVALID, NULL, "no JSON: %s", why.msg);
    }
    memset(ret, 0, schema->size);
    rc = model_read_foreign(schema, json, mem, ret, &why);
    if (rc != RC_OK) {
        return err_set(err, RC_INVALID, NULL, "not a %s: %s%s%s", schema->name, why.field,
                       why.field[0] != '\0' ? ": " : "", why.msg);
    }
    return RC_OK;
}

static enum rc wrong_item(struct err *err, size_t index, const char *what)
{
    return err_set(err, RC_INVALID, NULL, "value[%zu] %s", index, what);
}

static enum rc out_of_memory(struct err *err)
{
    return err_set(err, RC_INVALID, NULL, "needs more memory than it may have");
}

/* A page that says there is more, but where the next one would begin at the same place, would be asked for without end. */
static enum rc check_more(const struct wire_page *page, struct err *err)
{
    return page->more && page->value.count == 0
               ? err_set(err, RC_INVALID, NULL, "an empty page says that there is more")
               : RC_OK;
}

static struct str lower(struct str text, struct arena *mem)
{
    char *p = str_absent(text) ? NULL : arena_cstr(mem, text);
    for (size_t i = 0; p != NULL && i < text.n; i++) {
        p[i] = p[i] >= 'A' && p[i] <= 'Z' ? (char)(p[i] - 'A' + 'a') : p[i];
    }
    return (struct str){p, p != NULL ? text.n : 0};
}

/* Ids come in ascending order, compared in lower case, the first one behind `after`. */
static enum rc check_ids(const struct wire_page *page, size_t item_bytes, size_t id_offset, struct str after,
                         struct arena *mem, struct err *err)
{
    struct str before = lower(after, mem);
    for (size_t i = 0; i < page->value.count; i++) {
        const char *item = (const char *)page->value.items + i * item_bytes;
        struct str id = lower(*(const struct str *)(const void *)(item + id_offset), mem);
        if (!str_absent(before) && str_cmp(id, before) <= 0) {
            return wrong_item(err, i, "is not in ascending order");
        }
        before = id;
    }
    return arena_failed(mem) ? out_of_memory(err) : check_more(page, err);
}

/* The contract wants a name and a mail address of every contact, the back end does not. */
static enum rc complete_contacts(struct rfi *rfi, struct arena *mem, struct err *err)
{
    const struct contact *from = rfi->contacts.items;
    if (from == NULL) {
        return RC_OK;
    }
    struct contact *to = arena_alloc_array(mem, rfi->contacts.count, sizeof *to);
    if (to == NULL) {
        return out_of_memory(err);
    }
    for (size_t i = 0; i < rfi->contacts.count; i++) {
        to[i] = from[i];
        to[i].full_name = str_empty(from[i].full_name) ? STR("-") : from[i].full_name;
        to[i].email = str_empty(from[i].email) ? STR("-") : from[i].email;
    }
    rfi->contacts.items = to;
    return RC_OK;
}

enum rc wire_read_consents(struct str body, struct str after, struct arena *mem, struct backend_consents *ret,
                           struct err *err)
{
    struct wire_page page;
    enum rc rc = read_body(&schema_consent_page, body, mem, &page, err);
    rc = rc == RC_OK ? check_ids(&page, sizeof(struct rfi), offsetof(struct rfi, tenant_id), after, mem, err)
                     : rc;
    struct rfi *items = rc == RC_OK ? arena_alloc_array(mem, page.value.count, sizeof *items) : NULL;
    if (items == NULL) {
        return rc != RC_OK ? rc : out_of_memory(err);
    }
    for (size_t i = 0; rc == RC_OK && i < page.value.count; i++) {
        items[i] = ((const struct rfi *)page.value.items)[i];
        rc = complete_contacts(&items[i], mem, err);
    }
    if (rc == RC_OK) {
        *ret = (struct backend_consents){items, page.value.count, page.more};
    }
    return rc;
}

enum rc wire_read_consent(struct str body, struct str tenant_id, struct arena *mem, struct rfi *ret,
                          struct err *err)
{
    enum rc rc = read_body(&schema_wire_consent, body, mem, ret, err);
    if (rc == RC_OK && !str_eq_ci(ret->tenant_id, tenant_id)) {
        return err_set(err, RC_INVALID, NULL, "a consent of another tenant");
    }
    return rc == RC_OK ? complete_contacts(ret, mem, err) : rc;
}

enum rc wire_read_addresses(struct str body, struct str after, struct arena *mem,
                            struct backend_addresses *ret, struct err *err)
{
    struct wire_page page;
    enum rc rc = read_body(&schema_address_page, body, mem, &page, err);
    rc = rc == RC_OK ? check_ids(&page, sizeof(struct civic_address), offsetof(struct civic_address, id),
                                 after, mem, err)
                     : rc;
    if (rc == RC_OK) {
        *ret = (struct backend_addresses){page.value.items, page.value.count, page.more};
    }
    return rc;
}

static struct backend_number number_of(const struct wire_number *wire)
{
    struct backend_number number = wire->of;
    bool free = str_empty(wire->assignment) || str_eq_ci(wire->assignment, STR("Unassigned"));
    number.service = (enum service)(wire->service - 1);
    number.assignment_status = free ? ASSIGNMENT_UNASSIGNED : ASSIGNMENT_ASSIGNED;
    return number;
}

static struct backend_number *numbers_of(const struct wire_page *page, struct arena *mem)
{
    const struct wire_number *from = page->value.items;
    struct backend_number *to = arena_alloc_array(mem, page->value.count, sizeof *to);
    for (size_t i = 0; to != NULL && i < page->value.count; i++) {
        to[i] = number_of(&from[i]);
    }
    return to;
}

enum rc wire_read_numbers(struct str body, enum service service, struct str tenant_id, int64_t after,
                          struct arena *mem, struct backend_numbers *ret, struct err *err)
{
    struct wire_page page;
    enum rc rc = read_body(&schema_number_page, body, mem, &page, err);
    const struct backend_number *items = rc == RC_OK ? numbers_of(&page, mem) : NULL;
    if (items == NULL) {
        return rc != RC_OK ? rc : out_of_memory(err);
    }
    for (size_t i = 0; i < page.value.count; i++) {
        if (items[i].telephone_number <= after) {
            return wrong_item(err, i, "is not in ascending order");
        }
        if (items[i].service != service || !str_eq_ci(items[i].tenant_id, tenant_id)) {
            return wrong_item(err, i, "is a number of another tenant or service");
        }
        after = items[i].telephone_number;
    }
    *ret = (struct backend_numbers){items, page.value.count, page.more};
    return check_more(&page, err);
}

enum rc wire_read_number(struct str body, enum service service, int64_t telephone_number, struct arena *mem,
                         struct backend_number *ret, struct err *err)
{
    struct wire_number wire;
    enum rc rc = read_body(&schema_wire_number, body, mem, &wire, err);
    if (rc != RC_OK) {
        return rc;
    }
    struct backend_number number = number_of(&wire);
    if (number.telephone_number != telephone_number || number.service != service) {
        return err_set(err, RC_INVALID, NULL, "another number, or one of another service");
    }
    *ret = number;
    return RC_OK;
}

enum rc wire_read_changes(struct str body, struct arena *mem, struct backend_changes *ret, struct err *err)
{
    struct wire_page page;
    enum rc rc = read_body(&schema_change_page, body, mem, &page, err);
    rc = rc == RC_OK ? check_more(&page, err) : rc;
    const struct backend_number *items = rc == RC_OK ? numbers_of(&page, mem) : NULL;
    if (items == NULL) {
        return rc != RC_OK ? rc : out_of_memory(err);
    }
    *ret = (struct backend_changes){items, page.value.count, page.more, page.mark};
    return RC_OK;
}

/* The peer's words, as long as the model lets them be. */
static struct str shortened(struct str text, struct str standard)
{
    size_t n = text.n < LIMIT_TEXT ? text.n : LIMIT_TEXT;
    while (n > 0 && n < text.n && ((unsigned char)text.p[n] & 0xC0) == 0x80) {
        n--; /* not in the middle of a character */
    }
    return n > 0 ? (struct str){text.p, n} : standard;
}

static enum rc take_entry(const struct wire_entry *from, size_t index, struct arena *mem,
                          struct backend_entry *to, struct err *err)
{
    static const enum backend_entry_state states[] = {[WIRE_PENDING] = BACKEND_ENTRY_OPEN,
                                                      [WIRE_SUCCESS] = BACKEND_ENTRY_DONE,
                                                      [WIRE_ERROR] = BACKEND_ENTRY_REFUSED};
    *to = (struct backend_entry){.telephone_number = from->telephone_number, .state = states[from->status]};
    if (to->state == BACKEND_ENTRY_REFUSED) {
        to->code = shortened(from->code, STR("Unspecified"));
        to->message = shortened(from->message, STR("The back end gives no reason."));
    }
    if (from->number == NULL) {
        return RC_OK;
    }
    struct backend_number *number = arena_new_of(mem, struct backend_number);
    if (number == NULL) {
        return out_of_memory(err);
    }
    *number = number_of(from->number);
    to->number = number;
    return number->telephone_number == to->telephone_number
               ? RC_OK
               : err_set(err, RC_INVALID, NULL, "entries[%zu].number is another number", index);
}

static enum rc take_job(const struct wire_job *from, struct str key, struct arena *mem,
                        struct backend_job *ret, struct err *err)
{
    const struct wire_entry *entries = from->entries.items;
    struct backend_entry *to = arena_alloc_array(mem, from->entries.count, sizeof *to);
    if (to == NULL) {
        return out_of_memory(err);
    }
    if (!str_absent(key) && !str_absent(from->key) && !str_eq_ci(from->key, key)) {
        return err_set(err, RC_INVALID, NULL, "the job of another order");
    }
    for (size_t i = 0; i < from->entries.count; i++) {
        enum rc rc = take_entry(&entries[i], i, mem, &to[i], err);
        if (rc != RC_OK) {
            return rc;
        }
    }
    *ret = (struct backend_job){from->id, from->status >= WIRE_COMPLETE, to, from->entries.count};
    return RC_OK;
}

enum rc wire_read_job(struct str body, struct str key, struct arena *mem, struct backend_job *ret,
                      struct err *err)
{
    struct wire_job job;
    enum rc rc = read_body(&schema_job, body, mem, &job, err);
    return rc == RC_OK ? take_job(&job, key, mem, ret, err) : rc;
}

enum rc wire_read_jobs(struct str body, struct str key, struct arena *mem, struct backend_job *ret,
                       struct err *err)
{
    struct wire_page list;
    enum rc rc = read_body(&schema_job_list, body, mem, &list, err);
    if (rc == RC_OK && list.value.count == 0) {
        return RC_NOT_FOUND;
    }
    return rc == RC_OK ? take_job(list.value.items, key, mem, ret, err) : rc;
}

enum rc wire_read_plans(struct str body, struct arena *mem, struct capability_plans *ret, struct err *err)
{
    struct wire_page list;
    enum rc rc = read_body(&schema_usage_list, body, mem, &list, err);
    if (rc == RC_OK) {
        ret->plans = list.value;
    }
    return rc;
}

enum rc wire_read_capabilities(struct str body, struct arena *mem, struct text_list *ret, struct err *err)
{
    struct available_capabilities read;
    enum rc rc = read_body(&schema_capabilities, body, mem, &read, err);
    if (rc == RC_OK) {
        *ret = read.capabilities;
    }
    return rc;
}

enum rc wire_read_error(struct str body, struct arena *mem, struct wire_error *ret, struct err *err)
{
    return read_body(&schema_wire_error, body, mem, ret, err);
}

/* ---- writing ---- */

const char *wire_service_name(enum service service)
{
    ensure(service_is_synced(service));
    return wire_service[service];
}

static void write_number(struct json_out *json, int64_t number)
{
    char text[E164_TEXT_MAX];
    json_put_str(json, model_e164_text(number, text));
}

static void write_upload(const struct backend_order *order, struct json_out *json)
{
    json_name(json, STR("numbers"));
    json_array_begin(json);
    for (size_t i = 0; i < order->count; i++) {
        const struct wire_number wire = {.of = order->numbers[i]};
        model_write_settable(&schema_wire_number, &wire, json);
    }
    json_array_end(json);
}

static void write_release(const struct backend_order *order, struct json_out *json)
{
    json_name(json, STR("telephoneNumbers"));
    json_array_begin(json);
    for (size_t i = 0; i < order->count; i++) {
        write_number(json, order->numbers[i].telephone_number);
    }
    json_array_end(json);
}

void wire_write_order(const struct backend_order *order, struct buf *out)
{
    struct json_out json;
    json_out_init(&json, out);
    json_object_begin(&json);
    json_str_member(&json, "service", str_of(wire_service_name(order->service)));
    (order->kind == BACKEND_UPLOAD ? write_upload : write_release)(order, &json);
    json_object_end(&json);
}

void wire_write_numbers(const struct number_identifier *numbers, size_t count, struct buf *out)
{
    struct json_out json;
    json_out_init(&json, out);
    json_object_begin(&json);
    json_name(&json, STR("telephoneNumbers"));
    json_array_begin(&json);
    for (size_t i = 0; i < count; i++) {
        write_number(&json, numbers[i].telephone_number);
    }
    json_array_end(&json);
    json_object_end(&json);
}

void wire_write_relationship(const struct customer_relationship *relationship, struct buf *out)
{
    struct json_out json;
    json_out_init(&json, out);
    json_object_begin(&json);
    json_str_member(&json, "status", relationship->status);
    json_str_member(&json, "comment", relationship->comment);
    json_object_end(&json);
}

static bool is_unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void wire_put_escaped(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (is_unreserved(text.p[i])) {
            buf_put_char(out, text.p[i]);
        } else {
            buf_printf(out, "%%%02X", (unsigned char)text.p[i]);
        }
    }
}
