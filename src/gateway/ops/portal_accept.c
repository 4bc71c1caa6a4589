#include "gateway/ops/portal_accept.h"

#include "common/base/banned.h"

#define Q_ONE     1000 /* weights are in thousandths */
#define Q_UNNAMED (-1)

/* The smallest first. */
static const struct {
    enum portal_coding coding;
    const char *name;
} codings[] = {{PORTAL_BROTLI, "br"}, {PORTAL_GZIP, "gzip"}, {PORTAL_IDENTITY, "identity"}};

/* "0", "0.5", "1", "1.000"; anything else is no weight, and its coding not wanted. */
static int read_weight(struct str text)
{
    static const int places[] = {100, 10, 1};
    if (text.n == 0 || text.n > 5 || (text.p[0] != '0' && text.p[0] != '1') ||
        (text.n > 1 && text.p[1] != '.')) {
        return 0;
    }
    int weight = text.p[0] == '1' ? Q_ONE : 0;
    for (size_t i = 2; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9') {
            return 0;
        }
        weight += (text.p[i] - '0') * places[i - 2];
    }
    return weight > Q_ONE ? 0 : weight;
}

/* The weight of one member, "gzip;q=0.5"; Q_UNNAMED when it is about another coding. */
static int member_weight(struct str member, struct str name)
{
    struct str coding;
    (void)str_split(&member, ';', &coding);
    if (!str_eq_ci(str_trim(coding), name)) {
        return Q_UNNAMED;
    }
    struct str weight = str_trim(member);
    if (str_empty(weight)) {
        return Q_ONE;
    }
    return weight.n > 2 && str_eq_ci(str_slice(weight, 0, 2), STR("q="))
               ? read_weight(str_slice(weight, 2, weight.n))
               : 0;
}

/* What the header's lines, one list together, say of a coding. */
static int named_weight(const struct http_request *request, struct str name)
{
    int weight = Q_UNNAMED;
    for (size_t i = 0; i < request->header_count; i++) {
        struct str rest = request->headers[i].value, member;
        if (!str_eq_ci(request->headers[i].name, STR("Accept-Encoding"))) {
            continue;
        }
        while (str_split(&rest, ',', &member)) {
            int more = member_weight(str_trim(member), name);
            weight = more > weight ? more : weight;
        }
    }
    return weight;
}

static int weight_of(const struct http_request *request, const char *name)
{
    int weight = named_weight(request, str_of(name));
    return weight != Q_UNNAMED ? weight : named_weight(request, STR("*"));
}

enum portal_coding portal_accept_coding(const struct http_request *request, const struct portal_file *file)
{
    enum portal_coding best = PORTAL_IDENTITY;
    int most = 0;
    for (size_t i = 0; i < ARRAY_LEN(codings); i++) {
        int weight = weight_of(request, codings[i].name);
        if (weight > most && !str_absent(file->body[codings[i].coding])) {
            most = weight;
            best = codings[i].coding;
        }
    }
    return best;
}

static bool list_has(struct str list, struct str etag)
{
    struct str member;
    while (str_split(&list, ',', &member)) {
        member = str_trim(member);
        struct str tag = str_starts(member, STR("W/")) ? str_slice(member, 2, member.n) : member;
        if (str_eq(tag, etag) || str_eq(member, STR("*"))) {
            return true;
        }
    }
    return false;
}

bool portal_accept_has(const struct http_request *request, struct str etag)
{
    for (size_t i = 0; i < request->header_count; i++) {
        bool is_it = str_eq_ci(request->headers[i].name, STR("If-None-Match"));
        if (is_it && list_has(request->headers[i].value, etag)) {
            return true;
        }
    }
    return false;
}
