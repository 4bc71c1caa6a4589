/* The engine on the real store, for tests of what becomes of accounts that change. */
#pragma once
#include "../domain/world.h"
#include "gateway/dns/dns.h"

#define SECONDS 60 /* that a condition may take */

struct bench {
    struct world *w;
    struct dns_config config; /* what start takes */
    struct dns *dns;
};

int bench_make(struct bench *b);
int bench_drop(struct bench *b);
/* Returns when the deployment has been looked at, as it is after each start. */
void start(struct bench *b);
void stop(struct bench *b);
void pause_briefly(void);

#define await(condition)                                                                                     \
    do {                                                                                                     \
        struct mono until = mono_after(clock_mono(), SECONDS * 1000);                                        \
        while (!(condition)) {                                                                               \
            if (mono_left_ms(until, clock_mono()) == 0) {                                                    \
                fail_msg("%s:%d: not within %d s: %s", __FILE__, __LINE__, SECONDS, #condition);             \
            }                                                                                                \
            pause_briefly();                                                                                 \
        }                                                                                                    \
    } while (0)

/* Runs it as a transaction of the store. */
enum rc in_store(struct bench *b, enum repo_kind kind,
                 enum rc (*fn)(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err), void *arg);

/* "{...}" of an account with Direct Routing. */
void put_customer(struct bench *b, const char *name, const char *label, const char *token);
void disable_customer(struct bench *b, const char *name);
struct subdomain row_of(struct bench *b, const char *label); /* label absent: there is none */
size_t row_count(struct bench *b);
size_t work_count(struct bench *b); /* accounts that are still to be looked at */
uint32_t serial_of(struct bench *b);
