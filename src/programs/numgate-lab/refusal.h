/* Why the lab says no, in the form Entra ID gives its errors: an OAuth 2.0 error word, a number behind
 * "AADSTS" that clients look at, and a sentence (ours). One row each. */
#pragma once

enum refusal {
    REFUSAL_NONE,
    REFUSAL_BAD_FORM,
    REFUSAL_NOT_A_FORM,
    REFUSAL_REPEATED_FIELD,
    REFUSAL_FIELD_MISSING,
    REFUSAL_GRANT_TYPE,
    REFUSAL_TENANT_UNKNOWN,
    REFUSAL_CLIENT_UNKNOWN,
    REFUSAL_CREDENTIAL_MISSING,
    REFUSAL_CREDENTIALS_TWICE,
    REFUSAL_SECRET_WRONG,
    REFUSAL_ASSERTION_TYPE,
    REFUSAL_ASSERTION_MALFORMED,
    REFUSAL_ASSERTION_SUBJECT,
    REFUSAL_ASSERTION_AUDIENCE,
    REFUSAL_ASSERTION_TIME,
    REFUSAL_ASSERTION_SIGNATURE,
    REFUSAL_ASSERTION_REPLAYED,
    REFUSAL_ASSERTIONS_FULL,
    REFUSAL_SCOPE_FORM,
    REFUSAL_RESOURCE_UNKNOWN,
    REFUSAL_INSTANCE_UNKNOWN,
    REFUSAL_PATH_UNKNOWN,
    REFUSAL_METHOD,
    REFUSAL_NOT_LOOPBACK,
    REFUSAL_CONTROL,
    REFUSAL_CONTROL_FULL,
    REFUSAL_ON_DEMAND,
    REFUSAL_ENGINE,
    REFUSAL_INTERNAL,
    REFUSAL_COUNT,
};

struct refusal_row {
    int number; /* behind "AADSTS"; 0 = none */
    int status; /* 0 = the caller's */
    const char *error;
    const char *text; /* without a full stop; a detail may follow */
};
const struct refusal_row *refusal_row(enum refusal refusal);
