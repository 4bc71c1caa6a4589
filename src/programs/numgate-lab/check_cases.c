#include "common/base/clock.h"
#include "programs/numgate-lab/backend_facts.h"
#include "programs/numgate-lab/check_order.h"

#include "common/base/banned.h"

#define BODY_MAX     (256 * 1024)
#define PAGES_MAX    1000 /* walked of one list */
#define NO_TENANT    "00000000-0000-4000-8000-0123456789ab"
#define KEY_TEXT_MAX 100

static enum rc fail(struct err *err, const char *what)
{
    return err_set(err, RC_INVALID, NULL, "%s", what);
}

static enum rc skip(struct err *err, const char *why)
{
    return err_set(err, RC_NOT_FOUND, NULL, "%s", why);
}

/* ---- pages ---- */

struct list {
    const char *path; /* and the query but for `after` and `maxpagesize`, ending in '?' or '&' */
    const char *key;  /* the member that pages are ordered by */
    const struct shape *shape;
};

static bool comes_before(const char *key, struct str a, struct str b)
{
    int64_t x, y;
    if (str_eq(str_of(key), STR("telephoneNumber"))) {
        return tn_parse(a, &x) && tn_parse(b, &y) && x < y;
    }
    size_t n = a.n < b.n ? a.n : b.n;
    for (size_t i = 0; i < n; i++) {
        char p = a.p[i], q = b.p[i];
        p = p >= 'A' && p <= 'Z' ? (char)(p | 0x20) : p;
        q = q >= 'A' && q <= 'Z' ? (char)(q | 0x20) : q;
        if (p != q) {
            return p < q;
        }
    }
    return a.n < b.n;
}

static struct str encoded(const struct check *check, struct str key)
{
    return str_starts(key, STR("+")) ? PATH(check, "%%2B%" STR_FMT, STR_ARG(str_slice(key, 1, key.n))) : key;
}

/* The keys of a page follow each other, and all of them `after`. *after becomes the last one. */
static enum rc check_page(const struct list *list, const struct json *page, size_t size, struct str *after,
                          struct err *err)
{
    const struct json *value = json_get(page, STR("value"));
    if (json_count(value) > size) {
        return err_set(err, RC_INVALID, NULL, "%s: %zu items in a page of at most %zu", list->path,
                       json_count(value), size);
    }
    for (size_t i = 0; i < json_count(value); i++) {
        struct str key = json_string(json_get(json_at(value, i), str_of(list->key)));
        if (!str_absent(*after) && !comes_before(list->key, *after, key)) {
            return err_set(err, RC_INVALID, NULL, "%s: %" STR_FMT " comes after %" STR_FMT, list->path,
                           STR_ARG(key), STR_ARG(*after));
        }
        *after = key;
    }
    if (json_bool(json_get(page, STR("more"))) && json_count(value) == 0) {
        return err_set(err, RC_INVALID, NULL, "%s: an empty page with more: true has no next one",
                       list->path);
    }
    return RC_OK;
}

/* Walks a list in pages of `size`, up to PAGES_MAX of them; counts, and hashes the keys so that two walks can be compared. */
static enum rc walk(struct check *check, const struct list *list, size_t size, size_t *ret_count,
                    bool *ret_whole, struct err *err)
{
    struct str after = STR_NONE;
    *ret_count = 0;
    *ret_whole = false;
    for (size_t i = 0; i < PAGES_MAX; i++) {
        const struct json *page;
        struct str path = str_absent(after) ? PATH(check, "%smaxpagesize=%zu", list->path, size)
                                            : PATH(check, "%smaxpagesize=%zu&after=%" STR_FMT, list->path,
                                                   size, STR_ARG(encoded(check, after)));
        enum rc rc = check_get(check, path, list->shape, &page, err);
        if (rc == RC_OK) {
            rc = check_page(list, page, size, &after, err);
        }
        if (rc != RC_OK) {
            return rc;
        }
        *ret_count += json_count(json_get(page, STR("value")));
        if (!json_bool(json_get(page, STR("more")))) {
            *ret_whole = true;
            return RC_OK;
        }
    }
    return RC_OK;
}

