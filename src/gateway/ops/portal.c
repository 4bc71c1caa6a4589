#include "gateway/ops/portal.h"

#include <pthread.h>
#include <stdatomic.h>

#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/url.h"
#include "gateway/api/call.h"
#include "gateway/ops/ops.h"
#include "gateway/ops/portal_accept.h"
#include "gateway/ops/portal_files.h"

#include "common/base/banned.h"

#define RETRY_AFTER_MS 2000 /* while the issuer's discovery document was not read */

/* The hash is that of an empty style element: the portal inserts such ones and fills them through CSSOM. Origins of the issuer stand
 * between the halves. */
#define POLICY_HEAD                                                                                          \
    "default-src 'none'; script-src 'self'; style-src 'self' "                                               \
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; img-src 'self'; font-src 'self'; "               \
    "connect-src 'self'"
#define POLICY_TAIL                                                                                          \
    "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "                                        \
    "require-trusted-types-for 'script'; trusted-types 'none'"

/* The files of one reading: the portal's, and of each request that answers from them. */
struct edition {
    atomic_size_t refs;
    struct portal_files *files;
};

struct portal {
    struct portal_config config;
    pthread_mutex_t lock; /* guards `edition`, the pointer */
    struct edition *edition;
};

/* ---- editions ---- */

static void edition_unref(struct edition *edition)
{
    if (edition != NULL && atomic_fetch_sub(&edition->refs, 1) == 1) {
        portal_files_free(edition->files);
        mem_free(edition);
    }
}

static struct edition *edition_take(struct portal *portal)
{
    pthread_mutex_lock(&portal->lock);
    struct edition *edition = portal->edition;
    atomic_fetch_add(&edition->refs, 1);
    pthread_mutex_unlock(&portal->lock);
    return edition;
}

static enum rc edition_read(const char *directory, struct edition **ret, struct err *err)
{
    struct edition *edition = mem_alloc(sizeof *edition);
    if (edition == NULL) {
        return err_set(err, RC_LIMIT, NULL, "no memory for the portal's files");
    }
    atomic_init(&edition->refs, 1);
    enum rc rc = portal_files_read(directory, &edition->files, err);
    if (rc != RC_OK) {
        mem_free(edition);
        return rc;
    }
    LOG(LOG_INFO, "portal_files", log_cstr("directory", directory),
        log_i64("files", (int64_t)portal_files_count(edition->files)),
        log_i64("bytes", (int64_t)portal_files_bytes(edition->files)));
    *ret = edition;
    return RC_OK;
}

enum rc portal_new(const struct portal_config *config, struct portal **ret, struct err *err)
{
    struct portal *portal = mem_alloc(sizeof *portal);
    if (portal == NULL) {
        return err_set(err, RC_LIMIT, NULL, "no memory for the portal");
    }
    portal->config = *config;
    enum rc rc = edition_read(config->files, &portal->edition, err);
    if (rc != RC_OK) {
        mem_free(portal);
        return rc;
    }
    pthread_mutex_init(&portal->lock, NULL);
    *ret = portal;
    return RC_OK;
}

enum rc portal_reload(struct portal *portal, const char *files, struct err *err)
{
    struct edition *fresh = NULL;
    enum rc rc = edition_read(files, &fresh, err);
    if (rc != RC_OK) {
        return rc;
    }
    pthread_mutex_lock(&portal->lock);
    struct edition *old = portal->edition;
    portal->edition = fresh;
    pthread_mutex_unlock(&portal->lock);
    edition_unref(old);
    return RC_OK;
}

struct str portal_origin(const struct portal *portal)
{
    struct str origin = STR_NONE;
    (void)url_origin(portal->config.url, &origin); /* it was checked with the options */
    return origin;
}

void portal_free(struct portal *portal)
{
    if (portal != NULL) {
        edition_unref(portal->edition);
        pthread_mutex_destroy(&portal->lock);
        mem_free(portal);
    }
}

/* ---- headers ---- */

static struct portal *portal_of(struct call *call)
{
    return ((const struct ops *)api_settings(call->api)->user)->portal;
}

/* What there is of the issuer: before its discovery document was read, nothing but the authority. */
static enum rc endpoints_of(struct call *call, struct auth_endpoints *ret, struct err *err)
{
    *ret = (struct auth_endpoints){STR_NONE, STR_NONE, STR_NONE, STR_NONE};
    return auth_endpoints(api_settings(call->api)->auth, portal_of(call)->config.issuer, call->mem, ret, err);
}

static void put_policy(struct call *call)
{
    struct auth_endpoints endpoints;
    struct str token = STR_NONE, authority = STR_NONE;
    (void)endpoints_of(call, &endpoints, NULL); /* then it has no token endpoint */
    bool has_token = url_origin(endpoints.token, &token);
    bool other = url_origin(portal_of(call)->config.authority, &authority) && !str_eq_ci(token, authority);
    call_header(call, "Content-Security-Policy",
                arena_printf(call->mem, POLICY_HEAD "%s%" STR_FMT "%s%" STR_FMT POLICY_TAIL,
                             has_token ? " " : "", STR_ARG(token), other ? " " : "",
                             STR_ARG(other ? authority : STR(""))));
}

static void put_page_headers(struct call *call)
{
    call_header(call, "Cache-Control", STR("no-cache"));
    put_policy(call);
    call_header(call, "Cross-Origin-Opener-Policy", STR("same-origin"));
    call_header(call, "Referrer-Policy", STR("no-referrer"));
}

