#include "programs/numgate-lab/directory.h"

#include "common/base/mem.h"
#include "common/fetch/fetch.h"

#include "common/base/banned.h"

void directory_free(struct directory *directory)
{
    if (directory != NULL) {
        arena_free(directory->mem);
        mem_free(directory);
    }
}

void directory_freep(struct directory **directory)
{
    directory_free(*directory);
}

void directory_algs(const struct directory *directory, bool ret_used[JOSE_ES256 + 1])
{
    for (size_t i = 0; i < directory->client_count; i++) {
        ret_used[directory->clients[i].alg] = true;
    }
}

static bool is_one_of(struct str text, const struct str *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq_ci(list[i], text)) {
            return true;
        }
    }
    return false;
}

const struct tenant *directory_tenant(const struct directory *directory, struct str id_or_name)
{
    for (size_t i = 0; i < directory->tenant_count; i++) {
        const struct tenant *tenant = &directory->tenants[i];
        if (str_eq_ci(tenant->id, id_or_name) || is_one_of(id_or_name, tenant->names, tenant->name_count)) {
            return tenant;
        }
    }
    return NULL;
}

const struct client *directory_client(const struct directory *directory, struct str id)
{
    for (size_t i = 0; i < directory->client_count; i++) {
        if (str_eq_ci(directory->clients[i].client_id, id)) {
            return &directory->clients[i];
        }
    }
    return NULL;
}

const struct resource *directory_resource(const struct directory *directory, struct str identifier,
                                          struct str *ret_audience)
{
    for (size_t i = 0; i < directory->resource_count; i++) {
        const struct resource *resource = &directory->resources[i];
        for (size_t k = 0; k < resource->identifier_count; k++) {
            if (str_eq(resource->identifiers[k], identifier)) {
                *ret_audience = resource->identifiers[k];
                return resource;
            }
        }
        if (str_eq_ci(resource->app_id, identifier)) {
            *ret_audience = resource->app_id;
            return resource;
        }
    }
    return NULL;
}

static struct str digest_text(const uint8_t digest[CRYPTO_SHA256_BYTES])
{
    return (struct str){(const char *)digest, CRYPTO_SHA256_BYTES};
}

bool client_has_secret(const struct client *client, struct str secret)
{
    uint8_t digest[CRYPTO_SHA256_BYTES];
    bool found = false;
    crypto_sha256(&secret, 1, digest);
    for (size_t i = 0; i < client->secret_count; i++) {
        found |= crypto_equal(digest_text(digest), digest_text(client->secrets_sha256[i]));
    }
    return found;
}

struct str client_label(const struct client *client)
{
    return str_absent(client->name) ? client->client_id : client->name;
}

/* ---- where codes are sent to ---- */

struct str uri_origin(struct str uri)
{
    size_t host = (size_t)str_find(uri, '/') + 2;
    size_t end = host;
    while (end < uri.n && uri.p[end] != '/' && uri.p[end] != '?') {
        end++;
    }
    return str_slice(uri, 0, end);
}

static bool is_plain(struct str uri)
{
    for (size_t i = 0; i < uri.n; i++) {
        if (uri.p[i] <= ' ' || uri.p[i] > '~' || strchr("\"'<>\\,;", uri.p[i]) != NULL) {
            return false;
        }
    }
    return true;
}

enum rc redirect_uri_check(struct str uri, struct err *err)
{
    if (fetch_url_check(uri, err) != RC_OK) {
        return RC_INVALID;
    }
    if (str_ends(uri_origin(uri), STR("/"))) {
        return err_set(err, RC_INVALID, NULL, "the host is missing");
    }
    return is_plain(uri) ? RC_OK
                         : err_set(err, RC_INVALID, NULL, "only ASCII without quotes, < > \\ , ; is allowed");
}

enum rc directory_add_portal_uri(struct directory *directory, struct str uri, struct err *err)
{
    struct client *portal = directory->portal;
    if (portal == NULL) {
        return err_set(err, RC_INVALID, NULL, "the clients file has no \"portal\"");
    }
    if (redirect_uri_check(uri, err) != RC_OK) {
        return RC_INVALID;
    }
    struct str *uris = arena_alloc_array(directory->mem, portal->redirect_uri_count + 1, sizeof(struct str));
    struct str copy = arena_str(directory->mem, uri);
    if (uris == NULL || str_absent(copy)) {
        return err_set(err, RC_LIMIT, NULL, "more than the lab can hold");
    }
    for (size_t i = 0; i < portal->redirect_uri_count; i++) {
        uris[i] = portal->redirect_uris[i];
    }
    uris[portal->redirect_uri_count++] = copy;
    portal->redirect_uris = uris;
    return RC_OK;
}

struct str client_redirect_uri(const struct client *client, struct str uri)
{
    for (size_t i = 0; i < client->redirect_uri_count; i++) {
        if (str_eq(client->redirect_uris[i], uri)) {
            return client->redirect_uris[i];
        }
    }
    return STR_NONE;
}

bool directory_has_origin(const struct directory *directory, struct str origin)
{
    for (size_t i = 0; i < directory->client_count; i++) {
        const struct client *client = &directory->clients[i];
        for (size_t k = 0; k < client->redirect_uri_count; k++) {
            if (str_eq_ci(uri_origin(client->redirect_uris[k]), origin)) {
                return true;
            }
        }
    }
    return false;
}
