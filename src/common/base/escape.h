/* Text from outside made safe to embed: the inside of a JSON string (RFC 8259 section 7), for the JSON writer
 * and the log. Besides what the RFC demands, DEL and U+0080 to U+009F are escaped, since terminals obey them;
 * what is not UTF-8 becomes U+FFFD. */
#pragma once
#include "common/base/buf.h"

void escape_json(struct buf *out, struct str text); /* without the quotes around it */
