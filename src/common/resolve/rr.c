/* What the data of a type consists of is a word of one letter for each field, in the order of the wire:
 *
 *     4 6      an address        n   a name             s l   a number of 16 or 32 bits
 *     t        the bytes of one character-string; alone in its record, blanks and all
 *
 * From it come the check of the data, its length in a message and its form in a master file. */
#include "common/resolve/inside.h"

#include "common/base/buf.h"

#include "common/base/banned.h"

#define FIELDS_MAX 7

static const struct type {
    enum rr_type type;
    const char *text, *fields;
} types[] = {
    {RR_A, "A", "4"},     {RR_NS, "NS", "n"},     {RR_CNAME, "CNAME", "n"}, {RR_SOA, "SOA", "nnlllll"},
    {RR_TXT, "TXT", "t"}, {RR_AAAA, "AAAA", "6"}, {RR_SRV, "SRV", "sssn"},
};

static const char *const rcodes[] = {
    [RR_NOERROR] = "NOERROR",   [RR_FORMERR] = "FORMERR", [RR_SERVFAIL] = "SERVFAIL",
    [RR_NXDOMAIN] = "NXDOMAIN", [RR_NOTIMP] = "NOTIMP",   [RR_REFUSED] = "REFUSED",
    [RR_YXDOMAIN] = "YXDOMAIN", [RR_YXRRSET] = "YXRRSET", [RR_NXRRSET] = "NXRRSET",
    [RR_NOTAUTH] = "NOTAUTH",   [RR_NOTZONE] = "NOTZONE",
};

static const struct type *type_of(enum rr_type type)
{
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (types[i].type == type) {
            return &types[i];
        }
    }
    return NULL;
}

const char *rr_type_text(enum rr_type type)
{
    const struct type *known = type_of(type);
    return known != NULL ? known->text : "?";
}

const char *rr_rcode_text(unsigned rcode)
{
    return rcode < ARRAY_LEN(rcodes) ? rcodes[rcode] : "unknown";
}

/* ---- names ---- */

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool rr_name_valid(struct str name)
{
    size_t label = 0;
    for (size_t i = 0; i < name.n; i++) {
        bool dot = name.p[i] == '.';
        if (dot ? label == 0 : !is_name_char(name.p[i]) || label == 63) {
            return false;
        }
        label = dot ? 0 : label + 1;
    }
    return label > 0 && name.n <= RR_NAME_MAX;
}

bool rr_below(struct str name, struct str zone)
{
    return str_eq_ci(name, zone) || (name.n > zone.n && name.p[name.n - zone.n - 1] == '.' &&
                                     str_eq_ci(str_slice(name, name.n - zone.n, name.n), zone));
}

size_t rr__name_bytes(struct str name)
{
    return name.n + 2; /* a length for each label instead of the dots, the first one's and the root's */
}

/* ---- data ---- */

/* The bytes in a message; 0: it is no such thing. */
static size_t field_bytes(char field, struct str text)
{
    struct net_addr addr;
    uint64_t number;
    switch (field) {
    case '4':
        return net_parse(text, &addr) && str_find(text, ':') < 0 ? 4 : 0;
    case '6':
        return net_parse(text, &addr) && str_find(text, ':') >= 0 ? 16 : 0;
    case 'n':
        return rr_name_valid(text) ? rr__name_bytes(text) : 0;
    case 's':
        return str_to_u64(text, UINT16_MAX, &number) ? 2 : 0;
    case 'l':
        return str_to_u64(text, UINT32_MAX, &number) ? 4 : 0;
    default:
        return text.n <= RR_TEXT_MAX ? 1 + text.n : 0;
    }
}

/* The text of each field. False: there are more or less of them. */
static bool data_fields(const struct type *type, struct str data, struct str ret[FIELDS_MAX])
{
    size_t count = strlen(type->fields), n = 0;
    if (type->type == RR_TXT) {
        ret[0] = data;
        return true;
    }
    while (n < count && str_split(&data, ' ', &ret[n])) {
        n++;
    }
    return n == count && str_absent(data);
}

size_t rr__fields(enum rr_type type)
{
    const struct type *known = type_of(type);
    return known != NULL ? strlen(known->fields) : 0;
}

size_t rr__data_bytes(const struct rr *rr)
{
    const struct type *type = type_of(rr->type);
    struct str fields[FIELDS_MAX];
    size_t sum = 0;
    if (type == NULL || !data_fields(type, rr->data, fields)) {
        return 0;
    }
    for (size_t i = 0; type->fields[i] != '\0'; i++) {
        size_t bytes = field_bytes(type->fields[i], fields[i]);
        if (bytes == 0) {
            return 0;
        }
        sum += bytes;
    }
    return sum;
}

bool rr_valid(const struct rr *rr)
{
    return rr_name_valid(rr->name) && rr__data_bytes(rr) > 0;
}

static bool data_same(enum rr_type type, struct str a, struct str b)
{
    struct net_addr one, other;
    if (type == RR_TXT) {
        return str_eq(a, b);
    }
    if ((type == RR_A || type == RR_AAAA) && net_parse(a, &one) && net_parse(b, &other)) {
        return net_eq(&one, &other);
    }
    return str_eq_ci(a, b);
}

bool rr_same(const struct rr *a, const struct rr *b)
{
    return a->type == b->type && str_eq_ci(a->name, b->name) && data_same(a->type, a->data, b->data);
}

/* ---- master files ---- */

static void write_name(struct buf *out, struct str name)
{
    buf_put_str(out, name);
    if (!str_eq(name, STR("."))) {
        buf_put_char(out, '.');
    }
}

