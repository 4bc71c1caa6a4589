/* Query strings: name and value pairs, percent-decoded; '+' is a blank, as forms and most clients write it.
 * Pure functions. */
#pragma once
#include "common/base/arena.h"
#include "common/base/err.h"

/* Takes the next pair off the front. False at the end. Names and values are decoded into the arena.
 * RC_INVALID in *ret_rc when an escape is malformed, or the text is not UTF-8 or has control bytes. */
bool query_next(struct str *rest, struct arena *mem, struct str *ret_name, struct str *ret_value,
                enum rc *ret_rc);
/* Writes text so that it can stand in a query: all but unreserved characters (RFC 3986) are escaped. */
struct str query_escape(struct str text, struct arena *mem);
