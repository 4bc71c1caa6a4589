#include "programs/numgate-lab/check_order.h"

#include <time.h>

#include "common/base/clock.h"
#include "programs/numgate-lab/backend_facts.h"

#include "common/base/banned.h"

#define BODY_MAX     (256 * 1024)
#define POLL_MS      20 /* at first; each time twice as long */
#define POLL_MS_MAX  640
#define KEY_TEXT_MAX 100

/* ---- asking ---- */

static enum rc fail(struct err *err, const char *what)
{
    return err_set(err, RC_INVALID, NULL, "%s", what);
}

/* Asks for something that is there. */
enum rc check_get(struct check *check, struct str path, const struct shape *shape, const struct json **ret,
                  struct err *err)
{
    struct talk_reply reply;
    enum rc rc = talk_call(check->talk, &(struct talk_request){.method = "GET", .path = path}, 200, shape,
                           check->mem, &reply, err);
    if (rc == RC_OK && reply.status != 200) {
        rc = err_set(err, RC_INVALID, NULL, "GET %" STR_FMT " was refused: %d %" STR_FMT, STR_ARG(path),
                     reply.status, STR_ARG(reply.code));
    }
    if (rc == RC_OK) {
        *ret = reply.json;
    }
    return rc;
}

/* Asks for something that must be refused with this status and code. */
enum rc check_refused(struct check *check, const struct talk_request *request, int status, const char *code,
                      struct err *err)
{
    struct talk_reply reply;
    enum rc rc = talk_call(check->talk, request, 200, &shape_error, check->mem, &reply, err);
    if (rc != RC_OK) {
        return rc;
    }
    if (reply.status != status || !str_eq(reply.code, str_of(code))) {
        return err_set(err, RC_INVALID, NULL, "%s %" STR_FMT ": answered %d %" STR_FMT " instead of %d %s",
                       request->method, STR_ARG(str_slice(request->path, 0, KEY_TEXT_MAX)), reply.status,
                       STR_ARG(reply.code), status, code);
    }
    return RC_OK;
}

enum rc check_get_refused(struct check *check, struct str path, int status, const char *code, struct err *err)
{
    return check_refused(check, &(struct talk_request){.method = "GET", .path = path}, status, code, err);
}

/* ---- orders ---- */

static void put_upload(const struct check *check, int64_t tn, const char *usage, struct json_out *out)
{
    const struct json *settings;
    if (json_parse(check->settings, check->mem, &settings, NULL) != RC_OK) {
        return; /* was read before */
    }
    json_object_begin(out);
    json_name(out, STR("telephoneNumber"));
    tn_put(out, tn);
    for (struct json_iter it = json_iter(settings); json_next(&it);) {
        json_name(out, it.name);
        if (usage != NULL && str_eq(it.name, STR("usage"))) {
            json_put_str(out, str_of(usage));
        } else {
            json_put_value(out, it.value);
        }
    }
    json_object_end(out);
}

struct str check_order_body(const struct check *check, const struct check_order *order)
{
    struct json_out out;
    struct buf text;
    buf_init(&text, BODY_MAX);
    json_out_init(&out, &text);
    json_object_begin(&out);
    json_str_member(&out, "service", check->service);
    json_name(&out, order->release ? STR("telephoneNumbers") : STR("numbers"));
    json_array_begin(&out);
    for (size_t i = 0; i < order->count; i++) {
        if (order->release) {
            tn_put(&out, order->numbers[i]);
        } else {
            put_upload(check, order->numbers[i], i + 1 == order->count ? order->bad_usage : NULL, &out);
        }
    }
    json_array_end(&out);
    json_object_end(&out);
    struct str body = arena_str(check->mem, buf_str(&text));
    buf_clear(&text);
    return body;
}

enum rc check_send_order(struct check *check, const struct check_order *order, struct talk_reply *ret,
                         struct err *err)
{
    const struct talk_request request = {
        .method = "POST",
        .path = PATH(check, "/tenants/%" STR_FMT "/numbers/%s", STR_ARG(check->tenant),
                     order->release ? "release" : "upload"),
        .body = check_order_body(check, order),
        .key = order->key,
    };
    return talk_call(check->talk, &request, 202, &shape_job, check->mem, ret, err);
}

bool check_has_ended(const struct json *job)
{
    struct str status = json_string(json_get(job, STR("status")));
    return !str_eq(status, STR("NotStarted")) && !str_eq(status, STR("InProgress"));
}

/* The job when it has ended. */
enum rc check_await_job(struct check *check, const struct json *job, const struct json **ret, struct err *err)
{
    struct mono deadline = mono_after(clock_mono(), check->job_ms);
    struct str id = json_string(json_get(job, STR("jobId")));
    for (int64_t wait_ms = POLL_MS; !check_has_ended(job);
         wait_ms = wait_ms < POLL_MS_MAX / 2 ? 2 * wait_ms : POLL_MS_MAX) {
        if (mono_left_ms(deadline, clock_mono()) == 0) {
            return err_set(err, RC_INVALID, NULL, "the job %" STR_FMT " has not ended in %lld s", STR_ARG(id),
                           (long long)(check->job_ms / 1000));
        }
        (void)nanosleep(&(struct timespec){wait_ms / 1000, wait_ms % 1000 * 1000000},
                        NULL); /* woken early, it asks early */
        enum rc rc = check_get(check, PATH(check, "/jobs/%" STR_FMT, STR_ARG(id)), &shape_job, &job, err);
        if (rc != RC_OK) {
            return rc;
        }
    }
    *ret = job;
    return RC_OK;
}

