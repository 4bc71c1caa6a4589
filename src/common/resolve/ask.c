/* A window of questions over one UDP socket. Each question under way has a slot with its message: the same message, with the same id, is
 * sent again when its time has come, and the answer to any of them ends it. The port is the kernel's choice and the id is random. A
 * truncated answer is asked for by TCP at once, while the answers to the other questions wait in the socket.
 *
 * Who has stopped answering is not waited for question by question: after as long a silence as one question is given, nothing more is
 * asked. A refusal (ICMP) ends it at once while nothing has been answered yet; later it may be a restart, and is left to the silence. */
#include "common/resolve/ask.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "common/resolve/inside.h"

#include "common/base/banned.h"

#define TRIES        3
#define SILENCE_MS   (TRIES * ASK_TRY_MS)
#define DATAGRAM_MAX 4096

struct slot {
    ldns_pkt *query; /* NULL: free */
    size_t index;
    unsigned tries;
    struct mono again;
};

struct asking {
    const struct net_addr *server;
    const struct question *questions;
    size_t count, next; /* of the questions; the first that was not sent yet */
    struct mono deadline, heard;
    void (*take)(void *arg, size_t index, const ldns_pkt *reply);
    void *arg;
    int fd;
    int error; /* of the last send or receive, or 0 */
    size_t answered, under_way;
    struct slot slots[ASK_WINDOW];
};

/* ---- over TCP ---- */

static ldns_pkt *exchange(const struct net_addr *server, ldns_pkt *query, struct mono deadline)
{
    uint8_t wire[DNS_MESSAGE_MAX];
    size_t n;
    int fd;
    ldns_pkt *reply = NULL;
    if (stream__connect(server, deadline, &fd, NULL) != RC_OK) {
        return NULL;
    }
    if (stream__send(fd, query, deadline, NULL) == RC_OK &&
        stream__receive(fd, deadline, wire, &n, NULL) == RC_OK) {
        reply = message__read(wire, n);
    }
    close(fd);
    if (reply != NULL && !message__answers(reply, query)) {
        ldns_pkt_free(reply);
        reply = NULL;
    }
    return reply;
}

static struct mono soonest(struct mono a, struct mono b)
{
    return a.ms < b.ms ? a : b;
}

/* ---- one question ---- */

static void end_slot(struct asking *asking, struct slot *slot)
{
    ldns_pkt_free(slot->query);
    *slot = (struct slot){0};
    asking->under_way--;
}

/* What is lost is sent again; what cannot be sent or was refused is remembered. */
static void note_error(struct asking *asking)
{
    if (errno != EAGAIN && errno != EINTR && errno != ENOBUFS) {
        asking->error = errno;
    }
}

static void send_slot(struct asking *asking, struct slot *slot)
{
    uint8_t *wire = NULL;
    size_t n = 0;
    if (ldns_pkt2wire(&wire, slot->query, &n) == LDNS_STATUS_OK && send(asking->fd, wire, n, 0) < 0) {
        note_error(asking);
    }
    LDNS_FREE(wire);
    slot->tries++;
    slot->again = mono_after(clock_mono(), ASK_TRY_MS);
}

static struct slot *slot_of(struct asking *asking, uint16_t id)
{
    for (size_t i = 0; i < ASK_WINDOW; i++) {
        struct slot *slot = &asking->slots[i];
        if (slot->query != NULL && ldns_pkt_id(slot->query) == id) {
            return slot;
        }
    }
    return NULL;
}

static ldns_pkt *make_query(struct asking *asking, const struct question *question)
{
    ldns_pkt *query = message__question(question->name, (ldns_rr_type)question->type);
    while (query != NULL && slot_of(asking, ldns_pkt_id(query)) != NULL) {
        ldns_pkt_set_random_id(query);
    }
    if (query != NULL) {
        ldns_pkt_set_rd(query, true);
        ldns_pkt_set_edns_udp_size(query, DNS_EDNS_BYTES);
    }
    return query;
}

/* Questions into the free slots. Without memory for one it has no answer. */
static void fill_window(struct asking *asking)
{
    for (size_t i = 0; i < ASK_WINDOW && asking->next < asking->count; i++) {
        struct slot *slot = &asking->slots[i];
        if (slot->query == NULL) {
            size_t index = asking->next++;
            slot->query = make_query(asking, &asking->questions[index]);
            slot->index = index;
            if (slot->query != NULL) {
                asking->under_way++;
                send_slot(asking, slot);
            }
        }
    }
}

