/* The accepted issuers and their keys: OIDC discovery, then the key set it names, again and again.
 *
 * The name an issuer goes by is `issuer` of its document, which need not be the authority: Entra ID's v1
 * documents name another host.
 *
 * A round is both fetches. Rounds run at start, every `refresh_ms`, after a failure with back-off, and early
 * when a token names a key that is not known (at most once in `kid_ms` an issuer). Keys stay in use while
 * rounds fail, for `stale_ms` at most.
 *
 * States of an issuer's keys: none (start, or dropped as too old; tokens wait or get 503) → fresh → stale
 * (rounds fail) → fresh or none.
 *
 * Threads: anything from any thread; nothing blocks. One thread of its own ("keeper") starts rounds and ends
 * waiting that took too long; replies arrive on fetch's thread. One lock guards the state of all issuers; no
 * callback is made under it. */
#pragma once
#include "common/base/clock.h"
#include "gateway/auth/token.h"

struct issuers;

struct issuers_times {
    uint32_t refresh_ms; /* each wait is up to a tenth shorter or longer, so that nodes spread */
    uint32_t backoff_min_ms, backoff_max_ms; /* after the first failure, doubling, at most */
    uint32_t stale_ms;                       /* keys older than this are dropped */
    uint32_t kid_ms;                         /* between two rounds for unknown keys */
    uint32_t wait_ms;                        /* how long a request waits for keys */
    uint32_t round_ms;                       /* how long both fetches may take together */
};
extern const struct issuers_times issuers_times_default;

/* The configuration was checked and is copied. `fetch` and `metrics` outlive the last round, metrics may be
 * NULL. */
MUST_USE enum rc issuers_new(const struct auth_config *config, const struct issuers_times *times,
                             struct fetch *fetch, struct metrics *metrics, struct issuers **ret,
                             struct err *err);
void issuers_free(
    struct issuers *issuers); /* waiters are called; a round under way ends by itself, unheard */

/* Every issuer has keys; else *ret_why names one that has none (lives as long as issuers). */
bool issuers_ready(struct issuers *issuers, const char **ret_why);

/* The index of the issuer that a token's `iss` names. RC_NOT_FOUND: none. RC_BUSY: one is not known yet whose
 * name it may be. */
MUST_USE enum rc issuers_find(struct issuers *issuers, const struct token *token, struct auth_waiter *waiter,
                              size_t *ret);
/* As auth_endpoints(). */
MUST_USE enum rc issuers_endpoints(struct issuers *issuers, struct str name, struct arena *mem,
                                   struct auth_endpoints *ret, struct err *err);
const struct auth_issuer *issuers_rules(const struct issuers *issuers, size_t index);

/* A key, held until key_ref_release(). */
struct key_set;
struct key_ref {
    const struct jose_key *key;
    struct key_set *set;
    uint64_t generation;
};
/* RC_NOT_FOUND: the issuer has no such key, and was asked a moment ago. RC_BUSY: not to be had now; a waiter
 * is called later. */
MUST_USE enum rc issuers_key(struct issuers *issuers, size_t index, struct str kid,
                             struct auth_waiter *waiter, struct key_ref *ret);
void key_ref_release(struct key_ref *ref);

/* Goes up whenever the keys of an issuer change or are dropped. */
uint64_t issuers_generation(const struct issuers *issuers, size_t index);
