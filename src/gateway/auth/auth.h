/* Who may come in: addresses, bearer tokens, roles, the limit of each portal user.
 *
 * Tokens are JWTs as Entra ID (v1 and v2), Keycloak or numgate-lab issue them. The order of the checks is
 * fixed: our own strict parse of header and claims first, the signature (common/jose) last of all before the
 * times are accepted; see token.h. Verified tokens are kept in a bounded cache until they end, their key
 * goes, or a minute has passed. Keys come by OIDC discovery, are refreshed in the background, asked for again
 * at most once in 30 s an issuer for an unknown `kid`, and used stale for a bounded time while the issuer is
 * away.
 *
 * Threads: everything may be called from any thread and never blocks. Configuration is a snapshot, swapped
 * whole by auth_reload(). */
#pragma once
#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/metric.h"
#include "common/base/net.h"
#include "gateway/domain/actor.h"

struct auth;
struct fetch;

struct auth_issuer {
    struct str name;      /* of the section */
    struct str authority; /* discovery at <authority>/.well-known/openid-configuration */
    const struct str *audiences;
    size_t audience_count;
    const struct str *issuers_also; /* accepted beside the discovered issuer */
    size_t issuers_also_count;
    const struct str *tenants; /* allowed `tid`; needed when the discovered issuer holds {tenantid} */
    size_t tenant_count;
    struct str ca_file;     /* private CA, or empty */
    struct str roles_claim; /* JSON Pointer, "/roles" */
};
struct auth_config {
    const struct auth_issuer *issuers;
    size_t issuer_count;
    struct str allow;                  /* CIDR list; empty: loopback only */
    struct str portal_allow;           /* the same, for what comes by the portal's own listeners */
    struct str trusted_proxies;        /* CIDR list whose X-Forwarded-For counts */
    bool test_target;                  /* accepts an issuer that announces itself as numgate-lab */
    uint32_t user_requests_per_minute; /* 0 = no limit */
};

/* Copies the configuration; starts to fetch keys at once. `fetch` and `metrics` outlive it. */
MUST_USE enum rc auth_new(const struct auth_config *config, struct fetch *fetch, struct metrics *metrics,
                          struct auth **ret, struct err *err);
MUST_USE enum rc auth_config_check(const struct auth_config *config,
                                   struct err *err); /* what auth_new would refuse */
/* Address lists and limits of a new configuration; issuers need a restart. On failure the old stay. */
MUST_USE enum rc auth_reload(struct auth *auth, const struct auth_config *config, struct err *err);
void auth_free(struct auth *auth); /* waits for nothing: pending waiters are called first */
bool auth_ready(const struct auth *auth, const char **ret_why); /* keys of every issuer are there */

/* Where people sign in, as the discovery document of an issuer says. Absent: it does not say, or names what is neither https:// nor http://
 * to loopback. */
struct auth_endpoints {
    struct str issuer, authorization, token, end_session;
};
/* Of the [issuer.NAME] of that name, copied to mem. RC_BUSY: its document was not read yet. RC_NOT_FOUND: no such issuer. */
MUST_USE enum rc auth_endpoints(struct auth *auth, struct str name, struct arena *mem,
                                struct auth_endpoints *ret, struct err *err);

/* The caller: the peer, or, when that is a listed proxy, the last entry of X-Forwarded-For that is no listed
 * proxy. Several header lines count as one list. RC_INVALID when malformed. */
MUST_USE enum rc auth_caller_address(struct auth *auth, const struct net_addr *peer,
                                     const struct str *forwarded, size_t forwarded_count,
                                     struct net_addr *ret, struct err *err);
bool auth_address_allowed(struct auth *auth, bool by_portal, const struct net_addr *address);

/* Waits for keys. `ready` is called once, on any thread, perhaps before auth_token_check() has returned, and
 * at most 5 s later; then the check is made again with no waiter. */
struct auth_waiter {
    void (*ready)(struct auth_waiter *waiter);
    struct auth_waiter *next; /* auth's own */
    struct mono until;        /* auth's own */
};
/* Fills way, caller, tenant, client_id, object_id, name, roles and is_user of *ret (in the arena). RC_DENIED:
 * the token is not good, the message says why in words that are safe to send (401); a good token without any
 * of our roles is RC_OK with roles == 0. RC_BUSY with a waiter: keys are being fetched, ready() will be
 * called; without one: keys are not to be had now (503). */
MUST_USE enum rc auth_token_check(struct auth *auth, struct str token, struct arena *mem,
                                  struct auth_waiter *waiter, struct actor *ret, struct err *err);
/* A slot of the user's own limit. False: *ret_retry_after_ms says when. */
bool auth_user_admit(struct auth *auth, const struct actor *actor, uint32_t *ret_retry_after_ms);

const char *auth_role_name(enum role role,
                           bool user); /* "ProvisioningAPI.Write", "ProvisioningAPI.WriteUser" */
