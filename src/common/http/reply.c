#include "common/http/engine.h"

#include "common/base/banned.h"

/* A batch of a hundred numbers with everything in it is half as long. */
#define SKIP_BYTES_MAX ((uint64_t)128 * 1024)

static const struct {
    int status;
    const char *text;
} statuses[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

const char *http_status_text(int status)
{
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        if (statuses[i].status == status) {
            return statuses[i].text;
        }
    }
    return "Unknown";
}

static bool has_no_content(int status)
{
    return status == 204 || status == 304;
}

/* Headers carry text that came from outside; none may end its line. */
static void put_line_text(struct buf *out, struct str s)
{
    char *to = buf_reserve(out, s.n);
    if (to == NULL) {
        return;
    }
    for (size_t i = 0; i < s.n; i++) {
        to[i] = s.p[i] == '\r' || s.p[i] == '\n' || s.p[i] == '\0' ? ' ' : s.p[i];
    }
    out->n += s.n;
}

static void put_date(struct loop *loop)
{
    if (loop->date_s != loop->wall.ms / 1000) {
        char text[CLOCK_TEXT_MAX];
        struct str imf = clock_imf(loop->wall, text);
        memcpy(loop->date, "Date: ", 6);
        memcpy(loop->date + 6, imf.p, imf.n);
        memcpy(loop->date + 6 + imf.n, "\r\n", 2);
        loop->date_n = imf.n + 8;
        loop->date_s = loop->wall.ms / 1000;
    }
    buf_put(&loop->out, loop->date, loop->date_n);
}

static void put_head(struct conn *c, const struct http_reply *reply, bool retry)
{
    struct buf *out = &c->loop->out;
    buf_put_str(out, STR("HTTP/1.1 "));
    buf_put_i64(out, reply->status);
    buf_put_char(out, ' ');
    buf_put_str(out, str_of(http_status_text(reply->status)));
    buf_put_str(out, STR("\r\n"));
    put_date(c->loop);
    for (size_t i = 0; i < reply->header_count; i++) {
        put_line_text(out, reply->headers[i].name);
        buf_put_str(out, STR(": "));
        put_line_text(out, reply->headers[i].value);
        buf_put_str(out, STR("\r\n"));
    }
    if (!has_no_content(reply->status)) {
        buf_put_str(out, STR("Content-Length: "));
        buf_put_i64(out, (int64_t)reply->body.n);
        buf_put_str(out, STR("\r\n"));
    }
    if (retry) {
        buf_put_str(out, STR("Retry-After: 1\r\n"));
    }
    buf_put_str(out, c->out_close ? STR("Connection: close\r\n\r\n") : STR("\r\n"));
}

/* A body that was not begun, is short, and surely comes: where the next request begins is known. */
static bool can_skip(const struct http_exchange *x)
{
    return x->body_cap == 0 && !x->framing.chunked && !x->framing.expect_continue &&
           x->framing.content_length <= SKIP_BYTES_MAX;
}

/* After a body that was not read to its end nobody can say where the next request begins, but for one that can be skipped. */
static bool must_close(const struct conn *c, const struct http_reply *reply)
{
    const struct http_exchange *x = c->x;
    return x == NULL || !x->framing.keep_alive || (!x->body_done && !can_skip(x)) || reply->close ||
           c->loop->draining || reply->fault == HTTP_FAULT_CUT;
}

static void put_body(struct conn *c, const struct http_reply *reply)
{
    struct buf *out = &c->loop->out;
    bool head_only = c->x != NULL && c->x->request.method == HTTP_HEAD;
    size_t n = head_only || has_no_content(reply->status) ? 0 : reply->body.n;
    n = reply->fault == HTTP_FAULT_CUT ? n / 2 : n;
    c->out_head = out->n;
    buf_put(out, reply->body.p, n);
}

void reply__put(struct conn *c, const struct http_reply *reply, bool retry)
{
    struct buf *out = &c->loop->out;
    c->out_at = 0;
    c->out_fault = reply->fault;
    c->out_close = must_close(c, reply);
    c->skip = c->x != NULL && !c->x->body_done ? (size_t)c->x->framing.content_length
                                               : 0; /* with out_close without meaning */
    buf_reset(out);
    put_head(c, reply, retry);
    put_body(c, reply);
    if (buf_failed(out)) { /* over LIMIT_REPLY: a bug above us, answered all the same */
        const struct http_reply sorry = {.status = 500, .close = true};
        reply__put(c, &sorry, false);
        return;
    }
    if (c->x != NULL) {
        c->x->status = reply->status;
    }
}
