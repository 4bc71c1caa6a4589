/* One loop: wait, handle what happened, hand out the tickets that came back, look at the deadlines.
 *
 * Drain. New SYNs are dropped by a socket filter while the listener stays open for a short grace: handshakes that are under
 * way complete and are accepted, the queue runs empty, and only then the socket is closed, so no established connection meets
 * a reset. In the same grace an idle connection may still bring its next request, which is answered with Connection: close;
 * then it is closed. What is busy may finish until drain_ms. */
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/http/engine.h"

#include "common/base/banned.h"

enum {
    EVENTS_MAX = 64,
    ACCEPTS_MAX = 64, /* of one listener in a round */
    INBUFS_SPARE_MAX = 64,
    LINGER_MS = 5000,
    ACCEPT_PAUSE_MS = 100, /* after running out of descriptors */
    DRAIN_GRACE_MS = 250,  /* or a quarter of drain_ms */
};

/* ---- small things ---- */

struct inbuf *loop__inbuf_take(struct loop *loop)
{
    struct inbuf *in = SLIST_FIRST(&loop->inbufs_spare);
    if (in != NULL) {
        SLIST_REMOVE_HEAD(&loop->inbufs_spare, spare);
        loop->inbufs_spare_count--;
    } else {
        in = mem_grow(NULL, sizeof *in); /* not zeroed: pages nobody writes cost nothing */
    }
    if (in != NULL) {
        in->from = in->end = 0;
        http_head__init(&in->parser);
    }
    return in;
}

void loop__inbuf_give(struct loop *loop, struct inbuf *in)
{
    if (loop->inbufs_spare_count == INBUFS_SPARE_MAX) {
        mem_free(in);
        return;
    }
    SLIST_INSERT_HEAD(&loop->inbufs_spare, in, spare);
    loop->inbufs_spare_count++;
}

void loop__wake(struct loop *loop)
{
    const uint64_t one = 1;
    (void)!write(loop->wake_fd, &one, sizeof one); /* fails only when full, and then it is awake */
}

bool loop__is_here(struct loop *loop)
{
    return pthread_equal(atomic_load_explicit(&loop->thread, memory_order_relaxed), pthread_self());
}

bool loop__watch(struct loop *loop, struct watch *watch, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};
    return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void woken(struct watch *watch UNUSED, uint32_t events UNUSED)
{
}

/* ---- accepting ---- */

static void listener_close(struct listener *listener)
{
    if (listener->fd >= 0) {
        (void)close(listener->fd);
        listener->fd = -1;
    }
}

static void listeners_set(struct loop *loop, uint32_t events)
{
    for (size_t i = 0; i < loop->server->listen_count; i++) {
        struct listener *listener = &loop->listeners[i];
        struct epoll_event event = {.events = events, .data.ptr = &listener->watch};
        if (listener->fd >= 0) {
            (void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, listener->fd,
                            &event); /* registered: cannot fail */
        }
    }
}

/* Clients wait in the kernel's queue until descriptors are free again; asking at once again would spin. */
static void accept_pause(struct loop *loop)
{
    server__count_refusal(loop->server, HTTP_METRIC_CONNECTIONS_REFUSED, "files");
    loop->accept_again = mono_after(loop->now, ACCEPT_PAUSE_MS);
    listeners_set(loop, 0);
}

static void admit(struct listener *listener, int fd, const struct sockaddr *sa)
{
    struct http_server *server = listener->loop->server;
    struct net_addr peer, bucket = {0};
    net_from_sockaddr(sa, &peer);
    if (!cidr_list_has(&server->exempt, &peer)) {
        bucket = net_bucket(&peer);
    }
    enum admit verdict = admit__enter(server->book, &bucket);
    if (verdict != ADMIT_YES) {
        server__count_refusal(server, HTTP_METRIC_CONNECTIONS_REFUSED,
                              verdict == ADMIT_TOTAL_FULL ? "total" : "address");
        (void)close(fd);
        return;
    }
    conn__open(listener->loop, listener->listen, fd, &peer, &bucket);
}

