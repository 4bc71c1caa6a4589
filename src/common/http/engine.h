/* The inside of the engine: what its .c files share and nobody else may see.
 *
 *   server.c    configuration, sockets, threads, start and drain
 *   loop.c      one epoll loop: events, accepting, deadlines, tickets that came back, the end of a drain
 *   conn.c      one connection: its phases, reading and writing
 *   body.c      request bodies, read or refused
 *   exchange.c  one request and its reply as the application sees it
 *   reply.c     the bytes of a reply
 *   parse.c, tls.c, admit.c   know nothing of the rest
 *
 * A struct belongs to its loop's thread unless a comment says otherwise, so there are no locks here. Steady state needs no
 * allocation: connections, exchanges with their arenas and input buffers come from the loop's spare lists. */
#pragma once
#include <pthread.h>
#include <stdatomic.h>
#include <sys/queue.h>

#include "common/http/admit.h"
#include "common/http/parse.h"
#include "common/http/tls.h"

struct conn;
struct loop;

/* Something epoll watches; the first member of what it is. */
struct watch {
    void (*ready)(struct watch *watch, uint32_t events);
};

/* Bytes received and not used yet. A connection has one only while there are any, so an idle one is small. */
struct inbuf {
    SLIST_ENTRY(inbuf) spare;
    struct http_head_parser parser; /* of the head that begins at `from` */
    size_t from, end;
    char bytes[LIMIT_HEADER_BLOCK];
};

/* Where a connection is. Each phase has one constant duration, so the connections in it, kept in the order of entering, are in
 * the order of their deadlines; the first one of each list is all a timer has to look at. Entering sets the deadline and
 * nothing moves it: a slow drip gains no time. */
enum phase {
    PHASE_HANDSHAKE, /* from accept, with TLS */
    PHASE_HEADER,    /* a new connection, or the first byte of a later request is here */
    PHASE_REQUEST,   /* the application has it: c->x is set */
    PHASE_BODY,      /* c->x is set and wants its body */
    PHASE_REPLY,     /* a reply is leaving; c->x is set unless the request was too malformed to have one */
    PHASE_SKIP,      /* answered before its body was read: that is dropped, then the next request may come */
    PHASE_IDLE,      /* between requests, nothing received */
    PHASE_LINGER, /* our direction is closed; what still comes is dropped, so that no reset overtakes the reply */
    PHASE_COUNT,
};

struct conn {
    struct watch watch;
    TAILQ_ENTRY(conn) link; /* in loop->phases[phase] */
    struct loop *loop;
    const struct http_listen *listen;
    SSL *tls; /* NULL: plain */
    int fd;
    uint32_t events; /* registered with epoll */
    enum phase phase;
    struct mono deadline;
    struct inbuf *in; /* NULL: nothing is buffered */
    struct http_exchange *x;
    struct buf out;  /* a reply that did not leave at once; else it is in loop->out */
    size_t out_at;   /* sent so far */
    size_t out_head; /* bytes of it before the body */
    bool out_close;  /* the connection ends after it */
    enum http_fault out_fault;
    bool again; /* in loop->again */
    SLIST_ENTRY(conn) again_link;
    size_t skip;    /* bytes of an unread body in front of the next request */
    size_t dropped; /* while lingering */
    struct net_addr peer, local;
    struct net_addr bucket; /* what it is counted by; family 0 for the exempt */
};

TAILQ_HEAD(conn_list, conn);

/* What an exchange waits for. */
enum step {
    STEP_CALL,    /* `next` is to be called */
    STEP_CALLING, /* the application is choosing */
    STEP_BODY,
    STEP_WAIT,  /* its ticket is out */
    STEP_REPLY, /* decided: nothing of the application runs any more but finished() */
};

struct http_ticket {
    struct http_ticket *next; /* in loop->resumed */
    struct http_exchange *x;
};

/* One request. Lives until it is finished and its ticket is back; may outlive its connection. */
struct http_exchange {
    SLIST_ENTRY(http_exchange) spare;
    struct http_request request;
    struct http_framing framing;
    struct http_ticket ticket;
    struct conn *conn; /* NULL: finished */
    struct loop *loop;
    const struct http_app *app;
    struct arena *mem;
    void *user;
    http_next *next;
    enum step step;
    bool ticket_out;
    bool by_deadline;
    bool body_done; /* read completely, or there is none */
    struct http_chunked chunked;
    char *body;
    size_t body_n, body_cap;
    size_t body_max; /* 0: limits.body_bytes_max */
    size_t charged;  /* to server->bodies_bytes */
    int status;      /* of its reply; 0: none yet */
    uint64_t body_out;
    int64_t started_us;
};

struct listener {
    struct watch watch;
    struct loop *loop;
    const struct http_listen *listen;
    int fd;      /* -1: the server ends */
    bool closed; /* fd is bound and does not listen */
    bool cut;    /* its connections are to be reset */
};

