/* What the operations of docs/backend-api.yaml do. Everything runs within the lock of the back end. */
#include <stdio.h>

#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/json/read.h"
#include "common/json/write.h"
#include "programs/numgate-lab/backend_call.h"
#include "programs/numgate-lab/backend_facts.h"
#include "programs/numgate-lab/backend_jobs.h"
#include "programs/numgate-lab/backend_record.h"
#include "programs/numgate-lab/backend_rules.h"

#include "common/base/banned.h"

#define PAGE_DEFAULT   200
#define PAGE_MAX       500
#define CAPABILITY_TNS 100
#define COMMENT_MAX    1000
#define DETAILS_MAX    100
#define MARK_TEXT_MAX  64
#define REPEAT_MAX     100 /* of what came from outside and is said again */

/* ---- reading the call ---- */

/* False: refused. */
static bool page_size(struct call *call, size_t *ret)
{
    struct str text = form_get(&call->query, "maxpagesize");
    uint64_t size = PAGE_DEFAULT;
    if (!str_absent(text) && (!str_to_u64(text, PAGE_MAX, &size) || size == 0)) {
        call_refuse(call, CALL_BAD_REQUEST, "maxpagesize must be a number from 1 to %d", PAGE_MAX);
        return false;
    }
    *ret = (size_t)size;
    return true;
}

/* `after` as a UUID; without it the page begins at the very first. */
static bool after_uuid(struct call *call, const struct map *map, struct map_at *ret)
{
    struct str text = form_get(&call->query, "after");
    struct map_key key;
    *ret = map_first(map);
    if (str_absent(text)) {
        return true;
    }
    if (!map_key_of_uuid(text, &key)) {
        call_refuse(call, CALL_BAD_REQUEST, "after must be a UUID");
        return false;
    }
    *ret = map_behind(map, key);
    return true;
}

static struct tenant_state *tenant_of(struct call *call, const struct model *model, struct str id)
{
    if (!str_is_uuid(id)) {
        call_refuse(call, CALL_BAD_REQUEST, "the tenant id must be a UUID");
        return NULL;
    }
    struct tenant_state *tenant = model_tenant(model, id);
    if (tenant == NULL) {
        call_refuse(call, CALL_TENANT_NOT_FOUND, "there is no tenant %" STR_FMT, STR_ARG(id));
    }
    return tenant;
}

static bool service_of(struct call *call, struct str name, enum service *ret)
{
    bool known = !str_absent(name) && service_parse(name, ret);
    if (!known) {
        call_refuse(call, CALL_BAD_REQUEST, "service must be teamsOperatorConnect or teamsPhoneMobile");
    }
    return known;
}

static const struct json *body_of(struct call *call)
{
    const struct json *body;
    struct err err;
    if (json_parse(http_request(call->visit->x)->body, call_arena(call), &body, &err) != RC_OK) {
        call_refuse(call, CALL_BAD_REQUEST, "the body: %s", err.msg);
        return NULL;
    }
    if (!json_is(body, JSON_OBJECT)) {
        call_refuse(call, CALL_BAD_REQUEST, "the body must be a JSON object");
        return NULL;
    }
    return body;
}

static void begin_list(struct call *call, struct json_out *out)
{
    call_begin(call, out);
    json_object_begin(out);
    json_name(out, STR("value"));
    json_array_begin(out);
}

static void end_page(struct call *call, struct json_out *out, bool more)
{
    json_array_end(out);
    json_bool_member(out, "more", more);
    json_object_end(out);
    call_end(call, 200);
}

/* ---- consents ---- */

static void serve_consents(struct call *call, struct model *model)
{
    struct str context = form_get(&call->query, "productContext");
    const struct tenant_state *tenant;
    struct json_out out;
    struct map_at at;
    size_t size, count = 0;
    if (!str_absent(context) && !str_eq(context, STR("teams"))) {
        call_refuse(call, CALL_BAD_REQUEST, "productContext must be teams");
        return;
    }
    if (!page_size(call, &size) || !after_uuid(call, &model->tenants, &at)) {
        return;
    }
    begin_list(call, &out);
    while ((tenant = map_next(&model->tenants, &at)) != NULL) {
        if (tenant->consent != NULL && count++ < size) {
            json_put_value(&out, tenant->consent->json);
        }
        if (count > size) {
            break;
        }
    }
    end_page(call, &out, count > size);
}