/* False: nothing more to accept now. */
static bool accept_one(struct listener *listener)
{
    struct sockaddr_storage storage;
    socklen_t size = sizeof storage;
    int fd = accept4(listener->fd, (struct sockaddr *)&storage, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        admit(listener, fd, (const struct sockaddr *)&storage);
        return true;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        accept_pause(listener->loop);
        return false;
    }
    return errno != EAGAIN && errno != EWOULDBLOCK && errno != EBADF &&
           errno != EINVAL; /* else one client's trouble */
}

static void listener_ready(struct watch *watch, uint32_t events UNUSED)
{
    struct listener *listener = (struct listener *)watch;
    for (int i = 0; i < ACCEPTS_MAX && accept_one(listener); i++) {
    }
}

/* ---- closing and opening again ---- */

/* The place is taken before it is given up, so no other program can have the port meanwhile. */
static void listener_park(struct listener *listener, size_t index)
{
    int fd = server__bind(listener->loop->server, index, false);
    if (fd >= 0) {
        listener_close(listener);
        listener->fd = fd;
        listener->closed = listener->cut = true;
    }
}

static void listener_reopen(struct listener *listener)
{
    listener->closed = !server__listen(listener->fd) ||
                       !loop__watch(listener->loop, &listener->watch, listener->fd, EPOLLIN);
}

void loop__listeners_follow(struct loop *loop)
{
    for (size_t i = 0; i < loop->server->listen_count && !loop->draining; i++) {
        struct listener *listener = &loop->listeners[i];
        bool close = atomic_load_explicit(&loop->server->closed[i], memory_order_relaxed);
        if (close && !listener->closed) {
            listener_park(listener, i);
        } else if (!close && listener->closed) {
            listener_reopen(listener);
        }
    }
}

static void phase_reset(struct loop *loop, enum phase phase, const struct http_listen *listen)
{
    struct conn *c, *next;
    for (c = TAILQ_FIRST(&loop->phases[phase]); c != NULL; c = next) {
        next = TAILQ_NEXT(c, link);
        if (c->listen == listen) {
            conn__reset(c);
        }
    }
}

/* At the end of a round, when no connection is in the middle of something. */
static void listeners_cut(struct loop *loop)
{
    for (size_t i = 0; i < loop->server->listen_count; i++) {
        struct listener *listener = &loop->listeners[i];
        for (int phase = 0; listener->cut && phase < PHASE_COUNT; phase++) {
            phase_reset(loop, phase, listener->listen);
        }
        listener->cut = false;
    }
}

/* ---- the end ---- */

static void syns_drop(int fd)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),          /* TCP flags */
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x12),       /* SYN and ACK */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x02, 0, 1), /* SYN alone */
        BPF_STMT(BPF_RET | BPF_K, 0),                    /* drop: the client tries again elsewhere */
        BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
    };
    const struct sock_fprog program = {.len = ARRAY_LEN(code), .filter = code};
    (void)setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
                     sizeof program); /* without it: as good as it gets */
}

/* Gives a phase less time, also to those that are in it. */
static void phase_shorten(struct loop *loop, enum phase phase, int64_t ms)
{
    struct mono deadline = mono_after(loop->now, ms);
    struct conn *c;
    loop->phase_ms[phase] = loop->phase_ms[phase] < ms ? loop->phase_ms[phase] : ms;
    TAILQ_FOREACH(c, &loop->phases[phase], link)
    {
        c->deadline = c->deadline.ms < deadline.ms ? c->deadline : deadline;
    }
}

/* A connection that has not sent a byte of a request is as good as idle. */
static void unused_to_idle(struct loop *loop)
{
    struct conn *c, *next;
    for (c = TAILQ_FIRST(&loop->phases[PHASE_HEADER]); c != NULL; c = next) {
        next = TAILQ_NEXT(c, link);
        if (conn__buffered(c).n == 0 && !c->again) {
            conn__enter(c, PHASE_IDLE);
        }
    }
}

