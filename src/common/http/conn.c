#include <errno.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/http/engine.h"

#include "common/base/banned.h"

/* Requests a connection may have answered before the others get their turn. */
#define TURN_REQUESTS 32
/* An output buffer that grew larger is not kept. */
#define OUT_KEEP ((size_t)128 * 1024)

/* ---- bytes in and out ---- */

static ssize_t io_of_errno(ssize_t blocked)
{
    return errno == EAGAIN || errno == EWOULDBLOCK ? blocked : IO_GONE;
}

ssize_t conn__read(struct conn *c, void *bytes, size_t n)
{
    if (c->tls != NULL) {
        return tls__read(c->tls, bytes, n);
    }
    ssize_t got = recv(c->fd, bytes, n, 0);
    return got >= 0 ? got : io_of_errno(IO_WANT_READ);
}

ssize_t conn__write(struct conn *c, const void *bytes, size_t n)
{
    if (c->tls != NULL) {
        return tls__write(c->tls, bytes, n);
    }
    ssize_t sent = send(c->fd, bytes, n, MSG_NOSIGNAL);
    return sent >= 0 ? sent : io_of_errno(IO_WANT_WRITE);
}

struct str conn__buffered(const struct conn *c)
{
    return c->in == NULL ? STR_NONE : (struct str){c->in->bytes + c->in->from, c->in->end - c->in->from};
}

static void inbuf_drop_when_empty(struct conn *c)
{
    if (c->in != NULL && c->in->from == c->in->end) {
        loop__inbuf_give(c->loop, c->in);
        c->in = NULL;
    }
}

void conn__consume(struct conn *c, size_t n)
{
    c->in->from += n;
    http_head__init(&c->in->parser);
    inbuf_drop_when_empty(c);
}

ssize_t conn__fill(struct conn *c)
{
    if (c->in == NULL) {
        c->in = loop__inbuf_take(c->loop);
        if (c->in == NULL) {
            return IO_GONE;
        }
    }
    struct inbuf *in = c->in;
    if (in->end == sizeof(in->bytes)) { /* from > 0, since a head that fills the buffer is refused */
        memmove(in->bytes, in->bytes + in->from, in->end - in->from);
        in->end -= in->from;
        in->from = 0;
    }
    ssize_t n = conn__read(c, in->bytes + in->end, sizeof(in->bytes) - in->end);
    in->end += n > 0 ? (size_t)n : 0;
    inbuf_drop_when_empty(c);
    return n;
}

static void want(struct conn *c, uint32_t events)
{
    if (c->events == events) {
        return;
    }
    struct epoll_event event = {.events = events, .data.ptr = &c->watch};
    (void)epoll_ctl(c->loop->epoll_fd, EPOLL_CTL_MOD, c->fd,
                    &event); /* of a registered descriptor: cannot fail */
    c->events = events;
}

bool conn__wait(struct conn *c, ssize_t io)
{
    switch (io) {
    case IO_WANT_READ:
        want(c, EPOLLIN);
        break;
    case IO_WANT_WRITE:
        want(c, EPOLLOUT);
        break;
    default:
        conn__close(c);
    }
    return false;
}

/* ---- life ---- */

void conn__enter(struct conn *c, enum phase phase)
{
    struct loop *loop = c->loop;
    TAILQ_REMOVE(&loop->phases[c->phase], c, link);
    c->phase = phase;
    c->deadline = mono_after(loop->now, loop->phase_ms[phase]);
    TAILQ_INSERT_TAIL(&loop->phases[phase], c, link);
}

static void out_give_back(struct conn *c)
{
    struct loop *loop = c->loop;
    if (loop->out.p == NULL) {
        loop->out = c->out;
        buf_init(&c->out, loop->out.max);
    } else {
        buf_clear(&c->out);
    }
    if (loop->out.cap > OUT_KEEP) {
        buf_clear(&loop->out);
    }
}

static void conn_ready(struct watch *watch, uint32_t events);