static void take_reply(struct asking *asking, const ldns_pkt *reply)
{
    struct slot *slot = slot_of(asking, ldns_pkt_id(reply));
    ldns_pkt *whole = NULL;
    if (slot == NULL || !message__answers(reply, slot->query)) {
        return;
    }
    if (ldns_pkt_tc(reply)) {
        struct mono end = mono_after(clock_mono(), SILENCE_MS);
        reply = whole = exchange(asking->server, slot->query, soonest(end, asking->deadline));
    }
    if (reply != NULL) {
        asking->take(asking->arg, slot->index, reply);
        asking->answered++;
    }
    asking->heard = clock_mono();
    ldns_pkt_free(whole);
    end_slot(asking, slot);
}

/* ---- all of them ---- */

/* What is there, but no more than makes sense: nobody keeps this from looking at the clock. */
static void receive_some(struct asking *asking)
{
    uint8_t wire[DATAGRAM_MAX];
    ssize_t n = 0;
    for (size_t i = 0; i < ASK_WINDOW && (n = recv(asking->fd, wire, sizeof wire, 0)) >= 0; i++) {
        ldns_pkt *reply = message__read(wire, (size_t)n);
        if (reply != NULL) {
            take_reply(asking, reply);
        }
        ldns_pkt_free(reply);
    }
    if (n < 0) {
        note_error(asking);
    }
}

static void send_again(struct asking *asking)
{
    struct mono now = clock_mono();
    for (size_t i = 0; i < ASK_WINDOW; i++) {
        struct slot *slot = &asking->slots[i];
        if (slot->query != NULL && slot->again.ms <= now.ms) {
            if (slot->tries < TRIES) {
                send_slot(asking, slot);
            } else {
                end_slot(asking, slot);
            }
        }
    }
}

static bool is_over(const struct asking *asking)
{
    struct mono now = clock_mono();
    return now.ms >= asking->deadline.ms || now.ms - asking->heard.ms > SILENCE_MS ||
           (asking->error != 0 && asking->answered == 0) ||
           (asking->under_way == 0 && asking->next == asking->count);
}

static void await_reply(const struct asking *asking)
{
    struct pollfd wanted = {.fd = asking->fd, .events = POLLIN};
    struct mono end = asking->deadline;
    for (size_t i = 0; i < ASK_WINDOW; i++) {
        end = asking->slots[i].query != NULL ? soonest(end, asking->slots[i].again) : end;
    }
    (void)poll(&wanted, 1,
               (int)mono_left_ms(soonest(end, mono_after(clock_mono(), ASK_TRY_MS)), clock_mono()));
}

static void ask_all(struct asking *asking)
{
    asking->heard = clock_mono();
    fill_window(asking);
    while (!is_over(asking)) {
        await_reply(asking);
        receive_some(asking);
        send_again(asking);
        fill_window(asking);
    }
    for (size_t i = 0; i < ASK_WINDOW; i++) {
        if (asking->slots[i].query != NULL) {
            end_slot(asking, &asking->slots[i]);
        }
    }
}