static void drain_begin(struct loop *loop)
{
    uint32_t drain_ms = loop->server->limits.drain_ms;
    int64_t grace_ms = drain_ms / 4 < DRAIN_GRACE_MS ? drain_ms / 4 : DRAIN_GRACE_MS;
    loop->draining = true;
    loop->drain_grace = mono_after(loop->now, grace_ms);
    loop->drain_end = mono_after(loop->now, drain_ms);
    for (size_t i = 0; i < loop->server->listen_count; i++) {
        syns_drop(loop->listeners[i].fd);
    }
    phase_shorten(loop, PHASE_IDLE, grace_ms);
    unused_to_idle(loop);
    phase_shorten(loop, PHASE_HANDSHAKE, 4 * grace_ms);
    phase_shorten(loop, PHASE_LINGER, 4 * grace_ms);
}

static void listeners_finish(struct loop *loop)
{
    for (size_t i = 0; i < loop->server->listen_count; i++) {
        struct listener *listener = &loop->listeners[i];
        while (listener->fd >= 0 && accept_one(listener)) {
        }
        listener_close(listener);
    }
}

static void cut_all(struct loop *loop)
{
    for (int phase = 0; phase < PHASE_COUNT; phase++) {
        struct conn *c;
        while ((c = TAILQ_FIRST(&loop->phases[phase])) != NULL) {
            loop->cut = loop->cut || (phase != PHASE_HANDSHAKE && phase != PHASE_IDLE &&
                                      phase != PHASE_SKIP && phase != PHASE_LINGER);
            conn__close(c);
        }
    }
}

/* True: the loop is done. */
static bool drain_step(struct loop *loop)
{
    if (!loop->draining && atomic_load_explicit(&loop->server->draining, memory_order_acquire)) {
        drain_begin(loop);
    }
    if (!loop->draining || loop->now.ms < loop->drain_grace.ms) {
        return false;
    }
    listeners_finish(loop);
    if (loop->now.ms >= loop->drain_end.ms) {
        cut_all(loop);
    }
    return loop->conn_count == 0;
}

/* ---- rounds ---- */