static struct tenant_state *consented(struct call *call, const struct model *model)
{
    struct tenant_state *tenant = tenant_of(call, model, call_segment(call, 1));
    if (tenant != NULL && tenant->consent == NULL) {
        call_refuse(call, CALL_TENANT_NOT_FOUND, "the tenant has no consent");
        return NULL;
    }
    return tenant;
}

static void answer_consent(struct call *call, const struct tenant_state *tenant)
{
    struct json_out out;
    call_begin(call, &out);
    json_put_value(&out, tenant->consent->json);
    call_end(call, 200);
}

static void serve_consent(struct call *call, struct model *model)
{
    const struct tenant_state *tenant = consented(call, model);
    if (tenant != NULL) {
        answer_consent(call, tenant);
    }
}

static const struct {
    const char *status;
    bool needs_comment;
} relationships[] = {
    {"ConsentAcknowledged", false}, {"CustomerContacted", false}, {"AgreementSigned", false},
    {"ConsentDeclined", true},      {"ContractTerminated", true},
};

static bool check_relationship(struct call *call, struct str status, const struct json *comment)
{
    struct str text = json_string(comment);
    if (comment != NULL && !json_is(comment, JSON_NULL) && (str_absent(text) || text.n > COMMENT_MAX)) {
        call_refuse(call, CALL_BAD_REQUEST, "comment must be a string of at most %d bytes", COMMENT_MAX);
        return false;
    }
    for (size_t i = 0; i < ARRAY_LEN(relationships); i++) {
        if (!str_eq(status, str_of(relationships[i].status))) {
            continue;
        }
        if (relationships[i].needs_comment && (str_absent(text) || str_empty(text))) {
            call_refuse(call, CALL_BAD_REQUEST, "%s needs a comment", relationships[i].status);
            return false;
        }
        return true;
    }
    call_refuse(call, CALL_BAD_REQUEST,
                "status must be ConsentAcknowledged, CustomerContacted, AgreementSigned, ConsentDeclined or "
                "ContractTerminated");
    return false;
}

static void put_relationship(struct json_out *out, struct str status, struct str comment, struct str now)
{
    json_name(out, STR("customerRelationship"));
    json_object_begin(out);
    json_str_member(out, "status", status);
    json_str_member(out, "comment", comment);
    json_str_member(out, "lastModifiedOn", now);
    json_object_end(out);
}

/* The consent as it was, but for the relationship and the time of it. */
static enum rc change_relationship(struct tenant_state *tenant, struct str status, struct str comment,
                                   struct err *err)
{
    char time[CLOCK_TEXT_MAX];
    struct str now = clock_rfc3339(clock_wall(), time);
    struct document *fresh;
    struct json_out out;
    struct buf text;
    buf_init(&text, DOCUMENT_MAX);
    json_out_init(&out, &text);
    json_object_begin(&out);
    for (struct json_iter it = json_iter(tenant->consent->json); json_next(&it);) {
        if (!str_eq(it.name, STR("customerRelationship")) && !str_eq(it.name, STR("lastModifiedOn"))) {
            json_name(&out, it.name);
            json_put_value(&out, it.value);
        }
    }
    put_relationship(&out, status, comment, now);
    json_str_member(&out, "lastModifiedOn", now);
    json_object_end(&out);
    enum rc rc = document_new(buf_str(&text), &fresh, err);
    buf_clear(&text);
    if (rc == RC_OK) {
        model_put_consent(tenant, fresh);
    }
    return rc;
}

static void serve_relationship(struct call *call, struct model *model)
{
    struct err err;
    struct tenant_state *tenant = consented(call, model);
    const struct json *body = tenant == NULL ? NULL : body_of(call);
    if (body == NULL) {
        return;
    }
    struct str status = json_string(json_get(body, STR("status")));
    const struct json *comment = json_get(body, STR("comment"));
    if (!check_relationship(call, status, comment)) {
        return;
    }
    if (change_relationship(tenant, status, json_string(comment), &err) != RC_OK) {
        call_refuse(call, CALL_INTERNAL, "%s", err.msg);
        return;
    }
    record_consent(backend_records(call->backend), tenant);
    answer_consent(call, tenant);
}

