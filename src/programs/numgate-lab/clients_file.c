#include "programs/numgate-lab/clients_file.h"

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/crypto/jwk.h"
#include "common/json/read.h"
#include "common/json/write.h"

#include "common/base/banned.h"

#define CLIENTS_FILE_MAX (1024 * 1024)
#define MEMORY_MAX       (32 * 1024 * 1024)
#define CLIENTS_MAX      1000
#define LIST_MAX         100
#define KEY_TEXT_MAX     (16 * 1024)

/* What a token is for when the file says nothing: the identifier clients of the real service ask for, and the
 * application id its portal users know. */
static const struct str preset_identifiers[] = {
    {"https://func-voiceservice-rp-prod-eastuseuap.azurewebsites.net", 62},
};
static const struct str graph_identifiers[] = {{"https://graph.microsoft.com", 27}};
static const struct resource preset_resources[] = {
    {.app_id = {"8502a0ec-c76d-412f-836c-398018e2312b", 36},
     .identifiers = preset_identifiers,
     .identifier_count = ARRAY_LEN(preset_identifiers)},
    {.app_id = {"eb63d611-525e-4a31-abd7-0cb33f679599", 36}}, /* the back end's, which has no other name */
    {.app_id = {"00000003-0000-0000-c000-000000000000", 36},  /* of Microsoft 365's domains */
     .identifiers = graph_identifiers,
     .identifier_count = ARRAY_LEN(graph_identifiers)},
};

/* ---- members: one row each, one function that reads its value into the object ---- */

struct reader {
    struct directory *directory;
    const char *folder; /* of the file, with the '/' */
    struct err *err;
};
struct member {
    const char *name;
    enum rc (*read)(struct reader *reader, const struct json *value, void *object);
};

static enum rc bad(struct reader *reader, const char *what)
{
    return err_set(reader->err, RC_INVALID, NULL, "%s", what);
}

static enum rc no_memory(struct reader *reader)
{
    return err_set(reader->err, RC_LIMIT, NULL, "more than the lab can hold");
}

static const struct member *nearest_member(const struct member *members, struct str name)
{
    const struct member *best = members;
    for (const struct member *m = members; m->name != NULL; m++) {
        if (str_distance(str_of(m->name), name) < str_distance(str_of(best->name), name)) {
            best = m;
        }
    }
    return best;
}

static const struct member *find_member(const struct member *members, struct str name)
{
    for (const struct member *m = members; m->name != NULL; m++) {
        if (str_eq(str_of(m->name), name)) {
            return m;
        }
    }
    return NULL;
}

static enum rc read_object(struct reader *reader, const struct json *value, const struct member *members,
                           void *object)
{
    if (json_type(value) != JSON_OBJECT) {
        return bad(reader, "must be an object");
    }
    for (struct json_iter it = json_iter(value); json_next(&it);) {
        struct str name = str_slice(it.name, 0, 60);
        const struct member *member = find_member(members, it.name);
        if (member == NULL) {
            return err_set(reader->err, RC_INVALID, NULL,
                           "unknown member \"%" STR_FMT "\", did you mean \"%s\"?", STR_ARG(name),
                           nearest_member(members, name)->name);
        }
        enum rc rc = member->read(reader, it.value, object);
        if (rc != RC_OK) {
            err_context(reader->err, "%s", member->name);
            return rc;
        }
    }
    return RC_OK;
}

static enum rc read_text(struct reader *reader, const struct json *value, struct str *ret)
{
    struct str text = json_string(value);
    if (str_absent(text) || str_empty(text) || text.n > 1024) {
        return bad(reader, "must be a string of 1 to 1024 bytes");
    }
    *ret = arena_str(reader->directory->mem, text);
    return str_absent(*ret) ? no_memory(reader) : RC_OK;
}

static enum rc read_uuid(struct reader *reader, const struct json *value, struct str *ret)
{
    enum rc rc = read_text(reader, value, ret);
    return rc == RC_OK && !str_is_uuid(*ret) ? bad(reader, "must be a UUID") : rc;
}

static enum rc read_int(struct reader *reader, const struct json *value, int64_t min, int64_t max,
                        int64_t *ret)
{
    if (json_type(value) != JSON_INT || json_int(value) < min || json_int(value) > max) {
        return err_set(reader->err, RC_INVALID, NULL, "must be an integer from %lld to %lld", (long long)min,
                       (long long)max);
    }
    *ret = json_int(value);
    return RC_OK;
}

