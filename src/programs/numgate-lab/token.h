/* Access tokens for applications with the claims Entra ID puts into them, version 1.0 and 2.0. */
#pragma once
#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "programs/numgate-lab/directory.h"
#include "programs/numgate-lab/lab.h"

/* How the client showed who it is; the numbers are those of the claims appidacr and azpacr. */
enum token_proof { TOKEN_BY_SECRET = 1, TOKEN_BY_KEY = 2 };

struct token_order {
    const struct client *client;
    const struct resource *resource;
    struct str identifier; /* by which the resource was asked for: the audience of v1 tokens */
    enum token_proof proof;
    struct wall now;
    bool expired;   /* fault: it is over already */
    bool wrong_key; /* fault: signed by the impostor */
};
MUST_USE enum rc token_issue(const struct lab *lab, const struct token_order *order, struct buf *out,
                             struct err *err);
