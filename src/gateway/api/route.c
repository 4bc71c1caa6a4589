#include "gateway/api/route.h"

#include "common/base/banned.h"

/* Method names in the order of enum http_method. */
static const char *const method_names[] = {"GET",   "HEAD",   "POST",    "PUT",
                                           "PATCH", "DELETE", "OPTIONS", "OTHER"};

const char *http_method_name(enum http_method method)
{
    return method_names[method];
}

/* "{accountName}" or "{accountName}:action": the value takes what stands before the action. */
static bool match_parameter(struct str template, struct str segment, bool last, struct str *ret_value)
{
    ptrdiff_t brace = str_find(template, '}');
    struct str action = str_slice(template, (size_t)brace + 1, template.n);
    if (str_empty(action)) {
        *ret_value = segment;
        bool may_have_action = last && str_eq(template, STR("{accountName}"));
        return !may_have_action || str_find(segment, ':') < 0;
    }
    if (segment.n <= action.n || !str_ends(segment, action)) {
        return false;
    }
    *ret_value = str_slice(segment, 0, segment.n - action.n);
    return true;
}

static bool match_path(const char *path, const struct http_request *request,
                       struct str params[ROUTE_PARAMS_MAX])
{
    struct str rest = str_slice(str_of(path), 1, SIZE_MAX);
    struct str template;
    size_t i = 0, param = 0;
    while (str_split(&rest, '/', &template)) {
        if (i >= request->segment_count) {
            return false;
        }
        if (str_eq(template, STR("{*}"))) {
            return true;
        }
        struct str segment = request->segments[i++];
        if (template.p[0] != '{') {
            if (!str_eq(template, segment)) {
                return false;
            }
        } else if (!match_parameter(template, segment, str_empty(rest), &params[param++])) {
            return false;
        }
    }
    return i == request->segment_count;
}

static unsigned method_bits(enum http_method method)
{
    return method == HTTP_GET ? 1U << HTTP_GET | 1U << HTTP_HEAD : 1U << method;
}

static bool is_under(const struct http_request *request, struct str first)
{
    return request->segment_count > 0 && str_eq(request->segments[0], first);
}

void route_find(const struct route_table *tables, size_t table_count, const struct http_request *request,
                struct route_match *ret)
{
    *ret = (struct route_match){.open = is_under(request, STR("portal"))};
    ret->counted = !ret->open && !is_under(request, STR("numgate"));
    if (request->path_state != HTTP_PATH_OK) {
        return;
    }
    for (size_t t = 0; t < table_count; t++) {
        for (size_t i = 0; i < tables[t].count; i++) {
            const struct route *route = &tables[t].routes[i];
            struct str params[ROUTE_PARAMS_MAX] = {STR_NONE, STR_NONE};
            if (!match_path(route->path, request, params)) {
                continue;
            }
            ret->allowed |= method_bits(route->method);
            if (method_bits(route->method) & 1U << request->method) {
                ret->route = route;
                ret->counted = (route->flags & ROUTE_CONTRACT) != 0;
                memcpy(ret->params, params, sizeof params);
            }
        }
    }
}

struct str route_allow_text(unsigned allowed, struct arena *mem)
{
    struct str text = STR("");
    for (unsigned m = 0; m < HTTP_OTHER; m++) {
        if (allowed & 1U << m) {
            text = arena_printf(mem, "%" STR_FMT "%s%s", STR_ARG(text), str_empty(text) ? "" : ", ",
                                method_names[m]);
        }
    }
    return text;
}
