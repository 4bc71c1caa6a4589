#include "gateway/auth/token.h"

#include "common/json/read.h"

#include "common/base/banned.h"

#define ID_BYTES_MAX 256            /* of tid, client and object ids: they go into audit rows and keys */
#define SECONDS_MAX  100000000000LL /* of a NumericDate: far beyond any calendar, safe to multiply */

static const struct {
    const char *name, *text;
} faults[TOKEN_FAULT_COUNT - JOSE_FAULT_COUNT] = {
#define ROW(fault) [fault - JOSE_FAULT_COUNT]
    ROW(TOKEN_BAD_CLAIMS) =
        {"claims",
         "the token's claims are not one JSON object with each name once and each value of its type"},
    ROW(TOKEN_UNKNOWN_ISSUER) = {"issuer", "the token's issuer is not accepted here"},
    ROW(TOKEN_WRONG_AUDIENCE) = {"audience", "the token's audience is not accepted here"},
    ROW(TOKEN_NO_EXPIRY) = {"no-expiry", "the token has no exp claim"},
    ROW(TOKEN_EXPIRED) = {"expired", "the token has expired"},
    ROW(TOKEN_NOT_YET) = {"not-yet", "the token is not valid yet (nbf or iat lies ahead)"},
    ROW(TOKEN_WRONG_TENANT) = {"tenant", "the token's tenant (tid) is not accepted here"},
    ROW(TOKEN_NO_CLIENT) = {"client", "the token names no client (azp, appid or client_id)"},
    ROW(TOKEN_NO_USER) = {"user", "the token has a user's roles but names no user (oid or sub)"},
    ROW(TOKEN_UNKNOWN_KEY) = {"unknown-key", "the token's kid names no key of its issuer"},
#undef ROW
};

const char *token_fault_name(enum token_fault fault)
{
    return (int)fault < JOSE_FAULT_COUNT ? jose_fault_name((enum jose_fault)fault)
                                         : faults[fault - JOSE_FAULT_COUNT].name;
}

const char *token_fault_text(enum token_fault fault)
{
    return (int)fault < JOSE_FAULT_COUNT ? jose_fault_text((enum jose_fault)fault)
                                         : faults[fault - JOSE_FAULT_COUNT].text;
}

/* ---- reading ---- */

static bool is_printable(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c < ' ' || c == 0x7F) {
            return false;
        }
    }
    return true;
}

/* A claim that identifies somebody: absent, or a short text. */
static bool read_id(const struct json *claims, const char *name, struct str *ret)
{
    const struct json *value = json_get(claims, str_of(name));
    *ret = json_string(value);
    return value == NULL || (ret->n > 0 && ret->n <= ID_BYTES_MAX && is_printable(*ret));
}

enum token_fault token_parse(struct str text, struct arena *mem, struct token *ret)
{
    struct token token = {0};
    enum jose_fault fault = jose_parse(text, mem, &token.jose);
    if (fault != JOSE_OK) {
        return (enum token_fault)fault;
    }
    if (str_absent(token.jose.kid)) {
        return (enum token_fault)JOSE_BAD_KID;
    }
    if (json_parse(token.jose.payload, mem, &token.claims, NULL) != RC_OK ||
        json_type(token.claims) != JSON_OBJECT) {
        return TOKEN_BAD_CLAIMS;
    }
    token.iss = json_string(json_get(token.claims, STR("iss")));
    if (str_empty(token.iss) || !read_id(token.claims, "tid", &token.tid)) {
        return TOKEN_BAD_CLAIMS;
    }
    *ret = token;
    return TOKEN_OK;
}

bool token_is_from(const struct token *token, struct str pattern)
{
    struct str template = STR(TOKEN_TENANT_TEMPLATE);
    ptrdiff_t at = str_find(pattern, '{');
    if (at < 0 || !str_starts(str_slice(pattern, (size_t)at, pattern.n), template)) {
        return str_eq(token->iss, pattern);
    }
    struct str before = str_slice(pattern, 0, (size_t)at);
    struct str after = str_slice(pattern, (size_t)at + template.n, pattern.n);
    return token->tid.n > 0 && token->iss.n == before.n + token->tid.n + after.n &&
           str_starts(token->iss, before) && str_ends(token->iss, after) &&
           str_eq(str_slice(token->iss, before.n, before.n + token->tid.n), token->tid);
}

/* ---- who it is for, and when ---- */

