/* The stand-in for Microsoft 365's domains: which tenant has added which name, with which token, and who has proved it. m365_web.h serves
 * it as Microsoft Graph does, m365_check.h looks into the DNS.
 *
 * What is known in public is kept: names of at most 48 characters, none of *.onmicrosoft.com; several tenants may add a name, one may have
 * it verified; a name below one that is verified in the same tenant needs no proof.
 *
 * DIR/m365.json keeps it, written anew with each change, before the change is answered. Threads: any; one lock guards the table. */
#pragma once
#include "common/base/arena.h"
#include "common/base/err.h"
#include "common/base/random.h"
#include "programs/numgate-lab/part.h"

#define M365_NAME_MAX    48
#define M365_TOKEN_MAX   100 /* as much as the Provisioning API takes */
#define M365_DOMAINS_MAX 5000

struct m365;

struct m365_domain {
    char tenant[UUID_TEXT_MAX]; /* lower case, as the name */
    char name[M365_NAME_MAX + 1];
    char token[M365_TOKEN_MAX + 1]; /* "MS=ms12345678" */
    bool verified;
};

/* Reads what DIR kept; `dir` NULL: nothing is kept. `dns` is borrowed: a reset makes it forget. */
struct m365_dns;
MUST_USE enum rc m365_open(const char *dir, struct m365_dns *dns, struct m365 **ret, struct err *err);
void m365_free(struct m365 *m365); /* NULL is fine */

/* Tenants and names in any letter case. err->code is the one Graph's answer has. */
/* RC_INVALID: no such name may be added. RC_CONFLICT: the tenant has it already. RC_LIMIT: M365_DOMAINS_MAX. */
MUST_USE enum rc m365_add(struct m365 *m365, struct str tenant, struct str name, struct m365_domain *ret,
                          struct err *err);
MUST_USE enum rc m365_find(struct m365 *m365, struct str tenant, struct str name, struct m365_domain *ret,
                           struct err *err);
/* Is it below a name that is verified in the same tenant? */
bool m365_inherits(struct m365 *m365, const struct m365_domain *domain);
/* RC_CONFLICT: another tenant has it verified. */
MUST_USE enum rc m365_verify(struct m365 *m365, struct str tenant, struct str name, struct m365_domain *ret,
                             struct err *err);
MUST_USE enum rc m365_drop(struct m365 *m365, struct str tenant, struct str name, struct err *err);
/* Those of a tenant, in the order they came, copied into mem. */
MUST_USE enum rc m365_list(struct m365 *m365, struct str tenant, struct arena *mem,
                           const struct m365_domain **ret, size_t *ret_count, struct err *err);

/* [{"tenantId": "UUID", "id": "contoso.1r1.example.net", "token": "MS=ms12345678", "verified": false}, ...]: added, or in place of what
 * the tenant has of that name. Without a token one is made. All or nothing. */
struct json;
MUST_USE enum rc m365_put(struct m365 *m365, const struct json *list, struct err *err);
MUST_USE enum rc m365_reset(struct m365 *m365, struct err *err); /* no domains */
struct part m365_part(struct m365 *m365);                        /* "domains": the same list */
