#include "gateway/auth/auth.h"

#include <pthread.h>

#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/base/mem.h"
#include "common/fetch/fetch.h"
#include "gateway/auth/access.h"
#include "gateway/auth/assemble.h"
#include "gateway/auth/cache.h"
#include "gateway/auth/users.h"

#include "common/base/banned.h"

#define CACHE_MS_MAX      60000 /* a token is verified again after this long */
#define RETRY_AFTER_MS    5000  /* told to those who came while there were no keys */
#define ISSUERS_MAX       100
#define USER_REQUESTS_MAX 60000 /* a minute; a user's ring of times takes 8 bytes for each */
#define CA_BYTES_MAX      (1024 * 1024)

static const struct metric_family family_checks = {
    "numgate_token_checks_total", METRIC_COUNTER, "Bearer tokens by what became of them.", {"result"}, NULL};

struct auth {
    struct issuers *issuers;
    struct cache *cache;
    struct users *users;
    pthread_rwlock_t lock; /* guards access */
    struct access access;
    struct metric *verified, *cached, *no_keys;
    struct metric *refused[TOKEN_FAULT_COUNT];
};

/* ---- configuration ---- */

/* RFC 6901: empty, or each part begins with '/' and '~' is followed by 0 or 1. */
static bool is_json_pointer(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        bool escape = i + 1 < s.n && (s.p[i + 1] == '0' || s.p[i + 1] == '1');
        if (s.p[i] == '~' && !escape) {
            return false;
        }
    }
    return s.n == 0 || s.p[0] == '/';
}

static bool any_is_for_all_tenants(const struct str *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_contains(names[i], STR(TOKEN_TENANT_TEMPLATE))) {
            return true;
        }
    }
    return false;
}

static bool any_is_empty(const struct str *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_empty(list[i])) {
            return true;
        }
    }
    return false;
}

static enum rc check_ca_file(struct str path, struct err *err)
{
    if (str_empty(path)) {
        return RC_OK;
    }
    CLEANUP(arena_freep) struct arena *mem = arena_new(2 * CA_BYTES_MAX);
    const char *name = arena_cstr(mem, path);
    struct str content;
    enum rc rc = name == NULL ? err_set(err, RC_LIMIT, NULL, "the path is too long")
                              : file_read(name, CA_BYTES_MAX, mem, &content, err);
    if (rc == RC_OK && !str_contains(content, STR("-----BEGIN"))) {
        rc = err_set(err, RC_INVALID, NULL, "%s holds no PEM certificate", name);
    }
    if (rc != RC_OK) {
        err_context(err, "ca_file");
    }
    return rc;
}

static enum rc check_issuer(const struct auth_issuer *issuer, struct err *err)
{
    enum rc rc = fetch_url_check(issuer->authority, err);
    if (rc != RC_OK) {
        err_context(err, "authority");
        return rc;
    }
    if (issuer->audience_count == 0 || any_is_empty(issuer->audiences, issuer->audience_count)) {
        return err_set(err, RC_INVALID, NULL, "audience is needed, and none of its entries may be empty");
    }
    if (any_is_empty(issuer->issuers_also, issuer->issuers_also_count) ||
        any_is_empty(issuer->tenants, issuer->tenant_count)) {
        return err_set(err, RC_INVALID, NULL, "issuer_also and tenants have no empty entries");
    }
    if (issuer->tenant_count == 0 &&
        any_is_for_all_tenants(issuer->issuers_also, issuer->issuers_also_count)) {
        return err_set(err, RC_INVALID, NULL,
                       "issuer_also holds " TOKEN_TENANT_TEMPLATE ", so tenants is needed");
    }
    if (!is_json_pointer(issuer->roles_claim)) {
        return err_set(err, RC_INVALID, NULL,
                       "roles_claim is a JSON Pointer such as /roles or /realm_access/roles");
    }
    return check_ca_file(issuer->ca_file, err);
}

static enum rc check_issuers(const struct auth_config *config, struct err *err)
{
    if (config->issuer_count > ISSUERS_MAX) {
        return err_set(err, RC_INVALID, NULL, "more than %d issuers", ISSUERS_MAX);
    }
    for (size_t i = 0; i < config->issuer_count; i++) {
        const struct auth_issuer *issuer = &config->issuers[i];
        enum rc rc = check_issuer(issuer, err);
        if (rc != RC_OK) {
            err_context(err, "[issuer.%" STR_FMT "]", STR_ARG(issuer->name));
            return rc;
        }
    }
    return RC_OK;
}

