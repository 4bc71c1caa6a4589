#include "common/http/parse.h"

#include "common/base/banned.h"

enum {
    METHOD_BYTES_MAX = 32,
    REQUEST_LINE_MAX = METHOD_BYTES_MAX + 1 + LIMIT_TARGET + 1 + 8 + 1, /* with "HTTP/1.1" and CR */
    CHUNK_DIGITS_MAX = 16,                                              /* of 64 bits */
    CHUNK_EXTRA_MAX = 4096,
};

enum {
    C_TOKEN = 1 << 0,  /* RFC 9110 5.6.2 */
    C_VALUE = 1 << 1,  /* field value: visible, blank, tab, obs-text */
    C_TARGET = 1 << 2, /* visible ASCII without '#': a fragment is never sent */
    C_HOST = 1 << 3,   /* reg-name of RFC 3986 */
    C_VISIBLE = C_VALUE | C_TARGET,
    C_MARK = C_VISIBLE | C_HOST,           /* sub-delims that no token has */
    C_BOTH = C_VISIBLE | C_TOKEN | C_HOST, /* letters, digits, and marks that a token has, too */
};

/* clang-format off */
static const uint8_t classes[256] = {
    ['\t'] = C_VALUE,     [' '] = C_VALUE,      ['!'] = C_BOTH,       ['"'] = C_VISIBLE,
    ['#'] = C_VALUE | C_TOKEN,                  ['$'] = C_BOTH,       ['%'] = C_BOTH,
    ['&'] = C_BOTH,       ['\''] = C_BOTH,      ['('] = C_MARK,       [')'] = C_MARK,
    ['*'] = C_BOTH,       ['+'] = C_BOTH,       [','] = C_MARK,       ['-'] = C_BOTH,
    ['.'] = C_BOTH,       ['/'] = C_VISIBLE,    ['0' ... '9'] = C_BOTH, [':'] = C_VISIBLE,
    [';'] = C_MARK,       ['<'] = C_VISIBLE,    ['='] = C_MARK,       ['>'] = C_VISIBLE,
    ['?'] = C_VISIBLE,    ['@'] = C_VISIBLE,    ['A' ... 'Z'] = C_BOTH, ['['] = C_VISIBLE,
    ['\\'] = C_VISIBLE,   [']'] = C_VISIBLE,    ['^'] = C_VISIBLE | C_TOKEN,
    ['_'] = C_BOTH,       ['`'] = C_VISIBLE | C_TOKEN,                ['a' ... 'z'] = C_BOTH,
    ['{'] = C_VISIBLE,    ['|'] = C_VISIBLE | C_TOKEN,                ['}'] = C_VISIBLE,
    ['~'] = C_BOTH,       [0x80 ... 0xff] = C_VALUE,
};
/* clang-format on */

static bool is(char c, unsigned class)
{
    return (classes[(uint8_t)c] & class) != 0;
}

/* The number of bytes at the front that are all of the class. */
static size_t span_of(struct str s, unsigned class)
{
    size_t n = 0;
    while (n < s.n && is(s.p[n], class)) {
        n++;
    }
    return n;
}

