#include "programs/numgate-failover/run.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "common/http/admin.h"
#include "programs/numgate-failover/command.h"
#include "programs/numgate-failover/watch.h"

#include "common/base/banned.h"

#define SETTINGS_BYTES_MAX     (4 * 1024 * 1024)
#define EXIT_BAD_CONFIGURATION 78 /* which no new start cures */

struct app {
    struct site site;
    struct metrics *metrics;
    struct watch *watch;
    struct http_admin *admin;
};

static const struct metric_family family_build = {.name = "numgate_build_info",
                                                  .type = METRIC_GAUGE,
                                                  .help = "Always 1; the version is a label.",
                                                  .labels = {"version"}};

static bool ready(void *arg, const char **ret_why)
{
    return watch_ready(((const struct app *)arg)->watch, ret_why);
}

/* The admin port last: it answers for the watcher. */
static enum rc start(struct app *app, struct err *err)
{
    const char *const version[] = {NUMGATE_VERSION};
    app->metrics = metrics_new();
    metric_set(metrics_series(app->metrics, &family_build, version), 1);
    const struct http_admin_config admin = {
        .listen = app->site.settings.admin.listen, .metrics = app->metrics, .ready = ready, .arg = app};
    enum rc rc = watch_start(&app->site, app->metrics, &app->watch, err);
    return rc == RC_OK && !str_empty(admin.listen) ? http_admin_start(&admin, &app->admin, err) : rc;
}

static void stop(struct app *app)
{
    http_admin_drain(app->admin);
    http_admin_free(app->admin);
    watch_stop(app->watch);
    metrics_free(app->metrics);
}

static void log_started(const struct app *app)
{
    const struct site *site = &app->site;
    for (size_t i = 0; i < site->rules.region_count; i++) {
        LOG(LOG_NOTICE, "watching", log_str("region", site->regions[i].name),
            log_str("address", site->settings.regions[i].address));
    }
    LOG(LOG_NOTICE, "started", log_cstr("version", NUMGATE_VERSION), log_str("name", site->name),
        log_bool("automatic_failback", site->rules.automatic),
        log_bool("dry_run", site->settings.failover.dry_run), log_i64("pid", getpid()));
}

/* SIGHUP does nothing: there is no state, so a new configuration is taken by a new start. */
static void block_signals(sigset_t *ret)
{
    sigemptyset(ret);
    sigaddset(ret, SIGTERM);
    sigaddset(ret, SIGINT);
    pthread_sigmask(SIG_BLOCK, ret, NULL); /* before any thread is made: they inherit it */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
}

static int watch_until_told(struct app *app, const sigset_t *signals)
{
    struct err err = {0};
    int number = 0;
    if (start(app, &err) != RC_OK) {
        log_err("start_failed", &err);
        stop(app);
        return EXIT_FAILURE;
    }
    log_started(app);
    sd_notify(0, "READY=1");
    (void)sigwait(signals, &number);
    sd_notify(0, "STOPPING=1");
    LOG(LOG_NOTICE, "stopping", log_i64("signal", number));
    stop(app);
    return EXIT_SUCCESS;
}

int run(const char *config_path)
{
    struct app app = {0};
    struct err err = {0};
    sigset_t signals;
    CLEANUP(arena_freep) struct arena *mem = arena_new_secret(SETTINGS_BYTES_MAX);
    block_signals(&signals);
    if (site_load(config_path, mem, &app.site, &err) != RC_OK) {
        log_err("bad_configuration", &err);
        return EXIT_BAD_CONFIGURATION;
    }
    log_setup("numgate-failover", app.site.settings.log.level, app.site.settings.log.format);
    return watch_until_told(&app, &signals);
}
