/* Resource records (RFC 1035 section 3.2) as values, of the few types that are of use here, and keys that messages about them are
 * signed with. Pure values: nothing is asked, and no DNS library is called. */
#pragma once
#include "common/base/arena.h"
#include "common/base/err.h"
#include "common/base/net.h"

enum rr_type { RR_A = 1, RR_NS = 2, RR_CNAME = 5, RR_SOA = 6, RR_TXT = 16, RR_AAAA = 28, RR_SRV = 33 };

/* The codes of an answer (RFC 1035 section 4.1.1, RFC 2136 section 2.2). */
enum rr_rcode {
    RR_NOERROR = 0,
    RR_FORMERR = 1,
    RR_SERVFAIL = 2,
    RR_NXDOMAIN = 3,
    RR_NOTIMP = 4,
    RR_REFUSED = 5,
    RR_YXDOMAIN = 6,
    RR_YXRRSET = 7,
    RR_NXRRSET = 8,
    RR_NOTAUTH = 9,
    RR_NOTZONE = 10
};
const char *rr_type_text(enum rr_type type); /* "A"; "?" for another */
const char *rr_rcode_text(unsigned rcode);   /* "NXRRSET"; "rcode 23" is not made: "unknown" */

#define RR_NAME_MAX 253 /* characters of a name, without the last dot */
#define RR_TEXT_MAX 255 /* bytes of a TXT record of ours: one character-string */

/* Class IN. A name is lower case, without the last dot; the root is ".". In what a server said a name may have other characters than
 * rr_name_valid allows: it is then in the form of master files ("\052.example.net", "a\.b.example.net") and equals no name of ours. */
struct rr {
    struct str name;
    enum rr_type type;
    uint32_t ttl_s;
    struct str
        data; /* A: "192.0.2.1". TXT: the bytes of its character-strings, one behind the other. NS, CNAME: a name. SRV: "10 10
                        5061 sbc.example.net". SOA: "mname rname serial refresh retry expire minimum" */
};
struct rr_list {
    const struct rr *items;
    size_t count;
};

bool rr_name_valid(struct str name); /* labels of 1 to 63 letters, digits, "-", "_"; any letter case */
bool rr_valid(const struct rr *rr);  /* such a name, and data of its type with such names in it */
/* The TTL is not compared; names and names in the data without letter case. */
bool rr_same(const struct rr *a, const struct rr *b);
bool rr_below(struct str name, struct str zone); /* the zone's own name too; without letter case */
/* A line of a master file (RFC 1035 section 5.1), with its TTL and class and a newline; names are absolute. */
struct buf;
void rr_write(struct buf *out, const struct rr *rr);

#define TSIG_SECRET_MAX 344 /* characters in base64: 256 bytes */
/* A shared secret (RFC 8945), as tsig_key_parse gives it. hmac-sha256 alone. */
struct tsig_key {
    struct str name;          /* of the key, as a domain name: lower case, no last dot */
    struct str secret_base64; /* a secret */
};
/* The content of a key file: "hmac-sha256:NAME:BASE64" (as nsupdate -y and knsupdate -y take it), or "key NAME { algorithm hmac-sha256;
 * secret BASE64; };" as tsig-keygen writes it. Both are in `mem`, best one that is wiped. RC_INVALID never shows what was there. */
MUST_USE enum rc tsig_key_parse(struct str text, struct arena *mem, struct tsig_key *ret, struct err *err);
