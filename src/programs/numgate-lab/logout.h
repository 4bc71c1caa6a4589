/* The end of a session (OpenID Connect RP-Initiated Logout 1.0): of the browser's own, or of the one an id_token_hint names, with
 * everything that was given under it. Back to post_logout_redirect_uri, which must be one of the client's redirect URIs, as Entra ID
 * has it; the client is the one of client_id, of the hint, or, without both, whoever has the address. A request that is refused ends
 * nothing. */
#pragma once

struct visit;

void logout_serve(struct visit *visit); /* GET, and POST of the same as a form */
