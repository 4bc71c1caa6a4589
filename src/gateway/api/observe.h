/* What the operator sees of requests: one log line and the metrics. */
#pragma once
#include "gateway/api/call.h"

struct observe;
struct observe *observe_new(struct metrics *metrics, const struct route_table *const *tables);
void observe_free(struct observe *observe);
void observe_refusal(struct api *api, const char *reason);
void observe_engine_refusal(struct api *api, struct call *call, const struct error_row *row,
                            const char *reason);
void observe_finished(struct api *api, struct http_exchange *x, const struct http_outcome *outcome);
