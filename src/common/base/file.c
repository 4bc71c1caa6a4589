#include "common/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/limits.h"
#include "common/base/mem.h"

#include "common/base/banned.h"

static enum rc refuse(struct err *err, const char *path, const char *what)
{
    return err_set(err, RC_INVALID, NULL, "%s: %s", path, what);
}

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd); /* after a read nothing can be lost; after a write fsync has spoken */
    }
}

/* O_NONBLOCK so that a FIFO is refused instead of waited for. */
static enum rc open_regular(const char *path, int *ret_fd, struct stat *ret_stat, struct err *err)
{
    CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, ret_stat) != 0) {
        return refuse(err, path, strerror(errno));
    }
    if (!S_ISREG(ret_stat->st_mode)) {
        return refuse(err, path, "not a regular file");
    }
    *ret_fd = fd;
    fd = -1;
    return RC_OK;
}

/* Up to n bytes, fewer at the end of the file; -1 and errno. */
static ssize_t read_full(int fd, char *bytes, size_t n)
{
    size_t got = 0;
    while (got < n) {
        ssize_t more = read(fd, bytes + got, n - got);
        if (more < 0 && errno != EINTR) {
            return -1;
        }
        if (more == 0) {
            break;
        }
        got += more > 0 ? (size_t)more : 0;
    }
    return (ssize_t)got;
}

static enum rc read_open(int fd, size_t size, const char *path, size_t bytes_max, struct arena *mem,
                         struct str *ret, struct err *err)
{
    if (size > bytes_max) {
        return err_set(err, RC_INVALID, NULL, "%s: larger than %zu bytes", path, bytes_max);
    }
    char *bytes =
        arena_alloc(mem, size + 1); /* the byte more shows whether it grew meanwhile, and is the NUL */
    if (bytes == NULL) {
        return err_set(err, RC_LIMIT, NULL, "%s: no memory to read it", path);
    }
    ssize_t got = read_full(fd, bytes, size + 1);
    if (got < 0) {
        return refuse(err, path, strerror(errno));
    }
    if ((size_t)got > size) {
        return refuse(err, path, "changed while it was read");
    }
    *ret = (struct str){bytes, (size_t)got};
    return RC_OK;
}

enum rc file_read(const char *path, size_t bytes_max, struct arena *mem, struct str *ret, struct err *err)
{
    CLEANUP(close_fd) int fd = -1;
    struct stat st;
    enum rc rc = open_regular(path, &fd, &st, err);
    if (rc != RC_OK) {
        return rc;
    }
    return read_open(fd, (size_t)st.st_size, path, bytes_max, mem, ret, err);
}

enum rc file_read_secret(const char *path, struct arena *mem, struct str *ret, struct err *err)
{
    CLEANUP(close_fd) int fd = -1;
    struct stat st;
    struct str secret;
    enum rc rc = open_regular(path, &fd, &st, err);
    if (rc != RC_OK) {
        return rc;
    }
    if ((st.st_mode & S_IRWXO) != 0) {
        return refuse(err, path, "holds a secret but others may use it (chmod o= would help)");
    }
    rc = read_open(fd, (size_t)st.st_size, path, LIMIT_SECRET, mem, &secret, err);
    if (rc != RC_OK) {
        return rc;
    }
    secret.n -= str_ends(secret, STR("\n")) ? 1 : 0;
    secret.n -= str_ends(secret, STR("\r")) ? 1 : 0;
    *ret = secret;
    return RC_OK;
}

static bool write_full(int fd, struct str content)
{
    while (content.n > 0) {
        ssize_t n = write(fd, content.p, content.n);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        content = str_slice(content, n > 0 ? (size_t)n : 0, content.n);
    }
    return true;
}

/* Makes the rename itself durable. */
static bool sync_folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct str folder =
        slash == NULL ? STR(".") : (struct str){path, slash == path ? 1 : (size_t)(slash - path)};
    char *name = mem_dup(folder.p, folder.n);
    CLEANUP(close_fd) int fd = name != NULL ? open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    mem_free(name);
    return fd >= 0 && fsync(fd) == 0;
}

static bool fill_and_rename(int fd, const char *temporary, const char *path, struct str content,
                            unsigned mode)
{
    return fchmod(fd, (mode_t)mode) == 0 && write_full(fd, content) && fsync(fd) == 0 &&
           rename(temporary, path) == 0;
}

enum rc file_write(const char *path, struct str content, unsigned mode, struct err *err)
{
    static const char suffix[] = ".XXXXXX";
    size_t n = strlen(path);
    char *temporary = mem_alloc(n + sizeof suffix);
    if (temporary == NULL) {
        return err_set(err, RC_LIMIT, NULL, "%s: out of memory", path);
    }
    memcpy(temporary, path, n);
    memcpy(temporary + n, suffix, sizeof suffix);
    CLEANUP(close_fd) int fd = mkostemp(temporary, O_CLOEXEC);
    bool written = fd >= 0 && fill_and_rename(fd, temporary, path, content, mode);
    int cause = errno;
    if (fd >= 0 && !written) {
        (void)unlink(temporary); /* best effort: the first error is the one to tell */
    }
    mem_free(temporary);
    if (written && !sync_folder_of(path)) {
        cause = errno;
        written = false;
    }
    return written ? RC_OK : refuse(err, path, strerror(cause));
}
