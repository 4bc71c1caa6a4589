/* The gates, in their order, and what happens after them. The engine's three callbacks. */
#pragma once
#include "common/http/http.h"
#include "gateway/api/api.h"

/* What they get as their argument. */
struct gate_door {
    struct api *api;
    enum api_door door;
};
void gate_head(void *door, struct http_exchange *x);
void gate_refused(void *door, struct http_exchange *x, const char *reason, struct arena *mem,
                  struct http_reply *reply);
void gate_finished(void *door, struct http_exchange *x, const struct http_outcome *outcome);
