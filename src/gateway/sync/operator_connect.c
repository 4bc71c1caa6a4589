#include "gateway/sync/operator_connect.h"

#include "common/base/limits.h"
#include "common/base/mem.h"
#include "common/fetch/fetch.h"
#include "gateway/model/schema.h"
#include "gateway/sync/answers.h"
#include "gateway/sync/client.h"
#include "gateway/sync/wire.h"

#include "common/base/banned.h"

#define PATH_BYTES_MAX 2000

struct operator_connect {
    struct backend backend;
    struct client *client;
    struct answers *answers;
};

/* ---- asking ---- */

/* A request while it is put together; `path` is one for all texts, which are escaped. */
struct question {
    struct client_request request;
    struct buf path, body;
};

static void question_clear(struct question *question)
{
    buf_clear(&question->path);
    buf_clear(&question->body);
}

static void question_init(struct question *question, const struct operator_connect *oc, const char *method,
                          const char *path)
{
    *question =
        (struct question){.request = {.method = str_of(method), .deadline = client_deadline(oc->client)}};
    buf_init(&question->path, PATH_BYTES_MAX);
    buf_init(&question->body, LIMIT_REPLY);
    buf_put_str(&question->path, str_of(path));
}

static void put_segment(struct question *question, struct str segment, const char *rest)
{
    wire_put_escaped(&question->path, segment);
    buf_put_str(&question->path, str_of(rest));
}

/* Nothing at all when it is absent. */
static void put_query(struct question *question, const char *name, struct str value)
{
    bool first = str_find(buf_str(&question->path), '?') < 0;
    if (!str_absent(value)) {
        buf_printf(&question->path, "%c%s=", first ? '?' : '&', name);
        wire_put_escaped(&question->path, value);
    }
}

static void put_page(struct question *question, unsigned items)
{
    buf_printf(&question->path, "%cmaxpagesize=%u", str_find(buf_str(&question->path), '?') < 0 ? '?' : '&',
               items);
}

static void put_number(struct question *question, const char *name, int64_t number)
{
    char text[E164_TEXT_MAX];
    put_query(question, name, number > 0 ? model_e164_text(number, text) : STR_NONE);
}

/* Keys are compared in lower case by the peer. */
static void put_key(struct question *question, const char *name, struct str key, struct arena *mem)
{
    char *lower = str_absent(key) ? NULL : arena_cstr(mem, key);
    for (char *c = lower; c != NULL && *c != '\0'; c++) {
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
    }
    put_query(question, name, str_of(lower));
}

static enum rc ask(struct operator_connect *oc, struct question *question, struct arena *mem, struct str *ret,
                   struct err *err)
{
    if (buf_failed(&question->path) || buf_failed(&question->body)) {
        return err_set(err, RC_INVALID, "BackendRefused", "the request would be too large");
    }
    question->request.path = buf_str(&question->path);
    question->request.body = question->body.n > 0 ? buf_str(&question->body) : STR_NONE;
    return client_call(oc->client, &question->request, mem, ret, err);
}

/* The outcome of reading an answer: what cannot be read is a failure of the peer. */
static enum rc understood(const struct question *question, enum rc rc, const struct err *why, struct err *err)
{
    return rc == RC_OK ? RC_OK : client_not_understood(&question->request, why->msg, err);
}

/* A tenant id is a UUID; what is none belongs to nobody there, and must not find its way into a path. */
static enum rc check_tenant(struct str tenant_id, struct err *err)
{
    return str_is_uuid(tenant_id)
               ? RC_OK
               : err_set(err, RC_NOT_FOUND, "BackendNotFound",
                         "the back end has no tenant \"%" STR_FMT "\": it is no UUID", STR_ARG(tenant_id));
}

/* ---- capabilities ---- */

/* What an answer is kept under. */
static struct str key_of(const struct question *question, struct arena *mem)
{
    return arena_printf(mem, "%" STR_FMT " %" STR_FMT, STR_ARG(buf_str(&question->path)),
                        STR_ARG(buf_str(&question->body)));
}

/* An answer that was kept, or a new one, which the caller keeps once it was understood. */
static enum rc ask_or_recall(struct operator_connect *oc, struct question *question, struct str key,
                             struct arena *mem, struct str *ret, bool *ret_asked, struct err *err)
{
    *ret_asked = !answers_get(oc->answers, key, mem, ret);
    return *ret_asked ? ask(oc, question, mem, ret, err) : RC_OK;
}

