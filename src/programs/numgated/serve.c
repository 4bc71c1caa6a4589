#include "programs/numgated/serve.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "common/base/limits.h"
#include "common/fetch/fetch.h"
#include "common/http/admin.h"
#include "gateway/api/api.h"
#include "gateway/api/offload.h"
#include "gateway/dns/dns.h"
#include "gateway/domain/change.h"
#include "gateway/ops/jobs.h"
#include "gateway/ops/ops.h"
#include "gateway/ops/people.h"
#include "gateway/ops/portal.h"
#include "gateway/ops/sync.h"
#include "gateway/api/route.h"
#include "gateway/store/store.h"
#include "gateway/sync/sync.h"
#include "programs/numgated/control.h"
#include "programs/numgated/settings.h"

#include "common/base/banned.h"

#define SETTINGS_BYTES_MAX     (4 * 1024 * 1024)
#define QUERIES_MAX            64 /* that wait for their turn to ask the back end */
#define WAITERS                16 /* requests that wait for what the sync does, at a time; others are answered as pending */
#define EXIT_BAD_CONFIGURATION 78 /* which no new start cures */
#define EXIT_STORE_FAILED      70 /* a failure that the service manager answers with a new start */

/* One reading of the configuration file. */
struct snapshot {
    struct arena *mem;
    struct settings settings;
};

struct app {
    const char *config_path;
    struct snapshot *now;
    struct metrics *metrics;
    struct fetch *fetch;
    struct repo *repo;
    struct auth *auth;
    struct operator_connect *operator_connect; /* NULL: no back end is configured */
    struct sync *sync;                         /* the same */
    struct jobs *jobs;                         /* bulk changes that people ask for */
    struct dns *dns;                           /* NULL: nothing is published and no server asked */
    struct ops_dns ops_dns;                    /* where the API's questions to name servers run */
    struct offload *offload;                   /* where the API's calls to it run */
    struct offload *waiters;                   /* where its requests wait for the sync */
    struct domain_facts facts;
    struct portal *portal; /* NULL: it is not served */
    struct ops ops;
    struct buf openapi;
    struct api *api;
    struct http_admin *admin;
    struct store_config backup_of; /* what the control socket copies */
    struct control *control;
    struct http_server *server;
    unsigned loops;
    atomic_bool store_failed;
    _Atomic(struct http_server *) replies_to; /* the API's server, from before its first request on */
    struct http_server *held;                 /* the writer's: whom it holds; NULL: nobody */
};

static const struct metric_family family_build = {.name = "numgate_build_info",
                                                  .type = METRIC_GAUGE,
                                                  .help = "Always 1; the version is a label.",
                                                  .labels = {"version"}};
static const struct metric_family family_start = {.name = "numgate_start_time_seconds",
                                                  .type = METRIC_GAUGE,
                                                  .help = "When the process started, in seconds since 1970."};

static void snapshot_free(struct snapshot *snapshot)
{
    if (snapshot != NULL) {
        arena_free(snapshot->mem);
    }
}

/* The snapshot lives in its own arena, and so do the findings of a file that cannot be read into it. */
static struct snapshot *snapshot_new(void)
{
    struct arena *mem = arena_new_secret(SETTINGS_BYTES_MAX);
    struct snapshot *snapshot = arena_new_of(mem, struct snapshot);
    snapshot->mem = mem;
    return snapshot;
}

static enum rc snapshot_load(struct snapshot *snapshot, const char *path, struct err *err)
{
    return settings_load(path, snapshot->mem, &snapshot->settings, err);
}

/* ---- start ---- */

static void start_metrics(struct app *app)
{
    app->metrics = metrics_new();
    const char *const version[] = {NUMGATE_VERSION};
    metric_set(metrics_series(app->metrics, &family_build, version), 1);
    metric_set(metrics_series(app->metrics, &family_start, NULL), clock_wall().ms / 1000);
}

/* For the test that proves that a power cut would be noticed. Asked of a test target alone, so that no
 * environment can make a production daemon lose what it acknowledged. */
static bool sync_is_off(const struct settings *settings)
{
    const char *value = settings->deployment.test_target ? getenv("NUMGATE_TEST_NO_SYNC") : NULL;
    bool off = value != NULL && strcmp(value, "1") == 0;
    if (off) {
        LOG(LOG_WARNING, "test_no_sync",
            log_cstr("meaning", "what is acknowledged is lost when the power goes"));
    }
    return off;
}

