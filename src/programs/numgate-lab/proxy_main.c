#include "programs/numgate-lab/proxy_main.h"

#include "common/base/file.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/fetch/fetch.h"
#include "common/json/read.h"
#include "programs/numgate-lab/flags.h"
#include "programs/numgate-lab/later.h"
#include "programs/numgate-lab/part.h"
#include "programs/numgate-lab/proxy.h"
#include "programs/numgate-lab/proxy_control.h"
#include "programs/numgate-lab/signals.h"

#include "common/base/banned.h"

#define DRAIN_MS    2000
#define CONNECTIONS 10000 /* all of one client, most likely */

struct proxy_options {
    struct net_addr listen, control;
    const char *to, *ca, *certificate, *key, *scenario;
    enum log_level log_level;
    enum log_format log_format;
};

struct proxy_app {
    struct proxy_options options;
    struct arena *mem; /* of the scenario */
    struct proxy proxy;
    struct http_app front, control;
};

/* ---- flags ---- */

static enum rc set_address(struct net_addr *ret, const char *scheme, const char *value, struct err *err)
{
    struct str text = str_of(value);
    bool fits =
        str_starts(text, str_of(scheme)) && net_parse_port(str_slice(text, strlen(scheme), text.n), ret);
    return fits ? RC_OK
                : err_set(err, RC_INVALID, NULL, "\"%s\" is not of the form %sADDRESS:PORT", value, scheme);
}

static enum rc set_listen(void *options, const char *value, struct err *err)
{
    return set_address(&((struct proxy_options *)options)->listen, "https://", value, err);
}

static enum rc set_control(void *options, const char *value, struct err *err)
{
    struct net_addr *control = &((struct proxy_options *)options)->control;
    enum rc rc = set_address(control, "http://", value, err);
    return rc != RC_OK || net_is_loopback(control)
               ? rc
               : err_set(err, RC_INVALID, NULL,
                         "\"%s\" is no loopback address; whoever reaches it steers the proxy", value);
}

/* The URL of a server, without a path; a '/' at its end is forgiven. */
static enum rc set_to(void *options, const char *value, struct err *err)
{
    enum rc rc = fetch_url_check(str_of(value), err);
    const char *host = strstr(value, "//");
    const char *path = host != NULL ? strpbrk(host + 2, "/?") : NULL;
    if (rc == RC_OK && path != NULL && strcmp(path, "/") != 0) {
        rc = err_set(err, RC_INVALID, NULL, "\"%s\" is not of the form https://HOST[:PORT]", value);
    }
    ((struct proxy_options *)options)->to = value;
    return rc;
}

static enum rc set_ca(void *options, const char *value, struct err *err UNUSED)
{
    ((struct proxy_options *)options)->ca = value;
    return RC_OK;
}

static enum rc set_certificate(void *options, const char *value, struct err *err UNUSED)
{
    ((struct proxy_options *)options)->certificate = value;
    return RC_OK;
}

static enum rc set_key(void *options, const char *value, struct err *err UNUSED)
{
    ((struct proxy_options *)options)->key = value;
    return RC_OK;
}

static enum rc set_scenario(void *options, const char *value, struct err *err UNUSED)
{
    ((struct proxy_options *)options)->scenario = value;
    return RC_OK;
}

static enum rc set_log_level(void *options, const char *value, struct err *err)
{
    return flags_log_level(value, &((struct proxy_options *)options)->log_level, err);
}

static enum rc set_log_format(void *options, const char *value, struct err *err)
{
    return flags_log_format(value, &((struct proxy_options *)options)->log_format, err);
}

static const struct flag flags[] = {
    {"--to", "URL", "the server behind it, https://HOST[:PORT]; needed", set_to},
    {"--ca", "FILE", "CA of that server's certificate (PEM); else the machine's own", set_ca},
    {"--certificate", "FILE", "certificate chain of the proxy (PEM); needed", set_certificate},
    {"--key", "FILE", "its private key (PEM); needed", set_key},
    {"--listen", "URL", "https://ADDRESS:PORT; standard https://127.0.0.1:8445, port 0: any free one",
     set_listen},
    {"--control", "URL", "http://ADDRESS:PORT, loopback only; standard http://127.0.0.1:8446", set_control},
    {"--scenario", "FILE", "rules to begin with: {\"rules\": [...]}", set_scenario},
    {"--log-level", "WORD", "error, warning, notice, info (standard), debug", set_log_level},
    {"--log-format", "WORD", "auto (standard), json, text", set_log_format},
};

