/* Malformed and odd requests, each with its one right answer, whatever the pieces it arrives in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/http/parse.h"

#include "common/base/banned.h"

#define ANSWER_MAX 8192
#define B(text)                                                                                              \
    {                                                                                                        \
        text, sizeof(text) - 1                                                                               \
    }
#define HOST    "Host: h\r\n"
#define GET     "GET / HTTP/1.1\r\n" HOST
#define PUT     "PUT /a HTTP/1.1\r\n" HOST
#define CHUNKED PUT "Transfer-Encoding: chunked\r\n\r\n"

/* An accepted request is told as: method path segments query authority framing "body" +bytes-left-over.
 * Segments: each behind a slash, odd bytes as \xNN; "!" when no resource can have the path; query "-" when absent. */
struct row {
    struct str bytes;
    const char *answer;
};

static const struct row rows[] = {
    /* request line */
    {B(GET "\r\n"), "GET / [] - h keep \"\" +0"},
    {B("\r\n" GET "\r\n"), "GET / [] - h keep \"\" +0"},
    {B("\r\n\r\n" GET "\r\n"), "400 method"},
    {B("\n" GET "\r\n"), "400 bare-lf"},
    {B(" GET / HTTP/1.1\r\n" HOST "\r\n"), "400 method"},
    {B("GET /\r\n\r\n"), "400 request-line"},
    {B("GET\r\n\r\n"), "400 method"},
    {B("GET /  HTTP/1.1\r\n" HOST "\r\n"), "400 request-line"},
    {B("GET  / HTTP/1.1\r\n" HOST "\r\n"), "400 request-line"},
    {B("GET /a b HTTP/1.1\r\n" HOST "\r\n"), "400 request-line"},
    {B("GET\t/ HTTP/1.1\r\n" HOST "\r\n"), "400 method"},
    {B("GET / HTTP/1.1 \r\n" HOST "\r\n"), "400 request-line"},
    {B("GET / http/1.1\r\n" HOST "\r\n"), "400 request-line"},
    {B("GET / HTTP/1.10\r\n" HOST "\r\n"), "400 request-line"},
    {B("GET / HTTP/1.2\r\n" HOST "\r\n"), "505 version"},
    {B("GET / HTTP/0.9\r\n" HOST "\r\n"), "505 version"},
    {B("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "505 version"},
    {B("G\x01T / HTTP/1.1\r\n" HOST "\r\n"), "400 method"},
    {B("G(T / HTTP/1.1\r\n" HOST "\r\n"), "400 method"},
    {B("\x16\x03\x01\x02\x00\x01\x00\x01"), "400 method"},
    {B("\0GET / HTTP/1.1\r\n"), "400 method"},
    {B("get / HTTP/1.1\r\n" HOST "\r\n"), "get / [] - h keep \"\" +0"},
    {B("BREW /pot HTTP/1.1\r\n" HOST "\r\n"), "BREW /pot [/pot] - h keep \"\" +0"},
    {B("TRACE /a HTTP/1.1\r\n" HOST "\r\n"), "TRACE /a [/a] - h keep \"\" +0"},
    {B("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF / HTTP/1.1\r\n" HOST "\r\n"),
     "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF / [] - h keep \"\" +0"},
    {B("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG / HTTP/1.1\r\n" HOST "\r\n"), "400 method"},
    /* target */
    {B("GET a HTTP/1.1\r\n" HOST "\r\n"), "400 target"},
    {B("GET * HTTP/1.1\r\n" HOST "\r\n"), "400 target"},
    {B("GET h:80 HTTP/1.1\r\n" HOST "\r\n"), "400 target"},
    {B("OPTIONS * HTTP/1.1\r\n" HOST "\r\n"), "OPTIONS * ! - h keep \"\" +0"},
    {B("CONNECT h:80 HTTP/1.1\r\n" HOST "\r\n"), "CONNECT h:80 ! - h keep \"\" +0"},
    {B("GET http://other:8080/a?b HTTP/1.1\r\n" HOST "\r\n"), "GET /a [/a] b other:8080 keep \"\" +0"},
    {B("GET HTTPS://other HTTP/1.1\r\n" HOST "\r\n"), "GET / [] - other keep \"\" +0"},
    {B("GET http://other?q HTTP/1.1\r\n" HOST "\r\n"), "GET / [] q other keep \"\" +0"},
    {B("GET http:///a HTTP/1.1\r\n" HOST "\r\n"), "400 target"},
    {B("GET http://me@other/a HTTP/1.1\r\n" HOST "\r\n"), "400 target"},
    {B("GET ftp://other/a HTTP/1.1\r\n" HOST "\r\n"), "400 target"},
    {B("GET http://other/a HTTP/1.1\r\n\r\n"), "400 host-missing"},
    {B("GET //other/a HTTP/1.1\r\n" HOST "\r\n"), "GET //other/a [//other/a] - h keep \"\" +0"},
    {B("GET /a#b HTTP/1.1\r\n" HOST "\r\n"), "400 target"},
    {B("GET /a\x80 HTTP/1.1\r\n" HOST "\r\n"), "400 target"},
    {B("GET /now/a\0b HTTP/1.1\r\n" HOST "\r\n"), "400 target"},
    {B("GET /a\x7f HTTP/1.1\r\n" HOST "\r\n"), "400 target"},
    {B("GET /a?b=%zz&c=+%2B HTTP/1.1\r\n" HOST "\r\n"), "GET /a [/a] b=%zz&c=+%2B h keep \"\" +0"},
    {B("GET /a? HTTP/1.1\r\n" HOST "\r\n"), "GET /a [/a]  h keep \"\" +0"},
    /* path */
    {B("GET /a/ HTTP/1.1\r\n" HOST "\r\n"), "GET /a/ [/a/] - h keep \"\" +0"},
    {B("GET /a//b HTTP/1.1\r\n" HOST "\r\n"), "GET /a//b [/a//b] - h keep \"\" +0"},
    {B("GET /+49%2B1+2 HTTP/1.1\r\n" HOST "\r\n"), "GET /+49%2B1+2 [/+49+1+2] - h keep \"\" +0"},
    {B("GET /a:b/%61%25%20 HTTP/1.1\r\n" HOST "\r\n"), "GET /a:b/%61%25%20 [/a:b/a% ] - h keep \"\" +0"},
    {B("GET /%2541 HTTP/1.1\r\n" HOST "\r\n"), "GET /%2541 [/%41] - h keep \"\" +0"},
    {B("GET /a%2Fb HTTP/1.1\r\n" HOST "\r\n"), "GET /a%2Fb ! - h keep \"\" +0"},
    {B("GET /a%00b HTTP/1.1\r\n" HOST "\r\n"), "GET /a%00b ! - h keep \"\" +0"},
    {B("GET /a%0ab HTTP/1.1\r\n" HOST "\r\n"), "GET /a%0ab ! - h keep \"\" +0"},
    {B("GET /a%7f HTTP/1.1\r\n" HOST "\r\n"), "GET /a%7f ! - h keep \"\" +0"},
    {B("GET /a/../b HTTP/1.1\r\n" HOST "\r\n"), "GET /a/../b ! - h keep \"\" +0"},
    {B("GET /. HTTP/1.1\r\n" HOST "\r\n"), "GET /. ! - h keep \"\" +0"},
    {B("GET /%2e%2E/b HTTP/1.1\r\n" HOST "\r\n"), "GET /%2e%2E/b ! - h keep \"\" +0"},
    {B("GET /.../.a HTTP/1.1\r\n" HOST "\r\n"), "GET /.../.a [/.../.a] - h keep \"\" +0"},
    {B("GET /%c3%a9 HTTP/1.1\r\n" HOST "\r\n"), "GET /%c3%a9 [/\\xc3\\xa9] - h keep \"\" +0"},
    {B("GET /%c3 HTTP/1.1\r\n" HOST "\r\n"), "GET /%c3 ! - h keep \"\" +0"},
    {B("GET /%c0%af HTTP/1.1\r\n" HOST "\r\n"), "GET /%c0%af ! - h keep \"\" +0"},
    {B("GET /%ed%a0%80 HTTP/1.1\r\n" HOST "\r\n"), "GET /%ed%a0%80 ! - h keep \"\" +0"},
    {B("GET /a%zz HTTP/1.1\r\n" HOST "\r\n"), "400 path-escape"},
    {B("GET /a% HTTP/1.1\r\n" HOST "\r\n"), "400 path-escape"},
    {B("GET /a%4 HTTP/1.1\r\n" HOST "\r\n"), "400 path-escape"},
    {B("GET /a%/41 HTTP/1.1\r\n" HOST "\r\n"), "400 path-escape"},
    /* lines */
    {B("GET / HTTP/1.1\nHost: h\n\n"), "400 bare-lf"},
    {B("GET / HTTP/1.1\r\nHost: h\n\r\n"), "400 bare-lf"},
    {B("GET / HTTP/1.1\r\nHost: h\r\n\n"), "400 bare-lf"},
    {B("GET / HTTP/1.1\rHost: h\r\n\r\n"), "400 request-line"},
    {B(GET "A: b\rc\r\n\r\n"), "400 header-value"},
    {B(GET "A: b\r\r\n\r\n"), "400 header-value"},
    {B(GET "A: b\r\n c\r\n\r\n"), "400 header-folded"},
    {B(GET "A: b\r\n\tc\r\n\r\n"), "400 header-folded"},
    {B("GET / HTTP/1.1\r\n Host: h\r\n\r\n"), "400 header-folded"},
    {B(PUT "Content-Len: 33\r\n gth\r\n\r\n"), "400 header-folded"},
    {B(PUT "Transfer-Enc: chunked\r\n oding\r\n\r\n"), "400 header-folded"},
    {B(GET "X-Forwarded: 10.0.0.1\r\n -For\r\n\r\n"), "400 header-folded"},
    {B(GET "\0A: b\r\nContent-Length: 5\r\n\r\nhello"), "400 header-name"},
    {B(GET "A\0: b\r\n\r\n"), "400 header-name"},
    {B(GET "A: b\0c\r\n\r\n"), "400 header-value"},
    {B(GET "A: b\x01\r\n\r\n"), "400 header-value"},
    {B(GET "A: b\x7f\r\n\r\n"), "400 header-value"},
    {B(GET "A: b\tc\xe9\r\n\r\n"), "GET / [] - h keep \"\" +0"},
    {B(GET "A : b\r\n\r\n"), "400 header-name"},
    {B(GET "A\t: b\r\n\r\n"), "400 header-name"},
    {B(GET ": b\r\n\r\n"), "400 header-name"},
    {B(GET "A\r\n\r\n"), "400 header-name"},
    {B(GET "A\x01: b\r\n\r\n"), "400 header-name"},
    {B(GET "A b: c\r\n\r\n"), "400 header-name"},
    {B(GET "A:\r\n\r\n"), "GET / [] - h keep \"\" +0"},
    {B(GET "A: b\r\n"), "more"},
    {B(GET), "more"},
    /* host */
    {B("GET / HTTP/1.1\r\n\r\n"), "400 host-missing"},
    {B("GET / HTTP/1.0\r\n\r\n"), "GET / [] - - close \"\" +0"},
    {B("GET / HTTP/1.0\r\n" HOST "Connection: keep-alive\r\n\r\n"), "GET / [] - h close \"\" +0"},
    {B(GET HOST "\r\n"), "400 host-twice"},
    {B(GET "host: other\r\n\r\n"), "400 host-twice"},
    {B("GET / HTTP/1.1\r\nHost:\r\n\r\n"), "400 host"},
    {B("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), "400 host"},
    {B("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), "400 host"},
    {B("GET / HTTP/1.1\r\nHost: me@a\r\n\r\n"), "400 host"},
    {B("GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"), "400 host"},
    {B("GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n"), "400 host"},
    {B("GET / HTTP/1.1\r\nHost: :80\r\n\r\n"), "400 host"},
    {B("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"), "400 host"},
    {B("GET / HTTP/1.1\r\nHost: []\r\n\r\n"), "400 host"},
    {B("GET / HTTP/1.1\r\nhOST: \t [::1]:8443 \r\n\r\n"), "GET / [] - [::1]:8443 keep \"\" +0"},
    /* length */
    {B(PUT "Content-Length: 5\r\n\r\nhelloGET"), "PUT /a [/a] - h keep length 5 \"hello\" +3"},
    {B(PUT "Content-Length: 0\r\n\r\nGET"), "PUT /a [/a] - h keep \"\" +3"},
    {B(PUT "Content-Length: 005\r\n\r\nhello"), "PUT /a [/a] - h keep length 5 \"hello\" +0"},
    {B(PUT "Content-Length:5\r\n\r\nhel"), "more"},
    {B(PUT "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"), "400 content-length-twice"},
    {B(PUT "Content-Length: 5\r\ncontent-length: 0\r\n\r\nGET /x"), "400 content-length-twice"},
    {B(PUT "Content-Length: 5, 5\r\n\r\nhello"), "400 content-length"},
    {B(PUT "Content-Length: +5\r\n\r\nhello"), "400 content-length"},
    {B(PUT "Content-Length: -5\r\n\r\nhello"), "400 content-length"},
    {B(PUT "Content-Length: 0x5\r\n\r\nhello"), "400 content-length"},
    {B(PUT "Content-Length: 5 5\r\n\r\nhello"), "400 content-length"},
    {B(PUT "Content-Length: 5.0\r\n\r\nhello"), "400 content-length"},
    {B(PUT "Content-Length:\r\n\r\nhello"), "400 content-length"},
    {B(PUT "Content-Length: 5\0x\r\n\r\nhello"), "400 header-value"},
    {B(PUT "Content-Length: 18446744073709551615\r\n\r\n"), "more"},
    {B(PUT "Content-Length: 18446744073709551616\r\n\r\n"), "400 content-length"},
    {B(PUT "Content-Length : 5\r\n\r\nhello"), "400 header-name"},
    /* transfer encoding */
    {B(PUT "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), "400 length-and-encoding"},
    {B(PUT "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"), "400 length-and-encoding"},
    {B(PUT "Transfer-Encoding: gzip, chunked\r\n\r\n"), "501 transfer-encoding-unknown"},
    {B(PUT "Transfer-Encoding: xchunked\r\n\r\n"), "501 transfer-encoding-unknown"},
    {B(PUT "Transfer-Encoding: chunked, chunked\r\n\r\n"), "501 transfer-encoding-unknown"},
    {B(PUT "Transfer-Encoding: identity\r\n\r\n"), "501 transfer-encoding-unknown"},
    {B(PUT "Transfer-Encoding: \"chunked\"\r\n\r\n"), "501 transfer-encoding-unknown"},
    {B(PUT "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"), "400 transfer-encoding"},
    {B(PUT "Transfer-Encoding:\r\n\r\n"), "400 transfer-encoding"},
    {B("PUT /a HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), "400 transfer-encoding"},
    {B(PUT "Transfer-Encoding: \tCHUNKED \r\n\r\n0\r\n\r\n"), "PUT /a [/a] - h keep chunked \"\" +0"},
    /* chunks */
    {B(CHUNKED "5\r\nhello\r\n0\r\n\r\nGET"), "PUT /a [/a] - h keep chunked \"hello\" +3"},
    {B(CHUNKED "1\r\nh\r\n4\r\nello\r\n000\r\n\r\n"), "PUT /a [/a] - h keep chunked \"hello\" +0"},
    {B(CHUNKED "5;a=b;c\r\nhello\r\n0;x\r\n\r\n"), "PUT /a [/a] - h keep chunked \"hello\" +0"},
    {B(CHUNKED "5\r\nhello\r\n0\r\nA: b\r\nC:\r\n\r\n+"), "PUT /a [/a] - h keep chunked \"hello\" +1"},
    {B(CHUNKED "A\r\n0123456789\r\n0\r\n\r\n"), "PUT /a [/a] - h keep chunked \"0123456789\" +0"},
    {B(CHUNKED "0x5\r\nhello\r\n0\r\n\r\n"), "400 chunk-size"},
    {B(CHUNKED "+5\r\nhello\r\n0\r\n\r\n"), "400 chunk-size"},
    {B(CHUNKED "-5\r\nhello\r\n0\r\n\r\n"), "400 chunk-size"},
    {B(CHUNKED " 5\r\nhello\r\n0\r\n\r\n"), "400 chunk-size"},
    {B(CHUNKED "5 \r\nhello\r\n0\r\n\r\n"), "400 chunk-size"},
    {B(CHUNKED "5\nhello\r\n0\r\n\r\n"), "400 chunk-size"},
    {B(CHUNKED "5\r\rhello\r\n0\r\n\r\n"), "400 chunk-size"},
    {B(CHUNKED "\r\nhello\r\n0\r\n\r\n"), "400 chunk-size"},
    {B(CHUNKED ";a\r\nhello\r\n0\r\n\r\n"), "400 chunk-size"},
    {B(CHUNKED "g\r\nhello\r\n0\r\n\r\n"), "400 chunk-size"},
    {B(CHUNKED "5;a\nhello\r\n0\r\n\r\n"), "400 chunk-extension"},
    {B(CHUNKED "5;a\0b\r\nhello\r\n0\r\n\r\n"), "400 chunk-extension"},
    {B(CHUNKED "5;a\rb\r\nhello\r\n0\r\n\r\n"), "400 chunk-size"},
    {B(CHUNKED "5\r\nhelloo\r\n0\r\n\r\n"), "400 chunk-end"},
    {B(CHUNKED "5\r\nhello\n0\r\n\r\n"), "400 chunk-end"},
    {B(CHUNKED "5\r\nhello\r0\r\n\r\n"), "400 chunk-end"},
    {B(CHUNKED "5\r\nhello0\r\n\r\n"), "400 chunk-end"},
    {B(CHUNKED "ffffffffffffffff\r\nhello"), "more"},
    {B(CHUNKED "fffffffffffffffff\r\nhello"), "400 chunk-size"},
    {B(CHUNKED "00000000000000005\r\nhello\r\n0\r\n\r\n"), "400 chunk-size"},
    {B(CHUNKED "0\r\n\n"), "400 trailer"},
    {B(CHUNKED "0\r\n A: b\r\n\r\n"), "400 trailer"},
    {B(CHUNKED "0\r\nA : b\r\n\r\n"), "400 trailer"},
    {B(CHUNKED "0\r\nA: b\n\r\n"), "400 trailer"},
    {B(CHUNKED "0\r\nA: b\0\r\n\r\n"), "400 trailer"},
    {B(CHUNKED "0\r\nA\r\n\r\n"), "400 trailer"},
    {B(CHUNKED "0\r\n\r"), "more"},
    {B(CHUNKED "5\r\nhell"), "more"},
    /* expectation, connection */
    {B(PUT "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\nx"),
     "PUT /a [/a] - h keep continue length 1 \"x\" +0"},
    {B(PUT "Expect: something\r\nContent-Length: 1\r\n\r\nx"), "417 expectation"},
    {B(PUT "Expect: 100-continue\r\nExpect: 100-continue\r\n\r\n"), "417 expectation"},
    {B("PUT /a HTTP/1.0\r\nExpect: x\r\n\r\n"), "PUT /a [/a] - - close \"\" +0"},
    {B(GET "Connection: close\r\n\r\n"), "GET / [] - h close \"\" +0"},
    {B(GET "Connection: upgrade,\t Close\r\n\r\n"), "GET / [] - h close \"\" +0"},
    {B(GET "Connection: keep-alive\r\nConnection: close\r\n\r\n"), "GET / [] - h close \"\" +0"},
    {B(GET "Connection: closed\r\n\r\n"), "GET / [] - h keep \"\" +0"},
    {B("get / HTTP/1.1\r\nHost: h\r\n\r\nGET"), "get / [] - h keep \"\" +3"},
};

/* ---- telling what was understood ---- */

struct told {
    char text[ANSWER_MAX];
    size_t n;
};

PRINTF_LIKE(2, 3) static void tell(struct told *told, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(told->text + told->n, sizeof told->text - told->n, format, args);
    va_end(args);
    told->n += n > 0 && told->n + (size_t)n < sizeof told->text ? (size_t)n : 0;
}

static void tell_segments(struct told *told, const struct http_request *r)
{
    if (r->path_state == HTTP_PATH_NONE) {
        tell(told, " !");
        return;
    }
    tell(told, " [");
    for (size_t i = 0; i < r->segment_count; i++) {
        tell(told, "/");
        for (size_t k = 0; k < r->segments[i].n; k++) {
            unsigned char c = (unsigned char)r->segments[i].p[k];
            if (c < 0x80) {
                tell(told, "%c", c);
            } else {
                tell(told, "\\x%02x", c);
            }
        }
    }
    tell(told, "]");
}

static void tell_request(struct told *told, const struct http_request *r, const struct http_framing *f,
                         struct str body, size_t left)
{
    struct str query = str_absent(r->query) ? STR("-") : r->query;
    struct str authority = str_absent(r->authority) ? STR("-") : r->authority;
    tell(told, "%" STR_FMT " %" STR_FMT, STR_ARG(r->method_text), STR_ARG(r->path));
    tell_segments(told, r);
    tell(told, " %" STR_FMT " %" STR_FMT "%s%s%s", STR_ARG(query), STR_ARG(authority),
         f->keep_alive ? " keep" : " close", f->expect_continue ? " continue" : "",
         f->chunked ? " chunked" : "");
    if (f->content_length > 0) {
        tell(told, " length %llu", (unsigned long long)f->content_length);
    }
    tell(told, " \"%" STR_FMT "\" +%zu", STR_ARG(body), left);
}

static void tell_refusal(struct told *told, const struct http_refusal *refusal)
{
    told->n = 0;
    tell(told, "%d %s", refusal->status, refusal->reason);
}

/* ---- feeding in pieces ---- */

enum { WHOLE = 0, EACH_BYTE = -1 };

/* The end of the piece that begins at `from`: `cut` is where the one cut is. */
static size_t piece_end(size_t from, size_t n, long cut)
{
    if (cut == EACH_BYTE) {
        return from + 1;
    }
    return from < (size_t)cut && (size_t)cut < n ? (size_t)cut : n;
}

/* Takes the body in pieces that end where the transport cut. False: refused, or not complete (told as "more"). */
static bool judge_chunked(struct str rest, size_t offset, size_t n, long cut, struct buf *body,
                          size_t *ret_left, struct told *told)
{
    struct http_chunked chunked;
    http_chunked__init(&chunked);
    size_t from = 0;
    while (from < rest.n) {
        size_t end = piece_end(offset + from, n, cut) - offset, used;
        struct str data;
        enum http_parse state = http_chunked__next(&chunked, str_slice(rest, from, end), &used, &data);
        assert_true(used > 0);
        from += used;
        if (state == HTTP_PARSE_REFUSED) {
            tell_refusal(told, &chunked.refusal);
            return false;
        }
        buf_put_str(body, data);
        if (state == HTTP_PARSE_DONE) {
            *ret_left = rest.n - from;
            return true;
        }
    }
    tell(told, "more");
    return false;
}

static void judge_request(struct http_head_parser *parser, struct str bytes, long cut, struct told *told)
{
    struct arena *mem = arena_new(1 << 20);
    struct http_request request = {0};
    struct http_framing framing;
    struct str rest = str_slice(bytes, parser->line, bytes.n);
    struct buf chunks;
    buf_init(&chunks, 1 << 20);
    size_t left = 0;
    if (!http_head__request(parser, bytes.p, mem, &request, &framing)) {
        tell_refusal(told, &parser->refusal);
    } else if (framing.chunked) {
        if (judge_chunked(rest, parser->line, bytes.n, cut, &chunks, &left, told)) {
            tell_request(told, &request, &framing, buf_str(&chunks), left);
        }
    } else if (framing.content_length > rest.n) {
        tell(told, "more");
    } else {
        tell_request(told, &request, &framing, str_slice(rest, 0, framing.content_length),
                     rest.n - framing.content_length);
    }
    buf_clear(&chunks);
    arena_free(mem);
}

static void judge(struct str bytes, long cut, struct told *told)
{
    struct http_head_parser parser;
    enum http_parse state = HTTP_PARSE_MORE;
    told->n = 0;
    told->text[0] = '\0';
    http_head__init(&parser);
    for (size_t have = 0; have < bytes.n && state == HTTP_PARSE_MORE;) {
        have = piece_end(have, bytes.n, cut);
        char *moved = malloc(have); /* exactly as much as has arrived, and at another place each time */
        memcpy(moved, bytes.p, have);
        state = http_head__feed(&parser, moved, have);
        free(moved);
    }
    if (state == HTTP_PARSE_DONE) {
        judge_request(&parser, bytes, cut, told);
    } else if (state == HTTP_PARSE_REFUSED) {
        tell_refusal(told, &parser.refusal);
    } else {
        tell(told, "more");
    }
}

static void expect(size_t i, struct str bytes, long cut, const char *answer)
{
    struct told told;
    judge(bytes, cut, &told);
    if (strcmp(told.text, answer) != 0) {
        fail_msg("row %zu, cut %ld: \"%" STR_FMT "\"\n  is     %s\n  wanted %s", i, cut,
                 STR_ARG(str_slice(bytes, 0, 200)), told.text, answer);
    }
}

static void test_parse__answers_each_row_rightly(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        expect(i, rows[i].bytes, WHOLE, rows[i].answer);
    }
}

static void test_parse__answers_the_same_byte_by_byte(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        expect(i, rows[i].bytes, EACH_BYTE, rows[i].answer);
    }
}

static void test_parse__answers_the_same_cut_anywhere(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (size_t cut = 1; cut < rows[i].bytes.n; cut++) {
            expect(i, rows[i].bytes, (long)cut, rows[i].answer);
        }
    }
}

/* ---- limits: the largest that passes, and one more ---- */

/* `before`, then `n` times `fill`, then `after`. */
static void expect_filled(const char *before, char fill, size_t n, const char *after, const char *answer)
{
    struct buf bytes;
    buf_init(&bytes, 1 << 20);
    buf_put_str(&bytes, str_of(before));
    memset(buf_reserve(&bytes, n), fill, n);
    bytes.n += n;
    buf_put_str(&bytes, str_of(after));
    struct told told;
    for (size_t cut = 0; cut < bytes.n; cut += 1 + bytes.n / 97) { /* 0 is uncut */
        judge(buf_str(&bytes), (long)cut, &told);
        told.text[strlen(answer)] = '\0';
        assert_string_equal(told.text, answer);
    }
    buf_clear(&bytes);
}

static void test_target__takes_2083_bytes_and_refuses_2084(void **state UNUSED)
{
    const char *after = " HTTP/1.1\r\nHost: h\r\n\r\n";
    expect_filled("GET /?", 'a', LIMIT_TARGET - 2, after, "GET / [] aaaa");
    expect_filled("GET /?", 'a', LIMIT_TARGET - 1, after, "414 target-length");
    expect_filled("OPTIONS /?", 'a', 20000, after, "414 target-length");
    expect_filled("GET /?", 'a', 3000, "", "414 target-length");
    expect_filled("GET /?", 'a', 3000, "\n", "414 target-length");
    expect_filled("", 'a', 3000, "", "400 method");
}

static void test_header_block__takes_32_kib_and_refuses_one_more(void **state UNUSED)
{
    size_t others = strlen(GET "A: \r\n\r\n");
    expect_filled(GET "A: ", 'a', LIMIT_HEADER_BLOCK - others, "\r\n\r\n", "GET / [] - h");
    expect_filled(GET "A: ", 'a', LIMIT_HEADER_BLOCK - others + 1, "\r\n\r\n", "431 header-block");
    expect_filled(GET "A: ", 'a', LIMIT_HEADER_BLOCK * 2, "", "431 header-block");
}

static void expect_headers(size_t n, const char *answer)
{
    struct buf bytes;
    buf_init(&bytes, 1 << 20);
    buf_put_str(&bytes, STR(GET));
    for (size_t i = 1; i < n; i++) {
        buf_put_str(&bytes, STR("A: b\r\n"));
    }
    buf_put_str(&bytes, STR("\r\n"));
    expect(n, buf_str(&bytes), WHOLE, answer);
    expect(n, buf_str(&bytes), EACH_BYTE, answer);
    buf_clear(&bytes);
}

static void test_header_count__takes_the_limit_and_refuses_one_more(void **state UNUSED)
{
    expect_headers(LIMIT_HEADER_COUNT, "GET / [] - h keep \"\" +0");
    expect_headers(LIMIT_HEADER_COUNT + 1, "431 header-count");
}

static void test_chunk_extras__are_bounded_over_the_whole_body(void **state UNUSED)
{
    expect_filled(CHUNKED "5;", 'a', 4092, "\r\nhello\r\n0\r\n\r\n",
                  "PUT /a [/a] - h keep chunked \"hello\"");
    expect_filled(CHUNKED "5;", 'a', 4094, "\r\nhello\r\n0\r\n\r\n", "400 chunk-extra");
    expect_filled(CHUNKED "0\r\nA: ", 'a', 4096, "\r\n\r\n", "400 chunk-extra");
    expect_filled(CHUNKED "1;", 'a', 3000, "\r\nx\r\n0\r\nA: b\r\n\r\n",
                  "PUT /a [/a] - h keep chunked \"x\"");
}

static void test_headers__keep_names_and_trim_values(void **state UNUSED)
{
    struct str bytes =
        STR("GET / HTTP/1.1\r\nHost: h\r\nX-One: \t a b \t\r\nx-one:second\r\nEmpty:  \r\n\r\n");
    struct http_head_parser parser;
    struct http_request request = {0};
    struct http_framing framing;
    struct arena *mem = arena_new(1 << 16);
    http_head__init(&parser);
    assert_int_equal(http_head__feed(&parser, bytes.p, bytes.n), HTTP_PARSE_DONE);
    assert_true(http_head__request(&parser, bytes.p, mem, &request, &framing));
    assert_int_equal(request.header_count, 4);
    assert_true(str_eq(http_header(&request, "X-ONE"), STR("a b")));
    assert_int_equal(http_header_count(&request, "x-One"), 2);
    assert_true(str_eq(request.headers[1].name, STR("X-One")));
    assert_false(str_absent(http_header(&request, "empty")));
    assert_int_equal(http_header(&request, "empty").n, 0);
    assert_true(str_absent(http_header(&request, "absent")));
    arena_free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse__answers_each_row_rightly),
        cmocka_unit_test(test_parse__answers_the_same_byte_by_byte),
        cmocka_unit_test(test_parse__answers_the_same_cut_anywhere),
        cmocka_unit_test(test_target__takes_2083_bytes_and_refuses_2084),
        cmocka_unit_test(test_header_block__takes_32_kib_and_refuses_one_more),
        cmocka_unit_test(test_header_count__takes_the_limit_and_refuses_one_more),
        cmocka_unit_test(test_chunk_extras__are_bounded_over_the_whole_body),
        cmocka_unit_test(test_headers__keep_names_and_trim_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
