/* After the gates: the body's fields, the job in the store, the answer. */
#pragma once
#include "common/http/http.h"

void job_body_complete(struct http_exchange *x); /* a http_next */
