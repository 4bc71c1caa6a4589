/* The Number Management Portal as it is served: its files below /portal/, what it must know in /portal/config.json. Nothing here is secret,
 * so these routes pass the address list only; what the portal shows it asks of the API, with its user's token.
 *
 * /portal/assets/ holds files whose names change with their content: browsers keep them for good, and one that is not there is 404, never
 * index.html, which a browser would take for a script. Any other path below /portal/ is a view: index.html, asked for again each time,
 * under a policy that lets the page reach this origin and its issuer and nothing else.
 *
 * Threads: any. The files are swapped whole by portal_reload(); a request keeps those that it began with. A mutex guards the swap. */
#pragma once
#include "common/base/err.h"
#include "common/base/str.h"
#include "gateway/api/route.h"

struct portal;

/* Borrowed for as long as the portal is there, but for `files`. */
struct portal_config {
    struct str url; /* "https://provapi.example.net/portal/", where the issuer sends people back to */
    struct str issuer, authority; /* of the [issuer.NAME] that they sign in at: its name, its URL */
    struct str client_id, scope;
    const char *files; /* the directory */
};

MUST_USE enum rc portal_new(const struct portal_config *config, struct portal **ret, struct err *err);
/* Reads the files again, from `files`. On failure the old stay. */
MUST_USE enum rc portal_reload(struct portal *portal, const char *files, struct err *err);
struct str portal_origin(const struct portal *portal); /* of its URL */
void portal_free(struct portal *portal);               /* after the server has drained; NULL is fine */

extern const struct route_table portal_routes; /* no part of the OpenAPI document: not for programs */