static bool all_of(struct str s, unsigned class)
{
    return span_of(s, class) == s.n;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int hex_value(char c)
{
    if (is_digit(c)) {
        return c - '0';
    }
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static bool refuse(struct http_refusal *refusal, int status, const char *reason)
{
    *refusal = (struct http_refusal){status, reason};
    return false;
}

/* ---- the header block, line by line ---- */

void http_head__init(struct http_head_parser *parser)
{
    parser->line = parser->scanned = 0;
    parser->method = parser->target = (struct http_span){0, 0};
    parser->minor = parser->header_count = 0;
    parser->refusal = (struct http_refusal){0, NULL};
}

static struct http_span span_at(const char *bytes, struct str s)
{
    return (struct http_span){(uint16_t)(s.p - bytes), (uint16_t)s.n};
}

static bool version_read(struct http_head_parser *parser, struct str s)
{
    bool shaped =
        s.n == 8 && memcmp(s.p, "HTTP/", 5) == 0 && is_digit(s.p[5]) && s.p[6] == '.' && is_digit(s.p[7]);
    if (!shaped) {
        return refuse(&parser->refusal, 400, "request-line");
    }
    if (s.p[5] != '1' || s.p[7] > '1') {
        return refuse(&parser->refusal, 505, "version");
    }
    parser->minor = (unsigned)(s.p[7] - '0');
    return true;
}

/* method SP target SP version, with exactly these two blanks. A line cut at REQUEST_LINE_MAX is refused here as well: one of
 * its three parts is too long. */
static bool request_line_read(struct http_head_parser *parser, const char *bytes, struct str line)
{
    struct str method = str_slice(line, 0, span_of(line, C_TOKEN));
    if (method.n == 0 || method.n > METHOD_BYTES_MAX || method.n == line.n || line.p[method.n] != ' ') {
        return refuse(&parser->refusal, 400, "method");
    }
    struct str rest = str_slice(line, method.n + 1, line.n);
    const char *blank = memchr(rest.p, ' ', rest.n);
    struct str target = str_slice(rest, 0, blank != NULL ? (size_t)(blank - rest.p) : rest.n);
    if (target.n > LIMIT_TARGET) {
        return refuse(&parser->refusal, 414, "target-length");
    }
    if (target.n == 0 || target.n == rest.n) {
        return refuse(&parser->refusal, 400, "request-line");
    }
    if (!all_of(target, C_TARGET)) {
        return refuse(&parser->refusal, 400, "target");
    }
    if (!version_read(parser, str_slice(rest, target.n + 1, rest.n))) {
        return false;
    }
    parser->method = span_at(bytes, method);
    parser->target = span_at(bytes, target);
    return true;
}

static struct str blanks_trimmed(struct str s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t')) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t')) {
        s.n--;
    }
    return s;
}

static bool header_line_read(struct http_head_parser *parser, const char *bytes, struct str line)
{
    if (line.p[0] == ' ' || line.p[0] == '\t') {
        return refuse(&parser->refusal, 400, "header-folded");
    }
    size_t name_n = span_of(line, C_TOKEN);
    if (name_n == 0 || name_n == line.n || line.p[name_n] != ':') {
        return refuse(&parser->refusal, 400, "header-name");
    }
    struct str value = str_slice(line, name_n + 1, line.n);
    if (!all_of(value, C_VALUE)) {
        return refuse(&parser->refusal, 400, "header-value");
    }
    if (parser->header_count == LIMIT_HEADER_COUNT) {
        return refuse(&parser->refusal, 431, "header-count");
    }
    unsigned i = parser->header_count++;
    parser->headers[i].name = span_at(bytes, str_slice(line, 0, name_n));
    parser->headers[i].value = span_at(bytes, blanks_trimmed(value));
    return true;
}

/* One empty line before the request line is let pass (RFC 9112 2.2). */
static enum http_parse line_read(struct http_head_parser *parser, const char *bytes, struct str line)
{
    bool first = line.p == bytes;
    if (parser->method.n == 0) {
        bool fine = (line.n == 0 && first) || request_line_read(parser, bytes, line);
        return fine ? HTTP_PARSE_MORE : HTTP_PARSE_REFUSED;
    }
    if (line.n == 0) {
        return HTTP_PARSE_DONE;
    }
    return header_line_read(parser, bytes, line) ? HTTP_PARSE_MORE : HTTP_PARSE_REFUSED;
}

/* Refuses what will not become a request line however it goes on, so that nobody waits for its end: a first byte that no
 * method has (a TLS hello on a plain port), or no LF where the longest line has ended. */
static bool request_line_hopeless(struct http_head_parser *parser, const char *bytes, size_t n)
{
    struct str line = {bytes + parser->line, n - parser->line};
    if (parser->method.n != 0 || line.n == 0) {
        return false;
    }
    if (!is(line.p[0], C_TOKEN) && line.p[0] != '\r' && line.p[0] != '\n') {
        return !refuse(&parser->refusal, 400, "method");
    }
    if (line.n <= REQUEST_LINE_MAX || memchr(line.p, '\n', REQUEST_LINE_MAX + 1) != NULL) {
        return false;
    }
    return !request_line_read(parser, bytes, str_slice(line, 0, REQUEST_LINE_MAX + 1));
}