/* ---- plans, capabilities, addresses ---- */

static void serve_usages(struct call *call, struct model *model)
{
    struct json_out out;
    if (tenant_of(call, model, call_segment(call, 1)) == NULL) {
        return;
    }
    call_begin(call, &out);
    json_object_begin(&out);
    json_name(&out, STR("value"));
    plans_write(&out);
    json_object_end(&out);
    call_end(call, 200);
}

static const char *look_at_number(struct str text, size_t *toll_free)
{
    int64_t tn;
    if (str_absent(text) || !tn_parse(text, &tn)) {
        return "BadRequest";
    }
    bool free_of_charge = tn_is_toll_free(tn);
    *toll_free += free_of_charge;
    return !free_of_charge && country_of(tn)[0] == '\0' ? "UnknownCountryCode" : NULL;
}

static void serve_capabilities(struct call *call, struct model *model)
{
    struct err_list details;
    struct json_out out;
    const struct json *body = tenant_of(call, model, call_segment(call, 1)) == NULL ? NULL : body_of(call);
    if (body == NULL) {
        return;
    }
    const struct json *list = json_get(body, STR("telephoneNumbers"));
    size_t count = json_count(list), toll_free = 0;
    if (!json_is(list, JSON_ARRAY) || count > CAPABILITY_TNS) {
        call_refuse(call, CALL_BAD_REQUEST, "telephoneNumbers must be an array of at most %d",
                    CAPABILITY_TNS);
        return;
    }
    err_list_init(&details, call_arena(call), DETAILS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct str text = json_string(json_at(list, i));
        const char *wrong = look_at_number(text, &toll_free);
        if (wrong != NULL) {
            err_list_add(&details, wrong, str_slice(text, 0, REPEAT_MAX),
                         "telephoneNumbers[%zu] is no number that can be had", i);
        }
    }
    if (details.count > 0) {
        call_refuse_list(call, CALL_BAD_REQUEST, "some of the numbers cannot be", &details);
        return;
    }
    call_begin(call, &out);
    json_object_begin(&out);
    capabilities_write_available(&out, toll_free > 0, toll_free == count);
    json_object_end(&out);
    call_end(call, 200);
}

static void serve_addresses(struct call *call, struct model *model)
{
    const struct tenant_state *tenant = tenant_of(call, model, call_segment(call, 1));
    const struct document *address;
    struct json_out out;
    struct map_at at;
    size_t size, count = 0;
    if (tenant == NULL || !page_size(call, &size) || !after_uuid(call, &tenant->addresses, &at)) {
        return;
    }
    begin_list(call, &out);
    while (count < size && (address = map_next(&tenant->addresses, &at)) != NULL) {
        json_put_value(&out, address->json);
        count++;
    }
    end_page(call, &out, map_next(&tenant->addresses, &at) != NULL);
}

/* ---- numbers ---- */

static void serve_numbers(struct call *call, struct model *model)
{
    const struct tenant_state *tenant = tenant_of(call, model, form_get(&call->query, "tenantId"));
    struct str after = form_get(&call->query, "after");
    const struct number *number;
    enum service service;
    struct json_out out;
    int64_t tn = 0;
    size_t size, count = 0;
    if (tenant == NULL || !service_of(call, form_get(&call->query, "service"), &service) ||
        !page_size(call, &size)) {
        return;
    }
    if (!str_absent(after) && !tn_parse(after, &tn)) {
        call_refuse(call, CALL_BAD_REQUEST, "after must be a telephone number with its + (encoded as %%2B)");
        return;
    }
    const struct map *held = &tenant->held[service];
    struct map_at at = map_behind(held, (struct map_key){(uint64_t)tn, 0});
    begin_list(call, &out);
    while (count < size && (number = map_next(held, &at)) != NULL) {
        number_write(number, &out);
        count++;
    }
    end_page(call, &out, map_next(held, &at) != NULL);
}

