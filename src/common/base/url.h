/* What a browser makes of a URL. Pure. */
#pragma once
#include "common/base/str.h"

/* The origin that the URL begins with ("https://host:port", a slice of it). False where a browser must not be sent: neither https:// nor
 * http:// to a loopback address or localhost, a user name, or a host that is no plain name or address. */
bool url_origin(struct str url, struct str *ret);