/* On the writer's thread: what is on the disk is unknown. The process ends, but not before those who wait
 * were told. */
static void store_failed(void *arg, const char *why)
{
    struct app *app = arg;
    LOG(LOG_ERROR, "store_failed", log_cstr("error", why),
        log_cstr("consequence", "the daemon ends; the next start recovers"));
    app->store_failed = true;
    (void)kill(getpid(), SIGTERM);
}

/* On the writer's thread: the replies of a commit group reach each loop at once. There are none before there is a server; one that comes
 * in the middle of a burst was not held. */
static void store_burst(void *arg, bool begins)
{
    struct app *app = arg;
    if (begins) {
        app->held = atomic_load(&app->replies_to);
    }
    if (app->held != NULL) {
        (begins ? http_server_hold : http_server_release)(app->held);
    }
}

static enum rc start_store(struct app *app, struct err *err)
{
    const struct settings *settings = &app->now->settings;
    const struct store_config config = {
        .url = settings->store.url,
        .password = settings->store.password_file,
        .connections = (uint32_t)settings->store.connections,
        .loops = app->loops,
        .metrics = app->metrics,
        .requests_per_minute = (uint32_t)settings->limits.requests_per_minute,
        .scan_seconds = (uint32_t)settings->limits.scan_seconds,
        .keep_days = (uint32_t)settings->audit.keep_days,
        .fatal = store_failed,
        .fatal_arg = app,
        .burst = store_burst,
        .burst_arg = app,
        .test = {.no_sync = sync_is_off(settings)},
    };
    return store_open(&config, &app->repo, err);
}

static enum rc start_auth(struct app *app, struct err *err)
{
    const struct auth_config config = settings_auth(&app->now->settings, app->now->mem);
    enum rc rc = fetch_new(&app->fetch, err);
    return rc == RC_OK ? auth_new(&config, app->fetch, app->metrics, &app->auth, err) : rc;
}

static enum rc start_backend(struct app *app, struct err *err)
{
    if (!settings_have_backend(&app->now->settings)) {
        return RC_OK;
    }
    const struct operator_connect_config config = settings_backend(&app->now->settings);
    enum rc rc = operator_connect_new(&config, &app->operator_connect, err);
    if (rc == RC_OK) {
        rc = offload_new(config.concurrency, QUERIES_MAX, &app->offload, err);
    }
    return rc == RC_OK ? offload_new(WAITERS, WAITERS, &app->waiters, err) : rc;
}

/* What the rules must know; made when it is clear whether there is a back end. */
static void set_facts(struct app *app)
{
    const struct settings *settings = &app->now->settings;
    app->facts = (struct domain_facts){
        .base_domain = settings->deployment.base_domain,
        .single_region = settings->deployment.single_region,
        .backend_configured = app->operator_connect != NULL,
        .launched = {[SERVICE_OPERATOR_CONNECT] = settings->operator_connect.launched,
                     [SERVICE_PHONE_MOBILE] = settings->teams_phone_mobile.launched},
    };
}

static enum rc start_sync(struct app *app, struct err *err)
{
    const struct settings *settings = &app->now->settings;
    set_facts(app);
    if (app->operator_connect == NULL) {
        return RC_OK;
    }
    const struct sync_config config = {
        .repo = app->repo,
        .backend = operator_connect_backend(app->operator_connect),
        .facts = &app->facts,
        .metrics = app->metrics,
        .calls = (uint32_t)settings->operator_connect.concurrency,
        .poll_ms = (uint32_t)settings->operator_connect.poll_seconds * 1000,
        .sweep_ms = (uint32_t)settings->operator_connect.sweep_hours * 3600 * 1000,
        .retry_max_ms = (uint32_t)settings->operator_connect.retry_max_seconds * 1000,
    };
    return sync_start(&config, &app->sync, err);
}

static void stop_backend(struct app *app)
{
    sync_end(app->sync);
    if (app->operator_connect != NULL) {
        operator_connect_stop(app->operator_connect); /* so that calls under way end soon */
    }
    offload_free(app->offload);
    offload_free(app->waiters);
    sync_stop(app->sync);
    operator_connect_free(app->operator_connect);
}

