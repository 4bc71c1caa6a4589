/* The back end's interface, docs/backend-api.yaml, under /backend/v1 of the lab: the way of a call through faults, throttle, token, registered
 * application and role to its operation (backend_serve.c), and its answer. */
#pragma once
#include "common/http/http.h"

struct visit;

bool backend_owns(const struct http_request *request);
void backend_head(struct visit *visit); /* takes the visit over */
void backend_refuse_unread(int status, const char *reason,
                           struct buf *out); /* the body of what the engine refuses itself */
void backend_finished(struct visit *visit);
const char *backend_error_code(const struct visit *visit); /* for the log; NULL: none */
const char *backend_fault_name(const struct visit *visit); /* likewise */
