/* What a browser says of the file it asks for: which codings it takes, which copy it has. Pure. */
#pragma once
#include "common/http/http.h"
#include "gateway/ops/portal_files.h"

/* The coding of the file that Accept-Encoding likes best (RFC 9110, 12.5.3), the smaller of equals; identity where it likes none. */
enum portal_coding portal_accept_coding(const struct http_request *request, const struct portal_file *file);
/* If-None-Match names this tag, or any. */
bool portal_accept_has(const struct http_request *request, struct str etag);
