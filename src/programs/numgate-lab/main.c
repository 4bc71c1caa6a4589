/* numgate-lab: stand-ins to develop and test numgate and its clients against. The issuer: web.c has the
 * routes. The proxy: proxy.h. Exit codes: 0 fine, 1 failed, 2 wrong arguments. */
#include <signal.h>
#include <stdio.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/http/http.h"
#include "programs/numgate-lab/assertion.h"
#include "programs/numgate-lab/backend.h"
#include "programs/numgate-lab/certificates.h"
#include "programs/numgate-lab/check.h"
#include "programs/numgate-lab/clients_file.h"
#include "programs/numgate-lab/domains.h"
#include "programs/numgate-lab/fault.h"
#include "programs/numgate-lab/keyring.h"
#include "programs/numgate-lab/lab.h"
#include "programs/numgate-lab/later.h"
#include "programs/numgate-lab/m365_check.h"
#include "programs/numgate-lab/options.h"
#include "programs/numgate-lab/proxy_main.h"
#include "programs/numgate-lab/remote.h"
#include "programs/numgate-lab/scenario.h"
#include "programs/numgate-lab/session.h"
#include "programs/numgate-lab/signals.h"
#include "programs/numgate-lab/signin.h"
#include "programs/numgate-lab/web.h"

#include "common/base/banned.h"

#define PARTS   7
#define URL_MAX 300

struct app {
    struct options options;
    struct lab lab;
    struct part parts[PARTS];
    struct http_app web;
    struct http_server *server;
    struct buf base;
};

static int complain(const struct err *err, int code)
{
    (void)fprintf(stderr, "numgate-lab: %s\n", err->msg);
    if (code == 2) {
        (void)fputs("Try numgate-lab --help.\n", stderr);
    }
    return code;
}

/* Delays are what tests ask for, so the engine's own deadline stands behind the longest of them. */
static enum rc open_server(struct app *app, struct err *err)
{
    const struct http_listen listen = {.addr = app->options.listen, .tls = true, .app = &app->web};
    struct http_config config = {
        .listen = &listen,
        .listen_count = 1,
        .threads = app->options.threads,
        .tls_certificate = app->options.certificate,
        .tls_key = app->options.key,
        .name = "lab",
    };
    http_limits_default(&config.limits);
    config.limits.body_bytes_max = PARTS_TEXT_MAX;
    config.limits.request_ms = FAULT_DELAY_MS_MAX + 20000;
    app->web = web_app(&app->lab);
    return http_server_new(&config, &app->server, err);
}

static void set_base(struct app *app)
{
    char text[NET_TEXT_MAX];
    struct net_addr addr = app->options.listen;
    addr.port = http_server_port(app->server, 0);
    buf_init(&app->base, URL_MAX);
    if (app->options.public_url != NULL) {
        buf_put_str(&app->base, str_of(app->options.public_url));
    } else {
        buf_printf(&app->base, "https://%" STR_FMT, STR_ARG(net_text_port(&addr, text)));
    }
    app->lab.base = buf_str(&app->base);
}

/* The scenario is what a back end begins with that has no state yet. */
static enum rc open_backend(struct app *app, struct err *err)
{
    bool found;
    const struct options *options = &app->options;
    enum rc rc = backend_open(options->state, app->lab.directory, &app->lab.backend, &found, err);
    if (rc == RC_OK && !found && options->scenario != NULL) {
        rc = scenario_load(&app->lab, options->scenario, err);
    }
    return rc;
}

/* The back end as a part: at the start it is what the scenario makes, which may hold domains, so that part comes before. */
static enum rc backend_again(void *arg, struct err *err)
{
    const struct app *app = arg;
    enum rc rc = backend_reset(app->lab.backend, err);
    return rc == RC_OK && app->options.scenario != NULL ? scenario_load(&app->lab, app->options.scenario, err)
                                                        : rc;
}

static void backend_snapshot(void *arg, struct json_out *out)
{
    backend_write(((const struct app *)arg)->lab.backend, out);
}

static enum rc backend_restore(void *arg, const struct json *value, bool apply, struct err *err)
{
    const struct app *app = arg;
    enum rc rc = apply ? backend_read(app->lab.backend, value, err) : backend_check(value, err);
    if (rc != RC_OK) {
        err_context(err, "backend");
    }
    return rc;
}

/* One row for everything that remembers. */
static void set_parts(struct app *app)
{
    const struct part rows[PARTS] = {
        faults_part(app->lab.faults),
        keyring_part(app->lab.keyring),
        assertions_part(app->lab.assertions),
        m365_part(app->lab.m365),
        sessions_part(app->lab.sessions),
        signins_part(app->lab.signins),
        {"backend", app, backend_again, backend_snapshot, backend_restore},
    };
    memcpy(app->parts, rows, sizeof rows);
    app->lab.parts = (struct parts){app->parts, PARTS};
}

/* The portal's addresses hold ports, which the file may not know. */
static enum rc open_directory(struct app *app, struct err *err)
{
    const struct options *options = &app->options;
    struct directory **directory = &app->lab.directory;
    enum rc rc = clients_file_load(options->clients, directory, err);
    for (size_t i = 0; rc == RC_OK && i < options->portal_redirect_uri_count; i++) {
        rc = directory_add_portal_uri(*directory, str_of(options->portal_redirect_uris[i]), err);
        if (rc != RC_OK) {
            err_context(err, "--portal-redirect-uri %s", options->portal_redirect_uris[i]);
        }
    }
    return rc;
}