static enum rc check_limit(const struct auth_config *config, struct err *err)
{
    return config->user_requests_per_minute <= USER_REQUESTS_MAX
               ? RC_OK
               : err_set(err, RC_INVALID, NULL, "[limits] requests_per_minute_user is at most %d",
                         USER_REQUESTS_MAX);
}

enum rc auth_config_check(const struct auth_config *config, struct err *err)
{
    struct access access;
    enum rc rc = access_init(&access, config->allow, config->portal_allow, config->trusted_proxies, err);
    if (rc != RC_OK) {
        return rc;
    }
    access_clear(&access);
    rc = check_limit(config, err);
    return rc != RC_OK ? rc : check_issuers(config, err);
}

/* ---- life ---- */

static struct metric *result(struct metrics *metrics, const char *name)
{
    return metrics != NULL ? metrics_series(metrics, &family_checks, (const char *const[]){name}) : NULL;
}

static void make_metrics(struct auth *auth, struct metrics *metrics)
{
    auth->verified = result(metrics, "verified");
    auth->cached = result(metrics, "cached");
    auth->no_keys = result(metrics, "no-keys");
    for (int fault = TOKEN_OK + 1; fault < TOKEN_FAULT_COUNT; fault++) {
        auth->refused[fault] = result(metrics, token_fault_name((enum token_fault)fault));
    }
}

enum rc auth__new(const struct auth_config *config, const struct issuers_times *times, struct fetch *fetch,
                  struct metrics *metrics, struct auth **ret, struct err *err)
{
    enum rc rc = auth_config_check(config, err);
    if (rc != RC_OK) {
        return rc;
    }
    struct auth *auth = mem_alloc(sizeof(*auth));
    if (auth == NULL) {
        return err_set(err, RC_LIMIT, NULL, "no memory for the token checks");
    }
    pthread_rwlock_init(&auth->lock, NULL);
    make_metrics(auth, metrics);
    auth->cache = cache_new();
    auth->users = users_new(config->user_requests_per_minute);
    rc = auth->cache == NULL || auth->users == NULL
             ? err_set(err, RC_LIMIT, NULL, "no memory for the token checks")
             : access_init(&auth->access, config->allow, config->portal_allow, config->trusted_proxies, err);
    if (rc == RC_OK) {
        rc = issuers_new(config, times, fetch, metrics, &auth->issuers, err);
    }
    if (rc != RC_OK) {
        auth_free(auth);
        return rc;
    }
    *ret = auth;
    return RC_OK;
}

enum rc auth_new(const struct auth_config *config, struct fetch *fetch, struct metrics *metrics,
                 struct auth **ret, struct err *err)
{
    return auth__new(config, &issuers_times_default, fetch, metrics, ret, err);
}

enum rc auth_reload(struct auth *auth, const struct auth_config *config, struct err *err)
{
    struct access fresh;
    enum rc rc = check_limit(config, err);
    if (rc != RC_OK || (rc = access_init(&fresh, config->allow, config->portal_allow, config->trusted_proxies,
                                         err)) != RC_OK) {
        return rc;
    }
    pthread_rwlock_wrlock(&auth->lock);
    struct access old = auth->access;
    auth->access = fresh;
    pthread_rwlock_unlock(&auth->lock);
    access_clear(&old);
    users_set_limit(auth->users, config->user_requests_per_minute);
    return RC_OK;
}

void auth_free(struct auth *auth)
{
    if (auth == NULL) {
        return;
    }
    issuers_free(auth->issuers);
    cache_free(auth->cache);
    users_free(auth->users);
    access_clear(&auth->access);
    pthread_rwlock_destroy(&auth->lock);
    mem_free(auth);
}

bool auth_ready(const struct auth *auth, const char **ret_why)
{
    return issuers_ready(auth->issuers, ret_why);
}

enum rc auth_endpoints(struct auth *auth, struct str name, struct arena *mem, struct auth_endpoints *ret,
                       struct err *err)
{
    return issuers_endpoints(auth->issuers, name, mem, ret, err);
}

/* ---- addresses ---- */

enum rc auth_caller_address(struct auth *auth, const struct net_addr *peer, const struct str *forwarded,
                            size_t forwarded_count, struct net_addr *ret, struct err *err)
{
    pthread_rwlock_rdlock(&auth->lock);
    enum rc rc = access_caller(&auth->access, peer, forwarded, forwarded_count, ret, err);
    pthread_rwlock_unlock(&auth->lock);
    return rc;
}

