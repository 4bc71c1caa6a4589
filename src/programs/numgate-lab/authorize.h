/* The authorization endpoint: OpenID Connect by authorization code with PKCE (OpenID Connect Core section 3.1, RFC 7636, RFC 9700).
 * Client and redirect URI are looked at first, and what is wrong with them is said on a page; everything else goes back to the
 * redirect URI. Then a session answers by itself, or a page with one button for each user. */
#pragma once

struct visit;

void authorize_serve(
    struct visit *visit); /* GET, and POST of the same as a form, with `user` when a button was pressed */
