/* The directory is walked once. What was found is sorted by path; then each file that is no coding of another one gets its row, with the
 * codings that were found for it. */
#include "gateway/ops/portal_files.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "common/base/arena.h"
#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/base/mem.h"
#include "common/crypto/digest.h"

#include "common/base/banned.h"

#define DEPTH_MAX         8
#define ETAG_DIGEST_BYTES 16
#define ARENA_BYTES_MAX   (LIMIT_PORTAL_BYTES + (size_t)4 * 1024 * 1024) /* with names and tables */

static const struct {
    const char *suffix, *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
    {".webmanifest", "application/manifest+json"},
};

static const struct {
    enum portal_coding coding;
    struct str suffix;
} codings[] = {{PORTAL_GZIP, {".gz", 3}}, {PORTAL_BROTLI, {".br", 3}}};

struct found {
    struct str path;
    struct str body;
};

struct portal_files {
    struct arena *mem; /* it lives there itself */
    struct portal_file *items;
    size_t count;
    size_t bytes;
};

/* One reading. */
struct walk {
    struct arena *mem;
    const char *root; /* without links in it */
    struct found *found;
    size_t count;
    size_t bytes;
};

/* ---- the directory ---- */

/* Where the path really is; the root's own, or below it. */
static enum rc resolve(const struct walk *walk, const char *path, const char **ret, struct err *err)
{
    char real[PATH_MAX];
    if (realpath(path, real) == NULL) {
        return err_set(err, RC_INVALID, NULL, "%s cannot be read: %s", path, strerror(errno));
    }
    size_t n = strlen(walk->root);
    if (strncmp(real, walk->root, n) != 0 || (real[n] != '/' && real[n] != '\0')) {
        return err_set(err, RC_INVALID, NULL, "%s is a link that leads out of %s", path, walk->root);
    }
    *ret = arena_cstr(walk->mem, str_of(real));
    return RC_OK;
}

static enum rc take_file(struct walk *walk, const char *real, struct str path, struct err *err)
{
    struct found *found = &walk->found[walk->count];
    if (walk->count == LIMIT_PORTAL_FILES) {
        return err_set(err, RC_INVALID, NULL, "there are more than %d files", LIMIT_PORTAL_FILES);
    }
    enum rc rc = file_read(real, LIMIT_PORTAL_FILE, walk->mem, &found->body, err);
    if (rc != RC_OK) {
        return rc;
    }
    walk->bytes += found->body.n;
    if (walk->bytes > LIMIT_PORTAL_BYTES) {
        return err_set(err, RC_INVALID, NULL, "the files have more than %d bytes together",
                       LIMIT_PORTAL_BYTES);
    }
    found->path = path;
    walk->count++;
    return RC_OK;
}

static enum rc walk_directory(struct walk *walk, const char *real, struct str prefix, int depth,
                              struct err *err);

static enum rc walk_entry(struct walk *walk, const char *folder, struct str prefix, const char *name,
                          int depth, struct err *err)
{
    struct str path = arena_printf(walk->mem, "%" STR_FMT "%s", STR_ARG(prefix), name);
    struct str full = arena_printf(walk->mem, "%s/%s", folder, name);
    const char *real = NULL;
    struct stat status;
    if (str_absent(path) || str_absent(full)) {
        return err_set(err, RC_INVALID, NULL, "the names of the files are too long");
    }
    enum rc rc = resolve(walk, full.p, &real, err);
    if (rc != RC_OK) {
        return rc;
    }
    if (stat(real, &status) == 0 && S_ISDIR(status.st_mode)) {
        return walk_directory(walk, real, arena_printf(walk->mem, "%" STR_FMT "/", STR_ARG(path)), depth + 1,
                              err);
    }
    return take_file(walk, real, path, err);
}

static void directory_close(DIR **directory)
{
    if (*directory != NULL) {
        (void)closedir(*directory); /* only read */
    }
}

static enum rc walk_directory(struct walk *walk, const char *real, struct str prefix, int depth,
                              struct err *err)
{
    CLEANUP(directory_close) DIR *directory = opendir(real);
    if (directory == NULL) {
        return err_set(err, RC_INVALID, NULL, "%s cannot be read: %s", real, strerror(errno));
    }
    if (depth > DEPTH_MAX) {
        return err_set(err, RC_INVALID, NULL, "%s is more than %d folders deep", real, DEPTH_MAX);
    }
    enum rc rc = RC_OK;
    const struct dirent *entry;
    while (rc == RC_OK && (entry = readdir(directory)) != NULL) {
        if (entry->d_name[0] != '.') {
            rc = walk_entry(walk, real, prefix, entry->d_name, depth, err);
        }
    }
    return rc;
}

/* ---- the table ---- */

static int by_path(const void *a, const void *b)
{
    return str_cmp(((const struct found *)a)->path, ((const struct found *)b)->path);
}