/* Small pages and large ones have the same items; page sizes out of range are refused. */
static enum rc check_list(struct check *check, const struct list *list, struct err *err)
{
    size_t few, many;
    bool few_whole, many_whole;
    enum rc rc = walk(check, list, 500, &many, &many_whole, err);
    if (rc == RC_OK) {
        rc = walk(check, list, many < 20 ? 1 : 150, &few, &few_whole, err);
    }
    if (rc == RC_OK && few_whole && many_whole && few != many) {
        rc = err_set(err, RC_INVALID, NULL, "%s: %zu items in small pages, %zu in large ones", list->path,
                     few, many);
    }
    if (rc == RC_OK) {
        rc = check_get_refused(check, PATH(check, "%smaxpagesize=0", list->path), 400, "BadRequest", err);
    }
    return rc == RC_OK ? check_get_refused(check, PATH(check, "%smaxpagesize=501", list->path), 400,
                                           "BadRequest", err)
                       : rc;
}

/* ---- cases: who may call ---- */

static enum rc token_is_needed(struct check *check, struct err *err)
{
    struct talk_request request = {.method = "GET", .path = STR("/consents"), .token = TALK_NO_TOKEN};
    enum rc rc = check_refused(check, &request, 401, "Unauthorized", err);
    request.token = TALK_BAD_TOKEN;
    return rc == RC_OK ? check_refused(check, &request, 401, "Unauthorized", err) : rc;
}

/* ---- cases: reading ---- */

static enum rc consents_in_pages(struct check *check, struct err *err)
{
    return check_list(check, &(struct list){"/consents?", "tenantId", &shape_consent_page}, err);
}

static enum rc consent_of_tenant(struct check *check, struct err *err)
{
    const struct json *consent;
    enum rc rc = check_get(check, PATH(check, "/consents/%" STR_FMT, STR_ARG(check->tenant)), &shape_consent,
                           &consent, err);
    if (rc == RC_OK && !str_eq_ci(json_string(json_get(consent, STR("tenantId"))), check->tenant)) {
        rc = fail(err, "the consent is of another tenant");
    }
    if (rc == RC_OK && !str_eq(json_string(json_get(consent, STR("status"))), STR("Active"))) {
        rc = fail(err, "the tenant's consent is not Active; give a tenant whose is");
    }
    return rc;
}

static enum rc unknown_tenant(struct check *check, struct err *err)
{
    static const char *const paths[] = {"/consents/" NO_TENANT, "/tenants/" NO_TENANT "/usages",
                                        "/tenants/" NO_TENANT "/civicAddresses",
                                        "/numbers?tenantId=" NO_TENANT "&service=teamsOperatorConnect"};
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < ARRAY_LEN(paths); i++) {
        rc = check_get_refused(check, str_of(paths[i]), 404, "TenantNotFound", err);
    }
    return rc;
}

static enum rc relationship_needs_comment(struct check *check, struct err *err)
{
    const struct talk_request request = {
        .method = "PUT",
        .path = PATH(check, "/consents/%" STR_FMT "/customerRelationship", STR_ARG(check->tenant)),
        .body = STR("{\"status\":\"ConsentDeclined\"}"),
    };
    return check_refused(check, &request, 400, "BadRequest", err);
}

static enum rc relationship_is_set(struct check *check, struct err *err)
{
    struct talk_reply reply;
    if (str_absent(check->relationship)) {
        return skip(err, "without --relationship it is left as it is");
    }
    const struct talk_request request = {
        .method = "PUT",
        .path = PATH(check, "/consents/%" STR_FMT "/customerRelationship", STR_ARG(check->tenant)),
        .body = PATH(check, "{\"status\":\"%" STR_FMT "\",\"comment\":\"check-backend\"}",
                     STR_ARG(check->relationship)),
    };
    enum rc rc = talk_call(check->talk, &request, 200, &shape_consent, check->mem, &reply, err);
    const struct json *consent;
    if (rc == RC_OK) {
        rc = check_get(check, PATH(check, "/consents/%" STR_FMT, STR_ARG(check->tenant)), &shape_consent,
                       &consent, err);
    }
    struct str told =
        rc == RC_OK ? json_string(json_pointer(consent, STR("/customerRelationship/status"))) : STR_NONE;
    return rc != RC_OK || str_eq(told, check->relationship)
               ? rc
               : fail(err, "the consent does not tell the relationship that was set");
}

