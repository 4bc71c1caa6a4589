/* What is to be done is kept as a list of items with the bytes that each takes, so that ldns is called for no message that is too large
 * for it. A message goes out on a connection of its own: what comes back on it is the answer, or none. From the moment the last byte was
 * taken the server may have done it, and only an answer that is signed says what it did. */
#include "common/resolve/update.h"

#include <unistd.h>

#include "common/resolve/inside.h"

#include "common/base/banned.h"

#define HEAD_BYTES   12
#define RECORD_BYTES 10 /* type, class, TTL, length */

enum kind { UNUSED_NAME, NO_SUCH_SET, EXACT_RECORD, ADD_RECORD, DELETE_RECORD };

struct update_item {
    struct update_item *next;
    enum kind kind;
    struct rr rr;
};

/* ---- building ---- */

static size_t bytes_of_zone(struct str zone)
{
    return HEAD_BYTES + rr__name_bytes(zone) + 4;
}

void update_init(struct update *update, struct arena *mem, struct str zone)
{
    *update = (struct update){
        .mem = mem, .zone = zone, .bytes = bytes_of_zone(zone), .failed = !rr_name_valid(zone)};
}

static void add_item(struct update *update, enum kind kind, const struct rr *rr)
{
    bool bare = kind == UNUSED_NAME || kind == NO_SUCH_SET;
    bool valid =
        bare ? rr_name_valid(rr->name) && (kind == UNUSED_NAME || rr__fields(rr->type) > 0) : rr_valid(rr);
    struct update_item *item = valid ? arena_new_of(update->mem, struct update_item) : NULL;
    if (item == NULL) {
        update->failed = true;
        return;
    }
    *item = (struct update_item){.kind = kind, .rr = *rr};
    *(update->last != NULL ? &update->last->next : &update->first) = item;
    update->last = item;
    update->bytes += rr__name_bytes(rr->name) + RECORD_BYTES + (bare ? 0 : rr__data_bytes(rr));
}

void update_require_unused(struct update *update, struct str name)
{
    add_item(update, UNUSED_NAME, &(struct rr){.name = name});
}

void update_require_none(struct update *update, struct str name, enum rr_type type)
{
    add_item(update, NO_SUCH_SET, &(struct rr){.name = name, .type = type});
}

void update_require(struct update *update, const struct rr *rr)
{
    add_item(update, EXACT_RECORD, rr);
}

void update_add(struct update *update, const struct rr *rr)
{
    add_item(update, ADD_RECORD, rr);
}

void update_delete(struct update *update, const struct rr *rr)
{
    add_item(update, DELETE_RECORD, rr);
}

size_t update_bytes_with(const struct update *update, const struct update *other)
{
    return update->bytes + other->bytes - bytes_of_zone(other->zone);
}

void update_append(struct update *update, const struct update *other)
{
    for (const struct update_item *item = other->first; item != NULL; item = item->next) {
        add_item(update, item->kind, &item->rr);
    }
    update->failed = update->failed || other->failed;
}

/* ---- the message (RFC 2136 sections 2.4 and 2.5) ---- */

struct form {
    ldns_pkt_section section;
    ldns_rr_class class;
    bool keeps_ttl;
};
static const struct form forms[] = {
    [UNUSED_NAME] = {LDNS_SECTION_ANSWER, LDNS_RR_CLASS_NONE, false},
    [NO_SUCH_SET] = {LDNS_SECTION_ANSWER, LDNS_RR_CLASS_NONE, false},
    [EXACT_RECORD] = {LDNS_SECTION_ANSWER, LDNS_RR_CLASS_IN, false},
    [ADD_RECORD] = {LDNS_SECTION_AUTHORITY, LDNS_RR_CLASS_IN, true},
    [DELETE_RECORD] = {LDNS_SECTION_AUTHORITY, LDNS_RR_CLASS_NONE, false},
};

static ldns_rr *bare_record(const struct update_item *item)
{
    ldns_rdf *owner = message__name(item->rr.name);
    ldns_rr *ret = owner != NULL ? ldns_rr_new() : NULL;
    if (ret == NULL) {
        ldns_rdf_deep_free(owner);
        return NULL;
    }
    ldns_rr_set_owner(ret, owner);
    ldns_rr_set_type(ret, item->kind == UNUSED_NAME ? LDNS_RR_TYPE_ANY : (ldns_rr_type)item->rr.type);
    return ret;
}

static bool push_item(ldns_pkt *message, const struct update_item *item)
{
    const struct form *form = &forms[item->kind];
    bool bare = item->kind == UNUSED_NAME || item->kind == NO_SUCH_SET;
    ldns_rr *rr = bare ? bare_record(item) : message__record(&item->rr);
    if (rr == NULL) {
        return false;
    }
    ldns_rr_set_class(rr, form->class);
    ldns_rr_set_ttl(rr, form->keeps_ttl ? item->rr.ttl_s : 0);
    if (!ldns_pkt_push_rr(message, form->section, rr)) {
        ldns_rr_free(rr);
        return false;
    }
    return true;
}

