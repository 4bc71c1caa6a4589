/* Who the lab knows: tenants, the resources tokens are for, and the clients that may ask for them. Read once,
 * see clients_file.h, and never changed afterwards, so any thread may look. Secrets are kept as digests only.
 */
#pragma once
#include "common/base/err.h"
#include "common/crypto/digest.h"
#include "common/jose/jose.h"

struct tenant {
    struct str id; /* as written in the file */
    const struct str *names;
    size_t name_count;
};

struct resource {
    struct str app_id; /* audience of v2 tokens */
    const struct str *identifiers;
    size_t identifier_count;
};

/* How the access tokens of people look. */
enum token_shape { TOKEN_ENTRA, TOKEN_KEYCLOAK };

struct client {
    struct str client_id;
    struct str name; /* absent: none */
    struct str object_id;
    const struct tenant *tenant;
    uint8_t (*secrets_sha256)[CRYPTO_SHA256_BYTES];
    size_t secret_count;
    struct jose_key **keys;
    size_t key_count;
    const struct str *roles;
    size_t role_count;
    enum jose_alg alg;
    int64_t token_version;
    int64_t token_seconds;
    bool assertion_once;
    /* People sign in to clients that have these; such a client is public: it has no secrets and no keys. */
    const struct str *redirect_uris;
    size_t redirect_uri_count;
    enum token_shape shape;
    int64_t code_seconds, refresh_seconds;
};

struct directory {
    struct arena *mem; /* everything below, and the keys */
    struct tenant *tenants;
    size_t tenant_count;
    struct resource *resources;
    size_t resource_count;
    struct client *clients;
    size_t client_count;
    struct client *portal; /* one of the clients; NULL: there is none */
};

void directory_free(struct directory *directory); /* NULL is fine */
void directory_freep(struct directory **directory);

void directory_algs(const struct directory *directory, bool ret_used[JOSE_ES256 + 1]); /* of the clients */

/* All three: NULL when there is none. Letter case of ids and names of tenants does not count. */
const struct tenant *directory_tenant(const struct directory *directory, struct str id_or_name);
const struct client *directory_client(const struct directory *directory, struct str client_id);
/* The resource with this identifier or application id; *ret_audience is how v1 tokens name it. */
const struct resource *directory_resource(const struct directory *directory, struct str identifier,
                                          struct str *ret_audience);

/* Before anybody else looks: one more address of the portal. RC_INVALID: it is no address that a code may be
 * sent to, or there is no portal in the file. */
MUST_USE enum rc directory_add_portal_uri(struct directory *directory, struct str uri, struct err *err);
/* https://, or http:// of this machine; printable; without a fragment. */
MUST_USE enum rc redirect_uri_check(struct str uri, struct err *err);
/* The client's own text of it; absent: it is none, letter for letter, of its redirect_uris. */
struct str client_redirect_uri(const struct client *client, struct str uri);
struct str uri_origin(struct str uri); /* "https://host:port" of an address with scheme and host */
/* Does some redirect URI begin there? `origin` as browsers send it. */
bool directory_has_origin(const struct directory *directory, struct str origin);

struct str client_label(const struct client *client); /* for people: its name, else its id */
/* Compares with every secret, in time that does not depend on where they differ. */
bool client_has_secret(const struct client *client, struct str secret);
