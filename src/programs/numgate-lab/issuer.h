/* Names the issuer goes by: `iss`, and the addresses made from the lab's base URL. Text is appended. */
#pragma once
#include "common/base/buf.h"
#include "programs/numgate-lab/lab.h"

/* v1: https://sts.windows.net/<tenant>/, whatever the host; v2: <base>/<tenant>/v2.0 */
void issuer_put(const struct lab *lab, int64_t version, struct str tenant, struct buf *out);
/* <base>/<tenant>/oauth2/token or <base>/<tenant>/oauth2/v2.0/token */
void issuer_put_token_endpoint(const struct lab *lab, int64_t version, struct str tenant, struct buf *out);
bool issuer_is_shared(struct str tenant); /* "common" and "organizations": whoever's the client is */