static struct conn *conn_take(struct loop *loop)
{
    struct conn *c = SLIST_FIRST(&loop->conns_spare);
    if (c != NULL) {
        SLIST_REMOVE_HEAD(&loop->conns_spare, again_link);
        return c;
    }
    return mem_alloc(sizeof *c);
}

static struct net_addr local_of(int fd)
{
    struct sockaddr_storage storage;
    socklen_t size = sizeof storage;
    struct net_addr addr = {0};
    if (getsockname(fd, (struct sockaddr *)&storage, &size) == 0) {
        net_from_sockaddr((const struct sockaddr *)&storage, &addr);
    }
    return addr;
}

/* Lets go of what every connection has; it is in no list any more. */
static void conn_release(struct conn *c)
{
    struct loop *loop = c->loop;
    SSL_free(c->tls);
    (void)close(c->fd); /* leaves epoll by itself */
    admit__leave(loop->server->book, &c->bucket);
    metric_add(loop->server->connections, -1);
    loop->conn_count--;
    SLIST_INSERT_HEAD(&loop->conns_spare, c, again_link);
}

void conn__open(struct loop *loop, const struct http_listen *listen, int fd, const struct net_addr *peer,
                const struct net_addr *bucket)
{
    struct conn *c = conn_take(loop);
    if (c == NULL) {
        (void)close(fd);
        admit__leave(loop->server->book, bucket);
        return;
    }
    *c = (struct conn){.watch = {conn_ready},
                       .loop = loop,
                       .listen = listen,
                       .fd = fd,
                       .events = EPOLLIN,
                       .peer = *peer,
                       .bucket = *bucket,
                       .local = local_of(fd)};
    buf_init(&c->out, loop->out.max);
    c->tls = listen->tls ? server__tls_new(loop->server, fd) : NULL;
    loop->conn_count++;
    metric_add(loop->server->accepted, 1);
    metric_add(loop->server->connections, 1);
    if ((listen->tls && c->tls == NULL) || !loop__watch(loop, &c->watch, fd, EPOLLIN)) {
        conn_release(c);
        return;
    }
    c->phase = PHASE_HANDSHAKE;
    TAILQ_INSERT_TAIL(&loop->phases[c->phase], c, link);
    conn__enter(c, listen->tls ? PHASE_HANDSHAKE : loop->draining ? PHASE_IDLE : PHASE_HEADER);
}

void conn__close(struct conn *c)
{
    struct loop *loop = c->loop;
    if (c->x != NULL) {
        c->x->body_out = c->out_at > c->out_head ? c->out_at - c->out_head : 0;
        exchange__finish(c->x, true);
    }
    TAILQ_REMOVE(&loop->phases[c->phase], c, link);
    if (c->again) {
        SLIST_REMOVE(&loop->again, c, conn, again_link);
    }
    if (c->in != NULL) {
        loop__inbuf_give(loop, c->in);
        c->in = NULL;
    }
    buf_clear(&c->out);
    conn_release(c);
}

void conn__reset(struct conn *c)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    conn__close(c);
}

/* ---- the phases: each returns whether there is more to do at once ---- */

bool conn__refuse(struct conn *c, int status, const char *reason)
{
    struct http_reply reply = {.status = status};
    const struct http_app *app = c->listen->app;
    struct loop *loop = c->loop;
    server__count_refusal(loop->server, HTTP_METRIC_REFUSED, reason);
    arena_reset(loop->scratch);
    if (app->refused != NULL) {
        app->refused(app->arg, c->x, reason, loop->scratch, &reply);
    }
    reply.status = status;
    if (c->x != NULL) {
        c->x->step = STEP_REPLY;
    }
    reply__put(c, &reply, status == 503);
    conn__enter(c, PHASE_REPLY);
    return true;
}

static bool step_handshake(struct conn *c)
{
    ssize_t io = tls__handshake(c->tls);
    if (io == IO_WANT_READ || io == IO_WANT_WRITE) {
        return conn__wait(c, io);
    }
    if (io != 1) {
        metric_add(c->loop->server->handshakes_failed, 1);
        conn__close(c);
        return false;
    }
    metric_add(c->loop->server->handshakes_ok, 1);
    conn__enter(c, c->loop->draining ? PHASE_IDLE : PHASE_HEADER);
    return true;
}

