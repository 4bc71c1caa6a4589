#include "programs/numgate-lab/visit.h"

#include "common/json/read.h"
#include "common/json/write.h"
#include "programs/numgate-lab/cors.h"
#include "programs/numgate-lab/form.h"

#include "common/base/banned.h"

#define DETAIL_MAX 200

struct str visit_segment(const struct visit *visit, size_t index)
{
    const struct http_request *request = http_request(visit->x);
    return index < request->segment_count ? request->segments[index] : STR_NONE;
}

struct str visit_query(const struct visit *visit, const char *name)
{
    struct form form;
    enum rc rc = form_parse(http_request(visit->x)->query, http_arena(visit->x), &form, NULL);
    return rc == RC_OK ? form_get(&form, name) : STR_NONE; /* a query that cannot be read asks for nothing */
}

struct str visit_correlation_id(const struct visit *visit)
{
    struct str id = http_header(http_request(visit->x), "client-request-id");
    return str_is_uuid(id) ? id : str_of(visit->trace_id);
}

static enum http_fault wire_fault(enum fault_kind kind)
{
    return kind == FAULT_RESET ? HTTP_FAULT_RESET : kind == FAULT_CUT ? HTTP_FAULT_CUT : HTTP_FAULT_NONE;
}

#define COMMON_HEADERS_MAX 10

static size_t put_common_headers(const struct visit *visit, int status,
                                 struct http_header headers[COMMON_HEADERS_MAX])
{
    size_t n = cors_put_headers(visit, headers);
    headers[n++] = (struct http_header){STR("Cache-Control"), STR("no-store, no-cache")};
    headers[n++] = (struct http_header){STR("Pragma"), STR("no-cache")};
    headers[n++] = (struct http_header){STR("x-ms-request-id"), str_of(visit->trace_id)};
    headers[n++] = (struct http_header){STR("client-request-id"), visit_correlation_id(visit)};
    if (status == 405) {
        headers[n++] = (struct http_header){STR("Allow"), visit->allow};
    }
    if (status == 401 && visit->challenge != NULL) {
        headers[n++] = (struct http_header){STR("WWW-Authenticate"), str_of(visit->challenge)};
    }
    return n;
}

void visit_send(struct visit *visit, int status, const struct http_header *own, size_t count,
                struct buf *body)
{
    struct http_header headers[VISIT_HEADERS_MAX + COMMON_HEADERS_MAX];
    ensure(count <= VISIT_HEADERS_MAX && !buf_failed(body));
    for (size_t i = 0; i < count; i++) {
        headers[i] = own[i];
    }
    struct http_reply reply = {
        .status = status,
        .headers = headers,
        .header_count = count + put_common_headers(visit, status, headers + count),
        .body = buf_str(body),
        .fault = wire_fault(visit->fault.kind),
    };
    http_reply(visit->x, &reply);
    buf_clear(body);
}

void visit_reply(struct visit *visit, int status, struct buf *json)
{
    const struct http_header type = {STR("Content-Type"), STR("application/json; charset=utf-8")};
    visit_send(visit, status, &type, 1, json);
}

/* "2026-11-23 19:50:58Z", as Entra ID writes it. */
static struct str error_time(char text[CLOCK_TEXT_MAX])
{
    (void)clock_rfc3339(clock_wall(), text);
    text[10] = ' ';
    text[19] = 'Z';
    return (struct str){text, 20};
}

static void put_description(struct buf *out, const char *trace_id, struct str correlation,
                            const struct refusal_row *row, struct str detail, struct str time)
{
    if (row->number != 0) {
        buf_printf(out, "AADSTS%d: ", row->number);
    }
    buf_put_str(out, str_of(row->text));
    if (!str_absent(detail)) {
        buf_printf(out, ": '%" STR_FMT "'", STR_ARG(str_slice(detail, 0, DETAIL_MAX)));
    }
    buf_printf(out, ". Trace ID: %s Correlation ID: %" STR_FMT " Timestamp: %" STR_FMT, trace_id,
               STR_ARG(correlation), STR_ARG(time));
}

void visit_put_description(const struct visit *visit, enum refusal refusal, struct str detail,
                           struct buf *out)
{
    char text[CLOCK_TEXT_MAX];
    put_description(out, visit->trace_id, visit_correlation_id(visit), refusal_row(refusal), detail,
                    error_time(text));
}

void visit_write_error(const char *trace_id, struct str correlation, enum refusal refusal, struct str detail,
                       struct buf *out)
{
    const struct refusal_row *row = refusal_row(refusal);
    char text[CLOCK_TEXT_MAX];
    struct str time = error_time(text);
    struct buf description;
    struct json_out json;
    buf_init(&description, 4096);
    put_description(&description, trace_id, correlation, row, detail, time);
    json_out_init(&json, out);
    json_object_begin(&json);
    json_str_member(&json, "error", str_of(row->error));
    json_str_member(&json, "error_description", buf_str(&description));
    json_name(&json, STR("error_codes"));
    json_array_begin(&json);
    if (row->number != 0) {
        json_put_i64(&json, row->number);
    }
    json_array_end(&json);
    json_str_member(&json, "timestamp", time);
    json_str_member(&json, "trace_id", str_of(trace_id));
    json_str_member(&json, "correlation_id", correlation);
    json_object_end(&json);
    buf_clear(&description);
}

void visit_refuse_status(struct visit *visit, enum refusal refusal, int status, struct str detail)
{
    struct buf body;
    buf_init(&body, VISIT_REPLY_MAX);
    visit->refusal = refusal;
    visit_write_error(visit->trace_id, visit_correlation_id(visit), refusal, detail, &body);
    visit_reply(visit, status, &body);
}

void visit_refuse(struct visit *visit, enum refusal refusal, struct str detail)
{
    visit_refuse_status(visit, refusal, refusal_row(refusal)->status, detail);
}

const struct json *visit_body(struct visit *visit)
{
    const struct json *value;
    struct str body = http_request(visit->x)->body;
    struct err err;
    if (json_parse(str_empty(body) ? STR("{}") : body, http_arena(visit->x), &value, &err) != RC_OK) {
        visit_refuse(visit, REFUSAL_CONTROL, arena_str(http_arena(visit->x), str_of(err.msg)));
        return NULL;
    }
    return value;
}
