/* A transfer is a row of messages on one connection (RFC 5936 section 2.2); its records begin and end with the SOA record. With a key every
 * message must be signed, about the MAC of the one before. RFC 8945 lets a server sign fewer; Knot and BIND sign each. */
#include "common/resolve/ask.h"

#include <unistd.h>

#include "common/resolve/inside.h"

#include "common/base/mem.h"

#include "common/base/banned.h"

struct transfer {
    struct str zone;
    const struct tsig_key *key;
    ldns_pkt *query;
    ldns_rdf *mac; /* of the message before; NULL without a key */
    struct arena *mem;
    struct rr *items; /* on the heap while they grow */
    size_t count, room;
    unsigned messages, soas;
};

static enum rc bad_answer(struct err *err, const char *what)
{
    return err_set(err, RC_BUSY, "DnsBadAnswer", "what came is no transfer of the zone: %s", what);
}

static enum rc no_room(struct err *err)
{
    return err_set(err, RC_LIMIT, NULL, "no room for the records of the zone");
}

/* ---- records ---- */

static bool add_item(struct transfer *transfer, const struct rr *rr)
{
    if (transfer->count == transfer->room) {
        size_t room = transfer->room > 0 ? transfer->room * 2 : 256;
        struct rr *grown = mem_grow(transfer->items, room * sizeof *grown);
        if (grown == NULL) {
            return false;
        }
        transfer->items = grown;
        transfer->room = room;
    }
    transfer->items[transfer->count++] = *rr;
    return true;
}

static enum rc take_record(struct transfer *transfer, const ldns_rr *from, struct err *err)
{
    const ldns_rr *asked = ldns_rr_list_rr(ldns_pkt_question(transfer->query), 0);
    bool is_soa = ldns_rr_get_type(from) == LDNS_RR_TYPE_SOA;
    struct rr rr;
    if (transfer->soas == 2 || (transfer->soas == 0 && !is_soa)) {
        return bad_answer(err, "its SOA record is not where it belongs");
    }
    if (!ldns_dname_is_subdomain(ldns_rr_owner(from), ldns_rr_owner(asked)) &&
        ldns_dname_compare(ldns_rr_owner(from), ldns_rr_owner(asked)) != 0) {
        return RC_OK; /* glue of nobody's */
    }
    transfer->soas += is_soa ? 1 : 0;
    if (transfer->soas == 2) {
        return RC_OK;
    }
    bool taken = message__take(from, transfer->mem, &rr);
    return arena_failed(transfer->mem) || (taken && !add_item(transfer, &rr)) ? no_room(err) : RC_OK;
}

/* ---- messages ---- */

static enum rc refused(const ldns_pkt *reply, struct err *err)
{
    struct tsig_error error = message__tsig_error(reply);
    unsigned rcode = ldns_pkt_get_rcode(reply);
    bool denied = rcode == RR_REFUSED || rcode == RR_NOTAUTH;
    if (error.code != 0) {
        return message__key_refused(&error, err);
    }
    return err_set(err, denied ? RC_DENIED : RC_BUSY, denied ? "DnsRefused" : "DnsServerFailure",
                   "the server says %s (%u)", rr_rcode_text(rcode), rcode);
}

static bool is_next(const struct transfer *transfer, const ldns_pkt *reply)
{
    if (transfer->messages == 0 || ldns_pkt_qdcount(reply) > 0) {
        return message__answers(reply, transfer->query);
    }
    return ldns_pkt_qr(reply) && ldns_pkt_id(reply) == ldns_pkt_id(transfer->query) &&
           ldns_pkt_get_opcode(reply) == LDNS_PACKET_QUERY;
}

/* The next message is about its MAC. */
static bool is_signed(struct transfer *transfer, ldns_pkt *reply, const uint8_t *wire, size_t n)
{
    if (!message__signed(reply, wire, n, transfer->key, transfer->mac, transfer->messages > 0)) {
        return false;
    }
    ldns_rdf_deep_free(transfer->mac);
    transfer->mac = message__mac(reply);
    return transfer->mac != NULL;
}

