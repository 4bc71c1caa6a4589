/* Messages through ldns 1.8, and what it leaves to its caller:
 *
 * - It writes into a buffer of 64 KB and aborts when that is full, also while a signature is checked (the names and times that are signed
 *   come behind the message, in the same buffer). The room is counted before.
 * - It leaks when a message has two OPT or two TSIG records, takes bytes behind the last record, and looks for the signature anywhere.
 *   message__read walks over the message first.
 * - ldns_pkt_tsig_verify compares the MAC and nothing else: the name of the key, the algorithm, the time, the id, class and TTL are
 *   compared here. */
#include "common/resolve/inside.h"

#include "common/base/buf.h"
#include "common/base/mem.h"

#include "common/base/banned.h"

#define HEAD_BYTES      12
#define RECORD_TEXT_MAX 2048 /* of a master file, with one of our records */
#define TSIG_FUDGE_S    300  /* RFC 8945 section 10 */
#define TSIG_MAC        (2 + 32)
#define TSIG_FIELDS     7
#define ALGORITHM       "hmac-sha256."
#define TSIG_BADTIME    18

enum tsig_field { TSIG_ALGORITHM, TSIG_TIME, TSIG_FUDGE, TSIG_MAC_FIELD, TSIG_ID, TSIG_ERROR, TSIG_OTHER };

/* ---- records ---- */

ldns_rdf *message__name(struct str name)
{
    char text[RR_NAME_MAX + 2];
    ensure(rr_name_valid(name));
    memcpy(text, name.p, name.n);
    memcpy(text + name.n, ".", 2);
    return ldns_dname_new_frm_str(text);
}

ldns_rr *message__record(const struct rr *rr)
{
    ldns_rr *ret = NULL;
    struct buf line;
    buf_init(&line, RECORD_TEXT_MAX);
    rr_write(&line, rr);
    ensure(!buf_failed(&line));
    line.p[line.n - 1] = '\0'; /* the newline */
    if (ldns_rr_new_frm_str(&ret, line.p, 0, NULL, NULL) != LDNS_STATUS_OK) {
        ret = NULL;
    }
    buf_clear(&line);
    return ret;
}

/* As in struct rr: names without their last dot, in lower case. */
static struct str field_text(const ldns_rdf *field, struct arena *mem)
{
    char *text = ldns_rdf2str(field);
    struct str s = str_of(text), ret;
    if (ldns_rdf_get_type(field) == LDNS_RDF_TYPE_DNAME) {
        ret = arena_lower(mem, s.n > 1 ? str_slice(s, 0, s.n - 1) : s);
    } else {
        ret = arena_str(mem, s);
    }
    LDNS_FREE(text);
    return ret;
}

static struct str strings_data(const ldns_rr *from, struct arena *mem)
{
    size_t n = 0, count = ldns_rr_rd_count(from);
    for (size_t i = 0; i < count; i++) {
        n += ldns_rdf_size(ldns_rr_rdf(from, i)) - 1;
    }
    char *bytes = arena_alloc(mem, n);
    struct str ret = {bytes, bytes != NULL ? n : 0};
    for (size_t i = 0; bytes != NULL && i < count; i++) {
        const ldns_rdf *string = ldns_rr_rdf(from, i);
        memcpy(bytes, ldns_rdf_data(string) + 1, ldns_rdf_size(string) - 1);
        bytes += ldns_rdf_size(string) - 1;
    }
    return ret;
}

static struct str fields_data(const ldns_rr *from, struct arena *mem)
{
    struct str ret = field_text(ldns_rr_rdf(from, 0), mem);
    for (size_t i = 1; i < ldns_rr_rd_count(from); i++) {
        struct str more = field_text(ldns_rr_rdf(from, i), mem);
        ret = arena_printf(mem, "%" STR_FMT " %" STR_FMT, STR_ARG(ret), STR_ARG(more));
    }
    return ret;
}

bool message__take(const ldns_rr *from, struct arena *mem, struct rr *ret)
{
    enum rr_type type = (enum rr_type)ldns_rr_get_type(from);
    size_t count = ldns_rr_rd_count(from);
    bool whole = type == RR_TXT ? count > 0 : count == rr__fields(type);
    if (rr__fields(type) == 0 || !whole || ldns_rr_get_class(from) != LDNS_RR_CLASS_IN) {
        return false;
    }
    *ret = (struct rr){.name = field_text(ldns_rr_owner(from), mem),
                       .type = type,
                       .ttl_s = ldns_rr_ttl(from),
                       .data = type == RR_TXT ? strings_data(from, mem) : fields_data(from, mem)};
    return !arena_failed(mem);
}