enum http_parse http_head__feed(struct http_head_parser *parser, const char *bytes, size_t n)
{
    size_t limit = n < LIMIT_HEADER_BLOCK ? n : LIMIT_HEADER_BLOCK;
    enum http_parse state = HTTP_PARSE_MORE;
    while (state == HTTP_PARSE_MORE) {
        if (request_line_hopeless(parser, bytes, limit)) {
            return HTTP_PARSE_REFUSED;
        }
        const char *lf =
            limit > parser->scanned ? memchr(bytes + parser->scanned, '\n', limit - parser->scanned) : NULL;
        if (lf == NULL) {
            parser->scanned = limit;
            bool full = limit == LIMIT_HEADER_BLOCK && !refuse(&parser->refusal, 431, "header-block");
            return full ? HTTP_PARSE_REFUSED : HTTP_PARSE_MORE;
        }
        struct str line = {bytes + parser->line, (size_t)(lf - bytes) - parser->line};
        if (line.n == 0 || lf[-1] != '\r') {
            refuse(&parser->refusal, 400, "bare-lf");
            return HTTP_PARSE_REFUSED;
        }
        line.n--;
        parser->line = parser->scanned = (size_t)(lf - bytes) + 1;
        state = line_read(parser, bytes, line);
    }
    return state;
}

/* ---- the request as a whole ---- */

static enum http_method method_of(struct str text)
{
    static const struct {
        struct str text;
        enum http_method method;
    } methods[] = {
        {{"GET", 3}, HTTP_GET},         {{"HEAD", 4}, HTTP_HEAD},   {{"POST", 4}, HTTP_POST},
        {{"PUT", 3}, HTTP_PUT},         {{"PATCH", 5}, HTTP_PATCH}, {{"DELETE", 6}, HTTP_DELETE},
        {{"OPTIONS", 7}, HTTP_OPTIONS},
    };
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        if (str_eq(text, methods[i].text)) {
            return methods[i].method;
        }
    }
    return HTTP_OTHER;
}

/* host [":" port] (RFC 3986 3.2.2): a name, an IPv4 address or an IPv6 address in brackets; never user information. */
static bool is_authority(struct str s)
{
    size_t host_n = span_of(s, C_HOST);
    if (s.n > 0 && s.p[0] == '[') {
        size_t inner = 1;
        while (inner < s.n && (hex_value(s.p[inner]) >= 0 || s.p[inner] == ':' || s.p[inner] == '.')) {
            inner++;
        }
        host_n = inner > 1 && inner < s.n && s.p[inner] == ']' ? inner + 1 : 0;
    }
    if (host_n == 0 || host_n == s.n) {
        return host_n > 0;
    }
    uint64_t port;
    return s.p[host_n] == ':' &&
           (host_n + 1 == s.n || str_to_u64(str_slice(s, host_n + 1, s.n), 65535, &port));
}

/* The headers that rule the connection, gathered in one pass. */
struct control {
    struct str host, content_length, transfer_encoding, expect;
    unsigned host_count, content_length_count, transfer_encoding_count, expect_count;
    bool close;
};

static bool list_has(struct str list, struct str word)
{
    struct str item;
    while (str_split(&list, ',', &item)) {
        if (str_eq_ci(blanks_trimmed(item), word)) {
            return true;
        }
    }
    return false;
}

/* Told apart by length first: most headers cost one comparison of a number. */
static void control_note(struct control *control, const struct http_header *header)
{
    struct str name = header->name;
    if (name.n == 4 && str_eq_ci(name, STR("Host"))) {
        control->host = header->value;
        control->host_count++;
    } else if (name.n == 14 && str_eq_ci(name, STR("Content-Length"))) {
        control->content_length = header->value;
        control->content_length_count++;
    } else if (name.n == 17 && str_eq_ci(name, STR("Transfer-Encoding"))) {
        control->transfer_encoding = header->value;
        control->transfer_encoding_count++;
    } else if (name.n == 6 && str_eq_ci(name, STR("Expect"))) {
        control->expect = header->value;
        control->expect_count++;
    } else if (name.n == 10 && str_eq_ci(name, STR("Connection"))) {
        control->close = control->close || list_has(header->value, STR("close"));
    }
}

static bool headers_read(struct http_head_parser *parser, const char *bytes, struct arena *mem,
                         struct http_request *ret, struct control *control)
{
    struct http_header *headers = arena_alloc_array(mem, parser->header_count, sizeof(*headers));
    if (headers == NULL) {
        return refuse(&parser->refusal, 503, "memory");
    }
    for (unsigned i = 0; i < parser->header_count; i++) {
        struct http_span name = parser->headers[i].name, value = parser->headers[i].value;
        headers[i] = (struct http_header){{bytes + name.at, name.n}, {bytes + value.at, value.n}};
        control_note(control, &headers[i]);
    }
    ret->headers = headers;
    ret->header_count = parser->header_count;
    return true;
}

