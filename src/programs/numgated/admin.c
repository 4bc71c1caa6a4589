#include "programs/numgated/admin.h"

#include "common/base/limits.h"
#include "gateway/ops/ops.h"

#include "common/base/banned.h"

static void reply_text(struct http_exchange *x, int status, const char *type, struct str body)
{
    const struct http_header headers[] = {{STR("Content-Type"), str_of(type)},
                                          {STR("Cache-Control"), STR("no-store")}};
    const struct http_reply reply = {
        .status = status, .headers = headers, .header_count = ARRAY_LEN(headers), .body = body};
    http_reply(x, &reply);
}

static void answer_live(struct admin *admin, struct http_exchange *x)
{
    (void)admin;
    reply_text(x, 200, "text/plain", STR("live\n"));
}

static void answer_ready(struct admin *admin, struct http_exchange *x)
{
    const char *why = "";
    bool ready = ops_ready(admin->repo, admin->auth, &why);
    struct str text = ready ? STR("ready\n") : arena_printf(http_arena(x), "not ready: %s\n", why);
    reply_text(x, ready ? 200 : 503, "text/plain", text);
}

static void answer_metrics(struct admin *admin, struct http_exchange *x)
{
    struct buf out;
    buf_init(&out, LIMIT_REPLY);
    metrics_write(admin->metrics, &out);
    reply_text(x, buf_failed(&out) ? 500 : 200, "text/plain; version=0.0.4", buf_str(&out));
    buf_clear(&out);
}

static const struct {
    struct str path;
    void (*answer)(struct admin *admin, struct http_exchange *x);
} pages[] = {{STR("/live"), answer_live}, {STR("/ready"), answer_ready}, {STR("/metrics"), answer_metrics}};

static void head(void *arg, struct http_exchange *x)
{
    const struct http_request *request = http_request(x);
    if (request->method != HTTP_GET && request->method != HTTP_HEAD) {
        reply_text(x, 405, "text/plain", STR("only GET is answered here\n"));
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
        if (str_eq(request->path, pages[i].path)) {
            pages[i].answer(arg, x);
            return;
        }
    }
    reply_text(x, 404, "text/plain", STR("/live, /ready and /metrics are served here\n"));
}

void admin_init(struct admin *admin, struct metrics *metrics, struct repo *repo, struct auth *auth)
{
    *admin =
        (struct admin){.app = {.arg = admin, .head = head}, .metrics = metrics, .repo = repo, .auth = auth};
}
