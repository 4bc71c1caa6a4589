/* /numgate/v1/jobs: calls, and what they say and take as structs. */
#include <stdio.h>
#include <string.h>

#include "client/shape.h"
#include "common/base/limits.h"
#include "common/json/read.h"
#include "gateway/model/jobs.h"

#include "common/base/banned.h"

#define JOBS "/numgate/v1/jobs"
#define JOB  JOBS "/*"

/* ---- calls ---- */

enum numgate_status numgate_create_job(struct numgate *numgate, const char *json,
                                       const struct numgate_call *call, struct numgate_reply **ret,
                                       struct numgate_error *error)
{
    return operation_run(numgate, &(struct operation){"POST", JOBS, .body = json}, call, ret, error);
}

/* The server looks at the rows itself; a proxy in between may look at the type. */
static struct str type_of(struct str rows)
{
    return str_starts(str_trim(str_slice(rows, 0, rows.n < 64 ? rows.n : 64)), STR("{"))
               ? STR("application/x-ndjson")
               : STR("text/csv");
}

enum numgate_status numgate_upload_job(struct numgate *numgate, const char *account, const char *rows,
                                       size_t bytes, const struct numgate_call *call,
                                       struct numgate_reply **ret, struct numgate_error *error)
{
    const struct str text = {rows, bytes};
    if (ret != NULL) {
        *ret = NULL;
    }
    return bytes > LIMIT_UPLOAD
               ? refuse(error, "a file of rows has at most 8 MiB")
               : operation_run(numgate,
                               &(struct operation){
                                   .method = "POST",
                                   .pattern = account != NULL ? JOBS ":upload?accountName=*" : JOBS ":upload",
                                   .parts = {account},
                                   .rows = text,
                                   .rows_type = type_of(text),
                               },
                               call, ret, error);
}

enum numgate_status numgate_list_jobs(struct numgate *numgate, const struct numgate_call *call,
                                      struct numgate_reply **ret, struct numgate_error *error)
{
    return operation_run(numgate, &(struct operation){"GET", JOBS}, call, ret, error);
}

enum numgate_status numgate_get_job(struct numgate *numgate, const char *job, const struct numgate_call *call,
                                    struct numgate_reply **ret, struct numgate_error *error)
{
    return operation_run(numgate, &(struct operation){"GET", JOB, {job}}, call, ret, error);
}

enum numgate_status numgate_list_job_rows(struct numgate *numgate, const char *job, const char *verdict,
                                          const char *outcome, const struct numgate_call *call,
                                          struct numgate_reply **ret, struct numgate_error *error)
{
    const char *pattern = verdict != NULL && outcome != NULL ? JOB "/rows?verdict=*&outcome=*"
                          : verdict != NULL                  ? JOB "/rows?verdict=*"
                          : outcome != NULL                  ? JOB "/rows?outcome=*"
                                                             : JOB "/rows";
    return operation_run(
        numgate, &(struct operation){"GET", pattern, {job, verdict != NULL ? verdict : outcome, outcome}},
        call, ret, error);
}

enum numgate_status numgate_apply_job(struct numgate *numgate, const char *job,
                                      const struct numgate_call *call, struct numgate_reply **ret,
                                      struct numgate_error *error)
{
    return operation_run(numgate, &(struct operation){"POST", JOB ":apply", {job}}, call, ret, error);
}

enum numgate_status numgate_cancel_job(struct numgate *numgate, const char *job,
                                       const struct numgate_call *call, struct numgate_reply **ret,
                                       struct numgate_error *error)
{
    return operation_run(numgate, &(struct operation){"POST", JOB ":cancel", {job}}, call, ret, error);
}

enum numgate_status numgate_retry_job(struct numgate *numgate, const char *job,
                                      const struct numgate_call *call, struct numgate_reply **ret,
                                      struct numgate_error *error)
{
    return operation_run(numgate, &(struct operation){"POST", JOB ":retry", {job}}, call, ret, error);
}

