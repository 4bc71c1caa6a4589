#include "gateway/api/page.h"

#include <stdio.h>

#include "common/base/limits.h"
#include "gateway/api/filter.h"
#include "gateway/api/query.h"

#include "common/base/banned.h"

void list_params_default(struct list_params *list)
{
    *list = (struct list_params){.page = LIMIT_PAGE_DEFAULT};
}

static enum rc bad_param(struct err *err, const char *name, const char *expected)
{
    (void)err_set(err, RC_INVALID, "InvalidQueryParameter", "the query parameter %s must be %s", name,
                  expected);
    err_field(err, "%s", name);
    return RC_INVALID;
}

static enum rc read_top(struct call *call, struct str value, struct err *err)
{
    call->list.has_top = true;
    bool ok = str_to_u64(value, INT32_MAX, &call->list.top) && call->list.top > 0;
    return ok ? RC_OK : bad_param(err, "top", "an integer from 1 to 2147483647");
}

static enum rc read_skip(struct call *call, struct str value, struct err *err)
{
    bool ok = str_to_u64(value, INT32_MAX, &call->list.skip);
    return ok ? RC_OK : bad_param(err, "skip", "an integer from 0 to 2147483647");
}

static enum rc read_page_size(struct call *call, struct str value, struct err *err)
{
    uint64_t size;
    if (!str_to_u64(value, INT32_MAX, &size) || size == 0) {
        return bad_param(err, "maxpagesize", "an integer from 1 to 2147483647");
    }
    call->list.page = (uint32_t)(size > LIMIT_PAGE ? LIMIT_PAGE : size);
    return RC_OK;
}

static enum rc read_count(struct call *call, struct str value, struct err *err)
{
    call->list.count = str_eq(value, STR("true"));
    bool ok = call->list.count || str_eq(value, STR("false"));
    return ok ? RC_OK : bad_param(err, "countRecords", "true or false");
}

static enum rc read_filter(struct call *call, struct str value, struct err *err)
{
    call->list.filter_text = value;
    return filter_parse(value, call->route->output, call->mem, &call->list.filter, err);
}

static bool parse_continuation(struct list_params *list, struct str value)
{
    struct str skip, top;
    if (!str_split(&value, '.', &skip) || !str_split(&value, '.', &top) || str_empty(value)) {
        return false;
    }
    list->has_top = !str_eq(top, STR("-"));
    list->after = (struct cursor){.set = true, .text = value};
    if (!str_to_i64(value, 0, INT64_MAX, &list->after.number)) {
        list->after.number = -1;
    }
    return str_to_u64(skip, INT32_MAX, &list->skip) &&
           (!list->has_top || (str_to_u64(top, INT32_MAX, &list->top) && list->top > 0));
}

/* Lists by number go on after a number; a link that was tampered with is refused, not misread. */
static enum rc read_continuation(struct call *call, struct str value, struct err *err)
{
    bool by_number = call->route->output == &schema_number;
    bool ok = parse_continuation(&call->list, value) && (!by_number || call->list.after.number >= 0);
    return ok ? RC_OK : bad_param(err, "continuation", "the one of a nextLink");
}

enum rc list_param_read(struct call *call, struct str name, struct str value, struct err *err)
{
    static const struct {
        struct str name;
        enum rc (*read)(struct call *call, struct str value, struct err *err);
    } readers[] = {
        {STR("top"), read_top},
        {STR("skip"), read_skip},
        {STR("maxpagesize"), read_page_size},
        {STR("countRecords"), read_count},
        {STR("filter"), read_filter},
        {STR("continuation"), read_continuation},
    };
    for (size_t i = 0; i < ARRAY_LEN(readers); i++) {
        if (str_eq(readers[i].name, name)) {
            return readers[i].read(call, value, err);
        }
    }
    return RC_NOT_FOUND;
}

struct list_query list_params_query(const struct list_params *list, struct str account)
{
    uint32_t limit = list->has_top && list->top < list->page ? (uint32_t)list->top : list->page;
    return (struct list_query){.account = account,
                               .filter = list->filter,
                               .after = list->after,
                               .skip = list->skip,
                               .limit = limit,
                               .count = list->count};
}

static bool host_is_ours(const struct api_config *settings, struct str host)
{
    ptrdiff_t colon = str_starts(host, STR("[")) ? -1 : str_find(host, ':');
    struct str name = colon < 0 ? host : str_slice(host, 0, (size_t)colon);
    struct net_addr addr;
    if (net_parse(name, &addr) || net_parse_port(host, &addr) || str_eq_ci(name, STR("localhost"))) {
        return true;
    }
    if (str_starts(host, STR("[")) && str_ends(host, STR("]"))) {
        return net_parse(str_slice(host, 1, host.n - 1), &addr);
    }
    return str_starts(name, STR("provapi.")) && str_eq_ci(str_slice(name, 8, name.n), settings->base_domain);
}

/* A page of the portal can only follow links to where it came from. */
static bool is_for_the_portal(struct call *call)
{
    return call->door != API_DOOR_API && call->actor.is_user &&
           !str_empty(api_settings(call->api)->portal_origin);
}

static struct str link_base(struct call *call)
{
    const struct api_config *settings = api_settings(call->api);
    if (is_for_the_portal(call)) {
        return settings->portal_origin;
    }
    if (!str_empty(settings->public_url)) {
        return settings->public_url;
    }
    if (host_is_ours(settings, call->request->authority)) {
        bool plain = !call->request->tls && !str_starts(call->request->authority, STR("provapi."));
        return arena_printf(call->mem, "%s://%" STR_FMT, plain ? "http" : "https",
                            STR_ARG(call->request->authority));
    }
    return arena_printf(call->mem, "https://provapi.%" STR_FMT, STR_ARG(settings->base_domain));
}

static bool is_replaced(struct str pair)
{
    return str_starts(pair, STR("top=")) || str_starts(pair, STR("skip=")) ||
           str_starts(pair, STR("continuation="));
}

/* The parameters as they were sent, but for the three that `continuation` stands for. */
static struct str kept_params(struct call *call)
{
    struct str rest = call->request->query, pair, kept = STR("");
    while (str_split(&rest, '&', &pair)) {
        if (!str_empty(pair) && !is_replaced(pair)) {
            kept = arena_printf(call->mem, "%" STR_FMT "%" STR_FMT "&", STR_ARG(kept), STR_ARG(pair));
        }
    }
    return kept;
}

static struct str continuation_text(struct call *call, uint64_t top_left)
{
    const struct cursor *last = &call->page.last;
    struct str key = str_absent(last->text) ? arena_printf(call->mem, "%lld", (long long)last->number)
                                            : query_escape(last->text, call->mem);
    struct str top =
        call->list.has_top ? arena_printf(call->mem, "%llu", (unsigned long long)top_left) : STR("-");
    return arena_printf(call->mem, "%llu.%" STR_FMT ".%" STR_FMT, (unsigned long long)call->page.skip_left,
                        STR_ARG(top), STR_ARG(key));
}

struct str next_link(struct call *call)
{
    uint64_t top_left = call->list.has_top ? call->list.top - call->page.items.count : 0;
    if (!call->page.more || (call->list.has_top && top_left == 0)) {
        return STR_NONE;
    }
    return arena_printf(call->mem, "%" STR_FMT "%" STR_FMT "?%" STR_FMT "continuation=%" STR_FMT,
                        STR_ARG(link_base(call)), STR_ARG(call->request->path), STR_ARG(kept_params(call)),
                        STR_ARG(continuation_text(call, top_left)));
}
