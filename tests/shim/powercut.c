/* A power cut for tests. Preloaded into a program, it keeps beside one folder an image of what of it would
 * still be there if the power went now. After SIGKILL the next program is started on a copy of the image.
 *
 *   NUMGATE_POWERCUT_DIR         the folder, absolute and without links; the files directly in it are
 * watched, none deeper NUMGATE_POWERCUT_IMAGE       an empty folder; IMAGE/files is the image
 *   NUMGATE_POWERCUT_TEAR        not 0: a seed. Parts of what was written reach the image before their fsync,
 * as the kernel may write pages back in any order, whenever it likes; an fsync is never missing, but sectors
 * come early NUMGATE_POWERCUT_FAIL_FSYNC  N: the Nth fsync of a file fails with EIO. As on Linux what it
 * should have written is lost and the next fsync says that all is well
 *
 * What is durable (POSIX, read strictly):
 *   - what is in the folder when the program starts
 *   - bytes and length of a file, at an fsync or fdatasync of it
 *   - names (created, renamed, removed), at an fsync of the folder. They are compared with the folder then,
 * so rename and unlink need not be seen
 *   - nothing else: not what was written through a mapping, a duplicated descriptor or a relative path. What
 * this does not see it never calls durable, so a gap in it makes a test fail, not pass. *-shm has no image at
 * all.
 *
 * The image has to outlive a SIGKILL, nothing more, so no real fsync is done. A kill in the middle of an
 * fsync leaves part of its bytes in the image, which is what a power cut does too. Only the descriptor that
 * is synced is read, never the file opened anew: closing another descriptor would drop the program's POSIX
 * locks on it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define EXPORT    __attribute__((visibility("default")))
#define ALIAS(of) EXPORT __attribute__((alias(#of)))
#define FDS_MAX   65536
#define SECTOR    512

struct range {
    off_t from, to;
};

/* A file, whatever its names are. Never freed. */
struct object {
    struct object *next;
    ino_t inode;
    unsigned id; /* IMAGE/objects/<id>, linked into IMAGE/files under each durable name */
    int image_fd;
    bool may_fail;       /* its fsyncs count */
    struct range *dirty; /* written and not synced, oldest first */
    size_t dirty_count, dirty_cap;
};

/* Guarded by `mutex`, but for what is set once at the start and for `watched`. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static char folder[PATH_MAX], image[PATH_MAX]; /* folder "" : nothing is watched */
static struct object *objects;                 /* the newest first: it is the one that has its inode */
static unsigned object_count;
static uint64_t tear;
static long fsyncs_until_failure;
static char file_to_fail[NAME_MAX + 1];           /* "": any */
static _Atomic(struct object *) watched[FDS_MAX]; /* by descriptor */

static void die(const char *what)
{
    fprintf(stderr, "powercut: %s: %s\n", what, strerrordesc_np(errno));
    _exit(99);
}

/* ---- the calls themselves ---- */

