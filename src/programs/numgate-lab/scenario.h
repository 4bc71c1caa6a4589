/* A scenario: what a test or a demonstration begins with, in one JSON file. examples/scenario.json is one.
 *
 *   {"reset": true,                     left out: what is there stays
 *    "switches": {"jobMs": 30, ...},
 *    "applications": ["client id", ...],
 *    "enterprises": [{"tenantId": "UUID", "consent": {...},
 *                     "addresses": [{"id": "UUID", ...}],
 *                     "numbers": [{"telephoneNumber": "+44...", "count": 10, "service": "...", "usage": "...", ...}]}],
 *    "domains": [{"tenantId": "UUID", "id": "contoso.1r1.example.net", "token": "MS=ms12345678", "verified": false}],
 *    "faults": [{"operation": "uploadNumbers", "kind": "delay", "ms": 100}, ...]}
 *
 * The members of consents, addresses and numbers are those of the control endpoint (backend_change.h), domains are m365.h's; `count` is of
 * numbers in a row. Of the lab its back end and its domains are touched. */
#pragma once
#include "programs/numgate-lab/backend.h"
#include "programs/numgate-lab/lab.h"

#define SCENARIO_MAX ((size_t)8 << 20)

MUST_USE enum rc scenario_apply(const struct lab *lab, const struct json *scenario, struct err *err);
MUST_USE enum rc scenario_load(const struct lab *lab, const char *path, struct err *err);
