/* How the proxy is steered: JSON over plain HTTP on a listener of its own, on loopback.
 *
 *      GET    /lab/rules       {"rules": [...]}, with how often each was looked at and has struck
 *      POST   /lab/rules       one rule, see rule.h, behind the others
 *      PUT    /lab/rules       {"rules": [...]} in place of all: a scenario
 *      DELETE /lab/rules       none any more
 *      GET    /lab/listener    {"open": true}
 *      POST   /lab/listener    {"open": false, "ms": 5000}; without ms: until it is opened
 *      GET    /lab/requests    the last requests that came by, the oldest first
 *      DELETE /lab/requests    forgets them
 *      POST   /lab/reset, GET /lab/snapshot, POST /lab/restore: see part.h */
#pragma once
#include "common/http/http.h"

struct proxy;

struct http_app proxy_control_app(struct proxy *proxy);