/* The head moves to the exchange's arena, so that the exchange may outlive the connection. */
static bool exchange_begin(struct conn *c)
{
    struct http_exchange *x = exchange__new(c);
    struct inbuf *in = c->in;
    char *head = x != NULL ? arena_alloc(x->mem, in->parser.line) : NULL;
    if (head == NULL) {
        if (x != NULL) {
            exchange__release(x);
        }
        return conn__refuse(c, 503, "memory");
    }
    memcpy(head, in->bytes + in->from, in->parser.line);
    if (!http_head__request(&in->parser, head, x->mem, &x->request, &x->framing)) {
        exchange__release(x);
        return conn__refuse(c, in->parser.refusal.status, in->parser.refusal.reason);
    }
    x->body_done = !x->request.has_body;
    x->request.body = x->body_done ? STR("") : STR_NONE;
    c->x = x;
    conn__consume(c, in->parser.line);
    conn__enter(c, PHASE_REQUEST);
    return true;
}

static bool step_head(struct conn *c)
{
    struct str here = conn__buffered(c);
    if (here.n > 0) {
        switch (http_head__feed(&c->in->parser, here.p, here.n)) {
        case HTTP_PARSE_DONE:
            return exchange_begin(c);
        case HTTP_PARSE_REFUSED:
            return conn__refuse(c, c->in->parser.refusal.status, c->in->parser.refusal.reason);
        case HTTP_PARSE_MORE:
            break;
        }
    }
    ssize_t n = conn__fill(c);
    if (n <= 0) {
        return conn__wait(c, n);
    }
    if (c->phase == PHASE_IDLE) {
        conn__enter(c, PHASE_HEADER);
    }
    return true;
}

static bool step_request(struct conn *c)
{
    switch (c->x->step) {
    case STEP_CALL:
        exchange__call(c->x);
        return true;
    case STEP_BODY:
        return body__begin(c);
    case STEP_REPLY:
        conn__enter(c, PHASE_REPLY);
        return true;
    case STEP_CALLING:
    case STEP_WAIT:
        break;
    }
    return false;
}

/* What was sent, then the end of our direction; the reply is lost to a reset if the socket is closed with bytes unread. */
static bool linger_begin(struct conn *c)
{
    if (c->tls != NULL) {
        tls__close_notify(c->tls);
    }
    (void)shutdown(c->fd, SHUT_WR);
    conn__enter(c, PHASE_LINGER);
    return true;
}

static bool next_request(struct conn *c)
{
    if (conn__buffered(c).n > 0 || (c->tls != NULL && tls__pending(c->tls))) {
        conn__enter(c, PHASE_HEADER);
        return true;
    }
    conn__enter(c, PHASE_IDLE);
    want(c, EPOLLIN);
    return false;
}

/* The rest of a body nobody wanted, so short that dropping it is cheaper than a new connection. */
static bool step_skip(struct conn *c)
{
    while (c->skip > 0) {
        size_t here = conn__buffered(c).n;
        if (here == 0) {
            ssize_t n = conn__fill(c);
            if (n <= 0) {
                return conn__wait(c, n);
            }
            continue;
        }
        size_t n = here < c->skip ? here : c->skip;
        conn__consume(c, n);
        c->skip -= n;
    }
    return next_request(c);
}

static bool reply_sent(struct conn *c)
{
    if (c->x != NULL) {
        c->x->body_out = c->out_at - c->out_head;
        exchange__finish(c->x, c->out_fault != HTTP_FAULT_NONE);
    }
    out_give_back(c);
    c->out_at = c->out_head = 0;
    if (c->out_fault == HTTP_FAULT_CUT) {
        conn__reset(c);
        return false;
    }
    if (!c->out_close && c->skip > 0) {
        conn__enter(c, PHASE_SKIP);
        return true;
    }
    return c->out_close ? linger_begin(c) : next_request(c);
}

