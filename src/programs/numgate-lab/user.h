/* The people who can sign in: one for each role of the portal, and one without any. They have no passwords.
 * Fixed, so any thread may look. */
#pragma once
#include "common/base/buf.h"

struct tenant;

struct user {
    struct str name;         /* what its button on the sign-in page sends: "ada" */
    struct str display_name; /* "Ada Admin" */
    struct str object_id;
    const struct str *roles;
    size_t role_count;
};

/* Both: NULL when there is none. */
const struct user *user_at(size_t index);
const struct user *user_find(struct str name);
/* Whom a login_hint means: a name, or a login name of whatever domain. NULL: nobody here. */
const struct user *user_hinted(struct str hint);
void user_put_login(const struct user *user, const struct tenant *tenant,
                    struct buf *out); /* "ada@operator.example" */
