/* Moves accounts and numbers to the back end, and consents, addresses and assignments back. Level-triggered: a piece of leased work
 * (gateway/work) reads what is wanted now, compares it with what the back end has, and moves that; whatever node does it, and however
 * often it is killed on the way. docs/sync.md has the rules in words.
 *
 *   outward.c       an account's numbers: what is missing is ordered, orders are asked for until they have ended (plan.c makes them,
 *                   settle.c writes down what became of them, order.c keeps them)
 *   account.c       an account whose sync or consent has changed: its numbers are gone through
 *   relationship.c  what the operator says of an enterprise
 *   inward.c        by the clock: consents (consents.c) and changed numbers (changes.c); numbers.c takes what is said of numbers
 *   sweep.c         every number of a tenant once a day (repair.c uploads again what is missing), and its addresses (addresses.c)
 *
 * It knows struct backend (domain/backend.h) and not what is behind it; operator_connect.c is one, over HTTPS.
 * Threads: its own (the engine's); sync_wake may be called on any. */
#pragma once
#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/metric.h"

struct backend;
struct domain_facts;
struct repo;
struct sync;

struct sync_config {
    struct repo *repo; /* these four outlive it */
    const struct backend *backend;
    const struct domain_facts *facts;
    struct metrics *metrics; /* may be NULL */
    uint32_t calls;        /* that the back end takes at a time: twice as many tenants are worked on; 0 = 8 */
    uint32_t poll_ms;      /* how often consents and changes are asked for; 0 = 30 s */
    uint32_t sweep_ms;     /* in which every number is seen once; 0 = 24 h */
    uint32_t retry_max_ms; /* the longest pause after failures; 0 = 5 min */
    uint32_t look_ms;      /* how often work is looked for without being told of it (sync_wake); 0 = 1 s */
    uint32_t lease_ms;     /* how long after its death a node's work stays with it; 0 = 4 s */
};

MUST_USE enum rc sync_start(const struct sync_config *config, struct sync **ret, struct err *err);
/* Nothing more is begun, and a call that fails from now on is no failure: before the back end is stopped. Who waits goes on. NULL is fine. */
void sync_end(struct sync *sync);
/* Waits for calls under way: end the back end's first. NULL is fine. */
void sync_stop(struct sync *sync);
/* A committed change has made work of these kinds due (repo_job.touched): look now. Cheap. */
void sync_wake(struct sync *sync, unsigned outbox_kinds);
/* The same, for the relationship of this tenant; returns when this node has sent it, or met a failure, or the time is up. Blocks. */
void sync_await_relationship(struct sync *sync, struct str tenant_id, struct mono until);