static enum rc capability_plans(void *arg, struct str tenant_id, struct arena *mem,
                                struct capability_plans *ret, struct err *err)
{
    struct operator_connect *oc = arg;
    CLEANUP(question_clear) struct question question;
    struct err why = {0};
    struct str answer;
    bool asked = false;
    question_init(&question, oc, "GET", "/tenants/");
    put_segment(&question, tenant_id, "/usages");
    struct str key = key_of(&question, mem);
    enum rc rc = check_tenant(tenant_id, err);
    rc = rc == RC_OK ? ask_or_recall(oc, &question, key, mem, &answer, &asked, err) : rc;
    if (rc != RC_OK) {
        return rc;
    }
    rc = understood(&question, wire_read_plans(answer, mem, ret, &why), &why, err);
    if (rc == RC_OK && asked) {
        answers_put(oc->answers, key, answer);
    }
    return rc;
}

/* Up to WIRE_NUMBERS numbers. */
static enum rc capabilities_of(struct operator_connect *oc, struct str tenant_id,
                               const struct number_identifier *numbers, size_t count, struct mono deadline,
                               struct arena *mem, struct text_list *ret, struct err *err)
{
    CLEANUP(question_clear) struct question question;
    struct err why = {0};
    struct str answer;
    bool asked;
    question_init(&question, oc, "POST", "/tenants/");
    question.request.deadline = deadline;
    put_segment(&question, tenant_id, "/numbers/availableCapabilities");
    wire_write_numbers(numbers, count, &question.body);
    struct str key = key_of(&question, mem);
    enum rc rc = ask_or_recall(oc, &question, key, mem, &answer, &asked, err);
    if (rc != RC_OK) {
        return rc;
    }
    rc = understood(&question, wire_read_capabilities(answer, mem, ret, &why), &why, err);
    if (rc == RC_OK && asked) {
        answers_put(oc->answers, key, answer);
    }
    return rc;
}

static bool list_has(const struct text_list *list, struct str text)
{
    for (size_t i = 0; i < list->count; i++) {
        if (str_eq(list->items[i], text)) {
            return true;
        }
    }
    return false;
}

/* What both have, in the order of the first. */
static void intersect(struct text_list *list, const struct text_list *with, struct arena *mem)
{
    struct str *items = arena_alloc_array(mem, list->count, sizeof *items);
    size_t count = 0;
    for (size_t i = 0; items != NULL && i < list->count; i++) {
        if (list_has(with, list->items[i])) {
            items[count++] = list->items[i];
        }
    }
    *list = (struct text_list){items, count};
}

static enum rc available_capabilities(void *arg, struct str tenant_id, const struct identifier_batch *numbers,
                                      struct arena *mem, struct available_capabilities *ret, struct err *err)
{
    struct operator_connect *oc = arg;
    const struct number_identifier *items = numbers->numbers.items;
    struct mono deadline = client_deadline(oc->client);
    struct text_list all = {0};
    enum rc rc = check_tenant(tenant_id, err);
    for (size_t at = 0; rc == RC_OK && (at == 0 || at < numbers->numbers.count); at += WIRE_NUMBERS) {
        size_t left = numbers->numbers.count - at;
        struct text_list some = {0};
        rc = capabilities_of(oc, tenant_id, items != NULL ? items + at : NULL,
                             left < WIRE_NUMBERS ? left : WIRE_NUMBERS, deadline, mem, &some, err);
        if (rc == RC_OK && at > 0) {
            intersect(&all, &some, mem);
        } else if (rc == RC_OK) {
            all = some;
        }
    }
    if (rc == RC_OK) {
        ret->capabilities = all;
    }
    return rc;
}

/* ---- outward ---- */

static enum rc order(void *arg, const struct backend_order *order, struct arena *mem, struct backend_job *ret,
                     struct err *err)
{
    struct operator_connect *oc = arg;
    ensure(order->count > 0 && order->count <= oc->backend.batch);
    CLEANUP(question_clear) struct question question;
    struct err why = {0};
    struct str answer;
    question_init(&question, oc, "POST", "/tenants/");
    put_segment(&question, order->tenant_id,
                order->kind == BACKEND_UPLOAD ? "/numbers/upload" : "/numbers/release");
    wire_write_order(order, &question.body);
    question.request.key = order->id;
    question.request.changes = true;
    enum rc rc = check_tenant(order->tenant_id, err);
    rc = rc == RC_OK ? ask(oc, &question, mem, &answer, err) : rc;
    return rc == RC_OK ? understood(&question, wire_read_job(answer, order->id, mem, ret, &why), &why, err)
                       : rc;
}