/* ---- the result ---- */

static enum numgate_status no_memory(struct numgate_error *error)
{
    struct err err = {0};
    (void)err_set(&err, RC_LIMIT, NULL, "out of memory");
    *error = (struct numgate_error){0};
    return error_of(RC_LIMIT, &err, error);
}

/* What stands before the byte, which counts neither in quotes nor in <>; *text becomes what stands behind it. */
static struct str cut(struct str *text, char at)
{
    struct str all = *text;
    bool quoted = false, address = false;
    size_t i = 0;
    for (; i < all.n && (quoted || address || all.p[i] != at); i++) {
        char c = all.p[i];
        if (quoted && c == '\\' && i + 1 < all.n) {
            i++;
        } else if (c == '"' && !address) {
            quoted = !quoted;
        } else if (!quoted) {
            address = c == '<' || (address && c != '>');
        }
    }
    *text = i < all.n ? str_slice(all, i + 1, all.n) : STR_NONE;
    return str_trim(str_slice(all, 0, i));
}

/* rel=next, rel="prev next" */
static bool is_next(struct str parameter)
{
    struct str name = cut(&parameter, '='), value = str_trim(parameter);
    if (!str_eq_ci(name, STR("rel"))) {
        return false;
    }
    if (value.n > 1 && value.p[0] == '"' && value.p[value.n - 1] == '"') {
        value = str_slice(value, 1, value.n - 1);
    }
    while (value.n > 0) {
        if (str_eq_ci(cut(&value, ' '), STR("next"))) {
            return true;
        }
    }
    return false;
}

bool link_next(struct str header, struct str *ret)
{
    while (header.n > 0) {
        struct str link = cut(&header, ',');
        struct str address = cut(&link, ';');
        bool whole = address.n > 2 && address.p[0] == '<' && address.p[address.n - 1] == '>';
        *ret = whole ? str_slice(address, 1, address.n - 1) : STR_NONE;
        while (link.n > 0) {
            if (is_next(cut(&link, ';'))) {
                return true;
            }
        }
    }
    *ret = STR_NONE;
    return false;
}

/* Where the result goes on; absent: nowhere. An address that cannot be followed is a failure: the result is not whole. */
static enum numgate_status next_part(const struct numgate_reply *reply, struct str *ret,
                                     struct numgate_error *error)
{
    struct str address = STR_NONE;
    bool announced = false;
    for (size_t i = 0; i < reply->reply.header_count && !announced; i++) {
        announced = str_eq_ci(reply->reply.headers[i].name, STR("Link")) &&
                    link_next(reply->reply.headers[i].value, &address);
    }
    *ret = link_path(address);
    if (!announced || !str_empty(*ret)) {
        return NUMGATE_OK;
    }
    (void)refuse(error, "the result goes on, but the answer does not say where as the contract has it");
    error->status = NUMGATE_OTHER;
    return NUMGATE_OTHER;
}

/* *part becomes what stands at the path; on failure NULL, or the answer that says why. */
static enum numgate_status read_part(struct numgate *numgate, struct str path,
                                     const struct numgate_call *call, struct numgate_reply **part,
                                     struct numgate_error *error)
{
    struct numgate_reply *next = NULL;
    const char *text = arena_cstr((*part)->mem, path);
    enum numgate_status status =
        text != NULL ? numgate_request(numgate, "GET", text, NULL, call, &next, error) : no_memory(error);
    numgate_reply_free(*part);
    *part = next;
    return status;
}

/* What the sink did not want ends the call as numgate_cancel() would. */
static enum numgate_status give(const struct numgate_reply *reply, numgate_sink *sink, void *arg,
                                struct numgate_error *error)
{
    struct str body = reply->reply.body;
    if (sink(arg, body.p != NULL ? body.p : "", body.n) == 0) {
        return NUMGATE_OK;
    }
    (void)refuse(error, "its receiver ended it");
    error->status = NUMGATE_CANCELLED;
    return NUMGATE_CANCELLED;
}

