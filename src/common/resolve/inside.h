/* What the files of this room share: records and messages in ldns' form, signatures, and a TCP connection with a deadline. */
#pragma once
#include <ldns/ldns.h>

#include "common/base/clock.h"
#include "common/resolve/rr.h"

#define DNS_EDNS_BYTES  1232  /* a larger answer comes by TCP; no fragments (dnsflagday.net/2020) */
#define DNS_MESSAGE_MAX 65535 /* RFC 1035 section 4.2.2 */
#define TSIG_BADTIME    18    /* RFC 8945 section 3 */

/* ---- rr.c ---- */

size_t rr__name_bytes(struct str name);     /* in a message, without compression */
size_t rr__data_bytes(const struct rr *rr); /* the same; 0: not data of its type */
size_t rr__fields(enum rr_type type);       /* of its data; 0: no type of enum rr_type */

/* ---- message.c ---- */

/* NULL: out of memory; the name or record is valid. */
ldns_rdf *message__name(struct str name);
ldns_rr *message__record(const struct rr *rr);
/* False: no type of enum rr_type, not of class IN, or no room in mem (arena_failed). */
bool message__take(const ldns_rr *from, struct arena *mem, struct rr *ret);

/* A question with a random id; NULL: out of memory. */
ldns_pkt *message__question(struct str name, ldns_rr_type type);
/* NULL: not a message, whole and with nothing behind it, or out of memory. */
ldns_pkt *message__read(const uint8_t *wire, size_t n);
/* It has the id and the question that were sent (RFC 5452 section 9.1). */
bool message__answers(const ldns_pkt *reply, const ldns_pkt *query);

/* False: out of memory. */
bool message__sign(ldns_pkt *message, const struct tsig_key *key);
/* Of a message that is signed; what the signature of the answer, or of its next message, is about. The caller's to free. */
ldns_rdf *message__mac(const ldns_pkt *message);
struct tsig_error {
    unsigned code;           /* RFC 8945 section 3; 0 also when there is no TSIG record */
    struct wall server_time; /* with BADTIME */
};
struct tsig_error message__tsig_error(const ldns_pkt *reply);
/* RC_DENIED, DnsClock or DnsKeyRefused. */
enum rc message__key_refused(const struct tsig_error *error, struct err *err);
/* Signed by that key and algorithm, now, as an answer to the message with that MAC; `later`: as a further message of the answer,
 * with the MAC of the one before (RFC 8945 section 5.3.1). */
bool message__signed(ldns_pkt *reply, const uint8_t *wire, size_t n, const struct tsig_key *key,
                     const ldns_rdf *mac, bool later);

/* ---- stream.c ---- */

/* RC_BUSY: not connected; the message says why. */
enum rc stream__connect(const struct net_addr *server, struct mono deadline, int *ret_fd, struct err *err);
/* RC_BUSY: not all of it was taken, so there is no message at the other side. */
enum rc stream__send(int fd, ldns_pkt *message, struct mono deadline, struct err *err);
/* One message into wire, of DNS_MESSAGE_MAX bytes. RC_BUSY: nothing came; RC_INVALID: it is cut off. */
enum rc stream__receive(int fd, struct mono deadline, uint8_t *wire, size_t *ret_n, struct err *err);