static enum rc start_dns(struct app *app, struct err *err)
{
    struct dns_config config;
    if (!settings_have_dns(&app->now->settings)) {
        return RC_OK;
    }
    enum rc rc = settings_dns(&app->now->settings, app->now->mem, &config, err);
    config.repo = app->repo;
    config.domain = &app->facts;
    config.metrics = app->metrics;
    if (rc == RC_OK) {
        rc = dns_start(&config, &app->dns, err);
    }
    return rc == RC_OK ? ops_dns_start(app->dns, &app->ops_dns, err) : rc;
}

static enum rc start_jobs(struct app *app, struct err *err)
{
    const struct jobs_config config = {.repo = app->repo, .facts = &app->facts, .metrics = app->metrics};
    return jobs_start(&config, &app->jobs, err);
}

static void touched(void *arg, unsigned outbox_kinds)
{
    const struct app *app = arg;
    jobs_wake(app->jobs, outbox_kinds);
    if (app->sync != NULL) {
        sync_wake(app->sync, outbox_kinds);
    }
    if (app->dns != NULL) {
        dns_wake(app->dns, outbox_kinds);
    }
}

static void await_relationship(void *arg, struct str tenant_id, struct mono until)
{
    const struct app *app = arg;
    sync_await_relationship(app->sync, tenant_id, until);
}

static enum rc start_portal(struct app *app, struct err *err)
{
    struct portal_config config;
    if (!settings_have_portal(&app->now->settings)) {
        return RC_OK;
    }
    enum rc rc = settings_portal(&app->now->settings, app->now->mem, &config, err);
    return rc == RC_OK ? portal_new(&config, &app->portal, err) : rc;
}

static enum rc start_api(struct app *app, struct err *err)
{
    const struct settings *settings = &app->now->settings;
    buf_init(&app->openapi, LIMIT_REPLY);
    ops_openapi(&app->openapi);
    app->ops = (struct ops){
        .base_domain = settings->deployment.base_domain,
        .single_region = settings->deployment.single_region,
        .test_target = settings->deployment.test_target,
        .custom_header_name = settings->gateway.custom_header_name,
        .requests_per_minute = (uint32_t)settings->limits.requests_per_minute,
        .requests_per_minute_user = (uint32_t)settings->limits.requests_per_minute_user,
        .dns = app->ops_dns,
        .portal = app->portal,
        .openapi = buf_str(&app->openapi),
    };
    const struct api_config config = {
        .public_url = settings->server.public_url,
        .portal_origin = app->portal != NULL ? portal_origin(app->portal) : STR_NONE,
        .base_domain = settings->deployment.base_domain,
        .facts = &app->facts,
        .tables = {&api_routes, &ops_routes, &ops_sync_routes, &ops_dns_routes, &ops_jobs_routes,
                   &ops_people_routes, app->portal != NULL ? &portal_routes : NULL},
        .auth = app->auth,
        .repo = app->repo,
        .await_relationship = app->sync != NULL ? await_relationship : NULL,
        .await_arg = app,
        .touched = touched,
        .touched_arg = app,
        .waiters = app->waiters,
        .backend = app->operator_connect != NULL ? operator_connect_backend(app->operator_connect) : NULL,
        .offload = app->offload,
        .metrics = app->metrics,
        .loops = app->loops,
        .user = &app->ops,
    };
    return api_new(&config, &app->api, err);
}

static const char *path_or_null(struct str path)
{
    return str_empty(path) ? NULL : path.p; /* a CONFIG_PATH has a NUL behind it */
}

static enum rc add_listeners(const struct config_list *urls, const struct http_app *http_app,
                             struct http_listen *listen, size_t *count, struct err *err)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < urls->count; i++) {
        struct http_listen *next = &listen[(*count)++];
        next->app = http_app;
        rc = settings_listen(urls->items[i], &next->addr, &next->tls, err);
    }
    return rc;
}

