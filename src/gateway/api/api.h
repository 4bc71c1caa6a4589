/* The public contract: gates, routes, handlers, errors, paging, filter, preconditions, repeatability.
 *
 * api_app() is what the server engine is given. A request passes, in this order: address list, token, rate
 * limit, 404/405/501, role, api-version, syntax of query and headers; then its body is read and its fields
 * are checked; then its job runs in the store; then the reply leaves. A refusal carries the error envelope
 * and x-ms-error-code wherever it happens. SQL and rules are not known here. Threads: everything runs on the
 * exchange's loop, but for the run functions of the routes, which the store calls. */
#pragma once
#include "common/base/buf.h"
#include "common/base/metric.h"
#include "common/http/http.h"

struct api;
struct auth;
struct backend;
struct domain_facts;
struct observe;
struct offload;
struct repo;
struct route_table;

struct api_config {
    struct str public_url; /* scheme and host of nextLink; empty: decided by Host, see page.h */
    struct str base_domain;
    const struct domain_facts *facts;    /* outlives the api */
    const struct route_table *tables[4]; /* NULL ends; searched in this order */
    struct auth *auth;
    struct repo *repo;
    const struct backend *backend; /* may be NULL */
    struct offload *offload;       /* where calls to the back end run; may be NULL while there is none */
    struct metrics *metrics;
    unsigned loops;
    void *user; /* for the tables of other rooms: their own state */
};

MUST_USE enum rc api_new(const struct api_config *config, struct api **ret, struct err *err);
void api_free(struct api *api); /* after the server has ended */
const struct http_app *api_app(struct api *api);

/* For handlers. */
const struct domain_facts *api_facts(const struct api *api);
const struct api_config *api_settings(const struct api *api);
struct buf *api_out(struct api *api, unsigned loop); /* empty; of that loop alone */
struct observe *api_observe(struct api *api);
