#include "programs/numgated/transfer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/crypto/digest.h"
#include "gateway/store/move.h"
#include "programs/numgated/control.h"
#include "programs/numgated/progress.h"
#include "programs/numgated/settings.h"

#include "common/base/banned.h"

#define SETTINGS_BYTES_MAX (4 * 1024 * 1024)
#define PATH_BYTES_MAX     4096

/* From here on a signal does not end the process but the work. */
static struct move_options options_of(struct progress *progress, bool compare)
{
    progress_hold_signals();
    return (struct move_options){
        .watch = progress_watch, .watch_arg = progress, .sha256 = crypto_sha256, .compare = compare};
}

static int finish(struct progress *progress, enum rc rc, const struct move_report *report, bool json,
                  const struct err *err)
{
    progress_end(progress);
    if (rc != RC_OK) {
        return command_failed(progress->command, err);
    }
    report_print(report, json);
    return fflush(stdout) == 0 ? 0 : 1;
}

static enum rc read_password(const char *path, struct arena *mem, struct str *ret, struct err *err)
{
    return path != NULL ? file_read_secret(path, mem, ret, err) : RC_OK;
}

/* ---- backup, by the daemon ---- */

static void take_progress(struct progress *progress, const char *line)
{
    char doing[16], unit[16], table[64] = "";
    long long done, all;
    if (sscanf(line, "progress %15s %15s %lld %lld %63s", doing, unit, &done, &all, table) >= 4) {
        progress_show(progress, &(struct move_progress){doing, table, unit, done, all});
    }
}

static void take_table(const char *line, struct arena *mem, struct move_report *ret)
{
    char name[64];
    long long rows;
    if (ret->count < MOVE_TABLES_MAX && sscanf(line, "table %63s %lld", name, &rows) == 2) {
        ret->tables[ret->count++] = (struct move_table){.name = arena_cstr(mem, str_of(name)), .rows = rows};
    }
}

static enum rc take_answer(int fd, struct progress *progress, struct arena *mem, struct move_report *ret,
                           struct err *err)
{
    char line[CONTROL_LINE_MAX];
    while (control_read_line(fd, line)) {
        if (strcmp(line, "done") == 0) {
            return RC_OK;
        }
        if (strncmp(line, "failed ", 7) == 0) {
            return err_set(err, RC_INTERNAL, NULL, "%s", line + 7);
        }
        take_progress(progress, line);
        take_table(line, mem, ret);
    }
    return err_set(err, RC_UNCERTAIN, NULL, "the daemon hung up: it has ended, or this user may not ask it");
}

static enum rc ask_daemon(int fd, const char *file, struct progress *progress, struct arena *mem,
                          struct move_report *ret, struct err *err)
{
    char line[CONTROL_LINE_MAX];
    int n = snprintf(line, sizeof line, "backup %s\n", file);
    if (strchr(file, '\n') != NULL || (size_t)n >= sizeof line) {
        return err_set(err, RC_INVALID, NULL, "such a name of a file cannot be sent to the daemon");
    }
    if (send(fd, line, (size_t)n, MSG_NOSIGNAL) != n) {
        return err_set(err, RC_UNCERTAIN, NULL, "the daemon hung up: %s", strerror(errno));
    }
    return take_answer(fd, progress, mem, ret, err);
}

/* The daemon has another working folder. */
static enum rc absolute(const char *file, char ret[PATH_BYTES_MAX], struct err *err)
{
    char folder[PATH_BYTES_MAX] = ".", real[PATH_BYTES_MAX];
    const char *slash = strrchr(file, '/');
    const char *name = slash != NULL ? slash + 1 : file;
    if (strlen(file) >= sizeof folder || *name == '\0') {
        return err_set(err, RC_INVALID, NULL, "\"%.200s\" is no name of a file", file);
    }
    if (slash != NULL) {
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - file) + 1, file);
    }
    if (realpath(folder, real) == NULL) {
        return err_set(err, RC_INVALID, NULL, "the folder %.200s cannot be used: %s", folder,
                       strerror(errno));
    }
    int n = snprintf(ret, PATH_BYTES_MAX, "%s/%s", strcmp(real, "/") == 0 ? "" : real, name);
    return n < PATH_BYTES_MAX ? RC_OK : err_set(err, RC_INVALID, NULL, "the name of the file is too long");
}