static enum rc usages(struct check *check, struct err *err)
{
    const struct json *list;
    enum rc rc = check_get(check, PATH(check, "/tenants/%" STR_FMT "/usages", STR_ARG(check->tenant)),
                           &shape_usage_list, &list, err);
    if (rc != RC_OK) {
        return rc;
    }
    const struct json *value = json_get(list, STR("value"));
    for (size_t i = 0; i < json_count(value); i++) {
        if (str_eq(json_string(json_get(json_at(value, i), STR("usage"))), check->usage)) {
            return RC_OK;
        }
    }
    return err_set(err, RC_INVALID, NULL, "no plan has the usage %" STR_FMT " of --settings",
                   STR_ARG(check->usage));
}

static struct str numbers_body(const struct check *check, size_t count)
{
    struct json_out out;
    struct buf text;
    buf_init(&text, BODY_MAX);
    json_out_init(&out, &text);
    json_object_begin(&out);
    json_name(&out, STR("telephoneNumbers"));
    json_array_begin(&out);
    for (size_t i = 0; i < count; i++) {
        tn_put(&out, check->numbers[i % check->count]);
    }
    json_array_end(&out);
    json_object_end(&out);
    struct str body = arena_str(check->mem, buf_str(&text));
    buf_clear(&text);
    return body;
}

static enum rc capabilities(struct check *check, struct err *err)
{
    struct talk_reply reply;
    struct talk_request request = {
        .method = "POST",
        .path = PATH(check, "/tenants/%" STR_FMT "/numbers/availableCapabilities", STR_ARG(check->tenant)),
        .body = numbers_body(check, check->count),
    };
    enum rc rc = talk_call(check->talk, &request, 200, &shape_capabilities, check->mem, &reply, err);
    if (rc == RC_OK && reply.status != 200) {
        rc = fail(err, "the capabilities of the numbers were refused");
    }
    request.body = numbers_body(check, 101);
    return rc == RC_OK ? check_refused(check, &request, 400, "BadRequest", err) : rc;
}

static enum rc addresses_in_pages(struct check *check, struct err *err)
{
    struct str path = PATH(check, "/tenants/%" STR_FMT "/civicAddresses?", STR_ARG(check->tenant));
    return check_list(check, &(struct list){path.p, "id", &shape_address_page}, err);
}

static enum rc unknown_job(struct check *check, struct err *err)
{
    const struct json *list;
    enum rc rc = check_get_refused(check, STR("/jobs/" NO_TENANT), 404, "JobNotFound", err);
    if (rc == RC_OK) {
        rc = check_get(check, PATH(check, "/jobs?idempotencyKey=%" STR_FMT, STR_ARG(check_new_key(check))),
                       &shape_job_list, &list, err);
    }
    return rc != RC_OK || json_count(json_get(list, STR("value"))) == 0
               ? rc
               : fail(err, "a key that was never used has a job");
}

static enum rc changes_begin(struct check *check, struct err *err)
{
    struct talk_reply reply;
    const struct talk_request request = {.method = "GET", .path = STR("/changes")};
    enum rc rc = talk_call(check->talk, &request, 200, &shape_change_page, check->mem, &reply, err);
    if (rc != RC_OK) {
        return rc;
    }
    if (reply.status == 404 && str_eq(reply.code, STR("NotOffered"))) {
        return skip(err, "the back end keeps no track of changes");
    }
    struct str mark = json_string(json_get(reply.json, STR("mark")));
    if (reply.status != 200 || mark.n >= sizeof check->mark) {
        return fail(err, "without a mark there are no numbers, and a mark of at most 200 bytes");
    }
    if (json_count(json_get(reply.json, STR("value"))) != 0 || json_bool(json_get(reply.json, STR("more")))) {
        return fail(err, "without a mark there are no numbers");
    }
    memcpy(check->mark, mark.p, mark.n);
    check->mark[mark.n] = '\0';
    return check_get_refused(check, STR("/changes?mark=no-such-mark"), 410, "MarkGone", err);
}