static const char help_top[] = "numgate-lab proxy: takes requests with TLS, passes them on to one server, "
                               "and lets rules get in the way.\n"
                               "\n"
                               "  numgate-lab proxy [flags]                  serve until SIGTERM\n"
                               "\n";

static const char help_bottom[] =
    "\n"
    "A rule (JSON; what is left out has the value shown):\n"
    "  \"kind\"         delay: the right answer, \"ms\" later\n"
    "                 hang: no answer; after \"ms\" (300000) a reset\n"
    "                 reset: the connection is reset, no byte of an answer\n"
    "                 status: an answer of \"status\" (400 to 599), with \"retry_after\" (seconds) and "
    "\"body\" if given\n"
    "                 cut: half of the right answer, then a reset\n"
    "                 dead: a reset, and no new connections for \"ms\" (0: until the listener is opened)\n"
    "  \"when\"         before: the server does not see the request; after: it does, and has answered. "
    "(before; cut: after)\n"
    "  \"method\"       GET, PUT, ...; any\n"
    "  \"path\"         as it is sent, without the query; * stands for any text; any\n"
    "  \"skip\"         leaves the first N alone (0)\n"
    "  \"every\"        strikes at each Nth of the others (1)\n"
    "  \"probability\"  each of those with a chance of 0 to 1, drawn from \"seed\" (1; a seed that is told)\n"
    "  \"times\"        at most N times, 0 without end (1; with every or probability 0)\n"
    "  \"name\"         for the log and for you\n"
    "The first rule of the list that strikes is the only one that counts the request.\n"
    "\n"
    "Control, JSON over plain HTTP on --control:\n"
    "  GET, POST, PUT, DELETE /lab/rules   all with their counts; add one; {\"rules\": [...]} instead of "
    "all; none\n"
    "  GET, POST /lab/listener             {\"open\": false, \"ms\": 5000}: refuses connections, as if "
    "nobody were there\n"
    "  GET, DELETE /lab/requests           what came by last, with its Repeatability headers and what was "
    "answered\n"
    "  POST /lab/reset, GET /lab/snapshot, POST /lab/restore\n"
    "\n"
    "Signals: SIGTERM and SIGINT end it; SIGHUP reads certificate and key again.\n"
    "Exit codes: 0 fine, 1 failed, 2 wrong arguments.\n"
    "\n"
    "Examples:\n"
    "  numgate-lab proxy --to https://localhost:8443 --ca certs/ca.crt --certificate certs/server.crt --key "
    "certs/server.key\n"
    "  curl http://127.0.0.1:8446/lab/rules -d '{\"kind\": \"reset\", \"when\": \"after\", \"method\": "
    "\"PUT\"}'\n"
    "  curl http://127.0.0.1:8446/lab/rules -d '{\"kind\": \"status\", \"status\": 429, \"retry_after\": 2, "
    "\"every\": 5}'\n"
    "  curl http://127.0.0.1:8446/lab/requests\n";

void proxy_print_help(FILE *out)
{
    (void)fputs(help_top, out);
    flags_print(flags, ARRAY_LEN(flags), out);
    (void)fputs(help_bottom, out);
}

static enum rc options_read(int argc, char **argv, struct proxy_options *ret, struct err *err)
{
    *ret = (struct proxy_options){.listen = {.bytes = {127, 0, 0, 1}, .port = 8445, .family = 4},
                                  .control = {.bytes = {127, 0, 0, 1}, .port = 8446, .family = 4},
                                  .log_level = LOG_INFO,
                                  .log_format = LOG_AUTO};
    enum rc rc = flags_parse(flags, ARRAY_LEN(flags), argc, argv, ret, err);
    if (rc == RC_OK && (ret->to == NULL || ret->certificate == NULL || ret->key == NULL)) {
        rc = err_set(err, RC_INVALID, NULL, "--to, --certificate and --key are needed");
    }
    return rc;
}

/* ---- start and end ---- */

static enum rc read_scenario(struct proxy_app *app, struct err *err)
{
    struct str text;
    const char *path = app->options.scenario;
    if (path == NULL) {
        return RC_OK;
    }
    enum rc rc = file_read(path, RULES_TEXT_MAX, app->mem, &text, err);
    if (rc != RC_OK) {
        return rc;
    }
    rc = json_parse(text, app->mem, &app->proxy.scenario, err);
    rc = rc == RC_OK ? rules_replace(app->proxy.rules, app->proxy.scenario, true, err) : rc;
    if (rc != RC_OK) {
        err_context(err, "%s", path);
    }
    return rc;
}