const struct json *check_entry_of(const struct json *job, int64_t tn)
{
    const struct json *entries = json_get(job, STR("entries"));
    for (size_t i = 0; i < json_count(entries); i++) {
        int64_t n;
        const struct json *entry = json_at(entries, i);
        if (tn_parse(json_string(json_get(entry, STR("telephoneNumber"))), &n) && n == tn) {
            return entry;
        }
    }
    return NULL;
}

/* Every number has one entry, all say how they ended, and the job's status follows from them. */
enum rc check_ended_well(const struct check_order *order, const struct json *job, struct err *err)
{
    size_t errors = 0;
    if (json_count(json_get(job, STR("entries"))) != order->count) {
        return fail(err, "a job has one entry for each number of its order");
    }
    for (size_t i = 0; i < order->count; i++) {
        const struct json *entry = check_entry_of(job, order->numbers[i]);
        struct str status = json_string(json_get(entry, STR("status")));
        bool error = str_eq(status, STR("Error"));
        if (entry == NULL || str_eq(status, STR("Pending"))) {
            return err_set(err, RC_INVALID, NULL, "the job has ended and does not say how it did for +%lld",
                           (long long)order->numbers[i]);
        }
        if (error && json_get(entry, STR("errorCode")) == NULL) {
            return err_set(err, RC_INVALID, NULL, "the entry of +%lld is an error without errorCode",
                           (long long)order->numbers[i]);
        }
        errors += error;
    }
    struct str expected = errors == 0             ? STR("Complete")
                          : errors < order->count ? STR("PartiallyComplete")
                                                  : STR("Failed");
    struct str status = json_string(json_get(job, STR("status")));
    return str_eq(status, expected)
               ? RC_OK
               : err_set(err, RC_INVALID, NULL,
                         "with %zu of %zu entries in error the job is %" STR_FMT ", not %" STR_FMT, errors,
                         order->count, STR_ARG(status), STR_ARG(expected));
}

static enum rc run_order(struct check *check, const struct check_order *order, const struct json **ret,
                         struct err *err)
{
    struct talk_reply reply;
    enum rc rc = check_send_order(check, order, &reply, err);
    if (rc == RC_OK && reply.status != 202) {
        rc = err_set(err, RC_INVALID, NULL, "the order was refused: %d %" STR_FMT, reply.status,
                     STR_ARG(reply.code));
    }
    if (rc == RC_OK) {
        rc = check_await_job(check, reply.json, ret, err);
    }
    return rc == RC_OK ? check_ended_well(order, *ret, err) : rc;
}

/* An order of which every number is done. */
enum rc check_run_good_order(struct check *check, const struct check_order *order, const struct json **ret,
                             struct err *err)
{
    enum rc rc = run_order(check, order, ret, err);
    for (size_t i = 0; rc == RC_OK && i < order->count; i++) {
        const struct json *entry = check_entry_of(*ret, order->numbers[i]);
        if (!str_eq(json_string(json_get(entry, STR("status"))), STR("Success"))) {
            rc = err_set(err, RC_INVALID, NULL, "+%lld: %" STR_FMT, (long long)order->numbers[i],
                         STR_ARG(json_string(json_get(entry, STR("errorCode")))));
        }
    }
    return rc;
}

struct str check_new_key(const struct check *check)
{
    char text[UUID_TEXT_MAX];
    return arena_str(check->mem, random_uuid(text));
}

/* ---- numbers ---- */

struct str check_number_path(const struct check *check, int64_t tn, const char *plus)
{
    return PATH(check, "/numbers/%s%lld?service=%" STR_FMT, plus, (long long)tn, STR_ARG(check->service));
}

/* *ret is NULL where nobody holds it. */
enum rc check_get_number(struct check *check, int64_t tn, const struct json **ret, struct err *err)
{
    struct talk_reply reply;
    const struct talk_request request = {.method = "GET", .path = check_number_path(check, tn, "%2B")};
    enum rc rc = talk_call(check->talk, &request, 200, &shape_number, check->mem, &reply, err);
    if (rc != RC_OK) {
        return rc;
    }
    bool absent = reply.status == 404 && str_eq(reply.code, STR("NumberNotFound"));
    if (reply.status != 200 && !absent) {
        return err_set(err, RC_INVALID, NULL,
                       "a number that nobody holds is 404 NumberNotFound, not %d %" STR_FMT, reply.status,
                       STR_ARG(reply.code));
    }
    *ret = absent ? NULL : reply.json;
    return RC_OK;
}

static enum rc release_held(struct check *check, struct err *err)
{
    int64_t held[CHECK_NUMBERS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < check->count; i++) {
        const struct json *number = NULL;
        enum rc rc = check_get_number(check, check->numbers[i], &number, err);
        if (rc != RC_OK) {
            return rc;
        }
        if (number != NULL && !str_eq_ci(json_string(json_get(number, STR("tenantId"))), check->tenant)) {
            return err_set(err, RC_INVALID, NULL,
                           "+%lld is held by another tenant; give numbers that are free",
                           (long long)check->numbers[i]);
        }
        if (number != NULL) {
            held[count++] = check->numbers[i];
        }
    }
    const struct json *job;
    const struct check_order order = {
        .release = true, .numbers = held, .count = count, .key = check_new_key(check)};
    return count == 0 ? RC_OK : check_run_good_order(check, &order, &job, err);
}

enum rc check_free_numbers(struct check *check, struct err *err)
{
    enum rc rc = release_held(check, err);
    for (size_t i = 0; rc == RC_OK && i < check->count; i++) {
        const struct json *number = NULL;
        rc = check_get_number(check, check->numbers[i], &number, err);
        if (rc == RC_OK && number != NULL) {
            rc = err_set(err, RC_INVALID, NULL, "+%lld was released and is still held",
                         (long long)check->numbers[i]);
        }
    }
    return rc;
}
