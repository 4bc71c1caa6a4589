/* The cookie that names a session. `__Host-` makes browsers insist on Secure, on Path=/ and on this host alone. */
#pragma once
#include "common/base/arena.h"

struct http_request;

struct str cookie_of(const struct http_request *request); /* absent: none; the first of several */
/* Values of Set-Cookie, in the arena. The cookie ends with the browser; the session ends on our side. */
struct str cookie_setting(struct arena *mem, const char *value);
struct str cookie_clearing(void);