static void serve_number(struct call *call, struct model *model)
{
    struct json_out out;
    enum service service;
    int64_t tn;
    if (!service_of(call, form_get(&call->query, "service"), &service)) {
        return;
    }
    if (!tn_parse(call_segment(call, 1), &tn)) {
        call_refuse(call, CALL_BAD_REQUEST, "the path must end in a telephone number with its +");
        return;
    }
    const struct number *number = model_number(model, service, tn);
    if (number == NULL) {
        call_refuse(call, CALL_NUMBER_NOT_FOUND, "nobody holds +%lld", (long long)tn);
        return;
    }
    call_begin(call, &out);
    number_write(number, &out);
    call_end(call, 200);
}

/* ---- changes ---- */

/* A mark is the epoch of the process and how many changes there had been: "0123456789abcdef-17". */
static bool read_mark(const struct call *call, const struct model *model, struct str mark,
                      uint64_t *ret_count)
{
    char epoch[MARK_TEXT_MAX];
    int n = snprintf(epoch, sizeof epoch, "%016llx-", (unsigned long long)call->backend->epoch);
    struct str prefix = {epoch, (size_t)n};
    return str_starts(mark, prefix) &&
           str_to_u64(str_slice(mark, prefix.n, mark.n), model->change_count, ret_count) &&
           model->change_count - *ret_count <= CHANGES_KEPT;
}

static void put_changed(const struct model *model, const struct change *change, struct map *seen,
                        struct json_out *out, size_t *count)
{
    struct number *number = model_number(model, change->service, change->tn);
    if (number != NULL && map_put(seen, number_key(change->service, change->tn), number) == NULL) {
        number_write(number, out);
        (*count)++;
    }
}

static void serve_changes(struct call *call, struct model *model)
{
    struct str text = form_get(&call->query, "mark");
    uint64_t at = model->change_count;
    struct map seen = {0};
    struct json_out out;
    size_t size, count = 0;
    if (!page_size(call, &size)) {
        return;
    }
    if (!str_absent(text) && !read_mark(call, model, text, &at)) {
        call_refuse(call, CALL_MARK_GONE, "the mark is not known any more; ask without one");
        return;
    }
    begin_list(call, &out);
    for (; at < model->change_count && count < size; at++) {
        put_changed(model, &model->changes[at % CHANGES_KEPT], &seen, &out, &count);
    }
    map_clear(&seen);
    json_array_end(&out);
    json_bool_member(&out, "more", at < model->change_count);
    struct str mark = arena_printf(call_arena(call), "%016llx-%llu", (unsigned long long)call->backend->epoch,
                                   (unsigned long long)at);
    json_str_member(&out, "mark", mark);
    json_object_end(&out);
    call_end(call, 200);
}

/* ---- orders ---- */

/* An order under construction: what is wrong with it is collected. */
struct order {
    struct call *call;
    struct model *model;
    struct job *job;
    struct err_list details;
    struct map seen; /* of numbers */
};

/* Same key, same path, same body: the same order. */
static void hash_body(struct call *call, char hash[65])
{
    const struct http_request *request = http_request(call->visit->x);
    uint8_t digest[CRYPTO_SHA256_BYTES];
    crypto_sha256((const struct str[]){request->path, STR(" "), request->body}, 3, digest);
    for (size_t i = 0; i < sizeof digest; i++) {
        (void)snprintf(hash + 2 * i, 3, "%02x", digest[i]);
    }
}

static void add_number(struct order *order, struct str text, const struct settings *settings, size_t i)
{
    int64_t tn;
    if (str_absent(text) || !tn_parse(text, &tn)) {
        err_list_add(&order->details, "BadRequest", str_slice(text, 0, REPEAT_MAX),
                     "item %zu: a telephone number is +, then 2 to 15 digits", i);
        return;
    }
    if (map_put(&order->seen, (struct map_key){(uint64_t)tn, 0}, order) != NULL) {
        err_list_add(&order->details, "BadRequest", text, "item %zu: the number is there twice", i);
        return;
    }
    order->job->entries[order->job->count++] = (struct entry){.tn = tn, .settings = settings};
}