/* RFC 9112 3.2 asks 1.1 for exactly one; an old 1.0 client may leave it out. */
static bool host_check(const struct control *control, unsigned minor, struct http_refusal *refusal)
{
    if (control->host_count == 0 && minor == 0) {
        return true;
    }
    if (control->host_count != 1) {
        return refuse(refusal, 400, control->host_count == 0 ? "host-missing" : "host-twice");
    }
    return is_authority(control->host) || refuse(refusal, 400, "host");
}

static bool framing_read(const struct control *control, unsigned minor, struct http_framing *ret,
                         struct http_refusal *refusal)
{
    if (control->content_length_count > 1) {
        return refuse(refusal, 400, "content-length-twice");
    }
    if (control->transfer_encoding_count == 0) {
        bool fine = control->content_length_count == 0 ||
                    str_to_u64(control->content_length, UINT64_MAX, &ret->content_length);
        return fine || refuse(refusal, 400, "content-length");
    }
    if (control->content_length_count != 0) {
        return refuse(refusal, 400, "length-and-encoding");
    }
    if (control->transfer_encoding_count > 1 || control->transfer_encoding.n == 0 || minor == 0) {
        return refuse(refusal, 400, "transfer-encoding");
    }
    ret->chunked = str_eq_ci(control->transfer_encoding, STR("chunked"));
    return ret->chunked || refuse(refusal, 501, "transfer-encoding-unknown");
}

/* RFC 9110 10.1.1: a 1.0 client's expectation is ignored. */
static bool expect_read(const struct control *control, unsigned minor, struct http_framing *ret,
                        struct http_refusal *refusal)
{
    if (control->expect_count == 0 || minor == 0) {
        return true;
    }
    ret->expect_continue = control->expect_count == 1 && str_eq_ci(control->expect, STR("100-continue"));
    return ret->expect_continue || refuse(refusal, 417, "expectation");
}

/* Takes "http://authority" off an absolute-form target; what is left may be empty. */
static bool authority_take(struct str *target, struct http_request *ret)
{
    struct str scheme = str_slice(*target, 0, 8);
    size_t scheme_n = str_eq_ci(scheme, STR("https://"))                   ? 8
                      : str_eq_ci(str_slice(scheme, 0, 7), STR("http://")) ? 7
                                                                           : 0;
    if (scheme_n == 0) {
        return false;
    }
    struct str rest = str_slice(*target, scheme_n, target->n);
    size_t n = 0;
    while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?') {
        n++;
    }
    ret->authority = str_slice(rest, 0, n);
    *target = str_slice(rest, n, rest.n);
    return is_authority(ret->authority);
}

static bool target_read(struct http_request *ret, struct arena *mem, struct http_refusal *refusal)
{
    struct str target = ret->target;
    bool asterisk = str_eq(target, STR("*")) && ret->method == HTTP_OPTIONS;
    bool connect = str_eq(ret->method_text, STR("CONNECT")) && is_authority(target);
    if (asterisk || connect) {
        ret->path = target;
        ret->path_state = HTTP_PATH_NONE;
        return true;
    }
    if (target.p[0] != '/' && !authority_take(&target, ret)) {
        return refuse(refusal, 400, "target");
    }
    ptrdiff_t mark = str_find(target, '?');
    ret->path = str_slice(target, 0, mark < 0 ? target.n : (size_t)mark);
    ret->query = mark < 0 ? STR_NONE : str_slice(target, (size_t)mark + 1, target.n);
    if (ret->path.n == 0) {
        ret->path = STR("/");
    }
    return http_path__split(ret->path, mem, ret, refusal);
}

