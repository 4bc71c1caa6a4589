#include "gateway/api/error.h"

#include "common/base/limits.h"
#include "common/json/write.h"

const struct error_row error_rows[] = {
    /* The first row of each rc stands for it when no code was given. */
    {"InvalidRequest", RC_INVALID, 400, "The request is not valid."},
    {"NotFound", RC_NOT_FOUND, 404, "There is no such resource."},
    {"Conflict", RC_CONFLICT, 409, "The state of the resource does not allow this."},
    {"Forbidden", RC_DENIED, 403, "This caller may not do this."},
    {"RequestTooLarge", RC_LIMIT, 413, "The request is larger than it may be."},
    {"ServiceUnavailable", RC_BUSY, 503, "The service cannot do this now; try again."},
    {"OutcomeUnknown", RC_UNCERTAIN, 503,
     "Whether the change was made is not known; repeat the request with the same "
     "Repeatability-Request-ID, or read the resource."},
    {"InternalError", RC_INTERNAL, 500, "The service failed. The request id finds the cause in its log."},

    /* How the request is written. */
    {"MalformedRequest", RC_INVALID, 400, "The request breaks the rules of HTTP."},
    {"MissingApiVersionParameter", RC_INVALID, 400, "The query parameter api-version is missing."},
    {"UnsupportedApiVersionValue", RC_INVALID, 400, "The value of api-version is not supported."},
    {"InvalidQueryParameter", RC_INVALID, 400, "A query parameter is unknown, repeated or has a bad value."},
    {"InvalidFilter", RC_INVALID, 400, "The filter cannot be understood."},
    {"InvalidHeader", RC_INVALID, 400, "A header has a value that cannot be understood."},
    {"InvalidPathParameter", RC_INVALID, 400, "A part of the path does not have the form it must have."},
    {"InvalidJson", RC_INVALID, 400, "The body is not the JSON it should be."},
    {"MissingBody", RC_INVALID, 400, "The request needs a body."},
    {"UnknownField", RC_INVALID, 400, "The body has a field that does not exist."},
    {"MissingField", RC_INVALID, 400, "A required field is missing."},
    {"InvalidType", RC_INVALID, 400, "A field has a value of the wrong type."},
    {"InvalidValue", RC_INVALID, 400, "A field has a value that it may not have."},
    {"TooLong", RC_INVALID, 400, "A text is shorter or longer than it may be."},
    {"TooMany", RC_INVALID, 400, "A list has more items than it may have."},
    {"UnsupportedMediaType", RC_INVALID, 415, "The body is of a type that is not understood here."},
    {"RepeatabilityRejected", RC_INVALID, 400,
     "The repeatability headers are not valid together, or belong to another request."},
    {"RepeatabilityExpired", RC_INVALID, 412, "Repeatability-First-Sent is older than what is remembered."},
    {"UriTooLong", RC_LIMIT, 414, "The request target is longer than 2083 bytes."},
    {"HeadersTooLarge", RC_LIMIT, 431, "The header block is larger than it may be."},
    {"ExpectationFailed", RC_INVALID, 417, "Only the expectation 100-continue is understood."},
    {"RequestTimeout", RC_LIMIT, 408, "The request did not arrive in time."},
    {"HttpVersionNotSupported", RC_INVALID, 505, "Only HTTP/1.0 and HTTP/1.1 are spoken here."},
    {"NotImplemented", RC_INVALID, 501, "This is not implemented here."},
    {"MethodNotAllowed", RC_INVALID, 405, "The resource does not have this method."},

    /* Who asks, and how often. */
    {"AddressNotAllowed", RC_DENIED, 403, "Requests from this address are not accepted."},
    {"InvalidForwardedFor", RC_INVALID, 400, "X-Forwarded-For cannot be understood."},
    {"MissingToken", RC_DENIED, 401, "The request carries no bearer token."},
    {"InvalidToken", RC_DENIED, 401, "The bearer token is not accepted."},
    {"RoleRequired", RC_DENIED, 403, "The token holds none of the roles this needs."},
    {"UserTokenRequired", RC_DENIED, 403,
     "This address serves people only; programs use the API's own address."},
    {"ApiRequiredAfterLaunch", RC_DENIED, 403,
     "The service is launched: its programme demands that this is done through the API, not by hand."},
    {"TooManyRequests", RC_LIMIT, 429, "The rate limit is reached; wait as Retry-After says."},
    {"KeysUnavailable", RC_BUSY, 503,
     "The token cannot be checked: the keys of its issuer are not available."},

    /* What is stored. */
    {"AccountNotFound", RC_NOT_FOUND, 404, "There is no account of this name."},
    {"NumberNotFound", RC_NOT_FOUND, 404, "The account has no such number."},
    {"RequestForInformationNotFound", RC_NOT_FOUND, 404,
     "There is no request for information of this tenant."},
    {"CivicAddressNotFound", RC_NOT_FOUND, 404, "The account has no such civic address."},
    {"PreconditionFailed", RC_CONFLICT, 412, "The resource is not in the state the request asks for."},
    {"NameMismatch", RC_INVALID, 400, "The name in the body differs from the name in the URL."},
    {"AccountNameMismatch", RC_INVALID, 400, "accountName differs from the account in the URL."},
    {"TelephoneNumberMismatch", RC_INVALID, 400, "telephoneNumber differs from the number in the URL."},
    {"DuplicateNumber", RC_INVALID, 400, "The batch holds a number twice."},
    {"ServiceNotEnabled", RC_INVALID, 400, "The number uses a service that its account has not enabled."},
    {"TenantRequired", RC_INVALID, 400, "Synchronization needs serviceDetails.teamsTenantId."},
    {"SubdomainTooLong", RC_INVALID, 400,
     "The customer's full domain name would be longer than 48 characters."},
    {"CommentRequired", RC_INVALID, 400, "This relationship status needs a comment."},
    {"NumberInUse", RC_CONFLICT, 409, "Another account holds this number."},
    {"NumberReleasing", RC_CONFLICT, 409, "The back end has not released the number yet; try again later."},
    {"NumberAssigned", RC_CONFLICT, 409, "The number is assigned in the back end and cannot be removed."},
    {"ServiceInUse", RC_CONFLICT, 409, "The account has numbers that use this service."},
    {"TenantInUse", RC_CONFLICT, 409,
     "The tenant cannot change while the account has Operator Connect or Teams Phone Mobile numbers."},
    {"SubdomainInUse", RC_CONFLICT, 409, "Another account uses this subdomain."},
    {"AccountNotEmpty", RC_CONFLICT, 409, "The account still has numbers."},
    {"AccountTooLarge", RC_CONFLICT, 409, "The account has too many numbers to delete them in one request."},
    {"BackendNotConfigured", RC_INVALID, 501, "No back end is configured that could answer this."},
    {"DnsNotConfigured", RC_INVALID, 501, "No DNS is configured: nothing is published and no server asked."},
    {"DnsNoTransfer", RC_CONFLICT, 409, "The zone cannot be read as a whole, so there is no plan."},
    {"DnsZones", RC_CONFLICT, 409,
     "The regions are in two zones of the primary, and split_zones is not set."},
    {"DnsNotOurZone", RC_CONFLICT, 409, "The primary has not the zone that is configured."},
    {"DirectRoutingNotEnabled", RC_CONFLICT, 409, "The account has no subdomain."},
    {"JobNotFound", RC_NOT_FOUND, 404, "There is no such job."},
    {"JobRunning", RC_CONFLICT, 409, "Another job of this caller is queued or applying."},
    {"JobState", RC_CONFLICT, 409, "The job is in a state that does not allow this."},
    {"TooManyJobs", RC_CONFLICT, 409, "The caller has too many jobs that have not ended; cancel some."},
    {"TooManyRows", RC_INVALID, 400, "The job would be of more numbers than one may have."},
    {"InvalidEncoding", RC_INVALID, 400, "The file is no text in UTF-8."},
    {"ChangedSincePreview", RC_CONFLICT, 409,
     "Of a job's row: the number is not as it was when the job was previewed."},
    {"StorageFull", RC_BUSY, 503, "The storage is full."},
};
const size_t error_row_count = ARRAY_LEN(error_rows);

