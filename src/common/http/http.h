/* HTTP/1.1 and TLS server: listeners, connections, deadlines, requests in, replies out.
 *
 * It knows no product word: what a request means is the application's business, given as a struct http_app. It is strict
 * about framing (RFC 9112): what could be read in two ways is refused and the connection closed, since a proxy in front may
 * have read it the other way.
 *
 * Threads. One event loop per thread, each with its own SO_REUSEPORT socket. A connection and its exchanges belong to one
 * loop for life. Every callback of http_app and every `next` runs on that loop and must not block. The one call that other
 * threads may make is http_resume().
 *
 * Life of an exchange (one request and its reply)
 *   head(x)       the header block is complete, no body byte was buffered; the application either
 *                   http_reply()       answers at once (an early refusal reaches a client that is still sending; after a short body of known length
 *                                          the connection goes on), or
 *                   http_read_body()   wants the body first; `next` runs when it is complete (at once when there is none), or
 *                   http_suspend()     waits for something; `next` runs on the loop after http_resume().
 *                 `next` has the same three choices. Exactly one is taken by each callback.
 *   finished(x)   once, when the reply has left or the client is gone: for the access log. A ticket may still be out then, so
 *                 it reads the request and what was set before http_suspend(), nothing the ticket's holder writes.
 * At `request_ms` after the header block (after the body, once it was read: its time is the sender's) a suspended exchange is
 * answered 503 with Retry-After by the engine; its later http_resume() only gives the memory back and `next` does not run.
 * A client that goes away changes nothing for whoever holds the ticket. A client that only ends its own direction is answered.
 * 413 by Content-Length is decided in http_read_body(), after the application's gates; 100 Continue is sent there.
 *
 * What the engine answers by itself, through http_app.refused: 400 malformed, 408 header block or body too slow, 413, 414, 417
 * any expectation but 100-continue, 431, 501 unknown Transfer-Encoding, 503 with Retry-After: 1 (deadline, memory), 505. All but
 * the deadline's 503 end the connection. Over a connection limit, without TLS on a TLS port, or when nothing was asked, the
 * connection is closed without a word. Methods it has no name for are the application's to answer (HTTP_OTHER).
 *
 * Ownership. The exchange, its request and its arena live until finished() was called and every ticket was resumed. While a
 * ticket is out, the arena belongs to its holder. */
#pragma once
#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/metric.h"
#include "common/base/net.h"

/* What the server counts, with the label `listener` = config->name. */
enum http_metric {
    HTTP_METRIC_CONNECTIONS,
    HTTP_METRIC_ACCEPTED,
    HTTP_METRIC_CONNECTIONS_REFUSED, /* reason: total, address, files */
    HTTP_METRIC_HANDSHAKES,          /* result: ok, failed */
    HTTP_METRIC_REFUSED,             /* reason: the word given to http_app.refused */
    HTTP_METRIC_DEADLINES,           /* phase: handshake, header, request, body, reply, idle, linger */
    HTTP_METRIC_COUNT,
};
extern const struct metric_family http_metrics[HTTP_METRIC_COUNT];

struct http_server;
struct http_exchange;
struct http_ticket;

enum http_method {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_PUT,
    HTTP_PATCH,
    HTTP_DELETE,
    HTTP_OPTIONS,
    HTTP_OTHER
};

struct http_header {
    struct str name;  /* as sent; compare with str_eq_ci */
    struct str value; /* blanks at both ends removed */
};

/* Segments: the path split on '/' and then percent-decoded once; "/a/b" has 2, "/" has 0, "/a/" has 2 (the last empty). */
enum http_path_state {
    HTTP_PATH_OK,
    HTTP_PATH_NONE, /* no resource can have this path (encoded '/', NUL, control byte, "." or "..", not UTF-8): 404 */
};

struct http_request {
    enum http_method method;
    struct str method_text;
    struct str target;    /* raw, as received */
    struct str authority; /* of an absolute-form target, else of Host */
    struct str path;      /* raw */
    struct str query;     /* raw, without '?'; absent when there is no '?' */
    enum http_path_state path_state;
    const struct str *segments;
    size_t segment_count;
    const struct http_header *headers;
    size_t header_count;
    bool has_body;        /* Content-Length above 0, or chunked */
    struct str body;      /* after http_read_body() */
    struct net_addr peer; /* the other end of the connection */
    struct net_addr local;
    bool tls;
    struct wall received;
    struct mono received_mono;
    struct mono deadline; /* the engine answers 503 then; later once the body was read */
};

/* A reply cut short on purpose, for programs that test clients. */
enum http_fault {
    HTTP_FAULT_NONE,
    HTTP_FAULT_RESET, /* no byte of it; the connection is reset */
    HTTP_FAULT_CUT,   /* header block and half of the body, then a reset */
};

