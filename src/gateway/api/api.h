/* The public contract: gates, routes, handlers, errors, paging, filter, preconditions, repeatability.
 *
 * api_app() is what a listener of the server engine is given. A request passes, in this order: address list, token, rate
 * limit, 404/405/501, role, api-version, syntax of query and headers; then its body is read and its fields
 * are checked; then its job runs in the store; then the reply leaves. A refusal carries the error envelope
 * and x-ms-error-code wherever it happens. SQL and rules are not known here. Threads: everything runs on the
 * exchange's loop, but for the run functions of the routes, which the store calls. */
#pragma once
#include "common/base/buf.h"
#include "common/base/metric.h"
#include "common/http/http.h"

/* By which listener a request came. */
enum api_door {
    API_DOOR_ALL,    /* there is no listener of the portal's own: everything */
    API_DOOR_API,    /* there is one, and this is not it: everything but the portal's files */
    API_DOOR_PORTAL, /* it: everything, to user tokens alone, and with its own address list */
    API_DOORS
};

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
    struct str
        portal_origin; /* the same for people who came by a door of the portal's; empty: there is no portal */
    struct str base_domain;
    const struct domain_facts *facts;     /* outlives the api */
    const struct route_table *tables[12]; /* NULL ends; searched in this order */
    struct auth *auth;
    struct repo *repo;
    const struct backend *backend; /* may be NULL */
    struct offload *offload;       /* where calls to the back end run; may be NULL while there is none */
    /* Waits until the relationship that was committed for this tenant has been sent, or refused, or the time is up. On a thread of
     * `waiters`, which are others than those of the offload: who waits must not hold up who asks. NULL: nobody sends it. */
    void (*await_relationship)(void *arg, struct str tenant_id, struct mono until);
    void *await_arg;
    /* A committed change has made work due: kinds of outbox rows, as repo_job.touched has them. On any thread, cheap; NULL: nobody works. */
    void (*touched)(void *arg, unsigned kinds);
    void *touched_arg;
    struct offload *waiters;
    struct metrics *metrics;
    unsigned loops;
    void *user; /* for the tables of other rooms: their own state */
};

MUST_USE enum rc api_new(const struct api_config *config, struct api **ret, struct err *err);
void api_free(struct api *api);                                      /* after the server has ended */
const struct http_app *api_app(struct api *api, enum api_door door); /* for a listener of this kind */

/* For handlers. */
const struct domain_facts *api_facts(const struct api *api);
const struct api_config *api_settings(const struct api *api);
struct buf *api_out(struct api *api, unsigned loop); /* empty; of that loop alone */
struct observe *api_observe(struct api *api);