static const struct found *find(const struct walk *walk, struct str path)
{
    const struct found key = {.path = path};
    return bsearch(&key, walk->found, walk->count, sizeof key, by_path);
}

static bool is_coding(struct str path)
{
    for (size_t i = 0; i < ARRAY_LEN(codings); i++) {
        if (str_ends(path, codings[i].suffix)) {
            return true;
        }
    }
    return false;
}

static struct str type_of(struct str path)
{
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (str_ends(path, str_of(types[i].suffix))) {
            return str_of(types[i].type);
        }
    }
    return STR("application/octet-stream");
}

/* A tag for each coding: a cache must not take one for the other. */
static void set_etags(struct portal_file *file, struct arena *mem)
{
    static const char *const marks[PORTAL_CODINGS] = {"", "-gz", "-br"};
    for (int coding = 0; coding < PORTAL_CODINGS; coding++) {
        if (str_absent(file->body[coding])) {
            continue;
        }
        uint8_t digest[CRYPTO_SHA256_BYTES];
        char text[2 * ETAG_DIGEST_BYTES + 1];
        crypto_sha256(&file->body[coding], 1, digest);
        for (size_t i = 0; i < ETAG_DIGEST_BYTES; i++) {
            (void)snprintf(text + 2 * i, 3, "%02x", digest[i]);
        }
        file->etag[coding] = arena_printf(mem, "\"%s%s\"", text, marks[coding]);
    }
}

/* The row of a file; returns how many codings it has. */
static size_t add_row(struct portal_files *files, const struct walk *walk, const struct found *found)
{
    size_t n = 0;
    struct portal_file *file = &files->items[files->count++];
    *file = (struct portal_file){.path = found->path, .type = type_of(found->path), .body = {found->body}};
    for (size_t i = 0; i < ARRAY_LEN(codings); i++) {
        struct str name = arena_printf(walk->mem, "%" STR_FMT "%" STR_FMT, STR_ARG(found->path),
                                       STR_ARG(codings[i].suffix));
        const struct found *coded = find(walk, name);
        if (coded != NULL) {
            file->body[codings[i].coding] = coded->body;
            n++;
        }
    }
    set_etags(file, files->mem);
    return n;
}

static enum rc fill(struct portal_files *files, struct walk *walk, struct err *err)
{
    size_t coded = 0, used = 0;
    files->items = arena_alloc_array(files->mem, walk->count, sizeof *files->items);
    files->bytes = walk->bytes;
    if (files->items == NULL) {
        return err_set(err, RC_INVALID, NULL, "the names of the files are too long");
    }
    qsort(walk->found, walk->count, sizeof *walk->found, by_path);
    for (size_t i = 0; i < walk->count; i++) {
        if (is_coding(walk->found[i].path)) {
            coded++;
        } else {
            used += add_row(files, walk, &walk->found[i]);
        }
    }
    if (used != coded) {
        return err_set(err, RC_INVALID, NULL,
                       "%zu files end in .gz or .br without the file that they are a coding of",
                       coded - used);
    }
    if (portal_files_find(files, STR("index.html")) == NULL) {
        return err_set(err, RC_INVALID, NULL, "there is no index.html");
    }
    return arena_failed(files->mem) ? err_set(err, RC_INVALID, NULL, "the names of the files are too long")
                                    : RC_OK;
}

static enum rc read_all(struct portal_files *files, const char *directory, struct err *err)
{
    struct walk walk = {.mem = files->mem};
    char root[PATH_MAX];
    walk.found = arena_alloc_array(files->mem, LIMIT_PORTAL_FILES, sizeof *walk.found);
    walk.root = root;
    if (realpath(directory, root) == NULL) {
        return err_set(err, RC_INVALID, NULL, "it cannot be read: %s", strerror(errno));
    }
    enum rc rc = walk_directory(&walk, root, STR(""), 0, err);
    return rc == RC_OK ? fill(files, &walk, err) : rc;
}

enum rc portal_files_read(const char *directory, struct portal_files **ret, struct err *err)
{
    struct arena *mem = arena_new(ARENA_BYTES_MAX);
    struct portal_files *files = arena_new_of(mem, struct portal_files);
    files->mem = mem;
    enum rc rc = read_all(files, directory, err);
    if (rc != RC_OK) {
        err_context(err, "reading the portal's files in %s", directory);
        portal_files_free(files);
        return rc;
    }
    *ret = files;
    return RC_OK;
}

void portal_files_free(struct portal_files *files)
{
    if (files != NULL) {
        arena_free(files->mem);
    }
}

const struct portal_file *portal_files_find(const struct portal_files *files, struct str path)
{
    size_t low = 0, high = files->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_cmp(files->items[middle].path, path);
        if (order == 0) {
            return &files->items[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

size_t portal_files_count(const struct portal_files *files)
{
    return files->count;
}

size_t portal_files_bytes(const struct portal_files *files)
{
    return files->bytes;
}
