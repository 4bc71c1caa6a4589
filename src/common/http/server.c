#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/http/engine.h"

#include "common/base/banned.h"

enum { BACKLOG = 1024, THREADS_MAX = 256 };

const struct metric_family http_metrics[HTTP_METRIC_COUNT] = {
    [HTTP_METRIC_CONNECTIONS] = {"numgate_http_connections", METRIC_GAUGE, "Open connections.", {"listener"}},
    [HTTP_METRIC_ACCEPTED] = {"numgate_http_accepted_total",
                              METRIC_COUNTER,
                              "Connections accepted.",
                              {"listener"}},
    [HTTP_METRIC_CONNECTIONS_REFUSED] = {"numgate_http_connections_refused_total",
                                         METRIC_COUNTER,
                                         "Connections closed at accept, over a limit.",
                                         {"listener", "reason"}},
    [HTTP_METRIC_HANDSHAKES] = {"numgate_http_handshakes_total",
                                METRIC_COUNTER,
                                "TLS handshakes.",
                                {"listener", "result"}},
    [HTTP_METRIC_REFUSED] = {"numgate_http_refused_total",
                             METRIC_COUNTER,
                             "Requests the HTTP engine refused by itself.",
                             {"listener", "reason"}},
    [HTTP_METRIC_DEADLINES] = {"numgate_http_deadlines_total",
                               METRIC_COUNTER,
                               "Connections whose phase took too long.",
                               {"listener", "phase"}},
};

static const char *const phase_names[PHASE_COUNT] = {
    [PHASE_HANDSHAKE] = "handshake", [PHASE_HEADER] = "header", [PHASE_REQUEST] = "request",
    [PHASE_BODY] = "body",           [PHASE_REPLY] = "reply",   [PHASE_IDLE] = "idle",
    [PHASE_LINGER] = "linger",       [PHASE_SKIP] = "skip",
};

void http_limits_default(struct http_limits *ret)
{
    *ret = (struct http_limits){
        .connections = 10000,
        .connections_per_address = 256,
        .handshake_ms = 10000,
        .header_ms = 10000,
        .body_ms = 30000,
        .reply_ms = 30000,
        .idle_ms = 75000,
        .request_ms = 20000,
        .drain_ms = 30000,
        .body_bytes_max = LIMIT_BODY,
        .bodies_bytes_max = LIMIT_BODIES,
        .arena_bytes_max = LIMIT_REQUEST_ARENA,
    };
}

static struct metric *series(struct http_server *server, enum http_metric row, const char *value)
{
    const char *const values[] = {server->name, value, NULL};
    return metrics_series(server->metrics, &http_metrics[row], values);
}

/* Looked up each time: a refusal is rare, and its reason may be any. */
void server__count_refusal(struct http_server *server, enum http_metric row, const char *reason)
{
    metric_add(series(server, row, reason), 1);
}

static void metrics_set_up(struct http_server *server)
{
    server->connections = series(server, HTTP_METRIC_CONNECTIONS, NULL);
    server->accepted = series(server, HTTP_METRIC_ACCEPTED, NULL);
    server->handshakes_ok = series(server, HTTP_METRIC_HANDSHAKES, "ok");
    server->handshakes_failed = series(server, HTTP_METRIC_HANDSHAKES, "failed");
    for (int phase = 0; phase < PHASE_COUNT; phase++) {
        server->deadlines[phase] = series(server, HTTP_METRIC_DEADLINES, phase_names[phase]);
    }
}

/* ---- TLS ---- */

SSL *server__tls_new(struct http_server *server, int fd)
{
    (void)pthread_mutex_lock(&server->tls_lock);
    SSL *tls = tls__new(server->tls, fd);
    (void)pthread_mutex_unlock(&server->tls_lock);
    return tls;
}

enum rc http_server_reload_tls(struct http_server *server, const char *certificate, const char *key,
                               struct err *err)
{
    SSL_CTX *context = NULL;
    enum rc rc = tls__context_new(certificate, key, &context, err);
    if (rc != RC_OK) {
        return rc;
    }
    (void)pthread_mutex_lock(&server->tls_lock);
    SSL_CTX *old = server->tls;
    server->tls = context;
    (void)pthread_mutex_unlock(&server->tls_lock);
    SSL_CTX_free(old); /* lives on in the connections it has */
    return RC_OK;
}

/* ---- sockets ---- */

static bool socket_on(int fd, int level, int option)
{
    const int on = 1;
    return setsockopt(fd, level, option, &on, sizeof on) == 0;
}

static uint16_t socket_port(int fd)
{
    struct sockaddr_storage storage;
    socklen_t size = sizeof storage;
    struct net_addr addr = {0};
    if (getsockname(fd, (struct sockaddr *)&storage, &size) == 0) {
        net_from_sockaddr((const struct sockaddr *)&storage, &addr);
    }
    return addr.port;
}

