/* A web server for tests, on a free loopback port: one thread, one connection at a time; with `many`, a thread for each connection. It reads a whole
 * request and writes what `answer` says; it can be told to hold its answers back. Included by the tests that
 * need it. */
#pragma once
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/buf.h"

#define PEER_REQUEST_MAX     (1 << 20)
#define PEER_CONNECTIONS_MAX 64

struct peer {
    /* Writes a whole HTTP response; nothing written: the connection is closed. */
    void (*answer)(void *arg, struct str request, struct buf *out);
    void *arg;
    bool many;                  /* `answer` is called on several threads at once */
    bool keep;                  /* connections are closed only where nothing was answered */
    void *(*start)(void *peer); /* of its thread; NULL: peer_run */
    atomic_bool hold;           /* answers wait while set */
    atomic_int requests;        /* received completely */
    int listener;
    int stop[2]; /* a pipe: closing one end wakes the thread */
    uint16_t port;
    pthread_t thread, threads[PEER_CONNECTIONS_MAX]; /* the latter with `many` */
    size_t thread_count;
};

struct peer_connection {
    struct peer *peer;
    int fd;
};

/* False: the test is over. */
static inline bool peer_wait(struct peer *peer, int fd, int timeout_ms)
{
    struct pollfd fds[2] = {{.fd = peer->stop[0], .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    (void)poll(fds, fd >= 0 ? 2 : 1, timeout_ms);
    return fds[0].revents == 0;
}

static inline size_t peer_body_bytes(struct str head)
{
    struct str line, name = STR("content-length:");
    while (str_split(&head, '\n', &line)) {
        uint64_t n;
        struct str value = str_trim(str_slice(line, name.n, line.n > 0 ? line.n - 1 : 0));
        if (str_eq_ci(str_slice(line, 0, name.n), name) && str_to_u64(value, PEER_REQUEST_MAX, &n)) {
            return (size_t)n;
        }
    }
    return 0;
}

static inline bool peer_is_whole(struct str request)
{
    const char *end = memmem(request.p, request.n, "\r\n\r\n", 4);
    size_t head = end != NULL ? (size_t)(end - request.p) + 4 : 0;
    return end != NULL && request.n >= head + peer_body_bytes(str_slice(request, 0, head));
}

/* False: nothing was asked, or nothing answered. */
static inline bool peer_serve_request(struct peer *peer, int fd, struct buf *request, struct buf *reply)
{
    bool whole = false;
    while (!whole && peer_wait(peer, fd, -1)) {
        char *room = buf_reserve(request, 4096);
        ssize_t n = room != NULL ? recv(fd, room, 4096, 0) : 0;
        if (n <= 0) {
            break;
        }
        request->n += (size_t)n;
        whole = peer_is_whole(buf_str(request));
    }
    if (!whole) {
        return false;
    }
    atomic_fetch_add(&peer->requests, 1);
    while (atomic_load(&peer->hold) && peer_wait(peer, -1, 1)) {
    }
    peer->answer(peer->arg, buf_str(request), reply);
    for (size_t sent = 0; sent < reply->n;) {
        ssize_t n = send(fd, reply->p + sent, reply->n - sent, MSG_NOSIGNAL);
        if (n <= 0) {
            return false;
        }
        sent += (size_t)n;
    }
    return reply->n > 0;
}

static inline void peer_serve(struct peer *peer, int fd)
{
    bool again = true;
    while (again) {
        struct buf request, reply;
        buf_init(&request, PEER_REQUEST_MAX);
        buf_init(&reply, 16 * PEER_REQUEST_MAX);
        again = peer_serve_request(peer, fd, &request, &reply) && peer->keep;
        buf_clear(&request);
        buf_clear(&reply);
    }
    close(fd);
}

static inline void *peer_serve_one(void *arg)
{
    struct peer_connection connection = *(struct peer_connection *)arg;
    free(arg);
    peer_serve(connection.peer, connection.fd);
    return NULL;
}

static inline void peer_take(struct peer *peer, int fd)
{
    struct peer_connection *connection = peer->many ? malloc(sizeof *connection) : NULL;
    if (connection == NULL) {
        peer_serve(peer, fd);
        return;
    }
    *connection = (struct peer_connection){peer, fd};
    bool begun = peer->thread_count < PEER_CONNECTIONS_MAX &&
                 pthread_create(&peer->threads[peer->thread_count], NULL, peer_serve_one, connection) == 0;
    peer->thread_count += begun;
    if (!begun) {
        free(connection);
        close(fd);
    }
}

static inline void *peer_run(void *arg)
{
    struct peer *peer = arg;
    while (peer_wait(peer, peer->listener, -1)) {
        int fd = accept(peer->listener, NULL, NULL);
        if (fd >= 0) {
            peer_take(peer, fd);
        }
    }
    while (peer->thread_count > 0) {
        pthread_join(peer->threads[--peer->thread_count], NULL);
    }
    return NULL;
}

static inline bool peer_start(struct peer *peer)
{
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_port = htons(peer->port)};
    socklen_t size = sizeof(at);
    int yes = 1;
    peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(peer->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (bind(peer->listener, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(peer->listener, 64) != 0 ||
        getsockname(peer->listener, (struct sockaddr *)&at, &size) != 0 || pipe(peer->stop) != 0) {
        return false;
    }
    peer->port = ntohs(at.sin_port);
    return pthread_create(&peer->thread, NULL, peer->start != NULL ? peer->start : peer_run, peer) == 0;
}

/* The port stays, so that the peer can come back where it was. */
static inline void peer_stop(struct peer *peer)
{
    close(peer->stop[1]);
    pthread_join(peer->thread, NULL);
    close(peer->stop[0]);
    close(peer->listener);
}

static inline void peer_put(struct buf *out, int status, const char *content_type, struct str body)
{
    buf_printf(
        out,
        "HTTP/1.1 %d Some\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%" STR_FMT,
        status, content_type, body.n, STR_ARG(body));
}
