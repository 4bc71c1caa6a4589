/* The bytes of an HTTP/1.1 request (RFC 9112) as pure functions: no I/O, no time, no memory but what they are given.
 *
 * Strict on purpose: whatever two readers could take for two different requests is refused (framing, folds, bare LF, NUL,
 * blanks before a colon). A request may arrive in any pieces; the answer never depends on where it was cut, since lines are
 * judged whole and in order, and each maximum is looked at at one byte position. */
#pragma once
#include "common/base/limits.h"
#include "common/http/http.h"

enum http_parse {
    HTTP_PARSE_MORE,    /* all right so far, not complete */
    HTTP_PARSE_DONE,    /* complete */
    HTTP_PARSE_REFUSED, /* see the refusal; nothing after it can be trusted */
};

struct http_refusal {
    int status;
    const char *reason; /* one word, static: "header-folded" */
};

/* A place in the head; offsets, since the buffer may move while it grows. */
struct http_span {
    uint16_t at;
    uint16_t n;
};

/* Reads a header block line by line. About 1 KiB, so it lives beside the input buffer, not in every connection. */
struct http_head_parser {
    size_t line;                     /* where the line that is not complete yet begins */
    size_t scanned;                  /* no LF between `line` and here */
    struct http_span method, target; /* method.n == 0: the request line has not been read */
    unsigned minor;                  /* of HTTP/1.x */
    unsigned header_count;
    struct http_refusal refusal;
    struct {
        struct http_span name, value;
    } headers[LIMIT_HEADER_COUNT];
};

void http_head__init(struct http_head_parser *parser);
/* `bytes` are all bytes since the first of this request, n never less than at the call before. After DONE the head takes
 * parser->line bytes, its empty line included. */
enum http_parse http_head__feed(struct http_head_parser *parser, const char *bytes, size_t n);

/* How the body is delimited, and what the sender wants of the connection. */
struct http_framing {
    uint64_t content_length;
    bool chunked;
    bool keep_alive;
    bool expect_continue;
};

/* After DONE: checks what concerns the request as a whole (host, framing, expectation, target, path) and fills `ret` with
 * slices of `bytes`, the same bytes at their final place, and arrays in `mem`. False: refused. */
MUST_USE bool http_head__request(struct http_head_parser *parser, const char *bytes, struct arena *mem,
                                 struct http_request *ret, struct http_framing *ret_framing);

/* Splits the raw path on '/' and decodes each segment once: fills segments, segment_count, path_state. False: a malformed
 * percent escape, or no memory. */
MUST_USE bool http_path__split(struct str path, struct arena *mem, struct http_request *ret,
                               struct http_refusal *refusal);

/* Takes a chunked body apart. Extensions and trailers are checked, bounded and dropped. */
enum http_chunked_state {
    CHUNKED_SIZE, /* in the digits of a chunk's size */
    CHUNKED_EXTENSION,
    CHUNKED_SIZE_LF, /* CR of the size line seen */
    CHUNKED_DATA,
    CHUNKED_DATA_CR,
    CHUNKED_DATA_LF,
    CHUNKED_TRAILER, /* at the start of a trailer line */
    CHUNKED_TRAILER_NAME,
    CHUNKED_TRAILER_VALUE,
    CHUNKED_TRAILER_LF,
    CHUNKED_END_LF,
    CHUNKED_DONE,
};
struct http_chunked {
    enum http_chunked_state state;
    uint64_t left;   /* of the chunk; while in DATA */
    unsigned digits; /* of the size so far */
    unsigned extra;  /* bytes of extensions and trailers so far, all chunks together */
    struct http_refusal refusal;
};

void http_chunked__init(struct http_chunked *chunked);
/* Takes *ret_used bytes of `in` (at least one, `in` is not empty) and stops behind the first piece of data, which is a slice
 * of `in`; absent when there was none. Call again with the rest. Bytes after DONE belong to the next request. */
enum http_parse http_chunked__next(struct http_chunked *chunked, struct str in, size_t *ret_used,
                                   struct str *ret_data);