static enum rc job(void *arg, struct str job_id, struct arena *mem, struct backend_job *ret, struct err *err)
{
    struct operator_connect *oc = arg;
    CLEANUP(question_clear) struct question question;
    struct err why = {0};
    struct str answer;
    question_init(&question, oc, "GET", "/jobs/");
    put_segment(&question, job_id, "");
    enum rc rc = ask(oc, &question, mem, &answer, err);
    if (rc != RC_OK) {
        return rc;
    }
    rc = wire_read_job(answer, STR_NONE, mem, ret, &why);
    if (rc == RC_OK && !str_eq(ret->id, job_id)) {
        rc = err_set(&why, RC_INVALID, NULL, "another job");
    }
    return understood(&question, rc, &why, err);
}

static enum rc job_of_order(void *arg, struct str order_id, struct arena *mem, struct backend_job *ret,
                            struct err *err)
{
    struct operator_connect *oc = arg;
    CLEANUP(question_clear) struct question question;
    struct err why = {0};
    struct str answer;
    question_init(&question, oc, "GET", "/jobs");
    put_query(&question, "idempotencyKey", order_id);
    enum rc rc = ask(oc, &question, mem, &answer, err);
    if (rc != RC_OK) {
        return rc;
    }
    rc = wire_read_jobs(answer, order_id, mem, ret, &why);
    return rc == RC_NOT_FOUND ? err_set(err, rc, "BackendNotFound", "the back end has no job of this order")
                              : understood(&question, rc, &why, err);
}

static enum rc set_relationship(void *arg, struct str tenant_id,
                                const struct customer_relationship *relationship, struct arena *mem,
                                struct err *err)
{
    struct operator_connect *oc = arg;
    CLEANUP(question_clear) struct question question;
    struct err why = {0};
    struct str answer;
    struct rfi rfi;
    question_init(&question, oc, "PUT", "/consents/");
    put_segment(&question, tenant_id, "/customerRelationship");
    wire_write_relationship(relationship, &question.body);
    question.request.changes = true;
    enum rc rc = check_tenant(tenant_id, err);
    rc = rc == RC_OK ? ask(oc, &question, mem, &answer, err) : rc;
    return rc == RC_OK
               ? understood(&question, wire_read_consent(answer, tenant_id, mem, &rfi, &why), &why, err)
               : rc;
}

/* ---- inward ---- */

static enum rc consents(void *arg, struct str after, struct arena *mem, struct backend_consents *ret,
                        struct err *err)
{
    struct operator_connect *oc = arg;
    CLEANUP(question_clear) struct question question;
    struct err why = {0};
    struct str answer;
    question_init(&question, oc, "GET", "/consents");
    put_query(&question, "productContext", STR("teams"));
    put_key(&question, "after", after, mem);
    put_page(&question, WIRE_PAGE);
    enum rc rc = ask(oc, &question, mem, &answer, err);
    return rc == RC_OK ? understood(&question, wire_read_consents(answer, after, mem, ret, &why), &why, err)
                       : rc;
}

static enum rc numbers(void *arg, enum service service, struct str tenant_id, int64_t after,
                       struct arena *mem, struct backend_numbers *ret, struct err *err)
{
    struct operator_connect *oc = arg;
    CLEANUP(question_clear) struct question question;
    struct err why = {0};
    struct str answer;
    question_init(&question, oc, "GET", "/numbers");
    put_query(&question, "tenantId", tenant_id);
    put_query(&question, "service", str_of(wire_service_name(service)));
    put_number(&question, "after", after);
    put_page(&question, WIRE_PAGE);
    enum rc rc = check_tenant(tenant_id, err);
    rc = rc == RC_OK ? ask(oc, &question, mem, &answer, err) : rc;
    return rc == RC_OK
               ? understood(&question, wire_read_numbers(answer, service, tenant_id, after, mem, ret, &why),
                            &why, err)
               : rc;
}