/* 0, or the errno. */
static int open_socket(const struct net_addr *server, int *ret_fd)
{
    struct sockaddr_storage address;
    socklen_t bytes = net_to_sockaddr(server, &address);
    *ret_fd = socket(server->family == 4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return *ret_fd >= 0 && connect(*ret_fd, (const struct sockaddr *)&address, bytes) == 0 ? 0 : errno;
}

static enum rc run(struct asking *asking, struct err *err)
{
    char text[NET_TEXT_MAX];
    for (size_t i = 0; i < asking->count; i++) {
        struct str name = asking->questions[i].name;
        if (!rr_name_valid(name)) {
            return err_set(err, RC_INVALID, "DnsMessage", "\"%" STR_FMT "\" is no domain name",
                           STR_ARG(name));
        }
    }
    asking->error = open_socket(asking->server, &asking->fd);
    if (asking->error == 0) {
        ask_all(asking);
    }
    if (asking->fd >= 0) {
        close(asking->fd);
    }
    if (asking->answered > 0 || asking->count == 0) {
        return RC_OK;
    }
    struct str where = net_text_port(asking->server, text);
    return asking->error != 0
               ? err_set(err, RC_BUSY, "DnsUnreachable", "%" STR_FMT ": %s", STR_ARG(where),
                         strerror(asking->error))
               : err_set(err, RC_BUSY, "DnsNoAnswer", "%" STR_FMT " does not answer", STR_ARG(where));
}

/* ---- what is there ---- */

struct found {
    struct answer *answers;
    struct arena *mem;
};

static bool is_wanted(const ldns_rr *rr, const ldns_rr *asked)
{
    return (ldns_rr_get_type(rr) == ldns_rr_get_type(asked) || ldns_rr_get_type(rr) == LDNS_RR_TYPE_CNAME) &&
           ldns_dname_compare(ldns_rr_owner(rr), ldns_rr_owner(asked)) == 0;
}

static struct rr_list take_wanted(const ldns_pkt *reply, struct arena *mem)
{
    const ldns_rr_list *records = ldns_pkt_answer(reply);
    const ldns_rr *asked = ldns_rr_list_rr(ldns_pkt_question(reply), 0);
    size_t count = 0, room = ldns_rr_list_rr_count(records);
    struct rr *items = arena_alloc_array(mem, room, sizeof *items);
    for (size_t i = 0; items != NULL && i < room; i++) {
        const ldns_rr *rr = ldns_rr_list_rr(records, i);
        count += is_wanted(rr, asked) && message__take(rr, mem, &items[count]) ? 1 : 0;
    }
    return (struct rr_list){items, count};
}

static void take_answer(void *arg, size_t index, const ldns_pkt *reply)
{
    const struct found *found = arg;
    found->answers[index] = (struct answer){.came = true,
                                            .rcode = (unsigned)ldns_pkt_get_rcode(reply) |
                                                     (unsigned)ldns_pkt_edns_extended_rcode(reply) << 4,
                                            .authoritative = ldns_pkt_aa(reply),
                                            .found = take_wanted(reply, found->mem)};
}

enum rc ask(const struct net_addr *server, const struct question *questions, size_t count,
            struct mono deadline, struct arena *mem, struct answer *ret, struct err *err)
{
    struct found found = {ret, mem};
    struct asking asking = {.server = server,
                            .questions = questions,
                            .count = count,
                            .deadline = deadline,
                            .take = take_answer,
                            .arg = &found};
    memset(ret, 0, count * sizeof *ret);
    enum rc rc = run(&asking, err);
    return rc == RC_OK && arena_failed(mem) ? err_set(err, RC_LIMIT, NULL, "no room for the answers") : rc;
}

/* ---- which zone ---- */

struct apex {
    struct arena *mem;
    struct rr *soa;
    bool alias; /* a CNAME is there: it is in the zone of what is above it, which is not said */
    bool found;
};

static void take_apex(void *arg, size_t index, const ldns_pkt *reply)
{
    struct apex *apex = arg;
    const ldns_rr *asked = ldns_rr_list_rr(ldns_pkt_question(reply), 0);
    ldns_pkt_rcode code = ldns_pkt_get_rcode(reply);
    const ldns_rr_list *sections[] = {ldns_pkt_answer(reply), ldns_pkt_authority(reply)};
    (void)index;
    if (!ldns_pkt_aa(reply) || (code != LDNS_RCODE_NOERROR && code != LDNS_RCODE_NXDOMAIN)) {
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(sections) && !apex->found && !apex->alias; i++) {
        for (size_t k = 0; k < ldns_rr_list_rr_count(sections[i]) && !apex->found; k++) {
            const ldns_rr *rr = ldns_rr_list_rr(sections[i], k);
            bool same = ldns_dname_compare(ldns_rr_owner(rr), ldns_rr_owner(asked)) == 0;
            apex->alias = apex->alias || (same && ldns_rr_get_type(rr) == LDNS_RR_TYPE_CNAME);
            apex->found = !apex->alias && ldns_rr_get_type(rr) == LDNS_RR_TYPE_SOA &&
                          (same || ldns_dname_is_subdomain(ldns_rr_owner(asked), ldns_rr_owner(rr))) &&
                          message__take(rr, apex->mem, apex->soa);
        }
    }
}

enum rc ask_zone(const struct net_addr *server, struct str name, struct mono deadline, struct arena *mem,
                 struct rr *ret_soa, struct err *err)
{
    struct apex apex = {.mem = mem, .soa = ret_soa, .alias = true};
    struct question question = {name, RR_SOA};
    enum rc rc = RC_OK;
    while (rc == RC_OK && apex.alias && question.name.n > 0) {
        struct asking asking = {.server = server,
                                .questions = &question,
                                .count = 1,
                                .deadline = deadline,
                                .take = take_apex,
                                .arg = &apex};
        apex.alias = false;
        rc = run(&asking, err);
        ptrdiff_t dot = str_find(question.name, '.');
        question.name = dot >= 0 ? str_slice(question.name, (size_t)dot + 1, question.name.n) : STR("");
    }
    if (rc == RC_OK && arena_failed(mem)) {
        return err_set(err, RC_LIMIT, NULL, "no room for the answer");
    }
    return rc != RC_OK || apex.found ? rc
                                     : err_set(err, RC_NOT_FOUND, "DnsNotOurZone",
                                               "the server has no zone for %" STR_FMT, STR_ARG(name));
}
