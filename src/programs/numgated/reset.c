#include "programs/numgated/reset.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/store/store.h"
#include "programs/numgated/control.h"
#include "programs/numgated/progress.h"
#include "programs/numgated/settings.h"

#include "common/base/banned.h"

#define SETTINGS_BYTES_MAX (4 * 1024 * 1024)

static enum rc ask_daemon(int fd, struct err *err)
{
    static const char request[] = "reset\n";
    char line[CONTROL_LINE_MAX];
    if (send(fd, request, strlen(request), MSG_NOSIGNAL) != (ssize_t)strlen(request) ||
        !control_read_line(fd, line)) {
        return err_set(err, RC_UNCERTAIN, NULL,
                       "the daemon hung up: it has ended, or this user may not ask it");
    }
    bool failed = strncmp(line, "failed ", 7) == 0;
    return strcmp(line, "done") == 0 ? RC_OK
                                     : err_set(err, RC_INTERNAL, NULL, "%.300s", failed ? line + 7 : line);
}

static enum rc reset_here(const struct settings *settings, const struct err *nobody, struct err *err)
{
    struct repo *repo = NULL;
    const struct store_config config = {
        .url = settings->store.url, .password = settings->store.password_file, .connections = 3, .loops = 1};
    enum rc rc = store_open(&config, &repo, err);
    rc = rc == RC_OK ? store_reset(repo, err) : rc;
    store_close(repo);
    if (rc != RC_OK) {
        err_context(err, "no daemon could be asked (%s)", nobody->msg);
    }
    return rc;
}

static enum rc reset_store(const char *config_path, struct arena *mem, struct err *err)
{
    struct settings settings;
    struct err nobody = {0};
    int fd = -1;
    enum rc rc = settings_load(config_path, mem, &settings, err);
    if (rc != RC_OK) {
        return rc;
    }
    if (!settings.deployment.test_target) {
        return err_set(err, RC_DENIED, NULL, CONTROL_NO_TEST_TARGET);
    }
    rc = str_empty(settings.admin.socket) ? err_set(&nobody, RC_NOT_FOUND, NULL, "[admin] socket is empty")
                                          : control_connect(settings.admin.socket, &fd, &nobody);
    if (rc == RC_OK) {
        rc = ask_daemon(fd, err);
        close(fd);
        return rc;
    }
    if (rc == RC_NOT_FOUND) {
        return reset_here(&settings, &nobody, err);
    }
    *err = nobody;
    return rc;
}

int reset(const char *config_path)
{
    struct arena *mem = arena_new_secret(SETTINGS_BYTES_MAX);
    struct err err = {0};
    enum rc rc = reset_store(config_path, mem, &err);
    int status = rc == RC_OK ? 0 : command_failed("reset", &err);
    arena_free(mem);
    return status;
}