static enum rc open_lab(struct app *app, struct err *err)
{
    bool algs[KEYRING_ALGS] = {false};
    struct lab *lab = &app->lab;
    enum rc rc = open_directory(app, err);
    if (rc != RC_OK) {
        return rc;
    }
    directory_algs(lab->directory, algs);
    rc = keyring_open(app->options.state, algs, &lab->keyring, err);
    if (rc != RC_OK) {
        return rc;
    }
    lab->dns = m365_dns_new(&app->options.name_servers);
    rc = m365_open(app->options.state, lab->dns, &lab->m365, err);
    rc = rc == RC_OK ? open_backend(app, err) : rc;
    if (rc != RC_OK) {
        return rc;
    }
    lab->assertions = assertions_new();
    lab->faults = faults_new();
    lab->sessions = sessions_new();
    lab->signins = signins_new();
    set_parts(app);
    rc = later_new(&lab->later, err);
    rc = rc == RC_OK ? later_new(&lab->lookups, err) : rc;
    return rc == RC_OK ? open_server(app, err) : rc;
}

/* The threads first: they may still be within http_resume(), which touches the server. */
static void close_all(struct app *app)
{
    later_free(app->lab.later);
    later_free(app->lab.lookups);
    http_server_free(app->server);
    backend_free(app->lab.backend);
    m365_free(app->lab.m365);
    m365_dns_free(app->lab.dns);
    faults_free(app->lab.faults);
    sessions_free(app->lab.sessions);
    signins_free(app->lab.signins);
    assertions_free(app->lab.assertions);
    keyring_free(app->lab.keyring);
    directory_free(app->lab.directory);
    buf_clear(&app->base);
}

static void say_ready(const struct app *app)
{
    if (!net_is_loopback(&app->options.listen)) {
        LOG(LOG_WARNING, "not_on_loopback", log_str("url", app->lab.base),
            log_cstr("message",
                     "whoever reaches this address can ask for tokens; numgate-lab is for tests only"));
    }
    LOG(LOG_NOTICE, "ready", log_str("url", app->lab.base),
        log_i64("clients", (int64_t)app->lab.directory->client_count));
}

static void reload(struct app *app)
{
    struct err err;
    if (http_server_reload_tls(app->server, app->options.certificate, app->options.key, &err) != RC_OK) {
        LOG(LOG_ERROR, "reload_failed", log_cstr("message", err.msg));
        return;
    }
    LOG(LOG_NOTICE, "reloaded");
}

static void serve_until_told(struct app *app, const sigset_t *signals)
{
    int signal = 0;
    while (sigwait(signals, &signal) == 0 && signal == SIGHUP) {
        reload(app);
    }
    later_hurry(app->lab.later); /* nobody waits for a delayed answer now */
    bool clean = http_server_drain(app->server);
    LOG(LOG_NOTICE, "stopped", log_bool("clean", clean));
}

static int serve(const struct options *options)
{
    struct app app = {.options = *options};
    sigset_t signals;
    struct err err;
    log_setup("numgate-lab", options->log_level, options->log_format);
    signals_block(&signals);
    enum rc rc = open_lab(&app, &err);
    if (rc == RC_OK) {
        set_base(&app);
        rc = http_server_start(app.server, &err);
    }
    if (rc == RC_OK) {
        say_ready(&app);
        serve_until_told(&app, &signals);
    }
    close_all(&app);
    return rc == RC_OK ? 0 : complain(&err, 1);
}

static int make_certificates(int argc, char **argv)
{
    struct err err;
    enum rc rc = certificates_make(argc, argv, &err);
    return rc == RC_OK ? 0 : complain(&err, rc == RC_INVALID ? 2 : 1);
}

static int run_proxy(int argc, char **argv)
{
    struct err err;
    if (argc > 0 && (str_eq(str_of(argv[0]), STR("--help")) || str_eq(str_of(argv[0]), STR("-h")))) {
        proxy_print_help(stdout);
        return 0;
    }
    enum rc rc = proxy_run(argc, argv, &err);
    return rc == RC_OK ? 0 : complain(&err, rc == RC_INVALID ? 2 : 1);
}

static int run_remote(const struct remote_command *command, int argc, char **argv)
{
    struct err err;
    enum rc rc = remote_run(command, argc, argv, &err);
    return rc == RC_OK ? 0 : complain(&err, rc == RC_INVALID ? 2 : 1);
}

static int run_domains(int argc, char **argv)
{
    struct err err;
    enum rc rc = domains_run(argc, argv, &err);
    return rc == RC_OK ? 0 : complain(&err, rc == RC_INVALID ? 2 : 1);
}

static bool is_word(int argc, char **argv, const char *word)
{
    return argc > 1 && str_eq(str_of(argv[1]), str_of(word));
}

int main(int argc, char **argv)
{
    struct options options;
    struct err err;
    mem_abort_when_exhausted();
    if (is_word(argc, argv, "--help") || is_word(argc, argv, "-h")) {
        options_print_help(stdout);
        return 0;
    }
    if (is_word(argc, argv, "--version")) {
        (void)puts("numgate-lab " NUMGATE_VERSION);
        return 0;
    }
    if (is_word(argc, argv, "make-certificates")) {
        return make_certificates(argc - 2, argv + 2);
    }
    if (is_word(argc, argv, "check-backend")) {
        return check_backend(argc - 2, argv + 2);
    }
    if (is_word(argc, argv, "domains")) {
        return run_domains(argc - 2, argv + 2);
    }
    const struct remote_command *command = argc > 1 ? remote_find(str_of(argv[1])) : NULL;
    if (command != NULL) {
        return run_remote(command, argc - 2, argv + 2);
    }
    if (is_word(argc, argv, "proxy")) {
        return run_proxy(argc - 2, argv + 2);
    }
    if (options_parse(argc - 1, argv + 1, &options, &err) != RC_OK) {
        return complain(&err, 2);
    }
    return serve(&options);
}
