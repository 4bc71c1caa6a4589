/* The documents clients read before they ask for a token: OpenID Connect discovery as Entra ID gives it in
 * its v1 and v2 forms, the key set, and instance discovery. All say that this is the lab. */
#pragma once

struct visit;

void discovery_serve_configuration(struct visit *visit);
void discovery_serve_keys(struct visit *visit);
void discovery_serve_instance(struct visit *visit);