static void write_string(struct buf *out, struct str text)
{
    buf_put_char(out, '"');
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c < ' ' || c > '~') {
            buf_printf(out, "\\%03u", c);
        } else {
            buf_printf(out, c == '"' || c == '\\' ? "\\%c" : "%c", c);
        }
    }
    buf_put_char(out, '"');
}

static void write_text(struct buf *out, struct str text) /* as many strings as it takes */
{
    do {
        write_string(out, str_slice(text, 0, RR_TEXT_MAX));
        text = str_slice(text, RR_TEXT_MAX, text.n);
        buf_put_str(out, text.n > 0 ? STR(" ") : STR(""));
    } while (text.n > 0);
}

void rr_write(struct buf *out, const struct rr *rr)
{
    const struct type *type = type_of(rr->type);
    struct str fields[FIELDS_MAX];
    ensure(type != NULL && data_fields(type, rr->data, fields));
    write_name(out, rr->name);
    buf_printf(out, "\t%lu\tIN\t%s\t", (unsigned long)rr->ttl_s, type->text);
    for (size_t i = 0; type->fields[i] != '\0'; i++) {
        buf_put_str(out, i > 0 ? STR(" ") : STR(""));
        if (type->fields[i] == 'n') {
            write_name(out, fields[i]);
        } else if (type->fields[i] == 't') {
            write_text(out, fields[i]);
        } else {
            buf_put_str(out, fields[i]);
        }
    }
    buf_put_char(out, '\n');
}

/* ---- keys ---- */

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct str trim_lines(struct str text)
{
    while (text.n > 0 && is_space(text.p[0])) {
        text = str_slice(text, 1, text.n);
    }
    while (text.n > 0 && is_space(text.p[text.n - 1])) {
        text = str_slice(text, 0, text.n - 1);
    }
    return text;
}

/* "{", "}", ";", a quoted text without its quotes, or what is between such and blanks. Absent at the end. */
static struct str next_word(struct str *rest)
{
    struct str text = trim_lines(*rest);
    size_t n = 0;
    bool quoted = text.n > 0 && text.p[0] == '"';
    if (text.n == 0) {
        return STR_NONE;
    }
    if (quoted) {
        text = str_slice(text, 1, text.n);
        ptrdiff_t end = str_find(text, '"');
        n = end >= 0 ? (size_t)end : text.n;
    } else {
        while (n < text.n && !is_space(text.p[n]) && strchr("{};\"", text.p[n]) == NULL) {
            n++;
        }
        n = n == 0 ? 1 : n;
    }
    *rest = str_slice(text, quoted && n < text.n ? n + 1 : n, text.n);
    return str_slice(text, 0, n);
}

static bool next_is(struct str *rest, struct str word)
{
    return str_eq(next_word(rest), word);
}

struct key_text {
    struct str name, algorithm, secret;
};

/* key NAME { algorithm WORD; secret WORD; }; */
static bool read_clause(struct str rest, struct key_text *ret)
{
    struct str word = next_word(&rest);
    ret->name = next_word(&rest);
    if (!str_eq(word, STR("key")) || !next_is(&rest, STR("{"))) {
        return false;
    }
    while (!str_eq(word = next_word(&rest), STR("}"))) {
        struct str *value = str_eq(word, STR("algorithm")) ? &ret->algorithm
                            : str_eq(word, STR("secret"))  ? &ret->secret
                                                           : NULL;
        if (value == NULL || !str_absent(*value)) {
            return false;
        }
        *value = next_word(&rest);
        if (!next_is(&rest, STR(";"))) {
            return false;
        }
    }
    return next_is(&rest, STR(";")) && str_absent(next_word(&rest));
}

/* ALGORITHM:NAME:BASE64 */
static bool read_colons(struct str text, struct key_text *ret)
{
    return str_split(&text, ':', &ret->algorithm) && str_split(&text, ':', &ret->name) &&
           str_split(&text, ':', &ret->secret) && str_absent(text);
}

static bool is_base64(struct str text)
{
    size_t n = text.n;
    for (size_t padding = 0; padding < 2 && n > 0 && text.p[n - 1] == '='; padding++) {
        n--;
    }
    for (size_t i = 0; i < n; i++) {
        char c = text.p[i];
        if ((!is_name_char(c) || c == '-' || c == '_') && c != '+' && c != '/') {
            return false;
        }
    }
    return n > 0 && text.n % 4 == 0;
}

static struct str without_dot(struct str name)
{
    return str_ends(name, STR(".")) ? str_slice(name, 0, name.n - 1) : name;
}

enum rc tsig_key_parse(struct str text, struct arena *mem, struct tsig_key *ret, struct err *err)
{
    struct key_text key = {0};
    text = trim_lines(text);
    bool read = str_find(text, '{') >= 0 ? read_clause(text, &key) : read_colons(text, &key);
    if (!read) {
        return err_set(err, RC_INVALID, NULL,
                       "a key is \"hmac-sha256:NAME:BASE64\" or a key clause as tsig-keygen writes it");
    }
    if (!str_eq_ci(without_dot(key.algorithm), STR("hmac-sha256"))) {
        return err_set(err, RC_INVALID, NULL, "the algorithm of the key is not hmac-sha256");
    }
    if (!rr_name_valid(without_dot(key.name))) {
        return err_set(err, RC_INVALID, NULL, "the name of the key is not a domain name");
    }
    if (!is_base64(key.secret) || key.secret.n > TSIG_SECRET_MAX) {
        return err_set(err, RC_INVALID, NULL, "the secret of the key is not base64 of up to %d characters",
                       TSIG_SECRET_MAX);
    }
    *ret = (struct tsig_key){arena_lower(mem, without_dot(key.name)), arena_str(mem, key.secret)};
    return arena_failed(mem) ? err_set(err, RC_LIMIT, NULL, "no room for a key") : RC_OK;
}
