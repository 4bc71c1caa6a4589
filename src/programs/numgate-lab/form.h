/* The body of an HTML form post (application/x-www-form-urlencoded): '&' between fields, '=' behind the name,
 * '+' for a blank, %XX for the rest. Also the credentials of HTTP Basic, which OAuth 2 encodes the same way
 * (RFC 6749 section 2.3.1). Everything returned lives in the arena. */
#pragma once
#include "common/base/arena.h"
#include "common/base/err.h"

#define FORM_FIELDS_MAX 100

struct form_field {
    struct str name;
    struct str value;
};
struct form {
    struct form_field *fields;
    size_t count;
};

/* RC_INVALID: a bad percent escape, text that is not UTF-8 or has a NUL in it, too many fields. */
MUST_USE enum rc form_parse(struct str body, struct arena *mem, struct form *ret, struct err *err);
struct str form_get(const struct form *form,
                    const char *name); /* absent when there is none; the first of several */
size_t form_count(const struct form *form, const char *name);

/* "Basic base64(id:secret)". False when the header is anything else. */
bool form_basic(struct str authorization, struct arena *mem, struct str *ret_id, struct str *ret_secret);
bool form_is_sent(struct str content_type); /* "application/x-www-form-urlencoded", whatever its parameters */