static bool is_one_of(struct str value, const struct str *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(value, list[i])) {
            return true;
        }
    }
    return false;
}

/* RFC 7519 section 4.1.3: one string or an array of them. */
static enum token_fault check_audience(const struct json *claims, const struct auth_issuer *rules)
{
    const struct json *aud = json_get(claims, STR("aud"));
    if (is_one_of(json_string(aud), rules->audiences, rules->audience_count)) {
        return TOKEN_OK;
    }
    for (size_t i = 0; aud != NULL && json_type(aud) == JSON_ARRAY && i < json_count(aud); i++) {
        if (is_one_of(json_string(json_at(aud, i)), rules->audiences, rules->audience_count)) {
            return TOKEN_OK;
        }
    }
    return TOKEN_WRONG_AUDIENCE;
}

/* A NumericDate in whole seconds. False: there, but no such thing. */
static bool read_time(const struct json *claims, const char *name, bool *ret_there, struct wall *ret)
{
    const struct json *value = json_get(claims, str_of(name));
    *ret_there = value != NULL;
    if (value == NULL) {
        return true;
    }
    int64_t seconds = json_int(value);
    if (json_type(value) != JSON_INT || seconds < 0 || seconds > SECONDS_MAX) {
        return false;
    }
    *ret = (struct wall){seconds * 1000};
    return true;
}

static enum token_fault check_times(const struct json *claims, struct wall now, struct wall *ret_expires)
{
    bool has_exp, has_nbf, has_iat;
    struct wall exp = {0}, nbf = {0}, iat = {0};
    if (!read_time(claims, "exp", &has_exp, &exp) || !read_time(claims, "nbf", &has_nbf, &nbf) ||
        !read_time(claims, "iat", &has_iat, &iat)) {
        return TOKEN_BAD_CLAIMS;
    }
    if (!has_exp) {
        return TOKEN_NO_EXPIRY;
    }
    if (now.ms >= exp.ms + TOKEN_SKEW_MS) {
        return TOKEN_EXPIRED;
    }
    if ((has_nbf && now.ms < nbf.ms - TOKEN_SKEW_MS) || (has_iat && now.ms < iat.ms - TOKEN_SKEW_MS)) {
        return TOKEN_NOT_YET;
    }
    *ret_expires = exp;
    return TOKEN_OK;
}

/* ---- who it is, and what they may do ---- */

static const struct {
    struct str name;
    enum role role;
} roles[] = {
    {{"Read", 4}, ROLE_READ},
    {{"Write", 5}, ROLE_WRITE},
    {{"Delete", 6}, ROLE_DELETE},
    {{"Admin", 5}, ROLE_READ | ROLE_WRITE | ROLE_DELETE | ROLE_ADMIN},
};

struct granted {
    unsigned application, user; /* enum role bits */
};

static void grant(struct granted *granted, struct str role)
{
    struct str prefix = STR("ProvisioningAPI."), suffix = STR("User");
    if (!str_starts(role, prefix)) {
        return;
    }
    role = str_slice(role, prefix.n, role.n);
    bool user = str_ends(role, suffix);
    role = user ? str_slice(role, 0, role.n - suffix.n) : role;
    for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
        if (str_eq(role, roles[i].name)) {
            *(user ? &granted->user : &granted->application) |= roles[i].role;
        }
    }
}

static struct granted read_roles(const struct json *claims, struct str pointer)
{
    struct granted granted = {0};
    const struct json *value = json_pointer(claims, pointer);
    if (value == NULL) {
        return granted;
    }
    if (json_type(value) == JSON_STRING) {
        grant(&granted, json_string(value));
    }
    for (size_t i = 0; json_type(value) == JSON_ARRAY && i < json_count(value); i++) {
        grant(&granted, json_string(json_at(value, i)));
    }
    return granted;
}

/* The first of these claims that is there. */
static enum token_fault read_first_id(const struct json *claims, const char *const *names, size_t count,
                                      struct str *ret)
{
    *ret = STR_NONE;
    for (size_t i = 0; i < count; i++) {
        struct str id;
        if (!read_id(claims, names[i], &id)) {
            return TOKEN_BAD_CLAIMS;
        }
        *ret = str_absent(*ret) ? id : *ret;
    }
    return TOKEN_OK;
}