/* ---- cases: uploads ---- */

static enum rc upload_is_a_job(struct check *check, struct err *err)
{
    const struct json *job;
    struct talk_reply reply;
    (void)random_uuid(check->order);
    const struct check_order order = {
        .numbers = check->numbers, .count = check->count, .key = str_of(check->order)};
    enum rc rc = check_send_order(check, &order, &reply, err);
    if (rc == RC_OK && reply.status != 202) {
        rc = err_set(err, RC_INVALID, NULL, "the upload was refused: %d %" STR_FMT, reply.status,
                     STR_ARG(reply.code));
    }
    if (rc != RC_OK) {
        return rc;
    }
    struct str id = json_string(json_get(reply.json, STR("jobId")));
    if (id.n >= sizeof check->job || str_empty(id)) {
        return fail(err, "the id of a job has 1 to 100 bytes");
    }
    memcpy(check->job, id.p, id.n);
    check->job[id.n] = '\0';
    if (str_absent(reply.location) || !str_ends(reply.location, id)) {
        return fail(err, "202 has a Location that ends in the id of the job");
    }
    rc = check_await_job(check, reply.json, &job, err);
    if (rc == RC_OK) {
        rc = check_ended_well(&order, job, err);
    }
    if (rc == RC_OK && !str_eq(json_string(json_get(job, STR("status"))), STR("Complete"))) {
        const struct json *entry = check_entry_of(job, check->numbers[0]);
        rc = err_set(err, RC_INVALID, NULL, "the upload did not end Complete; the first number: %" STR_FMT,
                     STR_ARG(json_string(json_get(entry, STR("errorCode")))));
    }
    return rc;
}

static enum rc order_again(struct check *check, struct err *err)
{
    struct talk_reply reply;
    const struct check_order order = {
        .numbers = check->numbers, .count = check->count, .key = str_of(check->order)};
    enum rc rc = check_send_order(check, &order, &reply, err);
    if (rc != RC_OK) {
        return rc;
    }
    struct str id = json_string(json_get(reply.json, STR("jobId")));
    return reply.status == 202 && str_eq(id, str_of(check->job))
               ? RC_OK
               : fail(err, "the same key with the same body is the same job");
}

static enum rc key_of_another_body(struct check *check, struct err *err)
{
    struct talk_reply reply;
    const struct check_order order = {
        .numbers = check->numbers, .count = check->count - 1, .key = str_of(check->order)};
    enum rc rc = check_send_order(check, &order, &reply, err);
    bool fits = rc == RC_OK && reply.status == 422 && str_eq(reply.code, STR("IdempotencyKeyReused"));
    return rc != RC_OK || fits ? rc
                               : fail(err, "another body under the same key is 422 IdempotencyKeyReused");
}

static enum rc key_is_needed(struct check *check, struct err *err)
{
    const struct check_order order = {.numbers = check->numbers, .count = check->count};
    static const char *const kinds[] = {"upload", "release"};
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < ARRAY_LEN(kinds); i++) {
        struct talk_request request = {
            .method = "POST",
            .path = PATH(check, "/tenants/%" STR_FMT "/numbers/%s", STR_ARG(check->tenant), kinds[i]),
            .body = check_order_body(
                check, &(struct check_order){i == 1, order.numbers, order.count, NULL, STR_NONE}),
        };
        rc = check_refused(check, &request, 400, "BadRequest", err);
        request.key = STR("no uuid");
        rc = rc == RC_OK ? check_refused(check, &request, 400, "BadRequest", err) : rc;
    }
    return rc;
}

