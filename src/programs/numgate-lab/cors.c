#include "programs/numgate-lab/cors.h"

#include "programs/numgate-lab/directory.h"
#include "programs/numgate-lab/visit.h"

#include "common/base/banned.h"

/* Absent: nobody who may. */
static struct str welcome_origin(const struct visit *visit)
{
    struct str origin = http_header(http_request(visit->x), "origin");
    return !str_absent(origin) && directory_has_origin(visit->lab->directory, origin) ? origin : STR_NONE;
}

size_t cors_put_headers(const struct visit *visit, struct http_header *headers)
{
    size_t n = 0;
    if (visit->route == NULL || !visit->route->cors) {
        return 0;
    }
    struct str origin = welcome_origin(visit);
    headers[n++] = (struct http_header){STR("Vary"), STR("Origin")};
    if (!str_absent(origin)) {
        headers[n++] = (struct http_header){STR("Access-Control-Allow-Origin"), origin};
        headers[n++] = (struct http_header){STR("Access-Control-Expose-Headers"),
                                            STR("x-ms-request-id, client-request-id")};
    }
    return n;
}

bool cors_is_preflight(const struct visit *visit)
{
    const struct http_request *request = http_request(visit->x);
    return request->method == HTTP_OPTIONS && visit->route != NULL && visit->route->cors &&
           !str_absent(http_header(request, "access-control-request-method")) &&
           !str_absent(welcome_origin(visit));
}

void cors_serve_preflight(struct visit *visit)
{
    const struct http_header headers[] = {
        {STR("Access-Control-Allow-Methods"), visit->route->method == HTTP_POST ? STR("POST") : STR("GET")},
        {STR("Access-Control-Allow-Headers"), STR("content-type, client-request-id")},
        {STR("Access-Control-Max-Age"), STR("600")},
    };
    struct buf body;
    buf_init(&body, 1);
    visit_send(visit, 204, headers, ARRAY_LEN(headers), &body);
}
