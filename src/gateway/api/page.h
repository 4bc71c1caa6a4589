/* Lists: the query parameters that ask for one, and the link to its next page.
 *
 * A nextLink is the request's own target with one parameter more, `continuation`, in place of top and skip.
 * It holds what is left:
 * "<skip left>.<top left or ->.<key of the last item>", so a page is reached by its key at any depth. The
 * other parameters are kept as they were sent. Its scheme and host come from public_url; without it from Host
 * when that is provapi.<base_domain>, localhost or an IP literal; else it is https://provapi.<base_domain>,
 * because clients send their token wherever it points. */
#pragma once
#include "gateway/api/call.h"

/* One of top, skip, maxpagesize, filter, countRecords, continuation. RC_NOT_FOUND: none of them. */
MUST_USE enum rc list_param_read(struct call *call, struct str name, struct str value, struct err *err);
void list_params_default(struct list_params *list);
struct list_query list_params_query(const struct list_params *list, struct str account);
/* The link to what comes after call->page, or absent when this was the last page. */
struct str next_link(struct call *call);
