/* The gates, in their order, and what happens after them. The engine's three callbacks. */
#pragma once
#include "common/http/http.h"

void gate_head(void *api, struct http_exchange *x);
void gate_refused(void *api, struct http_exchange *x, const char *reason, struct arena *mem,
                  struct http_reply *reply);
void gate_finished(void *api, struct http_exchange *x, const struct http_outcome *outcome);