/* For people only: what cannot be shown is left out. */
static struct str read_name(const struct json *claims)
{
    static const char *const names[] = {"name", "preferred_username", "app_displayname"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct str name = json_string(json_get(claims, str_of(names[i])));
        if (name.n > 0 && name.n <= ID_BYTES_MAX && is_printable(name)) {
            return name;
        }
    }
    return STR_NONE;
}

/* One part of a caller's key, so written that a '/' in it cannot be taken for the one between parts. */
static void put_part(struct buf *out, struct str part)
{
    for (size_t i = 0; i < part.n; i++) {
        if (part.p[i] == '/' || part.p[i] == '%') {
            buf_printf(out, "%%%02X", (unsigned char)part.p[i]);
        } else {
            buf_put_char(out, part.p[i]);
        }
    }
}

/* tenant/client or tenant/client/user. Where there are no tenants the issuer stands for one: two may have a
 * client of one name. */
static struct str caller_key(const struct token *token, const struct actor *actor, struct arena *mem)
{
    CLEANUP(buf_clear) struct buf key;
    buf_init(&key, 8 * 1024);
    put_part(&key, str_absent(token->tid) ? str_slice(token->iss, 0, ID_BYTES_MAX) : token->tid);
    buf_put_char(&key, '/');
    put_part(&key, actor->client_id);
    if (actor->is_user) {
        buf_put_char(&key, '/');
        put_part(&key, actor->object_id);
    }
    return arena_str(mem, buf_str(&key));
}

static enum token_fault read_actor(const struct token *token, struct str roles_claim, struct arena *mem,
                                   struct actor *actor)
{
    static const char *const client_names[] = {"azp", "appid", "client_id"};
    static const char *const object_names[] = {"oid", "sub"};
    enum token_fault fault =
        read_first_id(token->claims, client_names, ARRAY_LEN(client_names), &actor->client_id);
    if (fault == TOKEN_OK) {
        fault = read_first_id(token->claims, object_names, ARRAY_LEN(object_names), &actor->object_id);
    }
    if (fault != TOKEN_OK) {
        return fault;
    }
    struct granted granted = read_roles(token->claims, roles_claim);
    actor->is_user = granted.user != 0;
    actor->roles = actor->is_user ? granted.user : granted.application;
    actor->way = actor->is_user ? ACTOR_PORTAL : ACTOR_API;
    actor->tenant = token->tid;
    actor->name = read_name(token->claims);
    if (str_absent(actor->client_id)) {
        return TOKEN_NO_CLIENT;
    }
    if (actor->is_user && str_absent(actor->object_id)) {
        return TOKEN_NO_USER;
    }
    actor->caller = caller_key(token, actor, mem);
    return TOKEN_OK;
}

static bool tenant_is_allowed(const struct token *token, const struct auth_issuer *rules)
{
    for (size_t i = 0; i < rules->tenant_count; i++) {
        if (str_eq_ci(token->tid, rules->tenants[i])) {
            return true;
        }
    }
    return rules->tenant_count == 0;
}

enum token_fault token_check(const struct token *token, const struct auth_issuer *rules, struct wall now,
                             struct arena *mem, struct actor *ret_actor, struct wall *ret_expires)
{
    if (!tenant_is_allowed(token, rules)) {
        return TOKEN_WRONG_TENANT;
    }
    struct wall expires;
    enum token_fault fault = check_audience(token->claims, rules);
    if (fault != TOKEN_OK || (fault = check_times(token->claims, now, &expires)) != TOKEN_OK) {
        return fault;
    }
    struct actor actor = *ret_actor;
    fault =
        read_actor(token, str_empty(rules->roles_claim) ? STR("/roles") : rules->roles_claim, mem, &actor);
    if (fault == TOKEN_OK) {
        *ret_actor = actor;
        *ret_expires = expires;
    }
    return fault;
}

const char *auth_role_name(enum role role, bool user)
{
    static const struct {
        enum role role;
        const char *name, *user_name;
    } names[] = {
        {ROLE_ADMIN, "ProvisioningAPI.Admin", "ProvisioningAPI.AdminUser"},
        {ROLE_DELETE, "ProvisioningAPI.Delete", "ProvisioningAPI.DeleteUser"},
        {ROLE_WRITE, "ProvisioningAPI.Write", "ProvisioningAPI.WriteUser"},
        {ROLE_READ, "ProvisioningAPI.Read", "ProvisioningAPI.ReadUser"},
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (role & names[i].role) {
            return user ? names[i].user_name : names[i].name;
        }
    }
    return "";
}
