#include "common/http/admin.h"

#include "common/base/limits.h"
#include "common/base/mem.h"

#include "common/base/banned.h"

#define CONNECTIONS_MAX 64
#define DRAIN_MS        200

struct http_admin {
    struct http_app app;
    struct http_admin_config config;
    struct http_server *server;
};

static void reply_text(struct http_exchange *x, int status, const char *type, struct str body)
{
    const struct http_header headers[] = {{STR("Content-Type"), str_of(type)},
                                          {STR("Cache-Control"), STR("no-store")}};
    const struct http_reply reply = {
        .status = status, .headers = headers, .header_count = ARRAY_LEN(headers), .body = body};
    http_reply(x, &reply);
}

static void answer_live(const struct http_admin_config *config, struct http_exchange *x)
{
    (void)config;
    reply_text(x, 200, "text/plain", STR("live\n"));
}

static void answer_ready(const struct http_admin_config *config, struct http_exchange *x)
{
    const char *why = "";
    bool ready = config->ready(config->arg, &why);
    struct str text = ready ? STR("ready\n") : arena_printf(http_arena(x), "not ready: %s\n", why);
    reply_text(x, ready ? 200 : 503, "text/plain", text);
}

static void answer_metrics(const struct http_admin_config *config, struct http_exchange *x)
{
    struct buf out;
    buf_init(&out, LIMIT_REPLY);
    metrics_write(config->metrics, &out);
    reply_text(x, buf_failed(&out) ? 500 : 200, "text/plain; version=0.0.4", buf_str(&out));
    buf_clear(&out);
}

static const struct {
    struct str path;
    void (*answer)(const struct http_admin_config *config, struct http_exchange *x);
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
            pages[i].answer(&((const struct http_admin *)arg)->config, x);
            return;
        }
    }
    reply_text(x, 404, "text/plain", STR("/live, /ready and /metrics are served here\n"));
}

enum rc http_admin_listen(struct str text, struct net_addr *ret, struct err *err)
{
    if (!str_starts(text, STR("http://")) || !net_parse_port(str_slice(text, 7, text.n), ret) ||
        !net_is_loopback(ret)) {
        return err_set(err, RC_INVALID, NULL,
                       "must be http:// on a loopback address, such as http://127.0.0.1:9443");
    }
    return RC_OK;
}

static enum rc start_server(struct http_admin *admin, struct err *err)
{
    struct http_listen listen = {.app = &admin->app};
    enum rc rc = http_admin_listen(admin->config.listen, &listen.addr, err);
    if (rc != RC_OK) {
        return rc;
    }
    struct http_config config = {.listen = &listen,
                                 .listen_count = 1,
                                 .threads = 1,
                                 .metrics = admin->config.metrics,
                                 .name = "admin"};
    http_limits_default(&config.limits);
    config.limits.connections = CONNECTIONS_MAX;
    config.limits.drain_ms = DRAIN_MS;
    rc = http_server_new(&config, &admin->server, err);
    return rc == RC_OK ? http_server_start(admin->server, err) : rc;
}

enum rc http_admin_start(const struct http_admin_config *config, struct http_admin **ret, struct err *err)
{
    struct http_admin *admin = mem_alloc(sizeof(*admin));
    if (admin == NULL) {
        return err_set(err, RC_LIMIT, NULL, "out of memory");
    }
    *admin = (struct http_admin){.app = {.arg = admin, .head = head}, .config = *config};
    enum rc rc = start_server(admin, err);
    if (rc != RC_OK) {
        http_admin_free(admin);
        return rc;
    }
    *ret = admin;
    return RC_OK;
}

void http_admin_drain(struct http_admin *admin)
{
    if (admin != NULL) {
        (void)http_server_drain(admin->server);
    }
}

void http_admin_free(struct http_admin *admin)
{
    if (admin != NULL) {
        http_server_free(admin->server);
        mem_free(admin);
    }
}