static int real_open(const char *path, int flags, mode_t mode)
{
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

static void real_close(int fd)
{
    (void)syscall(SYS_close, fd);
}

static void real_pwrite_all(int fd, const char *bytes, size_t n, off_t at)
{
    while (n > 0) {
        ssize_t done = syscall(SYS_pwrite64, fd, bytes, n, at);
        if (done <= 0) {
            die("writing the image");
        }
        bytes += done;
        n -= (size_t)done;
        at += done;
    }
}

/* ---- the image of one file ---- */

static void copy(struct object *object, int fd, off_t from, off_t to)
{
    static char buffer[64 * 1024]; /* guarded by `mutex` like the rest */
    while (from < to) {
        size_t want = to - from < (off_t)sizeof buffer ? (size_t)(to - from) : sizeof buffer;
        ssize_t n = pread(fd, buffer, want, from);
        if (n < 0) {
            die("reading what was written");
        }
        if (n == 0) {
            return; /* cut off since */
        }
        real_pwrite_all(object->image_fd, buffer, (size_t)n, from);
        from += n;
    }
}

static uint64_t dice(void)
{
    tear ^= tear << 13;
    tear ^= tear >> 7;
    tear ^= tear << 17;
    return tear;
}

/* One in four writes gets some of its sectors to the disk at once. */
static void write_back_early(struct object *object, int fd, off_t from, off_t to)
{
    if (tear == 0 || dice() % 4 != 0) {
        return;
    }
    uint64_t sectors = (uint64_t)(to - from + SECTOR - 1) / SECTOR, first = dice() % sectors;
    off_t begin = from + (off_t)first * SECTOR,
          end = begin + (off_t)(1 + dice() % (sectors - first)) * SECTOR;
    copy(object, fd, begin, end < to ? end : to);
}

static void changed(struct object *object, int fd, off_t from, off_t to)
{
    if (to <= from) {
        return;
    }
    int saved = errno;
    pthread_mutex_lock(&mutex);
    if (object->dirty_count == object->dirty_cap) {
        object->dirty_cap = object->dirty_cap * 2 + 64;
        object->dirty = realloc(object->dirty, object->dirty_cap * sizeof *object->dirty);
        if (object->dirty == NULL) {
            die("out of memory");
        }
    }
    object->dirty[object->dirty_count++] = (struct range){from, to};
    write_back_early(object, fd, from, to);
    pthread_mutex_unlock(&mutex);
    errno = saved;
}

static int sync_file(struct object *object, int fd)
{
    struct stat st;
    bool fails = object->may_fail && fsyncs_until_failure > 0 && --fsyncs_until_failure == 0;
    if (!fails) {
        if (fstat(fd, &st) != 0 || ftruncate(object->image_fd, st.st_size) != 0) {
            die("the length of the image");
        }
        for (size_t i = 0; i < object->dirty_count; i++) {
            copy(object, fd, object->dirty[i].from, object->dirty[i].to);
        }
    }
    object->dirty_count = 0;
    errno = fails ? EIO : errno;
    return fails ? -1 : 0;
}

/* ---- which files there are ---- */

static bool is_watched_path(const char *path)
{
    size_t n = strlen(folder), all = strlen(path);
    return n > 0 && strncmp(path, folder, n) == 0 && path[n] == '/' && strchr(path + n + 1, '/') == NULL &&
           (all < 4 || strcmp(path + all - 4, "-shm") != 0);
}

static struct object *object_find(ino_t inode)
{
    struct object *object = objects;
    while (object != NULL && object->inode != inode) {
        object = object->next;
    }
    return object;
}

static struct object *object_new(ino_t inode, const char *name)
{
    char path[PATH_MAX + 32];
    struct object *object = calloc(1, sizeof *object);
    if (object == NULL) {
        die("out of memory");
    }
    object->inode = inode;
    object->may_fail = file_to_fail[0] == '\0' || strcmp(name, file_to_fail) == 0;
    object->id = ++object_count;
    snprintf(path, sizeof path, "%s/objects/%u", image, object->id);
    object->image_fd = real_open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (object->image_fd < 0) {
        die(path);
    }
    object->next = objects;
    objects = object;
    return object;
}

/* `created`: the inode's number may have been another file's before. */
static void watch(int fd, const char *name, bool created)
{
    struct stat st;
    if (fd < 0 || fd >= FDS_MAX || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        return;
    }
    struct object *object = created ? NULL : object_find(st.st_ino);
    atomic_store(&watched[fd], object != NULL ? object : object_new(st.st_ino, name));
}

static struct object *watched_at(int fd)
{
    return fd >= 0 && fd < FDS_MAX ? atomic_load_explicit(&watched[fd], memory_order_acquire) : NULL;
}

/* ---- names ---- */

static void publish(const char *name, const struct object *object)
{
    char from[PATH_MAX + 32], to[PATH_MAX + 300], new[PATH_MAX + 32];
    snprintf(from, sizeof from, "%s/objects/%u", image, object->id);
    snprintf(new, sizeof new, "%s/objects/new", image);
    snprintf(to, sizeof to, "%s/files/%s", image, name);
    (void)unlink(new); /* is there when `to` had been the same file already: rename then does nothing */
    if (link(from, new) != 0 || rename(new, to) != 0) {
        die(to);
    }
}

static void each_name(const char *path, void (*visit)(const char *name))
{
    DIR *dir = opendir(path);
    if (dir == NULL) {
        die(path);
    }
    const struct dirent *entry;
    while ((entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            visit(entry->d_name);
        }
    }
    closedir(dir);
}

static void name_there(const char *name)
{
    char path[PATH_MAX + 300];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    const struct object *object = lstat(path, &st) == 0 ? object_find(st.st_ino) : NULL;
    if (object != NULL && is_watched_path(path)) {
        publish(name, object);
    }
}

static void name_gone(const char *name)
{
    char here[PATH_MAX + 300], there[PATH_MAX + 300];
    snprintf(here, sizeof here, "%s/%s", folder, name);
    snprintf(there, sizeof there, "%s/files/%s", image, name);
    if (access(here, F_OK) != 0) {
        (void)unlink(there); /* its name was just read, and only this program changes the image */
    }
}

static void sync_names(void)
{
    char files[PATH_MAX + 32];
    snprintf(files, sizeof files, "%s/files", image);
    each_name(folder, name_there);
    each_name(files, name_gone);
}

static bool is_folder(int fd)
{
    struct stat st, is;
    return folder[0] != '\0' && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) && stat(folder, &is) == 0 &&
           st.st_dev == is.st_dev && st.st_ino == is.st_ino;
}

/* ---- the start ---- */

