/* The token endpoint. Applications: OAuth 2.0 client credentials (RFC 6749 section 4.4) as Entra ID does it. The client shows who
 * it is by secret, in the form or as HTTP Basic, or by a signed assertion; the scope names one resource. People who signed in to
 * a public client: user_grant.h. Fields it does not know are ignored. */
#pragma once
#include "programs/numgate-lab/assertion.h"
#include "programs/numgate-lab/form.h"
#include "programs/numgate-lab/refusal.h"
#include "programs/numgate-lab/signin.h"
#include "programs/numgate-lab/token.h"

struct tenant;
struct visit;

void grant_serve(struct visit *visit);

/* For the files of this endpoint. One request, filled by one gate after the other. */
struct grant {
    struct visit *visit;
    struct arena *mem;
    struct form form;
    const struct tenant *tenant; /* NULL: the client's own */
    struct str client_id;
    struct str secret;         /* of an application; absent: none was sent */
    struct str assertion_text; /* the same */
    struct assertion assertion;
    struct signin_grant given; /* of a person */
    bool renewed;
    struct token_order order;
    struct str detail; /* what the refusal quotes */
};
enum refusal grant__refuse(struct grant *grant, enum refusal refusal, struct str detail);
struct str grant__field(const struct grant *grant, const char *name); /* an empty field is none */
enum refusal grant__find_client(struct grant *grant);
/* One after the other, up to the first that refuses. */
enum refusal grant__pass(struct grant *grant, enum refusal (*const *gates)(struct grant *), size_t count);
