/* The scope of people's sign-ins: words with blanks between. openid, profile, email and offline_access are
 * known, and exactly one is a scope of a resource, <identifier>/.default or <identifier>/<name>. */
#pragma once
#include "programs/numgate-lab/directory.h"

#define SCOPE_NAME_MAX 64 /* of one scope of a resource */

struct scope {
    const struct resource *resource;
    struct str identifier; /* the resource's own text */
    struct str scp;        /* what the access token says: the name, "user_impersonation" for .default */
    bool openid, offline;
};

bool scope_read(const struct directory *directory, struct str text, struct scope *ret);
