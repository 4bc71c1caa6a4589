/* Request bodies. They lie in the exchange's arena: one of known length in one block that the socket is read into, a chunked
 * one in a block that doubles. What is set aside counts against bodies_bytes_max until the exchange is gone. */
#include "common/http/engine.h"

#include "common/base/banned.h"

#define CHUNKED_FIRST ((size_t)4096)

static size_t body_max(const struct http_exchange *x)
{
    return x->body_max != 0 ? x->body_max : x->loop->server->limits.body_bytes_max;
}

static bool charge(struct http_exchange *x, size_t n)
{
    struct http_server *server = x->loop->server;
    size_t before = atomic_fetch_add_explicit(&server->bodies_bytes, n, memory_order_relaxed);
    if (before + n > server->limits.bodies_bytes_max) {
        atomic_fetch_sub_explicit(&server->bodies_bytes, n, memory_order_relaxed);
        return false;
    }
    x->charged += n;
    return true;
}

/* Makes room for `size` bytes in all. False: there is none now, 503. */
static bool body_reserve(struct http_exchange *x, size_t size)
{
    if (size <= x->body_cap) {
        return true;
    }
    size_t cap = size, max = body_max(x);
    if (x->framing.chunked) {
        cap = cap < 2 * x->body_cap ? 2 * x->body_cap : cap;
        cap = cap < CHUNKED_FIRST ? CHUNKED_FIRST : cap;
        cap = cap > max ? max : cap;
    }
    char *body = charge(x, cap) ? arena_alloc(x->mem, cap) : NULL;
    if (body == NULL) {
        return false;
    }
    if (x->body_n > 0) {
        memcpy(body, x->body, x->body_n);
    }
    x->body = body;
    x->body_cap = cap;
    return true;
}

/* The time for the answer begins anew: it is the sender who took the time of the body. */
static bool body_complete(struct conn *c)
{
    struct http_exchange *x = c->x;
    x->body_done = true;
    x->request.body = (struct str){x->body != NULL ? x->body : "", x->body_n};
    x->step = STEP_CALL;
    conn__enter(c, PHASE_REQUEST);
    x->request.deadline = c->deadline;
    return true;
}

/* A client that has begun to send does not wait for it (RFC 9110 10.1.1). False: the connection is gone. */
static bool send_continue(struct conn *c)
{
    static const char line[] = "HTTP/1.1 100 Continue\r\n\r\n";
    if (!c->x->framing.expect_continue || conn__buffered(c).n > 0) {
        return true;
    }
    if (conn__write(c, line, sizeof(line) - 1) !=
        sizeof(line) - 1) { /* 25 bytes: the client reads nothing at all */
        conn__close(c);
        return false;
    }
    return true;
}

bool body__begin(struct conn *c)
{
    struct http_exchange *x = c->x;
    if (x->body_done) {
        x->step = STEP_CALL;
        return true;
    }
    if (x->framing.content_length > body_max(x)) {
        return conn__refuse(c, 413, "body-length");
    }
    if (!body_reserve(x, (size_t)x->framing.content_length)) {
        return conn__refuse(c, 503, "bodies-full");
    }
    if (!send_continue(c)) {
        return false;
    }
    http_chunked__init(&x->chunked);
    conn__enter(c, PHASE_BODY);
    return true;
}

/* Each of the two takes what is there and says whether the body is complete; MORE: reads on; the ssize_t is for waiting. */
static enum http_parse plain_read(struct conn *c, ssize_t *ret_io)
{
    struct http_exchange *x = c->x;
    struct str here = str_slice(conn__buffered(c), 0, x->body_cap - x->body_n);
    if (here.n > 0) {
        memcpy(x->body + x->body_n, here.p, here.n);
        conn__consume(c, here.n);
        x->body_n += here.n;
    }
    if (x->body_n < x->body_cap) {
        *ret_io = conn__read(c, x->body + x->body_n, x->body_cap - x->body_n);
        x->body_n += *ret_io > 0 ? (size_t)*ret_io : 0;
    }
    return x->body_n == x->body_cap ? HTTP_PARSE_DONE : HTTP_PARSE_MORE;
}

static enum http_parse refuse_chunked(struct http_exchange *x, int status, const char *reason)
{
    x->chunked.refusal = (struct http_refusal){status, reason};
    return HTTP_PARSE_REFUSED;
}

static enum http_parse chunked_take(struct http_exchange *x, struct str in, size_t *ret_used)
{
    struct str data;
    enum http_parse state = http_chunked__next(&x->chunked, in, ret_used, &data);
    size_t max = body_max(x);
    if (state == HTTP_PARSE_REFUSED) {
        return state;
    }
    bool announced = x->chunked.state == CHUNKED_DATA || x->chunked.state == CHUNKED_SIZE_LF;
    if (data.n > max - x->body_n || (announced && x->chunked.left > max - x->body_n - data.n)) {
        return refuse_chunked(x, 413, "body-length");
    }
    if (data.n > 0) {
        if (!body_reserve(x, x->body_n + data.n)) {
            return refuse_chunked(x, 503, "bodies-full");
        }
        memcpy(x->body + x->body_n, data.p, data.n);
        x->body_n += data.n;
    }
    return state;
}

static enum http_parse chunked_read(struct conn *c, ssize_t *ret_io)
{
    enum http_parse state = HTTP_PARSE_MORE;
    struct str in = conn__buffered(c);
    while (in.n > 0 && state == HTTP_PARSE_MORE) {
        size_t used = 0;
        state = chunked_take(c->x, in, &used);
        conn__consume(c, used);
        in = conn__buffered(c);
    }
    if (state == HTTP_PARSE_MORE) {
        *ret_io = conn__fill(c);
    }
    return state;
}

bool body__read(struct conn *c)
{
    struct http_exchange *x = c->x;
    ssize_t io = 1;
    enum http_parse state = x->framing.chunked ? chunked_read(c, &io) : plain_read(c, &io);
    if (state == HTTP_PARSE_DONE) {
        return body_complete(c);
    }
    if (state == HTTP_PARSE_REFUSED) {
        return conn__refuse(c, x->chunked.refusal.status, x->chunked.refusal.reason);
    }
    if (io == IO_END) {
        return conn__refuse(c, 400, "body-truncated");
    }
    return io > 0 || conn__wait(c, io);
}