/* ---- messages ---- */

ldns_pkt *message__question(struct str name, ldns_rr_type type)
{
    ldns_rdf *owner = message__name(name);
    ldns_pkt *ret = owner != NULL ? ldns_pkt_query_new(owner, type, LDNS_RR_CLASS_IN, 0) : NULL;
    if (ret == NULL) {
        ldns_rdf_deep_free(owner);
        return NULL;
    }
    ldns_pkt_set_random_id(ret);
    return ret;
}

static bool skip_name(const uint8_t *wire, size_t n, size_t *at)
{
    while (*at < n) {
        uint8_t length = wire[*at];
        if (length >= 0xc0 || length == 0) { /* a pointer ends a name, as the root does */
            *at += length == 0 ? 1 : 2;
            return *at <= n;
        }
        if (length > 63) {
            return false;
        }
        *at += 1U + length;
    }
    return false;
}

/* Over one record; its type. -1: there is none. */
static int skip_record(const uint8_t *wire, size_t n, bool question, size_t *at)
{
    if (!skip_name(wire, n, at) || n - *at < (question ? 4 : 10)) {
        return -1;
    }
    int type = ldns_read_uint16(wire + *at);
    size_t bytes = question ? 4 : 10U + ldns_read_uint16(wire + *at + 8);
    *at += bytes;
    return *at <= n ? type : -1;
}

/* ret_last: where the last record begins. */
static bool is_whole(const uint8_t *wire, size_t n, size_t *ret_last)
{
    if (n < HEAD_BYTES || n > DNS_MESSAGE_MAX) {
        return false;
    }
    size_t questions = LDNS_QDCOUNT(wire);
    size_t records = questions + LDNS_ANCOUNT(wire) + LDNS_NSCOUNT(wire) + LDNS_ARCOUNT(wire);
    size_t options = 0, at = HEAD_BYTES;
    *ret_last = at;
    for (size_t i = 0; i < records; i++) {
        *ret_last = at;
        int type = skip_record(wire, n, i < questions, &at);
        options += type == LDNS_RR_TYPE_OPT ? 1 : 0;
        bool misplaced = type == LDNS_RR_TYPE_TSIG && (i + 1 < records || LDNS_ARCOUNT(wire) == 0);
        if (type < 0 || options > 1 || misplaced) {
            return false;
        }
    }
    return at == n;
}

ldns_pkt *message__read(const uint8_t *wire, size_t n)
{
    ldns_pkt *ret = NULL;
    size_t last;
    return is_whole(wire, n, &last) && ldns_wire2pkt(&ret, wire, n) == LDNS_STATUS_OK ? ret : NULL;
}

bool message__answers(const ldns_pkt *reply, const ldns_pkt *query)
{
    const ldns_rr_list *asked = ldns_pkt_question(query), *answered = ldns_pkt_question(reply);
    return ldns_pkt_qr(reply) && ldns_pkt_id(reply) == ldns_pkt_id(query) &&
           ldns_pkt_get_opcode(reply) == ldns_pkt_get_opcode(query) && ldns_rr_list_rr_count(answered) == 1 &&
           ldns_rr_compare(ldns_rr_list_rr(asked, 0), ldns_rr_list_rr(answered, 0)) == 0;
}

/* ---- signatures ---- */

struct key_text {
    char name[RR_NAME_MAX + 2], secret[TSIG_SECRET_MAX + 1];
};

static void key_text(const struct tsig_key *key, struct key_text *ret)
{
    ensure(rr_name_valid(key->name) && key->secret_base64.n <= TSIG_SECRET_MAX);
    *ret = (struct key_text){0};
    memcpy(ret->name, key->name.p, key->name.n);
    ret->name[key->name.n] = '.';
    memcpy(ret->secret, key->secret_base64.p, key->secret_base64.n);
}

bool message__sign(ldns_pkt *message, const struct tsig_key *key)
{
    struct key_text text;
    key_text(key, &text);
    ldns_status status = ldns_pkt_tsig_sign(message, text.name, text.secret, TSIG_FUDGE_S, ALGORITHM, NULL);
    mem_wipe(&text, sizeof text);
    return status == LDNS_STATUS_OK && ldns_pkt_tsig(message) != NULL;
}

ldns_rdf *message__mac(const ldns_pkt *message)
{
    return ldns_rdf_clone(ldns_rr_rdf(ldns_pkt_tsig(message), TSIG_MAC_FIELD));
}