enum numgate_status numgate_read_job_result(struct numgate *numgate, const char *job,
                                            const struct numgate_call *call, numgate_sink *sink, void *arg,
                                            struct numgate_error *error)
{
    struct numgate_error ignored;
    struct numgate_reply *part = NULL;
    error = error != NULL ? error : &ignored;
    enum numgate_status status =
        operation_run(numgate, &(struct operation){"GET", JOB "/result", {job}}, call, &part, error);
    while (status == NUMGATE_OK && (status = give(part, sink, arg, error)) == NUMGATE_OK) {
        struct str path;
        status = next_part(part, &path, error);
        if (status != NUMGATE_OK || str_empty(path)) {
            break;
        }
        status = read_part(numgate, path, call, &part, error);
    }
    numgate_reply_free(part);
    return status;
}

/* ---- structs ---- */

static const struct member counts_members[] = {{"new", AT(numgate_job_counts, create), NULL},
                                               {"changed", AT(numgate_job_counts, change), NULL},
                                               {"same", AT(numgate_job_counts, same), NULL},
                                               {"delete", AT(numgate_job_counts, remove), NULL},
                                               {"refused", AT(numgate_job_counts, refused), NULL},
                                               {"applied", AT(numgate_job_counts, applied), NULL},
                                               {"failed", AT(numgate_job_counts, failed), NULL},
                                               {"cancelled", AT(numgate_job_counts, cancelled), NULL},
                                               {"pending", AT(numgate_job_counts, pending), NULL}};
static const struct shape counts_shape = SHAPE(numgate_job_counts, counts_members);
static const struct member job_members[] = {{"id", AT(numgate_job, id), NULL},
                                            {"kind", AT(numgate_job, kind), NULL},
                                            {"state", AT(numgate_job, state), NULL},
                                            {"accountName", AT(numgate_job, account_name), NULL},
                                            {"filter", AT(numgate_job, filter), NULL},
                                            {"submittedBy", AT(numgate_job, submitted_by), NULL},
                                            {"createdAt", AT(numgate_job, created_at), NULL},
                                            {"startedAt", AT(numgate_job, started_at), NULL},
                                            {"endedAt", AT(numgate_job, ended_at), NULL},
                                            {"rows", AT(numgate_job, rows), NULL},
                                            {"counts", AT(numgate_job, counts), &counts_shape},
                                            {"error", AT(numgate_job, error), &problem_shape},
                                            {"own", AT(numgate_job, own), NULL}};
static const struct shape job_shape = SHAPE(numgate_job, job_members);

enum numgate_status numgate_reply_jobs(struct numgate_reply *reply, const struct numgate_job **ret,
                                       size_t *ret_count, struct numgate_error *error)
{
    struct parts parts;
    enum numgate_status status = read_reply(reply, &schema_jobs_view, &job_shape, &parts, error);
    *ret = parts.items;
    *ret_count = parts.count;
    return status;
}

static const struct member row_members[] = {{"row", AT(numgate_job_row, row), NULL},
                                            {"telephoneNumber", AT(numgate_job_row, telephone_number), NULL},
                                            {"accountName", AT(numgate_job_row, account_name), NULL},
                                            {"verdict", AT(numgate_job_row, verdict), NULL},
                                            {"outcome", AT(numgate_job_row, outcome), NULL},
                                            {"code", AT(numgate_job_row, code), NULL},
                                            {"message", AT(numgate_job_row, message), NULL},
                                            {"target", AT(numgate_job_row, target), NULL}};
static const struct shape row_shape = SHAPE(numgate_job_row, row_members);

