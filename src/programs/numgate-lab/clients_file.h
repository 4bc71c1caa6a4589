/* The file that says whom the lab knows: JSON, read once at the start.
 *
 * The file is one object; unknown members are refused. Only "tenants" and "clients" must be there:
 *
 *   {
 *     "tenants": [
 *       {"id": "<uuid>", "names": ["operator.example"]}       names: other spellings of {tenant} in URLs
 *     ],
 *     "resources": [                                           absent: one row, the Provisioning API
 *       {"app_id": "<uuid>", "identifiers": ["https://..."]}   scope: <identifier or app_id>/.default
 *     ],
 *     "clients": [
 *       {
 *         "client_id": "<text>",               usually a UUID
 *         "tenant": "<uuid>",                  absent: the first tenant
 *         "name": "bss-admin",                 for the log only
 *         "object_id": "<uuid>",               oid and sub of its tokens; absent: made from client_id
 *         "secrets": ["..."],                  any of them is good
 *         "keys": [{"kty": "RSA", ...}],       public JWKs that verify its client assertions
 *         "certificates": ["client.pem"],      the same as X.509 (PEM); paths are relative to this file
 *         "assertion_once": false,             true: each jti counts once (see assertion.h)
 *         "roles": ["ProvisioningAPI.Admin"],
 *         "token_version": 2,                  1 or 2: the claims of v1 or v2 tokens
 *         "algorithm": "RS256",                RS256, PS256 or ES256
 *         "token_seconds": 3599,               1 to 86400
 *         "redirect_uris": ["https://..."],    people sign in to it: a public client, without secrets and keys
 *         "token_shape": "entra",              or "keycloak": the access tokens of people
 *         "code_seconds": 60,                  1 to 600
 *         "refresh_seconds": 86400             1 to 7776000: how long a sign-in lasts, however often it is renewed
 *       }
 *     ],
 *     "portal": {...}                          one more client, public, whose redirect_uris the command line adds to
 *   }
 *
 * Limits: 1 MiB, 1,000 clients, 100 of everything else. */
#pragma once
#include "programs/numgate-lab/directory.h"

/* RC_INVALID names the place: "FILE: clients[2]: token_version: must be ...". */
MUST_USE enum rc clients_file_load(const char *path, struct directory **ret, struct err *err);