static enum rc bad_order(struct check *check, struct str body, struct err *err)
{
    const struct talk_request request = {
        .method = "POST",
        .path = PATH(check, "/tenants/%" STR_FMT "/numbers/upload", STR_ARG(check->tenant)),
        .body = body,
        .key = check_new_key(check),
    };
    enum rc rc = check_refused(check, &request, 400, "BadRequest", err);
    if (rc != RC_OK) {
        err_context(err, "the body %" STR_FMT, STR_ARG(body));
    }
    return rc;
}

static enum rc bad_orders(struct check *check, struct err *err)
{
    static const char *const bodies[] = {"{", "{}", "[]"};
    static const struct {
        const char *service, *number;
    } orders[] = {
        {"teamsOperatorConnect", ""},
        {"teamsOperatorConnect", "{\"telephoneNumber\":\"+442079460000\"}"},
        {"teamsOperatorConnect", "{\"telephoneNumber\":\"442079460000\",\"usage\":\"x\"}"},
        {"other", "{\"telephoneNumber\":\"+442079460000\",\"usage\":\"x\"}"},
    };
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < ARRAY_LEN(bodies); i++) {
        rc = bad_order(check, str_of(bodies[i]), err);
    }
    for (size_t i = 0; rc == RC_OK && i < ARRAY_LEN(orders); i++) {
        struct str body =
            PATH(check, "{\"service\":\"%s\",\"numbers\":[%s]}", orders[i].service, orders[i].number);
        rc = bad_order(check, body, err);
    }
    return rc;
}

