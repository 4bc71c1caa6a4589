#include "programs/numgated/control.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "gateway/store/move.h"

#include "common/base/banned.h"

#define REQUEST_SECONDS 2 /* for the request's line, and for each line of the answer to be taken */
#define PROGRESS_US     200000

struct control {
    struct sockaddr_un address;
    const struct store_config *store;
    struct repo *resettable;
    int listener;
    atomic_bool stopping;
    pthread_t thread;
};

/* ---- both ends ---- */

static enum rc address_of(struct str path, struct sockaddr_un *ret, struct err *err)
{
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (path.n >= sizeof ret->sun_path || memchr(path.p, '\0', path.n) != NULL) {
        return err_set(err, RC_INVALID, NULL, "the path of a socket has at most %zu bytes",
                       sizeof ret->sun_path - 1);
    }
    memcpy(ret->sun_path, path.p, path.n);
    return RC_OK;
}

enum rc control_connect(struct str path, int *ret_fd, struct err *err)
{
    struct sockaddr_un address;
    enum rc rc = address_of(path, &address, err);
    if (rc != RC_OK) {
        return rc;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0) {
        *ret_fd = fd;
        return RC_OK;
    }
    int saved = errno;
    if (fd >= 0) {
        close(fd);
    }
    bool nobody = saved == ENOENT || saved == ECONNREFUSED;
    return err_set(err, nobody ? RC_NOT_FOUND : RC_DENIED, NULL, "%s: %s", address.sun_path, strerror(saved));
}

bool control_read_line(int fd, char line[CONTROL_LINE_MAX])
{
    for (size_t n = 0; n < CONTROL_LINE_MAX; n++) {
        if (recv(fd, &line[n], 1, 0) != 1) { /* few and short: not worth a buffer */
            return false;
        }
        if (line[n] == '\n') {
            line[n] = '\0';
            return true;
        }
    }
    return false;
}

/* ---- a request ---- */

struct answer {
    struct control *control;
    int fd;
    int64_t told_us;
    bool gone; /* the client */
};

static void say(struct answer *answer, const char *line, size_t n)
{
    answer->gone = answer->gone || send(answer->fd, line, n, MSG_NOSIGNAL) != (ssize_t)n;
}

PRINTF_LIKE(2, 3) static void say_line(struct answer *answer, const char *format, ...)
{
    char line[CONTROL_LINE_MAX];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof line - 1, format, args);
    va_end(args);
    size_t length = n < 0 ? 0 : (size_t)n < sizeof line - 1 ? (size_t)n : sizeof line - 2;
    line[length] = '\n';
    say(answer, line, length + 1);
}

static bool on_progress(void *arg, const struct move_progress *progress)
{
    struct answer *answer = arg;
    int64_t now_us = clock_mono_us();
    if (now_us - answer->told_us >= PROGRESS_US) {
        answer->told_us = now_us;
        say_line(answer, "progress %s %s %lld %lld %s", progress->doing, progress->unit,
                 (long long)progress->done, (long long)progress->all, progress->table);
    }
    return !answer->gone && !atomic_load(&answer->control->stopping);
}

static void backup(struct answer *answer, const char *file)
{
    const struct move_options options = {.watch = on_progress, .watch_arg = answer};
    struct move_report report = {.count = 0};
    struct err err;
    int64_t begun_us = clock_mono_us();
    err_clear(&err);
    enum rc rc = *file == '/' ? store_backup(answer->control->store, true, file, &options, &report, &err)
                              : err_set(&err, RC_INVALID, NULL, "an absolute path is expected");
    if (rc != RC_OK) {
        LOG(LOG_ERROR, "backup_failed", log_cstr("file", file), log_cstr("error", err.msg));
        say_line(answer, "failed %s", err.msg);
        return;
    }
    LOG(LOG_NOTICE, "backup_made", log_cstr("file", file), log_us("duration_ms", clock_mono_us() - begun_us));
    for (size_t i = 0; i < report.count; i++) {
        say_line(answer, "table %s %lld", report.tables[i].name, (long long)report.tables[i].rows);
    }
    say_line(answer, "done");
}

static void reset(struct answer *answer)
{
    struct repo *repo = answer->control->resettable;
    struct err err;
    int64_t begun_us = clock_mono_us();
    enum rc rc =
        repo != NULL ? store_reset(repo, &err) : err_set(&err, RC_DENIED, NULL, CONTROL_NO_TEST_TARGET);
    if (rc != RC_OK) {
        LOG(LOG_ERROR, "reset_failed", log_cstr("error", err.msg));
        say_line(answer, "failed %s", err.msg);
        return;
    }
    LOG(LOG_NOTICE, "reset", log_us("duration_ms", clock_mono_us() - begun_us));
    say_line(answer, "done");
}

