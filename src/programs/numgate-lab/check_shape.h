/* What answers of a back end must look like: the schemas of docs/backend-api.yaml as tables. */
#pragma once
#include "common/base/err.h"
#include "common/json/read.h"

struct shape;
extern const struct shape shape_error, shape_consent, shape_consent_page, shape_usage_list,
    shape_capabilities, shape_address_page, shape_number, shape_number_page, shape_change_page, shape_job,
    shape_job_list;

/* RC_INVALID names the place and what is wrong there. Members that the document does not name may be there. */
MUST_USE enum rc shape_check(const struct shape *shape, const struct json *value, struct err *err);