static enum rc job_is_found(struct check *check, struct err *err)
{
    const struct json *job, *list;
    enum rc rc = check_get(check, PATH(check, "/jobs/%s", check->job), &shape_job, &job, err);
    if (rc == RC_OK) {
        rc = check_get(check, PATH(check, "/jobs?idempotencyKey=%s", check->order), &shape_job_list, &list,
                       err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    const struct json *value = json_get(list, STR("value"));
    struct str id = json_string(json_get(json_at(value, 0), STR("jobId")));
    bool found = json_count(value) == 1 && str_eq(id, str_of(check->job));
    return found && check_has_ended(job)
               ? RC_OK
               : fail(err, "the job of an order is found by its key, and stays ended");
}

static bool same_settings(const struct check *check, const struct json *number)
{
    const struct json *settings;
    if (json_parse(check->settings, check->mem, &settings, NULL) != RC_OK) {
        return false; /* was read before */
    }
    for (struct json_iter it = json_iter(settings); json_next(&it);) {
        const struct json *told = json_get(number, it.name);
        struct str text = json_string(it.value);
        bool fits = told != NULL && json_type(told) == json_type(it.value) &&
                    json_count(told) == json_count(it.value) && json_bool(told) == json_bool(it.value) &&
                    (str_absent(text) || str_eq_ci(text, json_string(told)));
        if (!fits) {
            return false;
        }
    }
    return true;
}

static enum rc number_is_told(struct check *check, struct err *err)
{
    const struct json *number;
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < check->count; i++) {
        rc = check_get(check, check_number_path(check, check->numbers[i], i == 0 ? "+" : "%2B"),
                       &shape_number, &number, err);
        int64_t tn = 0;
        if (rc == RC_OK && (!tn_parse(json_string(json_get(number, STR("telephoneNumber"))), &tn) ||
                            tn != check->numbers[i])) {
            rc = fail(err, "another number is told than was asked for");
        }
        if (rc == RC_OK && (!same_settings(check, number) ||
                            !str_eq_ci(json_string(json_get(number, STR("tenantId"))), check->tenant) ||
                            !str_eq(json_string(json_get(number, STR("service"))), check->service))) {
            rc = err_set(err, RC_INVALID, NULL,
                         "+%lld is not told with the tenant, service and settings it was uploaded with",
                         (long long)tn);
        }
    }
    return rc;
}

static enum rc numbers_in_pages(struct check *check, struct err *err)
{
    struct str path = PATH(check, "/numbers?tenantId=%" STR_FMT "&service=%" STR_FMT "&",
                           STR_ARG(check->tenant), STR_ARG(check->service));
    enum rc rc = check_list(check, &(struct list){path.p, "telephoneNumber", &shape_number_page}, err);
    for (size_t i = 0; rc == RC_OK && i < check->count; i++) {
        const struct json *page;
        int64_t tn = 0;
        rc = check_get(
            check, PATH(check, "%smaxpagesize=1&after=%%2B%lld", path.p, (long long)check->numbers[i] - 1),
            &shape_number_page, &page, err);
        const struct json *first = rc == RC_OK ? json_at(json_get(page, STR("value")), 0) : NULL;
        if (rc == RC_OK &&
            (first == NULL || !tn_parse(json_string(json_get(first, STR("telephoneNumber"))), &tn) ||
             tn != check->numbers[i])) {
            rc = err_set(err, RC_INVALID, NULL, "+%lld does not come first after the number before it",
                         (long long)check->numbers[i]);
        }
    }
    return rc;
}

static bool page_has(const struct json *page, int64_t tn)
{
    const struct json *value = json_get(page, STR("value"));
    for (size_t i = 0; i < json_count(value); i++) {
        int64_t n;
        if (tn_parse(json_string(json_get(json_at(value, i), STR("telephoneNumber"))), &n) && n == tn) {
            return true;
        }
    }
    return false;
}

/* Others may have changed as well, so it goes on until the last of ours was told. */
static enum rc changes_are_told(struct check *check, struct err *err)
{
    struct str mark = str_of(check->mark);
    if (str_empty(mark)) {
        return skip(err, "the back end keeps no track of changes");
    }
    for (size_t i = 0; i < PAGES_MAX; i++) {
        const struct json *page;
        enum rc rc = check_get(check, PATH(check, "/changes?mark=%" STR_FMT, STR_ARG(mark)),
                               &shape_change_page, &page, err);
        if (rc != RC_OK || page_has(page, check->numbers[check->count - 1])) {
            return rc;
        }
        if (!json_bool(json_get(page, STR("more")))) {
            break;
        }
        mark = json_string(json_get(page, STR("mark")));
    }
    return fail(err, "the uploaded numbers are not among the changes");
}

static enum rc upload_again(struct check *check, struct err *err)
{
    const struct json *job, *before, *after;
    const struct check_order order = {
        .numbers = check->numbers, .count = check->count, .key = check_new_key(check)};
    enum rc rc =
        check_get(check, check_number_path(check, check->numbers[0], "%2B"), &shape_number, &before, err);
    if (rc == RC_OK) {
        rc = check_run_good_order(check, &order, &job, err);
    }
    if (rc == RC_OK) {
        rc = check_get(check, check_number_path(check, check->numbers[0], "%2B"), &shape_number, &after, err);
    }
    struct str was = rc == RC_OK ? json_string(json_get(before, STR("acquiredOn"))) : STR_NONE;
    struct str is = rc == RC_OK ? json_string(json_get(after, STR("acquiredOn"))) : STR_NONE;
    return rc != RC_OK || str_eq(was, is)
               ? rc
               : fail(err, "uploading a held number with the same settings changes nothing");
}

/* ---- cases: releases ---- */

static enum rc release_is_a_job(struct check *check, struct err *err)
{
    const struct json *job, *number = NULL;
    const struct check_order order = {
        .release = true, .numbers = check->numbers, .count = 1, .key = check_new_key(check)};
    enum rc rc = check_run_good_order(check, &order, &job, err);
    if (rc == RC_OK) {
        rc = check_get_number(check, check->numbers[0], &number, err);
    }
    return rc != RC_OK || number == NULL ? rc : fail(err, "a released number is still told");
}

static enum rc release_again(struct check *check, struct err *err)
{
    const struct json *job;
    const struct check_order order = {
        .release = true, .numbers = check->numbers, .count = 1, .key = check_new_key(check)};
    return check_run_good_order(check, &order, &job, err);
}

/* The first number is free now, the last is held: a bad usage speaks against the last alone, or against the order as a whole. */
static enum rc bad_usage_is_refused(struct check *check, struct err *err)
{
    const int64_t pair[] = {check->numbers[0], check->numbers[1]};
    const struct check_order order = {
        .numbers = pair, .count = 2, .bad_usage = "NoSuchUsage", .key = check_new_key(check)};
    struct talk_reply reply;
    const struct json *job;
    enum rc rc = check_send_order(check, &order, &reply, err);
    if (rc != RC_OK) {
        return rc;
    }
    if (reply.status == 400 && str_eq(reply.code, STR("UnknownUsage"))) {
        return RC_OK;
    }
    if (reply.status != 202) {
        return err_set(err, RC_INVALID, NULL,
                       "a bad usage is an entry's error or 400 UnknownUsage, not %d %" STR_FMT, reply.status,
                       STR_ARG(reply.code));
    }
    rc = check_await_job(check, reply.json, &job, err);
    if (rc == RC_OK) {
        rc = check_ended_well(&order, job, err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    struct str good = json_string(json_get(check_entry_of(job, pair[0]), STR("status")));
    struct str code = json_string(json_get(check_entry_of(job, pair[1]), STR("errorCode")));
    bool fits = str_eq(good, STR("Success")) &&
                (str_eq(code, STR("UnknownUsage")) || str_eq(code, STR("UpdateNotPossible")));
    return fits ? RC_OK
                : fail(err,
                       "a bad usage is UnknownUsage for its number, and the others of the order are done");
}

static enum rc released_are_gone(struct check *check, struct err *err)
{
    const struct json *page;
    enum rc rc = check_free_numbers(check, err);
    if (rc == RC_OK) {
        rc = check_get(
            check,
            PATH(check, "/numbers?tenantId=%" STR_FMT "&service=%" STR_FMT "&maxpagesize=500&after=%%2B%lld",
                 STR_ARG(check->tenant), STR_ARG(check->service), (long long)check->numbers[0] - 1),
            &shape_number_page, &page, err);
    }
    for (size_t i = 0; rc == RC_OK && i < check->count; i++) {
        if (page_has(page, check->numbers[i])) {
            rc = err_set(err, RC_INVALID, NULL, "+%lld was released and is still listed",
                         (long long)check->numbers[i]);
        }
    }
    return rc;
}

/* In this order: each may rely on what those before it did. */
const struct check_case check_cases[] = {
    {"a token is needed, and a good one", token_is_needed, false},
    {"consents come in pages, in order", consents_in_pages, false},
    {"the tenant's consent is told", consent_of_tenant, false},
    {"an unknown tenant is 404 TenantNotFound", unknown_tenant, false},
    {"declining without a comment is refused", relationship_needs_comment, false},
    {"the relationship is set at once", relationship_is_set, false},
    {"capability plans are told", usages, false},
    {"available capabilities are told, of 100 numbers at most", capabilities, false},
    {"civic addresses come in pages, in order", addresses_in_pages, false},
    {"an unknown job is 404 JobNotFound, an unknown key no job", unknown_job, false},
    {"changes begin with a mark", changes_begin, false},
    {"an order needs a UUID as Idempotency-Key", key_is_needed, false},
    {"an order that cannot be read is 400 BadRequest", bad_orders, false},
    {"the numbers are free", check_free_numbers, false},
    {"an upload is a job with a result for each number", upload_is_a_job, true},
    {"the same order again is the same job", order_again, true},
    {"another order under the same key is refused", key_of_another_body, true},
    {"a job is found by its id and by its key", job_is_found, true},
    {"uploaded numbers are told as they were uploaded", number_is_told, true},
    {"numbers come in pages, in numeric order", numbers_in_pages, true},
    {"changed numbers are told from the mark on", changes_are_told, true},
    {"uploading again with the same settings is a success", upload_again, true},
    {"a release is a job, and the number is gone", release_is_a_job, true},
    {"releasing what is not held is a success", release_again, true},
    {"a bad usage speaks against its number", bad_usage_is_refused, true},
    {"released numbers are gone from the list", released_are_gone, true},
};
const size_t check_case_count = ARRAY_LEN(check_cases);
