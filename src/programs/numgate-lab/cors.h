/* Which web pages may ask the lab from a script (the Fetch standard's CORS protocol): those of the origins of registered redirect
 * URIs, at the routes that say so: discovery, keys and tokens. No credentials: cookies are for pages that people see. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct http_header;
struct visit;

/* Up to three headers of every answer of such a route; none at others. */
size_t cors_put_headers(const struct visit *visit, struct http_header *headers);
/* The browser asks before it sends, from an origin that may. */
bool cors_is_preflight(const struct visit *visit);
void cors_serve_preflight(struct visit *visit);
