/* What none of the public contract covers: everything under /numgate/v1/, and /openapi.json.
 * It brings a route table to api and gets the same gates; its requests are not counted for the rate limit. */
#pragma once
#include <stdatomic.h>

#include "common/base/err.h"
#include "common/base/str.h"
#include "gateway/ops/dns.h"

struct api;
struct auth;
struct portal;
struct repo;
struct route_table;

/* What its handlers need; the program hands it to api as `user`. Outlives the api. */
struct ops {
    struct str base_domain;
    bool single_region, test_target;
    struct str custom_header_name;
    _Atomic uint32_t requests_per_minute, requests_per_minute_user; /* written at reload, read by loops */
    struct ops_dns dns;
    struct portal *portal; /* NULL: it is not served, and portal_routes are not among the tables */
    struct str openapi;    /* the document, made once by ops_openapi() */
};

extern const struct route_table ops_routes;

void ops_set_limits(struct ops *ops, uint32_t requests_per_minute, uint32_t requests_per_minute_user);
struct buf;
void ops_openapi(struct buf *out); /* of the contract's routes and these */
/* Ready to serve: the store takes writes, and there are keys to check tokens with. *ret_why says why not. Any
 * thread. */
bool ops_ready(struct repo *repo, struct auth *auth, const char **ret_why);