static enum rc number(void *arg, enum service service, int64_t telephone_number, struct arena *mem,
                      struct backend_number *ret, struct err *err)
{
    struct operator_connect *oc = arg;
    char text[E164_TEXT_MAX];
    CLEANUP(question_clear) struct question question;
    struct err why = {0};
    struct str answer;
    question_init(&question, oc, "GET", "/numbers/");
    put_segment(&question, model_e164_text(telephone_number, text), "");
    put_query(&question, "service", str_of(wire_service_name(service)));
    enum rc rc = ask(oc, &question, mem, &answer, err);
    return rc == RC_OK
               ? understood(&question, wire_read_number(answer, service, telephone_number, mem, ret, &why),
                            &why, err)
               : rc;
}

/* An adapter that keeps no track of changes has no such path. */
static enum rc changes(void *arg, struct str mark, struct arena *mem, struct backend_changes *ret,
                       struct err *err)
{
    struct operator_connect *oc = arg;
    CLEANUP(question_clear) struct question question;
    struct err why = {0};
    struct str answer;
    question_init(&question, oc, "GET", "/changes");
    put_query(&question, "mark", mark);
    put_page(&question, WIRE_PAGE);
    enum rc rc = ask(oc, &question, mem, &answer, &why);
    if (rc == RC_NOT_FOUND && str_eq(str_of(why.code), STR("BackendNotFound"))) {
        *ret = (struct backend_changes){0};
        return RC_OK;
    }
    if (rc != RC_OK) {
        if (err != NULL) {
            *err = why;
        }
        return rc;
    }
    return understood(&question, wire_read_changes(answer, mem, ret, &why), &why, err);
}

static enum rc addresses(void *arg, struct str tenant_id, struct str after, struct arena *mem,
                         struct backend_addresses *ret, struct err *err)
{
    struct operator_connect *oc = arg;
    CLEANUP(question_clear) struct question question;
    struct err why = {0};
    struct str answer;
    question_init(&question, oc, "GET", "/tenants/");
    put_segment(&question, tenant_id, "/civicAddresses");
    put_key(&question, "after", after, mem);
    put_page(&question, WIRE_PAGE_ADDRESSES);
    enum rc rc = check_tenant(tenant_id, err);
    rc = rc == RC_OK ? ask(oc, &question, mem, &answer, err) : rc;
    return rc == RC_OK ? understood(&question, wire_read_addresses(answer, after, mem, ret, &why), &why, err)
                       : rc;
}

/* ---- open and close ---- */

enum rc operator_connect_url_check(struct str url, struct err *err)
{
    enum rc rc = fetch_url_check(url, err);
    if (rc == RC_OK && str_find(url, '?') >= 0) {
        return err_set(err, RC_INVALID, NULL, "%" STR_FMT " has a query", STR_ARG(url));
    }
    return rc;
}

enum rc operator_connect_new(const struct operator_connect_config *config, struct operator_connect **ret,
                             struct err *err)
{
    ensure(config->batch > 0 && config->batch <= LIMIT_BACKEND_BATCH);
    struct operator_connect *oc = mem_alloc(sizeof *oc);
    if (oc == NULL) {
        return err_set(err, RC_LIMIT, NULL, "out of memory");
    }
    oc->backend = (struct backend){
        .arg = oc,
        .batch = config->batch,
        .capability_plans = capability_plans,
        .available_capabilities = available_capabilities,
        .order = order,
        .job = job,
        .job_of_order = job_of_order,
        .set_relationship = set_relationship,
        .consents = consents,
        .numbers = numbers,
        .number = number,
        .changes = changes,
        .addresses = addresses,
    };
    oc->answers = answers_new(config->keep_ms);
    enum rc rc = oc->answers != NULL ? client_new(config, &oc->client, err)
                                     : err_set(err, RC_LIMIT, NULL, "out of memory");
    if (rc != RC_OK) {
        operator_connect_free(oc);
        return rc;
    }
    *ret = oc;
    return RC_OK;
}

const struct backend *operator_connect_backend(const struct operator_connect *oc)
{
    return &oc->backend;
}

void operator_connect_stop(struct operator_connect *oc)
{
    client_stop(oc->client);
}

void operator_connect_free(struct operator_connect *oc)
{
    if (oc != NULL) {
        client_free(oc->client);
        answers_free(oc->answers);
        mem_free(oc);
    }
}
