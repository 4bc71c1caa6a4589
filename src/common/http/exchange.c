#include "common/base/mem.h"
#include "common/http/engine.h"

#include "common/base/banned.h"

/* Spares are kept up to this many a loop; after a flood the rest goes back to the system. */
#define SPARE_MAX 256
/* An arena that held more is not kept: its chunks may be large. */
#define SPARE_ARENA_BYTES ((size_t)64 * 1024)

static void head_call(struct http_exchange *x)
{
    x->app->head(x->app->arg, x);
}

static void exchange_free(struct http_exchange *x)
{
    arena_free(x->mem);
    mem_free(x);
}

static struct http_exchange *spare_take(struct loop *loop)
{
    struct http_exchange *x = SLIST_FIRST(&loop->exchanges_spare);
    if (x != NULL) {
        SLIST_REMOVE_HEAD(&loop->exchanges_spare, spare);
        loop->exchanges_spare_count--;
        return x;
    }
    x = mem_alloc(sizeof *x);
    struct arena *mem = arena_new(loop->server->limits.arena_bytes_max);
    if (x == NULL || mem == NULL) {
        arena_free(mem);
        mem_free(x);
        return NULL;
    }
    x->mem = mem;
    return x;
}

struct http_exchange *exchange__new(struct conn *c)
{
    struct loop *loop = c->loop;
    struct http_exchange *x = spare_take(loop);
    if (x == NULL) {
        return NULL;
    }
    *x = (struct http_exchange){.conn = c,
                                .loop = loop,
                                .app = c->listen->app,
                                .mem = x->mem,
                                .next = head_call,
                                .started_us = clock_mono_us()};
    x->ticket.x = x;
    x->request.peer = c->peer;
    x->request.local = c->local;
    x->request.tls = c->tls != NULL;
    x->request.received = loop->wall;
    x->request.received_mono = loop->now;
    x->request.deadline = mono_after(loop->now, loop->phase_ms[PHASE_REQUEST]);
    loop->exchange_count++;
    return x;
}

void exchange__release(struct http_exchange *x)
{
    struct loop *loop = x->loop;
    atomic_fetch_sub_explicit(&loop->server->bodies_bytes, x->charged, memory_order_relaxed);
    loop->exchange_count--;
    if (loop->exchanges_spare_count >= SPARE_MAX || arena_bytes(x->mem) > SPARE_ARENA_BYTES) {
        exchange_free(x);
        return;
    }
    arena_reset(x->mem);
    SLIST_INSERT_HEAD(&loop->exchanges_spare, x, spare);
    loop->exchanges_spare_count++;
}

void exchange__spares_free(struct loop *loop)
{
    struct http_exchange *x;
    while ((x = SLIST_FIRST(&loop->exchanges_spare)) != NULL) {
        SLIST_REMOVE_HEAD(&loop->exchanges_spare, spare);
        exchange_free(x);
    }
}

void exchange__finish(struct http_exchange *x, bool aborted)
{
    struct http_outcome outcome = {.status = x->status,
                                   .bytes_out = x->body_out,
                                   .duration_us = clock_mono_us() - x->started_us,
                                   .aborted = aborted,
                                   .by_deadline = x->by_deadline};
    x->conn->x = NULL;
    x->conn = NULL;
    if (x->app->finished != NULL) {
        x->app->finished(x->app->arg, x, &outcome);
    }
    if (!x->ticket_out) {
        exchange__release(x);
    }
}

void exchange__call(struct http_exchange *x)
{
    x->step = STEP_CALLING;
    x->next(x);
    ensure(x->step != STEP_CALLING); /* a callback takes exactly one of its three choices */
}

/* On the loop. A ticket that comes back late, after the deadline's answer or the end of the client, only gives memory back. */
void exchange__resumed(struct http_ticket *ticket)
{
    struct http_exchange *x = ticket->x;
    x->ticket_out = false;
    if (x->conn == NULL) {
        exchange__release(x);
    } else if (x->step == STEP_WAIT) {
        x->step = STEP_CALL;
        conn__run(x->conn);
    }
}

const struct http_request *http_request(const struct http_exchange *x)
{
    return &x->request;
}

struct arena *http_arena(const struct http_exchange *x)
{
    return x->mem;
}

unsigned http_loop(const struct http_exchange *x)
{
    return x->loop->index;
}

void *http_user(const struct http_exchange *x)
{
    return x->user;
}

void http_set_user(struct http_exchange *x, void *user)
{
    x->user = user;
}

struct str http_header(const struct http_request *request, const char *name)
{
    struct str wanted = str_of(name);
    for (size_t i = 0; i < request->header_count; i++) {
        if (str_eq_ci(request->headers[i].name, wanted)) {
            return request->headers[i].value;
        }
    }
    return STR_NONE;
}

size_t http_header_count(const struct http_request *request, const char *name)
{
    struct str wanted = str_of(name);
    size_t count = 0;
    for (size_t i = 0; i < request->header_count; i++) {
        count += str_eq_ci(request->headers[i].name, wanted);
    }
    return count;
}

void http_body_max(struct http_exchange *x, size_t bytes_max)
{
    x->body_max = bytes_max;
}

void http_read_body(struct http_exchange *x, http_next *next)
{
    ensure(x->step == STEP_CALLING);
    x->step = STEP_BODY;
    x->next = next;
}

struct http_ticket *http_suspend(struct http_exchange *x, http_next *next)
{
    ensure(x->step == STEP_CALLING && !x->ticket_out);
    x->step = STEP_WAIT;
    x->next = next;
    x->ticket_out = true;
    return &x->ticket;
}

/* Wakes the loop only when the list was empty and nobody holds wake-ups back, and never from the loop's own thread, which looks at
 * the list before it sleeps. First the push, then the look at `held`; the release does it in the other order, so one of the two
 * sees the other. */
void http_resume(struct http_ticket *ticket)
{
    struct loop *loop = ticket->x->loop;
    struct http_server *server = loop->server;
    bool at_home = loop__is_here(loop);
    struct http_ticket *head = atomic_load_explicit(&loop->resumed, memory_order_relaxed);
    do {
        ticket->next = head;
    } while (!atomic_compare_exchange_weak(&loop->resumed, &head, ticket));
    /* The ticket is the loop's again: it may be gone by now. */
    if (head == NULL && !at_home && atomic_load(&server->held) == 0) {
        loop__wake(loop);
    }
}

void http_server_hold(struct http_server *server)
{
    atomic_fetch_add(&server->held, 1);
}

void http_server_release(struct http_server *server)
{
    unsigned held = atomic_fetch_sub(&server->held, 1);
    ensure(held > 0); /* or nobody would be woken from now on */
    if (held > 1) {
        return; /* the last one wakes */
    }
    for (unsigned i = 0; i < server->loop_count; i++) {
        if (atomic_load(&server->loops[i]->resumed) != NULL) {
            loop__wake(server->loops[i]);
        }
    }
}

void http_reply(struct http_exchange *x, const struct http_reply *reply)
{
    ensure(x->step == STEP_CALLING);
    x->step = STEP_REPLY;
    reply__put(x->conn, reply, false);
}