/* Room for every item of an array: *ret_items, zeroed. */
static enum rc begin_list(struct reader *reader, const struct json *value, size_t count_max,
                          size_t item_bytes, void *ret_items)
{
    if (json_type(value) != JSON_ARRAY || json_count(value) > count_max) {
        return err_set(reader->err, RC_INVALID, NULL, "must be an array of at most %zu", count_max);
    }
    void *items = arena_alloc_array(reader->directory->mem, json_count(value), item_bytes);
    memcpy(ret_items, &items, sizeof items);
    return items == NULL ? no_memory(reader) : RC_OK;
}

static enum rc read_texts(struct reader *reader, const struct json *value, const struct str **ret,
                          size_t *ret_count)
{
    struct str *items;
    enum rc rc = begin_list(reader, value, LIST_MAX, sizeof *items, &items);
    for (size_t i = 0; rc == RC_OK && i < json_count(value); i++) {
        rc = read_text(reader, json_at(value, i), &items[i]);
    }
    if (rc == RC_OK) {
        *ret = items;
        *ret_count = json_count(value);
    }
    return rc;
}

/* ---- tenants and resources ---- */

static enum rc tenant_id(struct reader *reader, const struct json *value, void *object)
{
    return read_uuid(reader, value, &((struct tenant *)object)->id);
}

static enum rc tenant_names(struct reader *reader, const struct json *value, void *object)
{
    struct tenant *tenant = object;
    return read_texts(reader, value, &tenant->names, &tenant->name_count);
}

static const struct member tenant_members[] = {{"id", tenant_id}, {"names", tenant_names}, {NULL, NULL}};

static enum rc resource_app_id(struct reader *reader, const struct json *value, void *object)
{
    return read_uuid(reader, value, &((struct resource *)object)->app_id);
}

static enum rc resource_identifiers(struct reader *reader, const struct json *value, void *object)
{
    struct resource *resource = object;
    return read_texts(reader, value, &resource->identifiers, &resource->identifier_count);
}

static const struct member resource_members[] = {
    {"app_id", resource_app_id}, {"identifiers", resource_identifiers}, {NULL, NULL}};

/* ---- clients ---- */

static enum rc client_id(struct reader *reader, const struct json *value, void *object)
{
    return read_text(reader, value, &((struct client *)object)->client_id);
}

static enum rc client_name(struct reader *reader, const struct json *value, void *object)
{
    return read_text(reader, value, &((struct client *)object)->name);
}

static enum rc client_object_id(struct reader *reader, const struct json *value, void *object)
{
    return read_uuid(reader, value, &((struct client *)object)->object_id);
}

static enum rc client_tenant(struct reader *reader, const struct json *value, void *object)
{
    ((struct client *)object)->tenant = directory_tenant(reader->directory, json_string(value));
    return ((struct client *)object)->tenant != NULL ? RC_OK : bad(reader, "names none of the tenants");
}

static enum rc client_secrets(struct reader *reader, const struct json *value, void *object)
{
    struct client *client = object;
    enum rc rc =
        begin_list(reader, value, LIST_MAX, sizeof client->secrets_sha256[0], &client->secrets_sha256);
    for (size_t i = 0; rc == RC_OK && i < json_count(value); i++) {
        struct str secret = json_string(json_at(value, i));
        if (str_absent(secret) || str_empty(secret)) {
            return bad(reader, "must be strings, none of them empty");
        }
        crypto_sha256(&secret, 1, client->secrets_sha256[client->secret_count++]);
    }
    return rc;
}

/* All members of a public JWK that matter are strings. */
static enum rc load_jwk(struct reader *reader, const struct json *value, struct jose_key **ret)
{
    struct buf text;
    struct json_out out;
    buf_init(&text, KEY_TEXT_MAX);
    json_out_init(&out, &text);
    json_object_begin(&out);
    for (struct json_iter it = json_iter(value); json_next(&it);) {
        if (json_type(it.value) == JSON_STRING) {
            json_name(&out, it.name);
            json_put_str(&out, json_string(it.value));
        }
    }
    json_object_end(&out);
    enum rc rc =
        buf_failed(&text) ? bad(reader, "is too long") : jose_key_load(buf_str(&text), ret, reader->err);
    buf_clear(&text);
    return rc;
}