struct http_reply {
    int status;
    const struct http_header *headers; /* Date, Content-Length, Connection are the engine's */
    size_t header_count;
    struct str body; /* copied; for HEAD only its length counts; 204 and 304 send none */
    bool close;      /* end the connection after it */
    enum http_fault fault;
};

struct http_outcome {
    int status;         /* 0: the client was gone before any reply */
    uint64_t bytes_out; /* of the body */
    int64_t duration_us;
    bool aborted; /* the reply did not leave completely */
    bool by_deadline;
};

struct http_app {
    void *arg;
    void (*head)(void *arg, struct http_exchange *x);
    /* Optional. The engine refuses something itself (malformed request, limit, deadline): fills headers and body of the reply,
     * whose status is set; `reason` is one word ("header-folded"). `x` is NULL when there is no request to speak of. `mem` is
     * good until it returns to the loop; http_arena(x) may be in other hands (a ticket is out). */
    void (*refused)(void *arg, struct http_exchange *x, const char *reason, struct arena *mem,
                    struct http_reply *reply);
    void (*finished)(void *arg, struct http_exchange *x, const struct http_outcome *outcome); /* optional */
};

struct http_limits {
    uint32_t connections, connections_per_address;
    uint32_t handshake_ms, header_ms, body_ms, reply_ms, idle_ms, request_ms, drain_ms;
    size_t body_bytes_max;   /* of one request */
    size_t bodies_bytes_max; /* of all requests together; over it 503 */
    size_t arena_bytes_max;
};
void http_limits_default(struct http_limits *ret); /* the defaults of the configuration */

struct http_listen {
    struct net_addr addr; /* port 0: any free one, see http_server_port */
    bool tls;
    const struct http_app *app;
};

struct http_config {
    const struct http_listen *listen;
    size_t listen_count;
    unsigned threads;                      /* 0: one per core */
    const char *tls_certificate, *tls_key; /* PEM files; needed when a listener has tls */
    struct http_limits limits;
    const struct cidr_list *exempt; /* not counted per address (listed proxies); may be NULL */
    struct metrics *metrics;        /* may be NULL */
    const char *name;               /* prefix of its metrics' listener label and of thread names */
};

/* Binds and listens; nothing is accepted yet. Everything in config is copied, except apps and metrics. */
MUST_USE enum rc http_server_new(const struct http_config *config, struct http_server **ret, struct err *err);
MUST_USE enum rc http_server_start(struct http_server *server, struct err *err);
uint16_t http_server_port(const struct http_server *server, size_t listener);
/* Closes a listener of a server that runs, or opens it again. While it is closed new connections to it are refused, as if no
 * program were there, and its port stays taken; the connections it has are reset. Any thread; in a callback of a server with one
 * loop it is refusing when this returns, and the connections end with the loop's round. It stays open while there is no
 * descriptor for its place. */
void http_server_listen(struct http_server *server, size_t listener, bool open);
/* New handshakes use the new files; when they do not fit or cannot be read, the old stay and err says why. Any thread. */
MUST_USE enum rc http_server_reload_tls(struct http_server *server, const char *certificate, const char *key,
                                        struct err *err);
/* Stops accepting, answers every request of which a byte was received (Connection: close), gives idle connections a moment
 * (250 ms, or a quarter of drain_ms) to bring the next one, ends after drain_ms at the latest, joins the threads. True when
 * nothing had to be cut off. */
bool http_server_drain(struct http_server *server);
/* After drain, or before start; NULL is fine. Every ticket must have been resumed: stop the workers in between. */
void http_server_free(struct http_server *server);

const struct http_request *http_request(const struct http_exchange *x);
struct arena *http_arena(const struct http_exchange *x);
unsigned http_loop(const struct http_exchange *x); /* 0 .. threads-1: the loop it belongs to */
void *http_user(const struct http_exchange *x);
void http_set_user(struct http_exchange *x, void *user);
struct str http_header(const struct http_request *request,
                       const char *name); /* first of that name, or absent */
size_t http_header_count(const struct http_request *request, const char *name);

typedef void http_next(struct http_exchange *x);
void http_read_body(struct http_exchange *x, http_next *next);
/* Before http_read_body: this body may have so many bytes, instead of limits.body_bytes_max. It counts against bodies_bytes_max as others do. */
void http_body_max(struct http_exchange *x, size_t bytes_max);
struct http_ticket *http_suspend(struct http_exchange *x, http_next *next);
void http_resume(struct http_ticket *ticket); /* any thread, exactly once */
/* Around many resumes: loops are woken at the release, once each, instead of for every few. Any thread; what other threads resume
 * meanwhile waits as long, so it should be short. Released as often as held. */
void http_server_hold(struct http_server *server);
void http_server_release(struct http_server *server);
void http_reply(struct http_exchange *x, const struct http_reply *reply);

const char *http_status_text(int status);
