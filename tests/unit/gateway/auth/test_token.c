#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/base/buf.h"
#include "gateway/auth/token.h"

#define NOW       2000000000LL /* seconds */
#define HEADER    "{\"alg\":\"RS256\",\"kid\":\"k\",\"typ\":\"JWT\"}"
#define TID       "72f988bf-86f1-41af-91ab-2d7cd011db47"
#define ISS       "https://login.example/" TID "/v2.0"
#define AUD       "api://numgate"
#define OK_TIMES  "\"exp\":2000003600,\"nbf\":2000000000,\"iat\":2000000000"
#define OK_CLAIMS "\"iss\":\"" ISS "\",\"aud\":\"" AUD "\",\"tid\":\"" TID "\"," OK_TIMES

static const struct str audiences[] = {{"https://func.example", 20}, {AUD, sizeof(AUD) - 1}};
static const struct str tenants[] = {{"00000000-0000-0000-0000-000000000000", 36},
                                     {"72F988BF-86F1-41AF-91AB-2D7CD011DB47", 36}};
static const struct auth_issuer rules = {.audiences = audiences, .audience_count = 2};

static int given_arena(void **state)
{
    *state = arena_new(64 << 20);
    return *state == NULL;
}

static int drop_arena(void **state)
{
    arena_free(*state);
    return 0;
}

static struct str token_of(struct arena *mem, const char *header, const char *claims)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    jose_base64url_put(&text, str_of(header));
    buf_put_char(&text, '.');
    jose_base64url_put(&text, str_of(claims));
    buf_put_str(&text, STR(".AAAA"));
    struct str token = arena_str(mem, buf_str(&text));
    buf_clear(&text);
    return token;
}

static enum token_fault check(struct arena *mem, const char *claims, const struct auth_issuer *with,
                              struct actor *ret)
{
    struct token token;
    struct wall expires;
    enum token_fault fault = token_parse(token_of(mem, HEADER, claims), mem, &token);
    return fault != TOKEN_OK ? fault
                             : token_check(&token, with, (struct wall){NOW * 1000}, mem, ret, &expires);
}

static void test_token_parse__reads_claims_strictly(void **state)
{
    static const struct {
        const char *header, *claims;
        int fault;
    } cases[] = {
        {HEADER, "{" OK_CLAIMS "}", TOKEN_OK},
        {HEADER, "{\"iss\":\"a\"}", TOKEN_OK},
        {"{\"alg\":\"RS256\"}", "{\"iss\":\"a\"}", JOSE_BAD_KID},
        {"{\"alg\":\"none\",\"kid\":\"k\"}", "{\"iss\":\"a\"}", JOSE_BAD_ALG},
        {"{\"alg\":\"HS256\",\"kid\":\"k\"}", "{\"iss\":\"a\"}", JOSE_BAD_ALG},
        {"{\"alg\":\"RS384\",\"kid\":\"k\"}", "{\"iss\":\"a\"}", JOSE_BAD_ALG},
        {"{\"alg\":\"RS256\",\"kid\":\"k\",\"crit\":[\"x\"],\"x\":1}", "{\"iss\":\"a\"}", JOSE_EXTENSION},
        {"{\"alg\":\"RS256\",\"kid\":\"k\",\"kid\":\"k\"}", "{\"iss\":\"a\"}", JOSE_BAD_HEADER},
        {HEADER, "{\"iss\":\"a\",\"iss\":\"a\"}", TOKEN_BAD_CLAIMS},
        {HEADER, "{\"iss\":\"a\",\"roles\":[],\"roles\":[\"ProvisioningAPI.Admin\"]}", TOKEN_BAD_CLAIMS},
        {HEADER, "{\"iss\":\"a\",\"x\":{\"y\":1,\"y\":2}}", TOKEN_BAD_CLAIMS},
        {HEADER, "{\"iss\":\"a\"} {}", TOKEN_BAD_CLAIMS},
        {HEADER, "[{\"iss\":\"a\"}]", TOKEN_BAD_CLAIMS},
        {HEADER, "\"iss\"", TOKEN_BAD_CLAIMS},
        {HEADER, "{\"iss\":\"a\xff\"}", TOKEN_BAD_CLAIMS},
        {HEADER, "{\"iss\":\"a\\u0000\"}", TOKEN_BAD_CLAIMS},
        {HEADER, "{}", TOKEN_BAD_CLAIMS},
        {HEADER, "{\"iss\":\"\"}", TOKEN_BAD_CLAIMS},
        {HEADER, "{\"iss\":[\"a\"]}", TOKEN_BAD_CLAIMS},
        {HEADER, "{\"iss\":\"a\",\"tid\":7}", TOKEN_BAD_CLAIMS},
        {HEADER, "{\"iss\":\"a\",\"tid\":\"\"}", TOKEN_BAD_CLAIMS},
        {HEADER, "{\"iss\":\"a\",\"x\":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}", TOKEN_BAD_CLAIMS},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct token token;
        int fault = (int)token_parse(token_of(*state, cases[i].header, cases[i].claims), *state, &token);
        if (fault != cases[i].fault) {
            fail_msg("case %zu: %s", i, token_fault_name((enum token_fault)fault));
        }
    }
}