static enum rc load_certificate(struct reader *reader, const struct json *value, struct jose_key **ret)
{
    struct directory *directory = reader->directory;
    struct str name, pem;
    struct buf jwk;
    enum rc rc = read_text(reader, value, &name);
    if (rc != RC_OK) {
        return rc;
    }
    const char *folder = str_starts(name, STR("/")) ? "" : reader->folder;
    struct str path = arena_printf(directory->mem, "%s%" STR_FMT, folder, STR_ARG(name));
    rc = str_absent(path) ? no_memory(reader)
                          : file_read(path.p, KEY_TEXT_MAX, directory->mem, &pem, reader->err);
    buf_init(&jwk, KEY_TEXT_MAX);
    if (rc == RC_OK) {
        rc = jwk_of_certificate(pem, &jwk, reader->err);
    }
    if (rc == RC_OK) {
        rc = jose_key_load(buf_str(&jwk), ret, reader->err);
    }
    buf_clear(&jwk);
    return rc;
}

static void free_key(void *key)
{
    jose_key_free(key);
}

/* Adds to the keys the client has: "keys" and "certificates" may both be there. */
static enum rc add_keys(struct reader *reader, const struct json *value, struct client *client,
                        enum rc (*load)(struct reader *, const struct json *, struct jose_key **))
{
    struct jose_key **keys;
    enum rc rc = begin_list(reader, value, LIST_MAX, sizeof(struct jose_key *), &keys);
    for (size_t i = 0; rc == RC_OK && i < json_count(value); i++) {
        rc = load(reader, json_at(value, i), &keys[i]);
        if (rc == RC_OK && !arena_defer(reader->directory->mem, free_key, keys[i])) {
            jose_key_free(keys[i]);
            rc = no_memory(reader);
        }
    }
    if (rc != RC_OK) {
        return rc;
    }
    size_t count = client->key_count + json_count(value);
    struct jose_key **all = arena_alloc_array(reader->directory->mem, count, sizeof(struct jose_key *));
    if (all == NULL) {
        return no_memory(reader);
    }
    for (size_t i = 0; i < count; i++) {
        all[i] = i < client->key_count ? client->keys[i] : keys[i - client->key_count];
    }
    client->keys = all;
    client->key_count = count;
    return RC_OK;
}

static enum rc client_keys(struct reader *reader, const struct json *value, void *object)
{
    return add_keys(reader, value, object, load_jwk);
}

static enum rc client_certificates(struct reader *reader, const struct json *value, void *object)
{
    return add_keys(reader, value, object, load_certificate);
}

static enum rc client_assertion_once(struct reader *reader, const struct json *value, void *object)
{
    ((struct client *)object)->assertion_once = json_bool(value);
    return json_type(value) == JSON_BOOL ? RC_OK : bad(reader, "must be true or false");
}

static enum rc client_roles(struct reader *reader, const struct json *value, void *object)
{
    struct client *client = object;
    return read_texts(reader, value, &client->roles, &client->role_count);
}

static enum rc client_token_version(struct reader *reader, const struct json *value, void *object)
{
    return read_int(reader, value, 1, 2, &((struct client *)object)->token_version);
}

static enum rc client_algorithm(struct reader *reader, const struct json *value, void *object)
{
    bool known = jose_alg_parse(json_string(value), &((struct client *)object)->alg);
    return known ? RC_OK : bad(reader, "must be RS256, PS256 or ES256");
}

static enum rc client_token_seconds(struct reader *reader, const struct json *value, void *object)
{
    return read_int(reader, value, 1, 86400, &((struct client *)object)->token_seconds);
}

static enum rc client_redirect_uris(struct reader *reader, const struct json *value, void *object)
{
    struct client *client = object;
    enum rc rc = read_texts(reader, value, &client->redirect_uris, &client->redirect_uri_count);
    for (size_t i = 0; rc == RC_OK && i < client->redirect_uri_count; i++) {
        rc = redirect_uri_check(client->redirect_uris[i], reader->err);
    }
    return rc;
}

static enum rc client_token_shape(struct reader *reader, const struct json *value, void *object)
{
    bool keycloak = str_eq(json_string(value), STR("keycloak"));
    ((struct client *)object)->shape = keycloak ? TOKEN_KEYCLOAK : TOKEN_ENTRA;
    return keycloak || str_eq(json_string(value), STR("entra")) ? RC_OK
                                                                : bad(reader, "must be entra or keycloak");
}