bool auth_address_allowed(struct auth *auth, bool by_portal, const struct net_addr *address)
{
    pthread_rwlock_rdlock(&auth->lock);
    bool allowed = access_allows(by_portal ? &auth->access.portal : &auth->access.allow, address);
    pthread_rwlock_unlock(&auth->lock);
    return allowed;
}

/* ---- tokens ---- */

static enum rc refuse(struct auth *auth, enum token_fault fault, struct err *err)
{
    metric_add(auth->refused[fault], 1);
    return err_set(err, RC_DENIED, NULL, "%s", token_fault_text(fault));
}

static enum rc no_keys(struct auth *auth, struct auth_waiter *waiter, struct err *err)
{
    if (waiter == NULL) { /* else this request comes again and is counted then */
        metric_add(auth->no_keys, 1);
    }
    (void)err_set(err, RC_BUSY, NULL, "the keys of the token's issuer cannot be fetched at present");
    if (err != NULL) {
        err->retry_after_ms = RETRY_AFTER_MS;
    }
    return RC_BUSY;
}

static bool find_cached(struct auth *auth, const struct cache_key *key, struct arena *mem, struct actor *ret)
{
    struct actor actor = *ret;
    struct cache_origin origin;
    if (!cache_find(auth->cache, key, clock_mono(), mem, &actor, &origin) ||
        origin.generation != issuers_generation(auth->issuers, origin.issuer)) {
        return false;
    }
    *ret = actor;
    metric_add(auth->cached, 1);
    return true;
}

static void keep(struct auth *auth, const struct cache_key *key, struct cache_origin origin,
                 const struct actor *actor, struct wall now, struct wall expires)
{
    int64_t left_ms = expires.ms - now.ms;
    if (left_ms > 0) {
        struct mono until = mono_after(clock_mono(), left_ms < CACHE_MS_MAX ? left_ms : CACHE_MS_MAX);
        cache_put(auth->cache, key, until, origin, actor);
    }
}

static enum rc verify(struct auth *auth, const struct token *token, size_t issuer, struct auth_waiter *waiter,
                      struct cache_origin *ret_origin, struct err *err)
{
    struct key_ref ref;
    enum rc rc = issuers_key(auth->issuers, issuer, token->jose.kid, waiter, &ref);
    if (rc != RC_OK) {
        return rc == RC_BUSY ? no_keys(auth, waiter, err) : refuse(auth, TOKEN_UNKNOWN_KEY, err);
    }
    enum jose_fault fault = jose_verify(&token->jose, ref.key);
    *ret_origin = (struct cache_origin){issuer, ref.generation};
    key_ref_release(&ref);
    return fault == JOSE_OK ? RC_OK : refuse(auth, (enum token_fault)fault, err);
}

enum rc auth_token_check(struct auth *auth, struct str text, struct arena *mem, struct auth_waiter *waiter,
                         struct actor *ret, struct err *err)
{
    if (text.n > LIMIT_TOKEN) {
        return refuse(auth, (enum token_fault)JOSE_TOO_LONG, err);
    }
    struct cache_key key = cache_key(text);
    if (find_cached(auth, &key, mem, ret)) {
        return RC_OK;
    }
    struct token token;
    enum token_fault fault = token_parse(text, mem, &token);
    if (fault != TOKEN_OK) {
        return refuse(auth, fault, err);
    }
    size_t issuer;
    enum rc rc = issuers_find(auth->issuers, &token, waiter, &issuer);
    if (rc != RC_OK) {
        return rc == RC_BUSY ? no_keys(auth, waiter, err) : refuse(auth, TOKEN_UNKNOWN_ISSUER, err);
    }
    struct actor actor = *ret;
    struct wall now = clock_wall(), expires;
    fault = token_check(&token, issuers_rules(auth->issuers, issuer), now, mem, &actor, &expires);
    if (fault != TOKEN_OK) {
        return refuse(auth, fault, err);
    }
    struct cache_origin origin;
    rc = verify(auth, &token, issuer, waiter, &origin, err);
    if (rc != RC_OK) {
        return rc;
    }
    metric_add(auth->verified, 1);
    keep(auth, &key, origin, &actor, now, expires);
    *ret = actor;
    return RC_OK;
}

bool auth_user_admit(struct auth *auth, const struct actor *actor, uint32_t *ret_retry_after_ms)
{
    int64_t wait_ms = 0;
    bool admitted = users_admit(auth->users, actor->caller, clock_mono(), &wait_ms);
    if (!admitted) {
        *ret_retry_after_ms = (uint32_t)wait_ms;
    }
    return admitted;
}