/* Ctrl-C ends this process at once, and with it the daemon's work: it sees that nobody listens any more. */
static enum rc back_up(const struct settings *settings, const char *file, struct progress *progress,
                       struct arena *mem, struct move_report *ret, struct err *err)
{
    const struct store_config store = {.url = settings->store.url, .password = settings->store.password_file};
    char path[PATH_BYTES_MAX];
    struct err nobody = {0};
    int fd = -1;
    enum rc rc = absolute(file, path, err);
    if (rc != RC_OK) {
        return rc;
    }
    rc = str_empty(settings->admin.socket) ? err_set(&nobody, RC_NOT_FOUND, NULL, "[admin] socket is empty")
                                           : control_connect(settings->admin.socket, &fd, &nobody);
    if (rc == RC_OK) {
        rc = ask_daemon(fd, path, progress, mem, ret, err);
        close(fd);
        return rc;
    }
    if (rc != RC_NOT_FOUND) {
        *err = nobody;
        return rc;
    }
    const struct move_options options = options_of(progress, false);
    rc = store_backup(&store, false, path, &options, ret, err);
    if (rc == RC_CONFLICT) {
        err_context(err, "no daemon could be asked (%s)", nobody.msg);
    }
    return rc;
}

int backup(const char *config_path, const char *file, bool json)
{
    struct arena *mem = arena_new_secret(SETTINGS_BYTES_MAX);
    struct progress progress;
    struct move_report report = {.count = 0};
    struct settings settings;
    struct err err = {0};
    enum rc rc = settings_load(config_path, mem, &settings, &err);
    progress_init(&progress, "backup");
    if (rc == RC_OK) {
        rc = back_up(&settings, file, &progress, mem, &report, &err);
    }
    int status = finish(&progress, rc, &report, json, &err);
    arena_free(mem);
    return status;
}

/* ---- restore ---- */

static enum rc target_of(const struct restore_request *request, struct arena *mem, struct store_config *ret,
                         struct err *err)
{
    struct settings settings;
    if (request->to != NULL) {
        ret->url = str_of(request->to);
        return read_password(request->password_file, mem, &ret->password, err);
    }
    enum rc rc = settings_load(request->config_path, mem, &settings, err);
    if (rc == RC_OK) {
        ret->url = settings.store.url;
        ret->password = settings.store.password_file;
    }
    return rc;
}

static enum rc restore_file(const struct restore_request *request, struct progress *progress,
                            struct arena *mem, struct move_report *ret, struct err *err)
{
    const struct move_options options = options_of(progress, request->verify);
    struct store_config to = {0};
    enum rc rc = RC_OK;
    if (request->verify) {
        rc = store_check_backup(request->file, &options, ret, err);
    }
    if (rc != RC_OK || (request->to == NULL && request->config_path == NULL)) {
        return rc;
    }
    rc = target_of(request, mem, &to, err);
    return rc == RC_OK ? store_restore(request->file, &to, &options, ret, err) : rc;
}

int restore(const struct restore_request *request)
{
    struct arena *mem = arena_new_secret(SETTINGS_BYTES_MAX);
    struct progress progress;
    struct move_report report = {.count = 0};
    struct err err = {0};
    progress_init(&progress, "restore");
    enum rc rc = restore_file(request, &progress, mem, &report, &err);
    int status = finish(&progress, rc, &report, request->json, &err);
    arena_free(mem);
    return status;
}

/* ---- migrate-store ---- */

int migrate_store(const char *from_url, const char *to_url, const char *password_file, bool json)
{
    struct arena *mem = arena_new_secret(LIMIT_SECRET * 4);
    struct progress progress;
    struct move_report report = {.count = 0};
    struct err err = {0};
    struct str password = STR_NONE;
    progress_init(&progress, "migrate-store");
    const struct move_options options = options_of(&progress, true);
    enum rc rc = read_password(password_file, mem, &password, &err);
    const struct store_config from = {.url = str_of(from_url), .password = password};
    const struct store_config to = {.url = str_of(to_url), .password = password};
    rc = rc == RC_OK ? store_move(&from, &to, &options, &report, &err) : rc;
    int status = finish(&progress, rc, &report, json, &err);
    arena_free(mem);
    return status;
}