static const ldns_rr *tsig_of(const ldns_pkt *message)
{
    const ldns_rr *tsig = ldns_pkt_tsig(message);
    return tsig != NULL && ldns_rr_rd_count(tsig) == TSIG_FIELDS ? tsig : NULL;
}

static uint64_t number_at(const uint8_t *bytes, size_t n)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

static uint64_t tsig_number(const ldns_rr *tsig, enum tsig_field field)
{
    const ldns_rdf *rdf = ldns_rr_rdf(tsig, field);
    return number_at(ldns_rdf_data(rdf), ldns_rdf_size(rdf));
}

struct tsig_error message__tsig_error(const ldns_pkt *reply)
{
    const ldns_rr *tsig = tsig_of(reply);
    struct tsig_error ret = {.code = tsig != NULL ? (unsigned)tsig_number(tsig, TSIG_ERROR) : 0};
    if (ret.code == TSIG_BADTIME && ldns_rdf_size(ldns_rr_rdf(tsig, TSIG_OTHER)) == 2 + 6) {
        ret.server_time.ms = (int64_t)number_at(ldns_rdf_data(ldns_rr_rdf(tsig, TSIG_OTHER)) + 2, 6) * 1000;
    }
    return ret;
}

enum rc message__key_refused(const struct tsig_error *error, struct err *err)
{
    char text[CLOCK_TEXT_MAX];
    if (error->code != TSIG_BADTIME) {
        return err_set(err, RC_DENIED, "DnsKeyRefused", "the server does not take the key (TSIG error %u)",
                       error->code);
    }
    struct str time =
        error->server_time.ms > 0 ? clock_rfc3339(error->server_time, text) : STR("another time");
    return err_set(err, RC_DENIED, "DnsClock", "the clocks differ: the server's says %" STR_FMT,
                   STR_ARG(time));
}

static bool is_name(const ldns_rdf *name, const char *text)
{
    ldns_rdf *wanted = ldns_dname_new_frm_str(text);
    bool same = wanted != NULL && ldns_dname_compare(name, wanted) == 0;
    ldns_rdf_deep_free(wanted);
    return same;
}

/* What the MAC is about beside the message, the fields themselves. */
static bool tsig_is_ours(const ldns_rr *tsig, const char *key_name, uint16_t id)
{
    int64_t now_s = clock_wall().ms / 1000, signed_s = (int64_t)tsig_number(tsig, TSIG_TIME);
    int64_t fudge_s = (int64_t)tsig_number(tsig, TSIG_FUDGE);
    return is_name(ldns_rr_owner(tsig), key_name) && is_name(ldns_rr_rdf(tsig, TSIG_ALGORITHM), ALGORITHM) &&
           ldns_rr_get_class(tsig) == LDNS_RR_CLASS_ANY && ldns_rr_ttl(tsig) == 0 &&
           ldns_rdf_size(ldns_rr_rdf(tsig, TSIG_MAC_FIELD)) == TSIG_MAC && tsig_number(tsig, TSIG_ID) == id &&
           signed_s <= now_s + fudge_s && now_s <= signed_s + fudge_s;
}

/* Whether what is signed fits into the buffer of ldns: the MAC before, the message up to the TSIG record, and of that all but the MAC and
 * the id. A record whose name is compressed is shorter than what is signed of it. */
static bool fits_verifier(const ldns_rr *tsig, const uint8_t *wire, size_t n)
{
    size_t last;
    size_t own = ldns_rdf_size(ldns_rr_owner(tsig)) + 2 + 4;
    for (size_t i = 0; i < TSIG_FIELDS; i++) {
        own += i == TSIG_MAC_FIELD || i == TSIG_ID ? 0 : ldns_rdf_size(ldns_rr_rdf(tsig, i));
    }
    return is_whole(wire, n, &last) && TSIG_MAC + last + own <= DNS_MESSAGE_MAX;
}

bool message__signed(ldns_pkt *reply, const uint8_t *wire, size_t n, const struct tsig_key *key,
                     const ldns_rdf *mac, bool later)
{
    const ldns_rr *tsig = tsig_of(reply);
    struct key_text text;
    key_text(key, &text);
    bool ret = tsig != NULL && tsig_is_ours(tsig, text.name, ldns_pkt_id(reply)) &&
               fits_verifier(tsig, wire, n) &&
               ldns_pkt_tsig_verify_next(reply, wire, n, text.name, text.secret, mac, later);
    mem_wipe(&text, sizeof text);
    return ret;
}
