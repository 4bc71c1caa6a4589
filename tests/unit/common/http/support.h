/* What the server tests share: a server with an application whose paths are its behaviours, and a blocking client.
 *   /hello       200 "hello"                       /echo      the body back
 *   /early       401 without reading the body      /close     200, and the connection ends
 *   /204 /304    no content                        /big       BIG_BYTES bytes
 *   /wait        suspends until rig_resume_all()     /later     suspends, a worker thread resumes
 *   /reset /cut  faults                            /body-wait reads the body, then as /wait
 *   /gate        suspends before the body (worker), then echoes it                                       */
#pragma once
#include <openssl/ssl.h>
#include <pthread.h>

#include "common/http/http.h"

#define BIG_BYTES   ((size_t)7 * 1024 * 1024) /* more than the kernel buffers for a client that does not read */
#define TICKETS_MAX 1024

struct rig {
    struct http_server *server;
    struct http_app app;
    struct metrics *metrics;
    uint16_t port, tls_port;
    char folder[64], certificate[96], key[96]; /* files made for this server */
    SSL_CTX *client_tls;
    char *big;

    pthread_t worker;     /* resumes what /later suspended, in groups */
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    struct http_ticket *tickets[TICKETS_MAX]; /* of /wait */
    size_t ticket_count;
    struct http_ticket *later[TICKETS_MAX];
    size_t later_count;
    bool stop;
    unsigned heads, finished, aborted, by_deadline, refused;
    struct http_outcome last;
    char reason[64]; /* of the last refusal */
};

/* The limits are the defaults with short times (below); `change` may be NULL. Listens on plain and TLS. */
#define RIG_MS 200                          /* each deadline of `rig_short` */
void rig_short(struct http_config *config); /* a `change`: every deadline RIG_MS */
void rig_start(struct rig *r, void (*change)(struct http_config *));
void rig_stop(struct rig *r); /* resumes what waits, drains, frees */
void rig_resume_all(struct rig *r);
void rig_certificate(const char *certificate, const char *key,
                     const char *name); /* writes a self-signed pair */

/* Wait until a counter has reached n; the test fails after 10 s. */
void rig_await(struct rig *r, const unsigned *counter, unsigned n);
unsigned rig_read(struct rig *r, const unsigned *counter);
void rig_await_tickets(struct rig *r, size_t n);
int64_t rig_metric(struct rig *r, enum http_metric row, const char *value);

struct client {
    int fd;
    SSL *tls;
    char *in; /* what was received and not taken yet */
    size_t n, cap;
};

struct answer {
    int status; /* 0: the connection ended before a whole reply */
    bool reset; /* ... by a reset */
    char head[4096];
    char body[256]; /* its beginning */
    size_t body_n;
};

bool client_open_from(struct client *c, struct rig *r, bool tls,
                      const char *source); /* false: not connected */
void client_open(struct client *c, struct rig *r, bool tls);
bool client_send(struct client *c, const void *bytes, size_t n); /* false: the connection broke */
void client_say(struct client *c, const char *text);
struct answer client_answer(struct client *c, bool head_only);
struct answer client_ask(struct client *c, const char *text);
bool client_ended(struct client *c); /* nothing more came, and it was no reset */
bool client_readable(struct client *c, int ms);
void client_half_close(struct client *c);
void client_close(struct client *c);
void client_reset(struct client *c);
bool answer_has(const struct answer *a, const char *line);