struct loop {
    struct watch wake_watch; /* an eventfd, edge-triggered: never read */
    struct http_server *server;
    unsigned index;
    int epoll_fd, wake_fd;
    _Atomic(pthread_t) thread; /* set by itself; others compare it with their own */
    bool started;
    struct mono now; /* read once a round, with the wall clock */
    struct wall wall;
    struct listener *listeners; /* as many as the server has */
    struct mono accept_again;   /* out of descriptors: not before; 0 = accepting */

    struct conn_list phases[PHASE_COUNT];
    int64_t phase_ms[PHASE_COUNT];
    SLIST_HEAD(, conn) again; /* has input that epoll will not announce */
    size_t conn_count;
    size_t exchange_count; /* alive, with or without a connection */

    SLIST_HEAD(, conn) conns_spare;
    SLIST_HEAD(, http_exchange) exchanges_spare;
    SLIST_HEAD(, inbuf) inbufs_spare;
    size_t exchanges_spare_count, inbufs_spare_count;
    struct buf out;        /* of the reply being written; empty between two */
    struct arena *scratch; /* of a refusal */
    int64_t date_s;
    char date[CLOCK_TEXT_MAX + 8]; /* "Date: ...\r\n" of date_s */
    size_t date_n;

    bool draining;
    struct mono drain_grace, drain_end;
    bool cut; /* the drain ended something */

    _Alignas(64) _Atomic(struct http_ticket *) resumed; /* any thread pushes, the newest first */
};

struct http_server {
    struct http_limits limits;
    struct http_listen *listen;
    size_t listen_count;
    atomic_bool *closed; /* one for each listener: what is wanted */
    uint16_t *ports;
    struct cidr_list exempt;
    char *name;
    struct admission_book *book;
    struct loop **loops;
    pthread_t *threads; /* of the loops */
    unsigned loop_count;
    atomic_bool draining;
    atomic_uint held;           /* threads between http_server_hold() and release */
    atomic_size_t bodies_bytes; /* of all request bodies in memory */
    pthread_mutex_t tls_lock;
    SSL_CTX *tls; /* guarded by tls_lock; NULL: no listener has TLS */
    struct metrics *metrics;
    struct metric *connections, *accepted, *handshakes_ok, *handshakes_failed;
    struct metric *deadlines[PHASE_COUNT];
};

/* server.c */
SSL *server__tls_new(struct http_server *server, int fd);
/* A socket on the address of a listener, which does not listen yet; -1: see errno. */
int server__bind(struct http_server *server, size_t listener, bool first);
MUST_USE bool server__listen(int fd);
void server__count_refusal(struct http_server *server, enum http_metric row, const char *reason);

/* loop.c */
MUST_USE bool loop__init(struct loop *loop, struct http_server *server, unsigned index);
void loop__clear(struct loop *loop);
MUST_USE bool loop__watch(struct loop *loop, struct watch *watch, int fd, uint32_t events);
void *loop__main(void *loop);
void loop__wake(struct loop *loop);
bool loop__is_here(struct loop *loop);          /* whether this thread is the loop's */
void loop__listeners_follow(struct loop *loop); /* opens and closes as the server wants it */
struct inbuf *loop__inbuf_take(struct loop *loop);
void loop__inbuf_give(struct loop *loop, struct inbuf *in);

/* conn.c */
void conn__open(struct loop *loop, const struct http_listen *listen, int fd, const struct net_addr *peer,
                const struct net_addr *bucket);
void conn__run(struct conn *c); /* goes on until it has to wait; may end the connection */
void conn__deadline(
    struct conn *c); /* the phase's time is over; afterwards it is in another phase, or ended */
void conn__close(struct conn *c);
/* Ends it so that the other side learns of it as an error, and the kernel forgets what was not sent. */
void conn__reset(struct conn *c);
void conn__enter(struct conn *c, enum phase phase);
ssize_t conn__read(struct conn *c, void *bytes, size_t n);
ssize_t conn__write(struct conn *c, const void *bytes, size_t n);
ssize_t conn__fill(struct conn *c); /* reads into c->in */
struct str conn__buffered(const struct conn *c);
void conn__consume(struct conn *c, size_t n);
bool conn__wait(struct conn *c, ssize_t io); /* for IO_WANT_*; always false */
/* Answers for the application; mid-request the connection ends after it. Always true: there is something to write. */
bool conn__refuse(struct conn *c, int status, const char *reason);

/* body.c: each returns whether conn__run has more to do */
bool body__begin(struct conn *c);
bool body__read(struct conn *c);

/* exchange.c */
struct http_exchange *exchange__new(struct conn *c);
void exchange__call(struct http_exchange *x);
void exchange__finish(struct http_exchange *x, bool aborted); /* leaves its connection */
void exchange__release(struct http_exchange *x);              /* finished, and no ticket is out */
void exchange__resumed(struct http_ticket *ticket);
void exchange__spares_free(struct loop *loop);

/* reply.c: into loop->out */
void reply__put(struct conn *c, const struct http_reply *reply, bool retry);
