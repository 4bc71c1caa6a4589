/* The admin port: /live, /ready (with the reason when not) and /metrics. Loopback only, no token. */
#pragma once
#include "common/http/http.h"

struct auth;
struct repo;

struct admin {
    struct http_app app; /* for http_listen; arg is the admin itself */
    struct metrics *metrics;
    struct repo *repo;
    struct auth *auth;
};
void admin_init(struct admin *admin, struct metrics *metrics, struct repo *repo, struct auth *auth);