/* Delays are what tests ask for, so the engine's own deadline stands behind the longest of them. */
static enum rc open_server(struct proxy_app *app, struct err *err)
{
    const struct http_listen listen[] = {{.addr = app->options.listen, .tls = true, .app = &app->front},
                                         {.addr = app->options.control, .app = &app->control}};
    struct http_config config = {
        .listen = listen,
        .listen_count = ARRAY_LEN(listen),
        .threads = 1,
        .tls_certificate = app->options.certificate,
        .tls_key = app->options.key,
        .name = "proxy",
    };
    http_limits_default(&config.limits);
    config.limits.connections = config.limits.connections_per_address = CONNECTIONS;
    config.limits.body_bytes_max = PROXY_BODY_MAX;
    config.limits.arena_bytes_max = 5 * (size_t)PROXY_BODY_MAX;
    config.limits.request_ms = RULE_MS_MAX + PROXY_ANSWER_MS + 20000;
    config.limits.drain_ms = DRAIN_MS;
    return http_server_new(&config, &app->proxy.server, err);
}

static enum rc open_proxy(struct proxy_app *app, struct err *err)
{
    struct str to = str_of(app->options.to);
    app->mem = arena_new(4 * RULES_TEXT_MAX);
    app->proxy.rules = rules_new();
    app->proxy.target = str_ends(to, STR("/")) ? str_slice(to, 0, to.n - 1) : to;
    app->proxy.ca_file = str_of(app->options.ca);
    app->front = proxy_app(&app->proxy);
    app->control = proxy_control_app(&app->proxy);
    enum rc rc = read_scenario(app, err);
    rc = rc == RC_OK ? later_new(&app->proxy.later, err) : rc;
    rc = rc == RC_OK ? fetch_new(&app->proxy.fetch, err) : rc;
    rc = rc == RC_OK ? open_server(app, err) : rc;
    return rc == RC_OK ? http_server_start(app->proxy.server, err) : rc;
}

/* The threads that wake the server's loop end before the server's memory goes. */
static void close_proxy(struct proxy_app *app)
{
    later_free(app->proxy.later);
    fetch_free(app->proxy.fetch);
    http_server_free(app->proxy.server);
    rules_free(app->proxy.rules);
    arena_free(app->mem);
}

static void say_ready(const struct proxy_app *app)
{
    char listen[NET_TEXT_MAX], control[NET_TEXT_MAX], text[2][NET_TEXT_MAX + 10];
    struct net_addr addr[2] = {app->options.listen, app->options.control};
    addr[0].port = http_server_port(app->proxy.server, 0);
    addr[1].port = http_server_port(app->proxy.server, 1);
    (void)snprintf(text[0], sizeof text[0], "https://%" STR_FMT, STR_ARG(net_text_port(&addr[0], listen)));
    (void)snprintf(text[1], sizeof text[1], "http://%" STR_FMT, STR_ARG(net_text_port(&addr[1], control)));
    LOG(LOG_NOTICE, "ready", log_cstr("url", text[0]), log_cstr("control", text[1]),
        log_str("to", app->proxy.target));
}

static void reload(struct proxy_app *app)
{
    struct err err;
    if (http_server_reload_tls(app->proxy.server, app->options.certificate, app->options.key, &err) !=
        RC_OK) {
        LOG(LOG_ERROR, "reload_failed", log_cstr("message", err.msg));
        return;
    }
    LOG(LOG_NOTICE, "reloaded");
}

static void serve_until_told(struct proxy_app *app, const sigset_t *signals)
{
    int signal = 0;
    while (sigwait(signals, &signal) == 0 && signal == SIGHUP) {
        reload(app);
    }
    later_hurry(app->proxy.later); /* nobody waits for a delayed answer now */
    bool clean = http_server_drain(app->proxy.server);
    LOG(LOG_NOTICE, "stopped", log_bool("clean", clean));
}

enum rc proxy_run(int argc, char **argv, struct err *err)
{
    struct proxy_app *app = mem_alloc(sizeof *app);
    sigset_t signals;
    enum rc rc = options_read(argc, argv, &app->options, err);
    if (rc != RC_OK) {
        mem_free(app);
        return RC_INVALID;
    }
    log_setup("numgate-lab", app->options.log_level, app->options.log_format);
    signals_block(&signals);
    rc = open_proxy(app, err);
    if (rc == RC_OK) {
        say_ready(app);
        serve_until_told(app, &signals);
    }
    close_proxy(app);
    mem_free(app);
    return rc == RC_OK ? RC_OK : RC_INTERNAL;
}