static void put_coding(struct call *call, enum portal_coding coding)
{
    static const char *const names[PORTAL_CODINGS] = {[PORTAL_GZIP] = "gzip", [PORTAL_BROTLI] = "br"};
    if (names[coding] != NULL) {
        call_header(call, "Content-Encoding", str_of(names[coding]));
    }
}

/* ---- answers ---- */

static void reply_file(struct call *call, const struct portal_file *file)
{
    enum portal_coding coding = portal_accept_coding(call->request, file);
    call_header(call, "X-Content-Type-Options", STR("nosniff"));
    call_header(call, "Vary", STR("Accept-Encoding"));
    call_header(call, "ETag", arena_str(call->mem, file->etag[coding]));
    if (portal_accept_has(call->request, file->etag[coding])) {
        call_reply_empty(call, 304);
        return;
    }
    put_coding(call, coding);
    call_reply_text(call, 200, file->type.p, file->body[coding]);
}

static void reply_nothing(struct call *call)
{
    struct err err;
    (void)err_set(&err, RC_NOT_FOUND, "NotFound", "the portal has no such file");
    call_fail(call, RC_NOT_FOUND, &err);
}

/* What follows "/portal/". */
static struct str path_below(struct call *call)
{
    struct str path = STR("");
    for (size_t i = 1; i < call->request->segment_count; i++) {
        path = arena_printf(call->mem, "%" STR_FMT "%s%" STR_FMT, STR_ARG(path), i > 1 ? "/" : "",
                            STR_ARG(call->request->segments[i]));
    }
    return path;
}

static void reply_from(struct call *call, const struct portal_files *files, struct str path)
{
    const struct portal_file *file = portal_files_find(files, path);
    if (str_starts(path, STR("assets/"))) {
        if (file == NULL) {
            reply_nothing(call);
            return;
        }
        call_header(call, "Cache-Control", STR("public, max-age=31536000, immutable"));
    } else {
        put_page_headers(call);
        file = file != NULL ? file : portal_files_find(files, STR("index.html"));
    }
    reply_file(call, file);
}

static void answer_file(struct call *call)
{
    struct edition *edition = edition_take(portal_of(call));
    reply_from(call, edition->files, path_below(call));
    edition_unref(edition); /* the engine has copied what is sent */
}

/* A relative address would be one of the root. */
static void answer_root(struct call *call)
{
    struct str query = call->request->query;
    call_header(call, "Location",
                arena_printf(call->mem, "/portal/%s%" STR_FMT, str_absent(query) ? "" : "?", STR_ARG(query)));
    call_header(call, "Cache-Control", STR("no-cache"));
    call_reply_empty(call, 308);
}

static void write_config(struct call *call, const struct auth_endpoints *endpoints, struct buf *buf)
{
    const struct portal_config *config = &portal_of(call)->config;
    struct json_out out;
    json_out_init(&out, buf);
    json_object_begin(&out);
    json_str_member(&out, "issuer", endpoints->issuer);
    json_str_member(&out, "authorizationEndpoint", endpoints->authorization);
    json_str_member(&out, "tokenEndpoint", endpoints->token);
    json_str_member(&out, "endSessionEndpoint", endpoints->end_session);
    json_str_member(&out, "clientId", config->client_id);
    json_str_member(&out, "scope", config->scope);
    json_str_member(&out, "redirectUri", config->url);
    json_str_member(&out, "version", STR(NUMGATE_VERSION));
    json_object_end(&out);
}

static enum rc sign_in_endpoints(struct call *call, struct auth_endpoints *ret, struct err *err)
{
    enum rc rc = endpoints_of(call, ret, err);
    if (rc != RC_OK) {
        return rc;
    }
    return str_empty(ret->authorization) || str_empty(ret->token)
               ? err_set(err, RC_BUSY, NULL,
                         "the issuer's discovery document names no usable authorization_endpoint or "
                         "token_endpoint")
               : RC_OK;
}

static void answer_config(struct call *call)
{
    struct auth_endpoints endpoints;
    struct err err = {0};
    enum rc rc = sign_in_endpoints(call, &endpoints, &err);
    if (rc != RC_OK) {
        err.retry_after_ms = RETRY_AFTER_MS;
        call_fail(call, RC_BUSY, &err);
        return;
    }
    struct buf *out = api_out(call->api, http_loop(call->x));
    write_config(call, &endpoints, out);
    call_header(call, "Cache-Control", STR("no-cache"));
    call_header(call, "X-Content-Type-Options", STR("nosniff"));
    call_reply_buf(call, 200, out);
}

/* Of two rows that a path fits, the later one has it. */
static const struct route routes[] = {
    {
        .method = HTTP_GET,
        .path = "/portal",
        .operation = "Portal_root",
        .flags = ROUTE_PUBLIC | ROUTE_PORTAL,
        .statuses = {308},
        .answer = answer_root,
        .summary = "The way to /portal/",
    },
    {
        .method = HTTP_GET,
        .path = "/portal/{*}",
        .operation = "Portal_file",
        .flags = ROUTE_PUBLIC | ROUTE_PORTAL,
        .statuses = {200, 304},
        .answer = answer_file,
        .summary = "The portal's page and its files",
    },
    {
        .method = HTTP_GET,
        .path = "/portal/config.json",
        .operation = "Portal_config",
        .flags = ROUTE_PUBLIC | ROUTE_PORTAL,
        .statuses = {200},
        .answer = answer_config,
        .summary = "Where the portal's users sign in",
    },
};

const struct route_table portal_routes = {routes, ARRAY_LEN(routes)};