static void add_upload(struct order *order, const struct json *item, size_t i)
{
    struct settings settings;
    struct err err;
    struct str text = json_string(json_get(item, STR("telephoneNumber")));
    if (settings_read(item, call_arena(order->call), &settings, &err) != RC_OK) {
        err_list_add(&order->details, "BadRequest", str_slice(text, 0, REPEAT_MAX), "item %zu: %s", i,
                     err.msg);
        return;
    }
    add_number(order, text, model_settings(order->model, &settings), i);
}

static bool read_order(struct order *order, const struct json *body)
{
    bool upload = order->job->kind == JOB_UPLOAD;
    const char *name = upload ? "numbers" : "telephoneNumbers";
    const struct json *list = json_get(body, str_of(name));
    size_t count = json_count(list);
    if (!service_of(order->call, json_string(json_get(body, STR("service"))), &order->job->service)) {
        return false;
    }
    if (!json_is(list, JSON_ARRAY) || count == 0 || count > JOB_ENTRIES_MAX) {
        call_refuse(order->call, CALL_BAD_REQUEST, "%s must be an array of 1 to %d", name, JOB_ENTRIES_MAX);
        return false;
    }
    order->job->entries = mem_alloc_array(count, sizeof(struct entry));
    for (size_t i = 0; i < count; i++) {
        if (upload) {
            add_upload(order, json_at(list, i), i);
        } else {
            add_number(order, json_string(json_at(list, i)), NULL, i);
        }
    }
    if (order->details.count > 0) {
        call_refuse_list(order->call, CALL_BAD_REQUEST, "some of the numbers cannot be", &order->details);
    }
    return order->details.count == 0;
}

/* An order of which every number is in another job has nothing to do. */
static bool all_busy(struct order *order)
{
    for (size_t i = 0; i < order->job->count; i++) {
        const struct entry *entry = &order->job->entries[i];
        if (model_busy(order->model, order->job->service, entry->tn) == NULL) {
            return false;
        }
        struct str target = arena_printf(call_arena(order->call), "+%lld", (long long)entry->tn);
        err_list_add(&order->details, "NumberInOperation", target, "%s",
                     finding_row(FINDING_NUMBER_IN_OPERATION)->message);
    }
    return true;
}

static void answer_job(struct call *call, const struct model *model, const struct job *job, int status)
{
    struct json_out out;
    char id[UUID_TEXT_MAX];
    call_begin(call, &out);
    job_write(model, job, clock_wall(), &out);
    if (status == 202) {
        call->location =
            arena_printf(call_arena(call), "/backend/v1/jobs/%" STR_FMT, STR_ARG(map_key_uuid(job->id, id)));
    }
    call_end(call, status);
}

/* True: the order came before, or its key is in use; it is answered. */
static bool answer_known(struct order *order)
{
    const struct job *known = map_get(&order->model->orders, order->job->order);
    if (known == NULL) {
        return false;
    }
    if (memcmp(known->body_hash, order->job->body_hash, sizeof known->body_hash) != 0) {
        call_refuse(order->call, CALL_KEY_REUSED, "the Idempotency-Key belongs to another order");
        return true;
    }
    answer_job(order->call, order->model, known, 202);
    return true;
}

static void accept_order(struct order *order)
{
    const struct backend_fault *fault = &order->call->fault;
    struct job *job = order->job;
    char id[UUID_TEXT_MAX];
    (void)map_key_of_uuid(random_uuid(id), &job->id); /* it is one */
    job->forgotten = fault->kind == MISHAP_LOST_JOB;
    job->undone = job->forgotten && !fault->done;
    jobs_accept(order->model, job, clock_wall(), backend_records(order->call->backend));
    order->job = NULL;
    answer_job(order->call, order->model, job, 202);
}

static void read_and_accept(struct order *order)
{
    const struct json *body = body_of(order->call);
    if (body == NULL || !read_order(order, body)) {
        return;
    }
    if (all_busy(order)) {
        call_refuse_list(order->call, CALL_IN_OPERATION, "all of the numbers are in other jobs",
                         &order->details);
        return;
    }
    accept_order(order);
}