static void resumed_run(struct loop *loop)
{
    struct http_ticket *newest = atomic_exchange_explicit(&loop->resumed, NULL, memory_order_acquire),
                       *oldest = NULL;
    while (newest != NULL) { /* in the order they came back */
        struct http_ticket *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    while (oldest != NULL) {
        struct http_ticket *next = oldest->next;
        exchange__resumed(oldest);
        oldest = next;
    }
}

static void again_run(struct loop *loop)
{
    SLIST_HEAD(, conn) turn = {SLIST_FIRST(&loop->again)};
    SLIST_INIT(&loop->again);
    while (!SLIST_EMPTY(&turn)) {
        struct conn *c = SLIST_FIRST(&turn);
        SLIST_REMOVE_HEAD(&turn, again_link);
        c->again = false;
        conn__run(c);
    }
}

static void deadlines_run(struct loop *loop)
{
    for (int phase = 0; phase < PHASE_COUNT; phase++) {
        struct conn *c;
        while ((c = TAILQ_FIRST(&loop->phases[phase])) != NULL && c->deadline.ms <= loop->now.ms) {
            conn__deadline(c);
        }
    }
    if (loop->accept_again.ms != 0 && loop->accept_again.ms <= loop->now.ms) {
        loop->accept_again.ms = 0;
        listeners_set(loop, EPOLLIN);
    }
}

static int64_t earlier(int64_t a, struct mono b)
{
    return b.ms != 0 && b.ms < a ? b.ms : a;
}

/* How long epoll may sleep. */
static int timeout_of(struct loop *loop)
{
    int64_t first = loop->now.ms + 60000;
    if (!SLIST_EMPTY(&loop->again) || atomic_load_explicit(&loop->resumed, memory_order_relaxed) != NULL) {
        return 0;
    }
    for (int phase = 0; phase < PHASE_COUNT; phase++) {
        if (!TAILQ_EMPTY(&loop->phases[phase])) {
            first = earlier(first, TAILQ_FIRST(&loop->phases[phase])->deadline);
        }
    }
    first = earlier(first, loop->accept_again);
    if (loop->draining) {
        first = earlier(first, loop->now.ms < loop->drain_grace.ms ? loop->drain_grace : loop->drain_end);
    }
    return (int)mono_left_ms((struct mono){first}, loop->now);
}

static void clocks_read(struct loop *loop)
{
    loop->now = clock_mono();
    loop->wall = clock_wall();
}

void *loop__main(void *arg)
{
    struct loop *loop = arg;
    struct epoll_event events[EVENTS_MAX];
    char name[16];
    snprintf(name, sizeof name, "%.12s-%u", loop->server->name, loop->index % 100);
    (void)pthread_setname_np(pthread_self(), name); /* for people only */
    atomic_store_explicit(&loop->thread, pthread_self(), memory_order_relaxed);
    clocks_read(loop);
    while (!drain_step(loop)) {
        int n = epoll_wait(loop->epoll_fd, events, EVENTS_MAX, timeout_of(loop));
        clocks_read(loop);
        for (int i = 0; i < n; i++) {
            struct watch *watch = events[i].data.ptr;
            watch->ready(watch, events[i].events);
        }
        resumed_run(loop);
        again_run(loop);
        loop__listeners_follow(loop);
        listeners_cut(loop);
        deadlines_run(loop);
    }
    return NULL;
}

bool loop__init(struct loop *loop, struct http_server *server, unsigned index)
{
    const struct http_limits *limits = &server->limits;
    *loop = (struct loop){.server = server, .index = index, .wake_watch = {woken}, .date_s = -1};
    for (int phase = 0; phase < PHASE_COUNT; phase++) {
        TAILQ_INIT(&loop->phases[phase]);
    }
    loop->phase_ms[PHASE_HANDSHAKE] = limits->handshake_ms;
    loop->phase_ms[PHASE_HEADER] = limits->header_ms;
    loop->phase_ms[PHASE_REQUEST] = limits->request_ms;
    loop->phase_ms[PHASE_BODY] = limits->body_ms;
    loop->phase_ms[PHASE_REPLY] = limits->reply_ms;
    loop->phase_ms[PHASE_SKIP] = limits->body_ms;
    loop->phase_ms[PHASE_IDLE] = limits->idle_ms;
    loop->phase_ms[PHASE_LINGER] = LINGER_MS;
    buf_init(&loop->out, LIMIT_REPLY + LIMIT_HEADER_BLOCK);
    loop->scratch = arena_new(LIMIT_REPLY);
    loop->listeners = mem_alloc_array(server->listen_count, sizeof *loop->listeners);
    for (size_t i = 0; loop->listeners != NULL && i < server->listen_count; i++) {
        loop->listeners[i] = (struct listener){
            .watch = {listener_ready}, .loop = loop, .listen = &server->listen[i], .fd = -1};
    }
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return loop->scratch != NULL && loop->listeners != NULL && loop->epoll_fd >= 0 && loop->wake_fd >= 0 &&
           loop__watch(loop, &loop->wake_watch, loop->wake_fd, EPOLLIN | EPOLLET);
}

void loop__clear(struct loop *loop)
{
    resumed_run(loop);
    ensure(loop->conn_count == 0 && loop->exchange_count == 0); /* else a ticket was never resumed */
    exchange__spares_free(loop);
    while (!SLIST_EMPTY(&loop->conns_spare)) {
        struct conn *c = SLIST_FIRST(&loop->conns_spare);
        SLIST_REMOVE_HEAD(&loop->conns_spare, again_link);
        mem_free(c);
    }
    while (!SLIST_EMPTY(&loop->inbufs_spare)) {
        struct inbuf *in = SLIST_FIRST(&loop->inbufs_spare);
        SLIST_REMOVE_HEAD(&loop->inbufs_spare, spare);
        mem_free(in);
    }
    for (size_t i = 0; loop->listeners != NULL && i < loop->server->listen_count; i++) {
        listener_close(&loop->listeners[i]);
    }
    mem_free(loop->listeners);
    buf_clear(&loop->out);
    arena_free(loop->scratch);
    (void)close(loop->epoll_fd);
    (void)close(loop->wake_fd);
}
