/* Request heads, paths and chunked bodies. The first byte says where the input is cut in two: the answer must not depend on it. */
#include "common/http/parse.h"

#include "common/base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum http_parse chunked_read(struct str in, size_t cut, struct http_chunked *chunked,
                                    size_t *ret_data_n)
{
    enum http_parse state = HTTP_PARSE_MORE;
    http_chunked__init(chunked);
    for (size_t at = 0, used; at < in.n && state == HTTP_PARSE_MORE; at += used) {
        struct str data;
        state = http_chunked__next(chunked, str_slice(in, at, at < cut ? cut : in.n), &used, &data);
        ensure(used > 0 && used <= in.n - at);
        *ret_data_n += data.n;
    }
    return state;
}

static void head_read(struct str in, size_t cut, struct http_head_parser *parser, enum http_parse *ret_state)
{
    http_head__init(parser);
    *ret_state = http_head__feed(parser, in.p, cut);
    if (*ret_state == HTTP_PARSE_MORE) {
        *ret_state = http_head__feed(parser, in.p, in.n);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    struct str in = {(const char *)data + 1, size - 1}, rest = in;
    size_t cut = data[0] * (in.n - 1) / 255, whole_n = 0, cut_n = 0;
    struct http_head_parser whole, parser;
    enum http_parse whole_state, state;
    head_read(in, in.n, &whole, &whole_state);
    head_read(in, cut, &parser, &state);
    ensure(state == whole_state && parser.refusal.reason == whole.refusal.reason);
    if (state == HTTP_PARSE_DONE) {
        struct arena *mem = arena_new(1 << 20);
        struct http_request request = {0};
        struct http_framing framing;
        bool fine = http_head__request(&parser, in.p, mem, &request, &framing);
        ensure(fine || parser.refusal.status >= 400);
        ensure(!fine || request.path.n > 0);
        arena_free(mem);
        rest = str_slice(in, parser.line, in.n);
        cut = cut > parser.line ? cut - parser.line : 0;
    }
    struct http_chunked one, two;
    ensure(chunked_read(rest, 0, &one, &whole_n) == chunked_read(rest, cut, &two, &cut_n));
    ensure(one.state == two.state && whole_n == cut_n);
    return 0;
}