static enum rc client_code_seconds(struct reader *reader, const struct json *value, void *object)
{
    return read_int(reader, value, 1, 600, &((struct client *)object)->code_seconds);
}

static enum rc client_refresh_seconds(struct reader *reader, const struct json *value, void *object)
{
    return read_int(reader, value, 1, 90 * 86400, &((struct client *)object)->refresh_seconds);
}

static const struct member client_members[] = {
    {"client_id", client_id},
    {"tenant", client_tenant},
    {"name", client_name},
    {"object_id", client_object_id},
    {"secrets", client_secrets},
    {"keys", client_keys},
    {"certificates", client_certificates},
    {"assertion_once", client_assertion_once},
    {"roles", client_roles},
    {"token_version", client_token_version},
    {"algorithm", client_algorithm},
    {"token_seconds", client_token_seconds},
    {"redirect_uris", client_redirect_uris},
    {"token_shape", client_token_shape},
    {"code_seconds", client_code_seconds},
    {"refresh_seconds", client_refresh_seconds},
    {NULL, NULL},
};

/* The same client has the same object id after a restart. */
static struct str object_id_of(struct reader *reader, struct str id)
{
    uint8_t d[CRYPTO_SHA256_BYTES];
    crypto_sha256(&id, 1, d);
    d[6] = (d[6] & 0x0F) | 0x80; /* version 8: made from other data (RFC 9562) */
    d[8] = (d[8] & 0x3F) | 0x80;
    return arena_printf(
        reader->directory->mem, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", d[0],
        d[1], d[2], d[3], d[4], d[5], d[6], d[7], d[8], d[9], d[10], d[11], d[12], d[13], d[14], d[15]);
}

static enum rc finish_client(struct reader *reader, struct client *client, bool is_portal)
{
    bool is_public = is_portal || client->redirect_uri_count > 0;
    bool has_proof = client->secret_count + client->key_count > 0;
    if (str_absent(client->client_id)) {
        return bad(reader, "client_id is needed");
    }
    if (!is_public && !has_proof) {
        return bad(reader, "one of secrets, keys, certificates, redirect_uris is needed");
    }
    if (is_public && has_proof) {
        return bad(reader, "a client that people sign in to has no secrets, keys or certificates");
    }
    if (str_absent(client->object_id)) {
        client->object_id = object_id_of(reader, client->client_id);
    }
    return str_absent(client->object_id) ? no_memory(reader) : RC_OK;
}

/* ---- the file ---- */

static enum rc read_tenants(struct reader *reader, const struct json *value)
{
    struct directory *directory = reader->directory;
    enum rc rc = begin_list(reader, value, LIST_MAX, sizeof(struct tenant), &directory->tenants);
    for (size_t i = 0; rc == RC_OK && i < json_count(value); i++) {
        struct tenant *tenant = &directory->tenants[directory->tenant_count++];
        rc = read_object(reader, json_at(value, i), tenant_members, tenant);
        if (rc == RC_OK && str_absent(tenant->id)) {
            rc = bad(reader, "id is needed");
        }
        if (rc != RC_OK) {
            err_context(reader->err, "tenants[%zu]", i);
        }
    }
    return rc;
}

static enum rc read_resources(struct reader *reader, const struct json *value)
{
    struct directory *directory = reader->directory;
    enum rc rc = begin_list(reader, value, LIST_MAX, sizeof(struct resource), &directory->resources);
    for (size_t i = 0; rc == RC_OK && i < json_count(value); i++) {
        struct resource *resource = &directory->resources[directory->resource_count++];
        rc = read_object(reader, json_at(value, i), resource_members, resource);
        if (rc == RC_OK && (str_absent(resource->app_id) || resource->identifier_count == 0)) {
            rc = bad(reader, "app_id and identifiers are needed");
        }
        if (rc != RC_OK) {
            err_context(reader->err, "resources[%zu]", i);
        }
    }
    return rc;
}

static enum rc read_client(struct reader *reader, const struct json *value, bool is_portal)
{
    struct directory *directory = reader->directory;
    struct client client = {.tenant = &directory->tenants[0],
                            .alg = JOSE_RS256,
                            .token_version = 2,
                            .token_seconds = 3599,
                            .code_seconds = 60,
                            .refresh_seconds = 86400};
    enum rc rc = read_object(reader, value, client_members, &client);
    if (rc == RC_OK) {
        rc = finish_client(reader, &client, is_portal);
    }
    if (rc == RC_OK && directory_client(directory, client.client_id) != NULL) {
        rc = bad(reader, "this client_id was there before");
    }
    if (rc == RC_OK) {
        directory->clients[directory->client_count++] = client;
    }
    return rc;
}