/* The first socket of an address is bound alone and shared afterwards: a second server on the same port is refused, although
 * the loops of one server share it. */
static bool socket_bind(int fd, const struct net_addr *addr, bool first)
{
    struct sockaddr_storage storage;
    socklen_t size = net_to_sockaddr(addr, &storage);
    return socket_on(fd, SOL_SOCKET, SO_REUSEADDR) && (first || socket_on(fd, SOL_SOCKET, SO_REUSEPORT)) &&
           (addr->family != 6 ||
            socket_on(fd, IPPROTO_IPV6, IPV6_V6ONLY)) && /* 0.0.0.0 is a listener of its own */
           socket_on(fd, IPPROTO_TCP, TCP_NODELAY) &&    /* connections inherit it */
           bind(fd, (const struct sockaddr *)&storage, size) == 0 &&
           (!first || socket_on(fd, SOL_SOCKET, SO_REUSEPORT));
}

int server__bind(struct http_server *server, size_t listener, bool first)
{
    struct net_addr addr = server->listen[listener].addr;
    addr.port = first ? addr.port : server->ports[listener];
    int fd = socket(addr.family == 6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && !socket_bind(fd, &addr, first)) {
        int why = errno;
        (void)close(fd);
        errno = why;
        return -1;
    }
    return fd;
}

bool server__listen(int fd)
{
    return listen(fd, BACKLOG) == 0;
}

static enum rc listener_open(struct http_server *server, size_t i, struct loop *loop, struct err *err)
{
    int fd = server__bind(server, i, loop->index == 0);
    loop->listeners[i].fd = fd;
    if (fd < 0 || !server__listen(fd)) {
        int why = errno;
        char text[NET_TEXT_MAX];
        struct str where = net_text_port(&server->listen[i].addr, text);
        return err_set(err, why == EADDRINUSE ? RC_CONFLICT : RC_INVALID, NULL,
                       "cannot listen on %" STR_FMT ": %s", STR_ARG(where), strerrordesc_np(why));
    }
    server->ports[i] = socket_port(fd);
    return RC_OK;
}

static enum rc loop_new(struct http_server *server, unsigned index, struct err *err)
{
    struct loop *loop =
        aligned_alloc(_Alignof(struct loop), sizeof *loop); /* its two hot ends on cache lines of their own */
    if (loop == NULL || !loop__init(loop, server, index)) {
        int why = errno;
        if (loop != NULL) {
            loop__clear(loop);
            free(loop);
        }
        return err_set(err, RC_INTERNAL, NULL, "cannot make an event loop: %s", strerrordesc_np(why));
    }
    server->loops[server->loop_count++] = loop;
    for (size_t i = 0; i < server->listen_count; i++) {
        enum rc rc = listener_open(server, i, loop, err);
        if (rc != RC_OK) {
            return rc;
        }
    }
    return RC_OK;
}

/* ---- life ---- */

static unsigned threads_wanted(unsigned asked)
{
    cpu_set_t cores;
    if (asked == 0) {
        asked = sched_getaffinity(0, sizeof cores, &cores) == 0 ? (unsigned)CPU_COUNT(&cores) : 1;
    }
    return asked < THREADS_MAX ? asked : THREADS_MAX;
}

static enum rc config_check(const struct http_config *config, struct err *err)
{
    const struct http_limits *limits = &config->limits;
    bool tls = false;
    for (size_t i = 0; i < config->listen_count; i++) {
        tls = tls || config->listen[i].tls;
    }
    if (config->listen_count == 0 || config->name == NULL) {
        return err_set(err, RC_INVALID, NULL, "no listener, or no name");
    }
    if (tls && (config->tls_certificate == NULL || config->tls_key == NULL)) {
        return err_set(err, RC_INVALID, NULL, "a TLS listener needs a certificate and a key");
    }
    if (limits->connections == 0 || limits->connections_per_address == 0 || limits->handshake_ms == 0 ||
        limits->header_ms == 0 || limits->body_ms == 0 || limits->reply_ms == 0 || limits->idle_ms == 0 ||
        limits->request_ms == 0 || limits->arena_bytes_max < 2 * LIMIT_HEADER_BLOCK) {
        return err_set(err, RC_INVALID, NULL, "a limit of the HTTP server is missing");
    }
    return RC_OK;
}