static void serve_order(struct call *call, struct model *model, enum job_kind kind)
{
    struct tenant_state *tenant = tenant_of(call, model, call_segment(call, 1));
    struct order order = {.call = call, .model = model};
    struct map_key key;
    if (tenant == NULL) {
        return;
    }
    if (!map_key_of_uuid(http_header(http_request(call->visit->x), "idempotency-key"), &key)) {
        call_refuse(call, CALL_BAD_REQUEST, "the header Idempotency-Key must be there and be a UUID");
        return;
    }
    err_list_init(&order.details, call_arena(call), DETAILS_MAX);
    order.job = mem_alloc(sizeof *order.job);
    *order.job = (struct job){.order = key, .tenant = tenant, .kind = kind};
    hash_body(call, order.job->body_hash);
    if (!answer_known(&order)) {
        read_and_accept(&order);
    }
    if (order.job != NULL) {
        job_free(order.job);
    }
    map_clear(&order.seen);
}

static void serve_upload(struct call *call, struct model *model)
{
    serve_order(call, model, JOB_UPLOAD);
}

static void serve_release(struct call *call, struct model *model)
{
    serve_order(call, model, JOB_RELEASE);
}

static void serve_find_job(struct call *call, struct model *model)
{
    struct map_key key;
    struct json_out out;
    if (!map_key_of_uuid(form_get(&call->query, "idempotencyKey"), &key)) {
        call_refuse(call, CALL_BAD_REQUEST, "idempotencyKey must be there and be a UUID");
        return;
    }
    const struct job *job = map_get(&model->orders, key);
    begin_list(call, &out);
    if (job != NULL) {
        job_write(model, job, clock_wall(), &out);
    }
    json_array_end(&out);
    json_object_end(&out);
    call_end(call, 200);
}

static void serve_job(struct call *call, struct model *model)
{
    struct map_key id;
    const struct job *job = map_key_of_uuid(call_segment(call, 1), &id) ? map_get(&model->jobs, id) : NULL;
    if (job == NULL) {
        call_refuse(call, CALL_JOB_NOT_FOUND, "there is no such job");
        return;
    }
    answer_job(call, model, job, 200);
}

/* ---- the table ---- */

#define READ_NUMBERS                                                                                         \
    {                                                                                                        \
        "NumberManagement.Read", NULL                                                                        \
    }

const struct call_row call_rows[] = {
    {OP_LIST_CONSENTS, HTTP_GET, "/consents", {"PartnerSettings.Read", NULL}, false, serve_consents},
    {OP_GET_CONSENT, HTTP_GET, "/consents/{tenantId}", {"PartnerSettings.Read", NULL}, false, serve_consent},
    {OP_SET_RELATIONSHIP,
     HTTP_PUT,
     "/consents/{tenantId}/customerRelationship",
     {"NumberManagement.Write", "PartnerSettings.Write"},
     true,
     serve_relationship},
    {OP_LIST_USAGES, HTTP_GET, "/tenants/{tenantId}/usages", READ_NUMBERS, false, serve_usages},
    {OP_AVAILABLE_CAPABILITIES, HTTP_POST, "/tenants/{tenantId}/numbers/availableCapabilities", READ_NUMBERS,
     true, serve_capabilities},
    {OP_LIST_ADDRESSES, HTTP_GET, "/tenants/{tenantId}/civicAddresses", READ_NUMBERS, false, serve_addresses},
    {OP_LIST_NUMBERS, HTTP_GET, "/numbers", READ_NUMBERS, false, serve_numbers},
    {OP_GET_NUMBER, HTTP_GET, "/numbers/{telephoneNumber}", READ_NUMBERS, false, serve_number},
    {OP_LIST_CHANGES, HTTP_GET, "/changes", READ_NUMBERS, false, serve_changes},
    {OP_UPLOAD,
     HTTP_POST,
     "/tenants/{tenantId}/numbers/upload",
     {"NumberManagement.Write", NULL},
     true,
     serve_upload},
    {OP_RELEASE,
     HTTP_POST,
     "/tenants/{tenantId}/numbers/release",
     {"NumberManagement.Write", NULL},
     true,
     serve_release},
    {OP_FIND_JOB, HTTP_GET, "/jobs", READ_NUMBERS, false, serve_find_job},
    {OP_GET_JOB, HTTP_GET, "/jobs/{jobId}", READ_NUMBERS, false, serve_job},
};
const size_t call_row_count = ARRAY_LEN(call_rows);