static void serve_client(struct control *control, int fd)
{
    static const char verb[] = "backup ";
    struct answer answer = {.control = control, .fd = fd};
    char line[CONTROL_LINE_MAX];
    if (!control_read_line(fd, line)) {
        return;
    }
    if (strncmp(line, verb, strlen(verb)) == 0) {
        backup(&answer, line + strlen(verb));
    } else if (strcmp(line, "reset") == 0) {
        reset(&answer);
    } else {
        say_line(&answer, "failed the requests are: backup FILE, reset");
    }
}

/* ---- connections ---- */

static bool is_allowed(int fd)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
        return false;
    }
    if (peer.uid == 0 || peer.uid == geteuid()) {
        return true;
    }
    LOG(LOG_WARNING, "control_refused", log_i64("uid", peer.uid), log_i64("pid", peer.pid));
    return false;
}

static void *control_main(void *arg)
{
    struct control *control = arg;
    const struct timeval patience = {.tv_sec = REQUEST_SECONDS};
    while (!atomic_load(&control->stopping)) {
        int fd = accept4(control->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
                usleep(100000); /* the connection stays in the queue; asking again at once would not help */
            }
            continue;
        }
        bool timed = setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
                     setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0;
        if (timed && is_allowed(fd)) {
            serve_client(control, fd);
        }
        close(fd);
    }
    return NULL;
}

/* ---- start and stop ---- */

/* A socket that nobody listens on is left of a daemon that was killed; one that somebody listens on is another daemon's. */
static enum rc take_place(const struct control *control, struct err *err)
{
    struct stat about;
    int fd = -1;
    if (lstat(control->address.sun_path, &about) != 0) {
        return RC_OK; /* or bind() says what is wrong */
    }
    if (!S_ISSOCK(about.st_mode)) {
        return err_set(err, RC_CONFLICT, NULL, "%s is there already, and is no socket",
                       control->address.sun_path);
    }
    if (control_connect(str_of(control->address.sun_path), &fd, NULL) == RC_OK) {
        close(fd);
        return err_set(err, RC_CONFLICT, NULL, "another daemon listens on %s", control->address.sun_path);
    }
    (void)unlink(control->address.sun_path); /* else bind() says that it is there */
    return RC_OK;
}

/* Nobody can connect before listen(), so the mode is right from the first moment on. */
static enum rc listen_on(struct control *control, struct err *err)
{
    const char *path = control->address.sun_path;
    enum rc rc = take_place(control, err);
    if (rc != RC_OK) {
        return rc;
    }
    control->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool bound = control->listener >= 0 && bind(control->listener, (const struct sockaddr *)&control->address,
                                                sizeof control->address) == 0;
    if (bound && chmod(path, 0600) == 0 && listen(control->listener, 4) == 0) {
        return RC_OK;
    }
    rc = err_set(err, RC_INVALID, NULL, "%s: %s", path, strerror(errno));
    if (bound) {
        (void)unlink(path);
    }
    return rc;
}

static void control_free(struct control *control)
{
    if (control->listener >= 0) {
        close(control->listener);
    }
    mem_free(control);
}

enum rc control_start(struct str path, const struct store_config *store, struct repo *resettable,
                      struct control **ret, struct err *err)
{
    struct control *control = mem_alloc(sizeof *control);
    control->store = store;
    control->resettable = resettable;
    control->listener = -1;
    enum rc rc = address_of(path, &control->address, err);
    rc = rc == RC_OK ? listen_on(control, err) : rc;
    if (rc == RC_OK && pthread_create(&control->thread, NULL, control_main, control) != 0) {
        (void)unlink(control->address.sun_path);
        rc = err_set(err, RC_INTERNAL, NULL, "the thread cannot be started");
    }
    if (rc != RC_OK) {
        control_free(control);
        return rc;
    }
    *ret = control;
    return RC_OK;
}

void control_stop(struct control *control)
{
    if (control == NULL) {
        return;
    }
    atomic_store(&control->stopping, true);
    (void)unlink(control->address.sun_path);      /* nobody comes any more */
    (void)shutdown(control->listener, SHUT_RDWR); /* wakes accept() */
    pthread_join(control->thread, NULL);
    control_free(control);
}