bool http_head__request(struct http_head_parser *parser, const char *bytes, struct arena *mem,
                        struct http_request *ret, struct http_framing *ret_framing)
{
    struct control control = {0};
    struct http_refusal *refusal = &parser->refusal;
    unsigned minor = parser->minor;
    *ret_framing = (struct http_framing){0};
    ret->method_text = (struct str){bytes + parser->method.at, parser->method.n};
    ret->method = method_of(ret->method_text);
    ret->target = (struct str){bytes + parser->target.at, parser->target.n};
    if (!headers_read(parser, bytes, mem, ret, &control) || !host_check(&control, minor, refusal) ||
        !framing_read(&control, minor, ret_framing, refusal) ||
        !expect_read(&control, minor, ret_framing, refusal)) {
        return false;
    }
    ret->authority = control.host;
    ret->has_body = ret_framing->chunked || ret_framing->content_length > 0;
    ret_framing->keep_alive = minor == 1 && !control.close;
    return target_read(ret, mem, refusal);
}

/* ---- the path ---- */

static bool is_control(char c)
{
    return (uint8_t)c < 0x20 || c == 0x7f;
}

/* A segment no resource can have; what was decoded is all that can hold anything odd. */
static bool segment_impossible(struct str segment)
{
    for (size_t i = 0; i < segment.n; i++) {
        if (segment.p[i] == '/' || is_control(segment.p[i])) {
            return true;
        }
    }
    return !str_is_utf8(segment);
}

static bool segment_decode(struct str raw, struct arena *mem, struct str *ret, struct http_refusal *refusal)
{
    char *out = arena_alloc(mem, raw.n);
    size_t n = 0;
    if (out == NULL) {
        return refuse(refusal, 503, "memory");
    }
    for (size_t i = 0; i < raw.n; i++) {
        if (raw.p[i] != '%') {
            out[n++] = raw.p[i];
            continue;
        }
        int high = i + 2 < raw.n ? hex_value(raw.p[i + 1]) : -1,
            low = high >= 0 ? hex_value(raw.p[i + 2]) : -1;
        if (low < 0) {
            return refuse(refusal, 400, "path-escape");
        }
        out[n++] = (char)(high << 4 | low);
        i += 2;
    }
    *ret = (struct str){out, n};
    return true;
}

bool http_path__split(struct str path, struct arena *mem, struct http_request *ret,
                      struct http_refusal *refusal)
{
    struct str rest = str_slice(path, 1, path.n);
    size_t count = rest.n > 0 ? 1 : 0;
    for (size_t i = 0; i < rest.n; i++) {
        count += rest.p[i] == '/';
    }
    struct str *segments = arena_alloc_array(mem, count, sizeof(*segments));
    if (segments == NULL) {
        return refuse(refusal, 503, "memory");
    }
    ret->path_state = HTTP_PATH_OK;
    for (size_t i = 0; i < count; i++) {
        ptrdiff_t slash = str_find(rest, '/');
        struct str segment = str_slice(rest, 0, slash < 0 ? rest.n : (size_t)slash);
        rest = str_slice(rest, segment.n + 1, rest.n);
        bool escaped = str_find(segment, '%') >= 0;
        if (escaped && !segment_decode(segment, mem, &segment, refusal)) {
            return false;
        }
        bool dots = str_eq(segment, STR(".")) || str_eq(segment, STR(".."));
        if (dots || (escaped && segment_impossible(segment))) {
            ret->path_state = HTTP_PATH_NONE;
        }
        segments[i] = segment;
    }
    ret->segments = segments;
    ret->segment_count = count;
    return true;
}

/* ---- chunked bodies (RFC 9112 7.1) ---- */

void http_chunked__init(struct http_chunked *chunked)
{
    *chunked = (struct http_chunked){.state = CHUNKED_SIZE};
}

static enum http_parse chunked_refuse(struct http_chunked *chunked, const char *reason)
{
    refuse(&chunked->refusal, 400, reason);
    return HTTP_PARSE_REFUSED;
}

static enum http_parse chunked_go(struct http_chunked *chunked, enum http_chunked_state state)
{
    chunked->state = state;
    return state == CHUNKED_DONE ? HTTP_PARSE_DONE : HTTP_PARSE_MORE;
}

static enum http_parse chunked_expect(struct http_chunked *chunked, char c, char want,
                                      enum http_chunked_state then, const char *reason)
{
    return c == want ? chunked_go(chunked, then) : chunked_refuse(chunked, reason);
}