/* Behind the others, for which read_clients() made room. */
static enum rc read_portal(struct reader *reader, const struct json *value)
{
    struct directory *directory = reader->directory;
    enum rc rc = read_client(reader, value, true);
    if (rc != RC_OK) {
        err_context(reader->err, "portal");
        return rc;
    }
    directory->portal = &directory->clients[directory->client_count - 1];
    if (str_absent(directory->portal->name)) {
        directory->portal->name = STR("portal");
    }
    return RC_OK;
}

static enum rc read_clients(struct reader *reader, const struct json *value)
{
    struct directory *directory = reader->directory;
    if (json_type(value) != JSON_ARRAY || json_count(value) > CLIENTS_MAX) {
        return err_set(reader->err, RC_INVALID, NULL, "clients: must be an array of at most %d", CLIENTS_MAX);
    }
    directory->clients = arena_alloc_array(directory->mem, json_count(value) + 1, sizeof(struct client));
    enum rc rc = directory->clients == NULL ? no_memory(reader) : RC_OK;
    for (size_t i = 0; rc == RC_OK && i < json_count(value); i++) {
        rc = read_client(reader, json_at(value, i), false);
        if (rc != RC_OK) {
            err_context(reader->err, "clients[%zu]", i);
        }
    }
    return rc;
}

/* In this order, since clients name tenants. */
static enum rc read_root(struct reader *reader, const struct json *root)
{
    struct directory *directory = reader->directory;
    const struct json *tenants = json_get(root, STR("tenants"));
    const struct json *resources = json_get(root, STR("resources"));
    const struct json *clients = json_get(root, STR("clients"));
    const struct json *portal = json_get(root, STR("portal"));
    if (json_count(tenants) == 0 || json_type(tenants) != JSON_ARRAY || clients == NULL) {
        return bad(reader, "an object with \"tenants\" (at least one) and \"clients\" is needed");
    }
    if (json_count(root) != 2u + (resources != NULL) + (portal != NULL)) {
        return bad(reader, "only \"tenants\", \"resources\", \"clients\" and \"portal\" may be there");
    }
    enum rc rc = read_tenants(reader, tenants);
    if (rc == RC_OK && resources != NULL) {
        rc = read_resources(reader, resources);
    }
    if (rc != RC_OK) {
        return rc;
    }
    if (directory->resource_count == 0) {
        directory->resources = arena_alloc(directory->mem, sizeof preset_resources);
        if (directory->resources == NULL) {
            return no_memory(reader);
        }
        memcpy(directory->resources, preset_resources, sizeof preset_resources);
        directory->resource_count = ARRAY_LEN(preset_resources);
    }
    rc = read_clients(reader, clients);
    return rc == RC_OK && portal != NULL ? read_portal(reader, portal) : rc;
}

static const char *folder_of(const char *path, struct arena *mem)
{
    const char *slash = strrchr(path, '/');
    size_t n = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    return arena_cstr(mem, (struct str){path, n});
}

static enum rc read_file(struct directory *directory, const char *path, struct err *err)
{
    struct reader reader = {directory, folder_of(path, directory->mem), err};
    const struct json *root;
    struct str text;
    CLEANUP(arena_freep) struct arena *mem = arena_new_secret(MEMORY_MAX); /* text and tree */
    enum rc rc = file_read(path, CLIENTS_FILE_MAX, mem, &text, err);
    if (rc != RC_OK) {
        return rc;
    }
    rc = json_parse(text, mem, &root, err);
    if (rc == RC_OK) {
        rc = read_root(&reader, root);
    }
    if (rc != RC_OK) {
        err_context(err, "%s", path);
    }
    return rc;
}

enum rc clients_file_load(const char *path, struct directory **ret, struct err *err)
{
    CLEANUP(directory_freep) struct directory *directory = mem_alloc(sizeof *directory);
    directory->mem = arena_new(MEMORY_MAX);
    enum rc rc = read_file(directory, path, err);
    if (rc == RC_OK) {
        *ret = TAKE(directory);
    }
    return rc;
}