/* The reply lies in the loop's buffer, which is the next connection's as soon as this one has to wait: it is taken along. */
static bool step_reply(struct conn *c)
{
    struct buf *out = c->out.p != NULL ? &c->out : &c->loop->out;
    if (c->out_fault == HTTP_FAULT_RESET) {
        conn__reset(c);
        return false;
    }
    while (c->out_at < out->n) {
        ssize_t n = conn__write(c, out->p + c->out_at, out->n - c->out_at);
        if (n <= 0) {
            if (out == &c->loop->out) {
                c->out = *out;
                buf_init(out, c->out.max);
            }
            return conn__wait(c, n);
        }
        c->out_at += (size_t)n;
    }
    return reply_sent(c);
}

static bool step_linger(struct conn *c)
{
    char nothing[16 * 1024]; /* MSG_TRUNC: TCP drops the bytes instead of copying them */
    while (c->dropped <= LIMIT_LINGER) {
        ssize_t n = recv(c->fd, nothing, sizeof nothing, MSG_TRUNC);
        if (n < 0 && io_of_errno(IO_WANT_READ) == IO_WANT_READ) {
            return conn__wait(c, IO_WANT_READ);
        }
        if (n <= 0) {
            break;
        }
        c->dropped += (size_t)n;
    }
    conn__close(c);
    return false;
}

static bool (*const steps[PHASE_COUNT])(struct conn *c) = {
    [PHASE_HANDSHAKE] = step_handshake, [PHASE_HEADER] = step_head,   [PHASE_REQUEST] = step_request,
    [PHASE_BODY] = body__read,          [PHASE_REPLY] = step_reply,   [PHASE_SKIP] = step_skip,
    [PHASE_IDLE] = step_head,           [PHASE_LINGER] = step_linger,
};

/* Goes around once for each phase it passes. A client that pipelines without end gives way after TURN_REQUESTS. */
void conn__run(struct conn *c)
{
    unsigned requests = 0;
    while (steps[c->phase](c)) {
        requests += c->phase == PHASE_REPLY;
        if (requests > TURN_REQUESTS && c->phase == PHASE_HEADER) {
            c->again = true;
            SLIST_INSERT_HEAD(&c->loop->again, c, again_link);
            return;
        }
    }
}

/* ---- events and deadlines ---- */

static void conn_ready(struct watch *watch, uint32_t events)
{
    struct conn *c = (struct conn *)watch;
    if ((events & (EPOLLERR | EPOLLHUP)) != 0 &&
        c->phase != PHASE_LINGER) { /* a half-closed client gives neither */
        conn__close(c);
        return;
    }
    if (c->phase ==
        PHASE_REQUEST) { /* it sends ahead, or has ended its direction: neither matters before the reply */
        want(c, 0);
        return;
    }
    if (!c->again) {
        conn__run(c);
    }
}

/* A request may have come in this very moment. */
static void idle_end(struct conn *c)
{
    if (conn__fill(c) > 0) {
        conn__enter(c, PHASE_HEADER);
        conn__run(c);
        return;
    }
    if (c->tls != NULL) {
        tls__close_notify(c->tls);
    }
    conn__close(c);
}

static void answer_late(struct conn *c, int status, const char *reason)
{
    if (c->x != NULL) {
        c->x->by_deadline = true;
    }
    (void)conn__refuse(c, status, reason); /* always true: it is run next */
    conn__run(c);
}

void conn__deadline(struct conn *c)
{
    metric_add(c->loop->server->deadlines[c->phase], 1);
    switch (c->phase) {
    case PHASE_HEADER:
        if (conn__buffered(c).n > 0) {
            answer_late(c, 408, "header-deadline");
            return;
        }
        break;
    case PHASE_REQUEST:
        answer_late(c, 503, "request-deadline");
        return;
    case PHASE_BODY:
        answer_late(c, 408, "body-deadline");
        return;
    case PHASE_IDLE:
        idle_end(c);
        return;
    case PHASE_REPLY:
        conn__reset(c);
        return;
    case PHASE_HANDSHAKE:
    case PHASE_SKIP:
    case PHASE_LINGER:
    case PHASE_COUNT:
        break;
    }
    conn__close(c);
}
