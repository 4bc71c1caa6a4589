/* The token endpoint: OAuth 2.0 client credentials (RFC 6749 section 4.4) as Entra ID does it. The client
 * shows who it is by secret, in the form or as HTTP Basic, or by a signed assertion; the scope names one
 * resource. Fields it does not know are ignored. */
#pragma once

struct visit;

void grant_serve(struct visit *visit);