/* NULL: out of memory. */
static ldns_pkt *make_message(const struct update *update)
{
    ldns_pkt *message = message__question(update->zone, LDNS_RR_TYPE_SOA);
    if (message != NULL) {
        ldns_pkt_set_opcode(message, LDNS_PACKET_UPDATE);
    }
    for (const struct update_item *item = update->first; message != NULL && item != NULL; item = item->next) {
        if (!push_item(message, item)) {
            ldns_pkt_free(message);
            message = NULL;
        }
    }
    return message;
}

/* ---- the answer ---- */

/* What an answer without a TSIG error means; another code: the server's trouble. */
static const struct verdict {
    unsigned rcode;
    enum rc rc;
    const char *code;
} verdicts[] = {
    {RR_NOERROR, RC_OK, NULL},
    {RR_FORMERR, RC_DENIED, "DnsRefused"},
    {RR_SERVFAIL, RC_BUSY, "DnsServerFailure"},
    {RR_NXDOMAIN, RC_CONFLICT, "DnsPrerequisite"},
    {RR_NOTIMP, RC_DENIED, "DnsRefused"},
    {RR_REFUSED, RC_DENIED, "DnsRefused"},
    {RR_YXDOMAIN, RC_CONFLICT, "DnsPrerequisite"},
    {RR_YXRRSET, RC_CONFLICT, "DnsPrerequisite"},
    {RR_NXRRSET, RC_CONFLICT, "DnsPrerequisite"},
    {RR_NOTAUTH, RC_DENIED, "DnsNotOurZone"},
    {RR_NOTZONE, RC_DENIED, "DnsNotOurZone"},
};

static enum rc judge(unsigned rcode, struct err *err)
{
    const struct verdict *verdict = rcode < ARRAY_LEN(verdicts) ? &verdicts[rcode] : &verdicts[RR_SERVFAIL];
    return verdict->rc == RC_OK ? RC_OK
                                : err_set(err, verdict->rc, verdict->code, "the server says %s (%u)",
                                          rr_rcode_text(rcode), rcode);
}

static enum rc bad_answer(struct err *err, const char *what)
{
    return err_set(err, RC_UNCERTAIN, "DnsBadAnswer", "the answer cannot be believed: %s", what);
}

static enum rc read_answer(ldns_pkt *reply, const ldns_pkt *message, bool is_signed,
                           struct update_result *result, struct err *err)
{
    struct tsig_error error = message__tsig_error(reply);
    unsigned rcode = ldns_pkt_get_rcode(reply);
    if (!ldns_pkt_qr(reply) || ldns_pkt_id(reply) != ldns_pkt_id(message) ||
        ldns_pkt_get_opcode(reply) != LDNS_PACKET_UPDATE) {
        return bad_answer(err, "it is to another message");
    }
    if (!is_signed && rcode != RR_NOTAUTH) {
        return bad_answer(err, "its signature is not by the key, or not of now");
    }
    *result = (struct update_result){rcode, error.code, is_signed ? error.server_time : (struct wall){0}};
    return error.code != 0 ? message__key_refused(&error, err) : judge(rcode, err);
}

static enum rc receive_answer(int fd, const ldns_pkt *message, const struct tsig_key *key,
                              const ldns_rdf *mac, struct mono deadline, struct update_result *result,
                              struct err *err)
{
    uint8_t wire[DNS_MESSAGE_MAX];
    size_t n;
    enum rc rc = stream__receive(fd, deadline, wire, &n, err);
    if (rc != RC_OK) {
        if (err != NULL) {
            err->rc = RC_UNCERTAIN;
        }
        return RC_UNCERTAIN;
    }
    ldns_pkt *reply = message__read(wire, n);
    if (reply == NULL) {
        return bad_answer(err, "it is no DNS message");
    }
    rc = read_answer(reply, message, message__signed(reply, wire, n, key, mac, false), result, err);
    ldns_pkt_free(reply);
    return rc;
}

static enum rc exchange(const struct net_addr *server, ldns_pkt *message, const struct tsig_key *key,
                        const ldns_rdf *mac, struct mono deadline, struct update_result *result,
                        struct err *err)
{
    int fd;
    enum rc rc = stream__connect(server, deadline, &fd, err);
    if (rc != RC_OK) {
        return rc;
    }
    rc = stream__send(fd, message, deadline, err);
    if (rc == RC_OK) {
        rc = receive_answer(fd, message, key, mac, deadline, result, err);
    }
    close(fd);
    return rc;
}

enum rc update_send(const struct update *update, const struct net_addr *server, const struct tsig_key *key,
                    struct mono deadline, struct update_result *result, struct err *err)
{
    *result = (struct update_result){0};
    if (update->failed) {
        return err_set(err, RC_INVALID, "DnsMessage",
                       "a name or a record of the update is none, or there is no room for it");
    }
    if (update->bytes > UPDATE_BYTES_MAX) {
        return err_set(err, RC_LIMIT, "DnsMessage", "the update has %zu bytes, more than %d", update->bytes,
                       UPDATE_BYTES_MAX);
    }
    ldns_pkt *message = make_message(update);
    ldns_rdf *mac = message != NULL && message__sign(message, key) ? message__mac(message) : NULL;
    enum rc rc = mac != NULL ? exchange(server, message, key, mac, deadline, result, err)
                             : err_set(err, RC_BUSY, "DnsMessage", "out of memory");
    ldns_rdf_deep_free(mac);
    ldns_pkt_free(message);
    return rc;
}
