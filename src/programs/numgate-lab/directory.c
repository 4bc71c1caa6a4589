#include "programs/numgate-lab/directory.h"

#include "common/base/mem.h"

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
