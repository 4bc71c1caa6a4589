/* The contract's regular expressions, each with the function that decides it. For the files that hold field tables. */
#pragma once
#include "gateway/model/schema.h"

extern const struct pattern pattern_account_name; /* of an account, and of a subdomain label */
extern const struct pattern pattern_header; /* of customSipHeader: the same language in other brackets */
extern const struct pattern
    pattern_token; /* of a region token; '=' too, since such tokens are often base64 */
extern const struct pattern pattern_e164;
extern const struct pattern pattern_uuid;