static bool config_copy(struct http_server *server, const struct http_config *config)
{
    size_t exempt = config->exempt != NULL ? config->exempt->count : 0;
    server->limits = config->limits;
    server->metrics = config->metrics;
    server->listen_count = config->listen_count;
    server->name = mem_dup(config->name, strlen(config->name));
    server->listen = mem_alloc_array(config->listen_count, sizeof *server->listen);
    server->closed = mem_alloc_array(config->listen_count, sizeof *server->closed);
    server->ports = mem_alloc_array(config->listen_count, sizeof *server->ports);
    server->loops = mem_alloc_array(threads_wanted(config->threads), sizeof(struct loop *));
    server->threads = mem_alloc_array(threads_wanted(config->threads), sizeof *server->threads);
    server->exempt.items = mem_alloc_array(exempt, sizeof *server->exempt.items);
    server->book = admit__new(config->limits.connections, config->limits.connections_per_address);
    if (server->name == NULL || server->listen == NULL || server->closed == NULL || server->ports == NULL ||
        server->loops == NULL || server->threads == NULL || server->exempt.items == NULL ||
        server->book == NULL) {
        return false;
    }
    memcpy(server->listen, config->listen, config->listen_count * sizeof *server->listen);
    if (exempt > 0) {
        memcpy(server->exempt.items, config->exempt->items, exempt * sizeof *server->exempt.items);
    }
    server->exempt.count = exempt;
    return true;
}

static enum rc server_set_up(struct http_server *server, const struct http_config *config, struct err *err)
{
    enum rc rc = RC_OK;
    if (!config_copy(server, config)) {
        return err_set(err, RC_INTERNAL, NULL, "out of memory");
    }
    metrics_set_up(server);
    if (config->tls_certificate != NULL && config->tls_key != NULL) {
        rc = http_server_reload_tls(server, config->tls_certificate, config->tls_key, err);
    }
    for (unsigned i = 0; i < threads_wanted(config->threads) && rc == RC_OK; i++) {
        rc = loop_new(server, i, err);
    }
    return rc;
}

enum rc http_server_new(const struct http_config *config, struct http_server **ret, struct err *err)
{
    enum rc rc = config_check(config, err);
    if (rc != RC_OK) {
        return rc;
    }
    struct http_server *server = mem_alloc(sizeof *server);
    if (server == NULL) {
        return err_set(err, RC_INTERNAL, NULL, "out of memory");
    }
    (void)pthread_mutex_init(&server->tls_lock, NULL); /* cannot fail with default attributes on Linux */
    rc = server_set_up(server, config, err);
    if (rc != RC_OK) {
        http_server_free(server);
        return rc;
    }
    *ret = server;
    return RC_OK;
}

static bool loop_start(struct http_server *server, struct loop *loop)
{
    for (size_t i = 0; i < server->listen_count; i++) {
        if (!loop__watch(loop, &loop->listeners[i].watch, loop->listeners[i].fd, EPOLLIN)) {
            return false;
        }
    }
    pthread_t thread;
    loop->started = pthread_create(&thread, NULL, loop__main, loop) == 0;
    server->threads[loop->index] = thread;
    return loop->started;
}

/* Signals are main's business; a broken pipe, too, would be one. */
enum rc http_server_start(struct http_server *server, struct err *err)
{
    sigset_t all, before;
    bool fine = true;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    for (unsigned i = 0; i < server->loop_count && fine; i++) {
        fine = loop_start(server, server->loops[i]);
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!fine) {
        (void)http_server_drain(server);
        return err_set(err, RC_INTERNAL, NULL, "cannot start an event loop");
    }
    return RC_OK;
}

uint16_t http_server_port(const struct http_server *server, size_t listener)
{
    return listener < server->listen_count ? server->ports[listener] : 0;
}

void http_server_listen(struct http_server *server, size_t listener, bool open)
{
    atomic_store(&server->closed[listener], !open);
    for (unsigned i = 0; i < server->loop_count; i++) {
        struct loop *loop = server->loops[i];
        if (loop__is_here(loop)) {
            loop__listeners_follow(loop);
        } else {
            loop__wake(loop);
        }
    }
}

bool http_server_drain(struct http_server *server)
{
    bool cut = false;
    atomic_store_explicit(&server->draining, true, memory_order_release);
    for (unsigned i = 0; i < server->loop_count; i++) {
        loop__wake(server->loops[i]);
    }
    for (unsigned i = 0; i < server->loop_count; i++) {
        struct loop *loop = server->loops[i];
        if (loop->started) {
            (void)pthread_join(server->threads[i], NULL);
            loop->started = false;
            cut = cut || loop->cut;
        }
    }
    return !cut;
}

void http_server_free(struct http_server *server)
{
    if (server == NULL) {
        return;
    }
    for (unsigned i = 0; i < server->loop_count; i++) {
        ensure(!server->loops[i]->started); /* drain comes first */
        loop__clear(server->loops[i]);
        free(server->loops[i]);
    }
    admit__free(server->book);
    SSL_CTX_free(server->tls);
    (void)pthread_mutex_destroy(&server->tls_lock);
    mem_free(server->loops);
    mem_free(server->threads);
    mem_free(server->ports);
    mem_free(server->closed);
    mem_free(server->listen);
    mem_free(server->exempt.items);
    mem_free(server->name);
    mem_free(server);
}
