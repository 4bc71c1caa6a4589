/* Bearer tokens: the text as it is sent, and, since a mutation hardly ever stays base64, the same bytes as
 * header and claims of a token ("header\nclaims"). What is accepted must be canonical and must hold what the
 * rules ask for. */
#include <stddef.h>
#include <stdint.h>

#include "common/base/limits.h"
#include "gateway/auth/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct str audiences[] = {{"a", 1}};
static const struct str tenants[] = {{"t", 1}};

static void check_actor(const struct token *token, const struct auth_issuer *rules, struct arena *mem)
{
    struct wall expires = {0};
    struct actor actor = {0};
    if (token_check(token, rules, (struct wall){2000000000000}, mem, &actor, &expires) != TOKEN_OK) {
        return;
    }
    ensure(expires.ms > 2000000000000 - TOKEN_SKEW_MS);
    ensure(actor.caller.n > 0 && actor.client_id.n > 0 && actor.client_id.n <= 256);
    ensure(rules->tenant_count == 0 || str_eq(actor.tenant, tenants[0]) || str_eq(actor.tenant, STR("T")));
    ensure(!actor.is_user || (actor.roles != 0 && actor.object_id.n > 0));
    ensure(!(actor.roles & ROLE_ADMIN) || actor.roles == (ROLE_READ | ROLE_WRITE | ROLE_DELETE | ROLE_ADMIN));
}

static void check_token(struct str text, struct arena *mem)
{
    struct token token;
    if (token_parse(text, mem, &token) != TOKEN_OK) {
        return;
    }
    ensure(text.n <= LIMIT_TOKEN && token.jose.alg != JOSE_ALG_NONE && token.jose.kid.n > 0 &&
           token.iss.n > 0);
    (void)token_is_from(&token, STR("https://a/{tenantid}/v2.0"));
    const struct auth_issuer rules[] = {
        {.audiences = audiences, .audience_count = 1},
        {.audiences = audiences,
         .audience_count = 1,
         .tenants = tenants,
         .tenant_count = 1,
         .roles_claim = STR("/r/0")},
    };
    check_actor(&token, &rules[0], mem);
    check_actor(&token, &rules[1], mem);
}

/* Whatever can be decoded is the encoding of its bytes, and of nothing else. */
static void check_base64url(struct str text, struct arena *mem)
{
    struct str bytes;
    if (jose_base64url_decode(text, mem, &bytes)) {
        struct buf again;
        buf_init(&again, 2 * text.n + 1);
        jose_base64url_put(&again, bytes);
        ensure(!buf_failed(&again) && str_eq(buf_str(&again), text));
        buf_clear(&again);
    }
}

static void check_parts(struct str parts, struct arena *mem)
{
    struct str header;
    struct buf text;
    buf_init(&text, 4 * parts.n + 16);
    (void)str_split(&parts, '\n', &header);
    jose_base64url_put(&text, header);
    buf_put_char(&text, '.');
    jose_base64url_put(&text, parts);
    buf_put_str(&text, STR(".AAAA"));
    check_token(buf_str(&text), mem);
    buf_clear(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {size > 0 ? (const char *)data : "", size};
    struct arena *mem = arena_new(LIMIT_REQUEST_ARENA);
    check_token(text, mem);
    check_base64url(text, mem);
    check_parts(text, mem);
    arena_free(mem);
    return 0;
}