static enum rc take_message(struct transfer *transfer, ldns_pkt *reply, const uint8_t *wire, size_t n,
                            struct err *err)
{
    const ldns_rr_list *records = ldns_pkt_answer(reply);
    enum rc rc = RC_OK;
    if (!is_next(transfer, reply)) {
        return bad_answer(err, "an answer to another question");
    }
    if (ldns_pkt_get_rcode(reply) != LDNS_RCODE_NOERROR) {
        return refused(reply, err);
    }
    if (transfer->key != NULL && !is_signed(transfer, reply, wire, n)) {
        return err_set(err, RC_DENIED, "DnsBadAnswer", "a message of the transfer is not signed by the key");
    }
    transfer->messages++;
    for (size_t i = 0; rc == RC_OK && i < ldns_rr_list_rr_count(records); i++) {
        rc = take_record(transfer, ldns_rr_list_rr(records, i), err);
    }
    return rc;
}

static enum rc receive_all(struct transfer *transfer, int fd, struct mono deadline, struct err *err)
{
    uint8_t wire[DNS_MESSAGE_MAX];
    size_t n;
    enum rc rc = RC_OK;
    while (rc == RC_OK && transfer->soas < 2) {
        rc = stream__receive(fd, deadline, wire, &n, err);
        if (rc != RC_OK) {
            return rc == RC_BUSY ? rc : bad_answer(err, "it is cut off");
        }
        ldns_pkt *reply = message__read(wire, n);
        rc = reply != NULL ? take_message(transfer, reply, wire, n, err)
                           : bad_answer(err, "a message that is none");
        ldns_pkt_free(reply);
    }
    return rc;
}

/* ---- all of it ---- */

static bool make_query(struct transfer *transfer)
{
    transfer->query = message__question(transfer->zone, LDNS_RR_TYPE_AXFR);
    if (transfer->query == NULL || transfer->key == NULL) {
        return transfer->query != NULL;
    }
    if (!message__sign(transfer->query, transfer->key)) {
        return false;
    }
    transfer->mac = message__mac(transfer->query);
    return transfer->mac != NULL;
}

static enum rc run(struct transfer *transfer, const struct net_addr *server, struct mono deadline,
                   struct err *err)
{
    int fd;
    if (!make_query(transfer)) {
        return err_set(err, RC_LIMIT, NULL, "out of memory");
    }
    enum rc rc = stream__connect(server, deadline, &fd, err);
    if (rc != RC_OK) {
        return rc;
    }
    rc = stream__send(fd, transfer->query, deadline, err);
    if (rc == RC_OK) {
        rc = receive_all(transfer, fd, deadline, err);
    }
    close(fd);
    return rc;
}

enum rc ask_transfer(const struct net_addr *server, struct str zone, const struct tsig_key *key,
                     struct mono deadline, struct arena *mem, struct rr_list *ret, struct err *err)
{
    struct transfer transfer = {.zone = zone, .key = key, .mem = mem};
    if (!rr_name_valid(zone)) {
        return err_set(err, RC_INVALID, "DnsMessage", "\"%" STR_FMT "\" is no domain name", STR_ARG(zone));
    }
    enum rc rc = run(&transfer, server, deadline, err);
    if (rc == RC_OK) {
        struct rr *items = arena_alloc_array(mem, transfer.count, sizeof *items);
        rc = items != NULL ? RC_OK : no_room(err);
        if (rc == RC_OK) {
            memcpy(items, transfer.items, transfer.count * sizeof *items);
            *ret = (struct rr_list){items, transfer.count};
        }
    }
    mem_free(transfer.items);
    ldns_rdf_deep_free(transfer.mac);
    ldns_pkt_free(transfer.query);
    return rc;
}