static enum rc start_server(struct app *app, struct err *err)
{
    const struct settings *settings = &app->now->settings;
    struct http_listen listen[2 * SETTINGS_LISTEN_MAX];
    size_t count = 0;
    enum api_door door = settings->portal.listen.count > 0 ? API_DOOR_API : API_DOOR_ALL;
    enum rc rc = add_listeners(&settings->server.listen, api_app(app->api, door), listen, &count, err);
    if (rc == RC_OK) {
        rc = add_listeners(&settings->portal.listen, api_app(app->api, API_DOOR_PORTAL), listen, &count, err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    CLEANUP(cidr_list_clear) struct cidr_list proxies = {0};
    rc = cidr_list_parse(settings->server.trusted_proxies, &proxies, err);
    if (rc != RC_OK) {
        return rc;
    }
    struct http_config config = {
        .listen = listen,
        .listen_count = count,
        .threads = app->loops,
        .tls_certificate = path_or_null(settings->server.tls_certificate),
        .tls_key = path_or_null(settings->server.tls_key),
        .exempt = &proxies,
        .metrics = app->metrics,
        .name = "api",
    };
    settings_http_limits(settings, &config.limits);
    rc = http_server_new(&config, &app->server, err);
    if (rc == RC_OK) {
        app->replies_to = app->server;
        rc = http_server_start(app->server, err);
    }
    return rc;
}

static bool ready(void *arg, const char **ret_why)
{
    const struct app *app = arg;
    return ops_ready(app->repo, app->auth, ret_why);
}

static enum rc start_admin(struct app *app, struct err *err)
{
    const struct settings *settings = &app->now->settings;
    const struct http_admin_config config = {
        .listen = settings->admin.listen, .metrics = app->metrics, .ready = ready, .arg = app};
    return str_empty(config.listen) ? RC_OK : http_admin_start(&config, &app->admin, err);
}

/* Clients do not depend on it, so a daemon without it is better than none. */
static enum rc start_control(struct app *app, struct err *err)
{
    const struct settings *settings = &app->now->settings;
    app->backup_of =
        (struct store_config){.url = settings->store.url, .password = settings->store.password_file};
    if (str_empty(settings->admin.socket)) {
        return RC_OK;
    }
    struct repo *resettable = settings->deployment.test_target ? app->repo : NULL;
    if (control_start(settings->admin.socket, &app->backup_of, resettable, &app->control, err) != RC_OK) {
        LOG(LOG_WARNING, "control_unavailable", log_str("socket", settings->admin.socket),
            log_cstr("error", err->msg),
            log_cstr("consequence", "no backups and resets while the daemon runs"));
    }
    return RC_OK;
}

static enum rc start(struct app *app, struct err *err)
{
    static const struct {
        enum rc (*run)(struct app *app, struct err *err);
        const char *what;
    } steps[] = {{start_store, "store"},      {start_auth, "issuers"},
                 {start_backend, "back end"}, {start_sync, "sync"},
                 {start_dns, "DNS"},          {start_jobs, "jobs"},
                 {start_portal, "portal"},    {start_api, "API"},
                 {start_server, "server"},    {start_control, "control socket"},
                 {start_admin, "admin port"}}; /* last: it answers /ready */
    start_metrics(app);
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        enum rc rc = steps[i].run(app, err);
        if (rc != RC_OK) {
            err_context(err, "starting the %s", steps[i].what);
            return rc;
        }
    }
    return RC_OK;
}

/* Ends both servers; true when no request had to be cut off. */
static bool drain(struct app *app)
{
    bool clean = app->server == NULL || http_server_drain(app->server);
    http_admin_drain(app->admin);
    return clean;
}

/* What may still resume a request (waiters for keys, calls to the back end, jobs of the store) ends before the servers' memory goes.
 */
static void stop(struct app *app)
{
    control_stop(app->control);
    (void)drain(app);
    stop_backend(app);
    ops_dns_stop(&app->ops_dns);
    dns_stop(app->dns);
    jobs_stop(app->jobs);
    auth_free(app->auth);
    fetch_free(app->fetch);
    store_close(app->repo);
    http_server_free(app->server);
    http_admin_free(app->admin);
    api_free(app->api);
    portal_free(app->portal);
    buf_clear(&app->openapi);
    metrics_free(app->metrics);
    snapshot_free(app->now);
}

/* ---- reload ---- */

static enum rc apply(struct app *app, struct snapshot *next, struct err *err)
{
    const struct settings *settings = &next->settings;
    const struct auth_config auth = settings_auth(settings, next->mem);
    enum rc rc = app->portal != NULL && settings_have_portal(settings)
                     ? portal_reload(app->portal, settings->portal.files.p, err)
                     : RC_OK;
    if (rc == RC_OK && !str_empty(settings->server.tls_certificate)) {
        rc = http_server_reload_tls(app->server, path_or_null(settings->server.tls_certificate),
                                    path_or_null(settings->server.tls_key), err);
    }
    if (rc == RC_OK) {
        rc = auth_reload(app->auth, &auth, err);
    }
    if (rc == RC_OK) {
        log_set_level(settings->log.level);
        store_set_rate(app->repo, (uint32_t)settings->limits.requests_per_minute);
        ops_set_limits(&app->ops, (uint32_t)settings->limits.requests_per_minute,
                       (uint32_t)settings->limits.requests_per_minute_user);
    }
    return rc;
}

static void warn_of_fixed(const struct snapshot *before, const struct snapshot *after)
{
    struct buf names;
    buf_init(&names, 4096);
    if (config_fixed_changes(&settings_schema, &before->settings, &after->settings, &names)) {
        LOG(LOG_WARNING, "reload_needs_restart", log_str("options", buf_str(&names)));
    }
    buf_clear(&names);
}

/* Those parts of a snapshot that outlive it were copied by the parts; app->now stays the one of the start,
 * whose texts they borrow. */
static void reload(struct app *app)
{
    struct err err = {0};
    struct snapshot *next = snapshot_new();
    sd_notify(0, "RELOADING=1");
    enum rc rc = snapshot_load(next, app->config_path, &err);
    if (rc == RC_OK) {
        warn_of_fixed(app->now, next);
        rc = apply(app, next, &err);
    }
    if (rc == RC_OK) {
        LOG(LOG_NOTICE, "reloaded", log_cstr("config", app->config_path));
    } else {
        LOG(LOG_ERROR, "reload_failed", log_cstr("config", app->config_path), log_cstr("where", err.field),
            log_cstr("error", err.msg), log_cstr("consequence", "the old configuration stays"));
    }
    snapshot_free(next);
    sd_notify(0, "READY=1");
}

/* ---- run ---- */

static void log_listening(const struct app *app, const struct config_list *urls, size_t first,
                          const char *serves)
{
    for (size_t i = 0; i < urls->count; i++) {
        LOG(LOG_NOTICE, "listening", log_str("url", urls->items[i]),
            log_i64("port", http_server_port(app->server, first + i)), log_cstr("serves", serves));
    }
}

static void log_started(const struct app *app)
{
    const struct settings *settings = &app->now->settings;
    log_listening(app, &settings->server.listen, 0, "api");
    log_listening(app, &settings->portal.listen, settings->server.listen.count, "portal");
    LOG(LOG_NOTICE, "started", log_cstr("version", NUMGATE_VERSION), log_str("store", settings->store.url),
        log_i64("loops", app->loops), log_i64("pid", getpid()));
    if (app->portal != NULL) {
        LOG(LOG_NOTICE, "portal", log_str("url", settings->portal.url));
    }
    if (app->operator_connect != NULL) {
        LOG(LOG_NOTICE, "backend", log_str("url", settings->operator_connect.base_url));
    }
    if (settings->deployment.test_target) {
        LOG(LOG_WARNING, "test_target",
            log_cstr("meaning", "tokens of numgate-lab are accepted; not for production"));
    }
}

static void wait_for_end(struct app *app, const sigset_t *signals)
{
    for (;;) {
        int signal = sigwaitinfo(signals, NULL);
        if (signal == SIGHUP) {
            reload(app);
        } else if (signal > 0) {
            LOG(LOG_NOTICE, "stopping", log_i64("signal", signal));
            return;
        }
    }
}

int serve(const char *config_path)
{
    struct app app = {.config_path = config_path, .now = snapshot_new()};
    struct err err = {0};
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* before any thread is made: they inherit it */
    signal(SIGPIPE, SIG_IGN);
    if (snapshot_load(app.now, config_path, &err) != RC_OK) {
        log_err("bad_configuration", &err);
        snapshot_free(app.now);
        return EXIT_BAD_CONFIGURATION;
    }
    log_setup("numgated", app.now->settings.log.level, app.now->settings.log.format);
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    app.loops = app.now->settings.server.threads > 0 ? (unsigned)app.now->settings.server.threads
                : cores > 0                          ? (unsigned)cores
                                                     : 1;
    int status = 0;
    if (start(&app, &err) != RC_OK) {
        log_err("start_failed", &err);
        status = EXIT_FAILURE;
    } else {
        log_started(&app);
        sd_notify(0, "READY=1");
        wait_for_end(&app, &signals);
        sd_notify(0, "STOPPING=1");
        LOG(LOG_NOTICE, "stopped", log_bool("clean", drain(&app)));
    }
    if (app.store_failed) {
        _exit(EXIT_STORE_FAILED); /* closing the database would write to it */
    }
    stop(&app);
    return status;
}
