/* A TCP proxy before a PostgreSQL server, on a thread of its own, that fails when it is told to: it looks for the commits that pass. */
#pragma once
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

enum proxy_mode {
    PROXY_PASS,
    PROXY_REFUSE,  /* everything is cut, whoever comes is turned away */
    PROXY_SWALLOW, /* whoever comes is let in, and nothing is passed on */
};

struct proxy {
    uint16_t port; /* its own, on 127.0.0.1 */
    uint16_t server_port;
    _Atomic enum proxy_mode mode;
    /* What happens to the commits to come, of transactions with an operation id that are one packet, one letter each; then they pass:
     *      b  cut before it, and before all that travels with it
     *      n  passed on, and cut at once
     *      a  passed on, and cut instead of the answer */
    const char *_Atomic commits;
    int listener, wake[2];
    pthread_t thread;
};
void proxy_start(struct proxy *proxy, uint16_t server_port);
void proxy_set(struct proxy *proxy, enum proxy_mode mode);
void proxy_stop(struct proxy *proxy);
