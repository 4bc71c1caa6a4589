/* The request headers with a syntax of their own: preconditions and repeatability. Read before the body,
 * judged in the transaction. */
#pragma once
#include "gateway/api/call.h"

/* RC_INVALID "InvalidHeader": a precondition that cannot be checked is never ignored. Dates: IMF-fixdate, RFC
 * 3339 accepted too. */
MUST_USE enum rc condition_read(struct call *call, struct err *err);
/* Both headers or none, a date within the window; sets call->repeat. RC_INVALID "RepeatabilityRejected" or
 * "RepeatabilityExpired". */
MUST_USE enum rc repeat_read(struct call *call, struct err *err);
/* When the body is there: what makes a request the same request (method, raw target, If-* headers, body). */
void repeat_fingerprint(struct call *call);
