#include "programs/numgate-lab/certificates.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/base/file.h"
#include "common/crypto/certificate_make.h"
#include "programs/numgate-lab/flags.h"

#include "common/base/banned.h"

#define NAMES_MAX      64
#define PEM_MAX        (64 * 1024)
#define AUTHORITY_DAYS 3650
#define SERVER_DAYS    825 /* what strict clients accept at most from a private CA */

struct order {
    const char *dir;
    struct str names[NAMES_MAX];
    size_t name_count;
};

static enum rc set_dir(void *order, const char *value, struct err *err UNUSED)
{
    ((struct order *)order)->dir = value;
    return RC_OK;
}

static enum rc add_name(void *object, const char *value, struct err *err)
{
    struct order *order = object;
    if (order->name_count == NAMES_MAX) {
        return err_set(err, RC_INVALID, NULL, "at most %d names", NAMES_MAX);
    }
    order->names[order->name_count++] = str_of(value);
    return RC_OK;
}

static const struct flag flags[] = {
    {"--dir", "DIR", "where to; made when it is not there; needed", set_dir},
    {"--name", "NAME", "one more DNS name or address beside localhost, 127.0.0.1, ::1; may be given again",
     add_name},
};

void certificates_print_flags(FILE *out)
{
    flags_print(flags, ARRAY_LEN(flags), out);
}

static const char *path_of(const struct order *order, struct arena *mem, const char *name)
{
    struct str path = arena_printf(mem, "%s/%s", order->dir, name);
    ensure(!str_absent(path));
    return path.p;
}

static enum rc write_pair(const struct order *order, struct arena *mem, const char *certificate_name,
                          const char *key_name, const struct certificate_pair *pair, struct err *err)
{
    enum rc rc = file_write(path_of(order, mem, key_name), buf_str(pair->key), 0600, err);
    if (rc == RC_OK) {
        rc = file_write(path_of(order, mem, certificate_name), buf_str(pair->certificate), 0644, err);
    }
    return rc;
}

static enum rc make_authority(const struct order *order, struct arena *mem, struct err *err)
{
    struct buf certificate, key;
    struct certificate_pair pair = {&certificate, &key};
    buf_init(&certificate, PEM_MAX);
    buf_init(&key, PEM_MAX);
    enum rc rc = certificate_make_authority(STR("numgate private CA"), AUTHORITY_DAYS, &pair, err);
    if (rc == RC_OK) {
        rc = write_pair(order, mem, "ca.crt", "ca.key", &pair, err);
    }
    buf_clear(&certificate);
    buf_clear(&key);
    return rc;
}

static enum rc make_server(const struct order *order, struct arena *mem, struct err *err)
{
    struct str authority, authority_key;
    struct buf certificate, key;
    struct certificate_pair pair = {&certificate, &key};
    buf_init(&certificate, PEM_MAX);
    buf_init(&key, PEM_MAX);
    enum rc rc = file_read(path_of(order, mem, "ca.crt"), PEM_MAX, mem, &authority, err);
    if (rc == RC_OK) {
        rc = file_read_secret(path_of(order, mem, "ca.key"), mem, &authority_key, err);
    }
    if (rc == RC_OK) {
        rc = certificate_make_server(authority, authority_key, order->names, order->name_count, SERVER_DAYS,
                                     &pair, err);
    }
    if (rc == RC_OK) {
        rc = write_pair(order, mem, "server.crt", "server.key", &pair, err);
    }
    buf_clear(&certificate);
    buf_clear(&key);
    return rc;
}

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static enum rc make_all(const struct order *order, struct err *err)
{
    CLEANUP(arena_freep) struct arena *mem = arena_new_secret(8 * PEM_MAX);
    if (mkdir(order->dir, 0755) != 0 && errno != EEXIST) {
        return err_set(err, RC_INTERNAL, NULL, "%s: %s", order->dir, strerror(errno));
    }
    bool there = exists(path_of(order, mem, "ca.crt")) && exists(path_of(order, mem, "ca.key"));
    enum rc rc = there ? RC_OK : make_authority(order, mem, err);
    return rc == RC_OK ? make_server(order, mem, err) : rc;
}

enum rc certificates_make(int argc, char **argv, struct err *err)
{
    struct order order = {.names = {STR("localhost"), STR("127.0.0.1"), STR("::1")}, .name_count = 3};
    enum rc rc = flags_parse(flags, ARRAY_LEN(flags), argc, argv, &order, err);
    if (rc == RC_OK && order.dir == NULL) {
        rc = err_set(err, RC_INVALID, NULL, "--dir is needed");
    }
    if (rc != RC_OK) {
        return RC_INVALID;
    }
    return make_all(&order, err) == RC_OK ? RC_OK : RC_INTERNAL;
}
