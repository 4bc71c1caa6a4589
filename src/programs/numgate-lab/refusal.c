#include "programs/numgate-lab/refusal.h"

#include "common/base/compiler.h"

#include "common/base/banned.h"

static const struct refusal_row rows[REFUSAL_COUNT] = {
    [REFUSAL_NONE] = {0, 0, "", ""},
    [REFUSAL_BAD_FORM] = {90100, 400, "invalid_request", "The form cannot be read"},
    [REFUSAL_NOT_A_FORM] = {900144, 400, "invalid_request",
                            "The body must be application/x-www-form-urlencoded"},
    [REFUSAL_REPEATED_FIELD] = {90100, 400, "invalid_request", "This field is there more than once"},
    [REFUSAL_FIELD_MISSING] = {900144, 400, "invalid_request", "This field is missing in the form"},
    [REFUSAL_GRANT_TYPE] = {70003, 400, "unsupported_grant_type", "This grant_type is not served here"},
    [REFUSAL_TENANT_UNKNOWN] = {90002, 400, "invalid_request", "There is no such tenant"},
    [REFUSAL_CLIENT_UNKNOWN] = {700016, 400, "unauthorized_client", "The tenant has no client with this id"},
    [REFUSAL_CREDENTIAL_MISSING] = {7000218, 401, "invalid_client",
                                    "A client_secret or a client_assertion is needed"},
    [REFUSAL_CREDENTIALS_TWICE] = {90100, 400, "invalid_request",
                                   "Only one way to authenticate the client may be used"},
    [REFUSAL_SECRET_WRONG] = {7000215, 401, "invalid_client", "The secret is none of the client's"},
    [REFUSAL_ASSERTION_TYPE] =
        {700029, 400, "invalid_request",
         "client_assertion_type must be urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
    [REFUSAL_ASSERTION_MALFORMED] = {50027, 400, "invalid_request",
                                     "The client_assertion is not a usable JWT"},
    [REFUSAL_ASSERTION_SUBJECT] = {700021, 401, "invalid_client",
                                   "iss and sub of the client_assertion must both be the client_id"},
    [REFUSAL_ASSERTION_AUDIENCE] = {700023, 401, "invalid_client",
                                    "aud of the client_assertion must be the token endpoint"},
    [REFUSAL_ASSERTION_TIME] =
        {700024, 401, "invalid_client",
         "The client_assertion is not valid now, has no exp, or would be valid for over a day"},
    [REFUSAL_ASSERTION_SIGNATURE] = {700027, 401, "invalid_client",
                                     "No key of the client verifies the signature of the client_assertion"},
    [REFUSAL_ASSERTION_REPLAYED] = {700025, 401, "invalid_client",
                                    "The client_assertion has no jti, or one that was used before"},
    [REFUSAL_ASSERTIONS_FULL] = {90033, 503, "temporarily_unavailable",
                                 "Too many client_assertions are remembered"},
    [REFUSAL_SCOPE_FORM] = {1002012, 400, "invalid_scope",
                            "For client_credentials scope is one resource with /.default behind it"},
    [REFUSAL_RESOURCE_UNKNOWN] = {500011, 400, "invalid_resource", "The tenant has no such resource"},
    [REFUSAL_INSTANCE_UNKNOWN] = {50049, 400, "invalid_instance",
                                  "This is not an authorization endpoint of the lab"},
    [REFUSAL_PATH_UNKNOWN] = {0, 404, "not_found", "There is nothing here"},
    [REFUSAL_METHOD] = {900561, 405, "invalid_request", "The method does not fit this endpoint"},
    [REFUSAL_NOT_LOOPBACK] = {0, 403, "access_denied", "The lab is controlled from loopback addresses only"},
    [REFUSAL_CONTROL] = {0, 400, "invalid_request", "This cannot be done"},
    [REFUSAL_CONTROL_FULL] = {0, 409, "limit_reached", "No room"},
    [REFUSAL_ON_DEMAND] = {90033, 0, "temporarily_unavailable", "A fault, as it was asked for"},
    [REFUSAL_ENGINE] = {0, 0, "invalid_request", "The request was refused"},
    [REFUSAL_INTERNAL] = {0, 500, "server_error", "The lab failed"},
};

const struct refusal_row *refusal_row(enum refusal refusal)
{
    ensure(refusal < REFUSAL_COUNT);
    return &rows[refusal];
}