static void take_in(const char *name)
{
    char path[PATH_MAX + 300];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = is_watched_path(path) ? real_open(path, O_RDONLY | O_CLOEXEC, 0) : -1;
    if (fd < 0) {
        return;
    }
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        copy(object_new(st.st_ino, name), fd, 0, st.st_size);
    }
    real_close(fd);
}

static const char *setting(const char *name)
{
    const char *value = getenv(name);
    return value != NULL ? value : "";
}

__attribute__((constructor)) static void start(void)
{
    char path[PATH_MAX + 32];
    snprintf(folder, sizeof folder, "%s", setting("NUMGATE_POWERCUT_DIR"));
    snprintf(image, sizeof image, "%s", setting("NUMGATE_POWERCUT_IMAGE"));
    if (folder[0] == '\0') {
        return;
    }
    tear = strtoull(setting("NUMGATE_POWERCUT_TEAR"), NULL, 10) * 0x9E3779B97F4A7C15ull;
    snprintf(file_to_fail, sizeof file_to_fail, "%s", setting("NUMGATE_POWERCUT_FAIL_FILE"));
    fsyncs_until_failure = strtol(setting("NUMGATE_POWERCUT_FAIL_FSYNC"), NULL, 10);
    static const char *const parts[] = {"objects", "files"};
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", image, parts[i]);
        if (mkdir(path, 0700) != 0) {
            die(path);
        }
    }
    each_name(folder, take_in);
    sync_names();
}

/* ---- what the program calls ---- */

EXPORT int open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    if ((flags & (O_CREAT | __O_TMPFILE)) != 0) {
        va_list args;
        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
    }
    if (!is_watched_path(path)) {
        return real_open(path, flags, mode);
    }
    pthread_mutex_lock(&mutex);
    bool there = access(path, F_OK) == 0;
    int fd = real_open(path, flags, mode), saved = errno;
    watch(fd, strrchr(path, '/') + 1, !there);
    errno = saved;
    pthread_mutex_unlock(&mutex);
    return fd;
}
ALIAS(open) int open64(const char *path, int flags, ...);

EXPORT int close(int fd)
{
    if (watched_at(fd) != NULL) {
        atomic_store(&watched[fd], NULL); /* before: the number may be somebody else's at once */
    }
    return (int)syscall(SYS_close, fd);
}

static ssize_t written(struct object *object, int fd, ssize_t n)
{
    off_t end = n > 0 ? lseek(fd, 0, SEEK_CUR) : 0;
    changed(object, fd, end - n, end);
    return n;
}

EXPORT ssize_t write(int fd, const void *bytes, size_t n)
{
    struct object *object = watched_at(fd);
    ssize_t done = syscall(SYS_write, fd, bytes, n);
    return object != NULL && done > 0 ? written(object, fd, done) : done;
}

EXPORT ssize_t writev(int fd, const struct iovec *parts, int count)
{
    struct object *object = watched_at(fd);
    ssize_t done = syscall(SYS_writev, fd, parts, count);
    return object != NULL && done > 0 ? written(object, fd, done) : done;
}

EXPORT ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at)
{
    struct object *object = watched_at(fd);
    ssize_t done = syscall(SYS_pwrite64, fd, bytes, n, at);
    if (object != NULL && done > 0) {
        changed(object, fd, at, at + done);
    }
    return done;
}
ALIAS(pwrite) ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at);

/* What is cut off and grows again is zeroes, which the image has to learn. */
EXPORT int ftruncate(int fd, off_t length)
{
    struct object *object = watched_at(fd);
    struct stat before = {0};
    if (object != NULL) {
        (void)fstat(fd, &before); /* fails only where ftruncate does */
    }
    int status = (int)syscall(SYS_ftruncate, fd, length);
    if (object != NULL && status == 0) {
        changed(object, fd, length, before.st_size);
    }
    return status;
}
ALIAS(ftruncate) int ftruncate64(int fd, off64_t length);

EXPORT int fallocate(int fd, int mode, off_t at, off_t n)
{
    struct object *object = watched_at(fd);
    int status = (int)syscall(SYS_fallocate, fd, mode, at, n);
    if (object != NULL && status == 0) {
        changed(object, fd, at, at + n);
    }
    return status;
}
ALIAS(fallocate) int fallocate64(int fd, int mode, off64_t at, off64_t n);

EXPORT int fsync(int fd)
{
    struct object *object = watched_at(fd);
    bool names = object == NULL && is_folder(fd);
    if (object == NULL && !names) {
        return (int)syscall(SYS_fsync, fd);
    }
    pthread_mutex_lock(&mutex);
    int status = object != NULL ? sync_file(object, fd) : 0;
    if (names) {
        sync_names();
    }
    pthread_mutex_unlock(&mutex);
    return status;
}

EXPORT int fdatasync(int fd)
{
    return fsync(fd);
}