const struct error_row *error_row_by_code(const char *code)
{
    for (size_t i = 0; i < error_row_count; i++) {
        if (strcmp(error_rows[i].code, code) == 0) {
            return &error_rows[i];
        }
    }
    return NULL;
}

static const struct error_row *row_of_class(enum rc rc)
{
    for (size_t i = 0; i < error_row_count; i++) {
        if (error_rows[i].rc == rc) {
            return &error_rows[i];
        }
    }
    return row_of_class(RC_INTERNAL);
}

const struct error_row *error_row_of(enum rc rc, const struct err *err)
{
    if (err == NULL || err->code == NULL) {
        return row_of_class(rc);
    }
    const struct error_row *row = error_row_by_code(err->code);
    return row != NULL ? row : row_of_class(RC_INTERNAL);
}

static void write_item(struct json_out *out, const char *code, struct str message, struct str target)
{
    json_str_member(out, "code", str_of(code));
    json_str_member(out, "message", message);
    if (!str_empty(target)) {
        json_str_member(out, "target", target);
    }
}

static void write_details(struct json_out *out, const struct err_list *details)
{
    json_name(out, STR("details"));
    json_array_begin(out);
    for (const struct err_item *item = details->first; item != NULL; item = item->next) {
        json_object_begin(out);
        write_item(out, item->code, item->msg, item->field);
        json_object_end(out);
    }
    json_array_end(out);
}

/* A fault of ours says nothing of its inside, the log does; after an unknown outcome the row says what to do.
 */
static struct str message_of(const struct error_row *row, const struct err *err)
{
    bool ours = row->rc == RC_INTERNAL || row->rc == RC_UNCERTAIN;
    return str_of(ours || err == NULL || err->msg[0] == '\0' ? row->text : err->msg);
}

void error_write(const struct error_row *row, const struct err *err, struct buf *out)
{
    struct json_out json;
    json_out_init(&json, out);
    json_object_begin(&json);
    json_name(&json, STR("error"));
    json_object_begin(&json);
    write_item(&json, row->code, message_of(row, err), err != NULL ? str_of(err->field) : STR_NONE);
    if (err != NULL && err->details != NULL && err->details->count > 0) {
        write_details(&json, err->details);
    }
    if (err != NULL && err->inner != NULL) {
        json_name(&json, STR("innererror"));
        json_object_begin(&json);
        json_str_member(&json, "code", str_of(err->inner));
        json_object_end(&json);
    }
    json_object_end(&json);
    json_object_end(&json);
}
