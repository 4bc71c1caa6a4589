#include "gateway/api/condition.h"

#include "common/crypto/digest.h"

#include "common/base/banned.h"

#define REPEAT_WINDOW_MS (24LL * 3600 * 1000)
#define REPEAT_AHEAD_MS  (5LL * 60 * 1000)
#define REPEAT_ID_MAX    128

static enum rc bad_header(struct err *err, const char *name, const char *expected)
{
    (void)err_set(err, RC_INVALID, "InvalidHeader", "the header %s must be %s", name, expected);
    err_field(err, "%s", name);
    return RC_INVALID;
}

static bool parse_date(struct str value, struct wall *ret)
{
    return clock_parse_imf(value, ret) || clock_parse_rfc3339(value, ret);
}

static enum rc read_date(struct call *call, const char *name, bool *ret_has, struct wall *ret,
                         struct err *err)
{
    struct str value = http_header(call->request, name);
    if (str_absent(value)) {
        return RC_OK;
    }
    *ret_has = true;
    if (http_header_count(call->request, name) > 1 || !parse_date(value, ret)) {
        return bad_header(err, name, "one date such as Tue, 03 Feb 2026 10:00:00 GMT");
    }
    return RC_OK;
}

/* Several lines of the header are one list (RFC 9110 section 5.3). */
static struct str joined_header(struct call *call, const char *name)
{
    struct str joined = STR_NONE;
    for (size_t i = 0; i < call->request->header_count; i++) {
        const struct http_header *header = &call->request->headers[i];
        if (!str_eq_ci(header->name, str_of(name))) {
            continue;
        }
        joined = str_absent(joined) ? header->value
                                    : arena_printf(call->mem, "%" STR_FMT ", %" STR_FMT, STR_ARG(joined),
                                                   STR_ARG(header->value));
    }
    return joined;
}

static enum rc read_tags(struct call *call, const char *name, bool *ret_has, struct etag_list *ret,
                         struct err *err)
{
    struct str value = joined_header(call, name);
    if (str_absent(value)) {
        return RC_OK;
    }
    *ret_has = true;
    if (etag_list_parse(value, call->mem, ret, NULL) != RC_OK) {
        return bad_header(err, name, "* or entity tags in double quotes");
    }
    return RC_OK;
}

enum rc condition_read(struct call *call, struct err *err)
{
    struct precondition *pre = &call->condition;
    enum rc rc = read_tags(call, "If-Match", &pre->has_match, &pre->match, err);
    if (rc == RC_OK) {
        rc = read_tags(call, "If-None-Match", &pre->has_none_match, &pre->none_match, err);
    }
    if (rc == RC_OK) {
        rc = read_date(call, "If-Unmodified-Since", &pre->has_unmodified, &pre->unmodified_since, err);
    }
    if (rc == RC_OK) {
        rc = read_date(call, "If-Modified-Since", &pre->has_modified, &pre->modified_since, err);
    }
    return rc;
}

static enum rc reject(struct err *err, const char *code, const char *field, const char *message)
{
    (void)err_set(err, RC_INVALID, code, "%s", message);
    err_field(err, "%s", field);
    return RC_INVALID;
}

static bool id_is_valid(struct call *call, struct str id)
{
    for (size_t i = 0; i < id.n; i++) {
        if (id.p[i] <= ' ' || id.p[i] > '~') {
            return false;
        }
    }
    return id.n > 0 && id.n <= REPEAT_ID_MAX &&
           http_header_count(call->request, "Repeatability-Request-ID") == 1;
}

enum rc repeat_read(struct call *call, struct err *err)
{
    struct str id = http_header(call->request, "Repeatability-Request-ID");
    struct str sent = http_header(call->request, "Repeatability-First-Sent");
    if (str_absent(id) && str_absent(sent)) {
        return RC_OK;
    }
    call->repeat = (struct repeat){.asked = true, .id = id};
    if (str_absent(id) || str_absent(sent)) {
        return reject(err, "RepeatabilityRejected",
                      str_absent(id) ? "Repeatability-Request-ID" : "Repeatability-First-Sent",
                      "Repeatability-Request-ID and Repeatability-First-Sent go together");
    }
    if (!id_is_valid(call, id)) {
        return reject(
            err, "RepeatabilityRejected", "Repeatability-Request-ID",
            "Repeatability-Request-ID must be one UUID or another text of 1 to 128 visible ASCII characters");
    }
    if (http_header_count(call->request, "Repeatability-First-Sent") > 1 ||
        !parse_date(sent, &call->repeat.first_sent)) {
        return reject(err, "RepeatabilityRejected", "Repeatability-First-Sent",
                      "Repeatability-First-Sent must be one date such as Tue, 03 Feb 2026 10:00:00 GMT");
    }
    int64_t age = call->request->received.ms - call->repeat.first_sent.ms;
    if (age < -REPEAT_AHEAD_MS) {
        return reject(err, "RepeatabilityRejected", "Repeatability-First-Sent",
                      "Repeatability-First-Sent lies more than 5 minutes ahead");
    }
    if (age > REPEAT_WINDOW_MS) {
        return reject(err, "RepeatabilityExpired", "Repeatability-First-Sent",
                      "Repeatability-First-Sent lies more than 24 hours back");
    }
    call->repeat.accepted = true;
    return RC_OK;
}

void repeat_fingerprint(struct call *call)
{
    const struct http_request *request = call->request;
    uint8_t body[32];
    crypto_sha256(&request->body, 1, body);
    const struct str pieces[] = {
        request->method_text,
        STR("\n"),
        request->target,
        STR("\nIf-Match: "),
        joined_header(call, "If-Match"),
        STR("\nIf-None-Match: "),
        joined_header(call, "If-None-Match"),
        STR("\nIf-Unmodified-Since: "),
        http_header(request, "If-Unmodified-Since"),
        STR("\nIf-Modified-Since: "),
        http_header(request, "If-Modified-Since"),
        STR("\n"),
        {(const char *)body, sizeof body},
    };
    crypto_sha256(pieces, ARRAY_LEN(pieces), call->repeat.fingerprint);
}