enum numgate_status numgate_reply_job_rows(struct numgate_reply *reply, const struct numgate_job_row **ret,
                                           size_t *ret_count, struct numgate_error *error)
{
    struct parts parts;
    enum numgate_status status = read_reply(reply, &schema_jobs_row, &row_shape, &parts, error);
    *ret = parts.items;
    *ret_count = parts.count;
    return status;
}

/* ---- a new job ---- */

static void put_text(struct json_out *json, const char *name, const char *text)
{
    if (text != NULL) {
        json_str_member(json, name, str_of(text));
    }
}

static void put_numbers(struct json_out *json, const struct numgate_texts *numbers)
{
    if (numbers->items == NULL) {
        return;
    }
    json_name(json, STR("telephoneNumbers"));
    json_array_begin(json);
    for (size_t i = 0; i < numbers->count; i++) {
        json_put_str(json, str_of(numbers->items[i]));
    }
    json_array_end(json);
}

/* Its settings alone: which numbers are meant, the order says. */
static void put_settings(struct json_out *json, const struct numgate_number *number)
{
    struct numgate_number settings = *number;
    settings.telephone_number = settings.account_name = NULL;
    json_name(json, STR("number"));
    number_write(&settings, json);
}

void job_order_json(const struct numgate_job_order *order, const struct json *settings, struct buf *out)
{
    struct json_out json;
    json_out_init(&json, out);
    json_object_begin(&json);
    put_text(&json, "kind", order->kind);
    put_text(&json, "accountName", order->account_name);
    put_text(&json, "filter", order->filter);
    put_numbers(&json, &order->telephone_numbers);
    if (settings != NULL) {
        json_name(&json, STR("number"));
        json_put_value(&json, settings);
    } else if (order->number != NULL) {
        put_settings(&json, order->number);
    }
    json_object_end(&json);
}

static enum numgate_status submit(struct numgate *numgate, const struct numgate_job_order *order,
                                  struct arena *mem, const struct numgate_call *call,
                                  struct numgate_reply **ret, struct numgate_error *error)
{
    CLEANUP(buf_clear) struct buf body;
    struct err err = {0};
    const struct json *settings = NULL;
    buf_init(&body, LIMIT_BODY);
    enum rc rc =
        order->number_json != NULL ? json_parse(str_of(order->number_json), mem, &settings, &err) : RC_OK;
    if (rc != RC_OK && rc != RC_INVALID) {
        return no_memory(error);
    }
    if (rc != RC_OK) {
        char message[sizeof(error->message)];
        snprintf(message, sizeof(message), "number_json: %s", err.msg);
        return refuse(error, message);
    }
    job_order_json(order, settings, &body);
    buf_put_char(&body, '\0');
    return buf_failed(&body) ? refuse(error, "a request may have 1 MiB; give fewer numbers, or ranges")
                             : numgate_create_job(numgate, body.p, call, ret, error);
}

enum numgate_status numgate_submit_job(struct numgate *numgate, const struct numgate_job_order *order,
                                       const struct numgate_call *call, struct numgate_reply **ret,
                                       struct numgate_error *error)
{
    if (ret != NULL) {
        *ret = NULL;
    }
    if (order->number != NULL && order->number_json != NULL) {
        return refuse(error, "what the numbers get is in number, or in number_json, not in both");
    }
    if (order->kind != NULL && strcmp(order->kind, "change") == 0 && order->number_json == NULL) {
        return refuse(error,
                      "what a change merges into the numbers is in number_json, which it needs; number "
                      "has no word for what shall stay as it is");
    }
    if (order->number_json != NULL && strlen(order->number_json) > LIMIT_BODY) {
        return refuse(error, "number_json is over 1 MiB, and so would be the request");
    }
    struct numgate_error ignored;
    error = error != NULL ? error : &ignored;
    struct arena *mem = arena_new(16 * (size_t)LIMIT_BODY);
    if (mem == NULL) {
        return no_memory(error);
    }
    enum numgate_status status = submit(numgate, order, mem, call, ret, error);
    arena_free(mem);
    return status;
}