/* Digits only, then CR or ';': no sign, no "0x", no blank. */
static enum http_parse chunked_size(struct http_chunked *chunked, char c)
{
    int digit = hex_value(c);
    if (digit >= 0 && chunked->digits < CHUNK_DIGITS_MAX) {
        chunked->left = chunked->left << 4 | (unsigned)digit;
        chunked->digits++;
        return HTTP_PARSE_MORE;
    }
    if (chunked->digits == 0 || (c != '\r' && c != ';')) {
        return chunked_refuse(chunked, "chunk-size");
    }
    return chunked_go(chunked, c == ';' ? CHUNKED_EXTENSION : CHUNKED_SIZE_LF);
}

static enum http_parse chunked_size_end(struct http_chunked *chunked, char c)
{
    chunked->digits = 0;
    return chunked_expect(chunked, c, '\n', chunked->left > 0 ? CHUNKED_DATA : CHUNKED_TRAILER, "chunk-size");
}

static enum http_parse chunked_trailer(struct http_chunked *chunked, char c)
{
    if (c == '\r') {
        return chunked_go(chunked, CHUNKED_END_LF);
    }
    return is(c, C_TOKEN) ? chunked_go(chunked, CHUNKED_TRAILER_NAME) : chunked_refuse(chunked, "trailer");
}

static enum http_parse chunked_trailer_name(struct http_chunked *chunked, char c)
{
    if (c == ':') {
        return chunked_go(chunked, CHUNKED_TRAILER_VALUE);
    }
    return is(c, C_TOKEN) ? HTTP_PARSE_MORE : chunked_refuse(chunked, "trailer");
}

/* The rest of a line that is only checked. */
static enum http_parse chunked_text(struct http_chunked *chunked, char c, enum http_chunked_state then,
                                    const char *reason)
{
    if (c == '\r') {
        return chunked_go(chunked, then);
    }
    return is(c, C_VALUE) ? HTTP_PARSE_MORE : chunked_refuse(chunked, reason);
}

static enum http_parse chunked_byte(struct http_chunked *chunked, char c)
{
    bool extra = chunked->state == CHUNKED_EXTENSION || chunked->state >= CHUNKED_TRAILER;
    if (extra && ++chunked->extra > CHUNK_EXTRA_MAX) {
        return chunked_refuse(chunked, "chunk-extra");
    }
    switch (chunked->state) {
    case CHUNKED_SIZE:
        return chunked_size(chunked, c);
    case CHUNKED_EXTENSION:
        return chunked_text(chunked, c, CHUNKED_SIZE_LF, "chunk-extension");
    case CHUNKED_SIZE_LF:
        return chunked_size_end(chunked, c);
    case CHUNKED_DATA_CR:
        return chunked_expect(chunked, c, '\r', CHUNKED_DATA_LF, "chunk-end");
    case CHUNKED_DATA_LF:
        return chunked_expect(chunked, c, '\n', CHUNKED_SIZE, "chunk-end");
    case CHUNKED_TRAILER:
        return chunked_trailer(chunked, c);
    case CHUNKED_TRAILER_NAME:
        return chunked_trailer_name(chunked, c);
    case CHUNKED_TRAILER_VALUE:
        return chunked_text(chunked, c, CHUNKED_TRAILER_LF, "trailer");
    case CHUNKED_TRAILER_LF:
        return chunked_expect(chunked, c, '\n', CHUNKED_TRAILER, "trailer");
    case CHUNKED_END_LF:
        return chunked_expect(chunked, c, '\n', CHUNKED_DONE, "trailer");
    case CHUNKED_DATA:
    case CHUNKED_DONE:
        break;
    }
    return HTTP_PARSE_DONE;
}

enum http_parse http_chunked__next(struct http_chunked *chunked, struct str in, size_t *ret_used,
                                   struct str *ret_data)
{
    enum http_parse state = HTTP_PARSE_MORE;
    size_t used = 0;
    *ret_data = STR_NONE;
    while (used < in.n && chunked->state != CHUNKED_DATA && state == HTTP_PARSE_MORE) {
        state = chunked_byte(chunked, in.p[used++]);
    }
    if (used < in.n && chunked->state == CHUNKED_DATA && state == HTTP_PARSE_MORE) {
        size_t n = in.n - used < chunked->left ? in.n - used : (size_t)chunked->left;
        *ret_data = str_slice(in, used, used + n);
        used += n;
        chunked->left -= n;
        chunked->state = chunked->left > 0 ? CHUNKED_DATA : CHUNKED_DATA_CR;
    }
    *ret_used = used;
    return state;
}
