#include "programs/numgate-lab/redirect.h"

#include "common/fetch/fetch.h"
#include "programs/numgate-lab/visit.h"

#include "common/base/banned.h"

#define LOCATION_MAX (24 * 1024)

void redirect_init(struct redirect *redirect, struct visit *visit, struct str uri)
{
    *redirect = (struct redirect){.visit = visit, .uri = uri, .set_cookie = STR_NONE};
    buf_init(&redirect->parameters, LOCATION_MAX);
}

void redirect_put(struct redirect *redirect, const char *name, struct str value)
{
    if (!str_absent(value)) {
        fetch_form_put(&redirect->parameters, name, value);
    }
}

static const char *joint(const struct redirect *redirect)
{
    return redirect->parameters.n == 0         ? ""
           : redirect->in_fragment             ? "#"
           : str_find(redirect->uri, '?') >= 0 ? "&"
                                               : "?";
}

/* 303: what comes next is a GET, whatever this was. */
void redirect_send(struct redirect *redirect)
{
    struct visit *visit = redirect->visit;
    bool post = http_request(visit->x)->method == HTTP_POST;
    CLEANUP(buf_clear) struct buf location;
    struct buf body;
    buf_init(&location, 2 * LOCATION_MAX);
    buf_printf(&location, "%" STR_FMT "%s%" STR_FMT, STR_ARG(redirect->uri), joint(redirect),
               STR_ARG(buf_str(&redirect->parameters)));
    ensure(!buf_failed(&redirect->parameters)); /* what is put in is short */
    const struct http_header headers[] = {
        {STR("Location"), buf_str(&location)},
        {STR("Cross-Origin-Opener-Policy"), STR("same-origin")},
        {STR("Referrer-Policy"), STR("no-referrer")},
        {STR("Set-Cookie"), redirect->set_cookie},
    };
    buf_init(&body, 1);
    visit_send(visit, post ? 303 : 302, headers, ARRAY_LEN(headers) - str_absent(redirect->set_cookie),
               &body);
    buf_clear(&redirect->parameters);
}