static void test_token_is_from__takes_the_tenant_for_the_template(void **state)
{
    static const struct {
        const char *claims, *pattern;
        bool from;
    } cases[] = {
        {"{\"iss\":\"https://a/t/v2.0\"}", "https://a/t/v2.0", true},
        {"{\"iss\":\"https://a/t/v2.0/\"}", "https://a/t/v2.0", false},
        {"{\"iss\":\"https://A/t/v2.0\"}", "https://a/t/v2.0", false},
        {"{\"iss\":\"https://a/t/v2.0\",\"tid\":\"t\"}", "https://a/{tenantid}/v2.0", true},
        {"{\"iss\":\"https://a/t/\",\"tid\":\"t\"}", "https://a/{tenantid}/", true},
        {"{\"iss\":\"https://a/t\",\"tid\":\"t\"}", "https://a/{tenantid}", true},
        {"{\"iss\":\"https://a/t/v2.0\",\"tid\":\"u\"}", "https://a/{tenantid}/v2.0", false},
        {"{\"iss\":\"https://a/t/v2.0\"}", "https://a/{tenantid}/v2.0", false},
        {"{\"iss\":\"https://a//v2.0\"}", "https://a/{tenantid}/v2.0", false},
        {"{\"iss\":\"https://a/{tenantid}/v2.0\"}", "https://a/{tenantid}/v2.0", false},
        {"{\"iss\":\"https://a/t/v2.0\",\"tid\":\"t/v2.0\"}", "https://a/{tenantid}/v2.0", false},
        {"{\"iss\":\"https://a/b/t/v2.0\",\"tid\":\"t\"}", "https://a/{tenantid}/v2.0", false},
        {"{\"iss\":\"https://a/t/v2.0x\",\"tid\":\"t\"}", "https://a/{tenantid}/v2.0", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct token token;
        assert_int_equal(token_parse(token_of(*state, HEADER, cases[i].claims), *state, &token), TOKEN_OK);
        if (token_is_from(&token, str_of(cases[i].pattern)) != cases[i].from) {
            fail_msg("case %zu", i);
        }
    }
}

static void test_token_check__holds_claims_against_the_rules(void **state)
{
    static const struct {
        const char *claims;
        enum token_fault fault;
    } cases[] = {
#define WITH(rest) "{\"iss\":\"a\",\"azp\":\"c\"," rest "}"
        {WITH("\"aud\":\"" AUD "\",\"exp\":2000000001"), TOKEN_OK},
        {WITH("\"aud\":[\"x\",\"" AUD "\"],\"exp\":2000000001"), TOKEN_OK},
        {WITH("\"aud\":\"https://func.example\",\"exp\":2000000001"), TOKEN_OK},
        {WITH("\"exp\":2000000001"), TOKEN_WRONG_AUDIENCE},
        {WITH("\"aud\":\"API://numgate\",\"exp\":2000000001"), TOKEN_WRONG_AUDIENCE},
        {WITH("\"aud\":\"api://numgate/\",\"exp\":2000000001"), TOKEN_WRONG_AUDIENCE},
        {WITH("\"aud\":[],\"exp\":2000000001"), TOKEN_WRONG_AUDIENCE},
        {WITH("\"aud\":[[\"" AUD "\"]],\"exp\":2000000001"), TOKEN_WRONG_AUDIENCE},
        {WITH("\"aud\":{\"" AUD "\":1},\"exp\":2000000001"), TOKEN_WRONG_AUDIENCE},
#define TIMES(rest) WITH("\"aud\":\"" AUD "\"," rest)
        {TIMES("\"nbf\":1"), TOKEN_NO_EXPIRY},
        {TIMES("\"exp\":2000000000"), TOKEN_OK},
        {TIMES("\"exp\":1999999941"), TOKEN_OK}, /* the last second of the skew */
        {TIMES("\"exp\":1999999940"), TOKEN_EXPIRED},
        {TIMES("\"exp\":0"), TOKEN_EXPIRED},
        {TIMES("\"exp\":-1"), TOKEN_BAD_CLAIMS},
        {TIMES("\"exp\":2000000001.5"), TOKEN_BAD_CLAIMS},
        {TIMES("\"exp\":\"2000000001\""), TOKEN_BAD_CLAIMS},
        {TIMES("\"exp\":null"), TOKEN_BAD_CLAIMS},
        {TIMES("\"exp\":true"), TOKEN_BAD_CLAIMS},
        {TIMES("\"exp\":100000000000"), TOKEN_OK},
        {TIMES("\"exp\":100000000001"), TOKEN_BAD_CLAIMS},
        {TIMES("\"exp\":9223372036854775807"), TOKEN_BAD_CLAIMS},
        {TIMES("\"exp\":2000000001,\"nbf\":2000000060"), TOKEN_OK},
        {TIMES("\"exp\":2000000001,\"nbf\":2000000061"), TOKEN_NOT_YET},
        {TIMES("\"exp\":2000000001,\"iat\":2000000060"), TOKEN_OK},
        {TIMES("\"exp\":2000000001,\"iat\":2000000061"), TOKEN_NOT_YET},
        {TIMES("\"exp\":2000000001,\"nbf\":\"0\""), TOKEN_BAD_CLAIMS},
        {TIMES("\"exp\":2000000001,\"iat\":[]"), TOKEN_BAD_CLAIMS},
#define WHO(rest) "{\"iss\":\"a\",\"aud\":\"" AUD "\",\"exp\":2000000001" rest "}"
        {WHO(""), TOKEN_NO_CLIENT},
        {WHO(",\"appid\":\"c\""), TOKEN_OK},
        {WHO(",\"client_id\":\"c\""), TOKEN_OK},
        {WHO(",\"azp\":\"\""), TOKEN_BAD_CLAIMS},
        {WHO(",\"azp\":7"), TOKEN_BAD_CLAIMS},
        {WHO(",\"azp\":\"a\\nb\""), TOKEN_BAD_CLAIMS},
        {WHO(",\"azp\":\"c\",\"oid\":{}"), TOKEN_BAD_CLAIMS},
        {WHO(",\"azp\":\"c\",\"sub\":1"), TOKEN_BAD_CLAIMS},
        {WHO(",\"azp\":\"c\",\"roles\":[\"ProvisioningAPI.ReadUser\"]"), TOKEN_NO_USER},
        {WHO(",\"azp\":\"c\",\"sub\":\"s\",\"roles\":[\"ProvisioningAPI.ReadUser\"]"), TOKEN_OK},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct actor actor = {0};
        enum token_fault fault = check(*state, cases[i].claims, &rules, &actor);
        if (fault != cases[i].fault) {
            fail_msg("case %zu: %s: %s", i, cases[i].claims, token_fault_name(fault));
        }
    }
}

static void test_token_check__bounds_the_length_of_ids(void **state)
{
    for (int n = 256; n <= 257; n++) {
        char id[300] = {0};
        memset(id, 'x', (size_t)n);
        struct actor actor = {0};
        struct str claims = arena_printf(*state, WHO(",\"azp\":\"%s\""), id);
        assert_int_equal(check(*state, claims.p, &rules, &actor), n == 256 ? TOKEN_OK : TOKEN_BAD_CLAIMS);
    }
}

static void test_token_check__wants_a_listed_tenant(void **state)
{
    struct auth_issuer with = rules;
    with.tenants = tenants;
    with.tenant_count = 2;
    static const struct {
        const char *claims;
        enum token_fault fault;
    } cases[] = {
        {WHO(",\"azp\":\"c\",\"tid\":\"" TID "\""), TOKEN_OK},
        {WHO(",\"azp\":\"c\",\"tid\":\"72f988bf-86f1-41af-91ab-2d7cd011db48\""), TOKEN_WRONG_TENANT},
        {WHO(",\"azp\":\"c\""), TOKEN_WRONG_TENANT},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct actor actor = {0};
        if (check(*state, cases[i].claims, &with, &actor) != cases[i].fault) {
            fail_msg("case %zu", i);
        }
    }
}

static void test_token_check__reads_roles(void **state)
{
    enum {
        R = ROLE_READ,
        W = ROLE_WRITE,
        D = ROLE_DELETE,
        ALL = ROLE_READ | ROLE_WRITE | ROLE_DELETE | ROLE_ADMIN
    };
    static const struct {
        const char *pointer, *claims;
        unsigned roles;
        bool is_user;
    } cases[] = {
        {"", "\"roles\":[\"ProvisioningAPI.Read\"]", R, false},
        {"/roles", "\"roles\":[\"ProvisioningAPI.Read\",\"ProvisioningAPI.Write\",\"other\"]", R | W, false},
        {"/roles", "\"roles\":[\"ProvisioningAPI.Delete\"]", D, false},
        {"/roles", "\"roles\":[\"ProvisioningAPI.Admin\"]", ALL, false},
        {"/roles", "\"roles\":\"ProvisioningAPI.Write\"", W, false},
        {"/roles", "\"roles\":\"ProvisioningAPI.Write ProvisioningAPI.Read\"", 0, false},
        {"/roles", "\"roles\":[\"ProvisioningAPI.ReadUser\",\"ProvisioningAPI.WriteUser\"]", R | W, true},
        {"/roles", "\"roles\":[\"ProvisioningAPI.AdminUser\"]", ALL, true},
        {"/roles", "\"roles\":[\"ProvisioningAPI.Admin\",\"ProvisioningAPI.ReadUser\"]", R,
         true}, /* only User roles count */
        {"/roles", "\"roles\":[\"ProvisioningAPI.DeleteUser\",\"ProvisioningAPI.Write\"]", D, true},
        {"/roles",
         "\"roles\":[\"provisioningapi.read\",\"ProvisioningAPI.READ\",\"Read\",\"ProvisioningAPI.\"]", 0,
         false},
        {"/roles",
         "\"roles\":[\"ProvisioningAPI.User\",\"ProvisioningAPI.Readuser\",\"XProvisioningAPI.Read\"]", 0,
         false},
        {"/roles",
         "\"roles\":[\"ProvisioningAPI.Read \",\" ProvisioningAPI.Read\",7,null,[\"ProvisioningAPI.Read\"]]",
         0, false},
        {"/roles", "\"roles\":{\"ProvisioningAPI.Read\":true}", 0, false},
        {"/roles", "\"roles\":null", 0, false},
        {"/roles", "\"x\":1", 0, false},
        {"/realm_access/roles", "\"realm_access\":{\"roles\":[\"offline_access\",\"ProvisioningAPI.Read\"]}",
         R, false},
        {"/realm_access/roles", "\"roles\":[\"ProvisioningAPI.Read\"]", 0, false},
        {"/resource_access/num~1gate/roles",
         "\"resource_access\":{\"num/gate\":{\"roles\":[\"ProvisioningAPI.Read\"]}}", R, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct auth_issuer with = rules;
        with.roles_claim = str_of(cases[i].pointer);
        struct str claims = arena_printf(*state, WHO(",\"azp\":\"c\",\"oid\":\"o\",%s"), cases[i].claims);
        struct actor actor = {0};
        enum token_fault fault = check(*state, claims.p, &with, &actor);
        bool right = fault == TOKEN_OK && actor.roles == cases[i].roles &&
                     actor.is_user == cases[i].is_user &&
                     actor.way == (actor.is_user ? ACTOR_PORTAL : ACTOR_API);
        if (!right) {
            fail_msg("case %zu: %s: %s, roles %x", i, cases[i].claims, token_fault_name(fault), actor.roles);
        }
    }
}

static void test_token_check__names_the_caller(void **state)
{
    static const struct {
        const char *claims, *caller, *tenant, *client, *object, *name;
    } cases[] = {
        /* Entra ID v2, application */
        {"{" OK_CLAIMS ",\"ver\":\"2.0\",\"azp\":\"app\",\"oid\":\"sp\",\"sub\":\"sp\",\"roles\":["
         "\"ProvisioningAPI.Read\"]}",
         TID "/app", TID, "app", "sp", NULL},
        /* Entra ID v1, the same application: the same caller */
        {"{\"iss\":\"https://sts.windows.net/" TID "/\",\"aud\":\"" AUD "\",\"tid\":\"" TID "\"," OK_TIMES
         ",\"ver\":\"1.0\",\"appid\":\"app\",\"app_displayname\":\"BSS\",\"oid\":\"sp\",\"roles\":["
         "\"ProvisioningAPI.Read\"]}",
         TID "/app", TID, "app", "sp", "BSS"},
        /* a user */
        {"{" OK_CLAIMS ",\"azp\":\"portal\",\"oid\":\"u1\",\"sub\":\"pairwise\",\"name\":\"J\xc3\xbcrgen\","
         "\"preferred_username\":\"j@example.net\",\"roles\":[\"ProvisioningAPI.ReadUser\"]}",
         TID "/portal/u1", TID, "portal", "u1", "J\xc3\xbcrgen"},
        /* Keycloak */
        {"{\"iss\":\"https://kc/realms/r\",\"aud\":\"" AUD
         "\",\"exp\":2000003600,\"azp\":\"bss\",\"client_id\":\"bss\","
         "\"sub\":\"s\",\"preferred_username\":\"service-account-bss\"}",
         "https:%2F%2Fkc%2Frealms%2Fr/bss", NULL, "bss", "s", "service-account-bss"},
        /* ids cannot be so chosen that two callers meet */
        {"{" OK_CLAIMS ",\"azp\":\"a/b%\",\"oid\":\"o\"}", TID "/a%2Fb%25", TID, "a/b%", "o", NULL},
        /* a name that cannot be shown is left out */
        {"{" OK_CLAIMS ",\"azp\":\"a\",\"name\":\"x\\u001b[1m\",\"oid\":\"o\"}", TID "/a", TID, "a", "o",
         NULL},
        {"{" OK_CLAIMS ",\"azp\":\"a\",\"name\":7}", TID "/a", TID, "a", NULL, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct actor actor = {.request_id = STR("kept")};
        enum token_fault fault = check(*state, cases[i].claims, &rules, &actor);
        bool right = fault == TOKEN_OK && str_eq(actor.caller, str_of(cases[i].caller)) &&
                     str_eq(actor.tenant, str_of(cases[i].tenant)) &&
                     str_eq(actor.client_id, str_of(cases[i].client)) &&
                     str_eq(actor.object_id, str_of(cases[i].object)) &&
                     str_eq(actor.name, str_of(cases[i].name)) && str_eq(actor.request_id, STR("kept"));
        if (!right) {
            fail_msg("case %zu: %s: %" STR_FMT, i, token_fault_name(fault), STR_ARG(actor.caller));
        }
    }
}

static void test_token_faults__are_a_bounded_set_of_labels(void **state)
{
    (void)state;
    for (int i = 0; i < TOKEN_FAULT_COUNT; i++) {
        const char *name = token_fault_name((enum token_fault)i);
        assert_true(name != NULL && name[0] != '\0' && token_fault_text((enum token_fault)i)[0] != '\0');
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(name, token_fault_name((enum token_fault)j));
        }
    }
}

static void test_role_name__is_that_of_the_contract(void **state)
{
    (void)state;
    assert_string_equal(auth_role_name(ROLE_READ, false), "ProvisioningAPI.Read");
    assert_string_equal(auth_role_name(ROLE_WRITE, true), "ProvisioningAPI.WriteUser");
    assert_string_equal(auth_role_name(ROLE_DELETE, false), "ProvisioningAPI.Delete");
    assert_string_equal(auth_role_name(ROLE_ADMIN, true), "ProvisioningAPI.AdminUser");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_token_parse__reads_claims_strictly),
        cmocka_unit_test(test_token_is_from__takes_the_tenant_for_the_template),
        cmocka_unit_test(test_token_check__holds_claims_against_the_rules),
        cmocka_unit_test(test_token_check__bounds_the_length_of_ids),
        cmocka_unit_test(test_token_check__wants_a_listed_tenant),
        cmocka_unit_test(test_token_check__reads_roles),
        cmocka_unit_test(test_token_check__names_the_caller),
        cmocka_unit_test(test_token_faults__are_a_bounded_set_of_labels),
        cmocka_unit_test(test_role_name__is_that_of_the_contract),
    };
    return cmocka_run_group_tests(tests, given_arena, drop_arena);
}
