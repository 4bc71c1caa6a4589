#include "programs/numgate-lab/issuer.h"

#include "common/base/banned.h"

void issuer_put(const struct lab *lab, int64_t version, struct str tenant, struct buf *out)
{
    if (version == 1) {
        buf_printf(out, "https://sts.windows.net/%" STR_FMT "/", STR_ARG(tenant));
        return;
    }
    buf_printf(out, "%" STR_FMT "/%" STR_FMT "/v2.0", STR_ARG(lab->base), STR_ARG(tenant));
}

void issuer_put_token_endpoint(const struct lab *lab, int64_t version, struct str tenant, struct buf *out)
{
    buf_printf(out, "%" STR_FMT "/%" STR_FMT "/oauth2/%stoken", STR_ARG(lab->base), STR_ARG(tenant),
               version == 1 ? "" : "v2.0/");
}

bool issuer_is_shared(struct str tenant)
{
    return str_eq(tenant, STR("common")) || str_eq(tenant, STR("organizations"));
}
